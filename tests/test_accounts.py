"""Staff accounts: passwords, lock-out, sessions and the audit trail, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import account_commands
import authentication
import passwords
from accounts import AuditRow, Role, StaffRow
from authentication import LOCKED_FOR, MAX_FAILURES, AccountRefused, Member
from database import Database
from knowledge.articles import Municipality
from knowledge.store import save_municipality
from knowledge.tables import DepartmentRow, MunicipalityRow
from passwords import PasswordRefused
from settings import ROOT, Settings, load_settings

TOWN, OTHER = "990019", "990027"
AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
GOOD = "青い 電車と みかん 42"


@pytest.fixture
def towns(database: Database) -> Database:
    with database.write() as session:
        session.add_all([MunicipalityRow(code=TOWN, name="みどり野市"), MunicipalityRow(code=OTHER, name="あおば町")])
        session.flush()
        session.add(DepartmentRow(municipality=TOWN, key="citizens", name="市民課"))
    return database


def created(database: Database, login: str = "sato", role: Role = Role.AGENT, town: str = TOWN) -> str:
    with database.write() as session:
        return authentication.create_staff(session, town, login, "佐藤 花子", role)


def entered(database: Database, login: str, password: str, at: datetime = AT, town: str = TOWN) -> Member | None:
    return authentication.authenticate(database, town, login, password, at, "192.0.2.7")


def stored(database: Database, login: str = "sato", town: str = TOWN) -> StaffRow:
    with database.read() as session:
        return session.scalars(select(StaffRow).where(StaffRow.municipality == town, StaffRow.login == login)).one()


def trail(database: Database, town: str = TOWN) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.municipality == town).order_by(AuditRow.id))
        return [(row.actor, row.action) for row in rows]


def test_a_new_account_enters_with_its_one_time_password_and_has_to_change_it(towns: Database) -> None:
    member = entered(towns, "sato", created(towns))
    assert member is not None
    assert (member.role, member.must_change_password, member.municipality) == (Role.AGENT, True, TOWN)
    assert trail(towns) == [("system", "staff.created"), ("sato", "login")]


def test_only_an_argon2id_hash_of_the_password_is_stored(towns: Database) -> None:
    password = created(towns)
    assert stored(towns).password_hash.startswith("$argon2id$")
    with towns.read() as session:
        everything = repr([row.detail for row in session.scalars(select(AuditRow))]) + stored(towns).password_hash
    assert password not in everything


def test_one_time_passwords_differ_and_pass_the_rules() -> None:
    drawn = {passwords.one_time() for _ in range(200)}
    assert len(drawn) == 200
    for password in drawn:
        passwords.check(password, "sato", "佐藤 花子")


def test_a_login_is_the_same_in_capitals_and_full_width_letters(towns: Database) -> None:
    password = created(towns, "Ｓａｔｏ")
    assert entered(towns, "SATO", password) is not None


def test_a_login_is_taken_once_in_a_municipality_and_free_in_the_next(towns: Database) -> None:
    created(towns)
    with pytest.raises(AccountRefused, match="login_taken"):
        created(towns)
    created(towns, town=OTHER)


@pytest.mark.parametrize(
    ("login", "name", "department", "town", "reason"),
    [
        ("", "佐藤", "", TOWN, "bad_login"),
        ("佐藤", "佐藤", "", TOWN, "bad_login"),
        ("a b", "佐藤", "", TOWN, "bad_login"),
        ("x" * 101, "佐藤", "", TOWN, "bad_login"),
        ("sato", "  ", "", TOWN, "bad_name"),
        ("sato", "佐" * 101, "", TOWN, "bad_name"),
        ("sato", "佐藤", "space-travel", TOWN, "unknown_department"),
        ("sato", "佐藤", "citizens", OTHER, "unknown_department"),
        ("sato", "佐藤", "", "123456", "unknown_municipality"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(
    towns: Database, login: str, name: str, department: str, town: str, reason: str
) -> None:
    with pytest.raises(AccountRefused, match=reason), towns.write() as session:
        authentication.create_staff(session, town, login, name, Role.AGENT, department)
    with towns.read() as session:
        assert session.scalars(select(StaffRow)).all() == []


def test_a_password_of_one_municipality_does_not_open_another(towns: Database) -> None:
    password = created(towns)
    created(towns, town=OTHER)
    assert entered(towns, "sato", password, town=OTHER) is None
    assert entered(towns, "sato", password) is not None


def test_ten_failures_lock_the_account_for_fifteen_minutes_even_with_the_right_password(towns: Database) -> None:
    password = created(towns)
    for _ in range(MAX_FAILURES):
        assert entered(towns, "sato", "wrong wrong wrong") is None
    assert entered(towns, "sato", password, AT + LOCKED_FOR - timedelta(seconds=1)) is None
    assert entered(towns, "sato", password, AT + LOCKED_FOR) is not None
    actions = [action for _, action in trail(towns)]
    assert actions.count("login.failed") == MAX_FAILURES
    assert actions[-3:] == ["login.locked", "login.refused", "login"]


def test_nine_failures_do_not_lock_and_a_log_in_starts_the_count_again(towns: Database) -> None:
    password = created(towns)
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            entered(towns, "sato", "wrong wrong wrong")
        assert entered(towns, "sato", password) is not None


def test_guesses_sent_at_the_same_time_are_all_counted(towns: Database) -> None:
    password = created(towns)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: entered(towns, "sato", "wrong wrong wrong"), range(MAX_FAILURES)))
    assert stored(towns).locked_until == AT + LOCKED_FOR
    assert entered(towns, "sato", password) is None


def test_an_unknown_login_costs_a_hash_like_a_known_one_and_is_not_written_down(
    towns: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(towns)
    verified: list[str] = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda h, p: verified.append(h) or real(h, p))
    assert entered(towns, "sato", "wrong wrong wrong") is None
    assert entered(towns, "my-own-password-typed-here", "x") is None
    assert len(verified) == 2
    assert [h.split("$")[3] for h in verified] == ["m=19456,t=2,p=1"] * 2
    assert trail(towns)[-1] == ("unknown", "login.failed")


def test_an_unknown_municipality_lets_nobody_in(towns: Database) -> None:
    password = created(towns)
    assert entered(towns, "sato", password, town="123456") is None


def test_a_closed_account_does_not_enter_and_its_session_ends(towns: Database) -> None:
    created(towns, "admin", Role.ADMINISTRATOR)
    password = created(towns)
    member = entered(towns, "sato", password)
    assert member is not None
    assert authentication.resume(towns, member.get_id()) == member
    with towns.write() as session:
        authentication.deactivate(session, TOWN, member.id, "admin")
    assert authentication.resume(towns, member.get_id()) is None
    assert entered(towns, "sato", password) is None
    assert trail(towns)[-2:] == [("admin", "staff.deactivated"), ("sato", "login.refused")]


def test_the_last_administrator_cannot_be_closed(towns: Database) -> None:
    created(towns, "admin", Role.ADMINISTRATOR)
    created(towns, "elsewhere", Role.ADMINISTRATOR, OTHER)
    with pytest.raises(AccountRefused, match="last_administrator"), towns.write() as session:
        authentication.deactivate(session, TOWN, stored(towns, "admin").id, "admin")
    assert stored(towns, "admin").active


def test_two_administrators_who_close_each_other_leave_one(towns: Database) -> None:
    for login in ("admin", "second"):
        created(towns, login, Role.ADMINISTRATOR)

    def close(login: str) -> bool:
        try:
            with towns.write() as session:
                authentication.deactivate(session, TOWN, stored(towns, login).id, "admin")
        except AccountRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(close, ("admin", "second"))) == [False, True]
    assert [stored(towns, login).active for login in ("admin", "second")].count(True) == 1


def test_a_changed_password_ends_every_other_session(towns: Database) -> None:
    one_time = created(towns)
    member = entered(towns, "sato", one_time)
    assert member is not None
    with towns.write() as session:
        renewed = authentication.change_password(session, member, one_time, GOOD)
    assert not renewed.must_change_password
    assert authentication.resume(towns, member.get_id()) is None
    assert authentication.resume(towns, renewed.get_id()) == renewed
    assert entered(towns, "sato", one_time) is None
    assert entered(towns, "sato", GOOD) is not None
    assert ("sato", "password.changed") in trail(towns)


def test_a_password_is_the_same_in_full_width_characters(towns: Database) -> None:
    one_time = created(towns)
    member = entered(towns, "sato", one_time)
    assert member is not None
    with towns.write() as session:
        authentication.change_password(session, member, one_time, "ｂｌｕｅ　ｔｒａｉｎ　２０２６")
    assert entered(towns, "sato", "blue train 2026") is not None


def test_without_the_current_password_nothing_is_changed(towns: Database) -> None:
    one_time = created(towns)
    member = entered(towns, "sato", one_time)
    assert member is not None
    with pytest.raises(AccountRefused, match="wrong_password"), towns.write() as session:
        authentication.change_password(session, member, "not it", GOOD)
    assert authentication.resume(towns, member.get_id()) == member


def test_logging_out_everywhere_ends_all_sessions(towns: Database) -> None:
    member = entered(towns, "sato", created(towns))
    assert member is not None
    with towns.write() as session:
        authentication.end_sessions(session, member)
    assert authentication.resume(towns, member.get_id()) is None


@pytest.mark.parametrize("forged", ["", "1", "1:", ":1", "1:2:3", "x:y", "1:99", "-1:1", "１:1x", "99999999:1"])
def test_a_session_that_was_never_given_out_is_nobodys(towns: Database, forged: str) -> None:
    created(towns)
    assert authentication.resume(towns, forged) is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short pass1", "too_short"),
        ("x" * 129, "too_long"),
        ("my-name-is-yamada-9", "own_name"),
        ("YAMADA and friends", "own_name"),
        ("山田太郎のパスワード一覧", "own_name"),
        ("password1234", "common"),
        ("PassWord!2026", "common"),
        ("パスワード12345678", "common"),
        ("sakurasakura", "common"),
        ("123456789012", "common"),
        ("210987654321", "common"),
        ("qwertyuiopas", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("abababababab", "common"),
        ("madoguchi2026", "common"),
        ("!!!!2026!!!!9", "common"),
    ],
)
def test_a_guessable_password_is_refused_with_its_reason(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        passwords.check(password, "yamada", "山田 太郎")
    assert refused.value.reason == reason


@pytest.mark.parametrize("password", [GOOD, "correct horse battery", "きょうは あさから あめ", "abekawa mochi 3"])
def test_length_is_what_counts_not_the_mix_of_characters(password: str) -> None:
    passwords.check(password, "abe", "阿部")


def test_the_first_administrator_is_made_once_and_its_password_told_once(towns: Database, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: authentication.ensure_first_administrator(towns, settings, TOWN), range(4)))
    password = [one for one in told if one is not None]
    assert len(password) == 1
    member = entered(towns, "admin", password[0])
    assert member is not None
    assert (member.role, member.must_change_password) == (Role.ADMINISTRATOR, True)
    assert authentication.ensure_first_administrator(towns, settings, TOWN) is None


def test_a_municipality_with_staff_gets_no_first_administrator(towns: Database, tmp_path: Path) -> None:
    created(towns)
    assert authentication.ensure_first_administrator(towns, Settings(instance=tmp_path), TOWN) is None
    assert authentication.ensure_first_administrator(towns, Settings(instance=tmp_path), OTHER) is not None


def test_a_reset_opens_a_closed_and_locked_account_with_a_new_password_only(towns: Database) -> None:
    old = created(towns)
    with towns.write() as session:
        session.execute(update(StaffRow).values(active=False, locked_until=AT + LOCKED_FOR, must_change_password=False))
        new = authentication.reset_password(session, TOWN, stored(towns).id, "admin")
    assert entered(towns, "sato", old) is None
    member = entered(towns, "sato", new)
    assert member is not None
    assert member.must_change_password


def test_an_account_of_another_municipality_is_never_found(towns: Database) -> None:
    created(towns, town=OTHER)
    staff = stored(towns, town=OTHER).id
    for change in (authentication.reset_password, authentication.deactivate):
        with pytest.raises(AccountRefused, match="unknown"), towns.write() as session:
            change(session, TOWN, staff, "admin")
    with towns.read() as session:
        assert authentication.staff_of(session, TOWN) == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_it_is_for_and_an_administrator_everything(role: Role) -> None:
    member = Member(1, TOWN, "sato", "佐藤", role, "", False, 1)
    allowed = {other for other in Role if member.may(other)}
    assert allowed == (set(Role) if role is Role.ADMINISTRATOR else {role})
    assert member.may() == (role is Role.ADMINISTRATOR)


def _command(instance: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "MADOGUCHI_INSTANCE": str(instance), "MADOGUCHI_MUNICIPALITY": TOWN}
    surroundings.pop("MADOGUCHI_DATABASE_URL", None)
    command = [sys.executable, "-m", "accounts", *arguments]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)


def test_accounts_are_made_listed_and_reset_from_the_command_line(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'madoguchi.db'}")
    database.upgrade()
    with database.write() as session:
        session.add(MunicipalityRow(code=TOWN, name="みどり野市"))
    made = _command(tmp_path, "create", "sato", "--name", "佐藤 花子", "--role", "agent")
    assert (made.returncode, made.stderr) == (0, "")
    assert entered(database, "sato", made.stdout.strip()) is not None
    assert _command(tmp_path, "list").stdout == "sato\tagent\t-\topen\t佐藤 花子\n"
    reset = _command(tmp_path, "reset", "SATO")
    assert entered(database, "sato", made.stdout.strip()) is None
    assert entered(database, "sato", reset.stdout.strip()) is not None
    refused = _command(tmp_path, "create", "sato", "--name", "佐藤", "--role", "agent")
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", "this login is taken\n")
    database.dispose()


def test_the_command_first_makes_one_administrator_and_says_the_password_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MADOGUCHI_INSTANCE", str(tmp_path))
    load_settings.cache_clear()
    database = Database(load_settings().resolved_database_url)
    database.upgrade()
    with database.write() as session:
        save_municipality(session, Municipality("990019", "みどり野市"))
    try:
        assert account_commands.main(["first"]) == 0
        assert re.search(r"login: admin +one-time password: \S{12,}", capsys.readouterr().out)
        assert account_commands.main(["first"]) == 0
        assert "one-time password:" not in capsys.readouterr().out
    finally:
        load_settings.cache_clear()
        database.dispose()
