"""Who does it to whom: the actor and the partner of a trigger in a sentence, by position and prepositions."""

import re

from equidistance.reading.clause_parts import (
    Parties,
    Trigger,
    is_passive,
    only_other,
    pair_up,
    partner_after,
    subject,
    window,
    within,
)
from equidistance.reading.noun_roles import goods, made_by, noun, noun_on, noun_that, owned
from equidistance.reading.scene import PREPOSITIONS, Scene
from equidistance.reading.tables import rows

_WHERE = frozenset(("COERCE", "SANCTION", "REJECT"))  # what only the authorities of a place do to people
_FLY = re.compile(r"(?i)fl(?:y|ies|ew|own|ying)\b")
_PLACE = frozenset(("in", "в", "во"))
_EACH_OTHER = re.compile(r"(?i)each other|one another|the other\b|mutual|друг друг|друг с друг|друг против")
_AIMED = frozenset(("ASSAULT", "ACCUSE", "THREATEN", "REJECT", "REQUEST", "COERCE", "MOBILIZE"))
"""What is always done to somebody."""


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
        "noun": noun,
        "noun-on": noun_on,
        "moved": _moved,
        "summoned": _summoned,
        "entered": _entered,
        "travel": _travel,
        "wish": _wish,
        "leave": _leave,
        "drew": _receive,
        "owned": owned,
        "noun-that": noun_that,
        "goods": goods,
        "made-by": made_by,
    }[trigger.roles]
    found = find(scene, trigger, start, end)
    if found is not None and found.pairs and (trigger.mode == "visit" or _FLY.match(scene.text, start)):
        who = next((one for one in scene.mentions if one.text == found.pairs[0][1]), None)
        if who is not None and who.kind == "company":
            return None  # an airline flies to places and visits nobody
    return found


