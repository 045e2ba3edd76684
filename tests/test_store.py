"""The store: transactions that survive a kill, current records, coverage, and every way it can fail."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from equidistance.errors import StoreError, UnknownName
from equidistance.evidence.corrections import AppliedCorrection
from equidistance.evidence.schema import TABLES
from equidistance.evidence.store import SourceFile, SourceVersion, Store, default_path, identify
from equidistance.sources.card import Reading, Rejected

SRC = Path(__file__).resolve().parents[1] / "src"


def votes(rows: list[tuple[str, str, str]], file: str = "votes.csv") -> pa.Table:
    """An evidence table of (roll call, state, vote)."""
    records = [
        {"roll_call": roll_call, "state": state, "vote": vote, "file": file, "row": number}
        for number, (roll_call, state, vote) in enumerate(rows, start=2)
    ]
    return pa.Table.from_pylist(records, schema=TABLES["votes"].schema)


def version(source: str, *hashes: str, reader_version: int = 1) -> SourceVersion:
    return SourceVersion(
        source_id=identify(source, reader_version, hashes),
        source=source,
        title="Title",
        licence="CC0",
        address="https://example.org",
        files=tuple(SourceFile(f"{item}.csv", item, 10) for item in hashes),
        retrieved_at=datetime(2025, 1, 2, 3, 4, 5),
        reader_version=reader_version,
        edition="to 2024-06-04",
        notes=("note „ä“",),
    )


def reading(rows: list[tuple[str, str, str]], **extra: object) -> Reading:
    return Reading({"votes": votes(rows)}, ((date(1946, 1, 1), date(2024, 6, 4)),), **extra)


def content(path: Path) -> list[object]:
    """All that a reader can see, in a fixed order."""
    with Store.open(path) as store:
        cursor = store.connection()
        shown: list[object] = [store.versions()]
        for name in ("votes", "coverage", "source_versions"):
            shown.append(cursor.execute(f"select * from {name} order by all").fetchall())
        for name in ("votes", "quarantine", "applied_corrections"):
            shown.append(cursor.execute(f"select * from evidence.{name} order by all").fetchall())
        assert store.integrity() == []
        return shown


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store.duckdb"


def test_what_goes_in_comes_out(path: Path) -> None:
    rejected = (Rejected("votes.csv", 9, "unknown vote code 7", "r1,KAZ,7"),)
    corrections = (AppliedCorrection("tur", 19, 19, "applied"), AppliedCorrection("note", 0, None, "note"))
    first = version("un_votes", "aa", "bb")
    delivered = reading(
        [("r1", "KAZ", "yes"), ("r1", "RUS", "no")], rejected=rejected, ignored={"aggregate": 3}
    )
    with Store.open(path, "write", create=True) as store:
        added = store.add(first, delivered, corrections)
        assert not added.already
        assert (added.version.ordinal, added.version.rows) == (1, {"votes": 2})
    with Store.open(path) as store:
        [stored] = store.versions()
        assert stored == added.version
        assert (stored.files, stored.notes, stored.retrieved_at) == (
            first.files,
            first.notes,
            first.retrieved_at,
        )
        assert (stored.ignored, stored.rejected) == ({"aggregate": 3}, 1)
        assert store.coverage(first.source_id) == [(date(1946, 1, 1), date(2024, 6, 4))]
        assert store.quarantine(first.source_id) == rejected
        assert set(store.corrections(first.source_id)) == set(corrections)
        rows = store.connection().execute("select * from votes order by row").fetchall()
        assert rows == [
            ("r1", "KAZ", "yes", "votes.csv", 2, first.source_id),
            ("r1", "RUS", "no", "votes.csv", 3, first.source_id),
        ]


def test_every_evidence_table_is_a_view(path: Path) -> None:
    with Store.open(path, "write", create=True) as store:
        cursor = store.connection()
        for table in TABLES.values():
            described = cursor.execute(f"select * from {table.name}").description
            assert [column[0] for column in described] == [*table.schema.names, "source_id"]
        columns = [c[0] for c in cursor.execute("select * from coverage").description]
        assert columns == ["source_id", "source", "start", "end"]


def test_same_content_twice_changes_nothing(path: Path) -> None:
    with Store.open(path, "write", create=True) as store:
        store.add(version("un_votes", "aa", "bb"), reading([("r1", "KAZ", "yes")]))
    before = content(path)
    with Store.open(path, "write") as store:
        again = store.add(version("un_votes", "bb", "aa"), reading([("r1", "KAZ", "yes")]))
        assert again.already
    assert content(path) == before


def test_newest_version_wins_per_fact_and_removal_brings_back_the_old(path: Path) -> None:
    old, new = version("un_votes", "aa"), version("un_votes", "bb")
    with Store.open(path, "write", create=True) as store:
        store.add(old, reading([("r1", "KAZ", "yes"), ("r1", "RUS", "no")]))
        store.add(new, reading([("r1", "KAZ", "abstain"), ("r2", "KAZ", "no")]))
        query = "select roll_call, state, vote, source_id from votes order by 1, 2"
        assert store.connection().execute(query).fetchall() == [
            ("r1", "KAZ", "abstain", new.source_id),
            ("r1", "RUS", "no", old.source_id),
            ("r2", "KAZ", "no", new.source_id),
        ]
        store.remove(new.source_id)
        assert [row[2] for row in store.connection().execute(query).fetchall()] == ["yes", "no"]
        with pytest.raises(UnknownName, match=old.source_id):
            store.remove(new.source_id)
        store.add(new, reading([("r1", "KAZ", "abstain")]))
        assert [item.ordinal for item in store.versions()] == [1, 2]


def test_a_newer_reader_replaces_what_the_older_one_made_of_the_same_files(path: Path) -> None:
    with Store.open(path, "write", create=True) as store:
        store.add(version("un_votes", "aa"), reading([("r1", "KAZ", "yes"), ("r1", "XXX", "no")]))
        store.add(version("un_votes", "aa", reader_version=2), reading([("r1", "KAZ", "yes")]))
        assert [item.reader_version for item in store.versions()] == [2]
        assert store.connection().execute("select state from votes").fetchall() == [("KAZ",)]
        assert store.integrity() == []


def test_a_window_is_only_paid_where_versions_overlap(path: Path) -> None:
    def plan(store: Store) -> str:
        return str(store.connection().execute("explain select * from votes").fetchall())

    with Store.open(path, "write", create=True) as store:
        store.add(version("un_votes", "aa"), reading([("r1", "KAZ", "yes")]))
        assert "WINDOW" not in plan(store)
        store.add(version("un_votes", "bb"), reading([("r1", "KAZ", "no")]))
        assert "WINDOW" in plan(store) or "row_number" in plan(store).lower()


def test_one_cursor_per_request(path: Path) -> None:
    with Store.open(path, "write", create=True) as store:
        store.add(version("un_votes", "aa"), reading([("r1", "KAZ", "yes"), ("r2", "KAZ", "no")]))
        first, second = store.connection(), store.connection()
        first.execute("select roll_call from votes order by 1")
        second.execute("select count(*) from votes")
        assert first.fetchall() == [("r1",), ("r2",)]
        assert second.fetchall() == [(2,)]


def test_a_store_made_before_a_table_existed_holds_nothing_of_it(path: Path) -> None:
    with Store.open(path, "write", create=True) as store:
        store.add(version("un_votes", "aa"), reading([("r1", "KAZ", "yes")]))
        store._database.execute("drop view trade; drop table evidence.trade")
    with Store.open(path) as store:
        assert store.connection().execute("select exporter, source_id from trade").fetchall() == []
        assert store.integrity() == []
    with Store.open(path, "write") as store:  # opened for writing, it is brought up to date
        assert store.connection().execute("select count(*) from evidence.trade").fetchall() == [(0,)]


def test_identity_depends_on_content_reader_and_corrections_only() -> None:
    base = identify("un_votes", 1, ["aa", "bb"])
    assert identify("un_votes", 1, ["bb", "aa"]) == base
    others = [
        identify("un_votes", 2, ["aa", "bb"]),
        identify("gdelt", 1, ["aa", "bb"]),
        identify("un_votes", 1, ["aa"]),
        identify("un_votes", 1, ["aa", "bb"], "corrected"),
    ]
    assert len({base, *others}) == 5


def test_default_path_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUIDISTANCE_STORE", str(tmp_path / "mine.duckdb"))
    assert default_path() == tmp_path / "mine.duckdb"
    monkeypatch.delenv("EQUIDISTANCE_STORE")
    assert default_path().name == "store.duckdb"


# --- killed at any moment -----------------------------------------------------------------------------

_CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {src!r}); sys.path.insert(0, {tests!r})
from test_store import Store, reading, version

class Deadly:
    '''A connection that kills its own process before (or right after) the n-th statement.'''
    def __init__(self, database, after): self.database, self.left = database, after
    def __getattr__(self, name): return getattr(self.database, name)
    def execute(self, *args):
        self.left -= 1
        if self.left == 0: os.kill(os.getpid(), signal.SIGKILL)
        return self.database.execute(*args)

store = Store.open(Path({path!r}), "write", create=True)
store._database = Deadly(store._database, {statements})
rows = [(f"r{{i}}", s, "no") for i in range({count}) for s in ("KAZ", "RUS", "CHN", "USA")]
big = reading(rows)
print("ready", flush=True)
store.add(version("un_votes", "new"), big)
print("done", -store._database.left, flush=True)
store.close()
print("closed", flush=True)
"""


