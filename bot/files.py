"""Files of published articles for residents: /files/<number>/<name>."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.http import dump_options_header, quote_etag

from database import Database, now
from knowledge import attachments
from knowledge.tables import AttachmentRow
from settings import Settings


def create_blueprint(database: Database, settings: Settings) -> Blueprint:
    """GET /files/<number>/<name>; 404 once the article is no longer shown to residents."""
    blueprint = Blueprint("files", __name__)

    @blueprint.get("/files/<int(max=2147483647):number>/<name>")
    def fetch(number: int, name: str) -> ResponseReturnValue:
        with database.read() as session:
            row = attachments.for_residents(session, number, now().astimezone(settings.zone).date())
            if row is None or row.name != name:
                abort(404)
            return sent(row)

    return blueprint


def sent(row: AttachmentRow) -> Response:
    """The file as a download: a browser neither guesses another type nor shows it as a page of this site."""
    etag = quote_etag(row.sha256)
    if request.headers.get("If-None-Match") == etag:
        return Response(status=304, headers={"ETag": etag})
    response = Response(row.data, mimetype=row.media_type)
    # RFC 6266: the name in letters of every language, and one of plain letters for what cannot read that.
    plain = row.name.encode("ascii", "ignore").decode().strip(" .") or "file"
    names = {"filename": plain, "filename*": f"UTF-8''{quote(row.name, safe='')}"}
    response.headers["Content-Disposition"] = dump_options_header("attachment", names)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = etag
    return response
