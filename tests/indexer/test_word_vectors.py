"""The embedded encoder's vectors: general ones for every word, the town's own where it has learned them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from indexer import contextual
from indexer.adaptation import adapt
from indexer.base_vectors import DIMENSION, BaseVectors, from_ginza, general
from indexer.encoder import CONTEXT, CONTEXT_DIGEST, WORDS, WORDS_SHARE, EmbeddedEncoder, EncoderUnavailable, load
from indexer.lexical import inverse_document_frequencies
from indexer.snapshot import Snapshot
from indexer.training_pairs import Pair
from indexer.word_vectors import UNSEEN_WEIGHT, WordVectors


def axis(number: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.eye(DIMENSION, dtype=np.float32)[number]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> WordVectors:
    """Own words 住民 (axis 0, weight 2) and 票 (axis 1, weight 1); general vocabulary 郵送 (axis 2)."""
    from indexer.base_vectors import _hash

    unchanged = np.eye(DIMENSION, dtype=np.float32), np.zeros(DIMENSION, dtype=np.float32)
    hashes, ones = np.array([_hash("郵送")], dtype=np.uint64), np.ones(1, dtype=np.float32)
    base = BaseVectors(axis(2)[None], hashes, np.zeros(1, dtype=np.int32), ones, *unchanged)
    own = torch.from_numpy(np.stack([axis(0), axis(1)]))
    return WordVectors({"住民": 0, "票": 1}, own, torch.tensor([2.0, 1.0]), UNSEEN_WEIGHT, base)


def test_a_text_is_the_weighted_sum_of_its_words(small: WordVectors) -> None:
    vectors = small.frozen().encode(["住民票", "住民票の郵送", "票"])
    # 2 on axis 0 and 1 on axis 1, of length sqrt 5; the unseen word adds its weight of 7.5 on axis 2.
    assert vectors[0, :3] == pytest.approx([2 / 5**0.5, 1 / 5**0.5, 0])
    length = (4 + 1 + UNSEEN_WEIGHT**2) ** 0.5
    assert vectors[1, :3] == pytest.approx([2 / length, 1 / length, UNSEEN_WEIGHT / length], rel=1e-5)
    assert vectors[2, :3] == pytest.approx([0, 1, 0])


@pytest.mark.parametrize("words", ["", "。", "ぽにゃぴ"])
def test_a_text_without_a_known_word_is_zeros_also_after_training(small: WordVectors, words: str) -> None:
    with torch.no_grad():
        small.map.bias.fill_(0.3)  # what training leaves there is no meaning of an unknown text
    vectors = small.frozen().encode([words, "住民票"])
    assert not vectors[0].any()
    assert np.linalg.norm(vectors[1]) == pytest.approx(1)


def test_no_texts_are_an_empty_array(small: WordVectors) -> None:
    assert small.frozen().encode([]).shape == (0, DIMENSION)


def test_both_halves_have_their_share_and_a_text_without_a_known_word_has_the_transformers_alone(small: WordVectors) -> None:
    whole, unknown = EmbeddedEncoder(small.frozen()).encode_queries(["住民票", "ぽにゃぴ"])
    assert whole.shape == (DIMENSION + contextual.DIMENSION,)
    assert whole[WORDS] @ whole[WORDS] == pytest.approx(WORDS_SHARE, abs=1e-5)
    assert whole[CONTEXT] @ whole[CONTEXT] == pytest.approx(1 - WORDS_SHARE, abs=1e-5)
    assert not unknown[WORDS].any()
    assert np.linalg.norm(unknown) == pytest.approx(1, abs=1e-5)


def test_vectors_of_another_transformer_are_refused(opened: Snapshot, tmp_path: Path) -> None:
    opened.encoder.save(tmp_path / "encoder")
    (tmp_path / "encoder" / CONTEXT_DIGEST).write_text("0" * 64, encoding="ascii")
    with pytest.raises(EncoderUnavailable, match="another transformer"):
        load(tmp_path / "encoder", "embedded")


def test_the_transformer_puts_a_question_nearer_to_what_answers_it_in_other_words() -> None:
    question, burial, waste = contextual.shared().encode(["主人が先週亡くなりました", "死亡届の出し方", "粗大ごみの出し方"], 48)
    assert question @ burial > question @ waste + 0.1


def test_every_vector_of_the_general_vocabulary_has_length_one_and_similar_words_are_near() -> None:
    base = from_ginza()
    dog, cat, tax = (base.vector(word) for word in ("犬", "猫", "納税"))
    assert dog is not None
    assert cat is not None
    assert tax is not None
    assert np.linalg.norm(dog) == pytest.approx(1, abs=1e-3)
    assert dog @ cat > dog @ tax
    assert base.vector("ぽにゃぴ") is None


def test_saved_general_vectors_are_found_by_the_same_words(tmp_path: Path) -> None:
    base = from_ginza()
    words = ["犬", "住民", "引っ越し", "ごみ"]
    small = BaseVectors(*_of(base, words))
    small.save(tmp_path)
    loaded = BaseVectors.load(tmp_path)
    for word in words:
        before, after = small.vector(word), loaded.vector(word)
        assert before is not None
        assert after is not None
        assert before @ after == pytest.approx(1, abs=1e-3)  # half precision
        assert small.factor(word) == loaded.factor(word)
    assert loaded.vector("知らない言葉") is None
    assert loaded.factor("知らない言葉") == 1.0


def _of(base: BaseVectors, words: list[str]) -> tuple[np.ndarray, ...]:  # type: ignore[type-arg]
    from indexer.base_vectors import _hash

    pairs = sorted((_hash(word), at) for at, word in enumerate(words))
    rows = np.stack([vector for word in words if (vector := base.vector(word)) is not None])
    hashes = np.array([h for h, _ in pairs], dtype=np.uint64)
    factors = np.linspace(0.5, 2.0, len(words), dtype=np.float32)
    return rows, hashes, np.array([at for _, at in pairs], dtype=np.int32), factors, base.matrix, base.bias


def test_a_saved_encoder_encodes_as_before(opened: Snapshot, tmp_path: Path) -> None:
    texts = ["転入届を出したい", "ふつうの文に出ない言葉 弁護士", "。", ""]
    opened.encoder.save(tmp_path / "encoder")
    again = load(tmp_path / "encoder", "embedded").encode_queries(texts)
    assert np.allclose(again, opened.encoder.encode_queries(texts), atol=2e-3)  # unseen words go through half precision
    assert not again[2, WORDS].any()
    assert not again[3].any()


def test_the_folder_opens_as_a_sentence_transformer_with_equal_vectors(opened: Snapshot, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["転入届を出したい", "粗大ごみの料金", "弁護士に相談", "。"]
    opened.encoder.save(tmp_path / "encoder")
    model = SentenceTransformer(str(tmp_path / "encoder"), device="cpu", trust_remote_code=True)
    vectors = model.encode(texts, show_progress_bar=False)
    assert isinstance(opened.encoder, EmbeddedEncoder)
    assert np.allclose(vectors, opened.encoder.vectors.encode(texts), atol=2e-3)  # unseen words go through half precision
    assert model.get_embedding_dimension() == DIMENSION


def test_a_word_no_article_uses_counts_all_the_same(opened: Snapshot) -> None:
    own = {word for words in opened.words for word in words}
    assert "弁護士" not in own
    vectors = opened.encoder.encode_queries(["弁護士", "弁護", "転入届"])
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-5)


def test_rare_words_have_greater_idf() -> None:
    # n = 3: 票 is in three documents, 郵送 in one: ln(1 + 0.5 / 3.5) and ln(1 + 2.5 / 1.5).
    idf = inverse_document_frequencies([["票", "郵送"], ["票", "票"], ["票"]])
    assert idf == pytest.approx({"票": np.log(1 + 0.5 / 3.5), "郵送": np.log(1 + 2.5 / 1.5)})


QUESTIONS = {
    "nursery": (["子供", "預ける"], ["入園", "申請", "クラス"]),
    "dog": (["ペット", "飼う"], ["狂犬", "病", "注射"]),
    "tax": (["お金", "払う"], ["納付", "口座", "振替"]),
    "move": (["家", "変わる"], ["転居", "届け", "住所"]),
}
PAIRS = [Pair(key, tuple(q), tuple(b)) for key, (q, b) in QUESTIONS.items()]
DOCUMENTS = [[*q, *b] for q, b in QUESTIONS.values()]


def cosines(module: WordVectors) -> torch.Tensor:
    """Question i against body j, shape (4, 4)."""
    with torch.inference_mode():
        vectors = module(module.features([p.question for p in PAIRS] + [p.body for p in PAIRS]))["sentence_embedding"]
    unit = torch.nn.functional.normalize(vectors, dim=-1)
    return unit[:4] @ unit[4:].T


def test_after_adapting_each_question_finds_its_body_first() -> None:
    before, after = cosines(adapt([], DOCUMENTS)), cosines(adapt(PAIRS, DOCUMENTS))
    assert after.argmax(dim=1).tolist() == [0, 1, 2, 3]
    assert after.diagonal().mean() > before.diagonal().mean()


def test_adapting_depends_on_nothing_but_pairs_documents_and_seed() -> None:
    torch.manual_seed(1)
    one = adapt(PAIRS, DOCUMENTS, seed=3)
    torch.manual_seed(2)
    two, other = adapt(PAIRS, DOCUMENTS, seed=3), adapt(PAIRS, DOCUMENTS, seed=4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(one.own.weight, other.own.weight)


@pytest.mark.parametrize("pairs", [[], PAIRS[:1]])
def test_one_pair_or_none_gives_the_vectors_one_starts_from(pairs: list[Pair]) -> None:
    module = adapt(pairs, DOCUMENTS)
    assert torch.equal(module.map.weight, torch.from_numpy(general().matrix))
    assert np.linalg.norm(EmbeddedEncoder(module.frozen()).encode_queries(["ペットを飼う"])[0]) == pytest.approx(1, abs=1e-5)


def test_a_town_without_articles_has_an_encoder_all_the_same() -> None:
    encoder = EmbeddedEncoder(adapt([], []).frozen())
    assert np.linalg.norm(encoder.encode_queries(["住民票"])[0]) == pytest.approx(1, abs=1e-5)


def test_two_question_forms_of_one_article_are_not_each_others_negatives() -> None:
    same = [Pair("nursery", ("子供",), ("入園",)), Pair("nursery", ("預ける",), ("入園",))]
    start, module = adapt([], DOCUMENTS), adapt(same, DOCUMENTS)
    # Both pairs are of one article: nothing is pushed apart, so the loss is 0 and no weight moves.
    assert torch.allclose(module.own.weight, start.own.weight, atol=1e-6)
