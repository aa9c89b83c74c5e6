"""The inbox: who waits is seen, taken by one, answered once, passed on and finished."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fake_desk import FakeDesk
from flask import Flask
from staff_fixture import CRUEL, Person, actions, add_everyone, ask_for_person, csrf_of, handoff_row, make_late, said
from town_fixture import CODE, fill

from app import create_app
from bot import conversations, handoff
from bot.handoff_request import ReplyAddress
from bot.question import Question
from bot.tables import ConversationRow, HandoffRow
from database import Database, now
from settings import Settings


def act(person: Person, number: int, action: str, **form: str) -> int:
    return person.post(f"/staff/handoffs/{number}/{action}", **form).status_code


def test_the_queue_shows_the_question_receipt_department_waiting_time_and_promise(
    agent: Person, lite: Database, waiting: int
) -> None:
    with lite.write() as session:
        session.get_one(HandoffRow, waiting).requested_at = now() - timedelta(hours=2, minutes=5)
    page = agent.get("/staff/").text
    for words in (
        "転入届について教えてください",
        handoff_row(lite, waiting).receipt,
        "市民課",
        "2時間5分",
        "返事待ち",
        "お返事の予定",
    ):
        assert words in page
    assert "<title>(1) 受付一覧 |" in page


def test_who_was_promised_first_is_on_top_and_the_own_ones_above_all(agent: Person, lite: Database, settings: Settings) -> None:
    late, early, mine = (ask_for_person(lite, settings, text) for text in ("あとの人です", "先の人です", "私の人です"))
    with lite.write() as session:
        for number, hours in ((late, 3), (early, 1), (mine, 5)):
            session.get_one(HandoffRow, number).promised_by = now() + timedelta(hours=hours)
    act(agent, mine, "take")
    page = agent.get("/staff/").text
    assert page.index("自分が対応中") < page.index("私の人です") < page.index("先の人です") < page.index("あとの人です")


def test_a_broken_promise_is_marked(agent: Person, lite: Database, waiting: int) -> None:
    assert "予定を過ぎています" not in agent.get("/staff/").text
    make_late(lite, waiting)
    assert "予定を過ぎています" in agent.get("/staff/").text
    assert "予定を過ぎています" in agent.get(f"/staff/handoffs/{waiting}").text


def test_the_filter_keeps_a_department_and_says_who_waits_elsewhere(agent: Person, lite: Database, settings: Settings) -> None:
    ask_for_person(lite, settings, "ごみの相談です", department="waste")
    ask_for_person(lite, settings, "転入の相談です", department="citizens")
    page = agent.get("/staff/?department=waste").text
    assert "ごみの相談です" in page
    assert "転入の相談です" not in page
    assert "ほかの課で1件の受付が待っています" in page
    assert "転入の相談です" not in agent.get("/staff/").text  # the choice stays
    everything = agent.get("/staff/?department=").text
    assert "ごみの相談です" in everything
    assert "転入の相談です" in everything


def test_the_queue_shows_what_was_asked_and_not_that_a_person_was_wanted(
    agent: Person, lite: Database, settings: Settings
) -> None:
    number = ask_for_person(lite, settings, "保育園の入園申込みの期限は", answer=FakeDesk().ask(_question()).to_json())
    with lite.write() as session:
        talk = conversations.lock(session, session.get_one(HandoffRow, number).conversation)
        wish = conversations.append(session, talk, "resident", "人と話したいです")
        wanted = {**FakeDesk().ask(_question()).to_json(), "status": "person_requested"}
        conversations.append(session, talk, "desk", "承知しました", answer=wanted, reply_to=wish.id)
    page = agent.get("/staff/").text
    assert "保育園の入園申込みの期限は" in page
    assert "人と話したいです" not in page


def test_a_receipt_read_over_the_phone_is_found_however_it_is_typed(agent: Person, lite: Database, waiting: int) -> None:
    receipt = handoff_row(lite, waiting).receipt
    for typed in (receipt, receipt.lower(), receipt.replace("-", ""), receipt[2:], f" {receipt} "):
        assert agent.get("/staff/find", query_string={"receipt": typed}).location == f"/staff/handoffs/{waiting}"
    missing = agent.get("/staff/find", query_string={"receipt": CRUEL}, follow_redirects=True)
    assert "見つかりませんでした" in missing.text
    assert "<script>window" not in missing.text


def test_the_whole_conversation_is_shown_with_sources_contact_and_history(
    agent: Person, lite: Database, settings: Settings
) -> None:
    number = ask_for_person(
        lite, settings, answer=FakeDesk().ask(_question()).to_json(), address=ReplyAddress("phone", "09012345678")
    )
    act(agent, number, "take")
    page = agent.get(f"/staff/handoffs/{number}").text
    for words in (
        "転入届について教えてください", "住民票の写しは1通300円です。", "住民票の写しの請求", "https://www.city.midorino.example/r.html",
        "2026-10-01 確認", "市民課", 'href="tel:09012345678"', "に同意", "対応を開始", "職員 agent", "担当者が対応を始めました",
    ):  # fmt: skip
        assert words in page
    assert "電話かメールでもお知らせください" in page


def test_words_of_residents_and_articles_stay_text(agent: Person, lite: Database, settings: Settings) -> None:
    answer = FakeDesk().ask(_question()).to_json()
    trap = {"id": "x", "title": CRUEL, "url": "javascript:window.pwned=1", "department": CRUEL, "last_checked": CRUEL}
    number = ask_for_person(lite, settings, CRUEL, answer={**answer, "answer": CRUEL, "sources": [trap]})
    act(agent, number, "take")
    act(agent, number, "reply", text=CRUEL, token="1")
    for path in ("/staff/", f"/staff/handoffs/{number}"):
        page = agent.get(path).text
        assert "<script>window" not in page
        assert "<img src=x" not in page
        assert "javascript:" not in page
        assert "&lt;script&gt;window.pwned=1" in page


def test_from_queue_to_reply_to_resolution_with_everything_in_the_audit_trail(
    agent: Person, lite: Database, waiting: int
) -> None:
    page = agent.get(f"/staff/handoffs/{waiting}").text
    assert "対応を始める" in page
    assert 'name="text"' not in page
    assert act(agent, waiting, "take") == 303
    assert act(agent, waiting, "reply", text="14日以内に届け出てください。", token="a") == 303
    assert act(agent, waiting, "resolve") == 303
    assert said(lite, waiting) == ["14日以内に届け出てください。"]
    assert handoff_row(lite, waiting).state == "resolved"
    done = [action for actor, action in actions(lite) if actor == "agent" and action.startswith("handoff.")]
    assert done == ["handoff.taken", "handoff.replied", "handoff.resolved"]
    assert "この受付は終了しています" in agent.get(f"/staff/handoffs/{waiting}").text


def test_the_second_to_take_is_told_who_has_it_and_nothing_is_doubled(
    log_in: Callable[[str], Person], lite: Database, waiting: int
) -> None:
    first, second = log_in("agent"), log_in("colleague")
    assert act(first, waiting, "take") == 303
    refused = second.post(f"/staff/handoffs/{waiting}/take")
    assert refused.status_code == 409
    assert "ほかの職員が対応しています。操作は行われていません" in refused.text
    assert "職員 agentさんが対応しています" in refused.text
    assert act(first, waiting, "take") == 303  # a double click of the same person
    assert len(said(lite, waiting, "notice")) == 1
    assert [a for a in actions(lite) if a[1] == "handoff.taken"] == [("agent", "handoff.taken")]


def test_of_many_who_take_at_the_same_moment_one_succeeds(database: Database, settings: Settings, quiet_clock: None) -> None:
    fill_towns(database)
    url = database.engine.url.render_as_string(hide_password=False)
    here = settings.model_copy(update={"database_url": url})
    app = create_app(here, FakeDesk())  # type: ignore[arg-type]
    number = ask_for_person(database, here)
    people = [Person(app.test_client()) for _ in range(3)]
    tokens = []
    for person, login in zip(people, ("agent", "colleague", "administrator"), strict=True):
        person.log_in(login)
        tokens.append(person.token("/staff/"))

    def take(index: int) -> int:
        form = {"csrf_token": tokens[index]}
        return people[index].client.post(f"/staff/handoffs/{number}/take", data=form).status_code

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(take, range(3))) == [303, 409, 409]
    assert len(said(database, number, "notice")) == 1


def fill_towns(database: Database) -> None:
    fill(database)
    if database.engine.dialect.name == "postgresql":
        with database.write() as session:  # `fill` gives its staff numbers of their own
            session.connection().exec_driver_sql("SELECT setval(pg_get_serial_sequence('staff', 'id'), 100)")
    add_everyone(database)


def test_a_reply_sent_twice_is_stored_once(agent: Person, lite: Database, waiting: int) -> None:
    act(agent, waiting, "take")
    for _ in range(2):
        assert act(agent, waiting, "reply", text="窓口は1番です。", token="same") == 303
    assert said(lite, waiting) == ["窓口は1番です。"]
    assert [a for _, a in actions(lite)].count("handoff.replied") == 1


def test_a_reply_sent_twice_at_the_same_moment_is_stored_once(
    application: Flask, agent: Person, lite: Database, waiting: int
) -> None:
    act(agent, waiting, "take")
    form = {"csrf_token": agent.token("/staff/"), "text": "窓口は1番です。", "token": "same"}
    cookie = agent.client.get_cookie("session")
    assert cookie is not None

    def send(_: int) -> int:
        client = application.test_client()
        client.set_cookie("session", cookie.value)
        return client.post(f"/staff/handoffs/{waiting}/reply", data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {303}
    assert said(lite, waiting) == ["窓口は1番です。"]


def test_other_words_from_the_same_form_are_another_reply(agent: Person, lite: Database, waiting: int) -> None:
    act(agent, waiting, "take")
    for text in ("窓口は1番です。", "訂正します。2番です。", "窓口は1番です。"):
        act(agent, waiting, "reply", text=text, token="same")
    assert said(lite, waiting) == ["窓口は1番です。", "訂正します。2番です。"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  \n ", "返信が入力されていません"),
        ("長" * 2001, "2000文字以内"),
        ("番号は123456789018です。", "マイナンバー"),
        ("番号は１２３４－５６７８－９０１８です。", "マイナンバー"),
    ],
)
def test_an_unfit_reply_is_refused_and_stays_in_the_box(
    agent: Person, lite: Database, waiting: int, text: str, words: str
) -> None:
    act(agent, waiting, "take")
    answer = agent.post(f"/staff/handoffs/{waiting}/reply", text=text, token="1")
    assert answer.status_code == 422
    assert words in answer.text
    assert text in answer.text
    assert said(lite, waiting) == []


def test_a_telephone_number_may_be_in_a_reply(agent: Person, lite: Database, waiting: int) -> None:
    act(agent, waiting, "take")
    assert act(agent, waiting, "reply", text="市民課（099-000-1110）へお電話ください。", token="1") == 303


def test_a_reply_to_what_a_colleague_took_over_meanwhile_is_not_sent_and_not_lost(
    log_in: Callable[[str], Person], lite: Database, waiting: int
) -> None:
    agent, colleague = log_in("agent"), log_in("colleague")
    act(agent, waiting, "take")
    act(agent, waiting, "give-back")
    act(colleague, waiting, "take")
    answer = agent.post(f"/staff/handoffs/{waiting}/reply", text="書きかけの返信", token="1")
    assert answer.status_code == 409
    assert "書きかけの返信" in answer.text
    assert said(lite, waiting) == []


@pytest.mark.parametrize("action", ["give-back", "resolve", "transfer", "reply"])
def test_what_a_colleague_has_taken_is_left_alone(
    log_in: Callable[[str], Person], lite: Database, waiting: int, action: str
) -> None:
    act(log_in("colleague"), waiting, "take")
    assert act(log_in("agent"), waiting, action, text="x", token="1", department="waste") == 409
    assert handoff_row(lite, waiting).state == "taken"
    assert f'/staff/handoffs/{waiting}/resolve"' not in log_in("agent").get(f"/staff/handoffs/{waiting}").text


@pytest.mark.parametrize("action", ["give-back", "resolve", "transfer"])
def test_an_administrator_can_free_what_an_absent_colleague_has_taken(
    log_in: Callable[[str], Person], lite: Database, waiting: int, action: str
) -> None:
    act(log_in("colleague"), waiting, "take")
    assert act(log_in("administrator"), waiting, action, department="waste") == 303
    assert handoff_row(lite, waiting).state == ("resolved" if action == "resolve" else "queued")


def test_a_transfer_moves_a_waiting_request_and_keeps_who_did_it(agent: Person, lite: Database, waiting: int) -> None:
    assert act(agent, waiting, "transfer", department="waste") == 303
    assert handoff_row(lite, waiting).department == "waste"
    assert actions(lite)[-1] == ("agent", "handoff.transferred")
    assert act(agent, waiting, "transfer", department="waste") == 409
    assert act(agent, waiting, "transfer", department="nowhere") == 409
    assert "ごみ減量課" in agent.get(f"/staff/handoffs/{waiting}").text


def test_a_given_back_request_waits_again(agent: Person, lite: Database, waiting: int) -> None:
    act(agent, waiting, "take")
    assert act(agent, waiting, "give-back") == 303
    row = handoff_row(lite, waiting)
    assert (row.state, row.taken_by) == ("queued", None)


def test_a_new_word_of_the_resident_is_counted_in_the_title(agent: Person, lite: Database, waiting: int) -> None:
    act(agent, waiting, "take")
    act(agent, waiting, "reply", text="こんにちは", token="1")
    assert "<title>受付一覧 |" in agent.get("/staff/").text
    with lite.write() as session:
        talk = conversations.lock(session, handoff_row(lite, waiting).conversation)
        conversations.append(session, talk, "resident", "もう一つ質問です")
    assert "<title>(1) 受付一覧 |" in agent.get("/staff/").text
    assert "<title>(1) 受付 M-" in agent.get(f"/staff/handoffs/{waiting}").text


def test_a_deleted_conversation_takes_its_request_with_it(agent: Person, lite: Database, waiting: int) -> None:
    page = agent.get(f"/staff/handoffs/{waiting}").text
    with lite.write() as session:
        conversations.erase(session, [handoff_row(lite, waiting).conversation])
    assert agent.get(f"/staff/handoffs/{waiting}").status_code == 404
    taken = agent.client.post(f"/staff/handoffs/{waiting}/take", data={"csrf_token": csrf_of(page)})
    assert taken.status_code == 404


@pytest.mark.parametrize("language", ["ja", "yasashii", "en", "zh-Hans", "vi", "ko", "tl", "ne", "pt", "id", "my"])
@pytest.mark.parametrize("read_in", ["ja", "en"])
def test_a_conversation_in_any_language_can_be_read(
    agent: Person, lite: Database, waiting: int, language: str, read_in: str
) -> None:
    with lite.write() as session:
        session.get_one(ConversationRow, handoff_row(lite, waiting).conversation).language = language
    agent.post("/staff/language", language=read_in)
    assert agent.get(f"/staff/handoffs/{waiting}").status_code == 200


@pytest.mark.parametrize("state", ["requested", "queued", "taken", "resolved", "expired"])
def test_every_state_has_its_page(agent: Person, lite: Database, waiting: int, state: str) -> None:
    with lite.write() as session:
        session.get_one(HandoffRow, waiting).state = state
    assert agent.get(f"/staff/handoffs/{waiting}").status_code == 200
    assert agent.get("/staff/").status_code == 200


def test_a_colleague_who_leaves_leaves_nobody_waiting(
    log_in: Callable[[str], Person], ids: dict[str, int], lite: Database, waiting: int
) -> None:
    colleague, administrator = log_in("colleague"), log_in("administrator")
    act(colleague, waiting, "take")
    assert administrator.post(f"/staff/accounts/{ids['colleague']}/deactivate").status_code == 302
    row = handoff_row(lite, waiting)
    assert (row.state, row.taken_by) == ("queued", None)
    assert colleague.get("/staff/").location.startswith("/staff/login")
    with lite.read() as session:
        assert [r.id for r in handoff.queue(session, CODE)] == [waiting]


def _question() -> Question:
    return Question(CODE, "転入届について", now().date())
