"""One flow judged: how much each good grew, how a first look and how a test that repeats the picking sees it."""

from dataclasses import dataclass

import numpy as np

from equidistance.reexports import null, surge
from equidistance.reexports.null import Integers
from equidistance.reexports.surge import Booleans, Floats, Surge

LEVEL = 0.05
"""False discovery rate, and level of a test."""

ENOUGH_PLACEBOS = 40
ENOUGH_DESTINATIONS = 3
ENOUGH_DATES = 8


@dataclass(frozen=True)
class Basket:
    """Goods judged together: how they were picked, out of how many, and both p values (NaN where there is no null)."""

    name: str
    k: int
    pool: int
    statistic: float
    naive_p: float
    matched_p: float
    placebos: int


@dataclass(frozen=True)
class Judged:
    """A flow of P goods, judged.

    Attributes:
        surge: growth and scores.
        control: growth of the control in logs, shape (P,); zeros without one.
        naive_p: shape (P,).
        p: selection-aware p value, shape (P,); NaN where none can be had.
        q: p adjusted for the number of goods of the pool (Benjamini and Hochberg), shape (P,).
        pool: goods that could be picked, shape (P,).
        placebo: comparison goods, shape (P,).
        strata: shape (P,).
        null: ``products``, ``destinations``, ``dates`` or ``none``: what the surges are compared with.
        baskets: the whole pool, the fastest k, and a basket of one's own.
    """

    surge: Surge
    control: Floats
    naive_p: Floats
    p: Floats
    q: Floats
    pool: Booleans
    placebo: Booleans
    strata: Integers
    null: str
    baskets: tuple[Basket, ...]


def judge(
    value: Floats,
    post: Booleans,
    season: int,
    pool: Booleans,
    eligible: Booleans,
    headings: Integers,
    *,
    others: Floats | None = None,
    history: Floats | None = None,
    listed: bool = True,
    picked: Booleans | None = None,
    k: int = 10,
    wanted: str = "auto",
    draws: int = 2000,
    seed: int = 1,
) -> Judged:
    """Judge every good of a flow, and baskets of them.

    Args:
        value: amounts, shape (P, T).
        post: periods after the date, shape (T,).
        season: periods in a year.
        pool: goods that could be picked (the list's, or all), shape (P,).
        eligible: goods that traded at all and whose code did not just begin or end, shape (P,).
        headings: heading of each good as a number, shape (P,).
        others: the same goods to D other destinations, shape (P, D, T).
        history: amounts in periods before the first of ``value``, shape (P, H), for placebo dates.
        listed: whether the pool is a list, so that goods outside it can be placebos.
        picked: a basket of the user's own, shape (P,).
        k: size of the basket of the fastest.
        wanted: a null to use instead of the best there is.
        draws: placebo baskets.
        seed: of the draws.
    """
    control = None if others is None or not others.shape[1] else others.sum(axis=1)
    grown = surge.surge(value, post, season, control)
    n = int(post.sum())
    ratio = np.zeros(len(value))
    if control is not None:
        base, after = surge.levels(control, post, season)
        ratio = np.log((after + n * surge.FLOOR) / (base + n * surge.FLOOR))
    pool = pool & eligible
    placebo = eligible & ~pool if listed else np.zeros(len(value), dtype=bool)
    kind = _null(wanted, pool, placebo, others, history, post)
    strata = surge.size_strata(grown.base, placebo if kind == "products" else eligible)
    if kind == "products":
        p = np.where(eligible, null.conformal_p(grown.score, placebo, strata), np.nan)
        ranked = null.rank_scores(grown.score, pool | placebo, strata)
        baskets = _by_products(ranked, pool, placebo, headings, k, picked, draws, seed)
    elif kind == "destinations":
        assert others is not None
        p, baskets = _by_destinations(value, others, post, season, grown, pool, k, picked)
    elif kind == "dates":
        assert history is not None
        p, baskets = _by_dates(value, history, post, season, grown, pool, k, picked)
    else:
        p, baskets = np.full(len(value), np.nan), ()
    q = np.full(len(value), np.nan)
    q[pool] = null.benjamini_hochberg(p[pool])
    return Judged(grown, ratio, surge.naive_p(value, post), p, q, pool, placebo, strata, kind, baskets)


