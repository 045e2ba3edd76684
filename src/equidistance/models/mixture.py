"""Student-t tails: weights of the scale mixture, drawn by Gibbs sampling, and the mixture of smoothers they make.

Given its weights a Student-t model is a normal one (:class:`equidistance.models.alignment.Weights`), and given the
disturbances the weights are independent gamma variables. So a sweep draws all disturbances with a simulation smoother
and then all weights (Carlin, Polson and Stoffer 1992). Many short chains go through time together as further series:
where a year's reading leaves open in which month a jump happened, chains settle on different months, which one long
chain would not do in any reasonable time.

An own component's step between two readings of its indicator has one weight: nothing tells the months in between apart.

Sizes as in :mod:`equidistance.models.kalman`.
"""

from dataclasses import dataclass, replace

import numpy as np

from equidistance.models.alignment import (
    Observations,
    Parameters,
    Weights,
    centred,
    noise_variance,
    observed_slots,
)
from equidistance.models.kalman import (
    Backward,
    Floats,
    Integers,
    Layout,
    across_series,
    backward,
    forward,
    innovations,
)
from equidistance.models.sampling import Streams, readings, simulate_prior

START_ROUNDS, NOISY_ROUNDS = 4, 2
"""Mean-field rounds that find a starting point for the chains: with normal noise first, so that the values beside a
jump do not become outliers before the steps have found it, then with Student-t noise."""


@dataclass(frozen=True)
class Disturbances:
    """Squares of the disturbances in units of their scale: what the weights depend on.

    Attributes:
        innovation: (T, N) ``eta' Q^-1 eta``; month 0 is not used.
        own: (S, N) squared step over its variance at each reading but a series' first; not used elsewhere.
        noise: (S, N) squared noise over its variance where observed; not used elsewhere.
    """

    innovation: Floats
    own: Floats
    noise: Floats


def ones(observations: Observations) -> Weights:
    """Weights of 1: the normal model."""
    count = len(observed_slots(observations))
    periods, series = observations.value.shape[1:]
    return Weights(np.ones((periods, series)), np.ones((count, series)), np.ones((count, series)))


def start(
    layout: Layout,
    observations: Observations,
    batch: Observations,
    parameters: Parameters,
    wide: Parameters,
    streams: Streams,
) -> Weights:
    """Weights to start chains from: one draw for each chain from a mean-field approximation of their posterior.

    Args:
        layout: what each indicator sees.
        observations: of P dyads.
        batch: the same, each dyad once for each of its chains.
        parameters: shared parameters to approximate with.
        wide: shared parameters of each chain.
        streams: random numbers for the chains.
    """
    weights = typical(layout, observations, parameters)
    squares = _second_moments(layout, observations, parameters, weights)
    times = batch.value.shape[2] // observations.value.shape[2]
    every = Disturbances(
        *(np.repeat(one, times, axis=1) for one in (squares.innovation, squares.own, squares.noise))
    )
    return draw(batch, wide, every, streams)


def typical(layout: Layout, observations: Observations, parameters: Parameters) -> Weights:
    """Mean-field expectations of the weights: one smoother in the place of many, for means of very many dyads."""
    weights = ones(observations)
    for i in range(START_ROUNDS + NOISY_ROUNDS):
        weights = _expected(
            observations, parameters, _second_moments(layout, observations, parameters, weights)
        )
        if i < START_ROUNDS:
            weights = replace(weights, noise=np.ones_like(weights.noise))
    return weights


def sweep(
    layout: Layout, observations: Observations, parameters: Parameters, weights: Weights, streams: Streams
) -> Weights:
    """One Gibbs sweep: all disturbances given the weights, then all weights given the disturbances."""
    return draw(
        observations, parameters, _sampled(layout, observations, parameters, weights, streams), streams
    )


def draw(
    observations: Observations, parameters: Parameters, squares: Disturbances, streams: Streams
) -> Weights:
    """Draw all weights given the disturbances: independent gamma variables."""
    tails, C = parameters.tails, len(parameters.mean)
    when = observed_slots(observations)
    read = readings(observations, when)
    innovation, own, noise = (
        np.ones_like(squares.innovation),
        np.ones_like(squares.own),
        np.ones_like(squares.noise),
    )
    if np.isfinite(tails.innovation):
        shape = (tails.innovation + C) / 2
        innovation = streams.gamma(shape, len(innovation)) / ((tails.innovation + squares.innovation) / 2)
    if np.isfinite(tails.own):
        drawn = streams.gamma_at_readings((tails.own + 1) / 2) / ((tails.own + squares.own) / 2)
        own = read.spread(np.where(read.later, drawn, tails.before_first))
    if np.isfinite(tails.noise):
        drawn = streams.gamma_at_readings((tails.noise + 1) / 2) / ((tails.noise + squares.noise) / 2)
        noise = np.where(read.seen, drawn, 1.0)
    return Weights(innovation, own, noise)


