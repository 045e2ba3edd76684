"""Who is spoken of in a text: mentions of states, powers and bodies with offsets, and light coreference.

Rules only: names from the tables, officials introduced by the text itself ("Kazakh Foreign Minister X"), then
words that point back ("the republic", "he", "the latter", "the two countries").
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import accumulate

from equidistance.reading import names as tables
from equidistance.reading.names import Kind, Name
from equidistance.reading.records import Document
from equidistance.reading.tables import rows


@dataclass(frozen=True)
class Mention:
    """One mention.

    Attributes:
        start, end: offsets in the document; what belongs to a name (titles, first names) is inside.
        code: state or bloc, or the name itself for bodies without a state.
        kind: see :data:`equidistance.reading.names.Kind`.
        text: as written.
        codes: several for "the two countries", "the parties"; else just ``(code,)``.
        possessive: followed by 's: a word that belongs to something else.
        person: surname when a person is meant.
    """

    start: int
    end: int
    code: str
    kind: Kind
    text: str
    codes: tuple[str, ...]
    possessive: bool = False
    person: str = ""


@dataclass(frozen=True)
class Cast:
    """Everybody in a document: mentions in order, and the state it is mainly about (or None)."""

    mentions: tuple[Mention, ...]
    main: str | None

    def within(self, start: int, end: int) -> list[Mention]:
        """The mentions between two offsets."""
        low = bisect_left(self.mentions, start, key=lambda one: one.start)
        high = bisect_left(self.mentions, end, lo=low, key=lambda one: one.start)
        return [one for one in self.mentions[low:high] if one.end <= end]


def find_actors(document: Document) -> Cast:
    """All mentions of a document."""
    text, on = document.text, document.published
    named = _named(text, on, document.language)
    introduced = _introduced(text, named) if document.language == "en" else {}
    people = {one.person: one.code for one in named if one.person} | introduced
    named = _merge(text, [*named, *_surnames(text, people, named)])
    main = _main(named, document)
    return Cast(tuple(_references(document, named, main)), main)


# --- names ------------------------------------------------------------------------------------------


def _named(text: str, on: date | None, language: str) -> list[Mention]:
    english, russian = tables.english(), tables.russian()
    found: list[Mention] = []
    at = 0
    for start, word in _words(text):
        if start < at:
            continue
        if not word:
            continue
        cyrillic = "А" <= word[0].upper() <= "Я"
        if cyrillic:
            end, bearers = tables.match_russian(text, start, russian)
            capital = word[0].isupper()
            bearers = [
                name
                for name in bearers
                if capital or name.kind in ("adjective", "organ") or name.words[0] == "запад"
            ]
        else:
            if word[0].islower() and word not in _LOWER:
                continue
            end, bearers = tables.match_english(text, start, word, english)
        if not bearers:
            continue
        name = _bearer(bearers, on)
        at = end
        if name is None or name.kind == "nobody":
            continue
        if name.kind == "company" and name.label in _COMMON and _opens_sentence(text, start):
            continue
        found.append(_mention(text, start, end, name))
    return found


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Words with their starts; the parts of "Russian-Kazakh" come after the whole."""
    for token in tables.tokens(text):
        word = token.group().replace("’", "'").replace("‘", "'")
        yield token.start(), word
        for hyphen in re.finditer("-", word[:60]):
            yield token.start() + hyphen.end(), word[hyphen.end() :]


_LOWER = frozenset(("the", "collective"))
_COMMON = frozenset(("Total", "Shell", "Apple", "Eni", "Leonardo"))


def _opens_sentence(text: str, start: int) -> bool:
    at = start
    while at and text[at - 1].isspace():
        at -= 1
    return not at or text[at - 1] in '.!?\n“"'


