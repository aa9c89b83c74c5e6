"""Tables of approved knowledge. Every row names its municipality."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, UtcDateTime, now
from knowledge.articles import text_digest

_COUNTED_FROM = 1_735_689_600
"""1 January 2025, in seconds since 1970."""


def later_version(version: int | None) -> int:
    """The next version of a row that may be deleted and made anew: never one that a form of the old row could hold."""
    return max((version or 0) + 1, int(time.time()) - _COUNTED_FROM)


class MunicipalityRow(Base):
    __tablename__ = "municipality"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    kana: Mapped[str] = mapped_column(String(200), default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    reception: Mapped[str] = mapped_column(String(50), default="")
    closed_days: Mapped[list[str]] = mapped_column(JSON, default=list)
    uses_shared_base: Mapped[bool] = mapped_column(default=False)
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)


class DepartmentRow(Base):
    __tablename__ = "department"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    key: Mapped[str] = mapped_column(String(50), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(30), default="")
    location: Mapped[str] = mapped_column(String(200), default="")
    hours: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)


class ArticleRow(Base):
    __tablename__ = "article"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(100), default="")
    department: Mapped[str] = mapped_column(String(50), default="")
    audience: Mapped[str] = mapped_column(String(20), default="public")
    language: Mapped[str] = mapped_column(String(20), default="ja")
    alternatives: Mapped[list[str]] = mapped_column(JSON, default=list)
    procedure: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    source_url: Mapped[str] = mapped_column(String(1000), default="")
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    last_checked: Mapped[date | None]
    owner: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(20), default="draft")
    digest: Mapped[str] = mapped_column(String(64))
    text_digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Of title and body alone (knowledge.articles.text_digest), set whenever the row is stored: translations follow it."""
    review_on: Mapped[date | None]
    """The day on which somebody has to look whether it is still right."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)

    __table_args__ = (Index("ix_article_municipality_state", "municipality", "state"),)


@event.listens_for(ArticleRow, "before_insert")
@event.listens_for(ArticleRow, "before_update")
def _digest_text(_mapper: object, _connection: object, row: ArticleRow) -> None:
    """However an article comes to be stored, its translations are out of date exactly when its words have changed."""
    row.text_digest = text_digest(row.title, row.body)


class ArticleDraftRow(Base):
    """The working copy of an article, one at most: what staff write, review and approve while residents get the old text.

    `content` is knowledge.articles.to_json. `state`: draft, review or approved; `publish_at` lets an approved one wait.
    """

    __tablename__ = "article_draft"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    article: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    base_digest: Mapped[str] = mapped_column(String(64), default="")
    edited_by: Mapped[str] = mapped_column(String(100), default="")
    submitted_by: Mapped[str] = mapped_column(String(100), default="")
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[str] = mapped_column(String(100), default="")
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Where it came from, such as {"kind": "handoff", "id": 12}; empty when somebody just began to write."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": later_version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (Index("ix_article_draft_municipality_state", "municipality", "state"),)


class ArticleRevisionRow(Base):
    """What an article said each time residents' text or its state changed, never edited afterwards."""

    __tablename__ = "article_revision"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    article: Mapped[str] = mapped_column(String(200))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20))
    edited_by: Mapped[str] = mapped_column(String(100), default="")
    approved_by: Mapped[str] = mapped_column(String(100), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (UniqueConstraint("municipality", "article", "number"),)


class ArticleCommentRow(Base):
    """A remark of staff about an article, for staff only."""

    __tablename__ = "article_comment"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    article: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    settled_by: Mapped[str] = mapped_column(String(100), default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_article_comment_article", "municipality", "article"),)


class AttachmentRow(Base):
    """A file that belongs to an article, such as a form to print. `size` in bytes, `sha256` in hex."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    article: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (Index("ix_attachment_article", "municipality", "article"),)


class ArticleTranslationRow(Base):
    """An article in another language or in plain Japanese (`yasashii`); shown once a person has approved it.

    `of_digest` is article.text_digest of the Japanese text it was made from: when that changes, it is out of date.
    """

    __tablename__ = "article_translation"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    article: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    of_digest: Mapped[str] = mapped_column(String(64), default="")
    edited_by: Mapped[str] = mapped_column(String(100), default="")
    approved_by: Mapped[str] = mapped_column(String(100), default="")
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary


class ImportJobRow(Base):
    """A file or web site being brought in: kept as it came, previewed, then turned into drafts, and undone if need be.

    `state`: uploaded, reading, previewed, applying, applied, undoing, undone or failed. `plan`: what the columns stand
    for; `report`: what was read, notes about the whole of it and, when it failed, why. Its rows are in ImportRowRow.
    """

    __tablename__ = "import_job"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    name: Mapped[str] = mapped_column(String(300))
    format: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="uploaded")
    original: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, default=b"")
    plan: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    progress: Mapped[str] = mapped_column(String(100), default="")
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
    __table_args__ = (Index("ix_import_job_municipality_at", "municipality", "at"),)


class ImportRowRow(Base):
    """One row of what is brought in, counted from 1 in the order it was read.

    `given`: its values by column; `problem`: why it cannot become an article, empty when it can; `notes`: what to know.
    `outcome`: created, changed, unchanged or error, as the preview says; `base`: digest of what it would change.
    `result`: empty until it is applied, then saved or kept (somebody changed the article meanwhile), after an undo
    removed or left. `before`: the working copy that was there, to bring back.
    """

    __tablename__ = "import_row"

    job: Mapped[int] = mapped_column(ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(String(400))
    given: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    problem: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    notes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    article: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[str] = mapped_column(String(20), default="error")
    base: Mapped[str] = mapped_column(String(64), default="")
    wanted: Mapped[bool] = mapped_column(default=False)
    result: Mapped[str] = mapped_column(String(20), default="")
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index("ix_import_row_job_outcome", "job", "outcome"),)


class WasteTableRow(Base):
    """The whole sorting table and calendar of a municipality, as knowledge.waste reads and writes it."""

    __tablename__ = "waste_table"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    table: Mapped[dict[str, Any]] = mapped_column("content", JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


class SynonymGroupRow(Base):
    """A municipality's own residents' words for an official word, or its decision on a group of the shared base."""

    __tablename__ = "synonym_group"

    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"), primary_key=True)
    official: Mapped[str] = mapped_column(String(40), primary_key=True)
    words: Mapped[list[str]] = mapped_column(JSON, default=list)
    note: Mapped[str] = mapped_column(String(300), default="")
    active: Mapped[bool] = mapped_column(default=True)
    changed_by: Mapped[str] = mapped_column(String(100), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy wants a plain dictionary
