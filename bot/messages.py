"""A message as units: what stands between full stops, list marks, joining words and clauses that each ask for something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from indexer import text

_COURTESY = (
    r"お?はよう(?:ございます)?|こんにち[はわ]|こんばん[はわ]|はじめまして|初めまして|すみません|すいません|お世話になって(?:おり|い)ます|"
    r"お世話になります|お忙しいところ(?:すみません)?|恐れ入ります|ちょっと(?:聞|き)きたいの?ですが|質問(?:があります|です)|もしもし|"
    r"(?:(?:この前|この間|先日|先ほど|さっき|昨日)は?)?(?:どうも)?ありがとうございま(?:す|した)|(?:おかげ(?:さま)?で)?(?:大変|とても)?助かりました|"
    r"(?:親切に(?:教えて)?もらって)?感謝して(?:い)?ます|(?:わ|分)かりました|(?:わ|分)かった|了解(?:です|しました)?|なるほど"
)
_GREETING = re.compile(rf"^(?:(?:{_COURTESY})[、。,.!！\s]*)+")
_THANKS = re.compile(r"(?:(?:よろしく|宜しく)お?願い(?:いた)?します|ありがとう(?:ございま(?:す|した))?)[。.!！\s]*$")
_JOINING = (
    r"(?:あと(?!から|で(?![、,])|[0-9０-９一二三四五六七八九十何]|少し|どれ|の|に[^、,])|それと(?!も|同)|それから|ついでに|もう(?:一|ひと)つ|"
    r"別件(?:ですが|だけど|で)?|それとは別に|それはそうと|(?:ところ|とこ)で(?=[、,]|[^、。]*[?？かはの])|話(?:は|が)?(?:変|か)わ(?:る|り)(?:けど|ますが|んだけど|んですが)|"
    r"ほんで|そんで|ほいで|(?:最後|さいご)に|(?:では|じゃあ)?続けて)"
)
_CONNECTOR = re.compile(rf"^(?:{_JOINING}|また(?=[、,])|さらに(?=[、,])|加えて|あわせて(?=[、,]))[、,はでもに]?[、,]?\s*")
_JOINED = re.compile(rf"(?:(?<=[のこ]と)|(?<=と))?(?:[、,]|…+|\s)\s*(?={_JOINING}|(?<=[、,])また[、,])")
_JOINED_UNMARKED = re.compile(r"(?<=[いみ一-龯ァ-ヴー])(?=(?:あと|それと|ついでに|ほんで)[、,]?[一-龯ァ-ヴ])")
"""「タイヤ捨てたいあとバッテリー」, as it is typed on a telephone."""
_MARK = re.compile(r"^\s*(?:[・\-*●○◆■]|[(（]?[0-9０-９]{1,2}[.)）．、:：]|[①-⑳])\s*")
_GOES_ON = re.compile(r"(?:の|を|って)(?=[一-龯ァ-ヴ])")
_ARROW = re.compile(r"\s*[→⇒]\s*")
_INLINE_MARK = re.compile(r"\s*(?=[①-⑳])|\s+(?=[0-9０-９][.)）．](?![0-9０-９]))")
ASKS = re.compile(
    r"[?？]|(?:です|ます|ません|でしょう|の|ん|る|い|た|よい|せん)か(?:ね|な|い|しら|のう)?[。\s]*$|"
    r"(?:たい|ほしい|欲しい)(?:のう|わ|な|です|のですが|んですが|んだけど|んやけど|けど)?[。!！…\s]*$|"
    r"って聞(?:いた|きま)|教えて|おしえて|知りたい|(?:は|って|とか|っけ|だか)[。…\s]*$|いくら|なんぼ|どこ|いつ|どう|なに|何|方法|について[。\s]*$|お願い|かな[。\s]*$"
)
"""What makes a sentence a question or a wish."""
_NOT_BESIDE = frozenset(
    (  # noqa: SIM905 - words, not quotation marks, are to be read here
        "隣 今 私 わたし うち 誰 何 いつ どこ どれ それ これ ここ そこ いくつ 一緒 全部 両方 今日 明日 土曜 日曜 土日 夫 妻 母 父 人 ひと 方 子 自分"
    ).split()
)
"""Nouns before も that set nothing new beside: 「隣も出ない」「今も」「誰も」."""
FIRST_WORDS = 8


@dataclass(frozen=True)
class Unit:
    """A piece of a message. `opened`: a joining word came before it; `entry`: its number where it is the entry of a list, else 0."""

    text: str
    opened: bool = False
    entry: int = 0

    @property
    def asks(self) -> bool:
        return bool(ASKS.search(self.text))

    @property
    def adds(self) -> bool:
        """Whether it sets something beside what was said before: 「年金も払えません」."""
        words = [w for w in text.morphemes(self.text)[:FIRST_WORDS] if w != ("に", "助詞")]
        for (noun, kind), (particle, next_kind) in pairwise(words):
            if next_kind == "助詞" and particle in ("は", "が", "を"):
                return False
            if particle == "も" and next_kind == "助詞" and kind in ("名詞", "接尾辞"):
                return noun not in _NOT_BESIDE
        return False


def body_of(message: str) -> str:
    """The message without greetings at its start and thanks at its end; the whole when nothing else is there."""
    said = message.strip()
    return _THANKS.sub("", _GREETING.sub("", said)).strip() or said


def units(body: str) -> list[Unit]:
    """The units of a message, in order; joining words and list marks are taken off, nothing else is lost."""
    found: list[Unit] = []
    entries = 0
    for line in body.splitlines():
        for entry in _INLINE_MARK.split(line):
            marked = bool(_MARK.match(entry)) and bool(_MARK.sub("", entry).strip())
            entries += marked
            for number, unit in enumerate(_sentences(_MARK.sub("", entry) if marked else entry)):
                found.append(replace(unit, entry=entries if marked and number == 0 else 0))
    return found


def _sentences(line: str) -> Iterator[Unit]:
    whole: list[str] = []
    for sentence in text.sentences(line):
        # The second sign of 「！！」, and what goes on after a sign of doubt: 「電気証明書？の更新」.
        if whole and (not any(c.isalnum() for c in sentence) or _GOES_ON.match(sentence)):
            whole[-1] += sentence
        else:
            whole.append(sentence)
    for sentence in whole:
        for piece in (p for part in _ARROW.split(sentence) for q in _JOINED.split(part) for p in _JOINED_UNMARKED.split(q)):
            said = _GREETING.sub("", piece.strip()).strip() or piece.strip()
            without = _CONNECTOR.sub("", said).strip()
            if without:
                yield Unit(without, opened=without != said)
            elif said:
                yield Unit(said)
