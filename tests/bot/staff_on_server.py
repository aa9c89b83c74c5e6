"""An approver for tests against a server in a process of its own."""

from __future__ import annotations

import passwords
from accounts import Role, StaffRow
from database import Database
from settings import DEMO_MUNICIPALITY


def add_approver(database: Database, password: str) -> None:
    """An account `approver` that has its own password already."""
    row = StaffRow(
        municipality=DEMO_MUNICIPALITY,
        login="approver",
        name="承認 花子",
        role=Role.APPROVER.value,
        password_hash=passwords.hashed(password),
    )
    row.must_change_password = False
    with database.write() as session:
        session.add(row)
