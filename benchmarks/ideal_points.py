"""Ideal points: agreement with the published estimates, speed, prediction of hidden votes, calibration, growth."""

import resource
import time
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import SHARED_DATA, Section
from published_record import SETS, Record, agreement, record

from equidistance.models import ideal_points_fast, ideal_points_posterior, ideal_points_published
from equidistance.models.compiling import compiled
from equidistance.models.normal import cdf_of
from equidistance.models.roll_calls import (
    Fit,
    RollCalls,
    arrange,
    oriented,
    starting_items,
)

RECORD = SHARED_DATA / "un"
Floats = npt.NDArray[np.float64]


def _seconds(work: Any) -> tuple[Any, float]:
    before = time.process_time()
    result = work()
    return result, time.process_time() - before


def _anchors(votes: RollCalls) -> npt.NDArray[np.int64]:
    return np.flatnonzero(votes.voter == 2)


def _start(votes: RollCalls) -> Floats:
    """The authors' start: a few states at 3 and -2."""
    theta = np.zeros(len(votes.voter))
    theta[np.isin(votes.voter, (2, 20, 200, 666))] = 3.0
    theta[np.isin(votes.voter, (365, 265))] = -2.0
    return theta


def _fast(votes: RollCalls) -> Fit:
    theta = _start(votes)
    return oriented(ideal_points_fast.fit(votes, theta, starting_items(votes)), _anchors(votes))


def _opposed(votes: RollCalls) -> Floats:
    def mean_vote(voter: int) -> Floats:
        mine = votes.voter[votes.position] == voter
        count = np.bincount(votes.item[mine], minlength=len(votes.item_names))
        total = np.bincount(votes.item[mine], votes.vote[mine], minlength=len(votes.item_names))
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    return np.nan_to_num(np.sign(mean_vote(2) - mean_vote(365)))


def _published(votes: RollCalls, sweeps: int, burn: int, thin: int = 50, seed: int = 1) -> Fit:
    fit = ideal_points_published.sample(
        votes, _start(votes), _opposed(votes), seed=seed, sweeps=sweeps, burn=burn, thin=thin
    )
    return oriented(fit, _anchors(votes))


def _posterior(votes: RollCalls, sweeps: int, burn: int, chains: int = 2) -> Fit:
    fast = _fast(votes)
    fit = ideal_points_posterior.sample(
        votes, fast.mean, fast.items, seed=1, sweeps=sweeps, burn=burn, chains=chains
    )
    return oriented(fit, _anchors(votes))


def _row(name: str, fit: Fit, data: Record, seconds: float, wall: float) -> list[str]:
    found = agreement(fit.mean, data)
    if fit.draws is None:
        width = 2 * 1.6448536 * fit.sd
    else:
        low, high = np.quantile(fit.draws, [0.05, 0.95], axis=0)
        width = high - low
    ratio = float(np.nanmedian(width / data.width))
    return [name, *(f"{value:.4f}" for value in found), f"{ratio:.3f}", str(fit.sweeps), f"{seconds:.1f}", f"{wall:.1f}"]


_COLUMNS = (
    "method", "overall", "within session, median", "least", "within state, median", "pooled", "width ratio",
    "sweeps", "CPU s", "wall s",
)  # fmt: skip
_ELSEWHERE = (
    "Published figures for others, not run here: emIRT's dynamic binary model .939 / .982 / .844 (overall, within "
    "session, within state) in 6.4-6.7 s CPU; its ordinal model .829 in 197 s; the authors' program about 100 s for 100 "
    "sweeps, so 5 to 7 hours."
)


