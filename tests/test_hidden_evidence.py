"""What the benchmark of hidden evidence rests on: calibrated predictions of values that are not looked at."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from equidistance.models.alignment import Observations
from equidistance.models.simulate import simulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import hidden

from test_tails import LAYOUT, TRUTH, _pattern

Case = tuple[Observations, np.ndarray, hidden.Predicted]


@pytest.fixture(scope="module")
def case() -> Case:
    observations, _ = simulate(LAYOUT, TRUTH, _pattern(60, 12, 1), np.random.default_rng(2))
    hide = np.isfinite(observations.value) & (np.random.default_rng(3).random(observations.value.shape) < 0.1)
    return observations, hide, _predicted(observations, hide)


def _predicted(observations: Observations, hide: np.ndarray) -> hidden.Predicted:
    generator = np.random.default_rng(4)
    return hidden.predict(LAYOUT, observations, hide, TRUTH, np.full(6, 0.1), generator, chains=2, kept=4)


def test_intervals_of_hidden_values_hold_what_they_say(case: Case) -> None:
    below = case[2].below
    assert len(below) > 1_000
    for level, error in ((0.5, 0.06), (0.9, 0.04)):  # four binomial standard errors of 1,000 values
        held = (below > (1 - level) / 2) & (below < (1 + level) / 2)
        assert held.mean() == pytest.approx(level, abs=error)


def test_predictions_do_not_look_at_what_is_hidden(case: Case) -> None:
    observations, hide, said = case
    moved = Observations(np.where(hide, observations.value + 5.0, observations.value), observations.error)
    again = _predicted(moved, hide)
    np.testing.assert_allclose(again.mean, said.mean, atol=1e-9)
    assert again.score.mean() < said.score.mean() - 1


def test_the_score_is_that_of_a_cell(case: Case) -> None:
    observations, hide, said = case
    assert ((said.below > 0) & (said.below < 1)).all()
    assert (said.score <= np.log(1 / 0.1)).all()
    upper = hidden.predict(  # a cell so wide that it holds everything has all of the probability
        LAYOUT, observations, hide, TRUTH, np.full(6, 1e4), np.random.default_rng(4), chains=1, kept=1
    )
    np.testing.assert_allclose(upper.score, -np.log(1e4), atol=1e-6)


def test_a_rule_gets_the_width_that_suits_it_best() -> None:
    generator = np.random.default_rng(5)
    normal = 0.7 * generator.standard_normal(5_000)
    heavy = 0.7 * generator.standard_t(4, 5_000)
    plain, student = hidden.best_widths(normal, 1e-3)
    assert plain.mean() > student.mean()
    # the best normal width is the root mean square
    best = stats.norm.logpdf(normal, scale=np.sqrt((normal**2).mean())).mean()
    assert plain.mean() == pytest.approx(best, abs=1e-4)
    plain, student = hidden.best_widths(heavy, 1e-3)
    assert student.mean() > plain.mean()
    assert student.mean() == pytest.approx(stats.t.logpdf(heavy, 4, scale=0.7).mean(), abs=1e-3)


def test_unchanged_values_do_not_make_a_score_without_bound() -> None:
    error = np.where(np.arange(1_000) % 50 == 0, 1.0, 0.0)
    scores = hidden.best_widths(error, 0.1)
    assert max(one.max() for one in scores) <= np.log(1 / 0.1) + 1e-12


def test_neighbours_use_what_is_left() -> None:
    value = np.array([[1.0], [np.nan], [4.0], [7.0]])
    before, after, mean = hidden.neighbours(value)
    np.testing.assert_array_equal(before[:, 0], [np.nan, 1.0, 1.0, 4.0])
    np.testing.assert_array_equal(after[:, 0], [4.0, 4.0, 7.0, np.nan])
    np.testing.assert_allclose(mean[:, 0], [5.5, 4.0, 4.0, 2.5])
    np.testing.assert_allclose(hidden.period_mean(np.arange(4.0)[:, None], 2)[:, 0], [0.0, 0.5, 1.5, 2.5])
