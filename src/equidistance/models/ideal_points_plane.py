"""Ideal points in two dimensions: the fast method with positions and discriminations as vectors.

The latent trait is z = beta . theta + Normal(0, 1), and the rest is as in ``ideal_points_fast``: alternating Newton
steps with the first-order effect of what is not known about the other block, the prior of the session before,
Anderson's mixing, and a scale imposed in every iteration, here mean 0 and covariance 1. That leaves a rotation and a
reflection free; :func:`turned` fixes both by two anchors (Rivers 2003 counts what must be fixed).

The votes of one session say nothing about its rotation either. Only repeated resolutions and the states' own past tie
it to the session before, so loosely that alternating steps turn one era against the other for hundreds of iterations.
The rotation of each session is therefore fixed by a rule: it is turned onto the one before so that the states that
voted in both are nearest to where they stood, weighted as their priors are (orthogonal Procrustes, Schoenemann 1966).
Without repeated resolutions this is what the prior alone leads to; with them the rule comes first.
"""

from dataclasses import dataclass, replace

import numpy as np

from equidistance.models.compiling import compiled
from equidistance.models.ideal_points_fast import LEAST_GAP, LEVEL_SHARE, PLAIN_STEPS, Progress, mixed
from equidistance.models.ideal_points_terms import between
from equidistance.models.normal import Floats, mills
from equidistance.models.roll_calls import CUT_LIMIT, SMOOTH, Integers, RollCalls, starting_items
from equidistance.models.vote_scores import NO, YES

_LONGEST_STEP, _FARTHEST, _BARRIER_ROOM = 0.7, 5.0, 0.3
_MEMORY = (
    20  # of Anderson's mixing; more than one dimension needs, for each session can shear as well as shift
)
_PATIENCE, _SMALL_STEP = (
    60,
    0.03,
)  # mixing starts after so many iterations or below this change; earlier it carries eras astray
_LEAST_JOINT = 5  # states that voted in the session before, to turn a session onto it


@dataclass(frozen=True)
class PlaneFit:
    """Positions and items in D dimensions.

    Attributes:
        mean: positions, shape (P, D); mean 0 and covariance 1 over all positions with their uncertainty.
        covariance: of each position given the items, shape (P, D, D).
        beta: discriminations, shape (J, D).
        beta_sd: their standard deviations given the positions, shape (J, D).
        low, high: cutpoints, shape (J,).
        sweeps: iterations used.
        converged: whether the positions came to rest; :func:`fit` says by which measure.
    """

    mean: Floats
    covariance: Floats
    beta: Floats
    beta_sd: Floats
    low: Floats
    high: Floats
    sweeps: int
    converged: bool


@compiled
def _cut_terms(vote, u, low, high):  # type: ignore[no-untyped-def]
    """Of one vote: d log / d(low, high), and the curvatures low-low, high-high, low-high; those in u follow by sums."""
    if vote == YES:
        e = low - u
        m = mills(e)
        return m, 0.0, m * (m + e), 0.0, 0.0
    if vote == NO:
        e = u - high
        m = mills(e)
        return 0.0, -m, 0.0, m * (m + e), 0.0
    e1, e2 = low - u, high - u
    _, _, m1, m2 = between(e1, e2)
    return -m1, m2, m1 * (m1 - e1), m2 * (m2 + e2), -m1 * m2


