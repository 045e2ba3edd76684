"""From the text of a speech to counts: who is mentioned, and in which words.

Plain functions of a text and a date, without the store; :mod:`equidistance.indicators.speeches` feeds them.

Names. A mention is a name or adjective of a state, or a name of a bloc, as :mod:`equidistance.ground` lists
them, in its usual capitals, not inside a longer word. The longest name wins: "South Sudan" is not Sudan,
"Republic of China" is Taiwan. ``data/lexicon/phrases.csv`` lists what only looks like a name ("Latin
American", "South China Sea").

Words. ``data/lexicon/stance.csv`` is the project's own list of cooperative and conflictual words of English
diplomatic speech, ``*`` standing for any ending, and of neutral expressions that contain one ("cold war").
A cooperative word with a negation among the three words before it counts as conflictual; a negated
conflictual word does not count.
"""

import csv
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from equidistance.ground.blocs import Bloc, all_blocs
from equidistance.ground.states import State, all_states

LEXICON = Path(__file__).parent.parent / "data" / "lexicon"

SPOKEN_OF_BY_NAME = frozenset(
    {"EU", "NATO", "CSTO", "EAEU", "SCO", "CIS", "BRICS", "OTS", "G7", "COMMONWEALTH"}
)
"""Blocs that speakers call by name, or by code."""

NEGATIONS = frozenset(
    {"not", "no", "never", "neither", "nor", "without", "cannot", "lack", "lacks", "lacking", "absence"}
    | {
        "nobody",
        "nothing",
        "hardly",
        "don't",
        "doesn't",
        "didn't",
        "won't",
        "can't",
        "isn't",
        "aren't",
        "wasn't",
    }
)
NEGATION_WINDOW = 3
"""How many words before a word a negation reaches."""

