"""The built pages, and a visit to one of them: opened as a reader opens it, with all that went wrong."""

import os
from pathlib import Path

from tools import browsers
from tools.browsers import PATIENCE

HTML = Path(__file__).resolve().parents[2] / "_build" / "html"
NOT_CHAPTERS = {"genindex.html", "search.html", "webpack-macros.html", "sbt-webpack-macros.html"}
PAGES = sorted(
    str(page.relative_to(HTML)).replace(os.sep, "/")
    for page in HTML.rglob("*.html")
    if page.name not in NOT_CHAPTERS and "_static" not in page.parts and page != HTML / "index.html"
)

# The driver of Debian's Firefox passes over these options in silence; a Firefox of its own is set to them.
SET_IN_FIREFOX = {
    ("reduced_motion", "reduce"): ("ui.prefersReducedMotion", 1),
    ("java_script_enabled", False): ("javascript.enabled", False),
}

# It also tells nothing of files that a page from disk loads or misses; of the missing ones the page tells.
TELL_WHAT_IS_MISSING = """addEventListener('error', ({target: {src, href}}) => {
  if (src ?? href) console.error('failed to load', src ?? href);
}, true)"""

# Console errors the theme makes by itself. Name each with its cause; none is known now.
KNOWN_CONSOLE_ERRORS: tuple[str, ...] = ()


class Visit:
    """A page opened in a fresh profile, and everything that went wrong while it loaded.

    `before`: a script that runs before the page's own. Other options are those of Playwright's new_context.
    A test that counts what a page loads needs a server, in Firefox.
    """

    def __init__(
        self,
        browser,
        url: str,
        own: str,
        width: int = 1280,
        theme: str = "light",
        before: str = "",
        **options,
    ):
        size = {"width": width, "height": 900}
        self.firefox = browser.browser_type.name == "firefox"
        self.own_browser = None
        if self.firefox:
            if settings := dict(SET_IN_FIREFOX[each] for each in options.items() if each in SET_IN_FIREFOX):
                browser = self.own_browser = browsers.start_firefox(browser.browser_type, settings)
            options |= {"has_touch": False}  # Debian's cannot be lent fingers, nor told to like dark pages
        scheme = "null" if self.firefox else theme
        self.context = browser.new_context(viewport=size, color_scheme=scheme, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        self.requests, self.outside, self.failed, self.errors = [], [], [], []
        self.page.on("request", lambda request: self._request(request.url, own))
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("response", lambda reply: reply.status >= 400 and self.failed.append(reply.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)
        if self.firefox:
            self.page.add_init_script(TELL_WHAT_IS_MISSING)
        if before:
            self.page.add_init_script(before)
        self.page.goto(url, wait_until="load")
        if options.get("java_script_enabled", True):
            self.page.wait_for_function("!window.MathJax || Boolean(MathJax.startup?.promise)")
            self.page.evaluate("window.MathJax?.startup?.promise")
        if self.firefox and theme == "dark":
            self.show(theme)
        self.at_first = list(self.requests)  # before anybody scrolled

    def _request(self, url, own):
        self.requests.append(url)
        if not url.startswith((own, "data:", "blob:")):
            self.outside.append(url)

    def _console(self, message):
        if message.type == "error" and not any(known in message.text for known in KNOWN_CONSOLE_ERRORS):
            self.errors.append(message.text)

    def show(self, theme: str):
        """As a reader whose system is light or dark sees it; in Firefox, as one who has chosen so."""
        if self.firefox:
            self.page.evaluate("theme => (document.documentElement.dataset.theme = theme)", theme)
        else:
            self.page.emulate_media(color_scheme=theme)
            self.page.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")

    def close(self):
        self.context.close()
        if self.own_browser:
            self.own_browser.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def visit_file(browser, page, **options) -> Visit:
    return Visit(browser, (HTML / page).as_uri(), own="file:", **options)


def assert_quiet(visit):
    assert not visit.outside, f"loads from elsewhere: {visit.outside}"
    assert not visit.failed, f"failed to load: {visit.failed}"
    assert not visit.errors, f"console errors: {visit.errors}"
