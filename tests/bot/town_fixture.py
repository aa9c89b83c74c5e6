"""A small town for tests: みどり野市 with four counters and two members of staff."""

from __future__ import annotations

from datetime import time

from accounts import Role, StaffRow
from database import Database
from knowledge.articles import Department, Municipality
from knowledge.store import save_departments, save_municipality
from settings import DEMO_MUNICIPALITY as CODE

DAY = (time(8, 30), time(17, 15))
WEEK = dict.fromkeys(range(5), DAY)
YEAR_END = ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")

TOWN = Municipality(code=CODE, name="みどり野市", reception="general", closed_days=YEAR_END)
OTHER_TOWN = Municipality(code="990027", name="あおば町", reception="general", closed_days=YEAR_END)
GENERAL = Department(CODE, "general", "総合案内", "099-000-1100", "本庁舎1階", WEEK)
CITIZENS = Department(CODE, "citizens", "市民課", "099-000-1110", "本庁舎1階", {**WEEK, 3: (time(8, 30), time(19, 0))})
LIBRARY_HOURS = {**{d: (time(9, 30), time(19, 0)) for d in range(1, 5)}, **{d: (time(9, 30), time(17, 0)) for d in (5, 6)}}
LIBRARY = Department(CODE, "library", "中央図書館", "099-000-1186", "中央図書館1階", LIBRARY_HOURS)
WASTE = Department(CODE, "waste", "ごみ減量課", "099-000-1190", "クリーンセンター", WEEK)

SATO, SUZUKI, STRANGER = 1, 2, 3
STAFF = (("sato", CODE, "citizens"), ("suzuki", CODE, "waste"), ("tanaka", OTHER_TOWN.code, "general"))


def fill(database: Database) -> None:
    """Store both towns and their staff."""
    with database.write() as session:
        for town in (TOWN, OTHER_TOWN):
            save_municipality(session, town)
        save_departments(session, CODE, (GENERAL, CITIZENS, LIBRARY, WASTE))
        other = Department(OTHER_TOWN.code, "general", "総務課", "099-000-2200", "役場1階", WEEK)
        save_departments(session, OTHER_TOWN.code, (other,))
        for number, (login, code, key) in enumerate(STAFF, start=1):
            row = StaffRow(id=number, municipality=code, login=login, name=login, role=Role.AGENT.value, password_hash="x")
            row.department = key
            session.add(row)
