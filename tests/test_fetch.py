"""Downloads against a local server: resume, retry, checksum, cache, bounds, honest words when it fails."""

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from equidistance.errors import FetchError
from equidistance.evidence import fetch as module
from equidistance.evidence.fetch import cache_directory, fetch
from equidistance.sources.card import Download

BODY = bytes(range(256)) * 40_000  # 10 MB, so that a cut falls between chunks
SHA256 = hashlib.sha256(BODY).hexdigest()

Answer = Callable[["Handler"], None]


@dataclass
class Server:
    """What the server will answer (in turn; the last one for ever), and what it was asked."""

    address: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def download(self, sha256: str | None = None, path: str = "/votes.csv") -> Download:
        return Download(self.address + path, "votes.csv", sha256)


class Handler(BaseHTTPRequestHandler):
    state: Server

    def do_GET(self) -> None:
        self.state.asked.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
        answers = self.state.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", sent: int | None = None, **headers: str) -> None:
        """Answer, and close the connection after ``sent`` bytes of the body."""
        self.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body[:sent])


@pytest.fixture
def server() -> Iterator[Server]:
    class Own(Handler):
        pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    Own.state = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield Own.state
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def waits() -> list[float]:
    return []


def static(body: bytes = BODY, etag: str = '"one"') -> Answer:
    """A proper server: ranges, If-Range and If-None-Match."""

    def answer(handler: Handler) -> None:
        asked = handler.headers
        if asked.get("If-None-Match") == etag:
            handler.answer(304)
            return
        start = asked.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        if int(start) and asked.get("If-Range") == etag:
            if int(start) >= len(body):
                handler.answer(416, Content_Range=f"bytes */{len(body)}")
                return
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            handler.answer(206, body[int(start) :], ETag=etag, Content_Range=span)
            return
        handler.answer(200, body, ETag=etag)

    return answer


def cut(sent: int, body: bytes = BODY, etag: str = '"one"', **headers: str) -> Answer:
    return lambda handler: handler.answer(200, body, sent, ETag=etag, **headers)


