"""What happened while training: the mean of each loss term, over a batch, an epoch, a whole set."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.nets import evaluating, widest

Terms = dict[str, float]


@dataclass
class History:
    """What happened while training.

    Attributes:
        device: where it ran.
        train: one dict of mean loss terms an epoch.
        validation: the same on the validation images, measured after each epoch.
        seconds: time spent training, over all resumed parts.
        interrupted: True if it was stopped before its last epoch.
        arithmetic: how it was computed, for instance "bf16, channels last: 1.9 times as fast here".
        kept_memory: True if this `fit` made the process' allocator keep freed memory.
    """

    device: str = ""
    train: list[Terms] = field(default_factory=list)
    validation: list[Terms] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False
    arithmetic: str = ""
    kept_memory: bool = False

    def __getitem__(self, term: str) -> list[float]:
        """One training term over the epochs, for instance `history["loss"]`."""
        return [epoch[term] for epoch in self.train]

    def __repr__(self) -> str:
        last = self.train[-1] if self.train else {}
        terms = ", ".join(f"{name} {value:.4g}" for name, value in last.items()) or "none"
        end = ", interrupted" if self.interrupted else ""
        epochs = f"{len(self.train)} epoch{'s' * (len(self.train) != 1)}"
        return f"History({epochs} on {self.device}, {self.seconds:.1f} s{end}; last: {terms})"


@dataclass
class RunningMean:
    """Running mean of named terms, weighted by batch size: a short last batch counts for what it is.

    The sums stay on the device, so adding does not make a GPU wait; reading does.
    """

    sums: dict[str, float | Tensor] = field(default_factory=dict)
    count: int = 0

    def add(self, terms: dict[str, Tensor], weight: int) -> None:
        for name, value in terms.items():
            wide = value.detach().to(widest(value.device))
            self.sums[name] = self.sums.get(name, 0.0) + wide * weight
        self.count += weight

    def totals(self) -> Terms:
        return {name: float(total) for name, total in self.sums.items()}

    def value(self) -> Terms:
        return {name: total / max(self.count, 1) for name, total in self.totals().items()}


@torch.no_grad()
def mean_terms(model: nn.Module, images: ImageSet | Tensor, batch_size: int = 256) -> Terms:
    """The model's loss terms averaged over all `images`, in evaluation mode, no gradients."""
    running = RunningMean()
    with evaluating(model):
        for x in ImageSet.some(images).batches(batch_size, next(model.parameters()).device):
            running.add(model.loss(x), len(x))  # type: ignore[operator]
    return running.value()
