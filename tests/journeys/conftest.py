"""Fixtures of the journeys: a whole desk on a port of its own and a real browser that looks at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from rule_desk import RuleDesk
from werkzeug.serving import make_server

from accounts import Role, StaffRow
from app import create_app
from bot import handoff, retention
from database import Database
from knowledge.municipality_folder import read_description
from knowledge.store import save_departments, save_municipality
from settings import DEMO_MUNICIPALITY, ROOT, Settings

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
]  # fmt: skip
SAMPLES = ROOT / "knowledge" / "samples" / "midorino"
CLERK = 1
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@dataclass
class Served:
    """A desk that is up: where it is, its rules, and its staff."""

    url: str
    desk: RuleDesk
    database: Database
    settings: Settings

    def take(self) -> int:
        """A member of staff takes the newest hand-over."""
        with self.database.write() as session:
            waiting = handoff.queue(session, DEMO_MUNICIPALITY)[-1].id
            handoff.take(session, waiting, CLERK)
        return waiting

    def reply(self, number: int, text: str) -> None:
        with self.database.write() as session:
            handoff.staff_reply(session, number, CLERK, text)

    def resolve(self, number: int) -> None:
        with self.database.write() as session:
            handoff.resolve(session, number, CLERK)


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Start a desk with settings of its own."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention, "start_thread", lambda *_: None)

        def start(**changes: Any) -> Served:
            return stack.enter_context(_serving(tmp_path_factory.mktemp("desk"), changes))

        yield start


@pytest.fixture(scope="session")
def desk_server(serve: Callable[..., Served]) -> Served:
    """The desk that journeys share; each of them has conversations of its own."""
    return serve()


class _serving:
    def __init__(self, folder: Path, changes: dict[str, Any]) -> None:
        given = {
            "stream_seconds": 5,
            "rate_limit_messages": "10000/minute",
            "rate_limit_conversations": "10000/minute",
            "municipality": DEMO_MUNICIPALITY,
            **changes,
        }
        self.settings = Settings(instance=folder, database_url=f"sqlite:///{folder / 'madoguchi.db'}", log_level="ERROR", **given)

    def __enter__(self) -> Served:
        desk = RuleDesk()
        self.database = Database(self.settings.resolved_database_url)
        app = create_app(self.settings, desk)  # type: ignore[arg-type]
        _fill(self.database)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return Served(f"http://127.0.0.1:{self.server.server_port}", desk, self.database, self.settings)

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.database.dispose()


def _fill(database: Database) -> None:
    described = read_description(SAMPLES)
    with database.write() as session:
        save_municipality(session, described.municipality)
        save_departments(session, described.municipality.code, described.departments)
        session.add(
            StaffRow(
                id=CLERK,
                municipality=described.municipality.code,
                login="sato",
                name="佐藤",
                role=Role.AGENT.value,
                department="citizens",
                password_hash="x",
            )
        )


@pytest.fixture(scope="session")
def playwright_session() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright_session: Playwright) -> Iterator[Browser]:
    browser = playwright_session.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@dataclass
class Watched:
    """What a browser did besides showing the page: addresses it asked for, and what its console reported."""

    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def new_page(browser: Browser, watched: Watched) -> Iterator[Callable[..., Page]]:
    """A page in a browser context of its own; what it asks for and reports is in `watched`."""
    contexts: list[BrowserContext] = []

    def opened(viewport: dict[str, int] = DESKTOP, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, locale="ja-JP", timezone_id="Asia/Tokyo", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("console", lambda message: watched.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: watched.problems.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()
