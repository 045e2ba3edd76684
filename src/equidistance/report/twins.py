"""Table twins: what a chart shows, as text in a real table; one value a year to keep it small."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from equidistance.figures.evidence import by_year
from equidistance.figures.rows import powers_of
from equidistance.figures.theme import CHANNEL_NAMES
from equidistance.tables import Table

NONE = "–"
"""What a cell without a value shows."""


@dataclass(frozen=True)
class Twin:
    """A table as text.

    Attributes:
        caption: what it holds, with the unit.
        header: column names; the first names the rows.
        rows: cells as text; the first of each row is its name.
        prose: the column that holds titles or sentences, which wrap; empty for none.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    prose: str = ""


def alignment(table: Table) -> tuple[Twin, ...]:
    """One table per channel: a row per year, a column per power."""
    last = "mean, and in brackets the 90% interval, in the year's last month; standard deviations"
    return tuple(
        _years_by_power(
            table,
            f"Alignment, {CHANNEL_NAMES[channel]} ({last})",
            lambda row: _estimate(row, "+.2f"),
            lambda row, channel=channel: row["channel"] == channel,  # type: ignore[misc]
        )
        for channel in CHANNEL_NAMES
    )


def orientation(table: Table) -> tuple[Twin, ...]:
    """Shares by year and power."""
    caption = "Share of the orientation (mean, and in brackets the 90% interval, in the year's last month)"
    return (_years_by_power(table, caption, lambda row: _estimate(row, ".1%")),)


def leads(table: Table) -> tuple[Twin, ...]:
    """Probabilities to lead by year and power."""
    caption = "Probability that the power leads (in the year's last month)"
    return (_years_by_power(table, caption, lambda row: _number(row["p_leads"], ".2f")),)


def gap(table: Table) -> tuple[Twin, ...]:
    """Words minus deeds by year and power."""
    caption = (
        "Words minus deeds (mean, 90% interval in brackets, probability that it is above zero; "
        "standard deviations, in the year's last month)"
    )
    return (
        _years_by_power(
            table, caption, lambda row: f"{_estimate(row, '+.2f')}, P {_number(row['p_positive'], '.2f')}"
        ),
    )


def breaks(table: Table) -> tuple[Twin, ...]:
    """Every break: of the state, then of single indicators."""
    header = ("Power", "in", "what jumped", "month", "between", "probability", "jump", "carried by")
    rows = tuple(
        (
            row["power_name"],
            CHANNEL_NAMES[row["channel"]],
            row["title"] or "the state's alignment",
            f"{row['period']:%Y-%m}",
            f"{row['earliest']:%Y-%m} to {row['latest']:%Y-%m}",
            _number(row["probability"], ".2f"),
            _estimate(row, "+.2f"),
            row["carried_by"],
        )
        for row in sorted(table, key=lambda row: row["kind"] != "state")
    )
    return (Twin("Breaks (jump: mean, and in brackets the 90% interval, standard deviations)", header, rows),)


def equidistance(table: Table) -> tuple[Twin, ...]:
    """Equidistance, leader and margin by year."""
    rows = tuple(
        (
            str(row["period"].year),
            _estimate(row, ".2f"),
            row["leader_name"] or NONE,
            _number(row["p_leader"], ".2f"),
            _number(row["margin"], ".2f"),
        )
        for row in _last_of_each_year(table.to_pylist())
    )
    header = ("year", "equidistance (90% interval)", "leader", "P(leads)", "margin over the next")
    return (Twin("Equidistance from 0 to 1, in the year's last month", header, rows),)


def drift(table: Table) -> tuple[Twin, ...]:
    """Every window, power and channel."""
    rows = tuple(
        (
            row["power_name"],
            CHANNEL_NAMES[row["channel"]],
            row["window"],
            f"{row['start']:%Y-%m} to {row['end']:%Y-%m}",
            _estimate(row, "+.3f"),
            _number(row["p_positive"], ".2f"),
        )
        for row in table
    )
    header = ("power", "in", "window", "months", "drift (90% interval)", "P(drift > 0)")
    return (Twin("Drift toward each power, standard deviations a year", header, rows),)


def sensitivity(indicators: Table, powers: Table) -> tuple[Twin, ...]:
    """Every indicator left out, and the powers' ranges over all choices."""
    left_out = tuple(
        (
            row["title"],
            f"{row['nominal']:.1%}",
            f"{row['importance']:.1%}",
            f"{row['leader']} (P {row['p_leader']:.2f})",
            f"{row['most_changed']} {row['change']:+.1%}",
        )
        for row in indicators
    )
    ranges = tuple(
        (
            row["power_name"],
            f"{row['share']:.0%} ({row['share_low']:.0%} to {row['share_high']:.0%})",
            f"{row['rank']} ({row['best_rank']} to {row['worst_rank']})",
            f"{row['leads']:.0%}",
            f"{row['drift']:+.2f} ({row['drift_low']:+.2f} to {row['drift_high']:+.2f})",
        )
        for row in powers
    )
    return (
        Twin(
            "Without each indicator: nominal weight, effective importance, who is closest, whose share changes most",
            ("indicator left out", "nominal", "importance", "closest", "most changed"),
            left_out,
        ),
        Twin(
            "Powers under all choices, lowest to highest",
            ("power", "share (range)", "rank (range)", "leads in", "drift a year (range)"),
            ranges,
        ),
    )


