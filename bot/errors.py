"""One shape for every error of the API and the health checks, `{"error": {code, message, detail?, field?}}`; a page elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

import structlog
from flask import Flask, Response, jsonify, make_response, request
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from bot.logs import describe
from bot.wording import DEFAULT_LANGUAGE, say

log = structlog.get_logger()

CODES: dict[int, str] = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "unavailable",
}
"""Code of each status that Flask, Werkzeug or Flask-Limiter raise by themselves."""


class ApiError(Exception):
    """An expected refusal. `code` is an entry of bot/texts/errors.yml, `detail` is English for engineers.

    Neither `detail` nor `field` may hold what the resident sent.
    """

    def __init__(self, status: int, code: str, detail: str = "", field: str | None = None, **slots: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.slots = slots


def register(app: Flask) -> None:
    """Answer every exception of `app` in the one shape."""
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _raised_by_flask)
    app.register_error_handler(OperationalError, _database_unavailable)
    app.register_error_handler(PoolTimeout, _database_unavailable)
    app.register_error_handler(Exception, _unexpected)


def error_response(status: int, code: str, detail: str = "", field: str | None = None, **slots: object) -> Response:
    """The response for `code`: JSON for the API and the health checks, a small page for people elsewhere."""
    message = say(f"errors.{code}", DEFAULT_LANGUAGE, **slots)
    if not speaks_json(request.path):
        return make_response(_page(message), status)
    body: dict[str, Any] = {"code": code, "message": message}
    if detail:
        body["detail"] = detail
    if field is not None:
        body["field"] = field
    response = jsonify({"error": body})
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _refused(error: ApiError) -> Response:
    return error_response(error.status, error.code, error.detail, error.field, **error.slots)


def _raised_by_flask(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return make_response(error.get_response())  # a redirect, or a response somebody made on purpose
    code = CODES.get(error.code, "internal_error" if error.code >= 500 else "invalid_request")
    response = error_response(error.code, code, detail=error.name)
    for name, value in error.get_headers():
        if name.lower() != "content-type":  # keeps Allow of 405
            response.headers[name] = value
    if isinstance(error, RateLimitExceeded) and error.limit is not None:
        response.headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return response


def _database_unavailable(error: Exception) -> Response:
    log.error("database unavailable", **describe(error))
    return error_response(503, "unavailable", detail="the database cannot be reached")


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", **describe(error))
    return error_response(500, "internal_error", detail="unexpected error; see the log under this request id")


def speaks_json(path: str) -> bool:
    """Whether this address belongs to the API or the health checks."""
    return path == "/api" or path.startswith("/api/") or path in ("/healthz", "/readyz")


def _page(message: str) -> str:
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(message)}</title></head><body><main><h1>{escape(message)}</h1>"
        f'<p><a href="/">{say("errors.back_to_start")}</a></p></main></body></html>'
    )
