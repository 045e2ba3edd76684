"""Ideal points in seconds: position and variance of every state-session, without sampling.

The model is that of Bailey, Strezhnev and Voeten (2017, doi:10.1177/0022002715595700): ordinal probit with two
cutpoints an item, beta ~ Normal(0, 1), and a position that leans on the one of the session before. The method is a
fixed point of alternating Newton steps, with the first-order effects of what is not known:

- the log likelihood's expectation over the posterior of the other block lowers it by half the curvature times the
  variance of the linear predictor. For theta this is a ridge w var(beta) around the item's centre, for beta a ridge
  w var(theta). Without them a joint maximum runs away in sessions with few voters.
- the published sampler divides its positions by their standard deviation in every sweep. At rest this equals a ridge
  kappa * sum(beta^2) on theta, where kappa follows from the one condition that the standard deviation is 1. It is
  computed here in each iteration, not chosen; on the record to session 74 it comes to .0068.
- a cutpoint that no vote bounds (nobody voted no) is flat up to 7; the pressure of that wall is a barrier.

The slow directions left (the level of whole sessions) are taken by Anderson's mixing (Walker and Ni 2011).
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from equidistance.models.compiling import compiled
from equidistance.models.ideal_points_terms import item_terms, vote_terms
from equidistance.models.normal import Floats
from equidistance.models.roll_calls import (
    CUT_LIMIT,
    SMOOTH,
    Fit,
    Integers,
    Items,
    RollCalls,
    starting_items,
)

LEVEL_SHARE = 0.35
"""Share of the ridge that acts around the session's own centre, not around zero. The votes hardly say at which level
the first sessions stand; a ridge around zero alone pulls them to it faster than the published chain ever came. Chosen
on the main published series; docs/ideal-points.md shows the issue series, which were not used."""
_BARRIER_ROOM = 0.3  # the wall stands this far behind CUT_LIMIT, so that the barrier is finite on it
_LONGEST_STEP = 0.7  # of an item's Newton step; far from the optimum the quadratic is wrong
LEAST_GAP = 1e-3
"""Least distance of the cutpoints of an item on which somebody abstained."""
MEMORY, PLAIN_STEPS = 8, 8  # Anderson mixing: columns, and plain iterations before it starts
_FARTHEST = 5.0  # positions are bounded as in the published sampler

Progress = Callable[[str, int, int], None]


@compiled
def _update_items(  # type: ignore[no-untyped-def]
    vote,
    position,
    starts,
    tallies,
    theta,
    theta_variance,
    beta,
    low,
    high,
    beta_variance,
    centre,
    pull,
    errors,
):
    """One Newton step of every item's (beta, low, high) given the positions; arrays are changed in place."""
    terms = np.empty(11)
    for j in range(len(beta)):
        b, c1, c2 = beta[j], low[j], high[j]
        yes, abstain, no = tallies[j]
        item_terms(starts[j], starts[j + 1], vote, position, theta, theta_variance, b, c1, c2, terms)
        gb, g1, g2 = terms[1], terms[2], terms[3]
        hbb, h11, h22, hb1, hb2, h12, ridge = terms[4:]
        weight, weighted = h11 + h22 + 2 * h12, -(hb1 + hb2)
        gb -= (1.0 + ridge) * b
        hbb += 1.0 + ridge
        h11 += 1e-6
        h22 += 1e-6
        if no == 0:
            wall = 1.0 / (CUT_LIMIT + _BARRIER_ROOM - c2)
            g2 -= wall
            h22 += wall * wall
        if yes == 0:
            wall = 1.0 / (c1 + CUT_LIMIT + _BARRIER_ROOM)
            g1 += wall
            h11 += wall * wall
        if abstain == 0:  # one cutpoint
            g1 += g2
            h11 += h22
            hb1 += hb2
            determinant = hbb * h11 - hb1 * hb1
            db = (h11 * gb - hb1 * g1) / determinant
            d1 = d2 = (hbb * g1 - hb1 * gb) / determinant
            beta_variance[j] = h11 / determinant
            errors[0, j] = errors[1, j] = np.sqrt(hbb / determinant)
        else:
            inner = h11 * h22 - h12 * h12
            determinant = hbb * inner - hb1 * (hb1 * h22 - h12 * hb2) + hb2 * (hb1 * h12 - h11 * hb2)
            db = (gb * inner - hb1 * (g1 * h22 - h12 * g2) + hb2 * (g1 * h12 - h11 * g2)) / determinant
            r1, r2 = g1 - hb1 * db, g2 - hb2 * db
            d1 = (r1 * h22 - h12 * r2) / inner
            d2 = (h11 * r2 - h12 * r1) / inner
            beta_variance[j] = inner / determinant
            errors[0, j] = np.sqrt(max(hbb * h22 - hb2 * hb2, 0.0) / determinant)
            errors[1, j] = np.sqrt(max(hbb * h11 - hb1 * hb1, 0.0) / determinant)
        longest = max(abs(db), max(abs(d1), abs(d2)))
        share = 1.0 if longest <= _LONGEST_STEP else _LONGEST_STEP / longest
        if abstain:
            while share > 1e-6 and c2 + share * d2 - c1 - share * d1 < LEAST_GAP:
                share *= 0.5
        beta[j] = b + share * db
        low[j] = max(c1 + share * d1, -CUT_LIMIT)
        high[j] = min(c2 + share * d2, CUT_LIMIT)
        if abstain:
            high[j] = max(high[j], low[j] + LEAST_GAP)
        centre[j] = weighted / weight if weight > 1e-12 else 0.0
        pull[j] = ridge


