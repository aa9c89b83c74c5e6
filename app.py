"""create_app(): the one place that composes everything.

Start it with `python app.py`, or with a WSGI server: `gunicorn -c gunicorn.conf.py "app:create_app()"`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.proxy_fix import ProxyFix

from bot import console, errors, files, handoff_request, health, index_keeper, logs, mail, operations, retention
from bot.channels import http, web
from database import Database, now
from evaluation import console as evaluation_pages
from evaluation import forecast_store
from settings import Settings, load_settings
from widget import pages

if TYPE_CHECKING:
    from bot.desk import Desk


def create_app(settings: Settings | None = None, desk: Desk | None = None) -> Flask:
    """The whole desk: schema upgraded, index loaded, every page and API registered.

    Raises SettingsError when a setting is wrong.
    """
    settings = settings or load_settings()
    logs.configure(settings.log_level)
    database = Database(settings.resolved_database_url)
    database.upgrade()
    own_desk = desk is None  # one that is given serves what it likes
    desk = desk or _load_desk(settings)
    app = _flask(settings)
    limiter = _limiter(app, settings)
    http.register(app, settings)
    errors.register(app)
    for blueprint in _blueprints(settings, database, desk, limiter):
        app.register_blueprint(blueprint)
    console.init_login(app, database, settings)
    handoff_request.recover(database, settings, now())
    retention.start_thread(database, settings)
    mail.start_thread(database, settings)
    if own_desk:
        health.start_thread(database, settings, desk)
        forecast_store.start_thread(database, settings)
    if own_desk and settings.keep_index:
        index_keeper.start_thread(database, settings)
    return app


def _load_desk(settings: Settings) -> Desk:
    from bot.desk import Desk  # loads the models' libraries, which a test with its own desk does not need

    desk = Desk(settings)
    desk.warm_up()
    return desk


def _blueprints(settings: Settings, database: Database, desk: Desk, limiter: Limiter) -> Iterator[Blueprint]:
    """Every part of the desk that answers requests, in the order of registration."""
    yield operations.create_blueprint(settings, database, desk)
    yield web.create_blueprint(settings, database, desk, limiter)
    yield console.create_blueprint(database, settings, limiter, desk)
    yield evaluation_pages.create_blueprint(database, settings)
    yield files.create_blueprint(database, settings)
    yield pages.create_blueprint(settings, database, desk, limiter)


def _flask(settings: Settings) -> Flask:
    app = Flask("madoguchi", static_folder=None, template_folder=None)
    app.secret_key = settings.secret_key()
    app.config.update(
        MAX_CONTENT_LENGTH=settings.body_max_bytes,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _limiter(app: Flask, settings: Settings) -> Limiter:
    # Counting must never stop the desk: without its store the limits hold per process.
    return Limiter(
        get_remote_address,
        app=app,
        storage_uri=settings.rate_limit_storage,
        in_memory_fallback_enabled=True,
    )


if __name__ == "__main__":
    configuration = str(Path(__file__).with_name("gunicorn.conf.py"))
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "-c", configuration, "app:create_app()"])  # noqa: S606
