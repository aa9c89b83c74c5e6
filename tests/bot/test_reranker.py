"""A cross-encoder by setting: loaded from a folder, mixed with the ranker, and never in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import structlog
from small_index import settings_of, small_indexes
from small_knowledge import ARTICLES, question, services_of
from structlog.testing import capture_logs

from bot import pipeline
from bot.desk import Desk
from bot.reranker import CrossEncoderReranker, Reranker, RerankerUnavailable, load
from bot.steps.rerank import LONGEST, TOP, mix, read, rerank
from bot.turn import Ranked, Services, Topic, Turn
from indexer.search import Candidate


@pytest.fixture(autouse=True)
def _all_logs() -> None:
    """Another test of this process may have left only errors to be logged."""
    structlog.reset_defaults()


def _model(folder: Path, labels: int) -> Path:
    """A cross-encoder of one random layer of eight dimensions, over a vocabulary of characters."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    source = folder / "bert"
    source.mkdir()
    characters = sorted({c for a in ARTICLES for c in a.title + a.body if c.strip()})
    (source / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), encoding="utf-8")
    BertTokenizer(str(source / "vocab.txt")).save_pretrained(source)
    torch.manual_seed(3)
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(characters) + 5, num_labels=labels, initializer_range=1.0, **shape)
    BertForSequenceClassification(config).save_pretrained(source)
    target = folder / "reranker"
    CrossEncoder(str(source), device="cpu").save_pretrained(str(target))
    return target


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _model(tmp_path_factory.mktemp("cross"), 1)


class Liking:
    """Scores 1 for texts that begin with `title`, else 0; `read` keeps what it was given."""

    def __init__(self, title: str) -> None:
        self.title, self.read = title, list[str]()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.read += texts
        return [float(t.startswith(self.title)) for t in texts]


class Failing:
    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        raise ValueError("no scores")


@pytest.fixture(scope="module")
def services() -> Services:
    return services_of()


def turn(scores: Sequence[float], **topic: object) -> Turn:
    """One topic whose candidates are the first articles, with these scores of the ranker."""
    ranked = tuple(Ranked(Candidate(a, s, 0, 0, 0), s) for a, s in zip(ARTICLES, scores, strict=False))
    return Turn(question("x"), topics=(replace(Topic("引っ越し", ranked=ranked), **topic),))  # type: ignore[arg-type]


def order(turn: Turn) -> list[str]:
    return [r.candidate.article.id for r in turn.topics[0].ranked]


# The model


def test_a_model_in_a_folder_scores_each_text_for_the_question(model_folder: Path) -> None:
    reranker = load(str(model_folder))
    assert isinstance(reranker, CrossEncoderReranker)
    texts = [read(a) for a in ARTICLES]
    scores = reranker.scores("転入届を出したい", texts)
    assert len(scores) == len(texts)
    assert len(set(scores)) > 5  # it reads the texts
    assert scores != reranker.scores("ごみの出し方", texts)  # and the question
    assert reranker.scores("転入届を出したい", texts[3:4])[0] == pytest.approx(scores[3], abs=1e-4)
    assert reranker.scores("転入届を出したい", []) == []


def test_no_name_is_no_reranker() -> None:
    assert load("") is None


def test_what_cannot_be_loaded_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(RerankerUnavailable, match=r"no-model.*MADOGUCHI_RERANKER"):
        load(str(tmp_path / "no-model"))


def test_a_classifier_of_several_classes_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(RerankerUnavailable, match="has 3 outputs"):
        load(str(_model(tmp_path, 3)))


@pytest.mark.parametrize("given", [np.array([0.1, np.nan]), np.array([0.1]), np.zeros((2, 2))])
def test_scores_that_are_none_are_an_error(given: np.ndarray) -> None:
    class Odd:
        def predict(self, pairs: object, **_: object) -> np.ndarray:
            return given

    with pytest.raises(ValueError, match="gave scores"):
        CrossEncoderReranker(Odd()).scores("x", ["a", "b"])


