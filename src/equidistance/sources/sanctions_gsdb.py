"""Global Sanctions Data Base: sanction cases by sender, target, year and kind."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import UnknownName
from equidistance.evidence.schema import TABLES
from equidistance.ground.blocs import get_bloc
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen
from equidistance.sources.lookup import (
    MalformedRowError,
    convert_rows,
    count,
    lasting_state,
    nothing_left,
    parse_year,
)

_KINDS = ("trade", "arms", "military", "financial", "travel", "other")
_COLUMNS = (
    "case_id",
    "sanctioned_state",
    "sanctioning_state",
    "begin",
    "end",
    "descr_trade",
    "objective",
    "success",
)
_NAMES = {"FRY": "YUG", "Republic of Congo": "COG"}

_BLOCS = {"EU": "EU", "NATO": "NATO", "Commonwealth": "COMMONWEALTH"}
"""The publisher's senders and targets that are blocs of the ground."""

OUTSIDE = frozenset(
    (
        "African Union", "Balkans", "ChinCom", "CoCom", "Comecon", "Cominform", "CSCE", "ECOWAS", "G8", "Hong Kong",
        "ICC Rome Statute Signatories", "Kimberly Process Participants", "League of Arab States", "MERCOSUR", "NAFTA",
        "OAPEC", "OIC", "Organisation of African Unity", "Organization of American States",
        "Organization of Eastern Carribean States", "Pacific Islands Forum", "Paris Agreement Signatories", "SADC",
        "Terrorist Organizations (Al-Qaeda)", "Terrorist Organizations (ISIL and ANF)",
        "Terrorist Organizations (Taliban and Al-Qaeda)", "Terrorist Organizations (Taliban)", "UN", "UNASUR",
        "Western countries",
    )
)  # fmt: skip
"""Senders and targets that are neither a state nor a bloc of the ground, as the publisher spells them."""

CARD = Card(
    name="sanctions_gsdb",
    title="Global Sanctions Data Base (GSDB), release 2: cases 1949-2019",
    publisher="School of Economics, Drexel University, with Austrian Institute of Economic Research and others",
    licence="none stated; free for research with citation",
    citation=(
        "Kirilakha, A., G. J. Felbermayr, C. Syropoulos, E. Yalcin and Y. V. Yotov. 2021. The Global Sanctions Data "
        "Base (GSDB): An Update that Includes the Years of the Trump Presidency. In: Research Handbook on Economic "
        "Sanctions."
    ),
    address="https://www.globalsanctionsdatabase.com/",
    files={
        "gsdb_cases*.csv": "case_id, sanctioned_state, sanctioning_state, begin, end, trade, ..., success"
    },
    tables=("sanctions",),
    coverage=(date(1949, 1, 1), date(2019, 12, 31)),
    states="all",
    cadence="every other year",
    caveats=(
        "Ends with 2019: the sanctions of 2022 are not in it, and whether one of 2019 lasted is not known.",
        "A case still in force in the last year has no end; its success is 'ongoing' there.",
        "Sanctions of the United Nations are everybody's, and those of organisations that are no bloc of the ground "
        "(African Union, Arab League, ...) are not one power's: both are left out and counted.",
        "States that align with the European Union are senders of their own case rows, under their names of today.",
        "A case is a decision, not its bite: one embargo on arms counts as much as another.",
    ),
    rows=(1_000, 100_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the cases into ``sanctions``: one record for each sender and target.

    Raises:
        BadFile: other columns, or no usable case.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    cases: list[dict[str, object]] = []
    years: list[int] = []

    def convert(row: dict[str, str]) -> list[dict[str, object]]:
        record, last = _case(row)
        senders = _parties(row["sanctioning_state"], int(str(record["begin"])), ignored)
        targets = _parties(row["sanctioned_state"], int(str(record["begin"])), ignored)
        years.extend((int(str(record["begin"])), last))
        return [
            record | {"sender": one, "target": other} for one in senders for other in targets if one != other
        ]

    for path in paths:
        cases += convert_rows(path, (*_COLUMNS, *_KINDS), convert, rejected, ignored)
    if not cases:
        raise nothing_left([path.name for path in paths], "sanction of a state")
    final = max(years)
    for record in cases:
        # only a case that is going on when the source ends is open; others end when the publisher says so
        record["end"] = None if record.pop("ongoing") and record["end"] == final else record["end"]
    table = pa.Table.from_pylist(cases, schema=TABLES["sanctions"].schema)
    table, contradictions, repeated = first_seen(table, TABLES["sanctions"].key)
    rejected.extend(contradictions)
    count(ignored, "the same sender and target again", repeated)
    coverage = (date(min(years), 1, 1), date(final, 12, 31))
    return Reading({"sanctions": table}, (coverage,), tuple(rejected), ignored)


def _case(row: dict[str, str]) -> tuple[dict[str, object], int]:
    begin, end = parse_year(row["begin"]), parse_year(row["end"])
    if end < begin:
        raise MalformedRowError(f"it ends in {end}, before it begins in {begin}")
    kinds = {}
    for kind in _KINDS:
        if row[kind] not in ("0", "1"):
            raise MalformedRowError(f"{kind} is {row[kind]!r}, neither 0 nor 1")
        kinds[kind] = row[kind] == "1"
    record: dict[str, object] = {
        "case": row["case_id"],
        "begin": begin,
        "end": end,
        **kinds,
        "trade_scope": row["descr_trade"] or None,
        "objective": row["objective"],
        "ongoing": "ongoing" in row["success"],
    }
    return record, end


def _parties(cell: str, year: int, ignored: dict[str, int]) -> list[str]:
    """Codes of the states and blocs in a list; the others are counted."""
    codes = []
    for name in (part.strip() for part in cell.split(",")):
        if name in OUTSIDE:
            count(ignored, "a sender or target that is neither a state nor a bloc")
        elif name in _BLOCS:
            codes.append(_bloc(_BLOCS[name]))
        elif code := _NAMES.get(name) or lasting_state(name, year):
            codes.append(code)
        else:
            raise MalformedRowError(f"unknown sender or target {name!r}")
    return codes


def _bloc(code: str) -> str:
    try:
        return get_bloc(code).code
    except UnknownName:
        raise MalformedRowError(f"unknown bloc {code!r}") from None


SOURCE = Source(CARD, read)
