"""Claims that records test: event, quotation; and those that nothing decides: forecast, cause, opinion."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from equidistance.claims import measured
from equidistance.claims.bench import Bench
from equidistance.claims.matching import shingles, topic
from equidistance.claims.verdicts import Finding, Record, combined
from equidistance.claims.words import name_of, when_words, window_words
from equidistance.evidence.schema import MUTUAL, VOTES
from equidistance.printable import printable
from equidistance.reading.records import Claim, When

KIN = {
    "AID": ("COOPERATE", "SUPPORT"),
    "COOPERATE": ("AID", "AGREE"),
    "AGREE": ("COOPERATE",),
    "SUPPORT": ("AID",),
    "SANCTION": ("COERCE",),
    "COERCE": ("SANCTION",),
    "RETREAT": ("CONCEDE",),
    "CONCEDE": ("RETREAT",),
}
"""Types so near that two coders divide over them; a record of such a type counts a grade less."""

CAMEO = {
    "AGREE": ("057",),
    "CONSULT": ("04",),
    "SUPPORT": ("050", "051", "052", "053", "054", "055", "056"),
    "COOPERATE": ("06",),
    "AID": ("07",),
    "CONCEDE": ("08",),
    "REQUEST": ("02",),
    "ACCUSE": ("11",),
    "REJECT": ("12",),
    "THREATEN": ("13",),
    "PROTEST": ("14",),
    "MOBILIZE": ("15",),
    "SANCTION": ("16",),
    "COERCE": ("17",),
    "ASSAULT": ("18", "19", "20"),
    "RETREAT": ("087",),
}
"""CAMEO codes of machine-coded events that are of a PLOVER type."""

MACHINE_GRADE = "D"
"""Grade of a machine-coded report: that the two did something of the kind then, not that it was this."""

FOUND = 0.8
"""Share of a quotation's runs of four words that a document must hold."""

AROUND = timedelta(days=365)
"""How far around a date the order of events is told."""

UNDATED = timedelta(days=3 * 365)
"""How far back an event without a date may lie before the text was published."""

LASTS = timedelta(days=4)
"""How many days before the claim's a visit, listed by its first day, may have begun."""

_RESOLUTION = re.compile(
    r"(?:A/RES/|S/RES/)?(?:\d{1,4}/\d{1,4}|ES-\d{1,2}/\d{1,3}|S-\d{1,2}/\d{1,3})", re.IGNORECASE
)
_LEDGER = (
    "An act from an independent source: equidistance review, or equidistance ingest expert_acts FILE.",
)


def event(claim: Claim, bench: Bench) -> Finding:
    """A record of the act from another source than the text, within what its date allows."""
    span = _span(claim, bench)
    if span is None:
        return Finding(
            None,
            "The claim gives no date, and the text it comes from none of publication.",
            missing=("A date of the event.",),
            would_change=("A date in the claim file.", *_LEDGER),
        )
    records = _vote(claim, bench) + _acts(claim, bench, span) + _visits(claim, bench, span)
    records += _events(claim, bench, span)
    records += _absence(claim, bench, span, records)
    probability, word = combined(*_grades(records))
    told = [record for record in records if record.says > 0]
    against = [record for record in records if record.says < 0]
    when = when_words(claim.when) if claim.when else window_words(*span)
    if told or against:
        because = f"{len(told)} independent record(s) tell of it {when}, {len(against)} speak against it."
    else:
        because = (
            f"No independent record of such an act {when} is at hand; that does not mean that none happened."
        )
    missing = () if told or against else ("A record of it from another source than the text itself.",)
    return Finding(probability, because, word, (), tuple(records), missing, _LEDGER)


