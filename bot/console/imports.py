"""The pages 「取り込み」: files become a preview, a preview becomes working copies, and those go again by one button.

Editors and approvers use them. Nothing here publishes anything or changes what residents read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import Role
from authentication import Member
from bot.console.access import roles
from bot.console.import_view import field_name, row_view, say_remark
from bot.reindex import Reindexer
from database import Database
from knowledge import import_jobs, import_waste
from knowledge.import_jobs import JobRefused
from knowledge.import_plan import FIELDS, OUTCOMES, ColumnMap
from knowledge.import_worker import Worker
from knowledge.importers.formats import ENDINGS
from knowledge.importers.web_fetch import Fetcher
from knowledge.tables import ImportJobRow
from settings import Settings

EDITORS = (Role.EDITOR, Role.APPROVER)
SHOWN = 50
"""Rows on a page of the preview, and jobs on a page of the list."""
MOST_FILES = 200
MOST_PAGES, DEEPEST = 500, 5
"""Pages of a web site in one import, and links from the first of them."""
LARGEST_FORM = 1024 * 1024
"""Bytes of the form with a pack's local values, of which there may be hundreds."""
_NUMBER = "<int(max=2147483647):job>"


class ImportPages:
    def __init__(self, database: Database, settings: Settings, worker: Worker) -> None:
        self._database = database
        self._reindexer = Reindexer(settings)
        self._settings = settings
        self._worker = worker

    @roles(*EDITORS)
    def listing(self) -> ResponseReturnValue:
        return self._list(done=request.args.get("done", ""))

    @roles(*EDITORS)
    def upload(self) -> ResponseReturnValue:
        files = [file for file in request.files.getlist("files") if file.filename]
        if not files:
            return self._list(error="no_file"), 422
        if len(files) > MOST_FILES:
            return self._list(error="too_many_files"), 422
        contents = [(str(file.filename), file.stream.read()) for file in files]
        with self._database.write() as session:
            job = import_jobs.create(session, _me().municipality, _me().login, contents).id
        self._worker.wake()
        return redirect(url_for("console.imports_job", job=job), 303)

    @roles(*EDITORS)
    def site(self) -> ResponseReturnValue:
        """A section of a web site; which hosts may be read is the administrator's to say, in a setting."""
        url = request.form.get("url", "").strip()[:1000]
        pages = min(max(request.form.get("pages", 50, type=int), 1), MOST_PAGES)
        if not Fetcher(self._settings.import_hosts.split()).allows(url):
            return self._list(error="site", url=url, pages_wanted=pages), 422
        with self._database.write() as session:
            job = import_jobs.create_site(session, _me().municipality, _me().login, url, pages, DEEPEST).id
        self._worker.wake()
        return redirect(url_for("console.imports_job", job=job), 303)

    @roles(*EDITORS)
    def job(self, job: int) -> ResponseReturnValue:
        return self._job(job, done=request.args.get("done", ""))

    @roles(*EDITORS)
    def map(self, job: int) -> ResponseReturnValue:
        with self._database.read() as session:
            columns = _found(session, job).plan.get("columns", [])
        fields = {name: _field(request.form.get(f"field_{at}", "")) for at, name in enumerate(columns)}
        mapping = ColumnMap(fields, tuple(name for at, name in enumerate(columns) if request.form.get(f"key_{at}")))
        return self._act(
            job, lambda session: import_jobs.remap(session, _me().municipality, job, mapping), "mapped", mapping=mapping
        )

    @roles(*EDITORS)
    def slots(self, job: int) -> ResponseReturnValue:
        values = {name.removeprefix("slot_"): text for name, text in request.form.items() if name.startswith("slot_")}
        return self._act(job, lambda session: import_jobs.fill_slots(session, _me().municipality, job, values), "filled")

    @roles(*EDITORS)
    def choose(self, job: int) -> ResponseReturnValue:
        chosen = request.form.getlist("row", type=int)
        if every := request.form.get("all", ""):
            outcome, _, wanted = every.partition(":")
            return self._act(
                job, lambda session: import_jobs.choose_all(session, _me().municipality, job, outcome, wanted == "1"), "chosen"
            )
        shown = request.form.getlist("shown", type=int)[:SHOWN]
        return self._act(job, lambda session: import_jobs.choose(session, _me().municipality, job, shown, chosen), "chosen")

    @roles(*EDITORS)
    def apply(self, job: int) -> ResponseReturnValue:
        version = request.form.get("version", -1, type=int)
        if self._is_waste(job):
            others = request.form.get("others") == "1"
            return self._waste(
                job, lambda session, me: import_waste.apply(session, me.municipality, job, me.login, version, others)
            )
        return self._act(
            job, lambda session: import_jobs.request_apply(session, _me().municipality, job, _me().login, version), "applying"
        )

    @roles(*EDITORS)
    def undo(self, job: int) -> ResponseReturnValue:
        if self._is_waste(job):
            return self._waste(job, lambda session, me: import_waste.undo(session, me.municipality, job, me.login))
        return self._act(job, lambda session: import_jobs.request_undo(session, _me().municipality, job, _me().login), "undoing")

    @roles(*EDITORS)
    def remove(self, job: int) -> ResponseReturnValue:
        try:
            with self._database.write() as session:
                import_jobs.remove(session, _me().municipality, job, _me().login)
        except JobRefused as refused:
            return self._refused(job, refused)
        return redirect(url_for("console.imports", done="removed"), 303)

    @roles(*EDITORS)
    def original(self, job: int) -> ResponseReturnValue:
        """The file as it came; a browser saves it and never shows it, whatever is in it."""
        with self._database.read() as session:
            found = _found(session, job)
            content, name = found.original, found.name if " +" not in found.name else "files.zip"
        response = Response(content, mimetype="application/octet-stream")
        response.headers.set("Content-Disposition", "attachment", filename=name.replace("\n", " "))
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _is_waste(self, job: int) -> bool:
        with self._database.read() as session:
            return _found(session, job).format == import_waste.FORMAT

    def _waste(self, job: int, act: Callable[[Session, Member], bool]) -> ResponseReturnValue:
        """Change the waste table, which residents are answered from at once: for those who publish."""
        if not _me().may(Role.APPROVER):
            abort(403)
        try:
            with self._database.write() as session:
                changed = act(session, _me())
        except JobRefused as refused:
            return self._refused(job, refused)
        if changed:
            self._reindexer.request(_me().municipality)
        return redirect(url_for("console.imports_job", job=job, done="waste"), 303)

    def _act(self, job: int, act: Callable[[Session], object], done: str, **form: Any) -> ResponseReturnValue:
        """Do what a button says, then lead back to the page of rows one was on."""
        try:
            with self._database.write() as session:
                act(session)
        except JobRefused as refused:
            return self._refused(job, refused, **form)
        self._worker.wake()
        return redirect(url_for("console.imports_job", job=job, done=done, **_where(request.form)), 303)

    def _refused(self, job: int, refused: JobRefused, **form: Any) -> ResponseReturnValue:
        if refused.reason == "gone":
            abort(404)
        status = 409 if refused.reason in ("changed", "state") else 422
        return self._job(job, error=refused.reason, **form), status

    def _list(self, **about: Any) -> str:
        page = max(request.args.get("page", 1, type=int), 1)
        query = select(ImportJobRow).where(ImportJobRow.municipality == _me().municipality)
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            shown = query.order_by(ImportJobRow.at.desc(), ImportJobRow.id.desc()).offset((page - 1) * SHOWN).limit(SHOWN)
            jobs = [(job, import_jobs.counts(session, job.id)) for job in session.scalars(shown)]
        return render_template(
            "console/imports.html",
            jobs=jobs,
            page=page,
            pages=-(-total // SHOWN),
            busy=any(job.state in import_jobs.OPEN for job, _ in jobs),
            endings=",".join(ENDINGS),
            hosts=self._settings.import_hosts.split(),
            largest=self._settings.upload_max_bytes // 1024 // 1024,
            zone=self._settings.zone,
            **{"url": "", "pages_wanted": 50, **about},
        )

    def _job(self, number: int, **about: Any) -> str:
        where = _where(request.values)
        page = max(where.get("page", 1), 1)
        with self._database.read() as session:
            job = _found(session, number)
            counts = import_jobs.counts(session, number)
            busy = job.state in import_jobs.OPEN
            rows = [] if busy else import_jobs.rows(session, number, where.get("of", ""), (page - 1) * SHOWN, SHOWN)
            waste = job.format == import_waste.FORMAT
            planned = import_jobs.preview(session, job, rows) if job.state == "previewed" and not waste else {}
        mapping = about.pop("mapping", None) or ColumnMap.from_json(job.plan)
        of = where.get("of", "")
        total = {**counts.outcomes, **counts.results}.get(of, counts.total)
        return render_template(
            "console/import.html",
            job=job,
            counts=counts,
            busy=busy,
            mapping=mapping,
            columns=job.plan.get("columns", []),
            waste=waste,
            may_apply=not waste or _me().may(Role.APPROVER),
            free=not waste and bool(job.plan.get("columns")) and not set(job.plan["columns"]) <= set(FIELDS),
            fields=[(name, field_name(name)) for name in FIELDS if name != "procedure"],
            rows=[row_view(row, planned.get(row.number)) for row in rows],
            editor=_editor(),
            problem=say_remark(job.report["problem"]) if job.report.get("problem") else "",
            of=of,
            page=page,
            pages=-(-total // SHOWN),
            zone=self._settings.zone,
            **about,
        )


def _found(session: Session, number: int) -> ImportJobRow:
    try:
        return import_jobs.find(session, _me().municipality, number)
    except JobRefused:
        abort(404)


def _where(values: Any) -> dict[str, Any]:
    """The part of the preview somebody looks at: rows of one kind, and the page of them."""
    of, page = values.get("of", ""), values.get("page", 1, type=int)
    where: dict[str, Any] = {"of": of} if of in (*OUTCOMES, *import_jobs.RESULTS) else {}
    return where | ({"page": page} if 1 < page < 100_000 else {})


def _editor() -> Callable[[str], str] | None:
    """The address of the editor of an article."""
    if "console.articles_edit" not in current_app.view_functions:
        return None
    return lambda article: url_for("console.articles_edit", article=article)


def _field(name: str) -> str:
    return name if name in FIELDS else ""


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, pages: ImportPages, worker: Worker, settings: Settings) -> None:
    """Add the views, let uploads be larger than other requests, and go on with what an earlier process left."""
    one = f"/imports/{_NUMBER}"
    blueprint.add_url_rule("/imports", "imports", pages.listing)
    blueprint.add_url_rule("/imports/upload", "imports_upload", pages.upload, methods=["POST"])
    blueprint.add_url_rule("/imports/site", "imports_site", pages.site, methods=["POST"])
    blueprint.add_url_rule(one, "imports_job", pages.job)
    blueprint.add_url_rule(f"{one}/original", "imports_original", pages.original)
    for name in ("map", "slots", "choose", "apply", "undo", "remove"):
        blueprint.add_url_rule(f"{one}/{name}", f"imports_{name}", getattr(pages, name), methods=["POST"])

    @blueprint.before_app_request
    def allow_uploads() -> None:
        # Before the guard reads the form, and only for those who may upload: nobody else sends the server that much.
        largest = {"console.imports_upload": settings.upload_max_bytes, "console.imports_slots": LARGEST_FORM}
        if request.endpoint in largest and current_user.is_authenticated and current_user.may(*EDITORS):
            request.max_content_length = max(largest[request.endpoint], settings.body_max_bytes)

    blueprint.record_once(lambda _: worker.wake())
