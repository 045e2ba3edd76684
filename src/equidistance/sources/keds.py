"""KEDS Central Asia: events of 1989-1999 coded by machine from Reuters in the WEIS scheme."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import get_state
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen, read_rows
from equidistance.sources.lookup import MalformedRowError, convert_rows, count, decimal, nothing_left

_STATES = """
AFG AFG ALB ALB ALG DZA ANG AGO ARG ARG ARM ARM AUL AUS AUS AUT AZR AZE BAH BHR BEL BEL BNG BGD BUL BGR BUR MMR
CAM KHM CAN CAN CEY LKA CHL CHL CHN CHN COL COL CUB CUB CYP CYP CZE CZE DEN DNK ETH ETH FIN FIN FRN FRA GEO GEO GER DEU
GHA GHA GRC GRC HUN HUN ICE ISL IND IND IRN IRN IRQ IRQ ISR ISR ITA ITA JAP JPN JOR JOR KAZ KAZ KEN KEN KUW KWT KYR KGZ
LAO LAO LBY LBY LEB LBN LTH LTU LUX LUX MAL MYS MEX MEX MLI MLI MLT MLT MOC MOZ MON MNG MOR MAR NEP NPL NEW NZL NMB NAM
NOR NOR NTH NLD PAK PAK PAR PRY PHI PHL POL POL POR PRT QAT QAT ROM ROU RUS RUS RWA RWA SAF ZAF SAU SAU SIN SGP SPN ESP
SUD SDN SWD SWE SWZ CHE SYR SYR TAI TWN TAJ TJK TAZ TZA TKM TKM TUN TUN TUR TUR UAE ARE UAR EGY UGA UGA UKR UKR UNK GBR
USA USA USR RUS UZB UZB VAT VAT VTN VNM YEM YEM YUG SCG
"""
"""Pairs of the project's country code and the ground's. UNK is the United Kingdom, UAR Egypt, CEY Sri Lanka, AUS
Austria and AUL Australia. USR, which Reuters used for a while after 1991, is Russia then."""

_BLOCS = {"EEC": "EU", "NAT": "NATO", "CIS": "CIS"}

_GOVERNMENT = frozenset(("GOV", "EXE", "MIL", "LG", "STE"))
"""Endings of codes that stand for a government; rebels, oppositions, parties and police do not speak for it."""

_CUES = {
    "material cooperation": ("01", "06", "07"),
    "verbal cooperation": ("03", "04", "05", "08", "10"),
    "verbal conflict": ("11", "12", "13", "14", "15", "16", "17"),
    "material conflict": ("18", "19", "20", "21", "22"),
    "neutral": ("02", "09"),
}
"""WEIS cue categories by class: yield, grant, reward; consult, approve, promise, agree, propose; reject, accuse,
protest, deny, demand, warn, threaten; demonstrate, reduce, expel, seize, force. A comment and a request say neither."""

_SCALE_GROUPS = {"114": "11", "130": "13", "199": "19", "204": "20", "214": "21", "215": "21"}
"""Codes of this project that the scale does not list; their group's mean stands for them."""

_SOVIET_END = date(1991, 12, 26)