def start(path: Path, *, statements: int = 0, count: int = 200) -> "subprocess.Popen[str]":
    code = _CHILD.format(
        src=str(SRC), tests=str(Path(__file__).parent), path=str(path), statements=statements, count=count
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def filled(path: Path) -> Path:
    with Store.open(path, "write", create=True) as store:
        store.add(version("un_votes", "old"), reading([("r0", "KAZ", "yes"), ("r0", "RUS", "yes")]))
    return path


@pytest.mark.slow
def test_killed_before_a_statement_of_the_transaction(filled: Path, tmp_path: Path) -> None:
    """Death before begin, each insert, a view, and commit: the store is as before. Then it runs through."""
    rehearsal = tmp_path / "rehearsal.duckdb"
    rehearsal.write_bytes(filled.read_bytes())
    out, _ = start(rehearsal).communicate(timeout=60)
    assert out.split()[:2] == ["ready", "done"]
    statements = int(out.split()[2])  # the last one is the commit
    before = content(filled)
    for statement in sorted({*range(1, 7), statements // 2, statements - 1, statements}):
        child = start(filled, statements=statement)
        child.communicate(timeout=60)
        assert child.returncode == -signal.SIGKILL, statement
        assert content(filled) == before, f"killed before statement {statement} of {statements}"
    child = start(filled, statements=statements + 1)
    child.communicate(timeout=60)
    assert child.returncode == 0
    with Store.open(filled) as store:
        assert store.connection().execute("select count(*) from votes").fetchall() == [
            (800,)
        ]  # r0 is in both


@pytest.mark.slow
def test_killed_from_outside_at_random_moments(filled: Path) -> None:
    before = content(filled)
    random.seed(7)
    outcomes = {"before": 0, "after": 0}
    for _ in range(6):
        child = start(filled, count=60_000)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0.0, 0.6))
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=60)
        with Store.open(filled) as store:
            held = len(store.versions())
        if held == 1:
            assert content(filled) == before
            outcomes["before"] += 1
        else:  # it was faster than the kill: then all of it is there
            with Store.open(filled, "write") as store:
                assert store.integrity() == []
                assert store.connection().execute("select count(*) from votes").fetchall() == [(240_000,)]
                store.remove(identify("un_votes", 1, ["new"]))
            outcomes["after"] += 1
    assert outcomes["before"] > 0, outcomes


