"""Open the built chapters in a browser and count where they break the rules of a page (CONTRIBUTING.md).

    python -m tools.measure_pages [--list | --lower] [FOLDER]    (default: _build/html)

`book/page-breaches.toml` says what each chapter may still break. More than that fails, as does an entry
that nobody needs any more; in `make test`, too. --lower writes down what is left; it never raises a number.
"""

import argparse
import html
import os
import re
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tools import browsers, minutes
from vaelab.edited import read_toml

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
TOGETHER = "together"  # in place of a chapter's name: the first ten
ALLOWED = ROOT / "book" / "page-breaches.toml"

DESKTOP, PHONE, SMALL_PHONE = (1400, 900), (390, 844), (360, 780)
WITH_FACES = ("03-", "08-", "09-", "10-")  # chapters whose faces are measured
WIDE_ENOUGH = {DESKTOP: 96, PHONE: 72}  # pixels: the median width of a face

# All of these run in the page; the first two as a reader finds it.
OPEN_RESULTS = """() => {
  const found = [];
  let question = null;
  const parts = '.admonition.predict, .admonition.answer, h2, h3, h4, .cell_output';
  for (const part of document.querySelectorAll(`article :is(${parts})`)) {
    if (part.matches('.predict')) question = part;
    else if (!part.matches('.cell_output')) question = null;
    else if (question && part.checkVisibility() && part.getBoundingClientRect().height) {
      found.push(question.innerText.replace(/\\s+/g, ' ').slice(0, 80));
      question = null;
    }
  }
  return found;
}"""

HAS_PICTURE = """() => {
  const pictures = 'article :is(.vaelab-picture, .vaelab-explorer, img)';
  return [...document.querySelectorAll(pictures)].some(picture => {
    const {top, bottom, width} = picture.getBoundingClientRect();
    const seen = Math.min(bottom, innerHeight) - Math.max(top, 0);
    return picture.checkVisibility() && width >= 150 && seen >= 150;
  });
}"""

# Large pictures are images of their own, or stand in grids with transparent gaps. Faces are coloured.
FACE_WIDTHS = """async () => {
  const tiles = [...document.querySelectorAll('.vaelab-picture img')].filter(one => one.naturalWidth >= 48);
  const widths = tiles.filter(one => getComputedStyle(one).display != 'none')
    .map(one => one.getBoundingClientRect().width);
  for (const element of document.querySelectorAll('.vaelab-picture image')) {
    const image = new Image();
    image.src = element.href.baseVal;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    const {data} = pen.getImageData(0, 0, image.width, image.height);
    const alpha = (x, y) => data[4 * (y * image.width + x) + 3];
    const lines = (length, opaque) => {
      const runs = [];
      for (let i = 0, run = 0; i <= length; i++) {
        if (i < length && opaque(i)) run++;
        else if (run) runs.push(run), run = 0;
      }
      return runs;
    };
    const columns = lines(image.width, x => alpha(x, Math.min(8, image.height - 1)));
    const rows = lines(image.height, y => alpha(Math.min(8, image.width - 1), y));
    let colour = 0;
    for (let i = 0; i < data.length; i += 4 * 97) colour = Math.max(colour, Math.abs(data[i] - data[i + 2]));
    if (!columns.length || columns[0] < 48 || columns[0] > 256 || colour < 30) continue;
    const width = element.getBoundingClientRect().width * columns[0] / image.width;
    for (let i = 0; i < columns.length * rows.length; i++) widths.push(width);
  }
  return widths.sort((a, b) => a - b);
}"""

SIDEWAYS = """() => {
  for (const fold of document.querySelectorAll('article details')) fold.open = true;
  const code = element => element.closest('.highlight') && !element.closest('.cell_output');
  return [...document.querySelectorAll('article *')]
    .filter(element => element.scrollWidth > element.clientWidth + 1 && element.checkVisibility()
      && /auto|scroll/.test(getComputedStyle(element).overflowX) && !code(element))
    .map(element => element.tagName.toLowerCase() + ': '
      + element.textContent.trim().replace(/\\s+/g, ' ').slice(0, 60));
}"""

MOST_LINES = 12  # of an open cell, without empty ones
FORMATTED = re.compile(r"print\(.*(?:\{[^{}]*:[^{}]+\}|\.format\().*")

READY = "async () => { await window.MathJax?.startup?.promise; scrollTo(0, 0); }"
# Formulas are fitted to their lines one frame after these got their width: wait until that one is over.
FITTED = """async () => {
  for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
}"""

# What cells print, and their tables. Prose may well speak of errors and of folders.
SHOWN = re.compile(
    r'<div class="output (?:stream|text_plain|traceback|stderr)[^>]*>.*?</pre>'
    r'|<table class="vaelab-table".*?</table>',
    re.DOTALL,
)
TROUBLE = re.compile(r"Traceback \(most|urlopen|\[Errno|HTTP Error|/home/|/root/|/tmp/|~/\.|site-packages")


@dataclass
class Found:
    """How often a chapter breaks a rule, and where."""

    count: int = 0
    notes: list[str] = field(default_factory=list)


def listed(notes: list[str]) -> Found:
    return Found(len(notes), notes)


