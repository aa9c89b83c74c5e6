"""Tables of conversations and hand-overs. Text is stored masked only; every row names its municipality."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, UtcDateTime, now

BigId = BigInteger().with_variant(Integer, "sqlite")


class ConversationRow(Base):
    """`id` is a random secret of 128 bits or more: who knows it may read and continue the conversation."""

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    channel: Mapped[str] = mapped_column(String(20), default="web")
    language: Mapped[str] = mapped_column(String(20), default="ja")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (Index("ix_conversation_municipality_last_at", "municipality", "last_at"),)


class MessageRow(Base):
    """One utterance. `role`: resident, desk, staff or notice. `answer`: the whole JSON the resident was shown."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    conversation: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    client_message_id: Mapped[str | None] = mapped_column(String(64))
    reply_to: Mapped[int | None] = mapped_column(BigId)
    staff: Mapped[int | None]
    resolved: Mapped[bool | None]
    feedback_comment: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (
        Index("ix_message_conversation_id", "conversation", "id"),
        UniqueConstraint("conversation", "client_message_id"),
        Index("ix_message_municipality_created_at", "municipality", "created_at"),
    )


class HandoffRow(Base):
    """A resident waiting for, or talking with, a person. States: requested, queued, taken, resolved, expired."""

    __tablename__ = "handoff"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    conversation: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    receipt: Mapped[str] = mapped_column(String(20), unique=True)
    department: Mapped[str] = mapped_column(String(50), default="")
    state: Mapped[str] = mapped_column(String(20), default="requested")
    contact_kind: Mapped[str | None] = mapped_column(String(20))
    contact: Mapped[str | None] = mapped_column(String(300))
    contact_consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    promised_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_by: Mapped[int | None]
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rating: Mapped[int | None]
    """How content the resident was afterwards, 1 (not at all) to 5 (very)."""
    rating_comment: Mapped[str | None] = mapped_column(Text)
    article: Mapped[str | None] = mapped_column(String(200))
    """The article that was written from it."""
    resume_token: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 (hex) of the secret in the resume link sent by e-mail."""
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the department was told that the promise is about to break; `escalated_at`: administrators that it has."""
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offered_to: Mapped[int | None]
    """The colleague who was asked to take it over; until that is accepted `taken_by` answers for it."""
    offered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mailed_message: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Id of the newest reply of staff that went out by e-mail, or need not."""
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (
        Index("ix_handoff_municipality_state", "municipality", "state", "requested_at"),
        Index("ix_handoff_resume_token", "resume_token"),
    )


class HandoffEventRow(Base):
    """Each change of state of a hand-over, kept for the audit."""

    __tablename__ = "handoff_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    handoff: Mapped[int] = mapped_column(ForeignKey("handoff.id", ondelete="CASCADE"))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    staff: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (Index("ix_handoff_event_handoff", "handoff"),)


class HandoffNoteRow(Base):
    """What staff note for each other about a hand-over; never shown to the resident."""

    __tablename__ = "handoff_note"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    handoff: Mapped[int] = mapped_column(ForeignKey("handoff.id", ondelete="CASCADE"))
    staff: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (Index("ix_handoff_note_handoff", "handoff"),)


class CannedReplyRow(Base):
    """A reply that is used often. `text` holds slots such as {receipt}; an empty `department` means all."""

    __tablename__ = "canned_reply"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    title: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(String(50), default="")
    changed_by: Mapped[str] = mapped_column(String(100), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (UniqueConstraint("municipality", "title"),)


class PresenceRow(Base):
    """How far one side of a conversation has read and whether it is typing. `side`: resident or staff."""

    __tablename__ = "presence"

    conversation: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[str] = mapped_column(String(10), primary_key=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    read_message: Mapped[int] = mapped_column(BigId, default=0)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    typing_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailRow(Base):
    """An e-mail to be sent, stored with the act that caused it and deleted with its conversation.

    `state`: waiting, sent, failed or settled (failed, and staff have seen to it); `key` names the cause, so one act never
    sends two. `<resume-link>` in `body` becomes the link when the mail is sent: the secret is in no row.
    """

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    handoff: Mapped[int | None] = mapped_column(ForeignKey("handoff.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100), unique=True)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_mail_state_next_at", "state", "next_at"),)


class TaskRow(Base):
    """Something in the knowledge that a person has to settle, with an owner until it is closed.

    `kind`: downvote, unanswered, overdue, expiring, duplicate, contradiction, broken_link, never_found, unhelpful.
    `key` names the cause within the kind, so one cause is one open task. `detail` holds masked words at most.
    """

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(300))
    article: Mapped[str] = mapped_column(String(200), default="")
    department: Mapped[str] = mapped_column(String(50), default="")
    conversation: Mapped[str | None] = mapped_column(ForeignKey("conversation.id", ondelete="SET NULL"))
    message: Mapped[int | None] = mapped_column(BigId)
    count: Mapped[int] = mapped_column(Integer, default=1)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    owner: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(20), default="open")
    resolution: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str] = mapped_column(String(100), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (
        Index("ix_task_municipality_key", "municipality", "kind", "key"),
        Index("ix_task_open", "municipality", "state", "count", "id"),
        Index("ix_task_filter", "municipality", "state", "kind", "owner", "department"),
        Index("ix_task_closed", "municipality", "state", "closed_at"),
        Index(
            "ix_task_open_key", "municipality", "kind", "key",
            unique=True, sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
        Index("ix_task_article", "municipality", "article"),
    )  # fmt: skip


class TaskMessageRow(Base):
    """An answer that a task is about. The words stay in the conversation and go with it; `topic` is a place in its topics."""

    __tablename__ = "task_message"

    task: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"), primary_key=True)
    message: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[int] = mapped_column(Integer, primary_key=True, default=0)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))

    __table_args__ = (Index("ix_task_message_message", "message"),)


class FindingRow(Base):
    """Something the last look at the knowledge found wrong with it; `kind` and `key` as in a task. `detail` holds no resident's words."""

    __tablename__ = "finding"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200))
    article: Mapped[str] = mapped_column(String(200))
    other: Mapped[str] = mapped_column(String(200), default="")
    department: Mapped[str] = mapped_column(String(50), default="")
    rank: Mapped[float] = mapped_column(default=0.0)
    """Findings of a kind are shown by it, the smallest first."""
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (
        UniqueConstraint("municipality", "kind", "key"),
        Index("ix_finding_rank", "municipality", "kind", "rank", "id"),
    )


