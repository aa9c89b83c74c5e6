"""The staff side under /staff: entry, inbox and accounts. Server-rendered; everything works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint
from flask_limiter import Limiter

from bot.console import channels, entry, factor, inbox, pages, staff_accounts, synonyms
from bot.console.access import init_login
from bot.console.onward import Onward
from database import Database
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

__all__ = ["create_blueprint", "init_login"]


def create_blueprint(database: Database, settings: Settings, limiter: Limiter, desk: Desk) -> Blueprint:
    """Every staff page; `limiter` counts log-in attempts per address, `desk` answers what staff try. `init_login` guards it."""
    blueprint = Blueprint("console", __name__, url_prefix="/staff", template_folder="templates", static_folder="static")
    staff_inbox = inbox.Inbox(database, settings)
    onward = Onward(staff_inbox)
    second_step = factor.Factor(database, settings, onward)
    entry.register(blueprint, entry.Entry(database, settings, second_step, onward), limiter, settings)
    factor.register(blueprint, second_step, limiter, settings)
    inbox.register(blueprint, staff_inbox)
    staff_accounts.register(blueprint, staff_accounts.Accounts(database, settings))
    synonyms.register(blueprint, synonyms.SynonymPages(database, settings))
    channels.register(blueprint, channels.ChannelPages(database, settings))
    pages.register(blueprint)
    return blueprint
