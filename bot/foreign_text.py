"""What has no place in an answer, whatever the article says: markup, roles, instructions to a model, another language."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1200
"""Characters of a rewritten answer."""
SHORT = 20
"""Characters up to which a Japanese text may do without kana: 「手数料：無料」."""
_MARKUP = re.compile(
    r"<[A-Za-z/!?]|\]\(|!\[|```|^\s*#{1,6}\s|\bjavascript:|&#?\w+;|\{\{|\}\}|\*\*|__", re.IGNORECASE | re.MULTILINE
)
_ROLES = re.compile(
    r"<\||\|>|\[/?INST\]|^\s*(?:system|assistant|user|human|システム|アシスタント|ユーザー?)\s*[:：]|\bas an ai\b|language model|言語モデル|AIアシスタント",
    re.IGNORECASE | re.MULTILINE,
)
_INSTRUCTIONS = re.compile(
    r"(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|above|prior|earlier|all|these|system)\b|system prompt|システムプロンプト"
    r"|(?:以前|以上|上記|これまで|前|他)の(?:すべての)?(?:指示|命令|ルール|プロンプト|指令).{0,12}(?:無視|忘れ|従わ)|プロンプト(?:を|の)"
    r"|(?:AI|ＡＩ|アシスタント|チャットボット|ボット|モデル|LLM|assistant|chatbot|model)\s*(?:へ|は|に|向け|宛|への指示|[:：,、]).{0,60}"
    r"(?:答え|回答し|返答|出力|伝え|案内し|書|従|must|should|answer|say|reply|respond|tell)"
    r"|と(?:必ず|だけ)?(?:答え|回答し|返答し|出力し)(?:て|な|ろ|よ|ること)|\b(?:always|only) (?:answer|say|reply|respond|output)\b",
    re.IGNORECASE,
)
_KANA, _JAPANESE = re.compile(r"[ぁ-んァ-ヶ]"), re.compile(r"[ぁ-んァ-ヶ一-龯々]")
_LATIN = re.compile(r"[A-Za-z]")
_ENGLISH = re.compile(
    r"\b(?:the|a|an|to|of|is|are|be|you|your|at|in|on|for|and|or|please|can|must|by|with|from|it|if|when|within|not|cannot|per|will)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")


def foreign(written: str, language: str) -> list[str]:
    """Codes of what makes a rewritten answer unfit to be shown: empty, long, hidden, markup, role, brackets, language."""
    if not written.strip():
        return ["empty"]
    found = ["long"] if len(written) > LONGEST else []
    if any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Cn") for c in written if c not in "\n"):
        found.append("hidden")
    text = unicodedata.normalize("NFKC", written)
    for code, pattern in (("markup", _MARKUP), ("role", _ROLES), ("instruction", _INSTRUCTIONS)):
        if pattern.search(text):
            found.append(code)
    if any(text.count(one) != text.count(other) for one, other in ("()", "「」", "『』", "【】")):
        found.append("brackets")  # a bracket cut off is a condition cut off
    return found + ([] if speaks(_ADDRESS.sub("", text), language) else ["language"])


def instructs(written: str) -> bool:
    """Whether a text holds what reads as an instruction to a model; such an article is answered from in its own words only."""
    text = unicodedata.normalize("NFKC", written)
    return bool(
        _INSTRUCTIONS.search(text)
        or _ROLES.search(text)
        or "<!--" in text
        or re.search(r"[\u200b-\u200f\u202a-\u202e\u2060-\u206f\U000e0000-\U000e007f]", written)
    )


def speaks(text: str, language: str) -> bool:
    """Whether the text is in Japanese (ja, yasashii) or English (en); no other language is recognised."""
    japanese, latin = len(_JAPANESE.findall(text)), len(_LATIN.findall(text))
    letters = sum(c.isalpha() for c in text) or 1
    if language in ("ja", "yasashii"):
        return japanese >= 0.6 * letters and (japanese <= SHORT or len(_KANA.findall(text)) >= 0.1 * japanese)
    if language == "en":
        spoken = re.findall(r"[A-Za-z']+", text)
        return latin >= 0.85 * letters and len(_ENGLISH.findall(text)) >= 0.15 * len(spoken)
    return False
