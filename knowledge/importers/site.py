"""A section of a web site, page after page, politely: robots.txt, one connection, a pause between pages, a limit.

Only pages whose address begins like the one to start from are read. Every page that is looked at is a row, or several
when it holds a FAQPage; one that cannot be read is a row that says why.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from protego import Protego

from knowledge.importers.html_page import read_page, rows_of
from knowledge.importers.remarks import Problem, Remark
from knowledge.importers.source import Event, Progress, failed
from knowledge.importers.web_fetch import AGENT, TYPES, Fetched, Fetcher

LEAST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds between two pages: what robots.txt asks for, within these."""
MOST_PAGES = 500
DEEPEST = 5


@dataclass(frozen=True)
class Section:
    """Where to begin, how many pages to look at, and how many links away from the beginning."""

    url: str
    pages: int = 100
    depth: int = 3


def read_site(section: Section, fetcher: Fetcher, sleep: Callable[[float], object] = time.sleep) -> Iterator[Event]:
    """Rows of the section in the order of its links."""
    start = _plain(section.url)
    try:
        rules = _robots(start, fetcher)
    except Problem as problem:
        yield failed(start, problem.remark)
        return
    waiting, known, texts = deque([(start, 0)]), {start}, set[str]()
    limit = min(section.pages, MOST_PAGES)
    pause = _pause(rules)
    done = 0
    while waiting and done < limit:
        url, depth = waiting.popleft()
        if done:
            sleep(pause)
        done += 1
        links = yield from _page(url, start, rules, fetcher, texts)
        for link in links if depth < min(section.depth, DEEPEST) else ():
            if link not in known and _within(link, start):
                known.add(link)
                waiting.append((link, depth + 1))
        yield Progress(done, min(len(known), limit))
    if waiting:
        yield failed(
            waiting[0][0],
            Remark(f"{len(waiting)} more pages were not looked at", "site_truncated", count=len(waiting), limit=limit),
        )


def _page(url: str, start: str, rules: Protego, fetcher: Fetcher, texts: set[str]) -> Generator[Event, None, list[str]]:
    """Yields the rows of a page; returns the addresses it links to."""
    if not rules.can_fetch(url, AGENT):
        yield failed(url, Remark("robots.txt asks not to read this page", "robots"))
        return []
    try:
        found = _checked(fetcher.get(url), start)
        page = read_page(found.content, found.charset, found.url)
    except Problem as problem:
        yield failed(url, problem.remark)
        return []
    digest = hashlib.sha256(f"{page.title}\n{page.body}".encode()).hexdigest()
    if page.no_index:
        yield failed(url, Remark("the page asks not to be read by programs", "robots"))
    elif digest not in texts or page.questions:  # the same page under two addresses is one article
        texts.add(digest)
        yield from rows_of(page, found.url, found.url)
    return [] if page.no_follow else [_plain(link) for link in page.links]


def _checked(found: Fetched, start: str) -> Fetched:
    if found.status >= 400:
        raise Problem(f"the server says {found.status}", "page_failed", status=found.status)
    if found.media_type not in TYPES:
        raise Problem(f"{found.media_type} is not a web page", "page_type", type=found.media_type[:60])
    if not _within(_plain(found.url), start):
        raise Problem("it leads out of the section", "page_elsewhere", url=found.url[:200])
    return found


def _robots(start: str, fetcher: Fetcher) -> Protego:
    """The rules of the site; none where it has none. RFC 9309: a server in trouble is left alone. Raises Problem."""
    parts = urlsplit(start)
    found = fetcher.get(urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", "")))
    if found.status >= 500:
        raise Problem("the site has trouble; try again later", "page_failed", status=found.status)
    text = found.content.decode("utf-8", "replace")[:500_000] if found.status < 400 else ""
    return Protego.parse(text)


def _pause(rules: Protego) -> float:
    asked = rules.crawl_delay(AGENT) or 0.0
    return min(max(float(asked), LEAST_PAUSE), LONGEST_PAUSE)


def _within(url: str, start: str) -> bool:
    """Whether the address begins like the folder of the first page, http and https alike."""
    one, first = urlsplit(url), urlsplit(start)
    folder = first.path.rpartition("/")[0] + "/"
    return one.netloc == first.netloc and (one.path or "/").startswith(folder) and "/../" not in one.path


def _plain(url: str) -> str:
    """The address as one of its many writings: no fragment, no default port, host in lower case."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port if parts.port not in (None, 80 if parts.scheme == "http" else 443) else None
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, parts.path or "/", parts.query, ""))
