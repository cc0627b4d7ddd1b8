"""Pages where the browser denies storage: search, colours and quizzes work as long as the page is open."""

import re

import pytest
from visits import PAGES, Visit, assert_quiet, visit_file

from tools import browsers

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")

# As a browser that blocks all cookies, and an old one that has none to give.
DENIED = """
for (const name of ['localStorage', 'sessionStorage'])
  Object.defineProperty(window, name, {
    configurable: true, get() { throw new DOMException('Access is denied', 'SecurityError') } });
"""
NOT_THERE = """
for (const name of ['localStorage', 'sessionStorage'])
  Object.defineProperty(window, name, {configurable: true, get: () => null});
"""
FRAME = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<iframe sandbox="allow-scripts" src="{}" style="width: 1200px; height: 850px"></iframe>"""


def works(page, frame) -> None:
    """Ctrl+K opens the search, and the button changes the colours."""
    field = frame.locator("#pst-search-dialog input[type=search]")
    assert not field.is_visible()
    frame.locator("main").click(position={"x": 5, "y": 5})  # the keys go to this frame
    page.keyboard.press("Control+k")
    field.wait_for(state="visible")
    page.keyboard.type("reparameterization")
    assert field.input_value() == "reparameterization"
    page.keyboard.press("Escape")
    field.wait_for(state="hidden")
    seen = {frame.evaluate("document.documentElement.dataset.mode")}
    for _ in range(3):
        frame.locator(".theme-switch-button:visible").first.click()
        seen.add(frame.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"auto", "light", "dark"}


@pytest.mark.parametrize("before", [DENIED, NOT_THERE], ids=["denied", "not there"])
def test_a_page_works_where_storage_is_denied(browser, before):
    with visit_file(browser, "book/04-kl-divergence.html", before=before) as visit:
        works(visit.page, visit.page.main_frame)
        assert_quiet(visit)


def test_what_is_searched_for_is_found_where_storage_is_denied(browser, server):
    address = f"{server}/search.html?q=reparameterization"
    with Visit(browser, address, own=server, before=DENIED) as visit:
        visit.page.locator("#search-results li a").first.wait_for()
        assert_quiet(visit)


def test_a_page_works_in_the_frame_of_a_learning_platform(browser, server, tmp_path):
    """Which has no storage at all: the browser itself throws.

    The platform is another origin, but the same site: Firefox's driver sends no keys into another process.
    """
    (tmp_path / "frame.html").write_text(FRAME.format(f"{server}/book/04-kl-divergence.html"))
    with browsers.serve(tmp_path) as platform, Visit(browser, f"{platform}/frame.html", own=server) as visit:
        frame = visit.page.frames[1]
        frame.wait_for_load_state("load")
        works(visit.page, frame)
        # A frame without an origin may not have the theme's font, which the server would have to allow.
        assert not [error for error in visit.errors if not re.search("font|net::ERR_FAILED", error)]


def test_where_there_is_storage_it_is_the_browsers_own(browser, server):
    with Visit(browser, f"{server}/book/04-kl-divergence.html", own=server) as visit:
        assert visit.page.evaluate("[localStorage, sessionStorage].every(s => s instanceof Storage)")
