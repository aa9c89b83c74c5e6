"""Replies that are used often: kept for a municipality or one department, with slots filled when they are put in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.tables import CannedReplyRow
from database import now

SLOTS = ("receipt", "department", "phone", "hours", "staff")
"""What a canned reply may hold in braces; `staff` is the name of whoever writes."""
LONGEST_TITLE = 100
LONGEST_TEXT = 2000

_SLOT = re.compile(r"[{｛]([^{}｛｝\n]*)[}｝]")


class CannedRefused(ValueError):
    """It cannot be kept; `reason` is no_title, title_too_long, no_text, too_long, unknown_slot, title_taken or stale."""

    def __init__(self, reason: str, slots: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.slots = slots


def unknown_slots(text: str) -> tuple[str, ...]:
    """What stands in braces, half or full width, and is no slot."""
    return tuple(dict.fromkeys(found[0] for found in _SLOT.finditer(text) if not _known(found)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its slots filled; one without a value (no telephone) leaves nothing behind."""
    return _SLOT.sub(lambda found: values.get(found[1], "") if _known(found) else found[0], text)


def listed(session: Session, municipality: str, department: str | None = None) -> list[CannedReplyRow]:
    """Those of the municipality by title; with `department` only what is for all or for that one."""
    query = select(CannedReplyRow).where(CannedReplyRow.municipality == municipality)
    if department is not None:
        query = query.where(or_(CannedReplyRow.department == "", CannedReplyRow.department == department))
    return list(session.scalars(query.order_by(CannedReplyRow.title)))


def find(session: Session, municipality: str, number: int) -> CannedReplyRow | None:
    """The canned reply, when it belongs to the municipality."""
    row = session.get(CannedReplyRow, number)
    return row if row is not None and row.municipality == municipality else None


def save(
    session: Session,
    municipality: str,
    title: str,
    text: str,
    department: str,
    by: str,
    *,
    row: CannedReplyRow | None = None,
    version: int | None = None,
) -> CannedReplyRow:
    """Add one, or change `row` when nobody has changed it since `version`. Raises CannedRefused."""
    title, text = title.strip(), text.strip()
    _check(title, text)
    if row is not None and row.version != version:
        raise CannedRefused("stale")
    same = select(CannedReplyRow.id).where(CannedReplyRow.municipality == municipality, CannedReplyRow.title == title)
    if session.scalar(same) not in (None, row.id if row else None):
        raise CannedRefused("title_taken")
    row = row or CannedReplyRow(municipality=municipality)
    row.title, row.text, row.department, row.changed_by, row.changed_at = title, text, department, by, now()
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:  # the same title in another browser at this moment
        raise CannedRefused("title_taken") from error
    return row


def load(session: Session, municipality: str, entries: list[Mapping[str, str]], by: str) -> int:
    """Add those whose title is not there yet; how many. What staff have changed stays. Raises CannedRefused."""
    known = {row.title for row in listed(session, municipality)}
    new = [entry for entry in entries if entry["title"] not in known]
    for entry in new:
        save(session, municipality, entry["title"], entry["text"], entry.get("department", ""), by)
    return len(new)


def _known(found: re.Match[str]) -> bool:
    return found[0].startswith("{") and found[0].endswith("}") and found[1] in SLOTS


def _check(title: str, text: str) -> None:
    if not title:
        raise CannedRefused("no_title")
    if len(title) > LONGEST_TITLE or not title.isprintable():
        raise CannedRefused("title_too_long")
    if not text:
        raise CannedRefused("no_text")
    if len(text) > LONGEST_TEXT:
        raise CannedRefused("too_long")
    if wrong := unknown_slots(text):
        raise CannedRefused("unknown_slot", wrong)
