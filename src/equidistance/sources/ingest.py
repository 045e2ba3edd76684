"""How files enter the store: hash, read, check, correct, add. Readers read, the store writes, this joins."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from equidistance.errors import BadFile, FetchError, InvalidRequest
from equidistance.evidence import corrections as known_errors
from equidistance.evidence.corrections import AppliedCorrection
from equidistance.evidence.fetch import cache_directory, fetch, sha256_of
from equidistance.evidence.schema import TABLES
from equidistance.evidence.store import SourceFile, SourceVersion, Store, identify
from equidistance.printable import printable
from equidistance.sources.card import Card, Reading, Rejected, Source, all_sources, get_source
from equidistance.sources.delimited import first_seen
from equidistance.sources.files import editions, unpack
from equidistance.tables import Table

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and the total (bytes or steps; 0 where not known)."""

_SHOWN = 5
"""How many rejected rows the summary shows; the store keeps all."""


@dataclass(frozen=True)
class IngestSummary:
    """What became of one set of files.

    Attributes:
        source: the source's name.
        source_id: the version in the store.
        already: these files were in the store before; nothing changed.
        edition: the edition in words.
        rows: evidence table -> accepted records.
        rejected: malformed rows, all of them in the store's quarantine.
        ignored: reason -> rows left out on purpose.
        corrections: what became of each known upstream error.
        coverage: closed date intervals in which silence means "none".
        notes: what the reader has to say.
        warnings: what a person should look at.
    """

    source: str
    source_id: str
    already: bool
    edition: str
    rows: Mapping[str, int]
    rejected: tuple[Rejected, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)
    corrections: tuple[AppliedCorrection, ...] = ()
    coverage: tuple[tuple[date, date], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """One line per outcome: columns source_id, outcome, item, rows."""
        lines = [
            *(("accepted", name, count) for name, count in self.rows.items()),
            *(("rejected", f"{row.file}:{row.line} {row.reason}", 1) for row in self.rejected),
            *(("ignored", reason, count) for reason, count in self.ignored.items()),
            *(("correction", done.sentence(), done.rows) for done in self.corrections),
            *(("coverage", f"{start} to {end}", None) for start, end in self.coverage),
            *(("note", note, None) for note in self.notes),
            *(("warning", warning, None) for warning in self.warnings),
        ]
        arrow = pa.table(
            {
                "source_id": pa.array([self.source_id] * len(lines), pa.string()),
                "outcome": pa.array([line[0] for line in lines], pa.string()),
                "item": pa.array([line[1] for line in lines], pa.string()),
                "rows": pa.array([line[2] for line in lines], pa.int64()),
            }
        )
        described = {
            "source_id": "source version in the store",
            "outcome": "accepted, rejected, ignored, correction, coverage, note or warning",
            "item": "evidence table, reason, or sentence",
            "rows": "number of rows",
        }
        return Table("ingest", arrow, described)

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain values for JSON; dates as ISO 8601."""
        return {
            **asdict(self),
            "rows": dict(self.rows),
            "ignored": dict(self.ignored),
            "coverage": [[start.isoformat(), end.isoformat()] for start, end in self.coverage],
        }

    @property
    def text(self) -> str:
        """The summary as a person reads it; text from the files is made safe for a terminal."""
        counts = ", ".join(f"{name} {count:,}" for name, count in self.rows.items())
        if self.already:
            known = f"these files are in the store already as {self.source_id} ({counts})"
            return f"{self.source}: {known}; nothing changed."
        lines = [f"{self.source}: accepted {sum(self.rows.values()):,} rows ({counts}) as {self.source_id}."]
        if self.coverage:
            spells = ", ".join(f"{start} to {end}" for start, end in self.coverage)
            lines.append(f"Coverage: {spells}; outside it a value is unknown, not zero.")
        if self.rejected:
            lines.append(f"Rejected {len(self.rejected):,} rows, kept in quarantine:")
            lines += [
                f"  {printable(row.file)}:{row.line} {printable(row.reason)}: {printable(row.text, 80)}"
                for row in self.rejected[:_SHOWN]
            ]
            if len(self.rejected) > _SHOWN:
                lines.append(f"  and {len(self.rejected) - _SHOWN:,} more")
        lines += [f"Ignored {count:,} rows: {printable(reason)}" for reason, count in self.ignored.items()]
        lines += [f"Known error {done.sentence()}" for done in self.corrections]
        lines += [f"Note: {printable(note, 500)}" for note in self.notes]
        lines += [f"Warning: {printable(warning, 500)}" for warning in self.warnings]
        return "\n".join(lines)


def ingest(
    source: str | Source, paths: Sequence[Path], store: Store, on_progress: Progress | None = None
) -> IngestSummary:
    """Read files of one source version into the store, in one transaction.

    Args:
        source: a source's name, or a source.
        paths: the files; a directory stands for the source's files inside it.
        store: a store open for writing.
        on_progress: see :data:`Progress`.

    Raises:
        BadFile: a file is missing or cannot be read, or too few rows were accepted.
        InvalidRequest: a directory holds several publications that must be read one by one.
        StoreError: disk full, or the store is open for reading.
    """
    source = get_source(source) if isinstance(source, str) else source
    tell = on_progress or (lambda stage, done, total: None)
    files = _expanded(source.card, paths)
    hashed: dict[str, tuple[Path, SourceFile]] = {}
    for number, path in enumerate(files):
        tell("checking files", number, len(files))
        with _reading_errors(source.card, [path]):
            checksum = sha256_of(path)
            hashed.setdefault(checksum, (path, SourceFile(path.name, checksum, path.stat().st_size)))
    entries = known_errors.for_source(source.card.name)
    source_id = identify(
        source.card.name, source.card.reader_version, hashed, known_errors.fingerprint(entries)
    )
    for version in store.versions():
        if version.source_id == source_id:
            return _known(version, store)
    tell("reading", 0, 0)
    unique = [path for path, _ in hashed.values()]
    with _reading_errors(source.card, unique):
        reading = source.read(unique)
    tell("checking rows", 0, 0)
    reading = _validated(source.card, reading)
    reading, outcomes = known_errors.apply_corrections(reading, entries)
    reading = _without_repetitions(reading)
    warnings = _assert_totals(source.card, reading, store)
    warnings += [done.sentence() for done in outcomes if done.status in known_errors.NEEDS_ATTENTION]
    last = max((end for _, end in reading.coverage), default=None)
    card = source.card
    version = SourceVersion(
        source_id=source_id,
        source=card.name,
        title=card.title,
        licence=card.licence,
        address=card.address,
        files=tuple(item for _, item in hashed.values()),
        retrieved_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        reader_version=card.reader_version,
        edition=f"to {last}" if last else "",
        notes=reading.notes,
    )
    tell("storing", 0, 0)
    added = store.add(version, reading, outcomes)
    return IngestSummary(
        card.name,
        source_id,
        added.already,
        version.edition,
        added.version.rows,
        reading.rejected,
        reading.ignored,
        outcomes,
        reading.coverage,
        reading.notes,
        tuple(warnings),
    )


def pull(
    source: str | Source,
    store: Store,
    from_directory: Path | None = None,
    on_progress: Progress | None = None,
) -> list[IngestSummary]:
    """Download a source's files (or take them from a directory) and ingest them.

    Downloads are kept in the cache; a second pull asks only whether they changed. Archives are unpacked. A
    source with alternative publications gives one summary for each found.

    Raises:
        FetchError: offline, refused, checksum mismatch, or the source has no address to download from.
        BadFile: nothing there fits the source's file patterns, or see :func:`ingest`.
    """
    source = get_source(source) if isinstance(source, str) else source
    card = source.card
    directory = from_directory if from_directory is not None else _downloaded(card, on_progress)
    found = editions(card, directory)
    if not found:
        raise BadFile(
            f"Nothing in {directory} fits the files of {card.name}.",
            choices=tuple(card.files),
            hint=f"Name the files: equidistance ingest {card.name} FILE",
        )
    return [ingest(source, edition, store, on_progress) for edition in found]


@dataclass(frozen=True)
class Pulled:
    """What :func:`pull_all` did: summaries, and by source name why one was skipped and why one failed."""

    summaries: list[IngestSummary]
    skipped: dict[str, str]
    failures: dict[str, str]


def pull_all(store: Store, from_directory: Path | None = None, on_progress: Progress | None = None) -> Pulled:
    """Pull every source that can be had; one that fails does not stop the others.

    Raises:
        BadFile: nothing in the directory fits any source.
        StoreError: disk full, or the store is open for reading.
    """
    done = Pulled([], {}, {})
    for name, source in all_sources().items():
        if from_directory is None and not source.card.downloads:
            done.skipped[name] = f"no address to download from; get it from {source.card.address}"
        elif from_directory is not None and not editions(source.card, from_directory):
            done.skipped[name] = f"nothing in {from_directory} fits {', '.join(source.card.files)}"
        else:
            try:
                done.summaries.extend(pull(source, store, from_directory, _named(name, on_progress)))
            except (BadFile, FetchError) as error:
                done.failures[name] = str(error)
    if from_directory is not None and not done.summaries and not done.failures:
        raise BadFile(
            f"Nothing in {from_directory} fits any source.",
            choices=sorted(all_sources()),
            hint="See which files a source takes: equidistance sources NAME",
        )
    return done


def _named(source: str, on_progress: Progress | None) -> Progress | None:
    """Among many sources, progress says which one it is."""
    if on_progress is None:
        return None
    return lambda stage, done, total: on_progress(f"{source}: {stage}", done, total)


def summary_table(summaries: Sequence[IngestSummary]) -> Table:
    """The tables of several summaries as one."""
    tables = [summary.table for summary in summaries] or [IngestSummary("", "", False, "", {}).table]
    return Table("ingest", pa.concat_tables([table.arrow for table in tables]), tables[0].columns)


def _downloaded(card: Card, on_progress: Progress | None) -> Path:
    if not card.downloads:
        raise FetchError(
            f"The publisher of {card.name} offers no file to download by address.",
            hint=f"Get it from {card.address}, then: equidistance ingest {card.name} FILE",
        )
    directory = cache_directory() / card.name
    for download in card.downloads:
        stage = f"fetching {download.filename}"

        def progress(done: int, total: int | None, stage: str = stage) -> None:
            if on_progress:
                on_progress(stage, done, total or 0)

        unpack(fetch(download, directory, progress, name=card.name), card)
    return directory


def _expanded(card: Card, paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise BadFile(
                f"There is no file {path}.",
                hint=f"See which files are taken: equidistance sources {card.name}",
            )
        found = editions(card, path) if path.is_dir() else [[path]]
        if not found:
            raise BadFile(f"Nothing in {path} fits the files of {card.name}.", choices=tuple(card.files))
        if len(found) > 1:
            raise InvalidRequest(
                f"{path} holds {len(found)} publications of {card.name}, which must be read one by one.",
                choices=[" ".join(file.name for file in edition) for edition in found],
                hint=f"Name the files of one, or take all: equidistance pull {card.name} --from {path}",
            )
        files += found[0]
    if not files:
        raise InvalidRequest("No file was named.", hint=f"Try: equidistance ingest {card.name} FILE")
    return files


@contextmanager
def _reading_errors(card: Card, paths: Sequence[Path]) -> Iterator[None]:
    """Whatever a parser raises on a file becomes a BadFile that names file, layouts and the next command."""
    try:
        yield
    except (pa.ArrowException, UnicodeError, csv.Error, OSError) as error:
        names = ", ".join(str(path) for path in paths)
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadFile(
            f"Cannot read {printable(names, 500)} as {card.name}: {printable(reason)}.",
            choices=[f"{pattern} ({layout})" for pattern, layout in card.files.items()],
            hint=f"See: equidistance sources {card.name}",
        ) from error


def _known(version: SourceVersion, store: Store) -> IngestSummary:
    return IngestSummary(
        source=version.source,
        source_id=version.source_id,
        already=True,
        edition=version.edition,
        rows=version.rows,
        rejected=store.quarantine(version.source_id),
        ignored=version.ignored,
        corrections=store.corrections(version.source_id),
        coverage=tuple(store.coverage(version.source_id)),
        notes=version.notes,
    )


def _validated(card: Card, reading: Reading) -> Reading:
    """The reading in the exact schema of the evidence tables; anything else is a mistake in the reader."""
    tables = {}
    for name, table in reading.tables.items():
        if name not in TABLES or name not in card.tables:
            raise _reader_mistake(card, f"the table {name!r}, which its card does not list")
        schema = TABLES[name].schema
        if set(table.column_names) != set(schema.names):
            raise _reader_mistake(card, f"{name} with the columns {', '.join(table.column_names)}")
        try:
            cast = table.select(schema.names).cast(schema)
        except (pa.ArrowInvalid, ValueError) as error:  # a null where none may be, a value that does not fit
            raise _reader_mistake(card, f"{name} that does not fit its schema ({error})") from error
        for column in schema:
            if not column.nullable and cast[column.name].null_count:
                raise _reader_mistake(card, f"{name} without a value in {column.name}")
        tables[name] = cast
    if any(start > end for start, end in reading.coverage):
        raise _reader_mistake(card, "a coverage that ends before it starts")
    return replace(reading, tables=tables)


def _reader_mistake(card: Card, what: str) -> BadFile:
    return BadFile(f"The reader of {card.name} delivered {what}.", hint="This is a bug: please report it.")


def _without_repetitions(reading: Reading) -> Reading:
    """One row per natural key: a repetition is ignored and counted, a contradiction goes to quarantine."""
    tables, rejected, repeated = dict(reading.tables), list(reading.rejected), 0
    for name, table in reading.tables.items():
        tables[name], contradictions, repetitions = first_seen(table, TABLES[name].key)
        rejected += contradictions
        repeated += repetitions
    ignored = dict(reading.ignored)
    if repeated:
        ignored["repeated row"] = ignored.get("repeated row", 0) + repeated
    return replace(reading, tables=tables, rejected=tuple(rejected), ignored=ignored)


def _assert_totals(card: Card, reading: Reading, store: Store) -> list[str]:
    """Warnings about totals that look wrong; too few rows stop the ingest."""
    accepted = sum(table.num_rows for table in reading.tables.values())
    least, most = card.rows
    if accepted < least:
        reasons = "; ".join(f"{row.file}:{row.line} {row.reason}" for row in reading.rejected[:_SHOWN])
        raise BadFile(
            f"{card.name}: only {accepted:,} rows were accepted, at least {least:,} are expected "
            f"({len(reading.rejected):,} rejected{': ' + printable(reasons, 500) if reasons else ''}).",
            hint="The file may be truncated, of another source, or lack its companion; nothing was stored. "
            f"See: equidistance sources {card.name}",
        )
    warnings = []
    if accepted > most:
        warnings.append(f"{accepted:,} rows were accepted, at most {most:,} were expected.")
    earlier = [version for version in store.versions() if version.source == card.name]
    if earlier and not card.apart and reading.coverage:
        ends = [end for _, end in store.coverage(earlier[-1].source_id)]
        last = max(end for _, end in reading.coverage)
        if ends and last < max(ends):
            warnings.append(f"the coverage ends on {last}, earlier than the version before it ({max(ends)}).")
    return warnings
