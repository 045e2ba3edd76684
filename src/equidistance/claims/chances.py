"""Probabilities that verdicts on claims rest on: of posterior draws, and of independent normals by quadrature."""

from collections.abc import Iterable, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

EQUIVALENT = 0.25
"""Standard deviations within which two alignments, or words and deeds, count as the same."""

REACH = 6
"""Months before and after a date over which a break is measured."""


def leads(moments: dict[str, tuple[float, float]], leader: str) -> float:
    """Probability that one of several independent normals is the largest, by quadrature.

    Args:
        moments: name -> (mean, standard deviation).
        leader: the name.
    """
    own = moments[leader]
    others = sorted(value for name, value in moments.items() if name != leader)
    grid = _grid([own, *others])
    density = np.exp(-0.5 * ((grid - own[0]) / own[1]) ** 2) / (own[1] * np.sqrt(2 * np.pi))
    below = prod((ndtr((grid - mean) / sd) for mean, sd in others), start=np.ones_like(grid))
    return float(min(1.0, np.trapezoid(density * below, grid)))


def alike(moments: Sequence[tuple[float, float]], width: float) -> float:
    """Probability that the range of independent normals is below a width, by quadrature over the smallest of them."""
    ordered = sorted(moments)
    grid = _grid(ordered)
    total = 0.0
    for i, (mean, sd) in enumerate(ordered):
        density = np.exp(-0.5 * ((grid - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))
        inside = [
            ndtr((grid + width - m) / s) - ndtr((grid - m) / s) for j, (m, s) in enumerate(ordered) if j != i
        ]
        total += float(np.trapezoid(density * prod(inside, start=np.ones_like(grid)), grid))
    return min(1.0, total)


def _grid(moments: Sequence[tuple[float, float]]) -> Floats:
    low = min(mean - 8 * sd for mean, sd in moments)
    high = max(mean + 8 * sd for mean, sd in moments)
    return np.linspace(low, high, 8001)


def larger_than_others(draws: Floats, at: int, first: int, until: int, direction: int | None) -> float:
    """Share of (draw, other date) at which the change across the date is the larger.

    Args:
        draws: (D, T).
        at: position of the date.
        first, until: positions between which other dates lie.
        direction: +1 or -1 for a change that way, else the size of the change counts.
    """
    centres = np.arange(max(REACH, first), min(draws.shape[1] - REACH, until - REACH + 1))
    others = centres[np.abs(centres - at) > REACH]
    if not len(others):
        return 0.5
    here = draws[:, at + REACH] - draws[:, at - REACH]
    there = draws[:, others + REACH] - draws[:, others - REACH]
    if direction in (1, -1):
        return float((direction * here[:, None] > direction * there).mean())
    return float((np.abs(here)[:, None] > np.abs(there)).mean())


def directed(draws: Floats, direction: int | None) -> float:
    """Probability of a sign; for direction 0 that nothing changed, undecided where the draws are too wide to say."""
    positive = float((draws > 0).mean())
    if direction == 1:
        return positive
    if direction == -1:
        return 1 - positive
    same = float((np.abs(draws) < EQUIVALENT).mean())
    return max(same, 1 - max(positive, 1 - positive))


def differs(draws: Floats, looks: int) -> float:
    """Probability that something is not zero: outside the equivalent zone, and of a known sign."""
    outside = float((np.abs(draws) > EQUIVALENT).mean())
    positive = float((draws > 0).mean())
    sign = 1 - looks * (1 - max(positive, 1 - positive))
    return min(outside, max(0.5, sign)) if outside > 0.5 else outside


def all_hold(chances: Iterable[float]) -> float:
    """Probability that all of several independent things hold, in an order that names do not decide."""
    return prod(sorted(chances))
