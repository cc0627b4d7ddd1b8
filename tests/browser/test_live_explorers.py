"""Explorers come alive, answer to mouse, finger and keyboard, and show what PyTorch decodes."""

import json
import re
import shutil

import bench
import exploring
import pytest
import torch
from visits import HTML, PAGES, Visit, assert_quiet

import vaelab
from tools.minutes import BOOK
from vaelab import cli, explorers, priors

STATIC = bench.STATIC
KB = 1000
SHOWS_ITS_CODE = ("sliders", "plane", "traverse")  # their first picture is the one decoded from `z`
SPECS = "[...document.querySelectorAll('.vaelab-explorer')].map(one => JSON.parse(one.dataset.spec))"


@pytest.fixture(scope="module")
def models():
    """The weights file's key -> model."""
    return bench.packed_models()


def awake(visit):
    """Name, specification and element of every explorer of a page, none of which reports trouble."""
    for index, spec in enumerate(visit.page.evaluate(SPECS)):
        name, element = f"{index} ({spec['kind']})", exploring.wake(visit.page, index)
        assert exploring.troubles(element) == "", name
        yield name, spec, element


def test_the_book_shows_every_kind(bench_page):
    shown = {spec["kind"] for page in PAGES for spec in exploring.specs(HTML / page)}
    assert shown == {spec["kind"] for spec in exploring.specs(bench_page)}


def test_answers_to_mouse_and_keyboard_with_what_pytorch_decodes(wide, models):
    for name, spec, element in awake(wide):
        for act in (exploring.drag, exploring.press_keys):
            moved = exploring.changes(element, lambda act=act, element=element: act(wide.page, element))
            assert moved, f"{name} does not answer to {act.__name__}"
            if spec["kind"] in SHOWS_ITS_CODE and spec["weights"] in models:
                assert exploring.farthest_pixel(element, models[spec["weights"]]) <= 1, name
    assert_quiet(wide)


def test_answers_to_a_finger_on_a_phone(phone):
    for name, _, element in awake(phone):
        moved = exploring.changes(element, lambda element=element: exploring.swipe(phone.page, element))
        assert moved, f"{name} does not answer to a finger"
    assert_quiet(phone)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360


WITH_DOTS = {"beta", "reparameterize"}
DOTS = """() => [...document.querySelectorAll('.vaelab-explorer path[d$="h0"]')]
  .map(dots => getComputedStyle(dots).strokeLinecap)"""


def test_dots_can_be_seen(wide):
    """A dot is a line of no length with round ends: without them it is nothing."""
    kinds = {spec["kind"] for _, spec, _ in awake(wide)}
    caps = wide.page.evaluate(DOTS)
    assert bool(caps) == bool(kinds & WITH_DOTS)
    assert set(caps) <= {"round"}


# ---- the same pictures as PyTorch ----

WITHOUT_WASM = "delete globalThis.WebAssembly"


@pytest.mark.parametrize("before", ["", WITHOUT_WASM], ids=["WebAssembly", "plain JavaScript"])
def test_a_page_decodes_as_pytorch_does(browser, bench_page, models, before):
    """Within 1/255, every pixel of 100 random codes: a face in colour and a digit in grey."""
    codes = torch.Generator().manual_seed(0)
    compared = set()
    with Visit(browser, bench_page.as_uri(), own="file:", before=before) as visit:
        for index, spec in enumerate(exploring.specs(bench_page)):
            if (key := spec.get("weights")) not in models or key in compared:
                continue
            compared.add(key)
            element = exploring.wake(visit.page, index)
            z = torch.randn(100, models[key].latent_dim, generator=codes)
            expected = bench.pixels(models[key], z)
            assert (exploring.decode(element, z) - expected).abs().max() <= 1
            assert expected.std() > 20, "these pictures show nothing, so they prove nothing"
    assert len(compared) == 2


@pytest.mark.parametrize("before", ["", WITHOUT_WASM], ids=["WebAssembly", "plain JavaScript"])
def test_a_page_draws_grids_and_pieces_as_pytorch_does(browser, tmp_path, monkeypatch, before):
    wanted = {"a smile": {"Smiling": True}, "youth": {"Young": True}}
    ways = explorers.denoising(bench.grid_vae(), wanted, noises=2, steps=3)
    pieces = explorers.codebook(bench.vqvae(), torch.rand(1, 3, 64, 64))
    page = bench.make(tmp_path, [ways, pieces], monkeypatch)
    generator = torch.Generator().manual_seed(0)
    rows = torch.arange(2 * 7 * 2 * 4).float()[:, None]  # noises, ways, guess and grid, steps and the end
    boards = torch.randint(40, (40, 64), generator=generator).float()
    with Visit(browser, page.as_uri(), own="file:", before=before) as visit:
        for number, (explorer, codes) in enumerate(((ways, rows), (pieces, boards))):
            expected = bench.pixels(explorer._model, codes)
            found = exploring.decode(exploring.wake(visit.page, number), codes)
            assert expected.std() > 20 and (found - expected).abs().max() <= 1, explorer.kind