def _null(
    wanted: str,
    pool: Booleans,
    placebo: Booleans,
    others: Floats | None,
    history: Floats | None,
    post: Booleans,
) -> str:
    """The best comparison there is: unlisted goods, other destinations, earlier dates."""
    there = {
        "products": int(placebo.sum()) >= ENOUGH_PLACEBOS,
        "destinations": others is not None and others.shape[1] >= ENOUGH_DESTINATIONS,
        "dates": history is not None and history.shape[1] >= ENOUGH_DATES,
    }
    if not pool.any():
        return "none"
    if wanted != "auto":
        return wanted if there.get(wanted, False) else "none"
    return next((kind for kind, found in there.items() if found), "none")


def _baskets(k: int, pool: int) -> list[tuple[str, int]]:
    """The whole pool, and its fastest where that is a choice."""
    whole = [("all of them", pool)]
    return [*whole, (f"the fastest {k}", k)] if k < pool else whole


def _by_products(
    ranked: Floats,
    pool: Booleans,
    placebo: Booleans,
    headings: Integers,
    k: int,
    picked: Booleans | None,
    draws: int,
    seed: int,
) -> tuple[Basket, ...]:
    usable = pool & np.isfinite(ranked)
    if not usable.any():
        return ()
    made = []
    for name, size in _baskets(k, int(usable.sum())):
        found = null.basket_test(ranked, pool, placebo, headings, size, draws=draws, seed=seed)
        made.append(
            Basket(name, found.k, found.pool, found.statistic, found.naive_p, found.matched_p, found.draws)
        )
    if picked is not None and (picked & usable).any():
        own = null.basket_test(
            ranked,
            pool,
            placebo,
            headings,
            int((picked & usable).sum()),
            picked=picked,
            draws=draws,
            seed=seed,
        )
        made.append(Basket("your own", own.k, own.pool, own.statistic, own.naive_p, own.matched_p, own.draws))
    return tuple(made)


def _by_destinations(
    value: Floats,
    others: Floats,
    post: Booleans,
    season: int,
    grown: Surge,
    pool: Booleans,
    k: int,
    picked: Booleans | None,
) -> tuple[Floats, tuple[Basket, ...]]:
    """The same goods to each other destination, each compared with the rest of them."""
    D = others.shape[1]
    whole = others.sum(axis=1)
    scores, bases = [], []
    for place in range(D):
        one = surge.surge(others[:, place], post, season, whole - others[:, place])
        scores.append(np.where(others[:, place].any(axis=1), one.score, np.nan))
        bases.append(one.base)
    placebo = np.stack(scores, axis=1)
    every = np.concatenate([grown.base, *bases])
    score = np.concatenate([grown.score, *scores])
    first = np.zeros(len(every), dtype=bool)
    first[: len(value)] = True
    strata = surge.size_strata(every, ~first & np.isfinite(score))
    known = np.isfinite(score)
    p = np.full(len(score), np.nan)
    p[known] = null.conformal_p(score[known], ~first[known], strata[known])
    return p[: len(value)], _against(grown.score, placebo, pool, k, picked)


def _by_dates(
    value: Floats,
    history: Floats,
    post: Booleans,
    season: int,
    grown: Surge,
    pool: Booleans,
    k: int,
    picked: Booleans | None,
) -> tuple[Floats, tuple[Basket, ...]]:
    """The same goods at earlier dates that nobody knows for anything: windows of the same length, one period apart."""
    past = np.concatenate([history, value[:, ~post]], axis=1)
    T = len(post)
    scores = [
        surge.surge(past[:, start : start + T], post, season).score for start in range(past.shape[1] - T + 1)
    ]
    placebo = np.stack(scores, axis=1)
    p = (1 + (placebo >= grown.score[:, None]).sum(axis=1)) / (1.0 + placebo.shape[1])
    return p, _against(grown.score, placebo, pool, k, picked)


def _against(
    score: Floats, placebo: Floats, pool: Booleans, k: int, picked: Booleans | None
) -> tuple[Basket, ...]:
    """Baskets against placebo destinations or dates: the same goods there, and the picking repeated there."""
    if not pool.any():
        return ()
    order = np.argsort(np.where(pool & np.isfinite(score), score, -np.inf), kind="stable")
    choices = [(name, order[-size:]) for name, size in _baskets(k, int(pool.sum()))]
    if picked is not None and (picked & pool).any():
        choices.append(("your own", np.flatnonzero(picked & pool)))
    made = []
    for name, goods in choices:
        observed = float(np.nanmean(score[goods]))
        same = np.array([_mean(column[goods]) for column in placebo.T])
        again = np.array([null.fastest(column, pool, len(goods)) for column in placebo.T])
        made.append(
            Basket(
                name,
                len(goods),
                int(pool.sum()),
                observed,
                null.rank_p(observed, same),
                null.rank_p(observed, again),
                int(np.isfinite(again).sum()),
            )
        )
    return tuple(made)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
