"""The second factor of a log-in: taken up, asked for, given up, and reset by a colleague.

Its secret is encrypted at rest, its recovery codes are hashed like passwords (factor_codes.py). Wrong codes count for
the lock-out of the account as wrong passwords do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

import authentication
import factor_codes
import passwords
from accounts import StaffRow
from authentication import AccountRefused, Member
from database import Database
from factor_codes import Vault


class CodeRefused(ValueError):
    """A code does not fit; `reason` is wrong_code or locked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Passed:
    """The second step was done: by an app's code, or by a recovery code of which `codes_left` remain."""

    member: Member
    by_recovery: bool
    codes_left: int


def enrol(database: Database, member: Member, secret: str, code: str, at: datetime, vault: Vault) -> tuple[Member, list[str]]:
    """Give the account this secret once a code proves that the app has it; ends its other sessions.

    Returns the member for the new session, and the recovery codes, to be shown once. Raises CodeRefused.
    """
    step = factor_codes.fitting_step(secret, code, at)
    if step is None:
        raise CodeRefused("wrong_code")
    drawn, hashes = factor_codes.drawn()
    with database.write() as session:
        row = authentication.find(session, member.municipality, member.id)
        row.totp_secret, row.totp_step, row.recovery_codes = vault.seal(secret), step, hashes
        row.session_version += 1
        authentication.audit(session, row.municipality, row.login, "factor.enrolled", {"staff": row.id})
        return authentication.member_of(row), drawn


def finish_log_in(database: Database, session_id: str, code: str, at: datetime, where: str, vault: Vault) -> Passed | None:
    """The second step of the log-in that `session_id` began; None for a wrong or used code and a closed or locked account.

    `where` is the address of the browser, for the audit trail.
    """
    begun = authentication.resume(database, session_id)
    if begun is None:
        return None
    used = _recovery_hash(database, begun, code)
    with database.write() as session:
        row = authentication.find(session, begun.municipality, begun.id)
        noted = {"staff": row.id, "address": where}
        if not row.active or row.session_version != begun.session_version or authentication.is_locked(row, at):
            authentication.audit(session, row.municipality, row.login, "login.refused", noted)
            return None
        if not _use(row, code, used, at, vault):
            authentication.count_failure(session, row, at, {**noted, "step": "code"})
            return None
        row.failed_logins, row.locked_until = 0, None
        by = "recovery_code" if used else "code"
        authentication.audit(session, row.municipality, row.login, "login", {**noted, "factor": by})
        return Passed(authentication.member_of(row), bool(used), len(row.recovery_codes))


def codes_left(session: Session, member: Member) -> int:
    """How many recovery codes are not used yet."""
    row = session.get(StaffRow, member.id)
    return len(row.recovery_codes) if row is not None else 0


def renew_codes(database: Database, member: Member, code: str, at: datetime, vault: Vault) -> list[str]:
    """New recovery codes for whoever proves the factor; the old ones are void. Raises CodeRefused."""
    drawn, hashes = factor_codes.drawn()

    def renew(session: Session, row: StaffRow) -> None:
        row.recovery_codes = hashes
        authentication.audit(session, row.municipality, row.login, "factor.codes_renewed", {"staff": row.id})

    _proven(database, member, code, at, vault, renew)
    return drawn


def prove(database: Database, member: Member, code: str, at: datetime, vault: Vault) -> None:
    """Use a code up to show that the factor is there, before it is replaced by that of a new telephone. Raises CodeRefused."""
    _proven(database, member, code, at, vault, lambda _session, _row: None)


def remove(database: Database, member: Member, code: str, at: datetime, vault: Vault) -> Member:
    """Go without a second factor, for whoever proves it; ends other sessions. Raises CodeRefused."""

    def clear(session: Session, row: StaffRow) -> None:
        _clear(row)
        authentication.audit(session, row.municipality, row.login, "factor.removed", {"staff": row.id})

    return _proven(database, member, code, at, vault, clear)


def reset(session: Session, municipality: str, staff: int, actor: str) -> StaffRow:
    """Take the factor of a colleague who has lost it; ends their sessions and their lock. Raises AccountRefused."""
    row = authentication.find(session, municipality, staff)
    if row.totp_secret is None:
        raise AccountRefused("no_factor")
    _clear(row)
    row.failed_logins, row.locked_until = 0, None
    authentication.audit(session, municipality, actor, "staff.factor_reset", {"staff": row.id, "login": row.login})
    return row


def _proven(
    database: Database, member: Member, code: str, at: datetime, vault: Vault, act: Callable[[Session, StaffRow], None]
) -> Member:
    """Do something within the transaction that uses up a fitting code. Raises CodeRefused."""
    used = _recovery_hash(database, member, code)
    with database.write() as session:
        row = authentication.find(session, member.municipality, member.id)
        if authentication.is_locked(row, at):
            reason = "locked"
        elif _use(row, code, used, at, vault):
            act(session, row)
            return authentication.member_of(row)
        else:
            reason = "wrong_code"
            authentication.count_failure(session, row, at, {"staff": row.id, "step": "code"})
    raise CodeRefused(reason)


def _use(row: StaffRow, code: str, recovery: str | None, at: datetime, vault: Vault) -> bool:
    """Use a code up if it fits: a time step counts once, a recovery code is struck off."""
    if row.totp_secret is None:
        return False
    if recovery is not None:
        left = [kept for kept in row.recovery_codes if kept != recovery]
        fits = len(left) < len(row.recovery_codes)
        row.recovery_codes = left
        return fits
    secret = vault.open(row.totp_secret)
    step = None if secret is None else factor_codes.fitting_step(secret, code, at, row.totp_step)
    if step is not None:
        row.totp_step = step
    return step is not None


def _recovery_hash(database: Database, member: Member, code: str) -> str | None:
    """The stored hash a recovery code fits. Outside any write transaction: hashing would keep the others waiting."""
    if not factor_codes.is_recovery(code):
        return None
    with database.read() as session:
        row = session.get(StaffRow, member.id)
        hashes = list(row.recovery_codes) if row is not None else []
    return next((one for one in hashes if passwords.matches(one, factor_codes.plain(code))), None)


def _clear(row: StaffRow) -> None:
    row.totp_secret = row.totp_step = None
    row.recovery_codes = []
    row.session_version += 1
