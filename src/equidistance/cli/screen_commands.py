"""The commands about goods: screen an intermediary, show and build the lists, download from UN Comtrade."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from equidistance.cli.options import OwnStore, Seed, TableFormat
from equidistance.errors import InvalidRequest
from equidistance.printable import plural, printable

if TYPE_CHECKING:
    from equidistance.reexports.screen import Screen
    from equidistance.tables import Table

lists_app = typer.Typer(
    help="Lists of goods that sanctions or advisories name.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(screen)
    app.command()(comtrade)
    app.add_typer(lists_app, name="lists")


def screen(
    state: Annotated[
        str, typer.Argument(help="The intermediary: name in English or Russian, or ISO alpha-3 code.")
    ],
    origins: Annotated[
        str, typer.Option("--from", help="Sanctioning exporters: a bloc, or states separated by commas.")
    ] = "WEST",
    target: Annotated[str, typer.Option("--to", help="The sanctioned destination.")] = "RUS",
    goods: Annotated[
        str,
        typer.Option(
            "--list",
            help="chpl, eu-annexes, us-supplement-4, eu-2023-01, families, a CSV file with a column code, "
            "or 'all' goods.",
        ),
    ] = "chpl",
    since: Annotated[str, typer.Option(help="First month after the sanctions.")] = "2022-03",
    until: Annotated[
        str | None, typer.Option(help="Last month used (default: the last in the data).")
    ] = None,
    before: Annotated[
        int, typer.Option(min=6, max=240, help="Months before that date to compare with.")
    ] = 24,
    compare: Annotated[
        str | None,
        typer.Option(
            help="Other intermediaries to set beside it, comma-separated; 'neighbours' for the usual seven."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Other destinations as a control (default: all in the data that are no intermediaries)."
        ),
    ] = None,
    picked: Annotated[
        str | None,
        typer.Option(help="Product codes that were picked because they surged, judged as one basket."),
    ] = None,
    fastest: Annotated[
        int, typer.Option(min=1, max=1000, help="Size of the basket of the fastest goods.")
    ] = 10,
    null: Annotated[
        Literal["auto", "products", "destinations", "dates"],
        typer.Option(
            help="What a surge is compared with: unlisted goods, other destinations, earlier dates."
        ),
    ] = "auto",
    flow: Annotated[
        Literal["export", "re-export"],
        typer.Option(help="Which outbound flow of the intermediary is screened."),
    ] = "export",
    whole: Annotated[
        bool, typer.Option("--whole", help="Leave out goods whose code the list names only in part.")
    ] = False,
    gravity: Annotated[
        bool, typer.Option("--gravity", help="Add the gravity counterfactual (needs pyfixest).")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write a file: .html (report), .json, .csv or .parquet.")
    ] = None,
    output: TableFormat = "table",
    store: OwnStore = None,
    trade: Annotated[
        list[Path] | None,
        typer.Option(
            help="Parquet file in the layout of the evidence table goods, instead of a store; may be repeated."
        ),
    ] = None,
    draws: Annotated[int, typer.Option(min=99, max=100_000, help="Placebo baskets and draws.")] = 2000,
    seed: Seed = 1,
) -> None:
    """Screen an intermediary: do sanctioned goods pass through, and is it more than picking surges finds anyway?

    Example: equidistance screen KAZ --from EU --to RUS --list chpl --since 2022-03 --out kaz.html
    """
    from equidistance.cli.terminal import progress, refuse_unwritable
    from equidistance.reexports.axes import NEIGHBOURS
    from equidistance.reexports.export import FORMATS, to_json, write_data
    from equidistance.reexports.screen import compare as run_all
    from equidistance.reexports.screen import origin_states
    from equidistance.reexports.screen import screen as run
    from equidistance.reexports.trade import open_files

    if out is not None:
        refuse_unwritable(out, FORMATS)
    if store is not None and trade:
        raise InvalidRequest(
            f"--trade replaces the store, and --store names {store}.", hint="Give one of the two."
        )
    others = list(NEIGHBOURS) if compare == "neighbours" else _parts(compare)
    settings: dict[str, Any] = {
        "origins": origins,
        "target": target,
        "goods": None if goods == "all" else goods,
        "since": since,
        "until": until,
        "before": before,
        "against": _parts(against),
        "picked": _parts(picked),
        "k": fastest,
        "null": null,
        "gravity": gravity,
        "outbound": flow,
        "whole": whole,
        "draws": draws,
        "seed": seed,
    }
    origin_states(origins, _first(since))  # a misspelt name is said before anything is opened
    table: Table | None = None
    with progress() as report:
        settings["store"] = open_files(trade) if trade else store
        if others:
            from equidistance.ground.states import resolve

            codes = dict.fromkeys(resolve(name).code for name in [state, *others])
            table, results = run_all(list(codes), progress=report, **settings)
            screens = list(results.values())
        else:
            screens = [run(state, progress=report, **settings)]
        if out is not None:
            report(f"Writing {out}", 0, 0)
            if out.suffix == ".html":
                from equidistance.report.screen_page import write

                write(screens, out, table)
            elif table is not None:
                _write_compared(screens, table, out)
            else:
                write_data(screens[0], out)
    if out is not None:
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(to_json(screens[0] if table is None else screens, table))
    elif output == "csv":
        print((screens[0].products if table is None else table).to_csv(), end="")
    else:
        _show(screens, table)


def _write_compared(screens: "list[Screen]", table: "Table", out: Path) -> None:
    from equidistance.reexports.export import to_json
    from equidistance.writing import whole

    with whole(out) as part:
        if out.suffix == ".json":
            part.write_text(to_json(screens, table) + "\n", encoding="utf-8")
        elif out.suffix == ".csv":
            part.write_text(table.to_csv(), encoding="utf-8")
        else:
            table.write_parquet(part)


def _show(screens: "list[Screen]", table: "Table | None") -> None:
    from equidistance.cli.show import show_table
    from equidistance.cli.terminal import console, safe
    from equidistance.reexports.tabular import money
    from equidistance.tables import Table as ResultTable

    out = console()
    if table is not None:
        show_table(
            table, ("name", "flow", "after", "expected", "against", "matched_p", "matched_p_adjusted", "note")
        )
        out.print()
    for one in screens:
        out.print(f"[bold]{safe(one.headline)}[/bold]\n\n{safe(one.summary)}\n{safe(one.lag)}\n")
        if table is not None:
            continue
        import pyarrow as pa

        rows = [
            {
                "rank": row["rank"],
                "product": row["product"],
                "tier": row["group"],
                "evidence": row["evidence"],
                "excess": money(row["excess"], row["currency"]),
                "p in": row["inbound_p"],
                "q in": row["inbound_q"],
                "p out": row["outbound_p"],
                "q out": row["outbound_q"],
                "onset": f"{row['onset']:%Y-%m}" if row["onset_clear"] else "",
                "name": row["name"][:44],
            }
            for row in list(one.products)[:20]
        ]
        if rows:
            show_table(ResultTable("Goods, the strongest evidence first", pa.Table.from_pylist(rows)))
            more = len(one.products) - len(rows)
            if more > 0:
                out.print(f"and {more} more: --format csv")
        out.print()
        if len(one.baskets):
            show_table(one.baskets, ("flow", "basket", "goods", "of", "against", "naive_p", "matched_p"))
            out.print()
    for line in dict.fromkeys(gap["finding"] for one in screens for gap in one.gaps):
        out.print(f"Not in the data: {safe(line)}")
    for line in dict.fromkeys(note for one in screens for note in one.notes):
        out.print(f"Note: {safe(line)}")
    for line in screens[0].limits:
        out.print(f"Limit: {safe(line)}")


@lists_app.command("show")
def lists_show(
    name: Annotated[str | None, typer.Argument(help="A list's name, or a CSV file of your own.")] = None,
    output: TableFormat = "table",
) -> None:
    """Show the lists that ship with the package, or the lines of one."""
    import pyarrow as pa

    from equidistance.cli.data_commands import show
    from equidistance.reexports.products import get_list, shipped_lists
    from equidistance.tables import Table as ResultTable

    if name is not None:
        table = get_list(name).table()
    else:
        rows = [
            {
                "name": one.name,
                "lines": len(one.entries),
                "as_of": one.as_of,
                "codes": one.classification,
                "title": one.title,
                "publisher": one.publisher,
                "source": one.source,
                "notes": " ".join(one.notes),
            }
            for one in shipped_lists().values()
        ]
        table = ResultTable("lists", pa.Table.from_pylist(rows))
    columns = ("name", "lines", "as_of", "title") if name is None else None
    show(table, output, columns)


@lists_app.command("build")
def lists_build(
    source: Annotated[Path, typer.Option("--from", help="Directory with the publishers' tables.")],
    target: Annotated[
        Path | None, typer.Option("--to", help="Where to write (default: into the package).")
    ] = None,
) -> None:
    """Build the shipped lists from the publishers' tables: codes, tiers and short names only."""
    from equidistance.reexports.list_build import build_lists
    from equidistance.reexports.products import LISTS

    made = build_lists(source, target or LISTS)
    print(f"{', '.join(f'{name} {lines:,}' for name, lines in made.items())} lines in {target or LISTS}")


