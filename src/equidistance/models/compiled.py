"""The smoother of :mod:`equidistance.models.kalman` for very many dyads: a few side by side at a time, compiled.

In a panel of all dyads most (month, indicator) pairs are empty for most dyads. The smoother of arrays walks through a
month of all dyads at once and pays for every pair that any of them has; this one walks through the readings of a few
dyads that show the same indicators, with a state that holds the own components of these alone, each from its first
reading to its last. The few dyads fill a processor's wide registers (:mod:`equidistance.models.lanes`). It is the same
arithmetic in another order, and equal to it to rounding (``tests/test_compiled.py``). The dyads of an assessment, with
many members each, share their pattern and stay with the arrays, which need no compiler.

Sizes as in :mod:`equidistance.models.kalman`, and R readings of all N series together, series by series and by time.
Parameters are shared by all series. The loops are in :mod:`equidistance.models.passes`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equidistance.models import kernels, passes
from equidistance.models.alignment import (
    Observations,
    Parameters,
    Posterior,
    Weights,
    chunks,
    observed_slots,
    prior_mean,
)
from equidistance.models.kalman import Floats, Integers, Layout
from equidistance.models.kernels import Abreast, Model
from equidistance.models.lanes import LANES
from equidistance.models.mixture import NOISY_ROUNDS, START_ROUNDS
from equidistance.models.passes import Readings, ReadingWeights
from equidistance.models.sampling import readings

_kernels: Any = kernels  # compiled functions have no types
_passes: Any = passes


@dataclass(frozen=True)
class Packed:
    """Readings without the gaps between them.

    Attributes:
        start: (N + 1,) where each series' readings begin; the last entry is R.
        readings: of all series.
        abreast: the order in which they are gone through.
        periods: T.
    """

    start: Integers
    readings: Readings
    abreast: Abreast
    periods: int

    @property
    def series(self) -> int:
        """N."""
        return len(self.start) - 1


@dataclass(frozen=True)
class Sums:
    """What EM and scores need of each series.

    Attributes:
        observed: (N, K) number of readings.
        weight: (N, K) sums of the readings' precisions.
        residual: (N, K) sums of smoothing errors ``u``.
        beyond: (N, K) expected squares of the noise beyond the standard errors.
        pull: (N, K) sums of ``(u^2 - var u) / noise weight``.
        first: (N, K) of the first reading: second moment of the own component's score, less its variance.
        steps: (N, K) the same summed over months, over the own weight.
        initial: (N, C, C) second moment of the score of month 0, less its variance.
        innovation: (N, C, C) the same of the later months, over their weights.
        log_likelihood: (N,).
    """

    observed: Floats
    weight: Floats
    residual: Floats
    beyond: Floats
    pull: Floats
    first: Floats
    steps: Floats
    initial: Floats
    innovation: Floats
    log_likelihood: Floats


@dataclass(frozen=True)
class Squares:
    """:class:`equidistance.models.mixture.Disturbances` without gaps: (N, T), (R,) and (R,)."""

    innovation: Floats
    own: Floats
    noise: Floats


def pack(layout: Layout, observations: Observations) -> Packed:
    """Leave the gaps out."""
    value, error = observations.value, observations.error
    start, month, indicator, flat, variance = _kernels.gather(value, error)
    K, periods = value.shape[:2]
    first, months = _kernels.since(start, month, indicator, K)
    readings = Readings(month, indicator, flat, variance, first, months)
    return Packed(start, readings, _abreast(layout, start, readings), periods)


def _abreast(layout: Layout, start: Integers, readings: Readings) -> Abreast:
    """Groups of series that show the same indicators about equally often, so that few lanes lie idle."""
    K, N = len(layout.channel), len(start) - 1
    of = np.repeat(np.arange(N), np.diff(start))
    counts = np.bincount(of * K + readings.indicator, minlength=N * K).reshape(N, K)
    shown = counts > 0
    order = np.lexsort((counts.sum(axis=1), *shown.T[np.argsort(shown.sum(axis=0), kind="stable")]))
    series = np.full((-(-N // LANES), LANES), -1)
    series.ravel()[:N] = order
    begin, month, indicator, reading = _kernels.side_by_side(series, start, readings.month, readings.indicator, K)
    return Abreast(series, begin, month, indicator, reading, *_kernels.seated(begin, indicator, layout.own, K))


def ones(packed: Packed) -> ReadingWeights:
    """Weights of 1: the normal model."""
    count = len(packed.readings.month)
    return ReadingWeights(np.ones((packed.series, packed.periods)), np.ones(count), np.ones(count))


def pack_weights(
    packed: Packed, observations: Observations, weights: Sequence[Weights] | None
) -> ReadingWeights:
    """Weights of the readings alone, from those of every slot of each chunk of dyads; 1 when there are none."""
    if weights is None:
        return ones(packed)
    out = ones(packed)
    for dyads, given in chunks(packed.series, weights):
        assert given is not None
        rows = slice(int(packed.start[dyads.start]), int(packed.start[dyads.stop]))
        slot, series = _places(packed, observations.select(dyads), dyads)
        out.innovation[dyads] = given.innovation.T
        out.own[rows], out.noise[rows] = given.own[slot, series], given.noise[slot, series]
    return out


def unpack_weights(packed: Packed, observations: Observations, weights: ReadingWeights) -> tuple[Weights, ...]:
    """Weights of every slot, one for each chunk of dyads."""
    out = []
    for dyads, _ in chunks(packed.series):
        part = observations.select(dyads)
        when = observed_slots(part)
        rows = slice(int(packed.start[dyads.start]), int(packed.start[dyads.stop]))
        slot, series = _places(packed, part, dyads)
        own, noise = np.ones((2, len(when), part.value.shape[2]))
        own[slot, series], noise[slot, series] = weights.own[rows], weights.noise[rows]
        innovation = np.ascontiguousarray(weights.innovation[dyads].T)
        out.append(Weights(innovation, readings(part, when).spread(own), noise))
    return tuple(out)


def _places(packed: Packed, part: Observations, dyads: slice) -> tuple[Integers, Integers]:
    """Slot and series of each reading of a chunk."""
    when = observed_slots(part)
    place = np.zeros((part.value.shape[1], part.value.shape[0]), dtype=np.int64)
    place[when[:, 0], when[:, 1]] = np.arange(len(when))
    rows = slice(int(packed.start[dyads.start]), int(packed.start[dyads.stop]))
    counts = np.diff(packed.start[dyads.start : dyads.stop + 1])
    slot = place[packed.readings.month[rows], packed.readings.indicator[rows]]
    return slot, np.repeat(np.arange(len(counts)), counts)


def select(
    layout: Layout, packed: Packed, weights: ReadingWeights, chosen: Integers
) -> tuple[Packed, ReadingWeights]:
    """The same of some series."""
    counts = np.diff(packed.start)[chosen]
    begin = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(packed.start[chosen] - begin[:-1], counts) + np.arange(begin[-1])
    readings = Readings(*(part[rows] for part in packed.readings))
    return (
        Packed(begin, readings, _abreast(layout, begin, readings), packed.periods),
        ReadingWeights(weights.innovation[chosen], weights.own[rows], weights.noise[rows]),
    )


def sums(
    layout: Layout, packed: Packed, parameters: Parameters, weights: ReadingWeights | None = None
) -> Sums:
    """One pass: what EM and scores need of each series."""
    given = weights or ones(packed)
    K, N, C = len(layout.channel), packed.series, layout.channels
    by_indicator = np.zeros((7, N, K))
    initial, innovation = np.zeros((2, N, C, C))
    log_likelihood = np.zeros(N)
    _passes.add_sums(
        _readings(packed, parameters),
        packed.abreast,
        _model(layout, packed.periods, parameters),
        given,
        by_indicator,
        initial,
        innovation,
        log_likelihood,
    )
    observed, weight, residual, beyond, pull, first, steps = by_indicator
    return Sums(
        observed, weight, residual, beyond, pull, first, steps, initial, innovation, log_likelihood
    )


def smooth(
    layout: Layout, packed: Packed, parameters: Parameters, weights: ReadingWeights | None = None
) -> Posterior:
    """Posterior of the latent states of every dyad, as :func:`equidistance.models.alignment.smooth`."""
    given = weights or ones(packed)
    C = layout.channels
    mean = np.zeros((packed.series, packed.periods, C))
    covariance = np.zeros((packed.series, packed.periods, C, C))
    _passes.smooth(
        _readings(packed, parameters),
        packed.abreast,
        _model(layout, packed.periods, parameters),
        given,
        mean,
        covariance,
    )
    return Posterior(
        np.moveaxis(mean, 0, 2)[:, :, None, :] + prior_mean(parameters), np.moveaxis(covariance, 0, 3)
    )


def start(
    layout: Layout,
    packed: Packed,
    parameters: Parameters,
    generator: np.random.Generator,
) -> ReadingWeights:
    """Weights to start a chain of each series from, as :func:`equidistance.models.mixture.start`."""
    weights = ones(packed)
    for i in range(START_ROUNDS + NOISY_ROUNDS):
        squares = _expected_squares(layout, packed, parameters, weights)
        weights = _weights(packed, parameters, squares, _expected)
        if i < START_ROUNDS:
            weights = weights._replace(noise=np.ones_like(weights.noise))
    return _draw(
        packed, parameters, _expected_squares(layout, packed, parameters, weights), generator
    )


def sweep(
    layout: Layout,
    packed: Packed,
    parameters: Parameters,
    weights: ReadingWeights,
    generator: np.random.Generator,
) -> ReadingWeights:
    """One Gibbs sweep, as :func:`equidistance.models.mixture.sweep`."""
    return _draw(
        packed,
        parameters,
        _sampled_squares(layout, packed, parameters, weights, generator),
        generator,
    )


def _sampled_squares(
    layout: Layout,
    packed: Packed,
    parameters: Parameters,
    weights: ReadingWeights,
    generator: np.random.Generator,
) -> Squares:
    count = len(packed.readings.month)
    squares = _empty_squares(packed)
    _passes.sampled_squares(
        _readings(packed, parameters),
        packed.abreast,
        _model(layout, packed.periods, parameters),
        weights,
        generator.standard_normal((packed.series, packed.periods, layout.channels)),
        generator.standard_normal(count),
        generator.standard_normal(count),
        squares.innovation,
        squares.own,
        squares.noise,
    )
    return squares


def _draw(
    packed: Packed, parameters: Parameters, squares: Squares, generator: np.random.Generator
) -> ReadingWeights:
    def drawn(degrees: float, number: int, square: Floats) -> Floats:
        gamma: Floats = generator.standard_gamma((degrees + number) / 2, square.shape)
        return gamma / ((degrees + square) / 2)

    return _weights(packed, parameters, squares, drawn)


def _expected(degrees: float, number: int, square: Floats) -> Floats:
    return (degrees + number) / (degrees + square)


def _weights(
    packed: Packed, parameters: Parameters, squares: Squares, weight: Callable[[float, int, Floats], Floats]
) -> ReadingWeights:
    """Weights of all disturbances, each by its degrees of freedom, the number of its elements and its square."""
    tails = parameters.tails

    def heavy(degrees: float, number: int, square: Floats) -> Floats:
        return weight(degrees, number, square) if np.isfinite(degrees) else np.ones_like(square)

    return ReadingWeights(
        heavy(tails.innovation, len(parameters.mean), squares.innovation),
        np.where(packed.readings.first, tails.before_first, heavy(tails.own, 1, squares.own)),
        heavy(tails.noise, 1, squares.noise),
    )


def _expected_squares(
    layout: Layout, packed: Packed, parameters: Parameters, weights: ReadingWeights
) -> Squares:
    squares = _empty_squares(packed)
    _passes.expected_squares(
        _readings(packed, parameters),
        packed.abreast,
        _model(layout, packed.periods, parameters),
        weights,
        squares.innovation,
        squares.own,
        squares.noise,
    )
    return squares


def _empty_squares(packed: Packed) -> Squares:
    count = len(packed.readings.month)
    return Squares(np.zeros((packed.series, packed.periods)), np.zeros(count), np.zeros(count))


def _readings(packed: Packed, parameters: Parameters) -> Readings:
    """The readings with what their standard errors are to the noise's scale."""
    return packed.readings._replace(error=parameters.tails.error_share * packed.readings.error)


def _model(layout: Layout, periods: int, parameters: Parameters) -> Model:
    running = layout.accumulators
    channel = np.array([c for c, _ in running], dtype=np.int64)
    span = np.array([s for _, s in running], dtype=np.int64)
    opens = np.arange(periods)[:, None] % span[None, :] == 0
    centre = parameters.intercept + parameters.loading * parameters.mean[layout.channel]
    return Model(
        channel,
        opens,
        layout.channel,
        layout.span,
        layout.position,
        np.ascontiguousarray(parameters.loading / layout.span),
        centre,
        np.ascontiguousarray(parameters.noise),
        np.ascontiguousarray(parameters.effect),
        np.ascontiguousarray(parameters.wander),
        np.ascontiguousarray(parameters.innovation),
        np.ascontiguousarray(parameters.initial),
    )
