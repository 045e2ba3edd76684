"""The store: one DuckDB file that holds all evidence, and every row of it knows its source version.

The tables lie in the schema ``evidence``. On top of them stand views with the plain names (``votes``), which
give one row per natural key: where several source versions hold the same fact, the newest ingest wins.
Every change is one transaction, so a process killed at any moment leaves the store as it was before.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import pyarrow as pa

from equidistance.errors import StoreError, UnknownName
from equidistance.evidence.schema import TABLES
from equidistance.evidence.store_errors import explained
from equidistance.evidence.store_layout import (
    BOOKKEEPING,
    PER_VERSION,
    SCHEMA_VERSION,
    columns_of,
    create_table,
    current_records,
    quote,
)

if TYPE_CHECKING:
    import duckdb

    from equidistance.evidence.corrections import AppliedCorrection
    from equidistance.sources.card import Reading, Rejected


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file as it was read: base name, SHA-256 in hex, size in bytes."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """One edition of a source, read once.

    Attributes:
        source_id: see :func:`identify`.
        source, title, licence, address, reader_version: from the card, as they were at ingest.
        files: the files read.
        retrieved_at: when they were ingested, UTC without zone.
        edition: the edition in words, e.g. ``to 2024-06-04``.
        notes: sentences for the reader, e.g. the share of actors resolved.
        ordinal: 1, 2, ... in the order of ingests (set by the store).
        rows: evidence table -> number of records (set by the store).
        ignored: reason -> number of rows left out on purpose (set by the store).
        rejected: number of malformed rows in quarantine (set by the store).
    """

    source_id: str
    source: str
    title: str
    licence: str
    address: str
    files: tuple[SourceFile, ...]
    retrieved_at: datetime
    reader_version: int
    edition: str = ""
    notes: tuple[str, ...] = ()
    ordinal: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Added:
    """What :meth:`Store.add` did: the stored version; ``already`` when it was known and nothing changed."""

    version: SourceVersion
    already: bool


def identify(source: str, reader_version: int, hashes: Iterable[str], corrections: str = "") -> str:
    """The id of files read by one reader with one set of corrections, e.g. ``un_votes-5d41402abc4b2a76``.

    The order and the names of the files do not matter, their content does.
    """
    text = "\n".join([source, str(reader_version), corrections, *sorted(hashes)])
    return f"{source}-{sha256(text.encode()).hexdigest()[:16]}"


def default_path() -> Path:
    """Where the store lies: ``$EQUIDISTANCE_STORE``, or the user's data directory."""
    given = os.environ.get("EQUIDISTANCE_STORE")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("equidistance")) / "store.duckdb"


