"""The network built from the source files and the curated tables: ``equidistance corridor build --from DIRECTORY``."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from equidistance.corridors import curated, railways, upstream
from equidistance.corridors.calibrate import calibrate
from equidistance.corridors.geometry import SCALE, Floats, encode, great_circle, length_km
from equidistance.corridors.network import FORMAT, MANIFEST, TABLES
from equidistance.corridors.schema import COVERAGE, EDGES, NODES, PLACES
from equidistance.errors import BadFile, EquidistanceError
from equidistance.ground.states import find
from equidistance.writing import whole

Progress = Callable[[str, int, int], None]

_STATION_KM = 25.0  # a city this near to a line has a station on it
_CURATED_KM = 20.0
_PORT_RAIL_KM = 15.0
_CROSSING_KM = 40.0  # a curated crossing names the drawn one of the same pair within this distance
_LANE_KM = 400.0
_SEA_WEST = -35.0
_INLAND_SEA = (43.0, 36.0, 56.0, 49.5)  # the Caspian and the Volga-Don canal, which have tables of their own
_BASEMAP = 0.06  # degrees, of the coastlines that the map draws
_SUEZ = "suez"


@dataclass
class _Graph:
    """The tables while they grow."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)
    rail: dict[railways.Key, int] = field(default_factory=dict)
    named: dict[tuple[str, str, str], int] = field(default_factory=dict)  # (name, state, layer) -> node
    spots: list[tuple[float, float]] = field(default_factory=list)

    def node(self, lon: float, lat: float, state: str, layer: str, name: str = "") -> int:
        if name and (name, state, layer) in self.named:
            return self.named[name, state, layer]
        self.nodes.append(
            {"lon": round(lon * SCALE), "lat": round(lat * SCALE), "state": state, "layer": layer, "name": name}
        )
        self.spots.append((lon, lat))
        if name:
            self.named[name, state, layer] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def edge(self, a: int, b: int, mode: str, line: Floats, **more: Any) -> dict[str, Any]:
        raw = length_km(line)
        row: dict[str, Any] = {
            "a": a, "b": b, "mode": mode, "state": "", "name": "", "raw_km": raw, "km": raw, "gauge_a": 0, "gauge_b": 0,
            "opened": None, "closed": None, "operator": "", "cargo": "", "capacity_mt": None, "hours": None,
            "wait_hours": None, "usd_unit": None, "usd_tonne": None, "source": "", "grade": "B",
            "shape": encode(line), **more,
        }  # fmt: skip
        row.setdefault("state_b", row["state"])
        self.edges.append(row)
        return row


def build(source: Path, target: Path, progress: Progress = lambda what, done, total: None) -> dict[str, Any]:
    """Build the network and write it.

    Args:
        source: directory with the files of :data:`equidistance.corridors.upstream.FILES`.
        target: directory for the tables, the base map and the manifest.
        progress: told what is being done.

    Returns:
        The manifest.

    Raises:
        BadFile: a source file is missing or broken, or a curated row names what is not there.
        EquidistanceError: shapely is not installed.
    """
    try:
        import shapely  # noqa: F401
    except ImportError as error:
        raise EquidistanceError(
            "Building the network needs shapely.", hint="Install it with: pip install 'equidistance[network]'"
        ) from error
    digests = upstream.digests(source)
    progress("Reading railways", 0, 6)
    countries = upstream.features(source / "natural_earth/ne_50m_admin_0_countries.json.gz")
    states = railways.States(countries)
    borders = upstream.features(source / "natural_earth/ne_10m_admin_0_boundary_lines_land.json.gz")
    tracks = railways.build(upstream.railways(source / "ne_10m_railroads_from_z8_tiles.gpkg"), states, borders)
    progress("Finding stations and ports", 1, 6)
    places = _places(source, states)
    ports = upstream.ports(source / "WPI_UpdatedPub150.csv")
    port_states = states.at(_points(ports))
    keys = railways.anchor(tracks, [(p["lon"], p["lat"], p["state"], p["name"]) for p in places], _STATION_KM)
    quays = railways.anchor(
        tracks, [(p[1], p[2], s, p[0]) for p, s in zip(ports, port_states, strict=True)], _PORT_RAIL_KM
    )
    progress("Thinning the railways", 2, 6)
    graph = _Graph()
    _rails(graph, railways.thinned(tracks), tracks, _gauges(source))
    progress("Sea lanes, ports and services", 3, 6)
    lanes = _sea(graph, upstream.features(source / "marnet_searoute.geojson"))
    _ports(graph, ports, port_states, quays, lanes)
    stations = {(p["name"], p["state"]): graph.rail.get(k) for p, k in zip(places, keys, strict=True) if k}
    _curated(graph, places, stations, lanes)
    progress("Calibrating lengths", 4, 6)
    table = _place_table(graph, places, keys)
    factors, checks = calibrate(graph.edges, len(graph.nodes), table)
    progress("Writing", 5, 6)
    tables = {
        "nodes": pa.Table.from_pylist(graph.nodes, schema=NODES),
        "edges": pa.Table.from_pylist(sorted(graph.edges, key=_order), schema=EDGES),
        "places": pa.Table.from_pylist(table, schema=PLACES),
    }
    return _write(target, tables, _basemap(countries), digests, factors, checks)


