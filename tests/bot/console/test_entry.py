"""Entering and leaving the staff pages: sessions, forgery, redirects, headers."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from fake_desk import FakeDesk
from flask import Flask
from staff_fixture import CRUEL, PASSWORD, Person, actions, add_staff, ask_for_person, csrf_of, said
from town_fixture import CODE

from accounts import Role
from app import create_app
from bot.console import access
from database import Database
from settings import Settings

Doors = Callable[[], Person]


def test_a_member_of_staff_enters_and_sees_the_queue(new_person: Doors) -> None:
    person = new_person()
    answer = person.log_in("agent")
    assert (answer.status_code, answer.location) == (302, "/staff/")
    assert "職員 agent さん" in person.get("/staff/").text


@pytest.mark.parametrize(("login", "password"), [("agent", "wrong"), ("nobody", PASSWORD), ("", ""), ("stranger", PASSWORD)])
def test_whoever_is_refused_reads_the_same_words(new_person: Doors, login: str, password: str) -> None:
    answer = new_person().log_in(login, password)
    assert answer.status_code == 401
    assert "ログインできませんでした" in answer.text
    assert "Set-Cookie" not in answer.headers or "_user_id" not in answer.headers["Set-Cookie"]


def test_a_log_in_begins_a_session_with_nothing_from_before(new_person: Doors) -> None:
    person = new_person()
    before = person.token()
    with person.client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        old_seed = planted["csrf_token"]
    person.log_in("agent")
    with person.client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != old_seed
    assert person.client.post("/staff/logout", data={"csrf_token": before}).status_code == 400


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(new_person: Doors) -> None:
    cookie = new_person().log_in("agent").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_session_cookie_is_secure(application: Flask, new_person: Doors) -> None:
    application.config["SESSION_COOKIE_SECURE"] = True  # what the setting secure_cookies does
    assert "Secure" in new_person().get("/staff/login").headers["Set-Cookie"]


@pytest.mark.parametrize("page", ["/staff/login", "/staff/", "/staff/password"])
def test_staff_pages_are_kept_by_nobody_and_framed_by_nobody(agent: Person, page: str) -> None:
    headers = agent.get(page).headers
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("page", ["/staff/login", "/staff/", "/staff/password", "/staff/accounts", "/staff/handoffs/1"])
def test_no_page_has_a_script_or_style_within(log_in: Callable[[str], Person], waiting: int, page: str) -> None:
    text = log_in("administrator").get(page, follow_redirects=True).text
    for inline in (" style=", "<style", " onclick=", " onload=", "<script>"):
        assert inline not in text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/staff/\\\\evil.example", "javascript:alert(1)",
        "/staff/\nSet-Cookie: x=1", "http:/staff/", "\t//evil.example", "/api/v1/", "///staff/", "/staff/ x",
    ],
)  # fmt: skip
def test_a_log_in_leads_to_no_other_place(new_person: Doors, target: str) -> None:
    assert access.local_path(target) == ""
    assert new_person().log_in("agent", next=target).location == "/staff/"


def test_a_log_in_leads_to_the_page_that_was_asked_for(new_person: Doors, waiting: int) -> None:
    person = new_person()
    asked = person.get(f"/staff/handoffs/{waiting}")
    assert asked.location == f"/staff/login?next=/staff/handoffs/{waiting}"
    assert person.log_in("agent", next=f"/staff/handoffs/{waiting}").location == f"/staff/handoffs/{waiting}"


@pytest.mark.parametrize(
    "path",
    ["/staff/login", "/staff/logout", "/staff/logout-everywhere", "/staff/language", "/staff/password", "/staff/accounts"]
    + [f"/staff/handoffs/1/{action}" for action in ("take", "give-back", "transfer", "reply", "resolve")]
    + ["/staff/accounts/1/reset", "/staff/accounts/1/deactivate"],
)  # fmt: skip
@pytest.mark.parametrize("token", [None, "", "forged", "somebody_elses"])
def test_a_form_without_its_own_token_changes_nothing(
    log_in: Callable[[str], Person], lite: Database, waiting: int, path: str, token: str | None
) -> None:
    person = log_in("administrator")
    before = actions(lite)
    form = {"text": "返信です", "login": "agent", "password": PASSWORD, "language": "en", "name": "x", "role": "agent"}
    if token is not None:
        form["csrf_token"] = log_in("colleague").token("/staff/") if token == "somebody_elses" else token
        before = actions(lite)
    assert person.client.post(path, data=form).status_code == 400
    assert actions(lite) == before
    assert said(lite, waiting) == []


def test_the_api_of_residents_needs_no_token_of_a_form(application: Flask) -> None:
    assert application.test_client().post("/api/v1/conversations").status_code == 201


def test_a_first_log_in_leads_to_nothing_but_a_new_password(new_person: Doors, lite: Database, waiting: int) -> None:
    add_staff(lite, "newcomer", Role.AGENT, must_change_password=True)
    person = new_person()
    assert person.log_in("newcomer").location.startswith("/staff/password")
    for page in ("/staff/", f"/staff/handoffs/{waiting}", "/staff/find?receipt=x"):
        assert person.get(page).location.startswith("/staff/password")
    assert person.post(f"/staff/handoffs/{waiting}/take").location.startswith("/staff/password")
    text = person.get("/staff/password").text
    assert "最初に、ご自分だけのパスワードを設定してください" in text
    new = "みかんと 青い 電車 43"
    assert person.post("/staff/password", current=PASSWORD, new=new, again=new).status_code == 302
    assert person.get("/staff/").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "again", "words"),
    [
        ("wrong", "みかんと 青い 電車 43", "みかんと 青い 電車 43", "今のパスワードが違います"),
        (PASSWORD, "みかんと 青い 電車 43", "みかんと 青い 電車 44", "2つの欄で異なっています"),
        (PASSWORD, "short", "short", "短すぎます"),
        (PASSWORD, "password12345", "password12345", "よく使われていて"),
        (PASSWORD, "i am the agent 7", "i am the agent 7", "ログインIDやお名前を含む"),
        (PASSWORD, PASSWORD, PASSWORD, "今と同じパスワード"),
        (PASSWORD, "x" * 200, "x" * 200, "長すぎます"),
    ],
)
def test_a_refused_password_is_explained(agent: Person, current: str, new: str, again: str, words: str) -> None:
    answer = agent.post("/staff/password", current=current, new=new, again=again)
    assert answer.status_code == 422
    assert words in answer.text
    assert new not in answer.text


def test_changing_the_password_or_logging_out_everywhere_ends_the_other_browser(log_in: Callable[[str], Person]) -> None:
    here, there = log_in("agent"), log_in("agent")
    assert here.post("/staff/logout-everywhere").location == "/staff/login"
    for person in (here, there):
        assert person.get("/staff/").location.startswith("/staff/login")
    here, there = log_in("agent"), log_in("agent")
    new = "みかんと 青い 電車 43"
    here.post("/staff/password", current=PASSWORD, new=new, again=new)
    assert here.get("/staff/").status_code == 200
    assert there.get("/staff/").location.startswith("/staff/login")


def test_logging_out_ends_this_browser_only(log_in: Callable[[str], Person], lite: Database) -> None:
    here, there = log_in("agent"), log_in("agent")
    assert here.post("/staff/logout").location == "/staff/login"
    assert here.get("/staff/").location.startswith("/staff/login")
    assert there.get("/staff/").status_code == 200
    assert actions(lite)[-1] == ("agent", "logout")


def test_a_session_ends_after_hours_without_a_person_even_when_the_page_refreshes_itself(
    agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.time()
    monkeypatch.setattr(access.time, "time", lambda: begun + access.IDLE_SECONDS - 60)
    assert agent.get("/staff/", headers={access.REFRESH_HEADER: "1"}).status_code == 200
    monkeypatch.setattr(access.time, "time", lambda: begun + access.IDLE_SECONDS + 60)
    assert agent.get("/staff/").location.startswith("/staff/login")


def test_a_busy_session_ends_after_twelve_hours(agent: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.time()
    for hours in (3, 6, 9, 11.9):
        monkeypatch.setattr(access.time, "time", lambda hours=hours: begun + hours * 3600)
        assert agent.get("/staff/").status_code == 200
    monkeypatch.setattr(access.time, "time", lambda: begun + access.LONGEST_SECONDS + 5)
    assert agent.get("/staff/").location.startswith("/staff/login")


def test_too_many_attempts_from_one_address_are_held_up(settings: Settings, lite: Database, quiet_clock: None) -> None:
    add_staff(lite, "agent", Role.AGENT)
    few = settings.model_copy(update={"rate_limit_logins": "3/minute"})
    person = Person(create_app(few, FakeDesk()).test_client())  # type: ignore[arg-type]
    assert [person.log_in("agent", "wrong").status_code for _ in range(4)] == [401, 401, 401, 429]
    refused = person.log_in("agent")
    assert refused.status_code == 429
    assert "1分ほど待って" in refused.text
    assert person.get("/staff/login").status_code == 200


def test_text_typed_when_the_session_ended_is_in_the_box_again_after_the_log_in(
    agent: Person, lite: Database, waiting: int
) -> None:
    agent.post(f"/staff/handoffs/{waiting}/take")
    agent.client.delete_cookie("session")
    typed = f"転入届は14日以内です。\n{CRUEL}"
    refused = agent.client.post(f"/staff/handoffs/{waiting}/reply", data={"text": typed, "csrf_token": "old"})
    assert refused.status_code == 401
    assert "入力していた文章は残っています" in refused.text
    assert CRUEL not in refused.text
    again = agent.client.post(
        "/staff/login",
        data={
            "csrf_token": csrf_of(refused.text),
            "next": f"/staff/handoffs/{waiting}",
            "draft": typed,
            "login": "agent",
            "password": PASSWORD,
        },
    )
    assert again.status_code == 200
    assert "まだ送信されていません" in again.text
    assert "転入届は14日以内です。\n&lt;script&gt;" in again.text
    assert said(lite, waiting) == []


def test_text_typed_before_a_new_log_in_in_another_tab_is_shown_again(agent: Person, lite: Database, waiting: int) -> None:
    agent.post(f"/staff/handoffs/{waiting}/take")
    old = agent.token(f"/staff/handoffs/{waiting}")
    agent.post("/staff/logout")
    agent.log_in("agent")
    answer = agent.client.post(f"/staff/handoffs/{waiting}/reply", data={"text": "窓口は1番です。", "csrf_token": old})
    assert answer.status_code == 400
    assert "窓口は1番です。</textarea>" in answer.text
    assert said(lite, waiting) == []


def test_another_site_cannot_put_words_into_the_reply_box(new_person: Doors, waiting: int) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = new_person().client.post(f"/staff/handoffs/{waiting}/reply", data={"text": "偽の返信"}, headers=foreign)
    assert answer.status_code == 401
    assert "偽の返信" not in answer.text


def test_a_draft_is_not_shown_to_whoever_may_not_see_the_conversation(
    log_in: Callable[[str], Person], new_person: Doors, lite: Database, settings: Settings
) -> None:
    foreign = ask_for_person(lite, settings, town="990027")
    person = new_person()
    answer = person.log_in("agent", next=f"/staff/handoffs/{foreign}", draft="下書き")
    assert answer.status_code == 404
    assert person.log_in("editor", next=f"/staff/handoffs/{foreign}", draft="下書き").status_code == 302


def test_pages_can_be_read_in_english_and_the_choice_survives_the_log_in(new_person: Doors) -> None:
    person = new_person()
    assert person.post("/staff/language", "/staff/login", language="en", next="/staff/login").location == "/staff/login"
    assert "Staff log-in" in person.get("/staff/login").text
    person.log_in("agent")
    assert '<html lang="en">' in person.get("/staff/").text
    person.post("/staff/language", language="xx")
    assert '<html lang="en">' in person.get("/staff/").text


def test_a_name_with_markup_stays_text(new_person: Doors, lite: Database) -> None:
    add_staff(lite, "cruel", Role.ADMINISTRATOR, CODE, name=CRUEL)
    person = new_person()
    person.log_in("cruel")
    for page in ("/staff/", "/staff/accounts", "/staff/password"):
        text = person.get(page).text
        assert "<script>window" not in text
        assert "&lt;script&gt;window.pwned=1" in text
