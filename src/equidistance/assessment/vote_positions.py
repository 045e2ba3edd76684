"""Ideal points for the indicator of votes: estimated from the store's votes, put beside them as a table."""

from typing import Any

import numpy as np
import pyarrow.compute as pc

from equidistance.assessment.evidence import Progress
from equidistance.assessment.ideal_points import arranged_votes, fitted, positions_of, read_votes
from equidistance.assessment.ideal_points_tables import positions_table
from equidistance.assessment.repeated_votes import linked_items
from equidistance.assessment.voting_evidence import prepare_roll_calls

FEWEST_SESSIONS = 30
"""With fewer sessions of votes the positions are on a scale of their own, and are not made."""


def register_positions(connection: Any, progress: Progress | None = None) -> None:
    """Make the temporary table ``ideal_points`` (state, session, mean, sd, n, source_id) from the votes at hand.

    Nothing is made where fewer than :data:`FEWEST_SESSIONS` sessions have votes, or the United States cast none in a
    divided roll call.

    Args:
        connection: a store's connection.
        progress: told of the fit.
    """
    prepare_roll_calls(connection, "true")
    rolls, cast = read_votes(connection)
    voted = rolls.take(pc.unique(cast["number"]))
    if len(pc.unique(voted["session"])) < FEWEST_SESSIONS:
        return
    votes, names = arranged_votes(rolls, cast, np.array(linked_items(rolls, None), dtype=np.int64))
    anchors = positions_of("USA", names)
    if not len(anchors):
        return
    fit = fitted(votes, names, anchors, rolls, progress=progress)
    of_votes = rolls.take(cast["number"]).select(["session", "source_id"])
    for name, table in (("positions", positions_table(votes, fit, names).arrow), ("session_votes", of_votes)):
        connection.register(name, table)
    connection.execute(
        "create or replace temp table ideal_points as "
        "select state, session, mean, sd, n, source_id from positions "
        "join (select session, mode(source_id) as source_id from session_votes group by session) using (session)"
    )
    for name in ("positions", "session_votes"):
        connection.unregister(name)
