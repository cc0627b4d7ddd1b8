"""Explorers as widgets: in JupyterLab and in Notebook 7, with a kernel and after it has gone."""

import contextlib
import json
import shutil
import urllib.request
from pathlib import Path

import exploring
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import vaelab
from tools import browsers
from vaelab.grading.source import NOTEBOOK_METADATA

BOOK = Path(__file__).resolve().parents[2] / "book"

FACES = """
import json, pathlib, ipywidgets, torch, vaelab
from vaelab import explorers
model = vaelab.pretrained("portrait-vae")

class Near(vaelab.priors.StandardNormal):  # a page could not draw from it
    def _draw(self, n, generator):
        return 0.7 + 0.1 * super()._draw(n, generator)

model.prior = Near(model.latent_dim)
first = explorers.sliders(model, count=3, title="first")
first.observe(lambda change: pathlib.Path("z.json").write_text(json.dumps(change["new"])), "z")
second = explorers.morph(model, torch.randn(2, model.latent_dim), title="second")
ipywidgets.VBox([first, second])
"""

LINKED = """
linked = explorers.kl(title="linked")
number = ipywidgets.FloatSlider(min=-3, max=3, step=0.05)
ipywidgets.jslink((linked, "mu_q"), (number, "value"))
ipywidgets.VBox([linked, number])
"""

# A page could not run this one; and it stumbles far from the origin.
ANY_MODEL = """
class Waves(torch.nn.Module):
    latent_dim = 3

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))

    def decode(self, z):
        if z.abs().max() > 1.2:
            raise RuntimeError("too far from the origin")
        waves = torch.fft.irfft(torch.complex(self.weight * z, z.flip(1)), n=16)
        return torch.sigmoid(9 * waves[:, None, :, None]).expand(-1, 3, 16, 16)

stranger = explorers.sliders(Waves(), title="stranger")
stranger
"""


def write_notebook(folder: Path, *cells: str) -> Path:
    path = folder / "faces.ipynb"
    made = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=NOTEBOOK_METADATA)
    nbformat.write(made, path)
    return path


class Session:
    """A notebook opened in a Jupyter application and run from top to bottom."""

    def __init__(self, browser, address: str, where: str, notebook: Path):
        self.address, self.folder = address, notebook.parent
        # Tall, so that all outputs are in view: Jupyter takes others out of the page.
        self.context = browser.new_context(viewport={"width": 1200, "height": 4000})
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * browsers.PATIENCE)
        self.outside = []
        self.page.on("request", self._note_if_outside)
        self.page.goto(f"{address}/{where}/{notebook.name}")
        self.ran_without_error = browsers.run_all_cells(self.page)

    def _note_if_outside(self, request):
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.outside.append(request.url)

    def errors(self) -> list[str]:
        """What cells failed with."""
        return self.page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()

    def explorer(self, title: str):
        """The explorer of this title, alive."""
        heading = self.page.locator(".vae-title", has_text=title)
        element = self.page.locator(exploring.EXPLORER).filter(has=heading).first
        element.locator(".vae-frame").wait_for()
        return element

    def answers(self, element, act=exploring.drag) -> bool:
        return exploring.changes(element, lambda: act(self.page, element))

    def kill_kernels(self) -> None:
        with urllib.request.urlopen(f"{self.address}/api/kernels") as reply:
            kernels = json.load(reply)
        for kernel in kernels:
            request = urllib.request.Request(f"{self.address}/api/kernels/{kernel['id']}", method="DELETE")
            urllib.request.urlopen(request).close()


@pytest.fixture(scope="module")
def face_model():
    return vaelab.pretrained("portrait-vae")


@contextlib.contextmanager
def running(browser, application: str, where: str, folder: Path):
    """The notebook of this module, open and run in the application."""
    home, notebooks = folder / "home", folder / "notebooks"
    home.mkdir()
    notebooks.mkdir()
    notebook = write_notebook(notebooks, FACES, LINKED, ANY_MODEL)
    with browsers.jupyter(notebooks, home, application) as address:
        session = Session(browser, address, where, notebook)
        yield session
        session.context.close()


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    with running(browser, "jupyterlab", "lab/tree", tmp_path_factory.mktemp("lab")) as session:
        yield session


def python_side(session) -> list[float] | None:
    """The code that the kernel's `observe` heard of last; None before it is written."""
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        return json.loads((session.folder / "z.json").read_text())
    return None


DECODE_ONCE_MORE = "({explorer: {model, decoder}}) => decoder.decode([model.get('z')], () => {})"


