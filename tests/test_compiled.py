"""The compiled smoother against the one of arrays, which is itself held to statsmodels and to dense normal algebra."""

from dataclasses import replace

import numpy as np
import pytest

from equidistance.models import alignment, compiled, em, mixture
from equidistance.models.alignment import Observations, Parameters, Tails, Weights
from equidistance.models.kalman import Layout
from equidistance.models.sampling import Streams, readings
from equidistance.models.simulate import simulate

EXACT = 1e-9  # both are exact; what differs is the order of sums, some 1e-13 here

LAYOUT = Layout(channel=np.array([0, 0, 1, 1, 1]), span=np.array([1, 12, 1, 12, 3]), channels=2)
ONE = Layout(channel=np.zeros(2, dtype=np.int64), span=np.ones(2, dtype=np.int64), channels=1)


def _problem(layout: Layout, seed: int, years: int = 4, dyads: int = 7) -> tuple[Observations, Parameters]:
    """Readings with gaps, late starts and early ends, so that places in the state are left and taken again."""
    rng = np.random.default_rng(seed)
    K, C, T = len(layout.channel), layout.channels, 12 * years
    parameters = Parameters(
        intercept=rng.normal(size=K),
        loading=rng.uniform(0.3, 1.2, K),
        noise=rng.uniform(0.05, 0.3, K),
        effect=rng.uniform(0.1, 0.6, K),
        wander=rng.uniform(0.001, 0.02, K),
        innovation=0.02 * (0.6 * np.eye(C) + 0.4),
        mean=rng.normal(size=C),
        initial=0.5 * (0.6 * np.eye(C) + 0.4),
        tails=Tails(4.0, 5.0, 6.0),
    )
    pattern = np.full((K, T, dyads), np.nan)
    for k, span in enumerate(layout.span):
        for n in range(dyads):
            ends = np.arange(span - 1, T, span)
            low, high = np.sort(rng.integers(0, T, 2))
            ends = ends[(ends >= low) & (ends <= high) & (rng.random(len(ends)) < 0.7)]
            pattern[k, ends, n] = 0.0
    pattern[0, 1, 0] = 0.0
    pattern[:, -1, 0] = 0.0  # a reading of everything in the last month
    pattern[0, 0, 1] = 0.0  # and of one in the first
    pattern[:, :, -1] = np.nan  # a dyad without any
    errors = rng.uniform(0, 0.4, pattern.shape)
    return simulate(layout, parameters, Observations(pattern, errors), rng)[0], parameters


def _weights(observations: Observations, parameters: Parameters, seed: int) -> Weights:
    when = alignment.observed_slots(observations)
    streams = Streams(
        [np.random.default_rng(seed)], np.isfinite(observations.value[when[:, 1], when[:, 0]])
    )
    return mixture.prior_weights(observations, parameters, streams)


@pytest.mark.parametrize("layout", [LAYOUT, ONE])
@pytest.mark.parametrize("weighted", [False, True])
def test_means_and_variances_are_those_of_the_arrays(layout: Layout, weighted: bool) -> None:
    observations, parameters = _problem(layout, 1)
    weights = _weights(observations, parameters, 2) if weighted else None
    packed = compiled.pack(layout, observations)
    given = compiled.pack_weights(packed, observations, None if weights is None else [weights])
    ours = compiled.smooth(layout, packed, parameters, given)
    theirs = alignment.smooth(layout, observations, parameters, weights)
    np.testing.assert_allclose(ours.mean, theirs.mean, atol=EXACT)
    np.testing.assert_allclose(ours.covariance, theirs.covariance, atol=EXACT)


@pytest.mark.parametrize("layout", [LAYOUT, ONE])
def test_the_sums_are_those_of_the_arrays(layout: Layout) -> None:
    observations, parameters = _problem(layout, 3)
    weights = _weights(observations, parameters, 4)
    packed = compiled.pack(layout, observations)
    sums = compiled.sums(
        layout, packed, parameters, compiled.pack_weights(packed, observations, [weights])
    )
    run = alignment.smoothed_noise(layout, observations, parameters, weights)
    assert sums.log_likelihood.sum() == pytest.approx(run.log_likelihood, abs=EXACT)
    square = np.einsum("tcn,tdn->tncd", run.score, run.score) - np.moveaxis(run.information, 3, 1)
    np.testing.assert_allclose(sums.initial, square[0], atol=EXACT)
    later = (square[1:] / weights.innovation[1:, :, None, None]).sum(axis=0)
    np.testing.assert_allclose(sums.innovation, later, atol=EXACT * 100)  # sums of a hundred terms of some 10
    seen, second = np.isfinite(run.variance), run.own_score**2 - run.own_information
    for k in range(len(layout.channel)):
        mine, here = run.when[:, 1] == k, seen & (run.when[:, 1] == k)[:, None]
        np.testing.assert_array_equal(sums.observed[:, k], here.sum(axis=0))
        np.testing.assert_allclose(
            sums.residual[:, k], np.where(here, run.residual, 0).sum(axis=0), atol=EXACT
        )
        np.testing.assert_allclose(sums.weight[:, k], np.where(here, 1 / run.variance, 0).sum(axis=0))
        first = (second * run.seats.first[:, None])[mine].sum(axis=0)
        np.testing.assert_allclose(sums.first[:, k], first, atol=EXACT)
        steps = (second / weights.own * run.seats.months[:, None])[mine].sum(axis=0)
        np.testing.assert_allclose(sums.steps[:, k], steps, atol=EXACT * 100)
        pull = np.where(here, (run.residual**2 - run.residual_precision) / weights.noise, 0).sum(axis=0)
        np.testing.assert_allclose(sums.pull[:, k], pull, atol=EXACT * 100)


