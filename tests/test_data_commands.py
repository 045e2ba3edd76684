"""The commands sources, ingest, pull, doctor and cite, as a person types them."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import typer
from typer.testing import CliRunner, Result

from equidistance.assessment import doctor as health
from equidistance.cli import data_commands
from equidistance.errors import BadFile, EquidistanceError, FetchError, InvalidRequest, UnknownName
from equidistance.evidence.store import Store, default_path
from equidistance.sources.card import all_sources
from equidistance.sources.overview import cite, describe_source, list_sources
from equidistance.tables import Table

SRC = Path(__file__).resolve().parents[1] / "src"

app = typer.Typer()
data_commands.register(app)


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def trade_file(tmp_path: Path) -> Path:
    """A file that the real reader of Kazakhstan's trade takes, with enough rows and a bad one."""
    path = tmp_path / "data" / "kz_bns_trade_by_partner_2018_2023.csv"
    path.parent.mkdir()
    lines = ["year,partner_ru,turnover_kusd,export_kusd,import_kusd,vintage"]
    partners = [
        "Россия",
        "Китай",
        "Германия",
        "Турция",
        "Франция",
        "Италия",
        "Япония",
        "Индия",
        "Польша",
        "Латвия",
    ]
    for vintage in range(12):
        for year in range(2018, 2024):
            lines += [f"{year},{partner},3.5,1.5,2.0,v{vintage}" for partner in partners]
    lines.append("2020,\x1b[31mАтлантида[/red],1,1,1,v0")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_sources_lists_every_source() -> None:
    rows = json.loads(run("sources", "--format", "json").stdout)
    assert [row["name"] for row in rows] == list(all_sources())
    assert all(row["licence"] and row["from"] and row["in_store"] == "" for row in rows)
    table = list(csv.DictReader(io.StringIO(run("sources", "--format", "csv").stdout)))
    assert [row["name"] for row in table] == list(all_sources())
    shown = run("sources").stdout
    assert "\x1b" not in shown  # no colours when piped
    assert all(name in shown for name in all_sources())
    assert not default_path().exists()


def test_sources_shows_one_card_with_its_known_errors() -> None:
    fields = json.loads(run("sources", "un_votes", "--format", "json").stdout)
    values = {row["field"]: row["value"] for row in fields}
    assert values["name"] == "un_votes"
    assert {"publisher", "licence", "citation", "address", "coverage", "file", "caveat"} <= values.keys()
    assert any("un_votes_tur_2023" in row["value"] for row in fields if row["field"] == "known error")
    with pytest.raises(UnknownName, match=r"'unvotes'.*un_votes"):
        run("sources", "unvotes")


def test_ingest_shows_stores_and_repeats(trade_file: Path) -> None:
    shown = run("ingest", "trade_kazakhstan", trade_file).stdout
    assert "accepted 1,440 rows" in shown
    assert "Rejected" in shown
    assert "\x1b" not in shown
    assert "[/red]" in shown
    assert "nothing changed" in run("ingest", "trade_kazakhstan", trade_file).stdout
    [row] = [
        row
        for row in json.loads(run("sources", "--format", "json").stdout)
        if row["name"] == "trade_kazakhstan"
    ]
    assert (row["in_store"], row["records"]) == ("to 2023-12-31", 1440)
    described = describe_source("trade_kazakhstan").to_pylist()
    assert any(row["field"] == "in store" for row in described)


def test_ingest_as_json_and_csv(trade_file: Path) -> None:
    output = run("ingest", "trade_kazakhstan", trade_file, "--format", "json").stdout
    [summary] = json.loads(output)
    assert summary["rows"] == {"trade": 1440}
    assert summary["coverage"] == [["2018-01-01", "2023-12-31"]]
    rows = list(
        csv.DictReader(io.StringIO(run("ingest", "trade_kazakhstan", trade_file, "--format", "csv").stdout))
    )
    assert rows[0]["outcome"] == "accepted"


def test_a_failed_first_ingest_leaves_no_store(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="missing"):
        run("ingest", "trade_kazakhstan", tmp_path / "missing.csv")
    with pytest.raises(UnknownName, match="nonsense"):
        run("ingest", "nonsense", tmp_path / "missing.csv")
    assert not default_path().exists()


