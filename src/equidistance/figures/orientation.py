"""Orientation: the composition of a state's alignment over the powers, and who probably leads."""

from typing import TYPE_CHECKING, Any

from equidistance.figures import rows, theme, words
from equidistance.figures.alignment import time_axis
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt


def caption(table: Table, state: str) -> theme.Caption:
    """The largest share in the first and in the last period."""
    top = [words.first(part) for part in _ends(table)]
    if not top:
        title = f"How {state}'s orientation divides over the powers"
    else:
        (before, _), (now, clear) = top
        largest = "has the largest share" if clear else "probably has the largest share"
        then = "as at the start" if before == now else f"at the start it was {before}"
        title = f"{words.first_upper(now)} {largest} of {state}'s orientation; {then}"
    shares = "; ".join(f"{row['power_name']} {row['mean']:.0%}" for row in rows.last_rows(table))
    return theme.Caption(
        title,
        "Unit: shares that sum to 100%. Each power's share grows with its overall alignment; equal heights mean equal "
        "distance.",
        f"Stacked areas of orientation shares over time. At the end: {shares}.",
    )


def leads_caption(table: Table, state: str) -> theme.Caption:
    """Who probably leads in the last period."""
    last = sorted(rows.last_rows(table), key=lambda row: -row["p_leads"])
    if not last:
        title = "Which power leads"
    elif last[0]["p_leads"] >= 0.9:
        title = f"{words.first_upper(words.the(last[0]['power_name']))} leads with a probability of {last[0]['p_leads']:.0%}"
    else:
        title = f"Who leads is open; most likely {words.the(last[0]['power_name'])}, with a probability of {last[0]['p_leads']:.0%}"
    chances = "; ".join(f"{row['power_name']} {row['p_leads']:.0%}" for row in last)
    return theme.Caption(
        title,
        f"Unit: probability that the power has the largest share of {state}'s orientation. One colour through the whole "
        "height means a sure lead; several colours mean that the evidence does not decide.",
        f"Stacked areas of the probability to lead over time. At the end: {chances}.",
    )


def _ends(table: Table) -> list[list[dict[str, Any]]]:
    import pyarrow.compute as pc

    if not len(table):
        return []
    column = table.arrow["period"]
    first = table.arrow.filter(pc.equal(column, pc.min(column))).to_pylist()
    return [first, rows.last_rows(table)]


def shares(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 820,
    height: int = 280,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Stacked orientation shares over time.

    Args:
        table: ``power, power_name, period, mean, q05, q95`` as shares that sum to one over the powers.
        caption: words to draw around the chart; without it the chart stands bare.
        width: in pixels.
        height: in pixels.
        interactive: whether to add tooltips.
    """
    return _stack(table, "mean", "share", caption, width, height, interactive)


def leads(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 820,
    height: int = 170,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Stacked probabilities to lead over time.

    Args:
        table: ``power, power_name, period, p_leads``; the probabilities sum to one over the powers.
        caption: words to draw around the chart; without it the chart stands bare.
        width: in pixels.
        height: in pixels.
        interactive: whether to add tooltips.
    """
    return _stack(table, "p_leads", "P(leads)", caption, width, height, interactive)


def _stack(
    table: Table, column: str, label: str, caption: theme.Caption | None, width: int, height: int, interactive: bool
) -> "alt.TopLevelMixin":
    import altair as alt

    periods = rows.drawn_periods(table)
    following = rows.next_periods(periods)
    powers = rows.powers_of(table)
    data = [
        {"power": row["power_name"], "order": index, "period": row["period"], "value": row[column]}
        for index, (code, _) in enumerate(powers)
        for row in rows.rows_at(table, periods)
        if row["power"] == code
    ]
    names = [name for _, name in powers]
    colour = alt.Color(
        "power:N",
        scale=alt.Scale(domain=names, range=theme.power_colours([code for code, _ in powers])),
        legend=alt.Legend(symbolType="square", symbolStrokeWidth=0),
    )
    areas = (
        alt.Chart(alt.NamedData(label))
        .mark_area(opacity=0.88, line=False, strokeWidth=0.6, stroke=theme.LIGHT_BACKGROUND)
        .encode(
            x=time_axis(tickCount=8),
            y=alt.Y(
                "value:Q", stack="zero", title=None, scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
            ),
            color=colour,
            order=alt.Order("order:Q"),
        )
    )
    layers = [areas]
    datasets: dict[str, theme.Rows] = {label: data}
    if interactive:
        by_period: dict[str, dict[str, Any]] = {}
        for row in data:
            cell = by_period.setdefault(
                row["period"],
                {"period": row["period"], "next": following[row["period"]], "month": rows.month_name(row["period"])},
            )
            cell[f"p{row['order']}"] = None if row["value"] is None else f"{row['value']:.0%}"
        datasets["months"] = list(by_period.values())
        over = alt.selection_point(name="over", fields=["period"], on="pointerover", clear="pointerout", empty=False)
        layers.append(
            alt.Chart(alt.NamedData("months"))
            .mark_rect(color=theme.INK, cursor="crosshair")
            .encode(
                x=time_axis(tickCount=8),
                x2="next:T",
                y=alt.value(0),
                y2=alt.value("height"),
                opacity=alt.condition(over, alt.value(0.3), alt.value(0), empty=False),
                tooltip=[
                    alt.Tooltip("month:N", title=label + " in"),
                    *(alt.Tooltip(f"p{index}:N", title=name) for index, name in enumerate(names)),
                ],
            )
            .add_params(over)
        )
    return theme.finish(alt.layer(*layers).properties(width=width, height=height), datasets, caption)
