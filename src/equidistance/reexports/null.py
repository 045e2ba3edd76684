"""Is a surge more than what picking surges finds anyway? Rank tests that repeat the picking.

The goods of a list are compared with goods that are on no list, shipped between the same states in the same months. If
listing has nothing to do with growth, a listed good is as likely as any comparable one to rank first: this holds
whatever the economy, the exchange rate or the season did to all goods alike. Goods of one heading move together,
so baskets are drawn by headings.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equidistance.reexports.surge import Booleans, Floats

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Picked:
    """A basket judged twice.

    Attributes:
        k: how many goods the basket holds.
        pool: out of how many it was picked.
        statistic: mean rank score of the basket.
        naive_p: against baskets of k goods that nobody picked: the p value of one who forgets the picking.
        matched_p: against the k fastest out of as many placebo goods: the picking repeated.
        draws: number of placebo baskets.
    """

    k: int
    pool: int
    statistic: float
    naive_p: float
    matched_p: float
    draws: int


def conformal_p(score: Floats, placebo: Booleans, strata: Integers) -> Floats:
    """Rank p value of each good among the placebo goods of its stratum.

    ``(1 + number of placebos with a score as high) / (1 + number of placebos)``: super-uniform for a good that is
    exchangeable with its placebos (Vovk, Gammerman and Shafer 2005); a placebo is ranked among the others. Together
    they fulfil the condition of Benjamini and Hochberg (Bates, Candes, Lei, Romano and Sesia 2023, Annals of
    Statistics 51: 149, Theorem 2).

    Args:
        score: shape (P,).
        placebo: which goods are comparison, shape (P,).
        strata: stratum of each good, shape (P,).

    Returns:
        Shape (P,); NaN where the stratum has no placebo.
    """
    p = np.full(len(score), np.nan)
    for stratum in np.unique(strata):
        inside = strata == stratum
        known = np.sort(score[inside & placebo])
        if not len(known):
            continue
        as_high = len(known) - np.searchsorted(known, score[inside], side="left")
        own = placebo[inside].astype(np.int64)
        p[inside] = (1 + as_high - own) / (1 + len(known) - own)
    return p


def benjamini_hochberg(p: Floats) -> Floats:
    """q values (Benjamini and Hochberg 1995): the smallest false discovery rate at which each is found; NaN stays."""
    q = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    m = len(order)
    if m:
        steps = p[order] * m / np.arange(1, m + 1)
        q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q


def holm(p: Floats) -> Floats:
    """p values adjusted for their number (Holm 1979); NaN stays."""
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    m = len(order)
    if m:
        steps = np.maximum.accumulate(p[order] * np.arange(m, 0, -1))
        adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def rank_scores(score: Floats, placebo: Booleans, strata: Integers) -> Floats:
    """Scores made comparable across strata: ``-log`` of the rank p value, which lets few strong surges count.

    Shape (P,); NaN where a stratum has no placebo.
    """
    return -np.log(conformal_p(score, placebo, strata))


def basket_test(
    ranked: Floats,
    listed: Booleans,
    placebo: Booleans,
    headings: Integers,
    k: int,
    *,
    picked: Booleans | None = None,
    draws: int = 2000,
    seed: int = 1,
) -> Picked:
    """Judge the k fastest of the listed goods, without and with the picking.

    A permutation test: whether a good is listed is shuffled among all goods, listed and placebo. (Drawing from the
    placebos alone would forget that the list was drawn from the same goods, and reject too often.) A placebo pool has
    as many goods as the list, in headings as full as the list's: for each heading of the list a
    placebo heading is drawn with at least as many goods, and as many of them.

    Args:
        ranked: :func:`rank_scores` among all goods, shape (P,).
        listed: the list's goods, shape (P,).
        placebo: the comparison goods, shape (P,).
        headings: heading of each good as a number, shape (P,).
        k: how many were picked; all of them makes it a test of the whole list.
        picked: which were picked, shape (P,); by default the k fastest. Whoever picked by another rule could have
            picked the fastest, and is judged as if that had been the rule.
        draws: placebo baskets.
        seed: of the draws.

    Raises:
        ValueError: no listed or no placebo good with a score.
    """
    usable = np.isfinite(ranked)
    inside = np.flatnonzero(listed & usable)
    every = np.flatnonzero((listed | placebo) & usable)
    if not len(inside) or len(every) == len(inside):
        raise ValueError("a basket needs listed goods and placebo goods with a score")
    k = min(k, len(inside))
    chosen = np.sort(ranked[inside])[-k:] if picked is None else ranked[inside][picked[inside]]
    observed = float(chosen.mean())
    sizes = np.unique(headings[inside], return_counts=True)[1]
    draw = _pools(every, headings, sizes)
    generator = np.random.default_rng(seed)
    naive = matched = 0
    for _ in range(draws):
        pool = ranked[draw(generator)]
        matched += int(np.sort(pool)[-k:].mean() >= observed - 1e-12)
        naive += int(pool[generator.permutation(len(pool))[:k]].mean() >= observed - 1e-12)
    return Picked(k, len(inside), observed, (1 + naive) / (1 + draws), (1 + matched) / (1 + draws), draws)


def _pools(every: Integers, headings: Integers, sizes: Integers) -> Callable[[np.random.Generator], Integers]:
    """A function that draws goods in clusters as large as the list's headings.

    A cluster comes from one heading with at least as many goods, the large clusters first. Where no such heading is
    left, goods are drawn one by one.
    """
    sorted_goods = every[np.argsort(headings[every], kind="stable")]
    place, first, counts = np.unique(headings[sorted_goods], return_index=True, return_counts=True)
    group = np.repeat(np.arange(len(place)), counts)
    wanted = [(int(size), int((sizes == size).sum())) for size in np.unique(sizes)[::-1]]

    def draw(generator: np.random.Generator) -> Integers:
        order = generator.permutation(len(place))
        within = np.lexsort(
            (generator.random(len(sorted_goods)), group)
        )  # goods shuffled inside their headings
        used = np.zeros(len(place), dtype=bool)
        found: list[Integers] = []
        for size, number in wanted:
            chosen = order[(counts[order] >= size) & ~used[order]][:number]
            used[chosen] = True
            found.append(within[(first[chosen][:, None] + np.arange(size)).ravel()])
            if missing := (number - len(chosen)) * size:
                found.append(generator.integers(len(sorted_goods), size=missing))
        return sorted_goods[np.concatenate(found)]

    return draw


def rank_p(observed: float, placebo: Floats) -> float:
    """``(1 + number of placebos as high) / (1 + number of placebos)``; NaN without placebos."""
    known = placebo[np.isfinite(placebo)]
    return (1 + int((known >= observed - 1e-12).sum())) / (1 + len(known)) if len(known) else float("nan")


def fastest(score: Floats, pool: Booleans, k: int) -> float:
    """Mean score of the k fastest goods of a pool: picking and statistic in one, repeated under every null."""
    known = score[pool & np.isfinite(score)]
    return float(np.sort(known)[-k:].mean()) if len(known) else float("nan")