def accuracy(*, full: bool) -> Section:
    """Each method beside the published estimates."""
    rows = []
    checks = []
    for name in SETS:
        data = record(RECORD, name)
        votes = data.votes
        known = ~np.isnan(data.published)
        same = int((data.counts[known] == votes.votes_of_position[known]).sum())
        checks.append(
            f"{name}: {len(votes.vote):,} votes, {len(votes.voter):,} state-sessions, {len(votes.item_names):,} items; "
            f"the published number of votes is the same in {same:,} of {int(known.sum()):,} rows."
        )
        _fast(votes)  # compiled
        wall = time.monotonic()
        fit, seconds = _seconds(lambda votes=votes: _fast(votes))
        rows.append(_row(f"fast, {name}", fit, data, seconds, time.monotonic() - wall))
        if full and name == "All":
            for label, work in (
                ("published, All", lambda votes=votes: _published(votes, 20_000, 4_000)),
                ("posterior, All", lambda votes=votes: _posterior(votes, 3_000, 600)),
            ):
                wall = time.monotonic()
                fit, seconds = _seconds(work)
                rows.append(_row(label, fit, data, seconds, time.monotonic() - wall))
                if fit.chain is not None:
                    checks.append(f"{label}: {_mixing(votes, fit)}")
    text = (
        "Correlation with the estimates published in April 2020 (record to session 74, the authors' filters), and the "
        "median ratio of the widths of the intervals (5 % to 95 %). Only the main set was looked at when the one free "
        "constant of `fast` was chosen; the issue sets were not."
    )
    return Section("Ideal points beside the published ones", text, _COLUMNS, rows, [*checks, _ELSEWHERE])


def _mixing(votes: RollCalls, fit: Fit) -> str:
    from equidistance.models.convergence import effective_size, split_r_hat

    assert fit.draws is not None
    assert fit.chain is not None
    chains = int(fit.chain.max()) + 1
    draws = fit.draws.astype(np.float64).reshape(chains, -1, len(fit.mean))
    sessions = [np.flatnonzero(votes.session == one) for one in np.unique(votes.session)]
    level = np.stack([draws[:, :, rows].mean(axis=2) for rows in sessions], axis=2)
    spread = np.stack([draws[:, :, rows].std(axis=2) for rows in sessions], axis=2)
    worst = split_r_hat(draws)
    return (
        f"split R-hat of positions: 99 % below {np.quantile(worst, 0.99):.3f}, largest {worst.max():.3f}; of sessions' "
        f"levels at most {split_r_hat(level).max():.3f}, of their spreads {split_r_hat(spread).max():.3f}; fewest "
        f"effective draws of a level {effective_size(level).min():.0f}."
    )


def twice() -> Section:
    """What two runs of the published sampler differ by: no agreement with a third can be expected to be higher."""
    data = record(RECORD)
    first, second = (_published(data.votes, 10_000, 4_000, seed=seed).mean for seed in (1, 2))
    compared = {
        "seed 1 with the published points": agreement(first, data),
        "seed 2 with the published points": agreement(second, data),
        "seed 1 with seed 2": agreement(first, replace(data, published=second)),
        "mean of both with the published points": agreement((first + second) / 2, data),
    }
    return Section(
        "Ideal points: the published sampler twice",
        "10,000 sweeps after 4,000, every 50th kept (half the published length), from the same start with two seeds.",
        ("correlation of", *_COLUMNS[1:6]),
        [[name, *(f"{value:.4f}" for value in found)] for name, found in compared.items()],
    )


@compiled
def _one_pass(vote: Any, position: Any, starts: Any, theta: Any, beta: Any, low: Any, high: Any) -> Any:
    """The least any method must do: touch each vote once with its position and cutpoints."""
    total = 0.0
    for j in range(len(beta)):
        for k in range(starts[j], starts[j + 1]):
            u = beta[j] * theta[position[k]]
            total += low[j] - u if vote[k] == 0 else u - high[j]
    return total


