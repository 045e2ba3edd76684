"""The commands about corridors: route, corridor flows, corridor shock, corridor places, corridor build."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from equidistance.cli.corridor_show import (
    draw_flows,
    draw_routes,
    key,
    refuse_map,
    share_sentence,
    show_answer,
    show_tables,
    worth_table,
)
from equidistance.cli.data_commands import Format, FormatOption, show, terminal_safe
from equidistance.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equidistance.corridors.demands import Demand
    from equidistance.corridors.network import Network
    from equidistance.corridors.rules import Rule

corridor_app = typer.Typer(
    help="Flows through corridors, what a closure does to them, and the network behind routes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Day = Annotated[
    str | None,
    typer.Option("--on", help="The day, e.g. 2022-10-01 (default: today, or the network's last day)."),
]
Cargo = Annotated[Literal["container", "grain", "oil", "gas"], typer.Option(help="What is sent.")]
Weigh = Annotated[
    Literal["generalised", "time", "cost", "km", "co2"],
    typer.Option(help="What is minimised; generalised is money with the worth of time."),
]
Avoid = Annotated[
    str,
    typer.Option(
        help="States or blocs to keep out of, comma-separated, e.g. RUS,IRN; RUS:ports for their ports alone."
    ),
]
Close = Annotated[
    str,
    typer.Option(
        help="Crossings (BLR-POL, 'Dostyk - Alashankou'), lines or sea passages (suez) closed, comma-separated."
    ),
]
RuleFiles = Annotated[
    list[str] | None,
    typer.Option("--rules", help="A file with rules, or 'shipped'; may be given several times."),
]
Goods = Annotated[
    str, typer.Option(help="List of goods the cargo is on, which rules may name, e.g. dual-use.")
]
NetworkOption = Annotated[
    Path | None,
    typer.Option("--network", help="Directory of a network you built (default: the shipped one)."),
]
Map = Annotated[Path | None, typer.Option("--map", help="Draw a map: .html (opens offline), .svg or .png.")]
DemandFile = Annotated[
    Path | None,
    typer.Option("--demand", help="CSV with from, to, cargo and tonnes a year (default: an example)."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(route)
    app.add_typer(corridor_app, name="corridor")


def route(
    start: Annotated[str, typer.Argument(help="A place: Xi'an, 'Petropavlovsk, KAZ', or '54.87, 69.15'.")],
    goal: Annotated[str, typer.Argument(help="A place.")],
    avoid: Avoid = "",
    close: Close = "",
    on: Day = None,
    rules: RuleFiles = None,
    ignore_rules: Annotated[
        bool,
        typer.Option("--ignore-rules", help="Do not keep the rules; say which of them each route violates."),
    ] = False,
    cargo: Cargo = "container",
    goods: Goods = "",
    flag: Annotated[str, typer.Option(help="State of the carrier, which rules may name.")] = "",
    permit: Annotated[
        list[str] | None, typer.Option(help="Name of a permit held; may be given several times.")
    ] = None,
    weigh: Weigh = "generalised",
    k: Annotated[int, typer.Option("-k", help="How many distinct routes.")] = 3,
    max_shared: Annotated[
        float,
        typer.Option(help="Greatest part of its length that a route shares with a better one; 1 allows any."),
    ] = 0.7,
    via: Annotated[
        list[str] | None, typer.Option(help="A place to pass; may be given several times, in order.")
    ] = None,
    pareto: Annotated[
        str, typer.Option(help="Show the routes efficient in time, cost and exposure to this power instead.")
    ] = "",
    draw: Map = None,
    output: FormatOption = Format.table,
    draws: Annotated[int, typer.Option(help="Draws for the intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    network: NetworkOption = None,
) -> None:
    """Find routes between two places under rules, with legs, days, dollars and what each route violates.

    Example: equidistance route "Xi'an" Mannheim --avoid RUS --on 2022-10-01 -k 5 --map routes.html
    """
    from equidistance.corridors.pareto import front
    from equidistance.corridors.routes import route as find

    refuse_map(draw)
    grid = _network(network)
    read = _rules(rules)
    if pareto:
        given = {
            "-k": k != 3,
            "--via": bool(via),
            "--ignore-rules": ignore_rules,
            "--flag": bool(flag),
            "--permit": bool(permit),
            "--weigh": weigh != "generalised",
        }
        if any(given.values()):
            clash = next(name for name, asked in given.items() if asked)
            raise InvalidRequest(
                f"--pareto cannot be asked together with {clash}.", hint="Give one of the two."
            )
        answer = front(
            start,
            goal,
            pareto,
            on=on,
            cargo=cargo,
            avoid=avoid,
            close=close,
            rules=read,
            goods=goods,
            network=grid,
        )
    else:
        answer = find(
            start,
            goal,
            on=on,
            cargo=cargo,
            weigh=weigh,
            k=k,
            avoid=avoid,
            close=close,
            via=via or (),
            rules=read,
            enforce=not ignore_rules,
            goods=goods,
            flag=flag,
            permits=permit or (),
            max_shared=max_shared,
            network=grid,
            draws=draws,
            seed=seed,
        )
    if draw is not None:
        draw_routes(answer, draw, avoid)
    if output is Format.json:
        print(terminal_safe(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2)))
    elif output is Format.csv:
        show(answer.table, output)
    else:
        show_answer(answer)


@corridor_app.command()
def flows(
    demand: DemandFile = None,
    on: Day = None,
    avoid: Avoid = "",
    close: Close = "",
    rules: RuleFiles = None,
    weigh: Weigh = "generalised",
    bypass: Annotated[
        str, typer.Option(help="Say the share that passes this power on its way, and that bypasses it.")
    ] = "RUS",
    more: Annotated[
        list[str] | None,
        typer.Option(help="Worth of more capacity: NAME=MT a year on a link; may be given several times."),
    ] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(help="Worth of one more railway: FROM;TO;KM; may be given several times."),
    ] = None,
    critical: Annotated[
        bool,
        typer.Option(
            "--critical", help="Close each used crossing and terminal in turn; say what that costs."
        ),
    ] = False,
    draw: Map = None,
    output: FormatOption = Format.table,
    network: NetworkOption = None,
) -> None:
    """Assign many demands to routes under capacities: shares by corridor, bottlenecks, what a link is worth.

    Example: equidistance corridor flows --demand exports.csv --bypass RUS --critical
    """
    from equidistance.cli.terminal import progress
    from equidistance.corridors import rules as ruling
    from equidistance.corridors.additions import with_line
    from equidistance.corridors.flows import Assigner
    from equidistance.corridors.network import load

    refuse_map(draw)
    grid = _network(network) or load()
    wanted = _demands(demand)
    every = [*ruling.avoid(avoid), *ruling.close(close), *_rules(rules)]
    extra = dict(_more(text) for text in more or ())
    lines = [_added(text, grid) for text in line or ()]
    with progress() as report:
        assigner = Assigner(wanted, on=on, rules=every, weigh=weigh, network=grid, progress=report)
        base = assigner.solve(progress=report)
        worth = []
        for name, amount in extra.items():
            gain = base.objective - assigner.solve(more={name: amount}, progress=report).objective
            worth.append({"change": f"{name} +{amount:g} Mt", "gain_a_year": round(gain, 6)})
        for start, goal, km in lines:
            wider = with_line(grid, start, goal, km)
            assigned = Assigner(
                wanted,
                on=on,
                rules=every,
                weigh=weigh,
                network=wider,
                price_at_home=base.penalty,
                progress=report,
            )
            gain = base.objective - assigned.solve().objective
            worth.append({"change": f"{start.name} - {goal.name}, {km:g} km", "gain_a_year": round(gain, 6)})
        criticality = assigner.criticality(base, report) if critical else None
    share = base.share_through(bypass)
    tables = [base.table, base.shares, base.bottlenecks]
    if worth:
        tables.append(worth_table(worth))
    if criticality is not None:
        tables.append(criticality)
    sentence = share_sentence(base, bypass, share)
    if draw is not None:
        draw_flows(base, draw, sentence, tables, avoid)
    if output is Format.json:
        content = {
            "on": base.on.isoformat(),
            "weigh": weigh,
            "served_mt": base.served,
            "cost_million": base.cost,
            "unserved_mt": float(base.unserved.sum()),
            "power": bypass,
            "share_through": None if share != share else share,
            "share_bypassing": None if share != share else 1 - share,
            **{key(table.name): table.to_pylist() for table in tables},
        }
        print(terminal_safe(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)))
    elif output is Format.csv:
        show(base.table, output)
    else:
        print(f"{sentence}\n")
        show_tables(tables)


@corridor_app.command()
def shock(
    close: Annotated[
        str, typer.Option(help="Crossings, lines, services or sea passages that close, comma-separated.")
    ],
    start: Annotated[str, typer.Option("--from", help="First day of the closure.")],
    end: Annotated[str | None, typer.Option("--to", help="Last day of the closure.")] = None,
    demand: DemandFile = None,
    route: Annotated[
        list[str] | None,
        typer.Option(help="One demand: FROM;TO;CARGO;TONNES, instead of a file; may be given several times."),
    ] = None,
    avoid: Avoid = "",
    rules: RuleFiles = None,
    weigh: Weigh = "generalised",
    output: FormatOption = Format.table,
    network: NetworkOption = None,
) -> None:
    """Compare the day before a closure with its first day: ways, costs and what finds no way.

    Example: equidistance corridor shock --close BLR-POL --from 2025-09-12 --route "Xi'an;Duisburg;container;1000000"
    """
    from equidistance.cli.terminal import progress
    from equidistance.corridors.shock import shock as run

    if demand is not None and route:
        raise InvalidRequest("--demand and --route both say what is sent.", hint="Give one of the two.")
    wanted = [_one_demand(text) for text in route] if route else _demands(demand)
    with progress() as report:
        found = run(
            wanted,
            close,
            start=start,
            end=end,
            avoid=avoid,
            rules=_rules(rules),
            weigh=weigh,
            network=_network(network),
            progress=report,
        )
    if output is Format.json:
        content = {"closed": found.closed, "sentence": found.sentence, "rows": found.table.to_pylist()}
        print(terminal_safe(json.dumps(content, ensure_ascii=False, indent=2)))
    elif output is Format.csv:
        show(found.table, output)
    else:
        print(f"{found.sentence}\n")
        show_tables([found.table, found.after.bottlenecks])


@corridor_app.command()
def places(
    pattern: Annotated[
        str, typer.Argument(help="Part of a name; all places on the network, if none is given.")
    ] = "",
    output: FormatOption = Format.table,
    network: NetworkOption = None,
) -> None:
    """List the places that routes can start, end and pass at."""
    import pyarrow as pa

    from equidistance.corridors.network import load
    from equidistance.tables import Table

    grid = _network(network) or load()
    found = [
        {
            "name": row["name"],
            "state": row["state"],
            "lat": row["lat"] / 1e4,
            "lon": row["lon"] / 1e4,
            "also": row["aliases"].replace(";", "; "),
            "layers": ", ".join(sorted({str(grid.layer[n]) for n in row["nodes"]})),
        }
        for row in grid.place_table.to_pylist()
        if row["nodes"] and pattern.casefold() in f"{row['name']};{row['aliases']}".casefold()
    ]
    if not found:
        raise InvalidRequest(
            f"No place on the network has {pattern!r} in its name.", hint="Try fewer letters."
        )
    show(Table("Places", pa.Table.from_pylist(found)), output, ("name", "state", "lat", "lon", "layers"))


@corridor_app.command()
def build(
    source: Annotated[Path, typer.Option("--from", help="Directory with the source files.")],
    target: Annotated[
        Path | None, typer.Option("--to", help="Where to write the network (default: into the package).")
    ] = None,
) -> None:
    """Build the network from Natural Earth, sea lanes, ports and the curated tables (needs the network extra)."""
    from equidistance.cli.terminal import progress
    from equidistance.corridors.build import build as make
    from equidistance.corridors.curated import DATA

    where = target or DATA
    with progress() as report:
        manifest = make(source, where, report)
    size = sum((where / name).stat().st_size for name in manifest["files"])
    rows = manifest["rows"]
    print(
        f"{rows['edges']} edges, {rows['nodes']} nodes, {rows['places']} places, {size / 1e6:.1f} MB, in {where}"
    )
    for check in manifest["length_checks"]:
        stops = ", ".join(check["stops"])
        print(
            f"{check['state']}: {stops}: {check['drawn_km']} km drawn, {check['published_km']} published: "
            f"factor {check['factor']}"
        )


# reading options


def _network(directory: Path | None) -> "Network | None":
    from equidistance.corridors.network import load

    return None if directory is None else load(directory)


def _rules(files: "Sequence[str] | None") -> "list[Rule]":
    from equidistance.corridors.rules import check, read

    found = [rule for name in files or () for rule in read(name)]
    check(found)
    return found


def _demands(path: Path | None) -> "list[Demand]":
    from equidistance.corridors.curated import DATA
    from equidistance.corridors.demands import read_demands

    if path is None:
        print(
            "Demands: Kazakhstan's grain exports, September 2024 to early March 2025 (the example).",
            file=sys.stderr,
        )
    return read_demands(path or DATA / "demands.csv")


def _one_demand(text: str) -> "Demand":
    from equidistance.corridors.demands import Demand
    from equidistance.corridors.schema import CARGOES

    parts = [part.strip() for part in text.split(";")]
    if len(parts) != 4 or parts[2] not in CARGOES or _positive(parts[3]) is None:
        raise InvalidRequest(f"--route {text!r} is not FROM;TO;CARGO;TONNES.", choices=CARGOES)
    return Demand(parts[0], parts[1], parts[2], _positive(parts[3]) or 0.0)


def _more(text: str) -> tuple[str, float]:
    name, _, amount = text.rpartition("=")
    value = _positive(amount)
    if not name or value is None:
        raise InvalidRequest(f"--more {text!r} is not NAME=MT.", hint="For example: --more 'Aktau - Alat=2'.")
    return name.strip(), value


def _added(text: str, grid: "Network") -> tuple[Any, Any, float]:
    parts = [part.strip() for part in text.split(";")]
    km = _positive(parts[-1])
    if len(parts) != 3 or km is None:
        raise InvalidRequest(
            f"--line {text!r} is not FROM;TO;KM.", hint="For example: --line 'Rasht;Astara (Iran);164'."
        )
    return grid.place(parts[0]), grid.place(parts[1]), km


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1e12 else None
