"""Known upstream errors, kept as data: what is wrong, why we know, and how many rows it should touch.

Each correction carries an expectation. Once the publisher has mended the error, or changed something else,
the count no longer fits: the ingest summary and ``equidistance doctor`` say so, and the entry can be taken
out of ``data/corrections.toml``.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES

if TYPE_CHECKING:
    import duckdb

    from equidistance.sources.card import Reading

Status = Literal["applied", "mended in this copy", "mended upstream", "changed", "not applicable", "note"]
NEEDS_ATTENTION: tuple[Status, ...] = ("mended upstream", "changed")
"""Statuses that mean the entry no longer fits the publisher's data."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One known upstream error.

    Attributes:
        id: name of the entry.
        source: the source it concerns.
        reason: what is wrong and how we know.
        status: where it stands with the publisher, in words.
        reported: where it was reported or first described; empty where it was not.
        table: evidence table to mend; empty for a note, which touches nothing.
        window: first and last date concerned; an edition that does not cover it is left alone.
        among: SQL predicate for the layout concerned; where no row fits, the correction is not applicable.
        where: SQL predicate for the wrong rows; other delivered tables may be asked by name.
        set: column -> SQL expression of its right value.
        mended: SQL predicate for rows that a copy has mended already.
        expected: how many rows are wrong.
    """

    id: str
    source: str
    reason: str
    status: str
    reported: str = ""
    table: str = ""
    window: tuple[date, date] | None = None
    among: str = "true"
    where: str = "false"
    set: Mapping[str, str] = field(default_factory=dict)
    mended: str = "false"
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class AppliedCorrection:
    """What became of a correction in one reading: rows found wrong, rows expected, status."""

    correction: str
    rows: int
    expected: int | None
    status: str

    def sentence(self) -> str:
        """The outcome in words, e.g. ``un_votes_tur: applied to 19 rows``."""
        unexpected = f"mended upstream or changed: expected {self.expected} rows, found {self.rows}"
        sentences = {
            "applied": f"applied to {self.rows} rows",
            "mended in this copy": "already mended in this copy",
            "mended upstream": unexpected,
            "changed": unexpected,
            "not applicable": "not applicable to this edition",
            "note": "note only, no row changed",
        }
        return f"{self.correction}: {sentences[self.status]}"


@cache
def all_corrections() -> tuple[Correction, ...]:
    """Every entry of ``data/corrections.toml``."""
    text = resources.files("equidistance").joinpath("data/corrections.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["correction"]
    return tuple(
        Correction(**{**entry, "window": tuple(entry["window"]) if "window" in entry else None})
        for entry in entries
    )


def for_source(source: str) -> tuple[Correction, ...]:
    """The entries that concern one source."""
    return tuple(correction for correction in all_corrections() if correction.source == source)


def fingerprint(corrections: Sequence[Correction]) -> str:
    """A hash of what the entries do, so that a changed entry makes the same files a new source version."""
    acting = [asdict(correction) for correction in corrections if correction.table]
    return sha256(repr(acting).encode()).hexdigest() if acting else ""


def apply_corrections(
    reading: "Reading", corrections: Sequence[Correction]
) -> "tuple[Reading, tuple[AppliedCorrection, ...]]":
    """The reading with its known errors mended, and what became of each correction."""
    outcomes = []
    for correction in corrections:
        reading, outcome = _apply(reading, correction)
        outcomes.append(outcome)
    return reading, tuple(outcomes)


def check_corrections(
    reading: "Reading", corrections: Sequence[Correction], strict: bool = False
) -> tuple[AppliedCorrection, ...]:
    """Ask whether the known errors are still as expected, changing nothing.

    Raises:
        BadFile: with ``strict``, when an entry no longer fits the publisher's data.
    """
    _, outcomes = apply_corrections(reading, corrections)
    stale = [outcome.sentence() for outcome in outcomes if outcome.status in NEEDS_ATTENTION]
    if strict and stale:
        raise BadFile(
            "Known upstream errors are no longer as expected: " + "; ".join(stale) + ".",
            hint="Look at the publisher's file, then mend or remove the entries in data/corrections.toml.",
        )
    return outcomes


def _apply(reading: "Reading", correction: Correction) -> "tuple[Reading, AppliedCorrection]":
    def outcome(status: Status, rows: int = 0) -> AppliedCorrection:
        return AppliedCorrection(correction.id, rows, correction.expected, status)

    if not correction.table:
        return reading, outcome("note")
    if correction.table not in reading.tables or not _covered(reading, correction.window):
        return reading, outcome("not applicable")
    connection = _connect(reading)
    among, wrong, mended = _count(connection, correction)
    if among == 0:
        return reading, outcome("not applicable")
    if wrong == 0:
        as_expected = mended > 0 and mended == correction.expected
        return reading, outcome("mended in this copy" if as_expected else "mended upstream")
    columns = ", ".join(
        f'case when {_wrong(correction)} then {correction.set[name]} else "{name}" end as "{name}"'
        if name in correction.set
        else f'"{name}"'
        for name in TABLES[correction.table].schema.names
    )
    fixed = connection.sql(f"select {columns} from {correction.table}").to_arrow_table()
    fixed = fixed.cast(TABLES[correction.table].schema)
    status: Status = "applied" if wrong == correction.expected else "changed"
    return replace(reading, tables={**reading.tables, correction.table: fixed}), outcome(status, wrong)


def _wrong(correction: Correction) -> str:
    return f"(({correction.among}) and ({correction.where}))"


def _count(connection: "duckdb.DuckDBPyConnection", correction: Correction) -> tuple[int, int, int]:
    query = f"""
        select count(*) filter ({correction.among}), count(*) filter ({_wrong(correction)}),
               count(*) filter ({correction.mended})
        from {correction.table}"""
    [(among, wrong, mended)] = connection.execute(query).fetchall()
    return among, wrong, mended


def _covered(reading: "Reading", window: tuple[date, date] | None) -> bool:
    return window is None or any(start <= window[0] and window[1] <= end for start, end in reading.coverage)


def _connect(reading: "Reading") -> "duckdb.DuckDBPyConnection":
    """A private database with the reading's tables by name; those not delivered are there, empty."""
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    for table in TABLES.values():
        empty: pa.Table = table.schema.empty_table()
        connection.register(table.name, reading.tables.get(table.name, empty))
    return connection
