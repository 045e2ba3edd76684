"""Gravity: what size, distance and the like predict for a flow between two places, by Poisson regression.

Structural gravity (Anderson and van Wincoop 2003): the flow from i to j in period t is

    X_ijt = exp(a_it + c_jt + z_ij b) + error

with an effect of every origin and of every destination in every period, which hold sizes and everything else that is
the same towards all partners ("multilateral resistance"), and covariates z of the pair. Estimated by Poisson pseudo
maximum likelihood (Santos Silva and Tenreyro 2006, doi:10.1162/rest.88.4.641): zeros stay in, and only the mean has to
be right. There is no effect of the pair itself: it would hold everything that lasts between the two, chosen or not.

Given b, the first-order conditions say that the fitted flows of every origin and of every destination add up to the
observed ones (Fally 2015, doi:10.1016/j.jinteco.2015.05.005). So the effects are those of a table fitted to its
margins, and an origin's fitted flows split its total among its partners in proportion to exp(c_jt + z_ij b).
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equidistance.errors import EquidistanceError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TOLERANCE = 1e-11
"""Largest relative change of a destination's factor at which the margins count as fitted."""


@dataclass(frozen=True)
class Gravity:
    """A fitted gravity regression.

    Attributes:
        coefficients: (K,) of the covariates.
        se: (K,) standard errors, clustered by pair.
        origin: (O,) effects a of the origins (one for each origin and period), NaN for one without any flow.
        destination: (D,) effects c of the destinations.
        fitted: (n,) fitted flows, NaN where an effect is NaN.
        explained: share of the deviance that the covariates explain beyond the effects.
    """

    coefficients: Floats
    se: Floats
    origin: Floats
    destination: Floats
    fitted: Floats
    explained: float


def require() -> None:
    """Make sure that a regression can be fitted, before anything long begins.

    Raises:
        EquidistanceError: pyfixest is not installed.
    """
    if find_spec("pandas") is None or find_spec("pyfixest") is None:
        raise EquidistanceError(
            "A gravity regression needs pyfixest.",
            hint="Install it with: pip install 'equidistance[gravity]'",
        )


def poisson(columns: Mapping[str, Any], formula: str, cluster: str) -> Any:
    """Fit a Poisson regression with high-dimensional fixed effects; the result is pyfixest's.

    Args:
        columns: equally long arrays by name.
        formula: ``value ~ covariates | effects``.
        cluster: column by which standard errors are clustered.

    Raises:
        EquidistanceError: pyfixest is not installed.
    """
    require()
    import pandas
    import pyfixest

    with warnings.catch_warnings():
        # an effect of a single row fits it exactly and says nothing of the coefficients
        warnings.filterwarnings("ignore", message=".*singleton fixed effect")
        return pyfixest.fepois(formula, data=pandas.DataFrame(dict(columns)), vcov={"CRV1": cluster})


def fit(
    value: Floats, origin: Integers, destination: Integers, pair: Integers, covariates: Floats
) -> Gravity:
    """Fit the regression.

    Args:
        value: (n,) flows, zero or more; not too far from 1 on average, which the optimiser likes.
        origin: (n,) number of the origin in its period, 0 to O - 1.
        destination: (n,) number of the destination in its period, 0 to D - 1.
        pair: (n,) number of the pair, over all periods: standard errors are clustered by it.
        covariates: (n, K) of the pair.

    Raises:
        EquidistanceError: pyfixest is not installed.
    """
    names = [f"z{k}" for k in range(covariates.shape[1])]
    columns = dict(zip(names, covariates.T, strict=True))
    columns |= {"value": value, "origin": origin, "destination": destination, "pair": pair}
    fitted = poisson(columns, f"value ~ {' + '.join(names)} | origin + destination", "pair")
    b = fitted.coef()[names].to_numpy()
    weight = np.exp(covariates @ b)
    a, c = margins(value, weight, origin, destination)
    mean = np.exp(a[origin] + c[destination]) * weight
    bare = margins(value, np.ones_like(value), origin, destination)
    plain = np.exp(bare[0][origin] + bare[1][destination])
    explained = 1 - deviance(value, mean) / deviance(value, plain)
    return Gravity(b, fitted.se()[names].to_numpy(), a, c, mean, float(explained))


def margins(value: Floats, weight: Floats, origin: Integers, destination: Integers) -> tuple[Floats, Floats]:
    """The effects that make exp(a + c) * weight add up to the flows of every origin and destination.

    Args:
        value: (n,) flows.
        weight: (n,) positive, exp(z b).
        origin, destination: (n,) numbers, as in :func:`fit`.

    Returns:
        (O,) and (D,) effects, NaN for an origin or a destination whose flows are all zero. They are identified up to a
        constant for each set of connected rows (a period): what one gains the other loses.
    """
    sent, received = np.bincount(origin, value), np.bincount(destination, value)
    factor = np.ones(len(received))
    for _ in range(10_000):
        with np.errstate(divide="ignore", invalid="ignore"):
            own = sent / np.bincount(origin, weight * factor[destination], len(sent))
            own[sent == 0] = 0.0
            new = received / np.bincount(destination, weight * own[origin], len(received))
            new[received == 0] = 0.0
            change = np.abs(new / factor - 1)[received > 0]
        factor = new
        if not change.size or change.max() < TOLERANCE:
            break
    with np.errstate(divide="ignore"):
        a, c = np.log(own), np.log(factor)
    return np.where(np.isfinite(a), a, np.nan), np.where(np.isfinite(c), c, np.nan)


def deviance(value: Floats, mean: Floats) -> float:
    """Twice the Poisson log likelihood lost against a perfect fit; rows without a mean are left out."""
    known = np.isfinite(mean)
    y, m = value[known], mean[known]
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.where(y > 0, y * np.log(y / m), 0.0) - (y - m)
    return float(2 * lost.sum())


def yearly_change(effects: Floats, size: Floats) -> float:
    """How fast effects move: root mean square of their yearly change, the change common to all taken out.

    Args:
        effects: (years, places), NaN where unknown.
        size: (years, places) weights: the large move less than the small, and it is they who are traded with.
    """
    change = np.diff(effects, axis=0)
    weight = np.where(np.isfinite(change), size[1:], 0.0)
    change = np.nan_to_num(change)
    total = weight.sum(axis=1, keepdims=True)
    own = change - (weight * change).sum(axis=1, keepdims=True) / np.maximum(total, np.finfo(float).tiny)
    return float(np.sqrt((weight * own**2).sum() / weight.sum())) if weight.sum() > 0 else 0.0