def _bearer(bearers: list[Name], on: date | None) -> Name | None:
    """Who bears a name on the day of publication; a person out of office still stands for the state once served."""
    if any(name.kind == "nobody" for name in bearers):
        return (
            bearers[0]
            if bearers[0].kind == "nobody"
            else next((n for n in bearers if n.kind != "nobody"), None)
        )
    codes = {name.code for name in bearers}
    if len(codes) == 1:
        return bearers[0]
    day = on or date.today()
    current = [n for n in bearers if (n.first is None or n.first <= day) and (n.last is None or day < n.last)]
    return current[0] if len({name.code for name in current}) == 1 else None


def _mention(text: str, start: int, end: int, name: Name) -> Mention:
    possessive = bool(re.match(r"['’‘]s?(?!\w)", text[end : end + 2])) and name.kind != "adjective"
    person = name.words[-1] if name.kind == "person" else ""
    code = name.code or name.label or text[start:end]
    return Mention(start, end, code, name.kind, text[start:end], (code,), possessive, person)


# --- people the text introduces -----------------------------------------------------------------------

MOST_INTRODUCED = 300  # persons that one text gives an office; the whole text is searched for each

_FULL_NAME = r"((?:[A-ZÀ-Þ][\w’'-]+\s+){1,3}?[A-ZÀ-Þ][\w’'-]+)"


@cache
def _offices() -> str:
    words = [row["word"] for row in rows("heads.csv") if row["language"] == "en" and row["kind"] == "office"]
    return "|".join(sorted((re.escape(word).replace(r"\ ", r"\s+") for word in words), key=len, reverse=True))


@cache
def _after_state() -> re.Pattern[str]:
    """ "(Kazakh) Foreign Minister X Y", "(the United Kingdom) X Y" after an office."""
    return re.compile(
        rf"\s+(?:[\w-]+\s+){{0,4}}?(?i:{_offices()})(?:\s+(?:of|for)\s+(?:[A-Z]\w+|and|the)(?:\s+(?:and\s+)?[A-Z]\w+){{0,3}}?)?\s+{_FULL_NAME}(?!\w)"
    )


@cache
def _office_before() -> re.Pattern[str]:
    return re.compile(
        rf"(?i:\b(?:{_offices()}|heads|ministers|presidents))\s+(?:[\w,]+\s+){{0,8}}?(?:of|for|to)\s+(?:the\s+)?$"
    )


def _introduced(text: str, named: list[Mention]) -> dict[str, str]:
    """Surname -> code of persons the text itself gives an office of a state."""
    found: dict[str, str] = {}
    for at, one in enumerate(named):
        if one.kind not in ("state", "adjective", "bloc", "organ"):
            continue
        if len(found) >= MOST_INTRODUCED:
            break
        full: str | None = None
        if (
            after := _after_state().match(text, one.end, one.end + 160)
        ) is not None and "\n" not in after.group():
            full = after[1]
        elif one.kind == "state" and _office_before().search(text, max(0, one.start - 120), one.start):
            direct = re.compile(rf",?\s+{_FULL_NAME}(?=[\s,.;:’'”])").match(text, one.end, one.end + 60)
            full = direct[1] if direct and "\n" not in direct.group() else None
        if full:
            surname = re.sub(r"[’']s$", "", full.split()[-1])
            place = text.find(full, one.end)
            near = named[at : at + 40]  # the name stands within 160 characters
            clash = [m for m in near if m.kind != "person" and m.start < place + len(full) and place < m.end]
            # "Republic of A Iran Smith": a state's name that is the first name of somebody
            if len(surname) > 2 and all(m.end - m.start < len(full) and text[m.end] == " " for m in clash):
                found.setdefault(surname, one.code)
    return found


def _surnames(text: str, people: dict[str, str], named: list[Mention]) -> list[Mention]:
    taken = {position for one in named for position in range(one.start, one.end)}
    found: list[Mention] = []
    for surname, code in people.items():
        for match in re.finditer(rf"(?<!\w){re.escape(surname)}(?!\w)", text):
            if match.start() not in taken:
                possessive = bool(re.match(r"['’‘]s?(?!\w)", text[match.end() : match.end() + 2]))
                found.append(Mention(*match.span(), code, "person", surname, (code,), possessive, surname))
    return found


