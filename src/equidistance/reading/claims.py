"""Claims in a sentence: what its author concludes, in the typed forms of :class:`records.Claim`."""

import re
from collections.abc import Iterator
from typing import get_args

from equidistance.reading.acts import instrument, nearest_date
from equidistance.reading.amounts import AmountMention
from equidistance.reading.attribution import Said, chain
from equidistance.reading.claim_rules import QUESTION, by_rules, clause, inside_quotation
from equidistance.reading.clause_parts import subject
from equidistance.reading.goods_claims import goods_claim
from equidistance.reading.loaded import loaded_in
from equidistance.reading.records import Act, Amount, Claim, Form
from equidistance.reading.scene import Group, Scene

_COMPARED = re.compile(
    r"(?i)\s*(?:more|less|higher|lower|larger|smaller|cheaper|longer|faster|bigger|greater|fewer|as|выше|больше|меньше|дороже|дешевле|ниже)\b"
)
_FREQUENCY = re.compile(
    r"(?i)\s*(?:a|per|each|every)\s+(?:day|week|month|year)|\s*(?:since|during|this|last|in\s+(?:a\s+row|\d))\b|"
    r"\s*(?:в|за)\s+(?:день|неделю|месяц|год)\b"
)
MOST_CLAIMS = 8


def find_claims(scene: Scene, acts: list[Act], said: list[Said]) -> list[Claim]:
    """The claims of one sentence."""
    if (goods := goods_claim(scene, said)) is not None:
        return [
            goods,
            *_quotations(scene, said),
        ]  # the sentence says how much trade moved, and nothing of stance
    found: list[Claim] = []
    ruled = list(by_rules(scene, said))
    figures = [one for one in ruled if one.rule == "claim:rising-figure"]
    compared = [one for one in ruled if one.form == "analogue"]
    ruled = [
        one
        for one in ruled
        if not (
            one.form == "trend"
            and one not in figures
            and any(set(one.powers) <= set(a.powers) for a in compared)
        )
    ]
    for claim in (
        *_quotations(scene, said),
        *ruled,
        *_amounts(scene, said, [one.amount for one in ruled if one.amount is not None]),
        *_events(scene, acts, said),
    ):
        if not any(_same(one, claim) for one in found):
            found.append(claim)
    balances = [one for one in found if one.form == "balance"]
    found = [one for one in found if not _said_as_balance(one, balances)]
    if any(
        one.form == "count" for one in found
    ):  # "40 companies operate there" is a count, not a level as well
        found = [one for one in found if one.rule != "claim:operate"]
    if not QUESTION.search(scene.text):
        found.extend(_opinions(scene, found, acts, said))
    return sorted(found[:MOST_CLAIMS], key=lambda one: (one.start or 0, one.form))


def _same(one: Claim, other: Claim) -> bool:
    if one.form != other.form:
        return False
    if one.form in ("amount", "count", "ratio"):
        return one.amount == other.amount
    if one.form == "trend":
        return one.direction == other.direction and (
            set(one.powers) == set(other.powers) or _overlap(one, other)
        )
    if one.form == "event":
        return (one.subject, one.type) == (other.subject, other.type)
    return True


def _said_as_balance(one: Claim, balances: list[Claim]) -> bool:
    """ "Has tilted toward B", "its neutrality is an illusion": one claim, about where a state stands between others."""
    if one.rule == "claim:tilt":
        return any(set(one.powers) & set(other.powers) for other in balances)
    return one.rule in ("claim:verdict", "claim:оценка") and bool(balances)


def _overlap(one: Claim, other: Claim) -> bool:
    return max(one.start or 0, other.start or 0) < min(one.end or 0, other.end or 0)


# --- from quotations, magnitudes, acts and wording --------------------------------------------------------


def _quotations(scene: Scene, said: list[Said]) -> Iterator[Claim]:
    for one in said:
        words = scene.text[one.start : one.end]
        if not one.quoted or len(words.split()) < 4 or (one.code is None and not one.speaker[:1].isupper()):
            continue
        shift = scene.sentence.start
        others = tuple(
            dict.fromkeys(
                c
                for g in scene.groups
                if one.start <= g.start and g.end <= one.end
                for c in g.codes
                if c != one.code
            )
        )
        yield Claim(
            form="quotation",
            quote=words,
            start=shift + one.start,
            end=shift + one.end,
            subject=one.code,
            powers=others,
            channel="word",
            when=next((d.when for d in scene.dates if not one.start <= d.start < one.end), None),
            speaker=one.speaker,
            said=words,
            attribution=tuple(name for name in chain(said, one.start, one.end) if name != one.speaker),
            rule="claim:quotation",
            confidence=0.85,
        )


