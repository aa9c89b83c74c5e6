"""Figures from life: overview, topics, articles and forecast, each with its tables as files. No page holds a resident's word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import Role
from authentication import Member
from bot.console import pages
from bot.console.access import roles
from bot.console.tasks import READERS as TASK_READERS
from bot.tables import TaskRow
from bot.tasks import OPEN, Kind
from database import Database, now
from evaluation import analytics, charts, life_view
from evaluation.analytics import Figure, Span
from evaluation.charts import Band, Series
from evaluation.life_tables import ForecastRow
from evaluation.life_view import Table
from settings import Settings

READERS = tuple(Role)
PAGE = 50
LEAST_MINUTES, MOST_MINUTES = 0.1, 240.0
"""Bounds of the assumption about a question's staff time, as in the settings."""
FILE_ROWS = 100_000
ALL = "*"


@dataclass(frozen=True)
class Asked:
    """What the address asks for, made sound. `minutes`: the assumption about a question's staff time."""

    period: str
    channel: str
    topic: str
    minutes: float
    page: int
    today: date

    @property
    def span(self) -> Span:
        return analytics.span(self.period, self.today, self.channel, self.topic)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The parameters of an address that asks for this, changed."""
        wanted = {"period": self.period, "channel": self.channel, "topic": self.topic, "minutes": request.args.get("minutes", "")}
        return {name: value for name, value in {**wanted, **changes}.items() if value}


class LifePages:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    @roles(*READERS)
    def overview(self) -> ResponseReturnValue:
        me, asked = _me(), self._asked()
        with self._database.read() as session:
            found = analytics.days(session, me.municipality, asked.span)
            figures = self._figures(session, asked, found)
            open_questions = _open_questions(session, me)
            chosen = analytics.choices(session, me.municipality, asked.span)
        counted = analytics.by_week(found, asked.span)
        chart = charts.bars(
            list(counted), [Series(_say(f"head_{name}"), values) for name, values in _stacked(counted)], _say("chart_weeks")
        )
        return self._page(
            "life", asked, chosen, figures=figures, weeks=life_view.weeks(counted), chart=chart, open_questions=open_questions,
            tasks_kind=Kind.UNANSWERED.value,
        )  # fmt: skip

    @roles(*READERS)
    def topics(self) -> ResponseReturnValue:
        me, asked = _me(), self._asked()
        with self._database.read() as session:
            found = analytics.topics(session, me.municipality, asked.span)
            changes = analytics.changes(session, me.municipality, asked.today, asked.channel)
            chosen = analytics.choices(session, me.municipality, asked.span)
        return self._page(
            "life_topics", asked, chosen, topics=life_view.topics(found, _say), changes=life_view.changes(changes, _say)
        )

    @roles(*READERS)
    def articles(self) -> ResponseReturnValue:
        me, asked = _me(), self._asked()
        with self._database.read() as session:
            found, count = analytics.reach(session, me.municipality, asked.span, (asked.page - 1) * PAGE, PAGE)
            titles = life_view.titles(session, me.municipality, found)
            chosen = analytics.choices(session, me.municipality, asked.span)
        last = max(1, -(-count // PAGE))
        return self._page(
            "life_articles", asked, chosen, articles=life_view.articles(found, titles), known=titles, count=count, last=last
        )

    @roles(*READERS)
    def forecast(self) -> ResponseReturnValue:
        me, asked = _me(), self._asked()
        with self._database.read() as session:
            row = session.get(ForecastRow, me.municipality)
        content = row.content if row is not None else {}
        names = [one["topic"] for one in content.get("topics", ())]
        topic = asked.topic if asked.topic in names else ALL
        one = next((o for o in content.get("topics", ()) if o["topic"] == topic), None)
        only = {**content, "topics": [one]} if one is not None else {}
        return render_template(
            "evaluation/life_forecast.html", row=row, content=content, names=names, topic=topic, asked=asked, here="life_forecast",
            chart=_forecast_chart(one) if one is not None else "", table=life_view.forecast(only, _say),
            errors=life_view.errors(content, _say), shown=_shown, topic_name=lambda t: life_view.topic_name(t, _say),
            zone=self._settings.zone,
        )  # fmt: skip

    @roles(*READERS)
    def table(self, table: str) -> ResponseReturnValue:
        """A table of these pages as a file."""
        make = self._tables().get(table)
        if make is None:
            abort(404)
        with self._database.read() as session:
            made = make(session, self._asked())
        filename = f"madoguchi-{table}-{self._asked().today:%Y%m%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        return Response(life_view.to_csv(made, _say), mimetype="text/csv; charset=utf-8", headers=headers)

    def _tables(self) -> dict[str, Callable[[Session, Asked], Table]]:
        town = _me().municipality

        def articles(session: Session, asked: Asked) -> Table:
            found, _ = analytics.reach(session, town, asked.span, 0, FILE_ROWS)
            return life_view.articles(found, life_view.titles(session, town, found))

        def forecast(session: Session, _: Asked) -> Any:
            row = session.get(ForecastRow, town)
            return row.content if row is not None else {}

        return {
            "figures": lambda s, a: life_view.figures(self._figures(s, a, analytics.days(s, town, a.span)), _say),
            "weeks": lambda s, a: life_view.weeks(analytics.by_week(analytics.days(s, town, a.span), a.span)),
            "topics": lambda s, a: life_view.topics(analytics.topics(s, town, a.span), _say),
            "changes": lambda s, a: life_view.changes(analytics.changes(s, town, a.today, a.channel), _say),
            "articles": articles,
            "forecast": lambda s, a: life_view.forecast(forecast(s, a), _say),
            "errors": lambda s, a: life_view.errors(forecast(s, a), _say),
        }

    def _figures(self, session: Session, asked: Asked, found: Any) -> list[Figure]:
        town = _me().municipality
        return analytics.figures(found, asked.today, asked.minutes) + analytics.handoff_figures(session, town, asked.span)

    def _page(self, name: str, asked: Asked, chosen: tuple[list[str], list[str]], **about: Any) -> str:
        channels, topics = chosen
        return render_template(
            f"evaluation/{name}.html", asked=asked, here=name, channels=channels, topic_names=topics, periods=analytics.PERIODS,
            no_topic=analytics.NO_TOPIC, shown=_shown, figure=lambda f: life_view.figure(f, _say), **about,
        )  # fmt: skip

    def _asked(self) -> Asked:
        given = request.args
        period, page = given.get("period", ""), given.get("page", "")
        return Asked(
            period=period if period in analytics.PERIODS else analytics.PERIODS[0],
            channel=given.get("channel", "")[:20],
            topic=given.get("topic", "")[:100],
            minutes=_minutes(given.get("minutes", ""), self._settings.minutes_per_question),
            page=int(page) if page.isdecimal() and 0 < len(page) < 5 and int(page) else 1,
            today=now().astimezone(self._settings.zone).date(),
        )


def _minutes(given: str, default: float) -> float:
    try:
        wanted = float(given)
    except ValueError:
        return default
    return wanted if LEAST_MINUTES <= wanted <= MOST_MINUTES else default


def _stacked(counted: dict[date, analytics.Counts]) -> list[tuple[str, list[float]]]:
    rows = list(counted.values())
    return [
        ("answered", [c.answered for c in rows]),
        ("asked_back", [c.asked_back for c in rows]),
        ("unanswered", [c.unanswered for c in rows]),
        ("other", [life_view.other(c) for c in rows]),
    ]


def _forecast_chart(one: dict[str, Any]) -> str:
    bands = [Band(f["mean"], f["low80"], f["high80"], f["low95"], f["high95"]) for f in one["forecast"]]
    weeks = [date.fromisoformat(w) for w in one["weeks"]] + [date.fromisoformat(f["week"]) for f in one["forecast"]]
    name = _say("chart_forecast", topic=life_view.topic_name(one["topic"], _say))
    return charts.forecast(weeks, one["history"], bands, name)


def _open_questions(session: Session, me: Member) -> int | None:
    """How many kinds of questions wait unanswered; None for whoever may not read them."""
    if not me.may(*TASK_READERS):
        return None
    query = select(func.count()).where(
        TaskRow.municipality == me.municipality, TaskRow.kind == Kind.UNANSWERED.value, TaskRow.state == OPEN
    )
    return session.scalar(query) or 0


def _say(entry: str, **slots: object) -> str:
    return pages.t(f"staff_life.{entry}", **slots)


def _shown(cell: Any) -> str:
    return life_view.shown(cell, _say)


def _me() -> Member:
    member: Member = current_user._get_current_object()
    return member


def register(blueprint: Blueprint, life: LifePages) -> None:
    """Add the views."""
    blueprint.add_url_rule("/life", "life", life.overview)
    blueprint.add_url_rule("/life/topics", "life_topics", life.topics)
    blueprint.add_url_rule("/life/articles", "life_articles", life.articles)
    blueprint.add_url_rule("/life/forecast", "life_forecast", life.forecast)
    blueprint.add_url_rule("/life/<table>.csv", "life_table", life.table)
