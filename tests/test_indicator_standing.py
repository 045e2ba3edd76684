"""Indicators of treaties, sanctions, arms, finance and meetings: values by hand, zeros, blocs, coverage."""

from collections.abc import Mapping
from datetime import date
from math import log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equidistance.ground.states import all_states
from equidistance.indicators.declare import get_indicator
from equidistance.indicators.finance import SMOOTHING_SHARE, chinese_finance, investment_share
from equidistance.indicators.sanctions import sanctions_in_force
from equidistance.indicators.security import arms_share
from equidistance.indicators.treaties import trade_agreement_depth, treaty_pattern, us_agreements
from equidistance.indicators.visits import leader_meetings
from ties_views import member, small_store, state_power, values

EXACT = 1e-12  # the same few operations on doubles, in another engine


def years(source: str, first: int, last: int) -> tuple[str, date, date]:
    return (source, date(first, 1, 1), date(last, 12, 31))


# Trade agreements


def binding(
    agreement: str, *states: str, start: int | None = 2000, end: int | None = None, sides: str = ""
) -> list[Mapping[str, Any]]:
    return [
        {
            "agreement": agreement,
            "state": state,
            "side": sides[at] if sides else "all",
            "entry": "founder",
            "start": start and date(start, 1, 1),
            "end": end and date(end, 1, 1),
            "precision": "year",
            "source_id": "agreements_desta@1",
        }
        for at, state in enumerate(states)
    ]


def form(agreement: str, kind: str, same_as: str | None = None) -> Mapping[str, Any]:
    return {
        "agreement": agreement,
        "title": agreement,
        "form": kind,
        "same_as": same_as,
        "source_id": "agreements_desta@1",
    }


def depths(
    parties: list[Mapping[str, Any]],
    *forms: Mapping[str, Any],
    powers: tuple[Any, ...] = (state_power("RUS"),),
) -> dict[tuple[str, str, int], float]:
    store = small_store(
        {"agreements": forms, "agreement_parties": parties}, [years("agreements_desta", 2001, 2004)], powers
    )
    return values(trade_agreement_depth(store))


def test_the_deepest_agreement_in_force_counts() -> None:
    parties = [*binding("desta:1", "KAZ", "RUS"), *binding("desta:2", "KAZ", "RUS", start=2003)]
    found = depths(parties, form("desta:1", "free trade"), form("desta:2", "customs union"))
    assert [found["KAZ", "RUS", year] for year in (2001, 2002, 2003, 2004)] == [2, 2, 3, 3]
    assert found["UZB", "RUS", 2002] == 0
    assert ("KAZ", "RUS", 2005) not in found  # outside the coverage nothing is known


def test_entry_and_exit_bound_an_agreement() -> None:
    parties = [*binding("desta:1", "KAZ", start=2002, end=2004), *binding("desta:1", "RUS")]
    found = depths(parties, form("desta:1", "other"))
    assert [found["KAZ", "RUS", year] for year in (2001, 2002, 2003, 2004)] == [0, 1, 1, 0]


def test_what_never_entered_into_force_does_not_count() -> None:
    found = depths(binding("desta:1", "KAZ", "RUS", start=None), form("desta:1", "free trade"))
    assert found["KAZ", "RUS", 2002] == 0


def test_the_other_list_fills_a_missing_entry_and_exit() -> None:
    parties = [
        *binding("desta:1", "KAZ", "RUS", start=None),
        *binding("huggo:A", "KAZ", "RUS", start=2002, end=2004),
    ]
    found = depths(parties, form("desta:1", "free trade"), form("huggo:A", "free trade", "desta:1"))
    assert [found["KAZ", "RUS", year] for year in (2001, 2002, 2003, 2004)] == [0, 2, 2, 0]


def test_members_of_a_group_are_bound_across_and_not_among_themselves() -> None:
    parties = binding("desta:1", "VNM", "KAZ", "RUS", sides="abb")
    found = depths(parties, form("desta:1", "free trade"))
    assert (found["VNM", "RUS", 2002], found["KAZ", "RUS", 2002]) == (2, 0)


