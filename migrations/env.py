"""Alembic environment: runs on the connection `database.Database.upgrade` hands over."""

from alembic import context

import accounts  # noqa: F401 - tables register themselves on import
import bot.fact_tables
import bot.tables  # noqa: F401
import evaluation.life_tables
import evaluation.tables  # noqa: F401
import knowledge.tables  # noqa: F401
from database import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
