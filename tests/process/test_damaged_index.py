"""Whatever happens to the files of an index, residents are answered from the newest snapshot that is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from small_town import CODE, NEW, OLD, QUESTION, copied, settings, window_of

from app import create_app
from bot.desk import Desk
from evaluation.installation import Installation
from indexer import __main__ as indexer
from indexer import snapshot
from indexer.snapshot import CURRENT

pytestmark = pytest.mark.process


KINDS = (
    "manifest.json", "knowledge.json", "passages.jsonl", "words.jsonl", "dense.faiss", "lexical/vocab.index.json",
    "lexical/data.csc.index.npy", "lexical/params.index.json", "encoder/model.safetensors", "encoder/base.safetensors",
    "encoder/word_vectors.json", "encoder/modules.json",
)  # fmt: skip


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return copied(template, tmp_path / "instance")


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "indexes" / CODE


@pytest.fixture
def build(folder: Path) -> Callable[[], dict[str, object]]:
    """What `python -m indexer build` does and prints, in this process."""
    return lambda: indexer.build(settings(folder), CODE, full=False)


def client(folder: Path) -> FlaskClient:
    """The whole desk as a server starts it, on what lies in the folder."""
    desk = Desk(settings(folder))
    desk.warm_up(watch=False)
    return create_app(settings(folder), desk).test_client()


def window(api: FlaskClient) -> str | None:
    """Which text the desk answers from."""
    conversation = api.post("/api/v1/conversations").get_json()["id"]
    return window_of(api.post(f"/api/v1/conversations/{conversation}/messages", json={"text": QUESTION}).get_json()["answer"])


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.write_bytes(data)


def test_every_kind_of_file_is_damaged_below(home: Path) -> None:
    folder = home / snapshot.current_version(home)
    kinds = {"manifest.json", *snapshot.read_manifest(folder).files}
    assert set(KINDS) <= kinds
    assert {Path(kind).parent for kind in kinds} == {Path(kind).parent for kind in KINDS} | {Path("encoder/1_Normalize")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_byte_changed_in_any_file_makes_the_desk_serve_the_snapshot_before(home: Path, folder: Path, kind: str) -> None:
    newest, older = snapshot.versions(home)[:2]
    assert snapshot.current_version(home) == newest
    flip(home / newest / kind)
    api = client(folder)
    assert api.get("/readyz").get_json()["municipalities"] == {CODE: older}
    assert window(api) == OLD


@pytest.mark.parametrize("kind", ["manifest.json", "dense.faiss", "encoder/model.safetensors"])
def test_a_missing_file_makes_the_desk_serve_the_snapshot_before(home: Path, folder: Path, kind: str) -> None:
    newest, older = snapshot.versions(home)[:2]
    (home / newest / kind).unlink()
    api = client(folder)
    assert api.get("/readyz").get_json()["municipalities"] == {CODE: older}
    assert window(api) == OLD


def test_a_truncated_manifest_makes_the_desk_serve_the_snapshot_before(home: Path, folder: Path) -> None:
    newest, older = snapshot.versions(home)[:2]
    path = home / newest / "manifest.json"
    path.write_bytes(path.read_bytes()[:100])
    assert client(folder).get("/readyz").get_json()["municipalities"] == {CODE: older}


@pytest.mark.parametrize("content", [b"20200101T000000000000Z", b"", b"..", b"\xff\xfe\x00"])
def test_a_current_that_points_nowhere_makes_the_desk_serve_the_newest_snapshot(home: Path, folder: Path, content: bytes) -> None:
    newest = snapshot.versions(home)[0]
    (home / CURRENT).write_bytes(content)
    api = client(folder)
    assert api.get("/readyz").get_json()["municipalities"] == {CODE: newest}
    assert window(api) == NEW


def test_a_manifest_of_another_snapshot_makes_the_desk_serve_the_snapshot_before(home: Path, folder: Path) -> None:
    newest, older = snapshot.versions(home)[:2]
    path = home / newest / "manifest.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace(f'"version": "{newest}"', f'"version": "{newest[:-1]}Y"'), encoding="utf-8"
    )
    assert client(folder).get("/readyz").get_json()["municipalities"] == {CODE: older}


def test_a_lost_current_makes_the_desk_serve_the_newest_snapshot(home: Path, folder: Path) -> None:
    newest = snapshot.versions(home)[0]
    (home / CURRENT).unlink()
    assert client(folder).get("/readyz").get_json()["municipalities"] == {CODE: newest}


def test_with_no_whole_snapshot_the_desk_is_not_ready_and_names_a_person_instead_of_breaking(home: Path, folder: Path) -> None:
    for version in snapshot.versions(home):
        flip(home / version / "dense.faiss")
    api = client(folder)
    readiness = api.get("/readyz")
    assert readiness.status_code == 503
    assert readiness.get_json()["error"]["code"] == "not_ready"
    conversation = api.post("/api/v1/conversations").get_json()["id"]
    reply = api.post(f"/api/v1/conversations/{conversation}/messages", json={"text": QUESTION})
    answer = reply.get_json()["answer"]
    assert (reply.status_code, answer["status"], answer["outcome"]) == (200, "failed", "hand_over")
    assert answer["contact"]["department"]
    assert answer["handoff_offered"]
    assert "Traceback" not in reply.get_data(as_text=True)
    assert api.post(f"/api/v1/conversations/{conversation}/handoffs", json={}).status_code == 201


@pytest.mark.parametrize("kind", ["manifest.json", "dense.faiss", "encoder/word_vectors.json"])
def test_the_next_build_repairs_a_damaged_snapshot(
    home: Path, folder: Path, kind: str, build: Callable[[], dict[str, object]]
) -> None:
    flip(home / snapshot.current_version(home) / kind)
    built = build()
    assert "cannot be used" in str(built["reason"])
    assert snapshot.current_version(home) == built["snapshot"]
    assert window(client(folder)) == NEW


@pytest.mark.parametrize("content", [b"20200101T000000000000Z", b"", b"\xff\xfe\x00", None])
def test_the_next_build_repairs_a_damaged_current(
    home: Path, folder: Path, content: bytes | None, build: Callable[[], dict[str, object]]
) -> None:
    (home / CURRENT).unlink()
    if content is not None:
        (home / CURRENT).write_bytes(content)
    built = build()
    assert snapshot.open_snapshot(home / snapshot.current_version(home)).version == built["snapshot"]


def test_a_build_on_a_whole_index_changes_nothing(home: Path, build: Callable[[], dict[str, object]]) -> None:
    before = sorted(p.name for p in home.iterdir())
    built = build()
    assert built["reason"] == "nothing changed"
    assert sorted(p.name for p in home.iterdir()) == before


def test_rolling_back_to_a_damaged_snapshot_is_refused_and_leaves_the_served_one(
    town: Installation,
) -> None:
    newest, older = snapshot.versions(town.indexes)[:2]
    flip(town.indexes / older / "passages.jsonl")
    done = town.attempt("indexer", "rollback")
    assert done.code == 2
    assert "missing or damaged" in done.errors
    assert "Traceback" not in done.errors
    assert snapshot.current_version(town.indexes) == newest


@pytest.mark.parametrize("leftover", [f"{snapshot.BUILDING}4711-20200101T000000000000Z", ".CURRENT-4711"])
def test_what_killed_builds_left_is_removed_by_the_next(
    home: Path, build: Callable[[], dict[str, object]], leftover: str
) -> None:
    if leftover.startswith(snapshot.BUILDING):
        shutil.copytree(home / snapshot.current_version(home), home / leftover)
    else:
        shutil.copy(home / CURRENT, home / leftover)
        os.utime(home / leftover, (0, 0))  # long ago: a fresh one may belong to a rollback
    build()
    assert not (home / leftover).exists()
