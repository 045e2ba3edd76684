"""The report of a screen: one HTML file without scripts that opens offline, with pictures, tables and downloads."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from equidistance.figures import reexports as figures
from equidistance.figures import theme
from equidistance.printable import printable
from equidistance.report import vega
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

    from equidistance.reexports.screen import Screen

_TEMPLATES = Path(__file__).parent / "templates"
_MOST_ROWS = 400
"""Rows a table on the page shows; the download has all."""


class Picture(NamedTuple):
    """A chart as SVG with its words."""

    key: str
    caption: theme.Caption
    svg: str


def write(screens: "Sequence[Screen]", path: Path, compared: Table | None = None) -> Path:
    """Write the page of one screen, or of several with the table that compares them.

    Raises:
        OSError: the directory cannot be written; a file that was there before is as it was.
    """
    vega.write_whole(path, render(screens, compared))
    return path


def render(screens: "Sequence[Screen]", compared: Table | None = None) -> str:
    """The page as text. It has no script and asks nothing of any network; the same screens give the same text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    page = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters["shown"] = lambda value: printable(str(value), 2000)
    page.filters["cell"] = cell
    return page.get_template("screen.html").render(
        screens=[(screen, pictures(screen), _tables(screen)) for screen in screens],
        compared=compared,
        compared_picture=_compared(compared),
        most=_MOST_ROWS,
        href=lambda table: "data:text/csv;charset=utf-8," + quote(table.to_csv()),
        style=page.get_template("report.css").render(theme=theme),
    )


def pictures(screen: "Screen") -> list[Picture]:
    """The charts of a screen; one without rows is left out."""
    name, target = screen.state.name, screen.target.name
    pooled = any(row["destination"] == "WLD" for row in screen.flows)
    plans: list[tuple[str, Table, Callable[[Table], theme.Caption], Callable[[Table], alt.TopLevelMixin]]] = [
        (
            "series",
            screen.series,
            lambda t: figures.series_caption(t, name, target),
            lambda t: figures.series(t, name, target, onward="all partners" if pooled else ""),
        ),
        (
            "picking",
            screen.products,
            lambda t: figures.picking_caption(t, name),
            figures.picking,
        ),
        (
            "goods",
            screen.goods_series,
            lambda t: figures.goods_caption(t, name),
            lambda t: figures.goods(t, screen.products),
        ),
        (
            "flows",
            screen.flows,
            lambda t: figures.sankey_caption(t, name, screen.state.code),
            lambda t: figures.sankey(t, screen.state.code),
        ),
    ]
    return [
        Picture(key, caption(table), vega.still(theme.specification(chart(table), validate=False)))
        for key, table, caption, chart in plans
        if len(table)
    ]


def cell(value: Any) -> str:
    """A cell as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value and abs(value) < 0.001:
            return f"{value:.1e}".replace("-", "−")
        return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}").replace("-", "−")
    return printable(str(value), 300)


def _tables(screen: "Screen") -> list[tuple[str, Table]]:
    return [
        ("The goods, ranked", screen.products),
        ("Baskets: the naive and the selection-matched p value", screen.baskets),
        ("Totals against each counterfactual", screen.totals),
        ("Mirror gaps: what was sent and what arrived", screen.mirror),
        ("Who sent what to whom", screen.flows),
        ("Series of the goods screened", screen.series),
        ("Sources", screen.sources),
    ]


def _compared(table: Table | None) -> Picture | None:
    if table is None or not any(row["expected"] for row in table):
        return None
    spec = theme.specification(figures.compared(table), validate=False)
    return Picture("compared", figures.compared_caption(table), vega.still(spec))