def status(code: int, **headers: str) -> Answer:
    return lambda handler: handler.answer(code, b"no", **headers)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_plain_download(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    seen: list[tuple[int, int | None]] = []
    path = fetch(server.download(SHA256), tmp_path / "new", lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "new" / "votes.csv"
    assert path.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert seen == sorted(seen)
    assert names(path.parent) == ["votes.csv", "votes.csv.json"]
    assert server.asked[0]["accept-encoding"] == "identity"


def test_a_second_pull_with_a_fixed_checksum_asks_nothing(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    for _ in range(2):
        fetch(server.download(SHA256.upper()), tmp_path)
    assert len(server.asked) == 1


def test_a_second_pull_without_checksum_transfers_nothing(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    for _ in range(2):
        assert fetch(server.download(), tmp_path).read_bytes() == BODY
    assert server.asked[1]["if-none-match"] == '"one"'
    server.answers = [static(b"new edition", '"two"')]
    assert fetch(server.download(), tmp_path).read_bytes() == b"new edition"


def test_a_cached_file_that_was_tampered_with_is_fetched_again(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    fetch(server.download(), tmp_path).write_bytes(b"tampered")
    assert fetch(server.download(), tmp_path).read_bytes() == BODY
    assert "if-none-match" not in server.asked[1]


def test_resumes_after_a_cut_connection(server: Server, tmp_path: Path, waits: list[float]) -> None:
    server.answers = [cut(3_000_000), static()]
    path = fetch(server.download(SHA256), tmp_path, sleep=waits.append)
    assert path.read_bytes() == BODY
    begun = int(server.asked[1]["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < begun <= 3_000_000
    assert server.asked[1]["if-range"] == '"one"'
    assert waits == [1.0]


def test_resumes_in_a_later_pull(server: Server, tmp_path: Path, waits: list[float]) -> None:
    server.answers = [cut(3_000_000), status(503)]
    with pytest.raises(FetchError):
        fetch(server.download(SHA256), tmp_path, sleep=waits.append)
    assert names(tmp_path) == ["votes.csv.part", "votes.csv.part.json"]
    server.answers = [static()]
    assert fetch(server.download(SHA256), tmp_path).read_bytes() == BODY
    assert server.asked[-1]["range"].startswith("bytes=")
    assert names(tmp_path) == ["votes.csv", "votes.csv.json"]


def test_a_file_that_changed_meanwhile_is_not_spliced(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    other = BODY[::-1]
    server.answers = [cut(3_000_000), static(other, '"two"')]
    assert fetch(server.download(), tmp_path, sleep=waits.append).read_bytes() == other
    assert "range" in server.asked[1]


def test_a_server_without_ranges_sends_all_again(server: Server, tmp_path: Path, waits: list[float]) -> None:
    server.answers = [cut(3_000_000), cut(len(BODY))]
    assert fetch(server.download(SHA256), tmp_path, sleep=waits.append).read_bytes() == BODY


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_strong_tag_it_starts_again(
    server: Server, tmp_path: Path, waits: list[float], etag: str
) -> None:
    server.answers = [cut(3_000_000, etag=etag), cut(len(BODY), etag=etag)]
    assert fetch(server.download(SHA256), tmp_path, sleep=waits.append).read_bytes() == BODY
    assert "range" not in server.asked[1]


def test_resumes_by_date_where_there_is_no_tag(server: Server, tmp_path: Path, waits: list[float]) -> None:
    day = "Mon, 01 Jan 2024 00:00:00 GMT"
    server.answers = [cut(3_000_000, etag="", Last_Modified=day), cut(len(BODY), etag="", Last_Modified=day)]
    fetch(server.download(SHA256), tmp_path, sleep=waits.append)
    assert server.asked[1]["if-range"] == day


def test_a_part_longer_than_the_file(server: Server, tmp_path: Path, waits: list[float]) -> None:
    download = server.download(SHA256)
    (tmp_path / "votes.csv.part").write_bytes(BODY + b"rest of something else")
    (tmp_path / "votes.csv.part.json").write_text(json.dumps({"url": download.url, "etag": '"one"'}))
    server.answers = [static()]
    assert fetch(download, tmp_path, sleep=waits.append).read_bytes() == BODY
    assert [("range" in asked) for asked in server.asked] == [True, False]


def test_a_server_that_sends_another_range(server: Server, tmp_path: Path, waits: list[float]) -> None:
    wrong = f"bytes 5-{len(BODY) - 1}/{len(BODY)}"
    server.answers = [
        cut(3_000_000),
        lambda handler: handler.answer(206, BODY[5:], ETag='"one"', Content_Range=wrong),
        static(),
    ]
    assert fetch(server.download(SHA256), tmp_path, sleep=waits.append).read_bytes() == BODY


def test_a_wrong_checksum_names_both_and_keeps_the_file_aside(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    with pytest.raises(FetchError) as caught:
        fetch(server.download("0" * 64), tmp_path)
    assert SHA256 in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert (tmp_path / "votes.csv.bad").read_bytes() == BODY
    assert names(tmp_path) == ["votes.csv.bad"]


def test_a_new_checksum_in_the_card_is_not_answered_by_not_modified(server: Server, tmp_path: Path) -> None:
    server.answers = [static(b"old edition", '"old"')]
    fetch(server.download(), tmp_path)
    server.answers = [static()]
    assert fetch(server.download(SHA256), tmp_path).read_bytes() == BODY
    assert "if-none-match" not in server.asked[-1]


def test_not_found_is_said_at_once(server: Server, tmp_path: Path, waits: list[float]) -> None:
    server.answers = [status(404)]
    with pytest.raises(FetchError, match="answers 404 Not Found"):
        fetch(server.download(), tmp_path, sleep=waits.append)
    assert (len(server.asked), waits) == (1, [])
    assert names(tmp_path) == []


def test_server_errors_are_tried_again_with_growing_waits(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    server.answers = [status(500), status(502), status(429), static()]
    assert fetch(server.download(SHA256), tmp_path, sleep=waits.append).read_bytes() == BODY
    assert waits == [1.0, 2.0, 4.0]


def test_retry_after_is_honoured_and_bounded(server: Server, tmp_path: Path, waits: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server.answers = [
        status(429, Retry_After="7"),
        status(503, Retry_After=soon),
        status(503, Retry_After="86400"),
        status(503, Retry_After="soon"),
        static(),
    ]
    fetch(server.download(SHA256), tmp_path, sleep=waits.append)
    assert waits[0] == 7.0
    assert 25 < waits[1] <= 30
    assert waits[2] == module.MAX_WAIT_SECONDS
    assert waits[3] == 8.0


def test_it_gives_up(server: Server, tmp_path: Path, waits: list[float]) -> None:
    server.answers = [status(503)]
    with pytest.raises(FetchError, match=r"Cannot reach 127\.0\.0\.1: it answers 503"):
        fetch(server.download(), tmp_path, sleep=waits.append)
    assert len(server.asked) == module.ATTEMPTS


def test_timeouts_are_tried_again(
    server: Server, tmp_path: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.3)
    quiet = threading.Event()
    server.answers = [lambda handler: quiet.wait(1.0) and None, static()]
    assert fetch(server.download(SHA256), tmp_path, sleep=waits.append).read_bytes() == BODY
    assert waits == [1.0]


def test_offline(tmp_path: Path, waits: list[float]) -> None:
    with socket.socket() as taken:  # bound, not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/votes.csv"
        with pytest.raises(FetchError) as caught:
            fetch(Download(url, "votes.csv"), tmp_path, name="un_votes", sleep=waits.append)
    text = str(caught.value)
    assert text.startswith("Cannot reach 127.0.0.1: ")
    assert "equidistance pull un_votes --from DIR" in text
    assert "equidistance ingest un_votes FILE" in text
    assert waits == [1.0]  # a person offline does not wait long


def test_offline_with_an_earlier_copy_says_where_it_is(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    server.answers = [static(), status(503)]
    path = fetch(server.download(), tmp_path)
    with pytest.raises(FetchError, match="An earlier copy lies at") as caught:
        fetch(server.download(), tmp_path, sleep=waits.append)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == BODY


def test_redirects(server: Server, tmp_path: Path) -> None:
    server.answers = [status(302, Location="/elsewhere"), static()]
    assert fetch(server.download(SHA256), tmp_path).read_bytes() == BODY
    assert server.asked[1]["path"] == "/elsewhere"


@pytest.mark.parametrize("target", ["/votes.csv", "file:///etc/passwd"])
def test_redirects_that_lead_nowhere(server: Server, tmp_path: Path, target: str) -> None:
    server.answers = [status(302, Location=target)]
    with pytest.raises(FetchError, match="leads nowhere"):
        fetch(server.download(), tmp_path, sleep=lambda seconds: None)
    assert len(server.asked) <= module.MAX_REDIRECTS + 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "votes.csv"])
def test_only_http(tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchError, match=r"scheme .* Choices: http, https"):
        fetch(Download(url, "votes.csv"), tmp_path)


def test_bigger_than_the_bound(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    with pytest.raises(FetchError, match="bigger than the bound of 1000 bytes"):
        fetch(server.download(), tmp_path, max_bytes=1000)
    assert names(tmp_path) == []


def test_bigger_than_the_bound_without_saying_so(server: Server, tmp_path: Path) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BODY)

    server.answers = [endless]
    with pytest.raises(FetchError, match="bigger than the bound"):
        fetch(server.download(), tmp_path, max_bytes=5_000_000)
    assert names(tmp_path) == []


def test_a_file_name_cannot_leave_the_directory(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    path = fetch(Download(server.address + "/x", "../../evil.csv", SHA256), tmp_path / "in")
    assert path == tmp_path / "in" / "evil.csv"


def test_a_directory_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    (tmp_path / "file").write_text("x")
    with pytest.raises(FetchError, match="EQUIDISTANCE_CACHE"):
        fetch(server.download(), tmp_path / "file" / "cache")


def test_a_receipt_that_is_no_receipt(server: Server, tmp_path: Path) -> None:
    server.answers = [static()]
    fetch(server.download(), tmp_path)
    for text in ("{", "[]", '{"other": 1}', "null"):
        (tmp_path / "votes.csv.json").write_text(text)
        assert fetch(server.download(), tmp_path).read_bytes() == BODY


def test_cache_directory_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUIDISTANCE_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path
    monkeypatch.delenv("EQUIDISTANCE_CACHE")
    assert "equidistance" in str(cache_directory())
