"""The ties and trade sources on the real files: counts, known values, face validity."""

from collections.abc import Iterator
from datetime import date
from math import exp
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from equidistance.assessment import expectations, exposure
from equidistance.evidence.schema import TABLES
from equidistance.ground.blocs import get_bloc
from equidistance.ground.states import get_state
from equidistance.indicators.agreements import alliance_commitment, shared_memberships
from equidistance.indicators.flows import export_chosen, export_share, import_share
from equidistance.indicators.views import register_views
from equidistance.indicators.visits import visits_paid, visits_received
from equidistance.sources.card import Reading, get_source

pytestmark = pytest.mark.shared

FILES = {
    "alliances": ["ties/networks/atop_alliance.parquet"],
    "memberships": ["ties/networks/cow_igo_ndy.parquet", "ties/networks/cow_igo_sy.parquet"],
    "visits_us": [
        "ties/visits/us_president_secretary_travels.csv",
        "ties/visits/us_visits_by_foreign_leaders.csv",
    ],
    "visits_china": ["ties/visits/china_leader_travel_www_1949_2020.csv"],
    "trade_itpde": ["trade/gravity/itpde_r01_pair_year_2000_2016.parquet"],
    "trade_kazakhstan": ["trade/gravity/kz_bns_trade_by_partner_2018_2023.csv"],
    "distances": ["ties/networks/cow_capitals.parquet", "ties/networks/cow_contdir.parquet"],
}

ROWS_IN_FILES = {
    "alliances": 273_296,
    "memberships": 917_695 + 15_557,
    "visits_us": 4_271 + 3_264,
    "visits_china": 595,
    "trade_itpde": 485_895,
    "trade_kazakhstan": 1_446,
    "distances": 242 + 1_874,
}


@pytest.fixture(scope="module")
def readings(shared_data: Path) -> dict[str, Reading]:
    return {
        name: get_source(name).read([shared_data / file for file in files]) for name, files in FILES.items()
    }


