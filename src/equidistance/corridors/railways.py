"""Railway lines made into a graph: cut at borders, given a state, joined, cut at stations, and thinned.

Only a build comes here; it needs shapely (the ``network`` extra).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from equidistance.corridors.geometry import Floats, length_km
from equidistance.corridors.upstream import STATE_OF_NE

Key = tuple[int, int, str]
"""A node: longitude and latitude in 1e-6 degrees, and the state, so that a border has a node on each side."""

_SAMPLES = 15  # points along a piece of line that vote about its state
_GAP = 0.002  # degrees; dangling ends nearer to a line than this (about 200 m) are joined to it
_LEAST_KM = 100.0  # of a connected piece of network; shorter ones are museum lines and mines
_TOLERANCE = 0.01  # degrees; the drawn shape keeps to this, the length does not change


@dataclass(frozen=True)
class Piece:
    """A stretch of line within one state."""

    a: Key
    b: Key
    line: Floats
    km: float


@dataclass
class Railways:
    """The graph: pieces, and the places on it that must stay nodes."""

    pieces: list[Piece]
    protected: dict[Key, str] = field(default_factory=dict)


def key(point: Sequence[float], state: str) -> Key:
    """The node at a point in a state."""
    return (round(point[0] * 1e6), round(point[1] * 1e6), state)


class States:
    """Which state a point is in: Natural Earth's polygons, the nearest one for points just off the coast."""

    def __init__(self, countries: list[dict[str, Any]]) -> None:
        from shapely import STRtree
        from shapely.geometry import shape

        parts, self.codes = [], []
        for country in countries:
            code = country["properties"]["ADM0_A3"]
            whole = shape(country["geometry"])
            for part in getattr(whole, "geoms", [whole]):
                parts.append(part)
                self.codes.append(STATE_OF_NE.get(code, code))
        self.tree = STRtree(parts)

    def at(self, points: Any) -> list[str]:
        """The state of each shapely point."""
        found = np.full(len(points), -1)
        inputs, polygons = self.tree.query(points, predicate="within")
        found[inputs] = polygons
        missing = np.flatnonzero(found < 0)
        if len(missing):
            found[missing] = self.tree.nearest(np.asarray(points)[missing])
        return [self.codes[index] for index in found]


def build(lines: list[Floats], states: States, borders: list[dict[str, Any]]) -> Railways:
    """Cut lines at borders, vote on the state of each piece, join what nearly touches, drop fragments."""
    import shapely
    from shapely import STRtree
    from shapely.geometry import LineString, shape
    from shapely.ops import split

    geometries = [LineString(line) for line in lines]
    frontier = [shape(border["geometry"]) for border in borders]
    cutting = defaultdict(list)
    for line, border in zip(*STRtree(frontier).query(geometries, predicate="intersects"), strict=True):
        cutting[line].append(border)
    cut = []
    for index, geometry in enumerate(geometries):
        parts = [geometry]
        for border in cutting[index]:
            parts = [piece for part in parts for piece in split(part, frontier[border]).geoms]
        cut += parts
    shares = np.tile((np.arange(_SAMPLES) + 0.5) / _SAMPLES, len(cut))
    sample = shapely.line_interpolate_point(np.repeat(cut, _SAMPLES), shares, normalized=True)
    votes = np.array(states.at(sample)).reshape(-1, _SAMPLES)
    owners = [Counter(row).most_common(1)[0][0] for row in votes.tolist()]
    pieces = [_piece(np.array(part.coords), owner) for part, owner in zip(cut, owners, strict=True)]
    return Railways(_without_fragments(_joined(pieces)))


