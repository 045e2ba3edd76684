"""Transit exposure: which share of a state's exports passes each power."""

import pyarrow as pa
import pytest

from corridor_networks import crossing, network
from equidistance.corridors import curated
from equidistance.corridors.demands import Demand
from equidistance.corridors.network import Network, load
from equidistance.corridors.transit import NEAR, demands_of, exports, kept_years, transit_shares
from equidistance.errors import InvalidRequest, UnknownName

FEW = 4


@pytest.fixture(scope="module")
def fork() -> Network:
    """From KAZ to TUR over RUS (short, 3 Mt a year at most) or over AZE."""
    names = [("K", "KAZ"), ("Kr", "KAZ"), ("R", "RUS"), ("S", "RUS"), ("Tr", "TUR"), ("T", "TUR")]
    names += [("Ka", "KAZ"), ("A", "AZE"), ("B", "AZE"), ("Ta", "TUR")]
    return network(
        names,
        [
            {"a": "K", "b": "Kr"},
            crossing("Kr", "R", name="north", capacity_mt=3.0),
            {"a": "R", "b": "S", "km": 300.0},
            crossing("S", "Tr"),
            {"a": "Tr", "b": "T"},
            {"a": "K", "b": "Ka"},
            crossing("Ka", "A", name="south"),
            {"a": "A", "b": "B", "km": 3000.0},
            crossing("B", "Ta"),
            {"a": "Ta", "b": "T"},
        ],
    )


def shares(
    grid: Network, demands: list[Demand], powers: list[str], **more: object
) -> dict[tuple[str, str], dict]:
    found = transit_shares("KAZ", powers, year=2023, demands=demands, draws=FEW, network=grid, **more)  # type: ignore[arg-type]
    return {(row["power"], row["cargo"]): row for row in found}


def test_shares_are_those_of_the_capacity(fork: Network) -> None:
    found = shares(fork, [Demand("K", "T", "container", 4e6)], ["RUS", "AZE", "TUR", "CHN"])
    assert found["RUS", "all"]["share"] == pytest.approx(0.75)
    assert found["AZE", "all"]["share"] == pytest.approx(0.25)
    assert found["CHN", "all"]["share"] == 0
    assert found["RUS", "all"]["mt"] == pytest.approx(4)
    assert ("TUR", "all") not in found  # all ends there: unknown, not zero


def test_what_ends_in_a_power_is_not_transit(fork: Network) -> None:
    demands = [Demand("K", "T", "container", 1e6), Demand("K", "S", "grain", 5e5)]
    found = shares(fork, demands, ["RUS"])
    assert found["RUS", "all"]["mt"] == pytest.approx(1)
    assert found["RUS", "all"]["share"] == 1
    assert ("RUS", "grain") not in found


def test_of_a_bloc_the_other_members_count(fork: Network) -> None:
    found = shares(fork, [Demand("K", "T", "container", 1e6)], ["EAEU"])
    assert found["EAEU", "all"]["share"] == 1


def test_avoiding_a_power_leaves_nothing_to_pass_it(fork: Network) -> None:
    found = shares(fork, [Demand("K", "T", "container", 1e6)], ["RUS", "AZE"], avoid="RUS")
    assert found["RUS", "all"]["share"] == 0
    assert found["AZE", "all"]["share"] == 1


def test_an_interval_shows_when_costs_decide(fork: Network) -> None:
    """Two ways of nearly one price: the draws send cargo now here, now there."""
    lengths = fork.edges["km"].to_pylist()
    lengths[lengths.index(300.0)] = 1000.0
    lengths[lengths.index(3000.0)] = 350.0
    column = pa.array(lengths, pa.float32())
    edges = fork.edges.set_column(fork.edges.schema.get_field_index("km"), "km", column)
    even = Network(fork.nodes, edges, fork.place_table, fork.manifest)
    demands = [Demand("K", "T", "container", 1e6)]
    found = transit_shares("KAZ", ["RUS"], year=2023, demands=demands, draws=40, network=even).to_pylist()[0]
    assert (found["q05"], found["q95"]) == (0, 1)
    assert 0.05 < found["share"] < 0.95


# --- what is kept -----------------------------------------------------------------------------------------


def test_kept_exports_have_a_source_and_places_on_the_network() -> None:
    for row in curated.rows("exports.csv", curated.DATA):
        assert row["source"], row["line"]
        assert row["grade"] in curated.GRADES
    grid = load()
    assert all(grid.place(export.demand.origin).state == export.state for export in exports())


def test_years_near_those_kept_are_answered_and_others_unknown() -> None:
    years = kept_years("KAZ")
    assert years == tuple(range(2023 - NEAR, 2024 + NEAR + 1))
    assert {demand.cargo for demand in demands_of("KAZ", 2023)} == {"oil", "grain"}
    assert demands_of("KAZ", 2000) == []
    assert [demand.cargo for demand in demands_of("CHN", 2024)] == ["container"]
    assert kept_years("FRA") == ()
    assert len(transit_shares("FRA", ["RUS"])) == 0
    assert len(transit_shares("KAZ", ["RUS"], year=2010)) == 0


def test_kazakh_oil_passes_russia_as_published() -> None:
    """In 2023 3.73 of 70.5 Mt went without Russia, 1.2 of them to China (Reuters, marketscreener.com 45891566)."""
    rows = {row["cargo"]: row for row in transit_shares("KAZ", ["RUS"], year=2023, draws=FEW)}
    assert sum(demand.tonnes for demand in demands_of("KAZ", 2023) if demand.cargo == "oil") == pytest.approx(
        70.5e6
    )
    assert rows["oil"]["share"] == pytest.approx(1 - 3.73 / 70.5, abs=0.05)  # least cost sees no contracts
    assert rows["oil"]["q05"] <= rows["oil"]["share"] <= rows["oil"]["q95"]


def test_bad_requests() -> None:
    with pytest.raises(UnknownName):
        transit_shares("Narnia", ["RUS"])
    with pytest.raises(UnknownName):
        transit_shares("KAZ", ["Narnia"], year=2023)
    with pytest.raises(InvalidRequest, match="draws"):
        transit_shares("KAZ", ["RUS"], draws=0)
    with pytest.raises(InvalidRequest, match="is outside"):
        transit_shares("KAZ", ["RUS"], year=1990, demands=[Demand("Kostanay", "Tashkent", "grain", 1e6)])
