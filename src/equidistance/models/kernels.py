"""Compiled recursions: filter and disturbance smoother of a group of series, and how their readings lie side by side.

They are those of :mod:`equidistance.models.kalman`, element by element, for as many series at once as there are lanes;
sizes as there and in :mod:`equidistance.models.compiled`. Where one of the series lacks a reading that another has, it
gets one of infinite variance, which changes nothing. Two things differ from there. Of the covariances between the
channels' part of the state and own components only the channels' rows are kept, never the columns, and of those among
own components only the upper half. And the posterior covariance of a month comes from the next month's:
x_t-1 = x_t - eta_t, so that Var x_t-1 = Var x_t - Cov(x_t, eta_t) - Cov(eta_t, x_t) + Var eta_t, where eta_t has Q with
the channels and 0 with the rest before the data, and what the data take off is that times the smoother's information.
"""

import math
from typing import NamedTuple

import numpy as np

from equidistance.models.compiling import compiled
from equidistance.models.kalman import Booleans, Floats, Integers
from equidistance.models.lanes import (
    LANES,
    add,
    add_dot,
    add_scaled,
    add_times,
    clear,
    copy,
    copy_scaled,
    copy_times,
    invert,
    take,
    take_scaled,
    take_times,
)


class Abreast(NamedTuple):
    """How the readings of series that are smoothed together lie side by side: G groups, S readings of any of them.

    Attributes:
        series: (G, LANES) number of each; -1 in a lane that lies idle.
        start: (G + 1,) where each group's readings begin; the last entry is S.
        month, indicator: (S,) of each.
        reading: (S, LANES) number of the series' reading; -1 where it has none.
        element: (S,) state element of the indicator's own component.
        size: (S,) number of state elements in use.
        first, last: (S,) whether it is the group's first, its last, of the indicator.
    """

    series: Integers
    start: Integers
    month: Integers
    indicator: Integers
    reading: Integers
    element: Integers
    size: Integers
    first: Booleans
    last: Booleans


class Model(NamedTuple):
    """What a pass takes of layout and parameters.

    Attributes:
        running: (A,) channel of each accumulator.
        opens: (T, A) whether it starts anew in the month.
        channel, span: (K,) as in the layout.
        position: (K,) state element that the indicator sees.
        weight: (K,) its loading, over the months of its span.
        centre: (K,) value at the alignments' prior means.
        noise, effect, wander, innovation, initial: as in the parameters.
    """

    running: Integers
    opens: Booleans
    channel: Integers
    span: Integers
    position: Integers
    weight: Floats
    centre: Floats
    noise: Floats
    effect: Floats
    wander: Floats
    innovation: Floats
    initial: Floats


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
def since(start, month, indicator, K):  # type: ignore[no-untyped-def]
    """Of each reading: is it its series' first of the indicator, and months since the one before (or month 0)."""
    first, months = np.zeros(len(month), np.bool_), np.empty(len(month), np.int64)
    latest, seen = np.empty(K, np.int64), np.empty(K, np.bool_)
    for n in range(len(start) - 1):
        latest[:], seen[:] = 0, False
        for r in range(start[n], start[n + 1]):
            k = indicator[r]
            first[r], months[r] = not seen[k], month[r] - latest[k]
            latest[k], seen[k] = month[r], True
    return first, months


@compiled
def side_by_side(series, start, month, indicator, K):  # type: ignore[no-untyped-def]
    """The readings of each group of series (G, LANES) in one order: start, month, indicator, reading of each lane."""
    G, count, none = len(series), 0, np.int64(2) ** 62
    begin, at = np.zeros(G + 1, np.int64), np.empty(LANES, np.int64)
    when, what = np.empty(len(month), np.int64), np.empty(len(month), np.int64)
    reading = np.full((len(month), LANES), -1)
    for g in range(G):
        for lane in range(LANES):
            at[lane] = start[series[g, lane]] if series[g, lane] >= 0 else 0
        while True:
            nearest = none
            for lane in range(LANES):
                r, n = at[lane], series[g, lane]
                if n >= 0 and r < start[n + 1]:
                    nearest = min(nearest, month[r] * K + indicator[r])
            if nearest == none:
                break
            when[count], what[count] = nearest // K, nearest % K
            for lane in range(LANES):
                r, n = at[lane], series[g, lane]
                if n >= 0 and r < start[n + 1] and month[r] * K + indicator[r] == nearest:
                    reading[count, lane] = r
                    at[lane] += 1
            count += 1
        begin[g + 1] = count
    return begin, when[:count].copy(), what[:count].copy(), reading[:count].copy()


