"""Translations: written by one, approved by another, served only while they fit the article's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from database import Database
from knowledge import store, translations
from knowledge.articles import Article, Municipality, State
from knowledge.snapshot_content import Content, read_content
from knowledge.translations import LANGUAGES, StaleTranslation, Standing, Translation, TranslationRefused, Words

TOWN, OTHER = "990019", "990027"
ARTICLE = Article(TOWN, "certificate", "住民票の写し", "手数料は300円です。", state=State.PUBLISHED)
ENGLISH = Words("Copy of the residence record", "The fee is 300 yen.")


@pytest.fixture(autouse=True)
def town(database: Database) -> None:
    with database.write() as session:
        for code in (TOWN, OTHER):
            store.save_municipality(session, Municipality(code, "町"))
        store.upsert(session, ARTICLE)


def save(
    database: Database, words: Words = ENGLISH, version: int = 0, article: Article = ARTICLE, by: str = "writer"
) -> Translation:
    with database.write() as session:
        return translations.save(session, article, "en", words, by, version)


def approve(database: Database, version: int, by: str = "approver", article: Article = ARTICLE) -> Translation:
    with database.write() as session:
        return translations.approve(session, article, "en", by, version)


def content(database: Database) -> Content:
    with database.read() as session:
        return read_content(session, TOWN, date(2026, 11, 25))


def standing(database: Database) -> dict[str, Standing]:
    with database.read() as session:
        (line,), _ = translations.listing(session, TOWN)
        return dict(line.standings)


def change_article(database: Database, **changes: object) -> Article:
    changed = replace(ARTICLE, **changes)  # type: ignore[arg-type]
    with database.write() as session:
        store.upsert(session, changed)
    return changed


def test_nothing_is_served_before_another_person_has_approved_it(database: Database) -> None:
    assert save(database).standing is Standing.WAITING
    assert content(database).words_of(ARTICLE, "en") is None
    with pytest.raises(TranslationRefused, match="own_work"):
        approve(database, 1, by="writer")
    assert approve(database, 1).standing is Standing.CURRENT
    assert content(database).words_of(ARTICLE, "en") == ENGLISH
    assert content(database).words_of(ARTICLE, "vi") is None
    assert content(database).words_of(ARTICLE, "ja") is None


def test_new_words_wait_for_a_new_approval(database: Database) -> None:
    save(database)
    approve(database, 1)
    changed = save(database, Words("Copy", "300 yen"), 2)
    assert (changed.standing, changed.approved_by, changed.version) == (Standing.WAITING, "", 3)
    assert content(database).translations == {}


def test_saving_the_same_words_again_keeps_the_approval(database: Database) -> None:
    save(database)
    approve(database, 1)
    assert save(database, ENGLISH, 2).standing is Standing.CURRENT


def test_a_change_of_the_japanese_words_makes_it_outdated_and_takes_it_away(database: Database) -> None:
    save(database)
    approve(database, 1)
    changed = change_article(database, body="手数料は350円です。")
    assert standing(database)["en"] is Standing.OUTDATED
    assert content(database).translations == {}
    with pytest.raises(TranslationRefused, match="outdated"):
        approve(database, 2, article=changed)
    again = save(database, Words("Copy", "The fee is 350 yen."), 2, changed)
    assert again.standing is Standing.WAITING


def test_a_new_date_of_checking_leaves_it_as_it_is(database: Database) -> None:
    save(database)
    approve(database, 1)
    change_article(database, last_checked=date(2026, 11, 1), owner="市民課")
    assert standing(database)["en"] is Standing.CURRENT
    assert content(database).words_of(ARTICLE, "en") == ENGLISH


def test_two_who_write_at_once_never_overwrite_each_other(database: Database) -> None:
    save(database)
    with pytest.raises(StaleTranslation):
        save(database, Words("Mine", "300"), 0, by="other")
    with pytest.raises(StaleTranslation):
        approve(database, 0)
    with database.read() as session:
        assert translations.of_article(session, ARTICLE)["en"].words == ENGLISH


@pytest.mark.parametrize(
    ("language", "words", "reason"),
    [("klingon", ENGLISH, "language"), ("en", Words(" ", "x"), "no_words"), ("en", Words("x", ""), "no_words"), ("en", Words("x", "x" * 30_001), "too_long")],
)  # fmt: skip
def test_what_cannot_be_a_translation_is_refused(database: Database, language: str, words: Words, reason: str) -> None:
    with pytest.raises(TranslationRefused, match=reason), database.write() as session:
        translations.save(session, ARTICLE, language, words, "writer", 0)


def test_a_removed_one_is_gone_for_residents_too(database: Database) -> None:
    save(database)
    approve(database, 1)
    with database.write() as session:
        translations.remove(session, ARTICLE, "en", "writer", 2)
    assert content(database).translations == {}
    assert set(standing(database).values()) == {Standing.MISSING}


def test_the_list_tells_how_every_language_stands_and_keeps_what_is_asked_for(database: Database) -> None:
    other = replace(ARTICLE, id="seal", title="印鑑登録100%_")
    draft = replace(ARTICLE, id="draft", title="下書き", state=State.DRAFT)
    with database.write() as session:
        store.upsert(session, other)
        store.upsert(session, draft)
    save(database)
    with database.read() as session:
        assert translations.counts(session, TOWN)["en"] == {
            Standing.MISSING: 1, Standing.WAITING: 1, Standing.OUTDATED: 0, Standing.CURRENT: 0,
        }  # fmt: skip
        assert set(translations.counts(session, OTHER)) == set(LANGUAGES)

        def ids(**asked: object) -> list[str]:
            return [line.article for line in translations.listing(session, TOWN, **asked)[0]]  # type: ignore[arg-type]

        assert ids() == ["certificate", "seal"]
        assert ids(language="en", standing=Standing.WAITING) == ["certificate"]
        assert ids(language="en", standing=Standing.MISSING) == ["seal"]
        assert ids(language="vi", standing=Standing.MISSING) == ["certificate", "seal"]
        assert ids(searched="100%_") == ["seal"]
        assert ids(searched="%") == ["seal"]
        assert translations.listing(session, TOWN, page=2, size=1)[0][0].article == "seal"
        assert translations.listing(session, TOWN, page=2, size=1)[1] == 2
        assert translations.listing(session, OTHER) == ([], 0)


def test_a_snapshot_carries_them_and_one_from_before_has_none(database: Database) -> None:
    save(database)
    approve(database, 1)
    whole = content(database)
    data = whole.to_json()
    assert Content.from_json(data).translations == whole.translations == {"certificate": {"en": ENGLISH}}
    del data["translations"]
    assert Content.from_json(data).translations == {}


def test_every_act_is_in_the_audit_trail(database: Database) -> None:
    from sqlalchemy import select

    from accounts import AuditRow

    save(database)
    approve(database, 1)
    with database.read() as session:
        rows = session.execute(select(AuditRow.actor, AuditRow.action).order_by(AuditRow.id))
        assert [tuple(row) for row in rows] == [("writer", "translation.saved"), ("approver", "translation.approved")]
