"""Everything that indicators read besides the evidence tables: powers, states, ideal points, lists of goods."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa

from equidistance.assessment.evidence import Progress
from equidistance.assessment.vote_positions import register_positions
from equidistance.ground.blocs import Bloc, get_bloc
from equidistance.ground.states import State
from equidistance.indicators.views import register_views
from equidistance.reexports.products import get_list

SANCTIONS_SINCE = date(2022, 3, 1)
"""First month in which the sanctions of 2022 on Russia could show in trade."""


def register_all(
    connection: Any,
    powers: Iterable[State | Bloc],
    subjects: Iterable[State] | None = None,
    progress: Progress | None = None,
) -> None:
    """Add every view of :mod:`equidistance.indicators.declare` to a store's connection.

    Args:
        connection: the store's.
        powers: the powers to measure against.
        subjects: the states to measure; all when not given.
        progress: told of what takes time.
    """
    register_views(connection, powers, subjects)
    register_positions(connection, progress)
    register_listed_goods(connection)


def register_listed_goods(connection: Any) -> None:
    """Add ``listed_goods(product)``, ``sanctioning(state, since)`` and ``sanctioned(state)``.

    The goods are the Common High Priority List, the sanctioning states the members of WEST in March 2022, the
    sanctioned ones Russia and Belarus, which share a customs territory and most of the measures.
    """
    products = sorted(get_list("chpl").groups())
    connection.register("listed_goods", pa.table({"product": pa.array(products, pa.string())}))
    members = sorted(get_bloc("WEST").members(SANCTIONS_SINCE))
    columns = {
        "state": pa.array(members, pa.string()),
        "since": pa.array([SANCTIONS_SINCE] * len(members), pa.date32()),
    }
    connection.register("sanctioning", pa.table(columns))
    connection.register("sanctioned", pa.table({"state": pa.array(["BLR", "RUS"], pa.string())}))
