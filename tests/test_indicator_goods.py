"""Compliance with sanctions: simulated rerouting is found with its sign, none is found where there is none."""

from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from equidistance.assessment.views import register_listed_goods
from equidistance.indicators.goods import sanctions_compliance
from reexport_world import World, records, world
from ties_views import member, small_store, state_power

POWERS = (
    state_power("RUS"),
    state_power("USA"),
    state_power("CHN"),
    member("EU", "DEU"),
    member("EU", "FRA"),
    member("MIXED", "DEU"),
    member("MIXED", "CHN"),
)


def store(given: World, goods: pa.Table | None = None) -> duckdb.DuckDBPyConnection:
    connection = small_store({}, [], POWERS)
    table = given.goods if goods is None else goods
    connection.register("goods", table.append_column("source_id", pa.array(["goods@1"] * len(table))))
    register_listed_goods(connection)
    listed = [code for code, inside in zip(given.codes, given.simulated.listed, strict=True) if inside]
    connection.register("listed_goods", pa.table({"product": listed}))
    return connection


def series(rows: pa.Table, power: str, column: str = "value") -> np.ndarray:
    kept = rows.filter(pc.and_(pc.equal(rows["state"], "KAZ"), pc.equal(rows["power"], power)))
    return kept.sort_by("period")[column].to_numpy()


@pytest.fixture(scope="module")
def rerouted(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"), 0.2)


def test_rerouting_is_closer_to_one_side_and_away_from_the_other(rerouted: World) -> None:
    rows = sanctions_compliance(store(rerouted))
    assert set(rows["power"].to_pylist()) == {
        "RUS",
        "USA",
        "EU",
    }  # China and a mixed bloc are on neither side
    assert set(rows["state"].to_pylist()) > {"KAZ"}  # the other destinations have what they received
    assert min(rows["period"].to_pylist()) == date(2022, 3, 1)
    toward, away = series(rows, "RUS"), series(rows, "USA")
    np.testing.assert_allclose(toward, -away)
    error = series(rows, "RUS", "se")
    assert (error > 0).all()
    late = toward[-6:]
    assert late.mean() > 3 * error[-6:].mean() / np.sqrt(6)


def test_without_rerouting_there_is_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Over independent worlds the mean is within three standard errors of zero."""
    means = []
    for seed in range(8):
        innocent = world(tmp_path_factory.mktemp("innocent"), 0.0, seed=seed + 10, goods=200)
        means.append(series(sanctions_compliance(store(innocent)), "RUS").mean())
    assert abs(np.mean(means)) < 3 * np.std(means, ddof=1) / np.sqrt(len(means))


def test_the_value_is_the_formula_written_out(rerouted: World) -> None:
    rows = sanctions_compliance(store(rerouted))
    s = rerouted.simulated
    month = 24  # March 2022; the simulation starts in March 2020
    base = (s.outbound[:, 0] + s.outbound[:, 12]) / 2
    now = s.outbound[:, month]

    def growth(kept: np.ndarray) -> float:
        return float(np.log((now[kept].sum() + 1e3) / (base[kept].sum() + 1e3)))

    value = growth(s.listed) - growth(~s.listed)
    assert series(rows, "RUS")[0] == pytest.approx(value)
    goods = np.flatnonzero(s.listed & ((now > 0) | (base > 0)))
    without = []
    for good in goods:
        kept = s.listed.copy()
        kept[good] = False
        without.append(growth(kept))
    error = np.sqrt((len(goods) - 1) * np.var(without))
    assert series(rows, "RUS", "se")[0] == pytest.approx(error)
    assert series(rows, "RUS", "n")[0] == len(goods)


def test_without_the_states_own_figures_what_it_received_counts(rerouted: World) -> None:
    goods = rerouted.goods
    inbound = goods.filter(pc.not_equal(goods["exporter"], "KAZ"))
    rows = sanctions_compliance(store(rerouted, inbound))
    assert set(rows["state"].to_pylist()) > {"KAZ"}
    s = rerouted.simulated
    base, now = (s.inbound[:, 0] + s.inbound[:, 12]) / 2, s.inbound[:, 24]
    listed = np.log((now[s.listed].sum() + 1e3) / (base[s.listed].sum() + 1e3))
    other = np.log((now[~s.listed].sum() + 1e3) / (base[~s.listed].sum() + 1e3))
    assert series(rows, "RUS")[0] == pytest.approx(listed - other)


def test_a_second_edition_is_not_added_and_a_short_base_says_nothing(rerouted: World) -> None:
    s, goods = rerouted.simulated, rerouted.goods
    again = records(rerouted.codes, "KAZ", "RUS", "export", s.outbound[:, :30], vintage="second")
    both = sanctions_compliance(store(rerouted, pa.concat_tables([goods, again])))
    assert both.equals(sanctions_compliance(store(rerouted)))
    late = goods.filter(pc.greater_equal(goods["period"], date(2021, 1, 1)))
    assert sanctions_compliance(store(rerouted, late)).num_rows == 0


def test_nothing_without_lists_or_trade(rerouted: World) -> None:
    assert sanctions_compliance(small_store({}, [], POWERS)).num_rows == 0
    assert sanctions_compliance(store(rerouted, rerouted.goods.slice(0, 0))).num_rows == 0
