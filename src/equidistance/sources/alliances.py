"""ATOP: which alliance obligations were in force between two states in a year."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Download, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, read_rows, split_rejected
from equidistance.sources.lookup import (
    count,
    covered_years,
    cow_state,
    first_reason,
    nothing_left,
    renamed,
    since_first_year,
    states_of,
    valid_years,
    whole_numbers,
)

_OBLIGATIONS = ("defense", "offense", "neutrality", "nonaggression", "consultation")

_LAYOUTS = {
    "peacesciencer": (
        "ccode1",
        "ccode2",
        "atop_defense",
        "atop_offense",
        "atop_neutral",
        "atop_nonagg",
        "atop_consul",
    ),
    "ATOP": ("stateA", "stateB", "defense", "offense", "neutral", "nonagg", "consul"),
}

CARD = Card(
    name="alliances",
    title="Alliance Treaty Obligations and Provisions (ATOP), directed dyad-years",
    publisher="ATOP project, Rice University",
    licence="none stated; free for research with citation. The peacesciencer packaging is GPL-2",
    citation=(
        "Leeds, B. A., J. M. Ritter, S. McLaughlin Mitchell and A. G. Long. 2002. Alliance Treaty "
        "Obligations and Provisions, 1815-1944. International Interactions 28: 237-260. Data version 5.1."
    ),
    address="http://www.atopdata.org/data.html",
    files={
        "atop5*ddyr.csv": "ATOP's own directed dyad-years: stateA, stateB, year, defense, ..., consul",
        "atop_alliance.*": "peacesciencer's table: ccode1, ccode2, year, atop_defense, ... (Parquet or CSV)",
    },
    tables=("alliances",),
    coverage=(date(1815, 1, 1), date(2018, 12, 31)),
    states="members of the Correlates of War state system",
    cadence="every few years",
    caveats=(
        "Ends with 2018: later obligations are unknown, not absent.",
        "Non-aggression and consultation of China, Turkey and the United States with Kazakhstan probably "
        "come from multilateral pacts (the Helsinki Final Act and its kind), not from an alliance.",
        "Obligations are directed in 1,300 dyad-years; here an obligation of either side binds the pair.",
        "An obligation counts for a whole year if it was in force at any time of that year.",
        "Only obligations since 1946 are read.",
    ),
    rows=(50_000, 1_000_000),
    downloads=(
        Download(
            "http://www.atopdata.org/uploads/6/9/1/3/69134503/atop_5.1__.csv_.zip", "atop_5.1__.csv_.zip"
        ),
    ),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read ATOP dyad-years in either layout into ``alliances``.

    Raises:
        BadFile: neither layout, or no dyad-year since 1946.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    parts = [_read_file(path, rejected, ignored) for path in paths]
    directed = pa.concat_tables(parts)
    if not directed.num_rows:
        raise nothing_left([path.name for path in paths], "alliance dyad-year")
    alliances = _undirected(directed)
    count(
        ignored, "the same pair and year again (other direction or repeated)", len(directed) - len(alliances)
    )
    coverage = covered_years(alliances["year"])
    return Reading({"alliances": alliances}, coverage, tuple(rejected), ignored)


def _read_file(path: Path, rejected: list[Rejected], ignored: dict[str, int]) -> pa.Table:
    """One row per row of the file: codes a < b, year, obligations as booleans, origin."""
    table, malformed = read_rows(path, _layout(path))
    rejected.extend(malformed)
    first, second, *obligations = _layout(path)
    table = renamed(
        table, dict(zip(obligations, _OBLIGATIONS, strict=True)) | {first: "first", second: "second"}
    )
    table = since_first_year(table, ignored)
    years = valid_years(table["year"])
    codes = [states_of(whole_numbers(table[name]), years, cow_state) for name in ("first", "second")]
    checks = [
        (pc.is_null(years), "year is not a year"),
        (pc.is_null(codes[0]), f"{first} is not the Correlates of War number of a state in that year"),
        (pc.is_null(codes[1]), f"{second} is not the Correlates of War number of a state in that year"),
        *((pc.is_null(_flag(table[name])), f"{name} is neither 0 nor 1") for name in _OBLIGATIONS),
    ]
    table = table.append_column("state_a", pc.min_element_wise(*codes, skip_nulls=False))
    table = table.append_column("state_b", pc.max_element_wise(*codes, skip_nulls=False))
    accepted, refused = split_rejected(table, first_reason(checks, table.num_rows), path.name)
    rejected.extend(refused)
    same = pc.equal(accepted["state_a"], accepted["state_b"])
    count(ignored, "both numbers stand for one state", pc.sum(same).as_py() or 0)
    accepted = accepted.filter(pc.invert(same))
    return pa.table(
        {
            "state_a": accepted["state_a"],
            "state_b": accepted["state_b"],
            "year": valid_years(accepted["year"]),
            **{name: _flag(accepted[name]) for name in _OBLIGATIONS},
            "file": pa.array([path.name] * len(accepted), pa.string()),
            "row": accepted["line"],
        }
    )


def _layout(path: Path) -> tuple[str, ...]:
    names = columns_of(path)
    for columns in _LAYOUTS.values():
        if columns[0] in names:
            return columns
    raise BadFile(
        f"{path} is not a table of ATOP dyad-years; it has the columns {', '.join(names[:12])}.",
        choices=[
            f"{layout}: {', '.join((*columns[:2], 'year', *columns[2:]))}"
            for layout, columns in _LAYOUTS.items()
        ],
        hint="Take the directed dyad-years (atop5_1ddyr.csv).",
    )


def _flag(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """0 and 1 to booleans, anything else to null."""
    numbers = whole_numbers(column)
    known = pc.is_in(numbers, value_set=pa.array([0, 1], pa.int64()))
    return pc.if_else(known, pc.equal(numbers, 1), pa.scalar(None, pa.bool_()))


def _undirected(directed: pa.Table) -> pa.Table:
    """One row per pair and year: an obligation of either side, traced to the first row that names the
    pair."""
    grouped = directed.group_by(["state_a", "state_b", "year"], use_threads=False).aggregate(
        [*((name, "any") for name in _OBLIGATIONS), ("file", "first"), ("row", "first")]
    )
    names = {f"{name}_any": name for name in _OBLIGATIONS} | {"file_first": "file", "row_first": "row"}
    schema = TABLES["alliances"].schema
    return renamed(grouped, names).select(schema.names).cast(schema)


SOURCE = Source(CARD, read)
