"""The sources of arms, money, treaties, sanctions, meetings and events on the real files: counts and known facts."""

from collections.abc import Iterator
from datetime import date
from math import exp
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from equidistance.evidence.store import Store
from equidistance.ground.blocs import resolve_power
from equidistance.indicators.declare import get_indicator
from equidistance.indicators.views import register_views
from equidistance.sources.card import Reading, get_source
from equidistance.sources.files import find_files
from equidistance.sources.ingest import ingest

pytestmark = pytest.mark.shared

ROWS = {
    "arms_sipri": (20_480, 20_266, 0),
    "finance_china": (2_458 + 9_404, None, 0),
    "investment_wiiw": (336 + 236, None, 0),
    "ownership": (47, 57, 0),
    "agreements_desta": (7_772, None, 0),
    "agreements_huggo": (5_607, 5_461, 0),
    "agreements_us": (3_041, 2_836, 55),
    "treaties_un": (31_992, 30_879, 0),
    "sanctions_gsdb": (1_101, 1_480, 0),
    "meetings_china": (5_705, 5_702, 0),
    "polecat": (5_422, 5_422, 0),
    "keds": (8_377, 8_377, 0),
}
"""Rows in the files, records (of the first table, or parties), rejected rows; a row may give several or no records."""

ONE_TO_ONE = (
    "arms_sipri",
    "agreements_us",
    "treaties_un",
    "meetings_china",
    "polecat",
    "keds",
    "agreements_huggo",
)

POWERS = ("RUS", "CHN", "USA", "EU", "GBR", "TUR")


@pytest.fixture(scope="module")
def readings(shared_data: Path) -> dict[str, Reading]:
    return {name: get_source(name).read(find_files(get_source(name).card, shared_data)) for name in ROWS}


@pytest.fixture(scope="module")
def store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("sources") / "store.duckdb"
    with Store.open(path, "write", create=True) as opened:
        for name in (*ROWS, "trade_itpde"):
            ingest(name, find_files(get_source(name).card, shared_data), opened)
        connection = opened.connection()
        register_views(connection, [resolve_power(code) for code in POWERS])
        yield connection


def rows(store: duckdb.DuckDBPyConnection, indicator: str) -> dict[tuple[str, str, int], dict[str, Any]]:
    table: pa.Table = get_indicator(indicator).compute(store)
    return {(row["state"], row["power"], row["period"].year): row for row in table.to_pylist()}


@pytest.mark.parametrize("name", ROWS)
def test_no_row_is_lost(readings: dict[str, Reading], name: str) -> None:
    reading = readings[name]
    in_files, records, rejected = ROWS[name]
    tables = reading.tables
    first = tables.get("agreement_parties", next(iter(tables.values()))).num_rows
    assert len(reading.rejected) == rejected
    if records is not None:
        assert first == records
    if name in ONE_TO_ONE:
        assert first + rejected + sum(reading.ignored.values()) == in_files


def test_what_is_rejected_of_the_american_list_has_no_party_or_no_date(readings: dict[str, Reading]) -> None:
    reasons = {row.reason for row in readings["agreements_us"].rejected}
    assert reasons == {"no party, and none in the name of the file", "no date of entry into force"}
    assert "319" in readings["agreements_us"].notes[0]


def test_the_known_errors_are_mended(store: duckdb.DuckDBPyConnection) -> None:
    [(first,)] = store.execute("SELECT min(date) FROM bilateral_agreements").fetchall()
    assert first.year == 1981
    query = "SELECT max(\"end\") FROM agreement_parties WHERE agreement = 'desta:434' AND state = 'RUS'"
    assert store.execute(query).fetchall() == [(date(2015, 1, 1),)]


def test_arms_of_kazakhstan_are_russian_and_of_japan_american(store: duckdb.DuckDBPyConnection) -> None:
    shares = rows(store, "arms_share")
    assert shares["KAZ", "RUS", 2020]["value"] > 1
    assert shares["JPN", "USA", 2020]["value"] > 1
    assert shares["UKR", "RUS", 2022]["value"] < -2
    assert min(year for _, _, year in shares) == 2004
    assert max(year for _, _, year in shares) == 2023


