"""The measurement model: latent alignment in words and in deeds behind many noisy indicators.

    x_t  = x_{t-1} + eta_t,                            eta_t ~ N(0, Q),        x_0   ~ N(m, P)
    b_kt = b_k,t-1 + zeta_kt,                          zeta_kt ~ N(0, omega_k^2), b_k0 ~ N(0, tau_k^2)
    y_kt = mu_k + lambda_k x_{c(k),t} + b_kt + e_kt,   e_kt ~ N(0, s_kt^2 + sigma_k^2)

Everything but ``x`` and ``b`` is shared by all dyads. ``b_k`` is what a dyad shows on indicator k whatever its
alignment; it may wander, because an alliance or a trade share that moves on its own says nothing about the rest.

Two departures from a free factor model, both needed on real data (docs, "Why the loadings are fixed"):

- With free loadings maximum likelihood turns "deeds" into the one indicator that has no noise (alliances), and hands
  everything else to the static effects. So the loadings are fixed: equal in units of each indicator's true spread
  (:func:`true_spread`). Every indicator then has the same nominal weight, as in an equally weighted composite, while
  errors, gaps and own components decide its effective weight.
- Static effects make slow movements of one indicator pass for movements of alignment; hence the walk in ``b``.

The other shared parameters are found by empirical Bayes: EM on the smoothed disturbances (Koopman 1993), accelerated by
squared extrapolation (Varadhan and Roland 2008).

Sizes as in :mod:`equidistance.models.kalman`: K indicators, T months, N dyads, C channels (0 deeds, 1 words).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from equidistance.models.kalman import (
    Booleans,
    Dynamics,
    Floats,
    Forward,
    Integers,
    Layout,
    Seats,
    backward,
    forward,
    slots,
    state_means,
)

CHUNK = 600
"""Dyads that go through time together: enough to make a call worth its price, few enough to bound the memory."""

SMALLEST = 1e-7
"""Floor of every variance, on the indicators' own scales, so that EM cannot run into a corner."""


@dataclass(frozen=True)
class Parameters:
    """What all dyads share.

    Attributes:
        intercept: (K,) mu.
        loading: (K,) lambda, positive.
        noise: (K,) sigma^2, variance of an indicator beyond its own standard error.
        effect: (K,) tau^2, variance of the dyads' own components in the first month.
        wander: (K,) omega^2, variance of their monthly changes.
        innovation: (C, C) Q, covariance of a month's change.
        mean: (C,) m, prior mean of the first month.
        initial: (C, C) P, prior covariance of the first month.
    """

    intercept: Floats
    loading: Floats
    noise: Floats
    effect: Floats
    wander: Floats
    innovation: Floats
    mean: Floats
    initial: Floats

    @property
    def dynamics(self) -> Dynamics:
        """The part that the smoother needs."""
        return Dynamics(self.loading, self.initial, self.innovation, self.effect, self.wander)


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


@dataclass(frozen=True)
class Fit:
    """Result of :func:`fit`: the parameters, the log likelihood after each round, and whether it converged."""

    parameters: Parameters
    log_likelihood: tuple[float, ...]
    converged: bool


def smooth(layout: Layout, observations: Observations, parameters: Parameters) -> Posterior:
    """Posterior of the latent states of every dyad, given the shared parameters."""
    periods = observations.value.shape[1]
    when = observed_slots(observations)
    columns = centred(layout, observations, parameters, when)[:, None, :]
    variance = _variance(observations, parameters, when)
    dynamics = parameters.dynamics
    filtered = forward(layout, dynamics, when, columns, variance, periods=periods, keep_covariance=True)
    back = backward(layout, dynamics, when, filtered, periods=periods)
    assert back.covariance is not None  # the filter was asked to keep covariances
    return Posterior(
        state_means(back.score, dynamics) + parameters.mean[None, :, None, None], back.covariance
    )


def smooth_columns(
    layout: Layout, observations: Observations, parameters: Parameters, columns: Floats
) -> Floats:
    """Posterior means that other data would give, had they the standard errors and missing months of these.

    Args:
        layout: what each indicator sees.
        observations: what is missing, and the standard errors.
        parameters: the shared parameters; the prior mean is left out, so that the result is linear in the columns.
        columns: (S, D, N) centred data sets, by slot (:func:`observed_slots`).

    Returns:
        (T, C, D, N).
    """
    periods = observations.value.shape[1]
    when = observed_slots(observations)
    variance = _variance(observations, parameters, when)
    filtered = forward(layout, parameters.dynamics, when, columns, variance, periods=periods)
    back = backward(layout, parameters.dynamics, when, filtered, periods=periods)
    return state_means(back.score, parameters.dynamics)


