"""What is expected of trade, and the chosen indicators: exact flows, blocs, gaps, years without a fit, round trip."""

from collections.abc import Mapping
from datetime import date
from itertools import permutations
from math import acos, cos, log, radians, sin, sqrt
from typing import Any

import duckdb
import numpy as np
import pytest

from equidistance.assessment import expectations
from equidistance.assessment.evidence import choose_indicators
from equidistance.assessment.expectations import Expectations
from equidistance.errors import InvalidRequest
from equidistance.indicators.declare import all_indicators
from equidistance.indicators.flows import SMOOTHING_USD as C
from equidistance.indicators.flows import export_chosen, export_share, import_chosen
from ties_views import Spell, member, small_store, state_power, values

CAPITALS = {
    "KAZ": (51.2, 71.4),
    "RUS": (55.8, 37.6),
    "CHN": (39.9, 116.4),
    "UZB": (41.3, 69.3),
    "DEU": (52.5, 13.4),
    "FRA": (48.9, 2.4),
    "USA": (38.9, -77.0),
    "TUR": (39.9, 32.9),
    "GBR": (51.5, -0.1),
    "IND": (28.6, 77.2),
}
BORDERS = {("KAZ", "RUS"), ("CHN", "KAZ"), ("KAZ", "UZB"), ("CHN", "RUS"), ("DEU", "FRA"), ("CHN", "IND")}
ONE_STATE = {("KAZ", "RUS"), ("KAZ", "UZB"), ("RUS", "UZB")}
RULED = {("KAZ", "RUS"), ("RUS", "UZB"), ("GBR", "IND"), ("GBR", "USA")}
LANGUAGE = {("KAZ", "RUS"), ("GBR", "USA"), ("GBR", "IND"), ("IND", "USA")}
B = np.array([-0.9, 0.4, 0.2, 0.1, 1.5])
SIZE = {code: 10.0 + 3 * at for at, code in enumerate(CAPITALS)}
YEARS = (2014, 2015, 2016)
POWERS = (
    state_power("RUS"),
    state_power("CHN"),
    state_power("USA"),
    member("EU", "DEU"),
    member("EU", "FRA"),
)


def covariates(one: str, other: str) -> list[float]:
    """The five covariates, by another formula for the distance than the program's."""
    (a, x), (b, y) = (tuple(map(radians, CAPITALS[code])) for code in (one, other))
    km = 6371.0088 * acos(sin(a) * sin(b) + cos(a) * cos(b) * cos(x - y))
    pair = tuple(sorted((one, other)))
    return [log(km), pair in BORDERS, pair in LANGUAGE, pair in RULED, pair in ONE_STATE]


def flow(exporter: str, importer: str, value: float, year: int = 2016, **more: Any) -> dict[str, Any]:
    return {
        "exporter": exporter,
        "importer": importer,
        "year": year,
        "value_usd": value,
        "reporter": "reconciled",
        "vintage": "release 1",
        "prices": "x",
        "source_id": "trade@1",
    } | more


def world(noise: float = 0.0, **factor: float) -> list[dict[str, Any]]:
    """Trade that follows the model exactly, times lognormal noise, times a factor for ``AAA_BBB`` pairs."""
    rng = np.random.default_rng(7)
    return [
        flow(
            one,
            other,
            1e9
            * SIZE[one]
            * SIZE[other]
            * (1 + 0.1 * (year - 2014))
            * float(np.exp(np.dot(covariates(one, other), B) + noise * rng.normal()))
            * factor.get(f"{one}_{other}", 1.0),
            year,
        )
        for year in YEARS
        for one, other in permutations(CAPITALS, 2)
    ]


def store(trade: list[dict[str, Any]], *powers: Spell) -> duckdb.DuckDBPyConnection:
    since = date(1992, 1, 1)
    tables: Mapping[str, Any] = {
        "trade": trade,
        "capitals": [
            {"state": code, "start": since, "capital": "x", "latitude": place[0], "longitude": place[1]}
            for code, place in CAPITALS.items()
        ],
        "land_borders": [{"state_a": a, "state_b": b, "start": since} for a, b in BORDERS],
    }
    return small_store(tables, [("trade", date(2014, 1, 1), date(2016, 12, 31))], powers or POWERS)


def fitted(trade: list[dict[str, Any]], *powers: Spell) -> tuple[duckdb.DuckDBPyConnection, Expectations]:
    pytest.importorskip("pyfixest", reason="needs the gravity extra")
    connection = store(trade, *powers)
    found = expectations.estimate(connection)
    expectations.register(connection, found)
    return connection, found


