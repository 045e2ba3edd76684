"""Random numbers and draws: everything from the prior given the weights, and paths from the posterior.

Sizes as in :mod:`equidistance.models.kalman`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from equidistance.models.alignment import (
    Observations,
    Parameters,
    Weights,
    centred,
    noise_variance,
    observed_slots,
    prior_mean,
    smooth_columns,
)
from equidistance.models.kalman import (
    Booleans,
    Dynamics,
    Floats,
    Integers,
    Layout,
    accumulated,
    across_series,
)


@dataclass(frozen=True)
class Readings:
    """Which slots are readings of a series, and how own components' steps fall between them.

    Attributes:
        seen: (S, N) whether the series is observed at the slot.
        later: (S, N) whether it is, and was before, on the same indicator.
        months: (S, N) at a reading: months since the series' previous one of the indicator, or since month 0.
        owner: (S, N) slot of the series' next reading of the indicator, at or after this one; -1 when there is none.
    """

    seen: Booleans
    later: Booleans
    months: Integers
    owner: Integers

    def spread(self, values: Floats) -> Floats:
        """(S, N) what holds at readings, for all slots between a reading and the one before; 1 where there is none."""
        found = np.take_along_axis(values, np.maximum(self.owner, 0), axis=0)
        return np.where(self.owner >= 0, found, 1.0)


def readings(observations: Observations, when: Integers) -> Readings:
    """Readings at the slots of these observations (:func:`observed_slots`)."""
    seen = np.isfinite(observations.value[when[:, 1], when[:, 0]])
    later, months = np.zeros_like(seen), np.zeros(seen.shape, dtype=np.int64)
    owner = np.full(seen.shape, -1, dtype=np.int64)
    for k in np.unique(when[:, 1]):
        where = np.flatnonzero(when[:, 1] == k)
        there = seen[where]
        # latest reading before each slot, by its month (-1 before the first), and next reading at or after it
        month = np.maximum.accumulate(np.where(there, when[where, :1], -1), axis=0)
        before = np.concatenate([np.full((1, seen.shape[1]), -1), month[:-1]])
        later[where] = there & (before >= 0)
        months[where] = np.where(there, when[where, :1] - np.maximum(before, 0), 0)
        far = np.iinfo(np.int64).max
        following = np.minimum.accumulate(np.where(there, where[:, None], far)[::-1], axis=0)[::-1]
        owner[where] = np.where(following < far, following, -1)
    return Readings(seen, later, months, owner)


class Streams:
    """Random numbers for a batch of series: each block of series has a generator of its own.

    What a block draws depends on its own readings alone, so that a dyad's draws are the same whatever other dyads go
    through time with it.

    Args:
        generators: one for each of equally many series that stand side by side.
        seen: (S, N) whether a series is observed at a slot.
    """

    def __init__(self, generators: Sequence[np.random.Generator], seen: Booleans) -> None:
        self._generators, self._seen = generators, seen
        self._size = seen.shape[1] // len(generators)

    def _blocks(self) -> Iterator[tuple[np.random.Generator, slice]]:
        for i, generator in enumerate(self._generators):
            yield generator, slice(i * self._size, (i + 1) * self._size)

    def normal(self, *shape: int) -> Floats:
        """(*shape, N) standard normal numbers."""
        out = np.empty((*shape, self._seen.shape[1]))
        for generator, block in self._blocks():
            out[..., block] = generator.standard_normal((*shape, self._size))
        return out

    def gamma(self, form: float, rows: int) -> Floats:
        """(rows, N) gamma variables of scale 1."""
        out = np.empty((rows, self._seen.shape[1]))
        for generator, block in self._blocks():
            out[:, block] = generator.standard_gamma(form, (rows, self._size))
        return out

    def normal_at_readings(self, width: int) -> Floats:
        """(S, width, N) standard normal numbers, 0 at slots where the block is not observed."""
        out = np.zeros((self._seen.shape[0], width, self._seen.shape[1]))
        for generator, block in self._blocks():
            rows = np.flatnonzero(self._seen[:, block].any(axis=1))
            out[rows, :, block] = generator.standard_normal((len(rows), width, self._size))
        return out

    def gamma_at_readings(self, form: float) -> Floats:
        """(S, N) gamma variables of scale 1; 1 at slots where the block is not observed."""
        out = np.ones(self._seen.shape)
        for generator, block in self._blocks():
            rows = np.flatnonzero(self._seen[:, block].any(axis=1))
            out[rows, block] = generator.standard_gamma(form, (len(rows), self._size))
        return out


def draws(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    number: int,
    generator: np.random.Generator,
    weights: Weights | None = None,
) -> Floats:
    """Draws from the joint posterior of each dyad's path (simulation smoother, Durbin and Koopman 2002).

    Returns:
        (T, C, number, N).
    """
    when = observed_slots(observations)
    streams = Streams([generator], np.isfinite(observations.value[when[:, 1], when[:, 0]]))
    fake = simulate_prior(layout, observations, parameters, when, number, streams, weights)
    columns = centred(layout, observations, parameters, when)[:, None, :] - fake.data
    paths = accumulated(fake.innovation)
    paths += smooth_columns(layout, observations, parameters, columns, weights)
    paths += prior_mean(parameters)
    return paths


@dataclass(frozen=True)
class Simulated:
    """A draw from the prior, around 0.

    Attributes:
        innovation: (T, C, D, N) innovations; month 0 holds the first month's state.
        own: (S, D, N) at a reading: what the own component gathers since the series' previous one; 0 elsewhere.
        noise: (S, D, N) observation noise, 0 where missing.
        data: (S, D, N) the observations they make; of no meaning where missing.
    """

    innovation: Floats
    own: Floats
    noise: Floats
    data: Floats


def simulate_prior(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    when: Integers,
    number: int,
    streams: Streams,
    weights: Weights | None = None,
) -> Simulated:
    """Draw everything from the prior given the weights, at the slots of these observations."""
    periods = observations.value.shape[1]
    dynamics = parameters.weighted(weights)
    variance = noise_variance(observations, parameters, when, weights)
    read = readings(observations, when)
    steps = _simulate_steps(dynamics, streams.normal(periods, len(dynamics.initial), number))
    sums = accumulated(accumulated(steps.copy()))
    gathered = across_series(parameters.wander, 1)[when[:, 1]] * read.months
    if weights is not None:
        gathered = gathered / weights.own
    gathered += np.where(read.later, 0.0, across_series(parameters.effect, 1)[when[:, 1]])
    own = np.where(read.seen, np.sqrt(gathered), 0.0)[:, None, :] * streams.normal_at_readings(number)
    deviation = np.where(read.seen, np.sqrt(np.where(read.seen, variance, 0.0)), 0.0)
    noise = deviation[:, None, :] * streams.normal_at_readings(number)
    loading = across_series(parameters.loading, 1)
    effects = np.zeros((len(loading), *own.shape[1:]))
    data = np.empty_like(noise)
    for s, (t, k) in enumerate(when):
        channel, span = layout.channel[k], layout.span[k]
        seen = sums[t, channel] - (sums[t - span, channel] if t >= span else 0.0)
        effects[k] += own[s]
        data[s] = loading[k] * seen / span + effects[k] + noise[s]
    return Simulated(steps, own, noise, data)


def _simulate_steps(dynamics: Dynamics, white: Floats) -> Floats:
    """(T, C, D, N) innovations made of white noise of that shape; month 0 holds the first month's state."""
    first, later = _root(dynamics.initial), _root(dynamics.innovation)
    steps = np.zeros_like(white)
    for c in range(white.shape[1]):
        for d in range(c + 1):
            steps[1:, c] += later[c, d] * white[1:, d]
            steps[0, c] += first[c, d] * white[0, d]
    if dynamics.stretch is not None:
        steps[1:] *= np.sqrt(dynamics.stretch)[1:, None, None, :]
    return steps


def _root(matrix: Floats) -> Floats:
    """(C, C, 1 or N) Cholesky factors."""
    each: Floats = np.moveaxis(across_series(matrix, 2), 2, 0)
    factors: Floats = np.asarray(np.linalg.cholesky(each), dtype=np.float64)
    return np.moveaxis(factors, 0, 2)
