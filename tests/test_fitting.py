"""The fit of the shared parameters: it reaches the maximum, keeps variances, and what stands still does not pin it."""

from dataclasses import replace

import numpy as np
import pytest

from equidistance.models import compiled, em, fitting, uncertainty
from equidistance.models.alignment import Observations, Parameters, Tails, share_of_variance
from equidistance.models.kalman import Layout
from equidistance.models.simulate import simulate

LAYOUT = Layout(channel=np.array([0, 0, 0, 1, 1]), span=np.array([1, 12, 12, 1, 12]), channels=2)
TRUTH = Parameters(
    intercept=np.array([0.5, -1.0, 0.0, 0.1, 1.5]),
    loading=np.array([0.6, 0.9, 0.5, 0.8, 0.4]),
    noise=np.array([0.10, 0.05, 0.02, 0.15, 0.05]),
    effect=np.array([0.30, 0.20, 0.40, 0.15, 0.30]),
    wander=np.array([0.002, 0.001, 0.0015, 0.0005, 0.001]),
    innovation=np.array([[0.003, 0.001], [0.001, 0.0025]]),
    mean=np.zeros(2),
    initial=np.array([[0.7, 0.3], [0.3, 0.6]]),
    tails=Tails(4.0, 4.0, 4.0),
)


def _simulated(dyads: int, seed: int) -> Observations:
    """12 years; the standard errors of the fourth indicator are several times what its own steps make in a year."""
    rng = np.random.default_rng(seed)
    value = np.full((5, 144, dyads), np.nan)
    for k, span in enumerate(LAYOUT.span):
        value[k, span - 1 :: span] = np.where(rng.random(value[k, span - 1 :: span].shape) < 0.7, 0.0, np.nan)
    error = rng.uniform(0.0, 0.2, value.shape)
    error[3] = 0.8
    return simulate(LAYOUT, TRUTH, Observations(value, error), rng)[0]


@pytest.fixture(scope="module")
def fitted():
    observations = _simulated(200, 3)
    return observations, fitting.fit_tails(LAYOUT, observations, TRUTH.tails)


def test_the_fit_reaches_the_maximum(fitted) -> None:
    """No Newton step would gain half a nat; accelerated EM, whose steps are written independently, gets no further."""
    observations, result = fitted
    assert result.converged
    packed = compiled.pack(LAYOUT, observations)
    likelihood, scores = uncertainty.likelihood_and_scores(LAYOUT, packed, result.normal)
    total = scores.sum(axis=1)
    assert 0.5 * total @ np.linalg.solve(scores @ scores.T + np.eye(len(total)), total) < 0.5
    by_em = em.fit(LAYOUT, observations, tolerance=0.01, iterations=600).log_likelihood[-1]
    assert likelihood.sum() > by_em - 0.2
    assert result.log_likelihood[-1] == pytest.approx(likelihood.sum(), abs=0.1)


def test_student_t_tails_keep_the_variances_of_the_normal_model(fitted) -> None:
    observations, result = fitted
    for name in ("noise", "wander", "innovation"):
        np.testing.assert_allclose(
            2 * getattr(result.parameters, name), getattr(result.normal, name), rtol=1e-12
        )
    for name in ("intercept", "loading", "effect", "mean", "initial"):
        np.testing.assert_array_equal(getattr(result.parameters, name), getattr(result.normal, name))
    plain = fitting.fit_tails(LAYOUT, observations, Tails())
    assert plain.weights is None
    np.testing.assert_array_equal(plain.parameters.wander, result.normal.wander)


def test_shares_of_the_variance_are_those_of_student_t_variables() -> None:
    assert share_of_variance(np.inf) == 1.0
    assert share_of_variance(4.0) == pytest.approx(0.5)
    assert share_of_variance(2.0) == share_of_variance(3.0) == pytest.approx(1 / 3)
    assert Tails(noise=8.0).error_share == pytest.approx(0.75)


