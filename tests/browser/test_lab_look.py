"""How the lab looks and feels: what stands on the first screen, in motion, for eye, ear and hand."""

import re

import exploring
import pytest
from labs import button, epoch
from test_accessibility import serious_violations
from visits import assert_quiet

from vaelab import explorers

BOX = """(element, name) => {
  const box = element.querySelector(name).getBoundingClientRect();
  const top = element.getBoundingClientRect().top;
  return [box.top - top, box.bottom - top, box.width];
}"""
ROWS = """element => {
  const buttons = [...element.querySelectorAll('.lab-buttons button')].slice(0, 4);
  const below = (one, other) => one.offsetTop >= other.offsetTop + other.offsetHeight;
  return 1 + buttons.filter((one, n) => n && below(one, buttons[n - 1])).length;
}"""
OPEN = "element => element.querySelectorAll('details').forEach(one => (one.open = true))"
OUTSIDE = """element => {
  const {left, right} = element.getBoundingClientRect();
  return [...element.querySelectorAll('*')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && (box.right > right + 1 || box.left < left - 1);
  }).map(one => one.outerHTML.slice(0, 120));
}"""
# Notes when something changes: a live region's words, the redraws of the plane.
WATCH = """element => {
  window.said = [];
  window.drawn = 0;
  const voice = element.querySelector('.vae-spoken');
  new MutationObserver(() => said.push([performance.now(), voice.textContent]))
    .observe(voice, {childList: true, characterData: true, subtree: true});
  const context = element.querySelector('.vae-pad canvas').getContext('2d'), clear = context.clearRect;
  context.clearRect = (...box) => (drawn++, clear.apply(context, box));
}"""


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def bottom(element, name: str) -> float:
    """Where a part ends, in pixels below the explorer's top."""
    return element.evaluate(BOX, name)[1]


def test_all_that_matters_is_on_the_first_screen(open_lab):
    _, element = open_lab(explorers.lab("digits"), width=1400)
    for part in (
        ".lab-top",
        ".lab-status",
        ".vae-pad",
        ".lab-pairs",
        ".lab-twelve",
        ".lab-charts",
        ".lab-own",
    ):
        assert bottom(element, part) < 850, part
    assert element.evaluate(BOX, ".vae-pad")[2] > 280


def test_a_phone_shows_the_buttons_the_state_and_the_plane_at_once(open_lab):
    visit, element = open_lab(explorers.lab(("handwritten", "digits")), width=360, has_touch=True)
    assert bottom(element, ".vae-pad") < 640
    assert bottom(element, ".lab-status") < element.evaluate(BOX, ".vae-pad")[0]
    assert element.evaluate(ROWS) <= 2, "the toolbar takes more than two rows"
    assert_quiet(visit)


def test_a_small_lab_is_at_most_480_pixels_high(open_lab):
    lab = explorers.lab("digits", size="small", knobs=["beta"], slips=["cut gradient"])
    _, element = open_lab(lab, width=1400)
    assert element.locator(".vae-frame").bounding_box()["height"] <= 480
    assert element.evaluate(BOX, ".vae-pad")[2] > 280


@pytest.mark.parametrize("size", ["full", "small"])
def test_nothing_sticks_out_on_a_phone(open_lab, size):
    lab = explorers.lab("digits", size=size, latent_dim=32, knobs=["beta", "latent_dim"], slips=["sigma"])
    visit, element = open_lab(lab, width=360)
    element.evaluate(OPEN)
    epoch(element)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert element.locator(".vae-frame").evaluate(OUTSIDE) == []


@pytest.mark.parametrize(("width", "theme"), [(1400, "light"), (1400, "dark"), (360, "light"), (360, "dark")])
def test_axe_finds_nothing_with_every_fold_open(open_lab, axe, width, theme):
    visit, element = open_lab(explorers.lab("digits"), width=width)
    visit.page.evaluate("theme => (document.documentElement.dataset.theme = theme)", theme)
    element.evaluate(OPEN)
    assert serious_violations(axe, visit.page) == []
    epoch(element)
    button(element, "Take an unseen one").click()
    assert serious_violations(axe, visit.page) == []


def test_reduced_motion_draws_once_a_second(open_lab):
    visit, element = open_lab(explorers.lab("digits"), reduced_motion="reduce")
    element.evaluate(WATCH)
    start = visit.page.evaluate("performance.now()")
    button(element, "Train").click()
    assert exploring.eventually(visit.page, lambda: visit.page.evaluate("drawn") >= 1)
    visit.page.wait_for_timeout(3000)
    drawn, now = visit.page.evaluate("[drawn, performance.now()]")
    assert drawn <= 2 + (now - start) / 1000


def test_the_state_is_spoken_in_words_and_not_too_often(open_lab):
    visit, element = open_lab(explorers.lab("digits"))
    element.evaluate(WATCH)
    start = visit.page.evaluate("performance.now()")
    button(element, "Train").click()
    assert exploring.eventually(visit.page, lambda: visit.page.evaluate("said.length") >= 3)
    said = visit.page.evaluate("said")
    for _, words in said:
        assert re.fullmatch(r"Epoch \d+, \d+ nats, KL \d+\.\d", words), words
    times = [time - start for time, _ in said]  # on a slow machine one may come late, and the next in time
    assert all(time > 4000 * number for number, time in enumerate(times)), times


def test_an_unseen_picture_brings_the_handle_to_its_code(open_lab):
    _, element = open_lab(explorers.lab("digits"))
    epoch(element, 3)
    place = element.get_by_label("Place on the latent plane")
    pairs = element.get_by_role("button", name="Unseen picture")
    seen = [place.get_attribute("aria-valuetext")]
    pairs.first.click()
    seen.append(place.get_attribute("aria-valuetext"))
    pairs.first.press("ArrowRight")
    element.page.keyboard.press("Enter")
    seen.append(place.get_attribute("aria-valuetext"))
    assert len(set(seen)) == 3, seen


def test_the_plane_invites_until_training_begins(open_lab):
    _, element = open_lab(explorers.lab("digits"))
    invitation = element.get_by_text("Random weights")
    invitation.wait_for()
    epoch(element)
    invitation.wait_for(state="hidden")
