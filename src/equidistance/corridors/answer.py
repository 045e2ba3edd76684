"""What an answer holds: routes with their legs and crossings, as tables and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.corridors.costs import UNIT, Shipment
from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Network, Place
from equidistance.corridors.rules import Rule
from equidistance.tables import Table


@dataclass(frozen=True)
class Leg:
    """A stretch by one mode in one state.

    Attributes:
        mode: rail, sea, ferry, inland, oil, gas, or transfer.
        state: alpha-3 code; empty at sea.
        start: where it begins.
        end: where it ends.
        km: length.
        names: lines and services that have a name.
    """

    mode: str
    state: str
    start: str
    end: str
    km: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class Crossing:
    """A border, or a change of gauge within a state.

    Attributes:
        name: of the crossing, or the place nearest to it.
        left: state that is left.
        entered: state that is entered.
        lon: degrees east.
        lat: degrees north.
        gauges: mm before and after; 0 where there are none.
        gauge_break: whether the two differ.
    """

    name: str
    left: str
    entered: str
    lon: float
    lat: float
    gauges: tuple[int, int]
    gauge_break: bool


@dataclass(frozen=True)
class Route:
    """One way, with what it takes.

    Attributes:
        arcs: the network's arcs, in order.
        states: states in the order of the way, each once.
        km: length; published or calibrated where it could be.
        raw_km: length of the drawn lines.
        km_by_state: kilometres by alpha-3 code; ``sea`` for the sea.
        days: mean, q05, q95.
        usd: mean, q05, q95, for one unit.
        kg_co2: mean, q05, q95, for one unit.
        generalised: dollars with the worth of time: mean, q05, q95.
        spread: the 90% interval of days as a part of the mean: how unreliable it is.
        legs: stretches by mode and state.
        crossings: borders and changes of gauge.
        violated: rules it breaks, each as one line; empty when rules are enforced.
        draws: hours, usd, kg_co2, generalised, each of shape (draws,).
    """

    arcs: tuple[int, ...]
    states: tuple[str, ...]
    km: float
    raw_km: float
    km_by_state: dict[str, float]
    days: dict[str, float]
    usd: dict[str, float]
    kg_co2: dict[str, float]
    generalised: dict[str, float]
    spread: float
    legs: tuple[Leg, ...]
    crossings: tuple[Crossing, ...]
    violated: tuple[str, ...]
    draws: dict[str, Floats] = field(repr=False)

    @property
    def gauge_breaks(self) -> int:
        """How often the gauge changes."""
        return sum(crossing.gauge_break for crossing in self.crossings)


@dataclass(frozen=True)
class Answer:
    """Routes between two places.

    Attributes:
        start: where from.
        goal: where to.
        stops: places it must pass.
        on: the day.
        shipment: what is sent.
        weigh: what the search minimised.
        rules: the rules it was asked under.
        enforced: whether routes had to keep them.
        routes: best first.
        network: the network they lie on.
        note: what one should know about the answer.
    """

    start: Place
    goal: Place
    stops: tuple[Place, ...]
    on: date
    shipment: Shipment
    weigh: str
    rules: tuple[Rule, ...]
    enforced: bool
    routes: tuple[Route, ...]
    network: Network = field(repr=False)
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON shows it; the keys are promised."""
        return {
            "from": _place(self.start),
            "to": _place(self.goal),
            "via": [_place(place) for place in self.stops],
            "on": self.on.isoformat(),
            "cargo": self.shipment.cargo,
            "unit": UNIT[self.shipment.cargo],
            "weigh": self.weigh,
            "rules": [rule.told() for rule in self.rules],
            "enforced": self.enforced,
            "note": self.note,
            "routes": [_route(route) for route in self.routes],
        }

    @property
    def table(self) -> Table:
        """One row for each route."""
        return route_table(self.routes, self.shipment.cargo)

    @property
    def legs(self) -> Table:
        """One row for each leg of each route."""
        rows = [
            {
                "route": number,
                "leg": index,
                "mode": leg.mode,
                "state": leg.state,
                "from": leg.start,
                "to": leg.end,
                "km": round(leg.km, 1),
                "lines": "; ".join(leg.names),
            }
            for number, route in enumerate(self.routes, 1)
            for index, leg in enumerate(route.legs, 1)
        ]
        units = {"km": "kilometres", "state": "alpha-3 code; empty at sea"}
        return Table("Legs", pa.Table.from_pylist(rows), units)