def test_a_standard_error_is_the_standard_deviation_of_the_noise() -> None:
    """With tails as without: the spread of simulated values is that of the truth and the error together."""
    layout = Layout(np.array([0]), np.array([1]), 1)
    for degrees in (np.inf, 5.0):
        truth = Parameters(
            intercept=np.zeros(1),
            loading=np.array([1e-6]),
            noise=np.array([1e-12]),
            effect=np.array([1.0]),
            wander=np.array([1e-12]),
            innovation=np.array([[1e-12]]),
            mean=np.zeros(1),
            initial=np.array([[1e-12]]),
            tails=Tails(noise=degrees),
        )
        shape = (1, 24, 8000)
        observations, _ = simulate(
            layout, truth, Observations(np.zeros(shape), np.full(shape, 2.0)), np.random.default_rng(1)
        )
        within = observations.value[0] - observations.value[0].mean(axis=0)
        # 192,000 values of kurtosis 9 know a variance to some 0.6 %
        assert within.var() * 24 / 23 == pytest.approx(4.0, rel=0.03)
        assert em.true_spread(observations)[0] == pytest.approx(1.0, abs=0.1)


def test_an_indicator_that_stands_still_does_not_pin_alignment() -> None:
    """49 yearly steps of 50 are exactly 0, the others large: the Student-t likelihood has no maximum here."""
    observations = _simulated(200, 5)
    value, rng = observations.value.copy(), np.random.default_rng(6)
    level = np.repeat(rng.normal(0.0, 0.7, (1, 200)), 144, axis=0)
    level[72:, :40] += rng.choice([-2.5, 2.5], 40)
    value[2] = np.where(np.isfinite(value[2]), level, np.nan)
    error = observations.error.copy()
    error[2] = 0.0
    still = Observations(value, error)
    start = replace(em.start(LAYOUT, still), loading=TRUTH.loading)
    result = fitting.fit_tails(LAYOUT, still, TRUTH.tails, initial=start)
    # given the loadings x is on the scale of the truth; two live indicators of deeds know its variance to some 15 %
    assert result.parameters.innovation[0, 0] == pytest.approx(TRUTH.innovation[0, 0], rel=0.5)
    assert result.parameters.wander[2] > 0.2 * np.diff(level, axis=0).var() / 2
    # the other way, weights drawn and EM given them, in turns: everything in deeds stops moving
    packed, rng, tailed = compiled.pack(LAYOUT, still), np.random.default_rng(1), result.parameters
    weights = compiled.start(LAYOUT, packed, tailed, rng)
    for _ in range(30):
        weights = compiled.sweep(LAYOUT, packed, tailed, weights, rng)
        tailed = em.fit_packed(LAYOUT, packed, tailed, weights, iterations=4, tolerance=0.0).parameters
    assert tailed.innovation[0, 0] < 0.1 * result.parameters.innovation[0, 0]


def test_what_is_at_its_bound_is_not_drawn_anew(fitted) -> None:
    _, result = fitted
    bound = replace(result.normal, wander=np.where(np.arange(5) == 3, em.SMALLEST, result.normal.wander))
    drawn = uncertainty.parameter_draws(
        LAYOUT, result.packed, bound, np.arange(200) // 2, 8, np.random.default_rng(1)
    )
    wander = np.array([one.wander for one in drawn])
    np.testing.assert_allclose(wander[:, 3], em.SMALLEST, rtol=1e-9)
    assert (wander[:, [0, 1, 2, 4]].std(axis=0) > 0.01 * bound.wander[[0, 1, 2, 4]]).all()


def test_channels_that_start_as_one_stay_apart() -> None:
    """Where words and deeds start at the same place the likelihood rises until their covariance has no inverse."""
    one = replace(TRUTH, initial=0.6 * np.array([[1.0, 1.0 - 1e-9], [1.0 - 1e-9, 1.0]]), tails=Tails())
    pattern = _simulated(60, 4)
    observations = simulate(LAYOUT, one, pattern, np.random.default_rng(5))[0]
    found = fitting.fit_tails(LAYOUT, observations, Tails()).parameters
    to_itself = np.linalg.cholesky(found.initial)[1, 1] / np.sqrt(found.initial[1, 1])
    assert 0.01 < to_itself < 0.3  # at the bound or near it: the bound's scale is that of the fit's first steps
    written = np.array([[float(f"{value:.6g}") for value in row] for row in found.initial])
    assert np.linalg.eigvalsh(written).min() > 0
