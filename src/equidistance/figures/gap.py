"""The gap: words minus deeds, one panel per power."""

from typing import TYPE_CHECKING

from equidistance.figures import rows, theme, words
from equidistance.figures.alignment import hover, time_axis, zero_line
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt


def caption(table: Table, state: str) -> theme.Caption:
    """Toward whom words are warmer than deeds in the last month, or that nobody's gap is sure."""
    last = rows.last_rows(table)
    warmer, cooler = words.signs(last)
    parts = [f"warmer than deeds toward {words.listed(warmer)}"] if warmer else []
    parts += (
        [
            f"cooler toward {words.listed(cooler)}"
            if warmer
            else f"cooler than deeds toward {words.listed(cooler)}"
        ]
        if cooler
        else []
    )
    if parts:
        title = f"{state}'s words are {' and '.join(parts)}"
    else:
        title = f"{state}'s words and deeds differ surely toward no power"
    ends = "; ".join(f"{row['power_name']} {words.interval(row, '+.2f')}" for row in last)
    return theme.Caption(
        title,
        "Unit: standard deviations. Above zero the state speaks warmer than it acts, below zero it acts "
        "closer than it speaks. Line: mean estimate. Strong band: 50% interval, faint band: 90% interval.",
        "Line charts of words minus deeds over time, one panel per power, with a line at zero. At the end: "
        f"{ends}.",
    )


def chart(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 250,
    height: int = 120,
    columns: int = 3,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Small multiples of the gap between words and deeds, with a line at zero.

    Args:
        table: ``power, power_name, period, mean, q05, q25, q75, q95, p_positive`` in standard deviations.
        caption: words to draw around the chart; without it the chart stands bare.
        width: of one panel, in pixels.
        height: of one panel, in pixels.
        columns: panels per row.
        interactive: whether to add tooltips.
    """
    import altair as alt

    periods = rows.drawn_periods(table)
    following = rows.next_periods(periods)
    data = [
        {
            "power": row["power_name"],
            "period": row["period"],
            "next": following[row["period"]],
            "month": rows.month_name(row["period"]),
            "gap": row["mean"],
            "gap05": row["q05"],
            "gap25": row["q25"],
            "gap75": row["q75"],
            "gap95": row["q95"],
            "p": row["p_positive"],
        }
        for row in rows.rows_at(table, periods)
    ]
    base = alt.Chart()
    y_axis = alt.Axis(**theme.SIGNED_AXIS)
    layers = [
        base.mark_area(color=theme.GAP_COLOUR, opacity=opacity).encode(
            x=time_axis(), y=alt.Y(f"gap{low}:Q", title=None, axis=y_axis), y2=f"gap{high}"
        )
        for low, high, opacity in (("05", "95", theme.BAND_90), ("25", "75", theme.BAND_50))
    ]
    layers.append(zero_line())
    layers.append(base.mark_line(color=theme.GAP_COLOUR).encode(x=time_axis(), y="gap:Q"))
    if interactive:
        layers.append(hover([("gap", "words − deeds")], more={"P(gap > 0)": "format(datum.p, '.2f')"}))
    panel = alt.layer(*layers, data=alt.NamedData("gap")).properties(width=width, height=height)
    order = [name for _, name in rows.powers_of(table)]
    return theme.finish(
        panel.facet(facet=alt.Facet("power:N", sort=order, title=None), columns=columns).resolve_axis(
            x="independent", y="independent"
        ),
        {"gap": data},
        caption,
    )
