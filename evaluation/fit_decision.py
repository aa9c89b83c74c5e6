"""`python -m evaluation.fit_decision --faq DIR`: fit bot/decision.json, the probability that the first answer is right.

Fitted on our own questions over our own FAQ collection (evaluation/training/), ranked by rankers that did not see them;
every second one is made unanswerable by withholding each article that answers it, so that its siblings remain. Measured
on questions the fit never saw: real ones over a real collection (--faq), and ours about the demo municipality.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bot import ranker as shipped
from bot.decision import FEATURES, MODEL, features
from bot.ranker import Ranker
from bot.steps.rank import scores
from evaluation import reliability
from evaluation.fit_ranker import Group, fit, groups
from evaluation.judged_towns import JudgedTown, demo_town, faq_town, training_town

HIGH_STAKES = (
    "税", "国民健康保険", "後期高齢者医療", "年金", "介護・高齢者", "障がい福祉", "生活支援", "子育て", "保育", "おくやみ", "防災", "外国人",
)  # fmt: skip
"""Categories in which a wrong answer costs a benefit or a deadline."""
KEPT = ("score", "margin")
"""Features that are fitted; the others get the weight 0. With all of them the fit is better on our own collection and
worse on every other town: how high a cosine is says more about the town than about the answer."""
THRESHOLDS = {"ordinary": {"answer": 0.50, "ask": 0.12}, "high_stakes": {"answer": 0.60, "ask": 0.12}}
LEVELS = (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8)


@dataclass(frozen=True)
class Case:
    """A question's features, whether the first answer was right (grade 2), and whether it was made unanswerable."""

    features: tuple[float, ...]
    right: bool
    withheld: bool
    source: str


def withheld(key: str) -> bool:
    """Whether the question is made unanswerable; one in two, by a hash of its id."""
    return bool(hashlib.sha256(key.encode()).digest()[0] % 2)


def case(group: Group, town: JudgedTown, answers: Mapping[str, int], ranker: Ranker, source: str) -> Case | None:
    """What the decision sees of a question; None when nothing is left to decide on."""
    hidden = answers if withheld(group.id) else {}
    left = tuple(c for c in group.candidates if c.article.id not in hidden)
    if not left:
        return None
    known = scores(left, group.words, town.index, ranker)
    order = sorted(range(len(left)), key=lambda at: (-known[at], left[at].article.id))
    best = left[order[0]]
    values = features([known[at] for at in order], best, group.words)
    return Case(tuple(values), answers.get(best.article.id, 0) >= 2 and not hidden, bool(hidden), source)


def cases(town: JudgedTown, source: str, ranker: Ranker) -> list[Case]:
    """One case a question, by one ranker."""
    answers = {q.id: q.grades for q in town.questions}
    return [c for g in groups(town) if (c := case(g, town, answers[g.id], ranker, source))]


def crossed_cases(town: JudgedTown, source: str) -> list[Case]:
    """One case a question, each by a ranker fitted on the other half of the articles."""
    answers = {q.id: q.grades for q in town.questions}
    halves: tuple[list[Group], list[Group]] = ([], [])
    for group in groups(town):
        halves[hashlib.sha256(group.fold_key.encode()).digest()[1] % 2].append(group)
    found = []
    for own, other in (halves, halves[::-1]):
        ranker = Ranker(fit(other, 0))
        found += [c for g in own if (c := case(g, town, answers[g.id], ranker, source))]
    return found


def regression(samples: Sequence[Case]) -> dict[str, list[float] | float]:
    """Mean, scale, weights and bias of a logistic regression on standardised features (Platt, 1999)."""
    x, right = np.array([c.features for c in samples]), [c.right for c in samples]
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    kept = [FEATURES.index(name) for name in KEPT]
    model = LogisticRegression(C=1.0, max_iter=1000).fit(((x - mean) / scale)[:, kept], right)
    weights = np.zeros(len(FEATURES))
    weights[kept] = model.coef_[0]
    return {
        "mean": mean.round(6).tolist(), "scale": scale.round(6).tolist(), "weights": weights.round(6).tolist(),
        "bias": round(float(model.intercept_[0]), 6),
    }  # fmt: skip


def probabilities(samples: Sequence[Case], fitted: Mapping[str, list[float] | float]) -> NDArray[np.float64]:
    x = np.array([c.features for c in samples])
    logits = fitted["bias"] + ((x - fitted["mean"]) / fitted["scale"]) @ np.array(fitted["weights"])
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)


def report(name: str, samples: Sequence[Case], p: NDArray[np.float64]) -> None:
    right, hidden = np.array([c.right for c in samples]), np.array([c.withheld for c in samples])
    told = reliability.summary(p.tolist(), right.tolist())
    print(f"{name}: n={told.n} right={right.mean():.3f} AUROC={told.auroc:.3f} ECE={told.ece:.3f} Brier={told.brier:.3f}")
    for level in LEVELS:
        answered = (p >= level) & ~hidden
        share = f"{right[answered].mean():.3f}" if answered.any() else "undefined"
        print(f"   p>={level}: answerable ones answered {answered.sum() / (~hidden).sum():.2f}, right among them {share}, "
              f"unanswerable ones not answered {(p[hidden] < level).mean():.3f}")  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.fit_decision", description=__doc__)
    parser.add_argument("--faq", type=Path, help="folder with corpus.jsonl, queries.dev.jsonl, qrels.dev.tsv: only measured on")
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--cases", type=Path, help="write {probability, right, source} lines, for evaluation/reliability.py")
    options = parser.parse_args(arguments)
    samples = crossed_cases(training_town(), "ours")
    fitted = regression(samples)
    sets = {"ours, fitted on": samples, "demo municipality": cases(demo_town(), "demo", shipped.load())}
    if options.faq:
        sets["real questions"] = cases(faq_town(options.faq), "real", shipped.load())
    for name, asked in sets.items():
        report(name, asked, probabilities(asked, fitted))
    if options.cases:
        lines = [
            json.dumps({"probability": round(float(p), 6), "right": c.right, "source": c.source}, ensure_ascii=False)
            for asked in sets.values()
            for c, p in zip(asked, probabilities(asked, fitted), strict=True)
        ]
        options.cases.write_text("\n".join(lines) + "\n", encoding="utf-8")
    data = {"features": FEATURES, **fitted, "thresholds": THRESHOLDS, "high_stakes": HIGH_STAKES}
    options.out.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
