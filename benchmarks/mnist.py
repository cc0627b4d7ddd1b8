"""`python -m benchmarks.mnist`: log-likelihood on binarised MNIST, beside published numbers.

    python -m benchmarks.mnist                            # all of it; again the same, after a break
    python -m benchmarks.mnist --binarise once            # the training images tossed once
    python -m benchmarks.mnist --binarise published       # downloads 3 files, 38 MB zipped or 112 MB plain
    python -m benchmarks.mnist --few --epochs 1 --samples 5     # 2,000 images: to see that it runs
    python -m benchmarks.mnist --stand-in --epochs 2      # drawn digits instead: needs no data

A grey of MNIST is read as the probability that its pixel is white. There are three ways to toss, and only
numbers of the same way may be compared (nats, lower is better):

- `each`: the training images anew each time they are seen, as Burda, Grosse and Salakhutdinov do
  ("Importance Weighted Autoencoders", ICLR 2016, table 1, one stochastic layer: VAE 86.76, IWAE with 50
  samples 84.78). About 2 nats easier than the others.
- `once`: the training images too are tossed once.
- `published`: the fixed black-and-white images of Larochelle and Murray, "The Neural Autoregressive
  Distribution Estimator", AISTATS 2011: 50,000 for training, 10,000 for validation, 10,000 for testing.
  Published for these, with 200 or more importance samples, as pythae's reproducibility page quotes them: VAE
  89.9 (Rezende and Mohamed, "Variational inference with normalizing flows", ICML 2015), IWAE-50 87.1.

Validation and test images are tossed once, with a fixed seed. `each` and `once` learn from 55,000 images and
keep 5,000 for validation, where Burda et al. learn from all 60,000. The network and the schedule are not
theirs: the recipe "residual-mlp-vae" with 2 blocks of 512 and 32 latent dimensions, trained on the ELBO by
Adam, with a step size that falls along a cosine. The weights with the best validation ELBO are taken, and the
test images are looked at once.
"""

import argparse
import os
import shutil
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import vaelab
from benchmarks import machine, tables
from tools.whole import whole
from vaelab import evaluation, recipes, weights
from vaelab.data.places import cache_dir
from vaelab.data.splits import SPLITS
from vaelab.training.checkpoints import Checkpoints

SOURCE = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/binarized_mnist_{}.amat"
FILES = {"train": "train", "validation": "valid", "test": "test"}
_FIXED = {"VAE, published": 89.9, "IWAE-50, published": 87.1}
PUBLISHED = {
    "each": {"VAE, published": 86.76, "IWAE-50, published": 84.78},
    "once": _FIXED,
    "published": _FIXED,
}
RUNS = Path("runs")


