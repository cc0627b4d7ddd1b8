"""Make the trained weights that come with vaelab again: `vaelab/weights/<name>.safetensors` and its card.

    python -m tools.train_weights portrait-vae
    python -m tools.train_weights all

A long run that was interrupted goes on with the same command: its checkpoints are in `runs/weights/<name>`,
what its latent diffusion has learned beside them.
Pictures, first weights and batches come from the seed. Rounding differs from machine to machine and grows
while training: expect a model as good, not the same bits.
"""

import argparse
import json
import math
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

import vaelab
from tools import face_judge
from tools.whole import whole
from vaelab import evaluation, latent, losses, nets, recipes, weights
from vaelab.data import ImageSet
from vaelab.latent_diffusion import LatentDiffusion
from vaelab.models import GridVAE
from vaelab.priors import FlowMatching
from vaelab.training import Checkpoints, History, Muon
from vaelab.whitening import whiten

FOLDER = Path(weights.__file__).parent
RUNS = Path("runs/weights")
WHITENED_BY = 6_000  # images that say where the codes lie


@dataclass(frozen=True)
class Plan:
    """How one file is made. `fit` holds options of `vaelab.fit`."""

    data: str
    n: int
    epochs: int
    fit: dict = field(default_factory=dict)
    changes: dict = field(default_factory=dict)  # of the recipe
    size: int = 64
    seed: int = 0
    sigma_from: float | None = None  # the noise level training starts with; it ends with the recipe's
    whitened_after: tuple[int, ...] = ()  # epochs
    opponent_colours: bool = False  # while training, see `Opponent`
    checkpoints: bool = False  # after each epoch, so that the same command goes on after a break
    pilots: str | None = None  # file beside this one: what was tried before
    prior: dict | None = None  # a `FlowMatching` fitted afterwards: its `hidden` and the `updates` of its fit
    diffusion: dict | None = None  # for a `LatentDiffusion`: network, width, blocks; the rest is for its fit


_FACES = {"changes": {"image_shape": (3, 64, 64)}, "data": "portraits", "n": 20_000}
_COSINE = {"schedule": "cosine", "batch_size": 64}
# An epoch of tds-face-vae takes 0.6 times as long as one of ours: 30 of them are a quarter more time than 14.
PLANS = {
    "portrait-vae": Plan(
        data="portraits",
        n=40_000,
        epochs=8,
        fit={"lr": 4e-3, "optimizer": Muon, "schedule": "cosine", "batch_size": 32},
        checkpoints=True,
        prior={"hidden": 256, "updates": 24_000},
        pilots="portrait_pilots.json",
    ),
    "grid-vae": Plan(
        data="portraits",
        n=40_000,
        epochs=2,
        fit={"lr": 4e-3, "optimizer": Muon, "schedule": "cosine", "batch_size": 32},
        checkpoints=True,
        diffusion={
            "network": "residual",
            "width": 384,
            "blocks": 3,
            "updates": 24_000,
            "batch_size": 512,
            "lr": 1e-3,
        },
        pilots="grid_pilots.json",
    ),
    "small-portrait-vae": Plan(
        data="portraits",
        n=20_000,
        epochs=14,
        fit={"lr": 2e-3, **_COSINE},
        sigma_from=0.6,
        whitened_after=(3, 7),
        opponent_colours=True,
    ),
    "tds-face-vae": Plan(**_FACES, epochs=30, fit={"lr": 1e-3, **_COSINE}),
    "tds-face-ae": Plan(**_FACES, epochs=6, fit={"lr": 1e-3, **_COSINE}),
    # A first run without the warm-up ended with every decoded digit an 8.
    "dlwp-digits-vae": Plan(
        data="digits", n=12_000, epochs=6, size=28, fit={"lr": 1e-3, "kl_warm_up": 2.0, **_COSINE}
    ),
}


def train(name: str, plan: Plan) -> tuple[nn.Module, History]:
    """Draw the pictures, build the recipe, fit it; Ctrl-C ends the program."""
    images = vaelab.load(plan.data, size=plan.size, n=plan.n, seed=plan.seed)
    model = recipes.build(name, seed=plan.seed, **plan.changes)
    sigma_to = model.likelihood.sigma.item() if plan.sigma_from else None

    def after_epoch(epoch: int, history: History) -> None:
        if plan.sigma_from:
            set_sigma(model, between(plan.sigma_from, sigma_to, epoch / (0.7 * plan.epochs)))
        if epoch in plan.whitened_after:
            whiten(model, images[:WHITENED_BY])
        terms = ", ".join(f"{term} {value:.5g}" for term, value in history.train[-1].items())
        print(f"epoch {epoch}, {history.seconds:.0f} s: {terms}", flush=True)

    if plan.sigma_from:
        set_sigma(model, plan.sigma_from)
    # Fixed, where a probe might choose differently in another run and round differently.
    layout = {"precision": "fp32", "channels_last": True}
    with opponent_colours(model) if plan.opponent_colours else nullcontext():
        history = vaelab.fit(
            model,
            images,
            epochs=plan.epochs,
            seed=plan.seed,
            after_epoch=after_epoch,
            checkpoints=Checkpoints(RUNS / name, keep=1) if plan.checkpoints else None,
            resume=plan.checkpoints,
            **plan.fit,
            **layout,
        )
    whole(history)
    if plan.prior is not None:
        codes = latent.draw_codes(model, images, draws=4, seed=plan.seed)
        prior = FlowMatching(model.latent_dim, hidden=plan.prior["hidden"])
        model.prior = whole(prior.fit(codes, updates=plan.prior["updates"], seed=plan.seed))
    if plan.diffusion is not None:
        model.prior = diffused(name, plan, model, images)
    return model, history


