"""Scores of probabilistic statements: how often intervals cover, and how good a predictive density is."""

import numpy as np

from equidistance.models.kalman import Floats

NORMAL_QUANTILES = {
    "q05": -1.6448536269514722,
    "q25": -0.6744897501960817,
    "q50": 0.0,
    "q75": 0.6744897501960817,
    "q95": 1.6448536269514722,
}
"""Standard normal quantiles of the reported intervals: q05 to q95 is 90 %, q25 to q75 is 50 %."""


def coverage(truth: Floats, mean: Floats, sd: Floats, z: float) -> float:
    """Share of ``truth`` inside ``mean +- z * sd`` (arrays of one shape)."""
    return float((np.abs(truth - mean) <= z * sd).mean())


def normal_log_score(truth: Floats, mean: Floats, sd: Floats) -> Floats:
    """Log predictive density of ``truth`` under N(mean, sd^2), elementwise (higher is better)."""
    score: Floats = -0.5 * (np.log(2 * np.pi) + 2 * np.log(sd) + ((truth - mean) / sd) ** 2)
    return score
