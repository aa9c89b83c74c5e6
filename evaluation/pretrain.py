"""`python -m evaluation.pretrain --jaquad FILE`: general word vectors that already know which questions texts answer.

Contrastive training, as in indexer/adaptation.py, on questions and paragraphs of JaQuAD (Japanese Wikipedia, CC BY-SA
3.0) and on our own questions about the demo municipality's articles, those kept for testing left out. The result is what
a municipality's own adaptation starts from; no municipality's labels are in it. See docs/models/general-vectors.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from evaluation.own_questions import is_held_out, retrieval_questions
from indexer import text
from indexer.adaptation import adaptation_loss, initial, optimiser
from indexer.base_vectors import PRETRAINED, from_ginza, save_pretrained
from indexer.training_pairs import Pair
from knowledge.municipality_folder import read_folder

EPOCHS = 3
OWN_REPEATED = 4
"""How often each own pair is seen for one sight of a JaQuAD pair: Wikipedia is ten times as large and further away."""
LEAST_OCCURRENCES = 3
"""Texts a word must occur in to get a vector of its own; rarer ones keep the general vector."""
BATCH = 512


def jaquad_pairs(path: Path) -> Iterator[Pair]:
    """Question and paragraph, as words; pairs of one paragraph are never each other's negatives."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(tqdm(file, desc="reading JaQuAD", unit="paragraph")):
            data = json.loads(line)
            body = tuple(text.tokens(f"{data['title']} {data['context']}"))
            for question in data["qas"]:
                yield Pair(f"jaquad/{number}", tuple(text.tokens(question["question"])), body)


def own_pairs(folder: Path) -> Iterator[Pair]:
    """Titles, alternatives and our own training questions with the body of their article."""
    articles = {r.article.id: r.article for r in read_folder(folder).rows if r.article and not is_held_out(r.article.id)}
    bodies = {key: tuple(text.tokens(article.body)) for key, article in articles.items()}
    for key, article in articles.items():
        for phrase in (article.title, *article.alternatives):
            yield Pair(f"own/{key}", tuple(text.tokens(phrase)), bodies[key])
    for question in retrieval_questions(held_out=False):
        if question.article in bodies:
            yield Pair(f"own/{question.article}", tuple(text.tokens(question.text)), bodies[question.article])


def train(jaquad: Sequence[Pair], own: Sequence[Pair], seed: int = 0) -> None:
    """Train, and write the vectors of words frequent enough to PRETRAINED."""
    generator = random.Random(seed)  # noqa: S311 - shuffling, not a secret
    torch.set_num_threads(2)
    pairs = [p for p in (*jaquad, *own) if p.question and p.body]
    documents: list[Sequence[str]] = [*{p.article: p.body for p in pairs}.values(), *(p.question for p in pairs)]
    frequency = Counter(w for d in documents for w in set(d))
    kept = {w for w, n in frequency.items() if n >= LEAST_OCCURRENCES}
    documents = [[w for w in d if w in kept] for d in documents]
    module = initial(documents, seed, from_ginza())
    started = module.weights.detach().clone()
    steps = optimiser(module)
    for epoch in range(EPOCHS):
        shuffled = [*jaquad, *(p for p in own for _ in range(OWN_REPEATED))]
        generator.shuffle(shuffled)
        for at in tqdm(range(0, len(shuffled), BATCH), desc=f"epoch {epoch + 1} of {EPOCHS}", unit="batch"):
            loss = adaptation_loss(module, shuffled[at : at + BATCH], generator)
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
    frozen = module.frozen()
    factors = (module.weights.detach() / started).clamp(0.2, 3.0).numpy()
    save_pretrained(sorted(frozen.words, key=frozen.words.__getitem__), frozen.own, factors, frozen.matrix, frozen.bias)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.pretrain", description=__doc__)
    parser.add_argument("--jaquad", type=Path, required=True, help="train.jsonl.gz: lines {title, context, qas: [{question}]}")
    parser.add_argument("--demo", type=Path, default=Path(__file__).parent.parent / "knowledge/samples/midorino")
    options = parser.parse_args(arguments)
    own = [p for p in own_pairs(options.demo) if p.question and p.body]
    jaquad = [p for p in jaquad_pairs(options.jaquad) if p.question and p.body]
    train(jaquad, own)
    print(f"{PRETRAINED.name}: {PRETRAINED.stat().st_size / 1e6:.1f} MB from {len(jaquad)} JaQuAD and {len(own)} own pairs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
