"""The proper posterior of dynamic ordinal ideal points, by a sampler that mixes.

Model: z = beta * theta + Normal(0, 1), read off two ordered cutpoints; beta ~ Normal(0, 1);
cutpoints ~ Normal(0, 10^2) (flat for all that votes can tell; hard walls as in the published sampler would stop whole
sessions from moving, and push them); a voter's first position ~ Normal(0, 1), then a random walk with variance omega^2
for each session that passes, 1 / omega^2 ~ Gamma(1, .01). Draws are standardised afterwards (mean 0, sd 1 over all
positions): a choice of units, not a part of the sampler.

A sweep has four moves, each leaving the posterior as it is. No latent traits are drawn: where votes are nearly certain,
a position given its traits hardly moves, and a Newton proposal (Gamerman 1997) does.

1. every item's (beta, low, log of the gap to high) by one Newton step, with a Student t of the curvature's spread;
2. stretches of every voter's path, cut at random: one Newton step, with the spread of the path's own normal
   approximation (forward filter, backward sampling);
3. the walk's variance;
4. whole sessions together, shifted and stretched in turn (``ideal_points_sessions``).
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from equidistance.models.compiling import inlined, released
from equidistance.models.ideal_points_fast import Progress
from equidistance.models.ideal_points_published import summarised
from equidistance.models.ideal_points_sessions import CUT_PRECISION, Sessions, walk_squares
from equidistance.models.ideal_points_terms import item_terms, log_cdf, position_terms
from equidistance.models.normal import Floats, quantile, stream, uniform
from equidistance.models.roll_calls import Fit, Items, RollCalls
from equidistance.models.vote_scores import YES

_FLOOR = (
    0.05  # added to the proposal's curvature in the cutpoints: one that no vote bounds would jump too far
)
_FREEDOM = 4.0  # of the items' proposal: thinner tails get stuck where one vote alone is of its kind
_CUT = 0.1  # chance that a path is cut after a session


@inlined
def _normal(state):  # type: ignore[no-untyped-def]
    state, u = uniform(state)
    return state, quantile(u)


@inlined
def _expand(begin, end, vote, position, theta, known, b, c1, c2, out):  # type: ignore[no-untyped-def]
    """Log posterior of one item in (beta, low, log gap), its gradient and (nearly) its curvature, as ``item_terms``."""
    item_terms(begin, end, vote, position, theta, known, b, c1, c2, out)
    gap = c2 - c1
    g1, g2 = out[2] - CUT_PRECISION * c1, out[3] - CUT_PRECISION * c2
    h11, h22, h12 = out[5] + CUT_PRECISION, out[6] + CUT_PRECISION, out[9]
    out[0] += math.log(gap) - 0.5 * (
        b * b + CUT_PRECISION * (c1 * c1 + c2 * c2)
    )  # the logarithm's Jacobian first
    out[1], out[2], out[3] = out[1] - b, g1 + g2, g2 * gap + 1.0
    out[4], out[5] = out[4] + 1.0, h11 + h22 + 2 * h12 + _FLOOR
    out[6] = h22 * gap * gap + abs(g2) * gap + _FLOOR  # above the true curvature where the gap wants to grow
    out[7], out[8], out[9] = out[7] + out[8], out[8] * gap, (h22 + h12) * gap


@inlined
def _factor(h, root):  # type: ignore[no-untyped-def]
    """Cholesky factor of the proposal's precision; its first three numbers are that of (beta, low) alone."""
    root[0] = math.sqrt(h[4])
    root[1] = h[7] / root[0]
    root[2] = math.sqrt(max(h[5] - root[1] * root[1], 1e-3))
    root[3] = h[8] / root[0]
    root[4] = (h[9] - root[3] * root[1]) / root[2]
    root[5] = math.sqrt(max(h[6] - root[3] * root[3] - root[4] * root[4], 1e-3))


@inlined
def _newton(h, root, apart, step):  # type: ignore[no-untyped-def]
    """Newton's step from gradient and factor; unless ``apart`` the gap stays."""
    y0 = h[1] / root[0]
    y1 = (h[2] - root[1] * y0) / root[2]
    step[2] = (h[3] - root[3] * y0 - root[4] * y1) / (root[5] * root[5]) if apart else 0.0
    step[1] = (y1 - root[4] * step[2]) / root[2]
    step[0] = (y0 - root[1] * step[1] - root[3] * step[2]) / root[0]


