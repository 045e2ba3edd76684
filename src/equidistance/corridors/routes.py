"""Routes between two places under rules: k distinct ones with legs, states, days, dollars and what they violate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from equidistance.corridors import rules as ruling
from equidistance.corridors.answer import Answer, Route, crossings_of, km_by_state, legs_of, states_of
from equidistance.corridors.costs import DRAWS, SEED, Costs, Shipment, days, interval
from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Bools, Network, Place, default_day, load
from equidistance.corridors.rules import Effects, Rule
from equidistance.corridors.schema import CARGOES, CARRIES
from equidistance.corridors.search import Arcs, Way, Weighed
from equidistance.errors import InvalidRequest, NotConnected
from equidistance.ground.states import get_state

Weigh = Literal["generalised", "time", "cost", "km", "co2"]
_MEASURE = {"generalised": "generalised", "time": "hours", "cost": "usd", "km": "km", "co2": "kg_co2"}
MAX_SHARED = 0.7
MOST_ROUTES = 50


def route(
    start: str,
    goal: str,
    *,
    on: date | str | None = None,
    cargo: str = "container",
    weigh: Weigh = "generalised",
    k: int = 1,
    avoid: str = "",
    close: str = "",
    via: Sequence[str] = (),
    rules: Sequence[Rule] = (),
    enforce: bool = True,
    goods: str = "",
    flag: str = "",
    permits: Sequence[str] = (),
    max_shared: float = MAX_SHARED,
    roads: bool = False,
    network: Network | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Answer:
    """Find k distinct routes between two places.

    Args:
        start: a place: name, ``name, state``, or ``latitude, longitude``.
        goal: a place.
        on: the day; today, or the last day of the network's coverage.
        cargo: container (a unit is a 40-foot container), grain, oil or gas (a unit is a tonne).
        weigh: what is minimised: generalised (dollars with the worth of time), time, cost, km, co2.
        k: how many routes.
        avoid: states whose territory (``RUS``) or ports (``RUS:ports``) are out, comma-separated.
        close: crossings (``BLR-POL``), lines or sea passages (``suez``) that are closed, comma-separated.
        via: places to pass, in order.
        rules: rules to keep; see :func:`equidistance.corridors.rule_files.read`.
        enforce: keep the rules; else they only say what each route violates. ``avoid`` and ``close`` always hold.
        goods: list of goods the cargo is on, such as ``dual-use``.
        flag: state of the carrier.
        permits: names of permits held.
        max_shared: greatest part of its length that a route may share with a better one; 1 allows any.
        roads: let trucks take main roads too.
        network: the network; the shipped one.
        draws: draws for the intervals.
        seed: of the draws.

    Raises:
        UnknownName, AmbiguousName: a place, state, crossing or line.
        InvalidRequest: a day outside coverage, an absurd number, rules that contradict each other or the request.
        NotConnected: no way is open; says where the gap is and which rules make it.
    """
    network = network or load()
    day = on_day(on)
    if not 1 <= k <= MOST_ROUTES:
        raise InvalidRequest(f"{k} routes were asked for.", hint=f"Ask for 1 to {MOST_ROUTES} with -k.")
    if not 0 <= max_shared <= 1:
        raise InvalidRequest(f"max_shared is {max_shared}; it is a part, from 0 to 1.")
    if weigh not in get_args(Weigh):
        raise InvalidRequest(f"{weigh!r} is nothing to weigh by.", choices=get_args(Weigh))
    if cargo not in CARGOES:
        raise InvalidRequest(f"{cargo!r} is not a cargo.", choices=CARGOES)
    if not 1 <= draws <= 100_000:
        raise InvalidRequest(f"{draws} draws were asked for.", hint="Ask for 1 to 100000.")
    stops = [network.place(name) for name in (start, *via, goal)]
    ends = [node_of(network, place, cargo) for place in stops]
    if ends[0] == ends[-1] and not via:
        raise InvalidRequest(f"{start} and {goal} are the same place on the network.")
    shipment = Shipment(
        cargo,
        stops[0].state,
        stops[-1].state,
        goods,
        get_state(flag).code if flag else "",
        frozenset(permits),
        roads,
    )
    hard = [*ruling.avoid(avoid), *ruling.close(close)]
    every = [*hard, *rules]
    ruling.check(every)
    ruling.check_names(every, network)
    _contradiction(hard, stops, day)
    setting = Setting(network, shipment, day, hard if not enforce else every, draws=draws, seed=seed)
    soft = ruling.effects(every, network, shipment, day)
    weighed = setting.weighed(weigh)
    ways = _ways(weighed, ends, k, setting.km, max_shared)
    if not ways:
        raise _gap(setting, stops, ends)
    routes = tuple(setting.route(way.arcs, soft) for way in ways)
    note = ""
    if len(routes) < k:
        note = (
            f"{len(routes)} of {k} routes: no further way shares at most {max_shared:.0%} of itself with a better one. "
            "A greater max_shared finds more."
        )
    return Answer(
        stops[0],
        stops[-1],
        tuple(stops[1:-1]),
        day,
        shipment,
        weigh,
        tuple(every),
        enforce,
        routes,
        network,
        note,
    )


class Setting:
    """A network for one shipment on one day under rules: which arcs are open, and what they cost."""

    def __init__(
        self,
        network: Network,
        shipment: Shipment,
        on: date,
        rules: Sequence[Rule] = (),
        *,
        draws: int = DRAWS,
        seed: int = SEED,
    ) -> None:
        self.network, self.shipment, self.on = network, shipment, on
        self.effects = ruling.effects(rules, network, shipment, on)
        self.costs = Costs(
            network,
            shipment,
            on,
            freight_factor=self.effects.factor,
            freight_rate=self.effects.rate,
            extra=self.effects.extra,
            draws=draws,
            seed=seed,
        )
        self.km: Floats = np.tile(network.km, 2)
        self.usable: Bools = np.tile(network.open_on(on) & carried(network, shipment), 2)
        self.open: Bools = self.usable & ~self.effects.blocked

    def weights(self, weigh: str, draw: int | None = None) -> Floats:
        """The weight of every arc, by the means or one draw; infinite where it may not be used. Shape (arcs,)."""
        measure = _MEASURE[weigh]
        own = self.km if measure == "km" else self.costs.arcs(measure, draw)
        return np.where(self.open, own, np.inf)

    def weighed(self, weigh: str) -> Weighed:
        """The graph under these weights."""
        return arcs_of(self.network).weigh(self.weights(weigh))

    def route(self, arcs: Sequence[int], judged: Effects | None = None) -> Route:
        """What a way takes, and which of the judged rules it breaks."""
        chosen = np.asarray(arcs, dtype=np.int64)
        draws = self.costs.of(chosen)
        spent = days(draws["hours"])
        time = interval(spent)
        broken = ruling.violated(judged or self.effects, chosen.tolist())
        return Route(
            arcs=tuple(int(arc) for arc in chosen),
            states=states_of(self.network, chosen.tolist()),
            km=float(self.km[chosen].sum()),
            raw_km=float(np.tile(self.network.raw_km, 2)[chosen].sum()),
            km_by_state=km_by_state(self.network, chosen),
            days=time,
            usd=interval(draws["usd"]),
            kg_co2=interval(draws["kg_co2"]),
            generalised=interval(draws["generalised"]),
            spread=(time["q95"] - time["q05"]) / time["mean"] if time["mean"] else 0.0,
            legs=legs_of(self.network, chosen),
            crossings=crossings_of(self.network, chosen),
            violated=tuple(rule.told() for rule in broken),
            draws=draws,
        )


@cache
def arcs_of(network: Network) -> Arcs:
    """The graph's structure, made once for each network."""
    return Arcs(network.tail, network.head, len(network.lon))


