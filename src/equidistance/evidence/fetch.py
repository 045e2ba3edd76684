"""Downloads: streamed to a part file, resumed, retried, checked, cached, and moved into place whole."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from errno import ENOSPC
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from equidistance.errors import FetchError

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 5
CONNECT_ATTEMPTS = 2
MAX_REDIRECTS = 5
MAX_WAIT_SECONDS = 60.0
MAX_BYTES = 20 * 2**30
"""No file of any source comes near this; a server that sends more is not sending the file."""
_CHUNK = 1 << 20
_TIMEOUT_SECONDS = 30.0

Progress = Callable[[int, int | None], None]
"""Called with the bytes on disk and the expected total, where known."""


class Downloadable(Protocol):
    """What :func:`fetch` needs to know of a file (see ``sources.card.Download``)."""

    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def filename(self) -> str: ...  # noqa: D102
    @property
    def sha256(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What is known of a file on disk, complete or partial: kept beside it as JSON."""

    url: str
    etag: str = ""
    last_modified: str = ""
    sha256: str = ""

    def validator(self) -> str:
        """What proves that the rest belongs to the same file; weak tags do not (RFC 9110 13.1.5)."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


class _RetryError(Exception):
    """A failure worth trying again: why, how long the server asks to wait, how many attempts in all."""

    def __init__(self, reason: str, wait: float | None = None, attempts: int = ATTEMPTS) -> None:
        self.reason, self.wait, self.attempts = reason, wait, attempts
        super().__init__(reason)


def cache_directory() -> Path:
    """Where downloads are kept: ``$EQUIDISTANCE_CACHE``, or the user's cache directory."""
    import os

    given = os.environ.get("EQUIDISTANCE_CACHE")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("equidistance"))


