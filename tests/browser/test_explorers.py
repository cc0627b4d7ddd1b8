"""Explorers come alive, answer to mouse, finger and keyboard, and show what PyTorch decodes."""

import bench
import exploring
import pytest
from visits import HTML, PAGES, Visit, assert_quiet, visit_file

LIVELY = [page for page in PAGES if exploring.specs(HTML / page)]
STATIC = bench.STATIC
KB = 1000


@pytest.fixture(scope="module")
def models():
    """The weights file's key -> model."""
    return bench.packed_models()


def try_all(visit, *acts) -> list[str]:
    """Wake every explorer and do the acts with each; gives what went wrong."""
    wrong = []
    for index, spec in enumerate(
        visit.page.evaluate(
            "[...document.querySelectorAll('.vaelab-explorer')].map(one => JSON.parse(one.dataset.spec))"
        )
    ):
        name = f"{index} ({spec['kind']})"
        element = exploring.wake(visit.page, index)
        if trouble := exploring.troubles(element):
            wrong.append(f"{name} says: {trouble}")
            continue
        wrong += [
            f"{name} does not answer to {act.__name__}"
            for act in acts
            if not exploring.changes(element, lambda act=act, element=element: act(visit.page, element))
        ]
    return wrong


@pytest.mark.parametrize("page", LIVELY)
def test_answers_to_mouse_and_keyboard_from_disk(browser, page):
    with visit_file(browser, page) as visit:
        assert try_all(visit, exploring.drag, exploring.press_keys) == []
        assert_quiet(visit)


@pytest.mark.parametrize("page", LIVELY)
def test_answers_to_a_finger_on_a_phone_from_a_server(browser, server, page):
    with Visit(browser, f"{server}/{page}", own=server, width=360, theme="dark", has_touch=True) as visit:
        assert try_all(visit, exploring.swipe) == []
        assert_quiet(visit)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_every_kind_answers_to_mouse_and_keyboard(browser, bench_page):
    with Visit(browser, bench_page.as_uri(), own="file:") as visit:
        assert try_all(visit, exploring.drag, exploring.press_keys) == []
        assert_quiet(visit)


def test_every_kind_answers_to_a_finger(browser, bench_page):
    with Visit(browser, bench_page.as_uri(), own="file:", width=360, theme="dark", has_touch=True) as visit:
        assert try_all(visit, exploring.swipe) == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360
