"""The smoother against statsmodels, against brute force on the whole joint distribution, and its invariances."""

import numpy as np
import pytest
from numpy.typing import NDArray

from equidistance.models import alignment, em, sampling
from equidistance.models.alignment import Observations, Parameters
from equidistance.models.kalman import Layout
from equidistance.models.scores import normal_log_score
from equidistance.models.simulate import simulate

EXACT = 1e-8  # double precision leaves about 1e-12 here; 1e-8 is what MODEL.md asks for

LAYOUT = Layout(channel=np.array([0, 0, 1, 1, 1]), span=np.array([1, 12, 1, 12, 3]), channels=2)


def _parameters(rng: np.random.Generator) -> Parameters:
    K = 5
    return Parameters(
        intercept=rng.normal(size=K),
        loading=rng.uniform(0.3, 1.2, K),
        noise=rng.uniform(0.05, 0.3, K),
        effect=rng.uniform(0.1, 0.6, K),
        wander=rng.uniform(0.0, 0.02, K),
        innovation=np.array([[0.02, 0.008], [0.008, 0.03]]),
        mean=np.array([0.4, -0.3]),
        initial=np.array([[0.6, 0.2], [0.2, 0.5]]),
    )


def _data(seed: int, years: int = 3, dyads: int = 4) -> tuple[Observations, Parameters]:
    rng = np.random.default_rng(seed)
    parameters = _parameters(rng)
    T = 12 * years
    pattern = np.full((5, T, dyads), np.nan)
    for k, span in enumerate(LAYOUT.span):
        ends = np.arange(span - 1, T, span)
        pattern[k, ends] = np.where(rng.random((len(ends), dyads)) < 0.6, 0.0, np.nan)
    pattern[:, :, -1] = np.nan  # a dyad without any evidence
    observations, _ = simulate(
        LAYOUT, parameters, Observations(pattern, rng.uniform(0, 0.4, pattern.shape)), rng
    )
    return observations, parameters


def _joint(observations: Observations, parameters: Parameters, n: int) -> tuple[NDArray, NDArray, float]:
    """Posterior mean (T, C), covariances (T, C, C) and log likelihood from the whole joint normal distribution."""
    T = observations.value.shape[1]
    steps = np.minimum.outer(np.arange(T), np.arange(T))
    prior = np.kron(np.ones((T, T)), parameters.initial) + np.kron(steps, parameters.innovation)
    rows, values, variances, which, months = [], [], [], [], []
    for k, span in enumerate(LAYOUT.span):
        for t in np.flatnonzero(np.isfinite(observations.value[k, :, n])):
            row = np.zeros(2 * T)
            row[[2 * u + LAYOUT.channel[k] for u in range(t - span + 1, t + 1)]] = (
                parameters.loading[k] / span
            )
            rows.append(row)
            centre = parameters.intercept[k] + parameters.loading[k] * parameters.mean[LAYOUT.channel[k]]
            values.append(observations.value[k, t, n] - centre)
            variances.append(observations.error[k, t, n] ** 2 + parameters.noise[k])
            which.append(k)
            months.append(t)
    H, y, index = np.array(rows).reshape(-1, 2 * T), np.array(values), np.array(which, dtype=int)
    same = index[:, None] == index[None, :]
    common = (
        parameters.effect[index][:, None]
        + np.minimum.outer(months, months) * parameters.wander[index][:, None]
    )
    noise = np.diag(variances) + same * common if len(y) else np.zeros((0, 0))
    total = H @ prior @ H.T + noise
    gain = prior @ H.T @ np.linalg.inv(total)
    covariance = prior - gain @ H @ prior
    likelihood = -0.5 * (
        len(y) * np.log(2 * np.pi) + np.linalg.slogdet(total)[1] + y @ np.linalg.solve(total, y)
    )
    blocks = np.array([covariance[2 * t : 2 * t + 2, 2 * t : 2 * t + 2] for t in range(T)])
    return (gain @ y).reshape(T, 2) + parameters.mean, blocks, float(likelihood)


