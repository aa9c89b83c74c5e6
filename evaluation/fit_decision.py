"""`python -m evaluation.fit_decision --faq DIR`: fit bot/decision.json, the probability that the first answer is right.

Two kinds of questions, half of them made unanswerable by withholding every right article: real ones with graded
judgments over an FAQ collection, and our own about articles of the demo municipality that no model was trained on.
Reported on questions left out of the fit (five folds).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from bot.decision import FEATURES, MODEL, features
from bot.steps.rank import fused
from evaluation.own_questions import retrieval_questions
from indexer.search import SearchIndex
from indexer.snapshot import current_version, open_snapshot
from indexer.synchronise import synchronise
from knowledge.articles import Article, Municipality, State
from knowledge.municipality_folder import read_folder
from knowledge.snapshot_content import Content

ON = date(2026, 10, 1)
HIGH_STAKES = (
    "税", "国民健康保険", "後期高齢者医療", "年金", "介護・高齢者", "障がい福祉", "生活支援", "子育て", "保育", "おくやみ", "防災", "外国人",
)  # fmt: skip
"""Categories in which a wrong answer costs a benefit or a deadline."""
RIGHT_GRADE = 2
"""Of the graded judgments only "correct information" counts as right, not "related"."""
THRESHOLDS = {"ordinary": {"answer": 0.55, "ask": 0.12}, "high_stakes": {"answer": 0.65, "ask": 0.12}}


@dataclass(frozen=True)
class Case:
    """A question's features, whether the first answer was right, and which set it came from."""

    features: tuple[float, ...]
    right: bool
    source: str


def cases(index: SearchIndex, questions: Sequence[tuple[str, frozenset[str], frozenset[str]]], source: str) -> Iterator[Case]:
    """Cases of (text, right ids, ids to withhold when made unanswerable); every second question is unanswerable."""
    for number, (text, right, related) in enumerate(questions):
        found = index.search(text, ON)
        hidden = right | related if number % 2 else frozenset()
        ranked = sorted(((fused(c, index), c) for c in found.kept if c.article.id not in hidden), key=lambda pair: -pair[0])
        if ranked:
            values = features([s for s, _ in ranked], ranked[0][1], len(found.words))
            yield Case(tuple(values), ranked[0][1].article.id in right, source)


def indexed(content: Content) -> SearchIndex:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, content.municipality.code)
        synchronise(content, home)
        return SearchIndex(open_snapshot(home / current_version(home)))


def faq_cases(folder: Path) -> list[Case]:
    """Real questions over a real FAQ collection."""
    lines = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    articles = tuple(Article("282022", d["id"], d["question"], d["answer"], state=State.PUBLISHED) for d in lines)
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.dev.tsv").read_text(encoding="utf-8").splitlines():
        query, article, grade = line.split("\t")
        grades[query][article] = int(grade)
    asked = [json.loads(line) for line in (folder / "queries.dev.jsonl").read_text(encoding="utf-8").splitlines()]
    questions = [(q["text"], *_by_grade(grades[q["id"]])) for q in asked]
    return list(cases(indexed(Content(Municipality("282022", "評価用"), (), articles)), questions, "faq"))


def demo_cases(folder: Path) -> list[Case]:
    """Our own questions about the articles kept for testing, asked of the whole demo municipality."""
    town = read_folder(folder)
    articles = tuple(r.article for r in town.rows if r.article)
    questions = [(q.text, q.right, frozenset[str]()) for q in retrieval_questions(held_out=True)]
    return list(cases(indexed(Content(town.municipality, tuple(town.departments), articles)), questions, "own"))


def fit(samples: Sequence[Case]) -> tuple[NDArray[np.float64], NDArray[np.float64], LogisticRegression]:
    """Mean, scale and the regression on standardised features; each set weighs the same."""
    x = np.array([c.features for c in samples])
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    sizes = {s: sum(c.source == s for c in samples) for s in {c.source for c in samples}}
    weights = [len(samples) / sizes[c.source] for c in samples]
    model = LogisticRegression(C=1.0, max_iter=1000).fit((x - mean) / scale, [c.right for c in samples], sample_weight=weights)
    return mean, scale, model


def left_out(samples: Sequence[Case]) -> NDArray[np.float64]:
    """Probability of each case by a model that never saw it (five folds)."""
    probabilities = np.zeros(len(samples))
    for train, test in KFold(5, shuffle=True, random_state=0).split(samples):
        mean, scale, model = fit([samples[i] for i in train])
        x = np.array([samples[i].features for i in test])
        probabilities[test] = model.predict_proba((x - mean) / scale)[:, 1]
    return probabilities


def report(samples: Sequence[Case], probabilities: NDArray[np.float64]) -> None:
    for source in sorted({c.source for c in samples}):
        at = [i for i, c in enumerate(samples) if c.source == source]
        p, right = probabilities[at], np.array([samples[i].right for i in at])
        line = f"{source}: n={len(at)} right={right.mean():.3f} AUROC={roc_auc_score(right, p):.3f} ECE={calibration_error(p, right):.3f}"
        for limit in (0.5, 0.55, 0.6, 0.65, 0.7, 0.8):
            told = p >= limit
            line += f"\n   p>={limit}: answered {told.mean():.2f}, right among them {right[told].mean() if told.any() else float('nan'):.3f}"
        print(line)


def calibration_error(p: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over `bins` equal-width bins (Naeini et al., 2015)."""
    at = np.minimum((p * bins).astype(int), bins - 1)
    parts = [(np.sum(at == b) / len(p)) * abs(p[at == b].mean() - right[at == b].mean()) for b in range(bins) if np.any(at == b)]
    return float(sum(parts))


def _by_grade(grades: Mapping[str, int]) -> tuple[frozenset[str], frozenset[str]]:
    right = frozenset(i for i, g in grades.items() if g >= RIGHT_GRADE)
    return right, frozenset(grades) - right


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.fit_decision", description=__doc__)
    parser.add_argument("--faq", type=Path, required=True, help="folder with corpus.jsonl, queries.dev.jsonl, qrels.dev.tsv")
    parser.add_argument("--demo", type=Path, default=Path(__file__).parent.parent / "knowledge/samples/midorino")
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args(arguments)
    samples = [*faq_cases(options.faq), *demo_cases(options.demo)]
    report(samples, left_out(samples))
    mean, scale, model = fit(samples)
    data = {
        "features": FEATURES,
        "mean": mean.round(6).tolist(),
        "scale": scale.round(6).tolist(),
        "weights": model.coef_[0].round(6).tolist(),
        "bias": round(float(model.intercept_[0]), 6),
        "thresholds": THRESHOLDS,
        "high_stakes": HIGH_STAKES,
    }
    options.out.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
