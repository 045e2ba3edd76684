"""Who does it to whom: the actor and the partner of a trigger in a sentence, by position and prepositions."""

import re
from dataclasses import dataclass
from functools import cache

from equidistance.reading.scene import PREPOSITIONS, Group, Scene
from equidistance.reading.tables import phrase, rows

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
_PLACE = frozenset(("in", "в", "во"))
_SHORT_PARTICIPLE = re.compile(r"(?i)(?:[аяе]н[оаы]?|[ия]т[оаы])$")  # "подписано", "принята"
_BY = re.compile(r"\s+(?:\w+ly\s+)?by\s")
_EACH_OTHER = re.compile(r"(?i)each other|one another|mutual|друг друг|друг с друг|друг против")
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
        )
        for row in rows("triggers.csv")
        if row["language"] == language
    )


@dataclass(frozen=True)
class Parties:
    """Who acts toward whom: (actor, actor's words, partner or None, partner's words), and how sure the rule is."""

    pairs: tuple[tuple[str, str, str | None, str | None], ...]
    sure: float


def parties(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """The parties of one trigger at ``start``..``end`` of the sentence, or None where no actor is found."""
    find = {
        "active": _active,
        "deverbal": _active,
        "deal": _deal,
        "guest": _guest,
        "mutual": _mutual,
        "between": _between,
        "visit": _visit,
        "receive": _receive,
        "request": _request,
        "noun": _noun,
        "noun-on": _noun_on,
        "moved": _moved,
        "summoned": _summoned,
        "entered": _entered,
    }[trigger.roles]
    return find(scene, trigger, start, end)


def _pairs(
    actors: Group | None, partners: Group | None, sure: float, *, together: bool = True
) -> Parties | None:
    if actors is None:
        return None
    if partners is None or not [code for code in partners.codes if code not in actors.codes]:
        if len(actors.codes) > 1 and partners is None and together:
            return _within(actors, sure)
        return Parties(tuple((code, actors.named(code), None, None) for code in actors.codes), sure * 0.6)
    found = tuple(
        (actor, actors.named(actor), partner, partners.named(partner))
        for actor in actors.codes
        for partner in partners.codes
        if actor != partner and partner not in actors.codes
    )
    return Parties(found[:MOST_PAIRS], sure)


def _within(group: Group, sure: float) -> Parties:
    first = group.codes[0]
    return Parties(
        tuple((first, group.named(first), code, group.named(code)) for code in group.codes[1:]), sure
    )


def _passive(scene: Scene, start: int, end: int) -> bool:
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


def _window(scene: Scene, start: int, end: int) -> tuple[int, int]:
    """The clause of a trigger, between semicolons, "but" and "while"; inside a quotation not beyond it."""
    low, high = 0, len(scene.text)
    for boundary in _BOUNDARY.finditer(scene.text):
        if boundary.end() <= start:
            low = max(low, boundary.start())
        elif boundary.start() >= end:
            high = min(high, boundary.start())
    for a, b in scene.quoted:
        if a <= start and end <= b:
            low, high = max(low, a), min(high, b)
    return low, high


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


def _after(
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
                if wanted == "object" and not _direct(
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
            group.governor or _direct(scene, max(end, floor), group, first.start() if first else start)
        ):
            return group
    return None


def _direct(scene: Scene, end: int, group: Group, start: int) -> bool:
    """Whether a group without a preposition can be the object: near, in the same clause."""
    gap = scene.text[min(end, group.start) : group.start]
    return len(gap.split()) <= 6 and not re.search(r"[;:]|\b(?:which|who|that)\b", gap)


def _active(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    low, high = _window(scene, start, end)
    adjunct = re.compile(r"\s+(?:\w+\s+){0,2}?by\s").match(scene.text, end)
    if adjunct is not None and trigger.name.endswith("-imposed"):
        agent = next((g for g in scene.groups if end <= g.start < high and g.governor == "by"), None)
        target = next(
            (g for g in scene.groups if end <= g.start < high and g.governor in trigger.prefer), None
        )
        return _pairs(agent, target or subject(scene, start, low), 0.7)
    if _passive(scene, start, end):
        patient = subject(scene, start, low)
        agents = [g for g in scene.groups if low <= g.start < high and g.governor in ("by", "от")]
        agent = next((g for g in agents if g.start >= end), None)
        # "two men detained by B were freed": who did the first thing did the second
        agent = agent or next((g for g in agents if g.end <= start), None)
        if agent is None:
            return None
        receiver = next(
            (
                g
                for g in scene.groups
                if g.start >= end
                and g.governor == "to"
                and "to" in trigger.prefer
                and not set(g.codes) <= set(agent.codes)
            ),
            None,
        )
        return _pairs(agent, receiver or patient, 0.7)
    actors = subject(scene, start, low)
    if actors is None and low and _carried_on(scene.text, low, start):
        actors = subject(scene, start, 0, weak=False)
    partner = None if actors is None else _after(scene, trigger, start, end, high, frozenset(actors.codes))
    if partner is None and actors is not None:
        partner = next(
            (
                g
                for g in scene.groups
                if g.end <= start
                and g.governor in ("with", "against", "towards", "с", "против")
                and not set(g.codes) <= set(actors.codes)
            ),
            None,
        )
    if partner is None and actors is not None and trigger.prefer[0] in ("in", "to", "into", "в"):
        partner = next(
            (
                g
                for g in scene.groups
                if start < g.start < high and g.governor in _PLACE and not set(g.codes) <= set(actors.codes)
            ),
            None,
        )
    together = bool(_EACH_OTHER.search(scene.text, end, high))
    if (
        partner is None
        and actors is not None
        and trigger.type in _AIMED
        and len(actors.codes) == 1
        and len(scene.text[actors.end : start].split()) <= 3
    ):
        other = _only_other(scene, actors)
        if other is not None:
            return _pairs(actors, other, 0.5)
    return _pairs(actors, partner, 0.75, together=together)


def _carried_on(text: str, low: int, start: int) -> bool:
    """Whether a clause keeps the subject before it: "but refused", "while it refused", not "when the court ruled"."""
    words = re.findall(r"[\w’'-]+", text[low:start])[1:]
    return len([word for word in words if not _CARRIES.fullmatch(word)]) == 0


_CARRIES = re.compile(
    r"(?i)it|he|she|they|who|has|have|had|was|were|is|are|also|later|then|still|now|soon|not|never|to|would|will|did|\w+ly|"
    r"он|она|оно|они|также|потом|затем|позже|не|уже|при|этом"
)
_AIMED = frozenset(("ASSAULT", "ACCUSE", "THREATEN"))
"""What is always done to somebody."""


def _only_other(scene: Scene, actors: Group) -> Group | None:
    """The one other actor that the sentence names."""
    others = [g for g in scene.groups if not set(g.codes) & set(actors.codes)]
    codes = {code for g in others for code in g.codes}
    return others[0] if len(codes) == 1 else None


def _mutual(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    low, high = _window(scene, start, end)
    if _passive(scene, start, end):
        return _between(scene, trigger, start, end)
    actors = subject(scene, start, low)
    if actors is not None and len(actors.codes) > 1:
        return _within(actors, 0.8)
    partner = None if actors is None else _after(scene, trigger, start, end, high, frozenset(actors.codes))
    if (
        partner is not None
        and partner.governor == ""
        and "object" not in trigger.prefer
        and "that" not in trigger.prefer
    ):
        partner = next(
            (
                g
                for g in scene.groups
                if g.start >= end and g.start < high and g.governor in ("with", "с", "со", "to")
            ),
            partner,
        )
    return _pairs(actors, partner, 0.75)


def _between(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    low, high = _window(scene, start, end)
    after = [g for g in scene.groups if g.start >= start and g.start < high]
    for group in after:
        if group.governor in ("between", "by", "among", "между", "of") and len(group.codes) > 1:
            return _within(group, 0.8)
    by = next((g for g in after if g.governor in ("by", "of", "from")), None)
    with_ = next((g for g in after if g.governor in ("with", "to", "с", "со")), None)
    before = subject(scene, start, low)
    adjacent = next(
        (g for g in reversed(scene.groups) if g.end <= start and start - g.end <= 25 and len(g.codes) > 1),
        None,
    )
    if with_ is not None:
        actors = by or before
        if actors is not None and not set(with_.codes) <= set(actors.codes):
            return _pairs(actors, with_, 0.7)
    if adjacent is not None:
        return _within(adjacent, 0.75)
    later = [
        g
        for g in after
        if g.governor in ("by", "and", "") and by is not None and not set(g.codes) <= set(by.codes)
    ]
    if by is not None and later:
        return _pairs(by, later[0], 0.6)
    if before is not None and len(before.codes) > 1:
        return _within(before, 0.7)
    named = {code: g for g in reversed(scene.groups) for code in g.codes}
    if trigger.type == "AGREE" and len(named) == 2 and _passive(scene, start, end):
        # "during the visit of B's delegation to A a memorandum was signed"
        (one, first), (two, second) = named.items()
        return Parties(((one, first.named(one), two, second.named(two)),), 0.45)
    return None


def _guest(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A received B" is a visit when B is a person."""
    found = _active(scene, trigger, start, end)
    near = next((g for g in scene.groups if 0 <= g.start - end <= 12 and g.mentions[0].person), None)
    return found if near is not None else None


def _deal(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A achieved the signing of these contracts": the other side is the state the text is about."""
    found = _between(scene, trigger, start, end)
    actors = subject(scene, start, weak=False)
    if found is None and actors is not None and scene.main is not None and scene.main not in actors.codes:
        pairs = tuple((code, actors.named(code), scene.main, None) for code in actors.codes)
        return Parties(pairs, 0.45)
    return found


def _visit(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    after = [g for g in scene.groups if g.start >= end - 3]
    target = next((g for g in after if g.governor in ("to", "in", "в", "во")), None)
    if target is None and scene.text[start:end].lower().endswith(" to"):
        target = next((g for g in after if g.start - end <= 12), None)
    if target is None:
        return None
    by = next(
        (
            g
            for g in after
            if g.start < target.start and (g.governor in ("of", "by", "from") or g.start - end <= 2)
        ),
        None,
    )
    actor = by or subject(scene, start)
    if actor is None or set(target.codes) <= set(actor.codes):  # "after his visit to B A said"
        actor = next(
            (g for g in after if g.start > target.end and g.governor == "" and g.codes != target.codes), None
        )
    return None if actor is None else _pairs(actor, target, 0.8)


def _receive(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    giver = next((g for g in scene.groups if g.start >= end and g.governor in ("from", "от")), None)
    if giver is None:
        return None
    taker = subject(scene, start) or next(
        (g for g in scene.groups if g.start > giver.end and g.governor == "" and g.codes != giver.codes), None
    )
    return None if taker is None else _pairs(giver, taker, 0.75)


def _request(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    asker = next((g for g in scene.groups if start <= g.start and g.start <= end + 4), None)
    if asker is None:
        return None
    others = [g for g in scene.groups if not set(g.codes) & set(asker.codes)]
    asked = next((g for g in others if g.start > asker.end and g.governor == ""), None) or subject(
        scene, start
    )
    if asked is None or set(asked.codes) <= set(asker.codes):
        asked = others[0] if others else None
    return None if asked is None else _pairs(asker, asked, 0.7)


def _noun(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "US threats", "threats from Washington (to Baku)"; the one they are made to may open the main clause."""
    owner = next((g for g in scene.groups if g.end <= start and _modifies(scene.text[g.end : start])), None)
    if owner is None:
        owner = next(
            (g for g in scene.groups if 0 <= g.start - end <= 14 and g.governor in ("from", "of", "by")), None
        )
    if owner is None:
        return None
    rest = [g for g in scene.groups if g.start >= end and not set(g.codes) & set(owner.codes)]
    target = next((g for g in rest if g.governor in ("to", "against", "towards", "at")), None)
    target = (
        target or next((g for g in rest if g.governor == ""), None) or subject(scene, owner.start, weak=False)
    )
    return None if target is None else _pairs(owner, target, 0.65)


def _noun_on(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A's invasion of B", "American sanctions against B": only with both named right there."""
    owner = next((g for g in scene.groups if g.end <= start and _modifies(scene.text[g.end : start])), None)
    target = next(
        (
            g
            for g in scene.groups
            if 0 <= g.start - end <= 40
            and g.governor in trigger.prefer
            and "," not in scene.text[end : g.start]
        ),
        None,
    )
    return None if owner is None or target is None else _pairs(owner, target, 0.7)


def _modifies(gap: str) -> bool:
    """Whether between a name and a noun stands nothing but 's and one more word: "US (new) threats"."""
    return len(re.sub(r"^['’]s?", "", gap).split()) <= 1 and not re.search(r"[,;:]", gap) and len(gap) <= 16


def _moved(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """Troops that were brought somewhere: theirs is who stands before them, theirs the land they come into."""
    owner = next((g for g in reversed(scene.groups) if g.end <= start and start - g.end <= 30), None)
    agent = next((g for g in scene.groups if g.start >= end and g.governor == "by"), None)
    target = next((g for g in scene.groups if g.start >= end and g.governor in ("into", "to", "in")), None)
    actor = agent or owner
    return _pairs(actor, target, 0.75) if actor is not None and target is not None else None


def _entered(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A joined B", "A was admitted to B": the passive has the same sense."""
    low, high = _window(scene, start, end)
    actors = subject(scene, start, low)
    partner = None if actors is None else _after(scene, trigger, start, end, high, frozenset(actors.codes))
    return None if partner is None else _pairs(actors, partner, 0.75)


def _summoned(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "The ambassador of A was called in to B's foreign ministry", "A's envoy was summoned by B"."""
    inside = [g for g in scene.groups if g.start <= end and start <= g.end]
    before = inside or [g for g in scene.groups if g.end <= start and start - g.end <= 12]
    host = next(
        (
            g
            for g in scene.groups
            if g.start >= end - 2 and g.governor in ("to", "by", "in", "в", "во", "на") and g not in before
        ),
        None,
    )
    return _pairs(host, before[-1], 0.75) if host is not None and before else None


_NOUN_BEFORE = PREPOSITIONS - {"to"} | {
    row["word"] for row in rows("function_words.csv") if row["kind"] == "before a noun"
}


_ADJECTIVES = frozenset(
    ("military", "political", "economic", "international", "nuclear", "western", "joint", "full")
)


def is_verb(scene: Scene, trigger: Trigger, start: int) -> bool:
    """Whether a trigger that must be a verb can be one: "the support", "of support", "its attack" are nouns."""
    if trigger.roles not in ("active", "mutual") or scene.language == "ru":
        return True
    word = re.search(r"([\w'’]+)\s+$", scene.text[max(0, start - 25) : start])
    if word is None:
        return True
    first = re.compile(r"[\w-]+").match(scene.text, start)
    finite = bool(
        first
        and re.fullmatch(r"\w+ed|gave|gives|sent|sends|held|built|sold|bought|took|provides", first.group())
    )
    # "US military gives": an adjective may be a noun itself, and before a finite verb it is one
    if word[1].lower() in (_NOUN_BEFORE - _ADJECTIVES if finite else _NOUN_BEFORE) or re.search(
        r"['’]s?$", word[1]
    ):
        return False
    return not (first and first.group()[0].isupper() and start > 0)