@compiled
def seated(begin, indicator, own, K):  # type: ignore[no-untyped-def]
    """Where own components stand, as :func:`equidistance.models.kalman.seat` for each group alone."""
    count = len(indicator)
    element, size = np.empty(count, np.int64), np.empty(count, np.int64)
    first, last = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    seat, final = np.empty(K, np.int64), np.empty(K, np.int64)
    taken = np.empty(K, np.bool_)
    for g in range(len(begin) - 1):
        seat[:], taken[:] = -1, False
        for s in range(begin[g], begin[g + 1]):
            final[indicator[s]] = s
        top = 0
        for s in range(begin[g], begin[g + 1]):
            k = indicator[s]
            if seat[k] < 0:
                first[s] = True
                i = 0
                while taken[i]:
                    i += 1
                taken[i], seat[k] = True, i
                top = max(top, i + 1)
            element[s], size[s] = own + seat[k], own + top
            if final[k] == s:
                last[s], taken[seat[k]] = True, False
                while top > 0 and not taken[top - 1]:
                    top -= 1
    return element, size, first, last


@compiled
def forward(  # type: ignore[no-untyped-def]
    group, model, given, data, variance, steps, cov, state, shared, errors, precision, gain, kept, width
):
    """Filter a group (one entry of :class:`Abreast`); months after its last reading only if covariances are kept.

    ``given`` holds 1 over the innovations' weights of each month, and 1 for month 0.
    """
    month, position, weight, running = group.month, model.position, model.weight, model.running
    T, C, count = len(model.opens), len(model.initial), len(month)
    own, keep = C + len(running), len(kept) > 0
    M = len(state) // LANES
    cov[:], state[:] = 0.0, 0.0
    used, s = own, 0
    for t in range(T if keep else month[count - 1] + 1):
        for c in range(C):
            for d in range(C):
                add_scaled(cov, c * M + d, model.initial[c, d] if t == 0 else model.innovation[c, d], given, t, 1)
        if keep:
            width[t] = used
            for c in range(C):
                copy(kept, (t * C + c) * M, cov, c * M, used)
        for i in range(len(running)):
            c, e = running[i], C + i
            if model.opens[t, i]:
                copy(state, e, state, c, 1)
                copy(cov, e * M, cov, c * M, used)
                for j in range(own):
                    copy(cov, j * M + e, cov, j * M + c, 1)
            else:
                add(state, e, state, c, 1)
                add(cov, e * M, cov, c * M, used)
                for j in range(own):
                    add(cov, j * M + e, cov, j * M + c, 1)
        while s < count and month[s] == t:
            k, o, used = group.indicator[s], group.element[s], group.size[s]
            p, a, row = position[k], weight[k], s * M
            add(cov, o * M + o, steps, s, 1)
            copy_scaled(shared, 0, a, cov, p * M, used)
            for j in range(o):
                add(shared, j, cov, j * M + o, 1)
            add(shared, o, cov, o * M + o, used - o)
            copy(precision, s, variance, s, 1)
            add(precision, s, shared, o, 1)
            add_scaled(precision, s, a, shared, p, 1)
            invert(precision, s, 1)
            copy(errors, s, data, s, 1)
            take(errors, s, state, o, 1)
            take_scaled(errors, s, a, state, p, 1)
            copy_times(gain, row, precision, s, shared, 0, used)
            add_times(state, 0, errors, s, gain, row, used)
            for i in range(own):
                take_times(cov, i * M, gain, row + i, shared, 0, used)
            for i in range(own, used):
                take_times(cov, i * M + i, gain, row + i, shared, i, used - i)
            if group.last[s]:
                clear(state, o, 1)
                for j in range(o):
                    clear(cov, j * M + o, 1)
                clear(cov, o * M + o, used - o)
            s += 1


