"""Agreement in UN votes: hand-computed values, blocs, overlapping sources."""

from datetime import date
from math import log, sqrt

import duckdb
import pytest

from equidistance.indicators.declare import INDICATOR_SCHEMA, get_indicator
from equidistance.indicators.votes import un_vote_agreement, un_vote_agreement_important, un_vote_distance

OPEN = date(9999, 12, 31)
Row = tuple[str, str, str]


def store(
    rolls: list[tuple[str, str, date, bool | None, str]],
    votes: list[Row],
    members: list[tuple[str, str, date, date, bool]],
    versions: list[tuple[str, int]] | None = None,
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table roll_calls"
        "(roll_call varchar, body varchar, date date, important bool, source_id varchar)"
    )
    connection.execute(
        "create table votes(roll_call varchar, state varchar, vote varchar, source_id varchar)"
    )
    connection.execute(
        'create table power_members(power varchar, member varchar, start date, "end" date, is_bloc bool)'
    )
    connection.execute('create table states(state varchar, start date, "end" date)')
    sources = {roll: source for roll, _, _, _, source in rolls}
    connection.executemany("insert into roll_calls values (?, ?, ?, ?, ?)", rolls)
    connection.executemany(
        "insert into votes values (?, ?, ?, ?)", [(*vote, sources[vote[0]]) for vote in votes]
    )
    connection.executemany("insert into power_members values (?, ?, ?, ?, ?)", members)
    names = {state for _, state, _ in votes}
    connection.executemany(
        "insert into states values (?, ?, ?)",
        [(name, date(1991, 12, 16) if name == "KAZ" else date(1900, 1, 1), OPEN) for name in names],
    )
    if versions:
        connection.execute("create table source_versions(source_id varchar, ordinal int)")
        connection.executemany("insert into source_versions values (?, ?)", versions)
    return connection


def rows(table: object) -> dict[tuple[str, str, date], tuple[float, float, int, str]]:
    return {
        (row["state"], row["power"], row["period"]): (row["value"], row["se"], row["n"], row["source_id"])
        for row in table.to_pylist()  # type: ignore[attr-defined]
    }


RUSSIA = [("RUS", "RUS", date(1991, 12, 26), OPEN, False)]
MAY = date(2010, 5, 1)


def test_agreement_of_two_states_by_hand() -> None:
    cast = {"yes-yes": 1.0, "yes-abstain": 0.5, "abstain-abstain": 1.0, "no-yes": 0.0, "absent-yes": None}
    rolls = [(f"r{index}", "GA", date(2010, 5, 10), None, "v1") for index in range(len(cast))]
    votes = [
        (f"r{index}", state, vote)
        for index, pair in enumerate(cast)
        for state, vote in zip(("KAZ", "RUS"), pair.split("-"), strict=True)
    ]
    table = un_vote_agreement(store(rolls, votes, RUSSIA))
    assert table.schema.names == [name for name in INDICATOR_SCHEMA.names if name != "indicator"]
    x, n = sum(score for score in cast.values() if score is not None), 4
    assert rows(table) == {
        ("KAZ", "RUS", MAY): (
            pytest.approx(log((x + 0.5) / (n - x + 0.5))),
            pytest.approx(sqrt(1 / (x + 0.5) + 1 / (n - x + 0.5))),
            n,
            "v1",
        )
    }
    assert table["freq"].to_pylist() == ["month"]


def test_value_is_the_smoothed_logit_of_the_model() -> None:
    table = un_vote_agreement(
        store([("r", "GA", MAY, None, "v")], [("r", "KAZ", "yes"), ("r", "RUS", "yes")], RUSSIA)
    )
    share = (1 + 0.5) / (1 + 1)
    assert table["value"][0].as_py() == pytest.approx(log(share / (1 - share)))


