"""Loss terms: their running mean, and their mean over a whole set."""

import torch
from torch import nn

from vaelab.data import ImageSet

Terms = dict[str, float]


class RunningMean:
    """Running mean of named terms, weighted by batch size: a short last batch counts for what it is.

    The sums stay on the device, so adding does not make a GPU wait; reading does.
    """

    def __init__(self, sums: Terms | None = None, count: int = 0):
        self.sums, self.count = dict(sums or {}), count

    def add(self, terms: dict[str, torch.Tensor], weight: int) -> None:
        for name, value in terms.items():
            wide = torch.float32 if value.device.type == "mps" else torch.float64  # MPS has no float64
            self.sums[name] = self.sums.get(name, 0.0) + value.detach().to(wide) * weight
        self.count += weight

    def totals(self) -> Terms:
        return {name: float(total) for name, total in self.sums.items()}

    def value(self) -> Terms:
        return {name: total / self.count for name, total in self.totals().items()}

    def shown(self) -> dict[str, str]:
        return {name: f"{value:.4g}" for name, value in self.value().items()}


@torch.no_grad()
def mean_terms(model: nn.Module, images: ImageSet, batch_size: int = 256) -> Terms:
    """The model's loss terms averaged over all `images`, in evaluation mode, no gradients."""
    training = model.training
    model.eval()
    running = RunningMean()
    for x in images.batches(batch_size, next(model.parameters()).device):
        running.add(model.loss(x), len(x))
    model.train(training)
    return running.value()
