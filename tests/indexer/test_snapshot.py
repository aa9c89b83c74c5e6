"""A snapshot is whole or refused; serving another one is a single step; the served one is never pruned."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_knowledge import CODE, CONTENT

from indexer import snapshot
from indexer.encoder import EncoderUnavailable
from indexer.snapshot import IndexMismatch, Snapshot, SnapshotCorrupt, SnapshotMissing
from indexer.synchronise import SyncResult, synchronise
from knowledge.snapshot_content import Content

FILES = (
    "manifest.json", "knowledge.json", "passages.jsonl", "words.jsonl", "dense.faiss", "lexical/params.index.json",
    "encoder/model.safetensors", "encoder/base.safetensors", "encoder/word_vectors.json",
)  # fmt: skip


@pytest.fixture
def folder(built: tuple[Path, SyncResult], tmp_path: Path) -> Path:
    """A copy of the snapshot that a test may break."""
    home, result = built
    return Path(shutil.copytree(home / result.snapshot, tmp_path / CODE / result.snapshot))


def test_what_is_opened_is_what_was_written(opened: Snapshot) -> None:
    assert opened.content == CONTENT
    assert opened.manifest.articles == len(CONTENT.articles) == len(opened.words)
    assert opened.manifest.passages == len(opened.passages) == opened.store.size
    assert opened.manifest.digests == {a.id: a.digest for a in CONTENT.articles}
    title = opened.encoder.encode_passages([CONTENT.articles[0].title])[0]
    assert opened.store.vectors([0])[0] == pytest.approx(title, abs=2e-3)
    assert opened.lexical.scores(["転入"]).argmax() == 0


def test_content_survives_json_whole() -> None:
    again = Content.from_json(json.loads(json.dumps(CONTENT.to_json(), ensure_ascii=False)))
    assert again == CONTENT
    assert again.department_of["children"].hours == CONTENT.department_of["children"].hours
    bare = replace(CONTENT, waste=None, waste_checked=None, departments=())
    assert Content.from_json(bare.to_json()) == bare
    assert bare.reception is None


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(SnapshotCorrupt, match=path.name):
        snapshot.open_snapshot(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SnapshotCorrupt, match=name.rsplit("/", 1)[-1]):
        snapshot.open_snapshot(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b'{"format": 1, "unknown": 2}'])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises((SnapshotCorrupt, IndexMismatch)):
        snapshot.open_snapshot(folder)


def test_a_snapshot_of_another_format_says_to_build_again(folder: Path) -> None:
    _change_manifest(folder, format=99)
    with pytest.raises(IndexMismatch, match=r"format 99.*build the index again"):
        snapshot.open_snapshot(folder)


def test_a_snapshot_of_another_encoder_is_refused(folder: Path, tiny_model: Path) -> None:
    with pytest.raises(IndexMismatch, match=r"'embedded'.*build it again"):
        snapshot.open_snapshot(folder, str(tiny_model))
    _change_manifest(folder, encoder=str(tiny_model))
    with pytest.raises(IndexMismatch, match="684 dimensions, encoder of 8"):
        snapshot.open_snapshot(folder, str(tiny_model))


def test_a_model_that_is_gone_is_reported_as_such(folder: Path, tmp_path: Path) -> None:
    _change_manifest(folder, encoder=str(tmp_path / "gone"))
    with pytest.raises(EncoderUnavailable):
        snapshot.open_snapshot(folder, str(tmp_path / "gone"))


def test_counts_that_do_not_fit_are_refused(folder: Path) -> None:
    _change_manifest(folder, passages=7)
    with pytest.raises(SnapshotCorrupt, match="passages"):
        snapshot.open_snapshot(folder)


def _change_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_a_town_without_an_index_is_told_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing, match=r"python -m indexer build --municipality 131016"):
        snapshot.current_version(tmp_path / "131016")
    assert snapshot.versions(tmp_path / "131016") == []


def test_a_current_file_of_rubbish_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(SnapshotMissing):
        snapshot.current_version(tmp_path)


def test_serving_another_version_is_one_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot.activate(tmp_path, "one")
    assert snapshot.current_version(tmp_path) == "one"

    def crash(source: object, target: object) -> None:
        assert snapshot.current_version(tmp_path) == "one"
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(snapshot.os, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            snapshot.activate(tmp_path, "two")
    assert snapshot.current_version(tmp_path) == "one"
    snapshot.activate(tmp_path, "two")
    assert snapshot.current_version(tmp_path) == "two"


def test_pruning_keeps_the_newest_and_the_served_one(tmp_path: Path) -> None:
    for version in ("1", "2", "3", "4"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "manifest.json").write_text("{}")
    snapshot.activate(tmp_path, "1")  # rolled back to the oldest
    assert snapshot.prune(tmp_path, 2) == ["2"]
    assert snapshot.versions(tmp_path) == ["4", "3", "1"]


def test_what_a_killed_build_left_is_no_version_and_is_swept_up(tmp_path: Path) -> None:
    half = tmp_path / f"{snapshot.BUILDING}4711-20261124"
    half.mkdir()
    (half / "manifest.json").write_text("{}")  # killed after the manifest, before the rename
    assert snapshot.versions(tmp_path) == []
    snapshot.activate(tmp_path, "1")
    snapshot.prune(tmp_path, 2)
    assert not half.exists()


def test_every_file_and_folder_reaches_the_disk_before_it_can_be_served(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[Path] = set()
    monkeypatch.setattr(snapshot, "_flush", flushed.add)
    result = synchronise(CONTENT, tmp_path / CODE, str(tiny_model))
    served = tmp_path / CODE / result.snapshot
    names = {
        path.relative_to(path.parents[len(path.relative_to(tmp_path).parts) - 3]).as_posix()
        for path in flushed
        if path.parent != tmp_path
    }
    expected = {path.relative_to(served).as_posix() for path in served.rglob("*")}
    assert {name for name in expected if name not in names} == set()
    assert np.all([path.exists() for path in served.rglob("*")])