@compiled
def _update_items(  # type: ignore[no-untyped-def]
    vote, position, starts, tallies, theta, spread, beta, low, high, beta_covariance, centre, pull
):
    """One Newton step of every item's (beta, low, high) given the positions; arrays are changed in place."""
    size = beta.shape[1]
    whole = size + 2
    for j in range(len(beta)):
        g, h = np.zeros(whole), np.zeros((whole, whole))
        ridge, weighted = np.zeros((size, size)), np.zeros(size)
        weight = 0.0
        for k in range(starts[j], starts[j + 1]):
            i = position[k]
            u = 0.0
            for d in range(size):
                u += beta[j, d] * theta[i, d]
            g1, g2, w11, w22, w12 = _cut_terms(vote[k], u, low[j], high[j])
            w = w11 + w22 + 2 * w12
            for d in range(size):
                t = theta[i, d]
                g[d] -= (g1 + g2) * t
                h[d, size] -= (w11 + w12) * t
                h[d, size + 1] -= (w22 + w12) * t
                weighted[d] += w * t
                for c in range(size):
                    h[d, c] += w * t * theta[i, c]
                    ridge[d, c] += w * spread[i, d, c]
            g[size] += g1
            g[size + 1] += g2
            h[size, size] += w11
            h[size + 1, size + 1] += w22
            h[size, size + 1] += w12
            weight += w
        for d in range(size):
            ridge_here = 0.0
            for c in range(size):
                ridge_here += ridge[d, c] * beta[j, c]
                h[d, c] += ridge[d, c]
            g[d] -= ridge_here + beta[j, d]
            h[d, d] += 1.0
        for c in (size, size + 1):
            h[c, c] += 1e-6
        if tallies[j, 2] == 0:
            wall = 1.0 / (CUT_LIMIT + _BARRIER_ROOM - high[j])
            g[size + 1] -= wall
            h[size + 1, size + 1] += wall * wall
        if tallies[j, 0] == 0:
            wall = 1.0 / (low[j] + CUT_LIMIT + _BARRIER_ROOM)
            g[size] += wall
            h[size, size] += wall * wall
        free = whole
        if tallies[j, 1] == 0:  # one cutpoint
            free = size + 1
            g[size] += g[size + 1]
            h[size, size] += h[size + 1, size + 1]
            for d in range(size):
                h[d, size] += h[d, size + 1]
        for d in range(whole):
            for c in range(d):
                h[d, c] = h[c, d]
        inverse = np.linalg.inv(h[:free, :free].copy())
        step = inverse @ g[:free].copy()
        share = min(1.0, _LONGEST_STEP / max(np.abs(step).max(), 1e-12))
        last = step[free - 1]
        if free == whole:
            while share > 1e-6 and high[j] + share * last - low[j] - share * step[size] < LEAST_GAP:
                share *= 0.5
        for d in range(size):
            beta[j, d] += share * step[d]
            centre[j, d] = weighted[d] / weight if weight > 1e-12 else 0.0
            for c in range(size):
                beta_covariance[j, d, c] = inverse[d, c]
                pull[j, d, c] = ridge[d, c]
        low[j] = max(low[j] + share * step[size], -CUT_LIMIT)
        high[j] = min(high[j] + share * last, CUT_LIMIT)
        if free == whole:
            high[j] = max(high[j], low[j] + LEAST_GAP)


@compiled
def _score_positions(  # type: ignore[no-untyped-def]
    vote,
    position,
    starts,
    theta,
    beta,
    low,
    high,
    beta_covariance,
    centre,
    score,
    information,
    ridge,
    target,
    squares,
):
    """Score, curvature and ridge of every position given the items; the last five arrays are overwritten."""
    size = beta.shape[1]
    score[:] = 0.0
    information[:] = 0.0
    ridge[:] = 0.0
    target[:] = 0.0
    squares[:] = 0.0
    for j in range(len(beta)):
        for k in range(starts[j], starts[j + 1]):
            i = position[k]
            u = 0.0
            for d in range(size):
                u += beta[j, d] * theta[i, d]
            g1, g2, w11, w22, w12 = _cut_terms(vote[k], u, low[j], high[j])
            w = w11 + w22 + 2 * w12
            for d in range(size):
                score[i, d] -= beta[j, d] * (g1 + g2)
                for c in range(size):
                    unsure = beta_covariance[j, d, c]
                    information[i, d, c] += w * beta[j, d] * beta[j, c]
                    ridge[i, d, c] += w * unsure
                    target[i, d] += w * unsure * centre[j, c]
                    squares[i, d, c] += beta[j, d] * beta[j, c] + unsure


@compiled
def _solve_positions(theta, gain, precision, lean, first, previous, spread):  # type: ignore[no-untyped-def]
    """Positions voter by voter, each leaning on the one before (the first on the old one after), and their spread."""
    out = theta.copy()
    size = theta.shape[1]
    for i in range(len(theta)):
        before = theta[previous[i]] if first[i] else out[i - 1]
        inverse = np.linalg.inv(precision[i] + lean[i] * np.eye(size))
        spread[i] = inverse
        out[i] = inverse @ (gain[i] + lean[i] * before)
    return out


