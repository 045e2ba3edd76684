"""What a network's tables hold: nodes, edges, places, and the manifest that says from what they were built."""

from datetime import date

import pyarrow as pa

MODES = ("rail", "road", "sea", "ferry", "inland", "oil", "gas", "crossing", "transfer")
"""How an edge moves cargo. ``crossing`` joins the two sides of a border, ``transfer`` two modes at a terminal."""

CARGOES = ("container", "grain", "oil", "gas")
"""What is carried. One unit is a 40-foot container (FEU) for containers, a tonne for the others."""

CARRIES: dict[str, tuple[str, ...]] = {
    "rail": ("container", "grain", "oil"),
    "road": ("container", "grain"),
    "sea": ("container", "grain", "oil"),
    "ferry": ("container", "grain", "oil"),
    "inland": ("container", "grain", "oil"),
    "oil": ("oil",),
    "gas": ("gas",),
}
"""Which cargo a mode takes, unless the edge itself says less."""

TONNES_PER_UNIT = {"container": 20.0, "grain": 1.0, "oil": 1.0, "gas": 1.0}
"""Tonnes of goods in one unit; the CAREC reports count 20 t per container."""

COVERAGE = (date(2000, 1, 1), date(2025, 12, 31))
"""First and last day for which the network's dates are kept."""

NODES = pa.schema(
    [
        pa.field("lon", pa.int32(), nullable=False),  # 1e-4 degrees
        pa.field("lat", pa.int32(), nullable=False),
        pa.field("state", pa.string(), nullable=False),  # alpha-3; empty at sea
        pa.field("layer", pa.string(), nullable=False),  # rail, road, inland, sea, caspian, oil, gas
        pa.field("name", pa.string(), nullable=False),
    ]
)

EDGES = pa.schema(
    [
        pa.field("a", pa.int32(), nullable=False),
        pa.field("b", pa.int32(), nullable=False),
        pa.field("mode", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),  # of a crossing: the side of a
        pa.field("state_b", pa.string(), nullable=False),  # of a crossing: the side of b; else as state
        pa.field("name", pa.string(), nullable=False),
        pa.field("raw_km", pa.float32(), nullable=False),  # measured on the drawn line
        pa.field("km", pa.float32(), nullable=False),  # published, or raw times the state's factor
        pa.field("gauge_a", pa.int16(), nullable=False),  # mm; 0 where there is none
        pa.field("gauge_b", pa.int16(), nullable=False),
        pa.field("opened", pa.date32()),
        pa.field("closed", pa.date32()),
        pa.field("operator", pa.string(), nullable=False),
        pa.field("cargo", pa.string(), nullable=False),  # list with semicolons; empty: what the mode takes
        pa.field("capacity_mt", pa.float32()),  # million tonnes a year, both ways together
        pa.field("hours", pa.list_(pa.float32())),  # low, usual, high, where the edge has its own
        pa.field("wait_hours", pa.float32()),  # mean interval of sailings
        pa.field("usd_unit", pa.list_(pa.float32())),  # low, usual, high a container
        pa.field("usd_tonne", pa.list_(pa.float32())),
        pa.field("source", pa.string(), nullable=False),
        pa.field("grade", pa.string(), nullable=False),  # A sourced ... E general knowledge
        pa.field("shape", pa.list_(pa.int32())),  # lon, lat, then differences; 1e-4 degrees
    ]
)

PLACES = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("aliases", pa.string(), nullable=False),  # with semicolons
        pa.field("state", pa.string(), nullable=False),
        pa.field("lon", pa.int32(), nullable=False),
        pa.field("lat", pa.int32(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),  # inhabitants, or 0
        pa.field("nodes", pa.list_(pa.int32()), nullable=False),  # one for each layer it is on
    ]
)
