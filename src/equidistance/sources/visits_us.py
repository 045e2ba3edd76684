"""Office of the Historian: travels of the US president and secretary of state, and visits of foreign
leaders."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen
from equidistance.sources.lookup import (
    BEFORE_FIRST_YEAR,
    FIRST_YEAR,
    LAST_YEAR,
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    nothing_left,
)

_TRAVELS = ("role", "name", "start", "country_id", "country", "dup")
_RECEIVED = ("start", "visitor", "country_id", "country")

_RANKS = {"president": "head", "secretary": "minister"}

_HEAD = re.compile(
    r"((Acting |Interim |Provisional )?(President|Prime Min[\w-]+)|King|Queen|(Federal )?Chancellor|Premier"
    r"|Emperor|Shah|Sultan|Amir|Emir|Pope|Taoiseach|Grand Duke|Grand Duchess) "
)
_MINISTER = re.compile(r"(Foreign Minister|Minister of Foreign Affairs) ")

_PLACES: dict[str, tuple[tuple[date, str], ...]] = {
    "serbia": ((date(2006, 6, 5), "SCG"), (date.max, "SRB")),
    "somoa": ((date.max, "WSM"),),
    "vietnam": ((date(1975, 5, 1), "VDR"), (date.max, "VNM")),
    "yemen": ((date.max, "YEM"),),
}
"""The publisher's country ids whose names mislead: what they mean, each until a day (exclusive). Until 1975
the United States had to do with South Vietnam; "somoa" is a slip."""

_NOT_STATES = frozenset(
    (
        "antarctica",
        "bermuda",
        "cook-islands",
        "french-polynesia",
        "hawaii",
        "hong-kong",
        "netherlands-antilles",
        "new-caledonia",
        "niue",
    )
)

CARD = Card(
    name="visits_us",
    title="Travels Abroad of the President and the Secretary of State; Visits by Foreign Leaders",
    publisher="Office of the Historian, United States Department of State",
    licence="CC0 1.0 (public domain)",
    citation=(
        "Office of the Historian, Foreign Service Institute, United States Department of State. Travels "
        "Abroad of the President; Travels Abroad of the Secretary of State; Visits by Foreign Leaders. "
        "https://history.state.gov"
    ),
    address="https://history.state.gov/departmenthistory/travels",
    files={
        "us_president_secretary_travels.csv": "id, role, who, name, start, end, country_id, country, dup",
        "us_visits_by_foreign_leaders.csv": "id, start, end, visitor, country_id, country, description",
    },
    tables=("visits",),
    coverage=(date(1874, 12, 12), None),
    states="all; the United States is always visitor or host",
    cadence="several times a year",
    caveats=(
        "Both files belong together: each covers one direction, and the shorter of the two ends the "
        "coverage.",
        "Foreign leaders are heads of state or government; foreign ministers who came to Washington are not "
        "listed.",
        "One record is one stop of one person in one country: the secretary who travels with the president "
        "is a second.",
        "Two stops that the same person began on the same day in the same country are one visit.",
        "Territories (Hong Kong, Bermuda, the Cook Islands) are left out, and so are places before they "
        "were states; the West Bank is Palestine.",
        "The publisher keeps these lists as XML (github.com/HistoryAtState/travels and /visits); the CSV "
        "files are made from them.",
    ),
    rows=(5_000, 50_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read travels and received visits into ``visits``.

    Raises:
        BadFile: a file with neither layout, one of the two missing, or no visit since 1946.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    visits: list[dict[str, object]] = []
    days: dict[str, list[date]] = {"travels": [], "received": []}

    def travel(row: dict[str, str]) -> list[dict[str, object]]:
        day = _day(row["start"], days["travels"])
        if row["role"] not in _RANKS:
            raise MalformedRowError(f"unknown role {row['role']!r}")
        if row["dup"] not in ("True", "False"):
            raise MalformedRowError(f"dup is {row['dup']!r}, neither True nor False")
        if row["dup"] == "True":
            raise IgnoredRowError("marked as a duplicate by the publisher")
        host = _place(row["country_id"], row["country"], day)
        return [_record(day, visitor="USA", host=host, person=row["name"], rank=_RANKS[row["role"]])]

    def reception(row: dict[str, str]) -> list[dict[str, object]]:
        day = _day(row["start"], days["received"])
        visitor = _place(row["country_id"], row["country"], day)
        return [_record(day, visitor=visitor, host="USA", person=row["visitor"], rank=_rank(row["visitor"]))]

    for path in paths:
        if "role" in columns_of(path):
            visits += convert_rows(path, _TRAVELS, travel, rejected, ignored)
        else:
            visits += convert_rows(path, _RECEIVED, reception, rejected, ignored)
    missing = [kind for kind, known in days.items() if not known]
    if missing:
        raise BadFile(
            f"The source visits_us needs both its files; none has visits of the kind {missing[0]!r}.",
            choices=list(CARD.files),
            hint="Name both files: with one alone, the visits of the other direction would look like none.",
        )
    table = pa.Table.from_pylist(visits, schema=TABLES["visits"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "visit")
    table, _, repeated = first_seen(table, TABLES["visits"].key, values=())
    count(ignored, "the same person in the same country on the same first day", repeated)
    coverage = (max(min(known) for known in days.values()), min(max(known) for known in days.values()))
    return Reading({"visits": table}, (coverage,), tuple(rejected), ignored)


def _record(day: date, *, visitor: str, host: str, person: str, rank: str) -> dict[str, object]:
    if not person.strip():
        raise MalformedRowError("no person")
    return {"date": day, "precision": "day", "visitor": visitor, "host": host, "person": person, "rank": rank}


def _rank(visitor: str) -> str:
    """What the title before a guest's name says: head, minister, or just leader."""
    if _MINISTER.match(visitor):
        return "minister"
    return "head" if _HEAD.match(visitor) else "leader"


def _place(country_id: str, country: str, day: date) -> str:
    """The code of the state that the publisher's country was on that day."""
    if country_id in _NOT_STATES:
        raise IgnoredRowError("not a state (territory)")
    names: tuple[str, ...] = (country, country_id.replace("-", " "))
    if country_id in _PLACES:
        names = (next(code for until, code in _PLACES[country_id] if day < until),)
    for name in names:
        if (state := find(name, day)) is not None:
            return state.code
    if any(find(name) for name in names):
        raise IgnoredRowError("not a state at that date")
    raise MalformedRowError(f"unknown country {country!r} ({country_id})")


def _day(text: str, days: list[date]) -> date:
    """The first day of a visit, also noted in ``days``, from which the coverage is taken."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise MalformedRowError(f"start {text!r} is not a date") from None
    if day.year > LAST_YEAR:
        raise MalformedRowError(f"start {text!r} is not a date of our time")
    days.append(day)
    if day.year < FIRST_YEAR:
        raise IgnoredRowError(BEFORE_FIRST_YEAR)
    return day


SOURCE = Source(CARD, read)
