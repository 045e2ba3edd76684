"""Alliance commitment and shared memberships: depth, zeros, coverage, blocs, errors."""

from collections.abc import Mapping
from datetime import date
from math import log, sqrt
from typing import Any

import pyarrow as pa
import pytest

from equidistance.indicators.agreements import alliance_commitment, shared_memberships
from ties_views import Spell, member, small_store, state_power, values

ATOP = ("alliances", date(1992, 1, 1), date(1994, 12, 31))


def pact(a: str, b: str, year: int, *obligations: str) -> Mapping[str, Any]:
    names = ("defense", "offense", "neutrality", "nonaggression", "consultation")
    return {
        "state_a": min(a, b),
        "state_b": max(a, b),
        "year": year,
        "source_id": "alliances@2",
        **{name: name in obligations for name in names},
    }


def commitment(pacts: list[Mapping[str, Any]], powers: list[Spell]) -> pa.Table:
    return alliance_commitment(small_store({"alliances": pacts}, [ATOP], powers))


def test_depth_is_the_weighted_sum_of_the_obligations() -> None:
    every = ("defense", "offense", "neutrality", "nonaggression", "consultation")
    rows = commitment(
        [
            pact("KAZ", "RUS", 1993, "defense", "nonaggression", "consultation"),
            pact("BLR", "RUS", 1993, *every),
        ],
        [state_power("RUS")],
    )
    found = values(rows)
    assert found["KAZ", "RUS", 1993] == 5
    assert found["BLR", "RUS", 1993] == 10
    assert rows["freq"].unique().to_pylist() == ["year"]
    assert rows["se"].unique().to_pylist() == [0]


def test_inside_the_coverage_nothing_recorded_is_zero_and_outside_it_unknown() -> None:
    rows = commitment([pact("KAZ", "RUS", 1993, "defense")], [state_power("RUS")])
    found = values(rows)
    assert found["KAZ", "RUS", 1994] == 0
    assert {year for state, _, year in found if state == "KAZ"} == {1992, 1993, 1994}
    records = {
        row["period"].year: (row["n"], row["source_id"]) for row in rows.to_pylist() if row["state"] == "KAZ"
    }
    assert records == {1992: (0, "alliances@1"), 1993: (1, "alliances@2"), 1994: (0, "alliances@1")}


def test_a_year_covered_in_part_is_unknown() -> None:
    store = small_store({}, [("alliances", date(1992, 3, 1), date(1994, 11, 12))], [state_power("RUS")])
    assert {year for _, _, year in values(alliance_commitment(store))} == {1993}


def test_only_states_that_exist_and_that_the_source_numbers_have_a_zero() -> None:
    found = values(commitment([], [state_power("RUS", date(1991, 12, 26))]))
    states = {state for state, _, year in found if year == 1993}
    assert {"KAZ", "USA", "CZE"} <= states
    assert (
        not {"SUN", "CSK", "RUS", "PSE", "SSD"} & states
    )  # extinct, itself, without a number, not yet there


def test_a_bloc_counts_with_its_deepest_pair_and_without_its_own_members() -> None:
    rows = commitment(
        [
            pact("KAZ", "FRA", 1993, "consultation"),
            pact("KAZ", "DEU", 1993, "nonaggression", "consultation"),
            pact("KAZ", "SWE", 1993, "defense"),
        ],
        [member("EU", "FRA"), member("EU", "DEU"), member("EU", "SWE", start=date(1995, 1, 1))],
    )
    found = values(rows)
    assert found["KAZ", "EU", 1993] == 2
    assert ("FRA", "EU", 1993) not in found
    assert ("SWE", "EU", 1993) in found  # a member only later
    (row,) = (row for row in rows.to_pylist() if row["state"] == "KAZ" and row["period"].year == 1993)
    assert row["n"] == 2


def own(state: str, full: int) -> Mapping[str, Any]:
    return {"state": state, "year": 2000, "full": full, "source_id": "memberships@1"}


def both(a: str, b: str, shared: int) -> Mapping[str, Any]:
    return {
        "state_a": min(a, b),
        "state_b": max(a, b),
        "year": 2000,
        "shared": shared,
        "source_id": "memberships@1",
    }


def shared(
    states: list[Mapping[str, Any]], pairs: list[Mapping[str, Any]], powers: list[Spell]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    store = small_store({"memberships": states, "shared_memberships": pairs}, [], powers)
    return {(row["state"], row["power"]): row for row in shared_memberships(store).to_pylist()}


def test_share_is_of_the_states_own_memberships() -> None:
    rows = shared([own("KAZ", 51), own("RUS", 81)], [both("KAZ", "RUS", 42)], [state_power("RUS")])
    assert set(rows) == {("KAZ", "RUS")}  # only recorded pairs, not Russia with itself
    row = rows["KAZ", "RUS"]
    assert row["value"] == pytest.approx(log(42.5 / 9.5))
    assert row["se"] == pytest.approx(sqrt(1 / 42.5 + 1 / 9.5))
    p = 42.5 / 52
    assert row["se"] == pytest.approx(1 / sqrt(52 * p * (1 - p)))  # the delta method, written out


def test_more_shared_than_own_is_bounded() -> None:
    rows = shared([own("DMA", 5)], [both("DMA", "FRA", 6)], [state_power("FRA")])
    assert rows["DMA", "FRA"]["value"] == pytest.approx(log(5.5 / 0.5))


def test_a_bloc_counts_with_the_mean_of_its_members() -> None:
    rows = shared(
        [own("KAZ", 50), own("FRA", 90), own("DEU", 80)],
        [both("KAZ", "FRA", 30), both("KAZ", "DEU", 33), both("FRA", "DEU", 70)],
        [member("EU", "FRA"), member("EU", "DEU"), member("EU", "ITA")],
    )
    assert set(rows) == {("KAZ", "EU")}
    assert rows["KAZ", "EU"]["value"] == pytest.approx(log(32 / 19))
    assert rows["KAZ", "EU"]["n"] == 2
