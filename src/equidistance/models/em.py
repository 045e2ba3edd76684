"""The shared parameters but the loadings by EM on the smoothed disturbances (Koopman 1993), given the weights.

EM is accelerated by squared extrapolation (Varadhan and Roland 2008). Sizes as in :mod:`equidistance.models.kalman`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from equidistance.models.alignment import (
    Noise,
    Observations,
    Parameters,
    Weights,
    chunks,
    smooth,
    smoothed_noise,
)
from equidistance.models.kalman import Booleans, Floats, Layout

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
    weights: Sequence[Weights] | None = None,
    least_wander: Floats | None = None,
    tolerance: float = 0.5,
    iterations: int = 200,
    on_iteration: Callable[[int, float], None] | None = None,
) -> Fit:
    """Estimate the shared parameters but the loadings by EM with squared extrapolation.

    Args:
        layout: what each indicator sees.
        observations: every indicator must be observed somewhere.
        initial: where to start, and the loadings; :func:`start` when not given.
        weights: one for each chunk of :data:`CHUNK` dyads; 1 when not given. The likelihood is given the weights.
        least_wander: (K,) smallest variances of the own components' steps; :data:`SMALLEST` when not given.
        tolerance: stop when three EM steps together raise the log likelihood by less than this (in nats).
        iterations: at most so many EM steps.
        on_iteration: called with the number of steps done and the log likelihood.

    Returns:
        Fit whose parameters are on an arbitrary scale of x; :func:`standardise` puts them on the reported one.
    """
    floor = np.full(len(layout.channel), SMALLEST) if least_wander is None else least_wander
    current = initial or start(layout, observations)
    current = replace(current, wander=np.maximum(current.wander, floor))
    trace: list[float] = []
    done = 0

    def step(parameters: Parameters) -> tuple[Parameters, float]:
        nonlocal done
        done += 1
        updated, likelihood = _em_step(layout, observations, parameters, weights)
        if on_iteration is not None:
            on_iteration(done, likelihood)
        # the expected log likelihood has one peak in each variance: its maximum above a floor is at the floor or there
        return replace(updated, wander=np.maximum(updated.wander, floor)), likelihood

    while done + 4 <= iterations:
        one, before = step(current)
        two, _ = step(one)
        trace.append(before)
        current, reached = step(_extrapolate(current, one, two, floor))
        if not reached >= before:
            current, reached = step(two)  # the extrapolation overshot: plain EM never descends
        if reached - before < tolerance:
            return Fit(current, (*trace, reached), converged=True)
    return Fit(current, tuple(trace), converged=False)


def standardise(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    exists: Booleans,
    weights: Sequence[Weights] | None = None,
) -> Parameters:
    """Put each channel on the reported scale: mean 0 and variance 1 pooled over all dyads and months.

    The moments are posterior ones (variance of the means plus mean of the variances), so that the scale does not shrink
    where evidence is thin. Only the months in ``exists`` (T, N) count.
    """
    total = np.zeros(layout.channels)
    square = np.zeros(layout.channels)
    for dyads, given in chunks(observations.value.shape[2], weights):
        posterior = smooth(layout, observations.select(dyads), parameters, given)
        mean = posterior.mean[:, :, 0]
        variance = np.einsum("tccn->tcn", posterior.covariance)
        inside = exists[:, None, dyads]
        total += (mean * inside).sum(axis=(0, 2))
        square += ((mean**2 + variance) * inside).sum(axis=(0, 2))
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


@dataclass
class _Moments:
    """Running sums of the expected sufficient statistics over chunks of dyads."""

    weight: Floats  # (K,) precisions
    shift: Floats  # (K,) precision times expected noise
    noise: Floats  # (K,) expected squared noise beyond the standard errors
    observed: Floats  # (K,) number of observations
    effect: Floats  # (K,) expected squared own components of the first month
    wander: Floats  # (K,) expected squared changes of the own components
    dyads: Floats  # (K,) dyads with the indicator
    initial: Floats  # (C, C)
    innovation: Floats  # (C, C)
    series: float  # dyads with any evidence
    periods: int


def _em_step(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    weights: Sequence[Weights] | None = None,
) -> tuple[Parameters, float]:
    """One EM step; the log likelihood returned is that of the parameters that came in."""
    K, periods, series = observations.value.shape
    C = layout.channels
    weight, shift, noise, observed, effect, wander, dyads = np.zeros((7, K))
    square = np.zeros((C, C))
    sums = _Moments(
        weight, shift, noise, observed, effect, wander, dyads, square, square.copy(), 0.0, periods
    )
    likelihood = 0.0
    for chunk, given in chunks(series, weights):
        run = smoothed_noise(layout, observations.select(chunk), parameters, given)
        likelihood += run.log_likelihood
        _add_moments(parameters, run, sums)
    return _maximise(parameters, sums), likelihood


def _add_moments(parameters: Parameters, run: Noise, sums: _Moments) -> None:
    """Add a chunk's moments; each square counts with its weight."""
    K, series = len(parameters.loading), run.variance.shape[1]
    indicator = run.when[:, 1]
    seen = np.isfinite(run.variance)
    variance = np.where(seen, run.variance, 1.0)
    weight = np.ones_like(variance) if run.weights is None else run.weights.noise
    noise = np.where(seen, variance * run.residual, 0.0)
    noise_square = noise**2 + np.where(seen, variance - variance**2 * run.residual_precision, 0.0)
    # the noise is the source's error plus the indicator's own; what is expected of the latter, given their sum
    share = np.where(seen, parameters.noise[indicator, None] / (variance * weight), 0.0)
    beyond = share**2 * weight * noise_square + np.where(
        seen, parameters.noise[indicator, None] * (1 - share), 0.0
    )
    np.add.at(sums.weight, indicator, np.where(seen, 1 / variance, 0.0).sum(axis=1))
    np.add.at(sums.shift, indicator, np.where(seen, noise / variance, 0.0).sum(axis=1))
    np.add.at(sums.noise, indicator, beyond.sum(axis=1))
    np.add.at(sums.observed, indicator, seen.sum(axis=1))

    has = np.zeros((K, series))
    np.maximum.at(has, indicator, seen.astype(float))
    number = has.sum(axis=1)
    second = (run.own_score**2 - run.own_information) * has[indicator]
    at_start, steps = np.zeros((2, K))  # sums over dyads, and over the months that each slot speaks for
    np.add.at(at_start, indicator, second.sum(axis=1) * run.seats.first)
    stretched = second if run.weights is None else second / run.weights.own
    np.add.at(steps, indicator, stretched.sum(axis=1) * run.seats.months)
    tau, omega = parameters.effect, parameters.wander
    sums.dyads += number
    sums.effect += tau * number + tau**2 * at_start
    sums.wander += omega * number * (sums.periods - 1) + omega**2 * steps

    anything = seen.any(axis=0)
    square = (np.einsum("tcn,ten->tcen", run.score, run.score) - run.information) * anything
    if run.weights is not None:
        square[1:] /= run.weights.innovation[1:, None, None]
    Q, P, count = parameters.innovation, parameters.initial, float(anything.sum())
    sums.innovation += Q @ square[1:].sum(axis=(0, 3)) @ Q + Q * count * (sums.periods - 1)
    sums.initial += P @ square[0].sum(axis=2) @ P + P * count
    sums.series += count


