"""Reading COW's memberships: the publisher's state-years, and the two summaries made from them."""

from datetime import date
from pathlib import Path

import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.memberships import SOURCE

STATES = "ccode,year,sum_igo_full,sum_igo_associate\n"
PAIRS = "ccode1,ccode2,year,dyadigos\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_summaries_fill_both_tables(tmp_path: Path) -> None:
    states = write(tmp_path / "sy.csv", STATES + "705,2000,51,0\n365,2000,81,0\n705,1900,1,0\n")
    pairs = write(tmp_path / "ndy.csv", PAIRS + "365,705,2000,42\n")
    reading = SOURCE.read([states, pairs])
    assert reading.tables["memberships"].schema == TABLES["memberships"].schema
    assert reading.tables["shared_memberships"].schema == TABLES["shared_memberships"].schema
    own = {(row["state"], row["year"]): row["full"] for row in reading.tables["memberships"].to_pylist()}
    assert own == {("KAZ", 2000): 51, ("RUS", 2000): 81}
    assert reading.tables["shared_memberships"].to_pylist() == [
        {"state_a": "KAZ", "state_b": "RUS", "year": 2000, "shared": 42, "file": "ndy.csv", "row": 2}
    ]
    assert reading.ignored == {"before 1946": 1}
    assert reading.coverage == ((date(2000, 1, 1), date(2000, 12, 31)),)


def test_organisations_are_counted_for_states_and_pairs(tmp_path: Path) -> None:
    # a: USA and KAZ full; b: all three; c: RUS associate, KAZ full; d: missing and not yet there
    path = write(
        tmp_path / "state_year_formatv3.csv",
        "ccode,year,state,a,b,c,d\n2,2000,usa,1,1,0,-9\n365,2000,rus,0,1,2,-1\n705,2000,kzk,1,1,1,3\n"
        "2,2001,usa,1,0,0,0\n365,2001,rus,1,0,0,0\n",
    )
    tables = SOURCE.read([path]).tables
    own = {(row["state"], row["year"]): row["full"] for row in tables["memberships"].to_pylist()}
    assert own == {
        ("USA", 2000): 2,
        ("RUS", 2000): 1,
        ("KAZ", 2000): 3,
        ("USA", 2001): 1,
        ("RUS", 2001): 1,
    }
    shared = {
        (row["state_a"], row["state_b"], row["year"]): row["shared"]
        for row in tables["shared_memberships"].to_pylist()
    }
    assert shared == {
        ("KAZ", "USA", 2000): 2,
        ("RUS", "USA", 2000): 1,
        ("KAZ", "RUS", 2000): 1,
        ("RUS", "USA", 2001): 1,
    }


def test_two_numbers_of_one_state_leave_the_larger_count(tmp_path: Path) -> None:
    states = write(tmp_path / "sy.csv", STATES + "255,1990,70,0\n260,1990,85,0\n2,1990,90,0\n")
    pairs = write(tmp_path / "ndy.csv", PAIRS + "2,255,1990,40\n2,260,1990,60\n255,260,1990,50\n")
    reading = SOURCE.read([states, pairs])
    own = {row["state"]: row["full"] for row in reading.tables["memberships"].to_pylist()}
    assert own == {"DEU": 85, "USA": 90}
    assert [row["shared"] for row in reading.tables["shared_memberships"].to_pylist()] == [60]
    assert reading.ignored == {
        "both numbers stand for one state": 1,
        "memberships: the same key again, the larger count is kept": 1,
        "shared memberships: the same key again, the larger count is kept": 1,
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("705,1985,5,0", "ccode is not the Correlates of War number of a state in that year"),
        ("705,MM,5,0", "year is not a year"),
        ("705,2000,-9,0", "sum_igo_full is not a count"),
        ("705,2000,1.5,0", "sum_igo_full is not a count"),
        ("705,2000", "2 fields where the header has 4"),
    ],
)
def test_malformed_states_are_rejected(tmp_path: Path, row: str, reason: str) -> None:
    states = write(tmp_path / "sy.csv", STATES + f"2,2000,90,0\n{row}\n")
    pairs = write(tmp_path / "ndy.csv", PAIRS + "2,365,2000,42\n")
    (rejected,) = SOURCE.read([states, pairs]).rejected
    assert (rejected.file, rejected.line, rejected.reason) == ("sy.csv", 3, reason)


def test_malformed_pairs_and_statuses_are_rejected(tmp_path: Path) -> None:
    states = write(tmp_path / "sy.csv", STATES + "2,2000,90,0\n")
    pairs = write(tmp_path / "ndy.csv", PAIRS + "2,365,2000,42\n2,12345,2000,1\n2,365,2001,many\n")
    assert [(one.line, one.reason) for one in SOURCE.read([states, pairs]).rejected] == [
        (3, "ccode2 is not the Correlates of War number of a state in that year"),
        (4, "dyadigos is not a count"),
    ]
    wide = write(tmp_path / "wide.csv", "ccode,year,state,a\n2,2000,usa,1\n365,2000,rus,7\n20,2000,can,1\n")
    assert [one.reason for one in SOURCE.read([wide]).rejected] == ["a is no membership status"]


def test_one_summary_alone_or_another_table_is_refused(tmp_path: Path) -> None:
    states = write(tmp_path / "sy.csv", STATES + "705,2000,51,0\n")
    with pytest.raises(BadFile, match="no row of shared memberships"):
        SOURCE.read([states])
    with pytest.raises(BadFile, match="not a table of COW memberships"):
        SOURCE.read([write(tmp_path / "x.csv", "a,b\n1,2\n")])
