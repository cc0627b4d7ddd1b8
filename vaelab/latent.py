"""Moving about in latent space: encode a set, decode points, walk between codes."""

import torch
from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.errors import ShapeError
from vaelab.models import VAE


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are."""
    return next(model.parameters()).device


@torch.no_grad()
def encode(model: nn.Module, images: ImageSet, batch_size: int = 256) -> Tensor | tuple[Tensor, Tensor]:
    """The codes of all `images`, in evaluation mode, on the CPU.

    Returns:
        For a `VAE`, the posterior's (mu, log_var), (N, latent_dim) each; else codes, (N, latent_dim).
    """
    model.eval()
    codes = [model.encode(x) for x in images.batches(batch_size, device_of(model))]
    if isinstance(model, VAE):
        return tuple(torch.cat(part).cpu() for part in zip(*codes, strict=True))
    return torch.cat(codes).cpu()


@torch.no_grad()
def decode(model: nn.Module, z: Tensor, batch_size: int = 256) -> Tensor:
    """Images of the codes `z` (N, latent_dim), in evaluation mode, on the CPU: (N, C, H, W) in [0, 1]."""
    model.eval()
    return torch.cat([model.decode(part).cpu() for part in z.to(device_of(model)).split(batch_size)])


@torch.no_grad()
def reconstruct(model: nn.Module, images: ImageSet, batch_size: int = 256) -> Tensor:
    """Reconstructions of all `images` (a VAE decodes its posterior's mean), on the CPU: (N, C, H, W)."""
    model.eval()
    parts = [model.reconstruct(x).cpu() for x in images.batches(batch_size, device_of(model))]
    return torch.cat(parts)


def interpolate(start: Tensor, end: Tensor, steps: int = 10) -> Tensor:
    """Evenly spaced points on the straight line from `start` to `end`, both included.

    (1 - alpha) start + alpha end, alpha from 0 to 1. Codes have shape (latent_dim,), the answer
    (steps, latent_dim).
    """
    if start.shape != end.shape or start.ndim != 1:
        raise ShapeError(
            f"interpolate goes between two codes of shape (latent_dim,); these are {tuple(start.shape)} and "
            f"{tuple(end.shape)}."
        )
    if steps < 2:
        raise ValueError(f"steps must be at least 2, the two ends, not {steps}.")
    alpha = torch.linspace(0, 1, steps, dtype=start.dtype, device=start.device)[:, None]
    return (1 - alpha) * start + alpha * end


def grid(x: Tensor, y: Tensor) -> Tensor:
    """Codes on a 2-D grid, row by row as a picture is read: x grows to the right, y grows upwards.

    Args:
        x, y: coordinates in growing order, shapes (columns,) and (rows,).

    Returns:
        (rows * columns, 2).
    """
    rows, columns = torch.meshgrid(y.flip(0), x, indexing="ij")
    return torch.stack([columns.flatten(), rows.flatten()], dim=1)


def quantile_grid(steps: int = 15) -> Tensor:
    """A grid over the plane that gives each cell the same share of N(0, I): normal quantiles on both axes.

    The k-th of `steps` coordinates is the quantile of (k + 1/2) / steps, so the grid is dense where the prior
    is (Kingma and Welling 2014, figure 4). Returns (steps * steps, 2), in the order of `grid`.
    """
    coordinates = torch.special.ndtri((torch.arange(steps) + 0.5) / steps)
    return grid(coordinates, coordinates)


def square_grid(low: float, high: float, steps: int = 15) -> Tensor:
    """An evenly spaced grid from `low` to `high` on both axes: (steps * steps, 2), in the order of `grid`."""
    coordinates = torch.linspace(low, high, steps)
    return grid(coordinates, coordinates)
