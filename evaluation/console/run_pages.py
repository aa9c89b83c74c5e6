"""Runs: start one over a frozen set, see how far it is, read its report, compare it with another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

import authentication
from accounts import Role
from authentication import Member
from bot.console import pages
from bot.console.access import roles
from database import Database, now
from evaluation import set_store, stored_runs
from evaluation.stored_runs import RunRefused
from evaluation.tables import EvaluationRunRow
from settings import ROOT, Settings

READERS = (Role.EVALUATOR, Role.EDITOR, Role.APPROVER)
EDITORS = (Role.EVALUATOR,)
REPORT_SECONDS = 120
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""A report is one page with its own style and no script; the words of answers in it can do nothing."""
SHOWN = ("served", "right", "unanswerable_left", "grounded", "recall@10")


class RunPages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    @roles(*READERS)
    def listing(self) -> ResponseReturnValue:
        return self._list()

    @roles(*EDITORS)
    def start(self) -> ResponseReturnValue:
        me, given = _me(), request.form.get("set", "")
        try:
            with self._database.write() as session:
                stored_runs.bury_dead(session, me.municipality, now())
                run_id = int(given) if given.isdecimal() and len(given) < 10 else 0
                run = stored_runs.start(session, me.municipality, run_id, request.form.get("name", ""), me.login)
                authentication.audit(session, me.municipality, me.login, "evaluation.run_started", {"run": run.id})
        except RunRefused as refused:
            return self._list(error=f"run_{refused.reason}"), 409 if refused.reason == "busy" else 422
        stored_runs.launch(run.id)
        return redirect(url_for("evaluation.runs", done="started"), 303)

    @roles(*READERS)
    def report(self, run_id: int) -> ResponseReturnValue:
        """The report as a page of its own; with `against`, beside another run over the same questions."""
        run, other = self._done(run_id), request.args.get("against", "")
        against = self._done(int(other)) if other.isdecimal() and len(other) < 10 else None
        if against is not None and against.question_set != run.question_set:
            return self._list(error="run_other_set"), 409
        page = self._made(run, against)
        if page is None:
            return self._list(error="run_no_report"), 500
        response = send_file(page, mimetype="text/html", max_age=0)
        response.headers["Content-Security-Policy"] = REPORT_POLICY
        return response

    @roles(*READERS)
    def predictions(self, run_id: int) -> ResponseReturnValue:
        """The run's file, from which every figure can be worked out again."""
        path = stored_runs.folder(self._settings) / self._done(run_id).predictions
        response: Response = send_file(path, mimetype="application/gzip", as_attachment=True, download_name=path.name)
        return response

    def _list(self, error: str = "") -> str:
        with self._database.read() as session:
            found = stored_runs.runs(session, _me().municipality)
            frozen = [row for row, _ in set_store.sets(session, _me().municipality) if row.frozen]
        busy = any(run.state in stored_runs.OPEN for run, _ in found)
        done = request.args.get("done", "") if not error else ""
        return render_template(
            "evaluation/runs.html", runs=found, frozen=frozen, busy=busy, error=error, done=done if done == "started" else "",
            measures=SHOWN, may_edit=_me().may(*EDITORS), zone=self._settings.zone,
        )  # fmt: skip

    def _done(self, run_id: int) -> EvaluationRunRow:
        with self._database.read() as session:
            run = stored_runs.find(session, _me().municipality, run_id)
        if run is None or run.state != "done":
            abort(404)
        return run

    def _made(self, run: EvaluationRunRow, against: EvaluationRunRow | None) -> Path | None:
        """The page, made once by a process of its own: the libraries of figures and diagrams do not stay in the server."""
        home = stored_runs.folder(self._settings)
        name = f"report-{run.id}{f'-against-{against.id}' if against else ''}-{pages.language()}.html"
        page = home / name
        if not page.is_file():
            command = [sys.executable, "-m", "evaluation", "report", str(home / run.predictions), "--language", pages.language()]
            command += ["--out", str(page)] + (["--against", str(home / against.predictions)] if against else [])
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=REPORT_SECONDS)
            if done.returncode:
                return None
        return page


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, run_pages: RunPages) -> None:
    """Add the views."""
    one = "/runs/<int(max=2147483647):run_id>"
    blueprint.add_url_rule("/runs", "runs", run_pages.listing)
    blueprint.add_url_rule("/runs", "runs_start", run_pages.start, methods=["POST"])
    blueprint.add_url_rule(f"{one}/report", "runs_report", run_pages.report)
    blueprint.add_url_rule(f"{one}/predictions", "runs_predictions", run_pages.predictions)
