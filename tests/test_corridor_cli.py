"""The route and corridor commands as a person runs them: JSON keys, tables, maps, and errors of one message."""

import csv
import io
import json
import re
import struct
from pathlib import Path

import pytest

from command import run
from equidistance.corridors.flows import Assigner
from equidistance.corridors.mapping import flow_lines, flow_points, route_lines, route_points
from equidistance.corridors.network import basemap
from equidistance.corridors.routes import route
from equidistance.corridors.transit import demands_of
from equidistance.figures import corridors, theme

PROMISED = {
    "states",
    "km",
    "raw_km",
    "km_by_state",
    "days",
    "usd",
    "kg_co2",
    "generalised",
    "spread",
    "legs",
    "crossings",
    "violated",
}
FAST = ("--draws", "100")


def refused(result: tuple[int, str, str], *says: str) -> None:
    status, out, err = result
    assert (status, out) == (2, ""), err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    for word in says:
        assert word in err, err


def test_route_as_json_keeps_its_promise(monkeypatch, capsys) -> None:
    status, out, _ = run(
        monkeypatch,
        capsys,
        "route",
        "Xi'an",
        "Mannheim",
        "--avoid",
        "RUS",
        "--on",
        "2022-10-01",
        "-k",
        3,
        "--weigh",
        "time",
        "--format",
        "json",
        *FAST,
    )
    assert status == 0
    found = json.loads(out)
    assert found["from"]["name"] == "Xi'an"
    assert found["on"] == "2022-10-01"
    assert len(found["routes"]) == 3
    for one in found["routes"]:
        assert set(one) == PROMISED
        assert set(one["days"]) == {"mean", "q05", "q95"}
        assert sum(one["km_by_state"].values()) == pytest.approx(one["km"], abs=1)
        assert sum(leg["km"] for leg in one["legs"]) == pytest.approx(one["km"], abs=2)
        assert "RUS" not in one["states"]
        assert set(one["legs"][0]) == {"mode", "state", "from", "to", "km", "lines"}
        assert set(one["crossings"][0]) == {
            "name",
            "from",
            "to",
            "lat",
            "lon",
            "gauge_from",
            "gauge_to",
            "gauge_break",
        }
    assert [one["days"]["mean"] for one in found["routes"]] == sorted(
        one["days"]["mean"] for one in found["routes"]
    )


def test_route_as_table_and_csv(monkeypatch, capsys) -> None:
    status, out, _ = run(monkeypatch, capsys, "route", "Almaty", "Poti", "--avoid", "RUS", "-k", 2, *FAST)
    assert status == 0
    assert "Route 1" in out
    assert "Aktau" in out
    assert "Rules kept: avoid RUS." in out
    status, out, _ = run(
        monkeypatch, capsys, "route", "Almaty", "Poti", "--avoid", "RUS", "--format", "csv", *FAST
    )
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows[0]["route"] == "1"
    assert float(rows[0]["days_q05"]) < float(rows[0]["days_mean"]) < float(rows[0]["days_q95"])


def test_violations_are_named_when_rules_are_ignored(monkeypatch, capsys) -> None:
    status, out, _ = run(
        monkeypatch,
        capsys,
        "route",
        "Berlin",
        "Kostanay",
        "--rules",
        "shipped",
        "--goods",
        "dual-use",
        "--on",
        "2024-01-01",
        "--ignore-rules",
        "-k",
        1,
        *FAST,
    )
    assert status == 0
    assert "Violates eu-10th-package-transit: ban" in out


def test_via_and_pareto(monkeypatch, capsys) -> None:
    status, out, _ = run(
        monkeypatch,
        capsys,
        "route",
        "Xi'an",
        "Mannheim",
        "--via",
        "Aktau",
        "-k",
        1,
        "--format",
        "json",
        *FAST,
    )
    assert status == 0
    found = json.loads(out)
    assert [place["name"] for place in found["via"]] == ["Aktau"]
    assert found["routes"][0]["km_by_state"]["KAZ"] > 3000  # across the whole country to the Caspian Sea
    status, out, _ = run(
        monkeypatch, capsys, "route", "Xi'an", "Mannheim", "--pareto", "RUS", "--format", "json"
    )
    assert status == 0
    found = json.loads(out)
    assert len(found["routes"]) >= 3
    assert "territory of RUS" in found["note"]
    refused(
        run(monkeypatch, capsys, "route", "Xi'an", "Mannheim", "--pareto", "RUS", "-k", 5), "--pareto", "-k"
    )


