"""Corridors on a map: routes or flows, crossings, changes of gauge and ports."""

from typing import TYPE_CHECKING, Any

import numpy as np

from equidistance.figures import theme

if TYPE_CHECKING:
    import altair as alt

ROUTE_COLOURS = ("#1D7FA6", "#C7621C", "#2CA478", "#8A3CC2", "#B8892B", "#9C4686", "#6F8A2D", "#7C7F86")
CORRIDOR_COLOURS = {
    "Northern": "#B53C37",
    "Middle": "#2CA478",
    "Southern": "#B8892B",
    "Sea": "#6794D6",
    "Direct": "#7C7F86",
}
"""One colour for each corridor; the Northern one has Russia's."""

_LAND, _MARKED, _COAST = "#eef0f2", "#f3d9d7", "#c4cad0"
_MARGIN = 0.06  # of the map's width on each side
_LEAST_SPAN = 12.0  # degrees
_DASHES = {"rail": [1, 0], "road": [13, 6], "water": [5, 3], "pipeline": [1.5, 2.5]}
_POINTS = {
    "end": {"shape": "circle", "size": 110, "colour": theme.INK},
    "border": {"shape": "circle", "size": 16, "colour": theme.MUTED},
    "gauge break": {"shape": "diamond", "size": 80, "colour": "#B53C37"},
    "port": {"shape": "square", "size": 45, "colour": "#1D5A87"},
}
KEY = "Black dot: start or end. Red diamond: the gauge changes. Blue square: port or terminal. Grey dot: border."
"""The points in words, for the subtitle."""


def chart(
    lines: theme.Rows,
    points: theme.Rows,
    land: dict[str, Any],
    *,
    marked: tuple[str, ...] = (),
    caption: theme.Caption | None = None,
    width: int = 960,
    height: int = 520,
) -> "alt.TopLevelMixin":
    """A map that shows all lines, with width by flow where there is one.

    Args:
        lines: GeoJSON features with ``label``, ``mode`` (rail, road, water, pipeline) and ``mt``; ``route`` is the
            route's number, or 0 for flows, whose label is the corridor.
        points: rows with ``lon, lat, name, shown, kind`` (end, border, gauge break, port).
        land: GeoJSON of the states' outlines with ``state`` in the properties.
        marked: states to shade, such as those to avoid.
        caption: words to draw around the map.
        width: pixels.
        height: pixels.
    """
    import altair as alt

    projection = alt.Projection(**_fitted(lines, points, width, height))
    features = [
        {
            **feature,
            "marked": feature["properties"]["state"] in marked,
            "state": feature["properties"]["state"],
        }
        for feature in land["features"]
    ]
    labels = sorted({line["label"] for line in lines}, key=lambda label: _order(label, lines))
    flows = all(line["route"] == 0 for line in lines)
    if flows:
        colours = [CORRIDOR_COLOURS.get(label, theme.MUTED) for label in labels]
    else:
        colours = [ROUTE_COLOURS[number % len(ROUTE_COLOURS)] for number in range(len(labels))]
    modes = [mode for mode in _DASHES if any(line["mode"] == mode for line in lines)]
    drawn = [{**point, **_POINTS[point["kind"]]} for point in points]
    most = max((line["mt"] for line in lines), default=1.0)
    background = (
        alt.Chart(alt.NamedData("land"))
        .mark_geoshape(stroke=_COAST, strokeWidth=0.5, clip=True)
        .encode(fill=alt.condition("datum.marked", alt.value(_MARKED), alt.value(_LAND)))
    )
    ways = (
        alt.Chart(alt.NamedData("lines"))
        .mark_geoshape(filled=False, clip=True, opacity=0.9, strokeCap="round", strokeJoin="round")
        .encode(
            stroke=alt.Stroke(
                "label:N",
                scale=alt.Scale(domain=labels, range=colours),
                legend=alt.Legend(
                    title=None,
                    symbolType="stroke",
                    columns=3 if len(labels) > 3 else 0,
                    columnPadding=40,
                ),
            ),
            strokeWidth=alt.StrokeWidth(
                "mt:Q",
                scale=alt.Scale(domain=[0, most], range=[0.8, 9.0] if flows else [0, 2.6]),
                legend=alt.Legend(title="Mt a year", tickCount=4, symbolType="stroke", orient="bottom-left")
                if flows
                else None,
            ),
            strokeDash=alt.StrokeDash(
                "mode:N",
                scale=alt.Scale(domain=modes, range=[_DASHES[mode] for mode in modes]),
                legend=alt.Legend(
                    title=None,
                    symbolType="stroke",
                    symbolSize=900,
                    symbolStrokeColor=theme.INK,
                    orient="bottom-right",
                ),
            ),
        )
    )
    spots = (
        alt.Chart(alt.NamedData("points"))
        .mark_point(filled=True, opacity=1, stroke="white", strokeWidth=0.8, clip=True)
        .encode(
            longitude="lon:Q",
            latitude="lat:Q",
            shape=alt.Shape("shape:N", scale=None),
            size=alt.Size("size:Q", scale=None),
            color=alt.Color("colour:N", scale=None),
        )
    )
    letter: dict[str, Any] = {"dy": -11, "fontSize": 11.5, "color": theme.INK, "clip": True}
    words = (
        alt.Chart(alt.NamedData("points"))
        .mark_text(**letter, stroke="white", strokeWidth=3, strokeOpacity=0.85, strokeJoin="round")
        .encode(longitude="lon:Q", latitude="lat:Q", text="shown:N")
    )
    letters = words.mark_text(**letter)
    layers = alt.layer(background, ways, spots, words, letters)
    return theme.finish(
        layers.properties(width=width, height=height, projection=projection),
        {"land": features, "lines": lines, "points": drawn},
        caption,
    )


def _order(label: str, lines: theme.Rows) -> tuple[int, float, str]:
    mine = [line for line in lines if line["label"] == label]
    return (mine[0]["route"], -sum(line["mt"] for line in mine), label)


def _fitted(lines: theme.Rows, points: theme.Rows, width: int, height: int) -> dict[str, Any]:
    """A Mercator projection that shows everything with a margin."""
    spots = [spot for line in lines for spot in line["geometry"]["coordinates"]]
    spots += [[point["lon"], point["lat"]] for point in points]
    lon, lat = np.array(spots, dtype=float).T
    lat = np.clip(lat, -75, 80)
    spread = max(lon.max() - lon.min(), _LEAST_SPAN) * (1 + 2 * _MARGIN)
    mercator = np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))
    tall = max(mercator.max() - mercator.min(), np.radians(_LEAST_SPAN / 2)) * (1 + 4 * _MARGIN)
    middle = (mercator.max() + mercator.min()) / 2
    scale = min(width / np.radians(spread), height / tall)
    centre = [
        float((lon.max() + lon.min()) / 2),
        float(np.degrees(2 * np.arctan(np.exp(middle)) - np.pi / 2)),
    ]
    return {"type": "mercator", "center": centre, "scale": float(scale), "translate": [width / 2, height / 2]}
