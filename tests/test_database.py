"""The database: one schema on SQLite and PostgreSQL, times in UTC, nothing committed is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError, StatementError

import accounts
import bot.fact_tables
import bot.tables  # noqa: F401
import evaluation.life_tables
import evaluation.tables  # noqa: F401
import knowledge.tables  # noqa: F401
from database import Base, Database
from knowledge.tables import MunicipalityRow
from settings import ROOT

if TYPE_CHECKING:
    from conftest import PostgresServer

WRITER = """
import sys
from database import Database
from knowledge.tables import MunicipalityRow
database = Database(sys.argv[1])
for number in range(100000):
    with database.write() as session:
        session.add(MunicipalityRow(code=f"{number:06d}", name="町"))
    print(number, flush=True)
"""


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_a_column_the_migrations_forget_would_be_noticed(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE municipality DROP COLUMN kana"))
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert [(kind, table, column.name) for kind, _, table, column in differences] == [("add_column", "municipality", "kana")]


def test_upgrading_again_changes_nothing(database: Database) -> None:
    with database.write() as session:
        session.add(MunicipalityRow(code="990019", name="みどり野市"))
    database.upgrade()
    with database.read() as session:
        assert session.get_one(MunicipalityRow, "990019").name == "みどり野市"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_starting_at_once_upgrade_an_empty_database_together(
    kind: str, tmp_path: object, postgres_server: PostgresServer
) -> None:
    name = "upgraded_together"
    if kind == "postgresql":
        postgres_server.run(f"CREATE DATABASE {name}")
    url = postgres_server.url(name) if kind == "postgresql" else f"sqlite:///{tmp_path}/new/folder/madoguchi.db"
    script = "import sys; from database import Database; d = Database(sys.argv[1]); d.upgrade(); d.ping()"
    started = [_python(script, url) for _ in range(3)]
    try:
        assert [process.wait(60) for process in started] == [0, 0, 0], [process.stderr.read() for process in started]
        database = Database(url)
        database.ping()
        database.dispose()
    finally:
        if kind == "postgresql":
            postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_without_schema_does_not_answer_a_ping(tmp_path: object) -> None:
    with pytest.raises(SQLAlchemyError):
        Database(f"sqlite:///{tmp_path}/empty.db").ping()


def test_times_come_back_aware_in_utc_and_are_the_same_moment(database: Database) -> None:
    tokyo = datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    with database.write() as session:
        session.add(MunicipalityRow(code="990019", name="みどり野市"))
        session.flush()
        session.add(accounts.AuditRow(municipality="990019", at=tokyo, actor="a", action="b"))
    with database.read() as session:
        at = session.query(accounts.AuditRow).one().at
    assert (at, at.tzinfo) == (tokyo, UTC)


def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises((ValueError, StatementError), match="time zone"), database.write() as session:
        session.add(accounts.AuditRow(municipality="990019", at=datetime(2026, 11, 23), actor="a", action="b"))


def test_a_row_of_an_unknown_municipality_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(accounts.AuditRow(municipality="990019", actor="a", action="b"))


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            session.add(MunicipalityRow(code="990019", name="みどり野市"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as session:
        assert session.get(MunicipalityRow, "990019") is None


def test_writers_at_once_wait_for_each_other(database: Database) -> None:
    with database.write() as session:
        session.add(MunicipalityRow(code="990019", name="0"))

    def count_up(_: int) -> None:
        with database.write() as session:
            row = session.get_one(MunicipalityRow, "990019", with_for_update=True)
            row.name = str(int(row.name) + 1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_up, range(40)))
    with database.read() as session:
        assert session.get_one(MunicipalityRow, "990019").name == "40"


@pytest.mark.process
def test_a_killed_process_loses_no_committed_row(database: Database) -> None:
    writer = _python(WRITER, database.engine.url.render_as_string(hide_password=False))
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(30)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
    assert writer.wait(30) == -signal.SIGKILL
    with database.read() as session:
        stored = {int(row.code) for row in session.query(MunicipalityRow)}
    assert set(acknowledged) <= stored
    assert len(stored) <= len(acknowledged) + 1  # the last may have been committed and not yet said


def _python(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
