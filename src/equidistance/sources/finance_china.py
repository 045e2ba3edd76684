"""AidData's Global Chinese Development Finance: what Chinese state lenders and donors committed."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import from_cow
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen
from equidistance.sources.lookup import (
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    covered_years,
    cow_state,
    decimal,
    lasting_state,
    nothing_left,
    parse_year,
)

_YEARS = ("ccode", "year", "oof_amt", "oof_adj", "oda_amt", "oda_adj", "vof_amt", "vof_adj")
_PROJECTS = (
    "AidData.Record.ID",
    "Amount.(Constant.USD.2021)",
    "Title",
    "Status",
    "Sector.Name",
    "Recipient",
    "Recipient.ISO-3",
    "Infrastructure",
    "Commitment.Year",
)

FLOWS = {"oda": "aid", "oof": "loan", "vof": "vague"}
"""The publisher's classes of official finance: concessional as aid is, commercial, and not to be told."""

_TERRITORIES = frozenset(("COK", "CUW", "NIU", "PYF", "SXM"))

CARD = Card(
    name="finance_china",
    title="AidData's Global Chinese Development Finance Dataset, version 3.0",
    publisher="AidData, William & Mary",
    licence="ODC-BY 1.0 upstream; the yearly table is packaged under MIT",
    citation=(
        "Custer, S., A. Dreher, T.-B. Elston, B. Escobar, R. Fedorochko, A. Fuchs, S. Ghose, J. J. Lin, A. Malik, "
        "B. C. Parks, K. Solomon, A. Strange, M. J. Tierney, L. Vlasto, K. Walsh, F. Wang, L. Zaleski and S. Zhang. "
        "2023. Tracking Chinese Development Finance: An Application of AidData's TUFF 3.0 Methodology."
    ),
    address="https://www.aiddata.org/data/aiddatas-global-chinese-development-finance-dataset-version-3-0",
    files={
        "gcdf_country_year*.csv": "ccode, year, oof_amt, oof_adj, oda_amt, oda_adj, vof_amt, vof_adj",
        "gcdf_geocoded_projects*.csv": "AidData.Record.ID, Amount.(Constant.USD.2021), Title, Status, ...",
    },
    tables=("finance_flows", "finance_projects"),
    coverage=(date(2000, 1, 1), date(2021, 12, 31)),
    states="low- and middle-income recipients; the lender is always China",
    cadence="every two years or so",
    caveats=(
        "Commitments, not payments; a few large ones make a year. Constant US dollars of 2021.",
        "The adjusted amounts leave out what was cancelled, suspended or counted under an umbrella.",
        "A state that is not in the yearly table is not covered (the rich, and those that got nothing at all).",
        "The projects are the part with a place on the map: two in five carry no amount, and their sum is less "
        "than the yearly table's.",
        "No other lender is covered: a share of all official finance cannot be computed from this source.",
    ),
    rows=(2_000, 200_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the yearly table into ``finance_flows`` and the projects into ``finance_projects``.

    Raises:
        BadFile: neither layout, no yearly table, or no usable row.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    flows: list[dict[str, object]] = []
    projects: list[dict[str, object]] = []
    for path in paths:
        if "ccode" in columns_of(path):
            flows += convert_rows(path, _YEARS, _flows, rejected, ignored)
        else:
            projects += convert_rows(path, _PROJECTS, _project, rejected, ignored)
    if not flows:
        raise BadFile(
            "The source finance_china needs its yearly table; none of the files has usable years.",
            choices=list(CARD.files),
            hint="The projects alone are a part of the finance: sums over them would be too small.",
        )
    tables = {}
    for name, records in (("finance_flows", flows), ("finance_projects", projects)):
        table = pa.Table.from_pylist(records, schema=TABLES[name].schema)
        tables[name], contradictions, repeated = first_seen(table, TABLES[name].key)
        rejected.extend(contradictions)
        count(ignored, f"{name.replace('_', ' ')}: the same record again", repeated)
    if not tables["finance_flows"].num_rows:
        raise nothing_left([path.name for path in paths], "year of finance")
    return Reading(tables, covered_years(tables["finance_flows"]["year"]), tuple(rejected), ignored)


def _flows(row: dict[str, str]) -> list[dict[str, object]]:
    """Three records of a year, one for each class of finance."""
    year = parse_year(row["year"])
    number = row["ccode"]
    recipient = cow_state(int(number), year) if number.isascii() and number.isdigit() else None
    if recipient is None and number.isascii() and number.isdigit() and from_cow(int(number)) is not None:
        raise IgnoredRowError("before the recipient was a state")
    if recipient is None:
        raise MalformedRowError(
            f"ccode {number!r} is not the Correlates of War number of a state in that year"
        )
    return [
        {
            "lender": "CHN",
            "recipient": recipient,
            "year": year,
            "flow": flow,
            "amount_usd": decimal(row[f"{kind}_amt"], "the amount"),
            "adjusted_usd": decimal(row[f"{kind}_adj"], "the adjusted amount"),
        }
        for kind, flow in FLOWS.items()
    ]


def _project(row: dict[str, str]) -> list[dict[str, object]]:
    year = parse_year(row["Commitment.Year"])
    code = row["Recipient.ISO-3"]
    if not code:
        raise IgnoredRowError("a project of a whole region")
    if code in _TERRITORIES:
        raise IgnoredRowError("a territory that is not a state")
    recipient = lasting_state(code, year)
    if recipient is None:
        raise MalformedRowError(f"unknown recipient {code!r}")
    if row["Infrastructure"] not in ("Yes", ""):
        raise MalformedRowError(f"infrastructure is {row['Infrastructure']!r}, neither Yes nor empty")
    amount = row["Amount.(Constant.USD.2021)"]
    return [
        {
            "project": row["AidData.Record.ID"],
            "lender": "CHN",
            "recipient": recipient,
            "year": year,
            "sector": row["Sector.Name"],
            "status": row["Status"],
            "title": row["Title"],
            "infrastructure": row["Infrastructure"] == "Yes",
            "amount_usd": decimal(amount, "the amount") if amount else None,
        }
    ]


SOURCE = Source(CARD, read)
