"""The tables and sentences of a screen."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from equidistance.reexports import excess, onset, trade
from equidistance.reexports import mirror as mirrors
from equidistance.reexports.findings import Finding
from equidistance.reexports.judge import Judged
from equidistance.reexports.null import holm
from equidistance.reexports.products import GoodsList
from equidistance.reexports.surge import FLOOR, Floats, levels
from equidistance.tables import Table

if TYPE_CHECKING:
    import duckdb

    from equidistance.ground.states import State
    from equidistance.reexports.screen import Axes, Screen

LEVEL = 0.05
"""False discovery rate, and level of a test."""

STRENGTHS = ("strong", "moderate", "weak", "like other goods", "none", "not judged")
_STRONG_BIC = 10.0
_UNUSUAL = 3.5
_TOP = 12

_PRODUCTS = {
    "rank": "place, the strongest evidence first",
    "product": "six-digit code of the Harmonized System",
    "name": "the goods, where the list names them",
    "group": "tier, family or annex on the list",
    "evidence": "strong: inbound and outbound unlike comparable trade (q at most 0.05 in both); moderate: one of them; "
    "weak: one p at most 0.05 that does not survive the number of goods looked at; like other goods: grew, but no more "
    "than goods nobody lists; none: did not grow; not judged: no comparison, or a code without a past",
    "currency": "of all amounts of the row",
    "inbound_before": "what W would have sent to S in the months after the date at the level of before",
    "inbound_after": "what W sent",
    "inbound_growth": "log ratio of the two, over the growth to other destinations where there are any",
    "inbound_naive_p": "one-sided t test, the product taken as chosen beforehand",
    "inbound_p": "rank among goods (destinations, dates) that nobody picked",
    "inbound_q": "the same adjusted for the number of goods",
    "outbound_before": "as inbound_before, for what S sent to T",
    "outbound_after": "what S sent to T",
    "outbound_growth": "log ratio of the two",
    "outbound_naive_p": "as for inbound",
    "outbound_p": "as for inbound",
    "outbound_q": "as for inbound",
    "excess": "inbound (else outbound) over what comparable goods lead to expect",
    "excess_low": "5% quantile",
    "excess_high": "95% quantile",
    "lost": "what T got less from W directly",
    "replaced": "excess as a share of lost; empty where T lost nothing",
    "onset": "first period of the new level, if there is one (inbound, else outbound)",
    "onset_low": "start of the 90% interval",
    "onset_high": "end of the 90% interval",
    "onset_clear": "whether one change is much better than none (Schwarz criterion, difference above 10)",
    "unit_value_change": "log change of the value per kilogram, inbound, over other destinations",
    "unit_value_z": "the same in robust standard deviations of all goods; beyond 3.5 is unusual",
    "note": "what must be known of this row",
}


def evidence(inbound: tuple[float, float, float], outbound: tuple[float, float, float]) -> str:
    """Evidence strength from (naive p, p, q) of both flows; NaN where a flow or a comparison is missing.

    Named in :data:`STRENGTHS`; see the column ``evidence``.
    """
    both = (inbound, outbound)
    q = [one[2] <= LEVEL for one in both]
    if all(q):
        return "strong"
    if any(q):
        return "moderate"
    if any(one[1] <= LEVEL for one in both):
        return "weak"
    if not any(np.isfinite(one[1]) for one in both):
        return "not judged"
    return "like other goods" if any(one[0] <= LEVEL for one in both) else "none"


def build(
    axes: "Axes",
    judged: Mapping[str, Judged],
    listing: GoodsList | None,
    *,
    gravity: bool,
    draws: int,
    seed: int,
) -> dict[str, Table]:
    """Products, baskets, totals and series of a screen."""
    values = {
        name: flow.of(where)
        for name, flow, where in (
            ("inbound", axes.inbound, axes.state),
            ("outbound", axes.outbound, axes.pooled),
            ("direct", axes.inbound, axes.target),
        )
        if flow is not None
    }
    currencies = {
        "inbound": axes.inbound.currency if axes.inbound else "",
        "outbound": axes.outbound.currency if axes.outbound else "",
    }
    main = "inbound" if "inbound" in judged else "outbound"
    expected = _expected_totals(axes, judged, values, gravity, draws, seed)
    rows = _product_rows(axes, judged, values, currencies, main, listing, expected)
    order = {row["product"]: row["rank"] for row in rows}
    return {
        "products": _table("products", rows, _PRODUCTS),
        "baskets": _baskets(judged),
        "totals": _totals(expected, currencies, axes, values),
        "series": _series(axes, judged, values, currencies, expected),
        "goods_series": _goods_series(axes, values, currencies, order),
    }


def _product_rows(
    axes: "Axes",
    judged: Mapping[str, Judged],
    values: Mapping[str, Floats],
    currencies: Mapping[str, str],
    main: str,
    listing: GoodsList | None,
    expected: Mapping[str, Any],
) -> list[dict[str, Any]]:
    groups = listing.groups() if listing else {}
    lost = np.zeros(len(axes.products))
    if "direct" in values:
        base, after = levels(values["direct"], axes.post, axes.season)
        lost = np.maximum(base - after, 0.0)
    unit, unit_z = _unit_values(axes)
    bounds = expected.get((main, "bounds"))
    place = {int(good): i for i, good in enumerate(np.flatnonzero(judged[main].pool))}
    rows = []
    for good in np.flatnonzero(axes.pool):
        code = axes.products[good]
        entry = groups.get(code)
        seen: dict[str, tuple[float, float, float]] = {}
        row: dict[str, Any] = {
            "product": code,
            "name": entry.name if entry else "",
            "group": entry.group if entry else "",
            "currency": currencies[main],
        }
        for name in ("inbound", "outbound"):
            one = judged.get(name)
            there = one is not None and bool(one.pool[good])
            seen[name] = (np.nan, np.nan, np.nan)
            row |= {f"{name}_{column}": None for column in ("before", "after", "growth", "naive_p", "p", "q")}
            if one is not None and values[name][good].any():
                row |= {
                    f"{name}_before": float(one.surge.base[good]),
                    f"{name}_after": float(one.surge.after[good]),
                }
            if one is not None and there:
                seen[name] = (float(one.naive_p[good]), float(one.p[good]), float(one.q[good]))
                row[f"{name}_growth"] = float(one.surge.log_ratio[good])
                for column, number in zip(("naive_p", "p", "q"), seen[name], strict=True):
                    row[f"{name}_{column}"] = _number(number)
        row["evidence"] = evidence(seen["inbound"], seen["outbound"])
        row |= {"excess": None, "excess_low": None, "excess_high": None, "lost": None, "replaced": None}
        if bounds is not None and int(good) in place:
            low, middle, high = bounds[place[int(good)]]
            now = float(judged[main].surge.after[good])
            row |= {"excess": now - middle, "excess_low": now - high, "excess_high": now - low}
        if "direct" in values and main == "inbound":
            row["lost"] = float(lost[good])
            if lost[good] > 0 and row["excess"] is not None:
                row["replaced"] = max(row["excess"], 0.0) / float(lost[good])
        row |= _onset_of(axes, values, main, int(good))
        row["unit_value_change"] = _number(unit[good])
        row["unit_value_z"] = _number(unit_z[good])
        row["note"] = _note(axes, int(good), values, main, unit_z[good])
        rows.append(row)

    def strength(row: dict[str, Any]) -> tuple[Any, ...]:
        best = min(
            (row[f"{name}_p"] for name in ("inbound", "outbound") if row[f"{name}_p"] is not None), default=2.0
        )
        return STRENGTHS.index(row["evidence"]), best, -(row["excess"] or 0.0), row["product"]

    rows.sort(key=strength)
    for rank, row in enumerate(rows, start=1):
        row["rank"] = rank
    return rows


def _note(axes: "Axes", good: int, values: Mapping[str, Floats], main: str, unit_z: float) -> str:
    said = []
    if axes.changed[good]:
        said.append("trades with nobody on one side of the date: a renamed code, not judged")
    elif not values[main][good][~axes.post].any():
        said.append(
            "no trade before the date: new trade or a renamed code"
            if axes.inbound is None
            else "no trade before the date with this state"
        )
    if np.isfinite(unit_z) and abs(unit_z) > _UNUSUAL:
        said.append("value per kilogram changed unusually")
    return "; ".join(said)


def _onset_of(axes: "Axes", values: Mapping[str, Floats], main: str, good: int) -> dict[str, Any]:
    nothing = {"onset": None, "onset_low": None, "onset_high": None, "onset_clear": None}
    value = values[main][good]
    if not value.any():
        return nothing
    series = onset.deseasoned(value, axes.season, int((~axes.post).sum()))
    found = onset.onset(series)
    if found is None:
        return nothing
    return {
        "onset": axes.periods[found.mode],
        "onset_low": axes.periods[found.low],
        "onset_high": axes.periods[found.high],
        "onset_clear": bool(found.bic > _STRONG_BIC and found.change > 0),
    }


def _unit_values(axes: "Axes") -> tuple[Floats, Floats]:
    """Log change of value per kilogram to S over that to the controls, and in robust standard deviations."""
    nothing = np.full(len(axes.products), np.nan)
    flow = axes.inbound
    if flow is None:
        return nothing, nothing

    def change(value: Floats, kg: Floats) -> Floats:
        weighed = np.isfinite(kg) & (kg > 0)
        prices = []
        for side in (axes.post, ~axes.post):
            money = np.where(weighed, value, 0.0)[:, side].sum(axis=1)
            weight = np.where(weighed, kg, 0.0)[:, side].sum(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                prices.append(np.where((money > 0) & (weight > 0), np.log(money / weight), np.nan))
        result: Floats = prices[0] - prices[1]
        return result

    own = change(flow.of(axes.state), flow.weight_of(axes.state))
    if axes.controls:
        places = [flow.destinations.index(code) for code in axes.controls]
        kg = flow.kg[:, places]
        other = change(np.where(np.isfinite(kg), flow.value[:, places], 0.0).sum(axis=1), np.nansum(kg, axis=1))
        own = np.where(np.isfinite(other), own - other, own)
    if not np.isfinite(own).any():
        return own, nothing
    return own, onset.robust_z(own)


def _expected_totals(
    axes: "Axes",
    judged: Mapping[str, Judged],
    values: Mapping[str, Floats],
    gravity: bool,
    draws: int,
    seed: int,
) -> dict[Any, Any]:
    """(flow, counterfactual) -> Expected; (flow, "bounds") -> quantiles by good; (flow, "draws") -> draws."""
    found: dict[Any, Any] = {}
    for name, one in judged.items():
        total = values[name][one.pool].sum(axis=0)
        trend = excess.by_trend(total, axes.post, axes.season, draws=draws, seed=seed)
        if trend is not None:
            found[name, "trend of before"] = trend
        placebo = one.placebo if one.null == "products" else None
        if placebo is not None and one.pool.any():
            middle, bounds, drawn = excess.by_placebo_products(
                one.surge.base,
                one.surge.log_ratio,
                one.control,
                int(axes.post.sum()),
                one.pool,
                placebo,
                one.strata,
                axes.headings,
                draws=draws,
                seed=seed,
            )
            found |= {(name, "comparable goods"): middle, (name, "bounds"): bounds, (name, "draws"): drawn}
        if name == "inbound" and axes.inbound is not None and axes.controls:
            places = [axes.inbound.destinations.index(code) for code in axes.controls]
            others = axes.inbound.value[one.pool][:, places].sum(axis=0)
            elsewhere = excess.by_destinations(total, others, axes.post, axes.season, draws=draws, seed=seed)
            if elsewhere is not None:
                found[name, "other destinations"] = elsewhere
        if gravity and name == "inbound" and axes.inbound is not None and axes.controls:
            found[name, "gravity"] = _gravity(axes, one)
    return found


def _gravity(axes: "Axes", one: Judged) -> excess.Expected:
    from equidistance.reexports.gravity import gravity

    assert axes.inbound is not None
    flow = axes.inbound
    kept = one.pool | one.placebo
    skip = tuple(place for place, code in enumerate(flow.destinations) if code == axes.target)
    fitted = gravity(
        flow.value[kept], one.pool[kept], axes.post, flow.destinations.index(axes.state), skip
    )
    traded = float(flow.of(axes.state)[one.pool][:, axes.post].sum())
    return excess.Expected(traded - fitted.high, traded - fitted.excess, traded - fitted.low)


def _baskets(judged: Mapping[str, Judged]) -> Table:
    rows: list[dict[str, Any]] = [
        {
            "flow": name,
            "basket": basket.name,
            "goods": basket.k,
            "of": basket.pool,
            "against": one.null,
            "placebos": basket.placebos,
            "statistic": basket.statistic,
            "naive_p": _number(basket.naive_p),
            "matched_p": _number(basket.matched_p),
        }
        for name, one in judged.items()
        for basket in one.baskets
    ]
    adjusted = holm(np.array([row["matched_p"] if row["matched_p"] is not None else np.nan for row in rows]))
    for row, value in zip(rows, adjusted, strict=True):
        row["matched_p_adjusted"] = _number(float(value))
    return _table(
        "baskets",
        rows,
        {
            "flow": "inbound (W to S) or outbound (S to T)",
            "basket": "which goods: all of the list, the fastest, or a basket of one's own",
            "goods": "goods in the basket",
            "of": "goods it was picked from",
            "against": "what it is compared with: products nobody lists, other destinations, earlier dates",
            "placebos": "placebo baskets (drawn, or as many as there are)",
            "statistic": "mean score of the basket (-log p of its goods, or mean standardised growth)",
            "naive_p": "p value of one who forgets that the goods were picked because they grew",
            "matched_p": "p value with the picking repeated in every placebo",
            "matched_p_adjusted": "the same adjusted for the number of baskets (Holm)",
        },
    )


def _totals(
    expected: Mapping[Any, Any], currencies: Mapping[str, str], axes: "Axes", values: Mapping[str, Floats]
) -> Table:
    rows: list[dict[str, Any]] = []
    lost = 0.0
    if "direct" in values:
        base, after = levels(values["direct"][axes.pool & ~axes.changed], axes.post, axes.season)
        lost = float(np.maximum(base - after, 0.0).sum())
    for (name, kind), one in expected.items():
        if not isinstance(one, excess.Expected):
            continue
        seen = float(values[name][axes.pool & axes.eligible][:, axes.post].sum())
        base, _ = levels(values[name][axes.pool & axes.eligible], axes.post, axes.season)
        rows.append(
            {
                "flow": name,
                "counterfactual": kind,
                "currency": currencies[name],
                "before": float(base.sum()),
                "after": seen,
                "expected": one.middle,
                "expected_low": one.low,
                "expected_high": one.high,
                "excess": seen - one.middle,
                "excess_low": seen - one.high,
                "excess_high": seen - one.low,
                "lost": lost if name == "inbound" and lost else None,
                "replaced": (seen - one.middle) / lost if name == "inbound" and lost else None,
                "replaced_low": (seen - one.high) / lost if name == "inbound" and lost else None,
                "replaced_high": (seen - one.low) / lost if name == "inbound" and lost else None,
            }
        )
    return _table(
        "totals",
        rows,
        {
            "flow": "inbound or outbound, the goods of the list together",
            "counterfactual": "trend of before, comparable goods, other destinations, gravity",
            "currency": "of the amounts",
            "before": "what the months after the date would have brought at the level of before",
            "after": "what they brought",
            "expected": "what the counterfactual leads to expect (median)",
            "expected_low": "5% quantile",
            "expected_high": "95% quantile",
            "excess": "after minus expected",
            "excess_low": "5% quantile",
            "excess_high": "95% quantile",
            "lost": "what T got less of these goods from W directly",
            "replaced": "excess as a share of lost",
            "replaced_low": "5% quantile",
            "replaced_high": "95% quantile",
        },
    )


def _series(
    axes: "Axes",
    judged: Mapping[str, Judged],
    values: Mapping[str, Floats],
    currencies: Mapping[str, str],
    expected: Mapping[Any, Any],
) -> Table:
    """The list's flows by period; the counterfactual is spread over the periods as the past was."""
    rows: list[dict[str, Any]] = []
    for name, value in values.items():
        source = "inbound" if name == "direct" else name
        one = judged.get(name)
        goods = one.pool if one is not None else axes.pool & ~axes.changed
        total = value[goods].sum(axis=0)
        middle = expected.get((name, "comparable goods"))
        usual = _usual(value[goods], axes)
        for place, period in enumerate(axes.periods):
            row: dict[str, Any] = {
                "flow": name,
                "period": period,
                "value": float(total[place]),
                "expected": None,
                "low": None,
                "high": None,
                "currency": currencies[source],
            }
            if axes.post[place] and middle is not None and usual.sum() > 0:
                share = usual[place] / usual[axes.post].sum()
                row |= {
                    "expected": middle.middle * share,
                    "low": middle.low * share,
                    "high": middle.high * share,
                }
            rows.append(row)
    return _table(
        "series",
        rows,
        {
            "flow": "inbound (W to S), outbound (S to T), direct (W to T): the goods of the list together",
            "period": "first day of the month or year",
            "value": "amount",
            "expected": "what comparable goods lead to expect after the date",
            "low": "5% quantile of the window's total, spread over its periods as before",
            "high": "95% quantile, likewise",
            "currency": "of the amounts",
        },
    )


