"""Ideal-point models: against independent optima, by recovery, invariance and calibration on simulated votes."""

import math

import numba
import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr

from equidistance.models import (
    ideal_points_fast,
    ideal_points_plane,
    ideal_points_posterior,
    ideal_points_published,
    normal,
)
from equidistance.models.convergence import effective_size, split_r_hat
from equidistance.models.ideal_points_terms import vote_terms
from equidistance.models.roll_calls import CUT_LIMIT, Items, RollCalls, arrange, oriented, starting_items

Votes = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def parliament(
    seed: int, voters: int = 40, sessions: int = 6, calls: int = 25, step: float = 0.15, bridged: int = 3
) -> tuple[Votes, np.ndarray]:
    """Votes drawn from the posterior's model, 10 % absences: (voter, session, item, vote), and the positions."""
    random = np.random.default_rng(seed)
    theta = np.cumsum(
        np.c_[random.standard_normal(voters), step * random.standard_normal((voters, sessions - 1))], axis=1
    )
    item = np.arange(sessions * calls).reshape(sessions, calls)
    item[1:, :bridged] = item[0, :bridged]  # the first few come back every year
    beta = random.standard_normal(sessions * calls)
    cuts = np.sort(random.uniform(-1.5, 1.5, (sessions * calls, 2)), axis=1)
    who, when, which = (
        axis.ravel() for axis in np.meshgrid(range(voters), range(sessions), range(calls), indexing="ij")
    )
    what = item[when, which]
    z = beta[what] * theta[who, when] + random.standard_normal(len(who))
    vote = (z > cuts[what, 0]).astype(np.int64) + (z > cuts[what, 1])
    present = random.random(len(who)) < 0.9
    return (who[present], when[present] + 1, what[present], vote[present]), theta


def truth_of(votes: RollCalls, theta: np.ndarray) -> np.ndarray:
    """True positions in the order of the fit, standardised."""
    values = theta[votes.voter, votes.session - 1]
    return (values - values.mean()) / values.std()


def rough(votes: RollCalls, theta: np.ndarray) -> np.ndarray:
    """A start that knows the sign of the most extreme voters and nothing else."""
    true = truth_of(votes, theta)
    return np.where(np.abs(true) > 1.5, np.sign(true), 0.0)


# --- the normal distribution in compiled loops ----------------------------------------------------------


def test_normal_functions_equal_scipy() -> None:
    x = np.linspace(-8.9, 8.9, 20_001)
    # 1e-7 relative: the tables' error at -9, where the probability is 1e-19
    np.testing.assert_allclose(normal.cdf_of(x), stats.norm.cdf(x), rtol=1e-7)
    np.testing.assert_allclose(normal.pdf_of(x), stats.norm.pdf(x), rtol=1e-7)
    mills = numba.njit(lambda values: np.array([normal.mills(one) for one in values]))
    np.testing.assert_allclose(mills(x), np.exp(stats.norm.logpdf(x) - stats.norm.logcdf(x)), rtol=1e-7)
    far = np.array([-40.0, -12.0, 12.0, 40.0])
    np.testing.assert_allclose(normal.cdf_of(far), [0, 0, 1, 1], atol=1e-18)
    # the series' next term is 1/x^3: .6 % of the value at -12 would be wrong, .007 % is
    expected = np.exp(stats.norm.logpdf(far[:2]) - stats.norm.logcdf(far[:2]))
    np.testing.assert_allclose(mills(far[:2]), expected, rtol=2e-4)


def test_quantile_inverts() -> None:
    quantile = numba.njit(lambda values: np.array([normal.quantile(one) for one in values]))
    p = np.r_[1e-300, 1e-20, np.linspace(1e-6, 1 - 1e-6, 5_001)]
    np.testing.assert_allclose(quantile(p), stats.norm.ppf(p), rtol=1e-12, atol=1e-12)


