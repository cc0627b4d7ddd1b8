"""`fit`: the training loop of the course, in one screen."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import torch
from accelerate import Accelerator
from torch import nn

from vaelab.data import ImageSet
from vaelab.devices import device as find_device
from vaelab.errors import DataError, ShapeError, TrainingDivergedError
from vaelab.progress import progress

Terms = dict[str, float]


@dataclass
class History:
    """What happened while training: the mean of each loss term, epoch by epoch."""

    device: str
    train: list[Terms] = field(default_factory=list)
    validation: list[Terms] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    def __getitem__(self, term: str) -> list[float]:
        """One training term over the epochs, for instance `history["loss"]`."""
        return [epoch[term] for epoch in self.train]

    def __repr__(self) -> str:
        last = self.train[-1] if self.train else {}
        terms = ", ".join(f"{name} {value:.4g}" for name, value in last.items()) or "none"
        end = ", interrupted" if self.interrupted else ""
        return f"History({len(self.train)} epochs on {self.device}, {self.seconds:.1f} s{end}; last: {terms})"


def fit(
    model: nn.Module,
    images: ImageSet,
    *,
    epochs: int,
    batch_size: int = 128,
    lr: float = 1e-3,
    validation: ImageSet | None = None,
    seed: int = 0,
    device: str | torch.device | None = None,
    after_epoch: Callable[[int, History], None] | None = None,
) -> History:
    """Train `model` on `images` with Adam (Kingma and Ba, ICLR 2015), in place.

    Interrupting (Ctrl-C, or the stop button) ends training at once and keeps what was learned so far. The
    same seed gives the same result on the same machine; PyTorch's own random state is left as it was.

    Args:
        model: has `loss(x) -> dict` of scalar tensors, with "loss" the one to make small.
        images: what to learn from.
        epochs: how many times to go through them, at least 1.
        batch_size: images a step.
        lr: Adam's step size.
        validation: images to measure the same terms on after each epoch, in evaluation mode.
        seed: of the batch order and of the draws from the posterior.
        device: "cpu", "cuda", ...; None takes `vaelab.device()`.
        after_epoch: called as after_epoch(epoch, history), epochs counted from 1, to draw or log something.

    Returns:
        The `History`. The model stays on `device`, in evaluation mode.

    Raises:
        ValueError: epochs, batch size or step size out of range.
        DataError, ShapeError: pictures that do not fit the model.
        TrainingDivergedError: the loss became NaN or infinite; the weights are those before that step.
    """
    _check_arguments(model, images, validation, epochs, batch_size, lr)
    device = find_device(device)
    # The reader chooses the device, so accelerate need not place anything.
    accelerator = Accelerator(device_placement=False)
    optimizer = torch.optim.Adam(model.to(device).parameters(), lr=lr)
    model, optimizer = accelerator.prepare(model, optimizer)
    history, start = History(str(device)), perf_counter()
    steps = -(-len(images) // batch_size)
    with _seeded(seed, device), progress(total=epochs * steps, desc="Training", unit="step") as bar:
        try:
            for epoch in range(1, epochs + 1):
                model.train()
                running = _Mean()
                for x in images.batches(batch_size, device, shuffle=True, seed=seed + epoch):
                    terms = model.loss(x)
                    _check_finite(terms, bar.n + 1, lr)
                    optimizer.zero_grad()
                    accelerator.backward(terms["loss"])
                    optimizer.step()
                    running.add(terms, len(x))
                    bar.update()
                    bar.set_postfix(epoch=epoch, **running.shown())
                history.train.append(running.value())
                if validation is not None:
                    history.validation.append(mean_terms(model, validation, batch_size))
                if after_epoch is not None:
                    after_epoch(epoch, history)
        except KeyboardInterrupt:
            history.interrupted = True
            bar.write(f"Interrupted after step {bar.n} of {bar.total}: the model keeps what it has learned.")
    model.eval()
    history.seconds = perf_counter() - start
    return history


@torch.no_grad()
def mean_terms(model: nn.Module, images: ImageSet, batch_size: int = 256) -> Terms:
    """The model's loss terms averaged over all `images`, in evaluation mode, no gradients."""
    training = model.training
    model.eval()
    running = _Mean()
    for x in images.batches(batch_size, next(model.parameters()).device):
        running.add(model.loss(x), len(x))
    model.train(training)
    return running.value()


class _Mean:
    """Running mean of named terms, weighted by batch size: a short last batch counts for what it is."""

    def __init__(self):
        self.sums, self.count = {}, 0

    def add(self, terms: dict[str, torch.Tensor], weight: int) -> None:
        for name, value in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.item() * weight
        self.count += weight

    def value(self) -> Terms:
        return {name: total / self.count for name, total in self.sums.items()}

    def shown(self) -> dict[str, str]:
        return {name: f"{value:.4g}" for name, value in self.value().items()}


@contextmanager
def _seeded(seed: int, device: torch.device):
    """A random state of its own, seeded; the one outside is put back afterwards."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _check_arguments(model, images, validation, epochs, batch_size, lr) -> None:
    if not isinstance(images, ImageSet):
        raise DataError(f"fit takes an ImageSet, as vaelab.load gives it, not {type(images).__name__}.")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, not {epochs}: with none, nothing would be learned.")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}.")
    if not lr > 0:
        raise ValueError(f"lr, the step size, must be greater than 0, not {lr}. 1e-3 is a good start.")
    for pictures in (images, validation):
        if pictures is not None and len(pictures) == 0:
            raise DataError("The ImageSet is empty: there is nothing to learn from.")
        if pictures is not None and pictures.shape != getattr(model, "image_shape", pictures.shape):
            raise ShapeError(
                f"{pictures!r} does not fit a model for images of shape {model.image_shape}: load it with "
                f"size={model.image_shape[1]}, or build the model with image_shape={pictures.shape}."
            )


def _check_finite(terms: dict[str, torch.Tensor], step: int, lr: float) -> None:
    if not torch.isfinite(terms["loss"]):
        values = ", ".join(f"{name} = {value.item():.4g}" for name, value in terms.items())
        raise TrainingDivergedError(
            f"Training stopped at step {step}: {values}. The weights are those before this step. "
            f"A smaller step size than lr={lr:g} usually helps; so does a look at log_var, whose exponential "
            "overflows first."
        )
