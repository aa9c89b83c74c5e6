"""Staff of every role in two towns, and what they do in tests of the console."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from town_fixture import CODE, OTHER_TOWN
from werkzeug.test import TestResponse

import passwords
from accounts import AuditRow, Role, StaffRow
from bot import conversations, handoff_request
from bot.tables import HandoffRow, MessageRow
from database import Database, now
from settings import Settings

PASSWORD = "青い 電車と みかん 42"
CRUEL = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>\"'"


@cache
def _hash() -> str:
    return passwords.hashed(PASSWORD)


def add_staff(database: Database, login: str, role: Role, town: str = CODE, name: str = "", **more: Any) -> int:
    """An account that has changed its password already."""
    row = StaffRow(municipality=town, login=login, name=name or f"職員 {login}", role=role.value, password_hash=_hash())
    row.must_change_password = False
    for key, value in more.items():
        setattr(row, key, value)
    with database.write() as session:
        session.add(row)
        session.flush()
        return row.id


def add_everyone(database: Database) -> dict[str, int]:
    """agent, editor, … in みどり野市, a second agent, and an agent and an administrator of another town."""
    ids = {role.value: add_staff(database, role.value, role) for role in Role}
    ids["colleague"] = add_staff(database, "colleague", Role.AGENT)
    ids["stranger"] = add_staff(database, "stranger", Role.AGENT, OTHER_TOWN.code)
    ids["stranger_administrator"] = add_staff(database, "stranger_administrator", Role.ADMINISTRATOR, OTHER_TOWN.code)
    return ids


@dataclass(frozen=True)
class Person:
    """A browser of somebody; posts carry the CSRF token of the page they come from."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def token(self, page: str = "/staff/login") -> str:
        return csrf_of(self.client.get(page, follow_redirects=True).text)

    def post(self, path: str, page: str = "/staff/password", **form: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(page), **form})

    def log_in(self, login: str, password: str = PASSWORD, town: str = CODE, **form: str) -> TestResponse:
        return self.post("/staff/login", "/staff/login", login=login, password=password, municipality=town, **form)


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def ask_for_person(database: Database, settings: Settings, text: str = "転入届について教えてください", **more: Any) -> int:
    """A resident writes and asks for a person; the number of the hand-over, which waits at 市民課."""
    town = more.pop("town", CODE)
    with database.write() as session:
        talk = conversations.start(session, town)
        asked = conversations.append(session, talk, "resident", text)
        answer = more.pop("answer", None)
        if answer is not None:
            conversations.append(session, talk, "desk", answer["answer"], answer=answer, reply_to=asked.id)
    department = more.pop("department", "citizens" if town == CODE else "general")
    return handoff_request.request(database, settings, talk.id, at=now(), department=department, **more)[0]


def handoff_row(database: Database, number: int) -> HandoffRow:
    with database.read() as session:
        return session.get_one(HandoffRow, number)


def make_late(database: Database, number: int) -> None:
    with database.write() as session:
        session.get_one(HandoffRow, number).promised_by = now() - timedelta(hours=1)


def said(database: Database, number: int, role: str = "staff") -> list[str]:
    """What was said by `role` in the conversation of a hand-over."""
    with database.read() as session:
        conversation = session.get_one(HandoffRow, number).conversation
        query = select(MessageRow.text).where(MessageRow.conversation == conversation, MessageRow.role == role)
        return list(session.scalars(query.order_by(MessageRow.id)))


def actions(database: Database, town: str = CODE) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.municipality == town).order_by(AuditRow.id))
        return [(row.actor, row.action) for row in rows]
