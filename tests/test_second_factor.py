"""The second factor: codes that fit once, clocks that drift, recovery codes, the lock-out; on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

import account_commands
import authentication
import factor_codes
import passwords
import second_factor
from accounts import AuditRow, Role, StaffRow
from authentication import LOCKED_FOR, MAX_FAILURES, AccountRefused, Member
from database import Database
from factor_codes import Vault
from knowledge.tables import MunicipalityRow
from second_factor import CodeRefused, Passed
from settings import load_settings

TOWN, OTHER = "990019", "990027"
AT = datetime(2026, 11, 24, 1, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)
VAULT = Vault("a secret key of this installation")
PASSWORD = "青い 電車と みかん 42"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""「12345678901234567890」 of RFC 6238, appendix B."""


@pytest.fixture
def sato(database: Database) -> Member:
    """A member of staff without a second factor."""
    with database.write() as session:
        session.add_all([MunicipalityRow(code=TOWN, name="みどり野市"), MunicipalityRow(code=OTHER, name="あおば町")])
        session.flush()
        authentication.create_staff(session, TOWN, "sato", "佐藤 花子", Role.AGENT, password=PASSWORD)
    member = authentication.authenticate(database, TOWN, "sato", PASSWORD, AT)
    assert member is not None
    return member


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET).at(at)


def enrolled(database: Database, member: Member, at: datetime = AT) -> tuple[Member, list[str]]:
    return second_factor.enrol(database, member, SECRET, code(at), at, VAULT)


def first_step(database: Database, at: datetime = AT) -> str:
    member = authentication.authenticate(database, TOWN, "sato", PASSWORD, at)
    assert member is not None
    assert member.second_factor
    return member.get_id()


def second_step(database: Database, typed: str, at: datetime) -> Passed | None:
    return second_factor.finish_log_in(database, first_step(database, at), typed, at, "192.0.2.7", VAULT)


def row_of(database: Database) -> StaffRow:
    with database.read() as session:
        return session.scalars(select(StaffRow).where(StaffRow.login == "sato")).one()


def trail(database: Database) -> list[AuditRow]:
    with database.read() as session:
        return list(session.scalars(select(AuditRow).order_by(AuditRow.id)))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_rfc(seconds: int, expected: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert factor_codes.fitting_step(SECRET, expected, at) == seconds // 30


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, fits: bool) -> None:
    assert (factor_codes.fitting_step(SECRET, code(AT + steps * STEP), AT) is not None) == fits


def test_a_code_is_read_with_spaces_and_in_full_width_digits() -> None:
    typed = f"{code(AT)[:3]} {code(AT)[3:]}".translate({n + 48: n + 0xFF10 for n in range(10)})
    assert factor_codes.fitting_step(SECRET, typed, AT) is not None


def test_a_secret_is_stored_encrypted_and_opens_with_its_own_key_only(database: Database, sato: Member) -> None:
    enrolled(database, sato)
    sealed = row_of(database).totp_secret
    assert sealed is not None
    assert SECRET not in sealed
    assert (VAULT.open(sealed), Vault("another key").open(sealed)) == (SECRET, None)
    assert len(sealed) <= StaffRow.__table__.c.totp_secret.type.length  # type: ignore[attr-defined]


def test_setting_up_needs_a_code_and_ends_other_sessions(database: Database, sato: Member) -> None:
    with pytest.raises(CodeRefused, match="wrong_code"):
        second_factor.enrol(database, sato, SECRET, "000000", AT, VAULT)
    assert row_of(database).totp_secret is None
    renewed, codes = enrolled(database, sato)
    assert authentication.resume(database, sato.get_id()) is None
    assert authentication.resume(database, renewed.get_id()) == renewed
    assert renewed.second_factor
    assert len(set(codes)) == factor_codes.RECOVERY_CODES
    assert all(hashed.startswith("$argon2id$") for hashed in row_of(database).recovery_codes)
    assert trail(database)[-1].action == "factor.enrolled"


