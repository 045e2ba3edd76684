"""The proper posterior of dynamic ordinal ideal points, by a sampler that mixes.

Model: z = beta * theta + Normal(0, 1), read off two ordered cutpoints; beta ~ Normal(0, 1);
cutpoints ~ Normal(0, 10^2) (flat for all that votes can tell; hard walls as in the published sampler would stop whole
sessions from moving, and push them); a voter's first position ~ Normal(0, 1), then a random walk with variance omega^2
for each session that passes, 1 / omega^2 ~ Gamma(1, .01). Draws are standardised afterwards (mean 0, sd 1 over all
positions): a choice of units, not a part of the sampler.

A sweep has four moves, each leaving the posterior as it is:

1. every item's (beta, low, high) by one Newton step with the curvature's spread as a Metropolis-Hastings proposal
   (Gamerman 1997), latent traits integrated out; nearly an independent draw;
2. latent traits given all, then every voter's whole path at once (forward filter, backward sampling);
3. the walk's variance;
4. whole sessions together: positions move or stretch by a smooth profile over the sessions and their items follow, so
   that the likelihood hardly changes. The other moves are slow in just these directions (the published sampler's early
   sessions are the known case).
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from equidistance.models.ideal_points_fast import Progress
from equidistance.models.ideal_points_published import summarised
from equidistance.models.normal import (
    Floats,
    between,
    cdf,
    compiled,
    inlined,
    mills,
    pdf,
    quantile,
    released,
    stream,
    uniform,
)
from equidistance.models.roll_calls import Fit, Integers, Items, RollCalls
from equidistance.models.vote_scores import NO, YES

_TINY = 1e-12
_CUT_PRECISION = 0.01
_FLOOR = 0.05  # added to the proposal's curvature in the cutpoints: one that no vote bounds would jump too far
_WIDTHS, _WIDTH_SHARES = (2.0, 6.0, 20.0, 60.0, 1e6), (0.25, 0.3, 0.25, 0.15, 0.05)
"""Half-widths of the profiles of move 4, in sessions, and how often each is tried; the last moves all alike."""
_MOVES = 12
"""Moves of kind 4 in a sweep, half of them shifts."""


@inlined
def _normal(state):  # type: ignore[no-untyped-def]
    state, u = uniform(state)
    return state, quantile(u)


@inlined
def _expand(begin, end, vote, position, theta, b, c1, c2, out):  # type: ignore[no-untyped-def]
    """Log likelihood of one item, its gradient and curvature: out = (ll, gb, g1, g2, hbb, h11, h22, hb1, hb2, h12)."""
    ll = gb = g1 = g2 = hbb = h11 = h22 = hb1 = hb2 = h12 = 0.0
    product = 1.0
    for k in range(begin, end):
        t = theta[position[k]]
        u = b * t
        if vote[k] == YES:
            e = c1 - u
            m = mills(e)
            w = m * (m + e)
            product *= cdf(e)
            g1 += m
            gb -= m * t
            h11 += w
            hb1 -= w * t
        elif vote[k] == NO:
            e = u - c2
            m = mills(e)
            w = m * (m + e)
            product *= cdf(e)
            g2 -= m
            gb += m * t
            h22 += w
            hb2 -= w * t
        else:
            e1, e2 = c1 - u, c2 - u
            p = max(cdf(e2) - cdf(e1), _TINY)
            m1, m2 = pdf(e1) / p, pdf(e2) / p
            w11, w22, w12 = m1 * (m1 - e1), m2 * (m2 + e2), -m1 * m2
            w = w11 + w22 + 2 * w12
            product *= p
            g1 -= m1
            g2 += m2
            gb -= (m2 - m1) * t
            h11 += w11
            h22 += w22
            h12 += w12
            hb1 -= (w11 + w12) * t
            hb2 -= (w22 + w12) * t
        hbb += w * t * t
        if product < 1e-200:  # one logarithm for many votes
            ll += math.log(product)
            product = 1.0
    out[0] = ll + math.log(product) - 0.5 * (b * b + _CUT_PRECISION * (c1 * c1 + c2 * c2))
    out[1], out[2], out[3] = gb - b, g1 - _CUT_PRECISION * c1, g2 - _CUT_PRECISION * c2
    out[4], out[5], out[6] = hbb + 1.0, h11 + _CUT_PRECISION, h22 + _CUT_PRECISION
    out[7], out[8], out[9] = hb1, hb2, h12


@inlined
def _factor(h, together, root):  # type: ignore[no-untyped-def]
    """Cholesky factor of the proposal's precision; with ``together`` the cutpoints move as one."""
    if together:
        root[0] = math.sqrt(h[4])
        root[1] = (h[7] + h[8]) / root[0]
        root[2] = math.sqrt(max(h[5] + h[6] + 2 * h[9] + _FLOOR - root[1] * root[1], 1e-3))
    else:
        root[0] = math.sqrt(h[4])
        root[1] = h[7] / root[0]
        root[2] = math.sqrt(max(h[5] + _FLOOR - root[1] * root[1], 1e-3))
        root[3] = h[8] / root[0]
        root[4] = (h[9] - root[3] * root[1]) / root[2]
        root[5] = math.sqrt(max(h[6] + _FLOOR - root[3] * root[3] - root[4] * root[4], 1e-3))


