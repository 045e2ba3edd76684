"""Routes and flows as rows for the map: lines by route or by tonnes, and the points that matter."""

from itertools import groupby
from typing import Any

import numpy as np

from equidistance.corridors.answer import Answer, Route
from equidistance.corridors.assignment import Assignment
from equidistance.corridors.network import Network

Rows = list[dict[str, Any]]

_LABEL_KM = 250.0  # names nearer than this to one that is drawn are left out


def route_lines(answer: Answer) -> Rows:
    """One GeoJSON feature for each stretch of each route by one mode: route, mode, label, width."""
    found = []
    for number, one in reversed(list(enumerate(answer.routes, 1))):  # the best is drawn last, on top
        label = f"{number}: {one.km:,.0f} km, {one.days['mean']:.0f} days"
        network = answer.network
        pairs = [(arc, str(network.mode[arc % len(network)])) for arc in one.arcs]
        moving = [(arc, mode) for arc, mode in pairs if mode not in ("crossing", "transfer")]
        for mode, members in groupby(moving, key=lambda pair: pair[1]):
            line = _line(network, [arc for arc, _ in members])
            found.append(_feature(line, route=number, label=label, mode=_drawn(mode), mt=1.0))
    return found


def flow_lines(flows: Assignment) -> Rows:
    """One GeoJSON feature for each edge with flow: mt, mode, label (the corridor that carries most of it)."""
    network = flows.network
    by_corridor: dict[int, dict[str, float]] = {}
    for route in flows.routes:
        for arc in route.arcs:
            shares = by_corridor.setdefault(arc % len(network), {})
            shares[route.corridor] = shares.get(route.corridor, 0.0) + route.mt
    found = []
    for edge, shares in by_corridor.items():
        mode = str(network.mode[edge])
        if mode not in ("crossing", "transfer"):
            name = max(shares, key=lambda corridor: shares[corridor])
            line = network.shape(edge)
            found.append(
                _feature(line, route=0, label=name, mode=_drawn(mode), mt=round(sum(shares.values()), 6))
            )
    return found


def route_points(answer: Answer) -> Rows:
    """Ends, borders, changes of gauge and ports of all routes: lon, lat, name, kind."""
    network = answer.network
    ends = [answer.start, *answer.stops, answer.goal]
    found = [{"lon": p.lon, "lat": p.lat, "name": p.name, "kind": "end"} for p in ends]
    for one in answer.routes:
        found += _crossing_points(one)
        found += [_port(network, arc) for arc in one.arcs if network.mode[arc % len(network)] == "transfer"]
    return _labelled(found)


def flow_points(flows: Assignment) -> Rows:
    """Ends of demands, and borders and terminals with flow: lon, lat, name, kind."""
    network = flows.network
    names = dict.fromkeys(name for demand in flows.demands for name in (demand.origin, demand.destination))
    ends = [network.place(name) for name in names]
    found = [{"lon": p.lon, "lat": p.lat, "name": p.name, "kind": "end"} for p in ends]
    for edge in np.flatnonzero(flows.flow > 0):
        mode = network.mode[edge]
        if mode == "crossing":
            breaks = network.gauge_a[edge] != network.gauge_b[edge]
            node = network.a[edge]
            name = str(network.name[edge])
            found.append(
                {
                    "lon": float(network.lon[node]),
                    "lat": float(network.lat[node]),
                    "name": name,
                    "kind": "gauge break" if breaks else "border",
                }
            )
        elif mode == "transfer":
            found.append(_port(network, int(edge)))
    return _labelled(found)


def _crossing_points(one: Route) -> Rows:
    return [
        {
            "lon": c.lon,
            "lat": c.lat,
            "name": c.name if "(" not in c.name else f"{c.left}-{c.entered}",
            "kind": "gauge break" if c.gauge_break else "border",
        }
        for c in one.crossings
    ]


def _port(network: Network, arc: int) -> dict[str, Any]:
    edge = arc % len(network)
    node = network.a[edge]
    name = str(network.name[edge])
    for kind in (" port", " road terminal", " inland terminal"):
        name = name.removesuffix(kind)
    return {"lon": float(network.lon[node]), "lat": float(network.lat[node]), "name": name, "kind": "port"}


def _labelled(points: Rows) -> Rows:
    """Each point once, with an empty ``shown`` name where names would lie on each other; ends go first."""
    order = {"end": 0, "gauge break": 1, "port": 2, "border": 3}
    unique = {(round(p["lon"], 2), round(p["lat"], 2), p["kind"]): p for p in points}
    found: Rows = []
    for point in sorted(unique.values(), key=lambda p: order[p["kind"]]):
        near = [
            other
            for other in found
            if other["shown"]
            and abs(other["lat"] - point["lat"]) * 111 < _LABEL_KM / 2
            and abs(other["lon"] - point["lon"]) * 80 < _LABEL_KM * 2
        ]
        shown = point["name"] if point["kind"] != "border" and not near else ""
        found.append({**point, "lon": round(point["lon"], 3), "lat": round(point["lat"], 3), "shown": shown})
    return found


def _line(network: Network, arcs: list[int]) -> list[list[float]]:
    spots: list[list[float]] = []
    for arc in arcs:
        line = network.shape(arc % len(network))
        spots += (line if arc < len(network) else line[::-1]).round(3).tolist()
    return spots


def _drawn(mode: str) -> str:
    return {"rail": "rail", "road": "road", "oil": "pipeline", "gas": "pipeline"}.get(mode, "water")


def _feature(line: Any, **properties: Any) -> dict[str, Any]:
    coordinates = line if isinstance(line, list) else line.round(3).tolist()
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": coordinates},
        **properties,
        "properties": properties,
    }
