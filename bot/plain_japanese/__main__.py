"""`python -m bot.plain_japanese [FILE ...]`: what is hard to read in texts; standard input where no file is named."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.plain_japanese.lint import PROFILES, Finding, lint, summary
from knowledge.importers.decoding import text_of

EPILOG = "Exit codes: 0 nothing that has to be changed, 1 something has, 2 a file cannot be read."


def main(argv: Sequence[str] | None = None) -> int:
    """Print the findings, one a line: file:line: reason suggestion."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    parser = argparse.ArgumentParser(
        prog="python -m knowledge lint", description="What is hard to read in a text.", epilog=EPILOG
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="text or Markdown; standard input when left out")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="yasashii", help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead")
    arguments = parser.parse_args(argv)
    required = 0
    try:
        for name, text in _texts(arguments.files):
            findings = lint(text, arguments.profile)
            required += summary(findings)[0]
            for finding in findings:
                print(_line(name, finding, arguments.json))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if required else 0


def _texts(files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    if not files:
        yield "-", sys.stdin.read()
    for file in files:
        yield str(file), text_of(file.read_bytes())


def _line(name: str, finding: Finding, as_json: bool) -> str:
    if as_json:
        return json.dumps({"file": name, **finding.to_json()}, ensure_ascii=False)
    mark = "要修正" if finding.required else "提案"
    return f"{name}:{finding.line}: [{mark}] {finding.reason} {finding.suggestion}"


if __name__ == "__main__":
    raise SystemExit(main())
