"""Alignment: one panel per power, deeds and words, with their intervals and the years that have evidence."""

from datetime import date
from typing import TYPE_CHECKING, Any

from equidistance.figures import rows, theme, words
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

UNIT = "Unit: standard deviations of how close the world's states stand to the powers; 0 is the world's mean."


def caption(table: Table, state: str) -> theme.Caption:
    """Who stands closest in deeds and in words in the last month, and how to read the panels."""
    last = rows.last_rows(table)
    ranked = {channel: [row for row in last if row["channel"] == channel] for channel in ("deed", "word")}
    if not all(ranked.values()):
        title = f"How close {state} stands to each power"
    else:
        (deed, deed_lead), (word, word_lead) = (
            words.closest(ranked[channel]) for channel in ("deed", "word")
        )
        if (deed, deed_lead) == (word, word_lead):
            title = f"In deeds and in words {state} {_stands(deed_lead)} {deed}"
        else:
            title = f"In deeds {state} {_stands(deed_lead)} {deed}; in words it {_stands(word_lead)} {word}"
    ends = "; ".join(
        f"{row['power_name']} in {theme.CHANNEL_NAMES[row['channel']]} {words.interval(row, '+.2f')}"
        for row in last
        if row["channel"] in ranked
    )
    return theme.Caption(
        title,
        f"{UNIT} Line: mean estimate. Strong band: 50% interval, faint band: 90% interval. The two thin bars "
        "at the foot of each panel mark the years with evidence, deeds below words; where a bar is broken "
        "the estimate is carried by the years around it. A dotted upright line marks a break.",
        "Line charts of alignment over time, one panel per power, deeds solid and words dashed. At the end: "
        f"{ends}.",
    )


def _stands(lead: str) -> str:
    return {
        "clear": "stands closest to",
        "probable": "probably stands closest to",
        "open": "has no clear closest power, the likeliest is",
    }[lead]


