"""SIPRI Arms Transfers Database: deliveries of major conventional arms, in trend-indicator values."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen
from equidistance.sources.lookup import (
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    covered_years,
    decimal,
    lasting_state,
    nothing_left,
    parse_year,
)

_COLUMNS = (
    "SIPRI AT Database ID",
    "Supplier",
    "Recipient",
    "Designation",
    "Armament category",
    "Numbers delivered",
    "Numbers delivered is estimate",
    "Delivery year",
    "Delivery year is estimate",
    "Status",
    "TIV delivery values",
)

_PREFACE_LIMIT = 60
"""Lines among which the header must stand: the publisher puts a page of remarks before it."""

_NAMES = {"Congo": "COG", "Libya GNC": "LBY", "Micronesia": "FSM"}
"""Names that stand for two states, or for the government of a divided one that the world recognised."""

_NOT_STATES = frozenset(
    ("unknown recipient(s)", "unknown supplier(s)", "unknown rebel group*", "Western Sahara")
)

_USED = {"New": False, "Second hand": True, "Second hand but modernized": True}

_YES = {"Yes": True, "No": False, "": True}
"""Whether a figure is an estimate; where the publisher does not say, it may be one."""

CARD = Card(
    name="arms_sipri",
    title="SIPRI Arms Transfers Database: trade register",
    publisher="Stockholm International Peace Research Institute (SIPRI)",
    licence="SIPRI copyright; free for non-commercial use with citation, no redistribution of larger parts",
    citation=(
        "Stockholm International Peace Research Institute. SIPRI Arms Transfers Database. "
        "https://doi.org/10.55163/SAFC1241"
    ),
    address="https://www.sipri.org/databases/armstransfers",
    files={"sipri_trade_register*.csv": "remarks, then SIPRI AT Database ID, Supplier, Recipient, ..."},
    tables=("arms_transfers",),
    coverage=(date(1950, 1, 1), None),
    states="all suppliers and recipients of major conventional arms",
    cadence="yearly, in March",
    caveats=(
        "Trend-indicator values measure military capability, not money; small arms and services are not in it.",
        "One row is what one deal delivered in one year; two in three numbers and one in three years are "
        "the publisher's estimates, and are marked.",
        "A value of 0 means up to half a million.",
        "Deliveries to rebels, international organisations and unknown recipients are left out and counted; a "
        "supplier that is unknown or no state is kept as missing, so that a recipient's total stays whole.",
        "The register of the stored copy begins with 2000: a window of five years is whole from 2004 on.",
        "Stands under the name of the state of the day: Serbia before 2006 is Serbia and Montenegro.",
    ),
    rows=(1_000, 200_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the register into ``arms_transfers``; between the first and the last year, no row means no delivery.

    Raises:
        BadFile: no header below the remarks, other columns, or no usable delivery.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    deliveries: list[dict[str, object]] = []
    for path in paths:
        deliveries += convert_rows(path, _COLUMNS, _delivery, rejected, ignored, skip_lines=_preface(path))
    table = pa.Table.from_pylist(deliveries, schema=TABLES["arms_transfers"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "delivery to a state")
    table, contradictions, repeated = first_seen(table, TABLES["arms_transfers"].key)
    rejected.extend(contradictions)
    count(ignored, "the same delivery again", repeated)
    return Reading({"arms_transfers": table}, covered_years(table["year"]), tuple(rejected), ignored)


def _preface(path: Path) -> int:
    """How many lines stand before the header."""
    with path.open("rb") as file:
        for number, line in zip(range(_PREFACE_LIMIT), file, strict=False):
            if _COLUMNS[0].encode() in line:
                return number
    raise BadFile(
        f"{path} has no line with the column {_COLUMNS[0]!r} among its first {_PREFACE_LIMIT}.",
        hint="Download the trade register as CSV from the address of the source.",
    )


def _delivery(row: dict[str, str]) -> list[dict[str, object]]:
    year = parse_year(row["Delivery year"])
    recipient = _state(row["Recipient"], year)
    if recipient is None:
        raise IgnoredRowError("the recipient is no state (rebels, an organisation, unknown)")
    if row["Status"] not in _USED:
        raise MalformedRowError(f"unknown status {row['Status']!r}")
    marks = [row["Numbers delivered is estimate"], row["Delivery year is estimate"]]
    if not set(marks) <= set(_YES):
        raise MalformedRowError(f"estimate is {marks!r}, neither Yes nor No")
    number = row["Numbers delivered"]
    return [
        {
            "deal": row["SIPRI AT Database ID"],
            "year": year,
            "supplier": _state(row["Supplier"], year),
            "recipient": recipient,
            "designation": row["Designation"],
            "category": row["Armament category"],
            "number": decimal(number, "the number delivered") if number else None,
            "tiv": _tiv(row["TIV delivery values"]),
            "estimated": any(_YES[mark] for mark in marks),
            "used": _USED[row["Status"]],
        }
    ]


def _tiv(text: str) -> float:
    value = decimal(text, "the trend-indicator value")
    if value < 0:
        raise MalformedRowError(f"the trend-indicator value {text!r} is negative")
    return value


def _state(name: str, year: int) -> str | None:
    """The state, None for what is none: the publisher marks rebels with one star, organisations with two."""
    if name.endswith("*") or name in _NOT_STATES:
        return None
    if name == "Serbia" and year < 2006:
        return "SCG"
    code = _NAMES.get(name) or lasting_state(name, year)
    if code is None:
        raise MalformedRowError(f"unknown state {name!r}")
    return code


SOURCE = Source(CARD, read)
