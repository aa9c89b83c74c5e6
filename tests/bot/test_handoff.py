"""The state machine of a hand-over: what is legal, what a resident is told, what never gets lost."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest
from sqlalchemy import select, update
from town_fixture import CODE, SATO, STRANGER, SUZUKI

from bot import conversations, handoff, handoff_request
from bot.handoff import MOVES, HandoffError, State
from bot.handoff_wording import tell
from bot.tables import ConversationRow, HandoffEventRow, HandoffRow, MessageRow
from bot.town import load_town
from database import Database
from settings import Settings

OPEN_HOUR = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # Tuesday 10:00 in Tokyo
NIGHT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # Friday 21:00, before a long weekend


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path)


def talk(database: Database, language: str = "ja") -> str:
    with database.write() as session:
        return conversations.start(session, CODE, language).id


def asked(database: Database, plain: Settings, at: datetime = OPEN_HOUR, **more: object) -> int:
    return handoff_request.request(database, plain, talk(database), at=at, **more)[0]  # type: ignore[arg-type]


def read(database: Database, number: int) -> HandoffRow:
    with database.read() as session:
        return session.get_one(HandoffRow, number)


def path(database: Database, number: int) -> list[tuple[str | None, str]]:
    with database.read() as session:
        rows = session.scalars(select(HandoffEventRow).where(HandoffEventRow.handoff == number).order_by(HandoffEventRow.id))
        return [(row.from_state, row.to_state) for row in rows]


def notices(database: Database, number: int) -> list[str]:
    with database.read() as session:
        conversation = session.get_one(HandoffRow, number).conversation
        return [m.text for m in conversations.messages(session, conversation) if m.role == "notice"]


def test_a_request_is_queued_and_each_step_leaves_an_event(town_database: Database, plain: Settings) -> None:
    number = asked(town_database, plain)
    with town_database.write() as session:
        handoff.take(session, number, SATO)
    with town_database.write() as session:
        handoff.resolve(session, number, SATO)
    states = [None, "requested", "queued", "taken", "resolved"]
    assert path(town_database, number) == list(pairwise(states))
    assert read(town_database, number).closed_at is not None


@pytest.mark.parametrize(("before", "after"), sorted(set(product(State, State)) - MOVES))
def test_every_other_move_is_refused_and_leaves_no_trace(lite: Database, plain: Settings, before: State, after: State) -> None:
    number = asked(lite, plain)
    with lite.write() as session:
        session.execute(update(HandoffRow).values(state=before.value))
    events = path(lite, number)
    with pytest.raises(HandoffError, match="cannot go"), lite.write() as session:
        handoff.move(session, session.get_one(HandoffRow, number), after)
    assert (read(lite, number).state, path(lite, number)) == (before.value, events)


def test_only_one_of_two_clerks_gets_the_hand_over(town_database: Database, plain: Settings) -> None:
    number = asked(town_database, plain)
    start, results = threading.Barrier(2), []

    def grab(staff: int) -> None:
        start.wait()
        try:
            with town_database.write() as session:
                handoff.take(session, number, staff)
            results.append(staff)
        except HandoffError:
            results.append(0)

    clerks = [threading.Thread(target=grab, args=(staff,)) for staff in (SATO, SUZUKI)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert sorted(results)[0] == 0
    assert sorted(results)[1] == read(town_database, number).taken_by


def test_a_change_made_on_stale_data_is_refused(town_database: Database, plain: Settings) -> None:
    number = asked(town_database, plain)
    with town_database.read() as session:
        stale = session.get_one(HandoffRow, number)
    with town_database.write() as session:
        handoff.take(session, number, SATO)
    with pytest.raises(HandoffError, match="somebody else"), town_database.write() as session:
        handoff.move(session, session.merge(stale, load=False), State.TAKEN, staff=SUZUKI)
    assert read(town_database, number).taken_by == SATO


def test_staff_of_another_town_cannot_touch_it(lite: Database, plain: Settings) -> None:
    number = asked(lite, plain)
    for action in (handoff.take, handoff.give_back, handoff.resolve):
        with pytest.raises(HandoffError, match="staff of the municipality"), lite.write() as session:
            action(session, number, STRANGER)


def test_only_the_clerk_who_took_it_replies(lite: Database, plain: Settings) -> None:
    number = asked(lite, plain)
    with pytest.raises(HandoffError), lite.write() as session:
        handoff.staff_reply(session, number, SATO, "お待たせしました。")
    with lite.write() as session:
        handoff.take(session, number, SATO)
    with pytest.raises(HandoffError), lite.write() as session:
        handoff.staff_reply(session, number, SUZUKI, "私が答えます。")
    with lite.write() as session:
        reply = handoff.staff_reply(session, number, SATO, "お待たせしました。")
    assert (reply.role, reply.text, reply.staff) == ("staff", "お待たせしました。", SATO)


def test_given_back_it_waits_again_with_the_same_promise(lite: Database, plain: Settings) -> None:
    number = asked(lite, plain)
    promised = read(lite, number).promised_by
    with lite.write() as session:
        handoff.take(session, number, SATO)
    with lite.write() as session:
        handoff.give_back(session, number, SUZUKI)
    row = read(lite, number)
    assert (row.state, row.taken_by, row.taken_at, row.promised_by) == ("queued", None, None, promised)
    assert "担当者が交代します" in notices(lite, number)[-1]


def test_a_transfer_queues_it_at_the_other_department_and_tells_the_resident(lite: Database, plain: Settings) -> None:
    number = asked(lite, plain)
    with lite.write() as session:
        handoff.take(session, number, SATO)
    with lite.write() as session:
        handoff.transfer(session, number, "waste", SATO)
    with lite.read() as session:
        assert [row.id for row in handoff.queue(session, CODE, "waste")] == [number]
        assert handoff.queue(session, CODE, "citizens") == []
    assert "ごみ減量課に引き継ぎました" in notices(lite, number)[-1]
    with pytest.raises(HandoffError, match="no such department"), lite.write() as session:
        handoff.transfer(session, number, "moon", SATO)


def test_the_queue_shows_the_earliest_promise_first(lite: Database, plain: Settings) -> None:
    later, sooner = asked(lite, plain, OPEN_HOUR + timedelta(hours=2)), asked(lite, plain, OPEN_HOUR)
    with lite.read() as session:
        assert [row.id for row in handoff.queue(session, CODE)] == [sooner, later]


def test_asking_again_returns_the_open_one_and_adds_the_contact(town_database: Database, plain: Settings) -> None:
    conversation = talk(town_database)
    first = handoff_request.request(town_database, plain, conversation, at=OPEN_HOUR)
    address = handoff_request.reply_address("phone", "090-1234-5678", True)
    again = handoff_request.request(town_database, plain, conversation, at=OPEN_HOUR, address=address)
    assert again == (first[0], False)
    row = read(town_database, first[0])
    assert (row.contact_kind, row.contact, row.contact_consent_at) == ("phone", "09012345678", OPEN_HOUR)


def test_ten_requests_at_once_make_one_hand_over(town_database: Database, plain: Settings) -> None:
    conversation = talk(town_database)
    results: list[tuple[int, bool]] = []

    def ask() -> None:
        results.append(handoff_request.request(town_database, plain, conversation, at=OPEN_HOUR))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({number for number, _ in results}) == 1
    assert [new for _, new in results].count(True) == 1
    assert len(results) == 10


def test_the_same_message_sent_again_is_kept_once(lite: Database, plain: Settings) -> None:
    conversation = talk(lite)
    for _ in range(2):
        handoff_request.request(lite, plain, conversation, at=OPEN_HOUR, message="電話がほしいです")
    with lite.read() as session:
        assert [m.text for m in conversations.messages(session, conversation)] == ["電話がほしいです"]


def test_it_goes_to_the_department_asked_for_else_to_that_of_the_last_answer_else_to_the_reception(
    lite: Database, plain: Settings
) -> None:
    conversation = talk(lite)
    with lite.write() as session:
        row = conversations.lock(session, conversation)
        answer = {"contact": None, "sources": [{"department": "ごみ減量課"}], "question": "q", "status": "answered"}
        conversations.append(session, row, "desk", "a", answer=answer)
    by_answer = handoff_request.request(lite, plain, conversation, at=OPEN_HOUR)[0]
    assert read(lite, by_answer).department == "waste"
    assert read(lite, asked(lite, plain, department="library")).department == "library"
    assert read(lite, asked(lite, plain)).department == "general"


def test_an_unknown_department_is_refused_and_nothing_kept(lite: Database, plain: Settings) -> None:
    with pytest.raises(handoff_request.UnknownDepartment):
        asked(lite, plain, department="moon", message="x")
    with lite.read() as session:
        assert session.scalars(select(HandoffRow)).all() == []
        assert session.scalars(select(MessageRow)).all() == []


def test_what_a_crash_left_in_requested_is_queued_at_the_next_start(
    town_database: Database, plain: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr(handoff_request, "_queue", lambda *_: 1 / 0)
        number = asked(town_database, plain)
    assert read(town_database, number).state == "requested"
    assert handoff_request.recover(town_database, plain, OPEN_HOUR) == 1
    assert read(town_database, number).state == "queued"
    assert handoff_request.recover(town_database, plain, OPEN_HOUR) == 0


def test_within_hours_the_reply_is_promised_within_minutes(lite: Database, plain: Settings) -> None:
    number = asked(lite, plain)
    assert read(lite, number).promised_by == OPEN_HOUR + timedelta(minutes=30)
    text = told(lite, plain, number, OPEN_HOUR)
    assert text.startswith("総合案内の担当者に取り次ぎました。本日10時30分ごろまでに")
    assert read(lite, number).receipt in text


def test_outside_hours_the_resident_learns_when_it_opens_and_can_leave_a_contact(lite: Database, plain: Settings) -> None:
    text = told(lite, plain, asked(lite, plain, NIGHT), NIGHT)
    assert "次に窓口が開くのは11月24日（火曜日）8時30分で、11月24日（火曜日）9時ごろまでにお返事します。" in text
    assert "メールアドレスか電話番号をお知らせいただければ" in text
    address = handoff_request.reply_address("email", "hanako@example.jp", True)
    with_contact = told(lite, plain, asked(lite, plain, NIGHT, address=address), NIGHT)
    assert "お知らせいただいた連絡先にもお送りします" in with_contact


def test_a_late_reply_is_admitted_with_the_phone(lite: Database, plain: Settings) -> None:
    text = told(lite, plain, asked(lite, plain), OPEN_HOUR + timedelta(hours=1))
    assert "お待たせして申し訳ございません" in text
    assert "099-000-1100" in text


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("language", ["ja", "yasashii", "en", "vi"])
def test_every_state_is_told_in_every_language(lite: Database, plain: Settings, state: State, language: str) -> None:
    number = asked(lite, plain)
    with lite.write() as session:
        session.execute(update(HandoffRow).values(state=state.value))
        session.execute(update(ConversationRow).values(language=language))
    text = told(lite, plain, number, OPEN_HOUR, language)
    assert len(text) > 15
    assert "{" not in text


def told(database: Database, plain: Settings, number: int, at: datetime, language: str = "ja") -> str:
    with database.read() as session:
        return tell(session.get_one(HandoffRow, number), load_town(session, CODE), at.astimezone(plain.zone), language)


def test_one_nobody_took_expires_and_the_resident_gets_the_phone(town_database: Database, plain: Settings) -> None:
    number = asked(town_database, plain)
    assert handoff.expire(town_database, plain, OPEN_HOUR + timedelta(hours=72)) == 0
    assert handoff.expire(town_database, plain, OPEN_HOUR + timedelta(hours=73)) == 1
    assert handoff.expire(town_database, plain, OPEN_HOUR + timedelta(hours=73)) == 0
    assert read(town_database, number).state == "expired"
    assert "099-000-1100" in notices(town_database, number)[-1]


def test_one_made_before_the_new_year_holidays_waits_for_the_counter_to_open(lite: Database, plain: Settings) -> None:
    evening = datetime(2026, 12, 28, 9, 0, tzinfo=UTC)  # 18:00; the counter opens on 4 January
    number = asked(lite, plain, evening)
    assert handoff.expire(lite, plain, evening + timedelta(days=6)) == 0
    assert read(lite, number).promised_by == datetime(2027, 1, 4, 0, 0, tzinfo=UTC)


def test_one_being_talked_about_does_not_expire(lite: Database, plain: Settings) -> None:
    number = asked(lite, plain)
    with lite.write() as session:
        handoff.take(session, number, SATO)
        session.execute(update(ConversationRow).values(last_at=OPEN_HOUR + timedelta(hours=50)))
    assert handoff.expire(lite, plain, OPEN_HOUR + timedelta(hours=121)) == 0
    assert handoff.expire(lite, plain, OPEN_HOUR + timedelta(hours=123)) == 1


def test_receipts_can_be_read_over_the_phone() -> None:
    receipts = {handoff_request.new_receipt() for _ in range(500)}
    assert len(receipts) == 500
    assert all(re.fullmatch(r"M-[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{2}", receipt) for receipt in receipts)


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("phone", "０９０－１２３４－５６７８", "09012345678"),
        ("phone", "+81 90 1234 5678", "09012345678"),
        ("phone", "(03)1234-5678", "0312345678"),
        ("email", " ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ ", "hanako@example.jp"),
        ("email", "da..me.@docomo.example.jp", "da..me.@docomo.example.jp"),  # old addresses of phone companies
    ],
)
def test_a_contact_is_understood_as_residents_write_it(kind: str, given: str, kept: str) -> None:
    assert handoff_request.reply_address(kind, given, True).value == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [("phone", "119"), ("phone", "1234567890"), ("phone", "090-1234-567x"), ("phone", "090123456789"), ("email", "hanako"),
     ("email", "a@b"), ("email", "a b@example.jp"), ("email", "a@example.jp\nBcc: x@example.jp"), ("email", "<a@example.jp>")],
)  # fmt: skip
def test_what_is_no_contact_is_refused(kind: str, given: str) -> None:
    with pytest.raises(handoff_request.InvalidContact):
        handoff_request.reply_address(kind, given, True)


def test_without_consent_no_contact_is_made() -> None:
    with pytest.raises(handoff_request.ConsentMissing):
        handoff_request.reply_address("email", "hanako@example.jp", False)
