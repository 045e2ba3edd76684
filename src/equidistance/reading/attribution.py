"""Who says what: quotations and reported speech with their speakers, outermost first."""

import re
from dataclasses import dataclass
from functools import cache

from equidistance.reading.scene import Group, Scene
from equidistance.reading.tables import phrase, rows


@dataclass(frozen=True)
class Said:
    """Something said inside a sentence.

    Attributes:
        start, end: the words said, offsets in the sentence; without quotation marks.
        speaker: as written ("experts", "Kazakh Foreign Minister X").
        code: the state the speaker speaks for, or ``None`` ("experts").
        quoted: in quotation marks, to the letter.
    """

    start: int
    end: int
    speaker: str
    code: str | None
    quoted: bool


def find_said(scene: Scene) -> list[Said]:
    """Everything a sentence reports as said by somebody else than its author; outer speech before inner."""
    found: list[Said] = []
    text = scene.text
    for match in _pattern(scene.language, "verb").finditer(text):
        if scene.in_quotation(match.start(), match.end()):
            continue
        speaker = _subject(scene, match.start()) or _inverted(scene, match.end())
        if speaker is None:
            continue
        name, code, s_start, s_end = speaker
        content = _content(scene, match.start(), match.end(), s_start, s_end)
        if content is not None:
            found.append(Said(content[0], content[1], name, code, content[2]))
    for match in _pattern(scene.language, "before").finditer(text):
        speaker = _following(scene, match.end())
        if speaker is not None:
            name, code, _, end = speaker
            comma = text.find(",", end)
            if 0 <= comma <= end + 40 and match.start() <= 2 + len(text) // 4:
                span = (comma + 1, len(text))
            elif match.start() > 0:
                span = (0, match.start())
            else:
                continue
            found.append(Said(*_trim(text, *span), name, code, False))
            if (quote := _partly_quoted(scene, *span)) is not None:
                found.append(Said(quote[0] + 1, quote[1] - 1, name, code, True))
    found.sort(key=lambda one: (one.start - one.end, one.start))
    return found


def chain(said: list[Said], start: int, end: int) -> tuple[str, ...]:
    """Attribution of a span: the author, then everybody whose words contain it, outermost first."""
    speakers = [one.speaker for one in said if one.start <= start + 1 and end <= one.end + 2]
    return ("author", *dict.fromkeys(speakers))


def speaker_of(said: list[Said], start: int, end: int) -> Said | None:
    """The innermost speech that contains a span."""
    inside = [one for one in said if one.start <= start + 1 and end <= one.end + 2]
    return inside[-1] if inside else None


@cache
def _pattern(language: str, kind: str) -> re.Pattern[str]:
    texts = [
        row["pattern"] for row in rows("speech.csv") if row["language"] == language and row["kind"] == kind
    ]
    return re.compile("|".join(phrase(text).pattern for text in texts), re.IGNORECASE)


Speaker = tuple[str, str | None, int, int]


def _subject(scene: Scene, verb: int) -> Speaker | None:
    """Who stands before the verb: an actor or a nameless source at most a few words away."""
    before = scene.text[max(0, verb - 70) : verb]
    shift = verb - len(before)
    sources = list(_pattern(scene.language, "source").finditer(before))
    best: Speaker | None = None
    for group in scene.groups:
        gap = scene.text[group.end : verb]
        if (
            group.end <= verb
            and len(gap) < 45
            and not re.search(r"[.;:”\"»]", gap)
            and _plain_subject(group.governor)
        ):
            if group.possessive:
                gap = re.sub(r"^['’]s?", "", gap)
            if len(gap.split()) <= 6:
                member = group.mentions[-1]
                best = (
                    _named(scene, group),
                    member.code,
                    group.start,
                    group.end,
                )
    if sources:
        last = sources[-1]
        gap = before[last.end() :]
        closer = best is None or shift + last.end() > best[3]
        if closer and len(gap.split()) <= 6 and not re.search(r"[.;”\"»]", gap):
            return last.group(), None, shift + last.start(), shift + last.end()
    return best


