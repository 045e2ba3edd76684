"""The shipped network: whole, dated, with the traps closed; places found or refused; curated tables checked."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from equidistance.corridors import curated
from equidistance.corridors.answer import states_of
from equidistance.corridors.curated import CURATED, DATA
from equidistance.corridors.geometry import decode, encode, length_km
from equidistance.corridors.network import MANIFEST, TABLES, basemap, load
from equidistance.corridors.routes import route
from equidistance.corridors.schema import COVERAGE, MODES
from equidistance.errors import AmbiguousName, BadFile, InvalidRequest, NotConnected, StoreError, UnknownName
from equidistance.ground.states import get_state

SHORT = {"on": "2023-06-01", "cargo": "container", "weigh": "km"}


# --- what ships -------------------------------------------------------------------------------------------


def test_the_network_is_small_and_says_what_it_was_made_of() -> None:
    size = sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file())
    assert size < 5_000_000
    manifest = load().manifest
    assert len(manifest["sources"]) == 7
    assert all(
        source["licence"] and source["address"] and len(source["sha256"]) == 64
        for source in manifest["sources"]
    )
    assert {check["state"] for check in manifest["length_checks"]} == {"RUS", "KAZ", "CHN", "IRN", "AZE"}


def test_the_curated_tables_are_those_that_it_was_built_from() -> None:
    """A changed table without a rebuild would silently do nothing."""
    from hashlib import sha256

    known = load().manifest["curated"]
    built = ("places", "lines", "crossings", "ports", "services", "transfers", "lengths", "gauges", "aliases")
    for name in built:
        path = CURATED / f"{name}.csv"
        assert sha256(path.read_bytes()).hexdigest() == known[path.name], f"rebuild: {path.name} changed"


def test_edges_are_sound() -> None:
    grid = load()
    assert set(grid.mode) <= set(MODES)
    assert (grid.km >= 0).all()
    assert np.isfinite(grid.km).all()
    rail = grid.mode == "rail"
    assert (grid.gauge_a[rail] > 0).all()
    factor = grid.km[rail] / np.maximum(grid.raw_km[rail], 1e-6)
    assert factor.min() >= 1 - 1e-4  # float32
    assert factor.max() <= 1.15 + 1e-4
    for code in grid.states:
        get_state(code)
    inside = [e for e in range(len(grid)) if grid.mode[e] in ("rail", "oil", "gas")]
    assert all(grid.node_state[grid.a[e]] == grid.node_state[grid.b[e]] == grid.state[e] for e in inside)
    across = np.flatnonzero(grid.mode == "crossing")
    assert all(grid.node_state[grid.a[e]] != grid.node_state[grid.b[e]] for e in across)
    assert all(row["source"] for row in grid.edges.select(["source"]).to_pylist())


def test_shapes_come_back_and_are_not_longer_than_the_line() -> None:
    line = np.array([[82.5312, 45.21], [82.6, 45.3], [-1.5, 50.00005]])
    assert np.abs(decode(encode(line)) - line).max() <= 0.5e-4 + 1e-9
    grid = load()
    for edge in range(0, len(grid), 500):
        if grid.mode[edge] == "rail" and grid.raw_km[edge] > 5:
            drawn = length_km(grid.shape(edge))
            assert drawn <= grid.raw_km[edge] * 1.02 + 1  # simplified to 0.01 degree


# --- the known traps --------------------------------------------------------------------------------------


def test_the_volga_don_canal_is_russian() -> None:
    """The sea lanes join the Caspian to the Black Sea by one edge; here only Russian water does."""
    grid = load()
    sea = grid.mode == "sea"
    ends = np.concatenate([grid.a[sea], grid.b[sea]])
    basin = ends[grid.layer[ends] == "sea"]
    caspian = (
        (grid.lon[basin] > 46) & (grid.lon[basin] < 55) & (grid.lat[basin] > 36) & (grid.lat[basin] < 48)
    )
    assert not caspian.any()
    canal = np.flatnonzero(grid.name == "Volga-Don canal")
    assert len(canal) == 1
    assert grid.state[canal[0]] == "RUS"


def test_caspian_ports_are_there_and_joined() -> None:
    grid = load()
    for name in (
        "Aktau",
        "Kuryk",
        "Alat",
        "Turkmenbashi",
        "Bandar-e Anzali",
        "Amirabad",
        "Makhachkala",
        "Astrakhan",
    ):
        layers = {str(grid.layer[node]) for node in grid.place(name).nodes}
        assert {"rail", "caspian"} <= layers, name


@pytest.mark.parametrize(
    ("pair", "open_on", "closed_on"),
    [
        (("RUS", "UKR"), date(2022, 2, 23), date(2022, 2, 24)),
        (("BLR", "POL"), date(2025, 9, 11), date(2025, 9, 12)),
        (("BLR", "POL"), date(2025, 9, 26), date(2025, 9, 25)),
        (("ARM", "TUR"), None, date(2003, 1, 1)),
        (("GEO", "RUS"), None, date(2015, 1, 1)),
    ],
)
def test_closed_borders_are_closed_on_their_days(
    pair: tuple[str, str], open_on: date | None, closed_on: date
) -> None:
    grid = load()
    here = grid.between(frozenset(pair), "rail")
    assert here.any()
    assert not (grid.open_on(closed_on) & here).any()
    if open_on is not None:
        assert (grid.open_on(open_on) & here).any()


def test_baku_to_kars_does_not_go_through_armenia() -> None:
    found = route("Baku", "Kars", **SHORT).routes[0]  # type: ignore[arg-type]
    assert found.states == ("AZE", "GEO", "TUR")
    assert "ARM" not in found.states


def test_every_terminal_and_crossing_leads_on() -> None:
    """A terminal at the end of nothing looks like a port and is none."""
    grid = load()
    ends = np.concatenate([grid.a, grid.b])
    degree = np.bincount(ends, minlength=len(grid.lon))
    joints = np.isin(grid.mode, ("transfer", "crossing"))
    alone = {
        str(grid.name[edge])
        for edge in np.flatnonzero(joints)
        if min(degree[grid.a[edge]], degree[grid.b[edge]]) < 2
    }
    assert alone == {"Central Asia-China gas: KAZ-CHN"}  # where the gas is handed over


@pytest.mark.parametrize(
    ("start", "goal", "cargo", "km", "names"),
    [
        ("Sangachal", "Ceyhan", "oil", 443 + 249 + 1076, "BTC (Turkey)"),
        ("Sangachal", "Melendugno", "gas", 443 + 249 + 1850 + 878, "TAP (Greece)"),
        ("Tengiz", "Novorossiysk", "oil", 1511, "CPC (Russia)"),
        ("Atasu", "Dushanzi", "oil", 962 + 252, "Atasu - Alashankou"),
        ("Chayanda", "Heihe", "gas", 2164, "Power of Siberia"),
        ("Samara", "Schwedt", "oil", 2685, "Druzhba (Russia)"),
    ],
)
def test_pipelines_are_as_long_as_published(start: str, goal: str, cargo: str, km: float, names: str) -> None:
    found = route(start, goal, on="2023-06-01", cargo=cargo, weigh="km").routes[0]
    assert found.km == pytest.approx(km, abs=2)
    assert names in {name for leg in found.legs for name in leg.names}


def test_gas_to_austria_ends_with_the_contract_of_2024() -> None:
    assert "UKR" in route("Galkynysh", "Baumgarten", on="2024-12-31", cargo="gas").routes[0].states
    with pytest.raises(NotConnected):
        route("Galkynysh", "Baumgarten", on="2025-01-01", cargo="gas")


def test_roads_are_as_long_as_published_and_closed_with_the_border() -> None:
    trucks = {"on": "2023-06-01", "weigh": "km", "roads": True}
    across = route("Khorgos", "Orenburg", **trucks, close="Dostyk - Alashankou")  # type: ignore[arg-type]
    assert across.routes[0].km_by_state["KAZ"] < 2787
    assert route("Kashgar", "Tashkent", **trucks).routes[0].km == pytest.approx(920, rel=0.05)  # type: ignore[arg-type]
    assert route("Tbilisi", "Vladikavkaz", **trucks).routes[0].km == pytest.approx(212)  # type: ignore[arg-type]
    grid = load()
    here = grid.between(frozenset(("BLR", "POL")), "road")
    assert here.any()
    assert not (grid.open_on(date(2025, 9, 12)) & here).any()
    assert (grid.open_on(date(2025, 9, 26)) & here).any()
    lars = route("Tbilisi", "Vladikavkaz", on="2009-06-01", roads=True).routes[0]
    assert not any("Georgian Military Road" in name for leg in lars.legs for name in leg.names)


def test_the_danube_and_the_rhine_join_two_seas() -> None:
    """3,505 km from Rotterdam to the Black Sea at Sulina (danube-cooperation.com); here by the canal to Constanta."""
    grid = load()
    river = (
        (grid.mode == "inland") & (grid.name != "Volga-Don canal") & (grid.name != "Rhine (Mannheim - Mainz)")
    )
    assert grid.km[river].sum() == pytest.approx(3505 - 300 + 64, rel=0.02)
    slow = route("Rotterdam", "Constanta", on="2023-06-01", cargo="grain", weigh="cost", k=1)
    assert slow.routes[0].km > 3000


# --- dates ------------------------------------------------------------------------------------------------


def test_routes_of_2003_2014_and_2023_differ() -> None:
    lengths = {}
    for year in (2003, 2014, 2023):
        found = route("Xi'an", "Baku", on=f"{year}-12-01", avoid="RUS", weigh="km", max_shared=0.5).routes[0]
        lengths[year] = found.km
    assert lengths[2003] > lengths[2014] >= lengths[2023]
    old = route("Kostanay", "Aktau", on="2003-12-01", weigh="km").routes[0]
    new = route("Kostanay", "Aktau", on="2005-12-01", weigh="km").routes[0]
    assert "RUS" in old.states
    assert new.states == ("KAZ",)


def test_one_line_of_402_km_is_worth_more_than_a_thousand() -> None:
    """Kostanay to Aktau: the line Khromtau - Altynsarin made the way through Russia needless."""
    with_it = route("Kostanay", "Aktau", avoid="RUS", **SHORT).routes[0]  # type: ignore[arg-type]
    without = route("Kostanay", "Aktau", avoid="RUS", close="Khromtau - Altynsarin", **SHORT).routes[0]  # type: ignore[arg-type]
    through = route("Kostanay", "Aktau", close="Khromtau - Altynsarin", **SHORT).routes[0]  # type: ignore[arg-type]
    assert with_it.states == without.states == ("KAZ",)
    assert "RUS" in through.states
    assert without.km - with_it.km > 1000
    assert without.raw_km == pytest.approx(3040, rel=0.02)  # read off the same raw lines by others
    assert abs(through.km - with_it.km) < 200  # what Russia's way would save: next to nothing


def test_xian_mannheim_north_and_south_on_the_raw_lines() -> None:
    """About 9,400 km north and 10,300 km south of Russia, as measured on the same lines by others (9,356 and 10,294);
    so the middle way is not 2,500-3,000 km shorter, but longer."""
    north = route("Xi'an", "Mannheim", **SHORT).routes[0]  # type: ignore[arg-type]
    middle = route("Xi'an", "Mannheim", avoid="RUS,IRN,TKM", **SHORT).routes[0]  # type: ignore[arg-type]
    assert north.raw_km == pytest.approx(9356, rel=0.01)
    assert middle.raw_km == pytest.approx(10294, rel=0.01)
    assert "RUS" in north.states
    assert {"KAZ", "AZE", "GEO"} <= set(middle.states)
    assert middle.km > north.km + 500


@pytest.mark.parametrize(
    ("start", "goal", "avoid", "via", "published", "error"),
    [
        ("Xi'an", "Baku", "RUS,IRN,TKM", (), 7000, 0.06),
        ("Alat", "Poti", "", (), 4256 - 3289, 0.20),
        ("Istanbul", "Xi'an", "RUS,IRN", ("Ankara", "Kars"), 8696, 0.08),
        ("Kostanay", "Serhetabat", "UZB,RUS", (), 3500, 0.03),
        ("Dostyk", "Brest, BLR", "", (), 5430, 0.04),
        ("Gorgan", "Uzen", "RUS,UZB", (), 908, 0.05),
    ],
)
def test_published_distances(
    start: str, goal: str, avoid: str, via: tuple[str, ...], published: float, error: float
) -> None:
    """Published lengths; the tolerance is the error seen when this was written, rounded up."""
    found = route(start, goal, avoid=avoid, via=via, **SHORT).routes[0]  # type: ignore[arg-type]
    assert found.km == pytest.approx(published, rel=error)


def test_a_day_outside_coverage_is_refused() -> None:
    for day in (COVERAGE[0] - timedelta(days=1), COVERAGE[1] + timedelta(days=1)):
        with pytest.raises(InvalidRequest, match="is kept from 2000-01-01 to 2025-12-31"):
            route("Xi'an", "Mannheim", on=day)
    with pytest.raises(InvalidRequest, match="'tomorrow' is not a day"):
        route("Xi'an", "Mannheim", on="tomorrow")


# --- places -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "name", "state"),
    [
        ("Xi'an", "Xi'an", "CHN"),
        ("xian", "Xi'an", "CHN"),
        ("КОСТАНАЙ", "Kostanay", "KAZ"),
        ("Petropavl", "Petropavl", "KAZ"),
        ("Brest, BLR", "Brest", "BLR"),
        ("Brest, France", "Brest", "FRA"),
        ("Nur-Sultan", "Astana", "KAZ"),
        ("Moscow", "Moscow", "RUS"),
        ("Mazar", "Mazar-e Sharif", "AFG"),
    ],
)
def test_places_are_found_by_their_names(asked: str, name: str, state: str) -> None:
    found = load().place(asked)
    assert (found.name, found.state) == (name, state)


def test_places_by_coordinates() -> None:
    found = load().place("54.87, 69.15")
    assert found.state == "KAZ"
    with pytest.raises(UnknownName, match="no railway within 50 km"):
        load().place("75.0, 100.0")


def test_unknown_and_ambiguous_places_name_candidates() -> None:
    with pytest.raises(UnknownName) as unknown:
        load().place("Kostanai")
    assert "Kostanay, KAZ" in unknown.value.choices
    with pytest.raises(AmbiguousName) as ambiguous:
        load().place("Brest")
    assert [choice[:10] for choice in ambiguous.value.choices] == ["Brest, BLR", "Brest, FRA"]
    with pytest.raises(UnknownName):
        load().place("")


def test_places_off_the_network_say_where_it_is() -> None:
    with pytest.raises(NotConnected, match=r"the nearest is \d+ km away"):
        route("Khorugh", "Moscow")
    with pytest.raises(NotConnected, match="no gas pipeline"):
        route("Moscow", "Berlin", cargo="gas")


def test_unconnected_places_say_where_the_gap_is() -> None:
    with pytest.raises(
        NotConnected, match=r"No container can go from Moscow.*km apart.*Closed by: avoid KAZ"
    ):
        route("Moscow", "Tashkent", avoid="KAZ,TKM,IRN,KGZ,AFG")
    with pytest.raises(InvalidRequest, match="same place"):
        route("Moscow", "Moscow")


# --- broken files -----------------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in (MANIFEST, *TABLES.values()):
        shutil.copy(DATA / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["nodes.parquet", "edges.parquet", "places.parquet"])
def test_a_file_cut_in_half_is_refused(copied: Path, name: str) -> None:
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(BadFile, match=f"{name}.*cut short or changed"):
        load(copied)


def test_broken_manifests_and_missing_networks(copied: Path, tmp_path: Path) -> None:
    (copied / "edges.parquet").unlink()
    with pytest.raises(StoreError, match="There is no file"):
        load(copied)
    (copied / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(BadFile, match="not a network's manifest"):
        load(copied / ".")
    (copied / MANIFEST).write_text(json.dumps({"format": 99, "files": {}}), encoding="utf-8")
    with pytest.raises(BadFile, match="has format 99"):
        load(copied / ".." / copied.name)
    with pytest.raises(StoreError, match="no network in"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,state_a,state_b,opened,grade\nx,KAZ,QQQ,,A\n", "QQQ"),
        ("name,state_a,state_b,opened,grade\nx,KAZ,RUS,soon,A\n", "'soon' is not a date"),
        ("name,state_a,state_b,opened,grade\nx,KAZ,RUS,,Z\n", "'Z' is not a grade"),
        ("name,state_a,state_b,opened,grade\nx,KAZ\n", "does not have 5 cells"),
    ],
)
def test_bad_curated_rows_are_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(BadFile, match=says):
        list(curated.rows("t.csv", tmp_path))


def test_curated_numbers_and_points() -> None:
    assert curated.points("47.5 65.0", "x") == [(65.0, 47.5)]
    for text in ("-1", "nan", "many"):
        with pytest.raises(BadFile):
            curated.number(text, "t:1")
    with pytest.raises(BadFile, match="not a point"):
        curated.points("47", "t:1")


def test_every_curated_row_has_a_source_and_a_grade() -> None:
    for path in CURATED.glob("*.csv"):
        if path.name in ("aliases.csv", "places.csv"):
            continue
        for row in curated.rows(path.name):
            assert row["grade"], row["line"]
            assert row["source"], row["line"]


def test_the_base_map_has_the_states() -> None:
    outlines = {feature["properties"]["state"] for feature in basemap()["features"]}
    assert {"KAZ", "RUS", "CHN", "TUR", "IRN"} <= outlines


def test_states_of_a_way_follow_its_direction() -> None:
    there = route("Almaty", "Moscow", **SHORT).routes[0]  # type: ignore[arg-type]
    back = route("Moscow", "Almaty", **SHORT).routes[0]  # type: ignore[arg-type]
    assert there.km == pytest.approx(back.km)
    assert states_of(load(), there.arcs)[0] == "KAZ"
    assert states_of(load(), back.arcs)[0] == "RUS"
