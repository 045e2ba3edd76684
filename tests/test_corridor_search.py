"""Searches against enumeration: shortest, k shortest, alternatives of limited overlap, rules as infinite weights."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equidistance.corridors.search import Arcs, Way

EXACT = 1e-9  # sums of a dozen floats in different order

Graph = tuple[np.ndarray, np.ndarray, np.ndarray, int]


def graph(seed: int, nodes: int = 7, arcs: int = 18) -> Graph:
    """A random directed graph with parallel arcs: tail, head, weight."""
    rng = np.random.default_rng(seed)
    tail = rng.integers(0, nodes, arcs)
    head = (tail + rng.integers(1, nodes, arcs)) % nodes
    return tail, head, rng.uniform(1, 10, arcs), nodes


def simple_paths(found: Graph, start: int, goal: int) -> list[tuple[float, tuple[int, ...]]]:
    """Every simple way by its nodes with the cheapest arc between neighbours, by weight: exhaustive search."""
    tail, head, weight, _ = found
    best: dict[tuple[int, int], float] = {}
    for a, b, w in zip(tail.tolist(), head.tolist(), weight.tolist(), strict=True):
        if np.isfinite(w):
            best[a, b] = min(w, best.get((a, b), np.inf))
    paths = []
    stack = [((start,), 0.0)]
    while stack:
        nodes, total = stack.pop()
        if nodes[-1] == goal:
            paths.append((total, nodes))
            continue
        stack += [((*nodes, b), total + w) for (a, b), w in best.items() if a == nodes[-1] and b not in nodes]
    return sorted(paths)


def nodes_of(way: Way, tail: np.ndarray, head: np.ndarray) -> tuple[int, ...]:
    arcs = list(way.arcs)
    assert all(head[a] == tail[b] for a, b in pairwise(arcs))
    return (int(tail[arcs[0]]), *(int(head[a]) for a in arcs))


@pytest.mark.parametrize("seed", range(25))
def test_the_shortest_way_is_that_of_enumeration(seed: int) -> None:
    found = graph(seed)
    paths = simple_paths(found, 0, 5)
    way = Arcs(found[0], found[1], found[3]).weigh(found[2]).shortest(0, 5)
    if not paths:
        assert way is None
    else:
        assert way is not None
        assert way.weight == pytest.approx(paths[0][0], rel=EXACT)
        assert nodes_of(way, found[0], found[1]) == paths[0][1]


@pytest.mark.parametrize("seed", range(25))
def test_the_k_shortest_ways_are_those_of_enumeration(seed: int) -> None:
    found = graph(seed)
    paths = simple_paths(found, 0, 5)[:6]
    weighed = Arcs(found[0], found[1], found[3]).weigh(found[2])
    ways = weighed.alternatives(0, 5, 6, np.ones(len(found[0])), 1.0)
    assert [nodes_of(way, found[0], found[1]) for way in ways] == [nodes for _, nodes in paths]
    assert [way.weight for way in ways] == pytest.approx([weight for weight, _ in paths], rel=EXACT)


def greedy(found: Graph, start: int, goal: int, k: int, km: np.ndarray, most: float) -> list[float]:
    """The definition by brute force: the best way over each arc, shortest first, if it shares little enough."""
    tail, head, weight, _ = found
    best: dict[tuple[int, int], int] = {}
    for arc, pair in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
        if pair not in best or weight[arc] < weight[best[pair]]:
            best[pair] = arc
    candidates = [(simple_paths(found, start, goal)[0][0], simple_paths(found, start, goal)[0][1], -1)]
    for arc, (a, b) in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
        there, back = simple_paths(found, start, a), simple_paths(found, b, goal)
        if there and back:
            path = there[0][1] + back[0][1]
            if len(set(path)) == len(path):
                candidates.append((there[0][0] + weight[arc] + back[0][0], path, arc))
    kept: list[tuple[float, set[int]]] = []
    for total, path, over in sorted(candidates):
        arcs = {best[pair] for pair in pairwise(path)}
        if over >= 0:
            arcs = arcs - {best[int(tail[over]), int(head[over])]} | {over}
        length = km[list(arcs)].sum()
        shares = [km[list(arcs & other)].sum() / min(length, km[list(other)].sum()) for _, other in kept]
        if len(kept) < k and all(share <= most + 1e-9 for share in shares):
            kept.append((total, arcs))
    return [total for total, _ in kept]


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("most", [0.0, 0.4, 0.7])
def test_alternatives_are_those_of_the_definition(seed: int, most: float) -> None:
    found = graph(seed, nodes=8, arcs=24)
    km = np.random.default_rng(seed).uniform(1, 5, 24)
    weighed = Arcs(found[0], found[1], found[3]).weigh(found[2])
    ways = weighed.alternatives(0, 5, 4, km, most)
    if weighed.shortest(0, 5) is None:
        assert ways == []
        return
    assert [way.weight for way in ways] == pytest.approx(greedy(found, 0, 5, 4, km, most), rel=EXACT)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), closed=st.sets(st.integers(0, 17), max_size=12))
def test_an_infinite_weight_is_an_arc_that_is_not_there_and_never_improves_a_way(
    seed: int, closed: set[int]
) -> None:
    tail, head, weight, nodes = graph(seed)
    masked = weight.copy()
    masked[list(closed)] = np.inf
    way = Arcs(tail, head, nodes).weigh(masked).shortest(0, 5)
    kept = np.array([arc for arc in range(len(tail)) if arc not in closed], dtype=int)
    rebuilt = Arcs(tail[kept], head[kept], nodes).weigh(weight[kept]).shortest(0, 5) if len(kept) else None
    assert (way is None) == (rebuilt is None)
    if way is not None and rebuilt is not None:
        assert way.weight == pytest.approx(rebuilt.weight, rel=EXACT)
        assert not set(way.arcs) & closed
        free = Arcs(tail, head, nodes).weigh(weight).shortest(0, 5)
        assert free is not None
        assert way.weight >= free.weight - EXACT
