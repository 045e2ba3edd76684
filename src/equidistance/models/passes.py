"""Compiled passes over all series: what :mod:`equidistance.models.compiled` asks for, by the recursions of ``kernels``.

Every pass takes the readings, how they lie side by side, the model and the weights, and fills the arrays that come
last.
"""

import math
from typing import NamedTuple

import numpy as np

from equidistance.models.compiling import compiled
from equidistance.models.kalman import Booleans, Floats, Integers
from equidistance.models.kernels import Abreast, backward, forward
from equidistance.models.lanes import LANES


class Readings(NamedTuple):
    """R readings, series by series and by time.

    Attributes:
        month, indicator: (R,) of each.
        value: (R,) what was read.
        error: (R,) variance by the standard error.
        first: (R,) whether it is the series' first of the indicator.
        months: (R,) months since the series' previous reading of the indicator, or since month 0.
    """

    month: Integers
    indicator: Integers
    value: Floats
    error: Floats
    first: Booleans
    months: Integers


class ReadingWeights(NamedTuple):
    """:class:`equidistance.models.alignment.Weights` without gaps.

    Attributes:
        innovation: (N, T).
        own: (R,) of the step since the series' previous reading of the indicator; 1 at the first.
        noise: (R,).
    """

    innovation: Floats
    own: Floats
    noise: Floats


@compiled
def _room(beside, T, C, runs):  # type: ignore[no-untyped-def]
    """Work space of a pass: for the state, for a group's readings (9 rows), and of three kinds for its months."""
    longest, M = 1, C + runs
    for g in range(len(beside.series)):
        longest = max(longest, beside.start[g + 1] - beside.start[g])
    for s in range(len(beside.size)):
        M = max(M, beside.size[s])
    square, row = M * M * LANES, M * LANES
    state = np.empty(square), np.empty(square), np.empty(longest * row), np.empty(row), np.empty(row)
    months = np.empty(T * C * LANES), np.empty(T * C * C * LANES), np.empty(T * LANES)
    return state, np.empty((9, longest * LANES)), months


