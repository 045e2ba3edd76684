"""What sources of ties and trade share: states of numbers, names and years; rows that are left out."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.ground.states import State, find, from_cow
from equidistance.sources.card import Rejected
from equidistance.sources.delimited import read_delimited, read_rows, record_text

FIRST_YEAR = 1946
"""The ground knows the states since 1946; earlier rows are left out and counted, not refused."""

BEFORE_FIRST_YEAR = f"before {FIRST_YEAR}"
"""The reason under which earlier rows are counted."""

LAST_YEAR = 2100
"""A later year is a typing error."""


def cow_state(number: int, year: int) -> str | None:
    """The state with a Correlates of War number in a year (its middle, else its end, else its start)."""
    return _in_year(lambda day: from_cow(number, day), year)


def iso_state(code: str, year: int) -> str | None:
    """The state with an alpha-3 code, former codes included, in a year, as :func:`cow_state` takes it."""
    return named_state(code, year) if len(code) == 3 and code.isupper() else None


def named_state(name: str, year: int) -> str | None:
    """The state with a name in a year, as :func:`cow_state` takes it; None if several have the name."""
    return _in_year(lambda day: find(name, day), year)


def lasting_state(name: str, year: int) -> str | None:
    """As :func:`named_state`, else the state that has the name today: for lists that use today's names throughout."""
    if (code := named_state(name, year)) is not None:
        return code
    today = find(name)
    return today.code if today else None


def decimal(text: str, what: str) -> float:
    """A finite number.

    Raises:
        MalformedRowError: it is none; the reason names ``what``.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise MalformedRowError(f"{what} {text!r} is not a number")
    return number


def _in_year(at: Callable[[date], State | None], year: int) -> str | None:
    for day in (date(year, 7, 1), date(year, 12, 31), date(year, 1, 1)):
        if (state := at(day)) is not None:
            return state.code
    return None


def states_of(
    values: pa.ChunkedArray, years: pa.ChunkedArray, resolve: Callable[[Any, int], str | None]
) -> pa.Array:
    """``resolve(value, year)`` for every row, asked once per distinct pair; null in, null out.

    Args:
        values: numbers or codes, shape (rows,).
        years: int64, shape (rows,).
        resolve: one of the functions above.
    """
    pairs = pa.table({"value": values, "year": years})
    distinct = pairs.group_by(["value", "year"]).aggregate([])
    codes = [
        None if value is None or year is None else resolve(value, year)
        for value, year in zip(distinct["value"].to_pylist(), distinct["year"].to_pylist(), strict=True)
    ]
    return pc.take(pa.array(codes, pa.string()), _positions(pairs, distinct))


def _positions(rows: pa.Table, distinct: pa.Table) -> pa.Array:
    """For each row the position of its equal in ``distinct``; nulls are values like any other."""
    return pc.index_in(_joined(rows), value_set=_joined(distinct))


def _joined(table: pa.Table) -> pa.Array:
    columns = [pc.fill_null(pc.cast(table[name], pa.string()), "") for name in table.column_names]
    joined = pc.binary_join_element_wise(*columns, "|")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def whole_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text to int64; null where it is not a whole number ("2", "2.0" and "-9" are)."""
    whole = pc.match_substring_regex(column, r"^\s*-?\d{1,9}(\.0*)?\s*$")
    text = pc.utf8_trim_whitespace(pc.if_else(whole, column, pa.scalar(None, pa.string())))
    return pc.cast(pc.cast(text, pa.float64()), pa.int64())


def decimal_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text to float64; null where it is not a finite number."""
    number = pc.match_substring_regex(column, r"^\s*-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?\s*$")
    text = pc.utf8_trim_whitespace(pc.if_else(number, column, pa.scalar(None, pa.string())))
    return pc.cast(text, pa.float64())


def valid_years(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text to int64 years; null where it is not a year between 1000 and :data:`LAST_YEAR`."""
    years = whole_numbers(column)
    possible = pc.and_(pc.greater_equal(years, 1000), pc.less_equal(years, LAST_YEAR))
    return pc.if_else(possible, years, pa.scalar(None, pa.int64()))


