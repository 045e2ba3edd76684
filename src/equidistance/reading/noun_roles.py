"""Acts told by a noun or by what is done with goods: "a rebuke from A", "A's veto", "A's ammunition has reached B"."""

import re

from equidistance.reading.clause_parts import Parties, Trigger, only_other, pair_up, subject
from equidistance.reading.scene import Group, Scene


def noun(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
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
    return None if target is None else pair_up(owner, target, 0.65)


def noun_on(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
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
    return None if owner is None or target is None else pair_up(owner, target, 0.7)


def _modifies(gap: str) -> bool:
    """Whether between a name and a noun stands nothing but 's and one more word: "US (new) threats"."""
    return len(re.sub(r"^['’]s?", "", gap).split()) <= 1 and not re.search(r"[,;:]", gap) and len(gap) <= 16


def _owner(scene: Scene, start: int) -> Group | None:
    """Whose the noun at ``start`` is by what stands right before it."""
    return next((g for g in scene.groups if g.end <= start and _modifies(scene.text[g.end : start])), None)


def owned(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "What B got was A's veto": to whom a preposition says, else the only other one that is no place."""
    owner = _owner(scene, start)
    if owner is None and scene.language == "ru":  # "санкции США": the genitive follows
        owner = next((g for g in scene.groups if 0 <= g.start - end <= 2 and g.governor == ""), None)
    if owner is None or len(owner.codes) > 1:
        return None
    others = [g for g in scene.groups if not set(g.codes) & set(owner.codes)]
    target = next((g for g in others if 0 <= g.start - end <= 40 and g.governor in trigger.prefer), None)
    if target is None:
        free = [g for g in others if g.governor not in ("in", "в", "во")]
        target = free[0] if len({code for g in free for code in g.codes}) == 1 else None
    return None if target is None else pair_up(owner, target, 0.6)


def noun_that(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A's complaint that B was ...": about the one who is named next."""
    owner = _owner(scene, start)
    if owner is None:
        return None
    target = next(
        (g for g in scene.groups if 0 <= g.start - end <= 30 and g.governor == "" and g.codes != owner.codes),
        None,
    )
    return None if target is None else pair_up(owner, target, 0.65)


def goods(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "A's ammunition has reached B": what is whose arrives where."""
    owner = _owner(scene, start)
    if owner is None:
        return None
    after = [g for g in scene.groups if 0 <= g.start - end <= 30 and not set(g.codes) & set(owner.codes)]
    target = next((g for g in after if (g.governor or "object") in trigger.prefer), None)
    return None if target is None else pair_up(owner, target, 0.65)


def made_by(scene: Scene, trigger: Trigger, start: int, end: int) -> Parties | None:
    """ "Правила, введённые Россией": the participle's agent follows it at once."""
    agent = next((g for g in scene.groups if 0 <= g.start - end <= 3 and g.governor == ""), None)
    if agent is None:
        return None
    after = [g for g in scene.groups if g.start >= agent.end and g.governor in trigger.prefer]
    return pair_up(agent, after[0] if after else only_other(scene, agent), 0.6)
