"""Where the triggers find nothing, the event coder's lexicon is asked; and it gives its opinion on all acts."""

import re
from functools import cache

from equidistance.reading.clause_parts import Parties, Trigger, triggers
from equidistance.reading.coder import code_sentence
from equidistance.reading.coder_rules import apply_rules
from equidistance.reading.coder_text import mark
from equidistance.reading.records import Coding
from equidistance.reading.roles import is_verb, parties
from equidistance.reading.scene import Scene
from equidistance.reading.tables import rows

MOST_LOOKED_AT = 20  # expressions in one sentence, the best first
LEAST_WEIGHT = 1.5  # of an expression of the coder's lexicon: weaker ones say too little alone
# below it the coder was wrong as often as right on the development half
LEAST_CONFIDENCE = 0.45
LEAST_SURE = 0.42  # confidence and place together: below it nothing was right on the development sentences
_RUSSIAN_VERB = re.compile(r"(?i)(?:л[аои]?|[еиаяую]т|ут|ют)(?:с[яь])?$")
_DENIAL = re.compile(r"(?i)\b(?:den(?:y|ies|ied|ying)|refut\w+|отрица\w+|опровер\w+)\b")
_WANTED = re.compile(
    r"(?i)[^.;:]{0,60}?\b(?:request|appeal|demand|bid|application|plea|proposal|offer|permission|access|entry|visa|"
    r"extradition|asylum|aid|support|credit|loan|просьб|запрос|требовани|предложени)"
)
Found = tuple[int, int, Trigger, Parties]


def look_again(scene: Scene, found: list[Found]) -> list[Found]:
    """Acts by the coder's lexicon in places that no trigger covers; only with actor and partner in their places."""
    marked = mark(scene.text)
    if marked.cut:
        return []
    places = _places(scene.text, [token.text for token in marked.tokens])
    more: list[Found] = []
    for one in apply_rules(marked).weighed[:MOST_LOOKED_AT]:
        pattern = one.hit.pattern
        if (
            pattern.kind not in ("verb", "stem")
            or one.hit.noun
            or pattern.weight < LEAST_WEIGHT
            or one.negated
        ):
            continue
        start, end = places[one.hit.start][0], places[one.hit.end - 1][1]
        if (
            start < 0
            or end <= start
            or any(start < other[1] + 2 and other[0] - 2 < end for other in (*found, *more))
        ):
            continue
        if scene.language == "ru" and not _RUSSIAN_VERB.search(scene.text[start:end]):
            continue  # a stem finds nouns too
        if _DENIAL.search(scene.text, start, end) and not _WANTED.match(scene.text, end):
            continue  # who says that something is not so does nothing to anybody; who denies a request does
        trigger = _trigger(pattern.type, pattern.mode, f"coder {pattern.type.lower()}: {pattern.expression}")
        if not is_verb(scene, trigger, start) or scene.text[end : end + 6].strip().startswith(
            ("that", "что")
        ):
            continue
        who = parties(scene, trigger, start, end)
        if who is None or not who.pairs or who.pairs[0][2] is None:
            continue
        coding = opinion(scene, who.pairs[0][1], who.pairs[0][3])
        if coding.confidence < LEAST_CONFIDENCE:
            continue
        if coding.type != pattern.type:  # the whole sentence says something else than the word alone
            trigger = _trigger(coding.type, coding.mode or "", f"coder {coding.rule}")
        if who.sure * coding.confidence < LEAST_SURE:
            continue
        more.append((start, end, trigger, Parties(who.pairs, who.sure * coding.confidence)))
    return more


def _places(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where the coder's words stand in the sentence; (-1, -1) for a word that is not found as it is."""
    lowered = text.lower()
    found, at = [], 0
    for word in words:
        start = lowered.find(word, at) if len(lowered) == len(text) else -1
        found.append((start, start + len(word)) if start >= 0 else (-1, -1))
        at = start + len(word) if start >= 0 else at
    return found


def opinion(scene: Scene, actor: str, partner: str | None) -> Coding:
    """What the coder says of a sentence's act between two."""
    return code_sentence(scene.text, actor, partner)


@cache
def _trigger(kind: str, mode: str, name: str) -> Trigger:
    row = next(one for one in rows("plover.csv") if one["type"] == kind)
    return Trigger(
        name=name,
        pattern=triggers("en")[0].pattern,
        type=kind,
        mode=mode or None,
        channel=row["channel"],
        direction=int(row["direction"]),
        intensity=float(row["intensity"]),
        instrument=row["instrument"],
        roles=row["roles"],
        prefer=("object", "with", "to", "against", "from", "on", "for", "с", "против", "на", "от"),
    )
