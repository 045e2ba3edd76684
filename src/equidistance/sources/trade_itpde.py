"""USITC ITPD-E: trade between economies by year, reconciled from both sides' reports."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen, read_rows, split_rejected
from equidistance.sources.lookup import (
    count,
    covered_years,
    decimal_numbers,
    first_reason,
    iso_state,
    nothing_left,
    since_first_year,
    states_of,
    valid_years,
)

_NOT_STATES = pa.array(["COK", "ESH", "NIU"])
"""Economies of the publisher that are not states: the Cook Islands, Western Sahara, Niue."""

CARD = Card(
    name="trade_itpde",
    title="International Trade and Production Database for Estimation (ITPD-E), release 1, all industries",
    publisher="United States International Trade Commission",
    licence="none stated; public good, citation expected",
    citation=(
        "Borchert, I., M. Larch, S. Shikher and Y. V. Yotov. 2021. The International Trade and Production "
        "Database for Estimation (ITPD-E). International Economics 166: 140-166. Release 1."
    ),
    address="https://www.usitc.gov/data/gravity/itpde.htm",
    files={
        "itpde_r01_pair_year_*.parquet": "exporter, importer, year, trade_usd2010, exists: industries summed",
    },
    tables=("trade",),
    coverage=(date(2000, 1, 1), date(2016, 12, 31)),
    states="196 economies; Hong Kong and Macao are not among them",
    cadence="every two years",
    caveats=(
        "Goods and services of all 170 industries together, in constant 2010 US dollars.",
        "A zero may be a reported zero or a missing value that the publisher filled with zero.",
        "A flow that is not listed is unknown, not zero.",
        "The column 'exists' is not documented; it is 0 for all flows of 43 economies, Taiwan among them, "
        "whose values are plausible. It is not used.",
        "Trade of an economy with itself is left out.",
        "The publisher's release is a zip archive of 72 million rows by industry; the table read here is "
        "its sum.",
    ),
    rows=(100_000, 5_000_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the pair-years into ``trade`` (reporter ``reconciled``, vintage ``release 1``).

    Raises:
        BadFile: other columns, or no flow between two states.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    trade = pa.concat_tables([_read_file(path, rejected, ignored) for path in paths])
    if not trade.num_rows:
        raise nothing_left([path.name for path in paths], "flow between two states")
    trade, contradictions, repeated = first_seen(trade, TABLES["trade"].key)
    rejected.extend(contradictions)
    count(ignored, "the same flow again", repeated)
    return Reading({"trade": trade}, covered_years(trade["year"]), tuple(rejected), ignored)


def _read_file(path: Path, rejected: list[Rejected], ignored: dict[str, int]) -> pa.Table:
    table, malformed = read_rows(path, ("exporter", "importer", "year", "trade_usd2010"))
    rejected.extend(malformed)
    table = since_first_year(table, ignored)
    domestic = pc.equal(table["exporter"], table["importer"])
    count(ignored, "trade of an economy with itself", pc.sum(domestic).as_py() or 0)
    table = table.filter(pc.invert(domestic))
    foreign = pc.or_(*(pc.is_in(table[side], value_set=_NOT_STATES) for side in ("exporter", "importer")))
    count(
        ignored,
        f"trade with an economy that is not a state ({', '.join(_NOT_STATES.to_pylist())})",
        pc.sum(foreign).as_py() or 0,
    )
    table = table.filter(pc.invert(foreign))
    years = valid_years(table["year"])
    value = decimal_numbers(table["trade_usd2010"])
    codes = {side: states_of(table[side], years, iso_state) for side in ("exporter", "importer")}
    checks = [
        (pc.is_null(years), "year is not a year"),
        *(
            (pc.is_null(code), f"{side} is not the code of a state of that year")
            for side, code in codes.items()
        ),
        (pc.fill_null(pc.less(value, 0), True), "trade_usd2010 is not an amount"),
    ]
    for side, code in codes.items():
        table = table.append_column(f"_{side}", code)
    table, refused = split_rejected(table, first_reason(checks, table.num_rows), path.name)
    rejected.extend(refused)
    rows = table.num_rows
    schema = TABLES["trade"].schema
    return pa.table(
        {
            "exporter": table["_exporter"],
            "importer": table["_importer"],
            "year": valid_years(table["year"]),
            "value_usd": decimal_numbers(table["trade_usd2010"]),
            "reporter": pa.repeat("reconciled", rows),
            "vintage": pa.repeat("release 1", rows),
            "prices": pa.repeat("constant 2010 USD", rows),
            "file": pa.repeat(path.name, rows),
            "row": table["line"],
        }
    ).cast(schema)


SOURCE = Source(CARD, read)
