"""One sentence as the rules see it: groups of actors with the word that governs them, quotations, dates and amounts."""

import re
from dataclasses import dataclass
from functools import cache

from equidistance.reading.actors import Cast, Mention
from equidistance.reading.amounts import AmountMention, find_amounts
from equidistance.reading.dates import DateMention, find_dates
from equidistance.reading.records import Document, Sentence
from equidistance.reading.sentences import quotations
from equidistance.reading.tables import rows


@dataclass(frozen=True)
class Group:
    """Actors joined by "and" or commas, e.g. "China, Kyrgyzstan and the Uzbek government".

    Attributes:
        start, end: offsets in the sentence; titles and determiners inside.
        mentions: in order.
        codes: their codes, each once.
        governor: the preposition before the group in small letters, or ``""``.
    """

    start: int
    end: int
    mentions: tuple[Mention, ...]
    codes: tuple[str, ...]
    governor: str

    @property
    def text(self) -> str:
        """The first member as written."""
        return self.mentions[0].text

    @property
    def possessive(self) -> bool:
        """Whether the last member owns what follows."""
        return self.mentions[-1].possessive

    def named(self, code: str) -> str:
        """The member with this code as written."""
        return next(one.text for one in self.mentions if code in one.codes)


@dataclass(frozen=True)
class Scene:
    """A sentence with what was found in it; offsets are the sentence's own."""

    sentence: Sentence
    text: str
    language: str
    groups: tuple[Group, ...]
    mentions: tuple[Mention, ...]
    quoted: tuple[tuple[int, int], ...]
    dates: tuple[DateMention, ...]
    amounts: tuple[AmountMention, ...]
    main: str | None
    asides: tuple[tuple[int, int], ...] = ()

    def aside(self, start: int, at: int) -> bool:
        """Whether ``start`` lies in a clause set off by commas that ``at`` does not lie in."""
        return any(a <= start < b and not a <= at < b for a, b in self.asides)

    def in_quotation(self, start: int, end: int) -> bool:
        """Whether a span lies inside a quotation."""
        return any(a <= start and end <= b for a, b in self.quoted)


PREPOSITIONS = frozenset(row["word"] for row in rows("function_words.csv") if row["kind"] == "preposition")
_FILLERS = frozenset(row["word"] for row in rows("function_words.csv") if row["kind"] == "filler")
_JOIN_EN = re.compile(
    r"(?P<noun>(?:\s+[a-z][\w-]*){0,2})\s*(?:,\s*(?:and|as well as|or|but also|и)?|and|or|&|as well as|"
    r"along with|together with|и|а также|-|–|/)\s*"
    r"(?:(?:the|then|its|his|both|from|with|to|of|by|с|со|из|для|neighbouring|neighboring)\s+)*$"
)


def scene(document: Document, cast: Cast, sentence: Sentence) -> Scene:
    """Put a sentence's findings together."""
    shift = sentence.start
    mentions = tuple(
        Mention(
            one.start - shift,
            one.end - shift,
            one.code,
            one.kind,
            one.text,
            one.codes,
            one.possessive,
            one.person,
        )
        for one in cast.within(sentence.start, sentence.end)
    )
    return Scene(
        sentence=sentence,
        text=sentence.text,
        language=document.language,
        groups=tuple(_groups(sentence.text, mentions)),
        mentions=mentions,
        quoted=tuple(quotations(sentence.text)),
        dates=tuple(find_dates(sentence.text, document.published)),
        amounts=tuple(find_amounts(sentence.text)),
        main=cast.main,
        asides=tuple(match.span() for match in _ASIDE.finditer(sentence.text)),
    )


# "France, whose relations with Baku have soured, agreed": what is told inside is not what is told outside
_ASIDE = re.compile(
    r",\s(?:(?:which|who|whose|whom|where)\b|[a-z]+(?:ed|wn|ght|en)\s(?:for\s)?by\b|котор\w+|чь[яёеи]\w*)[^,;]{0,160},"
)


_CONNECTIVE = re.compile(r"\b(?:and|or|as|и|или|а)\b")


def _groups(text: str, mentions: tuple[Mention, ...]) -> list[Group]:
    parts: list[list[Mention]] = []
    starts: list[int] = []
    for one in mentions:
        if parts and _ethnic(text, parts[-1][-1], one):
            continue  # "Bosnia's Serb leader", "a Kosovo Albanian": at home where the first name says
        floor = parts[-1][-1].end if parts else 0
        start = _phrase_start(text, one, floor)
        if (
            parts
            and _joined(text, parts[-1][-1], start)
            and not _new_clause(text, parts[-1], starts[-1], one)
        ):
            parts[-1].append(one)
        else:
            parts.append([one])
            starts.append(start)
    found: list[Group] = []
    for start, members in zip(starts, parts, strict=True):
        # "from Washington, Bishkek stopped": a list ends with "and"; what a bare comma adds at its end is a new phrase
        if (
            len(members) > 1
            and "," in (gap := text[members[-2].end : members[-1].start])
            and not _CONNECTIVE.search(gap)
            and (len(members) == 2 or _CONNECTIVE.search(text, members[0].end, members[-2].start))
        ):
            found += [
                _group(text, start, members[:-1]),
                _group(text, _phrase_start(text, members[-1], members[-2].end), members[-1:]),
            ]
        else:
            found.append(_group(text, start, members))
    return found


_PEOPLES = re.compile(
    r"(?:Serb|Croat|Albanian|Russian|Armenian|Hungarian|Uzbek|Tajik|Kazakh|Chinese|Abkhaz|Turk)s?"
)
_PEOPLE = re.compile(
    r"\s+(?:leader|minority|politician|community|population|entity|activist|politicians|lawmakers?|militia)"
)


