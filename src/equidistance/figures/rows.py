"""From result tables to the few rows a chart draws, and what a figure needs of an assessment."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.tables import Table

MOST_POINTS = 140
"""A line gets at most this many points: a quarter of a century by quarters, ten years by months."""


class Named(Protocol):
    """A state or a power: its code and its name."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102


class Assessed(Protocol):
    """What the figures and the report read of an assessment; the columns are those of its tables' docs."""

    @property
    def state(self) -> Named: ...  # noqa: D102
    @property
    def powers(self) -> tuple[Any, ...]: ...  # noqa: D102
    @property
    def start(self) -> date: ...  # noqa: D102
    @property
    def end(self) -> date: ...  # noqa: D102
    @property
    def headline(self) -> str: ...  # noqa: D102
    @property
    def summary(self) -> str: ...  # noqa: D102
    @property
    def alignment(self) -> Table: ...  # noqa: D102
    @property
    def orientation(self) -> Table: ...  # noqa: D102
    @property
    def equidistance(self) -> Table: ...  # noqa: D102
    @property
    def drift(self) -> Table: ...  # noqa: D102
    @property
    def gap(self) -> Table: ...  # noqa: D102
    @property
    def breaks(self) -> Table: ...  # noqa: D102
    @property
    def exposure(self) -> Table: ...  # noqa: D102
    @property
    def evidence(self) -> Table: ...  # noqa: D102
    @property
    def sources(self) -> Table: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def settings(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def sensitivity(self) -> Any: ...  # noqa: D102


def drawn_periods(table: Table) -> list[date]:
    """The periods a chart draws: every one, or every third, sixth ... counted back from the last."""
    periods: list[date] = sorted(pc.unique(table.arrow["period"]).to_pylist())
    step = next(
        step
        for step in (1, 3, 6, 12, 24, 60, 120, 1200)
        if len(periods) / step <= MOST_POINTS or step == 1200
    )
    return periods[::-1][::step][::-1]


def rows_at(table: Table, periods: Iterable[date]) -> list[dict[str, Any]]:
    """The table's rows at the given periods, floats rounded for drawing, dates as ISO text."""
    wanted = pa.array(list(periods), type=table.arrow.schema.field("period").type)
    return [
        plain(row)
        for row in table.arrow.filter(pc.is_in(table.arrow["period"], value_set=wanted)).to_pylist()
    ]


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as JSON can hold it: dates as ISO text, floats with three decimals, not-a-number as null."""
    return {key: _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


def powers_of(table: Table) -> list[tuple[str, str]]:
    """Code and name of each power in the table, in order of first appearance."""
    pairs = zip(table.arrow["power"].to_pylist(), table.arrow["power_name"].to_pylist(), strict=True)
    return list(dict.fromkeys(pairs))


def next_periods(periods: list[date]) -> dict[str, str]:
    """For each drawn period the following one (the last: one month on), both as ISO text."""
    last = periods[-1]
    after = date(last.year + last.month // 12, last.month % 12 + 1, 1)
    return {a.isoformat(): b.isoformat() for a, b in zip(periods, [*periods[1:], after], strict=True)}


def month_name(period: str) -> str:
    """``March 2014`` from ``2014-03-01``."""
    return f"{date.fromisoformat(period):%B %Y}"


def evidence_spans(evidence: Table, start: date, end: date) -> list[dict[str, Any]]:
    """Unbroken runs of years with evidence, cut to start and end: ``power, channel, from, to`` (ISO text)."""
    years: dict[tuple[str, str], set[int]] = {}
    for row in evidence:
        if start.year <= row["year"] <= end.year and row["observations"]:
            years.setdefault((row["power"], row["channel"]), set()).add(row["year"])
    spans = []
    for (power, channel), seen in years.items():
        for first, last in _runs(sorted(seen)):
            cut = max(date(first, 1, 1), start), min(date(last + 1, 1, 1), end)
            spans.append(
                {"power": power, "channel": channel, "from": cut[0].isoformat(), "to": cut[1].isoformat()}
            )
    return spans


def _runs(years: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for year in years:
        if runs and runs[-1][1] == year - 1:
            runs[-1] = runs[-1][0], year
        else:
            runs.append((year, year))
    return runs


def last_rows(table: Table) -> list[dict[str, Any]]:
    """The rows of the table's last period."""
    column = table.arrow["period"]
    return table.arrow.filter(pc.equal(column, pc.max(column))).to_pylist() if len(table) else []
