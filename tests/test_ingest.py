"""Files into the store: summaries, repetitions, contradictions, totals, directories, archives, downloads."""

import csv
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest

from equidistance.errors import BadFile, FetchError, InvalidRequest
from equidistance.evidence import corrections
from equidistance.evidence.corrections import Correction
from equidistance.evidence.schema import TABLES
from equidistance.evidence.store import Store
from equidistance.printable import printable
from equidistance.sources import ingest as module
from equidistance.sources.card import Card, Download, Reading, Rejected, Source
from equidistance.sources.files import editions, find_files, unpack
from equidistance.sources.ingest import IngestSummary, ingest, pull, pull_all, summary_table

CARD = Card(
    name="fake",
    title="Fake votes",
    publisher="Nobody",
    licence="CC0",
    citation="Nobody (2024). Fake votes",
    address="https://example.org/fake",
    files={"fake_*.csv": "roll_call, state, vote", "other_votes*": "the same by another publisher"},
    tables=("votes",),
    coverage=(date(1992, 1, 1), None),
    states="some",
    cadence="never",
    rows=(1, 100),
)


def read(paths: Sequence[Path]) -> Reading:
    """A reader as sources have them: known codes, one ignored category, the rest rejected."""
    records, rejected, ignored = [], [], 0
    for path in paths:
        for line, row in enumerate(csv.reader(path.read_text(encoding="utf-8").splitlines()), start=1):
            if len(row) != 3 or row[2] not in ("yes", "no", "total"):
                rejected.append(Rejected(path.name, line, "unknown vote code", ",".join(row)))
            elif row[2] == "total":
                ignored += 1
            else:
                records.append(
                    dict(
                        zip(
                            ("roll_call", "state", "vote", "file", "row"),
                            [*row, path.name, line],
                            strict=True,
                        )
                    )
                )
    votes = pa.Table.from_pylist(records, schema=TABLES["votes"].schema)
    return Reading(
        {"votes": votes},
        ((date(1992, 1, 1), date(2024, 6, 4)),),
        tuple(rejected),
        {"aggregate row": ignored} if ignored else {},
        ("All states resolved.",),
    )


SOURCE = Source(CARD, read)
GOOD = "r1,KAZ,yes\nr1,RUS,no\nr2,KAZ,no\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.duckdb", "write", create=True) as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "files"
    directory.mkdir()
    return directory


def write(directory: Path, name: str, text: str = GOOD) -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def votes(store: Store) -> list[tuple[str, str, str]]:
    return store.connection().execute("select roll_call, state, vote from votes order by all").fetchall()


def test_a_good_file(store: Store, files: Path) -> None:
    stages: list[str] = []
    summary = ingest(
        SOURCE, [write(files, "fake_1.csv")], store, lambda stage, done, total: stages.append(stage)
    )
    assert summary.rows == {"votes": 3}
    assert (summary.already, summary.edition, summary.warnings) == (False, "to 2024-06-04", ())
    assert votes(store) == [("r1", "KAZ", "yes"), ("r1", "RUS", "no"), ("r2", "KAZ", "no")]
    assert stages == ["checking files", "reading", "checking rows", "storing"]
    [version] = store.versions()
    assert (version.source, version.licence, version.address) == ("fake", "CC0", CARD.address)
    assert [(item.name, item.bytes) for item in version.files] == [("fake_1.csv", len(GOOD))]


def test_twice_changes_nothing_and_says_so(store: Store, files: Path) -> None:
    path = write(files, "fake_1.csv", GOOD + "r3,KAZ,7\n")
    first = ingest(SOURCE, [path], store)

    def must_not_read(paths: Sequence[Path]) -> Reading:
        raise AssertionError("known files are not read again")

    renamed = path.rename(files / "fake_renamed.csv")
    again = ingest(Source(CARD, must_not_read), [renamed, renamed], store)
    assert again.already
    assert "nothing changed" in again.text
    assert replace(again, already=False) == first
    assert len(votes(store)) == 3
    assert len(store.versions()) == 1


def test_the_same_file_named_twice_is_read_once(store: Store, files: Path) -> None:
    path = write(files, "fake_1.csv")
    assert ingest(SOURCE, [path, write(files, "fake_copy.csv"), path], store).rows == {"votes": 3}


