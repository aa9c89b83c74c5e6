"""Routes of imports: method, path, who may, and the status of those who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import Role
from database import Database
from knowledge import import_jobs
from knowledge.import_worker import Worker
from settings import DEMO_MUNICIPALITY, Settings

if TYPE_CHECKING:
    from routes_desk import Route

ROLES = [role.value for role in Role]
EDITORS = {"editor", "approver", "administrator"}
ONE = "/staff/imports/{job}"
ROUTES: list[Route] = [
    ("GET", "/staff/imports", EDITORS, 200),
    ("POST", "/staff/imports/upload", EDITORS, 422),  # no file
    ("POST", "/staff/imports/site", EDITORS, 422),  # no host is allowed
    ("GET", ONE, EDITORS, 200),
    ("GET", f"{ONE}/original", EDITORS, 200),
    ("POST", f"{ONE}/map", EDITORS, 422),  # no column for the question
    ("POST", f"{ONE}/slots", EDITORS, 303),
    ("POST", f"{ONE}/choose", EDITORS, 303),
    ("POST", f"{ONE}/apply", EDITORS, 409),  # not what was previewed
    ("POST", f"{ONE}/undo", EDITORS, 409),  # not applied
    ("POST", f"{ONE}/remove", EDITORS, 303),
    ("GET", "/staff/exports", EDITORS, 200),
    ("POST", "/staff/exports/download", EDITORS, 422),  # nothing chosen
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A job of みどり野市, read and previewed."""
    content = "質問,回答\n転入届はいつまでですか,14日以内です。\n".encode()
    with database.write() as session:
        number = import_jobs.create(session, DEMO_MUNICIPALITY, "editor", [("よくある質問.csv", content)]).id
    while Worker(database, settings).run_once():
        pass
    return {"job": number}
