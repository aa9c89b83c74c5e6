"""Fixtures of the bot's tests: a filled town, and the whole application around a desk that answers by rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_desk import FakeDesk
from flask import Flask
from flask.testing import FlaskClient
from town_fixture import fill

from app import create_app
from bot import retention
from database import Database
from settings import Settings


@pytest.fixture
def town_database(database: Database) -> Database:
    """The desk's database with two towns and their staff, on SQLite and on PostgreSQL."""
    fill(database)
    return database


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Database]:
    """The same on SQLite alone, for tests of what lies above the database."""
    opened = Database(sqlite_url)
    fill(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    return Settings(
        instance=tmp_path / "instance",
        database_url=sqlite_url,
        stream_seconds=1,
        rate_limit_messages="10000/minute",
        rate_limit_conversations="10000/minute",
        embed_origins="https://www.city.midorino.example",
    )


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def quiet_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No retention thread: the test alone changes the database."""
    monkeypatch.setattr(retention, "start_thread", lambda *_: None)


@pytest.fixture
def application(settings: Settings, desk: FakeDesk, lite: Database, quiet_clock: None) -> Flask:
    return create_app(settings, desk)  # type: ignore[arg-type]


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    return application.test_client()


@pytest.fixture
def conversation(client: FlaskClient) -> str:
    """Path of a new conversation."""
    started = client.post("/api/v1/conversations")
    assert started.status_code == 201
    return f"/api/v1/conversations/{started.get_json()['id']}"
