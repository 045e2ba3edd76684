"""The command line: parses arguments, calls the function a notebook would call, prints what comes back."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from equidistance import __version__
from equidistance.cli import data_commands
from equidistance.errors import EquidistanceError

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

State = Annotated[str, typer.Argument(help="A state: name in English or Russian, or ISO alpha-3 code.")]
Powers = Annotated[
    str | None,
    typer.Option(
        help="Powers, comma-separated: states or blocs (default RUS,CHN,USA,EU,GBR,TUR; WEST also ships)."
    ),
]
Since = Annotated[str | None, typer.Option(help="First month reported, e.g. 1992 or 2014-03.")]
Until = Annotated[str | None, typer.Option(help="Last month reported; later evidence is not used.")]
Indicators = Annotated[
    str | None,
    typer.Option(help="Indicators, comma-separated; -name leaves one out, name=word or name=deed moves one."),
]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Store to use (default: your store when there is one).")
]
ShippedOnly = Annotated[
    bool, typer.Option("--shipped-only", help="Use the shipped data alone, not your store.")
]
Channel = Annotated[
    Literal["overall", "deed", "word"],
    typer.Option(help="What orientation and equidistance rest on: deeds, words, or the mean of both."),
]
TableFormat = Annotated[Literal["table", "json", "csv"], typer.Option("--format", help="Output format.")]


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
    refit: Annotated[
        bool,
        typer.Option(
            "--refit", help="Estimate the shared parameters anew on all evidence at hand (minutes)."
        ),
    ] = False,
    draws: Annotated[int, typer.Option(help="Posterior draws for everything derived.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 1,
) -> None:
    """Assess how close a state stands to each power, in words and in deeds, over time.

    Example: equidistance assess Kazakhstan --powers RUS,CHN,WEST --since 2000 --out kazakhstan.html
    """
    from equidistance.assessment.assess import assess as run
    from equidistance.assessment.export import FORMATS, long_table, to_json, write
    from equidistance.cli.show import show_assessment
    from equidistance.cli.terminal import progress

    if out is not None and out.suffix not in FORMATS:
        raise EquidistanceError(f"Cannot tell the format of {out} from its ending.", choices=FORMATS)
    with progress() as report:
        result = run(
            state,
            powers,
            since=since,
            until=until,
            channel=channel,
            indicators=indicators,
            store=False if shipped_only else store,
            refit=refit,
            draws=draws,
            seed=seed,
            progress=report,
        )
        if out is not None:
            report(f"Writing {out}", 0, 0)
            write(result, out)
    if output == "json":
        print(to_json(result))
    elif output == "csv":
        print(long_table(result).to_csv(), end="")
    elif output == "parquet":
        _print_parquet(long_table(result))
    else:
        show_assessment(result)
    if out is not None:
        print(f"Written: {out}", file=sys.stderr)


@app.command()
def why(
    state: State,
    power: Annotated[str, typer.Argument(help="A power: state or bloc.")],
    when: Annotated[
        str, typer.Argument(help="A year (its months are averaged) or a month, e.g. 2022 or 2022-03.")
    ],
    channel: Channel = "overall",
    records: Annotated[int, typer.Option(help="How many single observations to list.")] = 10,
    output: TableFormat = "table",
    store: StoreOption = None,
    shipped_only: ShippedOnly = False,
) -> None:
    """Take an estimate apart: what each indicator and each observation contributed. The parts sum to the estimate.

    Example: equidistance why KAZ RUS 2022
    """
    import json

    from equidistance.assessment.export import plain_rows
    from equidistance.assessment.why import why as run
    from equidistance.cli.show import show_explanation

    explanation = run(state, power, when, channel=channel, store=False if shipped_only else store)
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
        show_table(table)


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


data_commands.register(app)


def main() -> None:
    """Run the command line: expected errors become one message and exit status 2."""
    debug = "--debug" in sys.argv[1:]
    sys.argv[1:] = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app()
    except EquidistanceError as error:
        if debug:
            raise
        print(f"Error: {error.render()}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        print(
            f"Unexpected error ({type(error).__name__}): {error}. This is a fault of the program: "
            "run the command again with --debug before it and report what it prints.",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
