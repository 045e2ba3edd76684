"""The commands screen, lists and comtrade; the report page and the pictures of a screen."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from equidistance.cli.main import app
from equidistance.errors import EquidistanceError
from equidistance.figures import reexports as figures
from equidistance.figures import theme
from equidistance.reexports import trade
from equidistance.reexports.screen import LIMITS, Screen, compare, screen
from equidistance.report import screen_page
from equidistance.tables import Table
from reexport_world import World, world


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"), 0.2, goods=300)


@pytest.fixture(scope="module")
def found(given: World) -> Screen:
    connection = trade.open_files([given.parquet])
    return screen("KAZ", origins="DEU", goods=given.list_file, draws=199, store=connection)


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    if result.exception is not None and isinstance(result.exception, EquidistanceError):
        assert code == 2, result.exception
        return str(result.exception)
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def command(given: World, *more: object) -> list[object]:
    return [
        "screen",
        "KAZ",
        "--from",
        "DEU",
        "--list",
        given.list_file,
        "--trade",
        given.parquet,
        "--draws",
        199,
        *more,
    ]


def test_the_table_says_what_stands_out_and_what_cannot_be_shown(given: World) -> None:
    text = run(*command(given))
    assert "Kazakhstan, March 2022 to February 2023" in text
    assert "naive_p" in text
    assert "matched_p" in text
    for limit in LIMITS:
        assert f"Limit: {limit}" in text
    assert "Not in the data: KAZ's own imports" in text
    assert "guilty" not in text


def test_json_and_csv_hold_every_column(given: World, found: Screen) -> None:
    content = json.loads(run(*command(given, "--format", "json")))
    assert content["headline"] == found.headline
    assert content["limits"] == list(LIMITS)
    assert {"products", "baskets", "totals", "series", "mirror", "gaps"} <= set(content)
    assert len(content["products"]) == len(found.products)
    for row in content["baskets"]:
        assert {"naive_p", "matched_p"} <= set(row)
    lines = run(*command(given, "--format", "csv")).splitlines()
    assert lines[0].split(",")[:4] == ["rank", "product", "name", "group"]
    assert len(lines) == len(found.products) + 1


def test_files_in_each_format(given: World, tmp_path: Path) -> None:
    for ending in ("html", "json", "csv", "parquet"):
        path = tmp_path / f"out.{ending}"
        run(*command(given, "--out", path))
        assert path.stat().st_size > 1000
    assert "Cannot tell the format" in run(*command(given, "--out", tmp_path / "out.docx"), code=2)


def test_several_intermediaries(given: World, tmp_path: Path) -> None:
    page = tmp_path / "compare.html"
    text = run(*command(given, "--compare", "ARM", "--out", page))
    assert "matched_p_adjusted" in text
    assert "no trade by product" in " ".join(text.split())
    assert "Intermediaries compared" in page.read_text()
    content = json.loads(run(*command(given, "--compare", "ARM", "--format", "json")))
    assert [one["state"]["code"] for one in content["screens"]] == ["KAZ"]
    assert {row["state"] for row in content["compared"]} == {"KAZ", "ARM"}


def test_mistakes_are_told_before_the_work(given: World, tmp_path: Path) -> None:
    assert "There is no store" in run("screen", "KAZ", "--store", tmp_path / "no.duckdb", code=2)
    assert "must differ" in run("screen", "RUS", code=2)
    assert "Give one of the two" in run(*command(given, "--store", tmp_path / "x.duckdb"), code=2)
    assert "no list 'nolist'" in run("screen", "KAZ", "--list", "nolist", code=2)
    assert "is not a year or month" in run(*command(given, "--since", "spring"), code=2)
    assert "COMTRADE_API_KEY" in run(
        "comtrade", "--reporters", "KAZ", "--periods", "2022", "--to", tmp_path, code=2
    )


def test_lists_are_shown_and_built(tmp_path: Path) -> None:
    assert {row["name"] for row in json.loads(run("lists", "show", "--format", "json"))} == {
        "chpl",
        "eu-2023-01",
        "eu-annexes",
        "families",
        "us-supplement-4",
    }
    rows = json.loads(run("lists", "show", "chpl", "--format", "json"))
    assert rows[0]["code"] == "854231"
    assert "exactly one file" in run("lists", "build", "--from", tmp_path, code=2)


# The page


def test_the_page_opens_offline_and_holds_everything(found: Screen) -> None:
    page = screen_page.render([found])
    assert page == screen_page.render([found])
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert "default-src 'none'" in page
    assert page.count("<svg") == 4
    for limit in found.limits:
        assert limit.replace("'", "&#39;") in page
    for table in (found.products, found.baskets, found.totals):
        assert f'download="{table.name}.csv"' in page
    assert found.baskets.columns["matched_p"] in page


def test_text_from_outside_cannot_become_markup(given: World, tmp_path: Path) -> None:
    evil = tmp_path / "evil.csv"
    lines = given.list_file.read_text().splitlines()
    evil.write_text("\n".join(line.replace("good ", "<script>alert(1)</script>\x1b[31m") for line in lines))
    one = screen("KAZ", origins="DEU", goods=evil, draws=99, store=trade.open_files([given.parquet]))
    page = screen_page.render([one])
    assert "<script>" not in page
    assert "\x1b" not in page


# The pictures


def test_pictures_are_valid_and_have_rows(found: Screen) -> None:
    for chart in (
        figures.series(found.series, "Kazakhstan", "Russia"),
        figures.goods(found.goods_series, found.products),
        figures.picking(found.products),
        figures.sankey(found.flows, "KAZ"),
    ):
        spec = theme.specification(chart)
        assert all(spec["datasets"].values())


def test_bands_carry_the_amounts_and_the_rest_stands_together(found: Screen) -> None:
    rows = [
        {"origin": f"O{n}", "destination": "KAZ", "value": 1e6 * (n + 1), "currency": "USD"}
        for n in range(12)
    ] + [{"origin": "KAZ", "destination": "RUS", "value": 39e6, "currency": "USD"}]
    table = Table("flows", pa.Table.from_pylist(rows))
    data = theme.specification(figures.sankey(table, "KAZ"))["datasets"]
    labels = [row["label"] for row in data["labels"]]
    assert "3 others  USD 6.0 m" in labels
    heights = {}
    for band in {row["band"] for row in data["bands"]}:
        points = [row for row in data["bands"] if row["band"] == band]
        ends = [row["y"] for row in points if row["x"] == max(p["x"] for p in points)]
        heights[band] = max(ends) - min(ends)
    # one scale for both sides when the currency is one: a band is as wide as its amount
    assert heights["O11 to KAZ"] / heights["O3 to KAZ"] == pytest.approx(3, rel=0.02)
    assert "O11 sent most" in figures.sankey_caption(table, "Kazakhstan", "KAZ").title


def test_captions_say_what_the_tables_say(found: Screen, given: World) -> None:
    naive = sum(
        any((row[f"{flow}_naive_p"] or 1) <= 0.05 for flow in ("inbound", "outbound"))
        for row in found.products
    )
    picked = sum(row["evidence"] in ("strong", "moderate") for row in found.products)
    assert (
        f"flags {naive} goods, the test that repeats the picking {picked}"
        in figures.picking_caption(found.products, "Kazakhstan").title
    )
    table, _ = compare(
        ["KAZ"], origins="DEU", goods=given.list_file, draws=199, store=trade.open_files([given.parquet])
    )
    assert "Kazakhstan" in figures.compared_caption(table).title
    theme.specification(figures.compared(table))


def test_a_name_is_what_tells_goods_apart() -> None:
    assert figures.short_name("Electronic integrated circuits; memories", 20) == "memories"
    assert figures.short_name("Ball bearings", 20) == "Ball bearings"
    assert figures.short_name("Aircraft; parts of aeroplanes or helicopters and more", 12) == "Aircraft"
