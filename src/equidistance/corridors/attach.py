"""The curated lines, terminals and services put onto the network."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from equidistance.corridors import curated
from equidistance.corridors.assemble import Graph, near_lanes
from equidistance.corridors.geometry import great_circle
from equidistance.errors import BadFile

CURATED_KM = 20.0
"""A curated place this near to a line is a station on it."""

Lanes = dict[tuple[float, float], int]
_End = Callable[[str, str, str, str], int]
"""(name, state, layer, where it is asked) -> node."""

_QUAYS = ("caspian", "sea", "rail")
_JOINED = {"road": ("rail", "sea", "caspian"), "inland": ("rail", "sea")}
"""Layers whose places have a terminal with these other layers of the same place."""


def add_curated(
    graph: Graph, places: list[dict[str, Any]], stations: dict[tuple[str, str], int | None], lanes: Lanes
) -> None:
    """Lines, ports, services and terminals of the curated tables.

    Raises:
        BadFile: a row names a place that there is not, or its numbers are not in order.
    """
    spot: dict[tuple[str, str], dict[str, Any]] = {}
    for place in places:
        for name in (place["name"], *place["aliases"].split(";")):
            spot.setdefault((name, place["state"]), place)

    def station(place: dict[str, Any]) -> int | None:
        found = stations.get((place["name"], place["state"]))
        if found is None:
            return None
        here = (np.array([v]) for v in (place["lon"], place["lat"], *graph.spots[found]))
        return found if great_circle(*here)[0] <= CURATED_KM else None

    def end(name: str, state: str, layer: str, where: str) -> int:
        if (name, state, layer) in graph.named:  # a crossing, or a place met before
            return graph.named[name, state, layer]
        place = spot.get((name, state))
        if place is None:
            raise BadFile(f"{where}: there is no place {name!r} in {state}.", hint="Add it to places.csv.")
        if layer == "rail" and (found := station(place)) is not None:
            return found
        return graph.node(place["lon"], place["lat"], state, layer, place["name"])

    _lines(graph, end)
    _ports(graph, end, lanes)
    _services(graph, end)
    _transfers(graph, end, lanes)
    for (name, state, layer), node in list(graph.named.items()):
        for other in _JOINED.get(layer, ()):
            there = graph.named.get((name, state, other))
            if there is None and other == "rail" and (name, state) in spot:
                there = station(spot[name, state])
            if there is not None and (name, state) in spot:
                row = {"state": state, "name": f"{name} {layer} terminal", "source": "one place"}
                _join(graph, (there, node), "transfer", km=0.0, raw_km=0.0, grade="D", **row)


def _join(graph: Graph, ends: Sequence[int], mode: str, **facts: Any) -> dict[str, Any]:
    """An edge drawn straight from one node to another."""
    return graph.edge(ends[0], ends[1], mode, np.array([graph.spots[node] for node in ends]), **facts)


def _lines(graph: Graph, end: _End) -> None:
    usual = {row[side]: row["gauge_a"] for side in "ab" for row in graph.edges if row["mode"] == "rail"}
    breaks: dict[tuple[int, int], int] = {}
    for row in curated.rows("lines.csv"):
        where, state = row["line"], row["state"]
        gauge = int(row["gauge"] or 0)
        ends = []
        for name in (row["from"], row["to"]):
            node = end(name, state, row["mode"], where)
            if gauge and usual.get(node, gauge) != gauge:  # the line joins one of another gauge
                if (node, gauge) not in breaks:
                    breaks[node, gauge] = graph.node(*graph.spots[node], state, "rail")
                    gauges = {"gauge_a": usual[node], "gauge_b": gauge}
                    facts = {
                        "state": state,
                        "name": f"{name} gauge break",
                        "source": "gauges of the two lines",
                    }
                    _join(graph, (node, breaks[node, gauge]), "transfer", **gauges, **facts)
                node = breaks[node, gauge]
            ends.append(node)
        line = np.array([graph.spots[ends[0]], *curated.points(row["via"], where), graph.spots[ends[1]]])
        km = curated.number(row["km"], where)
        graph.edge(
            ends[0],
            ends[1],
            row["mode"],
            line,
            **_facts(row, where),
            state=state,
            gauge_a=gauge,
            gauge_b=gauge,
            km=km,
            raw_km=km,
        )


def _ports(graph: Graph, end: _End, lanes: Lanes) -> None:
    for row in curated.rows("ports.csv"):
        where, state = row["line"], row["state"]
        layer = "caspian" if row["basin"] == "caspian" else "sea"
        known = (row["name"], state, layer) in graph.named
        port = end(row["name"], state, layer, where)
        facts = _facts(row, where) | {
            "state": state,
            "name": f"{row['name']} port",
            "km": 0.0,
            "raw_km": 0.0,
            "hours": _three(row, "handling_h", where),
        }
        if known:
            for edge in graph.edges:
                if edge["mode"] == "transfer" and port in (edge["a"], edge["b"]):
                    edge.update(facts)
            continue
        _join(graph, (end(row["name"], state, "rail", where), port), "transfer", **facts)
        if layer == "sea":
            _to_lanes(graph, port, lanes, (curated.points(row["sea"], where) or [graph.spots[port]])[0])


def _to_lanes(graph: Graph, port: int, lanes: Lanes, spot: tuple[float, float]) -> None:
    for near in near_lanes(lanes, *spot):
        _join(graph, (port, near), "sea", source="near lane")


def _services(graph: Graph, end: _End) -> None:
    for row in curated.rows("services.csv"):
        where = row["line"]
        ends = []
        for name in (row["port_a"], row["port_b"]):
            found = {one[2]: node for one, node in graph.named.items() if one[0] == name and one[2] in _QUAYS}
            quay = next((found[layer] for layer in _QUAYS if layer in found), None)
            if quay is None:  # a ferry from a station, as on Lake Van
                quay = end(name, row["state"], "rail", where)
                graph.named[name, row["state"], "rail"] = quay
            ends.append(quay)
        sailings = curated.number(row["sailings_per_week"], where)
        _join(
            graph,
            ends,
            row["mode"],
            **_facts(row, where),
            state=row["state"],
            km=curated.number(row["km"], where),
            hours=_three(row, "hours", where),
            wait_hours=168 / sailings if sailings else None,
        )


def _transfers(graph: Graph, end: _End, lanes: Lanes) -> None:
    for row in curated.rows("transfers.csv"):
        where, state, place = row["line"], row["state"], row["place"]
        ends = []
        for layer in (row["mode_a"], row["mode_b"]):
            tankers = (place, layer) == ("Sangachal", "caspian")  # they land next door
            known = (place, state, layer) in graph.named
            ends.append(end("Alat" if tankers else place, state, layer, where))
            if layer == "sea" and not known:  # a terminal of its own, in no list of ports
                _to_lanes(graph, ends[-1], lanes, graph.spots[ends[-1]])
        hours = _three(row, "hours", where)
        _join(graph, ends, "transfer", **_facts(row, where), state=state, km=0.0, raw_km=0.0, hours=hours)


def _facts(row: dict[str, str], where: str) -> dict[str, Any]:
    """What the tables of lines, ports, services and terminals say in the same columns; empty where one has none."""
    given: dict[str, str] = {"capacity_mt": "", "opened": "", "closed": "", **row}
    return {
        "name": given["name"],
        "cargo": given.get("cargo", ""),
        "operator": given.get("operator", ""),
        "capacity_mt": curated.number(given["capacity_mt"], where),
        "opened": curated.day(given["opened"], where),
        "closed": curated.day(given["closed"], where),
        "usd_unit": _three(row, "usd_feu", where),
        "usd_tonne": _three(row, "usd_t", where),
        "source": given["source"],
        "grade": given["grade"],
    }


def _three(row: dict[str, str], column: str, where: str) -> list[float] | None:
    names = (f"{column}_low", column, f"{column}_high")
    values = [curated.number(row.get(name, ""), where) for name in names]
    if None in values:
        return None
    found = [float(value or 0.0) for value in values]
    if found != sorted(found):
        raise BadFile(f"{where}: low, usual and high {column} are not in order: {found}.")
    return found
