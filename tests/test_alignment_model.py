"""EM never descends, recovers what it should, and the intervals that come out cover what they say."""

import numpy as np
import pytest

from equidistance.models import alignment
from equidistance.models.alignment import Observations, Parameters
from equidistance.models.kalman import Layout
from equidistance.models.scores import NORMAL_QUANTILES, coverage, normal_log_score
from equidistance.models.simulate import simulate

LAYOUT = Layout(channel=np.array([0, 0, 0, 1, 1, 1]), span=np.array([1, 12, 12, 1, 12, 12]), channels=2)
TRUTH = Parameters(
    intercept=np.array([0.5, -1.0, 2.0, 0.1, 1.5, -0.7]),
    loading=np.array([0.6, 0.9, 0.5, 0.8, 0.4, 0.7]),
    noise=np.array([0.20, 0.10, 0.15, 0.30, 0.10, 0.20]),
    effect=np.array([0.30, 0.20, 0.40, 0.15, 0.30, 0.25]),
    innovation=np.array([[0.006, 0.002], [0.002, 0.005]]),
    mean=np.zeros(2),
    initial=np.array([[0.7, 0.3], [0.3, 0.6]]),
)


def _simulated(dyads: int, years: int, seed: int):
    rng = np.random.default_rng(seed)
    T = 12 * years
    pattern = np.full((6, T, dyads), np.nan)
    for k, span in enumerate(LAYOUT.span):
        ends = np.arange(span - 1, T, span)
        share = 0.35 if span == 1 else 0.8
        pattern[k, ends] = np.where(rng.random((len(ends), dyads)) < share, 0.0, np.nan)
    errors = rng.uniform(0.0, 0.5, pattern.shape)
    return simulate(LAYOUT, TRUTH, Observations(pattern, errors), rng)


def test_em_never_lowers_the_likelihood_and_reports_it_truly() -> None:
    observations, _ = _simulated(40, 8, seed=1)
    parameters = alignment.start(LAYOUT, observations)
    reached = alignment.log_likelihood(LAYOUT, observations, parameters)
    for _ in range(8):
        parameters, before = alignment._em_step(LAYOUT, observations, parameters)
        assert before == pytest.approx(reached, abs=1e-6)  # the step reports where it started
        reached = alignment.log_likelihood(LAYOUT, observations, parameters)
        assert reached >= before - 1e-6


def test_em_stops_at_a_maximum() -> None:
    observations, _ = _simulated(40, 8, seed=2)
    result = alignment.fit(LAYOUT, observations, tolerance=1e-5, iterations=600)
    best = result.log_likelihood[-1]
    assert result.converged
    rng = np.random.default_rng(0)
    vector = alignment._pack(result.parameters)
    for _ in range(10):
        nearby = alignment._unpack(vector + 0.02 * rng.standard_normal(len(vector)), result.parameters)
        assert alignment.log_likelihood(LAYOUT, observations, nearby) < best + 1e-3


@pytest.fixture(scope="module")
def fitted():
    observations, truth = _simulated(1200, 12, seed=6)  # as many dyads as the reference fit has
    result = alignment.fit(LAYOUT, observations)
    exists = np.ones(truth.shape[::2], dtype=bool)
    parameters = alignment.standardise(LAYOUT, observations, result.parameters, exists)
    return observations, truth, parameters, alignment.smooth(LAYOUT, observations, parameters)


def test_the_parameters_come_back(fitted) -> None:
    _, truth, parameters, _ = fitted
    scale = truth.std(axis=(0, 2))[LAYOUT.channel]
    # 1,200 dyads x 12 years leave relative standard errors of about 2 % (loadings), 2 % (noise) and 8 % (effects); three
    np.testing.assert_allclose(parameters.loading, TRUTH.loading * scale, rtol=0.06)
    np.testing.assert_allclose(parameters.noise, TRUTH.noise, rtol=0.06)
    np.testing.assert_allclose(parameters.effect, TRUTH.effect, rtol=0.25)
    correlation = parameters.innovation[0, 1] / np.sqrt(parameters.innovation[0, 0] * parameters.innovation[1, 1])
    assert correlation == pytest.approx(0.002 / np.sqrt(0.006 * 0.005), abs=0.15)


