"""How a screen's rows become tables with fixed columns, and amounts become words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.tables import Table

_TEXT = frozenset(
    (
        *("product", "name", "group", "evidence", "currency", "note", "flow", "basket", "against"),
        *("counterfactual", "kind", "who", "since", "finding", "origin", "destination", "source", "title"),
        *("licence", "address", "source_id", "state", "span"),
    )
)
_WHOLE = frozenset(("rank", "goods", "of", "placebos", "strong", "moderate", "rows"))
_DATES = frozenset(("onset", "onset_low", "onset_high", "period", "listed_from"))
_FLAGS = frozenset(("onset_clear", "in_part"))


def table_of(name: str, rows: Sequence[Mapping[str, Any]], described: Mapping[str, str]) -> Table:
    """A table with fixed columns and types, so that an empty one has them too."""
    columns = {}
    for column in described:
        kind = (
            pa.string()
            if column in _TEXT
            else pa.int64()
            if column in _WHOLE
            else pa.date32()
            if column in _DATES
            else pa.bool_()
            if column in _FLAGS
            else pa.float64()
        )
        columns[column] = pa.array([row.get(column) for row in rows], kind)
    return Table(name, pa.table(columns), dict(described))


def money(value: float | None, currency: str) -> str:
    """An amount in words: ``EUR 3.4 million``."""
    if value is None or not np.isfinite(value):
        return "unknown"
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if abs(value) >= size:
            return f"{currency} {value / size:,.1f} {name}".strip()
    return f"{currency} {value:,.0f}".strip()


def finite(value: float) -> float | None:
    """The number, or None where it is not one."""
    return float(value) if np.isfinite(value) else None