@pytest.fixture(scope="module")
def exact() -> tuple[duckdb.DuckDBPyConnection, Expectations]:
    return fitted(world())


def test_trade_that_follows_the_model_is_not_chosen(
    exact: tuple[duckdb.DuckDBPyConnection, Expectations],
) -> None:
    connection, found = exact
    assert found.coefficients == pytest.approx(B, abs=1e-6)
    assert found.facts["explained"] == pytest.approx(1, abs=1e-6)
    for indicator in (export_chosen, import_chosen):
        chosen = values(indicator(connection))
        assert len(chosen) == 3 * (
            9 + 9 + 9 + 8
        )  # every state with three powers and, Germany and France out, the EU
        assert list(chosen.values()) == pytest.approx([0] * len(chosen), abs=1e-6)
    assert max(map(abs, values(export_share(connection)).values())) > 1  # while the raw shares differ widely


def test_it_is_the_flow_against_an_independent_regression() -> None:
    """Covariates, fit and ratio by other means: spherical law of cosines, statsmodels with dummies."""
    statsmodels = pytest.importorskip("statsmodels.api")
    trade = world(noise=0.8)
    connection, found = fitted(trade)
    y = np.array([row["value_usd"] / 1e6 for row in trade])
    keys = [(f"{row['exporter']}{row['year']}", f"{row['importer']}{row['year']}") for row in trade]
    origins = sorted({one for one, _ in keys})
    targets = sorted({other for _, other in keys if not other.startswith("KAZ")})  # one a year is redundant
    design = np.array(
        [
            [
                *covariates(row["exporter"], row["importer"]),
                *(one == name for name in origins),
                *(other == name for name in targets),
            ]
            for row, (one, other) in zip(trade, keys, strict=True)
        ],
        dtype=float,
    )
    family = statsmodels.families.Poisson()
    result = statsmodels.GLM(y, design, family=family).fit(tol=1e-14, maxiter=300)
    assert found.coefficients == pytest.approx(result.params[:5], abs=1e-6)
    expected = {
        (row["exporter"], row["importer"], row["year"]): float(mu) * 1e6
        for row, mu in zip(trade, result.mu, strict=True)
    }
    observed = {(row["exporter"], row["importer"], row["year"]): row["value_usd"] for row in trade}
    sold, bought = values(export_chosen(connection)), values(import_chosen(connection))
    for state, power, year in sold:
        members = ("DEU", "FRA") if power == "EU" else (power,)
        pairs = [(state, other, year) for other in members]
        own = log((sum(observed[p] for p in pairs) + C) / (sum(expected[p] for p in pairs) + C))
        assert sold[state, power, year] == pytest.approx(own, abs=1e-6)
        pairs = [(other, state, year) for other in members]
        own = log((sum(observed[p] for p in pairs) + C) / (sum(expected[p] for p in pairs) + C))
        assert bought[state, power, year] == pytest.approx(own, abs=1e-6)


def test_a_lasting_choice_is_seen_though_it_never_changes() -> None:
    """Three times the trade with one power in every year: an effect of the pair would have swallowed it whole."""
    connection, _ = fitted(world(TUR_CHN=3.0))
    chosen = values(export_chosen(connection))
    lasting = [chosen["TUR", "CHN", year] for year in YEARS]
    assert min(lasting) > 0.5
    assert lasting == pytest.approx([lasting[0]] * 3, abs=1e-4)  # the smoothing of flows that grow
    assert max(chosen["TUR", power, 2015] for power in ("RUS", "USA", "EU")) < 0


def test_trading_more_with_everybody_is_no_choice() -> None:
    trade = world(**{f"UZB_{other}": 5.0 for other in CAPITALS})
    connection, _ = fitted(trade)
    chosen = values(export_chosen(connection))
    assert [chosen["UZB", power, 2016] for power in ("RUS", "CHN", "EU")] == pytest.approx([0] * 3, abs=1e-6)


def test_a_missing_flow_is_in_neither_part_and_a_zero_is_in_both() -> None:
    full = world()
    without = [row for row in full if (row["exporter"], row["importer"], row["year"]) != ("IND", "FRA", 2016)]
    connection, _ = fitted(without)
    # of the EU only Germany is known: its flow is as expected, and so is the bloc's
    assert values(export_chosen(connection))["IND", "EU", 2016] == pytest.approx(0, abs=1e-6)
    nothing = [
        row | {"value_usd": 0.0} if (row["exporter"], row["importer"]) == ("IND", "FRA") else row
        for row in full
    ]
    connection, found = fitted(nothing)
    assert values(export_chosen(connection))["IND", "EU", 2016] < -0.3
    assert (found.facts["zeros"], found.facts["zeros_taken_as_gaps"]) == (3, 0)