_WORD = re.compile(r"[a-zà-ÿ]+(?:['-][a-zà-ÿ]+)*")
_ABBREVIATION = re.compile(r"\b(Mr|Mrs|Ms|Dr|St|Mt|No|Nos|Messrs|H\.E)\.")
_DOTTED = re.compile(
    r"\b([A-Z])\.\s?([A-Z])\.(?:\s?([A-Z])\.)?"
)  # U.S. -> US, so that its dots end no sentence
_SENTENCE_END = re.compile(r"[.!?][\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9])|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Mention:
    """One sentence that mentions somebody.

    Attributes:
        codes: codes of the states and blocs it names.
        cooperative: number of cooperative words.
        conflictual: number of conflictual words.
    """

    codes: frozenset[str]
    cooperative: int
    conflictual: int


@dataclass(frozen=True, slots=True)
class SpeechCounts:
    """What a speech holds: the number of its sentences, and those that mention a state or bloc."""

    sentences: int
    mentions: tuple[Mention, ...]


def count_speech(text: str, on: date) -> SpeechCounts:
    """Count mentions and stance words of a speech; its day decides what an old name stands for."""
    text = _tidy(text)
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
    codes: dict[int, set[str]] = {}
    names = _names()
    for match in names.pattern.finditer(text):
        if (code := names.code(match[0], on)) is not None:
            codes.setdefault(bisect_right(starts, match.start()) - 1, set()).add(code)
    ends = [*starts[1:], len(text)]
    mentions = [
        Mention(frozenset(named), *stance(text[starts[index] : ends[index]]))
        for index, named in sorted(codes.items())
    ]
    return SpeechCounts(
        sum(end - start > 1 for start, end in zip(starts, ends, strict=True)), tuple(mentions)
    )


def stance(sentence: str) -> tuple[int, int]:
    """The numbers of cooperative and of conflictual words in a sentence, negation minded."""
    words = _WORD.findall(_neutral().sub(" ", sentence.lower().replace("’", "'")))
    cooperative = conflictual = 0
    for position, word in enumerate(words):
        if (kind := _kind(word)) is None:
            continue
        negated = not NEGATIONS.isdisjoint(words[max(0, position - NEGATION_WINDOW) : position])
        if kind == "cooperative":
            cooperative += not negated
            conflictual += negated
        else:
            conflictual += not negated
    return cooperative, conflictual


def _tidy(text: str) -> str:
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\u00a0", " ")
    text = _ABBREVIATION.sub(r"\1", _DOTTED.sub(r"\1\2\3", text))
    return text.replace("People’s", "People's").replace("Côte d’", "Côte d'")


# --- words ------------------------------------------------------------------------------------------


@lru_cache(maxsize=200_000)  # every distinct word is looked up once; bounded, because texts come from outside
def _kind(word: str) -> str | None:
    """Cooperative, conflictual or None; the longest fitting stem decides."""
    exact, stems = _stance_words()
    if word in exact:
        return exact[word]
    fitting = (stems[word[:length]] for length in range(len(word), 2, -1) if word[:length] in stems)
    return next(fitting, None)


@cache
def _stance_words() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Exact words and stems (without the ``*``), each with its kind."""
    rows = [row for row in _rows("stance.csv") if row["stance"] != "neutral"]
    exact = {row["word"]: row["stance"] for row in rows if not row["word"].endswith("*")}
    stems = {row["word"][:-1]: row["stance"] for row in rows if row["word"].endswith("*")}
    return exact, stems


@cache
def _neutral() -> re.Pattern[str]:
    phrases = [row["word"] for row in _rows("stance.csv") if row["stance"] == "neutral"]
    return re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, phrases), key=len, reverse=True))})\b")


# --- names ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Names:
    pattern: re.Pattern[str]
    bearers: Mapping[str, tuple[State | Bloc | str, ...]]  # name without blanks doubled -> who bears it

    def code(self, name: str, on: date) -> str | None:
        """Who bears the name on that day; None for phrases that stand for nobody and for ambiguous names."""
        codes = {
            bearer if isinstance(bearer, str) else bearer.code
            for bearer in self.bearers.get(" ".join(name.split()), ())
            if isinstance(bearer, str) or (bearer.start <= on and (bearer.end is None or on < bearer.end))
        }
        return codes.pop() if len(codes) == 1 else None


def _names() -> _Names:
    return _compiled_names(tuple(bloc.code for bloc in all_blocs()))


@cache
def _compiled_names(_blocs: tuple[str, ...]) -> _Names:
    """All names as one pattern; the argument makes a new one when the user defines a bloc."""
    bearers: dict[str, list[State | Bloc | str]] = {}
    for state in all_states():
        plurals = [f"{word}s" for word in state.adjectives if word.endswith("n")]
        for name in (state.name, *state.names, *state.adjectives, *plurals):
            _add(bearers, name, state)
    for bloc in all_blocs():
        codes = [bloc.code] if bloc.code in SPOKEN_OF_BY_NAME else []  # "WEST" in capitals is a direction
        for name in (*codes, bloc.name, *bloc.names):
            _add(bearers, name, bloc)
    for row in _rows("phrases.csv"):  # decides, whatever the crosswalk says
        bearers[row["phrase"]] = [row["stands_for"]] if row["stands_for"] else []
    # most positions of a text are no capital letter: looking for one first makes the scan fast
    pattern = rf"(?<!\w)(?=[A-ZÀ-Þ])(?:{_trie(bearers)})(?!\w)"
    return _Names(re.compile(pattern), {name: tuple(who) for name, who in bearers.items()})


def _add(bearers: dict[str, list[State | Bloc | str]], name: str, bearer: State | Bloc) -> None:
    name = unicodedata.normalize("NFC", name).removeprefix("The ").replace("’", "'").replace(".", "")
    if len(name) < 2 or not "A" <= unicodedata.normalize("NFD", name)[0] <= "Z":
        return  # Russian names and the like do not occur in English texts
    for spelling in {name, name.upper()}:
        known = bearers.setdefault(spelling, [])
        if bearer not in known:
            known.append(bearer)


def _trie(names: Iterable[str]) -> str:
    """A pattern for any of the names, the longest first, that shares their beginnings."""
    root: dict[str, dict[str, object]] = {}
    for name in names:
        node: dict[str, object] = root  # type: ignore[assignment]
        for char in name:
            node = node.setdefault(char, {})  # type: ignore[assignment]
        node[""] = {}
    return _trie_pattern(root)


def _trie_pattern(node: Mapping[str, object]) -> str:
    branches = [
        (r"\s+" if char == " " else re.escape(char)) + _trie_pattern(child)  # type: ignore[arg-type]
        for char, child in sorted(node.items())
        if char
    ]
    if not branches:
        return ""
    joined = branches[0] if len(branches) == 1 and "" not in node else f"(?:{'|'.join(branches)})"
    return f"{joined}?" if "" in node else joined


def _rows(name: str) -> list[dict[str, str]]:
    with (LEXICON / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
