"""The file of a run: everything needed to score it again without the desk, its models or its database.

JSON lines: first {"run": …} (what was run), then {"item": …, "prediction": …} a question, and {"article": {"id", "title",
"record"}} for every article that an answer cites or a question expects.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from bot.answer import Outcome, Status
from evaluation.items import BadItem, Item, item_of

FORMAT = 1


class BadRunFile(ValueError):
    """The file is not a run; the message names the line."""


@dataclass(frozen=True)
class RunHeader:
    """What was run. `configuration`: the settings that change answers; times are ISO 8601 with a zone."""

    name: str
    municipality: str
    question_set: str
    set_version: int
    set_digest: str
    snapshot: str
    code_version: str
    configuration: Mapping[str, Any]
    machine: str
    made_at: str
    format: int = FORMAT


@dataclass(frozen=True)
class Line:
    """A question and the record of `bot.ask` for it."""

    item: Item
    prediction: Mapping[str, Any]

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.prediction["outcome"])

    @property
    def status(self) -> Status:
        return Status(self.prediction["status"])

    @property
    def ranking(self) -> tuple[str, ...]:
        return tuple(self.prediction["ranking"])

    @property
    def cited(self) -> tuple[str, ...]:
        """Articles the answer is taken from, those of all topics."""
        topics = self.prediction["topics"]
        found = [s["id"] for topic in topics for s in topic["sources"]] or [s["id"] for s in self.prediction["sources"]]
        return tuple(dict.fromkeys(found))

    @property
    def offered(self) -> tuple[str, ...]:
        """Articles among the choices."""
        choices = [*self.prediction["choices"], *(c for topic in self.prediction["topics"] for c in topic["choices"])]
        return tuple(dict.fromkeys(c["article"] for c in choices if c["article"]))

    @property
    def probability(self) -> float | None:
        said = self.prediction["probability"]
        return None if said is None else float(said)

    @property
    def ms(self) -> float:
        return float(self.prediction["ms"])

    def shown(self) -> str:
        """All the resident can see of the answer, folded parts too."""
        parts = [self.prediction["answer"]]
        for topic in self.prediction["topics"]:
            parts += [topic["answer"], *(f"{s['heading']}\n{s['body']}" for s in topic["sections"])]
            parts += [f"{fact['label']} {' '.join(fact['values'])}" for fact in topic["facts"]]
        return "\n".join(parts)


@dataclass(frozen=True)
class Run:
    """`articles`: id -> (title, everything on file about it)."""

    header: RunHeader
    lines: tuple[Line, ...]
    articles: Mapping[str, tuple[str, str]]


def write(path: Path, header: RunHeader, lines: Iterable[Line], articles: Mapping[str, tuple[str, str]]) -> None:
    """Write the whole file or nothing: a run that was cut off leaves only its temporary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.part")
    with _opened(path, temporary, "wt") as out:
        for record in _records(header, lines, articles):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    temporary.replace(path)


def read(path: Path) -> Run:
    """Raises BadRunFile, OSError."""
    header: RunHeader | None = None
    lines: list[Line] = []
    articles: dict[str, tuple[str, str]] = {}
    with _opened(path, path, "rt") as file:
        for number, text in enumerate(file, 1):
            try:
                data = json.loads(text)
                if "run" in data:
                    header = RunHeader(**data["run"])
                elif "article" in data:
                    articles[data["article"]["id"]] = (data["article"]["title"], data["article"]["record"])
                else:
                    lines.append(_line(data, number))
            except (ValueError, KeyError, TypeError, BadItem) as error:
                raise BadRunFile(f"{path}:{number}: not a line of a run: {error!r}") from error
    if header is None:
        raise BadRunFile(f"{path}: the first line does not say what was run")
    if header.format != FORMAT:
        raise BadRunFile(f"{path}: format {header.format}; this version reads {FORMAT}")
    if len({line.item.key for line in lines}) != len(lines):
        raise BadRunFile(f"{path}: a question comes twice")
    return Run(header, tuple(lines), articles)


def _opened(named: Path, path: Path, mode: str) -> IO[str]:
    """`path` as text, packed when `named` ends with .gz or .xz; the packed bytes depend on the content alone."""
    if named.suffix == ".xz":
        return io.TextIOWrapper(lzma.LZMAFile(path, mode[0], preset=9 if mode == "wt" else None), encoding="utf-8")
    if named.suffix == ".gz":
        return io.TextIOWrapper(gzip.GzipFile(path, mode[0] + "b", mtime=0), encoding="utf-8")
    return path.open(mode, encoding="utf-8")


def _records(header: RunHeader, lines: Iterable[Line], articles: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    yield {"run": asdict(header)}
    for line in lines:
        yield {"item": line.item.to_json(), "prediction": dict(line.prediction)}
    for key, (title, record) in articles.items():
        yield {"article": {"id": key, "title": title, "record": record}}


def _line(data: Mapping[str, Any], number: int) -> Line:
    line = Line(item_of(data["item"], f"line {number}"), data["prediction"])
    # Read once here, so that a broken line is found now and not while a report is made.
    _ = line.outcome, line.status, line.ranking, line.cited, line.offered, line.probability, line.ms
    return line
