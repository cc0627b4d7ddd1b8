"""One browser and one server of the built pages for all tests here."""

from pathlib import Path

import bench
import pytest
from exploring import wake_all
from visits import HTML, PAGES, Visit, visit_file

from tools import browsers


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items):
    """With `-n 2 --dist loadgroup` tests that share a visit to a page, or a server, run in one process.

    The files that start a server of JupyterLab come first: they last longest.
    """
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in here:
        shared = [*item.callspec.params.items()] if hasattr(item, "callspec") else []
        of_a_visit = shared and shared[0][0] in ("wide", "phone", "page")
        item.add_marker(pytest.mark.xdist_group(str(shared[0]) if of_a_visit else item.path.stem))
    items.sort(key=lambda item: item not in here or "jupyterlab" not in item.path.stem)


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = browsers.program()
    if program is None:
        pytest.skip("no Chromium or Chrome found: install one, or set VAELAB_CHROMIUM to its path")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=browsers.FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server():
    with browsers.serve(HTML) as address:
        yield address


# Opening a chapter takes seconds, so nearly all tests share two visits to each page. Between them these are
# wide and narrow, light and dark, mouse and finger, a file and a server.

# Cumulative Layout Shift: the share of the window that moves, times how far.
OBSERVE = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => (shifted += entry.value)))
  .observe({type: 'layout-shift', buffered: true});
"""
HEIGHT = "document.querySelector('article').getBoundingClientRect().height"


def read_through(visit):
    """Scroll past every explorer until it has come alive; note what moved before, and what grew meanwhile."""
    visit.shifted, before = visit.page.evaluate("shifted"), visit.page.evaluate(HEIGHT)
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
