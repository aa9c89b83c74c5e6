"""`python -m evaluation.fit_ranker`: fit bot/ranker.txt on our own questions over our own FAQ collection.

The collection (evaluation/training/) is indexed like any town. Asked are the questions of the articles the encoder was
not trained on, graded by what answers them. LambdaMART (Burges, 2010) by LightGBM over bot/ranker.py's features, small
trees because the features of another town lie elsewhere. With --faq DIR also the figures on a real collection: as
shipped, and for comparison with rankers fitted on four fifths of its own judged questions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from bot.ranker import FEATURES, MODEL, Ranker, features
from bot.steps.rank import fused, scores
from evaluation import metrics
from evaluation.judged_towns import ON, JudgedTown, faq_town, training_town
from indexer.search import Candidate

FOLDS = 5
SEEDS = (0, 1)
PARAMETERS = {
    "objective": "lambdarank", "learning_rate": 0.04, "num_leaves": 6, "min_data_in_leaf": 60, "bagging_fraction": 0.7,
    "bagging_freq": 1, "feature_fraction": 0.5, "lambda_l2": 5.0, "verbosity": -1, "num_threads": 1, "deterministic": True,
}  # fmt: skip
ROUNDS = 150


@dataclass(frozen=True)
class Group:
    """One question: its candidates with their label-free sums, features (candidates, FEATURES) and grades (candidates,)."""

    id: str
    fold_key: str
    candidates: tuple[Candidate, ...]
    words: int
    features: NDArray[np.float64]
    grades: NDArray[np.int64]


def groups(town: JudgedTown) -> list[Group]:
    """What the ranker sees of every question of the town that has candidates."""
    found = []
    for question in town.questions:
        search = town.index.search(question.text, ON)
        if not search.kept:
            continue
        sums = [fused(c, town.index) for c in search.kept]
        grades = np.array([question.grades.get(c.article.id, 0) for c in search.kept])
        words = len(search.words)
        found.append(Group(question.id, question.group, search.kept, words, features(search.kept, sums, words), grades))
    return found


def fit(samples: Sequence[Group], seed: int) -> lightgbm.Booster:
    """A ranker over all candidates of the samples."""
    data = lightgbm.Dataset(
        np.vstack([g.features for g in samples]), np.concatenate([g.grades for g in samples]),
        group=[len(g.grades) for g in samples], feature_name=list(FEATURES),
    )  # fmt: skip
    return lightgbm.train({**PARAMETERS, "seed": seed}, data, num_boost_round=ROUNDS)


def rankings(samples: Iterable[Group], town: JudgedTown, ranker: Ranker | None) -> dict[str, list[str]]:
    """Question -> article ids as the rank step orders them."""
    ordered = {}
    for group in samples:
        known = scores(group.candidates, group.words, town.index, ranker)
        best = sorted(zip(known, (c.article.id for c in group.candidates), strict=True), key=lambda pair: (-pair[0], pair[1]))
        ordered[group.id] = [article for _, article in best[: metrics.DEPTH]]
    return ordered


def crossed(samples: Sequence[Group], town: JudgedTown) -> dict[str, list[str]]:
    """Rankings by rankers fitted on the other folds (five, by the order of the ids)."""
    ordered = sorted(samples, key=lambda g: g.id)
    found: dict[str, list[str]] = {}
    for fold in range(FOLDS):
        ranker = Ranker(fit([g for at, g in enumerate(ordered) if at % FOLDS != fold], 0))
        found |= rankings((g for at, g in enumerate(ordered) if at % FOLDS == fold), town, ranker)
    return found


def report(name: str, town: JudgedTown, ordered: dict[str, list[str]]) -> None:
    print(
        f"{name:36}", "  ".join(str(s) for s in metrics.scores({q.id: q.grades for q in town.questions}, ordered)[:3]), flush=True
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.fit_ranker", description=__doc__)
    parser.add_argument("--faq", type=Path, help="folder with corpus.jsonl, queries.dev.jsonl, qrels.dev.tsv: only measured on")
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args(arguments)
    ours = training_town()
    samples = groups(ours)
    booster = fit(samples, 0)
    booster.save_model(str(options.out))
    print(f"{options.out.name}: {options.out.stat().st_size / 1e3:.0f} kB from {len(samples)} questions of our own")
    if options.faq:
        town = faq_town(options.faq)
        asked = groups(town)
        report("label-free sum", town, rankings(asked, town, None))
        report("with the shipped ranker", town, rankings(asked, town, Ranker(booster)))
        report("five-fold on its own judgements", town, crossed(asked, town))
    return 0


if __name__ == "__main__":
    sys.exit(main())
