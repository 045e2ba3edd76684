"""Ideal points for the indicator of votes: estimated from the store's votes, put beside them as a table."""

from typing import Any

import numpy as np

from equidistance.assessment.evidence import Progress
from equidistance.assessment.ideal_points import ideal_points
from equidistance.indicators.roll_calls import SESSION, used_roll_calls

FEWEST_SESSIONS = 30
"""With fewer sessions of votes the positions are on a scale of their own, and are not made."""


def register_positions(connection: Any, progress: Progress | None = None) -> None:
    """Make the temporary table ``ideal_points`` (state, session, mean, sd, n, source_id) from the votes at hand.

    Nothing is made where fewer than :data:`FEWEST_SESSIONS` sessions have votes, or the United States cast none.

    Args:
        connection: a store's connection.
        progress: told of the fit.
    """
    votes = connection.sql(
        f"select r.roll_call, v.state, v.vote, r.date, {SESSION} as session, r.resolution, r.title, r.source_id "
        f"from ({used_roll_calls(connection)}) r join (select roll_call, state, vote from votes) v using (roll_call) "
        "where v.vote in ('yes', 'abstain', 'no')"
    ).to_arrow_table()
    sessions = votes["session"].to_numpy(zero_copy_only=False)
    voters = set(votes["state"].unique().to_pylist())
    if len(np.unique(sessions)) < FEWEST_SESSIONS or "USA" not in voters:
        return
    found = ideal_points(votes, progress=progress)
    connection.register("session_votes", votes.select(["session", "source_id"]))
    connection.register("positions", found.positions.arrow)
    connection.execute(
        "create or replace temp table ideal_points as "
        "select state, session, mean, sd, n, source_id from positions "
        "join (select session, mode(source_id) as source_id from session_votes group by session) using (session)"
    )
    connection.unregister("session_votes")
    connection.unregister("positions")
