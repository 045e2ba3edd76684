"""Which past path of another unit most resembles a unit's last years, and how unusual that is among all pairs.

The distance between two windows of n years is the root mean squared difference over years, partners and channels. Its
square splits exactly into level (squared difference of the windows' means) and shape (mean squared difference of the
deviations from these means):

    d^2 = mean_tpc (a_tpc - b_tpc)^2 = mean_pc (a_.pc - b_.pc)^2 + mean_tpc ((a_tpc - a_.pc) - (b_tpc - b_.pc))^2

The best of many windows is near by chance alone; so a best distance is compared with the best distances of all other
pairs, which had as many windows to choose from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_SHARED = 0.5
"""Two windows are compared over the partners that both have in full, at least this share of all."""


@dataclass(frozen=True)
class Windows:
    """Every window of n years of every unit, laid out for comparison.

    Attributes:
        unit: (W,) unit of each window.
        end: (W,) position of its last year.
        values: (W, n, P, C), 0 where a partner is not there in all n years.
        there: (W, P) whether it is.
    """

    unit: Integers
    end: Integers
    values: Floats
    there: NDArray[np.bool_]


@dataclass(frozen=True)
class Distances:
    """Distances between windows; NaN where too few partners are shared.

    Attributes:
        total: (A, B) root mean squared difference, in the units of the paths.
        level: (A, B) the part of it that is a difference of means.
        shape: (A, B) the rest: total^2 = level^2 + shape^2.
    """

    total: Floats
    level: Floats
    shape: Floats


def windows(paths: Floats, length: int) -> Windows:
    """Every window of ``length`` years in which at least half of the partners are there.

    Args:
        paths: (S, Y, P, C), NaN where a partner is not there.
        length: years of a window.
    """
    years, partners, channels = paths.shape[1:]
    if years < length:
        empty = np.zeros((0, length, partners, channels))
        return Windows(np.zeros(0, np.int64), np.zeros(0, np.int64), empty, np.zeros((0, partners), np.bool_))
    view = np.lib.stride_tricks.sliding_window_view(paths, length, axis=1)  # (S, Y - n + 1, P, C, n)
    there: NDArray[np.bool_] = np.asarray(np.isfinite(view).all(axis=(3, 4)))
    unit, start = np.nonzero(there.mean(axis=2) >= LEAST_SHARED)
    chosen = np.moveaxis(view[unit, start], -1, 1)
    known = there[unit, start]
    return Windows(unit, start + length - 1, np.where(known[:, None, :, None], chosen, 0.0), known)


def distances(one: Windows, other: Windows) -> Distances:
    """Distance of each window of ``one`` from each of ``other``, over the partners that both have.

    Args:
        one: A windows.
        other: B windows of the same length, partners and channels.
    """
    channels = one.values.shape[3]
    a, b = one.there.astype(float), other.there.astype(float)
    shared = a @ b.T
    enough = shared >= max(LEAST_SHARED * one.there.shape[1], 1.0)
    total = _squares(one.values, other.values, a, b, one.values.shape[1] * channels)
    level = _squares(
        one.values.mean(axis=1, keepdims=True), other.values.mean(axis=1, keepdims=True), a, b, channels
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        total, level = (np.where(enough, square / shared, np.nan) for square in (total, level))
    shape = np.maximum(total - level, 0.0)
    return Distances(np.sqrt(total), np.sqrt(level), np.sqrt(shape))


def _squares(one: Floats, other: Floats, a: Floats, b: Floats, cells: int) -> Floats:
    """(A, B) sum over shared partners of the mean squared difference in a partner's ``cells`` values."""
    # |x - y|^2 = |x|^2 + |y|^2 - 2 x.y, each over the partners that both have: three products instead of a loop
    own_one, own_other = (square.sum(axis=(1, 3)) for square in (one**2, other**2))  # (A, P), (B, P)
    cross = one.reshape(len(one), -1) @ other.reshape(len(other), -1).T
    squares: Floats = np.maximum(own_one @ b.T + a @ own_other.T - 2.0 * cross, 0.0) / cells
    return squares


def best(found: Floats, other: Windows, units: int) -> Integers:
    """(A, S) position in ``other`` of the nearest window of each unit; -1 where there is none.

    Args:
        found: (A, B) distances.
        other: the B windows.
        units: number of units S.
    """
    nearest = np.full((len(found), units), -1, dtype=np.int64)
    filled = np.where(np.isfinite(found), found, np.inf)
    for unit in range(units):
        own = np.flatnonzero(other.unit == unit)
        if len(own):
            place = filled[:, own].argmin(axis=1)
            known = np.isfinite(filled[np.arange(len(found)), own[place]])
            nearest[:, unit] = np.where(known, own[place], -1)
    return nearest


def percentile(value: float, values: Floats) -> float:
    """Share of the finite ``values`` that are at most ``value``, in [0, 1]; NaN where either is missing."""
    finite = values[np.isfinite(values)]
    return float((finite <= value).mean()) if len(finite) and np.isfinite(value) else float("nan")
