"""Simulated dyads from the measurement model, with a given pattern of missing data: for recovery and calibration."""

import numpy as np

from equidistance.models.alignment import Observations, Parameters, simulate_paths
from equidistance.models.kalman import Floats, Layout


def simulate(
    layout: Layout, parameters: Parameters, pattern: Observations, generator: np.random.Generator
) -> tuple[Observations, Floats]:
    """One data set drawn from the model.

    Args:
        layout: what each indicator sees.
        parameters: the true shared parameters.
        pattern: where values are missing (NaN), and the standard errors; its values are not used.
        generator: source of randomness.

    Returns:
        The observations, and the true states, (T, C, N).
    """
    K, periods, series = pattern.value.shape
    paths = (
        simulate_paths(parameters, periods, 1, series, generator)[:, :, 0] + parameters.mean[None, :, None]
    )
    sums = np.concatenate([np.zeros_like(paths[:1]), np.cumsum(paths, axis=0)])
    scale = np.repeat(np.sqrt(parameters.wander)[:, None], periods, axis=1)
    scale[:, 0] = np.sqrt(parameters.effect)
    effects = np.cumsum(scale[:, :, None] * generator.standard_normal((K, periods, series)), axis=1)
    value = np.full((K, periods, series), np.nan)
    for k in range(K):
        channel, span = int(layout.channel[k]), int(layout.span[k])
        ends = np.arange(span - 1, periods, span)
        seen = (sums[ends + 1, channel] - sums[ends + 1 - span, channel]) / span
        spread = np.sqrt(pattern.error[k, ends] ** 2 + parameters.noise[k])
        noise = spread * generator.standard_normal(seen.shape)
        value[k, ends] = parameters.intercept[k] + parameters.loading[k] * seen + effects[k, ends] + noise
    value[~np.isfinite(pattern.value)] = np.nan
    return Observations(value, pattern.error), paths