def test_truncated_draws_have_the_right_distribution() -> None:
    @numba.njit
    def draw(count: int, low: float, high: float) -> np.ndarray:
        state = normal.stream(3, 1, 4)
        out = np.empty(count)
        for n in range(count):
            state, out[n] = normal.between(state, low, high)
        return out

    for low, high in ((-0.3, 0.9), (2.0, 2.5), (-6.0, -4.0), (5.0, 8.0)):
        drawn = draw(20_000, low, high)
        assert drawn.min() >= low - 1e-6
        assert drawn.max() <= high + 1e-6
        p = (stats.norm.cdf(drawn) - stats.norm.cdf(low)) / (stats.norm.cdf(high) - stats.norm.cdf(low))
        if low > 0:
            p = (stats.norm.sf(low) - stats.norm.sf(drawn)) / (stats.norm.sf(low) - stats.norm.sf(high))
        assert stats.kstest(p, "uniform").pvalue > 0.001  # one in a thousand by chance; the seed is fixed


@numba.njit
def _terms(vote: int, u: float, low: float, high: float) -> tuple[float, float, float, float]:
    return vote_terms(vote, u, low, high)


@pytest.mark.parametrize("u", [-30.0, -12.0, -8.5, -5.0, 0.3, 6.0, 11.0, 40.0])
def test_a_vote_far_off_has_its_exact_likelihood_and_slope(u: float) -> None:
    """A likelihood that a floor makes flat would give a position two accounts of one vote."""
    low, high = -0.4, 0.7

    def exact(vote: int, at: float) -> float:
        if vote == 0:
            return float(log_ndtr(low - at))
        if vote == 2:
            return float(log_ndtr(at - high))
        a, b = (low - at, high - at) if at > 0 else (at - high, at - low)  # both in the lower tail, or near 0
        return float(log_ndtr(b) + np.log1p(-np.exp(log_ndtr(a) - log_ndtr(b))))

    for vote in (0, 1, 2):
        p, far, slope, bend = _terms(vote, u, low, high)
        assert math.log(p) + far == pytest.approx(exact(vote, u), rel=2e-5, abs=1e-6)
        around = [exact(vote, u + h) for h in (-1e-3, 0.0, 1e-3)]
        assert slope == pytest.approx((around[2] - around[0]) / 2e-3, rel=2e-3, abs=1e-5)
        assert bend >= 0


def test_arranging_does_not_depend_on_how_names_are_numbered() -> None:
    raw, _ = parliament(3, voters=8, sessions=3, calls=6)
    who, when, what, vote = raw
    votes = arrange(*raw)
    again = arrange(who, when, what * 10**9 - 5, vote)  # wide gaps and a negative name: sorted, not counted
    for name in ("position", "vote", "starts", "voter", "session", "order"):
        assert (getattr(votes, name) == getattr(again, name)).all()
    assert (again.item_names == votes.item_names * 10**9 - 5).all()
    order = votes.order
    assert (votes.vote == vote[order]).all()
    assert (votes.voter[votes.position] == who[order]).all()
    assert (votes.session[votes.position] == when[order]).all()
    assert (votes.item_names[votes.item] == what[order]).all()
    assert (np.lexsort((votes.position, votes.vote, votes.item)) == np.arange(len(order))).all()


def test_streams_of_neighbours_are_unlike() -> None:
    @numba.njit
    def first(units: int) -> np.ndarray:
        out = np.empty((units, 2))
        for n in range(units):
            state = normal.stream(1, 7, n)
            state, out[n, 0] = normal.uniform(state)
            state, out[n, 1] = normal.uniform(state)
        return out

    drawn = first(20_000)
    assert stats.kstest(drawn[:, 0], "uniform").pvalue > 0.001
    assert abs(np.corrcoef(drawn[1:, 0], drawn[:-1, 0])[0, 1]) < 0.03  # 4 standard errors of 1/sqrt(20,000)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.03


