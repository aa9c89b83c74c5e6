"""Tasks of the knowledge: one open task a cause, with an owner until it is closed, and no resident's word in it.

What residents asked stays in their conversation; a task names the answers by `TaskMessageRow`, which go when the
conversation is deleted. Only the count stays. Functions work inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from accounts import Role, StaffRow
from authentication import audit
from bot.tables import MessageRow, TaskMessageRow, TaskRow
from database import now

OPEN, CLOSED = "open", "closed"
SYSTEM = "system"
LONGEST_NOTE = 1000
_ATTEMPTS = 5


class Kind(StrEnum):
    """What makes a task. The first two come from residents, the others are findings of health."""

    DOWNVOTE = "downvote"
    UNANSWERED = "unanswered"
    OVERDUE = "overdue"
    EXPIRING = "expiring"
    UNHELPFUL = "unhelpful"
    CONTRADICTION = "contradiction"
    DUPLICATE = "duplicate"
    BROKEN_LINK = "broken_link"
    NEVER_FOUND = "never_found"


class Reason(StrEnum):
    """Why a task is closed. The last four are the desk's own; staff choose among the others."""

    REPAIRED = "repaired"
    WRITTEN = "written"
    RIGHT_ALREADY = "right_already"
    NOT_OURS = "not_ours"
    NOT_NEEDED = "not_needed"
    GONE = "gone"
    TAKEN_BACK = "taken_back"
    JOINED = "joined"


STAFF_REASONS = (Reason.REPAIRED, Reason.WRITTEN, Reason.RIGHT_ALREADY, Reason.NOT_OURS, Reason.NOT_NEEDED)


class TaskRefused(ValueError):
    """The task cannot be changed so; `reason` is the end of an entry staff_tasks.refused_<reason>."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_task(
    session: Session,
    municipality: str,
    kind: str,
    key: str,
    title: str,
    *,
    article: str = "",
    department: str = "",
    message: MessageRow | None = None,
    topic: int = 0,
    times: int = 1,
    detail: Mapping[str, Any] | None = None,
) -> TaskRow:
    """The open task of this cause, made when there is none; safe when several writers find the same cause at once.

    Its count grows by `times`, or, with a `message`, by one unless the task knows that answer already. A new task has
    an owner from the start where the municipality has somebody who can be one. `title` and `detail` must not hold a
    resident's words.
    """
    row = _held(session, municipality, kind, key, title, article, department, message, detail)
    if message is not None:
        times = _link(session, row, message.id, topic)
    row.count += times
    if message is not None and times:
        row.conversation, row.message = message.conversation, message.id
    session.flush()
    return row


def take(session: Session, municipality: str, task: int, staff: int, by: str, version: int | None = None) -> TaskRow:
    """Become the owner. Raises TaskRefused."""
    return assign(session, municipality, task, staff, by, version)


def assign(session: Session, municipality: str, task: int, staff: int, by: str, version: int | None = None) -> TaskRow:
    """Give the task an owner. Raises TaskRefused: unknown, closed, stale, or nobody of this municipality."""
    row = find(session, municipality, task, version)
    if row.state != OPEN:
        raise TaskRefused("closed")
    if staff not in {member.id for member in owners(session, municipality)}:
        raise TaskRefused("no_owner")
    if row.owner != staff:
        row.owner = staff
        audit(session, municipality, by, "task.assigned", {"task": task, "staff": staff})
    session.flush()
    return row


def close_task(
    session: Session, municipality: str, task: int, by: str, reason: Reason, note: str = "", version: int | None = None
) -> TaskRow:
    """Settle the task; closing it again changes nothing. Raises TaskRefused: unknown or stale."""
    row = find(session, municipality, task, None)
    if row.state == CLOSED:
        return row
    if version is not None and row.version != version:
        raise TaskRefused("stale")
    row.state, row.closed_at, row.closed_by = CLOSED, now(), by
    row.resolution = f"{reason.value}\n{note.strip()[:LONGEST_NOTE]}".strip()
    if by != SYSTEM:
        audit(session, municipality, by, "task.closed", {"task": task, "reason": reason.value})
    session.flush()
    return row


def reopen(session: Session, municipality: str, task: int, by: str) -> TaskRow:
    """Open a closed task again. Raises TaskRefused: unknown, or the same cause has a newer open task."""
    row = find(session, municipality, task, None)
    if row.state == OPEN:
        return row
    newer = select(TaskRow.id).where(
        TaskRow.municipality == municipality, TaskRow.kind == row.kind, TaskRow.key == row.key, TaskRow.state == OPEN
    )
    if session.scalar(newer) is not None:
        raise TaskRefused("open_already")
    row.state, row.closed_at, row.closed_by, row.resolution = OPEN, None, "", ""
    row.owner = owner_for(session, municipality, row.department) if not _may_own(session, row) else row.owner
    audit(session, municipality, by, "task.reopened", {"task": task})
    session.flush()
    return row


def find(session: Session, municipality: str, task: int, version: int | None = None) -> TaskRow:
    """The task, held until the transaction ends. Raises TaskRefused: unknown here, or another version than was read."""
    query = select(TaskRow).where(TaskRow.municipality == municipality, TaskRow.id == task).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise TaskRefused("unknown")
    if version is not None and row.version != version:
        raise TaskRefused("stale")
    return row


def unlink(session: Session, message: MessageRow, kind: Kind) -> None:
    """The resident takes back what made these open tasks; one that nothing is left of is closed."""
    linked = select(TaskRow).join(TaskMessageRow, TaskMessageRow.task == TaskRow.id)
    query = linked.where(TaskMessageRow.message == message.id, TaskRow.kind == kind.value, TaskRow.state == OPEN)
    for row in session.scalars(query.order_by(TaskRow.id).with_for_update(of=TaskRow)).unique():
        mine = (TaskMessageRow.task == row.id, TaskMessageRow.message == message.id)
        session.execute(delete(TaskMessageRow).where(*mine))
        row.count -= 1
        if row.count <= 0:
            close_task(session, row.municipality, row.id, SYSTEM, Reason.TAKEN_BACK)


def join(session: Session, into: TaskRow, other: TaskRow) -> None:
    """Both are about the same thing: the second's answers and count go to the first, and the second is closed."""
    links = session.scalars(select(TaskMessageRow).where(TaskMessageRow.task == other.id)).all()
    for link in links:
        _link(session, into, link.message, link.topic)
    into.count += other.count
    close_task(session, other.municipality, other.id, SYSTEM, Reason.JOINED, f"#{into.id}")


