"""Label-free adaptation: word vectors learn, from the articles alone, which questions their bodies answer."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import torch
from tqdm import tqdm

from indexer.base_vectors import DIMENSION, BaseVectors, general
from indexer.lexical import inverse_document_frequencies
from indexer.training_pairs import Pair
from indexer.word_vectors import UNSEEN_WEIGHT, WordVectors

TEMPERATURE = 0.05
EPOCHS = 8
LEAST_STEPS = 48
BATCH = 512
QUESTION_DROPOUT, BODY_DROPOUT = 0.15, 0.3
BODY_WINDOWS = (20, 40, 80, 400)
"""Words of the body kept in a training pair: residents' answers lie near its start, long ones drown them."""


def initial(documents: Sequence[Sequence[str]], seed: int, base: BaseVectors) -> WordVectors:
    """An encoder before adaptation: general vectors weighted by idf; unknown words start at random and short."""
    generator = np.random.default_rng(seed)
    idf = inverse_document_frequencies(documents)
    words = sorted(idf)
    own = np.zeros((max(len(words), 1), DIMENSION), dtype=np.float32)
    for at, word in enumerate(words):
        known = base.vector(word)
        if known is None:
            drawn = generator.normal(size=DIMENSION)
            own[at] = 0.7 * drawn / np.linalg.norm(drawn)
        else:
            own[at] = known
    weights = np.array([idf[w] for w in words] or [UNSEEN_WEIGHT], dtype=np.float32)
    mean = float(weights.mean())
    weights *= np.array([base.factor(w) for w in words] or [1.0], dtype=np.float32)
    rows = {word: at for at, word in enumerate(words)}
    return WordVectors(rows, torch.from_numpy(own), torch.from_numpy(weights / mean), UNSEEN_WEIGHT / mean, base)


def adapt(pairs: Sequence[Pair], documents: Sequence[Sequence[str]], seed: int = 0, progress: bool = False) -> WordVectors:
    """Contrastive training (InfoNCE with in-batch negatives, both directions) on question <-> body pairs.

    `documents` are all texts of the municipality as words: they decide the vocabulary and the starting weights.
    The result depends on the pairs, the documents and the seed only.
    """
    torch.set_num_threads(1)  # the batches are small: a second thread costs more than it does, on a busy machine ten times
    generator = random.Random(seed)  # noqa: S311 - shuffling, not a secret
    module = initial(documents, seed, general())
    if len(pairs) < 2:
        return module
    steps = optimiser(module)
    batches = math.ceil(len(pairs) / BATCH)
    epochs = max(EPOCHS, math.ceil(LEAST_STEPS / batches)) if batches < 4 else EPOCHS
    for _ in tqdm(range(epochs), desc="adapting the encoder", unit="epoch", disable=not progress):
        shuffled = list(pairs)
        generator.shuffle(shuffled)
        for start in range(0, len(shuffled), BATCH):
            loss = adaptation_loss(module, shuffled[start : start + BATCH], generator)
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
    return module.eval()


def optimiser(module: WordVectors) -> torch.optim.Optimizer:
    """Adam; the vectors move slowly, their weights fast, the map hardly."""
    return torch.optim.Adam(
        [
            {"params": module.own.parameters(), "lr": 2e-3},
            {"params": [module.weights], "lr": 1e-2},
            {"params": module.map.parameters(), "lr": 2e-4},
        ]
    )


def adaptation_loss(module: WordVectors, batch: Sequence[Pair], generator: random.Random) -> torch.Tensor:
    """InfoNCE over the batch, questions against bodies and bodies against questions, words dropped at random."""
    questions = _embed(module, [_thin(p.question, QUESTION_DROPOUT, generator) for p in batch])
    bodies = _embed(module, [_thin(p.body[: generator.choice(BODY_WINDOWS)], BODY_DROPOUT, generator) for p in batch])
    logits = questions @ bodies.T / TEMPERATURE
    _, articles = np.unique([p.article for p in batch], return_inverse=True)
    group = torch.from_numpy(articles)
    same = (group[:, None] == group[None, :]) & ~torch.eye(len(batch), dtype=torch.bool)
    logits = logits.masked_fill(same, -1e4)
    target = torch.arange(len(batch))
    loss = torch.nn.functional.cross_entropy
    return (loss(logits, target) + loss(logits.T, target)) / 2


def _thin(words: Sequence[str], dropout: float, generator: random.Random) -> Sequence[str]:
    return [w for w in words if generator.random() > dropout] or words


def _embed(module: WordVectors, documents: Sequence[Sequence[str]]) -> torch.Tensor:
    return torch.nn.functional.normalize(module(module.features(documents))["sentence_embedding"], dim=-1)
