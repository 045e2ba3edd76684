"""Assignment against the whole linear programme on arcs; shadow prices, worth and criticality against resolving."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from corridor_networks import crossing, network, random_network
from equidistance.corridors.additions import with_line
from equidistance.corridors.assignment import corridor_of
from equidistance.corridors.demands import Demand, read_demands
from equidistance.corridors.flows import Assigner
from equidistance.corridors.network import Network
from equidistance.corridors.routes import route
from equidistance.corridors.rules import Rule, avoid
from equidistance.corridors.shock import shock
from equidistance.errors import BadFile, EquidistanceError, InvalidRequest

SOLVED = 1e-6  # HiGHS' own feasibility tolerance is 1e-7
DEMANDS = [
    Demand("n0", "n8", "grain", 2.5e6),
    Demand("n1", "n6", "grain", 1.5e6),
    Demand("n7", "n2", "grain", 2e6),
]


def whole_programme(grid: Network, demands: list[Demand], weights: np.ndarray, penalty: float) -> float:
    """Multi-commodity flow with a variable for every demand on every arc: no ways are generated at all."""
    arcs, nodes, many = 2 * len(grid), len(grid.lon), len(demands)
    cost = np.concatenate([np.tile(weights, many), np.full(many, penalty)])
    equal = np.zeros((many * nodes, many * arcs + many))
    right = np.zeros(many * nodes)
    for d, demand in enumerate(demands):
        for arc in range(arcs):
            equal[d * nodes + grid.tail[arc], d * arcs + arc] += 1
            equal[d * nodes + grid.head[arc], d * arcs + arc] -= 1
        start, goal = grid.place(demand.origin).nodes[0], grid.place(demand.destination).nodes[0]
        right[d * nodes + start] = demand.tonnes / 1e6
        right[d * nodes + goal] = -demand.tonnes / 1e6
        equal[d * nodes + start, many * arcs + d] = 1
        equal[d * nodes + goal, many * arcs + d] = -1
    limited = np.flatnonzero(~np.isnan(grid.capacity))
    most = np.zeros((len(limited), many * arcs + many))
    for row, edge in enumerate(limited):
        for d in range(many):
            most[row, [d * arcs + edge, d * arcs + edge + len(grid)]] = 1
    found = linprog(cost, most, grid.capacity[limited], equal, right, bounds=(0, None), method="highs")
    assert found.status == 0
    return float(found.fun)


@pytest.mark.parametrize("seed", range(12))
def test_generated_ways_reach_the_optimum_of_the_whole_programme(seed: int) -> None:
    grid = random_network(seed)
    assigner = Assigner(DEMANDS, network=grid, weigh="km")
    found = assigner.solve()
    weights = np.tile(grid.km, 2)
    assert found.objective == pytest.approx(
        whole_programme(grid, DEMANDS, weights, found.penalty), rel=SOLVED
    )
    used = np.nan_to_num(grid.capacity, nan=np.inf)
    assert (found.flow <= used + SOLVED).all()
    assert found.served + found.unserved.sum() == pytest.approx(
        sum(d.tonnes for d in DEMANDS) / 1e6, rel=SOLVED
    )


def test_some_of_these_networks_are_short_of_capacity() -> None:
    """Else the comparison above would test nothing but shortest ways."""
    runs = [Assigner(DEMANDS, network=random_network(seed), weigh="km").solve() for seed in range(12)]
    assert sum(bool(run.full) for run in runs) >= 6
    assert any(run.unserved.sum() > 0 for run in runs)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5])
def test_a_shadow_price_is_what_a_little_more_capacity_saves(seed: int) -> None:
    assigner = Assigner(DEMANDS, network=random_network(seed), weigh="km")
    base = assigner.solve()
    step = 1e-4
    for name, _, worth in base.full:
        saved = base.objective - assigner.solve(more={name: step}).objective
        assert saved <= worth * step + SOLVED  # the objective is convex in capacity
        assert saved >= 0 - SOLVED
    if base.full:
        name, _, worth = base.full[0]
        lost = assigner.solve(more={name: 0.0}).objective - base.objective
        assert lost == pytest.approx(0, abs=SOLVED)


def test_capacity_never_hurts_and_a_closure_never_helps() -> None:
    assigner = Assigner(DEMANDS, network=random_network(4), weigh="km")
    base = assigner.solve()
    for name in set(assigner.limit_names):
        assert assigner.solve(more={name: 1.0}).objective <= base.objective + SOLVED
    for edge in range(len(assigner.network)):
        closed = np.arange(len(assigner.network)) == edge
        assert assigner.solve(closed=closed).objective >= base.objective - SOLVED


def borders() -> Network:
    """Two ways from A to B: short over RUS, long over AZE with a capacity of 1 Mt."""
    return network(
        [
            ("A", "KAZ"),
            ("Ka", "KAZ"),
            ("Ra", "RUS"),
            ("Rb", "RUS"),
            ("Kb", "TUR"),
            ("B", "TUR"),
            ("Kc", "KAZ"),
            ("Za", "AZE"),
            ("Zb", "AZE"),
            ("Kd", "TUR"),
        ],
        [
            {"a": "A", "b": "Ka"},
            crossing("Ka", "Ra", name="north"),
            {"a": "Ra", "b": "Rb", "km": 300.0},
            crossing("Rb", "Kb", name="south"),
            {"a": "Kb", "b": "B"},
            {"a": "A", "b": "Kc"},
            crossing("Kc", "Za", name="sea", capacity_mt=1.0),
            {"a": "Za", "b": "Zb", "km": 900.0},
            crossing("Zb", "Kd", name="gate"),
            {"a": "Kd", "b": "B"},
        ],
    )


def test_shares_bottlenecks_worth_and_criticality() -> None:
    demands = [Demand("A", "B", "grain", 3e6)]
    free = Assigner(demands, network=borders(), weigh="km").solve()
    assert free.share_through("RUS") == 1
    assert [row["corridor"] for row in free.shares] == ["Northern"]
    assigner = Assigner(demands, network=borders(), weigh="km", rules=avoid("RUS"))
    found = assigner.solve()
    assert found.share_through("RUS") == 0
    assert found.served == pytest.approx(1)
    assert found.unserved.sum() == pytest.approx(2)
    assert [name for name, _, _ in found.full] == ["sea"]
    saved = found.objective - assigner.solve(more={"sea": 1.0}).objective
    assert saved == pytest.approx(found.full[0][2], rel=SOLVED)  # linear here: the next Mt goes the same way
    rows = {row["link"]: row for row in assigner.criticality(found)}
    assert rows["gate"]["unserved_mt"] == pytest.approx(1)
    assert set(rows) == {"sea", "gate"}


def test_a_quota_holds_and_a_quota_of_nothing_is_a_ban() -> None:
    demands = [Demand("A", "B", "grain", 3e6)]
    quota = Rule("q", "quota", territory=("RUS",), movement=("transit",), tonnes=1.5e6)
    found = Assigner(demands, network=borders(), weigh="km", rules=[quota]).solve()
    through = sum(row.mt for row in found.routes if "RUS" in row.states)
    assert through == pytest.approx(1.5)
    assert found.unserved.sum() == pytest.approx(0.5)
    none = Rule("q", "quota", territory=("RUS",), tonnes=0.0)
    assert Assigner(demands, network=borders(), weigh="km", rules=[none]).solve().share_through("RUS") == 0


def test_one_more_line_is_worth_what_it_saves() -> None:
    grid = borders()
    demands = [Demand("A", "B", "grain", 2e6)]
    before = Assigner(demands, network=grid, weigh="km").solve()
    wider = with_line(grid, grid.place("A"), grid.place("B"), 200)
    after = Assigner(demands, network=wider, weigh="km").solve()
    assert before.cost - after.cost == pytest.approx(2 * (500 - 200))
    assert route("A", "B", network=wider, cargo="grain", weigh="km").routes[0].states == ("KAZ", "TUR")
    with pytest.raises(InvalidRequest, match="cannot be added"):
        with_line(grid, grid.place("A"), grid.place("B"), -5)


def test_a_shock_moves_what_it_closes() -> None:
    found = shock(
        [Demand("A", "B", "grain", 2e6)], "north", start="2022-03-01", weigh="km", network=borders()
    )
    (row,) = found.table
    assert (row["corridors_before"], row["corridors_after"]) == ("Northern", "Direct")
    assert (row["mt_before"], row["mt_after"]) == (2, 1)
    assert "1.000 Mt" in found.sentence
    with pytest.raises(InvalidRequest, match="before it starts"):
        shock(
            [Demand("A", "B", "grain", 1)], "north", start="2022-03-01", end="2022-02-01", network=borders()
        )
    with pytest.raises(EquidistanceError, match="called 'Moon'"):
        shock([Demand("A", "B", "grain", 1)], "Moon", start="2022-03-01", network=borders())


def test_a_closed_border_shuts_no_pipe() -> None:
    demands = [Demand("Samara", "Schwedt", "oil", 1e6), Demand("Minsk", "Warsaw", "container", 1e5)]
    found = shock(demands, "BLR-POL", start="2024-05-01", weigh="km")
    before, after = found.table.to_pylist(), found.after.routes
    assert before[0]["per_tonne_after"] == before[0]["per_tonne_before"]
    assert before[1]["per_tonne_after"] > before[1]["per_tonne_before"]
    assert any(
        "Druzhba (Poland)" in found.after.network.name[arc % len(found.after.network)]
        for arc in after[0].arcs
    )


def test_corridors_of_ways() -> None:
    grid = borders()
    ways = route("A", "B", network=grid, cargo="grain", weigh="km", k=2, max_shared=0.9).routes
    assert [corridor_of(grid, way.arcs) for way in ways] == ["Northern", "Direct"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("from,to,cargo\nA,B,grain\n", "lacks the column 'tonnes'"),
        ("from,to,cargo,tonnes\nA,B,cheese,5\n", "'cheese' is not a cargo"),
        ("from,to,cargo,tonnes\nA,B,grain,-5\n", "above 0"),
        ("from,to,cargo,tonnes\nA,B,grain,many\n", "above 0"),
        ("from,to,cargo,tonnes\nA,,grain,5\n", "a place is missing"),
    ],
)
def test_bad_demands_are_refused_with_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(BadFile, match=says):
        read_demands(tmp_path / "d.csv")


def test_demands_must_be_some_and_go_somewhere() -> None:
    with pytest.raises(InvalidRequest, match="0 demands"):
        Assigner([], network=borders())
    with pytest.raises(InvalidRequest, match="goes nowhere"):
        Assigner([Demand("A", "A", "grain", 1)], network=borders())
    with pytest.raises(InvalidRequest, match="has no capacity to add to"):
        Assigner([Demand("A", "B", "grain", 1)], network=borders()).solve(more={"north": 1})
