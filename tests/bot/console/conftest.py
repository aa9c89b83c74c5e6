"""Fixtures of the console's tests: the whole application, staff of every role, their browsers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_desk import FakeDesk
from flask import Flask
from route_parts import PARTS
from staff_fixture import Person, add_everyone, ask_for_person

from app import create_app
from database import Database
from settings import Settings


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    return Settings(instance=tmp_path / "instance", database_url=sqlite_url, rate_limit_logins="1000/minute", log_level="ERROR")


@pytest.fixture
def application(settings: Settings, lite: Database, quiet_clock: None) -> Flask:
    return create_app(settings, FakeDesk())  # type: ignore[arg-type]


@pytest.fixture
def ids(lite: Database) -> dict[str, int]:
    return add_everyone(lite)


@pytest.fixture
def new_person(application: Flask, ids: dict[str, int]) -> Callable[[], Person]:
    return lambda: Person(application.test_client())


@pytest.fixture
def log_in(new_person: Callable[[], Person], lite: Database) -> Callable[[str], Person]:
    """A browser in which somebody has logged in."""

    def logged_in(login: str) -> Person:
        person = new_person()
        town = "990027" if login.startswith("stranger") else "990019"
        assert person.log_in(login, town=town).status_code == 302
        return person

    return logged_in


@pytest.fixture
def agent(log_in: Callable[[str], Person]) -> Person:
    return log_in("agent")


@pytest.fixture
def waiting(lite: Database, settings: Settings) -> int:
    """A hand-over that waits in みどり野市."""
    return ask_for_person(lite, settings)


@pytest.fixture
def slots(lite: Database, settings: Settings, ids: dict[str, int], waiting: int) -> dict[str, object]:
    """What stands in the routes' slots: objects of みどり野市, made by the parts that have the routes."""
    made: dict[str, object] = {"handoff": waiting, "staff": ids["colleague"]}
    for part in PARTS:
        made.update(part.prepare(lite, settings, ids))
    return made
