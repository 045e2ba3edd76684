"""Orientation, equidistance, leader and margin: functions on posterior draws, never on point estimates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Orientation:
    """How a state distributes itself over the powers.

    Attributes:
        share: (draws, T, P) softmax of alignment over the available powers; rows sum to one; NaN where unavailable.
        equidistance: (draws, T) entropy of the shares divided by the log of the number of available powers, in
            [0, 1]; NaN where fewer than two powers are available.
        leads: (T, P) posterior probability that the power has the highest alignment.
        margin: (draws, T) highest minus second-highest alignment, standard deviations; NaN below two powers.
    """

    share: Floats
    equidistance: Floats
    leads: Floats
    margin: Floats


def orient(alignment: Floats, available: Booleans) -> Orientation:
    """Orientation from draws of alignment (MODEL.md section 3).

    Args:
        alignment: (draws, T, P), standard deviations.
        available: (T, P) whether both exist and the state is not a member of the power at that month.
    """
    masked = np.where(available, alignment, -np.inf)
    top = masked.max(axis=2, keepdims=True)
    weight = np.exp(masked - np.where(np.isfinite(top), top, 0.0))
    total = weight.sum(axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(available, weight / total, np.nan)
        terms = np.where(weight > 0, -(weight / total) * np.log(weight / total), 0.0)
        count = available.sum(axis=1)
        evenness = np.where(count > 1, terms.sum(axis=2) / np.log(count), np.nan)
    leader = masked.argmax(axis=2)
    leads = np.stack([(leader == p).mean(axis=0) for p in range(alignment.shape[2])], axis=1)
    if alignment.shape[2] > 1:
        second, first = np.moveaxis(np.partition(masked, -2, axis=2)[..., -2:], -1, 0)
        margin = np.where(np.isfinite(second), first - second, np.nan)
    else:
        margin = np.full(alignment.shape[:2], np.nan)
    return Orientation(share, evenness, np.where(available, leads, np.nan), margin)


def lead_lag(words: Floats, deeds: Floats, lags: int) -> Floats:
    """Correlation of changes in words with changes in deeds, some years later or earlier.

    Args:
        words: (draws, Y) one value per year.
        deeds: (draws, Y).
        lags: largest lag in years.

    Returns:
        (draws, 2 * lags + 1) correlations of the words' change in year y with the deeds' change in year y + lag, for
        lag = -lags..lags: high at a positive lag means that words lead.
    """
    word_change, deed_change = np.diff(words, axis=1), np.diff(deeds, axis=1)
    years = word_change.shape[1]
    out = np.full((len(words), 2 * lags + 1), np.nan)
    for i, lag in enumerate(range(-lags, lags + 1)):
        if years - abs(lag) < 3:
            continue
        early, late = (word_change, deed_change) if lag >= 0 else (deed_change, word_change)
        a, b = early[:, : years - abs(lag)], late[:, abs(lag) :]
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
        out[:, i] = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return out
