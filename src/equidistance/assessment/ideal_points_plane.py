"""Ideal points in two dimensions: where one line cannot hold all that divides the states."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from equidistance.assessment.ideal_points import anchors_of, beside, fitted, headline_of, read_evidence
from equidistance.assessment.ideal_points_result import voter_of
from equidistance.assessment.voting_request import select, voter_named
from equidistance.errors import InvalidRequest
from equidistance.models.scores import NORMAL_QUANTILES
from equidistance.tables import Table, plain_rows

DIMENSIONS = 2
AXES = ("USA", "RUS")
"""By default the first axis runs through the United States; on the second, Russia's mean is positive."""
_UNITS = {
    "dimension": "1 or 2",
    "session": "session of the General Assembly",
    "year": "year in which the session opens: 1945 + session",
    "mean": "position on the axis; over all state-sessions mean 0, standard deviation 1, uncorrelated",
    "sd": "standard deviation of the position given the items",
    "q05": "lower end of the 90 % interval",
    "q95": "upper end of the 90 % interval",
    "n": "votes behind the position",
}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class IdealPlane:
    """Positions of all states in all sessions in a plane.

    Attributes:
        positions: one row per state, session and dimension: state, session, year, dimension, mean, sd, q05, q95, n.
        items: one row per item: item, session, resolution, title, beta_1, beta_1_sd, beta_2, beta_2_sd, low, high.
        sources: the source versions used; n counts the votes that each gave.
        converged: whether the fit came to rest.
        headline: what this is, in a sentence.
        notes: what the reader must know.
        settings: what was asked for.
    """

    positions: Table
    items: Table
    sources: Table
    converged: bool
    headline: str
    notes: tuple[str, ...]
    settings: dict[str, Any]
    _mean: npt.NDArray[np.float64] = field(repr=False)
    _covariance: npt.NDArray[np.float64] = field(repr=False)
    _codes: tuple[str, ...] = field(repr=False)
    _session: npt.NDArray[np.int64] = field(repr=False)

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        return {name: getattr(self, name) for name in ("positions", "items", "sources")}

    def of(self, states: Sequence[str]) -> Table:
        """The rows of ``positions`` of some states, each with the states that it continues.

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a bloc, or a state without a position.
        """
        numbers = [number for name in states for number in self._places(name).values()]
        rows = [DIMENSIONS * number + axis for number in numbers for axis in range(DIMENSIONS)]
        return Table("positions", self.positions.arrow.take(pa.array(rows, pa.int64())), _UNITS)

    def distances(self, state: str, powers: Sequence[str], draws: int = 1000, seed: int = 1) -> Table:
        """Distance in the plane of a state to others in each session, by draws that know nothing of shared errors.

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a bloc, or a state without a position.
        """
        random = np.random.default_rng(seed)
        roots = np.linalg.cholesky(self._covariance)
        noise = random.standard_normal((draws, len(self._mean), DIMENSIONS))
        drawn = self._mean + np.einsum("pdc,npc->npd", roots, noise)
        mine, found = self._places(state), []
        for power in powers:
            if voter_of(voter_named(power).code) == voter_of(voter_named(state).code):
                continue
            theirs = self._places(power)
            for session in sorted(mine.keys() & theirs.keys()):
                apart = np.linalg.norm(drawn[:, mine[session]] - drawn[:, theirs[session]], axis=1)
                low, high = np.quantile(apart, [0.05, 0.95])
                found.append(
                    {"state": voter_named(state).code, "power": voter_named(power).code, "session": session,
                     "year": 1945 + session, "mean": float(apart.mean()), "sd": float(apart.std(ddof=1)),
                     "q05": float(low), "q95": float(high)}
                )  # fmt: skip
        if not found:
            raise InvalidRequest(
                f"There is no other state to measure {voter_named(state).name}'s distance to."
            )
        return Table("distances", pa.Table.from_pylist(found), _UNITS | {"mean": "distance in the plane"})

    def to_dict(self, states: Sequence[str] = ()) -> dict[str, Any]:
        """The content of the JSON format; with states, only their positions."""
        tables = self.tables | ({"positions": self.of(states)} if states else {})
        return {
            "method": "fast",
            "dimensions": DIMENSIONS,
            "converged": self.converged,
            "headline": self.headline,
            "settings": self.settings,
            "notes": list(self.notes),
            **{name: plain_rows(table) for name, table in tables.items()},
        }

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def _places(self, name: str) -> dict[int, int]:
        """Number of the position in each session of a state's line of succession."""
        state = voter_named(name)
        voter = voter_of(state.code)
        found = {
            int(self._session[number]): number
            for number, code in enumerate(self._codes)
            if voter_of(code) == voter
        }
        if not found:
            raise InvalidRequest(
                f"{state.name} ({state.code}) has no position: it cast none of the votes used.",
                hint="Widen the window, or leave the issue out.",
            )
        return found


