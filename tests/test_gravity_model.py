"""The gravity regression: against statsmodels, on simulated flows, and what must not change it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from equidistance.errors import EquidistanceError
from equidistance.models import gravity

Floats = NDArray[np.float64]
PLACES, PERIODS = 9, 3
TRUTH = np.array([-0.8, 0.5])


def world(
    seed: int = 1, places: int = PLACES, periods: int = PERIODS, noise: float = 0.3, spread: float = 1.0
) -> dict[str, Any]:
    """Flows of every pair but a place with itself: sizes by period, distance and a border, some zeros."""
    rng = np.random.default_rng(seed)
    i, j, t = (
        axis.ravel()
        for axis in np.meshgrid(np.arange(places), np.arange(places), np.arange(periods), indexing="ij")
    )
    apart = i != j
    i, j, t = i[apart], j[apart], t[apart]
    spot = rng.uniform(-1, 1, (places, 2))
    distance = np.linalg.norm(spot[:, None] - spot, axis=2) + np.eye(places)
    border = np.triu(rng.random((places, places)) < 0.2, 1)
    z = np.stack([np.log(distance)[i, j], (border | border.T)[i, j].astype(float)], axis=1)
    a, c = rng.normal(0, spread, (2, periods, places))
    mean = np.exp(a[t, i] + c[t, j] + z @ TRUTH)
    # gamma noise with mean 1, and one flow in ten is zero without the mean of the others changing
    value = mean * rng.gamma(1 / noise**2, noise**2, len(i)) * (rng.random(len(i)) > 0.1) / 0.9
    return {
        "value": value,
        "origin": t * places + i,
        "destination": t * places + j,
        "pair": i * places + j,
        "covariates": z,
        "mean": mean,
    }


def fit(flows: dict[str, Any], **changed: Any) -> gravity.Gravity:
    keys = ("value", "origin", "destination", "pair", "covariates")
    return gravity.fit(**{key: changed.get(key, flows[key]) for key in keys})


@pytest.fixture(scope="module")
def flows() -> dict[str, Any]:
    pytest.importorskip("pyfixest", reason="needs the gravity extra")
    return world()


@pytest.fixture(scope="module")
def fitted(flows: dict[str, Any]) -> gravity.Gravity:
    return fit(flows)


def dummies(number: NDArray[np.int64], without: int = 0) -> Floats:
    """A column for each number; with ``without`` every so many are left out, so that no columns add up to others."""
    return np.array(
        [number == one for one in np.unique(number) if not without or one % without], dtype=float
    ).T


def poisson_with_dummies(value: Floats, *parts: Floats) -> tuple[Floats, Floats]:
    """Coefficients and fitted means of an independent Poisson regression."""
    statsmodels = pytest.importorskip("statsmodels.api")
    design = np.hstack(parts)
    model = statsmodels.GLM(value, design, family=statsmodels.families.Poisson())
    assert np.linalg.matrix_rank(design) == design.shape[1]
    result = model.fit(tol=1e-14, maxiter=200)
    return result.params, result.mu


def test_it_equals_a_regression_with_dummies(flows: dict[str, Any], fitted: gravity.Gravity) -> None:
    """statsmodels' Poisson GLM with a dummy for every exporter-year and importer-year, to 1e-6."""
    params, mean = poisson_with_dummies(
        flows["value"], flows["covariates"], dummies(flows["origin"]), dummies(flows["destination"], PLACES)
    )
    assert fitted.coefficients == pytest.approx(params[:2], abs=1e-6)
    assert fitted.fitted == pytest.approx(mean, rel=1e-6)


def test_leaving_domestic_flows_out_equals_a_border_effect_for_each_place_and_period() -> None:
    """With domestic flows in, however wild, and a dummy for each of them, nothing else moves."""
    pytest.importorskip("pyfixest", reason="needs the gravity extra")
    flows = world(places=6, periods=2)
    places = 6
    home = np.arange(2 * places)
    rng = np.random.default_rng(3)
    value = np.concatenate([flows["value"], rng.uniform(10, 1000, len(home))])
    origin = np.concatenate([flows["origin"], home])
    destination = np.concatenate([flows["destination"], home])
    z = np.vstack([flows["covariates"], np.zeros((len(home), 2))])
    own = np.vstack([np.zeros((len(flows["value"]), len(home))), np.eye(len(home))])
    params, mean = poisson_with_dummies(value, z, dummies(origin), dummies(destination, places), own)
    fitted = fit(flows)
    assert fitted.coefficients == pytest.approx(params[:2], abs=1e-6)
    assert fitted.fitted == pytest.approx(mean[: len(flows["value"])], rel=1e-6)


