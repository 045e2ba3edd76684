"""The parts of a clause around a trigger: its bounds, its subject, what follows; how parties are put together."""

import re
from dataclasses import dataclass
from functools import cache

from equidistance.reading.scene import Group, Scene
from equidistance.reading.tables import openings, phrase, rows

_PASSIVE = re.compile(
    r"\b(?:was|were|been|be|being|is|are|got|был[аои]?|будет|будут)\s+(?:\w+ly\s+|also\s+|not\s+|already\s+)?$",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r";|\s(?:while|whereas|when|although|but|тогда как|в то время как|но|когда|хотя)\s|"
    r"[”\"»]\s*[,.]?\s*(?:said|says|сказал)"
)
_OBJECT = frozenset(
    ("", "to", "with", "against", "on", "upon", "towards", "toward", "into", "for", "from", "of", "at", "over",
     "по", "с", "со", "против", "на", "к", "ко", "для", "из", "у", "от")
)  # fmt: skip
_SHORT_PARTICIPLE = re.compile(r"(?i)(?:[аяе]н[оаы]?|[ия]т[оаы])$")  # "подписано", "принята"
_BY = re.compile(r"\s+(?:\w+ly\s+)?by\s")
MOST_PAIRS = 12


@dataclass(frozen=True)
class Trigger:
    """A row of ``triggers.csv`` ready to be searched for."""

    name: str
    pattern: re.Pattern[str]
    type: str
    mode: str | None
    channel: str
    direction: int
    intensity: float
    instrument: str
    roles: str
    prefer: tuple[str, ...]
    openings: frozenset[str] | None = None


@cache
def triggers(language: str) -> tuple[Trigger, ...]:
    """The triggers of a language in the order of the table."""
    return tuple(
        Trigger(
            name=row["name"],
            pattern=phrase(row["pattern"]),
            type=row["type"],
            mode=row["mode"] or None,
            channel=row["channel"],
            direction=int(row["direction"]),
            intensity=float(row["intensity"]),
            instrument=row["instrument"],
            roles=row["roles"],
            prefer=tuple(word.replace("_", " ") for word in row["prefer"].split(";")),
            openings=openings(row["pattern"]),
        )
        for row in rows("triggers.csv")
        if row["language"] == language
    )


@dataclass(frozen=True)
class Parties:
    """Who acts toward whom: (actor, actor's words, partner or None, partner's words), and how sure the rule is."""

    pairs: tuple[tuple[str, str, str | None, str | None], ...]
    sure: float


def pair_up(
    actors: Group | None, partners: Group | None, sure: float, *, together: bool = True
) -> Parties | None:
    """Each actor toward each partner; several actors without a partner act with each other (``together``)."""
    if actors is None:
        return None
    if partners is None or not [code for code in partners.codes if code not in actors.codes]:
        if len(actors.codes) > 1 and partners is None and together:
            return within(actors, sure)
        return Parties(tuple((code, actors.named(code), None, None) for code in actors.codes), sure * 0.6)
    found = tuple(
        (actor, actors.named(actor), partner, partners.named(partner))
        for actor in actors.codes
        for partner in partners.codes
        if actor != partner and partner not in actors.codes
    )
    return Parties(found[:MOST_PAIRS], sure)


def within(group: Group, sure: float) -> Parties:
    """Every pair of a group that acts together."""
    codes = group.codes
    found = tuple(
        (one, group.named(one), other, group.named(other))
        for number, one in enumerate(codes)
        for other in codes[number + 1 :]
    )
    return Parties(found[:MOST_PAIRS], sure)


def is_passive(scene: Scene, start: int, end: int) -> bool:
    """Whether the words of a trigger stand in the passive."""
    first = re.compile(r"[\w-]+").match(scene.text, start)
    if first is not None and first.group().lower().endswith("ing"):
        return False
    if scene.language == "ru" and first is not None and _SHORT_PARTICIPLE.search(first.group()):
        return True
    if _PASSIVE.search(scene.text, max(0, start - 25), start):
        return True
    if _BY.match(scene.text, end) and any(
        g.governor == "by" and 0 <= g.start - end <= 30 for g in scene.groups
    ):
        return True  # "soldiers detained by", "a base built by"
    return bool(re.search(r"\b(?:was|were|been|be|being)\s+\w+$", scene.text[start:end]))


def window(scene: Scene, start: int, end: int) -> tuple[int, int]:
    """The clause of a trigger, between semicolons, "but" and "while"; inside a quotation not beyond it.

    A verb whose object is a pronoun has it: what stands after the "and" behind it is the next verb's ("denied it and
    tilted toward Beijing").
    """
    low, high = 0, len(scene.text)
    for boundary in _BOUNDARY.finditer(scene.text):
        if boundary.end() <= start:
            low = max(low, boundary.start())
        elif boundary.start() >= end:
            high = min(high, boundary.start())
    for a, b in scene.quoted:
        if a <= start and end <= b:
            low, high = max(low, a), min(high, b)
    complete = _PRONOUN_AND.match(scene.text, end)
    if complete is not None:
        high = min(high, complete.end())
    return low, high


