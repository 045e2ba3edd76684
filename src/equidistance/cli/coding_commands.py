"""The command that codes sentences as events. It calls one library function."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equidistance.errors import BadFile, InvalidRequest
from equidistance.printable import plural, printable

if TYPE_CHECKING:
    from equidistance.sources.card import Rejected
    from equidistance.tables import Table

_ENDINGS = (".tsv", ".csv", ".json", ".parquet")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(code)


def code(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Sentences: TSV, CSV or Parquet with the columns sentence, source, target (others are kept).",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the coded rows to a file: .tsv, .csv, .json or .parquet.")
    ] = None,
    output: Annotated[
        Literal["table", "tsv", "csv", "json"] | None,
        typer.Option(
            "--format", help="What is printed: on a terminal a table, otherwise TSV.", show_default=False
        ),
    ] = None,
    train: Annotated[
        Path | None,
        typer.Option(help="Instead of coding, train on sentences with the columns type and, if known, quad."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Weights to code with, or to write with --train (default: those that ship)."),
    ] = None,
    embeddings: Annotated[
        bool,
        typer.Option(
            "--embeddings",
            help="Let sentence embeddings have a say: better types, slower (pip install 'equidistance[embeddings]').",
        ),
    ] = False,
) -> None:
    """Code sentences as PLOVER events: what the source does to the target, in word or deed, and how sure that is.

    Example: equidistance code sentences.tsv --out coded.tsv
    """
    from equidistance.cli.terminal import refuse_unwritable

    if train is not None:
        _train(train, file, weights, embeddings)
        return
    if file is None:
        raise InvalidRequest("Name a file of sentences.", hint="Example: equidistance code sentences.tsv")
    if out is not None:
        refuse_unwritable(out, _ENDINGS)

    from equidistance.reading.coder import code as run
    from equidistance.reading.coder_table import read_sentences

    rows, rejected = read_sentences(file)
    if not rows and not rejected:
        raise BadFile(f"{file} holds a header and no sentence.", hint="Add rows below the header.")
    table = run(rows, weights=weights, embeddings=embeddings)
    if out is not None:
        _write(table, out)
        print(f"Written: {printable(str(out))} ({plural(len(table), 'row')})", file=sys.stderr)
    chosen = output or (None if out is not None else "table" if sys.stdout.isatty() else "tsv")
    if chosen == "table":
        _show(table)
    elif chosen is not None:
        print(_text(table, chosen), end="")
    _tell_rejected(rejected)


def _train(train: Path, file: Path | None, weights: Path | None, embeddings: bool) -> None:
    from equidistance.reading.coder_train import train_file

    if file is not None:
        raise InvalidRequest(f"--train takes the sentences of {train}, and {file} names others.")
    if weights is None:
        raise InvalidRequest(
            "Say where the weights go.", hint=f"equidistance code --train {train} --weights weights.npz"
        )
    encoder = None
    if embeddings:
        from equidistance.reading.coder_embeddings import encoder as installed

        encoder = installed()
    manifest, rejected = train_file(train, weights, encoder)
    figures = manifest["cross_validation"]["together"]
    print(
        f"{manifest['sentences']} sentences, {manifest['folds']}-fold cross-validation: "
        f"quad accuracy {figures['quad_accuracy']:.3f}, type accuracy {figures['type_accuracy']:.3f}. "
        f"Written: {printable(str(weights))}"
    )
    if embeddings:
        from equidistance.reading.coder_embedded import beside

        figures = manifest["embeddings"]["cross_validation"]["together"]
        print(
            f"With embeddings: quad accuracy {figures['quad_accuracy']:.3f}, "
            f"type accuracy {figures['type_accuracy']:.3f}. Written: {printable(str(beside(weights)))}"
        )
    _tell_rejected(rejected)


def _tell_rejected(rejected: "list[Rejected]") -> None:
    for one in rejected[:20]:
        print(f"Left out: {printable(one.file)} line {one.line}: {one.reason}", file=sys.stderr)
    if len(rejected) > 20:
        print(f"Left out: {plural(len(rejected) - 20, 'more row')}", file=sys.stderr)


def _text(table: "Table", kind: str) -> str:
    import json

    from equidistance.reading.coder_table import to_tsv
    from equidistance.tables import plain_rows

    match kind:
        case "tsv":
            return to_tsv(table, table.arrow.column_names)
        case "csv":
            return table.to_csv()
        case "json":
            return json.dumps(plain_rows(table), ensure_ascii=False) + "\n"
    raise ValueError(f"no text format {kind!r}")


def _write(table: "Table", out: Path) -> None:
    from equidistance.writing import whole

    with whole(out) as part:
        if out.suffix == ".parquet":
            table.write_parquet(part)
        else:
            part.write_text(_text(table, out.suffix[1:]), encoding="utf-8")


def _show(table: "Table") -> None:
    from equidistance.cli.show import grid

    rows = [
        [
            printable(str(row["sentence"]), 90),
            row["type"] or "-",
            row["mode"] or "-",
            "-" if row["quad"] is None else row["quad"],
            row["modality"] or "-",
            "-" if row["confidence"] is None else f"{row['confidence']:.2f}",
        ]
        for row in table
    ]
    grid("Coded sentences", ["Sentence", "Type", "Mode", "Quad", "Modality", "Confidence"], rows)
