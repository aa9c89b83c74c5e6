"""Lists of articles: filters, words in any width and case, pages; on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from workflow_fixture import BIN, TODAY, TOWN, approved, changed, prepare_town, save, submit, written

from database import Database
from knowledge import article_search, store, workflow
from knowledge.article_search import PER_PAGE, Wanted
from knowledge.articles import State
from knowledge.tables import ArticleRow


@pytest.fixture(autouse=True)
def town(database: Database) -> None:
    prepare_town(database)


def put(database: Database, *ids: str, **changes: object) -> None:
    with database.write() as session:
        for one in ids:
            store.upsert(session, replace(BIN, id=one, **{"title": one, **changes}), keep_state=False)  # type: ignore[arg-type]


def found(database: Database, page: int = 1, **wanted: object) -> Sequence[str]:
    with database.read() as session:
        rows = article_search.listing(session, TOWN, Wanted(**wanted), TODAY, page).rows  # type: ignore[arg-type]
        return sorted(row.id for row in rows)


@pytest.mark.parametrize("words", ["住民票", "LINE", "line", "ＬＩＮＥ", "コンビニ LINE", "取りたい", "100%"])
def test_words_are_found_in_title_body_and_other_wordings(database: Database, words: str) -> None:
    put(
        database, "certificate", title="住民票の写し", body="コンビニで取れます。LINEでも100%申請できます。",
        alternatives=("住民票を取りたい",),
    )  # fmt: skip
    assert found(database, words=words) == ["certificate"]


def test_signs_of_patterns_are_letters(database: Database) -> None:
    assert found(database, words="%") == []
    assert found(database, words="_") == []


def test_filters_are_taken_together(database: Database) -> None:
    put(database, "a", category="税", department="tax", owner="係")
    put(database, "b", category="税", department="citizens")
    assert found(database, category="税") == ["a", "b"]
    assert found(database, category="税", department="tax", owner="係") == ["a"]


def test_a_state_is_that_of_the_working_copy_too(database: Database) -> None:
    put(database, "old", state=State.EXPIRED)
    put(database, "loose", state=State.DRAFT)
    save(database, replace(BIN, id="new"))
    submit(database, save(database, changed()))
    assert found(database, state="draft") == ["loose", "new"]
    assert found(database, state="review") == ["bulky"]
    assert found(database, state="published") == ["bulky"]
    assert found(database, state="working") == ["bulky"]
    assert found(database, state="expired") == ["old"]


def test_what_somebody_should_have_looked_at_is_overdue(database: Database) -> None:
    put(database, "late", "fresh")
    with database.write() as session:
        session.get_one(ArticleRow, (TOWN, "late")).review_on = TODAY
        session.get_one(ArticleRow, (TOWN, "fresh")).review_on = TODAY + timedelta(days=1)
    assert found(database, overdue=True) == ["late"]


@pytest.mark.parametrize("words", ["", "電話"])
def test_pages_hold_every_article_once(database: Database, words: str) -> None:
    put(database, *(f"a{i:03}" for i in range(PER_PAGE + 9)))
    first, second = found(database, 1, words=words), found(database, 2, words=words)
    assert len(first) == PER_PAGE
    assert sorted([*first, *second]) == sorted(["bulky", *(f"a{i:03}" for i in range(PER_PAGE + 9))])
    assert found(database, 99, words=words) == second


def test_the_approvers_queue_has_what_waits_oldest_first(database: Database) -> None:
    submit(database, save(database, replace(BIN, id="first")))
    approved(database, replace(BIN, id="second"))
    save(database, changed())
    with database.read() as session:
        waiting = article_search.in_review(session, TOWN)
        counts = article_search.counts(session, TOWN, TODAY)
    assert [(row.id, row.draft_state) for row in waiting] == [("first", "review"), ("second", "approved")]
    assert counts == {"draft": 1, "review": 1, "approved": 1, "overdue": 0}


def test_an_empty_town_has_a_list_too(database: Database) -> None:
    written(database, lambda s: store.unpublish(s, TOWN, ["bulky"]))
    with database.read() as session:
        assert article_search.listing(session, "990027", Wanted(), date(2026, 1, 1)).rows == []
        assert article_search.choices(session, "990027") == {"category": [], "owner": [], "language": []}
        assert workflow.find_draft(session, "990027", "bulky") is None
