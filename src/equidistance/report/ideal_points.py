"""Ideal points as one HTML file that opens offline: positions, distances, pivotal votes, items, diagnostics."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from equidistance.figures import ideal_points, theme, words
from equidistance.printable import printable
from equidistance.report import page, vega
from equidistance.report.page import Section
from equidistance.report.twins import NONE, Twin
from equidistance.tables import Table

MOST_ITEMS = 50
"""Items on the page; the JSON and CSV formats have all."""


class Fitted(Protocol):
    """What the page reads of ideal points; the columns are those of its tables' docs."""

    @property
    def headline(self) -> str: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def settings(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def items(self) -> Table: ...  # noqa: D102
    @property
    def diagnostics(self) -> Table: ...  # noqa: D102
    @property
    def sources(self) -> Table: ...  # noqa: D102
    def distances(self, state: str, powers: Sequence[str]) -> Table: ...  # noqa: D102
    def pivotal(self, state: str, count: int = 20) -> Table: ...  # noqa: D102


Shown = tuple[Table, Mapping[str, str]]
"""The rows of the picture, and a code for each of its lines."""


def write(
    points: Fitted, path: str | Path, shown: Shown, distance_to: Sequence[str] = (), pivotal: int = 0
) -> Path:
    """Write the page; at any moment the file is the old one or the whole new one.

    Raises:
        OSError: the directory cannot be written.
    """
    target = Path(path)
    vega.write_whole(target, render(points, shown, distance_to, pivotal))
    return target


def render(points: Fitted, shown: Shown, distance_to: Sequence[str] = (), pivotal: int = 0) -> str:
    """The page as HTML text.

    Args:
        points: the fit.
        shown: rows and lines of the picture, as :func:`equidistance.figures.ideal_points.chart` takes them.
        distance_to: powers; for each line a table of distances to them.
        pivotal: how many pivotal votes of each line are listed.
    """
    _, lines = shown
    distances = [_distances(points, name, code, distance_to) for name, code in lines.items() if distance_to]
    moved = [_pivotal(points, name, code, pivotal) for name, code in lines.items() if pivotal]
    return page.render(
        page.Page(
            title="Ideal points in the UN General Assembly",
            kicker=f"{', '.join(lines)} · ideal points in the UN General Assembly · method {points.method}",
            headline=points.headline,
            notes=points.notes,
            figures=[_over_time(points, shown)],
            tables=[*distances, *moved, _items(points), _diagnostics(points)],
            sources=points.sources,
            settings=points.settings,
        )
    )


def _over_time(points: Fitted, shown: Shown) -> Section:
    rows, lines = shown
    around = ideal_points.caption(rows, lines, points.headline)
    spec = theme.specification(ideal_points.chart(rows, lines), validate=False)
    still = theme.specification(ideal_points.chart(rows, lines, interactive=False), validate=False)
    cells = {(row["session"], row["line"]): _interval(row) for row in rows}
    sessions = sorted({session for session, _ in cells})
    return Section(
        "positions",
        "Positions over the years",
        around.subtitle,
        Twin(
            "Position (mean, and in brackets the 90% interval) by session",
            ("Session", *lines),
            tuple(
                (_period(session), *(cells.get((session, name), NONE) for name in lines))
                for session in sessions
            ),
        ),
        vega.still(still),
        vega.json_inside_script(spec),
        around.description,
    )


def _distances(points: Fitted, name: str, code: str, powers: Sequence[str]) -> Section:
    rows = points.distances(code, powers)
    codes = list(dict.fromkeys(row["power"] for row in rows))
    cells = {(row["session"], row["power"]): _interval(row, "") for row in rows}
    return Section(
        f"distances-{code}",
        f"Distances of {words.the(name)}",
        "Absolute difference of the positions in each session in which both voted.",
        Twin(
            f"Distance of {words.the(name)} (mean, and in brackets the 90% interval)",
            ("Session", *codes),
            tuple(
                (_period(session), *(cells.get((session, power), NONE) for power in codes))
                for session in sorted({session for session, _ in cells})
            ),
        ),
    )


def _pivotal(points: Fitted, name: str, code: str, count: int) -> Section:
    rows = points.pivotal(code, count)
    return Section(
        f"pivotal-{code}",
        f"Votes that moved {words.the(name)} most",
        "By how much each vote moved the position of its session, largest first.",
        Twin(
            f"Pivotal votes of {words.the(name)}",
            ("Resolution", "Vote", "Moved", "Date", "Title"),
            tuple(
                (
                    row["resolution"] or row["roll_call"],
                    row["vote"],
                    f"{row['moved']:+.3f}",
                    row["date"].isoformat(),
                    printable(row["title"] or NONE, 140),
                )
                for row in rows
            ),
            prose="Title",
        ),
    )


def _items(points: Fitted) -> Section:
    order = np.argsort(-np.abs(points.items.arrow["beta"].to_numpy()), kind="stable")[:MOST_ITEMS]
    rows = points.items.arrow.take(order).to_pylist()
    return Section(
        "items",
        "Roll calls that divide most along the line",
        f"{len(rows):,} of {len(points.items):,} items. Discrimination: how sharply the item separates the two ends; "
        "positive where states at the positive end rather vote no.",
        Twin(
            "Items by discrimination",
            ("Resolution", "Discrimination", "Yes–abstain–no", "Sessions", "Title"),
            tuple(
                (
                    row["resolution"] or row["item"],
                    f"{row['beta']:+.2f} ± {row['beta_sd']:.2f}",
                    f"{row['yes']}–{row['abstain']}–{row['no']}",
                    f"{row['session']}"
                    + (f"–{row['last_session']}" if row["last_session"] > row["session"] else ""),
                    printable(row["title"] or NONE, 140),
                )
                for row in rows
            ),
            prose="Title",
        ),
    )


def _diagnostics(points: Fitted) -> Section:
    table = points.diagnostics
    names = {
        "level": "Level",
        "spread": "Spread",
        "r_hat_level": "R-hat of the level",
        "r_hat_spread": "R-hat of the spread",
        "effective_level": "Effective draws",
        "r_hat_worst": "Worst R-hat",
    }
    shown = [name for name in names if name in table.arrow.column_names]
    return Section(
        "diagnostics",
        "Each session's level and spread",
        "Mean and standard deviation of the positions of the session's states; for sampling methods R-hat, which is 1 "
        "where the chains agree.",
        Twin(
            "Level and spread by session",
            ("Session", *(names[name] for name in shown)),
            tuple((_period(row["session"]), *(_number(row[name]) for name in shown)) for row in table),
        ),
    )


def _period(session: int) -> str:
    return f"{session} ({1945 + session})"


def _interval(row: dict[str, Any], sign: str = "+") -> str:
    form = f"{sign}.2f"
    return f"{row['mean']:{form}} ({row['q05']:{form}}, {row['q95']:{form}})"


def _number(value: float | None) -> str:
    return NONE if value is None or value != value else f"{value:.2f}"
