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
    def size(self) -> int:
        """Number of state elements ``m``: channels, accumulators, and one component of each indicator's own."""
        return self.own + len(self.channel)

    @property
    def own(self) -> int:
        """Position of the first indicator's own component."""
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
    """How the latent states move.

    Attributes:
        loading: (K,) what an indicator shows of its channel.
        initial: (C, C) covariance P of the channels in the first month.
        innovation: (C, C) covariance Q of their monthly innovations.
        own_initial: (K,) variances of the indicators' own components in the first month.
        own_innovation: (K,) variances of their monthly innovations.
    """

    loading: Floats
    initial: Floats
    innovation: Floats
    own_initial: Floats
    own_innovation: Floats


@dataclass(frozen=True)
class Forward:
    """What the filter leaves for the smoother.

    Attributes:
        innovation: (S, D, N) one-step prediction errors, 0 where missing.
        precision: (S, N) inverse variances of the prediction errors, 0 where missing.
        gain: (S, m, N) Kalman gains.
        covariance: (T, m, m, N) predicted state covariances, or ``None`` when not kept.
    """

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
        own_score: (T, K, N) the same for the own components, first data column only.
        own_information: (T, K, N) its variance.
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
    size, own, C = layout.size, layout.own, layout.channels
    position, weight = layout.position, dynamics.loading / layout.span
    accumulators = list(enumerate(layout.accumulators, start=C))
    diagonal = np.arange(own, size)
    state = np.zeros((size, width, series))
    covariance = np.zeros((size, size, series))
    errors = np.empty((count, width, series))
    precision = np.empty((count, series))
    gain = np.empty((count, size, series))
    kept = np.empty((periods, size, size, series)) if keep_covariance else None
    first = np.searchsorted(when[:, 0], np.arange(periods + 1))
    for t in range(periods):
        covariance[:C, :C] += (dynamics.initial if t == 0 else dynamics.innovation)[:, :, None]
        covariance[diagonal, diagonal] += (dynamics.own_initial if t == 0 else dynamics.own_innovation)[
            :, None
        ]
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
            kept[t] = covariance
        for s in range(first[t], first[t + 1]):
            k = when[s, 1]
            p, a, o = position[k], weight[k], own + k
            shared = covariance[p] * a + covariance[o]
            precision[s] = 1.0 / (shared[p] * a + shared[o] + variance[s])
            errors[s] = columns[s] - a * state[p] - state[o]
            errors[s] *= np.isfinite(variance[s])
            gain[s] = shared * precision[s]
            state += gain[s][:, None] * errors[s]
            covariance -= gain[s][:, None] * shared
    return Forward(errors, precision, gain, kept)


def backward(
    layout: Layout, dynamics: Dynamics, when: Integers, filtered: Forward, *, periods: int
) -> Backward:
    """Smooth: run the disturbance recursions back in time (arguments as in :func:`forward`)."""
    count, width, series = filtered.innovation.shape
    size, own, C = layout.size, layout.own, layout.channels
    position, weight = layout.position, dynamics.loading / layout.span
    accumulators = list(enumerate(layout.accumulators, start=C))
    diagonal = np.arange(own, size)
    r = np.zeros((size, width, series))
    n = np.zeros((size, size, series))
    residual = np.empty((count, width, series))
    residual_precision = np.empty((count, series))
    score = np.empty((periods, C, width, series))
    information = np.empty((periods, C, C, series))
    own_score = np.empty((periods, size - own, series))
    own_information = np.empty((periods, size - own, series))
    smoothed = None if filtered.covariance is None else np.empty((periods, C, C, series))
    first = np.searchsorted(when[:, 0], np.arange(periods + 1))
    for t in range(periods - 1, -1, -1):
        for s in range(first[t + 1] - 1, first[t] - 1, -1):
            k = when[s, 1]
            p, a, o = position[k], weight[k], own + k
            gain, precision = filtered.gain[s], filtered.precision[s]
            residual[s] = filtered.innovation[s] * precision - _along(gain, r)
            n_gain = _along(gain, n)
            pull = (gain * n_gain).sum(axis=0) + precision
            residual_precision[s] = pull
            # r <- Z u + r and N <- Z Z'/F + L' N L with L = I - K Z', where Z is a at p and 1 at o
            r[p] += a * residual[s]
            r[o] += residual[s]
            scaled = a * n_gain
            n[p] -= scaled
            n[o] -= n_gain
            n[:, p] -= scaled
            n[:, o] -= n_gain
            n[p, p] += a * a * pull
            n[p, o] += a * pull
            n[o, p] += a * pull
            n[o, o] += pull
        if smoothed is not None and filtered.covariance is not None:
            before = filtered.covariance[t]
            half = np.einsum("cin,ijn->cjn", before[:C], n)
            smoothed[t] = before[:C, :C] - np.einsum("cjn,jdn->cdn", half, before[:, :C])
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
        own_score[t] = r[own:, 0]
        own_information[t] = n[diagonal, diagonal]
    return Backward(residual, residual_precision, score, information, own_score, own_information, smoothed)


def state_means(score: Floats, dynamics: Dynamics) -> Floats:
    """Posterior means of ``x_t`` from the disturbances: ``x_0 = P r_0``, ``x_t = x_{t-1} + Q r_t``.

    Args:
        score: (T, C, D, N) from :func:`backward`.
        dynamics: how the states move.

    Returns:
        (T, C, D, N).
    """
    steps = np.einsum("cd,tdwn->tcwn", dynamics.innovation, score)
    steps[0] = np.einsum("cd,dwn->cwn", dynamics.initial, score[0])
    means: Floats = np.cumsum(steps, axis=0)
    return means


def _along(gain: Floats, array: Floats) -> Floats:
    """Sum over state elements of gain times array: (m, N), (m, j, N) -> (j, N)."""
    total: Floats = np.einsum("in,ijn->jn", gain, array)
    return total
