"""Where the evidence for an assessment comes from: the shipped snapshot, the user's store, or both.

Rows of the store win over shipped rows of the same state, power, period and indicator, so that ingesting newer data
adds to what ships instead of replacing it.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equidistance import __version__
from equidistance.assessment import expectations
from equidistance.assessment.reference import BORROWED, DEFAULT_POWERS, FIRST_YEAR, Reference, fit_reference
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.evidence.fetch import cache_directory
from equidistance.evidence.store import SourceVersion, Store, default_path
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.ground.states import State, all_states
from equidistance.indicators import panel
from equidistance.indicators.declare import Channel, Indicator, all_indicators
from equidistance.indicators.snapshot import Snapshot, shipped
from equidistance.tables import Table
from equidistance.writing import whole

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""

KEY = ("state", "power", "period", "indicator")


@dataclass(frozen=True)
class Evidence:
    """The evidence about one state and some powers.

    Attributes:
        rows: indicator rows of the state's dyads.
        indicators: the indicators to use, with the channels the user wants.
        powers: the powers.
        sources: facts on each source version that rows name.
        digest: twelve hex digits that change with the rows.
        notes: what the reader must know about the evidence.
        snapshot: the shipped snapshot.
        store: path of the store used, if one is.
        unusual: whether an indicator is not among, or not in the channel of, those of the reference fit.
        raw: whether trade is taken as it is, not against what size and distance predict.
    """

    rows: pa.Table
    indicators: tuple[Indicator, ...]
    powers: tuple[State | Bloc, ...]
    sources: tuple[dict[str, Any], ...]
    digest: str
    notes: tuple[str, ...]
    snapshot: Snapshot
    store: Path | None
    unusual: bool
    raw: bool = False

    def reference(self, *, refit: bool, progress: Progress | None = None) -> Reference:
        """The shared parameters: the shipped reference fit, or a new fit to all evidence at hand (cached)."""
        if not (refit or self.unusual):
            return Reference.from_json(self.snapshot.reference_text(raw=self.raw))
        powers = tuple(resolve_power(code) for code in DEFAULT_POWERS)
        rows = self.snapshot.rows(powers=[power.code for power in powers])
        if self.store is not None:
            rows = _merge(_store_rows(self.store, powers, None, progress)[0], rows)
        names = [one.name for one in self.indicators]
        if not set(names) & set(pc.unique(rows["indicator"].cast(pa.string())).to_pylist()):
            raise InvalidRequest(
                f"There is no evidence at all for {', '.join(names)}.",
                hint="Ingest a source it is made from: equidistance indicators, equidistance sources",
            )
        wanted = "|".join(f"{one.name}={one.channel}" for one in self.indicators)
        key = hashlib.sha256(f"{__version__}|{digest_of(rows)}|{wanted}".encode()).hexdigest()[:16]
        path = cache_directory() / "fits" / f"{key}.json"
        with suppress(OSError, ValueError, KeyError):
            return Reference.from_json(path.read_text(encoding="utf-8"))

        def report(step: int, likelihood: float) -> None:
            if progress is not None:
                progress(f"Estimating shared parameters (log likelihood {likelihood:.1f})", step, 0)

        fitted = fit_reference(rows, dyads(powers), self.indicators, on_iteration=report)
        _keep(path, lambda part: part.write_text(fitted.to_json(), encoding="utf-8"))
        return fitted

    def source_table(self, grid: panel.Panel, beside: Sequence[str] = ()) -> Table:
        """The source versions behind the panel, with how many of its values each one carries.

        Args:
            grid: the panel.
            beside: ids of versions that carry something else of the assessment (exposure).
        """
        places = grid.row[grid.row >= 0]
        names, counts = np.unique(
            np.array(self.rows["source_id"].to_pylist(), dtype=object)[places].astype(str), return_counts=True
        )
        used = dict.fromkeys(beside, 0) | dict(zip(names.tolist(), counts.tolist(), strict=True))
        facts = [
            {name: source.get(name) for name in _SOURCE_COLUMNS} | {"used": used[source["source_id"]]}
            for source in self.sources
            if source["source_id"] in used
        ]
        schema = pa.schema([*((name, pa.string()) for name in _SOURCE_COLUMNS), ("used", pa.int64())])
        return Table("sources", pa.Table.from_pylist(facts, schema=schema), {"used": "values the model saw"})


_SOURCE_COLUMNS = (
    "source_id",
    "source",
    "title",
    "publisher",
    "licence",
    "citation",
    "address",
    "coverage_start",
    "coverage_end",
    "sha256",
)


def gather(
    subject: State | None,
    powers: tuple[State | Bloc, ...],
    indicators: Sequence[str] | str | None,
    *,
    store: str | Path | bool | None,
    raw: bool = False,
    progress: Progress | None = None,
) -> Evidence:
    """Collect the evidence for one state, or for all.

    Args:
        subject: the state; ``None`` for all states.
        powers: the powers.
        indicators: as in :func:`equidistance.assessment.assess.assess`.
        store: as there.
        raw: as there.
        progress: called while indicators are computed from the store.

    Raises:
        InvalidRequest: a power that the shipped snapshot does not hold, and no store to compute it from.
        UnknownName: no such indicator.
    """
    declared, unusual = choose_indicators(indicators, raw=raw)
    snapshot = shipped()
    path = _store_path(store)
    codes = [power.code for power in powers]
    names = pa.array([one.name for one in declared], pa.string())
    rows = _of(names, snapshot.rows(None if subject is None else [subject.code], codes))
    sources: list[dict[str, Any]] = snapshot.sources
    notes: list[str] = []
    if path is not None:
        everything, versions = _store_rows(path, powers, subject, progress)
        own = _of(names, everything)
        thinner = _thinner(own, rows)
        rows = _merge(own, rows)
        known = {source["source_id"] for source in sources}
        sources = sources + [
            facts for facts in map(source_facts, versions) if facts["source_id"] not in known
        ]
        notes.append(
            f"{own.num_rows} of {rows.num_rows} values come from the store {path}; "
            "they win over shipped ones."
            + (f" {thinner} of them rest on fewer records than the shipped ones." if thinner else "")
        )
        if not raw and expectations.fell_back({version.source for version in versions}):
            notes.append(expectations.FALLBACK)
    missing = [power for power in powers if power.code not in snapshot.powers]
    if missing and path is None:
        raise InvalidRequest(
            f"The shipped data hold no evidence about {', '.join(power.name for power in missing)} as a power.",
            choices=snapshot.powers,
            hint="To measure against others, ingest the sources: equidistance sources, equidistance pull --all.",
        )
    seen = set(pc.unique(rows["power"]).to_pylist())
    unseen = [power.name for power in powers if power.code not in seen]
    if seen and unseen:
        whom = "any state" if subject is None else subject.name
        notes.append(f"There is no evidence about {whom} and {', '.join(unseen)}.")
    return Evidence(
        rows, declared, powers, tuple(sources), digest_of(rows), tuple(notes), snapshot, path, unusual, raw
    )


def choose_indicators(
    wanted: Sequence[str] | str | None, *, raw: bool = False
) -> tuple[tuple[Indicator, ...], bool]:
    """The indicators asked for, and whether any of them is not used by default or changed its channel.

    ``None`` means all that are used by default. Names choose; ``-name`` leaves one out and ``+name`` adds one to those
    used by default; ``name=word`` or ``name=deed`` moves one. Of a chosen indicator and its raw twin one is in use,
    with ``raw`` the twin; ``-name`` of either leaves both out.

    Raises:
        UnknownName: no such indicator or channel.
        InvalidRequest: a twin that is not in use, or nothing left.
    """
    every = all_indicators()
    twins = {one.chosen_from: one.name for one in every.values() if one.chosen_from}  # raw -> chosen
    idle = twins if not raw else {chosen: plain for plain, chosen in twins.items()}
    usual = {name for name, one in every.items() if (one.default or name in twins) and name not in idle}
    items = wanted.split(",") if isinstance(wanted, str) else list(wanted or ())
    chosen: dict[str, Channel] = {}
    left_out: set[str] = set()
    only_these = False
    for item in filter(None, (item.strip() for item in items)):
        name, _, channel = item.lstrip("+-").partition("=")
        if name not in every:
            raise UnknownName(f"There is no indicator {name!r}.", choices=list(every))
        if channel not in ("", "word", "deed"):
            raise UnknownName(f"There is no channel {channel!r} for {name}.", choices=("word", "deed"))
        if item.startswith("-"):
            left_out |= {name, idle.get(name, name)}
        elif name in idle:
            raise InvalidRequest(
                f"{name} and {idle[name]} are the same trade, and only {idle[name]} is in use.",
                hint=f"Ask for {idle[name]}, or {'leave out' if raw else 'add'} --raw (raw=True).",
            )
        else:
            chosen[name] = cast(Channel, channel or every[name].channel)
            only_these |= not item.startswith("+") and chosen[name] == every[name].channel
    kept = [
        replace(one, channel=chosen.get(name, one.channel))
        for name, one in every.items()
        if name not in left_out and (name in chosen or (name in usual and not only_these))
    ]
    unusual = any(
        not (one.name in usual or one.name in BORROWED) or one.channel != every[one.name].channel
        for one in kept
    )
    if not kept:
        raise InvalidRequest("Every indicator was left out.", choices=list(every))
    return tuple(kept), unusual


def dyads(powers: Sequence[State | Bloc]) -> dict[tuple[str, str], tuple[State, State | Bloc]]:
    """Every state that existed since the first year of the reference fit, with every power but itself."""
    return {
        (state.code, power.code): (state, power)
        for power in powers
        for state in all_states()
        if state.code != power.code and (state.end is None or state.end.year >= FIRST_YEAR)
    }


def digest_of(rows: pa.Table) -> str:
    """Twelve hex digits of the rows' content."""
    ordered = rows.select([*KEY, "value", "se"]).sort_by([(key, "ascending") for key in KEY])
    state = hashlib.sha256()
    for column in ordered.columns:
        values = column.cast(pa.string()).to_pylist()
        state.update("\n".join(values).encode())
    return state.hexdigest()[:12]


