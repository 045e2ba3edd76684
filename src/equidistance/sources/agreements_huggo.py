"""HUGGO: membership of trade agreements by date, with entry and exit."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen
from equidistance.sources.lookup import (
    FIRST_YEAR,
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    nothing_left,
)
from equidistance.sources.treaty_titles import form_of, sides_of

_COLUMNS = (
    "treatyID", "Title", "Begin", "stateID", "Signature", "Force", "End", "StateName", "destaID",
    "StateSignature", "StateForce", "StateEnd", "Accession",
)  # fmt: skip

_SLIPS = {"ALG": "DZA", "BUL": "BGR", "FIJ": "FJI", "KOS": "XKX"}
"""Codes of the publisher that are none."""

_GROUPS = frozenset(("EC", "EFTA"))
_TERRITORIES = frozenset(
    (
        "ABW", "AIA", "ATF", "COK", "CYM", "ESH", "FLK", "FRO", "GRL", "HKG", "IOT", "MAC", "MSR", "MYT", "NCL", "NIU",
        "PCN", "PYF", "SGS", "SHN", "SPM", "TCA", "VGB", "WLF",
    )
)  # fmt: skip

_DATE = re.compile(
    r"(?:(?P<d>\d\d)\.(?P<m>\d\d)\.)?(?P<y>\d{4})|(?P<y2>\d{4})-(?P<m2>\d\d)(?:-(?P<d2>\d\d))?"
)
_OPEN_YEAR = 9999  # how the publisher writes an agreement without an end

CARD = Card(
    name="agreements_huggo",
    title="HUGGO: memberships of trade agreements (manytrade package)",
    publisher="PANARCHIC project, Geneva Graduate Institute",
    licence="CC BY 4.0",
    citation=(
        "Hollway, J., H. Sposito and J. Tan. manytrade: A Many Database for Trade Agreements. "
        "https://github.com/globalgov/manytrade. HUGGO: hand-coded memberships."
    ),
    address="https://github.com/globalgov/manytrade",
    files={
        "huggo_trade_memberships*.csv": "manyID, treatyID, Title, Begin, stateID, Signature, Force, End, ..."
    },
    tables=("agreements", "agreement_parties"),
    coverage=(date(1947, 1, 1), None),
    states="all",
    cadence="irregular",
    caveats=(
        "Entry and exit are dates of the single state where known, otherwise those of the agreement.",
        "Most agreements are DESTA's too, and say so (same_as); those that do not may be so without saying.",
        "An agreement that replaced another ends it here, which DESTA does not record.",
        "A date may be a year or a month; the precision stands beside it.",
        "Four codes are slips (ALG, BUL, FIJ, KOS) and are read as what they mean.",
    ),
    rows=(2_000, 100_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the memberships into ``agreements`` and ``agreement_parties``.

    Raises:
        BadFile: other columns, or no usable membership.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    rows: list[dict[str, object]] = []
    for path in paths:
        rows += convert_rows(path, _COLUMNS, _membership, rejected, ignored)
    if not rows:
        raise nothing_left([path.name for path in paths], "membership")
    groups: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        groups.setdefault(str(row["agreement"]), []).append(row)
    agreements = []
    for name, group in groups.items():
        first = group[0]
        signed = first["signed"]
        year = signed.year if isinstance(signed, date) else None
        states = {str(row["state"]) for row in group}
        sides = sides_of(str(first["title"]), states, year, two_sided=len(states) > 2)
        if set(sides.values()) == {"unknown"}:  # nobody is named: a group that binds all its members
            sides = dict.fromkeys(sides, "all")
        for row in group:
            row["side"] = sides[str(row["state"])]
        agreements.append(
            {
                "agreement": name,
                "title": first["title"],
                "form": form_of(str(first["title"]), sides.values()),
                "signed": year,
                "same_as": next((row["same_as"] for row in group if row["same_as"]), None),
                "file": first["file"],
                "row": first["row"],
            }
        )
    schema = TABLES["agreement_parties"].schema
    parties = pa.Table.from_pylist(
        [{name: row[name] for name in schema.names} for row in rows], schema=schema
    )
    # a state that is listed twice: the first spell stands
    parties, _, repeated = first_seen(parties, TABLES["agreement_parties"].key, values=())
    count(ignored, "the same state in the same agreement again", repeated)
    days = [day for name in ("start", "end") for day in parties[name].to_pylist() if day is not None]
    signed_days = [row["signed"] for row in rows if isinstance(row["signed"], date)]
    coverage = (min([*days, *signed_days]), max(signed_days) if signed_days else max(days))
    tables = {
        "agreements": pa.Table.from_pylist(agreements, schema=TABLES["agreements"].schema),
        "agreement_parties": parties,
    }
    return Reading(tables, (coverage,), tuple(rejected), ignored)


def _membership(row: dict[str, str]) -> list[dict[str, object]]:
    if not any(value.strip() for value in row.values()):
        raise IgnoredRowError("an empty row")
    code = _SLIPS.get(row["stateID"], row["stateID"])
    if code in _GROUPS:
        raise IgnoredRowError("an organisation beside its members")
    if code in _TERRITORIES or row["StateName"] in ("Macao", "Macau"):
        raise IgnoredRowError("a territory that is not a state")
    state = find(code) if len(code) == 3 else None
    if state is None:
        raise MalformedRowError(f"stateID {row['stateID']!r} is not the code of a state")
    if not row["treatyID"]:
        raise MalformedRowError("no treatyID")
    signed, _ = _day(row["Signature"] or row["Begin"])
    start, precision = _day(row["StateForce"] or row["Force"])
    end, _ = _day(row["StateEnd"] or row["End"])
    if signed is not None and signed.year < FIRST_YEAR:
        raise MalformedRowError(f"signed in {signed.year}")
    if start is not None and end is not None and end <= start:
        raise IgnoredRowError("it ended before it entered into force for the state")
    entry = "signature" if start is None else "accession" if row["Accession"] else "founder"
    return [
        {
            "agreement": f"huggo:{row['treatyID']}",
            "title": row["Title"],
            "signed": signed,
            "same_as": f"desta:{row['destaID']}" if row["destaID"] else None,
            "state": state.code,
            "entry": entry,
            "start": start,
            "end": end,
            "precision": precision,
        }
    ]


def _day(text: str) -> tuple[date | None, str]:
    """A date and its precision; None for an empty field and for the publisher's "never"."""
    if not text.strip():
        return None, "day"
    parts = _DATE.fullmatch(text.strip())
    if parts is None:
        raise MalformedRowError(f"{text!r} is not a date")
    year = int(parts["y"] or parts["y2"])
    # 99 stands for a month or day that is not known
    month, day = (
        None if part == "99" else part for part in (parts["m"] or parts["m2"], parts["d"] or parts["d2"])
    )
    if year == _OPEN_YEAR:
        return None, "day"
    try:
        known = date(year, int(month or 1), int(day or 1))
    except ValueError:
        raise MalformedRowError(f"{text!r} is not a date") from None
    return known, "day" if day else "month" if month else "year"


SOURCE = Source(CARD, read)
