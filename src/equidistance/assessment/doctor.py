"""The state of health of an installation: packages, store, known errors, cache, shipped data."""

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from equidistance import __version__
from equidistance.errors import StoreError
from equidistance.evidence.corrections import NEEDS_ATTENTION
from equidistance.evidence.fetch import cache_directory
from equidistance.evidence.store import Store, default_path
from equidistance.indicators.snapshot import shipped
from equidistance.sources.overview import text_table, version_of
from equidistance.tables import Table

_PACKAGES = (
    "duckdb",
    "pyarrow",
    "ibis-framework",
    "numpy",
    "altair",
    "vl-convert-python",
    "httpx",
    "typer",
    "rich",
)

Status = Literal["ok", "info", "warning", "error"]


@dataclass(frozen=True)
class Health:
    """The outcome of :func:`doctor`: a table (check, status, detail) and whether nothing is broken."""

    table: Table
    ok: bool


def doctor(store_path: Path | None = None) -> Health:
    """Examine the installation, the store and the cache; nothing is changed and nothing is fetched."""
    path = default_path() if store_path is None else store_path
    rows: list[tuple[str, Status, str]] = [
        ("equidistance", "info", __version__),
        ("python", "info", platform.python_version()),
        *(_package(name) for name in _PACKAGES),
        *_store_checks(path),
        *_cache_check(),
        _shipped_data_check(),
    ]
    described = {
        "check": "what was looked at",
        "status": "ok, info, warning or error",
        "detail": "what was found",
    }
    table = Table("doctor", text_table(("check", "status", "detail"), rows), described)
    return Health(table, ok=not any(status == "error" for _, status, _ in rows))


def _store_checks(path: Path) -> list[tuple[str, Status, str]]:
    if not path.exists():
        return [("store", "info", f"none at {path}; make one with: equidistance ingest NAME FILE")]
    try:
        with Store.open(path) as store:
            versions = store.versions()
            rows: list[tuple[str, Status, str]] = [
                ("store", "ok", f"{path}, {len(versions)} source versions, {path.stat().st_size:,} bytes")
            ]
            for version in versions:
                counts = ", ".join(f"{name} {count:,}" for name, count in version.rows.items())
                rejected = f"; {version.rejected:,} rows in quarantine" if version.rejected else ""
                rows.append(
                    ("source version", "info", f"{version.source_id}, {version.edition}: {counts}{rejected}")
                )
                rows += [
                    ("known error", "warning", f"{done.sentence()} ({version.source_id})")
                    for done in store.corrections(version.source_id)
                    if done.status in NEEDS_ATTENTION
                ]
            problems = store.integrity()
    except StoreError as error:
        return [("store", "error", str(error))]
    rows += [("integrity", "error", problem) for problem in problems]
    if not problems:
        rows.append(("integrity", "ok", "every block read; counts as recorded"))
    return rows


def _cache_check() -> list[tuple[str, Status, str]]:
    directory = cache_directory()
    if not directory.is_dir():
        return [("cache", "info", f"empty, {directory}")]
    files = [path for path in directory.rglob("*") if path.is_file()]
    return [
        ("cache", "info", f"{directory}, {len(files)} files, {sum(p.stat().st_size for p in files):,} bytes")
    ]


def _shipped_data_check() -> tuple[str, Status, str]:
    try:
        snapshot = shipped()
        intact = snapshot.verify()
    except (StoreError, OSError, ValueError, KeyError) as error:
        return ("shipped data", "warning", str(error))
    if not intact:
        return ("shipped data", "error", "differ from their manifest; install the package again")
    return ("shipped data", "ok", f"{snapshot.manifest['rows']:,} values, as in the manifest")


def _package(name: str) -> tuple[str, Status, str]:
    number = version_of(name)
    return (name, "info", number) if number != "unknown" else (name, "error", "not installed")
