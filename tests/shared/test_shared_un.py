"""The real UN files: every row accounted for, known totals, and values where an expert expects them."""

from collections import Counter
from datetime import date
from math import exp
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from equidistance.ground.blocs import get_bloc
from equidistance.ground.states import all_states
from equidistance.indicators.speeches import speech_stance
from equidistance.indicators.votes import un_vote_agreement
from equidistance.sources.card import Reading
from equidistance.sources.un_speeches import read as read_speeches
from equidistance.sources.un_votes import read

pytestmark = pytest.mark.shared

OPEN = date(9999, 12, 31)


@pytest.fixture(scope="module")
def voeten(shared_data: Path) -> Reading:
    folder = shared_data / "un"
    return read(
        [
            folder / "unga_votes_1946_2024_voeten_long.parquet",
            folder / "unga_rollcall_meta_1946_2024_voeten.csv",
        ]
    )


def counts(reading: Reading) -> Counter[str]:
    return Counter(reading.tables["votes"]["vote"].to_pylist())


def test_voeten_accounts_for_every_row(voeten: Reading) -> None:
    found = counts(voeten)
    assert (found["yes"], found["abstain"], found["no"]) == (733_470, 116_820, 69_281)
    assert found.total() + sum(voeten.ignored.values()) == 1_270_894
    assert voeten.rejected == ()
    assert len(voeten.tables["roll_calls"]) == 6_551
    assert voeten.coverage == ((date(1946, 1, 1), date(2024, 6, 4)),)


def test_the_known_errors_stand_where_corrections_look_for_them(voeten: Reading) -> None:
    with duckdb.connect() as connection:
        for name, table in voeten.tables.items():
            connection.register(name, table)
        query = """select count(*) from votes join roll_calls using (roll_call)
            where state = ? and vote = 'not_member' and date >= ?"""
        assert connection.execute(query, ["TUR", date(2023, 12, 19)]).fetchone() == (19,)
        assert connection.execute(query, ["YEM", date(2023, 10, 27)]).fetchone() == (23,)
    names = set(voeten.tables["roll_calls"]["roll_call"].to_pylist())
    assert {"rcid:9427", "rcid:9449", "rcid:9411", "rcid:9495", "rcid:427"} <= names


def test_un_project(shared_data: Path) -> None:
    folder = shared_data / "un"
    reading = read(
        [
            folder / "unga_votes_1946_2020_unproject_long.parquet",
            folder / "unga_rollcall_meta_1946_2020_unproject.csv",
            folder / "unga_unproject_countries.csv",
        ]
    )
    assert reading.rejected == ()
    assert counts(reading).total() + sum(reading.ignored.values()) == 1_231_100
    assert len(reading.tables["roll_calls"]) == 6_299
    assert {"SUN", "YUG", "CSK", "DDR"} <= set(reading.tables["votes"]["state"].unique().to_pylist())
    assert any("116506 of 1231100 votes were inferred" in note for note in reading.notes)


def test_library_file_of_2025(shared_data: Path) -> None:
    reading = read([shared_data / "un" / "un_votes_2025_undl_3dl_wide.csv"])
    bodies = Counter(reading.tables["roll_calls"]["body"].to_pylist())
    assert bodies == {"GA": 192, "SC": 44}
    assert reading.rejected == ()
    council = {roll for roll in reading.tables["votes"]["roll_call"].to_pylist() if roll.startswith("S/RES")}
    per_roll = Counter(roll for roll in reading.tables["votes"]["roll_call"].to_pylist() if roll in council)
    assert max(per_roll.values()) <= 15


def test_emergency_session_of_2022(shared_data: Path) -> None:
    reading = read([shared_data / "un" / "unga_es11_1to3_2022_long.csv"])
    assert reading.rejected == ()
    first = Counter(
        row["vote"] for row in reading.tables["votes"].to_pylist() if row["roll_call"] == "A/RES/ES-11/1"
    )
    assert first == {"yes": 141, "no": 5, "abstain": 35, "absent": 12}