CARD = Card(
    name="keds",
    title="Kansas Event Data System: Central Asia 1989-1999",
    publisher="Kansas Event Data System, University of Kansas",
    licence="GPL-3 (packaging); upstream states none",
    citation=(
        "Schrodt, P. A. and D. J. Gerner. Kansas Event Data System: Central Asia data set, 1989-1999. Scale: "
        "Goldstein, J. S. 1992. A Conflict-Cooperation Scale for WEIS Events Data. Journal of Conflict "
        "Resolution 36: 369-385."
    ),
    address="http://eventdata.parusanalytics.com/data.dir/centasia.html",
    files={
        "casia.weis*.csv": "date, source, target, code",
        "weis.goldstein.scale*.csv": "one column for each WEIS code, one row of values",
    },
    tables=("coded_events",),
    coverage=(date(1989, 5, 2), date(1999, 7, 31)),
    states="Afghanistan, Armenia, Azerbaijan and the five states of Central Asia, with their partners",
    cadence="ended",
    caveats=(
        "One newswire (Reuters), first sentences only; half of it is Afghanistan's war.",
        "An actor is a code of three letters and an ending: GOV, EXE and MIL act for the state, rebels do not.",
        "Comments and requests are neutral, as they are in the indicators made from ICEWS.",
        "Six codes are not in the scale (114, 130, 199, 204, 214, 215): they carry the mean of their group.",
        "Some codes stand for nobody that could be found (BRS, TRK, IDI, ...): unresolved.",
    ),
    rows=(1_000, 10**6),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read events and scale into ``coded_events`` (scheme ``WEIS``); without the scale intensities are missing.

    Raises:
        BadFile: other columns, or no usable event.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    scale: dict[str, float] = {}
    files = []
    for path in paths:
        if "date" in columns_of(path):
            files.append(path)
        else:
            scale |= _scale(path)
    events: list[dict[str, object]] = []
    for path in files:
        events += convert_rows(
            path, ("date", "source", "target", "code"), lambda row: _event(row, scale), rejected, ignored
        )
    table = pa.Table.from_pylist(events, schema=TABLES["coded_events"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "event")
    table, _, repeated = first_seen(table, TABLES["coded_events"].key, values=())
    count(ignored, "the same event again", repeated)
    actors = Counter(table["source_by"].to_pylist()) + Counter(table["target_by"].to_pylist())
    note = f"{actors['unresolved'] / max(1, actors.total()):.0%} of the actors could not be resolved"
    days = table["date"].to_pylist()
    return Reading({"coded_events": table}, ((min(days), max(days)),), tuple(rejected), ignored, (note,))


def _scale(path: Path) -> dict[str, float]:
    """Intensity by code; a missing code of :data:`_SCALE_GROUPS` gets its group's mean."""
    table, _ = read_rows(path, ("010",))
    [row] = table.slice(0, 1).to_pylist() or [{}]
    values = {code: decimal(cell, code) for code, cell in row.items() if code != "line"}
    for code, group in _SCALE_GROUPS.items():
        members = [value for known, value in values.items() if known.startswith(group)]
        if code not in values and members:
            values[code] = sum(members) / len(members)
    return values


def _event(row: dict[str, str], scale: dict[str, float]) -> list[dict[str, object]]:
    try:
        day = date.fromisoformat(row["date"])
    except ValueError:
        raise MalformedRowError(f"{row['date']!r} is not a date") from None
    code = row["code"]
    quad = next((quad for quad, cues in _CUES.items() if code[:2] in cues), None)
    if quad is None or len(code) != 3:
        raise MalformedRowError(f"{code!r} is no WEIS code")
    source_state, source_by = acts_for(row["source"], day)
    target_state, target_by = acts_for(row["target"], day)
    return [
        {
            "event": f"keds:{day}:{row['source']}:{row['target']}:{code}",
            "date": day,
            "scheme": "WEIS",
            "source_actor": row["source"],
            "source_state": source_state,
            "source_by": source_by,
            "target_actor": row["target"],
            "target_state": target_state,
            "target_by": target_by,
            "type": code,
            "quad": quad,
            "intensity": scale.get(code),
        }
    ]


def acts_for(actor: str, day: date) -> tuple[str | None, str]:
    """The state of an actor's code on a day, and how it acts for it."""
    owner, ending = actor[:3], actor[3:]
    if owner in _BLOCS:
        return _BLOCS[owner], "organisation"
    code = _states().get(owner)
    if code == "RUS" and day < _SOVIET_END:
        code = "SUN"
    if code is None or not get_state(code).existed(day):
        return None, "unresolved"
    if not ending:
        return code, "state"
    return code, "tag" if ending in _GOVERNMENT else "society"


@cache
def _states() -> dict[str, str]:
    words = _STATES.split()
    return dict(zip(words[::2], words[1::2], strict=True))


SOURCE = Source(CARD, read)
