"""Who belongs to which bloc, and between which days; blocs of the user's own.

Membership is kept as spells in ``data/ground/bloc_members.csv``, each with the act that dates it. A bloc's
values are made from its members at the date, so that Britain counts in the EU until 2020-01-31 and not
after.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.states import State, all_states, fold, labels, read_csv, resolve, split_list


@dataclass(frozen=True, slots=True)
class Spell:
    """One uninterrupted membership: the state's code, first day in, first day out (None: still in)."""

    state: str
    start: date
    end: date | None

    def holds(self, on: date) -> bool:
        """Whether the state was a member on that day."""
        return self.start <= on and (self.end is None or on < self.end)


@dataclass(frozen=True, slots=True)
class Bloc:
    """A group of states with dated membership.

    Attributes:
        code: short code in capitals, e.g. ``EU``; never a state's code.
        name: English name.
        name_ru: Russian name; empty for a user's bloc.
        start: first day on which it had a member.
        end: first day on which it existed no longer; None for a bloc of today.
        spells: memberships by state and start; a state that left and came back has several.
        description: what counts as membership, and what does not.
        names: variants of the name in English and Russian.
    """

    code: str
    name: str
    name_ru: str
    start: date
    end: date | None
    spells: tuple[Spell, ...]
    description: str
    names: tuple[str, ...]

    def members(self, on: date) -> frozenset[str]:
        """The codes of the states that were members on that day."""
        return frozenset(spell.state for spell in self.spells if spell.holds(on))


_DEFINED: dict[str, Bloc] = {}


def get_bloc(code: str) -> Bloc:
    """The bloc with this code, in any case.

    Raises:
        UnknownName: no bloc has it; the choices list all blocs.
    """
    blocs = {bloc.code: bloc for bloc in all_blocs()}
    if (bloc := blocs.get(code.strip().upper())) is not None:
        return bloc
    raise UnknownName(
        f"There is no bloc {code!r}.", choices=list(blocs), hint="define_bloc(code, name, members) makes one."
    )


def all_blocs() -> tuple[Bloc, ...]:
    """The shipped blocs, then the user's own in the order in which they were defined."""
    return (*_shipped(), *_DEFINED.values())


def define_bloc(
    code: str, name: str, members: Iterable[str] | Iterable[tuple[str, date, date | None]]
) -> Bloc:
    """Make a bloc of one's own, known from then on wherever a power can be named in this process.

    Args:
        code: short code; must not be a name of a state or of another bloc.
        name: what tables and charts call it.
        members: states by code or name, each a member as long as it existed; or (state, first day, first
            day out or None). Another bloc's are ``[(s.state, s.start, s.end) for s in
            get_bloc("EU").spells]``.

    Raises:
        UnknownName, AmbiguousName: a member is not exactly one state.
        InvalidRequest: no members, a spell that ends before it starts or lies outside the state's existence,
            spells of one state that overlap, or a code or name that is taken. Defining the same bloc twice
            is no error.
    """
    code = code.strip().upper()
    if not code or not name.strip():
        raise InvalidRequest(f"A bloc needs a code and a name, not {code!r} and {name!r}.")
    if isinstance(members, str):
        members = (members,)
    spells = _sorted(_spell(member) for member in members)
    if not spells:
        raise InvalidRequest(f"The bloc {code} has no members.", hint="Name at least one state, e.g. KAZ.")
    _refuse_overlaps(code, spells)
    bloc = Bloc(code, name.strip(), "", _start(spells), _end(spells), spells, "Defined by the user.", ())
    if _DEFINED.get(code) != bloc:
        _refuse_taken(code, bloc.name)
        _DEFINED[code] = bloc
    return bloc