def fit(
    votes: RollCalls,
    theta: Floats,
    *,
    smooth: float = SMOOTH,
    tolerance: float = 2e-3,
    most: int = 400,
    progress: Progress | None = None,
) -> PlaneFit:
    """Positions and items at rest, from a start, in whatever rotation the start leads to.

    Args:
        votes: the votes.
        theta: starting positions, shape (P, D), whose columns differ.
        smooth: variance of a step between sessions with equally many votes.
        tolerance: root mean square, over all positions, of the last iteration's change in units of each position's own
            standard deviation. A state with one vote may wander where nothing holds it; it does not keep the rest.
        most: iterations after which it stops anyway.
        progress: told of each iteration.
    """
    positions, size = theta.shape
    items = starting_items(votes)
    count = len(items.beta)
    data = (votes.vote, votes.position, votes.starts)
    tallies, first, previous = votes.tallies, votes.first, votes.previous
    lean = 1.0 / votes.step_variance(smooth)
    session = np.unique(votes.session, return_inverse=True)[1]
    joints = _joints(votes, session)
    theta, beta = theta.astype(np.float64), np.zeros((count, size))
    low, high = items.low.copy(), items.high.copy()
    spread = np.zeros((positions, size, size))
    beta_covariance, pull = np.zeros((count, size, size)), np.zeros((count, size, size))
    centre = np.zeros((count, size))
    score, target = np.zeros((positions, size)), np.zeros((positions, size))
    information, ridge, squares = (np.zeros((positions, size, size)) for _ in range(3))
    gap = np.where(tallies[:, 1] > 0, LEAST_GAP, 0.0)
    points: list[Floats] = []
    changes: list[Floats] = []
    sweep, change = 0, np.inf
    for sweep in range(1, most + 1):
        start = np.concatenate([theta.ravel(), beta.ravel(), low, high])
        _update_items(*data, tallies, theta, spread, beta, low, high, beta_covariance, centre, pull)
        _score_positions(
            *data, theta, beta, low, high, beta_covariance, centre, score, information, ridge, target, squares
        )
        held = np.maximum(np.bincount(session, squares.trace(axis1=1, axis2=2)), 1e-12)
        drawn = np.einsum("pdc,pc->pd", squares, theta)
        level = np.stack([np.bincount(session, drawn[:, d]) for d in range(size)], axis=1)
        around = (LEVEL_SHARE * size * level / held[:, None])[session]
        # as in one dimension: what the scale equation, summed over the dimensions, leaves over
        left = float((beta**2).sum() + np.einsum("jd,jdc,jc->", beta, pull, beta))
        left -= float(((theta - theta[previous]) * theta * lean[:, None]).sum())
        left -= float((np.einsum("pd,pdc,pc->", theta, ridge, theta)) - (target * theta).sum())
        wide = float(np.einsum("pd,pdc,pc->", theta - around, squares, theta))
        kappa = min(max(left / wide, 0.0), 0.03) if wide > 0 else 0.0
        held_back = kappa * squares
        gain = np.einsum("pdc,pc->pd", information, theta) + score + target
        gain += np.einsum("pdc,pc->pd", held_back, around)
        moved = _solve_positions(theta, gain, information + ridge + held_back, lean, first, previous, spread)
        moved = _bounded(theta + _bounded(moved - theta, 1.0), _FARTHEST)
        mean = moved.mean(axis=0)
        values, axes = np.linalg.eigh(np.atleast_2d(np.cov(moved.T, bias=True)) + spread.mean(axis=0))
        root = axes * np.sqrt(values) @ axes.T  # symmetric: it stretches and does not turn
        inverse = axes / np.sqrt(values) @ axes.T
        moved = (moved - mean) @ inverse
        low -= beta @ mean
        high -= beta @ mean
        beta = beta @ root
        for stayed, everybody, raised in joints:
            turn = _turn(moved[stayed] * lean[stayed, None], moved[previous[stayed]])
            moved[everybody] = moved[everybody] @ turn
            beta[raised] = beta[raised] @ turn
        turn = _turn(moved, theta)  # a rotation of everything is no change, and would never end
        moved, beta = moved @ turn, beta @ turn
        unit = np.sqrt(spread.trace(axis1=1, axis2=2) / size)
        change = float(np.sqrt((((moved - theta) / unit[:, None]) ** 2).sum(axis=1).mean()))
        theta = moved
        if progress:
            progress("Fitting positions", sweep, 0)
        if change < tolerance:
            break
        after = np.concatenate([theta.ravel(), beta.ravel(), low, high])
        if sweep > _PATIENCE or points or (sweep > PLAIN_STEPS and change < _SMALL_STEP):
            points = [*points, after][-_MEMORY - 1 :]
            changes = [*changes, after - start][-_MEMORY - 1 :]
        if len(points) > 1:
            weight = np.repeat(1.0 / unit, size)
            parts = np.split(
                mixed(points, changes, weight, own=1e-10), np.cumsum([theta.size, beta.size, count])
            )
            theta = _bounded(parts[0].reshape(theta.shape), _FARTHEST)
            beta = parts[1].reshape(beta.shape)
            low = np.clip(parts[2], -CUT_LIMIT, CUT_LIMIT)
            high = np.maximum(np.minimum(parts[3], CUT_LIMIT), low + gap)
    beta_sd = np.sqrt(np.diagonal(beta_covariance, axis1=1, axis2=2))
    return PlaneFit(theta, spread, beta, beta_sd, low, high, sweep, change < tolerance)