def test_an_em_step_never_makes_the_data_less_likely() -> None:
    """The expected squares of the noise, the sum that the test above leaves out, are part of every step."""
    observations, parameters = _problem(LAYOUT, 5, dyads=30)
    before = -np.inf
    for _ in range(8):
        moved, reached = em._em_step(LAYOUT, observations, parameters)
        assert reached > before
        assert reached == pytest.approx(alignment.log_likelihood(LAYOUT, observations, parameters))
        parameters, before = moved, reached


def test_weights_go_into_the_gaps_and_come_back() -> None:
    observations, parameters = _problem(LAYOUT, 6)
    weights = _weights(observations, parameters, 7)
    packed = compiled.pack(LAYOUT, observations)
    (back,) = compiled.unpack_weights(
        packed, observations, compiled.pack_weights(packed, observations, [weights])
    )
    np.testing.assert_array_equal(back.innovation, weights.innovation)
    np.testing.assert_array_equal(back.own, weights.own)
    np.testing.assert_array_equal(back.noise, weights.noise)


def test_some_series_alone_are_what_they_were_among_all() -> None:
    observations, parameters = _problem(LAYOUT, 8)
    weights = _weights(observations, parameters, 9)
    packed = compiled.pack(LAYOUT, observations)
    given = compiled.pack_weights(packed, observations, [weights])
    chosen = np.array([1, 4, 6])
    few, few_weights = compiled.select(LAYOUT, packed, given, chosen)
    whole = compiled.sums(LAYOUT, packed, parameters, given)
    part = compiled.sums(LAYOUT, few, parameters, few_weights)
    for name in ("residual", "beyond", "steps", "innovation", "log_likelihood"):
        np.testing.assert_allclose(getattr(part, name), getattr(whole, name)[chosen], atol=EXACT)


def test_the_expected_squares_are_those_of_the_arrays_and_the_mean_of_the_drawn_ones() -> None:
    observations, parameters = _problem(LAYOUT, 10, dyads=4)
    weights = _weights(observations, parameters, 11)
    packed = compiled.pack(LAYOUT, observations)
    given = compiled.pack_weights(packed, observations, [weights])
    expected = compiled._expected_squares(LAYOUT, packed, parameters, given)
    theirs = mixture._second_moments(LAYOUT, observations, parameters, weights)
    np.testing.assert_allclose(expected.innovation[:, 1:], theirs.innovation[1:].T, atol=EXACT)
    read = readings(observations, alignment.observed_slots(observations))
    slot, series = compiled._places(packed, observations, slice(0, 4))
    np.testing.assert_allclose(expected.own, theirs.own[slot, series], atol=EXACT)
    np.testing.assert_allclose(expected.noise, theirs.noise[slot, series], atol=EXACT)
    assert read.seen[slot, series].all()
    rng, rounds = np.random.default_rng(12), 4000
    total, squared = np.zeros((2, len(packed.readings.month)))
    for _ in range(rounds):
        squares = compiled._sampled_squares(LAYOUT, packed, parameters, given, rng)
        total += squares.noise + squares.own
        squared += (squares.noise + squares.own) ** 2
    mean = total / rounds
    error = np.sqrt((squared / rounds - mean**2) / rounds)
    off = (mean - expected.noise - expected.own) / error
    assert np.abs(off).max() < 5  # a hundred or so means, each by its own sampling error
    assert abs(off.mean()) < 0.5


def test_normal_parts_have_weights_of_one() -> None:
    observations, parameters = _problem(LAYOUT, 13)
    normal_noise = replace(parameters, tails=Tails(4.0, np.inf, np.inf))
    packed = compiled.pack(LAYOUT, observations)
    rng = np.random.default_rng(14)
    weights = compiled.sweep(
        LAYOUT, packed, normal_noise, compiled.start(LAYOUT, packed, normal_noise, rng), rng
    )
    np.testing.assert_array_equal(weights.own, 1)
    np.testing.assert_array_equal(weights.noise, 1)
    assert weights.innovation.min() > 0
    assert weights.innovation.std() > 0.1