def _order(edge: dict[str, Any]) -> tuple[str, int, int]:
    return (edge["mode"], edge["a"], edge["b"])


def _points(found: Sequence[tuple[str, float, float]]) -> Any:
    import shapely

    return shapely.points([(lon, lat) for _, lon, lat in found])


def _places(source: Path, states: railways.States) -> list[dict[str, Any]]:
    """Curated places first, then cities, each with names, state, position and size."""
    import shapely

    west, south, east, north = upstream.WINDOW
    alias: dict[tuple[str, str], str] = {(r["name"], r["state"]): r["aliases"] for r in curated.rows("aliases.csv")}
    found = [
        {"name": r["name"], "aliases": r["aliases"], "state": r["state"], "lon": float(r["lon"]), "lat": float(r["lat"]),
         "size": 0}
        for r in curated.rows("places.csv")
    ]  # fmt: skip
    cities = []
    for feature in upstream.features(source / "natural_earth/ne_10m_populated_places_simple.json.gz"):
        lon, lat = feature["geometry"]["coordinates"][:2]
        if west <= lon <= east and south <= lat <= north:
            cities.append((lon, lat, feature["properties"]))
    owners = states.at(shapely.points([(lon, lat) for lon, lat, _ in cities]))
    for (lon, lat, facts), state in zip(cities, owners, strict=True):
        others = [facts.get(column) for column in ("nameascii", "namealt", "namepar")]
        names = [name for value in others if value for name in str(value).replace("|", ";").replace(",", ";").split(";")]
        names += alias.get((facts["name"], state), "").split(";")
        unique = sorted({name.strip() for name in names if name.strip() and name.strip() != facts["name"]})
        found.append({"name": facts["name"], "aliases": ";".join(unique), "state": state, "lon": lon, "lat": lat,
                      "size": int(facts["pop_max"] or 0)})  # fmt: skip
    return found


def _gauges(source: Path) -> dict[str, int]:
    """State -> usual gauge in mm: the Factbook's greatest length, corrected by the curated table."""
    found = {}
    for country, gauge in upstream.gauges(source / "factbook_rail_gauge.csv").items():
        state = find(country)
        if state is not None:
            found[state.code] = gauge
    found.update({row["state"]: int(row["gauge"]) for row in curated.rows("gauges.csv")})
    return found


def _rails(graph: _Graph, pieces: list[railways.Piece], tracks: railways.Railways, gauge: dict[str, int]) -> None:
    borders: dict[tuple[int, int], set[railways.Key]] = defaultdict(set)
    for piece in pieces:
        for end in (piece.a, piece.b):
            if end not in graph.rail:
                name = tracks.protected.get(end, "")
                graph.nodes.append({"lon": round(end[0] / 100), "lat": round(end[1] / 100), "state": end[2],
                                    "layer": "rail", "name": name})  # fmt: skip
                graph.spots.append((end[0] / 1e6, end[1] / 1e6))
                graph.rail[end] = len(graph.nodes) - 1
            borders[end[:2]].add(end)
        state = piece.a[2]
        own = gauge.get(state, 0)
        graph.edge(graph.rail[piece.a], graph.rail[piece.b], "rail", railways.simplified(piece.line), state=state,
                   gauge_a=own, gauge_b=own, raw_km=piece.km, km=piece.km, source="Natural Earth", grade="B")  # fmt: skip
    for ends in borders.values():
        sides = sorted(ends, key=lambda end: end[2])
        for number, one in enumerate(sides):
            for two in sides[number + 1 :]:
                _crossing(graph, graph.rail[one], graph.rail[two], one[2], two[2], gauge)
    _name_crossings(graph)


