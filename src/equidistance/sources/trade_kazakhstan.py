"""Kazakhstan's Bureau of National Statistics: exports and imports by partner country."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen
from equidistance.sources.lookup import (
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    covered_years,
    named_state,
    nothing_left,
    parse_year,
)

WORLD = "WLD"
"""The partner code of the publisher's own total."""

_TOTALS = frozenset(("всего", "всего в том числе"))

_GROUPS = frozenset(
    (
        "страны снг",
        "страны еаэс",
        "страны вне еаэс",
        "остальные страны мира",
        "европа",
        "страны ес",
        "страны вне ес",
        "азия",
        "америка",
        "африка",
        "австралия и океания",
    )
)

_TERRITORIES = frozenset(
    (
        "аландские острова",
        "американское самоа",
        "ангилья (брит.)",
        "бермуды",
        "британская территория в индийском океане",
        "виргинские острова (брит.)",
        "виргинские острова (сша)",
        "виргинские острова, сша",
        "гваделупа",
        "гернси",
        "гибралтар (брит.)",
        "гонконг",
        "гренландия",
        "гуам (сша)",
        "джерси",
        "западная сахара",
        "каймановы острова (брит.)",
        "кокосовые (килинг) острова",
        "кюрасао",
        "майотта",
        "макао",
        "малые тихоокеан. отдален. острова сша",
        "малые тихоокеан. отдаленные остроа сша",
        "мартиника",
        "монтсеррат",
        "ниуэ",
        "новая каледония",
        "остров мэн",
        "остров рождества",
        "остров святой елены",
        "острова кука (н.зел.)",
        "острова теркс и кайкос",
        "питкерн",
        "пуэрто-рико",
        "реюньон",
        "северные марианские острова",
        "сен-бартелеми",
        "токелау",
        "уоллис и футуна",
        "фарерские острова",
        "фолклендские острова (мальвинские)",
        "французкие южные территории",
        "французская гвиана",
        "французская полинезия",
        "французские южные территории",
        "южн.джорджия и южн.сандвич.острова",
    )
)
"""Partners that are not states, spelt as the publisher spells them, in lower case."""

_PARTNERS = {"конго": "COG"}
"""Names that stand for two states; the publisher writes the other one "Демократическая Республика Конго"."""

_TOLERANCE = 0.2
"""Turnover may differ from exports plus imports by rounding (thousand US dollars)."""

CARD = Card(
    name="trade_kazakhstan",
    title="Foreign trade of the Republic of Kazakhstan by country",
    publisher="Bureau of National Statistics of the Republic of Kazakhstan",
    licence="CC BY 4.0",
    citation=(
        "Bureau of National Statistics of the Republic of Kazakhstan. Foreign trade of the Republic of "
        "Kazakhstan by country, 2018-2023. https://stat.gov.kz"
    ),
    address="https://stat.gov.kz/en/industries/economy/foreign-market/",
    files={
        "kz_bns_trade_by_partner_*.csv": "year, partner_ru, turnover_kusd, export_kusd, import_kusd, vintage",
    },
    tables=("trade",),
    coverage=(date(2018, 1, 1), date(2023, 12, 31)),
    states="Kazakhstan with all partners",
    cadence="yearly",
    caveats=(
        "Partner names are Russian, in the publisher's spelling.",
        "Goods only, in current US dollars; ITPD-E has services too, so the two do not join without a step.",
        "Groups of countries (CIS, EU, Asia, ...) are left out; the world total is kept as partner WLD.",
        "2022 was published twice: 'first release' and '2024-07 release'. The later one is a share's value, "
        "their difference its error (in the copy seen here the two are equal).",
        "A blank is read as zero only where turnover equals the other direction.",
        "The publisher offers spreadsheets; the CSV file is made from them.",
    ),
    rows=(1_000, 100_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read both directions of each row into ``trade`` (reporter ``KAZ``), in US dollars.

    Raises:
        BadFile: other columns, or no usable row.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    flows: list[dict[str, object]] = []
    columns = ("year", "partner_ru", "turnover_kusd", "export_kusd", "import_kusd", "vintage")
    for path in paths:
        flows += convert_rows(path, columns, _flows, rejected, ignored)
    trade = pa.Table.from_pylist(flows, schema=TABLES["trade"].schema)
    if not trade.num_rows:
        raise nothing_left([path.name for path in paths], "trade with a state")
    trade, contradictions, repeated = first_seen(trade, TABLES["trade"].key)
    rejected.extend(contradictions)
    count(ignored, "the same flow again", repeated)
    return Reading({"trade": trade}, covered_years(trade["year"]), tuple(rejected), ignored)


def _flows(row: dict[str, str]) -> list[dict[str, object]]:
    """The export and the import of a row."""
    name = " ".join(row["partner_ru"].split()).casefold()
    if name in _GROUPS:
        raise IgnoredRowError("a group of countries")
    if name in _TERRITORIES:
        raise IgnoredRowError("a territory that is not a state")
    year = parse_year(row["year"])
    if not row["vintage"].strip():
        raise MalformedRowError("no vintage")
    partner = WORLD if name in _TOTALS else named_state(_PARTNERS.get(name, name), year)
    if partner is None:
        raise MalformedRowError(f"unknown partner {row['partner_ru']!r}")
    if partner == "KAZ":
        raise MalformedRowError("Kazakhstan as its own partner")
    exports, imports = _amounts(row)
    common = {"year": year, "reporter": "KAZ", "vintage": row["vintage"], "prices": "current USD"}
    return [
        common | {"exporter": "KAZ", "importer": partner, "value_usd": exports * 1000},
        common | {"exporter": partner, "importer": "KAZ", "value_usd": imports * 1000},
    ]


def _amounts(row: dict[str, str]) -> tuple[float, float]:
    """Exports and imports in thousand US dollars, a blank as zero if turnover is their sum."""
    try:
        exports, imports = (float(row[name] or 0) for name in ("export_kusd", "import_kusd"))
        turnover = float(row["turnover_kusd"])
    except ValueError:
        raise MalformedRowError("turnover, exports or imports are not numbers") from None
    if not (exports >= 0 and imports >= 0 and abs(turnover - exports - imports) <= _TOLERANCE):
        raise MalformedRowError("turnover is not exports plus imports")
    return exports, imports


SOURCE = Source(CARD, read)
