"""What a sentence about waste asks for: sorting or a day, which district, which category."""

import re

from knowledge.waste_table import WasteTable, fold, plain

_ABOUT_WASTE = re.compile(
    r"(?<!ぽい)捨て(?!猫|犬|子|ねこ|られた|身)|すて(?:る|た|方|かた|られ|れば|ます)|棄て"
    r"|(?<!人)(?<!ひと)ごみ(?!屋敷)|分別|粗大|不燃|可燃"
    r"|燃え(?:る|ない)|燃や(?:す|さない|せ)|(?<!情報)収集|回収|資源物|資源ぷら|りさいくる|段ぼーる|だんぼーる|びんかん"
    r"|(?<!政)(?<!納)(?<!戒)(?<!押)(?<!押え)(?<!許)(?<!止)(?<!強制)処分(?!を受|通知|庁)"
    r"|(?<![届書票願証表]の)(?<!申請の)(?<!申告の)(?<!意見の)出し方|(?<!届の)だしかた"
)
_NOT_SORTING = re.compile(r"不法投棄|ぽい捨て|ごみ屋敷|捨て(?:猫|犬|ねこ)|(?:あんけーと|調査票|投票用紙)[のを]?回収")
_DAY = re.compile(
    r"いつ|何曜|曜日|何日|(?:ごみ|収集|回収|資源|かん|缶|びん|ぷら|ちっく|とる|紙|布|灯|管|池|(?<!曜)の)日(?!本)|次[のはに]|今度|今週|来週"
    r"|明日|あした|あす|今日|きょう|本日|明後日|あさって|日程|かれんだー|年末|年始"
)
_COLLECTED = re.compile(
    r"ごみ|収集|回収|資源|粗大|不燃|可燃|燃え(?:る|ない)|燃や|古紙|古布|段ぼーる|だんぼーる|ぺっとぼとる|ぷらすちっく"
    r"|ぷらの|びん|缶|電池|蛍光|捨て|すて"
)

_LABELS = (
    r"(?:燃え|もえ|燃やさ|もやさ|燃やせ|もやせ)ない|不燃|ふねん|埋め?立て?ごみ",
    r"燃える|もえる|燃やす|もやす|燃やせる|もやせる|可燃|かねん|生ごみ|なまごみ",
    r"ぷらすちっく|資源ぷら|容器包装|(?<!ん)ぷら(?=ごみ|の日|の収集|の回収|は|$)|ぷらごみ",
    r"ぺっとぼとる(?!の?(?:ふた|きゃっぷ|らべる))|petぼとる|ぺっと(?=の日|ごみ)",
    r"すぷれー缶|かせっとぼんべ|乾?電池|蛍光[灯管]|水銀|有害|危険",
    r"古紙|段ぼーる|だんぼーる|新聞紙?|雑誌|雑がみ|ざつがみ|紙ぱっく|古布|古着|布類|紙類|衣類",
    r"びん[・、]?(?:と|や)?[・、]?(?:缶|かん)(?!じ|せ)|びん(?=の|は|って|を|類|$)|[空飲食]き?缶|瓶|(?<!すぷれー)缶(?!切)|かん(?=の日|ごみ)",
    r"粗大|そだい|大型ごみ",
    r"収集しない|収集できない|回収できない|回収しない|処理困難",
)


def asks_about_waste(text: str) -> bool:
    """Whether a message is about putting waste out; dumping, hoarding and official 処分 are other topics."""
    folded = fold(text)
    return bool(_ABOUT_WASTE.search(folded)) and not _NOT_SORTING.search(folded)


def asks_collection_day(text: str) -> bool:
    """Whether a message asks when something is collected (「明日は何ごみ」, 「次のプラの日」)."""
    folded = fold(text)
    return bool(_DAY.search(folded) and _COLLECTED.search(folded)) and not _NOT_SORTING.search(folded)


def find_district(table: WasteTable, text: str) -> str | None:
    """The district a sentence names; None when it names none, or two. 緑ヶ丘 and 緑が丘 are one."""
    folded = _district_key(text)
    ahead = r"(?![一-龯々ァ-ヴー]|さん|さま|くん)|(?=地区|地域|町内|在住|[一二三四五六七八九十]*丁目)"
    found: list[str] = []
    for district in sorted({area.district for area in table.areas}, key=len, reverse=True):
        pattern = rf"(?:(?<![一-龯々ァ-ヴー])|(?<=[市町村区]))(?:{re.escape(_district_key(district))})(?:{ahead})"
        if re.search(pattern, folded):
            found.append(district)
            folded = re.sub(pattern, " ", folded)
    return found[0] if len(found) == 1 else None


def find_label(table: WasteTable, text: str) -> str | None:
    """The category a sentence names first, in the table's own words, from the words residents use for it."""
    return next(iter(find_labels(table, text)), None)


def find_labels(table: WasteTable, text: str) -> list[str]:
    """All categories a sentence names, in the order of the sentence (「燃えるごみと資源プラはいつ」)."""
    folded, found = fold(text), {}
    for label in sorted(table.labels, key=len, reverse=True):
        groups = [group for group in _LABELS if re.search(group, fold(label))]
        if match := re.search("|".join(groups) or re.escape(fold(label)), folded):
            found[label] = match.start()
    return sorted(found, key=found.__getitem__)


def _district_key(text: str) -> str:
    return re.sub(r"[ケヶがガヵ](?=[丘谷原崎台])", "が", plain(text))
