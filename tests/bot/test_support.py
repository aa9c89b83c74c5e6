"""A rewritten answer is shown only where the article says every sentence of it, and nothing that matters is left out."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from small_knowledge import MOVING_IN

from bot.omissions import documents_left_out, lacks
from bot.source_sentences import source_sentences
from bot.support import problems
from knowledge.articles import Article, ConditionalDocument, Procedure

CONTACT = ("住民課", "099-000-3110", "本庁舎1階2番窓口")
FEES = Article(
    "990035", "seal-certificate", "印鑑登録証明書の取り方",
    """印鑑登録証明書は、印鑑登録証をお持ちになれば、住民課の窓口で取れます。手数料は窓口が1通300円、コンビニが1通200円です。

## 郵送

郵送での請求はできません。ただし、海外にお住まいの方は受け付けます。

## 代理人

本人の印鑑登録証を預かってお越しください。18歳未満の方は代理人になれません。

## 原付

廃車の届け出は15日以内です。標識の交付は1,500円です。

## 軽自動車

廃車の届け出は30日以内です。標識の交付は2,400円です。

## 月額

| 年齢 | 第1子・第2子 | 第3子以降 |
|---|---|---|
| 3歳未満 | 15,000円 | 30,000円 |
| 3歳から高校生 | 10,000円 | 30,000円 |

