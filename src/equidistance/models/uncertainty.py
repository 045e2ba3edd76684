"""How well the shared parameters are known: draws from a clustered bootstrap, linearised at the estimate.

The dyads of one state share its history, so that states, not dyads, are what is drawn again. A draw gives each state a
random weight (Rubin's Bayesian bootstrap) and takes one Newton step from the estimate toward the weighted maximum:
``theta + H^-1 sum_c (m_c - 1) s_c`` with the score ``s_c`` of state c and the curvature H. The covariance of such draws
is the sandwich ``H^-1 (sum_c s_c s_c') H^-1`` (Huber 1967; Liang and Zeger 1986), except in directions in which the
likelihood hardly bends for how much the scores differ.

Scores come from the smoothed disturbances by Fisher's identity; H from differences of scores. The estimate is the
maximum of the normal likelihood (:mod:`equidistance.models.fitting`); the sandwich holds whatever the tails.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from equidistance.models.alignment import Observations, Parameters, Weights
from equidistance.models.em import SMALLEST, pack, unpack
from equidistance.models.kalman import Floats, Integers, Layout

if TYPE_CHECKING:
    from equidistance.models.compiled import Packed
    from equidistance.models.passes import ReadingWeights

CURVATURE_DYADS = 300
"""Dyads that the curvature is measured on, evenly chosen; then it is known to some 6 %."""

_STEP = 1e-3
"""Step of the differences, on the unconstrained scale (logarithms of variances)."""

_WIDEST = 0.5
"""Standard deviation of a weak prior around the estimate, on the unconstrained scale (intercepts: in loadings). It
holds what the data say nothing about, such as a variance at its floor."""


_HEAVY = 10.0
"""How many times the curvature the scores' sum of squares is taken to be at most."""


def scores(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    weights: Sequence[Weights] | None = None,
) -> Floats:
    """Gradient of each dyad's log likelihood given the weights, on the unconstrained scale of ``em.pack``.

    Returns:
        (p, N).
    """
    from equidistance.models import compiled

    packed = compiled.pack(layout, observations)
    return _scores(layout, packed, parameters, compiled.pack_weights(packed, observations, weights))


def _scores(
    layout: Layout, packed: "Packed", parameters: Parameters, weights: "ReadingWeights | None"
) -> Floats:
    return likelihood_and_scores(layout, packed, parameters, weights)[1]


def likelihood_and_scores(
    layout: Layout, packed: "Packed", parameters: Parameters, weights: "ReadingWeights | None" = None
) -> tuple[Floats, Floats]:
    """Each dyad's log likelihood given the weights, (N,), and its gradient, (p, N)."""
    from equidistance.models import compiled

    sums = compiled.sums(layout, packed, parameters, weights)
    moving = _through_cholesky(np.moveaxis(0.5 * sums.innovation, 0, 2), parameters.innovation)
    starting = _through_cholesky(np.moveaxis(0.5 * sums.initial, 0, 2), parameters.initial)
    gradient = np.concatenate(
        [
            sums.residual.T,
            (0.5 * parameters.noise * sums.pull).T,
            (0.5 * parameters.effect * sums.first).T,
            (0.5 * parameters.wander * sums.steps).T,
            moving,
            starting,
        ]
    )
    return sums.log_likelihood, gradient


def _through_cholesky(gradient: Floats, matrix: Floats) -> Floats:
    """Gradients (C, C, N) for a covariance matrix as gradients for its packed log Cholesky factor."""
    factor = np.linalg.cholesky(matrix)
    by_factor = 2 * np.einsum("cdn,de->cen", gradient, factor)
    diagonal = np.diag_indices_from(factor)
    by_factor[diagonal] *= np.diag(factor)[:, None]
    packed: Floats = by_factor[np.tril_indices_from(factor)]
    return packed


def parameter_draws(
    layout: Layout,
    packed: "Packed",
    parameters: Parameters,
    clusters: Integers,
    number: int,
    generator: np.random.Generator,
) -> list[Parameters]:
    """Draw the shared parameters as a bootstrap over clusters would estimate them.

    Args:
        layout: what each indicator sees.
        packed: what the estimate rests on.
        parameters: the estimate, of the normal model. A variance at its floor stays there.
        clusters: (N,) number of each dyad's cluster, from 0.
        number: draws wanted.
        generator: source of randomness.
    """
    centre = pack(parameters)
    each = _scores(layout, packed, parameters, None)
    by_cluster = np.zeros((len(centre), int(clusters.max()) + 1))
    np.add.at(by_cluster.T, clusters, each.T)
    curvature = _curvature(layout, packed, parameters, by_cluster) + np.diag(_prior(parameters))
    weight = generator.standard_exponential((by_cluster.shape[1], number))
    weight *= by_cluster.shape[1] / weight.sum(axis=0)
    moved = np.linalg.solve(curvature, by_cluster @ (weight - 1))
    trusted = (
        2 / np.sqrt(_prior(parameters))[:, None]
    )  # a linear step leads no further than the prior's two sd
    moved = np.clip(moved, -trusted, trusted)
    variances = slice(len(parameters.loading), 4 * len(parameters.loading))
    # at its bound the likelihood has a slope, and no step is Newton's
    moved[variances][centre[variances] <= np.log(1.01 * SMALLEST)] = 0.0
    return [unpack(centre + moved[:, i], parameters) for i in range(number)]


def _prior(parameters: Parameters) -> Floats:
    """Precision of the weak prior, in the order of ``em.pack``."""
    K = len(parameters.loading)
    precision = np.full(len(pack(parameters)), 1 / _WIDEST**2)
    precision[:K] /= parameters.loading**2
    return precision


def _curvature(layout: Layout, packed: "Packed", parameters: Parameters, by_cluster: Floats) -> Floats:
    """(p, p) minus the second derivatives of the log likelihood, made positive definite.

    In a direction that the likelihood bends the wrong way, or hardly at all, a Newton step leads anywhere. So it bends
    at least by a share of the scores' sum of squares (Berndt, Hall, Hall and Hausman 1974), which equals the curvature
    where the model is normal and its series independent, and is a few times as large where tails are heavy.
    """
    from equidistance.models import compiled

    series = packed.series
    chosen = np.unique(np.linspace(0, series - 1, min(series, CURVATURE_DYADS)).astype(np.int64))
    part, given = compiled.select(layout, packed, compiled.ones(packed), chosen)
    centre = pack(parameters)
    at_centre = _scores(layout, part, parameters, given).sum(axis=1)
    columns = []
    for i in range(len(centre)):
        moved = centre.copy()
        moved[i] += _STEP
        columns.append(
            (at_centre - _scores(layout, part, unpack(moved, parameters), given).sum(axis=1)) / _STEP
        )
    whole = np.stack(columns, axis=1)
    values, vectors = np.linalg.eigh((whole + whole.T) / 2 * (series / len(chosen)))
    squares = ((vectors.T @ by_cluster) ** 2).sum(axis=1)
    positive: Floats = (vectors * np.maximum(values, squares / _HEAVY)) @ vectors.T
    return positive
