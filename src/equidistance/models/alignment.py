"""The measurement model: latent alignment in words and in deeds behind many noisy indicators.

    x_t  = x_{t-1} + eta_t,                            eta_t ~ t(nu_x, 0, Q),        x_0   ~ N(m, P)
    b_kt = b_k,t-1 + zeta_kt,                          zeta_kt ~ t(nu_b, 0, omega_k^2), b_k0 ~ N(0, tau_k^2)
    y_kt = mu_k + lambda_k x_{c(k),t} + b_kt + e_kt,   e_kt ~ t(nu_y, 0, s_kt^2 (nu_y - 2) / nu_y + sigma_k^2)

Student-t variables are normal given their weights (:class:`Weights`); everything in this module is given the weights,
which are 1 where the degrees of freedom are infinite. :mod:`equidistance.models.mixture` draws them.

Everything but ``x`` and ``b`` is shared by all dyads. ``b_k`` is what a dyad shows on indicator k whatever its
alignment; it may wander, because an alliance or a trade share that moves on its own says nothing about the rest.

Two departures from a free factor model, both needed on real data (docs, "Why the loadings are fixed"):

- With free loadings maximum likelihood turns "deeds" into the one indicator that has no noise (alliances), and hands
  everything else to the static effects. So the loadings are fixed: equal in units of each indicator's true spread
  (:func:`true_spread`). Every indicator then has the same nominal weight, as in an equally weighted composite, while
  errors, gaps and own components decide its effective weight.
- Static effects make slow movements of one indicator pass for movements of alignment; hence the walk in ``b``.

A standard error s is a standard deviation, and t(nu, 0, v) has the variance v nu / (nu - 2): hence the factor.

The other shared parameters are found by empirical Bayes: :mod:`equidistance.models.fitting`.

Sizes as in :mod:`equidistance.models.kalman`: K indicators, T months, N dyads, C channels (0 deeds, 1 words).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from equidistance.models.kalman import (
    Dynamics,
    Floats,
    Forward,
    Integers,
    Layout,
    Seats,
    across_series,
    backward,
    forward,
    slots,
    state_means,
)

CHUNK = 600
"""Dyads that go through time together: enough to make a call worth its price, few enough to bound the memory."""


@dataclass(frozen=True)
class Tails:
    """Degrees of freedom; infinite means normal.

    Attributes:
        innovation: of a month's change in alignment (one weight for all channels).
        own: of an own component's step from one reading of its indicator to the next.
        noise: of an observation's noise.
    """

    innovation: float = np.inf
    own: float = np.inf
    noise: float = np.inf

    @property
    def error_share(self) -> float:
        """What squared standard errors are multiplied by to become squared scales of the noise."""
        return share_of_variance(self.noise)

    @property
    def before_first(self) -> float:
        """Weight of an own component's steps before its first reading: many together, normal, of that variance."""
        return share_of_variance(self.own)


def share_of_variance(degrees: float) -> float:
    """Squared scale of a Student-t variable over its variance; below three degrees that of three."""
    return 1.0 if not np.isfinite(degrees) else 1 - 2 / max(degrees, 3.0)


@dataclass(frozen=True)
class Weights:
    """Scale-mixture weights: what the variances of a Student-t variable are divided by. Small means a jump.

    Attributes:
        innovation: (T, N) of each month's innovation; that of month 0 is not used.
        own: (S, N) of the own component's step that ends with the slot; a constant before a series' first reading.
        noise: (S, N) of each observation's noise; 1 where missing.
    """

    innovation: Floats
    own: Floats
    noise: Floats


@dataclass(frozen=True)
class Parameters:
    """What all dyads share. Where each series has its own, the arrays carry a last axis (N) over them.

    Attributes:
        intercept: (K,) mu.
        loading: (K,) lambda, positive.
        noise: (K,) sigma^2, squared scale of an indicator's noise beyond its own standard error.
        effect: (K,) tau^2, variance of the dyads' own components in the first month.
        wander: (K,) omega^2, variance of their monthly changes.
        innovation: (C, C) Q, covariance of a month's change.
        mean: (C,) m, prior mean of the first month.
        initial: (C, C) P, prior covariance of the first month.
        tails: degrees of freedom.
    """

    intercept: Floats
    loading: Floats
    noise: Floats
    effect: Floats
    wander: Floats
    innovation: Floats
    mean: Floats
    initial: Floats
    tails: Tails = Tails()

    @property
    def dynamics(self) -> Dynamics:
        """The part that the smoother needs, all weights 1."""
        return Dynamics(self.loading, self.initial, self.innovation, self.effect, self.wander)

    def weighted(self, weights: Weights | None) -> Dynamics:
        """The part that the smoother needs, given weights."""
        if weights is None:
            return self.dynamics
        return replace(self.dynamics, stretch=1 / weights.innovation, own_stretch=1 / weights.own)


