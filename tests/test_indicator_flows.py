"""Export and import shares: totals, zeros and missing flows, vintages, reporters, blocs."""

from collections.abc import Mapping
from datetime import date
from math import log, sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equidistance.indicators.declare import get_indicator
from equidistance.indicators.flows import SMOOTHING_USD, export_share, import_share
from ties_views import Spell, member, small_store, state_power, values

C = SMOOTHING_USD


def flow(
    exporter: str,
    importer: str,
    value: float,
    *,
    year: int = 2016,
    reporter: str = "reconciled",
    vintage: str = "release 1",
) -> Mapping[str, Any]:
    return {
        "exporter": exporter,
        "importer": importer,
        "year": year,
        "value_usd": value,
        "reporter": reporter,
        "vintage": vintage,
        "prices": "x",
        "source_id": "trade@1",
    }


def exports(trade: list[Mapping[str, Any]], *powers: Spell) -> dict[tuple[str, str, int], float]:
    return values(export_share(small_store({"trade": trade}, [], powers)))


WORLD = [
    flow("KAZ", "RUS", 30e6),
    flow("KAZ", "CHN", 50e6),
    flow("KAZ", "FRA", 20e6),
    flow("RUS", "KAZ", 5e6),
]


def test_shares_are_of_the_trade_with_the_world() -> None:
    store = small_store({"trade": WORLD}, [], [state_power("RUS"), state_power("CHN")])
    found = values(export_share(store))
    assert found["KAZ", "RUS", 2016] == pytest.approx(log((30e6 + C) / (100e6 + 2 * C)))
    assert found["KAZ", "CHN", 2016] == pytest.approx(log((50e6 + C) / (100e6 + 2 * C)))
    bought = values(import_share(store))
    assert bought["KAZ", "RUS", 2016] == pytest.approx(log((5e6 + C) / (5e6 + 2 * C)))
    assert set(bought) == {("KAZ", "RUS", 2016)}


def test_listing_one_more_power_changes_nothing_for_the_others() -> None:
    alone = exports(WORLD, state_power("RUS"))
    together = exports(WORLD, state_power("RUS"), state_power("CHN"), state_power("USA"))
    assert together["KAZ", "RUS", 2016] == alone["KAZ", "RUS", 2016]


def test_a_recorded_zero_has_a_value_and_a_missing_flow_has_none() -> None:
    found = exports([*WORLD, flow("KAZ", "TUR", 0.0)], state_power("TUR"), state_power("USA"))
    assert found["KAZ", "TUR", 2016] == pytest.approx(log(C / (100e6 + 2 * C)))
    assert ("KAZ", "USA", 2016) not in found


def test_a_state_without_any_trade_has_no_share() -> None:
    assert exports([flow("TUV", "TUR", 0.0)], state_power("TUR")) == {}


def test_a_bloc_is_the_sum_of_its_members_and_not_of_itself() -> None:
    trade = [*WORLD, flow("KAZ", "DEU", 10e6), flow("FRA", "DEU", 7e6)]
    store = small_store({"trade": trade}, [], [member("EU", "FRA"), member("EU", "DEU"), member("EU", "ITA")])
    rows = export_share(store).to_pylist()
    assert [(row["state"], row["power"], row["n"]) for row in rows] == [("KAZ", "EU", 2)]
    assert rows[0]["value"] == pytest.approx(log((30e6 + C) / (110e6 + 2 * C)))


def test_a_member_that_left_is_not_counted() -> None:
    trade = [flow("KAZ", "GBR", 10e6, year=2020), flow("KAZ", "FRA", 10e6, year=2020)]
    found = exports(trade, member("EU", "GBR", end=date(2020, 2, 1)), member("EU", "FRA"))
    assert found["KAZ", "EU", 2020] == pytest.approx(log((10e6 + C) / (20e6 + 2 * C)))
    assert ("GBR", "EU", 2020) not in found  # it exports nothing here


def national(partner: str, value: float, vintage: str = "first release") -> Mapping[str, Any]:
    return flow("KAZ", partner, value, reporter="KAZ", vintage=vintage)


def test_national_statistics_go_first_and_bring_their_own_total() -> None:
    trade = [*WORLD, national("RUS", 25e6), national("WLD", 200e6)]
    found = exports(trade, state_power("RUS"), state_power("CHN"))
    assert found["KAZ", "RUS", 2016] == pytest.approx(log((25e6 + C) / (200e6 + 2 * C)))
    assert ("KAZ", "CHN", 2016) not in found  # the two are never mixed within a year


def test_another_states_statistics_say_nothing_of_this_state() -> None:
    trade = [national("RUS", 25e6), national("WLD", 200e6)]
    store = small_store({"trade": trade}, [], [state_power("KAZ")])
    assert values(import_share(store)) == {}


def test_of_two_vintages_the_later_is_the_value_and_the_difference_the_error() -> None:
    trade = [
        national("RUS", 20e6),
        national("WLD", 100e6),
        national("RUS", 30e6, "2024-07 release"),
        national("WLD", 100e6, "2024-07 release"),
    ]
    (row,) = export_share(small_store({"trade": trade}, [], [state_power("RUS")])).to_pylist()
    first, later = (log((value + C) / (100e6 + 2 * C)) for value in (20e6, 30e6))
    assert row["value"] == pytest.approx(later)
    assert row["se"] == pytest.approx((later - first) / sqrt(2))


def test_one_vintage_has_no_error() -> None:
    (row,) = export_share(small_store({"trade": WORLD[:1]}, [], [state_power("RUS")])).to_pylist()
    assert row["se"] == 0


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(4)), parts=st.integers(1, 3))
def test_neither_the_order_of_rows_nor_splitting_a_bloc_member_matters(order: list[int], parts: int) -> None:
    partners = ["FRA", "DEU", "ITA", "RUS"]
    trade = [flow("KAZ", partners[at], 10e6 * (at + 1)) for at in order]
    powers = [member("EU", name) for name in partners[:parts]]
    found = exports(trade, *powers)
    assert found["KAZ", "EU", 2016] == pytest.approx(
        log((10e6 * sum(range(1, parts + 1)) + C) / (100e6 + 2 * C))
    )


def test_raw_shares_are_declared_and_left_to_their_chosen_twins_by_default() -> None:
    for name in ("export_share", "import_share"):
        declared = get_indicator(name)
        assert (declared.expectation, declared.link, declared.channel) == (True, "log_share", "deed")
        assert not declared.default
        chosen = get_indicator(name.replace("share", "chosen"))
        assert (chosen.chosen_from, chosen.default, chosen.channel) == (name, True, "deed")
