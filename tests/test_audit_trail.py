"""The audit trail: a chain that shows every change, on SQLite and on PostgreSQL, with many writers at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

import account_commands
import audit_trail
import authentication
from accounts import AuditRow
from audit_trail import BEGINNING, Head, Verdict
from database import Database
from knowledge.tables import MunicipalityRow
from settings import ROOT, load_settings

TOWN, OTHER = "990019", "990027"
AT = datetime(2026, 11, 24, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))


@pytest.fixture
def towns(database: Database) -> Database:
    with database.write() as session:
        session.add_all([MunicipalityRow(code=TOWN, name="みどり野市"), MunicipalityRow(code=OTHER, name="あおば町")])
    return database


def note(database: Database, action: str = "login", town: str = TOWN, **detail: Any) -> None:
    with database.write() as session:
        audit_trail.note(session, town, "sato", action, detail)


def verdict(database: Database, town: str = TOWN, expect: str | None = None) -> Verdict:
    with database.read() as session:
        return audit_trail.verify(session, town, expect)


def rows(database: Database, town: str = TOWN) -> list[AuditRow]:
    with database.read() as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.municipality == town).order_by(AuditRow.id)))


def tamper(database: Database, statement: str, **values: object) -> None:
    """What somebody with the password of the database can do: take the guard away, change, put it back."""
    postgres = database.engine.dialect.name == "postgresql"
    guards = ("audit_no_change",) if postgres else ("audit_no_update", "audit_no_delete")
    with database.engine.begin() as connection:
        made: dict[str, Any] = (
            {} if postgres else dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all())
        )
        for guard in guards:
            connection.execute(text(f"ALTER TABLE audit DISABLE TRIGGER {guard}" if postgres else f"DROP TRIGGER {guard}"))
        connection.execute(text(statement), values)
        for guard in guards:
            connection.execute(text(f"ALTER TABLE audit ENABLE TRIGGER {guard}" if postgres else made[guard]))


def test_entries_follow_each_other_and_each_hash_covers_the_one_before(towns: Database) -> None:
    with towns.write() as session:
        audit_trail.note(session, TOWN, "sato", "login", {"staff": 1, "名": ("佐藤", None)}, at=AT)
        authentication.audit(session, TOWN, "sato", "logout")
    first, second = rows(towns)
    content = '["' + "0" * 64 + '","990019",1,"2026-11-24T01:00:00.123456+00:00","sato","login",'
    content += '{"staff":1,"\\u540d":["\\u4f50\\u85e4",null]}]'
    assert first.hash == sha256(content.encode()).hexdigest()
    assert (first.sequence, first.previous, second.sequence, second.previous) == (1, BEGINNING, 2, first.hash)
    assert verdict(towns) == Verdict(2, 0, Head(2, second.hash), None)


def test_each_municipality_has_a_chain_of_its_own(towns: Database) -> None:
    with towns.write() as session:
        for town in (OTHER, TOWN, OTHER):
            audit_trail.note(session, town, "system", "retention.sweep")
    assert ([row.sequence for row in rows(towns)], [row.sequence for row in rows(towns, OTHER)]) == ([1], [1, 2])
    tamper(towns, f"UPDATE audit SET actor = 'x' WHERE municipality = '{TOWN}'")
    assert (verdict(towns).sound, verdict(towns, OTHER).sound) == (False, True)


def test_a_town_without_entries_has_an_empty_sound_chain(towns: Database) -> None:
    assert verdict(towns) == Verdict(0, 0, Head(0, BEGINNING), None)
    assert verdict(towns, expect=BEGINNING).sound


@pytest.mark.parametrize(
    ("statement", "reason", "sequence"),
    [
        ("UPDATE audit SET actor = 'tanaka' WHERE sequence = 3", "changed", 3),
        ("UPDATE audit SET action = 'logout' WHERE sequence = 1", "changed", 1),
        ("UPDATE audit SET detail = '{\"n\": 9}' WHERE sequence = 5", "changed", 5),
        ("UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE sequence = 2", "changed", 2),
        ("UPDATE audit SET hash = 'f' WHERE sequence = 4", "changed", 4),
        ("UPDATE audit SET municipality = '990027' WHERE sequence = 4", "missing", 5),
        ("DELETE FROM audit WHERE sequence = 3", "missing", 4),
        ("DELETE FROM audit WHERE sequence = 1", "missing", 2),
        ("UPDATE audit SET sequence = NULL WHERE sequence = 5", "unchained", None),
        ("UPDATE audit SET sequence = 50 WHERE sequence = 5", "missing", 50),
    ],
)
def test_whatever_is_changed_in_the_database_is_found(towns: Database, statement: str, reason: str, sequence: int | None) -> None:
    for number in range(5):
        note(towns, n=number)
    assert verdict(towns).sound
    tamper(towns, statement)
    broken = verdict(towns).broken
    assert broken is not None
    assert (broken.reason, broken.sequence) == (reason, sequence)


def test_a_changed_entry_whose_hash_was_made_anew_breaks_the_next_one(towns: Database) -> None:
    for _ in range(3):
        note(towns)
    second = rows(towns)[1]
    forged = audit_trail.hash_of(second.previous, TOWN, 2, second.at, "tanaka", second.action, second.detail)
    tamper(towns, "UPDATE audit SET actor = 'tanaka', hash = :hash WHERE sequence = 2", hash=forged)
    broken = verdict(towns).broken
    assert broken is not None
    assert (broken.reason, broken.sequence) == ("changed", 3)


def test_a_tail_cut_off_is_found_by_whoever_kept_the_hash_of_the_head(towns: Database) -> None:
    for _ in range(4):
        note(towns)
    kept = verdict(towns).head.hash
    note(towns)
    assert verdict(towns, expect=kept).sound  # the chain has grown since
    tamper(towns, "DELETE FROM audit WHERE sequence >= 4")
    assert verdict(towns).sound  # the chain alone cannot know
    cut = verdict(towns, expect=kept).broken
    assert cut is not None
    assert (cut.reason, cut.sequence) == ("truncated", 4)
    note(towns)  # whoever cut it lets it grow to its old length
    assert not verdict(towns, expect=kept).sound


def test_rows_from_before_the_chain_are_counted_and_not_vouched_for(towns: Database) -> None:
    with towns.write() as session:
        session.add_all([AuditRow(municipality=TOWN, actor="sato", action="login") for _ in range(3)])
    assert verdict(towns) == Verdict(0, 3, Head(0, BEGINNING), None)
    note(towns)
    after = verdict(towns)
    assert (after.entries, after.before, after.sound) == (1, 3, True)


def test_the_database_itself_refuses_to_change_or_delete_entries(towns: Database) -> None:
    note(towns)
    truncate = ["TRUNCATE audit"] if towns.engine.dialect.name == "postgresql" else []  # SQLite has no such command
    for change in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", *truncate):
        with pytest.raises(DatabaseError, match="append-only"), towns.write() as session:
            session.execute(text(change))
    assert verdict(towns).entries == 1


def test_writers_at_the_same_time_make_one_chain_without_a_gap(towns: Database) -> None:
    def write(number: int) -> None:
        with towns.write() as session:
            for part in range(3):
                audit_trail.note(session, TOWN if number % 3 else OTHER, f"staff{number}", "login", {"part": part})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    assert (verdict(towns).entries, verdict(towns, OTHER).entries) == (120, 60)
    assert verdict(towns).sound
    assert verdict(towns, OTHER).sound
    assert [row.sequence for row in rows(towns)] == list(range(1, 121))


def test_writers_never_wait_for_each_other_in_a_circle(towns: Database) -> None:
    def write(number: int) -> None:
        with towns.write() as session:
            audit_trail.note(session, (OTHER, TOWN)[number % 2], "system", "knowledge.publish")
            if number % 4 < 2:  # as an import does, which holds the row that every entry refers to
                session.get_one(MunicipalityRow, TOWN, with_for_update=True).kana = str(number)
            audit_trail.note(session, (TOWN, OTHER)[number % 2], "system", "knowledge.publish")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert verdict(towns).head.sequence == verdict(towns, OTHER).head.sequence == 40


def test_what_is_rolled_back_is_not_in_the_trail(towns: Database) -> None:
    def fail() -> None:
        with towns.write() as session:
            audit_trail.note(session, TOWN, "sato", "login")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert rows(towns) == []


def test_an_entry_goes_with_the_savepoint_it_was_noted_in(towns: Database) -> None:
    def fail(session: Session) -> None:
        with session.begin_nested():
            audit_trail.note(session, TOWN, "sato", "lost")
            with session.begin_nested():
                audit_trail.note(session, TOWN, "sato", "lost too")
            raise RuntimeError

    with towns.write() as session:
        audit_trail.note(session, TOWN, "sato", "one")
        with pytest.raises(RuntimeError):
            fail(session)
        with session.begin_nested():
            audit_trail.note(session, TOWN, "sato", "two")
    assert [row.action for row in rows(towns)] == ["one", "two"]
    assert verdict(towns).sound


def test_a_detail_that_json_cannot_hold_is_refused_at_once(towns: Database) -> None:
    for wrong in ({"at": AT}, {"n": float("nan")}):
        with pytest.raises((TypeError, ValueError)), towns.write() as session:
            audit_trail.note(session, TOWN, "sato", "login", wrong)


def test_nothing_but_the_trail_itself_adds_entries() -> None:
    files = [
        *ROOT.glob("*.py"),
        *(f for name in ("bot", "knowledge", "indexer", "evaluation", "widget") for f in (ROOT / name).rglob("*.py")),
    ]
    made = re.compile(r"AuditRow\(|insert\(AuditRow")
    adding = {file.name for file in files if made.search(file.read_text(encoding="utf-8").replace("class AuditRow(", ""))}
    assert adding == {"audit_trail.py"}


# The command


@pytest.fixture
def command(instance: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `python -m accounts` on a database that has three entries."""
    database = Database(load_settings().resolved_database_url)
    database.upgrade()
    with database.write() as session:
        session.add(MunicipalityRow(code=TOWN, name="みどり野市"))
    for _ in range(3):
        note(database)
    database.dispose()

    def run(*arguments: str) -> tuple[int, str, str]:
        code = account_commands.main(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_command_says_that_the_chain_is_sound_and_prints_its_head(command: Callable[..., tuple[int, str, str]]) -> None:
    code, said, _ = command("verify-audit", "--municipality", TOWN)
    told = json.loads(said)
    assert code == 0
    assert (told["municipality"], told["entries"], told["before_the_chain"], told["sound"]) == (TOWN, 3, 0, True)
    assert command("--municipality", TOWN, "verify-audit", "--expect", told["head"])[0] == 0


def test_the_command_names_the_first_broken_entry_and_fails(command: Callable[..., tuple[int, str, str]], instance: Path) -> None:
    head = json.loads(command("verify-audit")[1])["head"]
    database = Database(load_settings().resolved_database_url)
    tamper(database, "DELETE FROM audit WHERE sequence = 3")
    code, said, error = command("verify-audit", "--expect", head)
    assert (code, json.loads(said)["broken"]) == (1, {"reason": "truncated", "sequence": 3, "id": None})
    assert "the kept hash" in error
    tamper(database, "UPDATE audit SET actor = 'x' WHERE sequence = 2")
    code, said, error = command("verify-audit")
    assert (code, json.loads(said)["broken"]["sequence"], json.loads(said)["sound"]) == (1, 2, False)
    assert "entry 2" in error
    database.dispose()


def test_the_time_of_an_entry_is_hashed_as_the_same_moment_in_every_zone() -> None:
    same = (AT, AT.astimezone(UTC))
    assert len({audit_trail.hash_of(BEGINNING, TOWN, 1, at, "sato", "login", {}) for at in same}) == 1
