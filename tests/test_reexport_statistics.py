"""The statistics of the screen: against other implementations, by brute force, by recovery and by calibration."""

from itertools import pairwise
from math import isnan

import numpy as np
import pytest
import scipy.stats
import statsmodels.stats.multitest

from equidistance.errors import InvalidRequest
from equidistance.reexports import excess, gravity, mirror, null, onset, surge
from equidistance.reexports.judge import Judged, judge
from equidistance.reexports.simulate import Simulated, simulate

Z90 = 1.6448536269514722


def noise(shape: tuple[int, ...], seed: int = 0) -> surge.Floats:
    return np.exp(np.random.default_rng(seed).normal(12, 1, shape))


# surge


def test_levels_compare_months_with_the_same_months() -> None:
    months = np.arange(36)
    post = months >= 28  # from May on
    value = 1000.0 * (months % 12)[None, :] + 5 * (months // 12)[None, :]
    base, after = surge.levels(value, post, 12)
    by_hand = sum(
        np.mean([value[0, m] for m in range(28) if m % 12 == later % 12]) for later in range(28, 36)
    )
    assert base[0] == pytest.approx(by_hand)
    assert after[0] == pytest.approx(value[0, 28:].sum())
    yearly, _ = surge.levels(value[:, :5], np.array([False, False, False, True, True]), 1)
    assert yearly[0] == pytest.approx(2 * value[0, :3].mean())


def test_a_seasonal_flow_that_did_not_change_has_not_grown() -> None:
    months = np.arange(48)
    value = np.tile(1e6 * (2 + np.sin(months * 2 * np.pi / 12)), (3, 1))
    grown = surge.surge(value, months >= 39, 12)
    assert np.abs(grown.log_ratio).max() < 1e-9
    doubled = surge.surge(np.where(months >= 39, 2 * value, value), months >= 39, 12)
    assert doubled.log_ratio[0] == pytest.approx(np.log(2), abs=1e-3)  # the floor of 1,000 on a million
    controlled = surge.surge(np.where(months >= 39, 2 * value, value), months >= 39, 12, 3 * value)
    assert controlled.log_ratio[0] == pytest.approx(np.log(2), abs=1e-3)


def test_naive_p_is_welchs_test() -> None:
    value = noise((40, 30))
    post = np.arange(30) >= 21
    logs = np.log(value + surge.FLOOR)
    expected = scipy.stats.ttest_ind(
        logs[:, post], logs[:, ~post], axis=1, equal_var=False, alternative="greater"
    ).pvalue
    assert surge.naive_p(value, post) == pytest.approx(expected, abs=1e-9)
    assert surge.naive_p(np.ones((1, 30)), post)[0] == 1.0  # a constant flow


@pytest.mark.parametrize(("t", "df"), [(-3.0, 2.5), (0.0, 5.0), (1.2, 1.0), (40.0, 7.7), (2.0, 1e4)])
def test_students_tail(t: float, df: float) -> None:
    assert surge.student_tail(t, df) == pytest.approx(scipy.stats.t.sf(t, df), rel=1e-8, abs=1e-14)


# ranks


def test_rank_p_values_by_brute_force() -> None:
    random = np.random.default_rng(1)
    score = random.integers(0, 12, 80).astype(float)  # many ties
    placebo = random.random(80) < 0.7
    strata = random.integers(0, 3, 80)
    p = null.conformal_p(score, placebo, strata)
    for i in range(80):
        others = [j for j in range(80) if placebo[j] and strata[j] == strata[i] and j != i]
        as_high = sum(score[j] >= score[i] for j in others)
        assert p[i] == pytest.approx((1 + as_high) / (1 + len(others)))


def test_adjustments_are_the_textbooks() -> None:
    p = np.random.default_rng(2).random(50) ** 3
    with_gap = np.append(p, np.nan)
    q = null.benjamini_hochberg(with_gap)
    assert q[:-1] == pytest.approx(scipy.stats.false_discovery_control(p))
    assert isnan(q[-1])
    assert null.holm(with_gap)[:-1] == pytest.approx(
        statsmodels.stats.multitest.multipletests(p, method="holm")[1]
    )


def test_a_stratum_without_placebos_has_no_p_value() -> None:
    p = null.conformal_p(np.arange(4.0), np.array([True, True, False, False]), np.array([0, 0, 0, 1]))
    assert isnan(p[3])
    assert p[2] == pytest.approx(1 / 3)


def test_strata_hold_enough_placebos() -> None:
    base = np.concatenate([np.zeros(300), noise((900,))])
    placebo = np.random.default_rng(3).random(1200) < 0.9
    strata = surge.size_strata(base, placebo, least=200)
    counts = [int((placebo & (strata == place)).sum()) for place in np.unique(strata)]
    assert min(counts) >= 190  # quantiles of a discrete sample may miss by a few
    assert set(strata[:300]) == {-1}
    assert all(
        base[strata == a].max() <= base[strata == b].min() for a, b in pairwise(sorted(set(strata) - {-1}))
    )
    assert set(surge.size_strata(base[:20], placebo[:20])) == {0}


def test_a_basket_that_was_picked_is_naively_remarkable_and_rightly_not() -> None:
    """Pure noise: the ten fastest of fifty always look remarkable; with the picking repeated they do not."""
    naive, matched = [], []
    for seed in range(100):
        random = np.random.default_rng(seed)
        score = random.normal(size=600)
        listed = np.zeros(600, dtype=bool)
        listed[random.permutation(600)[:50]] = True
        ranked = null.rank_scores(score, np.ones(600, dtype=bool), np.zeros(600, dtype=np.int64))
        found = null.basket_test(ranked, listed, ~listed, np.arange(600), 10, draws=99, seed=seed)
        naive.append(found.naive_p)
        matched.append(found.matched_p)
    assert np.mean(np.array(naive) <= 0.05) > 0.95
    # Binomial(100, 0.05): mean 5, standard deviation 2.2; 12 is more than three of them above.
    assert np.sum(np.array(matched) <= 0.05) <= 12
    assert scipy.stats.kstest(matched, "uniform").pvalue > 0.001


def test_goods_of_one_heading_move_together_and_are_drawn_together() -> None:
    """Headings with a shock of their own: drawing goods one by one rejects too often, drawing headings does not."""
    together, apart = [], []
    for seed in range(90):
        random = np.random.default_rng(seed)
        headings = np.repeat(np.arange(100), 6)
        score = random.normal(size=100)[headings] + 0.5 * random.normal(size=600)
        listed = np.isin(headings, random.permutation(100)[:8])
        ranked = null.rank_scores(score, np.ones(600, dtype=bool), np.zeros(600, dtype=np.int64))
        size = int(listed.sum())
        together.append(
            null.basket_test(ranked, listed, ~listed, headings, size, draws=99, seed=seed).matched_p
        )
        apart.append(
            null.basket_test(ranked, listed, ~listed, np.arange(600), size, draws=99, seed=seed).matched_p
        )
    # Binomial(90, 0.05): mean 4.5, standard deviation 2.1; 11 is three of them above, 13 more than four.
    assert np.sum(np.array(together) <= 0.05) <= 11
    assert np.sum(np.array(apart) <= 0.05) > 13


def test_a_basket_of_ones_own_is_judged_as_if_the_fastest_had_been_the_rule() -> None:
    random = np.random.default_rng(5)
    listed = np.arange(400) < 40
    ranked = null.rank_scores(random.normal(size=400), np.ones(400, dtype=bool), np.zeros(400, dtype=np.int64))
    fastest = np.zeros(400, dtype=bool)
    fastest[np.argsort(np.where(listed, ranked, -1))[-5:]] = True
    own = null.basket_test(ranked, listed, ~listed, np.arange(400), 5, picked=fastest)
    assert own == null.basket_test(ranked, listed, ~listed, np.arange(400), 5)
    with pytest.raises(ValueError, match="placebo"):
        null.basket_test(ranked, listed, np.zeros(400, dtype=bool), np.arange(400), 5)


# onset, lag, unit values


def test_the_onset_is_the_posterior_of_one_change_by_brute_force() -> None:
    random = np.random.default_rng(6)
    y = random.normal(size=30)
    y[18:] += 1.5
    found = onset.onset(y)
    assert found is not None
    log_weight = {}
    for t in range(3, 28):
        rss = ((y[:t] - y[:t].mean()) ** 2).sum() + ((y[t:] - y[t:].mean()) ** 2).sum()
        log_weight[t] = -0.5 * np.log(t * (30 - t)) - 14 * np.log(rss)
    weights = np.exp(np.array(list(log_weight.values())) - max(log_weight.values()))
    assert found.probability[3:28] == pytest.approx(weights / weights.sum(), abs=1e-10)
    assert found.low <= found.mode <= found.high
    assert onset.onset(np.ones(20)) is None
    assert onset.onset(np.arange(5.0)) is None


def test_onset_intervals_cover() -> None:
    """90% intervals of a change of 1.5 standard deviations hold the true month in 90% of the cases."""
    random = np.random.default_rng(7)
    held = wide = 0
    for _ in range(400):
        true = int(random.integers(8, 28))
        y = random.normal(size=36)
        y[true:] += 1.5
        found = onset.onset(y)
        assert found is not None
        held += found.low <= true <= found.high
        wide += found.high - found.low
    # Binomial(400, 0.9): standard deviation 0.015; discrete intervals cover a little more, so up to 0.97.
    assert 0.855 <= held / 400 <= 0.97
    assert wide / 400 < 15


def test_a_change_that_is_none_is_not_clear() -> None:
    random = np.random.default_rng(8)
    clear = sum(found.bic > 10 for _ in range(300) if (found := onset.onset(random.normal(size=36))))
    assert clear <= 6  # about one in a hundred


def test_the_lag_is_found_and_mismatched_goods_have_none() -> None:
    random = np.random.default_rng(9)
    inbound = np.exp(random.normal(12, 1, (12, 60)))
    outbound = np.roll(inbound, 2, axis=1) * np.exp(random.normal(0, 0.4, (12, 60)))
    found = onset.lag(inbound, outbound)
    assert found is not None
    assert (found.best, found.low, found.high) == (2, 2, 2)
    assert found.p < 0.01
    other = onset.lag(inbound, np.exp(random.normal(12, 1, (12, 60))))
    assert other is not None
    assert other.p > 0.05
    assert onset.lag(inbound[:1], outbound[:1]) is None


def test_unusual_prices_stand_out_and_missing_ones_stay_missing() -> None:
    z = onset.robust_z(np.array([0.1, -0.1, 0.0, 0.05, -0.05, 3.0, np.nan]))
    assert z[5] > 20
    assert np.abs(z[:5]).max() < 2
    assert isnan(z[6])


# counterfactuals


def test_trend_intervals_cover_the_years_that_follow() -> None:
    random = np.random.default_rng(10)
    months = np.arange(48)
    post = months >= 36
    held = 0
    for seed in range(200):
        season = 0.3 * np.sin(2 * np.pi * months / 12)
        total = np.exp(14 + 0.01 * months + season + random.normal(0, 0.15, 48))
        expected = excess.by_trend(total, post, 12, draws=400, seed=seed)
        assert expected is not None
        held += expected.low <= total[post].sum() <= expected.high
    # Binomial(200, 0.9): standard deviation 0.021; three of them either side.
    assert 0.835 <= held / 200 <= 0.965
    assert excess.by_trend(total[:8], np.arange(8) >= 5, 12) is None


def test_destination_intervals_cover_a_destination_like_the_others() -> None:
    random = np.random.default_rng(11)
    post = np.arange(36) >= 24
    held = 0
    for seed in range(300):
        growth = random.normal(0.2, 0.4, 8)
        flows = np.exp(13 + np.where(post, growth[:, None], 0.0) + random.normal(0, 0.05, (8, 36)))
        expected = excess.by_destinations(flows[0], flows[1:], post, 12, draws=400, seed=seed)
        assert expected is not None
        held += expected.low <= flows[0][post].sum() <= expected.high
    # Binomial(300, 0.9): standard deviation 0.017; three of them either side.
    assert 0.85 <= held / 300 <= 0.95
    assert excess.by_destinations(flows[0], flows[1:3], post, 12) is None


def test_placebo_goods_give_the_expected_total_and_its_interval() -> None:
    """Without rerouting the listed total lies in its 90% interval about nine times in ten."""
    held = 0
    for seed in range(40):
        s = simulate(0.0, goods=500, headings=120, listed=30, seed=seed)
        one = judged(s, s.inbound)
        n = int(s.post.sum())
        middle, bounds, _ = excess.by_placebo_products(
            one.surge.base,
            one.surge.log_ratio,
            one.control,
            n,
            one.pool,
            one.placebo,
            one.strata,
            s.headings,
            draws=400,
            seed=seed,
        )
        total = one.surge.after[one.pool].sum()
        held += middle.low <= total <= middle.high
        assert (bounds[:, 0] <= bounds[:, 2]).all()
    # Binomial(40, 0.9): standard deviation 0.047; three of them below, and above the interval may be too wide.
    assert held / 40 >= 0.76


def judged(s: Simulated, value: surge.Floats) -> Judged:
    eligible = value.any(axis=1)
    return judge(
        value,
        s.post,
        12,
        s.listed,
        eligible,
        s.headings,
        others=s.elsewhere,
        draws=19,
    )


def irls(columns: dict[str, surge.Floats]) -> tuple[float, int]:
    """Poisson regression with all fixed effects as dummies, by iteratively reweighted least squares: dense, by hand."""
    y = columns["value"]
    keep = np.ones(len(y), dtype=bool)
    while True:  # a group of zeros only is fitted by minus infinity: leave it out, as separation demands
        before = keep.sum()
        for name in ("good_destination", "good_period", "destination_period"):
            sums = np.bincount(columns[name][keep], y[keep], minlength=columns[name].max() + 1)
            keep &= sums[columns[name]] > 0
        if keep.sum() == before:
            break
    blocks = [columns["treated"][keep][:, None]]
    for name in ("good_destination", "good_period", "destination_period"):
        codes = np.unique(columns[name][keep], return_inverse=True)[1]
        blocks.append(np.eye(codes.max() + 1)[codes])
    X, y = np.concatenate(blocks, axis=1), y[keep]
    eta = np.log(y + y.mean())
    for _ in range(30):
        mu = np.exp(eta)
        z = eta + (y - mu) / mu
        root = np.sqrt(mu)
        beta = np.linalg.lstsq(X * root[:, None], z * root, rcond=None)[0]
        eta = X @ beta
    return float(beta[0]), int(keep.sum())


def test_gravity_is_the_regression_written_out_by_hand() -> None:
    """The same rows through pyfixest and dense least squares: the effects agree to the optimiser's tolerance."""
    pytest.importorskip("pyfixest", reason="needs the gravity extra")
    s = simulate(0.2, goods=9, headings=5, listed=3, before=8, after=5, destinations=3, seed=3)
    value = np.concatenate([s.inbound[:, None], s.elsewhere], axis=1)
    columns = gravity.panel(value, s.listed, s.post, 0)
    expected, rows = irls(columns)
    found = gravity.gravity(value, s.listed, s.post, 0)
    assert found.effect == pytest.approx(expected, abs=1e-5)  # convergence of fepois: 1e-8 in deviance
    assert found.rows == rows
    traded = value[s.listed, 0][:, s.post].sum()
    assert found.excess == pytest.approx(traded * (1 - np.exp(-expected)), rel=1e-4)
    assert found.low < found.excess < found.high


def test_gravity_finds_a_known_effect() -> None:
    pytest.importorskip("pyfixest", reason="needs the gravity extra")
    random = np.random.default_rng(4)
    mean = np.exp(random.normal(12, 1, (40, 6, 1)) + random.normal(0, 0.2, (40, 1, 24)))
    listed, post = np.arange(40) < 10, np.arange(24) >= 15
    mean = mean * np.where(
        listed[:, None, None] & post & (np.arange(6) == 0)[None, :, None], np.exp(0.5), 1.0
    )
    value = mean * random.gamma(4.0, 0.25, mean.shape)
    found = gravity.gravity(value, listed, post, 0, skip=(5,))
    assert abs(found.effect - 0.5) < 3 * found.se
    assert found.se < 0.2


# mirror


@pytest.mark.parametrize("n", [5, 12, 40])
def test_intervals_of_a_median_cover(n: int) -> None:
    random = np.random.default_rng(12)
    held = 0
    for _ in range(1500):
        low, high = mirror.median_interval(random.standard_t(2, n))
        held += low <= 0 <= high
    # At least 0.9 by construction; Binomial(1500, 0.9) has a standard deviation of 0.008.
    assert held / 1500 >= 0.876
    assert isnan(mirror.median_interval(np.arange(4.0))[0])


def test_thousands_on_one_side_are_refused() -> None:
    sent = noise((30,))
    with pytest.raises(InvalidRequest, match="importer' values are about a thousandth"):
        mirror._refuse_thousands(sent, sent / 1000)
    with pytest.raises(InvalidRequest, match="exporters' values are about a thousandth"):
        mirror._refuse_thousands(sent / 1000, sent)
    mirror._refuse_thousands(sent, sent / 20)  # a large gap is a gap
