"""The VAE of the lab (`explorers.lab`) in PyTorch: what the page must equal, and its measure of speed."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Peer(nn.Module):
    """A VAE inputs - hidden - latent - hidden - inputs of dense layers.

    Its parameters are in the order of `trainer.weights()` in the page.
    """

    def __init__(self, inputs: int, hidden: Sequence[int], latent: int, slope: float = 0.0):
        super().__init__()
        self.slope = slope
        self.encoder = self._chain([inputs, *hidden])
        self.to_mu, self.to_log_var = (nn.Linear(hidden[-1], latent) for _ in range(2))
        self.decoder = self._chain([latent, *reversed(hidden), inputs])

    @staticmethod
    def _chain(widths: Sequence[int]) -> nn.ModuleList:
        return nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log-variances, (N, latent) each."""
        for layer in self.encoder:
            x = F.leaky_relu(layer(x), self.slope)
        return self.to_mu(x), self.to_log_var(x)

    def forward(self, x: Tensor, eps: Tensor, option: dict | None = None, middle: Tensor | float = 0.0):
        """Loss, reconstruction term and KL, nats a picture, with the lab's switches (`OBJECTIVE` in vae.js).

        Args:
            x: pictures, (N, inputs), in [0, 1].
            eps: noise, (N, latent).
            option: what differs from the plain VAE's objective.
            middle: is taken from each picture before it is encoded, (inputs,).
        """
        o = {"sigma": 0.1, "beta": 1.0, "likelihood": "bernoulli"} | (option or {})
        mu, log_var = self.encode(x - middle)
        sigma = torch.exp(log_var if o.get("sigmaSlip") else log_var / 2)
        z = mu + sigma * eps if o.get("noise", True) else mu
        if o.get("cutSlip"):
            z = z.detach()
        for layer in self.decoder[:-1]:
            z = F.leaky_relu(layer(z), self.slope)
        y = self.decoder[-1](z)
        if o["likelihood"] == "bernoulli":
            error = F.binary_cross_entropy_with_logits(y, x, reduction="sum") / len(x)
        else:
            squares = ((y - x) / o["sigma"]).square().sum(1).mean() / 2
            error = squares + x.shape[1] * math.log(o["sigma"] * math.sqrt(2 * math.pi))
        kl = 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum(1)
        price = o["beta"] * (kl.sum() if o.get("batchSlip") else kl.mean())
        loss = error / x.shape[1] if o.get("pixelSlip") else error
        return (loss + price if o.get("price", True) else loss), error, kl.mean()


def train(
    peer: Peer, batches: Iterable[tuple[Tensor, Tensor, dict]], rate: float, middle: Tensor | float = 0.0
) -> tuple[list[float], Tensor]:
    """A step of Adam on each (x, eps, option): all losses, and the first step's gradients in one row."""
    adam, losses, gradients = torch.optim.Adam(peer.parameters(), lr=rate), [], None
    for x, eps, option in batches:
        loss, *_ = peer(x, eps, option, middle)
        adam.zero_grad()
        loss.backward()
        if gradients is None:
            gradients = torch.cat(
                [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in peer.parameters()]
            )
        adam.step()
        losses.append(loss.item())
    return losses, gradients
