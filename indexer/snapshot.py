"""One immutable, versioned index per municipality; swapped by one atomic rename, checked before it is served.

indexes/<municipality>/<version>/   manifest.json knowledge.json passages.jsonl passages.npz words.jsonl
                                    lexical/ dense.faiss encoder/
indexes/<municipality>/CURRENT      the version that is served
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexer.encoder import EMBEDDED, Encoder, EncoderUnavailable, load
from indexer.json_lines import JsonLines, write_json_lines
from indexer.lexical import LexicalIndex
from indexer.passage_table import PassageTable
from indexer.passages import Kind, Passage
from indexer.vector_store import FaissStore, VectorStore
from knowledge.snapshot_content import Content

FORMAT = 2
CURRENT = "CURRENT"
BUILDING = ".building-"
LEFTOVER_SECONDS = 60
CHECKED_PASSAGES = 8
MODEL_TOLERANCE = 0.02
"""Greatest difference in a component of one unit vector made by one model on two machines or in two batches."""


class SnapshotMissing(LookupError):
    """The municipality has no index yet: run `python -m indexer build`."""


class SnapshotCorrupt(RuntimeError):
    """A file of the snapshot is missing or is not the one the manifest describes."""


class IndexMismatch(RuntimeError):
    """The snapshot was made with another model, dimension or format than the one at hand."""


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is. `files`: relative path -> SHA-256 (hex). Times are ISO 8601 in UTC.

    `adapted_on` counts the articles the encoder was adapted on, `changed_since` those changed afterwards.
    """

    format: int
    municipality: str
    version: str
    created_at: str
    articles: int
    passages: int
    encoder: str
    dimension: int
    adapted_on: int
    changed_since: int
    digests: dict[str, str]
    files: dict[str, str]


@dataclass(frozen=True)
class Snapshot:
    """A loaded index. `words[i]` are the words of document i, one document an article, in the order of `articles`.

    `passages` and `words` of an opened snapshot stay in their files and are read one by one; `table` is what a search
    needs of all passages at once, None where it is still to be made.
    """

    manifest: Manifest
    content: Content
    passages: Sequence[Passage]
    words: Sequence[tuple[str, ...]]
    lexical: LexicalIndex
    store: VectorStore
    encoder: Encoder
    table: PassageTable | None = None

    @property
    def version(self) -> str:
        return self.manifest.version


def write(
    folder: Path,
    content: Content,
    passages: Sequence[Passage],
    words: Sequence[Sequence[str]],
    store: VectorStore,
    encoder: Encoder,
    reuse_encoder: Path | None = None,
    **facts: Any,
) -> Manifest:
    """Write a whole snapshot into `folder`, flushed to disk; nothing serves it until `activate`."""
    folder.mkdir(parents=True)
    (folder / "knowledge.json").write_text(json.dumps(content.to_json(), ensure_ascii=False), encoding="utf-8")
    write_json_lines(folder / "passages.jsonl", (vars(passage) for passage in passages))
    PassageTable.of(passages, [a.id for a in content.articles]).save(folder / "passages.npz")
    write_json_lines(folder / "words.jsonl", words)
    LexicalIndex.build(words).save(folder / "lexical")
    store.save(folder / "dense.faiss")
    if reuse_encoder:
        shutil.copytree(reuse_encoder, folder / "encoder", copy_function=_link_or_copy)
    elif encoder.name == EMBEDDED:
        encoder.save(folder / "encoder")
    files = {str(p.relative_to(folder)): _sha256(p) for p in _files(folder)}
    manifest = Manifest(
        format=FORMAT,
        municipality=content.municipality.code,
        articles=len(content.articles),
        passages=len(passages),
        encoder=encoder.name,
        dimension=encoder.dimension,
        files=files,
        **facts,
    )
    (folder / "manifest.json").write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
    for path in (*folder.rglob("*"), folder):
        _flush(path)
    return manifest


def activate(home: Path, version: str) -> None:
    """Serve `version` from now on: one atomic rename, flushed."""
    temporary = home / f".{CURRENT}-{os.getpid()}"
    temporary.write_text(version, encoding="ascii")
    _flush(temporary)
    os.replace(temporary, home / CURRENT)
    _flush(home)


