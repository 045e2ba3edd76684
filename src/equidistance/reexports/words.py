"""A screen in sentences."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from equidistance.reexports import onset
from equidistance.reexports.judge import LEVEL, Judged
from equidistance.reexports.products import GoodsList
from equidistance.reexports.tabular import money
from equidistance.tables import Table

if TYPE_CHECKING:
    from equidistance.ground.states import State
    from equidistance.reexports.axes import Axes


_ENOUGH_GOODS = 5
_BEFORE = 3
"""Months before the date that enter the lag: the start of a new level tells most."""


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
    span = (
        f"{after[0]:%B %Y} to {after[-1]:%B %Y}" if axes.season == 12 else f"{after[0]:%Y} to {after[-1]:%Y}"
    )
    found = [row["evidence"] for row in tables["products"]]
    outstanding = found.count("strong") + found.count("moderate")
    one = next((row for row in tables["baskets"] if row["basket"] == "all of them"), None)
    judged_goods = sum(row not in ("not judged",) for row in found)
    if one is None or one["matched_p"] is None:
        verdict = "there is nothing to compare them with"
    elif one["matched_p"] <= LEVEL:
        verdict = (
            f"together they grew more than comparison explains (p = {one['matched_p']:.3f}, {one['flow']})"
        )
    else:
        verdict = (
            f"together they grew no more than comparison explains (p = {one['matched_p']:.2f}, {one['flow']})"
        )
    headline = f"{state.name}, {span}: {outstanding} of {judged_goods} {what} stand out; {verdict}."
    parts = []
    for row in tables["totals"]:
        if row["counterfactual"] == "comparable goods" or (
            not any(r["counterfactual"] == "comparable goods" for r in tables["totals"])
        ):
            side = (
                f"{origins} to {state.name}"
                if row["flow"] == "inbound"
                else (f"{state.name} to {target.name if axes.pooled == axes.target else 'all partners'}")
            )
            parts.append(
                f"{side}: {money(row['after'], row['currency'])}, against {money(row['before'], row['currency'])} at "
                f"the level of before and {money(row['expected'], row['currency'])} "
                f"({money(row['expected_low'], '')} to {money(row['expected_high'], '')}) by {row['counterfactual']}."
            )
            if row["replaced"] is not None and row["replaced"] <= 0:
                parts.append("By that measure the sum shows no excess.")
            elif row["replaced"] is not None:
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


def lag_sentence(axes: "Axes", judged: Mapping[str, Judged], seed: int) -> str:
    """How many months the outbound flow follows the inbound one, in words."""
    if axes.inbound is None or axes.outbound is None or axes.season != 12 or axes.pooled != axes.target:
        return "No lag can be measured: it needs monthly inbound and outbound flows of the same goods."
    goods = judged["inbound"].pool & judged["outbound"].pool
    notable = goods & (judged["outbound"].q <= LEVEL)
    if int(notable.sum()) >= _ENOUGH_GOODS:  # goods that only stay where they are have no lag to tell
        goods = notable
    first = max(0, int(axes.post.argmax()) - _BEFORE)
    found = onset.lag(
        axes.inbound.of(axes.state)[goods][:, first:],
        axes.outbound.of(axes.pooled)[goods][:, first:],
        seed=seed,
    )
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
