"""Whose act is it? ICEWS's actor names assigned to states, once for each distinct name.

Curated facts lie in ``data/actors``: ``persons.csv`` (officials with their terms, ``to`` exclusive: outside
it a person acts for no state), ``organisations.csv`` (organs of states, blocs, and names known to stand
outside states) and ``roles.csv`` (which of ICEWS's role words act for a government).
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from equidistance.ground.states import find, get_state

ACTOR_DATA = Path(__file__).parent.parent / "data" / "actors"

OUTSIDE = "outside"
"""How an organisation, region or unnamed actor that belongs to no state is marked until it is counted."""

_TAGGED = re.compile(r"(?P<role>.*\S)\s*\((?P<tag>[^()]+)\)")
_SHORTEST_NAME = 4  # "CPI" and "GRU" are organisations, although the ground would read them as alpha-3 codes


@dataclass(frozen=True, slots=True)
class Spell:
    """An actor acts for ``state`` (None: for none) on the days from ``start`` to before ``end``.

    ``by`` is one of :data:`equidistance.evidence.schema.RESOLVED_BY`, or :data:`OUTSIDE`.
    """

    state: str | None
    by: str
    start: date = date.min
    end: date = date.max


@dataclass(slots=True)
class ActorResolver:
    """Turns actors into spells; remembers the role words it does not know.

    Attributes:
        unknown_roles: role word -> number of actors that carry it; they count as society.
    """

    unknown_roles: Counter[str] = field(default_factory=Counter)

    def spells(
        self, name: str, country: str = "", sectors: str = "", on: date | None = None
    ) -> tuple[Spell, ...]:
        """For which states an actor acts, and when; spells of one actor never overlap; empty: unresolved.

        Args:
            name: as ICEWS writes it.
            country: ICEWS's own country column, "" where the layout has none.
            sectors: ICEWS's comma-separated sectors, "" where the layout has none.
            on: a day on which the actor occurs, for names that changed hands.
        """
        if place := _place(name, on):
            return place
        # before the country column: it gives Macron Andorra, Mogherini Italy and Stoltenberg Norway
        if name in _persons():
            return _persons()[name]
        if name in _organisations():
            return _organisations()[name]
        if tagged := _TAGGED.fullmatch(name):
            by = self._acts_for(tagged["role"], sectors)
            owner = _place(tagged["tag"], on) or _organisations().get(tagged["tag"]) or _place(country, on)
            return tuple(
                Spell(spell.state, by if spell.state else spell.by, spell.start, spell.end) for spell in owner
            )
        by = "tag" if _is_government(sectors) else "society"
        return tuple(Spell(spell.state, by, spell.start, spell.end) for spell in _place(country, on))

    def _acts_for(self, role: str, sectors: str) -> str:
        known = _roles().get(role)
        if known is None:
            self.unknown_roles[role] += 1
            return "tag" if _is_government(sectors) else "society"
        return "tag" if known == "government" else "society"


def _place(name: str, on: date | None) -> tuple[Spell, ...]:
    """The spell of a state's existence, if the name is a state's."""
    state = None
    if code := _spellings().get(name):
        state = get_state(code)
    elif len(name) >= _SHORTEST_NAME:
        state = find(name, on)
    return (Spell(state.code, "state", state.start, state.end or date.max),) if state else ()


def _is_government(sectors: str) -> bool:
    """Whether ICEWS's sectors say executive or armed forces; legislators speak for themselves."""
    parts = set(sectors.split(","))
    return (
        "Government" in parts
        and not parts.isdisjoint({"Executive", "Military"})
        and "International Government Organization" not in parts
    )


@cache
def _persons() -> dict[str, tuple[Spell, ...]]:
    return _by_name(
        (row["name"], Spell(row["state"], "person", *_term(row))) for row in read_actors("persons.csv")
    )


@cache
def _organisations() -> dict[str, tuple[Spell, ...]]:
    how = {"organ": "organisation", "bloc": "organisation", "outside": OUTSIDE}
    return _by_name(
        (row["name"], Spell(row["state"] or None, how[row["kind"]], *_term(row)))
        for row in read_actors("organisations.csv")
        if row["kind"] != "state"
    )


@cache
def _spellings() -> dict[str, str]:
    """ICEWS's names of states that mean several states or none in general usage ("Congo")."""
    return {row["name"]: row["state"] for row in read_actors("organisations.csv") if row["kind"] == "state"}


@cache
def _roles() -> dict[str, str]:
    return {row["role"]: row["acts_for"] for row in read_actors("roles.csv")}


def read_actors(name: str) -> list[dict[str, str]]:
    """The rows of one of the curated actor files."""
    with (ACTOR_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _term(row: dict[str, str]) -> tuple[date, date]:
    start = date.fromisoformat(row["from"]) if row["from"] else date.min
    return start, date.fromisoformat(row["to"]) if row["to"] else date.max


def _by_name(pairs: Iterable[tuple[str, Spell]]) -> dict[str, tuple[Spell, ...]]:
    grouped: dict[str, list[Spell]] = defaultdict(list)
    for name, spell in pairs:
        grouped[name].append(spell)
    return {name: tuple(spells) for name, spells in grouped.items()}
