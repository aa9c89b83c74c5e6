"""The only place that loads Sudachi and spaCy: normalised words, sentences, personal names."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sudachipy import Dictionary, SplitMode

CONTENT = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞", "接頭辞", "接尾辞"})
# Words that stand in nearly every question and tell nothing about its subject.
STOP = frozenset(
    (  # noqa: SIM905 - words, not quotation marks, are to be read here
        "する 為る 有る 居る 出来る 成る 下さる 教える 知る 良い 何 事 物 時 場合 如何 方 の です ます 貰う くれる 呉れる "
        "欲しい 思う 御座る 頂く 致す どう 此れ 其れ 何処 何時"
    ).split()
)
LONGEST = 10_000
"""Characters of a text Sudachi is given at most; its own limit is 49,149 bytes."""

_local = threading.local()
_one_at_a_time = threading.Lock()
_SENTENCE_END = re.compile(r"(?<=[。！？!?])(?![」』）)])\s*|\n+")


@cache
def _dictionary() -> Dictionary:
    return Dictionary()


def _sudachi() -> Any:
    # A tokenizer is not thread-safe, its dictionary is: one tokenizer per thread over one dictionary.
    if not hasattr(_local, "sudachi"):
        _local.sudachi = _dictionary().create()
    return _local.sudachi


def normalise(text: str) -> str:
    """NFKC in lower case: the form in which texts are compared, never the one that is shown."""
    return unicodedata.normalize("NFKC", text).lower()


def tokens(text: str) -> list[str]:
    """Sudachi normal forms (split mode A) of the content words, stop words left out: 引っ越し and 引越し are one."""
    words = _sudachi().tokenize(normalise(text)[:LONGEST], SplitMode.A)
    forms = (m.normalized_form() for m in words if m.part_of_speech()[0] in CONTENT)
    return [form for form in forms if form not in STOP]


def surfaces(text: str) -> list[str]:
    """Surface forms of all words (split mode C) of the text as it stands."""
    return [m.surface() for m in _sudachi().tokenize(text[:LONGEST], SplitMode.C)]


def morphemes(text: str) -> list[tuple[str, str]]:
    """(surface, part of speech) of all words (split mode C) of the text as it stands."""
    return [(m.surface(), m.part_of_speech()[0]) for m in _sudachi().tokenize(text[:LONGEST], SplitMode.C)]


def clause_ends(text: str) -> list[tuple[int, int]]:
    """(start, end) of every comma after a word that could end a sentence: 「捨てたい、」「ですか、」, not 「捨てて、」."""
    found: list[tuple[int, int]] = []
    at, finite = 0, False
    for m in _sudachi().tokenize(text[:LONGEST], SplitMode.C):
        surface, part = m.surface(), m.part_of_speech()
        if finite and surface in ("、", ","):
            found.append((at, at + len(surface)))
        finite = part[5].startswith("終止形") or part[1] == "終助詞" or surface in ("の", "ん", "か")
        at += len(surface)
    return found


@dataclass(frozen=True)
class Word:
    """A word as it stands, its reading in katakana, its dictionary form, and Sudachi's parts of speech (six of them)."""

    surface: str
    reading: str
    base: str
    part: tuple[str, ...]


def words(text: str) -> list[Word]:
    """All words of the text as it stands (split mode C); their surfaces joined are the text."""
    found: list[Word] = []
    for piece in _pieces(text):
        morphemes = _sudachi().tokenize(piece, SplitMode.C)
        found += [Word(m.surface(), m.reading_form(), m.dictionary_form(), tuple(m.part_of_speech())) for m in morphemes]
    return found


def _pieces(text: str) -> list[str]:
    """The text in lines, long ones cut, so that nothing is left out however long it is."""
    lines = text.splitlines(keepends=True)
    return [line[at : at + LONGEST] for line in lines for at in range(0, len(line), LONGEST)]


def readings(text: str) -> list[tuple[str, str]]:
    """(surface, reading in katakana) of all words (split mode C)."""
    return [(m.surface(), m.reading_form()) for m in _sudachi().tokenize(text[:LONGEST], SplitMode.C)]


def sentences(text: str) -> list[str]:
    """The sentences of a text, cut after 。！？ and at line breaks."""
    return [s.strip() for s in _SENTENCE_END.split(text) if s and s.strip()]


def may_name_a_person(text: str) -> bool:
    """Whether Sudachi sees a personal name; cheap (0.1 ms), so that the 15 ms of NER are spent only then."""
    return any("人名" in m.part_of_speech()[2] for m in _sudachi().tokenize(text[:LONGEST], SplitMode.A))


@cache
def ginza() -> Any:
    """The ja_ginza pipeline with what names need; loading takes about 2 s and 300 MB."""
    import spacy

    # compound_splitter and bunsetu_recognizer of ginza 5.2 do not load with today's confection; unused here.
    return spacy.load("ja_ginza", exclude=["compound_splitter", "bunsetu_recognizer", "parser", "morphologizer"])


def person_names(text: str) -> Sequence[tuple[int, int]]:
    """Character spans (start, end) of personal names, by Sudachi first and then spaCy's NER."""
    if not may_name_a_person(text):
        return ()
    with _one_at_a_time:  # the pipeline holds one Sudachi tokenizer, which refuses a second thread
        entities = ginza()(text[:LONGEST]).ents
    return tuple((e.start_char, e.end_char) for e in entities if e.label_ == "Person")


def names_a_municipality(place: str) -> bool:
    """Whether Sudachi knows the words before 市, 区, 町, 村, 県, 都 or 府 as a place."""
    words = list(_sudachi().tokenize(place, SplitMode.A))
    return any(word.part_of_speech()[1] == "固有名詞" and word.part_of_speech()[2] == "地名" for word in words)