def speed(*, full: bool) -> Section:
    """Seconds beside one pass over the votes; compile time apart."""
    data = record(RECORD)
    votes = data.votes
    _, cold = _seconds(lambda: _fast(votes))
    fit, _ = _seconds(lambda: _fast(votes))
    items = fit.items
    arrays = (votes.vote, votes.position, votes.starts, fit.mean, items.beta, items.low, items.high)
    _one_pass(*arrays)
    item = votes.item

    def plain() -> float:
        u = items.beta[item] * fit.mean[votes.position]
        return float(np.where(votes.vote == 0, items.low[item] - u, u - items.high[item]).sum())

    _published(votes, 1, 1, 1)
    _posterior(votes, 1, 1, 1)
    rounds = 5 if full else 3
    timed = {
        "one pass over the votes, compiled": [_seconds(lambda: _one_pass(*arrays))[1] for _ in range(rounds)],
        "one pass over the votes, numpy": [_seconds(plain)[1] for _ in range(rounds)],
        "fast, whole fit": [_seconds(lambda: _fast(votes))[1] for _ in range(rounds)],
        "published, 100 sweeps": [_seconds(lambda: _published(votes, 50, 50))[1] for _ in range(2)],
        "posterior, 100 sweeps of one chain": [_seconds(lambda: _posterior(votes, 50, 50, 1))[1] for _ in range(2)],
    }
    limit = float(np.median(timed["one pass over the votes, compiled"]))
    rows = [
        [name, f"{min(found):.4f}", f"{np.median(found):.4f}", f"{np.median(found) / limit:.0f}"]
        for name, found in timed.items()
    ]
    return Section(
        "Ideal points: CPU seconds",
        f"{len(votes.vote):,} votes. The posterior's figure includes the fast fit that it starts from.",
        ("work", "least CPU s", "median", "passes"),
        rows,
        [
            f"The first call of `fast` in a new installation compiles for {max(cold - limit, 0):.0f} s less a fit; the "
            "result stays on disk.",
            f"Memory of this process at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, with "
            "pandas and the files.",
        ],
    )


def _chances(beta_theta: Floats, low: Floats, high: Floats) -> Floats:
    yes, no = cdf_of(low - beta_theta), cdf_of(beta_theta - high)
    return np.stack([yes, 1 - yes - no, no], axis=1)


