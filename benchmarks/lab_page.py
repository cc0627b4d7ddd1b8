"""A page with one lab (`explorers.lab`), opened from disk in Chromium, for the benchmarks of it."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools import browsers
from vaelab import explorers
from vaelab.explorers import lab_sets
from vaelab.explorers.explorer import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Locator, Page, Worker

FILES = ("explorers.css", "lab.js")
PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8"><title>Lab</title>
<link rel="stylesheet" href="explorers.css">
<script>{before}</script><script src="lab.js"></script><main>{content}</main></html>
"""


def write(folder: Path, data: str = "handwritten", before: str = "", **settings) -> Path:
    """Write the page and what it loads; the script `before` runs before the page's own."""
    lab = explorers.lab(data, **settings)
    lab_sets.pack(data).keep(folder / "models")
    for name in FILES:
        shutil.copy(STATIC / name, folder)
    page = folder / "lab.html"
    page.write_text(PAGE.format(before=before, content=lab.to_html()), encoding="utf-8")
    return page


@dataclass
class Opened:
    """A lab that is ready to train, its page and its worker, where `trainer` is what trains."""

    page: "Page"
    element: "Locator"
    worker: "Worker"
    devtools: "CDPSession"

    def press(self, name: str) -> None:
        self.element.get_by_role("button", name=name, exact=True).click()

    def trait(self, name: str):
        return self.element.evaluate("({explorer}, name) => explorer.model.get(name)", name)

    def pause(self) -> None:
        """Stop training, and wait until the traits know where it stands."""
        self.press("Pause")
        self.page.wait_for_function(
            "document.querySelector('.vaelab-explorer').explorer.model.get('step') > 0"
        )


@contextlib.contextmanager
def chromium() -> Iterator["Browser"]:
    """Chromium or Chrome, without a network."""
    from playwright.sync_api import sync_playwright

    program = browsers.needed()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=browsers.FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: "Browser", **options) -> Iterator[Opened]:
    """A lab in a page of its own (`options` are those of `write`), which ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(1000 * browsers.PATIENCE)
        page.goto(write(Path(folder), **options).as_uri())
        element = page.locator(".vaelab-explorer")
        element.locator("button:not(:disabled)", has_text="Train").first.wait_for()
        yield Opened(page, element, page.workers[0], context.new_cdp_session(page))
        context.close()
