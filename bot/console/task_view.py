"""What the pages of tasks show: the list under its filters, and one task with the questions that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from accounts import StaffRow
from authentication import Member
from bot import task_causes, tasks
from bot.console.finding_text import points
from bot.console.pages import t
from bot.tables import MessageRow, TaskMessageRow, TaskRow
from bot.tasks import Kind, Reason
from knowledge.tables import ArticleRow, DepartmentRow
from settings import SHARED_BASE

PAGE = 50
EXAMPLES = 20
EXCERPT = 120


@dataclass(frozen=True)
class Filter:
    """Which tasks are shown. `owner`: "" all, "mine" or "none"."""

    state: str = tasks.OPEN
    owner: str = ""
    kind: str = ""
    department: str = ""
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Filter:
        """What an address asks for; what makes no sense is left out."""
        page = given.get("page", "")
        return cls(
            state=tasks.CLOSED if given.get("state") == tasks.CLOSED else tasks.OPEN,
            owner=given.get("owner", "") if given.get("owner") in ("mine", "none") else "",
            kind=given.get("kind", "") if given.get("kind") in tuple(Kind) else "",
            department=given.get("department", "")[:50],
            page=int(page) if page.isdecimal() and 0 < len(page) < 6 and int(page) else 1,
        )

    def address(self, **changes: Any) -> dict[str, Any]:
        """The parameters of an address that shows this, changed."""
        wanted = {**vars(self), **changes}
        return {name: value for name, value in wanted.items() if value and not (name == "page" and value == 1)}


@dataclass(frozen=True)
class Item:
    """A line of the list. `question` is a resident's, masked, while it is kept."""

    id: int
    kind: str
    title: str
    question: str
    department: str
    owner: str
    mine: bool
    count: int
    since: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class TaskList:
    items: tuple[Item, ...]
    count: int
    pages: int


@dataclass(frozen=True)
class SourceLink:
    """An article the desk answered from; `known` when it is the town's own, so that it can be opened."""

    id: str
    title: str
    known: bool
    department: str = ""


@dataclass(frozen=True)
class Example:
    """A question behind a task, masked, and what the desk said to it."""

    question: str
    answer: str
    status: str
    sources: tuple[SourceLink, ...]
    comment: str
    at: datetime


@dataclass(frozen=True)
class TaskPage:
    """One task with all it takes to settle it. `near`: the article that came nearest to a question left open."""

    row: TaskRow
    title: str
    department: str
    owner: str
    mine: bool
    examples: tuple[Example, ...]
    gone: int
    article: SourceLink | None
    near: SourceLink | None
    owners: tuple[StaffRow, ...]
    points: tuple[str, ...]
    other: SourceLink | None
    reason: str
    note: str

    @property
    def open(self) -> bool:
        return self.row.state == tasks.OPEN