def test_a_member_of_the_european_union_has_no_agreement_of_its_own() -> None:
    parties = [
        *binding("desta:1", "KAZ", "POL"),
        *binding("desta:2", "KAZ", "EST", "LVA"),
    ]
    powers = (
        state_power("POL"),
        member("EU", "POL", date(2004, 5, 1)),
        member("EU", "EST", date(2004, 5, 1)),
    )
    found = depths(parties, form("desta:1", "free trade"), form("desta:2", "other"), powers=powers)
    assert (found["KAZ", "POL", 2003], found["KAZ", "POL", 2004]) == (2, 0)
    assert found["KAZ", "EU", 2004] == 1
    assert ("POL", "EU", 2004) not in found


# Multilateral treaties


def ratified(treaty: str, *states: str, year: int = 1990, kind: bool = True) -> list[Mapping[str, Any]]:
    return [
        {
            "treaty": treaty,
            "state": state,
            "action": "ratification",
            "date": date(year, 3, 1),
            "binding": kind,
            "source_id": "treaties_un@1",
        }
        for state in states
    ]


def pattern(
    *actions: Mapping[str, Any], powers: tuple[Any, ...] = (state_power("RUS"),)
) -> list[dict[str, Any]]:
    store = small_store({"treaty_actions": actions}, [years("treaties_un", 2000, 2001)], powers)
    return [row for row in treaty_pattern(store).to_pylist() if row["state"] == "KAZ"]


def test_the_odds_ratio_of_two_patterns_by_hand() -> None:
    actions = [
        *ratified("1", "KAZ", "RUS"), *ratified("2", "KAZ", "RUS"), *ratified("3", "KAZ"), *ratified("4", "RUS"),
        *ratified("5", "FRA"), *ratified("6", "FRA"), *ratified("7", "KAZ", year=2001), 
        *ratified("8", "FRA", year=2005),
    ]  # fmt: skip
    first, second = pattern(*actions)
    # 2000: both 2, neither 2, one each; 2001 has a seventh treaty that only the state ratified
    assert first["value"] == pytest.approx(log(2.5 * 2.5 / (1.5 * 1.5)), abs=EXACT)
    assert first["se"] == pytest.approx(sqrt(2 / 2.5 + 2 / 1.5), abs=EXACT)
    assert first["n"] == 6
    assert second["value"] == pytest.approx(log(2.5 * 2.5 / (2.5 * 1.5)), abs=EXACT)


def test_a_signature_binds_nobody_but_opens_the_treaty() -> None:
    actions = [
        *ratified("1", "KAZ", "RUS"),
        *ratified("2", "KAZ", kind=False),
        *ratified("2", "RUS", kind=False),
    ]
    first, _ = pattern(*actions)
    assert first["value"] == pytest.approx(log(1.5 * 1.5 / (0.5 * 0.5)), abs=EXACT)


def test_the_first_of_july_decides() -> None:
    early, late = (dict(ratified("2", "KAZ")[0]) | {"date": date(2000, 7, day)} for day in (1, 2))
    for action, counted in ((early, 2), (late, 1)):
        first, _ = pattern(*ratified("1", "KAZ", "RUS"), action)
        assert first["n"] == counted


def test_a_blocs_pattern_is_the_mean_of_its_members() -> None:
    actions = [*ratified("1", "KAZ", "FRA"), *ratified("2", "DEU"), *ratified("3", "USA")]
    alone = [pattern(*actions, powers=(state_power(code),))[0] for code in ("FRA", "DEU")]
    [bloc, _] = pattern(*actions, powers=(member("EU", "FRA"), member("EU", "DEU")))
    assert bloc["value"] == pytest.approx(np.mean([row["value"] for row in alone]), abs=EXACT)
    assert bloc["se"] == pytest.approx(np.mean([row["se"] for row in alone]), abs=EXACT)


