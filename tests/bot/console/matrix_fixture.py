"""One application for the whole matrix of routes and roles: everybody logged in once, the database put back before each try."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fake_desk import FakeDesk
from flask import Flask
from flask.testing import FlaskClient
from staff_fixture import Person, add_everyone, ask_for_person
from town_fixture import fill
from werkzeug.test import TestResponse

import app
from accounts import Role
from bot import retention
from database import Database
from settings import Settings


@dataclass(frozen=True)
class Matrix:
    """`slots`: what stands in the routes. `cookies` and `tokens`: a browser session of each role, and of nobody as ""."""

    application: Flask
    database: Database
    settings: Settings
    slots: Mapping[str, object]
    cookies: Mapping[str, str]
    tokens: Mapping[str, str]
    kept: Path
    live: Path

    def restore(self) -> None:
        """The database as it was when everybody had just logged in."""
        # SQLite's own copying takes the database's lock: a background thread of the application may be writing.
        with closing(sqlite3.connect(self.kept)) as kept, closing(sqlite3.connect(self.live, timeout=15)) as live:
            kept.backup(live)

    def call(self, login: str, method: str, path: str, **form: str) -> TestResponse:
        """What somebody gets, or nobody for ""."""
        client: FlaskClient = self.application.test_client()
        client.set_cookie("session", self.cookies[login])
        address = path.format(**self.slots)
        return client.get(address) if method == "GET" else client.post(address, data={"csrf_token": self.tokens[login], **form})

    @property
    def waiting(self) -> int:
        return int(str(self.slots["handoff"]))


def make_matrix(folder: Path, template: Path, parts: Sequence[Any]) -> Matrix:
    """The application with the objects of every part of the console."""
    path = Path(shutil.copy(template, folder / "madoguchi.db"))
    database = Database(f"sqlite:///{path}")
    settings = Settings(
        instance=folder / "instance",
        database_url=database.url,
        rate_limit_logins="100000/minute",
        log_level="ERROR",
        keep_index=False,
    )
    fill(database)
    ids = add_everyone(database)
    slots: dict[str, object] = {"handoff": ask_for_person(database, settings), "staff": ids["colleague"]}
    for part in parts:
        slots.update(part.prepare(database, settings, ids))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "Database", lambda url: database)
        patch.setattr(retention, "start_thread", lambda *_: None)
        application = app.create_app(settings, FakeDesk())  # type: ignore[arg-type]
    cookies, tokens = {}, {}
    for login in ("", *(role.value for role in Role)):
        person = Person(application.test_client())
        if login:
            assert person.log_in(login).status_code == 302
        tokens[login] = person.token("/staff/password" if login else "/staff/login")
        cookie = person.client.get_cookie("session")
        assert cookie is not None
        cookies[login] = cookie.value
    database.dispose()  # the last connection writes the WAL back, so that the file is whole
    return Matrix(application, database, settings, slots, cookies, tokens, Path(shutil.copy(path, folder / "kept.db")), path)