def test_rejected_and_ignored_rows_are_counted_and_kept(store: Store, files: Path) -> None:
    bad = "".join(f"r{number},KAZ,7\n" for number in range(10, 18))
    summary = ingest(SOURCE, [write(files, "fake_1.csv", GOOD + "r9,WORLD,total\n" + bad)], store)
    assert len(summary.rejected) == 8
    assert store.quarantine(summary.source_id) == summary.rejected
    assert "fake_1.csv:5 unknown vote code: r10,KAZ,7" in summary.text
    assert "and 3 more" in summary.text
    assert "Ignored 1 rows: aggregate row" in summary.text
    outcomes = summary.table.arrow["outcome"].to_pylist()
    assert (outcomes.count("rejected"), outcomes.count("ignored"), outcomes.count("accepted")) == (8, 1, 1)
    assert json.loads(json.dumps(summary.to_dict()))["coverage"] == [["1992-01-01", "2024-06-04"]]
    assert len(summary_table([summary, summary]).arrow) == 2 * len(summary.table)
    assert len(summary_table([])) == 0


def test_repetitions_are_ignored_and_contradictions_quarantined(store: Store, files: Path) -> None:
    summary = ingest(SOURCE, [write(files, "fake_1.csv", GOOD + "r1,KAZ,yes\nr1,RUS,yes\n")], store)
    assert summary.rows == {"votes": 3}
    assert summary.ignored == {"repeated row": 1}
    assert [(row.line, row.reason) for row in summary.rejected] == [
        (5, "contradicts fake_1.csv line 2: vote yes against no")
    ]
    assert ("r1", "RUS", "no") in votes(store)


def test_text_from_files_cannot_steer_the_terminal(store: Store, files: Path) -> None:
    evil = "\x1b]0;owned\x07,\x9b31m\u202e[red],KAZ"
    text = ingest(SOURCE, [write(files, "fake_1.csv", GOOD + evil + "\n")], store).text
    assert not any(character in text for character in "\x1b\x07\x9b\u202e")
    assert "[red]" in text


def test_printable() -> None:
    assert printable("a\tb\nc  d") == "a b c d"
    assert printable("Қазақстан Türkiye 中国") == "Қазақстан Türkiye 中国"
    assert printable("x" * 300) == "x" * 199 + "…"
    assert printable("\x00\x1b[2J\x7f\x85") == "\ufffd\ufffd[2J\ufffd"


# --- what stops an ingest ---------------------------------------------------------------------------------


def unchanged(store: Store, message: str, paths: Sequence[Path], source: Source = SOURCE) -> str:
    with pytest.raises(BadFile, match=message) as caught:
        ingest(source, paths, store)
    assert store.versions() == []
    return str(caught.value)


def test_too_few_rows_stop_it(store: Store, files: Path) -> None:
    strict = Source(replace(CARD, rows=(4, 100)), read)
    text = unchanged(store, r"only 3 rows were accepted, at least 4", [write(files, "fake_1.csv")], strict)
    assert "equidistance sources fake" in text
    text = unchanged(store, "only 0 rows", [write(files, "fake_2.csv", "r1,KAZ,7\n")])
    assert "fake_2.csv:1 unknown vote code" in text


def test_too_many_rows_warn(store: Store, files: Path) -> None:
    summary = ingest(Source(replace(CARD, rows=(1, 2)), read), [write(files, "fake_1.csv")], store)
    assert summary.warnings == ("3 rows were accepted, at most 2 were expected.",)
    assert "Warning: 3 rows" in summary.text


def test_a_coverage_that_shrinks_warns(store: Store, files: Path) -> None:
    def short(paths: Sequence[Path]) -> Reading:
        return replace(read(paths), coverage=((date(1992, 1, 1), date(2020, 1, 1)),))

    ingest(SOURCE, [write(files, "fake_1.csv")], store)
    [warning] = ingest(
        Source(CARD, short), [write(files, "fake_2.csv", GOOD + "r5,KAZ,no\n")], store
    ).warnings
    assert warning == "the coverage ends on 2020-01-01, earlier than the version before it (2024-06-04)."


def test_missing_and_undecodable_files(store: Store, files: Path) -> None:
    assert "equidistance sources fake" in unchanged(store, "There is no file", [files / "fake_9.csv"])
    latin = files / "fake_1.csv"
    latin.write_bytes("r1,Türkiye,yes".encode("latin-1"))
    text = unchanged(store, "codec can't decode", [latin])
    assert str(latin) in text
    assert "fake_*.csv (roll_call, state, vote)" in text


