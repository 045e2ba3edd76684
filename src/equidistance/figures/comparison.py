"""Comparison: one panel per power, one line per state, with the 50% band."""

from typing import TYPE_CHECKING

from equidistance.figures import rows, theme
from equidistance.figures.alignment import time_axis, zero_line
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

STATE_COLOURS = ("#1D7FA6", "#C7621C", "#2CA478", "#8A3CC2", "#B8892B", "#9C4686", *theme.OTHER_COLOURS)


def caption(standing: Table, channel: str, headline: str) -> theme.Caption:
    """Who is closest to whom, and how to read the panels."""
    last = "; ".join(
        f"{row['state_name']} to {row['power_name']} {row['mean']:+.2f} ({row['q05']:+.2f} to {row['q95']:+.2f})"
        for row in standing
        if row["rank"] == 1
    )
    names = {"deed": "in deeds", "word": "in words", "overall": "in words and deeds together"}
    return theme.Caption(
        headline,
        f"Unit: standard deviations of how close the world's states stand to the powers, {names[channel]}. Line: mean "
        "estimate; band: 50% interval.",
        f"Line charts, one panel per power. Closest at the end: {last}.",
    )


def chart(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 250,
    height: int = 150,
    columns: int = 3,
) -> "alt.TopLevelMixin":
    """Small multiples of alignment, one line per state.

    Args:
        table: ``state, state_name, power, power_name, period, mean, q25, q75``, one channel.
        caption: words to draw around the chart.
        width: of one panel, in pixels.
        height: of one panel, in pixels.
        columns: panels per row.
    """
    import altair as alt

    periods = rows.drawn_periods(table)
    data = [
        {
            "power": row["power_name"],
            "state": row["state_name"],
            "period": row["period"],
            **{name: row[name] for name in ("mean", "q25", "q75")},
        }
        for row in rows.rows_at(table, periods)
    ]
    states = list(dict.fromkeys(row["state_name"] for row in table))
    colours = [STATE_COLOURS[i % len(STATE_COLOURS)] for i in range(len(states))]
    colour = alt.Color(
        "state:N",
        sort=states,
        scale=alt.Scale(domain=states, range=colours),
        legend=alt.Legend(symbolOpacity=1),  # else as pale as the band, which shares it
    )
    axis = alt.Axis(**theme.SIGNED_AXIS, minExtent=24)
    band = (
        alt.Chart()
        .mark_area(opacity=theme.BAND_90)
        .encode(
            x=time_axis(),
            y=alt.Y("q25:Q", title=None, axis=axis, scale=alt.Scale(zero=False, nice=True)),
            y2="q75",
            color=colour,
        )
    )
    line = (
        alt.Chart()
        .mark_line()
        .encode(
            x=time_axis(),
            y=alt.Y("mean:Q", title=None, axis=axis),
            color=colour,
            tooltip=[
                alt.Tooltip("state:N", title="state"),
                alt.Tooltip("period:T", title="month", format="%B %Y"),
                alt.Tooltip("mean:Q", title="alignment", format="+.2f"),
            ],
        )
    )
    panel = alt.layer(zero_line(), band, line, data=alt.NamedData("paths")).properties(
        width=width, height=height
    )
    powers = [name for _, name in rows.powers_of(table)]
    chart = panel.facet(facet=alt.Facet("power:N", sort=powers, title=None), columns=columns)
    return theme.finish(chart.resolve_axis(x="independent", y="independent"), {"paths": data}, caption)
