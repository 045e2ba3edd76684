"""Trade with a known share of rerouting, to see what a screen finds and what it only believes to find."""

from dataclasses import dataclass

import numpy as np

from equidistance.reexports.surge import Booleans, Floats


@dataclass(frozen=True)
class Simulated:
    """Monthly trade of P goods between W, S, T and other destinations.

    Attributes:
        inbound: W to S, shape (P, T).
        outbound: S to T, shape (P, T).
        direct: W to T, shape (P, T).
        elsewhere: W to each of D other destinations, shape (P, D, T).
        listed: goods on the list, shape (P,).
        rerouted: listed goods that really are rerouted, shape (P,).
        headings: heading of each good, shape (P,).
        post: months after the event, shape (T,).
    """

    inbound: Floats
    outbound: Floats
    direct: Floats
    elsewhere: Floats
    listed: Booleans
    rerouted: Booleans
    headings: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    post: Booleans


def simulate(
    share: float,
    *,
    goods: int = 800,
    headings: int = 200,
    listed: int = 50,
    rerouting: float = 0.5,
    before: int = 24,
    after: int = 12,
    destinations: int = 5,
    boom: float = 0.4,
    seed: int = 1,
) -> Simulated:
    """Draw trade in which part of what T no longer gets comes through S.

    The noise is that of real figures: sizes spread over four orders of magnitude, lumpy months and empty ones,
    demand that wanders by good and by heading everywhere, a boom in S that lifts all goods, a season, and a break at
    the event that hits whole headings in S whether listed or not (relocation, a new factory, a price).

    Args:
        share: part of T's lost imports of a rerouted good that comes through S (0 to 1).
        goods: number of goods P.
        headings: number of headings they belong to.
        listed: how many goods are listed; headings are listed as a whole.
        rerouting: part of the listed goods that are rerouted at all, when ``share`` is above zero.
        before: months before the event.
        after: months after it.
        destinations: number of other destinations D.
        boom: growth of all goods of S at the event, in logs.
        seed: of everything.
    """
    random = np.random.default_rng(seed)
    months = before + after
    heading = np.sort(random.integers(headings, size=goods))
    post = np.arange(months) >= before
    size = np.exp(random.normal(11.5, 1.6, goods))  # median 100,000 a month from W to S
    order = random.permutation(np.unique(heading))
    chosen = np.zeros(goods, dtype=bool)
    for one in order:
        if chosen.sum() >= listed:
            break
        chosen |= heading == one
    demand = _walk(random, goods, months, 0.08) + _walk(random, headings, months, 0.05)[heading]
    season = 0.15 * np.sin(2 * np.pi * (np.arange(months) / 12 + random.random(goods)[:, None]))
    jump: Floats = np.asarray(
        boom + random.normal(0, 0.35, headings)[heading] + random.standard_t(4, goods) * 0.25
    )
    shock = np.where(post, 1.0, 0.0) * jump[:, None]
    common = demand + season

    def flow(level: Floats, own: Floats) -> Floats:
        """Monthly amounts: a compound of lumpy shipments around the expected level."""
        mean = level[:, None] * np.exp(common + own)
        lump = 2e4 * np.exp(random.normal(0, 0.7, len(level)))[:, None]  # size of one shipment
        shipments = random.poisson(np.minimum(mean / lump, 1e6))
        return np.where(shipments > 0, random.gamma(np.maximum(shipments, 1) * 2.0, lump / 2.0), 0.0)

    # T buys about 18 times as much as S: EU exports of listed goods to RUS and KAZ in 2021
    direct_level: Floats = size * np.exp(random.normal(2.9, 0.8, goods))
    fall = np.where(post, _column(np.asarray(np.where(chosen, np.log(0.15), np.log(0.6)))), 0.0)
    inbound = flow(size, _walk(random, goods, months, 0.06) + shock)
    outbound = flow(0.3 * size, _walk(random, goods, months, 0.06) + 0.5 * shock)
    direct = flow(direct_level, _walk(random, goods, months, 0.04) + fall)
    elsewhere = np.stack(
        [
            flow(size * np.exp(random.normal(0, 0.7, goods)), _walk(random, goods, months, 0.06))
            for _ in range(destinations)
        ],
        axis=1,
    )
    rerouted = np.zeros(goods, dtype=bool)
    if share > 0:
        members = np.flatnonzero(chosen)
        rerouted[random.permutation(members)[: round(rerouting * len(members))]] = True
        lost = direct_level[:, None] * 0.85 * np.exp(common)
        start = before + random.integers(0, 4, goods)  # dealers need up to three months
        active = (np.arange(months) >= start[:, None]) & rerouted[:, None]
        extra = np.where(active, share * lost * random.gamma(4.0, 0.25, (goods, months)), 0.0)
        inbound += extra
        outbound[:, 1:] += 0.9 * extra[:, :-1]  # a month later, a tenth stays
    return Simulated(inbound, outbound, direct, elsewhere, chosen, rerouted, heading.astype(np.int64), post)


def _column(values: Floats) -> Floats:
    return values[:, None]


def _walk(random: np.random.Generator, rows: int, months: int, step: float) -> Floats:
    """Demand that wanders and comes back: a first-order autoregression with coefficient 0.9, shape (rows, months)."""
    path = np.zeros((rows, months))
    state = random.normal(0, step / np.sqrt(1 - 0.81), rows)
    for month in range(months):
        state = 0.9 * state + random.normal(0, step, rows)
        path[:, month] = state
    return path