def test_a_page_elsewhere_is_made_as_the_appendix_says(browser, tmp_path):
    cells = json.loads((BOOK / "appendix-explorers.ipynb").read_text(encoding="utf-8"))["cells"]
    recipe = re.search(r"```html\n(.*?)```", "".join(cells[-1]["source"]), re.DOTALL)[1]
    model = vaelab.pretrained("dlwp-digits-vae")
    explorer = explorers.plane(model, vaelab.load("digits", n=20))
    page = tmp_path / "page.html"
    page.write_text(recipe.replace("(the explorer)", explorer.to_html()), encoding="utf-8")
    assert cli.main(["export", "dlwp-digits-vae", str(tmp_path / "faces.js")]) == 0
    for name in ("explorers.css", "explorers.js"):
        shutil.copy(STATIC / name, tmp_path)
    with Visit(browser, page.as_uri(), own="file:") as visit:
        element = exploring.wake(visit.page)
        assert exploring.changes(element, lambda: exploring.press_keys(visit.page, element))
        assert exploring.farthest_pixel(element, model) <= 1 and not visit.failed


# ---- noise, pieces, layers ----


def shown(element) -> torch.Tensor:
    """The pictures of an explorer, one after the other."""
    return torch.stack([exploring.canvas_pixels(one) for one in element.locator("canvas.vae-picture").all()])


def becomes(element, model, codes) -> bool:
    """Whether the explorer's pictures come to be those of the codes."""
    right = bench.pixels(model, torch.tensor(codes).float())
    return exploring.eventually(element.page, lambda: (shown(element) - right).abs().max() <= 1)


def says(element, words: str) -> bool:
    return exploring.eventually(element.page, lambda: element.locator(".vae-spoken").inner_text() == words)


def test_noise_walks_to_what_is_wanted(browser, tmp_path, monkeypatch):
    wanted = {"a smile": {"Smiling": True}, "youth": {"Young": True}}
    here = explorers.denoising(bench.grid_vae(), wanted, noises=2, steps=5)
    page = bench.make(tmp_path, [here], monkeypatch)
    with Visit(browser, page.as_uri(), own="file:") as visit:
        element = exploring.wake(visit.page)
        assert becomes(element, here._model, [[row] for row in here.rows(0)])
        element.get_by_role("slider", name="Step").press("End")
        for name in ("youth", "4", "the noised grid"):
            element.get_by_role("radio", name=name).press("Space")
        element.get_by_role("button", name="Another noise").press("Enter")
        here.goal, here.strength, here.view, here.noise = 1, 2, "grid", 1
        assert becomes(element, here._model, [[row] for row in here.rows(5)])
        seen = "step 5 of 5, 0\u00a0% noise, grid from noise 2"
        assert says(element, f"youth, guidance 4: {seen}")
        names = [one.get_attribute("aria-label") for one in element.get_by_role("img").all()]
        assert names == [f"{who}: {seen}" for who in ("Nothing wanted", "youth, guidance 4")]
        assert_quiet(visit)


def test_pieces_are_swapped_by_keyboard_and_put_back(browser, tmp_path, monkeypatch):
    faces = vaelab.load("portraits", size=64, n=2, split="test")
    here = explorers.codebook(bench.vqvae(), faces)
    page = bench.make(tmp_path, [here], monkeypatch)
    with Visit(browser, page.as_uri(), own="file:") as visit:
        element = exploring.wake(visit.page)
        first, second = here.faces
        assert becomes(element, here._model, [first])
        place, entry = (element.get_by_role("group", name=name) for name in ("The integers", "Entries"))
        place.locator("[tabindex='0']").press("ArrowUp")  # from the middle: row 5, column 5
        visit.page.keyboard.press("ArrowLeft")
        visit.page.keyboard.press("Enter")
        assert place.locator("[aria-pressed=true]").get_attribute("aria-label").startswith("row 4, column 4:")
        entry.locator("[tabindex='0']").press("ArrowDown")
        visit.page.keyboard.press("Enter")
        put = here.order[here.columns]
        changed = [put if i == 27 else old for i, old in enumerate(first)]
        assert changed != first and becomes(element, here._model, [changed])
        words = f"Row 4, column 4: entry {put}, was {first[27]}."
        assert says(element, words) and element.locator(".vae-note").first.inner_text() == words
        element.get_by_role("slider").press("End")
        changed[27] = here.order[-1]
        assert becomes(element, here._model, [changed])
        element.get_by_role("button", name="Reset").press("Enter")
        assert becomes(element, here._model, [first])
        element.get_by_role("radio", name="face 2").press("Space")
        assert becomes(element, here._model, [second])
        assert_quiet(visit)


