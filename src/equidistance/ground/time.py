"""Months: how they are written, listed and counted. A month is the ``date`` of its first day."""

import re
from calendar import monthrange
from datetime import date
from typing import Literal

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


Precision = Literal["day", "month", "season", "quarter", "year", "decade"]
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
"""First months of the seasons, in the north; the winter of 2022 begins in December 2022."""

_SPREAD = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?|-[Qq]([1-4])|-([a-z]+)|(s))?")


def parse_spread(text: str) -> tuple[date, date, Precision]:
    """First day, last day and precision of a date as a person writes it.

    Args:
        text: ``2022``, ``2022-07``, ``2022-07-15``, ``2022-Q3``, ``2022-summer``, ``2020s``, or two of these with
            ``..`` between them (``2022-07-01..2022-07-10``), whose precision is that of a span so long.

    Raises:
        InvalidRequest: none of these, or not in the calendar.
    """
    if ".." in text:
        start, _, stop = text.partition("..")
        first, last = parse_spread(start)[0], parse_spread(stop)[1]
        if last < first:
            raise _not_a_date(text)
        days = (last - first).days
        spans: tuple[tuple[int, Precision], ...] = ((0, "day"), (31, "month"), (92, "season"), (366, "year"))
        return first, last, next((name for most, name in spans if days <= most), "decade")
    match = _SPREAD.fullmatch(text.strip())
    if match is None:
        raise _not_a_date(text)
    year, month, day, quarter, season, decade = match.groups()
    try:
        if day:
            only = date(int(year), int(month), int(day))
            return only, only, "day"
        if month:
            return date(int(year), int(month), 1), month_end(int(year), int(month)), "month"
        if quarter:
            opens = 3 * int(quarter) - 2
            return date(int(year), opens, 1), month_end(int(year), opens + 2), "quarter"
        if season:
            opens = SEASONS[season]
            end = (int(year) + 1, 2) if season == "winter" else (int(year), opens + 2)
            return date(int(year), opens, 1), month_end(*end), "season"
        if decade:
            return date(int(year), 1, 1), date(int(year) + 9, 12, 31), "decade"
        return date(int(year), 1, 1), date(int(year), 12, 31), "year"
    except (ValueError, KeyError, OverflowError):
        raise _not_a_date(text) from None


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def spread_text(first: date, last: date, precision: Precision) -> str | None:
    """The inverse of :func:`parse_spread`; ``None`` where no short form says the same."""
    season = next((name for name, month in SEASONS.items() if month == first.month), "none")
    short = {
        "day": first.isoformat(),
        "month": f"{first.year:04}-{first.month:02}",
        "quarter": f"{first.year:04}-Q{(first.month + 2) // 3}",
        "season": f"{first.year:04}-{season}",
        "year": f"{first.year:04}",
        "decade": f"{first.year:04}s",
    }[precision]
    try:
        return short if parse_spread(short) == (first, last, precision) else None
    except InvalidRequest:  # no season starts in that month, or the date runs out of the calendar
        return None


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


def _not_a_date(text: str) -> InvalidRequest:
    choices = ("2022", "2022-07", "2022-07-15", "2022-Q3", "2022-summer", "2020s")
    return InvalidRequest(f"{text[:100]!r} is not a date.", choices=choices)
