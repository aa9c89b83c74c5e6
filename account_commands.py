"""`python -m accounts`: staff accounts from the command line, for the first start and for a forgotten password."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit_trail
import second_factor
from accounts import Role, StaffRow
from authentication import AccountRefused, create_staff, ensure_first_administrator, reset_password, staff_of
from database import Database
from settings import SettingsError, load_settings

ACTOR = "command line"
_REFUSALS = {
    "bad_login": "a login has 2 to 100 characters: small letters, digits and . _ @ -, beginning with a letter or digit",
    "bad_name": "a name has 1 to 100 characters",
    "login_taken": "this login is taken",
    "no_factor": "this account has no second factor",
    "unknown": "there is no account with this login",
    "unknown_municipality": "there is no municipality with this code; import it first: python -m knowledge --help",
    "unknown_department": "the municipality has no department with this key",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it was done, 1 when it was refused or a check failed (the reason goes to standard error)."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        database = Database(settings.resolved_database_url)
        database.upgrade()
        municipality = options.municipality or settings.municipality
        return int(options.run(database, municipality, options) or 0)
    except AccountRefused as refused:
        print(_REFUSALS[refused.reason], file=sys.stderr)
        return 1
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m accounts", description="Staff accounts of a municipality.")
    parser.add_argument("--municipality", help="団体コード (6 digits); left out means the desk's own")
    commands = parser.add_subparsers(required=True)
    create = commands.add_parser("create", help="make an account and print its one-time password")
    create.add_argument("login")
    create.add_argument("--name", required=True)
    create.add_argument("--role", required=True, choices=[role.value for role in Role])
    create.add_argument("--department", default="", help="key of the department")
    create.set_defaults(run=_create)
    reset = commands.add_parser("reset", help="print a new one-time password; opens a closed or locked account again")
    reset.add_argument("login")
    reset.set_defaults(run=_reset)
    factor = commands.add_parser("reset-factor", help="take the second factor of somebody who has lost it")
    factor.add_argument("login")
    factor.set_defaults(run=_reset_factor)
    commands.add_parser("list", help="print the accounts").set_defaults(run=_list)
    commands.add_parser("first", help="make the first administrator when there is no account yet").set_defaults(run=_first)
    check = commands.add_parser("verify-audit", help="compute the chain of the audit trail anew; 1 when an entry does not fit")
    check.add_argument("--municipality", default=argparse.SUPPRESS, help="the same as before the command")
    check.add_argument("--expect", metavar="HASH", help="a head kept earlier: the chain has to hold it still")
    check.set_defaults(run=_verify_audit)
    return parser


def _create(database: Database, municipality: str, options: argparse.Namespace) -> None:
    with database.write() as session:
        role = Role(options.role)
        password = create_staff(session, municipality, options.login, options.name, role, options.department, actor=ACTOR)
    print(password)


def _first(database: Database, municipality: str, options: argparse.Namespace) -> None:
    password = ensure_first_administrator(database, load_settings(), municipality)
    if password is None:
        print("there are staff accounts already; a lost password is replaced by: python -m accounts reset LOGIN")
    else:
        print(f"staff pages: /staff/   login: admin   one-time password: {password}")


def _reset(database: Database, municipality: str, options: argparse.Namespace) -> None:
    with database.write() as session:
        password = reset_password(session, municipality, _staff(session, municipality, options.login), ACTOR)
    print(password)


def _reset_factor(database: Database, municipality: str, options: argparse.Namespace) -> None:
    with database.write() as session:
        second_factor.reset(session, municipality, _staff(session, municipality, options.login), ACTOR)
    print(f"{options.login} logs in with the password alone until a new second factor is set up")


def _staff(session: Session, municipality: str, login: str) -> int:
    query = select(StaffRow.id).where(StaffRow.municipality == municipality, StaffRow.login == login.lower())
    staff = session.scalar(query)
    if staff is None:
        raise AccountRefused("unknown")
    return staff


def _list(database: Database, municipality: str, options: argparse.Namespace) -> None:
    with database.read() as session:
        for row in staff_of(session, municipality):
            state = "open" if row.active else "closed"
            print(row.login, row.role, row.department or "-", state, row.name, sep="\t")


_BROKEN = {
    "changed": "entry {sequence} (row {id}) is not what was written",
    "missing": "entries are missing before entry {sequence} (row {id})",
    "unchained": "row {id} was added past the chain",
    "truncated": "the kept hash is not in the chain: entries were cut off its end, or it was made anew",
}


def _verify_audit(database: Database, municipality: str, options: argparse.Namespace) -> int:
    with database.read() as session:
        verdict = audit_trail.verify(session, municipality, options.expect)
    told = {
        "municipality": municipality,
        "entries": verdict.entries,
        "before_the_chain": verdict.before,
        "sound": verdict.sound,
        "head": verdict.head.hash,
        "broken": asdict(verdict.broken) if verdict.broken else None,
    }
    print(json.dumps(told))
    if verdict.broken is None:
        return 0
    print(_BROKEN[verdict.broken.reason].format(**asdict(verdict.broken)), file=sys.stderr)
    return 1
