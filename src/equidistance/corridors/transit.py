"""Which share of a state's exports passes each power: observed tonnes on modelled ways.

Tonnes by origin, destination and cargo are kept in ``exports.csv``, each with source and grade. Their ways are
those of least cost under capacities (:mod:`equidistance.corridors.flows`), assigned anew under each draw of the
costs, so that the interval says how far the published ranges of costs carry. A way that a state was forced or
paid to use is not seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from equidistance.corridors import curated
from equidistance.corridors.assignment import Assignment
from equidistance.corridors.costs import DRAWS as MOST_DRAWS
from equidistance.corridors.demands import Demand
from equidistance.corridors.flows import Assigner
from equidistance.corridors.network import Network
from equidistance.corridors.rules import Rule, members
from equidistance.corridors.rules import avoid as avoiding
from equidistance.errors import InvalidRequest
from equidistance.ground.blocs import resolve_power
from equidistance.ground.states import get_state
from equidistance.tables import Table

Progress = Callable[[str, int, int], None]

DRAWS = 20
NEAR = 1
"""Years by which tonnes may be older or younger than the year asked about."""

SCHEMA = pa.schema(
    [
        pa.field("state", pa.string(), nullable=False),
        pa.field("power", pa.string(), nullable=False),
        pa.field("year", pa.int32(), nullable=False),
        pa.field("cargo", pa.string(), nullable=False),
        pa.field("mt", pa.float64(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),
        pa.field("q05", pa.float64(), nullable=False),
        pa.field("q95", pa.float64(), nullable=False),
    ]
)
_ALL = "all"


@dataclass(frozen=True)
class Export:
    """What a state sent from one place to another in a year."""

    state: str
    demand: Demand
    year: int


def exports() -> tuple[Export, ...]:
    """The kept exports.

    Raises:
        BadFile: a row is broken.
    """
    found = []
    for row in curated.rows("exports.csv", curated.DATA):
        tonnes = curated.number(row["tonnes"], row["line"]) or 0.0
        found.append(
            Export(row["state"], Demand(row["from"], row["to"], row["cargo"], tonnes), int(row["year"]))
        )
    return tuple(found)


def kept_years(state: str) -> tuple[int, ...]:
    """Years for which shares can be told, oldest first; none when no exports of the state are kept."""
    code = get_state(state).code
    kept = {export.year for export in exports() if export.state == code}
    return tuple(sorted({year + off for year in kept for off in range(-NEAR, NEAR + 1)}))


def demands_of(state: str, year: int) -> list[Demand]:
    """Exports of a state in the year nearest to one, by cargo; none where the nearest is more than a year away."""
    code = get_state(state).code
    mine = [export for export in exports() if export.state == code and abs(export.year - year) <= NEAR]
    nearest: dict[str, int] = {}
    for export in sorted(mine, key=lambda one: (abs(one.year - year), one.year)):
        nearest.setdefault(export.demand.cargo, export.year)
    return [export.demand for export in mine if nearest[export.demand.cargo] == export.year]


def transit_shares(
    state: str,
    powers: Sequence[str],
    *,
    year: int | None = None,
    demands: Sequence[Demand] | None = None,
    avoid: str = "",
    rules: Sequence[Rule] = (),
    draws: int = DRAWS,
    seed: int = 1,
    network: Network | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Table:
    """Share of a state's exports that passes the territory of each power on its way.

    Cargo that ends in a power is trade with it, not transit: it is in neither part of that power's share.

    Args:
        state: whose exports.
        powers: states or blocs; of a bloc that the state belongs to, its other members count.
        year: the year; the last for which exports are kept.
        demands: what is sent, instead of the kept exports; then ``year`` only sets the day.
        avoid: as for :func:`equidistance.corridors.routes.route`.
        rules: rules to keep.
        draws: draws of the costs; the ways are assigned anew for each.
        seed: of the choice of draws.
        network: the network; the shipped one.
        progress: told the draw.

    Returns:
        Rows with the columns of :data:`SCHEMA`: state, power, year, cargo (``all`` first), mt (million tonnes a
        year that do not end in the power), share (mean of the draws) and its 90% interval. No rows where no
        exports are kept, and none for a cargo that all ends in the power: unknown, not zero.

    Raises:
        UnknownName: a state, power or place that is not known.
        InvalidRequest: too few or too many draws, or a year outside the network's coverage.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise InvalidRequest(f"{draws} draws were asked for.", hint=f"Ask for 1 to {MOST_DRAWS}.")
    code = get_state(state).code
    targets = {power: resolve_power(power).code for power in powers}
    units = {"mt": "million tonnes a year", "share": "of what does not end in the power"}
    years = kept_years(code)
    asked = year if year is not None else (years[-1] - NEAR if years else None)
    wanted = list(demands) if demands is not None else demands_of(code, asked) if asked is not None else []
    if not wanted or asked is None:
        return Table("Transit", SCHEMA.empty_table(), units)
    on = date(asked, 7, 1)
    every = [*avoiding(avoid), *rules]
    assigner = Assigner(wanted, on=on, rules=every, network=network)
    chosen = np.random.default_rng(seed).choice(MOST_DRAWS, size=draws, replace=False)
    found: list[Assignment] = []
    for number, draw in enumerate(chosen):
        progress("Assigning under draws of the costs", number, draws)
        assigner.under(int(draw))
        found.append(assigner.solve())
    rows = []
    for power in targets.values():
        codes = members((power,), on) - {code}
        for cargo in (_ALL, *dict.fromkeys(demand.cargo for demand in wanted)):
            parts = np.array([_parts(one, codes, cargo) for one in found])
            known = parts[:, 1] > 0
            if known.any():
                share = parts[known, 0] / parts[known, 1]
                low, high = np.quantile(share, (0.05, 0.95))
                values = (parts[known, 1].mean(), share.mean(), low, high)
                rows.append((code, power, asked, cargo, *(round(float(value), 6) for value in values)))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in SCHEMA]
    return Table("Transit", pa.table(columns, schema=SCHEMA), units)


def _parts(flows: Assignment, codes: frozenset[str], cargo: str) -> tuple[float, float]:
    """Million tonnes that pass the states, and that do not end there; what finds no way is in neither."""
    routes = [
        route
        for route in flows.routes
        if route.states[-1] not in codes and cargo in (_ALL, flows.demands[route.demand].cargo)
    ]
    return sum(route.mt for route in routes if codes & set(route.states)), sum(route.mt for route in routes)
