"""The detector of emergencies, measured on labelled lines.

Splits of `data/emergencies.jsonl`, all written by one author (a language model), none by residents:
`tuning` the patterns were adjusted to. `held_out` was written before the patterns, but the patterns' author had
written it minutes earlier and later saw two of its failures, so its score is too good. `unseen` was written last
and never tuned on: the honest estimate. Look at its counts only (`measure_emergencies.py`). First measurements of
two earlier unseen batches, since moved to `tuning`: recall 25/128 and, after broadening, 118/149.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bot.screening.emergencies import PATTERNS, Emergency, detect, fold_pattern
from bot.screening.personal_data import mask

ROWS = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "emergencies.jsonl").read_text(encoding="utf-8").splitlines()
]


def _rows(split: str, *, emergencies: bool) -> list[dict[str, str]]:
    return [row for row in ROWS if row["split"] == split and (row["kind"] is not None) == emergencies]


def _share(rows: list[dict[str, str]]) -> float:
    return sum(detect(row["text"]) is not None for row in rows) / len(rows)


def test_the_set_covers_every_kind_and_language_and_repeats_no_line() -> None:
    emergencies = [row for row in ROWS if row["kind"]]
    assert len({row["kind"] for row in emergencies}) == 8
    assert len({row["language"] for row in emergencies}) == 11
    assert len(ROWS) - len(emergencies) >= 150
    assert len({row["text"] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("split", ["tuning", "held_out"])
def test_recall_and_false_positives_meet_section_9(split: str) -> None:
    assert _share(_rows(split, emergencies=True)) >= 0.99
    assert _share(_rows(split, emergencies=False)) <= 0.02


def test_lines_never_tuned_on_do_not_fall_below_their_measurement() -> None:
    # patterns alone: 50 of 67 recognised, 3 of 50 wrongly; the rest is the second look's (docs/emergencies.md)
    assert _share(_rows("unseen", emergencies=True)) >= 65 / 67
    assert _share(_rows("unseen", emergencies=False)) <= 2 / 50


def test_the_kind_is_right_nearly_always() -> None:
    found = [(row["kind"], detect(row["text"])) for row in ROWS if row["kind"]]
    recognised = [(kind, emergency) for kind, emergency in found if emergency]
    assert sum(kind == emergency.kind for kind, emergency in recognised) / len(recognised) >= 0.98


@pytest.mark.parametrize(
    "text",
    [
        "死亡届はどこ",
        "救急医療情報キットがほしい",
        "火災で焼けた家の罹災証明",
        "消防団に入りたい",
        "自殺対策の計画",
        "DV相談の窓口の資料",
        "避難所一覧が見たい",
        "虐待防止条例",
        "119番の適正利用",
        "",
        "　",
        "🔥",
    ],
)
def test_administrative_questions_bring_up_no_card(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize(
    "text", ["カジデス！", "か じ で す", "ﾀｽｹﾃ 火事だ", "ＤＶを受けています", "NHÀ TÔI ĐANG CHÁY", "nha toi dang chay"]
)
def test_spelling_width_case_and_accents_do_not_matter(text: str) -> None:
    assert detect(text) is not None


def test_a_masked_message_is_still_recognised() -> None:
    text = mask("氏名：山田太郎、090-1234-5678、緑町1-2-3で家が燃えています").text
    assert detect(text) == Emergency("life", "life")


def test_a_pattern_with_an_upper_case_escape_is_refused() -> None:
    with pytest.raises(ValueError, match="upper-case"):
        fold_pattern(r"\Sa")
    assert PATTERNS.exists()


def test_screening_a_usual_message_takes_less_than_two_milliseconds() -> None:
    text = ("転入届の持ち物と受付時間を教えてください。先週引っ越してきました。" * 7)[:200]
    detect(text), mask(text)
    best = min(_elapsed(text) for _ in range(20))
    assert best < 0.002 * 2  # twice the budget, for shared machines


def _elapsed(text: str) -> float:
    started = time.perf_counter()
    mask(text)
    detect(text)
    return time.perf_counter() - started


@pytest.mark.parametrize("unit", ["夫が", "火", "a", "my husband ", "夫", "水が", "人", "ကို", "지금", "आ", " "])
def test_a_long_message_of_one_pattern_is_screened_in_linear_time(unit: str) -> None:
    started = time.perf_counter()
    detect(unit * (20_000 // len(unit)))
    assert time.perf_counter() - started < 5
