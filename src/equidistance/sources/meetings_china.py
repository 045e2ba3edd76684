"""China Vitae: whom China's leaders met, travelled to and wrote to."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen
from equidistance.sources.lookup import (
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    lasting_state,
    nothing_left,
)

KINDS = ("visit", "host", "third", "message")
"""A meeting in the partner's country, in China, elsewhere; or words without a meeting."""

_RANKS = {
    "Hu Jintao": "head",
    "Li Keqiang": "head",
    "Li Zhaoxing": "minister",
    "Wang Yi": "minister",
    "Wen Jiabao": "head",
    "Xi Jinping": "head",
    "Yang Jiechi": "minister",
}
_NAMES = {"England": "GBR", "Wales": "GBR", "Antigua": "ATG", "Czechoslovakia": "CZE", "UAE": "ARE"}
_TERRITORIES = frozenset(("Cook Islands",))
_MET = "met with the following"
_TRAVELLED = re.compile(r"travelled to\s+(?P<place>[^,(]*)")
_AT_HOME = re.compile(
    r"\bProvince\b|\bMunicipality\b|\bAutonomous Region\b|\bSAR\b|\bBeijing\b|People's Republic of China",
    re.IGNORECASE,
)

CARD = Card(
    name="meetings_china",
    title="China Vitae: engagements of China's leaders with foreigners",
    publisher="China Vitae (Carnegie Endowment for International Peace until 2018)",
    licence="none stated",
    citation="China Vitae. Appearances of Chinese leaders, 2003-2018. http://www.chinavitae.com",
    address="http://www.chinavitae.com/",
    files={"china_vitae_engagements*.csv": "date, year, country, leader, text"},
    tables=("meetings",),
    coverage=(date(2003, 1, 1), date(2018, 12, 31)),
    states="partners of all the world; the leader is always China's",
    cadence="ended",
    caveats=(
        "Seven persons: president, premier and foreign minister of their day. Xi is listed since 2013 only.",
        "One row is one leader, one country and one day; a visit of three days is three rows.",
        "A meeting is one where the text says who was met; a journey's day without one is a 'visit' all the same.",
        "Thoroughness falls: 493 rows in 2005, 242 in 2018. The level of a year compares with the same year's only.",
        "Congratulations, condolences and headlines are 'message'.",
    ),
    rows=(1_000, 100_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the engagements into ``meetings``; between the first and the last year, no row means no engagement.

    Raises:
        BadFile: other columns, or no usable engagement.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    meetings: list[dict[str, object]] = []
    for path in paths:
        meetings += convert_rows(
            path, ("date", "year", "country", "leader", "text"), _meeting, rejected, ignored
        )
    table = pa.Table.from_pylist(meetings, schema=TABLES["meetings"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "engagement")
    table, _, repeated = first_seen(table, TABLES["meetings"].key, values=())
    count(ignored, "the same leader with the same state on the same day", repeated)
    years = [day.year for day in table["date"].to_pylist()]
    coverage = (date(min(years), 1, 1), date(max(years), 12, 31))
    return Reading({"meetings": table}, (coverage,), tuple(rejected), ignored)


def _meeting(row: dict[str, str]) -> list[dict[str, object]]:
    try:
        day = datetime.strptime(row["date"], "%m/%d/%y").date()
    except ValueError:
        raise MalformedRowError(f"{row['date']!r} is not a date as month/day/year") from None
    if row["year"] != str(day.year):
        raise MalformedRowError(f"the year {row['year']!r} is not that of the date {row['date']!r}")
    if row["leader"] not in _RANKS:
        raise MalformedRowError(f"unknown leader {row['leader']!r}")
    if row["country"] in _TERRITORIES:
        raise IgnoredRowError("a territory that is not a state")
    partner = _state(row["country"], day.year)
    if partner is None:
        raise MalformedRowError(f"unknown country {row['country']!r}")
    return [
        {
            "date": day,
            "leader_state": "CHN",
            "leader": row["leader"],
            "rank": _RANKS[row["leader"]],
            "partner": partner,
            "kind": _kind(row["text"], partner, day.year),
            "text": row["text"],
        }
    ]


def _kind(text: str, partner: str, year: int) -> str:
    """One of :data:`KINDS`, by where the leader was and whether anybody was met."""
    journey = _TRAVELLED.search(text)
    if journey is not None and not _AT_HOME.search(journey["place"]):
        place = journey["place"].split(" and met")[0].split(" Others Attending")[0].strip()
        if not place:
            return "third" if _MET in text else "message"
        if _state(place, year) == partner:
            return "visit"
    if _MET not in text:
        return "message"
    return "third" if journey is not None and not _AT_HOME.search(journey["place"]) else "host"


def _state(name: str, year: int) -> str | None:
    if name in _NAMES:
        return _NAMES[name]
    code = lasting_state(name, year)
    if code is None and (found := find(name.replace("Serbia-Montenegro", "Serbia and Montenegro"))):
        return found.code
    return code


SOURCE = Source(CARD, read)