def test_the_scale_is_mean_zero_and_variance_one(fitted) -> None:
    _, _, _, posterior = fitted
    variance = np.einsum("tccn->tcn", posterior.covariance)
    np.testing.assert_allclose(posterior.mean[:, :, 0].mean(axis=(0, 2)), 0, atol=1e-8)
    second = (posterior.mean[:, :, 0] ** 2 + variance).mean(axis=(0, 2))
    np.testing.assert_allclose(second, 1, atol=1e-8)


def test_intervals_cover_what_they_say_with_estimated_parameters(fitted) -> None:
    """50 +- 3 % and 90 +- 2 % (MODEL.md section 5), with the parameters estimated from the same data.

    Paths are strongly correlated in time, so coverage is known to about sqrt(.9 * .1 / 1200) = .9 % here.
    """
    _, truth, _, posterior = fitted
    scaled = (truth - truth.mean(axis=(0, 2))[:, None]) / truth.std(axis=(0, 2))[:, None]
    sd = np.sqrt(np.einsum("tccn->tcn", posterior.covariance))
    mean = posterior.mean[:, :, 0]
    assert coverage(scaled, mean, sd, NORMAL_QUANTILES["q75"]) == pytest.approx(0.50, abs=0.03)
    assert coverage(scaled, mean, sd, NORMAL_QUANTILES["q95"]) == pytest.approx(0.90, abs=0.02)
    gap, gap_mean = scaled[:, 1] - scaled[:, 0], mean[:, 1] - mean[:, 0]
    spread = np.sqrt(sd[:, 0] ** 2 + sd[:, 1] ** 2 - 2 * posterior.covariance[:, 0, 1])
    assert coverage(gap, gap_mean, spread, NORMAL_QUANTILES["q95"]) == pytest.approx(0.90, abs=0.02)


def test_hidden_evidence_is_predicted_better_than_by_the_last_value_and_the_dyad_mean(fitted) -> None:
    observations, _, parameters, _ = fitted
    rng = np.random.default_rng(4)
    seen = np.isfinite(observations.value)
    hidden = seen & (rng.random(seen.shape) < 0.1)
    kept = Observations(np.where(hidden, np.nan, observations.value), observations.error)
    posterior = alignment.smooth(LAYOUT, kept, parameters)
    ours, last_value, dyad_mean = [], [], []
    for k in (0, 3):  # the monthly indicators, whose latent value is that month's state
        channel = LAYOUT.channel[k]
        for t, n in np.argwhere(hidden[k]):
            earlier = kept.value[k, :t, n]
            earlier = earlier[np.isfinite(earlier)]
            everything = kept.value[k, :, n][np.isfinite(kept.value[k, :, n])]
            if len(earlier) < 1 or len(everything) < 3:
                continue
            truth = observations.value[k, t, n]
            mean = (
                parameters.intercept[k]
                + parameters.loading[k] * posterior.mean[t, channel, 0, n]
                + posterior.effect[0, k, n]
            )
            variance = (
                parameters.loading[k] ** 2 * posterior.covariance[t, channel, channel, n]
                + parameters.noise[k] + observations.error[k, t, n] ** 2
            )
            ours.append(float(normal_log_score(truth, mean, np.sqrt(variance))))
            sd = np.sqrt(2 * everything.var(ddof=1) + 1e-9)
            last_value.append(float(normal_log_score(truth, earlier[-1], sd)))
            dyad_mean.append(float(normal_log_score(truth, everything.mean(), everything.std(ddof=1) + 1e-9)))
    assert len(ours) > 1000
    assert np.mean(ours) > np.mean(last_value)
    assert np.mean(ours) > np.mean(dyad_mean)
