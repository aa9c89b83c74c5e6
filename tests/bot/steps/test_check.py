"""Nothing leaves that its article does not say; several topics make one reply with one status."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from small_knowledge import CONTENT, MOVING_IN, question

from bot.answer import Answer, Choice, Contact, Source, Status, TopicAnswer
from bot.facets import recognise
from bot.steps.check import check, support_of
from bot.steps.compose import from_article
from bot.turn import Services, Topic, Turn


def checked(services: Services, *answers: TopicAnswer, masked: tuple[str, ...] = (), language: str = "ja") -> Answer:
    topics = tuple(Topic(a.text, answer=a, probability=a.probability) for a in answers)
    turn = Turn(question(answers[0].text, language=language), text=answers[0].text, masked=masked, topics=topics)
    answer = check(turn, services).answer
    assert answer
    return answer


def true_answer(services: Services, words: str = "転入届を出したい") -> TopicAnswer:
    return from_article(Topic(words, recognise(words), probability=0.9), MOVING_IN, services, "ja")


@pytest.mark.parametrize(
    "words",
    ["転入届を出したい", "転入届の持ち物は？", "転入届は郵送でできますか", "転入届の受付時間は", "転入届の期限と手数料と場所"],
)
def test_what_the_article_says_passes(services: Services, words: str) -> None:
    answer = true_answer(services, words)
    assert checked(services, answer).answer == answer.answer


@pytest.mark.parametrize("article", CONTENT.articles, ids=lambda a: a.id)
def test_the_whole_of_every_article_passes(services: Services, article: object) -> None:
    assert isinstance(article, type(MOVING_IN))
    answer = from_article(Topic(article.title, probability=0.9), article, services, "ja")
    assert checked(services, answer).status == Status.ANSWERED


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("14日以内", "15日以内"),
        ("14日以内", "14年以内"),
        ("最終確認日 2026-10-01", "最終確認日 2026-11-01"),
        ("手数料：無料", "手数料：300円"),
        ("手数料：無料", "電話は099-000-3111です"),
        ("手数料：無料", "https://evil.example/ で申し込めます"),
        ("手数料：無料", "令和9年4月1日から有料です"),
        ("手数料：無料", "２，０００円かかります"),
        ("手数料：無料", "| 大人 | 800円 |"),
        ("本庁舎1階2番窓口", "本庁舎2階1番窓口"),
    ],
)
def test_an_answer_that_says_something_else_is_replaced_by_a_person(services: Services, true: str, false: str) -> None:
    answer = true_answer(services)
    assert true in answer.answer
    wrong = checked(services, replace(answer, answer=answer.answer.replace(true, false)))
    assert wrong.status == Status.UNSURE
    assert false not in wrong.answer
    assert wrong.handoff_offered
    assert wrong.sources == ()
    assert wrong.topics[0].sections == wrong.topics[0].facts == ()
    assert wrong.contact
    assert wrong.contact.phone in wrong.answer


def test_the_departments_own_telephone_is_supported(services: Services) -> None:
    answer = true_answer(services)
    assert checked(services, replace(answer, answer=f"{answer.answer}\n住民課 099-000-3110")).status == Status.ANSWERED


def test_full_width_and_tables_in_an_article_support_an_answer_in_plain_figures(services: Services) -> None:
    body = "| 区分 | 手数料 |\n|---|---|\n| 窓口 | ３００円 |\n| 郵送 | 1,500円 |\n\n令和８年１０月１日から。"
    support = support_of(replace(MOVING_IN, body=body, last_checked=date(2026, 10, 1)), services)
    assert "窓口 / ３００円" in support
    answer = true_answer(services)
    article = replace(MOVING_IN, body=body)
    content = replace(CONTENT, articles=(article,))
    told = replace(answer, answer="窓口は300円、郵送は1500円です。令和8年10月1日から。")
    assert checked(replace(services, content=content), told).status == Status.ANSWERED
    assert checked(replace(services, content=content), replace(told, answer="窓口は310円です。")).status == Status.UNSURE


def test_a_topic_nobody_answered_is_unsure(services: Services) -> None:
    answer = check(Turn(question("x"), text="x", topics=(Topic("x"),)), services).answer
    assert answer
    assert answer.status == Status.UNSURE


CONTACT = Contact("環境課", "waste")
ANSWERED = TopicAnswer(
    "一つ目",
    Status.ANSWERED,
    "答え",
    sources=(Source("waste-table", "表"),),
    contact=Contact("住民課"),
    probability=0.9,
    ranking=("a", "b"),
)
ASKED = TopicAnswer(
    "二つ目", Status.ASKED_BACK, "どれですか", choices=(Choice("A", "A"),), contact=CONTACT, probability=0.4, ranking=("c", "a")
)


def of(status: Status, text: str = "別の質問") -> TopicAnswer:
    return TopicAnswer(text, status, status.value, contact=CONTACT, probability=0.1)


@pytest.mark.parametrize(
    ("answers", "status", "offered"),
    [
        ([ANSWERED], Status.ANSWERED, False),
        ([ANSWERED, replace(ANSWERED, text="別")], Status.ANSWERED, False),
        ([ANSWERED, ASKED], Status.ANSWERED_IN_PART, True),
        ([of(Status.UNSURE), ANSWERED], Status.ANSWERED_IN_PART, True),
        ([ANSWERED, of(Status.PERSON_REQUESTED)], Status.ANSWERED_IN_PART, True),
        ([of(Status.UNSURE), ASKED], Status.ASKED_BACK, True),
        ([of(Status.OUT_OF_SCOPE), of(Status.PERSON_REQUESTED)], Status.PERSON_REQUESTED, True),
        ([of(Status.OTHER_MUNICIPALITY), of(Status.UNSURE)], Status.UNSURE, True),
        ([of(Status.OUT_OF_SCOPE), of(Status.OTHER_MUNICIPALITY)], Status.OTHER_MUNICIPALITY, True),
        ([of(Status.SMALL_TALK)], Status.SMALL_TALK, False),
    ],
)
def test_the_status_of_the_whole_is_that_of_its_parts(
    services: Services, answers: list[TopicAnswer], status: Status, offered: bool
) -> None:
    answer = checked(services, *answers)
    assert (answer.status, answer.handoff_offered) == (status, offered)
    assert [t.status for t in answer.topics] == [t.status for t in answers]


def test_each_topic_of_several_is_told_under_the_residents_own_words(services: Services) -> None:
    answer = checked(services, ANSWERED, ASKED)
    assert answer.answer == "「一つ目」\n答え\n\n「二つ目」\nどれですか"
    assert checked(services, ANSWERED).answer == "答え"


def test_sources_choices_and_rankings_of_all_topics_are_gathered(services: Services) -> None:
    answer = checked(services, ANSWERED, ASKED)
    assert [s.id for s in answer.sources] == ["waste-table"]
    assert [c.label for c in answer.choices] == ["A"]
    assert answer.ranking == ("a", "c", "b")
    assert answer.probability == 0.4  # that of the least certain topic


def test_the_contact_is_that_of_the_first_topic_left_open(services: Services) -> None:
    assert checked(services, ANSWERED, ASKED).contact == CONTACT
    assert checked(services, ANSWERED).contact == Contact("住民課")


def test_what_was_masked_is_told(services: Services) -> None:
    answer = checked(services, ANSWERED, masked=("電話番号", "氏名"))
    assert answer.masked == ("電話番号", "氏名")
    assert answer.notices == ("個人情報（電話番号、氏名）は伏せてお預かりしました。",)
    assert checked(services, ANSWERED).notices == ()


def test_the_reply_is_json_with_an_outcome_for_every_topic(services: Services) -> None:
    data = json.loads(json.dumps(checked(services, ANSWERED, ASKED).to_json(), ensure_ascii=False))
    assert data["outcome"] == "answer"
    assert [t["outcome"] for t in data["topics"]] == ["answer", "ask_back"]
