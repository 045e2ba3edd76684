"""Reading arms deliveries, Chinese finance, investment and ownership: layouts, what is missing, what is left out."""

from datetime import date
from pathlib import Path

import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources import arms_sipri, finance_china, investment_wiiw, ownership
from equidistance.sources.card import Reading

ARMS = (
    "Transfers of major conventional arms\nA '?' indicates, uncertain data\n"
    "SIPRI AT Database ID,Supplier,Recipient,Designation,Description,Armament category,Order date,"
    "Order date is estimate,"
    "Numbers delivered,Numbers delivered is estimate,Delivery year,Delivery year is estimate,Status,SIPRI estimate,"
    "TIV deal unit,TIV delivery values,Local production\n"
)


def arms(folder: Path, *rows: str) -> Reading:
    path = folder / "sipri_trade_register.csv"
    path.write_text(ARMS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return arms_sipri.SOURCE.read([path])


def delivery(
    deal: int = 1,
    supplier: str = "Russia",
    recipient: str = "Kazakhstan",
    year: str = "2015",
    tiv: str = "210.5",
) -> str:
    return (
        f"{deal},{supplier},{recipient},Su-30MK,fighter,Aircraft,2015,No,4,Yes,{year},No,New,50,50,{tiv},No"
    )


def test_a_delivery_stands_below_the_remarks(tmp_path: Path) -> None:
    reading = arms(tmp_path, delivery())
    table = reading.tables["arms_transfers"]
    assert table.schema == TABLES["arms_transfers"].schema
    [row] = table.to_pylist()
    assert row == {
        "deal": "1",
        "year": 2015,
        "supplier": "RUS",
        "recipient": "KAZ",
        "designation": "Su-30MK",
        "category": "Aircraft",
        "number": 4.0,
        "tiv": 210.5,
        "estimated": True,
        "used": False,
        "file": "sipri_trade_register.csv",
        "row": 4,
    }
    assert reading.coverage == ((date(2015, 1, 1), date(2015, 12, 31)),)


@pytest.mark.parametrize(
    ("name", "year", "code"),
    [
        ("Serbia", "2005", "SCG"),
        ("Serbia", "2007", "SRB"),
        ("Libya GNC", "2015", "LBY"),
        ("Congo", "2010", "COG"),
        ("DR Congo", "2010", "COD"),
        ("Turkiye", "2010", "TUR"),
        ("eSwatini", "2010", "SWZ"),
    ],
)
def test_recipients_are_the_states_of_their_day(tmp_path: Path, name: str, year: str, code: str) -> None:
    [row] = arms(tmp_path, delivery(recipient=name, year=year)).tables["arms_transfers"].to_pylist()
    assert row["recipient"] == code


def test_rebels_receive_nothing_here_and_unknown_suppliers_stay_in_the_total(tmp_path: Path) -> None:
    reading = arms(
        tmp_path,
        delivery(1, recipient="Hamas (Palestine)*"),
        delivery(2, recipient="United Nations**"),
        delivery(3, supplier="unknown supplier(s)"),
        delivery(4, supplier="Libya HoR*"),
    )
    assert [row["supplier"] for row in reading.tables["arms_transfers"].to_pylist()] == [None, None]
    assert sum(reading.ignored.values()) == 2
    assert reading.rejected == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (delivery(2, recipient="Atlantis"), "unknown state 'Atlantis'"),
        (delivery(2, year="20155"), "'20155' is not a year since 1946"),
        (delivery(2, tiv="much"), "the trend-indicator value 'much' is not a number"),
        (delivery(2, tiv="-3"), "is negative"),
        (delivery(2).replace(",New,", ",Rusty,"), "unknown status 'Rusty'"),
        (delivery(1, tiv="9"), "contradicts sipri_trade_register.csv line 4: tiv 9.0 against 210.5"),
    ],
)
def test_malformed_deliveries_are_kept_apart(tmp_path: Path, row: str, reason: str) -> None:
    reading = arms(tmp_path, delivery(), row)
    [rejected] = reading.rejected
    assert rejected.line == 5
    assert reason in rejected.reason


def test_a_file_without_the_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sipri_trade_register.csv"
    path.write_text("a page of remarks\n" * 100, encoding="utf-8")
    with pytest.raises(BadFile, match="SIPRI AT Database ID"):
        arms_sipri.SOURCE.read([path])


# Chinese finance

YEARS = "ccode,year,oof_amt,oof_adj,oda_amt,oda_adj,vof_amt,vof_adj\n"
PROJECTS = (
    "AidData.Record.ID,Amount.(Constant.USD.2021),Title,Status,Sector.Name,Recipient,Recipient.ISO-3,Infrastructure,"
    "Commitment.Year\n"
)


