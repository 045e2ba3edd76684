"""Small networks for tests: a few nodes and edges written by hand, or drawn at random."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.corridors.network import Network
from equidistance.corridors.schema import EDGES, NODES, PLACES


def network(
    nodes: Sequence[tuple[str, str]], edges: Sequence[dict[str, Any]], layer: str = "rail"
) -> Network:
    """A network of named places (name, state) in a row, one degree apart, and edges between them by name."""
    number = {name: index for index, (name, _) in enumerate(nodes)}
    spots = [
        {"lon": 500_000 + 10_000 * i, "lat": 500_000, "state": state, "layer": layer, "name": name}
        for i, (name, state) in enumerate(nodes)
    ]
    rows = []
    for edge in edges:
        a, b = number[edge["a"]], number[edge["b"]]
        state = edge.get("state", nodes[a][1])
        row: dict[str, Any] = {
            "mode": "rail",
            "name": "",
            "km": 100.0,
            "gauge_a": 1520,
            "gauge_b": 1520,
            "opened": None,
            "closed": None,
            "operator": "",
            "cargo": "",
            "capacity_mt": None,
            "hours": None,
            "wait_hours": None,
            "usd_unit": None,
            "usd_tonne": None,
            "source": "test",
            "grade": "E",
            "shape": [500_000 + 10_000 * a, 500_000, 10_000 * (b - a), 0],
            **edge,
            "a": a,
            "b": b,
            "state": state,
        }
        row.setdefault("state_b", nodes[b][1] if row["mode"] == "crossing" else state)
        row.setdefault("raw_km", row["km"])
        rows.append(row)
    places = [
        {
            "name": name,
            "aliases": "",
            "state": state,
            "lon": s["lon"],
            "lat": s["lat"],
            "size": 0,
            "nodes": [i],
        }
        for i, ((name, state), s) in enumerate(zip(nodes, spots, strict=True))
    ]
    return Network(
        pa.Table.from_pylist(spots, schema=NODES),
        pa.Table.from_pylist(rows, schema=EDGES),
        pa.Table.from_pylist(places, schema=PLACES),
        {"sources": []},
    )


def crossing(a: str, b: str, **more: Any) -> dict[str, Any]:
    """A border between two named nodes."""
    return {"a": a, "b": b, "mode": "crossing", "km": 0.0, **more}


def random_network(seed: int, nodes: int = 9, edges: int = 16, limits: bool = True) -> Network:
    """Railways in one state with random lengths, some of them with a capacity."""
    rng = np.random.default_rng(seed)
    names = [(f"n{i}", "KAZ") for i in range(nodes)]
    pairs = {(i, i + 1) for i in range(nodes - 1)}  # connected
    while len(pairs) < edges:
        a, b = sorted(rng.choice(nodes, 2, replace=False).tolist())
        pairs.add((a, b))
    rows = [
        {
            "a": f"n{a}",
            "b": f"n{b}",
            "km": float(rng.integers(50, 500)),
            "name": f"e{i}",
            "capacity_mt": float(rng.uniform(0.5, 3)) if limits and rng.random() < 0.6 else None,
        }
        for i, (a, b) in enumerate(sorted(pairs))
    ]
    return network(names, rows)
