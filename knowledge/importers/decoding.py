"""Bytes of a file to text: UTF-8 with or without BOM, then cp932; never strict shift_jis, which lacks ①～－㈱髙﨑."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

from knowledge.importers.remarks import Remark

_UNASSIGNED = frozenset("\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3")


class UnreadableFile(ValueError):
    """A file nothing can be read from; `row` is the line at fault, counted from 1."""

    def __init__(self, message: str, row: int = 1, code: str = "other") -> None:
        self.row = row
        self.remark = Remark(message, code, message=message)
        super().__init__(message)


def read_text(path: Path) -> str:
    """The text of a file, line ends as they are. Raises UnreadableFile."""
    return text_of(path.read_bytes())


def text_of(content: bytes) -> str:
    """The text of a file's bytes.

    Almost any bytes pass for cp932, so a UTF-8 file with a broken character would turn into nonsense: a file
    with a BOM, or most of whose Japanese lines are UTF-8, is refused instead. Raises UnreadableFile.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    lines = content.split(b"\n")
    not_ascii = [line for line in lines if not line.isascii()]
    utf8 = sum(_decodes(line, "utf-8") for line in not_ascii)
    if content.startswith(BOM_UTF8) or utf8 * 2 > len(not_ascii):
        raise UnreadableFile("this line is not valid UTF-8", _first_bad(lines, "utf-8"), "not_utf8")
    if not _decodes(content, "cp932"):
        message = "neither UTF-8 nor Shift_JIS (cp932): save the file as UTF-8"
        raise UnreadableFile(message, _first_bad(lines, "cp932"), "not_text_file")
    return content.decode("cp932")


def _first_bad(lines: list[bytes], encoding: str) -> int:
    return next((number for number, line in enumerate(lines, start=1) if not _decodes(line, encoding)), 1)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return False
    # Python maps the bytes that cp932 leaves unassigned to these, so that even UTF-16 would seem to be cp932.
    return encoding != "cp932" or _UNASSIGNED.isdisjoint(text)
