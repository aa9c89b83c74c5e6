"""The part of an answer a question asks for, in residents' words; and words that only look like it."""

from __future__ import annotations

import pytest

from bot.facets import FACETS, recognise, without_facets
from bot.subject_words import names_no_subject
from indexer.passages import FACT_LABELS


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("住民票に必要なものは？", {"documents"}),
        ("何を持っていけばいいですか", {"documents"}),
        ("転入届の持ち物", {"documents"}),
        ("必要書類を教えて", {"documents"}),
        ("印鑑は必要ですか", {"documents"}),
        ("手数料はいくらですか", {"fee"}),
        ("お金かかりますか", {"fee"}),
        ("何円ですか", {"fee"}),
        ("無料ですか", {"fee"}),
        ("ただで受けられますか", {"fee"}),
        ("いつまでに届け出ればいいですか", {"deadline"}),
        ("期限を過ぎたらどうなりますか", {"deadline"}),
        ("〆切はいつ", {"deadline"}),
        ("しめきりを知りたい", {"deadline"}),
        ("代わりに妻が行ってもいいですか", {"proxy"}),
        ("委任状はいりますか", {"proxy"}),
        ("本人じゃなくても取れますか", {"proxy"}),
        ("家族でもいいですか", {"proxy"}),
        ("母でも受け取れますか", {"proxy"}),
        ("ネットで申請できますか", {"online"}),
        ("スマホからできますか", {"online"}),
        ("家からでも申請できますか", {"online"}),
        ("ｗｅｂで申し込みたい", {"online"}),
        ("どこに行けばいいですか", {"counter"}),
        ("窓口はどこですか", {"counter"}),
        ("何階ですか", {"counter"}),
        ("対象になるのは誰ですか", {"eligibility"}),
        ("所得制限はありますか", {"eligibility"}),
        ("郵送でもできますか", {"mail"}),
        ("何時までやってますか", {"hours"}),
        ("土日でもやっていますか", {"hours"}),
        ("日曜日は開いていますか", {"hours"}),
        ("申請のやり方を教えて", {"method"}),
        ("どうやって申し込むのですか", {"method"}),
        # who may, said by what somebody is
        ("高校生もですか", {"eligibility"}),
        ("独り身でもええの", {"eligibility"}),
        ("市外の人も作れる？", {"eligibility"}),
        ("何年生まで？", {"eligibility"}),
        # shorter and looser than in a form
        ("持ってくるもの", {"documents"}),
        ("何と何がいる", {"documents"}),
        ("転入届は何日まで大丈夫？", {"deadline"}),
        ("納める日", {"deadline"}),
        ("課税証明を家族がとるとき", {"proxy"}),
        ("別居の母のを私が", {"proxy"}),
        ("どこの病院で", {"counter"}),
        ("おむつ支給 自己負担はいくら", {"fee"}),
        # several at once
        ("必要書類と手数料と受付時間を教えてください", {"documents", "fee", "hours"}),
        ("どこでいつまでに出せばいいですか", {"counter", "deadline"}),
        ("郵送の場合の手数料と持ち物", {"mail", "fee", "documents"}),
        ("代理人が行くときの必要なもの", {"proxy", "documents"}),
        ("ネットで申請する方法と期限", {"online", "method", "deadline"}),
    ],
)
def test_residents_words_name_the_facets_they_ask_for(said: str, keys: set[str]) -> None:
    assert {facet.key for facet in recognise(said)} == keys


@pytest.mark.parametrize(
    ("said", "not_meant"),
    [
        ("夫が亡くなりました", "proxy"),
        ("世帯主が代わりました", "proxy"),
        ("親がいなくなった", "proxy"),
        ("児童手当はいくらもらえますか", "fee"),
        ("いくら支給されますか", "fee"),
        ("出産の給付金はいくらですか", "fee"),
        ("水道料金の支払い方法", "fee"),
        ("無料の法律相談を受けたい", "fee"),
        ("実家から戻ってきた", "online"),
        ("住民票がほしい", "documents"),
        ("図書館の予約をしたい", "hours"),
        ("ごみの出し方は？", "eligibility"),
        ("郵便投票の対象", "mail"),
    ],
)
def test_words_of_the_subject_are_no_facet(said: str, not_meant: str) -> None:
    assert not_meant not in {facet.key for facet in recognise(said)}


@pytest.mark.parametrize("said", ["母が代わりに行っても？", "委任状いりますか", "男子は？"])
def test_besides_its_facets_an_ellipsis_names_no_subject(said: str) -> None:
    assert names_no_subject(without_facets(said))


@pytest.mark.parametrize("said", ["体育館の料金は", "転出届は母でもいい？"])
def test_besides_its_facets_a_whole_question_still_names_its_subject(said: str) -> None:
    assert not names_no_subject(without_facets(said))


def test_a_question_for_the_whole_has_no_facet() -> None:
    assert recognise("転入届") == ()


def test_every_facet_has_its_own_key_and_fields_that_exist() -> None:
    assert len({facet.key for facet in FACETS}) == len(FACETS)
    assert {field for facet in FACETS for field in facet.fields} <= set(FACT_LABELS)


@pytest.mark.parametrize(
    ("key", "heading"),
    [("documents", "必要なもの"), ("fee", "手数料"), ("deadline", "届け出の期限"), ("proxy", "代理人が来るとき"), ("online", "オンラインで申請する"), ("counter", "受付場所"),
     ("eligibility", "対象になる方"), ("mail", "郵送で請求する"), ("hours", "受付時間"), ("method", "手続きの方法")],
)  # fmt: skip
def test_headings_of_articles_answer_their_facet(key: str, heading: str) -> None:
    assert next(facet for facet in FACETS if facet.key == key).headings.search(heading)
