"""Acts in a sentence: triggers of the table, their parties, then everything told with them."""

import re
from dataclasses import replace
from functools import cache

from equidistance.reading.attribution import Said, chain, find_said, speaker_of
from equidistance.reading.clause_parts import Parties, Trigger, subject, triggers
from equidistance.reading.records import Act, Amount, Channel, Modality, When
from equidistance.reading.roles import is_verb, parties
from equidistance.reading.scene import Group, Scene
from equidistance.reading.second_look import look_again, opinion
from equidistance.reading.tables import beginnings, rows

_SKIP = re.compile(
    r"(?i)\b(?:(?:allow|enabl|let|permit)\w*\s+(?:the\s+)?\w+\s+to|should|must|could|would|might|(?-i:may)|can|"
    r"cannot|ought to|need to|needs to|have to|has to|if|whether|unless|"
    r"possible to|able to|unable to|difficult to|hard to|impossible to|necessary to|"
    r"against the background|afraid to|how to|чтобы|если|может|могут|"
    r"должн\w+|следует|нужно|необходимо)\s+(?:[\w’'-]+\s+){0,2}$"
)
_PLANNED = re.compile(
    r"(?i)\b(?:will|shall|is going to|are going to|plans? to|planned to|intends? to|ready to|wants? to|"
    r"prepar\w+ to|set to|due to|"
    r"trying to|tries to|tried to|seeks? to|sought to|attempt\w* to|"
    r"hopes? to|expected to|about to|намерен\w*|планиру\w+|собира\w+|готов\w*|хочет|хотят|будет|"
    r"будут)\s+(?:\w+\s+){0,2}$"
)
_ANNOUNCED = re.compile(
    r"(?i)\b(?:announced|decided|pledged|promised|agreed|объявил\w*|решил\w*|заявил\w* о)\b[^.;]{0,40}$"
)
_THREATENED = re.compile(r"(?i)\b(?:threaten\w*|warned|пригрозил\w*|угрожа\w+)\b[^.;]{0,30}$")
_REFUSED = re.compile(
    r"(?i)\b(?:refus\w+|declin\w+|unwilling|no intention|reluctan\w+|отказал\w+|отказыва\w+)\s+(?:to\s+|"
    r"of\s+)?(?:[\w-]+\s+)?$"
)
_NEGATED = re.compile(
    r"(?i)(?:\b(?:not|never|no longer|neither|nor|without|denied|denies|deny|failed to|fails to|не|"
    r"никогда|отрица\w+)|n['’]t)\s+(?:[\w’'-]+\s+){0,2}$"
    r"|\b(?:den(?:y|ies|ied|ying)|отрица\w+|опроверг\w*),?\s+(?:that|having|что)\s+(?:[\w’'-]+\s+){0,5}$"
)
_NOT_EVEN = re.compile(
    r"(?i)(?:\bnot|n['’]t)\s+(?:try|tried|seek|intend|want|plan|dare|wish|agree|going)\b[^.;]{0,40}\bto\s+$"
)
_BEFORE_VERBS = frozenset(
    ("reject", "отвергнуть", "propose", "promise")
)  # "refused to sign": the refusal is the signing's
_ASKING = frozenset(
    (
        "ask",
        "told-to",
        "urge-2",
        "want-to",
        "велел",
        "ask-plain",
        "calls",
        "demand",
        "threaten",
        "потребовать",
        "попросить",
    )
)
_ACCUSED_OF = re.compile(
    r"(?i)\b(?:accus|suspect|blam|charg|convict|acquit|обвин|подозрева)\w*\b[^.;:]{0,70}\b(?:of|for|with|в)\s+(?:having\s+)?(?:\w+ly\s+)?$"
)
_INSIDE = frozenset(("noun-that", "owned"))  # what is told by a noun inside what a verb tells
_SUMMONS = frozenset(("summoned", "вызван"))
_NOTES = frozenset(("protest-note", "нота"))
MOST_ACTS = 12
MOST_TRIED = 60  # triggers looked at in one sentence: an honest one has a handful
SURE_OPINION = 0.7  # from here on the coder's other type lowers an act's confidence


