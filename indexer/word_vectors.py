"""A sentence-transformers module: the weighted sum of Japanese word vectors and one linear map.

Words of the municipality's own articles have vectors of their own (learned in adaptation.py); every other word
falls back to the general vectors of base_vectors.py. The class keeps to the interface sentence-transformers asks of a
module without importing it; answers come from its frozen() form (static_vectors.py), which needs no torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from safetensors.torch import save_file

from indexer import text
from indexer.base_vectors import DIMENSION, BaseVectors
from indexer.static_vectors import StaticVectors

UNSEEN_WEIGHT = 7.5
"""Weight of a word the articles never use: about the inverse document frequency of a word in one of 1,800 articles."""


class WordVectors(torch.nn.Module):
    """Texts -> sentence embeddings of 300 dimensions, before normalisation.

    `words` maps each own word to its row of `own`; `weights` holds a weight per own word, `unseen` the one of others.
    """

    modalities: ClassVar[list[str]] = ["text"]
    max_seq_length = text.LONGEST
    save_in_root = True

    def __init__(
        self, words: Mapping[str, int], own: torch.Tensor, weights: torch.Tensor, unseen: float, base: BaseVectors
    ) -> None:
        super().__init__()
        self.words, self.base = dict(words), base
        self.own = torch.nn.Embedding(own.shape[0], own.shape[1], _weight=own)
        self.weights = torch.nn.Parameter(weights)
        self.unseen = unseen
        self.map = torch.nn.Linear(DIMENSION, DIMENSION)
        with torch.no_grad():
            self.map.weight.copy_(torch.from_numpy(base.matrix))
            self.map.bias.copy_(torch.from_numpy(base.bias))

    def get_embedding_dimension(self) -> int:
        return DIMENSION

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        return self.features([text.tokens((prompt or "") + str(i)) for i in inputs])

    def features(self, documents: Sequence[Sequence[str]]) -> dict[str, torch.Tensor]:
        """Bags of own rows with offsets, and per document the weighted sum of the general vectors of other words."""
        bag: list[int] = []
        offsets: list[int] = []
        other = np.zeros((len(documents), DIMENSION), dtype=np.float32)
        for number, words in enumerate(documents):
            offsets.append(len(bag))
            for word in words:
                if word in self.words:
                    bag.append(self.words[word])
                elif (vector := self.base.vector(word)) is not None:
                    other[number] += self.unseen * self.base.factor(word) * vector
        return {
            "input_ids": torch.tensor(bag, dtype=torch.long),
            "offsets": torch.tensor(offsets, dtype=torch.long),
            "other": torch.from_numpy(other),
        }

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        summed = torch.nn.functional.embedding_bag(
            features["input_ids"],
            self.own.weight,
            features["offsets"],
            mode="sum",
            per_sample_weights=self.weights[features["input_ids"]],
        )
        bags = summed + features["other"]
        # A text without one known word has no meaning: without this it would get the direction of the map's bias.
        features["sentence_embedding"] = self.map(bags) * (bags != 0).any(dim=-1, keepdim=True)
        return features

    def frozen(self) -> StaticVectors:
        """What was learned, for answering."""
        state = {name: value.detach().numpy() for name, value in self.state_dict().items()}
        return StaticVectors(
            self.words, state["own.weight"], state["weights"], self.unseen, state["map.weight"], state["map.bias"], self.base
        )

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        folder = Path(output_path)
        save_file({k: v.contiguous() for k, v in self.state_dict().items()}, folder / "model.safetensors")
        ordered = sorted(self.words, key=self.words.__getitem__)
        config = {"unseen": self.unseen, "words": ordered}
        self.base.save(folder)
        (folder / "word_vectors.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def of(cls, vectors: StaticVectors) -> WordVectors:
        """The module these vectors were frozen from, ready to be trained or saved again."""
        module = cls(vectors.words, torch.tensor(vectors.own), torch.tensor(vectors.weights), vectors.unseen, vectors.base)
        module.map.load_state_dict({"weight": torch.tensor(vectors.matrix), "bias": torch.tensor(vectors.bias)})
        return module

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **_: Any) -> WordVectors:
        return cls.of(StaticVectors.load(Path(model_name_or_path, subfolder)))
