"""A section of a web site is read politely, within its bounds, and never from the desk's own network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from knowledge.importers.remarks import Problem
from knowledge.importers.site import Section, read_site
from knowledge.importers.source import SourceRow
from knowledge.importers.web_fetch import LARGEST_PAGE, Fetcher, is_public

Pages = dict[str, tuple[int, dict[str, str], bytes]]


class Site:
    """A web server of this test; `asked` are the paths it was asked for."""

    def __init__(self) -> None:
        self.pages: Pages = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                status, headers, body = site.pages.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path: str, text: str, *links: str, status: int = 200, **headers: str) -> None:
        anchors = "".join(f'<a href="{link}">次</a>' for link in links)
        body = f"<html><body><nav>{anchors}</nav><main><h1>{text}</h1><p>{text}の説明です。</p></main></body></html>"
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())

    def read(self, path: str = "/life/", sleep: Callable[[float], object] = lambda _: None, **more: int) -> list[SourceRow]:
        fetcher = Fetcher([self.host], public_only=False)
        found = read_site(Section(f"http://{self.host}{path}", **more), fetcher, sleep)
        return [event for event in found if isinstance(event, SourceRow)]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


def codes(rows: list[SourceRow]) -> list[str]:
    return [row.problem.code if row.problem else "" for row in rows]


def test_the_pages_of_a_section_are_articles_with_their_addresses(site: Site) -> None:
    site.page("/life/", "くらし", "moving.html", "/elsewhere/", "https://other.example/life/", "mailto:a@example.jp")
    site.page("/life/moving.html", "転入届", "./#top", "sub/seal.html")
    site.page("/life/sub/seal.html", "印鑑登録")
    site.page("/elsewhere/", "範囲の外")
    rows = site.read()
    assert [row.given["title"] for row in rows] == ["くらし", "転入届", "印鑑登録"]
    assert rows[1].given["source_url"] == f"http://{site.host}/life/moving.html"
    assert rows[1].given["body"] == "転入届の説明です。"
    assert site.asked == ["/robots.txt", "/life/", "/life/moving.html", "/life/sub/seal.html"]


def test_what_robots_txt_forbids_is_not_asked_for_and_the_pause_it_wants_is_kept(site: Site) -> None:
    site.pages["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /life/secret\nCrawl-delay: 7\n")
    site.page("/life/", "くらし", "secret.html", "open.html")
    site.page("/life/secret.html", "秘密")
    site.page("/life/open.html", "公開")
    pauses: list[float] = []
    rows = site.read(sleep=pauses.append)
    assert codes(rows) == ["", "robots", ""]
    assert "/life/secret.html" not in site.asked
    assert pauses == [7.0, 7.0]


def test_pages_are_a_second_apart_at_least(site: Site) -> None:
    site.page("/life/", "くらし", "a.html")
    site.page("/life/a.html", "転入届")
    pauses: list[float] = []
    site.read(sleep=pauses.append)
    assert pauses == [1.0]


def test_a_site_in_trouble_is_left_alone(site: Site) -> None:
    site.page("/robots.txt", "x", status=503)
    site.page("/life/", "くらし")
    assert codes(site.read()) == ["page_failed"]
    assert site.asked == ["/robots.txt"]


def test_the_number_of_pages_and_the_depth_are_bounded_and_the_rest_is_said(site: Site) -> None:
    for number in range(20):
        site.page(f"/life/{number}.html", f"ページ{number}", f"{number + 1}.html")
    assert codes(site.read("/life/0.html", pages=3, depth=50)) == ["", "", "", "site_truncated"]
    assert len(site.read("/life/0.html", pages=50, depth=2)) == 3


def test_each_page_that_cannot_be_read_is_a_row_that_says_why(site: Site) -> None:
    site.page("/life/", "くらし", "gone.html", "pdf.html", "large.html", "away.html", "hidden.html", "loop.html")
    site.pages["/life/pdf.html"] = (200, {"Content-Type": "application/pdf"}, b"%PDF-")
    site.pages["/life/large.html"] = (200, {"Content-Length": str(LARGEST_PAGE + 1)}, b"")
    site.page("/life/away.html", "x", status=302, Location="/elsewhere/")
    site.page("/life/loop.html", "x", status=302, Location="/life/loop.html")
    site.page("/elsewhere/", "範囲の外")
    site.pages["/life/hidden.html"] = (
        200,
        {},
        b'<meta name="robots" content="noindex"><main><h1>a</h1><p>hidden text</p></main>',
    )
    assert codes(site.read()) == ["", "page_failed", "page_type", "page_size", "page_elsewhere", "robots", "page_failed"]


def test_a_redirect_to_another_host_is_not_followed(site: Site) -> None:
    site.page("/life/", "くらし", status=302, Location="http://169.254.169.254/latest/meta-data/")
    assert codes(site.read()) == ["host_not_allowed"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1",
     "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "not an address"],
)  # fmt: skip
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["203.178.141.194", "2001:200:dff:fff1::1", "8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


def test_a_name_with_a_private_address_among_others_is_refused_before_any_connection(site: Site) -> None:
    fetcher = Fetcher(["www.city.midorino.example"], resolve=lambda host, port: ["203.178.141.194", "127.0.0.1"])
    with pytest.raises(Problem) as refused:
        fetcher.get(
            f"http://www.city.midorino.example:{site.server.server_port}/life/".replace(f":{site.server.server_port}", "")
        )
    assert refused.value.remark.code == "address_private"
    assert site.asked == []


def test_the_connection_goes_to_the_address_that_was_looked_at(site: Site) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    site.page("/life/", "くらし")
    name = f"www.city.midorino.example:{site.server.server_port}"
    assert Fetcher([name], resolve=resolve, public_only=False).get(f"http://{name}/life/").status == 200
    assert asked == ["www.city.midorino.example"], "a name is looked up once for one connection"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://www.city.midorino.example/life/", True),
        ("http://WWW.city.midorino.example/", True),
        ("https://sub.town.example/", True),
        ("https://town.example/", False),
        ("https://evil.example/?www.city.midorino.example", False),
        ("https://www.city.midorino.example@evil.example/", False),
        ("https://user:pass@www.city.midorino.example/", False),
        ("https://www.city.midorino.example:8443/", False),
        ("https://www.city.midorino.example.evil.example/", False),
        ("file:///etc/passwd", False),
        ("ftp://www.city.midorino.example/", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_hosts_of_the_list_are_allowed(url: str, allowed: bool) -> None:
    assert Fetcher(["www.city.midorino.example", ".town.example"]).allows(url) == allowed


def test_without_a_list_nothing_is_allowed() -> None:
    assert not Fetcher([]).allows("https://www.city.midorino.example/")
