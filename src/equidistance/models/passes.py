"""Compiled passes over all series: what :mod:`equidistance.models.compiled` asks for, by the recursions of ``kernels``.

Every pass takes the readings (``start`` to ``months``), the model (``running`` to ``initial``) and the weights, in this
order, and fills the arrays that come last. numba keeps compiled code by the time of the file it stands in: after a
change of ``kernels.py`` this file must be newer than what was kept.
"""

import math

import numpy as np

from equidistance.models.kernels import backward, forward, prepare, sizes
from equidistance.models.normal import compiled


@compiled
def _room(start, size, T, C, runs):  # type: ignore[no-untyped-def]
    """Work space of a pass: of the state, of a series' readings (9 rows), and what the smoother says of each month."""
    longest, M = sizes(start, size, max(C + runs, C * C))
    state = (np.empty((M, M)), np.empty((M, M)), np.empty((longest, M)), np.empty(M), np.empty(M))
    return state, np.empty((9, longest)), np.empty((T, C)), np.empty((T, C, C))


@compiled
def _through(  # type: ignore[no-untyped-def]
    low, high, month, indicator, element, size, first, last, running, opens, position, weight,
    innovation, initial, given, room, rows, kept, width, score, information, covariance,
):
    """Filter and smoother of one series, whose prepared readings stand in ``rows``. Log likelihood."""
    T = len(opens)
    cov, n, gain, state, shared = room
    data, variance, steps, errors, precision, u, u_variance, s, s_variance = rows
    log_likelihood = forward(
        T, month[low:high], indicator[low:high], element[low:high], size[low:high], last[low:high],
        running, opens, position, weight, innovation, initial, given, data, variance, steps,
        cov, state, shared, errors, precision, gain, kept, width,
    )
    backward(
        T, month[low:high], indicator[low:high], element[low:high], size[low:high], first[low:high],
        running, opens, position, weight, errors, precision, gain, state, n, shared, innovation, given,
        cov, kept, width,
        u, u_variance, s, s_variance, score, information, covariance,
    )
    return log_likelihood


@compiled
def add_sums(  # type: ignore[no-untyped-def]
    start, month, indicator, value, error, element, size, first, last, months,
    running, opens, channel, span, position, weight, centre, noise, effect, wander, innovation, initial,
    given, own, loud, by_indicator, at_start, moving, log_likelihood,
):
    """Fill what :class:`equidistance.models.compiled.Sums` holds."""
    T, C = len(opens), len(initial)
    room, rows, score, information = _room(start, size, T, C, len(running))
    data, variance, steps, _, _, u, u_variance, s, s_variance = rows
    nothing, width = np.empty((0, C, len(room[3]))), np.empty(0, np.int64)
    for i in range(len(start) - 1):
        low, high = start[i], start[i + 1]
        if low == high:
            continue
        prepare(
            low, high, indicator, value, error, first, months, centre, noise, effect, wander, own, loud,
            data, variance, steps,
        )
        log_likelihood[i] = _through(
            low, high, month, indicator, element, size, first, last, running, opens, position, weight,
            innovation, initial, given[i], room, rows, nothing, width, score, information, information,
        )
        for r in range(low, high):
            k, v, j = indicator[r], variance[r - low], r - low
            pull = u[j] * u[j] - u_variance[j]
            # the noise is the source's error plus the indicator's own; what is expected of the latter, given their sum
            share = noise[k] / (v * loud[r])
            second = s[j] * s[j] - s_variance[j]
            by_indicator[0, i, k] += 1.0
            by_indicator[1, i, k] += 1.0 / v
            by_indicator[2, i, k] += u[j]
            by_indicator[3, i, k] += share * share * loud[r] * (v + v * v * pull) + noise[k] * (1.0 - share)
            by_indicator[4, i, k] += pull / loud[r]
            if first[r]:
                by_indicator[5, i, k] += second
            by_indicator[6, i, k] += second / own[r] * months[r]
        for c in range(C):
            for d in range(C):
                at_start[i, c, d] = score[0, c] * score[0, d] - information[0, c, d]
                total = 0.0
                for t in range(1, month[high - 1] + 1):
                    total += (score[t, c] * score[t, d] - information[t, c, d]) / given[i, t]
                moving[i, c, d] = total


@compiled
def smooth(  # type: ignore[no-untyped-def]
    start, month, indicator, value, error, element, size, first, last, months,
    running, opens, channel, span, position, weight, centre, noise, effect, wander, innovation, initial,
    given, own, loud, mean, covariance,
):
    """Fill posterior means (N, T, C), around 0, and covariances (N, T, C, C)."""
    T, C = len(opens), len(initial)
    room, rows, score, information = _room(start, size, T, C, len(running))
    data, variance, steps = rows[:3]
    kept, width = np.empty((T, C, len(room[3]))), np.empty(T, np.int64)
    for i in range(len(start) - 1):
        low, high = start[i], start[i + 1]
        prepare(
            low, high, indicator, value, error, first, months, centre, noise, effect, wander, own, loud,
            data, variance, steps,
        )
        _through(
            low, high, month, indicator, element, size, first, last, running, opens, position, weight,
            innovation, initial, given[i], room, rows, kept, width, score, information, covariance[i],
        )
        for t in range(T):
            for c in range(C):
                step = 0.0
                for d in range(C):
                    step += (initial[c, d] if t == 0 else innovation[c, d] / given[i, t]) * score[t, d]
                mean[i, t, c] = step + (mean[i, t - 1, c] if t > 0 else 0.0)


