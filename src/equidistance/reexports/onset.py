"""When a flow changed its level, how far two flows lag, what a unit came to cost: arrays in, arrays out."""

from dataclasses import dataclass

import numpy as np

from equidistance.reexports.surge import FLOOR, Floats


@dataclass(frozen=True)
class Onset:
    """Posterior of the one period in which a series changed its level.

    Attributes:
        probability: of each period to be the first of the new level, shape (T,); sums to one.
        mode: most probable period (index).
        low, high: ends of the 90% credible interval (indices): the smallest set of neighbours from the 5% to the 95%
            quantile.
        change: difference of levels at the mode, in logs.
        bic: by how much one change is better than none (difference of Schwarz criteria; above 10 is strong).
    """

    probability: Floats
    mode: int
    low: int
    high: int
    change: float
    bic: float


def onset(series: Floats, least: int = 3) -> Onset | None:
    """Where the level of a series changed, if it changed once.

    Normal errors of unknown variance around two unknown levels with the reference prior: the probability of a
    change before period t is proportional to ``(n1 n2)^-1/2 RSS_t^-(n-2)/2`` (Smith 1975, Biometrika 62: 407).

    Args:
        series: log amounts, shape (T,).
        least: fewest periods on either side.

    Returns:
        None when the series is shorter than two sides, or constant.
    """
    T = len(series)
    if 2 * least > T or float(np.ptp(series)) < 1e-9:
        return None
    places = np.arange(least, T - least + 1)
    sums, squares = np.cumsum(series), np.cumsum(series**2)
    n1 = places.astype(np.float64)
    n2 = T - n1
    s1 = sums[places - 1]
    s2 = sums[-1] - s1
    residual = np.maximum(squares[-1] - s1**2 / n1 - s2**2 / n2, 1e-9)
    log_weight = -0.5 * np.log(n1 * n2) - 0.5 * (T - 2) * np.log(residual)
    top = log_weight.max()
    weight = np.exp(log_weight - top)
    probability = np.zeros(T)
    probability[places] = weight / weight.sum()
    cumulative = np.cumsum(probability)
    mode = int(probability.argmax())
    flat = max(float(squares[-1] - sums[-1] ** 2 / T), 1e-9)
    bic = T * float(np.log(flat / residual.min())) - 2 * float(np.log(T))  # one more level, and its date
    return Onset(
        probability,
        mode,
        int(np.searchsorted(cumulative, 0.05)),
        int(np.searchsorted(cumulative, 0.95)),
        float(series[mode:].mean() - series[:mode].mean()),
        bic,
    )


def deseasoned(value: Floats, season: int, before: int) -> Floats:
    """Log amounts without the mean pattern of the year in the first ``before`` periods; shape as given (..., T)."""
    logs = np.log(value + FLOOR)
    if season < 2 or before < 2 * season:
        return logs
    past = logs[..., : before - before % season].reshape(*logs.shape[:-1], -1, season)
    pattern = past.mean(axis=-2) - past.mean(axis=(-2, -1))[..., None]
    places = np.arange(logs.shape[-1]) % season
    result: Floats = logs - pattern[..., places]
    return result


@dataclass(frozen=True)
class Lag:
    """How many periods the outbound flow follows the inbound one.

    Attributes:
        correlation: mean correlation of the changes at each lag, shape (lags,).
        best: lag of the highest correlation.
        low, high: 90% interval over resampled goods.
        p: share of resamplings with goods mismatched in which any lag correlates as highly.
    """

    correlation: Floats
    best: int
    low: int
    high: int
    p: float


def lag(inbound: Floats, outbound: Floats, most: int = 6, *, draws: int = 500, seed: int = 1) -> Lag | None:
    """Match inbound and outbound flows of the same goods in time.

    Correlations are taken between changes of log amounts from period to period, which trends do not feign. The null
    keeps each flow whole and breaks the pairs: inbound of one good against outbound of another.

    Args:
        inbound: amounts, shape (P, T).
        outbound: amounts of the same goods, shape (P, T).
        most: largest lag tried; the outbound flow may only follow.
        draws: resamplings.
        seed: of the resamplings.

    Returns:
        None with fewer than two goods that vary, or too few periods.
    """
    T = inbound.shape[1]
    if most + 8 > T:
        return None
    left, right = (np.diff(np.log(flow + FLOOR), axis=1) for flow in (inbound, outbound))
    varied = (left.std(axis=1) > 1e-9) & (right.std(axis=1) > 1e-9)
    left, right = left[varied], right[varied]
    P = len(left)
    if P < 2:
        return None
    every = np.stack([_correlations(left, right, step) for step in range(most + 1)])  # (lags, P, P)
    own = every[:, np.arange(P), np.arange(P)]
    mean = own.mean(axis=1)
    generator = np.random.default_rng(seed)
    best = [int(own[:, generator.integers(P, size=P)].mean(axis=1).argmax()) for _ in range(draws)]
    highest = float(mean.max())
    beaten = 0
    for _ in range(draws):
        shift = generator.integers(1, P)
        order = generator.permutation(P)
        partner = np.empty(P, dtype=np.int64)
        partner[order] = np.roll(order, shift)  # no good keeps its own partner
        beaten += every[:, np.arange(P), partner].mean(axis=1).max() >= highest - 1e-12
    low, high = np.quantile(best, [0.05, 0.95], method="nearest")
    return Lag(mean, int(mean.argmax()), int(low), int(high), (1 + beaten) / (1 + draws))


def _correlations(left: Floats, right: Floats, step: int) -> Floats:
    """Correlation of every left row with every right row ``step`` periods later, shape (P, P)."""
    a, b = left[:, : left.shape[1] - step], right[:, step:]
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    scale = np.sqrt((a**2).sum(axis=1))[:, None] * np.sqrt((b**2).sum(axis=1))[None, :]
    result: Floats = (a @ b.T) / np.maximum(scale, 1e-12)
    return result


def robust_z(change: Floats) -> Floats:
    """Distance from the median in robust standard deviations (1.4826 times the median deviation); NaN stays."""
    centre = np.nanmedian(change) if np.isfinite(change).any() else np.nan
    spread = 1.4826 * np.nanmedian(np.abs(change - centre)) if np.isfinite(change).any() else np.nan
    result: Floats = (change - centre) / max(float(spread), 1e-9) if np.isfinite(spread) else change * np.nan
    return result