def test_the_bottom_is_drawn_again_and_the_top_stays(browser, bench_page):
    kinds = [spec["kind"] for spec in exploring.specs(bench_page)]
    model = vaelab.pretrained("dlwp-digits-vae")
    with Visit(browser, bench_page.as_uri(), own="file:") as visit:
        element = exploring.wake(visit.page, kinds.index("redraw"))

        def codes():
            get = "({explorer: {model}}, name) => model.get(name)"
            held, drawn = (element.evaluate(get, name) for name in ("held", "drawn"))
            return held, drawn, [[*held, *rest] for rest in drawn]

        held, drawn, rows = codes()
        assert len(rows) == 6 and becomes(element, model, rows)
        element.get_by_role("button", name="Draw the second again").press("Enter")
        again, others, rows = codes()
        assert again == held and others != drawn and becomes(element, model, rows)
        assert says(element, "The second is drawn again.")
        element.get_by_role("slider", name="first, number 1").press("Home")
        held, drawn, rows = codes()
        assert held == [-3] and drawn == others and becomes(element, model, rows)
        element.get_by_role("button", name="Draw the first again").press("Enter")
        assert codes()[0] != held and codes()[1] == drawn and becomes(element, model, codes()[2])
        assert_quiet(visit)


# ---- faces from the prior ----


def test_another_face_is_drawn_from_the_model_s_prior(browser, tmp_path, monkeypatch):
    model = vaelab.pretrained("portrait-vae")
    model.prior = priors.Normal(model.latent_dim)
    model.prior.mean.fill_(1.5)
    model.prior.scale_tril.mul_(0.1)
    faces, more = torch.zeros(2, model.latent_dim), {"more": torch.ones(model.latent_dim)}
    page = bench.make(tmp_path, [explorers.mixer(model, faces, more, amounts={"more": -1})], monkeypatch)
    with Visit(browser, page.as_uri(), own="file:") as visit:
        element = exploring.wake(visit.page)
        another = element.get_by_role("button", name="Another face")
        for _ in range(2):
            assert exploring.changes(element, lambda: another.press("Enter"))
        drawn = torch.tensor(element.evaluate("({explorer}) => explorer.model.get('drawn')"))
        assert 0.05 < (drawn - 1.5).abs().max() < 0.6
        expected = bench.pixels(model, torch.stack([drawn, drawn - 1]))

        def as_pytorch() -> bool:
            seen = [exploring.canvas_pixels(one) for one in element.locator("canvas.vae-picture").all()]
            return (torch.stack(seen) - expected).abs().max() <= 1

        assert exploring.eventually(visit.page, as_pytorch)
        assert element.locator("input[type=radio]:checked").count() == 0
        spoken = element.locator(".vae-spoken")
        assert exploring.eventually(
            visit.page, lambda: spoken.inner_text() == "Another face with more minus 1"
        )
        assert exploring.changes(element, lambda: element.locator("input[type=radio]").first.press("Space"))
        assert element.evaluate("({explorer}) => explorer.model.get('face')") == 0
        assert_quiet(visit)


BOTTOMS = """element => ['.vae-starts label', '.vae-starts > button']
  .map(one => element.querySelector(one).getBoundingClientRect().bottom)"""


def test_the_button_for_another_face_stands_beside_the_faces_feet(browser, bench_page):
    kinds = [spec["kind"] for spec in exploring.specs(bench_page)]
    with Visit(browser, bench_page.as_uri(), own="file:", width=1280) as visit:
        element = exploring.wake(visit.page, kinds.index("mixer"))
        faces, another = element.evaluate(BOTTOMS)
        assert abs(faces - another) < 8


STARTS = """element => [...element.querySelectorAll('.vae-starts label')]
  .map(one => one.getBoundingClientRect()).map(({top, width}) => [Math.round(top), Math.round(width)])"""


def test_six_faces_to_start_from_are_alike_on_a_phone(browser, tmp_path, monkeypatch):
    model = vaelab.pretrained("portrait-vae")
    faces = vaelab.load("portraits", size=64, n=6, split="test")
    smile = {"smile": torch.ones(model.latent_dim)}
    page = bench.make(tmp_path, [explorers.mixer(model, faces, smile)], monkeypatch)
    with Visit(browser, page.as_uri(), own="file:", width=360) as visit:
        tops, widths = zip(*exploring.wake(visit.page).evaluate(STARTS), strict=True)
        assert len(set(widths)) == 1
        assert len(set(tops[:3])) == len(set(tops[3:])) == 1 and tops[0] < tops[3]


