"""One browser and one server of the built pages for all tests here."""

from pathlib import Path

import bench
import pytest
from exploring import wake_all
from visits import HTML, PAGES, visit_file

from tools import browsers


def pytest_collection_modifyitems(items):
    """With `-n 2 --dist loadgroup` tests that share a visit to a page, or a server, run in one process."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            visit = getattr(item, "callspec", None) and [*item.callspec.params.items()]
            group = f"{visit[0]}" if visit and visit[0][0] in ("wide", "phone", "page") else item.path.stem
            item.add_marker(pytest.mark.xdist_group(group))


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


# Opening a chapter takes seconds, so the tests share two visits to each page, with all explorers awake.


@pytest.fixture(scope="session", params=PAGES)
def wide(browser, request):
    """A page opened from disk on a wide, light screen."""
    with visit_file(browser, request.param) as visit:
        wake_all(visit.page)
        yield visit


@pytest.fixture(scope="session", params=PAGES)
def phone(browser, request):
    """A page opened from disk on a small, dark touch screen."""
    with visit_file(browser, request.param, width=360, theme="dark", has_touch=True) as visit:
        wake_all(visit.page)
        yield visit


@pytest.fixture(scope="session")
def bench_page(tmp_path_factory):
    """The path of a page with one explorer of every kind."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return bench.make(tmp_path_factory.mktemp("bench"), bench.all_kinds(), monkeypatch)