def _usual(value: Floats, axes: "Axes") -> Floats:
    """The past level of each later period's season, shape (T,)."""
    total = value.sum(axis=0)
    places = np.arange(len(total))
    result = np.zeros(len(total))
    for place in places[axes.post]:
        same = places[~axes.post & (places % axes.season == place % axes.season)]
        result[place] = total[same].mean() if len(same) else total[~axes.post].mean()
    return result


def _goods_series(
    axes: "Axes", values: Mapping[str, Floats], currencies: Mapping[str, str], order: Mapping[str, int]
) -> Table:
    top = sorted((code for code in order if order[code] <= _TOP), key=lambda code: order[code])
    rows = [
        {
            "rank": order[code],
            "product": code,
            "flow": name,
            "period": period,
            "value": float(values[name][axes.products.index(code), place]),
            "currency": currencies[name],
        }
        for code in top
        for name in ("inbound", "outbound")
        if name in values
        for place, period in enumerate(axes.periods)
    ]
    return _table(
        "goods_series",
        rows,
        {
            "rank": "place of the product",
            "product": "six-digit code",
            "flow": "inbound or outbound",
            "period": "first day of the month or year",
            "value": "amount",
            "currency": "of the amount",
        },
    )


def lag_sentence(axes: "Axes", judged: Mapping[str, Judged], seed: int) -> str:
    """How many months the outbound flow follows the inbound one, in words."""
    if axes.inbound is None or axes.outbound is None or axes.season != 12 or axes.pooled != axes.target:
        return "No lag can be measured: it needs monthly inbound and outbound flows of the same goods."
    goods = judged["inbound"].pool & judged["outbound"].pool
    found = onset.lag(axes.inbound.of(axes.state)[goods], axes.outbound.of(axes.pooled)[goods], seed=seed)
    if found is None:
        return "No lag can be measured: too few goods or months with both flows."
    if found.p > LEVEL:
        return (
            f"Inbound and outbound flows of the same goods do not move together more than those of different goods "
            f"(highest correlation {found.correlation.max():.2f}, p = {found.p:.2f})."
        )
    return (
        f"Outbound follows inbound by {found.best} month{'s' * (found.best != 1)} (90% interval {found.low} to "
        f"{found.high}; correlation of changes {found.correlation.max():.2f}, against mismatched goods "
        f"p = {found.p:.3f})."
    )


