"""`python -m evaluation.fit_topics`: fit bot/boundaries.json, whether a piece of a message begins another question.

Learnt from the questions for retrieval: two of them on different articles in one message are two questions; the sentences and
clauses of one, and two on the same article, are one. No item of questions/multi_topic.jsonl is used. Reported on questions
left out of the fit; from those come the limits too.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from bot.boundaries import FEATURES, MODEL, Kind, features, kind_of
from bot.candidates import Candidates
from bot.coordination import ends
from bot.messages import body_of, units
from bot.question import Question
from bot.steps.understand import candidates_of
from bot.subject_words import names_no_subject
from bot.turn import Services, Turn
from evaluation.own_questions import OwnQuestion, retrieval_questions
from evaluation.understanding import ASKED_ON, services_of
from indexer import text

PAIRS, PAIRS_ON_ONE_ARTICLE = 2500, 500
"""Boundaries made of two questions for each half of the questions: on different articles and on the same."""
LONGEST, SHORT = 60, 18
"""Characters of the questions that are paired: longer ones are stories, which nobody tells twice in one message; half of the
second ones are as short as what residents add with a word or two."""
NEAR_SHARE, COMMA_SHARE, LAST_SHARE = 0.5, 0.35, 0.5
"""Shares of the pairs in one category, joined by a comma, and with only the last sentence of the first question."""
KEPT_WHOLE = {Kind.QUESTIONS: 0.925, Kind.STATEMENT: 0.967, Kind.COMMA: 0.955}
"""Share of the boundaries inside one article at which a message must stay whole: as low as keeps splits of whole questions below 2 %."""
PARAMETERS = {
    "objective": "binary", "learning_rate": 0.06, "num_leaves": 6, "min_data_in_leaf": 30, "lambda_l2": 5.0, "feature_fraction": 0.6,
    "bagging_fraction": 0.8, "bagging_freq": 1, "is_unbalance": True, "boost_from_average": False, "verbosity": -1, "num_threads": 1,
    "deterministic": True, "seed": 0,
}  # fmt: skip
ROUNDS = 150


@dataclass(frozen=True)
class Boundary:
    """A place in a message, and whether another question begins there."""

    before: str
    said: str
    comma: bool
    begins: bool

    @property
    def kind(self) -> Kind:
        return kind_of(self.before, self.said, self.comma)

    @property
    def speaks(self) -> bool:
        """Whether both sides name a subject; elsewhere the desk does not ask the model."""
        return not any(not text.tokens(said) or names_no_subject(said) for said in (self.before, self.said))


def inside(questions: Sequence[OwnQuestion]) -> Iterator[Boundary]:
    """The ends of sentences and clauses inside one question."""
    for question in questions:
        found = [unit.text for unit in units(body_of(question.text))]
        for number, unit in enumerate(found):
            if number:
                yield Boundary(" ".join(found[:number]), unit, False, False)
            for start, end in ends(unit):
                yield Boundary(unit[:start], unit[end:].strip(), True, False)


def between(questions: Sequence[OwnQuestion], categories: dict[str, str], seed: int) -> Iterator[Boundary]:
    """Two questions on different articles in one message, without end."""
    generator = random.Random(seed)  # noqa: S311 - draws questions, no secrets
    firsts = [q for q in questions if len(q.text) <= LONGEST]
    brief = [q for q in firsts if len(q.text) <= SHORT]
    while True:
        one = generator.choice(firsts)
        pool = brief if generator.random() < 0.5 else firsts
        if generator.random() < NEAR_SHARE:
            pool = [q for q in pool if categories[q.article] == categories[one.article]] or pool
        other = generator.choice(pool)
        if not one.right & other.right:
            yield _joined(one, other, True, generator)


def on_one_article(questions: Sequence[OwnQuestion], seed: int) -> Iterator[Boundary]:
    """Two questions on the same article in one message, without end: they are answered together."""
    generator = random.Random(seed)  # noqa: S311
    short = [q for q in questions if len(q.text) <= LONGEST]
    while True:
        one = generator.choice(short)
        other = generator.choice([q for q in short if q.article == one.article])
        if other is not one:
            yield _joined(one, other, False, generator)


def _joined(one: OwnQuestion, other: OwnQuestion, begins: bool, generator: random.Random) -> Boundary:
    first, second = ([unit.text for unit in units(body_of(q.text))] for q in (one, other))
    comma = generator.random() < COMMA_SHARE
    before = first[-1] if comma or generator.random() < LAST_SHARE else " ".join(first)
    said = " ".join(second) if generator.random() < LAST_SHARE else second[0]
    return Boundary(before.rstrip("。？?！! ") if comma else before, said, comma, begins)


def boundaries(questions: Sequence[OwnQuestion], services: Services, seed: int) -> list[Boundary]:
    """All that are learnt from: those inside one question, and pairs."""
    categories = {article.id: article.category for article in services.content.articles}
    pairs = filter(lambda b: b.speaks, between(questions, categories, seed))
    same = filter(lambda b: b.speaks, on_one_article(questions, seed))
    inner = filter(lambda b: b.speaks, inside(questions))
    return list(chain(inner, islice(pairs, PAIRS), islice(same, PAIRS_ON_ONE_ARTICLE)))


def samples(found: Sequence[Boundary], services: Services) -> NDArray[np.float64]:
    """FEATURES of each boundary, shape (len(found), len(FEATURES))."""
    shown = tqdm(found, disable=not sys.stderr.isatty())
    return np.array([features(_candidates(services), b.before, b.said, b.comma) for b in shown])


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
        halves = [boundaries(half, services, seed) for seed, half in enumerate((questions[:middle], questions[middle:]))]
        x = [samples(half, services) for half in halves]
    begins = [np.array([b.begins for b in half]) for half in halves]
    # Each half by the trees of the other one.
    p = np.concatenate([fitted(x[1], begins[1]).predict(x[0]), fitted(x[0], begins[0]).predict(x[1])])
    limits = report(list(chain(*halves)), np.asarray(p))
    model = fitted(np.concatenate(x), np.concatenate(begins))
    trees = [plain(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]
    data = {"features": FEATURES, "limits": limits, "trees": trees}
    options.out.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def report(found: Sequence[Boundary], p: NDArray[np.float64]) -> dict[str, float]:
    """Print how well each kind is told, and return its limit."""
    limits = {}
    new = np.array([b.begins for b in found])
    for kind in Kind:
        of = np.array([b.kind == kind for b in found])
        limit = float(np.quantile(p[of & ~new], KEPT_WHOLE[kind]))
        limits[str(kind)] = round(limit, 4)
        parted = np.mean(p[of & new] >= limit)
        print(f"{kind}: n={of.sum()} AUROC={roc_auc_score(new[of], p[of]):.3f} limit {limit:.3f} parted {parted:.3f}")
    return limits


def fitted(x: NDArray[np.float64], begins: NDArray[np.bool_]) -> Any:
    """The trees."""
    return lightgbm.train(PARAMETERS, lightgbm.Dataset(x, begins.astype(float)), ROUNDS)


def plain(node: dict[str, Any]) -> Any:
    """A tree as bot/boundaries.py reads it: [feature, threshold, at or below, above] or the value of a leaf."""
    if "leaf_value" in node:
        return round(node["leaf_value"], 4)
    return [node["split_feature"], round(node["threshold"], 6), plain(node["left_child"]), plain(node["right_child"])]


if __name__ == "__main__":
    sys.exit(main())