@inlined
def _newton(h, root, together, step):  # type: ignore[no-untyped-def]
    """Newton's step from gradient and factor."""
    if together:
        y0 = h[1] / root[0]
        y1 = (h[2] + h[3] - root[1] * y0) / root[2]
        step[1] = y1 / root[2]
        step[2] = step[1]
        step[0] = (y0 - root[1] * step[1]) / root[0]
    else:
        y0 = h[1] / root[0]
        y1 = (h[2] - root[1] * y0) / root[2]
        y2 = (h[3] - root[3] * y0 - root[4] * y1) / root[5]
        step[2] = y2 / root[5]
        step[1] = (y1 - root[4] * step[2]) / root[2]
        step[0] = (y0 - root[1] * step[1] - root[3] * step[2]) / root[0]


@inlined
def _log_proposal(root, together, d0, d1, d2):  # type: ignore[no-untyped-def]
    """Log density of the proposal at distance (d0, d1, d2) from its centre, up to a constant."""
    if together:
        a = root[0] * d0 + root[1] * d1
        b = root[2] * d1
        return math.log(root[0] * root[2]) - 0.5 * (a * a + b * b)
    a = root[0] * d0 + root[1] * d1 + root[3] * d2
    b = root[2] * d1 + root[4] * d2
    c = root[5] * d2
    return math.log(root[0] * root[2] * root[5]) - 0.5 * (a * a + b * b + c * c)


@released
def _sweep_items(  # type: ignore[no-untyped-def]
    begin, end, seed, sweep, vote, position, starts, abstained, theta, beta, low, high, pulled, squares, accepted
):
    """Move 1 and the latent traits of items begin..end-1; adds what the voters' paths need."""
    pulled[:] = 0.0
    squares[:] = 0.0
    here, there = np.empty(10), np.empty(10)
    root, back = np.ones(6), np.ones(6)
    step, home = np.empty(3), np.empty(3)
    for j in range(begin, end):
        state = stream(seed, sweep, j)
        b, c1, c2 = beta[j], low[j], high[j]
        first, last = starts[j], starts[j + 1]
        together = not abstained[j]
        _expand(first, last, vote, position, theta, b, c1, c2, here)
        _factor(here, together, root)
        _newton(here, root, together, step)
        state, e0 = _normal(state)
        state, e1 = _normal(state)
        if together:
            d1 = e1 / root[2]
            d0 = (e0 - root[1] * d1) / root[0]
            d2 = d1
        else:
            state, e2 = _normal(state)
            d2 = e2 / root[5]
            d1 = (e1 - root[4] * d2) / root[2]
            d0 = (e0 - root[1] * d1 - root[3] * d2) / root[0]
        nb, n1, n2 = b + step[0] + d0, c1 + step[1] + d1, c2 + step[2] + d2
        if n1 < n2:
            _expand(first, last, vote, position, theta, nb, n1, n2, there)
            _factor(there, together, back)
            _newton(there, back, together, home)
            ratio = there[0] - here[0]
            ratio += _log_proposal(back, together, b - nb - home[0], c1 - n1 - home[1], c2 - n2 - home[2])
            ratio -= _log_proposal(root, together, d0, d1, d2)
            state, u = uniform(state)
            if math.log(u) < ratio:
                b, c1, c2 = nb, n1, n2
                accepted[j] += 1
        if together:  # nobody abstained: how far the cutpoints stand apart is a number of its own
            state, e0 = _normal(state)
            gap = (c2 - c1) * math.exp(0.8 * e0)
            n1, n2 = 0.5 * (c1 + c2 - gap), 0.5 * (c1 + c2 + gap)
            ratio = math.log(gap / (c2 - c1))
            ratio -= 0.5 * _CUT_PRECISION * (n1 * n1 + n2 * n2 - c1 * c1 - c2 * c2)
            for k in range(first, last):
                u = b * theta[position[k]]
                if vote[k] == YES:
                    ratio += math.log((cdf(n1 - u) + 1e-300) / (cdf(c1 - u) + 1e-300))
                else:
                    ratio += math.log((cdf(u - n2) + 1e-300) / (cdf(u - c2) + 1e-300))
            state, u = uniform(state)
            if math.log(u) < ratio:
                c1, c2 = n1, n2
        beta[j], low[j], high[j] = b, c1, c2
        for k in range(first, last):
            i = position[k]
            u = b * theta[i]
            state, p = uniform(state)
            if vote[k] == YES:
                z = u + quantile(p * cdf(c1 - u) + 1e-300)
            elif vote[k] == NO:
                z = u - quantile(p * cdf(u - c2) + 1e-300)
            else:
                state, e = between(state, c1 - u, c2 - u)
                z = u + e
            pulled[i] += b * z
            squares[i] += b * b


