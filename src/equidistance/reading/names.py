"""Names in texts: which words stand for which state, bloc or body (states, capitals, demonyms, companies, officials).

English names are looked up by their first word, as written; Russian ones by stems, because they are declined.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from equidistance.ground.blocs import all_blocs
from equidistance.ground.states import all_states
from equidistance.reading.tables import rows

Kind = Literal[
    "state",
    "adjective",
    "capital",
    "seat",
    "person",
    "organ",
    "bloc",
    "company",
    "outside",
    "nobody",
    "reference",
]

_TOKEN = re.compile(r"[^\W\d_][\w.]*(?:[’'‘-][\w]+)*")
_RU_WORD = re.compile(r"[А-Яа-яЁё-]+")
LONGEST_ENDING = 3  # letters that Russian declension puts after a stem


@dataclass(frozen=True)
class Name:
    """Who bears a name: ``code`` (empty for bodies without a state), what kind of name, and the days it holds for."""

    words: tuple[str, ...]
    code: str
    kind: Kind
    first: date | None = None
    last: date | None = None
    label: str = ""


@cache
def english() -> dict[str, list[Name]]:
    """English names by their first word; the longest first."""
    found: dict[tuple[tuple[str, ...], str], Name] = {}

    def add(
        text: str, code: str, kind: Kind, first: date | None = None, last: date | None = None, label: str = ""
    ) -> None:
        words = tuple(text.replace("’", "'").split())
        if words and (words, code) not in found:
            found[words, code] = Name(words, code, kind, first, last, label)

    for row in rows("../lexicon/phrases.csv"):
        add(row["phrase"], row["stands_for"], "state" if row["stands_for"] else "nobody")
    for row in rows("demonyms.csv"):
        if row["language"] == "en":
            plain = not row["word"][-1:].islower() or row["word"] in (
                "the West",
                "collective West",
                "Western",
            )
            kind: Kind = (
                "bloc" if row["code"] in ("WEST", "EU", "NATO", "CSTO", "EAEU") and plain else "adjective"
            )
            add(row["word"], row["code"], kind if row["code"] else "nobody", label=row["note"])
    for row in rows("places.csv"):
        if row["language"] == "en":
            add(row["name"], row["code"], "seat" if row["kind"] == "seat" else "capital")
    for row in rows("bodies.csv"):
        if row["language"] == "en":
            add(row["name"], row["code"], _kind(row["kind"]), label=row["name"])
    for row in rows("../actors/organisations.csv"):
        if row["kind"] in ("organ", "bloc") and " " in row["name"]:
            add(row["name"], row["state"], _kind(row["kind"]), label=row["name"])
    for bloc in all_blocs():
        for text in (bloc.code, bloc.name, *bloc.names):
            if text.isascii() and text not in ("WEST", "COMMONWEALTH"):
                add(text, bloc.code, "bloc")
    for state in all_states():
        for text in (state.name, *state.names):
            if text.isascii() and "," not in text and "(" not in text:
                add(text.removeprefix("The "), state.code, "state", state.start, state.end)
        for text in state.adjectives:
            add(text, state.code, "adjective", state.start, state.end)
            if text.endswith("n"):
                add(text + "s", state.code, "adjective", state.start, state.end)
    for row in rows("people.csv"):
        for text in row["names"].split(";"):
            if text.isascii() or not re.search("[А-я]", text):
                add(text, row["code"], "person", _day(row["from"]), _day(row["to"]), row["office"])
                spans = found[tuple(text.split()), row["code"]]
                if spans.first and row["from"] and _day(row["from"]) != spans.first:  # a second term
                    found[(*text.split(), ""), row["from"]] = Name(
                        tuple(text.split()),
                        row["code"],
                        "person",
                        _day(row["from"]),
                        _day(row["to"]),
                        row["office"],
                    )
    for row in read_rows("persons.csv"):
        if row["name"].count(" ") >= 1:
            add(row["name"], row["state"], "person", _day(row["from"]), _day(row["to"]), row["office"])
    return _by_first(found.values())


def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of ``data/actors``."""
    return rows(f"../actors/{name}")


