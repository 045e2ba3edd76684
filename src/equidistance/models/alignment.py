"""The measurement model: latent alignment in words and in deeds behind many noisy indicators.

    x_t = x_{t-1} + eta_t,                         eta_t ~ N(0, Q),  x_0 ~ N(m, P)
    y_kt = mu_k + lambda_k x_{c(k),t} + b_k + e,   b_k ~ N(0, tau_k^2),  e ~ N(0, s_kt^2 + sigma_k^2)

Everything but ``x`` and ``b`` is shared by all dyads. The effect ``b_k`` (what a dyad always shows on indicator k,
whatever its alignment) is static, so it is integrated out exactly as a regression effect: the filter carries one extra
data column per indicator (de Jong 1991) instead of one extra state. The shared parameters are found by empirical Bayes:
EM, with the innovation covariance updated from the smoothed disturbances (Koopman 1993), accelerated by squared
extrapolation (Varadhan and Roland 2008).

Sizes as in :mod:`equidistance.models.kalman`: K indicators, T months, N dyads, C channels (0 deeds, 1 words).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from equidistance.models.kalman import (
    Booleans,
    Floats,
    Forward,
    Integers,
    Layout,
    backward,
    forward,
    slots,
    state_means,
)

CHUNK = 256
"""Dyads that go through time together: large enough to amortise a call, small enough to stay in the cache."""

SMALLEST = 1e-6
"""Floor of every variance and loading, on the indicators' own scales, so that EM cannot run into a corner."""


@dataclass(frozen=True)
class Parameters:
    """What all dyads share.

    Attributes:
        intercept: (K,) mu.
        loading: (K,) lambda, positive.
        noise: (K,) sigma^2, variance of an indicator beyond its own standard error.
        effect: (K,) tau^2, variance of the dyads' static effects.
        innovation: (C, C) Q, covariance of a month's change.
        mean: (C,) m, prior mean of the first month.
        initial: (C, C) P, prior covariance of the first month.
    """

    intercept: Floats
    loading: Floats
    noise: Floats
    effect: Floats
    innovation: Floats
    mean: Floats
    initial: Floats


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
        mean: (T, C, D, N) one mean path for each data column.
        covariance: (T, C, C, N) covariance of ``x_t`` (the same for every column).
        effect: (D, K, N) posterior means of the static effects.
    """

    mean: Floats
    covariance: Floats
    effect: Floats


@dataclass(frozen=True)
class Fit:
    """Result of :func:`fit`: the parameters, the log likelihood after each iteration, and whether it converged."""

    parameters: Parameters
    log_likelihood: tuple[float, ...]
    converged: bool


@dataclass(frozen=True)
class _Pass:
    """One filter pass over a chunk, with the static effects' posterior."""

    when: Integers
    variance: Floats  # (S, N), inf where missing
    filtered: Forward
    data: int  # number of leading data columns; the K design columns follow
    effect: Floats  # (D, K, N)
    effect_covariance: Floats  # (N, K, K)
    log_likelihood: Floats  # (N,) of data column 0


def smooth(
    layout: Layout, observations: Observations, parameters: Parameters, columns: Floats | None = None
) -> Posterior:
    """Posterior of the latent states of every dyad.

    Args:
        layout: what each indicator sees.
        observations: the data, and what is missing.
        parameters: the shared parameters.
        columns: (S, D, N) centred data sets to smooth instead of the observations themselves, by slot
            (:func:`observed_slots`); the prior mean is then left out, so that the result is linear in the columns.

    Returns:
        Posterior with D columns (one, when ``columns`` is not given).
    """
    periods = observations.value.shape[1]
    when = observed_slots(observations)
    own = columns is None
    if columns is None:
        columns = centred(layout, observations, parameters, when)[:, None, :]
    run = _filter(layout, observations, parameters, when, columns, keep_covariance=True)
    back = backward(layout, when, run.filtered, parameters.loading, periods=periods)
    means = state_means(back.score, parameters.innovation, parameters.initial)
    design = means[:, :, run.data :]  # (T, C, K, N)
    mean = means[:, :, : run.data] - np.einsum("tckn,dkn->tcdn", design, run.effect)
    if back.covariance is None:  # pragma: no cover - the filter above keeps them
        raise AssertionError("the filter was asked to keep covariances")
    covariance = back.covariance + np.einsum("tckn,nkl,teln->tcen", design, run.effect_covariance, design, optimize=True)
    if own:
        mean = mean + parameters.mean[None, :, None, None]
    return Posterior(mean, covariance, run.effect)


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
    K, periods, series = observations.value.shape
    when = observed_slots(observations)
    variance = _variance(observations, parameters, when)
    paths = simulate_paths(parameters, periods, number, series, generator)  # (T, C, D, N), prior mean 0
    effects = generator.standard_normal((K, number, series)) * np.sqrt(parameters.effect)[:, None, None]
    sums = np.cumsum(paths, axis=0)
    columns = np.empty((len(when), number, series))
    data = centred(layout, observations, parameters, when)
    for s, (t, k) in enumerate(when):
        channel, span = layout.channel[k], layout.span[k]
        seen = sums[t, channel] - (sums[t - span, channel] if t >= span else 0.0)
        noise = np.where(np.isfinite(variance[s]), np.sqrt(variance[s]), 0.0)
        fake = parameters.loading[k] * seen / span + effects[k] + noise * generator.standard_normal((number, series))
        columns[s] = data[s] - fake
    posterior = smooth(layout, observations, parameters, columns)
    return paths + posterior.mean + parameters.mean[None, :, None, None]


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
    return np.cumsum(steps, axis=0)


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
    parts = smooth(layout, observations, parameters, columns).mean
    prior = np.broadcast_to(parameters.mean[None, :, None, None], (*parts.shape[:2], 1, parts.shape[3]))
    return np.concatenate([parts, prior], axis=2)


