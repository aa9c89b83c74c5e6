"""`python -m evaluation.check_facts`: does every number, date, telephone number, amount and address of every answer stand in
the cited article or its department's record?

Asks the whole desk about every article of the demo municipality, for every facet, in every language, two questions at once,
and with generators that lie (evaluation/adversaries.py). It looks at answers from outside and shares no code with the desk's
own check. First it plants errors and must find each of them.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import structlog
from tqdm import tqdm

from bot import pipeline
from bot.answer import Answer, Status, TopicAnswer
from bot.desk import Desk
from bot.question import PastTurn, Question
from bot.turn import Services
from evaluation.adversaries import Liar, honest, liars
from evaluation.again import worked_out_again
from evaluation.claims import facts, missing
from evaluation.installation import CommandFailed, Installation
from knowledge.articles import Article, Department
from knowledge.commands import DEMO
from knowledge.snapshot_content import Content
from settings import DEMO_MUNICIPALITY, Settings

LEAST_PAIRS = 5000
LANGUAGES = ("ja", "yasashii", "en")
FACET_QUESTIONS = (
    "教えてください", "必要なものは何ですか", "手数料はいくらですか", "いつまでですか", "代理人でもできますか", "オンラインでできますか",
    "窓口はどこですか", "対象は誰ですか", "郵送でできますか", "何時までですか", "手順を教えてください",
)  # fmt: skip
LIED_TO = (FACET_QUESTIONS[0], FACET_QUESTIONS[1])
DATED = (
    "昨日引っ越しました", "3週間前に引っ越しました", "20日後に引っ越します", "3日前に子どもが生まれました", "昨日父が亡くなりました",
    "10日後に水道を使い始めます", "10日後に水道を止めます", "30日後に取りに来てほしいです", "2日前に買いました", "2年前に払いました",
    "20日後に使いたいです", "昨日退職しました", "40日後に期限が切れます", "14歳です", "70歳です", "生後5か月の子です", "2歳の子です",
)  # fmt: skip
"""Days and ages for which every article is asked: what it works out is worked out again here."""
Ask = Callable[[Question, Liar | None], Answer]


@dataclass
class Counts:
    """What was looked at, and every claim that stands nowhere: (source, claim). `breaches`: (liar, source) of lies shown."""

    pairs: int = 0
    claims: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    worked_out: int = 0
    unsupported: list[tuple[str, str]] = field(default_factory=list)
    breaches: list[tuple[str, str]] = field(default_factory=list)


def record(article: Article, department: Department | None) -> str:
    """Everything the municipality has on file for an article."""
    procedure = _strings(asdict(article.procedure))
    counter = [department.name, department.phone, department.location] if department else []
    checked = article.last_checked.isoformat() if article.last_checked else ""
    return "\n".join([article.title, article.body, article.source_url, checked, *procedure, *counter])


def shown(topic: TopicAnswer) -> str:
    """All a resident can see of a topic's answer, folded parts too."""
    parts = [topic.answer, *(f"{s.heading}\n{s.body}" for s in topic.sections)]
    return "\n".join([*parts, *(f"{fact.label} {' '.join(fact.values)}" for fact in topic.facts)])


def look_at(answer: Answer, content: Content, counts: Counts, answer_day: date | None = None) -> None:
    """Count an answer's claims, and note those that are unsupported; what was worked out is worked out again."""
    counts.pairs += 1
    for topic in answer.topics:
        counts.endings[topic.status.value] += 1
        article = content.article_of.get(topic.sources[0].id) if topic.sources else None
        if topic.status != Status.ANSWERED or article is None:
            continue  # endings hold the contact alone; the sorting table is looked up, not composed
        source = record(article, content.department_of.get(article.department))
        visible = shown(topic)
        for worked in topic.worked_out:
            counts.worked_out += 1
            if not worked_out_again(worked, source, answer_day, content):
                counts.unsupported.append((article.id, worked.text))
            visible = visible.replace(worked.text, "")
        counts.claims += sum(1 for _ in facts(visible))
        counts.unsupported += [(article.id, claim) for claim in missing(visible, source)]


def plant(content: Content) -> list[str]:
    """Doctor real articles in every way; the names of those errors that are not found."""
    article = max(content.articles, key=lambda a: len(a.body))
    source = record(article, content.department_of.get(article.department))
    planted = {
        "amount": "手数料は987円です。", "kanji amount": "手数料は九百八十七円です。", "date": "2031年7月29日まで", "days": "97日以内",
        "telephone": "0120-987-654", "address": "https://pay.example/now", "e-mail": "pay@evil.example", "time": "23:59まで",
    }  # fmt: skip
    if missing(article.body, source):
        return ["the article itself is not supported"]
    return [name for name, error in planted.items() if not missing(f"{article.body}\n{error}", source)]