@pytest.mark.parametrize("seed", range(5))
def test_posterior_equals_the_joint_normal_distribution(seed: int) -> None:
    observations, parameters = _data(seed)
    posterior = alignment.smooth(LAYOUT, observations, parameters)
    total = 0.0
    for n in range(observations.value.shape[2]):
        mean, covariance, likelihood = _joint(observations, parameters, n)
        np.testing.assert_allclose(posterior.mean[:, :, 0, n], mean, atol=EXACT)
        np.testing.assert_allclose(posterior.covariance[:, :, :, n], covariance, atol=EXACT)
        total += likelihood
    assert alignment.log_likelihood(LAYOUT, observations, parameters) == pytest.approx(total, abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_posterior_equals_statsmodels(seed: int) -> None:
    observations, parameters = _data(seed)
    posterior = alignment.smooth(LAYOUT, observations, parameters)
    for n in range(observations.value.shape[2]):
        result = _statsmodels(observations, parameters, n)
        np.testing.assert_allclose(
            posterior.mean[:, :, 0, n] - parameters.mean, result.smoothed_state[:2].T, atol=EXACT
        )
        expected = result.smoothed_state_cov[:2, :2].transpose(2, 0, 1)
        np.testing.assert_allclose(posterior.covariance[:, :, :, n], expected, atol=EXACT)


def _statsmodels(observations: Observations, parameters: Parameters, n: int):
    """The same model, with accumulators and effects as ordinary states, in statsmodels' own smoother."""
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

    K, T, _ = observations.value.shape
    sums = LAYOUT.accumulators
    size = 2 + len(sums) + K
    model = KalmanSmoother(k_endog=K, k_states=size, k_posdef=2 + K)
    centre = parameters.intercept + parameters.loading * parameters.mean[LAYOUT.channel]
    model.bind((observations.value[:, :, n].T - centre).copy())
    transition, selection = np.zeros((size, size, T)), np.zeros((size, 2 + K, T))
    for t in range(T):  # statsmodels' transition at t leads from t to t + 1
        transition[:2, :2, t] = np.eye(2)
        selection[:2, :2, t] = np.eye(2)
        selection[2 + len(sums) :, 2:, t] = np.eye(K)
        for i, (c, span) in enumerate(sums, start=2):
            transition[i, c, t] = 1.0
            selection[i, c, t] = 1.0
            transition[i, i, t] = 0.0 if (t + 1) % span == 0 else 1.0
        transition[2 + len(sums) :, 2 + len(sums) :, t] = np.eye(K)
    design = np.zeros((K, size))
    for k in range(K):
        design[k, LAYOUT.position[k]] = parameters.loading[k] / LAYOUT.span[k]
        design[k, 2 + len(sums) + k] = 1.0
    start = np.zeros((size, size))
    lift = np.zeros((size, 2))
    lift[:2] = np.eye(2)
    for i, (c, _) in enumerate(sums, start=2):
        lift[i, c] = 1.0
    start += lift @ parameters.initial @ lift.T
    start[2 + len(sums) :, 2 + len(sums) :] = np.diag(parameters.effect)
    variance = observations.error[:, :, n] ** 2 + parameters.noise[:, None]
    model["design"] = design
    model["transition"] = transition
    model["selection"] = selection
    shocks = np.diag(np.concatenate([np.zeros(2), parameters.wander]))
    shocks[:2, :2] = parameters.innovation
    model["state_cov"] = shocks
    model["obs_cov"] = np.stack([np.diag(variance[:, t]) for t in range(T)], axis=2)
    model.initialize_known(np.zeros(size), start)
    return model.smooth()


def test_contributions_sum_to_the_estimate() -> None:
    observations, parameters = _data(7)
    posterior = alignment.smooth(LAYOUT, observations, parameters)
    when = alignment.observed_slots(observations)
    groups = np.broadcast_to(when[:, 1, None], (len(when), observations.value.shape[2]))
    parts = alignment.contributions(LAYOUT, observations, parameters, groups, 5)
    np.testing.assert_allclose(parts.sum(axis=2), posterior.mean[:, :, 0], atol=EXACT)


def test_no_evidence_gives_the_prior_and_never_narrows() -> None:
    observations, parameters = _data(1)
    posterior = alignment.smooth(LAYOUT, observations, parameters)
    months = np.arange(observations.value.shape[1])[:, None, None]
    np.testing.assert_allclose(
        posterior.covariance[:, :, :, -1], parameters.initial + months * parameters.innovation, atol=EXACT
    )
    np.testing.assert_allclose(
        posterior.mean[:, :, 0, -1], np.tile(parameters.mean, (len(months), 1)), atol=EXACT
    )


def test_permuting_dyads_permutes_the_answer() -> None:
    observations, parameters = _data(2, dyads=6)
    order = np.array([3, 0, 5, 1, 4, 2])
    whole = alignment.smooth(LAYOUT, observations, parameters)
    shuffled = alignment.smooth(LAYOUT, observations.select(order), parameters)
    np.testing.assert_allclose(shuffled.mean, whole.mean[..., order], atol=EXACT)
    np.testing.assert_allclose(shuffled.covariance, whole.covariance[..., order], atol=EXACT)
    fitted = em.fit(LAYOUT, observations, iterations=12)
    again = em.fit(LAYOUT, observations.select(order), iterations=12)
    np.testing.assert_allclose(again.parameters.noise, fitted.parameters.noise, rtol=1e-6)


def test_draws_have_the_posterior_moments() -> None:
    observations, parameters = _data(3, years=2, dyads=2)
    posterior = alignment.smooth(LAYOUT, observations, parameters)
    sample = sampling.draws(LAYOUT, observations, parameters, 20_000, np.random.default_rng(0))
    # Monte Carlo error of a mean of 20,000 draws with sd below 1 is under 0.007; four of these
    np.testing.assert_allclose(sample.mean(axis=2), posterior.mean[:, :, 0], atol=0.03)
    sd = np.sqrt(np.einsum("tccn->tcn", posterior.covariance))
    np.testing.assert_allclose(sample.std(axis=2), sd, rtol=0.03)
    change = sample[-1] - sample[0]  # the draws are joint over time: a change is narrower than its parts
    assert (change.std(axis=1) < np.sqrt(sd[0] ** 2 + sd[-1] ** 2)).all()


def test_leave_one_out_equals_hiding_the_observation() -> None:
    observations, parameters = _data(4)
    mean, variance = alignment.leave_one_out(LAYOUT, observations, parameters)
    k, t, n = np.argwhere(np.isfinite(observations.value))[7]
    hidden = observations.value.copy()
    hidden[k, t, n] = np.nan
    without = alignment.log_likelihood(LAYOUT, Observations(hidden, observations.error), parameters)
    with_it = alignment.log_likelihood(LAYOUT, observations, parameters)
    score = normal_log_score(observations.value[k, t, n], mean[k, t, n], np.sqrt(variance[k, t, n]))
    assert with_it - without == pytest.approx(float(score), abs=EXACT)
