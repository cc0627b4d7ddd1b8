"""A question before what happens: hands, keys, a reader who comes back, no scripts, paper."""

from pathlib import Path

import pytest
from hearing import Listener
from sphinx_project import build
from spoken import faults
from visits import Visit, assert_quiet

ASSETS = Path(__file__).resolve().parents[2] / "book" / "assets"
PAGE = """
Page
====

.. admonition:: Predict first
   :class: predict

   Which one grows?

   1. The first.
   2. The second.
   3. None.

A result.

.. admonition:: Answer: 2
   :class: answer

   Because.

.. _reason:

Deeper: why
-----------

*4 minutes*

.. _inside:

Inside
^^^^^^

Proof.
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    extensions = ["tools.folds", "tools.predictions"]
    build(folder, "", {"index": PAGE}, extensions=extensions, html_static_path=[str(ASSETS)])
    return (folder / "out" / "index.html").as_uri()


@pytest.fixture
def visit(browser, page):
    with Visit(browser, page, own="file:") as visit:
        yield visit
        assert_quiet(visit)


def seen(page, text: str) -> bool:
    return page.get_by_text(text, exact=True).evaluate("element => element.checkVisibility()")


def test_a_choice_shows_what_happens_and_whether_it_agrees(visit):
    page = visit.page
    assert not seen(page, "A result.") and not seen(page, "Because.")
    page.get_by_role("button", name="The first.").click()
    assert seen(page, "A result.") and seen(page, "Because.")
    assert page.get_by_role("status").inner_text() == "Not quite: it is 2. Here is what happens, and why."
    assert page.get_by_role("button", pressed=True).all_inner_texts() == ["The first."]
    assert "right" in page.get_by_role("button", name="The second.").get_attribute("class")


def test_the_keyboard_passes_the_answers_without_choosing_one(visit):
    page = visit.page
    page.get_by_role("button", name="The first.").focus()
    page.keyboard.press("Tab")
    assert not seen(page, "A result.")
    page.keyboard.press("Enter")
    assert page.get_by_role("status").inner_text() == "Right. Here is what happens, and why."
    assert seen(page, "A result.")


def test_one_may_look_without_guessing(visit):
    visit.page.get_by_text("or just look").click()
    assert seen(visit.page, "A result.")
    assert visit.page.get_by_role("status").inner_text() == ""


KEPT_OPEN = "Object.values(JSON.parse(Object.values(sessionStorage)[0])).some(fold => fold.open)"


def test_who_comes_back_finds_the_page_as_it_was(visit):
    page = visit.page
    page.get_by_role("button", name="None.").click()
    page.wait_for_function(KEPT_OPEN)  # a fold tells that it was opened a moment later
    page.reload()
    assert seen(page, "A result.") and not seen(page, "Proof.")
    assert page.get_by_role("button", pressed=True).all_inner_texts() == ["None."]


@pytest.mark.parametrize("place", ["inside", "reason", "deeper-why"])
def test_a_link_into_a_fold_or_to_its_heading_opens_it(visit, place):
    visit.page.evaluate("place => (location.hash = place)", place)
    visit.page.wait_for_function("document.querySelector('.deeper').open")


def test_an_address_that_names_no_place_is_no_error(browser, page):
    with Visit(browser, f"{page}#50%", own="file:") as visit:
        assert_quiet(visit)


NOTE_WHAT_IS_PRINTED = """() => {
  window.areOpen = () => [...document.querySelectorAll('details.fold')].map(fold => fold.open);
  addEventListener('beforeprint', () => (window.printed = areOpen()));
}"""


def test_nothing_is_folded_without_scripts_and_on_paper(browser, page):
    with Visit(browser, page, own="file:", java_script_enabled=False) as visit:
        folds = visit.page.locator("details.fold")
        assert [fold.get_attribute("open") for fold in folds.all()] == ["", ""]
    with Visit(browser, page, own="file:") as visit:
        visit.page.evaluate(NOTE_WHAT_IS_PRINTED)
        visit.page.pdf()
        assert visit.page.evaluate("[printed, areOpen()]") == [[True, True], [False, False]]


def test_a_prediction_is_spoken(visit):
    """Each answer is a button that says whether it was chosen; one sentence follows, once."""
    question = Listener(visit.page.locator(".predict"))
    tree = question.reader.read(question.element)
    assert faults(tree) == []
    act = question.press(next(said for said in tree.all() if said.name == "The first."), "Enter")
    assert str(act) == PRESSED
    assert [*act.faults()] == []
    summary = question.reader.read(visit.page.locator("details.predicted > summary"))
    assert str(summary) == 'fold "What happens" open'


PRESSED = """Enter on button "The first."
    now button "The first." pressed
    says Not quite: it is 2. Here is what happens, and why."""
