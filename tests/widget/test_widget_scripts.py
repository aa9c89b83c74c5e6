"""What the widget's scripts may never do; read from their source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from settings import ROOT

STATIC = ROOT / "widget" / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
NAMES = [path.relative_to(STATIC).as_posix() for path in SCRIPTS]
ALLOWED_ADDRESSES = {"https://www.jma.go.jp/", "http://www.w3.org/2000/svg", "https://desk.example"}
"""Where the quick exit leads, the name of SVG, and the example in a comment."""


def _code(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_no_script_turns_text_into_markup_or_code(name: str) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTMLUnsafe|postMessage"
    assert re.findall(forbidden, _code(STATIC / name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_script_writes_a_style_attribute_that_the_policy_forbids(name: str) -> None:
    assert re.findall(r"\bstyle\s*:|setAttribute\(\"style", _code(STATIC / name)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "api.js"])
def test_only_the_api_module_talks_to_the_network(name: str) -> None:
    assert re.findall(r"\bfetch\(|new EventSource|XMLHttpRequest|sendBeacon|WebSocket", _code(STATIC / name)) == []


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.*")), ids=lambda path: path.name)
def test_no_file_names_another_server(path: Path) -> None:
    found = set(re.findall(r"https?://[^\s\"'`)<>,]+", path.read_text(encoding="utf-8")))
    assert {address for address in found if "\\" not in address and "[" not in address} - ALLOWED_ADDRESSES == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_import_is_a_file_of_the_widget(name: str) -> None:
    for target in re.findall(r"from \"([^\"]+)\"", _code(STATIC / name)):
        assert target.startswith("."), target
        assert (STATIC / name).parent.joinpath(target).is_file(), target
