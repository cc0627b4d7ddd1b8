"""`python -m benchmarks training`: our `fit` against a plain loop and against pythae's trainer.

The same network, the same pictures (drawn portraits), the same batch size and Adam, three ways. Ours has
`nets.LeakyReLU`; the two others have PyTorch's own, as their users would write it: the numbers are the same.

- **fit**: `vaelab.fit` on an array of bytes, with the arithmetic its probe chooses (made once, not timed: it
  costs a few per cent of any run long enough for it).
- **plain loop**: float32, a folder of JPEG files, torchvision's ImageFolder and a DataLoader, as the course's
  sources train.
- **pythae**: the trainer of C. Chadebec, L. Vincent and S. Allassonniere, "Pythae: Unifying Generative
  Autoencoders in Python", NeurIPS 2022, with the pictures in memory as floats.

Seconds are wall-clock seconds on all cores; each way has a process of its own and they take turns.

What bounds `fit`: all three leave the convolutions to PyTorch. "convolutions alone" is how many times as fast
as that way a program would be that spent no time on anything but convolutions and matrix products, in
float32: without units for bf16, an aim beyond it cannot be met on this machine. With them "at best" is the
bound: all multiplications at the best rate of large matrices.
"""

import importlib.metadata
import importlib.util
import logging
import os
import re
import tempfile
from pathlib import Path
from unittest import mock

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from torchvision import datasets, transforms

import vaelab
from benchmarks import contest, machine
from vaelab import recipes, speed

BATCH = 64
# recipe, size, pictures in a round, what the course aims at against the plain loop and against pythae
CASES = [
    ("tds-face-vae", 128, 640, 3.0, 2.5),
    ("tds-face-vae", 64, 2560, 1.8, 1.8),
    ("mayberay-faces-vae", 96, 384, 1.8, 1.8),
]


