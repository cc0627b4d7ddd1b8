"""What a reader looks at stays where it is: nothing grows above it while the page loads or is read."""

import exploring
import pytest
from visits import HTML, PAGES, Visit

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")

MOST = 0.3  # of the window; a line more or less at the top of a phone's page, once formulas are set, is 0.15


def shifted(visit) -> float:
    if visit.shifted is None:
        pytest.skip("this browser does not tell what moves while a page loads")
    return visit.shifted


def test_nothing_moves_while_a_page_loads(wide):
    assert shifted(wide) < MOST


def test_nothing_moves_while_a_page_loads_on_a_phone(phone):
    assert shifted(phone) < MOST


def test_nothing_grows_while_a_page_is_read(wide):
    assert abs(wide.grown) <= 2


def test_nothing_grows_while_a_page_is_read_on_a_phone(phone):
    assert abs(phone.grown) <= 2


WITH_SUMMARY = [page for page in PAGES if 'id="summary"' in (HTML / page).read_text(encoding="utf-8")]
TOP = "document.getElementById('summary').getBoundingClientRect().top"


@pytest.mark.parametrize("page", WITH_SUMMARY)
def test_a_link_to_a_section_leads_to_it(browser, page):
    """Below the theme's header, 64 px."""
    with Visit(browser, f"{(HTML / page).as_uri()}#summary", own="file:") as visit:
        visit.page.wait_for_function(f"Math.abs({TOP} - 64) < 30")


def test_the_lab_s_plane_stays_in_sight_while_its_knobs_are_turned(browser):
    with Visit(browser, (HTML / "book" / "lab.html").as_uri(), own="file:") as visit:
        lab = exploring.wake(visit.page)
        for name in ("Knobs", "Slips that teach"):
            lab.get_by_text(name, exact=True).click()
        lab.get_by_label("gradient cut at z").scroll_into_view_if_needed()
        assert lab.locator(".lab-ground").bounding_box()["y"] >= 0
