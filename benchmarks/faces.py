"""Face models on drawn portraits they have not seen: ours, the published one, and PCA.

    python -m benchmarks.faces                # the weights that come with vaelab: some minutes on one core
    python -m benchmarks.faces --train 600    # both trained anew first, 600 seconds each

What the rows say, and whether more or less is better:

- error: mean squared error of reconstructions (less);
- bound: importance-weighted bound on log p(x), nats an image, 100 draws (more), at the model's own noise
  level and at the one that suits its errors best;
- Frechet: distance between features of 2,000 samples and of 2,000 test portraits (less);
- active: latent dimensions that carry over 0.1 nats;
- Smiling, Eyeglasses, all 18 edits: share of faces that lacked an attribute and show it, to a classifier, 1.5
  attribute vectors on (more); kept: share of its verdicts on the other 17 that stay the same (more).

PCA is probabilistic PCA, a linear VAE whose posterior is known, with as many components as ours has numbers.
"""

import argparse
import dataclasses
import time

import torch
from torch import Tensor, nn

import vaelab
from benchmarks import machine, tables
from tools import train_weights
from tools.face_judge import TEST, TRAIN, judged
from vaelab import losses, weights
from vaelab.data import ImageSet
from vaelab.models import VAE

NAMES = ("portrait-vae", "tds-face-vae")
TRIAL = 20  # batches that tell how fast a model trains


class _Affine(nn.Module):
    """Codes to pixels by one matrix: x = z W^T + mean, cut off at 0 and 1."""

    def __init__(self, weight: Tensor, mean: Tensor, shape: tuple[int, int, int]):
        super().__init__()
        self.linear, self.shape = nn.Linear(weight.shape[1], weight.shape[0]), shape
        self.linear.weight.data, self.linear.bias.data = weight, mean

    def forward(self, z: Tensor) -> Tensor:
        return self.linear(z).view(-1, *self.shape).clamp(0, 1)


@torch.no_grad()
def principal_components(images: ImageSet, latent_dim: int) -> VAE:
    """Probabilistic PCA as a VAE whose posterior is exact (Tipping and Bishop, 1999, equations 7 to 9)."""
    x = images.float().flatten(1)
    pixels, mean = x.shape[1], x.mean(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        _, spread, axes = torch.svd_lowrank(x - mean, q=2 * latent_dim, niter=3)
    variance = spread[:latent_dim].square() / len(x)
    noise = ((x - mean).square().sum(1).mean() - variance.sum()) / (pixels - latent_dim)
    weight = axes[:, :latent_dim] * (variance - noise).sqrt()
    model = VAE(
        nn.Flatten(),
        _Affine(weight, mean, images.shape),
        latent_dim,
        images.shape,
        losses.Gaussian(noise.sqrt().item()),
    )
    model.to_mu.weight.copy_((weight / variance).T)
    model.to_mu.bias.copy_(-model.to_mu.weight @ mean)
    model.to_log_var.weight.zero_()
    model.to_log_var.bias.copy_((noise / variance).log())
    return model.eval()


def trained_for(name: str, seconds: float) -> tuple[VAE, float]:
    """The recipe trained by its plan, with as many epochs as fit in `seconds`; and how long it took."""
    plan = train_weights.PLANS[name]
    trial = dataclasses.replace(plan, n=TRIAL * plan.fit["batch_size"], epochs=1, whitened_after=())
    _, history = train_weights.train(name, trial)
    epochs = max(1, round(seconds / history.seconds * trial.n / plan.n))
    stretch = epochs / plan.epochs
    whitened = tuple(sorted({max(1, round(epoch * stretch)) for epoch in plan.whitened_after}))
    model, history = train_weights.train(
        name, dataclasses.replace(plan, epochs=epochs, whitened_after=whitened)
    )
    return model, history.seconds


def contenders(seconds: float | None, train: ImageSet) -> dict[str, tuple[VAE, float]]:
    """Models and the seconds their training took."""
    if seconds:
        models = {name: trained_for(name, seconds) for name in NAMES}
    else:
        models = {name: (vaelab.pretrained(name), weights.card(name)["seconds"]) for name in NAMES}
    start = time.perf_counter()
    pca = principal_components(train, models[NAMES[0]][0].latent_dim)
    return models | {"PCA": (pca, time.perf_counter() - start)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=float, metavar="SECONDS", help="train both anew, so long each")
    seconds = parser.parse_args().train
    test = vaelab.load("portraits", size=64, n=TEST, split="test")
    train = vaelab.load("portraits", size=64, n=TRAIN)
    models = contenders(seconds, train)
    columns = {
        name: judged(model, train, test) | {"seconds of training": spent}
        for name, (model, spent) in models.items()
    }
    rows = [
        {"": row} | {name: f"{column[row]:.5g}" for name, column in columns.items()}
        for row in next(iter(columns.values()))
    ]
    here = machine.describe()
    print(machine.in_words(here), "\n")
    print(tables.markdown(rows))
    tables.save("faces", here, rows)


if __name__ == "__main__":
    main()
