"""The published sampler of dynamic ordinal ideal points, so that the standard series can be reproduced and extended.

This follows the program that Bailey, Strezhnev and Voeten distribute with their estimates (2017,
doi:10.1177/0022002715595700; the program of April 2020), step by step: positions given latent traits, clipped at 5
and standardised; cutpoints in [-7, 7] by a Metropolis step of .2/3; latent traits; discrimination with a Normal(0, 1)
prior. It is a *pseudo*-Gibbs sampler, and its draws are not draws from one joint posterior: a position's prior is
centred at the conditional mean, not the draw, of the session before and ignores the session after; the first session
leans on the second; standardising in each sweep changes the target; the Metropolis ratio leaves out one factor of
its truncated proposal. The results are good, and they are the field's; hence this method. For a posterior in the strict
sense use ``posterior``.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from equidistance.models.compiling import inlined, released
from equidistance.models.ideal_points_fast import Progress
from equidistance.models.normal import (
    Floats,
    below,
    between,
    cdf,
    quantile,
    stream,
    uniform,
)
from equidistance.models.roll_calls import CUT_LIMIT, SMOOTH, Fit, Items, RollCalls
from equidistance.models.vote_scores import NO, YES

METROPOLIS_STEP = 0.2 / 3
BLOCKS = 8
"""Items are worked off in so many blocks, each adding up for itself: the result does not depend on the threads."""
_CLIP_POSITION, _CLIP_TRAIT = 5.0, 9.0


@inlined
def _truncated_step(state, middle, low, high):  # type: ignore[no-untyped-def]
    """A draw around ``middle`` between ``low`` and ``high``."""
    start = cdf((low - middle) / METROPOLIS_STEP)
    end = cdf((high - middle) / METROPOLIS_STEP)
    state, u = uniform(state)
    p = min(max(start + u * (end - start), 1e-16), 1.0 - 1e-16)
    return state, middle + METROPOLIS_STEP * quantile(p)


@released
def _sweep_items(  # type: ignore[no-untyped-def]
    begin, end, seed, sweep, vote, position, starts, theta, beta, low, high, work, pulled, squares
):
    """Cutpoints, latent traits and discrimination of the items begin..end-1; adds what the positions need."""
    pulled[:] = 0.0
    squares[:] = 0.0
    for j in range(begin, end):
        start = starts[j]
        state = stream(seed, sweep, j)
        b, old1, old2 = beta[j], low[j], high[j]
        state, new1 = _truncated_step(state, old1, -CUT_LIMIT, old2)
        state, new2 = _truncated_step(state, old2, new1, CUT_LIMIT)
        ratio = (1.0 - cdf((new1 - old2) / METROPOLIS_STEP)) / (1.0 - cdf((old1 - new2) / METROPOLIS_STEP))
        for k in range(starts[j], starts[j + 1]):
            u = b * theta[position[k]]
            if vote[k] == YES:
                new, old = cdf(new1 - u), cdf(old1 - u)
            elif vote[k] == NO:
                new, old = cdf(u - new2), cdf(u - old2)
            else:
                new, old = cdf(new2 - u) - cdf(new1 - u), cdf(old2 - u) - cdf(old1 - u)
            work[0, k - start], work[1, k - start] = new, old
            if old > 0.0:
                ratio *= new / old
        state, accept = uniform(state)
        which = 1
        if accept < ratio:
            which = 0
            old1, old2 = new1, new2
            low[j], high[j] = new1, new2
        precision, gain = 1.0, 0.0
        for k in range(starts[j], starts[j + 1]):
            t = theta[position[k]]
            u = b * t
            if vote[k] == YES:
                state, p = uniform(state)
                z = u + quantile(p * work[which, k - start] + 1e-300)
            elif vote[k] == NO:
                state, p = uniform(state)
                z = u - quantile(p * work[which, k - start] + 1e-300)
            else:
                state, e = between(state, old1 - u, old2 - u)
                z = u + e
            z = min(max(z, -_CLIP_TRAIT), _CLIP_TRAIT)
            work[2, k - start] = z
            precision += t * t
            gain += t * z
        state, p = uniform(state)
        b = gain / precision + quantile(p) / math.sqrt(precision)
        beta[j] = b
        for k in range(starts[j], starts[j + 1]):
            i = position[k]
            pulled[i] += b * work[2, k - start]
            squares[i] += b * b


@released
def _first_traits(seed, vote, position, starts, beta, low, high, pulled, squares):  # type: ignore[no-untyped-def]
    """Latent traits of the start, drawn with every position at zero; what the first positions need of them."""
    for j in range(len(beta)):
        state = stream(seed, -1, j)
        for k in range(starts[j], starts[j + 1]):
            if vote[k] == YES:
                state, z = below(state, low[j])
            elif vote[k] == NO:
                state, z = below(state, -high[j])
                z = -z
            else:
                state, z = between(state, low[j], high[j])
            pulled[position[k]] += beta[j] * z
            squares[position[k]] += beta[j] * beta[j]


def sample(
    votes: RollCalls,
    theta: Floats,
    beta: Floats,
    *,
    seed: int,
    sweeps: int = 20_000,
    burn: int = 4_000,
    thin: int = 50,
    smooth: float = SMOOTH,
    threads: int = 2,
    progress: Progress | None = None,
) -> Fit:
    """One chain of the published sampler.

    Args:
        votes: the votes.
        theta: starting conditional means of the positions, shape (P,): the authors put a few states at 3 and -2.
        beta: starting discriminations, shape (J,): the authors take +-1 from the votes of two opposed states.
        seed: of the chain.
        sweeps: sweeps after the burn-in.
        burn: sweeps thrown away.
        thin: every so many sweeps one is kept.
        smooth: variance of a step between sessions with equally many votes.
        threads: threads to use; the result is the same for any number.
        progress: told of the sweeps.

    Returns:
        Means, standard deviations and draws; ``converged`` says that all sweeps were run, not that they mixed.
    """
    random = np.random.default_rng(seed)
    shares = votes.tallies / votes.tallies.sum(axis=1, keepdims=True)
    low, high = 2 * shares[:, 0] - 1, 2 * (shares[:, 0] + shares[:, 1]) - 1
    beta = beta.astype(np.float64)
    lean, previous = 1.0 / votes.step_variance(smooth), votes.previous
    positions, items, count = len(theta), len(beta), len(votes.vote)
    mean = theta.astype(np.float64)
    pulled, squares = np.zeros(positions), np.zeros(positions)
    data = (votes.vote, votes.position, votes.starts)
    _first_traits(seed, *data, beta, low, high, pulled, squares)
    work = np.empty(
        (BLOCKS, 3, int(np.diff(votes.starts).max()))
    )  # of one item at a time: it stays in the cache
    edges = np.searchsorted(votes.starts, np.linspace(0, count, BLOCKS + 1)[1:-1])
    edges = np.r_[0, edges, items]
    sums = np.zeros((BLOCKS, 2, positions))
    kept = max(sweeps // thin, 1)
    draws = np.empty((kept, positions), dtype=np.float32)
    item_draws = np.empty((kept, 3, items), dtype=np.float32)
    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for sweep in range(burn + sweeps):
            precision = squares + lean
            mean = (pulled + mean[previous] * lean) / precision
            drawn = mean + random.standard_normal(positions) / np.sqrt(precision)
            drawn = np.clip(drawn, -_CLIP_POSITION, _CLIP_POSITION)
            drawn = (drawn - drawn.mean()) / drawn.std(ddof=1)

            def block(number: int, now: int = sweep, at: Floats = drawn) -> None:
                _sweep_items(
                    edges[number], edges[number + 1], seed, now, *data, at, beta, low, high, work[number],
                    sums[number, 0], sums[number, 1],
                )  # fmt: skip

            list(pool.map(block, range(BLOCKS)))
            pulled, squares = sums.sum(axis=0)
            if sweep >= burn and (sweep - burn + 1) % thin == 0 and done < kept:
                draws[done] = drawn
                item_draws[done] = beta, low, high
                done += 1
            if progress and sweep % 20 == 0:
                progress("Sampling", sweep, burn + sweeps)
    return summarised(draws, item_draws, burn + sweeps, np.zeros(kept, dtype=np.int64))


def summarised(draws: "np.ndarray", item_draws: "np.ndarray", sweeps: int, chain: "np.ndarray") -> Fit:
    """A fit from draws: means and standard deviations, positions (D, P), items (D, 3, J), chain (D,)."""
    middle = item_draws.mean(axis=0, dtype=np.float64)
    spread = item_draws.std(axis=0, dtype=np.float64)
    return Fit(
        draws.mean(axis=0, dtype=np.float64),
        draws.std(axis=0, ddof=1, dtype=np.float64),
        Items(*middle),
        Items(*spread),
        draws,
        item_draws,
        sweeps,
        True,
        chain,
    )
