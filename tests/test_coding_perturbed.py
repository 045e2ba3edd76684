"""Sentences perturbed: what must not change the type does not, what must change the reading does."""

import pytest

from coding_sentences import EVENTS, NUMBERS, PAIRS, Shapes
from equidistance.reading.coder import code_sentence
from equidistance.reading.records import Coding


def coded(shape: str, source: str, target: str, number: str) -> Coding:
    sentence = shape.format(S=source, T=target, N=number)
    return code_sentence(sentence[0].upper() + sentence[1:], source, target)


def names(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Every pair both ways round."""
    return [*pairs, *((target, source) for source, target in pairs)]


def test_there_are_at_least_three_hundred_perturbed_sentences() -> None:
    passives = sum(event.passive is not None for event in EVENTS)
    count = len(EVENTS) * (len(names(PAIRS)) - 1 + len(NUMBERS) - 1 + 1) + passives
    assert count >= 300
    assert {event.type for event in EVENTS} >= {
        "ACCUSE",
        "AID",
        "ASSAULT",
        "COERCE",
        "SANCTION",
        "SUPPORT",
        "YIELD",
    }


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.active)
def test_names_and_numbers_change_nothing(event: Shapes) -> None:
    """Not the type, and not even the confidence: the coder never sees who acts or how many."""
    first = coded(event.active, *PAIRS[0], NUMBERS[0])
    assert first.type == event.type
    assert first.modality == ("threatened" if event.type == "THREATEN" else first.modality) != "denied"
    for source, target in names(PAIRS):
        assert coded(event.active, source, target, NUMBERS[0]) == first, (source, target)
    for number in NUMBERS:
        assert coded(event.active, *PAIRS[0], number) == first, number


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.negated)
def test_negation_is_never_read_as_the_deed(event: Shapes) -> None:
    for source, target in PAIRS[:2]:
        negated = coded(event.negated, source, target, NUMBERS[0])
        assert negated.modality == "denied" or (negated.type, event.type) == ("REJECT", "YIELD"), negated


@pytest.mark.parametrize(
    "event", [event for event in EVENTS if event.passive], ids=lambda event: str(event.passive)
)
def test_the_passive_tells_the_same_event(event: Shapes) -> None:
    assert event.passive is not None
    for source, target in PAIRS[:3]:
        turned = coded(event.passive, source, target, NUMBERS[0])
        assert turned.type == event.type
        assert turned.modality == coded(event.active, source, target, NUMBERS[0]).modality
