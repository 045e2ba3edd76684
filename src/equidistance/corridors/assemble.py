"""The parts of a network put together: railways, borders, sea lanes and ports."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from equidistance.corridors import curated, railways
from equidistance.corridors.geometry import SCALE, Floats, encode, great_circle, length_km

_CROSSING_KM = 40.0  # a curated crossing names the drawn one of the same pair within this distance
_LANE_KM = 400.0
_SEA_WEST = -35.0
_INLAND_SEA = (43.0, 36.0, 56.0, 49.5)  # the Caspian and the Volga-Don canal, which have tables of their own
_SUEZ = "suez"


@dataclass
class Graph:
    """The tables while they grow."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)
    rail: dict[railways.Key, int] = field(default_factory=dict)
    named: dict[tuple[str, str, str], int] = field(default_factory=dict)  # (name, state, layer) -> node
    spots: list[tuple[float, float]] = field(default_factory=list)

    def node(self, lon: float, lat: float, state: str, layer: str, name: str = "") -> int:
        """The number of a node; one of the same name, state and layer is not made twice."""
        if name and (name, state, layer) in self.named:
            return self.named[name, state, layer]
        self.nodes.append(
            {
                "lon": round(lon * SCALE),
                "lat": round(lat * SCALE),
                "state": state,
                "layer": layer,
                "name": name,
            }
        )
        self.spots.append((lon, lat))
        if name:
            self.named[name, state, layer] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def edge(self, a: int, b: int, mode: str, line: Floats, **more: Any) -> dict[str, Any]:
        """Add an edge; facts that are not given are empty."""
        raw = length_km(line)
        row: dict[str, Any] = {
            "a": a,
            "b": b,
            "mode": mode,
            "state": "",
            "name": "",
            "raw_km": raw,
            "km": raw,
            "gauge_a": 0,
            "gauge_b": 0,
            "opened": None,
            "closed": None,
            "operator": "",
            "cargo": "",
            "capacity_mt": None,
            "hours": None,
            "wait_hours": None,
            "usd_unit": None,
            "usd_tonne": None,
            "source": "",
            "grade": "B",
            "shape": encode(line),
            **more,
        }
        row.setdefault("state_b", row["state"])
        self.edges.append(row)
        return row


def add_railways(
    graph: Graph, pieces: list[railways.Piece], tracks: railways.Railways, gauge: dict[str, int]
) -> None:
    """Railways, and the crossings between the two sides of each border."""
    borders: dict[tuple[int, int], set[railways.Key]] = defaultdict(set)
    for piece in pieces:
        for end in (piece.a, piece.b):
            if end not in graph.rail:
                name = tracks.protected.get(end, "")
                graph.nodes.append(
                    {
                        "lon": round(end[0] / 100),
                        "lat": round(end[1] / 100),
                        "state": end[2],
                        "layer": "rail",
                        "name": name,
                    }
                )
                graph.spots.append((end[0] / 1e6, end[1] / 1e6))
                graph.rail[end] = len(graph.nodes) - 1
            borders[end[:2]].add(end)
        state = piece.a[2]
        own = gauge.get(state, 0)
        graph.edge(
            graph.rail[piece.a],
            graph.rail[piece.b],
            "rail",
            railways.simplified(piece.line),
            state=state,
            gauge_a=own,
            gauge_b=own,
            raw_km=piece.km,
            km=piece.km,
            source="Natural Earth",
            grade="B",
        )
    for ends in borders.values():
        sides = sorted(ends, key=lambda end: end[2])
        for number, one in enumerate(sides):
            for two in sides[number + 1 :]:
                _crossing(graph, graph.rail[one], graph.rail[two], one[2], two[2], gauge)
    _name_crossings(graph)


def _crossing(
    graph: Graph, a: int, b: int, state_a: str, state_b: str, gauge: dict[str, int]
) -> dict[str, Any]:
    line = np.array([graph.spots[a], graph.spots[b]])
    return graph.edge(
        a,
        b,
        "crossing",
        line,
        state=state_a,
        state_b=state_b,
        km=0.0,
        raw_km=0.0,
        gauge_a=gauge.get(state_a, 0),
        gauge_b=gauge.get(state_b, 0),
        source="Natural Earth",
    )


