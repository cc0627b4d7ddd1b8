"""Firefox and WebKit, as Debian ships them: no error, explorers alive and equal to PyTorch, quizzes, the lab.

A sample by default. `VAELAB_PAGES=all` opens every page; `VAELAB_ENGINE=firefox` runs all other files here in
Firefox.
"""

import contextlib
import os

import bench
import exploring
import pytest
import torch
from visits import HTML, PAGES

from tools import browsers, webkit
from tools.browsers import PATIENCE

pytestmark = pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")

QUIZ = "book/06-variational-autoencoders.html"
SAMPLE = ["book/index.html", QUIZ, "book/lab.html"]
SHOWN = PAGES if os.environ.get("VAELAB_PAGES") == "all" else SAMPLE

LISTEN = """
window.wrong = [];
addEventListener('error', event => wrong.push(event.message ?? event.target.src ?? event.target.href), true);
addEventListener('unhandledrejection', event => wrong.push(String(event.reason)));
const complain = console.error;
console.error = (...words) => { wrong.push(words.join(' ')); complain.apply(console, words); };
window.explorer = index => document.querySelectorAll('.vaelab-explorer[data-spec]')[index];
"""


class FirefoxPage:
    """The page of `tools.webkit`, in Firefox by Playwright."""

    def __init__(self, page):
        self._page, self.browser = page, f"Firefox {page.context.browser.version}"
        self.evaluate, self.press = page.evaluate, page.keyboard.press

    def goto(self, url: str) -> None:
        self._page.goto(url, wait_until="load")

    def drag(self, start, end) -> None:
        self._page.mouse.move(*start)
        self._page.mouse.down()
        self._page.mouse.move(*end, steps=6)
        self._page.mouse.up()


@contextlib.contextmanager
def firefox(request):
    driver = request.getfixturevalue("playwright_driver")
    if (started := browsers.start(driver, "firefox")) is None:
        pytest.skip("no Firefox found: install it, or set VAELAB_FIREFOX to its path")
    context = started.new_context(viewport={"width": 1024, "height": 730}, color_scheme="null")
    context.set_default_timeout(1000 * PATIENCE)
    yield FirefoxPage(context.new_page())
    started.close()


@contextlib.contextmanager
def webkitgtk(request):
    if lacks := webkit.missing():
        pytest.skip(f"{lacks} not found: install webkit2gtk-driver and xvfb")
    with webkit.opened() as page:
        yield page


@pytest.fixture(scope="module", params=[firefox, webkitgtk], ids=["firefox", "webkit"])
def page(request):
    with request.param(request) as opened:
        yield opened


@pytest.fixture(autouse=True)
def told(page, record_property):
    """For the report that `benchmarks.engines` reads."""
    record_property("browser", page.browser)


@pytest.fixture(scope="module")
def address():
    with browsers.serve(HTML, before=LISTEN) as where:
        yield where


@pytest.fixture(scope="module")
def bench_address(bench_page):
    with browsers.serve(bench_page.parent, before=LISTEN) as where:
        yield f"{where}/{bench_page.name}"


SET = """async () => {
  while (window.MathJax && !MathJax.startup?.promise) await new Promise(resolve => setTimeout(resolve, 20));
  await window.MathJax?.startup?.promise;
}"""
TROUBLES = """own => [
  ...wrong,
  ...performance.getEntriesByType('resource').map(one => one.name)
    .filter(url => !url.startsWith(own) && !/^(data|blob):/.test(url)),
  ...[...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src),
  ...[...document.querySelectorAll('.vae-error')].map(one => one.textContent).filter(Boolean),
  ...[...document.querySelectorAll('article .math')].filter(one => !one.querySelector('mjx-container'))
    .map(one => one.textContent),
]"""
SPECS = (
    "[...document.querySelectorAll('.vaelab-explorer[data-spec]')].map(one => JSON.parse(one.dataset.spec))"
)

# Where to take hold of an explorer and where to pull it, once nothing moves any more: [[x, y], [x, y]].
GRIP = """async ([index, selector]) => {
  const all = selector => [...explorer(index).querySelectorAll(selector)]
    .filter(one => one.getClientRects().length);
  const knob = all(selector ?? "[role=slider], input[type=range]")[0];
  const one = knob ?? all('.vae-tiles button').pop() ?? all('input[type=radio] + label').pop();
  for (let before = NaN, top; before !== top; before = top) {
    one.scrollIntoView({block: 'center', behavior: 'instant'});
    await new Promise(resolve => setTimeout(resolve, 100));
    [before, top] = [top, one.getBoundingClientRect().top];
    if (before === top) break;
  }
  const {left, top, width, height} = one.getBoundingClientRect();
  const x = left + width / 2, y = top + height / 2;
  return [[x, y], [knob && !selector ? x + Math.max(40, width / 4) : x, y]];
}"""
FOCUS = """index => {
  const find = selector => explorer(index).querySelector(selector);
  const knob = find("[role=slider], input[type=range]"), tile = find(".vae-tiles button[tabindex='0']");
  (knob ?? tile ?? find('input[type=radio]')).focus();
  return knob ? ['ArrowLeft', 'ArrowLeft', 'ArrowLeft'] : tile ? ['ArrowLeft', 'ArrowLeft', 'Enter'] : [' '];
}"""
SEEN = f"index => ({exploring.SEEN})(explorer(index))"
# Waits for a change, too, and says whether it came.
CHANGED = f"""async ([index, before, patience]) => {{
  const end = performance.now() + 1000 * patience;
  while (({exploring.SEEN})(explorer(index)) === before && performance.now() < end)
    await new Promise(resolve => setTimeout(resolve, 50));
  return ({exploring.SEEN})(explorer(index)) !== before;
}}"""