def mirror(
    connection: "duckdb.DuckDBPyConnection",
    axes: "Axes",
    members: Sequence[str],
    listing: GoodsList | None,
    since: date,
) -> Table:
    """Gaps between both sides' reports of W to S, W to T and S to T, by tier and span."""
    groups = [(code, entry.group or "listed") for code, entry in (listing.groups() if listing else {}).items()]
    group = mirrors.listed_group(groups)
    rows: list[dict[str, Any]] = []
    for name, origins, destination in (
        ("W to S", members, axes.state),
        ("S to T", (axes.state,), axes.target),
        ("W to T", members, axes.target),
    ):
        sent = trade.flows(connection, origins, [destination])
        arrived = trade.flows(connection, origins, [destination], side="importer")
        if sent is None or arrived is None or sent.currency != arrived.currency:
            continue
        found, _ = mirrors.gaps(sent, arrived, destination, group, since)
        rows += [
            {
                "flow": name,
                "group": gap.group,
                "span": gap.span,
                "goods": gap.goods,
                "currency": sent.currency,
                "sent": gap.sent,
                "arrived": gap.arrived,
                "median_log_ratio": gap.median,
                "low": _number(gap.low),
                "high": _number(gap.high),
                "never_arrived": gap.never,
            }
            for gap in found
        ]
    return _table(
        "mirror",
        rows,
        {
            "flow": "which flow both sides report",
            "group": "tier or family, or not listed",
            "span": "before or after the date",
            "goods": "goods in the median",
            "currency": "of the amounts",
            "sent": "by the exporters' figures",
            "arrived": "by the importer's figures",
            "median_log_ratio": "median over goods of log(arrived / sent); imports carry freight, so a little above 0 "
            "is usual",
            "low": "90% interval of the median (order statistics)",
            "high": "90% interval of the median",
            "never_arrived": "value of goods sent of which the importer reports nothing",
        },
    )


