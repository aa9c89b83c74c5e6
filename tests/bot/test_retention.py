"""What is deleted, what stays, and that the words are really gone."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from town_fixture import CODE, OTHER_TOWN, SATO

from accounts import AuditRow
from bot import conversations, handoff, handoff_request, retention
from bot.tables import ConversationRow, HandoffEventRow, HandoffRow, MessageRow
from database import Database
from settings import Settings

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(days=91), NOW - timedelta(days=89)

START_THREAD = retention.start_thread  # before a fixture of the session puts a quiet one in its place


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path)


def talk(database: Database, at: datetime, code: str = CODE, text: str = "ひみつの質問") -> str:
    with database.write() as session:
        row = conversations.start(session, code)
        conversations.append(session, row, "resident", text, at=at)
        return row.id


def count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_old_conversations_go_with_everything_and_young_ones_stay(town_database: Database, plain: Settings) -> None:
    old, young = talk(town_database, OLD), talk(town_database, YOUNG)
    talk(town_database, OLD, OTHER_TOWN.code)
    number, _ = handoff_request.request(town_database, plain, old, at=OLD)
    with town_database.write() as session:
        handoff.take(session, number, SATO)
    with town_database.write() as session:
        handoff.resolve(session, number, SATO)
    deleted = retention.sweep(town_database, plain, NOW)
    assert deleted[CODE] == {"conversations": 1, "messages": 3, "handoffs": 1}
    assert deleted[OTHER_TOWN.code] == {"conversations": 1, "messages": 1, "handoffs": 0}
    with town_database.read() as session:
        assert session.scalars(select(ConversationRow.id)).all() == [young]
    assert (count(town_database, MessageRow), count(town_database, HandoffRow), count(town_database, HandoffEventRow)) == (
        1,
        0,
        0,
    )


def test_each_municipality_gets_one_line_in_the_audit_trail(lite: Database, plain: Settings) -> None:
    talk(lite, OLD)
    retention.sweep(lite, plain, NOW)
    with lite.read() as session:
        rows = {row.municipality: row for row in session.scalars(select(AuditRow))}
    assert set(rows) == {CODE, OTHER_TOWN.code}
    assert rows[CODE].detail == {"conversations": 1, "messages": 1, "handoffs": 0, "retention_days": 90}
    assert (rows[CODE].actor, rows[CODE].action) == ("system", "retention.sweep")


def test_an_open_hand_over_keeps_its_conversation(lite: Database, plain: Settings) -> None:
    patient = plain.model_copy(update={"handoff_expiry_hours": 720, "retention_days": 1})
    at = NOW - timedelta(days=20)
    handoff_request.request(lite, patient, talk(lite, at), at=at)
    assert retention.sweep(lite, patient, NOW)[CODE]["conversations"] == 0
    assert count(lite, ConversationRow) == 1


def test_the_words_are_gone_from_the_files_on_disk(lite: Database, plain: Settings) -> None:
    word = "ぬばたまのひみつ"
    for _ in range(20):
        talk(lite, OLD, text=word * 50)
    path = Path(lite.engine.url.database or "")
    files = [path, path.with_name(path.name + "-wal")]
    assert any(word.encode() in file.read_bytes() for file in files)
    retention.sweep(lite, plain, NOW)
    assert not any(word.encode() in file.read_bytes() for file in files if file.exists())


def test_of_many_processes_one_sweeps(town_database: Database, plain: Settings) -> None:
    talk(town_database, OLD)
    results: list[bool] = []

    def run() -> None:
        results.append(retention.sweep_if_due(town_database, plain, NOW))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert count(town_database, ConversationRow) == 0
    assert count(town_database, AuditRow) == 2


def test_the_next_sweep_is_due_a_day_later(lite: Database, plain: Settings) -> None:
    assert retention.sweep_if_due(lite, plain, NOW)
    assert not retention.sweep_if_due(lite, plain, NOW + timedelta(hours=23))
    assert retention.sweep_if_due(lite, plain, NOW + timedelta(hours=25))


def test_every_minute_stranded_hand_overs_are_queued_but_not_fresh_ones(
    lite: Database, plain: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr(handoff_request, "_queue", lambda *_: 1 / 0)
        number, _ = handoff_request.request(lite, plain, talk(lite, NOW), at=NOW)
    for later, state in ((timedelta(seconds=30), "requested"), (timedelta(seconds=61), "queued")):
        retention.tick(lite, plain, NOW + later)
        with lite.read() as session:
            assert session.get_one(HandoffRow, number).state == state


def test_the_thread_goes_on_after_a_failure(lite: Database, plain: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    stop = threading.Event()

    def failing(*_: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            stop.set()
        raise RuntimeError

    monkeypatch.setattr(retention, "tick", failing)
    monkeypatch.setattr(retention, "TICK_SECONDS", 0.01)
    START_THREAD(lite, plain, stop).join(timeout=60)
    assert len(calls) == 3


def test_the_command_sweeps_and_prints_counts(
    lite: Database, instance: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    talk(lite, datetime.now(UTC) - timedelta(days=91))
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", lite.url)
    retention.main()
    assert f"{CODE} conversations=1 handoffs=0 messages=1" in capsys.readouterr().out
