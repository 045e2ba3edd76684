"""A batched Kalman smoother for correlated random walks observed monthly or as averages over a period.

Arrays in, arrays out. Notation and sizes used throughout:

- ``T`` months, ``C`` latent channels, ``K`` indicators, ``N`` series (dyads) that share every parameter;
- a *slot* is a pair (month, indicator) at which at least one series is observed; there are ``S``, in time order;
- ``D`` data columns: the smoother is linear in the data, so any number of data sets with the same missing pattern
  go through it at once (the data, simulated data for posterior draws, the data one record at a time).

The latent process is ``x_t = x_{t-1} + eta_t`` with ``eta_t ~ N(0, Q)`` and ``x_0 ~ N(0, P)``. An indicator with
span 1 sees ``loading * x_{c,t}``; one with span ``s`` sees ``loading`` times the mean of ``x_c`` over the ``s`` months
that end with its slot (an accumulator in the state, Harvey 1989, section 6.3). Besides, each indicator has a component
of its own, a random walk that nothing else sees (constant when its variance is 0). Observations enter one at a time
(Durbin and Koopman 2012, section 6.4), so no matrix is ever inverted, and all series go through time together. The
backward pass is the disturbance smoother of Koopman (1993).

Heavy tails are scale mixtures of normals: given its weights a Student-t model is this one with the variances of each
month's innovation, of each step of an own component and of each observation multiplied by a number of its own
(``Dynamics.stretch``, ``Dynamics.own_stretch``, and the variances handed over). Each series may also have parameters of
its own: then their arrays carry a last axis over the series. Neither adds an operation to the recursions.

An own component stands in the state only between its indicator's first and last slot (:class:`Seats`): before, nothing
depends on it, and after, it bears on nothing. Sources cover different years, so that the state is much smaller than
the number of indicators, and the cost grows with its square.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Layout:
    """Which latent channel each indicator sees, and over how many months it averages.

    Attributes:
        channel: (K,) channel index of each indicator.
        span: (K,) months averaged; periods of one span tile the time axis from month 0.
        channels: number of latent channels ``C``.
    """

    channel: Integers
    span: Integers
    channels: int

    @property
    def accumulators(self) -> list[tuple[int, int]]:
        """(channel, span) of each running sum kept in the state behind the channels themselves."""
        return sorted({(int(c), int(s)) for c, s in zip(self.channel, self.span, strict=True) if s > 1})

    @property
    def own(self) -> int:
        """Number of state elements that channels and accumulators take: own components stand behind them."""
        return self.channels + len(self.accumulators)

    @property
    def position(self) -> Integers:
        """(K,) state element that each indicator sees."""
        places = {pair: self.channels + i for i, pair in enumerate(self.accumulators)}
        return np.array(
            [places.get((int(c), int(s)), int(c)) for c, s in zip(self.channel, self.span, strict=True)],
            dtype=np.int64,
        )


@dataclass(frozen=True)
class Dynamics:
    """How the latent states move. Parameters are shared by all series, or have a last axis (N) over them.

    Attributes:
        loading: (K,) what an indicator shows of its channel.
        initial: (C, C) covariance P of the channels in the first month.
        innovation: (C, C) covariance Q of their monthly innovations.
        own_initial: (K,) variances of the indicators' own components in the first month.
        own_innovation: (K,) variances of their monthly innovations.
        stretch: (T, N) what multiplies each month's Q, or ``None`` for 1; not used at month 0.
        own_stretch: (S, N) what multiplies the own component's steps since its indicator's previous slot, or ``None``.
    """

    loading: Floats
    initial: Floats
    innovation: Floats
    own_initial: Floats
    own_innovation: Floats
    stretch: Floats | None = None
    own_stretch: Floats | None = None

    def covariance_of(self, t: int) -> Floats:
        """(C, C, 1 or N) covariance of what enters the channels in month ``t``."""
        entering = across_series(self.initial if t == 0 else self.innovation, 2)
        return entering if t == 0 or self.stretch is None else entering * self.stretch[t]

    def own_variance(self, when: Integers, seats: "Seats") -> Floats:
        """(S, 1 or N) variance that the slot's own component gathers since its indicator's previous slot."""
        steps = across_series(self.own_innovation, 1)[when[:, 1]] * seats.months[:, None]
        if self.own_stretch is not None:
            steps = steps * self.own_stretch
        return steps + np.where(seats.first[:, None], across_series(self.own_initial, 1)[when[:, 1]], 0.0)


@dataclass(frozen=True)
class Seats:
    """Where the own component of each slot's indicator stands in the state, and what it has gathered.

    Attributes:
        element: (S,) its state element; one that an indicator has left goes to the next newcomer.
        size: (S,) number of state elements in use.
        first: (S,) whether this is the indicator's first slot.
        last: (S,) whether this is the indicator's last slot.
        months: (S,) months since the indicator's previous slot, or since month 0.
    """

    element: Integers
    size: Integers
    first: Booleans
    last: Booleans
    months: Integers


@dataclass(frozen=True)
class Forward:
    """What the filter leaves for the smoother.

    Attributes:
        seats: where the own components stand.
        innovation: (S, D, N) one-step prediction errors, 0 where missing.
        precision: (S, N) inverse variances of the prediction errors, 0 where missing.
        gain: (S, m, N) Kalman gains of the elements in use; those beyond ``seats.size`` are not set.
        covariance: (T, C, m, N) predicted covariances of the channels with all elements, or ``None`` when not kept.
    """

    seats: Seats
    innovation: Floats
    precision: Floats
    gain: Floats
    covariance: Floats | None


@dataclass(frozen=True)
class Backward:
    """What the smoother finds out about each disturbance.

    Attributes:
        residual: (S, D, N) smoothing errors ``u``; the mean of an observation's noise is its variance times ``u``.
        residual_precision: (S, N) their variances; the noise's posterior variance is ``h - h^2 * this``.
        score: (T, C, D, N) ``r``; the mean of the innovation at t is ``Q r_t`` (``P r_0`` at t = 0).
        information: (T, C, C, N) variance of ``r``; the innovation's posterior covariance is ``Q - Q information Q``.
        own_score: (S, D, N) the same for the slot's own component. It holds for each month since
            the indicator's previous slot: in between, nothing is learned about the component's steps.
        own_information: (S, N) its variance.
        covariance: (T, C, C, N) posterior covariance of ``x_t``, or ``None`` when the filter kept no covariances.
    """

    residual: Floats
    residual_precision: Floats
    score: Floats
    information: Floats
    own_score: Floats
    own_information: Floats
    covariance: Floats | None


def slots(observed: Booleans) -> Integers:
    """The (month, indicator) pairs at which any series is observed.

    Args:
        observed: (K, T, N).

    Returns:
        (S, 2) month and indicator, in time order.
    """
    return np.argwhere(observed.any(axis=2).T)


def seat(layout: Layout, when: Integers) -> Seats:
    """Give each indicator's own component an element of the state from its first slot to its last."""
    count = len(when)
    element, size, months = np.zeros((3, count), dtype=np.int64)
    indicators, first_slot = np.unique(when[:, 1], return_index=True)
    last_slot = count - 1 - np.unique(when[::-1, 1], return_index=True)[1]
    first, last = np.zeros((2, count), dtype=np.bool_)
    first[first_slot] = last[last_slot] = True
    seated: dict[int, int] = {}
    latest = dict.fromkeys(indicators.tolist(), 0)
    for s, (t, k) in enumerate(when.tolist()):
        if first[s]:
            taken = set(seated.values())
            seated[k] = next(i for i in range(layout.own, layout.own + count) if i not in taken)
        element[s], size[s] = seated[k], max(seated.values()) + 1
        months[s], latest[k] = t - latest[k], t
        if last[s]:
            del seated[k]
    return Seats(element, size, first, last, months)


