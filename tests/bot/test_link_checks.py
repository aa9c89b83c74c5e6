"""Links are asked politely, never inside the own network, and what is broken is a finding."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select
from town_fixture import CODE

from bot import link_checks
from bot.link_checks import Answered, LinkChecker, broken_links, check_due, is_public
from bot.tables import LinkCheckRow
from database import Database, now
from knowledge.articles import Article, Procedure, State

ARTICLE = Article(CODE, "a", "記事", "", department="citizens", state=State.PUBLISHED)


class Site(BaseHTTPRequestHandler):
    asked: list[tuple[str, str]] = []  # noqa: RUF012 - one server a test

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.asked.append((self.command, self.path))
        kind = self.path.strip("/").split("?")[0]
        if kind == "get-only" and self.command == "HEAD":
            self.send_response(405)
        elif kind in ("moved", "round", "inside"):
            self.send_response(302)
            self.send_header("Location", {"moved": "/200", "round": "/round", "inside": "http://10.0.0.1/x"}[kind])
        else:
            self.send_response(int(kind) if kind.isdecimal() else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def checker(site: str) -> LinkChecker:
    """One that may ask the test's own server and nothing else inside."""
    return LinkChecker(
        allowed=lambda ip: ip == "127.0.0.1" or is_public(ip), ports=(int(site.rsplit(":", 1)[1]), 80, 443), pause=0
    )


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        ("/200", 200, ""), ("/moved", 200, ""), ("/get-only", 200, ""), ("/403", 403, ""), ("/429", 429, ""),
        ("/404", 404, "gone"), ("/410", 410, "gone"), ("/500", 500, "error"), ("/400", 400, "error"),
        ("/round", 0, "redirects"), ("/inside", 0, "refused"), ("/住民票?q=写し", 200, ""),
    ],
)  # fmt: skip
def test_what_an_address_answers(site: str, checker: LinkChecker, path: str, status: int, problem: str) -> None:
    assert checker.check(site + path) == Answered(status, problem)


def test_only_the_head_of_a_page_is_asked_for_where_the_server_gives_it(site: str, checker: LinkChecker) -> None:
    checker.check(f"{site}/200")
    assert Site.asked == [("HEAD", "/200")]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://10.1.2.3/", "http://192.168.0.1/", "http://169.254.169.254/latest",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://100.64.0.1/", "http://2130706433/",
        "http://127.1/", "file:///etc/passwd", "ftp://example.jp/", "http://example.jp:22/", "http://", "http://example.jp:x/",
    ],
)  # fmt: skip
def test_nothing_inside_the_own_network_is_ever_asked(site: str, url: str) -> None:
    assert LinkChecker(pause=0).check(url).problem == "refused"
    assert Site.asked == []


def test_a_name_that_leads_inside_is_refused_even_if_one_of_its_addresses_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", (ip, 80)) for ip in ("203.0.114.5", "10.0.0.5")]
    monkeypatch.setattr(link_checks.socket, "getaddrinfo", lambda *_, **__: both)
    assert LinkChecker(pause=0).check("http://rebind.example/").problem == "refused"


def test_what_does_not_answer_is_unreachable(checker: LinkChecker) -> None:
    closed = replace(checker, ports=(1,), timeout=1)
    assert closed.check("http://127.0.0.1:1/").problem == "unreachable"


def test_two_requests_to_one_host_are_a_pause_apart(site: str, checker: LinkChecker) -> None:
    slow = replace(checker, pause=0.2)
    started = link_checks.time.monotonic()
    for _ in range(3):
        slow.check(f"{site}/200")
    assert link_checks.time.monotonic() - started >= 0.4


def test_addresses_are_those_of_source_facts_and_body() -> None:
    body = "[案内](https://a.example/x)。https://b.example/y、または <https://c.example/z>。"
    given = replace(ARTICLE, body=body, source_url="https://d.example/", procedure=Procedure(online_url="https://a.example/x"))
    assert list(link_checks.addresses([given])) == [
        "https://d.example/",
        "https://a.example/x",
        "https://b.example/y",
        "https://c.example/z",
    ]


def test_a_broken_link_is_a_finding_of_its_article_until_it_is_repaired(site: str, checker: LinkChecker, lite: Database) -> None:
    broken = replace(ARTICLE, body=f"{site}/404 と {site}/200")
    assert check_due(lite, CODE, [broken], now(), checker) == 2
    assert check_due(lite, CODE, [broken], now(), checker) == 0  # asked a moment ago
    with lite.read() as session:
        (finding,) = broken_links(session, CODE, [broken])
        assert (finding.article, finding.department, finding.detail["status"]) == ("a", "citizens", 404)
        assert broken_links(session, CODE, [ARTICLE]) == []
    check_due(lite, CODE, [ARTICLE], now(), checker)
    with lite.read() as session:
        assert session.scalars(select(LinkCheckRow)).all() == []


def test_what_is_only_unreachable_is_reported_the_second_time(checker: LinkChecker, lite: Database) -> None:
    closed = replace(checker, ports=(1,), timeout=1)
    broken = replace(ARTICLE, source_url="http://127.0.0.1:1/")
    for expected in (0, 1):
        check_due(lite, CODE, [broken], now() + expected * link_checks.AGAIN_AFTER, closed)
        with lite.read() as session:
            assert len(broken_links(session, CODE, [broken])) == expected