def carried(network: Network, shipment: Shipment) -> Bools:
    """Edges that take a shipment, shape (edges,)."""
    cargo = shipment.cargo
    modes = [mode for mode, kinds in CARRIES.items() if cargo in kinds and (shipment.roads or mode != "road")]
    takes = np.isin(network.mode, modes)
    takes |= (network.mode == "crossing") & np.isin(network.layer[network.a], modes)
    at_road = (network.layer[network.a] == "road") | (network.layer[network.b] == "road")
    takes |= (network.mode == "transfer") & (cargo != "gas") & (shipment.roads | ~at_road)
    own = np.array([not kinds or cargo in kinds.split(";") for kinds in network.cargo])
    found: Bools = takes & own
    return found


def on_day(on: date | str | None) -> date:
    """A day as a date.

    Raises:
        InvalidRequest: not a day.
    """
    if on is None:
        return default_day()
    if isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise InvalidRequest(f"{on!r} is not a day.", hint="Write it as 2022-10-01.") from None


def _ways(weighed: Weighed, ends: Sequence[int], k: int, km: Floats, max_shared: float) -> list[Way]:
    """Ways along all stops; with stops between, the k best combinations of the parts' alternatives."""
    best = [Way((), 0.0)]
    for start, goal in pairwise(ends):
        parts = weighed.alternatives(start, goal, k, km, max_shared)
        joined = [Way(one.arcs + two.arcs, one.weight + two.weight) for one in best for two in parts]
        best = sorted(joined, key=lambda way: way.weight)[: k * k]
    if len(ends) == 2:
        return best
    kept: list[Way] = []
    for way in best:
        here = set(way.arcs)
        own = km[list(way.arcs)].sum()
        shares = [
            km[list(here & set(other.arcs))].sum() / max(min(own, km[list(other.arcs)].sum()), 1e-9)
            for other in kept
        ]
        if len(kept) < k and all(share <= max_shared for share in shares):
            kept.append(way)
    return kept


