"""Corridors: distances against published ones, and the speed of searches under rules."""

import random
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

from measure import Section, call, ratio, seconds, spread

DAY = date(2023, 6, 1)
PATHS, PAIRS, K = 1000, 10, 5
SLOW = 10  # how many of the paths networkx gets, scaled up
PUBLISHED: list[tuple[str, str, str, str, tuple[str, ...], float, str]] = [
    (
        "Xi'an - Mannheim over the Caspian and Black Seas",
        "Xi'an",
        "Mannheim",
        "RUS,IRN,TKM",
        (),
        11300,
        "NDRC 2022-05-23",
    ),
    ("Xi'an - Baku", "Xi'an", "Baku", "RUS,IRN,TKM", (), 7000, "vestikavkaza.ru 170615"),
    (
        "Istanbul - Xi'an by Baku-Tbilisi-Kars",
        "Istanbul",
        "Xi'an",
        "RUS,IRN",
        ("Ankara", "Kars"),
        8696,
        "train of December 2020",
    ),
    (
        "Xi'an - Altynkol - Aktau - Mersin",
        "Xi'an",
        "Mersin",
        "RUS,IRN,KGZ",
        ("Altynkol", "Aktau"),
        9000,
        "qogam-media.kz (KTZ)",
    ),
    (
        "Altynkol - Poti by Aktau and Alat (4,256 rail, 508 sea)",
        "Altynkol",
        "Poti",
        "RUS,KGZ,UZB,TKM,IRN",
        ("Aktau", "Alat"),
        4764,
        "silkroute.news 2025-11",
    ),
    ("Gorgan - Uzen line", "Gorgan", "Uzen", "RUS,UZB", (), 908, "mehrnews.com 136733"),
    (
        "Aprin (Tehran) - Yiwu by Incheh Borun and Altynkol",
        "Aprin",
        "Yiwu",
        "RUS,UZB,KGZ,AZE,IRN:ports,CHN:ports,KAZ:ports",
        ("Altynkol",),
        10297,
        "vestiabad.ru 2024-07-22",
    ),
    (
        "Yiwu - Tehran, China - Kazakhstan - Turkmenistan - Iran",
        "Yiwu",
        "Tehran",
        "RUS,UZB,KGZ,AZE,IRN:ports,CHN:ports,KAZ:ports",
        ("Altynkol",),
        10000,
        "onthemosway.eu 2019 (about 10,000; the ends are not named)",
    ),
    ("Iran's part of the sulphur train of June 2022", "Incheh Borun", "Razi", "TUR,AZE,TKM", (), 1517, "orient.tm 38296"),
    (
        "Kostanay - Bolashak - Serhetabat",
        "Kostanay",
        "Serhetabat",
        "RUS,UZB",
        (),
        3500,
        "trend.az 2930729 (more than 3,500)",
    ),
    (
        "Marabda - Kartsakhi, the Georgian part of Baku-Tbilisi-Kars",
        "Marabda",
        "Kars",
        "",
        (),
        184 + 76,
        "vestikavkaza.ru 168074, with 76 km in Turkey",
    ),
    ("Dostyk - Brest", "Dostyk", "Brest, BLR", "", (), 5430, "general knowledge (the length behind the ERAI index)"),
    (
        "Semey - Almaty - Lugovaya (Turksib)",
        "Semey",
        "Qulan",
        "",
        ("Almaty",),
        1452,
        "used to calibrate Kazakhstan",
    ),
    (
        "Novosibirsk - Almaty - Arys (Turksib)",
        "Novosibirsk",
        "Arys",
        "",
        ("Semey", "Almaty"),
        2531,
        "vseslova.com.ua; not used to calibrate",
    ),
]


def distances() -> Section:
    """Published distances against the network's."""
    rows, _ = call("corridors", "_distances")
    return Section(
        "Corridors: distances",
        f"Shortest ways by rail and sea on {DAY}, on the drawn lines (raw) and with lengths published or calibrated for each "
        "state, against published lengths.",
        ("route", "published km", "raw km", "error", "km", "error", "source of the published length"),
        rows,
        (
            str(call("corridors", "_claim")[0]),
            str(call("corridors", "_bypass")[0]),
            str(call("corridors", "_by_land_and_sea")[0]),
            "Of the sulphur train's 6,336 km the ends in Kazakhstan and Turkey are not published, so that only Iran's part can be "
            "checked; Turkmenistan's 700 km are what the table of lines was made from.",
        ),
    )