def test_ratifying_at_random_shows_no_closeness_and_the_error_fits() -> None:
    """Independent patterns: value / se has mean 0 and spread 1, whatever the numbers ratified."""
    random = np.random.default_rng(20)
    codes = [state.code for state in all_states(date(2000, 7, 1)) if state.code != "RUS"]
    actions = [act for at in range(80) for act in ratified(str(at), *(["RUS"] if random.random() < 0.6 else []), "VAT")]
    for code, share in zip(codes, np.tile([0.2, 0.5, 0.8], len(codes)), strict=False):
        actions += [act for at in np.flatnonzero(random.random(80) < share) for act in ratified(str(at), code)]
    store = small_store({"treaty_actions": actions}, [years("treaties_un", 2000, 2000)], [state_power("RUS")])
    scores = [row["value"] / row["se"] for row in treaty_pattern(store).to_pylist() if row["state"] != "VAT"]
    assert len(scores) > 180
    assert abs(np.mean(scores)) < 3 / sqrt(len(scores))  # three standard errors
    assert 0.8 < np.std(scores) < 1.2  # the standard error of a spread of 180 is 0.05


# Agreements with the United States, meetings with China's leaders


def test_new_agreements_are_counted_by_year_for_the_united_states_only() -> None:
    made = [
        {
            "agreement": str(at),
            "state_a": "USA",
            "state_b": "KAZ",
            "date": date(2001, 5, at),
            "source_id": "agreements_us@1",
        }
        for at in (1, 2, 3)
    ]
    store = small_store(
        {"bilateral_agreements": made},
        [years("agreements_us", 2001, 2002)],
        [state_power("USA"), state_power("RUS"), member("WEST", "USA"), member("WEST", "FRA")],
    )
    found = {
        (row["state"], row["power"], row["period"].year): row for row in us_agreements(store).to_pylist()
    }
    assert found["KAZ", "USA", 2001]["value"] == pytest.approx(log(3.5))
    assert found["KAZ", "USA", 2001]["se"] == pytest.approx(1 / sqrt(3.5))
    assert found["KAZ", "USA", 2002]["value"] == pytest.approx(log(0.5))
    assert {power for _, power, _ in found} == {"USA"}


def test_meetings_are_days_outside_the_state_as_a_share_of_the_years() -> None:
    def met(day: date, partner: str, kind: str = "host", leader: str = "X") -> Mapping[str, Any]:
        return {
            "date": day, "leader_state": "CHN", "leader": leader, "partner": partner, "kind": kind,
            "source_id": "meetings_china@1",
        }  # fmt: skip

    meetings = [
        met(date(2010, 1, 1), "KAZ"),
        met(date(2010, 1, 1), "KAZ", leader="Y"),  # the same day
        met(date(2010, 1, 2), "KAZ", "third"),
        met(date(2010, 1, 3), "KAZ", "visit"),  # visits_received counts it
        met(date(2010, 1, 4), "KAZ", "message"),
        *(met(date(2010, 2, day), "RUS") for day in range(1, 9)),
    ]
    store = small_store(
        {"meetings": meetings},
        [years("meetings_china", 2010, 2010)],
        [state_power("CHN"), state_power("RUS")],
    )
    rows = {(row["state"], row["power"]): row for row in leader_meetings(store).to_pylist()}
    assert rows["KAZ", "CHN"]["value"] == pytest.approx(log(2.5 / 8.5))
    assert rows["KAZ", "CHN"]["se"] == pytest.approx(sqrt(1 / 2.5 + 1 / 8.5))
    assert rows["UZB", "CHN"]["n"] == 0
    assert {power for _, power in rows} == {"CHN"}


# Sanctions


def sanction(
    sender: str, target: str, begin: int = 2000, end: int | None = None, **kinds: Any
) -> Mapping[str, Any]:
    return {
        "case": f"{sender}{target}{sorted(kinds)}", "sender": sender, "target": target, "begin": begin, "end": end,
        "trade": False, "arms": False, "military": False, "financial": False, "travel": False, "other": False,
        "source_id": "sanctions_gsdb@1", **kinds,
    }  # fmt: skip


