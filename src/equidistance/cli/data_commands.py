"""The commands about evidence: sources, ingest, pull, doctor, cite. Each calls one function of the library."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from equidistance.errors import InvalidRequest
from equidistance.printable import printable

if TYPE_CHECKING:
    from equidistance.sources.ingest import IngestSummary, Progress
    from equidistance.tables import Table


class Format(StrEnum):
    """How a table is written to standard output."""

    table = "table"
    json = "json"
    csv = "csv"


class CitationStyle(StrEnum):
    """How citations are written."""

    plain = "plain"
    bibtex = "bibtex"


FormatOption = Annotated[Format, typer.Option("--format", help="A table to read, or JSON or CSV to process.")]
SourceName = Annotated[str, typer.Argument(help="A source's name; see: equidistance sources.", show_default=False)]

_DELAY_SECONDS = 2.0


def sources(
    name: Annotated[str | None, typer.Argument(help="Show the whole card of this source.")] = None,
    output: FormatOption = Format.table,
) -> None:
    """List the sources with coverage, licence and what the store holds."""
    from equidistance.sources.overview import describe_source, list_sources

    show(describe_source(name) if name else list_sources(), output)


def ingest(
    name: SourceName,
    paths: Annotated[list[Path], typer.Argument(help="Files of one edition, or a directory.", show_default=False)],
    output: FormatOption = Format.table,
) -> None:
    """Read a source's files into the store."""
    from equidistance.evidence.store import Store
    from equidistance.sources.ingest import ingest as ingest_files

    with Store.open(mode="write", create=True) as store, _progress() as progress:
        summary = ingest_files(name, paths, store, progress)
    _show_summaries([summary], output)


def pull(
    name: Annotated[str | None, typer.Argument(help="A source's name; see: equidistance sources.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All sources.")] = False,
    from_directory: Annotated[
        Path | None, typer.Option("--from", help="Take the files from this directory instead of the network.")
    ] = None,
    output: FormatOption = Format.table,
) -> None:
    """Download a source and read it into the store."""
    from equidistance.evidence.store import Store
    from equidistance.sources.ingest import pull as pull_source
    from equidistance.sources.ingest import pull_all

    if (name is None) != every:
        raise InvalidRequest(
            "Name one source, or ask for all of them.", choices=("equidistance pull NAME", "equidistance pull --all")
        )
    failures: dict[str, str] = {}
    with Store.open(mode="write", create=True) as store, _progress() as progress:
        if name is not None:
            summaries = pull_source(name, store, from_directory, progress)
        else:
            summaries, failures = pull_all(store, from_directory, progress)
    _show_summaries(summaries, output)
    for failed, reason in failures.items():
        typer.echo(f"{failed}: {printable(reason, 1000)}", err=True)
    if failures:
        raise typer.Exit(2)


def doctor(output: FormatOption = Format.table) -> None:
    """Examine the installation, the store and the cache; exits with 1 if something is broken."""
    from equidistance.sources.overview import doctor as examine

    health = examine()
    show(health.table, output)
    if not health.ok:
        raise typer.Exit(1)


def cite(
    names: Annotated[list[str] | None, typer.Argument(help="Sources to cite; all, if none is named.")] = None,
    style: Annotated[CitationStyle, typer.Option("--style", help="Sentences or BibTeX.")] = CitationStyle.plain,
) -> None:
    """Say how to cite this software and its sources."""
    from equidistance.sources.overview import cite as citations

    typer.echo(citations(names or (), style.value))


def show(table: "Table", output: Format) -> None:
    """Write a table to standard output; text from outside cannot steer the terminal."""
    if output is Format.json:
        typer.echo(_terminal_safe(json.dumps(table.to_pylist(), ensure_ascii=False, indent=2, default=_plain)))
    elif output is Format.csv:
        typer.echo(_terminal_safe(table.to_csv()), nl=False)
    else:
        _show_on_terminal(table)


def _show_on_terminal(table: "Table") -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=200)
    grid = RichTable()
    for column in table.arrow.column_names:
        grid.add_column(column, overflow="fold")
    for row in table.to_pylist():
        # Text, not str: rich reads markup in strings
        grid.add_row(*(Text("" if value is None else printable(str(value), 1000)) for value in row.values()))
    console.print(grid)


def _show_summaries(summaries: "list[IngestSummary]", output: Format) -> None:
    if output is Format.table:
        typer.echo("\n\n".join(summary.text for summary in summaries))
    elif output is Format.json:
        typer.echo(_terminal_safe(json.dumps([s.to_dict() for s in summaries], ensure_ascii=False, indent=2)))
    else:
        for summary in summaries:
            show(summary.table, output)


def _terminal_safe(text: str) -> str:
    """JSON escapes the C0 controls itself; C1 controls and marks that reorder text are left to us."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "\ufffd", text)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


@contextmanager
def _progress() -> "Iterator[Progress | None]":
    """A progress bar on standard error, shown once the work has taken two seconds; none without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None)
    began = time.monotonic()

    def tell(stage: str, done: int, total: int | None) -> None:
        bar.update(task, description=printable(stage), completed=done, total=total)
        if time.monotonic() - began > _DELAY_SECONDS:
            bar.start()

    try:
        yield tell
    finally:
        bar.stop()
