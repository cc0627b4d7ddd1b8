"""Every built page, opened as a reader opens it: from disk and from a server, without a network."""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

HTML = Path(__file__).resolve().parents[2] / "_build" / "html"
NOT_CHAPTERS = {"genindex.html", "search.html", "webpack-macros.html", "sbt-webpack-macros.html"}
PAGES = sorted(
    str(page.relative_to(HTML)).replace(os.sep, "/")
    for page in HTML.rglob("*.html")
    if page.name not in NOT_CHAPTERS and "_static" not in page.parts and page != HTML / "index.html"
)

# Console errors the theme makes by itself. Name each with its cause; none is known now.
KNOWN_CONSOLE_ERRORS: tuple[str, ...] = ()

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# No calls home, and no name resolves: a page that needs a server fails here.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("VAELAB_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium or Chrome found: install one, or set VAELAB_CHROMIUM to its path")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    handler = functools.partial(QuietHandler, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


class Visit:
    """A page opened in a fresh profile, and everything that went wrong while it loaded."""

    def __init__(self, browser, url: str, own: str, width: int = 1280, theme: str = "light"):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)  # milliseconds; MathJax takes one or two seconds
        self.outside, self.failed, self.errors = [], [], []
        self.page.on("request", lambda request: self._request(request.url, own))
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("response", lambda reply: reply.status >= 400 and self.failed.append(reply.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        self.page.goto(url, wait_until="load")
        self.page.wait_for_function("!window.MathJax || Boolean(MathJax.startup && MathJax.startup.promise)")
        self.page.evaluate("window.MathJax && MathJax.startup.promise")

    def _request(self, url, own):
        if not url.startswith((own, "data:", "blob:")):
            self.outside.append(url)

    def _console(self, message):
        if message.type == "error" and not any(known in message.text for known in KNOWN_CONSOLE_ERRORS):
            self.errors.append(message.text)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.context.close()


def visit_file(browser, page, **options) -> Visit:
    return Visit(browser, (HTML / page).as_uri(), own="file:", **options)


def assert_quiet(visit):
    assert not visit.outside, f"loads from elsewhere: {visit.outside}"
    assert not visit.failed, f"failed to load: {visit.failed}"
    assert not visit.errors, f"console errors: {visit.errors}"


@pytest.mark.parametrize("page", PAGES)
def test_opens_from_disk(browser, page):
    with visit_file(browser, page) as visit:
        assert_quiet(visit)


@pytest.mark.parametrize("page", PAGES)
def test_opens_from_server(browser, server, page):
    with Visit(browser, f"{server}/{page}", own=server) as visit:
        assert_quiet(visit)


UNSET_MATH = """() => {
  const article = document.querySelector('article');
  const untouched = [...article.querySelectorAll('.math')]
    .filter(math => !math.querySelector('mjx-container')).map(math => math.textContent);
  const wrong = [...article.querySelectorAll('mjx-merror')].map(error => error.textContent);
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const raw = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (!node.parentElement.closest('pre, code, script, style, mjx-container, .math')
        && /\\$[^$\\n]+\\$|\\\\[([]/.test(node.data)) raw.push(node.data.trim());
  return {untouched, wrong, raw};
}"""


@pytest.mark.parametrize("page", PAGES)
def test_math_is_typeset(browser, page):
    with visit_file(browser, page) as visit:
        found = visit.page.evaluate(UNSET_MATH)
    assert found == {"untouched": [], "wrong": [], "raw": []}


UNDESCRIBED = """() => {
  const labels = ['aria-label', 'aria-labelledby', 'alt'];
  const named = element => labels.some(name => element.getAttribute(name)?.trim())
    || element.querySelector(':scope > title');
  const covered = element => element.closest('[aria-hidden=true], mjx-container, button[aria-label]')
    || (element.closest('[role=img]') && named(element.closest('[role=img]')));
  return [...document.querySelectorAll('article :is(img, svg, canvas, [role=img])')]
    .filter(element => !element.parentElement.closest('svg') && !covered(element) && !named(element))
    .map(element => element.outerHTML.slice(0, 200));
}"""


@pytest.mark.parametrize("page", PAGES)
def test_pictures_are_described(browser, page):
    with visit_file(browser, page) as visit:
        assert visit.page.evaluate(UNDESCRIBED) == []


# Content wider than the screen must scroll inside its own box (code, tables, long formulas).
TOO_WIDE = """() => {
  const scrolls = element => {
    for (let box = element.parentElement; box && box.tagName != 'ARTICLE'; box = box.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  return [...document.querySelectorAll('article *')]
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element))
    .map(element => element.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_fits_a_phone(browser, page, theme):
    with visit_file(browser, page, width=360, theme=theme) as visit:
        assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert visit.page.evaluate(TOO_WIDE) == []


def test_the_front_door_leads_to_the_first_page(browser):
    with visit_file(browser, "index.html") as visit:
        visit.page.wait_for_url("**/book/index.html")