def who(
    connection: "duckdb.DuckDBPyConnection", axes: "Axes", members: Sequence[str], listing: GoodsList | None
) -> Table:
    """The links of the picture: each exporter to S, and S to T, listed goods, after the date and before."""
    goods = [code for code, inside in zip(axes.products, axes.pool & axes.eligible, strict=True) if inside]
    after = [period for period, later in zip(axes.periods, axes.post, strict=True) if later]
    rows = []
    links = (
        (axes.inbound, members, axes.state),
        (axes.outbound, (axes.state,), axes.pooled),
    )
    for flow, origins, destination in links:
        if flow is None:
            continue
        now = trade.by_origin(connection, origins, destination, goods, after[0], after[-1])
        rows += [
            {"origin": origin, "destination": destination, "value": value, "currency": flow.currency}
            for origin, value in now
            if value > 0
        ]
    return _table(
        "flows",
        rows,
        {
            "origin": "who sent",
            "destination": "to whom (WLD: all partners together)",
            "value": "amount after the date, the goods of the list",
            "currency": "of the amount",
        },
    )


def gaps_table(found: Sequence[Finding]) -> Table:
    """What the data do not hold."""
    rows = [
        {"kind": one.kind, "who": one.who, "since": one.since, "finding": one.sentence} for one in found
    ]
    described = {
        "kind": "stopped, not there, codes, quantities, no comparison",
        "who": "state, list or side",
        "since": "last period published, where it stopped",
        "finding": "in words",
    }
    return _table("gaps", rows, described)


