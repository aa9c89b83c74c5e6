"""An administrator changes an account: rights end sessions, two administrators never overwrite each other, viewers only read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from route_parts import ROUTES
from sqlalchemy import select
from staff_fixture import CRUEL, Person, actions, handoff_row
from test_factor import equip
from test_forgery import everything
from town_fixture import CODE

import account_changes
from account_changes import Details
from accounts import AuditRow, Role, StaffRow
from authentication import AccountRefused
from database import Database
from settings import Settings

SEEN = re.compile(r'name="seen" value="(\w+)"')
OWN = {"/staff/password", "/staff/logout", "/staff/logout-everywhere", "/staff/language"}
OWN |= {"/staff/factor", "/staff/factor/codes", "/staff/factor/replace", "/staff/factor/remove"}
"""What every member of staff sends about themselves."""


@pytest.fixture
def administrator(log_in: Callable[[str], Person]) -> Person:
    return log_in("administrator")


def edit(person: Person, staff: int, seen: str = "", **form: str) -> tuple[int, str]:
    address = f"/staff/accounts/{staff}/edit"
    found = SEEN.search(person.get(address).text)
    assert found
    filled = {"name": "職員 agent", "role": "agent", "department": "", "email": "", "seen": seen or found[1], **form}
    answer = person.post(address, address, **filled)
    return answer.status_code, answer.text


def row_of(database: Database, staff: int) -> StaffRow:
    with database.read() as session:
        return session.get_one(StaffRow, staff)


def detail(database: Database, action: str) -> dict[str, object]:
    with database.read() as session:
        query = select(AuditRow).where(AuditRow.municipality == CODE, AuditRow.action == action)
        return session.scalars(query.order_by(AuditRow.id.desc()).limit(1)).one().detail


def test_a_new_role_counts_at_once_and_ends_the_session(
    administrator: Person, log_in: Callable[[str], Person], lite: Database, ids: dict[str, int]
) -> None:
    agent = log_in("agent")
    assert edit(administrator, ids["agent"], role="viewer", department="waste")[0] == 303
    assert agent.get("/staff/synonyms").location.startswith("/staff/login")
    assert log_in("agent").get("/staff/").status_code == 403
    told = detail(lite, "staff.changed")
    assert (told["role_before"], told["role"], told["department"]) == ("agent", "viewer", "waste")
    assert told["changed"] == ["role", "department"]


def test_a_name_or_an_e_mail_does_not_end_the_session_and_stays_out_of_the_trail(
    administrator: Person, log_in: Callable[[str], Person], lite: Database, ids: dict[str, int]
) -> None:
    agent = log_in("agent")
    assert edit(administrator, ids["agent"], name="新しい 名前", email="ＡＧＥＮＴ@city.midorino.example")[0] == 303
    assert agent.get("/staff/").status_code == 200
    row = row_of(lite, ids["agent"])
    assert (row.name, row.email) == ("新しい 名前", "AGENT@city.midorino.example")
    told = repr(detail(lite, "staff.changed"))
    assert "midorino" not in told
    assert "新しい" not in told


def test_what_is_left_as_it_was_is_not_noted(administrator: Person, lite: Database, ids: dict[str, int]) -> None:
    assert edit(administrator, ids["agent"])[0] == 303
    assert "staff.changed" not in [action for _, action in actions(lite)]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"role": "mayor"}, "役割を選んで"),
        ({"name": ""}, "氏名を100文字以内"),
        ({"department": "nowhere"}, "課を選び直して"),
        ({"email": "agent"}, "メールアドレスの形"),
        ({"email": "a@b"}, "メールアドレスの形"),
        ({"email": "a@b.example\r\nBcc: x@y.example"}, "メールアドレスの形"),
        ({"email": f"{'x' * 300}@city.example"}, "メールアドレスの形"),
    ],
)
def test_a_wrong_entry_is_explained_and_the_rest_stays(
    administrator: Person, lite: Database, ids: dict[str, int], form: dict[str, str], words: str
) -> None:
    status, page = edit(administrator, ids["agent"], **{"name": "別の 名前", **form})
    assert status == 422
    assert words in page
    if "name" not in form:
        assert 'value="別の 名前"' in page
    assert row_of(lite, ids["agent"]).name == "職員 agent"


def test_of_two_administrators_the_second_sees_what_the_first_has_stored(
    administrator: Person, lite: Database, ids: dict[str, int]
) -> None:
    seen = SEEN.search(administrator.get(f"/staff/accounts/{ids['agent']}/edit").text)[1]  # type: ignore[index]
    assert edit(administrator, ids["agent"], email="first@city.example")[0] == 303
    status, page = edit(administrator, ids["agent"], seen=seen, name="二番目", email="second@city.example")
    assert status == 409
    assert "first@city.example" in page
    assert 'value="second@city.example"' in page
    assert row_of(lite, ids["agent"]).email == "first@city.example"


def test_administrators_neither_take_their_own_role_nor_the_last_ones(
    administrator: Person, lite: Database, ids: dict[str, int]
) -> None:
    own = ids["administrator"]
    assert "ご自分の役割は変更できません" in edit(administrator, own, name="職員 administrator", role="viewer")[1]
    assert edit(administrator, own, name="職員 改名", role="administrator", department="waste")[0] == 303
    assert administrator.get("/staff/accounts").status_code == 200  # the own session goes on
    now = account_changes.details_of(row_of(lite, own))
    with pytest.raises(AccountRefused, match="last_administrator"), lite.write() as session:
        account_changes.change(session, CODE, own, now.mark, Details(now.name, Role.VIEWER, "", ""), "x")


def test_what_somebody_had_taken_waits_again_when_their_role_no_longer_handles_it(
    administrator: Person, log_in: Callable[[str], Person], lite: Database, ids: dict[str, int], waiting: int
) -> None:
    log_in("agent").post(f"/staff/handoffs/{waiting}/take")
    assert edit(administrator, ids["agent"], department="waste")[0] == 303
    assert handoff_row(lite, waiting).state == "taken"
    assert edit(administrator, ids["agent"], role="editor")[0] == 303
    assert handoff_row(lite, waiting).state == "queued"


def test_a_lost_factor_is_reset(
    administrator: Person, new_person: Callable[[], Person], lite: Database, settings: Settings, ids: dict[str, int]
) -> None:
    equip(lite, settings, ids["agent"])
    assert new_person().log_in("agent").location.startswith("/staff/login/code")
    address = f"/staff/accounts/{ids['agent']}/reset-factor"
    assert administrator.post(address).location == f"/staff/accounts/{ids['agent']}/edit?done=factor_reset"
    assert new_person().log_in("agent").location == "/staff/"
    assert administrator.post(address).status_code == 409  # there is none any more
    assert administrator.post(f"/staff/accounts/{ids['administrator']}/reset-factor").status_code == 422
    assert ("administrator", "staff.factor_reset") in actions(lite)


@pytest.mark.parametrize("action", ["edit", "reset-factor", "unlink"])
def test_another_municipality_finds_no_such_account(log_in: Callable[[str], Person], ids: dict[str, int], action: str) -> None:
    person = log_in("stranger_administrator")
    address = f"/staff/accounts/{ids['agent']}/{action}"
    assert person.post(address, name="x", role="viewer", seen="x").status_code == 404
    assert action != "edit" or person.get(address).status_code == 404


def test_hostile_text_stays_text(administrator: Person, lite: Database, ids: dict[str, int]) -> None:
    status, page = edit(administrator, ids["agent"], name=CRUEL, email=CRUEL, department=CRUEL)
    assert status == 422
    assert "<script>window" not in page
    assert edit(administrator, ids["agent"], name=CRUEL)[0] == 303
    for address in (f"/staff/accounts/{ids['agent']}/edit", "/staff/accounts", "/staff/audit"):
        assert "<script>window" not in administrator.get(address).text


def test_an_account_is_made_with_its_e_mail(administrator: Person, lite: Database) -> None:
    form = {"login": "shinjin", "name": "新人", "role": "agent", "department": ""}
    assert administrator.post("/staff/accounts", **form, email="not one").status_code == 422
    assert administrator.post("/staff/accounts", **form, email="shinjin@city.example").status_code == 200
    with lite.read() as session:
        assert session.scalars(select(StaffRow.email).where(StaffRow.login == "shinjin")).one() == "shinjin@city.example"


# Viewers


def test_a_viewer_reaches_only_what_every_role_reaches() -> None:
    def of(role: str) -> set[tuple[str, str]]:
        return {route[:2] for route in ROUTES if role in route[2]}

    for other in set(Role) - {Role.VIEWER}:
        assert of("viewer") <= of(other), other


def test_what_a_viewer_sends_about_anything_but_themselves_is_stored_nowhere(
    log_in: Callable[[str], Person], slots: dict[str, object], lite: Database
) -> None:
    viewer = log_in("viewer")
    sent = {path for method, path, allowed, _ in ROUTES if method != "GET" and "viewer" in allowed} - OWN
    before = everything(lite)
    for path in sorted(sent):  # a question tried, a text looked at
        viewer.post(path.format(**slots), text="転入届", question="転入届の期限は？", language="yasashii")
        assert everything(lite) == before, path


def test_a_viewer_sees_only_places_they_can_open(log_in: Callable[[str], Person]) -> None:
    viewer = log_in("viewer")
    page = viewer.get("/staff/synonyms").text
    places = set(re.findall(r'<li><a href="(/staff/[^"]*)"', page))
    assert "/staff/accounts" not in places
    assert "/staff/audit" not in places
    assert places
    assert {viewer.get(place).status_code for place in places} == {200}
