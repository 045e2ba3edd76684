"""Distances of windows against the definition written out, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equidistance.models import analogues


def some_paths(seed: int = 1, units: int = 5, years: int = 9, partners: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    paths = rng.normal(size=(units, years, partners, 2)).cumsum(axis=1)
    paths[1, :3, 0] = np.nan  # a partner that comes later
    paths[2, :, 1:] = np.nan  # too few partners
    return paths


def by_hand(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    both = np.isfinite(a).all(axis=(0, 2)) & np.isfinite(b).all(axis=(0, 2))
    difference = (a - b)[:, both]
    level = (difference.mean(axis=0) ** 2).mean()
    shape = ((difference - difference.mean(axis=0)) ** 2).mean()
    return float(np.sqrt((difference**2).mean())), float(np.sqrt(level)), float(np.sqrt(shape))


@given(st.integers(0, 50))
def test_distances_are_the_definition(seed: int) -> None:
    paths = some_paths(seed)
    every = analogues.windows(paths, 4)
    assert 2 not in every.unit
    found = analogues.distances(every, every)
    for i, j in ((0, 7), (3, len(every.unit) - 1), (6, 8)):
        a, b = (paths[every.unit[w], every.end[w] - 3 : every.end[w] + 1].copy() for w in (i, j))
        total, level, shape = by_hand(a, b)
        # 1e-7: the three products cancel to about the root of the machine's precision
        assert found.total[i, j] == pytest.approx(total, abs=1e-7)
        assert found.level[i, j] == pytest.approx(level, abs=1e-6)
        assert found.shape[i, j] == pytest.approx(shape, abs=1e-6)
    np.testing.assert_allclose(found.total**2, found.level**2 + found.shape**2, atol=1e-9)
    np.testing.assert_allclose(found.total, found.total.T, atol=1e-7)


def test_the_order_of_partners_and_units_changes_nothing() -> None:
    paths = some_paths()
    every = analogues.windows(paths, 4)
    turned = analogues.windows(paths[::-1, :, ::-1], 4)
    found, again = analogues.distances(every, every), analogues.distances(turned, turned)
    place = {(4 - u, e): i for i, (u, e) in enumerate(zip(turned.unit, turned.end, strict=True))}
    order = [place[u, e] for u, e in zip(every.unit, every.end, strict=True)]
    np.testing.assert_allclose(found.total, again.total[np.ix_(order, order)], atol=1e-7)


def test_a_copied_path_is_found_where_it_was() -> None:
    paths = some_paths(years=12)
    paths[0, 8:] = paths[3, 2:6] + 0.01
    every = analogues.windows(paths, 4)
    last = analogues.windows(paths[:, 8:], 4)
    found = analogues.distances(last, every)
    row = int(np.flatnonzero(last.unit == 0)[0])
    nearest = analogues.best(found.total, every, 5)
    assert every.end[nearest[row, 3]] == 5
    assert found.total[row, nearest[row, 3]] == pytest.approx(0.01, abs=1e-6)
    assert nearest[row, 2] == -1
    assert analogues.percentile(found.total[row, nearest[row, 3]], found.total[row]) <= 2 / len(every.unit)


def test_too_short_paths_have_no_windows() -> None:
    assert len(analogues.windows(some_paths(years=3), 4).unit) == 0
    assert np.isnan(analogues.percentile(1.0, np.array([np.nan])))
