"""A sentence as the coder sees it: words in lower case, with source, target, names and numbers each one token.

Collapsing a name to one token is what makes coding blind to who acts: "United States" and "France" leave the same
traces, so that swapping two states cannot change the type. The words inside a name are kept beside it, because
"the Regional Court" or "riot police" says what kind of actor it is.
"""

import re
from dataclasses import dataclass
from functools import cache

SOURCE, TARGET, NAME, NUMBER, DATE = "<s>", "<t>", "<name>", "<number>", "<date>"

MAXIMUM_TOKENS = 400
"""Longer sentences are cut here: an event stands near its source, and a text without full stops is not a sentence."""

BY_WINDOW = 3
"""How many words may stand between "by" and the source."""

_TOKEN = re.compile(
    r"[$€£]|\d+(?:[.,:]\d+)*|n['’]t\b|['’](?:s|ll|re|ve|d)\b|[^\W\d_]+?(?=n['’]t\b)|[^\W\d_]+|[^\w\s]|_"
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, name, number or punctuation mark.

    Attributes:
        text: in lower case, or one of the five markers.
        inner: the words inside a marker in lower case, none where they name a state or bloc; otherwise the word itself.
    """

    text: str
    inner: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """A tokenised sentence.

    Attributes:
        tokens: in order.
        source, target: index of the token that stands for them, or ``None`` where they are not in the sentence.
        russian: whether most letters are Cyrillic.
        cut: whether the sentence was longer than :data:`MAXIMUM_TOKENS`.
    """

    tokens: tuple[Token, ...]
    source: int | None
    target: int | None
    russian: bool
    cut: bool

    @property
    def words(self) -> list[str]:
        """The texts of all tokens."""
        return [token.text for token in self.tokens]

    @property
    def turned(self) -> bool:
        """Whether the sentence is turned round: the target first, the source behind "by"."""
        if self.source is None or (self.target is not None and self.target > self.source):
            return False
        before = [token.text for token in self.tokens[max(self.source - BY_WINDOW, 0) : self.source]]
        return "by" in before


def mark(sentence: str, source: str | None = None, target: str | None = None) -> Marked:
    """Tokenise a sentence and find its source and target.

    The source is looked for first: exactly, then without regard to case and spaces. The target is the first mention
    that does not overlap the source.

    Args:
        sentence: one sentence, any characters.
        source, target: as they stand in the sentence, or ``None``.

    Returns:
        The marked sentence.
    """
    text = _SPACE.sub(" ", sentence.replace("\x00", " ")).strip()
    # Names longer than this window are no names; the bound keeps a 1 MB sentence cheap.
    text = text[: MAXIMUM_TOKENS * 40]
    source_span = _find(text, source, None)
    target_span = _find(text, target, source_span)
    letters = sum(1 for character in text if character.isalpha())
    cyrillic = sum(1 for character in text if "\u0400" <= character <= "\u04ff")
    russian = letters > 0 and cyrillic * 2 > letters
    tokens: list[Token] = []
    places: dict[str, int] = {}
    spans = sorted(
        (span, marker) for span, marker in ((source_span, SOURCE), (target_span, TARGET)) if span is not None
    )
    headline = _is_headline(text, [span for span, _ in spans])
    position = 0
    for (start, end), marker in spans:
        tokens += _plain(text[position:start], not tokens, headline)
        places[marker] = len(tokens)
        inner = tuple(_words(text[start:end]))
        # Every state and bloc leaves the same traces; "the European Union" is no labour union.
        tokens.append(Token(marker, () if without_article(inner) in actor_names() else inner))
        position = end
    tokens += _plain(text[position:], not tokens, headline)
    cut = len(tokens) > MAXIMUM_TOKENS
    tokens = tokens[:MAXIMUM_TOKENS]
    found = {marker: place for marker, place in places.items() if place < len(tokens)}
    return Marked(tuple(tokens), found.get(SOURCE), found.get(TARGET), russian, cut)


def _find(text: str, name: str | None, taken: tuple[int, int] | None) -> tuple[int, int] | None:
    """Where a name stands: whole words first, then any place; never inside the span already taken."""
    wanted = _SPACE.sub(" ", (name or "").replace("\x00", " ")).strip()
    if not wanted or len(wanted) > len(text):
        return None
    for pattern, flags in (
        (rf"(?<!\w){re.escape(wanted)}(?!\w)", 0),
        (rf"(?<!\w){re.escape(wanted)}(?!\w)", re.IGNORECASE),
        (re.escape(wanted), re.IGNORECASE),
    ):
        for match in re.finditer(pattern, text, flags):
            if taken is None or match.end() <= taken[0] or match.start() >= taken[1]:
                return match.start(), match.end()
    return None


def _words(text: str) -> list[str]:
    return [match.lower().replace("’", "'") for match in _TOKEN.findall(text)]


def _plain(text: str, first: bool, headline: bool) -> list[Token]:
    """Tokens of a stretch without source and target; runs of capitalised words become one name."""
    raw = _TOKEN.findall(text)
    tokens: list[Token] = []
    run: list[str] = []

    def close() -> None:
        if run:
            tokens.append(Token(NAME, tuple(run)))
            run.clear()

    for place, word in enumerate(raw):
        low = word.lower().replace("’", "'")
        if word[:1].isdigit():
            close()
            tokens.append(Token(NUMBER, (low,)))
        elif low in _CALENDAR and word[:1].isupper():
            close()
            tokens.append(Token(DATE, (low,)))
        elif (
            not headline
            and word[:1].isupper()
            and _is_name(low, first and place == 0, raw[place + 1 : place + 2])
        ):
            run.append(low)
        else:
            close()
            tokens.append(Token(low, (low,)))
    close()
    return tokens


def _is_name(low: str, opens: bool, after: list[str]) -> bool:
    """Whether a capitalised word is part of a name; a sentence's first word needs a better reason than its capital."""
    if not opens or low in state_words():
        return True
    capital_follows = bool(after) and after[0][:1].isupper()
    return capital_follows and low not in _OPENERS and not low.endswith(("ing", "ed"))


_OPENER_LIST = (
    "the a an in on at by for from with after before when while as but and if although though since during this that "
    "these those his her its their he she it they we no not some many most several former both under despite "
    "according against to of into amid among between about over also new"
)
_OPENERS = frozenset(_OPENER_LIST.split())


def _is_headline(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether even the verbs have capitals, outside source and target: then capitals make no name."""
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + " " + text[end:]
    words = [word for word in _TOKEN.findall(text) if word.isalpha() and len(word) > 3]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) > 0.85 * len(words)


_CALENDAR = frozenset(
    {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "march", "may"}
    | {"january", "february", "april", "june", "july", "august", "september", "october", "november"}
    | {"december"}
)


@cache
def state_words() -> frozenset[str]:
    """First words of the names, adjectives and short names of all states in lower case."""
    from equidistance.ground.states import all_states

    words: set[str] = set()
    for state in all_states():
        for name in (state.name, state.name_ru, *state.names, *state.adjectives):
            word = name.lower().split()[0]
            if len(word) > 2 and word not in {"the", "republic", "kingdom", "state", "united"}:
                words.add(word)
    return frozenset(words)


@cache
def actor_names() -> frozenset[tuple[str, ...]]:
    """The words of every name and adjective of a state and every name of a bloc, in lower case, without "the"."""
    from equidistance.ground.blocs import all_blocs
    from equidistance.ground.states import all_states

    names: set[str] = set()
    for state in all_states():
        names |= {state.name, state.name_ru, *state.names, *state.adjectives}
    for bloc in all_blocs():
        names |= {bloc.code, bloc.name, *bloc.names}
    return frozenset(without_article(tuple(_words(name))) for name in names)


def without_article(words: tuple[str, ...]) -> tuple[str, ...]:
    """Words without a leading "the"."""
    return words[1:] if words[:1] == ("the",) else words
