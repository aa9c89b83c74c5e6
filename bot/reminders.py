"""Nobody waits unseen: staff are told by e-mail before a promise breaks, administrators and the reception afterwards.

Each is told once: the mark on the hand-over and the e-mail are stored in one transaction. Without a mail server the
marks are set all the same, and the queue shows them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts import Role, StaffRow
from bot import mail, opening_hours
from bot.handoff import State
from bot.promises import SOON, due
from bot.tables import HandoffRow
from bot.town import Town, load_town
from bot.wording import say
from database import Database
from knowledge import store
from settings import Settings

log = structlog.get_logger()


class Stage(StrEnum):
    """What is told: the promise is about to break, or it has."""

    SOON = "soon"
    LATE = "late"


def remind(database: Database, settings: Settings, at: datetime) -> int:
    """Tell of every hand-over that needs it; how many there were."""
    with database.read() as session:
        codes = [town.code for town in store.municipalities(session)]
    return sum(_remind_town(database, settings, code, at) for code in codes)


def _remind_town(database: Database, settings: Settings, code: str, at: datetime) -> int:
    try:
        with database.write() as session:
            query = select(HandoffRow).where(HandoffRow.municipality == code, HandoffRow.state.in_((State.QUEUED, State.TAKEN)))
            query = query.where(HandoffRow.escalated_at.is_(None)).order_by(HandoffRow.id).with_for_update(skip_locked=True)
            rows = session.scalars(query).all()
            if not rows:
                return 0
            town = load_town(session, code)
            told = _stages(session, rows, town, settings, at)
            for row, stage, _ in told:
                row.reminded_at = row.reminded_at or at
                if stage == Stage.LATE:
                    row.escalated_at = at
            if told and mail.configured(settings):
                _post(session, settings, town, told)
            return len(told)
    except StaleDataError:  # somebody has just dealt with one of them; a minute later it is looked at again
        return 0


def _stages(
    session: Session, rows: Sequence[HandoffRow], town: Town, settings: Settings, at: datetime
) -> list[tuple[HandoffRow, Stage, datetime]]:
    until = due(session, rows, town, settings)
    told = []
    for row in rows:
        by = until.get(row.id)
        if by is not None and by < at:
            told.append((row, Stage.LATE, by))
        elif by is not None and by < at + SOON and row.reminded_at is None:
            told.append((row, Stage.SOON, by))
    return told


def _post(session: Session, settings: Settings, town: Town, told: Sequence[tuple[HandoffRow, Stage, datetime]]) -> None:
    staff = session.scalars(
        select(StaffRow).where(StaffRow.municipality == town.municipality.code, StaffRow.active, StaffRow.email != "")
    ).all()
    lists: dict[str, list[tuple[HandoffRow, Stage, datetime]]] = defaultdict(list)
    for one in told:
        for address in _addresses(staff, one[0], one[1], town):
            lists[address].append(one)
    for address, items in lists.items():
        _post_list(session, settings, town, address, items)


def _addresses(staff: Sequence[StaffRow], row: HandoffRow, stage: Stage, town: Town) -> set[str]:
    """Before it breaks: who has it, else the department. Afterwards, or where nobody is found: everybody responsible."""
    agents = [member for member in staff if member.role in (Role.AGENT, Role.ADMINISTRATOR)]
    department = {member.email for member in agents if member.department == row.department}
    holder = {member.email for member in staff if row.taken_by is not None and member.id == row.taken_by}
    above = {m.email for m in agents if m.role == Role.ADMINISTRATOR or m.department == town.municipality.reception}
    if stage == Stage.LATE:
        return holder | department | above
    return holder or department or above


def _post_list(
    session: Session, settings: Settings, town: Town, address: str, items: Sequence[tuple[HandoffRow, Stage, datetime]]
) -> None:
    late = any(stage == Stage.LATE for _, stage, _ in items)
    subject = say(
        "staff_inbox.mail_late_subject" if late else "staff_inbox.mail_soon_subject",
        municipality=town.municipality.name,
        count=len(items),
    )
    lines = [_line(settings, town, *item) for item in items]
    body = "\n\n".join([say("staff_inbox.mail_remind"), *lines, say("staff_inbox.mail_remind_foot")])
    cause = f"{address}|" + "|".join(f"{row.id}.{row.version}.{stage}" for row, stage, _ in items)
    key = f"remind:{hashlib.sha256(cause.encode()).hexdigest()[:40]}"
    try:
        mail.enqueue(session, town.municipality.code, key, address, subject, f"{body}\n")
    except mail.BadRecipient:
        log.error("reminder not possible: the account has no usable address")


def _line(settings: Settings, town: Town, row: HandoffRow, stage: Stage, by: datetime) -> str:
    local = by.astimezone(settings.zone)
    moment = opening_hours.describe_moment(local, local)
    state = say("staff_inbox.mail_state_late" if stage == Stage.LATE else "staff_inbox.mail_state_soon")
    link = f"{settings.public_url.rstrip('/')}/staff/handoffs/{row.id}"
    name = town.counter(row.department).name
    return say("staff_inbox.mail_line", receipt=row.receipt, department=name, promised=moment, state=state, link=link)
