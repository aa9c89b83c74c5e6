"""A PDF of scanned pages whose text is known: our own texts as pictures, with skew, blur, grain and the edge of the paper.

python scripts/make_scanned_pdf.py --into /tmp/scan [--pages 200] [--seed 7]

Writes scanned.pdf and scanned.jsonl ({"page", "text"}); `python -m evaluation.scanned_pdf` reads both and compares.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

TEXTS = Path(__file__).resolve().parent.parent / "knowledge" / "samples" / "midorino" / "articles"
DPI = 200
"""What offices' copiers scan with."""
WIDTH, HEIGHT = round(8.27 * DPI), round(11.69 * DPI)
MARGIN = DPI * 9 // 10
LETTERS_A_LINE = 34
LINES_A_PAGE = 30
FONTS = ("Noto Serif CJK JP", "Noto Sans CJK JP")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the PDF and what stands in it. The same seed gives the same pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where both files go")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    given.into.mkdir(parents=True, exist_ok=True)
    make(given.into, given.pages, given.seed)
    print(given.into / "scanned.pdf")
    return 0


def make(folder: Path, count: int, seed: int) -> None:
    """Write scanned.pdf and scanned.jsonl into a folder."""
    chance = random.Random(seed)  # noqa: S311 - grain of paper, not a secret
    texts = [page for page, _ in zip(pages(), range(count), strict=False)]
    fonts = [font(name, DPI * 11 // 72) for name in FONTS]
    pictures = (picture(text, fonts[number % len(fonts)], chance) for number, text in enumerate(texts))
    first = next(pictures)
    first.save(folder / "scanned.pdf", save_all=True, append_images=pictures, resolution=DPI, quality=70)
    with (folder / "scanned.jsonl").open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts, start=1):
            file.write(json.dumps({"page": number, "text": "\n".join(text)}, ensure_ascii=False) + "\n")


def pages() -> Iterator[list[str]]:
    """Lines of page after page, from the articles of the demo municipality, over and over."""
    lines: list[str] = []
    while True:
        for file in sorted(TEXTS.rglob("*.md")):
            _, _, matter = file.read_text(encoding="utf-8").partition("---\n")
            head, _, body = matter.partition("\n---\n")
            title = re.search(r"^title: (.*)$", head, re.MULTILINE)
            lines += wrapped([title[1] if title else file.stem, *plain(body)])
            while len(lines) >= LINES_A_PAGE:
                yield lines[:LINES_A_PAGE]
                lines = lines[LINES_A_PAGE:]


def plain(body: str) -> list[str]:
    """Paragraphs without the signs of Markdown; tables are left out."""
    kept = [line.strip() for line in body.splitlines() if line.strip() and not line.startswith("|")]
    return [re.sub(r"^(?:#+|-|\d+\.)\s+", "", re.sub(r"\[(.*?)\]\(.*?\)|\*\*", r"\1", line)) for line in kept]


def wrapped(paragraphs: Sequence[str]) -> list[str]:
    """Lines of at most LETTERS_A_LINE full-width letters."""
    lines = []
    for paragraph in paragraphs:
        line, width = "", 0.0
        for letter in paragraph:
            wide = 0.55 if letter.isascii() else 1.0
            if width + wide > LETTERS_A_LINE:
                lines.append(line)
                line, width = "", 0.0
            line, width = line + letter, width + wide
        lines.append(line)
    return [line for line in lines if line.strip()]


def picture(lines: Sequence[str], font: ImageFont.FreeTypeFont, chance: random.Random) -> Image.Image:
    """A page as a copier sees it."""
    page = Image.new("L", (WIDTH, HEIGHT), 252)
    draw = ImageDraw.Draw(page)
    step = (HEIGHT - 2 * MARGIN) / LINES_A_PAGE
    for number, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + number * step), line, font=font, fill=chance.randint(10, 60))
    page = page.rotate(chance.uniform(-0.8, 0.8), resample=Image.Resampling.BICUBIC, fillcolor=252)
    page = page.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 0.7)))
    grain = np.random.default_rng(chance.randrange(1 << 32)).normal(0.0, 9.0, (HEIGHT, WIDTH))
    pixels = np.clip(np.asarray(page, dtype=np.float32) + grain, 0, 255).astype(np.uint8)
    pixels[:, : chance.randint(0, 12)] = 90
    return Image.fromarray(pixels)


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """An installed font of this name, in pixels; the first of its file where the file does not hold it."""
    file = subprocess.run(["fc-match", "-f", "%{file}", name], capture_output=True, text=True, check=True).stdout
    for index in range(12):
        try:
            found = ImageFont.truetype(file, size=size, index=index)
        except OSError:
            break
        if found.getname()[0] == name:
            return found
    return ImageFont.truetype(file, size=size)


if __name__ == "__main__":
    raise SystemExit(main())
