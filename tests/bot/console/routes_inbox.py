"""Routes of the inbox beyond take, transfer, reply and resolve: colleagues, notes, the reply box, e-mails, canned replies."""

from __future__ import annotations

from routes_desk import INBOX, ONE, Route
from town_fixture import CODE

from bot import canned, mail
from database import Database
from settings import Settings

ROUTES: list[Route] = [
    ("POST", f"{ONE}/offer", INBOX, 409),  # nobody has taken it
    ("POST", f"{ONE}/accept", INBOX, 409),  # nobody offers it
    ("POST", f"{ONE}/decline", INBOX, 303),
    ("POST", f"{ONE}/note", INBOX, 422),  # nothing written
    ("POST", f"{ONE}/compose", INBOX, 200),
    ("GET", f"{ONE}/presence", INBOX, 200),
    ("POST", f"{ONE}/presence", INBOX, 204),
    ("POST", f"{ONE}/mails/{{mail_id}}/again", INBOX, 404),  # an e-mail of another hand-over
    ("POST", f"{ONE}/mails/{{mail_id}}/settle", INBOX, 404),
    ("POST", f"{ONE}/draft", INBOX, 409),  # not resolved yet
    ("POST", f"{ONE}/phrasing", INBOX, 409),
    ("GET", "/staff/canned", INBOX, 200),
    ("POST", "/staff/canned", INBOX, 422),  # nothing filled in
    ("GET", "/staff/canned/{canned_id}", INBOX, 200),
    ("POST", "/staff/canned/{canned_id}", INBOX, 422),
    ("POST", "/staff/canned/{canned_id}/delete", INBOX, 303),
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A canned reply, and an e-mail that belongs to no hand-over."""
    with database.write() as session:
        row = canned.save(session, CODE, "受付時間", "受付時間は{hours}です。", "", "agent")
        mail.enqueue(session, CODE, "reminder", "clerk@example.jp", "件名", "本文")
        letter = mail.find(session, "reminder")
        assert letter is not None
        return {"canned_id": row.id, "mail_id": letter.id}
