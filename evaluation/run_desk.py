"""Ask the desk every question of a set and keep what it said: the only part of a run that needs models and an index."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot import ask
from bot.desk import Desk
from evaluation import machine
from evaluation.check_facts import record
from evaluation.items import Item, digest
from evaluation.prediction_file import Line, RunHeader, write
from knowledge.snapshot_content import Content
from settings import ROOT, Settings

CONFIGURATION = ("encoder", "reranker", "generator", "generator_model", "ner", "message_max_length", "timezone")
"""Settings that change answers."""


def run(
    settings: Settings,
    code: str,
    items: Sequence[Item],
    out: Path,
    *,
    name: str,
    question_set: str,
    set_version: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> RunHeader:
    """Ask `items` of the municipality's served index and write the run's file. Raises UnknownMunicipality, OSError."""
    desk = Desk(settings)
    desk.warm_up(watch=False)
    content = desk.services(code).content
    header = RunHeader(
        name=name,
        municipality=code,
        question_set=question_set,
        set_version=set_version,
        set_digest=digest(items),
        snapshot=desk.ready()[code],
        code_version=code_version(),
        configuration={key: getattr(settings, key) for key in CONFIGURATION},
        machine=machine.describe(),
        made_at=datetime.now(settings.zone).isoformat(timespec="seconds"),
    )
    write(out, header, lines := list(_asked(desk, settings, code, items, progress)), _articles(content, lines))
    return header


def code_version() -> str:
    """The commit, with `+` when files differ from it; `unknown` outside of a checkout."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--abbrev=12"],
            capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _asked(
    desk: Desk, settings: Settings, code: str, items: Sequence[Item], progress: Callable[[int, int], None]
) -> Iterable[Line]:
    for number, item in enumerate(tqdm(items, desc="asking", disable=not sys.stderr.isatty()), 1):
        reply, ms = ask.answer(desk, settings, code, item.text, item.conversation, item.language)
        yield Line(item, _kept(ask.record(item.key, reply, ms)))
        progress(number, len(items))


def _kept(record: Mapping[str, Any]) -> dict[str, Any]:
    """Without what repeats the item or the desk's telephone numbers."""
    return {key: value for key, value in record.items() if key not in ("id", "contact")}


def _articles(content: Content, lines: Iterable[Line]) -> dict[str, tuple[str, str]]:
    wanted = {a for line in lines for a in (*line.cited, *line.offered, *line.item.expected, *line.ranking[:3])}
    found = {}
    for article in content.articles:
        if article.id in wanted:
            found[article.id] = (article.title, record(article, content.department_of.get(article.department)))
    return found
