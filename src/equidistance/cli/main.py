"""The command line: parses arguments, calls the function a notebook would call, prints what comes back."""

import errno
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from equidistance import __version__
from equidistance.cli import (
    claims_commands,
    coding_commands,
    compare_commands,
    corridor_commands,
    data_commands,
    ideal_point_commands,
    ledger_commands,
    reading_commands,
    screen_commands,
    voting_commands,
)
from equidistance.cli.options import (
    Channel,
    Draws,
    Indicators,
    Powers,
    Raw,
    Refit,
    Seed,
    ShippedOnly,
    Since,
    State,
    StoreOption,
    TableFormat,
    Until,
    evidence_choice,
)
from equidistance.errors import EquidistanceError
from equidistance.printable import printable

app = typer.Typer(
    name="equidistance",
    help="Measure a state's multi-vector foreign policy: how close it stands to each power, in words and in deeds.",
    epilog="Start with: equidistance assess Kazakhstan --out report.html",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing help with rich takes longer than everything else that --help does
    context_settings={"help_option_names": ["-h", "--help"]},
)
snapshot_app = typer.Typer(
    help="The data that ship with the package.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(snapshot_app, name="snapshot")


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Measure a state's multi-vector foreign policy: how close it stands to each power, in words and in deeds."""


@app.command()
def assess(
    state: State,
    powers: Powers = None,
    since: Since = None,
    until: Until = None,
    channel: Channel = "overall",
    indicators: Indicators = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the result to a file: .html (report), .json, .csv or .parquet.")
    ] = None,
    output: Annotated[
        Literal["table", "json", "csv", "parquet"], typer.Option("--format", help="What is printed.")
    ] = "table",
    store: StoreOption = None,
    shipped_only: ShippedOnly = False,
    raw: Raw = False,
    refit: Refit = False,
    draws: Draws = 1000,
    seed: Seed = 1,
    sensitivity: Annotated[
        bool,
        typer.Option(
            "--sensitivity", help="Also leave out each indicator and try many weightings: what would change?"
        ),
    ] = False,
) -> None:
    """Assess how close a state stands to each power, in words and in deeds, over time.

    Example: equidistance assess Kazakhstan --powers RUS,CHN,WEST --since 2000 --out kazakhstan.html
    """
    from equidistance.assessment.assess import assess as run
    from equidistance.assessment.export import FORMATS, long_table, to_json, write
    from equidistance.cli.show import show_assessment
    from equidistance.cli.terminal import progress, refuse_unwritable

    if out is not None:
        refuse_unwritable(out, FORMATS)
    evidence = evidence_choice(store, shipped_only)
    with progress() as report:
        result = run(
            state,
            powers,
            since=since,
            until=until,
            channel=channel,
            indicators=indicators,
            store=evidence,
            raw=raw,
            refit=refit,
            draws=draws,
            seed=seed,
            progress=report,
        )
        if sensitivity:
            from equidistance.assessment.sensitivity import with_sensitivity

            result = with_sensitivity(result, seed=seed, progress=report)
        if out is not None:  # before anything is printed: a reader who stops reading must not cost the file
            report(f"Writing {out}", 0, 0)
            write(result, out)
    if out is not None:
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(to_json(result))
    elif output == "csv":
        print(long_table(result).to_csv(), end="")
    elif output == "parquet":
        _print_parquet(long_table(result))
    else:
        options = {
            "--until": until,
            "--indicators": indicators,
            "--channel": channel if channel != "overall" else None,
            "--store": store,
            "--shipped-only": shipped_only,
            "--raw": raw,
            "--refit": refit,
        }
        show_assessment(result, options)


@app.command()
def why(
    state: State,
    power: Annotated[str, typer.Argument(help="A power: state or bloc.")],
    when: Annotated[
        str, typer.Argument(help="A year (its months are averaged) or a month, e.g. 2022 or 2022-03.")
    ],
    channel: Channel = "overall",
    until: Annotated[str | None, typer.Option(help="As for assess: later evidence is not used.")] = None,
    indicators: Indicators = None,
    records: Annotated[int, typer.Option(min=0, help="How many single observations to list.")] = 10,
    output: TableFormat = "table",
    store: StoreOption = None,
    shipped_only: ShippedOnly = False,
    raw: Raw = False,
    refit: Refit = False,
) -> None:
    """Take an estimate apart: what each indicator and each observation contributed. The parts sum to the estimate.

    Example: equidistance why KAZ RUS 2022
    """
    import json

    from equidistance.assessment.why import why as run
    from equidistance.cli.show import show_explanation
    from equidistance.cli.terminal import progress
    from equidistance.tables import plain_rows

    evidence = evidence_choice(store, shipped_only)
    with progress() as report:
        explanation = run(
            state,
            power,
            when,
            channel=channel,
            until=until,
            indicators=indicators,
            store=evidence,
            raw=raw,
            refit=refit,
            progress=report,
        )
    if output == "json":
        content = {
            "state": explanation.state,
            "power": explanation.power,
            "period": {"start": explanation.start.isoformat(), "end": explanation.end.isoformat()},
            "channel": explanation.channel,
            "estimate": explanation.estimate,
            "sentence": explanation.sentence,
            "indicators": plain_rows(explanation.indicators),
            "records": plain_rows(explanation.records),
            "sources": plain_rows(explanation.sources),
        }
        print(json.dumps(content, ensure_ascii=False))
    elif output == "csv":
        print(explanation.records.to_csv(), end="")
    else:
        show_explanation(explanation, records)


