"""The commands about claims: check an article or a claim file; make, lint and describe claim files."""

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
    Seed,
    ShippedOnly,
    StoreOption,
    TableFormat,
    evidence_choice,
)
from equidistance.errors import InvalidRequest
from equidistance.printable import plural, printable

if TYPE_CHECKING:
    from equidistance.claims.check import Checked

claims_app = typer.Typer(
    help="Claim files: an argument in a form that can be checked.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(check)
    app.add_typer(claims_app, name="claims")


def check(
    what: Annotated[
        str,
        typer.Argument(help="A claim file (.yaml), or an article: file, address, or - for standard input."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the result to a file: .html (report), .json or .csv.")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write the claims to a claim file (.yaml), to edit and run again."),
    ] = None,
    published: Published = None,
    language: Language = None,
    reader: Reader = "rules",
    model: ReaderModel = None,
    base_url: BaseUrl = None,
    allow_private: AllowPrivate = False,
    output: TableFormat = "table",
    details: Annotated[
        bool, typer.Option("--details", help="Show numbers, records and what is missing for each claim.")
    ] = False,
    store: StoreOption = None,
    shipped_only: ShippedOnly = False,
    draws: Annotated[int, typer.Option(min=100, max=20_000, help="Posterior draws.")] = 2000,
    seed: Seed = 1,
) -> None:
    """Test the claims of an article or a claim file: a verdict on each, with its evidence and what is missing.

    The exit status is 0 whatever the verdicts, and 1 if a claim could not be run.

    Example: equidistance check article.txt --out report.html --write claims.yaml
    """
    from equidistance.claims.check import check as run
    from equidistance.claims.files import ENDINGS
    from equidistance.cli.show_claims import show_checked
    from equidistance.cli.terminal import progress, refuse_unwritable

    if out is not None:
        refuse_unwritable(out, (".html", ".json", ".csv"))
    if write is not None:
        refuse_unwritable(write, ENDINGS)
        if what.lower().endswith(ENDINGS) and Path(what).resolve() == write.resolve():
            raise InvalidRequest(
                f"--write {write} would overwrite the file that is checked.", hint="Name another file."
            )
    evidence = evidence_choice(store, shipped_only)
    with progress() as report:
        checked = run(
            what,
            published=published,
            store=evidence,
            draws=draws,
            seed=seed,
            progress=report,
            language=language,
            reader=reader,
            model=model,
            base_url=base_url,
            allow_private=allow_private,
        )
        if write is not None:
            checked.write(write)
        if out is not None:
            _save(checked, out)
    for path in (write, out):
        if path is not None:
            print(f"Written: {printable(str(path))}", file=sys.stderr)
    if output == "json":
        print(checked.to_json())
    elif output == "csv":
        print(checked.table.to_csv(), end="")
    else:
        show_checked(checked, details)
    if checked.failed:
        for verdict in checked.failed:
            print(
                f"Could not be run: {printable(verdict.claim.quote)}: {printable(verdict.error or '', 500)}",
                file=sys.stderr,
            )
        sys.stdout.flush()
        raise typer.Exit(1)


@claims_app.command("new")
def new(
    form: Annotated[str, typer.Option(help="A form, or 'all' for an example of each.")] = "all",
    out: Annotated[Path | None, typer.Option(help="Write to a file (.yaml) instead of printing.")] = None,
) -> None:
    """Print a claim file to start from, with an example of each form and its fields.

    Example: equidistance claims new --form trend --out claims.yaml
    """
    from equidistance.claims.files import ENDINGS
    from equidistance.claims.template import template
    from equidistance.cli.terminal import refuse_unwritable
    from equidistance.writing import whole

    text = template(form)
    if out is None:
        print(text, end="")
        return
    refuse_unwritable(out, ENDINGS)
    if out.exists():
        raise InvalidRequest(f"{out} is there already.", hint="Name another file in --out.")
    with whole(out) as part:
        part.write_text(text, encoding="utf-8")
    print(f"Written: {printable(str(out))}", file=sys.stderr)


@claims_app.command("lint")
def lint(path: Annotated[Path, typer.Argument(help="A claim file (.yaml).")]) -> None:
    """Say whether a claim file can be run, and how each of its claims is understood.

    Example: equidistance claims lint claims.yaml
    """
    from equidistance.claims.files import load
    from equidistance.claims.words import understood

    file = load(path)
    for line, claim in zip(file.lines, file.claims, strict=True):
        print(f"line {line}: {claim.form}: {printable(understood(claim), 500)}")
    print(f"{plural(len(file.claims), 'claim')}, {'' if len(file.claims) == 1 else 'all '}complete.")


@claims_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a claim file, for an editor that checks while one types."""
    import json

    from equidistance.claims.forms import schema as made

    print(json.dumps(made(), indent=2, ensure_ascii=False))


def _save(checked: "Checked", out: Path) -> None:
    from equidistance.writing import whole

    if out.suffix == ".html":
        checked.report(out)
        return
    text = checked.to_json() + "\n" if out.suffix == ".json" else checked.table.to_csv()
    with whole(out) as part:
        part.write_text(text, encoding="utf-8")
