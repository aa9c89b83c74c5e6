"""Several questions in one sentence: 「AとBの値段」「Aしたい、Bも」. They are parted where they concern different articles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bot.boundaries import begins_another
from bot.candidates import NEAR, Candidates
from bot.messages import ASKS, Unit
from bot.subject_words import ends_in_noun, names_no_subject
from indexer import text

KNOWN = 5
"""Articles of one look-up that count as its own."""
_WISH = r"(?:たい|ほしい|欲しい)(?:です)?(?:のと|し|んだけど|けど|っちゃけど)?"
_ASK = r"(?:ですか|ますか|のか|曜日で|いくらで|どこで|いつで)"
_LOST = r"(?:なくした|失くした|忘れた|落とした|なくして|切れた)(?:のと|し)?"
_CLAUSE = re.compile(rf"(?:{_WISH}|{_ASK}|{_LOST})[、,]\s*")
_AND = re.compile(
    r"(?<=[^でもこな])と[、,]\s*|(?<=こと)と[、,]?\s*|(?<=の)と[、,]\s*|(?<=[いるた]の)と(?=[一-龯ァ-ヴ])(?!同|一緒|違|比)|と(?:あわせて|併せて|合わせて)[、,]?\s*(?=[^、。]+も)"
)
_LOOSE = re.compile(r"(?P<joins>けど|けれど|けれども|し)[、,]\s*|(?<=[？?])\s+|(?<=[かのいすたるん])\s+(?=[^\s]{6,})")
_COMMA = re.compile(r"\s*[、,]\s*")
_AS_NOUN = re.compile(r"[一-龯](?:り|み|え|き|し|れ|け)?[一-龯](?:り|み|え|き|し|れ|け)$|(?:いくら|なんぼ|いつ|どこ|何時)$")
"""「振り込み」「申し込み」 and 「いくら」, which the dictionary may read as a verb or an adverb."""
_CIRCUMSTANCE = re.compile(
    r"(?:とき|時|場合|ため|為|[後前中上際度日月年朝夜今]|あと|ところ|とこ|以上|以来|うち|間|ほど|くらい|ぐらい|だけ)$"
)
ASIDE = 8
"""Characters up to which what follows a wish or a question only explains it: 「名前を変えたい、中国籍」."""
_ALTERNATIVE = re.compile(r"それとも|ちなみに|どっち|どちら(?!も)")
_OWN_TOPIC = re.compile(r"[^、。？?はをがって]{2,12}(?:は|って)")
"""After 「〜したいけど、」 a second question names its subject first; all else goes on about the wish."""
_PARALLEL = re.compile(r"^[^、。]*(の[^の、。]{2,6})と[^、。]*\1")
_ASKED = (
    "値段|料金|代金|金額|手続き?|捨て方|出し方|申し込み|申込|使い方|書き方|やり方|方法|こと|件|予約|時間|場所|窓口|期限|締め切り|更新|再発行|"
    "登録|届け?|免許|返し方|取り方|とり方|直し方"
)
_TAIL = re.compile(
    rf"(?:[、,](?!.*[、,]).*|[、,]?(?:両方|全部|どっちも|どちらも|まとめて).*|の(?:{_ASKED}).*|(?:を|が|は|って|に|とか|も)[^をがは]*|(?:とれ|取れ|もらえ|ほし|欲し|どう|いくら|なんぼ).*|\s.*)$"
)
_EXPLAINS = re.compile(r"[、,][^、,?？]{3,24}(?:んですけど|んだけど|んですが|のですが|ので|んで)[。]?$")
"""A reason said after the question holds for all of it: 「水道とごみの手続き、来月越してくるんですけど」."""
_NAMED_THING = re.compile(r"^.{4,}(?:もの|こと|ところ|とこ|書類|方法)$")
"""「市役所に出すもの」 is a thing to ask for though its words name no subject."""
_ASKING = re.compile(r"何|なに|どの|どこ|いくつ|いつ")
_NOUN_PHRASE = re.compile(r"^[^、。はも]{1,20}$")
_TOGETHER = re.compile(
    r"と(?:[一1１]枚|[一ひ]とつに|一緒|いっしょ|協力|相談|同じ|比べ|違|ちが)|どっち|どちら(?!も)|違[いう]|ちが[いう]|比べ"
)
"""「友人と一緒に」「AとBの違い」: と joins, but asks one thing."""
_LIST = re.compile(
    r"^(?:[^、・,がをはで]{1,12}[・、,]){2,}|^[^、・,がをはで]{1,12}・|^[^、・,がをはで]{1,12}[、,][^、・,がをはでもに]{1,12}(?:$|(?:を|の(?:値段|料金|手続き?|方法|こと|件))[^、,]*$)"
)
"""「健康保険、年金」「パソコン・モバイルバッテリー」: a sentence that begins with bare nouns."""
_BOTH = re.compile(r"^([^、。も]{2,20})も([^、。も]{2,20})も([^、。]*)$")
"""「住民票も印鑑証明もほしい」."""
_ENDINGS = ("助詞", "助動詞", "補助記号")
_NOUN = ("名詞", "接尾辞", "形状詞")


def parted(sentence: str, candidates: Candidates) -> list[str]:
    """The questions of a sentence; the sentence alone where it is one."""
    ending = _EXPLAINS.search(sentence)
    if ending:
        parts = parted(sentence[: ending.start()], candidates)
        return [part + ending[0] for part in parts] if len(parts) > 1 else [sentence]
    return [part for clause in _clauses(sentence, candidates) for part in _nouns(clause, candidates)]


def _clauses(sentence: str, candidates: Candidates) -> Iterator[str]:
    start = 0
    for match in sorted([*_CLAUSE.finditer(sentence), *_AND.finditer(sentence)], key=lambda m: m.end()):
        if match.end() <= start:
            continue
        joins = match.re is _AND
        first = sentence[start : match.start() if joins else match.end()].rstrip("、, ")
        rest = sentence[match.end() :]
        both_ask = bool(re.search(rf"{_ASK}$", first)) and Unit(rest).asks
        lost = bool(re.search(rf"{_LOST}$", first))
        sure = joins or both_ask or lost or Unit(rest).adds
        told = not lost and _tells(first, rest, candidates)
        aside = not joins and len(rest) <= ASIDE and ends_in_noun(rest)
        explains = aside or (first.endswith("けど") and not _OWN_TOPIC.match(rest))
        if not told and not explains and not _ALTERNATIVE.match(rest) and _differ(first, rest, candidates, sentence, sure):
            yield first
            start = match.end()
    yield from _at_ends(sentence[start:], candidates)


def _at_ends(clause: str, candidates: Candidates) -> Iterator[str]:
    """Pieces with a comma or a space between them: 「住民票はいくら、ごみの日はいつ」「児童手当の額、学童の料金」."""
    start = 0
    for begin, end in ends(clause):
        first, rest = clause[start:begin], clause[end:].strip()
        if names_no_subject(first) or names_no_subject(rest) or _ALTERNATIVE.match(rest):
            continue
        aside = len(rest) <= ASIDE and ASKS.search(first) and not ASKS.search(rest)
        if not aside and begins_another(candidates, first.removesuffix("し"), rest, comma=True):
            yield first
            start = end
    yield clause[start:].strip()


def ends(clause: str) -> list[tuple[int, int]]:
    """(start, end) of what may stand between two questions of one sentence: after a verb, a noun, けど or し."""
    found = {(m.start() + len(m["joins"] or ""), m.end()) for m in _LOOSE.finditer(clause)}
    commas = [m for m in _COMMA.finditer(clause) if _after_noun(clause[: m.start()])]
    # 「児童手当、まだ出せますか」 names first what it asks about; nouns to the end are a list.
    listed = bool(commas) and ends_in_noun(clause)
    found.update((m.start(), m.end()) for m in commas if listed or ASKS.search(clause[: m.start()]))
    return sorted(found.union(text.clause_ends(clause)))


def _after_noun(said: str) -> bool:
    """Whether a text ends in a noun that is no time or circumstance: not 「引っ越したとき」."""
    return (ends_in_noun(said) or bool(_AS_NOUN.search(said))) and not _CIRCUMSTANCE.search(said)


def _nouns(clause: str, candidates: Candidates) -> list[str]:
    """Nouns side by side, each group with what is said of all: 「段ボールと割れた皿の捨て方」."""
    if (both := _BOTH.match(clause)) and not _TOGETHER.search(clause):
        one, other, rest = both.groups()
        if _is_noun(one) and _is_noun(other) and _differ(one, other, candidates, clause):
            return [f"{one}も{rest}", f"{other}も{rest}"]
    cuts = list(_between_nouns(clause))
    if not cuts or _TOGETHER.search(clause):
        return [clause]
    nouns = [
        clause[a:b] for a, b in zip([0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(clause)], strict=True)
    ]
    tail = _TAIL.search(nouns[-1])
    about, rest = _about(nouns[0]), tail[0] if tail else ""
    nouns = [nouns[0][len(about) :], *nouns[1:]]
    nouns[-1] = nouns[-1][: len(nouns[-1]) - len(rest)]
    if not all(_is_noun(noun) for noun in nouns):
        return [clause]
    parallel = bool(_PARALLEL.match(clause))
    groups = [[nouns[0]]]
    for noun, (start, end) in zip(nouns[1:], cuts, strict=True):
        if parallel or _differ(groups[-1][-1], noun, candidates, clause, about=about):
            groups.append([noun])
        else:
            groups[-1] += [clause[start:end], noun]
    return [f"{about}{''.join(group)}{rest}" for group in groups] if len(groups) > 1 else [clause]


def _about(noun: str) -> str:
    """What stands before the first noun and is said of all: 「コンビニで」住民票."""
    end = at = 0
    for surface, part in text.morphemes(noun):
        at += len(surface)
        if part == "助詞" and surface in ("で", "から", "は", "に"):
            end = at
    return noun[:end] if end < len(noun) else ""


def _is_noun(noun: str) -> bool:
    """「割れた皿」, but not 「協力して猫」."""
    words = text.morphemes(noun)
    return (
        bool(_NOUN_PHRASE.match(noun))
        and words[-1][1] in _NOUN
        and ("て", "助詞") not in words
        and not _ASKING.match(noun)
        and not _open_verb(words)
    )


def _open_verb(words: list[tuple[str, str]]) -> bool:
    """Whether a verb goes on instead of telling of the noun after it: 「借金が重なり家計」, not 「割れた皿」."""
    return any(
        kind == "動詞" and following == "名詞" and not re.search(r"[うくぐすつぬぶむるたん]$", surface)
        for (surface, kind), (_, following) in pairwise(words)
    )


def _between_nouns(clause: str) -> Iterator[tuple[int, int]]:
    """Where と, ・ or 、 stands between two nouns."""
    words = text.morphemes(clause)
    at = 0
    for number, (surface, part) in enumerate(words):
        end = at + len(surface)
        inside = 0 < number < len(words) - 1 and words[number - 1][1] in _NOUN and words[number + 1][1] not in _ENDINGS
        joins = (surface == "と" and part == "助詞") or surface in ("および", "及び", "ならびに", "並びに")
        if inside and (joins or (surface in "・、," and _LIST.search(clause))):
            yield at, end
        at = end


def _tells(first: str, second: str, candidates: Candidates) -> bool:
    """Whether the article for the first clause speaks of what the second names, and is near to that too."""
    one, two = candidates.first(first), candidates.first(second)
    if not one or one[0] not in two[:NEAR]:
        return False
    return all(candidates.mentions(one[0], word) for word in candidates.names(second, two[0]))


def _differ(first: str, second: str, candidates: Candidates, whole: str, sure: bool = False, about: str = "") -> bool:
    """Whether both name a subject and would be answered from different articles. `whole` is the sentence, `about` what it
    says of both.

    `sure`: the sentence itself sets two questions side by side, so that the first need not be a known subject.
    """
    if (
        not text.tokens(first)
        or names_no_subject(second)
        or (names_no_subject(first) and not (sure and _NAMED_THING.search(first)))
    ):
        return False
    first, second = about + first, about + second
    one, two = candidates.first(first), candidates.first(second)
    if not one or not two or one[0] == two[0] or not candidates.names(second, two[0]):
        return False
    if sure:
        return two[0] in candidates.first(f"{first} {second}")[:NEAR] or two[0] not in one[:KNOWN]
    return bool(candidates.names(first, one[0])) and not candidates.bridge(first, second, whole)
