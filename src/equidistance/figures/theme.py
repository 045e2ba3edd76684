"""How every chart looks: colours, type, axes and captions; and how a chart is saved.

The series colours have a contrast of at least 3:1 to white and to black paper, so that one chart serves the
light and the dark page; among the named powers they stay apart for readers with red-green colour blindness
too (a test measures both).
"""

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equidistance.errors import InvalidRequest
from equidistance.writing import whole

if TYPE_CHECKING:
    import altair as alt

Rows = list[dict[str, Any]]

LIGHT_BACKGROUND = "#ffffff"
DARK_BACKGROUND = "#14171a"

POWER_COLOURS = {
    "RUS": "#B53C37",
    "SUN": "#B53C37",
    "CHN": "#B8892B",
    "USA": "#6794D6",
    "EU": "#8A3CC2",
    "GBR": "#9C4686",
    "TUR": "#2CA478",
    "WEST": "#7B979E",
}
"""One fixed colour for each usual power, the same in every chart; others take one of ``OTHER_COLOURS``."""

OTHER_COLOURS = ("#C96A1E", "#6F8A2D", "#8A6A52", "#7C7F86", "#A14A6B", "#4F7F9E")

CHANNEL_COLOURS = {"deed": "#1D7FA6", "word": "#C7621C", "overall": "#7C7F86"}
CHANNEL_NAMES = {"deed": "deeds", "word": "words", "overall": "overall"}
CHANNEL_DASHES = {"deed": [1, 0], "word": [5, 3], "overall": [1, 0]}
CHANNEL_SHAPES = {"deed": "circle", "word": "diamond", "overall": "square"}
GAP_COLOUR = "#8A6A52"

BAND_50, BAND_90 = 0.38, 0.16
"""Opacity of the two bands: the 50% interval strong, the 90% interval faint."""

INK, MUTED, GRID = "#22262b", "#5a626b", "#e3e6e9"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
YEAR_AXIS: dict[str, Any] = {"format": "%Y", "grid": False, "tickCount": 4, "labelFlush": True}
_FEW_YEARS = 10


def axis_of_years(first: int, last: int, ticks: int = 8) -> dict[str, Any]:
    """Properties of an axis of whole years; over few years a tick a year, for months would all bear the same number."""
    few = last - first <= _FEW_YEARS
    return {**YEAR_AXIS, "tickCount": {"interval": "year", "step": 1} if few else ticks}


SIGNED_AXIS: dict[str, Any] = {
    "tickCount": 5,
    "grid": True,
    "labelExpr": "abs(datum.value) < 1e-9 ? '0' : format(datum.value, '+~g')",
}


@dataclass(frozen=True)
class Caption:
    """The words around a chart.

    Attributes:
        title: what is seen.
        subtitle: the unit, and how to read the chart.
        description: the chart in words, for readers who cannot see it.
    """

    title: str
    subtitle: str
    description: str


def power_colours(codes: Sequence[str]) -> list[str]:
    """One colour per power code, in the order given; the cycle of the others restarts after six."""
    others = itertools.cycle(OTHER_COLOURS)
    return [POWER_COLOURS.get(code) or next(others) for code in codes]


def finish(
    chart: "alt.TopLevelMixin", data: Mapping[str, Rows], caption: Caption | None = None
) -> "alt.TopLevelMixin":
    """The chart with its data, the common look and, unless the page around it carries the words, its caption.

    Charts name their data while they are put together and get the rows here, at the end: Altair copies a
    chart, rows and all, at every step.

    Args:
        chart: any top-level Altair chart.
        data: rows by the name under which the chart asks for them.
        caption: title and subtitle to draw; ``None`` leaves the chart untitled.
    """
    import altair as alt

    if caption is not None:
        title = alt.Title(textwrap.wrap(caption.title, 90), subtitle=textwrap.wrap(caption.subtitle, 120))
        chart = chart.properties(title=title, description=caption.description)
    chart = chart.configure(**_config())
    chart.datasets = dict(data)
    return chart


def specification(chart: "alt.TopLevelMixin", *, validate: bool = True) -> dict[str, Any]:
    """The chart as a Vega-Lite specification.

    Altair walks and checks all it is given, rows too; here the rows, which are plain already, step aside
    meanwhile.

    Args:
        chart: any chart of this package.
        validate: whether Altair checks the specification against the schema, which takes as long as
            drawing it.
    """
    import altair as alt

    bare = chart.copy(deep=False)
    bare.datasets = alt.Undefined
    return {**bare.to_dict(validate=validate), "datasets": chart.datasets}


def save(chart: "alt.TopLevelMixin", path: str | Path, scale: float = 2.0) -> Path:
    """Write the chart as a picture, offline.

    Args:
        chart: any chart of this package.
        path: where to; the ending says the format, ``.svg`` or ``.png``.
        scale: pixels per unit for PNG.

    Returns:
        The path written.

    Raises:
        InvalidRequest: the path ends neither with ``.svg`` nor with ``.png``.
    """
    import vl_convert

    target = Path(path)
    spec = specification(chart, validate=False)
    if target.suffix.lower() == ".svg":
        svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
        with whole(target) as part:
            part.write_text(svg, encoding="utf-8")
    elif target.suffix.lower() == ".png":
        png = vl_convert.vegalite_to_png(
            {**spec, "background": LIGHT_BACKGROUND}, scale=scale, allowed_base_urls=[]
        )
        with whole(target) as part:
            part.write_bytes(png)
    else:
        raise InvalidRequest(f"Cannot save a figure as {target.name!r}.", choices=[".svg", ".png"])
    return target


def _config() -> dict[str, Any]:
    return {
        "background": "transparent",
        # The page names each chart as one picture and gives its table; a thousand labelled marks would
        # bury both.
        "aria": False,
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "fontSize": 16,
            "fontWeight": 600,
            "color": INK,
            "offset": 14,
            "subtitleFontSize": 12,
            "subtitleColor": MUTED,
            "subtitlePadding": 5,
            "subtitleLineHeight": 16,
            "frame": "group",
        },
        "axis": {
            "domain": False,
            "ticks": False,
            "gridColor": GRID,
            "labelColor": MUTED,
            "titleColor": MUTED,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "labelPadding": 5,
        },
        "axisX": {"ticks": True, "tickColor": GRID, "tickSize": 4},
        "header": {
            "labelFontSize": 13,
            "labelFontWeight": 600,
            "labelColor": INK,
            "labelAnchor": "start",
            "labelOrient": "top",
            "title": None,
            "labelPadding": 4,
        },
        "legend": {
            "orient": "top",
            "title": None,
            "labelFontSize": 12,
            "labelColor": INK,
            "symbolStrokeWidth": 2.5,
            "columnPadding": 14,
            "rowPadding": 4,
            "labelLimit": 260,
            "symbolSize": 90,
            "offset": 10,
        },
        "line": {"strokeWidth": 2, "strokeCap": "butt"},
        "facet": {"spacing": 22},
        "concat": {"spacing": 34},
    }