class Store:
    """An open store; use :meth:`open` in a ``with`` statement."""

    def __init__(
        self, path: Path, mode: Literal["read", "write"], database: "duckdb.DuckDBPyConnection"
    ) -> None:
        self.path = path
        self.mode = mode
        self._database = database
        self._created = False

    @classmethod
    def open(
        cls, path: Path | None = None, mode: Literal["read", "write"] = "read", create: bool = False
    ) -> Self:
        """Open the store at ``path`` (default: :func:`default_path`).

        Args:
            path: the DuckDB file.
            mode: ``read`` (many processes at once) or ``write`` (one process, no reader beside it).
            create: make an empty store where there is none (``write`` only).

        Raises:
            StoreError: missing, locked, corrupt, written by a newer version, read-only directory, disk full.
        """
        path = default_path() if path is None else path
        created = not path.exists()
        if created:
            if mode == "read" or not create:
                raise StoreError(
                    f"There is no store at {path}.",
                    hint="Make one with: equidistance ingest NAME FILE (see: equidistance sources)",
                )
            _create(path)
        store: Self | None = None
        try:
            with explained(path):
                store = cls(path, mode, _connect(path, read_only=mode == "read"))
            store._created = created
            store._check_version()
            if mode == "write":
                with explained(path):
                    store._add_missing_tables()
        except BaseException:
            if store is not None:
                store.close()
            if created:  # an empty store that nobody could open must not be taken for evidence later
                path.unlink(missing_ok=True)
            raise
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        unused = self._created and not self.versions()
        self.close()
        if (
            unused
        ):  # a first ingest that brought nothing must not leave an empty store to be taken for evidence
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; other processes may write again. Cursors from :meth:`connection` end with it."""
        with explained(self.path):
            self._database.close()

    def connection(self) -> "duckdb.DuckDBPyConnection":
        """A cursor on which each evidence table is a view of its current records, one row per natural key.

        Also there: ``coverage(source_id, source, start, "end")`` and ``source_versions``. Take one cursor per
        request: a second query on a cursor ends the first one's result.
        """
        cursor = self._database.cursor()
        present = self._tables()
        for table in TABLES.values():
            if table.name not in present:  # a store made before this table existed holds no evidence of it
                nothing = ", ".join(f"null::{kind} as {quote(name)}" for name, kind in columns_of(table))
                cursor.execute(f"create temp view {table.name} as select {nothing} where false")
        return cursor

    def add(
        self, version: SourceVersion, reading: "Reading", corrections: Sequence["AppliedCorrection"] = ()
    ) -> Added:
        """Store one reading in one transaction.

        A version whose id is known already changes nothing. The same files read by an older reader are
        replaced, so that a row the new reader refuses does not live on.

        Raises:
            StoreError: disk full, or opened for reading.
        """
        known = {stored.source_id: stored for stored in self.versions()}
        if version.source_id in known:
            return Added(known[version.source_id], already=True)
        same_files = {item.sha256 for item in version.files}
        replaced = [
            stored.source_id
            for stored in known.values()
            if stored.source == version.source and {item.sha256 for item in stored.files} == same_files
        ]
        stored = replace(
            version,
            ordinal=1 + max((stored.ordinal for stored in known.values()), default=0),
            rows={name: table.num_rows for name, table in reading.tables.items()},
            ignored=dict(reading.ignored),
            rejected=len(reading.rejected),
        )
        with self._transaction():
            for old in replaced:
                self._delete(old)
            self._insert_version(stored)
            for name, table in reading.tables.items():
                self._insert(name, table, stored.source_id)
            spells = [
                {"source": stored.source, "start": start, "end": end} for start, end in reading.coverage
            ]
            for name, rows in (
                ("coverage", spells),
                ("quarantine", [asdict(row) for row in reading.rejected]),
                ("applied_corrections", [asdict(done) for done in corrections]),
            ):
                if rows:
                    self._insert(name, pa.Table.from_pylist(rows), stored.source_id)
            self._refresh_views()
        return Added(stored, already=False)

    def remove(self, source_id: str) -> None:
        """Take one source version and all its rows out of the store.

        Raises:
            UnknownName: no such version; the choices list all.
        """
        known = [version.source_id for version in self.versions()]
        if source_id not in known:
            raise UnknownName(f"The store holds no source version {source_id!r}.", choices=known)
        with self._transaction():
            self._delete(source_id)
            self._refresh_views()

    def versions(self) -> list[SourceVersion]:
        """All source versions, oldest ingest first."""
        names = list(SourceVersion.__dataclass_fields__)
        with explained(self.path):
            rows = self._database.execute(
                f"select {', '.join(names)} from evidence.source_versions order by ordinal"
            ).fetchall()
        return [_version(dict(zip(names, row, strict=True))) for row in rows]

    def coverage(self, source_id: str) -> list[tuple[date, date]]:
        """Closed date intervals in which this version's silence means "none"."""
        query = 'select start, "end" from evidence.coverage where source_id = ? order by all'
        return self._rows(query, source_id)

    def quarantine(self, source_id: str) -> "tuple[Rejected, ...]":
        """The malformed rows of a version, in file order."""
        from equidistance.sources.card import Rejected

        query = "select file, line, reason, text from evidence.quarantine where source_id = ? order by all"
        return tuple(Rejected(*row) for row in self._rows(query, source_id))

    def corrections(self, source_id: str) -> "tuple[AppliedCorrection, ...]":
        """What became of each known upstream error when this version was ingested."""
        from equidistance.evidence.corrections import AppliedCorrection

        columns = "correction, rows, expected, status"
        query = f"select {columns} from evidence.applied_corrections where source_id = ? order by correction"
        return tuple(AppliedCorrection(*row) for row in self._rows(query, source_id))

    def integrity(self) -> list[str]:
        """Read every stored value once and compare the counts with the records; each problem as one sentence.

        DuckDB verifies the checksum of each block it reads, so a damaged file cannot pass.

        Raises:
            StoreError: a block is damaged.
        """
        problems = []
        expected = {version.source_id: version.rows for version in self.versions()}
        for name in sorted(self._tables()):
            # Hashing whole rows forces DuckDB to read all columns, not only the row counts.
            query = f"select source_id, count(*), bit_xor(hash(t)) from evidence.{name} t group by source_id"
            found = {source_id: count for source_id, count, _ in self._rows(query)}
            for source_id in sorted(expected.keys() | found.keys()):
                recorded = expected.get(source_id, {}).get(name, 0)
                held = found.get(source_id, 0)
                if held != recorded:
                    problems.append(f"{name}: {source_id} should have {recorded} rows and has {held}.")
        return problems

    def _rows(self, query: str, *parameters: object) -> list[Any]:
        with explained(self.path):
            rows: list[Any] = self._database.cursor().execute(query, parameters).fetchall()
        return rows

    def _tables(self) -> set[str]:
        query = "select table_name from duckdb_tables() where schema_name = 'evidence'"
        return {name for (name,) in self._rows(query)} & TABLES.keys()

    def _check_version(self) -> None:
        query = "select count(*) from duckdb_tables() where schema_name = 'evidence' and table_name = 'meta'"
        if self._rows(query) == [(0,)]:
            raise StoreError(
                f"{self.path} is a DuckDB file, but not a store of equidistance.",
                hint="Name another file in EQUIDISTANCE_STORE.",
            )
        [(version, created_by)] = self._rows("select schema_version, created_by from evidence.meta")
        if version != SCHEMA_VERSION:
            age = "newer" if version > SCHEMA_VERSION else "older"
            hints = {
                "newer": "Upgrade with: pip install --upgrade equidistance",
                "older": "Name a new file in EQUIDISTANCE_STORE, then: equidistance ingest NAME FILE",
            }
            raise StoreError(
                f"The store {self.path} has schema version {version} (made by equidistance {created_by}, "
                f"a version {age} than this one); this one reads schema version {SCHEMA_VERSION}.",
                hint=hints[age],
            )

    def _add_missing_tables(self) -> None:
        missing = [table for table in TABLES.values() if table.name not in self._tables()]
        if missing:
            with self._transaction():
                for table in missing:
                    self._database.execute(create_table(table))
                self._refresh_views()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self.mode != "write":
            raise StoreError(
                f"The store {self.path} is open for reading only.", hint="Open it with mode='write'."
            )
        import duckdb

        with explained(self.path):
            self._database.execute("begin transaction")
            try:
                yield
                self._database.execute("commit")
            except BaseException:
                with suppress(duckdb.Error):  # a failed commit has ended the transaction itself
                    self._database.execute("rollback")
                raise

    def _insert(self, name: str, table: pa.Table, source_id: str) -> None:
        """Append Arrow rows by column name; row by row, thousands of quarantined rows would take minutes."""
        import duckdb

        self._database.register("delivered", table)
        try:
            self._database.execute(
                f"insert into evidence.{name} by name select *, ?::varchar as source_id from delivered",
                [source_id],
            )
        finally:
            with suppress(
                duckdb.Error
            ):  # in a failed transaction even this is refused; the first error counts
                self._database.unregister("delivered")

    def _insert_version(self, version: SourceVersion) -> None:
        values = {name: getattr(version, name) for name in SourceVersion.__dataclass_fields__}
        values["files"] = [asdict(item) for item in version.files]
        for name in ("files", "rows", "ignored", "notes"):
            values[name] = json.dumps(values[name], ensure_ascii=False)
        marks = ", ".join("?" for _ in values)
        self._database.execute(
            f"insert into evidence.source_versions ({', '.join(values)}) values ({marks})",
            list(values.values()),
        )

    def _delete(self, source_id: str) -> None:
        for name in (*TABLES, *PER_VERSION):
            self._database.execute(f"delete from evidence.{name} where source_id = ?", [source_id])

    def _refresh_views(self) -> None:
        holders = [
            json.loads(rows)
            for (rows,) in self._database.execute("select rows from evidence.source_versions").fetchall()
        ]
        for table in TABLES.values():
            versions = sum(1 for rows in holders if rows.get(table.name, 0))
            self._database.execute(
                f"create or replace view {table.name} as {current_records(table, versions)}"
            )
        for name in ("coverage", "source_versions"):
            self._database.execute(f"create or replace view {name} as select * from evidence.{name}")