# Counts the turns that other work gets while many codes are decoded.
TURNS = """async ({explorer: {decoder}}, codes) => {
  let turns = 0;
  const timer = setInterval(() => turns++);
  await decoder.decode(codes, () => {});
  clearInterval(timer);
  return turns;
}"""


def test_a_page_hears_its_reader_while_it_decodes(browser, bench_page):
    """Else the browser takes a tap while it draws many pictures for a long press, and drops it."""
    kinds = [spec["kind"] for spec in exploring.specs(bench_page)]
    with Visit(browser, bench_page.as_uri(), own="file:") as visit:
        element = exploring.wake(visit.page, kinds.index("traverse"))
        z = element.evaluate("({explorer}) => explorer.model.get('z')")
        assert element.evaluate(TURNS, [z] * 100) >= 3


def test_a_tap_after_a_flick_is_heard(browser, bench_page):
    """Else Chromium takes the tap for one that stops the flick, though nothing scrolls there."""
    kinds = [spec["kind"] for spec in exploring.specs(bench_page)]
    with Visit(browser, bench_page.as_uri(), own="file:", width=360, has_touch=True) as visit:
        pad, tiles = (exploring.wake(visit.page, kinds.index(kind)) for kind in ("morph", "traverse"))
        visit.page.evaluate("() => { window.clicks = 0; addEventListener('click', () => clicks++, true); }")
        for taps in range(1, 21):
            exploring.swipe(visit.page, pad)
            exploring.handle(tiles).tap()
            assert exploring.eventually(visit.page, lambda n=taps: visit.page.evaluate("clicks") == n), taps


# `rests`: whether the page has scrolled since, and come to rest. An earlier scroll says so in the next frame.
FLICKED = """async () => {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  window.rests = false;
  addEventListener('scrollend', () => (window.rests = true), {once: true});
}"""


def test_a_finger_scrolls_past_a_plane_and_drags_its_point(browser, bench_page):
    kinds = [spec["kind"] for spec in exploring.specs(bench_page)]
    with Visit(browser, bench_page.as_uri(), own="file:", width=360, has_touch=True, is_mobile=True) as visit:
        pad = exploring.handle(exploring.wake(visit.page, kinds.index("plane")))

        def flick(start, way, scrolls=False):
            """Places in shares of the plane; where the page and the point are before and after."""
            pad.scroll_into_view_if_needed()
            visit.page.evaluate(FLICKED)
            box = pad.bounding_box()
            places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, way)]
            before = visit.page.evaluate("scrollY"), pad.get_attribute("aria-valuetext")
            exploring.flick(visit.page, *places)
            if scrolls:
                visit.page.wait_for_function("rests")  # a page that was flicked goes on for a while
            visit.page.evaluate(exploring.WAIT, 500)
            return before, (visit.page.evaluate("scrollY"), pad.get_attribute("aria-valuetext"))

        pad.press("Home")
        (y, value), (scrolled, left_alone) = flick((0.1, 0.95), (0.1, 0.2), scrolls=True)
        assert scrolled > y + 50 and left_alone == value, "up along the edge the page scrolls"
        (y, value), (stays, moved) = flick((0.5, 0.5), (0.55, 0.2))
        assert stays == y and moved != value, "from the point the point is dragged, upwards too"
        (y, value), (stays, moved) = flick((0.1, 0.9), (0.6, 0.85))
        assert stays == y and moved != value, "sideways it is dragged from anywhere"


# ---- light to load ----


def test_no_model_is_loaded_before_its_explorer_comes_near(browser, bench_page):
    with bench.visit_served(browser, bench_page) as visit:
        visit.page.wait_for_timeout(500)
        assert not [url for url in visit.requests if "/models/" in url]
        exploring.wake(visit.page, 0)
        assert [url for url in visit.requests if "/models/" in url]


# As on a fresh visit: from the top of the page.
IN_VIEW = """() => {
  scrollTo(0, 0);
  return [...document.querySelectorAll('.vaelab-explorer[data-spec]')]
    .filter(one => one.getBoundingClientRect().top < innerHeight + 200)
    .map(one => JSON.parse(one.dataset.spec).weights);
}"""


def test_a_page_loads_only_the_models_in_view(phone):
    below = {spec.get("weights") for spec in phone.page.evaluate(SPECS)} - set(phone.page.evaluate(IN_VIEW))
    assert not [url for url in phone.at_first for key in below if key and f"/models/{key}.js" in url]


def test_code_and_models_are_small():
    code = sum((STATIC / name).stat().st_size for name in ("explorers.js", "explorers.css"))
    assert code < 70 * KB, f"the explorers' script and style are {code / KB:.1f} KB together"
    for file in (HTML / "_static" / "models").glob("*.js"):
        assert file.stat().st_size < 4000 * KB, f"{file.name}: {file.stat().st_size / KB:.0f} KB"