@compiled
def _sample_paths(pulled, squares, first, passed, omega2, noise, theta):  # type: ignore[no-untyped-def]
    """Every voter's path given the traits: forward filter, backward sampling; ``noise`` is standard normal, (P,)."""
    n = len(theta)
    precision, gain = np.empty(n), np.empty(n)
    for i in range(n):
        if first[i]:
            ahead, mean = 1.0, 0.0
        else:
            ahead = 1.0 / (1.0 / precision[i - 1] + omega2 * passed[i])
            mean = gain[i - 1] / precision[i - 1]
        precision[i] = ahead + squares[i]
        gain[i] = ahead * mean + pulled[i]
    for i in range(n - 1, -1, -1):
        p, g = precision[i], gain[i]
        if i + 1 < n and not first[i + 1]:
            lean = 1.0 / (omega2 * passed[i + 1])
            p += lean
            g += lean * theta[i + 1]
        theta[i] = g / p + noise[i] / math.sqrt(p)


@compiled
def _walk_squares(theta, first, passed):  # type: ignore[no-untyped-def]
    """Sum of squared steps, each divided by the sessions that passed, and the sum of squared first positions."""
    steps = starts = 0.0
    for i in range(len(theta)):
        if first[i]:
            starts += theta[i] * theta[i]
        else:
            steps += (theta[i] - theta[i - 1]) ** 2 / passed[i]
    return steps, starts


@compiled
def _log_likelihoods(chosen, vote, position, starts, theta, beta, low, high):  # type: ignore[no-untyped-def]
    """Log likelihood of each chosen item, shape of ``chosen``."""
    out = np.zeros(len(chosen))
    for n in range(len(chosen)):
        j = chosen[n]
        product = 1.0
        for k in range(starts[j], starts[j + 1]):
            u = beta[j] * theta[position[k]]
            if vote[k] == YES:
                product *= cdf(low[j] - u)
            elif vote[k] == NO:
                product *= cdf(u - high[j])
            else:
                product *= max(cdf(high[j] - u) - cdf(low[j] - u), _TINY)
            if product < 1e-200:
                out[n] += math.log(max(product, 1e-300))
                product = 1.0
        out[n] += math.log(max(product, 1e-300))
    return out


