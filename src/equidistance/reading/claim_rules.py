"""Claims by pattern: the rules of ``claims.csv``, and who each claim is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import get_args

from equidistance.ground.blocs import all_blocs
from equidistance.reading.acts import instrument, nearest_date
from equidistance.reading.amounts import AmountMention
from equidistance.reading.attribution import Said, chain
from equidistance.reading.clause_parts import subject
from equidistance.reading.records import Channel, Claim, Form
from equidistance.reading.scene import Scene
from equidistance.reading.tables import beginnings, openings, phrase, rows

_NEGATED = re.compile(
    r"(?i)(?:\b(?:not|never|no longer|neither|nor|не|никогда)|n['’]t)\s+(?:[\w’'-]+\s+){0,3}$"
)
_FIXED = re.compile(
    r"(?i)(?:следует|необходимо|нельзя\s+не)\s+(?:отмет|сказ|помн|призна|подчерк|добав|учит|напомн)\w*|"
    r"(?:must|should|ought)\s+(?:be\s+)?(?:assum|not(?:e|ed)\b|say|said|admit|rememb|add|taken|recall|have\s+been\s+(?:noted|said|added|mentioned|remembered|recalled))\w*"
)
QUESTION = re.compile(r"\?[”\"»]?$")


@dataclass(frozen=True)
class Rule:
    """A row of ``claims.csv`` ready to be searched for."""

    form: Form
    name: str
    pattern: re.Pattern[str]
    direction: int | None
    about: str
    openings: frozenset[str] | None = None


@cache
def rules(language: str) -> tuple[Rule, ...]:
    """The rules of a language in the order of the table."""
    found = []
    for row in rows("claims.csv"):
        if row["form"] not in get_args(Form):
            raise ValueError(f"data/reading/claims.csv: form {row['form']!r}")
        if row["language"] == language:
            direction = int(row["direction"]) if row["direction"] else None
            made = phrase(row["pattern"])
            found.append(
                Rule(row["form"], row["name"], made, direction, row["about"], openings(row["pattern"]))  # type: ignore[arg-type]
            )
    return tuple(found)


def by_rules(scene: Scene, said: list[Said]) -> Iterator[Claim]:
    """The claims that the patterns of the table find in a sentence, in the table's order."""
    begun = beginnings(scene.text)
    for rule in rules(scene.language):
        if rule.openings is not None and begun.isdisjoint(rule.openings):
            continue
        for match in rule.pattern.finditer(scene.text):
            if inside_quotation(scene, said, match.start(), match.end()) or QUESTION.search(scene.text):
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
                "judged": _judged,
                "neither": _neither,
                "both-ru": _neither,
            }[rule.about]
            claim = read(scene, said, rule, match)
            if claim is not None:
                yield claim


def inside_quotation(scene: Scene, said: list[Said], start: int, end: int) -> bool:
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
    start, end = clause(scene, match.start(), match.end())
    if (
        rule.form in ("trend", "level")
        and who is not None
        and powers
        and _is_bloc(who)
        and not _is_bloc(powers[0])
    ):
        who, powers = (
            powers[0],
            (who, *powers[1:]),
        )  # a claim about a state and a bloc is filed under the state
    size = next((one.amount for one in scene.amounts if _belongs(rule, one, match)), None)
    negated = "unlikely" in match.group().lower() or bool(
        _NEGATED.search(scene.text[max(0, match.start() - 45) : match.start()])
    )
    if rule.form == "balance" and _HARD.search(scene.text[max(0, match.start() - 60) : match.start()]):
        negated = True  # "finds it difficult to keep the same distance"
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
        direction=_direction(rule, match.group()),
        leader="equal" if rule.form == "balance" and rule.name in _EQUAL else None,
        quantity=_quantity(scene.text[start:end]) if rule.form == "dependence" else None,
        amount=size,
        since=date.when.first if date else None,
        when=when if rule.form in ("break", "event", "forecast", "trend", "level") else None,
        negated=negated,
        attribution=chain(said, match.start(), match.end()),
        rule=f"claim:{rule.name}",
        confidence=confidence,
    )