def _piece(line: Floats, state: str) -> Piece:
    return Piece(key(line[0], state), key(line[-1], state), line, length_km(line))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Dangling ends that stop just short of another line of the state get a short connecting piece."""
    from shapely import STRtree
    from shapely.geometry import LineString, Point

    degree = Counter(end for piece in pieces for end in (piece.a, piece.b))
    geometries = [LineString(piece.line) for piece in pieces]
    tree = STRtree(geometries)
    railways = Railways(list(pieces))
    anchors, loose = [], []
    for index, piece in enumerate(pieces):
        for end in (piece.a, piece.b):
            if degree[end] > 1:
                continue
            point = Point(end[0] / 1e6, end[1] / 1e6)
            near = [int(j) for j in tree.query(point, predicate="dwithin", distance=_GAP) if j != index]
            near = [j for j in near if pieces[j].a[2] == end[2] and end not in (pieces[j].a, pieces[j].b)]
            if near:
                best = min(near, key=lambda j: geometries[j].distance(point))
                anchors.append((best, geometries[best].project(point)))
                loose.append(end)
    nodes = _cut(railways, anchors)
    joints = [
        _piece(np.array([[a[0], a[1]], [b[0], b[1]]]) / 1e6, a[2])
        for a, b in zip(loose, nodes, strict=True)
        if a != b
    ]
    return railways.pieces + joints


def _cut(railways: Railways, anchors: list[tuple[int, float]]) -> list[Key]:
    """Cut pieces (index, distance along in degrees) and give the node at each cut."""
    from shapely.geometry import LineString
    from shapely.ops import substring

    at: dict[int, list[float]] = defaultdict(list)
    for index, distance in anchors:
        at[index].append(distance)
    nodes: dict[tuple[int, float], Key] = {}
    kept = [piece for index, piece in enumerate(railways.pieces) if index not in at]
    for index, distances in at.items():
        piece = railways.pieces[index]
        line = LineString(piece.line)
        stops = [0.0]
        for distance in sorted(distances):
            near_start, near_end = distance < 1e-5, line.length - distance < 1e-5
            if near_start or near_end:
                nodes[index, distance] = piece.a if near_start else piece.b
                continue
            if distance - stops[-1] > 1e-5:
                stops.append(distance)
            nodes[index, distance] = key(line.interpolate(stops[-1]).coords[0], piece.a[2])
        stops.append(line.length)
        for low, high in pairwise(stops):
            part = np.array(substring(line, low, high).coords)
            first = piece.a if low == 0.0 else key(line.interpolate(low).coords[0], piece.a[2])
            last = piece.b if high == line.length else key(line.interpolate(high).coords[0], piece.a[2])
            kept.append(Piece(first, last, part, length_km(part)))
    railways.pieces = kept
    return [nodes[anchor] for anchor in anchors]


def _without_fragments(pieces: list[Piece]) -> list[Piece]:
    """Leave out connected parts (across borders too) of less than ``_LEAST_KM``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ids: dict[tuple[int, int], int] = {}
    a = [ids.setdefault(piece.a[:2], len(ids)) for piece in pieces]
    b = [ids.setdefault(piece.b[:2], len(ids)) for piece in pieces]
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(ids), len(ids)))
    count, label = connected_components(graph, directed=False)
    total = np.bincount(label[a], weights=[piece.km for piece in pieces], minlength=count)
    return [piece for piece, component in zip(pieces, label[a], strict=True) if total[component] >= _LEAST_KM]