def hidden(*, full: bool) -> Section:
    """Which method's positions predict votes that were hidden."""
    data = record(RECORD)
    votes = data.votes
    random = np.random.default_rng(5)
    hide = random.random(len(votes.vote)) < 0.05
    columns = (votes.voter[votes.position], votes.session[votes.position], votes.item, votes.vote.astype(np.int64))
    kept = arrange(*(column[~hide] for column in columns))
    span = 1000
    key = kept.voter * span + kept.session
    place = np.searchsorted(key, columns[0] * span + columns[1]).clip(max=len(key) - 1)
    known_position = key[place] == columns[0] * span + columns[1]
    item = np.searchsorted(kept.item_names, columns[2]).clip(max=len(kept.item_names) - 1)
    test = hide & known_position & (kept.item_names[item] == columns[2])
    truth = votes.vote[test].astype(int)

    def score(chances: Floats) -> list[str]:
        likely = np.clip(chances[np.arange(len(truth)), truth], 1e-6, 1)
        return [f"{-np.log(likely).mean():.4f}", f"{(chances.argmax(axis=1) == truth).mean():.4f}"]

    def at(fit: Fit) -> Floats:
        chosen = item[test]
        if fit.draws is None or fit.item_draws is None:
            items = fit.items
            return _chances(items.beta[chosen] * fit.mean[place[test]], items.low[chosen], items.high[chosen])
        total = np.zeros((len(truth), 3))
        used = range(0, len(fit.draws), max(1, len(fit.draws) // 200))
        for draw in used:
            beta, low, high = fit.item_draws[draw][:, chosen].astype(np.float64)
            total += _chances(beta * fit.draws[draw][place[test]], low, high)
        return total / len(used)

    shares = kept.tallies / kept.tallies.sum(axis=1, keepdims=True)
    fixed = data.published[np.searchsorted(votes.voter * span + votes.session, key)]
    rows = [
        ["the item's shares of yes, abstention and no", *score(shares[item[test]])],
        ["published positions, held fixed; items fitted to them", *score(at(_items_given(kept, fixed)))],
        ["fast", *score(at(_fast(kept)))],
    ]
    if full:
        rows.append(["published (1,000 sweeps after 500)", *score(at(_published(kept, 1_000, 500, 10)))])
        rows.append(["posterior (2 x 300 sweeps after 200)", *score(at(_posterior(kept, 300, 200)))])
    text = (
        f"5 % of the votes hidden ({len(truth):,} that can be asked for), positions and items estimated from the rest. "
        "Lower log loss and higher accuracy are better. The published positions saw the hidden votes."
    )
    return Section("Ideal points: hidden votes", text, ("contestant", "log loss", "accuracy"), rows)


def _items_given(votes: RollCalls, theta: Floats) -> Fit:
    """Items fitted to positions that stay where they are."""
    theta = np.nan_to_num(theta)
    items = ideal_points_fast.fit_items(votes, theta)
    nothing = np.zeros(len(theta))
    return Fit(theta, nothing, items, items, None, None, 0, True)


def simulated(votes: RollCalls, seed: int, omega: float = 0.2) -> tuple[RollCalls, Floats, Floats]:
    """Votes drawn from the posterior's model with the attendance of real ones; true positions, standardised, and betas.

    Cutpoints lie as in the record, most votes being yes; the sampler's prior for them is nearly flat.
    """
    random = np.random.default_rng(seed)
    theta = np.zeros(len(votes.voter))
    first = votes.first
    for i in range(len(theta)):
        passed = 1.0 if first[i] else votes.session[i] - votes.session[i - 1]
        theta[i] = random.standard_normal() if first[i] else theta[i - 1] + omega * np.sqrt(passed) * random.standard_normal()
    count = len(votes.item_names)
    beta = random.standard_normal(count)
    low = random.normal(0.7, 1.2, count)
    high = low + random.exponential(0.8, count)
    item = votes.item
    z = beta[item] * theta[votes.position] + random.standard_normal(len(item))
    vote = (z > low[item]).astype(np.int64) + (z > high[item])
    made = arrange(votes.voter[votes.position], votes.session[votes.position], item, vote)
    span = 1000
    same = np.searchsorted(votes.voter * span + votes.session, made.voter * span + made.session)
    truth = theta[same]
    return made, (truth - truth.mean()) / truth.std(), beta[made.item_names] * truth.std()


def coverage(*, full: bool) -> Section:
    """How often the intervals hold the truth, on simulated votes with the real attendance."""
    data = record(RECORD).votes
    recent = data.session[data.position] > (0 if full else 66)
    whole = arrange(
        data.voter[data.position][recent], data.session[data.position][recent], data.item[recent],
        data.vote[recent].astype(np.int64),
    )  # fmt: skip
    runs = 2
    found: dict[str, list[tuple[float, float, float]]] = {}
    sizes = []
    for seed in range(runs):
        votes, truth, beta = simulated(whole, seed)
        sizes.append(len(votes.vote))
        fast = ideal_points_fast.fit(votes, truth, starting_items(votes))
        sampled = ideal_points_posterior.sample(
            votes, fast.mean, fast.items, seed=seed, sweeps=800, burn=300, chains=2, draws=800
        )
        assert sampled.draws is not None
        assert sampled.item_draws is not None
        one, two = _pairs(votes, seed)
        apart, few = np.abs(truth[one] - truth[two]), votes.votes_of_position < 20
        signs = [np.sign(np.corrcoef(fit.mean, truth)[0, 1]) for fit in (fast, sampled)]
        random = np.random.default_rng(seed)
        guess = fast.mean + fast.sd * random.standard_normal((800, len(truth)))
        for name, true, draws in (
            ("fast, positions", truth, signs[0] * guess),
            ("fast, positions with fewer than 20 votes", truth[few], signs[0] * guess[:, few]),
            ("fast, distances within a session", apart, np.abs(guess[:, one] - guess[:, two])),
            ("posterior, positions", truth, signs[1] * sampled.draws),
            ("posterior, positions with fewer than 20 votes", truth[few], signs[1] * sampled.draws[:, few]),
            ("posterior, distances within a session", apart, np.abs(sampled.draws[:, one] - sampled.draws[:, two])),
            ("posterior, discriminations", beta, signs[1] * sampled.item_draws[:, 0]),
        ):
            q = np.quantile(draws, [0.05, 0.25, 0.75, 0.95], axis=0)
            half, ninety = (true >= q[1]) & (true <= q[2]), (true >= q[0]) & (true <= q[3])
            r = float(np.corrcoef(draws.mean(axis=0), true)[0, 1])
            found.setdefault(name, []).append((float(half.mean()), float(ninety.mean()), r))
    rows = [
        [name, *(f"{100 * part[0]:.1f}, {100 * part[1]:.1f}" for part in parts), f"{100 * mean[0]:.1f}",
         f"{100 * mean[1]:.1f}", f"{mean[2]:.4f}"]
        for name, parts in found.items()
        for mean in [np.mean(parts, axis=0)]
    ]  # fmt: skip
    text = (
        f"{runs} simulated records with the attendance of sessions {int(whole.session.min())} to 74 "
        f"({min(sizes):,} votes or more each): share of true values inside the 50 % and 90 % intervals, in percent."
    )
    heads = ("what", *(f"record {run + 1}: 50 %, 90 %" for run in range(runs)), "50 % holds", "90 % holds", "correlation with truth")
    return Section(
        "Ideal points: calibration", text, heads, rows,
        ["The simulated steps are the posterior's model, not the one `fast` shares with the published sampler."],
    )  # fmt: skip


def _pairs(votes: RollCalls, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each position and another one of its session, by chance."""
    random = np.random.default_rng(seed)
    order = np.lexsort((random.random(len(votes.session)), votes.session))
    together = votes.session[order[1:]] == votes.session[order[:-1]]
    return order[1:][together], order[:-1][together]


def parliament(voters: int, calls: int, sessions: int = 20) -> tuple[RollCalls, Floats, float]:
    """A synthetic parliament where everybody is present: its votes, true positions, CPU seconds of arranging.

    Made in blocks and in small types, so that the peak of memory is the model's own.
    """
    random = np.random.default_rng(3)
    theta = random.standard_normal(voters)
    beta, cut = random.standard_normal(calls), random.uniform(-1, 0.5, calls)
    vote = np.empty((calls, voters), dtype=np.int8)
    for begin in range(0, calls, 1_000):
        part = slice(begin, begin + 1_000)
        z = beta[part, None] * theta + random.standard_normal((len(beta[part]), voters)) - cut[part, None]
        vote[part] = (z > 0).astype(np.int8) + (z > 0.7)
    session = np.repeat((np.arange(calls) * sessions // calls + 1).astype(np.int16), voters)
    voter = np.tile(np.arange(voters, dtype=np.int32), calls)
    item = np.repeat(np.arange(calls, dtype=np.int32), voters)
    votes, seconds = _seconds(lambda: arrange(voter, session, item, vote.ravel()))
    return votes, theta[votes.voter], seconds


def growth(*, full: bool) -> Section:
    """Seconds and memory of the fast fit as a parliament grows."""
    sizes = [(100, 1_000), (200, 5_000), (400, 10_000), (1_000, 10_000)] + ([(1_000, 100_000)] if full else [])
    parliament(20, 100)  # compiled
    rows = []
    for voters, calls in sizes:
        votes, start, arranging = parliament(voters, calls)
        fit, seconds = _seconds(
            lambda votes=votes, start=start: ideal_points_fast.fit(votes, start, starting_items(votes))
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(
            [f"{voters:,}", f"{calls:,}", f"{len(votes.vote):,}", f"{arranging:.1f}", f"{seconds:.1f}",
             f"{fit.sweeps}", f"{1e9 * seconds / fit.sweeps / len(votes.vote):.0f}", f"{peak:.0f}",
             f"{abs(np.corrcoef(fit.mean, start)[0, 1]):.4f}"]
        )  # fmt: skip
        del votes, start, fit
    return Section(
        "Ideal points: growth",
        "A synthetic parliament in 20 sessions, everybody present; the fast fit, one thread.",
        (
            "voters", "roll calls", "votes", "arranging, CPU s", "fit, CPU s", "iterations", "ns a vote and iteration",
            "peak MiB", "correlation with truth",
        ),
        rows,
    )  # fmt: skip


def parts(full: bool) -> dict[str, Any]:
    """The parts by name."""
    slow = {"ideal-twice": twice} if full else {}
    return slow | {
        "ideal-accuracy": lambda: accuracy(full=full),
        "ideal-speed": lambda: speed(full=full),
        "ideal-hidden": lambda: hidden(full=full),
        "ideal-coverage": lambda: coverage(full=full),
        "ideal-growth": lambda: growth(full=full),
    }