def observed_slots(observations: Observations) -> Integers:
    """(S, 2) month and indicator of every slot with data, in time order."""
    return slots(np.isfinite(observations.value))


def centred(layout: Layout, observations: Observations, parameters: Parameters, when: Integers) -> Floats:
    """(S, N) observations minus what the shared parameters predict before seeing any; 0 where missing."""
    expected = parameters.intercept + parameters.loading * parameters.mean[layout.channel]
    values = observations.value[when[:, 1], when[:, 0]] - expected[when[:, 1], None]
    return np.nan_to_num(values, nan=0.0)


def draws(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    number: int,
    generator: np.random.Generator,
) -> Floats:
    """Draws from the joint posterior of each dyad's path (simulation smoother, Durbin and Koopman 2002).

    Returns:
        (T, C, number, N).
    """
    periods, series = observations.value.shape[1:]
    when = observed_slots(observations)
    variance = _variance(observations, parameters, when)
    paths = simulate_paths(parameters, periods, number, series, generator)  # (T, C, D, N), prior mean 0
    sums = np.cumsum(paths, axis=0)
    effects = np.zeros((len(parameters.loading), number, series))  # own components, walked from slot to slot
    unseen = parameters.effect.copy()  # variance gathered since the component was last drawn
    walked = np.zeros(len(unseen), dtype=np.int64)
    columns = np.empty((len(when), number, series))
    data = centred(layout, observations, parameters, when)
    for s, (t, k) in enumerate(when):
        channel, span = layout.channel[k], layout.span[k]
        seen = sums[t, channel] - (sums[t - span, channel] if t >= span else 0.0)
        step = np.sqrt(unseen[k] + parameters.wander[k] * (t - walked[k]))
        effects[k] += step * generator.standard_normal((number, series))
        unseen[k], walked[k] = 0.0, t
        noise = np.where(np.isfinite(variance[s]), np.sqrt(variance[s]), 0.0)
        fake = (
            parameters.loading[k] * seen / span
            + effects[k]
            + noise * generator.standard_normal((number, series))
        )
        columns[s] = data[s] - fake
    paths += smooth_columns(layout, observations, parameters, columns)
    paths += parameters.mean[None, :, None, None]
    return paths


def simulate_paths(
    parameters: Parameters, periods: int, number: int, series: int, generator: np.random.Generator
) -> Floats:
    """(T, C, number, N) random walks from the prior, around 0."""
    C = len(parameters.mean)
    steps = np.einsum(
        "cd,tdwn->tcwn",
        np.linalg.cholesky(parameters.innovation),
        generator.standard_normal((periods, C, number, series)),
    )
    steps[0] = np.einsum(
        "cd,dwn->cwn", np.linalg.cholesky(parameters.initial), generator.standard_normal((C, number, series))
    )
    return np.cumsum(steps, axis=0, out=steps)


def contributions(
    layout: Layout, observations: Observations, parameters: Parameters, groups: Integers, number: int
) -> Floats:
    """Split every posterior mean exactly into what each group of observations contributed.

    Args:
        groups: (S, N) group index of each observation, in the order of :func:`observed_slots`; -1 where missing.
        number: number of groups ``G``.

    Returns:
        (T, C, G + 1, N); the last group is the prior mean. The sum over groups is the posterior mean.
    """
    when = observed_slots(observations)
    data = centred(layout, observations, parameters, when)
    columns = np.where(groups[:, None, :] == np.arange(number)[None, :, None], data[:, None, :], 0.0)
    parts = smooth_columns(layout, observations, parameters, columns)
    prior = np.broadcast_to(parameters.mean[None, :, None, None], (*parts.shape[:2], 1, parts.shape[3]))
    return np.concatenate([parts, prior], axis=2)


