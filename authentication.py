"""Who may enter: staff accounts made, reset and closed, log-ins checked and locked, everything noted in the audit trail.

Functions that take a session work inside the caller's transaction. Each names the municipality, so an account of
another one is never found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import audit_trail
import passwords
from accounts import Role, StaffRow
from database import Database
from settings import Settings

MAX_FAILURES = 10
LOCKED_FOR = timedelta(minutes=15)
"""After MAX_FAILURES wrong passwords in a row nobody enters under that login for this long."""
FIRST_LOGIN = "admin"

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,99}")


class AccountRefused(ValueError):
    """An account cannot be made or changed so; `reason` names an entry account_<reason> of the console's texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Member:
    """A member of staff who is logged in. `session_version` is that of the session: another one ends it."""

    id: int
    municipality: str
    login: str
    name: str
    role: Role
    department: str
    must_change_password: bool
    session_version: int
    second_factor: bool = False
    """Whether a log-in needs a code besides the password."""
    has_password: bool = True
    """False for somebody who only ever enters by single sign-on."""
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def may(self, *roles: Role) -> bool:
        """Whether one of these roles is held; an administrator holds all."""
        return self.role == Role.ADMINISTRATOR or self.role in roles

    def get_id(self) -> str:
        """What the session cookie keeps (Flask-Login)."""
        return f"{self.id}:{self.session_version}"


def audit(session: Session, municipality: str, actor: str, action: str, detail: Mapping[str, Any] | None = None) -> None:
    """Note who did what, written when the transaction commits; `detail` holds neither a resident's words nor a secret."""
    audit_trail.note(session, municipality, actor, action, detail)


