"""Visits received and paid: counts, real zeros, declared scope, blocs."""

from collections.abc import Mapping
from datetime import date
from math import log, sqrt
from typing import Any

import pytest

from equidistance.indicators.visits import visits_paid, visits_received
from ties_views import Spell, member, small_store, state_power, values

US = ("visits_us", date(2000, 1, 1), date(2002, 11, 12))
PRC = ("visits_china", date(2000, 1, 1), date(2001, 12, 31))


def visit(
    visitor: str, host: str, year: int, source: str = "visits_us", person: str = "A"
) -> Mapping[str, Any]:
    return {
        "date": date(year, 6, 1),
        "precision": "day",
        "visitor": visitor,
        "host": host,
        "person": person,
        "rank": "head",
        "source_id": f"{source}@1",
    }


def received(visits: list[Mapping[str, Any]], powers: list[Spell]) -> dict[tuple[str, str, int], float]:
    return values(visits_received(small_store({"visits": visits}, [US, PRC], powers)))


def test_counts_on_the_log_scale_with_their_error() -> None:
    visits = [visit("USA", "KAZ", 2001, person=name) for name in "ABC"]
    rows = visits_received(small_store({"visits": visits}, [US], [state_power("USA")])).to_pylist()
    (row,) = (row for row in rows if row["state"] == "KAZ" and row["period"] == date(2001, 1, 1))
    assert row["value"] == pytest.approx(log(3.5))
    assert row["se"] == pytest.approx(1 / sqrt(3.5))
    assert (row["n"], row["freq"], row["source_id"]) == (3, "year", "visits_us@1")


def test_a_year_without_a_visit_is_a_zero_and_a_year_half_covered_is_not() -> None:
    found = received([], [state_power("USA")])
    assert found["KAZ", "USA", 2000] == pytest.approx(log(0.5))
    assert {year for _, _, year in found} == {2000, 2001}  # 2002 is covered until November only


def test_only_powers_all_of_whose_journeys_are_listed_have_a_value() -> None:
    # the American source shows Russian and Chinese visits to Washington: that is no list of their journeys
    visits = [visit("RUS", "USA", 2001), visit("CHN", "USA", 2001)]
    found = received(visits, [state_power("USA"), state_power("CHN"), state_power("RUS")])
    assert {power for _, power, _ in found} == {"USA", "CHN"}
    assert found["USA", "CHN", 2001] == pytest.approx(log(0.5))  # the Chinese source lists none


def test_each_power_is_counted_from_its_own_source() -> None:
    visits = [visit("CHN", "KAZ", 2001, "visits_china"), visit("USA", "CHN", 2001)]
    found = received(visits, [state_power("USA"), state_power("CHN")])
    assert found["KAZ", "CHN", 2001] == pytest.approx(log(1.5))
    assert found["CHN", "USA", 2001] == pytest.approx(log(1.5))
    assert found["KAZ", "USA", 2001] == pytest.approx(log(0.5))


def test_a_bloc_has_a_value_only_if_all_its_members_are_listed() -> None:
    visits = [visit("USA", "KAZ", 2001), visit("CHN", "KAZ", 2001, "visits_china")]
    powers = [member("G2", "USA"), member("G2", "CHN"), member("WEST", "USA"), member("WEST", "GBR")]
    found = received(visits, powers)
    assert {power for _, power, _ in found} == {"G2"}
    assert found["KAZ", "G2", 2001] == pytest.approx(log(2.5))
    assert not any(state in ("USA", "CHN") for state, _, _ in found)


def test_visits_paid_are_to_the_united_states_only() -> None:
    visits = [visit("KAZ", "USA", 2001), visit("USA", "KAZ", 2001), visit("KAZ", "CHN", 2001)]
    powers = [state_power("USA"), state_power("CHN")]
    found = values(visits_paid(small_store({"visits": visits}, [US, PRC], powers)))
    assert {power for _, power, _ in found} == {"USA"}
    assert found["KAZ", "USA", 2001] == pytest.approx(log(1.5))
    assert found["UZB", "USA", 2001] == pytest.approx(log(0.5))
    assert ("USA", "USA", 2001) not in found


def test_states_have_a_value_only_while_they_exist() -> None:
    found = received([], [state_power("USA")])
    assert ("SCG", "USA", 2001) in found
    assert not {"SRB", "MNE", "SUN", "SSD"} & {state for state, _, _ in found}