def route_table(routes: Sequence[Route], cargo: str) -> Table:
    """One row for each route: lengths, days, dollars, emissions, borders."""
    rows = [
        {
            "route": number,
            "states": " ".join(route.states),
            "km": round(route.km, 1),
            "raw_km": round(route.raw_km, 1),
            **{f"days_{name}": round(value, 2) for name, value in route.days.items()},
            **{f"usd_{name}": round(value, 2) for name, value in route.usd.items()},
            **{f"kg_co2_{name}": round(value, 2) for name, value in route.kg_co2.items()},
            "generalised_usd": round(route.generalised["mean"], 2),
            "spread": round(route.spread, 3),
            "crossings": len([c for c in route.crossings if c.left != c.entered]),
            "gauge_breaks": route.gauge_breaks,
            "violated": "; ".join(route.violated),
        }
        for number, route in enumerate(routes, 1)
    ]
    unit = UNIT[cargo]
    columns = {
        "km": "kilometres, published or calibrated",
        "raw_km": "kilometres of the drawn lines",
        "days_mean": "days",
        "usd_mean": f"USD for one {unit}",
        "kg_co2_mean": f"kg CO2 for one {unit}",
        "generalised_usd": f"USD for one {unit}, with the worth of time",
        "spread": "90% interval of days / mean",
    }
    return Table("Routes", pa.Table.from_pylist(rows), columns)


def states_of(network: Network, arcs: Sequence[int]) -> tuple[str, ...]:
    """States that a way passes, in order, each once."""
    edges = np.asarray(arcs) % len(network)
    found: list[str] = []
    for arc, edge in zip(arcs, edges, strict=True):
        sides = (str(network.state[edge]), str(network.state_b[edge]))
        found += sides if arc < len(network) else sides[::-1]
    return tuple(dict.fromkeys(code for code in found if code))


def km_by_state(network: Network, arcs: Any) -> dict[str, float]:
    """Kilometres by state of a way; ``sea`` where there is none."""
    edges = arcs % len(network)
    found: dict[str, float] = {}
    for edge in edges:
        if network.km[edge] > 0:
            name = network.state[edge] or "sea"
            found[name] = found.get(name, 0.0) + float(network.km[edge])
    return found


def legs_of(network: Network, arcs: Any) -> tuple[Leg, ...]:
    """A way as stretches by mode and state."""
    tail, head = network.tail, network.head
    edges = arcs % len(network)
    moving = [
        (int(arc), int(edge))
        for arc, edge in zip(arcs, edges, strict=True)
        if network.mode[edge] != "crossing"
    ]
    legs = []
    for (mode, state), group in groupby(
        moving, key=lambda pair: (network.mode[pair[1]], network.state[pair[1]])
    ):
        members = list(group)
        names = tuple(dict.fromkeys(str(network.name[edge]) for _, edge in members if network.name[edge]))
        legs.append(
            Leg(
                str(mode),
                str(state),
                network.nearest_place(int(tail[members[0][0]])),
                network.nearest_place(int(head[members[-1][0]])),
                float(sum(network.km[edge] for _, edge in members)),
                names,
            )
        )
    return tuple(legs)


def crossings_of(network: Network, arcs: Any) -> tuple[Crossing, ...]:
    """The borders and changes of gauge of a way, in its direction."""
    found = []
    for arc in arcs:
        edge = int(arc) % len(network)
        gauges = (int(network.gauge_a[edge]), int(network.gauge_b[edge]))
        breaks = gauges[0] != gauges[1]
        if network.mode[edge] != "crossing" and not (network.mode[edge] == "transfer" and breaks):
            continue
        sides = (str(network.state[edge]), str(network.state_b[edge]))
        if arc >= len(network):
            gauges, sides = gauges[::-1], sides[::-1]
        node = int(network.a[edge])
        name = str(network.name[edge]) or network.nearest_place(node)
        found.append(
            Crossing(name, *sides, float(network.lon[node]), float(network.lat[node]), gauges, breaks)
        )
    return tuple(found)


def _place(place: Place) -> dict[str, Any]:
    return {"name": place.name, "state": place.state, "lat": round(place.lat, 4), "lon": round(place.lon, 4)}


def _route(route: Route) -> dict[str, Any]:
    return {
        "states": list(route.states),
        "km": round(route.km, 1),
        "raw_km": round(route.raw_km, 1),
        "km_by_state": {state: round(km, 1) for state, km in route.km_by_state.items()},
        "days": _rounded(route.days),
        "usd": _rounded(route.usd),
        "kg_co2": _rounded(route.kg_co2),
        "generalised": _rounded(route.generalised),
        "spread": round(route.spread, 3),
        "legs": [
            {
                "mode": leg.mode,
                "state": leg.state,
                "from": leg.start,
                "to": leg.end,
                "km": round(leg.km, 1),
                "lines": list(leg.names),
            }
            for leg in route.legs
        ],
        "crossings": [
            {
                "name": c.name,
                "from": c.left,
                "to": c.entered,
                "lat": round(c.lat, 4),
                "lon": round(c.lon, 4),
                "gauge_from": c.gauges[0],
                "gauge_to": c.gauges[1],
                "gauge_break": c.gauge_break,
            }
            for c in route.crossings
        ],
        "violated": list(route.violated),
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
