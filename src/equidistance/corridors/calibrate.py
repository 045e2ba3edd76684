"""Drawn lines are shorter than rails: a factor for each state from published lengths."""

from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from equidistance.corridors import curated
from equidistance.errors import BadFile

LEAST, MOST = 1.0, 1.15
"""A factor beyond these is a sign that the two routes are not the same one."""

OTHERS = "*"
"""The key of the factor for states without a published length: the median of the others."""


def calibrate(
    edges: list[dict[str, Any]], nodes: int, places: list[dict[str, Any]]
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Set the ``km`` of drawn rail edges to raw length times the factor of their state.

    The shortest way by raw length between two places of ``lengths.csv`` is split into drawn and published
    stretches and by state; the factor of the row's state is what makes the whole as long as published, with
    the factors of the other states as found in the rows before.

    Args:
        edges: edge rows, changed in place.
        nodes: number of nodes.
        places: place rows.

    Returns:
        Factor by state, with :data:`OTHERS`; and one row for each published length with what was found.

    Raises:
        BadFile: a published length names a place that is not on the network, or gives an absurd factor.
    """
    where = {(place["name"], place["state"]): place for place in places}
    by_name: dict[str, dict[str, Any]] = {}
    for place in reversed(places):
        by_name.update({name: place for name in (*place["aliases"].split(";"), place["name"]) if name})
    factors: dict[str, float] = {}
    checks = []
    for row in curated.rows("lengths.csv"):
        names = row["stops"].split(";")
        stops = [where.get((name, row["state"])) or by_name.get(name) for name in names]
        if not all(stop and stop["nodes"] for stop in stops):
            raise BadFile(f"{row['line']}: one of {', '.join(names)} is not on the railways.")
        drawn: dict[str, float] = {}
        fixed = 0.0
        graph, best = _graph(edges, nodes, set(row["through"].split(";")))
        ends = [stop["nodes"][0] for stop in stops if stop]
        for start, goal in pairwise(ends):
            _, before = dijkstra(graph, indices=start, return_predecessors=True)
            node = goal
            while node != start:
                if before[node] < 0:
                    raise BadFile(f"{row['line']}: no railway leads along {', '.join(names)}.")
                edge = best[int(before[node]), int(node)]
                if edge["source"] == "Natural Earth":
                    drawn[edge["state"]] = drawn.get(edge["state"], 0.0) + edge["raw_km"]
                else:
                    fixed += edge["km"]
                node = int(before[node])
        own = drawn.pop(row["state"])
        others = sum(km * factors.get(state, 1.0) for state, km in drawn.items())
        published = float(row["km"])
        factor = (published - fixed - others) / own
        checks.append(
            {
                "state": row["state"],
                "stops": names,
                "published_km": published,
                "drawn_km": round(own + sum(drawn.values()) + fixed, 1),
                "factor": round(factor, 4),
                "source": row["source"],
                "grade": row["grade"],
            }
        )
        if not LEAST <= factor <= MOST:
            raise BadFile(
                f"{row['line']}: {', '.join(names)} needs the factor {factor:.3f} in {row['state']}.",
                hint=f"Drawn routes are {LEAST} to {MOST} times too short; check the length or the places.",
            )
        factors[row["state"]] = factor
    factors[OTHERS] = median(factors.values())
    for edge in edges:
        if edge["mode"] == "rail" and edge["source"] == "Natural Earth":
            edge["km"] = edge["raw_km"] * factors.get(edge["state"], factors[OTHERS])
    return factors, checks


def _graph(
    edges: list[dict[str, Any]], nodes: int, through: set[str]
) -> tuple[Any, dict[tuple[int, int], dict[str, Any]]]:
    """Railways of some states by raw length, and the edge between each pair of nodes."""
    best: dict[tuple[int, int], dict[str, Any]] = {}
    for edge in edges:
        if edge["mode"] in ("rail", "crossing") and {edge["state"], edge["state_b"]} <= through:
            for pair in ((edge["a"], edge["b"]), (edge["b"], edge["a"])):
                if pair not in best or edge["raw_km"] < best[pair]["raw_km"]:
                    best[pair] = edge
    raw = np.array([max(edge["raw_km"], 1e-6) for edge in best.values()])
    pairs = np.array(list(best))
    return csr_array((raw, (pairs[:, 0], pairs[:, 1])), shape=(nodes, nodes)), best
