"""A town, and files of it, for tests of bringing things in."""

from __future__ import annotations

from pathlib import Path

from database import Database
from knowledge import import_jobs, store
from knowledge.articles import Department, Municipality
from knowledge.import_worker import Worker
from knowledge.importers.source import SourceRow
from knowledge.importers.sources import read_source
from knowledge.tables import ImportJobRow, ImportRowRow
from settings import Settings

CODE = "990027"
CSV = "質問,回答,カテゴリ\nごみの日はいつですか,月曜と木曜です。,ごみ\n住民票はいくらですか,300円です。,証明書\n"


def add_town(database: Database) -> None:
    with database.write() as session:
        store.save_municipality(session, Municipality(CODE, "あおば町"))
        store.save_departments(session, CODE, [Department(CODE, "citizens", "住民課", "099-000-2110")])


def bring(database: Database, *files: tuple[str, str | bytes], by: str = "hanako") -> int:
    """A job of these files, read and previewed."""
    packed = [(name, content if isinstance(content, bytes) else content.encode()) for name, content in files]
    with database.write() as session:
        number = import_jobs.create(session, CODE, by, packed).id
    work(database)
    return number


def work(database: Database) -> None:
    """What the background worker does, until nothing is left."""
    worker = Worker(database, Settings())
    while worker.run_once():
        pass


def apply(database: Database, number: int, by: str = "hanako") -> None:
    with database.write() as session:
        version = import_jobs.find(session, CODE, number).version
        import_jobs.request_apply(session, CODE, number, by, version)
    work(database)


def undo(database: Database, number: int) -> None:
    with database.write() as session:
        import_jobs.request_undo(session, CODE, number, "hanako")
    work(database)


def job(database: Database, number: int) -> ImportJobRow:
    with database.read() as session:
        return import_jobs.find(session, CODE, number)


def rows(database: Database, number: int) -> list[ImportRowRow]:
    with database.read() as session:
        return import_jobs.rows(session, number, limit=100_000)


def outcomes(database: Database, number: int) -> dict[str, int]:
    """Rows by outcome, those with none left out."""
    with database.read() as session:
        return {name: count for name, count in import_jobs.counts(session, number).outcomes.items() if count}


def read(path: Path, content: str | bytes, name: str = "") -> list[SourceRow]:
    """Rows of a file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [event for event in read_source(path, name or path.name) if isinstance(event, SourceRow)]
