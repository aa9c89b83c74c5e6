"""Which field a column or JSON key stands for: the names municipalities use, in Japanese and English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Where two columns of a file stand for one field, the name that comes first here wins.
NAMES: dict[str, tuple[str, ...]] = {
    "id": ("ID", "番号", "FAQ ID", "FAQ番号", "質問番号", "管理番号", "記事ID", "No", "№", "通番", "連番"),
    "title": (
        "問い合わせ文",
        "問合せ文",
        "問合わせ文",
        "質問",
        "質問文",
        "question",
        "タイトル",
        "title",
        "件名",
        "問い合わせ",
        "記事タイトル",
        "見出し",
        "表題",
        "Q",
    ),
    "body": ("応答文", "回答", "回答文", "answer", "本文", "記事本文", "内容", "body", "A"),
    "category": ("カテゴリ", "カテゴリー", "分類", "大分類", "ジャンル", "category"),
    "department": ("担当課", "担当部署", "部署", "部署名", "課名", "所管課", "担当", "department"),
    "alternatives": ("別表現", "言い換え", "言いかえ", "類似質問", "質問の別表現", "alternatives"),
    "source_url": ("URL", "出典URL", "参照URL", "関連URL", "ページURL", "リンク", "source_url", "link"),
    "last_checked": ("最終確認日", "確認日", "last_checked"),
    "valid_from": ("公開開始日", "有効開始日", "適用開始日", "開始日", "valid_from"),
    "valid_until": ("公開終了日", "有効終了日", "有効期限", "掲載期限", "終了日", "valid_until"),
    "owner": ("管理者", "担当者", "owner"),
    "audience": ("公開範囲", "audience"),
    "language": ("言語", "language"),
    "procedure": ("procedure",),
    "eligibility": ("対象者", "対象", "eligibility"),
    "deadline": ("期限", "手続期限", "申請期限", "deadline"),
    "counter": ("窓口", "受付窓口", "受付場所", "counter"),
    "required_documents": ("持ち物", "必要なもの", "必要書類", "required_documents"),
    "conditional_documents": ("条件つきの持ち物", "条件付きの持ち物", "場合により必要なもの", "conditional_documents"),
    "fee": ("手数料", "費用", "料金", "fee"),
    "online_url": ("オンラインURL", "オンライン申請URL", "電子申請URL", "online_url"),
    "proxy": ("代理人", "代理人可否", "代理申請", "proxy"),
    "legal_basis": ("根拠法令", "根拠", "legal_basis"),
}

REQUIRED = ("id", "title", "body")


def fold(name: str) -> str:
    """A column name without what offices decorate it with: width, case, spaces, 「（必須）」, 「※」."""
    plain = re.sub(r"[(\[【].*?[)\]】]", "", unicodedata.normalize("NFKC", name)).lower()
    return re.sub(r"[\s_.:*※・-]", "", plain)


_FIELD_OF = {fold(name): (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names)}


@dataclass(frozen=True)
class Header:
    """`fields`: field -> position of its column; `unused`: columns that stand for none; `width`: number of the last named one."""

    fields: dict[str, int]
    unused: tuple[str, ...]
    width: int

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(field for field in REQUIRED if field not in self.fields)


def read_header(names: Sequence[str]) -> Header:
    """Match column names with fields."""
    best: dict[str, tuple[int, int]] = {}
    for position, name in enumerate(names):
        field, rank = _FIELD_OF.get(fold(name), ("", 0))
        if field and (field not in best or rank < best[field][0]):
            best[field] = (rank, position)
    fields = {field: position for field, (_, position) in best.items()}
    taken = set(fields.values())
    unused = tuple(name.strip() for position, name in enumerate(names) if position not in taken and name.strip())
    return Header(fields, unused, max((position for position, name in enumerate(names, start=1) if name.strip()), default=0))


def describe_missing(missing: Sequence[str]) -> str:
    """For a message: what the file lacks, with the names that would be understood."""
    return "; ".join(f"no column for the {field} (e.g. {', '.join(NAMES[field][:4])})" for field in missing)
