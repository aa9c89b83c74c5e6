"""`python -m evaluation.fit_emergencies`: fit bot/screening/second_look.npz, the second look for emergencies.

Learns from evaluation/data/emergencies_train.jsonl, the `tuning` lines of the detector's test set, the batches in `LEARNT`
the questions of our own FAQ collection and four of five articles of the demo municipality; prints how the detector does on what it has not learnt.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.screening.emergencies import by_patterns, detect, fold
from bot.screening.second_look import BUCKETS, WEIGHTS, buckets, load_weights
from evaluation.emergency_lines import Line, training_lines
from evaluation.own_questions import retrieval_questions
from evaluation.training_faq import training_articles
from indexer.text import readings
from knowledge.municipality_folder import read_folder

_KANJI = re.compile(r"[\u3400-\u9fff]")
TESTS = Path(__file__).parent.parent / "tests" / "bot" / "screening" / "data"
DEMO = Path(__file__).parent.parent / "knowledge" / "samples" / "midorino"
KINDS = ("life", "crime", "sea", "suicide", "dv", "child_abuse", "disaster", "child_sos")
ABOUT_DANGER = ("child-abuse-consultation", "domestic-violence-protection", "mental-health-consultation")
"""Articles whose alternative phrasings are partly pleas (「子どもを叩いてしまいそう」): neither ordinary nor labelled."""
_DANGER = re.compile(
    r"虐待|暴力|ＤＶ|DV|自殺|自死|ストーカー|救急|119|110|189|避難|警戒レベル|災害|火事|火災|行方|徘徊|警察|犯罪|性被害|いじめ|ひきこもり|こころ|心の"
)
"""Our own training articles with one of these words are left out for the same reason."""
LEARNT: tuple[str, ...] = ("batch1", "batch2", "batch3")
"""Batches that were tuned on and then joined the training lines; `batch4` never does."""
THRESHOLD = -0.75
"""Log-odds from which the second look brings up a card, the lowest at which at most one in twenty of our questions about the demo
municipality gets one; a wrong card costs less than a missed plea."""
STRENGTH = 100.0
"""Inverse of the regularisation. Chosen on each of the three learnt batches with weights that knew only the other two."""
BY_HAND = ("hand", "tuning", "batch1", "batch2", "batch3")
"""Sources of single lines; each counts three times, because sentence frames repeat their words."""


@dataclass(frozen=True)
class Measured:
    """How many of how many messages of a set bring up a card, with the patterns alone and with the second look."""

    name: str
    count: int
    patterns: int
    both: int
    wrong_kind: int = 0


def ordinary_lines(*, held_out: bool) -> list[Line]:
    """Titles and alternatives of the demo municipality: one article in five is held out, chosen by its id."""
    articles = [row.article for row in read_folder(DEMO).rows if row.article and row.article.id not in ABOUT_DANGER]
    chosen = [article for article in articles if (zlib.crc32(article.id.encode()) % 5 == 0) is held_out]
    return [Line(text, "ja", None, "articles") for article in chosen for text in (article.title, *article.alternatives)]


def ordinary_questions() -> list[Line]:
    """The residents' questions of our own FAQ collection, but for articles about danger and what the patterns recognise."""
    articles = [a for a in training_articles() if not _DANGER.search(a.title + a.body)]
    return [Line(q, "ja", None, "questions") for a in articles for q in a.questions if by_patterns(q) is None]


def demo_questions() -> list[Line]:
    """Our questions about the demo municipality, none of them learnt; nearly all ordinary."""
    return [Line(q.text, "ja", None, "demo") for q in retrieval_questions() if q.article not in ABOUT_DANGER]


def test_lines(file: str, split: str) -> list[Line]:
    """Labelled lines of one split of a test set."""
    rows = [json.loads(line) for line in (TESTS / file).read_text(encoding="utf-8").splitlines()]
    return [Line(row["text"], row["language"], row["kind"], split) for row in rows if row["split"] == split]


def learnt_lines() -> list[Line]:
    """Everything the weights are fitted to, before it is varied."""
    batches = [line for split in LEARNT for line in test_lines("emergency_batches.jsonl", split)]
    lines = [
        *training_lines(),
        *test_lines("emergencies.jsonl", "tuning"),
        *batches,
        *ordinary_lines(held_out=False),
        *ordinary_questions(),
    ]
    return [*lines, *(line for line in lines if line.source in BY_HAND for _ in range(2))]


