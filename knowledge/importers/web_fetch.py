"""One page of the web, fetched so that nobody can make the desk look into its own network.

A host must be on the list of the setting. Its name is resolved once, every address must be a public one, and the
connection goes to the address that was looked at, so that a name that answers differently a moment later changes
nothing. Redirects are followed by the same rules, one by one.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote, urljoin, urlsplit

from knowledge.importers.remarks import Problem

AGENT = "MadoguchiImport"
LARGEST_PAGE = 10 * 1024 * 1024
MOST_REDIRECTS = 5
SOCKET_SECONDS = 20.0
PAGE_SECONDS = 60.0
"""Seconds a page may take in all: a server that sends a byte now and then is left."""
TYPES = ("text/html", "application/xhtml+xml", "text/plain")

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Fetched:
    """What a server sent; `url` is where it came from after redirects."""

    url: str
    status: int
    content: bytes
    media_type: str
    charset: str


class Fetcher:
    """Fetches pages of allowed hosts. `public_only` is switched off by tests alone, whose server is this machine."""

    def __init__(self, hosts: Sequence[str], resolve: Resolve | None = None, public_only: bool = True) -> None:
        self._hosts = tuple(host.lower() for host in hosts)
        self._resolve = resolve or addresses
        self._public_only = public_only

    def allows(self, url: str) -> bool:
        """Whether the address is one of an allowed host: 「www.example.jp」, or 「.example.jp」 for all below it."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or not host or parts.username is not None:
            return False
        named = host if port in (None, 80, 443) else f"{host}:{port}"
        return any(named == one or (one.startswith(".") and named.endswith(one)) for one in self._hosts)

    def get(self, url: str) -> Fetched:
        """The page, after redirects. Raises Problem."""
        end = time.monotonic() + PAGE_SECONDS
        for _ in range(MOST_REDIRECTS + 1):
            if not self.allows(url):
                host = urlsplit(url).netloc[:100]
                raise Problem(f"{host} is not on the list of hosts", "host_not_allowed", host=host)
            answer, target = self._once(url, end)
            if target is None:
                return answer
            url = urljoin(url, target)
        raise Problem("it redirects again and again", "page_failed", status="redirect")

    def _once(self, url: str, end: float) -> tuple[Fetched, str | None]:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = self._connection(parts.scheme, parts.hostname or "", port)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=?~-._')}" if parts.query else ""
        )
        try:
            connection.request("GET", path, headers={"User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close"})
            response = connection.getresponse()
            location = response.getheader("Location") if response.status in (301, 302, 303, 307, 308) else None
            content = b"" if location else _body(response, end)
            media_type, charset = _kind(response.getheader("Content-Type") or "")
            return Fetched(url, response.status, content, media_type, charset), location
        except (OSError, http.client.HTTPException, ssl.SSLError) as error:
            raise Problem(
                f"it could not be fetched: {type(error).__name__}", "page_failed", status=type(error).__name__
            ) from None
        finally:
            connection.close()

    def _connection(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        """Connected already, to an address that was looked at."""
        found = self._resolve(host, port)
        if not found:
            raise Problem(f"{host}: there is no such host", "no_host", host=host)
        if self._public_only and not all(is_public(one) for one in found):
            raise Problem(f"{host} lies in a private network", "address_private", host=host)
        connection = http.client.HTTPConnection(host, port, timeout=SOCKET_SECONDS)
        try:
            plain = socket.create_connection((found[0], port), timeout=SOCKET_SECONDS)
            secure = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
        except (OSError, ssl.SSLError) as error:
            raise Problem(
                f"it could not be fetched: {type(error).__name__}", "page_failed", status=type(error).__name__
            ) from None
        connection.sock = secure
        return connection


def addresses(host: str, port: int) -> list[str]:
    """Every address a name stands for."""
    try:
        return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError):
        return []


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet: not private, loopback, link-local, reserved or multicast."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if isinstance(found, ipaddress.IPv6Address) and found in ipaddress.ip_network("64:ff9b::/96"):
        inner = ipaddress.ip_address(int(found) & 0xFFFFFFFF)
    if inner is not None:
        return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified


def _body(response: http.client.HTTPResponse, end: float) -> bytes:
    if int(response.getheader("Content-Length") or 0) > LARGEST_PAGE:
        raise Problem(f"larger than {LARGEST_PAGE} bytes", "page_size", limit=LARGEST_PAGE // 1024 // 1024)
    if response.getheader("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise Problem("it is packed though that was not asked for", "page_failed", status="Content-Encoding")
    content = b""
    while block := response.read1(65536):
        content += block
        if len(content) > LARGEST_PAGE:
            raise Problem(f"larger than {LARGEST_PAGE} bytes", "page_size", limit=LARGEST_PAGE // 1024 // 1024)
        if time.monotonic() > end:
            raise Problem("it took too long", "page_failed", status="timeout")
    return content


def _kind(header: str) -> tuple[str, str]:
    message = Message()
    message["Content-Type"] = header or "text/html"
    return message.get_content_type(), str(message.get_param("charset", "") or "")
