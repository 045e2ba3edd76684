"""Options and arguments that several commands share, with one help text each."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from equidistance.errors import InvalidRequest

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
    typer.Option(
        help="Indicators, comma-separated; -name leaves one out, +name adds one, name=word or name=deed moves one."
    ),
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
Refit = Annotated[
    bool,
    typer.Option("--refit", help="Estimate the shared parameters anew on all evidence at hand (minutes)."),
]
TableFormat = Annotated[Literal["table", "json", "csv"], typer.Option("--format", help="Output format.")]


def evidence_choice(store: Path | None, shipped_only: bool) -> Path | bool | None:
    """What ``--store`` and ``--shipped-only`` mean for the library."""
    if store is not None and shipped_only:
        raise InvalidRequest(
            f"--shipped-only leaves the store out, and --store names {store}.", hint="Give one of the two."
        )
    return False if shipped_only else store