def _is_bloc(code: str) -> bool:
    return any(code == bloc.code for bloc in all_blocs())


def _belongs(rule: Rule, one: AmountMention, match: re.Match[str]) -> bool:
    """Whether a magnitude is the size of what a rule found rather than a claim of its own."""
    if rule.form == "trend":
        inside = match.start() <= one.start and one.end <= match.end()
        return one.kind in ("times", "share") and (inside or rule.name == "rising-figure")
    return rule.form == "dependence" and one.kind == "share"


def _direction(rule: Rule, text: str) -> int | None:
    """The row's direction; where the row leaves it open, what the words found say."""
    if rule.name == "rising-figure":
        return _rising(text)
    if rule.name in ("relations-state", "отношения"):
        return -1 if _STRAINED.search(text) else 1
    return rule.direction


_STRAINED = re.compile(r"(?i)\b(?:tense|cold|bad|weak|strained|hostile|poor|frosty|напряж\w+|прохладн\w+)\b")
_EQUAL = frozenset(
    ("multivector", "equidistance", "between", "chairs", "balancing-act", "многовектор", "баланс")
)
_HARD = re.compile(
    r"(?i)\b(?:difficult|hard|impossible|unable|struggl\w+|fail\w*|ceas\w+|abandon\w*)\b[^.;]{0,30}$"
)
_QUANTITY = re.compile(
    r"(?i)\b(?:budget|exports?|imports?|transit|debt|gas|oil|electricity|weapons|arms|remittances|investments?|trade|"
    r"бюджет\w*|экспорт\w*|импорт\w*|транзит\w*|долг\w*|газ\w?|нефт\w+)\b"
)


def _quantity(text: str) -> str | None:
    """What depends, in a word."""
    found = _QUANTITY.search(text)
    return found.group().lower() if found else None


def _rising(text: str) -> int:
    return -1 if re.search(r"(?i)^(?:fell|fallen|drop|declin|shrank|halved|lost)", text) else 1


def clause(scene: Scene, start: int, end: int) -> tuple[int, int]:
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
    if balance and chosen is None:  # "the multi-vector policy, applied since B became independent": B's
        named = next((g for g in scene.groups if g.governor == "" or g.possessive), None)
        who = named.codes[0] if named is not None else who
    if about is not None and who in about.codes and chosen is None and linked is not None and not balance:
        first = next((code for g in scene.groups for code in g.codes if code not in about.codes), None)
        if first is not None:  # "being tied to A has cost B": B's dependence
            return first, about.codes
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
    if who is None or (not powers and (rule.form != "dependence" or rule.name == "belongs")):
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
    if _SCHEDULE.match(scene.text, match.end()):
        return None  # a calendar forecasts nothing
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


def _judged(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    """A verdict in plain words; about whoever the sentence is about."""
    if not scene.groups or scene.in_quotation(match.start(), match.end()):
        return None
    group = subject(scene, match.start(), weak=False) or scene.groups[0]
    who = group.codes[0]
    others = tuple(dict.fromkeys(c for g in scene.groups for c in g.codes if c != who))
    return _claim(scene, said, rule, match, who, others, 0.5)


def _neither(scene: Scene, said: list[Said], rule: Rule, match: re.Match[str]) -> Claim | None:
    """ "A quarrels neither with B nor with C": between two that both stand in these words or right after them."""
    inside = [g for g in scene.groups if match.start() <= g.start <= match.end() + 20]
    codes = tuple(dict.fromkeys(code for g in inside for code in g.codes))
    group = subject(scene, match.start(), weak=False)
    who = group.codes[0] if group is not None else scene.main
    if who is None or who in codes or len(codes) < 2:
        return None
    return replace(_claim(scene, said, rule, match, who, codes, 0.6), leader="equal")


_SCHEDULE = re.compile(
    r"(?i)\s*(?:also\s+)?(?:take\s+place|be\s+(?:held|opened|broadcast|shown|played)|open|begin|start|last|celebrate|"
    r"mark|состо\w+|пройд\w+|откро\w+|начн\w+)\b"
)


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
