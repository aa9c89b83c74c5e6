"""Whether the process is alive and whether it can serve residents, for a supervisor or a load balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import ApiError
from bot.logs import describe
from database import Database
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

log = structlog.get_logger()


def create_blueprint(settings: Settings, database: Database, desk: Desk) -> Blueprint:
    """GET /healthz and GET /readyz."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/healthz")
    def health() -> ResponseReturnValue:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readiness() -> ResponseReturnValue:
        try:
            database.ping()
        except SQLAlchemyError as error:
            log.error("not ready: database", **describe(error))
            raise ApiError(503, "not_ready", detail="the database cannot be reached or has no schema") from error
        served = desk.ready()
        if settings.municipality not in served:
            raise ApiError(503, "not_ready", detail="no index is served for the desk's own municipality")
        return jsonify(status="ready", municipalities=served)

    return blueprint