def test_bloc_position_is_its_members_mean_at_the_date() -> None:
    members = [
        ("EU", "DEU", date(1958, 1, 1), OPEN, True),
        ("EU", "FRA", date(1958, 1, 1), OPEN, True),
        ("EU", "GBR", date(1973, 1, 1), date(2020, 2, 1), True),
    ]
    rolls = [("r1", "GA", date(2019, 12, 3), None, "v"), ("r2", "GA", date(2020, 12, 3), None, "v")]
    votes: list[Row] = []
    for roll in ("r1", "r2"):
        votes += [(roll, "DEU", "yes"), (roll, "FRA", "abstain"), (roll, "GBR", "no"), (roll, "KAZ", "yes")]
    found = rows(un_vote_agreement(store(rolls, votes, members)))
    assert set(found) == {
        ("KAZ", "EU", date(2019, 12, 1)),
        ("KAZ", "EU", date(2020, 12, 1)),
        ("GBR", "EU", date(2020, 12, 1)),  # outside since February
    }
    assert found["KAZ", "EU", date(2019, 12, 1)][0] == pytest.approx(log((0.5 + 0.5) / (0.5 + 0.5)))
    assert found["KAZ", "EU", date(2020, 12, 1)][0] == pytest.approx(log((0.75 + 0.5) / (0.25 + 0.5)))


def test_a_bloc_needs_half_of_its_members() -> None:
    members = [("B", member, date(1900, 1, 1), OPEN, True) for member in ("DEU", "FRA", "ITA")]
    votes = [("r", "DEU", "yes"), ("r", "FRA", "absent"), ("r", "ITA", "absent"), ("r", "KAZ", "yes")]
    rolls = [("r", "GA", MAY, None, "v")]
    assert rows(un_vote_agreement(store(rolls, votes, members))) == {}
    votes[1] = ("r", "FRA", "yes")
    assert set(rows(un_vote_agreement(store(rolls, votes, members)))) == {("KAZ", "B", MAY)}


def test_council_unknown_and_not_yet_existing_are_left_out() -> None:
    rolls = [
        ("sc", "SC", MAY, None, "v"),
        ("unknown", "GA", MAY, None, "v"),
        ("early", "GA", date(1991, 12, 1), None, "v"),
    ]
    votes = [(roll, state, "yes") for roll in ("sc", "early") for state in ("KAZ", "USA")]
    votes += [("unknown", "KAZ", "unknown"), ("unknown", "USA", "yes")]
    members = [("USA", "USA", date(1900, 1, 1), OPEN, False)]
    assert rows(un_vote_agreement(store(rolls, votes, members))) == {}


def test_each_day_comes_from_the_source_that_knows_most_of_it() -> None:
    rolls = [
        ("rcid:1", "GA", date(2010, 5, 10), None, "voeten"),
        ("rcid:2", "GA", date(2010, 5, 10), None, "voeten"),
        ("A/RES/64/1", "GA", date(2010, 5, 10), None, "un"),
        ("rcid:3", "GA", date(2010, 5, 11), None, "voeten"),
        ("A/RES/64/3", "GA", date(2010, 5, 11), None, "un"),
    ]
    votes = [(roll, "KAZ", "yes") for roll, *_ in rolls]
    votes += [(roll, "RUS", "no" if roll == "A/RES/64/3" else "yes") for roll, *_ in rolls]
    newest_un = [("voeten", 1), ("un", 2)]
    found = rows(un_vote_agreement(store(rolls, votes, RUSSIA, newest_un)))["KAZ", "RUS", MAY]
    assert found == (pytest.approx(log(2.5 / 1.5)), pytest.approx(sqrt(1 / 2.5 + 1 / 1.5)), 3, "voeten")
    newest_voeten = [("voeten", 2), ("un", 1)]
    found = rows(un_vote_agreement(store(rolls, votes, RUSSIA, newest_voeten)))["KAZ", "RUS", MAY]
    assert found[0] == pytest.approx(log(3.5 / 0.5))