@inlined
def _log_proposal(root, apart, d0, d1, d2):  # type: ignore[no-untyped-def]
    """Log density of the proposal, a Student t, at distance (d0, d1, d2) from its centre, up to a constant."""
    a = root[0] * d0 + root[1] * d1 + root[3] * d2
    b = root[2] * d1 + root[4] * d2
    c = root[5] * d2
    size = math.log(root[0] * root[2] * (root[5] if apart else 1.0))
    power = 0.5 * (_FREEDOM + (3 if apart else 2))
    return size - power * math.log1p((a * a + b * b + c * c) / _FREEDOM)


@released
def _sweep_items(  # type: ignore[no-untyped-def]
    seed, sweep, vote, position, starts, abstained, theta, known, beta, low, high
):
    """Move 1 for all items; ``known`` is zero for every position: theta is a draw, not an estimate."""
    here, there = np.empty(11), np.empty(11)
    root, back = np.ones(6), np.ones(6)
    step, home = np.empty(3), np.empty(3)
    for j in range(len(beta)):
        state = stream(seed, sweep, j)
        b, c1, c2 = beta[j], low[j], high[j]
        first, last = starts[j], starts[j + 1]
        apart = abstained[j]
        _expand(first, last, vote, position, theta, known, b, c1, c2, here)
        _factor(here, root)
        _newton(here, root, apart, step)
        state, e0 = _normal(state)
        state, e1 = _normal(state)
        state, e2 = _normal(state)
        state, u = uniform(state)
        state, p = uniform(state)
        wide = math.sqrt(
            _FREEDOM / (-2.0 * (math.log(u) + math.log(p)))
        )  # over the root of a chi-squared of 4
        d2 = wide * e2 / root[5] if apart else 0.0
        d1 = (wide * e1 - root[4] * d2) / root[2]
        d0 = (wide * e0 - root[1] * d1 - root[3] * d2) / root[0]
        nb, n1 = b + step[0] + d0, c1 + step[1] + d1
        n2 = n1 + (c2 - c1) * math.exp(min(step[2] + d2, 20.0))
        if n2 > n1:
            _expand(first, last, vote, position, theta, known, nb, n1, n2, there)
            _factor(there, back)
            _newton(there, back, apart, home)
            ratio = there[0] - here[0]
            ratio += _log_proposal(back, apart, b - nb - home[0], c1 - n1 - home[1], -step[2] - d2 - home[2])
            ratio -= _log_proposal(root, apart, d0, d1, d2)
            state, u = uniform(state)
            if math.log(u) < ratio:
                b, c1, c2 = nb, n1, n2
        if not apart:  # nobody abstained: how far the cutpoints stand apart is a number of its own
            state, e0 = _normal(state)
            gap = (c2 - c1) * math.exp(0.8 * e0)
            n1, n2 = 0.5 * (c1 + c2 - gap), 0.5 * (c1 + c2 + gap)
            ratio = math.log(gap / (c2 - c1))
            ratio -= 0.5 * CUT_PRECISION * (n1 * n1 + n2 * n2 - c1 * c1 - c2 * c2)
            for k in range(first, last):
                u = b * theta[position[k]]
                if vote[k] == YES:
                    ratio += log_cdf(n1 - u) - log_cdf(c1 - u)
                else:
                    ratio += log_cdf(u - n2) - log_cdf(u - c2)
            state, u = uniform(state)
            if math.log(u) < ratio:
                c1, c2 = n1, n2
        beta[j], low[j], high[j] = b, c1, c2


