"""What is published reaches residents within seconds by itself, whoever asks, and whatever is killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from small_town import CODE, NEW, OLD, QUESTION, copied, settings, window_of

from bot import index_keeper
from bot.index_keeper import IndexKeeper
from bot.reindex import Phase, Reindexer
from database import Database, now
from evaluation.installation import Installation
from indexer import snapshot
from indexer.synchronise import adaptation_due
from knowledge import store, workflow
from knowledge.articles import Article
from settings import ROOT, Settings

pytestmark = pytest.mark.process
TODAY = date(2026, 11, 25)
THIRD = "南支所の一番窓口"


@pytest.fixture
def here(template: Path, tmp_path: Path) -> Settings:
    """The settings of a town of this test alone, whose index says NEW."""
    return settings(copied(template, tmp_path / "instance"), database_url="")


@pytest.fixture
def database(here: Settings) -> Database:
    return Database(here.resolved_database_url)


@pytest.fixture
def keeper(database: Database, here: Settings, monkeypatch: pytest.MonkeyPatch) -> IndexKeeper:
    """One that looks at everything every time."""
    for seconds in ("CALENDAR_SECONDS", "CHECK_SECONDS"):
        monkeypatch.setattr(index_keeper, seconds, 0.0)
    return IndexKeeper(database, here)


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The options of each build that really runs."""
    seen: list[tuple[str, ...]] = []
    original = index_keeper.build

    def spy(settings: Settings, code: str, *options: str, stop: Callable[[], bool] | None = None) -> str:
        seen.append(options)
        return original(settings, code, *options, stop=stop)

    monkeypatch.setattr(index_keeper, "build", spy)
    return seen


def article(database: Database) -> Article:
    with database.read() as session:
        found = store.article(session, CODE, "residence")
    assert found is not None
    return found


def approve(database: Database, window: str) -> int:
    """An approved working copy whose text has `window`; its version."""
    record = article(database)
    body = record.body
    for said in (OLD, NEW, THIRD):
        body = body.replace(said, window)
    with database.write() as session:
        row = workflow.save_draft(session, replace(record, body=body), "editor")
        workflow.submit(session, CODE, "residence", "editor", row.version)
        return workflow.approve(session, CODE, "residence", "approver", row.version, TODAY).version


def publish(database: Database, window: str) -> None:
    version = approve(database, window)
    with database.write() as session:
        workflow.publish(session, CODE, "residence", "approver", version, TODAY)


def indexed_body(here: Settings) -> str:
    home = here.indexes / CODE
    return snapshot.open_snapshot(home / snapshot.current_version(home)).content.article_of["residence"].body


def test_a_request_brings_the_new_text_into_the_index_within_seconds(
    database: Database, here: Settings, keeper: IndexKeeper
) -> None:
    keeper.look()
    publish(database, THIRD)
    reindexer = Reindexer(here)
    reindexer.request(CODE)
    assert reindexer.status(CODE).phase == Phase.QUEUED
    began = time.monotonic()
    keeper.look()
    assert time.monotonic() - began < 60  # two seconds on an idle machine
    status = reindexer.status(CODE)
    assert (status.phase, status.reason) == (Phase.DONE, "")
    assert THIRD in indexed_body(here)
    digests, _ = reindexer.indexed(CODE)
    assert digests["residence"] == article(database).digest


def test_many_requests_are_one_build(
    database: Database, here: Settings, keeper: IndexKeeper, builds: list[tuple[str, ...]]
) -> None:
    publish(database, THIRD)
    for _ in range(20):
        Reindexer(here).request(CODE)
    for _ in range(3):
        keeper.look()
    assert builds == [("--quick",)]


def test_a_request_nobody_could_leave_is_made_up_for(
    database: Database, here: Settings, keeper: IndexKeeper, builds: list[tuple[str, ...]]
) -> None:
    keeper.look()
    publish(database, THIRD)  # and the server is killed before it asks for an index
    keeper.look()
    assert builds == [("--quick",)]
    assert THIRD in indexed_body(here)


def test_an_index_that_was_rolled_back_to_stays_until_something_is_published(
    here: Settings, keeper: IndexKeeper, builds: list[tuple[str, ...]], tmp_path: Path
) -> None:
    keeper.look()
    home = here.indexes / CODE
    older = snapshot.versions(home)[1]
    snapshot.activate(home, older)
    keeper.look()
    assert builds == []
    assert snapshot.current_version(home) == older


