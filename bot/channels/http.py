"""What every request gets: an id, one log line without anything personal, and security headers; CORS for the API."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

from bot.errors import speaks_json
from settings import Settings

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_QUIET = frozenset({"/healthz", "/readyz"})
CORS_PREFIX = "/api/v1/"
FRAMED = frozenset({"widget"})
"""Blueprints whose pages the sites of `embed_origins` may show in a frame; staff pages never are (clickjacking)."""
PREFLIGHT_SECONDS = "600"


def register(app: Flask, settings: Settings) -> None:
    """Add the hooks to `app`. A blueprint may set a stricter Content-Security-Policy itself; it is left alone."""
    origins = frozenset(settings.embed_origins.split())
    framed = _policy(" ".join(["'self'", *settings.embed_origins.split()]))
    alone = _policy("'none'")

    @app.before_request
    def begin() -> None:
        sent = request.headers.get("X-Request-Id", "")
        trusted = settings.trusted_proxies > 0 and _REQUEST_ID.fullmatch(sent)
        g.request_id = sent if trusted else secrets.token_hex(8)
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        policy = framed if request.blueprint in FRAMED else alone
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if speaks_json(request.path):
            response.headers["Cache-Control"] = "no-store"
        if request.path.startswith(CORS_PREFIX):
            _allow(response, origins)
        _log(response)
        return response


def _policy(ancestors: str) -> str:
    return f"default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors {ancestors}"


def _allow(response: Response, origins: frozenset[str]) -> None:
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin not in origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Last-Event-ID"
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS


def _log(response: Response) -> None:
    if request.path in _QUIET and response.status_code == 200:
        return  # a health check every few seconds would drown the rest
    rule = request.url_rule.rule if request.url_rule is not None else "unmatched"
    ms = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
    log.info("request", method=request.method, route=rule, status=response.status_code, ms=ms)