def _active(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    low, high = window(scene, start, end)
    adjunct = re.compile(r"\s+(?:\w+\s+){0,2}?by\s").match(scene.text, end)
    if adjunct is not None and trigger.name.endswith("-imposed"):
        agent = next((g for g in scene.groups if end <= g.start < high and g.governor == "by"), None)
        target = next(
            (g for g in scene.groups if end <= g.start < high and g.governor in trigger.prefer), None
        )
        return pair_up(agent, target or subject(scene, start, low), 0.7)
    if is_passive(scene, start, end):
        patient = subject(scene, start, low)
        agents = [g for g in scene.groups if low <= g.start < high and g.governor in ("by", "от")]
        agent = next((g for g in agents if g.start >= end), None)
        # "two men detained by B were freed": who did the first thing did the second
        agent = agent or next((g for g in agents if g.end <= start), None)
        if agent is None and patient is not None and trigger.type in _WHERE:
            agent = next(  # "was arrested in Minsk": whoever rules there
                (
                    g
                    for g in scene.groups
                    if 0 <= g.start - end <= 30
                    and g.governor in _PLACE
                    and g.mentions[0].kind in ("capital", "state")
                    and not set(g.codes) & set(patient.codes)
                ),
                None,
            )
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
        return pair_up(agent, receiver or patient, 0.7)
    actors = subject(scene, start, low)
    if actors is None and low and _carried_on(scene.text, low, start):
        actors = subject(scene, start, 0, weak=False)
    partner = (
        None if actors is None else partner_after(scene, trigger, start, end, high, frozenset(actors.codes))
    )
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
        other = only_other(scene, actors)
        if other is not None and other.start < high:
            return pair_up(actors, other, 0.5)
    return pair_up(actors, partner, 0.75, together=together)


def _carried_on(text: str, low: int, start: int) -> bool:
    """Whether a clause keeps the subject before it: "but refused", "while it refused", not "when the court ruled"."""
    words = re.findall(r"[\w’'-]+", text[low:start])[1:]
    return len([word for word in words if not _CARRIES.fullmatch(word)]) == 0


_CARRIES = re.compile(
    r"(?i)it|he|she|they|who|has|have|had|was|were|is|are|also|later|then|still|now|soon|not|never|to|would|will|did|\w+ly|"
    r"он|она|оно|они|также|потом|затем|позже|не|уже|при|этом"
)


def _mutual(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    low, high = window(scene, start, end)
    if is_passive(scene, start, end):
        return _between(scene, trigger, start, end)
    actors = subject(scene, start, low)
    if actors is not None and len(actors.codes) > 1:
        return within(actors, 0.8)
    partner = (
        None if actors is None else partner_after(scene, trigger, start, end, high, frozenset(actors.codes))
    )
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
    return pair_up(actors, partner, 0.75)


def _between(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    low, high = window(scene, start, end)
    after = [g for g in scene.groups if g.start >= start and g.start < high]
    for group in after:
        if group.governor in ("between", "by", "among", "между", "of") and len(group.codes) > 1:
            return within(group, 0.8)
    if scene.language == "ru":  # "переговоры министров А, Б и В": the genitive of all who take part
        for group in after:
            if group.governor == "" and group.start - end <= 25 and len(group.codes) > 1:
                return within(group, 0.75)
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
            return pair_up(actors, with_, 0.7)
    if adjacent is not None:
        return within(adjacent, 0.75)
    later = [
        g
        for g in after
        if g.governor in ("by", "and", "") and by is not None and not set(g.codes) <= set(by.codes)
    ]
    if by is not None and later:
        return pair_up(by, later[0], 0.6)
    if before is not None and len(before.codes) > 1:
        return within(before, 0.7)
    named = {code: g for g in reversed(scene.groups) for code in g.codes}
    if trigger.type == "AGREE" and len(named) == 2 and is_passive(scene, start, end):
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
    return None if actor is None else pair_up(actor, target, 0.8)


def _receive(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    giver = next((g for g in scene.groups if g.start >= end and g.governor in ("from", "от")), None)
    if giver is None:
        return None
    taker = subject(scene, start) or next(
        (g for g in scene.groups if g.start > giver.end and g.governor == "" and g.codes != giver.codes), None
    )
    return None if taker is None else pair_up(giver, taker, 0.75)


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
    return None if asked is None else pair_up(asker, asked, 0.7)


def _moved(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """Troops that were brought somewhere: theirs is who stands before them, theirs the land they come into."""
    owner = next((g for g in reversed(scene.groups) if g.end <= start and start - g.end <= 30), None)
    agent = next((g for g in scene.groups if g.start >= end and g.governor == "by"), None)
    target = next((g for g in scene.groups if g.start >= end and g.governor in ("into", "to", "in")), None)
    actor = agent or owner
    return pair_up(actor, target, 0.75) if actor is not None and target is not None else None


def _entered(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A joined B", "A was admitted to B": the passive has the same sense."""
    low, high = window(scene, start, end)
    actors = subject(scene, start, low)
    partner = (
        None if actors is None else partner_after(scene, trigger, start, end, high, frozenset(actors.codes))
    )
    return None if partner is None else pair_up(actors, partner, 0.75)


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
    return pair_up(host, before[-1], 0.75) if host is not None and before else None


def _travel(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """Who goes somewhere must be a person or a delegation: goods and money go to places too."""
    low, _ = window(scene, start, end)
    traveller = subject(scene, start, low)
    if traveller is None and low and _carried_on(scene.text, low, start):
        traveller = subject(scene, start, 0, weak=False)
    if traveller is None or traveller.possessive:
        return None
    if not any(one.person for one in traveller.mentions) and not _TRAVELLER.search(
        scene.text, traveller.start, start
    ):
        return None
    places = [
        g
        for g in scene.groups
        if end - 4 <= g.start <= end + 14 and g.governor in trigger.prefer and g.codes != traveller.codes
    ]
    return pair_up(traveller, places[0], 0.7) if places else None


_TRAVELLER = re.compile(
    r"(?i)\b(?:president|minister|premier|chancellor|leader|delegation|envoy|diplomat|diplomats|secretary|king|emir|"
    r"speaker|officials?|lawmakers?|commissioner|general|he|she|head of state|ministers|deputy|mediators?|"
    r"negotiators?)\b"
)


def _wish(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A wants B to leave": who shall do it stands between."""
    wishing = subject(scene, start, window(scene, start, end)[0])
    asked = next((g for g in scene.groups if start < g.start and g.end <= end and g.governor == ""), None)
    return None if wishing is None or asked is None else pair_up(wishing, asked, 0.65)


def _leave(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A left the union": only organisations are left."""
    low, _ = window(scene, start, end)
    leaving = subject(scene, start, low)
    left = next(
        (
            g
            for g in scene.groups
            if 0 <= g.start - end <= 12 and g.mentions[0].kind in ("bloc", "outside") and not g.possessive
        ),
        None,
    )
    return None if leaving is None or left is None else pair_up(leaving, left, 0.7)


_NOUN_BEFORE = PREPOSITIONS - {"to"} | {
    row["word"] for row in rows("function_words.csv") if row["kind"] == "before a noun"
}


_ADJECTIVES = frozenset(
    ("military", "political", "economic", "international", "nuclear", "western", "joint", "full")
)


_NOUN_ENDING = re.compile(r"(?i)(?:isms?|(?<!sanc)(?<!men)tions?|ments?|ance)$")
_GO_BACK = re.compile(
    r"(?i)turn\w*|sen[dt]s?|came|come|went|g[oe]ts?|just|hand\w*|pull\w*|push\w*|brought|g[ai]ves?|hold|held|fell|paid|pay"
)
_BACK_TO = re.compile(r"(?i)back\s+(?:from|to|in|into|home|on|again)\b")


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
    if first and _NOUN_ENDING.search(first.group()):
        return False  # "criticis*" finds criticism too
    if (
        first
        and first.group().lower() == "back"
        and (_GO_BACK.fullmatch(word[1]) or _BACK_TO.match(scene.text, start))
    ):
        return False  # "turned back a shipment", "just back from"
    if first and first.group().endswith("s") and re.fullmatch(r"[a-z]+s", word[1]) and not finite:
        return False  # "the treaty covers attacks on"
    # "US military gives": an adjective may be a noun itself, and before a finite verb it is one
    if word[1].lower() in (_NOUN_BEFORE - _ADJECTIVES if finite else _NOUN_BEFORE) or re.search(
        r"['’]s?$", word[1]
    ):
        return False
    return not (first and first.group()[0].isupper() and start > 0)