def node_of(network: Network, place: Place, cargo: str) -> int:
    """Where a cargo starts or ends at a place: the pipeline for oil and gas where there is one, else the railway."""
    layers = {str(network.layer[node]): node for node in reversed(place.nodes)}
    for layer in (
        ("gas",)
        if cargo == "gas"
        else ("oil", "rail", "sea")
        if cargo == "oil"
        else ("rail", "sea", "caspian", "road", "inland")
    ):
        if layer in layers:
            return layers[layer]
    wanted = "gas pipeline" if cargo == "gas" else "railway or port"
    usable = np.flatnonzero(network.layer == ("gas" if cargo == "gas" else "rail"))
    away = network.distances(place.lon, place.lat, usable)
    best = int(away.argmin())
    raise NotConnected(
        f"{place} has no {wanted} in the network; the nearest is {away[best]:.0f} km away, "
        f"at {network.nearest_place(int(usable[best]))}, {network.node_state[usable[best]]}.",
        hint=f"Start there: '{network.lat[usable[best]]:.2f}, {network.lon[usable[best]]:.2f}'.",
    )


def _contradiction(rules: Sequence[Rule], stops: Sequence[Place], on: date) -> None:
    """What is to be avoided may not be where the cargo starts, ends or must pass."""
    for rule in rules:
        if rule.kind == "ban" and rule.territory and not rule.modes:
            banned = ruling.members(rule.territory, on)
            for place in stops:
                if place.state in banned:
                    raise InvalidRequest(
                        f"{place} lies in {place.state}, which is to be avoided: the request contradicts itself.",
                        hint=f"Take {place.state} out of --avoid, or choose another place.",
                    )


def _gap(setting: Setting, stops: Sequence[Place], ends: Sequence[int]) -> NotConnected:
    """Say where the ways from the start and those to the goal come nearest, and which rules part them."""
    network = setting.network
    weighed = setting.weighed("km")
    for (one, two), (start, goal) in zip(pairwise(stops), pairwise(ends), strict=True):
        there = np.isfinite(weighed.from_start(start)[0])
        if there[goal]:
            continue
        back = np.isfinite(weighed.to_goal(goal)[0])
        guilty = _guilty(setting, start, goal, there)
        from_, to = np.flatnonzero(there), np.flatnonzero(back)
        if len(from_) > len(to):
            nearest = [network.distances(network.lon[n], network.lat[n], from_) for n in to[:400]]
            j = int(np.argmin([away.min() for away in nearest]))
            near, far, km = int(from_[nearest[j].argmin()]), int(to[j]), float(nearest[j].min())
        else:
            nearest = [network.distances(network.lon[n], network.lat[n], to) for n in from_[:400]]
            j = int(np.argmin([away.min() for away in nearest]))
            near, far, km = int(from_[j]), int(to[nearest[j].argmin()]), float(nearest[j].min())
        where = (
            f"The ways from {one.name} and those to {two.name} come nearest between {network.nearest_place(near)} "
            f"({network.node_state[near] or 'sea'}) and {network.nearest_place(far)} "
            f"({network.node_state[far] or 'sea'}), {km:.0f} km apart."
        )
        why = f" Closed by: {'; '.join(guilty)}." if guilty else ""
        return NotConnected(
            f"No {setting.shipment.cargo} can go from {one} to {two} on {setting.on}. {where}{why}",
            hint=_advice(setting, start, goal),
        )
    raise AssertionError("a gap was looked for where there is none")


def _advice(setting: Setting, start: int, goal: int) -> str:
    """What would help: trucks, if they lead on."""
    trucks = replace(setting.shipment, roads=True)
    usable = np.tile(setting.network.open_on(setting.on) & carried(setting.network, trucks), 2)
    weights = np.where(usable & ~setting.effects.blocked, 1.0, np.inf)
    if arcs_of(setting.network).weigh(weights).shortest(start, goal) is not None:
        return "Trucks find a way: --roads."
    return "Relax the rules, or change the day or the cargo."


def _guilty(setting: Setting, start: int, goal: int, there: Bools) -> list[str]:
    """The rules and closures of which one alone, if dropped, would open a way.

    When it takes several, all that shut ways out of what is reached; none when no way is there without them.
    """
    network, graph = setting.network, arcs_of(setting.network)
    takes = np.tile(carried(network, setting.shipment), 2)
    shut: list[tuple[str, Bools]] = [
        (rule.told(), mask & setting.usable) for rule, mask in setting.effects.by_rule
    ]
    for closure in network.closures:
        if closure.holds(setting.on):
            shut.append((closure.name, np.tile(network.between(closure.states, closure.mode), 2) & takes))

    def opens(kept: list[Bools], dropped: list[Bools]) -> bool:
        more = np.any(dropped, axis=0) & ~np.any([np.zeros_like(setting.open), *kept], axis=0)
        weights = np.where(setting.open | more, 1.0, np.inf)
        return graph.weigh(weights).shortest(start, goal) is not None

    masks = [mask for _, mask in shut]
    alone = [name for at, (name, mask) in enumerate(shut) if opens(masks[:at] + masks[at + 1 :], [mask])]
    if alone or not masks or not opens([], masks):
        return alone
    return [name for name, mask in shut if (mask & there[network.tail]).any()]
