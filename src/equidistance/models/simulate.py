"""Simulated dyads from the measurement model, with a given pattern of missing data: for recovery and calibration."""

import numpy as np

from equidistance.models.alignment import Observations, Parameters, share_of_variance
from equidistance.models.kalman import Floats, Layout


def simulate(
    layout: Layout, parameters: Parameters, pattern: Observations, generator: np.random.Generator
) -> tuple[Observations, Floats]:
    """One data set drawn from the model, month by month.

    Args:
        layout: what each indicator sees.
        parameters: the true shared parameters.
        pattern: where values are missing (NaN), and the standard errors; its values are not used.
        generator: source of randomness.

    Returns:
        The observations, and the true states, (T, C, N).
    """
    K, periods, series = pattern.value.shape
    tails = parameters.tails
    steps = generator.standard_normal((periods, len(parameters.mean), series))
    steps[0] = np.linalg.cholesky(parameters.initial) @ steps[0]
    steps[1:] = np.linalg.cholesky(parameters.innovation) @ steps[1:]
    steps[1:] *= _stretch(tails.innovation, (periods - 1, 1, series), generator)
    paths = np.cumsum(steps, axis=0) + parameters.mean[None, :, None]
    sums = np.concatenate([np.zeros_like(paths[:1]), np.cumsum(paths, axis=0)])
    scale = np.repeat(np.sqrt(parameters.wander)[:, None], periods, axis=1)[:, :, None]
    scale = scale * _between_readings(np.isfinite(pattern.value), tails.own, generator)
    scale[:, 0] = np.sqrt(parameters.effect)[:, None]
    effects = np.cumsum(scale * generator.standard_normal((K, periods, series)), axis=1)
    value = np.full((K, periods, series), np.nan)
    for k in range(K):
        channel, span = int(layout.channel[k]), int(layout.span[k])
        ends = np.arange(span - 1, periods, span)
        seen = (sums[ends + 1, channel] - sums[ends + 1 - span, channel]) / span
        spread = np.sqrt(tails.error_share * pattern.error[k, ends] ** 2 + parameters.noise[k])
        noise = spread * generator.standard_normal(seen.shape) * _stretch(tails.noise, seen.shape, generator)
        value[k, ends] = parameters.intercept[k] + parameters.loading[k] * seen + effects[k, ends] + noise
    value[~np.isfinite(pattern.value)] = np.nan
    return Observations(value, pattern.error), paths


def _stretch(degrees: float, shape: tuple[int, ...], generator: np.random.Generator) -> Floats:
    """What makes normal variables Student-t ones."""
    if not np.isfinite(degrees):
        return np.ones(shape)
    return np.sqrt(degrees / generator.chisquare(degrees, shape))


def _between_readings(seen: Floats, degrees: float, generator: np.random.Generator) -> Floats:
    """(K, T, N) one number for all months between two readings of an indicator, constant before the first.

    The months before a first reading are many steps together: normal, with the variance of Student-t ones.
    """
    constant = 1 / np.sqrt(share_of_variance(degrees))
    stretch = np.where(seen, _stretch(degrees, seen.shape, generator), 1.0)
    stretch[:, :1] = 1.0
    first = np.maximum.accumulate(seen, axis=1)
    started = np.concatenate(
        [np.zeros_like(first[:, :1]), first[:, :-1]], axis=1
    )  # a reading came before this month
    out = np.ones(seen.shape)
    following = np.ones((seen.shape[0], seen.shape[2]))
    for t in range(seen.shape[1] - 1, -1, -1):
        following = np.where(seen[:, t], stretch[:, t], following)
        out[:, t] = np.where(started[:, t], following, constant)
    return out
