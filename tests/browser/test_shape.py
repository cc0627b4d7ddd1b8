"""A chapter is made as CONTRIBUTING.md says: no open results, a picture first, nothing scrolls sideways."""

import pytest
from visits import HTML, PAGES

from tools import measure_pages

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")

CHAPTERS = [page for page in PAGES if (HTML / page) in measure_pages.chapters(HTML)]


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_breaks_no_more_rules_than_are_known(browser, page):
    path = HTML / page
    assert measure_pages.complaints(path.stem, measure_pages.measure(browser, path)) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("book/appendix-")])
def test_no_table_of_an_appendix_scrolls_sideways_on_a_phone(browser, page):
    opened = measure_pages.open_chapter(browser, HTML / page)
    width, height = measure_pages.SMALL_PHONE
    opened.set_viewport_size({"width": width, "height": height})
    opened.evaluate(measure_pages.FITTED)
    found = opened.evaluate(measure_pages.SIDEWAYS)
    opened.close()
    assert found == []


@pytest.mark.parametrize("page", [page for page in PAGES if page not in CHAPTERS])
def test_no_page_shows_an_error_a_path_or_a_machine(page):
    assert measure_pages.leaks(HTML / page) == []
