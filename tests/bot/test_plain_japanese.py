"""The linter of やさしい日本語: each rule finds what it is for and leaves alone what is well."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.banners import filled, templates
from bot.plain_japanese import rules
from bot.plain_japanese.__main__ import main
from bot.plain_japanese.furigana import Piece, furigana, ruby
from bot.plain_japanese.lengths import number_length, spoken_length
from bot.plain_japanese.lint import ADVISED, PROFILES, lint, summary
from bot.plain_japanese.sentences import Kind, sentences
from bot.plain_japanese.words import difficult_words, everyday_loan_words
from bot.wording import TEXTS
from indexer.text import words

ROOT = Path(__file__).parents[2]


def found(text: str, profile: str = "yasashii") -> set[str]:
    return {finding.rule for finding in lint(text, profile)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "この手続きは、引っ越してから二週間のうちに、家族のだれか一人が、町の役所の一階の三番のまどぐちでしてください。",
            "long_sentence",
        ),
        ("お金はいらないと書いてある。", "not_polite"),
        ("パスポート、はんこ、写真を持って来てください。", "enumeration"),
        ("パスポートやはんこや写真を持って来てください。", "enumeration"),
        ("税金を はらわない わけでは ありません。", "double_negative"),
        ("紙を出さなければなりません。", "double_negative"),
        ("行かざるを得ません。", "double_negative"),
        ("避難勧告が出ました。", "abolished"),
        ("書類を提出してください。", "difficult_word"),
        ("市役所で紙が作られます。", "passive"),
        ("お金を返させていただきます。", "keigo"),
        ("ワークショップがあります。", "loan_word"),
        ("国民健康保険税を出します。", "kanji_run"),
        ("市税納付書持参者専用窓口番号札発行機前待合室集合。", "kanji_share"),
    ],
)
def test_each_rule_finds_what_it_is_for(text: str, rule: str) -> None:
    assert rule in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "市役所に 来て ください。",
        "お金は いりません。",
        "パスポートと はんこを 持って 来て ください。",
        "# 引っ越し",
        "- パスポート\n- はんこ\n- 写真",
        "ごみは 朝 8時までに 出して ください。",
        "転入届（引っ越して 来た ときに 出す 紙）を 出します。",
        "ワークショップ（いっしょに 作る 会）が あります。",
        "電話：099-000-1100",
        "サービスを 受けられます。",
        "| 曜日 | ごみ |\n|---|---|\n| 月曜日 | 燃える ごみ |",
        "```\nこれは書いたままの字だ。\n```",
        "くわしくは https://www.city.midorino.example/very/long/address/that/nobody/reads/aloud.html を 見て ください。",
    ],
)
def test_what_is_easy_to_read_is_left_alone(text: str) -> None:
    assert found(text) == set()


def test_a_sentence_of_48_morae_passes_and_one_of_49_does_not() -> None:
    passes = "あ" * 46 + "です。"
    assert "long_sentence" not in found(passes)
    assert "long_sentence" in found("あ" + passes)
    assert "long_sentence" in found("あ" * 23 + "です。", "emergency")
    assert "long_sentence" not in found("あ" * 22 + "です。", "emergency")


@pytest.mark.parametrize(
    ("number", "length"),
    [("0", 2), ("5", 1), ("14", 4), ("100", 2), ("123", 7), ("1,000", 2), ("10000", 4), ("2026", 8), ("0.5", 5), ("99999999999999999", 34)],
)  # fmt: skip
def test_numbers_count_as_they_are_spoken(number: str, length: int) -> None:
    assert number_length(number) == length


def test_small_kana_do_not_count_and_long_vowels_do() -> None:
    assert spoken_length(words("しゅっちょう")) == 4  # しゅ っ ちょ う
    assert spoken_length(words("コピー")) == 3
    assert spoken_length(words("QRコード")) == len("キューアールコード") - 1


def test_every_finding_names_its_place_in_the_text_as_it_was_written() -> None:
    text = "# 題\n\nお金は いりません。\n書類を 提出して ください。\n"
    finding = next(f for f in lint(text) if f.rule == "difficult_word" and f.excerpt == "提出")
    assert (text[finding.start : finding.end], finding.line) == ("提出", 4)
    assert "出す" in finding.suggestion
    assert lint(text) == sorted(lint(text), key=lambda f: (f.start, f.end, f.rule))


def test_markup_is_no_part_of_a_sentence() -> None:
    (heading, item, prose) = sentences("## 見出し\n- **一つ**\n[お知らせ](https://a.example/b)です。\n")
    assert [(s.kind, s.text) for s in (heading, item, prose)] == [
        (Kind.HEADING, "見出し"), (Kind.ITEM, "一つ"), (Kind.PROSE, "お知らせです。"),
    ]  # fmt: skip


def test_ordinary_japanese_has_to_keep_the_required_rules_only() -> None:
    text = "書類を提出しなければなりません。"
    assert found(text, "ja") == {"double_negative"}
    assert found(text) == {"double_negative", "difficult_word"}
    assert summary(lint(text)) == (1, 2)


def test_every_rule_has_its_texts_in_both_languages() -> None:
    told = yaml.safe_load((TEXTS / "staff_translations.yml").read_text(encoding="utf-8"))
    named = {name for name in told if name.startswith("lint_")}
    used = {"long_sentence", "not_polite", "enumeration", "double_negative", "abolished", "difficult_word", "passive", "keigo"}
    used |= {"loan_word", "kanji_run", "kanji_share"}
    assert named == {f"lint_{rule}{end}" for rule in used for end in ("", "_do")}
    assert set(ADVISED) < set(PROFILES["yasashii"])
    assert rules.too_long in PROFILES["ja"]


def test_the_word_lists_are_of_use() -> None:
    assert len(difficult_words()) >= 150
    assert all(word.strip() == word and easy.strip() for word, easy in difficult_words().items())
    assert len(everyday_loan_words()) >= 150
    # An easy wording must not need another one itself.
    hard = {word: easy for word, easy in difficult_words().items() if any(f.required for f in lint(f"{easy}です。"))}
    assert hard == {}


def test_the_templates_of_the_banner_keep_the_required_rules_in_plain_japanese() -> None:
    for template in templates():
        text = filled(template, "みどり野市")["yasashii"]
        assert [f.reason for f in lint(text) if f.required] == [], template.key


@pytest.mark.parametrize("text", ["", "\n\n", "???", "🙂", "a" * 40_000, "（" * 500, "あ、" * 5_000, "\x00\ud800"[:1]])
def test_no_text_breaks_it(text: str) -> None:
    lint(text)
    assert "".join(piece.text for piece in furigana(text[:2000])) == text[:2000]


# Furigana


def test_readings_stand_over_the_kanji_alone() -> None:
    assert furigana("引っ越しの手続き") == (
        Piece("引", "ひ"), Piece("っ"), Piece("越", "こ"), Piece("しの"), Piece("手続", "てつづ"), Piece("き"),
    )  # fmt: skip


def test_a_number_and_what_it_counts_have_no_reading_that_may_be_wrong() -> None:
    assert furigana("14日です") == (Piece("14日です"),)
    assert ("月", "がつ") in [(p.text, p.reading) for p in furigana("10月")]


def test_the_text_itself_is_escaped() -> None:
    assert "<script>" not in ruby("<script>市役所</script>")
    assert "<ruby>市役所<rp>（</rp><rt>しやくしょ</rt><rp>）</rp></ruby>" in ruby("<b>市役所")


# The command


def test_the_command_prints_a_line_for_each_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.md"
    file.write_text("書類を提出しなければなりません。\n", encoding="utf-8")
    assert main([str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{file}:1: [") for line in lines)
    assert main([str(file), "--json", "--profile", "ja"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["rule"] == "double_negative"
    assert main([str(tmp_path / "none.md")]) == 2


def test_it_reads_standard_input_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("お金は いりません。"))
    assert main([]) == 0
    assert capsys.readouterr().out == ""


def test_the_command_of_the_knowledge_leads_to_it(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("避難勧告です。", encoding="cp932")
    done = subprocess.run([sys.executable, "-m", "knowledge", "lint", str(file)], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (done.returncode, "警戒レベル4 避難指示" in done.stdout) == (1, True)
