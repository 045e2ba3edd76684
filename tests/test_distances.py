"""Capitals and land borders: layouts, spells, the state of the day, and what states share of history."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground import history
from equidistance.ground.states import all_states
from equidistance.sources.distances import SOURCE

CAPITALS = "ccode,statenme,capital,stdate,enddate,lat,lng\n"
BORDERS = "ccode1,ccode2,conttype,stdate,enddate\n"
ASTANA = "705,Kazakhstan,Astana,1998-05-06,2024-12-31,51.116,71.468\n"
ALMATY = "705,Kazakhstan,Almaty,1991-12-16,1998-05-05,43.236,76.946\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_capital_that_moves_has_two_spells_and_the_last_one_is_open(tmp_path: Path) -> None:
    reading = SOURCE.read([write(tmp_path / "cow_capitals.csv", CAPITALS + ASTANA + ALMATY)])
    capitals = reading.tables["capitals"]
    assert capitals.schema == TABLES["capitals"].schema
    first, second = capitals.to_pylist()
    assert (first["state"], first["capital"], first["end"]) == ("KAZ", "Almaty", date(1998, 5, 6))
    assert (second["capital"], second["start"], second["end"]) == ("Astana", date(1998, 5, 6), None)
    assert (second["latitude"], second["longitude"], second["row"]) == (51.116, 71.468, 2)
    assert reading.tables["land_borders"].num_rows == 0


def test_a_number_is_the_state_of_the_day(tmp_path: Path) -> None:
    text = CAPITALS + "365,Russia,Moscow,1918-03-12,2024-12-31,55.6,37.6\n"
    rows = SOURCE.read([write(tmp_path / "cow_capitals.csv", text)]).tables["capitals"].to_pylist()
    assert [(row["state"], row["start"], row["end"]) for row in rows] == [
        ("RUS", date(1991, 12, 26), None),
        ("SUN", date(1922, 12, 30), date(1991, 12, 26)),
    ]


def test_of_two_capitals_from_one_day_on_one_follows_the_other(tmp_path: Path) -> None:
    text = (
        CAPITALS
        + "255,Germany,Berlin,1871-01-18,2024-12-31,52.5,13.4\n"
        + "260,German Federal Republic,Bonn,1949-05-23,1991-06-19,50.7,7.1\n"
    )
    rows = SOURCE.read([write(tmp_path / "cow_capitals.csv", text)]).tables["capitals"].to_pylist()
    assert [(row["capital"], row["start"], row["end"]) for row in rows] == [
        ("Bonn", date(1949, 5, 23), date(1991, 6, 20)),
        ("Berlin", date(1991, 6, 20), None),
    ]


def test_both_layouts_of_borders_agree_and_only_land_counts(tmp_path: Path) -> None:
    packed = tmp_path / "cow_contdir.parquet"
    columns = {
        "ccode1": [705.0, 365.0, 705.0],
        "ccode2": [365.0, 705.0, 373.0],
        "conttype": [1.0, 1.0, 4.0],
        "stdate": ["1991-12-01"] * 3,
        "enddate": ["2016-12-01"] * 3,
    }
    pq.write_table(pa.table(columns), packed)
    published = write(
        tmp_path / "contdir.csv",
        "dyad,state1no,state1ab,state2no,state2ab,conttype,begin,end,notes,version\n"
        "365705,705,KZK,365,RUS,1,199112,201612,,3.2\n365705,365,RUS,705,KZK,1,199112,201612,,3.2\n"
        "373705,705,KZK,373,AZE,4,199112,201612,,3.2\n",
    )
    first, second = (SOURCE.read([path]) for path in (packed, published))
    assert first.tables["land_borders"].schema == TABLES["land_borders"].schema
    rows = first.tables["land_borders"].to_pylist()
    # until its last ten days the Soviet Union is the neighbour
    assert [(row["state_a"], row["state_b"], row["end"]) for row in rows] == [
        ("KAZ", "RUS", None),
        ("KAZ", "SUN", date(1991, 12, 26)),
    ]
    plain = [table.tables["land_borders"].drop_columns(["file", "row"]) for table in (first, second)]
    assert plain[0] == plain[1]
    assert first.ignored["not a land or river border"] == 1
    assert first.ignored["the same border again (other direction or repeated)"] == 1


def test_bad_rows_are_refused_with_their_reason(tmp_path: Path) -> None:
    capitals = (
        CAPITALS
        + ASTANA
        + "705,Kazakhstan,Nowhere,1998-05-06,2024-12-31,151.0,71.4\n"
        + "705,Kazakhstan,Nowhen,1998-13-06,2024-12-31,51.0,71.4\n"
        + "705,Kazakhstan,Backwards,1998-05-06,1997-12-31,51.0,71.4\n"
        + "280,Mecklenburg,Schwerin,1837-02-02,2024-12-31,53.6,11.4\n"
        + "2,USA,New York,1785-01-11,1790-12-05,40.7,-74.0\n"
    )
    borders = BORDERS + "705,365,1,1991-12-01,2016-12-01\n705,365,9,1991-12-01,2016-12-01\n"
    reading = SOURCE.read(
        [write(tmp_path / "cow_capitals.csv", capitals), write(tmp_path / "cow_contdir.csv", borders)]
    )
    reasons = [(row.file, row.line, row.reason) for row in reading.rejected]
    assert [line for _, line, _ in reasons] == [3, 4, 5, 6, 3]
    for (_, _, reason), word in zip(
        reasons, ("coordinate", "spell", "spell", "Correlates of War", "conttype"), strict=True
    ):
        assert word in reason
    assert reading.ignored["ended before 1946"] == 1


def test_another_table_is_refused_with_the_layouts(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="neither capitals nor borders"):
        SOURCE.read([write(tmp_path / "cow_capitals.csv", "a,b\n1,2\n")])
    with pytest.raises(BadFile, match="no capital or land border"):
        SOURCE.read([write(tmp_path / "cow_capitals.csv", CAPITALS)])


def test_history_knows_who_was_one_who_ruled_and_who_speaks_alike() -> None:
    assert history.were_one("KAZ", "RUS")
    assert history.were_one("SVN", "SRB")
    assert history.were_one("XKX", "HRV")  # Kosovo left Serbia, which had been in Yugoslavia with Croatia
    assert history.were_one("SSD", "SDN")
    assert not history.were_one("KAZ", "SRB")
    assert not history.were_one("SGP", "MYS")  # parted in 1965
    assert history.ruled("GBR", "IND")
    assert history.ruled("DZA", "FRA")
    assert not history.ruled("IND", "FRA")
    assert history.share_language("KAZ", "RUS")
    assert history.share_language("ARG", "ESP")
    assert not history.share_language("KAZ", "CHN")


def test_history_is_symmetric_and_about_states_of_today() -> None:
    today = {state.code for state in all_states() if state.end is None}
    known = history.histories()
    assert set(known) == today
    named = {code for one in known.values() for code in (*one.ruled_by, *filter(None, [one.left]))}
    assert named <= today
    for test in (history.were_one, history.ruled, history.share_language):
        for pair in (("KAZ", "RUS"), ("CIV", "FRA"), ("MDA", "ROU"), ("CZE", "SVK"), ("JPN", "KOR")):
            assert test(*pair) == test(*pair[::-1])
    languages = [one for state in known.values() for one in state.languages]
    assert all(languages.count(one) > 1 for one in languages)  # a language of one state links nobody