def _crossing(graph: _Graph, a: int, b: int, state_a: str, state_b: str, gauge: dict[str, int]) -> dict[str, Any]:
    line = np.array([graph.spots[a], graph.spots[b]])
    return graph.edge(a, b, "crossing", line, state=state_a, state_b=state_b, km=0.0, raw_km=0.0,
                      gauge_a=gauge.get(state_a, 0), gauge_b=gauge.get(state_b, 0), source="Natural Earth")  # fmt: skip


def _name_crossings(graph: _Graph) -> None:
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
            edge = graph.edge(a, b, "crossing", np.array([[lon, lat], [lon, lat]]), state=row["state_a"],
                              state_b=row["state_b"])  # fmt: skip
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


def _sea(graph: _Graph, features: list[dict[str, Any]]) -> dict[tuple[float, float], int]:
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
        graph.edge(ends[0], ends[1], "sea", railways.simplified(line), raw_km=length_km(line), km=length_km(line),
                   state="EGY" if passage == _SUEZ else "", name=passage, source="searoute-py")  # fmt: skip
    return nodes


def _near_lanes(lanes: dict[tuple[float, float], int], lon: float, lat: float) -> list[int]:
    """The two nearest ends of sea lanes: the nearest alone may lie on a lane that leads the wrong way."""
    spots = np.array(list(lanes))
    away = great_circle(np.full(len(spots), lon), np.full(len(spots), lat), spots[:, 0], spots[:, 1])
    numbers = list(lanes.values())
    return [numbers[i] for i in np.argsort(away, kind="stable")[:2] if away[i] <= _LANE_KM]


def _ports(
    graph: _Graph,
    ports: list[tuple[str, float, float]],
    states: list[str],
    quays: list[railways.Key | None],
    lanes: dict[tuple[float, float], int],
) -> None:
    for (name, lon, lat), state, quay in zip(ports, states, quays, strict=True):
        if (name, state, "sea") in graph.named or not _near_lanes(lanes, lon, lat):
            continue
        port = graph.node(lon, lat, state, "sea", name)
        for near in _near_lanes(lanes, lon, lat):
            graph.edge(port, near, "sea", np.array([[lon, lat], graph.spots[near]]), source="World Port Index, near lane")
        if quay is not None and quay in graph.rail:
            station = graph.rail[quay]
            graph.edge(station, port, "transfer", np.array([graph.spots[station], [lon, lat]]), state=state,
                       name=f"{name} port", km=0.0, raw_km=0.0, source="World Port Index")  # fmt: skip


def _curated(
    graph: _Graph,
    places: list[dict[str, Any]],
    stations: dict[tuple[str, str], int | None],
    lanes: dict[tuple[float, float], int],
) -> None:
    spot: dict[tuple[str, str], dict[str, Any]] = {}
    for place in places:
        for name in (place["name"], *place["aliases"].split(";")):
            spot.setdefault((name, place["state"]), place)

    def end(name: str, state: str, layer: str, where: str) -> int:
        if (name, state, layer) in graph.named:  # a crossing, or a place met before
            return graph.named[name, state, layer]
        place = spot.get((name, state))
        if place is None:
            raise BadFile(f"{where}: there is no place {name!r} in {state}.", hint="Add it to places.csv.")
        if layer == "rail":
            station = stations.get((place["name"], state))
            if station is not None:
                away = great_circle(*(np.array([v]) for v in (place["lon"], place["lat"], *graph.spots[station])))[0]
                if away <= _CURATED_KM:
                    return station
        return graph.node(place["lon"], place["lat"], state, layer, place["name"])

    _lines(graph, end)
    _terminals(graph, end, lanes)


