"""`python -m evaluation bench-scale`: the whole pipeline over a town of a million passages, in one process, by one client."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from evaluation import machine, scale_town
from evaluation.bench import Figure
from evaluation.installation import CommandFailed, Installation
from evaluation.own_questions import QUESTIONS
from indexer import snapshot
from indexer.encoder import Encoder
from indexer.search import DENSE_PASSAGES
from indexer.synchronise import SyncResult, synchronise
from indexer.vector_store import FaissStore, VectorStore

PASSAGES, ENCODED, ASKED = 1_000_000, 20_000, 400
BEGIN, END = "<!-- scale -->", "<!-- end of scale -->"
COSINE = 0.9
"""Of a moved vector with the one it was: two wordings moved from one are at 0.81, as two places' bodies are (median 0.82)."""
RECALL_QUESTIONS, COMPARED_AT_ONCE = 200, 16_384
WATCHED_EVERY = 0.05


class MovedEncoder:
    """`encoder` for the first `really` passages of a town; a later one gets the vector of one of those, moved.

    What it is moved from is of the same article of the demo and of the same kind (`origins`, in the order in which the
    passages come); it is moved by normal noise in all directions and made a unit vector again. The same seed, the same vectors.
    """

    def __init__(self, encoder: Encoder, origins: Iterator[tuple[str, Any]], really: int, seed: int = 0) -> None:
        self.name, self._encoder, self._origins, self._really = encoder.name, encoder, origins, really
        self._generator = np.random.default_rng(seed)
        self._real: list[NDArray[np.float32]] = []
        self._rows: dict[tuple[str, Any], list[int]] = defaultdict(list)

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        keys = list(islice(self._origins, len(texts)))
        if len(self._real) < self._really:
            vectors = self._encoder.encode_passages(texts)
            for key, vector in zip(keys, vectors, strict=True):
                self._rows[key].append(len(self._real))
                self._real.append(vector)
            return vectors
        rows = [int(self._generator.choice(self._rows.get(key) or len(self._real))) for key in keys]
        noise = self._generator.standard_normal((len(rows), self.dimension), dtype=np.float32)
        moved = np.stack([self._real[row] for row in rows]) + noise * (COSINE**-2 - 1) ** 0.5 / self.dimension**0.5
        units: NDArray[np.float32] = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
        return units

    def save(self, folder: Path) -> None:
        self._encoder.save(folder)


@dataclass(frozen=True)
class Memory:
    """Of a process, in MiB: the greatest resident set, and the greatest part of it that no file backs."""

    resident: float
    own: float


def measure(installation: Installation, passages: int, encoded: int, asked: int, run: Path) -> list[Figure]:
    """Build the town in `installation`, ask it `asked` questions, and write the answers to `run`. Raises CommandFailed."""
    demo = scale_town.demo()
    _tell("indexing the demo municipality, whose encoder the town gets")
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        encoder = _encoder(demo, Path(folder) / "demo")
        _tell(f"recombining {passages} passages")
        town = scale_town.town(demo, passages)
        _tell(f"indexing {len(town.articles)} articles")
        load = machine.load_average()
        moved = MovedEncoder(encoder, scale_town.origins(town), encoded)
        built = synchronise(town, installation.indexes, progress=True, encoder=moved)
    articles = len(town.articles)
    del town, moved
    figures = list(_built(installation, built, articles, min(encoded, built.passages), load))
    questions = _questions(asked)
    figures += _found(installation.indexes / built.snapshot, encoder, [q["text"] for q in questions])
    return figures + list(_asked(installation, questions, run))


def _encoder(demo: Any, home: Path) -> Encoder:
    result = synchronise(demo, home)
    return snapshot.open_snapshot(home / result.snapshot).encoder


def _built(installation: Installation, built: SyncResult, articles: int, really: int, load: float) -> Iterator[Figure]:
    how = f"passages, words, BM25, vectors, files; {articles} articles, {really} passages encoded, the other vectors moved"
    yield Figure("passages", float(built.passages), "passages", f"{articles} articles", load)
    yield Figure("full index of the town", built.seconds, "s", how, load)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    yield Figure("memory of the build", peak, "MiB", "greatest resident set, articles included", load)
    files = sorted(p for p in (installation.indexes / built.snapshot).rglob("*") if p.is_file())
    greatest = sorted(files, key=lambda p: -p.stat().st_size)[:4]
    parts = ", ".join(f"{p.name} {p.stat().st_size / 2**20:.0f}" for p in greatest)
    yield Figure("size on disk", sum(p.stat().st_size for p in files) / 2**20, "MiB", f"one snapshot; greatest: {parts}", load)


def _found(folder: Path, encoder: Encoder, texts: Sequence[str]) -> Iterator[Figure]:
    """How many of the truly nearest passages the index finds, and how long it takes for that."""
    store = FaissStore.load(folder / "dense.faiss")
    queries = encoder.encode_queries(texts[:RECALL_QUESTIONS])
    queries = queries[np.linalg.norm(queries, axis=1) > 0]
    _tell("comparing with an exact search")
    load = machine.load_average()
    shares, ms = [], []
    for query, near in zip(queries, nearest(store, queries, DENSE_PASSAGES), strict=True):
        started = time.perf_counter()
        found = store.search(query, DENSE_PASSAGES)
        ms.append((time.perf_counter() - started) * 1000)
        shares.append(len(near & {i for i, _ in found}) / len(near))
    how = f"share of the {DENSE_PASSAGES} truly nearest passages that are found; {len(queries)} questions, {store.dimension} dimensions"
    yield Figure(f"recall@{DENSE_PASSAGES} of the vector search", float(np.mean(shares)), "", how, load)
    yield Figure("vector search alone p95", float(np.quantile(ms, 0.95)), "ms", "one thread", load)


