"""The installed command: what it prints, in which format, and how it refuses."""

import io
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest

from command import run


def test_assess_prints_the_headline_and_every_power(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    target = tmp_path / "kz.json"
    status, out, err = run(monkeypatch, capsys, "assess", "Казахстан", "--draws", "200", "--out", str(target))
    assert status == 0
    for name in ("Russia", "China", "United States", "European Union", "United Kingdom", "Türkiye"):
        assert name in out
    assert "equidistance why KAZ RUS" in out
    assert str(target) in err
    content = json.loads(target.read_text())
    jsonschema.validate(
        content, json.loads(files("equidistance").joinpath("data/assess.schema.json").read_text())
    )


@pytest.mark.parametrize("form", ["json", "csv"])
def test_assess_in_other_formats(monkeypatch, capsys, form: str) -> None:
    status, out, _ = run(
        monkeypatch,
        capsys,
        "assess",
        "KAZ",
        "--powers",
        "RUS,WEST",
        "--since",
        "2020",
        "--draws",
        "200",
        "--format",
        form,
    )
    assert status == 0
    if form == "json":
        content = json.loads(out)
        assert content["powers"] == [
            {"code": "RUS", "name": "Russia"},
            {"code": "WEST", "name": content["powers"][1]["name"]},
        ]
        assert content["period"]["start"] == "2020-01-01"
    else:
        lines = out.splitlines()
        assert lines[0] == "quantity,power,channel,window,period,mean,sd,q05,q25,q50,q75,q95"
        assert len({line.split(",")[0] for line in lines[1:]}) == 5


def test_assess_writes_parquet_and_csv(monkeypatch, capsys, tmp_path) -> None:
    for name in ("kz.parquet", "kz.csv"):
        status, _, _ = run(
            monkeypatch,
            capsys,
            "assess",
            "KAZ",
            "--powers",
            "RUS",
            "--draws",
            "200",
            "--out",
            str(tmp_path / name),
        )
        assert status == 0
    table = pq.read_table(tmp_path / "kz.parquet")
    assert table.num_rows == len((tmp_path / "kz.csv").read_text().splitlines()) - 1


def test_why_lists_contributions_that_sum(monkeypatch, capsys) -> None:
    status, out, _ = run(monkeypatch, capsys, "why", "KAZ", "RUS", "2022", "--format", "json")
    content = json.loads(out)
    assert status == 0
    assert sum(row["contribution"] for row in content["indicators"]) == pytest.approx(
        content["estimate"], abs=1e-8
    )
    assert content["sources"]
    status, out, _ = run(monkeypatch, capsys, "why", "KAZ", "RUS", "2022-03")
    assert status == 0
    assert "Sum of the contributions" in out


def test_small_commands(monkeypatch, capsys) -> None:
    for arguments, says in (
        (("version",), "shared parameters"),
        (("indicators", "--format", "csv"), "un_vote_agreement"),
        (("sources", "--format", "json"), "itpde"),
        (("cite", "--style", "bibtex"), "@"),
        (("doctor",), "684,557 values"),
    ):
        status, out, _ = run(monkeypatch, capsys, *arguments)
        assert status == 0, arguments
        assert says in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("assess", "Absurdistan"), "Absurdistan"),
        (("assess", "Korea"), "PRK"),
        (("assess", "KAZ", "--powers", "RUS,Narnia"), "Narnia"),
        (("assess", "Russia", "--powers", "RUS"), "against itself"),
        (("assess", "KAZ", "--until", "1985"), "1991-12-16"),
        (("assess", "KAZ", "--since", "2090"), "no evidence"),
        (("assess", "KAZ", "--powers", "IND"), "equidistance sources"),
        (("assess", "KAZ", "--indicators", "gdp"), "un_vote_agreement"),
        (("assess", "KAZ", "--out", "kz.docx"), ".html"),
        (("assess", "KAZ", "--store", "/nowhere/store.duckdb"), "/nowhere/store.duckdb"),
        (("why", "KAZ", "RUS", "1950"), "1950"),
        (("sources", "nonsense"), "un_votes"),
        (("ingest", "un_votes", "missing.csv"), "missing.csv"),
        (("snapshot", "build", "--from", "."), "exactly one file"),
    ],
)
def test_bad_input_is_one_message_and_status_2(monkeypatch, capsys, tmp_path, arguments, says) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(monkeypatch, capsys, *arguments)
    assert status == 2
    assert says in err
    assert "Traceback" not in err + out
    assert err.startswith("Error: ")
    assert len(err.strip().splitlines()) == 1