def look(page, faces: bool) -> dict[str, Found]:
    """Measure a chapter that a Playwright page has loaded, at three widths."""
    found = {"open results": listed(page.evaluate(OPEN_RESULTS))}
    without, small = [], []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate(READY)
        if not page.evaluate(HAS_PICTURE):
            without.append(f"no picture on the first {size[0]} x {size[1]} pixels")
        widths = page.evaluate(FACE_WIDTHS) if faces else []
        if widths and widths[len(widths) // 2] < WIDE_ENOUGH[size] - 1:
            small.append(
                f"{widths[len(widths) // 2]:.0f} px at {size[0]}, at least {WIDE_ENOUGH[size]} wanted"
            )
    page.set_viewport_size({"width": SMALL_PHONE[0], "height": SMALL_PHONE[1]})
    page.evaluate(FITTED)
    found["first screens"] = listed(without)
    found["sideways"] = listed(page.evaluate(SIDEWAYS))
    found["small faces"] = listed(small)
    return found


def read(path: Path) -> dict[str, Found]:
    """Measure a notebook: its minutes and its open cells."""
    reading, fresh = minutes.renew(path, write=False)
    story = minutes.whole(reading.story)
    over = max(0, story - minutes.MOST)
    stale = [] if fresh else ["the head or a fold says other minutes: python -m tools.minutes --write"]
    cells = minutes.open_cells(nbformat.read(path, as_version=4))
    long = [cell for cell in cells if sum(map(bool, cell.source.splitlines())) > MOST_LINES]
    return {
        "minutes over": Found(over, [f"{story} minutes, at most {minutes.MOST} wanted"] if over else []),
        "stale minutes": listed(stale),
        "long cells": listed([cell.source.splitlines()[0] for cell in long]),
        "printed numbers": listed([found[0] for cell in cells if (found := FORMATTED.search(cell.source))]),
    }


def read_together() -> dict[str, Found]:
    """Measure the minutes of the first ten chapters together."""
    total = sum(minutes.whole(minutes.renew(path, write=False)[0].story) for path in minutes.chapters()[:10])
    over = max(0, total - minutes.MOST_TOGETHER)
    note = f"{total} minutes in ten chapters, at most {minutes.MOST_TOGETHER} wanted"
    return {"minutes over": Found(over, [note] if over else [])}


def leaks(page: Path) -> list[str]:
    """Errors, paths and this machine's name in a built page."""
    text = page.read_text(encoding="utf-8")
    shown = (html.unescape(re.sub("<[^>]*>", "", output)) for output in SHOWN.findall(text))
    troubles = [line[:100] for output in shown for line in output.splitlines() if TROUBLE.search(line)]
    host = socket.gethostname()
    names = [str(ROOT), os.path.expanduser("~") + "/", *([host] if len(host) > 5 else [])]
    return troubles + [name for name in names if name != "/" and name in text]


def chapters(folder: Path = HTML) -> list[Path]:
    return sorted((folder / "book").glob("[0-9]*.html"))


def open_chapter(browser, path: Path):
    """The chapter in a window of desktop size, its formulas set."""
    page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    page.set_default_timeout(1000 * browsers.PATIENCE)
    page.goto(path.resolve().as_uri())
    page.evaluate(READY)
    return page


def measure(browser, path: Path) -> dict[str, Found]:
    """All measures of one built chapter: name -> what was found."""
    page = open_chapter(browser, path)
    found = look(page, path.name.startswith(WITH_FACES)) | {"leaks": listed(leaks(path))}
    page.close()
    return found | read(minutes.BOOK / f"{path.stem}.ipynb")


def allowed() -> dict[str, dict[str, int]]:
    """Chapter -> measure -> how many breaches are known."""
    return read_toml(ALLOWED) if ALLOWED.exists() else {}


def complaints(chapter: str, found: dict[str, Found]) -> list[str]:
    """What is worse than the list of known breaches says, and what is on it in vain."""
    known, said = allowed().get(chapter, {}), []
    for name, what in found.items():
        most = known.get(name, 0)
        if what.count > most:
            said.append(f"{chapter}: {name} {what.count}, known are {most}:\n  " + "\n  ".join(what.notes))
        elif most and not what.count:
            said.append(f"{chapter}: {name} is put right. Take it out of {ALLOWED.name}, with --lower.")
    return said


def lower(found: dict[str, dict[str, Found]]) -> None:
    """Write down what is left of the known breaches."""
    before, first = allowed(), not ALLOWED.exists()
    kept = dict(before)  # of chapters that were not measured
    lines = ["# What a chapter may still break of the rules of a page. Numbers only ever go down: "
             "python -m tools.measure_pages --lower"]  # fmt: skip
    for chapter, measures in found.items():
        left = {name: what.count if first else min(what.count, before.get(chapter, {}).get(name, 0))
                for name, what in measures.items()}  # fmt: skip
        kept[chapter] = left
    for chapter, left in kept.items():
        entries = [f'"{name}" = {count}' for name, count in left.items() if count]
        lines += ["", f"[{chapter}]", *entries] if entries else []
    ALLOWED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say where each breach is")
    parser.add_argument("--lower", action="store_true", help=f"lower the numbers in {ALLOWED.name}")
    parser.add_argument("html", nargs="?", type=Path, default=HTML)
    arguments = parser.parse_args()
    program, found = browsers.needed(), {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=browsers.FLAGS)
        for path in chapters(arguments.html):
            found[path.stem] = measure(browser, path)
            if len(found) == 1:
                print(f"{'':38}" + "  ".join(found[path.stem]))
            counts = (f"{what.count:{len(name)}}" for name, what in found[path.stem].items())
            print(f"{path.stem:38}" + "  ".join(counts), flush=True)
            if arguments.list:
                print("".join(f"    {name}: {note}\n" for name, what in found[path.stem].items()
                              for note in what.notes))  # fmt: skip
        browser.close()
    found[TOGETHER] = read_together()
    if arguments.lower:
        lower(found)
    worse = [line for chapter, measures in found.items() for line in complaints(chapter, measures)]
    print("\n".join(worse))
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