def quotation(claim: Claim, bench: Bench) -> Finding:
    """The words in a speech of the store or in a statement of the ledger."""
    said = shingles(claim.said or "")
    first, last = (claim.when.first, claim.when.last) if claim.when else (claim.since, claim.until)
    records = []
    for row in bench.speeches(claim.subject, first, last) if claim.subject else []:
        if _held(said, row["text"]):
            where = f"General Debate of session {row['session']}, {name_of(row['state'])}"
            records.append(Record("speech", str(row["year"]), where, row["title"], "", "A", 1))
    for row in bench.acts:
        if row["said"] and _held(said, row["said"]) and claim.subject in (None, row["actor"]):
            records.append(_act_record(row, row["grade"], 1))
    probability, word = combined(*_grades(records))
    if records:
        because = f"The words stand in {len(records)} document(s)."
        return Finding(probability, because, word, (), tuple(records), (), _LEDGER)
    pronoun = (claim.speaker or "").lower() in ("he", "she", "they", "он", "она", "они")
    who = name_of(claim.subject) if pronoun or not claim.speaker else printable(claim.speaker, 100)
    missing = f"The statement of {who} in full, from its own publisher: the words are in no document at hand."
    near = [
        _act_record(row, row["grade"], 0)
        for row in bench.acts
        if claim.speaker and row["speaker"] and row["speaker"].lower() in claim.speaker.lower()
    ]
    return Finding(
        None,
        "No document at hand holds these words.",
        None,
        (),
        tuple(near),
        (missing,),
        (
            "The document in the store (equidistance ingest un_speeches FILE) or in the ledger, with the words said.",
        ),
    )


def forecast(claim: Claim, bench: Bench) -> Finding:
    """Kept until its date has come, then scored as what it foretold."""
    due = claim.when.last if claim.when else claim.until
    if due is None:
        return Finding(
            None,
            "The forecast gives no date, so that no day can come on which it has failed.",
            missing=("A date by which it should have happened.",),
            would_change=("A date (when or until) in the claim file.",),
        )
    if due > bench.today:
        return Finding(
            None,
            f"It is kept, and scored after {due}.",
            missing=("The future.",),
            would_change=(f"What has happened by {due}.",),
            due=due,
        )
    if claim.subject is not None and claim.type is not None:
        start = claim.since or (claim.when.first if claim.when else bench.published)
        window = claim.when or (When(start, due, "year") if start else None)
        found = event(replace(claim, form="event", when=window, negated=False), bench)
        return replace(found, because=f"The date has come. {found.because}", due=due)
    if claim.subject is not None and claim.powers and claim.direction is not None:
        start = claim.since or bench.published
        found = measured.trend(
            replace(claim, form="trend", since=start, until=due, when=None, negated=False), bench
        )
        return replace(found, because=f"The date has come. {found.because}", due=due)
    return Finding(
        None,
        f"The date {due} has come, but the forecast does not say what would show that it came true.",
        missing=("What was foretold: a type of event, or a direction toward somebody.",),
        would_change=("type, or powers and direction, in the claim file.",),
        due=due,
    )


def cause(claim: Claim, bench: Bench) -> Finding:
    """The order of the records around the date; that one thing came before another does not make it a cause.

    A record between two of the states must share a word with the claim, one of a single of them two.
    """
    centre = claim.when.first if claim.when else bench.published
    if centre is None:
        span = (claim.since or date.min, claim.until or date.max)
    else:
        span = (
            claim.since or centre - AROUND,
            claim.until or (claim.when.last if claim.when else centre) + AROUND,
        )
    states = {code for code in (claim.subject, *claim.powers) if code}
    about = topic(f"{claim.quantity or ''} {claim.quote}", states)
    rows = {
        row["act"]: row
        for row in sorted(
            bench.acts, key=_coarseness, reverse=True
        )  # of each act the telling with the finest date
        if row["first"] <= span[1]
        and row["last"] >= span[0]
        and len(about & topic(row["summary"], states))
        >= 3 - min(2, len({row["actor"], *_concerned(row)} & states))
    }
    ordered = sorted(
        rows.values(), key=lambda row: (row["first"] + (row["last"] - row["first"]) / 2, row["act"])
    )
    records = tuple(_act_record(row, row["grade"], 0) for row in ordered)
    if ordered:
        order = "; ".join(f"{_when_of(row)}: {printable(row['summary'], 120)}" for row in ordered)
        because = f"The records stand in this order: {order}. An order is not yet a cause, and nothing here decides it."
    else:
        because = "No records show even the order of the two events, and an order would not make a cause."
    return Finding(
        None,
        because,
        None,
        (),
        records,
        ("What would have happened otherwise; no observation shows it.",),
        ("Nothing in these data: they tell what came first, not why.",),
    )


