"""What goes wrong outside the program, at the command: bad files, bad stores, full disks, broken caches.

Each is one message with the value and the next step, exit status 2, and nothing that was there before is lost.
"""

import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

import equidistance as eq
from command import run
from equidistance.assessment import evidence
from equidistance.assessment.reference import Reference
from equidistance.evidence.fetch import cache_directory
from equidistance.evidence.store import Store, default_path
from equidistance.indicators.snapshot import shipped

HEADER = "undl_id,ms_code,ms_name,ms_vote,date,session,resolution,title"
STATES = ("KAZ", "RUS", "CHN", "USA", "FRA", "GBR", "TUR", "BLR", "ARM", "IND")
PROGRAM = [sys.executable, "-m", "equidistance.cli.main"]


def bulk(roll_calls: int, date: str = "2025-10-{day:02d}", code: str = "Y") -> str:
    """A file as the UN library's bulk download: some states, all of one mind."""
    rows = [
        f"{number},{state},{state},{code},{date.format(day=1 + number % 28)},80,A/RES/80/{number},On something"
        for number in range(1, roll_calls + 1)
        for state in STATES
    ]
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file and the store made from it; tests take copies."""
    home = tmp_path_factory.mktemp("ingested")
    (home / "ga_voting.csv").write_text(bulk(30), encoding="utf-8")
    with Store.open(home / "store.duckdb", "write", create=True) as store:
        eq.ingest("un_votes", [home / "ga_voting.csv"], store)
    return home


@pytest.fixture
def filled(ingested: Path, tmp_path: Path) -> Path:
    """A store with something to lose, and beside its folder the file it was made from."""
    (tmp_path / "mine").mkdir()
    shutil.copy(ingested / "ga_voting.csv", tmp_path)
    return Path(shutil.copy(ingested / "store.duckdb", tmp_path / "mine"))


def refused(result: tuple[int, str, str], *says: object) -> None:
    status, out, err = result
    assert (status, out) == (2, ""), err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in says:
        assert str(word) in err


# --- files ------------------------------------------------------------------------------------------------


def zipped(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("ga_voting.csv", content)
    return archive.getvalue()


GOOD = bulk(40).encode()
BAD_FILES = {
    "another header": (GOOD.replace(HEADER.encode(), b"a,b,c,d,e,f,g,h"), "none of the known layouts"),
    "no header": (GOOD.partition(b"\n")[2], "none of the known layouts"),
    "a missing column": (GOOD.replace(b"ms_vote", b"ballot"), "ms_vote"),
    "semicolons": (GOOD.replace(b",", b";"), "ms_code;"),
    "latin-1": (GOOD.replace(b"something", "s\u00e9ance".encode("latin-1")), "iconv -f latin1"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "iconv -f utf-16"),
    "broken off in a row": (GOOD[:-20], "breaks off"),
    "a quote never closed": (GOOD.replace(b"On something", b'"On something', 1), "never closed"),
    "zipped": (zipped(GOOD), "zip"),
    "gzipped": (gzip.compress(GOOD), "gzip"),
    "empty": (b"", "is empty"),
    "a web page": (b"<!DOCTYPE html><html><body>Please log in</body></html>", "web page"),
    "bytes": (bytes(range(256)) * 20, "binary"),
    "half a Parquet file": (b"PAR1" + b"\x15\x00" * 100, "Parquet"),
    "unknown codes only": (bulk(40, code="?").encode(), "unknown vote code"),
    "days that do not exist": (bulk(40, date="2025-13-{day:02d}").encode(), "2025-13-"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_changes_nothing(monkeypatch, capsys, filled: Path, tmp_path: Path, name: str) -> None:
    content, says = BAD_FILES[name]
    before = sha256(filled.read_bytes()).digest()
    file = tmp_path / "ga_voting_new.csv"
    file.write_bytes(content)
    refused(run(monkeypatch, capsys, "ingest", "un_votes", file, "--store", filled), says, file.name)
    assert sha256(filled.read_bytes()).digest() == before
    assert list(filled.parent.iterdir()) == [filled]


def test_a_zip_is_unpacked_by_pull(monkeypatch, capsys, tmp_path: Path) -> None:
    """``ingest`` says "unpack it first"; after that the file is as good as any."""
    (tmp_path / "files").mkdir()
    with zipfile.ZipFile(io.BytesIO(zipped(GOOD))) as archive:
        archive.extractall(tmp_path / "files")
    status, out, _ = run(monkeypatch, capsys, "pull", "un_votes", "--from", tmp_path / "files")
    assert status == 0
    assert "votes 400" in out


def test_malformed_rows_are_named_and_kept(monkeypatch, capsys, tmp_path: Path) -> None:
    file = tmp_path / "ga_voting.csv"
    lines = bulk(40).splitlines()
    lines[5] = lines[5].replace(",Y,", ",7,")
    lines[9] = lines[9].replace("ARM,ARM", "XQX,Atlantis\x1b[2J")
    lines[12] = lines[12].replace("2025-10-", "10/2025/")
    lines.append(lines[1])
    lines.append(lines[2].replace(",Y,", ",N,"))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    status, out, _ = run(monkeypatch, capsys, "ingest", "un_votes", file, "--format", "json")
    assert status == 0
    [summary] = json.loads(out)
    reasons = {row["line"]: row["reason"] for row in summary["rejected"]}
    assert reasons.keys() == {6, 10, 13, 403}
    assert "unknown vote code 7" in reasons[6]
    assert "contradicts" in reasons[403]
    assert all(row["file"] == "ga_voting.csv" for row in summary["rejected"])
    assert "\x1b" not in out
    assert sum(summary["ignored"].values()) == 1  # the row that says again what line 2 says
    assert summary["rows"]["votes"] == 400 - 3
    status, out, _ = run(monkeypatch, capsys, "doctor")
    assert status == 0
    assert "4 rows in quarantine" in " ".join(out.split())


@pytest.mark.parametrize("layout", ["library", "voeten"])
def test_repeated_rows_of_a_wide_file_are_ignored(monkeypatch, capsys, tmp_path: Path, layout: str) -> None:
    """A row per roll call, a column per state: both layouts once failed on a repeated row."""
    if layout == "library":
        file, head = tmp_path / "un_votes_2025_wide.csv", "Council,Resolution,Date,Title," + ",".join(STATES)
        row = "General Assembly,A/RES/80/{n},2025-10-{n:02d},On something," + ",".join(["YES"] * len(STATES))
    else:
        file, head = tmp_path / "UNVotes.csv", "rcid,session,date," + ",".join(STATES)
        row = "{n},80,2025-10-{n:02d}," + ",".join(["1"] * len(STATES))
    rows = [row.format(n=number) for number in range(1, 21)]
    file.write_text("\n".join([head, *rows, *rows[:3]]) + "\n", encoding="utf-8")
    status, out, err = run(monkeypatch, capsys, "ingest", "un_votes", file, "--format", "json")
    assert status == 0, err
    [summary] = json.loads(out)
    assert summary["rows"] == {"roll_calls": 20, "votes": 200}
    assert sum(summary["ignored"].values()) == 30
    assert summary["rejected"] == []


def test_a_directory_with_nothing_to_read_makes_no_store(monkeypatch, capsys, tmp_path: Path) -> None:
    refused(run(monkeypatch, capsys, "pull", "--all", "--from", tmp_path), tmp_path, "sources NAME")
    assert not default_path().exists()
    (tmp_path / "ga_voting.csv").write_bytes(BAD_FILES["zipped"][0])
    status, out, err = run(monkeypatch, capsys, "pull", "--all", "--from", tmp_path)
    assert (status, out) == (2, "")
    assert "Failed un_votes" in err
    assert not default_path().exists()


# --- stores -----------------------------------------------------------------------------------------------


def newer(store: Path) -> str:
    with duckdb.connect(str(store)) as database:
        database.execute("update evidence.meta set schema_version = 99, created_by = '7.0'")
    return "pip install --upgrade equidistance"


def older(store: Path) -> str:
    with duckdb.connect(str(store)) as database:
        database.execute("update evidence.meta set schema_version = 0")
    return "EQUIDISTANCE_STORE"


def truncated(store: Path) -> str:
    os.truncate(store, store.stat().st_size // 2)
    return "damaged"


def text(store: Path) -> str:
    store.write_text("not a database\n" * 1000)
    return "damaged or no DuckDB file"


def foreign(store: Path) -> str:
    store.unlink()
    with duckdb.connect(str(store)) as database:
        database.execute("create table mine (x int)")
    return "not a store of equidistance"


def folder(store: Path) -> str:
    store.unlink()
    store.mkdir()
    return "cannot be a store"


@pytest.mark.parametrize("harm", [newer, older, truncated, text, foreign, folder])
def test_a_bad_store_is_named_and_left_alone(
    monkeypatch, capsys, filled: Path, tmp_path: Path, harm: "type[object]"
) -> None:
    says = harm(filled)
    before = filled.read_bytes() if filled.is_file() else b""
    for words in (
        ("assess", "KAZ", "--store", filled),
        ("why", "KAZ", "RUS", "2022", "--store", filled),
        ("ingest", "un_votes", tmp_path / "ga_voting.csv", "--store", filled),
    ):
        refused(run(monkeypatch, capsys, *words), filled, says)
    status, out, _ = run(monkeypatch, capsys, "doctor", "--store", filled, "--format", "json")
    assert status == 1
    assert any(row["check"] == "store" and row["status"] == "error" for row in json.loads(out))
    assert run(monkeypatch, capsys, "sources", "--store", filled)[0] == 0  # what can be had is still listed
    assert (filled.read_bytes() if filled.is_file() else b"") == before


def test_a_store_that_is_not_there(monkeypatch, capsys, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "store.duckdb"
    refused(run(monkeypatch, capsys, "assess", "KAZ", "--store", missing), missing, "equidistance ingest")
    assert not missing.parent.exists()


def test_a_store_in_use_by_another_process_is_named_with_the_process(
    monkeypatch, capsys, filled: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from equidistance.evidence.store import Store\n"
        f"with Store.open(Path({str(filled)!r}), 'write'):\n print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        for words in (("assess", "KAZ"), ("ingest", "un_votes", tmp_path / "ga_voting.csv")):
            refused(run(monkeypatch, capsys, *words, "--store", filled), f"process {child.pid}", "Wait")
        child.communicate()
    assert run(monkeypatch, capsys, "sources", "--store", filled)[0] == 0


def test_a_full_disk_leaves_the_store_as_it_was(filled: Path, tmp_path: Path) -> None:
    """A limit on the size of files refuses to write as a full disk does."""
    with Store.open(filled) as store:
        before = store.versions()
    (tmp_path / "ga_voting_big.csv").write_text(bulk(4_000), encoding="utf-8")
    limit = filled.stat().st_size + 100_000
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
    code += "from equidistance.cli.main import main; main()"
    words = ["ingest", "un_votes", str(tmp_path / "ga_voting_big.csv"), "--store", str(filled)]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=100)
    refused(
        (done.returncode, done.stdout, done.stderr), "no room left on the disk", filled, "Free some space"
    )
    with Store.open(filled) as store:
        assert store.integrity() == []
        assert store.versions() == before


def test_a_store_with_a_source_that_this_version_does_not_know(monkeypatch, capsys, filled: Path) -> None:
    with duckdb.connect(str(filled)) as database:
        database.execute("update evidence.source_versions set source = 'un_votes_2'")
    status, out, err = run(monkeypatch, capsys, "assess", "KAZ", "--store", filled, "--draws", "100")
    assert status == 0, err
    assert re.search(r" 0 of [1-9]\d+ values come from the store", " ".join(out.split()))


# --- what the store's evidence does to an assessment ------------------------------------------------------


def test_fewer_records_than_shipped_are_told(monkeypatch, capsys, tmp_path: Path) -> None:
    """Rows of the store win, also where they know less; a reader must be told."""
    file, store = tmp_path / "ga_voting.csv", tmp_path / "store.duckdb"
    file.write_text(bulk(2, date="2023-12-{day:02d}"), encoding="utf-8")
    assert run(monkeypatch, capsys, "ingest", "un_votes", file, "--store", store)[0] == 0
    result = eq.assess("KAZ", "RUS,CHN", store=store, draws=100)
    [note] = [note for note in result.notes if "come from the store" in note]
    assert note.startswith("2 of ")  # December 2023 toward two powers
    assert note.endswith("2 of them rest on fewer records than the shipped ones.")
    explanation = eq.why("KAZ", "RUS", "2023-12", assessment=result)
    [row] = [
        row
        for row in explanation.records
        if row["indicator"] == "un_vote_agreement" and f"{row['period']:%Y-%m}" == "2023-12"
    ]
    with Store.open(store) as opened:
        assert row["source_id"] == opened.versions()[0].source_id
    assert row["n"] == 2


def test_a_power_that_ships_no_evidence_is_computed_from_the_store(monkeypatch, capsys, filled: Path) -> None:
    status, out, _ = run(
        monkeypatch, capsys, "assess", "KAZ", "--powers", "India,Russia", "--store", filled, "--draws", "100"
    )
    assert status == 0
    assert "India" in out
    result = eq.assess("KAZ", "IND", store=filled, draws=100)
    assert [row["indicator"] for row in result.evidence] == ["un_vote_agreement"]
    _, out, _ = run(
        monkeypatch, capsys, "assess", "KAZ", "--powers", "BRA,RUS", "--store", filled, "--draws", "100"
    )
    assert "Note: There is no evidence about Kazakhstan and Brazil." in " ".join(out.split())


# --- the cache --------------------------------------------------------------------------------------------


def test_indicators_are_computed_once_and_again_where_the_cache_is_damaged(monkeypatch, filled: Path) -> None:
    counted = []
    compute = evidence.panel.compute
    monkeypatch.setattr(evidence.panel, "compute", lambda *a, **k: counted.append(1) or compute(*a, **k))
    first = eq.assess("KAZ", "IND", store=filled, draws=100).to_dict()
    assert eq.assess("KAZ", "IND", store=filled, draws=100).to_dict() == first
    assert len(counted) == 1
    [kept] = (cache_directory() / "indicators").iterdir()
    for damage in (b"", kept.read_bytes()[:-30]):
        kept.write_bytes(damage)
        assert eq.assess("KAZ", "IND", store=filled, draws=100).to_dict() == first
    assert len(counted) == 3
    eq.assess("KAZ", "RUS", store=filled, draws=100)
    assert eq.why("KAZ", "TUR", "2025-10", store=filled).records  # all default powers are kept together
    assert len(counted) == 4


def test_a_cache_that_cannot_be_written_is_done_without(monkeypatch, filled: Path, tmp_path: Path) -> None:
    first = eq.assess("KAZ", "RUS", store=filled, draws=100).to_dict()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(tmp_path / "file"))
    assert eq.assess("KAZ", "RUS", store=filled, draws=100).to_dict() == first


def test_a_fit_is_kept_and_made_again_where_the_cache_is_damaged(monkeypatch) -> None:
    fitted = []
    reference = Reference.from_json(shipped().reference_text())
    monkeypatch.setattr(evidence, "fit_reference", lambda *a, **k: fitted.append(1) or reference)
    monkeypatch.setattr(evidence, "digest_of", lambda rows: str(rows.num_rows))  # quick, on 400,000 rows
    options = {"store": False, "draws": 100, "indicators": "alliance_commitment,visits_paid"}
    first = eq.assess("KAZ", "RUS", refit=True, **options).to_dict()
    assert eq.assess("KAZ", "RUS", refit=True, **options).to_dict() == first
    assert len(fitted) == 1
    eq.assess("KAZ", "RUS", **options)  # nothing asks for a fit
    [kept] = (cache_directory() / "fits").iterdir()
    for damage in ("", "{}", kept.read_text(encoding="utf-8")[:-30]):
        kept.write_text(damage, encoding="utf-8")
        assert eq.assess("KAZ", "RUS", refit=True, **options).to_dict() == first
    assert len(fitted) == 4
