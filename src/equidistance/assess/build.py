"""Build the snapshot that ships with the package: from a directory of source files to rows, manifest and reference fit."""

import json
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.assess.evidence import Progress, dyads, source_facts
from equidistance.assess.reference import DEFAULT_POWERS, FIRST_YEAR, Reference, fit_reference
from equidistance.errors import InvalidRequest
from equidistance.evidence.store import Store
from equidistance.ground.blocs import resolve_power
from equidistance.indicators import panel, snapshot
from equidistance.indicators.declare import Indicator, all_indicators
from equidistance.indicators.views import register_views
from equidistance.sources.card import all_sources
from equidistance.sources.files import find_files
from equidistance.sources.ingest import ingest

SNAPSHOT_POWERS = (*DEFAULT_POWERS, "WEST")
"""Powers the shipped snapshot holds: the default ones, and the West as a bloc."""


def build_snapshot(
    directory: Path, target: Path = snapshot.SNAPSHOT_DIRECTORY, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Ingest every source found in a directory, compute all indicators, fit the reference, and write the snapshot.

    The same files give the same bytes: nothing in the snapshot depends on the clock, the machine or the order of files.

    Args:
        directory: folder with the sources' files, searched with all that lies below it.
        target: where the three files of the snapshot go.
        progress: called with what is being done.

    Returns:
        The manifest.

    Raises:
        InvalidRequest: the directory holds no file of any source.
    """
    tell = progress or (lambda what, done, total: None)
    with tempfile.TemporaryDirectory() as scratch, Store.open(Path(scratch) / "store.duckdb", "write", create=True) as store:
        found = {name: find_files(source.card, directory) for name, source in all_sources().items()}
        found = {name: files for name, files in found.items() if files}
        if not found:
            raise InvalidRequest(f"{directory} holds no file of any source.", hint="See: equidistance sources")
        for done, (name, files) in enumerate(found.items()):
            tell(f"Reading {name}", done, len(found))
            ingest(name, files, store)
        rows, sources = _rows(store, tell)
    reference = _fit(rows, tell)
    return _write(rows, sources, reference, target)


def _rows(store: Store, tell: Progress) -> tuple[pa.Table, list[dict[str, Any]]]:
    connection = store.connection()
    register_views(connection, [resolve_power(code) for code in SNAPSHOT_POWERS])
    done = 0

    def report(one: Indicator) -> None:
        nonlocal done
        tell(f"Computing {one.name}", done, len(all_indicators()))
        done += 1

    rows = panel.compute(connection, on_indicator=report)
    rows = rows.filter(pc.greater_equal(pc.year(rows["period"]), FIRST_YEAR))
    return rows, [source_facts(version) for version in store.versions()]


def _fit(rows: pa.Table, tell: Progress) -> Reference:
    powers = [resolve_power(code) for code in DEFAULT_POWERS]
    codes = pa.array([power.code for power in powers], pa.string())
    used = rows.filter(pc.is_in(rows["power"].cast(pa.string()), value_set=codes))

    def report(step: int, likelihood: float) -> None:
        tell(f"Estimating shared parameters (step {step}, log likelihood {likelihood:.1f})", step, 0)

    return fit_reference(used, dyads(powers), tuple(all_indicators().values()), on_iteration=report)


def _write(
    rows: pa.Table, sources: list[dict[str, Any]], reference: Reference, target: Path
) -> dict[str, Any]:
    content = snapshot.to_parquet(rows)
    names, counts = np.unique(rows["indicator"].to_numpy(zero_copy_only=False).astype(str), return_counts=True)
    manifest = {
        "schema": snapshot.SCHEMA_VERSION,
        "powers": list(SNAPSHOT_POWERS),
        "rows": rows.num_rows,
        "rows_sha256": sha256(content).hexdigest(),
        "indicators": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "first_period": pc.min(rows["period"]).as_py().isoformat(),
        "last_period": pc.max(rows["period"]).as_py().isoformat(),
        "sources": sorted(sources, key=lambda source: str(source["source_id"])),
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / snapshot.ROWS_FILE).write_bytes(content)
    (target / snapshot.REFERENCE_FILE).write_text(reference.to_json(), encoding="utf-8")
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (target / snapshot.MANIFEST_FILE).write_text(text, encoding="utf-8")
    return manifest