def key_in_use(session: Session, municipality: str, kind: Kind, key: str) -> str:
    """The key of the open task that this cause's task was joined with, as far as it is still open; else the key itself."""
    followed = key
    for _ in range(_ATTEMPTS):
        query = select(TaskRow.resolution).where(
            TaskRow.municipality == municipality, TaskRow.kind == kind.value, TaskRow.key == followed, TaskRow.state == CLOSED
        )
        last = session.scalar(query.order_by(TaskRow.closed_at.desc(), TaskRow.id.desc()).limit(1))
        reason, _, into = (last or "").partition("\n#")
        target = session.get(TaskRow, int(into)) if reason == Reason.JOINED and into.isdecimal() else None
        if target is None or target.municipality != municipality:
            return key
        if target.state == OPEN:
            return target.key
        followed = target.key
    return key


def owners(session: Session, municipality: str) -> Sequence[StaffRow]:
    """Who can own a task: open accounts that may write articles, by name."""
    roles = (Role.EDITOR.value, Role.APPROVER.value, Role.ADMINISTRATOR.value)
    query = select(StaffRow).where(StaffRow.municipality == municipality, StaffRow.active, StaffRow.role.in_(roles))
    return session.scalars(query.order_by(StaffRow.name, StaffRow.id)).all()


def owner_for(session: Session, municipality: str, department: str) -> int | None:
    """Whoever a new task falls to: an editor or approver of the department, else one for all departments, else any.

    An administrator comes last. Among equals the one with the fewest open tasks, then the longest here. None where nobody can own one.
    """
    load = dict(
        session.execute(
            select(TaskRow.owner, func.count())
            .where(TaskRow.municipality == municipality, TaskRow.state == OPEN, TaskRow.owner.is_not(None))
            .group_by(TaskRow.owner)
        ).all()
    )
    order = (Role.EDITOR.value, Role.APPROVER.value, Role.ADMINISTRATOR.value)
    chosen = min(
        owners(session, municipality),
        key=lambda member: (
            member.role == Role.ADMINISTRATOR.value,
            not (department and member.department == department),
            bool(member.department),  # whoever has no department writes for all of them
            order.index(member.role),
            load.get(member.id, 0),
            member.id,
        ),
        default=None,
    )
    return chosen.id if chosen else None


def care_for_orphans(session: Session, municipality: str) -> int:
    """Give open tasks whose owner has left, or who never had one, an owner; how many got one."""
    ids = [member.id for member in owners(session, municipality)]
    query = select(TaskRow).where(TaskRow.municipality == municipality, TaskRow.state == OPEN)
    orphans = session.scalars(query.where(TaskRow.owner.is_(None) | TaskRow.owner.not_in(ids)).order_by(TaskRow.id)).all()
    for row in orphans if ids else ():
        row.owner = owner_for(session, municipality, row.department)
        session.flush()
    return len(orphans) if ids else 0


def _may_own(session: Session, row: TaskRow) -> bool:
    return any(member.id == row.owner for member in owners(session, row.municipality))


def _held(
    session: Session,
    municipality: str,
    kind: str,
    key: str,
    title: str,
    article: str,
    department: str,
    message: MessageRow | None,
    detail: Mapping[str, Any] | None,
) -> TaskRow:
    """The open task of the cause, new with a count of 0 or found, locked until the transaction ends."""
    cause = and_(TaskRow.municipality == municipality, TaskRow.kind == kind, TaskRow.key == key, TaskRow.state == OPEN)
    for _ in range(_ATTEMPTS):
        found = session.scalar(select(TaskRow).where(cause).with_for_update().execution_options(populate_existing=True))
        if found is not None:
            return found
        values = {
            "municipality": municipality, "kind": kind, "key": key, "title": title[:300], "article": article,
            "department": department, "count": 0, "detail": dict(detail or {}), "state": OPEN,
            "owner": owner_for(session, municipality, department),
        }  # fmt: skip
        # Another writer may be about to commit the same: the insert waits for it, and then makes nothing.
        made = insert_for(session)(TaskRow).values(**values).on_conflict_do_nothing()
        session.execute(made)
    raise RuntimeError(f"the task {kind} {key} was closed as often as it was opened")


def _link(session: Session, row: TaskRow, message: int, topic: int) -> int:
    values = {"municipality": row.municipality, "task": row.id, "message": message, "topic": topic}
    made = insert_for(session)(TaskMessageRow).values(**values).on_conflict_do_nothing().returning(TaskMessageRow.message)
    return len(session.execute(made).all())


def insert_for(session: Session) -> Any:
    """The dialect's INSERT, the one statement that either makes a row or lets an equal one be."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