@pytest.mark.parametrize(
    ("table", "name", "message"),
    [
        (pa.table({"roll_call": ["r1"]}), "votes", "with the columns roll_call"),
        (read([]).tables["votes"], "trade", "'trade', which its card does not list"),
        (read([]).tables["votes"], "voyages", "'voyages', which its card does not list"),
        (
            pa.table({"roll_call": ["r"], "state": ["KAZ"], "vote": [None], "file": ["f"], "row": [1]}),
            "votes",
            "non-nullable|without a value in vote",
        ),
        (
            pa.table({"roll_call": ["r"], "state": ["KAZ"], "vote": ["yes"], "file": ["f"], "row": ["x"]}),
            "votes",
            "does not fit its schema",
        ),
    ],
)
def test_a_reader_that_breaks_the_contract(
    store: Store, files: Path, table: pa.Table, name: str, message: str
) -> None:
    broken = Source(CARD, lambda paths: Reading({name: table}, ()))
    assert "report it" in unchanged(store, message, [write(files, "fake_1.csv")], broken)


def test_columns_in_another_order_are_fine(store: Store, files: Path) -> None:
    def shuffled(paths: Sequence[Path]) -> Reading:
        table = read(paths).tables["votes"]
        return replace(read(paths), tables={"votes": table.select(table.column_names[::-1])})

    ingest(Source(CARD, shuffled), [write(files, "fake_1.csv")], store)
    assert votes(store)[0] == ("r1", "KAZ", "yes")


# --- known errors -----------------------------------------------------------------------------------------


