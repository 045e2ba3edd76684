"""Reading trade: ITPD-E's pair-years and Kazakhstan's statistics by partner."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources import trade_itpde, trade_kazakhstan
from equidistance.sources.card import Reading

Flow = tuple[str, str, int, float]
KAZ = "year,partner_ru,turnover_kusd,export_kusd,import_kusd,vintage\n"


def read_itpde(folder: Path, *flows: Flow) -> Reading:
    exporter, importer, year, value = (list(column) for column in zip(*flows, strict=True))
    path = folder / "itpde.parquet"
    table = {"exporter": exporter, "importer": importer, "year": year, "trade_usd2010": value}
    pq.write_table(pa.table({**table, "exists": [1] * len(year)}), path)
    return trade_itpde.SOURCE.read([path])


def test_pair_years_become_reconciled_flows(tmp_path: Path) -> None:
    reading = read_itpde(tmp_path, ("KAZ", "RUS", 2016, 3.5e9), ("TUV", "TUR", 2016, 0.0))
    table = reading.tables["trade"]
    assert table.schema == TABLES["trade"].schema
    first, zero = table.to_pylist()
    assert first == {
        "exporter": "KAZ",
        "importer": "RUS",
        "year": 2016,
        "value_usd": 3.5e9,
        "reporter": "reconciled",
        "vintage": "release 1",
        "prices": "constant 2010 USD",
        "file": "itpde.parquet",
        "row": 1,
    }
    assert zero["value_usd"] == 0.0
    assert reading.coverage == ((date(2016, 1, 1), date(2016, 12, 31)),)


def test_domestic_trade_and_economies_that_are_no_states_are_counted(tmp_path: Path) -> None:
    reading = read_itpde(
        tmp_path,
        ("KAZ", "KAZ", 2016, 1e11),
        ("KAZ", "COK", 2016, 5.0),
        ("ESH", "KAZ", 2016, 5.0),
        ("KAZ", "RUS", 2016, 1.0),
    )
    assert reading.ignored == {
        "trade of an economy with itself": 1,
        "trade with an economy that is not a state (COK, ESH, NIU)": 2,
    }
    assert len(reading.tables["trade"]) == 1


def test_former_codes_are_read_and_impossible_ones_rejected(tmp_path: Path) -> None:
    reading = read_itpde(
        tmp_path,
        ("ROM", "KAZ", 2000, 1.0),
        ("XXX", "KAZ", 2000, 1.0),
        ("KAZ", "MNE", 2001, 1.0),
        ("KAZ", "RUS", 2000, -1.0),
        ("KAZ", "RUS", 2000, float("nan")),
    )
    assert reading.tables["trade"]["exporter"].to_pylist() == ["ROU"]
    assert [(one.line, one.reason) for one in reading.rejected] == [
        (2, "exporter is not the code of a state of that year"),
        (3, "importer is not the code of a state of that year"),
        (4, "trade_usd2010 is not an amount"),
        (5, "trade_usd2010 is not an amount"),
    ]


def test_a_repeated_flow_is_counted_and_a_contradiction_rejected(tmp_path: Path) -> None:
    flow = ("KAZ", "RUS", 2016, 1.0)
    reading = read_itpde(tmp_path, flow, flow, ("KAZ", "RUS", 2016, 2.0))
    assert len(reading.tables["trade"]) == 1
    assert reading.ignored == {"the same flow again": 1}
    (rejected,) = reading.rejected
    assert "contradicts itpde.parquet line 1" in rejected.reason


def read_kaz(folder: Path, rows: str) -> Reading:
    path = folder / "kz.csv"
    path.write_text(KAZ + rows, encoding="utf-8")
    return trade_kazakhstan.SOURCE.read([path])


def test_each_row_is_an_export_and_an_import_in_dollars(tmp_path: Path) -> None:
    reading = read_kaz(tmp_path, "2018,Россия,18517344.6,5279873.7,13237470.9,first release\n")
    table = reading.tables["trade"]
    assert table.schema == TABLES["trade"].schema
    exported, imported = table.to_pylist()
    assert (exported["exporter"], exported["importer"]) == ("KAZ", "RUS")
    assert exported["value_usd"] == pytest.approx(5_279_873_700)
    assert (imported["exporter"], imported["importer"]) == ("RUS", "KAZ")
    assert imported["value_usd"] == pytest.approx(13_237_470_900)
    assert {row["reporter"] for row in (exported, imported)} == {"KAZ"}
    assert {row["prices"] for row in (exported, imported)} == {"current USD"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ('"Всего\nв том числе"', "WLD"),
        ("Всего", "WLD"),
        ("Конго", "COG"),
        ("Демократическая Республика Конго", "COD"),
        ("Соединенные Штаты Америки", "USA"),
        ("Республика Корея", "KOR"),
        ("Тайвань (Китай)", "TWN"),
        ('"Молдова, Республика"', "MDA"),
        ("Черногория (Монтенегро)", "MNE"),
        ("Кот-Д'Ивуар", "CIV"),
    ],
)
def test_partner_names_of_the_publisher(tmp_path: Path, name: str, code: str) -> None:
    reading = read_kaz(tmp_path, f"2018,{name},3,1,2,first release\n")
    assert reading.tables["trade"]["importer"].to_pylist() == [code, "KAZ"]


def test_groups_and_territories_are_counted(tmp_path: Path) -> None:
    rows = "2018,Страны ЕАЭС,3,1,2,v\n2018,Гонконг,3,1,2,v\n2018,Азия,3,1,2,v\n2018,Китай,3,1,2,v\n"
    reading = read_kaz(tmp_path, rows)
    assert reading.ignored == {"a group of countries": 2, "a territory that is not a state": 1}
    assert len(reading.tables["trade"]) == 2


def test_a_blank_is_zero_only_where_turnover_says_so(tmp_path: Path) -> None:
    reading = read_kaz(tmp_path, "2018,Куба,2.5,,2.5,v\n2018,Чили,9,,2.5,v\n")
    assert reading.tables["trade"]["value_usd"].to_pylist() == [0.0, 2500.0]
    assert [one.reason for one in reading.rejected] == ["turnover is not exports plus imports"]


def test_vintages_are_kept_apart(tmp_path: Path) -> None:
    rows = "2022,Китай,3,1,2,first release\n2022,Китай,4,2,2,2024-07 release\n"
    reading = read_kaz(tmp_path, rows)
    assert reading.tables["trade"]["vintage"].to_pylist() == ["first release"] * 2 + ["2024-07 release"] * 2
    assert reading.rejected == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2018,Страна Оз,3,1,2,v", "unknown partner 'Страна Оз'"),
        ("2018,Казахстан,3,1,2,v", "Kazakhstan as its own partner"),
        ("2018,Китай,three,1,2,v", "turnover, exports or imports are not numbers"),
        ("2018,Китай,1,-1,2,v", "turnover is not exports plus imports"),
        ("2018,Китай,nan,nan,2,v", "turnover is not exports plus imports"),
        ("18,Китай,3,1,2,v", "'18' is not a year since 1946"),
        ("2018,Китай,3,1,2,", "no vintage"),
    ],
)
def test_malformed_rows_are_rejected(tmp_path: Path, row: str, reason: str) -> None:
    reading = read_kaz(tmp_path, f"2018,Россия,3,1,2,v\n{row}\n")
    (rejected,) = reading.rejected
    assert (rejected.line, rejected.reason) == (3, reason)


def test_wrong_columns_and_empty_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    for source in (trade_itpde.SOURCE, trade_kazakhstan.SOURCE):
        with pytest.raises(BadFile, match="lacks the columns"):
            source.read([path])
    with pytest.raises(BadFile, match="since 1946"):
        read_kaz(tmp_path, "2018,Азия,3,1,2,v\n")
    with pytest.raises(BadFile, match="since 1946"):
        read_itpde(tmp_path, ("KAZ", "KAZ", 2016, 1.0))