def leave_one_out(
    layout: Layout, observations: Observations, parameters: Parameters
) -> tuple[Floats, Floats]:
    """Predictive mean and variance of each observation given all others (de Jong 1988).

    Returns:
        Two arrays (K, T, N), NaN where nothing was observed.
    """
    mean, variance = np.full_like(observations.value, np.nan), np.full_like(observations.value, np.nan)
    for dyads in _slices(observations.value.shape[2]):
        part = observations.select(dyads)
        run = _smoothed_noise(layout, part, parameters)
        t, k = run.when[:, 0], run.when[:, 1]
        seen = np.isfinite(run.variance)
        precision = np.where(seen, run.residual_precision, 1.0)
        value = observations.value[k, t, dyads]
        mean[k, t, dyads] = np.where(seen, value - run.residual / precision, np.nan)
        variance[k, t, dyads] = np.where(seen, 1.0 / precision, np.nan)
    return mean, variance


def log_likelihood(layout: Layout, observations: Observations, parameters: Parameters) -> float:
    """Log density of the observations with all states integrated out, summed over dyads."""
    total = 0.0
    for dyads in _slices(observations.value.shape[2]):
        part = observations.select(dyads)
        when = observed_slots(part)
        columns = centred(layout, part, parameters, when)[:, None, :]
        variance = _variance(part, parameters, when)
        filtered = forward(layout, parameters.dynamics, when, columns, variance, periods=part.value.shape[1])
        total += _log_likelihood(filtered)
    return total


def true_spread(observations: Observations) -> Floats:
    """(K,) standard deviation of each indicator over all dyads and months, its standard errors taken out.

    At least a tenth of the observed variance is taken as true, so that an indicator of pure noise keeps a scale.
    """
    with np.errstate(invalid="ignore"):
        observed = np.nanvar(observations.value, axis=(1, 2))
        error = np.nanmean(
            np.where(np.isfinite(observations.value), observations.error**2, np.nan), axis=(1, 2)
        )
    spread: Floats = np.sqrt(np.maximum(observed - error, 0.1 * observed) + SMALLEST)
    return spread


def start(layout: Layout, observations: Observations) -> Parameters:
    """Starting values: loadings from the true spread, which is shared out between alignment and own components."""
    spread = true_spread(observations)
    C = layout.channels
    return Parameters(
        intercept=np.nanmean(observations.value, axis=(1, 2)),
        loading=spread,
        noise=0.3 * spread**2,
        effect=0.5 * spread**2,
        wander=0.001 * spread**2,
        innovation=0.002 * (0.7 * np.eye(C) + 0.3),
        mean=np.zeros(C),
        initial=0.3 * (0.7 * np.eye(C) + 0.3),
    )


def fit(
    layout: Layout,
    observations: Observations,
    *,
    initial: Parameters | None = None,
    tolerance: float = 0.5,
    iterations: int = 200,
    on_iteration: Callable[[int, float], None] | None = None,
) -> Fit:
    """Estimate the shared parameters but the loadings by EM with squared extrapolation.

    Args:
        layout: what each indicator sees.
        observations: every indicator must be observed somewhere.
        initial: where to start, and the loadings; :func:`start` when not given.
        tolerance: stop when three EM steps together raise the log likelihood by less than this (in nats).
        iterations: at most so many EM steps.
        on_iteration: called with the number of steps done and the log likelihood.

    Returns:
        Fit whose parameters are on an arbitrary scale of x; :func:`standardise` puts them on the reported one.
    """
    current = initial or start(layout, observations)
    trace: list[float] = []
    done = 0

    def step(parameters: Parameters) -> tuple[Parameters, float]:
        nonlocal done
        done += 1
        updated, likelihood = _em_step(layout, observations, parameters)
        if on_iteration is not None:
            on_iteration(done, likelihood)
        return updated, likelihood

    while done + 4 <= iterations:
        one, before = step(current)
        two, _ = step(one)
        trace.append(before)
        current, reached = step(_extrapolate(current, one, two))
        if not reached >= before:
            current, reached = step(two)  # the extrapolation overshot: plain EM never descends
        if reached - before < tolerance:
            return Fit(current, (*trace, reached), converged=True)
    return Fit(current, tuple(trace), converged=False)


