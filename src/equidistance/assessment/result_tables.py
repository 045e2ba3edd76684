"""Posterior arrays of one state laid out as the tables of its assessment."""

from datetime import date
from math import erf, sqrt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance.assessment.estimates import ESTIMATE_COLUMNS, from_draws, from_normal
from equidistance.assessment.inputs import Inputs
from equidistance.assessment.orientation import Orientation, lead_lag
from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State
from equidistance.tables import Table

Floats = NDArray[np.float64]

WEIGHTS: dict[str, tuple[float, float]] = {"deed": (1.0, 0.0), "word": (0.0, 1.0), "overall": (0.5, 0.5)}
"""What each reported channel takes of (deeds, words); overall counts both alike."""

DRIFT_WINDOWS = (2, 5, 10)
"""Years of the drift windows, besides the whole period."""

LAGS = 3
"""Largest lag, in years, at which changes in words and deeds are compared."""

_UNITS = {
    "power": "code of the power",
    "power_name": "name of the power",
    "period": "first day of the month",
    "channel": "deed, word, or overall (the mean of both)",
    "p_leads": "posterior probability that this power is the closest",
    "leader": "power most probably the closest",
    "p_leader": "posterior probability of that",
    "margin": "posterior mean of closest minus second-closest alignment, standard deviations",
    "p_positive": "posterior probability that the quantity is above 0",
    "start": "first month of the window",
    "end": "last month of the window",
    "window": "the window in words",
}
_ALIGNMENT_UNIT = (
    "standard deviations of how close the world's states stand to the powers; 0 is the world mean"
)


_ESTIMATES = [(name, pa.float64()) for name in ESTIMATE_COLUMNS]
_TEXT = pa.string()
_DRIFT_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("power", "power_name", "channel", "window")),
        ("start", pa.date32()),
        ("end", pa.date32()),
        *_ESTIMATES,
        ("p_positive", pa.float64()),
    ]
)
_LEAD_LAG_SCHEMA = pa.schema(
    [
        ("power", _TEXT),
        ("power_name", _TEXT),
        ("lag_years", pa.int64()),
        *_ESTIMATES,
        ("p_positive", pa.float64()),
    ]
)


