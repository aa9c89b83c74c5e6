"""The staff side under /staff: entry, inbox and accounts. Server-rendered; everything works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint
from flask_limiter import Limiter

from bot.console import (
    account_edit,
    article_editor,
    article_extras,
    article_moves,
    articles,
    audit,
    canned,
    channels,
    entry,
    exports,
    factor,
    handoff_tools,
    health,
    imports,
    inbox,
    lessons,
    pages,
    plain,
    sso,
    staff_accounts,
    synonyms,
    tasks,
    translations,
    trial,
)
from bot.console.access import init_login
from bot.console.onward import Onward
from database import Database
from knowledge.import_worker import Worker
from settings import Settings

if TYPE_CHECKING:
    from bot.desk import Desk

__all__ = ["create_blueprint", "init_login"]


def create_blueprint(database: Database, settings: Settings, limiter: Limiter, desk: Desk) -> Blueprint:
    """Every staff page; `limiter` counts log-in attempts per address, `desk` answers what staff try. `init_login` guards it."""
    blueprint = Blueprint("console", __name__, url_prefix="/staff", template_folder="templates", static_folder="static")
    staff_inbox = inbox.Inbox(database, settings)
    editor = article_editor.ArticleEditor(database, settings)
    onward = Onward(staff_inbox, editor)
    second_step = factor.Factor(database, settings, onward)
    entry.register(blueprint, entry.Entry(database, settings, second_step, onward), limiter, settings)
    factor.register(blueprint, second_step, limiter, settings)
    sso.register(blueprint, sso.SingleSignOn(database, settings, onward), limiter, settings)
    inbox.register(blueprint, staff_inbox)
    handoff_tools.register(blueprint, handoff_tools.HandoffTools(database, settings, desk, staff_inbox))
    lessons.register(blueprint, lessons.Lessons(database, desk, staff_inbox))
    canned.register(blueprint, canned.CannedPages(database))
    staff_accounts.register(blueprint, staff_accounts.Accounts(database, settings))
    account_edit.register(blueprint, account_edit.AccountEdit(database))
    audit.register(blueprint, audit.AuditPages(database, settings))
    article_pages = articles.ArticlePages(database, settings)
    articles.register(blueprint, article_pages)
    article_editor.register(blueprint, editor)
    article_moves.register(blueprint, article_moves.ArticleMoves(database, settings, article_pages))
    article_extras.register(blueprint, article_extras.ArticleExtras(database, article_pages))
    synonyms.register(blueprint, synonyms.SynonymPages(database, settings))
    channels.register(blueprint, channels.ChannelPages(database, settings))
    translations.register(blueprint, translations.TranslationPages(database, settings))
    plain.register(blueprint, plain.PlainPages())
    health.register(blueprint, health.HealthPages(database, settings, desk))
    tasks.register(blueprint, tasks.TaskPages(database, settings))
    trial.register(blueprint, trial.TrialPages(database, settings, desk))
    exports.register(blueprint, exports.ExportPages(database, settings))
    importing = Worker(database, settings)
    imports.register(blueprint, imports.ImportPages(database, settings, importing), importing, settings)
    pages.register(blueprint)
    return blueprint
