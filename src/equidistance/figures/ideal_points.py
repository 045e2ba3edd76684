"""Ideal points over the years: one line per state with its 90 % band, states of one line of succession in one line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from equidistance.figures import theme
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt


def caption(positions: Table, lines: Mapping[str, str], headline: str) -> theme.Caption:
    """Where each line ends, and how to read the chart.

    Args:
        positions: the rows of the chart: ``line, year, mean, q05, q95``.
        lines: name of each line -> the code that gives its colour.
        headline: what was fitted, in a sentence.
    """
    last = {row["line"]: row for row in positions}
    ends = "; ".join(
        f"{name} {row['mean']:+.2f} ({row['q05']:+.2f} to {row['q95']:+.2f}) in {row['year']}"
        for name, row in last.items()
    )
    return theme.Caption(
        headline,
        "Unit: standard deviations over all states and sessions; 0 is their mean. One dot per session at the year in "
        "which it opens. Faint band: 90% interval. A line breaks where a session has no vote of the state.",
        f"Line chart of positions over the years, {len(lines)} lines. At the end: {ends}.",
    )


def chart(
    positions: Table,
    lines: Mapping[str, str],
    *,
    caption: theme.Caption | None = None,
    width: int = 820,
    height: int = 360,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Positions over the years with their 90 % bands.

    Args:
        positions: ``line, state, session, year, mean, sd, q05, q95, n``; each line's rows by session.
        lines: name of each line -> the code that gives its colour.
        caption: words to draw around the chart; without it the chart stands bare.
        width: of the panel, in pixels.
        height: of the panel, in pixels.
        interactive: whether to add tooltips.
    """
    import altair as alt

    years = [row["year"] for row in positions]
    axis = alt.Axis(**theme.axis_of_years(min(years), max(years)))
    key = alt.Legend(symbolType="stroke", symbolSize=300, symbolOpacity=1)
    colours = alt.Scale(domain=list(lines), range=theme.power_colours(list(lines.values())))
    base = alt.Chart().encode(
        x=alt.X("from:T", title=None, scale=alt.Scale(type="utc"), axis=axis),
        color=alt.Color("line:N", scale=colours, legend=key),
    )
    value = alt.Axis(**theme.SIGNED_AXIS)
    zero = alt.Chart().transform_aggregate(rows="count()")
    layers: list[Any] = [
        zero.mark_rule(color=theme.MUTED, opacity=0.8, strokeWidth=1).encode(y=alt.datum(0)),
        base.mark_area(opacity=theme.BAND_90).encode(
            y=alt.Y("q05:Q", title=None, axis=value), y2="q95", detail="stretch:N"
        ),
        # a session between two gaps has no area: its band is a bar
        base.transform_filter("datum.alone")
        .mark_rule(opacity=2 * theme.BAND_90, strokeWidth=4)
        .encode(y="q05:Q", y2="q95"),
        base.mark_line(strokeWidth=1.8).encode(y="mean:Q", detail="stretch:N"),
    ]
    dots = base.mark_point(filled=True, opacity=1, size=16).encode(y="mean:Q")
    if interactive:
        dots = dots.encode(
            tooltip=[
                alt.Tooltip("line:N", title="state"),
                alt.Tooltip("when:N", title="when"),
                alt.Tooltip("mean:Q", title="position", format="+.2f"),
                alt.Tooltip("q05:Q", title="90% from", format="+.2f"),
                alt.Tooltip("q95:Q", title="to", format="+.2f"),
                alt.Tooltip("n:Q", title="votes"),
            ]
        )
    panel = alt.layer(*layers, dots, data=alt.NamedData("positions")).properties(width=width, height=height)
    return theme.finish(panel, {"positions": _rows(positions)}, caption)


def _rows(positions: Table) -> list[dict[str, Any]]:
    """The rows as a chart can hold them, with the unbroken stretch of sessions each belongs to."""
    rows: list[dict[str, Any]] = []
    stretch, before = 0, ("", 0)
    for row in positions:
        stretch += before != (row["line"], row["session"] - 1)
        before = row["line"], row["session"]
        rows.append(
            {
                "line": row["line"],
                "from": f"{row['year']}-01-01",
                "when": f"session {row['session']} (opened {row['year']})",
                **{name: round(row[name], 3) for name in ("mean", "q05", "q95")},
                "n": row["n"],
                "stretch": f"{row['line']} {stretch}",
            }
        )
    size: dict[str, int] = {}
    for one in rows:
        size[one["stretch"]] = size.get(one["stretch"], 0) + 1
    return [{**one, "alone": size[one["stretch"]] == 1} for one in rows]