def load_list(session: Session, member: Member, wanted: Filter) -> TaskList:
    """The tasks of the member's municipality: open ones by how often they occurred, closed ones by when."""
    where = _where(session, member, wanted)
    count = session.scalar(select(func.count()).select_from(TaskRow).where(*where)) or 0
    order = (TaskRow.count.desc(), TaskRow.id) if wanted.state == tasks.OPEN else (TaskRow.closed_at.desc(), TaskRow.id)
    query = select(TaskRow).where(*where).order_by(*order).limit(PAGE).offset((wanted.page - 1) * PAGE)
    rows = session.scalars(query).all()
    questions, names = _first_questions(session, rows), _names(session, member.municipality)
    departments = department_names(session, member.municipality)
    items = tuple(_item(row, member, questions.get(row.id, ""), names, departments) for row in rows)
    return TaskList(items, count, max(1, -(-count // PAGE)))


def load_task(session: Session, member: Member, task: int) -> TaskPage | None:
    """None when the municipality has no such task."""
    row = session.scalar(select(TaskRow).where(TaskRow.municipality == member.municipality, TaskRow.id == task))
    if row is None:
        return None
    examples = _examples(session, row)
    linked = session.scalar(select(func.count()).select_from(TaskMessageRow).where(TaskMessageRow.task == row.id)) or 0
    near = str(row.detail.get("near", ""))
    reason, _, note = row.resolution.partition("\n")
    return TaskPage(
        row=row,
        title=title_of(row),
        department=department_names(session, row.municipality).get(row.department, ""),
        owner=_names(session, row.municipality).get(row.owner or 0, ""),
        mine=row.owner == member.id,
        examples=examples,
        gone=max(0, row.count - linked) if row.kind in (Kind.DOWNVOTE, Kind.UNANSWERED) else 0,
        article=article_link(session, row.municipality, row.article) if row.article else None,
        near=article_link(session, row.municipality, near) if near else None,
        owners=tuple(tasks.owners(session, row.municipality)),
        points=points(row.kind, row.detail),
        other=article_link(session, row.municipality, row.detail["other"]) if row.detail.get("other") else None,
        reason=reason if reason in tuple(Reason) else "",
        note=note,
    )


def counts(session: Session, municipality: str, member: int) -> dict[str, int]:
    """Open tasks: all, those of a member, those without an owner, and those of each kind."""
    mine, nobodys = func.sum(_one(TaskRow.owner == member)), func.sum(_one(TaskRow.owner.is_(None)))
    query = select(TaskRow.kind, func.count(), mine, nobodys).where(
        TaskRow.municipality == municipality, TaskRow.state == tasks.OPEN
    )
    found = {"all": 0, "mine": 0, "none": 0}
    for kind, number, own, orphans in session.execute(query.group_by(TaskRow.kind)):
        found[kind] = number
        found["all"] += number
        found["mine"] += own or 0
        found["none"] += orphans or 0
    return found


def title_of(row: TaskRow) -> str:
    """What a task is called; its own title is the article's, if any."""
    return row.title or t(f"staff_tasks.title_{row.kind}")


def article_link(session: Session, municipality: str, article: str) -> SourceLink:
    own = session.get(ArticleRow, (municipality, article))
    row = own or session.get(ArticleRow, (SHARED_BASE, article))
    return SourceLink(article, row.title if row else article, own is not None, row.department if row else "")


def department_names(session: Session, municipality: str) -> dict[str, str]:
    """Departments by key, in the order of their keys."""
    query = select(DepartmentRow.key, DepartmentRow.name).where(DepartmentRow.municipality == municipality)
    return dict(session.execute(query.order_by(DepartmentRow.key)).all())


def _where(session: Session, member: Member, wanted: Filter) -> list[ColumnElement[bool]]:
    where = [TaskRow.municipality == member.municipality, TaskRow.state == wanted.state]
    if wanted.owner:
        where.append(TaskRow.owner == member.id if wanted.owner == "mine" else TaskRow.owner.is_(None))
    if wanted.kind:
        where.append(TaskRow.kind == wanted.kind)
    if wanted.department:
        where.append(TaskRow.department == wanted.department)
    return where


def _item(row: TaskRow, member: Member, question: str, names: Mapping[int, str], departments: Mapping[str, str]) -> Item:
    return Item(
        row.id, row.kind, title_of(row), question, departments.get(row.department, ""), names.get(row.owner or 0, ""),
        row.owner == member.id, row.count, row.created_at, row.closed_at,
    )  # fmt: skip


def _names(session: Session, municipality: str) -> dict[int, str]:
    query = select(StaffRow.id, StaffRow.name).where(StaffRow.municipality == municipality, StaffRow.active)
    return dict(session.execute(query).all())


def _first_questions(session: Session, rows: Sequence[TaskRow]) -> dict[int, str]:
    """One question for each task that still has one."""
    first = (
        select(TaskMessageRow.task, func.min(TaskMessageRow.message).label("message"))
        .where(TaskMessageRow.task.in_([row.id for row in rows]))
        .group_by(TaskMessageRow.task)
        .subquery()
    )
    query = (
        select(TaskMessageRow.task, TaskMessageRow.topic, MessageRow)
        .join(first, (first.c.task == TaskMessageRow.task) & (first.c.message == TaskMessageRow.message))
        .join(MessageRow, MessageRow.id == TaskMessageRow.message)
        .order_by(TaskMessageRow.topic.desc())
    )
    return {task: task_causes.question_of(message, topic) for task, topic, message in session.execute(query)}


def _examples(session: Session, row: TaskRow) -> tuple[Example, ...]:
    query = (
        select(TaskMessageRow.topic, MessageRow)
        .join(MessageRow, MessageRow.id == TaskMessageRow.message)
        .where(TaskMessageRow.task == row.id)
        .order_by(MessageRow.id.desc(), TaskMessageRow.topic)
        .limit(EXAMPLES)
    )
    return tuple(_example(session, message, topic) for topic, message in session.execute(query))


def _example(session: Session, message: MessageRow, topic: int) -> Example:
    answer = message.answer or {}
    topics = answer.get("topics") or []
    part = topics[topic] if 0 <= topic < len(topics) else answer
    sources = part.get("sources") or answer.get("sources") or []
    links = tuple(article_link(session, message.municipality, str(s["id"])) for s in sources if s.get("id"))
    return Example(
        task_causes.question_of(message, topic), str(part.get("answer") or message.text), str(part.get("status", "")), links,
        message.feedback_comment or "", message.created_at,
    )  # fmt: skip


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
