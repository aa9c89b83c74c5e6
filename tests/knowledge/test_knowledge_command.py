"""`python -m knowledge`: what it stores, prints and returns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts import AuditRow
from database import Database
from knowledge import store
from knowledge.__main__ import main
from knowledge.articles import Article, Municipality, State
from settings import ROOT, load_settings

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def run(instance: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on an empty instance folder: exit code, last line of stdout as JSON, stderr."""

    def command(*arguments: object) -> tuple[int, dict[str, Any], str]:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, json.loads(out.splitlines()[-1]) if out else {}, err

    return command


@pytest.fixture
def faq(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: dict[str, object] | str, name: str = "faq.jsonl") -> Path:
        path = tmp_path / name
        lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def row(number: int, answer: str = "答", **more: object) -> dict[str, object]:
    return {"id": str(number), "question": f"問{number}", "answer": answer, **more}


def stored(code: str = "990019") -> dict[str, Article]:
    database = Database(load_settings().resolved_database_url)
    with database.read() as session:
        found = {one.id: one for one in store.articles(session, code)}
    database.dispose()
    return found


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in ("created", "updated", "unchanged", "failed", "published"))


def test_an_import_on_an_empty_instance_goes_to_the_demo_municipality_as_drafts(run: Run, faq: Callable[..., Path]) -> None:
    code, report, err = run("import", faq(row(1, department="市民課"), row(2)))
    assert (code, err) == (0, "")
    zero = {"updated": 0, "unchanged": 0, "failed": 0, "published": 0}
    assert report == {"municipality": "990019", "created": 2, **zero, "errors": [], "warnings": []}
    assert {one.id: (one.state, one.department) for one in stored().values()} == {
        "1": (State.DRAFT, "citizens"),
        "2": (State.DRAFT, ""),
    }


def test_importing_again_tells_created_updated_and_unchanged_apart(run: Run, faq: Callable[..., Path]) -> None:
    assert counts(run("import", faq(row(1), row(2)), "--publish")[1]) == (2, 0, 0, 0, 2)
    assert counts(run("import", faq(row(1), row(2, "新しい"), row(3)))[1]) == (1, 1, 1, 0, 0)
    assert {one.id: (one.state, one.body) for one in stored().values()} == {
        "1": (State.PUBLISHED, "答"),
        "2": (State.PUBLISHED, "新しい"),
        "3": (State.DRAFT, "答"),
    }
    assert counts(run("import", faq(row(1), row(2, "新しい"), row(3)), "--publish")[1]) == (0, 0, 3, 0, 1)


def test_bad_rows_are_named_and_the_good_ones_kept(run: Run, faq: Callable[..., Path]) -> None:
    code, report, err = run("import", faq(row(1), row(2, ""), row(1), "{", row(5)))
    assert code == 1
    assert counts(report) == (2, 0, 0, 3, 0)
    assert [error["place"] for error in report["errors"]] == ["faq.jsonl:2", "faq.jsonl:3", "faq.jsonl:4"]
    assert [line.split(": ")[0] for line in err.splitlines()] == [
        "faq.jsonl:2", "faq.jsonl:3", "faq.jsonl:4", "3 rows failed; the other rows were stored",
    ]  # fmt: skip
    assert "faq.jsonl:2: the answer is empty" in err
    assert set(stored()) == {"1", "5"}


def test_strict_refuses_the_whole_import(run: Run, faq: Callable[..., Path]) -> None:
    code, report, err = run(
        "import", faq(row(1), row(2, "")), "--strict", "--publish", "--municipality", "131016", "--create", "区"
    )
    assert (code, counts(report)) == (1, (0, 0, 0, 1, 0))
    assert "nothing was stored" in err
    assert stored("131016") == {}
    assert "there is no municipality 131016" in run("list", "--municipality", "131016")[2]


def test_strict_stores_an_import_without_bad_rows(run: Run, faq: Callable[..., Path]) -> None:
    code, report, _ = run("import", faq(row(1)), "--strict")
    assert (code, counts(report)) == (0, (1, 0, 0, 0, 0))


