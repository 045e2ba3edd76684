"""Indicators over events: what counts, how it is counted, toward whom, and with which error."""

from collections.abc import Iterator
from datetime import date
from math import log, log1p, sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from equidistance.indicators.declare import INDICATOR_SCHEMA
from equidistance.indicators.events import (
    economic_relations,
    event_balance,
    material_cooperation,
    verbal_cooperation,
)
from ties_views import OPEN, Spell, member, small_store, state_power

SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])
EXACT = 1e-12  # the same few operations on doubles, in another engine


def act(
    code: str,
    source: str = "KAZ",
    target: str = "RUS",
    day: date = date(2022, 3, 1),
    source_by: str = "state",
    target_by: str = "state",
    actor: str = "",
    source_id: str = "icews@1",
) -> dict[str, Any]:
    return {
        "event": f"{code}{source}{target}{day}{actor}{source_id}",
        "date": day,
        "source_actor": actor or source,
        "source_state": source,
        "source_by": source_by,
        "target_actor": target,
        "target_state": target,
        "target_by": target_by,
        "code": code,
        "text": "",
        "intensity": 0.0,
        "source_id": source_id,
    }


def store(*acts: dict[str, Any], powers: tuple[Spell, ...] = (state_power("RUS"),)) -> Any:
    return small_store({"events": acts}, [("icews", date(2018, 1, 1), date(2022, 12, 31))], powers)


def days(count: int) -> Iterator[date]:
    return (date(2022, 3, day + 1) for day in range(count))


def test_the_log_ratio_and_its_error() -> None:
    acts = [act("040", day=day) for day in days(3)] + [act("111"), act("010"), act("020"), act("190")]
    table = verbal_cooperation(store(*acts))
    assert table.schema == SCHEMA
    (row,) = table.to_pylist()
    assert (row["state"], row["power"], row["period"]) == ("KAZ", "RUS", date(2022, 3, 1))
    assert (row["freq"], row["n"], row["source_id"]) == ("month", 4, "icews@1")
    assert row["value"] == pytest.approx(log(3.5 / 1.5), abs=EXACT)
    assert row["se"] == pytest.approx(sqrt(1 / 3.5 + 1 / 1.5), abs=EXACT)


