"""Scores of pairs of voters: against brute force, and Wilson's interval against published values."""

import numpy as np
import pytest

from equidistance.models import vote_scores
from equidistance.models.scores import NORMAL_QUANTILES

ROUNDING = 1e-12  # sums of at most some hundred numbers of order one
Z95 = 1.959963984540054


@pytest.mark.parametrize("seed", range(20))
def test_scores_equal_brute_force_on_single_votes(seed: int) -> None:
    draw = np.random.default_rng(seed)
    first, second, group = (draw.integers(0, size, 200) for size in (3, 3, 4))
    table = vote_scores.counts(first, second, group, 4)
    assert table.sum() == 200
    for wanted in range(4):
        a, b = first[group == wanted], second[group == wanted]
        position = np.array([1.0, 0.5, 0.0])
        coded = np.array([1.0, 0.0, -1.0])
        cell = table[wanted]
        assert cell[0, 2] == sum((x, y) == (0, 2) for x, y in zip(a, b, strict=True))
        assert vote_scores.agreement(cell) == pytest.approx(
            1 - np.abs(position[a] - position[b]).mean(), abs=ROUNDING
        )
        assert vote_scores.coincidence(cell) == pytest.approx((a == b).mean(), abs=ROUNDING)
        x, y = coded[a], coded[b]
        cosine = x @ y / np.sqrt((x @ x) * (y @ y))
        assert vote_scores.cosine(cell) == pytest.approx(cosine, abs=ROUNDING)


def test_scores_that_are_not_defined() -> None:
    nothing = np.zeros((3, 3), dtype=np.int64)
    assert np.isnan(vote_scores.agreement(nothing))
    abstaining = nothing.copy()
    abstaining[1, 0] = 4  # the first only abstains: its vector has no direction
    assert vote_scores.agreement(abstaining) == 0.5
    assert np.isnan(vote_scores.cosine(abstaining))


def test_opposite_voters() -> None:
    table = np.array([[0, 0, 3], [0, 0, 0], [2, 0, 0]])
    assert (vote_scores.agreement(table), vote_scores.cosine(table)) == (0.0, -1.0)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(hits: int, trials: int, low: float, high: float) -> None:
    """Newcombe (1998), Statistics in Medicine 17: 857-872, table I, method 3; four decimals are printed there."""
    found = vote_scores.wilson(np.array([hits]), np.array([trials]), Z95)
    assert [round(float(end[0]), 4) for end in found] == [low, high]


def test_wilson_ends_solve_its_equation() -> None:
    hits, trials = np.array([0, 1, 7, 12, 12, 0]), np.array([3, 9, 11, 12, 100, 0])
    z = NORMAL_QUANTILES["q95"]
    low, high = vote_scores.wilson(hits, trials, z)
    with np.errstate(invalid="ignore"):
        share = hits / trials
    for end in (low, high):
        gap = np.abs(end - share) - z * np.sqrt(end * (1 - end) / np.maximum(trials, 1))
        assert np.abs(gap[:5]).max() < 1e-9  # the equation is solved in closed form
    assert np.isnan(low[5])
    assert np.isnan(high[5])
