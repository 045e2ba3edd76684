"""Exposure in transit: the share of a state's export cargo whose way leads through a power, from the corridors.

The corridors reach an assessment only here. The share is computed (least-cost ways of observed tonnes under capacities,
over draws of the costs), not observed; it ships in the snapshot, because a computation takes seconds.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from equidistance.ground.states import all_states
from equidistance.indicators.exposures import EXPOSURE_ROWS, Kind

ALL_CARGO = "all"
"""What the corridors call a state's cargo taken together."""

TRANSIT = Kind(
    "transit",
    "the state's export cargo that does not end in the power: the part that passes through it; the rest bypasses it "
    "(computed, not observed)",
    "Mt a year that could pass",
    "Other ways exist where the network has them, longer and with less capacity; a pipeline has one way. "
    "equidistance corridor shock shows what closing one changes.",
    ("corridors",),
    "",
    form="rows",
)
"""The kind; it has no query."""


def compute(powers: Sequence[str]) -> pa.Table:
    """Transit rows of every state whose export demands are kept, in :data:`EXPOSURE_ROWS`.

    Args:
        powers: codes of states and blocs.
    """
    from equidistance.corridors.transit import kept_years, transit_shares

    rows: list[dict[str, Any]] = []
    for state in all_states():
        if state.end is not None or not kept_years(state.code):
            continue
        others = [power for power in powers if power != state.code]
        rows += [
            {
                "state": state.code,
                "power": row["power"],
                "year": row["year"],
                "kind": TRANSIT.name,
                "share": row["share"],
                "amount": row["mt"],
                "detail": f"computed, 90% interval {row['q05']:.0%} to {row['q95']:.0%}",
                "n": 1,
                "source_id": "corridors",
            }
            for row in transit_shares(state.code, others)  # the last year whose tonnes are kept
            if row["cargo"] == ALL_CARGO
        ]
    return pa.Table.from_pylist(rows, schema=EXPOSURE_ROWS)