def find_acts(scene: Scene) -> tuple[list[Act], list[Said]]:
    """The acts of one sentence, and who says what in it.

    Args:
        scene: the sentence.
    """
    said = find_said(scene) if len(scene.text) > 12 else []
    found: list[tuple[int, int, Trigger, Parties]] = []
    tried = 0
    if scene.groups:
        begun = beginnings(scene.text)
        for trigger in triggers(scene.language):
            if trigger.openings is not None and begun.isdisjoint(trigger.openings):
                continue
            for match in trigger.pattern.finditer(scene.text):
                if len(found) >= MOST_ACTS or tried >= MOST_TRIED:
                    break
                if trigger.roles not in _INSIDE and any(
                    match.start() < end and start < match.end() for start, end, *_ in found
                ):
                    continue
                if not is_verb(scene, trigger, match.start()) or _skipped(scene, trigger, match.start()):
                    continue
                tried += 1
                if trigger.type == "REPLY":
                    reply = _reply(scene, trigger, match.start(), match.end(), found)
                    found += [] if reply is None else [reply]
                    continue
                who = parties(scene, trigger, *match.span())
                if who is not None and who.pairs and who.pairs[0][2] is None:
                    who = _as_before(scene, who, match.start(), found) or who
                if who is not None and who.pairs and (who.pairs[0][2] is not None or _alone(trigger, scene)):
                    found.append((*match.span(), trigger, who))
        officials = [one for one in said if one.code is not None]  # what they say is read as their statement
        found += [
            one
            for one in look_again(scene, found)
            if not _skipped(scene, one[2], one[0]) and speaker_of(officials, one[0], one[1]) is None
        ]
    found.sort(key=lambda one: one[0])
    found = [one for one in found if not _absorbed(scene, one, found)]
    acts: list[Act] = []
    for start, end, trigger, who in sorted(found, key=lambda one: one[0]):
        for actor, actor_text, partner, partner_text in who.pairs:
            act = _act(
                scene, said, trigger, (start, end), (actor, actor_text, partner, partner_text), who.sure
            )
            if not _told_already(act, acts):
                acts.append(act)
    for statement in said:
        if len(acts) >= 2 * MOST_ACTS:
            break
        acts.extend(act for act in _statement(scene, said, statement, acts) if not _told_already(act, acts))
    named = {(act.type, act.actor) for act in acts if act.partner is not None}
    acts = [act for act in acts if act.partner is not None or (act.type, act.actor) not in named]
    return acts[:MOST_ACTS], said


def _weighed(scene: Scene, act: Act) -> Act:
    """The act with the event coder's opinion in its confidence, and its mode where the trigger has none."""
    if act.rule.startswith("act:coder"):
        return act
    coding = opinion(scene, act.actor_text, act.partner_text)
    if coding.type == act.type:
        return replace(
            act, mode=act.mode or coding.mode, confidence=round(min(0.95, act.confidence + 0.1), 2)
        )
    if coding.confidence > SURE_OPINION:
        return replace(act, confidence=round(act.confidence * 0.85, 2))
    return act


def _absorbed(
    scene: Scene, one: tuple[int, int, Trigger, Parties], found: list[tuple[int, int, Trigger, Parties]]
) -> bool:
    """ "refused to sign": the refusal is the signing's own; "urged A to lift": what is urged has not been done."""
    for other in found:
        if other is one:
            continue
        if one[2].name in _NOTES and other[2].name in _SUMMONS:
            return True  # who is called in is handed the note there
        if other[2].name == "agree" and 0 <= one[0] - other[1] <= 2 and other[3].pairs[0][2] is not None:
            return True  # "agreed to supply" is an agreement: nothing has been supplied
        if one[2].name in _BEFORE_VERBS and 0 <= other[0] - one[1] <= 12:
            return True
        between = scene.text[other[1] : one[0]] if other[1] <= one[0] else ","
        if (
            other[2].name in _ASKING
            and len(between) <= 60
            and "," not in between
            and re.search(r"\bto\s+$|\bto$", scene.text[max(0, one[0] - 8) : one[0]])
        ):
            return True
    return False


_PROMISED = re.compile(
    r"(?i)\b(?:vow\w*|threat\w*|promis\w*|pledg\w*|warn\w*|will|would|пообещ\w+|пригроз\w+|обеща\w+)\b"
)


def _reply(
    scene: Scene,
    trigger: Trigger,
    start: int,
    end: int,
    found: list[tuple[int, int, Trigger, Parties]],
) -> tuple[int, int, Trigger, Parties] | None:
    """ "A expelled B's diplomats, and B responded in kind": the act told before, the other way round."""
    actors = subject(scene, start)
    before = [one for one in found if one[1] <= start and one[3].pairs[0][2] is not None]
    if actors is None or not before or _PROMISED.search(scene.text, max(0, start - 40), start):
        return None
    told = max(before, key=lambda one: one[0])
    actor, actor_text, partner, _ = told[3].pairs[0]
    if partner not in actors.codes:
        return None
    same = replace(told[2], name=trigger.name)
    return start, end, same, Parties(((partner, actors.named(partner), actor, actor_text),), 0.6)