def test_killed_while_the_store_is_made(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(SRC)!r})
from pathlib import Path
from equidistance.evidence import store
real = Path.replace
Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
store.Store.open(Path({str(path)!r}), "write", create=True)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert not path.exists()
    with Store.open(path, "write", create=True) as store:
        assert store.versions() == []


def test_an_error_in_the_middle_rolls_everything_back(filled: Path) -> None:
    before = content(filled)
    broken = votes([("r9", "KAZ", "yes")]).set_column(2, "vote", pa.array([None], pa.string()))
    with Store.open(filled, "write") as store:
        with pytest.raises(StoreError, match="NOT NULL"):
            store.add(version("un_votes", "cc"), Reading({"votes": broken}, ()))
        assert len(store.versions()) == 1
        store.add(version("un_votes", "dd"), reading([("r9", "KAZ", "yes")]))  # and it can go on
        store.remove(identify("un_votes", 1, ["dd"]))
    assert content(filled) == before


def test_a_failed_first_ingest_leaves_no_empty_store(path: Path) -> None:
    def fail() -> None:
        with Store.open(path, "write", create=True):
            raise ValueError("no such file")

    with pytest.raises(ValueError, match="no such file"):
        fail()
    assert not path.exists()


# --- what can go wrong --------------------------------------------------------------------------------


def error_of(path: Path, mode: str = "read") -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(path, mode)  # type: ignore[arg-type]
    text = str(caught.value)
    assert str(path) in text
    assert caught.value.hint
    return text


def test_missing(path: Path) -> None:
    assert "There is no store" in error_of(path)
    assert "equidistance ingest" in error_of(path, "write")
    assert not path.exists()


@pytest.mark.parametrize("bytes_", [b"not a database " * 1000, b"", b"PK\x03\x04" + b"\0" * 5000])
def test_not_a_database(tmp_path: Path, bytes_: bytes) -> None:
    path = tmp_path / "store.duckdb"
    path.write_bytes(bytes_)
    assert "damaged or no DuckDB file" in error_of(path)
    assert path.read_bytes() == bytes_


def test_truncated_or_overwritten(filled: Path) -> None:
    whole = filled.read_bytes()
    filled.write_bytes(whole[:20_000])
    assert "damaged" in error_of(filled)
    filled.write_bytes(whole[:12288] + bytes(byte ^ 0x5A for byte in whole[12288:]))
    assert "damaged" in error_of(filled)