class HealthRunRow(Base):
    """The last look at a municipality's knowledge. `counts`: findings by kind. `seen_until`: answers looked through so far."""

    __tablename__ = "health_run"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[float] = mapped_column(default=0.0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(String(300), default="")
    seen_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkCheckRow(Base):
    """What a web address in the articles answered when it was last asked. `status` 0: no answer; `problem` says why."""

    __tablename__ = "link_check"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    url: Mapped[str] = mapped_column(String(1000), primary_key=True)
    status: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str] = mapped_column(String(50), default="")
    failures: Mapped[int] = mapped_column(Integer, default=0)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ImpactRunRow(Base):
    """What would change if an article's working copy were published, worked out in the background.

    `state`: running, done or failed. `result` names residents' questions by their message only.
    """

    __tablename__ = "impact_run"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    article: Mapped[str] = mapped_column(String(200))
    draft_version: Mapped[int] = mapped_column(Integer, default=0)
    snapshot: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(20), default="running")
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    result: Mapped[list[dict[str, Any]]] = mapped_column(JSON, deferred=True, default=list)
    by: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seconds: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (Index("ix_impact_run_article", "municipality", "article", "id"),)


class ChannelStateRow(Base):
    """The emergency banner and the kill switch of a channel (`web`, `line`, or `all`)."""

    __tablename__ = "channel_state"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    banner: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """language -> text, with "link" and "level"; empty when there is none."""
    banner_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    switched_off: Mapped[bool] = mapped_column(default=False)
    off_reason: Mapped[str] = mapped_column(String(300), default="")
    changed_by: Mapped[str] = mapped_column(String(100), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
