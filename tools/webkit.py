"""WebKit as Debian ships it, driven over the W3C's WebDriver: for tests/browser/test_engines.py.

    with webkit.opened() as page:
        page.goto(address)
        page.evaluate("document.title")

Playwright and Puppeteer drive a WebKit of their own making, which is a download and not what people have.
What the tests need of the protocol is six commands (https://www.w3.org/TR/webdriver2/).
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tools.browsers import PATIENCE, free_port

KEYS = {"ArrowLeft": "\ue012", "ArrowDown": "\ue015", "Enter": "\ue007", "Tab": "\ue004", "Space": " "}
PROGRAMS = ("WebKitWebDriver", "Xvfb")

# Whatever the script gives, or how it fails: WebDriver's own report of an error says less.
RUN = """
const done = arguments[arguments.length - 1], given = arguments[0];
Promise.resolve().then(() => { const made = (%s); return typeof made == 'function' ? made(given) : made; })
  .then(value => done([value === undefined ? null : value]), error => done([null, String(error)]));
"""


def missing() -> str:
    """What is not installed, or an empty text."""
    lacks = [name for name in PROGRAMS if shutil.which(name) is None]
    return " and ".join(lacks + ["MiniBrowser"] * (not mini_browser()))


def mini_browser() -> Path | None:
    """The path of WebKitGTK's own browser, or None."""
    places = ("lib/*/webkit2gtk-4*", "libexec/webkit2gtk-4*", "lib*/webkit2gtk-4*")  # Debian, Fedora, Arch
    return next((found for place in places for found in Path("/usr").glob(f"{place}/MiniBrowser")), None)


class Page:
    """The one page of a browser; `opened` makes it."""

    def __init__(self, address: str):
        self._address = address
        options = {"binary": str(mini_browser()), "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._session = ""
        begun = self._ask("", {"capabilities": capabilities})
        self._session = "/" + begun["sessionId"]
        self.browser = f"WebKitGTK {begun['capabilities']['browserVersion']}"
        self._ask("/timeouts", {"script": 1000 * PATIENCE, "pageLoad": 1000 * PATIENCE})

    def _ask(self, path: str, body: dict | None = None, method: str = "POST"):
        url = f"{self._address}/session{self._session}{path}"
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE + 10) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"WebKit: {json.load(error)['value']['message']}") from None

    def goto(self, url: str) -> None:
        self._ask("/url", {"url": url})

    def evaluate(self, script: str, argument=None):
        """The value of an expression, or of a function called with the argument; waited for."""
        value, *error = self._ask("/execute/async", {"script": RUN % script, "args": [argument]})
        if error:
            raise RuntimeError(f"in the page: {error[0]}")
        return value

    def press(self, key: str) -> None:
        """A key goes down and up where the focus is."""
        ways = [{"type": way, "value": KEYS[key]} for way in ("keyDown", "keyUp")]
        self._ask("/actions", {"actions": [{"type": "key", "id": "keys", "actions": ways}]})

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """The mouse goes down at `start`, to `end`, and up; places in the window."""

        def move(share: float) -> dict:
            x, y = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
            return {"type": "pointerMove", "x": x, "y": y, "duration": 0}

        down, up = ({"type": way, "button": 0} for way in ("pointerDown", "pointerUp"))
        way = [move(0), down, *[move(step / 6) for step in range(1, 7)], up]
        self._ask("/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": way}]})

    def close(self) -> None:
        with contextlib.suppress(RuntimeError, OSError):
            self._ask("", method="DELETE")


@contextlib.contextmanager
def opened() -> Iterator[Page]:
    """A browser on a screen that nobody sees, while the block runs."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="vaelab-webkit-", ignore_cleanup_errors=True)
        )
        reading, writing = os.pipe()
        screen = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24"]
        stack.enter_context(_running(screen, pass_fds=[writing]))
        os.close(writing)
        with os.fdopen(reading) as told:
            display = told.readline().strip()
        if not display:
            raise RuntimeError("Xvfb, the screen that nobody sees, did not start.")
        folders = {name: home for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        environment = (
            os.environ
            | folders
            | {
                "DISPLAY": f":{display}",
                "GDK_BACKEND": "x11",
                "WEBKIT_DISABLE_COMPOSITING_MODE": "1",  # else it draws no frames where nobody sees them
            }
        )
        driver = ["WebKitWebDriver", f"--port={(port := free_port())}"]
        stack.enter_context(_running(driver, env=environment))
        page = _when_it_listens(f"http://127.0.0.1:{port}")
        stack.callback(page.close)
        yield page


@contextlib.contextmanager
def _running(command: list[str], **options) -> Iterator[None]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet, **options) as process:
        try:
            yield
        finally:
            process.terminate()


def _when_it_listens(address: str) -> Page:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return Page(address)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
