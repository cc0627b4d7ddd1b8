"""`python -m benchmarks fashion`: what a network learns on Fashion-MNIST in a given CPU time.

The measure is the mean negative ELBO on the 10,000 test images, in nats, one draw an image; targets are grey.
The budget is the CPU time that PyTorch's example takes for its 10 epochs on this machine, one thread, tests
left out. Everyone trains on all 60,000 training images:

- **example**: the VAE of pytorch/examples (vae/main.py), network, loop, loader and settings as there.
- **pythae**: pythae's default fully connected VAE (512 hidden), with the example's code size, batch and Adam.
- **ours**: the recipe "residual-mlp-vae" through `vaelab.fit`.

Ours was chosen among `CANDIDATES` by its validation score: `python -m benchmarks.fashion` shows that table
(train and validation split only).
"""

import copy
import importlib.util
import logging
import math
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.functional import to_tensor

import vaelab
from benchmarks import machine, tables
from tools.whole import whole
from vaelab import losses, nets, recipes, speed

RECIPE = "residual-mlp-vae"
EXAMPLE_EPOCHS, EXAMPLE_BATCH, LATENT_DIM = 10, 128, 20
AIM = 238.0  # nats, in the example's time
# What was tried: changes to the recipe, batch size, step size. The first is the chosen one.
CANDIDATES = [
    ({"hidden": 384, "blocks": 2}, 128, 4e-3),
    ({"hidden": 384, "blocks": 1}, 128, 4e-3),
    ({"hidden": 384, "blocks": 3}, 128, 4e-3),
    ({"hidden": 512, "blocks": 1}, 128, 4e-3),
    ({"hidden": 512, "blocks": 1}, 256, 4e-3),
    ({"hidden": 400, "blocks": 0}, 128, 4e-3),
]
Result = tuple[float, float, float]  # nats, CPU seconds, epochs


def table(seeds: int = 3, epochs: int = EXAMPLE_EPOCHS) -> list[dict[str, object]]:
    """One row for each contestant: nats (mean, and each seed's), CPU seconds, epochs."""
    with _one_thread_each() as pool:
        example = list(pool.map(train_example, range(seeds), [epochs] * seeds))
        budgets = [seconds for _, seconds, _ in example]
        ours = pool.map(train_ours, range(seeds), budgets)
        results = {"example": example}
        if importlib.util.find_spec("pythae"):
            results["pythae"] = pool.map(train_pythae, range(seeds), budgets)
        results["ours"] = ours
        results = {name: list(r) for name, r in results.items()}
    base = statistics.mean(nats for nats, _, _ in results["example"])
    return [_row(name, r, base) for name, r in results.items()]


def _row(name: str, results: list[Result], base: float) -> dict[str, object]:
    nats, seconds, epochs = zip(*results, strict=True)
    mean = statistics.mean(nats)
    return {
        "VAE": name,
        "test -ELBO, nats": f"{mean:.2f}",
        "each seed": ", ".join(f"{n:.2f}" for n in nats),
        "against the example": f"{mean - base:+.2f}",
        "CPU s": f"{statistics.mean(seconds):.0f}",
        "epochs": f"{statistics.mean(epochs):.1f}",
        "aim": f"{AIM:g}" if name == "ours" else "",
    }


def choice(cpu_seconds: float = 110.0) -> list[dict[str, object]]:
    """Validation score of every candidate, each trained for the same CPU time on the train split."""
    with _one_thread_each() as pool:
        jobs = [pool.submit(train_ours, 0, cpu_seconds, c, "validation") for c in CANDIDATES]
        results = [job.result() for job in jobs]
    return [
        {
            "recipe": f"{RECIPE} {changes}",
            "batch": batch,
            "lr": lr,
            "validation -ELBO, nats": f"{nats:.2f}",
            "CPU s": round(seconds),
            "epochs": epochs,
        }
        for (changes, batch, lr), (nats, seconds, epochs) in zip(CANDIDATES, results, strict=True)
    ]


def _one_thread_each() -> ProcessPoolExecutor:
    """Processes with one thread, so that CPU seconds are comparable; a new one for each job."""
    return ProcessPoolExecutor(
        max_workers=torch.get_num_threads(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=torch.set_num_threads,
        initargs=(1,),
        max_tasks_per_child=1,
    )


def images(held_out: str) -> tuple[vaelab.ImageSet, vaelab.ImageSet]:
    """What to train on and what to score on: ("validation") 55,000 and 5,000, ("test") 60,000 and 10,000."""
    train, scored = vaelab.load("fashion_mnist"), vaelab.load("fashion_mnist", split=held_out)
    if held_out == "test":
        more = vaelab.load("fashion_mnist", split="validation")
        train = vaelab.ImageSet(torch.cat([train.images, more.images]))
    return train, scored


@torch.no_grad()
def negative_elbo(
    encode: Callable[[Tensor], tuple[Tensor, Tensor]], decode: Callable[[Tensor], Tensor], scored
) -> float:
    """Mean over `scored` of -ELBO in nats, one draw an image, the same noise for everyone."""
    torch.manual_seed(0)
    total = 0.0
    for x in scored.batches(500):
        mu, log_var = encode(x)
        x_hat = decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu)).view_as(x)
        total += nets.exact(losses.bce(x, x_hat) + losses.gaussian_kl(mu, log_var)).sum().item()
    return total / len(scored)


