"""A small in-memory store for tests of the annual indicators: evidence rows, coverage, powers and states."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import all_states

OPEN = date(9999, 12, 31)

Spell = tuple[str, str, date, date, bool]


def state_power(code: str, start: date = date(1946, 1, 1)) -> Spell:
    return (code, code, start, OPEN, False)


def member(bloc: str, code: str, start: date = date(1946, 1, 1), end: date = OPEN) -> Spell:
    return (bloc, code, start, end, True)


def small_store(
    tables: Mapping[str, Iterable[Mapping[str, Any]]],
    coverage: Iterable[tuple[str, date, date]],
    powers: Iterable[Spell],
) -> duckdb.DuckDBPyConnection:
    """A connection with the views that indicators read; rows need only the columns that matter.

    Args:
        tables: evidence rows by table; ``source_id`` is ``<source>@1`` where a row does not say.
        coverage: (source, first day, last day).
        powers: made with :func:`state_power` and :func:`member`.
    """
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    for name, evidence in TABLES.items():
        schema = evidence.schema.append(pa.field("source_id", pa.string()))
        rows = [
            {"file": "test", "row": line, **row} for line, row in enumerate(tables.get(name, ()), start=1)
        ]
        filled = pa.Table.from_pylist(rows, schema=pa.schema([field.with_nullable(True) for field in schema]))
        connection.register(name, filled)
    connection.register(
        "coverage",
        pa.Table.from_pylist(
            [
                {"source_id": f"{source}@1", "source": source, "start": start, "end": end}
                for source, start, end in coverage
            ],
            schema=pa.schema(
                [
                    ("source_id", pa.string()),
                    ("source", pa.string()),
                    ("start", pa.date32()),
                    ("end", pa.date32()),
                ]
            ),
        ),
    )
    names = ("power", "member", "start", "end", "is_bloc")
    connection.register(
        "power_members", pa.Table.from_pylist([dict(zip(names, spell, strict=True)) for spell in powers])
    )
    connection.register(
        "states",
        pa.table(
            {
                "state": [state.code for state in all_states()],
                "start": [state.start for state in all_states()],
                "end": [state.end or OPEN for state in all_states()],
            }
        ),
    )
    return connection


def values(rows: pa.Table) -> dict[tuple[str, str, int], float]:
    """(state, power, year) -> value."""
    return {(row["state"], row["power"], row["period"].year): row["value"] for row in rows.to_pylist()}