@app.command()
def indicators(output: TableFormat = "table") -> None:
    """List the indicators: what each one observes, in which channel and instrument, from which sources."""
    import json

    from equidistance.cli.show import indicator_table, show_table

    table = indicator_table()
    if output == "json":
        print(json.dumps(table.to_pylist(), ensure_ascii=False))
    elif output == "csv":
        print(table.to_csv(), end="")
    else:
        show_table(table, ("indicator", "channel", "instrument", "freq", "sources", "title"))


@app.command()
def version() -> None:
    """Print the version of the program, of the shipped data and of the shared parameters."""
    from equidistance.assessment.reference import Reference
    from equidistance.indicators.snapshot import shipped

    snapshot = shipped()
    reference = Reference.from_json(snapshot.reference_text())
    print(f"equidistance {__version__}")
    print(
        f"shipped data {snapshot.manifest['rows_sha256'][:12]} "
        f"({snapshot.manifest['rows']} values, {snapshot.manifest['first_period'][:7]} to "
        f"{snapshot.manifest['last_period'][:7]}), shared parameters {reference.identity}"
    )


@snapshot_app.command("build")
def snapshot_build(
    source: Annotated[Path, typer.Option("--from", help="Directory with the sources' files.")],
    target: Annotated[
        Path | None, typer.Option("--to", help="Where to write it (default: into the package).")
    ] = None,
) -> None:
    """Build the shipped snapshot from a directory of source files: rows, manifest and reference fit."""
    from equidistance.assessment.build import build_snapshot
    from equidistance.cli.terminal import progress
    from equidistance.indicators.snapshot import SNAPSHOT_DIRECTORY

    where = target or SNAPSHOT_DIRECTORY
    with progress() as report:
        manifest = build_snapshot(source, where, progress=report)
    size = sum(file.stat().st_size for file in where.iterdir())
    print(
        f"{manifest['rows']} values from {len(manifest['sources'])} sources, {size / 1e6:.1f} MB, in {where}"
    )


def _print_parquet(table: "object") -> None:
    """Parquet is binary: refuse to pour it onto a terminal."""
    import io

    import pyarrow.parquet as pq

    from equidistance.tables import Table

    assert isinstance(table, Table)
    if sys.stdout.isatty():
        raise EquidistanceError(
            "Parquet is binary.", hint="Redirect it to a file, or use --out result.parquet."
        )
    sink = io.BytesIO()
    pq.write_table(table.arrow, sink, compression="zstd")
    sys.stdout.buffer.write(sink.getvalue())


compare_commands.register(app)
data_commands.register(app)
voting_commands.register(app)
ideal_point_commands.register(app)
corridor_commands.register(app)
screen_commands.register(app)
claims_commands.register(app)
ledger_commands.register(app)
coding_commands.register(app)
reading_commands.register(app)


def main() -> None:
    """Run the command line: expected errors become one message and exit status 2."""
    debug = "--debug" in sys.argv[1:]
    sys.argv[1:] = [argument for argument in sys.argv[1:] if argument != "--debug"]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # no error where Казахстан cannot be shown
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # while an error can still be told
    except Exception as error:
        if debug:
            import traceback

            traceback.print_exc()
        message, status = _told(error)
        if message:
            print(message, file=sys.stderr)
        if isinstance(error, OSError):
            _discard_output()
        sys.exit(status)


def _told(error: Exception) -> tuple[str, int]:
    """What a person reads about an error, and the exit status."""
    if isinstance(error, EquidistanceError):
        return f"Error: {printable(error.render(), 5000)}", 2
    if isinstance(error, BrokenPipeError):  # the reader, e.g. head, has read enough
        return "", 1
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":  # DuckDB's word for Ctrl-C
        return "", 130
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        hint = " Free some space, then repeat the command." if error.errno == errno.ENOSPC else ""
        return (
            f"Error: The operating system refused: {printable(str(error.strerror or error) + where)}.{hint}",
            2,
        )
    told = f"Unexpected error ({type(error).__name__}): {printable(str(error), 1000)}. This is a fault of the program"
    return f"{told}: run the command again with --debug and report what it prints.", 1


def _discard_output() -> None:
    """Send what is still buffered nowhere, or Python complains about it once more when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
