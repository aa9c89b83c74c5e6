"""Whether web addresses in articles still answer: asked politely, one at a time, and never inside the own network.

Runs only where `link_checks` is on. A name is resolved once and the very address that was found public is connected to,
so that no name can lead inside; every redirect is judged anew.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.tables import LinkCheckRow
from database import Database, now
from knowledge.articles import Article
from knowledge.health import Finding, Found

PROBLEMS = ("gone", "error", "unreachable", "redirects")
"""gone: 404 or 410. error: another refusal of the page itself. unreachable: no answer. redirects: they never end."""
AGAIN_AFTER = timedelta(days=7)
FAILURES_REPORTED = 2
"""What is only unreachable is reported when it was so twice: a server may be down for maintenance."""
TIMEOUT, PAUSE = 10.0, 1.0
"""Seconds for one request, and between two to the same host."""
MOST_REDIRECTS = 5
AGENT = "Madoguchi-LinkCheck/1 (checks links in a municipality's own articles)"

_ADDRESS = re.compile(r"https?://[^\s<>()「」『』（）、。，|\"'\]]+")
_NOT_TOLD = {401, 403, 405, 406, 429}
"""Answers that only say that a program is not welcome: nothing is wrong for a person."""


@dataclass(frozen=True)
class Answered:
    """The last HTTP status, 0 without one; `problem` is "" or one of PROBLEMS, or "refused" for what is never asked."""

    status: int = 0
    problem: str = ""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: no private, loopback, link-local, reserved or mapped inner one."""
    ip = ipaddress.ip_address(address)
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (inner is None or is_public(str(inner)))


@dataclass
class LinkChecker:
    """Asks; `allowed` and `ports` say what may be asked, the tests' own server among others."""

    allowed: Callable[[str], bool] = is_public
    ports: Sequence[int] = (80, 443)
    pause: float = PAUSE
    timeout: float = TIMEOUT
    _asked_at: dict[str, float] = field(default_factory=dict)

    def check(self, url: str) -> Answered:
        """Follow an address to its end. Never raises."""
        for _ in range(MOST_REDIRECTS + 1):
            parts = urlsplit(url)
            try:
                port = parts.port or (443 if parts.scheme == "https" else 80)
            except ValueError:
                return Answered(problem="refused")
            if parts.scheme not in ("http", "https") or not parts.hostname or port not in self.ports:
                return Answered(problem="refused")
            try:
                status, location = self._ask(parts, port)
            except PermissionError:
                return Answered(problem="refused")
            except (OSError, http.client.HTTPException, ValueError):
                return Answered(problem="unreachable")
            if status not in (301, 302, 303, 307, 308) or not location:
                return Answered(status, _problem(status))
            url = urljoin(url, location)
        return Answered(problem="redirects")

    def _ask(self, parts: SplitResult, port: int) -> tuple[int, str]:
        """Status and location of one request. Raises PermissionError for an address that is not public."""
        host = parts.hostname or ""
        address = self._resolved(host, port)
        self._wait(host)
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe='%=&+,;:@/?~-._')}" if parts.query else ""
        )
        status, location = 0, ""
        for method in ("HEAD", "GET"):
            connection = _connection(parts.scheme, host, address, port, self.timeout)
            try:
                connection.request(method, target, headers={"User-Agent": AGENT, "Accept": "*/*"})
                answer = connection.getresponse()
                status, location = answer.status, answer.getheader("Location") or ""
            finally:
                connection.close()
            if status not in (405, 501):
                break
        return status, location

    def _resolved(self, host: str, port: int) -> str:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not found or not all(self.allowed(address.split("%")[0]) for address in found):
            raise PermissionError(host)
        return found[0]

    def _wait(self, host: str) -> None:
        rest = self._asked_at.get(host, 0.0) + self.pause - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        self._asked_at[host] = time.monotonic()


def addresses(articles: Iterable[Article]) -> dict[str, list[str]]:
    """Web addresses -> ids of the articles they stand in."""
    found: dict[str, list[str]] = {}
    for article in articles:
        written = [article.source_url, article.procedure.online_url, *_ADDRESS.findall(article.body)]
        for url in dict.fromkeys(u.rstrip(".,;:") for u in written if u.startswith(("http://", "https://"))):
            found.setdefault(url[:1000], []).append(article.id)
    return found


def check_due(database: Database, municipality: str, articles: Iterable[Article], at: datetime, checker: LinkChecker) -> int:
    """Ask the addresses not asked for AGAIN_AFTER, storing each answer at once; how many were asked."""
    urls = addresses(articles)
    with database.write() as session:
        known = {
            row.url: row.checked_at
            for row in session.scalars(select(LinkCheckRow).where(LinkCheckRow.municipality == municipality))
        }
        gone = [url for url in known if url not in urls]
        for first in range(0, len(gone), 500):
            some = LinkCheckRow.url.in_(gone[first : first + 500])
            session.execute(delete(LinkCheckRow).where(LinkCheckRow.municipality == municipality, some))
    due = [url for url in urls if url not in known or known[url] <= at - AGAIN_AFTER]
    for url in due:
        answered = checker.check(url)
        with database.write() as session:
            row = session.get(LinkCheckRow, (municipality, url)) or LinkCheckRow(municipality=municipality, url=url, failures=0)
            row.status, row.problem, row.checked_at = answered.status, answered.problem, now()
            row.failures = row.failures + 1 if answered.problem in PROBLEMS else 0
            session.add(row)
    return len(due)


def broken_links(session: Session, municipality: str, articles: Sequence[Article]) -> list[Finding]:
    """What the last answers say of the articles as they are now; nothing where links are never checked."""
    rows = session.scalars(
        select(LinkCheckRow).where(LinkCheckRow.municipality == municipality, LinkCheckRow.problem.in_(PROBLEMS))
    ).all()
    wrong = {row.url: row for row in rows if row.problem != "unreachable" or row.failures >= FAILURES_REPORTED}
    departments: Mapping[str, str] = {a.id: a.department for a in articles}
    found = []
    for url, ids in addresses(articles).items():
        if url in wrong:
            detail = {"url": url, "status": wrong[url].status, "problem": wrong[url].problem}
            found += [
                Finding(Found.BROKEN_LINK, f"{article}|{url}"[:200], article, "", departments[article], 0, detail)
                for article in ids
            ]
    return found


class _To(http.client.HTTPConnection):
    """HTTP with a host by name over a connection to an address that was judged before."""

    def __init__(self, host: str, address: str, port: int, timeout: float, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address, self._context = address, context
        self.default_port = 443 if context else 80  # which port the Host header leaves out

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain


def _connection(scheme: str, host: str, address: str, port: int, timeout: float) -> http.client.HTTPConnection:
    return _To(host, address, port, timeout, ssl.create_default_context() if scheme == "https" else None)


def _problem(status: int) -> str:
    if status in (404, 410):
        return "gone"
    return "error" if status >= 400 and status not in _NOT_TOLD else ""
