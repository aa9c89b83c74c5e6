"""A click on one server process is seen by residents on every process within a minute."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from staff_on_server import add_approver
from town_fixture import fill

from database import Database, now

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[2]
PASSWORD = "青い 電車と みかん 42"


class Server:
    """One gunicorn process of its own; two of them share one database as two machines would."""

    def __init__(self, instance: Path, url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
        settings = {"INSTANCE": str(instance), "DATABASE_URL": url, "PORT": str(port), "WORKERS": "1", "LOG_LEVEL": "ERROR"}
        settings |= {
            "RATE_LIMIT_CONVERSATIONS": "10000/minute",
            "RATE_LIMIT_MESSAGES": "10000/minute",
        }  # it is asked until it knows
        environment = {**os.environ, **{f"MADOGUCHI_{key}": value for key, value in settings.items()}, "PYTHONPATH": path}
        command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "served_app:create_app()"]
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT)

    def __enter__(self) -> Server:
        until(lambda: httpx.get(f"{self.url}/readyz").status_code == 200, 60)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)

    def notices(self) -> dict[str, object]:
        found: dict[str, object] = httpx.get(f"{self.url}/api/v1/notices").json()
        return found

    def status(self) -> str:
        conversation = httpx.post(f"{self.url}/api/v1/conversations").json()["id"]
        asked = httpx.post(f"{self.url}/api/v1/conversations/{conversation}/messages", json={"text": "住民票がほしい"})
        return str(asked.json()["answer"]["status"])


def until(holds: Callable[[], bool], seconds: float) -> float:
    """Seconds until it holds. Raises TimeoutError."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        try:
            if holds():
                return time.monotonic() - started
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture
def servers(tmp_path: Path, sqlite_url: str) -> Iterator[tuple[Server, Server]]:
    database = Database(sqlite_url)
    fill(database)
    add_approver(database, PASSWORD)
    database.dispose()
    with ExitStack() as stack:
        yield tuple(stack.enter_context(Server(tmp_path / "instance", sqlite_url)) for _ in range(2))  # type: ignore[misc]


class Staff:
    def __init__(self, server: Server) -> None:
        self.client = httpx.Client(base_url=server.url, follow_redirects=True, timeout=30)
        self.post("/staff/login", "/staff/login", municipality="990019", login="approver", password=PASSWORD)

    def post(self, path: str, page: str, **form: str) -> httpx.Response:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(page).text)
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **form})


def test_a_click_on_one_process_is_seen_on_the_other_within_a_minute(servers: tuple[Server, Server]) -> None:
    clicked, other = servers
    assert (other.notices()["banners"], other.status()) == ([], "answered")
    staff = Staff(clicked)
    end = now() + timedelta(hours=12)
    banner = {
        "do": "show", "channel": "all", "level": "emergency", "text_ja": "命を守ってください。", "version_all": "0",
        "until_day": f"{end:%Y-%m-%d}", "until_time": f"{end:%H:%M}",
    }  # fmt: skip
    assert "お知らせを表示しました" in staff.post("/staff/channels/banner", "/staff/channels", **banner).text
    assert clicked.notices()["banners"]
    assert until(lambda: bool(other.notices()["banners"]), 60) < 15
    off = {"channel": "web", "version": "0", "sure": "yes"}
    assert "自動回答を止めました" in staff.post("/staff/channels/off", "/staff/channels", **off).text
    assert clicked.status() == "switched_off"
    assert until(lambda: other.status() == "switched_off", 60) < 15
    staff.post("/staff/channels/clear", "/staff/channels", channel="all", version="1")
    staff.post("/staff/channels/on", "/staff/channels", channel="web", version="1")
    assert until(lambda: other.notices() == {"banners": [], "switched_off": None}, 60) < 15
    assert until(lambda: other.status() == "answered", 60) < 15