def test_a_text_that_runs_out_leaves_the_index_by_itself(database: Database, here: Settings, keeper: IndexKeeper) -> None:
    keeper.look()
    with database.write() as session:
        store.upsert(session, replace(article(database), valid_until=date(2026, 1, 1)))
    keeper.look()
    home = here.indexes / CODE
    assert "residence" not in snapshot.read_manifest(home / snapshot.current_version(home)).digests


def test_what_waits_for_its_moment_is_published_and_indexed_then(database: Database, here: Settings, keeper: IndexKeeper) -> None:
    version = approve(database, THIRD)
    with database.write() as session:
        workflow.schedule(session, CODE, "residence", "approver", version, now() + timedelta(seconds=1))
    keeper.look()
    assert THIRD not in indexed_body(here)
    time.sleep(1.1)
    keeper.look()
    assert THIRD in indexed_body(here)


def test_a_failed_build_says_why_and_is_tried_again(
    database: Database, here: Settings, keeper: IndexKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_keeper, "FIRST_RETRY", timedelta(seconds=0))
    publish(database, THIRD)
    Reindexer(here).request(CODE)
    with monkeypatch.context() as patch:
        patch.setattr(index_keeper, "build", lambda *_, **__: "no space left on the disk")
        keeper.look()
    failed = Reindexer(here).status(CODE)
    assert (failed.phase, failed.reason) == (Phase.FAILED, "no space left on the disk")
    assert THIRD not in indexed_body(here)
    keeper.look()
    assert (Reindexer(here).status(CODE).phase, Reindexer(here).status(CODE).reason) == (Phase.DONE, "")
    assert THIRD in indexed_body(here)


def test_the_encoder_learns_after_residents_have_the_new_text_and_gives_way_to_the_next(
    database: Database, here: Settings, keeper: IndexKeeper, builds: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # One of eight articles is more than a twentieth.
    monkeypatch.setattr(index_keeper, "QUIET", timedelta(seconds=0))
    publish(database, THIRD)
    reindexer = Reindexer(here)
    reindexer.request(CODE)
    keeper.look()
    assert adaptation_due(here.indexes / CODE)
    original = reindexer.requested
    looks = iter(range(10))

    def asked_meanwhile(code: str) -> int:
        if next(looks) == 3:
            publish(database, OLD)
            reindexer.request(code)
        return original(code)

    monkeypatch.setattr(keeper._reindexer, "requested", asked_meanwhile)
    keeper.look()
    monkeypatch.setattr(keeper._reindexer, "requested", original)
    assert adaptation_due(here.indexes / CODE)  # stopped
    keeper.look()
    assert OLD in indexed_body(here)
    keeper.look()
    assert builds == [("--quick",), (), ("--quick",), ()]
    assert not adaptation_due(here.indexes / CODE)
    assert reindexer.status(CODE).phase == Phase.DONE


def test_a_keeper_killed_in_the_middle_is_followed_by_one_that_finishes(
    database: Database, here: Settings, keeper: IndexKeeper
) -> None:
    publish(database, THIRD)
    Reindexer(here).request(CODE)
    program = (
        "import sys; from bot.index_keeper import IndexKeeper; from database import Database; from settings import load_settings;"
        "s = load_settings(); print('ready', flush=True); IndexKeeper(Database(s.resolved_database_url), s).look()"
    )
    environment = {
        **os.environ,
        "MADOGUCHI_INSTANCE": str(here.instance),
        "MADOGUCHI_MUNICIPALITY": CODE,
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("MADOGUCHI_DATABASE_URL", None)
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        while Reindexer(here).status(CODE).phase != Phase.RUNNING:
            assert child.poll() is None
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGKILL)
    assert Reindexer(here).status(CODE).phase == Phase.RUNNING
    assert THIRD not in indexed_body(here)
    keeper.look()
    assert (Reindexer(here).status(CODE).phase, Reindexer(here).status(CODE).reason) == (Phase.DONE, "")
    assert THIRD in indexed_body(here)


def test_a_running_server_answers_from_what_was_just_published(here: Settings) -> None:
    town = Installation(here.instance, CODE, ner="false", snapshot_check_seconds="0.2", keep_index="true")
    with town.server() as server:
        assert window_of(server.ask(QUESTION)) == NEW
        database = Database(here.resolved_database_url)
        publish(database, THIRD)
        Reindexer(here).request(CODE)
        deadline = time.monotonic() + 60  # four seconds on an idle machine
        while THIRD not in str(server.ask(QUESTION)):
            assert time.monotonic() < deadline, "not answered from"
            time.sleep(0.2)
        database.dispose()
