"""Votes as arrays for the ideal-point models, and what all of these models share.

A *position* is one voter in one session (a state-session). Positions are numbered voter by voter, session by session,
so that the one before a position is the voter's previous session with votes. An *item* is one roll call, or several
that were linked because they repeat each other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equidistance.models.compiling import compiled
from equidistance.models.normal import Floats
from equidistance.models.vote_scores import ABSTAIN, NO, YES

Integers = npt.NDArray[np.int64]
CUT_LIMIT = 7.0
"""Cutpoints lie in [-7, 7], as in the published sampler; beyond, the votes say nothing."""
SMOOTH = 0.5
"""Variance of the step between two sessions before it is weighted by their numbers of votes (the authors' value)."""


@dataclass(frozen=True)
class RollCalls:
    """Votes in the order the models use; made by :func:`arrange`.

    Attributes:
        position: position of each vote, shape (V,); votes are ordered by item, then by vote.
        vote: 0 yes, 1 abstain, 2 no, shape (V,).
        starts: votes of item j are ``starts[j]:starts[j + 1]``, shape (J + 1,).
        voter: voter of each position, shape (P,), non-decreasing.
        session: session of each position, shape (P,), increasing within a voter.
        item_names: the caller's number of each item, shape (J,), increasing.
        order: for each used vote its row among those handed in, shape (V,).
    """

    position: npt.NDArray[np.int32]
    vote: npt.NDArray[np.int8]
    starts: Integers
    voter: Integers
    session: Integers
    item_names: Integers
    order: Integers

    @property
    def item(self) -> Integers:
        """Item of each vote, shape (V,)."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @property
    def votes_of_position(self) -> Integers:
        """Number of votes of each position, shape (P,)."""
        return np.bincount(self.position, minlength=len(self.voter))

    @property
    def tallies(self) -> Integers:
        """Numbers of yes, abstain and no of each item, shape (J, 3)."""
        each = [np.add.reduceat(self.vote == one, self.starts[:-1], dtype=np.int64) for one in (YES, ABSTAIN, NO)]
        return np.stack(each, axis=1)

    @property
    def first(self) -> npt.NDArray[np.bool_]:
        """Whether a position is its voter's first, shape (P,)."""
        first: npt.NDArray[np.bool_] = np.r_[True, self.voter[1:] != self.voter[:-1]]
        return first

    @property
    def previous(self) -> Integers:
        """The position each one leans on: the voter's session before; for the first, the one after; shape (P,).

        A voter with a single session leans on itself.
        """
        numbers = np.arange(len(self.voter))
        first = self.first
        alone = first & np.r_[first[1:], True]
        return np.where(alone, numbers, np.where(first, numbers + 1, numbers - 1))

    def step_variance(self, smooth: float = SMOOTH) -> Floats:
        """Prior variance of each position around :attr:`previous`, shape (P,).

        The more votes a session has beside the one before, the wider: smooth * n / (n + n before), as in the authors'
        program for Bailey, Strezhnev and Voeten (2017).
        """
        votes = self.votes_of_position
        variance: Floats = smooth * votes / (votes + votes[self.previous])
        return variance


def arrange(voter: Integers, session: Integers, item: Integers, vote: Integers) -> RollCalls:
    """Order votes for the models and leave out items on which everybody voted alike: they say nothing.

    Args:
        voter: number of the voter of each vote, shape (V,).
        session: number of the session, shape (V,).
        item: number of the item; linked roll calls share one, shape (V,).
        vote: 0 yes, 1 abstain, 2 no, shape (V,).
    """
    names, item_of = _numbered(item)
    cell = item_of * np.int32(3) + vote.astype(np.int32)
    divided = (np.bincount(cell, minlength=len(names) * 3).reshape(-1, 3) > 0).sum(axis=1) > 1
    kept = None
    if not divided.all():
        kept = np.flatnonzero(divided[item_of])
        names, item_of = names[divided], (np.cumsum(divided, dtype=np.int32) - np.int32(1))[item_of[kept]]
        voter, session, cell = voter[kept], session[kept], item_of * np.int32(3) + vote[kept].astype(np.int32)
    span = int(session.max()) + 1 if len(session) else 1
    pairs, position = _numbered(voter.astype(np.int64) * span + session)
    order = _ordered(cell, 3 * len(names), _ordered(position, len(pairs), np.arange(len(position), dtype=np.int32)))
    ends = np.cumsum(np.bincount(item_of, minlength=len(names)))
    return RollCalls(
        position[order],
        (cell[order] % 3).astype(np.int8),
        np.r_[0, ends].astype(np.int64),
        pairs // span,
        pairs % span,
        names,
        order.astype(np.int64) if kept is None else kept[order],
    )


@compiled
def _ordered(place, places, rows):  # type: ignore[no-untyped-def]
    """The rows in order of their place (0 to places - 1), equal ones as they came: a counting sort."""
    free = np.zeros(places + 1, dtype=np.int64)
    for row in rows:
        free[place[row] + 1] += 1
    for one in range(places):
        free[one + 1] += free[one]
    out = np.empty_like(rows)
    for row in rows:
        out[free[place[row]]] = row
        free[place[row]] += 1
    return out


def _numbered(values: npt.NDArray[np.integer]) -> tuple[Integers, npt.NDArray[np.int32]]:
    """The different values in order, and the place of each among them; whole numbers without wide gaps need no sort."""
    top = int(values.max()) if len(values) else -1
    if len(values) and (int(values.min()) < 0 or top > 4 * len(values) + 1_000_000):
        names, place = np.unique(values, return_inverse=True)
        return names.astype(np.int64), place.astype(np.int32)
    there = np.zeros(top + 1, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there, dtype=np.int32) - np.int32(1))[values]


