"""Trade with known rerouting: what the naive screen believes, what the selection-aware screen finds, and its level."""

from dataclasses import dataclass

import numpy as np
import pytest

from equidistance.reexports.judge import Judged, judge
from equidistance.reexports.simulate import Simulated, simulate

LEVEL = 0.05


@dataclass(frozen=True)
class Outcome:
    """Shares over replications."""

    naive_basket: float
    basket: float
    whole: float
    naive_false: float
    false: float
    power: float
    flagged: float


def judged(s: Simulated, value: np.ndarray, draws: int) -> Judged:
    return judge(
        value, s.post, 12, s.listed, value.any(axis=1), s.headings, others=s.elsewhere, draws=draws, seed=1
    )


def replicate(
    share: float, replications: int, *, flow: str = "outbound", draws: int = 99, first: int = 0
) -> Outcome:
    rows = []
    for seed in range(first, first + replications):
        s = simulate(share, goods=600, headings=150, listed=40, seed=seed)
        one = judged(s, getattr(s, flow), draws)
        fastest = one.baskets[1]
        naive = s.listed & (one.naive_p <= LEVEL)
        found = s.listed & (one.q <= LEVEL)
        innocent = s.listed & ~s.rerouted
        rows.append(
            (
                fastest.naive_p <= LEVEL,
                fastest.matched_p <= LEVEL,
                one.baskets[0].matched_p <= LEVEL,
                (naive & innocent).sum() / max(naive.sum(), 1),
                (found & innocent).sum() / max(found.sum(), 1),
                (found & s.rerouted).sum() / max(s.rerouted.sum(), 1),
                naive.sum() / s.listed.sum(),
            )
        )
    return Outcome(*np.mean(np.array(rows, dtype=float), axis=0))


@pytest.fixture(scope="module")
def nothing() -> Outcome:
    return replicate(0.0, 80)


def test_without_rerouting_the_naive_screen_finds_it_everywhere(nothing: Outcome) -> None:
    assert nothing.naive_basket >= 0.9
    assert nothing.flagged >= 0.2  # a fifth of all listed goods and more, each at a level of 0.05
    assert nothing.naive_false >= 0.99  # all of them false


def test_without_rerouting_the_selection_aware_screen_holds_its_level(nothing: Outcome) -> None:
    # Binomial(80, 0.05): standard deviation 0.024; 0.125 is three of them above.
    assert nothing.basket <= 0.125
    assert nothing.whole <= 0.125
    assert nothing.false <= 0.125  # any discovery is false here: this is the false discovery rate


def test_inbound_holds_its_level_too() -> None:
    outcome = replicate(0.0, 60, flow="inbound", first=500)
    # Binomial(60, 0.05): standard deviation 0.028.
    assert max(outcome.basket, outcome.whole, outcome.false) <= 0.135


def test_rerouting_is_found_when_it_is_there_and_false_discoveries_stay_rare() -> None:
    some, much = replicate(0.05, 12), replicate(0.20, 12)
    assert some.whole >= 0.9
    assert much.whole == 1.0
    assert much.power > some.power > 0.1
    assert much.power > 0.7
    # Average of 12 shares with a standard deviation of about 0.06 each; the target is 0.05.
    assert max(some.false, much.false) <= 0.11


def test_one_percent_moves_the_whole_list_but_no_single_good() -> None:
    little = replicate(0.01, 15)
    assert little.whole > 0.3  # against 0.05 without rerouting
    assert little.power < 0.3
    assert little.false <= 0.11


def test_simulated_trade_is_what_it_says() -> None:
    s = simulate(0.2, seed=1)
    again = simulate(0.2, seed=1)
    assert np.array_equal(s.inbound, again.inbound)
    assert not (s.rerouted & ~s.listed).any()
    direct = s.direct[s.listed]
    assert direct[:, s.post].mean() < 0.4 * direct[:, ~s.post].mean()  # the sanctions bite
    assert (s.inbound == 0).mean() > 0.02  # empty months
    assert simulate(0.0, seed=1).rerouted.sum() == 0