def forward(
    layout: Layout,
    dynamics: Dynamics,
    when: Integers,
    columns: Floats,
    variance: Floats,
    *,
    periods: int,
    keep_covariance: bool = False,
) -> Forward:
    """Filter every series and every data column through time.

    Args:
        layout: what each indicator sees.
        dynamics: how the states move.
        when: (S, 2) from :func:`slots`.
        columns: (S, D, N) data; anything finite where missing.
        variance: (S, N) observation variances, ``inf`` where missing.
        periods: number of months ``T``.
        keep_covariance: keep the predicted covariances (needed for posterior variances of the states).
    """
    count, width, series = columns.shape
    C = layout.channels
    position, weight = layout.position, across_series(dynamics.loading, 1) / layout.span[:, None]
    accumulators = list(enumerate(layout.accumulators, start=C))
    seats = seat(layout, when)
    size = int(seats.size.max(initial=layout.own))
    # an own component's steps enter with its next observation: until then nothing depends on them
    steps = dynamics.own_variance(when, seats)
    seen = np.isfinite(variance)
    state = _wide(size, width, series)
    covariance = np.zeros((size, size, series))
    errors = _wide(count, width, series)
    precision = np.empty((count, series))
    gain = np.empty((count, size, series))
    kept = np.empty((periods, C, size, series)) if keep_covariance else None
    first = np.searchsorted(when[:, 0], np.arange(periods + 1))
    for t in range(periods):
        covariance[:C, :C] += dynamics.covariance_of(t)
        for i, (c, span) in accumulators:
            if t % span == 0:  # a new period: the sum starts from this month
                state[i] = state[c]
                covariance[i] = covariance[c]
                covariance[:, i] = covariance[:, c]
            else:
                state[i] += state[c]
                covariance[i] += covariance[c]
                covariance[:, i] += covariance[:, c]
        if kept is not None:
            kept[t] = covariance[:C]
        for s in range(first[t], first[t + 1]):
            k, o, used = when[s, 1], seats.element[s], slice(seats.size[s])
            p, a = position[k], weight[k]
            covariance[o, o] += steps[s]
            shared = covariance[p, used] * a + covariance[o, used]
            precision[s] = 1.0 / (shared[p] * a + shared[o] + variance[s])
            errors[s] = (columns[s] - a * state[p] - state[o]) * seen[s]
            gain[s, used] = shared * precision[s]
            state[used] += gain[s, used, None] * errors[s]
            covariance[used, used] -= gain[s, used, None] * shared
            if seats.last[s]:
                state[o] = 0.0
                covariance[o] = 0.0
                covariance[:, o] = 0.0
    return Forward(seats, errors, precision, gain, kept)


