"""A town of eight articles, indexed twice: small enough to build again and again, real in every part."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from evaluation.installation import Installation
from settings import Settings

CODE = "990027"
OLD, NEW = "旧庁舎の七番窓口", "新庁舎の三番窓口"
"""What the text of the changed article says before and after."""

QUESTION = "住民票の写しはどこで取れますか"

ARTICLES = {
    "residence": (QUESTION, f"住民票の写しは、{OLD}で請求できます。手数料は1通300円です。"),
    "seal": ("印鑑登録をしたい", "印鑑登録は、登録する印鑑と本人確認書類を持って市民課へお越しください。"),
    "moving-in": ("引っ越してきたときの転入届", "転入届は、引っ越した日から14日以内に転出証明書を持って届け出てください。"),
    "garbage": ("粗大ごみの出し方", "粗大ごみは、電話で申し込み、処理券を貼って収集日の朝8時までに出してください。"),
    "tax": ("市民税の納付書をなくしたとき", "納付書は税務課で再発行します。電話でもお申し込みいただけます。"),
    "nursery": ("保育所の入所申し込み", "保育所の申し込みは、入所を希望する月の前月10日までに子ども課へ出してください。"),
    "library": ("図書館の開館時間", "図書館は午前9時から午後7時まで開いています。月曜日は休館です。"),
    "insurance": (
        "国民健康保険の加入手続き",
        "会社を辞めた日から14日以内に、資格喪失証明書を持って保険年金課で手続きしてください。",
    ),
}


def settings(folder: Path, **changes: Any) -> Settings:
    """Settings of an installation whose server runs beside the test; without the look for names, which is slow to load."""
    return Settings(instance=folder, municipality=CODE, ner=False, snapshot_check_seconds=0.2, **changes)


def installation(folder: Path) -> Installation:
    """The same for processes."""
    return Installation(folder, CODE, ner="false", snapshot_check_seconds="0.2", snapshots_kept="20")


def copied(template: Path, target: Path) -> Path:
    """A copy to damage; files are not shared with the template."""
    shutil.copytree(template, target, ignore=shutil.ignore_patterns("*-shm"))
    return target


def write_articles(path: Path, window: str, only: str | None = None) -> Path:
    """The articles as JSON lines, the changed one with `window` in its text."""
    with path.open("w", encoding="utf-8") as file:
        for key, (question, answer) in ARTICLES.items():
            if only in (None, key):
                record = {"id": key, "question": question, "answer": answer.replace(OLD, window)}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def change(town: Installation, window: str) -> None:
    """Publish the changed article; nothing is indexed."""
    path = write_articles(town.folder / "changed.jsonl", window, only="residence")
    town.run("knowledge", "import", str(path), "--publish")


def window_of(answer: dict[str, Any]) -> str | None:
    """Which text of the changed article an answer was taken from."""
    shown = json.dumps(answer, ensure_ascii=False)
    return next((window for window in (OLD, NEW) if window in shown), None)
