"""A job from file to working copies and back: previewed, corrected, applied once, undone without taking anybody's work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from import_fixture import CODE, CSV, add_town, apply, bring, job, outcomes, rows, undo, work
from sqlalchemy import select

from database import Database, now
from knowledge import drafts, import_apply, import_jobs, import_worker, store
from knowledge.articles import Article, Municipality, State
from knowledge.import_jobs import JobRefused
from knowledge.import_plan import ColumnMap
from knowledge.import_worker import ATTEMPTS, Worker
from knowledge.tables import ArticleDraftRow, ArticleRow, ImportJobRow
from settings import Settings


@pytest.fixture
def town(database: Database) -> Database:
    add_town(database)
    return database


@pytest.fixture
def lite_town(sqlite_url: str) -> Database:
    database = Database(sqlite_url)
    add_town(database)
    return database


def drafts_in(database: Database) -> dict[str, ArticleDraftRow]:
    with database.read() as session:
        return {row.article: row for row in session.scalars(select(ArticleDraftRow))}


def articles_in(database: Database) -> dict[str, ArticleRow]:
    with database.read() as session:
        return {row.id: row for row in session.scalars(select(ArticleRow))}


def published(database: Database, article_id: str, body: str = "前からの答え。") -> Article:
    record = Article(CODE, article_id, "前からの質問", body, owner="前の担当", state=State.PUBLISHED)
    with database.write() as session:
        store.upsert(session, record, keep_state=False)
    return record


def refusal(database: Database, act: Callable[[Any], object]) -> str:
    with pytest.raises(JobRefused) as refused, database.write() as session:
        act(session)
    return refused.value.reason


def test_a_file_becomes_working_copies_and_nothing_is_published(town: Database) -> None:
    number = bring(town, ("よくある質問.csv", CSV))
    assert job(town, number).state == "previewed"
    assert outcomes(town, number) == {"created": 2}
    assert drafts_in(town) == {}, "a preview stores nothing"
    apply(town, number)
    made = drafts_in(town)
    assert job(town, number).state == "applied"
    assert {row.content["title"] for row in made.values()} == {"ごみの日はいつですか", "住民票はいくらですか"}
    assert all(row.origin == {"kind": "import", "id": number} for row in made.values())
    assert {row.state for row in articles_in(town).values()} == {"draft"}


def test_what_residents_read_does_not_change_by_an_import(town: Database) -> None:
    before = published(town, "garbage")
    number = bring(town, ("faq.csv", "ID,質問,回答\ngarbage,新しい質問,新しい答え。\n"))
    assert outcomes(town, number) == {"changed": 1}
    apply(town, number)
    row = articles_in(town)["garbage"]
    assert (row.title, row.body, row.state, row.digest) == (before.title, before.body, "published", before.digest)
    assert drafts_in(town)["garbage"].content["body"] == "新しい答え。"


def test_fields_that_no_column_stands_for_stay_as_they_are(lite_town: Database) -> None:
    published(lite_town, "garbage")
    apply(lite_town, bring(lite_town, ("faq.csv", "ID,質問,回答\ngarbage,新しい質問,新しい答え。\n")))
    assert drafts_in(lite_town)["garbage"].content["owner"] == "前の担当"


def test_the_same_file_brought_again_changes_nothing(lite_town: Database) -> None:
    apply(lite_town, bring(lite_town, ("a.csv", CSV)))
    again = bring(lite_town, ("a.csv", CSV))
    assert outcomes(lite_town, again) == {"unchanged": 2}
    assert refusal(lite_town, lambda s: import_jobs.request_apply(s, CODE, again, "x", job(lite_town, again).version)) == (
        "nothing_wanted"
    )


def test_undo_takes_back_exactly_what_the_import_made(town: Database) -> None:
    before = published(town, "garbage")
    number = bring(town, ("faq.csv", "ID,質問,回答\ngarbage,新しい質問,新しい答え。\nnew,新規,答え。\n"))
    apply(town, number)
    assert set(drafts_in(town)) == {"garbage", "new"}
    undo(town, number)
    assert job(town, number).state == "undone"
    assert drafts_in(town) == {}
    assert {key: row.digest for key, row in articles_in(town).items()} == {"garbage": before.digest}


def test_undo_leaves_what_somebody_has_edited_and_says_so(town: Database) -> None:
    number = bring(town, ("faq.csv", "ID,質問,回答\none,質問1,答え1。\ntwo,質問2,答え2。\n"))
    apply(town, number)
    with town.write() as session:
        row = session.get_one(ArticleDraftRow, (CODE, "one"))
        drafts.save_draft(session, Article(CODE, "one", "質問1", "手で直した答え。"), "ichiro", row.version)
    undo(town, number)
    assert list(drafts_in(town)) == ["one"]
    assert {row.article: row.result for row in rows(town, number)} == {"one": "left", "two": "removed"}


def test_undo_brings_back_the_working_copy_that_was_there(town: Database) -> None:
    with town.write() as session:
        drafts.save_draft(session, Article(CODE, "one", "質問1", "書きかけ。"), "hanako", note="途中です")
    number = bring(town, ("faq.csv", "ID,質問,回答\none,質問1,取り込んだ答え。\n"))
    apply(town, number)
    assert drafts_in(town)["one"].content["body"] == "取り込んだ答え。"
    undo(town, number)
    back = drafts_in(town)["one"]
    assert (back.content["body"], back.note, back.edited_by) == ("書きかけ。", "途中です", "hanako")


def test_undo_brings_back_a_draft_that_never_had_a_working_copy(lite_town: Database) -> None:
    with lite_town.write() as session:
        store.upsert(session, Article(CODE, "one", "質問1", "前からの下書き。"))
    number = bring(lite_town, ("faq.csv", "ID,質問,回答\none,質問1,取り込んだ答え。\n"))
    apply(lite_town, number)
    assert articles_in(lite_town)["one"].body == "取り込んだ答え。"
    undo(lite_town, number)
    assert articles_in(lite_town)["one"].body == "前からの下書き。"
    assert drafts_in(lite_town) == {}


def test_what_a_colleague_is_writing_is_not_chosen_by_itself(lite_town: Database) -> None:
    with lite_town.write() as session:
        drafts.save_draft(session, Article(CODE, "one", "質問1", "書きかけ。"), "ichiro")
    (row,) = rows(lite_town, bring(lite_town, ("faq.csv", "ID,質問,回答\none,質問1,取り込んだ答え。\n")))
    assert (row.outcome, row.wanted) == ("changed", False)


def test_an_article_changed_after_the_preview_is_left_alone(town: Database) -> None:
    published(town, "one")
    number = bring(town, ("faq.csv", "ID,質問,回答\none,質問1,取り込んだ答え。\n"))
    with town.write() as session:
        drafts.save_draft(session, Article(CODE, "one", "質問1", "その間に書いた。"), "ichiro")
    apply(town, number)
    (row,) = rows(town, number)
    assert row.result == "kept"
    assert [note["code"] for note in row.notes] == ["changed_since"]
    assert drafts_in(town)["one"].content["body"] == "その間に書いた。"


def test_applying_twice_applies_once(town: Database) -> None:
    number = bring(town, ("a.csv", CSV))
    with town.write() as session:
        version = import_jobs.find(session, CODE, number).version
        assert import_jobs.request_apply(session, CODE, number, "hanako", version)
    with town.write() as session:
        assert not import_jobs.request_apply(session, CODE, number, "hanako", version)
    work(town)
    saved = {row.article: row.version for row in drafts_in(town).values()}
    assert len(saved) == 2
    with town.write() as session:
        assert not import_jobs.request_apply(session, CODE, number, "hanako", version)
    work(town)
    assert {row.article: row.version for row in drafts_in(town).values()} == saved


def test_what_is_applied_is_what_was_previewed(lite_town: Database) -> None:
    number = bring(lite_town, ("a.csv", CSV))
    seen = job(lite_town, number).version
    with lite_town.write() as session:
        import_jobs.choose_all(session, CODE, number, "created", False)
    assert refusal(lite_town, lambda s: import_jobs.request_apply(s, CODE, number, "hanako", seen)) == "changed"


def test_rows_left_out_are_not_saved(lite_town: Database) -> None:
    number = bring(lite_town, ("a.csv", CSV))
    with lite_town.write() as session:
        import_jobs.choose(session, CODE, number, shown=[1, 2], chosen=[2])
    apply(lite_town, number)
    assert [row.content["title"] for row in drafts_in(lite_town).values()] == ["住民票はいくらですか"]


def test_free_headers_are_mapped_by_a_person(lite_town: Database) -> None:
    number = bring(lite_town, ("free.csv", "ことがら,中身,備考\n転入届,14日以内です。,2階\n"))
    assert outcomes(lite_town, number) == {"error": 1}
    assert rows(lite_town, number)[0].problem["code"] == "no_column"
    mapping = ColumnMap({"ことがら": "title", "中身": "body", "備考": "body"})
    with lite_town.write() as session:
        import_jobs.remap(session, CODE, number, mapping)
    apply(lite_town, number)
    (made,) = drafts_in(lite_town).values()
    assert made.content["body"] == "14日以内です。\n\n## 備考\n\n2階"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"ことがら": "title"}, "no_body"),
        ({"中身": "body"}, "no_title"),
        ({"ことがら": "title", "中身": "body", "備考": "title"}, "field_twice"),
    ],
)
def test_a_mapping_that_gives_no_article_is_refused(lite_town: Database, fields: dict[str, str], reason: str) -> None:
    number = bring(lite_town, ("free.csv", "ことがら,中身,備考\n転入届,14日以内です。,2階\n"))
    assert refusal(lite_town, lambda s: import_jobs.remap(s, CODE, number, ColumnMap(fields))) == reason


def test_every_row_has_exactly_one_outcome(lite_town: Database) -> None:
    published(lite_town, "same", "同じ答え。")
    content = (
        "ID,質問,回答,最終確認日\n"
        "new,新しい,答え。,2026-04-01\n"
        "same,前からの質問,同じ答え。,\n"
        "same2,空の答え,,\n"
        "new,新しい,違う答え。,2026-04-01\n"
        "new,新しい,答え。,2026-04-01\n"
        "bad,日付,答え。,令和99年99月1日\n"
        "more,列が,多い,,はみ出し\n"
    )
    number = bring(lite_town, ("a.csv", content))
    found = rows(lite_town, number)
    assert [row.outcome for row in found] == ["created", "unchanged", "error", "error", "unchanged", "error", "error"]
    assert [row.problem.get("code") for row in found if row.outcome == "error"] == [
        "empty_field", "repeated", "bad_date", "more_cells",
    ]  # fmt: skip
    assert [row.place for row in found] == [f"a.csv:{n}" for n in range(2, 9)]


def test_a_job_of_another_town_is_not_there(lite_town: Database) -> None:
    number = bring(lite_town, ("a.csv", CSV))
    with lite_town.write() as session:
        store.save_municipality(session, Municipality("990035", "こはる町"))
    assert refusal(lite_town, lambda s: import_jobs.find(s, "990035", number)) == "gone"


def test_several_files_are_one_job_and_keep_their_names(lite_town: Database) -> None:
    number = bring(lite_town, ("4月.csv", CSV), ("5月.csv", CSV.replace("300円", "350円")))
    assert {row.place.split(":")[0] for row in rows(lite_town, number)} == {"4月.csv", "5月.csv"}
    assert outcomes(lite_town, number) == {"created": 2, "unchanged": 1, "error": 1}


# Crashes


def test_a_server_that_dies_while_applying_goes_on_where_it_was(town: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apply, "BATCH", 10)
    lines = "".join(f"a{n},質問{n},答え{n}。\n" for n in range(35))
    number = bring(town, ("a.csv", f"ID,質問,回答\n{lines}"))
    with town.write() as session:
        import_jobs.request_apply(session, CODE, number, "hanako", import_jobs.find(session, CODE, number).version)
    with town.write() as session:  # what a process had done when it was killed: a lease and a batch
        claimed = import_worker._claim(session, now())
        assert claimed is not None
        import_apply.apply_batch(session, claimed)
    first = {row.article: row.version for row in drafts_in(town).values()}
    assert len(first) == 10
    worker = Worker(town, Settings())
    assert not worker.run_once(), "the lease of the dead process still holds"
    with town.write() as session:
        row = session.get_one(ImportJobRow, number)
        row.plan = {**row.plan, "lease": (now() - timedelta(seconds=1)).isoformat()}
    work(town)
    assert job(town, number).state == "applied"
    after = {row.article: row.version for row in drafts_in(town).values()}
    assert len(after) == 35
    assert first.items() <= after.items(), "what was done before was not done again"


def test_a_server_that_dies_while_reading_reads_again_and_nothing_is_doubled(town: Database) -> None:
    with town.write() as session:
        number = import_jobs.create(session, CODE, "hanako", [("a.csv", CSV.encode())]).id
    with town.write() as session:
        assert import_worker._claim(session, now()) is not None
    with town.write() as session:
        row = session.get_one(ImportJobRow, number)
        row.plan = {**row.plan, "lease": ""}
    work(town)
    assert outcomes(town, number) == {"created": 2}


def test_what_fails_three_times_is_failed_and_says_so(lite_town: Database) -> None:
    with lite_town.write() as session:
        number = import_jobs.create(session, CODE, "hanako", [("a.csv", CSV.encode())]).id
    for _ in range(ATTEMPTS + 1):
        with lite_town.write() as session:
            import_worker._claim(session, now())
            row = session.get_one(ImportJobRow, number)
            row.plan = {**row.plan, "lease": ""}
    assert job(lite_town, number).state == "failed"
    assert job(lite_town, number).report["problem"]["code"] == "reader_interrupted"
