"""What the layouts that people fill in by hand share: acts and published numbers, row by row."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import isfinite
from pathlib import Path

import pyarrow as pa

from equidistance.errors import InvalidRequest
from equidistance.evidence.schema import TABLES
from equidistance.ground.time import parse_spread
from equidistance.sources.card import Reading, Rejected
from equidistance.sources.lookup import MalformedRowError, convert_rows, nothing_left


def read_noted(
    paths: Sequence[Path],
    required: Sequence[str],
    record_of: Callable[[dict[str, str]], dict[str, object]],
    table: str,
    thing: str,
) -> Reading:
    """Read files of a layout; the source covers no interval, because a list of what somebody noted is never complete.

    Args:
        paths: the files.
        required: columns that must be there.
        record_of: makes a record of a row, or raises ``MalformedRowError``.
        table: evidence table the records go to.
        thing: what a row holds, for the error.

    Raises:
        BadFile: other columns, or no usable row.
    """
    rejected: list[Rejected] = []
    records: list[dict[str, object]] = []
    for path in paths:
        records += convert_rows(path, required, lambda row: [record_of(row)], rejected, {})
    found = pa.Table.from_pylist(records, schema=TABLES[table].schema)
    if not found.num_rows:
        raise nothing_left([path.name for path in paths], f"usable {thing}")
    return Reading({table: found}, (), tuple(rejected))


def cells_of(row: Mapping[str, str], columns: Sequence[str], longest: int) -> dict[str, str]:
    """The cells of a row without blanks around them.

    Raises:
        MalformedRowError: a cell is too long.
    """
    cells = {name: (row.get(name) or "").strip() for name in columns}
    long = [name for name, text in cells.items() if len(text) > longest]
    if long:
        raise MalformedRowError(f"{long[0]} is longer than {longest} characters")
    return cells


def spread_of(text: str) -> tuple[date, date, str]:
    """First day, last day and precision of a date as people write it.

    Raises:
        MalformedRowError: no date.
    """
    try:
        return parse_spread(text)
    except InvalidRequest:
        raise MalformedRowError(f"when: {text!r} is not a date") from None


def choice_of(value: str, choices: Sequence[str], field: str) -> str:
    """The value where it is one of the choices.

    Raises:
        MalformedRowError: it is none.
    """
    if value not in choices:
        raise MalformedRowError(f"{field}: {value!r} is none of {', '.join(choices)}")
    return value


def number_of(text: str, field: str) -> float:
    """A finite number.

    Raises:
        MalformedRowError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise MalformedRowError(f"{field}: {text!r} is not a number")
    return value


def number_within(text: str, low: float, high: float, field: str) -> float:
    """A number between two bounds.

    Raises:
        MalformedRowError: it is none, or beyond them.
    """
    try:
        value = number_of(text, field)
    except MalformedRowError:
        value = float("nan")
    if not low <= value <= high:
        raise MalformedRowError(f"{field}: {text!r} is not a number from {low} to {high}")
    return value