def _ethnic(text: str, before: Mention, one: Mention) -> bool:
    """Whether a name says only of which people somebody is whose home stands right before it."""
    if not _PEOPLES.fullmatch(one.text) or before.codes == one.codes:
        return False
    gap = text[before.end : one.start]
    if gap == " ":
        return (
            _PEOPLE.match(text, one.end) is not None
            or before.kind != "adjective"
            or one.text.startswith("Serb")
        )
    return bool(re.fullmatch(r"['’]s? ", gap)) and _PEOPLE.match(text, one.end) is not None


_FINITE = re.compile(r"\s+(?:is|are|was|were|has|have|had|will|would|does|did|do|cannot|can|\w+ed)\s")


def _new_clause(text: str, before: list[Mention], start: int, one: Mention) -> bool:
    """ "support A in the war against B, and C is its ally": C opens a clause of its own, it is not joined to B."""
    gap = text[before[-1].end : one.start]
    return (
        "," in gap
        and " and" in gap
        and (bool(_governor(text, start)) or re.match(r"\s+[a-z-]+,\s*and\b", gap) is not None)
        and _FINITE.match(text, one.end) is not None
    )


def _joined(text: str, before: Mention, start: int) -> bool:
    gap = text[before.end : start]
    if (
        before.kind == "capital"
        and re.match(r",\s+(?:the|an?)\s+[a-z]", text[before.end : before.end + 12])
        and _governor(text, before.start) in ("in", "at")
    ):
        return False  # "in Samarkand, the ministers of": the place is not one of them
    if before.possessive:
        gap = re.sub(r"^['’‘]s?", "", gap)
    if gap == "":
        return False
    join = _JOIN_EN.fullmatch(gap)
    if join is None:
        return False
    noun = join["noun"].split()
    if noun and re.fullmatch(r"[\w\s-]*,\s*", gap):
        return False  # "after Chinese threats, Manila": a comma after a noun ends the phrase
    # "Russian troops and American advisers": a noun may stand between only after an adjective or a possessive
    return not noun or before.kind == "adjective" or before.possessive


def _group(text: str, start: int, members: list[Mention]) -> Group:
    codes = tuple(dict.fromkeys(code for one in members for code in one.codes))
    return Group(
        start, members[-1].end, tuple(members), codes, _governor(text, start, listed=len(members) > 1)
    )


@cache
def _head_pattern() -> re.Pattern[str]:
    words = [row["word"] for row in rows("heads.csv")]
    heads = "|".join(
        sorted(
            (re.escape(w).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for w in words), key=len, reverse=True
        )
    )
    return re.compile(
        rf"(?:(?:[Tt]he|[Aa]n?|[Ii]ts|[Tt]hen|[Ff]ormer|[Ss]everal|[Nn]umerous)\s+)?(?:[\w’'-]+\s+){{0,1}}?\b(?i:{heads})"
        r"(?:\s+(?:of|for|and|the|[A-ZА-Я][\w-]+),?){0,8}?(?:\s+(?:of|for|from))?(?:\s+the)?\s+$"
    )


def _phrase_start(text: str, one: Mention, floor: int) -> int:
    """Where the noun phrase of a mention begins: "the Ministry of Transport of the" belongs to "Russian Federation"."""
    start = one.start
    window = text[max(floor, start - 110) : start]
    head = None
    for match in re.finditer(r"(?<!\S)", window):
        head = _head_pattern().match(window, match.start())
        if head is not None and not re.match(
            r"(?i)(?:in|on|at|to|by|with|from|for|of|after|under|and|"
            r"и|а|но|в|во|на|к|с|со|по|о|об|от|из|за|у|для|через)\s",
            head.group(),
        ):
            start -= len(window) - match.start()
            break
        head = None
    seat = _SEAT.search(text[max(floor, start - 40) : start]) if one.kind == "capital" else None
    if seat is not None:  # "the cabinet in Chisinau" is who acts, not where
        start -= len(seat.group())
    while True:
        word = re.search(r"(?:(?<=\s)|^)([\w'’-]+)\s+$", text[floor:start])
        if word is None or word[1].lower() not in _FILLERS:
            return start
        start -= len(word.group())


_SEAT = re.compile(
    r"\b(?:(?:[Tt]he|[Aa]n?)\s+)?(?:\w+\s+)?(?:government|cabinet|junta|authorities|leadership|parliament|leaders|rulers|generals|"
    r"ministry|Ministry|officials|diplomats)\s+in\s+$"
)

_UNKNOWN_LIST = re.compile(
    r"\b([a-zа-яё]+)\s+(?:the\s+)?(?:[A-ZА-ЯЁ][\w’'-]+(?:\s+[A-ZА-ЯЁ][\w’'-]+){0,3},\s+){1,4}$"
)


def _governor(text: str, start: int, *, listed: bool = False) -> str:
    before = text[max(0, start - 30) : start].rstrip()
    before = re.sub(r"[“\"«(]+$", "", before).rstrip()
    if listed:  # "to the countries of Central Asia, Afghanistan and China": the list began before the first known name
        chain = _UNKNOWN_LIST.search(text[max(0, start - 90) : start])
        # "in Samarkand, the ministers of A and B": what opens with an article and a small letter is no list's member
        opens = re.match(r"(?:the|an?)\s+[a-z]", text[start:])
        if chain is not None and chain[1] in PREPOSITIONS and opens is None:
            return chain[1]
    word = re.search(r"(?:^|\s)([\w-]+)$", before)
    found = word[1].lower() if word else ""
    return found if found in PREPOSITIONS else ""