def _maximise(old: Parameters, sums: _Moments) -> Parameters:
    return replace(
        old,
        intercept=old.intercept + sums.shift / sums.weight,
        noise=np.maximum(sums.noise / sums.observed, SMALLEST),
        effect=np.maximum(sums.effect / sums.dyads, SMALLEST),
        wander=np.maximum(sums.wander / (sums.dyads * (sums.periods - 1)), SMALLEST),
        innovation=_symmetric(sums.innovation / (sums.series * (sums.periods - 1))),
        initial=_symmetric(sums.initial / sums.series),
    )


def _symmetric(matrix: Floats) -> Floats:
    return (matrix + matrix.T) / 2


def _extrapolate(zero: Parameters, one: Parameters, two: Parameters, floor: Floats) -> Parameters:
    """The point that two EM steps head for (Varadhan and Roland 2008, scheme S3), on an unconstrained scale."""
    a, b, c = pack(zero), pack(one), pack(two)
    change, bend = b - a, (c - b) - (b - a)
    norm = float(np.sqrt((bend**2).sum()))
    length = -1.0 if norm == 0 else min(-1.0, -float(np.sqrt((change**2).sum())) / norm)
    ahead = unpack(a - 2 * length * change + length**2 * bend, two)
    return replace(ahead, wander=np.maximum(ahead.wander, floor))


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
