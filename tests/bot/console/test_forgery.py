"""Every form of the staff pages, sent by another site: refused before anything happens. And a session is the log-in's own."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from route_parts import SLOT
from sqlalchemy import select
from staff_fixture import PASSWORD, Person, csrf_of
from town_fixture import CODE

from database import Base, Database

FILLED = {"login": "administrator", "password": PASSWORD, "municipality": CODE, "text": "偽の返信", "official": "印鑑"}


def everything(database: Database) -> dict[str, list[str]]:
    """Every row of every table."""
    with database.read() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)).all())) for table in Base.metadata.sorted_tables}


def test_a_form_without_the_token_of_this_session_changes_nothing(
    application: Flask,
    log_in: Callable[[str], Person],
    new_person: Callable[[], Person],
    slots: dict[str, object],
    lite: Database,
) -> None:
    administrator, others = log_in("administrator"), new_person().token("/staff/login")
    rules = [rule.rule for rule in application.url_map.iter_rules() if "POST" in (rule.methods or ())]
    forms = [SLOT.sub(lambda slot: str(slots.get(slot[1], 1)), rule) for rule in rules if rule.startswith("/staff/")]
    assert len(forms) > 30
    before = everything(lite)
    for address in forms:
        for token in ({}, {"csrf_token": ""}, {"csrf_token": "guessed"}, {"csrf_token": others}):
            assert administrator.client.post(address, data={**FILLED, **token}).status_code == 400, address
        assert everything(lite) == before, address
    assert administrator.get("/staff/accounts").status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("session")
    return found.value if found is not None else ""


def test_a_session_planted_before_the_log_in_is_not_the_one_after_it(new_person: Callable[[], Person]) -> None:
    person, attacker = new_person(), new_person()
    attacker.get("/staff/login")
    person.client.set_cookie("session", cookie(attacker.client))
    planted_token = person.token("/staff/login")
    before = cookie(person.client)
    with person.client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        planted["_user_id"] = "999:1"
    assert person.log_in("agent").status_code == 302
    after = cookie(person.client)
    assert after not in ("", before, cookie(attacker.client))
    with person.client.session_transaction() as kept:
        assert "planted" not in kept
        assert kept["_user_id"] != "999:1"
    attacker.client.set_cookie("session", before)
    assert attacker.get("/staff/").location.startswith("/staff/login")
    refused = person.client.post("/staff/logout-everywhere", data={"csrf_token": planted_token})
    assert refused.status_code == 400  # the token of before counts no longer


def test_a_session_taken_before_the_log_out_is_worth_nothing_after_logging_out_everywhere(
    log_in: Callable[[str], Person],
) -> None:
    person, thief = log_in("agent"), log_in("agent")
    assert thief.get("/staff/").status_code == 200
    person.post("/staff/logout-everywhere")
    assert thief.get("/staff/").location.startswith("/staff/login")
    assert csrf_of(thief.get("/staff/login").text)