@pytest.mark.parametrize(
    ("compute", "cooperation", "conflict", "neither"),
    [
        (
            verbal_cooperation,
            ["030", "0311", "046", "057"],
            ["090", "1041", "112", "129", "139"],
            ["010", "023", "061"],
        ),
        (
            material_cooperation,
            ["060", "073", "0874"],
            ["152", "163", "173", "181", "190", "2042"],
            ["057", "141"],
        ),
        (economic_relations, ["061", "071", "085"], ["1621", "163"], ["0311", "072", "073", "1312", "1622"]),
    ],
)
def test_each_code_falls_where_it_is_declared(
    compute: Any, cooperation: list[str], conflict: list[str], neither: list[str]
) -> None:
    codes = [*cooperation, *conflict, *neither]
    months = {code: date(2021 + number // 12, number % 12 + 1, 1) for number, code in enumerate(codes)}
    table = compute(store(*(act(code, day=day) for code, day in months.items()))).to_pylist()
    values = {row["period"]: row["value"] for row in table}
    expected = {months[code]: log(3) for code in cooperation} | {months[code]: -log(3) for code in conflict}
    assert values == pytest.approx(expected, abs=EXACT)


def test_a_report_repeated_is_one_act() -> None:
    once = act("040")
    again = {**once, "event": "another report"}
    newer = {**once, "event": "the same in another version", "source_id": "icews@2"}
    (row,) = verbal_cooperation(store(once, again, newer)).to_pylist()
    assert (row["n"], row["source_id"]) == (1, "icews@1")


def test_the_source_is_the_version_with_most_acts() -> None:
    acts = [act("040", day=day, source_id="icews@9") for day in days(2)] + [act("111", source_id="icews@1")]
    (row,) = verbal_cooperation(store(*acts)).to_pylist()
    assert (row["n"], row["source_id"]) == (3, "icews@9")


def test_only_governments_act_and_only_toward_governments() -> None:
    others = [act("111", source_by="society"), act("111", target_by="society", actor="another")]
    acts = [act("040", source_by=by, target_by=by, actor=by) for by in ("tag", "person", "organisation")]
    (row,) = verbal_cooperation(store(*others, *acts)).to_pylist()
    assert row["n"] == 3
    assert row["value"] > 0


def test_acts_are_directed_and_never_toward_oneself() -> None:
    powers = (state_power("RUS"), state_power("KAZ"))
    table = verbal_cooperation(store(act("040", "KAZ", "RUS"), act("111", "KAZ", "KAZ"), powers=powers))
    assert [(row["state"], row["power"]) for row in table.to_pylist()] == [("KAZ", "RUS")]


def test_a_bloc_is_its_members_of_the_day_and_itself() -> None:
    powers = (
        member("EU", "DEU"),
        member("EU", "GBR", end=date(2020, 2, 1)),
        member("EU", "HRV", start=date(2022, 3, 5)),
    )
    acts = [
        act("040", "KAZ", "DEU"),
        act("040", "KAZ", "EU"),
        act("040", "KAZ", "GBR"),  # has left
        act("040", "KAZ", "HRV"),  # not yet in
        act("111", "HRV", "DEU"),  # counts: not yet a member
        act("111", "HRV", "DEU", day=date(2022, 3, 6)),
        act("111", "DEU", "EU"),
        act("111", "GBR", "DEU"),
    ]
    table = verbal_cooperation(store(*acts, powers=powers))
    assert {(row["state"], row["power"]): row["n"] for row in table.to_pylist()} == {
        ("KAZ", "EU"): 2,
        ("HRV", "EU"): 1,
        ("GBR", "EU"): 1,
    }


def test_a_bloc_inside_a_bloc_counts_for_it() -> None:
    # the ground's G7 lies wholly inside this power, its CIS does not
    inside = ("USA", "GBR", "FRA", "DEU", "ITA", "CAN", "JPN", "RUS")
    powers = tuple(member("OURS", code) for code in inside)
    acts = [act("040", "KAZ", "G7"), act("040", "KAZ", "CIS"), act("111", "KAZ", "OURS")]
    (row,) = verbal_cooperation(store(*acts, powers=powers)).to_pylist()
    assert (row["power"], row["n"]) == ("OURS", 2)


def test_states_and_powers_must_exist_on_the_day() -> None:
    powers = (("RUS", "RUS", date(1991, 12, 26), OPEN, False),)
    acts = [
        act("040", "EU", "RUS"),  # a bloc is not a state that is assessed
        act("040", "SSD", "RUS", day=date(2011, 7, 8)),
        act("040", "SSD", "RUS", day=date(2011, 7, 9)),
        act("040", "FRA", "RUS", day=date(1991, 12, 25)),
    ]
    table = verbal_cooperation(store(*acts, powers=powers))
    assert [(row["state"], row["n"]) for row in table.to_pylist()] == [("SSD", 1)]


def balance(day: date, one: str, other: str, total: float) -> dict[str, Any]:
    return {"date": day, "state_a": min(one, other), "state_b": max(one, other), "goldstein_sum": total}


def balances(*rows: dict[str, Any], powers: tuple[Spell, ...] = (state_power("RUS"),)) -> Any:
    filled = [{**row, "source_id": "gdelt@1"} for row in rows]
    return small_store({"event_balances": filled}, [("gdelt", date(2018, 1, 1), date(2022, 12, 31))], powers)


def damped(total: float) -> float:
    return log1p(abs(total)) * (1 if total > 0 else -1 if total < 0 else 0)


def test_the_balance_is_the_mean_of_damped_days() -> None:
    totals = [-1000.0, 3.0, 0.0, 50.0, 7.5]
    rows = [balance(day, "KAZ", "RUS", total) for day, total in zip(days(5), totals, strict=True)]
    (row,) = event_balance(balances(*rows)).to_pylist()
    values = [damped(total) for total in totals]
    assert row["value"] == pytest.approx(mean(values), abs=EXACT)
    assert row["se"] == pytest.approx(stdev(values) / sqrt(5), abs=EXACT)
    assert (row["state"], row["power"], row["n"], row["period"]) == ("KAZ", "RUS", 5, date(2022, 3, 1))


def test_a_balance_needs_five_days_that_differ() -> None:
    four = [balance(day, "KAZ", "RUS", float(day.day)) for day in days(4)]
    assert event_balance(balances(*four)).num_rows == 0
    equal = [balance(day, "KAZ", "RUS", 3.4) for day in days(9)]
    assert event_balance(balances(*equal)).num_rows == 0


def test_a_balance_stands_for_both_directions() -> None:
    rows = [balance(day, "KAZ", "RUS", float(day.day)) for day in days(6)]
    table = event_balance(balances(*rows, powers=(state_power("RUS"), state_power("KAZ")))).to_pylist()
    assert [(row["state"], row["power"]) for row in table] == [("KAZ", "RUS"), ("RUS", "KAZ")]
    assert table[0]["value"] == table[1]["value"]


def test_a_blocs_balance_adds_up_its_members_without_the_state() -> None:
    powers = (member("EU", "DEU"), member("EU", "FRA"), member("EU", "POL", start=date(2022, 3, 4)))
    rows = [balance(day, "KAZ", "DEU", 10.0 * day.day) for day in days(6)]
    rows += [balance(day, "KAZ", "FRA", -4.0) for day in days(6)]
    rows += [balance(day, "DEU", "FRA", 100.0 * day.day) for day in days(6)]
    rows += [balance(day, "KAZ", "POL", 1.0) for day in days(6)]
    (row,) = event_balance(balances(*rows, powers=powers)).to_pylist()
    expected = [damped(10.0 * day.day - 4 + (day.day >= 4)) for day in days(6)]
    assert (row["state"], row["power"]) == ("KAZ", "EU")
    assert row["value"] == pytest.approx(mean(expected), abs=EXACT)


def test_an_empty_store_gives_empty_tables() -> None:
    empty = small_store({}, [], (state_power("RUS"),))
    for compute in (verbal_cooperation, material_cooperation, economic_relations, event_balance):
        table = compute(empty)
        assert table.num_rows == 0
        assert table.schema == SCHEMA


def test_row_order_does_not_matter() -> None:
    acts = [
        act(code, day=day, actor=actor)
        for code in ("040", "111", "036")
        for day in days(4)
        for actor in ("A", "B")
    ]
    assert verbal_cooperation(store(*acts)).equals(verbal_cooperation(store(*reversed(acts))))


def test_a_read_only_store_and_an_ibis_backend_will_do(tmp_path: Path) -> None:
    source = store(act("040"), act("111", day=date(2022, 3, 2)))
    expected = verbal_cooperation(source)
    path = tmp_path / "store.duckdb"
    with duckdb.connect(path) as writer:
        for name in ("events", "power_members", "states"):
            writer.register("arrow", source.sql(f"FROM {name}").to_arrow_table())
            writer.execute(f"CREATE TABLE {name}_ AS FROM arrow")
    with duckdb.connect(path, read_only=True) as reader:
        for name in ("events", "power_members", "states"):
            reader.execute(f"CREATE TEMP VIEW {name} AS FROM {name}_")
        assert verbal_cooperation(reader).equals(expected)
        assert reader.execute("SELECT 1").fetchall() == [(1,)]  # still open for the caller
        assert verbal_cooperation(ibis.duckdb.from_connection(reader)).equals(expected)
