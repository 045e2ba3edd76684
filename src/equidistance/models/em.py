"""The shared parameters but the loadings by EM on the smoothed disturbances (Koopman 1993), given the weights.

EM is accelerated by squared extrapolation (Varadhan and Roland 2008). The expectations come from the compiled smoother
(:mod:`equidistance.models.compiled`), which is imported where it is needed: an assessment with the shipped parameters
does not wait for a compiler. Sizes as in :mod:`equidistance.models.kalman`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equidistance.models.alignment import Observations, Parameters
from equidistance.models.kalman import Booleans, Floats, Layout

if TYPE_CHECKING:
    from equidistance.models.compiled import Packed, Sums
    from equidistance.models.passes import ReadingWeights

SMALLEST = 1e-7
"""Floor of every variance, on the indicators' own scales, so that EM cannot run into a corner."""


@dataclass(frozen=True)
class Fit:
    """Result of :func:`fit`: the parameters, the log likelihood after each round, and whether it converged."""

    parameters: Parameters
    log_likelihood: tuple[float, ...]
    converged: bool


def true_spread(observations: Observations) -> Floats:
    """(K,) standard deviation of each indicator over all dyads and months, its standard errors taken out.

    At least a tenth of the observed variance is taken as true, so that an indicator of pure noise keeps a scale.
    """
    with np.errstate(invalid="ignore"):
        observed = np.nanvar(observations.value, axis=(1, 2))
        error = np.nanmean(
            np.where(np.isfinite(observations.value), observations.error**2, np.nan), axis=(1, 2)
        )
    spread: Floats = np.sqrt(np.maximum(observed - error, 0.1 * observed) + SMALLEST)
    return spread


def start(layout: Layout, observations: Observations) -> Parameters:
    """Starting values: loadings from the true spread, which is shared out between alignment and own components."""
    spread = true_spread(observations)
    C = layout.channels
    return Parameters(
        intercept=np.nanmean(observations.value, axis=(1, 2)),
        loading=spread,
        noise=0.3 * spread**2,
        effect=0.5 * spread**2,
        wander=0.001 * spread**2,
        innovation=0.002 * (0.7 * np.eye(C) + 0.3),
        mean=np.zeros(C),
        initial=0.3 * (0.7 * np.eye(C) + 0.3),
    )


def fit(
    layout: Layout,
    observations: Observations,
    *,
    initial: Parameters | None = None,
    tolerance: float = 0.5,
    iterations: int = 200,
    on_iteration: Callable[[int, float], None] | None = None,
) -> Fit:
    """Estimate the shared parameters but the loadings by EM with squared extrapolation.

    Args:
        layout: what each indicator sees.
        observations: every indicator must be observed somewhere.
        initial: where to start, and the loadings; :func:`start` when not given.
        tolerance: stop when three EM steps together raise the log likelihood by less than this (in nats).
        iterations: at most so many EM steps.
        on_iteration: called with the number of steps done and the log likelihood.

    Returns:
        Fit whose parameters are on an arbitrary scale of x; :func:`standardise` puts them on the reported one.
    """
    from equidistance.models import compiled

    return fit_packed(
        layout,
        compiled.pack(layout, observations),
        initial or start(layout, observations),
        tolerance=tolerance,
        iterations=iterations,
        on_iteration=on_iteration,
    )


def fit_packed(
    layout: Layout,
    packed: "Packed",
    initial: Parameters,
    weights: "ReadingWeights | None" = None,
    *,
    tolerance: float = 0.5,
    iterations: int = 200,
    on_iteration: Callable[[int, float], None] | None = None,
) -> Fit:
    """:func:`fit` for readings without the gaps between them."""
    current = initial
    trace: list[float] = []
    done = 0

    def step(parameters: Parameters) -> tuple[Parameters, float]:
        nonlocal done
        done += 1
        updated, likelihood = _packed_step(layout, packed, parameters, weights)
        if on_iteration is not None:
            on_iteration(done, likelihood)
        return updated, likelihood

    while done + 4 <= iterations:
        one, before = step(current)
        two, _ = step(one)
        trace.append(before)
        current, reached = step(_extrapolate(current, one, two))
        if not reached >= before:
            current, reached = step(two)  # the extrapolation overshot: plain EM never descends
        if reached - before < tolerance:
            return Fit(current, (*trace, reached), converged=True)
    return Fit(current, tuple(trace), converged=False)