申し込みは令和8年10月1日から11月30日までです。中学生以下の方は、保護者が電話で申し込めます。
""",
    procedure=Procedure(
        required_documents=("印鑑登録証（カード）", "窓口に来る方の本人確認書類", "申請書"),
        conditional_documents=(ConditionalDocument("代理人が請求する場合", "委任状"),),
        fee="1通300円（コンビニ交付は200円）",
    ),
)  # fmt: skip


def wrong(text: str, article: Article = FEES) -> list[str]:
    return problems(text, source_sentences(article, CONTACT))


@pytest.mark.parametrize(
    "text",
    [
        "手数料は窓口が1通300円、コンビニが1通200円です。",
        "窓口の手数料は1通300円、コンビニの手数料は1通200円です。",
        "窓口では1通三百円、コンビニでは1通二百円です。",
        "手数料は、コンビニだと1通200円、窓口だと1通300円です。",
        "料金は窓口が1通３００円、コンビニが1通２００円です。",
        "印鑑登録証明書は、印鑑登録証を持参すれば、住民課の窓口で受け取れます。",
        "郵送では請求できません。ただし、海外にお住まいの方は受け付けます。",
        "郵送での請求はできませんが、海外にお住まいの方は受け付けます。",
        "原付の廃車は、15日以内に届け出てください。",
        "軽自動車の廃車の届出は30日以内です。",
        "原付の標識の交付は1,500円です。軽自動車の標識の交付は2,400円です。",
        "申し込みは2026年10月1日から11月30日までです。",
        "申し込みは、令和八年十月一日から十一月三十日までです。",
        "中学生以下の方は、保護者が電話で申し込めます。",
        "ご質問ありがとうございます。\n以下のとおりです。\n郵送での請求はできません。ただし、海外にお住まいの方は受け付けます。",
        "住民課の電話は099-000-3110です。",
        "【代理人】\n18歳未満の方は代理人になれません。",
    ],
)
def test_a_faithful_rewriting_is_supported(text: str) -> None:
    assert wrong(text) == []


FALSE = {
    "an amount that stands nowhere": "手数料は窓口が1通350円、コンビニが1通200円です。",
    "an amount in kanji that stands nowhere": "手数料は窓口が1通三百五十円、コンビニが1通二百円です。",
    "two fees in one sentence exchanged": "手数料は窓口が1通200円、コンビニが1通300円です。",
    "two fees exchanged and turned": "コンビニの手数料は1通300円、窓口の手数料は1通200円です。",
    "the fee of another counter": "窓口の手数料は1通200円です。",
    "a fee without whose it is": "手数料は1通200円です。",
    "only one of two fees": "手数料は窓口が1通300円です。",
    "the fee of another section": "原付の標識の交付は2,400円です。",
    "fees of two sections exchanged": "原付の標識の交付は2,400円、軽自動車の標識の交付は1,500円です。",
    "a section's sentence without its heading": "標識の交付は1,500円です。",
    "the days of another section": "原付の廃車の届け出は30日以内です。",
    "days as an amount": "標識の交付は15円です。",
    "within turned into after": "原付の廃車の届け出は15日以降です。",
    "within left out": "原付の廃車の届け出は15日です。",
    "the cell of another column": "3歳未満の第1子・第2子は30,000円、第3子以降は15,000円です。",
    "another month": "申し込みは2026年11月1日から11月30日までです。",
    "another era": "申し込みは平成8年10月1日から11月30日までです。",
    "the range turned": "申し込みは11月30日から令和8年10月1日までです。",
    "a no turned into a yes": "郵送での請求はできます。ただし、海外にお住まいの方は受け付けます。",
    "a yes turned into a no": "印鑑登録証明書は、印鑑登録証をお持ちになっても、住民課の窓口で取れません。",
    "yes and no exchanged": "郵送での請求はできますが、海外にお住まいの方は受け付けません。",
    "the exception left out": "郵送での請求はできません。",
    "the limit turned": "中学生以上の方は、保護者が電話で申し込めます。",
    "the limit left out": "保護者が電話で申し込めます。",
    "only added": "窓口の手数料のみ1通300円、コンビニの手数料は1通200円です。",
    "another who": "本人が電話で申し込めます。",
    "a department the article lacks": "印鑑登録証明書は、税務課の窓口で取れます。",
    "a thing the article lacks": "印鑑登録証明書は、運転免許証をお持ちになれば、住民課の窓口で取れます。",
    "another telephone number": "住民課の電話は099-000-3120です。",
    "an address": "詳しくは https://www.town.koharu.example/fee.html をご覧ください。",
    "an e-mail address": "住民課 madoguchi@town.koharu.example へお送りください。",
    "a sentence added": "印鑑登録証明書は、印鑑登録証をお持ちになれば、住民課の窓口で取れます。予約すると待たずに済みます。",
    "words of the article in another order": "コンビニの窓口は海外の方を受け付けません。",
    "nothing": "以下のとおりです。",
    "headings alone": "郵送\n代理人",
}  # fmt: skip


@pytest.mark.parametrize("text", FALSE.values(), ids=FALSE.keys())
def test_what_the_article_does_not_say_is_found(text: str) -> None:
    assert wrong(text)


def test_what_holds_for_some_is_not_said_for_all() -> None:
    assert wrong("委任状と代理人の本人確認書類をお持ちください。", MOVING_IN)
    assert wrong("委任状をお持ちください。", MOVING_IN)
    assert wrong("代理人が来るときは、委任状と代理人の本人確認書類をお持ちください。", MOVING_IN) == []
    assert wrong("転出証明書をお持ちください。", MOVING_IN)
    assert wrong("紙の転出証明書を受け取った方は、転出証明書をお持ちください。", MOVING_IN) == []


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("印鑑登録証、窓口に来る方の本人確認書類、申請書をお持ちください。", False),
        ("・印鑑登録証\n・窓口に来る方の本人確認書類\n・申請書", False),
        ("印鑑登録証と申請書をお持ちください。", True),
        ("必要なもの：印鑑登録証（カード）、窓口に来る方の本人確認書類", True),
        ("場合により必要なもの：代理人が請求する場合", True),
        ("手数料は1通300円です。", False),
    ],
)
def test_some_documents_without_the_others_are_too_few(text: str, left_out: bool) -> None:
    assert documents_left_out(text, FEES.procedure) is left_out


def test_what_was_asked_must_be_told_with_its_numbers() -> None:
    assert lacks("窓口は1通300円、コンビニ交付は200円です。", [FEES.procedure.fee]) == []
    assert lacks("1通300円です。", [FEES.procedure.fee]) == [FEES.procedure.fee]
    assert lacks("窓口で取れます。", ["委任状"]) == ["委任状"]


# Translations: the sentence's meaning by the encoder, its numbers, negations and conditions one by one

MEANING = {
    "Please submit it within 14 days of moving.": "引っ越した日から14日以内に、住民課の窓口で転入届を出してください。",
    "Please submit it within 30 days of moving.": "引っ越した日から14日以内に、住民課の窓口で転入届を出してください。",
    "It is not accepted by mail.": "郵送では受け付けていません。",
    "It is accepted by mail.": "郵送では受け付けていません。",
    "It is 1 copy, 300 yen at the counter; 1 copy, 200 yen at a shop.": "手数料は窓口が1通300円、コンビニが1通200円です。",
    "Please call the mayor.": "その他",
}


def translating(texts: Sequence[str]) -> NDArray[np.float32]:
    """One axis a meaning: a translation and its source have cosine 1, all else 0."""
    rows = np.zeros((len(texts), 4096), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[zlib.crc32(MEANING.get(text, text).encode()) % 4096] = 1.0
    return rows


def translated(text: str, article: Article = MOVING_IN) -> list[str]:
    return problems(text, source_sentences(article, CONTACT), True, translating)


def test_a_translation_that_keeps_meaning_and_numbers_passes() -> None:
    assert translated("Please submit it within 14 days of moving.") == []
    assert translated("It is not accepted by mail.") == []


@pytest.mark.parametrize(
    "text", ["Please submit it within 30 days of moving.", "It is accepted by mail.", "Please call the mayor."]
)
def test_a_translation_that_does_not_is_found(text: str) -> None:
    assert translated(text)


def test_whose_of_two_fees_is_whose_is_never_left_to_a_translation() -> None:
    assert "number_not_checkable" in translated("It is 1 copy, 300 yen at the counter; 1 copy, 200 yen at a shop.", FEES)


def test_without_an_encoder_for_both_languages_no_translation_passes() -> None:
    source = source_sentences(MOVING_IN, CONTACT)
    assert problems("Please submit it within 14 days of moving.", source, True, None) == ["language_not_checkable"]
