"""Tables of evaluation: question sets, runs, and what people scored. Every row names its municipality."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, UtcDateTime, now


class QuestionSetRow(Base):
    """One version of a set of questions; a `frozen` one never changes again, so that a run can name it.

    `digest` is the SHA-256 (hex) over its items in their order.
    """

    __tablename__ = "question_set"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    name: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    frozen: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str] = mapped_column(String(64), default="")
    made_by: Mapped[str] = mapped_column(String(100), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    lock: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (UniqueConstraint("municipality", "name", "version"),)


class QuestionItemRow(Base):
    """A question and what the desk has to do with it.

    As evaluation.items.Item: any article of `expected` answers it, with `all_needed` all are needed, with `hand_over` none. `must` and `must_not` are facts the
    answer has to contain or must not; `split` is tune or test and the same for all questions on one article.
    """

    __tablename__ = "question_item"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    question_set: Mapped[int] = mapped_column(ForeignKey("question_set.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text)
    conversation: Mapped[list[str]] = mapped_column(JSON, default=list)
    expected: Mapped[list[str]] = mapped_column(JSON, default=list)
    grades: Mapped[list[int]] = mapped_column(JSON, default=list)
    all_needed: Mapped[bool] = mapped_column(default=False)
    hand_over: Mapped[bool] = mapped_column(default=False)
    facets: Mapped[list[str]] = mapped_column(JSON, default=list)
    must: Mapped[list[str]] = mapped_column(JSON, default=list)
    must_not: Mapped[list[str]] = mapped_column(JSON, default=list)
    topic: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(20), default="ja")
    channel: Mapped[str] = mapped_column(String(20), default="web")
    source: Mapped[str] = mapped_column(String(200), default="")
    asked_on: Mapped[date | None]
    split: Mapped[str] = mapped_column(String(10), default="tune")
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (UniqueConstraint("question_set", "key"), Index("ix_question_item_set", "question_set", "id"))


class EvaluationRunRow(Base):
    """A run of the desk over a frozen set. `predictions` is the file below the instance folder; `scores` recompute from it.

    `state`: waiting, running, done or failed.
    """

    __tablename__ = "evaluation_run"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    name: Mapped[str] = mapped_column(String(100))
    question_set: Mapped[int] = mapped_column(ForeignKey("question_set.id"))
    configuration: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    snapshot: Mapped[str] = mapped_column(String(40), default="")
    code_version: Mapped[str] = mapped_column(String(64), default="")
    predictions: Mapped[str] = mapped_column(String(300), default="")
    scores: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    progress: Mapped[str] = mapped_column(String(100), default="")
    made_by: Mapped[str] = mapped_column(String(100), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_evaluation_run_municipality_made_at", "municipality", "made_at"),)


class RatingBatchRow(Base):
    """Answers put together for scoring by people. `kind`: rubric (one answer) or preference (two, which is better).

    `design` holds the sampling (strata, seed, source) and, for a preference, which configuration is which; no page shows
    the latter before the batch is closed. `state`: open or closed.
    """

    __tablename__ = "rating_batch"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    design: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="open")
    made_by: Mapped[str] = mapped_column(String(100), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RatingItemRow(Base):
    """One answer (or two) to be scored: masked words only. `hidden` holds what no rater may see, such as the system.

    `state`: open, disputed (two raters disagree: a third decides) or settled.
    """

    __tablename__ = "rating_item"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    batch: Mapped[int] = mapped_column(ForeignKey("rating_batch.id", ondelete="CASCADE"))
    place: Mapped[int]
    stratum: Mapped[str] = mapped_column(String(100), default="")
    question: Mapped[str] = mapped_column(Text)
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    hidden: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="open")
    final: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (UniqueConstraint("batch", "place"),)


class RatingRow(Base):
    """What one rater said of one item. `part`: first, second or third; a machine's rating has no `staff` and part judge."""

    __tablename__ = "rating"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    item: Mapped[int] = mapped_column(ForeignKey("rating_item.id", ondelete="CASCADE"))
    staff: Mapped[int | None]
    part: Mapped[str] = mapped_column(String(10))
    scores: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    comment: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[float | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (UniqueConstraint("item", "part"), UniqueConstraint("item", "staff"))