def standardise(
    layout: Layout, observations: Observations, parameters: Parameters, exists: Booleans
) -> Parameters:
    """Put each channel on the reported scale: mean 0 and variance 1 pooled over all dyads and months.

    The moments are posterior ones (variance of the means plus mean of the variances), so that the scale does not shrink
    where evidence is thin. Only the months in ``exists`` (T, N) count.
    """
    total = np.zeros(layout.channels)
    square = np.zeros(layout.channels)
    for dyads in _slices(observations.value.shape[2]):
        posterior = smooth(layout, observations.select(dyads), parameters)
        mean = posterior.mean[:, :, 0]
        variance = np.einsum("tccn->tcn", posterior.covariance)
        inside = exists[:, None, dyads]
        total += (mean * inside).sum(axis=(0, 2))
        square += ((mean**2 + variance) * inside).sum(axis=(0, 2))
    centre = total / exists.sum()
    scale = np.sqrt(square / exists.sum() - centre**2)
    ratio = scale[:, None] * scale[None, :]
    return replace(
        parameters,
        intercept=parameters.intercept + parameters.loading * centre[layout.channel],
        loading=parameters.loading * scale[layout.channel],
        innovation=parameters.innovation / ratio,
        mean=(parameters.mean - centre) / scale,
        initial=parameters.initial / ratio,
    )


# --- one EM step ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Noise:
    """Smoothed noise and innovations of a chunk of dyads."""

    when: Integers
    variance: Floats  # (S, N), inf where missing
    residual: Floats  # (S, N) smoothing errors
    residual_precision: Floats  # (S, N)
    score: Floats  # (T, C, N)
    information: Floats  # (T, C, C, N)
    own_score: Floats  # (S, N)
    own_information: Floats  # (S, N)
    seats: Seats
    log_likelihood: float


def _slices(series: int) -> Iterator[slice]:
    for low in range(0, series, CHUNK):
        yield slice(low, min(low + CHUNK, series))


def _variance(observations: Observations, parameters: Parameters, when: Integers) -> Floats:
    """(S, N) total observation variance, inf where missing."""
    error = observations.error[when[:, 1], when[:, 0]]
    missing = ~np.isfinite(observations.value[when[:, 1], when[:, 0]])
    return np.where(missing, np.inf, error**2 + parameters.noise[when[:, 1], None])