@compiled
def _score_positions(  # type: ignore[no-untyped-def]
    vote,
    position,
    starts,
    theta,
    beta,
    low,
    high,
    beta_variance,
    centre,
    score,
    information,
    ridge,
    target,
    squares,
):
    """Score, curvature and ridge of every position given the items; the last five arrays are overwritten."""
    for array in (score, information, ridge, target, squares):
        array[:] = 0.0
    for j in range(len(beta)):
        b, c1, c2 = beta[j], low[j], high[j]
        spread = beta_variance[j]
        for k in range(starts[j], starts[j + 1]):
            i = position[k]
            _, _, slope, w = vote_terms(vote[k], b * theta[i], c1, c2)
            score[i] += b * slope
            information[i] += b * b * w
            ridge[i] += w * spread
            target[i] += w * spread * centre[j]
            squares[i] += b * b + spread


@compiled
def _solve_positions(theta, gain, precision, lean, first, previous):  # type: ignore[no-untyped-def]
    """Positions voter by voter, each leaning on the one before (the first on the old one after)."""
    out = theta.copy()
    for i in range(len(theta)):
        before = theta[previous[i]] if first[i] else out[i - 1]
        out[i] = (gain[i] + lean[i] * before) / (precision[i] + lean[i])
    return out


class _State:
    """The unknowns and the work space of one fit."""

    def __init__(self, votes: RollCalls, theta: Floats, items: Items, smooth: float) -> None:
        positions, count = len(theta), len(items.beta)
        self.votes = votes
        self.lean = 1.0 / votes.step_variance(smooth)
        self.first, self.previous = votes.first, votes.previous
        sessions = np.unique(votes.session, return_inverse=True)[1]
        self.session: Integers = sessions
        self.theta, self.variance = theta.copy(), np.zeros(positions)
        self.beta, self.low, self.high = items.beta.copy(), items.low.copy(), items.high.copy()
        self.beta_variance, self.centre, self.pull = np.zeros(count), np.zeros(count), np.zeros(count)
        self.errors = np.zeros((2, count))
        self.tallies = votes.tallies
        self.gap = np.where(self.tallies[:, 1] > 0, LEAST_GAP, 0.0)
        self.score, self.information = np.zeros(positions), np.zeros(positions)
        self.ridge, self.target, self.squares = np.zeros(positions), np.zeros(positions), np.zeros(positions)

    def unknowns(self) -> Floats:
        return np.concatenate([self.theta, self.beta, self.low, self.high])

    def set_unknowns(self, values: Floats) -> None:
        p, j = len(self.theta), len(self.beta)
        self.theta, self.beta = values[:p].copy(), values[p : p + j].copy()
        self.low = np.clip(values[p + j : p + 2 * j], -CUT_LIMIT, CUT_LIMIT)
        self.high = np.maximum(np.minimum(values[p + 2 * j :], CUT_LIMIT), self.low + self.gap)

    def iterate(self) -> None:
        """One round: items given positions, positions given items, scale."""
        votes = (self.votes.vote, self.votes.position, self.votes.starts)
        items = (self.beta, self.low, self.high, self.beta_variance, self.centre)
        _update_items(*votes, self.tallies, self.theta, self.variance, *items, self.pull, self.errors)
        _score_positions(
            *votes, self.theta, *items, self.score, self.information, self.ridge, self.target, self.squares
        )
        theta, squares = self.theta, self.squares
        held = np.bincount(self.session, squares)
        level = LEVEL_SHARE * np.bincount(self.session, squares * theta) / np.maximum(held, 1e-12)
        centre = level[self.session]
        # kappa: what the scale equation sum(theta * score) = sum(beta * score of beta) leaves over
        leaning = float(((theta - theta[self.previous]) * theta * self.lean).sum())
        left = float((self.beta**2 * (1 + self.pull)).sum()) - leaning
        left -= float((self.ridge * theta**2 - self.target * theta).sum())
        spread = float((squares * (theta - centre) * theta).sum())
        kappa = min(max(left / spread, 0.0), 0.03) if spread > 0 else 0.0
        ridge = kappa * squares
        precision = self.information + self.ridge + ridge
        gain = self.information * theta + self.score + self.target + ridge * centre
        moved = _solve_positions(theta, gain, precision, self.lean, self.first, self.previous)
        self.variance = 1.0 / (precision + self.lean)
        moved = np.clip(theta + np.clip(moved - theta, -1, 1), -_FARTHEST, _FARTHEST)
        mean = float(moved.mean())
        sd = float(np.sqrt(moved.var() + self.variance.mean()))
        self.theta = (moved - mean) / sd  # and the items with it, so that beta * theta - cutpoint stays
        self.low -= self.beta * mean
        self.high -= self.beta * mean
        self.beta *= sd


