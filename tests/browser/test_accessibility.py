"""Every page is fit for all: axe-core finds no serious fault, and the keyboard reaches every control."""

import contextlib

import exploring
import pytest

# Rules that the theme breaks, each with its cause; none is known now.
KNOWN_RULES: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


# axe-core takes ten seconds for the thousands of coloured words of a chapter's code. Three of each kind will
# do; so will a formula or a drawing, one picture to a screen reader, without its strokes. And it passes over
# words on a ground that is shaded at its edges, so they get a plain one.
THIN = """() => {
  const seen = {};
  window.putBack = [];
  for (const word of document.querySelectorAll('pre span[class]')) {
    seen[word.className] = (seen[word.className] ?? 0) + 1;
    if (seen[word.className] <= 3) continue;
    const text = document.createTextNode(word.textContent);
    word.replaceWith(text);
    putBack.push(() => text.replaceWith(word));
  }
  for (const picture of document.querySelectorAll('svg[role=img], [role=img] svg, mjx-container svg')) {
    const strokes = [...picture.childNodes].filter(one => one.nodeName != 'title');
    const all = [...picture.childNodes];
    strokes.forEach(stroke => stroke.remove());
    putBack.push(() => picture.replaceChildren(...all));
  }
  const plain = document.createElement('style');
  plain.textContent = 'pre, .pst-scrollable-table-container {background-image: none !important}';
  document.head.append(plain);
  putBack.push(() => plain.remove());
}"""
RESTORE = "() => putBack.reverse().forEach(undo => undo())"


@contextlib.contextmanager
def thinned(page):
    page.evaluate(THIN)
    yield
    page.evaluate(RESTORE)


# Without preload axe-core does not ask for the style sheets once more, which fails on pages opened from disk.
OPTIONS = {"resultTypes": ["violations"], "preload": False}


def serious_violations(axe, page) -> list[str]:
    page.evaluate(exploring.WAIT, 400)  # the theme makes wide boxes focusable after 300 ms
    with thinned(page):
        found = axe.run(page, options=OPTIONS).response["violations"]
    return [
        f"{violation['id']}: {node['failureSummary']} {node['html'][:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical") and violation["id"] not in KNOWN_RULES
        for node in violation["nodes"][:3]
    ]


# Layout and colours hardly depend on one another: these two cover both widths and both themes.


def test_axe_finds_nothing_serious_on_a_wide_light_page(axe, wide):
    assert serious_violations(axe, wide.page) == []


def test_axe_finds_nothing_serious_on_a_dark_phone(axe, phone):
    assert serious_violations(axe, phone.page) == []


def test_a_formula_is_read_and_is_no_stop_of_tab(wide):
    """It can do nothing that a keyboard would ask for, and as a stop it would have no name."""
    formulas = wide.page.locator("mjx-container")
    assert wide.page.locator('mjx-container[tabindex="0"]').count() == 0
    assert formulas.count() == wide.page.locator("mjx-container > mjx-assistive-mml > math").count()


CONTROLS = """() => {
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  // Of links, copy buttons and so on four of each will do; of explorers everything is tried.
  const seen = {};
  for (const element of document.querySelectorAll('article :is(' + wanted + ')')) {
    const kind = element.tagName + element.className;
    seen[kind] = (seen[kind] ?? 0) + 1;
    if (seen[kind] <= 4 || element.closest('.vaelab-explorer')) continue;
    const before = element.tabIndex;
    element.tabIndex = -1;
    putBack.push(() => (element.tabIndex = before));
  }
  const shown = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && element.getBoundingClientRect().width;
  // Of a group of radio buttons, or of a grid of tiles, Tab reaches one; arrow keys lead on.
  const radios = new Set();
  const first = ({type, name}) => type != 'radio' || !(radios.has(name) || !radios.add(name));
  window.controls = [...document.querySelectorAll('article :is(' + wanted + ')')]
    .filter(element => !element.matches('[tabindex="-1"]'))
    .filter(element => shown(element) && !element.disabled && first(element));
  window.reached = new Set();
  const still = document.createElement('style');
  still.textContent = '* {transition: none !important}';
  document.head.append(still);
  putBack.push(() => still.remove());
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


def test_tab_reaches_every_control_and_shows_where_it_is(wide):
    page, unseen = wide.page, []
    with thinned(page):
        page.evaluate(CONTROLS)
        for _ in range(1000):
            page.keyboard.press("Tab")
            focus = page.evaluate(LOOK_AT_FOCUS)
            if focus is None:
                break
            if focus["unseen"]:
                unseen.append(focus["html"])
        assert page.evaluate(MISSED) == []
        assert unseen == []
