"""Sentences with exact offsets, in English and Russian, without a model.

A quotation of up to ``LONGEST_QUOTATION`` characters is not cut: who said it stands before or after it.
"""

import re
from bisect import bisect_right

from equidistance.reading.records import Sentence

LONGEST_QUOTATION = 700
LONGEST_SENTENCE = 1500  # longer ones are cut at a blank: every rule's work is bounded by it

_END = re.compile(r"[.!?…]+[\"”»’)\]]*(?=\s+[\"“«„(\[‘]?[A-ZА-ЯЁÀ-Þ0-9$€£—–-]|\s*$)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Gen|Col|Lt|Sen|Rep|Gov|Jr|Sr|vs|etc|No|Art|Fig|approx|Jan|Feb|Mar|Apr|Jun|Jul|"
    r"Aug|Sept?|Oct|Nov|Dec|Inc|Ltd|Co|e\.g|i\.e|т\.\s?е|т\.\s?д|т\.\s?п|им|г|гг|руб|млн|млрд|тыс|ст|стр|п|см|ул|др)"
    r"|\b[A-ZА-ЯЁ]|\bU\.S|\bU\.K|\bU\.N|\bE\.U|\bD\.C)\.$"
)
_PAIRS = {"“": "”", "«": "»", "„": "“"}
_HARD_BREAK = re.compile(r"\n\s*\n+")
_ANY_BREAK = re.compile(r"\n+")


def quotations(text: str) -> list[tuple[int, int]]:
    """Outermost quotations as (start, end) with their marks; a straight mark pairs within its paragraph."""
    found: list[tuple[int, int]] = []
    open_at, closing = -1, ""
    for match in re.finditer(r"[“”«»„\"]|\n\s*\n", text):
        mark = match.group()
        if mark.startswith("\n"):
            open_at, closing = -1, ""
        elif open_at < 0 and mark in _PAIRS:
            open_at, closing = match.start(), _PAIRS[mark]
        elif open_at < 0 and mark == '"':
            open_at, closing = match.start(), '"'
        elif open_at >= 0 and mark == closing:
            found.append((open_at, match.end()))
            open_at, closing = -1, ""
    return found


def split(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text; blocks end at blank lines, and at every line end where lines are not wrapped."""
    breaks = _HARD_BREAK if _wrapped(text) else _ANY_BREAK
    found: list[Sentence] = []
    start = 0
    for match in [*breaks.finditer(text), None]:
        end = len(text) if match is None else match.start()
        _block(text, start, end, found)
        start = end if match is None else match.end()
    return tuple(found)


def _wrapped(text: str) -> bool:
    """Whether line ends fall inside sentences, as in mail and old text files."""
    lines = [line for line in text.split("\n")[:400] if line.strip()]
    inside = sum(bool(re.match(r"\s*[a-zа-яё]", line)) for line in lines[1:])
    return len(lines) > 3 and inside > 0.3 * len(lines)


def _block(text: str, start: int, end: int, found: list[Sentence]) -> None:
    block = text[start:end]
    quoted = [(a, b) for a, b in quotations(block) if b - a <= LONGEST_QUOTATION]
    starts = [a for a, _ in quoted]
    at = 0
    for match in _END.finditer(block):
        inside = bisect_right(starts, match.start()) - 1
        if inside >= 0 and match.end() < quoted[inside][1]:
            continue
        if match.group()[0] == "." and _ABBREVIATION.search(
            block, max(0, match.start() - 12), match.start() + 1
        ):
            continue
        _keep(text, start + at, start + match.end(), found)
        at = match.end()
    _keep(text, start + at, end, found)


def _keep(text: str, start: int, end: int, found: list[Sentence]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST_SENTENCE:
        cut = text.rfind(" ", start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        cut = start + LONGEST_SENTENCE if cut < 0 else cut
        found.append(Sentence(start, cut, text[start:cut]))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if any(char.isalnum() for char in text[start:end]):
        found.append(Sentence(start, end, text[start:end]))
