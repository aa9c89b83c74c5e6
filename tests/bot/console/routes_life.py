"""Routes of the figures from life."""

from __future__ import annotations

from routes_desk import Route

from accounts import Role
from database import Database
from settings import Settings

READERS = {role.value for role in Role}
LIFE = "/staff/evaluation/life"
ROUTES: list[Route] = [
    ("GET", LIFE, READERS, 200),
    ("GET", f"{LIFE}/topics", READERS, 200),
    ("GET", f"{LIFE}/articles", READERS, 200),
    ("GET", f"{LIFE}/forecast", READERS, 200),
    ("GET", f"{LIFE}/{{table}}.csv", READERS, 200),
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """The table of figures; without a question all of them are undefined."""
    return {"table": "figures"}
