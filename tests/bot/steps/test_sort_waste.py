"""Waste is looked up in the town's own table: items, materials, days; what the table does not say it does not answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from small_knowledge import CONTENT, TODAY, question, services_of

from bot.answer import Status, TopicAnswer
from bot.question import PastTurn
from bot.steps.sort_waste import sort_waste
from bot.turn import Services, Topic, Turn
from bot.waste_talk import TABLE_ID, earlier_question


def looked_up(
    services: Services, words: str, *history: PastTurn, status: Status = Status.UNSURE, on: date = TODAY, **topic: object
) -> TopicAnswer | None:
    asked = replace(question(words, *history), asked_on=on)
    turn = Turn(asked, text=words, topics=(Topic(words, status=status, **topic),))  # type: ignore[arg-type]
    return sort_waste(turn, services).topics[0].answer


def told(answer: TopicAnswer | None) -> TopicAnswer:
    assert answer is not None
    return answer


def test_an_item_is_told_with_its_category_and_how_to_put_it_out(services: Services) -> None:
    answer = told(looked_up(services, "フライパンの捨て方"))
    assert answer.status == Status.ANSWERED
    assert answer.answer == "「フライパン」は「燃やさないごみ」です。油を拭き取って出してください。"
    (source,) = answer.sources
    assert (source.id, source.department, source.last_checked) == (TABLE_ID, "環境課", "2026-09-01")
    assert "こはる町" in source.title
    assert answer.probability == 1.0


def test_with_a_district_the_days_come_along(services: Services) -> None:
    answer = told(looked_up(services, "桜台でフライパンを捨てたい"))
    # 24 November 2026 is a Tuesday; the 2nd and 4th Wednesdays are 11 and 25 November, 9 and 23 December.
    assert answer.answer.endswith(
        "桜台の「燃やさないごみ」の収集日は第2・第4水曜日です。次の収集は11月25日（水曜日）と12月9日（水曜日）です。"
    )


def test_several_items_are_all_told(services: Services) -> None:
    answer = told(looked_up(services, "フライパンと傘の捨て方を教えて"))
    assert [line[:6] for line in answer.answer.splitlines()] == ["「フライパン", "「傘」は「燃"]


def test_an_item_of_several_materials_is_asked_for_its_material(services: Services) -> None:
    answer = told(looked_up(services, "ハンガーはどう捨てますか"))
    assert answer.status == Status.ASKED_BACK
    assert "何でできていますか" in answer.answer
    assert [(c.label, c.text) for c in answer.choices] == [
        ("木", "木のハンガーの捨て方"), ("金属", "金属のハンガーの捨て方"), ("プラスチック", "プラスチックのハンガーの捨て方"),
    ]  # fmt: skip
    assert answer.sources == ()
    assert answer.contact
    assert answer.contact.department == "環境課"


@pytest.mark.parametrize(
    ("material", "label"), [("木", "燃やすごみ"), ("金属", "燃やさないごみ"), ("プラスチック", "プラスチック")]
)
def test_each_choice_of_material_is_answered(services: Services, material: str, label: str) -> None:
    answer = told(looked_up(services, f"{material}のハンガーの捨て方"))
    assert answer.answer.startswith(f"「ハンガー（{material}）」は「{label}」です。")


def test_what_is_known_is_told_before_the_material_is_asked(services: Services) -> None:
    answer = told(looked_up(services, "鍋とハンガーの捨て方"))
    assert answer.status == Status.ASKED_BACK
    assert "「鍋」は「燃やさないごみ」です。" in answer.answer


def test_an_unknown_item_gets_the_nearest_names_only_where_no_article_answers(services: Services) -> None:
    offered = told(looked_up(services, "ふらいばんを捨てたい"))
    assert offered.status == Status.ASKED_BACK
    assert [c.text for c in offered.choices] == ["フライパンの捨て方"]
    assert looked_up(services, "ふらいばんを捨てたい", status=Status.ANSWERED) is None


def test_an_item_the_table_does_not_know_is_never_guessed(services: Services) -> None:
    assert looked_up(services, "人工衛星の捨て方") is None


def test_collection_days_ask_for_the_district(services: Services) -> None:
    answer = told(looked_up(services, "燃えないゴミいつ"))
    assert answer.status == Status.ASKED_BACK
    assert [(c.label, c.text) for c in answer.choices] == [
        ("桜台", "桜台の燃やさないごみの収集日はいつですか"), ("中央", "中央の燃やさないごみの収集日はいつですか"),
    ]  # fmt: skip


@pytest.mark.parametrize("district", ["桜台", "中央"])
def test_each_choice_of_district_is_answered(services: Services, district: str) -> None:
    answer = told(looked_up(services, f"{district}の燃やさないごみの収集日はいつですか"))
    assert answer.status == Status.ANSWERED
    assert answer.answer.startswith(f"{district}の「燃やさないごみ」の収集日は")


def test_two_categories_in_one_question_are_both_answered(services: Services) -> None:
    answer = told(looked_up(services, "桜台の燃やすごみとプラスチックはいつですか"))
    assert answer.answer.splitlines() == [
        "桜台の「燃やすごみ」の収集日は毎週月曜日・木曜日です。次の収集は11月26日（木曜日）と11月30日（月曜日）です。",
        "桜台の「プラスチック」の収集日は毎週火曜日です。次の収集は11月24日（火曜日）と12月1日（火曜日）です。",
    ]
    asked = told(looked_up(services, "燃やすごみとプラスチックはいつ"))
    assert asked.choices[0].text == "桜台の燃やすごみとプラスチックの収集日はいつですか"
    assert len(told(looked_up(services, asked.choices[0].text)).answer.splitlines()) == 2


def test_a_question_for_any_day_lists_every_category_with_days(services: Services) -> None:
    answer = told(looked_up(services, "桜台の明日は何ごみですか"))
    assert len(answer.answer.splitlines()) == 3


def test_days_of_a_closed_centre_are_left_out(services: Services) -> None:
    # Thursday 31 December lies in the closure of 桜台's centre, Monday 4 January no longer.
    answer = told(looked_up(services, "桜台の燃やすごみの日は次いつですか", on=date(2026, 12, 29)))
    assert "次の収集は1月4日（月曜日）と1月7日（木曜日）です。" in answer.answer


def test_a_category_without_days_says_so_with_the_counter_or_leaves_it_to_the_article(services: Services) -> None:
    answer = told(looked_up(services, "粗大ごみの収集日はいつですか"))
    assert "決まった収集日がありません" in answer.answer
    assert "環境課　電話 099-000-3120" in answer.answer
    assert looked_up(services, "粗大ごみの収集日はいつですか", status=Status.ANSWERED) is None


def test_when_an_item_is_collected_tells_its_category_and_asks_for_the_district(services: Services) -> None:
    answer = told(looked_up(services, "フライパンはいつ回収しますか"))
    assert answer.status == Status.ASKED_BACK
    assert answer.answer.startswith("「フライパン」は「燃やさないごみ」です。")
    assert answer.choices[0].text == "桜台の燃やさないごみの収集日はいつですか"
    bulky = told(looked_up(services, "布団はいつ回収しますか"))
    assert (bulky.status, bulky.answer) == (Status.ANSWERED, "「布団」は「粗大ごみ」です。電話で予約してください。")


def test_the_district_named_before_in_the_conversation_is_remembered(services: Services) -> None:
    before = PastTurn("中央に住んでいます。保育園の申し込みはいつまで？", Status.ANSWERED, ("nursery",))
    assert told(looked_up(services, "燃えるごみの日はいつ", before)).answer.startswith("中央の「燃やすごみ」の収集日は")


def test_a_district_named_now_counts_more_than_one_named_before(services: Services) -> None:
    before = PastTurn("中央の燃えるごみはいつ", Status.ANSWERED, (TABLE_ID,))
    assert told(looked_up(services, "桜台の燃えるごみはいつ", before)).answer.startswith("桜台の")


@pytest.mark.parametrize(
    "words",
    [
        "住民票がほしい",
        "図書館は何時まで開いていますか",
        "町税の滞納処分とは",
        "不法投棄を見つけた",
        "引っ越しはいつまでに届け出ますか",
    ],
)
def test_what_is_not_about_putting_out_waste_is_left_alone(services: Services, words: str) -> None:
    assert looked_up(services, words) is None


@pytest.mark.parametrize("status", [Status.PERSON_REQUESTED, Status.OTHER_MUNICIPALITY, Status.SMALL_TALK], ids=lambda s: s.value)
def test_who_wants_something_else_is_not_answered_from_the_table(services: Services, status: Status) -> None:
    assert looked_up(services, "フライパンの捨て方", status=status) is None


def test_a_pressed_article_is_not_answered_from_the_table(services: Services) -> None:
    assert looked_up(services, "粗大ごみの出し方", chosen="bulky-waste") is None


def test_a_town_without_a_table_answers_from_articles_alone() -> None:
    bare = services_of(replace(CONTENT, waste=None))
    assert looked_up(bare, "フライパンの捨て方") is None


DAYS = PastTurn("燃えないゴミいつ", Status.ASKED_BACK)
ITEM = PastTurn("フライパンの捨て方", Status.ANSWERED, (TABLE_ID,))


@pytest.mark.parametrize(
    ("said", "history", "earlier"),
    [
        ("桜台", (DAYS,), "燃えないゴミいつ"),
        ("桜台です", (DAYS,), "燃えないゴミいつ"),
        ("プラは？", (DAYS, PastTurn("桜台", Status.ANSWERED, (TABLE_ID,))), "燃えないゴミいつ"),
        ("鍋は？", (ITEM,), "フライパンの捨て方"),
        (
            "桜台",
            (PastTurn("住民票はいくら。あと、燃えないゴミいつ", Status.ANSWERED_IN_PART, ("residence-certificate",)),),
            "燃えないゴミいつ",
        ),
        ("図書館は？", (DAYS,), None),
        ("桜台の避難所は？", (DAYS,), None),
        ("桜台2丁目に住んでいます", (DAYS,), "燃えないゴミいつ"),
        ("桜台", (PastTurn("住民票がほしい", Status.ANSWERED, ("residence-certificate",)),), None),
        ("桜台", (DAYS, PastTurn("住民票がほしい", Status.ANSWERED, ("residence-certificate",))), None),
        ("桜台", (), None),
        ("桜台の燃えるごみはいつですか", (DAYS,), None),  # whole by itself
    ],
)
def test_a_short_message_goes_on_with_the_waste_question_before(
    said: str, history: tuple[PastTurn, ...], earlier: str | None
) -> None:
    assert CONTENT.waste
    assert earlier_question(said, history, CONTENT.waste) == earlier
