"""Months: how they are written, listed and counted. A month is the ``date`` of its first day."""

import re
from datetime import date

from equidistance.errors import InvalidRequest

_YEAR_OR_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def parse_month(value: str | int | date, *, last: bool = False) -> date:
    """The first day of the month that a year, a month ("2022-02"), a day ("2022-02-24") or a ``date`` means.

    Args:
        value: a year, a month or a day.
        last: take a bare year as its December, for the end of a window, instead of its January.

    Raises:
        InvalidRequest: not one of these, or not in the calendar.
    """
    if isinstance(value, date):
        return date(value.year, value.month, 1)
    match = _YEAR_OR_MONTH.fullmatch(str(value).strip())
    if match is None:
        raise _not_a_month(value)
    year, month, day = match.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise _not_a_month(value) from None
    return date(int(year), int(month or (12 if last else 1)), 1)


def month_range(start: date, end: date) -> list[date]:
    """The first days of all months from the one of ``start`` to the one of ``end``, both included.

    Raises:
        InvalidRequest: ``end`` lies in a month before ``start``'s.
    """
    count = to_index(end, start) + 1
    if count < 1:
        raise InvalidRequest(f"The window ends in {end:%Y-%m}, before it starts in {start:%Y-%m}.")
    return [from_index(index, start) for index in range(count)]


def to_index(month: date, origin: date) -> int:
    """The number of months from ``origin``'s month to ``month``'s; negative before it."""
    return 12 * (month.year - origin.year) + month.month - origin.month


def from_index(index: int, origin: date) -> date:
    """The first day of the month ``index`` months after ``origin``'s; the inverse of :func:`to_index`."""
    years, month = divmod(origin.month - 1 + index, 12)
    return date(origin.year + years, month + 1, 1)


def _not_a_month(value: object) -> InvalidRequest:
    return InvalidRequest(f"{value!r} is not a year or month.", choices=("2022", "2022-02", "2022-02-24"))
