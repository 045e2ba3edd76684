"""Moves of the posterior sampler that take whole sessions along: in these directions all other moves are slow.

If the positions of a session shift, and the cutpoints of its items with them, no vote becomes less likely; the same if
they stretch and the discriminations shrink. Only items that return in another session, and the states' own walks, say
how high a session stands and how wide.
"""

import math

import numpy as np

from equidistance.models.compiling import released
from equidistance.models.ideal_points_terms import LOG_NOW, vote_terms
from equidistance.models.normal import Floats
from equidistance.models.roll_calls import Integers, Items, RollCalls

CUT_PRECISION = 0.01
"""Cutpoints ~ Normal(0, 10^2)."""


@released
def walk_squares(theta, first, passed):  # type: ignore[no-untyped-def]
    """Sum of squared steps, each divided by the sessions that passed, and the sum of squared first positions."""
    steps = starts = 0.0
    for i in range(len(theta)):
        if first[i]:
            starts += theta[i] * theta[i]
        else:
            steps += (theta[i] - theta[i - 1]) ** 2 / passed[i]
    return steps, starts


@released
def _bridges(  # type: ignore[no-untyped-def]
    stretch,
    bridging,
    vote,
    position,
    starts,
    place,
    cells,
    cell_place,
    share,
    theta,
    beta,
    low,
    high,
    score,
    bend,
):
    """Log likelihood of the bridging items; its gradient and curvature in the sessions' amounts, overwriting both.

    An item follows by the mean of its sessions' amounts, so that a vote of session s moves by the rest.
    """
    score[:] = 0.0
    bend[:] = 0.0
    pulled, weight = np.zeros(len(score)), np.zeros(len(score))
    ll = 0.0
    for j in bridging:
        b = beta[j]
        product = 1.0
        for k in range(starts[j], starts[j + 1]):
            i = position[k]
            u = b * theta[i]
            p, far, g, w = vote_terms(vote[k], u, low[j], high[j])
            product *= p
            ll += far
            if product < LOG_NOW:
                ll += math.log(max(product, 1e-300))
                product = 1.0
            factor = u if stretch else b
            pulled[place[i]] += g * factor
            weight[place[i]] += w * factor * factor
        ll += math.log(max(product, 1e-300))
        all_pulled = all_weight = 0.0
        for c in range(cells[j], cells[j + 1]):
            all_pulled += pulled[cell_place[c]]
            all_weight += weight[cell_place[c]]
        for c in range(cells[j], cells[j + 1]):
            s = cell_place[c]
            score[s] += pulled[s] - share[c] * all_pulled
            bend[s, s] += weight[s]
            for d in range(cells[j], cells[j + 1]):
                r = cell_place[d]
                bend[s, r] += share[c] * share[d] * all_weight - weight[s] * share[d] - weight[r] * share[c]
        for c in range(cells[j], cells[j + 1]):
            pulled[cell_place[c]] = 0.0
            weight[cell_place[c]] = 0.0
    return ll