def test_the_fitted_flows_of_everybody_add_up_to_the_observed_ones(
    flows: dict[str, Any], fitted: gravity.Gravity
) -> None:
    for side in ("origin", "destination"):
        expected = np.bincount(flows[side], fitted.fitted)
        assert expected == pytest.approx(np.bincount(flows[side], flows["value"]), rel=1e-9)


def test_known_coefficients_are_found() -> None:
    """On forty simulated worlds: no bias beyond its own error, and the standard errors about right."""
    pytest.importorskip("pyfixest", reason="needs the gravity extra")
    fits = [fit(world(seed, places=30, periods=1, spread=0.3)) for seed in range(40)]
    off = np.array([one.coefficients - TRUTH for one in fits])
    assert np.all(np.abs(off.mean(axis=0)) < 3 * off.std(axis=0) / np.sqrt(len(fits)))
    ratio = off.std(axis=0) / np.array([one.se for one in fits]).mean(axis=0)
    # a spread from 40 worlds is known to 11 %; clustered errors run small with two sets of effects (Weidner and
    # Zylkin 2021, doi:10.1016/j.jinteco.2021.103513)
    assert np.all((ratio > 0.7) & (ratio < 1.7))


def test_relabelling_reordering_and_splitting_a_flow_change_nothing(
    flows: dict[str, Any], fitted: gravity.Gravity
) -> None:
    rng = np.random.default_rng(5)
    names = rng.permutation(PLACES * PERIODS)
    moved = fit(flows, origin=names[flows["origin"]], destination=names[flows["destination"]])
    assert moved.coefficients == pytest.approx(fitted.coefficients, abs=1e-7)
    assert moved.fitted == pytest.approx(fitted.fitted, rel=1e-7)
    order = rng.permutation(len(flows["value"]))
    mixed = fit({key: value[order] for key, value in flows.items()})
    assert mixed.fitted == pytest.approx(fitted.fitted[order], rel=1e-7)
    other_currency = fit(flows, value=flows["value"] * 7.5)
    assert other_currency.coefficients == pytest.approx(fitted.coefficients, abs=1e-7)
    assert other_currency.fitted == pytest.approx(7.5 * fitted.fitted, rel=1e-7)


def test_a_size_that_trades_the_same_with_everybody_is_no_choice(fitted: gravity.Gravity) -> None:
    """Doubling all exports of one place doubles what is expected of it, and moves no coefficient."""
    flows = world()
    doubled = flows["value"] * np.where(flows["origin"] == 4, 2, 1)
    again = fit(flows, value=doubled)
    mine = flows["origin"] == 4
    # the others' expectations move a little, because what the place sends is part of what they receive
    assert again.fitted[mine].sum() == pytest.approx(2 * fitted.fitted[mine].sum(), rel=1e-7)
    assert again.coefficients == pytest.approx(fitted.coefficients, abs=0.05)


def test_a_place_without_any_flow_has_no_effect() -> None:
    value = np.array([1.0, 2.0, 3.0, 0.0, 0.0, 4.0])
    origin, destination = np.array([0, 0, 1, 2, 2, 1]), np.array([1, 2, 0, 0, 1, 2])
    a, c = gravity.margins(value, np.ones(6), origin, destination)
    assert np.isnan(a[2])
    assert np.isfinite(a[:2]).all()
    assert np.isfinite(c).all()
    mean = np.exp(a[origin] + c[destination])
    assert np.nansum(mean) == pytest.approx(value.sum())


def test_the_deviance_is_zero_for_a_perfect_fit_and_counts_zeros() -> None:
    assert gravity.deviance(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0
    assert gravity.deviance(np.array([0.0]), np.array([3.0])) == pytest.approx(6.0)
    assert gravity.deviance(np.array([5.0, 1.0]), np.array([np.nan, 1.0])) == 0


def test_effects_of_a_known_walk_give_its_standard_deviation() -> None:
    rng = np.random.default_rng(2)
    walk = rng.normal(0, 0.2, (40, 100)).cumsum(axis=0) + rng.normal(0, 1, (40, 1)).cumsum(axis=0)
    found = gravity.yearly_change(walk, np.ones_like(walk))
    assert found == pytest.approx(0.2, abs=0.01)  # 3,900 changes: known to 1.1 %; the common part is out
    walk[3, 7] = np.nan
    assert gravity.yearly_change(walk, np.ones_like(walk)) == pytest.approx(0.2, abs=0.01)


def test_without_pyfixest_there_is_a_way_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyfixest", None)
    with pytest.raises(EquidistanceError) as caught:
        gravity.poisson({}, "value ~ x", "x")
    assert "equidistance[gravity]" in caught.value.render()
