"""A look at the knowledge: what it finds, which tasks it opens, joins and closes, and that it looks once a day."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_knowledge import ARTICLES, CERTIFICATE, CODE, CONTENT, DEPARTMENTS, TOWN, OverlapEncoder, snapshot_of
from sqlalchemy import select

from accounts import Role, StaffRow
from bot import conversations, health, question_clusters, task_causes, tasks
from bot.near_duplicates import near_duplicates, nearness, unrelated
from bot.tables import FindingRow, HealthRunRow, MessageRow, TaskMessageRow, TaskRow
from bot.tasks import Kind
from bot.usage import usage_since
from database import Database, now
from indexer.snapshot import Snapshot
from indexer.vector_store import FaissStore
from knowledge import store
from knowledge.health import Found
from knowledge.snapshot_content import Content, UnknownMunicipality
from knowledge.tables import ArticleRow
from settings import Settings

COPY = replace(CERTIFICATE, id="residence-certificate-copy", title="住民票の写しの請求について")


def index_of(content: Content) -> Snapshot:
    """An index whose passages are encoded as the synchronisation does."""
    made = snapshot_of(content)
    return replace(made, store=FaissStore.build(made.encoder.encode_passages([p.encoded for p in made.passages])))


@pytest.fixture(scope="module")
def index() -> Snapshot:
    return index_of(CONTENT)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path)


@pytest.fixture
def town(database: Database) -> Database:
    """こはる町 with its articles, published, and an editor."""
    with database.write() as session:
        store.save_municipality(session, TOWN)
        store.save_departments(session, CODE, DEPARTMENTS)
        for article in ARTICLES:
            store.upsert(session, article)
        session.add(StaffRow(id=1, municipality=CODE, login="e", name="e", role=Role.EDITOR.value, password_hash="x"))
    return database


def look(database: Database, settings: Settings, index: Snapshot | None, days: int = 0) -> health.Report:
    return health.look(database, settings, CODE, now() + timedelta(days=days), index)


def asked(
    database: Database, text: str, *, resolved: bool | None = None, ago: timedelta = timedelta(hours=2), **answer: Any
) -> str:
    """A question that was asked some time ago, without its task; the conversation."""
    with database.write() as session:
        talk = conversations.start(session, CODE)
        said = conversations.append(session, talk, "resident", text, at=now() - ago)
        shown = {"question": text, "status": "unsure", "answer": "…", "topics": [], "sources": [], **answer}
        row = conversations.append(session, talk, "desk", "…", answer=shown, reply_to=said.id, at=now() - ago)
        row.resolved = resolved
        return talk.id


def findings(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.scalars(select(FindingRow).order_by(FindingRow.kind, FindingRow.rank, FindingRow.id))
        return [(row.kind, row.article) for row in rows]


def open_tasks(database: Database) -> list[TaskRow]:
    with database.read() as session:
        return list(session.scalars(select(TaskRow).where(TaskRow.state == "open").order_by(TaskRow.id)))


def test_a_sound_town_has_no_finding(town: Database, settings: Settings, index: Snapshot) -> None:
    with town.write() as session:
        for key in ("summer-coupon", "heating-subsidy"):  # their dates are fixed, the day of the test is not
            session.delete(session.get_one(ArticleRow, (CODE, key)))
    report = look(town, settings, index)
    assert report.findings == ()
    assert (report.opened, report.joined, report.closed) == (0, 0, 0)


def test_what_is_planted_is_found_stored_and_gone_after_its_repair(town: Database, settings: Settings) -> None:
    with town.write() as session:
        store.upsert(session, COPY)
        session.flush()
        session.get_one(ArticleRow, (CODE, "seal")).review_on = now().date() - timedelta(days=5)
        session.get_one(ArticleRow, (CODE, "dog")).body = "詳しくは環境課（電話 099-000-9999）へ。"
    look(town, settings, index_of(replace(CONTENT, articles=(*CONTENT.articles, COPY))))
    found = findings(town)
    assert ("overdue", "seal") in found
    assert ("contradiction", "dog") in found
    assert [kind for kind, _ in found].count("duplicate") == 1
    with town.read() as session:
        first = session.scalars(select(FindingRow.first_at).where(FindingRow.kind == "overdue")).one()
    look(town, settings, None, days=1)
    with town.read() as session:
        assert session.scalars(select(FindingRow.first_at).where(FindingRow.kind == "overdue")).one() == first
    assert [kind for kind, _ in findings(town)].count("duplicate") == 1  # no index, so what was found before stays
    with town.write() as session:
        session.get_one(ArticleRow, (CODE, "seal")).review_on = None
    look(town, settings, None, days=2)
    assert ("overdue", "seal") not in findings(town)


def test_a_task_of_a_finding_closes_when_it_is_found_no_longer(town: Database, settings: Settings) -> None:
    with town.write() as session:
        session.get_one(ArticleRow, (CODE, "seal")).review_on = now().date() - timedelta(days=5)
        tasks.open_task(session, CODE, Kind.OVERDUE, "seal", "印鑑登録", article="seal")
        tasks.open_task(session, CODE, Kind.DOWNVOTE, "article:seal", "印鑑登録", article="seal")
    assert look(town, settings, None).closed == 0
    with town.write() as session:
        session.get_one(ArticleRow, (CODE, "seal")).review_on = None
    assert look(town, settings, None, days=1).closed == 1
    assert [task.kind for task in open_tasks(town)] == ["downvote"]


def test_questions_that_ask_for_the_same_become_one_task_with_all_their_answers(
    town: Database, settings: Settings, index: Snapshot
) -> None:
    for text in ("墓地の募集を知りたい", "墓地の募集はいつ", "墓地の募集", "宇宙船の発射時刻"):
        asked(town, text)
    report = look(town, settings, index)
    assert (report.opened, report.joined) == (4, 2)
    assert sorted(task.count for task in open_tasks(town)) == [1, 3]
    assert {task.owner for task in open_tasks(town)} == {1}
    biggest = max(open_tasks(town), key=lambda task: task.count)
    with town.read() as session:
        linked = select(TaskMessageRow).where(TaskMessageRow.task == biggest.id)
        assert len(session.scalars(linked).all()) == 3
    again = look(town, settings, index, days=1)
    assert (again.opened, again.joined) == (0, 0)
    conversation = asked(town, "墓地の募集はいつ？")
    with town.write() as session:
        task_causes.answered(session, conversations.messages(session, conversation)[-1])
    assert max(task.count for task in open_tasks(town)) == 4  # the words of a task that was joined lead to the one it went into
    assert len(open_tasks(town)) == 2


def test_who_was_asked_back_and_left_is_counted_and_who_may_still_choose_is_not(town: Database, settings: Settings) -> None:
    asked(town, "カード", status="asked_back")
    asked(town, "保険", status="asked_back", ago=timedelta(minutes=5))
    assert look(town, settings, None).opened == 1
    assert look(town, settings, None, days=1).opened == 1


def test_use_is_counted_by_source_and_judgement(town: Database) -> None:
    sources = [{"id": "seal", "title": "印鑑登録"}, {"id": "dog", "title": "犬"}]
    for resolved in (True, False, False, None):
        asked(town, "印鑑", resolved=resolved, sources=sources, status="answered")
    asked(town, "昔の質問", sources=sources, ago=timedelta(days=100))
    asked(town, "宇宙")
    with town.read() as session:
        usage = usage_since(session, CODE, now() - timedelta(days=90))
    assert usage.answers == 4
    assert (usage.found["seal"], usage.found["dog"]) == (4, 4)
    assert (usage.judged["seal"], usage.not_resolved["seal"], usage.judged.get("dog", 0)) == (3, 2, 0)


def test_an_article_that_rarely_helps_and_one_never_found_are_findings(town: Database, settings: Settings) -> None:
    with town.write() as session:
        for row in session.scalars(select(ArticleRow)):
            row.created_at = now() - timedelta(days=200)
        talk = conversations.start(session, CODE)
        answer = {"status": "answered", "topics": [], "sources": [{"id": "seal", "title": "x"}]}
        for number in range(300):
            row = MessageRow(municipality=CODE, conversation=talk.id, role="desk", text="…", answer=answer)
            row.resolved = False if number < 4 else None
            session.add(row)
    found: dict[Found, list[str]] = {kind: [] for kind in Found}
    for finding in look(town, settings, None).findings:
        found[finding.kind].append(finding.article)
    assert found[Found.UNHELPFUL] == ["seal"]
    assert "dog" in found[Found.NEVER_FOUND]
    assert "seal" not in found[Found.NEVER_FOUND]


def test_of_several_processes_one_looks_and_only_once_a_day(town: Database, settings: Settings) -> None:
    at = now()
    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(lambda _: health.due(town, CODE, at), range(4))) == [False, False, False, True]
    with town.read() as session:
        assert health.running(session.get_one(HealthRunRow, CODE), at)
    health.look(town, settings, CODE, at, None)
    with town.read() as session:
        assert not health.running(session.get_one(HealthRunRow, CODE), at)
    assert not health.due(town, CODE, at + timedelta(hours=23))
    assert health.due(town, CODE, at + timedelta(hours=23), every=timedelta(0))
    assert not health.due(town, CODE, at + timedelta(hours=23, minutes=30), every=timedelta(0))
    assert health.due(town, CODE, at + timedelta(hours=25))  # the one before was killed an hour ago


def test_an_unknown_municipality_is_refused(town: Database, settings: Settings) -> None:
    with pytest.raises(UnknownMunicipality):
        health.look(town, settings, "990043", now(), None)


def test_links_are_asked_only_where_the_administrator_allows_it(lite: Database, settings: Settings) -> None:
    class Never:
        def check(self, url: str) -> None:
            raise AssertionError(f"asked {url}")

    with lite.write() as session:
        store.upsert(session, replace(CERTIFICATE, municipality="990019"))
    report = health.look(lite, settings, "990019", now(), None, Never())  # type: ignore[arg-type]
    assert report.links_asked == 0


def test_the_command_prints_what_was_found(
    lite: Database, instance: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", lite.url)
    with lite.write() as session:
        store.upsert(session, replace(CERTIFICATE, municipality="990019", body="市民課（電話 099-000-9999）へ。"))
    assert health.main(["--municipality", "990019"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["counts"]["contradiction"] == 1
    assert printed["findings"][0]["detail"]["subject"] == "市民課"
    assert health.main(["--municipality", "990043"]) == 2


def test_copies_said_in_other_words_are_near_and_different_matters_are_not(index: Snapshot) -> None:
    own = frozenset(a.id for a in ARTICLES)
    assert near_duplicates(index, own) == []
    doubled = index_of(replace(CONTENT, articles=(*CONTENT.articles, COPY)))
    (finding,) = near_duplicates(doubled, own | {COPY.id})
    assert {finding.article, finding.other} == {CERTIFICATE.id, COPY.id}
    (shared,) = near_duplicates(doubled, frozenset({COPY.id}))
    assert (shared.article, shared.other) == (COPY.id, CERTIFICATE.id)
    assert near_duplicates(doubled, frozenset({"seal"})) == []


def test_nearness_is_nought_for_unrelated_and_one_for_equal_texts_whatever_the_encoder() -> None:
    # Three unit vectors of which any two have a cosine of 0.5: mean 0.5.
    vectors = np.array([[1, 0, 0], [0.5, 0.75**0.5, 0], [0.5, 12**-0.5, (2 / 3) ** 0.5]], dtype=np.float32)
    background = unrelated(vectors)
    assert background == pytest.approx(0.5, abs=1e-6)
    assert nearness(np.array([1.0, 0.5, 0.75], dtype=np.float32), background) == pytest.approx([1.0, 0.0, 0.5], abs=1e-6)


def test_clusters_are_the_same_every_time_and_nothing_is_lost() -> None:
    texts = ["墓地の募集", "墓地の募集はいつ", "宇宙船", "墓地の募集を知りたい", "宇宙船"]
    vectors = OverlapEncoder().encode_queries(texts)
    groups = question_clusters.clusters(vectors, 0.0)
    assert groups == [[0, 1, 3], [2, 4]]
    assert question_clusters.clusters(vectors, 0.0) == groups
    assert question_clusters.clusters(vectors[:0], 0.0) == []


def test_an_article_is_a_duplicate_of_none_in_another_language() -> None:
    english = replace(COPY, language="en")
    doubled = index_of(replace(CONTENT, articles=(*CONTENT.articles, english)))
    assert near_duplicates(doubled, frozenset(a.id for a in (*ARTICLES, english))) == []