ARRAYS = ("intercept", "loading", "noise", "effect", "wander", "innovation", "mean", "initial")
"""The parameters that are arrays."""


def with_arrays(parameters: Parameters, arrays: dict[str, Floats]) -> Parameters:
    """The same with some arrays in the place of others."""
    whole = {name: arrays.get(name, getattr(parameters, name)) for name in ARRAYS}
    return Parameters(**whole, tails=parameters.tails)


@dataclass(frozen=True)
class Observations:
    """Indicators of a set of dyads on a monthly grid.

    Attributes:
        value: (K, T, N), NaN where nothing was observed; a period average stands at its period's last month.
        error: (K, T, N) standard errors, 0 where the source implies none.
    """

    value: Floats
    error: Floats

    def select(self, dyads: Integers | slice) -> "Observations":
        """The same for some of the dyads."""
        return Observations(self.value[:, :, dyads], self.error[:, :, dyads])


@dataclass(frozen=True)
class Posterior:
    """What is known of the latent states given the data and the shared parameters.

    Attributes:
        mean: (T, C, 1, N) mean path.
        covariance: (T, C, C, N) covariance of ``x_t``.
    """

    mean: Floats
    covariance: Floats


def smooth(
    layout: Layout, observations: Observations, parameters: Parameters, weights: Weights | None = None
) -> Posterior:
    """Posterior of the latent states of every dyad, given the shared parameters and the weights."""
    periods = observations.value.shape[1]
    when = observed_slots(observations)
    columns = centred(layout, observations, parameters, when)[:, None, :]
    variance = noise_variance(observations, parameters, when, weights)
    dynamics = parameters.weighted(weights)
    filtered = forward(layout, dynamics, when, columns, variance, periods=periods, keep_covariance=True)
    back = backward(layout, dynamics, when, filtered, periods=periods)
    assert back.covariance is not None  # the filter was asked to keep covariances
    return Posterior(state_means(back.score, dynamics) + prior_mean(parameters), back.covariance)


def smooth_columns(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    columns: Floats,
    weights: Weights | None = None,
) -> Floats:
    """Posterior means that other data would give, had they the standard errors and missing months of these.

    Args:
        layout: what each indicator sees.
        observations: what is missing, and the standard errors.
        parameters: the shared parameters; the prior mean is left out, so that the result is linear in the columns.
        columns: (S, D, N) centred data sets, by slot (:func:`observed_slots`).
        weights: 1 when not given.

    Returns:
        (T, C, D, N).
    """
    periods = observations.value.shape[1]
    when = observed_slots(observations)
    variance = noise_variance(observations, parameters, when, weights)
    dynamics = parameters.weighted(weights)
    filtered = forward(layout, dynamics, when, columns, variance, periods=periods)
    back = backward(layout, dynamics, when, filtered, periods=periods)
    return state_means(back.score, dynamics)


def observed_slots(observations: Observations) -> Integers:
    """(S, 2) month and indicator of every slot with data, in time order."""
    return slots(np.isfinite(observations.value))


def centred(layout: Layout, observations: Observations, parameters: Parameters, when: Integers) -> Floats:
    """(S, N) observations minus what the shared parameters predict before seeing any; 0 where missing."""
    intercept, loading, mean = (
        across_series(array, 1) for array in (parameters.intercept, parameters.loading, parameters.mean)
    )
    expected = intercept + loading * mean[layout.channel]
    values = observations.value[when[:, 1], when[:, 0]] - expected[when[:, 1]]
    return np.nan_to_num(values, nan=0.0)


def prior_mean(parameters: Parameters) -> Floats:
    """The prior mean in the shape of (T, C, D, N)."""
    return across_series(parameters.mean, 1)[None, :, None, :]


def noise_variance(
    observations: Observations, parameters: Parameters, when: Integers, weights: Weights | None = None
) -> Floats:
    """(S, N) total observation variance given the weights, inf where missing."""
    error = observations.error[when[:, 1], when[:, 0]]
    missing = ~np.isfinite(observations.value[when[:, 1], when[:, 0]])
    variance = parameters.tails.error_share * error**2 + across_series(parameters.noise, 1)[when[:, 1]]
    return np.where(missing, np.inf, variance if weights is None else variance / weights.noise)


