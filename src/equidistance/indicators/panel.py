"""From indicator rows to arrays on a monthly grid: the panel of dyads x months that the model reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance.errors import InvalidRequest
from equidistance.indicators.declare import INDICATOR_SCHEMA, Indicator, all_indicators

MONTHS_PER_PERIOD = {"month": 1, "year": 12}


@dataclass(frozen=True)
class Panel:
    """Indicators of some dyads on a monthly grid that starts in a January.

    Attributes:
        dyads: N pairs (state, power).
        indicators: K declarations.
        first_year: year of the grid's first month.
        value: (K, T, N) on each indicator's link scale, NaN where missing; a year's value stands at its December.
        error: (K, T, N) standard errors.
        records: (K, T, N) number of raw records behind each value.
        row: (K, T, N) position of each value in the table the panel was made from, -1 where missing.
    """

    dyads: tuple[tuple[str, str], ...]
    indicators: tuple[Indicator, ...]
    first_year: int
    value: NDArray[np.float64]
    error: NDArray[np.float64]
    records: NDArray[np.int64]
    row: NDArray[np.int64]

    @property
    def months(self) -> int:
        """Number of months T."""
        return int(self.value.shape[1])

    def date_of(self, month: int) -> date:
        """First day of the grid's month ``month``."""
        return date(self.first_year + month // 12, month % 12 + 1, 1)


def compute(
    connection: object,
    indicators: Sequence[Indicator] | None = None,
    *,
    on_indicator: Callable[[Indicator], None] | None = None,
) -> pa.Table:
    """Run indicators on a store's connection (see :mod:`equidistance.indicators.declare` for the views it needs).

    Returns:
        Rows in :data:`INDICATOR_SCHEMA`, sorted by indicator, state, power and period, so that the order in which
        records entered the store leaves no trace.
    """
    tables = []
    for declared in indicators if indicators is not None else all_indicators().values():
        if on_indicator is not None:
            on_indicator(declared)
        rows = declared.compute(connection)
        names = pa.array([declared.name] * rows.num_rows, pa.string())
        rows = rows.append_column("indicator", names).select(INDICATOR_SCHEMA.names).cast(INDICATOR_SCHEMA)
        finite = pc.and_(pc.is_finite(rows["value"]), pc.is_finite(rows["se"]))
        if not pc.all(finite, min_count=0).as_py():  # no rows at all are fine
            raise AssertionError(f"indicator {declared.name} returned a value or error that is not finite")
        tables.append(rows.sort_by([(key, "ascending") for key in ("state", "power", "period")]))
    return pa.concat_tables(tables) if tables else INDICATOR_SCHEMA.empty_table()


def build(
    rows: pa.Table,
    dyads: Sequence[tuple[str, str]],
    indicators: Sequence[Indicator],
    first_year: int,
    last_year: int,
) -> Panel:
    """Lay indicator rows out on the grid.

    Args:
        rows: in :data:`INDICATOR_SCHEMA`; rows of other dyads, indicators or years are left out.
        dyads: the dyads, in the order wanted.
        indicators: the indicators, in the order wanted.
        first_year: first year of the grid.
        last_year: last year of the grid, inclusive.

    Raises:
        InvalidRequest: the years are the wrong way round.
    """
    if last_year < first_year:
        raise InvalidRequest(f"The period ends ({last_year}) before it starts ({first_year}).")
    shape = (len(indicators), 12 * (last_year - first_year + 1), len(dyads))
    value = np.full(shape, np.nan)
    error, records, row = np.zeros(shape), np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    k = _positions(rows["indicator"], [one.name for one in indicators])
    pairs = pc.binary_join_element_wise(rows["state"].cast(pa.string()), rows["power"].cast(pa.string()), ">")
    n = _positions(pairs, [f"{state}>{power}" for state, power in dyads])
    year = pc.year(rows["period"]).to_numpy()
    month = pc.month(rows["period"]).to_numpy()
    length = np.array([MONTHS_PER_PERIOD[one.freq] for one in indicators], dtype=np.int64)
    wanted = (k >= 0) & (n >= 0) & (year >= first_year) & (year <= last_year)
    where = np.flatnonzero(wanted)
    k, n = k[where], n[where]
    t = 12 * (year[where] - first_year) + month[where] - 1 + length[k] - 1
    value[k, t, n] = rows["value"].to_numpy()[where]
    error[k, t, n] = rows["se"].to_numpy()[where]
    records[k, t, n] = rows["n"].to_numpy()[where]
    row[k, t, n] = where
    return Panel(tuple(dyads), tuple(indicators), first_year, value, error, records, row)


def ending_by(rows: pa.Table, last: date) -> pa.Table:
    """The rows whose whole period lies at or before the month ``last``."""
    month = 12 * last.year + last.month
    start = pc.add(pc.multiply(pc.year(rows["period"]), 12), pc.month(rows["period"]))
    length = pc.if_else(pc.equal(rows["freq"].cast(pa.string()), "year"), 12, 1)
    return rows.filter(pc.less_equal(pc.subtract(pc.add(start, length), 1), month))


def _positions(column: pa.ChunkedArray, order: Sequence[str]) -> NDArray[np.int64]:
    found = pc.index_in(column.cast(pa.string()), value_set=pa.array(order, pa.string()))
    positions: NDArray[np.int64] = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    return positions
