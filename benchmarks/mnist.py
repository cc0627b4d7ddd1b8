"""`python -m benchmarks.mnist`: log-likelihood on statically binarised MNIST, against published numbers.

    python -m benchmarks.mnist                       # downloads 3 files, 38 MB zipped or 112 MB plain
    python -m benchmarks.mnist --stand-in --epochs 2 # drawn digits instead: to see that it runs

Published, static binarisation, estimated with 200 or more importance samples (nats, lower is better): VAE
89.9 and IWAE with 50 samples 87.1, as pythae's reproducibility page quotes them. Other binarisations (a new
draw each epoch) are about 2 nats easier and must not be compared.

The data are the fixed black-and-white images of Larochelle and Murray, "The Neural Autoregressive
Distribution Estimator", AISTATS 2011: 50,000 for training, 10,000 for validation, 10,000 for testing. The
network is the recipe "residual-mlp-vae" with 2 blocks of 512 and 32 latent dimensions, trained on the ELBO;
the weights with the best validation ELBO are kept, and the test images are looked at once.
"""

import argparse
import copy
import os
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import torch

import vaelab
from benchmarks import machine, tables
from vaelab import evaluation, recipes
from vaelab.data.places import cache_dir

SOURCE = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/binarized_mnist_{}.amat"
FILES = {"train": "train", "validation": "valid", "test": "test"}
PUBLISHED = {"VAE, published": 89.9, "IWAE-50, published": 87.1}


def binarised_mnist(split: str) -> vaelab.ImageSet:
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


def stand_in(split: str) -> vaelab.ImageSet:
    """Drawn digits, each pixel tossed once: white with the probability that its grey says."""
    grey = vaelab.load("digits", split=split, n={"train": 2_000}.get(split, 200)).float()
    white = torch.rand(grey.shape, generator=torch.Generator().manual_seed(len(grey))) < grey
    return vaelab.ImageSet(white.to(torch.uint8) * 255, name="binarised digits")


def table(data, epochs: int, samples: int, seed: int = 0) -> list[dict[str, object]]:
    """Train, keep the best on validation, and bound log p(x) of the test images."""
    train, validation, test = (data(split) for split in FILES)
    model = recipes.build("residual-mlp-vae", seed=seed, hidden=512, blocks=2, latent_dim=32)
    best = {"loss": float("inf")}

    def keep_best(epoch: int, history: vaelab.History) -> None:
        loss = history.validation[-1]["loss"]
        if loss < best["loss"]:
            best.update(loss=loss, epoch=epoch, weights=copy.deepcopy(model.state_dict()))

    settings = {"lr": 2e-3, "schedule": "cosine", "seed": seed}
    history = vaelab.fit(
        model, train, epochs=epochs, validation=validation, after_epoch=keep_best, **settings
    )
    model.load_state_dict(best["weights"])
    elbo = evaluation.evaluate(model, test)["elbo"]
    bound = evaluation.importance_weighted_bound(model, test, samples=samples).mean().item()
    rows = [
        {
            "model": f"ours, {len(train):,} {train.name}, epoch {best['epoch']} of {epochs}",
            "-ELBO, nats": f"{-elbo:.2f}",
            f"-log p(x), {samples} samples": f"{-bound:.2f}",
            "seconds": round(history.seconds),
        }
    ]
    if data is binarised_mnist:
        rows += [{"model": name, f"-log p(x), {samples} samples": v} for name, v in PUBLISHED.items()]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mnist",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--samples", type=int, default=1_000, help="importance samples (default: 1000)")
    parser.add_argument("--stand-in", action="store_true", help="drawn digits: no download, no comparison")
    chosen = parser.parse_args()
    described = machine.describe()
    print(machine.in_words(described))
    rows = table(stand_in if chosen.stand_in else binarised_mnist, chosen.epochs, chosen.samples)
    print(tables.markdown(rows))
    if not chosen.stand_in:
        print(tables.save("mnist", described, rows))


if __name__ == "__main__":
    main()
