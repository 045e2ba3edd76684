"""Armenia's exports by product and month with estimated re-exports, from the Statistical Committee's figures."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import read_rows
from equidistance.sources.goods import WORLD, Layout, Repairs, goods_of, goods_reading

_REQUIRED = ("period", "commodity_code", "reexports", "X")

CARD = Card(
    name="trade_armenia",
    title="Exports of Armenia by six-digit product and month, with estimated re-exports",
    publisher="Statistical Committee of Armenia; re-exports estimated by A. Tavadyan (Tvyal)",
    licence="none stated",
    citation=(
        "Statistical Committee of the Republic of Armenia. Foreign trade by commodity. https://armstat.am. "
        "Re-exports as estimated by A. Tavadyan, Tvyal newsletter."
    ),
    address="https://armstat.am",
    files={"armenia_hs6_monthly_reexports_*.csv": "period, commodity_code, commodity, reexports, X, ..."},
    tables=("goods",),
    coverage=(date(2011, 1, 1), date(2024, 1, 31)),
    states="Armenia with all partners together (WLD)",
    cadence="not continued",
    caveats=(
        "Partners are pooled: the file does not say where the goods went.",
        "X is the export in current US dollars; re-exports are an estimate from exports and imports, not a record.",
        "Only products of which some export was estimated to be a re-export are listed in a month: a product that is "
        "not listed may have been exported all the same.",
        "15 of the 48 Common High Priority codes first appear in 2022 or 2023: new trade, and codes that the revision "
        "of the Harmonized System of January 2022 renamed, look alike.",
    ),
    rows=(1_000, 1_000_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read exports and re-exports into ``goods`` with the partner WLD.

    Raises:
        BadFile: other columns, or no usable row.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    repairs = Repairs()
    layout = Layout(
        state=lambda code, year: code,
        flow=lambda text: text,
        currency="USD",
        classification="HS",
        vintage="Tvyal",
    )
    parts = []
    for path in paths:
        table, malformed = read_rows(path, _REQUIRED)
        rejected.extend(malformed)
        rows = table.num_rows
        for flow, column in (("export", "X"), ("re-export", "reexports")):
            part = pa.table(
                {
                    "reporter": pa.chunked_array([pa.repeat("ARM", rows)]),
                    "partner": pa.chunked_array([pa.repeat(WORLD, rows)]),
                    "flow": pa.chunked_array([pa.repeat(flow, rows)]),
                    "period": table["period"],
                    "product": table["commodity_code"],
                    "value": pc.utf8_trim_whitespace(table[column]),
                    "line": table["line"],
                }
            )
            parts.append(goods_of(path, part, layout, rejected, ignored, repairs))
    return goods_reading(paths, parts, rejected, ignored, repairs)


SOURCE = Source(CARD, read)
