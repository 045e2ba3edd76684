"""The views that indicators read besides the evidence tables: who the powers are, and when each state existed."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from equidistance.ground.blocs import Bloc, all_blocs
from equidistance.ground.states import State, all_states

if TYPE_CHECKING:
    import duckdb

OPEN_END = date(9999, 12, 31)
"""Stands for "still" in the views, so that every comparison with an end is plain."""

GROUND_CHECKED = date(2025, 12, 31)
"""The day to which the project's list of bloc members was checked (``data/ground/README.md``)."""

CONSTRUCTS = ("WEST",)
"""Blocs of the project's own making: nobody joins them."""

_MEMBERS = pa.schema(
    [
        ("power", pa.string()),
        ("member", pa.string()),
        ("start", pa.date32()),
        ("end", pa.date32()),
        ("is_bloc", pa.bool_()),
    ]
)


def register_views(
    connection: "duckdb.DuckDBPyConnection",
    powers: Iterable[State | Bloc],
    subjects: Iterable[State] | None = None,
) -> None:
    """Add ``power_members`` and ``states`` (:mod:`equidistance.indicators.declare`) to a store's connection.

    Args:
        connection: the store's.
        powers: the powers to measure against.
        subjects: the states to measure; all when not given. One state takes seconds where all take minutes.
    """
    members = []
    for power in powers:
        if isinstance(power, Bloc):
            spells = [(spell.state, spell.start, spell.end) for spell in power.spells]
        else:
            spells = [(power.code, power.start, power.end)]
        members += [
            {
                "power": power.code,
                "member": member,
                "start": start,
                "end": end or OPEN_END,
                "is_bloc": isinstance(power, Bloc),
            }
            for member, start, end in spells
        ]
    connection.register("power_members", pa.Table.from_pylist(members, schema=_MEMBERS))
    states = all_states() if subjects is None else tuple(subjects)
    existence = {
        "state": pa.array([one.code for one in states], pa.string()),
        "start": pa.array([one.start for one in states], pa.date32()),
        "end": pa.array([one.end or OPEN_END for one in states], pa.date32()),
    }
    connection.register("states", pa.table(existence))


def register_blocs(connection: "duckdb.DuckDBPyConnection") -> None:
    """Add ``bloc_spells(bloc, member, start, "end")`` of every real bloc, and ``bloc_horizon(last_day)``.

    Args:
        connection: the store's.
    """
    spells = [
        {"bloc": bloc.code, "member": spell.state, "start": spell.start, "end": spell.end or OPEN_END}
        for bloc in all_blocs()
        if bloc.code not in CONSTRUCTS
        for spell in bloc.spells
    ]
    schema = pa.schema(
        [("bloc", pa.string()), ("member", pa.string()), ("start", pa.date32()), ("end", pa.date32())]
    )
    connection.register("bloc_spells", pa.Table.from_pylist(spells, schema=schema))
    connection.register("bloc_horizon", pa.table({"last_day": pa.array([GROUND_CHECKED], pa.date32())}))
