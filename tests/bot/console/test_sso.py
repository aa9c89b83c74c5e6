"""Single sign-on with a real provider, a process of its own: who enters, and every way in which it does not hold."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest
import requests
from fake_desk import FakeDesk
from flask import Flask
from sqlalchemy import select
from staff_fixture import CRUEL, Person, actions
from test_factor import equip
from town_fixture import CODE, OTHER_TOWN
from werkzeug.test import TestResponse

import single_sign_on
from accounts import AuditRow, StaffRow
from app import create_app
from authentication import AccountRefused
from bot.console import sso
from database import Database
from settings import ROOT, Settings

CLIENT, SECRET = "madoguchi", "a secret of the client"


@dataclass(frozen=True)
class Provider:
    """The running provider."""

    address: str

    def control(self, fault: str = "", **more: Any) -> list[str]:
        """Say what happens next; the paths that were called since the last time."""
        calls: list[str] = requests.post(f"{self.address}/control", json={"fault": fault, **more}, timeout=10).json()
        return calls

    def person(self, subject: str, login: str = "agent", fault: str = "", **claims: Any) -> None:
        self.control(fault, claims={"sub": subject, "preferred_username": login, "name": "認証 太郎", **claims})


@pytest.fixture
def provider() -> Iterator[Provider]:
    command = [sys.executable, str(ROOT / "tests" / "oidc_provider.py"), CLIENT, SECRET]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    yield Provider(process.stdout.readline().strip())
    process.kill()
    process.wait()


@pytest.fixture
def linked(settings: Settings, provider: Provider) -> Settings:
    more = {
        "oidc_issuer": provider.address,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_label": "庁内認証で入る",
    }
    return settings.model_copy(update=more)


@pytest.fixture
def application(linked: Settings, lite: Database, quiet_clock: None) -> Flask:
    """The desk with single sign-on, in the place of the one without."""
    return create_app(linked, FakeDesk())  # type: ignore[arg-type]


def go(person: Person, target: str = "") -> str:
    """To the issuer, who sends the browser back at once: the address it is sent to."""
    begun = person.get(f"/staff/sso?{urlencode({'next': target})}")
    assert begun.status_code == 302, begun.text
    returned = requests.get(begun.location, allow_redirects=False, timeout=10)
    assert returned.status_code == 302, returned.text
    parts = urlsplit(returned.headers["Location"])
    return f"{parts.path}?{parts.query}"


def sign_on(person: Person, target: str = "") -> TestResponse:
    return person.get(go(person, target))


def row_of(database: Database, login: str) -> StaffRow:
    with database.read() as session:
        return session.scalars(select(StaffRow).where(StaffRow.login == login)).one()


def last(database: Database) -> AuditRow:
    with database.read() as session:
        return session.scalars(select(AuditRow).where(AuditRow.municipality == CODE).order_by(AuditRow.id.desc()).limit(1)).one()


def test_who_has_an_account_of_that_login_enters_and_is_linked_by_subject(
    new_person: Callable[[], Person], provider: Provider, lite: Database
) -> None:
    provider.person("subject-1", "Ａgent")
    person = new_person()
    assert "庁内認証で入る" in person.get("/staff/login").text
    assert sign_on(person, "/staff/synonyms").location == "/staff/synonyms"
    assert person.get("/staff/").status_code == 200
    assert row_of(lite, "agent").oidc_subject == "subject-1"
    assert actions(lite)[-2:] == [("agent", "login.linked"), ("agent", "login")]
    provider.person("subject-1", "renamed")  # the subject counts from now on
    again = new_person()
    assert sign_on(again).location == "/staff/"
    assert "職員 agent" in again.get("/staff/").text


def test_the_browser_is_sent_with_pkce_state_and_nonce_and_nothing_secret(
    new_person: Callable[[], Person], provider: Provider
) -> None:
    address = new_person().get("/staff/sso").location
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    assert asked["redirect_uri"] == "http://localhost/staff/sso/callback"
    assert SECRET not in address
    assert new_person().get("/staff/sso").location != address


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("nonce", "claims:nonce"),
        ("no_nonce", "claims:nonce"),
        ("audience", "claims:aud"),
        ("audiences", "claims:azp"),
        ("issuer", "claims:iss"),
        ("expired", "claims:exp"),
        ("subject", "claims:sub"),
        ("signature", "signature"),
        ("shared_secret", "signature"),
        ("unsigned", "signature"),
        ("declined", "declined"),
        ("redirect", "unreachable"),
    ],
)
def test_an_answer_that_does_not_hold_lets_nobody_in(
    new_person: Callable[[], Person], provider: Provider, lite: Database, fault: str, reason: str
) -> None:
    provider.person("subject-1", fault=fault)
    person = new_person()
    answer = sign_on(person)
    assert answer.status_code in (401, 502)
    assert "シングルサインオン" in answer.text
    assert person.get("/staff/").location.startswith("/staff/login")
    assert row_of(lite, "agent").oidc_subject is None
    noted = last(lite)
    assert (noted.action, noted.detail["reason"].startswith(reason)) == ("login.sso_failed", True), noted.detail


def test_an_answer_to_another_browser_is_refused(new_person: Callable[[], Person], provider: Provider, lite: Database) -> None:
    provider.person("subject-1")
    attacker, victim = new_person(), new_person()
    address = go(attacker)
    assert victim.get(address).status_code == 401  # nothing was begun here
    victim.get("/staff/sso")
    assert victim.get(address).status_code == 401  # something else was
    assert last(lite).detail["reason"] == "state"
    assert victim.get("/staff/").location.startswith("/staff/login")


def test_an_answer_counts_once(new_person: Callable[[], Person], provider: Provider, lite: Database) -> None:
    provider.person("subject-1")
    person, thief = new_person(), new_person()
    address = go(person)
    before = person.client.get_cookie("session")
    assert before is not None
    assert person.get(address).status_code == 302
    person.post("/staff/logout")
    assert person.get(address).status_code == 401
    thief.client.set_cookie("session", before.value)  # even with the session of before: the code is used up
    assert thief.get(address).status_code == 401
    assert last(lite).detail["reason"].startswith("code_refused")


def test_an_answer_that_comes_too_late_is_refused(
    new_person: Callable[[], Person], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.person("subject-1")
    person = new_person()
    address = go(person)
    later = time.time() + sso.BEGUN_SECONDS + 5
    monkeypatch.setattr(sso.time, "time", lambda: later)
    assert person.get(address).status_code == 401


def test_the_session_after_it_holds_nothing_of_the_one_before(new_person: Callable[[], Person], provider: Provider) -> None:
    provider.person("subject-1")
    person = new_person()
    address = go(person)
    with person.client.session_transaction() as planted:
        planted["planted"] = "x"
    person.get(address)
    with person.client.session_transaction() as kept:
        assert "planted" not in kept
        assert sso.BEGUN not in kept


def test_somebody_unknown_stays_outside_and_no_account_is_made(
    new_person: Callable[[], Person], provider: Provider, lite: Database
) -> None:
    provider.person("subject-9", "stranger")  # an account of another municipality
    answer = sign_on(new_person())
    assert answer.status_code == 403
    assert "アカウントがありません" in answer.text
    with lite.read() as session:
        assert session.scalars(select(StaffRow).where(StaffRow.oidc_subject.is_not(None))).all() == []
    assert last(lite).detail["reason"] == "unknown"


def test_an_account_is_made_where_the_settings_say_so(
    linked: Settings, lite: Database, ids: dict[str, int], provider: Provider, quiet_clock: None
) -> None:
    open_door = linked.model_copy(update={"oidc_new_role": "viewer"})
    person = Person(create_app(open_door, FakeDesk()).test_client())  # type: ignore[arg-type]
    provider.person("subject-9", "newcomer", name=CRUEL)
    assert sign_on(person, "/staff/synonyms").location == "/staff/synonyms"
    made = row_of(lite, "newcomer")
    assert (made.role, made.municipality, made.oidc_subject, made.password_hash) == ("viewer", CODE, "subject-9", "")
    page = person.get("/staff/password").text
    assert "<script>window" not in page
    assert "パスワードは設定されていません" in page
    assert person.log_in("newcomer", "").status_code == 401
    provider.person("subject-10", "名前 だけ")  # no login an account could have
    assert sign_on(Person(create_app(open_door, FakeDesk()).test_client())).status_code == 403  # type: ignore[arg-type]


def test_a_closed_account_stays_closed(
    new_person: Callable[[], Person], log_in: Callable[[str], Person], provider: Provider, lite: Database, ids: dict[str, int]
) -> None:
    provider.person("subject-1")
    sign_on(new_person())
    log_in("administrator").post(f"/staff/accounts/{ids['agent']}/deactivate")
    answer = sign_on(new_person())
    assert answer.status_code == 403
    assert "停止されています" in answer.text
    assert last(lite).action == "login.refused"


def test_a_login_linked_with_somebody_else_is_not_given_away(
    new_person: Callable[[], Person], provider: Provider, lite: Database
) -> None:
    provider.person("subject-1")
    sign_on(new_person())
    provider.person("subject-2", "agent")
    answer = sign_on(new_person())
    assert answer.status_code == 403
    assert "別の人" in answer.text
    assert row_of(lite, "agent").oidc_subject == "subject-1"


def test_an_unlinked_account_is_linked_anew(
    new_person: Callable[[], Person], log_in: Callable[[str], Person], provider: Provider, lite: Database, ids: dict[str, int]
) -> None:
    provider.person("subject-1")
    person = new_person()
    sign_on(person)
    assert log_in("administrator").post(f"/staff/accounts/{ids['agent']}/unlink").status_code == 303
    assert person.get("/staff/").location.startswith("/staff/login")
    provider.person("subject-2")
    assert sign_on(new_person()).status_code == 302
    assert row_of(lite, "agent").oidc_subject == "subject-2"


def test_an_unused_one_time_password_is_void_after_the_first_entry(
    new_person: Callable[[], Person], log_in: Callable[[str], Person], provider: Provider, lite: Database
) -> None:
    import re

    page = log_in("administrator").post("/staff/accounts", login="tanaka", name="田中", role="agent", department="").text
    one_time = re.search(r"<code>([a-z2-9-]{19})</code>", page)
    assert one_time
    provider.person("subject-3", "tanaka")
    assert sign_on(new_person()).location == "/staff/"
    assert new_person().log_in("tanaka", one_time[1]).status_code == 401


def test_an_e_mail_counts_as_login_only_when_the_issuer_has_verified_it(linked: Settings, provider: Provider) -> None:
    issuer = single_sign_on.Issuer(linked.model_copy(update={"oidc_login_claim": "email"}))
    for verified, login in ((True, "agent@city.example"), (False, ""), ("true", "")):
        claims = {"sub": "s", "email": "Agent@city.example", "email_verified": verified}
        assert issuer._identity(claims).login == login


# The second factor


def test_the_desks_own_factor_is_asked_for_after_the_issuer(
    new_person: Callable[[], Person], provider: Provider, lite: Database, settings: Settings, ids: dict[str, int]
) -> None:
    secret, _ = equip(lite, settings, ids["agent"])
    provider.person("subject-1")
    person = new_person()
    assert sign_on(person, "/staff/").location == "/staff/login/code?next=/staff/"
    assert person.get("/staff/").location.startswith("/staff/login")
    code = pyotp.TOTP(secret).now()
    assert person.post("/staff/login/code", "/staff/login/code", code=code, next="/staff/").location == "/staff/"
    assert person.get("/staff/").status_code == 200


@pytest.mark.parametrize("trusted", [True, False])
def test_an_issuer_that_asks_for_a_factor_spares_the_desks_own(
    linked: Settings,
    lite: Database,
    settings: Settings,
    ids: dict[str, int],
    provider: Provider,
    quiet_clock: None,
    trusted: bool,
) -> None:
    strict = linked.model_copy(update={"second_factor_roles": "agent editor", "oidc_second_factor": trusted})
    app = create_app(strict, FakeDesk())  # type: ignore[arg-type]
    equip(lite, settings, ids["agent"])
    provider.person("subject-1", "agent")
    assert sign_on(Person(app.test_client())).location == ("/staff/" if trusted else "/staff/login/code?next=")
    provider.person("subject-2", "editor")
    person = Person(app.test_client())
    sign_on(person)
    assert person.get("/staff/synonyms").status_code == (200 if trusted else 302)
    by_password = Person(app.test_client())
    by_password.log_in("editor")
    assert by_password.get("/staff/synonyms").location.startswith("/staff/factor")


# The issuer


def test_new_keys_of_the_issuer_are_fetched(
    new_person: Callable[[], Person], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_sign_on, "_KEYS_AGAIN_SECONDS", 0)
    provider.person("subject-1")
    assert sign_on(new_person()).status_code == 302
    provider.control(new_key=True)
    assert sign_on(new_person()).status_code == 302
    assert sign_on(new_person()).status_code == 302
    calls = provider.control()
    assert (calls.count("/jwks"), calls.count("/.well-known/openid-configuration")) == (1, 0)


@pytest.mark.parametrize("fault", ["description", "host"])
def test_an_issuer_that_names_another_or_other_hosts_is_not_contacted_further(
    new_person: Callable[[], Person], provider: Provider, lite: Database, fault: str
) -> None:
    provider.control(fault)
    answer = new_person().get("/staff/sso")
    assert answer.status_code == 502
    assert "接続できませんでした" in answer.text
    assert last(lite).detail["reason"] in ("other_issuer", "other_host")


def test_further_hosts_are_those_of_the_settings(linked: Settings, provider: Provider) -> None:
    provider.control("host")
    issuer = single_sign_on.Issuer(linked.model_copy(update={"oidc_hosts": "elsewhere.example"}))
    assert issuer.begin("http://localhost/x").address.startswith(provider.address)


def test_an_issuer_that_is_down_leaves_the_password(
    settings: Settings, lite: Database, ids: dict[str, int], quiet_clock: None
) -> None:
    gone = settings.model_copy(
        update={"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    )
    person = Person(create_app(gone, FakeDesk()).test_client())  # type: ignore[arg-type]
    assert person.get("/staff/sso").status_code == 502
    assert person.log_in("agent").status_code == 302


def test_without_an_issuer_there_is_no_single_sign_on(settings: Settings, lite: Database, quiet_clock: None) -> None:
    person = Person(create_app(settings, FakeDesk()).test_client())  # type: ignore[arg-type]
    assert person.get("/staff/sso").status_code == 404
    assert person.get("/staff/sso/callback?state=x&code=y").status_code == 404
    assert "/staff/sso" not in person.get("/staff/login").text


def test_the_callback_is_at_the_public_address_of_the_desk(linked: Settings, lite: Database, quiet_clock: None) -> None:
    public = linked.model_copy(update={"public_url": "https://madoguchi.city.example/"})
    address = Person(create_app(public, FakeDesk()).test_client()).get("/staff/sso").location  # type: ignore[arg-type]
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == ["https://madoguchi.city.example/staff/sso/callback"]


def test_an_account_of_another_municipality_cannot_be_unlinked(
    log_in: Callable[[str], Person], lite: Database, ids: dict[str, int]
) -> None:
    import account_changes

    with pytest.raises(AccountRefused, match="unknown"), lite.write() as session:
        account_changes.unlink(session, OTHER_TOWN.code, ids["agent"], "x")
    assert log_in("stranger_administrator").post(f"/staff/accounts/{ids['agent']}/unlink").status_code == 404