def nearest(store: VectorStore, queries: NDArray[np.float32], k: int) -> list[set[int]]:
    """Ids of the `k` stored vectors of greatest cosine with each query, all being compared."""
    ids = np.zeros((len(queries), 0), dtype=np.int64)
    cosines = np.zeros((len(queries), 0), dtype=np.float32)
    for start in range(0, store.size, COMPARED_AT_ONCE):
        some = np.arange(start, min(start + COMPARED_AT_ONCE, store.size))
        cosines = np.hstack([cosines, queries @ store.vectors(some).T])
        ids = np.hstack([ids, np.broadcast_to(some, (len(queries), len(some)))])
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        ids, cosines = np.take_along_axis(ids, best, axis=1), np.take_along_axis(cosines, best, axis=1)
    return [set(row.tolist()) for row in ids]


def _questions(count: int) -> list[dict[str, Any]]:
    """`count` of all questions of questions/*.jsonl, at even distances, with the messages that went before."""
    lines = [line for path in sorted(QUESTIONS.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    chosen = [json.loads(lines[at]) for at in np.linspace(0, len(lines) - 1, min(count, len(lines))).astype(int)]
    return [{"id": q["id"], "text": q["text"], "conversation": q.get("conversation", [])} for q in chosen]


def _asked(installation: Installation, questions: Sequence[dict[str, Any]], run: Path) -> Iterator[Figure]:
    _tell("starting to answer")
    load = machine.load_average()
    first = installation.run("bot.ask", questions[0]["text"], "--json").seconds
    yield Figure("start to the first answer", first, "s", "`python -m bot.ask`, every file checked, in the page cache", load)
    batch = installation.folder / "questions.jsonl"
    batch.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in questions), encoding="utf-8")
    run.parent.mkdir(parents=True, exist_ok=True)
    _tell(f"asking {len(questions)} questions")
    load = machine.load_average()
    memory = _watched(installation.start("bot.ask", "--batch", str(batch), "--out", str(run)))
    lines = [json.loads(line) for line in run.read_text(encoding="utf-8").splitlines()]
    ms = [line["ms"] for line in lines]
    how = f"`bot.pipeline.run` by `python -m bot.ask --batch`, {len(ms)} questions of evaluation/questions, one client, look for names on"
    for share in (50, 95, 99):
        yield Figure(f"pipeline p{share} at scale", float(np.quantile(ms, share / 100)), "ms", how, load)
    steps = sorted({step for line in lines for step in line["steps_ms"]})
    p95 = {step: float(np.quantile([line["steps_ms"].get(step, 0.0) for line in lines], 0.95)) for step in steps}
    slowest = sorted(steps, key=lambda step: -p95[step])[:3]
    how = "the three slowest steps, p95 of each: " + ", ".join(f"{step} {p95[step]:.1f} ms" for step in slowest)
    yield Figure("slowest step p95", p95[slowest[0]], "ms", how, load)
    yield Figure(
        "memory of the answering process", memory.resident, "MiB", "greatest resident set, files it reads included", load
    )
    yield Figure("of that its own", memory.own, "MiB", "the rest is the page cache's, which all workers share", load)


def _watched(process: subprocess.Popen[str]) -> Memory:
    """The memory of a command until it ends. Raises CommandFailed when it does not end with 0."""
    seen: list[Memory] = [Memory(0.0, 0.0)]

    def watch() -> None:
        watched = psutil.Process(process.pid)
        while process.returncode is None:
            try:
                memory = watched.memory_info()
            except psutil.NoSuchProcess:
                return
            seen.append(Memory(memory.rss / 2**20, (memory.rss - memory.shared) / 2**20))
            time.sleep(WATCHED_EVERY)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, errors = process.communicate()
    watcher.join()
    if process.returncode:
        raise CommandFailed(errors[-2000:])
    return Memory(max(m.resident for m in seen), max(m.own for m in seen))


def markdown(figures: Sequence[Figure], encoded: int, command: str) -> str:
    """The figures as a table, after what they were measured on and what they do not say."""
    lines = [
        f"- measured on {datetime.now().astimezone():%Y-%m-%d}",
        f"- machine: {machine.describe()}",
        "- data: the demo municipality's articles recombined under names of places that exist nowhere (`evaluation/scale_town.py`)",
        f"- **not all vectors are encoded texts**: the encoder read {encoded} passages; every other vector is one of those, of the "
        f"same article and kind, moved by seeded noise to a cosine of {COSINE} and made a unit vector again. How long a search takes "
        "does not depend on that; how long encoding takes is not in these figures, nor how good the answers are",
        f"- command: `{command}`",
        "",
        "| figure | measured | target | met | how | load average before |",
        "|---|---|---|---|---|---|",
        *(figure.row() for figure in figures),
    ]
    return "\n".join(lines) + "\n"


def _tell(doing: str) -> None:
    print(f"bench-scale: {doing}", file=sys.stderr, flush=True)