# ---- ours ----


def train_ours(seed: int, budget: float, candidate=CANDIDATES[0], held_out: str = "test") -> Result:
    """As many epochs of `fit` as the budget of CPU seconds holds, the learning rate falling to 0."""
    changes, batch_size, lr = candidate
    train, scored = images(held_out)
    model = recipes.build(RECIPE, seed=seed, **changes)
    fast = speed.bf16_is_fast(torch.device("cpu"))
    settings = {"batch_size": batch_size, "lr": lr, "device": "cpu", "precision": "bf16" if fast else "fp32"}
    part = train[:12_800]
    probe = copy.deepcopy(model)

    def fit(model: nn.Module, pictures: vaelab.ImageSet, **more) -> float:
        return _cpu_seconds(lambda: whole(vaelab.fit(model, pictures, **settings, **more)))

    fit(probe, part, epochs=1)  # the first pays for starting up
    tries = [fit(probe, part, epochs=1) for _ in range(3)]
    epochs = max(1, math.floor(budget / (statistics.median(tries) * len(train) / len(part))))
    seconds = fit(model, train, epochs=epochs, seed=seed, schedule="cosine")
    return negative_elbo(model.encode, model.decode, scored), seconds, epochs


def _cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


# ---- PyTorch's example ----


class ExampleVAE(nn.Module):
    """784 - 400 - 20 - 400 - 784, as in pytorch/examples, vae/main.py (BSD-3-Clause)."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21, self.fc22 = nn.Linear(400, LATENT_DIM), nn.Linear(400, LATENT_DIM)
        self.fc3, self.fc4 = nn.Linear(LATENT_DIM, 400), nn.Linear(400, 784)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = F.relu(self.fc1(x.view(-1, 784)))
        return self.fc21(h), self.fc22(h)

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def loss(self, x: Tensor) -> Tensor:
        mu, log_var = self.encode(x)
        x_hat = self.decode(mu + torch.exp(0.5 * log_var) * torch.randn_like(mu))
        bce = F.binary_cross_entropy(x_hat, x.view(-1, 784), reduction="sum")
        return bce - 0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())


class AsTorchvision(Dataset):
    """What torchvision's FashionMNIST with ToTensor does for each picture, from the same bytes."""

    def __init__(self, pictures: vaelab.ImageSet):
        self.bytes = pictures.images[:, 0].numpy()

    def __len__(self) -> int:
        return len(self.bytes)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return to_tensor(Image.fromarray(self.bytes[index])), 0


def train_example(seed: int, epochs: int) -> Result:
    train, scored = images("test")
    torch.manual_seed(seed)
    model = ExampleVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = DataLoader(AsTorchvision(train), batch_size=EXAMPLE_BATCH, shuffle=True)

    def run() -> None:
        for _ in range(epochs):
            for x, _ in loader:
                optimizer.zero_grad()
                loss = model.loss(x)
                loss.backward()
                loss.item()
                optimizer.step()

    seconds = _cpu_seconds(run)
    return negative_elbo(model.encode, model.decode, scored), seconds, epochs


# ---- pythae ----


def train_pythae(seed: int, budget: float) -> Result:
    """As many epochs of pythae's trainer as the budget of CPU seconds holds."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    logging.disable(logging.INFO)
    train, scored = images("test")
    torch.manual_seed(seed)
    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=LATENT_DIM, reconstruction_loss="bce"))
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder,
            per_device_train_batch_size=EXAMPLE_BATCH,
            learning_rate=1e-3,
            no_cuda=True,
            seed=seed,
        )
        trainer = BaseTrainer(model, BaseDataset(train.float(), torch.zeros(len(train))), None, config)
        trainer.prepare_training()
        callbacks = trainer.callback_handler
        callbacks.on_train_begin(training_config=config, model_config=trainer.model_config)
        start, epochs, longest = time.process_time(), 0, 0.0
        while (used := time.process_time() - start) + longest <= budget:
            epochs += 1
            callbacks.on_epoch_begin(
                training_config=config, epoch=epochs, train_loader=trainer.train_loader, eval_loader=None
            )
            trainer.train_step(epochs)
            longest = max(longest, time.process_time() - start - used)
        seconds = time.process_time() - start
    model.eval()

    def encode(x: Tensor) -> tuple[Tensor, Tensor]:
        code = model.encoder(x)
        return code.embedding, code.log_covariance

    return negative_elbo(encode, lambda z: model.decoder(z).reconstruction, scored), seconds, epochs


if __name__ == "__main__":
    rows = choice()
    print(tables.markdown(rows))
    print(tables.save("fashion_choice", machine.describe(), rows))
