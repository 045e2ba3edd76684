"""COW IGO: how many intergovernmental organisations a state belongs to, and how many two states share."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Download, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen, read_rows, split_rejected
from equidistance.sources.lookup import (
    count,
    covered_years,
    cow_state,
    first_reason,
    nothing_left,
    since_first_year,
    states_of,
    valid_years,
    whole_numbers,
)

_NUMBER = "is not the Correlates of War number of a state in that year"
_STATUS = {
    1: "full",
    0: "none",
    2: "associate",
    3: "observer",
    -1: "organisation does not exist",
    -9: "missing",
}

CARD = Card(
    name="memberships",
    title="Correlates of War Intergovernmental Organizations, version 3",
    publisher="Correlates of War project",
    licence="none stated; free for research with citation. The peacesciencer packaging is GPL-2",
    citation=(
        "Pevehouse, J. C. W., T. Nordstrom, R. W. McManus and A. S. Jamison. 2020. Tracking Organizations "
        "in the World: The Correlates of War IGO Version 3.0 datasets. Journal of Peace Research 57(3): "
        "492-503."
    ),
    address="https://correlatesofwar.org/data-sets/IGOs/",
    files={
        "state_year_formatv3.csv": "COW's own table: ccode, year, state, and one column per organisation",
        "cow_igo_ndy.*": "peacesciencer's pairs: ccode1, ccode2, year, dyadigos (Parquet or CSV)",
        "cow_igo_sy.*": "peacesciencer's states: ccode, year, sum_igo_full, ...; together with cow_igo_ndy",
    },
    tables=("memberships", "shared_memberships"),
    coverage=(date(1816, 1, 1), date(2014, 12, 31)),
    states="members of the Correlates of War state system",
    cadence="every few years",
    caveats=(
        "Ends with 2014: later memberships are unknown, not absent.",
        "Until 1965 the publisher looked every five years only.",
        "In 59 state-years the pairs count one organisation more than the state itself has.",
        "Where a state had two numbers in a year (Germany, Yemen in 1990) the larger number of memberships "
        "is kept.",
        "Only memberships since 1946 are read.",
    ),
    rows=(100_000, 5_000_000),
    downloads=(
        Download(
            "https://correlatesofwar.org/wp-content/uploads/state_year_formatv3.zip",
            "state_year_formatv3.zip",
        ),
    ),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read COW's state-years, or peacesciencer's pairs and states together, into both membership tables.

    Raises:
        BadFile: none of the layouts, pairs without states or states without pairs, or no row since 1946.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    tables: dict[str, list[pa.Table]] = {"memberships": [], "shared_memberships": []}
    for path in paths:
        names = columns_of(path)
        if "dyadigos" in names:
            tables["shared_memberships"].append(_read_pairs(path, rejected, ignored))
        elif "sum_igo_full" in names:
            tables["memberships"].append(_read_states(path, rejected, ignored))
        elif names[:3] == ["ccode", "year", "state"]:
            states, shared = _read_organisations(path, names[3:], rejected, ignored)
            tables["memberships"].append(states)
            tables["shared_memberships"].append(shared)
        else:
            raise BadFile(
                f"{path} is not a table of COW memberships; it has the columns {', '.join(names[:8])}.",
                choices=[f"{file}: {layout}" for file, layout in CARD.files.items()],
            )
    for name, parts in tables.items():
        if not any(part.num_rows for part in parts):
            raise nothing_left([path.name for path in paths], f"row of {name.replace('_', ' ')}")
    merged = {name: _largest(name, pa.concat_tables(parts), ignored) for name, parts in tables.items()}
    return Reading(merged, covered_years(merged["memberships"]["year"]), tuple(rejected), ignored)


def _read_states(path: Path, rejected: list[Rejected], ignored: dict[str, int]) -> pa.Table:
    table, malformed = read_rows(path, ("ccode", "year", "sum_igo_full"))
    rejected.extend(malformed)
    table = since_first_year(table, ignored)
    years = valid_years(table["year"])
    codes = states_of(whole_numbers(table["ccode"]), years, cow_state)
    full = whole_numbers(table["sum_igo_full"])
    table = table.append_column("_code", codes)
    checks = [
        (pc.is_null(years), "year is not a year"),
        (pc.is_null(codes), f"ccode {_NUMBER}"),
        (pc.fill_null(pc.less(full, 0), True), "sum_igo_full is not a count"),
    ]
    table, refused = split_rejected(table, first_reason(checks, table.num_rows), path.name)
    rejected.extend(refused)
    return _evidence(
        "memberships",
        path,
        state=table["_code"],
        year=valid_years(table["year"]),
        full=whole_numbers(table["sum_igo_full"]),
        row=table["line"],
    )


def _read_pairs(path: Path, rejected: list[Rejected], ignored: dict[str, int]) -> pa.Table:
    table, malformed = read_rows(path, ("ccode1", "ccode2", "year", "dyadigos"))
    rejected.extend(malformed)
    table = since_first_year(table, ignored)
    years = valid_years(table["year"])
    codes = [states_of(whole_numbers(table[name]), years, cow_state) for name in ("ccode1", "ccode2")]
    shared = whole_numbers(table["dyadigos"])
    table = table.append_column("_a", pc.min_element_wise(*codes, skip_nulls=False))
    table = table.append_column("_b", pc.max_element_wise(*codes, skip_nulls=False))
    checks = [
        (pc.is_null(years), "year is not a year"),
        (pc.is_null(codes[0]), f"ccode1 {_NUMBER}"),
        (pc.is_null(codes[1]), f"ccode2 {_NUMBER}"),
        (pc.fill_null(pc.less(shared, 0), True), "dyadigos is not a count"),
    ]
    table, refused = split_rejected(table, first_reason(checks, table.num_rows), path.name)
    rejected.extend(refused)
    same = pc.equal(table["_a"], table["_b"])
    count(ignored, "both numbers stand for one state", pc.sum(same).as_py() or 0)
    table = table.filter(pc.invert(same))
    return _evidence(
        "shared_memberships",
        path,
        state_a=table["_a"],
        state_b=table["_b"],
        year=valid_years(table["year"]),
        shared=whole_numbers(table["dyadigos"]),
        row=table["line"],
    )


def _read_organisations(
    path: Path, organisations: Sequence[str], rejected: list[Rejected], ignored: dict[str, int]
) -> tuple[pa.Table, pa.Table]:
    """Count a state's own and every pair's shared full memberships from one column per organisation."""
    table, malformed = read_rows(path, ("ccode", "year"))
    rejected.extend(malformed)
    table = since_first_year(table, ignored)
    years = valid_years(table["year"])
    codes = states_of(whole_numbers(table["ccode"]), years, cow_state)
    known = pa.array(list(_STATUS), pa.int64())
    checks = [
        (pc.is_null(years), "year is not a year"),
        (pc.is_null(codes), f"ccode {_NUMBER}"),
        *(
            (
                pc.invert(pc.is_in(whole_numbers(table[name]), value_set=known)),
                f"{name} is no membership status",
            )
            for name in organisations
        ),
    ]
    table = table.append_column("_code", codes)
    table, refused = split_rejected(table, first_reason(checks, table.num_rows), path.name)
    rejected.extend(refused)
    if not table.num_rows:
        raise nothing_left([path.name], "membership")
    # full membership, shape (rows, organisations)
    full = np.column_stack([whole_numbers(table[name]).to_numpy() == 1 for name in organisations]).astype(
        np.int32
    )
    code, year = np.array(table["_code"].to_pylist()), valid_years(table["year"]).to_numpy()
    line = table["line"].to_numpy()
    states = _evidence(
        "memberships", path, state=pa.array(code), year=year, full=full.sum(axis=1), row=pa.array(line)
    )
    pairs: list[pa.Table] = []
    for one_year in np.unique(year):
        rows = np.flatnonzero(year == one_year)
        first, second = np.triu_indices(len(rows), k=1)
        shared = (full[rows] @ full[rows].T)[first, second]
        names = np.sort(np.column_stack([code[rows[first]], code[rows[second]]]), axis=1)
        apart = names[:, 0] != names[:, 1]
        pairs.append(
            _evidence(
                "shared_memberships",
                path,
                state_a=pa.array(names[apart, 0]),
                state_b=pa.array(names[apart, 1]),
                year=pa.array(np.full(apart.sum(), one_year)),
                shared=pa.array(shared[apart]),
                row=pa.array(line[rows[first]][apart]),
            )
        )
    return states, pa.concat_tables(pairs)


def _evidence(name: str, path: Path, **columns: object) -> pa.Table:
    """Columns, the file's name added, as an evidence table."""
    schema = TABLES[name].schema
    table = pa.table({key: _plain(values) for key, values in columns.items()})
    table = table.append_column("file", pa.array([path.name] * len(table), pa.string()))
    return table.select(schema.names).cast(schema)


def _plain(values: object) -> object:
    return pa.array(values) if isinstance(values, np.ndarray) else values


def _largest(name: str, table: pa.Table, ignored: dict[str, int]) -> pa.Table:
    """One row per key; the largest count where a state had two numbers in a year."""
    key, (value,) = TABLES[name].key, TABLES[name].schema.names[len(TABLES[name].key) : -2]
    ordered = table.sort_by([*((column, "ascending") for column in key), (value, "descending")])
    kept, _, repeated = first_seen(ordered, key, values=())
    count(ignored, f"{name.replace('_', ' ')}: the same key again, the larger count is kept", repeated)
    return kept


SOURCE = Source(CARD, read)
