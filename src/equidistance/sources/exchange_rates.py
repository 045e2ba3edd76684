"""European Central Bank: euro reference exchange rates, daily since 1999."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Download, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen, read_rows, record_text
from equidistance.sources.lookup import count, nothing_left

_MISSING = ("", "N/A")

CARD = Card(
    name="exchange_rates",
    title="Euro foreign exchange reference rates",
    publisher="European Central Bank",
    licence="free use with attribution",
    citation="European Central Bank. Euro foreign exchange reference rates. https://www.ecb.europa.eu",
    address="https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates",
    files={
        "eurofxref-hist*.csv": "Date, then one column per currency: units of it for one euro; N/A where none"
    },
    tables=("exchange_rates",),
    coverage=(date(1999, 1, 4), None),
    states="currencies of about 40 states",
    cadence="every working day",
    caveats=("No rate for the Russian rouble after 2022-03-01.",),
    rows=(1, 1_000_000),
    downloads=(
        Download("https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip", "eurofxref-hist.zip"),
    ),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the wide table of rates into ``exchange_rates``.

    Raises:
        BadFile: no column Date, or no rate at all.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    records: list[dict[str, object]] = []
    for path in paths:
        currencies = [name for name in columns_of(path) if len(name) == 3 and name.isupper()]
        table, malformed = read_rows(path, ["Date"])
        rejected.extend(malformed)
        for row in table.to_pylist():
            line = row.pop("line")
            try:
                day = date.fromisoformat(row["Date"].strip())
            except ValueError:
                rejected.append(Rejected(path.name, line, "Date is not a day", record_text(row)))
                continue
            for currency in currencies:
                text = row[currency].strip()
                if text in _MISSING:
                    count(ignored, "no rate that day")
                    continue
                rate = _rate(text)
                if rate is None:
                    rejected.append(Rejected(path.name, line, f"{currency} is not a rate", text[:100]))
                    continue
                records.append(
                    {"currency": currency, "date": day, "per_eur": rate, "file": path.name, "row": line}
                )
    rates = pa.Table.from_pylist(records, schema=TABLES["exchange_rates"].schema)
    if not rates.num_rows:
        raise nothing_left([path.name for path in paths], "exchange rate")
    rates, contradictions, repeated = first_seen(rates, TABLES["exchange_rates"].key)
    rejected.extend(contradictions)
    count(ignored, "the same rate again", repeated)
    days = rates["date"].to_pylist()
    return Reading({"exchange_rates": rates}, ((min(days), max(days)),), tuple(rejected), ignored)


def _rate(text: str) -> float | None:
    try:
        rate = float(text)
    except ValueError:
        return None
    return rate if 0 < rate < 1e9 else None


SOURCE = Source(CARD, read)
