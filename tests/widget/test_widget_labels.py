"""Labels of the widget: complete in every language, and every one of them used."""

from __future__ import annotations

import re

import pytest
import yaml

from bot.banners import LEVELS
from bot.screening.personal_data import KINDS
from bot.wording import TEXTS
from settings import ROOT
from widget.pages import LANGUAGES, labels

LABELS = yaml.safe_load((TEXTS / "widget.yml").read_text(encoding="utf-8"))
SCRIPTS = sorted((ROOT / "widget" / "static").rglob("*.js"))
TEMPLATES = sorted((ROOT / "widget" / "templates").rglob("*.html"))
HANDOFF_STATES = ("requested", "queued", "taken", "resolved", "expired")
BUILT = {
    *(f"state_{state}" for state in HANDOFF_STATES),
    *(f"contact_{kind}" for kind in ("none", "email", "phone")),
    *(f"contact_{kind}_value" for kind in ("email", "phone")),
    *(f"contact_needed_{kind}" for kind in ("email", "phone")),
    *(f"kind_{kind}" for kind in KINDS),
    *(f"rating_{step}" for step in range(1, 6)),
    *(f"notice_level_{level}" for level in LEVELS),
}
"""Labels whose name is put together at run time."""


def _mentioned() -> str:
    sources = [*SCRIPTS, *TEMPLATES, ROOT / "widget" / "ask.py", ROOT / "bot" / "notices.py"]
    return "\n".join(path.read_text(encoding="utf-8") for path in sources)


@pytest.mark.parametrize("key", LABELS)
def test_a_label_is_written_in_every_language_of_the_widget(key: str) -> None:
    assert set(LABELS[key]) == set(LANGUAGES)
    assert all(text.strip() for text in LABELS[key].values())


@pytest.mark.parametrize("key", LABELS)
def test_a_label_has_the_same_slots_in_every_language(key: str) -> None:
    slots = {language: sorted(re.findall(r"\{(\w+)\}", text)) for language, text in LABELS[key].items()}
    assert len({tuple(found) for found in slots.values()}) == 1, slots


def test_every_label_the_scripts_and_pages_name_exists() -> None:
    named = set(re.findall(r"(?:say|label|_say)\(\s*f?[\"'](?:widget\.)?([a-z_]+)[\"']", _mentioned()))
    assert named
    assert {name for name in named if not name.endswith("_")} - set(LABELS) == set()


def test_every_label_is_used_somewhere() -> None:
    source = _mentioned()
    unused = [key for key in LABELS if key not in BUILT and not re.search(rf"[\"'](?:widget\.)?{key}[\"']", source)]
    assert unused == []


def test_labels_put_together_at_run_time_exist() -> None:
    assert BUILT - set(LABELS) == set()


def test_plain_japanese_labels_avoid_the_words_officials_use() -> None:
    plain = labels("yasashii")
    for word in ("申請", "該当", "恐れ入り", "ご記入", "お問い合わせ"):
        assert [key for key, text in plain.items() if word in text] == []