def test_maps_are_written_and_open_offline(monkeypatch, capsys, tmp_path: Path) -> None:
    for name in ("map.html", "map.svg", "map.png"):
        status, _, err = run(
            monkeypatch,
            capsys,
            "route",
            "Kostanay",
            "Tehran",
            "--avoid",
            "RUS",
            "-k",
            2,
            "--map",
            tmp_path / name,
            *FAST,
        )
        assert status == 0, err
        assert f"Written: {tmp_path / name}" in err
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)[^"#]+"', page.replace('xlink:href="#', ""))
    assert "<svg" in page
    assert "Natural Earth" in page
    assert "Bolashak" in page
    content = (tmp_path / "map.png").read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert width > 1500
    assert height > 800
    assert (tmp_path / "map.svg").read_text(encoding="utf-8").startswith("<svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.html", "map.png", "map.svg"]
    refused(
        run(monkeypatch, capsys, "route", "Almaty", "Poti", "--map", tmp_path / "map.pdf"), "from its ending"
    )
    refused(
        run(monkeypatch, capsys, "route", "Almaty", "Poti", "--map", tmp_path / "no" / "map.png"),
        "no directory",
    )


def test_charts_are_valid_and_show_what_they_should() -> None:
    answer = route("Xi'an", "Mannheim", on="2022-10-01", avoid="RUS", weigh="time", k=3)
    lines, points = route_lines(answer), route_points(answer)
    theme.specification(corridors.chart(lines, points, basemap(), marked=("RUS",)))
    assert {line["route"] for line in lines} == {1, 2, 3}
    assert {line["mode"] for line in lines} >= {"rail", "water"}
    assert {point["kind"] for point in points} == {"end", "border", "gauge break", "port"}
    assert "Dostyk - Alashankou" in {point["name"] for point in points}
    shown = [point["shown"] for point in points if point["shown"]]
    assert len(shown) == len(set(shown))
    flows = Assigner(demands_of("KAZ", 2024), on="2025-01-15").solve()
    wide = flow_lines(flows)
    theme.specification(corridors.chart(wide, flow_points(flows), basemap()))
    assert max(line["mt"] for line in wide) == pytest.approx(flows.flow.max(), abs=1e-5)
    assert {line["label"] for line in wide} == {row["corridor"] for row in flows.shares}


def test_flows_with_worth_and_criticality(monkeypatch, capsys) -> None:
    status, out, err = run(
        monkeypatch,
        capsys,
        "corridor",
        "flows",
        "--on",
        "2025-01-15",
        "--avoid",
        "RUS",
        "--critical",
        "--more",
        "Aktau - Alat=1",
        "--line",
        "Rasht;Astara (Iran);164",
        "--format",
        "json",
    )
    assert status == 0, err
    found = json.loads(out)
    assert found["share_through"] == 0
    assert found["share_bypassing"] == 1
    assert found["served_mt"] + found["unserved_mt"] == pytest.approx(79.405)
    assert {row["corridor"] for row in found["shares_by_corridor"]} <= {"Middle", "Southern", "Direct", "Sea"}
    assert [row["change"] for row in found["worth"]] == [
        "Aktau - Alat +1 Mt",
        "Rasht - Astara (Iran), 164 km",
    ]
    assert all(row["gain_a_year"] >= -1e-6 for row in found["worth"])
    assert found["criticality"][0]["objective_more"] >= found["criticality"][-1]["objective_more"]
    assert "Kazakhstan's oil exports" in err


def test_transit_of_a_state(monkeypatch, capsys) -> None:
    words = (
        "corridor",
        "transit",
        "KAZ",
        "--powers",
        "RUS",
        "--year",
        "2023",
        "--draws",
        "3",
        "--format",
        "json",
    )
    status, out, err = run(monkeypatch, capsys, *words)
    assert status == 0, err
    rows = {row["cargo"]: row for row in json.loads(out)}
    assert rows["oil"]["share"] > 0.9
    refused(run(monkeypatch, capsys, "corridor", "transit", "FRA"), "unknown")
    refused(run(monkeypatch, capsys, "corridor", "transit", "KAZ", "--year", "2005"), "near 2005", "2023")
    refused(run(monkeypatch, capsys, "corridor", "transit", "KAZ", "--draws", "0"), "0 draws")


def test_trucks_go_only_when_they_may(monkeypatch, capsys) -> None:
    words = ("route", "Tashkent", "Kabul", "--on", "2023-06-01", "-k", "1")
    refused(run(monkeypatch, capsys, *words), "Trucks find a way: --roads")
    status, out, err = run(monkeypatch, capsys, *words, "--roads", "--format", "json")
    assert status == 0, err
    (found,) = json.loads(out)["routes"]
    assert "road" in {leg["mode"] for leg in found["legs"]}
    assert found["states"] == ["UZB", "AFG"]


def test_shock_and_places(monkeypatch, capsys) -> None:
    status, out, _ = run(
        monkeypatch,
        capsys,
        "corridor",
        "shock",
        "--close",
        "BLR-POL",
        "--from",
        "2025-09-12",
        "--weigh",
        "time",
        "--route",
        "Xi'an;Duisburg;container;1000000",
        "--format",
        "json",
    )
    assert status == 0
    found = json.loads(out)
    assert found["rows"][0]["per_tonne_after"] > found["rows"][0]["per_tonne_before"]
    assert "POL" in found["rows"][0]["states_before"]
    status, out, _ = run(monkeypatch, capsys, "corridor", "places", "aktau", "--format", "json")
    assert status == 0
    assert {"Aktau"} <= {row["name"] for row in json.loads(out)}
    refused(run(monkeypatch, capsys, "corridor", "places", "zzzz"), "zzzz")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("route", "Kostanai", "Aktau"), ("no place called 'Kostanai'", "Kostanay, KAZ")),
        (("route", "Brest", "Aktau"), ("name of 2 places", "Brest, FRA")),
        (("route", "Almaty", "Aktau", "--on", "1999-01-01"), ("2000-01-01",)),
        (("route", "Almaty", "Aktau", "--on", "soon"), ("'soon' is not a day",)),
        (("route", "Almaty", "Aktau", "--avoid", "KAZ"), ("contradicts itself",)),
        (("route", "Almaty", "Aktau", "--avoid", "Narnia"), ("Narnia",)),
        (("route", "Almaty", "Aktau", "--rules", "none.toml"), ("no rule file",)),
        (("route", "Almaty", "Aktau", "--network", "nowhere"), ("no network in nowhere",)),
        (("route", "Tengiz", "Dushanzi", "--cargo", "gas"), ("no gas pipeline",)),
        (("route", "Almaty", "Aktau\x1b[31m"), ("no place called",)),
        (("corridor", "flows", "--demand", "none.csv"), ("no file none.csv",)),
        (("corridor", "flows", "--more", "Aktau"), ("is not NAME=MT",)),
        (("corridor", "flows", "--line", "A;B"), ("is not FROM;TO;KM",)),
        (("corridor", "shock", "--close", "", "--from", "2024-01-01"), ("Nothing is to be closed",)),
        (
            ("corridor", "shock", "--close", "BLR-POL", "--from", "2024-01-01", "--route", "A;B"),
            ("FROM;TO;CARGO",),
        ),
        (("corridor", "build", "--from", "nowhere"), ("ne_10m_railroads", "naturalearthdata.com")),
    ],
)
def test_bad_input_is_one_message(
    monkeypatch, capsys, tmp_path: Path, words: tuple[str, ...], says: tuple[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(monkeypatch, capsys, *words)
    errors = [line for line in err.splitlines() if not line.startswith("Demands:")]
    assert "\x1b" not in err
    refused((status, out, "\n".join(errors) + "\n"), *says)