def anchor(
    railways: Railways, points: Sequence[tuple[float, float, str, str]], reach_km: float
) -> list[Key | None]:
    """Make stations: the nearest point of a line in the same state becomes a node.

    Args:
        railways: changed in place.
        points: longitude, latitude, state, name.
        reach_km: beyond this the place is not on the network.

    Returns:
        The node of each point, or None.
    """
    from shapely import STRtree
    from shapely.geometry import LineString, Point

    by_state: dict[str, list[int]] = defaultdict(list)
    for index, piece in enumerate(railways.pieces):
        by_state[piece.a[2]].append(index)
    # Longitudes are shortened by the cosine of the latitude, so that the nearest in degrees is the nearest in km.
    found: list[tuple[int, float] | None] = []
    trees: dict[str, tuple[Any, float]] = {}
    for lon, lat, state, _ in points:
        if state not in by_state:
            found.append(None)
            continue
        if state not in trees:
            middle = float(np.mean([railways.pieces[i].line[:, 1].mean() for i in by_state[state]]))
            squeeze = float(np.cos(np.radians(middle)))
            lines = [LineString(railways.pieces[i].line * [squeeze, 1.0]) for i in by_state[state]]
            trees[state] = (STRtree(lines), squeeze)
        tree, squeeze = trees[state]
        nearest = int(tree.nearest(Point(lon * squeeze, lat)))
        index = by_state[state][nearest]
        line = LineString(railways.pieces[index].line)
        squeezed = tree.geometries[nearest]
        share = squeezed.project(Point(lon * squeeze, lat), normalized=True)
        spot = squeezed.interpolate(share, normalized=True)
        gap = length_km(np.array([[lon, lat], [spot.x / squeeze, spot.y]]))
        distance = line.project(Point(spot.x / squeeze, spot.y))
        found.append((index, distance) if gap <= reach_km else None)
    wanted = [pair for pair in found if pair is not None]
    cut = iter(_cut(railways, wanted))
    nodes = [None if pair is None else next(cut) for pair in found]
    for node, point in zip(nodes, points, strict=True):
        if node is not None:
            railways.protected.setdefault(node, point[3])
    return nodes


def thinned(railways: Railways) -> list[Piece]:
    """The graph without dead ends that no place needs, chains joined to one edge, parallels reduced to the shortest."""
    borders = _borders(railways.pieces)
    keep = set(railways.protected) | borders
    edges: dict[int, Piece] = dict(enumerate(railways.pieces))
    around: dict[Key, set[int]] = defaultdict(set)
    for number, piece in edges.items():
        around[piece.a].add(number)
        around[piece.b].add(number)
    following = len(edges)
    queue = [node for node in around if node not in keep]
    while queue:
        node = queue.pop()
        here = around.get(node, set())
        if node in keep or len(here) > 2 or not here:
            continue
        if len(here) == 1:
            piece = edges.pop(next(iter(here)))
            other = piece.b if piece.a == node else piece.a
            del around[node]
            around[other] -= here
            queue.append(other)
            continue
        first, second = here
        one, two = edges[first], edges[second]
        if one.a == one.b or two.a == two.b:
            continue
        joined = _chain(one, two, node)
        del edges[first], edges[second], around[node]
        for end in (joined.a, joined.b):
            around[end] -= {first, second}
            around[end].add(following)
        edges[following] = joined
        following += 1
        queue += [end for end in (joined.a, joined.b) if end not in keep]
    shortest: dict[tuple[Key, Key], Piece] = {}
    for piece in edges.values():
        pair = (min(piece.a, piece.b), max(piece.a, piece.b))
        if piece.a != piece.b and (pair not in shortest or piece.km < shortest[pair].km):
            shortest[pair] = piece
    return list(shortest.values())


def simplified(line: Floats) -> Floats:
    """A line with only the points that its drawn shape needs."""
    from shapely.geometry import LineString

    found: Floats = np.array(LineString(line).simplify(_TOLERANCE).coords)
    return found


def _borders(pieces: list[Piece]) -> set[Key]:
    """Nodes at whose place another state has a node too."""
    states: dict[tuple[int, int], set[Key]] = defaultdict(set)
    for piece in pieces:
        states[piece.a[:2]].add(piece.a)
        states[piece.b[:2]].add(piece.b)
    return {node for here in states.values() if len(here) > 1 for node in here}


def _chain(one: Piece, two: Piece, node: Key) -> Piece:
    first = one.line if one.b == node else one.line[::-1]
    second = two.line if two.a == node else two.line[::-1]
    start = one.a if one.b == node else one.b
    end = two.b if two.a == node else two.a
    return Piece(start, end, np.concatenate([first, second[1:]]), one.km + two.km)