def _lines(graph: _Graph, end: Callable[[str, str, str, str], int]) -> None:
    usual = {row["a"]: row["gauge_a"] for row in graph.edges if row["mode"] == "rail"}
    usual |= {row["b"]: row["gauge_a"] for row in graph.edges if row["mode"] == "rail"}
    breaks: dict[tuple[int, int], int] = {}
    for row in curated.rows("lines.csv"):
        where, state, mode = row["line"], row["state"], row["mode"]
        gauge = int(row["gauge"] or 0)
        ends = []
        for name in (row["from"], row["to"]):
            node = end(name, state, mode, where)
            if gauge and usual.get(node, gauge) != gauge:  # the line joins one of another gauge: a break inland
                if (node, gauge) not in breaks:
                    lon, lat = graph.spots[node]
                    breaks[node, gauge] = graph.node(lon, lat, state, "rail")
                    graph.edge(node, breaks[node, gauge], "transfer", np.array([[lon, lat], [lon, lat]]), state=state,
                               name=f"{name} gauge break", gauge_a=usual[node], gauge_b=gauge,
                               source="gauges of the two lines")  # fmt: skip
                node = breaks[node, gauge]
            ends.append(node)
        line = np.array([graph.spots[ends[0]], *curated.points(row["via"], where), graph.spots[ends[1]]])
        km = curated.number(row["km"], where)
        graph.edge(ends[0], ends[1], mode, line, state=state, name=row["name"], gauge_a=gauge, gauge_b=gauge,
                   km=km, raw_km=km, opened=curated.day(row["opened"], where),
                   closed=curated.day(row["closed"], where), operator=row["operator"],
                   capacity_mt=curated.number(row["capacity_mt"], where), source=row["source"],
                   grade=row["grade"])  # fmt: skip


def _terminals(
    graph: _Graph, end: Callable[[str, str, str, str], int], lanes: dict[tuple[float, float], int]
) -> None:
    for row in curated.rows("ports.csv"):
        where, state = row["line"], row["state"]
        layer = "caspian" if row["basin"] == "caspian" else "sea"
        known = (row["name"], state, layer) in graph.named
        port = end(row["name"], state, layer, where)
        facts: dict[str, Any] = {
            "state": state, "name": f"{row['name']} port", "km": 0.0, "raw_km": 0.0,
            "opened": curated.day(row["opened"], where), "capacity_mt": curated.number(row["capacity_mt"], where),
            "hours": _three(row, "handling_h", where), "source": row["source"], "grade": row["grade"],
        }  # fmt: skip
        if known:
            for edge in graph.edges:
                if edge["mode"] == "transfer" and port in (edge["a"], edge["b"]):
                    edge.update(facts)
            continue
        station = end(row["name"], state, "rail", where)
        graph.edge(station, port, "transfer", np.array([graph.spots[station], graph.spots[port]]), **facts)
        if layer == "sea":
            lon, lat = (curated.points(row["sea"], where) or [graph.spots[port]])[0]
            for near in _near_lanes(lanes, lon, lat):
                graph.edge(port, near, "sea", np.array([graph.spots[port], graph.spots[near]]), source="near lane")
    for row in curated.rows("services.csv"):
        where = row["line"]
        ends = []
        for name in (row["port_a"], row["port_b"]):
            found = [key for key in graph.named if key[0] == name and key[2] in ("caspian", "sea", "rail")]
            port = next((key for layer in ("caspian", "sea", "rail") for key in found if key[2] == layer), None)
            if port is None:
                port = (name, row["state"], "rail")
                graph.named[port] = end(name, row["state"], "rail", where)
            ends.append(graph.named[port])
        sailings = curated.number(row["sailings_per_week"], where)
        graph.edge(ends[0], ends[1], row["mode"], np.array([graph.spots[ends[0]], graph.spots[ends[1]]]),
                   state=row["state"], name=row["name"], km=curated.number(row["km"], where),
                   hours=_three(row, "hours", where), wait_hours=168 / sailings if sailings else None,
                   usd_unit=_three(row, "usd_feu", where), usd_tonne=_three(row, "usd_t", where), cargo=row["cargo"],
                   capacity_mt=curated.number(row["capacity_mt"], where), opened=curated.day(row["opened"], where),
                   closed=curated.day(row["closed"], where), operator=row["operator"], source=row["source"],
                   grade=row["grade"])  # fmt: skip
    for row in curated.rows("transfers.csv"):
        where, state = row["line"], row["state"]
        place = row["place"]
        layers = (row["mode_a"], row["mode_b"])
        ends = []
        for layer in layers:
            here = "Alat" if (place, layer) == ("Sangachal", "caspian") else place  # the tankers' terminal next door
            ends.append(end(here, state, layer, where))
        graph.edge(ends[0], ends[1], "transfer", np.array([graph.spots[ends[0]], graph.spots[ends[1]]]), state=state,
                   name=row["name"], km=0.0, raw_km=0.0, hours=_three(row, "hours", where),
                   usd_tonne=_three(row, "usd_t", where), cargo="oil",
                   capacity_mt=curated.number(row["capacity_mt"], where),
                   opened=curated.day(row["opened"], where), source=row["source"], grade=row["grade"])  # fmt: skip