def log_likelihood(layout: Layout, observations: Observations, parameters: Parameters) -> float:
    """Log density of the observations with states and effects integrated out, summed over dyads."""
    return sum(float(run.log_likelihood.sum()) for _, run in _chunks(layout, observations, parameters))


def start(layout: Layout, observations: Observations) -> Parameters:
    """Starting values from the indicators' pooled means and variances (half noise, a quarter dyad effect)."""
    with np.errstate(invalid="ignore"):
        intercept = np.nan_to_num(np.nanmean(observations.value, axis=(1, 2)))
        spread = np.nan_to_num(np.nanvar(observations.value, axis=(1, 2)), nan=1.0)
    spread = np.maximum(spread, 1e-4)
    C = layout.channels
    return Parameters(
        intercept=intercept,
        loading=0.5 * np.sqrt(spread),
        noise=0.4 * spread,
        effect=0.25 * spread,
        innovation=0.003 * (0.7 * np.eye(C) + 0.3),
        mean=np.zeros(C),
        initial=0.7 * np.eye(C) + 0.3,
    )


def fit(
    layout: Layout,
    observations: Observations,
    *,
    initial: Parameters | None = None,
    tolerance: float = 0.05,
    iterations: int = 200,
    on_iteration: Callable[[int, float], None] | None = None,
) -> Fit:
    """Estimate the shared parameters by EM with squared extrapolation.

    Args:
        initial: where to start; :func:`start` when not given.
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

    converged = False
    while done + 3 <= iterations:
        one, before = step(current)
        two, _ = step(one)
        trace.append(before)
        jump = _extrapolate(current, one, two)
        after, reached = step(jump)
        if not np.isfinite(reached) or reached < before:
            after, reached = step(two)  # the extrapolation overshot: fall back to plain EM, which never descends
        current = after
        if 0 <= reached - before < tolerance:
            trace.append(reached)
            converged = True
            break
    return Fit(current, tuple(trace), converged)


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


def _slices(series: int) -> Iterator[slice]:
    for low in range(0, series, CHUNK):
        yield slice(low, min(low + CHUNK, series))


def _chunks(
    layout: Layout, observations: Observations, parameters: Parameters
) -> Iterator[tuple[Observations, _Pass]]:
    for dyads in _slices(observations.value.shape[2]):
        part = observations.select(dyads)
        when = observed_slots(part)
        columns = centred(layout, part, parameters, when)[:, None, :]
        yield part, _filter(layout, part, parameters, when, columns)


def _variance(observations: Observations, parameters: Parameters, when: Integers) -> Floats:
    """(S, N) total observation variance, inf where missing."""
    error = observations.error[when[:, 1], when[:, 0]]
    missing = ~np.isfinite(observations.value[when[:, 1], when[:, 0]])
    return np.where(missing, np.inf, error**2 + parameters.noise[when[:, 1], None])


def _filter(
    layout: Layout,
    observations: Observations,
    parameters: Parameters,
    when: Integers,
    columns: Floats,
    *,
    keep_covariance: bool = False,
) -> _Pass:
    """Filter the data columns and the design columns of the static effects, then solve for the effects."""
    K, periods, series = observations.value.shape
    variance = _variance(observations, parameters, when)
    count, data, _ = columns.shape
    everything = np.zeros((count, data + K, series))
    everything[:, :data] = columns
    everything[np.arange(count), data + when[:, 1]] = 1.0
    filtered = forward(
        layout, when, everything, variance, parameters.loading, parameters.innovation, parameters.initial,
        periods=periods, keep_covariance=keep_covariance,
    )
    scaled = (filtered.innovation * np.sqrt(filtered.precision)[:, None]).transpose(2, 1, 0)  # (N, D + K, S)
    design = scaled[:, data:]
    information = design @ design.transpose(0, 2, 1)
    prior = 1.0 / parameters.effect
    covariance = np.linalg.inv(information + np.diag(prior))
    projected = design @ scaled[:, :data].transpose(0, 2, 1)  # (N, K, D)
    effect = (covariance @ projected).transpose(2, 1, 0)
    seen = filtered.precision > 0
    own = scaled[:, 0]
    quadratic = (own**2).sum(axis=1) - np.einsum("nk,kn->n", projected[:, :, 0], effect[0])
    _, determinant = np.linalg.slogdet(information * parameters.effect[None, :, None] + np.eye(K))
    spread = np.log(filtered.precision, where=seen, out=np.zeros_like(filtered.precision)).sum(axis=0)
    likelihood = -0.5 * (seen.sum(axis=0) * np.log(2 * np.pi) - spread + quadratic + determinant)
    return _Pass(when, variance, filtered, data, effect, covariance, likelihood)


@dataclass
class _Moments:
    """Running sums of the expected sufficient statistics over chunks of dyads."""

    regression: Floats  # (K, 5): w, wz, wzz, wy, wzy with w = 1 / total variance and y less the effect
    residual: Floats  # (K, 6): g, gz, gzz, gy, gzy, gyy with g = (sigma^2 / total variance)^2
    split: Floats  # (K,): expected idiosyncratic variance given the residual
    observed: Floats  # (K,): number of observations
    effect: Floats  # (K,): expected squared effects
    dyads: Floats  # (K,): dyads with the indicator
    innovation: Floats
    innovations: float
    initial: Floats
    series: float


def _em_step(
    layout: Layout, observations: Observations, parameters: Parameters
) -> tuple[Parameters, float]:
    """One EM step; the log likelihood returned is that of the parameters that came in."""
    K, C = len(parameters.loading), layout.channels
    sums = _Moments(
        np.zeros((K, 5)), np.zeros((K, 6)), np.zeros(K), np.zeros(K), np.zeros(K), np.zeros(K),
        np.zeros((C, C)), 0.0, np.zeros((C, C)), 0.0,
    )
    likelihood = 0.0
    for part, run in _chunks(layout, observations, parameters):
        likelihood += float(run.log_likelihood.sum())
        _add_moments(layout, part, parameters, run, sums)
    return _maximise(parameters, sums), likelihood


def _add_moments(
    layout: Layout, part: Observations, parameters: Parameters, run: _Pass, sums: _Moments
) -> None:
    K, periods, series = part.value.shape
    back = backward(layout, run.when, run.filtered, parameters.loading, periods=periods)
    indicator = run.when[:, 1]
    seen = np.isfinite(run.variance)
    variance = np.where(seen, run.variance, 0.0)
    effect, covariance = run.effect[0], run.effect_covariance

    # noise e of each observation: mean, variance, covariance with its own effect
    design = back.residual[:, 1:]  # (S, K, N)
    spread = np.matmul(design.transpose(2, 0, 1), covariance)  # (N, S, K)
    noise = variance * (back.residual[:, 0] - np.einsum("skn,kn->sn", design, effect))
    noise_variance = variance - variance**2 * (
        back.residual_precision - np.einsum("nsk,skn->sn", spread, design)
    )
    cross = -variance * spread[:, np.arange(len(indicator)), indicator].T
    own_effect = effect[indicator]
    own_variance = covariance[:, indicator, indicator].T

    # latent part z (times loading): what is left of the observation after intercept, effect and noise
    loading = parameters.loading[indicator, None]
    value = np.nan_to_num(part.value[indicator, run.when[:, 0]])
    latent = (value - parameters.intercept[indicator, None] - own_effect - noise) / loading
    latent_variance = (own_variance + noise_variance + 2 * cross) / loading**2
    latent_effect = -(own_variance + cross) / loading  # covariance of z and b
    target = value - own_effect
    z, zz = latent, latent**2 + latent_variance
    zy = latent * target - latent_effect
    yy = target**2 + own_variance

    weight = np.where(seen, 1.0 / np.where(seen, run.variance, 1.0), 0.0)
    share = weight * parameters.noise[indicator, None]  # idiosyncratic share of the noise variance
    g = share**2
    w = weight
    _sum_by(sums.regression, indicator, [w, w * z, w * zz, w * target, w * zy])
    _sum_by(sums.residual, indicator, [g, g * z, g * zz, g * target, g * zy, g * yy])
    _sum_by(sums.split[:, None], indicator, [np.where(seen, parameters.noise[indicator, None] * (1 - share), 0.0)])
    _sum_by(sums.observed[:, None], indicator, [seen.astype(float)])

    has = np.zeros((K, series))
    np.maximum.at(has, indicator, seen.astype(float))
    sums.effect += (has * (effect**2 + np.einsum("nkk->kn", covariance))).sum(axis=1)
    sums.dyads += has.sum(axis=1)

    # innovations: mean Q r, covariance Q - Q N Q + Q R V R' Q
    anything = seen.any(axis=0)
    r = back.score[:, :, 0] - np.einsum("tckn,kn->tcn", back.score[:, :, 1:], effect)
    design_score = back.score[:, :, 1:]
    pull = back.information - np.einsum(
        "tckn,nkl,teln->tcen", design_score, covariance, design_score, optimize=True
    )
    second = (np.einsum("tcn,ten->tcen", r, r) - pull) * anything
    Q, P = parameters.innovation, parameters.initial
    count = float(anything.sum())
    sums.innovation += Q @ second[1:].sum(axis=(0, 3)) @ Q + Q * count * (periods - 1)
    sums.innovations += count * (periods - 1)
    sums.initial += P @ second[0].sum(axis=2) @ P + P * count
    sums.series += count


def _sum_by(target: Floats, indicator: Integers, terms: list[Floats]) -> None:
    for column, term in enumerate(terms):
        np.add.at(target[:, column], indicator, term.sum(axis=1))


def _maximise(old: Parameters, sums: _Moments) -> Parameters:
    w, wz, wzz, wy, wzy = sums.regression.T
    determinant = w * wzz - wz**2
    usable = determinant > 1e-12
    safe = np.where(usable, determinant, 1.0)
    loading = np.where(usable, (w * wzy - wz * wy) / safe, old.loading)
    loading = np.maximum(loading, SMALLEST)
    intercept = np.where(w > 0, (wy - loading * wz) / np.where(w > 0, w, 1.0), old.intercept)
    g, gz, gzz, gy, gzy, gyy = sums.residual.T
    square = (
        gyy - 2 * intercept * gy - 2 * loading * gzy
        + intercept**2 * g + 2 * intercept * loading * gz + loading**2 * gzz
    )
    count = np.maximum(sums.observed, 1.0)
    noise = np.where(sums.observed > 0, (square + sums.split) / count, old.noise)
    effect = np.where(sums.dyads > 0, sums.effect / np.maximum(sums.dyads, 1.0), old.effect)
    innovation = _symmetric(sums.innovation / sums.innovations)
    initial = _symmetric(sums.initial / sums.series)
    return Parameters(
        intercept=intercept,
        loading=loading,
        noise=np.maximum(noise, SMALLEST),
        effect=np.maximum(effect, SMALLEST),
        innovation=innovation,
        mean=old.mean,
        initial=initial,
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
            np.log(parameters.loading),
            np.log(parameters.noise),
            np.log(parameters.effect),
            _log_cholesky(parameters.innovation),
            _log_cholesky(parameters.initial),
        ]
    )


def _unpack(vector: Floats, like: Parameters) -> Parameters:
    K, C = len(like.loading), len(like.mean)
    intercept, loading, noise, effect = (vector[i * K : (i + 1) * K] for i in range(4))
    rest = vector[4 * K :]
    half = C * (C + 1) // 2
    return Parameters(
        intercept=intercept,
        loading=np.maximum(np.exp(loading), SMALLEST),
        noise=np.maximum(np.exp(noise), SMALLEST),
        effect=np.maximum(np.exp(effect), SMALLEST),
        innovation=_from_log_cholesky(rest[:half], C),
        mean=like.mean,
        initial=_from_log_cholesky(rest[half:], C),
    )


def _log_cholesky(matrix: Floats) -> Floats:
    factor = np.linalg.cholesky(matrix)
    factor[np.diag_indices_from(factor)] = np.log(np.diag(factor))
    return factor[np.tril_indices_from(factor)]


def _from_log_cholesky(vector: Floats, size: int) -> Floats:
    factor = np.zeros((size, size))
    factor[np.tril_indices(size)] = vector
    factor[np.diag_indices(size)] = np.exp(np.diag(factor))
    return factor @ factor.T