def create_staff(
    session: Session,
    municipality: str,
    login: str,
    name: str,
    role: Role,
    department: str = "",
    password: str | None = None,
    *,
    actor: str = "system",
    email: str = "",
) -> str:
    """Make an account; returns its one-time password, to be shown once. It is changed at the first log-in.

    `password` replaces the drawn one. Raises AccountRefused, or PasswordRefused for a given password.
    """
    login = unicodedata.normalize("NFKC", login).strip().lower()
    name = name.strip()
    _check_account(session, municipality, login, name, department)
    if password is not None:
        passwords.check(password, login, name)
    chosen = password if password is not None else passwords.one_time()
    row = StaffRow(
        municipality=municipality,
        login=login,
        name=name,
        role=role.value,
        department=department,
        password_hash=passwords.hashed(chosen),
        email=email,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise AccountRefused("login_taken") from error
    audit(session, municipality, actor, "staff.created", {"staff": row.id, "login": login, "role": role.value})
    return chosen


def ensure_first_administrator(database: Database, settings: Settings, municipality: str) -> str | None:
    """Make the account `admin` when the municipality has no staff yet; its one-time password, or None when it has.

    The password is returned this once and kept only hashed: whoever starts the desk prints it. Lost, it is replaced
    by `python -m accounts reset admin`. Raises AccountRefused when there is no such municipality.
    """
    with database.write() as session:
        if session.scalar(select(exists().where(StaffRow.municipality == municipality))):
            return None
        try:
            return create_staff(session, municipality, FIRST_LOGIN, "管理者", Role.ADMINISTRATOR)
        except AccountRefused as refused:
            if refused.reason == "login_taken":  # another process was faster
                return None
            raise


def authenticate(
    database: Database, municipality: str, login: str, password: str, at: datetime, address: str = ""
) -> Member | None:
    """The member of staff, or None for an unknown login, a wrong password, a closed account or one locked at `at`.

    Whoever has a second factor has not entered yet: second_factor.finish_log_in comes after it. Takes about the same time in each case, and the caller says the same in each. `address` goes to the audit trail.
    """
    login = unicodedata.normalize("NFKC", login).strip().lower()
    with database.read() as session:
        found = session.scalar(select(StaffRow).where(StaffRow.municipality == municipality, StaffRow.login == login))
    if found is None or not found.password_hash:  # single sign-on only
        passwords.matches_nothing(password)
        _note_unknown(database, municipality, address)
        return None
    # Hashing takes tens of milliseconds; it happens outside the transaction, which would keep every other writer waiting.
    fits = passwords.matches(found.password_hash, password)
    rehashed = passwords.hashed(password) if fits and passwords.is_outdated(found.password_hash) else None
    with database.write() as session:
        row = session.get(StaffRow, found.id, with_for_update=True)
        if row is None:
            return None
        fits = fits and row.password_hash == found.password_hash
        if rehashed is not None and fits:
            row.password_hash = rehashed
        return _judged(session, row, fits, at, address)


def _judged(session: Session, row: StaffRow, fits: bool, at: datetime, address: str) -> Member | None:
    detail = {"staff": row.id, "address": address}
    if not row.active or is_locked(row, at):
        audit(session, row.municipality, row.login, "login.refused", detail)
        return None
    if not fits:
        count_failure(session, row, at, detail)
    elif row.totp_secret is not None:
        # The count goes on: whoever knows the password must not get ten guesses at the code each time they type it.
        audit(session, row.municipality, row.login, "login.first_step", detail)
    else:
        row.failed_logins, row.locked_until = 0, None
        audit(session, row.municipality, row.login, "login", detail)
    return member_of(row) if fits else None


def is_locked(row: StaffRow, at: datetime) -> bool:
    """Whether too many wrong passwords or codes keep everybody out of this account at `at`."""
    return row.locked_until is not None and row.locked_until > at


def count_failure(session: Session, row: StaffRow, at: datetime, detail: Mapping[str, Any]) -> None:
    """Count a wrong password or code; after MAX_FAILURES in a row the account is locked for LOCKED_FOR."""
    row.failed_logins += 1
    audit(session, row.municipality, row.login, "login.failed", detail)
    if row.failed_logins >= MAX_FAILURES:
        row.failed_logins, row.locked_until = 0, at + LOCKED_FOR
        audit(session, row.municipality, row.login, "login.locked", detail)


def _note_unknown(database: Database, municipality: str, address: str) -> None:
    # What was typed is not kept: people type their password into the wrong field.
    with database.write() as session:
        if _municipality_exists(session, municipality):
            audit(session, municipality, "unknown", "login.failed", {"address": address})


def resume(database: Database, session_id: str) -> Member | None:
    """The member a session belongs to; None once the account is closed or its sessions were ended."""
    staff, _, version = session_id.partition(":")
    if not (staff.isdecimal() and version.isdecimal()):
        return None
    with database.read() as session:
        row = session.get(StaffRow, int(staff))
        return member_of(row) if row is not None and row.active and row.session_version == int(version) else None


def change_password(session: Session, member: Member, current: str, new: str) -> Member:
    """Set an own password and end every session; returns the member for the new one.

    Raises PasswordRefused, and AccountRefused `wrong_password` when `current` is not the password.
    """
    row = find(session, member.municipality, member.id)
    if not passwords.matches(row.password_hash, current):
        raise AccountRefused("wrong_password")
    passwords.check(new, row.login, row.name)
    if passwords.matches(row.password_hash, new):
        raise passwords.PasswordRefused("unchanged")
    row.password_hash = passwords.hashed(new)
    row.must_change_password = False
    row.session_version += 1
    audit(session, row.municipality, row.login, "password.changed", {"staff": row.id})
    return member_of(row)


def end_sessions(session: Session, member: Member) -> None:
    """Log out everywhere."""
    row = find(session, member.municipality, member.id)
    row.session_version += 1
    audit(session, row.municipality, row.login, "logout.everywhere", {"staff": row.id})


def reset_password(session: Session, municipality: str, staff: int, actor: str) -> str:
    """A new one-time password, also for a closed account, which it opens again; ends its sessions and its lock.

    Raises AccountRefused.
    """
    row = find(session, municipality, staff)
    password = passwords.one_time()
    row.password_hash = passwords.hashed(password)
    row.must_change_password = row.active = True
    row.failed_logins, row.locked_until = 0, None
    row.session_version += 1
    audit(session, municipality, actor, "staff.reset", {"staff": row.id, "login": row.login})
    return password


def deactivate(session: Session, municipality: str, staff: int, actor: str) -> StaffRow:
    """Close an account and end its sessions. Raises AccountRefused, also for the last open administrator."""
    last = is_last_administrator(session, municipality, staff)
    row = find(session, municipality, staff)
    if last:
        raise AccountRefused("last_administrator")
    row.active = False
    row.session_version += 1
    audit(session, municipality, actor, "staff.deactivated", {"staff": row.id, "login": row.login})
    return row


def is_last_administrator(session: Session, municipality: str, staff: int) -> bool:
    """Whether this is the only open administrator; all of them are held, so that two cannot take each other's place."""
    administrators = session.scalars(
        select(StaffRow)
        .where(StaffRow.municipality == municipality, StaffRow.role == Role.ADMINISTRATOR, StaffRow.active)
        .order_by(StaffRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return [administrator.id for administrator in administrators] == [staff]


def find(session: Session, municipality: str, staff: int) -> StaffRow:
    """The account, held until the transaction ends. Raises AccountRefused when this municipality has none with this id."""
    query = select(StaffRow).where(StaffRow.municipality == municipality, StaffRow.id == staff).with_for_update()
    row = session.scalar(query)
    if row is None:
        raise AccountRefused("unknown")
    return row


def staff_of(session: Session, municipality: str) -> list[StaffRow]:
    """The accounts of a municipality, open ones first, by login."""
    query = select(StaffRow).where(StaffRow.municipality == municipality)
    return list(session.scalars(query.order_by(StaffRow.active.desc(), StaffRow.login)))


def member_of(row: StaffRow) -> Member:
    return Member(
        id=row.id,
        municipality=row.municipality,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        department=row.department,
        must_change_password=row.must_change_password,
        session_version=row.session_version,
        second_factor=row.totp_secret is not None,
        has_password=bool(row.password_hash),
    )


def _check_account(session: Session, municipality: str, login: str, name: str, department: str) -> None:
    if not _LOGIN.fullmatch(login):
        raise AccountRefused("bad_login")
    check_name(name)
    if not _municipality_exists(session, municipality):
        raise AccountRefused("unknown_municipality")
    check_department(session, municipality, department)


def check_name(name: str) -> None:
    """Raises AccountRefused bad_name."""
    if not name or len(name) > 100:
        raise AccountRefused("bad_name")


def check_department(session: Session, municipality: str, department: str) -> None:
    """Raises AccountRefused unknown_department; none at all is fine."""
    # By SQL: the tables of knowledge lie above this module.
    known = text("SELECT 1 FROM department WHERE municipality = :code AND key = :key")
    if department and session.execute(known, {"code": municipality, "key": department}).first() is None:
        raise AccountRefused("unknown_department")


def _municipality_exists(session: Session, code: str) -> bool:
    return session.execute(text("SELECT 1 FROM municipality WHERE code = :code"), {"code": code}).first() is not None
