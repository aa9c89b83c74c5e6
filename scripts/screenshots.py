"""Make docs/images anew: the widget and every staff place on a phone and on a desktop, really served.

python scripts/screenshots.py [--folder docs/images] [--browser /usr/bin/chromium] [--only widget]

A desk of its own is set up in a temporary folder with the demo municipality and a working day (demo_day.py), so that
pictures never show real people.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import demo_day  # noqa: E402

from database import Database  # noqa: E402
from evaluation.installation import Installation  # noqa: E402
from knowledge.commands import DEMO  # noqa: E402
from settings import DEMO_MUNICIPALITY  # noqa: E402

FOLDER = ROOT / "docs" / "images"
WINDOWS = {390: (390, 844), 1280: (1280, 900)}
"""Width in the name of the image -> the window in CSS pixels."""
QUESTION = "コンビニで住民票を取れますか"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
ANSWER_MS = 30_000
QUALITY = 72
MOST_BYTES = 3_000_000
"""All images together: a repository carries them for ever."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every image; raises playwright's TimeoutError when the desk does not answer. 1: they have become too large."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the images go")
    parser.add_argument("--browser", default=shutil.which("chromium"), help="the browser; Playwright's own where there is none")
    parser.add_argument("--only", default="", help="only images whose name begins so")
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder, sync_playwright() as playwright:
        installation = Installation(Path(folder), DEMO_MUNICIPALITY, workers="1", rate_limit_logins="1000/minute")
        installation.run("knowledge", "load", str(DEMO))
        installation.run("indexer", "build")
        database = Database(f"sqlite:///{folder}/madoguchi.db")
        demo_day.staff(database)
        demo_day.knowledge(database)
        with installation.server() as server:
            url = f"http://127.0.0.1:{server.port}"
            demo_day.residents(url, database)
            installation.run("bot.health")
            browser = playwright.chromium.launch(executable_path=given.browser, args=FLAGS)
            for name, page in _pages(browser, url, database, given.only):
                print(_save(page, given.folder / f"{name}.webp"))
            browser.close()
        database.dispose()
    total = sum(image.stat().st_size for image in given.folder.glob("*.webp"))
    print(f"{total / 1e6:.2f} MB")
    return 1 if total > MOST_BYTES else 0


def _pages(browser: Browser, url: str, database: Database, only: str) -> Iterator[tuple[str, Page]]:
    """(name, page as it is to be shown), one after the other."""
    for width in WINDOWS:
        if f"widget-{width}".startswith(only):
            yield f"widget-{width}", _asked(browser, url, width)
        if "staff".startswith(only) or only.startswith("staff"):
            yield from ((name, page) for name, page in _staff(browser, url, database, width) if name.startswith(only))
    demo_day.raise_banner(database)
    for width in WINDOWS:
        for name, path in (("banner-home", "/"), ("banner-text-only", "/ask?language=yasashii")):
            if f"{name}-{width}".startswith(only):
                page = _page(browser, width)
                page.goto(url + path)
                page.locator(".notice").first.wait_for(timeout=ANSWER_MS)
                yield f"{name}-{width}", page
        if f"banner-widget-{width}".startswith(only):
            yield f"banner-widget-{width}", _asked(browser, url, width)


def _staff(browser: Browser, url: str, database: Database, width: int) -> Iterator[tuple[str, Page]]:
    page = _page(browser, width)
    page.goto(f"{url}/staff/login")
    page.locator("[name=login]").fill(demo_day.LOGIN)
    page.locator("[name=password]").fill(demo_day.PASSWORD)
    page.locator("main form button").last.click()
    page.locator("nav.places").wait_for()
    with database.read() as session:
        talk = demo_day.conversation_shown(session)
    more = {
        "conversation": f"/staff/handoffs/{talk}",
        "translation": _first(page, url, "/staff/translations?language=en&standing=waiting", ".standing.waiting"), "article-editor": _editor(page, url),
    }  # fmt: skip
    for name, path in {**_places(page, url), **more}.items():
        if path:
            page.goto(url + path)
            page.wait_for_load_state("networkidle")
            yield f"staff-{name}-{width}", page


def _places(page: Page, url: str) -> dict[str, str]:
    """Name -> address of every place of the navigation."""
    groups = [link.get_attribute("href") or "" for link in page.locator("nav.places .groups a").all()]
    found: dict[str, str] = {}
    for group in groups:
        page.goto(url + group)
        links = page.locator("nav.places .within a").all() or page.locator("nav.places .groups a[aria-current]").all()
        for link in links:
            path = link.get_attribute("href") or ""
            found[path.removeprefix("/staff").strip("/").replace("/", "-") or "queue"] = path
    return found


def _first(page: Page, url: str, path: str, link: str) -> str:
    page.goto(url + path)
    return page.locator(link).first.get_attribute("href") or "" if page.locator(link).count() else ""


def _editor(page: Page, url: str) -> str:
    shown = _first(page, url, "/staff/articles", "main h3 a, main td a")
    return shown.removesuffix("/show") + "/edit" if shown.endswith("/show") else ""


def _page(browser: Browser, width: int) -> Page:
    window_width, height = WINDOWS[width]
    context = browser.new_context(
        viewport={"width": window_width, "height": height},
        device_scale_factor=2 if width < 500 else 1,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        reduced_motion="reduce",
    )
    return context.new_page()


def _asked(browser: Browser, url: str, width: int) -> Page:
    page = _page(browser, width)
    page.goto(url)
    page.locator(".launcher").click()
    page.locator(".message").first.wait_for()
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    page.locator(".message[data-status]").wait_for(timeout=ANSWER_MS)
    return page


def _save(page: Page, path: Path) -> Path:
    page.mouse.move(0, 0)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)
    return path


if __name__ == "__main__":
    raise SystemExit(main())
