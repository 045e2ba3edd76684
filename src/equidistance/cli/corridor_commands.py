"""The commands about corridors: route, corridor flows, corridor shock, corridor places, corridor build."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from equidistance.cli.data_commands import Format, FormatOption, show, terminal_safe
from equidistance.errors import InvalidRequest
from equidistance.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equidistance.corridors.flows import Assignment, Demand
    from equidistance.corridors.network import Network
    from equidistance.corridors.routes import Answer
    from equidistance.corridors.rules import Rule
    from equidistance.tables import Table

corridor_app = typer.Typer(
    help="Flows through corridors, what a closure does to them, and the network behind routes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Day = Annotated[
    str | None, typer.Option("--on", help="The day, e.g. 2022-10-01 (default: today, or the network's last day).")
]
Cargo = Annotated[Literal["container", "grain", "oil", "gas"], typer.Option(help="What is sent.")]
Weigh = Annotated[
    Literal["generalised", "time", "cost", "km", "co2"],
    typer.Option(help="What is minimised; generalised is money with the worth of time."),
]
Avoid = Annotated[
    str,
    typer.Option(help="States or blocs to keep out of, comma-separated, e.g. RUS,IRN; RUS:ports for their ports alone."),
]
Close = Annotated[
    str,
    typer.Option(help="Crossings (BLR-POL, 'Dostyk - Alashankou'), lines or sea passages (suez) closed, comma-separated."),
]
RuleFiles = Annotated[
    list[str] | None, typer.Option("--rules", help="A file with rules, or 'shipped'; may be given several times.")
]
Goods = Annotated[str, typer.Option(help="List of goods the cargo is on, which rules may name, e.g. dual-use.")]
NetworkOption = Annotated[
    Path | None, typer.Option("--network", help="Directory of a network you built (default: the shipped one).")
]
Map = Annotated[Path | None, typer.Option("--map", help="Draw a map: .html (opens offline), .svg or .png.")]
DemandFile = Annotated[
    Path | None, typer.Option("--demand", help="CSV with from, to, cargo and tonnes a year (default: an example).")
]

_MAPS = (".html", ".svg", ".png")


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
        bool, typer.Option("--ignore-rules", help="Do not keep the rules; say which of them each route violates.")
    ] = False,
    cargo: Cargo = "container",
    goods: Goods = "",
    flag: Annotated[str, typer.Option(help="State of the carrier, which rules may name.")] = "",
    permit: Annotated[list[str] | None, typer.Option(help="Name of a permit held; may be given several times.")] = None,
    weigh: Weigh = "generalised",
    k: Annotated[int, typer.Option("-k", "--routes", help="How many distinct routes.")] = 3,
    max_shared: Annotated[
        float, typer.Option(help="Greatest part of its length that a route shares with a better one; 1 allows any.")
    ] = 0.7,
    via: Annotated[list[str] | None, typer.Option(help="A place to pass; may be given several times, in order.")] = None,
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

    _refuse_map(draw)
    grid = _network(network)
    read = _rules(rules)
    if pareto:
        given = {"-k": k != 3, "--via": bool(via), "--ignore-rules": ignore_rules, "--flag": bool(flag),
                 "--permit": bool(permit), "--weigh": weigh != "generalised"}  # fmt: skip
        if any(given.values()):
            clash = next(name for name, asked in given.items() if asked)
            raise InvalidRequest(f"--pareto cannot be asked together with {clash}.", hint="Give one of the two.")
        answer = front(start, goal, pareto, on=on, cargo=cargo, avoid=avoid, close=close, rules=read, goods=goods,
                       network=grid)  # fmt: skip
    else:
        answer = find(
            start, goal, on=on, cargo=cargo, weigh=weigh, k=k, avoid=avoid, close=close, via=via or (), rules=read,
            enforce=not ignore_rules, goods=goods, flag=flag, permits=permit or (), max_shared=max_shared, network=grid,
            draws=draws, seed=seed,
        )  # fmt: skip
    if draw is not None:
        _draw_routes(answer, draw, avoid)
    if output is Format.json:
        print(terminal_safe(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2)))
    elif output is Format.csv:
        show(answer.table, output)
    else:
        _show_answer(answer)


@corridor_app.command()
def flows(
    demand: DemandFile = None,
    on: Day = None,
    avoid: Avoid = "",
    close: Close = "",
    rules: RuleFiles = None,
    weigh: Weigh = "generalised",
    bypass: Annotated[str, typer.Option(help="Say the share that passes this power on its way, and that bypasses it.")] = "RUS",
    more: Annotated[
        list[str] | None,
        typer.Option(help="Worth of more capacity: NAME=MT a year on a link; may be given several times."),
    ] = None,
    line: Annotated[
        list[str] | None, typer.Option(help="Worth of one more railway: FROM;TO;KM; may be given several times.")
    ] = None,
    critical: Annotated[
        bool, typer.Option("--critical", help="Close each used crossing and terminal in turn; say what that costs.")
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
    from equidistance.corridors.flows import Assigner, with_line
    from equidistance.corridors.network import load

    _refuse_map(draw)
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
            other = Assigner(wanted, on=on, rules=every, weigh=weigh, network=wider, progress=report).solve()
            gain = base.objective - other.cost - base.penalty * float(other.unserved.sum())
            worth.append({"change": f"{start.name} - {goal.name}, {km:g} km", "gain_a_year": round(gain, 6)})
        criticality = assigner.criticality(base, report) if critical else None
    share = base.share_through(bypass)
    tables = [base.table, base.shares, base.bottlenecks]
    if worth:
        tables.append(_worth(worth))
    if criticality is not None:
        tables.append(criticality)
    sentence = _share_sentence(base, bypass, share)
    if draw is not None:
        _draw_flows(base, draw, sentence, tables, avoid)
    if output is Format.json:
        content = {
            "on": base.on.isoformat(), "weigh": weigh, "served_mt": base.served, "cost_million": base.cost,
            "unserved_mt": float(base.unserved.sum()), "power": bypass,
            "share_through": None if share != share else share, "share_bypassing": None if share != share else 1 - share,
            **{_key(table.name): table.to_pylist() for table in tables},
        }  # fmt: skip
        print(terminal_safe(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)))
    elif output is Format.csv:
        show(base.table, output)
    else:
        print(f"{sentence}\n")
        _show_tables(tables)


@corridor_app.command()
def shock(
    close: Annotated[str, typer.Option(help="Crossings, lines, services or sea passages that close, comma-separated.")],
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
        found = run(wanted, close, start=start, end=end, avoid=avoid, rules=_rules(rules), weigh=weigh,
                    network=_network(network), progress=report)  # fmt: skip
    if output is Format.json:
        content = {"closed": found.closed, "sentence": found.sentence, "rows": found.table.to_pylist()}
        print(terminal_safe(json.dumps(content, ensure_ascii=False, indent=2)))
    elif output is Format.csv:
        show(found.table, output)
    else:
        print(f"{found.sentence}\n")
        _show_tables([found.table, found.after.bottlenecks])


@corridor_app.command()
def places(
    pattern: Annotated[str, typer.Argument(help="Part of a name; all places on the network, if none is given.")] = "",
    output: FormatOption = Format.table,
    network: NetworkOption = None,
) -> None:
    """List the places that routes can start, end and pass at."""
    import pyarrow as pa

    from equidistance.corridors.network import load
    from equidistance.tables import Table

    grid = _network(network) or load()
    found = [
        {"name": row["name"], "state": row["state"], "lat": row["lat"] / 1e4, "lon": row["lon"] / 1e4,
         "also": row["aliases"].replace(";", "; "), "layers": ", ".join(sorted({str(grid.layer[n]) for n in row["nodes"]}))}
        for row in grid.place_table.to_pylist()
        if row["nodes"] and pattern.casefold() in f"{row['name']};{row['aliases']}".casefold()
    ]  # fmt: skip
    if not found:
        raise InvalidRequest(f"No place on the network has {pattern!r} in its name.", hint="Try fewer letters.")
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
    print(f"{rows['edges']} edges, {rows['nodes']} nodes, {rows['places']} places, {size / 1e6:.1f} MB, in {where}")
    for check in manifest["length_checks"]:
        stops = ", ".join(check["stops"])
        print(f"{check['state']}: {stops}: {check['drawn_km']} km drawn, {check['published_km']} published: "
              f"factor {check['factor']}")  # fmt: skip


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
    from equidistance.corridors.flows import read_demands

    if path is None:
        print("Demands: Kazakhstan's grain exports, September 2024 to early March 2025 (the example).", file=sys.stderr)
    return read_demands(path or DATA / "demands.csv")


def _one_demand(text: str) -> "Demand":
    from equidistance.corridors.flows import Demand
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
        raise InvalidRequest(f"--line {text!r} is not FROM;TO;KM.", hint="For example: --line 'Rasht;Astara (Iran);164'.")
    return grid.place(parts[0]), grid.place(parts[1]), km


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1e12 else None


def _refuse_map(path: Path | None) -> None:
    if path is not None and path.suffix.lower() not in _MAPS:
        raise InvalidRequest(f"Cannot tell the format of {path} from its ending.", choices=_MAPS)
    if path is not None and not path.parent.is_dir():
        raise InvalidRequest(f"There is no directory {path.parent} to write {path.name} into.")


# showing


def _show_answer(answer: "Answer") -> None:
    import pyarrow as pa

    from equidistance.cli.show import show_table
    from equidistance.cli.terminal import console, safe
    from equidistance.corridors.costs import UNIT
    from equidistance.tables import Table

    out = console()
    unit = UNIT[answer.shipment.cargo]
    via = "".join(f" via {place.name}" for place in answer.stops)
    out.print(f"[bold]{safe(answer.start)} to {safe(answer.goal)}{safe(via)}[/bold], {answer.shipment.cargo}, "
              f"on {answer.on}, by {answer.weigh}")  # fmt: skip
    rows = [
        {"route": number, "km": f"{one.km:,.0f}", "days": _span(one.days, 1), f"USD/{unit}": _span(one.usd, 0),
         f"kg CO2/{unit}": _span(one.kg_co2, 0), "borders": len([c for c in one.crossings if c.left != c.entered]),
         "gauge breaks": one.gauge_breaks, "states": " ".join(one.states)}
        for number, one in enumerate(answer.routes, 1)
    ]  # fmt: skip
    show_table(Table("Routes: mean (90% interval)", pa.Table.from_pylist(rows)))
    for number, one in enumerate(answer.routes, 1):
        legs = [
            {"mode": leg.mode, "state": leg.state or "sea", "from": leg.start, "to": leg.end, "km": f"{leg.km:,.0f}",
             "lines": ", ".join(leg.names)}
            for leg in one.legs if leg.km >= 1 or leg.mode == "transfer"
        ]  # fmt: skip
        out.print()
        show_table(Table(f"Route {number}", pa.Table.from_pylist(legs)))
        named = [
            f"{c.name} ({c.gauges[0]}/{c.gauges[1]} mm)" for c in one.crossings if c.gauge_break
        ]  # fmt: skip
        if named:
            out.print(f"Gauge changes at {safe(', '.join(named))}.")
        for rule in one.violated:
            out.print(f"Violates {safe(rule)}.")
    if answer.rules and answer.enforced:
        out.print(f"\nRules kept: {safe(', '.join(rule.id for rule in answer.rules))}.")
    if answer.note:
        out.print(f"\nNote: {safe(answer.note)}")


def _span(values: dict[str, float], digits: int) -> str:
    return f"{values['mean']:,.{digits}f} ({values['q05']:,.{digits}f} to {values['q95']:,.{digits}f})"


def _show_tables(tables: "Sequence[Table]") -> None:
    from equidistance.cli.show import show_table

    for table in tables:
        if len(table):
            show_table(table)
            print()


def _share_sentence(base: "Assignment", power: str, share: float) -> str:
    told = (
        f"no flow could pass {power} on its way"
        if share != share
        else f"{share:.1%} of what does not start or end in {power} passes it, {1 - share:.1%} bypasses it"
    )
    left = float(base.unserved.sum())
    return printable(
        f"{base.served:,.3f} Mt a year go, {left:,.3f} find no way; {told}.", 500
    )  # fmt: skip


def _worth(rows: list[dict[str, Any]]) -> "Table":
    import pyarrow as pa

    from equidistance.tables import Table

    return Table("Worth", pa.Table.from_pylist(rows), {"gain_a_year": "million a year in what is weighed"})


def _key(name: str) -> str:
    return name.casefold().replace(" ", "_")


def _draw_routes(answer: "Answer", path: Path, avoid: str) -> None:
    from equidistance.corridors.mapping import route_lines, route_points
    from equidistance.figures.corridors import KEY
    from equidistance.figures.theme import Caption

    title = f"{answer.start.name} to {answer.goal.name}, {answer.shipment.cargo}, on {answer.on}"
    rules = ", ".join(rule.id for rule in answer.rules) or "no rules"
    ways = "; ".join(f"route {n}: {' '.join(r.states)}" for n, r in enumerate(answer.routes, 1))
    caption = Caption(title, f"By {answer.weigh}, {rules}. {KEY}", f"Map of {len(answer.routes)} routes. {ways}.")
    _write_map(route_lines(answer), route_points(answer), caption, path, avoid, answer.network, answer.on,
               [answer.table, answer.legs])  # fmt: skip


def _draw_flows(base: "Assignment", path: Path, sentence: str, tables: "Sequence[Table]", avoid: str) -> None:
    from equidistance.corridors.mapping import flow_lines, flow_points
    from equidistance.figures.corridors import KEY
    from equidistance.figures.theme import Caption

    caption = Caption(f"Flows on {base.on}", f"{sentence} Width: Mt a year. {KEY}", f"Map of flows. {sentence}")
    _write_map(flow_lines(base), flow_points(base), caption, path, avoid, base.network, base.on, tables)


def _write_map(
    lines: Any, points: Any, caption: Any, path: Path, avoid: str, network: "Network", on: Any, tables: "Sequence[Table]"
) -> None:
    from equidistance.corridors.network import basemap
    from equidistance.corridors.rules import avoid as avoided
    from equidistance.corridors.rules import members
    from equidistance.figures.corridors import chart
    from equidistance.figures.theme import save
    from equidistance.report.corridor_page import write
    from equidistance.writing import whole

    banned = [rule.territory for rule in avoided(avoid) if not rule.modes]
    marked = tuple(sorted({code for territory in banned for code in members(territory, on)}))
    page = path.suffix.lower() == ".html"
    picture = chart(lines, points, basemap(), marked=marked, caption=None if page else caption)
    if page:
        sources = [f"{source['title']}: {source['address']} ({source['licence']})" for source in network.manifest["sources"]]
        write(picture, path, title=caption.title, lines=[caption.subtitle], description=caption.description,
              tables=tables, sources=sources)  # fmt: skip
    else:
        with whole(path) as part:
            drawn = save(picture, part.with_suffix(path.suffix.lower()))
            drawn.replace(part)
    print(f"Written: {printable(str(path))}", file=sys.stderr)
