"""The rules: of all the lexicon's hits in a sentence, the one act from source to target, and what governs it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from equidistance.reading.coder_lexicon import TYPES, Hit, Lexicon, compositions, lexicon
from equidistance.reading.coder_text import Marked
from equidistance.reading.records import Modality

GOVERN_WINDOW = 7
"""How many words behind a governing verb the act it governs may stand."""
NEGATION_WINDOW = 4
GAP_DECAY = 0.1
"""How much a condition counts less for every word that it is farther away."""
DEFAULT = "CONSULT"
"""What is said of a sentence in which no rule finds an act: the commonest and weakest act between states."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A hit with its score: strength of the words times how well its place fits source and target."""

    hit: Hit
    score: float
    zone: str
    passive: bool
    negated: bool
    future: bool


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules say.

    Attributes:
        type, mode, modality: of the act.
        rule: the expression that decided, with its governor.
        weighed: all acts, best first.
        outcome: scores of all types, the chosen one's included.
        plain: type of the best act before composition, or empty.
        governor: what governs it, or empty.
    """

    type: str
    mode: str | None
    modality: Modality
    rule: str
    weighed: tuple[Weighed, ...]
    outcome: Mapping[str, float]
    plain: str
    governor: str


def apply_rules(marked: Marked) -> Ruled:
    """Choose the act from source to target.

    Every hit is weighed by its words and by its place: an act stands between source and target, near the source, or
    before the source in the passive. Then the governing word, a future or a negation before the act decides what it
    amounts to (``compositions.csv``).

    Args:
        marked: the sentence.

    Returns:
        The rules' answer; type :data:`DEFAULT` with rule ``none`` where no act is found.
    """
    book = lexicon(marked.russian)
    hits = book.hits(marked)
    weighed = sorted(
        (_weigh(hit, marked, book) for hit in hits if hit.pattern.role == "act"),
        key=lambda one: (-one.score, one.hit.start, one.hit.pattern.expression),
    )
    outcome = dict.fromkeys(TYPES, 0.0)
    for one in weighed:
        kind = one.hit.pattern.type
        outcome[kind] = max(outcome[kind], one.score)
    if not weighed:
        modality = _modality(marked, book, 0, len(marked.tokens))
        return Ruled(DEFAULT, None, modality, "none", (), outcome, "", "")
    best = weighed[0]
    pattern = best.hit.pattern
    governor, top = _governor(best, hits, marked)
    rule = f"{pattern.type.lower()}: {pattern.expression}"
    kind, modality, mode = pattern.type, _modality_of(best, marked, book), pattern.mode or None
    if governor:
        composed = compositions().get((governor, pattern.type))
        if composed is not None:
            kind, told = composed
            modality = modality if told == "done" else _as_modality(told)
            rule = f"{governor.lower()} ({top}) + {rule}"
    elif best.negated or best.future:
        cue = "NOT" if best.negated else "FUTURE"
        composed = compositions().get((cue, pattern.type))
        if composed is not None:
            kind, told = composed
            modality = modality if told == "done" else _as_modality(told)
            rule = f"{cue.lower()} + {rule}"
    if kind != pattern.type:
        mode = _carried(kind, pattern.type, pattern.mode)
        outcome[kind] = max(outcome[kind], best.score)
        outcome[pattern.type] *= 0.6
    if kind == "THREATEN" and modality == "done":
        modality = "threatened"
    return Ruled(kind, mode, modality, rule, tuple(weighed), outcome, pattern.type, governor)


def _weigh(hit: Hit, marked: Marked, book: Lexicon) -> Weighed:
    """Score one hit."""
    words = marked.words
    passive = _is_passive(hit, words, book)
    zone, fit = _place(hit, marked, passive)
    conditions = bool(hit.pattern.followed) + bool(hit.pattern.preceded)
    score = hit.pattern.weight * (1 + 0.15 * conditions + 0.1 * (len(hit.pattern.slots) - 1)) * fit
    score *= math.exp(-GAP_DECAY * hit.gap)
    if hit.noun and hit.pattern.kind == "verb":
        score *= 0.75
    start = max(hit.start - NEGATION_WINDOW, 0)
    for place in range(hit.start - 1, start - 1, -1):  # nothing reaches across a stop
        if words[place] in book.cues["stop"] or words[place] == ",":
            start = place + 1
            break
    negated = book.cued("negation", words, start, hit.start) is not None
    future = book.cued("future", words, start, hit.start) is not None
    future = future or book.cued("conditional", words, start, hit.start) is not None
    return Weighed(hit, score, zone, passive, negated, future)


def _is_passive(hit: Hit, words: list[str], book: Lexicon) -> bool:
    """A participle behind a form of "be", or before "by"."""
    if "n" not in hit.tags:
        return False
    behind_be = any(word in book.cues["passive"] for word in words[max(hit.start - 3, 0) : hit.start])
    by = "by" in words[hit.end : hit.end + 4]
    return behind_be or (by and (hit.start == 0 or words[hit.start - 1] not in {"has", "have", "had"}))


def _place(hit: Hit, marked: Marked, passive: bool) -> tuple[str, float]:
    """Where a hit stands relative to source and target, and how well that fits an act from one to the other."""
    source, target, place = marked.source, marked.target, hit.start
    if source is None:
        return "open", math.exp(-0.03 * place)
    if target is None:
        if place > source:
            return "after", math.exp(-0.05 * (place - source))
        return "before", 0.5
    if source < target:
        if source < place < target:
            return "between", (0.6 if passive and not hit.noun else 1.0) * math.exp(
                -0.05 * (place - source - 1)
            )
        if place > target:
            return "behind", 0.6 * math.exp(-0.04 * (place - target))
        return "before", 0.45
    if marked.turned:
        # "T was condemned by S" tells what "S condemned T" tells, and is weighed the same
        if target < place < source:
            return "between", math.exp(-0.05 * max(source - place - 2, 0))
        return ("behind", 0.6 * math.exp(-0.04 * (place - source))) if place > source else ("before", 0.45)
    if target < place < source:
        return "reversed", (0.9 if passive else 0.6) * math.exp(-0.03 * (source - place))
    if place > source:
        return "last", 0.95 * math.exp(-0.05 * (place - source))
    return "before", 0.4


def _governor(best: Weighed, hits: list[Hit], marked: Marked) -> tuple[str, str]:
    """The governing verb nearest before the act, in the same clause; its name and its expression."""
    words = marked.words
    for hit in sorted(hits, key=lambda one: -one.start):
        pattern = hit.pattern
        if pattern.role != "govern" or hit.noun or hit.end > best.hit.start:
            continue
        if best.hit.start - hit.end > GOVERN_WINDOW or "." in words[hit.end : best.hit.start]:
            continue
        if marked.source is not None and hit.start < marked.source < best.hit.start:
            continue
        return pattern.type, pattern.expression
    return "", ""


def _modality_of(best: Weighed, marked: Marked, book: Lexicon) -> Modality:
    if best.negated:
        return "denied"
    if best.hit.pattern.type == "THREATEN":
        return "threatened"
    start = max(best.hit.start - 6, 0)
    before = _modality(marked, book, start, best.hit.start)
    # "will visit" and "agreed to" are expressions of the lexicon: their own words count too, but for denial
    inside = _modality(marked, book, best.hit.start, best.hit.end)
    return inside if before == "done" and inside != "denied" else before


def _modality(marked: Marked, book: Lexicon, start: int, end: int) -> Modality:
    """Modality by the cues in a stretch of words."""
    words = marked.words
    if book.cued("denied", words, start, end) is not None:
        return "denied"
    if book.cued("announced", words, start, end) is not None:
        return "announced"
    if book.cued("future", words, start, end) is not None:
        return "planned"
    return "done"


def _as_modality(told: str) -> Modality:
    match told:
        case "announced" | "planned" | "denied" | "threatened" | "done":
            return told
    raise ValueError(f"compositions.csv names the modality {told!r}")


_SHARED_MODES = {
    "REQUEST": {
        "AID": "assist",
        "COOPERATE": "assist",
        "SUPPORT": "assist",
        "YIELD": "yield",
        "CONSULT": "meet",
    },
    "REJECT": {
        "AID": "assist",
        "COOPERATE": "assist",
        "SUPPORT": "assist",
        "YIELD": "yield",
        "CONSULT": "meet",
    },
    "THREATEN": {"ASSAULT": "violence", "MOBILIZE": "violence", "SANCTION": "restrict", "COERCE": "restrict"},
    "ACCUSE": {},
}


def _carried(kind: str, act: str, mode: str) -> str | None:
    """The mode of a composed act: PLOVER's modes of requests, refusals and threats name what they are about."""
    if kind == "THREATEN" and mode in {"arrest", "expel"}:
        return mode
    if kind == "REQUEST" and act in {"REQUEST", "REJECT", "ACCUSE"}:
        return mode or None
    if kind == act:
        return mode or None
    return _SHARED_MODES.get(kind, {}).get(act)
