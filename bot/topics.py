"""One message -> the questions in it; a follow-up -> a question that stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.question import PastTurn
from indexer import text

_GREETING = re.compile(
    r"^(?:(?:お?はよう(?:ございます)?|こんにち[はわ]|こんばん[はわ]|はじめまして|初めまして|すみません|すいません|お世話になって(?:おり|い)ます|"
    r"お世話になります|お忙しいところ(?:すみません)?|恐れ入ります|ちょっと(?:聞|き)きたいの?ですが|質問(?:があります|です)|もしもし)[、。,.!！\s]*)+"
)
_THANKS = re.compile(r"(?:よろしくお?願い(?:いた)?します|宜しくお?願い(?:いた)?します|ありがとう(?:ございま(?:す|した))?)[。.!！\s]*$")
_CONNECTOR = re.compile(
    r"^(?:あと|それと|それから|ついでに|もう(?:一|ひと)つ|別件(?:で|ですが)|それとは別に|また|さらに|加えて)[、,はでもに]*\s*"
)
_JOINED = re.compile(r"[、,]\s*(?=(?:あと|それと|それから|ついでに|もう(?:一|ひと)つ|別件で)[、,はでもに]*)")
_QUESTION = re.compile(
    r"[?？]|(?:です|ます|ません|でしょう|の)か[。\s]*$|(?:たい|ほしい|欲しい)(?:です|のですが|んですが|んだけど)?[。…\s]*$|"
    r"教えて|知りたい|(?:は|って|とか)[。…\s]*$|いくら|どこ|いつ|どう|なに|何|方法|について[。\s]*$|お願い|かな[。\s]*$"
)
_ANAPHORA = re.compile(
    r"^(?:じゃあ?|では|それ(?:なら|じゃ|って|は|を|に|の|で|だと|でも)|その|そこ|これ|この(?:場合|手続)|ほかに|他に|なら|だったら)|"
    r"(?:だと|なら|でも(?:いい|できる|大丈夫)|の場合は?)[?？。\s]*$"
)
LONGEST_ELLIPSIS = 2
"""Content words up to which a question after another one is read as its continuation when it names no new subject."""
# Words that ask about a subject without naming one.
_ABOUT = frozenset(
    "幾ら 料金 手数料 費用 期限 窓口 場所 郵送 代理 代理人 本人 家族 必要 書類 持ち物 持つ 行く 方法 手続き 時間 受付 土日 休日 日曜 土曜 夜間 "
    "オンライン ネット スマホ インターネット 電話 申請 申し込み 子供 子ども 外国人 委任状 いつ迄 締め切り 遅れる 過ぎる 忘れる 無料 有料 "
    "コンビニ 予約 対象 条件 詳しい もう少し 円 迄 日 今日 明日 印鑑 取る 貰う 払う".split()
)


def split(message: str) -> list[str]:
    """The questions of a message, in order; sentences that only explain are kept with the question they explain.

    Nothing is dropped: every sentence that is not a greeting is part of one of the questions.
    """
    body = _THANKS.sub("", _GREETING.sub("", message.strip())).strip() or message.strip()
    pieces = [p for s in text.sentences(body) for p in _JOINED.split(s) if p.strip()]
    topics: list[str] = []
    context: list[str] = []
    for piece in pieces:
        started_new = bool(_CONNECTOR.match(piece))
        piece = _CONNECTOR.sub("", _GREETING.sub("", piece)).strip() or piece
        if started_new and context and len(topics) == 0 and len(pieces) > 1:
            topics.append(" ".join(context))
            context = []
        if not _QUESTION.search(piece):
            context.append(piece)
            continue
        if topics and not started_new and not context and _continues(piece):
            topics[-1] += f" {piece}"
        else:
            topics.append(" ".join([*context, piece]))
        context = []
    if context and topics:
        topics[-1] += " " + " ".join(context)
    elif context:
        topics.append(" ".join(context))
    return topics or [body]


def standalone(question: str, history: Sequence[PastTurn]) -> tuple[str, tuple[str, ...]]:
    """The question with what it leaves out, and the articles it goes on about; unchanged when it stands alone."""
    past = next((turn for turn in reversed(history) if turn.article_ids), None)
    if past is None or not (_ANAPHORA.search(question.strip()) or _continues(question)):
        return question, ()
    return f"{past.question} {question}", past.article_ids


def _continues(question: str) -> bool:
    """Whether the question names no subject of its own: 「郵送だと？」「いくらですか」."""
    words = text.tokens(question)
    return all(w in _ABOUT for w in words) and len(words) <= LONGEST_ELLIPSIS + 1