class ResultTables:
    """Lays arrays out as tables for some powers and months."""

    def __init__(
        self, powers: tuple[State | Bloc, ...], months: list[date], available: NDArray[np.bool_]
    ) -> None:
        self.powers, self.months, self.available = powers, months, available
        self.codes = [power.code for power in powers]
        self.names = {power.code: power.name for power in powers}

    def _grid(self) -> dict[str, Any]:
        """power, power_name, period for every available (month, power), power by power."""
        count = len(self.months)
        mask = self.available.T.ravel()
        power = np.repeat(self.codes, count)[mask]
        return {
            "power": power,
            "power_name": [self.names[code] for code in power],
            "period": pa.array(np.tile(np.array(self.months, dtype="datetime64[D]"), len(self.codes))[mask]),
        }

    def _masked(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Keep the available cells of columns flattened from (P, T)."""
        mask = self.available.T.ravel()
        return {name: np.asarray(column)[mask] for name, column in columns.items()}

    def alignment(self, mean: Floats, covariance: Floats) -> Table:
        """Alignment with each power, month and channel, from the posterior's normal marginals."""
        parts = []
        for channel, weights in WEIGHTS.items():
            w = np.array(weights)
            centre = np.einsum("c,tcp->pt", w, mean)
            spread = np.sqrt(np.einsum("c,tcep,e->pt", w, covariance, w))
            cells = self._grid() | {"channel": [channel] * int(self.available.sum())}
            parts.append(pa.table(cells | self._masked(from_normal(centre, spread))))
        return _table("alignment", pa.concat_tables(parts), mean=_ALIGNMENT_UNIT)

    def orientation(self, oriented: Orientation) -> Table:
        """The powers' shares and their chances to lead."""
        share = oriented.share.transpose(0, 2, 1)  # (draws, P, T)
        columns = self._masked(from_draws(share) | {"p_leads": oriented.leads.T.ravel()})
        return _table(
            "orientation", pa.table(self._grid() | columns), mean="share; the powers' shares sum to 1"
        )

    def equidistance(self, oriented: Orientation) -> Table:
        """Equidistance, leader and margin of each month with at least two powers."""
        leads = np.nan_to_num(oriented.leads, nan=-1.0)
        leader = [self.codes[i] for i in leads.argmax(axis=1)]
        columns: dict[str, Any] = {"period": pa.array(np.array(self.months, dtype="datetime64[D]"))}
        columns |= from_draws(oriented.equidistance)
        columns |= {
            "leader": leader,
            "leader_name": [self.names[code] for code in leader],
            "p_leader": leads.max(axis=1),
            "margin": oriented.margin.mean(axis=0),
        }
        table = pa.table(columns)
        return _table(
            "equidistance",
            table.filter(pc.is_finite(table["mean"])),
            mean="0 (one power only) to 1 (all powers alike)",
        )

    def drift(self, paths: Floats) -> Table:
        """Change a year over the whole period and the last years."""
        rows: list[pa.Table] = []
        for p, code in enumerate(self.codes):
            inside = np.flatnonzero(self.available[:, p])
            for label, begin, end in _drift_windows(inside):
                years = (end - begin) / 12
                for channel, weights in WEIGHTS.items():
                    change = (paths[:, end, p] - paths[:, begin, p]) @ np.array(weights) / years
                    rows.append(
                        pa.table(
                            {
                                "power": [code],
                                "power_name": [self.names[code]],
                                "channel": [channel],
                                "window": [label],
                                "start": [self.months[begin]],
                                "end": [self.months[end]],
                                **from_draws(change[:, None]),
                                "p_positive": [float((change > 0).mean())],
                            }
                        )
                    )
        table = pa.concat_tables(rows) if rows else _DRIFT_SCHEMA.empty_table()
        return _table("drift", table, mean="standard deviations a year")

    def gap(self, mean: Floats, covariance: Floats) -> Table:
        """Words minus deeds."""
        w = np.array([-1.0, 1.0])
        centre = np.einsum("c,tcp->pt", w, mean)
        spread = np.sqrt(np.einsum("c,tcep,e->pt", w, covariance, w))
        columns = from_normal(centre, spread) | {"p_positive": _normal_cdf(centre / spread).ravel()}
        return _table(
            "gap",
            pa.table(self._grid() | self._masked(columns)),
            mean="words minus deeds, standard deviations",
        )

    def lead_lag(self, paths: Floats) -> Table:
        """Whether yearly changes in words come before or after changes in deeds."""
        decembers = [i for i, month in enumerate(self.months) if month.month == 12]
        parts = []
        for p, code in enumerate(self.codes):
            years = [i for i in decembers if self.available[i, p]]
            if len(years) < LAGS + 4:
                continue
            deeds, words = paths[:, years, p, 0], paths[:, years, p, 1]
            correlation = lead_lag(words, deeds, LAGS)
            lags = np.arange(-LAGS, LAGS + 1)
            parts.append(
                pa.table(
                    {
                        "power": [code] * len(lags),
                        "power_name": [self.names[code]] * len(lags),
                        "lag_years": lags,
                        **from_draws(correlation),
                        "p_positive": (correlation > 0).mean(axis=0),
                    }
                )
            )
        table = pa.concat_tables(parts) if parts else _LEAD_LAG_SCHEMA.empty_table()
        return _table(
            "lead_lag",
            table,
            mean="correlation of yearly changes",
            lag_years="positive: words move first, in years",
        )

    def evidence(self, inputs: Inputs) -> Table:
        """How many values and raw records each indicator gave for each power and year."""
        grid = inputs.grid
        k, t, n = np.nonzero(np.isfinite(grid.value))
        years = grid.first_year + t // 12
        source = np.array(inputs.rows["source_id"].to_pylist(), dtype=object)[grid.row[k, t, n]]
        frame = pa.table(
            {
                "power": np.array(self.codes)[n],
                "indicator": np.array([one.name for one in grid.indicators])[k],
                "year": years,
                "source_id": pa.array(source, pa.string()),
                "records": grid.records[k, t, n],
            }
        )
        grouped = frame.group_by(["power", "indicator", "year", "source_id"]).aggregate(
            [("records", "count"), ("records", "sum")]
        )
        grouped = grouped.rename_columns(
            ["power", "indicator", "year", "source_id", "observations", "records"]
        )
        grouped = grouped.sort_by([(key, "ascending") for key in ("power", "indicator", "year", "source_id")])
        declared = {one.name: one for one in grid.indicators}
        named = [declared[name] for name in grouped["indicator"].to_pylist()]
        for column, values in (
            ("power_name", [self.names[code] for code in grouped["power"].to_pylist()]),
            ("title", [one.title for one in named]),
            ("channel", [one.channel for one in named]),
            ("instrument", [one.instrument for one in named]),
        ):
            grouped = grouped.append_column(column, pa.array(values, pa.string()))
        return _table(
            "evidence", grouped, observations="values the model saw", records="raw records behind them"
        )


def _drift_windows(inside: NDArray[np.int64]) -> list[tuple[str, int, int]]:
    """(label, first, last) positions of the whole period and of the last years."""
    if len(inside) < 13:
        return []
    begin, end = int(inside[0]), int(inside[-1])
    windows = [("whole period", begin, end)]
    windows += [
        (f"last {years} years", end - 12 * years, end) for years in DRIFT_WINDOWS if end - 12 * years > begin
    ]
    return windows


def _normal_cdf(values: Floats) -> Floats:
    return np.array([0.5 * (1 + erf(v / sqrt(2))) for v in values.ravel()]).reshape(values.shape)


def _table(name: str, arrow: pa.Table, **units: str) -> Table:
    docs = _UNITS | ESTIMATE_COLUMNS | units
    return Table(name, arrow, {column: docs[column] for column in arrow.column_names if column in docs})
