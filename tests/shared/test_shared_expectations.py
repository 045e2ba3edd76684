"""Chosen trade and exposure from a user's store: without pyfixest, against what ships."""

from pathlib import Path

import numpy as np
import pytest

import equidistance as eq
from equidistance.assessment import expectations
from equidistance.assessment.expectations import COVARIATES, Expectations
from equidistance.evidence.store import Store
from equidistance.indicators.snapshot import shipped

pytestmark = pytest.mark.shared

CLOSE = 2e-4  # the snapshot rounds what it ships, the shipped fit its effects


@pytest.fixture(scope="module")
def trade(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with Kazakhstan's own trade statistics and nothing else."""
    path = tmp_path_factory.mktemp("trade") / "store.duckdb"
    with Store.open(path, "write", create=True) as store:
        file = shared_data / "trade/gravity/kz_bns_trade_by_partner_2018_2023.csv"
        eq.ingest("trade_kazakhstan", [file], store)
    return path


def test_without_pyfixest_a_store_is_measured_against_the_shipped_fit(
    trade: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(tmp_path))
    monkeypatch.setattr(expectations, "find_spec", lambda name: None)
    monkeypatch.setattr(expectations, "estimate", lambda *a: pytest.fail("no fit without pyfixest"))
    own = eq.assess("KAZ", store=trade, draws=100)
    rows = own.model.rows.to_pylist()  # type: ignore[union-attr]
    ours = {
        (row["indicator"], row["power"], row["period"]): row
        for row in rows
        if row["indicator"].endswith("_chosen") and row["period"].year >= 2018
    }
    ships = {
        (row["indicator"], row["power"], row["period"]): row
        for row in shipped().rows(["KAZ"], [power.code for power in own.powers]).to_pylist()
        if row["indicator"].endswith("_chosen") and row["period"].year >= 2018
    }
    assert len(ours) == 2 * 6 * 6
    assert ours.keys() == ships.keys()
    for column in ("value", "se"):
        np.testing.assert_allclose(
            [ours[key][column] for key in ships], [ships[key][column] for key in ships], atol=CLOSE
        )
    assert min(row["se"] for row in ours.values()) > 0  # 2016 is the last year of the fit
    # exposure: the store's trade, and the shipped rest
    shares = {(row["kind"], row["power"], row["period"].year): row for row in own.exposure}
    assert shares["exports", "CHN", 2023]["source_id"].startswith("trade_kazakhstan")
    assert shares["arms imports", "RUS", 2023]["share"] > 0.9


def test_the_shipped_fit_is_whole() -> None:
    fit = Expectations.from_json(shipped().gravity_text())
    assert fit.years == tuple(range(2000, 2017))
    assert len(fit.states) == 192
    assert {"KAZ", "RUS", "CHN", "USA", "GBR", "TUR", "DEU"} <= set(fit.states)
    b = dict(zip(COVARIATES, fit.coefficients, strict=True))
    assert b["log_distance"] < 0 < b["land_border"] < b["one_state"]
    assert np.isfinite(fit.importer[:, fit.states.index("KAZ")]).all()


def test_the_snapshot_is_small(shared_data: Path) -> None:
    files = list(shipped().directory.iterdir())
    assert sum(file.stat().st_size for file in files) < 8_000_000
    assert set(shipped().manifest["exposure"]) >= {"exports", "arms imports", "transit", "official loans"}
