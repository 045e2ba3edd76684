"""Reading trade by product: real layouts, known duplicates, and what is refused or repaired visibly."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equidistance.errors import BadFile, FetchError, InvalidRequest
from equidistance.evidence.schema import TABLES
from equidistance.ground.hs import product_code, revision, revision_of_year
from equidistance.ground.states import all_states
from equidistance.sources import comtrade_api
from equidistance.sources.card import Reading, get_source
from equidistance.sources.iso2 import alpha3

PLAIN = "reporter,partner,flow,period,product,value_usd,kg"
COMTRADE = (
    "typeCode,freqCode,refYear,refMonth,period,reporterCode,reporterISO,flowCode,partnerCode,partner2Code,"
    "classificationCode,cmdCode,aggrLevel,customsCode,mosCode,motCode,qty,netWgt,cifvalue,fobvalue,primaryValue"
)
BULK = (
    "REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,FLOW,STAT_PROCEDURE,SUPPL_UNIT,PERIOD,VALUE_EUR,"
    "VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_UNIT"
)


def read(folder: Path, source: str, header: str, *rows: str, name: str = "trade_products_x.csv") -> Reading:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return get_source(source).read([path])


def plain(folder: Path, *rows: str, header: str = PLAIN) -> Reading:
    return read(folder, "trade_products", header, *rows)


def reasons(reading: Reading) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in reading.rejected]


def test_plain_rows_become_directed_flows(tmp_path: Path) -> None:
    reading = plain(
        tmp_path,
        "KAZ,RUS,export,2022-03,854231,1000,5",
        "Казахстан,Germany,import,2022-03,854231,2000,",
        "KAZ,WLD,re-export,2022,854231,9,0",
    )
    table = reading.tables["goods"]
    assert table.schema == TABLES["goods"].schema
    rows = table.to_pylist()
    assert [(r["exporter"], r["importer"], r["reporter"], r["value"], r["kg"]) for r in rows] == [
        ("KAZ", "RUS", "KAZ", 1000.0, 5.0),
        ("DEU", "KAZ", "KAZ", 2000.0, None),
        ("KAZ", "WLD", "KAZ", 9.0, None),  # a weight of zero is no weight
    ]
    assert [(r["period"], r["frequency"]) for r in rows] == [
        (date(2022, 3, 1), "month"),
        (date(2022, 3, 1), "month"),
        (date(2022, 1, 1), "year"),
    ]
    assert reading.coverage == ((date(2022, 1, 1), date(2022, 12, 31)),)


def test_bad_rows_are_refused_each_with_its_reason(tmp_path: Path) -> None:
    reading = plain(
        tmp_path,
        "KAZ,RUS,export,2022-03,010121,1,1",
        "KAZ,KAZ,export,2022-03,854231,1,1",
        "KAZ,,export,2022-03,854231,1,1",
        "KAZ,RUS,export,2022-03,854231,-1,1",
        "KAZ,RUS,export,2022-04,854231,1,-1",
        "KAZ,RUS,export,2022-13,854231,1,1",
        "KAZ,RUS,sold,2022-03,854231,1,1",
        "KAZ,RUS,export,2022-03,85A231,1,1",
        "KAZ,RUS,export,2022-03,854231,x,1",
        "KAZ,Atlantis,export,2022-03,854231,1,1",
        "KAZ,RUS,export,2022-05,854231,1,heavy",
        "KAZ,RUS,export,2022-06,10121,1,1",
    )
    assert reasons(reading) == [
        (3, "reporter equals partner"),
        (4, "partner is empty"),
        (5, "value is negative"),
        (6, "quantity is negative"),
        (7, "period is not a month or year"),
        (8, "flow is not known"),
        (9, "product is not a code of the Harmonized System: 4, 6 or 8 digits (a leading zero lost?)"),
        (10, "value is not an amount"),
        (11, "partner is not a state of that time"),
        (12, "kg is not a number"),
        # beside a code with its zero, five digits are a slip and not a spreadsheet's work
        (13, "product is not a code of the Harmonized System: 4, 6 or 8 digits (a leading zero lost?)"),
    ]
    assert len(reading.tables["goods"]) == 1


def test_codes_that_all_lost_their_zero_get_it_back_and_it_is_said(tmp_path: Path) -> None:
    reading = plain(
        tmp_path,
        "KAZ,RUS,export,2022-03,10121,1,",
        "KAZ,RUS,export,2022-03,854231.0,2,",
        "KAZ,RUS,export,2022-04,10121,1,",
    )
    assert reading.tables["goods"]["product"].to_pylist() == ["010121", "854231", "010121"]
    assert reading.notes == (
        "Repaired: a product code written as a decimal number in 1 rows.",
        "Repaired: a product code that had lost its leading zero in 2 rows.",
    )


def test_totals_among_products_are_left_out_and_counted(tmp_path: Path) -> None:
    reading = plain(
        tmp_path,
        "KAZ,RUS,export,2022-03,854231,1,",
        "KAZ,RUS,export,2022-03,8542,3,",
        "KAZ,RUS,export,2022-03,85,5,",
        "KAZ,RUS,export,2022-03,TOTAL,9,",
    )
    assert reading.ignored == {"a total over products": 3}
    assert len(reading.tables["goods"]) == 1


def test_thousands_are_multiplied_because_the_column_says_so(tmp_path: Path) -> None:
    header = PLAIN.replace("value_usd", "value_kusd")
    reading = plain(tmp_path, "KAZ,RUS,export,2022-03,854231,1.5,", header=header)
    assert reading.tables["goods"]["value"].to_pylist() == [1500.0]
    assert reading.notes == ("Repaired: values in kusd multiplied by 1,000 in 1 rows.",)
    with pytest.raises(BadFile, match="more than one column for the value"):
        plain(tmp_path, "KAZ,RUS,export,2022-03,854231,1,1,1", header=PLAIN + ",value_eur")
    with pytest.raises(BadFile, match="no column for the value"):
        plain(tmp_path, "KAZ", header="reporter,partner,flow,period,product,amount")


def test_a_month_twice_is_counted_or_refused(tmp_path: Path) -> None:
    reading = plain(
        tmp_path,
        "KAZ,RUS,export,2022-03,854231,1,",
        "KAZ,RUS,export,202203,854231,1,",
        "KAZ,RUS,export,2022-03-01,854231,7,",
    )
    assert reading.ignored == {"the same flow again": 1}
    assert len(reading.rejected) == 1
    assert reading.rejected[0].reason.startswith("contradicts")


def test_mixed_revisions_in_one_period_are_refused(tmp_path: Path) -> None:
    header = PLAIN + ",classification"
    good = plain(
        tmp_path,
        "KAZ,RUS,export,2021-12,854231,1,,HS 2017",
        "KAZ,RUS,export,2022-01,854231,1,,H6",
        header=header,
    )
    assert good.tables["goods"]["classification"].to_pylist() == ["HS2017", "HS2022"]
    with pytest.raises(BadFile, match="KAZ in 2022-03 comes in 2 revisions"):
        plain(
            tmp_path,
            "KAZ,RUS,export,2022-03,854231,1,,H6",
            "KAZ,RUS,export,2022-03,854140,1,,H5",
            header=header,
        )
    with pytest.raises(BadFile, match="not a revision"):
        plain(tmp_path, "KAZ,RUS,export,2022-03,854231,1,,HS1999", header=header)


def test_revisions_and_codes_as_people_write_them() -> None:
    assert {revision(name) for name in ("H6", "HS2022", "hs 2022", "HS22", "2022")} == {"HS2022"}
    assert (revision("HS92"), revision("HS"), revision_of_year(2021)) == ("HS1992", "HS", "HS2017")
    with pytest.raises(InvalidRequest):
        revision("HS2023")
    assert product_code("8542.31") == "854231"
    with pytest.raises(InvalidRequest, match="Did you mean 010121"):
        product_code("10121")


# UN Comtrade


def comtrade_row(reporter: int, partner: int, product: str, value: float, **other: Any) -> str:
    row = dict.fromkeys(COMTRADE.split(","), "") | {
        "typeCode": "C",
        "freqCode": "M",
        "period": "202203",
        "reporterCode": reporter,
        "flowCode": "X",
        "partnerCode": partner,
        "partner2Code": 0,
        "classificationCode": "H6",
        "cmdCode": product,
        "customsCode": "C00",
        "mosCode": 0,
        "motCode": 0,
        "netWgt": 10,
        "primaryValue": value,
    }
    return ",".join(str(value) for value in (row | other).values())


def comtrade(folder: Path, *rows: str) -> Reading:
    return read(folder, "trade_comtrade", COMTRADE, *rows, name="comtrade_x.csv")


def test_breakdowns_left_free_do_not_double_a_flow(tmp_path: Path) -> None:
    reading = comtrade(
        tmp_path,
        comtrade_row(398, 643, "854231", 100),
        comtrade_row(398, 643, "854231", 60, motCode=1000),
        comtrade_row(398, 643, "854231", 40, motCode=3200),
        comtrade_row(398, 643, "854231", 70, partner2Code=156),
        comtrade_row(398, 643, "854231", 30, customsCode="C04"),
        comtrade_row(398, 643, "854232", 5, motCode=1000),
    )
    assert reading.tables["goods"]["value"].to_pylist() == [100.0]
    assert reading.ignored == {
        "part of a breakdown (second partner, mode of transport or supply, customs code)": 4
    }
    assert reasons(reading) == [(7, "part of a breakdown without its total")]


def test_comtrades_own_numbers_are_read_and_italy_is_one_state(tmp_path: Path) -> None:
    reading = comtrade(
        tmp_path,
        comtrade_row(381, 398, "854231", 10),
        comtrade_row(380, 398, "854231", 10),
        comtrade_row(380, 398, "854232", 3),
        comtrade_row(842, 398, "854231", 20),
        comtrade_row(251, 398, "854231", 30),
        comtrade_row(757, 490, "854231", 40),
        comtrade_row(398, 0, "854231", 50),
        comtrade_row(398, 899, "854231", 60),  # areas not elsewhere specified
        comtrade_row(398, 344, "854231", 70),  # Hong Kong
    )
    rows = reading.tables["goods"].to_pylist()
    assert [(r["exporter"], r["importer"], r["value"]) for r in rows] == [
        ("ITA", "KAZ", 10.0),
        ("ITA", "KAZ", 3.0),
        ("USA", "KAZ", 20.0),
        ("FRA", "KAZ", 30.0),
        ("CHE", "TWN", 40.0),
        ("KAZ", "WLD", 50.0),
    ]
    assert reading.ignored == {"a partner that is not a state": 2, "the same flow again": 1}
    changed = comtrade(tmp_path, comtrade_row(381, 398, "854231", 10), comtrade_row(380, 398, "854231", 11))
    assert changed.rejected[0].reason.startswith("contradicts")


def test_flows_frequencies_and_levels_of_comtrade(tmp_path: Path) -> None:
    reading = comtrade(
        tmp_path,
        comtrade_row(398, 643, "854231", 1, flowCode="M"),
        comtrade_row(398, 643, "854231", 2, flowCode="RX"),
        comtrade_row(398, 643, "854231", 3, flowCode="DX"),
        comtrade_row(398, 643, "854231", 4, flowCode="ZZ"),
        comtrade_row(398, 643, "8542", 5),
        comtrade_row(398, 643, "TOTAL", 6),
        comtrade_row(398, 643, "854231", 7, freqCode="A", period="2021", classificationCode="H5"),
    )
    rows = reading.tables["goods"].to_pylist()
    assert [(r["flow"], r["exporter"], r["frequency"], r["classification"]) for r in rows] == [
        ("import", "RUS", "month", "HS2022"),
        ("re-export", "KAZ", "month", "HS2022"),
        ("export", "KAZ", "year", "HS2017"),
    ]
    assert reading.ignored == {"a flow that is neither export nor import": 1, "a total over products": 2}
    assert reasons(reading) == [(5, "flow is not known")]


def test_a_bulk_file_is_tab_separated_and_a_services_table_refused(tmp_path: Path) -> None:
    text = "\n".join([COMTRADE, comtrade_row(398, 643, "010121", 5)]).replace(",", "\t")
    path = tmp_path / "COMTRADE-FINAL-CM398202203H6.txt"
    path.write_text(text + "\n")
    assert get_source("trade_comtrade").read([path]).tables["goods"]["product"].to_pylist() == ["010121"]
    with pytest.raises(BadFile, match="services"):
        comtrade(tmp_path, comtrade_row(398, 643, "854231", 1, typeCode="S"))


# Eurostat Comext


def test_bulk_rows_are_summed_over_procedures_and_hidden_codes_left_out(tmp_path: Path) -> None:
    rows = (
        "DE,KZ,E,85423190,77640,2,1,NO_SU,202203,100,100,4,0",
        "DE,KZ,E,85423190,77640,2,3,NO_SU,202203,20,20,1,0",
        "GR,KZ,E,01012100,00150,1,1,PST,202203,7,7,,2",
        "DE,KZ,E,85423190,77640,2,1,NO_SU,202252,999,999,9,0",
        "DE,KZ,E,99SSS999,93100,2,1,NO_SU,202203,5,5,1,0",
        "DE,QP,E,85423190,77640,2,1,NO_SU,202203,6,6,1,0",
        "DE,HK,E,85423190,77640,2,1,NO_SU,202203,6,6,1,0",
        "DE,KZ,E,85423190,77640,2,4,NO_SU,202203,-3,-3,1,0",
        "DE,KZ,E,85423190,77640,2,5,NO_SU,202203,many,3,1,0",
    )
    reading = read(tmp_path, "trade_comext", BULK, *rows, name="full_v2_202203.dat")
    found = reading.tables["goods"].sort_by("product").to_pylist()
    assert [
        (r["exporter"], r["importer"], r["product"], r["value"], r["kg"], r["currency"]) for r in found
    ] == [
        ("KAZ", "GRC", "01012100", 7.0, None, "EUR"),
        ("DEU", "KAZ", "85423190", 120.0, 5.0, "EUR"),
    ]
    assert reading.ignored == {
        "a confidential product (a code with letters)": 1,
        "a yearly total among months": 1,
        "a partner that is not a state": 2,
    }
    assert reasons(reading) == [(9, "value is negative"), (10, "value is not an amount")]


def test_the_older_bulk_layout_and_the_browsers_table(tmp_path: Path) -> None:
    header = (
        "DECLARANT,DECLARANT_ISO,PARTNER,PARTNER_ISO,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,FLOW,STAT_REGIME,PERIOD,"
        "VALUE_IN_EUROS,QUANTITY_IN_KG,SUP_QUANTITY"
    )
    old = read(
        tmp_path,
        "trade_comext",
        header,
        "001,FR,0079,KZ,E,85423190,77640,2,1,201803,5,2,0",
        name="full201803.dat",
    )
    assert old.tables["goods"]["exporter"].to_pylist() == ["FRA"]
    path = tmp_path / "a_comext_cn8_b.parquet"
    table = {
        "cn": ["8542", "85423190", "85423190", "85423190"],
        "flow": ["EXPORT"] * 4,
        "indicator": ["VALUE_IN_EUROS"] * 3 + ["QUANTITY_IN_100KG"],
        "reporter": ["France (incl. Saint Barthélemy 'BL' -> 2012)"] * 4,
        "partner": ["Russian Federation (Russia)", "Belarus (Belorussia)", "Kyrgyzstan", "Kyrgyzstan"],
        "month": ["2022-03"] * 4,
        "value_eur": [3.0, 2.0, 1.0, 9.0],
    }
    pq.write_table(pa.table(table), path)
    reading = get_source("trade_comext").read([path])
    rows = reading.tables["goods"].to_pylist()
    assert [(r["importer"], r["product"]) for r in rows] == [
        ("RUS", "8542"),
        ("BLR", "85423190"),
        ("KGZ", "85423190"),
    ]
    assert reading.ignored == {"an indicator that is not the value in euro": 1}
    with pytest.raises(BadFile, match="none of the layouts"):
        read(tmp_path, "trade_comext", "a,b", "1,2", name="full_x.dat")


def test_two_letter_codes_mean_every_state_of_today() -> None:
    known = alpha3()
    today = {state.code for state in all_states() if state.end is None}
    assert set(known.values()) == today
    assert (known["EL"], known["GR"], known["UK"], known["XS"]) == ("GRC", "GRC", "GBR", "SRB")


# Armenia, exchange rates, correlations


def test_armenias_exports_and_reexports_are_two_flows_to_the_world(tmp_path: Path) -> None:
    header = "period,commodity_code,commodity,reexports,X,pct"
    reading = read(
        tmp_path,
        "trade_armenia",
        header,
        '2022-04-01,854231,"Circuits, electronic",40,100,0.1',
        "2022-04-01,854232,x,1,-1,0",
        name="armenia_hs6_monthly_reexports_x.csv",
    )
    rows = reading.tables["goods"].to_pylist()
    assert [(r["flow"], r["importer"], r["product"], r["value"]) for r in rows] == [
        ("export", "WLD", "854231", 100.0),
        ("re-export", "WLD", "854231", 40.0),
        ("re-export", "WLD", "854232", 1.0),
    ]
    assert reasons(reading) == [(3, "value is negative")]


def test_exchange_rates_as_the_central_bank_writes_them(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "exchange_rates",
        "Date,USD,RUB,GBP,",
        "2022-03-01,1.1162,117.201,0.83548,",
        "2022-03-02,1.1106,N/A,0.8344,",
        "yesterday,1,1,1,",
        "2022-03-03,-1,,0.83,",
        name="eurofxref-hist.csv",
    )
    rates = {
        (r["currency"], r["date"].day): r["per_eur"] for r in reading.tables["exchange_rates"].to_pylist()
    }
    assert rates[("USD", 1)] == 1.1162
    assert ("RUB", 2) not in rates
    assert reading.ignored == {"no rate that day": 2}
    assert [one.reason for one in reading.rejected] == ["Date is not a day", "USD is not a rate"]


def test_correlation_tables_name_their_revisions(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "hs_correlations",
        "HS 2022,HS 2017,Relationship",
        "854141,854140,n:1",
        "10121,10121,1:1",
        "ex 8541,854140,",
        name="HS2022-Correlation.csv",
    )
    rows = reading.tables["hs_correlations"].to_pylist()
    assert [(r["from_classification"], r["from_code"], r["to_code"]) for r in rows] == [
        ("HS2022", "854141", "854140"),
        ("HS2022", "010121", "010121"),
    ]
    assert [one.reason for one in reading.rejected] == ["not a pair of six-digit codes"]
    with pytest.raises(BadFile, match="two revisions"):
        read(tmp_path, "hs_correlations", "from,to", "1,2", name="xHSCorrelation.csv")


# The download


class Service(BaseHTTPRequestHandler):
    """A Comtrade that knows one key, is busy once, and remembers what it was asked."""

    asked: list[tuple[str, str | None]]
    busy = 1

    def do_GET(self) -> None:
        type(self).asked.append((self.path, self.headers.get("Ocp-Apim-Subscription-Key")))
        if self.headers.get("Ocp-Apim-Subscription-Key") != "secret":
            self.answer(401, {})
        elif type(self).busy:
            type(self).busy -= 1
            self.answer(429, {})
        else:
            record = dict(
                zip(COMTRADE.split(","), comtrade_row(398, 643, "854231", 5).split(","), strict=True)
            )
            self.answer(200, {"data": [record | {"netWgt": None, "cmdDesc": "x,y"}]})

    def answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[str]:
    Service.asked, Service.busy = [], 1
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_download_asks_for_totals_with_the_key_in_a_header(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMTRADE_API_KEY", "secret")
    waits: list[float] = []
    files = comtrade_api.download(
        "KAZ", "2022-03", tmp_path, partners="RUS", products=["854231"], address=service, sleep=waits.append
    )
    assert [path.name for path in files] == ["comtrade_KAZ_X_202203.csv"]
    asked, key = Service.asked[-1]
    assert key == "secret"
    assert "secret" not in asked
    for part in (
        "/M/HS?",
        "reporterCode=398",
        "partnerCode=643",
        "partner2Code=0",
        "motCode=0",
        "customsCode=C00",
    ):
        assert part in asked
    assert len(waits) == 1  # it was busy once
    assert get_source("trade_comtrade").read(files).tables["goods"]["value"].to_pylist() == [5.0]
    comtrade_api.download("KAZ", "2022-03", tmp_path, partners="RUS", address=service, sleep=waits.append)
    assert len(Service.asked) == 2  # what is there is not asked for again


def test_without_a_key_or_with_a_wrong_one_it_says_what_to_do(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMTRADE_API_KEY", raising=False)
    with pytest.raises(FetchError, match="comtradedeveloper"):
        comtrade_api.download("KAZ", "2022", tmp_path, address=service)
    monkeypatch.setenv("COMTRADE_API_KEY", "wrong")
    with pytest.raises(FetchError, match="refuses the key") as error:
        comtrade_api.download("KAZ", "2022", tmp_path, address=service)
    assert "wrong" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_periods_are_months_or_years_and_not_both() -> None:
    assert comtrade_api.spans("2021:2023") == ["2021", "2022", "2023"]
    assert comtrade_api.spans("2021-12:2022-02,2022-05") == ["202112", "202201", "202202", "202205"]
    for text in ("2021,2022-03", "2021:2022-03"):
        with pytest.raises(InvalidRequest):
            comtrade_api.spans(text)
