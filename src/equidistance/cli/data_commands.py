"""The commands about evidence: sources, ingest, pull, doctor, cite. Each calls one library function."""

import json
import sys
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from equidistance.cli.options import Format, OwnStore, TableFormat
from equidistance.cli.terminal import terminal_safe
from equidistance.errors import InvalidRequest
from equidistance.printable import printable

if TYPE_CHECKING:
    from equidistance.sources.ingest import IngestSummary
    from equidistance.tables import Table


class CitationStyle(StrEnum):
    """How citations are written."""

    plain = "plain"
    bibtex = "bibtex"


SourceName = Annotated[
    str, typer.Argument(help="A source's name; see: equidistance sources.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    for command in (sources, ingest, pull, doctor, cite):
        app.command()(command)


def sources(
    name: Annotated[str | None, typer.Argument(help="Show the whole card of this source.")] = None,
    output: TableFormat = "table",
    store_path: OwnStore = None,
) -> None:
    """List the sources with coverage, licence and what the store holds."""
    from equidistance.sources.overview import describe_source, list_sources

    if name:
        show(describe_source(name, store_path), output)
    else:  # what else there is to say fits no terminal; it is in the other formats and in the card
        columns = ("name", "title", "from", "to", "licence", "records")
        show(list_sources(store_path), output, columns)


def ingest(
    name: SourceName,
    paths: Annotated[
        list[Path], typer.Argument(help="Files of one edition, or a directory.", show_default=False)
    ],
    output: TableFormat = "table",
    store_path: OwnStore = None,
) -> None:
    """Read a source's files into the store."""
    from equidistance.cli.terminal import progress
    from equidistance.evidence.store import Store
    from equidistance.sources.ingest import ingest as ingest_files

    with Store.open(store_path, mode="write", create=True) as store, progress() as report:
        summary = ingest_files(name, paths, store, report)
    _show_summaries([summary], output)


def pull(
    name: Annotated[str | None, typer.Argument(help="A source's name; see: equidistance sources.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All sources that can be had.")] = False,
    from_directory: Annotated[
        Path | None, typer.Option("--from", help="Take the files from this directory instead of the network.")
    ] = None,
    output: TableFormat = "table",
    store_path: OwnStore = None,
) -> None:
    """Download a source and read it into the store."""
    from equidistance.cli.terminal import progress
    from equidistance.evidence.store import Store
    from equidistance.sources.ingest import Pulled, pull_all
    from equidistance.sources.ingest import pull as pull_source

    if (name is None) != every:
        raise InvalidRequest(
            "Name one source, or ask for all of them.",
            choices=("equidistance pull NAME", "equidistance pull --all"),
        )
    with Store.open(store_path, mode="write", create=True) as store, progress() as report:
        if name is not None:
            done = Pulled(pull_source(name, store, from_directory, report), {}, {})
        else:
            done = pull_all(store, from_directory, report)
    _show_summaries(done.summaries, output)
    for skipped, reason in done.skipped.items():
        print(f"Skipped {skipped}: {printable(reason, 1000)}", file=sys.stderr)
    for failed, reason in done.failures.items():
        print(f"Failed {failed}: {printable(reason, 1000)}", file=sys.stderr)
    if done.failures:
        raise typer.Exit(2)


def doctor(output: TableFormat = "table", store_path: OwnStore = None) -> None:
    """Examine the installation, the store and the cache; exits with 1 if something is broken."""
    from equidistance.assessment.doctor import doctor as examine

    health = examine(store_path)
    show(health.table, output)
    if not health.ok:
        raise typer.Exit(1)


def cite(
    names: Annotated[list[str] | None, typer.Argument(help="Sources to cite; all, if none is named.")] = None,
    style: Annotated[
        CitationStyle, typer.Option("--style", help="Sentences or BibTeX.")
    ] = CitationStyle.plain,
) -> None:
    """Say how to cite this software and its sources."""
    from equidistance.sources.overview import cite as citations

    print(citations(names or (), style.value))


def show(table: "Table", output: Format, columns: Sequence[str] | None = None) -> None:
    """Write a table to standard output; text from outside cannot steer the terminal.

    Args:
        table: the table.
        output: how.
        columns: what a terminal shows of it (default: all); JSON and CSV have every column.
    """
    from equidistance.cli.show import show_table

    if output == "json":
        print(terminal_safe(json.dumps(table.to_pylist(), ensure_ascii=False, indent=2, default=_plain)))
    elif output == "csv":
        print(terminal_safe(table.to_csv()), end="")
    else:
        show_table(table, columns)


def _show_summaries(summaries: "list[IngestSummary]", output: Format) -> None:
    if output == "table":
        for number, summary in enumerate(summaries):
            print(f"\n{summary.text}" if number else summary.text)
    elif output == "json":
        print(terminal_safe(json.dumps([s.to_dict() for s in summaries], ensure_ascii=False, indent=2)))
    else:
        from equidistance.sources.ingest import summary_table

        show(summary_table(summaries), output)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
