"""Student-t tails against brute force; what estimates, intervals and breaks must do on simulated data."""

from dataclasses import replace

import numpy as np
import pytest

from equidistance.models import alignment, breaks, em, ensemble, fitting, mixture, uncertainty
from equidistance.models.alignment import Observations, Parameters, Tails
from equidistance.models.kalman import Layout
from equidistance.models.sampling import Streams, readings
from equidistance.models.scores import NORMAL_QUANTILES, coverage
from equidistance.models.simulate import simulate

LAYOUT = Layout(channel=np.array([0, 0, 0, 1, 1, 1]), span=np.array([1, 12, 12, 1, 12, 12]), channels=2)
TRUTH = Parameters(
    intercept=np.array([0.5, -1.0, 2.0, 0.1, 1.5, -0.7]),
    loading=np.array([0.6, 0.9, 0.5, 0.8, 0.4, 0.7]),
    noise=np.array([0.10, 0.05, 0.06, 0.15, 0.05, 0.10]),
    effect=np.array([0.30, 0.20, 0.40, 0.15, 0.30, 0.25]),
    wander=np.array([0.002, 0.001, 0.0015, 0.0025, 0.001, 0.001]),
    innovation=np.array([[0.003, 0.001], [0.001, 0.0025]]),
    mean=np.zeros(2),
    initial=np.array([[0.7, 0.3], [0.3, 0.6]]),
    tails=Tails(4.0, 4.0, 4.0),
)
EXACT = 1e-8


def _pattern(dyads: int, years: int, seed: int, share: float = 0.4) -> Observations:
    rng = np.random.default_rng(seed)
    T = 12 * years
    value = np.full((6, T, dyads), np.nan)
    for k, span in enumerate(LAYOUT.span):
        ends = np.arange(span - 1, T, span)
        kept = share if span == 1 else 0.9
        value[k, ends] = np.where(rng.random((len(ends), dyads)) < kept, 0.0, np.nan)
    return Observations(value, rng.uniform(0.0, 0.3, value.shape))


def _simulated(dyads: int, years: int, seed: int, truth: Parameters = TRUTH):
    return simulate(LAYOUT, truth, _pattern(dyads, years, seed), np.random.default_rng(seed))


# --- against brute force ---------------------------------------------------------------------------------------