def _version(row: dict[str, Any]) -> SourceVersion:
    files = tuple(SourceFile(**item) for item in json.loads(row.pop("files")))
    decoded = {name: json.loads(row.pop(name)) for name in ("rows", "ignored", "notes")}
    return SourceVersion(
        files=files, rows=decoded["rows"], ignored=decoded["ignored"], notes=tuple(decoded["notes"]), **row
    )


def _connect(path: Path, *, read_only: bool) -> "duckdb.DuckDBPyConnection":
    import duckdb

    # Nothing the store needs is an extension to download, and a reader's machine may be offline or guarded.
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    database = duckdb.connect(str(path), read_only=read_only, config=config)
    database.execute("set enable_progress_bar = false")  # it would write to standard output
    return database


def _create(path: Path) -> None:
    """Make an empty store beside ``path`` and move it there whole: a killed process leaves no half file."""
    from equidistance import __version__

    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            store = Store(fresh, "write", _connect(fresh, read_only=False))
            try:
                store._database.execute(BOOKKEEPING)
                store._database.execute(
                    "insert into evidence.meta values (?, ?)", [SCHEMA_VERSION, __version__]
                )
                store._add_missing_tables()
                # Closing does this too, but says nothing when the disk is full, and the log stays behind.
                store._database.execute("checkpoint")
            finally:
                store.close()
            fresh.replace(path)
        finally:
            for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
                with suppress(OSError):
                    leftover.unlink(missing_ok=True)
