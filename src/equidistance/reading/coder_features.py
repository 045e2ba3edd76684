"""What the statistical coder sees of a sentence: named features with values, none of which names an actor.

Families of features, by prefix:

- ``w:``, ``b:`` words and pairs of neighbouring words, anywhere, names and numbers replaced by markers;
- ``z:`` words by zone: between source and target, right after the source, just before the target, ...;
- ``x:`` lexicon expressions; ``l:`` their types by zone, with their scores; ``r:`` what the rules concluded;
- ``s:``, ``t:`` what kind of actor source and target are (class ``actor_words`` of ``classes.csv``);
- ``c:`` cues: order, passive, negation, future, quotation.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache

from equidistance.reading.coder_lexicon import DATA, TYPES, lexicon
from equidistance.reading.coder_rules import Ruled
from equidistance.reading.coder_text import Marked

SCALES: Mapping[str, float] = {
    "w": 0.6,
    "b": 0.5,
    "z": 0.6,
    "x": 0.8,
    "l": 1.0,
    "r": 1.0,
    "s": 0.7,
    "t": 0.7,
    "c": 0.5,
    "bias": 1.0,
}
"""How much a family of features counts before the penalty: larger means less shrinkage."""

Put = Callable[..., None]

NEAR = 4
"""How many words behind the source or before the target are near it."""


def features(marked: Marked, ruled: Ruled) -> dict[str, float]:
    """All features of a sentence.

    Args:
        marked: the sentence.
        ruled: what the rules say about it.

    Returns:
        feature -> value, its family's scale included.
    """
    found: dict[str, float] = {"bias": 1.0}
    words = [stem(token.text) for token in marked.tokens]
    source, target = marked.source, marked.target

    def put(family: str, name: str, value: float = 1.0) -> None:
        key = f"{family}:{name}"
        found[key] = max(found.get(key, 0.0), value * SCALES[family])

    for place, word in enumerate(words):
        if word[:1].isalpha():
            put("w", word)
            for zone in _zones(place, marked):
                put("z", f"{zone} {word}")
        if place:
            put("b", f"{words[place - 1]} {word}")
    _rule_features(ruled, put)
    for marker, found_at in (("s", source), ("t", target)):
        inner = marked.tokens[found_at].inner if found_at is not None else ()
        for word in inner:
            if word in _actor_words():
                put(marker, word)
        put(marker, "missing" if found_at is None else "long" if len(inner) > 4 else "short")
    for name in _cues(marked, words):
        put("c", name)
    return found


def _rule_features(ruled: Ruled, put: Put) -> None:
    put("r", ruled.type, 1.5)
    put("r", f"quad {TYPES[ruled.type] if ruled.rule != 'none' else 0}")
    put("r", f"plain {ruled.plain}")
    put("r", f"governor {ruled.governor}")
    put("r", f"modality {ruled.modality}", 0.5)
    total = sum(ruled.outcome.values()) + 0.3
    for kind, score in ruled.outcome.items():
        if score:
            put("l", f"{kind} share", 2.0 * score / total)
            put("l", kind, min(score, 3.0) / 2)
    for rank, one in enumerate(ruled.weighed[:12]):
        pattern = one.hit.pattern
        strength = min(one.score, 3.0) / 2
        grammar = ("not " if one.negated else "") + ("will " if one.future else "")
        put("l", f"{one.zone} {pattern.type}", strength)
        put("l", f"{grammar}{'noun ' if one.hit.noun else ''}{pattern.type}", strength)
        put("x", pattern.expression, 1.0 if rank < 3 else 0.6)
        if pattern.mode:
            put("l", f"{pattern.type} {pattern.mode}", strength)


def _zones(place: int, marked: Marked) -> list[str]:
    """The zones a place lies in; a sentence turned round has those of the same sentence in the active voice."""
    source, target, turned = marked.source, marked.target, marked.turned
    zones = []
    if source is not None and 0 < (source - place if turned else place - source) <= NEAR + turned:
        zones.append("after-source")
    if target is not None and 0 < (place - target if turned else target - place) <= NEAR:
        zones.append("before-target")
    if source is not None and target is not None:
        first, last = min(source, target), max(source, target)
        if first < place < last:
            zones.append("between" if source < target or turned else "reversed")
        elif place > last:
            zones.append("behind")
        else:
            zones.append("before")
    return zones


def _cues(marked: Marked, words: list[str]) -> list[str]:
    """Order of source and target, and the grammar between them."""
    source, target = marked.source, marked.target
    book = lexicon(marked.russian)
    texts = marked.words
    cues = []
    if source is not None and target is not None:
        cues.append("source first" if source < target or marked.turned else "target first")
        cues.append(f"apart {min(abs(source - target) // 4, 4)}")
        low, high = min(source, target), max(source, target)
    else:
        low, high = 0, len(words)
    for kind in ("negation", "future", "conditional", "announced", "passive", "denied"):
        if kind == "passive" and marked.turned:
            continue
        if book.cued(kind, texts, low, high) is not None:
            cues.append(kind)
        if source is not None and book.cued(kind, texts, source + 1, source + 1 + NEAR) is not None:
            cues.append(f"{kind} after source")
    if target is not None and not marked.turned:
        cues += [f"{texts[place]} target" for place in range(max(target - 1, 0), target)]
    if source is not None and source + 1 < len(texts) and not marked.turned:
        cues.append(f"source {words[source + 1]}")
    if '"' in texts or "“" in texts:
        cues.append("quotation")
    return cues


@cache
def _actor_words() -> frozenset[str]:
    import csv

    with (DATA / "classes.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(
            word
            for row in csv.DictReader(file)
            if row["class"] == "actor_words"
            for word in row["words"].split("|")
        )


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its inflection: the lexicon's base form, or the word without its regular ending."""
    base = _bases().get(word)
    if base is not None:
        return base
    for ending, length in (("ies", 3), ("ing", 4), ("ed", 4), ("es", 4), ("s", 4), ("'s", 2)):
        if word.endswith(ending) and len(word) - len(ending) >= length and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


@cache
def _bases() -> Mapping[str, str]:
    """form -> base of all one-word verbs of the English lexicon."""
    bases: dict[str, str] = {}
    for patterns in lexicon(False).first.values():
        for pattern in patterns:
            if pattern.kind == "verb":
                base = pattern.expression.split(" ")[0]
                for form in pattern.slots[0]:
                    bases.setdefault(form, base)
    return bases