@cache
def russian() -> dict[str, list[Name]]:
    """Russian stems by the first four letters of their first word, in small letters; the longest first."""
    found: dict[tuple[tuple[str, ...], str], Name] = {}

    def add(
        text: str, code: str, kind: Kind, first: date | None = None, last: date | None = None, label: str = ""
    ) -> None:
        words = tuple(_stem(word) for word in text.lower().replace("ё", "е").split())
        if words and (words, code) not in found:
            found[words, code] = Name(words, code, kind, first, last, label)

    for row in rows("demonyms.csv"):
        if row["language"] == "ru":
            found[(row["word"] + "~",), row["code"]] = Name((row["word"] + "~",), row["code"], "adjective")
    for row in rows("places.csv"):
        if row["language"] == "ru":
            found[tuple(row["name"].lower().split()), row["code"]] = Name(
                tuple(row["name"].lower().split()),
                row["code"],
                "seat" if row["kind"] == "seat" else "capital",
            )
    for row in rows("bodies.csv"):
        if row["language"] == "ru":
            add(row["name"], row["code"], _kind(row["kind"]), label=row["name"])
    for bloc in all_blocs():
        for text in (bloc.name_ru, *bloc.names):
            if re.search("[А-я]", text):
                add(text, bloc.code, "bloc")
    for state in all_states():
        for text in (state.name_ru, *state.names):
            if re.search("[А-я]", text) and "(" not in text and "," not in text:
                add(text, state.code, "state", state.start, state.end)
    for row in rows("people.csv"):
        for text in row["names"].split(";"):
            if re.search("[А-я]", text):
                add(text, row["code"], "person", _day(row["from"]), _day(row["to"]), row["office"])
    by_first: dict[str, list[Name]] = {}
    for name in found.values():
        by_first.setdefault(name.words[0].rstrip("~")[:3], []).append(name)
    for names in by_first.values():
        names.sort(key=lambda name: (-len(name.words), -len(name.words[0])))
    return by_first


def tokens(text: str) -> Iterator[re.Match[str]]:
    """Words with offsets."""
    return _TOKEN.finditer(text)


def match_english(text: str, start: int, first: str, names: dict[str, list[Name]]) -> tuple[int, list[Name]]:
    """The longest name that begins at ``start``; its end and its bearers (several when only dates tell them apart)."""
    end, bearers = start, []
    for key in {first, first.split("'")[0], first.split("-")[0], first.rstrip(".")}:
        for name in names.get(key, ()):
            length = _same(text, start, name.words)
            if length and start + length > end:
                end, bearers = start + length, [name]
            elif length and start + length == end:
                bearers.append(name)
    return end, bearers


def match_russian(text: str, start: int, names: dict[str, list[Name]]) -> tuple[int, list[Name]]:
    """As :func:`match_english`, by stems and endings."""
    lowered = text[start : start + 120].lower().replace("ё", "е")
    best, bearers = 0, []
    first = _RU_WORD.match(lowered)
    for name in names.get(first.group()[:3] if first else "", ()):
        at = 0
        for word in name.words:
            token = _RU_WORD.match(lowered, at)
            if token is None:
                break
            stem, adjective = word.rstrip("~"), word.endswith("~")
            rest = len(token.group()) - len(stem)
            if (
                not token.group().startswith(stem)
                or rest < 0
                or rest > LONGEST_ENDING
                or (adjective and rest < 1)
                or (len(stem) == 2 and (rest or not text[start : start + 2].isupper()))  # "ЕС" is not "если"
            ):
                break
            at = token.end()
            if word is not name.words[-1]:
                at += 1 if lowered[at : at + 1] == " " else 999
        else:
            if at > best:
                best, bearers = at, [name]
            elif at == best:
                bearers.append(name)
    return start + best, bearers


def _same(text: str, start: int, words: tuple[str, ...]) -> int:
    at = start
    for number, word in enumerate(words):
        if number:
            space = re.compile(r"[ \n]{1,3}").match(text, at)
            if space is None:
                return 0
            at = space.end()
        piece = text[at : at + len(word)].replace("’", "'").replace("‘", "'")
        if piece != word and not (
            number == 0 and word[:1].islower() and piece == word[:1].upper() + word[1:]
        ):
            return 0
        at += len(word)
    if (
        text[at : at + 1] == "s"
        and words[-1].istitle() is False
        and words[-1][-1:].islower()
        and len(words) > 1
    ):
        at += 1  # "Mir cards"
    following = text[at : at + 1]
    if following.isalnum() or following == "_" or re.match(r"['’](?!s?(?:\W|$))", text[at : at + 3]):
        return 0  # "Xi'an" is not Xi
    return at - start


def _stem(word: str) -> str:
    if len(word) <= 3 or word.isupper():
        return word
    return re.sub(r"(?:ия|ый|ая|ое|ий|ие|ые|[аяйьоеыи])$", "", word)


def _kind(text: str) -> Kind:
    if text not in ("organ", "bloc", "company", "outside"):
        raise ValueError(f"data/reading/bodies.csv: kind {text!r}")
    return text  # type: ignore[return-value]


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _by_first(names: Iterable[Name]) -> dict[str, list[Name]]:
    found: dict[str, list[Name]] = {}
    for name in names:
        first = name.words[0]
        found.setdefault(first, []).append(name)
        if first[:1].islower():
            found.setdefault(first[:1].upper() + first[1:], []).append(name)
    for group in found.values():
        group.sort(key=lambda name: -len(name.words))
    return found