def chart(
    table: Table,
    evidence: Table | None = None,
    breaks: Table | None = None,
    *,
    caption: theme.Caption | None = None,
    width: int = 250,
    height: int = 150,
    columns: int = 3,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Small multiples of alignment in deeds and in words.

    Args:
        table: ``power, power_name, period, channel, mean, q05, q25, q75, q95`` in standard deviations.
        evidence: ``power, channel, year, observations``; draws the years with evidence under each panel.
        breaks: ``power, kind, channel, period, mean``; marks the months in which the state's alignment jumped.
        caption: words to draw around the chart; without it the chart stands bare.
        width: of one panel, in pixels.
        height: of one panel, in pixels.
        columns: panels per row.
        interactive: whether to add tooltips.
    """
    import altair as alt

    periods = rows.drawn_periods(table)
    powers = rows.powers_of(table)
    data = _wide(table, periods, dict(powers))
    names = dict(powers)
    for span in rows.evidence_spans(evidence, periods[0], periods[-1]) if evidence is not None else ():
        if span["power"] in names:
            data.append({**span, "power": names[span["power"]]})
    jumps = [row for row in breaks or () if row["kind"] == "state" and row["power"] in names]
    for row in jumps:
        way = "toward" if row["mean"] > 0 else "away"
        data.append(
            {
                "power": names[row["power"]],
                "jump": row["period"].isoformat(),
                "in": row["channel"],
                "way": way,
            }
        )
    layers = [zero_line(), *(layer for channel in ("deed", "word") for layer in _bands(channel))]
    layers += [_line(channel) for channel in ("deed", "word")]
    layers += [_years_with_evidence(channel, height) for channel in ("deed", "word")]
    if jumps:
        layers += [_jump(channel) for channel in ("deed", "word")]
    if interactive:
        layers.append(hover([("deed", "deeds"), ("word", "words")]))
    panel = alt.layer(*layers, data=alt.NamedData("alignment")).properties(width=width, height=height)
    return theme.finish(
        panel.facet(
            facet=alt.Facet("power:N", sort=[name for _, name in powers], title=None), columns=columns
        ).resolve_axis(x="independent", y="independent"),
        {"alignment": data},
        caption,
    )


def _wide(table: Table, periods: list[date], names: dict[str, str]) -> list[dict[str, Any]]:
    """One row per power and period, ``deed, deed05, ..., word, ...``; a line breaks where they are null."""
    following = rows.next_periods(periods)
    empty = {channel + end: None for channel in ("deed", "word") for end in ("", "05", "25", "75", "95")}
    cells = {
        (power, period): {
            "power": name,
            "period": period,
            "next": following[period],
            "month": rows.month_name(period),
            **empty,
        }
        for power, name in names.items()
        for period in following
    }
    for row in rows.rows_at(table, periods):
        if row["channel"] in ("deed", "word"):
            cell = cells[row["power"], row["period"]]
            cell[row["channel"]] = row["mean"]
            cell.update({row["channel"] + end: row["q" + end] for end in ("05", "25", "75", "95")})
    return list(cells.values())


def time_axis(field: str = "period", **axis: Any) -> "alt.X":
    """The common time axis: years, in UTC, so that no reader's time zone moves a month."""
    import altair as alt

    return alt.X(
        f"{field}:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(**{**theme.YEAR_AXIS, **axis})
    )


def hover(
    series: list[tuple[str, str]], *, number: str = "+.2f", more: dict[str, str] | None = None, ticks: int = 4
) -> "alt.Chart":
    """Invisible columns, one per drawn period, that answer the pointer with all series of that period.

    Args:
        series: field prefix and label; the fields are ``<prefix>``, ``<prefix>05`` and ``<prefix>95``.
        number: d3 format of the values.
        more: label -> further Vega expression shown in the tooltip.
        ticks: ticks of the time axis, as in the chart's other layers.
    """
    import altair as alt

    column = alt.Chart().transform_filter("isValid(datum.next)")
    for prefix, _ in series:
        value, low, high = (f"format(datum['{prefix}{end}'], '{number}')" for end in ("", "05", "95"))
        text = f"{value} + ' (' + {low} + ' to ' + {high} + ')'"
        column = column.transform_calculate(
            **{f"says_{prefix}": f"isValid(datum['{prefix}']) ? {text} : 'no estimate'"}
        )
    for index, expression in enumerate((more or {}).values()):
        column = column.transform_calculate(**{f"more_{index}": expression})
    over = alt.selection_point(
        name="over", fields=["power", "period"], on="pointerover", clear="pointerout", empty=False
    )
    return (
        column.mark_rect(color=theme.MUTED, cursor="crosshair")
        .encode(
            x=time_axis(tickCount=ticks),
            x2="next:T",
            y=alt.value(0),
            y2=alt.value("height"),
            opacity=alt.condition(over, alt.value(0.25), alt.value(0), empty=False),
            tooltip=[
                alt.Tooltip("month:N", title="month"),
                *(alt.Tooltip(f"says_{prefix}:N", title=label) for prefix, label in series),
                *(alt.Tooltip(f"more_{index}:N", title=label) for index, label in enumerate(more or {})),
            ],
        )
        .add_params(over)
    )


def zero_line() -> "alt.Chart":
    """A rule at zero, drawn once per panel and not once per row."""
    import altair as alt

    # Altair joins charts with parameters only if each first layer has a name.
    one_row = alt.Chart(name="view_1").transform_aggregate(rows="count()")
    return one_row.mark_rule(color=theme.MUTED, opacity=0.8, strokeWidth=1).encode(y=alt.datum(0))


def _value_axis(field: str) -> "alt.Y":
    import altair as alt

    return alt.Y(
        f"{field}:Q", title=None, axis=alt.Axis(**theme.SIGNED_AXIS), scale=alt.Scale(zero=False, nice=True)
    )


def _bands(channel: str) -> list["alt.Chart"]:
    import altair as alt

    base = alt.Chart().transform_filter("isValid(datum.period)")
    return [
        base.mark_area(color=theme.CHANNEL_COLOURS[channel], opacity=opacity).encode(
            x=time_axis(), y=_value_axis(channel + low), y2=channel + high
        )
        for low, high, opacity in (("05", "95", theme.BAND_90), ("25", "75", theme.BAND_50))
    ]


def _line(channel: str) -> "alt.Chart":
    import altair as alt

    names = [theme.CHANNEL_NAMES[each] for each in ("deed", "word")]
    colours = [theme.CHANNEL_COLOURS[each] for each in ("deed", "word")]
    dashes = [theme.CHANNEL_DASHES[each] for each in ("deed", "word")]
    return (
        alt.Chart()
        .transform_filter("isValid(datum.period)")
        .transform_calculate(series=f"'{theme.CHANNEL_NAMES[channel]}'")
        .mark_line()
        .encode(
            x=time_axis(),
            y=_value_axis(channel),
            color=alt.Color("series:N", scale=alt.Scale(domain=names, range=colours)),
            strokeDash=alt.StrokeDash("series:N", scale=alt.Scale(domain=names, range=dashes)),
        )
    )


def _jump(channel: str) -> "alt.Chart":
    """A dotted rule at each month in which alignment in a channel jumped."""
    import altair as alt

    return (
        alt.Chart()
        .transform_filter(f"isValid(datum.jump) && datum['in'] === '{channel}'")
        .mark_rule(color=theme.CHANNEL_COLOURS[channel], strokeWidth=1.2, strokeDash=[2, 2])
        .encode(x=time_axis("jump"))
    )


def _years_with_evidence(channel: str, height: int) -> "alt.Chart":
    import altair as alt

    return (
        alt.Chart()
        .transform_filter(f"datum.channel === '{channel}'")
        .mark_rule(color=theme.CHANNEL_COLOURS[channel], strokeWidth=3)
        .encode(x=time_axis("from"), x2="to:T", y=alt.value(height - (1.5 if channel == "deed" else 6.5)))
    )
