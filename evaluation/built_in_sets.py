"""The question sets this repository brings along, and an FAQ collection with judgements, as items of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from evaluation.datasets import QuestionSet
from evaluation.items import Item
from evaluation.own_questions import QUESTIONS, is_held_out, retrieval_questions
from knowledge.commands import DEMO
from knowledge.municipality_folder import read_folder

DEMO_SET = "midorino"


def demo_items(split: str | None = None) -> list[Item]:
    """Every question of evaluation/questions about the demo municipality; `split` leaves one side."""
    topics = {row.article.id: row.article.category for row in read_folder(DEMO).rows if row.article}
    items = [*_retrieval(topics), *_facets(topics), *_follow_ups(topics), *_several(topics), *_unanswerable()]
    return [item for item in items if split in (None, item.split)]


def faq_items(questions: QuestionSet) -> list[Item]:
    """The judged questions of a collection; a question for which nothing is relevant must be handed over."""
    found = []
    for key, text in questions.questions.items():
        grades = {a: g for a, g in questions.judgements.get(key, {}).items() if g > 0}
        ordered = tuple(sorted(grades, key=lambda a: (-grades[a], a)))
        source, rights = questions.folder.name, tuple(grades[a] for a in ordered)
        found.append(Item(key, text, expected=ordered, grades=rights, hand_over=not grades, source=source, split="test"))
    return found


def _retrieval(topics: dict[str, str]) -> Iterator[Item]:
    for q in retrieval_questions():
        split, topic = "test" if is_held_out(q.article) else "tune", topics.get(q.article, "")
        yield Item(q.id, q.text, expected=(q.article, *q.also), topic=topic, source="retrieval", split=split)


def _facets(topics: dict[str, str]) -> Iterator[Item]:
    for data in _read("facet"):
        article, must = data["article"], tuple(data["must"])
        yield Item(
            data["id"], data["text"], expected=(article,), facets=(data["facet"],) if data["facet"] else (), must=must,
            topic=topics.get(article, ""), source="facet", split=data["split"],
        )  # fmt: skip


def _follow_ups(topics: dict[str, str]) -> Iterator[Item]:
    for data in _read("follow_up"):
        facets = (data["facet"],) if data["facet"] else ()
        yield Item(
            data["id"], data["text"], conversation=tuple(data["conversation"]), expected=(data["article"],), facets=facets,
            topic=topics.get(data["article"], ""), source="follow_up", split=data["split"],
        )  # fmt: skip


def _several(topics: dict[str, str]) -> Iterator[Item]:
    for data in _read("multi_topic"):
        wanted = tuple(dict.fromkeys(topic["article"] for topic in data["topics"] if topic["article"]))
        if wanted:
            yield Item(
                data["id"], data["text"], expected=wanted, all_needed=len(wanted) > 1, topic=topics.get(wanted[0], ""),
                source="multi_topic", split=data["split"],
            )  # fmt: skip


def _unanswerable() -> Iterator[Item]:
    for data in _read("unanswerable"):
        yield Item(data["id"], data["text"], hand_over=True, source=f"unanswerable {data['kind']}", split=data["split"])


def _read(name: str) -> Iterator[dict[str, Any]]:
    for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
