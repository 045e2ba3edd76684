"""What is asked of a voting record, checked before any evidence is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.ground.states import State, resolve
from equidistance.ground.time import parse_month
from equidistance.indicators.roll_calls import issue_condition


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which roll calls are asked for.

    Attributes:
        since: first day, if there is one.
        before: first day after the last month, if there is one.
        issue: name of an issue, if one was asked for.
        important_only: whether only important roll calls count.
        settings: what was asked for, as text.
    """

    since: date | None
    before: date | None
    issue: str | None
    important_only: bool
    settings: dict[str, Any]

    @property
    def subject_condition(self) -> str:
        """SQL over ``roll_calls`` for the issue and the importance asked for."""
        parts = [issue_condition(self.issue)] if self.issue else []
        parts += ["coalesce(important, false)"] if self.important_only else []
        return " and ".join(parts) or "true"

    @property
    def condition(self) -> str:
        """SQL over ``roll_calls`` for all that was asked for."""
        parts = [self.subject_condition]
        parts += [f"date >= date '{self.since}'"] if self.since else []
        parts += [f"date < date '{self.before}'"] if self.before else []
        return " and ".join(parts)

    @property
    def subject(self) -> str:
        """The issue and the importance in words, with a space after them; empty without either."""
        parts = [f"coded {self.issue}"] if self.issue else []
        parts += ["called important"] if self.important_only else []
        return " and ".join(parts) + " " * bool(parts)

    @property
    def window(self) -> str:
        """The window in words."""
        since = f"since {self.since:%Y-%m}" if self.since else ""
        until = f"until {self.settings['until']}" if self.before else ""
        return f"{since} {until}".strip()


@dataclass(frozen=True, kw_only=True)
class Request(Selection):
    """A checked request for a voting record.

    Attributes:
        state, power: the two whose votes are compared.
        by: session or year.
        versus: pairs of opposing powers.
    """

    state: State
    power: State
    by: str
    versus: tuple[tuple[State, State], ...]


def select(
    since: str | int | date | None, until: str | int | date | None, issue: str | None, important_only: bool
) -> Selection:
    """Check a window, an issue and the flag.

    Raises:
        UnknownName: no such issue.
        InvalidRequest: the window cannot be read, or ends before it starts.
    """
    if issue is not None:
        issue_condition(issue)
    start = parse_month(since) if since is not None else None
    last = parse_month(until, last=True) if until is not None else None
    if start and last and last < start:
        raise InvalidRequest(
            f"The window ends in {last:%Y-%m}, before it starts in {start:%Y-%m}.",
            hint="Swap --since and --until.",
        )
    before = date(last.year + last.month // 12, last.month % 12 + 1, 1) if last else None
    settings = {
        "since": start.isoformat()[:7] if start else None,
        "until": last.isoformat()[:7] if last else None,
        "issue": issue,
        "important_only": important_only,
    }
    return Selection(
        since=start, before=before, issue=issue, important_only=important_only, settings=settings
    )


def make_request(
    state: str,
    power: str,
    since: str | int | date | None,
    until: str | int | date | None,
    issue: str | None,
    by: str,
    versus: str | Sequence[str | tuple[str, str]],
    important_only: bool,
) -> Request:
    """Check the arguments of :func:`equidistance.assessment.voting.voting_record`; raises what that raises."""
    if by not in ("session", "year"):
        raise UnknownName(f"Votes cannot be grouped by {by!r}.", choices=("session", "year"))
    one, other = resolve(state), voter_named(power, state)
    if one == other:
        raise InvalidRequest(f"{one.name} cannot be compared with itself.", hint="Name another state.")
    selection = select(since, until, issue, important_only)
    pairs = tuple(_pair(pair, one) for pair in ([versus] if isinstance(versus, str) else versus))
    asked = {
        "state": one.code,
        "power": other.code,
        "by": by,
        "versus": [[a.code, b.code] for a, b in pairs],
    }
    return Request(
        state=one,
        power=other,
        by=by,
        versus=pairs,
        since=selection.since,
        before=selection.before,
        issue=issue,
        important_only=important_only,
        settings=asked | selection.settings,
    )


def voter_named(name: str, state: str | None = None) -> State:
    """The state with this name; a bloc casts no vote.

    Args:
        name: name or code.
        state: the state that the hint measures against the bloc, if there is one.

    Raises:
        UnknownName, AmbiguousName: a name that is not exactly one state or bloc.
        InvalidRequest: a bloc; the choices are its members.
    """
    power = resolve_power(name)
    if isinstance(power, Bloc):
        today = sorted({spell.state for spell in power.spells if spell.end is None})
        code = resolve(state).code if state else "STATE"
        raise InvalidRequest(
            f"{power.name} ({power.code}) is a bloc: it casts no vote of its own, and its members may vote apart.",
            choices=today or sorted({spell.state for spell in power.spells}),
            hint=f"Name a member. For the mean of its members see: equidistance assess {code} --powers {power.code}",
        )
    return power


def nothing_left(connection: Any, selection: Selection, rolls: int) -> InvalidRequest:
    """Why no vote is left: no roll call is what was asked for, or nobody voted in those that are."""
    calls = f"{selection.subject}{selection.window}".rstrip()
    if rolls:
        known = "one roll call" if rolls == 1 else f"{rolls:,} roll calls"
        return InvalidRequest(f"Nobody voted yes, abstain or no in the {known} {calls}".rstrip() + ".")
    spans = connection.execute(
        f"select min(date), max(date) from roll_calls where body = 'GA' and {selection.subject_condition}"
    ).fetchone()
    what = f"There is no roll call of the General Assembly {calls}".rstrip()
    if spans[0]:
        return InvalidRequest(f"{what}; they are known from {spans[0]:%Y-%m} to {spans[1]:%Y-%m}.")
    return InvalidRequest(f"{what}.", hint="Leave --issue or --important-only out." * bool(selection.subject))


def _pair(pair: str | tuple[str, str], state: State) -> tuple[State, State]:
    names = pair.split(",") if isinstance(pair, str) else list(pair)
    if len(names) != 2 or not all(name.strip() for name in names):
        raise InvalidRequest(f"{pair!r} is not a pair of opposing powers.", choices=("USA,RUS", "USA,CHN"))
    one, other = (voter_named(name.strip(), state.code) for name in names)
    if one == other or state in (one, other):
        raise InvalidRequest(
            f"{state.name} between {one.name} and {other.name}: these must be three different states."
        )
    return one, other
