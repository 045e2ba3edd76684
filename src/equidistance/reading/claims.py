"""Claims in a sentence: what its author concludes, in the typed forms of :class:`records.Claim`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import get_args

from equidistance.reading.acts import instrument, nearest_date
from equidistance.reading.amounts import AmountMention
from equidistance.reading.attribution import Said, chain
from equidistance.reading.loaded import loaded_in
from equidistance.reading.records import Act, Amount, Channel, Claim, Form
from equidistance.reading.roles import subject
from equidistance.reading.scene import Group, Scene
from equidistance.reading.tables import phrase, rows

_NEGATED = re.compile(
    r"(?i)(?:\b(?:not|never|no longer|neither|nor|не|никогда)|n['’]t)\s+(?:[\w’'-]+\s+){0,3}$"
)
_COMPARED = re.compile(
    r"(?i)\s*(?:more|less|higher|lower|larger|smaller|cheaper|longer|faster|bigger|greater|fewer|as|выше|больше|меньше|дороже|дешевле|ниже)\b"
)
_FIXED = re.compile(
    r"(?i)(?:must|should|ought)\s+(?:be\s+)?(?:assum|not(?:e|ed)\b|say|said|admit|rememb|add|taken|recall|have\s+been)\w*"
)
_QUESTION = re.compile(r"\?[”\"»]?$")
MOST_CLAIMS = 8


@dataclass(frozen=True)
class Rule:
    """A row of ``claims.csv`` ready to be searched for."""

    form: Form
    name: str
    pattern: re.Pattern[str]
    direction: int | None
    about: str


@cache
def rules(language: str) -> tuple[Rule, ...]:
    """The rules of a language in the order of the table."""
    found = []
    for row in rows("claims.csv"):
        if row["form"] not in get_args(Form):
            raise ValueError(f"data/reading/claims.csv: form {row['form']!r}")
        if row["language"] == language:
            direction = int(row["direction"]) if row["direction"] else None
            found.append(Rule(row["form"], row["name"], phrase(row["pattern"]), direction, row["about"]))  # type: ignore[arg-type]
    return tuple(found)


def find_claims(scene: Scene, acts: list[Act], said: list[Said]) -> list[Claim]:
    """The claims of one sentence."""
    found: list[Claim] = []
    ruled = list(_by_rules(scene, said))
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
        *_events(scene, acts),
    ):
        if not any(_same(one, claim) for one in found):
            found.append(claim)
    if not _QUESTION.search(scene.text):
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


def _overlap(one: Claim, other: Claim) -> bool:
    return max(one.start or 0, other.start or 0) < min(one.end or 0, other.end or 0)


# --- by pattern ----------------------------------------------------------------------------------------


def _by_rules(scene: Scene, said: list[Said]) -> Iterator[Claim]:
    for rule in rules(scene.language):
        for match in rule.pattern.finditer(scene.text):
            if _fragment_of_quote(scene, said, match.start(), match.end()) or _QUESTION.search(scene.text):
                continue
            read = {
                "pair": _pair,
                "one": _one,
                "verb": _verb,
                "lead": _lead,
                "both": _both,
                "analogue": _analogue,
                "future": _future,
                "norm": _norm,
                "share": _share,
                "reason": _reason,
                "owner": _owner,
                "amount": _none,
            }[rule.about]
            claim = read(scene, said, rule, match)
            if claim is not None:
                yield claim


def _fragment_of_quote(scene: Scene, said: list[Said], start: int, end: int) -> bool:
    """Inside a quotation that is a quotation claim already: what was said is tested as said, not as the author's."""
    return any(one.quoted and one.start <= start and end <= one.end for one in said)


def _claim(
    scene: Scene,
    said: list[Said],
    rule: Rule,
    match: re.Match[str],
    who: str | None,
    powers: tuple[str, ...],
    confidence: float,
) -> Claim:
    start, end = _clause(scene, match.start(), match.end())
    size = next((one.amount for one in scene.amounts if _belongs(rule, one, match)), None)
    negated = bool(_NEGATED.search(scene.text[max(0, match.start() - 45) : match.start()]))
    date = next((one for one in scene.dates if one.since), None)
    when = nearest_date(scene, match.start())
    shift = scene.sentence.start
    return Claim(
        form=rule.form,
        quote=scene.text[start:end],
        start=shift + start,
        end=shift + end,
        subject=who,
        powers=powers,
        channel=_channel(scene.text[start:end]),
        instrument=instrument(scene.text[start:end], "") or None,
        direction=_rising(match.group()) if rule.name == "rising-figure" else rule.direction,
        amount=size,
        since=date.when.first if date else None,
        when=when if rule.form in ("break", "event", "forecast", "trend", "level") else None,
        negated=negated,
        attribution=chain(said, match.start(), match.end()),
        rule=f"claim:{rule.name}",
        confidence=confidence,
    )


def _belongs(rule: Rule, one: AmountMention, match: re.Match[str]) -> bool:
    """Whether a magnitude is the size of what a rule found rather than a claim of its own."""
    if rule.form == "trend":
        inside = match.start() <= one.start and one.end <= match.end()
        return one.kind in ("times", "share") and (inside or rule.name == "rising-figure")
    return rule.form == "dependence" and one.kind == "share"


