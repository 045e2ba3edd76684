"""Drift: how fast a state moved toward or away from each power over a window."""

from typing import TYPE_CHECKING, Any

from equidistance.figures import rows, theme, words
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

CHANNELS = ("deed", "word", "overall")


def caption(table: Table, state: str) -> theme.Caption:
    """Toward and away from whom the state surely moved over the longest window."""
    longest = max(table, key=lambda row: row["end"] - row["start"], default=None)
    if longest is None:
        return theme.Caption(f"{state}'s drift", _READING, "No estimate.")
    window = [row for row in table if row["window"] == longest["window"]]
    overall = [row for row in window if row["channel"] == "overall"]
    toward, away = words.signs(overall)
    moves = [f"toward {words.listed(toward)}"] if toward else []
    moves += [f"away from {words.listed(away)}"] if away else []
    span = _years(longest)
    title = (
        f"{span}: {state} moved {' and '.join(moves)}"
        if moves
        else f"{span}: no sure drift toward or away from any power"
    )
    texts = "; ".join(
        f"{row['power_name']} {row['mean']:+.3f}, P(drift > 0) {row['p_positive']:.2f}" for row in overall
    )
    return theme.Caption(
        title, _READING, f"Dots with intervals of drift per power, window by window. {span}: {texts}."
    )


_READING = (
    "Unit: standard deviations per year. Right of zero: toward the power; left: away. Dot: mean estimate. "
    "Thick line: 50% interval, thin line: 90% interval."
)


def _years(row: dict[str, Any]) -> str:
    return f"{row['start']:%Y} to {row['end']:%Y}"


def chart(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 330,
    columns: int = 2,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Dots and intervals of drift: one panel per window, one row per power, one mark per channel.

    Args:
        table: ``power, power_name, channel, window, start, end, mean, q05, q25, q75, q95, p_positive``,
            standard deviations a year.
        caption: words to draw around the chart; without it the chart stands bare.
        width: of one panel, in pixels.
        columns: panels per row.
        interactive: whether to add tooltips.
    """
    import altair as alt

    data = [
        {**rows.plain(row), "years": _years(row), "channel": theme.CHANNEL_NAMES[row["channel"]]}
        for row in table
    ]
    names = [theme.CHANNEL_NAMES[channel] for channel in CHANNELS]
    colour = alt.Color(
        "channel:N",
        scale=alt.Scale(domain=names, range=[theme.CHANNEL_COLOURS[channel] for channel in CHANNELS]),
    )
    shape = alt.Shape(
        "channel:N",
        scale=alt.Scale(domain=names, range=[theme.CHANNEL_SHAPES[channel] for channel in CHANNELS]),
    )
    order = [name for _, name in rows.powers_of(table)]
    y = alt.Y(
        "power_name:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=120, minExtent=120, labelPadding=8, grid=False),
    )
    offset = alt.YOffset("channel:N", sort=names)
    base = alt.Chart().encode(y=y, yOffset=offset, color=colour)
    x_axis = alt.Axis(**theme.SIGNED_AXIS, labelFlush=False)  # pushed inward the label at the edge meets the next one
    layers = [
        alt.Chart()
        .transform_aggregate(rows="count()")
        .mark_rule(color=theme.MUTED, opacity=0.8)
        .encode(x=alt.datum(0)),
        base.mark_rule(strokeWidth=1.4, opacity=0.75).encode(
            x=alt.X("q05:Q", title=None, axis=x_axis), x2="q95"
        ),
        base.mark_rule(strokeWidth=4, opacity=0.55).encode(x="q25:Q", x2="q75"),
    ]
    dots = base.mark_point(filled=True, size=48, opacity=1).encode(x="mean:Q", shape=shape)
    if interactive:
        dots = dots.transform_calculate(
            says="format(datum.mean, '+.3f') + ' (' + format(datum.q05, '+.3f') + ' to ' "
            "+ format(datum.q95, '+.3f') + ')'",
            chance="format(datum.p_positive, '.2f')",
        ).encode(
            tooltip=[
                alt.Tooltip("power_name:N", title="power"),
                alt.Tooltip("channel:N", title="in"),
                alt.Tooltip("years:N", title="window"),
                alt.Tooltip("says:N", title="drift per year"),
                alt.Tooltip("chance:N", title="P(drift > 0)"),
            ]
        )
    panel = alt.layer(*layers, dots, data=alt.NamedData("drift")).properties(width=width, height={"step": 13})
    longest_first = sorted(table, key=lambda row: row["start"])
    windows = list(dict.fromkeys(row["window"] for row in longest_first))
    return theme.finish(
        panel.facet(facet=alt.Facet("window:N", sort=windows, title=None), columns=columns).resolve_scale(
            x="independent"
        ),
        {"drift": data},
        caption,
    )