# --- arranging ---------------------------------------------------------------------------------------------


def test_arranging_drops_what_says_nothing() -> None:
    voter = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    session = np.array([1, 1, 1, 1, 1, 1, 2, 2])
    item = np.array([5, 5, 5, 9, 9, 9, 7, 7])
    vote = np.array([0, 0, 0, 0, 2, 1, 0, 2])
    votes = arrange(voter, session, item, vote)
    assert votes.item_names.tolist() == [7, 9]  # item 5 is unanimous
    assert votes.tallies.tolist() == [[1, 0, 1], [1, 1, 1]]
    assert votes.voter.tolist() == [0, 0, 1, 1, 2]
    assert votes.session.tolist() == [1, 2, 1, 2, 1]
    assert votes.previous.tolist() == [1, 0, 3, 2, 4]  # the first leans on the second, one alone on itself
    assert vote[votes.order].tolist() == votes.vote.tolist()


def test_arranging_nothing_divided_gives_nothing() -> None:
    votes = arrange(np.array([0, 1]), np.array([1, 1]), np.array([3, 3]), np.array([0, 0]))
    assert len(votes.item_names) == 0
    assert len(votes.voter) == 0


def test_step_variance_weighs_by_votes() -> None:
    raw, _ = parliament(1)
    votes = arrange(*raw)
    count = votes.votes_of_position
    expected = [0.5 * count[i] / (count[i] + count[p]) for i, p in enumerate(votes.previous)]
    np.testing.assert_allclose(votes.step_variance(), expected)


# --- items given positions: against a general optimiser --------------------------------------------------------


def test_items_are_the_posterior_mode() -> None:
    raw, theta = parliament(2, voters=120, sessions=1, calls=12)
    votes = arrange(*raw)
    at = truth_of(votes, theta)
    found = ideal_points_fast.fit_items(votes, at)
    for j in range(len(votes.item_names)):
        rows = slice(votes.starts[j], votes.starts[j + 1])
        x, y = at[votes.position[rows]], votes.vote[rows]
        if (votes.tallies[j] == 0).any():
            continue  # a missing category has a wall, not an optimum

        def loss(parameters: np.ndarray, x: np.ndarray = x, y: np.ndarray = y) -> float:
            b, low, gap = parameters[0], parameters[1], math.exp(parameters[2])
            edges = np.stack(
                [np.full(len(x), -np.inf), low - b * x, low + gap - b * x, np.full(len(x), np.inf)]
            )
            p = stats.norm.cdf(edges[y + 1, range(len(x))]) - stats.norm.cdf(edges[y, range(len(x))])
            return float(-np.log(np.maximum(p, 1e-300)).sum() + 0.5 * b * b)

        best = minimize(loss, [0.0, -0.5, 0.0], method="BFGS", options={"gtol": 1e-8})
        expected = best.x[0], best.x[1], best.x[1] + math.exp(best.x[2])
        # 1e-3: the optimiser's own accuracy with numerical derivatives, and the 1e-6 ridge on cutpoints
        np.testing.assert_allclose((found.beta[j], found.low[j], found.high[j]), expected, atol=1e-3)


def test_items_without_abstention_have_one_cutpoint() -> None:
    raw, theta = parliament(3, voters=60, sessions=1, calls=6)
    who, when, what, vote = raw
    votes = arrange(who, when, what, np.where(vote == 1, 0, vote))
    found = ideal_points_fast.fit_items(votes, truth_of(votes, theta))
    np.testing.assert_array_equal(found.low, found.high)
    assert (np.abs(found.low) < CUT_LIMIT).all()


# --- fast ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simulated() -> tuple[RollCalls, np.ndarray, Votes]:
    raw, theta = parliament(4, voters=80, sessions=8, calls=40)
    return arrange(*raw), theta, raw


def fast_fit(votes: RollCalls, start: np.ndarray, **options: float) -> ideal_points_fast.Fit:
    return ideal_points_fast.fit(votes, start, starting_items(votes), **options)  # type: ignore[arg-type]


