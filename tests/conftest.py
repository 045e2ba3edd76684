"""Fixtures shared by all tests: the development data and the rule for when it is missing."""

import os
from pathlib import Path

import pytest

from equidistance.ground import blocs

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_user_directories(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the developer's own store, cache and terminal width."""
    monkeypatch.delenv("COLUMNS", raising=False)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("EQUIDISTANCE_STORE", str(home / "store.duckdb"))
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(home / "cache"))


@pytest.fixture(autouse=True)
def _no_defined_blocs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the blocs that one test defines out of the next."""
    monkeypatch.setattr(blocs, "_DEFINED", {})


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development data directory; its absence skips a test locally and fails it in CI."""
    if not SHARED_DATA.is_dir():
        message = f"needs the development data directory {SHARED_DATA}, which is not here"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return SHARED_DATA