def test_a_zero_between_two_years_of_trade_is_a_gap() -> None:
    trade = [
        row | {"value_usd": 0.0}
        if (row["exporter"], row["importer"], row["year"]) == ("IND", "CHN", 2015)
        else row
        for row in world()
    ]
    connection, found = fitted(trade)
    assert (found.facts["zeros"], found.facts["zeros_taken_as_gaps"]) == (0, 1)
    for indicator in (export_chosen, export_share):
        known = values(indicator(connection))
        assert ("IND", "CHN", 2015) not in known
        assert ("IND", "CHN", 2014) in known


def test_domestic_flows_change_nothing(exact: tuple[duckdb.DuckDBPyConnection, Expectations]) -> None:
    """However wildly they jump: 13 times in one year, as Kazakhstan's do in 2010."""
    domestic = [
        flow(code, code, 1e10 * (13 if year == 2015 else 1), year) for code in CAPITALS for year in YEARS
    ]
    _, with_them = fitted(world() + domestic)
    assert with_them.to_json() == exact[1].to_json()


def test_outside_the_years_of_the_fit_the_nearest_year_serves_and_the_error_grows() -> None:
    national = [
        flow("KAZ", row["importer"], row["value_usd"] * 2, 2018, reporter="KAZ", vintage="first release")
        for row in world()
        if row["exporter"] == "KAZ" and row["year"] == 2016
    ]
    far = [row | {"year": 2016 + expectations.REACH + 1} for row in national]
    connection, found = fitted([*world(noise=0.2), *national, *far])
    rows = {
        (row["power"], row["period"].year): row
        for row in export_chosen(connection).to_pylist()
        if row["state"] == "KAZ"
    }
    assert rows["RUS", 2016]["se"] == 0
    assert rows["RUS", 2018]["se"] == pytest.approx(sqrt(2) * found.wander[1], rel=1e-6)
    assert 0 < rows["EU", 2018]["se"] < rows["RUS", 2018]["se"]  # the members' effects move on their own
    assert ("RUS", far[0]["year"]) not in rows
    assert found.wander[1] > 0


def test_the_text_is_read_back_as_it_was_written(
    exact: tuple[duckdb.DuckDBPyConnection, Expectations],
) -> None:
    text = exact[1].to_json()
    again = Expectations.from_json(text)
    assert again.to_json() == text
    assert again.friction() == pytest.approx(exact[1].friction(), abs=1e-3)
    assert again.states == tuple(sorted(CAPITALS))


def test_without_expectations_nothing_is_chosen() -> None:
    assert export_chosen(store(world())).num_rows == 0


def test_relabelled_and_shuffled_rows_give_the_same() -> None:
    trade = world(noise=0.5)
    rng = np.random.default_rng(3)
    mixed = [trade[at] for at in rng.permutation(len(trade))]
    one, other = (values(export_chosen(fitted(rows)[0])) for rows in (trade, mixed))
    assert one.keys() == other.keys()
    assert list(one.values()) == pytest.approx([other[key] for key in one], abs=1e-9)


def test_a_store_makes_its_own_fit_only_with_all_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectations, "find_spec", lambda name: object())
    assert expectations.own_fit({"trade_itpde", "distances", "icews"})
    assert not expectations.own_fit({"trade_itpde"})
    assert not expectations.fell_back({"trade_itpde", "distances"})
    monkeypatch.setattr(expectations, "find_spec", lambda name: None)
    assert not expectations.own_fit({"trade_itpde", "distances"})
    assert expectations.fell_back({"trade_itpde", "distances"})
    assert not expectations.fell_back({"trade_kazakhstan"})


def test_raw_and_chosen_are_never_used_together() -> None:
    chosen, unusual = choose_indicators(None)
    raw, unusual_raw = choose_indicators(None, raw=True)
    assert not unusual
    assert not unusual_raw
    twins = {one.name: one.chosen_from for one in all_indicators().values() if one.chosen_from}
    assert twins == {"export_chosen": "export_share", "import_chosen": "import_share"}
    names = {one.name for one in chosen}
    assert names & (twins.keys() | set(twins.values())) == twins.keys()
    assert {one.name for one in raw} == names - twins.keys() | set(twins.values())
    without, _ = choose_indicators("-export_share")
    assert {one.name for one in without} == names - {"export_chosen"}
    with pytest.raises(InvalidRequest) as caught:
        choose_indicators("export_share")
    assert "--raw" in caught.value.render()
    with pytest.raises(InvalidRequest, match="import_share"):
        choose_indicators("+import_chosen", raw=True)