def exposure(table: Table, kinds: Table) -> tuple[Twin, ...]:
    """What each kind is and how concentrated; then a table per kind: a row per year and source, a column per power."""
    powers = powers_of(table)
    described = {row["kind"]: row for row in kinds}
    twins = [
        Twin(
            "What the shares are of, how concentrated they are over all partners, and how replaceable a partner is",
            (
                "kind",
                "share of",
                "unit of the amount",
                "last year",
                "HHI",
                "largest partner",
                "substitutability",
            ),
            tuple(
                (
                    row["kind"],
                    row["share_of"],
                    row["unit"],
                    str(row["year"]),
                    _number(row["hhi"], ".2f"),
                    f"{row['top_name']} ({_number(row['top_share'], '.0%')})" if row["top"] else NONE,
                    row["substitutability"],
                )
                for row in kinds
            ),
        )
    ]
    for kind in dict.fromkeys(table.arrow["kind"].to_pylist()):
        cells: dict[tuple[date, str], dict[str, str]] = {}
        for row in table:
            if row["kind"] == kind:
                cell = cells.setdefault((row["period"], row["source_id"]), {})
                cell[row["power"]] = _dependence(row)
        rows = tuple(
            (str(period.year), *(cell.get(code, NONE) for code, _ in powers), source)
            for (period, source), cell in sorted(cells.items())
        )
        unit = described[kind]["unit"] if kind in described else "amount"
        twins.append(
            Twin(
                f"Exposure: {kind} (share; in brackets what stands behind it; without a share {unit})",
                ("year", *(name for _, name in powers), "source version"),
                rows,
            )
        )
    return tuple(twins)


def _dependence(row: dict[str, Any]) -> str:
    """The share, or the amount where the whole is not known, with the word on it."""
    shown = _number(row["share"], ".1%") if row["share"] is not None else _number(row["amount"], ",.4g")
    return f"{shown} ({row['detail']})" if row["detail"] else shown


def evidence(table: Table) -> tuple[Twin, ...]:
    """A row per indicator: what it is, and how many observations each year has."""
    cells = by_year(table)
    if not cells:
        return ()
    years = range(min(cell["year"] for cell in cells), max(cell["year"] for cell in cells) + 1)
    found = {(cell["indicator"], cell["year"]): cell["observations"] for cell in cells}
    described = {cell["indicator"]: cell for cell in reversed(cells)}
    rows = tuple(
        (
            described[name]["title"],
            CHANNEL_NAMES[described[name]["channel"]],
            described[name]["instrument"],
            *(f"{found[name, year]:,}" if (name, year) in found else NONE for year in years),
        )
        for name in dict.fromkeys(cell["indicator"] for cell in cells)
    )
    header = ("indicator", "channel", "instrument", *(str(year) for year in years))
    return (Twin("Observations a year, all powers together", header, rows),)


def _years_by_power(
    table: Table,
    caption: str,
    text: Callable[[dict[str, Any]], str],
    wanted: Callable[[dict[str, Any]], bool] = lambda row: True,
) -> Twin:
    powers = powers_of(table)
    years: dict[int, dict[str, str]] = {}
    for row in _last_of_each_year([row for row in table if wanted(row)]):
        years.setdefault(row["period"].year, {})[row["power"]] = text(row)
    rows = tuple(
        (str(year), *(cells.get(code, NONE) for code, _ in powers)) for year, cells in sorted(years.items())
    )
    return Twin(caption, ("year", *(name for _, name in powers)), rows)


def _last_of_each_year(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last = {year: max(r["period"] for r in rows if r["period"].year == year) for year in _years(rows)}
    return [row for row in rows if row["period"] == last[row["period"].year]]


def _years(rows: list[dict[str, Any]]) -> set[int]:
    return {row["period"].year for row in rows}


def _estimate(row: dict[str, Any], form: str) -> str:
    if row["mean"] is None or row["mean"] != row["mean"]:
        return NONE
    return f"{_number(row['mean'], form)} ({_number(row['q05'], form)} to {_number(row['q95'], form)})"


def _number(value: float | None, form: str) -> str:
    """The number with a true minus sign."""
    return NONE if value is None or value != value else f"{value:{form}}".replace("-", "−")
