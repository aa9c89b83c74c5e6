"""Fixtures shared by every test: the desk's database, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from database import Database
from settings import load_settings


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL of this test session, over a Unix socket; `template` is a database with the desk's schema."""

    socket: str
    template: str = "madoguchi_template"

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def run(self, statement: str) -> None:
        with psycopg.connect(f"host={self.socket} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server from the `pgserver` wheel; started as root it runs under a user of its own, which pgserver makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import pgserver  # reads XDG_RUNTIME_DIR when it is imported

        # Not under pytest's folder: a Unix socket's path may have 107 characters at most.
        folder = Path(tempfile.mkdtemp(prefix="pg"))
        running = pgserver.get_server(folder, cleanup_mode="delete")
    server = PostgresServer(str(folder))
    server.run("ALTER SYSTEM SET fsync = off")  # the tests kill clients, not the machine
    server.run("SELECT pg_reload_conf()")
    server.run(f"CREATE DATABASE {server.template}")
    database = Database(server.url(server.template))
    database.upgrade()
    database.dispose()
    yield server
    running.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the desk's schema and nothing else."""
    path = tmp_path_factory.mktemp("template") / "madoguchi.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.dispose()  # the last connection writes the WAL back, so that the file is whole
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A database of this test alone, its schema up to date."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'madoguchi.db')}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database of this test alone, its schema up to date."""
    name = f"test_{uuid.uuid4().hex}"
    postgres_server.run(f"CREATE DATABASE {name} TEMPLATE {postgres_server.template}")
    yield postgres_server.url(name)
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """`sqlite_url`, then `postgres_url`: the test runs on both."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The desk's database, empty, its schema up to date; the test runs on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty instance folder that the settings, and processes started from here, use."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("MADOGUCHI_INSTANCE", str(folder))
    monkeypatch.delenv("MADOGUCHI_DATABASE_URL", raising=False)
    load_settings.cache_clear()
    yield folder
    load_settings.cache_clear()