def test_corrections_are_applied_stored_and_part_of_the_identity(
    store: Store, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(files, "fake_1.csv")
    entry = Correction(
        id="rus", source="fake", reason="r", status="open", table="votes",
        where="state = 'RUS' and vote = 'no'", set={"vote": "'unknown'"}, expected=1,
    )  # fmt: skip
    monkeypatch.setattr(corrections, "for_source", lambda name: (entry,))
    first = ingest(SOURCE, [path], store)
    assert ("r1", "RUS", "unknown") in votes(store)
    assert "Known error rus: applied to 1 rows" in first.text
    assert store.corrections(first.source_id) == first.corrections

    monkeypatch.setattr(corrections, "for_source", lambda name: (replace(entry, expected=2),))
    second = ingest(
        SOURCE, [path], store
    )  # the entry changed: the same file is another version, the old one goes
    assert second.warnings == ("rus: mended upstream or changed: expected 2 rows, found 1",)
    assert [version.source_id for version in store.versions()] == [second.source_id]


# --- directories and archives -----------------------------------------------------------------------------


def test_find_files_by_pattern_wherever_they_lie(files: Path) -> None:
    wanted = [
        write(files, "fake_b.csv"),
        write(files, "deep/down/FAKE_a.CSV"),
        write(files, "x/other_votes.tab"),
    ]
    for name in (
        "fake_1.csv.part",
        "other_votes_terms.md",
        "other_votes.csv.json",
        "unrelated.csv",
        "fake_1.txt",
    ):
        write(files, name)
    assert sorted(find_files(CARD, files)) == sorted(wanted)
    with pytest.raises(InvalidRequest, match="no directory"):
        find_files(CARD, files / "missing")


def test_a_directory_stands_for_its_files(store: Store, files: Path) -> None:
    write(files, "deep/fake_1.csv")
    write(files, "deep/other_votes.csv", "r7,CHN,yes\n")
    summary = ingest(SOURCE, [files], store)
    assert summary.rows == {"votes": 4}
    assert len(store.versions()[0].files) == 2
    (files / "empty").mkdir()
    with pytest.raises(BadFile, match="Nothing in"):
        ingest(SOURCE, [files / "empty"], store)
    with pytest.raises(InvalidRequest, match="No file was named"):
        ingest(SOURCE, [], store)


def test_alternative_publications_are_read_apart_and_the_first_wins(store: Store, files: Path) -> None:
    source = Source(replace(CARD, apart=True), read)
    write(files, "fake_1.csv", "r1,KAZ,yes\n")
    write(files, "other_votes.csv", "r1,KAZ,no\nr2,KAZ,no\n")
    assert [[path.name for path in group] for group in editions(source.card, files)] == [
        ["other_votes.csv"],
        ["fake_1.csv"],
    ]
    with pytest.raises(InvalidRequest, match="2 publications"):
        ingest(source, [files], store)
    assert len(pull(source, store, files)) == 2
    assert votes(store) == [("r1", "KAZ", "yes"), ("r2", "KAZ", "no")]


def test_pull_from_a_directory_with_nothing_in_it(store: Store, files: Path) -> None:
    with pytest.raises(BadFile, match=r"Nothing in .* fits the files of fake.*fake_\*\.csv"):
        pull(SOURCE, store, files)


def test_an_archive_cannot_write_outside_its_folder(files: Path) -> None:
    archive = files / "in" / "fake.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("../../fake_evil.csv", GOOD)
        opened.writestr("/abs/fake_abs.csv", GOOD)
        opened.writestr("folder/fake_1.csv", GOOD)
        opened.writestr("README.md", "no")
    unpack(archive, CARD)
    assert sorted(path.name for path in (files / "in" / "fake.zip.files").iterdir()) == [
        "fake_1.csv", "fake_abs.csv", "fake_evil.csv",
    ]  # fmt: skip
    assert sorted(path.name for path in files.iterdir()) == ["in"]


def test_a_damaged_archive(files: Path) -> None:
    archive = files / "fake.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("fake_1.csv", GOOD * 50)
    damaged = bytearray(archive.read_bytes())
    damaged[60:70] = b"0123456789"
    archive.write_bytes(bytes(damaged))
    with pytest.raises(BadFile, match="cannot be unpacked"):
        unpack(archive, CARD)


# --- downloads --------------------------------------------------------------------------------------------


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder served over HTTP, and its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    folder = tmp_path / "web"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_pull_downloads_unpacks_and_ingests(store: Store, web: tuple[Path, str]) -> None:
    folder, address = web
    with zipfile.ZipFile(folder / "bundle.zip", "w") as opened:
        opened.writestr("data/fake_1.csv", GOOD)
    write(folder, "other_votes.csv", "r8,CHN,no\n")
    downloads = (
        Download(f"{address}/bundle.zip", "bundle.zip"),
        Download(f"{address}/other_votes.csv", "other_votes.csv"),
    )
    source = Source(replace(CARD, downloads=downloads), read)
    stages: set[str] = set()
    [first] = pull(source, store, on_progress=lambda stage, done, total: stages.add(stage))
    assert first.rows == {"votes": 4}
    assert "fetching bundle.zip" in stages
    [again] = pull(source, store)
    assert again.already
    changed = write(folder, "other_votes.csv", "r8,CHN,yes\n")
    os.utime(changed, (2e9, 2e9))  # this server tells editions apart by the second
    [newer] = pull(source, store)
    assert not newer.already
    assert ("r8", "CHN", "yes") in votes(store)


def test_pull_without_an_address(store: Store) -> None:
    with pytest.raises(FetchError, match=r"no file to download.*https://example\.org/fake.*ingest fake FILE"):
        pull(SOURCE, store)


def test_pull_all_goes_on_after_a_failure(store: Store, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(paths: Sequence[Path]) -> Reading:
        raise BadFile("broken")

    sources = {
        "fake": SOURCE,
        "bad": Source(replace(CARD, name="bad"), fail),
        "absent": Source(replace(CARD, name="absent", files={"absent.csv": "x"}), read),
    }
    monkeypatch.setattr(module, "all_sources", lambda: sources)
    write(files, "fake_1.csv")
    done = pull_all(store, files)
    assert [summary.source for summary in done.summaries] == ["fake"]
    assert (list(done.failures), list(done.skipped)) == (["bad"], ["absent"])
    assert list(pull_all(store).skipped) == ["fake", "bad", "absent"]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["visits_us", "visits_china", "trade_kazakhstan", "alliances"])
def test_real_sources_from_a_directory(store: Store, shared_data: Path, name: str) -> None:
    [summary] = pull(name, store, shared_data)
    assert isinstance(summary, IngestSummary)
    assert sum(summary.rows.values()) > 500
    assert not summary.warnings
    assert store.integrity() == []
    assert pull(name, store, shared_data)[0].already
