"""Bring a municipality's index up to date: what changed by digest, and a new snapshot when anything did."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from indexer import snapshot, text
from indexer.encoder import EMBEDDED, EmbeddedEncoder, Encoder, EncoderUnavailable, load
from indexer.passages import Kind, Passage, passages
from indexer.snapshot import IndexMismatch, Manifest, Snapshot, SnapshotCorrupt, SnapshotMissing
from indexer.training_pairs import training_pairs
from indexer.vector_store import FaissStore
from knowledge.snapshot_content import Content

READAPT_SHARE = 0.05
"""The encoder learns anew once this share of the articles has changed since it last did."""

ENCODED_AT_ONCE = 512


class IndexBusy(RuntimeError):
    """Another process is building the index of this municipality."""


@dataclass(frozen=True)
class SyncResult:
    """What one synchronisation did; ids of articles. `snapshot` is the version served afterwards."""

    municipality: str
    snapshot: str
    created: tuple[str, ...]
    updated: tuple[str, ...]
    skipped: int
    deleted: tuple[str, ...]
    passages: int
    encoded: int
    adapted: bool
    reason: str
    seconds: float


def synchronise(
    content: Content,
    home: Path,
    encoder_setting: str = EMBEDDED,
    *,
    full: bool = False,
    quick: bool = False,
    keep: int = 5,
    progress: bool = False,
    encoder: Encoder | None = None,
) -> SyncResult:
    """Index `content` below `home` and serve it; nothing is written when nothing changed.

    Until the last step the old snapshot is served; a process killed anywhere leaves it whole. A full build takes
    `encoder`, which must be one of the setting, where it is given, and makes one where it is not. `quick` leaves the
    encoder as it learnt, however much has changed: seconds instead of half a minute; a later call without it lets the
    encoder learn (see `adaptation_due`).
    Raises IndexBusy, or EncoderUnavailable when the model of the setting cannot be loaded.
    """
    started = time.perf_counter()
    home.mkdir(parents=True, exist_ok=True)
    with _one_builder(home):
        old, reason = (None, "asked for a full build") if full else _previous(home, encoder_setting)
        digests = {a.id: a.digest for a in content.articles}
        before = old.manifest.digests if old else {}
        created = tuple(i for i in digests if i not in before)
        updated = tuple(i for i, d in digests.items() if i in before and before[i] != d)
        deleted = tuple(i for i in before if i not in digests)
        changed = len(created) + len(updated) + len(deleted)
        outcome: dict[str, Any] = {
            "created": created,
            "updated": updated,
            "deleted": deleted,
            "skipped": len(digests) - len(created) - len(updated),
        }
        drift = (old.manifest.changed_since if old else 0) + changed
        learns = old is not None and not quick and _drifted(old.manifest, drift, encoder_setting)
        if old and not learns and not changed and old.content.to_json() == content.to_json():
            return SyncResult(
                content.municipality.code, old.version, **outcome, passages=len(old.passages), encoded=0, adapted=False,
                reason="nothing changed", seconds=time.perf_counter() - started,
            )  # fmt: skip
        if learns:
            old, reason = None, f"{drift} articles changed since the encoder was adapted"
        given = old.encoder if old else encoder
        version, encoded, total = _build(content, home, old, encoder_setting, drift if old else 0, digests, progress, given)
        snapshot.activate(home, version)
        snapshot.prune(home, keep)
        return SyncResult(
            content.municipality.code, version, **outcome, passages=total, encoded=encoded,
            adapted=given is None and encoder_setting == EMBEDDED, reason=reason or f"{changed} articles changed",
            seconds=time.perf_counter() - started,
        )  # fmt: skip


def adaptation_due(home: Path, encoder_setting: str = EMBEDDED) -> bool:
    """Whether so much has changed since the served encoder learnt that a build without `quick` would let it learn anew."""
    try:
        manifest = snapshot.read_manifest(home / snapshot.current_version(home))
    except (SnapshotMissing, SnapshotCorrupt, IndexMismatch):
        return False
    return _drifted(manifest, manifest.changed_since, encoder_setting)


def document_words(article_passages: Sequence[Passage]) -> tuple[str, ...]:
    """Words of the whole article for BM25: every question form, the body once, the facts."""
    kept = [p for p in article_passages if p.kind != Kind.SECTION]
    return tuple(word for p in kept for word in text.tokens(p.text))


def _drifted(manifest: Manifest, drift: int, setting: str) -> bool:
    return setting == EMBEDDED and drift > READAPT_SHARE * max(manifest.adapted_on, 1)


def _build(
    content: Content,
    home: Path,
    old: Snapshot | None,
    setting: str,
    drift: int,
    digests: Mapping[str, str],
    progress: bool,
    encoder: Encoder | None,
) -> tuple[str, int, int]:
    parts = {a.id: tuple(passages(a)) for a in content.articles}
    known = {a.id: words for a, words in zip(old.content.articles, old.words, strict=True)} if old else {}
    unchanged = {i for i, digest in digests.items() if old and old.manifest.digests.get(i) == digest}
    words = [known[a.id] if a.id in unchanged else document_words(parts[a.id]) for a in content.articles]
    flat = [p for a in content.articles for p in parts[a.id]]
    if encoder is None:
        encoder = _new_encoder(parts, words, setting, progress)
    vectors, encoded = _vectors(flat, encoder, old, progress)
    moment = datetime.now(UTC)
    version = moment.strftime("%Y%m%dT%H%M%S%fZ")
    folder = home / f"{snapshot.BUILDING}{os.getpid()}-{version}"
    try:
        snapshot.write(
            folder, content, flat, words, FaissStore.build(vectors), encoder,
            reuse_encoder=home / old.version / "encoder" if old and setting == EMBEDDED else None,
            version=version, created_at=moment.isoformat(timespec="seconds"), digests=dict(digests), changed_since=drift,
            adapted_on=old.manifest.adapted_on if old else len(content.articles),
        )  # fmt: skip
        os.replace(folder, home / version)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return version, encoded, len(flat)


def _new_encoder(parts: Mapping[str, Sequence[Passage]], words: Sequence[Sequence[str]], setting: str, progress: bool) -> Encoder:
    if setting != EMBEDDED:
        return load(setting, setting)
    from indexer.adaptation import adapt  # loads torch, which a small update does without

    return EmbeddedEncoder(adapt(training_pairs(parts), words, progress=progress).frozen())


def _vectors(flat: Sequence[Passage], encoder: Encoder, old: Snapshot | None, progress: bool) -> tuple[NDArray[np.float32], int]:
    """Vectors of all passages; those whose digest the old snapshot has are taken from it."""
    known = {p.digest: i for i, p in enumerate(old.passages)} if old else {}
    vectors = np.zeros((len(flat), encoder.dimension), dtype=np.float32)
    kept = [(at, known[p.digest]) for at, p in enumerate(flat) if p.digest in known]
    if old and kept:
        vectors[[at for at, _ in kept]] = old.store.vectors([i for _, i in kept])
    fresh = [at for at, p in enumerate(flat) if p.digest not in known]
    if fresh:
        for start in tqdm(range(0, len(fresh), ENCODED_AT_ONCE), desc="encoding passages", disable=not progress):
            some = fresh[start : start + ENCODED_AT_ONCE]
            vectors[some] = encoder.encode_passages([flat[at].encoded for at in some])
    return vectors, len(fresh)


def _previous(home: Path, setting: str) -> tuple[Snapshot | None, str]:
    """The snapshot to build on, or None and why everything is made anew."""
    try:
        return snapshot.open_snapshot(home / snapshot.current_version(home), setting), ""
    except SnapshotMissing:
        return None, "first index"
    except (SnapshotCorrupt, IndexMismatch, EncoderUnavailable) as error:
        return None, f"the old snapshot cannot be used: {error}"


@contextmanager
def _one_builder(home: Path) -> Iterator[None]:
    # The lock belongs to the open file: the system releases it even when the process is killed.
    with (home / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise IndexBusy(f"another process is building the index of {home.name}; try again when it is done") from error
        snapshot.remove_leftovers(home)
        yield
