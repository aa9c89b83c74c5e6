"""The e-mails of a hand-over: which, when, in which language, with a link whose secret is in no row."""

from __future__ import annotations

import re
import string
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from town_fixture import CODE, SATO

from bot import conversations, handoff, handoff_request, letters, mail, presence, resume, retention, unread_replies
from bot.handoff_request import ReplyAddress
from bot.tables import ConversationRow, HandoffRow, MailRow
from database import Database, now
from settings import Settings

CONTACT = ReplyAddress("email", "midori@example.jp")


@pytest.fixture
def posting(tmp_path: Path) -> Settings:
    return Settings(
        instance=tmp_path / "instance",
        public_url="https://desk.example/",
        smtp_host="127.0.0.1",
        mail_from="desk@midorino.example",
    )


def ask(
    database: Database, settings: Settings, language: str = "ja", address: ReplyAddress | None = CONTACT, **more: datetime
) -> int:
    with database.write() as session:
        talk = conversations.start(session, CODE, language)
    at = more.get("at", now())
    return handoff_request.request(database, settings, talk.id, at=at, department="citizens", address=address)[0]


def taken(database: Database, settings: Settings, *replies: str) -> int:
    number = ask(database, settings)
    with database.write() as session:
        handoff.take(session, number, SATO)
        for text in replies:
            handoff.staff_reply(session, number, SATO, text)
    return number


def kept(database: Database) -> list[MailRow]:
    with database.read() as session:
        return list(session.scalars(select(MailRow).order_by(MailRow.id)))


def test_the_receipt_says_number_department_and_day_and_goes_out_once(town_database: Database, posting: Settings) -> None:
    at = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # Friday evening; Monday is a holiday
    number = ask(town_database, posting, at=at)
    with town_database.read() as session:
        row = session.get_one(HandoffRow, number)
    handoff_request.request(town_database, posting, row.conversation, at=at, address=CONTACT)
    (letter,) = kept(town_database)
    assert (letter.recipient, letter.handoff) == ("midori@example.jp", number)
    assert row.receipt in letter.subject
    for words in (row.receipt, "市民課", "099-000-1110", resume.LINK):
        assert words in letter.body
    if now() < row.promised_by:  # type: ignore[operator]
        assert "11月24日（火曜日）9時ごろまでに" in letter.body


@pytest.mark.parametrize(
    ("language", "words"), [("ja", "受け付けました"), ("yasashii", "質問を 受け付けました"), ("en", "We have received")]
)
def test_it_speaks_the_language_of_the_conversation(lite: Database, posting: Settings, language: str, words: str) -> None:
    ask(lite, posting, language)
    (letter,) = kept(lite)
    assert words in letter.body
    assert "{" not in letter.body + letter.subject
    assert "\n\n\n" not in letter.body


def test_an_address_given_later_is_confirmed_and_a_changed_one_again(lite: Database, posting: Settings) -> None:
    number = ask(lite, posting, address=None)
    assert kept(lite) == []
    with lite.read() as session:
        talk = session.get_one(HandoffRow, number).conversation
    for value in ("first@example.jp", "first@example.jp", "second@example.jp"):
        handoff_request.request(lite, posting, talk, at=now(), address=ReplyAddress("email", value))
    assert [letter.recipient for letter in kept(lite)] == ["first@example.jp", "second@example.jp"]


@pytest.mark.parametrize("address", [None, ReplyAddress("phone", "0990001100")])
def test_without_an_address_nothing_is_written(lite: Database, posting: Settings, address: ReplyAddress | None) -> None:
    number = ask(lite, posting, address=address)
    with lite.write() as session:
        handoff.take(session, number, SATO)
        handoff.staff_reply(session, number, SATO, "返信")
    assert unread_replies.post(lite, posting, now() + timedelta(hours=1)) == 0
    assert kept(lite) == []


def test_without_a_mail_server_staff_see_the_address_as_before(lite: Database, tmp_path: Path) -> None:
    ask(lite, Settings(instance=tmp_path))
    assert kept(lite) == []


