"""Reading ATOP: two layouts, states by number and year, one row per pair, everything accounted for."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.alliances import SOURCE

UPSTREAM = "ddyad,year,stateA,stateB,atopally,defense,offense,neutral,nonagg,consul,version\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_upstream_and_peacesciencer_layouts_agree(tmp_path: Path) -> None:
    upstream = write(tmp_path / "atop5_1ddyr.csv", UPSTREAM + "705365,2000,705,365,1,1,0,0,1,1,5.1\n")
    packed = tmp_path / "atop_alliance.parquet"
    columns = {
        "ccode1": [705.0],
        "ccode2": [365.0],
        "year": [2000.0],
        "atop_defense": [1.0],
        "atop_offense": [0.0],
        "atop_neutral": [0.0],
        "atop_nonagg": [1.0],
        "atop_consul": [1.0],
    }
    pq.write_table(pa.table(columns), packed)
    first, second = (SOURCE.read([path]).tables["alliances"] for path in (upstream, packed))
    assert first.schema == TABLES["alliances"].schema
    (row,) = first.to_pylist()
    assert row == {
        "state_a": "KAZ",
        "state_b": "RUS",
        "year": 2000,
        "defense": True,
        "offense": False,
        "neutrality": False,
        "nonaggression": True,
        "consultation": True,
        "file": "atop5_1ddyr.csv",
        "row": 2,
    }
    assert second.drop_columns(["file", "row"]) == first.drop_columns(["file", "row"])


def test_either_side_binds_the_pair_and_the_repetition_is_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        UPSTREAM + "x,2000,365,705,1,1,0,0,0,0,5.1\nx,2000,705,365,1,0,0,0,0,1,5.1\n",
    )
    reading = SOURCE.read([path])
    (row,) = reading.tables["alliances"].to_pylist()
    assert (row["defense"], row["consultation"], row["nonaggression"], row["row"]) == (True, True, False, 2)
    assert reading.ignored == {"the same pair and year again (other direction or repeated)": 1}


def test_a_number_means_the_state_of_that_year(tmp_path: Path) -> None:
    rows = "x,1985,365,290,1,1,0,0,0,0,5.1\nx,1995,365,370,1,1,0,0,0,0,5.1\nx,1960,260,2,1,1,0,0,0,0,5.1\n"
    table = SOURCE.read([write(tmp_path / "a.csv", UPSTREAM + rows)]).tables["alliances"]
    pairs = {(row["year"], row["state_a"], row["state_b"]) for row in table.to_pylist()}
    assert pairs == {(1985, "POL", "SUN"), (1995, "BLR", "RUS"), (1960, "DEU", "USA")}


def test_the_year_of_independence_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", UPSTREAM + "x,1991,371,365,1,1,0,0,0,0,5.1\n")
    (row,) = SOURCE.read([path]).tables["alliances"].to_pylist()
    assert (row["state_a"], row["state_b"]) == ("ARM", "SUN")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "x,2000,9999,365,1,1,0,0,0,0,5.1",
            "stateA is not the Correlates of War number of a state in that year",
        ),
        ("x,2000,365,,1,1,0,0,0,0,5.1", "stateB is not the Correlates of War number of a state in that year"),
        (
            "x,1980,365,705,1,1,0,0,0,0,5.1",
            "stateB is not the Correlates of War number of a state in that year",
        ),
        ("x,20000,365,705,1,1,0,0,0,0,5.1", "year is not a year"),
        ("x,2000,365,705,1,2,0,0,0,0,5.1", "defense is neither 0 nor 1"),
        ("x,2000,365,705,1,1,0,0,0,-9,5.1", "consultation is neither 0 nor 1"),
    ],
)
def test_malformed_rows_are_rejected_with_line_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    good = "x,2000,2,20,1,1,0,0,0,0,5.1\n"
    reading = SOURCE.read([write(tmp_path / "a.csv", UPSTREAM + good + row + "\n")])
    (rejected,) = reading.rejected
    assert (rejected.file, rejected.line, rejected.reason) == ("a.csv", 3, reason)
    assert len(reading.tables["alliances"]) == 1


def test_years_before_1946_are_counted_not_rejected(tmp_path: Path) -> None:
    rows = "x,1914,365,220,1,1,0,0,0,0,5.1\nx,2000,2,20,1,1,0,0,0,0,5.1\n"
    reading = SOURCE.read([write(tmp_path / "a.csv", UPSTREAM + rows)])
    assert reading.ignored == {"before 1946": 1}
    assert reading.rejected == ()


def test_coverage_is_the_years_that_occur(tmp_path: Path) -> None:
    rows = "".join(f"x,{year},2,20,1,1,0,0,0,0,5.1\n" for year in (1999, 2000, 2003))
    reading = SOURCE.read([write(tmp_path / "a.csv", UPSTREAM + rows)])
    assert reading.coverage == (
        (date(1999, 1, 1), date(2000, 12, 31)),
        (date(2003, 1, 1), date(2003, 12, 31)),
    )


def test_another_table_is_refused_with_the_layouts(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"atop5_1ddyr\.csv"):
        SOURCE.read([write(tmp_path / "a.csv", "ccode,year,state\n2,2000,usa\n")])
    with pytest.raises(BadFile, match="lacks the columns"):
        SOURCE.read([write(tmp_path / "b.csv", "stateA,stateB,year\n2,20,2000\n")])
    with pytest.raises(BadFile, match="since 1946"):
        SOURCE.read([write(tmp_path / "c.csv", UPSTREAM + "x,1914,365,220,1,1,0,0,0,0,5.1\n")])