def test_integrity_finds_a_damaged_block_and_a_lost_row(filled: Path) -> None:
    with Store.open(filled, "write") as store:
        store._database.execute("delete from evidence.votes where state = 'KAZ'")
    with Store.open(filled) as store:
        assert store.integrity() == [
            f"votes: {identify('un_votes', 1, ['old'])} should have 2 rows and has 1."
        ]
    with Store.open(filled, "write") as store:
        store.add(version("un_votes", "big"), reading([(f"r{i}", "KAZ", "yes") for i in range(300_000)]))
        store._database.execute("checkpoint")
        segments = "pragma_storage_info('evidence.votes') where persistent and segment_type = 'BIGINT'"
        [block] = store._database.execute(f"select block_id from {segments}").fetchone()
    whole = bytearray(filled.read_bytes())
    whole[3 * 4096 + block * 262_144 + 100_000] ^= (
        0xFF  # one byte of one column; headers and catalogue are whole
    )
    filled.write_bytes(bytes(whole))
    with Store.open(filled) as store:
        assert len(store.versions()) == 2
        with pytest.raises(StoreError, match="damaged"):
            store.integrity()


def test_foreign_database(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("create table votes (a integer)")
    assert "not a store of equidistance" in error_of(path)


@pytest.mark.parametrize(("number", "words"), [(99, "pip install --upgrade"), (0, "ingest")])
def test_other_schema_version(filled: Path, number: int, words: str) -> None:
    with duckdb.connect(str(filled)) as other:
        other.execute("update evidence.meta set schema_version = ?", [number])
    for mode in ("read", "write"):
        text = error_of(filled, mode)
        assert f"schema version {number}" in text
        assert words in text


def test_locked_by_another_process_names_it(filled: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(SRC)!r})
from pathlib import Path
from equidistance.evidence.store import Store
with Store.open(Path({str(filled)!r}), "write"):
    print("open", flush=True)
    sys.stdin.read()
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        for mode in ("read", "write"):
            text = error_of(filled, mode)
            assert "in use by another process" in text
            assert str(child.pid) in text
    finally:
        child.communicate(timeout=30)
    Store.open(filled, "write").close()


def test_open_twice_in_one_program_in_different_modes(filled: Path) -> None:
    with Store.open(filled, "write"):
        assert "open in this program already" in error_of(filled)
    with Store.open(filled), Store.open(filled) as second:
        assert len(second.versions()) == 1


def test_reading_store_refuses_to_write(filled: Path) -> None:
    with Store.open(filled) as store, pytest.raises(StoreError, match="reading only"):
        store.add(version("un_votes", "zz"), reading([]))


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    assert "cannot be a store" in error_of(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="EQUIDISTANCE_STORE"):
        Store.open(tmp_path / "file" / "store.duckdb", "write", create=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(StoreError, match="permissions"):
        Store.open(tmp_path / "store.duckdb", "write", create=True)


_LIMITED = """
import resource, sys
sys.path.insert(0, {src!r}); sys.path.insert(0, {tests!r})
from pathlib import Path
from test_store import Store, reading, version
from equidistance.errors import StoreError
path = Path({path!r})
limit = path.stat().st_size + 300_000 if path.exists() else {limit}
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    with Store.open(path, "write", create=True) as store:
        rows = [(str(hash(i)) * 3, "KAZ", "yes") for i in range(400_000)]
        store.add(version("un_votes", "big"), reading(rows))
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize("exists", [True, False])
def test_disk_full(filled: Path, tmp_path: Path, exists: bool) -> None:
    """A limit on file size gives the same refusal to write as a full disk does."""
    target = filled if exists else tmp_path / "fresh.duckdb"
    before = content(filled)
    code = _LIMITED.format(src=str(SRC), tests=str(Path(__file__).parent), path=str(target), limit=100_000)
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "no room left on the disk" in child.stdout, child.stdout + child.stderr
    assert child.returncode == 0
    assert content(filled) == before
    if not exists:
        assert not target.exists()
        assert sorted(item.name for item in tmp_path.iterdir()) == ["deep"]


def test_opening_needs_no_pandas_and_never_installs_extensions(filled: Path) -> None:
    code = f"""
import sys
sys.modules["pandas"] = None
sys.path.insert(0, {str(SRC)!r})
from pathlib import Path
from equidistance.evidence.store import Store
with Store.open(Path({str(filled)!r})) as store:
    print(store.connection().execute("select current_setting('autoinstall_known_extensions')").fetchall())
    print(store.connection().execute("select count(*) from votes").fetchall(), store.integrity())
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "[(False,)]\n[(2,)] []\n"
