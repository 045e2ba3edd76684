"""The commands about votes in the UN General Assembly. Each calls one library function."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from equidistance.cli.options import (
    ImportantOnly,
    Issue,
    OwnStore,
    State,
    TableFormat,
    VotesOut,
    VotesSince,
    VotesUntil,
)
from equidistance.cli.terminal import terminal_safe
from equidistance.printable import printable

if TYPE_CHECKING:
    from equidistance.assessment.voting import VotingRecord

_ENDINGS = (".png", ".svg", ".html", ".json", ".csv")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(votes)


def votes(
    state: State,
    power: Annotated[
        str, typer.Argument(help="The state to compare it with. A bloc casts no vote: name a member.")
    ],
    issue: Issue = None,
    since: VotesSince = None,
    until: VotesUntil = None,
    important_only: ImportantOnly = False,
    by: Annotated[
        Literal["session", "year"], typer.Option(help="Rows by session of the Assembly or by calendar year.")
    ] = "session",
    versus: Annotated[
        list[str] | None,
        typer.Option(
            help="Two opposing powers, e.g. USA,RUS: with whom does the state vote where one says yes, the other no? "
            "Can be repeated."
        ),
    ] = None,
    records: Annotated[int, typer.Option(min=0, help="How many divergent votes a terminal lists.")] = 10,
    table: Annotated[
        Literal["sessions", "matrix", "divergent", "sides", "sides_total", "sources"],
        typer.Option(help="Which table CSV holds."),
    ] = "sessions",
    out: VotesOut = None,
    output: TableFormat = "table",
    store_path: OwnStore = None,
) -> None:
    """Compare the votes of two states in the UN General Assembly: agreement, divergent votes, sides taken.

    Example: equidistance votes KAZ RUS --since 1992 --versus USA,RUS
    """
    from equidistance.assessment.voting import voting_record
    from equidistance.cli.terminal import progress, refuse_unwritable

    if out is not None:
        refuse_unwritable(out, _ENDINGS)
    with progress() as report:
        report("Reading the votes", 0, 0)
        record = voting_record(
            state,
            power,
            since=since,
            until=until,
            issue=issue,
            by=by,
            versus=versus or (),
            important_only=important_only,
            store=store_path,
        )
        if out is not None:
            report(f"Writing {out}", 0, 0)
            _write(record, out, table)
    if out is not None:
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(terminal_safe(record.to_json()))
    elif output == "csv":
        print(terminal_safe(record.tables[table].to_csv()), end="")
    else:
        _show(record, records)


def _write(record: "VotingRecord", out: Path, table: str) -> None:
    from equidistance.writing import whole

    if out.suffix == ".html":
        record.report(out)
        return
    if out.suffix in (".json", ".csv"):
        text = record.to_json() + "\n" if out.suffix == ".json" else record.tables[table].to_csv()
        with whole(out) as part:
            part.write_text(text, encoding="utf-8")
        return
    from equidistance.figures import save

    save(record.plot(interactive=False), out)


def _show(record: "VotingRecord", records: int) -> None:
    from equidistance.cli.show import grid
    from equidistance.cli.terminal import console, safe

    mine, theirs = record.state.code, record.power.code
    out = console()
    out.print(f"[bold]{safe(record.headline)}[/bold]\n")
    grid(
        f"By {record.by}",
        [
            "Session",
            "Opened" if record.by == "session" else "Year",
            "Votes",
            "Agreement",
            "Identical",
            "Cosine",
        ],
        [
            [
                "" if row["session"] is None else row["session"],
                row["year"],
                row["n"],
                *(_number(row[name]) for name in ("agreement", "coincidence", "cosine")),
            ]
            for row in record.sessions
        ],
        ["right"] * 6,
    )
    out.print()
    cells = {(row["vote_state"], row["vote_power"]): f"{row['n']:,}" for row in record.matrix}
    cast = ("yes", "abstain", "no")
    grid(
        f"How often which vote of {mine} (down) met which of {theirs} (across)",
        [mine, *(f"{theirs} {vote}" for vote in cast)],
        [[vote, *(cells[vote, other] for other in cast)] for vote in cast],
    )
    out.print()
    for pair in record.sides_total:
        _show_sides(record, pair)
        out.print()
    rows = record.divergent.arrow.slice(0, records).to_pylist()
    if rows:
        grid(
            f"{len(rows)} of {len(record.divergent):,} divergent votes: yes against no first, the least usual first",
            ["Date", "Resolution", "Title", mine, theirs, "Yes-abst.-no"],
            [
                [
                    row["date"],
                    row["resolution"] or row["roll_call"],
                    printable(row["title"] or "", 90),
                    row["vote_state"],
                    row["vote_power"],
                    f"{row['yes']}-{row['abstain']}-{row['no']}",
                ]
                for row in rows
            ],
            ["left", "left", "left", "left", "left", "right"],
        )
        out.print()
    for note in record.notes:
        out.print(f"Note: {safe(note)}")
    cited: dict[str, list[str]] = {}
    for source in record.sources:
        text = f"{source['citation']} ({source['licence']})" if source["citation"] else "a table of votes"
        cited.setdefault(text, []).append(f"{source['source_id']} ({source['n']:,} votes)")
    for text, versions in cited.items():
        out.print(f"{safe(', '.join(versions))}: {safe(text)}")


def _show_sides(record: "VotingRecord", pair: dict[str, Any]) -> None:
    """Session by session or year by year, and all of them together."""
    from equidistance.cli.show import grid

    one, other = pair["a"], pair["b"]
    rows = [row for row in record.sides if (row["a"], row["b"]) == (one, other)]
    periods = [[row["year"] if row["session"] is None else row["session"], *_side(row)] for row in rows]
    grid(
        f"{record.state.code} where {one} and {other} vote yes against no",
        [
            record.by.capitalize(),
            "Votes",
            f"As {one}",
            f"As {other}",
            "Abstained",
            "Absent",
            f"Share of {one} (90%)",
        ],
        [*periods, ["all", *_side(pair)]],
    )


def _side(row: dict[str, Any]) -> Sequence[object]:
    share = "-" if row["share_a"] is None else f"{row['share_a']:.2f} ({row['q05']:.2f}, {row['q95']:.2f})"
    return [row["n"], row["with_a"], row["with_b"], row["abstained"], row["absent"], share]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
