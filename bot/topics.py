"""One message -> the questions in it; a follow-up -> a question that stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from bot.answer import Status
from bot.question import PastTurn
from indexer import text

_GREETING = re.compile(
    r"^(?:(?:お?はよう(?:ございます)?|こんにち[はわ]|こんばん[はわ]|はじめまして|初めまして|すみません|すいません|お世話になって(?:おり|い)ます|"
    r"お世話になります|お忙しいところ(?:すみません)?|恐れ入ります|ちょっと(?:聞|き)きたいの?ですが|質問(?:があります|です)|もしもし|ありがとうございま(?:す|した))[、。,.!！\s]*)+"
)
_THANKS = re.compile(r"(?:(?:よろしく|宜しく)お?願い(?:いた)?します|ありがとう(?:ございま(?:す|した))?)[。.!！\s]*$")
_CONNECTOR = re.compile(
    r"^(?:あと|それと|それから|ついでに|もう(?:一|ひと)つ|別件(?:ですが|で)|それとは別に|また|さらに|加えて)[、,はでもに]*\s*"
)
_JOINED = re.compile(r"[、,]\s*(?=(?:あと|それと|それから|ついでに|もう(?:一|ひと)つ|別件で)[、,はでもに]*)")
_QUESTION = re.compile(
    r"[?？]|(?:です|ます|ません|でしょう|の)か[。\s]*$|(?:たい|ほしい|欲しい)(?:です|のですが|んですが|んだけど)?[。…\s]*$|"
    r"教えて|知りたい|(?:は|って|とか)[。…\s]*$|いくら|どこ|いつ|どう|なに|何|方法|について[。\s]*$|お願い|かな[。\s]*$"
)
_ANAPHORA = re.compile(
    r"^(?:じゃあ|じゃ(?=[、,\s])|では|それ(?:なら|じゃ|って|は|を|に|の|で|だと|でも)|その(?!他)|そこ(?!そこ)|これ(?!から|まで)|この(?:場合|手続)|"
    r"ほかに|他に|なら|だったら)|"
    r"(?:だと|なら|でも(?:いい|できる|大丈夫)|の場合は?)[?？。\s]*$"
)
# 「じゃあ児童手当は？」「では、転出届はどこですか」 turn to something else; 「じゃあ郵送は？」 does not.
_TURN = re.compile(r"^(?:じゃあ?|では|それなら|それじゃあ?|なら|だったら)[、,\s]*")
_SUBJECT = re.compile(r"^(?!.{0,12}(?:場合|とき|時))([^、。？?はをがって]*[一-龯々ァ-ヴーA-Za-z])(?:は|って|を)")
LONGEST_ELLIPSIS = 6
"""Content words up to which a question that names no subject is read as the continuation of the one before."""
LONGEST_REPLY = 3
"""Content words up to which a statement after 「どのことについて…」 is read as the reply to it."""
LONGEST_CONTEXT = 60
"""Characters of explaining sentences that every question of a message carries along."""
_SUBJECTLESS = frozenset({Status.SMALL_TALK, Status.PERSON_REQUESTED, Status.EMERGENCY, Status.REJECTED_INPUT})
# Words that ask about a subject without naming one.
_ABOUT = frozenset(
    (  # noqa: SIM905 - words, not quotation marks, are to be read here
        "幾ら 料金 手数料 費用 期限 窓口 場所 郵送 代理 代理人 本人 家族 必要 書類 持ち物 持つ 行く 方法 手続き 時間 受付 "
        "土日 休日 日曜 土曜 夜間 オンライン ネット スマホ インターネット 電話 申請 申し込み 子供 子ども 外国人 委任状 "
        "いつ迄 締め切り 遅れる 過ぎる 忘れる 無料 有料 コンビニ 予約 対象 条件 詳しい もう少し 円 迄 日 今日 明日 印鑑 "
        "取る 取れる 貰う 払う 支払う 出す 出せる 遣る 行う 使う 要る 掛かる 開く 見る 聞く 提出 届け 届け出 届ける "
        "受け取る 受け取り 持参 記入 書く 書き方 写真 身分 証明 手順 流れ 他 無い 無し なし 駄目 大丈夫 分 課 番号 同じ 同意 "
        "月 年 週間 平日 母 父 夫 妻 娘 息子 親 兄弟 姉妹 友人 友達 孫 祖母 祖父 未成年 学生 高齢 者 人 会社 員 一緒 直ぐ "
        "全部 再 発行 決まる 分かる 分る 届く 早い"
    ).split()
)


def split(message: str) -> list[str]:
    """The questions of a message, in order; sentences that only explain are kept with the question they explain.

    Nothing is dropped: every sentence that is not a greeting is part of one of the questions.
    """
    body = _THANKS.sub("", _GREETING.sub("", message.strip())).strip() or message.strip()
    pieces = [p for s in text.sentences(body) for p in _JOINED.split(s) if p.strip()]
    topics: list[str] = []
    context: list[str] = []
    shared: list[str] = []
    for piece in pieces:
        started_new = bool(_CONNECTOR.match(piece))
        piece = _CONNECTOR.sub("", _GREETING.sub("", piece)).strip() or piece
        if not _QUESTION.search(piece):
            context.append(piece)
            continue
        if started_new and context and not topics:
            topics.append(" ".join(context))
            context = []
        if topics and not context and names_no_subject(piece):  # 「あと、いくらですか」 has no subject either
            topics[-1] += f" {piece}"
            continue
        if not topics and len("".join(context)) <= LONGEST_CONTEXT:
            shared = context
        carried = shared if topics and not context and not started_new else context
        topics.append(" ".join([*carried, piece]))
        context = []
    if context and topics:
        topics[-1] += " " + " ".join(context)
    elif context:
        topics.append(" ".join(context))
    return topics or [body]


def standalone(question: str, history: Sequence[PastTurn]) -> tuple[str, tuple[str, ...]]:
    """The question with what it leaves out, and the articles it goes on about; unchanged when it stands alone."""
    said = question.strip()
    past = [turn for turn in history if turn.question and turn.status not in _SUBJECTLESS]
    if not past or not (_replies(said, past[-1]) or _follows(said)):
        return question, ()
    first = len(past) - 1
    while first > 0 and (_replies(past[first].question, past[first - 1]) or _follows(past[first].question)):
        first -= 1
    # The question that named the subject, what was replied when the desk asked back, and the new question.
    kept = [past[first].question]
    kept += [turn.question for before, turn in pairwise(past[first:]) if _replies(turn.question, before)]
    return " ".join([*kept, question]), past[-1].article_ids


def _replies(said: str, before: PastTurn) -> bool:
    """Whether this answers the desk's own question: 「転入です」 after it asked back."""
    return before.status == Status.ASKED_BACK and not _QUESTION.search(said) and len(text.tokens(said)) <= LONGEST_REPLY


def _follows(question: str) -> bool:
    turned = _TURN.match(question)
    subject = _SUBJECT.match(question[turned.end() :]) if turned else None
    if subject and any(word not in _ABOUT for word in text.tokens(subject[1])):
        return False
    return bool(_ANAPHORA.search(question)) or names_no_subject(question)


def names_no_subject(question: str) -> bool:
    """Whether the question has no subject of its own: 「郵送だと？」「いくらですか」."""
    words = text.tokens(question)
    return all(w in _ABOUT for w in words) and len(words) <= LONGEST_ELLIPSIS
