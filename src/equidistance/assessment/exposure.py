"""What a state depends on each power for: shares with concentration, from the shipped data and the user's store.

Exposure is observed, not modelled, except transit, which is a computation on the corridors and says so.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equidistance import __version__
from equidistance.assessment.exposure_transit import TRANSIT
from equidistance.evidence.fetch import cache_directory
from equidistance.evidence.store import Store
from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State, find
from equidistance.indicators import exposures
from equidistance.indicators.exposures import EXPOSURE_ROWS, KEY, Kind
from equidistance.indicators.snapshot import Snapshot
from equidistance.indicators.views import register_blocs, register_views
from equidistance.tables import Table
from equidistance.writing import whole

HIGHLY, MODERATELY = 0.18, 0.10
"""Concentration from which a market counts as highly, and as moderately, concentrated: the Merger Guidelines of the US
Department of Justice and Federal Trade Commission (2023), 1,800 and 1,000 points."""

FIRST_YEAR = 1992
"""Earlier exposure is left out, as in the reference fit."""

ALL_KINDS: tuple[Kind, ...] = (*exposures.KINDS, TRANSIT)
_BY_NAME = {kind.name: kind for kind in ALL_KINDS}

EXPOSURE_SCHEMA = pa.schema(
    [
        pa.field("power", pa.string(), nullable=False),
        pa.field("period", pa.date32(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("share", pa.float64()),
        pa.field("amount", pa.float64()),
        pa.field("hhi", pa.float64()),
        pa.field("top", pa.string()),
        pa.field("top_share", pa.float64()),
        pa.field("detail", pa.string()),
        pa.field("n", pa.int32(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
    ]
)

_KINDS_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("kind", "share_of", "unit")),
        ("year", pa.int64()),
        ("hhi", pa.float64()),
        *((name, pa.string()) for name in ("top", "top_name")),
        ("top_share", pa.float64()),
        *((name, pa.string()) for name in ("substitutability", "source_id")),
    ]
)

EXPOSURE_UNITS = {
    "power": "code of the power",
    "power_name": "name of the power",
    "share": "0 to 1; null where the whole is not known; shares of a bloc and of its members overlap",
    "amount": "in the unit that exposure_kinds states",
    "hhi": "Herfindahl-Hirschman index over all partners, listed as powers or not: 0 (many alike) to 1 (one)",
    "top": "code of the largest partner of all",
    "top_share": "its share, 0 to 1",
    "detail": "a word on the row: which blocs, or the interval of a computed share",
    "n": "records behind the row",
}


def compute(connection: Any, held: Sequence[str] | None = None) -> pa.Table:
    """Every kind but transit, of the states and powers whose views are registered."""
    register_blocs(connection)
    rows = exposures.compute(connection, held)
    return rows.filter(pc.greater_equal(rows["year"], FIRST_YEAR))


def gather(
    subject: State,
    powers: tuple[State | Bloc, ...],
    snapshot: Snapshot,
    store: Path | None,
    progress: Callable[[str, int, int], None] | None = None,
) -> pa.Table:
    """Exposure of a state: the shipped rows, and those of a store, which win.

    Args:
        subject: the state.
        powers: the powers.
        snapshot: the shipped data.
        store: path of the store, if one is used.
        progress: told when exposure is computed from the store.
    """
    codes = [power.code for power in powers]
    rows = snapshot.exposure(subject.code, codes).cast(EXPOSURE_ROWS)
    if store is None:
        return rows
    own = _of_store(subject, powers, store, progress)
    rest = rows.join(own.select(list(KEY)), keys=list(KEY), join_type="left anti")
    return pa.concat_tables([own, rest.select(EXPOSURE_ROWS.names).cast(EXPOSURE_ROWS)])


def _of_store(
    subject: State,
    powers: tuple[State | Bloc, ...],
    path: Path,
    progress: Callable[[str, int, int], None] | None,
) -> pa.Table:
    """Computed once for what the store holds, and kept."""
    with Store.open(path) as opened:
        versions = opened.versions()
        spells = [
            (power.code, spell.state, str(spell.start), str(spell.end))
            for power in powers
            if isinstance(power, Bloc)
            for spell in power.spells
        ]
        wanted = repr((__version__, [v.source_id for v in versions], [p.code for p in powers], spells))
        key = hashlib.sha256(wanted.encode()).hexdigest()[:16]
        kept = cache_directory() / "exposure" / f"{subject.code}-{key}.parquet"
        with suppress(OSError, pa.ArrowInvalid):  # not there, or damaged: made anew
            return pq.read_table(kept).cast(EXPOSURE_ROWS)
        if progress is not None:
            progress("Computing exposure", 0, 0)
        connection = opened.connection()
        connection.execute("set threads = 1")
        register_views(connection, powers, [subject])
        rows = compute(connection, sorted({version.source for version in versions}))
    with suppress(OSError):  # where it cannot be kept it is computed again the next time
        kept.parent.mkdir(parents=True, exist_ok=True)
        with whole(kept) as part:
            pq.write_table(rows, part, compression="zstd")
    return rows


def exposure_table(rows: pa.Table, names: dict[str, str], until: date | None = None) -> Table:
    """One state's exposure, ordered by kind, power and year.

    Args:
        rows: in :data:`equidistance.indicators.exposures.EXPOSURE_ROWS`.
        names: names of the powers by code.
        until: years that end later are left out.
    """
    rows = _shown(rows, until)
    table = pa.table(
        {
            "power": rows["power"],
            "period": pa.array([date(year, 1, 1) for year in rows["year"].to_pylist()], pa.date32()),
            **{name: rows[name] for name in EXPOSURE_SCHEMA.names[2:]},
        }
    ).cast(EXPOSURE_SCHEMA)
    power_names = [names.get(code, code) for code in table["power"].to_pylist()]
    table = table.add_column(1, "power_name", pa.array(power_names, pa.string()))
    return Table("exposure", _ordered(table), {"period": "first day of the year", **EXPOSURE_UNITS})


def kinds_table(rows: pa.Table, until: date | None = None) -> Table:
    """One row for each kind: what the share is of, how concentrated it is, and how easily a partner is replaced.

    Args:
        rows: as for :func:`exposure_table`.
        until: as there.
    """
    rows = _shown(rows, until)
    found = []
    for kind in ALL_KINDS:
        own = rows.filter(pc.equal(rows["kind"], kind.name))
        if not own.num_rows:
            continue
        year = pc.max(own["year"]).as_py()
        last = own.filter(pc.equal(own["year"], year)).to_pylist()[0]
        found.append(
            {
                "kind": kind.name,
                "share_of": kind.of,
                "unit": kind.unit,
                "year": year,
                "hhi": last["hhi"],
                "top": last["top"],
                "top_name": _name(last["top"], year),
                "top_share": last["top_share"],
                "substitutability": substitutability(kind, last["hhi"]),
                "source_id": last["source_id"],
            }
        )
    return Table(
        "exposure_kinds",
        pa.Table.from_pylist(found, schema=_KINDS_SCHEMA),
        {
            "share_of": "what the share is a share of",
            "unit": "unit of the amount",
            "year": "last year with a row; hhi and top are of that year",
            "top_name": "name of the largest partner",
            "substitutability": "how concentrated it is, and how easily another takes a partner's place",
        }
        | {name: EXPOSURE_UNITS[name] for name in ("hhi", "top", "top_share")},
    )


def substitutability(kind: Kind, hhi: float | None) -> str:
    """How concentrated a dependence is, and how easily another partner takes a place in it.

    Args:
        kind: the kind.
        hhi: the concentration, null where there is none.
    """
    if hhi is None or hhi <= 0:
        return kind.substitutes
    word = "Highly" if hhi > HIGHLY else "Moderately" if hhi > MODERATELY else "Little"
    return f"{word} concentrated (as if {1 / hhi:.1f} equal partners shared it). {kind.substitutes}"


def to_parquet(rows: pa.Table) -> bytes:
    """Exposure rows as compact Parquet, the same bytes each time: sorted, four significant decimals."""
    ordered = rows.sort_by([(key, "ascending") for key in ("state", "kind", "power", "year")])
    columns = {
        name: pc.round(ordered[name], 4).cast(pa.float32())
        if pa.types.is_floating(ordered[name].type)
        else ordered[name]
        for name in EXPOSURE_ROWS.names
    }
    # amounts are dollars or tonnes: four decimals are too many for the one, and none too few for the other
    columns["amount"] = pa.chunked_array(
        [pa.array([_digits(v) for v in ordered["amount"].to_pylist()], pa.float32())]
    )
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table(columns),
        sink,
        compression="zstd",
        compression_level=15,
        row_group_size=1 << 16,
        use_dictionary=True,
        write_statistics=["state"],
    )
    return bytes(sink.getvalue().to_pybytes())


def _digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def _shown(rows: pa.Table, until: date | None) -> pa.Table:
    if until is not None:
        last = until.year if until.month == 12 else until.year - 1
        rows = rows.filter(pc.less_equal(rows["year"], last))
    return rows


def _ordered(table: pa.Table) -> pa.Table:
    place = {kind.name: at for at, kind in enumerate(ALL_KINDS)}
    order = pa.array([place[name] for name in table["kind"].to_pylist()], pa.int64())
    by_kind = table.append_column("order", order)
    keys = [(key, "ascending") for key in ("order", "power", "period")]
    return by_kind.sort_by(keys).drop_columns("order")


def _name(code: str | None, year: int) -> str | None:
    if code is None:
        return None
    state = find(code, date(year, 7, 1))
    return state.name if state else code
