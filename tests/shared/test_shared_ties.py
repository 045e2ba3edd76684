"""The ties and trade sources on the real files: counts, known values, face validity."""

from collections.abc import Iterator
from datetime import date
from math import exp
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from equidistance.assessment.exposure import exposure_table
from equidistance.evidence.schema import TABLES
from equidistance.ground.blocs import get_bloc
from equidistance.ground.states import get_state
from equidistance.indicators.agreements import alliance_commitment, shared_memberships
from equidistance.indicators.declare import INDICATOR_SCHEMA
from equidistance.indicators.flows import export_share, import_share
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
}

ROWS_IN_FILES = {
    "alliances": 273_296,
    "memberships": 917_695 + 15_557,
    "visits_us": 4_271 + 3_264,
    "visits_china": 595,
    "trade_itpde": 485_895,
    "trade_kazakhstan": 1_446,
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
    assert accepted + len(reading.rejected) + sum(reading.ignored.values()) == ROWS_IN_FILES[name]
    assert card.rows[0] <= sum(len(table) for table in reading.tables.values()) <= card.rows[1]
    assert set(reading.tables) == set(card.tables)
    for table, rows in reading.tables.items():
        assert rows.schema == TABLES[table].schema
        rows.validate(full=True)


def test_nothing_is_rejected_but_alliances_before_or_after_a_state(readings: dict[str, Reading]) -> None:
    rejected = {name: len(reading.rejected) for name, reading in readings.items() if reading.rejected}
    assert rejected == {"alliances": 44}


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


def test_exposure_of_kazakhstan(indicators: dict[str, pa.Table]) -> None:
    rows = pa.concat_tables(
        table.append_column("indicator", pa.repeat(name, table.num_rows)).select(INDICATOR_SCHEMA.names)
        for name, table in indicators.items()
    )
    kazakhstan = rows.filter(pa.compute.equal(rows["state"], "KAZ"))
    shares = exposure_table(kazakhstan)["share"].to_pylist()
    assert len(shares) > 400
    assert all(0 < share < 1 for share in shares)
