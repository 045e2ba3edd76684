"""Every layout of UN votes, on small files, and what happens to bad input."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES, VOTES
from equidistance.sources.card import Reading
from equidistance.sources.un_votes import SOURCE, read

WIDE_STATES = ("USA", "RUS", "CHN", "GBR", "TUR", "KAZ", "FRA", "DEU", "IND", "CUB", "ISR")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def votes(reading: Reading) -> set[tuple[str, str, str]]:
    return {(row["roll_call"], row["state"], row["vote"]) for row in reading.tables["votes"].to_pylist()}


def rolls(reading: Reading) -> dict[str, dict[str, object]]:
    return {row["roll_call"]: row for row in reading.tables["roll_calls"].to_pylist()}


def reasons(reading: Reading) -> list[tuple[str, int, str]]:
    return [(item.file, item.line, item.reason) for item in reading.rejected]


VOETEN = """rcid,date,iso3,vote
9001,2019-11-14,KAZ,1
9001,2019-11-14,RUS,3
9001,2019-11-14,USA,2
9001,2019-11-14,VEN,8
9001,2019-11-14,TUR,9
"""
META = """rcid,date,session,unres,importantvote,short,descr,me,nu,di,hr,co,ec
9001,2019-11-14,74,R/74/2,1,SHORT,"A long, quoted
description",True,False,False,True,False,False
17,1961-12-01,16,R/16/1105B,0,OLD,,0,0,0,0,1,0
"""


def test_voeten_long_alone_and_with_its_roll_calls(tmp_path: Path) -> None:
    path = write(tmp_path / "voeten.csv", VOETEN)
    reading = read([path])
    assert votes(reading) == {
        ("rcid:9001", "KAZ", "yes"),
        ("rcid:9001", "RUS", "no"),
        ("rcid:9001", "USA", "abstain"),
        ("rcid:9001", "VEN", "absent"),
        ("rcid:9001", "TUR", "not_member"),
    }
    assert reading.coverage == ((date(2019, 11, 14), date(2019, 11, 14)),)
    assert reading.tables["votes"].schema == TABLES["votes"].schema
    assert reading.tables["roll_calls"].schema == TABLES["roll_calls"].schema
    alone = rolls(reading)["rcid:9001"]
    assert (alone["body"], alone["date"], alone["resolution"], alone["important"]) == (
        "GA",
        date(2019, 11, 14),
        None,
        None,
    )

    described = rolls(read([path, write(tmp_path / "meta.csv", META)]))["rcid:9001"]
    assert described["resolution"] == "A/RES/74/2"
    assert described["title"] == "A long, quoted\ndescription"
    assert (described["session"], described["important"], described["issues"]) == (74, True, "me hr")
    assert (described["file"], described["row"]) == ("meta.csv", 2)


def test_parquet_and_csv_read_alike(tmp_path: Path) -> None:
    table = pa.table(
        {
            "rcid": pa.array([9001, 9001], pa.int64()),
            "date": pa.array([date(2019, 11, 14)] * 2),
            "iso3": ["KAZ", "RUS"],
            "vote": pa.array([1, 3], pa.int8()),
        }
    )
    pq.write_table(table, tmp_path / "voeten.parquet")
    assert votes(read([tmp_path / "voeten.parquet"])) == {
        ("rcid:9001", "KAZ", "yes"),
        ("rcid:9001", "RUS", "no"),
    }


def test_symbols_before_the_31st_session_stay_as_published(tmp_path: Path) -> None:
    path = write(tmp_path / "votes.csv", "rcid,date,iso3,vote\n17,1961-12-01,FRA,1\n")
    roll = rolls(read([path, write(tmp_path / "meta.csv", META)]))["rcid:17"]
    assert (roll["resolution"], roll["title"], roll["issues"]) == ("R/16/1105B", "OLD", "co")


def test_one_table_edition_with_tabs_and_numbers_of_a_spreadsheet(tmp_path: Path) -> None:
    names = "rcid ccode vote Country Countryname year session importantvote date unres short descr me"
    header = names.replace(" ", "\t") + "\n"
    path = write(
        tmp_path / "UNVotes.tab",
        header
        + "9001.0\t705.0\t1\tKAZ\tKazakhstan\t2019\t74\t1\t2019-11-14\tR/74/2\tS\tD\t1\n"
        + "9001.0\t365.0\t3\tRUS\tRussia\t2019\t74\t1\t2019-11-14\tR/74/2\tS\tD\t1\n"
        + "9001.0\t999\t2\tSRB\tSerbia\t2019\t74\t1\t2019-11-14\tR/74/2\tS\tD\t1\n",
    )
    reading = read([path])
    assert votes(reading) == {
        ("rcid:9001", "KAZ", "yes"),
        ("rcid:9001", "RUS", "no"),
        ("rcid:9001", "SRB", "abstain"),  # an unknown number, but a known name
    }
    roll = rolls(reading)["rcid:9001"]
    assert (roll["session"], roll["important"], roll["issues"], roll["title"]) == (74, True, "me", "D")


@pytest.mark.parametrize(
    "heads", [WIDE_STATES, ("2", "365", "710", "200", "640", "705", "220", "255", "750", "40", "666")]
)
def test_matrix_edition_by_code_or_number(tmp_path: Path, heads: tuple[str, ...]) -> None:
    first_row, second_row = ",".join("1231231238") + ",", ",".join("3" * len(heads))
    text = f"rcid,session,{','.join(heads)}\n9001,74,{first_row}\n9002,75,{second_row}\n"
    reading = read([write(tmp_path / "wide.csv", text)])
    first = {state: vote for roll, state, vote in votes(reading) if roll == "rcid:9001"}
    assert first["USA"] == "yes"
    assert first["RUS"] == "abstain"
    assert first["CHN"] == "no"
    assert first["CUB"] == "absent"
    assert "ISR" not in first
    assert reading.ignored["empty cells of the roll-call matrix"] == 1
    assert rolls(reading)["rcid:9001"]["date"] == date(2019, 12, 1)
    assert any("2 roll calls have no date" in note for note in reading.notes)


def test_un_project_needs_its_roll_calls(tmp_path: Path) -> None:
    path = write(
        tmp_path / "unproject.csv",
        "rcid,ccode,vote,inferred\n9001,705,1,true\n9001,365,3,False\n9001,777777,1,False\n",
    )
    with pytest.raises(BadFile, match=r"votes without dates.*ingest un_votes VOTES ROLL_CALLS"):
        read([path])
    meta = write(tmp_path / "meta.csv", META)
    countries = write(tmp_path / "countries.csv", "ccode,Country,Countryname\n705,KAZ,Kazakhstan\n")
    reading = read([path, meta, countries])
    assert votes(reading) == {("rcid:9001", "KAZ", "yes"), ("rcid:9001", "RUS", "no")}
    assert reasons(reading) == [("unproject.csv", 4, "unknown state 777777")]
    assert "unproject.csv: 1 of 3 votes were inferred by the publisher." in reading.notes
    with pytest.raises(BadFile, match="roll calls but no votes"):
        read([meta])


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        (("ms_code", "ms_vote", "resolution"), "YNAX"),
        (("ms_codes", "ms_votes", "resolutions"), ("Y", "N", "A", "NV")),
    ],
)
def test_bulk_file_in_both_spellings(tmp_path: Path, columns: tuple[str, str, str], codes: str) -> None:
    state, vote, resolution = columns
    header = f"undl_id,{state},ms_name,{vote},date,session,{resolution},draft,title,total_yes,undl_link\n"
    symbol, tail = "A/RES/ES-10/21", 'A/ES-10/L.25,"Title, with comma",120,https://example.org'
    rows = [
        f"4025240,{code},{name},{cast},2023-10-27,ES-10,{symbol},{tail}"
        for (code, name), cast in zip(
            [("AFG", "AFGHANISTAN"), ("ISR", "ISRAEL"), ("KAZ", "KAZAKHSTAN"), ("ZZZ", "TÜRKIYE")],
            codes,
            strict=True,
        )
    ]
    reading = read([write(tmp_path / "ga_voting.csv", header + "\n".join(rows) + "\n")])
    assert votes(reading) == {
        (symbol, "AFG", "yes"),
        (symbol, "ISR", "no"),
        (symbol, "KAZ", "abstain"),
        (symbol, "TUR", "absent"),
    }
    roll = rolls(reading)[symbol]
    assert (roll["session"], roll["title"], roll["body"]) == (None, "Title, with comma", "GA")


def test_library_wide_file_keeps_council_members_only(tmp_path: Path) -> None:
    header = f"Link,token,Title,Council,Resolution,Date,YES COUNT,{','.join(WIDE_STATES)},QQQ\n"
    assembly = "l,1,T,General Assembly,A/RES/79/1,2025-02-24,9,NO,YES,ABSTAIN,YES,YES,,YES,YES,YES,YES,NO,\n"
    council = "l,2,T,Security Council,S/RES/2768(2025),2025-01-15,3,YES,ABSTAIN,YES,YES,,,YES,,,,,\n"
    other = "l,3,T,Trusteeship Council,T/1,2025-01-15,3,YES,,,,,,,,,,,\n"
    reading = read([write(tmp_path / "wide.csv", header + assembly + council + other)])
    by_roll: dict[str, dict[str, str]] = {}
    for roll, state, vote in votes(reading):
        by_roll.setdefault(roll, {})[state] = vote
    assert by_roll["A/RES/79/1"]["KAZ"] == "absent"
    assert by_roll["A/RES/79/1"]["USA"] == "no"
    assert by_roll["S/RES/2768(2025)"] == {
        "USA": "yes",
        "RUS": "abstain",
        "CHN": "yes",
        "GBR": "yes",
        "FRA": "yes",
    }
    assert rolls(reading)["S/RES/2768(2025)"]["body"] == "SC"
    assert reading.ignored == {"Security Council: states without a vote": 6}
    assert ("wide.csv", 1, "the column 'QQQ' is not a state") in reasons(reading)
    assert sum("unknown body Trusteeship Council" in reason for _, _, reason in reasons(reading)) == 11


def test_short_layout_knows_the_names_of_the_un(tmp_path: Path) -> None:
    text = (
        "resolution,date,country,vote\n"
        "A/RES/ES-11/1,2022-03-02,VENEZUELA (BOLIVARIAN REPUBLIC OF),X\n"
        "A/RES/ES-11/1,2022-03-02,CONGO,A\n"
        "A/RES/ES-11/1,2022-03-02,CÔTE D'IVOIRE,Y\n"
        "A/RES/ES-11/1,2022-03-02,UNITED STATES,Y\n"
    )
    assert {(state, vote) for _, state, vote in votes(read([write(tmp_path / "es.csv", text)]))} == {
        ("VEN", "absent"),
        ("COG", "abstain"),
        ("CIV", "yes"),
        ("USA", "yes"),
    }


def test_successors_votes_go_to_the_state_that_cast_them(tmp_path: Path) -> None:
    text = (
        "rcid,date,iso3,vote\n"
        "10,1985-12-10,RUS,1\n10,1985-12-10,SRB,1\n10,1985-12-10,UKR,1\n10,1985-12-10,KAZ,9\n10,1985-12-10,CZE,9\n"
        "20,1995-12-10,RUS,1\n"
    )
    reading = read([write(tmp_path / "v.csv", text)])
    assert votes(reading) == {
        ("rcid:10", "SUN", "yes"),
        ("rcid:10", "YUG", "yes"),
        ("rcid:10", "UKR", "yes"),  # a member of the UN that was no sovereign state
        ("rcid:20", "RUS", "yes"),
    }
    assert reading.ignored == {"not a member: the state did not exist at the date": 2}
    assert any(note.startswith("1 votes of UN members outside their dates") for note in reading.notes)


def test_bad_rows_are_rejected_with_their_line_and_reason(tmp_path: Path) -> None:
    text = (
        "rcid,date,iso3,vote\n"
        "1,2019-11-14,KAZ,7\n"
        "1,2019-11-14,XXX,1\n"
        "1,14/11/2019,RUS,1\n"
        "1,2091-11-14,RUS,1\n"
        "1,2019-11-14,RUS\n"
        "1,2019-11-14,RUS,\n"
        "1,2019-11-14,USA,3\n"
        "1,2019-11-14,USA,3\n"
        "1,2019-11-14,USA,1\n"
    )
    reading = read([write(tmp_path / "v.csv", text)])
    assert votes(reading) == {("rcid:1", "USA", "no")}
    found = {line: reason for _, line, reason in reasons(reading)}
    assert found == {
        2: "unknown vote code 7",
        3: "unknown state XXX",
        4: "the date 14/11/2019 is not a day (YYYY-MM-DD)",
        5: "the date 2091-11-14 lies outside the life of the UN",
        6: "3 fields where the header has 4",
        7: "unknown vote code ",
        10: "contradicts v.csv line 8: vote yes against no",
    }
    assert reading.ignored == {"exact repetitions": 1}
    assert reading.rejected[1].text == "1,2019-11-14,KAZ,7"


def test_a_number_used_on_two_days_is_two_roll_calls(tmp_path: Path) -> None:
    text = "rcid,date,iso3,vote\n427,1955-11-02,FRA,1\n427,2023-11-02,FRA,3\n"
    meta = "rcid,date,session,unres\n427,1955-11-02,10,R/10/900\n"
    reading = read([write(tmp_path / "v.csv", text), write(tmp_path / "m.csv", meta)])
    assert votes(reading) == {("rcid:427", "FRA", "yes"), ("rcid:427@2023-11-02", "FRA", "no")}
    assert rolls(reading)["rcid:427"]["resolution"] == "R/10/900"
    assert rolls(reading)["rcid:427@2023-11-02"]["resolution"] is None
    assert "1 roll-call numbers were used on a second day; these are called NUMBER@DATE." in reading.notes


def test_unknown_layouts_and_encodings_are_explained(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"none of the known layouts.*a, b.*Choices: rcid, vote and iso3"):
        read([write(tmp_path / "a.csv", "a,b\n1,2\n")])
    path = tmp_path / "latin.csv"
    path.write_bytes("resolution,date,country,vote\nA/RES/1/1,2022-03-02,CÔTE D'IVOIRE,Y\n".encode("latin-1"))
    with pytest.raises(BadFile, match="looks like latin-1"):
        read([path])


def test_card_names_what_the_reader_delivers() -> None:
    assert SOURCE.card.name == "un_votes"
    assert set(SOURCE.card.tables) == {"votes", "roll_calls"}
    assert {"yes", "abstain", "no", "absent", "not_member"} < set(VOTES)
