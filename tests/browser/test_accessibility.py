"""Every page is fit for all: axe-core finds no serious fault, and the keyboard reaches every control."""

import pytest
from exploring import wake_all
from visits import PAGES, visit_file

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")

# Rules that the theme breaks, each with its cause; none is known now.
KNOWN_RULES: frozenset[str] = frozenset()

# Layout and colours hardly depend on one another: these two cover both widths and both themes.
LOOKS = [("light", 1280), ("dark", 360)]


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


# axe-core takes ten seconds for the thousands of coloured words of a chapter's code. Three of each kind will
# do; so will a formula or a drawing, one picture to a screen reader, without its strokes.
THIN = """() => {
  const seen = {};
  for (const word of document.querySelectorAll('pre span[class]')) {
    seen[word.className] = (seen[word.className] ?? 0) + 1;
    if (seen[word.className] > 3) word.replaceWith(word.textContent);
  }
  const strokes = ':is(svg[role=img], [role=img] svg, mjx-container svg) > :not(title)';
  document.querySelectorAll(strokes).forEach(stroke => stroke.remove());
}"""


def serious_violations(axe, page) -> list[str]:
    page.evaluate(THIN)
    found = axe.run(page).response["violations"]
    return [
        f"{violation['id']}: {node['failureSummary']} {node['html'][:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical") and violation["id"] not in KNOWN_RULES
        for node in violation["nodes"][:3]
    ]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_serious(browser, axe, page, theme, width):
    with visit_file(browser, page, theme=theme, width=width) as visit:
        wake_all(visit.page)
        visit.page.wait_for_timeout(400)  # the theme makes wide boxes focusable after 300 ms
        assert serious_violations(axe, visit.page) == []


CONTROLS = """() => {
  // Each formula can be focused, for MathJax's menu. The first two stand for all.
  [...document.querySelectorAll('mjx-container')].slice(2).forEach(math => math.removeAttribute('tabindex'));
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const shown = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && element.getBoundingClientRect().width;
  // Of a group of radio buttons Tab reaches one; arrow keys lead on.
  const radios = new Set();
  const first = ({type, name}) => type != 'radio' || !(radios.has(name) || !radios.add(name));
  window.controls = [...document.querySelectorAll('article :is(' + wanted + ')')]
    .filter(element => shown(element) && !element.disabled && first(element));
  window.reached = new Set();
  const still = {textContent: '* {transition: none !important}'};
  document.head.append(Object.assign(document.createElement('style'), still));
  document.querySelector('article').setAttribute('tabindex', -1);
  document.querySelector('article').focus();
}"""

# What the focused control looks like, with and without focus; null once the focus has left the article.
LOOK_AT_FOCUS = """() => {
  const element = document.activeElement;
  if (!element?.closest('article')) return null;
  reached.add(element);
  if (element.type == 'radio') reached.add(element.name);
  const near = [element, element.parentElement, ...(element.labels ?? [])];
  const look = () => near.map(one => {
    const {outline, outlineWidth, boxShadow, borderColor, backgroundColor} = getComputedStyle(one);
    return [outlineWidth == '0px' ? '' : outline, boxShadow, borderColor, backgroundColor].join();
  }).join();
  const focused = look();
  element.blur();
  const plain = look();
  element.focus({preventScroll: true});
  const hidden = !element.checkVisibility({opacityProperty: true}) && !element.labels?.length;
  return {unseen: hidden || focused == plain, html: element.outerHTML.slice(0, 150)};
}"""

MISSED = """() => controls.filter(one => !reached.has(one) && !(one.type == 'radio' && reached.has(one.name)))
  .map(one => one.outerHTML.slice(0, 150))"""


@pytest.mark.parametrize("page", PAGES)
def test_tab_reaches_every_control_and_shows_where_it_is(browser, page):
    with visit_file(browser, page) as visit:
        wake_all(visit.page)
        visit.page.wait_for_timeout(400)
        visit.page.evaluate(THIN)
        visit.page.evaluate(CONTROLS)
        invisible = []
        for _ in range(1000):
            visit.page.keyboard.press("Tab")
            focus = visit.page.evaluate(LOOK_AT_FOCUS)
            if focus is None:
                break
            if focus["unseen"]:
                invisible.append(focus["html"])
        assert visit.page.evaluate(MISSED) == []
        assert invisible == []
