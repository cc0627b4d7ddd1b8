"""When something is missing or broken, an explorer shows something sensible and says what is wrong."""

import re
import shutil

import bench
import exploring
import pytest
from visits import Visit

from vaelab import explorers, pretrained, quizzes


@pytest.fixture(scope="module")
def sound_page(tmp_path_factory):
    """A page with one explorer of a face, and nothing wrong with it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        content = [explorers.sliders(pretrained("portrait-vae"), count=3), explorers.kl()]
        return bench.make(tmp_path_factory.mktemp("sound"), content, monkeypatch)


@pytest.fixture
def page(sound_page, tmp_path):
    """A copy of it, to break."""
    folder = tmp_path / "page"
    shutil.copytree(sound_page.parent, folder)
    return folder / sound_page.name


def weights_file(page):
    (file,) = (page.parent / "models").glob("*.js")
    return file


@pytest.fixture(scope="module")
def kinds(bench_page):
    """What is on the page with every kind of explorer."""
    found = [spec["kind"] for spec in exploring.specs(bench_page)]
    assert len(found) > 10
    return found


def open_page(browser, page, **options) -> Visit:
    return Visit(browser, page.as_uri(), own="file:", **options)


def truncate(page):
    file = weights_file(page)
    file.write_text(file.read_text()[:5000])


def shorten_the_numbers(page):
    file = weights_file(page)
    file.write_text(re.sub(r'("data":"[^"]{4000})[^"]*"', r'\1"', file.read_text()))


def spoil_the_numbers(page):
    file = weights_file(page)
    file.write_text(re.sub(r'"data":"[^"]{40}', '"data":"' + 40 * "%", file.read_text()))


def remove(page):
    weights_file(page).unlink()


def make_newer(page):
    file = weights_file(page)
    file.write_text(re.sub(r'"format":\d+', '"format":99', file.read_text()))


def swap_the_model(page):
    """The weights of another version of the model, under this one's name."""
    file = weights_file(page)
    key = file.stem
    text = file.read_text().replace(f'"key":"{key}"', '"key":"portrait-vae-0123456789"')
    file.write_text(text)


BROKEN = {
    truncate: "damaged",
    shorten_the_numbers: "damaged|size|numbers|bytes|short",
    spoil_the_numbers: "damaged",
    remove: "missing",
    make_newer: "format|version",
    swap_the_model: "another model",
}


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda breaks: breaks.__name__)
def test_broken_weights_are_named_and_the_still_picture_stays(browser, page, breaks):
    intact = weights_file(page).read_text()
    breaks(page)
    assert not weights_file_exists(page) or weights_file(page).read_text() != intact
    with open_page(browser, page) as visit:
        element = exploring.wake(visit.page)
        element.get_by_role("alert").filter(has_text=re.compile(BROKEN[breaks])).wait_for()
        still = element.locator("img")
        assert still.is_visible() and still.get_attribute("alt")
        assert still.evaluate("one => one.naturalWidth") > 0
        other = exploring.wake(visit.page, 1)  # the next explorer is none the worse
        assert exploring.changes(other, lambda: exploring.drag(visit.page, other))


def weights_file_exists(page) -> bool:
    return any((page.parent / "models").glob("*.js"))


def test_a_kind_that_this_script_does_not_know_is_named(browser, page):
    page.write_text(
        page.read_text().replace("&quot;kind&quot;:&quot;kl&quot;", "&quot;kind&quot;:&quot;new&quot;")
    )
    with open_page(browser, page) as visit:
        element = exploring.wake(visit.page, 1)
        assert '"new"' in exploring.troubles(element)


def test_an_address_that_names_no_place_keeps_no_quiz_asleep(browser, tmp_path, monkeypatch):
    page = bench.make(tmp_path, [quizzes.quiz("04-kl-divergence")], monkeypatch)
    with Visit(browser, f"{page.as_uri()}#50%", own="file:") as visit:
        exploring.wake(visit.page)
        assert visit.errors == []


def test_works_without_webassembly(browser, page):
    with open_page(browser, page, before="delete globalThis.WebAssembly") as visit:
        element = exploring.wake(visit.page)
        assert exploring.troubles(element) == ""
        assert exploring.changes(element, lambda: exploring.drag(visit.page, element))
        assert visit.errors == []


def test_still_pictures_stand_in_where_scripts_are_off(browser, bench_page, kinds):
    with open_page(browser, bench_page, java_script_enabled=False) as visit:
        for index, kind in enumerate(kinds):
            element = visit.page.locator(exploring.EXPLORER).nth(index)
            assert element.is_visible(), kind
            if kind == "quiz":
                assert element.inner_text().strip()
                continue
            still = element.locator("img, svg[role=img], [role=img]").first
            assert still.is_visible(), kind
            assert still.get_attribute("alt") or still.get_attribute("aria-label"), kind


def test_nothing_moves_by_itself_where_less_motion_is_wished(browser, bench_page, kinds):
    with open_page(browser, bench_page, reduced_motion="reduce") as visit:
        elements = [exploring.wake(visit.page, index) for index in range(len(kinds))]
        for kind, element in zip(kinds, elements, strict=True):
            assert exploring.changes(element, lambda e=element: exploring.drag(visit.page, e)), kind
        for kind, element in zip(kinds, elements, strict=True):
            assert exploring.settles(element), kind
        assert visit.page.evaluate("document.getAnimations().length") == 0


COLOURS = """element => {
  const maps = [...element.querySelectorAll('.vae-pad canvas')].map(one => one.toDataURL());
  return [getComputedStyle(element.querySelector('.vae-title')).color, ...maps];
}"""
DRAW_ON_A_CANVAS = ("plane", "two_models")


def test_words_and_drawings_follow_a_switch_to_dark(browser, bench_page, kinds):
    with open_page(browser, bench_page) as visit:
        awake = [exploring.wake(visit.page, index) for index in range(len(kinds))]
        assert all(exploring.settles(element) for element in awake)
        light = [element.evaluate(COLOURS) for element in awake]
        visit.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        for kind, element, before in zip(kinds, awake, light, strict=True):
            parts = 2 if kind in DRAW_ON_A_CANVAS else 1  # words, drawing

            def all_differ(element=element, before=before, parts=parts):
                now = element.evaluate(COLOURS)
                return all(now[part] != before[part] for part in range(parts))

            assert exploring.eventually(visit.page, all_differ), f"{kind} keeps its colours"