def _amounts(scene: Scene, said: list[Said], told: list[Amount]) -> Iterator[Claim]:
    for one in scene.amounts:
        if not scene.groups or inside_quotation(scene, said, one.start, one.end):
            continue
        form: Form
        if one.amount in told:
            continue  # "exports rose by 40 percent" is a trend and its size
        if one.kind == "times":
            if not _COMPARED.match(scene.text, one.end) and one.amount.value < 2:
                continue
            if _FREQUENCY.match(scene.text, one.end):
                continue  # "visited eleven times since" compares nothing
            form = "ratio"
        elif one.kind == "share":
            form = "ratio"
        elif one.kind == "count":
            if one.amount.value < (10 if one.noun.split()[-1][:1].isupper() else 2) or one.noun.split()[
                -1
            ] in (
                "countries",
                "states",
                "members",
                "стран",
                "страны",
            ):
                continue
            form = "count"
        else:
            form = "amount"
        yield _magnitude(scene, said, one, form)


def _magnitude(scene: Scene, said: list[Said], one: AmountMention, form: Form) -> Claim:
    inside = [m for m in scene.mentions if one.start <= m.start and m.end <= one.end]
    group: Group | None = subject(scene, one.start, weak=False)
    if (
        group is not None and len(scene.text[group.end : one.start].split()) == 0
    ):  # "A owes B 2 billion": not B's
        group = subject(scene, group.start, weak=False) or group
    who = group.codes[0] if group is not None else scene.main
    place = next(
        (
            g
            for g in scene.groups
            if g.start >= one.end and g.governor in ("in", "в") and len(g.codes[0]) == 3
        ),
        None,
    )
    if inside and place is not None:
        who = place.codes[0]
    elif inside and inside[0].code == who:
        who = scene.main if scene.main != inside[0].code else who
    if who is None:
        who = scene.mentions[0].code
    powers = tuple(dict.fromkeys([*(m.code for m in inside), *(c for g in scene.groups for c in g.codes)]))
    start, end = clause(scene, one.start, one.end)
    shift = scene.sentence.start
    following = scene.text[one.end : one.end + 60]
    noun = (
        one.noun
        or re.split(r"[.,;:(]|\s(?:and|in|from|to)\s", scene.text[one.start : one.end] + following)[0]
    )
    return Claim(
        form=form,
        quote=scene.text[start:end],
        start=shift + start,
        end=shift + end,
        subject=who,
        powers=tuple(code for code in powers if code != who),
        instrument=instrument(scene.text[start:end], "") or None,
        quantity=" ".join(noun.split())[:120],
        amount=one.amount,
        when=nearest_date(scene, one.start),
        attribution=chain(said, one.start, one.end),
        rule=f"claim:{one.kind}",
        confidence=0.75,
    )


def _events(scene: Scene, acts: list[Act], said: list[Said]) -> Iterator[Claim]:
    """Dated acts that the author asserts are claims that something happened."""
    told: set[tuple[str, str | None]] = set()
    for act in acts:
        if act.when is None or act.modality not in ("done", "announced") or act.rule == "act:statement":
            continue
        if inside_quotation(scene, said, act.start - scene.sentence.start, act.end - scene.sentence.start):
            continue
        if act.partner is not None and (act.rule, act.partner) in told and (act.rule, act.actor) in told:
            continue  # "A, B and C agreed" happened once
        told |= {(act.rule, act.actor), (act.rule, act.partner)}
        partners = tuple(
            dict.fromkeys(
                a.partner for a in acts if a.rule == act.rule and a.actor == act.actor and a.partner
            )
        )
        yield Claim(
            form="event",
            quote=act.quote,
            start=act.start,
            end=act.end,
            subject=act.actor,
            powers=partners,
            channel=act.channel,
            instrument=act.instrument,
            direction=act.direction,
            when=act.when,
            type=act.type,
            mode=act.mode,
            attribution=act.attribution,
            rule=act.rule,
            confidence=act.confidence,
        )


_TESTABLE = frozenset(get_args(Form)) - {"event", "quotation", "opinion"}


def _opinions(scene: Scene, found: list[Claim], acts: list[Act], said: list[Said]) -> Iterator[Claim]:
    """A judgement in loaded words: two of them, or one where nothing else in the sentence can be tested."""
    if any(one.form == "opinion" for one in found):
        return
    words = [
        one
        for one in loaded_in(scene.text, scene.language)
        if not inside_quotation(scene, said, one[0], one[1])
    ]
    testable = acts or any(one.form in _TESTABLE for one in found)
    if len(words) >= 2 or (words and not testable):
        who = scene.groups[0].codes[0] if scene.groups else scene.main
        shift = scene.sentence.start
        others = tuple(dict.fromkeys(c for g in scene.groups for c in g.codes if c != who))
        yield Claim(
            form="opinion",
            quote=scene.text,
            start=shift,
            end=shift + len(scene.text),
            subject=who,
            powers=others,
            attribution=chain(said, words[0][0], words[0][1]),
            rule="claim:loaded",
            confidence=0.6,
        )
