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

    A placebo pool has as many goods as the list, in headings as full as the list's: for each heading of the list a
    heading without listed goods is drawn, and as many of its goods as the list has there (headings with fewer give
    what they have, and the rest comes from a further one).

    Args:
        ranked: :func:`rank_scores`, shape (P,).
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
    outside = np.flatnonzero(placebo & usable)
    if not len(inside) or not len(outside):
        raise ValueError("a basket needs listed goods and placebo goods with a score")
    k = min(k, len(inside))
    chosen = np.sort(ranked[inside])[-k:] if picked is None else ranked[inside][picked[inside]]
    observed = float(chosen.mean())
    sizes = np.unique(headings[inside], return_counts=True)[1]
    draw = _pools(outside, headings, sizes)
    generator = np.random.default_rng(seed)
    naive = matched = 0
    for _ in range(draws):
        pool = ranked[draw(generator)]
        matched += int(np.sort(pool)[-k:].mean() >= observed - 1e-12)
        naive += int(pool[generator.permutation(len(pool))[:k]].mean() >= observed - 1e-12)
    return Picked(k, len(inside), observed, (1 + naive) / (1 + draws), (1 + matched) / (1 + draws), draws)


def _pools(
    outside: Integers, headings: Integers, sizes: Integers
) -> Callable[[np.random.Generator], Integers]:
    """A function that draws placebo goods in clusters as large as the list's headings."""
    goods = [outside[headings[outside] == heading] for heading in np.unique(headings[outside])]
    total = int(sizes.sum())

    def draw(generator: np.random.Generator) -> Integers:
        order = generator.permutation(len(goods))
        place = 0
        found: list[Integers] = []
        for size in generator.permutation(sizes):
            missing = int(size)
            while missing > 0:
                chosen = goods[order[place % len(order)]]
                if place and place % len(order) == 0:  # more is asked than there is: draw headings again
                    order = generator.permutation(len(goods))
                place += 1
                taken = generator.permutation(chosen)[:missing]
                found.append(taken)
                missing -= len(taken)
        return np.concatenate(found)[:total]

    return draw


def rank_p(observed: float, placebo: Floats) -> float:
    """``(1 + number of placebos as high) / (1 + number of placebos)``; NaN without placebos."""
    known = placebo[np.isfinite(placebo)]
    return (1 + int((known >= observed - 1e-12).sum())) / (1 + len(known)) if len(known) else float("nan")


def fastest(score: Floats, pool: Booleans, k: int) -> float:
    """Mean score of the k fastest goods of a pool: picking and statistic in one, repeated under every null."""
    known = score[pool & np.isfinite(score)]
    return float(np.sort(known)[-k:].mean()) if len(known) else float("nan")