def _as_before(
    scene: Scene, who: Parties, start: int, found: list[tuple[int, int, Trigger, Parties]]
) -> Parties | None:
    """ "A visited B and signed contracts": without a partner of its own, the act is toward the partner just named."""
    before = [
        one
        for one in found
        if one[1] <= start and one[3].pairs[0][0] == who.pairs[0][0] and one[3].pairs[0][2]
    ]
    if not before or not re.search(
        r"\b(?:and|и)\s+(?:[\w-]+\s+){0,4}$", scene.text[max(0, start - 50) : start]
    ):
        return None
    return Parties(before[-1][3].pairs, who.sure)


def _alone(trigger: Trigger, scene: Scene) -> bool:
    """Acts that make sense without a partner named: restrictions for whoever is concerned, money for a region."""
    return trigger.type in ("SANCTION", "COERCE", "MOBILIZE") or (
        trigger.type == "AID" and bool(scene.amounts)
    )


_HAD_IT_BEEN = re.compile(r"(?:Were|Had|Should)\s+(?:[A-Z]|the\s)")


def _skipped(scene: Scene, trigger: Trigger, start: int) -> bool:
    if _HAD_IT_BEEN.match(scene.text) and "," not in scene.text[:start]:
        return True
    if _ACCUSED_OF.search(scene.text, max(0, start - 90), start):
        return True  # what somebody is accused of is the accuser's word
    return trigger.name != "revise" and bool(_SKIP.search(scene.text, max(0, start - 45), start))


def _told_already(act: Act, acts: list[Act]) -> bool:
    mutual = act.type in ("AGREE", "CONSULT", "COOPERATE")
    for one in acts:
        same = (one.actor, one.partner) == (act.actor, act.partner)
        swapped = mutual and (one.partner, one.actor) == (act.actor, act.partner)
        if one.type == act.type and (same or swapped):
            return True
    return False


def _modality(scene: Scene, start: int) -> Modality:
    before = scene.text[max(0, start - 60) : start]
    before = re.split(r"[;,](?=[^;,]*$)", before)[-1] if re.search(r"[;]", before) else before
    if _NEGATED.search(before) or _NOT_EVEN.search(before):
        return "denied"
    if _THREATENED.search(before):
        return "threatened"
    if _PLANNED.search(before):
        return "planned"
    if _ANNOUNCED.search(before):
        return "announced"
    return "done"


def _act(
    scene: Scene,
    said: list[Said],
    trigger: Trigger,
    span: tuple[int, int],
    who: tuple[str, str, str | None, str | None],
    sure: float,
) -> Act:
    start, end = span
    actor, actor_text, partner, partner_text = who
    modality = _modality(scene, start)
    direction = trigger.direction * (-1 if modality == "denied" else 1)
    kind, mode = trigger.type, trigger.mode
    if kind == "THREATEN" and modality == "done":
        modality = "threatened"
    if kind != "REJECT" and _REFUSED.search(
        scene.text, max(0, start - 40), start
    ):  # a refusal is an act of its own
        kind, mode, direction, modality = "REJECT", None, -trigger.direction, "done"
    channel: Channel = "word" if trigger.channel == "word" else "deed"
    speech = speaker_of(said, start, end)
    if speech is not None and speech.code == actor and (modality != "done"):
        channel = "word"
    quote_start, quote_end = _quote(scene, span, actor_text, partner_text)
    shift = scene.sentence.start
    others = [c for m in scene.mentions for c in m.codes if c not in (actor, partner)]
    when = nearest_date(scene, start)
    return Act(
        start=shift + quote_start,
        end=shift + quote_end,
        quote=scene.text[quote_start:quote_end],
        actor=actor,
        actor_text=actor_text,
        partner=partner,
        partner_text=partner_text,
        third_parties=tuple(dict.fromkeys(others)),
        when=when,
        type=kind,
        mode=mode,
        channel="word" if kind == "REJECT" else channel,
        instrument=instrument(scene.text[quote_start:quote_end], trigger.instrument),
        direction=direction,
        intensity=trigger.intensity,
        amounts=tuple(one.amount for one in scene.amounts if quote_start - 40 <= one.start <= quote_end + 40),
        place=_place(scene),
        attribution=chain(said, start, end),
        modality=modality,
        rule=f"act:{trigger.name}",
        confidence=round(sure * (0.8 if modality in ("planned", "denied") else 1.0), 2),
    )