def since_first_year(table: pa.Table, ignored: dict[str, int]) -> pa.Table:
    """The rows from :data:`FIRST_YEAR` on, by the text column ``year``; the others are counted in
    ``ignored``.

    Rows whose year cannot be read stay: they are refused later, with their reason.
    """
    early = pc.fill_null(pc.less(valid_years(table["year"]), FIRST_YEAR), False)
    count(ignored, BEFORE_FIRST_YEAR, pc.sum(early).as_py() or 0)
    return table.filter(pc.invert(early))


def count(ignored: dict[str, int], reason: str, number: int = 1) -> None:
    """Add to the number of rows left out for a reason."""
    if number:
        ignored[reason] = ignored.get(reason, 0) + number


def first_reason(checks: Sequence[tuple[pa.ChunkedArray, str]], rows: int) -> pa.Array:
    """Per row the reason of the first check that is true, null where none is; shape (rows,)."""
    reasons = pa.nulls(rows, pa.string())
    for failed, reason in reversed(checks):
        reasons = pc.if_else(pc.fill_null(failed, False), reason, reasons)
    return reasons.combine_chunks() if isinstance(reasons, pa.ChunkedArray) else reasons


class IgnoredRowError(Exception):
    """A well-formed row is left out on purpose; the text is the reason that is counted."""


class MalformedRowError(Exception):
    """A row cannot be used; the text is the reason of its rejection."""


def convert_rows(
    path: Path,
    required: Sequence[str],
    convert: Callable[[dict[str, str]], Sequence[dict[str, object]]],
    rejected: list[Rejected],
    ignored: dict[str, int],
    *,
    delimiter: str = ",",
    skip_lines: int = 0,
) -> list[dict[str, object]]:
    """Read a small file row by row.

    Args:
        path: CSV or Parquet file.
        required: columns that must be there.
        convert: turns a row of strings into evidence records without ``file`` and ``row``, or raises
            :class:`IgnoredRowError` or :class:`MalformedRowError`.
        rejected: receives the malformed rows.
        ignored: receives the counts of rows left out.
        delimiter: one character, for text.
        skip_lines: physical lines of text before the header.

    Raises:
        BadFile: the file cannot be read as a table with these columns.
    """
    if skip_lines:
        table, malformed = read_delimited(path, required, delimiter=delimiter, skip_lines=skip_lines)
    else:
        table, malformed = read_rows(path, required, delimiter=delimiter)
    rejected.extend(malformed)
    records: list[dict[str, object]] = []
    for row in table.to_pylist():
        line = row.pop("line")
        try:
            records.extend(record | {"file": path.name, "row": line} for record in convert(row))
        except IgnoredRowError as reason:
            count(ignored, str(reason))
        except MalformedRowError as reason:
            rejected.append(Rejected(path.name, line, str(reason), record_text(row)))
    return records


def parse_year(text: str) -> int:
    """A year since :data:`FIRST_YEAR`.

    Raises:
        MalformedRowError: it is none.
    """
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR):
        raise MalformedRowError(f"{text!r} is not a year since {FIRST_YEAR}")
    return int(text)


def covered_years(years: pa.ChunkedArray) -> tuple[tuple[date, date], ...]:
    """One closed interval per run of consecutive years that occur: inside it absence means "none"."""
    runs: list[tuple[date, date]] = []
    for year in sorted(pc.unique(years).to_pylist()):
        if runs and runs[-1][1].year == year - 1:
            runs[-1] = (runs[-1][0], date(year, 12, 31))
        else:
            runs.append((date(year, 1, 1), date(year, 12, 31)))
    return tuple(runs)


def renamed(table: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """The table with some columns under other names and the rest left as it is."""
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def nothing_left(paths: Sequence[str], what: str) -> BadFile:
    """The error for files that hold no usable row."""
    return BadFile(
        f"{', '.join(paths)}: no {what} since {FIRST_YEAR}.", hint="Check that these are the files you meant."
    )
