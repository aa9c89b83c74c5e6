"""What is no question to the desk is recognised, and questions that only sound like it are not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_knowledge import CERTIFICATE, CONTENT

from bot import intents


@pytest.mark.parametrize(
    "said",
    ["職員と話したい", "人と話したいです", "担当者につないでください", "オペレーターにつないで", "オペレーターお願いします", "AIじゃなくて人に聞きたい", "有人チャットに切り替えて",
     "職員さんと話せますか", "誰かと話したい", "電話で話したい", "担当者をお願いします", "職員に相談したい", "職員に 相談したいです", "窓口の人に直接聞きたい", "人につないで",
     "係の方に代わってください", "ロボットじゃなくて人間と話がしたい", "Can I talk to a person?", "I would like to talk to staff", "speak to someone please"],
)  # fmt: skip
def test_a_resident_who_wants_a_person_is_understood(said: str) -> None:
    assert intents.wants_person(said)


@pytest.mark.parametrize(
    "said",
    ["担当者の電話番号は？", "担当課はどこですか", "友人に相談したい", "外国人と話すときの通訳", "保証人に連絡は必要ですか", "本人に連絡が来ますか", "隣人に話したが解決しない", "職員募集はありますか",
     "職員採用試験について", "人口は何人ですか", "民生委員に相談したい", "弁護士に相談できますか", "市の職員と名乗る人から電話が来た", "代理人に頼めますか", "子育ての悩みを誰かに相談したい"],
)  # fmt: skip
def test_a_question_about_people_is_no_call_for_a_person(said: str) -> None:
    assert not intents.wants_person(said)


@pytest.mark.parametrize(
    "said",
    ["こんにちは", "ありがとうございました！", "助かりました。ありがとう", "どうもありがとうございます", "おはようございます。", "元気ですか", "あなたは誰？", "何ができますか", "了解", "はい", "なるほど",
     "テスト", "OKです", "hello", "Thanks!"],
)  # fmt: skip
def test_small_talk_is_small_talk(said: str) -> None:
    assert intents.is_small_talk(said)


@pytest.mark.parametrize(
    "said",
    [
        "こんにちは、住民票がほしい",
        "わかりました。転入届の期限は？",
        "ありがとう、あとごみの日は？",
        "名前を変えたい",
        "テストの日程は",
        "元気な高齢者の教室",
        "はい、桜台です",
        "hi, how do I move in?",
    ],
)
def test_a_greeting_before_a_question_is_a_question(said: str) -> None:
    assert not intents.is_small_talk(said)


@pytest.mark.parametrize(
    ("said", "place"),
    [("横浜市の粗大ごみの出し方は？", "横浜市"), ("札幌市の児童手当はいくら", "札幌市"), ("渋谷区では住民票がコンビニで取れますか", "渋谷区"), ("千代田区の保育園に入れますか", "千代田区"),
     ("横浜市役所は何時まで", "横浜市")],
)  # fmt: skip
def test_another_towns_matters_are_named(said: str, place: str) -> None:
    found = intents.other_municipality(said, CONTENT)
    assert found is not None
    assert found.removesuffix("役所") == place or found == place.removesuffix("市")


@pytest.mark.parametrize(
    "said",
    ["横浜市から引っ越してきました", "世田谷区に引っ越すときの手続き", "横浜市に住んでいる親の介護", "大阪市で生まれた子の出生届", "本籍が名古屋市の戸籍は取れますか", "港区にある会社に勤めています",
     "隣の市の図書館は使えますか", "他の市町村の図書館は借りられますか", "こはる町の人口は", "小春町では住民票はどこで", "桜台のごみの日は", "県の証明書はどこで", "都の補助金はありますか", "下町の祭り",
     "町の職員", "マイナンバーカードを作りたい"],
)  # fmt: skip
def test_moving_between_towns_and_ones_own_town_are_the_desks_business(said: str) -> None:
    assert intents.other_municipality(said, CONTENT) is None


def test_a_place_the_towns_own_articles_speak_of_is_the_desks_business() -> None:
    mentions = [replace(CERTIFICATE, id=f"joint-{n}", body="横浜市と共同で運営しています。") for n in range(intents.OWN_MENTIONS)]
    content = replace(CONTENT, articles=(*CONTENT.articles, *mentions))
    assert intents.other_municipality("横浜市の斎場は使えますか", CONTENT) == "横浜市"
    assert intents.other_municipality("横浜市の斎場は使えますか", content) is None
