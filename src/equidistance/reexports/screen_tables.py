"""The tables of a screen: goods, baskets, totals, series."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from equidistance.reexports import excess, onset
from equidistance.reexports.judge import LEVEL, Judged
from equidistance.reexports.null import holm
from equidistance.reexports.products import GoodsList
from equidistance.reexports.surge import Floats, levels
from equidistance.reexports.tabular import finite, table_of
from equidistance.tables import Table

if TYPE_CHECKING:
    from equidistance.reexports.axes import Axes

STRENGTHS = ("strong", "moderate", "weak", "like other goods", "none", "not judged")
_STRONG_BIC = 10.0
_UNUSUAL = 3.5
_TOP = 12

_PRODUCTS = {
    "rank": "place, the strongest evidence first",
    "product": "six-digit code of the Harmonized System",
    "name": "the goods, where the list names them",
    "group": "tier, family or annex on the list",
    "listed_from": "first day on the list, or day of the edition; empty where the list does not say",
    "in_part": "whether the list names only some of the goods of the code",
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
        "products": table_of("products", rows, _PRODUCTS),
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
    expected: Mapping[Any, Any],
) -> list[dict[str, Any]]:
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
        entry = axes.lines.get(code)
        seen: dict[str, tuple[float, float, float]] = {}
        row: dict[str, Any] = {
            "product": code,
            "name": entry.name if entry else "",
            "group": entry.group if entry else "",
            "listed_from": entry.start if entry else None,
            "in_part": entry.partly() if entry else None,
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
                    row[f"{name}_{column}"] = finite(number)
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
        row["unit_value_change"] = finite(unit[good])
        row["unit_value_z"] = finite(unit_z[good])
        row["note"] = _note(axes, int(good), values, main, unit_z[good])
        rows.append(row)

    def strength(row: dict[str, Any]) -> tuple[Any, ...]:
        best = min(
            (row[f"{name}_p"] for name in ("inbound", "outbound") if row[f"{name}_p"] is not None),
            default=2.0,
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
        other = change(
            np.where(np.isfinite(kg), flow.value[:, places], 0.0).sum(axis=1), np.nansum(kg, axis=1)
        )
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
    fitted = gravity(flow.value[kept], one.pool[kept], axes.post, flow.destinations.index(axes.state), skip)
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
            "naive_p": finite(basket.naive_p),
            "matched_p": finite(basket.matched_p),
        }
        for name, one in judged.items()
        for basket in one.baskets
    ]
    adjusted = holm(np.array([row["matched_p"] if row["matched_p"] is not None else np.nan for row in rows]))
    for row, value in zip(rows, adjusted, strict=True):
        row["matched_p_adjusted"] = finite(float(value))
    return table_of(
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
    return table_of(
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
    return table_of(
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
    return table_of(
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