def _named(scene: Scene, group: Group) -> str:
    """A speaker as written, title included: of several the last."""
    if len(group.mentions) > 1:
        return group.mentions[-1].text
    return re.sub(r"^(?:that|this|what)\s+", "", scene.text[group.start : group.end])


def _plain_subject(governor: str) -> bool:
    return governor == ""


def _partly_quoted(scene: Scene, start: int, end: int) -> tuple[int, int] | None:
    """The longest quotation of at least four words inside a reported clause ("the deals were "at a low price"")."""
    inside = [
        (a, b) for a, b in scene.quoted if start <= a and b <= end + 2 and len(scene.text[a:b].split()) >= 4
    ]
    return max(inside, key=lambda span: span[1] - span[0], default=None)


def _inverted(scene: Scene, at: int) -> Speaker | None:
    """Who stands right after the verb: "…," said Kazakh Foreign Minister X."""
    return (
        _following(scene, at, 4)
        if re.search(r"[,”\"»]\s*[—–-]?\s*\w+$", scene.text[max(0, at - 40) : at])
        else None
    )


def _following(scene: Scene, at: int, slack: int = 30) -> Speaker | None:
    for group in scene.groups:
        if (
            at <= group.start <= at + slack
            and not re.search(r"\b(?:which|whom|whose)\b", scene.text[at : group.start])
        ) or (group.start <= at < group.end):
            member = group.mentions[0]
            return (
                scene.text[max(at, group.start) : group.mentions[0].end].strip(),
                member.code,
                group.start,
                member.end,
            )
    source = _pattern(scene.language, "source").search(scene.text, at, at + slack + 30)
    if source is not None:
        return source.group(), None, *source.span()
    name = re.compile(r"\s*((?:[A-ZА-Я][\w’'-]+\s+){1,2}[A-ZА-Я][\w’'-]+)").match(scene.text, at)
    return (name[1], None, *name.span(1)) if name else None


def _content(
    scene: Scene, verb: int, verb_end: int, s_start: int, s_end: int
) -> tuple[int, int, bool] | None:
    """The words said: the nearest quotation, a clause with "that", or what stands before ", experts say"."""
    text = scene.text
    after = min(verb_end, s_end) if s_start > verb else verb_end
    for start, end in scene.quoted:
        words = len(text[start:end].split())
        if words < 3:
            continue
        if start >= after and len(text[after:start].split()) <= 12 and (s_end <= start):
            lead = text[after:start]
            if _pattern(scene.language, "verb").search(lead):
                continue  # somebody else says it: "Experts recalled that X said: ..."
            if lead.rstrip().endswith((":", "that", "что", ",", "—", "–")) or len(lead.split()) <= 2:
                return start + 1, end - 1, True
        if end <= min(verb, s_start) and len(text[end : min(verb, s_start)].split()) <= 4:
            return start + 1, end - 1, True
    rest = text[max(verb_end, s_end if s_start >= verb_end else 0) :]
    offset = len(text) - len(rest)
    clause = re.match(r"(?:\s+[\w’'-]+){0,5}?[,:]?\s+(?:that|what|how|что|как)\s", rest)
    if clause is not None:
        return (*_trim(text, offset + clause.end(), len(text)), False)
    if re.match(r"[\s,.!?”\"»)\w]{0,3}$", rest) or re.match(r"\s*,", rest):
        lead_end = min(verb, s_start)
        if re.search(r"[,”\"»—–]\s*$", text[:lead_end]) and lead_end > 25:
            return (*_trim(text, 0, lead_end), False)
    if (
        s_start < verb
        and re.match(r"\s+[\w“\"«]", rest)
        and len(rest.split()) >= 4
        and not scene.in_quotation(offset, offset + 1)
    ):
        return (*_trim(text, offset, len(text)), False) if _bare_clause(rest) else None
    return None


def _bare_clause(rest: str) -> bool:
    """Whether "X said Y did Z" goes on with a clause: a finite verb not far on."""
    return bool(
        re.match(
            r"(?:\s+[\w’'-]+){1,6}?\s+(?:is|are|was|were|has|have|had|will|would|used|does|do|did)\s", rest
        )
    )


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in ",:"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ","):
        end -= 1
    return start, end
