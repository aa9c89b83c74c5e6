"""What the pages of one article show: what residents read, the working copy, and whether answers follow it yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import Role, StaffRow
from authentication import Member
from bot.reindex import Phase, Reindexer
from knowledge import drafts, store
from knowledge.articles import Article, Audience, Department, Municipality, State
from knowledge.drafts import DraftState
from knowledge.tables import ArticleCommentRow, ArticleDraftRow, ArticleRow, AttachmentRow
from settings import SHARED_BASE

WRITERS = (Role.EDITOR, Role.APPROVER)
APPROVERS = (Role.APPROVER,)


@dataclass(frozen=True)
class Opened:
    """One article. `record` is what lists and residents have, `copy` what the working copy says; `shared`: of the base."""

    row: ArticleRow
    record: Article
    draft: ArticleDraftRow | None
    copy: Article | None
    shared: bool = False

    @property
    def newest(self) -> Article:
        """What an editor goes on writing."""
        return self.copy or self.record

    @property
    def read(self) -> bool:
        """Whether residents read it now, the calendar left aside."""
        return self.record.state == State.PUBLISHED

    @property
    def state(self) -> str:
        """The state shown: of the working copy where there is one in the way of publication, else of the article."""
        if self.draft is not None and not (self.read and self.draft.state == DraftState.DRAFT):
            return "scheduled" if self.draft.publish_at else self.draft.state
        return self.record.state.value

    @property
    def compared(self) -> Article | None:
        """What the working copy is compared with: what residents read, or read last."""
        return self.record if self.record.state in (State.PUBLISHED, State.EXPIRED) else None


def find(session: Session, member: Member, article: str) -> Opened:
    """The article of the member's municipality, else the shared base's where the town uses it; 404 otherwise."""
    row = session.get(ArticleRow, (member.municipality, article))
    if row is not None:
        draft = drafts.find_draft(session, member.municipality, article)
        return Opened(row, store.record_of(row), draft, drafts.draft_content(draft) if draft else None)
    town = store.municipality(session, member.municipality)
    base = session.get(ArticleRow, (SHARED_BASE, article)) if town is not None and town.uses_shared_base else None
    if base is None or base.state != State.PUBLISHED:
        abort(404)
    return Opened(base, store.record_of(base), None, None, shared=True)


def exists(session: Session, member: Member, article: str) -> bool:
    """Whether the municipality has an article of this id of its own."""
    return session.get(ArticleRow, (member.municipality, article)) is not None


def taken_over(shared: Article, member: Member) -> Article:
    """The town's own draft of an article of the shared base, of the department of whoever takes it over."""
    return replace(shared, municipality=member.municipality, state=State.DRAFT, department=member.department, owner="")


def words_digest(article: Article) -> str:
    """Tells two states of an article apart by all they say but the day they were last checked."""
    return replace(article, last_checked=None).digest


def reaches(member: Member, department: str) -> bool:
    """Whether the member may change articles of this department: an empty department of a member means all."""
    return member.role == Role.ADMINISTRATOR or member.department in ("", department)


def may_write(member: Member, opened: Opened) -> bool:
    """Whether the member may write it: what is written and what residents read both lie within reach."""
    within = all(reaches(member, one.department) for one in (opened.record, opened.newest))
    return member.may(*WRITERS) and not opened.shared and within


def may_approve(member: Member, opened: Opened) -> bool:
    """Whether the member may approve, publish or withdraw it; four eyes are another matter."""
    within = all(reaches(member, one.department) for one in (opened.record, opened.newest))
    return member.may(*APPROVERS) and not opened.shared and within


@dataclass(frozen=True)
class Town:
    """The municipality with its counters, for names in lists and choices."""

    municipality: Municipality
    departments: Sequence[Department]

    def name_of(self, key: str) -> str:
        return next((d.name for d in self.departments if d.key == key), key)


def town_of(session: Session, member: Member) -> Town:
    municipality = store.municipality(session, member.municipality)
    if municipality is None:
        abort(404)
    return Town(municipality, store.departments(session, member.municipality))


def names(session: Session, member: Member) -> dict[str, str]:
    """Login -> name of the staff of the municipality."""
    query = select(StaffRow.login, StaffRow.name).where(StaffRow.municipality == member.municipality)
    return dict(session.execute(query).all())


@dataclass(frozen=True)
class Follows:
    """Whether answers to residents follow an article: an entry index_<entry> of the texts and what fills its slots."""

    entry: str
    at: str = ""
    reason: str = ""

    @property
    def waits(self) -> bool:
        """Whether it will change within seconds."""
        return self.entry in ("queued", "running", "failed")


def follows(reindexer: Reindexer, opened: Opened, today: date, zone: ZoneInfo) -> Follows | None:
    """How far residents' answers follow the article; None where they have nothing to follow."""
    record = opened.record
    if opened.shared or record.state not in (State.PUBLISHED, State.EXPIRED):
        return None
    digests, since = reindexer.indexed(record.municipality)
    status = reindexer.status(record.municipality)
    answered = record.state == State.PUBLISHED and record.audience == Audience.PUBLIC
    if answered and record.valid_until and record.valid_until < today:
        answered = False
    wanted = record.digest if answered else None
    if digests.get(record.id) == wanted:
        if record.state == State.PUBLISHED and record.audience == Audience.INTERNAL:
            return Follows("internal")
        at = status.at if status.phase == Phase.DONE or status.learning else since
        return Follows("live" if wanted else "gone", _clock(at or since, zone))
    if status.phase == Phase.FAILED:
        return Follows("failed", _clock(status.at, zone), status.reason)
    running = status.phase == Phase.RUNNING and not status.learning
    return Follows("running" if running else "queued", _clock(status.at, zone))


@dataclass(frozen=True)
class Around:
    """What belongs to an article besides its words."""

    comments: Sequence[ArticleCommentRow]
    attachments: Sequence[AttachmentRow]

    @property
    def open_comments(self) -> int:
        return sum(comment.settled_at is None for comment in self.comments)


def around(session: Session, municipality: str, article: str) -> Around:
    """Comments, open ones first and new ones last, and attachments by name."""
    comments = select(ArticleCommentRow).where(
        ArticleCommentRow.municipality == municipality, ArticleCommentRow.article == article
    )
    files = select(AttachmentRow).where(AttachmentRow.municipality == municipality, AttachmentRow.article == article)
    return Around(
        session.scalars(comments.order_by(ArticleCommentRow.settled_at.is_not(None), ArticleCommentRow.id)).all(),
        session.scalars(files.order_by(AttachmentRow.name, AttachmentRow.id)).all(),
    )


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M:%S") if at else ""