def weights(
    *cases: Mapping[str, Any], powers: tuple[Any, ...] = (state_power("RUS"),)
) -> dict[tuple[str, str, int], float]:
    store = small_store({"sanctions": cases}, [years("sanctions_gsdb", 2000, 2006)], powers)
    return values(sanctions_in_force(store))


def test_kinds_weigh_and_count_once_in_either_direction() -> None:
    found = weights(
        sanction("UKR", "RUS", trade=True, trade_scope="exp_part", financial=True),
        sanction(
            "RUS",
            "UKR",
            end=2003,
            trade=True,
            trade_scope="exp_compl, imp_compl",
            financial=True,
            travel=True,
        ),
    )
    assert found["UKR", "RUS", 2002] == -(3 + 2 + 1)
    assert found["UKR", "RUS", 2004] == -(2 + 2)
    assert found["KAZ", "RUS", 2002] == 0
    assert ("UKR", "RUS", 2007) not in found


def test_what_a_bloc_imposes_binds_its_members_of_the_year() -> None:
    found = weights(sanction("EU", "RUS", financial=True))
    assert (found["FRA", "RUS", 2003], found["POL", "RUS", 2003], found["POL", "RUS", 2005]) == (-2, 0, -2)
    as_power = weights(
        sanction("EU", "BLR", financial=True),
        sanction("FRA", "BLR", travel=True),
        powers=(member("EU", "FRA"), member("EU", "DEU"), state_power("DEU")),
    )
    assert as_power["BLR", "EU", 2003] == -3  # the union of its members' acts
    assert as_power["BLR", "DEU", 2003] == -2
    assert ("FRA", "EU", 2003) not in as_power


# Arms


def deal(number: str, supplier: str | None, tiv: float, year: int = 2004) -> Mapping[str, Any]:
    return {
        "deal": number, "year": year, "supplier": supplier, "recipient": "KAZ", "tiv": tiv, "source_id": "arms_sipri@1",
    }  # fmt: skip


def bought(
    *deals: Mapping[str, Any], powers: tuple[Any, ...] = (state_power("RUS"),)
) -> dict[tuple[str, int], dict[str, Any]]:
    store = small_store({"arms_transfers": deals}, [years("arms_sipri", 2000, 2006)], powers)
    return {(row["power"], row["period"].year): row for row in arms_share(store).to_pylist()}


def test_equal_deals_count_one_each() -> None:
    row = bought(*(deal(str(at), "RUS", 10) for at in range(3)), deal("3", None, 10))["RUS", 2004]
    assert row["value"] == pytest.approx(log(3.5 / 1.5))
    assert row["se"] == pytest.approx(sqrt(1 / 3.5 + 1 / 1.5))
    assert row["n"] == 4


def test_one_big_deal_says_less_than_many_small_ones() -> None:
    lumpy = bought(deal("1", "RUS", 97), *(deal(str(at), "FRA", 1) for at in (2, 3, 4)))["RUS", 2004]
    even = bought(
        *(deal(str(at), "RUS", 1) for at in range(97)), *(deal(f"f{at}", "FRA", 1) for at in range(3))
    )
    assert lumpy["se"] > even["RUS", 2004]["se"]
    assert lumpy["value"] < even["RUS", 2004]["value"]


def test_the_window_is_five_years_and_must_be_covered() -> None:
    found = bought(deal("1", "RUS", 10, year=2000), deal("2", "FRA", 10, year=2005))
    assert set(found) == {("RUS", 2004), ("RUS", 2005), ("RUS", 2006)}  # 2003 would need 1999
    assert found["RUS", 2004]["value"] > found["RUS", 2005]["value"]
    assert found["RUS", 2004]["n"] == 1


