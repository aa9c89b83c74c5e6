"""Nobody waits unseen: who is told before a promise breaks, who afterwards, and each once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from town_fixture import CODE, SATO, SUZUKI

from accounts import Role, StaffRow
from bot import conversations, handoff, handoff_request, reminders
from bot.handoff_wording import tell
from bot.tables import HandoffRow, MailRow
from bot.town import load_town
from database import Database
from settings import Settings

TUESDAY = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""Ten in the morning in Japan; a reply is promised for 10:30."""


@pytest.fixture
def posting(tmp_path: Path) -> Settings:
    return Settings(
        instance=tmp_path / "instance",
        public_url="https://desk.example",
        smtp_host="127.0.0.1",
        mail_from="desk@midorino.example",
    )


@pytest.fixture
def staffed(town_database: Database) -> Database:
    """Sato of 市民課 and an administrator have an e-mail address, Suzuki has none."""
    with town_database.write() as session:
        session.get_one(StaffRow, SATO).email = "sato@example.jp"
        boss = StaffRow(id=50, municipality=CODE, login="boss", name="boss", role=Role.ADMINISTRATOR.value, password_hash="x")
        boss.email = "boss@example.jp"
        session.add(boss)
    return town_database


def ask(database: Database, settings: Settings, at: datetime = TUESDAY, department: str = "citizens") -> int:
    with database.write() as session:
        talk = conversations.start(session, CODE)
        conversations.append(session, talk, "resident", "ひみつの相談", at=at)
    return handoff_request.request(database, settings, talk.id, at=at, department=department)[0]


def letters(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(row.recipient, row.subject) for row in session.scalars(select(MailRow).order_by(MailRow.id))]


def remind(database: Database, settings: Settings, minutes: float) -> int:
    return reminders.remind(database, settings, TUESDAY + timedelta(minutes=minutes))


def test_the_department_is_told_ten_minutes_before_and_everybody_responsible_afterwards(
    staffed: Database, posting: Settings
) -> None:
    ask(staffed, posting)
    assert remind(staffed, posting, 19) == 0
    assert remind(staffed, posting, 21) == 1
    assert remind(staffed, posting, 22) == 0
    assert letters(staffed) == [("sato@example.jp", "【みどり野市 お問い合わせ窓口】まもなくお返事の予定時刻です（1件）")]
    assert remind(staffed, posting, 31) == 1
    assert remind(staffed, posting, 32) == 0
    late = "【みどり野市 お問い合わせ窓口】お返事の予定を過ぎた受付があります（1件）"
    assert sorted(letters(staffed)[1:]) == [("boss@example.jp", late), ("sato@example.jp", late)]


def test_a_department_without_an_address_is_not_left_alone(staffed: Database, posting: Settings) -> None:
    ask(staffed, posting, department="waste")
    remind(staffed, posting, 21)
    assert [recipient for recipient, _ in letters(staffed)] == ["boss@example.jp"]


def test_the_letter_names_the_request_and_not_a_word_of_the_resident(staffed: Database, posting: Settings) -> None:
    number = ask(staffed, posting)
    remind(staffed, posting, 21)
    with staffed.read() as session:
        (body,) = session.scalars(select(MailRow.body))
        receipt = session.get_one(HandoffRow, number).receipt
    assert receipt in body
    assert f"https://desk.example/staff/handoffs/{number}" in body
    assert "ひみつ" not in body


def test_many_requests_at_once_are_one_letter(staffed: Database, posting: Settings) -> None:
    for _ in range(3):
        ask(staffed, posting)
    assert remind(staffed, posting, 21) == 3
    assert [subject[-4:] for _, subject in letters(staffed)] == ["（3件）"]


def test_of_many_processes_one_reminds(staffed: Database, posting: Settings) -> None:
    ask(staffed, posting)
    threads = [threading.Thread(target=remind, args=(staffed, posting, 21)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(letters(staffed)) == 1


def test_who_has_it_and_does_not_answer_is_reminded_too(
    staffed: Database, posting: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ask(staffed, posting)
    monkeypatch.setattr(handoff, "now", lambda: TUESDAY + timedelta(minutes=5))
    with staffed.write() as session:
        handoff.take(session, number, SATO)
    assert remind(staffed, posting, 21) == 0
    assert remind(staffed, posting, 27) == 1
    assert remind(staffed, posting, 36) == 1
    assert letters(staffed)[0][0] == "sato@example.jp"
    with staffed.read() as session:
        row = session.get_one(HandoffRow, number)
        said = tell(row, load_town(session, CODE), TUESDAY.astimezone(posting.zone), "ja")
    assert "返信が遅れています" in said
    assert "099-000-1110" in said


def test_a_reply_ends_the_waiting_and_the_next_word_begins_it_anew(
    staffed: Database, posting: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ask(staffed, posting)
    at = TUESDAY + timedelta(minutes=5)
    for module in (handoff, conversations):
        monkeypatch.setattr(module, "now", lambda: at)
    with staffed.write() as session:
        handoff.take(session, number, SATO)
        handoff.staff_reply(session, number, SATO, "お答えします")
    assert remind(staffed, posting, 300) == 0
    with staffed.write() as session:
        talk = conversations.lock(session, session.get_one(HandoffRow, number).conversation)
        conversations.append(session, talk, "resident", "もう一つあります", at=TUESDAY + timedelta(hours=1))
    assert remind(staffed, posting, 80) == 0
    assert remind(staffed, posting, 85) == 1


def test_at_night_nobody_is_late(staffed: Database, posting: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken at 17:10, five minutes before closing: the 25 minutes left begin in the morning."""
    closing = datetime(2026, 11, 24, 8, 10, tzinfo=UTC)
    number = ask(staffed, posting, closing)
    monkeypatch.setattr(handoff, "now", lambda: closing)
    with staffed.write() as session:
        handoff.take(session, number, SATO)
    assert reminders.remind(staffed, posting, closing + timedelta(hours=10)) == 0
    assert reminders.remind(staffed, posting, datetime(2026, 11, 24, 23, 46, tzinfo=UTC)) == 1


def test_another_department_is_reminded_anew(staffed: Database, posting: Settings) -> None:
    number = ask(staffed, posting)
    remind(staffed, posting, 31)
    with staffed.write() as session:
        handoff.transfer(session, number, "waste", SUZUKI)
    assert remind(staffed, posting, 32) == 1


def test_without_a_mail_server_the_marks_are_set_all_the_same(staffed: Database, tmp_path: Path) -> None:
    plain = Settings(instance=tmp_path)
    number = ask(staffed, plain)
    remind(staffed, plain, 31)
    with staffed.read() as session:
        assert session.get_one(HandoffRow, number).escalated_at is not None
    assert letters(staffed) == []
