"""Routes and flows on the terminal and on maps."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equidistance.errors import InvalidRequest
from equidistance.printable import plural, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equidistance.corridors.answer import Answer
    from equidistance.corridors.assignment import Assignment
    from equidistance.corridors.network import Network
    from equidistance.tables import Table

_MAPS = (".html", ".svg", ".png")


def refuse_map(path: Path | None) -> None:
    """What is wrong with the name of a map is said before the work, not after it."""
    if path is not None and path.suffix.lower() not in _MAPS:
        raise InvalidRequest(f"Cannot tell the format of {path} from its ending.", choices=_MAPS)
    if path is not None and not path.parent.is_dir():
        raise InvalidRequest(f"There is no directory {path.parent} to write {path.name} into.")


def show_answer(answer: "Answer") -> None:
    """The routes, then the legs of each, then what they violate."""
    import pyarrow as pa

    from equidistance.cli.show import show_table
    from equidistance.cli.terminal import console, safe
    from equidistance.corridors.costs import UNIT
    from equidistance.tables import Table

    out = console()
    unit = UNIT[answer.shipment.cargo]
    via = "".join(f" via {place.name}" for place in answer.stops)
    out.print(
        f"[bold]{safe(answer.start)} to {safe(answer.goal)}{safe(via)}[/bold], {answer.shipment.cargo}, "
        f"on {answer.on}, by {answer.weigh}"
    )
    rows = [
        {
            "route": number,
            "km": f"{one.km:,.0f}",
            "days": _span(one.days, 1),
            f"USD/{unit}": _span(one.usd, 0),
            f"kg CO2/{unit}": _span(one.kg_co2, 0),
            "borders": len([c for c in one.crossings if c.left != c.entered]),
            "gauge breaks": one.gauge_breaks,
            "states": " ".join(one.states),
        }
        for number, one in enumerate(answer.routes, 1)
    ]
    show_table(Table("Routes: mean (90% interval)", pa.Table.from_pylist(rows)))
    for number, one in enumerate(answer.routes, 1):
        legs = [
            {
                "mode": leg.mode,
                "state": leg.state or "sea",
                "from": leg.start,
                "to": leg.end,
                "km": f"{leg.km:,.0f}",
                "lines": ", ".join(leg.names),
            }
            for leg in one.legs
            if leg.km >= 1 or leg.mode == "transfer"
        ]
        out.print()
        show_table(Table(f"Route {number}", pa.Table.from_pylist(legs)))
        named = [f"{c.name} ({c.gauges[0]}/{c.gauges[1]} mm)" for c in one.crossings if c.gauge_break]
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


def show_tables(tables: "Sequence[Table]") -> None:
    """Tables one after the other; empty ones are left out."""
    from equidistance.cli.show import show_table

    for table in tables:
        if len(table):
            show_table(table)
            print()


def share_sentence(base: "Assignment", power: str, share: float) -> str:
    """What goes, what does not, and how much of it passes a power."""
    told = (
        f"no flow could pass {power} on its way"
        if share != share
        else f"{share:.1%} of what does not start or end in {power} passes it, {1 - share:.1%} bypasses it"
    )
    left = float(base.unserved.sum())
    return printable(f"{base.served:,.3f} Mt a year go, {left:,.3f} find no way; {told}.", 500)


def worth_table(rows: list[dict[str, Any]]) -> "Table":
    """What changes are worth."""
    import pyarrow as pa

    from equidistance.tables import Table

    return Table("Worth", pa.Table.from_pylist(rows), {"gain_a_year": "million a year in what is weighed"})


def key(name: str) -> str:
    """A table's name as a key of JSON."""
    return name.casefold().replace(" ", "_")


def draw_routes(answer: "Answer", path: Path, avoid: str) -> None:
    """Write the map of an answer."""
    from equidistance.corridors.mapping import route_lines, route_points
    from equidistance.figures.corridors import KEY
    from equidistance.figures.theme import Caption

    title = f"{answer.start.name} to {answer.goal.name}, {answer.shipment.cargo}, on {answer.on}"
    rules = ", ".join(rule.id for rule in answer.rules) or "no rules"
    ways = "; ".join(f"route {n}: {' '.join(r.states)}" for n, r in enumerate(answer.routes, 1))
    caption = Caption(
        title, f"By {answer.weigh}, {rules}. {KEY}", f"Map of {plural(len(answer.routes), 'route')}. {ways}."
    )
    _write_map(
        route_lines(answer),
        route_points(answer),
        caption,
        path,
        avoid,
        answer.network,
        answer.on,
        [answer.table, answer.legs],
    )


def draw_flows(base: "Assignment", path: Path, sentence: str, tables: "Sequence[Table]", avoid: str) -> None:
    """Write the map of flows."""
    from equidistance.corridors.mapping import flow_lines, flow_points
    from equidistance.figures.corridors import KEY
    from equidistance.figures.theme import Caption

    caption = Caption(
        f"Flows on {base.on}", f"{sentence} Width: Mt a year. {KEY}", f"Map of flows. {sentence}"
    )
    _write_map(flow_lines(base), flow_points(base), caption, path, avoid, base.network, base.on, tables)


def _write_map(
    lines: Any,
    points: Any,
    caption: Any,
    path: Path,
    avoid: str,
    network: "Network",
    on: Any,
    tables: "Sequence[Table]",
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
        sources = [
            f"{source['title']}: {source['address']} ({source['licence']})"
            for source in network.manifest["sources"]
        ]
        write(
            picture,
            path,
            title=caption.title,
            lines=[caption.subtitle],
            description=caption.description,
            tables=tables,
            sources=sources,
        )
    else:
        with whole(path) as part:
            drawn = save(picture, part.with_suffix(path.suffix.lower()))
            drawn.replace(part)
    print(f"Written: {printable(str(path))}", file=sys.stderr)
