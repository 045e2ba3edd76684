"""How much a flow grew after a date: arrays in, arrays out.

A flow is compared with its own past, the same calendar months with the same, and its growth set in proportion to how
lumpy it is. Whether such growth is remarkable is not said here: see :mod:`equidistance.reexports.null`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

FLOOR = 1_000.0
"""Added to every month before a logarithm is taken, in units of currency: below it customs figures mean little."""


@dataclass(frozen=True)
class Surge:
    """Growth of P flows after a date.

    Attributes:
        base: what the months after the date would have brought at the level of before, shape (P,).
        after: what they brought, shape (P,).
        log_ratio: ``log((after + n FLOOR) / (base + n FLOOR))`` over n periods, minus the control's, shape (P,).
        se: its standard error from the scatter between periods (delta method), shape (P,).
        score: ``log_ratio / sqrt(se^2 + s0^2)``, s0 the median of se: a small constant in the denominator keeps quiet
            flows from winning by chance (Tusher, Tibshirani and Chu 2001, PNAS 98: 5116), shape (P,).
    """

    base: Floats
    after: Floats
    log_ratio: Floats
    se: Floats
    score: Floats


def surge(value: Floats, post: Booleans, season: int, control: Floats | None = None) -> Surge:
    """Compare each flow after a date with before.

    Args:
        value: amounts per period, shape (P, T); a period without a record is a zero.
        post: which periods lie after the date, shape (T,).
        season: periods in a year (12 for months, 1 for years).
        control: flows whose growth is subtracted, shape (P, T): the same products to other destinations.
    """
    base, after = levels(value, post, season)
    n = int(post.sum())
    log_ratio = np.log((after + n * FLOOR) / (base + n * FLOOR))
    variance = _variance(value, post)
    if control is not None:
        control_base, control_after = levels(control, post, season)
        log_ratio = log_ratio - np.log((control_after + n * FLOOR) / (control_base + n * FLOOR))
        variance = variance + _variance(control, post)
    se = np.sqrt(variance)
    steady = float(np.median(se)) if len(se) else 0.0
    return Surge(base, after, log_ratio, se, log_ratio / np.sqrt(variance + max(steady, 1e-9) ** 2))


def levels(value: Floats, post: Booleans, season: int) -> tuple[Floats, Floats]:
    """What the later periods would have brought at the earlier level, season by season, and what they brought.

    Shapes (P,) and (P,). Where the past does not hold every season, its plain mean stands for all.
    """
    periods = np.arange(len(post))
    before, later = periods[~post], periods[post]
    seasons = before % season
    if season > 1 and set((later % season).tolist()) <= set(seasons.tolist()) and len(before) >= season:
        weights = np.zeros(len(post))
        for place in later % season:
            same = before[seasons == place]
            weights[same] += 1.0 / len(same)
        base: Floats = value @ weights
    else:
        base = value[:, ~post].mean(axis=1) * len(later)
    after: Floats = value[:, post].sum(axis=1)
    return base, after


def _variance(value: Floats, post: Booleans) -> Floats:
    """Squared standard error of the log ratio of two means."""
    total = np.zeros(len(value))
    for side in (post, ~post):
        part = value[:, side]
        n = part.shape[1]
        spread = part.var(axis=1, ddof=1) if n > 1 else np.zeros(len(value))
        total += spread / (n * (part.mean(axis=1) + FLOOR) ** 2)
    return total


def naive_p(value: Floats, post: Booleans) -> Floats:
    """What a first look computes: one-sided p values of Welch's t test on log amounts, after against before.

    It takes the product as chosen beforehand, every change as the event's, and months as independent. Shape (P,).
    """
    logs = np.log(value + FLOOR)
    later, before = logs[:, post], logs[:, ~post]
    n1, n2 = later.shape[1], before.shape[1]
    if n1 < 2 or n2 < 2:
        return np.full(len(value), np.nan)
    v1, v2 = later.var(axis=1, ddof=1) / n1, before.var(axis=1, ddof=1) / n2
    pooled = v1 + v2
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (later.mean(axis=1) - before.mean(axis=1)) / np.sqrt(pooled)
        df = pooled**2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    p = np.array([student_tail(a, b) for a, b in zip(t, df, strict=True)])
    return np.where(pooled > 1e-20, p, 1.0)  # rounding leaves a constant flow a trace of variance


def student_tail(t: float, df: float) -> float:
    """P(T > t) for Student's t, by the incomplete beta function (Numerical Recipes 6.4, continued fraction)."""
    if not (np.isfinite(t) and np.isfinite(df)):
        return float("nan")
    half = 0.5 * _incomplete_beta(df / 2, 0.5, df / (df + t * t))
    return half if t > 0 else 1 - half


def _incomplete_beta(a: float, b: float, x: float) -> float:
    from math import exp, lgamma, log

    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(a, b, x) / a
    return 1 - front * _continued_fraction(b, a, 1 - x) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    h = d
    for m in range(1, 300):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + step * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + step / c
            c = c if abs(c) > tiny else tiny
            h *= d * c
        if abs(d * c - 1) < 1e-12:
            break
    return h


def size_strata(base: Floats, placebo: Booleans, least: int = 200) -> NDArray[np.int64]:
    """Strata of similar size, so that a small lumpy flow is compared with small lumpy flows; shape (P,).

    Flows without a past form a stratum if it holds enough placebos; the others are cut at quantiles of the placebos'
    base. A stratum has at least ``least`` placebos where there are that many.
    """
    empty = base <= 0
    strata = np.zeros(len(base), dtype=np.int64)
    alone = int((empty & placebo).sum()) >= least
    sized = ~empty if alone else np.ones(len(base), dtype=bool)
    known = base[sized & placebo]
    cuts = min(4, len(known) // least)
    if cuts > 1:
        edges = np.quantile(known, np.arange(1, cuts) / cuts)
        strata[sized] = np.searchsorted(edges, base[sized], side="right")
    if alone:
        strata[empty] = -1
    return strata


def describe(result: Surge) -> dict[str, Any]:
    """The arrays by name, for a table."""
    return {"base": result.base, "after": result.after, "log_ratio": result.log_ratio, "se": result.se}
