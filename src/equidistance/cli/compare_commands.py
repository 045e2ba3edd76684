"""The commands that set states beside each other: compare, and analogues of a state's path."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

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
from equidistance.printable import printable

if TYPE_CHECKING:
    from equidistance.assessment.analogues import Analogues
    from equidistance.assessment.compare import Comparison


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(compare)
    app.command()(analogues)


def compare(
    states: Annotated[list[str], typer.Argument(help="Two to twenty states: names or ISO alpha-3 codes.")],
    powers: Powers = None,
    since: Since = None,
    until: Until = None,
    channel: Channel = "overall",
    indicators: Indicators = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a file: .html (page), .json, .csv, .png or .svg (picture).")
    ] = None,
    table: Annotated[
        Literal["standing", "equidistance", "convergence", "paths"],
        typer.Option(help="Which table CSV holds."),
    ] = "standing",
    output: TableFormat = "table",
    store: StoreOption = None,
    shipped_only: ShippedOnly = False,
    refit: Refit = False,
    raw: Raw = False,
    draws: Draws = 1000,
    seed: Seed = 1,
) -> None:
    """Set states side by side: who stands closest to which power, who keeps equal distance, who converges.

    Example: equidistance compare KAZ UZB ARM AZE --powers RUS,CHN,WEST --out four.html
    """
    from equidistance.assessment.compare import compare as run
    from equidistance.cli.terminal import progress, refuse_unwritable
    from equidistance.figures import save

    if out is not None:
        refuse_unwritable(out, (".html", ".json", ".csv", ".png", ".svg"))
    evidence = evidence_choice(store, shipped_only)
    with progress() as report:
        result = run(
            states,
            powers,
            since=since,
            until=until,
            channel=channel,
            indicators=indicators,
            store=evidence,
            refit=refit,
            raw=raw,
            draws=draws,
            seed=seed,
            progress=report,
        )
        if out is not None:
            report(f"Writing {out}", 0, 0)
            if out.suffix == ".html":
                result.report(out)
            elif out.suffix in (".png", ".svg"):
                save(result.plot(), out)
            else:
                _write(
                    out, result.to_json() + "\n" if out.suffix == ".json" else result.tables[table].to_csv()
                )
    if out is not None:
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(result.to_json())
    elif output == "csv":
        print(result.tables[table].to_csv(), end="")
    else:
        _show_comparison(result)


def analogues(
    state: State,
    like: Annotated[
        str | None, typer.Option(help="Ask about this state: is the first becoming a second one?")
    ] = None,
    years: Annotated[int, typer.Option(help="Length of the windows that are compared.")] = 10,
    powers: Powers = None,
    channel: Channel = "overall",
    until: Until = None,
    indicators: Indicators = None,
    count: Annotated[int, typer.Option(min=1, help="How many states the table lists.")] = 10,
    out: Annotated[
        Path | None, typer.Option(help="Write a file: .json, .csv, .png or .svg (picture).")
    ] = None,
    output: TableFormat = "table",
    store: StoreOption = None,
    shipped_only: ShippedOnly = False,
    refit: Refit = False,
    raw: Raw = False,
) -> None:
    """Find the past paths of other states that a state's last years resemble, and how unusual that is.

    Example: equidistance analogues KAZ --like UKR
    """
    from equidistance.assessment.analogues import analogues as run
    from equidistance.cli.terminal import progress, refuse_unwritable
    from equidistance.figures import save

    if out is not None:
        refuse_unwritable(out, (".json", ".csv", ".png", ".svg"))
    evidence = evidence_choice(store, shipped_only)
    with progress() as report:
        result = run(
            state,
            like,
            years=years,
            powers=powers,
            channel=channel,
            until=until,
            indicators=indicators,
            store=evidence,
            refit=refit,
            raw=raw,
            progress=report,
        )
        if out is not None:
            report(f"Writing {out}", 0, 0)
            if out.suffix in (".png", ".svg"):
                save(result.plot(), out)
            else:
                text = json.dumps(result.to_dict(), ensure_ascii=False) + "\n"
                _write(out, text if out.suffix == ".json" else result.table.to_csv())
    if out is not None:
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(json.dumps(result.to_dict(), ensure_ascii=False))
    elif output == "csv":
        print(result.table.to_csv(), end="")
    else:
        _show_analogues(result, count)


def _write(out: Path, text: str) -> None:
    from equidistance.writing import whole

    with whole(out) as part:
        part.write_text(text, encoding="utf-8")


def _show_comparison(result: "Comparison") -> None:
    from equidistance.cli.show import grid, interval
    from equidistance.cli.terminal import console, safe

    out = console()
    out.print(f"[bold]{safe(result.headline)}[/bold]\n")
    grid(
        f"{result.end:%B %Y}: the states toward each power, the closest first; standard deviations, 90% interval",
        ["Power", "State", "Alignment", "P(closest)", "Own share"],
        [
            [
                row["power_name"] if row["rank"] == 1 else "",
                row["state_name"],
                interval(row),
                f"{row['p_first']:.2f}",
                "-" if row["share"] is None else f"{row['share']:.0%}",
            ]
            for row in result.standing
        ],
        ["left", "left", "right", "right", "right"],
    )
    out.print()
    grid(
        "Equidistance: 1 is equal distance to all powers",
        ["State", "Equidistance", "Closest power", "P"],
        [
            [
                row["state_name"],
                f"{row['mean']:.2f} ({row['q05']:.2f}, {row['q95']:.2f})",
                row["leader_name"],
                f"{row['p_leader']:.2f}",
            ]
            for row in result.equidistance
        ],
        ["left", "right", "left", "right"],
    )
    out.print()
    grid(
        "Distance of each pair over the powers: before, now, change (90% interval)",
        ["Pair", "Years", "Before", "Now", "Change", "P(converging)"],
        [
            [
                f"{row['name_a']} - {row['name_b']}",
                f"{row['years']:.0f}",
                f"{row['before']:.2f}",
                f"{row['now']:.2f}",
                interval(row),
                f"{row['p_converging']:.2f}",
            ]
            for row in result.convergence
        ],
    )
    for note in result.notes:
        out.print(f"Note: {safe(note)}")


def _show_analogues(result: "Analogues", count: int) -> None:
    from equidistance.cli.show import grid
    from equidistance.cli.terminal import console, safe

    out = console()
    out.print(f"[bold]{safe(result.sentence)}[/bold]\n")
    rows = list(result.table)
    shown = rows[:count]
    if result.like is not None and all(row["state"] != result.like.code for row in shown):
        shown.append(result.of(result.like.code))
    grid(
        f"Nearest to {result.state.name} {result.start}-{result.end}: distances in standard deviations",
        ["Rank", "State", "Years", "Distance", "Level", "Shape", "Pairs as near", "Change", "Same years"],
        [
            [
                row["rank"],
                row["name"],
                f"{row['start']}-{row['end']}",
                *(f"{row[name]:.2f}" for name in ("distance", "level", "shape")),
                f"{row['percentile']:.1%}",
                "-" if row["change"] is None else f"{row['change']:+.2f}",
                "-" if row["same_years"] is None else f"{row['same_years']:.2f}",
            ]
            for row in shown
        ],
        ["right", "left", "left", "right", "right", "right", "right", "right", "right"],
    )
    out.print()
    for note in result.notes:
        out.print(f"Note: {safe(note)}")