def resolve_power(name: str, on: date | None = None) -> State | Bloc:
    """The state or bloc a name stands for; a bloc's code or whole name, else whatever :func:`resolve` says.

    Raises:
        UnknownName: neither a state nor a bloc, or a bloc that did not exist on the day.
        AmbiguousName: several states have the name.
    """
    key = fold(name)
    for bloc in all_blocs():
        if key in _keys(bloc):
            if on is not None and not (bloc.start <= on and (bloc.end is None or on < bloc.end)):
                until = "" if bloc.end is None else f" until {bloc.end}"
                raise UnknownName(f"{bloc.code} ({bloc.name}) existed from {bloc.start}{until}, not on {on}.")
            return bloc
    try:
        return resolve(name, on)
    except UnknownName as error:
        known = [bloc.code for bloc in all_blocs()]
        raise UnknownName(error.message, choices=[*error.choices, *known], hint=error.hint) from None


@cache
def _shipped() -> tuple[Bloc, ...]:
    rows = read_csv("bloc_members.csv")
    spells: dict[str, list[Spell]] = {}
    for row in rows:  # a member that is a bloc stands for that bloc's spells, which come earlier in the file
        members = [Spell(row["member"], date.fromisoformat(row["start"]), _day(row["end"]))]
        spells.setdefault(row["bloc"], []).extend(spells.get(row["member"], members))
    return tuple(
        Bloc(
            code=row["code"],
            name=row["name"],
            name_ru=row["name_ru"],
            start=_start(spells[row["code"]]),
            end=_end(spells[row["code"]]),
            spells=_sorted(spells[row["code"]]),
            description=row["description"],
            names=split_list(row["names"]),
        )
        for row in read_csv("blocs.csv")
    )


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _sorted(spells: Iterable[Spell]) -> tuple[Spell, ...]:
    return tuple(sorted(spells, key=lambda spell: (spell.state, spell.start)))


def _start(spells: Iterable[Spell]) -> date:
    return min(spell.start for spell in spells)


def _end(spells: Iterable[Spell]) -> date | None:
    ends = [spell.end for spell in spells]
    closed = [end for end in ends if end is not None]
    return max(closed) if len(closed) == len(ends) else None


def _spell(member: str | tuple[str, date, date | None]) -> Spell:
    if isinstance(member, str):
        state = resolve(member)
        return Spell(state.code, state.start, state.end)
    if len(member) != 3 or not isinstance(member[1], date) or not isinstance(member[2], date | None):
        raise InvalidRequest(f"{member!r} is not (state, first day, first day out or None) with dates.")
    name, start, end = member
    state = resolve(name)
    if end is not None and end <= start:
        raise InvalidRequest(f"The membership of {state.code} ends on {end}, not after its start on {start}.")
    if start < state.start or (state.end is not None and (end is None or end > state.end)):
        until = "" if state.end is None else f" until {state.end}"
        raise InvalidRequest(
            f"The membership of {state.code} from {start} to {end or 'today'} is longer than the state's "
            f"existence from {state.start}{until}."
        )
    return Spell(state.code, start, end)


def _refuse_overlaps(code: str, spells: tuple[Spell, ...]) -> None:
    for before, after in pairwise(spells):
        if before.state == after.state and (before.end is None or after.start < before.end):
            raise InvalidRequest(
                f"The bloc {code} has {before.state} twice at once: from {before.start} to "
                f"{before.end or 'today'}, and from {after.start}."
            )


def _refuse_taken(code: str, name: str) -> None:
    for wanted in (fold(code), fold(name)):
        for bloc in all_blocs():
            if wanted in _keys(bloc):
                raise InvalidRequest(f"{code!r} ({name}) is taken by the bloc {bloc.code} ({bloc.name}).")
        for state in all_states():
            if wanted in map(fold, labels(state)):
                raise InvalidRequest(f"{code!r} ({name}) is taken by the state {state.code} ({state.name}).")


def _keys(bloc: Bloc) -> frozenset[str]:
    return frozenset(fold(label) for label in (bloc.code, bloc.name, bloc.name_ru, *bloc.names) if label)