@compiled
def _prepare(g, readings, beside, model, weights, rows, easing):  # type: ignore[no-untyped-def]
    """A group's readings around 0, their variances, and those of what own components gather, given the weights.

    A lane without a reading gets one of infinite variance. ``easing`` is 1 over the innovations' weights.
    """
    data, variance, steps = rows[0], rows[1], rows[2]
    low = beside.start[g]
    for s in range(low, beside.start[g + 1]):
        for lane in range(LANES):
            r, x = beside.reading[s, lane], (s - low) * LANES + lane
            if r < 0:
                data[x], variance[x], steps[x] = 0.0, np.inf, 0.0
            else:
                k = readings.indicator[r]
                data[x] = readings.value[r] - model.centre[k]
                variance[x] = (readings.error[r] + model.noise[k]) / weights.noise[r]
                steps[x] = model.wander[k] * readings.months[r] / weights.own[r]
                if readings.first[r]:
                    steps[x] += model.effect[k]
    for lane in range(LANES):
        n = beside.series[g, lane]
        easing[lane] = 1.0
        for t in range(1, len(easing) // LANES):
            easing[t * LANES + lane] = 1.0 / weights.innovation[n, t] if n >= 0 else 1.0


@compiled
def _through(  # type: ignore[no-untyped-def]
    g, beside, model, easing, room, rows, kept, width, score, information, covariance
):
    """Filter and smoother of one group, whose prepared readings stand in ``rows``."""
    here = slice(beside.start[g], beside.start[g + 1])
    group = Abreast(
        beside.series, beside.start, beside.month[here], beside.indicator[here], beside.reading[here],
        beside.element[here], beside.size[here], beside.first[here], beside.last[here],
    )
    if len(group.month) == 0 and len(kept) == 0:
        score[:], information[:] = 0.0, 0.0
        return
    cov, n, gain, state, shared = room
    data, variance, steps, errors, precision, u, u_variance, own_score, own_information = rows
    forward(group, model, easing, data, variance, steps, cov, state, shared, errors, precision, gain, kept, width)
    backward(
        group, model, easing, errors, precision, gain, state, n, shared, cov, kept, width,
        u, u_variance, own_score, own_information, score, information, covariance,
    )


@compiled
def add_sums(  # type: ignore[no-untyped-def]
    readings, beside, model, weights, by_indicator, at_start, moving, log_likelihood
):
    """Fill what :class:`equidistance.models.compiled.Sums` holds."""
    T, C = len(model.opens), len(model.initial)
    room, rows, (score, information, easing) = _room(beside, T, C, len(model.running))
    _, variance, _, errors, precision, u, u_variance, own, own_information = rows
    nothing, width, log_circle = np.empty(0), np.empty(0, np.int64), math.log(2 * math.pi)
    for g in range(len(beside.series)):
        _prepare(g, readings, beside, model, weights, rows, easing)
        _through(g, beside, model, easing, room, rows, nothing, width, score, information, information)
        low = beside.start[g]
        for s in range(low, beside.start[g + 1]):
            k = beside.indicator[s]
            for lane in range(LANES):
                r, x, n = beside.reading[s, lane], (s - low) * LANES + lane, beside.series[g, lane]
                if r < 0:
                    continue
                v, loud = variance[x], weights.noise[r]
                pull = u[x] * u[x] - u_variance[x]
                # the noise is the source's error plus the indicator's own: the latter's share, given the sum
                share = model.noise[k] / (v * loud)
                second = own[x] * own[x] - own_information[x]
                by_indicator[0, n, k] += 1.0
                by_indicator[1, n, k] += 1.0 / v
                by_indicator[2, n, k] += u[x]
                by_indicator[3, n, k] += share * share * loud * (v + v * v * pull) + model.noise[k] * (1.0 - share)
                by_indicator[4, n, k] += pull / loud
                if readings.first[r]:
                    by_indicator[5, n, k] += second
                by_indicator[6, n, k] += second / weights.own[r] * readings.months[r]
                log_likelihood[n] -= 0.5 * (log_circle - math.log(precision[x]) + errors[x] ** 2 * precision[x])
        for lane in range(LANES):
            n = beside.series[g, lane]
            if n < 0:
                continue
            for c in range(C):
                for d in range(C):
                    at_start[n, c, d] = _square(score, information, 0, c, d, C, lane)
                    total = 0.0
                    for t in range(1, T):
                        total += _square(score, information, t, c, d, C, lane) * easing[t * LANES + lane]
                    moving[n, c, d] = total


@compiled
def _square(score, information, t, c, d, C, lane):  # type: ignore[no-untyped-def]
    """Product of two elements of a month's score, less their covariance."""
    a, b = score[(t * C + c) * LANES + lane], score[(t * C + d) * LANES + lane]
    return a * b - information[((t * C + c) * C + d) * LANES + lane]


@compiled
def smooth(readings, beside, model, weights, mean, covariance):  # type: ignore[no-untyped-def]
    """Fill posterior means (N, T, C), around 0, and covariances (N, T, C, C)."""
    T, C = len(model.opens), len(model.initial)
    room, rows, (score, information, easing) = _room(beside, T, C, len(model.running))
    row = len(room[3])
    kept, width, group = np.empty(T * C * row), np.empty(T, np.int64), np.empty(T * C * C * LANES)
    for g in range(len(beside.series)):
        _prepare(g, readings, beside, model, weights, rows, easing)
        _through(g, beside, model, easing, room, rows, kept, width, score, information, group)
        for lane in range(LANES):
            n = beside.series[g, lane]
            if n < 0:
                continue
            for t in range(T):
                for c in range(C):
                    step = 0.0
                    for d in range(C):
                        moved = model.initial[c, d] if t == 0 else model.innovation[c, d] * easing[t * LANES + lane]
                        step += moved * score[(t * C + d) * LANES + lane]
                        covariance[n, t, c, d] = group[((t * C + c) * C + d) * LANES + lane]
                    mean[n, t, c] = step + (mean[n, t - 1, c] if t > 0 else 0.0)


@compiled
def expected_squares(readings, beside, model, weights, moving, walking, noisy):  # type: ignore[no-untyped-def]
    """Fill expected squares of the disturbances in units of their scale, given weights."""
    T, C = len(model.opens), len(model.initial)
    room, rows, (score, information, easing) = _room(beside, T, C, len(model.running))
    _, variance, _, _, _, u, u_variance, own, own_information = rows
    nothing, width = np.empty(0), np.empty(0, np.int64)
    for g in range(len(beside.series)):
        _prepare(g, readings, beside, model, weights, rows, easing)
        _through(g, beside, model, easing, room, rows, nothing, width, score, information, information)
        for lane in range(LANES):
            n = beside.series[g, lane]
            if n < 0:
                continue
            for t in range(T):
                ease = easing[t * LANES + lane]
                total = C * ease
                for c in range(C):
                    for d in range(C):
                        square = _square(score, information, t, c, d, C, lane)
                        total += model.innovation[c, d] * square * ease * ease
                moving[n, t] = max(total, 0.0)
        low = beside.start[g]
        for s in range(low, beside.start[g + 1]):
            for lane in range(LANES):
                r, x = beside.reading[s, lane], (s - low) * LANES + lane
                if r < 0:
                    continue
                step = model.wander[beside.indicator[s]] * readings.months[r] / weights.own[r]
                square = (1 + step * (own[x] * own[x] - own_information[x])) / weights.own[r]
                walking[r] = 0.0 if readings.first[r] else max(square, 0.0)
                noisy[r] = (1 + variance[x] * (u[x] * u[x] - u_variance[x])) / weights.noise[r]


@compiled
def sampled_squares(  # type: ignore[no-untyped-def]
    readings, beside, model, weights, white, own_white, noise_white, moving, walking, noisy
):
    """Fill squares of the disturbances of one draw given weights and data, made of white noise."""
    T, C, K = len(model.opens), len(model.initial), len(model.centre)
    room, rows, (score, information, easing) = _room(beside, T, C, len(model.running))
    data, variance, steps, _, _, u, _, own, _ = rows
    nothing, width = np.empty(0), np.empty(0, np.int64)
    innovation, inverse = model.innovation, np.linalg.inv(model.innovation)
    root, start_root = np.linalg.cholesky(innovation), np.linalg.cholesky(model.initial)
    eta, sums, path = np.empty((LANES, T, C)), np.zeros((LANES, T + 1, C)), np.empty(C)
    effects = np.empty((LANES, K))
    for g in range(len(beside.series)):
        _prepare(g, readings, beside, model, weights, rows, easing)
        low, high = beside.start[g], beside.start[g + 1]
        for lane in range(LANES):
            n = beside.series[g, lane]
            path[:], effects[lane] = 0.0, 0.0
            for t in range(T if n >= 0 else 0):
                scale = math.sqrt(easing[t * LANES + lane])
                for c in range(C):
                    step = 0.0
                    for d in range(c + 1):
                        step += (start_root[c, d] if t == 0 else root[c, d] * scale) * white[n, t, d]
                    eta[lane, t, c] = step
                    path[c] += step
                    sums[lane, t + 1, c] = sums[lane, t, c] + path[c]
        for s in range(low, high):
            k, t = beside.indicator[s], beside.month[s]
            c, before = model.channel[k], max(t + 1 - model.span[k], 0)
            for lane in range(LANES):
                r, x = beside.reading[s, lane], (s - low) * LANES + lane
                if r >= 0:
                    seen = sums[lane, t + 1, c] - sums[lane, before, c]
                    walking[r], noisy[r] = math.sqrt(steps[x]) * own_white[r], math.sqrt(variance[x]) * noise_white[r]
                    effects[lane, k] += walking[r]
                    data[x] -= model.weight[k] * seen + effects[lane, k] + noisy[r]
        _through(g, beside, model, easing, room, rows, nothing, width, score, information, information)
        for lane in range(LANES):
            n = beside.series[g, lane]
            if n < 0:
                continue
            moving[n, 0] = 0.0
            for t in range(1, T):
                for c in range(C):
                    for d in range(C):
                        moved = innovation[c, d] * easing[t * LANES + lane]
                        eta[lane, t, c] += moved * score[(t * C + d) * LANES + lane]
                total = 0.0
                for c in range(C):
                    for d in range(C):
                        total += inverse[c, d] * eta[lane, t, c] * eta[lane, t, d]
                moving[n, t] = total
        for s in range(low, high):
            for lane in range(LANES):
                r, x = beside.reading[s, lane], (s - low) * LANES + lane
                if r >= 0:
                    step = model.wander[beside.indicator[s]] * readings.months[r]
                    moved = walking[r] + step / weights.own[r] * own[x]
                    walking[r] = 0.0 if readings.first[r] else moved * moved / step
                    left = noisy[r] + variance[x] * u[x]
                    noisy[r] = left * left / (variance[x] * weights.noise[r])