def test_fast_recovers_positions(simulated: tuple[RollCalls, np.ndarray, Votes]) -> None:
    votes, theta, _ = simulated
    fit = fast_fit(votes, rough(votes, theta))
    assert fit.converged
    # 36 votes a position leave a reliability of about .96, a correlation of .98
    assert np.corrcoef(fit.mean, truth_of(votes, theta))[0, 1] > 0.97
    assert abs(fit.mean.mean()) < 0.02
    assert abs(fit.mean.var() + (fit.sd**2).mean() - 1) < 0.02  # of the positions with their uncertainty


def test_fast_rests_where_it_says(simulated: tuple[RollCalls, np.ndarray, Votes]) -> None:
    """From another start, and with more iterations, it is the same point: a fixed point, not where it gave up."""
    votes, theta, _ = simulated
    one = fast_fit(votes, rough(votes, theta))
    other = fast_fit(votes, truth_of(votes, theta), tolerance=1e-6)
    assert (
        np.abs(one.mean - other.mean).max() < 5e-3
    )  # tolerance 1e-4 over the slowest direction's rate of .97


def test_fast_does_not_depend_on_order_or_names(simulated: tuple[RollCalls, np.ndarray, Votes]) -> None:
    votes, theta, raw = simulated
    fit = fast_fit(votes, rough(votes, theta))
    random = np.random.default_rng(0)
    order, names = random.permutation(len(raw[0])), random.permutation(theta.shape[0])
    who, when, what, vote = (column[order] for column in raw)
    again = arrange(names[who], when, 1000 - what, vote)
    inverse = np.argsort(names)
    there = fast_fit(again, rough(RollCalls(**{**vars(again), "voter": inverse[again.voter]}), theta))
    mine = {
        (voter, session): mean
        for voter, session, mean in zip(votes.voter, votes.session, fit.mean, strict=True)
    }
    same = [
        mine[int(inverse[voter]), session] for voter, session in zip(again.voter, again.session, strict=True)
    ]
    assert (
        np.abs(np.array(same) - there.mean).max() < 2e-3
    )  # sums in another order, through the tolerance of 1e-4


def test_adding_votes_does_not_flip_the_sign(simulated: tuple[RollCalls, np.ndarray, Votes]) -> None:
    _votes, theta, raw = simulated
    anchor = int(theta[:, 0].argmax())
    early = [column[raw[1] <= 5] for column in raw]
    for columns in (early, raw):
        some = arrange(*columns)
        start = np.where(some.voter == anchor, -1.0, 0.0)  # a start on the wrong side
        fit = oriented(fast_fit(some, start), np.flatnonzero(some.voter == anchor))
        assert np.corrcoef(fit.mean, truth_of(some, theta))[0, 1] > 0.9


def test_fast_survives_meagre_votes() -> None:
    """A session with one roll call, a voter with three votes, an item with one dissenter."""
    raw, theta = parliament(6, voters=30, sessions=4, calls=15)
    who, when, what, vote = (column.copy() for column in raw)
    keep = ~((when == 3) & (what % 15 != 7)) & ~((who == 5) & (np.cumsum(who == 5) > 3))
    lonely = what == 4
    vote[lonely] = 0
    vote[np.flatnonzero(lonely)[0]] = 2
    votes = arrange(who[keep], when[keep], what[keep], vote[keep])
    fit = fast_fit(votes, rough(votes, theta))
    for array in (fit.mean, fit.sd, fit.items.beta, fit.items.low, fit.items.high, fit.items_sd.beta):
        assert np.isfinite(array).all()
    assert np.abs(fit.items.beta).max() < 8
    # the authors' weights: a session with one vote stands where the one before it stood
    before = dict(zip(votes.voter[votes.session == 2], fit.mean[votes.session == 2], strict=True))
    there = votes.session == 3
    moved = [
        abs(mean - before[voter]) for voter, mean in zip(votes.voter[there], fit.mean[there], strict=True)
    ]
    assert np.mean(moved) < 0.1


