"""Files that belong to articles, such as forms to print: what may be kept, and who may fetch it. Nothing here commits."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from knowledge import store
from knowledge.articles import Audience, State
from knowledge.tables import ArticleRow, AttachmentRow

LARGEST = 10 * 1024 * 1024
"""Bytes of a file; residents fetch it by telephone."""
MOST = 20
"""Files of one article."""
LONGEST_NAME = 120


class AttachmentRefused(ValueError):
    """A file that cannot be kept; `reason` is one of REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


REASONS = ("no_file", "too_large", "unknown_kind", "other_content", "too_many")
"""unknown_kind: its name ends otherwise than those of KINDS; other_content: it does not hold what its name says."""

Holds = Callable[[bytes], bool]


def _begins(*marks: bytes) -> Holds:
    return lambda data: data.startswith(marks)


def _office(folder: str) -> Holds:
    """Whether it is an Office document whose parts lie in `folder`."""

    def holds(data: bytes) -> bool:
        try:
            names = zipfile.ZipFile(io.BytesIO(data)).namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
        return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)

    return holds


def _text(data: bytes) -> bool:
    for encoding in ("utf-8", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(unicodedata.category(c) == "Cc" and c not in "\r\n\t" for c in text)
    return False


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: dict[str, tuple[str, Holds]] = {
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _office("word/")),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _office("xl/")),
    "pptx": (f"{_OFFICE}.presentationml.presentation", _office("ppt/")),
    "doc": ("application/msword", _begins(b"\xd0\xcf\x11\xe0")),
    "xls": ("application/vnd.ms-excel", _begins(b"\xd0\xcf\x11\xe0")),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "csv": ("text/csv", _text),
    "txt": ("text/plain", _text),
}
"""How a file's name ends -> its media type, and whether its content is that."""


def add(session: Session, municipality: str, article: str, name: str, data: bytes, by: str) -> AttachmentRow:
    """Keep a file of an article. Raises AttachmentRefused."""
    name = tidied(name)
    if not data or not name:
        raise AttachmentRefused("no_file")
    if len(data) > LARGEST:
        raise AttachmentRefused("too_large")
    kind = KINDS.get(name.rpartition(".")[2].lower())
    if kind is None:
        raise AttachmentRefused("unknown_kind")
    media_type, holds = kind
    if not holds(data):
        raise AttachmentRefused("other_content")
    kept = select(func.count()).where(AttachmentRow.municipality == municipality, AttachmentRow.article == article)
    if (session.scalar(kept) or 0) >= MOST:
        raise AttachmentRefused("too_many")
    row = AttachmentRow(
        municipality=municipality, article=article, name=name, media_type=media_type, size=len(data),
        sha256=hashlib.sha256(data).hexdigest(), data=data, by=by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def tidied(name: str) -> str:
    """The last part of a path, without what a file system or a header would stumble over; the ending stays."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '"<>|:*?').strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{ending[:10]}" if stem else ""


def find(session: Session, municipality: str, article: str, number: int) -> AttachmentRow | None:
    """A file of an article with its content, for staff."""
    query = (
        select(AttachmentRow)
        .options(undefer(AttachmentRow.data))
        .where(AttachmentRow.id == number, AttachmentRow.municipality == municipality, AttachmentRow.article == article)
    )
    return session.scalar(query)


def for_residents(session: Session, number: int, today: date) -> AttachmentRow | None:
    """A file with its content when its article is published, in force and for residents, and its text links the file.

    The link was approved with the text; a file that was only just uploaded is nobody's but the staff's.
    """
    row = session.get(AttachmentRow, number)
    owner = session.get(ArticleRow, (row.municipality, row.article)) if row is not None else None
    if row is None or owner is None or owner.state != State.PUBLISHED or owner.audience != Audience.PUBLIC:
        return None
    if path_of(number) not in owner.body:
        return None
    return row if store.record_of(owner).in_force(today) else None


def path_of(number: int) -> str:
    """The beginning of the address residents fetch a file from."""
    return f"/files/{number}/"
