"""Eurostat Comext: trade of the EU's member states by eight-digit product and month."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, read_rows
from equidistance.sources.goods import NO_STATE, TOTAL, WORLD, Layout, Repairs, goods_of, goods_reading
from equidistance.sources.iso2 import alpha3
from equidistance.sources.lookup import count, decimal_numbers, iso_state, named_state, renamed

_BULK = ("REPORTER", "PARTNER", "PRODUCT_NC", "FLOW", "PERIOD")
_OLD_BULK = ("DECLARANT_ISO", "PARTNER_ISO", "PRODUCT_NC", "FLOW", "PERIOD")
_BROWSER = ("cn", "flow", "indicator", "reporter", "partner", "month", "value_eur")
_TOTALS = ("reporter", "partner", "flow", "date", "value_eur")

_FLOWS = {"1": "import", "2": "export", "import": "import", "export": "export"}

CARD = Card(
    name="trade_comext",
    title="Comext: international trade in goods of the EU by CN8 product",
    publisher="Eurostat",
    licence="CC BY 4.0",
    citation="Eurostat. International trade in goods, detailed data (Comext). https://ec.europa.eu/eurostat",
    address="https://ec.europa.eu/eurostat/databrowser/bulk?selectedTab=fileComext",
    files={
        "full*.dat": "an unpacked bulk file: REPORTER, PARTNER, TRADE_TYPE, PRODUCT_NC, FLOW, PERIOD, VALUE_EUR, "
        "QUANTITY_KG (before 2024 DECLARANT_ISO, PARTNER_ISO, VALUE_IN_EUROS, QUANTITY_IN_KG)",
        "*comext_cn8*.parquet": "cn, flow, indicator, reporter, partner, month, value_eur: a table of the browser",
        "eu_members_uk_monthly_total_exports_*.parquet": "reporter, partner, flow, date, value_eur: all products",
    },
    tables=("goods",),
    coverage=(date(2002, 1, 1), None),
    states="the EU's member states (the United Kingdom until 2020) with all partners",
    cadence="monthly",
    caveats=(
        "Current euro. Exports without freight (FOB), imports with it (CIF).",
        "Eight digits (Combined Nomenclature): the first six are the Harmonized System's of that year.",
        "Rows of 4 digits are the whole heading with the products of 8 digits in it: never add the two.",
        "Small or confidential flows are hidden in codes with letters; such rows are left out and counted.",
        "Goods in transit are not exports: a member state's exports may leave through another one.",
        "The publisher packs the bulk files with 7-Zip: unpack them first.",
    ),
    rows=(1, 10**9),
    apart=True,
)


def read(paths: Sequence[Path]) -> Reading:
    """Read bulk files, browser tables or totals into ``goods``; products keep their 8 or 4 digits.

    Raises:
        BadFile: none of the layouts, or no flow between two states.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    repairs = Repairs()
    parts = []
    for path in paths:
        table, malformed, coded = _rows_of(path, ignored)
        rejected.extend(malformed)
        layout = Layout(
            state=_coded if coded else _named,
            flow=lambda text: _FLOWS.get(text.strip().lower()),
            currency="EUR",
            classification="CN",
            vintage="Comext",
            lengths=(0, 4, 8),
        )
        parts.append(goods_of(path, table, layout, rejected, ignored, repairs))
    return goods_reading(paths, parts, rejected, ignored, repairs)


def _rows_of(path: Path, ignored: dict[str, int]) -> tuple[pa.Table, list[Rejected], bool]:
    """The rows under the shared names, the malformed ones, and whether states come as codes."""
    names = set(columns_of(path))
    if set(_BULK) <= names or set(_OLD_BULK) <= names:
        old = "DECLARANT_ISO" in names
        value, weight = next(
            (
                pair
                for pair in (("VALUE_EUR", "QUANTITY_KG"), ("VALUE_IN_EUROS", "QUANTITY_IN_KG"))
                if pair[0] in names
            ),
            ("VALUE_EUR", "QUANTITY_KG"),
        )
        table, malformed = read_rows(path, [*(_OLD_BULK if old else _BULK), value, weight])
        table = table.select([*(_OLD_BULK if old else _BULK), value, weight, "line"])
        table = table.rename_columns(
            ["reporter", "partner", "product", "flow", "period", "value", "kg", "line"]
        )
        table = _without_hidden(_summed(table), ignored)
        return table, malformed, True
    if set(_BROWSER) <= names:
        table, malformed = read_rows(path, _BROWSER)
        euros = pc.equal(table["indicator"], "VALUE_IN_EUROS")
        count(ignored, "an indicator that is not the value in euro", pc.sum(pc.invert(euros)).as_py() or 0)
        table = renamed(table.filter(euros), {"cn": "product", "month": "period", "value_eur": "value"})
        return _without_hidden(table, ignored), malformed, False
    if set(_TOTALS) <= names:
        table, malformed = read_rows(path, _TOTALS)
        table = renamed(table, {"date": "period", "value_eur": "value"})
        return table.append_column("product", pa.repeat(TOTAL, table.num_rows)), malformed, False
    raise BadFile(
        f"{path} has none of the layouts of trade_comext; it has the columns {', '.join(sorted(names))[:400]}.",
        choices=list(CARD.files),
        hint="See: equidistance sources trade_comext",
    )


def _summed(table: pa.Table) -> pa.Table:
    """One row per flow: the bulk file has one for each customs procedure, which are parts and add up.

    Rows whose numbers cannot be added stay as they are, to be refused with their line.
    """
    keys = ["reporter", "partner", "product", "flow", "period"]
    weight = pc.if_else(pc.equal(table["kg"], ""), "0", table["kg"])
    value, kg = decimal_numbers(table["value"]), decimal_numbers(weight)
    fine = pc.and_(pc.greater_equal(value, 0), pc.greater_equal(kg, 0))
    fine = pc.fill_null(fine, False)
    sums = (
        table.append_column("_value", value)
        .append_column("_kg", kg)
        .filter(fine)
        .group_by(keys)
        .aggregate([("_value", "sum"), ("_kg", "sum"), ("line", "min")])
    )
    whole = pa.table(
        {
            **{name: sums[name] for name in keys},
            "value": pc.cast(sums["_value_sum"], pa.string()),
            "kg": pc.cast(sums["_kg_sum"], pa.string()),
            "line": sums["line_min"],
        }
    )
    return pa.concat_tables([whole, table.select(whole.column_names).filter(pc.invert(fine))])


def _without_hidden(table: pa.Table, ignored: dict[str, int]) -> pa.Table:
    hidden = pc.match_substring_regex(table["product"], r"^\d*[A-Za-z]")
    hidden = pc.and_(hidden, pc.not_equal(pc.utf8_upper(table["product"]), TOTAL))
    count(ignored, "a confidential product (a code with letters)", pc.sum(hidden).as_py() or 0)
    return table.filter(pc.invert(hidden))


def _coded(code: str, year: int) -> str | None:
    text = code.strip().upper()
    if not text:
        return None
    known = alpha3().get(text)
    if known is None:  # a territory (HK, GL), ships' stores (QP), a group (WORLD, EU27_2020_EXTRA)
        return WORLD if text == "WORLD" else NO_STATE
    return iso_state(known, year) or NO_STATE


def _named(name: str, year: int) -> str | None:
    text = name.partition(" (")[0].strip()
    return named_state(text, year) if text else None


SOURCE = Source(CARD, read)
