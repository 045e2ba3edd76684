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

import numpy as np

from equidistance.models.alignment import (
    CHUNK,
    Observations,
    Parameters,
    Weights,
    chunks,
    observed_slots,
    smoothed_noise,
)
from equidistance.models.em import pack, unpack
from equidistance.models.kalman import Floats, Integers, Layout

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
    parts = [
        _scores(layout, observations.select(dyads), parameters, given)
        for dyads, given in chunks(observations.value.shape[2], weights)
    ]
    return np.concatenate(parts, axis=1)


def _scores(layout: Layout, part: Observations, parameters: Parameters, weights: Weights | None) -> Floats:
    run = smoothed_noise(layout, part, parameters, weights)
    K, series = len(parameters.loading), run.variance.shape[1]
    indicator, seen = run.when[:, 1], np.isfinite(run.variance)
    variance = np.where(seen, run.variance, 1.0)
    own_weight = np.ones_like(variance) if run.weights is None else run.weights.own
    noise_weight = np.ones_like(variance) if run.weights is None else run.weights.noise
    pull = np.where(seen, run.residual**2 - run.residual_precision, 0.0)
    second = run.own_score**2 - run.own_information
    intercept, noise, effect, wander = np.zeros((4, K, series))
    np.add.at(intercept, indicator, np.where(seen, run.residual, 0.0))
    np.add.at(noise, indicator, 0.5 * parameters.noise[indicator, None] / noise_weight * pull)
    first = run.seats.first[:, None]
    np.add.at(effect, indicator, 0.5 * parameters.effect[indicator, None] * second * first)
    months = run.seats.months[:, None]
    np.add.at(wander, indicator, 0.5 * parameters.wander[indicator, None] * second / own_weight * months)
    square = np.einsum("tcn,ten->tcen", run.score, run.score) - run.information
    if run.weights is not None:
        square[1:] /= run.weights.innovation[1:, None, None]
    moving = _through_cholesky(0.5 * square[1:].sum(axis=0), parameters.innovation)
    starting = _through_cholesky(0.5 * square[0], parameters.initial)
    return np.concatenate([intercept, noise, effect, wander, moving, starting])


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
    series = observations.value.shape[2]
    chosen = np.unique(np.linspace(0, series - 1, min(series, CURVATURE_DYADS)).astype(np.int64))
    part, given = observations.select(chosen), _chosen(observations, weights, chosen)
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


def _chosen(
    observations: Observations, weights: Sequence[Weights] | None, chosen: Integers
) -> Weights | None:
    """The weights of some dyads, at the slots of these alone."""
    if weights is None:
        return None
    series = observations.value.shape[2]
    when = observed_slots(observations.select(chosen))
    periods = observations.value.shape[1]
    innovation = np.ones((periods, len(chosen)))
    own, noise = np.ones((2, len(when), len(chosen)))
    place = {pair: s for s, pair in enumerate(map(tuple, when.tolist()))}
    for i, (dyads, given) in enumerate(chunks(series, weights)):
        assert given is not None
        mine = np.flatnonzero((chosen >= i * CHUNK) & (chosen < (i + 1) * CHUNK))
        inside = chosen[mine] - i * CHUNK
        innovation[:, mine] = given.innovation[:, inside]
        slots = observed_slots(observations.select(dyads))
        both = [(place[pair], s) for s, pair in enumerate(map(tuple, slots.tolist())) if pair in place]
        here, there = np.array(both, dtype=np.int64).reshape(-1, 2).T
        own[here[:, None], mine] = given.own[there[:, None], inside]
        noise[here[:, None], mine] = given.noise[there[:, None], inside]
    return Weights(innovation, own, noise)