class _Sessions:
    """Move 4: shifts and stretches of neighbouring sessions, with step sizes learned during the burn-in."""

    def __init__(self, votes: RollCalls, passed: Floats) -> None:
        self.votes, self.passed, self.first = votes, passed, votes.first
        self.session = votes.session.astype(float)
        self.ends = float(self.session.min()) - 1, float(self.session.max()) + 1
        when = self.session[votes.position]
        starts = votes.starts[:-1]
        self.middle = np.add.reduceat(when, starts) / np.diff(votes.starts)
        earliest, latest = np.minimum.reduceat(when, starts), np.maximum.reduceat(when, starts)
        self.changed = np.flatnonzero(latest > earliest)
        self.earliest, self.latest = earliest[self.changed], latest[self.changed]
        self.steps = np.full((2, len(_WIDTHS)), 0.05)
        self.unit_step = 0.02

    def move(
        self, random: np.random.Generator, theta: Floats, items: Items, omega2: float, learning: float
    ) -> tuple[Floats, Items]:
        """One sweep's moves; ``learning`` is the rate of the step sizes' adaptation, 0 after the burn-in."""
        known = self._likelihoods(self.changed, theta, items)
        prior = self._log_prior(theta, items, omega2)
        for number in range(_MOVES):
            kind, which = number % 2, int(random.choice(len(_WIDTHS), p=_WIDTH_SHARES))
            centre, width = random.uniform(*self.ends), _WIDTHS[which]
            profile = np.maximum(0.0, 1 - np.abs(self.session - centre) / width)
            of_items = np.maximum(0.0, 1 - np.abs(self.middle - centre) / width)
            amount = self.steps[kind, which] * random.standard_normal()
            volume = 0.0
            if kind == 0:
                shift = amount * of_items * items.beta
                moved = theta + amount * profile
                followed = Items(items.beta, items.low + shift, items.high + shift)
            else:
                moved = theta * np.exp(amount * profile)
                followed = Items(items.beta * np.exp(-amount * of_items), items.low, items.high)
                volume = amount * float(profile.sum() - of_items.sum())
            touched = np.flatnonzero((self.latest > centre - width) & (self.earliest < centre + width))
            then = self._likelihoods(self.changed[touched], moved, followed)
            after = self._log_prior(moved, followed, omega2)
            gain = float((then - known[touched]).sum()) + after - prior + volume
            chance = math.exp(min(gain, 0.0))
            if random.random() < chance:
                theta, items, prior = moved, followed, after
                known[touched] = then
            self.steps[kind, which] *= math.exp(learning * (chance - 0.35))
        return theta, items

    def stretch(
        self, random: np.random.Generator, theta: Floats, items: Items, omega2: float, learning: float
    ) -> tuple[Floats, Items, float]:
        """Positions, walk and discriminations change their unit together: no likelihood changes, only priors do."""
        amount = self.unit_step * random.standard_normal()
        _, starts = _walk_squares(theta, self.first, self.passed)
        squares, firsts = float((items.beta**2).sum()), float(self.first.sum())
        gain = -0.5 * starts * math.expm1(2 * amount) - 0.5 * squares * math.expm1(-2 * amount)
        gain += amount * (firsts - len(items.beta))  # the volume, less what the walk's density loses
        gain += -2 * amount - 0.01 / omega2 * math.expm1(-2 * amount)  # of 1 / omega^2 ~ Gamma(1, .01)
        chance = math.exp(min(gain, 0.0))
        if random.random() < chance:
            unit = math.exp(amount)
            theta, omega2 = theta * unit, omega2 * unit * unit
            items = Items(items.beta / unit, items.low, items.high)
        self.unit_step *= math.exp(learning * (chance - 0.35))
        return theta, items, omega2

    def _likelihoods(self, chosen: Integers, theta: Floats, items: Items) -> Floats:
        data = (self.votes.vote, self.votes.position, self.votes.starts)
        found: Floats = _log_likelihoods(chosen, *data, theta, items.beta, items.low, items.high)
        return found

    def _log_prior(self, theta: Floats, items: Items, omega2: float) -> float:
        steps, starts = _walk_squares(theta, self.first, self.passed)
        cuts = _CUT_PRECISION * ((items.low**2).sum() + (items.high**2).sum())
        return float(-0.5 * (steps / omega2 + starts + (items.beta**2).sum() + cuts))


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

        return _chain(votes, theta, items, seed + 7919 * number, sweeps, burn, thin, told)

    with ThreadPoolExecutor(chains) as pool:
        parts = list(pool.map(one, range(chains)))
    chain = np.repeat(np.arange(chains), len(parts[0][0]))
    return summarised(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        chains * (burn + sweeps),
        chain,
    )


def _chain(
    votes: RollCalls,
    theta: Floats,
    items: Items,
    seed: int,
    sweeps: int,
    burn: int,
    thin: int,
    told: Callable[[int], None],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    random = np.random.default_rng(seed)
    positions, count = len(theta), len(items.beta)
    first = votes.first
    passed = np.where(first, 1.0, np.diff(votes.session, prepend=0)).astype(float)
    abstained = votes.tallies[:, 1] > 0
    data = (votes.vote, votes.position, votes.starts)
    unit = max(float(np.sqrt((items.beta**2).mean())), 0.1)  # the prior of beta sets the sampler's own unit
    theta = unit * (theta + 0.1 * random.standard_normal(positions))
    beta, low, high = items.beta / unit, items.low.copy(), np.maximum(items.high, items.low + 0.05)
    omega2 = 0.03 * unit * unit
    sessions = _Sessions(votes, passed)
    accepted = np.zeros(count)
    pulled, squares = np.empty(positions), np.empty(positions)
    kept = sweeps // thin
    draws = np.empty((kept, positions), dtype=np.float32)
    item_draws = np.empty((kept, 3, count), dtype=np.float32)
    for sweep in range(burn + sweeps):
        _sweep_items(
            0, count, seed, sweep, *data, abstained, theta, beta, low, high, pulled, squares, accepted
        )
        _sample_paths(pulled, squares, first, passed, omega2, random.standard_normal(positions), theta)
        steps, _ = _walk_squares(theta, first, passed)
        omega2 = (0.01 + 0.5 * steps) / random.gamma(1 + 0.5 * float((~first).sum()))
        learning = 0.1 if sweep < burn else 0.0
        theta, moved = sessions.move(random, theta, Items(beta, low, high), omega2, learning)
        theta, moved, omega2 = sessions.stretch(random, theta, moved, omega2, learning)
        beta, low, high = moved.beta, moved.low, moved.high
        after = sweep - burn
        if after >= 0 and (after + 1) % thin == 0 and after // thin < kept:
            mean, sd = theta.mean(), theta.std()
            draws[after // thin] = (theta - mean) / sd
            item_draws[after // thin] = beta * sd, low - beta * mean, high - beta * mean
        if sweep % 10 == 0:
            told(sweep)
    return draws, item_draws