def backward(
    layout: Layout, dynamics: Dynamics, when: Integers, filtered: Forward, *, periods: int
) -> Backward:
    """Smooth: run the disturbance recursions back in time (arguments as in :func:`forward`)."""
    count, width, series = filtered.innovation.shape
    C, seats, size = layout.channels, filtered.seats, filtered.gain.shape[1]
    position, weight = layout.position, across_series(dynamics.loading, 1) / layout.span[:, None]
    accumulators = list(enumerate(layout.accumulators, start=C))
    r = _wide(size, width, series)
    n = np.zeros((size, size, series))
    residual = _wide(count, width, series)
    own_score = _wide(count, width, series)
    residual_precision, own_information = np.empty((2, count, series))
    score = _wide(periods, C, width, series)
    information = np.empty((periods, C, C, series))
    smoothed = None if filtered.covariance is None else np.empty((periods, C, C, series))
    first = np.searchsorted(when[:, 0], np.arange(periods + 1))
    for t in range(periods - 1, -1, -1):
        for s in range(first[t + 1] - 1, first[t] - 1, -1):
            k, o, used = when[s, 1], seats.element[s], slice(seats.size[s])
            p, a = position[k], weight[k]
            gain, precision = filtered.gain[s, used], filtered.precision[s]
            residual[s] = filtered.innovation[s] * precision - _along(gain, r[used])
            n_gain = _along(gain, n[used, used])
            pull = (gain * n_gain).sum(axis=0) + precision
            residual_precision[s] = pull
            # r <- Z u + r and N <- Z Z'/F + L' N L with L = I - K Z', where Z is a at p and 1 at o
            r[p] += a * residual[s]
            r[o] += residual[s]
            scaled = a * n_gain
            n[p, used] -= scaled
            n[o, used] -= n_gain
            n[used, p] -= scaled
            n[used, o] -= n_gain
            n[p, p] += a * a * pull
            n[p, o] += a * pull
            n[o, p] += a * pull
            n[o, o] += pull
            own_score[s], own_information[s] = r[o], n[o, o]
            if seats.first[s]:
                r[o] = 0.0
                n[o] = 0.0
                n[:, o] = 0.0
        if smoothed is not None and filtered.covariance is not None:
            before = filtered.covariance[t]
            half = np.einsum("cin,ijn->cjn", before, n)
            smoothed[t] = before[:, :C] - np.einsum("cjn,djn->cdn", half, before)
        for i, (c, span) in reversed(accumulators):
            r[c] += r[i]
            n[c] += n[i]
            n[:, c] += n[:, i]
            if t % span == 0:
                r[i] = 0.0
                n[i] = 0.0
                n[:, i] = 0.0
        score[t] = r[:C]
        information[t] = n[:C, :C]
    return Backward(residual, residual_precision, score, information, own_score, own_information, smoothed)


