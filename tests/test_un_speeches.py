"""General Debate speeches from a table and from the corpus's text files, and what is refused."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Reading
from equidistance.sources.un_speeches import MAX_CHARACTERS, judge_quality, read

SPEECH = "We thank the President of the Assembly and wish to speak of the peace of the world. " * 20


def table(path: Path, rows: list[tuple[str, int, int, str, str]]) -> Path:
    names = ["iso3", "session", "year", "text", "quality"]
    columns = [pa.array(values) for values in zip(*rows, strict=True)]
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), path)
    return path


def states(reading: Reading) -> dict[tuple[str, int], str]:
    return {(row["state"], row["year"]): row["quality"] for row in reading.tables["speeches"].to_pylist()}


def test_table_with_quality(tmp_path: Path) -> None:
    path = table(
        tmp_path / "ungdc.parquet",
        [
            ("KAZ", 77, 2022, SPEECH, "ok"),
            ("AUS", 80, 2025, "/0 /1", "too_short"),
            ("EU", 77, 2022, SPEECH, "ok"),
            ("KAZ", 77, 2022, SPEECH, "ok"),
            ("KAZ", 77, 2022, SPEECH + "!", "ok"),
        ],
    )
    reading = read([path])
    assert states(reading) == {("KAZ", 2022): "ok", ("AUS", 2025): "too_short"}
    assert reading.tables["speeches"].schema == TABLES["speeches"].schema
    assert reading.tables["speeches"]["row"].to_pylist() == [1, 2]
    assert reading.ignored == {"speeches of the European Union": 1, "exact repetitions": 1}
    assert [(item.line, item.reason.split(":")[0]) for item in reading.rejected] == [
        (5, "contradicts ungdc.parquet line 1")
    ]
    assert reading.coverage == (
        (date(2022, 1, 1), date(2022, 12, 31)),
        (date(2025, 1, 1), date(2025, 12, 31)),
    )
    assert reading.notes == ("1 speeches are marked too_short and not analysed.",)


def test_states_are_those_of_the_day(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.parquet",
        [
            ("RUS", 40, 1985, SPEECH, "ok"),
            ("CZE", 40, 1985, SPEECH, "ok"),
            ("UKR", 40, 1985, SPEECH, "ok"),
            ("YUG", 40, 1985, SPEECH, "ok"),
            ("ZMB", 19, 1964, SPEECH, "ok"),
            ("KAZ", 40, 1985, SPEECH, "ok"),
        ],
    )
    reading = read([path])
    assert {state for state, _ in states(reading)} == {"SUN", "CSK", "UKR", "YUG", "ZMB"}
    assert [(item.line, item.reason) for item in reading.rejected] == [
        (6, "KAZ (Kazakhstan) did not exist in 1985")
    ]


def test_bad_rows(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.parquet",
        [
            ("XXX", 77, 2022, SPEECH, "ok"),
            ("KAZ", 77, 2021, SPEECH, "ok"),
            ("KAZ", 77, 2022, SPEECH, "splendid"),
            ("KAZ", 77, 2022, "a" * (MAX_CHARACTERS + 1), "ok"),
        ],
    )
    reading = read([path])
    assert len(reading.tables["speeches"]) == 0
    assert [item.reason.split(";")[0] for item in reading.rejected] == [
        "unknown state 'XXX'",
        "session 77 did not begin in 2021",
        "unknown quality 'splendid'",
        f"longer than {MAX_CHARACTERS} characters",
    ]
    assert all(len(item.text) <= 500 for item in reading.rejected)


def test_directory_of_text_files(tmp_path: Path) -> None:
    folder = tmp_path / "TXT" / "Session 77 - 2022"
    folder.mkdir(parents=True)
    (folder / "KAZ_77_2022.txt").write_text("\ufeff" + SPEECH, encoding="utf-8")
    (folder / "USA_77_2022.txt").write_text("too short", encoding="utf-8")
    (folder / "FRA_77_2022.txt").write_bytes("Côte ".encode("latin-1") * 300)
    (folder / "._KAZ_77_2022.txt").write_bytes(b"\0\1")
    (folder / "readme.txt").write_text("notes", encoding="utf-8")
    (tmp_path / "speakers.csv").write_text("Year\n", encoding="utf-8")
    reading = read([tmp_path])
    assert states(reading) == {("KAZ", 2022): "ok", ("USA", 2022): "too_short"}
    assert reading.tables["speeches"]["text"][0].as_py() == SPEECH
    assert reading.ignored == {"leftovers of macOS archives (._*)": 1}
    assert {(item.file, item.reason.split(":")[0]) for item in reading.rejected} == {
        ("FRA_77_2022.txt", "not UTF-8 at byte 1"),
        ("readme.txt", "the file is not called like KAZ_77_2022.txt"),
    }
    assert states(read([folder / "KAZ_77_2022.txt"])) == {("KAZ", 2022): "ok"}


def test_csv_edition_and_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "un-general-debates.csv"
    path.write_text(f'session,year,country,text\n77,2022,KAZ,"{SPEECH}\nmore"\n', encoding="utf-8")
    assert states(read([path])) == {("KAZ", 2022): "ok"}
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadFile, match=r"holds no speeches.*KAZ_77_2022\.txt"):
        read([empty])
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadFile, match="lacks the columns iso3, session, year, text"):
        read([path])
    path.write_bytes(b"\x1f\x8b\x08rest")
    with pytest.raises(BadFile, match="Unpack it first"):
        read([path])


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        (SPEECH, "ok"),
        ("short", "too_short"),
        ("/0 /1 /i255 /12 " * 200, "glyph_garbage"),
        ("Уважаемый господин Председатель Генеральной Ассамблеи " * 50, "cyrillic"),
        ("Señor Presidente de la Asamblea General, " * 50, "not_english_or_broken"),
    ],
)
def test_quality_of_a_text(text: str, quality: str) -> None:
    assert judge_quality(text) == quality