def prior_weights(observations: Observations, parameters: Parameters, streams: Streams) -> Weights:
    """Draw weights before seeing any value: for simulation."""
    tails = parameters.tails
    empty = ones(observations)
    innovation, own, noise = empty.innovation, empty.own, empty.noise
    read = readings(observations, observed_slots(observations))
    if np.isfinite(tails.innovation):
        innovation = streams.gamma(tails.innovation / 2, len(innovation)) / (tails.innovation / 2)
    if np.isfinite(tails.own):
        drawn = streams.gamma_at_readings(tails.own / 2) / (tails.own / 2)
        own = read.spread(np.where(read.later, drawn, tails.before_first))
    if np.isfinite(tails.noise):
        noise = np.where(read.seen, streams.gamma_at_readings(tails.noise / 2) / (tails.noise / 2), 1.0)
    return Weights(innovation, own, noise)


def _expected(observations: Observations, parameters: Parameters, squares: Disturbances) -> Weights:
    """Mean-field expectations of the weights."""
    tails, C = parameters.tails, len(parameters.mean)
    read = readings(observations, observed_slots(observations))

    def mean(degrees: float, size: int, square: Floats) -> Floats:
        return (degrees + size) / (degrees + square) if np.isfinite(degrees) else np.ones_like(square)

    own = np.where(read.later, mean(tails.own, 1, squares.own), tails.before_first)
    return Weights(
        mean(tails.innovation, C, squares.innovation),
        read.spread(own),
        np.where(read.seen, mean(tails.noise, 1, squares.noise), 1.0),
    )


def _second_moments(
    layout: Layout, observations: Observations, parameters: Parameters, weights: Weights
) -> Disturbances:
    """Expected squares of the disturbances given weights."""
    when = observed_slots(observations)
    read = readings(observations, when)
    data = centred(layout, observations, parameters, when)[:, None, :]
    back, variance = _smoothed(layout, observations, parameters, weights, when, data)
    C, Q = len(parameters.mean), across_series(parameters.innovation, 2)
    score, stretch = back.score[:, :, 0], 1 / weights.innovation
    spread = sum(Q[c, d] * back.information[:, c, d] for c in range(C) for d in range(C))
    pull = sum(Q[c, d] * score[:, c] * score[:, d] for c in range(C) for d in range(C))
    innovation = C * stretch + stretch**2 * (pull - spread)
    step = across_series(parameters.wander, 1)[when[:, 1]] * read.months
    own = (1 + step / weights.own * (back.own_score[:, 0] ** 2 - back.own_information)) / weights.own
    seen = read.seen
    variance = np.where(seen, variance, 1.0)
    noise = (1 + variance * (back.residual[:, 0] ** 2 - back.residual_precision)) / weights.noise
    return Disturbances(
        np.maximum(innovation, 0.0),
        np.where(read.later, np.maximum(own, 0.0), 0.0),
        np.where(seen, noise, 0.0),
    )


def _sampled(
    layout: Layout, observations: Observations, parameters: Parameters, weights: Weights, streams: Streams
) -> Disturbances:
    """Squares of the disturbances of one draw given weights and data."""
    when = observed_slots(observations)
    read = readings(observations, when)
    fake = simulate_prior(layout, observations, parameters, when, 1, streams, weights)
    columns = centred(layout, observations, parameters, when)[:, None, :] - fake.data
    back, variance = _smoothed(layout, observations, parameters, weights, when, columns)
    eta = (fake.innovation + innovations(back.score, parameters.weighted(weights)))[:, :, 0]
    inverse = np.linalg.inv(np.moveaxis(across_series(parameters.innovation, 2), 2, 0))
    C = eta.shape[1]
    innovation = np.zeros_like(weights.innovation)
    for c in range(C):
        for d in range(C):
            innovation += inverse[:, c, d] * eta[:, c] * eta[:, d]
    step = across_series(parameters.wander, 1)[when[:, 1]] * read.months
    moved = fake.own[:, 0] + step / weights.own * back.own_score[:, 0]
    noise = fake.noise[:, 0] + np.where(read.seen, variance, 0.0) * back.residual[:, 0]
    base = np.where(read.seen, variance * weights.noise, 1.0)
    own = np.where(read.later, moved**2 / np.where(read.later, step, 1.0), 0.0)
    return Disturbances(innovation, own, noise**2 / base)


def _smoothed(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    weights: Weights,
    when: Integers,
    columns: Floats,
) -> tuple[Backward, Floats]:
    periods = observations.value.shape[1]
    variance = noise_variance(observations, parameters, when, weights)
    dynamics = parameters.weighted(weights)
    filtered = forward(layout, dynamics, when, columns, variance, periods=periods)
    return backward(layout, dynamics, when, filtered, periods=periods), variance