def test_trade_agreements_of_the_eurasian_union_and_of_nobody(store: duckdb.DuckDBPyConnection) -> None:
    depth = rows(store, "trade_agreement_depth")
    union = {state for state in ("ARM", "BLR", "KAZ", "KGZ") if depth[state, "RUS", 2016]["value"] == 3}
    assert union == {"ARM", "BLR", "KAZ", "KGZ"}
    assert depth["TJK", "RUS", 2016]["value"] == 2  # the Eurasian Economic Community is gone
    assert depth["KAZ", "EU", 2019]["value"] == 0  # the partnership entered into force in March 2020
    assert depth["KAZ", "EU", 2020]["value"] == 1
    assert depth["UZB", "USA", 2016]["value"] == 0
    assert depth["CHE", "EU", 2016]["value"] == 2
    assert depth["TUN", "EU", 2016]["value"] == 2  # not the customs union with France of 1955


def test_patterns_of_ratification(store: duckdb.DuckDBPyConnection) -> None:
    pattern = rows(store, "treaty_pattern")
    assert pattern["CAN", "USA", 2014]["value"] > pattern["KAZ", "USA", 2014]["value"]
    assert pattern["BLR", "RUS", 2014]["value"] > pattern["DEU", "RUS", 2014]["value"]
    assert (
        pattern["KAZ", "RUS", 1993]["se"] > 2 * pattern["KAZ", "RUS", 2014]["se"]
    )  # young states say little


def test_sanctions_between_whom_everybody_knows(store: duckdb.DuckDBPyConnection) -> None:
    sanctions = rows(store, "sanctions_in_force")
    assert sanctions["CUB", "USA", 2015]["value"] <= -5
    assert sanctions["RUS", "EU", 2013]["value"] > sanctions["RUS", "EU", 2015]["value"]
    assert sanctions["DEU", "RUS", 2015]["value"] < -3
    assert {sanctions["KAZ", power, 2015]["value"] for power in POWERS} == {0}
    assert max(year for _, _, year in sanctions) == 2019


def test_china_lends_to_pakistan_and_meets_russia(store: duckdb.DuckDBPyConnection) -> None:
    finance = rows(store, "chinese_finance")
    assert finance["KAZ", "CHN", 2012]["value"] > finance["KAZ", "CHN", 2004]["value"]
    assert exp(finance["LAO", "CHN", 2019]["value"]) > exp(finance["MEX", "CHN", 2019]["value"])
    met = rows(store, "leader_meetings")
    assert (
        met["RUS", "CHN", 2015]["value"] > met["KAZ", "CHN", 2015]["value"] > met["AND", "CHN", 2015]["value"]
    )


def test_who_owns_the_oil(store: duckdb.DuckDBPyConnection) -> None:
    query = """
        SELECT owner_state, sum(share_pct * quantity) / sum(sum(share_pct * quantity)) OVER () AS share
        FROM ownership JOIN asset_output USING (asset)
        WHERE host = 'KAZ' AND ownership.sector = 'oil_gas' GROUP BY owner_state
    """
    share = dict(store.execute(query).fetchall())
    assert share["USA"] > share["KAZ"] > share["RUS"]
    assert sum(share.values()) == pytest.approx(1)


def test_investment_is_dutch_on_paper(store: duckdb.DuckDBPyConnection) -> None:
    share = rows(store, "investment_share")
    assert exp(share["KAZ", "EU", 2021]["value"]) > 0.4
    assert exp(share["KAZ", "RUS", 2021]["value"]) < 0.05


def test_events_of_other_schemes_leave_icews_alone(store: duckdb.DuckDBPyConnection) -> None:
    assert rows(store, "verbal_cooperation") == {}
    assert ("KAZ", "RUS", 1995) in rows(store, "weis_words")
    assert {state for state, _, _ in rows(store, "weis_words")} <= {
        "AFG",
        "ARM",
        "AZE",
        "KAZ",
        "KGZ",
        "TJK",
        "TKM",
        "UZB",
    }
