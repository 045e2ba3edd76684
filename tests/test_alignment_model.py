"""EM never descends, recovers what it should, and the intervals that come out cover what they say."""

from dataclasses import replace

import numpy as np
import pytest

from equidistance.models import alignment, compiled, em
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
    wander=np.array([0.004, 0.002, 0.003, 0.005, 0.001, 0.002]),
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


def _start(observations: Observations) -> Parameters:
    """Where EM starts: nothing but the loadings is given away."""
    return replace(em.start(LAYOUT, observations), loading=TRUTH.loading)


def test_em_never_lowers_the_likelihood_and_reports_it_truly() -> None:
    observations, _ = _simulated(40, 8, seed=1)
    parameters = _start(observations)
    reached = alignment.log_likelihood(LAYOUT, observations, parameters)
    for _ in range(8):
        parameters, before = em._em_step(LAYOUT, observations, parameters)
        assert before == pytest.approx(reached, abs=1e-6)  # the step reports where it started
        reached = alignment.log_likelihood(LAYOUT, observations, parameters)
        assert reached >= before - 1e-6


def test_em_stops_at_a_maximum() -> None:
    observations, _ = _simulated(40, 8, seed=2)
    result = em.fit(LAYOUT, observations, initial=_start(observations), tolerance=1e-4, iterations=900)
    best = result.log_likelihood[-1]
    assert result.converged
    rng = np.random.default_rng(0)
    vector = em.pack(result.parameters)
    for _ in range(10):
        nearby = em.unpack(vector + 0.02 * rng.standard_normal(len(vector)), result.parameters)
        assert alignment.log_likelihood(LAYOUT, observations, nearby) < best + 1e-3


@pytest.fixture(scope="module")
def fitted():
    observations, truth = _simulated(1200, 12, seed=6)  # as many dyads as the reference fit has
    result = em.fit(LAYOUT, observations, initial=_start(observations))
    exists = np.ones(truth.shape[::2], dtype=bool)
    parameters = em.standardise(LAYOUT, compiled.pack(LAYOUT, observations), result.parameters, exists)
    return observations, truth, parameters, alignment.smooth(LAYOUT, observations, parameters)


def test_the_parameters_come_back(fitted) -> None:
    _, truth, parameters, _ = fitted
    scale = truth.std(axis=(0, 2))
    # relative standard errors with 1,200 dyads x 12 years: about 3 % (noise; 6 % of a yearly one), 8 % (effects),
    # 6 % (Q), 15 % (wander)
    np.testing.assert_allclose(parameters.noise, TRUTH.noise, rtol=0.18)
    np.testing.assert_allclose(parameters.effect, TRUTH.effect, rtol=0.25)
    np.testing.assert_allclose(parameters.wander, TRUTH.wander, rtol=0.50)
    np.testing.assert_allclose(parameters.innovation * np.outer(scale, scale), TRUTH.innovation, rtol=0.25)
    np.testing.assert_allclose(parameters.loading, TRUTH.loading * scale[LAYOUT.channel], rtol=0.03)


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


def test_hidden_evidence_is_predicted_better_than_by_simpler_rules(fitted) -> None:
    """Each observation is predicted from all others; so are the dyad's mean and the last value, at their best width."""
    observations, _, parameters, _ = fitted
    mean, variance = alignment.leave_one_out(LAYOUT, observations, parameters)
    for k in range(6):
        value = observations.value[k]
        seen = np.isfinite(value)
        ours = normal_log_score(value[seen], mean[k][seen], np.sqrt(variance[k][seen])).mean()
        count = seen.sum(axis=0)
        others = (np.nansum(value, axis=0) - np.nan_to_num(value)) / np.maximum(count - 1, 1)
        usable = seen & (count > 1)
        error = value[usable] - others[usable]
        assert ours > normal_log_score(error, np.zeros_like(error), np.full_like(error, error.std())).mean()
        steps = np.concatenate([np.diff(column[np.isfinite(column)]) for column in value.T])
        assert ours > normal_log_score(steps, np.zeros_like(steps), np.full_like(steps, steps.std())).mean()


def test_true_spread_takes_the_standard_errors_out() -> None:
    rng = np.random.default_rng(5)
    error = np.full((1, 200, 50), 0.8)
    value = 0.6 * rng.standard_normal((1, 200, 50)) + error * rng.standard_normal((1, 200, 50))
    spread = em.true_spread(Observations(value, error))
    assert spread[0] == pytest.approx(0.6, rel=0.05)  # 10,000 values know a variance to 1.4 %
    noise_only = em.true_spread(Observations(error * rng.standard_normal(error.shape), error))
    assert noise_only[0] == pytest.approx(0.8 * np.sqrt(0.1), rel=0.05)


def test_splitting_a_count_in_two_rows_changes_nothing() -> None:
    """Two observations of one month with the weights of their parts count as their pooled observation."""
    observations, _ = _simulated(3, 4, seed=8)
    layout = Layout(channel=np.array([0, 0]), span=np.array([1, 1]), channels=2)
    parameters = replace(
        TRUTH,
        **{
            name: getattr(TRUTH, name)[[0, 0]]
            for name in ("intercept", "loading", "noise", "effect", "wander")
        },
    )
    nothing = np.zeros(2)
    parameters = replace(parameters, noise=nothing, effect=nothing, wander=nothing)
    whole, error = observations.value[:2].copy(), np.full((2, *observations.value.shape[1:]), 0.3)
    whole[1] = np.nan
    split = whole.copy()
    split[1] = whole[0] + 0.2
    split[0] = whole[0] - 0.1  # weights 2 : 1, so that the weighted mean is the pooled value
    parts = error.copy()
    parts[0], parts[1] = 0.3 * np.sqrt(1.5), 0.3 * np.sqrt(3.0)
    one = alignment.smooth(layout, Observations(whole, error), parameters)
    two = alignment.smooth(layout, Observations(split, parts), parameters)
    np.testing.assert_allclose(two.mean, one.mean, atol=1e-8)
    np.testing.assert_allclose(two.covariance, one.covariance, atol=1e-8)