def fetch(
    download: Downloadable,
    directory: Path,
    progress: Progress | None = None,
    *,
    name: str = "NAME",
    max_bytes: int = MAX_BYTES,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch one file into ``directory`` and give its path.

    A complete file with a fixed checksum is not asked for again; another one is asked for with its ETag or
    date, and sent again only if it changed. An interrupted download resumes where it stopped, unless the file
    changed meanwhile.

    Args:
        download: address, file name and, where the publisher fixes it, SHA-256.
        directory: where the file goes; made if missing.
        progress: called as bytes arrive.
        name: the source's name, for the messages.
        max_bytes: upper bound on the file's size.
        sleep: how to wait between attempts (seconds).

    Raises:
        FetchError: offline, refused, too big, checksum mismatch, no room on the disk.
    """
    _require_http(download.url)
    target = directory / Path(download.filename).name
    with _disk_errors(target):
        directory.mkdir(parents=True, exist_ok=True)
        if download.sha256 and target.is_file() and sha256_of(target) == download.sha256.lower():
            return target
        # With a fixed checksum, what else lies there is another edition: "not modified" would be no answer.
        receipt = None if download.sha256 else _intact_receipt(target)
        wait = 1.0
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return _attempt(download, target, receipt, progress, max_bytes)
            except _RetryError as retry:
                if attempt >= retry.attempts:
                    raise _failure(download, name, retry.reason, target if receipt else None) from retry
                sleep(min(retry.wait if retry.wait is not None else wait, MAX_WAIT_SECONDS))
                wait *= 2
    raise AssertionError("the last attempt returns or raises")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _attempt(
    download: Downloadable, target: Path, receipt: _Receipt | None, progress: Progress | None, max_bytes: int
) -> Path:
    import httpx

    part = target.with_name(target.name + ".part")
    headers = {
        "Accept-Encoding": "identity",
        "User-Agent": "equidistance",
    }  # offsets must count the file's own bytes
    have = 0
    begun = _read_receipt(part)
    if begun and begun.url == download.url and begun.validator() and part.exists():
        have = part.stat().st_size
    if have and begun:
        headers |= {"Range": f"bytes={have}-", "If-Range": begun.validator()}
    elif receipt and receipt.url == download.url:
        headers |= {"If-None-Match": receipt.etag} if receipt.etag else {}
        headers |= {"If-Modified-Since": receipt.last_modified} if receipt.last_modified else {}
    try:
        with (
            httpx.Client(
                follow_redirects=True, max_redirects=MAX_REDIRECTS, timeout=_TIMEOUT_SECONDS
            ) as client,
            client.stream("GET", download.url, headers=headers) as response,
        ):
            _refuse_downgrade(download, response)
            if response.status_code == 304 and receipt:
                return target
            if response.status_code == 416:  # the part is longer than the file: it is of another edition
                _forget(part)
                raise _RetryError("the server has no such part of the file", wait=0)
            _require_success(download, response)
            if response.status_code != 206:
                have = 0
            elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                _forget(part)
                raise _RetryError("the server sent another part of the file than was asked for", wait=0)
            _write_receipt(part, _receipt_of(download, response))
            _stream(download, response, part, have, progress, max_bytes)
            fresh = _receipt_of(download, response)
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise FetchError(
            f"{download.url} leads nowhere: {error}.", hint="See: equidistance sources"
        ) from error
    except httpx.ConnectError as error:  # offline, most likely: do not keep a person waiting
        raise _RetryError(_words(error), attempts=CONNECT_ATTEMPTS) from error
    except httpx.TransportError as error:
        raise _RetryError(_words(error)) from error
    return _accept(download, part, target, fresh)


def _stream(
    download: Downloadable,
    response: "httpx.Response",
    part: Path,
    have: int,
    progress: Progress | None,
    max_bytes: int,
) -> None:
    length = response.headers.get("Content-Length")
    total = have + int(length) if length and length.isdigit() else None
    _require_bound(download, total or 0, max_bytes, part)
    with part.open("ab" if have else "wb") as stream:
        for chunk in response.iter_raw(_CHUNK):
            have += len(chunk)
            _require_bound(download, have, max_bytes, part)
            stream.write(chunk)
            if progress:
                progress(have, total)
    if total is not None and have != total:
        raise _RetryError(f"the connection closed after {have} of {total} bytes")


def _accept(download: Downloadable, part: Path, target: Path, receipt: _Receipt) -> Path:
    found = sha256_of(part)
    if download.sha256 and found != download.sha256.lower():
        bad = target.with_name(target.name + ".bad")
        part.replace(bad)
        _forget(part)
        raise FetchError(
            f"{download.url} has SHA-256 {found}, not {download.sha256.lower()} as the publisher fixed it; "
            f"it is kept aside as {bad}.",
            hint="The publisher may have issued a new edition: look at it, and if it is right: "
            "equidistance ingest NAME FILE",
        )
    part.replace(target)
    _write_receipt(target, _Receipt(receipt.url, receipt.etag, receipt.last_modified, found))
    _forget(part)
    return target


def _require_http(url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise FetchError(f"{url!r} has the scheme {scheme!r}.", choices=("http", "https"))


def _refuse_downgrade(download: Downloadable, response: "httpx.Response") -> None:
    if urlsplit(download.url).scheme == "https" and response.url.scheme != "https":
        raise FetchError(f"{download.url} redirects to an unencrypted address, {response.url}.")


def _require_success(download: Downloadable, response: "httpx.Response") -> None:
    status = response.status_code
    if status in (408, 425, 429) or status >= 500:
        raise _RetryError(f"it answers {status} {response.reason_phrase}", _retry_after(response))
    if status not in (200, 206):
        raise FetchError(
            f"{download.url} answers {status} {response.reason_phrase}.",
            hint="The publisher may have moved it: see the landing page in: equidistance sources NAME",
        )


def _require_bound(download: Downloadable, size: int, max_bytes: int, part: Path) -> None:
    if size > max_bytes:
        _forget(part)
        raise FetchError(f"{download.url} is bigger than the bound of {max_bytes} bytes.")


def _retry_after(response: "httpx.Response") -> float | None:
    """Seconds the server asks to wait: a number or a date (RFC 9110 10.2.3)."""
    given = response.headers.get("Retry-After", "")
    if given.isdigit():
        return float(given)
    try:
        asked = parsedate_to_datetime(given)
    except ValueError:
        return None
    asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return max(0.0, (asked - datetime.now(UTC)).total_seconds())


def _failure(download: Downloadable, name: str, reason: str, kept: Path | None) -> FetchError:
    host = urlsplit(download.url).hostname
    held = f" An earlier copy lies at {kept}." if kept else ""
    return FetchError(
        f"Cannot reach {host}: {reason}.{held}",
        hint=f"If you have the files: equidistance pull {name} --from DIR, "
        f"or: equidistance ingest {name} FILE",
    )


def _words(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _receipt_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _receipt_of(download: Downloadable, response: "httpx.Response") -> _Receipt:
    return _Receipt(download.url, response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))


def _read_receipt(path: Path) -> _Receipt | None:
    try:
        return _Receipt(**json.loads(_receipt_path(path).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _intact_receipt(target: Path) -> _Receipt | None:
    """The receipt of a complete file, if the file is still what was received."""
    receipt = _read_receipt(target)
    return receipt if receipt and target.is_file() and sha256_of(target) == receipt.sha256 else None


def _write_receipt(path: Path, receipt: _Receipt) -> None:
    fresh = _receipt_path(path).with_suffix(".new")
    fresh.write_text(json.dumps(asdict(receipt)), encoding="utf-8")
    fresh.replace(_receipt_path(path))


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _receipt_path(part).unlink(missing_ok=True)


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = "there is no room left on the disk" if error.errno == ENOSPC else _words(error)
        raise FetchError(
            f"Cannot write {target}: {what}.", hint="Name another directory in EQUIDISTANCE_CACHE."
        ) from error
