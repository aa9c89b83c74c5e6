"""Routes of translations and plain Japanese: method, path, who may, and the status of those who may."""

from __future__ import annotations

from routes_desk import EVERYONE, Route
from town_fixture import CODE

from database import Database
from knowledge import store
from knowledge.articles import Article, State
from settings import Settings

WRITERS = {"editor", "approver", "administrator"}
ONE = "/staff/translations/{language}/{original}"
ROUTES: list[Route] = [
    ("GET", "/staff/translations", WRITERS, 200),
    ("GET", ONE, WRITERS, 200),
    ("POST", ONE, WRITERS, 404),  # no such button
    ("GET", "/staff/plain", EVERYONE, 200),
    ("POST", "/staff/plain", EVERYONE, 200),
    ("POST", "/staff/plain/findings", EVERYONE, 200),
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A published article and a language."""
    with database.write() as session:
        store.upsert(session, Article(CODE, "certificate", "住民票の写し", "手数料は300円です。", state=State.PUBLISHED))
    return {"language": "en", "original": "certificate"}
