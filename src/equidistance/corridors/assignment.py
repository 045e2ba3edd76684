"""What an assignment holds: parts of demands by way, what is scarce, and shares by corridor, as tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.corridors.answer import states_of
from equidistance.corridors.demands import Demand
from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Network
from equidistance.corridors.rules import members
from equidistance.ground.blocs import resolve_power
from equidistance.tables import Table

FULL = 1e-6
"""Million tonnes a year; less than this is rounding."""

CORRIDORS = {
    "Northern": "passes Russia on the way between other states",
    "Middle": "crosses the Caspian Sea, not Russia",
    "Southern": "passes Iran, neither Russia nor the Caspian Sea",
    "Sea": "none of these, and most of it by sea",
    "Direct": "none of these, and most of it by land",
}


def corridor_of(network: Network, arcs: Sequence[int]) -> str:
    """The corridor of a way: the first of :data:`CORRIDORS` that fits; its ends do not count as passed."""
    states = states_of(network, arcs)
    edges = np.asarray(arcs) % len(network)
    inner = set(states) - {states[0], states[-1]}
    caspian = (network.layer[network.a[edges]] == "caspian") & (network.layer[network.b[edges]] == "caspian")
    if "RUS" in inner:
        return "Northern"
    if caspian.any():
        return "Middle"
    if "IRN" in inner:
        return "Southern"
    at_sea = np.isin(network.mode[edges], ("sea", "ferry"))
    return "Sea" if network.km[edges][at_sea].sum() > network.km[edges].sum() / 2 else "Direct"


@dataclass(frozen=True)
class FlowRoute:
    """A part of a demand on one way.

    Attributes:
        demand: number of the demand.
        arcs: the network's arcs in order.
        mt: million tonnes a year.
        usd_tonne: weight of the way, dollars a tonne (hours or kilometres if these are weighed).
        states: states in order.
        corridor: the corridor it belongs to.
    """

    demand: int
    arcs: tuple[int, ...]
    mt: float
    usd_tonne: float
    states: tuple[str, ...]
    corridor: str


@dataclass(frozen=True)
class Assignment:
    """Flows of least cost.

    Attributes:
        network: the network.
        on: the day.
        weigh: what was minimised.
        demands: what was asked for.
        routes: parts of demands by way.
        unserved: million tonnes that found no way, shape (demands,).
        cost: million a year, of all that was served, in what was weighed.
        penalty: price of a tonne that stays at home.
        flow: million tonnes a year on each edge, both ways together, shape (edges,).
        full: edges and quotas at their capacity: name, Mt, and what one more tonne a year is worth.
        rounds: how many times ways were generated.
    """

    network: Network = field(repr=False)
    on: date
    weigh: str
    demands: tuple[Demand, ...]
    routes: tuple[FlowRoute, ...]
    unserved: Floats
    cost: float
    penalty: float
    flow: Floats = field(repr=False)
    full: tuple[tuple[str, float, float], ...]
    rounds: int

    @property
    def objective(self) -> float:
        """Cost with the price of what stays at home, million a year."""
        return self.cost + self.penalty * float(self.unserved.sum())

    @property
    def served(self) -> float:
        """Million tonnes a year that go."""
        return sum(route.mt for route in self.routes)

    def through(self, power: str) -> tuple[float, float]:
        """Million tonnes that pass a state's or bloc's territory, of those that neither start nor end there."""
        codes = members((resolve_power(power).code,), self.on)
        others = [route for route in self.routes if not codes & {route.states[0], route.states[-1]}]
        passing = sum(route.mt for route in others if codes & set(route.states))
        return passing, sum(route.mt for route in others)

    def share_through(self, power: str) -> float:
        """Share of the served tonnes that pass a state's territory without starting or ending there."""
        passing, total = self.through(power)
        return passing / total if total else float("nan")

    @property
    def shares(self) -> Table:
        """Tonnes and share of each corridor."""
        amount: dict[str, float] = {}
        for route in self.routes:
            amount[route.corridor] = amount.get(route.corridor, 0.0) + route.mt
        total = sum(amount.values())
        rows = [
            {"corridor": name, "mt": round(mt, 6), "share": round(mt / total, 6)}
            for name, mt in sorted(amount.items(), key=lambda pair: -pair[1])
        ]
        schema = pa.schema([("corridor", pa.string()), ("mt", pa.float64()), ("share", pa.float64())])
        units = {"mt": "million tonnes a year", "share": "of what is served"}
        return Table("Shares by corridor", pa.Table.from_pylist(rows, schema=schema), units)

    @property
    def table(self) -> Table:
        """One row for each demand and way."""
        rows: list[dict[str, Any]] = [
            {
                "from": self.demands[route.demand].origin,
                "to": self.demands[route.demand].destination,
                "cargo": self.demands[route.demand].cargo,
                "corridor": route.corridor,
                "states": " ".join(route.states),
                "mt": round(route.mt, 6),
                "per_tonne": round(route.usd_tonne, 2),
            }
            for route in self.routes
        ]
        rows += [
            {
                "from": demand.origin,
                "to": demand.destination,
                "cargo": demand.cargo,
                "corridor": "none",
                "states": "",
                "mt": round(float(left), 6),
                "per_tonne": None,
            }
            for demand, left in zip(self.demands, self.unserved, strict=True)
            if left > FULL
        ]
        schema = pa.schema(
            [(name, pa.string()) for name in ("from", "to", "cargo", "corridor", "states")]
            + [("mt", pa.float64()), ("per_tonne", pa.float64())]
        )
        units = {
            "mt": "million tonnes a year",
            "per_tonne": "dollars a tonne, or hours or km if these are weighed",
        }
        return Table("Flows", pa.Table.from_pylist(rows, schema=schema), units)

    @property
    def bottlenecks(self) -> Table:
        """What is at capacity, and what one more tonne a year would save."""
        rows = [
            {"link": name, "mt": round(mt, 4), "worth_of_one_tonne": round(worth, 3)}
            for name, mt, worth in self.full
        ]
        schema = pa.schema(
            [("link", pa.string()), ("mt", pa.float64()), ("worth_of_one_tonne", pa.float64())]
        )
        return Table(
            "Bottlenecks",
            pa.Table.from_pylist(rows, schema=schema),
            {"mt": "capacity, million tonnes a year"},
        )
