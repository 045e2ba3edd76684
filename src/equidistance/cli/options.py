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
OwnStore = Annotated[
    Path | None, typer.Option("--store", help="Store to use (default: your store).", show_default=False)
]
"""For commands that the shipped data cannot serve."""
ShippedOnly = Annotated[
    bool, typer.Option("--shipped-only", help="Use the shipped data alone, not your store.")
]
Channel = Annotated[
    Literal["overall", "deed", "word"],
    typer.Option(help="What orientation and equidistance rest on: deeds, words, or the mean of both."),
]
Raw = Annotated[
    bool,
    typer.Option("--raw", help="Take trade as it is, not against what size, distance and history predict."),
]
Refit = Annotated[
    bool,
    typer.Option("--refit", help="Estimate the shared parameters anew on all evidence at hand (minutes)."),
]
Draws = Annotated[int, typer.Option(max=20_000, help="Posterior draws for everything derived.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the draws.")]
Format = Literal["table", "json", "csv"]
TableFormat = Annotated[Format, typer.Option("--format", help="A table to read, or JSON or CSV to process.")]

VotesSince = Annotated[
    str | None, typer.Option("--since", help="First month of the votes, e.g. 1992 or 2014-03.")
]
VotesUntil = Annotated[str | None, typer.Option("--until", help="Last month of the votes.")]
Issue = Annotated[
    str | None,
    typer.Option(
        help="Only votes on one issue: middle-east, nuclear, disarmament, human-rights, colonialism or economic."
    ),
]
ImportantOnly = Annotated[
    bool, typer.Option("--important-only", help="Only votes that the US State Department called important.")
]
VotesOut = Annotated[
    Path | None,
    typer.Option(help="Write a picture (.png, .svg), a page that opens offline (.html), .json or .csv."),
]

Published = Annotated[
    str | None,
    typer.Option(
        help="Day of publication, e.g. 2024-03-31, where the text tells none; relative dates count from it."
    ),
]
Language = Annotated[
    Literal["en", "ru"] | None, typer.Option(help="Language of the text (default: found from the letters).")
]
Reader = Annotated[
    Literal["rules", "llm"], typer.Option(help="Who reads: the rules, or a language model of yours.")
]
ReaderModel = Annotated[str | None, typer.Option("--model", help="Name of the language model.")]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="Where the model answers (OpenAI-compatible); its key is read from EQUIDISTANCE_LLM_KEY."
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option("--allow-private", help="Read addresses of this machine and private networks too."),
]


def evidence_choice(store: Path | None, shipped_only: bool) -> Path | bool | None:
    """What ``--store`` and ``--shipped-only`` mean for the library."""
    if store is not None and shipped_only:
        raise InvalidRequest(
            f"--shipped-only leaves the store out, and --store names {store}.", hint="Give one of the two."
        )
    return False if shipped_only else store
