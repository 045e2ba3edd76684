"""Many origins and destinations at once: least-cost flows under capacities, what is scarce, what each link is worth.

A linear programme: every demand is split over ways, the flow over a link with a capacity stays within it, and
what finds no way is left at home at a price above any way's. There are too many ways to list, so they are
generated: HiGHS (through scipy) solves the programme over the ways known so far, its dual prices are added to the
arcs' weights, and a shortest way that is cheaper than the demand's own price joins in; when there is none, the
solution is optimal for all ways (Dantzig and Wolfe 1960; Ford and Fulkerson 1958 for flows).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from equidistance.corridors import rules as ruling
from equidistance.corridors.answer import states_of
from equidistance.corridors.assignment import FULL, Assignment, FlowRoute, corridor_of
from equidistance.corridors.costs import Shipment
from equidistance.corridors.demands import MOST_DEMANDS, Demand
from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Bools, Network, load
from equidistance.corridors.routes import Setting, Weigh, arcs_of, node_of, on_day
from equidistance.corridors.rules import Rule
from equidistance.corridors.schema import TONNES_PER_UNIT
from equidistance.errors import EquidistanceError, InvalidRequest
from equidistance.tables import Table

Progress = Callable[[str, int, int], None]
Ways = list[tuple[tuple[int, ...], float]]
"""Ways of one demand: the arcs in order, and the weight of a tonne."""

_MILLION = 1e6
_ROUNDS = 500
_CHEAPER = 1e-6  # relative; a way must be cheaper by more than rounding to join in
_PENALTY = 10.0  # what stays at home costs this many times the dearest first way


@dataclass
class _Group:
    """Demands for which the same arcs cost the same."""

    setting: Setting
    weights: Floats  # a tonne, infinite where closed
    quotas: list[tuple[int, Bools]]  # number of the capacity, arcs


class Assigner:
    """A network and demands, ready to be solved under changing closures and capacities."""

    def __init__(
        self,
        demands: Sequence[Demand],
        *,
        on: date | str | None = None,
        rules: Sequence[Rule] = (),
        weigh: Weigh = "generalised",
        roads: bool = False,
        network: Network | None = None,
        price_at_home: float | None = None,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        """Find places, weights and capacities.

        Args:
            demands: what is to go.
            on: the day.
            rules: rules to keep.
            weigh: what is minimised, a tonne.
            roads: let trucks take main roads too.
            network: the network; the shipped one.
            price_at_home: of a tonne that finds no way; by default ten times the dearest of the demands' first
                ways. To compare two networks, give the one's ``penalty`` to the other.
            progress: told what is being done.

        Raises:
            InvalidRequest: no demands, too many, or one from a place to itself.
            UnknownName, AmbiguousName, NotConnected: a place that is not known or not on the network.
        """
        self.network = network or load()
        self.on = on_day(on)
        self.demands = tuple(demands)
        self.weigh = weigh
        self._price = price_at_home
        if not 1 <= len(self.demands) <= MOST_DEMANDS:
            raise InvalidRequest(
                f"{len(self.demands)} demands were given.", hint=f"Give 1 to {MOST_DEMANDS}."
            )
        ruling.check(rules)
        ruling.check_names(rules, self.network)
        capacity = self.network.capacity
        self._limited = np.flatnonzero(~np.isnan(capacity))
        self.limits = [float(capacity[edge]) for edge in self._limited]
        self.limit_names = [self._name(int(edge)) for edge in self._limited]
        self._groups: dict[Shipment, _Group] = {}
        self._of: list[_Group] = []
        self._ends: list[tuple[int, int]] = []
        quota_numbers: dict[str, int] = {}
        for number, demand in enumerate(self.demands):
            progress("Weighing", number, len(self.demands))
            start, goal = self.network.place(demand.origin), self.network.place(demand.destination)
            ends = (node_of(self.network, start, demand.cargo), node_of(self.network, goal, demand.cargo))
            if ends[0] == ends[1]:
                raise InvalidRequest(
                    f"The demand from {start} to {goal} goes nowhere: both are the same node."
                )
            self._ends.append(ends)
            shipment = Shipment(demand.cargo, start.state, goal.state, demand.goods, roads=roads)
            if shipment not in self._groups:
                self._groups[shipment] = self._group(shipment, rules, quota_numbers)
            self._of.append(self._groups[shipment])
        self._ways: list[Ways] = [[] for _ in self.demands]

    def under(self, draw: int | None) -> None:
        """Weigh by one draw of the costs, from 0, instead of by their means; by the means again with None."""
        for shipment, group in self._groups.items():
            group.weights = self._a_tonne(group.setting, shipment, draw)
        self._ways = [[] for _ in self.demands]

    def _a_tonne(self, setting: Setting, shipment: Shipment, draw: int | None = None) -> Floats:
        weights = setting.weights(self.weigh, draw)
        return weights if self.weigh in ("time", "km") else weights / TONNES_PER_UNIT[shipment.cargo]

    def _group(self, shipment: Shipment, rules: Sequence[Rule], quota_numbers: dict[str, int]) -> _Group:
        setting = Setting(self.network, shipment, self.on, rules)
        quotas = []
        for rule, mask, most in setting.effects.quotas:
            if rule.id not in quota_numbers:
                quota_numbers[rule.id] = len(self.limits)
                self.limits.append(most)
                self.limit_names.append(f"quota {rule.id}")
            quotas.append((quota_numbers[rule.id], mask))
        return _Group(setting, self._a_tonne(setting, shipment), quotas)

    def _name(self, edge: int) -> str:
        network = self.network
        return (
            str(network.name[edge])
            or f"{network.mode[edge]} at {network.nearest_place(int(network.a[edge]))}"
        )

    def solve(
        self,
        *,
        closed: Bools | None = None,
        more: Mapping[str, float] | None = None,
        progress: Progress = lambda what, done, total: None,
    ) -> Assignment:
        """Find the flows of least cost.

        Args:
            closed: edges that are closed on top of the rules, shape (edges,).
            more: capacity in Mt a year to add, by name of a link or quota.
            progress: told the round.

        Raises:
            InvalidRequest: capacity for a link that has none.
        """
        from scipy.optimize import linprog

        limits = np.array(self.limits)
        for name, amount in (more or {}).items():
            if name not in self.limit_names:
                raise InvalidRequest(
                    f"{name!r} has no capacity to add to.", choices=sorted(set(self.limit_names))
                )
            limits[[i for i, own in enumerate(self.limit_names) if own == name]] += amount
        ceiling = self._ceiling()
        shut = np.zeros(2 * len(self.network), dtype=bool) if closed is None else np.tile(closed, 2)
        ways = [[way for way in known if not shut[list(way[0])].any()] for known in self._ways]
        wanted = np.array([demand.tonnes / _MILLION for demand in self.demands])
        prices = np.zeros(len(limits))
        duals: Floats | None = None
        for round_ in range(1, _ROUNDS + 1):
            progress("Generating ways", round_, 0)
            added = self._generate(ways, prices, shut, duals)
            if round_ > 1 and not added:
                break
            columns = [(d, arcs, cost) for d, known in enumerate(ways) for arcs, cost in known]
            cost = np.array([c for _, _, c in columns] + [ceiling] * len(wanted))
            share, use = self._matrices(columns, len(limits))
            found = linprog(
                cost, A_ub=use, b_ub=limits, A_eq=share, b_eq=wanted, bounds=(0, None), method="highs"
            )
            if found.status != 0:
                raise EquidistanceError(f"The assignment could not be solved: {found.message}")
            prices = -found.ineqlin.marginals
            duals = found.eqlin.marginals
        else:
            raise EquidistanceError(f"No optimum after {_ROUNDS} rounds.", hint="Give fewer demands at once.")
        self._ways = [_merged(known, own) for known, own in zip(self._ways, ways, strict=True)]
        return self._result(columns, found.x, prices, limits, ceiling, round_)

    def _ceiling(self) -> float:
        """The price of a tonne that stays at home: the same for every solution, so that they can be compared."""
        if self._price is None:
            first: list[Ways] = [[] for _ in self.demands]
            self._generate(
                first, np.zeros(len(self.limits)), np.zeros(2 * len(self.network), dtype=bool), None
            )
            self._price = _PENALTY * max((cost for known in first for _, cost in known), default=1.0) + 1.0
            self._ways = first
        return self._price

    def _generate(
        self,
        ways: list[Ways],
        prices: Floats,
        shut: Bools,
        duals: Floats | None,
    ) -> int:
        """Add to each demand its cheapest way under the prices, if it is new; how many were added."""
        added = 0
        edges = len(self.network)
        graph = arcs_of(self.network)
        toll = np.zeros(edges)
        np.add.at(toll, self._limited, prices[: len(self._limited)])
        both = np.tile(toll, 2)
        trees: dict[tuple[int, int], Any] = {}
        weighed: dict[int, Any] = {}
        for number, ((start, goal), group) in enumerate(zip(self._ends, self._of, strict=True)):
            key = (id(group), start)
            if id(group) not in weighed:
                own = group.weights + both
                for index, mask in group.quotas:
                    own = own + prices[index] * mask
                weighed[id(group)] = graph.weigh(np.where(shut, np.inf, own))
            if key not in trees:
                trees[key] = weighed[id(group)].from_start(start)
            distance = float(trees[key][0][goal])
            if not np.isfinite(distance):
                continue
            if duals is not None and distance >= duals[number] * (1 - _CHEAPER) - _CHEAPER:
                continue
            way = weighed[id(group)].way_to(trees[key][1], goal)
            cost = float(group.weights[list(way.arcs)].sum())
            if (way.arcs, cost) not in ways[number]:
                ways[number].append((way.arcs, cost))
                added += 1
        return added

    def _matrices(
        self, columns: Sequence[tuple[int, tuple[int, ...], float]], limits: int
    ) -> tuple[Any, Any]:
        from scipy.sparse import csr_array

        edges, demands = len(self.network), len(self.demands)
        number_of = np.full(edges, -1)
        number_of[self._limited] = np.arange(len(self._limited))
        rows, where = [], []
        for column, (demand, arcs, _) in enumerate(columns):
            used = number_of[np.array(arcs) % edges]
            hit = {int(limit) for limit in used[used >= 0]}
            hit |= {index for index, mask in self._of[demand].quotas if mask[list(arcs)].any()}
            rows += sorted(hit)
            where += [column] * len(hit)
        width = len(columns) + demands
        use = csr_array((np.ones(len(rows)), (rows, where)), shape=(limits, width))
        owner = np.concatenate([np.array([d for d, _, _ in columns], dtype=int), np.arange(demands)])
        share = csr_array((np.ones(width), (owner, np.arange(width))), shape=(demands, width))
        return share, use

    def _result(
        self, columns: Any, amounts: Floats, prices: Floats, limits: Floats, ceiling: float, rounds: int
    ) -> Assignment:
        edges = len(self.network)
        flow = np.zeros(edges)
        routes = []
        for (demand, arcs, cost), mt in zip(columns, amounts, strict=False):
            if mt > FULL:
                np.add.at(flow, np.array(arcs) % edges, mt)
                states = states_of(self.network, arcs)
                routes.append(
                    FlowRoute(demand, arcs, float(mt), cost, states, corridor_of(self.network, arcs))
                )
        cost = sum(route.mt * route.usd_tonne for route in routes)
        full = [
            (self.limit_names[i], float(limits[i]), float(prices[i]))
            for i in np.argsort(-prices)
            if prices[i] > 1e-6
        ]
        left = np.maximum(amounts[len(columns) :], 0.0)
        return Assignment(
            self.network,
            self.on,
            self.weigh,
            self.demands,
            tuple(sorted(routes, key=lambda route: (route.demand, -route.mt))),
            left,
            cost,
            ceiling,
            flow,
            tuple(full),
            rounds,
        )

    def criticality(self, base: Assignment, progress: Progress = lambda what, done, total: None) -> Table:
        """What closing each used crossing, ferry and terminal would cost.

        Returns:
            Rows by loss: link, mt on it before, cost_more (million a year of what is still served, relative to
            before), unserved_mt, objective_more; links without flow cost nothing to lose and are left out.
        """
        kinds = ("crossing", "ferry", "transfer", "inland")
        used = [int(e) for e in np.flatnonzero(base.flow > FULL) if self.network.mode[e] in kinds]
        rows: list[dict[str, Any]] = []
        for number, edge in enumerate(used):
            progress("Closing one after the other", number, len(used))
            closed = np.zeros(len(self.network), dtype=bool)
            closed[edge] = True
            without = self.solve(closed=closed)
            rows.append(
                {
                    "link": self._name(edge),
                    "mt": round(float(base.flow[edge]), 6),
                    "unserved_mt": round(float(without.unserved.sum() - base.unserved.sum()), 6),
                    "cost_more": round(without.cost - base.cost, 6),
                    "objective_more": round(without.objective - base.objective, 6),
                }
            )
        rows.sort(key=lambda row: -row["objective_more"])
        schema = pa.schema(
            [("link", pa.string())]
            + [(name, pa.float64()) for name in ("mt", "unserved_mt", "cost_more", "objective_more")]
        )
        units = {
            "mt": "million tonnes a year",
            "unserved_mt": "million tonnes a year",
            "cost_more": "million a year",
            "objective_more": "million a year, with what stays at home at its price",
        }
        return Table("Criticality", pa.Table.from_pylist(rows, schema=schema), units)


def _merged(known: Ways, own: Ways) -> Ways:
    have = {arcs for arcs, _ in known}
    return known + [way for way in own if way[0] not in have]
