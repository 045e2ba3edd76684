"""The network: its tables, the places people name, and what of it is open on a day."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from equidistance.corridors import curated
from equidistance.corridors.curated import DATA
from equidistance.corridors.geometry import SCALE, Floats, decode, great_circle
from equidistance.corridors.schema import COVERAGE, EDGES, NODES, PLACES
from equidistance.errors import AmbiguousName, BadFile, InvalidRequest, StoreError, UnknownName
from equidistance.ground.states import find as find_state
from equidistance.ground.states import fold

FORMAT = 1
MANIFEST = "manifest.json"
TABLES = {
    "nodes": "nodes.parquet",
    "edges": "edges.parquet",
    "places": "places.parquet",
    "basemap": "basemap.json",
}
_SCHEMAS = {"nodes": NODES, "edges": EDGES, "places": PLACES}

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Place:
    """A city, station, port, terminal or field.

    Attributes:
        name: its usual name.
        state: alpha-3 code.
        lon: degrees east.
        lat: degrees north.
        size: inhabitants; 0 when not a city or not known.
        nodes: its node on each layer, railway first; empty when it is off the network.
    """

    name: str
    state: str
    lon: float
    lat: float
    size: int
    nodes: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name}, {self.state}"


@dataclass(frozen=True)
class Closure:
    """Days on which all crossings of a pair of states, by one mode, are closed; ``end`` is the first open day."""

    name: str
    states: frozenset[str]
    mode: str
    start: date
    end: date | None
    source: str

    def holds(self, on: date) -> bool:
        """Whether it is in force on that day."""
        return self.start <= on and (self.end is None or on <= self.end)


class Network:
    """Nodes and edges as columns; edge ``e`` is the two arcs ``e`` (from a to b) and ``e + edges`` (back).

    Attributes:
        a: node at one end, shape (edges,).
        b: node at the other end, shape (edges,).
        km: length, published or calibrated, shape (edges,).
        raw_km: length of the drawn line, shape (edges,).
        mode: one of :data:`equidistance.corridors.schema.MODES`, shape (edges,).
        state: alpha-3 code, of a crossing that of the side of ``a``; empty at sea. Shape (edges,).
        state_b: as ``state``, of a crossing that of the side of ``b``. Shape (edges,).
        manifest: what it was built from.
    """

    def __init__(self, nodes: pa.Table, edges: pa.Table, places: pa.Table, manifest: dict[str, Any]) -> None:
        self.nodes, self.edges, self.place_table, self.manifest = nodes, edges, places, manifest
        self.a: Ints = edges["a"].to_numpy().astype(np.int64)
        self.b: Ints = edges["b"].to_numpy().astype(np.int64)
        self.km: Floats = edges["km"].to_numpy().astype(np.float64)
        self.raw_km: Floats = edges["raw_km"].to_numpy().astype(np.float64)
        self.mode, self.state, self.state_b, self.name = (
            np.array(edges[column].to_pylist(), dtype=object)
            for column in ("mode", "state", "state_b", "name")
        )
        self.opened = edges["opened"].to_pylist()
        self.closed = edges["closed"].to_pylist()
        self.cargo = edges["cargo"].to_pylist()
        self.gauge_a: Ints = edges["gauge_a"].to_numpy().astype(np.int64)
        self.gauge_b: Ints = edges["gauge_b"].to_numpy().astype(np.int64)
        self.capacity: Floats = edges["capacity_mt"].to_numpy(zero_copy_only=False).astype(np.float64)
        self.lon: Floats = nodes["lon"].to_numpy() / SCALE
        self.lat: Floats = nodes["lat"].to_numpy() / SCALE
        self.node_state = np.array(nodes["state"].to_pylist(), dtype=object)
        self.layer = np.array(nodes["layer"].to_pylist(), dtype=object)
        self.node_name = nodes["name"].to_pylist()
        self.closures = _closures()
        if len(self.a) and max(self.a.max(), self.b.max()) >= len(self.lon):
            raise BadFile("The network's edges name nodes that it does not have.", hint="Build it again.")

    def __len__(self) -> int:
        return len(self.a)

    @property
    def tail(self) -> Ints:
        """Node where each arc starts, shape (2 edges,)."""
        return np.concatenate([self.a, self.b])

    @property
    def head(self) -> Ints:
        """Node where each arc ends, shape (2 edges,)."""
        return np.concatenate([self.b, self.a])

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Codes of the states that the network touches."""
        return tuple(sorted({code for code in (*self.state, *self.state_b) if code}))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """All places."""
        return tuple(
            Place(r["name"], r["state"], r["lon"] / SCALE, r["lat"] / SCALE, r["size"], tuple(r["nodes"]))
            for r in self.place_table.to_pylist()
        )

    @cached_property
    def _by_name(self) -> dict[str, list[Place]]:
        index: dict[str, list[Place]] = defaultdict(list)
        for row, place in zip(self.place_table.to_pylist(), self.places, strict=True):
            for name in dict.fromkeys(
                _key(name) for name in (place.name, *row["aliases"].split(";")) if name
            ):
                index[name].append(place)
        return index

    def place(self, name: str) -> Place:
        """The one place that a person means: a name, ``name, state``, or ``latitude, longitude``.

        Of several of one name the one with ten times the inhabitants of the next is meant; a place off the
        network gives way to one on it.

        Raises:
            UnknownName: no place has the name; the choices look alike.
            AmbiguousName: several have it; the choices say how to name each.
        """
        if (spot := _coordinates(name)) is not None:
            return self._at(*spot)
        short, _, of = name.rpartition(",")
        state = find_state(of) if short else None
        found = self._by_name.get(_key(short if state else name), [])
        if state is not None:
            found = [place for place in found if place.state == state.code]
        on_it = [place for place in found if place.nodes] or found
        if len(on_it) > 1:
            on_it = sorted(on_it, key=lambda place: -place.size)
            if on_it[0].size and on_it[0].size >= 10 * on_it[1].size:
                on_it = on_it[:1]
        if len(on_it) == 1:
            return on_it[0]
        if on_it:
            raise AmbiguousName(
                f"{name!r} is the name of {len(on_it)} places.",
                choices=[f"{place} ({place.lat:.2f}, {place.lon:.2f})" for place in on_it],
                hint="Add the state, as in 'Petropavlovsk, KAZ', or give latitude and longitude, as in '54.87, 69.15'.",
            )
        from difflib import get_close_matches

        near = get_close_matches(_key(short if state else name), list(self._by_name), n=5, cutoff=0.7)
        raise UnknownName(
            f"There is no place called {name!r} in the network.",
            choices=list(dict.fromkeys(str(place) for key in near for place in self._by_name[key]))[:8],
            hint="Give another spelling, or latitude and longitude, as in '54.87, 69.15'.",
        )

    def _at(self, lat: float, lon: float) -> Place:
        """The railway node nearest to a point, if it is within 50 km."""
        rail = np.flatnonzero(self.layer == "rail")
        away = self.distances(lon, lat, rail)
        best = int(away.argmin())
        if away[best] > 50:
            raise UnknownName(
                f"There is no railway within 50 km of {lat}, {lon}.",
                choices=[
                    f"{self.lat[rail[best]]:.2f}, {self.lon[rail[best]]:.2f} ({away[best]:.0f} km away)"
                ],
            )
        node = int(rail[best])
        return Place(f"{lat:.2f}, {lon:.2f}", str(self.node_state[node]), lon, lat, 0, (node,))

    def distances(self, lon: float, lat: float, nodes: Ints) -> Floats:
        """Kilometres in a straight line from a point to nodes."""
        return great_circle(
            np.full(len(nodes), lon), np.full(len(nodes), lat), self.lon[nodes], self.lat[nodes]
        )

    def nearest_place(self, node: int) -> str:
        """A name for a node: its own, that of its border crossing, else the nearest place with the distance."""
        if own := self.node_name[node] or self._crossing_at.get(node):
            return str(own)
        lon, lat = self._place_spots
        away = great_circle(np.full(len(lon), self.lon[node]), np.full(len(lon), self.lat[node]), lon, lat)
        best = int(away.argmin())
        near = self.places[best].name
        return near if away[best] < 3 else f"{near} ({away[best]:.0f} km)"

    @cached_property
    def _crossing_at(self) -> dict[int, str]:
        named = np.flatnonzero((self.mode == "crossing") & (self.name != ""))
        return {int(node): str(self.name[e]) for e in named for node in (self.a[e], self.b[e])}

    @cached_property
    def _place_spots(self) -> tuple[Floats, Floats]:
        return np.array([p.lon for p in self.places]), np.array([p.lat for p in self.places])

    def shape(self, edge: int) -> Floats:
        """The drawn line of an edge from a to b, shape (points, 2) in degrees."""
        return decode(self.edges["shape"][edge].as_py())

    def open_on(self, on: date) -> Bools:
        """Which edges exist and are open on a day, shape (edges,).

        Raises:
            InvalidRequest: the day is outside the network's coverage.
        """
        first, last = COVERAGE
        if not first <= on <= last:
            raise InvalidRequest(
                f"The network is kept from {first} to {last}; {on} is outside.",
                choices=[first.isoformat(), last.isoformat()],
                hint="Give a day between these with --on.",
            )
        day = np.datetime64(on, "D")
        start, end = self._spans
        usable: Bools = (start <= day) & (day < end)
        for closure in self.closures:
            if closure.holds(on):
                usable &= ~self.between(closure.states, closure.mode)
        return usable

    @cached_property
    def _spans(self) -> tuple[Any, Any]:
        early, late = np.datetime64("0001-01-01", "D"), np.datetime64("9999-01-01", "D")
        return (
            np.array([early if day is None else np.datetime64(day, "D") for day in self.opened]),
            np.array([late if day is None else np.datetime64(day, "D") for day in self.closed]),
        )

    def touches(self, state: str) -> Bools:
        """Arcs that begin or end in a state, or lie in it; the same array each time, not to be changed."""
        if state not in self._touches:
            here = (self.state == state) | (self.state_b == state)
            self._touches[state] = np.tile(here, 2)
        return self._touches[state]

    @cached_property
    def _touches(self) -> dict[str, Bools]:
        return {}

    def between(self, states: frozenset[str], mode: str = "") -> Bools:
        """Crossings between two states, by one mode if it is given, shape (edges,)."""
        if len(states) != 2:
            return np.zeros(len(self), dtype=bool)
        one, two = states
        pair = ((self.state == one) & (self.state_b == two)) | ((self.state == two) & (self.state_b == one))
        found: Bools = (self.mode == "crossing") & pair
        if mode:
            found &= self.layer[self.a] == mode
        return found


