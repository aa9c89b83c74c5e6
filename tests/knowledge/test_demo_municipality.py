"""The demo municipality みどり野市: complete, consistent, and careful about what it tells people to call."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from knowledge.articles import CATEGORIES, Article, Audience, procedure_to_json
from knowledge.commands import DEMO
from knowledge.municipality_folder import MunicipalityFolder, read_folder

TODAY = date(2026, 11, 23)
NATIONAL_NUMBERS = {
    "0570-05-1165",  # ねんきんダイヤル
    "0120-279-338", "0120-061-338", "0120-783-556", "0570-783-556", "0570-064-556", "0120-99-7777", "0120-279-889",
    "#7119", "#8000", "#8008", "#9110",
}  # fmt: skip
"""Of the state and nation-wide help lines; those of REQUIREMENTS 9, the pension line and #8000."""


@cache
def demo() -> MunicipalityFolder:
    return read_folder(DEMO)


def articles() -> list[Article]:
    return [row.article for row in demo().rows if row.article]


def all_text(article: Article) -> str:
    facts = procedure_to_json(article.procedure)
    return "\n".join([article.title, article.body, *article.alternatives, str(facts)])


def those(wrong: list[tuple[str, object]]) -> str:
    return "\n".join(f"{article}: {what}" for article, what in wrong)


def test_every_article_file_is_read_without_error_or_warning() -> None:
    assert [(row.place, row.error, row.warnings) for row in demo().rows if row.error or row.warnings] == []


def test_there_are_enough_articles_for_residents() -> None:
    assert len([one for one in articles() if one.audience is Audience.PUBLIC and one.in_force(TODAY)]) >= 150


def test_categories_are_known_and_nearly_all_of_them_covered() -> None:
    found = Counter(one.category for one in articles())
    assert set(found) - set(CATEGORIES) == set()
    assert len(found) >= 28, set(CATEGORIES) - set(found)


def test_every_department_is_known_and_every_department_answers_something() -> None:
    known = {one.key for one in demo().departments}
    assert [
        (one.id, one.department, one.owner) for one in articles() if one.department not in known or one.owner not in known
    ] == []
    assert known - {one.department for one in articles()} <= {"general"}


def test_an_id_is_its_file_name_and_keeps_to_letters_digits_and_hyphens() -> None:
    named = [(row.place, row.article.id) for row in demo().rows if row.article]
    assert [pair for pair in named if pair[0].rsplit("/", 1)[-1] != f"{pair[1]}.md:1"] == []
    assert [one for _, one in named if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one)] == []


def test_residents_own_words_stand_beside_every_title() -> None:
    few = [(one.id, len(one.alternatives)) for one in articles() if len(one.alternatives) < 3]
    assert few == []
    assert [one.id for one in articles() if one.title in one.alternatives] == []


def test_no_two_articles_answer_the_same_words() -> None:
    asked = Counter(words for one in articles() for words in {one.title, *one.alternatives})
    assert [words for words, times in asked.items() if times > 1] == []


def test_every_source_is_a_page_of_the_city() -> None:
    assert [(one.id, one.source_url) for one in articles() if not one.source_url.startswith(demo().municipality.url)] == []


def test_every_article_was_checked_lately_and_not_in_the_future() -> None:
    wrong = [
        (one.id, one.last_checked)
        for one in articles()
        if not one.last_checked or not date(2026, 4, 1) <= one.last_checked <= TODAY
    ]
    assert wrong == []


def test_an_article_begins_with_its_short_answer() -> None:
    opening = {one.id: one.body.split("\n\n", 1)[0] for one in articles()}
    assert [
        (key, text) for key, text in opening.items() if text.startswith(("#", "-", "|", "1.")) or not 15 <= len(text) <= 300
    ] == []


def test_an_article_is_neither_a_stub_nor_a_brochure() -> None:
    assert [(one.id, len(one.body)) for one in articles() if not 120 <= len(one.body) <= 2000] == []


def test_only_numbers_that_are_published_are_given() -> None:
    allowed = {one.phone for one in demo().departments} | NATIONAL_NUMBERS
    pattern = re.compile(r"(?<![\d-])0\d{1,4}[-‐‑–−ー（(]\d{1,4}[-‐‑–−ー）)]\d{3,4}(?!\d)|[#＃♯]\d{4}|(?<!\d)0\d{9,10}(?!\d)")
    wrong: list[tuple[str, object]] = [
        (one.id, number) for one in articles() for number in pattern.findall(all_text(one)) if number not in allowed
    ]
    assert wrong == [], those(wrong)


def test_the_numbers_of_the_city_can_never_be_a_real_telephone() -> None:
    # A local office number beginning with 0 is not assigned (電気通信番号計画).
    assert [one.phone for one in demo().departments if not re.fullmatch(r"099-000-\d{4}", one.phone)] == []


@pytest.mark.parametrize(
    "abolished", ["避難勧告", "避難準備情報", "避難準備・高齢者等避難開始", "子ども手当", "障害者自立支援法"]
)
def test_the_city_does_not_speak_of_what_no_longer_exists(abolished: str) -> None:
    """Residents may: their own words in `alternatives` are how they find what took its place."""
    assert [one.id for one in articles() if abolished in all_text(replace(one, alternatives=()))] == []


def test_the_old_insurance_card_is_named_only_as_a_thing_of_the_past() -> None:
    """No procedure asks for 保険証: since December 2024 it is マイナ保険証 or 資格確認書."""
    pattern = re.compile(r"(?<!マイナ)(?<!介護)(?<!被)保険証(?!書|番号)")
    documents = {one.id: (one.procedure.required_documents, one.procedure.conditional_documents) for one in articles()}
    assert [key for key, given in documents.items() if pattern.search(str(given))] == []


def test_no_present_state_of_a_disaster_is_claimed() -> None:
    claims = re.compile(r"(現在|ただいま)、?[^。]{0,20}(発令して|発令中|避難指示が出て)")
    assert [one.id for one in articles() if claims.search(all_text(one))] == []


def test_a_document_is_either_needed_by_all_or_by_some() -> None:
    both = [
        (one.id, entry.document)
        for one in articles()
        for entry in one.procedure.conditional_documents
        if entry.document in one.procedure.required_documents
    ]
    assert both == []


def test_the_fee_of_the_facts_is_not_contradicted_by_the_text() -> None:
    """Of a fee that names one amount, the text names that amount whenever it speaks of what a copy costs."""
    wrong: list[tuple[str, object]] = []
    for one in articles():
        fee = re.fullmatch(r"(?:各)?1通(\d+)円", one.procedure.fee)
        said = set(re.findall(r"1通(\d+)円", one.body))
        if fee and said and fee[1] not in said:
            wrong.append((one.id, (one.procedure.fee, said)))
    assert wrong == [], those(wrong)


def test_every_day_has_a_department_open_and_the_reception_is_one() -> None:
    assert demo().municipality.reception == "general"
    for weekday in range(5):
        assert [one.key for one in demo().departments if weekday in one.hours]
