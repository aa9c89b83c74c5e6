"""A deadline or an age is worked out only where rule and question are certainly about the same thing."""

from __future__ import annotations

from datetime import date

import pytest

from bot.deadlines import age, age_rule, due
from knowledge.articles import Article, Municipality, Procedure

TODAY = date(2026, 11, 25)
TOWN = Municipality("990019", "みどり野市", closed_days=("12-28",))


def article(deadline: str = "", eligibility: str = "", title: str = "手続き") -> Article:
    return Article("990019", "a", title, "本文", procedure=Procedure(deadline=deadline, eligibility=eligibility))


@pytest.mark.parametrize(
    ("deadline", "said", "day", "passed"),
    [
        # 民法140条: 20 November does not count, the 14th day after it is 4 December.
        ("引っ越した日から14日以内", "11月20日に越してきました", date(2026, 12, 4), False),
        ("生まれた日を含めて14日以内", "11月18日に生まれました", date(2026, 12, 1), False),
        ("亡くなったことを知った日を含めて7日以内（国外で亡くなったときは3か月以内）", "11月20日に父が亡くなりました", date(2026, 11, 26), False),
        ("引っ越した日から14日以内", "11月1日に引っ越しました", date(2026, 11, 15), True),
        ("修理が終わった日から3か月以内", "11月20日に修理が終わりました", date(2027, 2, 20), False),
        ("支払った日の翌日から2年以内", "2025年10月3日に払いました", date(2027, 10, 3), False),
        ("収集希望日の7日前まで", "12月10日に取りに来てほしい", date(2026, 12, 3), False),
        # 28 November is a Saturday, 29 a Sunday: 30, 27 and 26 are the three days on which the counter is open.
        ("使い始める日の3営業日前まで", "12月1日から水道を使いたい", date(2026, 11, 26), False),
        ("引っ越す日のおおむね30日前から", "12月25日に引っ越します", date(2026, 11, 25), False),
    ],
)  # fmt: skip
def test_a_deadline_is_counted_from_the_day_in_the_question(deadline: str, said: str, day: date, passed: bool) -> None:
    found = due(said, article(deadline), TODAY, TOWN)
    assert found
    assert (found.day, found.passed) == (day, passed)


@pytest.mark.parametrize(
    ("deadline", "said"),
    [
        ("引っ越した日から14日以内", "11月20日に会社をやめました"),  # another event
        ("引っ越した日から14日以内", "11月20日か21日に引っ越しました"),
        ("引っ越した日から14日以内", "11月20日に引っ越し、12月1日に生まれます"),  # two days
        ("引っ越した日から14日以内", "来週引っ越します"),
        ("引っ越した日から14日以内", "もし11月20日に引っ越したら"),
        ("引っ越した日から14日以内", "11月20日ごろ引っ越しました"),
        ("引っ越す日のおおむね30日前から", "11月1日に引っ越しました"),  # what had to be done before is over
        ("出生届は生まれた日を含めて14日以内、児童手当は生まれた日の翌日から15日以内", "11月18日に生まれました"),  # two rules
        ("亡くなったことを知った日を含めて7日以内（国外で亡くなったときは3か月以内）", "11月20日に父が国外で亡くなりました"),
        ("3月15日まで", "11月20日に引っ越しました"),
    ],
)  # fmt: skip
def test_where_it_is_not_certain_nothing_is_worked_out(deadline: str, said: str) -> None:
    assert due(said, article(deadline), TODAY, TOWN) is None


def test_a_rule_that_names_what_it_is_about_is_taken_when_that_is_asked() -> None:
    rule = "出生届は生まれた日を含めて14日以内、児童手当は生まれた日の翌日から15日以内"
    found = due("11月18日に生まれました。児童手当はいつまで", article(rule), TODAY, TOWN)
    assert found
    assert found.day == date(2026, 12, 3)


def test_of_a_span_of_days_only_that_all_of_it_is_over_is_told() -> None:
    assert due("3週間前に引っ越しました", article("引っ越した日から14日以内"), TODAY, TOWN)
    assert due("2週間前に引っ越しました", article("引っ越した日から14日以内"), TODAY, TOWN) is None


@pytest.mark.parametrize(
    ("eligibility", "said", "inside"),
    [
        ("市内に住む15歳以上の方", "14です", False),
        ("国民健康保険に入っている40歳〜74歳の方", "74歳です", True),
        ("20歳以上60歳未満の方", "60歳です", False),
        ("生後6か月から満3歳未満のお子さん", "うちの子3歳です", False),
        ("生後6か月から満3歳未満のお子さん", "生後7か月です", True),
    ],
)
def test_an_age_is_held_against_the_articles_own_rule(eligibility: str, said: str, inside: bool) -> None:
    found = age(said, article(eligibility=eligibility))
    assert found
    assert found[0].holds(found[1]) is inside


@pytest.mark.parametrize(
    "eligibility",
    ["65歳以上の方、または40〜64歳で特定疾病の方", "その年度に65歳になる方", "18歳になって最初の3月31日までのお子さん", "1歳未満の子を育てている父母", "どなたでも（15歳以上）"],
)  # fmt: skip
def test_a_rule_with_more_than_one_age_or_another_day_is_none(eligibility: str) -> None:
    assert age_rule(article(eligibility=eligibility)) is None


def test_whose_age_it_is_must_be_certain() -> None:
    assert age("夫が75歳、私は70歳です", article(eligibility="70歳以上の方")) is None
    assert age("35歳です", article(eligibility="生後6か月から満3歳未満のお子さん")) is None
