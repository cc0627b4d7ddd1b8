"""What a reader does with an explorer, and what there is to see then."""

import base64
import html
import json
import re
import time
from pathlib import Path

import bench
import pytest
import torch

from tools.browsers import PATIENCE

# In a page the element carries its specification; in JupyterLab the widget's view is marked in the same way.
EXPLORER = ".vaelab-explorer"
SPEC = re.compile(r'class="vaelab-explorer"[^>]* data-spec="([^"]*)"')
HANDLES = "[role=slider], input[type=range]"

# What a reader has not guessed yet, and what goes deeper, is open from then on.
OPEN_FOLDS = "document.querySelectorAll('details.fold').forEach(fold => (fold.open = true))"

# By the page's own clock: what it has set a timer for, and is due before, comes before.
WAIT = "milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))"

WAKE = """async ([selector, patience]) => {
  for (const element of document.querySelectorAll(selector)) {
    element.scrollIntoView({block: 'center'});
    const deadline = performance.now() + 1000 * patience;
    while (!element.explorer && !element.querySelector('.vae-error:not(:empty)')
        && performance.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 20));
  }
  scrollTo(0, 0);
}"""

# Decoded pictures where there are some; else drawings and words, without the number beside a slider.
SEEN = """element => {
  const canvases = [...element.querySelectorAll('canvas.vae-picture')];
  if (canvases.length) return canvases.map(canvas => canvas.toDataURL()).join();
  const words = element.cloneNode(true);
  words.querySelectorAll('output, svg').forEach(one => one.remove());
  const drawn = [...element.querySelectorAll('canvas')].map(canvas => canvas.toDataURL());
  const plots = [...element.querySelectorAll('svg, [style*=background-position]')].map(one => one.outerHTML);
  return [...drawn, ...plots, words.textContent].join();
}"""

PIXELS = """canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (const byte of data) text += String.fromCharCode(byte);
  return [canvas.width, canvas.height, btoa(text)];
}"""

# Decode in the page, with the explorer's own decoder; as many pictures as there are codes.
DECODE = """async (element, codes) => {
  const bytes = [];
  await element.explorer.decoder.decode(codes, images => images.forEach(image => bytes.push(...image.data)));
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""


def specs(page: Path) -> list[dict]:
    """The specifications of all explorers of a page, in their order."""
    return [json.loads(html.unescape(text)) for text in SPEC.findall(page.read_text(encoding="utf-8"))]


def wake_all(page) -> None:
    """Scroll to every explorer of the page until it has come alive, then back to the top."""
    page.evaluate(OPEN_FOLDS)
    page.evaluate(WAKE, [EXPLORER, PATIENCE])


def wake(page, index: int = 0):
    """Scroll to the explorer and wait until it is alive or says why not; gives its locator."""
    element = page.locator(EXPLORER).nth(index)
    element.scroll_into_view_if_needed()
    element.locator(".vae-frame").wait_for()
    return element


def troubles(element) -> str:
    """What the explorer says is wrong."""
    return " ".join(element.locator(".vae-error").all_inner_texts()).strip()


def handle(element):
    """What a reader takes hold of first."""
    found = element.locator(HANDLES)
    tiles = element.locator(".vae-tiles button")
    if found.count():
        return found.first
    return tiles.last if tiles.count() else element.locator("input[type=radio] + label").last


def _way(knob) -> tuple[float, float, float]:
    """From the middle of a handle to the right: x, y, x. What is no handle is only touched."""
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    far = max(40, box["width"] / 4) if knob.evaluate("(one, some) => one.matches(some)", HANDLES) else 0
    return x, y, x + far


def drag(page, element) -> None:
    """Take the first handle with the mouse and pull it to the right."""
    x, y, to_x = _way(handle(element))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to_x, y, steps=6)
    page.mouse.up()


def swipe(page, element) -> None:
    """The same with a finger."""
    x, y, to_x = _way(handle(element))
    if to_x == x and page.context.browser.browser_type.name == "chromium":
        return handle(element).tap()
    flick(page, (x, y), (to_x, y))


def flick(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A finger comes down at `start`, goes to `end` and leaves; places in the window."""
    if page.context.browser.browser_type.name != "chromium":
        pytest.skip("this browser's driver has no fingers")
    device = page.context.new_cdp_session(page)

    def touch(kind: str, *points) -> None:
        event = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        device.send("Input.dispatchTouchEvent", event)

    touch("touchStart", start)
    for step in range(1, 7):
        touch("touchMove", tuple(a + (b - a) * step / 6 for a, b in zip(start, end, strict=True)))
    touch("touchEnd")
    device.detach()


def press_keys(page, element) -> None:
    """Move the first handle back to the left with the keyboard, or choose something else."""
    if element.locator(HANDLES).count():
        for _ in range(3):
            handle(element).press("ArrowLeft")
    elif element.locator(".vae-tiles").count():  # Tab stops at one tile, arrow keys lead on
        element.locator(".vae-tiles button[tabindex='0']").press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
    else:
        element.locator("input[type=radio]").first.press("Space")


def eventually(page, holds) -> bool:
    """Whether it holds soon: drawing is slow on a busy machine."""
    end = time.monotonic() + PATIENCE
    while not (held := holds()) and time.monotonic() < end:
        page.wait_for_timeout(50)
    return held


def changes(element, act) -> bool:
    """Whether what is seen changes after the act."""
    before = element.evaluate(SEEN)
    act()
    return eventually(element.page, lambda: element.evaluate(SEEN) != before)


def settles(element) -> bool:
    """Whether what is seen comes to rest: the same for half a second."""

    def rests() -> bool:
        before = element.evaluate(SEEN)
        element.page.evaluate(WAIT, 500)
        return element.evaluate(SEEN) == before

    return eventually(element.page, rests)


def tensor(text: str, width: int, height: int) -> torch.Tensor:
    data = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)
    return data.reshape(-1, height, width, 4)[..., :3].float()


def canvas_pixels(canvas) -> torch.Tensor:
    """A canvas, (H, W, 3), numbers 0 to 255."""
    width, height, text = canvas.evaluate(PIXELS)
    return tensor(text, width, height)[0]


def decode(element, codes: torch.Tensor) -> torch.Tensor:
    """What the page decodes, (N, H, W, 3), numbers 0 to 255."""
    width, height = element.evaluate("({explorer: {decoder}}) => [decoder.width, decoder.height]")
    return tensor(element.evaluate(DECODE, codes.tolist()), width, height)


def farthest_pixel(element, model) -> float:
    """How far the first picture is from what PyTorch decodes of the explorer's `z`, at most: 0 to 255.

    The last of a drag's pictures may come late, so this waits for it to be within 1.
    """

    def distance() -> float:
        z = element.evaluate("({explorer}) => explorer.model.get('z')")
        seen = canvas_pixels(element.locator("canvas.vae-picture").first)
        return (seen - bench.pixels(model, torch.tensor([z]).float())[0]).abs().max().item()

    eventually(element.page, lambda: distance() <= 1)
    return distance()
