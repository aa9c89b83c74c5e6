"""Imports go one way only, and what is heavy or binds a step to the outside is imported where it belongs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    {
        "settings",
        "passwords",
        "database",
        "accounts",
        "account_commands",
        "audit_trail",
        "authentication",
        "factor_codes",
        "second_factor",
        "account_changes",
        "single_sign_on",
    },
    {"knowledge"},
    {"indexer"},
    {"bot"},
    {"widget", "evaluation"},
    {"app"},
)
"""Lowest first; a module may import from its own layer's package and from every layer below."""
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
OUTSIDE = {"flask", "database", "settings", "os", "accounts", "authentication", "sqlalchemy"}
TOKENISERS = {"sudachipy", "spacy", "ginza"}
TOKENISER_MODULES = {"indexer/text.py", "indexer/base_vectors.py"}
# Both look at a whole desk from outside: the measurements drive it, and so stand beside the widget, not on it.
FREE_NAMES = {"gunicorn.conf"}


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """Path below `root` and syntax tree of every module of the desk; tests and migrations are not part of it."""
    files = [*root.glob("*.py"), *(f for name in LEVEL for f in (root / name).rglob("*.py") if (root / name).is_dir())]
    for file in sorted(set(files)):
        yield file.relative_to(root).as_posix(), ast.parse(file.read_text(encoding="utf-8"), str(file))


def imported(tree: ast.Module) -> set[str]:
    """Dotted names of every import, also inside functions; `from a import b` gives a and a.b."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def tops(tree: ast.Module) -> set[str]:
    return {name.split(".")[0] for name in imported(tree)}


def owner(path: str) -> str:
    return Path(path).parts[0].removesuffix(".py")


def upward(root: Path) -> list[str]:
    """Imports that go up, or across between packages of one layer, as 「module -> package」."""
    found = []
    for path, tree in modules(root):
        own = owner(path)
        if own in FREE_NAMES:
            continue
        for name in sorted(tops(tree) & set(LEVEL)):
            same_base = LEVEL[name] == LEVEL[own] == 0
            if name != own and LEVEL[name] >= LEVEL[own] and not same_base:
                found.append(f"{path} -> {name}")
    return found


def outside_of_steps(root: Path) -> list[str]:
    return [
        f"{path} -> {name}"
        for path, tree in modules(root)
        if path.startswith("bot/steps/")
        for name in sorted(tops(tree) & OUTSIDE)
    ]


def tokenisers_elsewhere(root: Path) -> list[str]:
    return [
        f"{path} -> {name}"
        for path, tree in modules(root)
        if path not in TOKENISER_MODULES
        for name in sorted(tops(tree) & TOKENISERS)
    ]


def test_every_top_level_module_has_a_layer() -> None:
    packages = {p.name for p in ROOT.iterdir() if (p / "__init__.py").is_file() and p.name != "tests"}
    files = {p.stem for p in ROOT.glob("*.py")}
    assert (packages | files) - FREE_NAMES <= set(LEVEL), "give the new module a layer in LAYERS"


def test_the_modules_are_really_read() -> None:
    paths = {path for path, _ in modules(ROOT)}
    assert {"app.py", "bot/pipeline.py", "bot/steps/screen.py", "indexer/text.py", "knowledge/articles.py"} <= paths


def test_imports_go_one_way_only() -> None:
    assert upward(ROOT) == []


def test_steps_touch_neither_flask_nor_database_nor_environment() -> None:
    assert outside_of_steps(ROOT) == []


def test_only_two_modules_load_sudachi_and_spacy() -> None:
    assert tokenisers_elsewhere(ROOT) == []
    readers = {path for path, tree in modules(ROOT) if tops(tree) & TOKENISERS}
    assert readers == TOKENISER_MODULES


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("bot/steps", "indexer", "knowledge"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "settings.py").write_text("import os\n")
    (tmp_path / "knowledge" / "articles.py").write_text("from settings import ROOT\n")
    (tmp_path / "indexer" / "search.py").write_text("from knowledge.articles import Article\n")
    (tmp_path / "bot" / "steps" / "rank.py").write_text("from indexer.search import SearchIndex\n")
    return tmp_path


def test_the_rules_find_nothing_in_a_clean_tree(tree: Path) -> None:
    assert (upward(tree), outside_of_steps(tree), tokenisers_elsewhere(tree)) == ([], [], [])


@pytest.mark.parametrize(
    ("path", "line", "complaint"),
    [
        ("knowledge/store.py", "from indexer.search import SearchIndex", "knowledge/store.py -> indexer"),
        ("indexer/late.py", "def f():\n    import bot.turn", "indexer/late.py -> bot"),
        ("settings.py", "from knowledge import articles", "settings.py -> knowledge"),
        ("indexer/types.py", "if TYPE_CHECKING:\n    from evaluation import runs", "indexer/types.py -> evaluation"),
        ("bot/desk.py", "import app", "bot/desk.py -> app"),
    ],
)
def test_a_planted_upward_import_is_found(tree: Path, path: str, line: str, complaint: str) -> None:
    (tree / path).write_text(f"{line}\n")
    assert upward(tree) == [complaint]


@pytest.mark.parametrize("line", ["import flask", "from database import Database", "from os import environ", "import settings"])
def test_a_planted_import_of_the_outside_in_a_step_is_found(tree: Path, line: str) -> None:
    (tree / "bot" / "steps" / "screen.py").write_text(f"{line}\n")
    assert len(outside_of_steps(tree)) == 1


def test_a_planted_tokeniser_is_found(tree: Path) -> None:
    (tree / "bot" / "topics.py").write_text("def f():\n    import spacy\n")
    assert tokenisers_elsewhere(tree) == ["bot/topics.py -> spacy"]


# What a page starts must work where only requirements.txt is installed

STARTED_BY_PAGES = (
    "app.py",
    "evaluation/stored_runs.py",
    "evaluation/run_desk.py",
    "evaluation/run_report.py",
    "evaluation/forecast_store.py",
)


def required(file: str) -> set[str]:
    """Names of the packages pinned in a requirements file, as they are imported."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[=\[]", line)[0].lower().replace("-", "_") for line in lines if line and line[0] not in "#-"}


def reached(starts: tuple[str, ...]) -> set[str]:
    """Top-level packages imported by these modules and by every module of the project that they import."""
    trees = dict(modules(ROOT))
    found: set[str] = set()
    waiting, seen = list(starts), set(starts)
    while waiting:
        for name in imported(trees[waiting.pop()]):
            found.add(name.split(".")[0])
            base = name.replace(".", "/")
            for path in (f"{base}.py", f"{base}/__init__.py"):
                if path in trees and path not in seen:
                    seen.add(path)
                    waiting.append(path)
    return found


def test_what_pages_start_needs_nothing_that_only_tests_install() -> None:
    assert "psutil" in reached(STARTED_BY_PAGES), "the imports are no longer followed"
    assert reached(STARTED_BY_PAGES) & (required("requirements-dev.txt") - required("requirements.txt")) == set()
