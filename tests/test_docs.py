"""What is written down holds: the closed lists, the fixed texts, the contract, and every name in the documentation."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.answer import OUTCOME_OF, Outcome, Status
from bot.wording import TEXTS
from knowledge.importers import ArticleBuilder
from knowledge.importers.columns import NAMES
from knowledge.importers.markdown import read_markdown
from settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ANSWERS = {Status.ANSWERED, Status.ANSWERED_IN_PART}
OTHER_TEXTS = {Status.REJECTED_INPUT: ("too_long", "empty")}
"""A rejection says why; an emergency shows the approved card of its kind."""
RESIDENTS = ("conversation", "deadlines", "endings", "handoff", "hours", "waste", "widget")
STAFF = ("console", *sorted(file.stem for file in TEXTS.glob("staff_*.yml")))
APART = {"errors": "Japanese at least", "emergencies": "cards", "emergency_numbers": "numbers", "emergency_patterns": "patterns"}


def texts(name: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load((TEXTS / f"{name}.yml").read_text(encoding="utf-8"))
    return data


# Closed lists


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_text(status: Status) -> None:
    if status in ANSWERS:
        assert OUTCOME_OF[status] == Outcome.ANSWER  # its text is the article's
    elif status == Status.EMERGENCY:
        assert set(texts("emergencies")["cards"]) >= {"life", "suicide", "dv"}
    else:
        assert set(OTHER_TEXTS.get(status, (status.value,))) <= set(texts("endings"))


def test_every_status_has_one_outcome() -> None:
    assert set(OUTCOME_OF) == set(Status)
    assert set(OUTCOME_OF.values()) == set(Outcome)


def test_the_contract_lists_exactly_the_statuses_and_outcomes() -> None:
    contract = yaml.safe_load((ROOT / "bot" / "openapi.yml").read_text(encoding="utf-8"))
    answer = contract["components"]["schemas"]["Answer"]["properties"]
    assert answer["status"]["enum"] == [s.value for s in Status]
    assert set(answer["outcome"]["enum"]) == {o.value for o in Outcome}


# Fixed texts


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_file_of_texts_is_checked_here() -> None:
    assert {file.stem for file in TEXTS.glob("*.yml")} == {*RESIDENTS, *STAFF, *APART}


@pytest.mark.parametrize("name", [*RESIDENTS, *STAFF])
def test_every_text_is_there_in_each_language_with_the_same_slots(name: str) -> None:
    languages = {"ja", "yasashii", "en"} if name in RESIDENTS else {"ja", "en"}
    wrong = {
        entry: versions
        for entry, versions in texts(name).items()
        if set(versions) != languages
        or not all(isinstance(text, str) and text.strip() for text in versions.values())
        or len({frozenset(slots(text)) for text in versions.values()}) != 1
    }
    assert wrong == {}


def said_keys() -> Iterator[tuple[str, str, bool]]:
    """(module, key, whether the whole key) of every call `say("subject.entry")`; f-strings up to their first slot."""
    for package in ("bot", "widget"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and node.args):
                    continue
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    yield file.name, str(key.value), True
                elif isinstance(key, ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
                    yield file.name, str(key.values[0].value), False


def test_every_text_that_is_said_exists() -> None:
    known = {f"{name}.{entry}" for name in (*RESIDENTS, *STAFF, "errors") for entry in texts(name)}
    keys = list(said_keys())
    assert len(keys) > 20, "the calls of say() are no longer found"
    missing = [
        f"{module}: {key}"
        for module, key, whole in keys
        if not (key in known if whole else any(k.startswith(key) for k in known))
    ]
    assert missing == []


# Writing an article


def test_the_example_of_an_article_is_one_the_importer_reads(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    example = re.search(r"```markdown\n(.*?)\n```", document, re.DOTALL)
    assert example
    path = tmp_path / "moving-in.md"
    path.write_text(example[1], encoding="utf-8")
    (row,) = read_markdown(path, ArticleBuilder("990019", {"citizens": "citizens"}))
    assert row.error is None
    assert row.warnings == ()
    assert row.article
    assert row.article.id == "moving-in"
    assert row.article.procedure.required_documents
    assert row.article.procedure.conditional_documents[0].document == "転出証明書"
    assert "## 手続きの方法" in row.article.body


def test_every_field_the_guide_names_is_a_field_of_an_article() -> None:
    from knowledge.articles import Article, Procedure

    fields = {*Article.__dataclass_fields__, *Procedure.__dataclass_fields__, "when", "document"}
    document = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
    example = re.search(r"```markdown\n---\n(.*?)\n---", document, re.DOTALL)
    assert example
    assert set(re.findall(r"^ *(?:- \{ )?(\w+):", example[1], re.MULTILINE)) <= fields


# Every name in the documentation

SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PLACEHOLDERS = {"{id, text}"}
"""What README shows the shape of; nothing of that name exists."""
APART_COMMANDS = {"accounts": "account_commands.py", "bot.channel_state": "bot/channel_commands.py"}
"""Modules whose command line stands in another file."""
MADE = {"instance/", ".venv/", ".venv/bin/activate"}
"""Folders that `make run` or the first start makes."""


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def commands(document: str) -> list[str]:
    """Every line of the console blocks and every code span that is a command, without its comment."""
    lines = [line for kind, block in BLOCK.findall(document) if kind in ("console", "bash", "sh") for line in block.splitlines()]
    spans = [s for s in SPAN.findall(BLOCK.sub("", document)) if re.match(r"(?:make|python|source) ", s)]
    return [line for raw in (*lines, *spans) if (line := re.sub(r"\s#.*", "", raw).strip())]


def complaint(command: str) -> str | None:
    """What is wrong with a documented command; None when every part of it exists."""
    words = re.sub(r"^(?:MADOGUCHI_\w+=\S+ )+", "", command).split()
    if words[0] == "make":
        return (
            None
            if re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            else "no such target"
        )
    if words[0] == "source":
        return None if words[1] in MADE else "no such file"
    if words[0] != "python":
        return "neither make nor python"
    if words[1] != "-m":
        return None if (ROOT / words[1]).is_file() else "no such file"
    return _module_complaint(words[2], words[3:])


def _module_complaint(module: str, arguments: list[str]) -> str | None:
    path = ROOT / module.replace(".", "/")
    files = [f for f in (path.with_suffix(".py"), path / "__main__.py", *sorted(path.glob("*commands.py"))) if f.is_file()]
    if not files:
        return f"no module {module}"
    files += [ROOT / file for name, file in APART_COMMANDS.items() if name == module]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    flags = [word for word in arguments if word.startswith("--")]
    first = [word for word in arguments[:1] if re.fullmatch(r"[a-z]+", word)]
    missing = [word for word in (*flags, *first) if f'"{word}"' not in source]
    return f"{module} knows no {missing[0]}" if missing else None


def explained(span: str) -> bool:
    """Whether what stands in `code` in README exists: a path, a command, a setting, an option, a route, a column, an element."""
    if span in PLACEHOLDERS or span in MADE:
        return True
    if re.match(r"(?:make|python|source) ", span):
        return complaint(span) is None
    if match := re.fullmatch(r"MADOGUCHI_(\w+?)(?:=.*)?", span):
        return match[1].lower() in Settings.model_fields
    if match := re.fullmatch(r"<([a-z-]+)>", span):
        return f'customElements.define("{match[1]}"' in _sources("widget/static", "js")
    if span.startswith("http://127.0.0.1"):
        return str(Settings.model_fields["port"].default) in span
    if span.startswith("/"):
        return (
            re.search(rf'["\s]{re.escape(span.rstrip("/"))}(?:["/:]|$)', _sources("bot", "py", "yml") + _sources("widget", "py"))
            is not None
        )
    if span.startswith("--"):
        return f'"{span}"' in _sources("knowledge", "py") + _sources("indexer", "py") + _sources("bot", "py")
    return span in {name for names in NAMES.values() for name in names} or (ROOT / span).exists()


def _sources(folder: str, *endings: str) -> str:
    files = [f for ending in endings for f in sorted((ROOT / folder).rglob(f"*.{ending}"))]
    return "\n".join(f.read_text(encoding="utf-8") for f in files)


def test_readme_names_only_what_exists() -> None:
    unexplained = [span for span in SPAN.findall(BLOCK.sub("", readme())) if not explained(span)]
    assert unexplained == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_documented_command_exists(document: Path) -> None:
    wrong = {command: said for command in commands(document.read_text(encoding="utf-8")) if (said := complaint(command))}
    assert wrong == {}


def test_readme_documents_the_two_commands_everything_begins_with() -> None:
    assert {"make run", "make test"} <= set(commands(readme()))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    targets = [
        t.split("#")[0] for t in LINK.findall(document.read_text(encoding="utf-8")) if not re.match(r"https?:|mailto:|#", t)
    ]
    assert [t for t in targets if not (document.parent / t).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_setting_named_is_one(document: Path) -> None:
    named = set(re.findall(r"MADOGUCHI_[A-Z_]+[A-Z]", document.read_text(encoding="utf-8")))
    settings = {f"MADOGUCHI_{name.upper()}" for name in Settings.model_fields}
    measuring = set(re.findall(r'"(MADOGUCHI_[A-Z_]+)"', _sources("evaluation", "py")))  # read by the measurements alone
    assert named - settings - measuring == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_of_code_named_exists(document: Path) -> None:
    spans = SPAN.findall(BLOCK.sub("", document.read_text(encoding="utf-8")))
    paths = [s for s in spans if re.fullmatch(r"(?:bot|indexer|knowledge|evaluation|widget|tests|docs|scripts)/[\w./-]*", s)]
    assert [p for p in paths if not (ROOT / p).exists()] == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("make coffee", "no such target"),
        ("python -m knowledge erase", "knowledge knows no erase"),
        ("python -m indexer build --quickly", "indexer knows no --quickly"),
        ("python -m nothing", "no module nothing"),
        ("python serve.py", "no such file"),
        ("curl example.jp", "neither make nor python"),
        ("python -m indexer rollback", None),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(command: str, said: str | None) -> None:
    assert complaint(command) == said


@pytest.mark.parametrize("span", ["bot/gone.py", "MADOGUCHI_MAGIC", "/nowhere", "--never", "<other-chat>", "質問番地"])
def test_a_name_that_does_not_exist_is_noticed(span: str) -> None:
    assert not explained(span)
