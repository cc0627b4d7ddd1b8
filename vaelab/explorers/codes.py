"""What the explorers of faces need to know of codes: how far they spread, which dimensions tell most."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.explorers import pictures
from vaelab.latent import decode, encode
from vaelab.losses import gaussian_kl
from vaelab.priors import StandardNormal


class Cloud(NamedTuple):
    """Where codes lie, number by number; the lists have one entry a latent dimension."""

    centre: Tensor  # (latent_dim,)
    spread: Tensor  # (latent_dim,), standard deviation
    order: list[int]  # dimensions, the most informative first
    has_prior: bool  # the model has one, N(0, I) or one that it learned
    mu: Tensor | None  # (N, latent_dim), the pictures' codes, where there are pictures


def check_model(model: nn.Module) -> None:
    """Raises TypeError where there is no decoder to explore."""
    decodes = callable(getattr(model, "decode", None)) and isinstance(getattr(model, "latent_dim", None), int)
    if not isinstance(model, nn.Module) or not decodes:
        raise TypeError(
            "An explorer needs a torch module with decode(z), codes (B, latent_dim) -> images (B, C, H, W) "
            f"in [0, 1], and a whole number latent_dim; {type(model).__name__} has not all of them."
        )


def prior_of(model: nn.Module) -> str:
    """What random codes of a model with a prior are drawn from: "learned" or "N(0, I)"."""
    kind = type(getattr(model, "prior", None))
    return "N(0, I)" if kind in (type(None), StandardNormal) else "learned"


def posterior(model: nn.Module, images: ImageSet | Tensor) -> tuple[Tensor, Tensor | None]:
    """`latent.encode` for any model: (mu, log_var), or (code, None) where there is no posterior.

    Raises:
        TypeError: the model has no `encode`.
    """
    if not callable(getattr(model, "encode", None)):
        raise TypeError(
            f"{type(model).__name__} has no encode(images), so its codes of pictures are not known: give "
            "codes, tensors of shape (latent_dim,), instead of pictures."
        )
    codes = encode(model, images)
    return codes if isinstance(codes, tuple) else (codes, None)


def cloud(model: nn.Module, images: ImageSet | Tensor | None = None) -> Cloud:
    """Centre, spread and order of the codes' dimensions.

    With pictures the order is that of information: the mean KL( q(z_i | x) || p(z_i) ) of a VAE, in nats, or
    the codes' standard deviation where there is no posterior. The spread is that of codes drawn from the
    posterior, for that is what the decoder has seen. Without pictures, N(0, I) is taken for the codes, and
    the order is that of how much the decoded picture changes.
    """
    if images is None:
        zeros, ones = torch.zeros(model.latent_dim), torch.ones(model.latent_dim)
        return Cloud(zeros, ones, by_effect(model, zeros, torch.eye(model.latent_dim)), True, None)
    images = ImageSet.of(images)
    if len(images) < 2:
        raise DataError("How far codes spread needs two pictures or more, better some hundred.")
    mu, log_var = posterior(model, images)
    if log_var is None:
        spread = mu.std(0)
        return Cloud(mu.mean(0), spread, _descending(spread), False, mu)
    kl = gaussian_kl(mu, log_var, dim=None).mean(0)
    return Cloud(mu.mean(0), (mu.var(0) + log_var.exp().mean(0)).sqrt(), _descending(kl), True, mu)


def by_effect(model: nn.Module, centre: Tensor, steps: Tensor) -> list[int]:
    """Numbers of the `steps` (K, latent_dim), those first that move pixels most, to and fro from `centre`."""
    change = decode(model, centre + steps) - decode(model, centre - steps)
    return _descending(change.flatten(1).square().mean(1))


def _descending(values: Tensor) -> list[int]:
    return values.argsort(descending=True, stable=True).tolist()


def pictures_in(faces: ImageSet | Tensor) -> ImageSet | None:
    """The pictures, where `faces` are pictures; None where they are codes: a tensor of one or two axes."""
    return None if isinstance(faces, Tensor) and faces.ndim in (1, 2) else ImageSet.of(faces)


def codes_of(model: nn.Module, faces: ImageSet | Tensor, counts: Sequence[int]) -> Tensor:
    """Codes (n, latent_dim) of pictures, or codes as they are given, where n is one of `counts`.

    Raises:
        DataError: neither pictures nor codes, or another number of them.
        ShapeError: codes of another length.
    """
    images = pictures_in(faces)
    if images is None:
        codes = faces.detach().cpu().float().reshape(-1, faces.shape[-1])
        if codes.shape[1] != model.latent_dim:
            raise ShapeError(
                f"Codes for this model have shape (n, {model.latent_dim}); these have {tuple(faces.shape)}."
            )
        if not codes.isfinite().all():
            raise DataError("A code holds infinity or NaN, which decodes to nothing.")
    found = codes if images is None else images
    if len(found) not in counts:
        wanted = (
            f"{counts[0]} to {counts[-1]}" if isinstance(counts, range) else " or ".join(map(str, counts))
        )
        raise DataError(f"This explorer takes {wanted} pictures or codes, not {len(found)}.")
    return codes if images is None else posterior(model, images)[0]


def check_length(z: Sequence[float], latent_dim: int, what: str = "z") -> None:
    """Raises ShapeError where a list of numbers is no code of this model."""
    if len(z) != latent_dim:
        raise ShapeError(f"{what} needs {latent_dim} numbers, one a latent dimension, not {len(z)}.")


def thumbnails(images: ImageSet) -> list[str]:
    """Data URIs of the pictures, at most 64 pixels wide and high."""
    small = pictures.shrunk(images.float(), most=64)
    return [pictures.data_uri(image, lossless=False) for image in small]


def rounded(values: Tensor) -> list:
    """Nested lists of floats with three decimals: enough for the eye, small in the page."""
    return [rounded(row) if row.ndim else round(row.item(), 3) for row in values.cpu().double()]
