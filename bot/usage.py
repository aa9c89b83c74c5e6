"""What residents made of the articles: how often each was answered from, judged, and did not help."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.tables import MessageRow
from knowledge.health import Usage

_AT_ONCE = 2_000


def usage_since(session: Session, municipality: str, since: datetime) -> Usage:
    """Counted over the desk's answers since a moment; of each answer only its sources are read, never its words."""
    query = select(MessageRow.answer["sources"], MessageRow.resolved).where(
        MessageRow.municipality == municipality, MessageRow.created_at >= since, MessageRow.role == "desk"
    )
    answers = 0
    found: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for sources, resolved in session.execute(query.execution_options(yield_per=_AT_ONCE)):
        ids = [source["id"] for source in sources or () if source.get("id")]
        answers += bool(ids)
        found.update(ids)
        if resolved is not None and ids:
            judged[ids[0]] += 1  # of several sources the first answers what was asked first
            lost[ids[0]] += not resolved
    return Usage(answers, found, judged, lost)