@compiled
def expected_squares(  # type: ignore[no-untyped-def]
    start, month, indicator, value, error, element, size, first, last, months,
    running, opens, channel, span, position, weight, centre, noise, effect, wander, innovation, initial,
    given, own, loud, moving, walking, noisy,
):
    """Fill expected squares of the disturbances in units of their scale, given weights."""
    T, C = len(opens), len(initial)
    room, rows, score, information = _room(start, size, T, C, len(running))
    data, variance, steps, _, _, u, u_variance, s, s_variance = rows
    nothing, width = np.empty((0, C, len(room[3]))), np.empty(0, np.int64)
    for i in range(len(start) - 1):
        low, high = start[i], start[i + 1]
        score[:], information[:] = 0.0, 0.0
        if low < high:
            prepare(
                low, high, indicator, value, error, first, months, centre, noise, effect, wander, own, loud,
                data, variance, steps,
            )
            _through(
                low, high, month, indicator, element, size, first, last, running, opens, position, weight,
                innovation, initial, given[i], room, rows, nothing, width, score, information, information,
            )
        for t in range(T):
            total = C / given[i, t]
            for c in range(C):
                for d in range(C):
                    square = score[t, c] * score[t, d] - information[t, c, d]
                    total += innovation[c, d] * square / (given[i, t] * given[i, t])
            moving[i, t] = max(total, 0.0)
        for r in range(low, high):
            k, j = indicator[r], r - low
            step = wander[k] * months[r] / own[r]
            walking[r] = 0.0 if first[r] else max((1 + step * (s[j] * s[j] - s_variance[j])) / own[r], 0.0)
            noisy[r] = (1 + variance[j] * (u[j] * u[j] - u_variance[j])) / loud[r]


@compiled
def sampled_squares(  # type: ignore[no-untyped-def]
    start, month, indicator, value, error, element, size, first, last, months,
    running, opens, channel, span, position, weight, centre, noise, effect, wander, innovation, initial,
    given, own, loud, white, own_white, noise_white, moving, walking, noisy,
):
    """Fill squares of the disturbances of one draw given weights and data, made of white noise."""
    T, C, K = len(opens), len(initial), len(centre)
    room, rows, score, information = _room(start, size, T, C, len(running))
    data, variance, steps, _, _, u, _, s, _ = rows
    nothing, width = np.empty((0, C, len(room[3]))), np.empty(0, np.int64)
    root, start_root, inverse = np.linalg.cholesky(innovation), np.linalg.cholesky(initial), np.linalg.inv(innovation)
    eta, sums, path, effects = np.empty((T, C)), np.zeros((T + 1, C)), np.empty(C), np.empty(K)
    for i in range(len(start) - 1):
        low, high = start[i], start[i + 1]
        prepare(
            low, high, indicator, value, error, first, months, centre, noise, effect, wander, own, loud,
            data, variance, steps,
        )
        path[:], effects[:] = 0.0, 0.0
        for t in range(T):
            scale = 1.0 / math.sqrt(given[i, t])
            for c in range(C):
                step = 0.0
                for d in range(c + 1):
                    step += (start_root[c, d] if t == 0 else root[c, d] * scale) * white[i, t, d]
                eta[t, c] = step
                path[c] += step
                sums[t + 1, c] = sums[t, c] + path[c]
        for r in range(low, high):
            k, t, j = indicator[r], month[r], r - low
            c = channel[k]
            seen = sums[t + 1, c] - sums[max(t + 1 - span[k], 0), c]
            own_fake, noise_fake = math.sqrt(steps[j]) * own_white[r], math.sqrt(variance[j]) * noise_white[r]
            effects[k] += own_fake
            walking[r], noisy[r] = own_fake, noise_fake
            data[j] = data[j] - weight[k] * seen - effects[k] - noise_fake
        if low < high:
            _through(
                low, high, month, indicator, element, size, first, last, running, opens, position, weight,
                innovation, initial, given[i], room, rows, nothing, width, score, information, information,
            )
        else:
            score[:] = 0.0
        moving[i, 0] = 0.0
        for t in range(1, T):
            for c in range(C):
                for d in range(C):
                    eta[t, c] += innovation[c, d] / given[i, t] * score[t, d]
            total = 0.0
            for c in range(C):
                for d in range(C):
                    total += inverse[c, d] * eta[t, c] * eta[t, d]
            moving[i, t] = total
        for r in range(low, high):
            k, j = indicator[r], r - low
            step = wander[k] * months[r]
            moved = walking[r] + step / own[r] * s[j]
            walking[r] = 0.0 if first[r] else moved * moved / step
            left = noisy[r] + variance[j] * u[j]
            noisy[r] = left * left / (variance[j] * loud[r])
