"""From a message to a reply: what each kind of message ends in, in which order things happen, and what is never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from small_knowledge import ARTICLES, CONTENT, TODAY, question, services_of

from bot import pipeline
from bot.answer import Answer, Outcome, Status
from bot.pipeline import STEPS, run
from bot.question import PastTurn
from bot.screening.emergencies import Emergency
from bot.turn import Services, Turn
from indexer.search import Found, SearchIndex


@pytest.fixture(scope="module")
def services() -> Services:
    return services_of()


def asked(services: Services, words: str, *history: PastTurn, **more: object) -> Answer:
    return run(question(words, *history, **more), services)


def talk(services: Services, *messages: str) -> list[Answer]:
    """The replies to the messages of one conversation, with the history the channels keep."""
    history: list[PastTurn] = []
    replies = []
    for words in messages:
        replies.append(asked(services, words, *history))
        history.append(PastTurn(replies[-1].question, replies[-1].status, tuple(s.id for s in replies[-1].sources)))
    return replies


NON_ANSWERS = {
    "ペンギン": {Status.OUT_OF_SCOPE},
    "職員と話したい": {Status.PERSON_REQUESTED},
    "横浜市の粗大ごみの出し方は？": {Status.OTHER_MUNICIPALITY},
    "ハンガーの捨て方": {Status.ASKED_BACK},
    "燃えないゴミいつ": {Status.ASKED_BACK},
    "？？？": {Status.REJECTED_INPUT},
    "あ" * 1001: {Status.REJECTED_INPUT},
    "灯油の助成を受けたい": {Status.UNSURE, Status.ASKED_BACK, Status.OUT_OF_SCOPE},
}


@pytest.mark.parametrize(("words", "statuses"), NON_ANSWERS.items(), ids=[w[:12] for w in NON_ANSWERS])
@pytest.mark.parametrize("language", ["ja", "yasashii", "en", "vi"])
def test_whoever_gets_no_answer_is_told_whom_to_turn_to_and_offered_a_person(
    services: Services, words: str, statuses: set[Status], language: str
) -> None:
    answer = asked(services, words, language=language)
    assert answer.status in statuses
    assert answer.handoff_offered
    assert answer.contact
    assert answer.contact.department
    assert answer.contact.phone.startswith("099-000-31")
    assert answer.contact.hours
    assert answer.answer.strip()
    assert "{" not in answer.answer


@pytest.mark.parametrize("article", [a for a in ARTICLES if a.in_force(TODAY)], ids=lambda a: a.id)
def test_every_article_answers_to_its_own_title_and_phrasings(services: Services, article: Any) -> None:
    for words in article.alternatives:
        answer = asked(services, words)
        assert answer.status == Status.ANSWERED
        assert answer.sources[0].id == article.id
        assert f"出典：{article.title}" in answer.answer


@pytest.mark.parametrize(
    ("words", "article", "first", "last"),
    [
        ("灯油の助成を受けたい", "heating-subsidy", date(2026, 12, 1), None),
        ("プレミアム商品券を買いたい", "summer-coupon", None, date(2026, 11, 23)),
    ],
)
def test_an_article_answers_only_on_the_days_it_is_in_force(
    services: Services, words: str, article: str, first: date | None, last: date | None
) -> None:
    for day in (date(2026, 11, 1), date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 30), date(2026, 12, 1)):
        answer = asked(services, words, asked_on=day)
        in_force = (first is None or first <= day) and (last is None or day <= last)
        assert (article in {s.id for s in answer.sources}) is in_force
        assert article not in answer.ranking or in_force
        assert not in_force or answer.status == Status.ANSWERED
        assert ("5,000円" in answer.answer or "10,000円" in answer.answer) is in_force


def test_a_pressed_article_that_is_no_longer_in_force_is_not_answered_from(services: Services) -> None:
    answer = asked(services, "夏のプレミアム商品券", choice="summer-coupon")
    assert "summer-coupon" not in {s.id for s in answer.sources}
    assert "10,000円" not in answer.answer


def test_two_questions_in_one_message_are_both_answered(services: Services) -> None:
    answer = asked(services, "住民票の写しはいくらですか。あと、犬を飼い始めたので登録料を知りたいです。")
    assert answer.status == Status.ANSWERED
    assert [t.sources[0].id for t in answer.topics] == ["residence-certificate", "dog"]
    assert "300円" in answer.answer
    assert "3,000円" in answer.answer


def test_of_two_questions_the_one_that_cannot_be_answered_is_handed_over(services: Services) -> None:
    answer = asked(services, "住民票の写しはいくらですか。あと、ペンギンの国籍を知りたいです。")
    assert answer.status == Status.ANSWERED_IN_PART
    assert [t.outcome for t in answer.topics] == [Outcome.ANSWER, Outcome.HAND_OVER]
    assert answer.handoff_offered


def test_a_choice_leads_from_the_question_back_to_the_answer(services: Services) -> None:
    first = asked(services, "町へ引っ越すときの持ち物は？")
    assert first.status == Status.ASKED_BACK
    choice = next(c for c in first.choices if c.article == "moving-in")
    history = PastTurn(first.question, first.status, ())
    second = asked(services, choice.text, history, choice=choice.article)
    assert (second.status, second.sources[0].id, second.probability) == (Status.ANSWERED, "moving-in", 1.0)
    assert second.answer.startswith("必要なもの：本人確認書類、マイナンバーカード")  # the facet asked for before
    person = asked(services, first.choices[-1].text, history)
    assert person.status == Status.PERSON_REQUESTED


def test_follow_ups_keep_to_the_subject_until_another_is_named(services: Services) -> None:
    replies = talk(services, "転入届を出したい", "郵送だと？", "代理人でもいい？", "じゃあ印鑑登録は？")
    assert [r.sources[0].id for r in replies] == ["moving-in", "moving-in", "moving-in", "seal"]
    assert "郵送では受け付けていません。" in replies[1].answer
    assert "委任状が必要です。" in replies[2].answer


def test_a_conversation_about_collection_days(services: Services) -> None:
    replies = talk(services, "燃えないゴミいつ", "桜台", "プラは？", "中央は？", "図書館は何時まで開いていますか")
    assert [r.status for r in replies] == [Status.ASKED_BACK, *[Status.ANSWERED] * 4]
    assert replies[1].answer.startswith("桜台の「燃やさないごみ」の収集日は第2・第4水曜日です。")
    assert replies[2].answer.startswith("桜台の「プラスチック」の収集日は毎週火曜日です。")
    assert replies[3].answer.startswith("中央の")
    assert replies[4].sources[0].id == "library"


def test_a_district_told_after_a_message_of_two_questions_answers_the_open_one(services: Services) -> None:
    first, second = talk(services, "住民票の写しはいくらですか。あと、燃えないゴミいつ", "桜台")
    assert first.status == Status.ANSWERED_IN_PART
    assert second.answer.startswith("桜台の「燃やさないごみ」")


def test_a_conversation_about_a_material_and_the_next_item(services: Services) -> None:
    replies = talk(services, "ハンガーの捨て方", "木です", "フライパンは？", "いつ出せますか", "中央")
    assert replies[0].status == Status.ASKED_BACK
    assert replies[1].answer == "「ハンガー（木）」は「燃やすごみ」です。短く切ってください。"
    assert replies[2].answer == "「フライパン」は「燃やさないごみ」です。油を拭き取って出してください。"
    assert replies[3].status == Status.ASKED_BACK
    assert "中央の「燃やさないごみ」の収集日は第1・第3月曜日です。" in replies[4].answer


class Spy:
    """Stands for the index and keeps every text that reaches it."""

    def __init__(self, index: SearchIndex) -> None:
        self.seen: list[str] = []
        self._index = index

    def search(self, words: str, on: date) -> Found:
        self.seen.append(words)
        return self._index.search(words, on)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


def spied(services: Services) -> tuple[Services, Spy]:
    spy = Spy(services.index)
    return replace(services, index=spy), spy  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words",
    ["死にたいです", "家が火事です。助けて", "夫に殴られています", "I want to kill myself", "息をしていません、母が倒れました"],
)
def test_an_emergency_is_answered_before_anything_is_searched(services: Services, words: str) -> None:
    watched, spy = spied(services)
    answer = asked(watched, words)
    assert (answer.status, answer.outcome) == (Status.EMERGENCY, Outcome.NOTICE)
    assert spy.seen == []
    assert set(answer.ms) == {"screen"}
    assert answer.topics == answer.sources == ()


@pytest.mark.parametrize(
    "words",
    [
        "職員と話したいです",
        "中央です",
        "桜台です",
        "木です",
        "プラスチックです",
        "市外からです",
        "本人です",
        "妻です",
        "郵送です",
        "お願いします",
        "はい、そうです",
    ],
)
def test_a_short_reply_is_no_emergency(services: Services, words: str) -> None:
    assert asked(services, words).status != Status.EMERGENCY


@pytest.mark.parametrize(
    ("words", "secret", "kind"),
    [
        ("090-1234-5678に電話してほしい。住民票はいくらですか", "1234", "電話番号"),
        ("マイナンバー123456789018の住民票はいくらですか", "123456789018", "個人番号"),
        ("taro@mail.example に住民票を送って", "taro@", "メールアドレス"),
    ],
)
def test_personal_data_is_masked_before_any_step_sees_the_text(
    services: Services, words: str, secret: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, spy = spied(services)
    seen: list[str] = []

    def watching(step: pipeline.Step) -> pipeline.Step:
        def watched_step(turn: Turn, services: Services) -> Turn:
            seen.append(repr(replace(turn, question=question(""))))  # the question itself is the screen's alone
            return step(turn, services)

        watched_step.__name__ = step.__name__
        return watched_step

    monkeypatch.setattr(pipeline, "STEPS", tuple(watching(step) for step in STEPS))
    answer = asked(watched, words)
    assert len(seen) == len(STEPS)
    assert spy.seen
    assert not any(secret in text for text in (*seen, *spy.seen, str(answer.to_json())))
    assert answer.masked == (kind,)
    assert f"［{kind}］" in answer.question
    assert any(kind in notice for notice in answer.notices)


def test_names_are_looked_for_before_the_question_is_searched(services: Services) -> None:
    watched, spy = spied(replace(services, person_names=lambda text: [(0, 4)] if text.startswith("山田太郎") else []))
    answer = asked(watched, "山田太郎の住民票はいくらですか")
    assert "山田" not in "".join(spy.seen)
    assert answer.masked == ("氏名",)


def test_each_step_is_timed_in_its_order_and_the_snapshot_named(services: Services) -> None:
    answer = asked(services, "住民票がほしい")
    assert list(answer.ms) == [step.__name__ for step in STEPS]
    order = ["screen", "understand", "retrieve", "rank", "decide", "sort_waste", "compose", "check"]
    assert [name for name in answer.ms if name in order] == order
    assert (next(iter(answer.ms)), list(answer.ms)[-1]) == ("screen", "check")
    assert all(ms >= 0 for ms in answer.ms.values())
    assert answer.snapshot == services.index.snapshot.version


def test_a_step_that_answers_ends_the_way(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = Answer("x", Status.FAILED, "fertig")

    def answering(turn: Turn, services: Services) -> Turn:
        return turn.with_(answer=ready)

    def never(turn: Turn, services: Services) -> Turn:
        raise AssertionError("a step after the answer")

    monkeypatch.setattr(pipeline, "STEPS", (answering, never))
    assert asked(services, "x").status == Status.FAILED


def test_a_way_that_ends_without_an_answer_is_an_error(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STEPS", STEPS[:-1])
    with pytest.raises(RuntimeError, match="no answer"):
        asked(services, "住民票がほしい")


def test_the_turn_of_a_step_is_never_changed_in_place(services: Services) -> None:
    turn = Turn(question("住民票がほしい"))
    for step in STEPS:
        before = repr(turn)
        after = step(turn, services)
        assert repr(turn) == before
        turn = after
    assert turn.answer


def test_what_is_asked_twice_is_answered_the_same(services: Services) -> None:
    one, two = asked(services, "引っ越しの手続き"), asked(services, "引っ越しの手続き")
    assert replace(one, ms={}) == replace(two, ms={})


def test_a_town_with_nothing_approved_hands_over(services: Services) -> None:
    empty = services_of(replace(CONTENT, articles=(), waste=None))
    answer = asked(empty, "住民票がほしい")
    assert answer.outcome == Outcome.HAND_OVER
    assert answer.contact
    assert answer.contact.department == "総合案内"


def test_what_only_the_second_look_sees_gets_its_card_above_the_answer(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = asked(services, ARTICLES[0].title)
    assert plain.outcome == Outcome.ANSWER
    monkeypatch.setattr("bot.steps.screen.emergencies.detect", lambda _: Emergency("life", "life", certain=False))
    both = asked(services, ARTICLES[0].title)
    assert both.emergency is not None
    assert both.emergency.kind == "life"
    assert both.status == plain.status
    assert both.answer == "\n".join([*both.emergency.lines, "", plain.answer])


def test_where_there_is_no_answer_the_card_of_the_second_look_is_the_whole_reply(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.steps.screen.emergencies.detect", lambda _: Emergency("life", "life", certain=False))
    reply = asked(services, "ペンギン")
    assert reply.status == Status.EMERGENCY
    assert reply.emergency is not None
    assert reply.answer == "\n".join(reply.emergency.lines)
