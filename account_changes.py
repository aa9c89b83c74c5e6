"""Changes of an account by an administrator: name, role, department, e-mail; noted, and ending sessions where rights change."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

import authentication
from accounts import Role, StaffRow
from authentication import AccountRefused

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,63}")
"""As the HTML standard has it, with a domain of at least two parts; nothing that could end a line of a mail's head."""
_LONGEST_EMAIL = 254


class StaleAccount(Exception):
    """Somebody else has changed the account since the form was shown."""


@dataclass(frozen=True)
class Details:
    """What an administrator may change of an account."""

    name: str
    role: Role
    department: str
    email: str

    @property
    def mark(self) -> str:
        """A short hash that differs when anything differs."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


def details_of(row: StaffRow) -> Details:
    return Details(row.name, Role(row.role), row.department, row.email)


def change(session: Session, municipality: str, staff: int, seen: str, new: Details, actor: str) -> StaffRow:
    """Store `new` where the account still is what `seen`, the mark of a form, says; a new role or department ends sessions.

    Raises AccountRefused (unknown, bad_name, bad_email, unknown_department, last_administrator) and StaleAccount.
    """
    only = new.role != Role.ADMINISTRATOR and authentication.is_last_administrator(session, municipality, staff)
    row = authentication.find(session, municipality, staff)
    old = details_of(row)
    if old.mark != seen:
        raise StaleAccount
    if only:
        raise AccountRefused("last_administrator")
    authentication.check_name(new.name)
    check_email(new.email)
    if new.department != old.department:
        authentication.check_department(session, municipality, new.department)
    changed = [field for field, value in asdict(old).items() if value != asdict(new)[field]]
    if not changed:
        return row
    row.name, row.role, row.department, row.email = new.name, new.role.value, new.department, new.email
    if {"role", "department"} & set(changed):
        row.session_version += 1
    authentication.audit(session, municipality, actor, "staff.changed", _told(row, old, new, changed))
    return row


def _told(row: StaffRow, old: Details, new: Details, changed: list[str]) -> dict[str, object]:
    # Names and addresses of staff stay out of a trail that is kept for ever; rights belong into it.
    told: dict[str, object] = {"staff": row.id, "login": row.login, "changed": changed}
    if "role" in changed:
        told |= {"role_before": old.role.value, "role": new.role.value}
    if "department" in changed:
        told |= {"department_before": old.department, "department": new.department}
    return told


def unlink(session: Session, municipality: str, staff: int, actor: str) -> StaffRow:
    """Let the single sign-on forget whom it belongs to; ends sessions. Raises AccountRefused."""
    row = authentication.find(session, municipality, staff)
    if row.oidc_subject is None:
        raise AccountRefused("not_linked")
    row.oidc_subject = None
    row.session_version += 1
    authentication.audit(session, municipality, actor, "staff.unlinked", {"staff": row.id, "login": row.login})
    return row


def plain_email(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).strip()


def check_email(email: str) -> None:
    """Raises AccountRefused bad_email; none at all is fine."""
    if email and (len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email)):
        raise AccountRefused("bad_email")