# --- published --------------------------------------------------------------------------------------------------


def test_published_recovers_and_does_not_depend_on_threads(
    simulated: tuple[RollCalls, np.ndarray, Votes],
) -> None:
    votes, theta, _ = simulated
    start = 3 * rough(votes, theta)
    beta = np.zeros(len(votes.item_names))
    one = ideal_points_published.sample(votes, start, beta, seed=3, sweeps=400, burn=400, thin=4, threads=1)
    two = ideal_points_published.sample(votes, start, beta, seed=3, sweeps=400, burn=400, thin=4, threads=3)
    np.testing.assert_array_equal(one.draws, two.draws)
    sign = np.sign(np.corrcoef(one.mean, truth_of(votes, theta))[0, 1])
    assert (
        np.corrcoef(sign * one.mean, truth_of(votes, theta))[0, 1] > 0.96
    )  # forward-only prior: below the fast fit
    assert one.draws is not None
    np.testing.assert_allclose(one.draws.mean(axis=1), 0, atol=1e-5)  # standardised in every sweep
    np.testing.assert_allclose(one.draws.std(axis=1, ddof=1), 1, atol=1e-5)


def test_fast_stands_where_the_published_sampler_does(simulated: tuple[RollCalls, np.ndarray, Votes]) -> None:
    votes, theta, _ = simulated
    fast = fast_fit(votes, rough(votes, theta))
    slow = ideal_points_published.sample(
        votes,
        3 * rough(votes, theta),
        np.zeros(len(votes.item_names)),
        seed=4,
        sweeps=1_000,
        burn=500,
        thin=5,
    )
    assert (
        abs(np.corrcoef(fast.mean, slow.mean)[0, 1]) > 0.99
    )  # .997 is left by 200 draws, the rest by levels
    # the conditional spread of the fast fit is near the sampler's: within a tenth in the median
    assert abs(np.median(fast.sd / slow.sd) - 1) < 0.12


# --- posterior ----------------------------------------------------------------------------------------------------


def test_posterior_intervals_hold_what_they_promise() -> None:
    """Calibration over parliaments drawn from the model: 50 +- 3 % and 90 +- 2 %."""
    inside50, inside90 = [], []
    for seed in range(10):
        raw, theta = parliament(100 + seed, voters=30, sessions=4, calls=20)
        votes = arrange(*raw)
        truth = truth_of(votes, theta)
        start = fast_fit(votes, rough(votes, theta))
        fit = ideal_points_posterior.sample(
            votes, start.mean, start.items, seed=seed, sweeps=400, burn=150, chains=1, draws=400
        )
        assert fit.draws is not None
        sign = np.sign(np.corrcoef(fit.mean, truth)[0, 1])
        q = np.quantile(sign * fit.draws, [0.05, 0.25, 0.75, 0.95], axis=0)
        inside50.append(((truth >= q[1]) & (truth <= q[2])).mean())
        inside90.append(((truth >= q[0]) & (truth <= q[3])).mean())
    # 10 x 120 positions of fixed seeds; benchmarks/ideal_points.py has the larger test
    assert abs(np.mean(inside50) - 0.5) < 0.03
    assert abs(np.mean(inside90) - 0.9) < 0.02