def _coarseness(row: dict[str, Any]) -> tuple[int, str, str]:
    return (row["last"] - row["first"]).days, row["grade"], row["source"]


def opinion(claim: Claim, bench: Bench) -> Finding:
    """A judgement: no record could show it right or wrong."""
    return Finding(
        None,
        "This judges or wishes; no record could show it right or wrong.",
        "not testable",
        would_change=("A claim in another form: what would be different in the world if it were not so?",),
    )


def _span(claim: Claim, bench: Bench) -> tuple[date, date] | None:
    if claim.when is not None:
        return claim.when.first, claim.when.last
    if claim.since is not None or claim.until is not None:
        return claim.since or date(1946, 1, 1), claim.until or bench.published or bench.today
    return (bench.published - UNDATED, bench.published) if bench.published else None


def _acts(claim: Claim, bench: Bench, span: tuple[date, date]) -> list[Record]:
    """Accepted acts of the same type (or one near it), between the same two, at that time, about the same thing."""
    assert claim.type is not None
    records = []
    for row in bench.acts:
        kin = row["type"] in KIN.get(claim.type, ())
        if row["type"] != claim.type and not kin:
            continue
        if row["first"] > span[1] or row["last"] < span[0] or not _same_pair(claim, row):
            continue
        if claim.mode and row["mode"] and claim.mode != row["mode"]:
            continue
        if not _same_matter(claim, row, span):
            continue
        grade = _less(row["grade"]) if kin else row["grade"]
        says = -1 if row["modality"] == "denied" else 1 if row["modality"] in _HAPPENED[row["channel"]] else 0
        if claim.channel == "deed" and row["channel"] == "word":
            says = 0  # to say that one will is not to do
        records.append(_act_record(row, grade, says))
    return records


_HAPPENED = {"deed": ("done",), "word": ("done", "announced", "threatened", "planned")}
"""Modalities in which an act of that channel did happen: to announce is to speak, not yet to do."""


def _concerned(row: dict[str, Any]) -> set[str]:
    """Toward whom, and who else."""
    return {row["partner"], *(row["third_parties"] or "").split(";")} - {None, ""}


def _same_pair(claim: Claim, row: dict[str, Any]) -> bool:
    others = _concerned(row)
    if row["actor"] == claim.subject:
        return not claim.powers or bool(others & set(claim.powers))
    turned = row["type"] in MUTUAL and row["partner"] == claim.subject
    return turned and (not claim.powers or row["actor"] in claim.powers)


def _same_matter(claim: Claim, row: dict[str, Any], span: tuple[date, date]) -> bool:
    """The finer the date, the fewer words must be shared: two acts of a kind on one day are rarely two."""
    codes = [claim.subject, *claim.powers, row["actor"], row["partner"]]
    codes += (row["third_parties"] or "").split(";")
    shared = topic(f"{claim.quantity or ''} {claim.quote}", codes) & topic(row["summary"], codes)
    days = (span[1] - span[0]).days
    if days <= 1:
        return True
    if days <= 92:
        return bool(shared) or claim.mode == row["mode"] == "visit"
    return len(shared) >= 2


