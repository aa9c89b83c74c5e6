"""The widget on a municipality's own web site: one script tag, another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from conftest import Served, Watched
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server
from widget_driver import Resident

from settings import DEMO_MUNICIPALITY

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, dict[str, str]]]:
    """A municipality's site on an origin of its own; `body` is what its page holds."""
    app = Flask("site")
    shown = {"body": "", "policy": ""}

    @app.get("/")
    def page() -> tuple[str, dict[str, str]]:
        head = "<!doctype html><html lang=ja><meta charset=utf-8><title>市のサイト</title>"
        html = f"{head}<body><main><h1>市のサイト</h1></main>{shown['body']}"
        return html, {"Content-Security-Policy": shown["policy"]} if shown["policy"] else {}

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", shown
    server.shutdown()


@pytest.fixture(scope="module")
def desk(serve: Callable[..., Served], site: tuple[str, dict[str, str]]) -> Served:
    return serve(embed_origins=site[0])


def _policy(desk: Served) -> str:
    return f"default-src 'none'; script-src {desk.url}; style-src {desk.url}; connect-src {desk.url}"


def test_one_script_tag_is_enough(page: Page, site: tuple[str, dict[str, str]], desk: Served, watched: Watched) -> None:
    address, shown = site
    shown["policy"] = _policy(desk)
    shown["body"] = (
        f'<script type="module" src="{desk.url}/widget/madoguchi.js" data-municipality="{DEMO_MUNICIPALITY}"></script>'
    )
    resident = Resident(page).arrive(address).open()
    expect(resident.ask("ふとんの捨て方")).to_contain_text("粗大ごみ")
    resident.ask_for_person()
    handoff = desk.take()
    desk.reply(handoff, "届きました")
    expect(resident.log.locator(".message.staff")).to_contain_text("届きました")
    assert [problem for problem in watched.problems if "favicon" not in problem and "404" not in problem] == []
    assert {url for url in watched.requests if not url.startswith((address, desk.url))} == set()


def test_the_element_may_be_written_into_the_page(page: Page, site: tuple[str, dict[str, str]], desk: Served) -> None:
    address, shown = site
    shown["policy"] = _policy(desk)
    element = f'<madoguchi-chat municipality="{DEMO_MUNICIPALITY}" language="en"></madoguchi-chat>'
    shown["body"] = f'{element}<script type="module" src="{desk.url}/widget/madoguchi.js"></script>'
    resident = Resident(page).arrive(address)
    expect(page.locator("madoguchi-chat")).to_have_count(1)
    expect(resident.launcher).to_have_text("Ask a question")
    resident.open()
    expect(resident.log).to_contain_text("This is the inquiry desk")


def test_styles_of_the_site_do_not_reach_the_widget(page: Page, site: tuple[str, dict[str, str]], desk: Served) -> None:
    address, shown = site
    shown["policy"] = ""
    hostile = "<style>html{font-size:4px} *{color:red!important;line-height:1!important} button{display:none!important}</style>"
    shown["body"] = f'{hostile}<script type="module" src="{desk.url}/widget/madoguchi.js"></script>'
    resident = Resident(page).arrive(address).open()
    assert resident.dialog.evaluate("(node) => getComputedStyle(node).fontSize") == "16px"
    assert resident.dialog.evaluate("(node) => getComputedStyle(node).color") == "rgb(26, 26, 28)"


def test_a_site_that_is_not_allowed_gets_no_answers(page: Page, site: tuple[str, dict[str, str]], desk_server: Served) -> None:
    address, shown = site
    shown["policy"] = ""
    shown["body"] = f'<script type="module" src="{desk_server.url}/widget/madoguchi.js"></script>'
    resident = Resident(page).arrive(address)
    resident.launcher.click()
    expect(resident.dialog.get_by_role("alert").filter(has_text="窓口につながりませんでした")).to_be_visible(timeout=15_000)


def test_the_site_cannot_be_addressed_twice(page: Page, site: tuple[str, dict[str, str]], desk: Served) -> None:
    address, shown = site
    shown["policy"] = _policy(desk)
    tag = f'<script type="module" src="{desk.url}/widget/madoguchi.js"></script>'
    shown["body"] = tag + tag
    Resident(page).arrive(address)
    expect(page.locator("madoguchi-chat")).to_have_count(1)