def current_version(home: Path) -> str:
    """Version named by CURRENT. Raises SnapshotMissing."""
    try:
        return (home / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotMissing(f"no index in {home}: run `python -m indexer build --municipality {home.name}`") from error


def versions(home: Path) -> list[str]:
    """Whole snapshots, newest first."""
    if not home.is_dir():
        return []
    whole = (p.name for p in home.iterdir() if not p.name.startswith(".") and (p / "manifest.json").is_file())
    return sorted(whole, reverse=True)


def read_manifest(folder: Path) -> Manifest:
    """Raises SnapshotCorrupt or IndexMismatch."""
    try:
        data = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if data.get("format") != FORMAT:
            raise IndexMismatch(f"{folder} has format {data.get('format')}, this version reads {FORMAT}: build the index again")
        return Manifest(**data)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SnapshotCorrupt(f"{folder}/manifest.json: {error}") from error


def open_snapshot(folder: Path, encoder_setting: str = EMBEDDED) -> Snapshot:
    """Load and check a snapshot.

    Raises SnapshotCorrupt when a file is not what was written, IndexMismatch when the encoder of the setting is not
    the one that made the vectors.
    """
    manifest = read_manifest(folder)
    if manifest.encoder != encoder_setting:
        raise IndexMismatch(
            f"the index was made with the encoder {manifest.encoder!r}, the setting says {encoder_setting!r}: build it again"
        )
    if manifest.version != folder.name:
        raise SnapshotCorrupt(f"{folder}/manifest.json describes the snapshot {manifest.version}")
    _check_files(folder, manifest)
    try:
        content = Content.from_json(json.loads((folder / "knowledge.json").read_text(encoding="utf-8")))
        passages = JsonLines(folder / "passages.jsonl", _passage)
        table = PassageTable.load(folder / "passages.npz")
        words = JsonLines(folder / "words.jsonl", _words)
        lexical = LexicalIndex.load(folder / "lexical", len(words))
        store = FaissStore.load(folder / "dense.faiss")
        encoder = load(folder / "encoder" if encoder_setting == EMBEDDED else encoder_setting, encoder_setting)
    except EncoderUnavailable:
        raise
    except Exception as error:
        raise SnapshotCorrupt(f"{folder}: {error}") from error
    if not (store.dimension == encoder.dimension == manifest.dimension):
        raise IndexMismatch(f"vectors of {store.dimension} dimensions, encoder of {encoder.dimension}: build the index again")
    if not (store.size == len(passages) == manifest.passages and len(words) == len(content.articles)):
        raise SnapshotCorrupt(f"{folder}: {store.size} vectors, {len(passages)} passages, {len(words)} documents")
    _check_model(passages, store, encoder)
    return Snapshot(manifest, content, passages, words, lexical, store, encoder, table)


def prune(home: Path, keep: int) -> list[str]:
    """Delete the oldest snapshots beyond `keep` and what killed builds left; the served one always stays."""
    served = current_version(home)
    old = [v for v in versions(home)[keep:] if v != served]
    for name in old:
        shutil.rmtree(home / name, ignore_errors=True)
    remove_leftovers(home)
    return old


def remove_leftovers(home: Path) -> None:
    """Delete what killed processes left; the caller holds the builders' lock."""
    for folder in home.glob(f"{BUILDING}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in home.glob(f".{CURRENT}-*"):
        # A rollback, which takes no lock, may be about to rename its own.
        if time.time() - file.stat().st_mtime > LEFTOVER_SECONDS:
            file.unlink(missing_ok=True)


def _passage(data: dict[str, Any]) -> Passage:
    return Passage(**{**data, "kind": Kind(data["kind"])})


def _words(data: list[str]) -> tuple[str, ...]:
    return tuple(data)


def _check_model(passages: Sequence[Passage], store: VectorStore, encoder: Encoder) -> None:
    """A few passages are encoded again: a model of the same name and dimension may have other weights."""
    if encoder.name == EMBEDDED or not passages:
        return  # the embedded model lies in the snapshot and was checked with its files
    ids = list(range(0, len(passages), max(1, len(passages) // CHECKED_PASSAGES)))
    again = encoder.encode_passages([passages[at].encoded for at in ids])
    if float(abs(again - store.vectors(ids)).max()) > MODEL_TOLERANCE:
        raise IndexMismatch(f"the model {encoder.name!r} is not the one that made the vectors: build the index again")


def _check_files(folder: Path, manifest: Manifest) -> None:
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise SnapshotCorrupt(f"{path} is missing or damaged: roll back with `python -m indexer rollback` or build again")


def _files(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "manifest.json")


def _link_or_copy(source: str, target: str) -> None:
    # Snapshots are never written again, so an unchanged model is shared by hard link where the disk allows it.
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