def test_a_log_in_is_complete_after_the_code_only(database: Database, sato: Member) -> None:
    enrolled(database, sato)
    later = AT + 2 * STEP
    passed = second_step(database, code(later), later)
    assert passed is not None
    assert (passed.member.login, passed.by_recovery) == ("sato", False)
    assert [row.action for row in trail(database)][-2:] == ["login.first_step", "login"]
    assert trail(database)[-1].detail["factor"] == "code"


def test_a_code_works_once_and_an_older_one_not_at_all(database: Database, sato: Member) -> None:
    enrolled(database, sato)
    assert second_step(database, code(AT), AT) is None  # used to set it up
    later = AT + 3 * STEP
    assert second_step(database, code(later), later) is not None
    assert second_step(database, code(later), later) is None
    assert second_step(database, code(later - STEP), later) is None
    assert second_step(database, code(later + STEP), later) is not None


def test_of_two_browsers_that_send_the_same_code_one_enters(database: Database, sato: Member) -> None:
    enrolled(database, sato)
    later = AT + 2 * STEP
    begun = first_step(database, later)

    def finish(_: int) -> bool:
        return second_factor.finish_log_in(database, begun, code(later), later, "", VAULT) is not None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(finish, range(4))) == [False, False, False, True]


def test_a_recovery_code_works_once(database: Database, sato: Member) -> None:
    _, codes = enrolled(database, sato)
    typed = codes[3].upper().replace("-", " ")
    passed = second_step(database, typed, AT)
    assert passed is not None
    assert (passed.by_recovery, passed.codes_left) == (True, 9)
    assert second_step(database, typed, AT) is None
    assert second_step(database, codes[4], AT) is not None


def test_of_two_browsers_that_send_the_same_recovery_code_one_enters(database: Database, sato: Member) -> None:
    _, codes = enrolled(database, sato)
    begun = first_step(database)
    with ThreadPoolExecutor(2) as pool:
        finished = list(pool.map(lambda _: second_factor.finish_log_in(database, begun, codes[0], AT, "", VAULT), range(2)))
    assert [one is None for one in finished].count(True) == 1


def test_wrong_codes_lock_the_account_even_when_the_password_is_typed_between(database: Database, sato: Member) -> None:
    enrolled(database, sato)
    begun = first_step(database)
    for _ in range(MAX_FAILURES):
        assert second_step(database, "000000", AT) is None
    assert authentication.authenticate(database, TOWN, "sato", PASSWORD, AT) is None
    later = AT + 3 * STEP
    assert second_factor.finish_log_in(database, begun, code(later), later, "", VAULT) is None
    open_again = AT + LOCKED_FOR + STEP
    assert second_step(database, code(open_again), open_again) is not None
    assert "login.locked" in [row.action for row in trail(database)]


def test_a_completed_log_in_starts_the_count_again(database: Database, sato: Member) -> None:
    enrolled(database, sato)
    for part in (1, 2):
        for _ in range(MAX_FAILURES - 1):
            second_step(database, "000000", AT)
        later = AT + 3 * part * STEP
        assert second_step(database, code(later), later) is not None


def test_a_log_in_begun_before_the_account_was_closed_or_changed_does_not_finish(database: Database, sato: Member) -> None:
    enrolled(database, sato)
    later = AT + 2 * STEP
    begun = first_step(database, later)
    with database.write() as session:
        authentication.create_staff(session, TOWN, "admin", "管理者", Role.ADMINISTRATOR)
        authentication.deactivate(session, TOWN, sato.id, "admin")
    assert second_factor.finish_log_in(database, begun, code(later), later, "", VAULT) is None
    assert second_factor.finish_log_in(database, "", code(later), later, "", VAULT) is None


def test_without_its_key_the_app_is_of_no_use_and_a_recovery_code_is(database: Database, sato: Member) -> None:
    _, codes = enrolled(database, sato)
    lost, later = Vault("a new key"), AT + 2 * STEP
    begun = first_step(database, later)
    assert second_factor.finish_log_in(database, begun, code(later), later, "", lost) is None
    assert second_factor.finish_log_in(database, begun, codes[0], later, "", lost) is not None