def sources_table(versions: Sequence[Any]) -> Table:
    """The source versions that hold trade by product."""
    rows = [
        {
            "source": one.source,
            "title": one.title,
            "licence": one.licence,
            "address": one.address,
            "source_id": one.source_id,
            "rows": int(one.rows.get("goods", 0)),
        }
        for one in versions
        if one.rows.get("goods")
    ]
    described = {
        "source": "source",
        "title": "title",
        "licence": "licence or terms",
        "address": "where it comes from",
        "source_id": "version in the store",
        "rows": "records of trade by product",
    }
    return _table("sources", rows, described)


def compared(results: "Mapping[str, Screen]", failed: Mapping[str, str]) -> Table:
    """Intermediaries side by side; p values of the whole list, adjusted for their number."""
    rows: list[dict[str, Any]] = []
    for code, one in results.items():
        for flow in ("inbound", "outbound"):
            whole = [r for r in one.baskets if r["flow"] == flow and r["basket"] == "all of them"]
            if not whole:
                continue
            totals = [r for r in one.totals if r["flow"] == flow]
            best = next((r for r in totals if r["counterfactual"] == "comparable goods"), totals[0] if totals else {})
            strengths = [r["evidence"] for r in one.products]
            rows.append(
                {
                    "state": code,
                    "name": one.state.name,
                    "flow": flow,
                    "currency": best.get("currency", ""),
                    "before": best.get("before"),
                    "after": best.get("after"),
                    "expected": best.get("expected"),
                    "expected_low": best.get("expected_low"),
                    "expected_high": best.get("expected_high"),
                    "excess": best.get("excess"),
                    "excess_low": best.get("excess_low"),
                    "excess_high": best.get("excess_high"),
                    "against": whole[0]["against"],
                    "matched_p": whole[0]["matched_p"],
                    "strong": strengths.count("strong"),
                    "moderate": strengths.count("moderate"),
                    "goods": len(strengths),
                    "note": "",
                }
            )
    adjusted = holm(np.array([row["matched_p"] if row["matched_p"] is not None else np.nan for row in rows]))
    for row, value in zip(rows, adjusted, strict=True):
        row["matched_p_adjusted"] = _number(float(value))
    for code, message in failed.items():
        rows.append({"state": code, "name": code, "flow": "", "note": message})
    return _table(
        "compared",
        rows,
        {
            "state": "intermediary",
            "name": "its name",
            "flow": "inbound or outbound",
            "currency": "of the amounts",
            "before": "the list at the level of before",
            "after": "the list after the date",
            "expected": "by comparable goods (else the first counterfactual), median",
            "expected_low": "5% quantile",
            "expected_high": "95% quantile",
            "excess": "after minus expected",
            "excess_low": "5% quantile",
            "excess_high": "95% quantile",
            "against": "what the list is compared with",
            "matched_p": "p value of the whole list",
            "matched_p_adjusted": "adjusted for the number of rows (Holm)",
            "strong": "goods with strong evidence",
            "moderate": "goods with moderate evidence",
            "goods": "goods of the list in the data",
            "note": "why a state could not be screened",
        },
    )


