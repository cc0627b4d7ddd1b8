"""Every built page, opened as a reader opens it: from disk and from a server, without a network."""

import pytest
from visits import PAGES, assert_quiet, visit_file

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")


def test_opens_from_disk(wide):
    assert_quiet(wide)


def test_opens_from_server(phone):
    assert_quiet(phone)


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


def test_math_is_typeset(wide):
    assert wide.page.evaluate(UNSET_MATH) == {"untouched": [], "wrong": [], "raw": []}


# A cell that ends in a network, or in `network.fit(...)`, which gives it back, lists its layers unasked.
LISTED = """() => [...document.querySelectorAll('article .output')].map(output => output.textContent)
  .filter(text => /^ +\\(\\w+\\): \\w+\\(/m.test(text))"""


def test_no_network_is_listed_by_oversight(wide):
    assert wide.page.evaluate(LISTED) == []


# Of what is a control or a picture as a whole, a screen reader says the name, and nothing of its parts.
UNDESCRIBED = """() => {
  const labels = ['aria-label', 'aria-labelledby', 'alt', 'title'];
  const named = element => labels.some(name => element?.getAttribute(name)?.trim())
    || element?.querySelector(':scope > title');
  const covered = element => element.closest('[aria-hidden=true], mjx-container')
    || named(element.parentElement.closest('button, [role=slider], [role=img]'));
  return [...document.querySelectorAll('article :is(img, svg, canvas, [role=img])')]
    .filter(element => !element.parentElement.closest('svg') && !covered(element) && !named(element))
    .map(element => element.outerHTML.slice(0, 200));
}"""


def test_pictures_are_described(wide):
    assert wide.page.evaluate(UNDESCRIBED) == []


# Content wider than the screen must scroll inside its own box (code, tables, long formulas).
TOO_WIDE = """() => {
  const scrolls = element => {
    for (let box = element.parentElement; box && box.tagName != 'ARTICLE'; box = box.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  return [...document.querySelectorAll('article *')]
    .filter(element => !element.ownerSVGElement) // a drawing cuts off what lies outside of it
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element))
    .map(element => element.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_fits_a_phone(phone, theme):
    phone.show(theme)
    try:
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert phone.page.evaluate(TOO_WIDE) == []
    finally:
        phone.show("dark")


def test_the_front_door_leads_to_the_first_page(browser):
    with visit_file(browser, "index.html") as visit:
        visit.page.wait_for_url("**/book/index.html")
