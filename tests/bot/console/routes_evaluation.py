"""Routes of question sets and runs."""

from __future__ import annotations

from routes_desk import Route
from town_fixture import CODE

from database import Database
from evaluation import set_store
from evaluation.items import Item
from evaluation.tables import EvaluationRunRow
from settings import Settings

READERS = {"evaluator", "editor", "approver", "administrator"}
EDITORS = {"evaluator", "administrator"}
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
]


def prepare(database: Database, settings: Settings, ids: dict[str, int]) -> dict[str, object]:
    """A set with one question, and a run that has failed, of みどり野市."""
    with database.write() as session:
        row = set_store.create(session, CODE, "窓口の質問", "evaluator", [Item("q1", "住民票はいくらですか", hand_over=True)])
        item = set_store.item_rows(session, row, "", 0, 1)[0][0].id
        run = EvaluationRunRow(municipality=CODE, name="試し", question_set=row.id, state="failed")
        session.add(run)
        session.flush()
        return {"question_set": row.id, "run_id": run.id, "item": item, "form": "csv"}
