"""The knowledge of a municipality from the command line: python -m knowledge import|bring|export|load|list|publish|unpublish|synonyms|lint."""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from database import Database
from knowledge import bring_commands, commands, synonym_commands
from settings import Settings, SettingsError, load_settings

EPILOG = "Exit codes: 0 all good, 1 some rows failed (or an article is unknown), 2 wrong use."


def parser(settings: Settings) -> argparse.ArgumentParser:
    """The command line; `settings.municipality` is served when --municipality is left out."""
    top = argparse.ArgumentParser(prog="python -m knowledge", description=__doc__, epilog=EPILOG)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    code = argparse.ArgumentParser(add_help=False)
    code.add_argument("--municipality", metavar="CODE", default=settings.municipality, help="団体コード (default: %(default)s)")

    importing = subparsers.add_parser("import", parents=[code], help="import FAQ files", epilog=EPILOG)
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".md, .jsonl, .csv, .xlsx, or a folder of .md")
    importing.add_argument("--create", metavar="NAME", help="make the municipality when it is not there yet")
    importing.add_argument("--strict", action="store_true", help="store nothing when a row is bad")
    importing.add_argument("--publish", action="store_true", help="publish the articles; they are drafts otherwise")

    bringing = subparsers.add_parser(
        "bring", parents=[code], help="bring files in as working copies, as the staff pages do", epilog=EPILOG
    )
    bringing.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV, xlsx, docx, PDF, HTML, Markdown, JSON, ZIP")
    bringing.add_argument("--column", action="append", default=[], metavar="COLUMN=FIELD", help="what a column stands for")
    bringing.add_argument("--slots", type=Path, metavar="FILE.json", help="a pack's slots with this municipality's values")
    bringing.add_argument("--dry-run", action="store_true", help="only say what would become of every row")

    exporting = subparsers.add_parser("export", parents=[code], help="write articles into a file", epilog=EPILOG)
    exporting.add_argument("--format", choices=bring_commands.FORMAT_NAMES, default="csv")
    exporting.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    exporting.add_argument("--all", action="store_true", help="drafts and working copies too, not only what is published")

    loading = subparsers.add_parser("load", help="import and publish a whole municipality folder", epilog=EPILOG)
    loading.add_argument("folder", type=Path, metavar="FOLDER")
    loading.add_argument("--unless-present", action="store_true", help="do nothing when the municipality is there already")
    loading.add_argument("--strict", action="store_true", help="store nothing when an article is bad")

    subparsers.add_parser("list", parents=[code], help="print id, state and title of every article")
    for name, text in (("publish", "publish articles"), ("unpublish", "withdraw articles from residents")):
        changing = subparsers.add_parser(name, parents=[code], help=text)
        changing.add_argument("ids", nargs="+", metavar="ID")

    subparsers.add_parser("lint", help="what is hard to read in texts (やさしい日本語); `lint --help` says more")
    words = subparsers.add_parser("synonyms", help="residents' words for official words, as CSV", epilog=EPILOG)
    actions = words.add_subparsers(dest="action", required=True, metavar="export|import")
    writing = actions.add_parser("export", parents=[code], help="write the municipality's own groups")
    writing.add_argument("file", type=Path, metavar="FILE.csv")
    writing.add_argument("--all", action="store_true", help="those of the shared base too")
    reading = actions.add_parser("import", parents=[code], help="add or change the groups of a file", epilog=EPILOG)
    reading.add_argument("file", type=Path, metavar="FILE.csv")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command on the database of the settings, whose schema is brought up to date first."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the locale: titles are Japanese
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["lint"]:
        return _lint(given[1:])
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    arguments = parser(settings).parse_args(given)
    database = Database(settings.resolved_database_url)
    try:
        database.upgrade()
        return _run(database, arguments)
    except commands.UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # `list | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        database.dispose()


def _lint(arguments: list[str]) -> int:
    # The linter needs the tokeniser, which lies above this package: it is a program of its own, found here by name.
    return subprocess.run([sys.executable, "-m", "bot.plain_japanese", *arguments], check=False).returncode


def _run(database: Database, arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "import":
            options = (arguments.create, arguments.strict, arguments.publish)
            return commands.import_files(database, arguments.files, arguments.municipality, *options)
        case "bring":
            return bring_commands.bring(
                database,
                load_settings(),
                arguments.files,
                arguments.municipality,
                arguments.column,
                arguments.dry_run,
                arguments.slots,
            )
        case "export":
            return bring_commands.export_file(database, arguments.municipality, arguments.format, arguments.into, arguments.all)
        case "load":
            return commands.load_folder(database, arguments.folder, arguments.unless_present, arguments.strict)
        case "synonyms" if arguments.action == "export":
            return synonym_commands.export_file(database, arguments.file, arguments.municipality, arguments.all)
        case "synonyms":
            return synonym_commands.import_file(database, arguments.file, arguments.municipality)
        case "list":
            return commands.list_articles(database, arguments.municipality)
        case name:
            return commands.set_published(database, arguments.municipality, arguments.ids, name == "publish")


if __name__ == "__main__":
    sys.exit(main())
