"""Loaded wording: words that judge instead of telling, by the table ``loaded.csv``."""

import re
from functools import cache

from equidistance.reading.records import LoadedWording, Sentence
from equidistance.reading.tables import phrase, rows


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (phrase(row["pattern"]), row["kind"]) for row in rows("loaded.csv") if row["language"] == language
    )


def loaded_in(text: str, language: str) -> list[tuple[int, int, str]]:
    """Start, end and kind of each loaded wording in a text, in order, none inside another."""
    found: list[tuple[int, int, str]] = []
    for pattern, kind in _patterns(language):
        found.extend((*match.span(), kind) for match in pattern.finditer(text))
    found.sort(key=lambda one: (one[0], -one[1]))
    kept: list[tuple[int, int, str]] = []
    for one in found:
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def find_loaded(sentence: Sentence, language: str) -> list[LoadedWording]:
    """The loaded wording of a sentence; offsets are the document's."""
    return [
        LoadedWording(sentence.start + start, sentence.start + end, sentence.text[start:end], kind)
        for start, end, kind in loaded_in(sentence.text, language)
    ]