def test_a_reply_nobody_has_seen_goes_out_once_after_five_minutes(town_database: Database, posting: Settings) -> None:
    taken(town_database, posting, "一つ目です", "二つ目です")
    assert unread_replies.post(town_database, posting, now() + timedelta(minutes=4)) == 0
    at = now() + timedelta(minutes=6)
    threads = [threading.Thread(target=unread_replies.post, args=(town_database, posting, at)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _, reply = kept(town_database)
    assert "一つ目です" in reply.body
    assert "二つ目です" in reply.body
    assert unread_replies.post(town_database, posting, at + timedelta(days=1)) == 0


def test_a_reply_that_was_seen_on_the_screen_is_not_sent(town_database: Database, posting: Settings) -> None:
    number = taken(town_database, posting, "ご覧になりました")
    with town_database.write() as session:
        talk = conversations.find(session, session.get_one(HandoffRow, number).conversation)
        presence.tell(session, talk, presence.RESIDENT, now(), read=10**6)
    assert unread_replies.post(town_database, posting, now() + timedelta(minutes=6)) == 0
    assert len(kept(town_database)) == 1


def test_the_closing_letter_brings_what_was_not_read_and_no_second_one_follows(lite: Database, posting: Settings) -> None:
    number = taken(lite, posting, "最後の返信です")
    with lite.write() as session:
        row = session.get_one(HandoffRow, number)
        handoff.resolve(session, number, SATO)
        letters.closed(session, posting, row, conversations.find(session, row.conversation), unread_replies.unread(session, row))
    assert "最後の返信です" in kept(lite)[-1].body
    assert unread_replies.post(lite, posting, now() + timedelta(minutes=6)) == 0
    assert [letter.key.split(":")[0] for letter in kept(lite)] == ["receipt", "closed"]


def test_who_waited_in_vain_gets_an_apology_with_a_telephone_number(lite: Database, posting: Settings) -> None:
    number = ask(lite, posting)
    handoff.expire(lite, posting, now() + timedelta(days=30))
    letter = kept(lite)[-1]
    assert letter.key == f"expired:{number}"
    assert "申し訳ございません" in letter.body
    assert "099-000-1110" in letter.body


def test_the_link_is_in_no_row_and_opens_only_its_own_conversation(lite: Database, posting: Settings) -> None:
    one, other = ask(lite, posting), ask(lite, posting)
    with lite.read() as session:
        rows = {number: session.get_one(HandoffRow, number) for number in (one, other)}
        links = {number: resume.link_of(row, posting) for number, row in rows.items()}
        tokens = {number: link.rsplit("/", 1)[1] for number, link in links.items()}
        assert all(link.startswith("https://desk.example/resume/") for link in links.values())
        assert len(set(tokens.values())) == 2
        for number, token in tokens.items():
            assert len(token) * 6 >= 256
            found = resume.find(session, token)
            assert found is not None
            assert found.id == number
        assert resume.find(session, "x" * 43) is None
        assert resume.find(session, tokens[one][:-1]) is None
    path = Path(lite.engine.url.database or "")
    written = b"".join(file.read_bytes() for file in (path, path.with_name(path.name + "-wal")) if file.exists())
    assert not any(token.encode() in written for token in tokens.values())


def test_another_installation_cannot_make_the_same_link(lite: Database, posting: Settings, tmp_path: Path) -> None:
    ask(lite, posting)
    elsewhere = posting.model_copy(update={"instance": tmp_path / "other"})
    with lite.read() as session:
        row = session.scalars(select(HandoffRow)).one()
        assert resume.link_of(row, elsewhere) != resume.link_of(row, posting)


def test_the_link_ends_with_the_conversation_and_its_letters_go_too(town_database: Database, posting: Settings) -> None:
    number = taken(town_database, posting, "ひみつの返信")
    unread_replies.post(town_database, posting, now() + timedelta(minutes=6))
    with town_database.write() as session:
        row = session.get_one(HandoffRow, number)
        token = resume.link_of(row, posting).rsplit("/", 1)[1]
        handoff.resolve(session, number, SATO)
        session.get_one(ConversationRow, row.conversation).last_at = now() - timedelta(days=91)
    assert len(kept(town_database)) == 2
    retention.sweep(town_database, posting, now())
    assert kept(town_database) == []
    with town_database.read() as session:
        assert resume.find(session, token) is None


def test_reminders_to_staff_do_not_stay_for_ever(lite: Database, posting: Settings) -> None:
    with lite.write() as session:
        mail.enqueue(session, CODE, "remind:x", "sato@example.jp", "件名", "本文")
        mail.find(session, "remind:x").created_at = now() - timedelta(days=91)  # type: ignore[union-attr]
    retention.sweep(lite, posting, now())
    assert kept(lite) == []


def test_one_address_gets_a_bounded_number_of_letters(lite: Database, posting: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "MOST_A_DAY", 3)
    for _ in range(5):
        ask(lite, posting)
    assert [(letter.state, letter.error) for letter in kept(lite)] == [("waiting", "")] * 3 + [("failed", "limit")] * 2


def test_every_letter_has_the_slots_its_code_fills(lite: Database, posting: Settings) -> None:
    number = taken(lite, posting, "返信")
    with lite.write() as session:
        row = session.get_one(HandoffRow, number)
        talk = conversations.find(session, row.conversation)
        for language in ("ja", "yasashii", "en"):
            talk.language = language
            session.query(MailRow).delete()
            said = conversations.messages(session, talk.id)
            letters.receipt(session, posting, row, talk)
            letters.replies(session, posting, row, talk, [m for m in said if m.role == "staff"])
            letters.closed(session, posting, row, talk, [])
            letters.expired(session, posting, row, talk)
            made = session.scalars(select(MailRow)).all()
            assert len(made) == 4
            for letter in made:
                assert not re.search(r"[{}]", letter.subject + letter.body)
                assert not any(name for _, name, _, _ in string.Formatter().parse(letter.subject) if name)
