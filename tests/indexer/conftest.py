"""One real index of the small municipality for all tests of the indexer that need the embedded encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_knowledge import CODE, CONTENT

from indexer import snapshot
from indexer.snapshot import Snapshot
from indexer.synchronise import SyncResult, synchronise


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Arrays this small are worked on faster by one thread than shared among several."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyncResult]:
    """The home of an index and what building it did; tests that change it work on a copy."""
    home = tmp_path_factory.mktemp("indexes") / CODE
    return home, synchronise(CONTENT, home)


@pytest.fixture(scope="session")
def opened(built: tuple[Path, SyncResult]) -> Snapshot:
    home, result = built
    return snapshot.open_snapshot(home / result.snapshot)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model folder of one random layer of eight dimensions, over a vocabulary of characters."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("bert")
    characters = sorted({c for a in CONTENT.articles for c in a.title + a.body if c.strip()})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), encoding="utf-8")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(characters) + 5, **shape)).save_pretrained(folder)
    words = Transformer(str(folder), max_seq_length=64)
    target = tmp_path_factory.mktemp("models") / "tiny"
    SentenceTransformer(modules=[words, Pooling(8)], device="cpu").save(str(target), create_model_card=False)
    return target
