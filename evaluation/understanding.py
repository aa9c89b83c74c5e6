"""`python -m evaluation understanding`: is every topic, follow-up and facet understood, over the demo municipality?

The whole desk is asked the question sets in evaluation/questions; docs/understanding.md says what each measure means.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot import pipeline
from bot.answer import Answer, Status
from bot.desk import Desk
from bot.question import PastTurn, Question
from bot.steps.understand import understand
from bot.turn import Services, Turn
from evaluation import machine, metrics
from evaluation.installation import Installation
from evaluation.outcomes import dropped_words, own_outcomes
from evaluation.own_questions import QUESTIONS, retrieval_questions
from evaluation.worked_out import score_dates
from indexer.text import normalise
from knowledge.commands import DEMO
from settings import DEMO_MUNICIPALITY, Settings

ASKED_ON = date(2026, 11, 25)
"""The day on which every question is asked: the one the sets were written for."""
LEAD = 120
"""Characters of an answer that are its leading part, unless what was asked for stands later."""
SPLITS = ("tune", "test")
TARGETS = {"topics with an outcome of their own": 0.95, "follow-ups resolved": 0.90, "facet exact": 0.92}
Ask = Callable[[Question], Answer]


@dataclass(frozen=True)
class Scored:
    """One item of a set: what it scored (measure -> a value for each topic or one for the item) and what the desk said."""

    kind: str
    id: str
    split: str
    scores: dict[str, list[float]] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)


def read(name: str) -> Iterator[dict[str, Any]]:
    """The items of questions/NAME.jsonl."""
    for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def ask_plain(ask: Ask, text: str, earlier: Sequence[str] = (), choice: tuple[str, str] | None = None) -> Answer:
    """Ask `earlier` and then `text`, the history as the web API keeps it; `choice`: title and id of a pressed article."""
    history: list[PastTurn] = []
    for past in earlier:
        reply = ask(_question(past, history))
        history.append(PastTurn(reply.question, reply.status, tuple(s.id for s in reply.sources)))
    if choice is None:
        return ask(_question(text, history))
    title, article = choice
    return ask(_question(title, [*history, PastTurn(text, Status.ASKED_BACK)], article))


def multi_topic(item: dict[str, Any], ask: Ask) -> Scored:
    """Topics with an outcome of their own; for a message with one topic, whether it was left whole."""
    reply = ask_plain(ask, item["text"])
    wanted = item["topics"]
    lost = dropped_words(item["text"], [t.text for t in reply.topics])
    scores: dict[str, list[float]] = {"messages with words dropped": [float(bool(lost))]}
    own = own_outcomes([t["text"] for t in wanted], [t.text for t in reply.topics])
    if len(wanted) == 1:
        scores["hard single questions left whole"] = [float(len(reply.topics) == 1)]
    else:
        scores["topics with an outcome of their own"] = [float(at is not None) for at in own]
        scores["messages split into exactly their topics"] = [float(None not in own and len(reply.topics) == len(wanted))]
        matched = [(t["article"], reply.topics[at] if at is not None else None) for t, at in zip(wanted, own, strict=True)]
        known = [(article, outcome) for article, outcome in matched if article]
        scores["topics whose article is first"] = [float(bool(o and o.ranking[:1] == (a,))) for a, o in known]
        scores["topics whose article is answered or offered"] = [float(bool(o and a in _shown(o))) for a, o in known]
    return Scored("multi_topic", item["id"], item["split"], scores, _outcomes(reply))


def follow_up(item: dict[str, Any], ask: Ask) -> Scored:
    """Whether the conversation's article is the first (strict) or at least offered (lenient), and the facet asked for is answered."""
    reply = ask_plain(ask, item["text"], item["conversation"])
    wanted, facet = item["article"], item["facet"]
    right_facet = facet is None or any(t.facet == facet for t in reply.topics)
    first = reply.ranking[:1] == (wanted,) and right_facet
    offered = any(wanted in _shown(t) for t in reply.topics) and right_facet
    scores = {
        "follow-ups resolved": [float(first)],
        "follow-ups resolved or offered": [float(first or offered)],
        "follow-ups with the article first": [float(reply.ranking[:1] == (wanted,))],
    }
    if facet:
        scores["follow-ups with the facet"] = [float(right_facet)]
    scores["follow-ups resolved, new subject" if item.get("switch") else "follow-ups resolved, same subject"] = [float(first)]
    return Scored("follow_up", item["id"], item["split"], scores, _outcomes(reply))


