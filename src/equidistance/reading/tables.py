"""The reading tables (``data/reading/*.csv``) and the small pattern language they are written in.

A pattern is words with blanks between: ``a|b`` is either, ``sign*`` any ending, ``word?`` may be missing, ``..`` up to
two words, ``...`` up to five, ``....`` up to twenty, ``two_words`` one choice of two words, ``@arms`` every word of a
class (``word_classes.csv``). Case does not matter, nor an English plural "s".
``impose|imposed .. ban|tariff`` finds "imposed a new ban".
"""

import csv
import re
from functools import cache
from pathlib import Path

READING_DATA = Path(__file__).parent.parent / "data" / "reading"

_GAP = r"(?:[\s,\"“”«»()–—-]+[\w$€£%][\w'’.%-]*)"
_LONGEST_GAP = {"..": 2, "...": 5, "....": 20}
_BREAK = r"[\s,\"“”«»]+"


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one reading table."""
    with (READING_DATA / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def phrase(pattern: str) -> re.Pattern[str]:
    """A pattern of the tables as a regular expression; every repetition in it is bounded."""
    parts: list[str] = []
    joined = True
    for word in pattern.split():
        if word in _LONGEST_GAP:
            parts.append(rf"{_GAP}{{0,{_LONGEST_GAP[word]}}}?")
            joined = False
            continue
        optional = word.endswith("?")
        body = rf"(?:{'|'.join(_choices(word.rstrip('?')))})"
        if not parts:
            parts.append(rf"(?:{body}{_BREAK})?" if optional else body)
            joined = optional
        elif optional:
            parts.append(rf"(?:{_BREAK}{body})?")
        elif joined and len(parts) == 1 and parts[0].endswith(")?"):
            parts.append(body)
            joined = False
        else:
            parts.append(_BREAK + body)
    return re.compile(rf"(?<![\w-]){''.join(parts)}(?!\w)", re.IGNORECASE)


def openings(pattern: str) -> frozenset[str] | None:
    """The first letters (at most three) that what a pattern finds can begin with; None where they cannot be told."""
    found: set[str] = set()
    for word in pattern.split():
        if word in _LONGEST_GAP:
            return None
        for choice in _members(word.rstrip("?")):
            first = re.match(r"\w+", choice.replace("_", " "))
            if first is None:
                return None
            found.add(first.group().lower()[:3])
        if not word.endswith("?"):
            return frozenset(found)
    return None


def beginnings(text: str) -> frozenset[str]:
    """What the words of a text begin with: only patterns with such an opening need to be tried (see `openings`)."""
    return frozenset(word[:length] for word in re.findall(r"\w+", text.lower()) for length in (1, 2, 3))


def _choices(word: str) -> list[str]:
    return [_word(choice) for choice in _members(word)]


def _members(word: str) -> list[str]:
    """The choices of a word as written, those of its classes included."""
    found: list[str] = []
    for choice in word.split("|"):
        if choice.startswith("@"):
            members = next(
                (row["words"] for row in rows("word_classes.csv") if row["class"] == choice[1:]), None
            )
            if members is None:
                raise ValueError(f"data/reading/word_classes.csv has no class {choice}")
            found += members.split("|")
        else:
            found.append(choice)
    return found


def _word(choice: str) -> str:
    stem = re.escape(choice.replace("_", " ").rstrip("*")).replace("'", "['’]").replace(r"\ ", r"\s+")
    stem = stem.replace(r"\*", r"\w{0,12}")
    if choice.endswith("*"):
        return stem + r"\w{0,12}"
    plural = len(choice) > 3 and choice.isascii() and choice.isalpha() and choice[-1] not in "sy"
    return stem + "s?" if plural else stem
