"""The page behind the link of an e-mail: it opens one conversation, looking at it changes nothing, and it is never logged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from fake_desk import FakeDesk
from flask.testing import FlaskClient
from sqlalchemy import select
from town_fixture import CODE, SATO, fill

from app import create_app
from bot import conversations, handoff, handoff_request, resume, retention
from bot.handoff_request import ReplyAddress
from bot.tables import HandoffRow
from database import Database, now
from settings import Settings


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    return Settings(
        instance=tmp_path / "instance", database_url=sqlite_url, public_url="https://desk.example", smtp_host="127.0.0.1",
        smtp_port=9, mail_from="desk@city.midorino.example", rate_limit_messages="20/minute",
    )  # fmt: skip


@pytest.fixture
def database(sqlite_url: str) -> Database:
    opened = Database(sqlite_url)
    fill(opened)
    return opened


@pytest.fixture
def client(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(retention, "start_thread", lambda *_: None)
    return create_app(settings, FakeDesk()).test_client()  # type: ignore[arg-type]


@pytest.fixture
def link(settings: Settings, database: Database, client: FlaskClient) -> str:
    """The path of the link of a conversation in English."""
    with database.write() as session:
        talk = conversations.start(session, CODE, "en")
        conversations.append(session, talk, "resident", "Ginkgo question")
    handoff_request.request(database, settings, talk.id, at=now(), address=ReplyAddress("email", "midori@example.jp"))
    with database.read() as session:
        return resume.link_of(session.scalars(select(HandoffRow)).one(), settings).removeprefix("https://desk.example")


def test_it_opens_the_conversation_in_its_language(client: FlaskClient, link: str) -> None:
    page = client.get(link)
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert "Ginkgo question" not in page.text, "the words are shown only after the button or by the script"
    conversation = page.text.split('name="conversation" value="')[1].split('"')[0]
    opened = client.post("/ask", data={"conversation": conversation, "language": "en", "refresh": "yes"})
    assert "Ginkgo question" in opened.text


def test_nobody_learns_the_address_and_nothing_is_kept_by_caches(
    client: FlaskClient, link: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        page = client.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert 'content="noindex"' in page.text
    secret = link.rsplit("/", 1)[1]
    out, err = capfd.readouterr()
    assert secret not in out + err + caplog.text + page.text


def test_looking_at_it_changes_nothing(client: FlaskClient, link: str, database: Database) -> None:
    with database.read() as session:
        before = session.scalars(select(HandoffRow)).one().version
    for _ in range(3):
        client.get(link)
    with database.read() as session:
        assert session.scalars(select(HandoffRow)).one().version == before


@pytest.mark.parametrize("token", ["x" * 43, "x", "%00" * 43, "あ", "x" * 5000])
def test_a_wrong_link_says_whom_to_call(client: FlaskClient, token: str) -> None:
    page = client.get(f"/resume/{token}")
    assert page.status_code == 404
    assert "099-000-1100" in page.text
    assert "conversation" not in page.text


def test_guessing_is_slowed_down(client: FlaskClient) -> None:
    assert [client.get(f"/resume/{'y' * 43}").status_code for _ in range(21)][-1] == 429


def test_the_page_without_script_asks_how_it_was(client: FlaskClient, link: str, database: Database) -> None:
    with database.write() as session:
        row = session.scalars(select(HandoffRow)).one()
        handoff.take(session, row.id, SATO)
        handoff.resolve(session, row.id, SATO)
    form = {"conversation": row.conversation, "language": "ja"}
    assert "職員の対応はいかがでしたか" in client.post("/ask", data={**form, "refresh": "yes"}).text
    assert client.post("/ask/rating", data={**form, "rating": "6"}).status_code == 422
    told = client.post("/ask/rating", data={**form, "rating": "5", "comment": "番号は123456789018です"})
    assert "ご回答ありがとうございました。" in told.text
    assert "職員の対応はいかがでしたか" not in told.text
    with database.read() as session:
        kept = session.scalars(select(HandoffRow)).one()
    assert (kept.rating, kept.rating_comment) == (5, "番号は［個人番号］です")
