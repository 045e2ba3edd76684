"""Published numbers with their sources: tariffs, volumes, counts and shares, in a plain layout of our own."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from math import isfinite
from pathlib import Path

import pyarrow as pa

from equidistance.errors import EquidistanceError, InvalidRequest
from equidistance.evidence.schema import GRADES, TABLES
from equidistance.ground.blocs import resolve_power
from equidistance.ground.time import parse_spread
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.lookup import MalformedRowError, convert_rows, nothing_left

COLUMNS = (
    "quantity",
    "subject",
    "partners",
    "when",
    "value",
    "low",
    "high",
    "unit",
    "account",
    "source",
    "address",
    "grade",
    "note",
)
REQUIRED = ("quantity", "when", "value", "unit", "source", "grade")
LONGEST = 2_000

CARD = Card(
    name="published_numbers",
    title="Published numbers with their sources",
    publisher="the user; the shipped ones: the equidistance developers",
    licence="the user's; the shipped ones: as the package",
    citation="Numbers noted by hand, each with its own source.",
    address="docs/claims.md",
    files={"*numbers*.csv": ", ".join(COLUMNS)},
    tables=("quantities",),
    coverage=(date(1991, 1, 1), None),
    states="those the user noted",
    cadence="whenever the user adds one",
    caveats=(
        "Never complete: a number that is not here may well have been published.",
        "Two numbers for one quantity may both stand: accounts differ, and both are kept.",
    ),
    rows=(1, 1_000_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read numbers; the source covers no interval, because a list of noted numbers is never complete.

    Raises:
        BadFile: other columns, or no usable row.
    """
    rejected: list[Rejected] = []
    records: list[dict[str, object]] = []
    for path in paths:
        records += convert_rows(path, REQUIRED, lambda row: [_number_of(row)], rejected, {})
    numbers = pa.Table.from_pylist(records, schema=TABLES["quantities"].schema)
    if not numbers.num_rows:
        raise nothing_left([path.name for path in paths], "usable number")
    return Reading({"quantities": numbers}, (), tuple(rejected))


def _number_of(row: dict[str, str]) -> dict[str, object]:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    long = [name for name, text in cells.items() if len(text) > LONGEST]
    if long:
        raise MalformedRowError(f"{long[0]} is longer than {LONGEST} characters")
    empty = [name for name in REQUIRED if not cells[name]]
    if empty:
        raise MalformedRowError(f"a number needs {empty[0]}")
    try:
        first, last, precision = parse_spread(cells["when"])
    except InvalidRequest:
        raise MalformedRowError(f"when: {cells['when']!r} is not a date") from None
    value = _float(cells["value"], "value")
    low = _float(cells["low"] or cells["value"], "low")
    high = _float(cells["high"] or cells["value"], "high")
    if not low <= value <= high:
        raise MalformedRowError(f"{value:g} does not lie between {low:g} and {high:g}")
    if cells["grade"].upper() not in GRADES:
        raise MalformedRowError(f"grade: {cells['grade']!r} is none of {', '.join(GRADES)}")
    partners = [part for part in cells["partners"].split(";") if part.strip()]
    return {
        "number": sha256("\n".join(cells.values()).encode()).hexdigest()[:16],
        "quantity": cells["quantity"],
        "subject": _code(cells["subject"]) if cells["subject"] else None,
        "partners": ";".join(map(_code, partners)) or None,
        "first": first,
        "last": last,
        "precision": precision,
        "value": value,
        "low": low,
        "high": high,
        "unit": cells["unit"],
        "account": cells["account"] or cells["source"],
        "source": cells["source"],
        "address": cells["address"] or None,
        "grade": cells["grade"].upper(),
        "note": cells["note"] or None,
    }


def _code(text: str) -> str:
    try:
        return resolve_power(text.strip()).code
    except EquidistanceError:
        raise MalformedRowError(f"there is no state or bloc {text.strip()!r}") from None


def _float(text: str, field: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise MalformedRowError(f"{field}: {text!r} is not a number")
    return value


SOURCE = Source(CARD, read)
