"""A pack of another municipality (knowledge.exporters.pack): its texts with slots, and its values as examples."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from knowledge.importers.remarks import Problem
from knowledge.importers.source import Event, Options, SourceRow

_SLOT = re.compile(r"\{\{([a-z0-9-]+)\}\}")
LARGEST = 5 * 1024 * 1024
"""Bytes of the list of slots."""


def read_pack(path: Path, name: str, options: Options) -> Iterator[Event]:
    """Every article of the pack, its slots not filled in yet. Raises Problem."""
    with zipfile.ZipFile(path) as archive:
        try:
            lines = archive.read("articles.jsonl").decode("utf-8").splitlines()
        except (KeyError, UnicodeDecodeError, zipfile.BadZipFile, OSError):
            raise Problem("the pack is damaged", "not_zip") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict):
                raise Problem("the pack is damaged", "not_zip")
            yield SourceRow(f"{name}:{number}", record)


def examples(path: Path) -> dict[str, dict[str, str]]:
    """Slot -> its value where the pack comes from, and what it is for; empty for a file that is no pack."""
    try:
        with zipfile.ZipFile(path) as archive:
            if "pack.json" not in archive.namelist() or archive.getinfo("slots.json").file_size > LARGEST:
                return {}
            found = json.loads(archive.read("slots.json"))
    except (KeyError, ValueError, OSError, RecursionError, zipfile.BadZipFile):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(name)[:100]: {"value": str(one.get("value", ""))[:2000], "about": str(one.get("about", ""))[:300]}
        for name, one in found.items()
        if isinstance(one, Mapping) and _SLOT.fullmatch(f"{{{{{name}}}}}")
    }


def filled(value: Any, slots: Mapping[str, str]) -> Any:
    """A value with its slots filled in; those without a value stay as they are."""
    if isinstance(value, str):
        return _SLOT.sub(lambda found: slots.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [filled(one, slots) for one in value]
    if isinstance(value, Mapping):
        return {name: filled(one, slots) for name, one in value.items()}
    return value


def missing(values: Iterable[Any], slots: Mapping[str, str]) -> list[str]:
    """Names of slots in these values that have no value, in their order."""
    text = json.dumps(list(values), ensure_ascii=False)
    return [name for name in dict.fromkeys(_SLOT.findall(text)) if name not in slots]