_HEADER = "undl_id,ms_code,ms_name,ms_vote,date,session,resolution,title\n"
_ROW = "1,KAZ,KAZAKHSTAN,Y,2023-10-27,ES-10,A/RES/ES-10/21,On something\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a,b,c\n1,2,3\n", "un_votes"),
        ((_HEADER + _ROW.replace("something", "se\u00e9ance")).encode("latin-1"), "latin-1"),
        (b"PK\x03\x04" + b"\0" * 60, "zip"),
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"PAR1" + b"\0" * 40, "Parquet"),
    ],
)
def test_files_that_cannot_be_read_leave_no_store(
    monkeypatch, capsys, tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "ga_voting.csv"
    file.write_bytes(content)
    store = tmp_path / "store.duckdb"
    status, _, err = run(monkeypatch, capsys, "ingest", "un_votes", str(file), "--store", str(store))
    assert status == 2
    assert says.lower() in err.lower()
    assert "ga_voting.csv" in err
    assert not store.exists()


def test_malformed_rows_are_counted_and_a_second_ingest_adds_nothing(monkeypatch, capsys, tmp_path) -> None:
    states = ("KAZ", "RUS", "CHN", "USA", "FRA", "GBR", "TUR", "BLR", "ARM", "GEO")
    rows = "".join(_ROW.replace("KAZ", code) for code in states)
    wrong = _ROW.replace(",Y,", ",Q,") + _ROW.replace("KAZ", "XQX") + _ROW.replace("2023-10-27", "27 Oct")
    file = tmp_path / "ga_voting.csv"
    file.write_text(_HEADER + rows + rows.splitlines()[0] + "\n" + wrong)
    store = str(tmp_path / "store.duckdb")
    status, out, _ = run(monkeypatch, capsys, "ingest", "un_votes", str(file), "--store", store)
    assert status == 0
    assert "ga_voting.csv" in out
    assert "Q" in out
    status, again, _ = run(monkeypatch, capsys, "ingest", "un_votes", str(file), "--store", store)
    assert status == 0
    assert "already" in again.lower()
    status, told, _ = run(
        monkeypatch, capsys, "assess", "KAZ", "--powers", "RUS", "--store", store, "--draws", "200"
    )
    assert status == 0
    assert "come from the store" in told


def test_debug_shows_the_traceback_before_and_after_the_command() -> None:
    for arguments in (["--debug", "assess", "Korea"], ["assess", "Korea", "--debug"]):
        done = subprocess.run(
            [sys.executable, "-m", "equidistance.cli.main", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" in done.stderr
        assert "AmbiguousName" in done.stderr


def test_help_is_there_for_every_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "equidistance.cli.main", "--help"], capture_output=True, text=True, check=True
    )
    for name in (
        "assess",
        "why",
        "sources",
        "ingest",
        "pull",
        "doctor",
        "cite",
        "version",
        "indicators",
        "snapshot",
    ):
        assert name in done.stdout


def test_a_reader_that_stops_reading_is_not_an_error() -> None:
    done = subprocess.Popen(
        [sys.executable, "-m", "equidistance.cli.main", "sources", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert isinstance(done.stdout, io.BufferedReader)
    done.stdout.read(10)
    done.stdout.close()
    _, err = done.communicate(timeout=60)
    assert b"Traceback" not in err