def _distances() -> list[tuple[str, ...]]:
    from equidistance.corridors.routes import route

    rows = []
    for name, start, goal, avoid, via, published, source in PUBLISHED:
        one = route(start, goal, avoid=avoid, via=via, on=DAY, weigh="km", draws=10).routes[0]
        errors = [f"{length / published - 1:+.1%}" for length in (one.raw_km, one.km)]
        rows.append(
            (name, f"{published:,}", f"{one.raw_km:,.0f}", errors[0], f"{one.km:,.0f}", errors[1], source)
        )
    return rows


def _claim() -> str:
    from equidistance.corridors.routes import route

    parts = []
    for goal in ("Mannheim", "Duisburg"):
        north = route("Xi'an", goal, on=DAY, weigh="km", draws=10).routes[0]
        middle = route("Xi'an", goal, on=DAY, weigh="km", avoid="RUS,IRN,TKM", draws=10).routes[0]
        parts.append(
            f"Xi'an - {goal}: north {north.km:,.0f} km (raw {north.raw_km:,.0f}), middle {middle.km:,.0f} km "
            f"(raw {middle.raw_km:,.0f}), so the middle way is {middle.km - north.km:+,.0f} km"
        )
    return f'The often quoted "2,500-3,000 km shorter" is contradicted for these pairs. {"; ".join(parts)}.'


def _bypass() -> str:
    from equidistance.corridors.routes import route

    def km(**more: Any) -> str:
        one = route("Kostanay", "Aktau", on=DAY, weigh="km", draws=10, **more).routes[0]
        return f"{one.km:,.0f} km (raw {one.raw_km:,.0f})"

    line = "Khromtau - Altynsarin"
    return (
        f"Kostanay - Aktau within Kazakhstan: {km(avoid='RUS')}; without the line {line} (402 km): {km(avoid='RUS', close=line)}; "
        f"without it and through Russia: {km(close=line)}."
    )


def _by_land_and_sea() -> str:
    from equidistance.corridors.routes import route

    avoid, via = "RUS,KGZ,UZB,TKM,IRN", ("Aktau", "Alat")
    legs = route("Altynkol", "Poti", avoid=avoid, via=via, on=DAY, weigh="km", draws=10).routes[0].legs
    rail = sum(leg.km for leg in legs if leg.mode == "rail")
    sea = sum(leg.km for leg in legs if leg.mode in ("ferry", "sea"))
    return (
        f"Altynkol - Poti apart: rail {rail:,.0f} km of 4,256 published ({rail / 4256 - 1:+.1%}), sea {sea:,.0f} km of 508 "
        f"({sea / 508 - 1:+.1%}; the published one may hold the approaches)."
    )


def searches() -> Section:
    """Shortest paths, k shortest and rules, beside other libraries."""
    rounds = [call("corridors", "_searches", seed=1)[0]]
    rows = []
    for what in rounds[0]:
        ours = [one[what]["equidistance"] for one in rounds]
        for name in rounds[0][what]:
            theirs = [one[what][name] for one in rounds]
            rows.append((what, name, spread(theirs, 3), f"{ratio(theirs, ours):.3g}"))
    return Section(
        "Corridors: searches",
        f"The shipped network as on {DAY} by kilometres, {PATHS} pairs of nodes that are joined, each path found with its "
        f"nodes and checked to be as short as ours; k = {K} on {PAIRS} pairs. CPU seconds in one process, one run.",
        ("what", "with", "CPU s", "ratio to equidistance"),
        rows,
        (
            f"networkx was given {SLOW} of the {PATHS} paths, scaled up; for k = {K} it took some 400 s on another day and is left out.",
            "equidistance searches with scipy and pays for parallel lines, weights and arcs of the path. pandana's contraction "
            "hierarchy is fastest by far and needs to be built anew for each set of weights (in the row of its own), so it cannot "
            "follow rules.",
            f"The {K} distinct routes of equidistance share at most 70% of their length with a better one, which the k shortest "
            "paths of the others do not: theirs differ by a siding.",
            "Rules: the same paths, each under its own set of three banned states (paths that are left without a way are "
            "counted too); nothing is rebuilt, the ratio is what rules cost.",
        ),
    )


