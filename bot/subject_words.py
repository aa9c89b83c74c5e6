"""Whether a question names a subject of its own, or only asks something of one: 「郵送だと？」「いくらですか」."""

from __future__ import annotations

from indexer import text

LONGEST_ELLIPSIS = 6
"""Content words up to which a question that names no subject is read as the continuation of the one before."""
# Words that ask about a subject without naming one.
ABOUT = frozenset(
    (  # noqa: SIM905 - words, not quotation marks, are to be read here
        "幾ら 料金 手数料 費用 値段 期限 窓口 場所 郵送 郵便 代理 代理人 本人 家族 必要 書類 持ち物 持つ 行く 方法 手続き 時間 受付 受け付け 受け付ける "
        "土日 休日 日曜 土曜 夜間 オンライン ネット スマホ スマートホン インターネット 電話 申請 申し込み 申し込む 子供 子ども 外国人 "
        "いつ迄 締め切り 締切 遅れる 過ぎる 忘れる 無料 有料 ただ コンビニ 予約 対象 条件 詳しい もう少し 円 迄 日 今日 明日 印鑑 判子 "
        "いる 取る 取れる 貰う 払う 支払う 出す 出せる 遣る 行う 使う 要る 掛かる 開く 見る 聞く 提出 届け 届け出 届ける "
        "受け取る 受け取り 持参 記入 書く 書き方 写真 身分 手順 流れ 他 無い 無し なし 駄目 大丈夫 分 課 番号 同じ 同意 "
        "月 年 週間 平日 母 父 夫 妻 娘 息子 親 兄弟 姉妹 友人 友達 孫 祖母 祖父 未成年 学生 高齢 者 人 会社 員 一緒 直ぐ "
        "全部 再 発行 決まる 分かる 分る 届く 早い 曜日 月曜 火曜 水曜 木曜 金曜 毎月 幾つ お金 金 問い合わせ 連絡 頼む 頼める "
        "言う 来る 済む 待つ 名前 住所 歳 才 回 以内 前 後 先 次 途中 別 今 来年 去年 来月 先月 今年 当日 中身 使用 上限 額 時期 税額 率 送り先 種類 結果 期間 期日 日数 回数 人数 店舗 相談 入手 開始 支給 扱い 理由 仕組み 役所 市役所 市 所 奴 やつ 分 順番 紙 タダ 只 先 人 内 自分 次回 祝日 夜 朝 昼 嫁 旦那 奥さん 紙 用紙"
    ).split()
)


def names_no_subject(question: str) -> bool:
    """Whether the question has no subject of its own: 「郵送だと？」「いくらですか」."""
    words = text.tokens(question)
    return all(w in ABOUT or w.isdigit() for w in words) and len(words) <= LONGEST_ELLIPSIS


def subject_words(question: str) -> list[str]:
    """The content words that may name a subject, in order."""
    return [w for w in text.tokens(question) if w not in ABOUT and not w.isdigit()]


def subject_nouns(question: str) -> list[str]:
    """The nouns among them, as they stand."""
    nouns = [surface for surface, kind in text.morphemes(question) if kind == "名詞"]
    return [noun for noun in nouns if subject_words(noun)]


def ends_in_noun(said: str) -> bool:
    """Whether a text is no sentence yet: 「ソファ、タンス」."""
    words = text.morphemes(said.rstrip("、, "))
    return bool(words) and words[-1][1] == "名詞"