def ask_everything(ask: Ask, content: Content, counts: Counts, today: date, articles: Sequence[Article] = ()) -> None:
    """Every article for every facet and language; neighbours in one message; each liar, and the honest one, on every article."""
    chosen = [a for a in articles or content.articles if a.in_force(today)]
    for article in tqdm(chosen, desc="articles", disable=not sys.stderr.isatty()):
        for language in LANGUAGES:
            for asked in FACET_QUESTIONS:
                look_at(ask(_about(article, asked, today, language), None), content, counts)
        for asked in DATED:
            _dated(ask, article, asked, today, content, counts)
        for asked in LIED_TO:
            _lie(ask, _about(article, asked, today, "ja"), article, content, counts)
    for one, two in zip(chosen, chosen[1:] + chosen[:1], strict=True):
        text = f"{(one.alternatives or (one.title,))[0]}。あと、{(two.alternatives or (two.title,))[0]}"
        look_at(ask(Question(one.municipality, text, today), None), content, counts)


def _dated(ask: Ask, article: Article, asked: str, today: date, content: Content, counts: Counts) -> None:
    """One question with a day or an age; in the other languages too where something is worked out."""
    answer = ask(_about(article, asked, today, "ja"), None)
    look_at(answer, content, counts, today)
    if any(topic.worked_out for topic in answer.topics):
        for language in LANGUAGES[1:]:
            look_at(ask(_about(article, asked, today, language), None), content, counts, today)


def _lie(ask: Ask, question: Question, article: Article, content: Content, counts: Counts) -> None:
    """Each generator on one question. Whatever differs from the answer without a generator is a rewriting that was shown."""
    extracted = replace(ask(question, None), ms={})
    for liar in (honest(), *liars()):
        answer = ask(question, liar)
        look_at(answer, content, counts)
        if liar.told is None:
            continue
        counts.tried[liar.name] += 1
        if replace(answer, ms={}) != extracted:
            counts.shown[liar.name] += 1
            counts.breaches += [] if liar.name == "honest" else [(liar.name, article.id)]


def _about(article: Article, asked: str, today: date, language: str) -> Question:
    history = (PastTurn(asked, Status.ASKED_BACK),)
    return Question(article.municipality, article.title, today, language, "batch", history, article.id)


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for v in value.values() for s in _strings(v)]
    if isinstance(value, list | tuple):
        return [s for v in value for s in _strings(v)]
    return [value] if isinstance(value, str) else []


def report(counts: Counts) -> str:
    """The counts as text."""
    lines = [
        f"questions asked: {counts.pairs}",
        f"topics by ending: {', '.join(f'{name} {n}' for name, n in counts.endings.most_common())}",
        f"claims looked up: {counts.claims}",
        f"worked out again: {counts.worked_out}",
        f"unsupported claims: {len(counts.unsupported)}",
        *(f"  {source}: {claim}" for source, claim in counts.unsupported[:20]),
        "rewritings shown of those tried:",
        *(f"  {name}: {counts.shown[name]} of {n}" for name, n in counts.tried.items()),
        f"lies shown: {len(counts.breaches)}",
        *(f"  {name}: {source}" for name, source in counts.breaches[:20]),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all is supported; 1: something is not, a planted error was not found, or too little was asked; 2: the desk failed."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.check_facts", description=__doc__)
    parser.add_argument(
        "--articles", type=int, metavar="N", help="only the first N articles (then the least number is not asked for)"
    )
    options = parser.parse_args(arguments)
    # Thousands of lies are refused on purpose; what counts is printed at the end.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    counts = Counts()
    try:
        with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
            services = _services(Path(folder))
    except CommandFailed as error:
        print(f"evaluation: {error}", file=sys.stderr)
        return 2
    content = services.content
    unseen = plant(content)
    print(f"planted errors not found: {', '.join(unseen) or 'none'}")
    ask_everything(_asker(services), content, counts, datetime.now(Settings().zone).date(), content.articles[: options.articles])
    print(report(counts))
    too_few = options.articles is None and counts.pairs < LEAST_PAIRS
    return 1 if unseen or counts.unsupported or counts.breaches or too_few else 0


def _services(folder: Path) -> Services:
    installation = Installation(folder, DEMO_MUNICIPALITY)
    installation.run("knowledge", "load", str(DEMO))
    installation.run("indexer", "build")
    desk = Desk(
        Settings(instance=folder, municipality=DEMO_MUNICIPALITY, ner=False, generator="", reranker="", log_level="ERROR")
    )
    desk.warm_up(watch=False)
    return desk.services(DEMO_MUNICIPALITY)


def _asker(services: Services) -> Ask:
    return lambda question, liar: pipeline.run(question, replace(services, generator=liar))


if __name__ == "__main__":
    sys.exit(main())
