"""How alike two voters vote: scores of a table of counts, and an interval for a share.

A table of counts has shape (..., 3, 3): the first voter's yes, abstain, no by the second's. Where a score is not
defined (no votes; for the cosine, a voter that only abstains) it is NaN.
"""

import numpy as np
from numpy.typing import NDArray

from equidistance.models.kalman import Floats

Counts = NDArray[np.int64]

YES, ABSTAIN, NO = 0, 1, 2


def counts(
    first: NDArray[np.integer], second: NDArray[np.integer], group: NDArray[np.integer], groups: int
) -> Counts:
    """Tables of counts, shape (groups, 3, 3), from votes (0 yes, 1 abstain, 2 no) and the group of each, shape (n,)."""
    cell = (group.astype(np.int64) * 3 + first) * 3 + second
    table: Counts = np.bincount(cell, minlength=9 * groups).reshape(groups, 3, 3)
    return table


def same(table: Counts) -> Counts:
    """Identical votes, shape (...)."""
    diagonal: Counts = np.einsum("...ii->...", table)
    return diagonal


def opposite(table: Counts) -> Counts:
    """Yes against no, shape (...)."""
    return np.asarray(table[..., YES, NO] + table[..., NO, YES])


def agreement(table: Counts) -> Floats:
    """Mean of 1 for the same vote, 1/2 where one of the two abstains, 0 for yes against no, shape (...).

    Lijphart's (1963) index of agreement, as in the agreement scores of Voeten, Strezhnev and Bailey
    (doi:10.7910/DVN/LEJUQZ): "abstention is counted as half-disagreement with a yes or no vote".
    """
    total = table.sum(axis=(-2, -1))
    return _share(same(table) + (total - same(table) - opposite(table)) / 2, total)


def coincidence(table: Counts) -> Floats:
    """Share of identical votes among all that both cast, abstentions included, shape (...)."""
    return _share(same(table), table.sum(axis=(-2, -1)))


def cosine(table: Counts) -> Floats:
    """Cosine of the angle between the two vectors of votes with yes 1, abstain 0, no -1, shape (...)."""
    product = table[..., YES, YES] + table[..., NO, NO] - opposite(table)
    lengths = (table[..., [YES, NO], :].sum(axis=(-2, -1)), table[..., :, [YES, NO]].sum(axis=(-2, -1)))
    return _share(product, np.sqrt(lengths[0].astype(np.float64) * lengths[1]))


def wilson(successes: NDArray[np.integer], trials: NDArray[np.integer], z: float) -> tuple[Floats, Floats]:
    """Wilson's (1927) score interval of a binomial share, lower and upper end, each of the inputs' shape.

    The ends solve ``|p - successes / trials| = z * sqrt(p (1 - p) / trials)``; NaN without trials.
    """
    share = _share(successes, trials)
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = z * z / np.asarray(trials, dtype=np.float64)
        middle = (share + squared / 2) / (1 + squared)
        half = np.sqrt(share * (1 - share) * squared + squared**2 / 4) / (1 + squared)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _share(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = np.true_divide(part, whole)
    return np.where(np.asarray(whole) == 0, np.nan, result)