def diffused(name: str, plan: Plan, model: GridVAE, images: ImageSet) -> LatentDiffusion:
    """A latent diffusion of the model's codes, which knows the attributes; a break does it no harm."""
    options = dict(plan.diffusion or {})
    size = {key: options.pop(key) for key in ("network", "width", "blocks")}
    codes = latent.draw_codes(model, images, draws=4, seed=plan.seed)
    assert images.attributes is not None
    prior = LatentDiffusion(model.grid_shape, images.attribute_names, **size)
    keep = RUNS / f"{name}-prior.safetensors"
    return whole(prior.fit(codes, images.attributes.repeat(4, 1), keep=keep, seed=plan.seed, **options))


class Opponent(nn.Module):
    """A last layer's weights, learned as brightness and two differences of colours instead of as R, G, B.

    Adam gives every weight the same pace. In RGB a hue is a small difference of three large weights; turned
    like this it has weights of its own, and backgrounds get their colours in a third less time.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("axes", nets.OpponentColours().axes)

    def forward(self, weight: Tensor) -> Tensor:
        return torch.einsum("ji,jkab->ikab", self.axes, weight)

    def right_inverse(self, weight: Tensor) -> Tensor:
        return torch.einsum("ij,jkab->ikab", self.axes, weight)


@contextmanager
def opponent_colours(model: vaelab.VAE) -> Iterator[None]:
    """Learn the decoder's last layer through `Opponent`; afterwards it is a plain layer again."""
    last = model.decoder[-2]
    parametrize.register_parametrization(last, "weight", Opponent())
    try:
        yield
    finally:
        parametrize.remove_parametrizations(last, "weight")


def set_sigma(model: vaelab.VAE, sigma: float) -> None:
    """Set the noise level of a model with a Gaussian likelihood."""
    with torch.no_grad():
        model.likelihood.log_sigma.fill_(math.log(sigma))


def between(start: float, end: float, progress: float) -> float:
    """From `start` to `end` by equal factors; `progress` over 1 counts as 1."""
    return start * (end / start) ** min(progress, 1.0)


@torch.no_grad()
def metrics(model: nn.Module, plan: Plan) -> dict[str, float]:
    """What the card says: measured on test pictures, with the weights rounded as they are shipped."""
    test = vaelab.load(plan.data, size=plan.size, n=face_judge.TEST, split="test", seed=plan.seed)
    if not isinstance(model, vaelab.VAE):
        return {"reconstruction error": evaluation.reconstruction_error(model, test)}
    if plan.data != "portraits":
        return evaluation.evaluate(model, test) | {"active": evaluation.active_units(model, test)}
    known = vaelab.load(plan.data, size=plan.size, n=face_judge.TRAIN, seed=plan.seed)
    return face_judge.judged(model, known, test)


def card(
    name: str, plan: Plan, model: nn.Module, noise: dict, seconds: float, results: dict[str, float]
) -> dict:
    """How the file was made, for people."""
    return {
        "name": name,
        "data": f"{plan.n} drawn {plan.data}, {plan.size}x{plan.size}; measured on {face_judge.TEST} others",
        "options": {"data": plan.data},  # for `vaelab evaluate`
        "seed": plan.seed,
        "epochs": plan.epochs,
        "fit": {option: getattr(value, "__name__", value) for option, value in plan.fit.items()},
        **noise,
        "whitened after epochs": list(plan.whitened_after),
        "last layer learned in opponent colours": plan.opponent_colours,
        "prior": plan.prior or plan.diffusion,
        "command": f"python -m tools.train_weights {name}",
        "hardware": f"{platform.machine()} processor, {torch.get_num_threads()} thread(s), "
        f"PyTorch {torch.__version__.split('+')[0]}",
        "seconds": round(seconds),
        "parameters": nets.count_parameters(model),
        "metrics": {key: float(f"{value:.5g}") for key, value in results.items()},
        "pilots": pilots(plan),
    }


def pilots(plan: Plan) -> dict | None:
    """The record of what was tried before, for the card."""
    if plan.pilots is None:
        return None
    return json.loads(Path(__file__).with_name(plan.pilots).read_text(encoding="utf-8"))


def noise_levels(model: nn.Module, plan: Plan) -> dict[str, float]:
    """The noise levels that the card names. Where it fell while training, it is now set to the real error."""
    if not isinstance(getattr(model, "likelihood", None), losses.Gaussian):
        return {}
    levels = {"sigma at first": plan.sigma_from} if plan.sigma_from else {}
    levels["sigma in training"] = _four_digits(model.likelihood.sigma)
    if plan.sigma_from:
        images = vaelab.load(plan.data, size=plan.size, n=1_000, seed=plan.seed)
        set_sigma(model, face_judge.calibrated(model, images).likelihood.sigma.item())
        levels["sigma set afterwards"] = _four_digits(model.likelihood.sigma)
    return levels


def _four_digits(value: Tensor) -> float:
    return float(f"{value.item():.4g}")


def make(name: str, folder: Path, plan: Plan) -> None:
    """Train, calibrate, write the file, measure what was written, write its card."""
    start = time.process_time()
    model, history = train(name, plan)
    print(f"{name}: {history.seconds:.0f} s, {time.process_time() - start:.0f} of the processor", flush=True)
    noise = noise_levels(model, plan)
    path = weights.save(model, folder / f"{name}.safetensors")
    shipped = weights.load(path)
    results = metrics(shipped, plan)
    weights.save(model, path, card=card(name, plan, model, noise, history.seconds, results))
    print(path.with_suffix(".json").read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*PLANS, "all"])
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder to write to")
    chosen = parser.parse_args()
    for name in PLANS if chosen.name == "all" else [chosen.name]:
        make(name, chosen.out, PLANS[name])


if __name__ == "__main__":
    sys.exit(main())
