"""The shared parameters but the loadings: the maximum of the normal likelihood, and Student-t tails of its variances.

A model with Student-t tails and finite variances has the means and covariances of the normal model of those variances.
So the scores of the normal likelihood are zero in expectation at the true variances whatever the tails, and its maximum
finds them (quasi maximum likelihood: White 1982; Harvey, Ruiz and Shephard 1994). A variance times (nu - 2)/nu is the
squared scale of the Student-t variable that has it.

The Student-t likelihood itself must not be maximised. An indicator that mostly stands still, such as alliances, makes
it unbounded: the scales of its own component's steps and of its noise shrink to nothing between its few jumps, and then
alignment may not move either, because nothing could make up for it. The normal likelihood has no such corner: a few
jumps keep a variance large.

EM is slow along directions of which the data say little, such as the own components' steps of an indicator with large
standard errors, and stops far from the maximum. So it only starts; scipy's L-BFGS-B goes on with exact scores.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equidistance.models import em
from equidistance.models.alignment import Observations, Parameters, Tails, share_of_variance
from equidistance.models.em import SMALLEST, pack, unpack
from equidistance.models.kalman import Floats, Layout

if TYPE_CHECKING:
    from equidistance.models.compiled import Packed
    from equidistance.models.passes import ReadingWeights

EM_STEPS = 12
"""EM steps before L-BFGS-B takes over: they find the intercepts and the order of the variances."""

PASSES = 300
"""Passes over the data that L-BFGS-B may take."""

TOLERANCE = 0.02
"""It stops where an iteration raises the log likelihood by less than this, in nats."""

ROOM = 8.0
"""How far it may go from where it starts, on the unconstrained scale: where data say nothing, it goes no further."""

NEAREST = 0.05
"""Least share of its standard deviation that a channel has to itself, given the others."""

MEMORY = 30
"""Steps from which it learns the curvature."""

SWEEPS = 6
"""Gibbs sweeps from the mean-field start to the draw of the weights that goes with the estimate."""


@dataclass(frozen=True)
class TailedFit:
    """Result of :func:`fit_tails`.

    Attributes:
        parameters: the estimate, on an arbitrary scale of x.
        normal: the normal model whose variances it has.
        packed: the observations, as the fit goes through them.
        weights: a draw of the weights given the estimate; none where everything is normal.
        log_likelihood: of the normal model, after each pass; a step that is tried in vain may lower it.
        converged: whether it cannot be raised any further.
    """

    parameters: Parameters
    normal: Parameters
    packed: "Packed"
    weights: "ReadingWeights | None"
    log_likelihood: tuple[float, ...]
    converged: bool


def fit_tails(
    layout: Layout,
    observations: Observations,
    tails: Tails,
    *,
    initial: Parameters | None = None,
    seed: int = 1,
    on_iteration: Callable[[int, float], None] | None = None,
) -> TailedFit:
    """Estimate the shared parameters but the loadings, given the degrees of freedom.

    Args:
        layout: what each indicator sees.
        observations: every indicator must be observed somewhere.
        tails: degrees of freedom.
        initial: where to start, and the loadings; :func:`equidistance.models.em.start` when not given.
        seed: of the weights.
        on_iteration: called with the number of passes over the data done and the log likelihood.
    """
    from equidistance.models import compiled  # an assessment with the shipped parameters needs no compiler

    packed = compiled.pack(layout, observations)
    start = replace(initial or em.start(layout, observations), tails=Tails())
    first = em.fit_packed(layout, packed, start, iterations=EM_STEPS, on_iteration=on_iteration)
    normal, trace, converged = _climb(layout, packed, first.parameters, on_iteration)
    estimate = with_tails(normal, tails)
    if not np.isfinite([tails.innovation, tails.own, tails.noise]).any():
        return TailedFit(estimate, normal, packed, None, trace, converged)
    generator = np.random.default_rng(seed)
    weights = compiled.start(layout, packed, estimate, generator)
    for _ in range(SWEEPS):
        weights = compiled.sweep(layout, packed, estimate, weights, generator)
    return TailedFit(estimate, normal, packed, weights, trace, converged)


def with_tails(normal: Parameters, tails: Tails) -> Parameters:
    """Parameters with these tails and the variances of a normal model; what has no variance counts as three degrees."""
    return replace(
        normal,
        noise=np.maximum(share_of_variance(tails.noise) * normal.noise, SMALLEST),
        wander=np.maximum(share_of_variance(tails.own) * normal.wander, SMALLEST),
        innovation=share_of_variance(tails.innovation) * normal.innovation,
        tails=tails,
    )


def _closest(start: Parameters) -> Floats:
    """Lower bounds that keep the channels apart: each has a share of its spread to itself, given the others.

    Hardly any dyad shows both words and deeds in the first month, and their likelihood there may rise to the point
    where they are one and their covariance has no inverse.
    """
    bounds = np.full(len(pack(start)), -np.inf)
    C, at = len(start.mean), 4 * len(start.loading)
    row, column = np.tril_indices(C)
    later = np.flatnonzero((row == column) & (row > 0))
    for matrix in (start.innovation, start.initial):
        own = np.diag(np.linalg.cholesky(matrix))[1:]
        bounds[at + later] = np.log(np.minimum(NEAREST * np.sqrt(np.diag(matrix)[1:]), own))
        at += len(row)
    return bounds


def _climb(
    layout: Layout, packed: "Packed", start: Parameters, on_iteration: Callable[[int, float], None] | None
) -> tuple[Parameters, tuple[float, ...], bool]:
    """The maximum of the normal likelihood by L-BFGS-B, the log likelihood after each pass, and whether it is one."""
    from scipy.optimize import minimize

    from equidistance.models.uncertainty import likelihood_and_scores

    centre = pack(start)
    reached, scores = likelihood_and_scores(layout, packed, start)
    # a step of 1 along each axis changes the likelihood about as much; + 1 where nothing is known
    unit = 1 / np.sqrt((scores**2).sum(axis=1) + 1)
    trace: list[float] = []

    def loss(z: Floats) -> tuple[float, Floats]:
        likelihood, scores = likelihood_and_scores(layout, packed, unpack(centre + unit * z, start))
        trace.append(float(likelihood.sum()))
        if on_iteration is not None:
            on_iteration(EM_STEPS + len(trace), trace[-1])
        return -trace[-1], -unit * scores.sum(axis=1)

    lowest, highest = centre - ROOM, centre + ROOM
    variances = slice(len(start.loading), 4 * len(start.loading))
    lowest[variances] = np.minimum(np.maximum(lowest[variances], np.log(SMALLEST)), centre[variances])
    lowest = np.maximum(lowest, _closest(start))
    found = minimize(
        loss,
        np.zeros(len(centre)),
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack([(lowest - centre) / unit, (highest - centre) / unit], axis=1),
        options={
            "maxfun": PASSES,
            "maxiter": PASSES,
            "maxcor": MEMORY,
            "ftol": TOLERANCE / abs(float(reached.sum())),
            "gtol": 0.0,
        },
    )
    return unpack(centre + unit * found.x, start), tuple(trace), bool(found.success)
