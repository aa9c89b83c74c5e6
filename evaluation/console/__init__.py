"""The pages of evaluation under /staff/evaluation: question sets, runs and their reports, scoring by people, figures from life."""

from __future__ import annotations

from flask import Blueprint

from bot.console import pages
from database import Database
from evaluation.console import life_pages, rating_pages, run_pages, set_pages
from settings import Settings


def create_blueprint(database: Database, settings: Settings) -> Blueprint:
    """Every page of evaluation; the guard of the staff side (bot.console.access) protects them."""
    blueprint = Blueprint(
        "evaluation", __name__, url_prefix="/staff/evaluation", template_folder="../templates", static_folder="../static"
    )
    set_pages.register(blueprint, set_pages.SetPages(database, settings))
    run_pages.register(blueprint, run_pages.RunPages(database, settings))
    rating_pages.register(blueprint, rating_pages.RatingPages(database, settings))
    life_pages.register(blueprint, life_pages.LifePages(database, settings))
    pages.register(blueprint)
    return blueprint