# The step


def test_without_a_reranker_nothing_changes(services: Services) -> None:
    before = turn([3.0, 2.0, 1.0])
    assert rerank(before, services) is before


def test_half_the_score_is_the_rerankers_in_the_rankers_unit() -> None:
    # ranker 6, 4, 2: mean 4, deviation 1.633; re-ranker 0, 0, 1: mean 1/3, deviation 0.4714, standard -0.707, -0.707, 1.414
    # halves: 3 + (4 - 1.1547)/2 = 4.4226; 2 + 1.4226 = 3.4226; 1 + (4 + 2.3094)/2 = 4.1547
    assert mix([6.0, 4.0, 2.0], [0.0, 0.0, 1.0]) == pytest.approx([4.4226, 3.4226, 4.1547], abs=1e-4)
    assert mix([6.0, 4.0], [7.0, 7.0]) == [5.5, 4.5]  # one that cannot decide halves the distances and keeps the order
    assert np.mean(mix([6.0, 4.0, 2.0], [9.0, -3.0, 100.0])) == pytest.approx(4.0)


def test_what_the_reranker_likes_comes_forward(services: Services) -> None:
    liked = ARTICLES[1]
    again = rerank(turn([1.4, 1.3, 1.2, 1.1]), replace(services, reranker=Liking(liked.title)))
    assert order(again)[0] == liked.id
    assert [r.score for r in again.topics[0].ranked] == sorted((r.score for r in again.topics[0].ranked), reverse=True)


def test_only_the_best_are_read_and_the_rest_stay_behind_them(services: Services) -> None:
    assert len(ARTICLES) > TOP
    last = ARTICLES[-1]
    liking = Liking(last.title)
    before = turn([float(-i) for i in range(len(ARTICLES))])
    again = rerank(before, replace(services, reranker=liking))
    assert len(liking.read) == TOP
    assert order(again)[TOP:] == order(before)[TOP:]
    assert sorted(order(again)) == sorted(order(before))


def test_what_the_resident_picked_and_what_staff_gave_the_question_to_stay_in_front(services: Services) -> None:
    before = turn([1.0, 5.0, 4.0, 3.9, 1.0], chosen=ARTICLES[0].id)
    ranked = list(before.topics[0].ranked)
    ranked[1] = Ranked(replace(ranked[1].candidate, exact=True), 5.0)
    before = before.with_(topics=(before.topics[0].with_(ranked=tuple(ranked)),))
    again = rerank(before, replace(services, reranker=Liking(ARTICLES[3].title)))
    assert order(again) == [ARTICLES[i].id for i in (0, 1, 3, 2, 4)]


def test_a_reranker_that_fails_leaves_the_rankers_order(services: Services) -> None:
    before = turn([3.0, 2.0, 1.0])
    with capture_logs() as logs:
        again = rerank(before, replace(services, reranker=Failing()))
    assert again.topics == before.topics
    assert [(e["event"], e["error"]) for e in logs] == [("reranker_failed", "ValueError")]


def test_a_long_article_is_read_to_its_limit() -> None:
    assert len(read(replace(ARTICLES[0], body="長い。" * 5000))) == LONGEST


def test_the_whole_pipeline_runs_with_a_real_model(services: Services, model_folder: Path) -> None:
    reranker: Reranker | None = load(str(model_folder))
    answer = pipeline.run(question("住民票がほしい"), replace(services, reranker=reranker))
    assert answer.sources[0].id == "residence-certificate"  # asked letter for letter, so that a random model changes nothing
    assert answer.ms["rerank"] > 0


def test_the_desk_loads_the_model_of_the_setting(tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    indexes = small_indexes(tmp_path, monkeypatch)
    indexes.put("20261124T000000000000Z")
    desk = Desk(settings_of(tmp_path).model_copy(update={"reranker": str(model_folder)}))
    desk.warm_up(watch=False)
    assert isinstance(desk.services("990035").reranker, CrossEncoderReranker)
