"""CSV for spreadsheets: UTF-8 with a BOM, or cp932 for software that knows nothing else.

A cell that a spreadsheet would take for a formula gets an apostrophe before it; an import takes it off again.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence

from knowledge.articles import Article
from knowledge.exporters.table_cells import COLUMNS, Left, Town, cells

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_TWINS = str.maketrans({"〜": "～", "−": "－", "—": "―", "‖": "∥", "¢": "￠", "£": "￡", "¬": "￢", "–": "―"})
"""Letters that cp932 only has in another code position; they look the same, and the list says that they were replaced."""


def csv_utf8(articles: Sequence[Article], town: Town) -> bytes:
    """All articles, with a BOM so that spreadsheets read them right."""
    return b"\xef\xbb\xbf" + _table([COLUMNS.values(), *(cells(one, town).values() for one in articles)]).encode("utf-8")


def csv_cp932(articles: Sequence[Article], town: Town) -> tuple[bytes, list[Left]]:
    """An archive: the table in cp932 and, when there are any, a list of what it cannot hold.

    An article with a letter that cp932 does not have (𠮷, a variant selector) is not in the table: no letter becomes "?".
    """
    rows: list[Iterable[str]] = [COLUMNS.values()]
    left: list[Left] = []
    for one in articles:
        fields = cells(one, town)
        lost = {name: unknown for name, text in fields.items() if (unknown := _unknown(text.translate(_TWINS)))}
        replaced = {name: same for name, text in fields.items() if (same := _letters(c for c in text if ord(c) in _TWINS))}
        left += [Left(one.id, one.title, COLUMNS[name], what) for name, what in lost.items()]
        if not lost:
            left += [Left(one.id, one.title, COLUMNS[name], what, kept=True) for name, what in replaced.items()]
            rows.append([text.translate(_TWINS) for text in fields.values()])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("faq-shift_jis.csv", _table(rows).encode("cp932"))
        if left:
            archive.writestr("not-in-shift_jis.csv", b"\xef\xbb\xbf" + _list(left).encode("utf-8"))
    return packed.getvalue(), left


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _table(rows: Iterable[Iterable[str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows([guarded(text) for text in row] for row in rows)
    return file.getvalue()


def _list(left: Iterable[Left]) -> str:
    header = ("ID", "問い合わせ文", "列", "文字", "書き出し")
    rows = (
        (one.article, one.title, one.field, one.what, "置き換えて書き出し" if one.kept else "書き出していません") for one in left
    )
    return _table([header, *rows])


def _unknown(text: str) -> str:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return _letters(c for c in text if not _encodes(c))
    return ""


def _encodes(letter: str) -> bool:
    try:
        letter.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def _letters(letters: Iterable[str]) -> str:
    return " ".join(f"{letter}(U+{ord(letter):04X})" for letter in dict.fromkeys(letters))
