"""An answer is the article's own words: the part asked for in full, the rest folded, and where it comes from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_knowledge import CERTIFICATE, CONTENT, MOVING_IN, question, services_of

from bot.answer import Status, TopicAnswer
from bot.facets import recognise
from bot.steps.compose import CHOICE_GAP, MOST_CHOICES, SHORT_BODY, compose, from_article
from bot.turn import Ranked, Services, Topic, Turn
from indexer.search import Candidate
from knowledge.articles import Article


def answered(services: Services, words: str, article: Article = MOVING_IN, language: str = "ja") -> TopicAnswer:
    return from_article(Topic(words, recognise(words), probability=0.9), article, services, language)


def composed(services: Services, topic: Topic) -> TopicAnswer:
    answer = compose(Turn(question(topic.text), topics=(topic,)), services).topics[0].answer
    assert answer
    return answer


def candidates(*scores: float) -> tuple[Ranked, ...]:
    return tuple(Ranked(Candidate(a, 0, 0, 0, 1), s) for a, s in zip(CONTENT.articles, scores, strict=False))


def unfolded(answer: TopicAnswer) -> list[str]:
    return [s.heading for s in answer.sections if not s.folded]


def test_a_question_for_the_whole_shows_the_lead_and_all_facts(services: Services) -> None:
    assert len(MOVING_IN.body) > SHORT_BODY
    answer = answered(services, "転入届を出したい")
    assert unfolded(answer) == [""]
    assert [s.heading for s in answer.sections if s.folded] == ["手続きの方法", "受付時間", "郵送", "代理人が来るとき"]
    assert answer.answer.startswith("引っ越した日から14日以内に、住民課の窓口で転入届を出してください。")
    assert "手数料：無料" in answer.answer
    assert not any(fact.asked for fact in answer.facts)


@pytest.mark.parametrize(
    ("words", "headings"),
    [
        ("転入届は郵送でできますか", ["郵送"]),
        ("転入届の受付時間は", ["受付時間"]),
        ("転入届の手続きの流れ", ["手続きの方法"]),
        ("代理人が転入届を出せますか", ["代理人が来るとき"]),
        ("転入届は郵送と代理人でできますか", ["郵送", "代理人が来るとき"]),
    ],
)
def test_only_the_part_asked_for_is_unfolded_and_it_comes_first(services: Services, words: str, headings: list[str]) -> None:
    answer = answered(services, words)
    assert unfolded(answer) == headings == [s.heading for s in answer.sections[: len(headings)]]
    for section in answer.sections:
        assert (section.body.splitlines()[0] in answer.answer) is (not section.folded)


def test_a_fact_asked_for_is_told_first_and_alone(services: Services) -> None:
    answer = answered(services, "転入届の手数料は？")
    assert [fact.label for fact in answer.facts if fact.asked] == ["手数料"]
    assert answer.facts[0].label == "手数料"
    assert answer.answer.splitlines()[0] == "手数料：無料"
    assert "対象者" not in answer.answer
    assert unfolded(answer) == []


def test_required_and_conditional_documents_stay_apart(services: Services) -> None:
    answer = answered(services, "転入届の持ち物は？")
    required, conditional = answer.facts[:2]
    assert (required.label, required.values) == ("必要なもの", ("本人確認書類", "マイナンバーカード"))
    assert conditional.label == "場合により必要なもの"
    assert "紙の転出証明書を受け取った方" in conditional.values[0]
    lines = answer.answer.splitlines()
    assert lines[0] == "必要なもの：本人確認書類、マイナンバーカード"
    assert lines[1].startswith("場合により必要なもの：")


def test_a_part_the_article_has_not_leaves_the_lead(services: Services) -> None:
    answer = answered(services, "転入届はオンラインでできますか")
    assert unfolded(answer) == [""]
    assert answer.facet == "online"


def test_a_short_body_is_never_folded(services: Services) -> None:
    for words in ("住民票の写し", "住民票の手数料は？", "住民票の持ち物は？"):
        assert unfolded(answered(services, words, CERTIFICATE)) == [""]


def test_of_a_short_body_the_section_asked_for_stays_open_beside_its_fact(services: Services) -> None:
    article = replace(CERTIFICATE, body="窓口で取れます。\n\n## 手数料\n\n1通300円です。\n\n## 郵送\n\n郵送でも取れます。")
    answer = answered(services, "住民票の手数料は？", article)
    assert unfolded(answer) == ["", "手数料"]
    assert "1通300円です。" in answer.answer
    assert unfolded(answered(services, "住民票の写し", article)) == ["", "手数料", "郵送"]


def test_the_source_names_title_department_address_and_day(services: Services) -> None:
    answer = answered(services, "住民票の写し", CERTIFICATE)
    (source,) = answer.sources
    assert (source.id, source.title, source.department) == ("residence-certificate", "住民票の写しの請求", "住民課")
    assert (source.url, source.last_checked) == ("https://www.town.koharu.example/residence-certificate.html", "2026-10-01")
    assert answer.answer.splitlines()[-1] == "出典：住民票の写しの請求（住民課）　最終確認日 2026-10-01"
    assert answer.contact
    assert (answer.contact.department, answer.contact.phone, answer.contact.open_now) == ("住民課", "099-000-3110", True)


def test_an_article_without_department_and_day_has_a_source_all_the_same(services: Services) -> None:
    answer = answered(services, "住民票の写し", replace(CERTIFICATE, department="", last_checked=None))
    assert answer.answer.splitlines()[-1] == "出典：住民票の写しの請求"
    assert answer.contact
    assert answer.contact.department == "総合案内"


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Japanese only"), ("yasashii", "ふつうの 日本語"), ("vi", "日本語でご用意")]
)
def test_a_resident_of_another_language_is_told_that_the_answer_is_japanese(services: Services, language: str, said: str) -> None:
    first = answered(services, "住民票の写し", CERTIFICATE, language).answer.splitlines()[0]
    assert said in first
    assert "{" not in first
    own = replace(CERTIFICATE, language=language)
    assert said not in answered(services, "住民票の写し", own, language).answer


def test_choices_are_the_near_candidates_and_a_person(services: Services) -> None:
    scores = (9.0, 8.0, 7.0, 6.0, 5.0)
    answer = composed(services, Topic("引っ越し", ranked=candidates(*scores), status=Status.ASKED_BACK, probability=0.4))
    assert answer.status == Status.ASKED_BACK
    assert [c.article for c in answer.choices] == [*(a.id for a in CONTENT.articles[:MOST_CHOICES]), None]
    assert all(c.label == c.text for c in answer.choices[:-1])
    assert answer.choices[-1].text == "職員に相談したい"
    assert answer.contact
    assert answer.contact.department == "住民課"


def test_candidates_far_behind_are_no_choices_but_there_are_always_two(services: Services) -> None:
    far = composed(services, Topic("引っ越し", ranked=candidates(20.0, 19.0, 20.0 - CHOICE_GAP - 1), status=Status.ASKED_BACK))
    assert [c.article for c in far.choices] == ["moving-in", "residence-certificate", None]
    two = composed(services, Topic("引っ越し", ranked=candidates(20.0, 1.0), status=Status.ASKED_BACK))
    assert [c.article for c in two.choices] == ["moving-in", "residence-certificate", None]


def test_two_articles_of_one_title_are_one_choice_and_it_is_the_better_one(services: Services) -> None:
    twin = Ranked(Candidate(replace(MOVING_IN, id="twin"), 0, 0, 0, 1), 8.5)
    ranked = (candidates(9.0)[0], twin, *candidates(9.0, 8.0)[1:])
    answer = composed(services, Topic("引っ越し", ranked=ranked, status=Status.ASKED_BACK))
    assert [c.article for c in answer.choices] == ["moving-in", "residence-certificate", None]


@pytest.mark.parametrize(
    "status", [Status.UNSURE, Status.PERSON_REQUESTED, Status.OTHER_MUNICIPALITY, Status.OUT_OF_SCOPE], ids=lambda s: s.value
)
def test_every_ending_without_an_article_says_whom_to_turn_to(services: Services, status: Status) -> None:
    answer = composed(services, Topic("x", ranked=candidates(9.0, 8.0, 1.0), status=status))
    assert answer.status == status
    assert answer.sources == ()
    assert answer.contact
    assert f"お問い合わせ先：{answer.contact.department}　電話 {answer.contact.phone}　受付 " in answer.answer
    assert "{" not in answer.answer


def test_unsure_names_a_department_only_where_the_candidates_agree(services: Services) -> None:
    def department(*keys: str) -> str:
        ranked = tuple(
            Ranked(Candidate(replace(CERTIFICATE, id=str(n), department=k), 0, 0, 0, 1), 9.0 - n) for n, k in enumerate(keys)
        )
        contact = composed(services, Topic("x", ranked=ranked, status=Status.UNSURE)).contact
        assert contact
        return contact.department

    assert department("waste", "citizens", "waste") == "環境課"
    assert department("waste") == "環境課"
    assert department("waste", "citizens", "children") == "総合案内"
    assert department("waste", "citizens", "children", "waste") == "総合案内"


def test_a_town_without_any_department_names_its_main_counter() -> None:
    bare = services_of(replace(CONTENT, departments=()))
    answer = composed(bare, Topic("x", status=Status.UNSURE))
    assert answer.contact
    assert answer.contact.department == "こはる町の代表窓口"
    assert "お問い合わせ先：こはる町の代表窓口" in answer.answer


def test_small_talk_is_answered_without_sending_anybody_anywhere(services: Services) -> None:
    assert "お問い合わせ先" not in composed(services, Topic("こんにちは", status=Status.SMALL_TALK)).answer


def test_an_answer_that_is_there_already_is_left_as_it_is(services: Services) -> None:
    ready = TopicAnswer("x", Status.ANSWERED, "表のとおりです")
    assert composed(services, Topic("x", answer=ready, status=Status.UNSURE)) is ready
