"""The pages of evaluation: sets that keep what was typed, runs, and scoring in which nobody sees another's scores."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from staff_fixture import CRUEL, Person, add_staff
from town_fixture import CODE

from accounts import Role
from database import Database
from evaluation import ratings, set_store, stored_runs
from evaluation.items import Item
from evaluation.rubric import DIMENSIONS
from evaluation.sampling import Sample
from evaluation.tables import EvaluationRunRow
from knowledge import store
from knowledge.articles import Article

SETS = "/staff/evaluation/sets"
FORM = {"key": "q1", "text": "住民票はいくらですか", "expected": "juminhyo", "language": "ja", "channel": "web", "split": "tune"}


@pytest.fixture
def evaluator(log_in: Callable[[str], Person], lite: Database) -> Person:
    with lite.write() as session:
        store.upsert(session, Article(CODE, "juminhyo", "住民票の写し", "1通300円です。"))
    return log_in("evaluator")


def made(lite: Database, *items: Item, frozen: bool = False) -> int:
    with lite.write() as session:
        row = set_store.create(session, CODE, "窓口の質問", "evaluator", items)
        if frozen:
            set_store.freeze(session, CODE, row.id)
        return row.id


def test_a_set_is_made_filled_frozen_and_goes_on_as_a_next_version(evaluator: Person, lite: Database) -> None:
    where = evaluator.post(SETS, name="窓口の質問").location
    number = int(where.split("/")[-1].split("?")[0])
    assert evaluator.post(f"{SETS}/{number}/items", **FORM).status_code == 303
    assert "住民票の写し" in evaluator.get(f"{SETS}/{number}").text
    assert evaluator.post(f"{SETS}/{number}/freeze").status_code == 303
    refused = evaluator.post(f"{SETS}/{number}/items", **{**FORM, "key": "q2"})
    assert refused.status_code == 409
    onward = evaluator.post(f"{SETS}/{number}/next").location
    assert "窓口の質問（第2版）" in evaluator.get(onward).text


def test_what_was_typed_stays_when_a_colleague_was_faster(evaluator: Person, lite: Database) -> None:
    number = made(lite, Item("q1", "古い質問", hand_over=True))
    with lite.write() as session:
        row = set_store.find(session, CODE, number)
        stored = set_store.item_rows(session, row, "", 0, 1)[0][0]
        set_store.save_item(session, row, Item("q1", "同僚の質問", hand_over=True), stored.id, stored.version)
        item = stored.id
    answer = evaluator.post(f"{SETS}/{number}/items", **{**FORM, "item": str(item), "version": "1", "text": "わたしの質問"})
    assert answer.status_code == 409
    assert "わたしの質問" in answer.text
    assert "ほかの職員が先に変更しました" in answer.text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"expected": "nowhere"}, "nowhere"),
        ({"text": ""}, "入力を確かめてください"),
        ({"expected": "", "hand_over": ""}, "expected"),
    ],
)
def test_a_question_that_cannot_be_is_refused_with_the_reason(
    evaluator: Person, lite: Database, change: dict[str, str], says: str
) -> None:
    answer = evaluator.post(f"{SETS}/{made(lite)}/items", **{**FORM, **change})
    assert answer.status_code == 422
    assert says in answer.text


def test_a_file_is_taken_over_whole_or_not_at_all(evaluator: Person, lite: Database) -> None:
    number = made(lite, Item("q1", "前の質問", hand_over=True))

    def send(content: str) -> tuple[int, str]:
        data = {"csrf_token": evaluator.token("/staff/password"), "file": (io.BytesIO(content.encode()), "q.csv")}
        answer = evaluator.client.post(f"{SETS}/{number}/import", data=data)
        return answer.status_code, answer.text

    assert send("key,text,hand_over\nq2,新しい質問,はい\nq3,,はい\n")[0] == 422
    with lite.read() as session:
        assert [i.key for i in set_store.items(session, set_store.find(session, CODE, number))] == ["q1"]
    assert send("key,text,hand_over\nq1,直した質問,はい\nq2,新しい質問,はい\n")[0] == 303
    with lite.read() as session:
        found = set_store.items(session, set_store.find(session, CODE, number))
    assert [i.text for i in found] == ["直した質問", "新しい質問"]
    assert evaluator.get(f"{SETS}/{number}/export.jsonl").text.count("\n") == 2


def test_hostile_words_are_shown_as_words(evaluator: Person, lite: Database) -> None:
    number = made(lite, Item("q1", CRUEL, must=(CRUEL,), hand_over=True, topic=CRUEL[:90], source=CRUEL))
    for path in (f"{SETS}/{number}", f"{SETS}/{number}/items/1", f"{SETS}/{number}/contamination", f"{SETS}/{number}?q={CRUEL}"):
        assert "<script>window" not in evaluator.get(path).text
    batch = batch_of(lite, CRUEL)
    assert "<script>window" not in evaluator.get(f"/staff/evaluation/ratings/{batch}/score").text


def test_a_run_needs_a_frozen_set_and_only_one_runs_at_a_time(
    evaluator: Person, lite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[int] = []
    monkeypatch.setattr(stored_runs, "launch", launched.append)
    draft, frozen = made(lite, Item("q1", "x", hand_over=True)), 0
    assert evaluator.post("/staff/evaluation/runs", set=str(draft)).status_code == 422
    with lite.write() as session:
        frozen = set_store.freeze(session, CODE, draft).id
    assert evaluator.post("/staff/evaluation/runs", set=str(frozen)).status_code == 303
    assert len(launched) == 1
    assert evaluator.post("/staff/evaluation/runs", set=str(frozen)).status_code == 409
    assert "開始待ち" in evaluator.get("/staff/evaluation/runs").text


def test_another_municipality_finds_neither_set_nor_run_nor_batch(log_in: Callable[[str], Person], lite: Database) -> None:
    number, batch = made(lite, Item("q1", "みどり野市の質問", hand_over=True), frozen=True), batch_of(lite, "回答")
    with lite.write() as session:
        run = EvaluationRunRow(municipality=CODE, name="評価", question_set=number, state="done", predictions="run-1.jsonl.gz")
        session.add(run)
    stranger = log_in("stranger_administrator")
    paths = (
        f"{SETS}/{number}", f"{SETS}/{number}/items/1", f"{SETS}/{number}/export.csv", f"{SETS}/{number}/contamination",
        "/staff/evaluation/runs/1/report", "/staff/evaluation/runs/1/predictions", f"/staff/evaluation/ratings/{batch}",
        f"/staff/evaluation/ratings/{batch}/score", f"/staff/evaluation/ratings/{batch}/export.csv",
    )  # fmt: skip
    assert [stranger.get(path).status_code for path in paths] == [404] * len(paths)
    for path in (f"{SETS}/{number}/freeze", f"{SETS}/{number}/next", f"/staff/evaluation/ratings/{batch}/close"):
        assert stranger.post(path).status_code == 404


# Scoring


def batch_of(lite: Database, *answers: str) -> int:
    samples = [
        Sample("answer", f"質問{n}", ({"text": text, "sources": []},), {"system": "ひみつの版"}) for n, text in enumerate(answers)
    ]
    with lite.write() as session:
        return ratings.make_batch(session, CODE, "試し", ratings.RUBRIC, samples, {}, "evaluator").id


def levels(level: int) -> dict[str, str]:
    return dict.fromkeys(DIMENSIONS, str(level))


def test_nobody_sees_another_s_scores_or_which_version_answered_before_all_is_scored(
    evaluator: Person, log_in: Callable[[str], Person], lite: Database
) -> None:
    add_staff(lite, "second", Role.EVALUATOR)
    batch = batch_of(lite, "300円です。")
    home = f"/staff/evaluation/ratings/{batch}"
    assert evaluator.post(f"{home}/score", item="1", comment="わたしの気づき", **levels(4)).status_code == 303
    other = log_in("second")
    for path in (home, f"{home}/score", "/staff/evaluation/ratings"):
        shown = other.get(path).text
        assert "ひみつの版" not in shown
        assert "わたしの気づき" not in shown
    assert other.get(f"{home}/export.csv").status_code == 404
    assert other.post(f"{home}/close").status_code == 409
    assert other.post(f"{home}/score", item="1", **levels(4)).status_code == 303
    assert other.post(f"{home}/close").status_code == 303
    result = other.get(home).text
    assert "ひみつの版" in result
    assert "わたしの気づき" in result
    assert "わたしの気づき" in other.get(f"{home}/export.jsonl").text


def test_a_question_left_out_is_marked_and_what_was_chosen_stays(evaluator: Person, lite: Database) -> None:
    batch = batch_of(lite, "300円です。")
    form = {**levels(3), "courtesy": "", "comment": "途中まで"}
    answer = evaluator.post(f"/staff/evaluation/ratings/{batch}/score", item="1", **form)
    assert answer.status_code == 422
    assert "途中まで" in answer.text
    assert answer.text.count("checked") == 4
    assert answer.text.count('class="choices levels missing"') == 1


def test_a_score_sent_twice_counts_once(evaluator: Person, lite: Database) -> None:
    batch = batch_of(lite, "300円です。")
    path = f"/staff/evaluation/ratings/{batch}/score"
    assert evaluator.post(path, item="1", **levels(3)).status_code == 303
    again = evaluator.post(path, item="1", **levels(3))
    assert again.status_code == 409
    assert "すでに採点していただいています" in again.text
