"""As a screen reader says it: what the controls of explorers, quizzes and labs are, and what follows a key.

What is said of one of each kind stands in `transcripts.txt`, to be read: change an explorer, and look there
whether somebody who sees nothing still understands it. Numbers there are examples.
"""

import re
from itertools import pairwise
from pathlib import Path

import exploring
import pytest
from hearing import REST, SILENCE, Listener, keys, stops
from spoken import Reader, Said, faults
from visits import Visit

from vaelab import explorers

NUMBER = re.compile(r"\d+(\.\d+)?")
PARTS = Path(__file__).with_name("transcripts.txt").read_text(encoding="utf-8").split("\n\n== ")[1:]
WRITTEN = {kind: lines for kind, *lines in (part.strip().split("\n") for part in PARTS)}

# The same draws each time.
SEEDED = "var state = 1; Math.random = () => (state = (48271 * state) % 2147483647) / 2147483647;"
MANY = 3  # of like things in a row that are written out


@pytest.fixture(scope="module")
def kinds(bench_page):
    return [spec["kind"] for spec in exploring.specs(bench_page)]


@pytest.fixture(scope="module")
def explorer(browser, bench_page, kinds, request):
    """An explorer of the kind that the test asks for, awake and at rest."""
    with Visit(browser, bench_page.as_uri(), own="file:", before=SEEDED) as visit:
        element = exploring.wake(visit.page, kinds.index(request.param))
        if request.param == "lab":
            element.get_by_text("Step 0").wait_for()
        assert exploring.settles(element)
        yield element


each_kind = pytest.mark.parametrize("explorer", WRITTEN, indirect=True)


# ---- what there is ----

OURS = ".vaelab-explorer, .predict, details:is(.fold, .check, .setup) > summary"


def test_all_controls_and_pictures_of_a_page_have_names_and_values_in_words(wide):
    for lab in wide.page.locator(".lab").all():
        lab.scroll_into_view_if_needed()
        lab.locator(".lab-status").filter(has_text="Step").wait_for()
    reader = Reader(wide.page)
    assert [fault for one in wide.page.locator(OURS).all() for fault in faults(reader.read(one))] == []


def test_every_kind_is_written_down(kinds):
    assert set(kinds) == WRITTEN.keys()


def listed(said: Said, depth: int = 0):
    """A line for each group, picture and control, of many in a row the first."""
    depth = depth + 1 if said.role in {"group", "image"} or said.is_control else depth
    if said.role in {"group", "image"} or said.is_control:
        yield "  " * (depth - 1) + str(said)
    row = 0
    for before, part in pairwise([said, *said.parts]):
        row = row + 1 if part.role == before.role else 0
        yield from listed(part, depth) if row < MANY or not part.is_control else []


@each_kind
def test_what_is_said_is_what_is_written(explorer, request):
    kind = request.node.callspec.params["explorer"]
    listener = Listener(explorer)
    said = [*listed(listener.reader.read(explorer))]
    acts = [] if kind == "lab" else listener.try_all()  # a lab takes its time: see below
    said += [line for act in acts for line in str(act).split("\n")]
    print(f"== {kind}", *said, sep="\n")
    assert [NUMBER.sub("#", line) for line in said] == [NUMBER.sub("#", line) for line in WRITTEN[kind]]
    assert [fault for act in acts for fault in act.faults()] == []


# ---- how it is reached ----


@each_kind
def test_the_keyboard_goes_the_way_that_is_read(explorer):
    """Nothing is left out, nothing hidden is met, and nobody is led back up the page."""
    reader = Reader(explorer.page)
    wanted = [said for _, said in stops(reader.read(explorer))]
    reader.focus(wanted[0])
    met = [reader.focused()]
    for _ in wanted[1:]:
        explorer.page.keyboard.press("Tab")
        met.append(reader.focused())
    assert [str(said) for said in met] == [str(said) for said in wanted]
    assert [f"{a}, then {b}" for a, b in pairwise(met) if leads_back(a, b)] == []


def leads_back(a: Said, b: Said) -> bool:
    """Does the second lie above the first, and not in a column beside it?"""
    (_, top, right, _), (left, _, _, bottom) = a.seen["box"], b.seen["box"]
    return bottom <= top and left < right and not (a.seen["inner"] and b.seen["inner"])


@each_kind
def test_a_key_held_down_does_not_flood(explorer):
    """Each step is told by the slider itself, and the explorer speaks once, at the end."""
    listener = Listener(explorer)
    slider = next((said for _, said in stops(listener.reader.read(explorer)) if said.role == "slider"), None)
    if slider is None:
        return
    listener.reader.focus(slider)
    explorer.page.keyboard.press("Home")
    explorer.page.evaluate(exploring.WAIT, SILENCE)
    act = listener.press(slider, keys(slider), times=12)
    times = explorer.page.evaluate("pressed")  # a slow machine may let the hand rest between two of them
    rests = sum(after - before > 0.8 * REST for before, after in pairwise(times))
    assert act.after.value != act.before.value and len(act.heard) <= 1 + rests


# ---- the lab ----


def test_the_whole_lab_is_understood_without_eyes(open_lab):
    _, element = open_lab(explorers.lab("digits", hidden=[32], latent_dim=8))
    element.evaluate("element => element.querySelectorAll('details').forEach(one => (one.open = true))")
    listener = Listener(element)
    tree = listener.reader.read(element)
    assert faults(tree) == []
    wrong = []
    for _, said in stops(tree):
        if said.name != "Train" and (act := listener.press(said, keys(said))):
            act.unsaid = [label for label in act.unsaid if OF_ITS_OWN.match(label) and said.name in SHOWS]
            wrong += act.faults()
    assert wrong == []


# Other controls change the network, and with it all that it draws.
SHOWS = {"Place on the latent plane", "Take an unseen one", "Unseen picture 1: bring the handle to its code"}
OF_ITS_OWN = re.compile("Decoded at|A sheet|Unseen")


def test_a_lab_at_work_speaks_now_and_then(open_lab):
    """Every few seconds, not with every picture; and nothing before somebody has done something."""
    visit, element = open_lab(explorers.lab("digits", hidden=[32]))
    visit.page.evaluate(exploring.WAIT, 1500)
    assert element.locator(".vae-spoken").text_content() == ""
    listener = Listener(element)
    train = next(said for _, said in stops(listener.reader.read(element)) if said.name == "Train")
    start = visit.page.evaluate("performance.now()")
    listener.press(train, "Enter")
    assert exploring.eventually(visit.page, lambda: visit.page.evaluate("heard.length"))
    visit.page.evaluate(exploring.WAIT, 8000)
    heard, now = visit.page.evaluate("[heard.length, performance.now()]")
    assert heard <= 1 + (now - start) / 4000  # milliseconds; one may come at once
    act = listener.press(train, "Enter")
    assert (act.before.name, act.after.name) == ("Pause", "Train") and act.heard