def source_facts(version: SourceVersion) -> dict[str, Any]:
    """What an assessment tells about a stored source version."""
    from equidistance.sources.card import all_sources

    source = all_sources().get(version.source)  # none: stored by a version of the program that knew it
    card = source.card if source else None
    end = card.coverage[1] if card else None
    return {
        "source_id": version.source_id,
        "source": version.source,
        "title": card.title if card else version.title,
        "publisher": card.publisher if card else "",
        "licence": card.licence if card else version.licence,
        "citation": card.citation if card else version.title,
        "address": card.address if card else version.address,
        "coverage_start": card.coverage[0].isoformat() if card else "",
        "coverage_end": end.isoformat() if end else "",
        "sha256": " ".join(file.sha256 for file in version.files),
    }


def _store_path(store: str | Path | bool | None) -> Path | None:
    if store is False:
        return None
    if store is None or store is True:
        path = default_path()
        return path if store or path.exists() else None
    return Path(store)


def _store_rows(
    path: Path, powers: Sequence[State | Bloc], subject: State | None, progress: Progress | None
) -> tuple[pa.Table, list[SourceVersion]]:
    """The store's indicator rows of one state (``None``: of all) towards some powers, computed once and kept.

    The default powers are always computed too, so that ``why`` about one of them finds what ``assess`` kept.
    """
    every = {power.code: power for power in map(resolve_power, DEFAULT_POWERS)}
    every |= {power.code: power for power in powers}
    together = [every[code] for code in sorted(every)]
    with Store.open(path) as opened:
        versions = opened.versions()
        spells = [
            (power.code, spell.state, str(spell.start), str(spell.end))
            for power in together
            if isinstance(power, Bloc)
            for spell in power.spells
        ]
        name = subject.code if subject else "all"
        held = {version.source for version in versions}
        own = expectations.own_fit(held)
        fit = "own" if own else shipped().gravity_text()
        wanted = repr((__version__, [v.source_id for v in versions], name, sorted(every), spells, fit))
        key = hashlib.sha256(wanted.encode()).hexdigest()[:16]
        kept = cache_directory() / "indicators" / f"{name}-{key}.parquet"
        rows = _kept_rows(kept)
        if rows is None:
            possible = [one for one in all_indicators().values() if held & set(one.sources)]
            connection = opened.connection()
            # several threads add floats in an order that changes from run to run
            connection.execute("set threads = 1")
            from equidistance.assessment.views import register_all  # it needs this module

            register_all(connection, together, None if subject is None else [subject], progress)
            if any(one.chosen_from for one in possible):
                expectations.register(connection, _expectations(connection, versions, own, progress))
            rows = _computed(connection, possible, progress)
            _keep(kept, lambda part: pq.write_table(rows, part, compression="zstd"))
    codes = pa.array([power.code for power in powers], pa.string())
    return rows.filter(pc.is_in(rows["power"], value_set=codes)), versions


