"""The coder's lexicon: what its data files say, matched against a marked sentence.

Data files (``data/reading``; a person can extend them, their README tells how):

- ``acts.csv``, ``acts_ru.csv``: words of acts with PLOVER type and mode, each on a condition where it needs one;
- ``classes.csv``: named lists of words for those conditions (``@troops``);
- ``cues.csv``: words of negation, future, condition, announcement, denial, passive;
- ``compositions.csv``: what a governing word makes of the act it governs ("refused to help" is a refusal).
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from equidistance.reading.coder_text import Marked
from equidistance.reading.coder_words import plural, verb_forms

DATA = Path(__file__).parent.parent / "data" / "reading"

TYPES: Mapping[str, int] = {
    "AGREE": 1,
    "CONSULT": 1,
    "SUPPORT": 1,
    "COOPERATE": 2,
    "AID": 2,
    "YIELD": 2,
    "REQUEST": 3,
    "ACCUSE": 3,
    "REJECT": 3,
    "THREATEN": 3,
    "PROTEST": 4,
    "SANCTION": 4,
    "MOBILIZE": 4,
    "COERCE": 4,
    "ASSAULT": 4,
}
"""PLOVER root -> quad class: 1 verbal, 2 material cooperation, 3 verbal, 4 material conflict."""

FOLLOW_WINDOW = 9
"""How many words behind an expression its condition is looked for."""
PRECEDE_WINDOW = 9
VERB_GAP = 2
"""How many words may stand inside "called on Friday for" or "shot two soldiers dead"."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One expression of the lexicon.

    Attributes:
        role: ``act``, or ``govern`` (its outcome depends on the act it governs).
        type, mode: PLOVER type (for ``govern`` the governor's name) and mode (may be empty).
        kind: ``verb``, ``verb-last`` (the last word is inflected), ``noun``, ``phrase`` or ``stem``.
        expression: the words as the file writes them.
        slots: for every word its forms with their tags.
        followed, preceded: words one of which must stand behind or before; empty for no condition.
        weight: how strongly it speaks for its type.
    """

    role: str
    type: str
    mode: str
    kind: str
    expression: str
    slots: tuple[Mapping[str, str], ...]
    followed: frozenset[str]
    preceded: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern found in a sentence.

    Attributes:
        pattern: what was found.
        start, end: tokens it covers.
        tags: grammatical tags of its first word (see :func:`verb_forms`); empty for nouns and phrases.
        noun: whether it stands as a noun ("the attack").
        gap: how many words away its condition is met; 0 without one.
    """

    pattern: Pattern
    start: int
    end: int
    tags: str
    noun: bool
    gap: int


@dataclass(frozen=True)
class Lexicon:
    """All patterns of one language, indexed by their first word."""

    first: Mapping[str, tuple[Pattern, ...]]
    stems: Mapping[str, tuple[Pattern, ...]]
    cues: Mapping[str, frozenset[str]]
    determiners: frozenset[str]

    def hits(self, marked: Marked) -> list[Hit]:
        """Every pattern found in the sentence, outside its source and target, in order of place."""
        found: list[Hit] = []
        tokens = marked.tokens
        for place, token in enumerate(tokens):
            if token.text[:1] == "<":
                continue
            for pattern in self._candidates(token.text):
                hit = _match(pattern, marked, place, self.determiners)
                if hit is not None:
                    found.append(hit)
        return found

    def _candidates(self, word: str) -> tuple[Pattern, ...]:
        candidates = self.first.get(word, ())
        if self.stems:
            for length in range(2, len(word) + 1):
                candidates += self.stems.get(word[:length], ())
        return candidates

    def cued(self, kind: str, words: list[str], start: int, end: int) -> int | None:
        """The last place in ``words[start:end]`` where an expression of that kind of cue begins, or ``None``."""
        expressions = self.cues[kind]
        for place in range(min(end, len(words)) - 1, max(start, 0) - 1, -1):
            for length in (3, 2, 1):
                if place + length <= end and " ".join(words[place : place + length]) in expressions:
                    return place
        return None


def _match(pattern: Pattern, marked: Marked, place: int, determiners: frozenset[str]) -> Hit | None:
    """Match one pattern whose first word stands at ``place``."""
    tokens = marked.tokens
    tags = _slot(pattern.slots[0], tokens[place].text)
    if tags is None:
        return None
    end = place + 1
    for slot in pattern.slots[1:]:
        reach = VERB_GAP if pattern.kind == "verb" else 0
        for candidate in range(end, min(end + reach + 1, len(tokens))):
            if tokens[candidate].text in ".;":
                return None
            if any(_slot(slot, word) is not None for word in tokens[candidate].inner):
                end = candidate + 1
                break
        else:
            return None
    gap = 0
    if pattern.followed:
        behind = _near(pattern.followed, marked, range(end, end + FOLLOW_WINDOW))
        if behind is None:
            return None
        gap += behind
    if pattern.preceded:
        ahead = _near(pattern.preceded, marked, range(place - 1, place - 1 - PRECEDE_WINDOW, -1))
        if ahead is None:
            return None
        gap += ahead
    noun = pattern.kind == "noun"
    if pattern.kind == "verb" and len(pattern.slots) == 1 and place > 0:
        before = tokens[place - 1].text
        # "the attack", "its demands": a verb's base or -s form behind a determiner is a noun
        noun = before in determiners and bool(set(tags) & set("bs"))
    return Hit(pattern, place, end, tags if pattern.kind == "verb" else "", noun, gap)


def _slot(slot: Mapping[str, str], word: str) -> str | None:
    """The tags of a word in a slot, or ``None``; a key with a star stands for every ending."""
    if word in slot:
        return slot[word]
    for key, tags in slot.items():
        if key.endswith("*") and word.startswith(key[:-1]):
            return tags
    return None


def _near(wanted: frozenset[str], marked: Marked, places: range) -> int | None:
    """How many tokens away one of the words or expressions begins, searched in that order; ``None`` if none does."""
    tokens = marked.tokens
    for away, place in enumerate(places):
        if not 0 <= place < len(tokens):
            return None
        words = [word for token in tokens[place : place + 3] for word in token.inner]
        for first in range(len(tokens[place].inner)):
            for length in (1, 2, 3):
                if " ".join(words[first : first + length]) in wanted:
                    return away
    return None


@cache
def lexicon(russian: bool) -> Lexicon:
    """The lexicon of English, or of Russian."""
    classes = {row["class"]: frozenset(row["words"].split("|")) for row in _rows("classes.csv")}
    first: dict[str, list[Pattern]] = defaultdict(list)
    stems: dict[str, list[Pattern]] = defaultdict(list)
    for row in _rows("acts_ru.csv" if russian else "acts.csv"):
        for expression in row["words"].split("|"):
            pattern = Pattern(
                row["role"],
                row["type"],
                row["mode"],
                row["kind"],
                expression,
                _slots(expression, row["kind"]),
                _condition(row["followed"], classes),
                _condition(row["preceded"], classes),
                float(row["weight"]),
            )
            for form in pattern.slots[0]:
                if form.endswith("*"):
                    stems[form[:-1]].append(pattern)
                else:
                    first[form].append(pattern)
    language = "ru" if russian else "en"
    cues: dict[str, frozenset[str]] = defaultdict(frozenset)
    for row in _rows("cues.csv"):
        if row["language"] == language:
            cues[row["kind"]] |= frozenset(row["words"].split("|"))
    return Lexicon(
        {word: tuple(patterns) for word, patterns in first.items()},
        {word: tuple(patterns) for word, patterns in stems.items()},
        cues,
        cues["determiner"],
    )


@cache
def compositions() -> Mapping[tuple[str, str], tuple[str, str]]:
    """(governor, type of the act) -> (type, modality)."""
    table: dict[tuple[str, str], tuple[str, str]] = {}
    for row in _rows("compositions.csv"):
        for act in row["act"].split("|"):
            table[row["governor"], act] = (row["type"], row["modality"])
    return table


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _condition(text: str, classes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Words of a condition, its ``@class`` names replaced by their words."""
    words: set[str] = set()
    for part in text.split("|") if text else ():
        words |= classes[part[1:]] if part.startswith("@") else {part}
    return frozenset(words)


def _slots(expression: str, kind: str) -> tuple[Mapping[str, str], ...]:
    """The forms that each word of an expression may take."""
    words = expression.split(" ")
    slots: list[Mapping[str, str]] = [{word: ""} for word in words]
    if kind == "verb":
        slots[0] = verb_forms(words[0])
    if kind == "verb-last":  # "sexually assault", "test fire"
        slots[-1] = verb_forms(words[-1])
    if kind == "noun":
        # "charge against": the noun is the first word where a preposition ends the expression
        where = 0 if words[-1] in _PREPOSITIONS else len(words) - 1
        slots[where] = {words[where]: "", plural(words[where]): ""}
    return tuple(slots)


_PREPOSITIONS = frozenset(
    ("of", "on", "to", "for", "with", "against", "in", "into", "between", "from", "by", "over")
)