def _quote(scene: Scene, span: tuple[int, int], actor_text: str, partner_text: str | None) -> tuple[int, int]:
    """From the first to the last of actor, trigger and partner."""
    start, end = span
    for one in scene.mentions:
        if one.text in (actor_text, partner_text):
            near = abs(one.start - span[0]) < 260
            start, end = (min(start, one.start), max(end, one.end)) if near else (start, end)
    return start, end


def nearest_date(scene: Scene, at: int) -> When | None:
    """The date of the sentence nearest to a place in it; dates inside a quotation belong to what is quoted."""
    inside = scene.in_quotation(at, at + 1)
    dates = [
        one
        for one in scene.dates
        if (inside or not scene.in_quotation(one.start, one.end))
        and not scene.aside(one.start, at)
        and not _UNTIL.search(scene.text, max(0, one.start - 12), one.start)
    ]
    return min(dates, key=lambda one: abs(one.start - at)).when if dates else None


_UNTIL = re.compile(
    r"(?i)\b(?:until|till|before|до)\s+(?:the\s+)?$"
)  # when it was over is not when it was done


def _place(scene: Scene) -> str | None:
    for one in scene.mentions:
        if one.kind == "capital" and re.search(
            r"(?i)\b(?:in|в)\s+$", scene.text[max(0, one.start - 4) : one.start]
        ):
            return one.text
    return None


@cache
def _instruments() -> tuple[tuple[re.Pattern[str], str], ...]:
    from equidistance.reading.tables import phrase

    return tuple((phrase(row["pattern"]), row["instrument"]) for row in rows("instruments.csv"))


def instrument(text: str, default: str) -> str:
    """The instrument that the words name, else the trigger's own."""
    for pattern, name in _instruments():
        if pattern.search(text):
            return name
    return default


# --- statements ---------------------------------------------------------------------------------------


@cache
def _stance() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words: dict[str, list[str]] = {"cooperative": [], "conflictual": []}
    for row in rows("../lexicon/stance.csv"):
        if row["stance"] in words:
            words[row["stance"]].append(
                re.escape(row["word"].rstrip("*")) + (r"\w*" if row["word"].endswith("*") else "")
            )
    for row in rows("stance_ru.csv"):
        words[row["stance"]].append(re.escape(row["word"].rstrip("*")) + r"\w*")
    kind_of = [
        re.compile(rf"(?i)(?<!\w)(?:{'|'.join(words[kind])})(?!\w)")
        for kind in ("cooperative", "conflictual")
    ]
    return kind_of[0], kind_of[1]


def _statement(scene: Scene, said: list[Said], statement: Said, acts: list[Act]) -> list[Act]:
    """What an official says about others is a word toward them; which one, the words decide."""
    if statement.code is None:
        return []
    inside = [
        group
        for group in scene.groups
        if statement.start <= group.start
        and group.end <= statement.end
        and not set(group.codes) <= {statement.code}
    ]
    codes = [(code, group) for group in inside for code in group.codes if code != statement.code]
    told = {act.partner for act in acts if act.actor == statement.code} | {
        act.actor for act in acts if act.partner == statement.code
    }
    wanted = [(code, group) for code, group in dict(codes).items() if code not in told][:4]
    if not wanted:
        return []
    content = scene.text[statement.start : statement.end]
    for_them, against = (len(pattern.findall(content)) for pattern in _stance())
    if for_them > against:
        kind, direction = "SUPPORT", 1
    elif against > for_them:
        kind, direction = "ACCUSE", -1
    elif statement.quoted:
        kind, direction = "SUPPORT", 0
    else:
        return []
    return [_word(scene, said, statement, kind, direction, code, group) for code, group in wanted]


def _word(
    scene: Scene, said: list[Said], statement: Said, kind: str, direction: int, code: str, group: Group
) -> Act:
    assert statement.code is not None
    trigger = Trigger(
        "statement", re.compile(""), kind, None, "word", direction, 0.3, "diplomacy", "active", ()
    )
    who = (statement.code, statement.speaker, code, group.named(code))
    act = _act(scene, said, trigger, (statement.start, statement.end), who, 0.55)
    shift = scene.sentence.start
    span = (statement.start, statement.end)
    return replace(
        act,
        start=shift + span[0],
        end=shift + span[1],
        quote=scene.text[span[0] : span[1]],
        modality="done",
        direction=direction,
        channel="word",
        attribution=tuple(one for one in act.attribution if one != statement.speaker),
    )


def amounts_of(scene: Scene) -> tuple[Amount, ...]:
    """All magnitudes of a sentence."""
    return tuple(one.amount for one in scene.amounts)
