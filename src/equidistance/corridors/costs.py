"""What a way costs: hours, dollars, CO2, with ranges; linear in the parameters, so that draws are one product.

Each arc's hours, dollars and grams are a sum of parameters times known amounts (kilometres, crossings). A
parameter is a row of ``parameters.csv``, or the own hours or price of a ferry or terminal, with a low, a usual
and a high value. Uncertainty is that of a triangular distribution over the range, drawn independently for each
parameter; a route's mean and quantiles are those of its draws, and the search minimises exactly these means.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from equidistance.corridors import curated
from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Network
from equidistance.corridors.schema import CARGOES, CARRIES, TONNES_PER_UNIT
from equidistance.errors import BadFile, InvalidRequest
from equidistance.ground.blocs import get_bloc

MEASURES = ("hours", "usd", "kg_co2")
CUSTOMS_UNIONS = ("EAEU", "EU")
UNIT = {"container": "FEU", "grain": "t", "oil": "t", "gas": "t"}
DRAWS, SEED = 1000, 1
_HOURS_A_DAY = 24.0


@dataclass(frozen=True)
class Shipment:
    """What is sent, whose it is, and between which states.

    Attributes:
        cargo: one of :data:`equidistance.corridors.schema.CARGOES`.
        origin: alpha-3 code of the state it comes from.
        destination: alpha-3 code of the state it goes to.
        goods: list it is on, such as ``dual-use``; rules name such lists.
        flag: state of the carrier, when rules ask.
        permits: names of the permits it has.
        roads: whether trucks may take it along main roads too.
    """

    cargo: str
    origin: str
    destination: str
    goods: str = ""
    flag: str = ""
    permits: frozenset[str] = frozenset()
    roads: bool = False

    def __post_init__(self) -> None:
        if self.cargo not in CARGOES:
            raise InvalidRequest(f"{self.cargo!r} is not a cargo.", choices=CARGOES)

    def movement(self, state: str) -> str:
        """What the shipment is to a state: domestic, export, import or transit."""
        if state == self.origin:
            return "domestic" if state == self.destination else "export"
        return "import" if state == self.destination else "transit"


@dataclass(frozen=True)
class Parameter:
    """One row of ``parameters.csv``; ``*`` stands for any."""

    name: str
    mode: str
    state: str
    cargo: str
    movement: str
    low: float
    value: float
    high: float
    unit: str
    year: int
    source: str
    grade: str

    @property
    def label(self) -> str:
        """Name and scope in one word."""
        return ":".join((self.name, self.mode, self.state, self.cargo, self.movement))


@cache
def parameters() -> tuple[Parameter, ...]:
    """The shipped parameters.

    Raises:
        BadFile: a value is negative, or low, usual and high are not in order.
    """
    found = []
    for row in curated.rows("parameters.csv"):
        values = [curated.number(row[name], row["line"]) for name in ("low", "value", "high")]
        if None in values or values != sorted(values, key=lambda value: value or 0.0):
            raise BadFile(f"{row['line']}: low, usual and high are not three numbers in order: {values}.")
        low, value, high = (float(number or 0.0) for number in values)
        found.append(
            Parameter(
                row["name"],
                row["mode"],
                row["state"],
                row["cargo"],
                row["movement"],
                low,
                value,
                high,
                row["unit"],
                int(row["year"]),
                row["source"],
                row["grade"],
            )
        )
    return tuple(found)


@cache
def lookup(name: str, mode: str, state: str, cargo: str, movement: str) -> Parameter | None:
    """The most specific parameter that fits: state before movement before cargo before mode."""
    best: Parameter | None = None
    rank: tuple[bool, ...] = ()
    for row in parameters():
        wanted = ((row.state, state), (row.movement, movement), (row.cargo, cargo), (row.mode, mode))
        if row.name == name and all(own in ("*", asked) for own, asked in wanted):
            here = tuple(own != "*" for own, _ in wanted)
            if best is None or here > rank:
                best, rank = row, here
    return best


@dataclass
class _Terms:
    """A matrix of arcs by parameters while it grows, with the draws of each parameter."""

    arcs: list[Any] = field(default_factory=list)
    columns: list[Any] = field(default_factory=list)
    amounts: list[Any] = field(default_factory=list)
    draws: list[Floats] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)

    def add(self, label: str, arcs: Any, amounts: Any, draw: Callable[[], Floats]) -> None:
        if label not in self.known:
            self.known[label] = len(self.draws)
            self.draws.append(draw())
            self.labels.append(label)
        self.arcs.append(arcs)
        self.columns.append(np.full(len(arcs), self.known[label]))
        self.amounts.append(np.broadcast_to(np.asarray(amounts, dtype=float), len(arcs)))


class Costs:
    """Hours, dollars and CO2 of every arc for one shipment on one day.

    Attributes:
        mean: measure -> mean of every arc, shape (arcs,).
        value_of_time: dollars an hour for one unit, mean.
    """

    def __init__(
        self,
        network: Network,
        shipment: Shipment,
        on: date,
        *,
        freight_factor: Floats | None = None,
        freight_rate: Floats | None = None,
        extra: dict[str, Floats] | None = None,
        draws: int = DRAWS,
        seed: int = SEED,
    ) -> None:
        """Put the matrices together.

        Args:
            network: the network.
            shipment: what is sent.
            on: the day, for customs unions.
            freight_factor: multiplies the freight rate of each arc (tariff rules), shape (arcs,).
            freight_rate: replaces the freight rate where it is a number, dollars a unit-km, shape (arcs,).
            extra: measure -> constant amount on each arc (delays and fees of rules), shape (arcs,).
            draws: how many.
            seed: of the draws; each parameter has its own stream, so that rules do not change the others' draws.
        """
        self.network, self.shipment, self.draws = network, shipment, draws
        self._seed = seed
        self._terms = {measure: _Terms() for measure in MEASURES}
        edges = len(network)
        self._factor = np.ones(2 * edges) if freight_factor is None else freight_factor
        self._rate = np.full(2 * edges, np.nan) if freight_rate is None else freight_rate
        self._moving()
        self._crossings(on)
        self._own()
        for measure, amounts in (extra or {}).items():
            arcs = np.flatnonzero(amounts)
            if len(arcs):
                self._terms[measure].add("rules", arcs, amounts[arcs], lambda: np.ones(draws))
        self._matrix = {measure: self._assemble(terms, 2 * edges) for measure, terms in self._terms.items()}
        self._draw = {measure: np.array(terms.draws) for measure, terms in self._terms.items()}
        self.mean: dict[str, Floats] = {
            measure: self._matrix[measure] @ self._draw[measure].mean(axis=1) for measure in MEASURES
        }
        time = lookup("value_of_time", "*", "*", shipment.cargo, "*")
        assert time is not None
        self._time = self._triangular(time.label, time.low, time.value, time.high)
        self.value_of_time = float(self._time.mean())

    def of(self, arcs: Iterable[int]) -> dict[str, Floats]:
        """Draws of the measures of a route, and of ``generalised`` (dollars with time's worth), shape (draws,)."""
        chosen = np.fromiter(arcs, dtype=np.int64)
        found: dict[str, Floats] = {}
        for measure in MEASURES:
            found[measure] = self._matrix[measure][chosen].sum(axis=0) @ self._draw[measure]
        found["generalised"] = found["usd"] + self._time * found["hours"]
        return found

    def arcs(self, measure: str, draw: int | None = None) -> Floats:
        """A measure, or ``generalised``, of every arc: its mean, or one draw of it. Shape (arcs,)."""
        if measure == "generalised":
            worth = self.value_of_time if draw is None else float(self._time[draw])
            return self.arcs("usd", draw) + worth * self.arcs("hours", draw)
        if draw is None:
            return self.mean[measure]
        found: Floats = self._matrix[measure] @ self._draw[measure][:, draw]
        return found

    def used(self, arcs: Iterable[int]) -> dict[str, dict[str, float]]:
        """Measure -> parameter -> mean contribution to a route; the parts sum to the mean."""
        chosen = np.fromiter(arcs, dtype=np.int64)
        found = {}
        for measure in MEASURES:
            amount = self._matrix[measure][chosen].sum(axis=0) * self._draw[measure].mean(axis=1)
            labels = self._terms[measure].labels
            found[measure] = {labels[i]: float(amount[i]) for i in np.flatnonzero(amount)}
        return found

    # what the matrices are made of

    def _moving(self) -> None:
        """Speed, freight and emissions of arcs with a length, by mode and state."""
        network, cargo = self.network, self.shipment.cargo
        weight = TONNES_PER_UNIT[cargo] / 1000  # grams to kilograms
        own_hours, own_price = (
            self._has("hours"),
            self._has("usd_unit" if cargo == "container" else "usd_tonne"),
        )
        groups: dict[tuple[str, str], list[int]] = {}
        for edge in np.flatnonzero(~np.isin(network.mode, ("crossing", "transfer"))).tolist():
            groups.setdefault((network.mode[edge], network.state[edge]), []).append(edge)
        for (mode, state), members in groups.items():
            if cargo not in CARRIES[mode]:
                continue
            movement = self.shipment.movement(state)
            edges = np.array(members)
            both = np.concatenate([edges, edges + len(network)])
            km = np.tile(network.km[edges], 2)
            self._add("kg_co2", "emissions", mode, state, movement, both, km * weight)
            plain = ~np.tile(own_hours[edges], 2)
            self._add("hours", "speed", mode, state, movement, both[plain], km[plain])
            plain = ~np.tile(own_price[edges], 2) & np.isnan(self._rate[both])
            self._add(
                "usd", "freight", mode, state, movement, both[plain], km[plain] * self._factor[both[plain]]
            )
            set_rate = ~np.isnan(self._rate[both])
            if set_rate.any():
                arcs = both[set_rate]
                amount = km[set_rate] * self._rate[arcs] * self._factor[arcs]
                self._terms["usd"].add("rate set by a rule", arcs, amount, lambda: np.ones(self.draws))

    def _crossings(self, on: date) -> None:
        """Border and gauge change, by direction."""
        network = self.network
        members = [get_bloc(bloc).members(on) for bloc in CUSTOMS_UNIONS]
        groups: dict[tuple[str, str, str, bool], list[int]] = {}
        for edge in np.flatnonzero(network.mode == "crossing"):
            layer = str(network.layer[network.a[edge]])
            changes = bool(network.gauge_a[edge] != network.gauge_b[edge])
            ends = (network.state[edge], network.state_b[edge])
            for arc, (left, entered) in ((edge, ends), (edge + len(network), ends[::-1])):
                groups.setdefault((layer, left, entered, changes), []).append(int(arc))
        for (layer, left, entered, changes), arcs in groups.items():
            union = any(left in states and entered in states for states in members)
            for measure, name in (("hours", "border_hours"), ("usd", "border_usd")):
                kind = "union" if union else "external"
                if not union and name == "border_hours" and lookup(name, layer, left, "*", "out"):
                    self._add(measure, name, layer, left, "out", np.array(arcs), 1.0)
                self._add(measure, name, layer, entered, kind, np.array(arcs), 1.0)
            if changes and layer == "rail":
                self._add("hours", "gauge_hours", layer, entered, "*", np.array(arcs), 1.0)
                self._add("usd", "gauge_usd", layer, entered, "*", np.array(arcs), 1.0)

    def _own(self) -> None:
        """Hours, waiting and prices of ferries and terminals that have their own; the usual ones of the others."""
        network, cargo = self.network, self.shipment.cargo
        priced = "usd_unit" if cargo == "container" else "usd_tonne"
        hours, prices = (network.edges[column].to_pylist() for column in ("hours", priced))
        waits = network.edges["wait_hours"].to_pylist()
        usual: dict[str, list[int]] = {}
        inland = []
        for edge in np.flatnonzero(np.isin(network.mode, ("ferry", "sea", "inland", "transfer"))):
            both = np.array([edge, edge + len(network)])
            label = f"{network.name[edge]}#{edge}"
            if hours[edge]:
                self._add_own("hours", f"hours of {label}", both, hours[edge])
            if waits[edge]:
                self._terms["hours"].add(
                    f"wait for {label}", both, 1.0, partial(self._wait, label, float(waits[edge]))
                )
            if prices[edge]:
                self._add_own("usd", f"price of {label}", both, prices[edge])
            if network.mode[edge] == "transfer":
                if network.gauge_a[edge] != network.gauge_b[edge]:
                    inland.append(int(edge))
                else:
                    ends = {str(network.layer[node]) for node in (network.a[edge], network.b[edge])}
                    usual.setdefault("road" if ends == {"rail", "road"} else "*", []).append(int(edge))
        for measure, name, given in (("hours", "terminal_hours", hours), ("usd", "terminal_usd", prices)):
            for kind, members in usual.items():
                edge_list = np.array([edge for edge in members if not given[edge]], dtype=np.int64)
                both = np.concatenate([edge_list, edge_list + len(network)])
                self._add(measure, name, kind, "*", "*", both, 1.0)
            breaks = np.array(inland, dtype=np.int64)
            name = "gauge_hours" if measure == "hours" else "gauge_usd"
            self._add(measure, name, "rail", "*", "*", np.concatenate([breaks, breaks + len(network)]), 1.0)

    def _wait(self, label: str, interval_hours: float) -> Floats:
        """Arriving at any moment, one waits between nothing and a whole interval of sailings."""
        return self._stream(f"wait {label}").uniform(0, interval_hours, self.draws)

    def _has(self, column: str) -> NDArray[np.bool_]:
        return np.array([value is not None for value in self.network.edges[column].to_pylist()])

    def _add(
        self, measure: str, name: str, mode: str, state: str, movement: str, arcs: Any, amount: Any
    ) -> None:
        row = lookup(name, mode, state, self.shipment.cargo, movement)
        if row is None or not len(arcs):
            return

        def draw() -> Floats:
            values = self._triangular(row.label, row.low, row.value, row.high)
            return 1 / values if name == "speed" else values

        self._terms[measure].add(row.label, arcs, amount, draw)

    def _add_own(self, measure: str, label: str, arcs: Any, three: list[float]) -> None:
        self._terms[measure].add(label, arcs, 1.0, lambda: self._triangular(label, *three))

    def _triangular(self, label: str, low: float, value: float, high: float) -> Floats:
        if low == high:
            return np.full(self.draws, float(low))
        return self._stream(label).triangular(low, value, high, self.draws)

    def _stream(self, label: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, *label.encode()])

    def _assemble(self, terms: _Terms, arcs: int) -> Any:
        if not terms.draws:
            terms.draws.append(np.zeros(self.draws))
            terms.labels.append("nothing")
            return csr_array((arcs, 1))
        where = (np.concatenate(terms.arcs), np.concatenate(terms.columns))
        return csr_array((np.concatenate(terms.amounts), where), shape=(arcs, len(terms.draws)))


def interval(draws: Floats) -> dict[str, float]:
    """Mean and 90% interval, as JSON shows them."""
    low, high = np.quantile(draws, (0.05, 0.95))
    return {"mean": float(draws.mean()), "q05": float(low), "q95": float(high)}


def days(hours: Floats) -> Floats:
    """Hours as days."""
    return hours / _HOURS_A_DAY
