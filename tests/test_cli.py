"""The command among other programs: narrow terminals, pipes, full disks, Ctrl-C, completion, files it writes."""

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

import equidistance as eq
from command import run
from equidistance.assessment import export
from equidistance.assessment.assess import Assessment
from equidistance.indicators.declare import all_indicators
from equidistance.sources.card import all_sources

DRAWS = ("--draws", "100")
PROGRAM = [sys.executable, "-m", "equidistance.cli.main"]


def started(*words: str, **options: object) -> "subprocess.Popen[bytes]":
    """The real program in a process of its own."""
    return subprocess.Popen([*PROGRAM, *words], stderr=subprocess.PIPE, **options)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def kazakhstan() -> Assessment:
    return eq.assess("KAZ", store=False, draws=100)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, kazakhstan: Assessment) -> None:
    """The command's work done beforehand: what is tested is what it shows and writes."""
    monkeypatch.setattr("equidistance.assessment.assess.assess", lambda *words, **options: kazakhstan)


# --- tables on a terminal ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("columns", [80, 100, 160])
def test_no_number_is_cut_on_a_terminal(monkeypatch, capsys, kazakhstan, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    status, out, _ = run(monkeypatch, capsys, "assess", "KAZ", *DRAWS, "--shipped-only")
    assert status == 0
    assert "…" not in out
    *text, why = out.splitlines()
    assert max(map(len, text)) <= columns
    assert why == "Why? equidistance why KAZ RUS 2025 --shipped-only"  # whole, to copy it
    for channel in ("deed", "word", "overall"):
        row = next(
            row
            for row in kazakhstan.alignment
            if (row["power"], row["channel"], row["period"]) == ("EU", channel, date(2025, 12, 1))
        )
        assert f"{row['mean']:+.2f} ({row['q05']:+.2f}, {row['q95']:+.2f})" in out


@pytest.mark.usefixtures("quick")
def test_a_very_narrow_terminal_folds_and_cuts_nothing(monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = run(monkeypatch, capsys, "assess", "KAZ")
    assert "…" not in out
    assert "Kingdom" in out


@pytest.mark.parametrize("words", [("sources",), ("indicators",), ("doctor",), ("why", "KAZ", "RUS", "2022")])
def test_names_to_type_are_whole_at_80_columns(monkeypatch, capsys, words: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out, _ = run(monkeypatch, capsys, *words)
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    whole = {
        "sources": list(all_sources()),
        "indicators": list(all_indicators()),
        "doctor": ["vl-convert-python", "ibis-framework"],
        "why": ["Contribution", "Observations"],
    }
    for name in whole[words[0]]:
        assert name in out


def test_piped_tables_are_wide_and_without_colour(monkeypatch, capsys) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    _, out, _ = run(monkeypatch, capsys, "sources")
    assert 80 < max(map(len, out.splitlines())) <= 160
    assert "\x1b" not in out


def test_a_member_of_a_bloc_is_not_given_a_value_of_years_ago(monkeypatch, capsys) -> None:
    """Latvia joined the EU in 2004: what it was then must not stand in a table of 2025."""
    _, out, _ = run(monkeypatch, capsys, "assess", "LVA", "--powers", "EU,RUS", *DRAWS, "--shipped-only")
    lines = [line for line in out.splitlines() if line.startswith("European Union ")]
    assert len(lines) == 2
    assert not any(character.isdigit() for line in lines for character in line)
    assert "Note: European Union: no value in December 2025, because Latvia belongs to it" in out
    assert "equidistance why LVA RUS 2025" in out  # and what it offers to explain exists


def test_the_why_it_offers_explains_the_same_number(monkeypatch, capsys) -> None:
    """Options that change the evidence are repeated in the offered command."""
    chosen = ("--until", "2015-06", "--indicators=-visits_paid", "--shipped-only")
    _, out, _ = run(monkeypatch, capsys, "assess", "KAZ", "--channel", "deed", *chosen)
    offered = shlex.split(out.splitlines()[-1].removeprefix("Why? equidistance "))
    offered[3] = "2015-06"  # a month, which the alignment table has as it is
    status, out, _ = run(monkeypatch, capsys, *offered, "--format", "json")
    assert status == 0
    result = eq.assess("KAZ", until="2015-06", indicators="-visits_paid", store=False, draws=100)
    [row] = [
        row
        for row in result.alignment
        if (row["power"], row["channel"], row["period"]) == ("RUS", "deed", date(2015, 6, 1))
    ]
    assert json.loads(out)["estimate"] == pytest.approx(row["mean"], abs=1e-8)


def test_a_terminal_without_unicode_gets_escapes() -> None:
    done = subprocess.run(
        [*PROGRAM, "cite", "un_votes"], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert done.returncode == 0, done.stderr
    assert b"Hammarskj\\xf6ld" in done.stdout


# --- files it writes --------------------------------------------------------------------------------------


def test_a_result_that_cannot_be_written_is_refused_before_the_work(monkeypatch, capsys, tmp_path) -> None:
    def must_not_work(*arguments: object, **options: object) -> None:
        raise AssertionError("the name of the result is looked at first")

    monkeypatch.setattr("equidistance.assessment.assess.assess", must_not_work)
    (tmp_path / "folder.html").mkdir()
    for name, says in (
        ("missing/kz.html", "mkdir -p"),
        ("folder.html", "is a directory"),
        ("kz.docx", ".parquet"),
        ("kz", ".parquet"),
    ):
        status, out, err = run(monkeypatch, capsys, "assess", "KAZ", "--out", tmp_path / name)
        assert (status, out) == (2, "")
        assert err.startswith("Error: ")
        assert says in err


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "name", ["kz.json", "kz.csv", "kz.parquet"]
)  # the report's own test is in test_report
def test_a_full_disk_leaves_the_earlier_result_as_it_was(monkeypatch, capsys, tmp_path, name: str) -> None:
    target = tmp_path / name
    target.write_text("the earlier result")

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    status, out, err = run(monkeypatch, capsys, "assess", "KAZ", "--out", target)
    assert (status, out) == (2, "")
    assert "No space left on device" in err
    assert "Free some space" in err
    assert target.read_bytes() == b"the earlier result"
    assert list(tmp_path.iterdir()) == [target]


def test_written_files_are_as_readable_as_any(tmp_path: Path, kazakhstan: Assessment) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("")
    for name in ("kz.json", "kz.csv"):
        export.write(kazakhstan, tmp_path / name)
        assert (tmp_path / name).stat().st_mode == ordinary.stat().st_mode
    rows = list(csv.DictReader(io.StringIO((tmp_path / "kz.csv").read_text(encoding="utf-8"))))
    assert len(rows) == len(export.long_table(kazakhstan))


def test_the_report_is_written_although_nobody_reads_on(tmp_path: Path) -> None:
    report = tmp_path / "kz.json"
    child = started(
        "assess", "KAZ", "--format", "csv", *DRAWS, "--shipped-only", "--out", str(report),
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.close()
    _, err = child.communicate(timeout=60)
    assert child.returncode == 1  # as other programs that are cut off; only the message would be wrong
    assert err.decode().strip() == f"Written: {report}"
    assert json.loads(report.read_text(encoding="utf-8"))["state"]["code"] == "KAZ"


# --- pipes, interruptions, shells -------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("version",), ("sources", "--format", "json")])
def test_a_full_disk_behind_standard_output(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        _, err = (child := started(*words, stdout=full)).communicate(timeout=60)
    assert child.returncode == 2
    assert err.decode().splitlines() == [
        "Error: The operating system refused: No space left on device. Free some space, then repeat the command."
    ]


def opened_for_reading(pipe: Path) -> int:
    """Wait until somebody reads the named pipe; a descriptor of its other end, so that the reader keeps waiting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # ENXIO: nobody has opened it yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def test_ctrl_c_ends_quietly_with_130_and_leaves_no_store(tmp_path: Path) -> None:
    """Interrupted while it reads a named pipe that nobody fills."""
    pipe = tmp_path / "ga_voting.csv"
    os.mkfifo(pipe)
    store = tmp_path / "deep" / "store.duckdb"
    child = started("ingest", "un_votes", str(pipe), "--store", str(store), stdout=subprocess.PIPE)
    writer = opened_for_reading(pipe)  # before, it may still be importing, where Python can lose an interrupt
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    os.close(writer)
    assert child.returncode == 130, err
    assert b"Traceback" not in err
    assert out == b""
    assert list(store.parent.iterdir()) == []


def test_a_query_that_is_interrupted_is_ctrl_c_too(monkeypatch, capsys) -> None:
    """DuckDB tells of Ctrl-C by an error of its own."""

    def interrupted(*arguments: object, **options: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("equidistance.assessment.assess.assess", interrupted)
    assert run(monkeypatch, capsys, "assess", "KAZ") == (130, "", "")


def test_a_fault_of_the_program_says_so(monkeypatch, capsys) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("by \x1b[31mzero")

    monkeypatch.setattr("equidistance.assessment.assess.assess", broken)
    status, out, err = run(monkeypatch, capsys, "assess", "KAZ")
    assert (status, out) == (1, "")
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    assert "\x1b" not in err
    assert "Traceback" not in err
    status, _, err = run(monkeypatch, capsys, "assess", "KAZ", "--debug")
    assert status == 1
    assert "Traceback" in err


def test_completion_knows_commands_and_options() -> None:
    def completed(words: str, number: int) -> list[str]:
        asked = {
            "_EQUIDISTANCE_COMPLETE": "complete_bash",
            "COMP_WORDS": f"equidistance {words}",
            "COMP_CWORD": str(number),
        }
        code = "import sys; sys.argv[0] = 'equidistance'; from equidistance.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **asked}
        )
        assert done.stderr == ""
        return done.stdout.split()

    assert completed("a", 1) == ["assess", "analogues"]
    assert "--powers" in completed("assess --p", 2)
    assert completed("why KAZ RUS 2022 --format ", 6) == ["table", "json", "csv"]


# --- arguments --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("assess",), "state"),
        (("assess", "KAZ", "--format", "xml"), "parquet"),
        (("assess", "KAZ", "--channel", "deeds"), "'deed'"),
        (("assess", "KAZ", "--seed", "-1"), "--seed"),
        (("assess", "KAZ", "--draws", "10"), "100"),
        (("assess", "KAZ", "--draws", "99999999"), "20000"),
        (("assess", "KAZ", "--draws", "many"), "--draws"),
        (("assess", "KAZ", "--since", "2015-13"), "2015-13"),
        (("assess", "KAZ", "--since", "2020", "--until", "2010"), "Swap"),
        (("assess", "KAZ", "--powers", ""), "RUS"),
        (("assess", "KAZ", "--powers", "RUS,Russia"), "twice"),
        (("assess", "KAZ", "--indicators", "un_vote_agreement=verb"), "word, deed"),
        (("assess", "South Sudan", "--until", "2005"), "2011-07-09"),
        (("assess", "KAZ", "--shipped-only", "--store", "x.duckdb"), "--shipped-only"),
        (("why", "KAZ", "RUS", "2022", "--shipped-only", "--store", "x.duckdb"), "--shipped-only"),
        (("why", "KAZ", "RUS"), "when"),
        (("why", "KAZ", "KAZ", "2022"), "against itself"),
        (("why", "KAZ", "RUS", "2022", "--records", "-1"), "--records"),
        (("ingest", "un_votes"), "paths"),
        (("pull",), "pull --all"),
        (("pull", "un_votes", "--from", "nowhere"), "nowhere"),
        (("pull", "--all", "--from", "nowhere"), "nowhere"),
        (("pull", "--all", "--from", "."), "fits any source"),
        (("cite", "nonsense"), "un_votes"),
        (("nonsense",), "nonsense"),
        (("assess", "\x1b[2J\u202eKAZ"), "no state called"),
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense(monkeypatch, capsys, tmp_path, words, says) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(monkeypatch, capsys, *words)
    assert (status, out) == (2, "")
    assert says in err
    assert err.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert "\u202e" not in err
    assert list(tmp_path.iterdir()) == []
