"""Results as text for the terminal."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.cli.terminal import console, safe
from equidistance.printable import plural
from equidistance.tables import Table

if TYPE_CHECKING:
    from equidistance.assessment.assess import Assessment
    from equidistance.assessment.sensitivity import Sensitivity
    from equidistance.assessment.why import Explanation


def show_assessment(assessment: "Assessment", options: Mapping[str, object] | None = None) -> None:
    """Headline, summary, and for each power the alignment and what follows from it.

    Args:
        assessment: the assessment.
        options: the options it was asked for with, which ``why`` needs too to explain the same numbers.
    """
    out = console()
    out.print(f"[bold]{safe(assessment.headline)}[/bold]\n\n{safe(assessment.summary)}\n")
    end = assessment.end
    alignments, shares, gaps, drifts = (
        _LastMonth(table, end)
        for table in (assessment.alignment, assessment.orientation, assessment.gap, assessment.drift)
    )
    alignment, position, absent = [], [], []
    for power in assessment.powers:
        channels = [alignments.of(power.code, channel=channel) for channel in ("deed", "word", "overall")]
        alignment.append([power.name, *map(interval, channels)])
        share = shares.of(power.code)
        drift = drifts.of(power.code, channel="overall", window="last 10 years")
        leads = ["-", "-"] if share is None else [f"{share['mean']:.0%}", f"{share['p_leads']:.2f}"]
        position.append([power.name, *leads, interval(gaps.of(power.code)), interval(drift)])
        if not any(channels):
            absent.append(power.name)
    title = f"{assessment.state.name} in {end:%B %Y}"
    # Two tables, so that a terminal of 80 columns shows every number whole.
    grid(
        f"{title}: alignment in standard deviations, mean (90% interval)",
        ["Power", "Deeds", "Words", "Overall"],
        alignment,
    )
    out.print()
    grid(
        f"{title}: orientation, gap, and overall drift of the last 10 years",
        ["Power", "Share", "P(closest)", "Words - deeds", "Drift a year"],
        position,
    )
    out.print()
    if len(assessment.breaks):
        show_breaks(assessment)
        out.print()
    _show_exposure(assessment)
    if absent:
        out.print(
            f"Note: {safe(', '.join(absent))}: no value in {end:%B %Y}, because {safe(assessment.state.name)} "
            "belongs to it, or one of the two did not exist."
        )
    if assessment.sensitivity is not None:
        _show_sensitivity(assessment.sensitivity)
    for note in assessment.notes:
        out.print(f"Note: {safe(note)}")
    used = sum(row["used"] for row in assessment.sources)
    sources = len({row["source"] for row in assessment.sources if row["used"]})
    chosen = [
        f"{name}={value}" if value is not True else name for name, value in (options or {}).items() if value
    ]
    words = [
        "equidistance",
        "why",
        assessment.state.code,
        next(power.code for power in assessment.powers if power.name not in absent),
        str(assessment.end.year),
    ]
    count = len(assessment.settings["indicators"])
    of = f"{plural(used, 'value')} of {plural(count, 'indicator')} from {plural(sources, 'source')}"
    out.print(f"Evidence: {of}.")
    out.print(f"Why? {safe(shlex.join([*words, *chosen]))}", soft_wrap=True)  # a command to copy stays whole


def _show_sensitivity(found: "Sensitivity") -> None:
    out = console()
    out.print(f"[bold]{safe(found.sentence)}[/bold]\n")
    grid(
        "Without each indicator, the most important first",
        ["Indicator", "Nominal", "Importance", "Closest", "P", "Most changed"],
        [
            [
                row["title"],
                f"{row['nominal']:.1%}",
                f"{row['importance']:.1%}",
                row["leader"],
                f"{row['p_leader']:.2f}",
                f"{row['most_changed']} {row['change']:+.1%}",
            ]
            for row in found.indicators
        ],
    )
    out.print()
    grid(
        f"Over all {found.weightings} weightings and all indicators left out: lowest to highest",
        ["Power", "Share", "Range", "Rank", "Ranks", "Drift a year", "Same direction"],
        [
            [
                row["power_name"],
                f"{row['share']:.0%}",
                f"{row['share_low']:.0%} to {row['share_high']:.0%}",
                row["rank"],
                f"{row['best_rank']} to {row['worst_rank']}",
                f"{row['drift_low']:+.2f} to {row['drift_high']:+.2f}",
                f"{row['same_direction']:.0%}",
            ]
            for row in found.powers
        ],
    )
    out.print()
    for note in found.notes:
        out.print(f"Note: {safe(note)}")


MOST_BREAKS = 12
"""Breaks that the terminal shows; the JSON and the report have all."""


def show_breaks(assessment: "Assessment") -> None:
    """The breaks of the state, and how many single indicators broke alone."""
    breaks = assessment.breaks.to_pylist()
    own = [row for row in breaks if row["kind"] == "indicator"]
    of_state = sorted((row for row in breaks if row["kind"] == "state"), key=lambda row: -row["probability"])
    shown = sorted(of_state[:MOST_BREAKS], key=lambda row: row["period"])
    if shown:
        grid(
            f"{assessment.state.name}: breaks, size in standard deviations, mean (90% interval)",
            ["Power", "In", "Month", "Between", "P", "Size", "Carried by"],
            [
                [
                    row["power_name"],
                    row["channel"],
                    f"{row['period']:%Y-%m}",
                    f"{row['earliest']:%Y-%m} {row['latest']:%Y-%m}",
                    f"{row['probability']:.2f}",
                    interval(row),
                    row["carried_by"],
                ]
                for row in shown
            ],
            ["left", "left", "left", "left", "right", "right", "left"],
        )
    hidden = len(of_state) - len(shown)
    parts = [plural(hidden, "more break")] if hidden > 0 else []
    if own:
        powers = ", ".join(dict.fromkeys(row["power_name"] for row in own))
        parts.append(f"{plural(len(own), 'jump')} of a single indicator alone ({powers})")
    if parts:
        console().print(f"Besides: {safe('; '.join(parts))}: see the breaks in --format json or the report.")


def show_explanation(explanation: "Explanation", records: int) -> None:
    """The split by indicator, then the single observations that carry most."""
    out = console()
    out.print(f"[bold]{safe(explanation.sentence)}[/bold]\n")
    grid(
        "What each indicator contributed",
        ["Indicator", "Channel", "Contribution", "Observations", "Records"],
        [
            [row["title"], row["channel"], f"{row['contribution']:+.3f}", row["observations"], row["records"]]
            for row in explanation.indicators
        ],
    )
    total = sum(row["contribution"] for row in explanation.indicators)
    out.print(f"\nSum of the contributions: {total:+.6f}; estimate: {explanation.estimate:+.6f}\n")
    sources = explanation.sources.to_pylist()
    if records:
        named = {source["source_id"]: source["source"] for source in sources}
        head = explanation.records.arrow.slice(0, records)
        grid(
            f"The {head.num_rows} observations that carry most",
            ["Observation", "Period", "Value", "Error", "Expected", "Contribution", "Records", "Source"],
            [
                [
                    row["title"],
                    f"{row['period']:%Y-%m}" if row["freq"] == "month" else f"{row['period']:%Y}",
                    *(f"{row[name]:.2f}" for name in ("value", "se", "expected")),
                    f"{row['contribution']:+.3f}",
                    row["n"],
                    named[row["source_id"]],
                ]
                for row in head.to_pylist()
            ],
        )
        out.print()
    for name in dict.fromkeys(source["source"] for source in sources):
        versions = [source for source in sources if source["source"] == name]
        ids = ", ".join(source["source_id"] for source in versions)
        out.print(f"{safe(ids)}: {safe(versions[0]['citation'])} ({safe(versions[0]['licence'])})")


def show_table(table: Table, columns: Sequence[str] | None = None) -> None:
    """Any table, or some of its columns; numbers right-aligned."""
    arrow = table.arrow.select(columns or table.arrow.column_names)
    numbers = [pa.types.is_floating(kind) or pa.types.is_integer(kind) for kind in arrow.schema.types]
    rows = [[_cell(value) for value in row.values()] for row in arrow.to_pylist()]
    grid(table.name, arrow.column_names, rows, ["right" if number else "left" for number in numbers])


_WIDE = 80
"""From this width on, a column of single words, such as names to type, is not folded."""

_NAME = 40
"""A longer word is no name to type, and not folding it would cut other columns."""


def grid(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[object]],
    justify: Sequence[Literal["left", "right"]] | None = None,
) -> None:
    """A table without vertical lines; long cells wrap, nothing is cut. By default only the first column is left."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable

    grid = RichTable(
        title=safe(title),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    sides = justify or ["left", *["right"] * (len(headings) - 1)]  # type: ignore[list-item]
    out = console()
    cells = [[safe(value) for value in row] for row in rows]
    for heading, side, *column in zip(headings, sides, *cells, strict=True):
        names = out.width >= _WIDE and not any(" " in cell or len(cell) > _NAME for cell in column)
        grid.add_column(heading, justify=side, overflow="fold", no_wrap=names)
    for row in cells:
        grid.add_row(*row)
    out.print(grid)


def indicator_table() -> Table:
    """Every indicator's declaration."""
    from equidistance.indicators.declare import all_indicators

    rows = [
        {
            "indicator": one.name,
            "channel": one.channel,
            "instrument": one.instrument,
            "link": one.link,
            "freq": one.freq,
            "sources": ", ".join(one.sources),
            "title": one.title,
        }
        for one in all_indicators().values()
    ]
    return Table("Indicators", pa.Table.from_pylist(rows))


def _show_exposure(assessment: "Assessment") -> None:
    """What the state depends on each power for: the last year of each kind, shares where the whole is known."""
    from equidistance.indicators.exposures import COUNTED

    kinds = assessment.exposure_kinds.to_pylist()
    if not kinds:
        return
    codes = [power.code for power in assessment.powers]
    last = {(kind["kind"], kind["year"]) for kind in kinds}
    cells = {
        (row["kind"], row["power"]): row
        for row in assessment.exposure
        if (row["kind"], row["period"].year) in last
    }
    grid(
        f"{assessment.state.name}: exposure, share of the whole (or a count); HHI over all partners",
        ["Kind", "Year", *codes, "HHI"],
        [
            [
                kind["kind"],
                kind["year"],
                *(_exposed(cells.get((kind["kind"], code)), kind["unit"] in COUNTED) for code in codes),
                "-" if kind["hhi"] is None else f"{kind['hhi']:.2f}",
            ]
            for kind in kinds
        ],
    )
    console().print()


def _exposed(row: Mapping[str, float | None] | None, counted: bool) -> str:
    if row is None:
        return "-"
    if row["share"] is not None and not counted:
        return f"{row['share']:.0%}"
    return _short(row["amount"] or 0.0)


def _short(amount: float) -> str:
    """A number in at most five characters: 3, 850M, 12bn."""
    for size, suffix in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:.3g}{suffix}"
    return f"{amount:.3g}"


class _LastMonth:
    """The rows of a table in the last month reported; a power it is not measured against then has none."""

    def __init__(self, table: Table, end: date) -> None:
        day = "period" if "period" in table.arrow.column_names else "end"
        self.rows = table.arrow.filter(pc.equal(table.arrow[day], end)).to_pylist()

    def of(self, power: str, **wanted: str) -> dict[str, float] | None:
        """The one row of a power, if there is one."""
        named = {"power": power, **wanted}
        return next((row for row in self.rows if named.items() <= row.items()), None)


def interval(row: Mapping[str, float] | None) -> str:
    """Mean and 90 % interval, or a dash."""
    return "-" if row is None else f"{row['mean']:+.2f} ({row['q05']:+.2f}, {row['q95']:+.2f})"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else str(value)
