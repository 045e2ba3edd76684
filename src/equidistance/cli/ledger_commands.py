"""The commands about acts: review what was proposed; list, import and export the ledger."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equidistance.cli.options import (
    AllowPrivate,
    BaseUrl,
    Language,
    OwnStore,
    Published,
    Reader,
    ReaderModel,
    TableFormat,
)
from equidistance.errors import EquidistanceError, InvalidRequest
from equidistance.printable import plural, printable

if TYPE_CHECKING:
    from equidistance.claims.ledger import Ledger, Proposal
    from equidistance.sources.card import Rejected

ledger_app = typer.Typer(
    help="The ledger of acts in your store.", no_args_is_help=True, rich_markup_mode=None
)

_KEYS = "a accept, e edit, r reject, s skip, q quit, ? fields"


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(review)
    app.add_typer(ledger_app, name="ledger")


def review(
    article: Annotated[
        str | None,
        typer.Argument(help="An article to read first: file, address, or nothing to review what is pending."),
    ] = None,
    accept_above: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Accept without asking what the coder was at least so sure of (0 to 1)."
        ),
    ] = None,
    published: Published = None,
    language: Language = None,
    reader: Reader = "rules",
    model: ReaderModel = None,
    base_url: BaseUrl = None,
    allow_private: AllowPrivate = False,
    store: OwnStore = None,
) -> None:
    """Review proposed acts one by one, with single keys: a accept, e edit, r reject, s skip, q quit.

    What is accepted becomes evidence: for claims at once, for assess with --indicators +expert_words,+expert_deeds.
    Keys can be piped; an edit is lines of field=value and an empty line.

    Example: equidistance review article.txt --accept-above 0.9
    """
    from equidistance.claims.ledger import Ledger

    reading = None
    if article is not None:
        from equidistance.claims.check import read_article

        reading = read_article(
            article,
            published,
            language=language,
            reader=reader,
            model=model,
            base_url=base_url,
            allow_private=allow_private,
        )
    with Ledger.open(store, create=reading is not None) as ledger:
        if reading is not None:
            done = ledger.propose(reading)
            print(f"{done.new} acts proposed, {done.known} known already, {done.reopened} reopened.")
        if accept_above is not None:
            print(
                f"{ledger.accept_above(accept_above)} acts accepted with a confidence of at least {accept_above:g}."
            )
        pending = ledger.proposals("pending")
        if accept_above is None or sys.stdin.isatty():
            for i, proposal in enumerate(pending):
                if not _ask(ledger, proposal, i + 1, len(pending)):
                    break
        acts = ledger.publish()
        counts = {name: len(ledger.proposals(name)) for name in ("pending", "accepted", "rejected")}
    print(
        f"{counts['accepted']} accepted ({acts} acts), {counts['rejected']} rejected, {counts['pending']} pending."
    )


@ledger_app.command("list")
def show(
    status: Annotated[
        Literal["all", "pending", "accepted", "rejected"], typer.Option(help="Which proposals.")
    ] = "all",
    output: TableFormat = "table",
    store: OwnStore = None,
) -> None:
    """List the acts in the ledger."""
    import json

    from equidistance.claims.ledger import Ledger, table_of
    from equidistance.cli.show import show_table

    with Ledger.open(store, create=False) as ledger:
        table = table_of(ledger.proposals(None if status == "all" else status))
    if output == "json":
        print(json.dumps(table.to_pylist(), ensure_ascii=False))
    elif output == "csv":
        print(table.to_csv(), end="")
    else:
        show_table(table, ("proposal", "status", "when", "actor", "partner", "type", "channel", "summary"))


@ledger_app.command("export")
def export(
    path: Annotated[Path, typer.Argument(help="File to write: .csv or .yaml.")],
    store: OwnStore = None,
) -> None:
    """Write the accepted acts to a file, one row per telling; import reads it back."""
    from equidistance.claims import ledger_files
    from equidistance.claims.ledger import Ledger
    from equidistance.cli.terminal import refuse_unwritable

    refuse_unwritable(path, ledger_files.FORMATS)
    with Ledger.open(store, create=False) as ledger:
        rows = ledger.accepted_rows()
    if not rows:
        raise InvalidRequest("No act was accepted yet.", hint="See: equidistance review")
    ledger_files.write(path, rows)
    acts = plural(len({row["act"] for row in rows}), "act")
    print(f"{plural(len(rows), 'row')} of {acts} in {printable(str(path))}.")


@ledger_app.command("import")
def import_(
    path: Annotated[Path | None, typer.Argument(help="File to read: .csv or .yaml.")] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="Enter the curated acts that ship (Kazakhstan).")
    ] = False,
    store: OwnStore = None,
) -> None:
    """Enter acts coded by hand into the ledger; they count as accepted.

    Example: equidistance ledger import acts.csv
    """
    from equidistance.claims import ledger_files
    from equidistance.claims.bench import shipped_files
    from equidistance.claims.ledger import Ledger

    if (path is None) == (not shipped):
        raise InvalidRequest("Name a file, or say --shipped.", hint="equidistance ledger import acts.csv")
    paths = shipped_files()["acts"] if path is None else [path]
    rows: list[dict[str, str]] = []
    rejected: list[Rejected] = []
    for one in paths:
        found, wrong = ledger_files.read(one)
        rows, rejected = rows + found, rejected + wrong
    for row in rejected:
        print(f"{printable(row.file)}, line {row.line}: {printable(row.reason)}", file=sys.stderr)
    if not rows:
        lines = "line" if len(rejected) == 1 else "lines"
        raise InvalidRequest(
            f"None of {plural(len(rejected), 'row')} can be read.", hint=f"See the {lines} above."
        )
    with Ledger.open(store) as ledger:
        new = ledger.add(rows)
    refused = "1 row was" if len(rejected) == 1 else f"{plural(len(rejected), 'row')} were"
    print(f"{plural(new, 'new act')} of {plural(len(rows), 'row')}; {refused} refused.")


def _ask(ledger: "Ledger", proposal: "Proposal", number: int, total: int) -> bool:
    """Show one proposal and act on the keys; false to stop."""
    act = dict(proposal.act)
    _show(proposal, act, number, total)
    while True:
        key = _key()
        if key in ("q", ""):
            return False
        if key == "s":
            return True
        if key == "?":
            for name, value in act.items():
                print(f"  {name} = {printable(value, 300)}")
            continue
        if key not in "aer":
            print(f"  {_KEYS}")
            continue
        try:
            if key == "r":
                ledger.decide(proposal.proposal, "reject")
                print("  rejected")
                return True
            changes = _edits() if key == "e" else {}
            ledger.decide(proposal.proposal, "edit" if changes else "accept", changes)
        except EquidistanceError as error:  # the person can try again
            print(f"  {printable(error.render(), 500)}")
            continue
        print("  accepted" + (" as edited" if changes else ""))
        return True


def _show(proposal: "Proposal", act: dict[str, str], number: int, total: int) -> None:
    toward = f" -> {printable(act['partner'])}" if act["partner"] else ""
    sign = {"1": "closer", "-1": "away", "0": "neither"}.get(act["direction"], act["direction"])
    print(f"\n[{number}/{total}] {printable(act['summary'], 500)}")
    print(
        f"  {act['when'] or 'no date'}: {printable(act['actor'])}{toward} {act['type']}"
        f"{' ' + printable(act['mode']) if act['mode'] else ''}, {act['channel']}, {act['instrument']}, {sign}, "
        f"{act['modality']}"
    )
    print(f"  coder {printable(act['coder'])}, confidence {act['confidence']}, grade {act['grade']}")
    for telling in proposal.tellings:
        print(f"  told by {printable(telling.source)}")
    if proposal.note:
        print(f"  note: {printable(proposal.note)}")
    print(f"  {_KEYS}")


def _key() -> str:
    """One key: at once from a terminal, else the next letter of standard input; empty at its end."""
    if sys.stdin.isatty():
        import click

        key = click.getchar()
        if key in ("\x03", "\x04"):
            return "q"
        return key.lower()
    while True:
        letter = sys.stdin.read(1)
        if not letter or not letter.isspace():
            return letter.lower()


def _edits() -> dict[str, str]:
    """Lines of field=value until an empty one; what follows the key on its own line is passed over."""
    print("  field=value, one a line; an empty line ends")
    changes: dict[str, str] = {}
    lines = 0
    while True:
        line = sys.stdin.readline()
        text = line.strip()
        lines += 1
        if not line or (not text and (lines > 1 or sys.stdin.isatty())):
            return changes
        if not text:
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidRequest(f"{printable(text)!r} is not field=value.", hint="E.g. when=2022-07")
        changes[name.strip()] = value.strip()