def test_important_votes_are_yearly_and_say_whose_importance() -> None:
    rolls = [
        ("a", "GA", date(2010, 5, 10), True, "v"),
        ("b", "GA", date(2010, 12, 10), True, "v"),
        ("c", "GA", date(2010, 12, 10), False, "v"),
        ("d", "GA", date(2010, 12, 10), None, "v"),
    ]
    votes = [(roll, state, "yes") for roll in "abcd" for state in ("KAZ", "RUS")]
    table = un_vote_agreement_important(store(rolls, votes, RUSSIA))
    assert [(row["period"], row["freq"], row["n"]) for row in table.to_pylist()] == [
        (date(2010, 1, 1), "year", 2)
    ]
    assert "US State Department" in get_indicator("un_vote_agreement_important").title


def test_order_of_rows_does_not_matter() -> None:
    rolls = [(f"r{index}", "GA", date(2010, 5, 1 + index), None, "v") for index in range(5)]
    votes = [
        (f"r{index}", state, ("yes", "no", "abstain")[(index * weight) % 3])
        for index in range(5)
        for state, weight in (("KAZ", 1), ("RUS", 2), ("USA", 3))
    ]
    first = un_vote_agreement(store(rolls, votes, RUSSIA))
    assert first.equals(un_vote_agreement(store(rolls[::-1], votes[::-1], RUSSIA)))


# --- distance of ideal points -------------------------------------------------------------------------------


def positions(*rows: tuple[str, int, float, float], members: list[tuple[str, str, date, date, bool]]) -> dict:  # type: ignore[type-arg]
    """Distances computed from (state, session, mean, sd)."""
    connection = duckdb.connect()
    connection.execute(
        'create table power_members(power varchar, member varchar, start date, "end" date, is_bloc bool)'
    )
    connection.executemany("insert into power_members values (?, ?, ?, ?, ?)", members)
    connection.execute('create table states(state varchar, start date, "end" date)')
    for state in {row[0] for row in rows}:
        start = date(1991, 12, 16) if state == "KAZ" else date(1900, 1, 1)
        connection.execute("insert into states values (?, ?, ?)", [state, start, OPEN])
    connection.execute(
        "create table ideal_points(state varchar, session int, mean double, sd double, n int, source_id varchar)"
    )
    connection.executemany("insert into ideal_points values (?, ?, ?, ?, 60, 's')", rows)
    table = un_vote_distance(connection)
    return {
        (row["state"], row["power"], row["period"]): (row["value"], row["se"], row["n"], row["freq"])
        for row in table.to_pylist()
    }


def test_distance_is_minus_the_difference_with_both_errors() -> None:
    found = positions(("KAZ", 47, 0.7, 0.3), ("RUS", 47, 1.1, 0.4), ("KAZ", 46, 0.0, 0.1), members=RUSSIA)
    assert found == {
        ("KAZ", "RUS", date(1992, 1, 1)): (pytest.approx(-0.4), pytest.approx(0.5), 60, "year"),
    }  # not in session 46: Kazakhstan did not exist on 1 December 1991


def test_distance_to_a_bloc_is_to_the_mean_of_its_members() -> None:
    members = [("B", code, date(1950, 1, 1), OPEN, True) for code in ("AAA", "BBB", "CCC")]
    rows = (("KAZ", 50, 1.0, 0.3), ("AAA", 50, -1.0, 0.3), ("BBB", 50, 0.0, 0.4))
    found = positions(*rows, members=members)
    assert set(found) == {("KAZ", "B", date(1995, 1, 1))}  # two of three members are enough; members have no value
    value, error, *_ = found["KAZ", "B", date(1995, 1, 1)]
    assert value == pytest.approx(-1.5)
    assert error == pytest.approx(sqrt(0.3**2 + (0.3**2 + 0.4**2) / 4))
    assert positions(*rows[:2], members=members) == {}  # one of three is not


def test_without_positions_there_is_no_distance() -> None:
    assert len(un_vote_distance(duckdb.connect())) == 0
