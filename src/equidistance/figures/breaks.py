"""Breaks: when a state jumped toward or away from a power, and when a single indicator did."""

from datetime import date
from typing import TYPE_CHECKING, Any

from equidistance.figures import rows, theme, words
from equidistance.figures.alignment import time_axis
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

_READING = (
    "A triangle stands at the most probable month and points up for toward the power, down for away; the bar under it "
    "holds 90% of the probability of the date. Filled: the state's alignment jumped. Hollow: one indicator alone did, "
    "which says nothing about the rest. The size of a triangle is that of the jump."
)


def caption(table: Table, state: str) -> theme.Caption:
    """How many breaks, the largest one, and how to read the marks."""
    of_state = [row for row in table if row["kind"] == "state"]
    own = [row for row in table if row["kind"] == "indicator"]
    largest = max(of_state, key=lambda row: abs(row["mean"]), default=None)
    if largest is None:
        title = f"No break in {state}'s alignment; {words.plural(len(own), 'indicator')} jumped alone"
    else:
        way = "toward" if largest["mean"] > 0 else "away from"
        channel = theme.CHANNEL_NAMES[largest["channel"]]
        title = (
            f"{words.plural(len(of_state), 'break')}; the largest, {way} {words.the(largest['power_name'])} in "
            f"{channel}, around {largest['period']:%B %Y}"
        )
    texts = "; ".join(
        f"{row['power_name']} in {theme.CHANNEL_NAMES[row['channel']]}"
        f"{', ' + row['title'] + ' alone' if row['title'] else ''} {row['period']:%Y-%m} {row['mean']:+.2f}, "
        f"P {row['probability']:.2f}"
        for row in table
    )
    return theme.Caption(
        title, _READING, f"Marks of breaks on a time line, one row per power: {texts or 'none'}."
    )


def marks(table: Table) -> list[dict[str, Any]]:
    """What a chart draws of each break, dates as ISO text."""
    return [
        {
            **rows.plain(row),
            "channel_name": theme.CHANNEL_NAMES[row["channel"]],
            "way": "toward" if row["mean"] > 0 else "away",
            "large": abs(row["mean"]),
            "dates": f"{row['earliest']:%Y-%m} to {row['latest']:%Y-%m}",
            "what": row["title"] or "the state's alignment",
        }
        for row in table
    ]


def chart(
    table: Table,
    months: tuple[date, date] | None = None,
    *,
    caption: theme.Caption | None = None,
    width: int = 780,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Marks on a time line, one row per power.

    Args:
        table: ``power, power_name, kind, channel, title, period, earliest, latest, probability, mean, q05, q95,
            carried_by``.
        months: first and last month of the time line; that of the breaks when not given.
        caption: words to draw around the chart; without it the chart stands bare.
        width: in pixels.
        interactive: whether to add tooltips.
    """
    import altair as alt

    scale = {"type": "utc"} | ({} if months is None else {"domain": [day.isoformat() for day in months]})
    order = [name for _, name in rows.powers_of(table)]
    names = [theme.CHANNEL_NAMES[channel] for channel in ("deed", "word")]
    colours = [theme.CHANNEL_COLOURS[channel] for channel in ("deed", "word")]
    base = alt.Chart().encode(
        y=alt.Y(
            "power_name:N", sort=order, title=None, axis=alt.Axis(labelLimit=120, minExtent=120, grid=True)
        ),
        yOffset=alt.YOffset("channel_name:N", sort=names),
        color=alt.Color("channel_name:N", scale=alt.Scale(domain=names, range=colours)),
    )
    points = []
    for kind, filled in (("state", True), ("indicator", False)):
        point = (
            base.transform_filter(f"datum.kind === '{kind}'")
            .mark_point(filled=filled, opacity=1, strokeWidth=1.6)
            .encode(
                x=time_axis().scale(**scale),
                shape=alt.Shape(
                    "way:N",
                    scale=alt.Scale(domain=["toward", "away"], range=["triangle-up", "triangle-down"]),
                ),
                size=alt.Size(
                    "large:Q", scale=alt.Scale(domain=[0, 3], range=[30, 260], clamp=True), legend=None
                ),
            )
        )
        if interactive:
            low, high = ("format(datum.q05, '+.2f')", "format(datum.q95, '+.2f')")
            point = point.transform_calculate(
                says=f"format(datum.mean, '+.2f') + ' (' + {low} + ' to ' + {high} + ')'",
                chance="format(datum.probability, '.2f')",
            ).encode(
                tooltip=[
                    alt.Tooltip("power_name:N", title="power"),
                    alt.Tooltip("channel_name:N", title="in"),
                    alt.Tooltip("what:N", title="what jumped"),
                    alt.Tooltip("dates:N", title="between"),
                    alt.Tooltip("says:N", title="jump"),
                    alt.Tooltip("chance:N", title="probability"),
                    alt.Tooltip("carried_by:N", title="carried by"),
                ]
            )
        points.append(point)
    span = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        x=time_axis("earliest").scale(**scale), x2="latest:T"
    )
    whole = alt.layer(span, *points, data=alt.NamedData("breaks")).properties(
        width=width, height={"step": 20}
    )
    return theme.finish(whole, {"breaks": marks(table)}, caption)
