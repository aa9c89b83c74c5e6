"""Any sentence-transformers model can stand in for the embedded one; what cannot be loaded says what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.encoder import EMBEDDED, EmbeddedEncoder, Encoder, EncoderUnavailable, SentenceTransformerEncoder, load
from indexer.snapshot import Snapshot

TEXTS = ["転入届を出したい", "粗大ごみの出し方", ""]


class EncoderContract:
    """What every encoder keeps to; a test class inherits it and gives `encoder`."""

    def test_vectors_are_unit_and_float32_or_zero(self, encoder: Encoder) -> None:
        for vectors in (encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)):
            assert vectors.shape == (3, encoder.dimension)
            assert vectors.dtype == np.float32
            lengths = np.linalg.norm(vectors, axis=1)
            assert all(length == pytest.approx(1, abs=1e-4) or length == 0 for length in lengths)

    def test_no_texts_are_an_empty_array(self, encoder: Encoder) -> None:
        assert encoder.encode_queries([]).shape == (0, encoder.dimension)
        assert encoder.encode_passages([]).shape == (0, encoder.dimension)

    def test_a_text_has_the_same_vector_alone_and_among_others(self, encoder: Encoder) -> None:
        together = encoder.encode_passages(TEXTS)
        assert np.allclose(together[1], encoder.encode_passages(TEXTS[1:2])[0], atol=1e-5)

    def test_a_saved_model_loads_with_equal_vectors(self, encoder: Encoder, tmp_path: Path) -> None:
        encoder.save(tmp_path / "model")
        again = load(tmp_path / "model", encoder.name)
        assert np.allclose(again.encode_queries(TEXTS), encoder.encode_queries(TEXTS), atol=2e-3)


class TestEmbedded(EncoderContract):
    @pytest.fixture
    def encoder(self, opened: Snapshot) -> Encoder:
        assert isinstance(opened.encoder, EmbeddedEncoder)
        return opened.encoder


class TestModelFolder(EncoderContract):
    @pytest.fixture
    def encoder(self, tiny_model: Path) -> Encoder:
        return load(tiny_model, str(tiny_model))

    def test_the_setting_is_the_name_of_the_model(self, encoder: Encoder, tiny_model: Path) -> None:
        assert isinstance(encoder, SentenceTransformerEncoder)
        assert encoder.name == str(tiny_model)
        assert encoder.dimension == 8


@pytest.mark.parametrize("name", ["no/such-model-folder", EMBEDDED])
def test_a_model_that_is_not_there_names_itself_and_the_setting(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderUnavailable, match=rf"{name}.*MADOGUCHI_ENCODER.*'embedded'"):
        load(tmp_path / "missing", name)
