"""Scoring by people: make a batch, score blind with the keyboard, see the agreement once it is closed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

import authentication
from accounts import Role
from authentication import Member
from bot.console.access import roles
from bot.console.queue_view import staff_names
from database import Database, now
from evaluation import rating_results, ratings, rubric, stored_runs
from evaluation.prediction_file import BadRunFile
from evaluation.ratings import PREFERENCE, RUBRIC, RatingRefused
from evaluation.rubric import BadScores
from evaluation.sampling import LARGEST, NothingToSample, Sample, of_conversations, of_pair, of_run
from evaluation.tables import RatingBatchRow, RatingItemRow
from settings import Settings

RATERS = (Role.EVALUATOR,)
SIZES = (20, 50, 100, 200, LARGEST)
DAYS = (7, 30, 90)
LONGEST_COMMENT = 1000
DONE = ("made", "rated", "closed")


class RatingPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles(*RATERS)
    def listing(self) -> ResponseReturnValue:
        return self._list()

    @roles(*RATERS)
    def make(self) -> ResponseReturnValue:
        me, form = _me(), request.form
        try:
            with self._database.read() as session:
                kind, samples, design = self._sampled(session, me.municipality, form)
            with self._database.write() as session:
                made = ratings.make_batch(session, me.municipality, form.get("name", ""), kind, samples, design, me.login)
                detail = {"batch": made.id, "kind": kind, "answers": len(samples)}
                authentication.audit(session, me.municipality, me.login, "ratings.made", detail)
        except NothingToSample:
            return self._list(error="rating_nothing"), 422
        except (BadRunFile, OSError):
            return self._list(error="rating_no_run"), 422
        except RatingRefused as refused:
            return self._list(error=f"rating_{refused.reason}"), 422
        return redirect(url_for("evaluation.ratings_batch", batch=made.id, done="made"), 303)

    @roles(*RATERS)
    def score(self, batch: int) -> ResponseReturnValue:
        after = _number(request.args.get("after")) or 0
        return self._score_page(batch, after, done=request.args.get("done", ""))

    @roles(*RATERS)
    def rate(self, batch: int) -> ResponseReturnValue:
        me, form = _me(), request.form
        given, comment = _number(form.get("item")) or 0, form.get("comment", "").replace("\r\n", "\n")[:LONGEST_COMMENT]
        seconds = _number(form.get("seconds"))
        try:
            with self._database.write() as session:
                row = ratings.find_batch(session, me.municipality, batch, hold=True)
                item = ratings.find_item(session, row, given)
                scores: Mapping[str, Any] = _preference(form) if row.kind == PREFERENCE else rubric.checked(form)
                ratings.rate(session, row, given, me.id, scores, comment, float(seconds) if seconds else None)
                authentication.audit(session, me.municipality, me.login, "ratings.rated", {"batch": batch, "item": given})
                place = item.place
        except BadScores as bad:
            return self._score_page(batch, 0, given=given, error="rating_missing", missing=str(bad)), 422
        except RatingRefused as refused:
            if refused.reason == "unknown":
                abort(404)
            return self._score_page(batch, 0, error=f"rating_{refused.reason}"), 409
        return redirect(url_for("evaluation.ratings_score", batch=batch, after=place, done="rated"), 303)

    @roles(*RATERS)
    def batch(self, batch: int) -> ResponseReturnValue:
        return self._batch_page(batch, done=request.args.get("done", ""))

    @roles(*RATERS)
    def close(self, batch: int) -> ResponseReturnValue:
        me = _me()
        try:
            with self._database.write() as session:
                ratings.close(session, ratings.find_batch(session, me.municipality, batch, hold=True))
                authentication.audit(session, me.municipality, me.login, "ratings.closed", {"batch": batch})
        except RatingRefused as refused:
            if refused.reason == "unknown":
                abort(404)
            return self._batch_page(batch, error=f"rating_{refused.reason}"), 409
        return redirect(url_for("evaluation.ratings_batch", batch=batch, done="closed"), 303)

    @roles(*RATERS)
    def export(self, batch: int, form: str) -> ResponseReturnValue:
        """Every score; only of a closed batch, so that nobody sees another's before."""
        with self._database.read() as session:
            row = _found(session, batch)
            if row.state != ratings.CLOSED or form not in ("csv", "jsonl"):
                abort(404)
            answers = rating_results.rated(session, row)
        text = rating_results.export_csv(answers) if form == "csv" else rating_results.export_jsonl(answers)
        kind = "text/csv" if form == "csv" else "application/jsonl"
        return Response(text, mimetype=kind, headers={"Content-Disposition": f"attachment; filename=ratings-{batch}.{form}"})

    def _sampled(self, session: Session, town: str, form: Mapping[str, str]) -> tuple[str, list[Sample], dict[str, Any]]:
        """The kind, the answers and the design of the batch a form asks for. Raises NothingToSample, BadRunFile, OSError."""
        source, size, seed = form.get("source", ""), _one_of(form.get("size"), SIZES), secrets.randbelow(2**31)
        design: dict[str, Any] = {"source": source, "size": size, "seed": seed}
        if source == "conversations":
            days = _one_of(form.get("days"), DAYS)
            samples = of_conversations(session, town, now() - timedelta(days=days), size, seed)
            return RUBRIC, samples, {**design, "days": days}
        home, one = stored_runs.folder(self._settings), self._run(session, town, form.get("run"))
        if source == "pair":
            other = self._run(session, town, form.get("other"))
            return PREFERENCE, of_pair(home / one[1], home / other[1], size, seed), {**design, "runs": [one[0], other[0]]}
        return RUBRIC, of_run(home / one[1], size, seed), {**design, "runs": [one[0]]}

    def _run(self, session: Session, town: str, given: str | None) -> tuple[int, str]:
        run = stored_runs.find(session, town, _number(given) or 0)
        if run is None or run.state != "done":
            raise NothingToSample
        return run.id, run.predictions

    def _list(self, error: str = "") -> str:
        me = _me()
        with self._database.read() as session:
            found = [(row, ratings.progress(session, row, me.id)) for row in ratings.batches(session, me.municipality)]
            runs = [run for run, _ in stored_runs.runs(session, me.municipality) if run.state == "done"]
        return render_template(
            "evaluation/ratings.html", batches=found, runs=runs, sizes=SIZES, days=DAYS, error=error, form=request.form,
            zone=self._settings.zone,
        )  # fmt: skip

    def _score_page(self, batch: int, after: int, given: int = 0, **about: Any) -> str:
        """The next answer to score, or the one of a form that was not whole, with all that was chosen."""
        me = _me()
        with self._database.read() as session:
            row = _found(session, batch)
            item: RatingItemRow | None = ratings.next_item(session, row, me.id, after)
            if given:
                item = next((one for one in [_item(session, row, given)] if one), item)
            progress = ratings.progress(session, row, me.id)
        about = {"error": "", "done": "", "missing": "", **about}
        about["done"] = about["done"] if about["done"] in DONE else ""
        return render_template(
            "evaluation/score.html", batch=row, item=item, progress=progress, dimensions=rubric.DIMENSIONS, levels=rubric.LEVELS,
            preferences=rubric.PREFERENCES, form=request.form if given else {}, longest=LONGEST_COMMENT, **about,
        )  # fmt: skip

    def _batch_page(self, batch: int, done: str = "", error: str = "") -> str:
        me = _me()
        with self._database.read() as session:
            row = _found(session, batch)
            progress, closed = ratings.progress(session, row, me.id), row.state == ratings.CLOSED
            answers = rating_results.rated(session, row) if closed else []
            names = staff_names(session, me.municipality) if closed else {}
        rubric_kind = row.kind == RUBRIC
        return render_template(
            "evaluation/batch.html", batch=row, progress=progress, closed=closed, answers=answers, names=names, error=error,
            dimensions=rating_results.dimensions(answers) if closed and rubric_kind else [],
            preferred=rating_results.preferred(answers) if closed and not rubric_kind else None,
            drift=rating_results.drift(answers) if closed and rubric_kind else [],
            done=done if done in DONE else "", zone=self._settings.zone,
        )  # fmt: skip


