"""Zip files, and what is one inside (.xlsx, .docx): looked at before anything of them is unpacked."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from knowledge.importers.remarks import Problem

LARGEST_UNPACKED = 400 * 1024 * 1024
"""Bytes that everything in an archive may have together."""
LARGEST_RATIO = 200
"""How many times larger than in the archive a member of more than a megabyte may be."""
MOST_MEMBERS = 10_000
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Member:
    """A file in an archive under the name staff know it by, written to `path`."""

    name: str
    path: Path


def check(path: Path) -> list[zipfile.ZipInfo]:
    """The files of an archive, when it is one that can be unpacked here. Raises Problem."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Problem("the file is damaged, or not the kind of file its name says", "not_zip") from None
    if any(info.flag_bits & 1 for info in members):
        raise Problem("the file is protected by a password", "encrypted")
    if len(members) > MOST_MEMBERS or sum(info.file_size for info in members) > LARGEST_UNPACKED or any(map(_swells, members)):
        raise Problem("unpacked, the file would be too large to be read safely", "bomb")
    return members


def unpack(path: Path, folder: Path) -> Iterator[Member]:
    """Write the files of an archive into `folder`, each when it is asked for, under names made here. Raises Problem.

    What a name in the archive says about folders (「../」, an absolute path) is shown to staff and never followed.
    """
    members = check(path)
    with zipfile.ZipFile(path) as archive:
        for number, info in enumerate(members):
            name = _name(info)
            hidden = any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)
            if hidden or info.external_attr >> 28 == 0o12:  # what systems add, such as __MACOSX; a symbolic link
                continue
            target = folder / f"{number}{PurePosixPath(name).suffix.lower()[:12]}"
            try:
                with archive.open(info) as packed, target.open("wb") as file:
                    while block := packed.read(_MEGABYTE):
                        file.write(block)
            except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
                raise Problem(f"{name}: damaged in the archive", "not_zip") from None
            yield Member(name, target)
            target.unlink(missing_ok=True)


def _swells(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _MEGABYTE and info.file_size > LARGEST_RATIO * max(info.compress_size, 1)


def _name(info: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are cp437 to Python; Windows in Japan writes them in cp932."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
            name = raw.decode("utf-8") if _is_utf8(raw) else raw.decode("cp932")
        except UnicodeError:
            pass
    plain = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs"))
    parts = [part for part in PurePosixPath(plain.replace("\\", "/")).parts if part not in ("..", "/") and not part.endswith(":")]
    return "/".join(parts)[:200] or "file"


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