def contributions(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    groups: Integers,
    number: int,
    weights: Weights | None = None,
) -> Floats:
    """Split every posterior mean exactly into what each group of observations contributed.

    Args:
        groups: (S, N) group index of each observation, in the order of :func:`observed_slots`; -1 where missing.
        number: number of groups ``G``.
        weights: 1 when not given.

    Returns:
        (T, C, G + 1, N); the last group is the prior mean. The sum over groups is the posterior mean.
    """
    when = observed_slots(observations)
    data = centred(layout, observations, parameters, when)
    columns = np.where(groups[:, None, :] == np.arange(number)[None, :, None], data[:, None, :], 0.0)
    parts = smooth_columns(layout, observations, parameters, columns, weights)
    prior = np.broadcast_to(prior_mean(parameters), (*parts.shape[:2], 1, parts.shape[3]))
    return np.concatenate([parts, prior], axis=2)


def leave_one_out(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    weights: Sequence[Weights] | None = None,
) -> tuple[Floats, Floats]:
    """Predictive mean and variance of each observation given all others (de Jong 1988), and the weights.

    Args:
        weights: one for each chunk of :data:`CHUNK` dyads; 1 when not given.

    Returns:
        Two arrays (K, T, N), NaN where nothing was observed.
    """
    mean, variance = np.full_like(observations.value, np.nan), np.full_like(observations.value, np.nan)
    for dyads, given in chunks(observations.value.shape[2], weights):
        part = observations.select(dyads)
        run = smoothed_noise(layout, part, parameters, given)
        t, k = run.when[:, 0], run.when[:, 1]
        seen = np.isfinite(run.variance)
        precision = np.where(seen, run.residual_precision, 1.0)
        value = observations.value[k, t, dyads]
        mean[k, t, dyads] = np.where(seen, value - run.residual / precision, np.nan)
        variance[k, t, dyads] = np.where(seen, 1.0 / precision, np.nan)
    return mean, variance


def log_likelihood(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    weights: Sequence[Weights] | None = None,
) -> float:
    """Log density of the observations given the weights, all states integrated out, summed over dyads."""
    total = 0.0
    for dyads, given in chunks(observations.value.shape[2], weights):
        part = observations.select(dyads)
        when = observed_slots(part)
        columns = centred(layout, part, parameters, when)[:, None, :]
        variance = noise_variance(part, parameters, when, given)
        dynamics = parameters.weighted(given)
        filtered = forward(layout, dynamics, when, columns, variance, periods=part.value.shape[1])
        total += _log_likelihood(filtered)
    return total


def chunks(series: int, weights: Sequence[Weights] | None = None) -> Iterator[tuple[slice, Weights | None]]:
    """The dyads that go through time together, and their weights."""
    for i, low in enumerate(range(0, series, CHUNK)):
        yield slice(low, min(low + CHUNK, series)), None if weights is None else weights[i]


@dataclass(frozen=True)
class Noise:
    """Smoothed noise and innovations of a chunk of dyads."""

    when: Integers
    variance: Floats  # (S, N), inf where missing; that of the noise given its weight
    weights: Weights | None
    residual: Floats  # (S, N) smoothing errors
    residual_precision: Floats  # (S, N)
    score: Floats  # (T, C, N)
    information: Floats  # (T, C, C, N)
    own_score: Floats  # (S, N)
    own_information: Floats  # (S, N)
    seats: Seats
    log_likelihood: float


def smoothed_noise(
    layout: Layout, part: Observations, parameters: Parameters, weights: Weights | None = None
) -> Noise:
    """Everything EM needs of a chunk of dyads."""
    periods = part.value.shape[1]
    when = observed_slots(part)
    columns = centred(layout, part, parameters, when)[:, None, :]
    variance = noise_variance(part, parameters, when, weights)
    dynamics = parameters.weighted(weights)
    filtered = forward(layout, dynamics, when, columns, variance, periods=periods)
    back = backward(layout, dynamics, when, filtered, periods=periods)
    return Noise(
        when,
        variance,
        weights,
        back.residual[:, 0],
        back.residual_precision,
        back.score[:, :, 0],
        back.information,
        back.own_score[:, 0],
        back.own_information,
        filtered.seats,
        _log_likelihood(filtered),
    )


def _log_likelihood(filtered: Forward) -> float:
    """Prediction error decomposition, summed over slots and series."""
    seen = filtered.precision > 0
    precision = filtered.precision[seen]
    errors = filtered.innovation[:, 0][seen]
    return float(
        -0.5 * (len(errors) * np.log(2 * np.pi) - np.log(precision).sum() + (errors**2 * precision).sum())
    )