_OPENERS = re.compile(
    r"^(?:(?:The|In|On|At|After|And|But|When|Since|As|To|It|For|From|With|By|Later|Then|Now|Yet|So|Here|Today|Yesterday|"
    r"Earlier|Meanwhile|However|Moreover|Before|Under|Last|This|Recently|Both|Even|Also|While|If|That|Only|Still|Once)\s+)+"
)


@cache
def _titles() -> re.Pattern[str]:
    """What may stand between a state and the person of that state, or before a name, and belong to it."""
    words = [row["word"] for row in rows("heads.csv")]
    alternatives = "|".join(
        sorted(
            (re.escape(w).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for w in words), key=len, reverse=True
        )
    )
    return re.compile(
        rf"(?i)\s*(?:,\s*)?(?:(?:{alternatives}|of|foreign|affairs|and|for|then|security|economic|trade|industry|defence|defense|energy|the)\s+)*$"
    )


def _merge(text: str, mentions: list[Mention]) -> list[Mention]:
    """Titles and first names drawn into a person's mention; a state and its official next to it are one mention."""
    merged: list[Mention] = []
    for one in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if merged and one.start < merged[-1].end:
            continue
        start = one.start
        if one.person:
            floor = merged[-1].end if merged else 0
            before = text[max(floor, start - 60) : start]
            first_names = re.search(
                r"(?:(?<=\s)|(?<=^)|(?<=[“\"«(]))(?:[A-ZÀ-ÞА-Я][\w’'.-]+[ ]){1,3}$", before
            )
            if first_names:
                cut = re.search(
                    rf"(?i:\b(?:{_offices()}|state|affairs|foreign|defence|defense|trade|treasury))\s+",
                    first_names.group(),
                )
                if cut is not None:
                    first_names = re.compile(r"(?:[A-ZÀ-ÞА-Я][\w’'.-]+[ ]){1,3}$").search(
                        first_names.group(), cut.end()
                    )
            if first_names:
                kept = _OPENERS.sub("", first_names.group())
                start -= len(kept)
            title = re.search(rf"(?:[Tt]he\s+)?(?i:{_offices()})\s+$", text[max(floor, start - 50) : start])
            if title:
                start -= len(title.group())
            while merged and merged[-1].end > start:
                merged.pop()
            if (
                merged
                and merged[-1].code == one.code
                and merged[-1].kind in ("state", "adjective", "organ", "bloc")
            ):
                gap = text[merged[-1].end : start]
                if (
                    not merged[-1].possessive
                    and "\n" not in gap
                    and len(gap) < 60
                    and _titles().fullmatch(gap + " ")
                ):
                    start = merged.pop().start
        elif (
            merged
            and one.kind == "organ"
            and merged[-1].code == one.code
            and text[merged[-1].end : start] == " "
        ):
            start = merged.pop().start  # "US Department of the Treasury"
        merged.append(replace(one, start=start, text=text[start : one.end]))
    return merged


def _main(named: list[Mention], document: Document) -> str | None:
    """The state most spoken of; the title and the first sentences count more, other names of it count too."""
    head = document.sentences[min(len(document.sentences) - 1, 9)].end if document.sentences else 0
    counts: Counter[str] = Counter()
    for one in named:
        if one.kind not in ("outside", "company", "bloc", "reference") and len(one.code) == 3:
            counts[one.code] += 2 if one.start < head else 1
    if not counts:
        return None
    ranked = counts.most_common(1)
    most = ranked[0][1]
    return next(one.code for one in named if counts[one.code] == most)  # the first spoken of, among equals


# --- words that point back ----------------------------------------------------------------------------

