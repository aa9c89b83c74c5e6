"""The server as it is really run: new snapshots, rollback, a killed process, and many residents at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_town import ARTICLES, CODE, NEW, OLD, QUESTION, change, copied, installation, settings, window_of
from sqlalchemy import select

from bot.tables import HandoffRow, MessageRow
from database import Database
from evaluation import load
from evaluation.installation import Installation, Server
from indexer import __main__ as indexer
from indexer import snapshot

pytestmark = pytest.mark.process
API = "/api/v1/conversations"


@pytest.fixture(scope="module")
def town(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One town for these tests, which leave it whole."""
    return installation(copied(template, tmp_path_factory.mktemp("served") / "instance"))


@pytest.fixture(scope="module")
def server(town: Installation) -> Iterator[Server]:
    with town.server() as running:
        yield running


def rows(town: Installation) -> list[MessageRow]:
    database = Database(f"sqlite:///{town.folder / 'madoguchi.db'}")
    with database.read() as session:
        found = list(session.scalars(select(MessageRow).order_by(MessageRow.id)))
    database.dispose()
    return found


def until(server: Server, window: str, seconds: float = 30) -> None:
    """Return when ten answers in a row, so from every process, have the text. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    in_a_row = 0
    while in_a_row < 10:
        assert time.monotonic() < deadline, f"the server does not answer from {window}"
        in_a_row = in_a_row + 1 if window_of(server.ask(QUESTION)) == window else 0


def test_a_rolled_back_index_and_then_a_new_one_are_taken_up_while_the_server_runs(town: Installation, server: Server) -> None:
    workers = {process.pid for process in server.workers()}
    until(server, NEW)
    back = town.run("indexer", "rollback").json()
    until(server, OLD)
    assert server.get("/readyz")[1]["municipalities"] == {CODE: back["snapshot"]}
    snapshot.activate(town.indexes, back["was"])
    until(server, NEW)
    change(town, OLD)
    built = indexer.build(settings(town.folder), CODE, full=False)
    until(server, OLD)
    assert server.get("/readyz")[1]["municipalities"] == {CODE: built["snapshot"]}
    assert {process.pid for process in server.workers()} == workers


def test_a_new_snapshot_that_is_damaged_is_not_taken_up(town: Installation, server: Server) -> None:
    served = server.get("/readyz")[1]["municipalities"][CODE]
    window = window_of(server.ask(QUESTION))
    older = next(v for v in snapshot.versions(town.indexes) if v != served)
    damaged = copied(town.indexes / older, town.indexes / "29990101T000000000000Z")
    (damaged / "dense.faiss").write_bytes(b"not an index")
    snapshot.activate(town.indexes, damaged.name)
    time.sleep(1)  # five looks for a new snapshot
    assert server.get("/readyz")[1]["municipalities"][CODE] == served
    assert window_of(server.ask(QUESTION)) == window
    assert "snapshot_refused" in server.log.read_text(encoding="utf-8")
    snapshot.activate(town.indexes, served)


def test_two_hundred_questions_of_eight_residents_are_each_answered_and_stored_once(town: Installation, server: Server) -> None:
    before = len(rows(town))
    result = load.run(server.port, [question for question, _ in ARTICLES.values()], clients=8, count=200)
    assert result.failed == {}
    assert len(result.ms) == 200
    stored = rows(town)[before:]
    questions = [row.id for row in stored if row.role == "resident"]
    assert len(questions) == 200
    assert sorted(row.reply_to or 0 for row in stored if row.role == "desk") == sorted(questions)
    assert all(row.answer for row in stored if row.role == "desk")


def test_a_killed_worker_is_replaced_and_what_it_acknowledged_is_kept(town: Installation, server: Server) -> None:
    conversation = server.post(API)[1]["id"]
    reply = server.post(f"{API}/{conversation}/messages", {"text": QUESTION})[1]
    victim = server.workers()[0]
    victim.kill()
    deadline = time.monotonic() + 60
    while len([p for p in server.workers() if p.is_running() and p.pid != victim.pid]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    kept = server.get(f"{API}/{conversation}")[1]["messages"]
    assert [message["id"] for message in kept] == [reply["question_message"], reply["message"]]


def test_kill_9_of_every_process_loses_nothing_that_was_acknowledged(town: Installation, server: Server) -> None:
    """Four residents write, and every fifth message asks for a person, until the server is gone."""
    messages: list[tuple[str, dict[str, Any]]] = []
    handoffs: list[tuple[str, dict[str, Any]]] = []

    def resident(name: int) -> None:
        for number in range(10_000):
            status, started = server.post(API)
            if status != 201:
                return
            text = f"住民票の写しはどこで取れますか {name}-{number}"
            status, reply = server.post(f"{API}/{started['id']}/messages", {"text": text})
            if status == 200:
                messages.append((text, reply))
            if number % 5 == 0:
                status, handoff = server.post(f"{API}/{started['id']}/handoffs", {"message": text})
                if status == 201:
                    handoffs.append((started["id"], handoff))

    residents = [threading.Thread(target=resident, args=(name,)) for name in range(4)]
    for thread in residents:
        thread.start()
    time.sleep(2)
    server.kill()
    for thread in residents:
        thread.join()
    assert len(messages) > 5
    assert handoffs
    stored = {row.id: row for row in rows(town)}
    for text, reply in messages:
        assert stored[reply["question_message"]].text == text
        assert stored[reply["message"]].reply_to == reply["question_message"]
    database = Database(f"sqlite:///{town.folder / 'madoguchi.db'}")
    with database.read() as session:
        states = {row.receipt: row.state for row in session.scalars(select(HandoffRow))}
    database.dispose()
    assert {states.get(handoff["receipt"]) for _, handoff in handoffs} == {"queued"}
    server.start()
    conversation, handoff = handoffs[-1]
    resumed = server.get(f"{API}/{conversation}")[1]
    assert resumed["handoff"]["receipt"] == handoff["receipt"]
    assert window_of(server.ask(QUESTION)) in (OLD, NEW)