def default_day() -> date:
    """Today, or the last day of the network's coverage."""
    return min(date.today(), COVERAGE[1])


@cache
def load(directory: Path = DATA) -> Network:
    """The network in a directory; by default the one that ships.

    Raises:
        StoreError: there is none.
        BadFile: a file is broken, cut short, or does not belong to the manifest.
    """
    manifest_path = directory / MANIFEST
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise BadFile(
                f"{manifest_path} has format {manifest['format']}; this version reads {FORMAT}.",
                hint="Build it again with: equidistance corridor build --from DIRECTORY --to DIRECTORY",
            )
        digests = dict(manifest["files"])
    except FileNotFoundError as error:
        raise StoreError(
            f"There is no network in {directory}.",
            hint="Build one with: equidistance corridor build --from DIRECTORY --to DIRECTORY",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(
            f"{manifest_path} is not a network's manifest.", hint="Build the network again."
        ) from error
    tables = {name: _table(directory, name, str(digests.get(TABLES[name], ""))) for name in _SCHEMAS}
    return Network(tables["nodes"], tables["edges"], tables["places"], manifest)


def basemap(directory: Path = DATA) -> dict[str, Any]:
    """Outlines of states as GeoJSON, to draw routes on."""
    content: dict[str, Any] = json.loads((directory / TABLES["basemap"]).read_text(encoding="utf-8"))
    return content


def _table(directory: Path, name: str, digest: str) -> pa.Table:
    path = directory / TABLES[name]
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise StoreError(f"There is no file {path}.", hint="Build the network again.") from error
    if sha256(content).hexdigest() != digest:
        raise BadFile(
            f"{path} ({len(content)} bytes) is not the file that the manifest names: cut short or changed.",
            hint="Install the package again, or: equidistance corridor build --from DIRECTORY --to DIRECTORY",
        )
    return pq.read_table(pa.BufferReader(content)).cast(_SCHEMAS[name])


@cache
def _closures() -> tuple[Closure, ...]:
    found = []
    for row in curated.rows("closures.csv"):
        start = curated.day(row["from"], row["line"])
        assert start is not None
        states = frozenset((row["state_a"], row["state_b"]))
        found.append(
            Closure(
                row["name"], states, row["mode"], start, curated.day(row["to"], row["line"]), row["source"]
            )
        )
    return tuple(found)


def _key(name: str) -> str:
    """Names are compared without case, accents, punctuation and blanks: Xi'an is Xian."""
    return fold(name).replace(" ", "")


def _coordinates(text: str) -> tuple[float, float] | None:
    parts = text.split(",")
    if len(parts) != 2:
        return None
    try:
        lat, lon = (float(part) for part in parts)
    except ValueError:
        return None
    return (lat, lon) if -90 <= lat <= 90 and -180 <= lon <= 180 else None
