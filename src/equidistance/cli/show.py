"""Results as text for the terminal."""

from typing import TYPE_CHECKING

import pyarrow as pa

from equidistance.cli.terminal import console, safe
from equidistance.tables import Table

if TYPE_CHECKING:
    from equidistance.assessment.assess import Assessment
    from equidistance.assessment.why import Explanation


def show_assessment(assessment: "Assessment") -> None:
    """Headline, summary, and one line for each power."""
    from rich.table import Table as RichTable

    out = console()
    out.print(f"[bold]{safe(assessment.headline)}[/bold]")
    out.print()
    out.print(safe(assessment.summary))
    out.print()
    grid = RichTable(
        title=f"{assessment.state.name} in {assessment.end:%B %Y}: alignment in standard deviations, mean (90 % interval)",
        title_justify="left",
    )
    for heading in (
        "Power",
        "Deeds",
        "Words",
        "Overall",
        "Share",
        "P(closest)",
        "Words - deeds",
        "Drift a year, 10 years",
    ):
        grid.add_column(heading, justify="left" if heading == "Power" else "right", overflow="fold")
    for power in assessment.powers:
        cells = [
            _interval(_last(assessment.alignment, power.code, channel=c)) for c in ("deed", "word", "overall")
        ]
        share = _last(assessment.orientation, power.code)
        drift = _last(assessment.drift, power.code, channel="overall", window="last 10 years")
        grid.add_row(
            safe(power.name),
            *cells,
            "-" if share is None else f"{share['mean']:.0%}",
            "-" if share is None else f"{share['p_leads']:.2f}",
            _interval(_last(assessment.gap, power.code)),
            _interval(drift),
        )
    out.print(grid)
    for note in assessment.notes:
        out.print(f"Note: {safe(note)}")
    used = sum(row["used"] for row in assessment.sources)
    out.print(
        f"Evidence: {used} values of {len(assessment.settings['indicators'])} indicators from {len(assessment.sources)} "
        f"sources. Why? equidistance why {assessment.state.code} {assessment.powers[0].code} {assessment.end.year}"
    )


def show_explanation(explanation: "Explanation", records: int) -> None:
    """The split by indicator, then the single observations that carry most."""
    out = console()
    out.print(f"[bold]{safe(explanation.sentence)}[/bold]")
    show_table(explanation.indicators)
    total = sum(row["contribution"] for row in explanation.indicators)
    out.print(f"Sum of the contributions: {total:+.6f}; estimate: {explanation.estimate:+.6f}")
    if records:
        head = explanation.records.arrow.slice(0, records)
        shown = ["title", "period", "value", "se", "expected", "contribution", "n", "source_id"]
        show_table(Table(f"The {head.num_rows} observations that carry most", head.select(shown)))
    for source in explanation.sources:
        out.print(f"{safe(source['source_id'])}: {safe(source['citation'])} ({safe(source['licence'])})")


def show_table(table: Table) -> None:
    """Any table, numbers right-aligned."""
    from rich.table import Table as RichTable

    grid = RichTable(title=safe(table.name), title_justify="left")
    for field in table.arrow.schema:
        number = pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
        grid.add_column(field.name, justify="right" if number else "left", overflow="fold")
    for row in table:
        grid.add_row(*(_cell(value) for value in row.values()))
    console().print(grid)


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


def _last(table: Table, power: str, **wanted: str) -> dict[str, float] | None:
    """The last row of a power (the estimates of a table are in time order)."""
    rows = [
        row
        for row in table
        if row["power"] == power and all(row[key] == value for key, value in wanted.items())
    ]
    return rows[-1] if rows else None


def _interval(row: dict[str, float] | None) -> str:
    return "-" if row is None else f"{row['mean']:+.2f} ({row['q05']:+.2f} to {row['q95']:+.2f})"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else safe(value)
