"""Routes of log-in, inbox, accounts and synonyms: method, path, who may, and the status of those who may.

A slot such as {handoff} is named as in the route and filled by `prepare` of any part.
"""

from __future__ import annotations

from accounts import Role
from database import Database
from settings import Settings

Route = tuple[str, str, set[str], int]

ROLES = [role.value for role in Role]
INBOX = {"agent", "administrator"}
ADMINISTRATORS = {"administrator"}
EVERYONE = set(ROLES)
EDITORS = {"editor", "approver", "administrator"}
ONE = "/staff/handoffs/{handoff}"
ROUTES: list[Route] = [
    ("GET", "/staff/", INBOX, 200),
    ("GET", "/staff/find?receipt=M-2222-22", INBOX, 302),
    ("GET", ONE, INBOX, 200),
    ("POST", f"{ONE}/take", INBOX, 303),
    ("POST", f"{ONE}/give-back", INBOX, 409),  # nobody has taken it
    ("POST", f"{ONE}/transfer", INBOX, 409),  # no department chosen
    ("POST", f"{ONE}/reply", INBOX, 422),  # nothing written
    ("POST", f"{ONE}/resolve", INBOX, 409),
    ("GET", "/staff/accounts", ADMINISTRATORS, 200),
    ("POST", "/staff/accounts", ADMINISTRATORS, 422),  # nothing filled in
    ("POST", "/staff/accounts/{staff}/reset", ADMINISTRATORS, 200),
    ("POST", "/staff/accounts/{staff}/deactivate", ADMINISTRATORS, 302),
    ("GET", "/staff/synonyms", EVERYONE, 200),
    ("POST", "/staff/synonyms/add", EDITORS, 422),  # nothing filled in
    ("GET", "/staff/synonyms/edit?official=印鑑", EDITORS, 200),
    ("POST", "/staff/synonyms/edit", EDITORS, 404),  # no official word
    ("POST", "/staff/synonyms/switch", EDITORS, 404),
    ("POST", "/staff/synonyms/delete", EDITORS, 404),
    ("GET", "/staff/password", EVERYONE, 200),
    ("POST", "/staff/password", EVERYONE, 422),  # nothing filled in
    ("POST", "/staff/logout", EVERYONE, 302),
    ("POST", "/staff/logout-everywhere", EVERYONE, 302),
    ("POST", "/staff/language", EVERYONE, 302),
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """The hand-over and the colleague are those of the test itself."""
    return {}
