"""On which subjects does a state side with whom? Distances to powers, each issue fitted alone."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.assessment.ideal_points import ideal_points
from equidistance.assessment.ideal_points_result import IdealPoints, voter_of
from equidistance.assessment.voting_request import voter_named
from equidistance.errors import InvalidRequest
from equidistance.indicators.roll_calls import ISSUES
from equidistance.tables import Table

ALL_ISSUES = "all"
"""The row of all roll calls together."""
_COLUMNS = {
    "state": (pa.string(), None),
    "issue": (pa.string(), "issue, or all: every roll call of the window"),
    "power": (pa.string(), None),
    "sessions": (pa.int64(), "sessions in which the state and all powers voted on this issue"),
    "first_year": (pa.int64(), "year in which the first of them opened"),
    "last_year": (pa.int64(), "year in which the last of them opened"),
    "n": (pa.int64(), "votes of the state behind it"),
    "mean": (
        pa.float64(),
        "distance, mean over these sessions; the unit is the issue's own standard deviation",
    ),
    "sd": (pa.float64(), "standard deviation of that mean"),
    "q05": (pa.float64(), "lower end of its 90 % interval"),
    "q95": (pa.float64(), "upper end of its 90 % interval"),
    "p_nearest": (pa.float64(), "probability that this power stands nearest to the state on this issue"),
}

Progress = Callable[[str, int, int], None]


def issue_distances(
    states: Sequence[str],
    powers: Sequence[str],
    *,
    since: str | int | date | None = None,
    until: str | int | date | None = None,
    polarity: str = "USA",
    votes: object = None,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[Table, tuple[str, ...]]:
    """Distances of states to powers on each issue, over a window, and which power stands nearest.

    Every issue is fitted alone by the method ``fast``: the positions of one issue say nothing about another. Distances
    are in the standard deviation of all states on that issue, so that within an issue powers can be compared, and
    between issues only their order.

    Args:
        states: names or codes.
        powers: names or codes of at least two states.
        since: first month of the votes.
        until: last month of the votes.
        polarity: a state that votes on every issue; distances do not depend on it.
        votes: a table of votes; the store's votes when not given.
        store: the store to use; the user's own when not given.
        progress: told of the work.

    Returns:
        One row per state, issue and power (columns in the table's own docs), and what the reader must know.

    Raises:
        UnknownName, AmbiguousName: a name that is not exactly one state.
        InvalidRequest: a bloc, fewer than two powers besides a state, or nothing is left on any issue.
    """
    named = {voter_named(name).code: [voter_named(power).code for power in powers] for name in states}
    for code, others in named.items():
        named[code] = list(dict.fromkeys(one for one in others if voter_of(one) != voter_of(code)))
        if len(named[code]) < 2:
            raise InvalidRequest(
                "Which power stands nearest needs at least two powers.", choices=("RUS,USA", "RUS,CHN,USA")
            )
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for issue in (ALL_ISSUES, *ISSUES):
        if progress:
            progress(f"Issue {issue}", 0, 0)
        try:
            points = ideal_points(
                votes,
                issue=None if issue == ALL_ISSUES else issue,
                since=since,
                until=until,
                polarity=polarity,
                store=store,
            )
            for code, others in named.items():
                rows += _rows(points, code, others, issue)
        except InvalidRequest as error:
            notes.append(f"{issue} is left out: {error.args[0]}")
    if not rows:
        raise InvalidRequest("No issue has votes of the state and of all powers.", hint="Widen the window.")
    schema = pa.schema([(name, kind) for name, (kind, _) in _COLUMNS.items()])
    units = {name: unit for name, (_, unit) in _COLUMNS.items() if unit}
    return Table("issues", pa.Table.from_pylist(rows, schema=schema), units), tuple(notes)


def _rows(points: IdealPoints, state: str, powers: Sequence[str], issue: str) -> list[dict[str, Any]]:
    place = {code: points.by_session(voter_named(code)) for code in (state, *powers)}
    sessions = sorted(set.intersection(*(set(one) for one in place.values())))
    if not sessions:
        raise InvalidRequest(f"{state} and {', '.join(powers)} did not all vote in one session.")
    draws = points.draws()
    mine = draws[:, [place[state][session] for session in sessions]]
    apart = np.stack(
        [
            np.abs(mine - draws[:, [place[one][session] for session in sessions]]).mean(axis=1)
            for one in powers
        ],
        axis=1,
    )
    nearest = np.bincount(apart.argmin(axis=1), minlength=len(powers)) / len(apart)
    low, high = np.quantile(apart, [0.05, 0.95], axis=0)
    counts = points.positions.arrow["n"].to_numpy()
    return [
        {
            "state": state,
            "issue": issue,
            "power": power,
            "sessions": len(sessions),
            "first_year": 1945 + sessions[0],
            "last_year": 1945 + sessions[-1],
            "n": int(counts[[place[state][session] for session in sessions]].sum()),
            "mean": float(apart[:, number].mean()),
            "sd": float(apart[:, number].std(ddof=1)),
            "q05": float(low[number]),
            "q95": float(high[number]),
            "p_nearest": float(nearest[number]),
        }
        for number, power in enumerate(powers)
    ]
