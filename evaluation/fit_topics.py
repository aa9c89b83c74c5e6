"""`python -m evaluation.fit_topics`: fit bot/boundaries.json, whether a sentence begins another question.

Learnt from the questions for retrieval: two of them on different articles in one message are two questions, the sentences of
one are one. No item of questions/multi_topic.jsonl is used. Reported on questions left out of the fit.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from bot.boundaries import FEATURES, MODEL, features
from bot.candidates import Candidates
from bot.messages import body_of, units
from bot.question import Question
from bot.steps.understand import candidates_of
from bot.subject_words import names_no_subject
from bot.turn import Services, Turn
from evaluation.own_questions import OwnQuestion, retrieval_questions
from evaluation.understanding import ASKED_ON, services_of

PAIRS = 1200
LONGEST = 80
"""Characters of the questions that are paired: longer ones are stories, which nobody tells twice in one message."""
KEPT_WHOLE = 0.985
"""Share of the boundaries inside one question at which it must stay whole."""


def inside(questions: Sequence[OwnQuestion]) -> Iterator[tuple[str, str]]:
    """(what was said before, sentence) at the boundaries inside one question, from the first that asks on."""
    for question in questions:
        found = units(body_of(question.text))
        for number in range(1, len(found)):
            before = " ".join(unit.text for unit in found[:number])
            if any(unit.asks for unit in found[:number]) and not names_no_subject(found[number].text):
                yield before, found[number].text


def between(questions: Sequence[OwnQuestion], seed: int) -> Iterator[tuple[str, str]]:
    """(question, sentence of another) on different articles."""
    generator = random.Random(seed)  # noqa: S311 - draws questions, no secrets
    short = [q for q in questions if len(q.text) <= LONGEST]
    while True:
        one, other = generator.sample(short, 2)
        first = units(body_of(other.text))
        asks = any(unit.asks for unit in units(body_of(one.text)))
        if asks and not one.right & other.right and first and not names_no_subject(first[0].text):
            yield one.text, first[0].text


def samples(questions: Sequence[OwnQuestion], services: Services, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Features and whether another question begins."""
    pairs = between(questions, seed)
    cases = [(b, s, False) for b, s in inside(questions)] + [(*next(pairs), True) for _ in range(PAIRS)]
    rows = [features(_candidates(services), before, said) for before, said, _ in tqdm(cases, disable=not sys.stderr.isatty())]
    return np.array(rows), np.array([new for *_, new in cases])


def _candidates(services: Services) -> Candidates:
    return candidates_of(Turn(Question(services.content.municipality.code, "", ASKED_ON)), services, {})


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.fit_topics", description=__doc__)
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args(arguments)
    questions = retrieval_questions()
    random.Random(0).shuffle(questions)  # noqa: S311
    middle = len(questions) // 2
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        services = services_of(Path(folder))
        halves = [samples(half, services, seed) for seed, half in enumerate((questions[:middle], questions[middle:]))]
    for (x, y), (test, new) in (halves, halves[::-1]):
        model = _fitted(x, y)
        p = model.predict_proba(test)[:, 1]
        limit = float(np.quantile(model.predict_proba(x)[~y][:, 1], KEPT_WHOLE))
        print(
            f"n={len(new)} AUROC={roc_auc_score(new, p):.3f} whole kept {np.mean(p[~new] < limit):.3f} parted {np.mean(p[new] >= limit):.3f}"
        )
    x, y = np.concatenate([x for x, _ in halves]), np.concatenate([y for _, y in halves])
    model = _fitted(x, y)
    data = {
        "features": FEATURES,
        "weights": model.coef_[0].round(4).tolist(),
        "bias": round(float(model.intercept_[0]), 4),
        "limit": round(float(np.quantile(model.predict_proba(x)[~y][:, 1], KEPT_WHOLE)), 4),
    }
    print(json.dumps(data))
    options.out.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _fitted(x: NDArray[np.float64], y: NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced").fit(x, y)


if __name__ == "__main__":
    sys.exit(main())