def test_several_files_are_one_import(run: Run, faq: Callable[..., Path]) -> None:
    code, report, _ = run("import", faq(row(1)), faq(row(1), row(2), name="more.jsonl"))
    assert (code, counts(report)) == (1, (2, 0, 0, 1, 0))
    assert report["errors"] == [{"place": "more.jsonl:1", "error": "the ID 「1」 was already used at faq.jsonl:1"}]


def test_a_municipality_is_made_on_request(run: Run, faq: Callable[..., Path]) -> None:
    code, report, _ = run("import", faq(row(1)), "--municipality", "131016", "--create", "千代田区")
    assert (code, report["municipality"], counts(report)) == (0, "131016", (1, 0, 0, 0, 0))
    code, report, err = run("import", faq(row(1)), "--municipality", "131016", "--create", "別の名")
    assert (code, counts(report)) == (0, (0, 0, 1, 0, 0))
    assert err == "131016 is there already as 千代田区; its name was not changed\n"
    assert stored("990019") == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--municipality", "131016"], "there is no municipality 131016 (there is: none); `import --create NAME` makes it"),
        (["--municipality", "131017", "--create", "区"], "has a wrong check digit: 13101 is followed by 6"),
        (["--municipality", "13101", "--create", "区"], "has no check digit: with it, it is 131016"),
        (["--municipality", "131016", "--create", " "], "--create needs the name"),
    ],
)
def test_a_municipality_that_cannot_be_meant_is_refused(
    run: Run, faq: Callable[..., Path], arguments: list[str], said: str
) -> None:
    code, report, err = run("import", faq(row(1)), *arguments)
    assert (code, report) == (2, {})
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["nothing.csv", "faq.pdf"])
def test_a_file_that_cannot_be_imported_is_wrong_use_and_stores_nothing(run: Run, faq: Callable[..., Path], name: str) -> None:
    good = faq(row(1))
    (good.parent / "faq.pdf").write_bytes(b"%PDF")
    code, report, err = run("import", good, good.parent / name)
    assert (code, report) == (2, {})
    assert name in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [[], ["import"], ["import", "--nonsense", "x"], ["publish"], ["erase"]])