def _searches(seed: int) -> dict[str, dict[str, float]]:
    import numpy as np

    from equidistance.corridors.costs import Shipment
    from equidistance.corridors.network import load
    from equidistance.corridors.routes import arcs_of, carried
    from equidistance.corridors.rules import avoid, effects

    grid = load()
    usable = np.tile(grid.open_on(DAY) & carried(grid, Shipment("container", "CHN", "DEU")), 2)
    km = np.tile(grid.km, 2)
    weights = np.where(usable, np.maximum(km, 1e-9), np.inf)
    graph = arcs_of(grid)
    first = graph.weigh(weights).from_start(grid.place("Xi'an").nodes[0])[0]
    joined = np.flatnonzero(np.isfinite(first)).tolist()
    dice = random.Random(seed)
    pairs = [tuple(dice.sample(joined, 2)) for _ in range(PATHS)]
    lengths = [graph.weigh(weights).shortest(*pair).weight for pair in pairs[:50]]  # type: ignore[union-attr]
    best: dict[tuple[int, int], float] = {}
    for arc in np.flatnonzero(usable).tolist():
        ends = (int(grid.tail[arc]), int(grid.head[arc]))
        best[ends] = min(best.get(ends, np.inf), float(weights[arc]))
    ends = list(best)
    values = [best[pair] for pair in ends]
    nodes = len(grid.lon)
    found: dict[str, dict[str, float]] = {f"{PATHS} shortest paths": {}, f"k = {K}, {PAIRS} pairs": {}}
    one, many = found[f"{PATHS} shortest paths"], found[f"k = {K}, {PAIRS} pairs"]
    few = pairs[:PAIRS]

    def check(lengths_found: list[float]) -> None:
        assert np.allclose(lengths_found[: len(lengths)], lengths[: len(lengths_found)], rtol=1e-5), (
            "not the shortest"
        )

    def timed(table: dict[str, float], name: str, action: Callable[[], Any], scale: float = 1.0) -> None:
        table[name] = seconds(action) * scale

    timed(one, "equidistance", lambda: [graph.weigh(weights).shortest(*pair) for pair in pairs])
    timed(
        many, "equidistance", lambda: [graph.weigh(weights).alternatives(*pair, K, km, 0.7) for pair in few]
    )
    timed(
        many, "equidistance, any overlap", lambda: [graph.weigh(weights).shortest_k(*pair, K) for pair in few]
    )
    _scipy(one, many, timed, check, ends, values, nodes, pairs, few)
    _others(one, many, timed, check, ends, values, nodes, pairs, few)
    states = [code for code in grid.states if code not in ("CHN", "DEU")]
    banned = [",".join(dice.sample(states, 3)) for _ in pairs]
    shipment = Shipment("container", "CHN", "DEU")

    def under_rules(names: list[str]) -> list[Any]:
        ways = []
        for pair, name in zip(pairs, names, strict=True):
            shut = effects(avoid(name), grid, shipment, DAY).blocked
            ways.append(graph.weigh(np.where(shut, np.inf, weights)).shortest(*pair))
        return ways

    under_rules(banned)  # masks of states are made once for each network
    rules = found[f"{PATHS} paths and rules"] = {}
    timed(rules, "equidistance", lambda: [graph.weigh(weights).shortest(*pair) for pair in pairs])
    timed(rules, "the same, each under other rules", lambda: under_rules(banned))
    return found


def _scipy(
    one: Any, many: Any, timed: Any, check: Any, ends: Any, values: Any, nodes: int, pairs: Any, few: Any
) -> None:
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra, yen

    rows, columns = np.array(ends, dtype=np.int32).T
    matrix = csr_array((values, (rows, columns)), shape=(nodes, nodes))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    got: list[float] = []

    def path(start: int, goal: int) -> list[int]:
        distance, before = dijkstra(matrix, indices=start, return_predecessors=True)
        got.append(float(distance[goal]))
        way = [goal]
        while way[-1] != start:
            way.append(int(before[way[-1]]))
        return way

    timed(one, "scipy", lambda: [path(*pair) for pair in pairs])
    check(got)
    timed(many, "scipy (Yen)", lambda: [yen(matrix, start, goal, K) for start, goal in few])


