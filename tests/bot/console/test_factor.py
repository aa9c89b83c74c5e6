"""Pages of the second factor: what a session may before and after the code, setting it up, roles that must have it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from fake_desk import FakeDesk
from flask import Flask
from staff_fixture import CRUEL, Person, actions, add_staff
from town_fixture import CODE

import second_factor
from accounts import Role, StaffRow
from app import create_app
from authentication import MAX_FAILURES, member_of
from bot.console import factor
from database import Database, now
from factor_codes import Vault
from settings import Settings

SECRET = re.compile(r'<p class="secret"><code>([A-Z2-7 ]+)</code>')
CODES = re.compile(r"<li><code>([a-z2-9-]{14})</code>")


def equip(database: Database, settings: Settings, staff: int) -> tuple[str, list[str]]:
    """Give an account a factor whose last code is long past; its secret and recovery codes."""
    secret = pyotp.random_base32()
    with database.read() as session:
        member = member_of(session.get_one(StaffRow, staff))
    at = now() - timedelta(minutes=5)
    return secret, second_factor.enrol(database, member, secret, pyotp.TOTP(secret).at(at), at, Vault(settings.secret_key()))[1]


@pytest.fixture
def equipped(lite: Database, settings: Settings, ids: dict[str, int]) -> tuple[str, list[str]]:
    """The agent's factor."""
    return equip(lite, settings, ids["agent"])


def give_code(person: Person, secret: str, **more: str) -> Any:
    return person.post("/staff/login/code", "/staff/login/code", code=pyotp.TOTP(secret).now(), **more)


def test_before_the_code_the_session_grants_nothing(
    new_person: Callable[[], Person], equipped: tuple[str, list[str]], waiting: int
) -> None:
    person = new_person()
    answer = person.log_in("agent", next=f"/staff/handoffs/{waiting}")
    assert answer.location == f"/staff/login/code?next=/staff/handoffs/{waiting}"
    for path in ("/staff/", f"/staff/handoffs/{waiting}", "/staff/password", "/staff/factor", "/staff/synonyms"):
        assert person.get(path).location.startswith("/staff/login?next="), path
    token = person.token("/staff/login/code")
    for path in (f"/staff/handoffs/{waiting}/take", "/staff/logout-everywhere", "/staff/factor", "/staff/password"):
        assert person.client.post(path, data={"csrf_token": token}).status_code == 401, path
    assert give_code(person, equipped[0], next=f"/staff/handoffs/{waiting}").location == f"/staff/handoffs/{waiting}"
    assert person.get(f"/staff/handoffs/{waiting}").status_code == 200


def test_the_session_of_the_first_step_is_not_that_of_the_second(
    new_person: Callable[[], Person], equipped: tuple[str, list[str]]
) -> None:
    person = new_person()
    person.log_in("agent")
    with person.client.session_transaction() as half:
        assert "_user_id" not in half
        half["planted"] = "x"
    give_code(person, equipped[0])
    with person.client.session_transaction() as whole:
        assert factor.HALF not in whole
        assert "planted" not in whole


def test_a_used_code_is_refused_in_another_browser(new_person: Callable[[], Person], equipped: tuple[str, list[str]]) -> None:
    first, second = new_person(), new_person()
    for person in (first, second):
        person.log_in("agent")
    code = pyotp.TOTP(equipped[0]).now()
    assert first.post("/staff/login/code", "/staff/login/code", code=code).status_code == 302
    refused = second.post("/staff/login/code", "/staff/login/code", code=code)
    assert refused.status_code == 401
    assert "すでに使われています" in refused.text
    assert second.get("/staff/").location.startswith("/staff/login")


def test_wrong_codes_end_in_the_lock_out(
    new_person: Callable[[], Person], equipped: tuple[str, list[str]], lite: Database, ids: dict[str, int]
) -> None:
    person = new_person()
    person.log_in("agent")
    for _ in range(MAX_FAILURES):
        assert person.post("/staff/login/code", "/staff/login/code", code="000000").status_code == 401
    assert give_code(person, equipped[0]).status_code == 401
    assert new_person().log_in("agent").status_code == 401
    with lite.read() as session:
        assert session.get_one(StaffRow, ids["agent"]).locked_until is not None


