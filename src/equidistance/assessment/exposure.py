"""What a state depends on a power for, as plain shares: read off the indicator rows, never modelled."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import InvalidRequest

KINDS = {"export_share": "exports", "import_share": "imports", "shared_memberships": "shared memberships"}
"""Indicators that are shares, and what the share is of."""

EXPOSURE_SCHEMA = pa.schema(
    [
        pa.field("power", pa.string(), nullable=False),
        pa.field("period", pa.date32(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),
        pa.field("n", pa.int32(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
    ]
)


def exposure_table(rows: pa.Table) -> pa.Table:
    """Turn one state's indicator rows back into shares.

    Exports and imports are shares of the state's trade with the world (``exp`` of the value), shared
    memberships of the organisations it belongs to (inverse logit). The indicators' smoothing stays in: a
    recorded zero is a share just above zero. What has no row has no share; shares of a bloc and of its
    members overlap and do not add up.

    Args:
        rows: indicator rows of one state, with the columns of
            :data:`equidistance.indicators.declare.INDICATOR_SCHEMA`; other indicators are left out.

    Returns:
        Columns power, period (date), kind (one of :data:`KINDS`' values), share (0 to 1), n (raw records) and
        source_id, ordered by kind, power and period.

    Raises:
        InvalidRequest: the rows belong to several states.
    """
    states = pc.unique(rows["state"]).to_pylist()
    if len(states) > 1:
        raise InvalidRequest("Exposure is of one state.", choices=sorted(states))
    rows = rows.filter(pc.is_in(rows["indicator"], value_set=pa.array(list(KINDS))))
    names = rows["indicator"].to_pylist()
    value = rows["value"].to_numpy()
    is_logit = np.array([name == "shared_memberships" for name in names], dtype=bool)
    share = np.where(is_logit, 1 / (1 + np.exp(-value)), np.exp(np.where(is_logit, 0.0, value)))
    table = pa.table(
        {
            "power": rows["power"],
            "period": rows["period"],
            "kind": pa.array([KINDS[name] for name in names], pa.string()),
            "share": pa.array(share, pa.float64()),
            "n": rows["n"],
            "source_id": rows["source_id"],
        }
    )
    return table.cast(EXPOSURE_SCHEMA).sort_by(
        [("kind", "ascending"), ("power", "ascending"), ("period", "ascending")]
    )
