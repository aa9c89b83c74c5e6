"""Routes of the second factor, of accounts and of the audit trail: method, path, who may, and the status of those who may."""

from __future__ import annotations

from routes_desk import ADMINISTRATORS, EVERYONE, Route

from accounts import StaffRow
from database import Database
from settings import Settings

ROUTES: list[Route] = [
    ("GET", "/staff/accounts/{staff}/edit", ADMINISTRATORS, 200),
    ("POST", "/staff/accounts/{staff}/edit", ADMINISTRATORS, 422),  # nothing filled in
    ("POST", "/staff/accounts/{staff}/reset-factor", ADMINISTRATORS, 303),
    ("POST", "/staff/accounts/{staff}/unlink", ADMINISTRATORS, 409),  # not linked
    ("GET", "/staff/audit", ADMINISTRATORS, 200),
    ("POST", "/staff/audit/export", ADMINISTRATORS, 200),
    ("POST", "/staff/audit/verify", ADMINISTRATORS, 303),
    ("GET", "/staff/factor", EVERYONE, 200),
    ("POST", "/staff/factor", EVERYONE, 303),  # nothing was begun
    ("GET", "/staff/factor/qr.svg", EVERYONE, 404),  # nothing was begun
    ("POST", "/staff/factor/codes", EVERYONE, 422),  # no factor, no code
    ("POST", "/staff/factor/replace", EVERYONE, 422),
    ("POST", "/staff/factor/remove", EVERYONE, 422),
]
PUBLIC = {("GET", "/staff/login/code"), ("POST", "/staff/login/code"), ("GET", "/staff/sso"), ("GET", "/staff/sso/callback")}
"""Open to everybody, as the log-in is: without a first step they lead back to it."""


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A colleague who has a second factor, for whoever resets it."""
    with database.write() as session:
        session.get_one(StaffRow, ids["colleague"]).totp_secret = "sealed with another key"
    return {}
