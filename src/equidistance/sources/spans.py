"""Which days a daily source covers: the days it has records for, joined across short gaps."""

from collections.abc import Iterable
from datetime import date, timedelta


def day_spans(days: Iterable[date], *, longest_gap: int) -> tuple[tuple[date, date], ...]:
    """Closed intervals of consecutive days, in order.

    Args:
        days: days with at least one record, in any order.
        longest_gap: how many missing days in a row still count as covered (a quiet weekend); 0 splits at
            each.
    """
    spans: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if spans and day - spans[-1][1] <= timedelta(days=longest_gap + 1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return tuple(spans)
