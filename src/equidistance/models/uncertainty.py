"""How well the shared parameters are known: draws from a clustered bootstrap, linearised at the estimate.

The dyads of one state share its history, so that states, not dyads, are what is drawn again. A draw gives each state a
random weight (Rubin's Bayesian bootstrap) and takes one Newton step from the estimate toward the weighted maximum:
``theta + H^-1 sum_c (m_c - 1) s_c`` with the score ``s_c`` of state c and the curvature H. The covariance of such draws
is the sandwich ``H^-1 (sum_c s_c s_c') H^-1`` (Huber 1967; Liang and Zeger 1986), except in directions in which the
scores differ by more than the likelihood bends; there they are no wider than the scores' own sum of squares allows.

Scores come from the smoothed disturbances by Fisher's identity; H from differences of scores. Both are given the
weights, whose own uncertainty each assessment draws anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equidistance.models.alignment import Observations, Parameters, Weights
from equidistance.models.em import pack, unpack
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
    from equidistance.models import compiled

    sums = compiled.sums(layout, packed, parameters, weights)
    moving = _through_cholesky(np.moveaxis(0.5 * sums.innovation, 0, 2), parameters.innovation)
    starting = _through_cholesky(np.moveaxis(0.5 * sums.initial, 0, 2), parameters.initial)
    return np.concatenate(
        [
            sums.residual.T,
            (0.5 * parameters.noise * sums.pull).T,
            (0.5 * parameters.effect * sums.first).T,
            (0.5 * parameters.wander * sums.steps).T,
            moving,
            starting,
        ]
    )


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
    observations: Observations,
    parameters: Parameters,
    clusters: Integers,
    number: int,
    generator: np.random.Generator,
    weights: Sequence[Weights] | None = None,
    least_wander: Floats | None = None,
) -> list[Parameters]:
    """Draw the shared parameters as a bootstrap over clusters would estimate them.

    Args:
        layout: what each indicator sees.
        observations: what the estimate rests on.
        parameters: the estimate.
        clusters: (N,) number of each dyad's cluster, from 0.
        number: draws wanted.
        generator: source of randomness.
        weights: one for each chunk of dyads; 1 when not given.
        least_wander: (K,) what no draw of the own components' variances goes below.
    """
    centre = pack(parameters)
    each = scores(layout, observations, parameters, weights)
    by_cluster = np.zeros((len(centre), int(clusters.max()) + 1))
    np.add.at(by_cluster.T, clusters, each.T)
    curvature = _curvature(layout, observations, parameters, by_cluster, weights) + np.diag(
        _prior(parameters)
    )
    weight = generator.standard_exponential((by_cluster.shape[1], number))
    weight *= by_cluster.shape[1] / weight.sum(axis=0)
    moved = np.linalg.solve(curvature, by_cluster @ (weight - 1))
    trusted = (
        2 / np.sqrt(_prior(parameters))[:, None]
    )  # a linear step leads no further than the prior's two sd
    moved = np.clip(moved, -trusted, trusted)
    drawn = [unpack(centre + moved[:, i], parameters) for i in range(number)]
    floor = np.zeros(len(parameters.wander)) if least_wander is None else least_wander
    held = (
        parameters.wander <= 1.01 * floor
    )  # at its bound: there the likelihood has a slope, and no step is Newton's
    return [
        replace(one, wander=np.where(held, parameters.wander, np.maximum(one.wander, floor))) for one in drawn
    ]


def _prior(parameters: Parameters) -> Floats:
    """Precision of the weak prior, in the order of ``em.pack``."""
    K = len(parameters.loading)
    precision = np.full(len(pack(parameters)), 1 / _WIDEST**2)
    precision[:K] /= parameters.loading**2
    return precision


def _curvature(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    by_cluster: Floats,
    weights: Sequence[Weights] | None,
) -> Floats:
    """(p, p) minus the second derivatives of the log likelihood given the weights, made positive definite.

    In a direction that the likelihood given the weights bends the wrong way, or hardly at all, a Newton step leads
    anywhere. There the scores' own sum of squares (Berndt, Hall, Hall and Hausman 1974) takes its place: where the
    model is right the two are equal, and a step is no longer than the clusters' scores differ.
    """
    from equidistance.models import compiled

    series = observations.value.shape[2]
    chosen = np.unique(np.linspace(0, series - 1, min(series, CURVATURE_DYADS)).astype(np.int64))
    whole_panel = compiled.pack(layout, observations)
    given = compiled.pack_weights(whole_panel, observations, weights)
    part, given = compiled.select(layout, whole_panel, given, chosen)
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
    positive: Floats = (vectors * np.maximum(values, squares)) @ vectors.T
    return positive

