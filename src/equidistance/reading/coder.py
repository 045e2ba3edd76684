"""Coding sentences as PLOVER events: what did the source do to the target, in word or deed?"""

from collections.abc import Iterable

from equidistance.reading.coder_lexicon import TYPES
from equidistance.reading.coder_rules import apply_rules
from equidistance.reading.coder_text import mark
from equidistance.reading.records import Coding


def code_sentence(sentence: str, source: str | None = None, target: str | None = None) -> Coding:
    """Code one sentence."""
    ruled = apply_rules(mark(sentence, source, target))
    return Coding(ruled.type, ruled.mode, TYPES[ruled.type], ruled.modality, ruled.rule, 0.5)


def code(sentences: Iterable[str]) -> list[Coding]:
    return [code_sentence(sentence) for sentence in sentences]
