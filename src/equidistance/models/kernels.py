"""Compiled recursions: the filter and the disturbance smoother of one series, and how its readings lie side by side.

They are those of :mod:`equidistance.models.kalman`, element by element; sizes as there and in
:mod:`equidistance.models.compiled`. Two things differ from there. Of the covariances between the channels' part of
the state and own components only the channels' rows are kept, never the columns, so that a month without readings
costs a few rows. And the posterior covariance of a month comes from the next month's: x_t-1 = x_t - eta_t, so that
Var x_t-1 = Var x_t - Cov(x_t, eta_t) - Cov(eta_t, x_t) + Var eta_t, where eta_t has Q with the channels and 0 with
the rest before the data, and what the data take off is that times the smoother's information.
"""

import math

import numba
import numpy as np

from equidistance.models.normal import compiled

_LOG_CIRCLE = math.log(2 * math.pi)

quick = numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
"""As ``compiled``, and sums may be taken in any order, which lets the processor take several at once."""


@compiled
def gather(value, error):  # type: ignore[no-untyped-def]
    """Readings series by series from (K, T, N): start, month, indicator, value, squared error."""
    K, T, N = value.shape
    start = np.zeros(N + 1, np.int64)
    for k in range(K):
        for t in range(T):
            for n in range(N):
                if math.isfinite(value[k, t, n]):
                    start[n + 1] += 1
    for n in range(N):
        start[n + 1] += start[n]
    count = start[N]
    month, indicator = np.empty(count, np.int64), np.empty(count, np.int64)
    flat, variance = np.empty(count), np.empty(count)
    place = start[:N].copy()
    for t in range(T):
        for k in range(K):
            for n in range(N):
                if math.isfinite(value[k, t, n]):
                    r = place[n]
                    month[r], indicator[r] = t, k
                    flat[r], variance[r] = value[k, t, n], error[k, t, n] ** 2
                    place[n] = r + 1
    return start, month, indicator, flat, variance


@compiled
def seated(start, month, indicator, own, K):  # type: ignore[no-untyped-def]
    """Where own components stand, as :func:`equidistance.models.kalman.seat` for each series alone."""
    count = len(month)
    element, size, months = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    first, last = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    seat, latest, final = np.empty(K, np.int64), np.empty(K, np.int64), np.empty(K, np.int64)
    taken = np.empty(K, np.bool_)
    for n in range(len(start) - 1):
        seat[:], latest[:], taken[:] = -1, 0, False
        for r in range(start[n], start[n + 1]):
            final[indicator[r]] = r
        top = 0
        for r in range(start[n], start[n + 1]):
            k = indicator[r]
            if seat[k] < 0:
                first[r] = True
                i = 0
                while taken[i]:
                    i += 1
                taken[i], seat[k] = True, i
                top = max(top, i + 1)
            element[r], size[r] = own + seat[k], own + top
            months[r], latest[k] = month[r] - latest[k], month[r]
            if final[k] == r:
                last[r], taken[seat[k]] = True, False
                while top > 0 and not taken[top - 1]:
                    top -= 1
    return element, size, first, last, months


@quick
def forward(  # type: ignore[no-untyped-def]
    T, month, indicator, element, size, last, running, opens, position, weight, innovation, initial,
    given, data, variance, steps, cov, state, shared, errors, precision, gain, kept, width,
):
    """Filter one series; months after the last reading are left out unless covariances are kept. Log likelihood."""
    C, count = len(initial), len(month)
    own, keep = C + len(running), len(kept) > 0
    cov[:], state[:] = 0.0, 0.0
    used, r, total = own, 0, 0.0
    for t in range(T if keep else month[count - 1] + 1):
        for c in range(C):
            for d in range(C):
                cov[c, d] += initial[c, d] if t == 0 else innovation[c, d] / given[t]
        if keep:
            width[t] = used
            for c in range(C):
                for j in range(used):
                    kept[t, c, j] = cov[c, j]
        for i in range(len(running)):
            c, e = running[i], C + i
            if opens[t, i]:
                state[e] = state[c]
                for j in range(used):
                    cov[e, j] = cov[c, j]
                for j in range(own):
                    cov[j, e] = cov[j, c]
            else:
                state[e] += state[c]
                for j in range(used):
                    cov[e, j] += cov[c, j]
                for j in range(own):
                    cov[j, e] += cov[j, c]
        while r < count and month[r] == t:
            k, o, used = indicator[r], element[r], size[r]
            p, a = position[k], weight[k]
            cov[o, o] += steps[r]
            for j in range(own):
                shared[j] = a * cov[p, j] + cov[j, o]
            for j in range(own, used):
                shared[j] = a * cov[p, j] + cov[o, j]
            inverse = 1.0 / (a * shared[p] + shared[o] + variance[r])
            error = data[r] - a * state[p] - state[o]
            for j in range(used):
                gain[r, j] = shared[j] * inverse
                state[j] += gain[r, j] * error
            for i in range(own):
                g = gain[r, i]
                for j in range(used):
                    cov[i, j] -= g * shared[j]
            for i in range(own, used):
                g = gain[r, i]
                for j in range(own, used):
                    cov[i, j] -= g * shared[j]
            if last[r]:
                state[o] = 0.0
                for j in range(own, used):
                    cov[o, j] = 0.0
                for j in range(used):
                    cov[j, o] = 0.0
            errors[r], precision[r] = error, inverse
            total -= 0.5 * (_LOG_CIRCLE - math.log(inverse) + error * error * inverse)
            r += 1
    return total


