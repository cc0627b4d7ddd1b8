"""Film one training of the lab: screenshots after some seconds, two widths, two themes, on one sheet.

    python -m tools.film_strip film.png
    python -m tools.film_strip faces.png --data faces --seconds 0 5 20 60

The seed is fixed, so that a faster machine shows the same training further on.
"""

import argparse
import itertools
import os
import shutil
import tempfile
import time
from pathlib import Path
from unittest import mock

from PIL import Image, ImageDraw, ImageFont

from tools import browsers
from vaelab import explorers
from vaelab.explorers.explorer import STATIC
from vaelab.explorers.page_file import FOLDER

SECONDS = (0, 1, 2, 5, 20)
VIEWS = ((1400, 900), (360, 740))  # window widths and heights, pixels
THEMES = ("light", "dark")
WIDTHS = {1400: 720, 360: 300}  # pixels of the sheet for a picture of each window
MARGIN = 16  # pixels around the lab
PAPER, INK, GAP, LINE = "#e6eaef", "#20262e", 24, 44

PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A lab</title>
<link rel="stylesheet" href="explorers.css">
<script src="lab.js"></script>
<style>
body {{ margin: 0; padding: 0 16px }}
main {{ margin: auto; max-width: 880px }}
html[data-theme="dark"] body {{ background: #12161b }}
</style>
<main>{lab}</main>
</html>
"""


def write_page(folder: Path, data: list[str], theme: str, seed: int) -> Path:
    """A page with one lab, its scripts and its pictures; gives the page."""
    with mock.patch.dict(os.environ, {FOLDER: str(folder / "models")}):
        content = explorers.lab(data, seed=seed).to_html()
    for name in ("explorers.css", "lab.js"):
        shutil.copy(STATIC / name, folder)
    page = folder / f"{theme}.html"
    page.write_text(PAGE.format(theme=theme, lab=content))
    return page


def film(browser, page: Path, view: tuple[int, int], seconds: list[float], folder: Path) -> list[Path]:
    """Screenshots of the window after so many seconds of training."""
    width, height = view
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=2, has_touch=width < 600
    )
    shown = context.new_page()
    shown.set_default_timeout(1000 * browsers.PATIENCE)
    shown.goto(page.as_uri())
    shown.wait_for_function("/Step/.test(document.querySelector('.lab-status')?.textContent)")
    shown.wait_for_timeout(500)
    box = shown.locator("main").bounding_box()
    around = {"x": box["x"] - MARGIN, "y": 0, "width": box["width"] + 2 * MARGIN, "height": height}
    made, started = [], None
    for second in seconds:
        if second and started is None:
            shown.get_by_role("button", name="Train", exact=True).click()
            started = time.monotonic()
        if second:
            shown.wait_for_timeout(1000 * max(0, started + second - time.monotonic()))
        made.append(folder / f"{page.stem}-{width}-{second:g}.png")
        shown.screenshot(path=made[-1], clip=around)
    context.close()
    return made


def sheet(rows: list[tuple[int, list[Path]]], seconds: list[float]) -> Image.Image:
    """All screenshots with the seconds above: rows of (width of the window, files)."""
    strips = []
    for width, paths in rows:
        pictures = [Image.open(path).convert("RGB") for path in paths]
        wide = WIDTHS[width]
        strips.append(
            [p.resize((wide, round(p.height * wide / p.width)), Image.Resampling.LANCZOS) for p in pictures]
        )
    breadth = max(sum(p.width + GAP for p in strip) for strip in strips) + GAP
    height = sum(strip[0].height + LINE for strip in strips) + GAP
    out = Image.new("RGB", (breadth, height), PAPER)
    pen, font, top = ImageDraw.Draw(out), ImageFont.load_default(20), 0
    for strip in strips:
        for k, (picture, second) in enumerate(zip(strip, itertools.cycle(seconds), strict=False)):
            left = GAP + k * (picture.width + GAP)
            pen.text((left, top + 14), f"{second:g} s", fill=INK, font=font)
            out.paste(picture, (left, top + LINE))
        top += strip[0].height + LINE
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", nargs="+", default=["digits"], help="sets, the first is learned")
    parser.add_argument("--seconds", nargs="+", type=float, default=SECONDS)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    program = browsers.needed()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        browser = driver.chromium.launch(executable_path=program, args=browsers.FLAGS)
        pages = [write_page(folder, asked.data, theme, asked.seed) for theme in THEMES]
        wide, phone = ([film(browser, page, view, asked.seconds, folder) for page in pages] for view in VIEWS)
        rows = [(VIEWS[0][0], files) for files in wide] + [
            (VIEWS[1][0], [file for files in phone for file in files])
        ]
        sheet(rows, asked.seconds).save(asked.out)
        browser.close()


if __name__ == "__main__":
    main()
