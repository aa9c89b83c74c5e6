"""An article as residents get it: the same record and the same markup as an answer of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, cast

from bot import markup
from bot.console.pages import t
from bot.decision import DecisionModel
from bot.steps.compose import from_article
from bot.turn import Services, Topic
from bot.wording import say
from indexer.search import SearchIndex
from knowledge.articles import Article, Department, Municipality
from knowledge.snapshot_content import Content


def preview(article: Article, municipality: Municipality, departments: Sequence[Department], at: datetime) -> dict[str, Any]:
    """What the template of an answer needs to show the article; nothing is asked of it, so every part is open."""
    article = replace(
        article, title=article.title or t("staff_articles.no_title"), body=article.body or t("staff_articles.no_body")
    )
    content = Content(municipality, tuple(departments), (article,))
    services = Services(
        content=content,
        index=cast(SearchIndex, None),  # an answer that is composed searches nothing
        decision=cast(DecisionModel, None),
        cards={},
        message_max_length=0,
        clock=lambda: at,
    )
    topic = from_article(Topic(article.title), article, services, article.language)
    language = article.language if article.language == "en" else "ja"
    return {
        "topic": asdict(topic),
        "language": language,
        "label": lambda key, **slots: say(f"widget.{key}", language, **slots),
        "markup": markup,
    }
