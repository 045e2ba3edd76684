"""Analogues: a state's last years beside the past years of other states, one panel per power."""

from typing import TYPE_CHECKING, Any

from equidistance.figures import theme
from equidistance.figures.alignment import zero_line
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

OWN_COLOUR = theme.POWER_COLOURS["RUS"]


def caption(table: Table, state: str, sentence: str) -> theme.Caption:
    """What is compared, and the answer."""
    windows = list(dict.fromkeys(row["window"] for row in table))
    return theme.Caption(
        f"{windows[0]} beside {', '.join(windows[1:])}" if len(windows) > 1 else f"{state}'s last years",
        "Unit: standard deviations of how close the world's states stand to the powers. The windows lie over each "
        "other, first year on first year; deeds solid, words dashed.",
        f"Line charts, one panel per power. {sentence}",
    )


def chart(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 250,
    height: int = 150,
    columns: int = 3,
) -> "alt.TopLevelMixin":
    """Small multiples of the windows, year of the window against alignment.

    Args:
        table: ``window, step, year, power, power_name, deed, word``; the state's own window first.
        caption: words to draw around the chart.
        width: of one panel, in pixels.
        height: of one panel, in pixels.
        columns: panels per row.
    """
    import altair as alt

    data: list[dict[str, Any]] = []
    for row in table:
        for channel in ("deed", "word"):
            data.append(
                {
                    "power": row["power_name"],
                    "window": row["window"],
                    "step": row["step"],
                    "year": row["year"],
                    "channel": theme.CHANNEL_NAMES[channel],
                    "value": row[channel],
                }
            )
    windows = list(dict.fromkeys(row["window"] for row in table))
    colours = [OWN_COLOUR, *theme.OTHER_COLOURS[1:]][: len(windows)]
    line = (
        alt.Chart()
        .mark_line()
        .encode(
            x=alt.X(
                "step:Q", title="year of the window", axis=alt.Axis(grid=False, tickMinStep=1, format="d")
            ),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(**theme.SIGNED_AXIS, minExtent=24)),
            color=alt.Color("window:N", scale=alt.Scale(domain=windows, range=colours), sort=windows),
            strokeDash=alt.StrokeDash(
                "channel:N",
                scale=alt.Scale(
                    domain=[theme.CHANNEL_NAMES[one] for one in ("deed", "word")],
                    range=[theme.CHANNEL_DASHES[one] for one in ("deed", "word")],
                ),
            ),
            tooltip=[
                alt.Tooltip("window:N", title="path"),
                alt.Tooltip("year:Q", title="year", format="d"),
                alt.Tooltip("channel:N", title="channel"),
                alt.Tooltip("value:Q", title="alignment", format="+.2f"),
            ],
        )
    )
    panel = alt.layer(zero_line(), line, data=alt.NamedData("paths")).properties(width=width, height=height)
    powers = list(dict.fromkeys(row["power_name"] for row in table))
    chart = panel.facet(facet=alt.Facet("power:N", sort=powers, title=None), columns=columns)
    return theme.finish(chart.resolve_axis(x="independent", y="independent"), {"paths": data}, caption)