def visit(page, url: str) -> None:
    page.goto(url)
    page.evaluate(SET)
    page.evaluate(exploring.OPEN_FOLDS)
    page.evaluate(exploring.WAKE, [exploring.EXPLORER, PATIENCE])


@pytest.mark.parametrize("shown", SHOWN)
def test_a_page_is_without_error_and_answers_to_mouse_and_keys(page, address, shown):
    visit(page, f"{address}/{shown}")
    for index, spec in enumerate(page.evaluate(SPECS)):
        name = f"{index} ({spec['kind']})"
        assert page.evaluate("index => Boolean(explorer(index).explorer)", index), f"{name} is not alive"
        if spec["kind"] in ("quiz", "lab"):
            continue  # have tests of their own
        before = page.evaluate(SEEN, index)
        page.drag(*page.evaluate(GRIP, [index, None]))
        assert page.evaluate(CHANGED, [index, before, PATIENCE]), f"{name} does not answer to the mouse"
        before = page.evaluate(SEEN, index)
        for key in page.evaluate(FOCUS, index):
            page.press(key)
        assert page.evaluate(CHANGED, [index, before, PATIENCE]), f"{name} does not answer to keys"
    assert page.evaluate(TROUBLES, address) == []


def test_a_page_decodes_as_pytorch_does(page, bench_address):
    """Within 1/255, every pixel of 100 random codes: a face in colour and a digit in grey."""
    models, codes, compared = bench.packed_models(), torch.Generator().manual_seed(0), set()
    visit(page, bench_address)
    for index, spec in enumerate(page.evaluate(SPECS)):
        if (key := spec.get("weights")) not in models or key in compared:
            continue
        compared.add(key)
        z = torch.randn(100, models[key].latent_dim, generator=codes)
        seen = page.evaluate(
            f"([index, codes]) => ({exploring.DECODE})(explorer(index), codes)", [index, z.tolist()]
        )
        expected = bench.pixels(models[key], z)
        assert (exploring.tensor(seen, *expected.shape[2:0:-1]) - expected).abs().max() <= 1
    assert len(compared) == 2


ASKED = """([index, question]) => {
  const one = explorer(index).querySelectorAll('.vae-question')[question];
  const chosen = [...one.querySelectorAll('input')].findIndex(each => each.checked);
  const marks = one.querySelectorAll('.vae-right, .vae-wrong').length;
  return [chosen, one.querySelector('.vae-why').textContent, marks];
}"""


def test_every_question_of_a_quiz_takes_a_click_and_a_key(page, address):
    visit(page, f"{address}/{QUIZ}")
    specs = page.evaluate(SPECS)
    index = next(number for number, spec in enumerate(specs) if spec["kind"] == "quiz")
    for question in range(len(specs[index]["questions"])):
        label = f".vae-question:nth-of-type({question + 1}) label"
        page.drag(*page.evaluate(GRIP, [index, label]))
        chosen, why, marks = page.evaluate(ASKED, [index, question])
        assert (chosen, marks) == (0, 1) and why
        page.press("ArrowDown")
        chosen, other, marks = page.evaluate(ASKED, [index, question])
        assert (chosen, marks) == (1, 1) and other not in ("", why)


def test_a_link_to_a_section_shows_its_heading(page, address):
    page.goto("about:blank")
    page.goto(f"{address}/{QUIZ}#summary")
    page.evaluate(SET)
    top = "document.querySelector('#summary').getBoundingClientRect().top"
    rests = f"""async patience => {{
      const end = performance.now() + 1000 * patience, there = () => -5 < {top} && {top} < 170;
      for (let before; (before !== (before = {top}) || !there()) && performance.now() < end; )
        await new Promise(resolve => setTimeout(resolve, 1000));
      return there();
    }}"""
    assert page.evaluate(rests, PATIENCE / 2)


TRAINED = """async patience => {
  const lab = document.querySelector('.vaelab-explorer:has(.lab-status)');
  const end = performance.now() + 1000 * patience;
  const wait = async holds => {
    while (!holds() && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 50));
  };
  const buttons = () => [...lab.querySelectorAll('button:not(:disabled)')];
  const button = name => buttons().find(one => one.textContent == name);
  await wait(() => button('Train'));
  button('Train').click();
  const status = lab.querySelector('.lab-status');
  const steps = () => Number(status.textContent.match(/Step ([\\d,]+)/)?.[1].replace(',', ''));
  await wait(() => steps() > 20);
  button('Pause').click();
  return steps();
}"""


def test_a_vae_trains_in_the_page(page, address):
    visit(page, f"{address}/book/lab.html")
    assert page.evaluate(TRAINED, PATIENCE) > 20
    assert page.evaluate(TROUBLES, address) == []
