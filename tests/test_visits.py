"""Reading visits: who went where, places that are no states, duplicates, titles."""

from datetime import date
from pathlib import Path

import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources import visits_china, visits_us
from equidistance.sources.card import Reading

TRAVELS = "id,role,who,name,start,end,country_id,country,locale,remarks,dup\n"
RECEIVED = "id,start,end,visitor,country_id,country,description\n"
PRC = "Year,Name,Level,Country,Continent\n"


def read_us(folder: Path, travels: str, received: str) -> Reading:
    paths = [folder / "travels.csv", folder / "received.csv"]
    for path, text in zip(paths, (TRAVELS + travels, RECEIVED + received), strict=True):
        path.write_text(text, encoding="utf-8")
    return visits_us.SOURCE.read(paths)


def travel(place: str, day: str = "2011-05-24", *, role: str = "president", dup: str = "False") -> str:
    return f"1,{role},x,Jane Doe,{day},{day},{place},City,Met.,{dup}\n"


def visit(place: str, day: str = "2011-05-24", *, visitor: str = "President X") -> str:
    return f"1,{day},{day},{visitor},{place},Talks.\n"


def test_both_directions_become_records(tmp_path: Path) -> None:
    reading = read_us(
        tmp_path,
        travel("kazakhstan,Kazakhstan", "2015-11-02", role="secretary"),
        visit("kazakhstan,Kazakhstan", "2018-01-16", visitor="President Nursultan Nazarbayev"),
    )
    table = reading.tables["visits"]
    assert table.schema == TABLES["visits"].schema
    went, came = table.to_pylist()
    assert went == {
        "date": date(2015, 11, 2),
        "precision": "day",
        "visitor": "USA",
        "host": "KAZ",
        "person": "Jane Doe",
        "rank": "minister",
        "file": "travels.csv",
        "row": 2,
    }
    assert (came["visitor"], came["host"], came["rank"]) == ("KAZ", "USA", "head")
    assert came["person"] == "President Nursultan Nazarbayev"
    assert reading.rejected == ()


@pytest.mark.parametrize(
    ("place", "day", "code"),
    [
        ("russia,U.S.S.R.", "1988-05-29", "SUN"),
        ("russia,Russia", "1993-01-02", "RUS"),
        ("russia,U.S.S.R.", "1992-02-16", "RUS"),
        ("holy-see,Vatican City", "2021-10-29", "VAT"),
        ('germany,"Germany, Federal Republic of"', "1963-06-23", "DEU"),
        ("korea-south,Korea", "1990-01-01", "KOR"),
        ("congo-democratic-republic,Democratic Republic of the Congo (Zaire)", "2022-08-09", "COD"),
        ("turkiye,Türkiye", "2023-02-19", "TUR"),
        ("burma,Burma (Myanmar)", "2012-11-19", "MMR"),
        ("vietnam,Vietnam", "1966-10-26", "VDR"),
        ("vietnam,Vietnam", "2016-05-22", "VNM"),
        ("serbia,Serbia", "1997-05-31", "SCG"),
        ("yugoslavia,Yugoslavia", "1980-06-24", "YUG"),
        ("west-bank,West Bank", "2024-01-10", "PSE"),
        ("denmark,Denmark (Greenland)", "2021-05-20", "DNK"),
    ],
)
def test_places_are_the_states_of_their_day(tmp_path: Path, place: str, day: str, code: str) -> None:
    reading = read_us(tmp_path, travel(place, day), visit("canada,Canada"))
    assert reading.tables["visits"].to_pylist()[0]["host"] == code


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (travel("bermuda,Bermuda"), "not a state (territory)"),
        (travel("kosovo,Yugoslavia (Kosovo)", "2001-07-24"), "not a state at that date"),
        (travel("canada,Canada", dup="True"), "marked as a duplicate by the publisher"),
        (travel("canada,Canada", "1945-12-31"), "before 1946"),
        (travel("france,France") * 2, "the same person in the same country on the same first day"),
    ],
)
def test_what_is_left_out_is_counted(tmp_path: Path, row: str, reason: str) -> None:
    reading = read_us(tmp_path, travel("japan,Japan") + row, visit("canada,Canada"))
    assert reading.ignored == {reason: 1}
    assert reading.rejected == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (travel("atlantis,Atlantis"), "unknown country 'Atlantis' (atlantis)"),
        (travel("france,France", "2011-13-01"), "start '2011-13-01' is not a date"),
        (travel("france,France", "2911-01-01"), "start '2911-01-01' is not a date of our time"),
        (travel("france,France", role="senator"), "unknown role 'senator'"),
        (travel("france,France", dup="maybe"), "dup is 'maybe', neither True nor False"),
        ("1,president\n", "2 fields where the header has 11"),
    ],
)
def test_malformed_travels_are_rejected(tmp_path: Path, row: str, reason: str) -> None:
    reading = read_us(tmp_path, travel("japan,Japan") + row, visit("canada,Canada"))
    (rejected,) = reading.rejected
    assert (rejected.file, rejected.line, rejected.reason) == ("travels.csv", 3, reason)


