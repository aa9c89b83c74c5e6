"""The home page, the widget's files, and the page that works without JavaScript."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from rule_desk import RuleDesk
from werkzeug.test import TestResponse

from bot import handoff
from bot.tables import ConversationRow, HandoffRow, MessageRow
from database import Database
from settings import DEMO_MUNICIPALITY


def _hidden(response: TestResponse, name: str = "conversation") -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', response.text)
    assert found, response.text
    return found.group(1)


def _ask(client: FlaskClient, text: str, **fields: str) -> TestResponse:
    return client.post("/ask", data={"text": text, "language": "ja", **fields})


def _count(town: Database, table: type) -> int:
    with town.read() as session:
        return session.query(table).count()


def test_the_home_page_embeds_the_widget_and_says_that_it_is_a_demo(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert f'src="/widget/madoguchi.js" data-municipality="{DEMO_MUNICIPALITY}"' in page.text
    assert "架空の市です" in page.text
    assert "<noscript>" in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_the_home_page_keeps_its_own_policy(client: FlaskClient) -> None:
    page = client.get("/").text
    assert re.findall(r"<style|<script(?![^>]* src=)| style=| on\w+=", page) == []


def test_files_of_the_widget_may_be_loaded_by_any_site_and_are_asked_for_again(client: FlaskClient) -> None:
    script = client.get("/widget/madoguchi.js")
    assert script.status_code == 200
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Access-Control-Allow-Origin"] == "*"
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    again = client.get("/widget/madoguchi.js", headers={"If-None-Match": script.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["pages.py", "../pages.py", "..%2fpages.py", "templates/widget/home.html", "nothing.js", "static/madoguchi.js"]
)
def test_nothing_else_is_served_under_the_widgets_folder(client: FlaskClient, path: str) -> None:
    assert client.get(f"/widget/{path}").status_code == 404


def test_labels_come_with_the_limit_the_desk_keeps(client: FlaskClient) -> None:
    answer = client.get("/widget/texts/en.json")
    assert answer.json["labels"]["launcher"] == "Ask a question"
    assert answer.json["message_max_length"] == 1000
    assert client.get("/widget/texts/xx.json").status_code == 404


def test_the_reception_and_its_hours_are_known_before_any_question(client: FlaskClient) -> None:
    contact = client.get(f"/widget/reception/{DEMO_MUNICIPALITY}/ja.json")
    assert contact.json["department"] == "総合案内"
    assert contact.json["open_now"] in (True, False)
    assert contact.headers["Cache-Control"] == "no-store"
    assert client.get("/widget/reception/123456/ja.json").status_code == 404


def test_a_question_is_answered_and_stored_without_javascript(client: FlaskClient, town: Database) -> None:
    page = _ask(client, "住民票の写しの手数料はいくらですか")
    assert page.status_code == 200
    assert "1通300円" in page.text
    assert "最終確認日" in page.text
    assert "AIによる自動応答" in page.text
    assert _count(town, MessageRow) == 2


def test_the_conversation_goes_on_and_its_id_stays_out_of_addresses(client: FlaskClient, town: Database) -> None:
    first = _ask(client, "住民票の写しの手数料はいくらですか")
    second = _ask(client, "ふとんの捨て方", conversation=_hidden(first))
    assert _hidden(second) == _hidden(first)
    assert "1通300円" in second.text
    assert "粗大ごみ" in second.text
    assert _count(town, ConversationRow) == 1
    assert not re.search(rf'(?:href|action)="[^"]*{_hidden(first)}', second.text)
    assert "Location" not in second.headers


def test_the_same_form_sent_twice_is_answered_once(client: FlaskClient, town: Database, desk: RuleDesk) -> None:
    first = _ask(client, "ふとんの捨て方")
    fields = {"conversation": _hidden(first), "client_message_id": _hidden(first, "client_message_id")}
    _ask(client, "住民票の写し", **fields)
    _ask(client, "住民票の写し", **fields)
    assert len(desk.asked) == 2
    assert _count(town, MessageRow) == 4


@pytest.mark.parametrize(("text", "told"), [("   ", "入力されていません"), ("あ" * 1001, "1000文字まで")])
def test_a_question_that_cannot_be_used_is_explained_and_kept(client: FlaskClient, town: Database, text: str, told: str) -> None:
    page = _ask(client, text)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert told in page.text
    assert text.strip() in page.text
    assert _count(town, ConversationRow) == 0


def test_my_number_is_masked_on_the_page(client: FlaskClient) -> None:
    page = _ask(client, "住民票 123456789018")
    assert "123456789018" not in page.text
    assert "個人番号を伏せて" in page.text


def test_a_choice_can_be_pressed_without_javascript(client: FlaskClient, desk: RuleDesk) -> None:
    page = _ask(client, "印鑑について")
    assert "印鑑登録証明書を取る" in page.text
    _ask(client, "印鑑登録をする", conversation=_hidden(page), choice="residence-certificate")
    assert desk.asked[-1].choice == "residence-certificate"


def test_hostile_answers_are_inert_without_javascript(client: FlaskClient) -> None:
    page = _ask(client, "罠").text
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "<script>alert" not in page


def test_violence_at_home_leaves_nothing_behind(client: FlaskClient, town: Database) -> None:
    page = _ask(client, "夫に殴られた")
    assert 'href="tel:%238008"' in page.text
    assert "https://www.jma.go.jp/" in page.text
    assert 'name="conversation"' not in page.text
    assert _count(town, MessageRow) == 0


def test_a_person_is_asked_for_with_a_contact_only_with_consent(client: FlaskClient, town: Database) -> None:
    page = _ask(client, "住民票の写し")
    fields = {"conversation": _hidden(page), "language": "ja", "contact_kind": "email", "contact_value": "a@example.jp"}
    refused = client.post("/ask/person", data=fields)
    assert refused.status_code == 422
    assert "同意のチェック" in refused.text
    assert "a@example.jp" in refused.text
    assert _count(town, HandoffRow) == 0
    accepted = client.post("/ask/person", data={**fields, "consent": "yes", "message": "急いでいます", "department": "citizens"})
    assert "受付済み" in accepted.text
    with town.read() as session:
        row = handoff.queue(session, DEMO_MUNICIPALITY)[0]
    assert row.receipt in accepted.text
    assert row.department == "citizens"
    assert "急いでいます" in accepted.text


def test_an_answer_can_be_judged_without_javascript(client: FlaskClient, town: Database) -> None:
    page = _ask(client, "住民票の写し")
    fields = {"conversation": _hidden(page), "message_id": _hidden(page, "message_id"), "resolved": "no"}
    assert "お役に立てず申し訳ありません" in client.post("/ask/feedback", data=fields).text
    with town.read() as session:
        assert [row.resolved for row in session.query(MessageRow).order_by(MessageRow.id)] == [None, False]


def test_deleting_without_javascript_deletes_for_good(client: FlaskClient, town: Database) -> None:
    page = _ask(client, "住民票の写し")
    cleared = client.post("/ask/clear", data={"conversation": _hidden(page)})
    assert "会話を消しました" in cleared.text
    assert _count(town, MessageRow) == 0


def test_an_unknown_conversation_starts_a_new_one(client: FlaskClient) -> None:
    page = _ask(client, "住民票の写し", conversation="x" * 32)
    assert page.status_code == 200
    assert _hidden(page) != "x" * 32


def test_the_page_speaks_plain_japanese_and_english(client: FlaskClient) -> None:
    assert '<html lang="en">' in client.get("/ask?language=en").text
    assert "Type your question" in client.get("/ask?language=en").text
    assert "質問の ページ" in client.get("/ask?language=yasashii").text
    assert "質問を入力してください" in client.get("/ask?language=%3Cscript%3E").text


def test_questions_by_form_count_towards_the_limit_of_the_api(client: FlaskClient) -> None:
    started = client.post("/api/v1/conversations").json["id"]
    for _ in range(10):
        _ask(client, "こんにちは")
        client.post(f"/api/v1/conversations/{started}/messages", json={"text": "こんにちは"})
    assert _ask(client, "こんにちは").status_code == 429
    assert client.post(f"/api/v1/conversations/{started}/messages", json={"text": "こんにちは"}).status_code == 429


def test_a_reload_of_a_step_leads_back_to_the_page(client: FlaskClient) -> None:
    assert client.get("/ask/person").headers["Location"] == "/ask"
