"""The bench of a great town, on a small one: its town is real text, its vectors say what they are, its figures are counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation import bench_scale, scale_town
from evaluation.bench_scale import COSINE, MovedEncoder, nearest
from evaluation.installation import Installation
from indexer.passages import Kind, passages
from indexer.vector_store import FaissStore
from knowledge.snapshot_content import Content
from settings import DEMO_MUNICIPALITY, ROOT


@pytest.fixture(scope="module")
def demo() -> Content:
    return scale_town.demo()


@pytest.fixture(scope="module")
def town(demo: Content) -> Content:
    return scale_town.town(demo, 8_000)


def test_a_town_has_as_many_passages_as_asked_for_and_the_demos_own_articles_first(demo: Content, town: Content) -> None:
    total = sum(len(list(passages(article))) for article in town.articles)
    assert 8_000 <= total < 8_050  # the last article may bring some too many
    assert town.articles[: len(demo.articles)] == demo.articles
    assert len({article.id for article in town.articles}) == len(town.articles)


def test_the_same_seed_gives_the_same_town_and_another_one_another(demo: Content, town: Content) -> None:
    assert scale_town.town(demo, 8_000) == town
    assert scale_town.town(demo, 8_000, seed=1).articles[300:] != town.articles[300:]


def test_no_two_articles_ask_the_same_and_none_names_the_demo(demo: Content, town: Content) -> None:
    made = town.articles[len(demo.articles) :]
    titles = Counter(article.title for article in made)
    assert len(titles) > 0.9 * len(made)
    assert not any("みどり野市" in text for a in made for text in (a.title, a.body, *a.alternatives))
    assert not any(form in demo_article.alternatives for a in made for form in a.alternatives for demo_article in demo.articles)


def test_sections_are_recombined_within_a_category(demo: Content, town: Content) -> None:
    made = town.articles[len(demo.articles) :]
    assert {a.category for a in made} <= {a.category for a in demo.articles}
    assert len({a.body for a in made}) == len(made)


def test_every_passage_knows_the_article_it_comes_from(demo: Content, town: Content) -> None:
    found = list(scale_town.origins(town))
    assert found[0] == (demo.articles[0].id, Kind.QUESTION)
    assert {article for article, _ in found} == {article.id for article in demo.articles}
    assert len(found) == sum(len(list(passages(article))) for article in town.articles)


class Axes:
    """Text i is on axis i."""

    name, dimension = "axes", 50

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.eye(50, dtype=np.float32)[[int(t) for t in texts]]

    def save(self, folder: Path) -> None:
        pass


def test_the_first_vectors_are_the_encoders_and_later_ones_are_moved_from_those_of_their_origin() -> None:
    origins = [("tax", Kind.BODY), ("dog", Kind.BODY)] * 200
    texts = [str(at % 50) for at in range(400)]
    encoder = MovedEncoder(Axes(), iter(origins), really=2)
    real, moved = encoder.encode_passages(texts[:2]), encoder.encode_passages(texts[2:])
    assert np.array_equal(real, np.eye(50, dtype=np.float32)[:2])
    assert np.allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
    parent = np.where(np.arange(398) % 2 == 0, moved[:, 0], moved[:, 1])  # its cosine with the vector it was moved from
    assert parent.mean() == pytest.approx(COSINE, abs=0.01)
    again = MovedEncoder(Axes(), iter(origins), really=2)
    again.encode_passages(texts[:2])
    assert np.array_equal(again.encode_passages(texts[2:]), moved)


def test_the_nearest_are_those_of_an_exact_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_scale, "COMPARED_AT_ONCE", 7)  # several rounds, the last not full
    vectors = np.random.default_rng(0).normal(size=(100, 8)).astype(np.float32)
    store = FaissStore.exact(vectors)
    found = nearest(store, vectors[:5], 10)
    assert found == [{i for i, _ in store.search(query, 10)} for query in vectors[:5]]


def test_questions_are_taken_from_all_sets_with_what_was_said_before() -> None:
    asked = bench_scale._questions(400)
    assert len({q["id"] for q in asked}) == 400
    assert {q["id"].partition("-")[0] for q in asked} >= {"r1", "r2", "facet", "follow", "multi", "unanswerable"}
    assert any(q["conversation"] for q in asked)


@pytest.mark.timeout(900)  # an adaptation and two starts of the desk, on a machine that may be busy
def test_the_whole_bench_runs_on_a_small_town(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "run.jsonl"
    installation = Installation(tmp_path / "instance", DEMO_MUNICIPALITY, log_level="ERROR", ner="false")
    figures = {f.name: f for f in bench_scale.measure(installation, passages=4_000, encoded=3_500, asked=12, run=run)}
    assert figures["passages"].value == pytest.approx(4_000, abs=50)
    assert figures["recall@200 of the vector search"].value == 1.0  # so small a town is searched exactly
    assert all(figure.value is not None and figure.value > 0 for figure in figures.values())
    assert figures["memory of the answering process"].value > figures["of that its own"].value  # type: ignore[operator]
    assert len(run.read_text(encoding="utf-8").splitlines()) == 12
    assert all(json.loads(line)["status"] != "failed" for line in run.read_text(encoding="utf-8").splitlines())
    text = bench_scale.markdown(list(figures.values()), 3_500, "python -m evaluation bench-scale")
    assert "**not all vectors are encoded texts**" in text


def test_the_published_page_has_a_place_for_the_figures() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.index(bench_scale.BEGIN) < page.index(bench_scale.END)
