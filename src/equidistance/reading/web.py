"""Pages from the web, fetched with care: schemes, addresses, size and time are bounded, at every redirect again."""

import ipaddress
import socket
import time
from urllib.parse import urljoin, urlsplit

from equidistance.errors import FetchError, InvalidRequest
from equidistance.printable import printable

MOST_BYTES = 20_000_000
MOST_SECONDS = 30.0
MOST_REDIRECTS = 5


def fetch_page(url: str, *, allow_private: bool = False) -> tuple[bytes, str, str]:
    """The bytes of a page, its media type and its last address.

    The name is looked up once, every address it has is checked, and the connection goes to the address checked, so that
    a name that changes between the check and the connection gains nothing.

    Args:
        url: http or https only.
        allow_private: also addresses of this machine and of private networks.

    Raises:
        InvalidRequest: another scheme, no host, a user name in the address, or a private address.
        FetchError: no answer in time, too large, too many redirects, or a status that is no success.
    """
    import httpx

    deadline = time.monotonic() + MOST_SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        address, host = _checked(url, allow_private)
        parts = httpx.URL(url)
        pinned = parts.copy_with(host=address)
        try:
            # environment proxies would look the name up themselves, past the check: trust_env stays off
            with (
                httpx.Client(timeout=httpx.Timeout(10.0), follow_redirects=False, trust_env=False) as client,
                client.stream(
                    "GET",
                    pinned,
                    headers={
                        "Host": parts.netloc.decode(),
                        "User-Agent": "equidistance",
                        "Accept": "text/html, text/plain, application/pdf",
                    },
                    extensions={"sni_hostname": host},
                ) as answer,
            ):
                if answer.is_redirect and "location" in answer.headers:
                    url = urljoin(url, answer.headers["location"])
                    continue
                if answer.status_code != 200:
                    raise FetchError(f"{printable(url)} answers with status {answer.status_code}.")
                body = bytearray()
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise FetchError(f"{printable(url)} is larger than {MOST_BYTES // 1_000_000} MB.")
                    if time.monotonic() > deadline:
                        raise FetchError(
                            f"{printable(url)} did not arrive within {MOST_SECONDS:.0f} seconds."
                        )
                return bytes(body), answer.headers.get("content-type", ""), url
        except httpx.HTTPError as error:
            raise FetchError(
                f"{printable(url)} cannot be fetched: {printable(str(error)) or type(error).__name__}.",
                hint="Save the page and read the file, or try again.",
            ) from None
        except httpx.InvalidURL as error:
            raise InvalidRequest(f"{printable(url)} is no web address: {printable(str(error))}.") from None
    raise FetchError(f"{printable(url)}: more than {MOST_REDIRECTS} redirects.")


def _checked(url: str, allow_private: bool) -> tuple[str, str]:
    """An address of the host that may be asked, and the host's name."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidRequest(f"{printable(url)} is no web address.") from None
    if parts.scheme not in ("http", "https"):
        raise InvalidRequest(f"{printable(url)} is neither http nor https.", choices=("http", "https"))
    if not host or parts.username or parts.password:
        raise InvalidRequest(f"{printable(url)} has no host, or carries a user name.")
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError(f"The host {printable(host)} is not known.", hint="Is the machine online?") from None
    addresses = [str(entry[4][0]).split("%")[0] for entry in found]
    for address in addresses:
        if not allow_private and not _public(address):
            raise InvalidRequest(
                f"{printable(url)} leads to {address}, which is no public address.",
                hint="--allow-private (allow_private=True) reads from this machine and private networks.",
            )
    return addresses[0], host


def _public(address: str) -> bool:
    known = ipaddress.ip_address(address)
    if isinstance(known, ipaddress.IPv6Address):
        inner = known.ipv4_mapped or known.sixtofour or (known.teredo[1] if known.teredo else None)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        if known in ipaddress.ip_network("64:ff9b::/96"):  # addresses of the old kind behind a translator
            return _public(str(ipaddress.IPv4Address(int(known) & 0xFFFFFFFF)))
    return known.is_global and not known.is_multicast
