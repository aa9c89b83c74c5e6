"""Every kind of thing that can be wrong with articles is found where it is planted, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from knowledge import health
from knowledge.articles import Article, Department, Procedure, State
from knowledge.health import Found, Reviewed, Usage
from knowledge.municipality_folder import read_description
from knowledge.stated import claims
from settings import ROOT

CODE = "990027"
TODAY = date(2026, 11, 24)
THEN = datetime(2026, 6, 1, tzinfo=UTC)
SINCE = datetime(2026, 8, 26, tzinfo=UTC)
CITIZENS = Department(CODE, "citizens", "住民課", "099-000-2210")


def article(key: str, title: str, body: str = "", **more: object) -> Article:
    base = Article(CODE, key, title, body, department="citizens", state=State.PUBLISHED)
    return replace(base, **more)  # type: ignore[arg-type]


COPY = article("copy", "住民票の写しの取り方", "窓口で取れます。", procedure=Procedure(fee="1通300円（コンビニ交付は200円）"))
MOVING = article(
    "moving",
    "引っ越してきたときの手続き（転入届）",
    "転入届は14日以内に出してください。",
    procedure=Procedure(deadline="引っ越した日から14日以内"),
)


def wrong(*articles: Article) -> list[tuple[str, str, str]]:
    """What contradicts: what it is about, the article that differs, and the one it differs from."""
    found = health.contradictions(articles, [CITIZENS])
    return [(str(f.detail["of"]), f.article, f.other) for f in found]


@pytest.mark.parametrize(
    ("body", "of"),
    [
        ("持ち物は住民票の写し（1通350円）です。", "fee"),
        ("| 書類 | 手数料 |\n|---|---|\n| 住民票の写し | 350円 |", "fee"),
        ("住民票の写しの手数料は1通350円です。", "fee"),
        ("転入届は10日以内に出してください。", "period"),
        ("詳しくは住民課（電話 099-000-2219）へ。", "phone_record"),
        ("詳しくは住民課（０９９－０００－２２１９）へお電話ください。", "phone_record"),
    ],
)
def test_what_another_article_or_the_departments_record_says_otherwise_is_found(body: str, of: str) -> None:
    found = wrong(COPY, MOVING, article("other", "家を買ったとき", body))
    assert [(o, a) for o, a, _ in found] == [(of, "other")]


@pytest.mark.parametrize(
    "body",
    [
        "持ち物は住民票の写し（1通300円）です。",
        "コンビニで取ると住民票の写し（200円）です。",
        "住民票の写しの手数料は、窓口で1通300円、コンビニで1通200円です。",
        "郵送で住民票の写し（300円と郵便代）を取れます。",
        "転入届は14日以内に出してください。",
        "転入届の日から90日以内に、カードの手続きをしてください。",
        "転入届を出してから90日以内に、カードの手続きをしてください。",
        "住民課（電話 099-000-2210）か、税務署（電話 0570-00-0000）へ。",
        "住民票の写しを取る方に、上限350円を補助します。",
        "電話番号は099-000-2219と書いてください。",
        "障がい者手帳（350円）と住民票の写し（300円）が要ります。",
    ],
)
def test_what_agrees_or_is_about_something_else_is_not(body: str) -> None:
    assert wrong(COPY, MOVING, article("other", "家を買ったとき", body)) == []


def test_an_article_that_contradicts_its_own_facts_is_found() -> None:
    own = replace(COPY, body="住民票の写しの手数料は1通400円です。")
    assert wrong(own) == [("fee", "copy", "")]


def test_days_of_the_same_event_that_differ_are_found() -> None:
    one = article("a", "保育園の申し込み", "4月入園の申し込みは、11月1日から11月30日までです。")
    other = article("b", "保育園の空き", "4月入園の申し込みは、11月1日から12月10日までです。")
    assert [o for o, _, _ in wrong(one, other)] == ["day"]
    assert wrong(one, replace(other, body=one.body)) == []


def test_a_counter_that_is_no_department_has_one_number() -> None:
    one, two = (
        article("a", "相談", "消費生活センター（電話 099-000-2230）へ。"),
        article("b", "契約", "消費生活センター（電話 099-000-2230）へ。"),
    )
    off = article("c", "詐欺", "消費生活センター（電話 099-000-2239）へ。")
    assert wrong(one, two, off) == [("phone", "c", "a")]


def test_the_article_about_the_thing_is_right_against_a_majority() -> None:
    others = [article(f"o{n}", "家を買ったとき", "住民票の写し（350円）を持ってきてください。") for n in range(3)]
    found = health.contradictions([COPY, *others], [])
    assert {f.article for f in found} == {"o0", "o1", "o2"}
    assert found[0].detail["other_title"] == COPY.title
    assert len({f.key for f in found}) == 3


def test_a_claim_keeps_the_sentence_it_stands_in() -> None:
    (claim,) = [c for c in claims(article("x", "家", "はじめに。住民票の写し（1通300円）が要ります。")) if c.kind == "fee"]
    assert (claim.subject, claim.value, claim.text) == ("住民票の写し", "300", "住民票の写し（1通300円）が要ります")


def test_the_demo_municipality_contradicts_itself_nowhere() -> None:
    described = read_description(ROOT / "knowledge" / "samples" / "midorino")
    assert len(described.departments) > 10
    from knowledge.importers import ArticleBuilder
    from knowledge.importers.markdown import read_markdown

    builder = ArticleBuilder(
        described.municipality.code,
        {d.name: d.key for d in described.departments} | {d.key: d.key for d in described.departments},
    )
    paths = sorted((ROOT / "knowledge" / "samples" / "midorino" / "articles").rglob("*.md"))
    read = [row.article for path in paths for row in read_markdown(path, builder) if row.article]
    assert len(read) > 200
    assert health.contradictions(read, described.departments) == []


def test_an_article_whose_review_date_has_passed_is_overdue() -> None:
    late, soon, none = (article(key, key) for key in ("late", "soon", "none"))
    dates = {
        "late": Reviewed(THEN, TODAY - timedelta(days=3)), "soon": Reviewed(THEN, TODAY), "none": Reviewed(THEN, None),
    }  # fmt: skip
    found = health.overdue([late, soon, none], dates, TODAY)
    assert [(f.kind, f.article, f.detail["days"]) for f in found] == [(Found.OVERDUE, "late", 3)]


def test_an_article_that_ends_within_thirty_days_or_has_ended_is_expiring() -> None:
    ends = {"gone": -1, "today": 0, "month": 30, "later": 31}
    articles = [article(key, key, valid_until=TODAY + timedelta(days=days)) for key, days in ends.items()]
    found = health.expiring([*articles, article("ever", "ever")], TODAY)
    assert [(f.article, f.detail["days"]) for f in found] == [("gone", -1), ("today", 0), ("month", 30)]


def test_an_article_no_answer_was_taken_from_is_never_found_once_enough_was_asked() -> None:
    used, unused, young, later = (article(key, key) for key in ("used", "unused", "young", "later"))
    later = replace(later, valid_from=TODAY)
    dates = {key: Reviewed(THEN, None) for key in ("used", "unused", "later")} | {
        "young": Reviewed(datetime(2026, 11, 1, tzinfo=UTC), None)
    }
    usage = Usage(300, {"used": 300})
    found = health.never_found([used, unused, young, later], dates, usage, SINCE)
    assert [f.article for f in found] == ["unused"]
    assert health.never_found([used, unused], dates, replace(usage, answers=299), SINCE) == []


@pytest.mark.parametrize(("judged", "lost", "expected"), [(5, 3, ["a"]), (7, 3, ["a"]), (8, 3, []), (2, 2, []), (0, 0, [])])
def test_an_article_that_rarely_helps_is_found(judged: int, lost: int, expected: list[str]) -> None:
    usage = Usage(50, {"a": 40}, {"a": judged}, {"a": lost})
    assert [f.article for f in health.unhelpful([article("a", "a"), article("b", "b")], usage)] == expected
