"""Mirror gaps: what one side says it sent against what the other says it got."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb

import numpy as np

from equidistance.errors import InvalidRequest
from equidistance.reexports.surge import FLOOR, Floats
from equidistance.reexports.trade import Flows, aligned

THOUSAND = (500.0, 2000.0)
"""A median ratio of two reports in this range is a unit, not a gap: nobody loses 999 of 1,000 shipments everywhere."""


@dataclass(frozen=True)
class Gap:
    """Median gap of one group of goods in one span.

    Attributes:
        group: tier, family, or "not listed".
        span: ``before`` or ``after`` the date.
        goods: number of goods both sides report.
        sent: value reported by the exporters, in currency.
        arrived: value reported by the importer.
        median: median over goods of ``log(arrived / sent)``; below zero goods vanished on the way.
        low, high: 90% interval of the median from order statistics (NaN with fewer than five goods).
        never: value of goods that were sent and of which the importer reports nothing.
    """

    group: str
    span: str
    goods: int
    sent: float
    arrived: float
    median: float
    low: float
    high: float
    never: float


def gaps(
    sent: Flows, arrived: Flows, destination: str, group: Callable[[str], str], since: date
) -> tuple[list[Gap], list[tuple[str, float, float, float]]]:
    """Compare two sides' reports of one flow by product.

    Only periods that both sides report are compared.

    Args:
        sent: exporters' reports.
        arrived: the importer's reports.
        destination: the importer.
        group: product -> tier, family, or "not listed".
        since: the date.

    Returns:
        Gaps by group and span; per product after the date (product, sent, arrived, log ratio).

    Raises:
        InvalidRequest: one side's values look like thousands of the other's.
    """
    products = sorted(set(sent.products) | set(arrived.products))
    periods = sorted(set(sent.periods) & set(arrived.periods))
    both = [aligned(flow, products, periods).of(destination) for flow in (sent, arrived)]
    told = np.array([both[1][:, place].any() and both[0][:, place].any() for place in range(len(periods))])
    if not told.any():
        return [], []
    later = np.array([period >= since for period in periods])
    _refuse_thousands(*(values[:, told].sum(axis=1) for values in both))
    groups = [group(product) for product in products]
    result: list[Gap] = []
    single: list[tuple[str, float, float, float]] = []
    for span, mask in (("before", told & ~later), ("after", told & later)):
        if not mask.any():
            continue
        out, home = (values[:, mask].sum(axis=1) for values in both)
        n = int(mask.sum())
        ratio = np.log((home + n * FLOOR) / (out + n * FLOOR))
        for name in dict.fromkeys(sorted(groups)):
            inside = np.array([one == name for one in groups]) & (out > n * FLOOR)
            if inside.any():
                low, high = median_interval(ratio[inside])
                never = float(out[inside & (home <= 0)].sum())
                result.append(
                    Gap(
                        name,
                        span,
                        int(inside.sum()),
                        float(out[inside].sum()),
                        float(home[inside].sum()),
                        float(np.median(ratio[inside])),
                        low,
                        high,
                        never,
                    )
                )
        if span == "after":
            rows = zip(products, out, home, ratio, strict=True)
            single = [(code, float(a), float(b), float(c)) for code, a, b, c in rows if a > 0 or b > 0]
    return result, single


def median_interval(values: Floats, level: float = 0.9) -> tuple[float, float]:
    """Interval of a median from order statistics: distribution-free (binomial); NaN with too few values."""
    ordered = np.sort(values)
    n = len(ordered)
    tail = 0.0
    for place in range(n // 2):
        tail += comb(n, place) / 2.0**n
        if tail > (1 - level) / 2:
            return (
                (float("nan"), float("nan"))
                if place == 0
                else (
                    float(ordered[place - 1]),
                    float(ordered[n - place]),
                )
            )
    return float("nan"), float("nan")


def _refuse_thousands(sent: Floats, arrived: Floats) -> None:
    known = (sent > 0) & (arrived > 0)
    if int(known.sum()) < 10:
        return
    ratio = float(np.median(arrived[known] / sent[known]))
    for name, value in (("importer", 1 / ratio), ("exporters", ratio)):
        if THOUSAND[0] <= value <= THOUSAND[1]:
            raise InvalidRequest(
                f"The {name}' values are about a thousandth of the other side's: they seem to be in thousands.",
                hint="Read the file again with its unit, e.g. a column value_kusd: equidistance sources trade_products",
            )


def listed_group(groups: Sequence[tuple[str, str]]) -> Callable[[str], str]:
    """Product -> its group on the list, or "not listed"."""
    known = dict(groups)
    return lambda product: known.get(product, "not listed")
