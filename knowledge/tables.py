"""Tables of approved knowledge. Every row names its municipality."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, UtcDateTime, now


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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)

    __table_args__ = (Index("ix_article_municipality_state", "municipality", "state"),)


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
