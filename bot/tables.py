"""Tables of conversations and hand-overs. Text is stored masked only; every row names its municipality."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
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
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (Index("ix_handoff_municipality_state", "municipality", "state", "requested_at"),)


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
