"""Claims about trade in goods under sanctions: "EU exports of high priority goods to Kyrgyzstan rose sixfold"."""

import re
from dataclasses import replace
from datetime import date

from equidistance.reading.acts import nearest_date
from equidistance.reading.attribution import Said, chain
from equidistance.reading.claim_rules import QUESTION, clause, inside_quotation
from equidistance.reading.dates import month_of
from equidistance.reading.records import Claim
from equidistance.reading.scene import Group, Scene

UP = re.compile(
    r"\b(?:rose|risen|rises?|rising|grew|grown|grows?|growth|increas\w+|jump\w*|surg\w+|soar\w*|doubl\w+|tripl\w+"
    r"|\w+fold)\b|-fold\b",
    re.IGNORECASE,
)
DOWN = re.compile(
    r"\b(?:fell|fall(?:s|en|ing)?|drop\w*|declin\w+|decreas\w+|shrank|shrunk|halved)\b", re.IGNORECASE
)

_GOODS = r"(?:(?:common\s+)?high[- ]priority|battlefield|sanctioned)\s+(?:goods|items|products)"
_TRADED = re.compile(
    rf"\b(?P<noun>re-?exports?|exports?|imports?)\s+of\s+(?:\w+\s+){{0,2}}?(?P<goods>{_GOODS})\b"
    rf"|\b(?P<verb>re-?exported|exported|imported)\s+(?:\w+\s+){{0,2}}?(?P<things>{_GOODS})\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(?:between|from)\s+([A-Z]\w+)(?:\s+((?:19|20)\d\d))?\s+(?:and|to|until|till)\s+([A-Z]\w+)\s+((?:19|20)\d\d)\b"
)
_NOT = re.compile(r"(?:\bnot|n't|n’t|\bnever|\bhardly)\s+(?:\w+\s+)?$", re.IGNORECASE)
_MAYBE = re.compile(r"\b(?:(?:will|would|could|may|might|should|must)\s+(?:\w+\s+){0,2}|to\s+)$")


def goods_claim(scene: Scene, said: list[Said]) -> Claim | None:
    """The claim of a sentence about trade in goods under sanctions: a growth, a multiple or a sum."""
    match = _TRADED.search(scene.text)
    if match is None or QUESTION.search(scene.text) or inside_quotation(scene, said, *match.span()):
        return None
    sides = _sides(scene, match)
    if sides is None:
        return None
    up, down = UP.search(scene.text, match.end()), DOWN.search(scene.text, match.end())
    moved = min((one for one in (up, down) if one), key=lambda one: one.start(), default=None)
    times = next((one for one in scene.amounts if one.kind == "times" and one.start >= match.end()), None)
    money = next((one for one in scene.amounts if one.kind == "money" and one.start >= match.end()), None)
    word = (match["noun"] or match["verb"]).lower()
    start, end = clause(scene, match.start(), match.end())
    shift = scene.sentence.start
    since, until = _window(scene)
    claim = Claim(
        form="trend",
        quote=scene.text[start:end],
        start=shift + start,
        end=shift + end,
        subject=sides[0],
        powers=sides[1],
        quantity=f"{_noun(word)} of {(match['goods'] or match['things']).lower()}",
        since=since,
        until=until,
        when=None if since else nearest_date(scene, (moved or match).start()),
        attribution=chain(said, match.start(), match.end()),
        rule="claim:listed-goods",
        confidence=0.8,
    )
    if moved is not None:
        if _MAYBE.search(scene.text[max(0, moved.start() - 24) : moved.start()]):
            return None  # told of the future, or as a possibility
        claim = replace(
            claim,
            negated=bool(_NOT.search(scene.text[max(0, moved.start() - 24) : moved.start()])),
            direction=1 if moved is up else -1,
        )
    if times is not None and moved is not None and moved is up:
        return replace(claim, form="ratio", direction=None, amount=times.amount)
    if moved is not None:
        return claim
    return replace(claim, form="amount", amount=money.amount) if money is not None else None


def _noun(word: str) -> str:
    return "re-exports" if word.startswith("re") else "imports" if word.startswith("import") else "exports"


def _sides(scene: Scene, match: re.Match[str]) -> tuple[str, tuple[str, ...]] | None:
    """Subject and partner: who sends, unless that is a bloc and a receiver is named."""
    before = [one for one in scene.groups if one.end <= match.start()]
    after = [one for one in scene.groups if one.start >= match.end()]
    near = before[-1] if before and match.start() - before[-1].end <= 20 else None
    to, origin = _governed(after, "to"), _governed(after, "from") or _governed(after, "through")
    inward = (match["noun"] or match["verb"]).lower().startswith("import")
    sender, receiver = (origin, near) if inward else (near or origin, to)
    if any(one is not None and len(one.codes) != 1 for one in (sender, receiver)):
        return None  # several at once: which of them is meant for each is open
    first = sender.codes[0] if sender else None
    second = receiver.codes[0] if receiver else None
    if inward:
        return (second, (first,)) if first and second else None
    if first is None:
        return None
    if second is None:
        return first, ()
    return (second, (first,)) if len(first) != 3 or first not in _states() else (first, (second,))


def _states() -> frozenset[str]:
    from equidistance.ground.states import all_states

    return frozenset(one.code for one in all_states())


def _governed(groups: list[Group], word: str) -> Group | None:
    return next((one for one in groups if one.governor == word), None)


def _window(scene: Scene) -> tuple[date | None, date | None]:
    """First and last day of a window the sentence gives ("between March and November 2022", "since March 2022")."""
    span = _SPAN.search(scene.text)
    if span is not None and (months := (month_of(span[1]), month_of(span[3])))[0] and months[1]:
        first = date(int(span[2] or span[4]), months[0], 1)
        year, month = int(span[4]), months[1]
        last = date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
        if first <= last:
            return first, last
    for one in scene.dates:
        if one.since:
            return one.when.first, None
        if re.search(r"(?i)\bafter\s+$", scene.text[: one.start]) or scene.text[one.start :].startswith(
            "after "
        ):
            return date.fromordinal(one.when.last.toordinal() + 1), None
    return None, None
