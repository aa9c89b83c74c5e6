"""Tables of what is counted about questions. They outlive the conversations, so they hold no word of anybody."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import BigId
from database import Base


class QuestionFactRow(Base):
    """One question the desk replied to, without its words; `day` and `hour` are the municipality's local ones.

    `conversation` and `message` (the reply) tie it to its conversation while that exists and are NULL afterwards.
    `topic`: category of the article answered from, else of the one that came nearest; `article`: the one answered from.
    `first`: it began its conversation. `settling`: whether it was abandoned is not known yet. `again`: the resident came
    back to the topic, or asked for a person, after it was answered.
    """

    __tablename__ = "question_fact"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    conversation: Mapped[str | None] = mapped_column(ForeignKey("conversation.id", ondelete="SET NULL"))
    message: Mapped[int | None] = mapped_column(BigInteger)
    day: Mapped[date]
    hour: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str] = mapped_column(String(100), default="")
    article: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(10))
    probability: Mapped[float | None]
    ms: Mapped[float | None]
    """Wall time of all steps in milliseconds."""
    first: Mapped[bool] = mapped_column(default=False)
    resolved: Mapped[bool | None]
    handed_over: Mapped[bool] = mapped_column(default=False)
    settling: Mapped[bool] = mapped_column(default=False)
    abandoned: Mapped[bool | None]
    again: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_question_fact_day", "municipality", "day"),
        Index("ix_question_fact_message", "message", unique=True),
        Index("ix_question_fact_conversation", "conversation", "id"),
        Index(
            "ix_question_fact_settling", "message", sqlite_where=text("settling = 1"), postgresql_where=text("settling")
        ),
    )  # fmt: skip


class HandoffFactRow(Base):
    """One hand-over, without its words. `handoff` is NULL once the conversation is erased.

    `waiting`: minutes from the request until somebody took it; `closing`: until it was finished. `rating`: 1 to 5.
    """

    __tablename__ = "handoff_fact"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    handoff: Mapped[int | None] = mapped_column(BigInteger)
    day: Mapped[date]
    hour: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(20))
    waiting: Mapped[float | None]
    closing: Mapped[float | None]
    rating: Mapped[int | None]

    __table_args__ = (
        Index("ix_handoff_fact_day", "municipality", "day"),
        Index("ix_handoff_fact_handoff", "handoff", unique=True),
    )


class FactChangeRow(Base):
    """A day whose facts have changed since it was counted up; written with the change, deleted with the counting."""

    __tablename__ = "fact_change"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    day: Mapped[date]


class QuestionDayRow(Base):
    """The facts of a day counted up. `could_abandon`: those of which it is known; `judged`: answers with a word of the resident."""

    __tablename__ = "question_day"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    topic: Mapped[str] = mapped_column(String(100), primary_key=True)
    questions: Mapped[int]
    conversations: Mapped[int]
    answered: Mapped[int]
    asked_back: Mapped[int]
    unanswered: Mapped[int]
    handed_over: Mapped[int]
    judged: Mapped[int]
    resolved: Mapped[int]
    could_abandon: Mapped[int]
    abandoned: Mapped[int]
    again: Mapped[int]


class ArticleWeekRow(Base):
    """The answers of a week (`week` is its Monday) counted up by article."""

    __tablename__ = "article_week"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    topic: Mapped[str] = mapped_column(String(100), primary_key=True)
    article: Mapped[str] = mapped_column(String(200), primary_key=True)
    answered: Mapped[int]
    judged: Mapped[int]
    resolved: Mapped[int]
    again: Mapped[int]
