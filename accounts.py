"""Staff accounts and the audit trail: tables shared by every console. authentication.py works on them.

`python -m accounts create|reset|list` manages accounts from the command line.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, UtcDateTime, now

if __name__ == "__main__":
    # Here, before the tables: run as a script this module would define them a second time.
    from account_commands import main

    raise SystemExit(main())


class Role(StrEnum):
    """What a member of staff may do. An administrator may do everything within the municipality; a viewer only reads."""

    VIEWER = "viewer"
    AGENT = "agent"
    EDITOR = "editor"
    APPROVER = "approver"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"


class StaffRow(Base):
    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    login: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    department: Mapped[str] = mapped_column(String(50), default="")
    password_hash: Mapped[str] = mapped_column(String(300))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    session_version: Mapped[int] = mapped_column(Integer, default=1)
    failed_logins: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    totp_secret: Mapped[str | None] = mapped_column(String(255))
    """Encrypted, see second_factor.py; None without a second factor."""
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    """The newest time step (30 s since 1970) a code was accepted for; no code works twice."""
    recovery_codes: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """Argon2 hashes of the codes not used yet."""
    oidc_subject: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (UniqueConstraint("municipality", "login"), UniqueConstraint("municipality", "oidc_subject"))


class AuditRow(Base):
    """Who did what and when; `detail` never holds a resident's words or a secret.

    `sequence` counts within the municipality; `hash` is the SHA-256 (hex) over this entry and `previous`, the hash
    before it. Rows from before the chain began have none. Only audit_trail.py adds entries, and the database itself
    refuses to change or delete one.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    municipality: Mapped[str] = mapped_column(ForeignKey("municipality.code"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(50))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    previous: Mapped[str] = mapped_column(String(64), default="", server_default="")
    hash: Mapped[str] = mapped_column(String(64), default="", server_default="")

    __table_args__ = (
        Index("ix_audit_municipality_at", "municipality", "at"),
        Index("ix_audit_municipality_actor_at", "municipality", "actor", "at"),
        Index("ix_audit_municipality_action_at", "municipality", "action", "at"),
        UniqueConstraint("municipality", "sequence"),
    )
