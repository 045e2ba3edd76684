"""Breaks: jumps that the posterior draws agree on.

A *jump* is a single month's change of alignment (or a single step of an indicator's own component) that is both
meaningful, :data:`MEANINGFUL` standard deviations or more, and far beyond the usual, :data:`UNUSUAL` scale units of its
Student-t distribution. A *break* is a window in which the draws agree that there was one. Yearly evidence dates a jump
to a year at best, so the window of a break of the state is twelve months; that of an indicator's own is the time
between two of its readings. Its probability is the share of draws with a jump in it: calibrated as far as the model is
right.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from equidistance.models.alignment import Observations, Parameters, observed_slots
from equidistance.models.kalman import Booleans, Floats, Layout
from equidistance.models.sampling import readings

MEANINGFUL = 0.5
"""Smallest size of a jump, in standard deviations of how close the world's states stand to the powers."""

UNUSUAL = 4.0
"""Smallest size of a jump, in scale units: a normal step is as large once in 16,000 months."""

WINDOW = 12
"""Months within which a break is one break."""

REPORTED = 0.5
"""Smallest probability that is reported."""


@dataclass(frozen=True)
class Break:
    """A jump in one channel of one dyad, or in one indicator's own component.

    Attributes:
        month: most probable month (position on the grid).
        earliest, latest: months between which it happened, 90 % interval.
        size: (draws with it,) its size, standard deviations of alignment.
        window: first and last month of the window that the probability is about.
        probability: posterior probability of a jump in the window.
        prior: the same before seeing any evidence.
    """

    month: int
    earliest: int
    latest: int
    size: Floats
    window: tuple[int, int]
    probability: float
    prior: float


def state_breaks(
    step: Floats, scale: float, degrees: float, available: Booleans, least: float = REPORTED
) -> list[Break]:
    """Breaks of one dyad in one channel, most probable first.

    Args:
        step: (T, draws) draws of the monthly innovations.
        scale: scale of their Student-t distribution.
        degrees: its degrees of freedom.
        available: (T,) months that count.
        least: smallest probability reported.
    """
    limit = max(MEANINGFUL, UNUSUAL * scale)
    jump = (np.abs(step) >= limit) & available[:, None]
    jump[0] = False
    chance = _beyond(limit / scale, degrees)
    prior = 1 - (1 - chance) ** WINDOW
    found = []
    while (window := _likeliest_window(jump)) is not None:
        inside = slice(window, window + WINDOW)
        has = jump[inside].any(axis=0)
        if has.mean() < least:
            break
        size = np.where(jump[inside], step[inside], 0.0)[:, has]
        month = window + np.abs(size).argmax(axis=0)
        earliest, latest = np.quantile(month, [0.05, 0.95], method="inverted_cdf")
        mode = int(np.bincount(month).argmax())
        whole = (window, window + WINDOW - 1)
        found.append(
            Break(mode, int(earliest), int(latest), size.sum(axis=0), whole, float(has.mean()), prior)
        )
        jump[inside] = False
    return found


def _likeliest_window(jump: Booleans) -> int | None:
    """First month of the window that most draws have a jump in; the middle one of equals, so that it stands around."""
    if not jump.any():
        return None
    ahead = np.concatenate([jump, np.zeros((WINDOW, jump.shape[1]), dtype=bool)])
    counts = np.cumsum(np.concatenate([np.zeros((1, jump.shape[1]), dtype=np.int64), ahead]), axis=0)
    share = (counts[WINDOW:] - counts[:-WINDOW] > 0)[: len(jump)].mean(axis=1)
    best = np.flatnonzero(share == share.max())
    return int(best[len(best) // 2])


def own_breaks(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    own: Floats,
    least: float = REPORTED,
) -> list[tuple[int, Break]]:
    """Breaks of one dyad's indicators in their own components: the indicator moved, the state did not.

    Args:
        layout: what each indicator sees.
        observations: of the one dyad.
        parameters: the shared parameters.
        own: (S, draws) draws of the own components' steps at the dyad's slots (:func:`observed_slots`).
        least: smallest probability reported.

    Returns:
        Pairs of indicator and break. The month is that of the reading after the jump, or its period's first month.
    """
    when = observed_slots(observations)
    read = readings(observations, when)
    found = []
    for k in np.unique(when[:, 1]):
        loading = parameters.loading[k]
        slots = np.flatnonzero(when[:, 1] == k)
        for before, after in pairwise(slots):
            months = int(read.months[after, 0])
            scale = float(np.sqrt(parameters.wander[k] * months)) / loading
            limit = max(MEANINGFUL, UNUSUAL * scale)
            size = own[after] / loading
            has = np.abs(size) >= limit
            if has.mean() < least:
                continue
            first, last = int(when[before, 0]) + 1, int(when[after, 0])
            month = last - int(layout.span[k]) + 1
            prior = _beyond(limit / scale, parameters.tails.own)
            whole = (min(first, month), last)
            found.append((int(k), Break(month, *whole, size[has], whole, float(has.mean()), prior)))
    return found


def _beyond(distance: float, degrees: float) -> float:
    """Probability that a Student-t variable lies further from 0 than that, on either side."""
    from scipy.special import ndtr, stdtr

    return 2 * float(stdtr(degrees, -distance) if np.isfinite(degrees) else ndtr(-distance))