def standardise(
    layout: Layout,
    packed: "Packed",
    parameters: Parameters,
    exists: Booleans,
    weights: "ReadingWeights | None" = None,
) -> Parameters:
    """Put each channel on the reported scale: mean 0 and variance 1 pooled over all dyads and months.

    The moments are posterior ones (variance of the means plus mean of the variances), so that the scale does not shrink
    where evidence is thin. Only the months in ``exists`` (T, N) count.
    """
    from equidistance.models import compiled

    posterior = compiled.smooth(layout, packed, parameters, weights)
    total = np.einsum("tcn,tn->c", posterior.mean[:, :, 0], exists)
    square = np.einsum("tcn,tcn,tn->c", posterior.mean[:, :, 0], posterior.mean[:, :, 0], exists)
    square += np.einsum("tccn,tn->c", posterior.covariance, exists)
    centre = total / exists.sum()
    scale = np.sqrt(square / exists.sum() - centre**2)
    ratio = scale[:, None] * scale[None, :]
    return replace(
        parameters,
        intercept=parameters.intercept + parameters.loading * centre[layout.channel],
        loading=parameters.loading * scale[layout.channel],
        innovation=parameters.innovation / ratio,
        mean=(parameters.mean - centre) / scale,
        initial=parameters.initial / ratio,
    )


def _em_step(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
) -> tuple[Parameters, float]:
    """One EM step; the log likelihood returned is that of the parameters that came in."""
    from equidistance.models import compiled

    return _packed_step(layout, compiled.pack(layout, observations), parameters, None)


def _packed_step(
    layout: Layout, packed: "Packed", parameters: Parameters, weights: "ReadingWeights | None"
) -> tuple[Parameters, float]:
    from equidistance.models import compiled

    sums = compiled.sums(layout, packed, parameters, weights)
    return _maximise(parameters, sums, packed.periods - 1), float(sums.log_likelihood.sum())


def _maximise(old: Parameters, sums: "Sums", steps: int) -> Parameters:
    """The parameters that the expectations make most likely; ``steps`` from one month to the next."""
    observed = sums.observed.sum(axis=0)
    dyads = (sums.observed > 0).sum(axis=0)
    series = float((sums.observed > 0).any(axis=1).sum())  # dyads with any evidence
    tau, omega, Q, P = old.effect, old.wander, old.innovation, old.initial
    effect = tau + tau**2 * sums.first.sum(axis=0) / dyads
    wander = omega + omega**2 * sums.steps.sum(axis=0) / (dyads * steps)
    return replace(
        old,
        intercept=old.intercept + sums.residual.sum(axis=0) / sums.weight.sum(axis=0),
        noise=np.maximum(sums.beyond.sum(axis=0) / observed, SMALLEST),
        effect=np.maximum(effect, SMALLEST),
        wander=np.maximum(wander, SMALLEST),
        innovation=_symmetric(Q + Q @ sums.innovation.sum(axis=0) @ Q / (series * steps)),
        initial=_symmetric(P + P @ sums.initial.sum(axis=0) @ P / series),
    )


def _symmetric(matrix: Floats) -> Floats:
    return (matrix + matrix.T) / 2


def _extrapolate(zero: Parameters, one: Parameters, two: Parameters) -> Parameters:
    """The point that two EM steps head for (Varadhan and Roland 2008, scheme S3), on an unconstrained scale."""
    a, b, c = pack(zero), pack(one), pack(two)
    change, bend = b - a, (c - b) - (b - a)
    norm = float(np.sqrt((bend**2).sum()))
    length = -1.0 if norm == 0 else min(-1.0, -float(np.sqrt((change**2).sum())) / norm)
    return unpack(a - 2 * length * change + length**2 * bend, two)


def pack(parameters: Parameters) -> Floats:
    """The estimated parameters as one vector without bounds: variances and Cholesky factors by their logarithms."""
    return np.concatenate(
        [
            parameters.intercept,
            np.log(parameters.noise),
            np.log(parameters.effect),
            np.log(parameters.wander),
            _log_cholesky(parameters.innovation),
            _log_cholesky(parameters.initial),
        ]
    )


def unpack(vector: Floats, like: Parameters) -> Parameters:
    """What :func:`pack` packed, with the other parameters of ``like``."""
    K, C = len(like.loading), len(like.mean)
    intercept, noise, effect, wander = (vector[i * K : (i + 1) * K] for i in range(4))
    rest = vector[4 * K :]
    half = C * (C + 1) // 2
    return replace(
        like,
        intercept=intercept,
        noise=np.maximum(np.exp(noise), SMALLEST),
        effect=np.maximum(np.exp(effect), SMALLEST),
        wander=np.maximum(np.exp(wander), SMALLEST),
        innovation=_from_log_cholesky(rest[:half], C),
        initial=_from_log_cholesky(rest[half:], C),
    )


def _log_cholesky(matrix: Floats) -> Floats:
    factor = np.linalg.cholesky(matrix)
    factor[np.diag_indices_from(factor)] = np.log(np.diag(factor))
    packed: Floats = np.asarray(factor[np.tril_indices_from(factor)], dtype=np.float64)
    return packed


def _from_log_cholesky(vector: Floats, size: int) -> Floats:
    factor = np.zeros((size, size))
    factor[np.tril_indices(size)] = vector
    factor[np.diag_indices(size)] = np.exp(np.diag(factor))
    return factor @ factor.T