@inlined
def _path(size, at, terms, ahead, before, leans, lean_after, after, precision, gain):  # type: ignore[no-untyped-def]
    """Forward filter of the normal distribution that Newton's step at ``at`` gives a stretch of a path.

    Backward, position m given the one after it has precision ``precision[m] + leans[m + 1]`` and mean
    ``(gain[m] + leans[m + 1] * next) / (precision[m] + leans[m + 1])``; the last has no ``leans`` to add.
    """
    prior, mean = ahead, before
    for m in range(size):
        if m:
            prior = 1.0 / (1.0 / precision[m - 1] + 1.0 / leans[m])
            mean = gain[m - 1] / precision[m - 1]
        precision[m] = prior + terms[m, 1]
        gain[m] = prior * mean + terms[m, 1] * at[m] + terms[m, 0]
    precision[size - 1] += lean_after
    gain[size - 1] += lean_after * after
    leans[size] = 0.0


@released
def _sweep_paths(  # type: ignore[no-untyped-def]
    seed, sweep, unit, vote, item, starts, first, passed, theta, beta, low, high, omega2
):
    """Move 2; votes are ordered by position, and ``unit`` is the first free number of a stream."""
    n = len(theta)
    longest = run = 1
    for i in range(n):
        run = 1 if first[i] else run + 1
        longest = max(longest, run)
    here, there = np.empty((longest, 2)), np.empty((longest, 2))
    precision, gain, leans = np.empty(longest), np.empty(longest), np.empty(longest + 1)
    old, new = np.zeros(longest + 1), np.zeros(longest + 1)
    a = 0
    while a < n:
        state = stream(seed, sweep, unit + a)
        z = a + 1
        while z < n and not first[z]:
            state, u = uniform(state)
            if u < _CUT:
                break
            z += 1
        size = z - a
        ahead, before, lean_after, after = 1.0, 0.0, 0.0, 0.0
        if not first[a]:
            ahead, before = 1.0 / (omega2 * passed[a]), theta[a - 1]
        if z < n and not first[z]:
            lean_after, after = 1.0 / (omega2 * passed[z]), theta[z]
        ratio = 0.0
        for m in range(size):
            i = a + m
            old[m], leans[m] = theta[i], 1.0 / (omega2 * passed[i])
            ll, here[m, 0], here[m, 1] = position_terms(
                starts[i], starts[i + 1], vote, item, beta, low, high, old[m]
            )
            ratio -= ll
        _path(size, old, here, ahead, before, leans, lean_after, after, precision, gain)
        for m in range(size - 1, -1, -1):
            p = precision[m] + leans[m + 1]
            state, e = _normal(state)
            new[m] = (gain[m] + leans[m + 1] * new[m + 1]) / p + e / math.sqrt(p)
            ratio -= 0.5 * math.log(p) - 0.5 * e * e
        for m in range(size):
            i = a + m
            ll, there[m, 0], there[m, 1] = position_terms(
                starts[i], starts[i + 1], vote, item, beta, low, high, new[m]
            )
            ratio += ll
        _path(size, new, there, ahead, before, leans, lean_after, after, precision, gain)
        for m in range(size - 1, -1, -1):
            p = precision[m] + leans[m + 1]
            e = old[m] - (gain[m] + leans[m + 1] * old[m + 1]) / p
            ratio += 0.5 * math.log(p) - 0.5 * p * e * e
        ratio -= 0.5 * ahead * ((new[0] - before) ** 2 - (old[0] - before) ** 2)
        for m in range(1, size):
            ratio -= 0.5 * leans[m] * ((new[m] - new[m - 1]) ** 2 - (old[m] - old[m - 1]) ** 2)
        ratio -= 0.5 * lean_after * ((after - new[size - 1]) ** 2 - (after - old[size - 1]) ** 2)
        state, u = uniform(state)
        if math.log(u) < ratio:
            theta[a:z] = new[:size]
        a = z


