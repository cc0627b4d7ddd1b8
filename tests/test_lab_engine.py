"""The lab that trains in a page: its VAE takes the steps of one in PyTorch, in WebAssembly and JavaScript."""

import json
import math

import frontend
import numpy as np
import pytest
import torch
from lab_switches import SWITCHES
from torch import nn

import vaelab
from benchmarks.lab_peer import Peer, train

SMALL = {"inputs": 64, "hidden": [24, 16], "latent": 3, "slope": 0.1, "rows": 32}
USUAL = {"inputs": 784, "hidden": [128], "latent": 2, "slope": 0.0, "rows": 128}
STEPS, RATE = 100, 1e-3


def peer_of(inputs, hidden, latent, slope, rows):
    return Peer(inputs, hidden, latent, slope)


def job(folder, shape, option, steps, seed):
    """A job for run_lab.mjs, and what PyTorch makes of it: all losses, and the gradients of step 1."""
    torch.manual_seed(seed)
    peer, rows = peer_of(**shape), shape["rows"]
    digits = vaelab.load("handwritten", size=math.isqrt(shape["inputs"])).images.flatten(1).float() / 255
    pictures = digits[torch.randint(len(digits), (steps, rows))]
    noise, middle = torch.randn(steps, rows, shape["latent"]), digits.mean(0) * (shape is SMALL)
    numbers = nn.utils.parameters_to_vector(peer.parameters()).detach()  # both start from 32 bits
    made = {"shape": shape, "slope": shape["slope"], "objective": option, "rate": RATE}
    for name, values in {"start": numbers, "pictures": pictures, "noise": noise, "middle": middle}.items():
        path = folder / f"{seed}-{name}.f32"
        values.numpy().astype("<f4").tofile(path)
        made[name] = str(path)
    batches = ((x, eps, option) for x, eps in zip(pictures.double(), noise.double(), strict=True))
    losses, gradients = train(peer.double(), batches, RATE, middle.double())
    return made, np.array(losses), gradients.numpy()


def trained(jobs, folder):
    """What node makes of the jobs."""
    program = frontend.node()
    (folder / "jobs.json").write_text(json.dumps(jobs))
    frontend.run(program, "run_lab.mjs", folder / "jobs.json", folder / "out.json")
    return json.loads((folder / "out.json").read_text())


def assert_same(name, run, losses, gradients):
    found = np.array([one["loss"] for one in run["losses"]])
    assert len(set(np.round(losses, 6))) == len(losses), f"{name}: nothing is learned"
    worst = np.abs(found / losses - 1).max()
    assert worst <= 1e-6, f"{name}: losses part by {worst:.1e}"
    worst = np.abs(np.array(run["gradients"]) - gradients).max() / max(np.abs(gradients).max(), 1)
    assert worst <= 1e-6, f"{name}: gradients part by {worst:.1e}"


def test_every_objective_is_trained_as_pytorch_trains_it(tmp_path):
    made = [job(tmp_path, SMALL, option, STEPS, i) for i, option in enumerate(SWITCHES.values())]
    for name, (_, *expected), runs in zip(
        SWITCHES, made, trained([j for j, *_ in made], tmp_path), strict=True
    ):
        assert [run["backend"] for run in runs.values()] == ["wasm", "js"]
        for backend, run in runs.items():
            assert_same(f"{name}, {backend}", run, *expected)


def test_the_usual_size_is_trained_as_pytorch_trains_it(tmp_path):
    made, *expected = job(tmp_path, USUAL, {}, STEPS, 0)
    (runs,) = trained([made | {"backends": ["wasm"]}], tmp_path)
    assert_same("784-128-2", runs["wasm"], *expected)


def test_cases_differ():
    """A switch that did nothing, on both sides, would pass."""
    x, eps = torch.rand(32, 64, dtype=torch.float64), torch.randn(32, 3, dtype=torch.float64)
    peer = peer_of(**SMALL).double()
    gradients = []
    for option in SWITCHES.values():
        peer.zero_grad()
        loss, *_ = peer(x, eps, option)
        loss.backward()
        gradients.append((loss.item(), peer.encoder[0].weight.grad.sum().item()))
    assert len(set(gradients)) == len(SWITCHES)


@pytest.mark.parametrize("shape", [{"inputs": 100}, {"hidden": [20]}])
def test_widths_come_in_eights(tmp_path, shape):
    made, *_ = job(tmp_path, SMALL | shape, {}, 1, 0)
    with pytest.raises(AssertionError, match="8, 16, 24"):
        trained([made], tmp_path)
