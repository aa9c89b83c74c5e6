"""A file of JSON lines as a sequence: a line is parsed when it is asked for, so that a million of them take no memory."""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np

Record = TypeVar("Record")
CHUNK = 1 << 24


class JsonLines(Sequence[Record], Generic[Record]):
    """Line i of the file, made a record by `parse`. Safe in many threads; raises ValueError where a line is not JSON.

    The file may be deleted meanwhile, not changed. In memory are 8 bytes a line; the text stays in the page cache, which
    all processes that read the file share.
    """

    def __init__(self, path: Path, parse: Callable[[Any], Record]) -> None:
        self._parse = parse
        ends = [np.zeros(0, dtype=np.int64)]
        read = 0
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                ends.append(np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == ord("\n")) + read)
                read += len(chunk)
            # An empty file cannot be mapped.
            self._text: mmap.mmap | bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if read else b""
        self._ends = np.concatenate(ends)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | Sequence[Record]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        line = range(len(self))[at]  # counts from the end and raises IndexError as a list does
        start = int(self._ends[line - 1]) + 1 if line else 0
        return self._parse(json.loads(self._text[start : int(self._ends[line])]))


def write_json_lines(path: Path, records: Iterable[Any]) -> None:
    """One record a line, UTF-8, every line with its end."""
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
