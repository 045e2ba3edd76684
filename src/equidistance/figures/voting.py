"""Votes beside a power: agreement over time, and how often which vote met which."""

from typing import TYPE_CHECKING, Any

from equidistance.figures import theme, words
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

MEASURES = {"agreement": ("agreement", [1, 0]), "coincidence": ("identical votes", [5, 3])}
"""Score -> its name in the chart, and its dashes."""

_COLOURS = ("#1D7FA6", "#7C7F86")
_VOTES = ("yes", "abstain", "no")


def caption(sessions: Table, matrix: Table, state: str, power: str, headline: str) -> theme.Caption:
    """The finding, and how to read the two panels.

    Args:
        sessions, matrix: the tables of the chart.
        state, power: their names.
        headline: the finding in a sentence.
    """
    unit = "session" if _by_session(sessions) else "calendar year"
    scores = ", ".join(f"{row['year']}: {row['agreement']:.2f}" for row in sessions)
    cells = ", ".join(f"{row['vote_state']}-{row['vote_power']} {row['n']}" for row in matrix)
    return theme.Caption(
        headline,
        f"One dot per {unit}, larger with more roll calls. Agreement: 1 for the same vote, 1/2 where one of the two "
        f"abstains, 0 for yes against no. Matrix: roll calls by the votes of {words.the(state)} (rows) "
        f"and {words.the(power)} (columns).",
        f"Line chart of agreement by {unit}: {scores}. Matrix of votes, {state} first: {cells}.",
    )


def chart(
    sessions: Table,
    matrix: Table,
    state: str,
    power: str,
    *,
    caption: theme.Caption | None = None,
    width: int = 560,
    height: int = 250,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Agreement over time beside the matrix of votes.

    Args:
        sessions: ``session, year, n, agreement, coincidence, cosine``.
        matrix: ``vote_state, vote_power, n``.
        state, power: names of the two.
        caption: words to draw around the chart; without it the chart stands bare.
        width: of the panel over time, in pixels.
        height: of the panels, in pixels.
        interactive: whether to add tooltips.
    """
    import altair as alt

    left = over_time(sessions, width=width, height=height, interactive=interactive)
    right = matrix_chart(matrix, state, power, size=min(height, 230), interactive=interactive)
    data = {**left.datasets, **right.datasets}
    for part in (left, right):
        part.config = part.datasets = alt.Undefined
    return theme.finish(alt.hconcat(left, right), data, caption)


def over_time(
    sessions: Table, *, width: int = 820, height: int = 250, interactive: bool = True
) -> "alt.TopLevelMixin":
    """Lines of agreement and of identical votes, broken where a session or year has no common vote."""
    import altair as alt

    names = [name for name, _ in MEASURES.values()]
    years = [row["year"] for row in sessions]
    axis = alt.Axis(**theme.axis_of_years(min(years), max(years)))
    key = alt.Legend(symbolType="stroke", symbolSize=300)
    base = alt.Chart().encode(
        x=alt.X("from:T", title=None, scale=alt.Scale(type="utc"), axis=axis),
        y=alt.Y(
            "value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".1f", tickCount=5)
        ),
        color=alt.Color("measure:N", scale=alt.Scale(domain=names, range=list(_COLOURS)), legend=key),
    )
    lines = base.mark_line(strokeWidth=1.8).encode(
        detail="stretch:N",
        strokeDash=alt.StrokeDash(
            "measure:N",
            scale=alt.Scale(domain=names, range=[dashes for _, dashes in MEASURES.values()]),
        ),
    )
    dots = base.mark_point(filled=True, opacity=1).encode(
        size=alt.Size("n:Q", scale=alt.Scale(type="sqrt", domainMin=0, range=[4, 70]), legend=None)
    )
    if interactive:
        dots = dots.encode(
            tooltip=[
                alt.Tooltip("when:N", title="when"),
                alt.Tooltip("measure:N", title="score"),
                alt.Tooltip("value:Q", title="value", format=".2f"),
                alt.Tooltip("n:Q", title="roll calls"),
                alt.Tooltip("same:Q", title="the same vote"),
            ]
        )
    panel = alt.layer(lines, dots, data=alt.NamedData("sessions")).properties(width=width, height=height)
    return theme.finish(panel, {"sessions": _long(sessions)})


def matrix_chart(
    matrix: Table, state: str, power: str, *, size: int = 230, interactive: bool = True
) -> "alt.TopLevelMixin":
    """Nine cells: the state's votes down, the power's across; darker is more often."""
    import altair as alt

    total = sum(row["n"] for row in matrix)
    data = [
        {
            "state_vote": row["vote_state"],
            "power_vote": row["vote_power"],
            "n": row["n"],
            "share": round(row["n"] / total, 4),
            "text": f"{row['n']:,}",
            "dark": 2 * row["n"] > max(cell["n"] for cell in matrix),
        }
        for row in matrix
    ]
    axis = alt.Axis(labelAngle=0, orient="top", grid=False, titlePadding=8)
    base = alt.Chart().encode(
        x=alt.X("power_vote:N", sort=list(_VOTES), title=f"{power} votes", axis=axis),
        y=alt.Y(
            "state_vote:N",
            sort=list(_VOTES),
            title=f"{state} votes",
            axis=alt.Axis(grid=False, titlePadding=14),
        ),
    )
    boxes = base.mark_rect(stroke=theme.LIGHT_BACKGROUND, strokeWidth=2, color=_COLOURS[0]).encode(
        opacity=alt.Opacity("n:Q", scale=alt.Scale(type="sqrt", domainMin=0, range=[0.06, 0.95]), legend=None)
    )
    if interactive:
        boxes = boxes.encode(
            tooltip=[
                alt.Tooltip("state_vote:N", title=state),
                alt.Tooltip("power_vote:N", title=power),
                alt.Tooltip("n:Q", title="roll calls", format=","),
                alt.Tooltip("share:Q", title="share of all", format=".1%"),
            ]
        )
    labels = base.mark_text(fontSize=13).encode(
        text="text:N",
        color=alt.condition("datum.dark", alt.value(theme.LIGHT_BACKGROUND), alt.value(theme.INK)),
    )
    panel = alt.layer(boxes, labels, data=alt.NamedData("matrix")).properties(width=size, height=size)
    return theme.finish(panel, {"matrix": data})


def _by_session(sessions: Table) -> bool:
    return any(row["session"] is not None for row in sessions)


def _long(sessions: Table) -> list[dict[str, Any]]:
    """One row per period and score, with the unbroken stretch of years each belongs to."""
    long = []
    stretch, before = 0, None
    for row in sessions:
        stretch += before is not None and row["year"] != before + 1
        before = row["year"]
        when = (
            str(row["year"]) if row["session"] is None else f"session {row['session']} (opened {row['year']})"
        )
        for score, (name, _) in MEASURES.items():
            long.append(
                {
                    "from": f"{row['year']}-01-01",
                    "when": when,
                    "measure": name,
                    "value": round(row[score], 3),
                    "n": row["n"],
                    "same": round(row["coincidence"] * row["n"]),
                    "stretch": f"{name} {stretch}",
                }
            )
    return long
