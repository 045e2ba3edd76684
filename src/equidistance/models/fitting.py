"""The shared parameters with Student-t tails: EM given the weights, and the weights drawn anew in between.

Stochastic EM (Celeux and Diebolt 1985): draw the weights from their posterior given the parameters, raise the
likelihood given the weights by a few EM steps, and so on; the estimate is the mean over the rounds after the first
ones. With hundreds of thousands of weights a round's draw hardly moves the parameters. A mean-field approximation in
the place of the draws is cheaper but finds innovations up to a half too large on simulated data.

One thing maximum likelihood must not be left to do: an indicator that mostly stands still, such as alliances, has an
unbounded likelihood under Student-t steps of its own component, which shrink to nothing between its few jumps. It would
then pin alignment to itself. So no own component's steps have a smaller variance than the normal model gives them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from equidistance.models import em
from equidistance.models.alignment import Observations, Parameters, Tails, Weights
from equidistance.models.em import pack, unpack
from equidistance.models.kalman import Floats, Layout

NORMAL_STEPS = 30
"""EM steps of the normal model, where the rounds start from."""

ROUNDS, SETTLING = 24, 12
"""Rounds of stochastic EM, and how many of them only settle."""

STEPS = 4
"""EM steps of a round, at most."""

SMALLER = 0.6
"""What the normal model's innovations are multiplied by to start from: it takes their squares for their scale's."""


@dataclass(frozen=True)
class TailedFit:
    """Result of :func:`fit_tails`.

    Attributes:
        parameters: the estimate, on an arbitrary scale of x.
        weights: a draw of the weights given the estimate, one for each chunk of dyads.
        least_wander: (K,) smallest variances of the own components' steps that the estimate could take.
        log_likelihood: given the weights, after each round; it wanders where the rounds have settled.
        converged: whether no parameter still drifts: the two halves of the averaged rounds differ by less than a tenth
            on the unconstrained scale (logarithms of variances), in the median.
    """

    parameters: Parameters
    weights: tuple[Weights, ...] | None
    least_wander: Floats
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
        tails: degrees of freedom; where all are infinite this is plain EM.
        initial: where to start, and the loadings; :func:`equidistance.models.em.start` when not given.
        seed: of the weights.
        on_iteration: called with the number of EM steps done and the log likelihood given the weights.
    """
    if not np.isfinite([tails.innovation, tails.own, tails.noise]).any():
        plain = em.fit(layout, observations, initial=initial, on_iteration=on_iteration)
        nothing = np.full(len(layout.channel), em.SMALLEST)
        return TailedFit(plain.parameters, None, nothing, plain.log_likelihood, plain.converged)
    from equidistance.models import compiled  # an assessment with the shipped parameters needs no compiler

    packed = compiled.pack(layout, observations)
    first = em.fit_packed(
        layout,
        packed,
        initial or em.start(layout, observations),
        iterations=NORMAL_STEPS,
        on_iteration=on_iteration,
    )
    least = first.parameters.wander * _share_of_variance(tails.own)
    current, done = replace(first.parameters, tails=tails, wander=least), NORMAL_STEPS
    if np.isfinite(tails.innovation):
        current = replace(current, innovation=SMALLER * current.innovation)
    generator = np.random.default_rng(seed)
    weights = compiled.start(layout, packed, current, generator)
    trace, visited = [], []
    for turn in range(ROUNDS):
        weights = compiled.sweep(layout, packed, current, weights, generator)
        fitted = em.fit_packed(
            layout, packed, current, weights, least_wander=least, iterations=STEPS, tolerance=0.0
        )
        current = fitted.parameters
        trace.append(fitted.log_likelihood[-1])
        done += STEPS
        if on_iteration is not None:
            on_iteration(done, trace[-1])
        if turn >= SETTLING:
            visited.append(pack(current))
    half = len(visited) // 2
    drift = np.abs(np.mean(visited[:half], axis=0) - np.mean(visited[half:], axis=0))
    estimate = unpack(np.mean(visited, axis=0), current)
    given = compiled.unpack_weights(packed, observations, weights)
    return TailedFit(estimate, given, least, tuple(trace), bool(np.median(drift) < 0.1))


def _share_of_variance(degrees: float) -> float:
    """Squared scale of a Student-t variable over its variance; that of three degrees where it has none."""
    return 1.0 if not np.isfinite(degrees) else 1 - 2 / max(degrees, 3.0)