@pytest.fixture(scope="module")
def store(readings: dict[str, Reading]) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    parts: dict[str, list[pa.Table]] = {}
    coverage = []
    for name, reading in readings.items():
        for table, rows in reading.tables.items():
            parts.setdefault(table, []).append(
                rows.append_column("source_id", pa.repeat(f"{name}@1", rows.num_rows))
            )
        coverage += [
            {"source_id": f"{name}@1", "source": name, "start": start, "end": end}
            for start, end in reading.coverage
        ]
    for table, tables in parts.items():
        connection.register(table, pa.concat_tables(tables))
    connection.register("coverage", pa.Table.from_pylist(coverage))
    powers = [get_state(code) for code in ("RUS", "CHN", "USA", "GBR", "TUR")]
    register_views(connection, [*powers, get_bloc("EU"), get_bloc("WEST")])
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def indicators(store: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    functions = (
        alliance_commitment,
        shared_memberships,
        visits_received,
        visits_paid,
        export_share,
        import_share,
    )
    return {function.__name__: function(store) for function in functions}


def series(rows: pa.Table, state: str, power: str) -> dict[int, float]:
    return {
        row["period"].year: row["value"]
        for row in rows.to_pylist()
        if row["state"] == state and row["power"] == power
    }


@pytest.mark.parametrize("name", list(FILES))
def test_every_row_is_accounted_for(readings: dict[str, Reading], name: str) -> None:
    reading, card = readings[name], get_source(name).card
    accepted = sum(len(table) for table in reading.tables.values())
    if name == "trade_kazakhstan":
        accepted //= 2  # an export and an import per row
    if name == "distances":  # a number that several states bore gives each its part of the spell
        origins = [
            zip(table["file"].to_pylist(), table["row"].to_pylist(), strict=True)
            for table in reading.tables.values()
        ]
        accepted = len({origin for table in origins for origin in table})
    assert accepted + len(reading.rejected) + sum(reading.ignored.values()) == ROWS_IN_FILES[name]
    assert card.rows[0] <= sum(len(table) for table in reading.tables.values()) <= card.rows[1]
    assert set(reading.tables) == set(card.tables)
    for table, rows in reading.tables.items():
        assert rows.schema == TABLES[table].schema
        rows.validate(full=True)


def test_nothing_is_rejected_but_alliances_before_or_after_a_state(readings: dict[str, Reading]) -> None:
    rejected = {name: len(reading.rejected) for name, reading in readings.items() if reading.rejected}
    assert rejected == {"alliances": 44, "distances": 1}


def test_known_records(readings: dict[str, Reading]) -> None:
    visits = readings["visits_us"].tables["visits"].to_pylist()
    assert any(
        row["host"] == "KAZ" and row["date"] == date(2015, 11, 2) and row["rank"] == "minister"
        for row in visits
    )
    assert readings["visits_us"].ignored["marked as a duplicate by the publisher"] == 4
    journeys = readings["visits_china"].tables["visits"].to_pylist()
    assert [row["person"] for row in journeys if row["host"] == "KAZ" and row["date"].year == 2013] == [
        "Xi Jinping"
    ]
    totals = {
        (row["year"], row["vintage"]): row["value_usd"]
        for row in readings["trade_kazakhstan"].tables["trade"].to_pylist()
        if row["importer"] == "WLD"
    }
    assert totals[2018, "first release"] == pytest.approx(61_111_221_400)
    assert len(totals) == 7


@pytest.mark.parametrize("direction", ["exporter", "importer"])
def test_kazakhstans_partners_nearly_add_up_to_the_total(
    readings: dict[str, Reading], direction: str
) -> None:
    other = "importer" if direction == "exporter" else "exporter"
    listed: dict[tuple[int, str], float] = {}
    total: dict[tuple[int, str], float] = {}
    for row in readings["trade_kazakhstan"].tables["trade"].to_pylist():
        if row[direction] == "KAZ":
            target = total if row[other] == "WLD" else listed
            key = (row["year"], row["vintage"])
            target[key] = target.get(key, 0.0) + row["value_usd"]
    assert all(0.98 < listed[key] / total[key] <= 1.0001 for key in total)  # the rest are territories


def test_alliances_stand_where_an_expert_expects_them(indicators: dict[str, pa.Table]) -> None:
    rows = indicators["alliance_commitment"]
    russia, china = series(rows, "KAZ", "RUS"), series(rows, "KAZ", "CHN")
    assert russia[2005] == 5
    assert russia[2018] == 7  # neutrality since the treaty of 2013
    assert china[1992] == 0
    assert china[2005] == 2
    assert series(rows, "KAZ", "USA")[2010] == series(rows, "KAZ", "TUR")[2010] == 1
    assert series(rows, "JPN", "USA")[2018] == series(rows, "ARM", "RUS")[2018] == 5
    assert series(rows, "IND", "USA")[1992] == 0
    assert set(russia) == set(range(1992, 2019))


def test_memberships_and_visits_stand_where_an_expert_expects_them(indicators: dict[str, pa.Table]) -> None:
    rows = indicators["shared_memberships"]
    shared = {power: series(rows, "KAZ", power)[2010] for power in ("RUS", "TUR", "CHN", "USA", "EU")}
    assert max(shared, key=lambda power: shared[power]) == "RUS"
    assert shared["TUR"] > shared["USA"]
    visits = indicators["visits_received"]
    assert {row["power"] for row in visits.to_pylist()} == {"USA", "CHN"}
    assert series(visits, "KAZ", "CHN")[2013] == pytest.approx(0.405, abs=1e-3)
    assert max(series(visits, "KAZ", "USA")) == 2023  # the guests' list ends in November 2024
    assert {row["power"] for row in indicators["visits_paid"].to_pylist()} == {"USA"}


def test_trade_shares_stand_where_an_expert_expects_them(indicators: dict[str, pa.Table]) -> None:
    sold, bought = indicators["export_share"], indicators["import_share"]
    assert exp(series(bought, "KAZ", "RUS")[2018]) == pytest.approx(0.3933, abs=1e-3)
    assert exp(series(sold, "KAZ", "EU")[2018]) == pytest.approx(31_023_643 / 61_111_221, abs=1e-3)
    china = series(bought, "KAZ", "CHN")
    assert china[2023] > china[2018] > china[2005]
    assert exp(series(bought, "BLR", "RUS")[2010]) > 0.5
    assert 2017 not in china  # neither source has it


def test_exposure_of_kazakhstan(store: duckdb.DuckDBPyConnection) -> None:
    rows = exposure.compute(store, ["trade_itpde", "alliances", "memberships"])
    mine = [row for row in rows.to_pylist() if row["state"] == "KAZ"]
    assert len(mine) > 400
    assert all(0 <= row["share"] <= 1 for row in mine)
    found = {(row["kind"], row["power"], row["year"]): row for row in mine}
    sold = found["exports", "EU", 2018]
    assert sold["share"] == pytest.approx(31_023_643 / 61_111_221, abs=1e-3)
    assert sold["top"] == "ITA"  # which is no power here: concentration is over all partners
    assert found["imports", "RUS", 2023]["hhi"] == pytest.approx(0.153, abs=1e-3)
    assert found["defence pacts", "USA", 2018]["share"] == 0
    assert ("exports", "EU", 2017) not in found  # no source has it


def test_what_is_expected_of_trade_stands_where_an_expert_expects_it(
    readings: dict[str, Reading], store: duckdb.DuckDBPyConnection
) -> None:
    """On the whole of ITPD-E: coefficients as in the literature; the EU is no longer close to everybody."""
    pytest.importorskip("pyfixest", reason="needs the gravity extra")
    fit = expectations.estimate(store)
    b = dict(zip(expectations.COVARIATES, fit.coefficients, strict=True))
    # Head and Mayer 2014 (table 3.4): distance -0.93 (sd 0.4), border 0.53, language 0.54 over 159 papers; services
    # and Poisson regressions give smaller ones
    assert -1.1 < b["log_distance"] < -0.6
    assert 0.2 < b["land_border"] < 0.8
    assert 0 < b["common_language"] < 0.6
    assert 1.5 < b["one_state"] < 2.3  # the heirs of the Soviet Union trade 4 to 10 times as much
    assert (fit.facts["zeros_taken_as_gaps"], len(fit.states)) == (800, 192)
    assert 0.5 < fit.facts["explained"] < 0.7
    expectations.register(store, fit)
    chosen, raw = export_chosen(store), export_share(store)

    def median(rows: pa.Table, power: str) -> float:
        value = [
            row["value"] for row in rows.to_pylist() if row["power"] == power and row["period"].year == 2014
        ]
        return float(np.median(value))

    # the EU's lead over Turkey for the median state: 3.3 on the log of the share, 0.4 against expectation
    assert median(raw, "EU") - median(raw, "TUR") > 3
    assert median(chosen, "EU") - median(chosen, "TUR") < 0.6
    kazakhstan = series(chosen, "KAZ", "TUR"), series(chosen, "KAZ", "USA")
    assert (
        kazakhstan[0][2014] > 0.7
    )  # Turkey buys more than its size and distance say, the United States less
    assert kazakhstan[1][2014] < -0.7
    assert abs(series(chosen, "KAZ", "CHN")[2014]) < 0.3


def test_capital_distances_agree_with_an_independent_table(
    shared_data: Path, readings: dict[str, Reading]
) -> None:
    """Kazakhstan's are from Almaty there, and some are between other cities: nearly all pairs agree, not every one."""
    capitals = {row["state"]: row for row in readings["distances"].tables["capitals"].to_pylist()}
    states = sorted(capitals)
    places = np.array([(capitals[code]["latitude"], capitals[code]["longitude"]) for code in states])
    km = expectations.distances(places)
    other = pa.parquet.read_table(shared_data / "trade/gravity/capdist_dennisklein.parquet").to_pylist()
    table = {(row["exporter"], row["importer"]): 1000 * row["capdist_km"] for row in other}
    ratios = np.array(
        [
            km[i, j] / table[one, two]
            for i, one in enumerate(states)
            for j, two in enumerate(states)
            if i != j and table.get((one, two))
        ]
    )
    assert len(ratios) > 20_000
    assert np.median(ratios) == pytest.approx(1, abs=0.01)
    assert np.mean(np.abs(np.log(ratios)) < 0.1) > 0.9
