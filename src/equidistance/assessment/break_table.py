"""Breaks of a state's alignment, and breaks of single indicators, as a table of its assessment."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equidistance.assessment.estimates import ESTIMATE_COLUMNS, from_draws
from equidistance.assessment.inputs import Inputs
from equidistance.assessment.reference import CHANNELS
from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State
from equidistance.models.breaks import Break, own_breaks, state_breaks
from equidistance.models.ensemble import Drawn, loads
from equidistance.tables import Table

BEFORE_AND_AFTER = 12
"""Months before and after a break whose means its change compares."""

NAMED = 4
"""Indicators that ``carried_by`` names, at most."""

_TEXT = pa.string()
SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("power", "power_name", "kind", "channel", "indicator", "title")),
        *((name, pa.date32()) for name in ("period", "earliest", "latest")),
        *((name, pa.float64()) for name in ("probability", "prior")),
        *((name, pa.float64()) for name in ESTIMATE_COLUMNS),
        ("change", pa.float64()),
        ("carried_by", _TEXT),
    ]
)
UNITS = {
    "power": "code of the power",
    "power_name": "name of the power",
    "kind": "state: its alignment jumped; indicator: this indicator alone did",
    "channel": "deed or word",
    "indicator": "the indicator that broke alone; empty for a break of the state",
    "title": "its title",
    "period": "first day of the most probable month; of an indicator: of the first period after the jump",
    "earliest": "first month it may have happened in (90 % interval)",
    "latest": "last month it may have happened in (90 % interval)",
    "probability": "posterior probability of a jump within twelve months, or between the indicator's two readings",
    "prior": "the same before any evidence",
    **ESTIMATE_COLUMNS,
    "mean": "posterior mean of the jump, standard deviations of alignment",
    "change": "mean of the twelve months after minus that of the twelve before, sd; empty for indicators",
    "carried_by": "what each of the indicators that carry most adds to the change (all of them sum to it exactly)",
}


def break_table(
    powers: tuple[State | Bloc, ...], inputs: Inputs, drawn: Drawn, window: NDArray[np.int64]
) -> Table:
    """All breaks that are more probable than not, in the reported months.

    Args:
        powers: the powers.
        inputs: what the model was given.
        drawn: draws of the disturbances.
        window: positions of the reported months.
    """
    rows: list[dict[str, Any]] = []
    reported = np.zeros(inputs.grid.months, dtype=bool)
    reported[window] = True
    for p, power in enumerate(powers):
        found = [*_of_the_state(inputs, drawn, p, reported), *_of_indicators(inputs, drawn, p, reported)]
        found.sort(key=lambda row: (row["kind"] != "state", row["period"], row["channel"], row["indicator"]))
        rows += [{"power": power.code, "power_name": power.name, **row} for row in found]
    return Table("breaks", pa.Table.from_pylist(rows, schema=SCHEMA), UNITS)


def _of_the_state(
    inputs: Inputs, drawn: Drawn, p: int, reported: NDArray[np.bool_]
) -> Iterator[dict[str, Any]]:
    parameters = inputs.parameters
    for c, channel in enumerate(CHANNELS):
        scale = float(np.sqrt(parameters.innovation[c, c]))
        available = inputs.available[:, p] & reported
        step = drawn.step[:, c, :, p]
        for one in state_breaks(step, scale, parameters.tails.innovation, available):
            change, carried = _carried(inputs, p, c, one)
            yield _row(inputs, one) | {
                "kind": "state",
                "channel": channel,
                "indicator": "",
                "title": "",
                "change": change,
                "carried_by": carried,
            }


def _of_indicators(
    inputs: Inputs, drawn: Drawn, p: int, reported: NDArray[np.bool_]
) -> Iterator[dict[str, Any]]:
    observations = inputs.observations
    alone = observations.select(slice(p, p + 1))
    own = drawn.own[inputs.rows_of(p), :, p]
    for k, one in own_breaks(inputs.layout, alone, inputs.parameters, own):
        if not (reported[one.month] and inputs.available[one.month, p]):
            continue
        declared = inputs.grid.indicators[k]
        yield _row(inputs, one) | {
            "kind": "indicator",
            "channel": declared.channel,
            "indicator": declared.name,
            "title": declared.title,
            "change": None,
            "carried_by": declared.name,
        }


def _row(inputs: Inputs, one: Break) -> dict[str, Any]:
    columns = {name: float(values[0]) for name, values in from_draws(one.size[:, None]).items()}
    return {
        "period": inputs.grid.date_of(one.month),
        "earliest": inputs.grid.date_of(one.earliest),
        "latest": inputs.grid.date_of(one.latest),
        "probability": one.probability,
        "prior": one.prior,
        **columns,
    }


def _carried(inputs: Inputs, p: int, c: int, one: Break) -> tuple[float, str]:
    """The change over a break and what the indicators that carry most add to it."""
    months = inputs.grid.months
    before = slice(max(one.earliest - BEFORE_AND_AFTER, 0), max(one.earliest, 1))
    after = slice(min(one.latest, months - 1), min(one.latest + BEFORE_AND_AFTER, months))
    functional = np.zeros((months, len(CHANNELS)))
    functional[after, c] += 1 / (after.stop - after.start)
    functional[before, c] -= 1 / (before.stop - before.start)
    alone = inputs.observations.select(slice(p, p + 1))
    parts, _ = loads(inputs.layout, alone, inputs.ensemble.dyad(inputs.observations, p), functional)
    sums = np.zeros(len(inputs.grid.indicators))
    np.add.at(sums, inputs.slots[inputs.rows_of(p), 1], parts)
    order = np.argsort(-np.abs(sums), kind="stable")[:NAMED]
    total = float(parts.sum())
    texts = [
        f"{inputs.grid.indicators[k].name} {sums[k]:+.2f}"
        for k in order
        if abs(sums[k]) >= 0.05 * abs(total) and sums[k] != 0
    ]
    return total, ", ".join(texts)