def _expectations(
    connection: object, versions: Sequence[SourceVersion], own: bool, progress: Progress | None
) -> expectations.Expectations:
    """The shipped gravity fit, or one on the store's own trade, made once and kept."""
    if not own:
        return expectations.Expectations.from_json(shipped().gravity_text())
    wanted = repr((__version__, [v.source_id for v in versions if v.source in expectations.NEEDED]))
    path = cache_directory() / "fits" / f"gravity-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}.json"
    with suppress(OSError, ValueError, KeyError):
        return expectations.Expectations.from_json(path.read_text(encoding="utf-8"))
    text = expectations.estimate(connection, progress).to_json()
    _keep(path, lambda part: part.write_text(text, encoding="utf-8"))
    return expectations.Expectations.from_json(text)


def _computed(connection: object, indicators: Sequence[Indicator], progress: Progress | None) -> pa.Table:
    done = 0

    def report(one: Indicator) -> None:
        nonlocal done
        if progress is not None:
            progress(f"Computing {one.title}", done, len(indicators))
        done += 1

    return panel.compute(connection, indicators, on_indicator=report)


def _kept_rows(path: Path) -> pa.Table | None:
    """What was kept; ``None`` where nothing was, or where it is damaged."""
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid):
        return None


def _keep(path: Path, write: Callable[[Path], object]) -> None:
    """Put something into the cache; where that cannot be done it is computed again the next time."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            write(part)


def _of(indicators: pa.Array, rows: pa.Table) -> pa.Table:
    return rows.filter(pc.is_in(rows["indicator"].cast(pa.string()), value_set=indicators))


def _thinner(own: pa.Table, others: pa.Table) -> int:
    """How many rows of ``own`` rest on fewer records than those of ``others`` with the same key."""
    both = own.select([*KEY, "n"]).join(
        others.select([*KEY, "n"]), keys=list(KEY), join_type="inner", right_suffix="_other"
    )
    return int(pc.sum(pc.less(both["n"], both["n_other"]), min_count=0).as_py())


def _merge(own: pa.Table, others: pa.Table) -> pa.Table:
    """``own`` and those of ``others`` whose key is not in it."""
    rest = others.join(own.select(list(KEY)), keys=list(KEY), join_type="left anti")
    return pa.concat_tables([own, rest.select(own.column_names).cast(own.schema)])
