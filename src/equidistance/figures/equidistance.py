"""Equidistance over time: one line between "one vector only" and "equal distance to all"."""

from typing import TYPE_CHECKING

from equidistance.figures import rows, theme, words
from equidistance.figures.alignment import hover, time_axis
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

COLOUR = "#5B6FB5"


def caption(table: Table, state: str) -> theme.Caption:
    """Equidistance in the first and the last period, and whether the intervals part."""
    ordered = sorted(table.to_pylist(), key=lambda row: row["period"])
    if not ordered:
        return theme.Caption(f"{state}'s equidistance", _READING, "No estimate.")
    first, last = ordered[0], ordered[-1]
    then, now = f"{first['period']:%Y}", f"{last['period']:%Y}"
    if last["q05"] > first["q95"]:
        title = f"{state} stands nearer to equal distance in {now} than in {then}"
    elif last["q95"] < first["q05"]:
        title = f"{state} stands farther from equal distance in {now} than in {then}"
    else:
        title = f"{state}'s equidistance in {now} does not differ surely from that in {then}"
    texts = [f"{row['period']:%B %Y} {words.interval(row, '.2f')}" for row in (first, last)]
    reading = _READING + (" The axis starts at 0.5." if _floor(table) else "")
    return theme.Caption(
        title,
        reading,
        f"Line chart of equidistance over time with 50% and 90% bands. {texts[0]}; {texts[1]}.",
    )


def _floor(table: Table) -> float:
    """Where the axis starts: at 0.5 when nothing lies lower, so that movements can be seen."""
    return 0.5 if all(row["q05"] >= 0.5 for row in table) else 0.0


_READING = (
    "Unit: 0 to 1. At 1 all listed powers are equally close, at 0 only one counts. Line: mean estimate. "
    "Strong band: 50% interval, faint band: 90% interval."
)


def chart(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 820,
    height: int = 220,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Equidistance with its intervals.

    Args:
        table: ``period, mean, q05, q25, q75, q95, leader_name, p_leader``, between 0 and 1.
        caption: words to draw around the chart; without it the chart stands bare.
        width: in pixels.
        height: in pixels.
        interactive: whether to add tooltips.
    """
    import altair as alt

    periods = rows.drawn_periods(table)
    following = rows.next_periods(periods)
    data = [
        {
            "period": row["period"],
            "next": following[row["period"]],
            "month": rows.month_name(row["period"]),
            "e": row["mean"],
            "e05": row["q05"],
            "e25": row["q25"],
            "e75": row["q75"],
            "e95": row["q95"],
            "leader": row["leader_name"],
            "p": row["p_leader"],
        }
        for row in rows.rows_at(table, periods)
    ]
    scale = alt.Scale(domain=[_floor(table), 1])
    axis = alt.Axis(tickCount=5, format=".1f")
    base = alt.Chart()
    layers = [
        base.mark_area(color=COLOUR, opacity=opacity).encode(
            x=time_axis(tickCount=8), y=alt.Y(f"e{low}:Q", title=None, axis=axis, scale=scale), y2=f"e{high}"
        )
        for low, high, opacity in (("05", "95", theme.BAND_90), ("25", "75", theme.BAND_50))
    ]
    layers.append(base.mark_line(color=COLOUR).encode(x=time_axis(tickCount=8), y=alt.Y("e:Q", scale=scale)))
    if interactive:
        leader = "datum.leader + ', probability ' + format(datum.p, '.2f')"
        layers.append(hover([("e", "equidistance")], number=".2f", more={"leader": leader}, ticks=8))
    return theme.finish(
        alt.layer(*layers, data=alt.NamedData("equidistance")).properties(width=width, height=height),
        {"equidistance": data},
        caption,
    )
