"""A translation says the numbers, dates, amounts, telephone numbers and addresses of its article, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.translated_facts import difference, facts, unknown
from knowledge.articles import Article, Procedure
from knowledge.commands import DEMO
from knowledge.municipality_folder import read_folder
from knowledge.translations import Words

BODY = (
    "手数料は1通300円です。令和8年10月1日から、平日の午前8時30分から午後5時15分まで受け付けます。\n"
    "14日以内に届け出てください。収入が1万5千円以下の方は無料です。\n"
    "電話 099-000-1110。くわしくは https://www.city.midorino.example/a/b.html をご覧ください。"
)
ARTICLE = Article("990019", "a", "住民票の写し", BODY, procedure=Procedure(fee="300円（郵送は350円）"))
FAITHFUL = {
    "yasashii": "お金は 1通 300円です。2026年10月1日からです。月曜日から 金曜日の 8時30分から 17時15分までです。14日以内に 出してください。"
    "収入が 15,000円以下の 人は お金が いりません。電話 099-000-1110。https://www.city.midorino.example/a/b.html",
    "en": "The fee is 300 yen for 1 copy. From October 1, 2026, on weekdays from 8:30 a.m. to 5:15 p.m. Please notify us within 14 "
    "days. Free if your income is 15,000 yen or less. Phone 099-000-1110. See https://www.city.midorino.example/a/b.html",
    "zh-Hans": "手续费1份300日元。自2026年10月1日起，工作日上午8点30分至下午5点15分受理。请在14天内申报。收入1万5千日元以下者免费。"
    "电话 099-000-1110。详见 https://www.city.midorino.example/a/b.html",
    "vi": "Lệ phí 1 bản là 300 yên. Từ ngày 1 tháng 10 năm 2026, các ngày trong tuần từ 8 giờ 30 đến 5 giờ 15 chiều. Trong vòng 14 ngày. "
    "Thu nhập từ 15.000 yên trở xuống được miễn phí. Điện thoại 099-000-1110. https://www.city.midorino.example/a/b.html",
    "ko": "수수료는 1통 300엔입니다. 2026년 10월 1일부터 평일 오전 8시 30분부터 오후 5시 15분까지 접수합니다. 14일 이내에 신고하십시오. "
    "소득이 1만 5천 엔 이하이면 무료입니다. 전화 099-000-1110. https://www.city.midorino.example/a/b.html",
    "tl": "Ang bayad ay 300 yen sa 1 kopya. Mula Oktubre 1, 2026, 8:30 a.m. hanggang 5:15 p.m. Sa loob ng 14 araw. Libre kung 15,000 yen "
    "pababa ang kita. Telepono 099-000-1110. https://www.city.midorino.example/a/b.html",
    "ne": "शुल्क १ प्रतिको ३०० येन। सन् २०२६ को १० महिना १ गतेदेखि ८:३० देखि १७:१५ सम्म। १४ दिनभित्र। आम्दानी १५,००० येन वा कम भए निःशुल्क। "
    "फोन ०९९-०००-१११०। https://www.city.midorino.example/a/b.html",
}


@pytest.mark.parametrize("language", FAITHFUL)
def test_a_faithful_translation_differs_in_nothing(language: str) -> None:
    assert not difference(ARTICLE, Words("Title", FAITHFUL[language]))


@pytest.mark.parametrize(
    ("old", "new", "missing", "added"),
    [
        ("300 yen", "400 yen", ("300",), ("400",)),
        ("within 14 days", "soon", ("14",), ()),
        ("October 1, 2026", "October 1, 2027", ("2026",), ("2027",)),
        ("5:15 p.m.", "5:15 a.m.", ("17",), ("5",)),
        ("099-000-1110", "099-000-1111", ("099-000-1110",), ("099-000-1111",)),
        (
            "a/b.html",
            "a/c.html",
            ("https://www.city.midorino.example/a/b.html",),
            ("https://www.city.midorino.example/a/c.html",),
        ),
        ("15,000 yen", "50,000 yen", ("15000",), ("50000",)),
        ("The fee", "Call 110. The fee", (), ("110",)),
    ],
)
def test_every_changed_fact_is_named(old: str, new: str, missing: tuple[str, ...], added: tuple[str, ...]) -> None:
    changed = FAITHFUL["en"].replace(old, new)
    assert changed != FAITHFUL["en"]
    found = difference(ARTICLE, Words("Title", changed))
    assert (found.missing, found.added) == (missing, added)


def test_what_the_structured_facts_say_may_be_said_too() -> None:
    assert not difference(ARTICLE, Words("Title", f"{FAITHFUL['en']} By post 350 yen."))


def test_numbers_of_lists_and_idioms_are_no_facts() -> None:
    assert facts("1. 十分にご注意ください。\n2. 一部の方は一度お越しください。一人ひとり。第三者") == frozenset()


def test_what_stands_nowhere_in_the_support_is_unknown() -> None:
    assert unknown("Fee: 300 yen, 3 days", "手数料は300円") == ("3",)


def test_every_article_of_the_demo_has_the_facts_of_itself() -> None:
    articles = [row.article for row in read_folder(Path(DEMO)).rows if row.article]
    assert len(articles) > 100
    assert [a.id for a in articles if difference(a, Words(a.title, a.body))] == []