def _visits(claim: Claim, bench: Bench, span: tuple[date, date]) -> list[Record]:
    if claim.type != "CONSULT" or claim.mode not in (None, "visit") or claim.subject is None:
        return []
    records = []
    for power in claim.powers:
        for visitor, host in ((claim.subject, power), (power, claim.subject)):
            for row in bench.visits(visitor, host, span[0] - LASTS, span[1]):
                exact = row["precision"] != "year"
                text = f"{row['person']} ({name_of(visitor)}) visited {name_of(host)}"
                says = 1 if exact else 0
                when = f"{row['date']}" if exact else f"{row['date'].year}"
                records.append(Record("visit", when, text, row["title"], "", "A", says))
    return records


def _events(claim: Claim, bench: Bench, span: tuple[date, date]) -> list[Record]:
    """Machine-coded reports of the kind within a month; what they were about is not known."""
    assert claim.type is not None
    if claim.subject is None or (span[1] - span[0]).days > 31:
        return []
    records = []
    for power in claim.powers:
        for row in bench.events(claim.subject, power, CAMEO.get(claim.type, ()), *span):
            text = f"{name_of(claim.subject)} toward {name_of(power)}: {row['text']} (CAMEO {row['code']})"
            records.append(Record("event", str(row["date"]), text, row["title"], "", MACHINE_GRADE, 1))
    return records


def _absence(claim: Claim, bench: Bench, span: tuple[date, date], found: Sequence[Record]) -> list[Record]:
    """A visit that a complete list does not have."""
    if (
        claim.type != "CONSULT"
        or claim.mode != "visit"
        or claim.subject is None
        or found
        or len(claim.powers) != 1
    ):
        return []
    visitor, host = claim.subject, claim.powers[0]
    if not bench.visits_covered(visitor, host, *span):
        return []
    text = f"No visit from {name_of(visitor)} to {name_of(host)} is in a list that covers those days"
    return [Record("visit", window_words(*span), text, "complete list of visits", "", "A", -1)]


def _vote(claim: Claim, bench: Bench) -> list[Record]:
    """How the state voted, where the claim names a resolution and a vote."""
    if claim.mode != "vote" or claim.subject is None or (claim.said or "") not in VOTES:
        return []
    match = _RESOLUTION.search(claim.quantity or "")
    if match is None:
        return []
    symbol = match.group(0)
    rows = bench.votes(claim.subject, symbol) or bench.votes(claim.subject, f"A/RES/{symbol}")
    return [
        Record(
            "vote",
            str(row["date"]),
            f"{name_of(claim.subject)} voted {row['vote']} on {row['resolution']}",
            row["source_title"],
            "",
            "A",
            1 if row["vote"] == claim.said else -1,
        )
        for row in rows[:1]
    ]


def _act_record(row: dict[str, Any], grade: str, says: int) -> Record:
    return Record("act", _when_of(row), row["summary"], row["source"], row["address"] or "", grade, says)


def _when_of(row: dict[str, Any]) -> str:
    first, last = row["first"], row["last"]
    if first == last:
        return str(first)
    month = (first.year, first.month) == (last.year, last.month)
    return f"{first:%Y-%m}" if month else f"{first.year}" if first.year == last.year else f"{first} to {last}"


def _grades(records: Sequence[Record]) -> tuple[list[str], list[str]]:
    """Best grade of each source, for and against."""
    best: dict[tuple[int, str], str] = {}
    for record in records:
        if record.says:
            key = (record.says, record.source)
            best[key] = min(best.get(key, "Z"), record.grade)
    return (
        [grade for (says, _), grade in best.items() if says > 0],
        [grade for (says, _), grade in best.items() if says < 0],
    )


def _less(grade: str) -> str:
    return {"A": "B", "B": "C", "C": "D"}.get(grade, "D")


def _held(said: set[tuple[str, ...]], text: str) -> bool:
    if not said:
        return False
    length = len(next(iter(said)))
    held = shingles(text, length)
    return len(said & held) / len(said) >= FOUND