def comtrade(
    reporters: Annotated[
        str, typer.Option("--reporters", help="Reporting states, comma-separated, or a bloc.")
    ],
    periods: Annotated[
        str, typer.Option("--periods", help="Months or years, e.g. 2021-01:2023-12 or 2021,2022.")
    ],
    directory: Annotated[Path, typer.Option("--to", help="Directory for the result tables.")],
    partners: Annotated[
        str | None, typer.Option("--partners", help="Partners, comma-separated (default: all).")
    ] = None,
    flow: Annotated[
        Literal["X", "M", "RX"], typer.Option("--flow", help="Exports, imports or re-exports.")
    ] = "X",
    goods: Annotated[str, typer.Option("--list", help="Codes of a list, or 'all' six-digit codes.")] = "all",
) -> None:
    """Download result tables from UN Comtrade; the key is read from the variable COMTRADE_API_KEY.

    Example: equidistance comtrade --reporters KAZ --periods 2021-01:2023-12 --partners RUS --to comtrade
    """
    from equidistance.cli.terminal import progress
    from equidistance.reexports.products import get_list
    from equidistance.sources.comtrade_api import download

    listing = None if goods == "all" else get_list(goods)
    if listing is not None and listing.headings():
        raise InvalidRequest(
            f"The list {listing.name} names whole chapters or headings, and the service is asked for six-digit codes.",
            hint="Download all goods with --list all, and name the list when you screen.",
        )
    codes = None if listing is None else sorted(listing.groups())
    with progress() as report:
        files = download(
            reporters, periods, directory, partners=partners, flow=flow, products=codes, progress=report
        )
    print(
        f"{plural(len(files), 'file')} in {printable(str(directory))}. "
        f"Next: equidistance ingest trade_comtrade {directory}"
    )


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _first(since: str) -> Any:
    from equidistance.ground.time import parse_month

    return parse_month(since)
