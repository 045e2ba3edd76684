"""The commands about corridors: route, corridor flows, corridor shock, corridor transit."""

import json
from typing import Annotated

import typer

from equidistance.cli.corridor_network import build, places
from equidistance.cli.corridor_options import (
    Avoid,
    Cargo,
    Close,
    Day,
    DemandFile,
    Goods,
    Map,
    NetworkOption,
    Roads,
    RuleFiles,
    Weigh,
    added_line,
    given_demands,
    given_network,
    given_rules,
    more_capacity,
    one_demand,
)
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
from equidistance.cli.data_commands import show
from equidistance.cli.options import Seed, TableFormat
from equidistance.cli.terminal import terminal_safe
from equidistance.errors import InvalidRequest

corridor_app = typer.Typer(
    help="Flows through corridors, what a closure does to them, and the network behind routes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command()(route)
    corridor_app.command()(places)
    corridor_app.command()(build)
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
    roads: Roads = False,
    pareto: Annotated[
        str, typer.Option(help="Show the routes efficient in time, cost and exposure to this power instead.")
    ] = "",
    draw: Map = None,
    output: TableFormat = "table",
    draws: Annotated[int, typer.Option(help="Draws for the intervals.")] = 1000,
    seed: Seed = 1,
    network: NetworkOption = None,
) -> None:
    """Find routes between two places under rules, with legs, days, dollars and what each route violates.

    Example: equidistance route "Xi'an" Mannheim --avoid RUS --on 2022-10-01 -k 5 --map routes.html
    """
    from equidistance.corridors.pareto import front
    from equidistance.corridors.routes import route as find

    refuse_map(draw)
    grid = given_network(network)
    read = given_rules(rules)
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
            roads=roads,
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
            roads=roads,
            network=grid,
            draws=draws,
            seed=seed,
        )
    if draw is not None:
        draw_routes(answer, draw, avoid)
    if output == "json":
        print(terminal_safe(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2)))
    elif output == "csv":
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
    roads: Roads = False,
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
    output: TableFormat = "table",
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
    grid = given_network(network) or load()
    wanted = given_demands(demand)
    every = [*ruling.avoid(avoid), *ruling.close(close), *given_rules(rules)]
    extra = dict(more_capacity(text) for text in more or ())
    lines = [added_line(text, grid) for text in line or ()]
    with progress() as report:
        assigner = Assigner(
            wanted, on=on, rules=every, weigh=weigh, roads=roads, network=grid, progress=report
        )
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
                roads=roads,
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
    if output == "json":
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
    elif output == "csv":
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
    roads: Roads = False,
    output: TableFormat = "table",
    network: NetworkOption = None,
) -> None:
    """Compare the day before a closure with its first day: ways, costs and what finds no way.

    Example: equidistance corridor shock --close BLR-POL --from 2025-09-12 --route "Xi'an;Duisburg;container;1000000"
    """
    from equidistance.cli.terminal import progress
    from equidistance.corridors.shock import shock as run

    if demand is not None and route:
        raise InvalidRequest("--demand and --route both say what is sent.", hint="Give one of the two.")
    wanted = [one_demand(text) for text in route] if route else given_demands(demand)
    with progress() as report:
        found = run(
            wanted,
            close,
            start=start,
            end=end,
            avoid=avoid,
            rules=given_rules(rules),
            weigh=weigh,
            roads=roads,
            network=given_network(network),
            progress=report,
        )
    if output == "json":
        content = {"closed": found.closed, "sentence": found.sentence, "rows": found.table.to_pylist()}
        print(terminal_safe(json.dumps(content, ensure_ascii=False, indent=2)))
    elif output == "csv":
        show(found.table, output)
    else:
        print(f"{found.sentence}\n")
        show_tables([found.table, found.after.bottlenecks])


@corridor_app.command()
def transit(
    state: Annotated[str, typer.Argument(help="The state whose exports are asked about, e.g. KAZ.")],
    powers: Annotated[
        str, typer.Option(help="Powers whose territory the exports may pass, comma-separated.")
    ] = "RUS,CHN,TUR,EU,USA",
    year: Annotated[
        int | None, typer.Option(help="The year (default: the last for which exports are kept).")
    ] = None,
    avoid: Avoid = "",
    rules: RuleFiles = None,
    draws: Annotated[int, typer.Option(help="Draws of the costs; ways are assigned anew for each.")] = 20,
    seed: Seed = 1,
    output: TableFormat = "table",
    network: NetworkOption = None,
) -> None:
    """Share of a state's exports that passes each power, with intervals: observed tonnes on modelled ways.

    Example: equidistance corridor transit KAZ --powers RUS,CHN --year 2023
    """
    from equidistance.cli.terminal import progress
    from equidistance.corridors.transit import kept_years, transit_shares

    asked = [name.strip() for name in powers.split(",") if name.strip()]
    with progress() as report:
        table = transit_shares(
            state,
            asked,
            year=year,
            avoid=avoid,
            rules=given_rules(rules),
            draws=draws,
            seed=seed,
            network=given_network(network),
            progress=report,
        )
    if not len(table):
        raise InvalidRequest(
            f"No exports of {state} are kept{f' near {year}' if year else ''}: what passes a power is unknown.",
            choices=[str(kept) for kept in kept_years(state)],
        )
    show(table, output)