@quick
def backward(  # type: ignore[no-untyped-def]
    T, month, indicator, element, size, first, running, opens, position, weight, errors, precision, gain,
    vector, n, n_gain, innovation, given, cov, kept, width, residual, residual_precision, own_score,
    own_information, score, information, covariance,
):
    """Smooth one series; fills ``covariance`` (T, C, C) where the filter kept its own, of which ``cov`` is the last."""
    C, count = score.shape[1], len(month)
    own, keep = C + len(running), len(kept) > 0
    vector[:], n[:] = 0.0, 0.0
    r, used = count - 1, own
    last_month = month[count - 1] if count else -1
    if keep:
        for c in range(C):
            for d in range(C):
                covariance[T - 1, c, d] = cov[c, d]
    for t in range(T - 1, -1, -1):
        if t > last_month:
            for c in range(C):
                score[t, c] = 0.0
                for d in range(C):
                    information[t, c, d] = 0.0
                    if keep and t > 0:
                        covariance[t - 1, c, d] = covariance[t, c, d] - innovation[c, d] / given[t]
            continue
        while r >= 0 and month[r] == t:
            k, o, used = indicator[r], element[r], size[r]
            p, a = position[k], weight[k]
            for j in range(used):
                n_gain[j] = 0.0
            for i in range(own):
                g = gain[r, i]
                for j in range(used):
                    n_gain[j] += g * n[i, j]
            for i in range(own):
                rest = 0.0
                for j in range(own, used):
                    rest += n[i, j] * gain[r, j]
                n_gain[i] += rest
            for i in range(own, used):
                g = gain[r, i]
                for j in range(own, used):
                    n_gain[j] += g * n[i, j]
            along, pull = 0.0, precision[r]
            for j in range(used):
                along += gain[r, j] * vector[j]
                pull += gain[r, j] * n_gain[j]
            u = errors[r] * precision[r] - along
            vector[p] += a * u
            vector[o] += u
            for j in range(used):
                n[p, j] -= a * n_gain[j]
            for j in range(own):
                n[j, p] -= a * n_gain[j]
                n[j, o] -= n_gain[j]
            for j in range(own, used):
                n[o, j] -= n_gain[j]
                n[j, o] -= n_gain[j]
            n[p, p] += a * a * pull
            n[p, o] += a * pull
            n[o, o] += pull
            residual[r], residual_precision[r] = u, pull
            own_score[r], own_information[r] = vector[o], n[o, o]
            if first[r]:
                vector[o] = 0.0
                for j in range(own, used):
                    n[o, j] = 0.0
                for j in range(used):
                    n[j, o] = 0.0
            r -= 1
        for i in range(len(running) - 1, -1, -1):
            c, e = running[i], C + i
            vector[c] += vector[e]
            for j in range(used):
                n[c, j] += n[e, j]
            for j in range(own):
                n[j, c] += n[j, e]
            if opens[t, i]:
                vector[e] = 0.0
                for j in range(used):
                    n[e, j] = 0.0
                for j in range(own):
                    n[j, e] = 0.0
        for c in range(C):
            score[t, c] = vector[c]
            for d in range(C):
                information[t, c, d] = n[c, d]
        if keep and t > 0:
            for c in range(C):  # what the data take off Cov(x_t, .), times the information: element (c, d)
                for d in range(C):
                    taken = 0.0
                    for j in range(width[t]):
                        taken += kept[t, c, j] * n[d, j]
                    n_gain[c * C + d] = taken
            for c in range(C):
                for d in range(C):
                    change = -innovation[c, d] / given[t]
                    for e in range(C):
                        step, other = innovation[e, d] / given[t], innovation[c, e] / given[t]
                        change += n_gain[c * C + e] * step + n_gain[d * C + e] * other
                        for f in range(C):
                            change -= other * n[e, f] * innovation[f, d] / given[t]
                    covariance[t - 1, c, d] = covariance[t, c, d] + change


@compiled
def prepare(  # type: ignore[no-untyped-def]
    low, high, indicator, value, error, first, months, centre, noise, effect, wander, own, loud, data, variance, steps
):
    """One series' readings around 0, their variances, and those of what own components gather, given the weights."""
    for r in range(low, high):
        k = indicator[r]
        data[r - low] = value[r] - centre[k]
        variance[r - low] = (error[r] + noise[k]) / loud[r]
        steps[r - low] = wander[k] * months[r] / own[r] + (effect[k] if first[r] else 0.0)


@compiled
def sizes(start, size, own):  # type: ignore[no-untyped-def]
    """Most readings of a series, and largest state."""
    longest, largest = 1, own
    for n in range(len(start) - 1):
        longest = max(longest, start[n + 1] - start[n])
    for r in range(len(size)):
        largest = max(largest, size[r])
    return longest, largest
