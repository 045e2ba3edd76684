"""Office of the Historian: travels of the US president and secretary of state, and visits of foreign leaders."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen, read_rows, record_text
from equidistance.sources.lookup import BEFORE_FIRST_YEAR, FIRST_YEAR, count, nothing_left

_TRAVELS = ("role", "name", "start", "country_id", "country", "dup")
_RECEIVED = ("start", "visitor", "country_id", "country")

_RANKS = {"president": "head", "secretary": "minister"}

_HEAD = re.compile(
    r"(President|Prime Minist\w+|Prime Minister.*|King|Queen|(Federal )?Chancellor|Premier|Emperor|Shah|Sultan|Amir|Emir"
    r"|Pope|Taoiseach|Grand Duke|Grand Duchess|(Acting|Interim|Provisional) (President|Prime Minister)) "
)
_MINISTER = re.compile(r"(Foreign Minister|Minister of Foreign Affairs) ")

_PLACES: dict[str, tuple[tuple[date, str], ...]] = {
    "serbia": ((date(2006, 6, 5), "SCG"), (date.max, "SRB")),
    "somoa": ((date.max, "WSM"),),
    "vietnam": ((date(1975, 5, 1), "VDR"), (date.max, "VNM")),
    "yemen": ((date.max, "YEM"),),
}
"""The publisher's country ids whose names mislead: what they mean, each until a day (exclusive). Until 1975 the United
States had to do with South Vietnam; "somoa" is a slip."""

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
        "Office of the Historian, Foreign Service Institute, United States Department of State. Travels Abroad of the "
        "President; Travels Abroad of the Secretary of State; Visits by Foreign Leaders. https://history.state.gov"
    ),
    address="https://history.state.gov/departmenthistory/travels",
    files={
        "us_president_secretary_travels.csv": "id, role, who, name, start, end, country_id, country, ..., dup",
        "us_visits_by_foreign_leaders.csv": "id, start, end, visitor, country_id, country, description",
    },
    tables=("visits",),
    coverage=(date(1874, 12, 12), None),
    states="all; the United States is always visitor or host",
    cadence="several times a year",
    caveats=(
        "Both files belong together: each covers one direction, and the shorter of the two ends the coverage.",
        "Foreign leaders are heads of state or government; foreign ministers who came to Washington are not listed.",
        "One record is one stop of one person in one country: the secretary who travels with the president is a second.",
        "Two stops that the same person began on the same day in the same country are one visit.",
        "Territories (Hong Kong, Bermuda, the Cook Islands) are left out, and so are places before they were states; "
        "the West Bank is Palestine.",
        "The publisher keeps these lists as XML (github.com/HistoryAtState/travels and /visits); the CSV files are "
        "made from them.",
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
    for path in paths:
        names = columns_of(path)
        kind, required = ("travels", _TRAVELS) if "role" in names else ("received", _RECEIVED)
        table, malformed = read_rows(path, required)
        rejected.extend(malformed)
        for row in table.to_pylist():
            line = row.pop("line")
            day = _day(row["start"])
            if day is not None:
                days[kind].append(day)
            outcome = _visit(row, day) if kind == "received" else _travel(row, day)
            if isinstance(outcome, dict):
                visits.append(outcome | {"file": path.name, "row": line})
            elif outcome.startswith("!"):
                rejected.append(Rejected(path.name, line, outcome[1:], record_text(row)))
            else:
                count(ignored, outcome)
    missing = [kind for kind, known in days.items() if not known]
    if missing:
        raise BadFile(
            f"The source visits_us needs both its files; there is none with visits of the kind {missing[0]!r}.",
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


def _travel(row: dict[str, str], day: date | None) -> dict[str, object] | str:
    """A record, why the row is left out, or "!" and why it is malformed."""
    if row["dup"] not in ("True", "False"):
        return f"!dup is {row['dup']!r}, neither True nor False"
    if row["role"] not in _RANKS:
        return f"!unknown role {row['role']!r}"
    if row["dup"] == "True":
        return "marked as a duplicate by the publisher"
    return _record(row, day, person=row["name"], rank=_RANKS[row["role"]], american=True)


def _visit(row: dict[str, str], day: date | None) -> dict[str, object] | str:
    rank = (
        "minister" if _MINISTER.match(row["visitor"]) else "head" if _HEAD.match(row["visitor"]) else "leader"
    )
    return _record(row, day, person=row["visitor"], rank=rank, american=False)


def _record(
    row: dict[str, str], day: date | None, *, person: str, rank: str, american: bool
) -> dict[str, object] | str:
    if day is None:
        return f"!start {row['start']!r} is no date"
    if not person.strip():
        return "!no person"
    if day.year < FIRST_YEAR:
        return BEFORE_FIRST_YEAR
    place = _place(row["country_id"], row["country"], day)
    if place is None:
        return f"!unknown country {row['country']!r} ({row['country_id']})"
    if len(place) != 3:
        return place
    visitor, host = ("USA", place) if american else (place, "USA")
    return {"date": day, "precision": "day", "visitor": visitor, "host": host, "person": person, "rank": rank}


def _place(country_id: str, country: str, day: date) -> str | None:
    """The state's code; a longer text says why it is left out; None for an unknown place."""
    if country_id in _NOT_STATES:
        return "not a state (territory)"
    names = (country, country_id.replace("-", " "))
    if country_id in _PLACES:
        names = (next(code for until, code in _PLACES[country_id] if day < until),)
    for name in names:
        if (state := find(name, day)) is not None:
            return state.code
    return "not a state at that date" if any(find(name) for name in names) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


SOURCE = Source(CARD, read)