@compiled
def backward(  # type: ignore[no-untyped-def]
    group, model, given, errors, precision, gain, vector, n, n_gain, cov, kept, width,
    residual, residual_precision, own_score, own_information, score, information, covariance,
):
    """Smooth a group; fills ``covariance`` (T, C, C) where the filter kept its own, of which ``cov`` is the last."""
    month, position, weight, running = group.month, model.position, model.weight, model.running
    T, C, count = len(model.opens), len(model.initial), len(month)
    own, keep = C + len(running), len(kept) > 0
    M = len(vector) // LANES
    vector[:], n[:] = 0.0, 0.0
    scratch = np.empty((1 + 3 * C * C) * LANES)
    along, taken, change, through = 0, 1, 1 + C * C, 1 + 2 * C * C
    s, used = count - 1, own
    last_month = month[count - 1] if count else -1
    if keep:
        for c in range(C):
            copy(covariance, ((T - 1) * C + c) * C, cov, c * M, C)
    for t in range(T - 1, -1, -1):
        while s >= 0 and month[s] == t:
            k, o, used = group.indicator[s], group.element[s], group.size[s]
            p, a, row = position[k], weight[k], s * M
            clear(n_gain, 0, used)
            for i in range(own):
                add_times(n_gain, 0, gain, row + i, n, i * M, used)
                add_dot(n_gain, i, n, i * M + own, gain, row + own, used - own)
            for i in range(own, used):
                add_times(n_gain, i, gain, row + i, n, i * M + i, used - i)
                add_dot(n_gain, i, n, i * M + i + 1, gain, row + i + 1, used - i - 1)
            clear(scratch, along, 1)
            add_dot(scratch, along, gain, row, vector, 0, used)
            copy_times(residual, s, errors, s, precision, s, 1)
            take(residual, s, scratch, along, 1)
            copy(residual_precision, s, precision, s, 1)
            add_dot(residual_precision, s, gain, row, n_gain, 0, used)
            add_scaled(vector, p, a, residual, s, 1)
            add(vector, o, residual, s, 1)
            take_scaled(n, p * M, a, n_gain, 0, used)
            for j in range(own):
                take_scaled(n, j * M + p, a, n_gain, j, 1)
            for j in range(o):
                take(n, j * M + o, n_gain, j, 1)
            take(n, o * M + o, n_gain, o, used - o)
            take(n, o * M + o, n_gain, o, 1)
            add_scaled(n, p * M + p, a * a, residual_precision, s, 1)
            add_scaled(n, p * M + o, a, residual_precision, s, 1)
            add(n, o * M + o, residual_precision, s, 1)
            copy(own_score, s, vector, o, 1)
            copy(own_information, s, n, o * M + o, 1)
            if group.first[s]:
                clear(vector, o, 1)
                for j in range(o):
                    clear(n, j * M + o, 1)
                clear(n, o * M + o, used - o)
            s -= 1
        if t <= last_month:
            for i in range(len(running) - 1, -1, -1):
                c, e = running[i], C + i
                add(vector, c, vector, e, 1)
                add(n, c * M, n, e * M, used)
                for j in range(own):
                    add(n, j * M + c, n, j * M + e, 1)
                if model.opens[t, i]:
                    clear(vector, e, 1)
                    clear(n, e * M, used)
                    for j in range(own):
                        clear(n, j * M + e, 1)
        copy(score, t * C, vector, 0, C)
        for c in range(C):
            copy(information, (t * C + c) * C, n, c * M, C)
        if keep and t > 0:
            _earlier(C, M, t, model.innovation, given, n, kept, width[t], scratch, taken, change, through, covariance)


@compiled
def _earlier(  # type: ignore[no-untyped-def]
    C, M, t, innovation, given, n, kept, width, scratch, taken, change, through, covariance
):
    """The posterior covariance of month ``t - 1`` from that of ``t``."""
    clear(scratch, taken, 3 * C * C)
    for c in range(C):  # what the data take off Cov(x_t, .), times the information: element (c, d)
        for d in range(C):
            add_dot(scratch, taken + c * C + d, kept, (t * C + c) * M, n, d * M, width)
            for e in range(C):
                add_scaled(scratch, through + c * C + d, innovation[c, e], n, e * M + d, 1)
    for c in range(C):
        copy(covariance, ((t - 1) * C + c) * C, covariance, (t * C + c) * C, C)
        for d in range(C):
            here = change + c * C + d
            for e in range(C):
                add_scaled(scratch, here, -innovation[e, d], scratch, through + c * C + e, 1)
            copy_times(scratch, here, given, t, scratch, here, 1)
            for e in range(C):
                add_scaled(scratch, here, innovation[e, d], scratch, taken + c * C + e, 1)
                add_scaled(scratch, here, innovation[c, e], scratch, taken + d * C + e, 1)
            goal = ((t - 1) * C + c) * C + d
            add_times(covariance, goal, given, t, scratch, here, 1)
            add_scaled(covariance, goal, -innovation[c, d], given, t, 1)