def ideal_plane(
    votes: object = None,
    *,
    issue: str | None = None,
    since: str | int | date | None = None,
    until: str | int | date | None = None,
    important_only: bool = False,
    matches: str | Path | None = None,
    axes: Sequence[str] = AXES,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> IdealPlane:
    """Positions in two dimensions by the method ``fast``; rotation and reflection are fixed by two states.

    Args:
        votes: a table of votes, as for :func:`equidistance.assessment.ideal_points.ideal_points`.
        issue: only roll calls coded with this issue.
        since: first month of the votes.
        until: last month of the votes.
        important_only: only roll calls that the US Department of State called important.
        matches: CSV file of roll calls that repeat each other; by title when not given.
        axes: the first axis runs through the first state's mean, which is positive; on the second axis, where that
            mean is 0, the second state's is positive.
        store: the store to use; the user's own when not given.
        progress: told of the work.

    Raises:
        UnknownName, AmbiguousName: no such issue or state.
        InvalidRequest: not two different states as axes; the filters leave nothing, or nothing of an axis's state.
        BadFile: ``matches`` cannot be read.
        StoreError: there is no store, or it cannot be read.
    """
    from equidistance.models import ideal_points_plane

    if len(axes) != DIMENSIONS or voter_of(voter_named(axes[0]).code) == voter_of(voter_named(axes[1]).code):
        raise InvalidRequest(
            f"Two dimensions need two states to fix them, not {', '.join(axes)}.",
            choices=("USA,RUS", "USA,CHN"),
        )
    selection = select(since, until, issue, important_only)
    if progress:
        progress("Reading the votes", 0, 0)
    read = read_evidence(votes, store, selection, matches)
    arranged, names = read.arranged, read.names
    first, second = (anchors_of(voter_named(name), names) for name in axes)
    line = fitted(arranged, names, first, read.rolls, progress=progress).mean
    start = ideal_points_plane.crossed(line, beside(arranged, second))
    if not start[:, 1].any():
        raise InvalidRequest("These votes do not reach out of one line.", hint="Take one dimension.")
    found = ideal_points_plane.fit(arranged, start, progress=progress)
    found = ideal_points_plane.turned(found, first, second)
    notes = [
        f"Two dimensions: the first axis runs through {voter_named(axes[0]).name}, on the second "
        f"{voter_named(axes[1]).name}'s mean is positive.",
        "Intervals are those of a position given the items, narrower than a posterior's.",
    ]
    if not found.converged:
        notes.append("The fit did not come to rest: take these positions as rough.")
    return IdealPlane(
        positions=_positions(found, arranged, names),
        items=_items(found, arranged, read.rolls),
        sources=read.sources,
        converged=found.converged,
        headline=headline_of(arranged, selection).removesuffix(".") + ", in two dimensions.",
        notes=(*notes, *read.notes),
        settings={
            "method": "fast",
            "dimensions": DIMENSIONS,
            **selection.settings,
            "axes": [voter_named(name).code for name in axes],
            "matches": Path(matches).name if matches is not None else None,
        },
        _mean=found.mean,
        _covariance=found.covariance,
        _codes=tuple(names),
        _session=arranged.session,
    )


def _positions(found: Any, arranged: Any, names: Sequence[str]) -> Table:
    """Rows of the positions, dimension after dimension within each."""
    count = len(names)
    twice = np.repeat(np.arange(count), DIMENSIONS)
    mean = found.mean.ravel()
    sd = np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2)).ravel()
    session = arranged.session[twice]
    columns = {
        "state": pa.array(names, pa.string()).take(pa.array(twice)),
        "session": pa.array(session, pa.int16()),
        "year": pa.array(1945 + session, pa.int16()),
        "dimension": pa.array(np.tile(np.arange(1, DIMENSIONS + 1), count), pa.int8()),
        "mean": pa.array(mean),
        "sd": pa.array(sd),
        "q05": pa.array(mean + NORMAL_QUANTILES["q05"] * sd),
        "q95": pa.array(mean + NORMAL_QUANTILES["q95"] * sd),
        "n": pa.array(arranged.votes_of_position[twice], pa.int64()),
    }
    return Table("positions", pa.table(columns), _UNITS)


def _items(found: Any, arranged: Any, rolls: pa.Table) -> Table:
    first = rolls.take(pa.array(arranged.item_names))
    columns: dict[str, Any] = {"item": first["roll_call"]}
    columns |= {name: first[name] for name in ("session", "resolution", "title")}
    for axis in range(DIMENSIONS):
        columns[f"beta_{axis + 1}"] = pa.array(found.beta[:, axis])
        columns[f"beta_{axis + 1}_sd"] = pa.array(found.beta_sd[:, axis])
    columns |= {"low": pa.array(found.low), "high": pa.array(found.high)}
    units = {f"beta_{axis}": f"discrimination on axis {axis}" for axis in (1, 2)}
    return Table("items", pa.table(columns), units)
