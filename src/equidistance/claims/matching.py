"""Which records a claim is about: stems of words in common, once the names of the states are taken out."""

import re
from collections.abc import Iterable
from functools import lru_cache

from equidistance.errors import EquidistanceError
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.ground.states import fold, labels

STEM = 5
"""Letters that two words must share to count as one: "companies" and "company", "operating" and "operate"."""

_STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "and",
        "or",
        "not",
        "no",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "has",
        "have",
        "had",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "as",
        "than",
        "then",
        "there",
        "their",
        "they",
        "he",
        "she",
        "his",
        "her",
        "will",
        "would",
        "can",
        "could",
        "may",
        "into",
        "over",
        "under",
        "about",
        "more",
        "most",
        "less",
        "least",
        "many",
        "much",
        "some",
        "any",
        "all",
        "also",
        "between",
        "through",
        "during",
        "after",
        "before",
        "since",
        "until",
        "while",
        "which",
        "who",
        "whom",
        "whose",
        "said",
        "says",
        "say",
        "told",
        "according",
        "experts",
        "total",
        "open",
        "data",
        "today",
        "year",
        "years",
        "month",
        "months",
        "new",
        "state",
        "states",
        "country",
        "countries",
        "republic",
        "government",
        "president",
        "minister",
        "ministers",
        "official",
        "officials",
        "share",
        "percent",
        "part",
        "number",
        "value",
        "amount",
        "level",
        "total",
        "и",
        "в",
        "на",
        "с",
        "по",
        "из",
        "к",
        "о",
        "от",
        "за",
        "до",
        "для",
        "не",
        "что",
        "это",
        "как",
    ]
)


_ALIKE = {
    **dict.fromkeys(("expen", "costl", "price", "tarif", "dear", "deare", "cheap", "cost", "costs"), "cost"),
    **dict.fromkeys(("railw", "rail", "rails", "track", "train"), "rail"),
    **dict.fromkeys(("firm", "firms", "compa", "enter"), "compa"),
    **dict.fromkeys(("money", "fundi", "alloc", "finan", "inves"), "money"),
}
"""Stems that say the same of a quantity."""


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """The first letters of every word of a text that means something."""
    words = re.findall(r"[^\W\d_]+", fold(text))
    found = (word[:STEM] for word in words if word not in _STOP and len(word) > 2)
    return frozenset(_ALIKE.get(stem, stem) for stem in found)


@lru_cache(maxsize=512)
def names(code: str) -> frozenset[str]:
    """Stems of everything a state or bloc is called; a name that is neither counts as it stands."""
    try:
        actor = resolve_power(code)
    except EquidistanceError:
        return stems(code)
    if isinstance(actor, Bloc):
        texts = [actor.name, actor.name_ru, *actor.names]
    else:
        texts = [*labels(actor), *actor.adjectives]
    return frozenset(stem for text in texts for stem in stems(text)) | _CALLED.get(code, frozenset())


_CALLED: dict[str, frozenset[str]] = {
    "KAZ": frozenset({"astan", "kazak", "kazah", "tokay", "nazar"}),
    "RUS": frozenset({"mosco", "russi", "kreml", "putin"}),
    "USA": frozenset({"washi", "ameri"}),
    "GBR": frozenset({"londo", "briti", "brita", "engli"}),
    "CHN": frozenset({"beiji", "chine"}),
    "UKR": frozenset({"kiev", "kyiv", "ukrai"}),
}


def topic(text: str, codes: Iterable[str | None]) -> frozenset[str]:
    """What a text is about besides the states it names."""
    called = frozenset(stem for code in codes if code for stem in names(code))
    return stems(text) - called


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of the smaller set that is in the other; 0 where one is empty."""
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def shingles(text: str, length: int = 4) -> set[tuple[str, ...]]:
    """Every run of some words of a text, or the whole text where it is shorter."""
    words = re.findall(r"\w+", fold(text))
    if len(words) <= length:
        return {tuple(words)} if words else set()
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
