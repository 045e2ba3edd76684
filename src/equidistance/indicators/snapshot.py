"""The shipped snapshot: indicator rows of all states towards the default powers, with a manifest of their sources.

``equidistance snapshot build --from DIR`` makes it (:mod:`equidistance.assessment.build`); nothing else writes it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equidistance.errors import StoreError
from equidistance.indicators.declare import INDICATOR_SCHEMA

SNAPSHOT_DIRECTORY = Path(__file__).parent.parent / "data" / "snapshot"
ROWS_FILE, MANIFEST_FILE, REFERENCE_FILE = "indicators.parquet", "manifest.json", "reference.json"
RAW_REFERENCE_FILE, GRAVITY_FILE, EXPOSURE_FILE = "reference_raw.json", "gravity.json", "exposure.parquet"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Snapshot:
    """A snapshot's directory and manifest.

    Attributes:
        directory: where its files lie.
        manifest: powers, sources (id, card facts, files with sha256, coverage), counts, and digest of the rows file.
    """

    directory: Path
    manifest: dict[str, Any]

    @property
    def powers(self) -> tuple[str, ...]:
        """Codes of the powers it holds rows for."""
        return tuple(self.manifest["powers"])

    @property
    def sources(self) -> list[dict[str, Any]]:
        """One dictionary for each source version."""
        return list(self.manifest["sources"])

    def rows(self, states: Sequence[str] | None = None, powers: Sequence[str] | None = None) -> pa.Table:
        """Indicator rows of some states and powers (all when not given), in :data:`INDICATOR_SCHEMA`."""
        filters = None
        for column, codes in (("state", states), ("power", powers)):
            if codes is not None:
                condition = pc.field(column).isin(list(codes))
                filters = condition if filters is None else filters & condition
        return pq.read_table(self.directory / ROWS_FILE, filters=filters).cast(INDICATOR_SCHEMA)

    def reference_text(self, *, raw: bool = False) -> str:
        """The reference fit as JSON text; with ``raw`` the one that saw trade as it is, not against expectations."""
        name = RAW_REFERENCE_FILE if raw else REFERENCE_FILE
        return (self.directory / name).read_text(encoding="utf-8")

    def gravity_text(self) -> str:
        """The gravity fit behind the chosen indicators as JSON text."""
        return (self.directory / GRAVITY_FILE).read_text(encoding="utf-8")

    def exposure(self, state: str, powers: Sequence[str]) -> pa.Table:
        """Exposure rows of one state and some powers."""
        wanted = (pc.field("state") == state) & pc.field("power").isin(list(powers))
        return pq.read_table(self.directory / EXPOSURE_FILE, filters=wanted)

    def verify(self) -> bool:
        """Whether the rows file still has the digest that the manifest states."""
        digest = sha256((self.directory / ROWS_FILE).read_bytes()).hexdigest()
        return bool(digest == self.manifest["rows_sha256"])


@cache
def shipped(directory: Path = SNAPSHOT_DIRECTORY) -> Snapshot:
    """The snapshot that came with the package.

    Raises:
        StoreError: the package was installed without its data.
    """
    try:
        manifest = json.loads((directory / MANIFEST_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StoreError(
            f"The shipped data are missing: {directory / MANIFEST_FILE}.",
            hint="Install the package again, or run: equidistance snapshot build --from DIR",
        ) from error
    return Snapshot(directory, manifest)


def to_parquet(rows: pa.Table) -> bytes:
    """Indicator rows as compact Parquet, the same bytes each time: sorted, rounded to four decimals."""
    ordered = rows.sort_by([(key, "ascending") for key in ("state", "indicator", "power", "period")])
    columns = {
        "state": ordered["state"],
        "power": ordered["power"],
        "period": ordered["period"],
        "freq": ordered["freq"],
        "indicator": ordered["indicator"],
        "value": _rounded(ordered["value"]),
        "se": _rounded(ordered["se"]),
        "n": ordered["n"],
        "source_id": ordered["source_id"],
    }
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table(columns),
        sink,
        compression="zstd",
        compression_level=15,
        row_group_size=1 << 16,
        use_dictionary=["state", "power", "freq", "indicator", "source_id", "value", "se", "n"],
        write_statistics=["state"],
    )
    return bytes(sink.getvalue().to_pybytes())


def from_parquet(content: bytes) -> pa.Table:
    """The rows that :func:`to_parquet` wrote, as everybody will read them."""
    return pq.read_table(pa.BufferReader(content)).cast(INDICATOR_SCHEMA)


def _rounded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Four decimals; adding zero makes a negative zero, whose sign is chance, a plain one."""
    return pc.add(pc.round(column, 4), 0.0).cast(pa.float32())
