"""The lab that trains in a page: its VAE takes the steps of one in PyTorch, in WebAssembly and JavaScript."""

import json
import math
from itertools import pairwise

import frontend
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import vaelab

SMALL = {"inputs": 64, "hidden": [24, 16], "latent": 3, "slope": 0.1, "rows": 32}
USUAL = {"inputs": 784, "hidden": [128], "latent": 2, "slope": 0.0, "rows": 128}
CASES = {
    "the usual one": {},
    "beta": {"beta": 4.0},
    "an autoencoder": {"noise": False, "price": False},
    "noise without a price": {"price": False},
    "a price without noise": {"noise": False},
    "Gaussian": {"likelihood": "gaussian", "sigma": 0.3},
    "sigma = exp(log_var)": {"sigmaSlip": True},
    "KL summed over the batch": {"batchSlip": True},
    "mean over pixels": {"pixelSlip": True},
    "gradient cut at z": {"cutSlip": True},
}
STEPS, RATE = 100, 1e-3


class Peer(nn.Module):
    """The same VAE in PyTorch, in double precision; parameters in the lab's order."""

    def __init__(self, inputs, hidden, latent, slope, rows):
        super().__init__()
        self.slope = slope
        self.encoder = self._chain([inputs, *hidden])
        self.to_mu, self.to_log_var = (nn.Linear(hidden[-1], latent) for _ in range(2))
        self.decoder = self._chain([latent, *reversed(hidden), inputs])
        self.double()

    @staticmethod
    def _chain(widths):
        return nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, x, eps, option, middle):
        h, o = x - middle, {"sigma": 0.1, "beta": 1.0, "likelihood": "bernoulli"} | option
        for layer in self.encoder:
            h = F.leaky_relu(layer(h), self.slope)
        mu, log_var = self.to_mu(h), self.to_log_var(h)
        sigma = torch.exp(log_var if o.get("sigmaSlip") else log_var / 2)
        z = mu + sigma * eps if o.get("noise", True) else mu
        if o.get("cutSlip"):
            z = z.detach()
        for layer in self.decoder[:-1]:
            z = F.leaky_relu(layer(z), self.slope)
        y = self.decoder[-1](z)
        if o["likelihood"] == "bernoulli":
            pixels = F.binary_cross_entropy_with_logits(y, x, reduction="none")
        else:
            pixels = ((y - x) / o["sigma"]).square() / 2 + math.log(o["sigma"] * math.sqrt(2 * math.pi))
        kl = 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum(1)
        error = pixels.sum(1).mean() * (1 / x.shape[1] if o.get("pixelSlip") else 1)
        price = o["beta"] * (kl.sum() if o.get("batchSlip") else kl.mean())
        return error + price if o.get("price", True) else error


def job(folder, shape, option, steps, seed):
    """A job for run_lab.mjs, and what PyTorch makes of it: all losses, and the gradients of step 1."""
    torch.manual_seed(seed)
    peer, rows = Peer(**shape), shape["rows"]
    digits = vaelab.load("handwritten", size=math.isqrt(shape["inputs"])).images.flatten(1).float() / 255
    pictures = digits[torch.randint(len(digits), (steps, rows))]
    noise, middle = torch.randn(steps, rows, shape["latent"]), digits.mean(0) * (shape is SMALL)
    numbers = torch.cat([p.detach().float().flatten() for p in peer.parameters()])
    with torch.no_grad():  # both start from 32 bits
        for p, part in zip(
            peer.parameters(), numbers.split([p.numel() for p in peer.parameters()]), strict=True
        ):
            p.copy_(part.view_as(p))
    made = {"shape": shape, "slope": shape["slope"], "objective": option, "rate": RATE}
    for name, values in {"start": numbers, "pictures": pictures, "noise": noise, "middle": middle}.items():
        path = folder / f"{seed}-{name}.f32"
        values.numpy().astype("<f4").tofile(path)
        made[name] = str(path)
    adam = torch.optim.Adam(peer.parameters(), lr=RATE)
    losses, gradients = [], None
    for x, eps in zip(pictures.double(), noise.double(), strict=True):
        loss = peer(x, eps, option, middle.double())
        adam.zero_grad()
        loss.backward()
        if gradients is None:
            gradients = torch.cat(
                [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in peer.parameters()]
            )
        adam.step()
        losses.append(loss.item())
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
    made = [job(tmp_path, SMALL, option, STEPS, i) for i, option in enumerate(CASES.values())]
    for name, (_, *expected), runs in zip(CASES, made, trained([j for j, *_ in made], tmp_path), strict=True):
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
    peer = Peer(**SMALL)
    gradients = []
    for option in CASES.values():
        peer.zero_grad()
        loss = peer(x, eps, option, torch.zeros_like(x[0]))
        loss.backward()
        gradients.append((loss.item(), peer.encoder[0].weight.grad.sum().item()))
    assert len(set(gradients)) == len(CASES)


@pytest.mark.parametrize("shape", [{"inputs": 100}, {"hidden": [20]}])
def test_widths_come_in_eights(tmp_path, shape):
    made, *_ = job(tmp_path, SMALL | shape, {}, 1, 0)
    with pytest.raises(AssertionError, match="8, 16, 24"):
        trained([made], tmp_path)