def facet(item: dict[str, Any], ask: Ask, title: str) -> Scored:
    """Whether the facet is recognised and the visible part of the article's answer leads with it."""
    recognised = ask_plain(ask, item["text"]).topics
    reply = ask_plain(ask, item["text"], choice=(title, item["article"]))
    right = bool(recognised) and recognised[0].facet == item["facet"] and reply.topics[0].facet == item["facet"]
    visible = _plain(reply.topics[0].answer)
    must, not_first = [_plain(m) for m in item["must"]], [_plain(m) for m in item["must_not_lead"]]
    whole = all(m in visible for m in must)
    lead = visible[: max([LEAD, *(visible.find(m) + len(m) for m in must if m in visible)])]
    led = not any(m in lead for m in not_first)
    scores = {
        "facet exact": [float(right and whole and led)],
        "facet recognised": [float(right)],
        "facet's words visible": [float(whole)],
        "nothing else leads": [float(led)],
    }
    return Scored("facet", item["id"], item["split"], scores, [{"text": item["text"], "answer": reply.topics[0].answer}])


def false_splits(services: Services) -> Iterator[Scored]:
    """The questions for retrieval, nearly all on one topic: how many are split."""
    for asked in retrieval_questions():
        turn = understand(Turn(_question(asked.text, ()), text=asked.text), services)
        parts = [{"text": t.text} for t in turn.topics]
        yield Scored("single", asked.id, "", {"single questions split": [float(len(parts) > 1)]}, parts)


def measure(services: Services) -> list[Scored]:
    """Every item of every set, asked and scored."""

    def ask(question: Question) -> Answer:
        return pipeline.run(question, services)

    titles = {a.id: a.title for a in services.content.articles}
    found = [multi_topic(item, ask) for item in _progress("multi_topic")]
    found += [follow_up(item, ask) for item in _progress("follow_up")]
    found += [facet(item, ask, titles[item["article"]]) for item in _progress("facet")]
    for item in _progress("dates_ages"):
        reply = ask_plain(ask, item["text"], choice=(titles[item["article"]], item["article"]))
        found.append(Scored("dates_ages", item["id"], item["split"], score_dates(item, reply, ASKED_ON), _outcomes(reply)))
    return [*found, *false_splits(services)]


def services_of(folder: Path) -> Services:
    """The demo municipality, loaded and indexed in `folder` by the desk's own commands. Raises CommandFailed."""
    installation = Installation(folder, DEMO_MUNICIPALITY)
    if not installation.indexes.is_dir():
        installation.run("knowledge", "load", str(DEMO))
        installation.run("indexer", "build")
    desk = Desk(
        Settings(instance=folder, municipality=DEMO_MUNICIPALITY, ner=False, generator="", reranker="", log_level="ERROR")
    )
    desk.warm_up(watch=False)
    return desk.services(DEMO_MUNICIPALITY)


def run(out: Path, command: str) -> str:
    """Ask and score everything; writes one line an item to `out` and returns the report. Raises CommandFailed, OSError."""
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        scored = measure(services_of(Path(folder)))
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(vars(s), ensure_ascii=False) + "\n" for s in scored)
    out.write_text("".join(lines), encoding="utf-8")
    return markdown(scored, command)


def markdown(scored: Sequence[Scored], command: str) -> str:
    """A table of every measure, tune and test apart."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item in scored:
        for name, found in item.scores.items():
            values[name][item.split] += found
    rows = []
    for name, of in values.items():
        cells = [str(metrics.mean(name, of[split])) if split in of else "" for split in (*SPLITS, "")]
        aim = f"at least {TARGETS[name]:.2f}" if name in TARGETS else ""
        rows.append(f"| {name} | {cells[0]} | {cells[1]} | {cells[2]} | {aim} |")
    lines = [
        f"- the demo municipality, asked on {ASKED_ON.isoformat()}",
        f"- machine: {machine.describe()}",
        f"- command: `{command}`", "",
        "| measure | tune | test | not split | target |",
        "|---|---|---|---|---|",
        *rows,
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _question(text: str, history: Sequence[PastTurn], choice: str | None = None) -> Question:
    return Question(DEMO_MUNICIPALITY, text, ASKED_ON, "ja", "batch", tuple(history), choice)


def _progress(name: str) -> Iterator[dict[str, Any]]:
    return iter(tqdm(list(read(name)), desc=name, disable=not sys.stderr.isatty()))


def _shown(topic: Any) -> set[str]:
    """Articles a topic's outcome is answered from or offers as choices."""
    return {s.id for s in topic.sources} | {c.article for c in topic.choices if c.article}


def _outcomes(reply: Answer) -> list[dict[str, Any]]:
    keys = ("text", "status", "facet", "answer", "worked_out")
    topics = zip(reply.topics, reply.to_json()["topics"], strict=True)
    return [{k: data[k] for k in keys} | {"ranking": t.ranking[:3], "shown": sorted(_shown(t))} for t, data in topics]


def _plain(text: str) -> str:
    """Without spaces, line ends and Markdown's signs, as a reader sees it."""
    return "".join(c for c in normalise(text) if not c.isspace() and c not in "*#`|")
