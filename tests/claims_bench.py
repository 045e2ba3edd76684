"""A bench with made-up evidence, and claims to test on it."""

from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from equidistance.claims.bench import Bench, Trajectory
from equidistance.errors import InvalidRequest
from equidistance.reading.records import Act, Claim, Document, Reading, Sentence, When

MONTHS = tuple(date(2010 + t // 12, t % 12 + 1, 1) for t in range(12 * 14))
DRAWS = 400


def trajectory(
    deeds: float = 0.0, words: float = 0.0, *, slope: float = 0.0, spread: float = 0.3, step: int = 0
) -> Trajectory:
    """Draws around a line (deeds, words; ``slope`` a year for both) that jumps by 2 at month ``step`` if given."""
    generator = np.random.default_rng(7)  # the same for every dyad, as on the real bench
    years = np.arange(len(MONTHS)) / 12
    centre = np.stack([deeds + slope * years, words + slope * years], axis=1)
    if step:
        centre[step:] += 2
    level = spread * generator.standard_normal((DRAWS, 1, 2))
    noise = 0.05 * generator.standard_normal((DRAWS, len(MONTHS), 2))
    return Trajectory(MONTHS, centre + level + noise, (MONTHS[-1], MONTHS[-1]))


@dataclass
class Evidence:
    """What the made-up bench holds."""

    paths: dict[tuple[str, str], Trajectory] = field(default_factory=dict)
    acts: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[dict[str, Any]] = field(default_factory=list)
    shares: list[dict[str, Any]] = field(default_factory=list)
    visits: list[dict[str, Any]] = field(default_factory=list)
    votes: list[dict[str, Any]] = field(default_factory=list)
    speeches: list[dict[str, Any]] = field(default_factory=list)
    likeness: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    complete: bool = False

    def swapped(self, a: str, b: str) -> "Evidence":
        """The same evidence with two names exchanged everywhere."""
        names = {a: b, b: a}

        def turn(value: Any) -> Any:
            if isinstance(value, str):
                return ";".join(names.get(part, part) for part in value.split(";"))
            return value

        def rows(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{key: turn(value) for key, value in row.items()} for row in table]

        paths = {tuple(names.get(code, code) for code in key): path for key, path in self.paths.items()}
        return Evidence(
            paths,  # type: ignore[arg-type]
            rows(self.acts),
            rows(self.numbers),
            rows(self.shares),
            rows(self.visits),
            rows(self.votes),
            rows(self.speeches),
            {tuple(names.get(code, code) for code in key): row for key, row in self.likeness.items()},  # type: ignore[misc]
            rows(self.events),
            self.complete,
        )


class MadeUp(Bench):
    """A bench on made-up evidence; everything else is the real one's."""

    def __init__(self, evidence: Evidence, **options: Any) -> None:
        super().__init__(False, **{"today": date(2024, 6, 1), **options})
        self.evidence = evidence

    def path(self, subject: str, power: str, instrument: str | None = None) -> Trajectory:
        if (subject, power) not in self.evidence.paths:
            raise InvalidRequest(f"There is no evidence about {subject} and {power}.")
        return self.evidence.paths[subject, power]

    def assessment(self, subject: str, powers: Any, instrument: str | None = None) -> Any:
        return SimpleNamespace(evidence=[], sources=[])

    @property
    def acts(self) -> list[dict[str, Any]]:  # type: ignore[override]
        return [row for row in self.evidence.acts if not self.excluded & {row["document"], row["address"]}]

    @property
    def numbers(self) -> list[dict[str, Any]]:  # type: ignore[override]
        return self.evidence.numbers

    def shares(self, subject: str, powers: Any) -> list[dict[str, Any]]:
        return self.evidence.shares

    def likeness(self, subject: str, other: str, until: date | None) -> dict[str, Any]:
        if (subject, other) not in self.evidence.likeness:
            raise InvalidRequest(f"{subject} and {other} share too little.")
        return self.evidence.likeness[subject, other]

    def visits(self, visitor: str, host: str, first: date, last: date) -> list[dict[str, Any]]:
        return [
            row
            for row in self.evidence.visits
            if (row["visitor"], row["host"]) == (visitor, host) and first <= row["date"] <= last
        ]

    def events(self, source: str, target: str, codes: Any, first: date, last: date) -> list[dict[str, Any]]:
        return [
            row
            for row in self.evidence.events
            if (row["source"], row["target"]) == (source, target)
            and first <= row["date"] <= last
            and row["code"].startswith(tuple(codes))
        ]

    def visits_covered(self, visitor: str, host: str, first: date, last: date) -> bool:
        return self.evidence.complete

    def votes(self, state: str, resolution: str) -> list[dict[str, Any]]:
        return [
            r for r in self.evidence.votes if r["state"] == state and r["resolution"].endswith(resolution)
        ]

    def speeches(self, state: str | None, first: date | None, last: date | None) -> list[dict[str, Any]]:
        return [row for row in self.evidence.speeches if state in (None, row["state"])]


def number_row(value: float, **changes: Any) -> dict[str, Any]:
    """A published number of imaginary bridges."""
    row = {
        "number": f"{value}{changes}",
        "quantity": "bridges over the river",
        "subject": "KAZ",
        "partners": None,
        "first": date(2022, 1, 1),
        "last": date(2022, 12, 31),
        "precision": "year",
        "value": value,
        "low": value,
        "high": value,
        "unit": "bridges",
        "account": f"account {value}",
        "source": f"source {value}",
        "address": None,
        "grade": "B",
        "note": None,
    }
    return row | changes


def act_row(**changes: Any) -> dict[str, Any]:
    """A recorded act: a treaty about water."""
    row = {
        "act": "a",
        "told_by": "t",
        "first": date(2022, 7, 5),
        "last": date(2022, 7, 5),
        "actor": "KAZ",
        "partner": "RUS",
        "third_parties": None,
        "type": "AGREE",
        "mode": None,
        "channel": "deed",
        "instrument": "diplomacy",
        "direction": 1,
        "modality": "done",
        "summary": "A treaty about water was signed",
        "said": None,
        "speaker": None,
        "source": "Agency",
        "address": "https://agency.example/1",
        "document": None,
        "grade": "B",
    }
    return row | changes


def claim(form: str, **fields: Any) -> Claim:
    """A claim of Kazakhstan about Russia unless said otherwise."""
    base = Claim(form, "they signed a treaty about water", subject="KAZ", powers=("RUS",))  # type: ignore[arg-type]
    return replace(base, **fields)


def month(year: int, number: int) -> When:
    """A month as a date."""
    from equidistance.ground.time import month_end

    return When(date(year, number, 1), month_end(year, number), "month")


def act(quote: str = "banned the transit of goods by hauliers", **changes: Any) -> Act:
    """An act as a reader finds it."""
    fields: dict[str, Any] = {
        "start": 0,
        "end": len(quote),
        "quote": quote,
        "actor": "KAZ",
        "actor_text": "Astana",
        "partner": "RUS",
        "partner_text": "Russia",
        "third_parties": (),
        "when": When(date(2022, 9, 20), date(2022, 9, 20), "day"),
        "type": "COERCE",
        "mode": None,
        "channel": "deed",
        "instrument": "transport",
        "direction": -1,
        "intensity": 0.5,
        "amounts": (),
        "place": None,
        "attribution": ("author",),
        "modality": "done",
        "rule": "made up",
        "confidence": 0.7,
    }
    return Act(**{**fields, **changes})


def reading(
    *acts: Act,
    text: str = "One. Two.",
    claims: tuple[Claim, ...] = (),
    address: str = "a.txt",
    sha256: str = "a" * 64,
) -> Reading:
    """A reading of a short text."""
    sentences, start = [], 0
    for part in text.split(". "):
        end = start + len(part)
        sentences.append(Sentence(start, min(len(text), end + 1), text[start : end + 1]))
        start = end + 2
    document = Document(text, tuple(sentences), "en", date(2022, 11, 24), "A title", address, sha256)
    return Reading(document, acts, claims, ())
