"""Commands for texts: read."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from equidistance.cli.options import (
    AllowPrivate,
    BaseUrl,
    Language,
    Published,
    Reader,
    ReaderModel,
    TableFormat,
)
from equidistance.printable import plural, printable

if TYPE_CHECKING:
    from equidistance.reading.records import Reading


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(read)


def read(
    article: Annotated[
        str,
        typer.Argument(
            help="A file (text, Markdown, HTML, PDF with text), an http(s) address, or - for standard input."
        ),
    ],
    published: Published = None,
    language: Language = None,
    out: Annotated[Path | None, typer.Option(help="Write the result to a file: .json or .csv.")] = None,
    output: TableFormat = "table",
    reader: Reader = "rules",
    model: ReaderModel = None,
    base_url: BaseUrl = None,
    allow_private: AllowPrivate = False,
) -> None:
    """Read an article: what was said and done, by whom, to whom, when, and what its author claims.

    Example: equidistance read article.txt --published 2024-03-31 --out article.json
    """
    from equidistance.cli.terminal import progress, refuse_unwritable
    from equidistance.reading.export import FORMATS, to_csv, to_json, write
    from equidistance.reading.read import read as run

    if out is not None:
        refuse_unwritable(out, FORMATS)
    with progress() as report:
        result = run(
            article,
            published=published,
            language=language,
            reader=reader,
            model=model,
            base_url=base_url,
            allow_private=allow_private,
            progress=report,
        )
    if out is not None:
        write(result, out)
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(to_json(result))
    elif output == "csv":
        print(to_csv(result), end="")
    else:
        _show(result)


def _show(reading: "Reading") -> None:
    import pyarrow as pa

    from equidistance.cli.show import show_table
    from equidistance.cli.terminal import console, safe
    from equidistance.tables import Table

    out = console()
    document = reading.document
    day = f"published {document.published}" if document.published else "date of publication unknown"
    out.print(f"[bold]{safe(document.title or document.address)}[/bold], {safe(day)}")
    out.print(
        f"{plural(len(document.sentences), 'sentence')}: {plural(len(reading.acts), 'act')}, "
        f"{plural(len(reading.claims), 'claim')}, {plural(len(reading.loaded), 'loaded wording')}\n"
    )
    acts = [
        {
            "date": str(act.when.first)[: 4 if act.when.precision in ("year", "decade") else 10]
            if act.when
            else "",
            "actor": act.actor,
            "partner": act.partner or "",
            "type": act.type,
            "channel": act.channel,
            "direction": f"{act.direction:+d}",
            "modality": act.modality,
            "who says so": " > ".join(act.attribution),
            "confidence": f"{act.confidence:.2f}",
            "rule": act.rule,
            "words": printable(act.quote, 70),
        }
        for act in reading.acts
    ]
    claims = [
        {
            "form": ("not " if claim.negated else "") + claim.form,
            "subject": claim.subject or "",
            "powers": ", ".join(claim.powers),
            "direction": "" if claim.direction is None else f"{claim.direction:+d}",
            "amount": "" if claim.amount is None else f"{claim.amount.value:g} {claim.amount.unit}",
            "who says so": " > ".join(claim.attribution),
            "confidence": f"{claim.confidence:.2f}",
            "rule": claim.rule,
            "words": printable(claim.quote, 70),
        }
        for claim in reading.claims
    ]
    for name, rows in (("Acts", acts), ("Claims", claims)):
        if rows:
            show_table(Table(name, pa.Table.from_pylist(rows)))
            out.print()
        else:
            out.print(f"No {name.lower()} found.\n")
    if reading.loaded:
        words = "; ".join(dict.fromkeys(f"{one.quote} ({one.kind})" for one in reading.loaded))
        out.print(f"Loaded wording: {safe(words)}")
    for note in document.notes:
        out.print(f"Note: {safe(note)}")
