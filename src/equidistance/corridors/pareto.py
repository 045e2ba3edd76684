"""What is given up for what: routes efficient in time, cost and exposure to a power."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from equidistance.corridors.answer import Answer
from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Network
from equidistance.corridors.routes import Setting, arcs_of, route
from equidistance.corridors.rules import Rule, members
from equidistance.ground.blocs import resolve_power

_GRID = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 1.0)
_WEIGHTS = tuple((a, b, 1 - a - b) for a in _GRID for b in _GRID if a + b <= 1 + 1e-9)


def front(
    start: str,
    goal: str,
    power: str,
    *,
    on: date | str | None = None,
    cargo: str = "container",
    avoid: str = "",
    close: str = "",
    rules: Sequence[Rule] = (),
    goods: str = "",
    roads: bool = False,
    network: Network | None = None,
) -> Answer:
    """Routes of which none is beaten in time, cost and kilometres on a power's territory at once.

    Found by minimising weighted sums of the three over a grid of weights, so these are the supported points of
    the front (those on its convex hull): a route that is efficient and on no such hull is not found. Each is
    efficient: no other route of the answer, nor any route at all, is at least as good in all three and better in
    one, as far as the weights are positive.

    Args:
        start, goal, on, cargo, avoid, close, rules, goods, roads, network: as for
            :func:`equidistance.corridors.routes.route`.
        power: a state or bloc.

    Returns:
        The routes from the fastest; ``note`` says each one's kilometres on the power's territory.
    """
    base = route(
        start,
        goal,
        on=on,
        cargo=cargo,
        avoid=avoid,
        close=close,
        rules=rules,
        goods=goods,
        roads=roads,
        network=network,
    )
    network, shipment = base.network, base.shipment
    setting = Setting(network, shipment, base.on, base.rules)
    codes = members((resolve_power(power).code,), base.on)
    exposed: Floats = np.where(np.isin(np.tile(network.state, 2), list(codes)), setting.km, 0.0)
    measures = (setting.costs.mean["hours"], setting.costs.mean["usd"], exposed)
    ends = (network.tail[base.routes[0].arcs[0]], network.head[base.routes[0].arcs[-1]])
    found: dict[tuple[int, ...], tuple[float, ...]] = {}
    graph = arcs_of(network)
    scale = [max(float(measure[list(base.routes[0].arcs)].sum()), 1.0) for measure in measures]
    for weights in _WEIGHTS:
        # A little of everything, so that of two routes equal in what is weighed the better one is found.
        total = sum(
            (weight + 1e-6) * measure / size
            for weight, measure, size in zip(weights, measures, scale, strict=True)
        )
        way = graph.weigh(np.where(setting.open, total, np.inf)).shortest(int(ends[0]), int(ends[1]))
        assert way is not None
        found[way.arcs] = tuple(float(measure[list(way.arcs)].sum()) for measure in measures)
    efficient = [
        arcs for arcs, own in found.items() if not any(_beats(other, own) for other in found.values())
    ]
    efficient.sort(key=lambda arcs: found[arcs])
    routes = tuple(setting.route(arcs) for arcs in efficient)
    listed = ", ".join(f"{number}: {found[arcs][2]:.0f} km" for number, arcs in enumerate(efficient, 1))
    return replace(
        base, routes=routes, weigh="pareto", note=f"Kilometres on the territory of {power}: {listed}."
    )


def _beats(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    """At least as good in all and better in one, beyond rounding."""
    least = [max(abs(b), 1.0) * 1e-9 for b in two]
    no_worse = all(a <= b + e for a, b, e in zip(one, two, least, strict=True))
    return no_worse and any(a < b - e for a, b, e in zip(one, two, least, strict=True))
