"""The network with one thing more, to ask what it would be worth."""

from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.corridors.network import Network, Place
from equidistance.corridors.routes import node_of
from equidistance.errors import InvalidRequest


def with_line(
    network: Network, start: Place, goal: Place, km: float, *, capacity_mt: float | None = None
) -> Network:
    """The network with one more railway between two places, as if it were there on any day.

    Raises:
        InvalidRequest: a length that is not positive, or a place without railway; two states need a crossing, which
            is made with it.
    """
    if not 0 < km < 20_000:
        raise InvalidRequest(f"A line of {km} km cannot be added.", hint="Give its length in kilometres.")
    ends = [node_of(network, place, "container") for place in (start, goal)]
    name = f"{start.name} - {goal.name} (added)"
    straight = [network.lon[ends[0]], network.lat[ends[0]], network.lon[ends[1]], network.lat[ends[1]]]
    shape = [round(v * 10_000) for v in (*straight[:2], straight[2] - straight[0], straight[3] - straight[1])]
    gauges = [_gauge_at(network, node) for node in ends]
    states = [str(network.node_state[node]) for node in ends]
    row: dict[str, Any] = dict.fromkeys(network.edges.schema.names)
    row |= {
        "mode": "rail",
        "state": states[0],
        "state_b": states[0],
        "name": name,
        "raw_km": km,
        "km": km,
        "gauge_a": gauges[0],
        "gauge_b": gauges[0],
        "operator": "",
        "cargo": "",
        "capacity_mt": capacity_mt,
        "source": "added",
        "grade": "E",
        "a": ends[0],
        "b": ends[1],
        "shape": shape,
    }
    rows: list[dict[str, Any]] = [row]
    nodes = network.nodes
    if states[0] != states[1] or gauges[0] != gauges[1]:
        first = len(network.lon)
        spot = {
            "lon": int(straight[2] * 10_000),
            "lat": int(straight[3] * 10_000),
            "state": states[0],
            "layer": "rail",
            "name": "",
        }
        nodes = pa.concat_tables([nodes, pa.Table.from_pylist([spot], schema=nodes.schema)])
        row["b"] = first
        mode = "crossing" if states[0] != states[1] else "transfer"
        rows.append(
            {
                **row,
                "mode": mode,
                "state_b": states[1],
                "a": first,
                "b": ends[1],
                "km": 0.0,
                "raw_km": 0.0,
                "gauge_b": gauges[1],
                "name": f"{name} {mode}",
                "shape": [*shape[:2], 0, 0],
            }
        )
    edges = pa.concat_tables([network.edges, pa.Table.from_pylist(rows, schema=network.edges.schema)])
    return Network(nodes, edges, network.place_table, network.manifest)


def _gauge_at(network: Network, node: int) -> int:
    here = np.flatnonzero(((network.a == node) | (network.b == node)) & (network.mode == "rail"))
    return int(network.gauge_a[here[0]]) if len(here) else 0