def table(rounds: int = 4, scale: float = 1.0) -> list[dict[str, object]]:
    """One row for each network and way. `scale` < 1 shortens the rounds, to see that it runs."""
    rows = []
    fp32 = machine.matrix_rate()
    bf16 = machine.matrix_rate(torch.bfloat16) if speed.bf16_is_fast(torch.device("cpu")) else 0.0
    for recipe, size, pictures, *aims in CASES:
        count = max(BATCH, int(pictures * scale) // BATCH * BATCH)
        with tempfile.TemporaryDirectory() as folder:
            write_pictures(Path(folder) / "pictures", size, count)
            rows += _rows(recipe, size, folder, count, rounds, (fp32, max(fp32, bf16)), aims)
    return rows


def _rows(recipe, size, folder, count, rounds, matrix_rates, aims) -> list[dict[str, object]]:
    fp32, best = matrix_rates
    ways = {"fit": (ours, (recipe, size, count)), "plain loop": (plain_loop, (recipe, size, folder))}
    if importlib.util.find_spec("pythae"):
        ways["pythae"] = (pythae_trainer, (recipe, size, count, folder))
    timings = contest.run(ways, rounds)
    work, alone = gigaflops(recipes.build(recipe, image_shape=(3, size, size))), products_rate(recipe, size)
    rows = []
    for name, timing in timings.items():
        ratio, low, high = timings["fit"].times_as_fast_as(timing)
        aim = dict(zip(("plain loop", "pythae"), aims, strict=True)).get(name)
        rows.append(
            {
                "network": f"{recipe} {size}",
                "way": name,
                "images/s": round(timing.rate),
                "CPU s / 1000 images": round(1000 * sum(timing.cpu_seconds) / sum(timing.images), 2),
                "peak MB": round(timing.peak_mb),
                "GFLOP/s": round(timing.rate * work),
                "of fp32 matrix rate": f"{timing.rate * work / fp32:.0%}",
                "fit is": f"{ratio:.2f}x [{low:.2f}, {high:.2f}]" if aim else "",
                "aim": f"{aim}x" if aim else "",
                "convolutions alone": f"{alone / timing.rate:.2f}x" if aim else "",
                "at best": f"{best / (timing.rate * work):.1f}x" if aim else "",
                "note": timing.note,
            }
        )
    return rows


def pictures(size: int, count: int) -> Tensor:
    """Drawn portraits, uint8. Larger sets repeat a thousand of them: only their number matters for speed."""
    drawn = vaelab.load("portraits", size=size, n=min(count, 1000)).images
    return drawn.repeat(-(-count // len(drawn)), 1, 1, 1)[:count]


def write_pictures(folder: Path, size: int, count: int) -> None:
    """A folder of JPEG files as ImageFolder wants it, with one class."""
    (folder / "faces").mkdir(parents=True)
    for i, picture in enumerate(pictures(size, count)):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(folder / "faces" / f"{i:06d}.jpg", quality=90)


def gigaflops(model: nn.Module) -> float:
    """Billions of multiplications and additions to train on one image."""
    x = torch.rand(2, *model.image_shape)
    with FlopCounterMode(display=False) as counter:
        model.loss(x)["loss"].backward()
    return counter.get_total_flops() / len(x) / 1e9


def products_rate(recipe: str, size: int, steps: int = 10) -> float:
    """Images a second if a float32 step were its convolutions and matrix products alone."""
    model, x = recipes.build(recipe, image_shape=(3, size, size)), pictures(size, BATCH).float() / 255
    speed.keep_freed_memory()
    for _ in range(3):  # to warm up
        model.loss(x)["loss"].backward()
    quiet = mock.patch.dict(os.environ, KINETO_LOG_LEVEL="99")  # it complains where there is no GPU
    with quiet, profile(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(steps):
            model.loss(x)["loss"].backward()
    microseconds = sum(
        row.self_cpu_time_total for row in seen.key_averages() if re.search(r"conv|::(add)?mm$", row.key)
    )
    return steps * BATCH / (microseconds / 1e6)


# ---- the three ways: each returns (a round of work, a note) ----


def ours(recipe: str, size: int, count: int):
    model = recipes.build(recipe, image_shape=(3, size, size))
    images = vaelab.ImageSet(pictures(size, count))
    speed.keep_freed_memory()  # `fit` does this on a CPU; the probe should see its effect
    plan = speed.choose(model, images.float(slice(0, BATCH)), steps=10_000)

    def work() -> int:
        vaelab.fit(
            model,
            images,
            epochs=1,
            batch_size=BATCH,
            device="cpu",
            precision=plan.precision,
            channels_last=plan.channels_last,
        )
        return count

    return work, plan.reason


def as_pytorch_has_it(recipe: str, size: int) -> nn.Module:
    """The recipe's network with PyTorch's own LeakyReLU."""
    model = recipes.build(recipe, image_shape=(3, size, size))
    for part in model.modules():
        for name, child in part.named_children():
            if isinstance(child, nn.LeakyReLU):
                setattr(part, name, nn.LeakyReLU(child.negative_slope))
    return model


def source_loss(recipe: str, model: nn.Module, x: Tensor) -> Tensor:
    """The loss as the recipe's source writes it."""
    features = model.encoder(x)
    mu, log_var = model.to_mu(features), model.to_log_var(features)
    x_hat = model.decoder(mu + torch.exp(0.5 * log_var) * torch.randn_like(mu))
    kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), dim=1).mean()
    if recipe == "tds-face-vae":
        return 10_000 * F.mse_loss(x_hat, x) + kl
    return F.mse_loss(x_hat, x, reduction="sum") / len(x) + kl


def plain_loop(recipe: str, size: int, folder: str):
    model = as_pytorch_has_it(recipe, size)
    loader = DataLoader(
        datasets.ImageFolder(f"{folder}/pictures", transforms.ToTensor()), batch_size=BATCH, shuffle=True
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def work() -> int:
        model.train()
        for x, _ in loader:
            optimizer.zero_grad()
            source_loss(recipe, model, x).backward()
            optimizer.step()
        return len(loader.dataset)

    return work, "fp32, JPEG files, ImageFolder"


def pythae_trainer(recipe: str, size: int, count: int, folder: str):
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    class Encoder(BaseEncoder):
        def __init__(self, model):
            super().__init__()
            self.encoder, self.to_mu, self.to_log_var = model.encoder, model.to_mu, model.to_log_var

        def forward(self, x):
            features = self.encoder(x)
            return ModelOutput(embedding=self.to_mu(features), log_covariance=self.to_log_var(features))

    class Decoder(BaseDecoder):
        def __init__(self, model):
            super().__init__()
            self.decoder = model.decoder

        def forward(self, z):
            return ModelOutput(reconstruction=self.decoder(z))

    logging.disable(logging.INFO)
    model = as_pytorch_has_it(recipe, size)
    config = VAEConfig(input_dim=model.image_shape, latent_dim=model.latent_dim, reconstruction_loss="mse")
    x = pictures(size, count).float() / 255
    trainer = BaseTrainer(
        VAE(config, encoder=Encoder(model), decoder=Decoder(model)),
        train_dataset=BaseDataset(x, torch.zeros(count)),
        training_config=BaseTrainerConfig(
            output_dir=f"{folder}/pythae", per_device_train_batch_size=BATCH, learning_rate=1e-3, no_cuda=True
        ),
    )
    trainer.prepare_training()
    settings = {"training_config": trainer.training_config}
    trainer.callback_handler.on_train_begin(**settings, model_config=trainer.model_config)
    epochs = iter(range(1, 10**6))

    def work() -> int:
        epoch = next(epochs)
        loaders = {"train_loader": trainer.train_loader, "eval_loader": None}
        trainer.callback_handler.on_epoch_begin(**settings, epoch=epoch, **loaders)
        trainer.train_step(epoch)
        return count

    return work, f"pythae {importlib.metadata.version('pythae')}, fp32, floats in memory"
