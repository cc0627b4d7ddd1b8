"""`python -m benchmarks explorers`: how soon an explorer answers, in a page and in JupyterLab.

In a real browser (Chromium or Chrome), without a network. The first picture is that of the book's front page,
after `make book`.
"""

import os
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import nbformat
import torch
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, sync_playwright

import vaelab
from tools import browsers
from vaelab import explorers
from vaelab.explorers.decoding import FOLDER
from vaelab.explorers.explorer import STATIC
from vaelab.grading.source import NOTEBOOK_METADATA

MODEL = "portrait-vae"  # 64x64 faces in colour
FRONT_PAGE = Path(__file__).parent.parent / "_build" / "html" / "book" / "index.html"

# From the request to the drawn picture, in milliseconds, one after the other.
DECODE_TIMES = """async ([count, warm]) => {
  const {model, decoder} = document.querySelector('.vaelab-explorer').explorer;
  const times = [];
  for (let i = 0; i < count + warm; i++) {
    const code = model.get('z').map(() => 2 * Math.random() - 1);
    const start = performance.now();
    await decoder.decode([code], () => {});
    times.push(performance.now() - start);
  }
  return times.slice(warm);
}"""

# From the wish for a random code to the code, in milliseconds, one after the other.
DRAW_TIMES = """async ([count, warm]) => {
  const {decoder} = document.querySelector('.vaelab-explorer').explorer;
  const times = [];
  for (let i = 0; i < count + warm; i++) {
    const start = performance.now();
    await decoder.draw(() => {});
    times.push(performance.now() - start);
  }
  return times.slice(warm);
}"""

# Milliseconds from the start of the navigation until something is drawn on a decoder's canvas.
FIRST_PICTURE = """
const look = () => {
  const canvas = document.querySelector('canvas.vae-picture');
  const drawn = canvas?.getContext('2d').getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3];
  if (drawn) globalThis.firstPicture = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def table(count: int = 300, visits: int = 10) -> list[dict[str, object]]:
    """Medians and 95th percentiles of `count` decoded faces, and of `visits` to the front page."""
    program = browsers.needed()
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=program, args=browsers.FLAGS)
        page = _write_page(Path(folder))
        rows = [
            _row("a face in a page, WebAssembly", decode_in_a_page(browser, page, count)),
            _row(
                "a code from the prior in a page, WebAssembly",
                decode_in_a_page(browser, page, count, times=DRAW_TIMES),
            ),
            _row(
                "a face in a page, plain JavaScript",
                decode_in_a_page(browser, page, max(2, count // 3), "delete globalThis.WebAssembly"),
            ),
            _row("a face in JupyterLab, from the kernel", decode_in_jupyterlab(browser, Path(folder), count)),
        ]
        if FRONT_PAGE.exists() and "vaelab-explorer" in FRONT_PAGE.read_text(encoding="utf-8"):
            rows.append(_row("first picture of the front page", first_picture(browser, visits)))
        else:
            print("The front page is not built or has no explorer: `make book` first to time it.")
        browser.close()
    return rows


def _row(what: str, milliseconds: list[float]) -> dict[str, object]:
    p50, p95 = torch.tensor(milliseconds).quantile(torch.tensor([0.5, 0.95])).tolist()
    return {"what": what, "p50 / ms": f"{p50:.1f}", "p95 / ms": f"{p95:.1f}"}


def _write_page(folder: Path) -> Path:
    with mock.patch.dict(os.environ, {FOLDER: str(folder / "models")}):
        content = explorers.sliders(vaelab.pretrained(MODEL)).to_html()
    shutil.copy(STATIC / "explorers.js", folder)
    page = folder / "page.html"
    script = '<script defer src="explorers.js"></script>'
    page.write_text(f"<!doctype html><meta charset=utf-8><title>Timing</title>{script}{content}")
    return page


def _times(page: Page, count: int, times: str = DECODE_TIMES) -> list[float]:
    page.wait_for_function("document.querySelector('.vaelab-explorer')?.explorer", timeout=60_000)
    return page.evaluate(times, [count, min(10, count)])


def decode_in_a_page(
    browser: Browser, page: Path, count: int, before: str = "", times: str = DECODE_TIMES
) -> list[float]:
    """Milliseconds of each of `count` faces, or of what `times` does; `before` runs first."""
    context = browser.new_context()
    tab = context.new_page()
    tab.add_init_script(before)
    tab.goto(page.as_uri())
    found = _times(tab, count, times)
    context.close()
    return found


def decode_in_jupyterlab(browser: Browser, folder: Path, count: int) -> list[float]:
    """The same in a notebook, where the kernel decodes."""
    cell = f"import vaelab\nfrom vaelab import explorers\nexplorers.sliders(vaelab.pretrained({MODEL!r}))"
    notebooks, home = folder / "notebooks", folder / "home"
    notebooks.mkdir()
    home.mkdir()
    notebook = new_notebook(cells=[new_code_cell(cell)], metadata=NOTEBOOK_METADATA)
    nbformat.write(notebook, notebooks / "timing.ipynb")
    with browsers.jupyter(notebooks, home) as address:
        context = browser.new_context(viewport={"width": 1200, "height": 2000})
        tab = context.new_page()
        tab.goto(f"{address}/lab/tree/timing.ipynb")
        browsers.run_all_cells(tab)
        times = _times(tab, count)
        context.close()
    return times


def first_picture(browser: Browser, visits: int) -> list[float]:
    """Milliseconds from navigation to the first decoded picture of the front page, opened from disk."""
    times = []
    for _ in range(visits):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        tab = context.new_page()
        tab.add_init_script(FIRST_PICTURE)
        tab.goto(FRONT_PAGE.as_uri())
        times.append(tab.wait_for_function("globalThis.firstPicture", timeout=60_000).json_value())
        context.close()
    return times