def finance(folder: Path, years: str, projects: str = "") -> Reading:
    paths = []
    for name, text in (
        ("gcdf_country_year.csv", YEARS + years),
        ("gcdf_geocoded_projects.csv", PROJECTS + projects),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        paths.append(folder / name)
    return finance_china.SOURCE.read(paths)


def test_a_year_becomes_three_flows(tmp_path: Path) -> None:
    reading = finance(tmp_path, "705,2009,10,8,3,3,0,0\n")
    rows = reading.tables["finance_flows"].to_pylist()
    assert [(row["recipient"], row["flow"], row["amount_usd"], row["adjusted_usd"]) for row in rows] == [
        ("KAZ", "aid", 3, 3),
        ("KAZ", "loan", 10, 8),
        ("KAZ", "vague", 0, 0),
    ]
    assert {row["lender"] for row in rows} == {"CHN"}


def test_a_number_before_its_state_is_left_out_and_an_unknown_one_rejected(tmp_path: Path) -> None:
    reading = finance(tmp_path, "705,2009,1,1,1,1,0,0\n626,2008,1,1,1,1,0,0\n999,2008,1,1,1,1,0,0\n")
    assert reading.ignored == {"before the recipient was a state": 1}
    assert [row.line for row in reading.rejected] == [4]


def test_a_project_may_lack_its_amount_and_a_region_is_no_recipient(tmp_path: Path) -> None:
    reading = finance(
        tmp_path,
        "705,2009,1,1,1,1,0,0\n",
        "4,,A gift,Completion,HEALTH,Kazakhstan,KAZ,,2009\n"
        "5,7.5,A road,Completion,TRANSPORT,Kazakhstan,KAZ,Yes,2010\n"
        '6,1,Help,Completion,HEALTH,"Africa, regional",,,2010\n'
        "7,1,Help,Completion,HEALTH,Niue,NIU,,2010\n"
        "8,1,Help,Completion,HEALTH,Kazakhstan,KAZ,Maybe,2010\n",
    )
    rows = reading.tables["finance_projects"].to_pylist()
    assert [(row["project"], row["amount_usd"], row["infrastructure"]) for row in rows] == [
        ("4", None, False),
        ("5", 7.5, True),
    ]
    assert sum(reading.ignored.values()) == 2
    assert [row.line for row in reading.rejected] == [6]


def test_projects_alone_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gcdf_geocoded_projects.csv"
    path.write_text(PROJECTS + "4,1,A gift,Completion,HEALTH,Kazakhstan,KAZ,,2009\n", encoding="utf-8")
    with pytest.raises(BadFile, match="needs its yearly table"):
        finance_china.SOURCE.read([path])


# Investment

PARTNERS = '"Country-Code","Direction","Partner-Code","Partner","Unit",_2020,_2021\n'
INDUSTRIES = '"Country-Code","Direction","Classification","Digit","Industry/Product","Unit",_2020,_2021\n'


def investment(folder: Path, header: str, *rows: str) -> Reading:
    path = folder / "wiiw_partners.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return investment_wiiw.SOURCE.read([path])


def test_a_dot_is_missing_and_never_zero(tmp_path: Path) -> None:
    reading = investment(
        tmp_path,
        PARTNERS,
        '"KZ","FDI inward stock","NL","Netherlands","EUR m",.,52143.5',
        '"KZ","FDI inflow","RU","Russia","EUR m",0,-7',
        '"KZ","FDI inflow","WORLD","Total by countries","EUR m",10,.',
    )
    rows = reading.tables["investment"].to_pylist()
    assert [(row["investor"], row["measure"], row["year"], row["value_eur_m"]) for row in rows] == [
        ("NLD", "stock", 2021, 52143.5),
        ("RUS", "inflow", 2020, 0),
        ("RUS", "inflow", 2021, -7),
        ("WLD", "inflow", 2020, 10),
    ]
    assert list(reading.ignored.values()) == [2]


def test_groups_territories_and_per_cents_are_left_out(tmp_path: Path) -> None:
    reading = investment(
        tmp_path,
        PARTNERS,
        '"KZ","FDI inflow","RU","Russia","EUR m",1,2',
        '"KZ","FDI inflow","RU","Russia","in % of total",1,2',
        '"KZ","FDI inflow","EU27_2020","EU - 27","EUR m",1,2',
        '"KZ","FDI inflow","HK","Hong Kong","EUR m",1,2',
        '"KZ","FDI inflow","QQ","Nowhere","EUR m",1,2',
        '"KZ","FDI outflow","RU","Russia","EUR m",1,2',
    )
    assert reading.tables["investment"].num_rows == 2
    assert sum(reading.ignored.values()) == 3
    assert [(row.line, row.reason) for row in reading.rejected] == [
        (6, "unknown partner 'QQ'"),
        (7, "unknown direction 'FDI outflow'"),
    ]


def test_industries_are_of_all_investors_and_manufacturing_is_counted_once(tmp_path: Path) -> None:
    reading = investment(
        tmp_path,
        INDUSTRIES,
        '"KZ","FDI inflow","NACE Rev. 2","NACE 1-letter","Total by activities","EUR m",10,11',
        '"KZ","FDI inflow","NACE Rev. 2","NACE 1-letter","C  Manufacturing","EUR m",4,5',
        '"KZ","FDI inflow","NACE Rev. 2","NACE 2-letter - Manufacturing","C  Manufacturing","EUR m",4,5.01',
        '"KZ","FDI inflow","NACE Rev. 2","NACE 2-letter - Manufacturing","CA  Food","EUR m",1,1',
    )
    rows = reading.tables["investment"].to_pylist()
    assert {row["industry"] for row in rows} == {"TOTAL", "C Manufacturing", "CA Food"}
    assert {row["investor"] for row in rows} == {"WLD"}
    assert len(rows) == 6
    assert reading.rejected == ()


# Ownership

SHARES = "asset,sector,host,owner,owner_iso3,share_pct,as_of,source,confidence\n"


def shares(folder: Path, *rows: str) -> Reading:
    path = folder / "kz_ownership_shares.csv"
    path.write_text(SHARES + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return ownership.SOURCE.read([path])


def test_ventures_hosts_and_expected_sales(tmp_path: Path) -> None:
    reading = shares(
        tmp_path,
        "CPC pipeline,oil_transport,KAZ/RUS,Rosneft-Shell,RUS/GBR,7.5,2024-02,press,high; not stated",
        "Khorasan-U,uranium,KAZ,Uranium One,RUS->CHN,30.0,2024-12,press,medium: expected",
        "Khorasan-U,uranium,KAZ,Kazatomprom,KAZ,,2024-12,press,medium",
        "CPC pipeline,oil_transport,KAZ,others,,7.5,2024-02,press,high",
    )
    found = [
        (row["asset"], row["host"], row["owner_state"], row["share_pct"], row["year"], row["confidence"])
        for row in reading.tables["ownership"].to_pylist()
    ]
    assert found == [
        ("CPC pipeline", "KAZ", "RUS", 3.75, 2024, "high"),
        ("CPC pipeline", "KAZ", "GBR", 3.75, 2024, "high"),
        ("CPC pipeline", "RUS", "RUS", 3.75, 2024, "high"),
        ("CPC pipeline", "RUS", "GBR", 3.75, 2024, "high"),
        ("Khorasan-U", "KAZ", "RUS", 30.0, 2024, "medium"),  # the sale is expected, not done
        ("Khorasan-U", "KAZ", "KAZ", None, 2024, "medium"),
        ("CPC pipeline", "KAZ", None, 7.5, 2024, "high"),
    ]
    assert reading.coverage == ()  # an asset that is not listed is not known to have no foreign owner


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,gold,KAZ,B,RUS,1,2024,press,high", "unknown sector 'gold'"),
        ("A,uranium,KAZ,B,RUS,101,2024,press,high", "not between 0 and 100"),
        ("A,uranium,KAZ,B,Russia,1,2024,press,high", "'Russia' is not the code of a state"),
        ("A,uranium,KAZ,B,RUS,1,lately,press,high", "names no year"),
        ("A,uranium,KAZ,B,RUS,1,2024,press,perhaps", "begins with none of"),
    ],
)
def test_malformed_shares_are_kept_apart(tmp_path: Path, row: str, reason: str) -> None:
    reading = shares(tmp_path, "A,uranium,KAZ,C,CHN,49,2021-06 (planned),press,high", row)
    [rejected] = reading.rejected
    assert rejected.line == 3
    assert reason in rejected.reason


def test_what_assets_produce_is_positive_and_has_a_source() -> None:
    table = ownership.asset_output()
    assert table.schema == TABLES["asset_output"].schema
    rows = table.to_pylist()
    assert len({(row["asset"], row["year"]) for row in rows}) == len(rows)
    assert all(row["quantity"] > 0 and "http" in row["source"] for row in rows)
    assert {row["unit"] for row in rows if row["sector"] == "uranium"} == {"tU"}