def _three(row: dict[str, str], column: str, where: str) -> list[float] | None:
    cells = [curated.number(row[name], where) for name in (f"{column}_low", column, f"{column}_high")]
    if any(cell is None for cell in cells):
        return None
    values = [float(cell) for cell in cells if cell is not None]
    if values != sorted(values):
        raise BadFile(f"{where}: low, usual and high {column} are not in order: {values}.")
    return values


def _place_table(
    graph: _Graph, places: list[dict[str, Any]], keys: Sequence[railways.Key | None]
) -> list[dict[str, Any]]:
    """Every place with its node on each layer; names already taken by a curated place are left out."""
    layers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (name, state, _), node in graph.named.items():
        layers[name, state].append(node)
    found, taken = [], set()
    for place, key in zip(places, keys, strict=True):
        name, state = place["name"], place["state"]
        if place["size"] and (name, state) in taken:
            continue
        taken.add((name, state))
        nodes = [graph.rail[key]] if key is not None and key in graph.rail else []
        nodes += [node for node in layers.get((name, state), ()) if node not in nodes]
        have = {graph.nodes[node]["layer"] for node in nodes}
        for layer in () if place["size"] else ("rail", "oil", "gas"):  # border stations, ends of curated lines
            near = _nearest_node(graph, place, layer) if layer not in have else None
            nodes += [] if near is None else [near]
        found.append({**place, "lon": round(place["lon"] * SCALE), "lat": round(place["lat"] * SCALE), "nodes": nodes})
    names = {(place["name"], place["state"]) for place in found}
    for (name, state, layer), node in graph.named.items():
        if layer == "sea" and state and (name, state) not in names:
            spot = graph.nodes[node]
            found.append({"name": name, "aliases": "", "state": state, "lon": spot["lon"], "lat": spot["lat"], "size": 0,
                          "nodes": [node]})  # fmt: skip
    return found


def _nearest_node(graph: _Graph, place: dict[str, Any], layer: str) -> int | None:
    """The nearest node of a layer in the place's state, within the reach of curated places."""
    own = [i for i, node in enumerate(graph.nodes) if node["layer"] == layer and node["state"] == place["state"]]
    if not own:
        return None
    spots = np.array([graph.spots[i] for i in own])
    here = (np.full(len(own), place["lon"]), np.full(len(own), place["lat"]))
    away = great_circle(*here, spots[:, 0], spots[:, 1])
    return own[int(away.argmin())] if away.min() <= _CURATED_KM else None


def _basemap(countries: list[dict[str, Any]]) -> dict[str, Any]:
    """Outlines of the states that the map shows, simplified, as GeoJSON."""
    from shapely.geometry import box, mapping, shape

    frame = box(-12, 0, 150, 75)
    features = []
    for country in countries:
        outline = shape(country["geometry"]).intersection(frame).simplify(_BASEMAP)
        if not outline.is_empty and outline.area > 0.05:
            code = country["properties"]["ADM0_A3"]
            geometry = json.loads(json.dumps(mapping(outline)), parse_float=lambda text: round(float(text), 2))
            features.append({"type": "Feature", "geometry": geometry,
                             "properties": {"state": upstream.STATE_OF_NE.get(code, code)}})  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def _write(
    target: Path,
    tables: dict[str, pa.Table],
    basemap: dict[str, Any],
    digests: dict[str, str],
    factors: dict[str, float],
    checks: list[dict[str, Any]],
) -> dict[str, Any]:
    target.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, file in TABLES.items():
        with whole(target / file) as part:
            if name == "basemap":
                part.write_text(json.dumps(basemap, separators=(",", ":")), encoding="utf-8")
            else:
                pq.write_table(tables[name], part, compression="zstd", compression_level=19)
        written[file] = sha256((target / file).read_bytes()).hexdigest()
    manifest = {
        "format": FORMAT,
        "coverage": [day.isoformat() for day in COVERAGE],
        "rows": {name: table.num_rows for name, table in tables.items()},
        "files": written,
        "sources": [
            {"file": name, "title": title, "address": address, "licence": licence, "sha256": digests[name]}
            for name, (title, address, licence) in upstream.FILES.items()
        ],
        "curated": {
            path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(curated.CURATED.glob("*.csv"))
        },
        "length_factors": {state: round(factor, 4) for state, factor in sorted(factors.items())},
        "length_checks": checks,
    }
    with whole(target / MANIFEST) as part:
        part.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest
