"""POLECAT: events coded by machine in the PLOVER scheme."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import QUADS, TABLES
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen
from equidistance.sources.lookup import (
    MalformedRowError,
    convert_rows,
    count,
    decimal,
    named_state,
    nothing_left,
)
from equidistance.sources.spans import day_spans

_COLUMNS = (
    "Event ID", "Event Date", "Event Type", "Quad Code", "Actor Name", "Actor Country", "Actor Title",
    "Recipient Name", "Recipient Country", "Recipient Title",
)  # fmt: skip
_INTENSITY = ("Event Intensity", "Intensity")  # the copy's name, the publisher's name

TYPES = frozenset(
    (
        "Accuse", "Agree", "Aid", "Assault", "Coerce", "Concede", "Consult", "Cooperate", "Mobilize", "Protest",
        "Reject", "Request", "Retreat", "Sanction", "Support", "Threaten",
    )
)  # fmt: skip

GOVERNMENT_TITLES = (
    "president", "prime minister", "chief of state", "head of state", "head of government", "premier", "chancellor",
    "foreign minister", "minister of foreign affairs", "minister of defense", "defense minister", "minister of",
    "deputy prime minister", "chairman of the council of ministers", "secretary of state",
    "secretary of security council", "government organization", "ministry",
    "armed forces", "army", "navy", "air force", "ambassador", "king", "emir",
    "diplomat", "state department", "cabinet",
)  # fmt: skip
"""Beginnings of titles that make an act the national government's; parties, courts, provinces and persons do not."""

_PARTY = "party"  # "Party President" and "President Of The Party" are no heads of state
_LONGEST_GAP = 3  # days without a row that are a quiet weekend and not a hole

CARD = Card(
    name="polecat",
    title="POLitical Event Classification, Attributes, and Types (POLECAT)",
    publisher="Leidos, for the Political Instability Task Force",
    licence="CC0 upstream; the stored copy is under MIT",
    citation=(
        "Halterman, A., B. E. Bagozzi, A. Beger, P. A. Schrodt and G. Scarborough. 2023. PLOVER and POLECAT: A New "
        "Political Event Ontology and Dataset. Harvard Dataverse, doi:10.7910/DVN/AJGVIT."
    ),
    address="https://doi.org/10.7910/DVN/AJGVIT",
    files={
        "graphrag_combined_*.csv": "Event ID, Event Date, Event Type, Event Intensity, Quad Code, ... (a selection)",
        "ngecevents*": "the publisher's weekly files, tab separated: Event ID, Event Date, Event Type, Intensity, ...",
    },
    tables=("coded_events",),
    coverage=(date(2018, 1, 1), None),
    states="all upstream; the stored copy holds events located in Russia, Afghanistan and India",
    cadence="weekly until 2024",
    caveats=(
        "The stored copy is a selection: the most frequent pairs of actors in three countries, mostly conflict and "
        "mostly inside India. It is no sample of the relations of states.",
        "Punjab and Haryana are taken for Pakistan by the coder: provinces and regions act for no government here.",
        "Two countries for one actor ('Pakistan; India') stay unresolved.",
        "The class is the publisher's; a request counts as verbal conflict there and is neutral here.",
        "The publisher's own layout was read from its description; only the copy's was tried on real rows.",
    ),
    rows=(100, 10**8),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read events of either layout into ``coded_events`` (scheme ``PLOVER``).

    Raises:
        BadFile: other columns, or no usable event.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    events: list[dict[str, object]] = []
    for path in paths:
        delimiter = "," if path.suffix.lower() == ".csv" else "\t"
        names = columns_of(path, delimiter=delimiter)
        intensity = _INTENSITY[0] if _INTENSITY[0] in names else _INTENSITY[1]
        events += convert_rows(
            path,
            (*_COLUMNS, intensity),
            lambda row, column=intensity: _event(row, row[column]),  # type: ignore[misc]
            rejected,
            ignored,
            delimiter=delimiter,
        )
    table = pa.Table.from_pylist(events, schema=TABLES["coded_events"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "event")
    table, contradictions, repeated = first_seen(table, TABLES["coded_events"].key)
    rejected.extend(contradictions)
    count(ignored, "the same event again", repeated)
    actors = Counter(table["source_by"].to_pylist()) + Counter(table["target_by"].to_pylist())
    acting = actors["state"] + actors["tag"]
    note = f"{acting / max(1, actors.total()):.0%} of the actors act for a national government"
    spans = day_spans(table["date"].to_pylist(), longest_gap=_LONGEST_GAP)
    return Reading({"coded_events": table}, spans, tuple(rejected), ignored, (note,))


def _event(row: dict[str, str], intensity: str) -> list[dict[str, object]]:
    try:
        day = date.fromisoformat(row["Event Date"][:10])
    except ValueError:
        raise MalformedRowError(f"{row['Event Date']!r} is not a date") from None
    kind = row["Event Type"].capitalize()
    if kind not in TYPES:
        raise MalformedRowError(f"unknown event type {row['Event Type']!r}")
    quad = row["Quad Code"].casefold()
    if quad not in QUADS:
        raise MalformedRowError(f"unknown quad code {row['Quad Code']!r}")
    if not row["Event ID"]:
        raise MalformedRowError("no event id")
    source_state, source_by = _acts_for(row["Actor Name"], row["Actor Country"], row["Actor Title"], day.year)
    target_state, target_by = _acts_for(
        row["Recipient Name"], row["Recipient Country"], row["Recipient Title"], day.year
    )
    return [
        {
            "event": f"polecat:{row['Event ID']}",
            "date": day,
            "scheme": "PLOVER",
            "source_actor": row["Actor Name"],
            "source_state": source_state,
            "source_by": source_by,
            "target_actor": row["Recipient Name"],
            "target_state": target_state,
            "target_by": target_by,
            "type": kind,
            "quad": "neutral" if kind == "Request" else quad,
            "intensity": decimal(intensity, "the intensity") if intensity else None,
        }
    ]


def _acts_for(name: str, country: str, title: str, year: int) -> tuple[str | None, str]:
    """The state of an actor and how it acts for it (:data:`equidistance.evidence.schema.RESOLVED_BY`)."""
    code = named_state(country, year) if country else None
    if code is None:
        return None, "unresolved"
    if named_state(name, year) == code:
        return code, "state"
    plain = title.casefold()
    if plain.startswith(GOVERNMENT_TITLES) and _PARTY not in plain:
        return code, "tag"
    return code, "society"


SOURCE = Source(CARD, read)