def test_a_deal_delivered_over_years_is_one_and_a_value_of_zero_is_a_quarter() -> None:
    row = bought(deal("1", "RUS", 5, 2003), deal("1", "RUS", 5, 2004), deal("2", "FRA", 0))["RUS", 2004]
    m = 10.25**2 / (10**2 + 0.25**2)
    k = m * 10 / 10.25
    assert row["value"] == pytest.approx(log((k + 0.5) / (m - k + 0.5)))


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(5)), scale=st.sampled_from([1.0, 7.0]))
def test_neither_order_nor_the_unit_of_the_values_matters(order: list[int], scale: float) -> None:
    suppliers = ["RUS", "RUS", "FRA", None, "DEU"]
    deals = [deal(str(at), suppliers[at], scale * (at + 1)) for at in order]
    powers = (state_power("RUS"), member("EU", "FRA"), member("EU", "DEU"))
    found = bought(*deals, powers=powers)
    m = 15**2 / 55
    for power, tiv in (("RUS", 3), ("EU", 8)):
        k = m * tiv / 15
        assert found[power, 2004]["value"] == pytest.approx(log((k + 0.5) / (m - k + 0.5)))


# Finance


def test_chinese_finance_is_five_years_against_imports_and_china_only() -> None:
    flows = [
        {
            "lender": "CHN",
            "recipient": "KAZ",
            "year": year,
            "flow": flow,
            "adjusted_usd": amount,
            "source_id": "finance_china@1",
        }
        for year, flow, amount in (
            (2000, "loan", 4e6),
            (2004, "aid", 1e6),
            (2004, "vague", 2e6),
            (2005, "loan", 0.0),
        )
    ]
    flows.append(flows[0] | {"recipient": "KGZ"})
    trade = [
        {"exporter": "RUS", "importer": "KAZ", "year": year, "value_usd": value, "reporter": "reconciled"}
        for year, value in ((2000, 10e6), (2001, 30e6))
    ]
    store = small_store(
        {"finance_flows": flows, "trade": trade},
        [years("finance_china", 2000, 2005)],
        [state_power("CHN"), state_power("RUS"), member("WEST", "CHN")],
    )
    rows = chinese_finance(store).to_pylist()  # Kyrgyzstan has no trade data, hence no size
    assert [(row["state"], row["power"], row["period"].year, row["n"]) for row in rows] == [
        ("KAZ", "CHN", 2004, 3),
        ("KAZ", "CHN", 2005, 2),
    ]
    assert rows[0]["value"] == pytest.approx(log(7e6 / 20e6 + SMOOTHING_SHARE))
    assert rows[1]["value"] == pytest.approx(log(3e6 / 20e6 + SMOOTHING_SHARE))


def test_investment_is_a_share_of_the_publishers_total_and_not_used_unasked() -> None:
    def stock(investor: str, amount: float, measure: str = "stock") -> Mapping[str, Any]:
        return {
            "host": "KAZ", "investor": investor, "classification": "partner", "industry": "TOTAL", "year": 2020,
            "measure": measure, "value_eur_m": amount, "source_id": "investment_wiiw@1",
        }  # fmt: skip

    store = small_store(
        {
            "investment": [
                stock("WLD", 100),
                stock("NLD", 40),
                stock("FRA", 10),
                stock("RUS", -3),
                stock("RUS", 9, "inflow"),
            ]
        },
        [years("investment_wiiw", 2020, 2020)],
        [state_power("RUS"), state_power("CHN"), member("EU", "NLD"), member("EU", "FRA")],
    )
    [row] = investment_share(store).to_pylist()
    assert (row["state"], row["power"], row["n"]) == ("KAZ", "EU", 2)
    assert row["value"] == pytest.approx(log(50.1 / 100.2))
    assert not get_indicator("investment_share").default


def test_each_declares_what_it_is() -> None:
    for name, channel, instrument, link in (
        ("trade_agreement_depth", "deed", "trade", "depth"),
        ("treaty_pattern", "deed", "diplomacy", "log_ratio"),
        ("us_agreements", "deed", "diplomacy", "log"),
        ("leader_meetings", "deed", "diplomacy", "logit"),
        ("sanctions_in_force", "deed", "finance", "depth"),
        ("arms_share", "deed", "security", "logit"),
        ("chinese_finance", "deed", "finance", "log_share"),
    ):
        declared = get_indicator(name)
        assert (declared.channel, declared.instrument, declared.link, declared.default) == (
            channel,
            instrument,
            link,
            True,
        )
