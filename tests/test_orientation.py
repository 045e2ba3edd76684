import numpy as np
import pytest

from equidistance.assessment.orientation import lead_lag, orient


def test_shares_sum_to_one_and_equal_alignment_is_equidistance_one() -> None:
    draws = np.zeros((10, 3, 4))
    result = orient(draws, np.ones((3, 4), dtype=bool))
    np.testing.assert_allclose(result.share.sum(axis=2), 1)
    np.testing.assert_allclose(result.equidistance, 1)
    np.testing.assert_allclose(result.margin, 0)


def test_one_vector_only_is_equidistance_near_zero() -> None:
    draws = np.zeros((10, 1, 3))
    draws[..., 1] = 30.0
    result = orient(draws, np.ones((1, 3), dtype=bool))
    assert result.equidistance.max() < 1e-6
    assert result.leads[0].tolist() == [0.0, 1.0, 0.0]
    np.testing.assert_allclose(result.margin, 30)


def test_an_unavailable_power_takes_no_share() -> None:
    draws = np.random.default_rng(0).normal(size=(200, 2, 3))
    available = np.array([[True, True, True], [True, False, True]])
    result = orient(draws, available)
    assert np.isnan(result.share[:, 1, 1]).all()
    np.testing.assert_allclose(np.nansum(result.share, axis=2), 1)
    alone = orient(draws[:, 1:, [0, 2]], np.ones((1, 2), dtype=bool))
    np.testing.assert_allclose(result.equidistance[:, 1], alone.equidistance[:, 0])
    np.testing.assert_allclose(result.leads[1, [0, 2]], alone.leads[0])


def test_one_power_has_no_equidistance() -> None:
    result = orient(np.zeros((10, 1, 1)), np.ones((1, 1), dtype=bool))
    assert np.isnan(result.equidistance).all()
    assert np.isnan(result.margin).all()


def test_swapping_powers_swaps_the_answer() -> None:
    draws = np.random.default_rng(1).normal(size=(500, 4, 3))
    everything = np.ones((4, 3), dtype=bool)
    one, two = orient(draws, everything), orient(draws[..., ::-1], everything)
    np.testing.assert_allclose(one.share, two.share[..., ::-1])
    np.testing.assert_allclose(one.equidistance, two.equidistance)


@pytest.mark.parametrize(("lag", "place"), [(1, 4), (-2, 1), (0, 3)])
def test_lead_lag_finds_who_moves_first(lag: int, place: int) -> None:
    rng = np.random.default_rng(2)
    steps = rng.normal(size=60)
    words = np.cumsum(steps)[None]
    deeds = np.roll(np.concatenate([steps]), lag)
    result = lead_lag(words, np.cumsum(deeds)[None], 3)
    assert int(np.nanargmax(result[0])) == place
    assert result[0, place] > 0.9
