"""Moving about in latent space: encode a set, decode points, edit codes, walk between them."""

import math
from collections.abc import Iterator
from typing import overload

import torch
from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.data.arguments import check_floats, check_tensors, whole_number
from vaelab.errors import DataError, ShapeError
from vaelab.models import VAE, Autoencoder
from vaelab.nets import evaluating, exact
from vaelab.priors import generator


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are; the CPU if it has none."""
    return next(model.parameters(), torch.empty(0)).device


@overload
def encode(
    model: VAE, images: ImageSet | torch.Tensor, batch_size: int = 64
) -> tuple[torch.Tensor, torch.Tensor]: ...
@overload
def encode(model: Autoencoder, images: ImageSet | torch.Tensor, batch_size: int = 64) -> torch.Tensor: ...
@torch.no_grad()
def encode(model, images, batch_size=64):
    """The codes of all `images`, in evaluation mode, on the CPU.

    Args:
        images: an ImageSet, or a tensor (N, C, H, W) of floats in [0, 1] or bytes; at least one picture.
        batch_size: pictures at a time; more take longer on a CPU, whose caches they leave.

    Returns:
        For a `VAE`, the posterior's (mu, log_var), (N, latent_dim) each; else codes, (N, latent_dim).

    >>> mu, log_var = encode(vaelab.pretrained("dlwp-digits-vae"), vaelab.load("digits", n=5))
    >>> mu.shape
    torch.Size([5, 2])
    """
    with evaluating(model):
        codes = [model.encode(x) for x in _batches(model, images, batch_size)]
    if isinstance(codes[0], tuple):
        return tuple(torch.cat(part).cpu() for part in zip(*codes, strict=True))
    return torch.cat(codes).cpu()


def draw_codes(
    model: Autoencoder | VAE,
    images: ImageSet | Tensor,
    draws: int = 1,
    seed: int = 0,
    batch_size: int = 64,
) -> Tensor:
    """Draws of the aggregate posterior, what a prior is fitted to: z ~ q(z | x) for each of `images`.

    Args:
        images: as in `encode`.
        draws: codes of each picture; they are free, as each picture is encoded once.
        seed: of the draws, on the CPU; PyTorch's own random state stays as it was.
        batch_size: as in `encode`.

    Returns:
        (draws * N, latent_dim), on the CPU: all pictures, then all again. An `Autoencoder` has nothing to
        draw and gives its codes, (N, latent_dim).

    >>> from vaelab.priors import Normal
    >>> model, images = vaelab.pretrained("dlwp-digits-vae"), vaelab.load("digits", n=5)
    >>> model.prior = Normal(2).fit(draw_codes(model, images, draws=10))
    """
    draws = whole_number("draws, the codes of each picture,", draws)
    encoded = encode(model, images, batch_size)
    if isinstance(encoded, Tensor):
        return encoded
    mu, log_var = (part.repeat(draws, 1) for part in encoded)
    eps = torch.randn(mu.shape, generator=generator(seed))
    return mu + torch.exp(log_var / 2) * eps


@torch.no_grad()
def decode(model: Autoencoder | VAE, z: Tensor, batch_size: int = 64) -> Tensor:
    """Images of the codes `z` (N, latent_dim), in evaluation mode, on the CPU: (N, C, H, W) in [0, 1].

    >>> decode(vaelab.pretrained("dlwp-digits-vae"), torch.zeros(3, 2)).shape
    torch.Size([3, 1, 28, 28])
    """
    check_tensors(z=z)
    batches = torch.atleast_1d(z.to(device_of(model))).split(whole_number("batch_size", batch_size))
    with evaluating(model):
        return torch.cat([model.decode(part).cpu() for part in batches])


@torch.no_grad()
def reconstruct(model: Autoencoder | VAE, images: ImageSet | Tensor, batch_size: int = 64) -> Tensor:
    """Reconstructions of all `images` (a VAE decodes its posterior's mean), on the CPU: (N, C, H, W)."""
    with evaluating(model):
        return torch.cat([model.reconstruct(x).cpu() for x in _batches(model, images, batch_size)])


def _batches(model: nn.Module, images: ImageSet | Tensor, batch_size: int) -> Iterator[Tensor]:
    """Batches of all `images`, one at least, where the model's weights are."""
    return ImageSet.some(images).batches(batch_size, device_of(model))


def interpolate(start: Tensor, end: Tensor, steps: int = 10) -> Tensor:
    """Evenly spaced points on the straight line from `start` to `end`, both included.

    (1 - alpha) start + alpha end, alpha from 0 to 1. Codes have shape (latent_dim,), the answer
    (steps, latent_dim).
    """
    check_floats(start=start, end=end)
    if start.shape != end.shape or start.ndim != 1:
        raise ShapeError(
            f"interpolate goes between two codes of shape (latent_dim,); these are {tuple(start.shape)} and "
            f"{tuple(end.shape)}."
        )
    steps = whole_number("steps, the two ends included,", steps, least=2)
    alpha = torch.linspace(0, 1, steps, dtype=start.dtype, device=start.device)[:, None]
    return (1 - alpha) * start + alpha * end


def great_circle(start: Tensor, end: Tensor, steps: int = 10) -> Tensor:
    """Spherical interpolation, or slerp: points on the arc from `start` to `end`, both included.

    Neighbours are equally far apart when both codes have the same length, less evenly the more they differ.
    In many dimensions the prior's draws lie near a sphere of radius sqrt(latent_dim), and a straight line
    between two of them cuts through the nearly empty middle (White, "Sampling generative networks", 2016;
    Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985). Codes have shape (latent_dim,),
    the answer (steps, latent_dim).

    Raises:
        ShapeError, ValueError: as `interpolate`; also a code of zeros, or two that point in opposite ways, as
            many arcs then join them.
    """
    straight = interpolate(start, end, steps)
    a, b = start / start.norm(), end / end.norm()
    # Twice the arctangent of half the chord: exact for tiny angles, where the arccosine is not.
    angle = 2 * torch.atan2((a - b).norm(), (a + b).norm())
    if not 0 <= angle < math.pi - 1e-3:  # written so that NaN fails too
        raise ValueError(
            "There is no single arc between these codes: one of them is zero, or they are opposite. Use "
            "interpolate, or go by way of a third code."
        )
    if angle < 1e-6:
        return straight
    alpha = torch.linspace(0, 1, steps, dtype=start.dtype, device=start.device)[:, None]
    return (torch.sin((1 - alpha) * angle) * start + torch.sin(alpha * angle) * end) / torch.sin(angle)


def attribute_vector(codes: Tensor, present: Tensor) -> Tensor:
    """The direction of an attribute: mean code of the pictures with it minus mean of those without.

    One step along it leads from the average picture without to the average one with (Larsen et al.,
    "Autoencoding beyond pixels using a learned similarity metric", ICML 2016). Attributes that come together
    share their vectors; `attribute_vectors` takes them apart.

    Args:
        codes: (N, latent_dim).
        present: bool, (N,).

    Returns:
        (latent_dim,).

    Raises:
        ShapeError: not one yes or no for each code.
        DataError: all pictures have the attribute, or none has.

    >>> attribute_vector(torch.tensor([[0.0, 1.0], [2.0, 1.0]]), torch.tensor([False, True]))
    tensor([2., 0.])
    """
    present = _checked_attributes(codes, present, 1)
    return codes[present].mean(0) - codes[~present].mean(0)


def attribute_vectors(codes: Tensor, attributes: Tensor) -> Tensor:
    """The directions of several attributes at once, each with the others held fixed.

    Least squares of codes = average + attributes @ vectors. Where attributes come together, as beards and
    moustaches do, the mean difference of one contains the other; here each answers for itself. With one
    attribute this is `attribute_vector`. Where one attribute follows from others, the shortest vectors that
    fit are taken.

    Args:
        codes: (N, latent_dim).
        attributes: bool, (N, A), for instance `images.attributes`.

    Returns:
        (A, latent_dim), one vector a row.

    Raises:
        ShapeError: not one row of attributes for each code.
        DataError: an attribute that all pictures have, or none has.
    """
    table = exact(_checked_attributes(codes, attributes, 2))
    # Without their means the columns say nothing of the average code. pinv copes with columns that repeat.
    centred = table - table.mean(0)
    return (torch.linalg.pinv(centred) @ exact(codes)).to(codes)


class TransportMap:
    """Optimal transport from one normal distribution to another: T(z) = m1 + A (z - m0).

    A = S0^(-1/2) (S0^(1/2) S1 S0^(1/2))^(1/2) S0^(-1/2). Of all maps that turn draws of N(m0, S0) into draws
    of N(m1, S1), this one moves them least, by the mean squared distance (Dowson and Landau, "The Fréchet
    distance between multivariate normal distributions", 1982; Gelbrich, "On a formula for the L2 Wasserstein
    metric between measures on Euclidean and Hilbert spaces", 1990; Peyré and Cuturi, "Computational Optimal
    Transport", 2019, remark 2.31). In one dimension A is the ratio of the two standard deviations; where
    S0 = S1 it is the identity, and T adds m1 - m0, as an attribute vector does.

    Args:
        mean, covariance: of the first distribution, (latent_dim,) and (latent_dim, latent_dim).
        new_mean, new_covariance: of the second.

    Raises:
        ShapeError: means and covariances that do not fit together.
        DataError: a covariance that is not symmetric, or that has no inverse.

    Attributes:
        matrix: A, symmetric and positive definite.

    >>> wider = TransportMap(torch.zeros(1), torch.eye(1), torch.ones(1), 9 * torch.eye(1))
    >>> wider(torch.tensor([[2.0]])), wider(torch.tensor([[2.0]]), steps=0.5)
    (tensor([[7.]]), tensor([[4.5000]]))
    """

    def __init__(self, mean: Tensor, covariance: Tensor, new_mean: Tensor, new_covariance: Tensor):
        check_tensors(mean=mean, covariance=covariance, new_mean=new_mean, new_covariance=new_covariance)
        size = mean.numel()
        shapes = [tuple(x.shape) for x in (mean, new_mean, covariance, new_covariance)]
        if shapes != [(size,), (size,), (size, size), (size, size)]:
            raise ShapeError(
                "A map needs two means, (latent_dim,), and two covariances, (latent_dim, latent_dim); "
                f"these are {', '.join(map(str, shapes))}."
            )
        mean, covariance, new_mean, new_covariance = (
            x.detach().cpu().double() for x in (mean, covariance, new_mean, new_covariance)
        )
        self.mean, self.new_mean = mean, new_mean
        for matrix in (covariance, new_covariance):
            values = torch.linalg.eigvalsh(matrix)
            if not torch.allclose(matrix, matrix.T) or not values[0] > 1e-9 * values[-1]:
                raise DataError(
                    "A covariance is symmetric, and a map needs its inverse; one of these has none. Are "
                    "there fewer codes than latents, or is a latent the same in all of them?"
                )
        root = _power(covariance, 0.5)
        inverse = _power(covariance, -0.5)
        self.matrix = inverse @ _power(root @ new_covariance @ root, 0.5) @ inverse

    def __call__(self, z: Tensor, steps: float = 1.0) -> Tensor:
        """Codes moved along straight lines: z + steps (T(z) - z), the shape and number format of `z`.

        From 0 to 1 step this is displacement interpolation (McCann, "A convexity principle for interacting
        gases", 1997): the crowd stays normal on its way, which is the shortest.

        Args:
            z: (..., latent_dim).
            steps: 1 goes all the way, 0 nowhere; more than 1 goes beyond.
        """
        check_floats(z=z)
        if z.shape[-1:] != self.mean.shape:
            raise ShapeError(
                f"Codes for this map have shape (..., {len(self.mean)}); these have {tuple(z.shape)}."
            )
        start = exact(z).cpu()
        moved = self.new_mean + (start - self.mean) @ self.matrix  # which is symmetric
        return torch.lerp(start, moved, steps).to(z)


def _power(symmetric: Tensor, exponent: float) -> Tensor:
    values, axes = torch.linalg.eigh(symmetric)
    return axes * values**exponent @ axes.T


def attribute_map(codes: Tensor, present: Tensor) -> TransportMap:
    """An attribute as a direction that depends on where one starts: from pictures without to those with.

    Optimal transport between normal distributions fitted to the codes of both groups. `attribute_vector`
    moves all codes alike, and so the mean of the one group onto the other's; this map takes its covariance
    there, too. It says more where the attribute has another look on each face, as hats have, or lies in the
    middle of a scale, as brown hair does.

    A small group cannot say how all latents vary together. Each covariance is therefore shrunk towards the
    pooled one, as if `latent_dim` more codes had been seen that vary as all do around the mean of their group
    (compare Friedman, "Regularized discriminant analysis", 1989; the number is ours).

    Args:
        codes: (N, latent_dim), more than latents, better some thousands.
        present: bool, (N,).

    Raises:
        ShapeError, DataError: as `attribute_vector`; also too few codes.

    >>> codes = torch.randn(500, 2)
    >>> attribute_map(codes, codes[:, 0] > 0)(codes[:3]).shape
    torch.Size([3, 2])
    """
    present = _checked_attributes(codes, present, 1)
    latents = codes.shape[1]
    if len(codes) < latents + 2:
        raise DataError(
            f"{len(codes)} codes cannot say how {latents} numbers vary together: attribute_map needs at "
            f"least {latents + 2}, better some thousands."
        )
    groups = [codes[rows].detach().cpu().double() for rows in (~present, present)]
    means = [group.mean(0) for group in groups]
    scatters = [(group - mean).T @ (group - mean) for group, mean in zip(groups, means, strict=True)]
    pooled = (scatters[0] + scatters[1]) / len(codes)
    floor = 1e-6 * pooled.diagonal().mean() * torch.eye(latents)  # latents that never vary stay
    covariances = [
        (scatter + latents * pooled) / (len(group) + latents) + floor
        for scatter, group in zip(scatters, groups, strict=True)
    ]
    return TransportMap(means[0], covariances[0], means[1], covariances[1])


def edit(codes: Tensor, direction: Tensor | TransportMap, steps: float = 1.0) -> Tensor:
    """Codes moved `steps` along a direction: a vector, the same for all, or a map.

    Args:
        codes: (..., latent_dim).
        direction: (latent_dim,), as from `attribute_vector`, or a map, as from `attribute_map`.
        steps: how many times the vector is added, or how far to go towards where the map leads.

    Returns:
        The shape of `codes`.

    Raises:
        ShapeError: the direction is one of other codes.

    >>> edit(torch.zeros(2, 3), torch.tensor([1.0, 0.0, -1.0]), steps=2)
    tensor([[ 2.,  0., -2.],
            [ 2.,  0., -2.]])
    """
    if isinstance(direction, TransportMap):
        return direction(codes, steps)
    check_floats(codes=codes)
    check_tensors(direction=direction)
    if direction.shape != codes.shape[-1:]:
        raise ShapeError(
            f"A direction for codes {tuple(codes.shape)} has shape {tuple(codes.shape[-1:])}; this one has "
            f"{tuple(direction.shape)}."
        )
    return codes + steps * direction.to(codes)


def _checked_attributes(codes: Tensor, present: Tensor, axes: int) -> Tensor:
    check_tensors(present=present)
    check_floats(codes=codes)
    if codes.ndim != 2 or present.ndim != axes or len(present) != len(codes):
        raise ShapeError(
            f"Codes (N, latent_dim) need {'one bool' if axes == 1 else 'one row of bools'} each, "
            f"{'(N,)' if axes == 1 else '(N, A)'}; these are {tuple(codes.shape)} and {tuple(present.shape)}."
        )
    present = present.to(codes.device, torch.bool)
    if (present.all(0) | ~present.any(0)).any():
        raise DataError(
            "An attribute that every picture has, or none, has no direction: take more pictures, or leave it "
            "out."
        )
    return present


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
    coordinates = torch.special.ndtri((torch.arange(whole_number("steps", steps)) + 0.5) / steps)
    return grid(coordinates, coordinates)


def square_grid(low: float, high: float, steps: int = 15) -> Tensor:
    """An evenly spaced grid from `low` to `high` on both axes: (steps * steps, 2), in the order of `grid`."""
    coordinates = torch.linspace(low, high, whole_number("steps", steps))
    return grid(coordinates, coordinates)
