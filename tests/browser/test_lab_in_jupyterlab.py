"""The lab in JupyterLab: it trains, its weights come to the kernel and go back, it outlives the kernel."""

import json

import exploring
import numpy as np
import pytest
from test_explorers_lab import pixels_of
from test_jupyterlab import Session, write_notebook

from tools import browsers

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
    found = {"rec": rec, "kl": kl, "of": type(model).__name__, "history": lab.history, "step": lab.step}
    Path("new.json").write_text(json.dumps(found))
    Path("new.json").rename("found.json")

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


def ready(session, title):
    element = session.explorer(title)
    element.locator(".lab-train:not(:disabled)").wait_for()
    return element


def step(element):
    return element.evaluate("({explorer}) => explorer.model.get('step')")


def train(session, element):
    """Two epochs of eleven steps."""
    for _ in range(2):
        before = step(element)
        element.get_by_role("button", name="One epoch", exact=True).click()
        assert exploring.eventually(session.page, lambda before=before: step(element) == before + 11)


def told(session):
    """What the kernel found with the weights that came last."""
    path = session.folder / "found.json"
    return json.loads(path.read_text()) if path.exists() else {"step": None}


def test_what_it_learned_comes_to_the_kernel_as_a_vae(session):
    assert session.ran_without_error and session.errors() == []
    ready(session, "second")
    element = ready(session, "first")
    train(session, element)
    assert exploring.eventually(session.page, lambda: told(session)["step"] == 22)
    found = told(session)
    shown = found["history"][-1]
    assert (found["of"], shown["step"]) == ("VAE", 22)
    assert found["kl"] == pytest.approx(shown["kl"], rel=1e-3)
    assert found["rec"] == pytest.approx(shown["reconstruction"], abs=1.5)  # the page draws each code once


def test_weights_from_the_kernel_go_into_another_lab(session):
    first, second = (session.explorer(title).locator(".lab-numbers") for title in ("first", "second"))
    assert exploring.eventually(session.page, lambda: second.inner_text() == first.inner_text())


def test_when_the_kernel_is_killed_it_trains_on(session):
    element = session.explorer("first")
    session.kill_kernels()
    train(session, element)
    assert exploring.troubles(element) == ""
