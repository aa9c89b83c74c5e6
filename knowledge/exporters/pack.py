"""A pack for other municipalities: shared text with named slots where a municipality's own facts stand.

Slots are the town's name and site, names and telephones of its departments, and of each article its fee, counter,
hours and other addresses. `slots.json` holds the values here and what each is for; whoever brings the pack in fills in
their own. A text that had 「{{」 in it before keeps it: it becomes a slot too.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from knowledge.articles import Article, to_json
from knowledge.exporters.table_cells import Town

FORMAT = "madoguchi-pack"
VERSION = 1
ARTICLES = "articles.jsonl"
SLOTS = "slots.json"
ABOUT = "pack.json"

_HOURS = re.compile(
    r"(?:午前|午後)?\d{1,2}(?:時(?:\d{1,2}分|半)?|:\d{2})\s*(?:から|[〜～~－-])\s*(?:午前|午後)?\d{1,2}(?:時(?:\d{1,2}分|半)?|:\d{2})(?:まで)?"
)
_PHONE = re.compile(r"(?<!\d)0\d{1,4}[-(（]\d{1,4}[-)）]\d{3,4}(?!\d)")
_URL = re.compile(r"https?://[^\s()<>「」、。|\]]+")
_FEE = re.compile(r"\d[\d,]*円")
_OPEN = "{{"


@dataclass
class _Slots:
    """Names and values found so far; `about` says where each stands."""

    values: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)

    def name(self, kind: str, value: str, about: str) -> str:
        """The name of the slot with this value, a new one where it was not met before: 「{{kind-2}}」."""
        for name, known in self.values.items():
            if known == value and re.fullmatch(rf"{kind}(?:-\d+)?", name):
                return f"{{{{{name}}}}}"
        count = sum(1 for name in self.values if re.fullmatch(rf"{kind}(?:-\d+)?", name))
        name = kind
        while name in self.values:
            count, name = count + 1, f"{kind}-{count + 1}"
        self.values[name], self.about[name] = value, about
        return f"{{{{{name}}}}}"


def pack(articles: Sequence[Article], town: Town) -> bytes:
    """The archive: what is shared, what is local, and whose it was."""
    slots = _Slots()
    lines = [json.dumps(_shared(one, town, slots), ensure_ascii=False) for one in articles]
    about = {
        "format": FORMAT,
        "version": VERSION,
        "from": {"code": town.municipality.code, "name": town.municipality.name},
        "exported_on": town.on.isoformat(),
        "articles": len(lines),
    }
    local = {name: {"value": value, "about": slots.about[name]} for name, value in slots.values.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ABOUT, json.dumps(about, ensure_ascii=False, indent=1))
        archive.writestr(ARTICLES, "".join(f"{line}\n" for line in lines))
        archive.writestr(SLOTS, json.dumps(local, ensure_ascii=False, indent=1))
    return packed.getvalue()


def _shared(article: Article, town: Town, slots: _Slots) -> dict[str, Any]:
    """The fields of an article with slots for what is local; whole facts (fee, counter) are slots of their article."""
    data = {name: value for name, value in to_json(article).items() if name not in ("municipality", "state")}
    key = re.sub(r"[^a-z0-9]+", "-", article.id.lower()).strip("-") or "article"
    facts = dict(data["procedure"])
    data["procedure"] = {name: _replaced(value, article, key, town, slots) for name, value in facts.items()}
    for name in ("fee", "counter"):
        if facts.get(name):
            data["procedure"][name] = slots.name(f"{name}-{key}", facts[name], f"{article.title[:80]} / {name}")
    for name in ("title", "body", "alternatives", "source_url"):
        data[name] = _replaced(data[name], article, key, town, slots)
    return data


def _replaced(value: Any, article: Article, key: str, town: Town, slots: _Slots) -> Any:
    if isinstance(value, list):
        return [_replaced(one, article, key, town, slots) for one in value]
    if isinstance(value, dict):
        return {name: _replaced(one, article, key, town, slots) for name, one in value.items()}
    return _text(value, article.title, key, town, slots) if isinstance(value, str) else value


def _text(text: str, title: str, key: str, town: Town, slots: _Slots) -> str:
    """One text, every local fact replaced; the parts between are looked at once only, so no slot lands in a slot."""
    patterns: list[tuple[str, str, str]] = [(re.escape(_OPEN), "braces", "{{")]
    site = town.municipality.url.rstrip("/")
    if site:
        patterns.append((re.escape(site), "site", town.municipality.name))
    patterns.append((_URL.pattern, f"url-{key}", f"{title[:80]} / URL"))
    for one in sorted(town.departments, key=lambda d: -len(d.phone)):
        if one.phone:
            patterns.append((re.escape(one.phone), f"phone-{one.key}", one.name))
    patterns.append((_PHONE.pattern, f"phone-{key}", f"{title[:80]} / phone"))
    patterns.append((_HOURS.pattern, f"hours-{key}", f"{title[:80]} / hours"))
    patterns.append((_FEE.pattern, f"fee-{key}", f"{title[:80]} / fee"))
    for one in sorted(town.departments, key=lambda d: -len(d.name)):
        patterns.append((re.escape(one.name), f"department-{one.key}", one.key))
    patterns.append((re.escape(town.municipality.name), "town", town.municipality.name))
    whole = re.compile("|".join(f"(?P<p{at}>{pattern})" for at, (pattern, _, _) in enumerate(patterns)))

    def slot(found: re.Match[str]) -> str:
        at = int(str(found.lastgroup)[1:])
        _, kind, about = patterns[at]
        return slots.name(re.sub(r"[^a-z0-9-]", "-", kind.lower()), found[0], about)

    return whole.sub(slot, text)