_PAIR = (
    r"(?:[Tt]he|[Bb]oth|[Tt]hese)\s+(?:two\s+)?(?:parties|sides|countries|states|nations|capitals|neighbou?rs|presidents|leaders)(?!\s+of\b)"
    r"|обе\w*\s+(?:стран\w*|сторон\w*)|стороны|две страны|двух стран|двумя странами"
)
_STATE_WORD = (
    r"(?:[Tt]he|[Tt]his)\s+(?:(?:[a-z-]+|Balkan|Caucasian|Caucasus|Adriatic|Caspian|Central Asian)\s+)?"
    r"(?:republic|country|kingdom|emirate|sultanate|archipelago|city-state|nation)|[Tt]he Republic|"
    r"республик[аиеу]|стран[аыеу]|королевств[аоу]м?"
)
_BLOC_WORD = r"[Tt]he (?:bloc|alliance|Union|organisation|organization)|(?<=\s)(?:альянс[ауе]?|блок[ауе]?)"
_PERSON_WORD = (
    r"[Hh]e|[Ss]he|[Tt]he (?:president|minister|head of state|leader|diplomat|prime minister)(?!\s+of\b)|"
    r"он(?=\s)|она(?=\s)|глава государства"
)
_POINTERS = re.compile(
    rf"(?<!\w)(?:(?P<pair>{_PAIR})|(?P<latter>[Tt]he latter)|(?P<former>[Tt]he former(?=\s+\w+(?:ed|s)\b|,))|"
    rf"(?P<state>{_STATE_WORD})(?=\W)(?!\s+of\b)"
    rf"|(?P<bloc>{_BLOC_WORD})(?!\s+(?:of|between)\b)|(?P<person>{_PERSON_WORD})|(?P<they>[Tt]hey))(?!\w)",
)


def _references(document: Document, named: list[Mention], main: str | None) -> list[Mention]:
    """The named mentions and the words that point back to them, in order."""
    everyone = list(named)
    ordered: list[Mention] = []
    reach = list(accumulate((one.end for one in named), max))  # how far the mentions up to each one go
    pointers = []
    for match in _POINTERS.finditer(document.text):
        before = bisect_left(named, match.end(), key=lambda one: one.start)
        if not before or reach[before - 1] <= match.start():  # it is no part of a name
            pointers.append(match)
    at = 0
    for match in pointers:
        while at < len(everyone) and everyone[at].start < match.start():
            ordered.append(everyone[at])
            at += 1
        codes = _pointed(match, ordered, main, document)
        if codes:
            possessive = bool(re.match(r"['’‘]s?(?!\w)", document.text[match.end() : match.end() + 2]))
            ordered.append(Mention(*match.span(), codes[0], "reference", match.group(), codes, possessive))
    return [*ordered, *everyone[at:]]


def _pointed(
    match: re.Match[str], before: list[Mention], main: str | None, document: Document
) -> tuple[str, ...]:
    near = [one for one in before[-12:] if match.start() - one.end < 600]
    if match["pair"]:
        left_out = (
            ("outside", "company", "bloc")
            if "part" not in match.group() and "side" not in match.group()
            else ("outside", "company")
        )
        codes = [c for one in reversed(near) if one.kind not in left_out for c in reversed(one.codes)]
        pair = list(dict.fromkeys(codes))[:2]
        return tuple(reversed(pair)) if len(pair) == 2 else ()
    if match["latter"]:
        return (near[-1].codes[-1],) if near else ()
    if match["former"]:
        return (near[-2].code,) if len(near) > 1 else ()
    if match["person"]:
        text = document.text
        people = [
            one
            for one in near
            if one.person
            or (one.kind == "reference" and len(one.codes) == 1)
            or _office_before().search(text, max(0, one.start - 60), one.start)  # "the president of Serbia"
        ]
        return (people[-1].code,) if people else ()
    if match["bloc"]:
        blocs = [one for one in near if one.kind in ("bloc", "outside")]
        if not blocs and match["bloc"].endswith("Union"):
            return ("EU",)
        return (blocs[-1].code,) if blocs else ()
    if match["they"]:
        groups = [one for one in near if one.kind in ("adjective", "company", "bloc")]
        return (groups[-1].code,) if groups else ()
    if main is not None:
        return (main,)  # "the country", "the republic": mostly the one the text is about
    states = [one for one in near if one.kind not in ("bloc", "company", "outside") and len(one.code) == 3]
    return (states[-1].code,) if states else ()
