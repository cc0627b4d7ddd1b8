"""One browser and one server of the built pages for all tests here."""

import os

import bench
import labs
import pytest
from exploring import OPEN_FOLDS, wake_all
from visits import HTML, PAGES, Visit, visit_file
from xdist.scheduler import LoadScopeScheduling

from tools import browsers, measure_pages


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False  # it would put the longest last
    return ByPage(config, log)


class ByPage(LoadScopeScheduling):
    """Tests of one page run in one process, as they share visits to it; others by their file.

    With pytest 9.2 the groups of pytest-xdist 3.8 (`--dist loadgroup`) do nothing, and say nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((page for page in PAGES if f"[{page}" in nodeid), nodeid.partition("::")[0])


def pytest_collection_modifyitems(items):
    """The files that start a server of JupyterLab come first: they last longest."""
    items.sort(key=lambda item: "jupyterlab" not in item.path.stem)


@pytest.fixture(scope="session")
def playwright_driver():
    """There can be one of it in a process."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver):
    started = browsers.start(playwright_driver, os.environ.get("VAELAB_ENGINE", "chromium"))
    if started is None:
        pytest.skip("no browser found: install Chromium or Chrome, or set VAELAB_CHROMIUM to its path")
    yield started
    started.close()


@pytest.fixture(scope="session")
def server():
    with browsers.serve(HTML) as address:
        yield address


# Opening a chapter takes seconds, so nearly all tests share two visits to each page. Between them these are
# wide and narrow, light and dark, mouse and finger, a file and a server.

# Cumulative Layout Shift: the share of the window that moves, times how far; null where a browser tells none.
OBSERVE = """
window.shifted = PerformanceObserver.supportedEntryTypes.includes('layout-shift') ? 0 : null;
new PerformanceObserver(list => list.getEntries().forEach(entry => (shifted += entry.value)))
  .observe({type: 'layout-shift', buffered: true});
"""
HEIGHT = "document.querySelector('article').getBoundingClientRect().height"


def read_through(visit):
    """Scroll past every explorer until it has come alive; note what moved before, and what grew meanwhile."""
    visit.shifted = visit.page.evaluate("shifted")
    visit.page.evaluate(OPEN_FOLDS)
    visit.page.evaluate(measure_pages.FITTED)
    before = visit.page.evaluate(HEIGHT)
    wake_all(visit.page)
    visit.grown = visit.page.evaluate(HEIGHT) - before
    return visit


@pytest.fixture(scope="session", params=PAGES)
def wide(browser, request):
    """A page opened from disk on a wide, light screen, all explorers awake."""
    with visit_file(browser, request.param, before=OBSERVE) as visit:
        yield read_through(visit)


@pytest.fixture(scope="session", params=PAGES)
def phone(browser, server, request):
    """A page opened from a server on a small, dark touch screen, all explorers awake."""
    options = {"width": 360, "theme": "dark", "has_touch": True, "before": OBSERVE}
    with Visit(browser, f"{server}/{request.param}", own=server, **options) as visit:
        yield read_through(visit)


@pytest.fixture(scope="session")
def bench_page(tmp_path_factory):
    """The path of a page with one explorer of every kind."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return bench.make(tmp_path_factory.mktemp("bench"), bench.all_kinds(), monkeypatch)


@pytest.fixture
def open_lab(browser, tmp_path, monkeypatch):
    """`open_lab(lab, **options of the visit)` opens a page with it; gives the visit and its element."""
    visits = []

    def opened(lab, **options):
        visit, element = labs.opened(browser, tmp_path, lab, monkeypatch, **options)
        visits.append(visit)
        return visit, element

    yield opened
    for visit in visits:
        visit.close()