def fit(
    votes: RollCalls,
    theta: Floats,
    items: Items,
    *,
    smooth: float = SMOOTH,
    tolerance: float = 1e-4,
    most: int = 500,
    progress: Progress | None = None,
) -> Fit:
    """Positions and items at rest, from a start.

    Args:
        votes: the votes.
        theta: starting positions, shape (P,); they set the sign.
        items: starting items, J of them.
        smooth: variance of a step between sessions with equally many votes.
        tolerance: largest change of a position in the last iteration, in standard deviations.
        most: iterations after which it stops anyway.
        progress: told of each iteration.

    Returns:
        Means and standard deviations; no draws. The standard deviations are those of a position given the items:
        narrower than the posterior's (docs/ideal-points.md says by how much).
    """
    state = _State(votes, theta, items, smooth)
    points: list[Floats] = []
    changes: list[Floats] = []
    sweep, change = 0, np.inf
    for sweep in range(1, most + 1):
        before = state.unknowns()
        state.iterate()
        after = state.unknowns()
        change = float(np.abs(after - before)[: len(theta)].max())
        if progress:
            progress("Fitting positions", sweep, 0)
        if change < tolerance:
            break
        if sweep > PLAIN_STEPS:
            points = [*points, after][-MEMORY - 1 :]
            changes = [*changes, after - before][-MEMORY - 1 :]
            if len(points) > 1:
                state.set_unknowns(mixed(points, changes, np.ones(len(theta))))
    return Fit(
        state.theta,
        np.sqrt(state.variance),
        Items(state.beta, state.low, state.high),
        Items(np.sqrt(state.beta_variance), state.errors[0], state.errors[1]),
        None,
        None,
        sweep,
        change < tolerance,
    )


def fit_items(votes: RollCalls, theta: Floats, rounds: int = 30) -> Items:
    """Posterior modes of the items, the positions being known.

    Args:
        votes: the votes.
        theta: positions, shape (P,), finite.
        rounds: Newton steps.
    """
    state = _State(votes, theta, starting_items(votes), SMOOTH)
    data = (votes.vote, votes.position, votes.starts)
    items = (state.beta, state.low, state.high, state.beta_variance, state.centre)
    for _ in range(rounds):
        _update_items(*data, state.tallies, state.theta, state.variance, *items, state.pull, state.errors)
    return Items(state.beta, state.low, state.high)


def mixed(points: list[Floats], changes: list[Floats], weight: Floats, own: float = 0.0) -> Floats:
    """Anderson's combination of the last iterates, whose positions' change is least.

    Args:
        points: unknowns after each of the last iterations, the positions first.
        changes: by how much each iteration changed them.
        weight: how much a change of each number of the positions counts, shape (numbers,).
        own: ridge of the equations as a share of each one's own square; of the sum of all squares when 0, which holds
            the late small steps back once the early ones were large.
    """
    positions = len(weight)
    steps = np.stack([after - before for before, after in pairwise(points)])
    bends = np.stack([after - before for before, after in pairwise(changes)])
    seen = bends[:, :positions] * weight
    gram = seen @ seen.T
    squares = np.diagonal(gram).copy()
    gram[np.diag_indices(len(gram))] += (own * squares if own else 1e-8 * squares.sum()) + 1e-300
    weights = np.clip(np.linalg.solve(gram, seen @ (changes[-1][:positions] * weight)), -30, 30)
    mixed: Floats = points[-1] - weights @ steps
    return mixed
