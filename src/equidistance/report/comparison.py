"""A comparison of states as one HTML file that opens offline: pictures with their tables, ranks, convergence."""

from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from equidistance.figures import comparison, theme
from equidistance.report import page, vega
from equidistance.report.page import Section
from equidistance.report.twins import NONE, Twin
from equidistance.tables import Table


class Compared(Protocol):
    """What the page reads of a comparison; the columns are those of its tables' docs."""

    @property
    def states(self) -> tuple[Any, ...]: ...  # noqa: D102
    @property
    def start(self) -> date: ...  # noqa: D102
    @property
    def end(self) -> date: ...  # noqa: D102
    @property
    def channel(self) -> str: ...  # noqa: D102
    @property
    def headline(self) -> str: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def settings(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def tables(self) -> dict[str, Table]: ...  # noqa: D102


def write(compared: Compared, path: str | Path) -> Path:
    """Write the page; at any moment the file is the old one or the whole new one.

    Raises:
        OSError: the directory cannot be written.
    """
    target = Path(path)
    vega.write_whole(target, render(compared))
    return target


def render(compared: Compared) -> str:
    """The page as HTML text; its policy forbids all requests, and only the two scripts it carries may run."""
    names = ", ".join(state.name for state in compared.states)
    return page.render(
        page.Page(
            title=f"{names}: closeness to the powers",
            kicker=f"{names} · {compared.start:%B %Y} to {compared.end:%B %Y}",
            headline=compared.headline,
            notes=compared.notes,
            figures=[_paths(compared)],
            tables=[_standing(compared), _equidistance(compared), _convergence(compared)],
            sources=_sources(compared.tables["sources"]),
            counted="values",
            settings=compared.settings,
        )
    )


def _paths(compared: Compared) -> Section:
    table = compared.tables["paths"]
    spec = theme.specification(comparison.chart(table), validate=False)
    caption = comparison.caption(compared.tables["standing"], compared.channel, compared.headline)
    cells: dict[tuple[str, int], dict[str, str]] = {}
    powers = list(dict.fromkeys(row["power"] for row in table))
    for row in table:
        if row["period"].month == 12:
            cells.setdefault((row["state_name"], row["period"].year), {})[row["power"]] = _estimate(row)
    rows = tuple(
        (f"{name} {year}", *(found.get(power, NONE) for power in powers))
        for (name, year), found in sorted(cells.items())
    )
    twin = Twin(
        "Alignment in December, mean and 90% interval, standard deviations", ("state, year", *powers), rows
    )
    return Section(
        "alignment",
        "Alignment",
        caption.subtitle,
        twin,
        vega.still(spec),
        vega.json_inside_script(spec),
        caption.description,
    )


def _standing(compared: Compared) -> Section:
    rows = tuple(
        (
            row["power_name"],
            str(row["rank"]),
            row["state_name"],
            _estimate(row),
            f"{row['p_first']:.2f}",
            f"{row['rank_q05']:.0f} to {row['rank_q95']:.0f}",
            NONE if row["share"] is None else f"{row['share']:.0%}",
        )
        for row in compared.tables["standing"]
    )
    header = (
        "power",
        "rank",
        "state",
        "alignment (90% interval)",
        "P(closest)",
        "rank, 90% interval",
        "own share",
    )
    return Section(
        "standing",
        "Who is closest to whom",
        f"In {compared.end:%B %Y}, the states in order of their alignment with each power. Own share: the power's part "
        "of the state's orientation.",
        Twin("Rank of the states toward each power", header, rows),
    )


def _equidistance(compared: Compared) -> Section:
    rows = tuple(
        (
            row["state_name"],
            f"{row['mean']:.2f} ({row['q05']:.2f}, {row['q95']:.2f})",
            row["leader_name"],
            f"{row['p_leader']:.2f}",
        )
        for row in compared.tables["equidistance"]
    )
    return Section(
        "equidistance",
        "Equidistance",
        f"In {compared.end:%B %Y}: 1 is equal distance to all powers, 0 one power only; the most equal first.",
        Twin(
            "Equidistance of each state", ("state", "equidistance (90% interval)", "closest power", "P"), rows
        ),
    )


def _convergence(compared: Compared) -> Section:
    rows = tuple(
        (
            f"{row['name_a']} – {row['name_b']}",
            f"{row['before']:.2f}",
            f"{row['now']:.2f}",
            _estimate(row),
            f"{row['p_converging']:.2f}",
        )
        for row in compared.tables["convergence"]
    )
    years = next((row["years"] for row in compared.tables["convergence"]), 0.0)
    return Section(
        "convergence",
        "Convergence",
        f"Distance of the states' alignments over the powers, {years:.0f} years before the end and at the end.",
        Twin(
            "Distance of each pair, standard deviations",
            ("pair", "before", "now", "change (90% interval)", "P(converging)"),
            rows,
        ),
    )


def _estimate(row: dict[str, Any]) -> str:
    return f"{row['mean']:+.2f} ({row['q05']:+.2f}, {row['q95']:+.2f})"


def _sources(table: Table) -> Table:
    arrow = table.arrow.select(["source_id", "citation", "licence"]).append_column("n", table.arrow["used"])
    return Table("sources", pa.table(arrow))
