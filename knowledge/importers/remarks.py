"""What is wrong with, or worth knowing about, something that is brought in: a code with slots, and an English sentence.

The command line prints the sentence; the staff pages have a text of their own for every code of CODES.
"""

from __future__ import annotations

from typing import Any

CODES = frozenset(
    (  # noqa: SIM905 - a list of words reads better as one
        "other empty_field line_break_in_id until_before_from too_long control_character not_text bad_date bad_url "
        "bad_audience unknown_department not_csv more_cells cells_beyond rows_above sheets_skipped sheet_too_large "
        "file_empty no_articles not_utf8 not_text_file unknown_format old_office not_workbook not_json not_zip "
        "nested_zip encrypted bomb too_many_rows no_column repeated repeated_same being_edited changed_since "
        "lost_letters reader_memory reader_slow reader_died reader_interrupted no_text no_text_below no_text_on_page "
        "not_docx not_html not_pdf pdf_pages repeated_lines letters_unreadable pictures_left_out footnotes_left_out "
        "ocr_missing ocr_failed ocr_read ocr_doubtful html_tags page_size waste_row waste_columns waste_repeated host_not_allowed page_failed no_host address_private site_truncated robots page_type page_elsewhere slot_missing local_edits"
    ).split()
)
"""Every code there is; tests hold the texts of the staff pages to it."""


class Remark(str):
    """An English sentence that knows its code and what stands in its slots, so that it can be said in Japanese too."""

    __slots__ = ("code", "slots")
    code: str
    slots: dict[str, str]

    def __new__(cls, message: str, code: str = "other", /, **slots: object) -> Remark:
        made = super().__new__(cls, message)
        made.code = code
        made.slots = {name: str(value) for name, value in slots.items()}
        return made

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": str(self), "slots": self.slots}


class Problem(ValueError):
    """Raised where a row cannot be read; `remark` says why."""

    def __init__(self, message: str, code: str = "other", /, **slots: object) -> None:
        self.remark = Remark(message, code, **slots)
        super().__init__(message)


def remark_of(words: str) -> Remark:
    """`words` as a remark; a plain sentence has no code of its own."""
    return words if isinstance(words, Remark) else Remark(words, "other", message=words)


def remark_of_error(error: Exception) -> Remark:
    """What an error raised by a reader says."""
    remark = getattr(error, "remark", None)
    return remark if isinstance(remark, Remark) else remark_of(str(error))
