"""The link in an e-mail by which a resident goes on with a conversation in another browser.

Its secret (256 bits) is worked out from the server's key, so that every e-mail of a hand-over has the same one; the
database holds its hash only. It works as long as the conversation is kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.tables import HandoffRow
from settings import Settings

LINK = "<resume-link>"
"""Stands in a stored e-mail where the link is put when it is sent."""
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def promise_link(row: HandoffRow, settings: Settings) -> str:
    """Make the link of this hand-over valid; returns what stands for it in the text of an e-mail."""
    row.resume_token = _hash(_secret(row, settings))
    return LINK


def link_of(row: HandoffRow, settings: Settings) -> str:
    """The address a resident opens."""
    return f"{settings.public_url.rstrip('/')}/resume/{_secret(row, settings)}"


def find(session: Session, token: str) -> HandoffRow | None:
    """The hand-over whose link this is; None for a wrong or an outdated one."""
    if not TOKEN.fullmatch(token):
        return None
    return session.scalar(select(HandoffRow).where(HandoffRow.resume_token == _hash(token)))


def _secret(row: HandoffRow, settings: Settings) -> str:
    named = f"resume|{row.municipality}|{row.id}|{row.conversation}".encode()
    drawn = hmac.new(settings.secret_key().encode(), named, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(drawn).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
