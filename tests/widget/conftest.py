"""Fixtures of the widget's tests: the whole application with a desk that answers by rule, and the demo municipality."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rule_desk import RuleDesk

from app import create_app
from bot import retention
from database import Database
from knowledge.municipality_folder import read_description
from knowledge.store import save_departments, save_municipality
from settings import ROOT, Settings


@pytest.fixture
def town(sqlite_url: str) -> Iterator[Database]:
    """A database with みどり野市 and its departments."""
    opened = Database(sqlite_url)
    described = read_description(ROOT / "knowledge" / "samples" / "midorino")
    with opened.write() as session:
        save_municipality(session, described.municipality)
        save_departments(session, described.municipality.code, described.departments)
    yield opened
    opened.dispose()


@pytest.fixture
def desk() -> RuleDesk:
    return RuleDesk()


@pytest.fixture
def client(tmp_path: Path, sqlite_url: str, town: Database, desk: RuleDesk, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(retention, "start_thread", lambda *_: None)
    settings = Settings(instance=tmp_path / "instance", database_url=sqlite_url, rate_limit_messages="20/minute")
    app: Flask = create_app(settings, desk)  # type: ignore[arg-type]
    return app.test_client()
