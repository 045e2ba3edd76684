"""Kazakhstan's Bureau of National Statistics: exports and imports by partner country."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen, read_rows, record_text
from equidistance.sources.lookup import FIRST_YEAR, LAST_YEAR, count, covered_years, named_state, nothing_left

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
    publisher="Bureau of National Statistics, Agency for Strategic Planning and Reforms of the Republic of Kazakhstan",
    licence="CC BY 4.0",
    citation=(
        "Bureau of National Statistics of the Republic of Kazakhstan. Foreign trade of the Republic of Kazakhstan by "
        "country, 2018-2023. https://stat.gov.kz"
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
        "2022 was published twice: 'first release' and '2024-07 release'. The later one is a share's value, their "
        "difference its error.",
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
    for path in paths:
        table, malformed = read_rows(
            path, ("year", "partner_ru", "turnover_kusd", "export_kusd", "import_kusd", "vintage")
        )
        rejected.extend(malformed)
        for row in table.to_pylist():
            line = row.pop("line")
            name = " ".join(row["partner_ru"].split())
            if name.casefold() in _GROUPS:
                count(ignored, "a group of countries")
            elif name.casefold() in _TERRITORIES:
                count(ignored, "a territory that is not a state")
            else:
                outcome = _flows(row, name)
                if isinstance(outcome, str):
                    rejected.append(Rejected(path.name, line, outcome, record_text(row)))
                else:
                    flows.extend(flow | {"file": path.name, "row": line} for flow in outcome)
    trade = pa.Table.from_pylist(flows, schema=TABLES["trade"].schema)
    if not trade.num_rows:
        raise nothing_left([path.name for path in paths], "trade with a state")
    trade, contradictions, repeated = first_seen(trade, TABLES["trade"].key)
    rejected.extend(contradictions)
    count(ignored, "the same flow again", repeated)
    return Reading({"trade": trade}, covered_years(trade["year"]), tuple(rejected), ignored)


def _flows(row: dict[str, str], name: str) -> list[dict[str, object]] | str:
    """The row's export and import without their origin, or why it is malformed."""
    if not row["year"].isdecimal() or not FIRST_YEAR <= int(row["year"]) <= LAST_YEAR:
        return f"year {row['year']!r} is not a year"
    if not row["vintage"].strip():
        return "no vintage"
    year = int(row["year"])
    partner = WORLD if name.casefold() in _TOTALS else named_state(_PARTNERS.get(name.casefold(), name), year)
    if partner is None:
        return f"unknown partner {name!r}"
    if partner == "KAZ":
        return "Kazakhstan as its own partner"
    amounts = _amounts(row)
    if amounts is None:
        return "turnover, exports and imports (thousand USD) do not add up to each other"
    exports, imports = amounts
    common = {"year": year, "reporter": "KAZ", "vintage": row["vintage"], "prices": "current USD"}
    return [
        common | {"exporter": "KAZ", "importer": partner, "value_usd": exports * 1000},
        common | {"exporter": partner, "importer": "KAZ", "value_usd": imports * 1000},
    ]


def _amounts(row: dict[str, str]) -> tuple[float, float] | None:
    """Exports and imports in thousand US dollars, a blank as zero; None where turnover is not their sum."""
    try:
        exports, imports = (float(row[name] or 0) for name in ("export_kusd", "import_kusd"))
        turnover = float(row["turnover_kusd"])
    except ValueError:
        return None
    fits = exports >= 0 and imports >= 0 and abs(turnover - exports - imports) <= _TOLERANCE
    return (exports, imports) if fits else None


SOURCE = Source(CARD, read)