def kernel_decodes(element) -> bool:
    """Whether no note says that the kernel is late and the browser stands in for it."""
    element.evaluate(DECODE_ONCE_MORE)
    return element.locator(".vae-status").inner_text() == ""


def check_that_a_drag_reaches_python(session, model):
    assert session.ran_without_error and session.errors() == []
    element = session.explorer("first")
    assert session.answers(element)
    assert exploring.farthest_pixel(element, model) <= 1
    z = element.evaluate("({explorer}) => explorer.model.get('z')")
    assert any(z) and exploring.eventually(session.page, lambda: python_side(session) == z)
    assert exploring.eventually(session.page, lambda: kernel_decodes(element))
    assert session.outside == []


def test_in_jupyterlab_a_drag_changes_the_picture_and_the_trait(lab, face_model):
    check_that_a_drag_reaches_python(lab, face_model)


def test_the_keyboard_moves_it_and_jupyterlab_keeps_its_hands_off(lab):
    cells = lab.page.locator(".jp-Cell").count()
    assert lab.answers(lab.explorer("first"), exploring.press_keys)
    assert lab.page.locator(".jp-Cell").count() == cells


def test_two_explorers_share_the_weights_of_their_model(lab):
    assert lab.answers(lab.explorer("second"))
    assert lab.page.evaluate("vaelabDecoders.size") == 1


# The slider beside it shows two digits.
AGREE = """element => {
  const shown = Number(document.querySelector('.widget-readout').innerText.replace('−', '-'));
  return Math.abs(shown - element.explorer.model.get('mu_q')) < 0.006;
}"""


def test_jslink_joins_an_explorer_to_another_widget(lab):
    readout = lab.page.locator(".widget-readout")
    before = readout.inner_text()
    element = lab.explorer("linked")
    assert lab.answers(element, exploring.press_keys)
    lab.page.wait_for_function(AGREE, arg=element.element_handle())
    assert readout.inner_text() != before


def test_any_model_works_with_a_kernel_and_its_errors_are_shown(lab):
    element = lab.explorer("stranger")
    slider = exploring.handle(element)
    assert exploring.changes(element, lambda: slider.press("ArrowRight"))
    slider.press("End")  # three standard deviations
    element.get_by_role("alert").filter(has_text="RuntimeError: too far from the origin").wait_for()
    slider.fill("0.5")
    element.locator(".vae-error:empty").wait_for(state="attached")
    assert exploring.troubles(element) == ""


DRAWN = "({explorer}) => explorer.model.get('z')"


def test_a_random_face_is_drawn_by_the_kernel_from_the_model_s_prior(lab):
    element = lab.explorer("first")
    before = element.evaluate(DRAWN)
    assert not all(0 < number < 1.4 for number in before)
    assert exploring.changes(element, element.get_by_role("button", name="Random face").click)
    assert exploring.eventually(lab.page, lambda: element.evaluate(DRAWN) != before)
    z = element.evaluate(DRAWN)
    assert all(0 < number < 1.4 for number in z)
    assert exploring.eventually(lab.page, lambda: python_side(lab) == z)


def test_when_the_kernel_is_killed_the_next_drag_still_answers(lab, face_model):
    element = lab.explorer("first")
    assert lab.answers(element, exploring.press_keys)  # the weights came with this, at the latest
    lab.page.wait_for_function("vaelabDecoders.size > 0")
    lab.kill_kernels()
    assert lab.answers(element)
    element.get_by_role("status").filter(has_text="your browser decodes").wait_for()
    assert exploring.farthest_pixel(element, face_model) <= 1
    element.get_by_role("button", name="Random face").click()
    element.get_by_role("alert").filter(has_text="prior draws in a notebook only").wait_for()


def test_notebook_7_runs_the_same_notebook(browser, tmp_path, face_model):
    with running(browser, "notebook", "notebooks", tmp_path) as session:
        check_that_a_drag_reaches_python(session, face_model)


def test_a_chapter_runs_in_jupyterlab_and_its_explorers_live(browser, tmp_path):
    home, notebooks = tmp_path / "home", tmp_path / "book"
    home.mkdir()
    notebooks.mkdir()
    notebook = Path(shutil.copy(BOOK / "04-kl-divergence.ipynb", notebooks))
    with browsers.jupyter(notebooks, home) as address:
        session = Session(browser, address, "lab/tree", notebook)
        assert session.ran_without_error and session.errors() == []
        alive = session.page.locator(f"{exploring.EXPLORER} .vae-frame")
        alive.first.wait_for()
        explorer = session.page.locator(f"{exploring.EXPLORER}:has({exploring.HANDLES})").first
        assert session.answers(explorer)
        session.context.close()
