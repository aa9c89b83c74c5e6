"""Routes of question sets, runs and scoring."""

from __future__ import annotations

from routes_desk import Route
from town_fixture import CODE

from database import Database
from evaluation import ratings, set_store
from evaluation.items import Item
from evaluation.sampling import Sample
from evaluation.tables import EvaluationRunRow
from settings import Settings

READERS = {"evaluator", "editor", "approver", "administrator"}
EDITORS = {"evaluator", "administrator"}
RATERS = {"evaluator", "administrator"}
RATINGS = "/staff/evaluation/ratings"
SETS = "/staff/evaluation/sets"
ONE = f"{SETS}/{{question_set}}"
ROUTES: list[Route] = [
    ("GET", SETS, READERS, 200),
    ("POST", SETS, EDITORS, 422),  # no name
    ("GET", ONE, READERS, 200),
    ("POST", f"{ONE}/next", EDITORS, 409),  # not frozen
    ("POST", f"{ONE}/freeze", EDITORS, 303),
    ("POST", f"{ONE}/split", EDITORS, 303),
    ("GET", f"{ONE}/items/new", READERS, 200),
    ("POST", f"{ONE}/items", EDITORS, 422),  # nothing filled in
    ("GET", f"{ONE}/items/{{item}}", READERS, 200),
    ("POST", f"{ONE}/items/{{item}}/delete", EDITORS, 409),  # of another version
    ("POST", f"{ONE}/import", EDITORS, 422),  # no file
    ("GET", f"{ONE}/export.{{form}}", READERS, 200),
    ("GET", f"{ONE}/contamination", READERS, 200),
    ("GET", "/staff/evaluation/runs", READERS, 200),
    ("POST", "/staff/evaluation/runs", EDITORS, 422),  # no set chosen
    ("GET", "/staff/evaluation/runs/{run_id}/report", READERS, 404),  # it is not done
    ("GET", "/staff/evaluation/runs/{run_id}/predictions", READERS, 404),
    ("GET", RATINGS, RATERS, 200),
    ("POST", RATINGS, RATERS, 422),  # nothing filled in
    ("GET", f"{RATINGS}/{{batch}}", RATERS, 200),
    ("GET", f"{RATINGS}/{{batch}}/score", RATERS, 200),
    ("POST", f"{RATINGS}/{{batch}}/score", RATERS, 404),  # no answer named
    ("POST", f"{RATINGS}/{{batch}}/close", RATERS, 409),  # not all is scored
    ("GET", f"{RATINGS}/{{batch}}/export.{{form}}", RATERS, 404),  # it is not closed
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A set with one question, a run that has failed and a batch with one answer, of みどり野市."""
    with database.write() as session:
        row = set_store.create(session, CODE, "窓口の質問", "evaluator", [Item("q1", "住民票はいくらですか", hand_over=True)])
        item = set_store.item_rows(session, row, "", 0, 1)[0][0].id
        run = EvaluationRunRow(municipality=CODE, name="試し", question_set=row.id, state="failed")
        session.add(run)
        session.flush()
        sample = Sample("answer", "住民票はいくらですか", ({"text": "300円です。", "sources": []},))
        batch = ratings.make_batch(session, CODE, "試し", ratings.RUBRIC, [sample], {}, "evaluator")
        return {"batch": batch.id, "question_set": row.id, "run_id": run.id, "item": item, "form": "csv"}
