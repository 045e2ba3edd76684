"""Evidence coverage: which indicator has how many observations in which year."""

from datetime import date
from typing import TYPE_CHECKING, Any

from equidistance.figures import theme, words
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

_READING = (
    "Unit: observations a year, all powers together; darker is more, blank is none. Deeds first, then words. "
    "A blank year is outside the sources' coverage or without a usable record."
)


def caption(table: Table, state: str) -> theme.Caption:
    """How many indicators and records stand behind the estimates, and which years are thinnest."""
    if not len(table):
        return theme.Caption(f"No evidence about {state}", _READING, "An empty chart.")
    cells = by_year(table)
    indicators = {cell["indicator"] for cell in cells}
    years = sorted({cell["year"] for cell in cells})
    seen = {year: sum(cell["year"] == year for cell in cells) for year in range(years[0], years[-1] + 1)}
    fewest = min(seen.values())
    thin = [str(year) for year, count in seen.items() if count == fewest]
    when = words.listed(thin) if len(thin) <= 3 else f"{len(thin)} years"
    title = f"{words.plural(len(indicators), 'indicator')} in all; only {fewest} with evidence in {when}"
    if fewest == len(indicators):
        title = f"{words.plural(fewest, 'indicator')}, each with evidence in every year"
    records = sum(cell["records"] for cell in cells)
    return theme.Caption(
        title,
        _READING,
        f"Heat map of {words.plural(len(indicators), 'indicator')} by year, {years[0]} to {years[-1]}, with "
        f"{words.plural(records, 'record')} in all.",
    )


def by_year(table: Table) -> list[dict[str, Any]]:
    """One row per indicator and year, summed over the powers; deeds first, in order of appearance."""
    cells: dict[tuple[str, int], dict[str, Any]] = {}
    for row in table:
        cell = cells.setdefault(
            (row["indicator"], row["year"]),
            {
                **{key: row[key] for key in ("indicator", "title", "channel", "instrument", "year")},
                "observations": 0,
                "records": 0,
                "sources": set(),
            },
        )
        cell["observations"] += row["observations"]
        cell["records"] += row["records"]
        cell["sources"].add(row["source_id"])
    return [
        {**cell, "sources": ", ".join(sorted(cell["sources"]))}
        for cell in sorted(cells.values(), key=lambda cell: cell["channel"] != "deed")
    ]


def _label(cell: dict[str, Any]) -> str:
    """Channel, instrument and title; the channel only once where the title starts with it."""
    kind, _, rest = cell["title"].partition(": ")
    title = rest if kind.lower() == cell["kind"] else cell["title"]
    return f"{words.first_upper(cell['kind'])}, {cell['instrument']}: {title}"


def chart(
    table: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 820,
    interactive: bool = True,
) -> "alt.TopLevelMixin":
    """Heat map of observations per indicator and year; the indicator's title stands above its row.

    Args:
        table: ``power, indicator, title, channel, instrument, year, observations, records, source_id``.
        caption: words to draw around the chart; without it the chart stands bare.
        width: in pixels.
        interactive: whether to add tooltips.
    """
    import altair as alt

    cells = by_year(table)
    data = [
        {
            **cell,
            "from": f"{cell['year']}-01-01",
            "to": f"{cell['year'] + 1}-01-01",
            "kind": theme.CHANNEL_NAMES[cell["channel"]],
        }
        for cell in cells
    ]
    first: dict[str, dict[str, Any]] = {}
    for cell in data:
        first.setdefault(cell["indicator"], cell)
    titles = [{"indicator": name, "text": _label(cell)} for name, cell in first.items()]
    order = list(first)
    names = [theme.CHANNEL_NAMES[channel] for channel in ("deed", "word")]
    y = alt.Y(
        "indicator:N",
        sort=order,
        title=None,
        axis=None,
        scale=alt.Scale(paddingInner=0.58, paddingOuter=0.5, align=1),
    )
    years = [date.fromisoformat(cell["from"]) for cell in data]
    boxes = (
        alt.Chart(alt.NamedData("evidence"))
        .mark_rect(stroke=theme.LIGHT_BACKGROUND, strokeWidth=0.8)
        .encode(
            x=alt.X(
                "from:T",
                title=None,
                scale=alt.Scale(type="utc", nice=False),
                axis=alt.Axis(
                    **{
                        **theme.YEAR_AXIS,
                        "tickCount": 8 if len(set(years)) > 8 else len(set(years)),
                        "orient": "bottom",
                    }
                ),
            ),
            x2="to:T",
            y=y,
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=names, range=[theme.CHANNEL_COLOURS[channel] for channel in ("deed", "word")]
                ),
                legend=None,
            ),
            opacity=alt.Opacity(
                "observations:Q", scale=alt.Scale(type="log", range=[0.35, 1], domainMin=1), legend=None
            ),
        )
    )
    if interactive:
        boxes = boxes.encode(
            tooltip=[
                alt.Tooltip("title:N", title="indicator"),
                alt.Tooltip("year:N", title="year"),
                alt.Tooltip("observations:Q", title="observations", format=","),
                alt.Tooltip("records:Q", title="records", format=","),
                alt.Tooltip("sources:N", title="source"),
            ]
        )
    labels = (
        alt.Chart(alt.NamedData("indicators"))
        .mark_text(align="left", baseline="bottom", dy=-9, fontSize=12, color=theme.INK, limit=width)
        .encode(x=alt.value(0), y=y, text="text:N")
    )
    return theme.finish(
        alt.layer(boxes, labels).properties(width=width, height={"step": 36}),
        {"evidence": data, "indicators": titles},
        caption,
    )
