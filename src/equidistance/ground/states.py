"""Who the states are: their codes, their names, and the dates between which they existed.

The crosswalk is the project's own (``data/ground/states.csv`` and ``names.csv``; sources in the README beside
them). A name is looked up whole, never in part, and never guessed: what is unknown or stands for several
states is an error that lists candidates. Dependent territories (Hong Kong, Puerto Rico, Greenland) are not
states.

Publishers without extinct states file the USSR under RUS and Yugoslavia under SRB. The state they mean on a
day is ``from_cow(number, day)`` with one of the code's Correlates of War numbers (365, 345): SUN, YUG or
SCG. Belarus, Ukraine, India and the Philippines voted in the United Nations before they were states; their
``start`` is independence, so a reader of votes keeps their codes.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from equidistance.errors import AmbiguousName, UnknownName

GROUND_DATA = Path(__file__).parent.parent / "data" / "ground"

_Key = TypeVar("_Key", int, str)
_PUNCTUATION = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class State:
    """A state of the world since 1946.

    Attributes:
        code: ISO 3166-1 alpha-3; for extinct states the former ISO code; XKX for Kosovo, EAZ for Zanzibar.
        name: short English name.
        name_ru: short Russian name.
        iso_numeric: ISO 3166-1 numeric code, where one was assigned.
        m49: the United Nations' M49 number, where one was assigned.
        cow: Correlates of War numbers (several where COW gave a new number to the same code).
        gleditsch_ward: Gleditsch and Ward numbers, their microstates included.
        fips: FIPS 10-4 code, as GDELT's places use it.
        start: first day of existence; for states older than 1946 the first day in COW's state system.
        end: first day on which it no longer existed; None for a state of today.
        names: variants of the name in English and Russian, as data files write them, old names included.
        adjectives: English adjectives and demonyms, as texts use them.
        successors: codes of the states that an extinct state's territory went to.
    """

    code: str
    name: str
    name_ru: str
    iso_numeric: int | None
    m49: int | None
    cow: tuple[int, ...]
    gleditsch_ward: tuple[int, ...]
    fips: str | None
    start: date
    end: date | None
    names: tuple[str, ...]
    adjectives: tuple[str, ...]
    successors: tuple[str, ...]

    def existed(self, on: date) -> bool:
        """Whether the state existed on that day."""
        return self.start <= on and (self.end is None or on < self.end)


class _Crosswalk(NamedTuple):
    """The data files, indexed; every value lists states in the order of ``states.csv``."""

    states: Mapping[str, State]
    by_name: Mapping[str, tuple[State, ...]]
    by_cow: Mapping[int, tuple[State, ...]]
    by_gleditsch_ward: Mapping[int, tuple[State, ...]]
    by_fips: Mapping[str, tuple[State, ...]]


def get_state(code: str) -> State:
    """The state with this code, in any case; names are for :func:`resolve`.

    Raises:
        UnknownName: no state has the code; the choices are the nearest codes.
    """
    states = _crosswalk().states
    if (state := states.get(code.strip().upper())) is not None:
        return state
    raise UnknownName(
        f"There is no state with the code {code!r}.",
        choices=_nearest(code.upper(), states),
        hint="Codes are ISO 3166-1 alpha-3, e.g. KAZ.",
    )


def resolve(name: str, on: date | None = None) -> State:
    """The one state a name or an alpha-3 code stands for.

    Case, diacritics and punctuation do not matter; parts of a name do. Two-letter codes are not read,
    because ISO and FIPS disagree about them ("US" and "UK" are read as names). Without a date a state of
    today goes before an extinct one of the same name. Former ISO codes (ROM, ZAR) are read too.

    Args:
        name: alpha-3 code, or a name in English or Russian.
        on: the state must have existed on this day.

    Raises:
        UnknownName: no state has the name, or none that existed on the day; the choices are then what was
            before or after it, else names that look alike.
        AmbiguousName: several states have the name; the choices list them. "Korea" and "Congo" are
            ambiguous at any date, "Yemen" and "Vietnam" while there were two, "Yugoslavia" without a date.
    """
    named = _crosswalk().by_name.get(fold(name), ())
    found = _at(named, on)
    if len(found) == 1:
        return found[0]
    if found:
        raise AmbiguousName(
            f"{name!r} stands for several states{'' if on is None else f' on {on}'}.",
            choices=[f"{state.code} ({state.name}, {_lifetime(state)})" for state in found],
            hint="Use a code, or give a date." if found[0].end and on is None else "Use a code.",
        )
    if named:
        raise UnknownName(_not_at_that_date(name, named, on), choices=_neighbours_in_time(named, on))
    raise UnknownName(
        f"There is no state called {name!r}.",
        choices=_close_names(name),
        hint="Give an alpha-3 code (KAZ) or a whole name in English or Russian (Kazakhstan, Казахстан).",
    )


def find(name: str, on: date | None = None) -> State | None:
    """Like :func:`resolve`, but None for what is unknown or ambiguous: for readers of many rows."""
    found = _at(_crosswalk().by_name.get(fold(name), ()), on)
    return found[0] if len(found) == 1 else None


def from_cow(number: int, on: date | None = None) -> State | None:
    """The state with this Correlates of War number on that day; without a day today's, else the last.

    365 is the USSR until 1991-12-25 and Russia after; 345 is Yugoslavia, Serbia and Montenegro, then Serbia.
    """
    return _latest(_crosswalk().by_cow.get(number, ()), on)


def from_gleditsch_ward(number: int, on: date | None = None) -> State | None:
    """The state with this Gleditsch and Ward number; Germany, Serbia and the Pacific differ from COW."""
    return _latest(_crosswalk().by_gleditsch_ward.get(number, ()), on)


def from_fips(code: str, on: date | None = None) -> State | None:
    """The state with this FIPS 10-4 code, in any case; Gaza (GZ) and the West Bank (WE) are both PSE."""
    return _latest(_crosswalk().by_fips.get(code.strip().upper(), ()), on)


def all_states(on: date | None = None) -> tuple[State, ...]:
    """The states that existed on that day, by code; without a day all since 1946, extinct ones included."""
    return tuple(state for state in _crosswalk().states.values() if on is None or state.existed(on))


def fold(name: str) -> str:
    """A name without case, diacritics, punctuation and a leading "the", for comparison.

    "CÔTE D'IVOIRE" and "Cote d’Ivoire" are both "cote d ivoire"; "St. Lucia" is "saint lucia".
    """
    decomposed = unicodedata.normalize("NFKD", name.replace("\N{SOFT HYPHEN}", ""))
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = _PUNCTUATION.sub(" ", letters.casefold().replace("&", " and ")).split()
    if words[:1] == ["the"]:
        del words[0]
    if words[:1] == ["st"]:
        words[0] = "saint"
    return " ".join(words)


def labels(state: State) -> tuple[str, ...]:
    """Everything a state is called in tables and texts: its code, its names and their variants."""
    return (state.code, state.name, state.name_ru, *state.names)


@cache
def _crosswalk() -> _Crosswalk:
    variants: dict[str, list[str]] = defaultdict(list)
    aliases: list[tuple[str, str]] = []
    for row in read_csv("names.csv"):
        if row["language"] in ("code", "misprint"):  # former codes, slips of data files: read but never shown
            aliases.append((row["code"], row["name"]))
        else:
            variants[row["code"]].append(row["name"])
    rows = read_csv("states.csv")
    states = {row["code"]: _state(row, variants[row["code"]]) for row in rows}
    names = [(state, name) for state in states.values() for name in labels(state)]
    names += [(states[code], alias) for code, alias in aliases]
    return _Crosswalk(
        states=states,
        by_name=_index((fold(name), state) for state, name in names),
        by_cow=_index((number, state) for state in states.values() for number in state.cow),
        by_gleditsch_ward=_index(
            (number, state) for state in states.values() for number in state.gleditsch_ward
        ),
        by_fips=_index((fips, states[row["code"]]) for row in rows for fips in split_list(row["fips"])),
    )


def _state(row: Mapping[str, str], variants: list[str]) -> State:
    fips = split_list(row["fips"])
    return State(
        code=row["code"],
        name=row["name"],
        name_ru=row["name_ru"],
        iso_numeric=int(row["iso_numeric"]) if row["iso_numeric"] else None,
        m49=int(row["m49"]) if row["m49"] else None,
        cow=tuple(map(int, split_list(row["cow"]))),
        gleditsch_ward=tuple(map(int, split_list(row["gleditsch_ward"]))),
        fips=fips[0] if fips else None,
        start=date.fromisoformat(row["start"]),
        end=date.fromisoformat(row["end"]) if row["end"] else None,
        names=tuple(variants),
        adjectives=split_list(row["adjectives"]),
        successors=split_list(row["successors"]),
    )


def read_csv(name: str) -> list[dict[str, str]]:
    """The rows of one of the ground's own data files."""
    with (GROUND_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def split_list(cell: str) -> tuple[str, ...]:
    """The items of a cell that holds a list separated by semicolons."""
    return tuple(item for item in cell.split(";") if item)


def _index(pairs: Iterable[tuple[_Key, State]]) -> dict[_Key, tuple[State, ...]]:
    index: dict[_Key, dict[str, State]] = defaultdict(dict)
    for key, state in pairs:
        index[key][state.code] = state
    return {key: tuple(by_code.values()) for key, by_code in index.items()}


def _at(named: tuple[State, ...], on: date | None) -> tuple[State, ...]:
    today = tuple(state for state in named if state.end is None)
    if len(today) > 1:  # "Korea", "Congo": no date makes clear which one is meant
        return today
    if on is None:
        return today or named
    return tuple(state for state in named if state.existed(on))


def _latest(numbered: tuple[State, ...], on: date | None) -> State | None:
    existing = [state for state in numbered if on is None or state.existed(on)]
    return max(existing, key=lambda state: state.end or date.max, default=None)


def _lifetime(state: State) -> str:
    return f"from {state.start}" + ("" if state.end is None else f" until {state.end}")


def _not_at_that_date(name: str, named: tuple[State, ...], on: date | None) -> str:
    lifetimes = ", ".join(f"{state.code} ({state.name}) existed {_lifetime(state)}" for state in named)
    return f"No state called {name!r} existed on {on}: {lifetimes}."


def _neighbours_in_time(named: tuple[State, ...], on: date | None) -> list[str]:
    """Predecessors and successors of the named states that existed on the day."""
    codes = {state.code for state in named}
    heirs = {code for state in named for code in state.successors}
    return [
        f"{state.code} ({state.name}, {_lifetime(state)})"
        for state in all_states(on)
        if state.code in heirs or codes & set(state.successors)
    ]


def _close_names(name: str) -> list[str]:
    by_name = _crosswalk().by_name
    states = {state.code: state for key in _nearest(fold(name), by_name) for state in by_name[key]}
    return [f"{state.code} ({state.name})" for state in states.values()]


def _nearest(word: str, words: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(word, list(words), n=5, cutoff=0.6)
