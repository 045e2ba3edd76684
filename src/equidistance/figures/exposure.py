"""Exposure: which share of a state's trade, arms, investment, output, pacts and transit each power has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from equidistance.figures import rows, theme, words
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

_READING = (
    "Unit: share of the state's total of that kind. Each dot is a year with a source; lines join only "
    "neighbouring years of one source. A gap is a gap in the sources, not a zero. What has no known total, or no share "
    "above zero, has no panel: its amounts stand in the tables."
)

MOST_NAMED = 4
"""Kinds named in the title: those with the largest share."""


def caption(table: Table, state: str) -> theme.Caption:
    """The largest shares among the kinds, each in its last year."""
    leaders = []
    for kind in _kinds(table):
        part = [row for row in table if row["kind"] == kind]
        last = max(row["period"] for row in part)
        top = max((row for row in part if row["period"] == last), key=lambda row: row["share"] or 0)
        if not top["share"]:  # known in earlier years only
            continue
        leaders.append(
            (top["share"], f"{words.the(top['power_name'])} in {kind} ({top['share']:.0%}, {last:%Y})")
        )
    named = [text for _, text in sorted(leaders, key=lambda leader: -leader[0])[:MOST_NAMED]]
    title = (
        f"Largest shares: {words.listed(named)}" if named else f"No shares are known of {state}'s exposure"
    )
    return theme.Caption(title, _READING, f"Line charts of shares over time, one panel per kind. {title}.")


def _kinds(table: Table) -> list[str]:
    """Kinds with a share above zero in some year, in the table's order."""
    return list(dict.fromkeys(row["kind"] for row in table if row["share"]))


def chart(
    table: Table,
    order: Sequence[str] = (),
    *,
    caption: theme.Caption | None = None,
    width: int = 250,
    height: int = 190,
    columns: int = 3,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Lines of exposure: one panel per kind, one line per power and source, broken where a year is missing.

    Args:
        table: ``power, power_name, period, kind, share, hhi, detail, n, source_id``; shares between 0 and 1 or null.
        order: codes of the powers in the order of the legend; others follow in the table's order.
        caption: words to draw around the chart; without it the chart stands bare.
        width: of one panel, in pixels.
        height: of one panel, in pixels.
        columns: panels per row.
        interactive: whether to add tooltips.
    """
    import altair as alt

    given = {code: place for place, code in enumerate(order)}
    powers = sorted(rows.powers_of(table), key=lambda power: given.get(power[0], len(given)))
    names = [name for _, name in powers]
    colour = alt.Color(
        "power_name:N", scale=alt.Scale(domain=names, range=theme.power_colours([code for code, _ in powers]))
    )
    base = alt.Chart().encode(
        x=alt.X("period:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(**theme.YEAR_AXIS)),
        y=alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5, labelFlush=True)),
        color=colour,
    )
    lines = base.mark_line(strokeWidth=1.8).encode(detail="stretch:N")
    dots = base.mark_point(filled=True, size=20, opacity=1)
    if interactive:
        dots = dots.encode(
            tooltip=[
                alt.Tooltip("power_name:N", title="power"),
                alt.Tooltip("year:N", title="year"),
                alt.Tooltip("kind:N", title="share of"),
                alt.Tooltip("share:Q", title="share", format=".1%"),
                alt.Tooltip("detail:N", title="which"),
                alt.Tooltip("hhi:Q", title="concentration over all partners (HHI)", format=".2f"),
                alt.Tooltip("n:Q", title="records"),
                alt.Tooltip("source_id:N", title="source"),
            ]
        )
    panel = alt.layer(lines, dots, data=alt.NamedData("exposure")).properties(width=width, height=height)
    return theme.finish(
        panel.facet(facet=alt.Facet("kind:N", sort=_kinds(table), title=None), columns=columns)
        .resolve_scale(y="independent")
        .resolve_axis(x="independent"),
        {"exposure": _stretches(table)},
        caption,
    )


def _stretches(table: Table) -> list[dict[str, Any]]:
    """The rows with the stretch each belongs to: unbroken years of one power, kind and source."""
    numbered: list[dict[str, Any]] = []
    before: tuple[Any, ...] = ()
    year, stretch = 0, 0
    keys = ("power", "kind", "source_id")
    kinds = _kinds(table)
    drawn = [row for row in table if row["share"] is not None and row["kind"] in kinds]
    for row in sorted(drawn, key=lambda row: (*(row[key] for key in keys), row["period"])):
        same = tuple(row[key] for key in keys)
        if same != before or row["period"].year - year > 1:
            stretch += 1
        before, year = same, row["period"].year
        numbered.append({**rows.plain(row), "year": str(year), "stretch": stretch})
    return numbered
