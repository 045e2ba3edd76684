"""The columns every estimate has: mean, standard deviation and the quantiles of its 50 % and 90 % intervals."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equidistance.models.scores import NORMAL_QUANTILES

Floats = NDArray[np.float64]

ESTIMATE_COLUMNS = {
    "mean": "posterior mean",
    "sd": "posterior standard deviation",
    "q05": "lower end of the 90 % interval",
    "q25": "lower end of the 50 % interval",
    "q50": "posterior median",
    "q75": "upper end of the 50 % interval",
    "q95": "upper end of the 90 % interval",
}


def from_normal(mean: Floats, sd: Floats) -> dict[str, Any]:
    """Estimate columns of normal posteriors (arrays of one shape, flattened)."""
    columns = {"mean": mean.ravel(), "sd": sd.ravel()}
    columns |= {name: (mean + z * sd).ravel() for name, z in NORMAL_QUANTILES.items()}
    return columns


def from_draws(draws: Floats) -> dict[str, Any]:
    """Estimate columns from posterior draws, (draws, ...), flattened over the remaining axes."""
    levels = [0.05, 0.25, 0.50, 0.75, 0.95]
    quantiles = np.quantile(draws, levels, axis=0)
    columns = {"mean": draws.mean(axis=0).ravel(), "sd": draws.std(axis=0).ravel()}
    columns |= {f"q{round(100 * level):02d}": quantiles[i].ravel() for i, level in enumerate(levels)}
    return columns