@pytest.mark.parametrize(
    ("visitor", "rank"),
    [
        ("Prime Minister Keir Starmer", "head"),
        ("King Abdullah II", "head"),
        ("Federal Chancellor Sebastian Kurz", "head"),
        ("Acting President Park", "head"),
        ("Foreign Minister Sergey Lavrov", "minister"),
        ("President-elect Hugo Chavez", "leader"),
        ("Vice Premier Deng Xiaoping", "leader"),
        ("Valdas Adamkus", "leader"),
    ],
)
def test_the_title_gives_the_rank(tmp_path: Path, visitor: str, rank: str) -> None:
    reading = read_us(tmp_path, travel("japan,Japan"), visit("canada,Canada", visitor=visitor))
    assert reading.tables["visits"].to_pylist()[1]["rank"] == rank


def test_coverage_is_what_both_files_cover(tmp_path: Path) -> None:
    reading = read_us(
        tmp_path,
        travel("canada,Canada", "1906-11-14") + travel("canada,Canada", "2025-02-19"),
        visit("canada,Canada", "1950-01-01") + visit("canada,Canada", "2024-11-12"),
    )
    assert reading.coverage == ((date(1950, 1, 1), date(2024, 11, 12)),)


def test_one_file_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "travels.csv"
    path.write_text(TRAVELS + travel("canada,Canada"), encoding="utf-8")
    with pytest.raises(BadFile, match="needs both its files"):
        visits_us.SOURCE.read([path])


def read_prc(folder: Path, rows: str) -> Reading:
    path = folder / "china.csv"
    path.write_text(PRC + rows, encoding="utf-8")
    return visits_china.SOURCE.read([path])


def test_chinese_journeys_have_the_precision_of_a_year(tmp_path: Path) -> None:
    reading = read_prc(tmp_path, "2013,Xi Jinping,President,Kazakhstan,Asia\n")
    assert reading.tables["visits"].schema == TABLES["visits"].schema
    assert reading.tables["visits"].to_pylist() == [
        {
            "date": date(2013, 1, 1),
            "precision": "year",
            "visitor": "CHN",
            "host": "KAZ",
            "person": "Xi Jinping",
            "rank": "head",
            "file": "china.csv",
            "row": 2,
        }
    ]


def test_a_second_journey_in_a_year_is_kept_apart(tmp_path: Path) -> None:
    rows = "2013,Xi Jinping,President,Russia,Europe\n" * 2 + "2014,Xi Jinping,President,Russia,Europe\n"
    table = read_prc(tmp_path, rows).tables["visits"]
    assert table["person"].to_pylist() == ["Xi Jinping", "Xi Jinping (2)", "Xi Jinping"]


def test_years_without_a_journey_are_covered(tmp_path: Path) -> None:
    rows = "1966,Zhou Enlai,Premier,Pakistan,Asia\n1969,Zhou Enlai,Premier,Vietnam,Asia\n"
    reading = read_prc(tmp_path, rows)
    assert reading.coverage == ((date(1966, 1, 1), date(1969, 12, 31)),)
    assert reading.tables["visits"]["host"].to_pylist() == ["PAK", "VNM"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1985,Li Peng,Premier,Kazakhstan,Asia", "the country 'Kazakhstan' did not exist in that year"),
        ("1985,Li Peng,Premier,Ruritania,Europe", "the country 'Ruritania' is unknown"),
        ("85,Li Peng,Premier,Canada,America", "'85' is not a year since 1946"),
        ("1985,Li Peng,Janitor,Canada,America", "unknown level 'Janitor'"),
        ("1985,,Premier,Canada,America", "no name"),
    ],
)
def test_malformed_journeys_are_rejected(tmp_path: Path, row: str, reason: str) -> None:
    reading = read_prc(tmp_path, f"1984,Li Peng,Premier,Canada,America\n{row}\n")
    (rejected,) = reading.rejected
    assert (rejected.line, rejected.reason) == (3, reason)
