"""What was acknowledged to a resident survives kill -9 of every process of the server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from mail_server import mail_server
from sqlalchemy import select
from town_fixture import fill

from bot import handoff_request
from bot.tables import HandoffEventRow, HandoffRow, MessageRow
from database import Database, now
from settings import Settings

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[2]
API = "/api/v1/conversations"


class Server:
    """Real gunicorn processes around a desk that answers by rule; `more` are settings."""

    def __init__(self, instance: Path, url: str, **more: object) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            **os.environ,
            "MADOGUCHI_INSTANCE": str(instance),
            "MADOGUCHI_DATABASE_URL": url,
            "MADOGUCHI_PORT": str(port),
            "MADOGUCHI_THREADS": "4",
            "MADOGUCHI_RATE_LIMIT_MESSAGES": "100000/minute",
            "MADOGUCHI_LOG_LEVEL": "ERROR",
            **{f"MADOGUCHI_{name.upper()}": str(value) for name, value in more.items()},
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "served_app:create_app()"]
        self._process = subprocess.Popen(command, env=self._environment, cwd=ROOT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """kill -9 of the master and all workers at once; nobody gets to clean up."""
        if self._process is None:
            return
        master = psutil.Process(self._process.pid)
        for process in [master, *master.children(recursive=True)]:
            os.kill(process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


@pytest.fixture
def server(tmp_path: Path, sqlite_url: str) -> Iterator[Server]:
    database = Database(sqlite_url)
    fill(database)
    database.dispose()
    running = Server(tmp_path / "instance", sqlite_url)
    running.start()
    yield running
    running.kill()


def test_no_acknowledged_message_is_lost(server: Server, sqlite_url: str) -> None:
    """Four residents write as fast as they can while the server is killed."""
    acknowledged: list[tuple[str, int, int]] = []

    def resident() -> None:
        with httpx.Client(base_url=server.url, timeout=10) as client:
            try:
                conversation = client.post(API).json()["id"]
                for number in range(10_000):
                    text = f"{conversation} {number}"
                    reply = client.post(f"{API}/{conversation}/messages", json={"text": text}).raise_for_status().json()
                    acknowledged.append((text, reply["question_message"], reply["message"]))
            except httpx.HTTPError:
                return

    residents = [threading.Thread(target=resident) for _ in range(4)]
    for thread in residents:
        thread.start()
    time.sleep(2)
    server.kill()
    for thread in residents:
        thread.join()
    assert len(acknowledged) > 20
    database = Database(sqlite_url)
    with database.read() as session:
        rows = {row.id: row for row in session.scalars(select(MessageRow))}
    for text, question, message in acknowledged:
        assert rows[question].text == text
        assert rows[message].reply_to == question
        assert rows[message].answer is not None
    questions = [row.id for row in rows.values() if row.role == "resident"]
    assert sorted(row.reply_to or 0 for row in rows.values() if row.role == "desk") == questions


def test_no_acknowledged_hand_over_is_lost_and_the_conversation_can_be_resumed(server: Server, sqlite_url: str) -> None:
    conversation = f"{API}/{httpx.post(server.url + API).json()['id']}"
    contact = {"kind": "phone", "value": "090-1234-5678", "consent": True}
    body = {"message": "電話をください", "contact": contact}
    given = httpx.post(f"{server.url}{conversation}/handoffs", json=body)
    server.kill()
    assert given.status_code == 201
    database = Database(sqlite_url)
    with database.read() as session:
        row = session.scalars(select(HandoffRow)).one()
        assert (row.receipt, row.state, row.contact) == (given.json()["receipt"], "queued", "09012345678")
        assert [event.to_state for event in session.scalars(select(HandoffEventRow))] == ["requested", "queued"]
    database.dispose()
    server.start()
    resumed = httpx.get(f"{server.url}{conversation}").json()
    assert resumed["handoff"]["receipt"] == given.json()["receipt"]
    assert [message["text"] for message in resumed["messages"]] == ["電話をください"]


def test_a_restart_queues_what_a_crash_left_between_stored_and_queued(
    server: Server, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = httpx.post(server.url + API).json()["id"]
    server.kill()
    database = Database(sqlite_url)
    monkeypatch.setattr(handoff_request, "_queue", lambda *_: 1 / 0)
    handoff_request.request(database, Settings(instance=tmp_path), conversation, at=now())
    database.dispose()
    server.start()
    assert httpx.get(f"{server.url}{API}/{conversation}").json()["handoff"]["state"] == "queued"


def test_a_letter_stored_before_the_kill_is_sent_once_after_the_restart(tmp_path: Path, database_url: str) -> None:
    """Two workers and their outboxes; the kill comes before either has looked."""
    database = Database(database_url)
    fill(database)
    database.dispose()
    with mail_server() as (keeper, port):
        sending = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "mail_from": "desk@midorino.example"}
        running = Server(tmp_path / "instance", database_url, public_url="https://desk.example", **sending)
        running.start()
        try:
            conversation = f"{API}/{httpx.post(running.url + API).json()['id']}"
            contact = {"kind": "email", "value": "midori@example.jp", "consent": True}
            given = httpx.post(f"{running.url}{conversation}/handoffs", json={"contact": contact})
            running.kill()
            assert given.status_code == 201
            running.start()
            deadline = time.monotonic() + 30
            while not keeper.taken and time.monotonic() < deadline:
                time.sleep(0.2)
            time.sleep(6)  # long enough for each worker to look again
            assert len(keeper.taken) == 1
            assert given.json()["receipt"] in keeper.text()
        finally:
            running.kill()
