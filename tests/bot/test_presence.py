"""Typing is forgotten by itself, reading only ever goes on, and neither costs a write without news."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from town_fixture import CODE, SATO

from bot import conversations, handoff, handoff_request, presence
from bot.presence import RESIDENT, STAFF, Seen
from bot.tables import PresenceRow
from database import Database, now
from settings import Settings

AT = now()


@pytest.fixture
def talk(town_database: Database, settings: Settings) -> str:
    with town_database.write() as session:
        row = conversations.start(session, CODE)
        for number in range(3):
            conversations.append(session, row, "resident", f"{number}")
    handoff_request.request(town_database, settings, row.id, at=AT)
    return row.id


def tell(database: Database, talk: str, side: str = STAFF, later: float = 0, **what: int) -> None:
    with database.write() as session:
        row = conversations.find(session, talk)
        presence.tell(session, row, side, AT + timedelta(seconds=later), **what)  # type: ignore[arg-type]


def seen(database: Database, talk: str, side: str = STAFF, later: float = 0) -> Seen:
    with database.read() as session:
        return presence.of(session, talk, side, AT + timedelta(seconds=later))


def test_typing_is_forgotten_after_six_seconds(town_database: Database, talk: str) -> None:
    tell(town_database, talk, typing=True)
    assert [seen(town_database, talk, later=s).typing for s in (0, 5.9, 6, 60)] == [True, True, False, False]
    assert not seen(town_database, talk, RESIDENT).typing


def test_reading_only_goes_on_and_never_beyond_the_newest_message(town_database: Database, talk: str) -> None:
    with town_database.read() as session:
        first, second, third = [m.id for m in conversations.messages(session, talk)]
    for read, expected in ((second, second), (first, second), (third + 1000, third), (0, third)):
        tell(town_database, talk, read=read)
        assert seen(town_database, talk).read == expected


def test_many_tabs_tell_it_at_the_same_moment(town_database: Database, talk: str) -> None:
    threads = [threading.Thread(target=tell, args=(town_database, talk), kwargs={"typing": True}) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with town_database.read() as session:
        assert session.scalar(select(func.count()).select_from(PresenceRow)) == 1


def test_only_news_is_worth_a_write(town_database: Database, talk: str) -> None:
    def worth(typing: bool = False, read: int = 0) -> bool:
        with town_database.read() as session:
            return presence.worth_telling(session, talk, STAFF, AT, typing, read)

    assert not worth()
    assert worth(typing=True)
    assert worth(read=1)
    tell(town_database, talk, typing=True, read=3)
    assert worth(), "that somebody has stopped typing is news"
    tell(town_database, talk)
    assert not worth(read=1)


def test_without_a_person_nothing_is_kept(client: FlaskClient, conversation: str, lite: Database) -> None:
    assert client.post(f"{conversation}/presence", json={"typing": True, "read": 5}).status_code == 204
    with lite.read() as session:
        assert session.scalar(select(func.count()).select_from(PresenceRow)) == 0


def test_residents_see_staff_and_staff_the_resident(client: FlaskClient, conversation: str, lite: Database) -> None:
    client.post(f"{conversation}/handoffs", json={"message": "電話をください"})
    key = conversation.rsplit("/", 1)[1]
    with lite.write() as session:
        row = handoff.open_of(session, key)
        assert row is not None
        handoff.take(session, row.id, SATO)
        presence.tell(session, conversations.find(session, key), STAFF, now(), typing=True, read=10**6)
        newest = conversations.last_message(session, key)
    assert client.get(f"{conversation}/updates").get_json()["presence"] == {"typing": True, "read": newest}
    assert client.post(f"{conversation}/presence", json={"typing": True, "read": newest}).status_code == 204
    with lite.read() as session:
        assert presence.of(session, key, RESIDENT, now()) == Seen(True, newest)


def test_it_goes_with_the_conversation(town_database: Database, talk: str) -> None:
    tell(town_database, talk, read=1)
    with town_database.write() as session:
        conversations.erase(session, [talk])
        assert session.scalar(select(func.count()).select_from(PresenceRow)) == 0
