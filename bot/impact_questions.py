"""The questions a working copy is tried against before it is published: the municipality's evaluation questions, the
phrasings of all articles, and what residents asked lately.

Evaluation questions come from the municipality's question sets in the database and from a folder of files (lines
{id, text, article?, conversation?}): `<folder>/<code>/` for a municipality, the folder itself for the demo.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import JSON, Boolean, Integer, String, column, func, select, table
from sqlalchemy.orm import Session

from bot.tables import MessageRow
from indexer import text
from indexer.lexical import LexicalIndex
from indexer.passage_table import phrase_key
from indexer.passages import passages
from knowledge.articles import Article
from knowledge.snapshot_content import Content
from settings import DEMO_MUNICIPALITY

MOST = 400
"""Questions tried: a minute on two cores also where every one of them is answered twice."""
MOST_OWN, MOST_FAR = 120, 80
"""Of them those that the article itself has to answer, and those drawn evenly from everything else."""
RECENT = timedelta(days=30)
MOST_RECENT = 200

# By name: the tables of evaluation lie above this module, as those of knowledge lie above accounts.
_SETS = table(
    "question_set", column("id", Integer), column("municipality", String), column("name", String), column("version", Integer)
)
_ITEMS = table(
    "question_item", column("id", Integer), column("question_set", Integer), column("municipality", String), column("text", String),
    column("conversation", JSON), column("expected", JSON), column("hand_over", Boolean), column("language", String),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A question to try. `origin`: evaluation, phrasing or resident; `expected`: articles that answer it, as far as known.

    Of a resident's the message is kept instead of the words wherever a result is stored.
    """

    text: str
    origin: str
    expected: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    message: int | None = None


def gather(session: Session, folder: Path | None, content: Content, copy: Article, at: datetime) -> list[Asked]:
    """The questions to try `copy` with, at most MOST, each once, the nearest to the article first; the same every time."""
    code = content.municipality.code
    pool = [
        *_stored(session, code),
        *_files(folder, code),
        *_phrasings(content, copy),
        *_recent(session, code, at),
    ]
    return chosen(pool, copy, content.article_of.get(copy.id))


def chosen(pool: Iterable[Asked], copy: Article, served: Article | None, most: int = MOST) -> list[Asked]:
    """Of many questions those that can tell most: the article's own, the nearest by words, and an even part of the rest."""
    unique: dict[tuple[str, tuple[str, ...]], Asked] = {}
    for asked in pool:
        if phrase_key(asked.text):
            unique.setdefault((phrase_key(asked.text), asked.earlier), asked)
    everything = list(unique.values())
    own = _evenly([asked for asked in everything if copy.id in asked.expected], MOST_OWN)
    rest = [asked for asked in everything if copy.id not in asked.expected]
    if len(own) + len(rest) <= most:
        return [*own, *rest]
    near = _nearest(rest, [article for article in (copy, served) if article], most - len(own) - MOST_FAR)
    taken = set(near)
    return [*own, *near, *_evenly([asked for asked in rest if asked not in taken], most - len(own) - len(near))]


def _nearest(rest: Sequence[Asked], articles: Sequence[Article], most: int) -> list[Asked]:
    """By BM25 of the article's words in the questions: what shares none of them hardly changes."""
    index = LexicalIndex.build([text.tokens(asked.text) for asked in rest])
    words = [word for article in articles for passage in passages(article) for word in text.tokens(passage.text)]
    scores = index.scores(words)
    order = sorted(range(len(rest)), key=lambda i: (-float(scores[i]), i))
    return [rest[i] for i in order[:most] if scores[i] > 0]


def _evenly(asked: Sequence[Asked], most: int) -> list[Asked]:
    """At most so many, at even distances over the whole."""
    if len(asked) <= most:
        return list(asked)
    return [asked[i * len(asked) // most] for i in range(most)]


def _stored(session: Session, code: str) -> Iterator[Asked]:
    """The questions of the newest version of each of the municipality's sets."""
    newest = select(func.max(_SETS.c.id)).where(_SETS.c.municipality == code).group_by(_SETS.c.name)
    query = select(_ITEMS.c.text, _ITEMS.c.conversation, _ITEMS.c.expected).where(
        _ITEMS.c.municipality == code, _ITEMS.c.question_set.in_(newest), _ITEMS.c.language == "ja"
    )
    for said, conversation, expected in session.execute(query.order_by(_ITEMS.c.id)):
        yield Asked(said, "evaluation", tuple(expected or ()), tuple(conversation or ()))


def _files(folder: Path | None, code: str) -> Iterator[Asked]:
    if folder is None:
        return
    own = folder / code
    home = own if own.is_dir() else folder if code == DEMO_MUNICIPALITY else own
    for path in sorted(home.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            if line.strip():
                yield from _of_line(line)


def _of_line(line: str) -> Iterator[Asked]:
    """One question; a line that is none is left out: a broken file must not keep a correction from being published."""
    try:
        data = json.loads(line)
        right = [data["article"]] if data.get("article") else []
        yield Asked(
            str(data["text"]), "evaluation", (*right, *data.get("also", ())), tuple(map(str, data.get("conversation", ())))
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def _phrasings(content: Content, copy: Article) -> Iterator[Asked]:
    for article in (copy, *(a for a in content.articles if a.id != copy.id)):
        for phrase in (article.title, *article.alternatives):
            yield Asked(phrase, "phrasing", (article.id,))


def _recent(session: Session, code: str, at: datetime) -> Iterator[Asked]:
    query = select(MessageRow.id, MessageRow.text).where(
        MessageRow.municipality == code, MessageRow.role == "resident", MessageRow.created_at >= at - RECENT
    )
    for message, said in session.execute(query.order_by(MessageRow.id.desc()).limit(MOST_RECENT)):
        yield Asked(said, "resident", message=message)
