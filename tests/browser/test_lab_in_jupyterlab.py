"""The lab in JupyterLab: it trains there, its weights come to the kernel and go back, and it outlives the kernel."""

import json
import sys
from pathlib import Path

import exploring
import numpy as np
import pytest
from test_jupyterlab import Session, write_notebook

from tools import browsers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from test_explorers_lab import pixels_of

LAB = """
from vaelab import explorers

lab = explorers.lab("handwritten", hidden=[32], title="first")
lab
"""
# What cells below would do once the reader has pressed Pause.
THEN = """
import json
from pathlib import Path

import numpy as np
import torch

from vaelab import losses

unseen = torch.from_numpy(np.load("unseen.npy"))
second = explorers.lab("handwritten", hidden=[32], title="second")

def take(_):
    model = lab.weights()
    with torch.no_grad():
        mu, log_var = model.encode(unseen)
        draws = [model.decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu)) for _ in range(20)]
        rec = torch.stack([losses.bce(unseen, pictures).mean() for pictures in draws]).mean().item()
    kl = losses.gaussian_kl(mu, log_var).mean().item()
    second.load(model)
    found = {"rec": rec, "kl": kl, "of": type(model).__name__, "history": lab.history[-1], "step": lab.step}
    Path("found.json").write_text(json.dumps(found))

lab.observe(take, "_weights")
second
"""


@pytest.fixture(scope="module")
def session(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    home, notebooks = folder / "home", folder / "notebooks"
    home.mkdir()
    notebooks.mkdir()
    pixels, _, held = pixels_of("handwritten", folder)
    np.save(notebooks / "unseen.npy", (pixels[:held] / 255).reshape(held, 1, 28, 28).astype(np.float32))
    with browsers.jupyter(notebooks, home) as address:
        session = Session(browser, address, "lab/tree", write_notebook(notebooks, LAB, THEN))
        yield session
        session.context.close()


def train(session, element):
    """Two epochs and what stands below the pictures then."""
    for _ in range(2):
        before = element.evaluate("({explorer}) => explorer.model.get('step')")
        element.get_by_role("button", name="One epoch", exact=True).click()
        later = "([element, before]) => element.explorer.model.get('step') > before"
        session.page.wait_for_function(later, arg=[element.element_handle(), before])
    return element.locator(".lab-numbers").inner_text()


def ready(session, title):
    element = session.explorer(title)
    element.locator(".lab-train:not(:disabled)").wait_for()
    return element


def found(session):
    path = session.folder / "found.json"
    assert exploring.eventually(session.page, path.exists)
    return json.loads(path.read_text())


def test_what_it_learned_comes_to_the_kernel_as_a_vae(session):
    assert session.ran_without_error and session.errors() == []
    ready(session, "second")
    element = ready(session, "first")
    train(session, element)
    step = element.evaluate("({explorer}) => explorer.model.get('step')")
    assert exploring.eventually(session.page, lambda: found(session)["step"] == step)
    told = found(session)
    assert told["of"] == "VAE"
    assert told["history"]["step"] == step == 22
    assert told["kl"] == pytest.approx(told["history"]["kl"], rel=1e-3)
    assert told["rec"] == pytest.approx(
        told["history"]["reconstruction"], abs=1.5
    )  # the page draws each code once


def test_weights_from_the_kernel_go_into_another_lab(session):
    shown = session.explorer("second").locator(".lab-numbers")
    kl = f"KL {found(session)['kl']:.1f}"
    assert exploring.eventually(session.page, lambda: kl in shown.inner_text())


def test_when_the_kernel_is_killed_it_trains_on(session):
    element = session.explorer("first")
    session.kill_kernels()
    train(session, element)
    assert exploring.troubles(element) == ""
