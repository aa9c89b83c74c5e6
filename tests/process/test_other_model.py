"""A model that is not the one the index was made with is told clearly and never answers from wrong vectors."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from small_town import ARTICLES, CODE, NEW, QUESTION, copied, settings, window_of

from app import create_app
from bot.desk import Desk
from indexer import __main__ as indexer
from indexer import snapshot
from indexer.encoder import EncoderUnavailable
from indexer.snapshot import IndexMismatch
from settings import load_settings

pytestmark = pytest.mark.process
MakeModel = Callable[..., Path]


@pytest.fixture(scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """A tiny transformer over single characters, with weights drawn from a seed; returns its folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    characters = sorted({c for pair in ARTICLES.values() for text in pair for c in text})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{c}" for c in characters)]

    def make(dimension: int, seed: int = 0) -> Path:
        torch.manual_seed(seed)
        raw, folder = tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("model")
        (raw / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
        BertTokenizer(str(raw / "vocab.txt")).save_pretrained(str(raw))
        size = {"hidden_size": dimension, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 32}
        BertModel(BertConfig(vocab_size=len(vocabulary), **size)).save_pretrained(str(raw))
        modules = [Transformer(str(raw)), Pooling(dimension)]
        SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)
        return folder

    return make


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return copied(template, tmp_path / "instance")


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "indexes" / CODE


def client(folder: Path, encoder: str) -> FlaskClient:
    desk = Desk(settings(folder, encoder=encoder))
    desk.warm_up(watch=False)
    return create_app(settings(folder, encoder=encoder), desk).test_client()


def assert_not_ready_and_a_person_is_named(api: FlaskClient) -> None:
    assert api.get("/readyz").status_code == 503
    conversation = api.post("/api/v1/conversations").get_json()["id"]
    reply = api.post(f"/api/v1/conversations/{conversation}/messages", json={"text": QUESTION})
    assert reply.status_code == 200
    assert reply.get_json()["answer"]["status"] == "failed"
    assert reply.get_json()["answer"]["contact"]["department"]
    assert "Traceback" not in reply.get_data(as_text=True)


def test_an_index_made_with_the_embedded_encoder_is_not_served_with_another_model(
    home: Path, folder: Path, make_model: MakeModel
) -> None:
    model = str(make_model(12))
    with pytest.raises(IndexMismatch, match="made with the encoder 'embedded', the setting says"):
        snapshot.open_snapshot(home / snapshot.current_version(home), model)
    assert_not_ready_and_a_person_is_named(client(folder, model))


def test_a_build_with_the_other_model_makes_the_desk_serve_it(home: Path, folder: Path, make_model: MakeModel) -> None:
    model = str(make_model(20))
    built = indexer.build(settings(folder, encoder=model), CODE, full=False)
    assert "made with the encoder 'embedded'" in str(built["reason"])
    manifest = snapshot.read_manifest(home / snapshot.current_version(home))
    assert (manifest.encoder, manifest.dimension) == (model, 20)
    api = client(folder, model)
    assert api.get("/readyz").get_json()["municipalities"] == {CODE: built["snapshot"]}
    conversation = api.post("/api/v1/conversations").get_json()["id"]
    answer = api.post(f"/api/v1/conversations/{conversation}/messages", json={"text": QUESTION}).get_json()["answer"]
    assert answer["status"] != "failed"
    assert window_of(answer) in (NEW, None)


def test_a_model_whose_dimension_has_changed_is_refused(home: Path, folder: Path, make_model: MakeModel) -> None:
    model = make_model(20)
    indexer.build(settings(folder, encoder=str(model)), CODE, full=False)
    shutil.rmtree(model)
    shutil.copytree(make_model(15), model)
    with pytest.raises(IndexMismatch, match="vectors of 20 dimensions, encoder of 15"):
        snapshot.open_snapshot(home / snapshot.current_version(home), str(model))
    assert_not_ready_and_a_person_is_named(client(folder, str(model)))
    rebuilt = indexer.build(settings(folder, encoder=str(model)), CODE, full=False)
    assert "vectors of 20 dimensions" in str(rebuilt["reason"])
    assert client(folder, str(model)).get("/readyz").status_code == 200


def test_a_model_of_the_same_dimension_with_other_weights_is_refused(home: Path, folder: Path, make_model: MakeModel) -> None:
    model = make_model(20)
    indexer.build(settings(folder, encoder=str(model)), CODE, full=False)
    shutil.rmtree(model)
    shutil.copytree(make_model(20, seed=1), model)
    with pytest.raises(IndexMismatch):
        snapshot.open_snapshot(home / snapshot.current_version(home), str(model))


def test_a_model_that_is_not_there_is_told_and_the_served_index_stays(home: Path, folder: Path, tmp_path: Path) -> None:
    before = snapshot.current_version(home)
    with pytest.raises(EncoderUnavailable, match="MADOGUCHI_ENCODER"):
        indexer.build(settings(folder, encoder=str(tmp_path / "nowhere")), CODE, full=False)
    assert snapshot.current_version(home) == before
    assert_not_ready_and_a_person_is_named(client(folder, str(tmp_path / "nowhere")))


def test_the_command_tells_a_missing_model_without_a_traceback(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MADOGUCHI_INSTANCE", str(folder))
    monkeypatch.setenv("MADOGUCHI_ENCODER", str(tmp_path / "nowhere"))
    load_settings.cache_clear()
    try:
        assert indexer.main(["build", "--municipality", CODE]) == 2
    finally:
        load_settings.cache_clear()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "MADOGUCHI_ENCODER" in printed.err
    assert "Traceback" not in printed.err