def _found(session: Session, batch: int) -> RatingBatchRow:
    try:
        return ratings.find_batch(session, _me().municipality, batch)
    except RatingRefused:
        abort(404)


def _item(session: Session, row: RatingBatchRow, number: int) -> RatingItemRow | None:
    try:
        return ratings.find_item(session, row, number)
    except RatingRefused:
        return None


def _preference(form: Mapping[str, str]) -> dict[str, str]:
    chosen = form.get("preference", "")
    if chosen not in rubric.PREFERENCES:
        raise BadScores("preference")
    return {"preference": chosen}


def _one_of(given: str | None, known: tuple[int, ...]) -> int:
    number = _number(given)
    return number if number in known else known[0]


def _number(given: str | None) -> int | None:
    return int(given) if given and given.isdecimal() and len(given) < 10 else None


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: RatingPages) -> None:
    """Add the views."""
    one = "/ratings/<int(max=2147483647):batch>"
    blueprint.add_url_rule("/ratings", "ratings", pages.listing)
    blueprint.add_url_rule("/ratings", "ratings_make", pages.make, methods=["POST"])
    blueprint.add_url_rule(one, "ratings_batch", pages.batch)
    blueprint.add_url_rule(f"{one}/score", "ratings_score", pages.score)
    blueprint.add_url_rule(f"{one}/score", "ratings_rate", pages.rate, methods=["POST"])
    blueprint.add_url_rule(f"{one}/close", "ratings_close", pages.close, methods=["POST"])
    blueprint.add_url_rule(f"{one}/export.<form>", "ratings_export", pages.export)
