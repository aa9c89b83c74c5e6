"""A town that is imported and indexed once for all of these tests; each test damages a copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_town import CODE, NEW, OLD, change, copied, installation, settings, write_articles

from evaluation.installation import Installation


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with two snapshots: the older with the old text, the served one with the new."""
    from indexer.__main__ import build  # loads the models' libraries, which collecting the tests does not need

    town = installation(tmp_path_factory.mktemp("town") / "instance")
    town.folder.mkdir()
    articles = write_articles(town.folder / "articles.jsonl", OLD)
    town.run("knowledge", "import", str(articles), "--municipality", CODE, "--create", "小さな町", "--publish")
    build(settings(town.folder), CODE, full=False)
    change(town, NEW)
    build(settings(town.folder), CODE, full=False)
    return town.folder


@pytest.fixture
def town(template: Path, tmp_path: Path) -> Installation:
    """The town in a folder of this test alone, for commands and servers."""
    return installation(copied(template, tmp_path / "instance"))
