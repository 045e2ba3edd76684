"""Shortest and alternative ways on arcs with weights. Rules are infinite weights: the graph is built once.

The searches themselves are scipy's. What is ours is where rules and alternatives meet them: parallel arcs, of
which only the cheapest open one counts, and alternatives that are allowed to share only so much with a better
one. An alternative is the best way over one more node (a single-via path; Abraham et al. 2013, "Alternative
routes in road networks", ACM JEA 18; with limited overlap as in Chondrogiannis et al. 2020, "Finding k-shortest
paths with limited overlap", VLDB Journal 29). All candidates come from two searches, and how much each shares
with an accepted way is summed along the two trees by pointer doubling, so that k ways cost little more than one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, yen

from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Ints

_FINITE = 1e18  # scipy follows infinite weights unless there is a limit
_LEAST = 1e-9  # scipy takes a weight of zero in a dense row for no arc; crossings have no length
_NOWHERE = -9999


@dataclass(frozen=True)
class Way:
    """Arcs from start to goal, in order, and the sum of their weights."""

    arcs: tuple[int, ...]
    weight: float


class Arcs:
    """The structure of a graph, ready for weights.

    Attributes:
        tail: node where each arc starts, shape (arcs,).
        head: node where each arc ends, shape (arcs,).
        nodes: how many nodes there are.
    """

    def __init__(self, tail: Ints, head: Ints, nodes: int) -> None:
        self.tail, self.head, self.nodes = tail, head, nodes
        self._order, self._first, self._indices, self._indptr = _structure(tail, head, nodes)
        self._back = _structure(head, tail, nodes)
        pair = np.repeat(np.arange(len(self._first)), np.diff(np.append(self._first, len(tail))))
        self._pair_of = np.empty(len(tail), dtype=np.int64)
        self._pair_of[self._order] = pair

    def weigh(self, weights: Floats) -> "Weighed":
        """The graph under some weights; infinite ones are closed arcs."""
        return Weighed(self, np.maximum(weights, _LEAST))


def _structure(tail: Ints, head: Ints, nodes: int) -> tuple[Ints, Ints, NDArray[np.int32], NDArray[np.int32]]:
    """Arcs sorted by ends, where each pair of ends begins, and the CSR structure of the pairs."""
    order = np.lexsort((head, tail))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    first = np.flatnonzero(new)
    indices = head[order][first].astype(np.int32)
    indptr = np.searchsorted(tail[order][first], np.arange(nodes + 1)).astype(np.int32)
    return order, first, indices, indptr


class Weighed:
    """A graph under weights: searches from one start or to one goal."""

    def __init__(self, arcs: Arcs, weights: Floats) -> None:
        self.arcs, self.weights = arcs, weights

    def _matrix(self, *, backward: bool = False) -> Any:
        graph = self.arcs
        order, first, indices, indptr = (
            graph._back
            if backward
            else (
                graph._order,
                graph._first,
                graph._indices,
                graph._indptr,
            )
        )
        data = np.minimum.reduceat(self.weights[order], first) if len(first) else np.zeros(0)
        return csr_array((data, indices, indptr), shape=(graph.nodes, graph.nodes))

    def from_start(self, start: int) -> tuple[Floats, Ints]:
        """Distance and previous node of every node, shape (nodes,); infinite and negative where none leads."""
        return self._search(start, backward=False)

    def to_goal(self, goal: int) -> tuple[Floats, Ints]:
        """Distance to the goal and next node of every node, shape (nodes,)."""
        return self._search(goal, backward=True)

    def _search(self, node: int, *, backward: bool) -> tuple[Floats, Ints]:
        distance, other = dijkstra(
            self._matrix(backward=backward), indices=node, return_predecessors=True, limit=_FINITE
        )
        return distance, np.where(np.isfinite(distance), other, _NOWHERE).astype(np.int64)

    def best_arc(self, tails: Ints, heads: Ints) -> Ints:
        """The cheapest arc between each pair of neighbours, shape as given."""
        graph = self.arcs
        keys = graph.tail[graph._order][graph._first] * graph.nodes + graph.head[graph._order][graph._first]
        pair = np.searchsorted(keys, tails * graph.nodes + heads)
        start = graph._first[pair]
        end = np.append(graph._first, len(graph.tail))[pair + 1]
        found = graph._order[start]
        for index in np.flatnonzero(end - start > 1):
            options = graph._order[start[index] : end[index]]
            found[index] = options[np.argmin(self.weights[options])]
        return found

    def shortest(self, start: int, goal: int) -> Way | None:
        """The best way, or None when none is open."""
        distance, before = self.from_start(start)
        if not np.isfinite(distance[goal]):
            return None
        return self._way(_walk(before, goal)[::-1])

    def way_to(self, before: Ints, goal: int) -> Way:
        """The way along the tree of :meth:`from_start`."""
        return self._way(_walk(before, goal)[::-1])

    def _way(self, nodes: list[int]) -> Way:
        stops = np.array(nodes, dtype=np.int64)
        arcs = self.best_arc(stops[:-1], stops[1:])
        return Way(tuple(int(arc) for arc in arcs), float(self.weights[arcs].sum()))

    def shortest_k(self, start: int, goal: int, k: int) -> list[Way]:
        """The k best simple ways, however alike (Yen 1971, scipy's)."""
        matrix = self._matrix()
        open_ = np.isfinite(matrix.data)
        rows = np.repeat(np.arange(self.arcs.nodes), np.diff(matrix.indptr))[open_]
        starts = np.searchsorted(rows, np.arange(self.arcs.nodes + 1)).astype(np.int32)
        thin = csr_array((matrix.data[open_], matrix.indices[open_], starts), shape=matrix.shape)
        if start == goal:
            return [Way((), 0.0)]
        distances, before = yen(thin, start, goal, k, return_predecessors=True)
        return [self._way(_walk(row, goal)[::-1]) for row in before[: len(distances)]]

    def alternatives(self, start: int, goal: int, k: int, km: Floats, max_shared: float) -> list[Way]:
        """Up to k ways, best first, none sharing more than a part of its length with a better one.

        Args:
            start: node.
            goal: node.
            k: how many.
            km: length of each arc, shape (arcs,).
            max_shared: greatest shared length as a part of the shorter way of the two, from 0 up to 1; at 1 the
                k best simple ways are given instead.

        Returns:
            The best way, then each time the best of the ways over one arc that shares little enough with all before.
        """
        if max_shared >= 1:
            return self.shortest_k(start, goal, k)
        forward, before = self.from_start(start)
        backward, after = self.to_goal(goal)
        if not np.isfinite(forward[goal]):
            return []
        tail, head = self.arcs.tail, self.arcs.head
        into = self._tree_arcs(before, into=True)
        out = self._tree_arcs(after, into=False)
        lengths = np.append(km, 0.0)
        length = _along(before, lengths[into])[tail] + km + _along(after, lengths[out])[head]
        total = forward[tail] + self.weights + backward[head]
        total[~np.isfinite(total)] = np.inf
        found = [self.way_to(before, goal)]
        while len(found) < k:
            latest = list(found[-1].arcs)
            on_it = np.zeros(len(km) + 1)
            on_it[latest] = km[latest]
            shared = _along(before, on_it[into])[tail] + on_it[:-1] + _along(after, on_it[out])[head]
            own = float(km[latest].sum())
            total[shared > max_shared * np.minimum(length, own) + _LEAST] = np.inf
            way = self._next(total, before, after, into, out)
            if way is None:
                break
            found.append(way)
        return found

    def _next(self, total: Floats, before: Ints, after: Ints, into: Ints, out: Ints) -> Way | None:
        """The best of the candidate arcs' ways that passes no node twice; the others' totals become infinite."""
        while True:
            arc = int(total.argmin())
            if not np.isfinite(total[arc]):
                return None
            total[arc] = np.inf
            there = _walk(before, int(self.arcs.tail[arc]))[::-1]
            back = _walk(after, int(self.arcs.head[arc]))
            if len(set(there + back)) == len(there) + len(back):
                arcs = [
                    *(int(into[node]) for node in there[1:]),
                    arc,
                    *(int(out[node]) for node in back[:-1]),
                ]
                return Way(tuple(arcs), float(self.weights[arcs].sum()))

    def _tree_arcs(self, other: Ints, *, into: bool) -> Ints:
        """For each node the arc of the tree that joins it to the node nearer to the root; one past the last if none."""
        joined = np.flatnonzero(other >= 0)
        found = np.full(self.arcs.nodes, len(self.arcs.tail), dtype=np.int64)
        ends = (other[joined], joined) if into else (joined, other[joined])
        found[joined] = self.best_arc(*ends)
        return found


def _walk(other: Ints, node: int) -> list[int]:
    """From a node along a tree to its root."""
    nodes = [node]
    while other[node] >= 0:
        node = int(other[node])
        nodes.append(node)
    return nodes


def _along(other: Ints, own: Floats) -> Floats:
    """Sum of a value over each node's way to the root of a tree, by pointer doubling, shape (nodes,)."""
    rooted = np.where(other >= 0, other, np.arange(len(other)))
    total = np.where(other >= 0, own, 0.0)
    while (rooted != rooted[rooted]).any():
        total = total + total[rooted]
        rooted = rooted[rooted]
    return total
