"""Indexes on disk that open as the small municipality in memory: what the desk does with folders, without a model."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_knowledge import CODE, CONTENT, snapshot_of

from indexer import snapshot
from indexer.snapshot import Snapshot, SnapshotCorrupt
from knowledge.snapshot_content import Content
from settings import Settings


class SmallIndexes:
    """`put` makes a version and serves it; a broken one is refused when it is opened. `opened` counts the attempts."""

    def __init__(self, instance: Path) -> None:
        self.root = instance / "indexes"
        self.opened: list[str] = []
        self._contents: dict[str, Content | None] = {}

    def put(self, version: str, content: Content | None = CONTENT, code: str = CODE) -> None:
        folder = self.root / code / version
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        self._contents[version] = content
        snapshot.activate(self.root / code, version)

    def open(self, folder: Path, encoder_setting: str) -> Snapshot:
        self.opened.append(folder.name)
        content = self._contents[folder.name]
        if content is None:
            raise SnapshotCorrupt(f"{folder} is damaged")
        return snapshot_of(content, folder.name)


def small_indexes(instance: Path, monkeypatch: pytest.MonkeyPatch) -> SmallIndexes:
    indexes = SmallIndexes(instance)
    monkeypatch.setattr(snapshot, "open_snapshot", indexes.open)
    return indexes


def settings_of(instance: Path) -> Settings:
    return Settings(instance=instance, municipality=CODE, ner=False, snapshot_check_seconds=0.05)