_PRONOUN_AND = re.compile(r"(?i)\s+(?:it|this|that|so|это|этого|его|её|ее),?\s+(?:and|then|и)\b")


def subject(scene: Scene, start: int, low: int = 0, *, weak: bool = True) -> Group | None:
    """The group before ``start`` that no preposition governs; else (``weak``) an owner or one an opening phrase has."""
    fallback: Group | None = None
    opening = _OPENING.match(scene.text)
    if opening is not None and opening.start("verb") == start:  # "By supplying A with radars, B ..."
        comma = scene.text.find(",", start)
        main = [g for g in scene.groups if g.start > comma > 0 and g.governor == "" and not g.possessive]
        if main and main[0].start - comma <= 30:
            return main[0]
    conjoined = re.search(
        r"\b(?:and|и)\s+(?:\w+ly\s+|also\s+|then\s+|later\s+)?$",
        scene.text[(before := max(0, start - 40)) : start],
    )
    if conjoined is not None:  # "A received B and signed": the first verb's subject is the second's
        first = [
            g
            for g in scene.groups
            if low <= g.start and g.end < before + conjoined.start() and g.governor == "" and not g.possessive
        ]
        if len(first) > 1:
            return first[0]
    for group in reversed(scene.groups):
        if group.start < low:
            break
        if group.end > start or (group.start <= start < group.end) or scene.aside(group.start, start):
            continue
        if group.governor == "" or (group.governor in _CONJUNCTIONS and _before_verb(scene, group, start)):
            if group.possessive and fallback is None and start - group.end > 25:
                fallback = group
                continue
            return group
        if group.governor in _CONJUNCTIONS and re.match(
            r"\s+(?:\w+ly\s+)?\w+(?:ed|s)\s", scene.text[group.end : group.end + 30]
        ):
            return group  # "as A decided to ..., setting tariffs"
        if (
            group.governor in ("by", "of", "for")
            and fallback is None
            and weak
            and len(scene.text[group.end : start].split()) <= 4
        ):
            fallback = group
    return fallback if weak else None


_OPENING = re.compile(
    r"(?:(?:By|After|Before|While|Since|Despite|Besides|Without|In|On)\s+)?(?P<verb>\w+ing)\b", re.IGNORECASE
)
_CONJUNCTIONS = frozenset(("after", "before", "since", "until", "as", "than", "like", "после", "до"))


def _before_verb(scene: Scene, group: Group, start: int) -> bool:
    """Whether a group after "after" or "since" is the subject of a clause: the verb follows it at once."""
    gap = scene.text[group.end : start].split()
    if "," in scene.text[group.start : group.end]:  # "after X, the British minister, visited"
        return len(gap) <= 3 and not any(word.endswith((";", ":")) for word in gap)
    return len(gap) <= 2 and not any(word.endswith((",", ";", ":")) for word in gap)


def partner_after(
    scene: Scene, trigger: Trigger, start: int, end: int, high: int, but: frozenset[str]
) -> Group | None:
    """The partner among the groups after the trigger: by the table's preference, else the nearest that can be one."""
    first = re.compile(r"[\w-]+").match(scene.text, start)
    floor = first.end() if first else end
    candidates = [
        g
        for g in scene.groups
        if floor <= g.start < high and not set(g.codes) <= but and not scene.aside(g.start, start)
    ]
    for wanted in trigger.prefer:
        for group in candidates:
            governor = group.governor or "object"
            if (
                governor == wanted
                or (wanted == "on" and governor == "upon")
                or (wanted == "to" and governor in ("towards", "toward"))
            ):
                if wanted == "object" and not direct(
                    scene, max(end, floor), group, first.start() if first else start
                ):
                    continue
                return group
            if (
                wanted == "that"
                and governor == ""
                and re.search(r"\bthat\s+(?:\w+\s+)?$", scene.text[end - 5 : group.start])
            ):
                return group
    for group in candidates:
        if group.governor in _OBJECT and (
            group.governor or direct(scene, max(end, floor), group, first.start() if first else start)
        ):
            return group
    return None


def direct(scene: Scene, end: int, group: Group, start: int) -> bool:
    """Whether a group without a preposition can be the object: near, in the same clause."""
    gap = scene.text[min(end, group.start) : group.start]
    return len(gap.split()) <= 6 and not re.search(r"[;:]|\b(?:which|who|that)\b", gap)


def only_other(scene: Scene, actors: Group) -> Group | None:
    """The one other actor that the sentence names."""
    others = [g for g in scene.groups if not set(g.codes) & set(actors.codes)]
    codes = {code for g in others for code in g.codes}
    return others[0] if len(codes) == 1 else None