def _smoothed_noise(layout: Layout, part: Observations, parameters: Parameters) -> _Noise:
    periods = part.value.shape[1]
    when = observed_slots(part)
    columns = centred(layout, part, parameters, when)[:, None, :]
    variance = _variance(part, parameters, when)
    filtered = forward(layout, parameters.dynamics, when, columns, variance, periods=periods)
    back = backward(layout, parameters.dynamics, when, filtered, periods=periods)
    return _Noise(
        when,
        variance,
        back.residual[:, 0],
        back.residual_precision,
        back.score[:, :, 0],
        back.information,
        back.own_score,
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


@dataclass
class _Moments:
    """Running sums of the expected sufficient statistics over chunks of dyads."""

    weight: Floats  # (K,) precisions
    shift: Floats  # (K,) precision times expected noise
    noise: Floats  # (K,) expected squared noise beyond the standard errors
    observed: Floats  # (K,) number of observations
    effect: Floats  # (K,) expected squared own components of the first month
    wander: Floats  # (K,) expected squared changes of the own components
    dyads: Floats  # (K,) dyads with the indicator
    initial: Floats  # (C, C)
    innovation: Floats  # (C, C)
    series: float  # dyads with any evidence
    periods: int


def _em_step(layout: Layout, observations: Observations, parameters: Parameters) -> tuple[Parameters, float]:
    """One EM step; the log likelihood returned is that of the parameters that came in."""
    K, periods, series = observations.value.shape
    C = layout.channels
    weight, shift, noise, observed, effect, wander, dyads = np.zeros((7, K))
    square = np.zeros((C, C))
    sums = _Moments(
        weight, shift, noise, observed, effect, wander, dyads, square, square.copy(), 0.0, periods
    )
    likelihood = 0.0
    for chunk in _slices(series):
        run = _smoothed_noise(layout, observations.select(chunk), parameters)
        likelihood += run.log_likelihood
        _add_moments(parameters, run, sums)
    return _maximise(parameters, sums), likelihood


def _add_moments(parameters: Parameters, run: _Noise, sums: _Moments) -> None:
    K, series = len(parameters.loading), run.variance.shape[1]
    indicator = run.when[:, 1]
    seen = np.isfinite(run.variance)
    variance = np.where(seen, run.variance, 1.0)
    noise = np.where(seen, variance * run.residual, 0.0)
    noise_square = noise**2 + np.where(seen, variance - variance**2 * run.residual_precision, 0.0)
    # the noise is the source's error plus the indicator's own; what is expected of the latter, given their sum
    share = np.where(seen, parameters.noise[indicator, None] / variance, 0.0)
    beyond = share**2 * noise_square + np.where(seen, parameters.noise[indicator, None] * (1 - share), 0.0)
    np.add.at(sums.weight, indicator, np.where(seen, 1 / variance, 0.0).sum(axis=1))
    np.add.at(sums.shift, indicator, np.where(seen, noise / variance, 0.0).sum(axis=1))
    np.add.at(sums.noise, indicator, beyond.sum(axis=1))
    np.add.at(sums.observed, indicator, seen.sum(axis=1))

    has = np.zeros((K, series))
    np.maximum.at(has, indicator, seen.astype(float))
    number = has.sum(axis=1)
    second = ((run.own_score**2 - run.own_information) * has[indicator]).sum(axis=1)
    at_start, steps = np.zeros((2, K))  # sums over dyads, and over the months that each slot speaks for
    np.add.at(at_start, indicator, second * run.seats.first)
    np.add.at(steps, indicator, second * run.seats.months)
    tau, omega = parameters.effect, parameters.wander
    sums.dyads += number
    sums.effect += tau * number + tau**2 * at_start
    sums.wander += omega * number * (sums.periods - 1) + omega**2 * steps

    anything = seen.any(axis=0)
    square = (np.einsum("tcn,ten->tcen", run.score, run.score) - run.information) * anything
    Q, P, count = parameters.innovation, parameters.initial, float(anything.sum())
    sums.innovation += Q @ square[1:].sum(axis=(0, 3)) @ Q + Q * count * (sums.periods - 1)
    sums.initial += P @ square[0].sum(axis=2) @ P + P * count
    sums.series += count


def _maximise(old: Parameters, sums: _Moments) -> Parameters:
    return replace(
        old,
        intercept=old.intercept + sums.shift / sums.weight,
        noise=np.maximum(sums.noise / sums.observed, SMALLEST),
        effect=np.maximum(sums.effect / sums.dyads, SMALLEST),
        wander=np.maximum(sums.wander / (sums.dyads * (sums.periods - 1)), SMALLEST),
        innovation=_symmetric(sums.innovation / (sums.series * (sums.periods - 1))),
        initial=_symmetric(sums.initial / sums.series),
    )


def _symmetric(matrix: Floats) -> Floats:
    return (matrix + matrix.T) / 2


# --- squared extrapolation -----------------------------------------------------------------------------------


def _extrapolate(zero: Parameters, one: Parameters, two: Parameters) -> Parameters:
    """The point that two EM steps head for (Varadhan and Roland 2008, scheme S3), on an unconstrained scale."""
    a, b, c = _pack(zero), _pack(one), _pack(two)
    change, bend = b - a, (c - b) - (b - a)
    norm = float(np.sqrt((bend**2).sum()))
    length = -1.0 if norm == 0 else min(-1.0, -float(np.sqrt((change**2).sum())) / norm)
    return _unpack(a - 2 * length * change + length**2 * bend, two)


def _pack(parameters: Parameters) -> Floats:
    return np.concatenate(
        [
            parameters.intercept,
            np.log(parameters.noise),
            np.log(parameters.effect),
            np.log(parameters.wander),
            _log_cholesky(parameters.innovation),
            _log_cholesky(parameters.initial),
        ]
    )


def _unpack(vector: Floats, like: Parameters) -> Parameters:
    K, C = len(like.loading), len(like.mean)
    intercept, noise, effect, wander = (vector[i * K : (i + 1) * K] for i in range(4))
    rest = vector[4 * K :]
    half = C * (C + 1) // 2
    return replace(
        like,
        intercept=intercept,
        noise=np.maximum(np.exp(noise), SMALLEST),
        effect=np.maximum(np.exp(effect), SMALLEST),
        wander=np.maximum(np.exp(wander), SMALLEST),
        innovation=_from_log_cholesky(rest[:half], C),
        initial=_from_log_cholesky(rest[half:], C),
    )


def _log_cholesky(matrix: Floats) -> Floats:
    factor = np.linalg.cholesky(matrix)
    factor[np.diag_indices_from(factor)] = np.log(np.diag(factor))
    packed: Floats = np.asarray(factor[np.tril_indices_from(factor)], dtype=np.float64)
    return packed


def _from_log_cholesky(vector: Floats, size: int) -> Floats:
    factor = np.zeros((size, size))
    factor[np.tril_indices(size)] = vector
    factor[np.diag_indices(size)] = np.exp(np.diag(factor))
    return factor @ factor.T
