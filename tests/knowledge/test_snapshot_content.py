"""What goes into an index: what residents may be answered from today or later, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from small_knowledge import CERTIFICATE, CODE, CONTENT, TOWN

from database import Database
from knowledge import store
from knowledge.articles import Article, Audience, Municipality, State
from knowledge.snapshot_content import UnknownMunicipality, read_content
from settings import SHARED_BASE

TODAY = date(2026, 11, 24)
NATIONAL = replace(CERTIFICATE, municipality=SHARED_BASE, id="child-allowance", title="児童手当（国の制度）")
PLANNED = replace(CERTIFICATE, id="later", valid_from=date(2027, 4, 1))


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """こはる町 with its sorting table, on the shared base."""
    opened = Database(sqlite_url)
    with opened.write() as session:
        store.save_municipality(session, Municipality(SHARED_BASE, "共通"))
        store.save_municipality(session, replace(TOWN, uses_shared_base=True))
        store.save_departments(session, CODE, CONTENT.departments)
        assert CONTENT.waste
        store.save_waste_table(session, CODE, CONTENT.waste)
    yield opened
    opened.dispose()


def ids(database: Database, *articles: Article) -> list[str]:
    with database.write() as session:
        for article in articles:
            store.upsert(session, article, keep_state=False)
    with database.read() as session:
        return [a.id for a in read_content(session, CODE, TODAY).articles]


def test_published_articles_in_force_today_or_later_are_indexed(database: Database) -> None:
    over = replace(CERTIFICATE, id="over", valid_until=date(2026, 11, 23))
    last_day = replace(CERTIFICATE, id="last-day", valid_until=TODAY)
    assert ids(database, CERTIFICATE, PLANNED, over, last_day) == ["last-day", "later", "residence-certificate"]


@pytest.mark.parametrize("start", [None, date(2027, 4, 1)])
@pytest.mark.parametrize("change", [{"audience": Audience.INTERNAL}, *({"state": s} for s in State if s != State.PUBLISHED)])
def test_drafts_and_internal_articles_never_are(database: Database, change: dict[str, object], start: date | None) -> None:
    assert ids(database, replace(CERTIFICATE, valid_from=start, **change)) == []  # type: ignore[arg-type]


def test_the_shared_base_lies_under_the_towns_own_articles(database: Database) -> None:
    assert ids(database, NATIONAL, CERTIFICATE) == ["child-allowance", "residence-certificate"]
    own = replace(NATIONAL, municipality=CODE, title="こはる町の児童手当")
    ids(database, own)
    with database.read() as session:
        articles = {a.id: a for a in read_content(session, CODE, TODAY).articles}
    assert articles["child-allowance"] == own


def test_counters_table_and_the_day_it_was_stored_come_along(database: Database) -> None:
    with database.read() as session:
        content = read_content(session, CODE, TODAY)
    assert content.municipality == replace(TOWN, uses_shared_base=True)
    assert {d.key for d in content.departments} == {d.key for d in CONTENT.departments}
    assert content.waste == CONTENT.waste
    assert content.waste_checked is not None
    assert content.reception is not None
    assert content.reception.name == "総合案内"


def test_a_town_nobody_created_says_how_to_create_one(database: Database) -> None:
    with database.read() as session, pytest.raises(UnknownMunicipality, match=r"131016.*--create"):
        read_content(session, "131016", TODAY)