def sample(
    votes: RollCalls,
    theta: Floats,
    items: Items,
    *,
    seed: int,
    sweeps: int = 3_000,
    burn: int = 600,
    chains: int = 2,
    draws: int = 2_000,
    progress: Progress | None = None,
) -> Fit:
    """Draws from the posterior; each chain runs in a thread of its own.

    Args:
        votes: the votes.
        theta: starting positions, shape (P,), for example of the fast method; chains start spread around them.
        items: starting items.
        seed: of the first chain; the others follow.
        sweeps: sweeps a chain after the burn-in.
        burn: sweeps thrown away, during which the moves' sizes are learned.
        chains: chains.
        draws: draws to keep of all chains together, evenly spaced.
        progress: told of the sweeps.
    """
    thin = max(1, sweeps * chains // draws)
    done = [0] * chains

    def one(number: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        def told(sweep: int) -> None:
            done[number] = sweep
            if progress and number == 0:
                progress("Sampling", sum(done), chains * (burn + sweeps))

        return _draws(votes, theta, items, seed + 7919 * number, sweeps, burn, thin, told)

    with ThreadPoolExecutor(chains) as pool:
        parts = list(pool.map(one, range(chains)))
    chain = np.repeat(np.arange(chains), len(parts[0][0]))
    return summarised(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        chains * (burn + sweeps),
        chain,
    )


class Chain:
    """One chain: the unknowns in the sampler's own unit, where beta ~ Normal(0, 1), and a sweep over them."""

    def __init__(self, votes: RollCalls, theta: Floats, items: Items, omega2: float, seed: int) -> None:
        self.votes, self.seed, self.swept = votes, seed, 0
        self.theta, self.items, self.omega2 = theta.astype(np.float64), items, omega2
        self.random = np.random.default_rng(seed)
        self.first = votes.first
        self.passed = np.where(self.first, 1.0, np.diff(votes.session, prepend=0)).astype(float)
        self.sessions = Sessions(votes, self.passed)
        self.known = np.zeros(len(theta))
        self.own = np.argsort(votes.position, kind="stable")
        self.own_item, self.own_starts = votes.item[self.own], np.r_[0, np.cumsum(votes.votes_of_position)]
        self.look()

    def look(self) -> None:
        """Take in the votes, after they have changed too (attendance may not)."""
        self.abstained = self.votes.tallies[:, 1] > 0
        self.own_vote = self.votes.vote[self.own]

    def sweep(self, learning: float = 0.0) -> None:
        """All moves once; ``learning`` is the rate at which step sizes adapt, 0 outside the burn-in."""
        votes, random = self.votes, self.random
        data, now = (votes.vote, votes.position, votes.starts), (self.seed, self.swept)
        beta, low, high = self.items.beta.copy(), self.items.low.copy(), self.items.high.copy()
        theta = self.theta.copy()
        _sweep_items(*now, *data, self.abstained, theta, self.known, beta, low, high)
        own = (self.own_vote, self.own_item, self.own_starts, self.first, self.passed)
        _sweep_paths(*now, len(beta), *own, theta, beta, low, high, self.omega2)
        steps, _ = walk_squares(theta, self.first, self.passed)
        omega2 = (0.01 + 0.5 * steps) / random.gamma(1 + 0.5 * float((~self.first).sum()))
        stretch = self.swept % 2 == 1
        theta, items = self.sessions.move(random, theta, Items(beta, low, high), omega2, stretch)
        self.theta, self.items, self.omega2 = self.sessions.change_unit(random, theta, items, omega2, learning)
        self.swept += 1


def _draws(
    votes: RollCalls,
    theta: Floats,
    items: Items,
    seed: int,
    sweeps: int,
    burn: int,
    thin: int,
    told: Callable[[int], None],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    random = np.random.default_rng((seed, 1))
    unit = max(float(np.sqrt((items.beta**2).mean())), 0.1)
    theta = unit * (theta + 0.1 * random.standard_normal(len(theta)))
    items = Items(items.beta / unit, items.low, np.maximum(items.high, items.low + 0.05))
    chain = Chain(votes, theta, items, 0.03 * unit * unit, seed)
    kept = sweeps // thin
    draws = np.empty((kept, len(theta)), dtype=np.float32)
    item_draws = np.empty((kept, 3, len(items.beta)), dtype=np.float32)
    for sweep in range(burn + sweeps):
        chain.sweep(0.1 if sweep < burn else 0.0)
        after = sweep - burn
        if after >= 0 and (after + 1) % thin == 0 and after // thin < kept:
            now, mean, sd = chain.items, chain.theta.mean(), chain.theta.std()
            draws[after // thin] = (chain.theta - mean) / sd
            item_draws[after // thin] = now.beta * sd, now.low - now.beta * mean, now.high - now.beta * mean
        if sweep % 10 == 0:
            told(sweep)
    return draws, item_draws
