"""Each question of a message becomes a topic with its facets, and what it leaves out is worked in."""

from __future__ import annotations

from small_knowledge import question

from bot.answer import Status
from bot.question import PastTurn
from bot.steps.understand import MOST_TOPICS, understand
from bot.turn import Services, Topic, Turn

CERTIFICATE = PastTurn("住民票の写しはいくらですか", Status.ANSWERED, ("residence-certificate",))


def topics(services: Services, words: str, *history: PastTurn, **more: object) -> tuple[Topic, ...]:
    return understand(Turn(question(words, *history, **more), text=words), services).topics


def test_each_question_is_a_topic_with_its_own_facets(services: Services) -> None:
    first, second = topics(services, "転入届の持ち物は？あと、粗大ごみの料金を教えてください")
    assert [f.key for f in first.facets] == ["documents"]
    assert [f.key for f in second.facets] == ["fee"]
    assert first.status is second.status is None


def test_more_questions_than_can_be_answered_apart_are_kept_in_the_last(services: Services) -> None:
    words = "".join(
        f"{subject}を教えてください。"
        for subject in ("転入届", "犬の登録", "児童手当", "図書館", "避難所", "水道の開栓", "婚姻届")
    )
    found = topics(services, words)
    assert len(found) == MOST_TOPICS
    assert all(subject in found[-1].text for subject in ("避難所", "水道の開栓", "婚姻届"))


def test_a_follow_up_is_worked_in_and_asks_for_its_own_facet(services: Services) -> None:
    (topic,) = topics(services, "郵送だと？", CERTIFICATE)
    assert topic.text == "住民票の写しはいくらですか 郵送だと？"
    assert topic.follows == ("residence-certificate",)
    assert [f.key for f in topic.facets] == ["mail"]
    assert topic.said == "郵送だと？"


def test_a_person_another_town_and_small_talk_are_marked(services: Services) -> None:
    assert [t.status for t in topics(services, "住民票はいくらですか。あと、職員と話したいです")] == [
        None,
        Status.PERSON_REQUESTED,
    ]
    assert [t.status for t in topics(services, "横浜市の粗大ごみの出し方は？")] == [Status.OTHER_MUNICIPALITY]
    assert [t.status for t in topics(services, "ありがとうございました")] == [Status.SMALL_TALK]


def test_a_pressed_choice_is_the_article_and_keeps_the_facet_asked_for_before(services: Services) -> None:
    asked = PastTurn("引っ越しの持ち物は？", Status.ASKED_BACK)
    (topic,) = topics(services, "こはる町に引っ越してきたときの手続き（転入届）", asked, choice="moving-in")
    assert topic.chosen == "moving-in"
    assert [f.key for f in topic.facets] == ["documents"]


def test_words_of_a_pressed_title_ask_for_nothing(services: Services) -> None:
    (topic,) = topics(services, "住民票の郵送請求と手数料", choice="residence-certificate")
    assert topic.facets == ()


def test_a_choice_that_does_not_exist_is_a_question_like_any_other(services: Services) -> None:
    (topic,) = topics(services, "住民票がほしい", choice="gone")
    assert topic.chosen is None
    assert topic.text == "住民票がほしい"


def test_a_district_after_a_question_for_collection_days_belongs_to_it(services: Services) -> None:
    (topic,) = topics(services, "桜台", PastTurn("燃えないゴミいつ", Status.ASKED_BACK))
    assert topic.text == "燃えないゴミいつ 桜台"
