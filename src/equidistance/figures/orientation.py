"""Orientation: the composition of a state's alignment over the powers, and who probably leads."""

from typing import TYPE_CHECKING, Any

from equidistance.figures import rows, theme, words
from equidistance.figures.alignment import time_axis
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt


def caption(table: Table, state: str) -> theme.Caption:
    """The largest share in the first and in the last period."""
    top = [words.closest(part) for part in _ends(table)]
    if not top:
        title = f"How {state}'s orientation divides over the powers"
    else:
        (before, _), (now, lead) = top
        largest = {"clear": "has", "probable": "probably has", "open": "may have"}[lead]
        then = "as at the start" if before == now else f"at the start it was {before}"
        title = f"{words.first_upper(now)} {largest} the largest share of {state}'s orientation; {then}"
    shares = "; ".join(f"{row['power_name']} {row['mean']:.0%}" for row in rows.last_rows(table))
    return theme.Caption(
        title,
        "Unit: shares that sum to 100%. Each power's share grows with its overall alignment; equal heights "
        "mean equal distance.",
        f"Stacked areas of orientation shares over time. At the end: {shares}.",
    )


def leads_caption(table: Table, state: str) -> theme.Caption:
    """Who probably leads in the last period."""
    last = sorted(rows.last_rows(table), key=lambda row: -row["p_leads"])
    leader, chance = words.the(last[0]["power_name"]), words.percent(last[0]["p_leads"])
    if words.sureness(last[0]["p_leads"]) != "open":
        title = f"{words.first_upper(leader)} leads with a probability of {chance}"
    else:
        title = f"Who leads is open; most likely {leader}, with a probability of {chance}"
    chances = "; ".join(f"{row['power_name']} {words.percent(row['p_leads'])}" for row in last)
    return theme.Caption(
        title,
        f"Unit: probability that the power has the largest share of {state}'s orientation. One colour "
        "through the whole height means a sure lead; several colours mean that the evidence does not decide.",
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
    table: Table,
    column: str,
    label: str,
    caption: theme.Caption | None,
    width: int,
    height: int,
    interactive: bool,
) -> "alt.TopLevelMixin":
    import altair as alt

    periods = rows.drawn_periods(table)
    following = rows.next_periods(periods)
    powers = rows.powers_of(table)
    known = {(row["power"], row["period"]): row[column] for row in rows.rows_at(table, periods)}
    # A power that does not exist yet has no share: a zero in the stack, "no estimate" to the reader.
    data = [
        {"power": name, "order": index, "period": period, "value": known.get((code, period)) or 0}
        for index, (code, name) in enumerate(powers)
        for period in following
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
                "value:Q",
                stack="zero",
                title=None,
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1]),
            ),
            color=colour,
            order=alt.Order("order:Q"),
        )
    )
    layers = [areas]
    datasets: dict[str, theme.Rows] = {label: data}
    if interactive:
        datasets["months"] = [
            {
                "period": period,
                "next": after,
                "month": rows.month_name(period),
                **{
                    f"p{index}": _percent(known.get((code, period))) for index, (code, _) in enumerate(powers)
                },
            }
            for period, after in following.items()
        ]
        over = alt.selection_point(
            name="over", fields=["period"], on="pointerover", clear="pointerout", empty=False
        )
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


def _percent(value: float | None) -> str:
    return "no estimate" if value is None else f"{value:.0%}"