def words(
    state: "State",
    target: "State",
    origins: str,
    axes: "Axes",
    judged: Mapping[str, Judged],
    tables: Mapping[str, Table],
    listing: GoodsList | None,
) -> tuple[str, str]:
    """Headline and summary: what flowed, how many goods stand out, and what the test says of the list."""
    what = f"goods of the list {listing.name}" if listing else "goods"
    after = [period for period, later in zip(axes.periods, axes.post, strict=True) if later]
    span = f"{after[0]:%B %Y} to {after[-1]:%B %Y}" if axes.season == 12 else f"{after[0]:%Y} to {after[-1]:%Y}"
    found = [row["evidence"] for row in tables["products"]]
    outstanding = found.count("strong") + found.count("moderate")
    one = next((row for row in tables["baskets"] if row["basket"] == "all of them"), None)
    judged_goods = sum(row not in ("not judged",) for row in found)
    if one is None or one["matched_p"] is None:
        verdict = "there is nothing to compare them with"
    elif one["matched_p"] <= LEVEL:
        verdict = f"together they grew more than comparison explains (p = {one['matched_p']:.3f}, {one['flow']})"
    else:
        verdict = f"together they grew no more than comparison explains (p = {one['matched_p']:.2f}, {one['flow']})"
    headline = f"{state.name}, {span}: {outstanding} of {judged_goods} {what} stand out; {verdict}."
    parts = []
    for row in tables["totals"]:
        if row["counterfactual"] == "comparable goods" or (
            not any(r["counterfactual"] == "comparable goods" for r in tables["totals"])
        ):
            side = f"{origins} to {state.name}" if row["flow"] == "inbound" else (
                f"{state.name} to {target.name if axes.pooled == axes.target else 'all partners'}"
            )
            parts.append(
                f"{side}: {money(row['after'], row['currency'])}, against {money(row['before'], row['currency'])} at "
                f"the level of before and {money(row['expected'], row['currency'])} "
                f"({money(row['expected_low'], '')} to {money(row['expected_high'], '')}) by {row['counterfactual']}."
            )
            if row["replaced"] is not None:
                parts.append(
                    f"The excess is {row['replaced']:.1%} ({row['replaced_low']:.1%} to {row['replaced_high']:.1%}) of "
                    f"what {target.name} got less directly."
                )
    naive = sum(
        1
        for row in tables["products"]
        if (row["inbound_naive_p"] or 1) <= LEVEL or (row["outbound_naive_p"] or 1) <= LEVEL
    )
    parts.append(f"A first look, which forgets the picking, would flag {naive} of {len(found)} goods.")
    return headline, " ".join(parts)


def money(value: float | None, currency: str) -> str:
    """An amount in words: ``EUR 3.4 million``."""
    if value is None or not np.isfinite(value):
        return "unknown"
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if abs(value) >= size:
            return f"{currency} {value / size:,.1f} {name}".strip()
    return f"{currency} {value:,.0f}".strip()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


_TEXT = frozenset(
    "product name group evidence currency note flow basket against counterfactual kind who since finding origin "
    "destination source title licence address source_id state span".split()
)
_WHOLE = frozenset("rank goods of placebos strong moderate rows".split())
_DATES = frozenset("onset onset_low onset_high period".split())


def _table(name: str, rows: Sequence[Mapping[str, Any]], described: Mapping[str, str]) -> Table:
    """A table with fixed columns and types, so that an empty one has them too."""
    columns = {}
    for column in described:
        kind = (
            pa.string()
            if column in _TEXT
            else pa.int64()
            if column in _WHOLE
            else pa.date32()
            if column in _DATES
            else pa.bool_()
            if column == "onset_clear"
            else pa.float64()
        )
        columns[column] = pa.array([row.get(column) for row in rows], kind)
    return Table(name, pa.table(columns), dict(described))
