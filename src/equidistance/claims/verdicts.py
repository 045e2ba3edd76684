"""Verdicts: seven words, two thresholds, and everything that a verdict has to show with it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from equidistance.reading.records import Claim

Word = Literal[
    "supported",
    "leans supported",
    "mixed",
    "leans contradicted",
    "contradicted",
    "not enough evidence",
    "not testable",
]
WORDS: tuple[Word, ...] = (
    "supported",
    "leans supported",
    "mixed",
    "leans contradicted",
    "contradicted",
    "not enough evidence",
    "not testable",
)

SURE, LEANS = 0.95, 0.80
"""Probability from which a claim is supported, and from which it leans so; the same for every claim and, taken from
the other end, for its contradiction."""

RELIABILITY = {"A": 0.95, "B": 0.90, "C": 0.80, "D": 0.60}
"""How probably a record of a grade is right (assumed, not estimated): A the act's own document or official statistics,
B a news agency or the party's own statement, C a single news report, D a guess or a company's advertisement."""


@dataclass(frozen=True)
class Number:
    """A number a verdict rests on, with its 90 % interval where it has one.

    Attributes:
        name: what it is, in words.
        value, low, high: the number and its interval.
        unit: of all three.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Record:
    """A record behind a verdict.

    Attributes:
        kind: act, number, vote, visit, speech, share or estimate.
        when: date in words.
        text: what it says.
        source: who says so.
        address: where.
        grade: A to D, see :data:`RELIABILITY`; empty for what the model estimated.
        says: +1 for the claim, -1 against it, 0 neither.
    """

    kind: str
    when: str
    text: str
    source: str
    address: str = ""
    grade: str = ""
    says: int = 0


@dataclass(frozen=True)
class Verdict:
    """What the evidence says of one claim.

    Attributes:
        claim: the claim.
        word: the verdict.
        probability: of the claim being right, where one was computed; 0 to 1.
        understood: the claim as the test took it, in a sentence.
        because: why the verdict is what it is, in a sentence.
        numbers: what it rests on.
        records: the records behind it, for and against.
        missing: evidence that would have been needed.
        would_change: what would change the verdict.
        due: for a forecast: when it will be scored.
        error: why the claim could not be run; the verdict is then ``not enough evidence``.
    """

    claim: Claim
    word: Word
    probability: float | None
    understood: str
    because: str
    numbers: tuple[Number, ...] = ()
    records: tuple[Record, ...] = ()
    missing: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()
    due: date | None = None
    error: str | None = None


@dataclass(frozen=True)
class Finding:
    """What a test found about the claim as if it were not negated; :func:`judged` makes a verdict of it.

    Attributes:
        probability: that the claim is right; ``None`` where the evidence does not say.
        word: set where the probability alone does not decide (mixed, not testable).
        because, numbers, records, missing, would_change, due: as in :class:`Verdict`.
    """

    probability: float | None
    because: str
    word: Word | None = None
    numbers: tuple[Number, ...] = ()
    records: tuple[Record, ...] = ()
    missing: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()
    due: date | None = None


def word_of(probability: float | None) -> Word:
    """The verdict on a claim that is right with a probability; between the thresholds nothing is decided."""
    if probability is None:
        return "not enough evidence"
    if probability >= SURE:
        return "supported"
    if probability >= LEANS:
        return "leans supported"
    if round(1 - probability, 12) >= SURE:  # the same rounding on both sides, or .05 would not mirror .95
        return "contradicted"
    if round(1 - probability, 12) >= LEANS:
        return "leans contradicted"
    return "not enough evidence"


def mirrored(word: Word) -> Word:
    """The verdict on the negation."""
    pairs: dict[Word, Word] = {
        "supported": "contradicted",
        "leans supported": "leans contradicted",
        "mixed": "mixed",
        "leans contradicted": "leans supported",
        "contradicted": "supported",
        "not enough evidence": "not enough evidence",
        "not testable": "not testable",
    }
    return pairs[word]


def judged(claim: Claim, understood: str, finding: Finding) -> Verdict:
    """The verdict: a claim that is negated gets the mirror image of what was found about the plain claim."""
    word = finding.word or word_of(finding.probability)
    probability, records = finding.probability, finding.records
    if claim.negated:
        word = mirrored(word)
        probability = None if probability is None else 1 - probability
        records = tuple(replace(record, says=-record.says) for record in records)
    return Verdict(
        claim,
        word,
        probability,
        understood,
        finding.because,
        finding.numbers,
        records,
        finding.missing,
        finding.would_change,
        finding.due,
    )


def combined(grades_for: list[str], grades_against: list[str]) -> tuple[float | None, Word | None]:
    """Probability and, where both sides weigh, ``mixed``: records taken as independent, each right as its grade says.

    The odds of the claim are the product of the odds of the records for it, divided by those against it. Where each
    side alone would lean to its verdict, the records conflict and no probability is told.
    """
    if not grades_for and not grades_against:
        return None, None
    odds_for, odds_against = _odds(grades_for), _odds(grades_against)
    threshold = LEANS / (1 - LEANS)
    if min(odds_for, odds_against) >= round(threshold, 9):
        return None, "mixed"
    odds = odds_for / odds_against
    return odds / (1 + odds), None


def _odds(grades: list[str]) -> float:
    product = 1.0
    for grade in sorted(grades):  # the order of the records must not show in the last digit
        chance = RELIABILITY.get(grade, RELIABILITY["D"])
        product *= chance / (1 - chance)
    return round(product, 9)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """A verdict in the documented JSON form."""
    from equidistance.claims.files import as_fields

    return {
        "claim": as_fields(verdict.claim),
        "verdict": verdict.word,
        "probability": None if verdict.probability is None else round(verdict.probability, 4),
        "understood": verdict.understood,
        "because": verdict.because,
        "numbers": [vars(number) for number in verdict.numbers],
        "records": [vars(record) for record in verdict.records],
        "missing": list(verdict.missing),
        "would_change": list(verdict.would_change),
        "due": verdict.due and verdict.due.isoformat(),
        "error": verdict.error,
    }
