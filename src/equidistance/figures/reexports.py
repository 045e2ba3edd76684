"""Pictures of a screen for re-exports: flows over time, goods one by one, both p values, who sent to whom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from equidistance.figures import rows, theme
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

FLOW_COLOURS = {"inbound": "#1D7FA6", "outbound": "#C7621C", "direct": "#7C7F86"}
FLOW_NAMES = {
    "inbound": "to {state}",
    "outbound": "{state} to {target}",
    "direct": "to {target} directly",
}
STRENGTH_COLOURS = {
    "strong": "#B53C37",
    "moderate": "#C96A1E",
    "weak": "#B8892B",
    "like other goods": "#4F7F9E",
    "none": "#7C7F86",
    "not judged": "#7C7F86",
}
_MILLION = 1e6


def series_caption(table: Table, state: str, target: str) -> theme.Caption:
    """What the listed goods did after the date."""
    return theme.Caption(
        f"The goods screened: to {state}, from there on, and to {target} directly",
        "Unit: million a month (or year), in the currency of the figures. Line: what was traded. Dashed line and band: "
        "what comparable goods lead to expect after the date, median and 90% interval.",
        "Line charts of trade in the listed goods over time, one panel per flow, with a band for what comparable goods "
        f"lead to expect: {', '.join(_flows(table))}.",
    )


def series(
    table: Table,
    state: str,
    target: str,
    *,
    onward: str = "",
    caption: theme.Caption | None = None,
    width: int = 275,
    height: int = 150,
) -> "alt.TopLevelMixin":
    """One panel per flow: traded amounts, and the band that comparable goods lead to expect.

    Args:
        table: ``flow, period, value, expected, low, high, currency``.
        state: name of the intermediary.
        target: name of the destination.
        onward: where the outbound flow goes, if not to the destination alone.
        caption: words to draw around the chart.
        width: of one panel, in pixels.
        height: of one panel, in pixels.
    """
    import altair as alt

    def named(flow: str) -> str:
        to = onward if onward and flow == "outbound" else target
        return FLOW_NAMES[flow].format(state=state, target=to)

    data = []
    for row in table:
        name = named(row["flow"])
        plain = rows.plain(row)
        for column in ("value", "expected", "low", "high"):
            plain[column] = None if row[column] is None else row[column] / _MILLION
        data.append({**plain, "panel": f"{name}, {row['currency']} m"})
    x = alt.X("period:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(**theme.YEAR_AXIS))
    base = alt.Chart().encode(x=x)
    colour = alt.Color(
        "flow:N",
        legend=None,
        scale=alt.Scale(domain=list(FLOW_COLOURS), range=list(FLOW_COLOURS.values())),
    )
    layers = [
        base.mark_area(opacity=theme.BAND_90).encode(
            y=alt.Y("low:Q", title=None, axis=alt.Axis(tickCount=4, minExtent=34)), y2="high", color=colour
        ),
        base.mark_line(strokeDash=[4, 3], strokeWidth=1.3).encode(y="expected:Q", color=colour),
        base.mark_line().encode(
            y="value:Q",
            color=colour,
            tooltip=[
                alt.Tooltip("period:T", title="month", format="%B %Y"),
                alt.Tooltip("value:Q", title="million", format=",.1f"),
                alt.Tooltip("expected:Q", title="expected", format=",.1f"),
            ],
        ),
    ]
    panel = alt.layer(*layers, data=alt.NamedData("flows")).properties(width=width, height=height)
    order = [
        f"{named(flow)}, {currency} m"
        for flow, currency in dict.fromkeys((row["flow"], row["currency"]) for row in table)
    ]
    chart = panel.facet(facet=alt.Facet("panel:N", sort=order, title=None), columns=3)
    return theme.finish(
        chart.resolve_scale(y="independent").resolve_axis(x="independent"), {"flows": data}, caption
    )


def goods_caption(table: Table, state: str) -> theme.Caption:
    """The goods on top of the ranking."""
    codes = list(dict.fromkeys(row["product"] for row in table))
    return theme.Caption(
        f"The {len(codes)} goods with the strongest evidence",
        "Unit: million a month (or year). Blue: inbound, orange: outbound. The vertical line is the most probable "
        "start of the new level, the grey area its 90% interval, where one change is much better than none.",
        f"Line charts of trade in single goods over time: {', '.join(codes)}.",
    )


def goods(
    table: Table,
    products: Table,
    *,
    caption: theme.Caption | None = None,
    width: int = 175,
    height: int = 90,
    columns: int = 4,
) -> "alt.TopLevelMixin":
    """Small multiples of the goods on top, with the onset.

    Args:
        table: ``rank, product, flow, period, value, currency``.
        products: the ranked goods with ``product, name, onset, onset_low, onset_high, onset_clear, evidence``.
        caption: words to draw around the chart.
        width: of one panel, in pixels.
        height: of one panel, in pixels.
        columns: panels per row.
    """
    import altair as alt

    known = {row["product"]: row for row in products}

    def panel_of(code: str) -> str:
        row = known.get(code, {})
        return f"{code} {short_name(row.get('name') or '', 20)}".strip()

    data: list[dict[str, Any]] = []
    for row in table:
        data.append({**rows.plain(row), "value": row["value"] / _MILLION, "panel": panel_of(row["product"])})
    for code in dict.fromkeys(row["product"] for row in table):
        found = known.get(code)
        if found and found["onset_clear"]:
            mark = rows.plain({name: found[name] for name in ("onset", "onset_low", "onset_high")})
            data.append({"panel": panel_of(code), "flow": "onset", **mark})
    x = {
        "title": None,
        "scale": alt.Scale(type="utc"),
        "axis": alt.Axis(**{**theme.YEAR_AXIS, "tickCount": 3}),
    }
    base = alt.Chart()
    layers = [
        base.mark_rect(color=theme.MUTED, opacity=0.15).encode(
            x=alt.X("onset_low:T", **x), x2="onset_high:T"
        ),
        base.mark_rule(color=theme.MUTED, strokeDash=[2, 2]).encode(x=alt.X("onset:T", **x)),
        base.transform_filter("datum.flow !== 'onset'")
        .mark_line(strokeWidth=1.5)
        .encode(
            x=alt.X("period:T", **x),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=3, minExtent=38)),
            color=alt.Color(
                "flow:N",
                scale=alt.Scale(
                    domain=["inbound", "outbound"], range=[FLOW_COLOURS[f] for f in ("inbound", "outbound")]
                ),
            ),
            tooltip=[
                alt.Tooltip("period:T", title="month", format="%B %Y"),
                alt.Tooltip("flow:N", title="flow"),
                alt.Tooltip("value:Q", title="million", format=",.3f"),
            ],
        ),
    ]
    panel = alt.layer(*layers, data=alt.NamedData("goods")).properties(width=width, height=height)
    order = [panel_of(code) for code in dict.fromkeys(row["product"] for row in table)]
    chart = panel.facet(facet=alt.Facet("panel:N", sort=order, title=None), columns=columns)
    chart = chart.resolve_scale(y="independent").resolve_axis(x="independent")
    return theme.finish(chart, {"goods": data}, caption)


def short_name(name: str, most: int) -> str:
    """The part of a nomenclature text that tells a good from its neighbours: what follows the first semicolon."""
    general, _, special = name.partition("; ")
    text = special if len(special) > 5 and not special.startswith(("n.e.c", "parts of")) else general
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0].rstrip(" ,;") + "…"


def picking_caption(products: Table, state: str) -> theme.Caption:
    """How many goods a first look flags, and how many a test that repeats the picking."""
    naive = picked = 0
    for row in products:
        naive += any((row[f"{flow}_naive_p"] or 1) <= 0.05 for flow in ("inbound", "outbound"))
        picked += row["evidence"] in ("strong", "moderate")
    return theme.Caption(
        f"A first look flags {naive} goods, the test that repeats the picking {picked}",
        "Each good twice: its naive p value (hollow) and its rank among goods that nobody picked (full), on a log "
        "scale, the flow with the smaller value; the vertical line is 0.05. Right of it a value looks remarkable. "
        "The colour says the evidence after adjusting for the number of goods.",
        "A dot plot of two p values for each good.",
    )


def picking(
    products: Table, *, caption: theme.Caption | None = None, most: int = 30, width: int = 620
) -> "alt.TopLevelMixin":
    """Naive and selection-aware p values of each good.

    Args:
        products: the ranked goods.
        caption: words to draw around the chart.
        most: goods shown.
        width: of the chart, in pixels.
    """
    import altair as alt

    data = []
    for row in list(products)[:most]:
        flows = [flow for flow in ("inbound", "outbound") if row[f"{flow}_p"] is not None]
        if not flows:
            continue
        flow = min(flows, key=lambda name: row[f"{name}_p"])
        data.append(
            {
                "good": f"{row['product']} {short_name(row['name'] or '', 34)}".strip(),
                "naive": max(row[f"{flow}_naive_p"] or 1e-12, 1e-12),
                "p": row[f"{flow}_p"],
                "q": row[f"{flow}_q"],
                "flow": flow,
                "evidence": row["evidence"],
            }
        )
    shown = list(dict.fromkeys(row["evidence"] for row in data))
    base = alt.Chart().encode(
        y=alt.Y(
            "good:N",
            sort=[row["good"] for row in data],
            title=None,
            axis=alt.Axis(labelLimit=330, minExtent=270),
        )
    )
    scale = alt.Scale(type="log", domain=[1e-12, 1], reverse=True, nice=False)
    axis = alt.Axis(values=[1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 0.05, 1], format=".0e", labelOverlap=True)
    colour = alt.Color(
        "evidence:N", scale=alt.Scale(domain=shown, range=[STRENGTH_COLOURS[s] for s in shown])
    )
    layers = [
        base.mark_rule(color=theme.GRID).encode(
            x=alt.X("naive:Q", scale=scale, title="p value", axis=axis), x2="p:Q"
        ),
        base.mark_point(size=45, strokeWidth=1.5, color=theme.MUTED).encode(x=alt.X("naive:Q", scale=scale)),
        base.mark_point(size=60, filled=True, opacity=1).encode(
            x=alt.X("p:Q", scale=scale),
            color=colour,
            tooltip=[
                alt.Tooltip("good:N", title="good"),
                alt.Tooltip("flow:N", title="flow"),
                alt.Tooltip("naive:Q", title="naive p", format=".2g"),
                alt.Tooltip("p:Q", title="selection-aware p", format=".3f"),
                alt.Tooltip("q:Q", title="q", format=".3f"),
                alt.Tooltip("evidence:N", title="evidence"),
            ],
        ),
        alt.Chart(alt.NamedData("level"))
        .mark_rule(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x=alt.X("level:Q", scale=scale)),
    ]
    chart = alt.layer(*layers, data=alt.NamedData("goods")).properties(width=width, height=alt.Step(19))
    return theme.finish(chart, {"goods": data, "level": [{"level": 0.05}]}, caption)


def sankey_caption(table: Table, state: str, code: str) -> theme.Caption:
    """Who sent most."""
    inbound = [row for row in table if row["origin"] != code]
    largest = max(inbound, key=lambda row: row["value"], default=None)
    title = (
        f"{largest['origin']} sent most of the listed goods to {state}"
        if largest
        else "Who sent what to whom"
    )
    return theme.Caption(
        title,
        "Widths: amounts after the date"
        + ("" if len({row["currency"] for row in table}) < 2 else ", each side in its own currency and scale")
        + ". The two sides are different records: what leaves need not be what came.",
        f"A flow chart from the exporters to {state} and on. {title}.",
    )


def sankey(
    table: Table,
    state: str,
    *,
    caption: theme.Caption | None = None,
    most: int = 9,
    width: int = 620,
    height: int = 330,
) -> "alt.TopLevelMixin":
    """Bands from the exporters to the intermediary and on to the destination.

    Args:
        table: ``origin, destination, value, currency``.
        state: code of the intermediary.
        caption: words to draw around the chart.
        most: exporters shown by name; the rest stands together.
        width: of the chart, in pixels.
        height: of the chart, in pixels.
    """
    import altair as alt

    bands, labels = _bands(list(table), state, most)
    base = alt.Chart(alt.NamedData("bands"))
    colours = list(dict.fromkeys(row["side"] for row in bands))
    shapes = base.mark_line(filled=True, opacity=0.55, strokeWidth=0, interpolate="linear").encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.32, 2.32], nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[1.04, -0.04], nice=False)),
        order="place:Q",
        detail="band:N",
        color=alt.Color(
            "side:N",
            legend=None,
            scale=alt.Scale(domain=colours, range=[FLOW_COLOURS[side] for side in colours]),
        ),
        tooltip=[alt.Tooltip("band:N", title="flow"), alt.Tooltip("amount:N", title="amount")],
    )
    text = alt.Chart(alt.NamedData("labels"))
    layers = [shapes]
    for side in ("right", "left", "center"):
        layers.append(
            text.transform_filter(f"datum.align === '{side}'")
            .mark_text(align=side, baseline="middle", fontSize=11, color=theme.INK)
            .encode(x="x:Q", y="y:Q", text="label:N")
        )
    chart = alt.layer(*layers).properties(width=width, height=height)
    return theme.finish(chart, {"bands": bands, "labels": labels}, caption)


def _bands(
    links: Sequence[dict[str, Any]], state: str, most: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Outlines of the bands as points, and the words beside them."""
    inbound = sorted((row for row in links if row["destination"] == state), key=lambda row: -row["value"])
    outbound = [row for row in links if row["origin"] == state]
    if len(inbound) > most:
        rest = sum(row["value"] for row in inbound[most:])
        inbound = [*inbound[:most], {**inbound[0], "origin": f"{len(inbound) - most} others", "value": rest}]
    points: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    sums = [sum(row["value"] for row in side) for side in (inbound, outbound)]
    common = len({row["currency"] for row in links}) < 2
    for side, members in (("inbound", inbound), ("outbound", outbound)):
        total = sum(row["value"] for row in members)
        if total <= 0:
            continue
        gap = 0.02
        outer, inner = 0.0, 0.1
        most_of = max(sums) if common else total
        scale_out = (1 - gap * (len(members) - 1)) / most_of
        scale_in = 0.8 / most_of
        for row in members:
            wide, narrow = row["value"] * scale_out, row["value"] * scale_in
            if side == "outbound":
                start, end, left, right = inner, outer, narrow, wide
                x0, name = 1.02, row["destination"].replace("WLD", "all partners")
            else:
                start, end, left, right = outer, inner, wide, narrow
                x0, name = 0.0, row["origin"]
            amount = f"{row['currency']} {row['value'] / _MILLION:,.1f} m"
            band = f"{row['origin']} to {row['destination']}"
            outline = _curve(x0, start, end) + _curve(x0, start + left, end + right)[::-1]
            points += [
                {"band": band, "side": side, "place": place, "x": x, "y": y, "amount": amount}
                for place, (x, y) in enumerate(outline)
            ]
            where, align = (-0.02, "right") if side == "inbound" else (2.02, "left")
            labels.append({"x": where, "y": outer + wide / 2, "label": f"{name}  {amount}", "align": align})
            outer += wide + gap
            inner += narrow
    labels.append({"x": 1.01, "y": 0.04, "label": state, "align": "center"})
    return points, labels


