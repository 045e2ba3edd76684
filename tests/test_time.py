"""Months: reading, listing and counting them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equidistance.errors import InvalidRequest
from equidistance.ground.time import from_index, month_range, parse_month, to_index


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2022", date(2022, 1, 1)),
        (2022, date(2022, 1, 1)),
        (" 2022-02 ", date(2022, 2, 1)),
        ("2022-2", date(2022, 2, 1)),
        ("2022-02-24", date(2022, 2, 1)),
        (date(2022, 2, 24), date(2022, 2, 1)),
    ],
)
def test_parse_month_reads_years_months_days_and_dates(value: str | int | date, expected: date) -> None:
    assert parse_month(value) == expected


def test_a_bare_year_ends_in_december() -> None:
    assert parse_month("2024", last=True) == date(2024, 12, 1)
    assert parse_month("2024-03", last=True) == date(2024, 3, 1)


@pytest.mark.parametrize(
    "value", ["", "22", 22, "2022-13", "2022-02-30", "0000", "2022/02", "Feb 2022", "2022-02-", -5]
)
def test_what_is_no_month_is_named_with_examples(value: str | int) -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_month(value)
    assert repr(value) in error.value.message
    assert "2022-02" in error.value.choices


def test_month_range_includes_both_ends() -> None:
    assert month_range(date(2021, 11, 30), date(2022, 2, 1)) == [
        date(2021, 11, 1),
        date(2021, 12, 1),
        date(2022, 1, 1),
        date(2022, 2, 1),
    ]
    assert month_range(date(2022, 2, 1), date(2022, 2, 28)) == [date(2022, 2, 1)]


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="2021-12, before it starts in 2022-01"):
        month_range(date(2022, 1, 1), date(2021, 12, 31))


@given(st.dates(date(1800, 1, 1), date(2200, 1, 1)), st.dates(date(1800, 1, 1), date(2200, 1, 1)))
def test_index_and_month_are_inverse(month: date, origin: date) -> None:
    index = to_index(month, origin)
    assert from_index(index, origin) == parse_month(month)
    assert index == -to_index(origin, month)