def test_new_recovery_codes_need_a_code_and_void_the_old_ones(database: Database, sato: Member) -> None:
    member, old = enrolled(database, sato)
    later = AT + 2 * STEP
    with pytest.raises(CodeRefused, match="wrong_code"):
        second_factor.renew_codes(database, member, "000000", later, VAULT)
    new = second_factor.renew_codes(database, member, code(later), later, VAULT)
    assert not set(new) & set(old)
    assert second_step(database, old[0], later) is None
    assert second_step(database, new[0], later) is not None


def test_going_without_needs_a_code_and_ends_other_sessions(database: Database, sato: Member) -> None:
    member, codes = enrolled(database, sato)
    with pytest.raises(CodeRefused, match="wrong_code"):
        second_factor.remove(database, member, code(AT), AT, VAULT)  # used already
    renewed = second_factor.remove(database, member, codes[0], AT, VAULT)
    assert (renewed.second_factor, row_of(database).totp_secret, row_of(database).recovery_codes) == (False, None, [])
    assert authentication.resume(database, member.get_id()) is None


def test_guesses_in_an_open_session_are_counted_too(database: Database, sato: Member) -> None:
    member, codes = enrolled(database, sato)
    for _ in range(MAX_FAILURES):
        with pytest.raises(CodeRefused, match="wrong_code"):
            second_factor.remove(database, member, "000000", AT, VAULT)
    with pytest.raises(CodeRefused, match="locked"):
        second_factor.remove(database, member, codes[0], AT, VAULT)
    assert row_of(database).totp_secret is not None


def test_an_administrator_takes_a_lost_factor_and_of_the_own_town_only(database: Database, sato: Member) -> None:
    member, _ = enrolled(database, sato)
    with pytest.raises(AccountRefused, match="unknown"), database.write() as session:
        second_factor.reset(session, OTHER, sato.id, "admin")
    with database.write() as session:
        second_factor.reset(session, TOWN, sato.id, "admin")
    assert authentication.resume(database, member.get_id()) is None
    entered = authentication.authenticate(database, TOWN, "sato", PASSWORD, AT)
    assert entered is not None
    assert not entered.second_factor
    with pytest.raises(AccountRefused, match="no_factor"), database.write() as session:
        second_factor.reset(session, TOWN, sato.id, "admin")


def test_neither_secret_nor_codes_are_in_the_audit_trail(database: Database, sato: Member) -> None:
    _, codes = enrolled(database, sato)
    second_step(database, codes[0], AT)
    second_step(database, "123456", AT)
    told = repr([(row.action, row.detail) for row in trail(database)])
    assert not any(secret in told for secret in (SECRET, "123456", *codes, *map(factor_codes.plain, codes)))


def test_recovery_codes_are_hashed_outside_any_transaction(
    database: Database, sato: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = enrolled(database, sato)
    begun = first_step(database)
    real = passwords.matches

    def while_others_write(password_hash: str, password: str) -> bool:
        with database.write() as session:
            session.get_one(StaffRow, sato.id, with_for_update=True)
        return real(password_hash, password)

    monkeypatch.setattr(passwords, "matches", while_others_write)
    assert second_factor.finish_log_in(database, begun, codes[0], AT, "", VAULT) is not None


def test_the_command_line_takes_a_lost_factor_too(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(load_settings().resolved_database_url)
    database.upgrade()
    with database.write() as session:
        session.add(MunicipalityRow(code=TOWN, name="みどり野市"))
        session.flush()
        authentication.create_staff(session, TOWN, "sato", "佐藤 花子", Role.ADMINISTRATOR, password=PASSWORD)
    member = authentication.authenticate(database, TOWN, "sato", PASSWORD, AT)
    assert member is not None
    enrolled(database, member)
    assert account_commands.main(["reset-factor", "SATO"]) == 0
    assert row_of(database).totp_secret is None
    assert account_commands.main(["reset-factor", "sato"]) == 1
    assert account_commands.main(["reset-factor", "nobody"]) == 1
    assert "no second factor" in capsys.readouterr().err
    database.dispose()
