"""Ideal points as they are handed out: positions, items, diagnostics, and what follows from them for one state."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from equidistance.assessment.ideal_points_tables import CAST, POSITIONS
from equidistance.assessment.voting_request import voter_named
from equidistance.errors import InvalidRequest
from equidistance.ground.states import State, all_states, get_state
from equidistance.tables import Table, plain_rows

if TYPE_CHECKING:
    import altair as alt

    from equidistance.models.roll_calls import Fit, RollCalls

MOST_LINES = 8
"""More lines in one picture cannot be told apart."""


@dataclass(frozen=True, eq=False)
class IdealPoints:
    """Positions of all states in all sessions, and what follows from them.

    Attributes:
        positions: one row per state and session: state, session, year, mean, sd, q05, q95, n.
        items: one row per item: item, roll_calls, session (first), last_session, resolution, title, yes, abstain, no,
            beta, beta_sd, low, low_sd, high, high_sd.
        diagnostics: one row per session: level and spread of the positions, and for sampling methods their R-hat and
            effective number of draws; the largest R-hat of a position of the session.
        sources: the source versions used; n counts the votes that each gave.
        method: fast, published or posterior.
        converged: whether the method met its criterion (sampling methods: all R-hat of positions below 1.01).
        headline: what this is, in a sentence.
        notes: what the reader must know.
        settings: what was asked for.
        fit: the arrays behind the tables.
    """

    positions: Table
    items: Table
    diagnostics: Table
    sources: Table
    method: str
    converged: bool
    headline: str
    notes: tuple[str, ...]
    settings: dict[str, Any]
    fit: "Fit" = field(repr=False)
    _votes: "RollCalls" = field(repr=False)
    _codes: tuple[str, ...] = field(repr=False)
    _rolls: pa.Table = field(repr=False)
    _roll_of_vote: npt.NDArray[np.int64] = field(repr=False)

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        names = ("positions", "items", "diagnostics", "sources")
        return {name: getattr(self, name) for name in names}

    def of(self, states: Sequence[str]) -> Table:
        """The rows of ``positions`` of some states, each with the states that it continues (Russia the Soviet Union).

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a bloc, or a state without a position.
        """
        rows = [row for line in self.lines(states).values() for row in self._rows(line)]
        return Table("positions", self.positions.arrow.take(pa.array(rows, pa.int64())), POSITIONS)

    def lines(self, states: Sequence[str]) -> dict[str, State]:
        """One state for each line of succession asked for, by its name in a picture: ``Soviet Union / Russia``.

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a bloc, or a state without a position.
        """
        found: dict[str, State] = {}
        for state in map(voter_named, states):
            rows = self._rows(state)
            codes = dict.fromkeys(self._codes[row] for row in rows)
            found.setdefault(" / ".join(get_state(code).name for code in codes), state)
        return found

    def draws(self, count: int = 1000, seed: int = 1) -> npt.NDArray[np.float64]:
        """Draws of the positions, shape (draws, rows of ``positions``).

        The sampling methods give the draws they kept; ``fast`` gives ``count`` independent normal ones, which know
        nothing of errors that states share.
        """
        if self.fit.draws is not None:
            return self.fit.draws.astype(np.float64)
        random = np.random.default_rng(seed)
        return self.fit.mean + self.fit.sd * random.standard_normal((count, len(self.fit.mean)))

    def drawn(self, states: Sequence[str]) -> Table:
        """:meth:`draws` of some states' positions as a table: draw, state, session, year, position.

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a bloc, or a state without a position.
        """
        rows = [row for line in self.lines(states).values() for row in self._rows(line)]
        draws = self.draws()[:, rows]
        kept = self.positions.arrow.select(["state", "session", "year"]).take(pa.array(rows, pa.int64()))
        table = kept.take(pa.array(np.tile(np.arange(len(rows)), len(draws))))
        table = table.add_column(0, "draw", pa.array(np.repeat(np.arange(len(draws)), len(rows)) + 1))
        return Table(
            "draws",
            table.append_column("position", pa.array(draws.ravel())),
            _only(POSITIONS, ("session", "year")),
        )

    def distances(self, state: str, powers: Sequence[str]) -> Table:
        """Distance of a state to others in each session, with the posterior of the distance.

        The state itself, and what it continues, is left out of ``powers``.

        Returns:
            One row per power and session in which both voted: state, power, session, year, mean, sd, q05, q95 (of the
            absolute difference of positions) and ``p_above``, the probability that the state stands on the positive
            side of the power.

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a bloc, no power but the state itself, or a state without a position.
        """
        draws = self.draws()
        one = voter_named(state)
        others = [other for other in map(voter_named, powers) if voter_of(other.code) != voter_of(one.code)]
        if not others:
            raise InvalidRequest(f"There is no other state to measure {one.name}'s distance to.")
        mine = self.by_session(one)
        found: list[dict[str, Any]] = []
        for other in others:
            theirs = self.by_session(other)
            for session in sorted(mine.keys() & theirs.keys()):
                apart = draws[:, mine[session]] - draws[:, theirs[session]]
                distance = np.abs(apart)
                low, high = np.quantile(distance, [0.05, 0.95])
                found.append(
                    {
                        "state": one.code,
                        "power": other.code,
                        "session": session,
                        "year": 1945 + session,
                        "mean": float(distance.mean()),
                        "sd": float(distance.std(ddof=1)),
                        "q05": float(low),
                        "q95": float(high),
                        "p_above": float((apart > 0).mean()),
                    }
                )
        units = POSITIONS | {"mean": "distance of the positions", "p_above": "P(the state stands above)"}
        names = ("state", "power", "session", "year", "mean", "sd", "q05", "q95", "p_above")
        schema = pa.schema([(name, _KINDS.get(name, pa.float64())) for name in names])
        return Table("distances", pa.Table.from_pylist(found, schema=schema), _only(units, names))

    def predicted(self, state: str) -> Table:
        """For each vote of a state the probability that the fit gives to yes, abstention and no.

        Averaged over the draws where there are draws, else at the means.
        """
        chosen = self._votes_of(state)
        chances = self._chances(chosen)
        columns = self._described(chosen)
        for number, name in enumerate(CAST):
            columns[f"p_{name}"] = pa.array(chances[:, number])
        columns["p_cast"] = pa.array(chances[np.arange(len(chosen)), self._votes.vote[chosen]])
        units = {f"p_{name}": f"probability of {name}" for name in CAST} | {
            "p_cast": "probability of the vote cast"
        }
        table = pa.table(columns).sort_by([("date", "ascending"), ("roll_call", "ascending")])
        return Table("predicted", table, units)

    def pivotal(self, state: str, count: int = 20) -> Table:
        """The votes that moved a state most: how its position of the session would differ without each.

        The change is the vote's score over the position's whole precision (one Newton step of leaving it out).

        Returns:
            ``count`` rows, largest change first: state, session, date, roll_call, resolution, title, vote, moved.
        """
        chosen = self._votes_of(state)
        moved = _score(self._votes, self.fit, chosen) * self.fit.sd[self._votes.position[chosen]] ** 2
        order = np.argsort(-np.abs(moved), kind="stable")[:count]
        columns = self._described(chosen[order])
        columns["moved"] = pa.array(moved[order])
        return Table(
            "pivotal", pa.table(columns), {"moved": "change of the position, in its units, by this vote"}
        )

    def plot(self, states: Sequence[str], *, interactive: bool = True) -> "alt.TopLevelMixin":
        """Positions of some states over the years with 90 % bands, as an Altair chart.

        Args:
            states: names or codes; states of one line of succession share a line.
            interactive: whether to add tooltips.

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a bloc, a state without a position, no state, or more lines than a picture can hold.
        """
        from equidistance.figures import ideal_points

        shown = self._shown(states)
        words = ideal_points.caption(*shown, self.headline)
        return ideal_points.chart(*shown, caption=words, interactive=interactive)

    def report(
        self, path: str | Path, states: Sequence[str], *, distance_to: Sequence[str] = (), pivotal: int = 0
    ) -> Path:
        """Write one HTML file that opens offline: picture, positions, and the tables behind them.

        Args:
            path: where to.
            states: states of the picture and the tables.
            distance_to: powers; for each other state a table of distances to them.
            pivotal: how many pivotal votes of each state are listed.
        """
        from equidistance.report.ideal_points import write

        return write(self, path, self._shown(states), distance_to, pivotal)

    def to_dict(self, states: Sequence[str] = ()) -> dict[str, Any]:
        """The content of the JSON format; with states, only their positions."""
        tables = self.tables | ({"positions": self.of(states)} if states else {})
        return {
            "method": self.method,
            "converged": self.converged,
            "headline": self.headline,
            "settings": self.settings,
            "notes": list(self.notes),
            **{name: plain_rows(table) for name, table in tables.items()},
        }

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def _shown(self, states: Sequence[str]) -> tuple[Table, dict[str, str]]:
        """The rows of a picture, each with the ``line`` it belongs to, and for each line a code, which has a colour."""
        lines = self.lines(states)
        refuse_crowd(list(lines))
        parts = []
        for name, state in lines.items():
            rows = self.positions.arrow.take(pa.array(self._rows(state)))
            parts.append(rows.append_column("line", pa.array([name] * len(rows))))
        return Table("positions", pa.concat_tables(parts)), {name: one.code for name, one in lines.items()}

    def _rows(self, state: State) -> list[int]:
        """Rows of ``positions`` over the whole line of succession, by session."""
        voter = voter_of(state.code)
        rows = [number for number, code in enumerate(self._codes) if voter_of(code) == voter]
        if not rows:
            raise InvalidRequest(
                f"{state.name} ({state.code}) has no position: it cast none of the votes used.",
                hint="Widen the window, or leave the issue out.",
            )
        return rows

    def by_session(self, state: State) -> dict[int, int]:
        """Row of ``positions`` in each session of a state's line of succession; raises as :meth:`of`."""
        return {int(self._votes.session[row]): row for row in self._rows(state)}

    def _votes_of(self, state: str) -> npt.NDArray[np.int64]:
        """Numbers of the votes that a state, or one that it continues, cast."""
        chosen: npt.NDArray[np.int64] = np.flatnonzero(
            np.isin(self._votes.position, self._rows(voter_named(state)))
        )
        return chosen

    def _described(self, chosen: npt.NDArray[np.int64]) -> dict[str, Any]:
        rolls = self._rolls.take(pa.array(self._roll_of_vote[chosen]))
        names = ("session", "date", "roll_call", "resolution", "title")
        codes = [self._codes[position] for position in self._votes.position[chosen]]
        votes = [CAST[vote] for vote in self._votes.vote[chosen]]
        columns: dict[str, Any] = {"state": pa.array(codes, pa.string())}
        columns |= {name: rolls[name] for name in names}
        return columns | {"vote": pa.array(votes, pa.string())}

    def _chances(self, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        fit = self.fit
        item, position = self._votes.item[chosen], self._votes.position[chosen]
        if fit.draws is None or fit.item_draws is None:
            items = fit.items
            return _probabilities(items.beta[item] * fit.mean[position], items.low[item], items.high[item])
        total = np.zeros((len(chosen), 3))
        used = range(0, len(fit.draws), max(1, len(fit.draws) // 200))
        for draw in used:
            beta, low, high = fit.item_draws[draw][:, item].astype(np.float64)
            total += _probabilities(beta * fit.draws[draw][position], low, high)
        return total / len(used)


_KINDS = {"state": pa.string(), "power": pa.string(), "session": pa.int16(), "year": pa.int16()}


def refuse_crowd(states: Sequence[str]) -> None:
    """Refuse a picture of no state, or of more states than can be told apart.

    Raises:
        InvalidRequest: so it is.
    """
    if not states:
        raise InvalidRequest("A picture needs a state.", hint="Name some with --state.")
    if len(states) > MOST_LINES:
        raise InvalidRequest(
            f"A picture holds at most {MOST_LINES} states, and {len(states)} were asked for.",
            hint="Name fewer with --state, or write .csv or .json.",
        )


def voter_of(code: str) -> int | str:
    """Who votes under a code: a line of succession has one number (the Soviet Union and Russia share COW's 365)."""
    return _cow_numbers().get(code, code)


@cache
def _cow_numbers() -> dict[str, int | str]:
    return {state.code: min(state.cow) for state in all_states() if state.cow}


def _only(units: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: units[name] for name in names if name in units}


def _probabilities(
    middle: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """P(yes), P(abstain), P(no), shape (V, 3)."""
    from equidistance.models.normal import cdf_of

    yes, no = cdf_of(low - middle), cdf_of(middle - high)
    return np.stack([yes, np.maximum(1 - yes - no, 0.0), no], axis=1)


def _score(votes: "RollCalls", fit: "Fit", chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Derivative of the log likelihood of each chosen vote by its position."""
    from equidistance.models.normal import cdf_of, pdf_of

    item, position = votes.item[chosen], votes.position[chosen]
    beta = fit.items.beta[item]
    middle = beta * fit.mean[position]
    below, above = fit.items.low[item] - middle, fit.items.high[item] - middle
    vote = votes.vote[chosen]
    chance = np.choose(vote, [cdf_of(below), cdf_of(above) - cdf_of(below), cdf_of(-above)])
    slope = np.choose(vote, [-pdf_of(below), pdf_of(below) - pdf_of(above), pdf_of(above)])
    score: npt.NDArray[np.float64] = beta * slope / np.maximum(chance, 1e-12)
    return score