class Sessions:
    """Shifts and stretches of all sessions at once, each by its own amount; and a change of the unit."""

    def __init__(self, votes: RollCalls, passed: Floats) -> None:
        self.votes, self.passed, self.first = votes, passed, votes.first
        sessions, self.place = np.unique(votes.session, return_inverse=True)
        self.count, items = len(sessions), len(votes.item_names)
        keys, size = np.unique(votes.item * self.count + self.place[votes.position], return_counts=True)
        self.cell_item, self.cell_place = np.divmod(keys, self.count)
        self.share = size / np.diff(votes.starts)[self.cell_item]
        self.cells = np.searchsorted(self.cell_item, np.arange(items + 1))
        self.bridging = np.flatnonzero(np.diff(self.cells) > 1)
        self.later = np.flatnonzero(~self.first)
        self.unit_step = 0.02
        self.volume = self._total(self.place, np.ones(len(self.place))) - self._total(
            self.cell_place, self.share
        )
        """Log volume of a stretch, for each session."""

    def move(
        self, random: np.random.Generator, theta: Floats, items: Items, omega2: float, stretch: bool
    ) -> tuple[Floats, Items]:
        """One Newton step of all sessions' amounts, with the curvature's spread, as a Metropolis-Hastings proposal."""
        value, score, root = self._expand(theta, items, omega2, stretch)
        noise = random.standard_normal(self.count)
        amount = np.linalg.solve(root.T, np.linalg.solve(root, score) + noise).astype(np.float64)
        moved, followed = self._moved(theta, items, amount, stretch)
        there, score_there, root_there = self._expand(moved, followed, omega2, stretch)
        back = -root_there.T @ amount - np.linalg.solve(root_there, score_there)
        gain = there - value + (float(self.volume @ amount) if stretch else 0.0)
        gain += float(np.log(np.diag(root_there)).sum() - np.log(np.diag(root)).sum())
        gain += 0.5 * float(noise @ noise - back @ back)
        return (moved, followed) if random.random() < math.exp(min(gain, 0.0)) else (theta, items)

    def change_unit(
        self, random: np.random.Generator, theta: Floats, items: Items, omega2: float, learning: float
    ) -> tuple[Floats, Items, float]:
        """Positions, walk and discriminations change their unit together: no likelihood changes, only priors do.

        ``learning`` is the rate at which the step's size adapts, 0 after the burn-in.
        """
        amount = self.unit_step * random.standard_normal()
        _, starts = walk_squares(theta, self.first, self.passed)
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

    def _moved(self, theta: Floats, items: Items, amount: Floats, stretch: bool) -> tuple[Floats, Items]:
        mean = np.bincount(self.cell_item, self.share * amount[self.cell_place], minlength=len(items.beta))
        if stretch:
            return theta * np.exp(amount[self.place]), Items(
                items.beta * np.exp(-mean), items.low, items.high
            )
        shift = items.beta * mean
        return theta + amount[self.place], Items(items.beta, items.low + shift, items.high + shift)

    def _expand(
        self, theta: Floats, items: Items, omega2: float, stretch: bool
    ) -> tuple[float, Floats, Floats]:
        """Log posterior, its gradient in the amounts at zero, and a Cholesky factor of (nearly) its curvature."""
        score, bend = np.empty(self.count), np.empty((self.count, self.count))
        data = (self.votes.vote, self.votes.position, self.votes.starts)
        cells = (self.place, self.cells, self.cell_place, self.share)
        value = _bridges(
            stretch, self.bridging, *data, *cells, theta, items.beta, items.low, items.high, score, bend
        )
        after, before, begun = self.place[self.later], self.place[self.later - 1], self.place[self.first]
        here, there, at_first = theta[self.later], theta[self.later - 1], theta[self.first]
        lean = 1.0 / (omega2 * self.passed[self.later])
        pull, mine = lean * (here - there), items.beta[self.cell_item]
        if stretch:
            pull_after, pull_before, pull_first = pull * here, pull * there, at_first**2
            bend_after, bend_before, bend_first = lean * here**2, lean * there**2, 2 * at_first**2
            across = lean * here * there
            pull_item, bend_item = -self.share * mine**2, 2 * (self.share * mine) ** 2
            score += self.volume
        else:
            pull_after, pull_before, pull_first = pull, pull, at_first
            bend_after, bend_before, bend_first = lean, lean, np.ones_like(at_first)
            across = lean
            middle = (items.low + items.high)[self.cell_item]
            pull_item = CUT_PRECISION * self.share * mine * middle
            bend_item = 2 * CUT_PRECISION * (self.share * mine) ** 2
        total = self._total
        score += total(before, pull_before) - total(after, pull_after) - total(begun, pull_first)
        score -= total(self.cell_place, pull_item)
        diagonal = total(after, bend_after) + total(before, bend_before) + total(begun, bend_first)
        diagonal += total(self.cell_place, bend_item) + 1e-6
        beside = np.bincount(after * self.count + before, across, minlength=self.count**2)
        beside = beside.reshape(self.count, self.count)
        bend += np.diag(diagonal) - beside - beside.T
        steps, starts = walk_squares(theta, self.first, self.passed)
        priors = steps / omega2 + starts + (items.beta**2).sum()
        priors += CUT_PRECISION * ((items.low**2).sum() + (items.high**2).sum())
        root = np.linalg.cholesky(bend).astype(np.float64)
        return float(value) - 0.5 * float(priors), score, root

    def _total(self, sessions: Integers, what: Floats) -> Floats:
        return np.bincount(sessions, what, minlength=self.count).astype(np.float64)