def crossed(line: Floats, other: Floats) -> Floats:
    """Starting positions: a line, and across it what of other positions it leaves over; 0 if that is nothing.

    Args:
        line: positions in one dimension, shape (P,).
        other: rough positions along another direction, shape (P,).
    """
    rest = other - other.mean() - (other @ line - other.mean() * line.sum()) / (line @ line) * line
    spread = float(rest.std())
    return np.stack([line, rest / spread if spread >= 1e-6 else np.zeros(len(line))], axis=1)


def _joints(votes: RollCalls, session: Integers) -> list[tuple[Integers, Integers, Integers]]:
    """Of every session but the first: positions of those who voted before, all positions, items that it raised."""
    raised_in = np.minimum.reduceat(session[votes.position], votes.starts[:-1])
    found = []
    for number in range(1, int(session.max()) + 1):
        everybody = np.flatnonzero(session == number)
        stayed = everybody[~votes.first[everybody]]
        if len(stayed) >= _LEAST_JOINT:
            found.append((stayed, everybody, np.flatnonzero(raised_in == number)))
    return found


def _turn(moved: Floats, onto: Floats) -> Floats:
    """The rotation or reflection that brings ``moved`` nearest to ``onto`` (Procrustes), shape (D, D)."""
    left, _, right = np.linalg.svd(moved.T @ onto)
    turn: Floats = left @ right
    return turn


def _bounded(arrows: Floats, longest: float) -> Floats:
    """Arrows no longer than that, shape as given; the same in every direction, so that no rotation is preferred."""
    length = np.linalg.norm(arrows, axis=1, keepdims=True)
    bounded: Floats = arrows / np.maximum(length / longest, 1.0)
    return bounded


def turned(found: PlaneFit, first: Integers, second: Integers) -> PlaneFit:
    """The fit with rotation and reflection fixed by two anchors (in two dimensions).

    The first axis runs through the mean position of the first anchor, which is positive there and 0 on the second axis;
    on the second axis the mean of the second anchor is positive. Votes that are added move the axes only as far as they
    move the anchors.

    Args:
        found: a fit in two dimensions.
        first, second: positions of the anchors, not empty.
    """
    towards = found.mean[first].mean(axis=0)
    towards = towards / max(float(np.linalg.norm(towards)), 1e-12)
    axes = np.stack([towards, [-towards[1], towards[0]]], axis=1)
    if float(found.mean[second].mean(axis=0) @ axes[:, 1]) < 0:
        axes[:, 1] *= -1
    return replace(
        found,
        mean=found.mean @ axes,
        covariance=axes.T @ found.covariance @ axes,
        beta=found.beta @ axes,
        beta_sd=np.sqrt(found.beta_sd**2 @ axes**2),  # their errors as if independent between the axes
    )
