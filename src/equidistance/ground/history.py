"""What states share from before any of today's choices: a state they once were, rule of one by the other, a language.

The table is the project's own (``data/ground/history.csv``; sources in the README beside it).
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import permutations

from equidistance.ground.states import GROUND_DATA, all_states, get_state


@dataclass(frozen=True, slots=True)
class History:
    """A state's languages and former rulers.

    Attributes:
        languages: official languages that are official in several states.
        ruled_by: codes of the states that ruled it for long.
        left: code of the state that it left since 1946, where that state lives on; empty for all others.
    """

    languages: frozenset[str]
    ruled_by: frozenset[str]
    left: str


ONE_SINCE = date(1990, 1, 1)
"""States that were parts of one on this day or later count: longer ago (Malaysia and Singapore, Pakistan and
Bangladesh) trade is that of any two neighbours, while the heirs of the Soviet Union trade several times as much."""

NOTHING = History(frozenset(), frozenset(), "")


@cache
def histories() -> dict[str, History]:
    """Languages and former rulers of every state of today, by code."""
    with (GROUND_DATA / "history.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["state"]: History(_set(row["languages"]), _set(row["ruled_by"]), row["left"])
            for row in csv.DictReader(file)
        }


def share_language(one: str, other: str) -> bool:
    """Whether two states have an official language in common."""
    known = histories()
    return bool(known.get(one, NOTHING).languages & known.get(other, NOTHING).languages)


def ruled(one: str, other: str) -> bool:
    """Whether one of two states ruled the other for long."""
    known = histories()
    return one in known.get(other, NOTHING).ruled_by or other in known.get(one, NOTHING).ruled_by


def were_one(one: str, other: str) -> bool:
    """Whether two states were parts of one in 1990 or later (the Soviet Union, Yugoslavia, Sudan, ...)."""
    return (one, other) in _once_one()


@cache
def _once_one() -> frozenset[tuple[str, str]]:
    pairs: set[tuple[str, str]] = set()
    for state in all_states():
        if len(state.successors) > 1 and state.end is not None and state.end > ONE_SINCE:
            pairs.update(permutations(_heirs(state.code), 2))
    for code, history in histories().items():  # who left Serbia had been in Yugoslavia with the others
        if history.left and get_state(code).start > ONE_SINCE:
            others = {history.left} | {two for one, two in pairs if one == history.left}
            pairs |= {pair for other in others - {code} for pair in ((code, other), (other, code))}
    return frozenset(pairs)


def _heirs(code: str) -> set[str]:
    """The states that hold an extinct state's territory today."""
    successors = get_state(code).successors
    if not successors:
        return {code}
    return {heir for successor in successors for heir in _heirs(successor)}


def _set(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(";")))
