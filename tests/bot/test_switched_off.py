"""The kill switch as residents meet it: no automatic answer, never a dead end, emergencies as before."""

from __future__ import annotations

import pytest
from fake_desk import FakeDesk
from flask import Flask
from flask.testing import FlaskClient
from town_fixture import CODE

from bot import channel_state
from bot.channel_state import Switchboard
from database import Database


@pytest.fixture
def off(lite: Database, application: Flask) -> None:
    with lite.write() as session:
        channel_state.switch_off(session, CODE, "web", "点検", "approver", None)
    return


def ask(client: FlaskClient, conversation: str, text: str):  # type: ignore[no-untyped-def]
    reply = client.post(f"{conversation}/messages", json={"text": text})
    assert reply.status_code == 200
    return reply.get_json()


@pytest.mark.usefixtures("off")
def test_no_question_reaches_the_desk_and_a_person_is_offered(client: FlaskClient, conversation: str, desk: FakeDesk) -> None:
    reply = ask(client, conversation, "住民票がほしい")
    answer = reply["answer"]
    assert (answer["status"], answer["outcome"], answer["handoff_offered"]) == ("switched_off", "hand_over", True)
    assert "099-000-1100" in answer["answer"]
    assert "受付" in answer["answer"]
    assert answer["contact"]["phone"] == "099-000-1100"
    assert reply["message"] is not None
    assert desk.asked == []
    assert client.post(f"{conversation}/handoffs", json={}).status_code == 201


@pytest.mark.usefixtures("off")
@pytest.mark.parametrize(("text", "word"), [("もう死にたい", "119"), ("夫に殴られています", "110")])
def test_an_emergency_card_comes_as_before(client: FlaskClient, conversation: str, text: str, word: str) -> None:
    answer = ask(client, conversation, text)["answer"]
    assert (answer["status"], answer["emergency"] is not None) == ("emergency", True)
    assert word in answer["answer"]


@pytest.mark.usefixtures("off")
def test_a_doubtful_emergency_gets_its_card_and_the_way_to_a_person(
    client: FlaskClient, conversation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import held
    from bot.screening.emergencies import Emergency

    monkeypatch.setattr(held.emergencies, "detect", lambda _: Emergency("suicide", "suicide", certain=False))
    answer = ask(client, conversation, "つらいです")["answer"]
    assert (answer["status"], answer["outcome"], answer["emergency"]["kind"]) == ("switched_off", "hand_over", "suicide")
    assert "職員に相談する" in answer["topics"][0]["answer"]


@pytest.mark.usefixtures("off")
def test_nothing_personal_is_stored_while_it_is_off(client: FlaskClient, conversation: str, desk: FakeDesk) -> None:
    assert ask(client, conversation, "番号は123456789018です")["answer"]["question"] == "番号は［個人番号］です"
    desk.mask_broken = True
    assert "12345678" not in str(ask(client, conversation, "番号は123456789018です"))


@pytest.mark.usefixtures("off")
@pytest.mark.parametrize("language", ["yasashii", "en", "vi"])
def test_it_is_said_in_the_residents_language(client: FlaskClient, language: str) -> None:
    started = client.post("/api/v1/conversations", json={"language": language}).get_json()["id"]
    answer = ask(client, f"/api/v1/conversations/{started}", "hello")["answer"]
    expected = {"yasashii": "今、AI", "en": "switched off", "vi": "休止"}[language]
    assert expected in answer["answer"]


@pytest.mark.usefixtures("off")
def test_the_page_without_a_script_answers_too(client: FlaskClient) -> None:
    page = client.post("/ask", data={"text": "住民票がほしい", "language": "ja"})
    assert page.status_code == 200
    assert "自動の回答を休止しています" in page.text
    assert "職員に相談する" in page.text


def test_switched_on_again_it_answers(client: FlaskClient, conversation: str, lite: Database, off: None) -> None:
    assert ask(client, conversation, "住民票")["answer"]["status"] == "switched_off"
    with lite.write() as session:
        channel_state.switch_on(session, CODE, "web", "approver", None)
    for board in channel_state._switchboards.values():
        board.forget()
    assert ask(client, conversation, "住民票")["answer"]["status"] == "answered"


def test_a_conversation_with_a_person_goes_on(client: FlaskClient, conversation: str, lite: Database) -> None:
    from bot import handoff

    number = client.post(f"{conversation}/handoffs", json={}).get_json()
    with lite.write() as session:
        (waiting,) = handoff.queue(session, CODE)
        handoff.take(session, waiting.id, 1)
        channel_state.switch_off(session, CODE, "all", "", "approver", None)
    assert number["state"] == "queued"
    assert ask(client, conversation, "もう一つ聞きたいです")["answer"]["status"] == "person_requested"


def test_a_switched_off_web_leaves_other_channels_on(lite: Database) -> None:
    with lite.write() as session:
        channel_state.switch_off(session, CODE, "web", "", "approver", None)
    from database import now

    assert not Switchboard(lite).shown(CODE, "line", now()).switched_off


@pytest.mark.parametrize("path", ["?language=klingon", "?municipality=1", "?x=1"])
def test_a_wrong_question_for_notices_is_refused_in_the_one_shape(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1/notices{path}")
    assert answer.status_code == 400
    assert set(answer.get_json()["error"]) >= {"code", "message"}


def test_notices_of_a_town_that_is_not_there_are_not_found(client: FlaskClient) -> None:
    assert client.get("/api/v1/notices?municipality=012025").status_code == 404
    assert client.get("/api/v1/notices?municipality=000000").status_code == 404