def _others(
    one: Any, many: Any, timed: Any, check: Any, ends: Any, values: Any, nodes: int, pairs: Any, few: Any
) -> None:
    """Libraries that are not this project's own dependencies; one that is not installed has no row."""
    from importlib.util import find_spec

    weight = dict(zip(ends, values, strict=True))

    def length(way: Any) -> float:
        return sum(weight[int(a), int(b)] for a, b in pairwise(way))

    if find_spec("igraph"):
        import igraph

        net = igraph.Graph(n=nodes, edges=ends, directed=True)
        ways: list[Any] = []
        timed(
            one, "igraph", lambda: ways.extend(net.get_shortest_path(a, b, weights=values) for a, b in pairs)
        )
        check([length(way) for way in ways])
        timed(many, "igraph", lambda: [net.get_k_shortest_paths(a, b, k=K, weights=values) for a, b in few])
    if find_spec("rustworkx"):
        import rustworkx

        rust = rustworkx.PyDiGraph()
        rust.add_nodes_from(range(nodes))
        rust.add_edges_from([(a, b, value) for (a, b), value in weight.items()])
        ways2: list[Any] = []
        timed(
            one,
            "rustworkx",
            lambda: ways2.extend(
                rustworkx.dijkstra_shortest_paths(rust, a, b, weight_fn=float)[b] for a, b in pairs
            ),
        )
        check([length(way) for way in ways2])
    if find_spec("networkit"):
        import networkit

        kit = networkit.Graph(nodes, weighted=True, directed=True)
        for (a, b), value in weight.items():
            kit.addEdge(a, b, value)
        ways3: list[Any] = []

        def bidirectional(start: int, goal: int) -> list[int]:
            search = networkit.distance.BidirectionalDijkstra(kit, start, goal)
            search.run()
            return [start, *search.getPath(), goal]

        timed(one, "networkit (both ends)", lambda: ways3.extend(bidirectional(*pair) for pair in pairs))
        check([length(way) for way in ways3])
    if find_spec("pandana"):
        import pandana
        import pandas as pd

        tails, heads = zip(*ends, strict=True)
        plane = pd.DataFrame({"x": [float(i) for i in range(nodes)], "y": 0.0})
        holder: list[Any] = []

        def make() -> None:
            holder.append(
                pandana.Network(
                    plane.x,
                    plane.y,
                    pd.Series(tails),
                    pd.Series(heads),
                    pd.DataFrame({"w": values}),
                    twoway=False,
                )
            )

        timed(one, "pandana, making the hierarchy", make)
        starts, goals = [a for a, _ in pairs], [b for _, b in pairs]
        ways4: list[Any] = []
        timed(one, "pandana", lambda: ways4.extend(holder[0].shortest_paths(starts, goals)))
    if find_spec("networkx"):
        import networkx

        nx = networkx.DiGraph()
        nx.add_weighted_edges_from([(a, b, value) for (a, b), value in weight.items()])
        ways5: list[Any] = []
        timed(
            one,
            "networkx",
            lambda: ways5.extend(networkx.dijkstra_path(nx, a, b) for a, b in pairs[:SLOW]),
            PATHS / SLOW,
        )
        check([length(way) for way in ways5])


def assignment() -> Section:
    """How long flows take to assign, by the number of demands."""
    rows = []
    for demands in (6, 50, 200):
        found, done = call("corridors", "_assignment", demands=demands)
        rows.append(
            (
                str(demands),
                f"{found['cpu']:.2f}",
                str(found["rounds"]),
                str(found["full"]),
                f"{done.peak:.0f}",
            )
        )
    return Section(
        "Corridors: assignment",
        "Container demands of 0.3 Mt a year each between random places of China, Central Asia and Europe, Russia avoided, "
        "under the network's capacities: CPU seconds of the solution (weights of each pair of states not counted).",
        ("demands", "CPU s", "rounds", "links at capacity", "peak MiB"),
        rows,
    )


def _assignment(demands: int) -> dict[str, float]:
    from equidistance.corridors.demands import Demand
    from equidistance.corridors.flows import Assigner
    from equidistance.corridors.network import load
    from equidistance.corridors.rules import avoid

    dice = random.Random(1)
    grid = load()

    def names(*codes: str) -> list[str]:
        cities = [place for place in grid.places if place.state in codes and place.size > 200_000]
        on_rails = [place for place in cities if any(grid.layer[node] == "rail" for node in place.nodes)]
        return [f"{grid.lat[place.nodes[0]]:.4f}, {grid.lon[place.nodes[0]]:.4f}" for place in on_rails]

    east, west = names("CHN", "KAZ", "UZB"), names("DEU", "POL", "TUR", "ROU")
    wanted = [Demand(dice.choice(east), dice.choice(west), "container", 3e5) for _ in range(demands)]
    assigner = Assigner(wanted, on=DAY, rules=avoid("RUS"), weigh="time")
    solved: list[Any] = []
    cpu = seconds(lambda: solved.append(assigner.solve()))
    return {"cpu": cpu, "rounds": solved[0].rounds, "full": len(solved[0].full)}