def varied(lines: Iterable[Line]) -> Iterator[tuple[str, str | None]]:
    """Every line folded; many Japanese lines also in hiragana only, and some with a character missing or doubled."""
    chance = random.Random(9)  # noqa: S311 - repeatable, nothing secret
    for line in lines:
        text = fold(line.text)
        yield text, line.kind
        if line.language == "ja" and chance.random() < 0.3:
            yield fold(reading(line.text)), line.kind
        if len(text) > 6 and chance.random() < 0.15:
            place = chance.randrange(1, len(text) - 1)
            yield text[:place] + text[place] * chance.choice((0, 2)) + text[place + 1 :], line.kind


def reading(text: str) -> str:
    """The text with its kanji words in kana, as somebody writes who does not know the characters."""
    return "".join(kana if kana and _KANJI.search(surface) else surface for surface, kana in readings(text))


def matrix(texts: Sequence[str]) -> csr_matrix:
    """One row for each text, its touched buckets with equal shares; rows have length 1."""
    rows = [buckets(text) for text in texts]
    values = np.concatenate([np.full(len(row), 1 / np.sqrt(max(1, len(row)))) for row in rows])
    starts = np.cumsum([0, *(len(row) for row in rows)])
    return csr_matrix((values, np.concatenate(rows), starts), shape=(len(texts), BUCKETS))


def fit(pairs: Sequence[tuple[str, str | None]], strength: float = STRENGTH) -> tuple[NDArray[Any], NDArray[Any]]:
    """Coefficients (buckets x columns) and biases: any emergency against none, then each kind against the other kinds."""
    texts, kinds = [text for text, _ in pairs], np.array([kind or "" for _, kind in pairs])
    features = matrix(texts)
    dangerous = kinds != ""
    models = [_one(features, dangerous, strength)]
    models += [_one(features[dangerous], kinds[dangerous] == kind, strength) for kind in KINDS]
    return np.array([model.coef_[0] for model in models]).T, np.array([model.intercept_[0] for model in models])


def _one(features: csr_matrix, right: NDArray[np.bool_], strength: float) -> LogisticRegression:
    model = LogisticRegression(C=strength, solver="liblinear", class_weight="balanced", max_iter=300)
    return model.fit(features, right)


def write(coefficients: NDArray[Any], biases: NDArray[Any], threshold: float, path: Path = WEIGHTS) -> None:
    """Store the weights in eight bits each, with one scale for each column."""
    scales = np.abs(coefficients).max(axis=0) / 127
    table = np.rint(coefficients / scales).astype(np.int8)
    np.savez_compressed(
        path,
        kinds=np.array(KINDS),
        table=table,
        scales=scales.astype(np.float32),
        biases=biases.astype(np.float32),
        threshold=np.float64(threshold),
    )


def measure(name: str, lines: Sequence[Line]) -> Measured:
    """Run the whole detector over labelled lines."""
    found = [(line.kind, by_patterns(line.text), detect(line.text)) for line in lines]
    wrong = sum(kind is not None and both is not None and both.kind != kind for kind, _, both in found)
    return Measured(name, len(found), sum(p is not None for _, p, _ in found), sum(b is not None for _, _, b in found), wrong)


def measured_sets() -> Iterator[tuple[str, list[Line]]]:
    """The sets of the table in docs/emergencies.md: name and lines, emergencies and others apart."""
    sets = [("emergencies.jsonl", split) for split in ("held_out", "unseen")]
    sets += [("emergency_batches.jsonl", split) for split in ("batch1", "batch2", "batch3", "batch4")]
    for file, split in sets:
        lines = test_lines(file, split)
        if lines:
            yield f"{split}, emergencies", [line for line in lines if line.kind]
            yield f"{split}, others", [line for line in lines if not line.kind]
    yield "demo articles held out", ordinary_lines(held_out=True)
    yield "questions about the demo", demo_questions()


def main() -> None:
    """Fit, store and measure."""
    parser = argparse.ArgumentParser(prog="evaluation.fit_emergencies", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure the stored weights, fit nothing")
    parser.add_argument("--questions", type=Path, help="JSONL file of real questions; print those that bring up a card")
    given = parser.parse_args()
    if not given.measure:
        pairs = list(varied(learnt_lines()))
        print(f"learning from {len(pairs)} lines, {sum(kind is not None for _, kind in pairs)} of emergencies")
        write(*fit(pairs), THRESHOLD)
        load_weights.cache_clear()
    for name, lines in measured_sets():
        row = measure(name, lines)
        print(f"{row.name}: {row.both}/{row.count} (patterns alone {row.patterns}), wrong kind {row.wrong_kind}")
    if given.questions:
        asked = [json.loads(line)["text"] for line in given.questions.read_text(encoding="utf-8").splitlines()]
        fired = [text for text in asked if detect(text)]
        print(f"real questions: {len(fired)}/{len(asked)}", *fired, sep="\n  ")


if __name__ == "__main__":
    main()