@dataclass(frozen=True)
class Items:
    """Item parameters: the latent z = beta * theta + Normal(0, 1) is yes below low, no above high, else abstention.

    Attributes:
        beta: discrimination, shape (J,); positive where a higher position makes a no more likely.
        low: cutpoint between yes and abstention, shape (J,).
        high: cutpoint between abstention and no, shape (J,); equals ``low`` where nobody abstained.
    """

    beta: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Fit:
    """What an ideal-point method gives.

    Attributes:
        mean: posterior mean of each position, shape (P,); mean 0 and sd 1 over all positions (of the draws, where
            there are draws).
        sd: posterior standard deviation, shape (P,).
        items: item parameters (posterior means).
        items_sd: their posterior standard deviations.
        draws: draws of the positions, shape (D, P), or None for a method without.
        item_draws: draws of beta, low and high, shape (D, 3, J), or None.
        sweeps: iterations or sweeps used.
        converged: whether the method's own criterion was met.
        chain: chain of each draw, shape (D,), or None.
    """

    mean: Floats
    sd: Floats
    items: Items
    items_sd: Items
    draws: npt.NDArray[np.float32] | None
    item_draws: npt.NDArray[np.float32] | None
    sweeps: int
    converged: bool
    chain: Integers | None = None


def oriented(fit: Fit, anchors: Integers) -> Fit:
    """The fit with the anchors' mean position on the positive side: one sign for everything, never flipped by data.

    Args:
        fit: a fit.
        anchors: positions that define the positive side (the United States' by convention), shape (A,).
    """
    if not len(anchors) or float(fit.mean[anchors].mean()) >= 0:
        return fit
    items = Items(-fit.items.beta, fit.items.low, fit.items.high)
    draws = None if fit.draws is None else -fit.draws
    item_draws = fit.item_draws
    if item_draws is not None:
        item_draws = item_draws * np.array([-1, 1, 1], dtype=np.float32)[:, None]
    return Fit(
        -fit.mean, fit.sd, items, fit.items_sd, draws, item_draws, fit.sweeps, fit.converged, fit.chain
    )


def starting_items(votes: RollCalls) -> Items:
    """Items to start from: cutpoints at the shares of yes and abstention, no discrimination."""
    from statistics import NormalDist

    shares = votes.tallies / votes.tallies.sum(axis=1, keepdims=True)
    normal = np.vectorize(NormalDist().inv_cdf)
    low = normal(np.clip(shares[:, 0], 0.002, 0.998))
    high = normal(np.clip(shares[:, 0] + shares[:, 1], 0.002, 0.998))
    return Items(np.zeros(len(low)), low, np.maximum(low, high))