def test_wrong_use_is_exit_code_2(run: Run, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m knowledge" in capsys.readouterr().err


def test_a_wrong_setting_is_exit_code_2_and_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADOGUCHI_PORT", "http")
    load_settings.cache_clear()
    code, _, err = run("list")
    assert (code, err.split(":")[0]) == (2, "MADOGUCHI_PORT")


def test_warnings_are_said_once_and_do_not_fail_the_import(run: Run, faq: Callable[..., Path]) -> None:
    code, report, err = run("import", faq(row(1, department="すぐやる課"), row(2, department="すぐやる課")))
    assert (code, counts(report)) == (0, (2, 0, 0, 0, 0))
    assert err == "faq.jsonl:1: warning: unknown department 「すぐやる課」, kept as the owner only\n"
    assert report["warnings"] == [
        {"place": "faq.jsonl:1", "warning": "unknown department 「すぐやる課」, kept as the owner only"}
    ]


def test_list_prints_id_state_and_title(run: Run, faq: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    run("import", faq(row(2), row(1)))
    assert main(["list"]) == 0
    assert capsys.readouterr().out == "1\tdraft\t問1\n2\tdraft\t問2\n"


def test_articles_are_published_and_withdrawn_by_id(run: Run, faq: Callable[..., Path]) -> None:
    run("import", faq(row(1), row(2)))
    assert run("publish", "1", "2")[:2] == (0, {"municipality": "990019", "published": 2})
    assert run("unpublish", "2")[:2] == (0, {"municipality": "990019", "unpublished": 1})
    assert {one.id: one.state for one in stored().values()} == {"1": State.PUBLISHED, "2": State.EXPIRED}


def test_an_unknown_id_changes_nothing(run: Run, faq: Callable[..., Path]) -> None:
    run("import", faq(row(1)))
    code, _, err = run("publish", "1", "nope")
    assert (code, err) == (1, "municipality 990019 has no article nope; nothing was changed\n")
    assert stored()["1"].state is State.DRAFT


def test_each_change_is_audited(run: Run, faq: Callable[..., Path]) -> None:
    run("import", faq(row(1)), "--publish")
    run("unpublish", "1")
    database = Database(load_settings().resolved_database_url)
    with database.read() as session:
        found = [(one.action, one.detail) for one in session.query(AuditRow).order_by(AuditRow.id)]
    database.dispose()
    assert found == [
        ("knowledge.import", {"created": 1, "updated": 0, "unchanged": 0, "published": 1}),
        ("knowledge.unpublish", {"articles": ["1"]}),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    town = tmp_path / "town"
    (town / "articles" / "life").mkdir(parents=True)
    (town / "municipality.yml").write_text("code: 131016\nname: 区\n", encoding="utf-8")
    (town / "departments.yml").write_text(
        "departments:\n  - {key: a, name: 課, hours: {mon-fri: 08:30-17:15}}\n", encoding="utf-8"
    )
    for name in ("one", "two"):
        (town / "articles" / "life" / f"{name}.md").write_text(f"---\ntitle: 題\ndepartment: a\n---\n答 {name}", encoding="utf-8")
    return town


def test_a_folder_is_loaded_and_published_and_again_changes_nothing(run: Run, folder: Path) -> None:
    code, report, err = run("load", folder)
    assert (code, err, report["municipality"], counts(report)) == (0, "", "131016", (2, 0, 0, 0, 2))
    assert counts(run("load", folder)[1]) == (0, 0, 2, 0, 0)
    assert {one.state for one in stored("131016").values()} == {State.PUBLISHED}


def test_loading_again_does_not_bring_back_what_staff_have_withdrawn(run: Run, folder: Path) -> None:
    run("load", folder)
    run("unpublish", "one", "--municipality", "131016")
    assert counts(run("load", folder)[1]) == (0, 0, 2, 0, 0)
    assert stored("131016")["one"].state is State.EXPIRED
    (folder / "articles" / "life" / "one.md").write_text("---\ntitle: 題\n---\n新しい答", encoding="utf-8")
    assert counts(run("load", folder)[1]) == (0, 1, 1, 0, 1)


def test_unless_present_leaves_a_municipality_alone_that_is_there(run: Run, folder: Path) -> None:
    assert counts(run("load", folder, "--unless-present")[1]) == (2, 0, 0, 0, 2)
    (folder / "articles" / "life" / "one.md").write_text("新しい答", encoding="utf-8")
    code, report, _ = run("load", folder, "--unless-present")
    assert (code, counts(report)) == (0, (0, 0, 0, 0, 0))
    assert stored("131016")["one"].body == "答 one"


def test_a_bad_article_of_a_folder_is_named_and_strict_refuses_the_folder(run: Run, folder: Path) -> None:
    (folder / "articles" / "bad.md").write_text("---\ntitle: 題\n---\n", encoding="utf-8")
    code, report, err = run("load", folder, "--strict")
    assert (code, counts(report)) == (1, (0, 0, 0, 1, 0))
    assert "bad.md:1: the answer is empty" in err
    assert stored("131016") == {}
    code, report, _ = run("load", folder)
    assert (code, counts(report)) == (1, (2, 0, 0, 1, 2))


def test_what_is_no_municipality_folder_is_wrong_use(run: Run, tmp_path: Path) -> None:
    code, _, err = run("load", tmp_path)
    assert (code, "there is no municipality.yml" in err) == (2, True)


INTERRUPTED = """
import os, signal, sys
from database import Database
from knowledge.importers import ImportedRow
from knowledge.articles import Article
from knowledge.importing import import_rows

database = Database(sys.argv[1])
with database.write() as session:
    def killed(articles):
        for number, article in enumerate(articles):
            if number == 300:
                session.flush()  # 300 articles have reached the database
                print("flushed", flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            yield article
    rows = [ImportedRow(f"faq:{n}", Article("990019", str(n), "新しい題", "新しい答")) for n in range(600)]
    import_rows(session, "990019", rows, publish=True, progress=killed)
"""


@pytest.mark.process
def test_an_import_killed_in_the_middle_leaves_the_old_state(database: Database) -> None:
    with database.write() as session:
        store.save_municipality(session, Municipality("990019", "みどり野市"))
        store.upsert(session, Article("990019", "1", "題", "古い答"))
    url = database.engine.url.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, url], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "flushed\n"), ended.stderr
    with database.read() as session:
        assert [(one.id, one.body) for one in store.articles(session, "990019")] == [("1", "古い答")]
    with database.write() as session:  # and no lock is left behind
        assert store.upsert(session, Article("990019", "1", "題", "新しい答")) == "updated"


@pytest.fixture
def _ascii_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")


@pytest.mark.process
@pytest.mark.usefixtures("_ascii_only")
def test_the_module_runs_as_a_program_in_an_ascii_terminal(instance: Path, faq: Callable[..., Path]) -> None:
    command = [sys.executable, "-m", "knowledge", "import", str(faq(row(1, department="すぐやる課"))), "--publish"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, env=os.environ)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout.decode().splitlines()[-1])["published"] == 1
    assert "すぐやる課" in ended.stderr.decode()
    assert (instance / "madoguchi.db").is_file()