def _rising(text: str) -> int:
    return -1 if re.search(r"(?i)^(?:fell|fallen|drop|declin|shrank|halved|lost)", text) else 1


def _clause(scene: Scene, start: int, end: int) -> tuple[int, int]:
    """The part of the sentence around a span: between semicolons and quotation ends; short sentences whole."""
    if len(scene.text) <= 240:
        return 0, len(scene.text)
    low = max(
        (m.end() for m in re.finditer(r"[;:]\s|,\s(?:but|and|so|while)\s", scene.text[:start])), default=0
    )
    after = re.search(r"[;]\s|,\s(?:but|and|so|while)\s", scene.text[end:])
    high = end + after.start() if after else len(scene.text)
    return low, high


def _channel(text: str) -> Channel | None:
    if re.search(r"(?i)\b(?:rhetoric|statements|speeches|declar\w+|риторик\w+|заявлени\w+)\b", text):
        return "word"
    return None


def _who(scene: Scene, match: re.Match[str], balance: bool = False) -> tuple[str | None, tuple[str, ...]]:
    """Subject and powers: who stands before the words; toward whom: the group after or around them, else all others."""
    group = subject(scene, match.start(), weak=False)
    owner = next((g for g in scene.groups if g.possessive and g.end <= match.start() + 1), None)
    linked = next(
        (
            g
            for g in scene.groups
            if match.start() <= g.start <= match.end() + 60
            and g.governor
            in ("with", "to", "toward", "towards", "on", "from", "с", "со", "от", "на", "к", "of")
        ),
        None,
    )
    about = linked or next((g for g in scene.groups if g.start >= match.start()), None)
    pair = next((g for g in scene.groups if g.governor in ("between", "между") and len(g.codes) > 1), None)
    adjacent = next(
        (
            g
            for g in scene.groups
            if len(g.codes) == 2
            and all(m.kind == "adjective" for m in g.mentions)
            and abs(g.end - match.start()) < 30
        ),
        None,
    )
    pair = pair or adjacent
    if pair is not None and balance:
        outside = next(
            (g for g in reversed(scene.groups) if g.end <= pair.start and not set(g.codes) & set(pair.codes)),
            None,
        )
        who = outside.codes[0] if outside is not None else scene.main
        return (None if who in pair.codes else who), pair.codes
    if pair is not None:
        who = scene.main if scene.main in pair.codes else pair.codes[0]
        return who, tuple(code for code in pair.codes if code != who)
    chosen = group or owner
    who = chosen.codes[0] if chosen else scene.main
    if about is not None and who in about.codes and chosen is None:
        return who, tuple(dict.fromkeys(code for g in scene.groups for code in g.codes if code != who))
    if about is not None and who is not None:
        powers = tuple(code for code in about.codes if code != who)
        if powers:
            return who, powers
    others = tuple(dict.fromkeys(code for g in scene.groups for code in g.codes if code != who))
    if chosen is not None and len(chosen.codes) > 1 and not others:
        return who, chosen.codes[1:]
    return who, others


