"""Make docs/images anew: the widget on a phone and on a desktop, really answering at a running desk.

python scripts/screenshots.py [--url http://127.0.0.1:8000] [--folder docs/images] [--browser /usr/bin/chromium]
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
SCREENS = {"widget-390": (390, 844), "widget-1280": (1280, 900)}
"""Name of the image and the size of the window, in CSS pixels; images have twice as many."""
QUESTION = "コンビニで住民票を取れますか"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
ANSWER_MS = 30_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every image; raises playwright's TimeoutError when the desk does not answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of a running desk")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the images go")
    parser.add_argument("--browser", default=shutil.which("chromium"), help="the browser; Playwright's own where there is none")
    parser.add_argument("--question", default=QUESTION, help="what is asked")
    given = parser.parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.browser, args=FLAGS)
        for name, (width, height) in SCREENS.items():
            path = given.folder / f"{name}.png"
            _take(_asked(browser, given.url, given.question, width, height), path)
            print(path)
        browser.close()
    return 0


def _asked(browser: Browser, url: str, question: str, width: int, height: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.locator(".launcher").click()
    page.locator(".message").first.wait_for()
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    page.locator(".message[data-status]").wait_for(timeout=ANSWER_MS)
    return page


def _take(page: Page, path: Path) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=path)
    page.context.close()


if __name__ == "__main__":
    raise SystemExit(main())