def test_posterior_sampler_leaves_the_joint_distribution_as_it_is() -> None:
    """Geweke (2004), getting it right: votes drawn anew after each sweep, the unknowns must keep to their prior.

    Every quantity below is uniform, or its mean is known, under the prior; a wrong proposal density, Jacobian or prior
    in any of the moves shows.
    """
    random = np.random.default_rng(11)
    voters, sessions, calls = 4, 3, 3
    who, when, which = (
        axis.ravel() for axis in np.meshgrid(range(voters), range(sessions), range(calls), indexing="ij")
    )
    item = np.where(which == 0, 0, when * calls + which)  # the first returns every year
    here = ~((who == 3) & (when == 1))  # one voter is away for a session
    rows = np.lexsort((who[here], when[here], item[here]))
    who, when, (_, item) = who[here][rows], when[here][rows], np.unique(item[here][rows], return_inverse=True)
    pairs, position = np.unique(who * 10 + when, return_inverse=True)
    count = int(item.max()) + 1
    votes = RollCalls(
        position.astype(np.int32), np.zeros(len(who), dtype=np.int8), np.searchsorted(item, np.arange(count + 1)),
        pairs // 10, pairs % 10, np.arange(count), np.arange(len(who)),
    )  # fmt: skip
    cuts = np.sort(10 * random.standard_normal((count, 2)), axis=1)
    items = Items(random.standard_normal(count), cuts[:, 0].copy(), cuts[:, 1].copy())
    chain = ideal_points_posterior.Chain(votes, 0.5 * random.standard_normal(len(pairs)), items, 0.02, 5)
    later, rounds = np.flatnonzero(~chain.first), 12_000
    seen = np.empty((rounds, 9))
    for number in range(rounds):
        theta, items = chain.theta, chain.items
        z = items.beta[item] * theta[position] + random.standard_normal(len(item))
        votes.vote[:] = (z > items.low[item]).astype(np.int8) + (z > items.high[item])
        chain.look()
        chain.sweep()
        theta, items = chain.theta, chain.items
        step = (theta[later] - theta[later - 1]) / np.sqrt(chain.omega2 * chain.passed[later])
        beta, start, step = (ndtr(x) for x in (items.beta, theta[chain.first], step))
        low, high, walk = ndtr(items.low / 10), ndtr(items.high / 10), np.exp(-0.01 / chain.omega2)
        seen[number] = (
            walk, walk**2, (step**2).mean(), (start**2).mean(), (beta**2).mean(), beta[0] ** 2, low.mean(), high.mean(),
            (low * high).mean(),
        )  # fmt: skip
    expected = np.array([1 / 2, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 1 / 4])
    error = seen.std(axis=0) / np.sqrt(effective_size(seen[None]))
    assert (error < 0.025).all()  # the test is sharp
    assert (np.abs(seen.mean(axis=0) - expected) < 4 * error).all()


def test_posterior_chains_agree(simulated: tuple[RollCalls, np.ndarray, Votes]) -> None:
    votes, theta, _ = simulated
    start = fast_fit(votes, rough(votes, theta))
    fit = ideal_points_posterior.sample(
        votes, start.mean, start.items, seed=1, sweeps=1_500, burn=300, chains=2, draws=3_000
    )
    assert fit.draws is not None
    r_hat = split_r_hat(fit.draws.astype(np.float64).reshape(2, -1, len(fit.mean)))
    assert np.quantile(r_hat, 0.95) < 1.01
    assert r_hat.max() < 1.05  # the largest of 640, by chance above what one would show
    assert np.corrcoef(fit.mean, truth_of(votes, theta))[0, 1] > 0.97


# --- whether chains agree -------------------------------------------------------------------------------------------


def test_r_hat_tells_chains_apart() -> None:
    random = np.random.default_rng(2)
    draws = random.standard_normal((2, 1_000, 3))
    draws[1, :, 1] += 1.0
    draws[:, :, 2] += np.linspace(0, 2, 1_000)
    agreed, shifted, drifting = split_r_hat(draws)
    assert agreed < 1.01
    assert shifted > 1.1
    assert drifting > 1.1  # one chain that wanders shows too: it is split


