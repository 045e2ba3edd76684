"""The event sources and indicators on the real files: counts, coverage, what is resolved, face validity."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from equidistance.ground.blocs import resolve_power
from equidistance.indicators.events import (
    event_balance,
    material_cooperation,
    verbal_cooperation,
)
from equidistance.indicators.views import register_views
from equidistance.sources import gdelt, icews
from equidistance.sources.card import Reading

pytestmark = [pytest.mark.shared, pytest.mark.slow]

ICEWS_ROWS = 1_124_386
WAR = date(2022, 3, 1)
BEFORE = date(2018, 12, 31)


@pytest.fixture(scope="module")
def triples(shared_data: Path) -> Reading:
    return icews.read([shared_data / "events" / "icews_2018_2021_2022.parquet"])


@pytest.fixture(scope="module")
def raw(shared_data: Path) -> Reading:
    return icews.read([shared_data / "events" / "andybega_events.2018.sample.tab"])


@pytest.fixture(scope="module")
def edges(shared_data: Path) -> Reading:
    return gdelt.read([shared_data / "events" / "gdelt_daily_edges_39_states_2018_2024.parquet"])


@pytest.fixture(scope="module")
def connection(triples: Reading, edges: Reading) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        for reading, source_id in ((triples, "icews@1"), (edges, "gdelt@1")):
            for name, table in reading.tables.items():
                column = pa.repeat(pa.scalar(source_id), table.num_rows)
                opened.register(name, table.append_column("source_id", column))
        powers = ("RUS", "CHN", "USA", "EU", "GBR", "TUR", "UKR", "IRN", "AZE", "WEST")
        register_views(opened, [resolve_power(power) for power in powers])
        yield opened


def yearly(compute: Callable[[Any], pa.Table], connection: Any) -> Callable[[str, str, date, date], float]:
    """The mean value of a dyad between two months."""
    rows = compute(connection).to_pylist()

    def of(state: str, power: str, first: date = date.min, last: date = date.max) -> float:
        values = [
            row["value"]
            for row in rows
            if (row["state"], row["power"]) == (state, power) and first <= row["period"] <= last
        ]
        return sum(values) / len(values)

    return of


def test_every_triple_is_read(triples: Reading) -> None:
    assert triples.tables["events"].num_rows == ICEWS_ROWS
    assert triples.rejected == ()
    assert triples.ignored == {}
    assert triples.coverage == (
        (date(2018, 1, 1), date(2018, 10, 31)),
        (date(2021, 1, 1), date(2021, 8, 31)),
        (date(2022, 1, 1), date(2022, 8, 31)),
        (date(2022, 10, 11), date(2022, 12, 31)),
    )


def test_three_quarters_of_the_triples_are_resolved(triples: Reading) -> None:
    share = float(triples.notes[0].split(" in ")[1].split(" %")[0])
    assert share > 74
    assert len(triples.notes) == 3  # no role word is unknown


def test_frequent_officials_are_resolved(triples: Reading) -> None:
    names = ("Vladimir Putin", "Sergey Viktorovich Lavrov", "Xi Jinping", "Wang Yi")
    events = triples.tables["events"]
    by = events.filter(pc.is_in(events["source_actor"], pa.array(names)))["source_by"]
    assert len(by) > 10_000
    assert pc.unique(by).to_pylist() == ["person"]


def test_the_raw_sample_agrees_with_icews_on_countries(raw: Reading, shared_data: Path) -> None:
    events = raw.tables["events"]
    assert (events.num_rows, raw.rejected, raw.ignored) == (3_705, (), {})
    assert raw.coverage == ((date(2018, 6, 1), date(2018, 6, 2)),)
    path = shared_data / "events" / "andybega_events.2018.sample.tab"
    countries = duckdb.read_csv(
        str(path), delimiter="\t", all_varchar=True, quotechar="", na_values="NA"
    ).to_arrow_table()["Source Country"]
    unresolved = [
        country
        for country, state, by in zip(
            countries.to_pylist(),
            events["source_state"].to_pylist(),
            events["source_by"].to_pylist(),
            strict=True,
        )
        if country and not state and by != "unresolved"
    ]
    assert unresolved == []
    assert float(raw.notes[0].split(" in ")[1].split(" %")[0]) > 90


def test_each_pair_and_day_of_the_edges_is_read_once(edges: Reading) -> None:
    assert edges.tables["event_balances"].num_rows == 1_785_748
    assert edges.rejected == ()
    assert edges.ignored == {
        "a state with itself": 59,
        "a territory that is not a state of its own": 9_447,
        "the same day and pair again, written the other way round": 477_896,
    }
    covered = sum(((end - start).days + 1) for start, end in edges.coverage)
    whole = (date(2024, 2, 23) - date(2018, 1, 1) + timedelta(days=1)).days
    assert whole - covered == 96


def test_words_have_face_validity(connection: duckdb.DuckDBPyConnection) -> None:
    words = yearly(verbal_cooperation, connection)
    assert words("BLR", "RUS") > 2.5
    assert words("ARM", "RUS") > 2.5
    assert words("KAZ", "RUS") > 2
    assert words("UKR", "EU") > 2.5
    assert words("ISR", "IRN") < -1.5
    assert words("IRN", "USA") < -0.8
    assert words("GBR", "RUS") < -0.3
    assert words("UKR", "RUS", WAR) < words("UKR", "RUS", last=BEFORE)
    assert words("RUS", "WEST", WAR) < words("RUS", "WEST", last=BEFORE) - 0.5


def test_deeds_have_face_validity(connection: duckdb.DuckDBPyConnection) -> None:
    deeds = yearly(material_cooperation, connection)
    assert deeds("UKR", "RUS", WAR) < -2.5
    assert deeds("RUS", "UKR", WAR) < -1.5
    assert deeds("ARM", "AZE") < -1
    assert deeds("RUS", "WEST", WAR) < -2
    assert deeds("BLR", "RUS") > 0.5


def test_balances_have_face_validity(connection: duckdb.DuckDBPyConnection) -> None:
    tone = yearly(event_balance, connection)
    assert tone("UKR", "RUS", WAR) < -6
    assert tone("UKR", "RUS", last=BEFORE) > -4
    assert tone("BLR", "RUS") > 2
    assert tone("KAZ", "RUS") > 2
    assert tone("ISR", "IRN") < -2
    assert tone("RUS", "WEST", WAR) < 0 < tone("RUS", "WEST", last=BEFORE)