def _prior_weights(count: int, degrees: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    return rng.chisquare(degrees, (draws, count)) / degrees


def test_the_posterior_equals_importance_sampling_on_the_whole_joint_distribution() -> None:
    """Every weight from its prior, the data's density given them by dense normal algebra, no filter anywhere."""
    layout = Layout(channel=np.array([0, 1]), span=np.array([1, 3]), channels=2)
    parameters = replace(
        TRUTH,
        **{name: getattr(TRUTH, name)[:2] for name in ("intercept", "loading", "noise", "effect", "wander")},
        innovation=np.array([[0.05, 0.02], [0.02, 0.04]]),
        tails=Tails(3.0, 3.0, 3.0),
    )
    parameters = replace(parameters, wander=np.array([0.02, 0.02]), noise=np.array([0.02, 0.02]))
    T = 6
    value = np.full((2, T, 1), np.nan)
    value[0, [0, 2, 4], 0] = [0.6, 0.8, 2.6]  # a jump late
    value[1, [2, 5], 0] = [-0.9, 0.5]
    observations = Observations(value, np.full(value.shape, 0.1))
    rng, draws = np.random.default_rng(0), 60_000
    places = [(0, 0), (0, 2), (0, 4), (1, 2), (1, 5)]
    w = _prior_weights(T - 1, 3.0, draws, rng)
    own = _prior_weights(3, 3.0, draws, rng)  # steps 0->2, 2->4 of the first, 2->5 of the second
    noise = _prior_weights(5, 3.0, draws, rng)
    P, Q = parameters.initial, parameters.innovation
    factor = np.concatenate([np.zeros((draws, 1)), np.cumsum(1 / w, axis=1)], axis=1)
    first = np.minimum.outer(np.arange(T), np.arange(T))
    state = P[None, None, None] + factor[:, first][..., None, None] * Q  # (draws, T, T, C, C)
    H = np.zeros((5, T, 2))
    for i, (k, t) in enumerate(places):
        span = layout.span[k]
        H[i, t - span + 1 : t + 1, k] = parameters.loading[k] / span
    cross = np.einsum("itc,dtucv->diuv", H, state)  # (draws, 5, T, C)
    total = np.einsum("diuv,juv->dij", cross, H)
    walk = np.zeros((draws, 5, 5))
    a = parameters.effect[0] + np.stack(
        [0 * own[:, 0], 2 * 0.02 / own[:, 0], 2 * 0.02 / own[:, 0] + 2 * 0.02 / own[:, 1]], axis=1
    )
    # two months before the first reading: three times the squared scale, which is the variance of three degrees
    b = parameters.effect[1] + 2 * 0.02 * 3 + np.stack([0 * own[:, 2], 3 * 0.02 / own[:, 2]], axis=1)
    for i in range(3):
        for j in range(3):
            walk[:, i, j] = a[:, min(i, j)]
    for i in range(2):
        for j in range(2):
            walk[:, 3 + i, 3 + j] = b[:, min(i, j)]
    # a standard error is a standard deviation: with three degrees the squared scale is a third of the variance
    h = (0.1**2 / 3 + parameters.noise[[0, 0, 0, 1, 1]]) / noise
    total = total + walk + np.einsum("di,ij->dij", h, np.eye(5))
    y = np.array([value[k, t, 0] - parameters.intercept[k] for k, t in places])
    solved = np.linalg.solve(total, np.broadcast_to(y, (draws, 5))[..., None])[..., 0]
    log = -0.5 * (np.linalg.slogdet(total)[1] + solved @ y)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    means = np.einsum("diuv,di->duv", cross, solved)
    gain = np.linalg.solve(total, cross.reshape(draws, 5, -1)).reshape(cross.shape)
    variance = np.einsum("duucc->duc", state) - np.einsum("diuv,diuv->duv", cross, gain)
    mean = np.einsum("d,duv->uv", weight, means)
    expected = np.einsum("d,duv->uv", weight, variance + (means - mean) ** 2)

    sampled = ensemble.sample(layout, observations, [parameters] * 400, [5], burn=15, keep=5)
    posterior, drawn = ensemble.posterior(layout, observations, sampled, 4000, [5])
    # Monte Carlo: the effective number of importance draws is some thousands, the chains give 2,000: sd over 45 each
    sd = np.sqrt(expected)
    assert 1 / (weight**2).sum() > 2000
    np.testing.assert_allclose(posterior.mean[:, :, 0, 0] / sd, mean / sd, atol=0.1)
    ours = np.sqrt(np.einsum("tccn->tcn", posterior.covariance)[..., 0])
    np.testing.assert_allclose(ours, sd, rtol=0.1)
    np.testing.assert_allclose(drawn.path[:, :, 0].std(axis=0), sd, rtol=0.12)


def test_without_tails_the_mixture_is_the_smoother() -> None:
    truth = replace(TRUTH, tails=Tails())
    observations, _ = _simulated(3, 4, 2, truth)
    sampled = ensemble.sample(LAYOUT, observations, [truth] * 4, [1, 2, 3])
    posterior, _ = ensemble.posterior(LAYOUT, observations, sampled, 100, [1, 2, 3])
    plain = alignment.smooth(LAYOUT, observations, truth)
    np.testing.assert_allclose(posterior.mean, plain.mean, atol=EXACT)
    np.testing.assert_allclose(posterior.covariance, plain.covariance, atol=EXACT)


def test_series_with_parameters_of_their_own_are_smoothed_by_them() -> None:
    observations, _ = _simulated(2, 3, 3)
    other = replace(TRUTH, noise=2 * TRUTH.noise, innovation=3 * TRUTH.innovation, mean=np.array([0.3, -0.2]))
    both = ensemble.stack([TRUTH, other])
    together = alignment.smooth(LAYOUT, observations, both)
    for n, parameters in enumerate((TRUTH, other)):
        alone = alignment.smooth(LAYOUT, observations.select(np.array([n])), parameters)
        np.testing.assert_allclose(together.mean[..., n], alone.mean[..., 0], atol=EXACT)
        np.testing.assert_allclose(together.covariance[..., n], alone.covariance[..., 0], atol=EXACT)


# --- invariances -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three():
    observations, _ = _simulated(3, 8, 4)
    members = [replace(TRUTH, noise=TRUTH.noise * factor) for factor in (0.9, 1.0, 1.1)]
    sampled = ensemble.sample(LAYOUT, observations, members, [7, 8, 9])
    return observations, members, sampled, ensemble.posterior(LAYOUT, observations, sampled, 60, [7, 8, 9])


def test_a_dyad_alone_and_in_any_order_gets_the_same_answer(three) -> None:
    observations, members, _, (posterior, _) = three
    for dyads in ([1], [2, 0]):
        part = observations.select(np.array(dyads))
        seeds = [7 + n for n in dyads]
        again, _ = ensemble.posterior(LAYOUT, part, ensemble.sample(LAYOUT, part, members, seeds), 60, seeds)
        np.testing.assert_allclose(again.mean, posterior.mean[..., dyads], atol=EXACT)
        np.testing.assert_allclose(again.covariance, posterior.covariance[..., dyads], atol=EXACT)


def test_contributions_sum_to_the_mixture_mean(three) -> None:
    observations, _, sampled, (posterior, _) = three
    functional = np.zeros((observations.value.shape[1], 2))
    functional[40:52, 0], functional[60, 1] = 1 / 12, -2.0
    for p in range(3):
        alone = observations.select(slice(p, p + 1))
        parts, prior = ensemble.loads(LAYOUT, alone, sampled.dyad(observations, p), functional)
        expected = (posterior.mean[:, :, 0, p] * functional).sum()
        assert parts.sum() + prior == pytest.approx(expected, abs=EXACT)
        assert len(parts) == len(alignment.observed_slots(alone))


def test_no_evidence_leaves_the_prior_and_never_narrows() -> None:
    nothing = Observations(np.full((6, 60, 1), np.nan), np.zeros((6, 60, 1)))
    sampled = ensemble.sample(LAYOUT, nothing, [TRUTH] * 600, [3])
    posterior, _ = ensemble.posterior(LAYOUT, nothing, sampled, 600, [3])
    variance = np.einsum("tccn->tcn", posterior.covariance)[..., 0]
    assert (np.diff(variance, axis=0) > 0).all()
    np.testing.assert_allclose(posterior.mean, 0, atol=EXACT)
    # a Student-t variable of 4 degrees has twice its squared scale; the mean of 600 x 59 weights is known to some 3 %
    np.testing.assert_allclose(
        variance[-1], np.diag(TRUTH.initial) + 59 * 2 * np.diag(TRUTH.innovation), rtol=0.1
    )


def test_readings_know_what_came_before() -> None:
    observations = _pattern(2, 3, 1)
    when = alignment.observed_slots(observations)
    read = readings(observations, when)
    for n in range(2):
        for k in range(6):
            months = np.flatnonzero(np.isfinite(observations.value[k, :, n]))
            mine = np.flatnonzero((when[:, 1] == k) & read.seen[:, n])
            np.testing.assert_array_equal(when[mine, 0], months)
            np.testing.assert_array_equal(read.months[mine, n], np.diff(months, prepend=0))
            assert not read.later[mine[0], n]
            assert read.later[mine[1:], n].all()


# --- estimation ------------------------------------------------------------------------------------------------


def test_scores_are_the_derivatives_of_the_likelihood() -> None:
    observations, _ = _simulated(4, 5, 5)
    when = alignment.observed_slots(observations)
    streams = Streams([np.random.default_rng(1)], np.isfinite(observations.value[when[:, 1], when[:, 0]]))
    weights = [mixture.start(LAYOUT, observations, observations, TRUTH, TRUTH, streams)]
    ours = uncertainty.scores(LAYOUT, observations, TRUTH, weights).sum(axis=1)
    centre, step = em.pack(TRUTH), 1e-5
    for i in range(len(centre)):
        up, down = centre.copy(), centre.copy()
        up[i] += step
        down[i] -= step
        high, low = (
            alignment.log_likelihood(LAYOUT, observations, em.unpack(vector, TRUTH), weights)
            for vector in (up, down)
        )
        # central differences with this step know a derivative to some 1e-5 of the likelihood's size
        assert ours[i] == pytest.approx((high - low) / (2 * step), abs=2e-3, rel=1e-4)


@pytest.fixture(scope="module")
def fitted():
    observations, truth = _simulated(300, 12, 6)
    start = replace(em.start(LAYOUT, observations), loading=TRUTH.loading)
    result = fitting.fit_tails(LAYOUT, observations, TRUTH.tails, initial=start)
    clusters = np.arange(300) // 3
    moved = uncertainty.parameter_draws(
        LAYOUT, result.packed, result.normal, clusters, 24, np.random.default_rng(2)
    )
    moved = [fitting.with_tails(one, TRUTH.tails) for one in moved]
    exists = np.ones(truth.shape[::2], dtype=bool)
    members = [em.standardise(LAYOUT, result.packed, one, exists, result.weights) for one in moved]
    scaled = (truth - truth.mean(axis=(0, 2))[:, None]) / truth.std(axis=(0, 2))[:, None]
    centre = em.standardise(LAYOUT, result.packed, result.parameters, exists, result.weights)
    return observations, scaled, truth, centre, members


def test_the_parameters_come_back(fitted) -> None:
    _, _, truth, centre, _ = fitted
    scale = truth.std(axis=(0, 2))
    # 300 dyads know a spread to some 4 %
    np.testing.assert_allclose(centre.loading, TRUTH.loading * scale[LAYOUT.channel], rtol=0.1)
    # normal innovations of the same variance would have twice this: that must be told apart
    np.testing.assert_allclose(np.diag(centre.innovation) * scale**2, np.diag(TRUTH.innovation), rtol=0.4)
    np.testing.assert_allclose(centre.noise[[0, 3]], TRUTH.noise[[0, 3]], rtol=0.2)


def test_draws_of_the_parameters_spread_around_the_truth(fitted) -> None:
    _, _, _, centre, members = fitted
    noise = np.log([one.noise for one in members])
    sd = noise.std(axis=0)
    assert (
        (sd > 0.01) & (sd < 0.5)
    ).all()  # 300 dyads x 58 months: between 1 % and, for yearly ones, some 15 %
    assert (np.abs(noise.mean(axis=0) - np.log(centre.noise)) < sd).all()
    steps = np.array([em.pack(one) for one in members]) - em.pack(centre)
    assert np.isfinite(steps).all()
    monthly = [0, 3]
    assert (np.abs(np.log(centre.noise) - np.log(TRUTH.noise))[monthly] < 4 * sd[monthly]).all()
    intercepts = np.array([one.intercept for one in members]).std(axis=0)
    assert (intercepts > 0.005).all()


def test_intervals_cover_with_estimated_parameters_and_tails(fitted) -> None:
    """50 +- 3 % and 90 +- 2 %, and the sampling error of 96 dyads, whose months are much alike (some 1.5 %)."""
    observations, scaled, _, centre, members = fitted
    part, seeds = observations.select(slice(0, 96)), list(range(96))
    inside: list[tuple[float, float]] = []
    for low in range(0, 96, 16):
        some = part.select(slice(low, low + 16))
        sampled = ensemble.sample(LAYOUT, some, members, seeds[low : low + 16])
        posterior, _ = ensemble.posterior(LAYOUT, some, sampled, 24, seeds[low : low + 16])
        sd = np.sqrt(np.einsum("tccn->tcn", posterior.covariance))
        true, mean = scaled[:, :, low : low + 16], posterior.mean[:, :, 0]
        inside.append(
            (
                coverage(true, mean, sd, NORMAL_QUANTILES["q75"]),
                coverage(true, mean, sd, NORMAL_QUANTILES["q95"]),
            )
        )
    half, ninety = np.mean(inside, axis=0)
    assert half == pytest.approx(0.50, abs=0.05)
    assert ninety == pytest.approx(0.90, abs=0.035)
    known = alignment.smooth(LAYOUT, part, replace(centre, tails=Tails()))
    assert np.isfinite(known.mean).all()


# --- breaks ----------------------------------------------------------------------------------------------------


def _breaks_of(observations: Observations, parameters: Parameters, least: float = breaks.REPORTED):
    series = observations.value.shape[2]
    seeds = list(range(series))
    sampled = ensemble.sample(LAYOUT, observations, [parameters] * 32, seeds)
    _, drawn = ensemble.posterior(LAYOUT, observations, sampled, 512, seeds)
    there = np.ones(observations.value.shape[1], dtype=bool)
    for n in range(series):
        state = [
            (c, one)
            for c in range(2)
            for one in breaks.state_breaks(
                drawn.step[:, c, :, n],
                float(np.sqrt(parameters.innovation[c, c])),
                parameters.tails.innovation,
                there,
                least=least,
            )
        ]
        alone = observations.select(slice(n, n + 1))
        when = alignment.observed_slots(observations)
        rows = np.isfinite(observations.value[when[:, 1], when[:, 0], n])
        yield state, breaks.own_breaks(LAYOUT, alone, parameters, drawn.own[rows, :, n])


CALM = replace(
    TRUTH,
    innovation=np.array([[0.001, 0.0003], [0.0003, 0.001]]),
    noise=np.full(6, 0.02),
    wander=np.full(6, 0.0003),
)


def _quiet(dyads: int, seed: int) -> Observations:
    pattern = replace(_pattern(dyads, 12, seed, share=0.7), error=np.zeros((6, 144, dyads)))
    return simulate(LAYOUT, replace(CALM, tails=Tails()), pattern, np.random.default_rng(seed))[0]


def test_a_jump_of_all_indicators_is_the_states_and_one_of_a_single_one_is_its_own() -> None:
    """Both are jumps of 2 sd in month 70: in every deed of the first dyad, and in one deed of the second."""
    observations = _quiet(2, 1)
    value, months = observations.value.copy(), np.arange(144)
    for k in (0, 1, 2):
        jump = 2.0 * CALM.loading[k] * (months >= 70)
        span = LAYOUT.span[k]
        seen = np.array([jump[max(t - span + 1, 0) : t + 1].mean() for t in months])
        value[k, :, 0] += seen
    value[0, :, 1] += 2.0 * CALM.loading[0] * (months >= 70)
    (state, own), (other_state, other_own) = _breaks_of(Observations(value, observations.error), CALM)
    assert [c for c, _ in state] == [0]
    assert state[0][1].probability > 0.9
    assert abs(state[0][1].month - 70) <= 2
    assert state[0][1].earliest <= 70 <= state[0][1].latest
    assert state[0][1].size.mean() == pytest.approx(2.0, abs=0.4)
    assert not own
    assert not other_state
    assert [k for k, _ in other_own] == [0]
    assert other_own[0][1].probability > 0.9
    assert other_own[0][1].window[0] - 1 <= 70 <= other_own[0][1].window[1] + 1
    assert other_own[0][1].size.mean() == pytest.approx(2.0, abs=0.4)


def test_quiet_dyads_have_no_breaks() -> None:
    found = list(_breaks_of(_quiet(20, 2), CALM))
    assert sum(len(state) for state, _ in found) <= 1
    assert sum(len(own) for _, own in found) <= 1


def test_probabilities_of_breaks_are_calibrated() -> None:
    """Jumps come from the model's own Student-t innovations: what is called 70 % must be there in about 70 %."""
    truth = replace(CALM, innovation=np.array([[0.006, 0.002], [0.002, 0.006]]), tails=Tails(3.0, 4.0, 4.0))
    pattern = replace(_pattern(40, 12, 3, share=0.7), error=np.zeros((6, 144, 40)))
    observations, paths = simulate(LAYOUT, truth, pattern, np.random.default_rng(9))
    claimed, true = [], []
    limit = max(breaks.MEANINGFUL, breaks.UNUSUAL * np.sqrt(0.006))
    for n, (state, _) in enumerate(_breaks_of(observations, truth, least=0.2)):
        for c, one in state:
            step = np.diff(paths[:, c, n], prepend=paths[0, c, n])
            claimed.append(one.probability)
            true.append(bool((np.abs(step[one.window[0] : one.window[1] + 1]) >= limit).any()))
    probability, happened = np.array(claimed), np.array(true)
    assert len(probability) >= 40
    error = np.sqrt((probability * (1 - probability)).sum()) / len(probability)
    # windows are chosen for their probability, which favours lucky ones a little: 5 points besides sampling
    assert abs(probability.mean() - happened.mean()) < 2.5 * error + 0.05
    sure = probability > 0.8
    assert happened[sure].mean() > 0.75
    assert happened[~sure].mean() < happened[sure].mean()
