"""Knowledge in the database, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from database import Database
from knowledge import store
from knowledge.articles import (
    Article,
    Audience,
    ConditionalDocument,
    Department,
    Municipality,
    Procedure,
    State,
)
from knowledge.collection_calendar import Closure
from knowledge.importers import ArticleBuilder
from knowledge.importers.records import LIMITS
from knowledge.waste_table import CollectionArea, WasteItem, WasteTable
from settings import SHARED_BASE

TOWN = Municipality(
    "990019", "みどり野市", "みどりのし", "https://www.city.midorino.example/", "general", ("12-29", "01-01"), True, ("みどり野",)
)
OTHER = Municipality("131016", "千代田区")
FULL = Article(
    municipality="990019", id="転入-1", title="転入届①㈱𠮷", body="一行目\n\n- 二", category="住民登録", department="citizens",
    audience=Audience.PUBLIC, language="ja", alternatives=("引っ越し", "転入"),
    procedure=Procedure(eligibility="転入した方", required_documents=("本人確認書類",),
                        conditional_documents=(ConditionalDocument("代理人", "委任状"),), fee="無料"),
    source_url="https://www.city.midorino.example/a", valid_from=date(2026, 4, 1), valid_until=date(2027, 3, 31),
    last_checked=date(2026, 10, 1), owner="citizens",
)  # fmt: skip
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _towns(database: Database) -> None:
    with database.write() as session:
        for town in (TOWN, OTHER, Municipality(SHARED_BASE, "共通")):
            store.save_municipality(session, town)


def put(database: Database, *articles: Article) -> None:
    with database.write() as session:
        for one in articles:
            store.upsert(session, one, keep_state=False)


def published_ids(database: Database, code: str = "990019", on: date = TODAY, audience: Audience = Audience.PUBLIC) -> list[str]:
    with database.read() as session:
        return [one.id for one in store.published(session, code, on, audience)]


def simple(article_id: str, code: str = "990019", state: State = State.PUBLISHED, **changes: object) -> Article:
    return replace(Article(code, article_id, f"題 {article_id}", "本文", state=state), **changes)  # type: ignore[arg-type]


def test_a_municipality_comes_back_as_it_was_saved(database: Database) -> None:
    with database.read() as session:
        assert store.municipality(session, "990019") == TOWN
        assert store.municipality(session, "999999") is None


def test_saving_a_municipality_again_changes_it(database: Database) -> None:
    changed = replace(TOWN, name="緑野市", closed_days=(), uses_shared_base=False)
    with database.write() as session:
        store.save_municipality(session, changed)
    with database.read() as session:
        assert store.municipality(session, "990019") == changed


def test_the_shared_base_is_not_listed_as_a_municipality(database: Database) -> None:
    with database.read() as session:
        assert store.municipalities(session) == [OTHER, TOWN]


def test_departments_come_back_with_their_hours(database: Database) -> None:
    usual = (time(8, 30), time(17, 15))
    citizens = Department("990019", "citizens", "市民課", "099-000-1110", "1階", {0: usual, 3: (time(8, 30), time(19, 0))})
    with database.write() as session:
        store.save_departments(session, "990019", [citizens, Department("990019", "annex", "出張所")])
    with database.read() as session:
        assert store.departments(session, "990019") == [Department("990019", "annex", "出張所"), citizens]


def test_saving_departments_removes_those_left_out_of_this_municipality_only(database: Database) -> None:
    with database.write() as session:
        store.save_departments(session, "990019", [Department("990019", key, key) for key in ("a", "b")])
        store.save_departments(session, "131016", [Department("131016", "a", "a")])
    with database.write() as session:
        store.save_departments(session, "990019", [Department("990019", "b", "新しい名")])
    with database.read() as session:
        assert [one.name for one in store.departments(session, "990019")] == ["新しい名"]
        assert len(store.departments(session, "131016")) == 1


def test_an_article_comes_back_as_it_was_stored(database: Database) -> None:
    put(database, FULL)
    with database.read() as session:
        found = store.article(session, "990019", "転入-1")
        assert found == FULL
        assert found.digest == FULL.digest
        assert store.article(session, "131016", "転入-1") is None


def test_every_database_takes_fields_as_long_as_an_import_lets_through(database: Database) -> None:
    lengths = {name: limit for name, limit in LIMITS.items() if name in Article.__dataclass_fields__ and name != "municipality"}
    fields = {name: "字" * limit for name, limit in lengths.items()} | {
        "alternatives": ["字" * LIMITS["alternatives"]],
        "department": "",
        "audience": "public",
        "source_url": "https://a/" + "a" * (LIMITS["source_url"] - 10),
    }
    row = ArticleBuilder("990019").row("a:1", fields)
    assert row.article is not None, row.error
    put(database, row.article)
    with database.read() as session:
        assert store.articles(session, "990019") == [row.article]


def test_upsert_says_what_became_of_the_article(database: Database) -> None:
    said = []
    for one in (FULL, FULL, replace(FULL, body="新しい"), replace(FULL, municipality="131016")):
        with database.write() as session:
            said.append(store.upsert(session, one))
    assert said == ["created", "unchanged", "updated", "created"]
    with database.read() as session:
        assert [one.body for one in store.articles(session, "990019")] == ["新しい"]


def test_an_unchanged_article_is_not_written(database: Database) -> None:
    put(database, FULL)
    with database.write() as session:
        assert store.upsert(session, FULL) == "unchanged"
        assert not session.dirty


@pytest.mark.parametrize(("keep_state", "state"), [(True, State.PUBLISHED), (False, State.DRAFT)])
def test_an_update_keeps_the_state_unless_asked(database: Database, keep_state: bool, state: State) -> None:
    put(database, simple("a"))
    with database.write() as session:
        store.upsert(session, simple("a", state=State.DRAFT, body="新しい"), keep_state=keep_state)
    with database.read() as session:
        found = store.article(session, "990019", "a")
    assert found is not None
    assert (found.body, found.state) == ("新しい", state)


def test_publishing_counts_what_was_not_published_before(database: Database) -> None:
    put(database, simple("a"), simple("b", state=State.DRAFT), simple("c", state=State.DRAFT))
    with database.write() as session:
        assert store.publish(session, "990019", ["a", "b", "b"]) == 1
    assert published_ids(database) == ["a", "b"]


def test_withdrawing_takes_articles_from_residents(database: Database) -> None:
    put(database, simple("a"), simple("b"))
    with database.write() as session:
        assert store.unpublish(session, "990019", ["a"]) == 1
    assert published_ids(database) == ["b"]


def test_publishing_an_unknown_article_names_it_and_changes_nothing(database: Database) -> None:
    put(database, simple("a", state=State.DRAFT))
    with pytest.raises(store.UnknownArticle, match="nope"), database.write() as session:
        store.publish(session, "990019", ["a", "nope"])
    assert published_ids(database) == []


def test_an_article_just_stored_can_be_published_in_the_same_transaction(database: Database) -> None:
    with database.write() as session:
        store.upsert(session, simple("a", state=State.DRAFT))
        store.publish(session, "990019", ["a"])
    assert published_ids(database) == ["a"]


@pytest.mark.parametrize("state", [State.DRAFT, State.REVIEW, State.EXPIRED])
def test_only_published_articles_are_answered_from(database: Database, state: State) -> None:
    put(database, simple("a"), simple("b", state=state))
    assert published_ids(database) == ["a"]


def test_an_article_is_used_from_its_first_to_its_last_day(database: Database) -> None:
    put(database, simple("a", valid_from=date(2026, 4, 1), valid_until=date(2026, 4, 30)))
    days = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1))
    assert [published_ids(database, on=day) for day in days] == [[], ["a"], ["a"], []]


def test_internal_articles_are_for_staff(database: Database) -> None:
    put(database, simple("a"), simple("b", audience=Audience.INTERNAL))
    assert published_ids(database) == ["a"]
    assert published_ids(database, audience=Audience.INTERNAL) == ["b"]


def test_another_municipality_sees_nothing_of_it(database: Database) -> None:
    put(database, simple("a"))
    assert published_ids(database, "131016") == []


def test_the_shared_base_lies_under_the_towns_that_use_it(database: Database) -> None:
    put(database, simple("a", SHARED_BASE), simple("b", SHARED_BASE), simple("b", title="町の b"), simple("c"))
    with database.read() as session:
        found = {one.id: one.municipality for one in store.published(session, "990019", TODAY)}
        assert store.article(session, "990019", "a") == simple("a", SHARED_BASE)
    assert found == {"a": SHARED_BASE, "b": "990019", "c": "990019"}
    assert published_ids(database, "131016") == []
    assert published_ids(database, SHARED_BASE) == ["a", "b"]


@pytest.mark.parametrize(
    ("own", "hides"),
    [
        ({"state": State.EXPIRED}, True),
        ({"valid_until": date(2026, 1, 1)}, True),
        ({"audience": Audience.INTERNAL}, True),
        ({"state": State.DRAFT}, False),
        ({"state": State.REVIEW}, False),
        ({"valid_from": date(2027, 4, 1)}, False),
    ],
)
def test_a_town_hides_a_shared_article_by_deciding_against_it_not_by_drafting(
    database: Database, own: dict[str, object], hides: bool
) -> None:
    put(database, simple("a", SHARED_BASE), simple("a", **own))  # type: ignore[arg-type]
    assert published_ids(database) == ([] if hides else ["a"])


def test_the_waste_table_comes_back_as_it_was_saved(database: Database) -> None:
    table = WasteTable(
        (WasteItem("電池", "でんち", "有害ごみ", "透明な袋で", ("乾電池",), "金属"),),
        (CollectionArea("中央", "第一", {"有害ごみ": "水2 水4"}),),
        (Closure("第一", date(2026, 12, 31), date(2027, 1, 3)),),
    )
    with database.read() as session:
        assert store.waste_table(session, "990019") is None
    for saved in (WasteTable(), table):
        with database.write() as session:
            store.save_waste_table(session, "990019", saved)
    with database.read() as session:
        assert store.waste_table(session, "990019") == table
        assert store.waste_table(session, "131016") is None