def test_effective_size_of_an_autoregression() -> None:
    random = np.random.default_rng(3)
    rho, count = 0.8, 20_000
    noise = random.standard_normal((2, count))
    chain = np.zeros((2, count))
    for t in range(1, count):
        chain[:, t] = rho * chain[:, t - 1] + noise[:, t]
    found = effective_size(chain[:, :, None])[0]
    expected = 2 * count * (1 - rho) / (1 + rho)
    assert found == pytest.approx(expected, rel=0.15)  # its own sampling error at this length is about 5 %


# --- two dimensions -------------------------------------------------------------------------------------------------


def test_plane_recovers_positions_and_fixes_the_rotation() -> None:
    random = np.random.default_rng(8)
    voters, calls = 60, 150
    theta = random.standard_normal((voters, 2))
    theta[0], theta[1] = (2.5, 0.0), (0.0, 2.0)  # the anchors: on the axes
    beta = random.standard_normal((calls, 2))
    z = theta @ beta.T + random.standard_normal((voters, calls))
    low = random.uniform(-1, 0.3, calls)
    vote = (z > low).astype(np.int64) + (z > low + 0.6)
    who, what = (axis.ravel() for axis in np.meshgrid(range(voters), range(calls), indexing="ij"))
    votes = arrange(who, np.ones_like(who), what, vote.ravel())
    start = theta + random.standard_normal(theta.shape)
    anchors = np.array([0]), np.array([1])
    found = ideal_points_plane.turned(ideal_points_plane.fit(votes, start), *anchors)
    assert found.converged
    for axis in (0, 1):  # 150 votes leave a reliability of about .96 an axis
        assert np.corrcoef(found.mean[:, axis], theta[:, axis])[0, 1] > 0.95
    assert found.mean[0, 0] > 0
    assert found.mean[0, 1] == pytest.approx(0, abs=1e-9)
    assert found.mean[1, 1] > 0
    # turning the start by any angle, or mirroring it, changes nothing: the anchors say where the axes are
    turn = np.array([[math.cos(2), math.sin(2)], [math.sin(2), -math.cos(2)]])
    again = ideal_points_plane.turned(ideal_points_plane.fit(votes, start @ turn), *anchors)
    assert np.abs(again.mean - found.mean).max() < 0.03  # tolerance 1e-3 over the slowest direction


def test_plane_comes_to_rest_over_many_sessions() -> None:
    random = np.random.default_rng(9)
    voters, sessions, calls = 40, 8, 60
    theta = np.zeros((voters, sessions, 2))
    theta[:, 0] = random.standard_normal((voters, 2))
    for number in range(1, sessions):
        theta[:, number] = theta[:, number - 1] + 0.2 * random.standard_normal((voters, 2))
    beta, low = random.standard_normal((sessions, calls, 2)), random.uniform(-1, 0.3, (sessions, calls))
    z = np.einsum("vsd,scd->vsc", theta, beta) + random.standard_normal((voters, sessions, calls))
    vote = (z > low).astype(np.int64) + (z > low + 0.6)
    who, when, what = (
        axis.ravel() for axis in np.meshgrid(range(voters), range(sessions), range(calls), indexing="ij")
    )
    votes = arrange(who, when, when * calls + what, vote.ravel())  # no item bridges sessions
    truth = theta.reshape(-1, 2)
    found = ideal_points_plane.fit(votes, truth + random.standard_normal(truth.shape))
    assert found.converged
    assert found.sweeps < 150  # without a rule for the rotation of each session it turns for hundreds
    left, _, right = np.linalg.svd(found.mean.T @ truth)
    turned = found.mean @ (left @ right)  # one rotation for all sessions, not one for each
    for axis in (0, 1):  # 60 votes leave a reliability of about .9 an axis
        assert np.corrcoef(turned[:, axis], truth[:, axis])[0, 1] > 0.9
    finer = ideal_points_plane.fit(votes, found.mean, tolerance=1e-5)
    error = np.linalg.norm(finer.mean - found.mean, axis=1)
    assert np.sqrt((error**2).mean()) < 0.02  # what is left is a tenth of a position's own error
