"""The residents' API: questions, feedback, resuming, deleting, bad input."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import structlog
from fake_desk import FakeDesk
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from town_fixture import CODE, OTHER_TOWN, SATO

from accounts import AuditRow
from app import create_app
from bot import handoff
from bot.tables import ConversationRow, HandoffEventRow, HandoffRow, MessageRow
from database import Database
from settings import Settings

NUMBER = "123456789018"


def stored(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(row.role, row.text) for row in session.scalars(select(MessageRow).order_by(MessageRow.id))]


def ask(client: FlaskClient, conversation: str, text: str, **more: object) -> dict[str, Any]:
    response = client.post(f"{conversation}/messages", json={"text": text, **more})
    assert response.status_code == 200, response.get_data(as_text=True)
    reply: dict[str, Any] = response.get_json()
    return reply


def error_of(response: Any) -> str:
    code: str = response.get_json()["error"]["code"]
    return code


def test_a_conversation_starts_with_a_greeting_of_its_town(client: FlaskClient) -> None:
    body = client.post("/api/v1/conversations", json={"municipality": OTHER_TOWN.code, "language": "en"}).get_json()
    assert body["municipality"] == {"code": OTHER_TOWN.code, "name": "あおば町"}
    assert body["greeting"].startswith("This is the inquiry desk of あおば町")
    assert (body["messages"], body["handoff"], len(body["id"])) == ([], None, 32)


@pytest.mark.parametrize("code", ["999999", "000000"])
def test_a_town_that_does_not_use_the_desk_is_not_served(client: FlaskClient, code: str) -> None:
    response = client.post("/api/v1/conversations", json={"municipality": code})
    assert (response.status_code, error_of(response)) == (404, "unknown_municipality")


def test_question_and_answer_are_stored_masked_and_read_again(client: FlaskClient, conversation: str, lite: Database) -> None:
    reply = ask(client, conversation, f"番号は{NUMBER}です。住民票は？")
    assert stored(lite) == [("resident", "番号は［個人番号］です。住民票は？"), ("desk", "住民票の写しは1通300円です。")]
    assert reply["answer"]["masked"] == ["my_number"]
    again = client.get(conversation).get_json()
    assert [m["id"] for m in again["messages"]] == [reply["question_message"], reply["message"]]
    assert again["messages"][1]["answer"] == reply["answer"]
    assert again["messages"][0]["answer"] is None


def test_the_desk_gets_the_last_five_exchanges_and_the_choice(client: FlaskClient, conversation: str, desk: FakeDesk) -> None:
    for number in range(7):
        ask(client, conversation, f"質問{number}")
    ask(client, conversation, "じゃあ郵送では?", choice="residence-certificate-mail")
    question = desk.asked[-1]
    assert [turn.question for turn in question.history] == [f"質問{number}" for number in range(2, 7)]
    assert question.history[-1].article_ids == ("residence-certificate",)
    assert (question.choice, question.municipality) == ("residence-certificate-mail", CODE)


def test_a_message_sent_again_is_answered_once(client: FlaskClient, conversation: str, desk: FakeDesk, lite: Database) -> None:
    first = ask(client, conversation, "住民票は？", client_message_id="a-1")
    assert ask(client, conversation, "住民票は？", client_message_id="a-1") == first
    assert (len(desk.asked), len(stored(lite))) == (1, 2)


def test_the_same_message_sent_twice_at_once_is_stored_once(
    town_database: Database, settings: Settings, quiet_clock: None
) -> None:
    desk = FakeDesk()
    url = town_database.engine.url.render_as_string(hide_password=False)
    application = create_app(settings.model_copy(update={"database_url": url}), desk)  # type: ignore[arg-type]
    started = application.test_client().post("/api/v1/conversations").get_json()["id"]
    desk.gate = threading.Barrier(4)  # all four have passed the look for a stored reply before any of them stores one
    replies: list[dict[str, Any]] = []

    def send() -> None:
        replies.append(ask(application.test_client(), f"/api/v1/conversations/{started}", "住民票は？", client_message_id="a-1"))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 4
    assert len({json.dumps(reply, sort_keys=True) for reply in replies}) == 1
    assert len(stored(town_database)) == 2


def test_a_desk_that_breaks_still_answers_and_is_logged_once(client: FlaskClient, conversation: str, lite: Database) -> None:
    with structlog.testing.capture_logs() as lines:
        reply = ask(client, conversation, f"例外 {NUMBER}")
    answer = reply["answer"]
    assert (answer["status"], answer["outcome"], answer["handoff_offered"]) == ("failed", "hand_over", True)
    assert "099-000-1100" in answer["answer"]
    assert stored(lite) == [("resident", "例外 ［個人番号］"), ("desk", answer["answer"])]
    failures = [line for line in lines if line["log_level"] == "error"]
    assert [line["error"] for line in failures] == ["builtins.RuntimeError"]
    assert any("fake_desk.py" in frame for frame in failures[0]["frames"])


def test_when_even_masking_breaks_the_words_are_not_kept(
    client: FlaskClient, conversation: str, desk: FakeDesk, lite: Database
) -> None:
    desk.mask_broken = True
    assert ask(client, conversation, f"例外 {NUMBER}")["answer"]["status"] == "failed"
    assert stored(lite)[0] == ("resident", "（ご質問の文は保存していません）")


def test_a_call_for_help_against_violence_leaves_no_trace(client: FlaskClient, conversation: str, lite: Database) -> None:
    reply = ask(client, conversation, "夫に殴られました")
    assert reply["answer"]["emergency"]["quick_exit"] is True
    assert (reply["message"], reply["question_message"]) == (None, None)
    assert stored(lite) == []


def test_other_emergencies_are_kept_for_the_staff(client: FlaskClient, conversation: str, lite: Database) -> None:
    assert ask(client, conversation, "死にたい")["answer"]["emergency"]["kind"] == "suicide"
    assert [role for role, _ in stored(lite)] == ["resident", "desk"]


def taken(client: FlaskClient, conversation: str, database: Database) -> int:
    client.post(f"{conversation}/handoffs")
    with database.write() as session:
        number = session.scalars(select(HandoffRow.id)).one()
        handoff.take(session, number, SATO)
    return number


def test_while_a_person_has_the_conversation_messages_go_to_that_person(
    client: FlaskClient, conversation: str, desk: FakeDesk, lite: Database
) -> None:
    taken(client, conversation, lite)
    reply = ask(client, conversation, f"私の番号は{NUMBER}です", client_message_id="p-1")
    assert desk.asked == []
    assert (reply["message"], reply["answer"]["status"]) == (None, "person_requested")
    assert reply["answer"]["masked"] == ["my_number"]
    assert stored(lite)[-1] == ("resident", "私の番号は［個人番号］です")
    assert ask(client, conversation, f"私の番号は{NUMBER}です", client_message_id="p-1") == reply


def test_an_emergency_gets_its_card_even_while_a_person_has_the_conversation(
    client: FlaskClient, conversation: str, lite: Database
) -> None:
    taken(client, conversation, lite)
    assert ask(client, conversation, "もう死にたい")["answer"]["status"] == "emergency"
    before = stored(lite)
    assert ask(client, conversation, "殴られています")["message"] is None
    assert stored(lite) == before


def test_a_broken_screen_does_not_keep_a_message_from_the_person(client: FlaskClient, conversation: str, lite: Database) -> None:
    taken(client, conversation, lite)
    assert ask(client, conversation, "例外ですが聞いてください")["answer"]["status"] == "person_requested"
    assert stored(lite)[-1] == ("resident", "例外ですが聞いてください")


def test_a_message_that_cannot_be_masked_is_not_passed_on_and_says_so(
    client: FlaskClient, conversation: str, desk: FakeDesk, lite: Database
) -> None:
    taken(client, conversation, lite)
    before = stored(lite)
    desk.mask_broken = True
    reply = ask(client, conversation, f"番号は{NUMBER}")
    assert (reply["answer"]["status"], reply["question_message"]) == ("failed", None)
    assert "届けられませんでした" in reply["answer"]["answer"]
    assert stored(lite) == before


def test_after_the_person_has_finished_the_desk_answers_again(client: FlaskClient, conversation: str, lite: Database) -> None:
    number = taken(client, conversation, lite)
    with lite.write() as session:
        handoff.resolve(session, number, SATO)
    assert ask(client, conversation, "住民票は？")["answer"]["status"] == "answered"


@pytest.mark.parametrize("text", ["", " ", "\n\t　"])
def test_an_empty_question_is_refused_kindly(client: FlaskClient, conversation: str, text: str) -> None:
    response = client.post(f"{conversation}/messages", json={"text": text})
    assert (response.status_code, error_of(response)) == (422, "empty_message")


def test_a_question_that_is_too_long_is_told_by_how_much(client: FlaskClient, conversation: str) -> None:
    for length in (1001, 10001):
        response = client.post(f"{conversation}/messages", json={"text": "あ" * length})
        assert (response.status_code, error_of(response)) == (422, "too_long")
        assert f"（現在{length}文字）" in response.get_json()["error"]["message"]
    assert ask(client, conversation, "あ" * 1000)["message"]


def test_a_body_of_one_megabyte_is_refused(client: FlaskClient, conversation: str) -> None:
    response = client.post(f"{conversation}/messages", json={"text": "a" * 1_000_000})
    assert (response.status_code, error_of(response)) == (413, "body_too_large")


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE message; --",
        "<script>alert(1)</script>",
        "{text}{0}%s",
        "a\x00b\x07c",
        "\u202eecived",
        "👨‍👩‍👧‍👦𠮷",
        "A" * 999,
    ],
)
def test_strange_text_is_a_question_like_any_other(client: FlaskClient, conversation: str, text: str) -> None:
    ask(client, conversation, text)
    shown = client.get(conversation).get_json()["messages"][0]["text"]
    assert shown == text.replace("\x00", "").replace("\x07", "")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b'{"text": NaN}', 400, "invalid_json"),
        (b"[" * 60000, 400, "invalid_json"),
        (b'{"text": ' + b"1" * 5000 + b"}", 400, "invalid_json"),
        (b"[]", 400, "invalid_request"),
        (b"null", 400, "invalid_request"),
        (b"{}", 400, "invalid_request"),
        (b'{"text": 1}', 400, "invalid_request"),
        (b'{"text": null}', 400, "invalid_request"),
        (b'{"text": ["a"]}', 400, "invalid_request"),
        (b'{"text": "a", "role": "staff"}', 400, "invalid_request"),
        (b'{"text": "\\ud800"}', 400, "invalid_request"),
        (b'{"text": "a", "client_message_id": ""}', 400, "invalid_request"),
        (b'{"text": "a", "client_message_id": "a\\u0000"}', 400, "invalid_request"),
        (b'{"text": "a", "choice": 3}', 400, "invalid_request"),
    ],
)
def test_a_body_that_is_no_question_is_refused_and_nothing_stored(
    client: FlaskClient, conversation: str, lite: Database, body: bytes, status: int, code: str
) -> None:
    response = client.post(f"{conversation}/messages", data=body, content_type="application/json")
    assert (response.status_code, error_of(response)) == (status, code)
    assert stored(lite) == []


def test_a_form_is_not_taken_for_json(client: FlaskClient, conversation: str) -> None:
    response = client.post(f"{conversation}/messages", data={"text": "a"})
    assert (response.status_code, error_of(response)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("name", ["A" * 32, "short", "..%2F..%2Fetc", "%00" * 20, "あ" * 32])
@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", ""), ("DELETE", ""), ("POST", "/messages"), ("POST", "/messages/1/feedback"), ("GET", "/updates"),
     ("GET", "/events"), ("POST", "/handoffs")],
)  # fmt: skip
def test_a_conversation_nobody_started_is_unknown_everywhere(client: FlaskClient, name: str, method: str, rest: str) -> None:
    bodies = {"/messages": {"text": "a"}, "/messages/1/feedback": {"resolved": True}, "/handoffs": {}}
    response = client.open(f"/api/v1/conversations/{name}{rest}", method=method, json=bodies.get(rest))
    assert response.status_code == 404
    assert error_of(response) in ("unknown_conversation", "not_found")


def test_feedback_is_kept_with_its_comment_masked(client: FlaskClient, conversation: str, lite: Database) -> None:
    message = ask(client, conversation, "住民票は？")["message"]
    body = {"resolved": False, "comment": f"番号{NUMBER}でだめでした"}
    assert client.post(f"{conversation}/messages/{message}/feedback", json=body).status_code == 204
    with lite.read() as session:
        row = session.get_one(MessageRow, message)
        assert (row.resolved, row.feedback_comment) == (False, "番号［個人番号］でだめでした")


def test_feedback_belongs_to_an_answer_of_this_conversation(client: FlaskClient, conversation: str) -> None:
    reply = ask(client, conversation, "住民票は？")
    other = f"/api/v1/conversations/{client.post('/api/v1/conversations').get_json()['id']}"
    foreign = f"{other}/messages/{reply['message']}/feedback"
    own_question = f"{conversation}/messages/{reply['question_message']}/feedback"
    huge = f"{conversation}/messages/{10**30}/feedback"
    for path in (foreign, own_question, huge):
        response = client.post(path, json={"resolved": True})
        assert (response.status_code, error_of(response)) == (404, "unknown_message")


def test_updates_bring_what_came_after(client: FlaskClient, conversation: str, lite: Database) -> None:
    first = ask(client, conversation, "住民票は？")
    number = taken(client, conversation, lite)
    with lite.write() as session:
        handoff.staff_reply(session, number, SATO, "郵送もできます。")
    body = client.get(f"{conversation}/updates?after={first['message']}").get_json()
    assert [(m["role"], m["name"]) for m in body["messages"]] == [("notice", None), ("staff", "市民課")]
    assert body["handoff"]["state"] == "taken"
    for bad in ("x", "-1", "1.5", "９", str(2**53), "1" * 5000):
        response = client.get(f"{conversation}/updates?after={bad}")
        assert (response.status_code, error_of(response)) == (400, "invalid_request")


def test_deleting_a_conversation_really_deletes_it(client: FlaskClient, conversation: str, lite: Database) -> None:
    ask(client, conversation, "ひみつの質問")
    number = taken(client, conversation, lite)
    refused = client.delete(conversation)
    assert (refused.status_code, error_of(refused)) == (409, "handoff_open")
    with lite.write() as session:
        handoff.resolve(session, number, SATO)
    assert client.delete(conversation).status_code == 204
    assert client.get(conversation).status_code == 404
    with lite.read() as session:
        for table in (MessageRow, HandoffRow, HandoffEventRow, ConversationRow):
            assert session.scalars(select(table)).all() == []
        audit = session.scalars(select(AuditRow)).one()
        assert (audit.action, audit.actor, audit.detail["conversations"]) == ("conversation.deleted", "resident", 1)
        assert conversation.split("/")[-1] not in json.dumps(audit.detail)


def test_a_contact_without_consent_is_refused_and_nothing_kept(client: FlaskClient, conversation: str, lite: Database) -> None:
    body = {"message": "連絡ください", "contact": {"kind": "phone", "value": "090-1234-5678", "consent": False}}
    response = client.post(f"{conversation}/handoffs", json=body)
    assert (response.status_code, error_of(response)) == (422, "consent_required")
    with lite.read() as session:
        assert session.scalars(select(HandoffRow)).all() == []
    assert stored(lite) == []


def test_asking_for_a_person_keeps_the_masked_message_and_gives_a_receipt(
    client: FlaskClient, conversation: str, lite: Database
) -> None:
    ask(client, conversation, "住民票は？")
    contact = {"kind": "email", "value": "hanako@example.jp", "consent": True}
    first = client.post(f"{conversation}/handoffs", json={"message": f"{NUMBER}について", "contact": contact})
    body = first.get_json()
    assert (first.status_code, body["state"], body["contact_kept"]) == (201, "queued", True)
    assert body["department"]["key"] == "citizens"
    assert body["receipt"] in body["message"]
    assert "hanako" not in first.get_data(as_text=True)
    assert stored(lite)[-1] == ("resident", "［個人番号］について")
    again = client.post(f"{conversation}/handoffs")
    assert (again.status_code, again.get_json()["receipt"]) == (200, body["receipt"])


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"department": "moon"}, 422, "unknown_department", "department"),
        ({"contact": {"kind": "email", "value": "hanako", "consent": True}}, 422, "invalid_email", "contact.value"),
        ({"contact": {"kind": "phone", "value": "12345", "consent": True}}, 422, "invalid_phone", "contact.value"),
        ({"contact": {"kind": "fax", "value": "12345", "consent": True}}, 400, "invalid_request", "contact.kind"),
        ({"contact": {"kind": "phone", "value": "090-1234-5678", "consent": "yes"}}, 400, "invalid_request", "contact.consent"),
        ({"message": "あ" * 1001}, 422, "too_long", "message"),
    ],
)
def test_a_wrong_request_for_a_person_names_the_field(
    client: FlaskClient, conversation: str, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    response = client.post(f"{conversation}/handoffs", json=body)
    assert (response.status_code, error_of(response)) == (status, code)
    assert response.get_json()["error"]["field"] == field


def test_when_nothing_can_be_stored_the_resident_is_told_that_it_was_not_sent(
    application: Flask, client: FlaskClient, conversation: str, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {"text": "ひみつ"}, Exception("database is locked"))

    monkeypatch.setattr("bot.conversations.append", locked)
    with structlog.testing.capture_logs() as lines:
        response = client.post(f"{conversation}/messages", json={"text": "ひみつ"})
    assert (response.status_code, error_of(response)) == (503, "unavailable")
    assert response.headers["Retry-After"] == "5"
    assert "ひみつ" not in json.dumps(lines, ensure_ascii=False)


def test_logs_name_the_route_but_never_words_or_the_conversation(client: FlaskClient, conversation: str) -> None:
    secret = conversation.split("/")[-1]
    with structlog.testing.capture_logs() as lines:
        ask(client, conversation, "ひみつの質問")
        client.post(f"{conversation}/messages", json={"text": "例外ひみつ"})
        client.get(f"{conversation}/nothing")
    text = json.dumps(lines, ensure_ascii=False)
    assert secret not in text
    assert "ひみつ" not in text
    request = lines[0]
    assert (request["method"], request["route"], request["status"]) == (
        "POST",
        "/api/v1/conversations/<conversation>/messages",
        200,
    )
    assert request["ms"] >= 0


def test_no_transaction_is_open_while_the_desk_thinks(
    client: FlaskClient, conversation: str, lite: Database, desk: FakeDesk
) -> None:
    """A slow answer must not keep others from writing."""
    original = desk.ask

    def ask_while_writing(question: Any) -> Any:
        with lite.write() as session:
            session.add(AuditRow(municipality=CODE, actor="t", action="t"))
        return original(question)

    desk.ask = ask_while_writing  # type: ignore[method-assign]
    commits: list[str] = []
    event.listen(lite.engine, "commit", lambda _: commits.append("commit"))
    assert ask(client, conversation, "住民票は？")["answer"]["status"] == "answered"
    assert commits == ["commit"]
