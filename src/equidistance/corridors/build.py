"""The network built from the source files and the curated tables: ``equidistance corridor build --from DIRECTORY``."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from equidistance.corridors import curated, railways, upstream
from equidistance.corridors.assemble import Graph, add_ports, add_railways, add_sea
from equidistance.corridors.attach import CURATED_KM, add_curated
from equidistance.corridors.calibrate import calibrate
from equidistance.corridors.geometry import SCALE, great_circle
from equidistance.corridors.network import FORMAT, MANIFEST, TABLES
from equidistance.corridors.schema import COVERAGE, EDGES, NODES, PLACES
from equidistance.errors import EquidistanceError
from equidistance.ground.states import find
from equidistance.writing import whole

Progress = Callable[[str, int, int], None]

_STATION_KM = 25.0  # a city this near to a line has a station on it
_PORT_RAIL_KM = 15.0
_BASEMAP = 0.06  # degrees, of the coastlines that the map draws


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
    tracks = railways.build(
        upstream.railways(source / "ne_10m_railroads_from_z8_tiles.gpkg"), states, borders
    )
    progress("Finding stations and ports", 1, 6)
    places = _places(source, states)
    ports = upstream.ports(source / "WPI_UpdatedPub150.csv")
    port_states = states.at(_points(ports))
    keys = railways.anchor(tracks, [(p["lon"], p["lat"], p["state"], p["name"]) for p in places], _STATION_KM)
    quays = railways.anchor(
        tracks, [(p[1], p[2], s, p[0]) for p, s in zip(ports, port_states, strict=True)], _PORT_RAIL_KM
    )
    progress("Thinning the railways", 2, 6)
    graph = Graph()
    add_railways(graph, railways.thinned(tracks), tracks, _gauges(source))
    progress("Sea lanes, ports and services", 3, 6)
    lanes = add_sea(graph, upstream.features(source / "marnet_searoute.geojson"))
    add_ports(graph, ports, port_states, quays, lanes)
    stations = {(p["name"], p["state"]): graph.rail.get(k) for p, k in zip(places, keys, strict=True) if k}
    add_curated(graph, places, stations, lanes)
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
    better = {(row["name"], row["state"]): row for row in curated.rows("aliases.csv")}
    found = [
        {
            "name": r["name"],
            "aliases": r["aliases"],
            "state": r["state"],
            "lon": float(r["lon"]),
            "lat": float(r["lat"]),
            "size": 0,
        }
        for r in curated.rows("places.csv")
    ]
    cities = []
    for feature in upstream.features(source / "natural_earth/ne_10m_populated_places_simple.json.gz"):
        lon, lat = feature["geometry"]["coordinates"][:2]
        if west <= lon <= east and south <= lat <= north:
            cities.append((lon, lat, feature["properties"]))
    owners = states.at(shapely.points([(lon, lat) for lon, lat, _ in cities]))
    for (lon, lat, facts), state in zip(cities, owners, strict=True):
        others = [facts.get(column) for column in ("nameascii", "namealt", "namepar")]
        names = [
            name
            for value in others
            if value
            for name in str(value).replace("|", ";").replace(",", ";").split(";")
        ]
        known = better.get((facts["name"], state), {"shown": "", "aliases": ""})
        shown = known["shown"] or facts["name"]
        names += [facts["name"], *known["aliases"].split(";")]
        unique = sorted({name.strip() for name in names if name.strip() and name.strip() != shown})
        found.append(
            {
                "name": shown,
                "aliases": ";".join(unique),
                "state": state,
                "lon": lon,
                "lat": lat,
                "size": int(facts["pop_max"] or 0),
            }
        )
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


def _place_table(
    graph: Graph, places: list[dict[str, Any]], keys: Sequence[railways.Key | None]
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
        for layer in (
            () if place["size"] else ("rail", "oil", "gas", "road", "inland")
        ):  # border stations, ends of curated lines
            near = _nearest_node(graph, place, layer) if layer not in have else None
            nodes += [] if near is None else [near]
        found.append(
            {**place, "lon": round(place["lon"] * SCALE), "lat": round(place["lat"] * SCALE), "nodes": nodes}
        )
    names = {(place["name"], place["state"]) for place in found}
    for (name, state, layer), node in graph.named.items():
        if layer == "sea" and state and (name, state) not in names:
            spot = graph.nodes[node]
            found.append(
                {
                    "name": name,
                    "aliases": "",
                    "state": state,
                    "lon": spot["lon"],
                    "lat": spot["lat"],
                    "size": 0,
                    "nodes": [node],
                }
            )
    return found


def _nearest_node(graph: Graph, place: dict[str, Any], layer: str) -> int | None:
    """The nearest node of a layer in the place's state, within the reach of curated places."""
    own = [
        i for i, node in enumerate(graph.nodes) if node["layer"] == layer and node["state"] == place["state"]
    ]
    if not own:
        return None
    spots = np.array([graph.spots[i] for i in own])
    here = (np.full(len(own), place["lon"]), np.full(len(own), place["lat"]))
    away = great_circle(*here, spots[:, 0], spots[:, 1])
    return own[int(away.argmin())] if away.min() <= CURATED_KM else None


def _basemap(countries: list[dict[str, Any]]) -> dict[str, Any]:
    """Outlines of the states that the map shows, simplified, as GeoJSON."""
    from shapely.geometry import box, mapping, shape

    frame = box(-25, -15, 180, 80)
    features = []
    for country in countries:
        outline = shape(country["geometry"]).intersection(frame).simplify(_BASEMAP)
        if not outline.is_empty and outline.area > 0.05:
            code = country["properties"]["ADM0_A3"]
            geometry = json.loads(
                json.dumps(mapping(outline)), parse_float=lambda text: round(float(text), 2)
            )
            features.append(
                {
                    "type": "Feature",
                    "geometry": geometry,
                    "properties": {"state": upstream.STATE_OF_NE.get(code, code)},
                }
            )
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