@pytest.fixture(scope="module")
def speeches(shared_data: Path) -> Reading:
    return read_speeches(sorted((shared_data / "speeches").glob("ungdc_*.parquet")))


def test_speeches(speeches: Reading) -> None:
    assert (
        len(speeches.tables["speeches"]) + sum(speeches.ignored.values()) + len(speeches.rejected) == 11_112
    )
    assert [item.reason for item in speeches.rejected] == ["ARE (United Arab Emirates) did not exist in 1962"]
    kazakh = [
        row["year"]
        for row in speeches.tables["speeches"].select(["state", "year"]).to_pylist()
        if row["state"] == "KAZ"
    ]
    assert sorted(kazakh) == list(range(1992, 2026))


def connect(tables: dict[str, pa.Table], powers: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table.append_column("source_id", pa.array(["s1"] * len(table))))
    connection.execute('create table states(state varchar, start date, "end" date)')
    connection.executemany(
        "insert into states values (?, ?, ?)",
        [(state.code, state.start, state.end or OPEN) for state in all_states()],
    )
    connection.execute(
        'create table power_members(power varchar, member varchar, start date, "end" date, is_bloc bool)'
    )
    for power in powers:
        spells = [(power, date(1991, 12, 26), OPEN, False)]
        if len(power) != 3:
            spells = [(spell.state, spell.start, spell.end or OPEN, True) for spell in get_bloc(power).spells]
        connection.executemany(
            "insert into power_members values (?, ?, ?, ?, ?)", [(power, *spell) for spell in spells]
        )
    return connection


def test_votes_land_where_an_expert_expects(voeten: Reading) -> None:
    connection = connect(voeten.tables, ("RUS", "CHN", "USA", "EU"))
    sums: dict[tuple[str, str], list[float]] = {}
    for row in un_vote_agreement(connection).to_pylist():
        if 2007 <= row["period"].year <= 2022:
            total = sums.setdefault((row["state"], row["power"]), [0.0, 0.0])
            total[0] += (row["n"] + 1) / (1 + exp(-row["value"])) - 0.5  # back from the logit to the sum
            total[1] += row["n"]
    share = {dyad: agreed / votes for dyad, (agreed, votes) in sums.items()}
    assert share["KAZ", "CHN"] > share["KAZ", "RUS"] > share["KAZ", "EU"] > share["KAZ", "USA"]
    assert share["ISR", "USA"] > 0.85 > 0.5 > share["ISR", "RUS"]
    assert share["CUB", "USA"] < 0.25 < 0.75 < share["CUB", "RUS"]
    assert share["GEO", "EU"] > 0.9 > share["GEO", "RUS"]
    assert share["SRB", "EU"] > share["SRB", "RUS"]
    assert share["BLR", "RUS"] > share["ARM", "RUS"] > share["MNG", "RUS"] > share["GEO", "RUS"]


def test_speeches_land_where_an_expert_expects(speeches: Reading) -> None:
    wanted = {"UKR", "CUB", "GEO", "BLR", "KAZ", "VEN", "PLW"}
    table = speeches.tables["speeches"]
    table = table.filter(pa.array([state in wanted for state in table["state"].to_pylist()]))
    tone: dict[tuple[str, str], list[float]] = {}
    connection = connect({"speeches": table}, ("RUS", "USA", "WEST"))
    for row in speech_stance(connection).to_pylist():
        if row["period"].year >= 2014:
            tone.setdefault((row["state"], row["power"]), []).append(row["value"])
    mean = {dyad: sum(values) / len(values) for dyad, values in tone.items()}
    assert mean["UKR", "RUS"] < -1.5
    assert mean["GEO", "RUS"] < 0 < mean["GEO", "USA"]
    assert mean["CUB", "USA"] < -0.5 < 0.5 < mean["PLW", "USA"]
    assert mean["BLR", "WEST"] < 0 < mean["BLR", "RUS"]