def _pair(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    if not scene.groups:
        return None
    who, powers = _who(scene, match)
    if who is not None and not powers and scene.main not in (None, who) and rule.form != "dependence":
        who, powers = scene.main, (who,)
    if who is None or (not powers and rule.form != "dependence"):
        return None
    return _claim(scene, said, rule, match, who, powers, 0.7)


def _one(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    if not scene.groups and rule.form not in ("break", "gap"):
        return None
    who, powers = _who(scene, match, rule.form == "balance")
    if rule.form == "break" and who is not None and not powers:
        only = next((g for g in scene.groups if g.governor in ("with", "с") and who in g.codes), None)
        who, powers = (
            (None, (who,)) if only else (who, powers)
        )  # "the break with Moscow": whose, the sentence does not say
        return _claim(scene, said, rule, match, who, powers, 0.55)
    return None if who is None else _claim(scene, said, rule, match, who, powers, 0.65)


def _reason(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    """ "After A's threats, B stopped": the reason is A's, the claim is about B."""
    owner = next(
        (
            g
            for g in scene.groups
            if match.start() <= g.start <= match.end() + 45
            and "," not in scene.text[match.end() : g.start]
            and (g.governor in ("from", "of", "by", "от", "со") or g.start <= match.end() + 12)
        ),
        None,
    )
    later = next(
        (
            g
            for g in scene.groups
            if owner and g.start > owner.end and g.governor == "" and g.codes[0] not in owner.codes
        ),
        None,
    )
    who = later or subject(scene, match.start(), weak=False)
    code = who.codes[0] if who is not None else scene.main
    if owner is None and rule.name != "after-threat":
        return _one(scene, said, rule, match)
    if owner is None or code is None or code in owner.codes:
        return None
    return _claim(scene, said, rule, match, code, owner.codes, 0.7)


def _owner(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    """ "A owns the network of B": B depends on A."""
    holder = subject(scene, match.start(), weak=False)
    held = next(
        (
            g
            for g in scene.groups
            if g.start >= match.end() and holder and not set(g.codes) & set(holder.codes)
        ),
        None,
    )
    if holder is None or held is None:
        return None
    return _claim(scene, said, rule, match, held.codes[0], holder.codes, 0.6)


def _none(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    return None  # ratios are made from magnitudes; the row documents their words


def _verb(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    group = subject(scene, match.start(), weak=False)
    if group is None:
        return None
    others = tuple(
        dict.fromkeys(
            c for g in scene.groups if g.start > match.start() for c in g.codes if c not in group.codes
        )
    )
    if not others:
        return None
    return _claim(scene, said, rule, match, group.codes[0], others[:1], 0.6)


def _lead(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    target = next((g for g in scene.groups if 0 <= g.start - match.end() <= 40), None)
    if target is None:
        return None
    group = subject(scene, match.start(), weak=False)
    who = group.codes[0] if group is not None and group.codes[0] not in target.codes else scene.main
    if who is None or who in target.codes:
        return None
    claim = _claim(scene, said, rule, match, who, target.codes, 0.65)
    return replace(claim, leader=target.codes[0])


def _both(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    target = next(
        (g for g in scene.groups if match.start() <= g.start <= match.end() and len(g.codes) > 1), None
    )
    if target is None or not re.search(
        r"(?i)relation|friend|ties|cooperat|balance|dialogue|partner", scene.text
    ):
        return None
    group = subject(scene, match.start(), weak=False)
    who = group.codes[0] if group is not None and group.codes[0] not in target.codes else scene.main
    if who is None or who in target.codes:
        return None
    return replace(_claim(scene, said, rule, match, who, target.codes, 0.6), leader="equal")


def _analogue(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    """ "a second Ukraine": a state's name right after the words, with an article or verb that makes it a kind."""
    state = next(
        (
            m
            for m in scene.mentions
            if 0 <= m.start - match.end() <= 5
            and m.kind in ("state", "capital", "adjective")
            and len(m.code) == 3
        ),
        None,
    )
    if state is None:
        return None
    gap = scene.text[match.end() : state.start]
    if rule.name in ("second", "вторая") and (gap.strip() or state.kind == "adjective" or state.possessive):
        return None
    before = scene.text[max(0, match.start() - 14) : match.start()].lower()
    if rule.name == "second" and not re.search(
        r"\b(?:an?|the|into|as|of|become|becomes|becoming|becoming the)\s*[“\"«]?$", before
    ):
        return None
    if rule.name in ("path-of", "путь") and not re.search(
        r"(?i)follow|repeat|way|path|take|took|walk|go|пойд|повтор|идет|идёт|пути|стал", scene.text
    ):
        return None
    group = subject(scene, match.start(), weak=False)
    who = group.codes[0] if group is not None and group.codes[0] != state.code else scene.main
    if who is None or who == state.code:
        return None
    return _claim(scene, said, rule, match, who, (state.code,), 0.75)


def _future(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    if scene.in_quotation(match.start(), match.end()) or not scene.groups:
        return None
    group = subject(scene, match.start(), weak=False)
    who, powers = (group.codes[0], ()) if group is not None else (scene.main, ())
    if who is None:
        return None
    others = tuple(dict.fromkeys(c for g in scene.groups for c in g.codes if c != who))
    return _claim(scene, said, rule, match, who, powers or others, 0.65)


def _norm(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    if not scene.groups or _FIXED.match(scene.text, match.start()):
        return None
    who, powers = _who(scene, match)
    return None if who is None else _claim(scene, said, rule, match, who, powers, 0.55)


def _share(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    if not any(one.kind == "share" for one in scene.amounts) and not re.search(
        r"(?i)\b(?:most|majority|bulk|almost all|lion['’]s share)\b", scene.text
    ):
        return None
    target = next((g for g in scene.groups if 0 <= g.start - match.end() <= 12), None)
    if target is None:
        return None
    who, _ = _who(scene, match)
    who = scene.main if who in target.codes else who
    return (
        None
        if who is None or who in target.codes
        else _claim(scene, said, rule, match, who, target.codes, 0.65)
    )


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
        if not scene.groups or _fragment_of_quote(scene, said, one.start, one.end):
            continue
        form: Form
        if one.amount in told:
            continue  # "exports rose by 40 percent" is a trend and its size
        if one.kind == "times":
            if not _COMPARED.match(scene.text, one.end) and one.amount.value < 2:
                continue
            form = "ratio"
        elif one.kind == "share":
            form = "ratio"
        elif one.kind == "count":
            if one.amount.value < 2 or one.noun.split()[-1] in (
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
    start, end = _clause(scene, one.start, one.end)
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


def _events(scene: Scene, acts: list[Act]) -> Iterator[Claim]:
    """Dated acts that the author asserts are claims that something happened."""
    for act in acts:
        if act.when is None or act.modality not in ("done", "announced") or act.rule == "act:statement":
            continue
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
        if not _fragment_of_quote(scene, said, one[0], one[1])
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