def _curve(x0: float, y0: float, y1: float, steps: int = 24) -> list[tuple[float, float]]:
    """A smooth line from (x0, y0) to (x0 + 0.98, y1)."""
    found = []
    for step in range(steps + 1):
        t = step / steps
        found.append((round(x0 + 0.98 * t, 4), round(y0 + (y1 - y0) * t * t * (3 - 2 * t), 4)))
    return found


def compared_caption(table: Table) -> theme.Caption:
    """Which intermediaries stand out."""
    out = sorted({row["name"] for row in table if (row["matched_p_adjusted"] or 1) <= 0.05})
    title = f"More than comparison explains: {', '.join(out)}" if out else "No intermediary stands out"
    return theme.Caption(
        title,
        "What flowed after the date, times what the counterfactual leads to expect of the sum, with its 90% interval; "
        "full dots: the goods' ranks differ from comparable goods, p at most 0.05 after adjusting for the number of "
        "comparisons. Sums hang on a few large goods, ranks do not: the two need not agree.",
        f"A dot plot of actual over expected trade for each intermediary. {title}.",
    )


def compared(table: Table, *, caption: theme.Caption | None = None, width: int = 520) -> "alt.TopLevelMixin":
    """Actual over expected trade of each intermediary, on a log scale.

    Args:
        table: the table that compares screens.
        caption: words to draw around the chart.
        width: of the chart, in pixels.
    """
    import altair as alt

    data = [
        {
            "state": row["name"],
            "flow": row["flow"],
            "ratio": row["after"] / row["expected"],
            "low": row["after"] / row["expected_high"],
            "high": row["after"] / row["expected_low"],
            "sure": (row["matched_p_adjusted"] or 1) <= 0.05,
            "p": row["matched_p"],
        }
        for row in table
        if row["after"] and row["expected"] and row["expected_low"]
    ]
    flows = list(dict.fromkeys(row["flow"] for row in data))
    base = alt.Chart().encode(
        y=alt.Y("state:N", sort=list(dict.fromkeys(row["state"] for row in data)), title=None),
        yOffset=alt.YOffset("flow:N", sort=flows),
        color=alt.Color(
            "flow:N", scale=alt.Scale(domain=flows, range=[FLOW_COLOURS[flow] for flow in flows])
        ),
    )
    scale = alt.Scale(type="log", nice=False, padding=15)
    axis = alt.Axis(values=[0.1, 0.25, 0.5, 1, 2, 4, 10, 25, 100], format="~g", grid=True)
    x = {"scale": scale, "axis": axis, "title": "actual over expected (log scale)"}
    more = [
        alt.Tooltip("state:N", title="state"),
        alt.Tooltip("flow:N", title="flow"),
        alt.Tooltip("ratio:Q", title="actual over expected", format=".2f"),
        alt.Tooltip("p:Q", title="p of the list", format=".3f"),
    ]
    layers = [
        base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", **x), x2="high:Q"),
        base.transform_filter("datum.sure")
        .mark_point(filled=True, size=70, opacity=1)
        .encode(x=alt.X("ratio:Q", **x), tooltip=more),
        base.transform_filter("!datum.sure")
        .mark_point(size=60, strokeWidth=1.6)
        .encode(x=alt.X("ratio:Q", **x), tooltip=more),
        alt.Chart(alt.NamedData("one")).mark_rule(color=theme.MUTED).encode(x=alt.X("one:Q", scale=scale)),
    ]
    chart = alt.layer(*layers, data=alt.NamedData("states")).properties(width=width, height=alt.Step(22))
    return theme.finish(chart, {"states": data, "one": [{"one": 1}]}, caption)


def _flows(table: Table) -> list[str]:
    return list(dict.fromkeys(row["flow"] for row in table))