def _name_crossings(graph: Graph) -> None:
    """Curated crossings give name, gauges, dates and capacity to the drawn ones, or are made where none is drawn."""
    drawn: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    for edge in graph.edges:
        if edge["mode"] == "crossing":
            drawn[frozenset((edge["state"], edge["state_b"]))].append(edge)
    for row in curated.rows("crossings.csv"):
        where, lon, lat = row["line"], float(row["lon"]), float(row["lat"])
        near = []
        if row["mode"] == "rail":
            for edge in drawn[frozenset((row["state_a"], row["state_b"]))]:
                spot = graph.spots[edge["a"]]
                away = float(great_circle(*(np.array([v]) for v in (lon, lat, *spot)))[0])
                if away <= _CROSSING_KM and not edge["name"]:
                    near.append((away, edge))
        if near:
            edge = min(near, key=lambda pair: pair[0])[1]
        else:
            layer = row["mode"]
            a = graph.node(lon, lat, row["state_a"], layer)
            b = graph.node(lon, lat, row["state_b"], layer)
            edge = graph.edge(
                a,
                b,
                "crossing",
                np.array([[lon, lat], [lon, lat]]),
                state=row["state_a"],
                state_b=row["state_b"],
            )
        turned = edge["state"] != row["state_a"]
        gauges = [int(row[name] or 0) for name in ("gauge_a", "gauge_b")]
        for state, end in ((edge["state"], edge["a"]), (edge["state_b"], edge["b"])):
            graph.named[row["name"], state, row["mode"]] = end
        edge.update(
            name=row["name"],
            gauge_a=gauges[turned] or edge["gauge_a"],
            gauge_b=gauges[not turned] or edge["gauge_b"],
            opened=curated.day(row["opened"], where),
            closed=curated.day(row["closed"], where),
            capacity_mt=curated.number(row["capacity_mt"], where),
            source=row["source"] or edge["source"],
            grade=row["grade"],
        )


def add_sea(graph: Graph, features: list[dict[str, Any]]) -> dict[tuple[float, float], int]:
    """Sea lanes without the inland seas; the node at each end of a lane."""
    west, south, east, north = _INLAND_SEA
    nodes: dict[tuple[float, float], int] = {}
    for feature in features:
        if feature["geometry"]["type"] != "LineString":
            continue  # one lane, in the Pacific
        line = np.array(feature["geometry"]["coordinates"])[:, :2]
        lon, lat = line[:, 0], line[:, 1]
        inland = ((lon > west) & (lon < east) & (lat > south) & (lat < north)).any()
        if inland or lon.min() < _SEA_WEST or lon.max() > 180:
            continue
        ends = []
        for end in (line[0], line[-1]):
            spot = (round(float(end[0]), 4), round(float(end[1]), 4))
            if spot not in nodes:
                nodes[spot] = graph.node(*spot, "", "sea")
            ends.append(nodes[spot])
        passage = feature["properties"].get("passage") or ""
        graph.edge(
            ends[0],
            ends[1],
            "sea",
            railways.simplified(line),
            raw_km=length_km(line),
            km=length_km(line),
            state="EGY" if passage == _SUEZ else "",
            name=passage,
            source="searoute-py",
        )
    return nodes


def near_lanes(lanes: dict[tuple[float, float], int], lon: float, lat: float) -> list[int]:
    """The two nearest ends of sea lanes: the nearest alone may lie on a lane that leads the wrong way."""
    spots = np.array(list(lanes))
    away = great_circle(np.full(len(spots), lon), np.full(len(spots), lat), spots[:, 0], spots[:, 1])
    numbers = list(lanes.values())
    return [numbers[i] for i in np.argsort(away, kind="stable")[:2] if away[i] <= _LANE_KM]


def add_ports(
    graph: Graph,
    ports: list[tuple[str, float, float]],
    states: list[str],
    quays: list[railways.Key | None],
    lanes: dict[tuple[float, float], int],
) -> None:
    """Ports with a way to the lanes and, where a railway is near, a terminal."""
    for (name, lon, lat), state, quay in zip(ports, states, quays, strict=True):
        if (name, state, "sea") in graph.named or not near_lanes(lanes, lon, lat):
            continue
        port = graph.node(lon, lat, state, "sea", name)
        for near in near_lanes(lanes, lon, lat):
            graph.edge(
                port,
                near,
                "sea",
                np.array([[lon, lat], graph.spots[near]]),
                source="World Port Index, near lane",
            )
        if quay is not None and quay in graph.rail:
            station = graph.rail[quay]
            graph.edge(
                station,
                port,
                "transfer",
                np.array([graph.spots[station], [lon, lat]]),
                state=state,
                name=f"{name} port",
                km=0.0,
                raw_km=0.0,
                source="World Port Index",
            )
