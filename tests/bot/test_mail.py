"""The outbox: stored with its act, sent once in the eyes of whoever reads it, never with foreign headers."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from mail_server import Keeper, mail_server
from sqlalchemy import func, select
from town_fixture import CODE

from bot import mail, smtp
from bot.tables import MailRow
from database import Database, now
from settings import Settings


@pytest.fixture
def post() -> Iterator[tuple[Keeper, int]]:
    with mail_server() as running:
        yield running


@pytest.fixture
def posting(tmp_path: Path, post: tuple[Keeper, int]) -> Settings:
    return Settings(
        instance=tmp_path / "instance", public_url="https://desk.example", smtp_host="127.0.0.1", smtp_port=post[1],
        smtp_security="none", mail_from="desk@city.midorino.example",
    )  # fmt: skip


def put(
    database: Database, key: str = "k", recipient: str = "midori@example.jp", subject: str = "件名", body: str = "本文"
) -> bool:
    with database.write() as session:
        return mail.enqueue(session, CODE, key, recipient, subject, body)


def stored(database: Database, key: str = "k") -> MailRow:
    with database.read() as session:
        row = mail.find(session, key)
    assert row is not None
    return row


def test_a_mail_is_taken_by_a_real_server_as_it_was_written(
    town_database: Database, posting: Settings, post: tuple[Keeper, int]
) -> None:
    body = "こんにちは。\n.\n点だけの行と、長い行：" + "あ" * 600
    put(town_database, body=body)
    assert mail.send_due(town_database, posting, now()) == 1
    (taken,) = post[0].taken
    assert str(taken["From"]) == "みどり野市 <desk@city.midorino.example>"
    assert (taken["To"], taken["Subject"], taken["Auto-Submitted"]) == ("midori@example.jp", "件名", "auto-generated")
    assert taken.get_content_type() == "text/plain"
    assert post[0].text().rstrip("\r\n").replace("\r\n", "\n") == body
    assert stored(town_database).state == "sent"
    assert mail.send_due(town_database, posting, now() + timedelta(days=1)) == 0


def test_one_cause_gives_one_mail_whoever_stores_it_first(town_database: Database) -> None:
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(put(town_database))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    with town_database.read() as session:
        assert session.scalar(select(func.count()).select_from(MailRow)) == 1


def test_a_mail_goes_with_its_act_when_that_fails(town_database: Database) -> None:
    with suppress(ZeroDivisionError), town_database.write() as session:
        mail.enqueue(session, CODE, "k", "midori@example.jp", "件名", "本文")
        _ = 1 / 0
    with town_database.read() as session:
        assert mail.find(session, "k") is None


def test_many_processes_send_it_once(town_database: Database, posting: Settings, post: tuple[Keeper, int]) -> None:
    for number in range(5):
        put(town_database, f"k{number}")
    at = now()
    threads = [threading.Thread(target=mail.send_due, args=(town_database, posting, at)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(post[0].taken) == 5


def test_what_is_sent_again_after_a_crash_has_the_same_message_id(
    lite: Database, posting: Settings, post: tuple[Keeper, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lite)
    at = now()

    def killed(*arguments: object) -> None:
        smtp.deliver(*arguments)  # type: ignore[arg-type]
        raise SystemExit  # the process dies between the mail server's word and its own note

    with pytest.raises(SystemExit):
        mail.send_due(lite, posting, at, killed)
    assert stored(lite).state == "waiting"
    assert mail.send_due(lite, posting, at + timedelta(seconds=30)) == 0, "another process must wait for the lease"
    assert mail.send_due(lite, posting, at + mail.LEASE) == 1
    first, second = post[0].taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@city.midorino.example>")


def test_it_is_tried_again_with_longer_pauses_and_given_up_in_the_end(
    lite: Database, posting: Settings, post: tuple[Keeper, int]
) -> None:
    put(lite)
    post[0].answers = ["451 later"] * mail.MOST_ATTEMPTS
    at, pauses = now(), []
    while stored(lite).state == "waiting":
        assert mail.send_due(lite, posting, at) == 0
        pauses.append((stored(lite).next_at - at).total_seconds() / 60)
        at = stored(lite).next_at
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert len(pauses) == mail.MOST_ATTEMPTS
    assert (stored(lite).state, stored(lite).error) == ("failed", "SMTPDataError 451")
    with lite.write() as session:
        mail.send_again(session.get_one(MailRow, stored(lite).id), at)
    assert mail.send_due(lite, posting, at) == 1


@pytest.mark.parametrize(("recipient", "answers", "error"), [
    ("nobody@example.jp", [], "SMTPRecipientsRefused 550"),
    ("midori@example.jp", ["554 spam"], "SMTPDataError 554"),
])  # fmt: skip
def test_a_mail_the_server_will_never_take_fails_at_once_without_its_words_in_the_note(
    lite: Database, posting: Settings, post: tuple[Keeper, int], recipient: str, answers: list[str], error: str
) -> None:
    post[0].answers = answers
    put(lite, recipient=recipient)
    mail.send_due(lite, posting, now())
    assert (stored(lite).state, stored(lite).error) == ("failed", error)


def test_a_server_that_is_away_is_tried_again(lite: Database, posting: Settings) -> None:
    put(lite)
    away = posting.model_copy(update={"smtp_port": 9})
    mail.send_due(lite, away, now())
    assert stored(lite).state == "waiting"
    assert stored(lite).error.startswith("ConnectionRefusedError")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028"])
def test_no_header_can_be_put_in(lite: Database, posting: Settings, post: tuple[Keeper, int], line_break: str) -> None:
    put(lite, subject=f"件名{line_break}Bcc: victim@example.jp", body=f"本文{line_break}Bcc: x@example.jp")
    mail.send_due(lite, posting, now())
    (taken,) = post[0].taken
    assert taken["Bcc"] is None
    assert post[0].recipients == [["midori@example.jp"]]


@pytest.mark.parametrize(
    "recipient", ["a@b.jp\nBcc: c@d.jp", "a@b.jp, c@d.jp", "a b@c.jp", "", "a@b", "<a@b.jp>", f"{'a' * 250}@b.jp", "a@b.jp\r\n"]
)
def test_an_address_that_is_none_is_refused(lite: Database, recipient: str) -> None:
    with pytest.raises(mail.BadRecipient):
        put(lite, recipient=recipient)


def test_the_letter_itself_refuses_a_broken_header(posting: Settings) -> None:
    letter = smtp.Letter("みどり野市", "a@b.jp", "件名\nBcc: c@d.jp", "本文", "<1@b.jp>")
    with pytest.raises(ValueError, match="linefeed"):
        smtp.message(posting, letter)


def test_without_a_mail_server_nothing_is_sent_and_no_thread_runs(lite: Database, tmp_path: Path) -> None:
    put(lite)
    plain = Settings(instance=tmp_path)
    assert mail.send_due(lite, plain, now()) == 0
    assert mail.start_thread(lite, plain) is None


def test_the_thread_sends_by_itself(
    lite: Database, posting: Settings, post: tuple[Keeper, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "CHECK_SECONDS", 0.05)
    put(lite)
    stop = threading.Event()
    thread = mail.start_thread(lite, posting, stop)
    assert thread is not None
    for _ in range(200):
        if post[0].taken:
            break
        stop.wait(0.05)
    stop.set()
    thread.join(10)
    assert len(post[0].taken) == 1


def test_a_password_reaches_nobodys_eyes(posting: Settings) -> None:
    secret = posting.model_copy(update={"smtp_password": "ひみつ"})
    assert "ひみつ" not in repr(secret)
    error = smtplib.SMTPAuthenticationError(535, b"midori@example.jp is wrong")
    assert smtp.reason(error) == "SMTPAuthenticationError 535"
