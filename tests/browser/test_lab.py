"""A VAE trains in the page, opened from disk: it learns, it breaks as it should, and it hears its reader."""

import re

import bench
import exploring
import pytest
from labs import button, epoch, state
from visits import assert_quiet

from vaelab import explorers

STATIC = bench.STATIC
KB = 1000
SET = "({explorer}, [name, value]) => { explorer.model.set(name, value); }"


def test_it_learns_and_sorts_the_digits(open_lab):
    visit, element = open_lab(explorers.lab("digits"))
    first, last = epoch(element), epoch(element, 10)
    assert last["reconstruction"] < first["reconstruction"] - 15
    assert last["named"] > 0.7 > first["named"]
    assert exploring.eventually(visit.page, lambda: "Epoch 11" in element.locator(".vae-spoken").inner_text())
    assert_quiet(visit)


def test_train_goes_on_until_pause_and_a_hidden_page_pauses(open_lab):
    visit, element = open_lab(explorers.lab("digits"))
    button(element, "Train").click()
    seen = element.locator(".lab-status")
    assert exploring.eventually(visit.page, lambda: "pictures a second" in seen.inner_text())
    visit.page.evaluate("""() => {
        Object.defineProperty(document, 'hidden', {get: () => true});
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    button(element, "Train").wait_for()
    assert state(element, "step") > 0
    assert exploring.settles(element)


def test_plain_javascript_takes_the_same_steps(open_lab):
    """So does WebAssembly with fused multiplications, where this browser has them."""
    found = []
    for fast in (True, False):
        _, element = open_lab(explorers.lab("digits", hidden=[32], webassembly=fast))
        found.append(epoch(element, 2))
    fast, plain = found
    assert fast["step"] == plain["step"]
    for name in ("reconstruction", "kl"):
        assert fast[name] == pytest.approx(plain[name], rel=1e-4)


def test_a_cut_gradient_brings_every_code_to_one_point(open_lab):
    _, element = open_lab(explorers.lab("digits"))
    assert epoch(element, 4)["kl"] > 2
    element.get_by_text("Slips that teach").click()
    element.get_by_label("gradient cut at z").check()
    assert epoch(element, 6)["kl"] < 0.3


def numbers_after(name, text):
    """The numbers that a line of the step tells after a name: "sigma 1.07, 0.90; z ..."."""
    told = re.search(rf"\b{name} ([−\d., ]+)", text).group(1)
    return [float(number) for number in told.replace("−", "-").split(",") if number.strip()]


def test_one_picture_s_numbers_can_be_followed_through_the_step(open_lab):
    lab = explorers.lab("digits", hidden=[32])
    _, element = open_lab(lab, reduced_motion="reduce")  # all lines at once
    element.get_by_text("The step in PyTorch").click()
    lines = element.locator(".lab-code")
    button(element, "Play one step slowly").click()
    lines.get_by_text("Adam, rate 0.005").wait_for()
    mu, sigma, eps, z = (numbers_after(name, lines.inner_text()) for name in ("mu", "sigma", "eps", "z"))
    assert [m + s * e for m, s, e in zip(mu, sigma, eps, strict=True)] == pytest.approx(z, abs=0.03)
    element.get_by_text("Slips that teach").click()
    element.get_by_label("sigma = exp(log_var)").check()
    wrong = lines.locator(".lab-line", has_text="# the slip")
    assert "z = mu + torch.exp(log_var) * eps" in wrong.inner_text()


def test_a_challenge_solved_by_hand_says_so(open_lab):
    _, element = open_lab(explorers.lab("digits", hidden=[32]))
    for fold in ("Knobs", "Challenges"):
        element.get_by_text(fold, exact=True).click()
    task = element.get_by_role("listitem").filter(has_text="What the price pays for")
    task.get_by_text("A hint").click()
    assert "codes hardly feel the noise" in task.inner_text()
    epoch(element, 4)
    element.get_by_label("price: the KL").uncheck()
    button(element, "Start anew").click()
    assert exploring.eventually(element.page, lambda: state(element, "step") == 0)
    epoch(element, 2)
    assert "Done." not in task.inner_text()
    assert exploring.eventually(element.page, lambda: epoch(element) and "Done." in task.inner_text())


def test_sizes_start_anew_and_a_seed_repeats(open_lab):
    _, element = open_lab(explorers.lab("digits", hidden=[32]))
    first = epoch(element)
    button(element, "Start anew").click()
    assert exploring.eventually(element.page, lambda: state(element, "step") == 0)
    other = epoch(element)
    element.evaluate(SET, ["seed", 0])
    assert exploring.eventually(element.page, lambda: state(element, "step") == 0)
    assert epoch(element) == first != other
    element.get_by_text("Knobs").click()
    element.get_by_role("group", name="Numbers in a code").get_by_text("8", exact=True).click()
    assert exploring.eventually(element.page, lambda: element.locator(".lab-bars > span").count() == 8)


def test_it_tells_its_own_numbers_and_asks_of_faces_nothing_about_digits(open_lab):
    _, element = open_lab(explorers.lab(["digits", "faces"], batch_size=32, beta=3.0))
    seen, challenges = element.locator(".lab"), element.get_by_text("Challenges", exact=True)
    assert "beta is 32 times" in seen.text_content() and "784 times too small" in seen.text_content()
    assert seen.get_by_label("Beta, the price").get_attribute("aria-valuetext") == "β = 3"
    assert challenges.is_visible()
    seen.get_by_text("faces", exact=True).click()
    challenges.wait_for(state="hidden")
    assert "beta is 32 times" in seen.text_content() and "3072 times too small" in seen.text_content()


def test_opens_with_the_values_it_was_given(open_lab):
    _, element = open_lab(explorers.lab("digits", latent_dim=8, noise=False, learning_rate=1e-3))
    assert exploring.eventually(element.page, lambda: element.locator(".lab-bars > span").count() == 8)
    asked = "e => ['latent_dim', 'noise', 'learning_rate'].map(name => e.explorer.model.get(name))"
    assert element.evaluate(asked) == [8, False, 1e-3]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse and wide", "keys on a phone"])
def test_a_picture_of_one_s_own(open_lab, touch):
    visit, element = open_lab(
        explorers.lab("digits"),
        width=360 if touch else 1400,
        theme="dark" if touch else "light",
        has_touch=touch,
    )
    element.get_by_text("Draw your own").click()
    if touch:
        button(element, "Take an unseen one").press("Enter")
    else:
        sheet = element.locator(".lab-board")
        sheet.scroll_into_view_if_needed()
        box = sheet.bounding_box()
        visit.page.mouse.move(box["x"] + 80, box["y"] + 30)
        visit.page.mouse.down()
        visit.page.mouse.move(box["x"] + 85, box["y"] + 140, steps=5)
        visit.page.mouse.up()
    element.get_by_label("Draws from its posterior, decoded").wait_for()
    button(element, "Wipe").click()
    element.get_by_label("Draws from its posterior, decoded").wait_for(state="hidden")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= (360 if touch else 1400)
    assert_quiet(visit)


def test_the_lab_is_small_and_loads_one_set(browser, tmp_path, monkeypatch):
    code = (STATIC / "lab.js").stat().st_size  # with its style
    assert code < 45 * KB, f"the lab's script is {code / KB:.1f} KB"
    page = bench.make(tmp_path, [explorers.lab(("handwritten", "digits"))], monkeypatch)
    with bench.visit_served(browser, page) as visit:
        exploring.wake(visit.page).locator(".lab-status").filter(has_text="Step 0").wait_for()
        files = [url for url in visit.requests if "/models/" in url]
    assert len(files) == 1 and "lab-handwritten" in files[0]
