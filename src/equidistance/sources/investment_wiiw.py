"""wiiw FDI Database: foreign direct investment in Kazakhstan by immediate investor and by industry."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen
from equidistance.sources.iso2 import alpha3
from equidistance.sources.lookup import (
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    covered_years,
    decimal,
    nothing_left,
    parse_year,
)

WORLD = "WLD"
"""The investor code of the publisher's own total, territories and undisclosed investors included."""

TOTAL = "TOTAL"
"""The industry of an investor's whole investment, and of all investors together."""

_MEASURES = {"FDI inflow": "inflow", "FDI inward stock": "stock"}
_GROUPS = frozenset(("EU27_2020", "EU28_2013", "EU15_1995"))
_TERRITORIES = frozenset(("AN", "BM", "GG", "GI", "HK", "JE", "KY", "VG"))
_CLASSIFICATIONS = ("NACE Rev. 1", "NACE Rev. 2")
_ALL_INDUSTRIES = ("Total by activities", "Total by industries")
_YEAR = re.compile(r"_(\d{4})")
_ONE_LETTER = re.compile(r"[A-Z] ")
_COMMON = ("Country-Code", "Direction", "Unit")

CARD = Card(
    name="investment_wiiw",
    title="wiiw FDI Database: Kazakhstan by partner and by activity",
    publisher="Vienna Institute for International Economic Studies (wiiw), from the National Bank of Kazakhstan",
    licence="none stated; free for research with citation",
    citation=(
        "Vienna Institute for International Economic Studies. wiiw FDI Database. FDI by partner; FDI by activities: "
        "Kazakhstan. Source: National Bank of Kazakhstan. https://wiiw.ac.at"
    ),
    address="https://wiiw.ac.at/fdi-database.html",
    files={
        "wiiw_partners*.csv": "Country-Code, Direction, Partner-Code, Partner, Unit, ..., _2003, ..., _2021",
        "wiiw-fdi-database*.csv": "Country-Code, Direction, Classification, Industry/Product, Unit, ..., _2000, ...",
    },
    tables=("investment",),
    coverage=(date(2003, 1, 1), date(2021, 12, 31)),
    states="investors in Kazakhstan",
    cadence="yearly",
    caveats=(
        "The immediate investor: what comes through the Netherlands, Luxembourg or Cyprus has other owners, and "
        "some of it is Kazakh, Chinese or Russian money.",
        "Million euros; a stock is that at the end of the year, an inflow may be negative.",
        "'.' is missing, never zero; rows in per cent repeat the amounts and are left out.",
        "Breaks: until 2012 by BPM5, from 2013 by BPM6; in 2016 geological exploration moved from services to mining.",
        "Territories (Hong Kong, Bermuda, the Virgin Islands, ...) and groups (EU-27) are left out; the world total "
        "holds them.",
    ),
    rows=(1_000, 100_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read either layout, or both, into ``investment``.

    Raises:
        BadFile: neither layout, or no usable amount.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    amounts: list[dict[str, object]] = []

    def partner(row: dict[str, str]) -> list[dict[str, object]]:
        code = row["Partner-Code"]
        if code in _GROUPS:
            raise IgnoredRowError("a group of countries")
        if code in _TERRITORIES:
            raise IgnoredRowError("a territory that is not a state")
        investor = WORLD if code == "WORLD" else alpha3().get(code)
        if investor is None:
            raise MalformedRowError(f"unknown partner {code!r}")
        return _amounts(row, ignored, investor=investor, classification="partner", industry=TOTAL)

    def industry(row: dict[str, str]) -> list[dict[str, object]]:
        if row["Classification"] not in _CLASSIFICATIONS:
            raise MalformedRowError(f"unknown classification {row['Classification']!r}")
        named = " ".join(row["Industry/Product"].split())
        if not named:
            raise MalformedRowError("no industry")
        if row["Digit"].startswith("NACE 2-letter") and _ONE_LETTER.match(named):
            raise IgnoredRowError("manufacturing as a whole, again at the head of its branches")
        kind = TOTAL if named in _ALL_INDUSTRIES else named
        return _amounts(row, ignored, investor=WORLD, classification=row["Classification"], industry=kind)

    for path in paths:
        if "Partner-Code" in columns_of(path):
            amounts += convert_rows(path, (*_COMMON, "Partner-Code"), partner, rejected, ignored)
        else:
            columns = (*_COMMON, "Classification", "Digit", "Industry/Product")
            amounts += convert_rows(path, columns, industry, rejected, ignored)
    table = pa.Table.from_pylist(amounts, schema=TABLES["investment"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "amount invested")
    table, contradictions, repeated = first_seen(table, TABLES["investment"].key)
    rejected.extend(contradictions)
    count(ignored, "the same amount again", repeated)
    return Reading({"investment": table}, covered_years(table["year"]), tuple(rejected), ignored)


def _amounts(row: dict[str, str], ignored: dict[str, int], **kept: str) -> list[dict[str, object]]:
    """One record for each year with an amount."""
    host = alpha3().get(row["Country-Code"])
    if host is None:
        raise MalformedRowError(f"unknown country {row['Country-Code']!r}")
    if row["Direction"] not in _MEASURES:
        raise MalformedRowError(f"unknown direction {row['Direction']!r}")
    if row["Unit"].startswith("in % of total"):
        raise IgnoredRowError("per cent: the amounts again")
    if row["Unit"] != "EUR m":
        raise MalformedRowError(f"unknown unit {row['Unit']!r}")
    records: list[dict[str, object]] = []
    for column, cell in row.items():
        if not (year := _YEAR.fullmatch(column)):
            continue
        if cell.strip() in (".", ""):
            count(ignored, "amounts that the publisher does not have ('.')")
            continue
        records.append(
            {
                "host": host,
                **kept,
                "year": parse_year(year[1]),
                "measure": _MEASURES[row["Direction"]],
                "value_eur_m": decimal(cell, "the amount"),
            }
        )
    return records


SOURCE = Source(CARD, read)