def toss(grey: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each pixel white (1.0) with the probability that its grey, from 0 to 1, says, else black (0.0)."""
    return (torch.rand(grey.shape, generator=generator, device=grey.device) < grey).to(grey.dtype)


def tossed_once(grey: vaelab.ImageSet, name: str, seed: int) -> vaelab.ImageSet:
    """Black-and-white pictures, the same for the same seed."""
    white = toss(grey.float(), torch.Generator().manual_seed(seed))
    return vaelab.ImageSet(white.to(torch.uint8) * 255, name=name)


def mnist(split: str, binarise: str = "each", n: int | None = None) -> vaelab.ImageSet:
    """MNIST, black and white; the training images stay grey where each use tosses them anew."""
    grey = vaelab.load("mnist", split=split, n=n)
    if split == "train" and binarise == "each":
        return grey
    return tossed_once(grey, "MNIST, tossed once", seed=SPLITS.index(split))


def published_mnist(split: str) -> vaelab.ImageSet:
    """The fixed black-and-white images; downloaded once into the cache, kept there as bits."""
    packed = cache_dir() / "binarized_mnist" / f"{split}.npy"
    if not packed.exists():
        _store(_download(SOURCE.format(FILES[split])), packed)
    pixels = np.unpackbits(np.load(packed), axis=1).reshape(-1, 1, 28, 28) * 255
    return vaelab.ImageSet(torch.from_numpy(pixels), name="binarised MNIST")


def _download(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, TimeoutError) as error:
        raise SystemExit(
            f"{url} cannot be read ({error}). Try again with a network, or see that the command "
            "runs with --stand-in."
        ) from error


def _store(text: str, path: Path) -> None:
    """A line an image, 784 numbers of 0 or 1, to a file of bits."""
    pixels = np.array(text.split(), dtype=np.uint8).reshape(-1, 784)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.{os.getpid()}.npy")
    np.save(partial, np.packbits(pixels, axis=1))
    os.replace(partial, path)


def stand_in(split: str, binarise: str = "each") -> vaelab.ImageSet:
    """Drawn digits, treated as `mnist` treats MNIST's."""
    grey = vaelab.load("digits", split=split, n={"train": 2_000}.get(split, 200))
    if split == "train" and binarise == "each":
        return grey
    return tossed_once(grey, "binarised digits", seed=SPLITS.index(split))


def table(data, epochs: int, samples: int, run: Path, each: bool, seed: int = 0) -> list[dict[str, object]]:
    """Train, or go on with what is in the folder `run`; bound log p(x) of the test images.

    Args:
        data: data(split) gives the pictures.
        epochs: in all, those of earlier runs in this folder included.
        samples: importance samples an image.
        run: folder for the checkpoints, of which the best on validation is measured.
        each: whether training pictures are grey, and tossed each time they are seen.
    """
    train, validation, test = (data(split) for split in SPLITS)
    model = recipes.build("residual-mlp-vae", seed=seed, hidden=512, blocks=2, latent_dim=32)
    store = Checkpoints(run)
    history = vaelab.fit(
        model,
        train,
        epochs=epochs,
        validation=validation,
        augment=toss if each else None,
        lr=2e-3,
        schedule="cosine",
        seed=seed,
        precision="fp32",
        checkpoints=store,
        resume=True,
    )
    whole(history)
    best = store.best()
    model = weights.load(best / "model.safetensors")
    elbo = evaluation.evaluate(model, test)["elbo"]
    bound = evaluation.importance_weighted_bound(model, test, samples=samples).mean().item()
    return [
        {
            "model": f"ours, {len(train):,} {train.name}, {best.name} of {epochs}",
            "-ELBO, nats": f"{-elbo:.2f}",
            f"-log p(x), {samples} samples": f"{-bound:.2f}",
            "seconds": round(history.seconds),
        }
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mnist",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--binarise", choices=list(PUBLISHED), default="each")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--samples", type=int, default=1_000, help="importance samples (default: 1000)")
    parser.add_argument("--few", action="store_true", help="2,000 images of each split: no comparison")
    parser.add_argument("--stand-in", action="store_true", help="drawn digits: no data, no comparison")
    parser.add_argument("--out", type=Path, help="folder for checkpoints (default: runs/mnist-<binarise>)")
    parser.add_argument("--fresh", action="store_true", help="begin anew: delete what is in that folder")
    chosen = parser.parse_args()
    comparable = not (chosen.stand_in or chosen.few)
    described = machine.describe()
    print(machine.in_words(described))
    if chosen.stand_in:
        data = partial(stand_in, binarise=chosen.binarise)
    elif chosen.binarise == "published":
        data = published_mnist
    else:
        data = partial(mnist, binarise=chosen.binarise, n=2_000 if chosen.few else None)
    mark = "" if comparable else "-stand-in" if chosen.stand_in else "-few"
    run = chosen.out or RUNS / f"mnist-{chosen.binarise}{mark}"
    if chosen.fresh:
        shutil.rmtree(run, ignore_errors=True)
    rows = table(data, chosen.epochs, chosen.samples, run, each=chosen.binarise == "each")
    if comparable:
        measured = f"-log p(x), {chosen.samples} samples"
        rows += [{"model": name, measured: value} for name, value in PUBLISHED[chosen.binarise].items()]
    print(tables.markdown(rows))
    if comparable:
        print(tables.save(f"mnist-{chosen.binarise}", described, rows))


if __name__ == "__main__":
    main()
