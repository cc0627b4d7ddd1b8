"""A page with one lab, and what a reader does there."""

from pathlib import Path

import bench
import exploring
from visits import Visit

STATE = "({explorer}, name) => explorer.model.get(name)"
AS_IN_THE_BOOK = "article { margin: auto; max-width: 55rem }"


def opened(browser, folder: Path, lab, monkeypatch, **options):
    """The visit to the page and the lab's element, which has its first pictures and is ready to train."""
    page = bench.make(folder, [lab], monkeypatch)
    visit = Visit(browser, page.as_uri(), own="file:", **options)
    element = exploring.wake(visit.page)
    visit.page.add_style_tag(content=AS_IN_THE_BOOK)
    element.locator(".lab-status").filter(has_text="Step 0").wait_for()
    button(element, "Train").and_(element.locator("button:not(:disabled)")).wait_for()
    return visit, element


def button(element, name):
    return element.get_by_role("button", name=name, exact=True)


def state(element, name):
    return element.evaluate(STATE, name)


def epoch(element, times=1):
    """Train for so many epochs; gives what was measured last."""
    for _ in range(times):
        before = state(element, "step")
        button(element, "One epoch").click()
        assert exploring.eventually(element.page, lambda before=before: state(element, "step") > before)
    return state(element, "history")[-1]