def state_means(score: Floats, dynamics: Dynamics) -> Floats:
    """Posterior means of ``x_t`` from the disturbances: ``x_0 = P r_0``, ``x_t = x_{t-1} + Q r_t``.

    Args:
        score: (T, C, D, N) from :func:`backward`.
        dynamics: how the states move.

    Returns:
        (T, C, D, N).
    """
    steps = innovations(score, dynamics)
    return accumulated(steps)


def accumulated(steps: Floats) -> Floats:
    """Running sums along the first axis, in place: month by month, which numpy's ``cumsum`` does with long strides."""
    for t in range(1, len(steps)):
        steps[t] += steps[t - 1]
    return steps


def innovations(score: Floats, dynamics: Dynamics) -> Floats:
    """(T, C, D, N) posterior means of the innovations, ``P r_0`` at month 0 (arguments as in :func:`state_means`)."""
    C = score.shape[1]
    first, later = across_series(dynamics.initial, 2), across_series(dynamics.innovation, 2)
    steps = np.empty_like(score)
    for c in range(C):
        steps[:, c] = sum(later[c, d] * score[:, d] for d in range(C))
    if dynamics.stretch is not None:
        steps *= dynamics.stretch[:, None, None, :]
    for c in range(C):
        steps[0, c] = sum(first[c, d] * score[0, d] for d in range(C))
    return steps


def across_series(parameter: Floats, axes: int) -> Floats:
    """A parameter of ``axes`` axes with a last axis over the series: of length 1 where all series share it."""
    return parameter if parameter.ndim > axes else parameter[..., None]


def _along(gain: Floats, array: Floats) -> Floats:
    """Sum over state elements of gain times array: (m, N), (m, j, N) -> (j, N)."""
    total: Floats = np.einsum("in,ijn->jn", gain, array)
    return total


def _wide(*shape: int) -> Floats:
    """Zeros of shape (..., D, N), the longer of these two laid out innermost: numpy's inner loops run along it."""
    *outer, width, series = shape
    if series >= width:
        return np.zeros(shape)
    return np.zeros((*outer, series, width)).swapaxes(-1, -2)
