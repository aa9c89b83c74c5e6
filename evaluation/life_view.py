"""The tables of the figures from life, as the pages show them and as they are exported: one place for both."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluation.analytics import Counts, Figure, Reach, share
from evaluation.items import guarded
from evaluation.shares import LEAST, Change
from knowledge.tables import ArticleRow
from settings import SHARED_BASE

Say = Callable[..., str]
"""The text of an entry of staff_life.yml in the reader's language."""
SURE = 0.05
"""A change with an adjusted chance up to here is called one."""
DECIMALS = {"minutes": 1, "mean": 2}
LONG_MINUTES = 600
"""From here on hours are shown; files have minutes."""


@dataclass(frozen=True)
class Table:
    """`heads` are entries of the texts; a Figure takes one column on the page and two, value and n, in a file."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def weeks(counted: Mapping[date, Counts]) -> Table:
    """Week by week."""
    heads = ("week", "questions", "answered", "asked_back", "unanswered", "other", "handed_over", "resolution")
    rows = (
        (
            week,
            c.questions,
            c.answered,
            c.asked_back,
            c.unanswered,
            other(c),
            c.handed_over,
            share("resolution", c.resolved, c.judged),
        )
        for week, c in counted.items()
    )
    return Table("weeks", heads, tuple(rows))


def other(counted: Counts) -> int:
    """Questions that ended with a fixed notice, such as an emergency card or a greeting."""
    return counted.questions - counted.answered - counted.asked_back - counted.unanswered


def topics(found: Mapping[str, Counts], say: Say) -> Table:
    """Topic by topic, the most asked first."""
    heads = ("topic", "questions", "answer_rate", "resolution", "handover", "abandonment")
    rows = (
        (
            topic or say("no_topic"), c.questions, share("answer_rate", c.answered, c.questions),
            share("resolution", c.resolved, c.judged), share("handover", c.handed_over, c.questions),
            share("abandonment", c.abandoned, c.could_abandon),
        )
        for topic, c in found.items()
    )  # fmt: skip
    return Table("topics", heads, tuple(rows))


def changes(found: Sequence[Change], say: Say) -> Table:
    """Four weeks beside the four before, with what may be said of it."""
    heads = ("topic", "before", "now", "ratio", "chance", "verdict")
    return Table(
        "changes", heads, tuple((c.topic, c.before, c.now, c.ratio, c.adjusted, say(verdict(c), least=LEAST)) for c in found)
    )


def verdict(item: Change) -> str:
    """The entry that says whether the change can be chance."""
    if item.adjusted is None or item.ratio is None:
        return "verdict_few"
    if item.adjusted > SURE:
        return "verdict_none"
    return "verdict_rising" if item.ratio > 1 else "verdict_falling"


def articles(found: Sequence[Reach], titles: Mapping[str, str]) -> Table:
    """Article by article, the most answered from first."""
    heads = ("article", "article_id", "answers", "resolution", "came_back")
    rows = (
        (titles.get(r.article, r.article), r.article, r.answered, r.share, share("recontact", r.again, r.answered)) for r in found
    )
    return Table("articles", heads, tuple(rows))


def titles(session: Session, municipality: str, found: Sequence[Reach]) -> dict[str, str]:
    """Article -> title; an own article hides one of the shared base with the same id, what is gone has none."""
    query = select(ArticleRow.municipality, ArticleRow.id, ArticleRow.title).where(
        ArticleRow.municipality.in_((municipality, SHARED_BASE)), ArticleRow.id.in_([r.article for r in found])
    )
    rows = sorted(session.execute(query), key=lambda row: row.municipality == municipality)
    return {row.id: row.title for row in rows}


def figures(found: Sequence[Figure], say: Say) -> Table:
    """The figures with their definitions, for the file."""
    rows = ((say(f"figure_{f.name}"), f.value, f.low, f.high, f.n, say(f"means_{f.name}")) for f in found)
    return Table("figures", ("figure", "value", "low", "high", "n", "means"), tuple(rows))


def forecast(content: Mapping[str, Any], say: Say) -> Table:
    """Topic by topic and week by week, what is expected."""
    heads = ("topic", "week", "expected", "low80", "high80", "low95", "high95")
    rows = (
        (
            topic_name(one["topic"], say),
            date.fromisoformat(f["week"]),
            f["mean"],
            f["low80"],
            f["high80"],
            f["low95"],
            f["high95"],
        )
        for one in content.get("topics", ())
        for f in one["forecast"]
    )
    return Table("forecast", heads, tuple(rows))


def errors(content: Mapping[str, Any], say: Say) -> Table:
    """Topic by topic, how wrong the method and the baseline were on weeks they had not seen."""
    heads = ("topic", "wape", "naive_wape", "mase", "naive_mase")
    found = [o for o in content.get("topics", ()) if o.get("wape") is not None]
    rows = ((topic_name(o["topic"], say), *(o[name] for name in heads[1:])) for o in found)
    return Table("errors", heads, tuple(rows))


def topic_name(topic: str, say: Say) -> str:
    return {"": say("no_topic"), "*": say("all_topics")}.get(topic, topic)


def shown(cell: Any, say: Say) -> str:
    """A cell as the page shows it; undefined is said with its n."""
    if isinstance(cell, Figure):
        return figure(cell, say)
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.2f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return "–" if cell is None else str(cell)


def figure(item: Figure, say: Say) -> str:
    """The value with its unit, or that it is undefined."""
    if item.value is None:
        return say("undefined", n=item.n)
    if item.kind == "share":
        return f"{100 * item.value:.1f} %"
    if item.kind == "count":
        return f"{item.value:,.0f}"
    if item.kind == "minutes" and item.value >= LONG_MINUTES:
        return say("hours", n=f"{item.value / 60:,.0f}")
    number = f"{item.value:,.{DECIMALS[item.kind]}f}"
    return say("minutes", n=number) if item.kind == "minutes" else number


def to_csv(table: Table, say: Say) -> str:
    """With a BOM; a share gets a column for its n; no cell begins a formula."""
    wide = {place for row in table.rows for place, cell in enumerate(row) if isinstance(cell, Figure)}
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    heads = [
        [say(f"head_{head}"), say("head_n_of", name=say(f"head_{head}"))][: 2 if place in wide else 1]
        for place, head in enumerate(table.heads)
    ]
    writer.writerow([name for pair in heads for name in pair])
    for row in table.rows:
        writer.writerow([value for cell in row for value in _raw(cell)])
    return "\ufeff" + out.getvalue()


def _raw(cell: Any) -> list[Any]:
    if isinstance(cell, Figure):
        return ["" if cell.value is None else round(cell.value, 6), cell.n]
    if isinstance(cell, float):
        return [round(cell, 6)]
    return ["" if cell is None else guarded(cell) if isinstance(cell, str) else cell]
