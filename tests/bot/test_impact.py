"""What a publication would change: found by answering every question twice, without a resident's word in the result."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from small_knowledge import ARTICLES, CERTIFICATE, CODE, CONTENT, services_of

from bot import conversations, impact, impact_runs
from bot.impact import Change, Compared, Outcome, Verdict
from bot.impact_questions import Asked, chosen, gather
from bot.impact_runs import ImpactRuns, Wanted
from bot.tables import ImpactRunRow
from bot.trial import Overlays, overlaid
from bot.turn import Services
from database import Database, now
from evaluation.tables import QuestionItemRow, QuestionSetRow
from knowledge.articles import Article, State
from knowledge.snapshot_content import UnknownMunicipality
from knowledge.store import save_municipality
from settings import Settings

DEARER = replace(
    CERTIFICATE, body="住民票の写しは1通450円です。", procedure=replace(CERTIFICATE.procedure, fee="1通450円"), state=State.DRAFT
)
THIEF = replace(CERTIFICATE, id="thief", title="粗大ごみを捨てたい", body="粗大ごみの話です。", alternatives=("犬を飼い始めた",))


class SmallDesk:
    def __init__(self) -> None:
        self.served = services_of()

    def services(self, code: str) -> Services:
        if code != CODE:
            raise UnknownMunicipality(code)
        return self.served


@pytest.fixture(scope="module")
def served() -> Services:
    return services_of()


def compared(served: Services, copy: Article, *questions: str) -> list[Compared]:
    return impact.compare([Asked(q, "evaluation") for q in questions], served, overlaid(served, copy))


def test_each_change_is_told_from_the_others(served: Services) -> None:
    found = compared(served, DEARER, "住民票の写しはいくらですか", "犬を飼い始めた")
    assert [c.change for c in found] == [Change.REWORDED, Change.SAME]
    found = compared(
        served,
        replace(CERTIFICATE, title="別のこと", body="別のことです。", alternatives=(), procedure=type(CERTIFICATE.procedure)()),
        "住民票がほしい",
    )
    assert found[0].change == Change.LOST
    grave = replace(CERTIFICATE, id="grave", title="墓地の募集", body="墓地の募集は6月です。", alternatives=("お墓を買いたい",))
    assert compared(served, grave, "お墓を買いたい")[0].change == Change.GAINED


@pytest.mark.parametrize(
    ("before", "after", "change", "verdict"),
    [
        (("answered", ("a",)), ("answered", ("b",)), Change.MOVED, Verdict.WORSE),
        (("answered", ("b",)), ("answered", ("a",)), Change.MOVED, Verdict.BETTER),
        (("answered", ("a",)), ("unsure", ()), Change.LOST, Verdict.WORSE),
        (("unsure", ()), ("answered", ("a",)), Change.GAINED, Verdict.BETTER),
        (("unsure", ()), ("answered", ("b",)), Change.GAINED, Verdict.NEITHER),
        (("unsure", ()), ("asked_back", ()), Change.MOVED, Verdict.NEITHER),
        (("answered", ("a",)), ("answered", ("a",)), Change.SAME, Verdict.NEITHER),
    ],
)
def test_a_change_is_better_or_worse_where_the_right_article_is_known(
    before: tuple[str, tuple[str, ...]], after: tuple[str, tuple[str, ...]], change: Change, verdict: Verdict
) -> None:
    one = Compared(Asked("質問", "evaluation", ("a",)), Outcome(*before, "x"), Outcome(*after, "x"))
    assert (one.change, one.verdict) == (change, verdict)
    assert Compared(Asked("質問", "resident"), one.before, one.after).verdict == Verdict.NEITHER


def test_the_result_names_what_gets_worse_first_and_counts_everything(served: Services) -> None:
    questions = [Asked(a.alternatives[0], "phrasing", (a.id,)) for a in ARTICLES if a.alternatives]
    found = impact.compare(questions, served, overlaid(served, THIEF))
    counts = impact.counts(found)
    assert sum(counts[change] for change in Change) == len(questions)
    assert counts["worse"] >= 1
    assert impact.result(found)[0]["verdict"] == "worse"
    assert all(line["change"] != "same" for line in impact.result(found))


def test_a_residents_words_are_not_in_the_result(served: Services) -> None:
    found = impact.compare([Asked("住民票がほしい 山田", "resident", message=7)], served, overlaid(served, DEARER))
    stored = json.dumps(impact.result(found), ensure_ascii=False)
    assert found[0].change != Change.SAME
    assert "山田" not in stored
    assert "450" not in stored
    assert '"message": 7' in stored


def test_a_question_on_which_the_pipeline_breaks_ends_as_failed(served: Services) -> None:
    broken = replace(served, clock=lambda: served.clock().replace(year=1), decision=None)  # type: ignore[arg-type]
    assert impact.outcome(Asked("住民票", "evaluation"), broken).status == "failed"


def test_the_articles_own_questions_come_first_then_the_nearest_then_an_even_part_of_the_rest() -> None:
    own = [Asked(f"住民票その{n}", "evaluation", (CERTIFICATE.id,)) for n in range(3)]
    far = [Asked(f"犬の登録{n}", "evaluation", ("dog",)) for n in range(300)]
    near = [Asked(f"住民票の写しと手数料{n}", "evaluation", ("seal",)) for n in range(5)]
    picked = chosen([*far, *near, *own, *own], CERTIFICATE, CERTIFICATE, most=120)
    assert picked[:3] == own
    assert set(near) <= set(picked)
    assert len(picked) == len(set(picked)) == 120
    assert picked == chosen([*far, *near, *own, *own], CERTIFICATE, CERTIFICATE, most=120)


@pytest.fixture
def town(database: Database) -> Database:
    with database.write() as session:
        save_municipality(session, replace(CONTENT.municipality, code=CODE))
    return database


def test_questions_come_from_files_sets_phrasings_and_residents(town: Database, tmp_path: Path) -> None:
    folder = tmp_path / CODE
    folder.mkdir()
    lines = [
        {"id": "1", "text": "住民票の紙", "article": CERTIFICATE.id},
        {"id": "2", "text": "いくら", "conversation": ["住民票を取りたい"]},
    ]
    (folder / "own.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n{}\n", encoding="utf-8")
    (tmp_path / "demo.jsonl").write_text('{"id": "3", "text": "デモの質問"}\n', encoding="utf-8")
    with town.write() as session:
        talk = conversations.start(session, CODE)
        conversations.append(session, talk, "resident", "先月の質問", at=now() - timedelta(days=40))
        recent = conversations.append(session, talk, "resident", "きのうの質問").id
        for version, said in ((1, "古い版の質問"), (2, "新しい版の質問")):
            questions = QuestionSetRow(municipality=CODE, name="窓口", version=version)
            session.add(questions)
            session.flush()
            session.add(QuestionItemRow(municipality=CODE, question_set=questions.id, key="q", text=said, expected=["seal"]))
    with town.read() as session:
        found = {asked.text: asked for asked in gather(session, tmp_path, CONTENT, CERTIFICATE, now())}
    assert found["住民票の紙"].expected == (CERTIFICATE.id,)
    assert found["いくら"].earlier == ("住民票を取りたい",)
    assert found["きのうの質問"].message == recent
    assert found["新しい版の質問"].expected == ("seal",)
    assert {"実印を登録したい", "住民票がほしい"} <= set(found)
    assert not {"先月の質問", "古い版の質問", "デモの質問"} & set(found)


def wait_for(database: Database, run: int) -> ImpactRunRow:
    for _ in range(600):
        with database.read() as session:
            row = session.get_one(ImpactRunRow, run)
            if row.state != "running":
                session.refresh(row, ["result"])
                return row
        time.sleep(0.05)
    raise AssertionError("the run did not end")


@pytest.fixture
def runs(town: Database, tmp_path: Path) -> ImpactRuns:
    settings = Settings(instance=tmp_path, question_folder=tmp_path / "none")
    return ImpactRuns(town, settings, SmallDesk(), Overlays())  # type: ignore[arg-type]


def test_a_run_works_in_the_background_and_keeps_its_result(runs: ImpactRuns, town: Database) -> None:
    number = runs.start(Wanted(DEARER, 1, "editor"))
    row = wait_for(town, number)
    assert (row.state, row.done, row.total) == ("done", row.total, sum(row.counts[change] for change in Change))
    assert row.counts["reworded"] >= 1
    assert {line["change"] for line in row.result} <= {"reworded", "moved", "lost", "gained"}
    assert row.by == "editor"


def test_the_same_asked_twice_is_one_run_and_a_changed_copy_another(
    runs: ImpactRuns, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact_runs, "BREATH", 0.02)
    first = runs.start(Wanted(DEARER, 1, "editor"))
    assert runs.start(Wanted(DEARER, 1, "approver")) == first
    second = runs.start(Wanted(replace(DEARER, title="住民票"), 2, "editor"))
    assert second != first
    assert {wait_for(town, number).state for number in (first, second)} == {"done"}


def test_a_run_that_breaks_says_so_and_the_next_one_runs(
    runs: ImpactRuns, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(impact, "compare", lambda *_: 1 / 0)
        assert wait_for(town, runs.start(Wanted(DEARER, 1, "editor"))).state == "failed"
    assert wait_for(town, runs.start(Wanted(DEARER, 1, "editor"))).state == "done"


def test_a_run_whose_process_was_killed_is_told_to_have_failed(town: Database, runs: ImpactRuns) -> None:
    with town.write() as session:
        row = ImpactRunRow(municipality=CODE, article=DEARER.id, draft_version=1, by="x", changed_at=now() - timedelta(minutes=2))
        session.add(row)
        session.flush()
        assert impact_runs.state_of(row) == "failed"
        old = row.id
    new = runs.start(Wanted(DEARER, 1, "editor"))
    assert new != old
    assert wait_for(town, new).state == "done"
