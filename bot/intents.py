"""What a message wants besides an answer: a person, small talk, another municipality."""

from __future__ import annotations

import re

from indexer import text
from indexer.text import normalise
from knowledge.snapshot_content import Content

# 「友人に相談」「本人に連絡」 speak of somebody else: 人 counts only where no kanji stands before it.
_STAFF = r"(?:(?<![一-龯々])人|職員|担当(?:者|の方|の人)?|オペレータ[ーー]?|係の?(?:人|方)|人間|有人)(?:さん|の方)?"
_PERSON = re.compile(
    rf"{_STAFF}(?:と|に|へ)(?:直接|ちゃんと)?"
    r"(?:話|相談|つな|繋|聞き(?:たい|ます)|質問|代わ|かわ|問い合わせ|チャット|連絡)"
    rf"|{_STAFF}(?:を|に)?(?:出して|呼んで|代わって|かわって|お願い)|有人(?:対応|チャット)"
    r"|(?:誰か|だれか)と(?:直接)?話|電話で(?:直接)?話[しせ]"
    r"|(?:ai|ロボット|機械|ボット)(?:じゃ|では)?(?:なく|ない)"
    r"|(?:talk|speak) (?:to|with) (?:a |the |an? )?(?:human|(?:real )?person|staff|somebody|someone|agent|member of staff)"
)
_GREETING = (
    r"(?:お?はよう(?:ございます)?|こんにち[はわ]|こんばん[はわ]|やあ|どうも|はじめまして"
    r"|(?:どうも)?ありがとう(?:ございま(?:す|した))?"
    r"|助かりました|分かりました|わかりました|了解(?:です|しました)?|さようなら"
    r"|バイバイ|おやすみ(?:なさい)?|お疲れ様(?:です|でした)?|元気(?:です|ですか)?"
    r"|あなた(?:は|って)(?:誰|だれ|何)(?:です)?か?|名前は(?:何(?:です)?か?)?|何(?:が|を)(?:できます|聞けます)か"
    r"|テスト(?:です)?|なるほど|はい|いいえ|承知しました|すみません(?:でした)?|ごめんなさい|ok(?:です)?|hello|hi|thanks|thank you)"
)
_SPACE = re.compile(r"(?<=[ぁ-んァ-ヶー一-龯々])\s+(?=[ぁ-んァ-ヶー一-龯々])")
_SMALL_TALK = re.compile(rf"^\s*(?:{_GREETING}[、。！!？?\s〜ー^_^]*)+$")
_ELSEWHERE = re.compile(
    r"([^\s、。,.?!？！のはをにへがと]{1,8}(?:市役所|区役所|町役場|村役場|市|区|町|村|県|都|府))(?:の|で|では|に|って|は)"
)
_MOVING = re.compile(
    r"引っ?越|転入|転出|転校|転居|本籍|戸籍|出身|移住|住んでい|住民票を移|から(?:来|き)た|勤務|通勤|通学|里帰り|生まれ|出産"
    r"|亡くな|勤め|働い|入院|入所|ふるさと納税|広域"
)
_GENERIC = re.compile(
    r"^(?:他|ほか|別|隣|となり|近隣|前|元|旧|当|本|各|全国|この|その|同じ|住んでいる|居住|違う|別々|県外|市外|どこ|何|自)"
)
OWN_MENTIONS = 3
"""A place the municipality's own articles name this often is one the desk can speak about."""


def wants_person(question: str) -> bool:
    """Whether the resident asks to talk to a person."""
    # やさしい日本語 puts spaces between words: 「職員に 相談したいです」.
    return bool(_PERSON.search(_SPACE.sub("", normalise(question))))


def is_small_talk(question: str) -> bool:
    """Whether the message is nothing but a greeting, thanks or a question about the desk itself."""
    return bool(_SMALL_TALK.match(normalise(question)))


def other_municipality(question: str, content: Content) -> str | None:
    """The other town whose matters are asked about; None when there is none or somebody moves from or to it."""
    plain = normalise(question)
    if _MOVING.search(plain):
        return None
    for match in _ELSEWHERE.finditer(plain):
        place = re.sub(r"(?:役所|役場)$", "", match[1])
        if _is_elsewhere(place, content):
            return place
    return None


def _is_elsewhere(place: str, content: Content) -> bool:
    town = content.municipality
    own = (town.name, town.kana, *town.aliases)
    if _GENERIC.match(place) or any(name and (name in place or place in name) for name in own):
        return False
    if content.waste and any(place in area.district or area.district in place for area in content.waste.areas):
        return False
    if not text.names_a_municipality(place):
        return False
    return sum(place in article.body or place in article.title for article in content.articles) < OWN_MENTIONS
