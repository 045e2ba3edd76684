"""What would have flowed without the event: four counterfactuals, each with its interval; arrays in, arrays out."""

from dataclasses import dataclass

import numpy as np

from equidistance.reexports.null import Integers
from equidistance.reexports.surge import FLOOR, Booleans, Floats, levels

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Expected:
    """What a counterfactual expects of a total after the date: median and 90% interval, in currency."""

    low: float
    middle: float
    high: float


def by_placebo_products(
    base: Floats,
    log_ratio: Floats,
    control: Floats,
    n: int,
    chosen: Booleans,
    placebo: Booleans,
    strata: Integers,
    headings: Integers,
    *,
    draws: int = 2000,
    seed: int = 1,
) -> tuple[Expected, Floats, Floats]:
    """The chosen goods grow like comparable goods on no list.

    Each draw gives the chosen goods of a heading the growth of placebo goods of similar size, from one heading where it
    has such goods, so that what moves together stays together.

    Args:
        base: level of before, shape (P,).
        log_ratio: growth in logs over the control's, shape (P,).
        control: growth of the control in logs, shape (P,).
        n: periods after the date.
        chosen: the goods summed, shape (P,).
        placebo: the comparison goods, shape (P,).
        strata: shape (P,).
        headings: shape (P,).
        draws: number of draws.
        seed: of the draws.

    Returns:
        The expected total; each chosen good's 5%, 50% and 95% quantile, shape (chosen, 3); the draws of the total.
    """
    outside = np.flatnonzero(placebo)
    of_stratum = {int(place): outside[strata[outside] == place] for place in np.unique(strata[outside])}
    members = np.flatnonzero(chosen & np.isin(strata, list(of_stratum)))
    pools = [outside[headings[outside] == heading] for heading in np.unique(headings[outside])]
    clusters = [np.flatnonzero(headings[members] == heading) for heading in np.unique(headings[members])]
    alike = {place: _beside(pools, strata, place, goods) for place, goods in of_stratum.items()}
    generator = np.random.default_rng(seed)
    drawn = np.empty((draws, len(members)))
    for cluster in clusters:
        pool = generator.integers(len(pools), size=draws)
        for member in cluster:
            goods, first, count = alike[int(strata[members[member]])]
            chance = generator.random(draws)
            drawn[:, member] = log_ratio[goods[first[pool] + (chance * count[pool]).astype(np.int64)]]
    offset = n * FLOOR
    expected = np.maximum((base[members] + offset) * np.exp(control[members] + drawn) - offset, 0.0)
    totals = expected.sum(axis=1)
    return _expected(totals), np.quantile(expected, QUANTILES, axis=0).T, totals


def _beside(
    pools: list[Integers], strata: Integers, stratum: int, everywhere: Integers
) -> tuple[Integers, Integers, Integers]:
    """For each heading its goods of a stratum, else the stratum's goods of all headings: goods, first place, count."""
    lists = [pool[strata[pool] == stratum] for pool in pools]
    lists = [found if len(found) else everywhere for found in lists]
    counts = np.array([len(found) for found in lists])
    return np.concatenate(lists), np.concatenate(([0], np.cumsum(counts)[:-1])), counts


def by_trend(
    total: Floats, post: Booleans, season: int, *, draws: int = 2000, seed: int = 1
) -> Expected | None:
    """The total goes on along the log-linear trend of before, season by season.

    Least squares on log amounts with a normal prior-free predictive distribution (Student's t through the scaled
    inverse chi square of the residual variance). Needs two whole seasons before the date.

    Args:
        total: amounts, shape (T,).
        post: periods after the date, shape (T,).
        season: periods in a year.
        draws: draws of the predictive distribution.
        seed: of the draws.

    Returns:
        None when the past is too short.
    """
    before = ~post
    known = int(before.sum())
    columns = season + 1 if season > 1 and known >= 2 * season else 2
    if known < columns + 4:
        return None
    time = np.arange(len(total), dtype=np.float64)
    design = [time - time[before].mean()]
    if columns == 2:
        design.append(np.ones(len(total)))
    else:
        design += [(np.arange(len(total)) % season == place).astype(np.float64) for place in range(season)]
    X = np.stack(design, axis=1)
    y = np.log(total + FLOOR)
    inverse = np.linalg.pinv(X[before].T @ X[before])
    beta = inverse @ X[before].T @ y[before]
    df = known - columns
    variance = float(((y[before] - X[before] @ beta) ** 2).sum() / df)
    generator = np.random.default_rng(seed)
    sigma2 = variance * df / generator.chisquare(df, draws)
    noise = (
        generator.standard_normal((draws, columns)) @ np.linalg.cholesky(inverse + 1e-12 * np.eye(columns)).T
    )
    coefficients = beta + np.sqrt(sigma2)[:, None] * noise
    path = coefficients @ X[post].T + np.sqrt(sigma2)[:, None] * generator.standard_normal(
        (draws, int(post.sum()))
    )
    return _expected(np.maximum(np.exp(np.minimum(path, 60.0)) - FLOOR, 0.0).sum(axis=1))


def by_destinations(
    total: Floats, others: Floats, post: Booleans, season: int, *, draws: int = 2000, seed: int = 1
) -> Expected | None:
    """The total grows like the same goods to other destinations.

    The growth of a new destination is predicted from those of D others: mean and scatter with Student's t of D - 1
    degrees of freedom.

    Args:
        total: amounts to the destination, shape (T,).
        others: amounts to D others, shape (D, T).
        post: shape (T,).
        season: periods in a year.
        draws: draws of the predictive distribution.
        seed: of the draws.

    Returns:
        None with fewer than three other destinations that trade.
    """
    base, after = levels(others, post, season)
    known = (base > 0) & (after > 0)
    if int(known.sum()) < 3:
        return None
    growth = np.log(after[known] / base[known])
    D = len(growth)
    own, _ = levels(total[None, :], post, season)
    t = np.random.default_rng(seed).standard_t(D - 1, draws)
    ratio = growth.mean() + growth.std(ddof=1) * np.sqrt(1 + 1 / D) * t
    return _expected(own[0] * np.exp(np.minimum(ratio, 50.0)))


def _expected(draws: Floats) -> Expected:
    low, middle, high = np.quantile(draws, QUANTILES)
    return Expected(float(low), float(middle), float(high))