def test_another_store(trade_file: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.duckdb"
    run("ingest", "trade_kazakhstan", trade_file, "--store", mine)
    assert not default_path().exists()
    with Store.open(mine) as store:
        assert len(store.versions()) == 1


def test_pull_from_a_directory(trade_file: Path) -> None:
    assert "accepted 1,440 rows" in run("pull", "trade_kazakhstan", "--from", trade_file.parent).stdout
    result = run("pull", "--all", "--from", trade_file.parent)
    assert "nothing changed" in result.stdout
    assert "Skipped un_votes: nothing in" in result.stderr


def test_pull_all_reports_failures_with_status_2(trade_file: Path) -> None:
    (trade_file.parent / "china_leader_travel_www_1949_2020.csv").write_text("nothing,useful\n1,2\n")
    result = run("pull", "--all", "--from", trade_file.parent, code=2)
    assert "accepted 1,440 rows" in result.stdout
    assert "Failed visits_china" in result.stderr


def test_pull_needs_one_name_or_all() -> None:
    for words in (["pull"], ["pull", "un_votes", "--all"]):
        with pytest.raises(InvalidRequest, match="pull --all"):
            run(*words)
    with pytest.raises(FetchError, match="no file to download by address"):
        run("pull", "trade_kazakhstan")
    assert not default_path().exists()


def test_doctor_on_a_fresh_machine() -> None:
    result = json.loads(run("doctor", "--format", "json").stdout)
    checks = {row["check"]: row for row in result}
    assert {"python", "duckdb", "store", "cache", "shipped data"} <= checks.keys()
    assert checks["store"]["status"] == "info"
    assert not default_path().exists()


def test_doctor_on_a_store(trade_file: Path) -> None:
    run("ingest", "trade_kazakhstan", trade_file)
    rows = health.doctor().table.to_pylist()
    assert {row["check"]: row["status"] for row in rows}["integrity"] == "ok"
    assert any("1 rows in quarantine" in row["detail"] for row in rows)
    assert "integrity" in run("doctor").stdout


def test_doctor_finds_lost_rows_and_mended_errors(trade_file: Path) -> None:
    run("ingest", "trade_kazakhstan", trade_file)
    with Store.open(mode="write") as store:
        [version] = store.versions()
        store._database.execute("delete from evidence.trade where exporter = 'RUS'")
        store._insert(
            "applied_corrections",
            pa.Table.from_pylist(
                [{"correction": "x", "rows": 0, "expected": 4, "status": "mended upstream"}]
            ),
            version.source_id,
        )
    shown = run("doctor", "--format", "json", code=1).stdout
    rows = {(row["check"], row["status"]): row["detail"] for row in json.loads(shown)}
    assert "should have 1440 rows and has 1368" in rows["integrity", "error"]
    assert rows["known error", "warning"].startswith(
        "x: mended upstream or changed: expected 4 rows, found 0"
    )


def test_doctor_on_a_broken_store() -> None:
    default_path().write_text("this is not a database" * 1000)
    result = run("doctor", "--format", "json", code=1)
    [row] = [row for row in json.loads(result.stdout) if row["check"] == "store"]
    assert row["status"] == "error"
    assert "damaged or no DuckDB file" in row["detail"]
    assert list_sources().to_pylist()[0]["in_store"] == ""  # the list still works


def test_cite() -> None:
    plain = run("cite").stdout
    assert plain.startswith("The equidistance developers. equidistance, version")
    for source in all_sources().values():
        assert source.card.address in plain
    assert run("cite", "un_votes").stdout.count("\n") == 2
    with pytest.raises(UnknownName):
        run("cite", "nonsense")


def test_bibtex_is_well_formed() -> None:
    text = run("cite", "--style", "bibtex").stdout
    keys = re.findall(r"^@\w+\{(\w+),$", text, re.MULTILINE)
    assert keys == ["equidistance", *all_sources()]
    for entry in text.strip().split("\n\n"):
        unescaped = re.sub(r"\\[&%$#_{}]", "", entry)
        assert unescaped.count("{") == unescaped.count("}")
        url_free = re.sub(r"url = \{.*\}", "", unescaped)
        assert not re.search(r"[&%$#]", url_free), entry
    assert cite(["un_votes"], "bibtex").count("@") == 2


def test_outside_text_is_made_safe_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\x9b31m\u202e[bold]x[/bold][/nonsense]"
    table = Table("evil", pa.table({"text": [evil], "none": pa.array([None], pa.string())}))
    for output in data_commands.Format:
        data_commands.show(table, output)
        shown = capsys.readouterr().out
        assert not any(character in shown for character in "\x1b\x9b\u202e"), output
        assert "[bold]x[/bold][/nonsense]" in shown, output


def test_errors_are_one_message_with_status_2() -> None:
    """The installed program: one line on standard error, no traceback."""
    program = "from equidistance.cli.main import main; main()"
    words = [sys.executable, "-c", program, "ingest", "un_votes", "/nowhere/votes.csv"]
    done = subprocess.run(
        words, capture_output=True, text=True, env={"PYTHONPATH": str(SRC), "HOME": "/nonexistent"}
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert issubclass(BadFile, EquidistanceError)
