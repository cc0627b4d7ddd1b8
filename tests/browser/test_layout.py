"""What a reader looks at stays where it is: nothing grows above it while the page loads or is read."""

import pytest
from visits import HTML, PAGES, Visit, visit_file

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")

# Cumulative Layout Shift: the share of the window that moves, times how far. A line more or less at the top
# of a phone's page, when the formulas are set, is 0.15.
MOST = 0.3
OBSERVE = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => (shifted += entry.value)))
  .observe({type: 'layout-shift', buffered: true});
"""
HEIGHT = "document.querySelector('article').getBoundingClientRect().height"
READ_ON = """async () => {
  const explorers = [...document.querySelectorAll('.vaelab-explorer')];
  for (const one of explorers) {
    one.scrollIntoView({block: 'center', behavior: 'instant'});
    const end = performance.now() + 10000;
    while (!one.explorer && one.getClientRects().length && performance.now() < end)
      await new Promise(resolve => setTimeout(resolve, 20));
  }
}"""


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_stays_where_it_is(browser, page, width):
    with visit_file(browser, page, width=width, before=OBSERVE, has_touch=width < 500) as visit:
        assert visit.page.evaluate("shifted") < MOST
        before = visit.page.evaluate(HEIGHT)
        visit.page.evaluate(READ_ON)
        assert abs(visit.page.evaluate(HEIGHT) - before) <= 2


WITH_SUMMARY = [page for page in PAGES if 'id="summary"' in (HTML / page).read_text(encoding="utf-8")]
TOP = "document.getElementById('summary').getBoundingClientRect().top"


@pytest.mark.parametrize("page", WITH_SUMMARY)
def test_a_link_to_a_section_leads_to_it(browser, page):
    """Below the theme's header, 64 px."""
    with Visit(browser, f"{(HTML / page).as_uri()}#summary", own="file:") as visit:
        visit.page.wait_for_function(f"Math.abs({TOP} - 64) < 30")
