"""Routes of banner and kill switch: method, path, who may, and the status of those who may."""

from __future__ import annotations

from routes_desk import Route

from database import Database
from settings import Settings

DECIDERS = {"approver", "administrator"}
ROUTES: list[Route] = [
    ("GET", "/staff/channels", DECIDERS, 200),
    ("POST", "/staff/channels/banner", DECIDERS, 422),  # nothing written
    ("POST", "/staff/channels/clear", DECIDERS, 404),  # no channel
    ("GET", "/staff/channels/off?channel=web", DECIDERS, 200),
    ("POST", "/staff/channels/off", DECIDERS, 404),
    ("POST", "/staff/channels/on", DECIDERS, 404),
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    return {}
