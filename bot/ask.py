"""`python -m bot.ask "質問" --json`, or a file of questions: the pipeline without a server."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot import logs
from bot.answer import Answer
from bot.desk import Desk, UnknownMunicipality
from bot.question import PastTurn, Question
from settings import Settings, SettingsError, load_settings


class BadQuestions(ValueError):
    """A line of the question file cannot be read; the message names file and line."""


def answer(
    desk: Desk, settings: Settings, code: str, text: str, earlier: Sequence[str] = (), language: str = "ja"
) -> tuple[Answer, float]:
    """The answer and its wall time in ms; `earlier` are the resident's messages before, asked again to know the context."""
    history: list[PastTurn] = []
    today = datetime.now(settings.zone).date()
    for past in earlier:
        reply = desk.ask(Question(code, past, today, language, "batch", tuple(history)))
        history.append(PastTurn(reply.question, reply.status, tuple(s.id for s in reply.sources)))
    started = time.perf_counter()
    reply = desk.ask(Question(code, text, today, language, "batch", tuple(history)))
    return reply, (time.perf_counter() - started) * 1000


def record(key: str | None, reply: Answer, ms: float) -> dict[str, Any]:
    """One line of a run: what the evaluation reads; `id` is None for a question that has none."""
    data = reply.to_json()
    return {
        "id": key,
        **{k: data[k] for k in ("question", "outcome", "status", "ranking", "probability", "answer")},
        "sources": [{"id": s.id, "title": s.title} for s in reply.sources],
        **{k: data[k] for k in ("topics", "choices", "contact", "masked", "snapshot")},
        "ms": round(ms, 3),
        "steps_ms": data["ms"],
    }


def questions(path: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(id, text, earlier messages) of each line {id, text, conversation?}. Raises BadQuestions."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                data = json.loads(line.decode("utf-8-sig"))
                question = str(data["id"]), str(data["text"]), tuple(_earlier(data.get("conversation")))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadQuestions(f"{path}:{number}: not a question {{id, text}}: {error!r}") from error
            yield question


def _earlier(conversation: Any) -> Iterator[str]:
    if isinstance(conversation, str):
        raise TypeError("conversation is a text, not a list")
    for turn in conversation or ():
        if said := _said(turn):
            yield said


def _said(turn: str | Mapping[str, Any]) -> str | None:
    """The resident's words of an earlier turn: a text, {role, text} or {question}; the desk's own turns are skipped."""
    if isinstance(turn, str):
        return turn
    if turn.get("role", "resident") not in ("resident", "user"):
        return None
    said = turn.get("text") or turn.get("question") or turn.get("content")
    return str(said) if said else None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.ask", description=__doc__)
    parser.add_argument("question", nargs="?", help="one question")
    parser.add_argument("--municipality", metavar="CODE", help="団体コード; left out, the demo municipality")
    parser.add_argument("--json", action="store_true", help="print the whole record instead of the answer's text")
    parser.add_argument("--language", default="ja", help="language of the fixed texts")
    parser.add_argument("--batch", type=Path, metavar="QUESTIONS.jsonl", help="lines {id, text, conversation?}")
    parser.add_argument("--out", type=Path, metavar="RUN.jsonl", help="where the run goes; left out, standard output")
    options = parser.parse_args(arguments)
    if (options.question is None) == (options.batch is None):
        parser.error("give either one question or --batch")
    try:
        settings = load_settings()
        # Standard output carries the answers; what happens besides goes to standard error, without a resident's words.
        logs.configure(settings.log_level)
        code = options.municipality or settings.municipality
        desk = Desk(settings)
        desk.warm_up(watch=False)
        if options.batch:
            _batch(desk, settings, code, options.batch, options.out, options.language)
        else:
            reply, ms = answer(desk, settings, code, options.question, language=options.language)
            print(json.dumps(record(None, reply, ms), ensure_ascii=False, indent=1) if options.json else reply.answer)
    except (SettingsError, UnknownMunicipality, BadQuestions, OSError) as error:
        print(f"bot.ask: {error}", file=sys.stderr)
        return 2
    return 0


def _batch(desk: Desk, settings: Settings, code: str, source: Path, target: Path | None, language: str) -> None:
    asked = list(questions(source))
    with target.open("w", encoding="utf-8") if target else nullcontext(sys.stdout) as out:
        for key, text, earlier in tqdm(asked, desc="asking", disable=not sys.stderr.isatty()):
            reply, ms = answer(desk, settings, code, text, earlier, language)
            out.write(json.dumps(record(key, reply, ms), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
