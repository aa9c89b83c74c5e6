"""Every route with everybody: who may, who may not, and nobody another municipality's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from matrix_fixture import Matrix, make_matrix
from route_parts import PARTS, ROUTES, SLOT
from staff_fixture import Person, ask_for_person, handoff_row, said

from accounts import Role
from database import Database
from settings import Settings

ROLES = [role.value for role in Role]
OPEN = {"/staff/login", "/staff/logout", "/staff/language", "/staff/static/<path:filename>"}


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Matrix:
    """Each role's browser, and objects of みどり野市 made by the parts that have the routes."""
    return make_matrix(tmp_path_factory.mktemp("matrix"), sqlite_template, PARTS)


@pytest.fixture
def matrix(everybody: Matrix) -> Matrix:
    everybody.restore()
    return everybody


def test_the_matrix_below_leaves_no_route_out(application: Flask) -> None:
    listed = {(method, path.split("?")[0]) for method, path, _, _ in ROUTES} | {("GET", "/staff/login"), ("POST", "/staff/login")}
    listed |= {route for part in PARTS for route in getattr(part, "PUBLIC", ())}
    rules = [rule for rule in application.url_map.iter_rules() if rule.endpoint.startswith(("console.", "evaluation."))]
    known = {
        (method, SLOT.sub(r"{\1}", rule.rule))
        for rule in rules
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}
    }
    files = {("GET", f"/staff{part}/static/{{filename}}") for part in ("", "/evaluation")}
    assert known - files == listed


@pytest.mark.parametrize("login", ROLES)
@pytest.mark.parametrize(("method", "path", "allowed", "status"), ROUTES, ids=[f"{r[0]} {r[1]}" for r in ROUTES])
def test_a_role_reaches_what_it_is_for(
    matrix: Matrix, login: str, method: str, path: str, allowed: set[str], status: int
) -> None:
    assert matrix.call(login, method, path).status_code == (status if login in allowed else 403)
    if login not in allowed:
        assert handoff_row(matrix.database, matrix.waiting).state == "queued"


@pytest.mark.parametrize(("method", "path", "allowed", "status"), ROUTES, ids=[f"{r[0]} {r[1]}" for r in ROUTES])
def test_whoever_is_not_logged_in_sees_the_log_in_only(
    matrix: Matrix, method: str, path: str, allowed: set[str], status: int
) -> None:
    answer = matrix.call("", method, path, text="x")
    if path in OPEN:
        assert answer.status_code == 302
    elif method == "GET":
        assert answer.location.startswith("/staff/login?next=")
    else:
        assert answer.status_code == 401
    assert "転入届" not in answer.text
    assert handoff_row(matrix.database, matrix.waiting).state == "queued"


@pytest.mark.parametrize("login", ["stranger", "stranger_administrator"])
@pytest.mark.parametrize("action", ["", "take", "give-back", "transfer", "reply", "resolve"])
def test_another_municipality_finds_no_such_request(
    log_in: Callable[[str], Person], lite: Database, waiting: int, login: str, action: str
) -> None:
    person = log_in(login)
    path = f"/staff/handoffs/{waiting}"
    answer = person.post(f"{path}/{action}", text="返信", department="general") if action else person.get(path)
    assert answer.status_code == 404
    assert "転入届" not in answer.text
    assert handoff_row(lite, waiting).state == "queued"
    assert said(lite, waiting) == []


@pytest.mark.parametrize("action", ["reset", "deactivate"])
def test_another_municipalitys_administrator_finds_no_such_account(
    log_in: Callable[[str], Person], ids: dict[str, int], action: str
) -> None:
    person = log_in("stranger_administrator")
    assert person.post(f"/staff/accounts/{ids['agent']}/{action}").status_code == 404
    assert log_in("agent").get("/staff/").status_code == 200


def test_lists_hold_the_own_municipality_only(
    log_in: Callable[[str], Person], lite: Database, settings: Settings, waiting: int
) -> None:
    foreign = ask_for_person(lite, settings, "あおば町の相談です", town="990027")
    receipt = handoff_row(lite, foreign).receipt
    agent, administrator = log_in("agent"), log_in("administrator")
    queue = agent.get("/staff/").text
    assert "転入届" in queue
    assert "あおば町の相談です" not in queue
    assert agent.get(f"/staff/find?receipt={receipt}").location.startswith("/staff/?unknown=")
    people = administrator.get("/staff/accounts").text
    assert "職員 colleague" in people
    assert "職員 stranger" not in people
    assert "あおば町の相談です" in log_in("stranger").get("/staff/").text


@pytest.mark.parametrize("path", ["/staff/handoffs/999999", "/staff/handoffs/9223372036854775807"])
def test_a_request_that_is_gone_gets_a_page_that_says_so(agent: Person, path: str) -> None:
    answer = agent.get(path)
    assert answer.status_code == 404
    assert "見つかりません" in answer.text
    assert 'href="/staff/"' in answer.text


@pytest.mark.parametrize("path", ["/staff/handoffs/99999999999999999999999", "/staff/x"])
def test_an_address_that_cannot_be_is_not_found(agent: Person, path: str) -> None:
    assert agent.get(path).status_code == 404


def test_a_page_whose_audience_was_forgotten_is_the_administrators(application: Flask, log_in: Callable[[str], Person]) -> None:
    application.add_url_rule("/staff/forgotten", "forgotten", lambda: "secret")
    assert log_in("agent").get("/staff/forgotten").status_code == 403
    assert log_in("administrator").get("/staff/forgotten").text == "secret"
    assert application.test_client().get("/staff/forgotten").location.startswith("/staff/login")
