"""The network that ships is the one the command builds from the source files."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command import run
from equidistance.corridors import upstream
from equidistance.corridors.curated import DATA
from equidistance.corridors.network import TABLES, load
from equidistance.errors import BadFile

pytestmark = pytest.mark.shared


@pytest.mark.slow
def test_a_build_gives_what_ships(monkeypatch, capsys, shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("shapely", reason="needs the network extra")
    status, out, err = run(
        monkeypatch,
        capsys,
        "corridor",
        "build",
        "--from",
        shared_data / "corridors",
        "--to",
        tmp_path / "net",
    )
    assert status == 0, err
    assert "factor" in out
    built, shipped = load(tmp_path / "net"), load()
    assert built.manifest["sources"] == shipped.manifest["sources"]
    assert built.manifest["curated"] == shipped.manifest["curated"]
    for name, file in TABLES.items():
        if name == "basemap":
            assert (tmp_path / "net" / file).read_text() == (DATA / file).read_text()
        else:  # rows, not bytes: another version of pyarrow may write other bytes
            assert pq.read_table(tmp_path / "net" / file).equals(pq.read_table(DATA / file)), name


def test_the_shared_files_are_those_in_the_manifest(shared_data: Path) -> None:
    named = {source["file"]: source["sha256"] for source in load().manifest["sources"]}
    assert upstream.digests(shared_data / "corridors") == named


def test_a_source_file_cut_in_half_is_refused(shared_data: Path, tmp_path: Path) -> None:
    half = tmp_path / "ne.gpkg"
    whole = shared_data / "corridors" / "ne_10m_railroads_from_z8_tiles.gpkg"
    with whole.open("rb") as file:
        half.write_bytes(file.read(whole.stat().st_size // 2))
    with pytest.raises(BadFile, match=r"not a whole GeoPackage|not a line"):
        upstream.railways(half)
    cut = tmp_path / "places.json.gz"
    source = shared_data / "corridors" / "natural_earth" / "ne_10m_populated_places_simple.json.gz"
    cut.write_bytes(source.read_bytes()[:5000])
    with pytest.raises(BadFile, match="not a whole GeoJSON"):
        upstream.features(cut)
    ports = (shared_data / "corridors" / "WPI_UpdatedPub150.csv").read_bytes()
    (tmp_path / "half.csv").write_bytes(ports[:900_000])
    with pytest.raises(BadFile, match="cut short"):
        upstream.ports(tmp_path / "half.csv")
    shutil.copy(shared_data / "corridors" / "closed_borders.csv", tmp_path / "ports.csv")
    with pytest.raises(BadFile, match="lacks the columns"):
        upstream.ports(tmp_path / "ports.csv")