def words(folder: Path, *rows: str) -> Path:
    path = folder / "synonyms.csv"
    path.write_text("\n".join(("行政の言葉,住民の言葉", *rows)) + "\n", encoding="utf-8")
    return path


def test_synonyms_are_imported_row_by_row_and_exported_again(run: Run, folder: Path, tmp_path: Path) -> None:
    run("load", folder)
    town = ("--municipality", "131016")
    file = words(tmp_path, "区民バス,めぐるん、ぐるぐるバス", "死亡,あ", "自治会,めぐるん")
    code, report, err = run("synonyms", "import", file, *town)
    assert (code, report) == (
        1, {"municipality": "131016", "created": 2, "updated": 0, "unchanged": 0, "failed": 1, "warnings": 2},
    )  # fmt: skip
    assert "synonyms.csv:3: 「あ」" in err
    assert "「めぐるん」 stands for 「区民バス」 and for 「自治会」" in err
    out = tmp_path / "out.csv"
    assert run("synonyms", "export", out, *town)[1]["exported"] == 2
    assert "区民バス,めぐるん、ぐるぐるバス,,はい" in out.read_text(encoding="utf-8-sig")
    code, report, _ = run("synonyms", "import", out, *town)
    assert (code, report["unchanged"]) == (0, 2)
    assert run("synonyms", "export", out, "--all", *town)[1]["exported"] > 250


def test_synonyms_of_an_unknown_municipality_or_a_missing_file_are_wrong_use(run: Run, tmp_path: Path) -> None:
    assert run("synonyms", "import", words(tmp_path, "印鑑,はんこ"), "--municipality", "131016")[0] == 2
    assert run("synonyms", "import", tmp_path / "none.csv")[0] == 2
    assert run("synonyms", "export", tmp_path / "out.csv", "--municipality", "131016")[0] == 2


def test_a_folders_synonyms_are_loaded_and_a_bad_row_of_them_is_named(run: Run, folder: Path) -> None:
    words(folder, "区民バス,めぐるん", "死亡,あ")
    code, report, err = run("load", folder, "--strict")
    assert (code, counts(report)) == (1, (0, 0, 0, 1, 0))
    assert stored("131016") == {}
    code, report, err = run("load", folder)
    assert (code, counts(report)) == (1, (2, 0, 0, 1, 2))
    assert "synonyms.csv:3: 「あ」" in err
    words(folder, "区民バス,めぐるん")
    assert run("load", folder)[0] == 0