def test_the_first_step_is_forgotten_after_ten_minutes(
    new_person: Callable[[], Person], equipped: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = new_person()
    person.log_in("agent")
    later = time.time() + factor.HALF_SECONDS + 5
    monkeypatch.setattr(factor.time, "time", lambda: later)
    assert person.get("/staff/login/code").location.startswith("/staff/login")
    assert person.post("/staff/login/code", "/staff/login", code="123456").location.startswith("/staff/login")


def test_a_code_without_a_first_step_leads_to_the_log_in(new_person: Callable[[], Person]) -> None:
    assert new_person().get("/staff/login/code?next=/staff/synonyms").location == "/staff/login?next=/staff/synonyms"


def test_text_typed_before_the_log_in_is_carried_through_both_steps(
    log_in: Callable[[str], Person], lite: Database, settings: Settings, ids: dict[str, int], waiting: int
) -> None:
    person = log_in("agent")
    person.post(f"/staff/handoffs/{waiting}/take")
    secret, _ = equip(lite, settings, ids["agent"])
    typed = f"窓口は1番です。{CRUEL}"
    target = f"/staff/handoffs/{waiting}"
    half = person.log_in("agent", next=target, draft=typed)
    assert half.status_code == 200
    assert "<script>window" not in half.text
    assert "確認コード" in half.text
    wrong = person.post("/staff/login/code", "/staff/login/code", code="000000", next=target, draft=typed)
    assert "窓口は1番です。&lt;script&gt;" in wrong.text
    whole = give_code(person, secret, next=target, draft=typed)
    assert whole.status_code == 200
    assert "窓口は1番です。&lt;script&gt;" in whole.text
    assert "まだ送信されていません" in whole.text


def test_a_code_page_never_leads_to_another_site(new_person: Callable[[], Person], equipped: tuple[str, list[str]]) -> None:
    person = new_person()
    person.log_in("agent")
    assert give_code(person, equipped[0], next="https://evil.example/staff/").location == "/staff/"


def test_setting_it_up_shows_secret_and_qr_code_and_the_recovery_codes_once(
    log_in: Callable[[str], Person], new_person: Callable[[], Person], lite: Database
) -> None:
    person = log_in("editor")
    page = person.get("/staff/factor?next=/staff/synonyms").text
    found = SECRET.search(page)
    assert found
    secret = found[1].replace(" ", "")
    assert SECRET.search(person.get("/staff/factor").text)[1] == found[1]  # type: ignore[index]
    drawn = person.get("/staff/factor/qr.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert b"<path" in drawn.data
    assert b"style=" not in drawn.data
    assert "img-src 'self'" in drawn.headers["Content-Security-Policy"]
    with person.client.session_transaction() as kept:
        assert secret not in repr(dict(kept))  # the cookie can be read in the browser
    assert person.post("/staff/factor", "/staff/factor", code="000000").status_code == 422
    shown = person.post("/staff/factor", "/staff/factor", code=pyotp.TOTP(secret).now(), next="/staff/synonyms")
    codes = CODES.findall(shown.text)
    assert len(codes) == 10
    assert 'href="/staff/synonyms"' in shown.text
    assert ("editor", "factor.enrolled") in actions(lite)
    again = person.get("/staff/factor").text
    assert not any(code in again for code in codes)
    assert SECRET.search(again) is None
    other = new_person()
    assert other.log_in("editor").location.startswith("/staff/login/code")
    entered = other.post("/staff/login/code", "/staff/login/code", code=codes[0], next="/staff/synonyms")
    assert entered.location == "/staff/factor?done=recovery&next=/staff/synonyms"
    assert "9個" in other.get(entered.location).text


def test_the_qr_code_holds_the_address_an_app_reads(log_in: Callable[[str], Person]) -> None:
    from factor_codes import address

    assert log_in("editor").get("/staff/factor/qr.svg").status_code == 404
    parsed = pyotp.parse_uri(address("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "sato", "みどり野市"))
    assert (parsed.name, parsed.issuer, parsed.secret) == ("sato", "窓口 みどり野市", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")


def test_setting_it_up_ends_the_other_sessions(log_in: Callable[[str], Person]) -> None:
    person, elsewhere = log_in("editor"), log_in("editor")
    secret = SECRET.search(person.get("/staff/factor").text)[1].replace(" ", "")  # type: ignore[index]
    person.post("/staff/factor", "/staff/factor", code=pyotp.TOTP(secret).now())
    assert person.get("/staff/synonyms").status_code == 200
    assert elsewhere.get("/staff/synonyms").location.startswith("/staff/login")


def test_new_codes_and_going_without_need_a_code(
    new_person: Callable[[], Person], equipped: tuple[str, list[str]], lite: Database
) -> None:
    person = new_person()
    person.log_in("agent")
    person.post("/staff/login/code", "/staff/login/code", code=equipped[1][0])
    assert person.post("/staff/factor/codes", code="000000").status_code == 422
    new = CODES.findall(person.post("/staff/factor/codes", code=equipped[1][1]).text)
    assert len(new) == 10
    assert person.post("/staff/factor/remove", code=equipped[1][2]).status_code == 422
    assert person.post("/staff/factor/remove", code=new[0]).location == "/staff/factor?done=removed"
    assert "解除しました" in person.get("/staff/factor?done=removed").text
    assert new_person().log_in("agent").location == "/staff/"
    assert {"factor.codes_renewed", "factor.removed"} <= {action for _, action in actions(lite)}


def test_another_telephone_takes_over_after_a_code_and_the_old_one_works_until_then(
    new_person: Callable[[], Person], equipped: tuple[str, list[str]], lite: Database, ids: dict[str, int]
) -> None:
    person = new_person()
    person.log_in("agent")
    person.post("/staff/login/code", "/staff/login/code", code=equipped[1][0])
    assert SECRET.search(person.get("/staff/factor").text) is None
    assert person.get("/staff/factor/qr.svg").status_code == 404
    assert person.post("/staff/factor", code="123456").status_code == 303  # nothing was begun
    assert person.post("/staff/factor/replace", code="000000").status_code == 422
    assert person.post("/staff/factor/replace", code=equipped[1][1]).location == "/staff/factor"
    secret = SECRET.search(person.get("/staff/factor").text)[1].replace(" ", "")  # type: ignore[index]
    other = new_person()
    other.log_in("agent")
    assert give_code(other, equipped[0]).status_code == 302
    shown = person.post("/staff/factor", "/staff/factor", code=pyotp.TOTP(secret).now())
    assert len(CODES.findall(shown.text)) == 10
    assert other.get("/staff/").location.startswith("/staff/login")
    other.log_in("agent")
    assert other.post("/staff/login/code", "/staff/login/code", code=equipped[1][5]).status_code == 401


def test_the_permission_to_change_the_telephone_ends_after_ten_minutes(
    new_person: Callable[[], Person], equipped: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = new_person()
    person.log_in("agent")
    person.post("/staff/login/code", "/staff/login/code", code=equipped[1][0])
    person.post("/staff/factor/replace", code=equipped[1][1])
    assert SECRET.search(person.get("/staff/factor").text)
    later = time.time() + factor.HALF_SECONDS + 5
    monkeypatch.setattr(factor.time, "time", lambda: later)
    assert SECRET.search(person.get("/staff/factor").text) is None
    assert person.post("/staff/factor", code="123456").status_code == 303


# Roles that must have it


@pytest.fixture
def strict(settings: Settings, lite: Database, ids: dict[str, int], quiet_clock: None) -> Flask:
    """A desk that demands a factor of editors and administrators."""
    demanding = settings.model_copy(update={"second_factor_roles": "administrator editor"})
    return create_app(demanding, FakeDesk())  # type: ignore[arg-type]


def test_whoever_lacks_a_demanded_factor_is_led_to_set_it_up_first(strict: Flask) -> None:
    person = Person(strict.test_client())
    assert person.log_in("editor", next="/staff/synonyms").location == "/staff/synonyms"
    assert person.get("/staff/synonyms?q=x").location == "/staff/factor?next=/staff/synonyms?q%3Dx"
    assert person.post("/staff/synonyms/add", "/staff/factor").location == "/staff/factor?next="
    page = person.get("/staff/factor?next=/staff/synonyms").text
    assert "設定が必要です" in page
    assert 'class="places"' not in page
    secret = SECRET.search(page)[1].replace(" ", "")  # type: ignore[index]
    person.post("/staff/factor", "/staff/factor", code=pyotp.TOTP(secret).now())
    assert person.get("/staff/synonyms").status_code == 200


def test_a_demanded_factor_cannot_be_removed(strict: Flask, lite: Database, settings: Settings, ids: dict[str, int]) -> None:
    _, codes = equip(lite, settings, ids["editor"])
    person = Person(strict.test_client())
    person.log_in("editor")
    person.post("/staff/login/code", "/staff/login/code", code=codes[0])
    assert "解除できません" in person.post("/staff/factor/remove", code=codes[1]).text
    with lite.read() as session:
        assert session.get_one(StaffRow, ids["editor"]).totp_secret is not None


def test_other_roles_enter_as_before(strict: Flask) -> None:
    person = Person(strict.test_client())
    person.log_in("agent")
    assert person.get("/staff/").status_code == 200


def test_the_own_password_comes_before_the_factor(strict: Flask, lite: Database) -> None:
    add_staff(lite, "newcomer", Role.EDITOR, CODE, must_change_password=True)
    person = Person(strict.test_client())
    assert person.log_in("newcomer").location.startswith("/staff/password")
    assert person.get("/staff/synonyms").location.startswith("/staff/password")
