"""Which endings of a question become a task, which join one, and what takes one back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fake_desk import FakeDesk
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from town_fixture import CODE

from bot import conversations, task_causes, tasks
from bot.answer import Answer, Contact, Source, Status, TopicAnswer
from bot.question import Question
from bot.tables import MessageRow, TaskMessageRow, TaskRow
from database import Database, now
from knowledge import store
from knowledge.articles import Article, State

ARTICLE = Article(
    CODE, "residence-certificate", "住民票の写しの請求", "1通300円です。", department="citizens", state=State.PUBLISHED
)


def all_tasks(database: Database, state: str = "open") -> list[TaskRow]:
    with database.read() as session:
        return list(session.scalars(select(TaskRow).where(TaskRow.state == state).order_by(TaskRow.id)))


@pytest.fixture
def article(lite: Database) -> Article:
    with lite.write() as session:
        store.upsert(session, ARTICLE)
    return ARTICLE


def ask(client: FlaskClient, conversation: str, text: str) -> int:
    return int(client.post(f"{conversation}/messages", json={"text": text}).get_json()["message"])


def judge(client: FlaskClient, conversation: str, message: int, resolved: bool, comment: str | None = None) -> None:
    body: dict[str, Any] = {"resolved": resolved} | ({"comment": comment} if comment else {})
    assert client.post(f"{conversation}/messages/{message}/feedback", json=body).status_code == 204


def answers(monkeypatch: pytest.MonkeyPatch, *topics: TopicAnswer, status: Status = Status.UNSURE, **more: Any) -> None:
    """The desk says this to everything."""

    def ask(_: FakeDesk, question: Question) -> Answer:
        return Answer(question.text, status, "…", topics=topics, **more)

    monkeypatch.setattr(FakeDesk, "ask", ask)


def test_an_answer_that_did_not_help_is_a_task_of_its_article(
    client: FlaskClient, conversation: str, lite: Database, article: Article
) -> None:
    message = ask(client, conversation, "住民票はどこで取れますか")
    assert all_tasks(lite) == []
    judge(client, conversation, message, False)
    judge(client, conversation, message, False, "日曜のことを知りたかった")
    (task,) = all_tasks(lite)
    assert (task.kind, task.article, task.department, task.title, task.count) == (
        "downvote", "residence-certificate", "citizens", "住民票の写しの請求", 1,
    )  # fmt: skip
    assert "日曜" not in repr(vars(task))


def test_two_residents_whom_the_same_article_did_not_help_are_one_task(
    client: FlaskClient, conversation: str, lite: Database, article: Article
) -> None:
    for _ in range(2):
        judge(client, conversation, ask(client, conversation, "住民票"), False)
    assert [task.count for task in all_tasks(lite)] == [2]


def test_who_says_afterwards_that_it_helped_takes_the_task_back(
    client: FlaskClient, conversation: str, lite: Database, article: Article
) -> None:
    first, second = ask(client, conversation, "住民票"), ask(client, conversation, "住民票は")
    judge(client, conversation, first, False)
    judge(client, conversation, second, False)
    judge(client, conversation, first, True)
    assert [task.count for task in all_tasks(lite)] == [1]
    judge(client, conversation, second, True)
    assert all_tasks(lite) == []
    assert [task.resolution for task in all_tasks(lite, "closed")] == ["taken_back"]


def test_an_answer_whose_article_is_gone_is_a_task_all_the_same(client: FlaskClient, conversation: str, lite: Database) -> None:
    judge(client, conversation, ask(client, conversation, "住民票"), False)
    (task,) = all_tasks(lite)
    assert (task.article, task.title, task.department) == ("", "住民票の写しの請求", "citizens")


@pytest.mark.parametrize("status", [Status.UNSURE, Status.OUT_OF_SCOPE, Status.FAILED])
def test_a_question_that_was_not_answered_is_a_task_without_its_words(
    client: FlaskClient, conversation: str, lite: Database, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    answers(monkeypatch, status=status, contact=Contact("ごみ減量課", "waste"), ranking=("bulky-waste",))
    message = ask(client, conversation, "山田の粗大ごみの持ち込み")
    (task,) = all_tasks(lite)
    assert (task.kind, task.department, task.count, task.detail) == ("unanswered", "waste", 1, {"near": "bulky-waste"})
    assert "粗大" not in repr(vars(task))
    with lite.read() as session:
        assert session.scalars(select(TaskMessageRow.message)).all() == [message]
        assert task_causes.question_of(session.get_one(MessageRow, message), 0) == "山田の粗大ごみの持ち込み"


@pytest.mark.parametrize(
    "status", [Status.ANSWERED, Status.ASKED_BACK, Status.PERSON_REQUESTED, Status.OTHER_MUNICIPALITY, Status.SMALL_TALK]
)
def test_other_endings_are_none(
    client: FlaskClient, conversation: str, lite: Database, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    answers(monkeypatch, status=status)
    ask(client, conversation, "質問です")
    assert all_tasks(lite) == []


def test_the_same_words_asked_again_join_and_other_words_do_not(
    client: FlaskClient, conversation: str, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch)
    for text in ("粗大ごみの持ち込みは？", "粗大ごみの 持ち込みは", "墓地の募集"):
        ask(client, conversation, text)
    assert [task.count for task in all_tasks(lite)] == [2, 1]


def test_of_a_message_with_two_questions_only_the_open_one_is_a_task(
    client: FlaskClient, conversation: str, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = TopicAnswer("住民票", Status.ANSWERED, "…", sources=(Source("residence-certificate", "住民票"),))
    left = TopicAnswer("墓地の募集", Status.UNSURE, "…", contact=Contact("環境課", "waste"))
    answers(monkeypatch, told, left, status=Status.ANSWERED_IN_PART)
    message = ask(client, conversation, "住民票と墓地の募集")
    (task,) = all_tasks(lite)
    with lite.read() as session:
        link = session.scalars(select(TaskMessageRow)).one()
        assert task_causes.question_of(session.get_one(MessageRow, message), link.topic) == "墓地の募集"
    assert task.department == "waste"


def test_saying_that_a_question_left_open_did_not_help_makes_no_second_task(
    client: FlaskClient, conversation: str, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch)
    judge(client, conversation, ask(client, conversation, "墓地の募集"), False)
    assert [(task.kind, task.count) for task in all_tasks(lite)] == [("unanswered", 1)]


def test_a_task_that_cannot_be_made_costs_no_resident_the_reply(
    client: FlaskClient, conversation: str, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch)

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("insert", {}, Exception("full"))

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "open_task", fail)
        message = ask(client, conversation, "墓地の募集")
    assert all_tasks(lite) == []
    with lite.write() as session:
        assert session.get(MessageRow, message) is not None
        assert task_causes.catch_up(session, CODE, now() - timedelta(days=1), now() + timedelta(minutes=1)) == 1
        assert task_causes.catch_up(session, CODE, now() - timedelta(days=1), now() + timedelta(minutes=1)) == 0
    assert [task.count for task in all_tasks(lite)] == [1]


def test_who_was_asked_back_and_chose_nothing_is_a_task_and_who_went_on_is_none(town_database: Database) -> None:
    shown = {"question": "カード", "status": "asked_back", "answer": "…", "topics": [], "sources": []}
    with town_database.write() as session:
        for text in ("カード", "住所"):
            talk = conversations.start(session, CODE)
            asked = conversations.append(session, talk, "resident", text)
            conversations.append(session, talk, "desk", "…", answer={**shown, "question": text}, reply_to=asked.id)
        conversations.append(session, talk, "resident", "印鑑証明のこと")
    with town_database.write() as session:
        assert task_causes.catch_up(session, CODE, now() - timedelta(days=1), now()) == 1
    (task,) = all_tasks(town_database)
    with town_database.read() as session:
        linked = session.scalars(select(MessageRow).join(TaskMessageRow, TaskMessageRow.message == MessageRow.id)).one()
    assert task_causes.question_of(linked, 0) == "カード"
    assert task.kind == "unanswered"
