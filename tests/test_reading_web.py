"""Pages from the web: only public addresses unless allowed, at every redirect, bounded in size and time."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from equidistance.errors import FetchError, InvalidRequest
from equidistance.reading import web
from equidistance.reading.text import open_document
from equidistance.reading.web import fetch_page

PAGE = (
    b"<html><body><article><p>Georgia thanked Japan for its help with the new port on the Black Sea coast.</p>"
    b"</article></body></html>"
)


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE if self.path != "/large" else b"x" * 50_000)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_of_this_machine_is_read_only_when_allowed(site: str) -> None:
    with pytest.raises(InvalidRequest, match="no public address"):
        open_document(f"{site}/page")
    document = open_document(f"{site}/page", allow_private=True)
    assert "Georgia thanked Japan" in document.text
    assert document.address == f"{site}/page"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.1.2.3/", "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/",
        "http://2130706433/", "http://0x7f.1/", "http://[64:ff9b::7f00:1]/", "http://172.16.5.5:8080/", "http://224.0.0.1/",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_however_they_are_written(address: str) -> None:
    with pytest.raises(InvalidRequest, match="no public address"):
        fetch_page(address)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/a", "gopher://example.org/", "data://text,x"]
)
def test_other_schemes_are_refused(address: str) -> None:
    with pytest.raises(InvalidRequest, match="neither http nor https"):
        open_document(address)


def test_a_user_name_in_an_address_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="user name"):
        fetch_page("http://someone:secret@example.org/")


def test_a_redirect_is_checked_like_an_address(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        web, "_public", lambda address: address == "127.0.0.1"
    )  # the first hop passes as public
    for target in ("http://10.0.0.1/", "http://[::1]/", "file:///etc/passwd"):
        with pytest.raises(InvalidRequest):
            fetch_page(f"{site}/to/{target}")
    body, media, last = fetch_page(f"{site}/to//page")
    assert body == PAGE
    assert media.startswith("text/html")
    assert last == f"{site}/page"


def test_a_name_is_looked_up_once_and_the_checked_address_asked(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def lookup(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        if len(asked) > 1:
            raise AssertionError("a second lookup could give another address")
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(web.socket, "getaddrinfo", lookup)
    monkeypatch.setattr(web, "_checked", _checked_with(lookup))
    body, *_ = fetch_page(f"http://articles.example:{site.rpartition(':')[2]}/page", allow_private=True)
    assert body == PAGE
    assert asked == ["articles.example"]


def _checked_with(lookup: object) -> object:
    original = web._checked

    def once(url: str, allow_private: bool) -> tuple[str, str]:
        checked = original(url, allow_private)
        web.socket.getaddrinfo = _numeric  # type: ignore[assignment]
        return checked

    return once


def _numeric(
    host: str, port: int, *_: object, **__: object
) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    assert host in ("127.0.0.1", b"127.0.0.1"), "the connection goes to the address that was checked"
    return [(2, 1, 6, "", ("127.0.0.1", int(port)))]


def test_endless_redirects_errors_and_large_pages(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError, match="redirects"):
        fetch_page(f"{site}{'/to/' * 8}/page".replace("/to//to", "/to/" + "/to"), allow_private=True)
    with pytest.raises(FetchError, match="404"):
        fetch_page(f"{site}/missing", allow_private=True)
    monkeypatch.setattr(web, "MOST_BYTES", 10_000)
    with pytest.raises(FetchError, match="larger"):
        fetch_page(f"{site}/large", allow_private=True)


def test_a_host_that_is_not_known_is_told() -> None:
    with pytest.raises(FetchError, match="not known"):
        fetch_page("http://no-such-host.invalid/")
