"""What measures are taken of: a model that has them, and pictures, at least one."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.errors import ModelError
from vaelab.models import VAE
from vaelab.nets import evaluating


def measurable(model: nn.Module, images: ImageSet | Tensor) -> ImageSet:
    """`ImageSet.some`; ModelError for a model that is no `VAE`, with one posterior and one likelihood."""
    if not isinstance(model, VAE):
        raise ModelError(
            f"This measures a vaelab.VAE, which has one posterior and one likelihood, not a "
            f"{type(model).__name__}. Its own elbo(x), where it has one, gives its bound; "
            "reconstruction_error measures a model that has reconstruct(x)."
        )
    return ImageSet.some(images)


def reconstructible(model: nn.Module, images: ImageSet | Tensor) -> ImageSet:
    """`ImageSet.some`; ModelError for a model without reconstruct(x)."""
    if not callable(getattr(model, "reconstruct", None)):
        raise ModelError(
            f"This measures what a model makes of pictures, by its reconstruct(x); {type(model).__name__} "
            "has none."
        )
    return ImageSet.some(images)


def evaluating_features(features: Callable[[Tensor], Tensor] | None) -> AbstractContextManager:
    """Evaluation mode for the network behind `features`, if it is one, or a method of one."""
    network = getattr(features, "__self__", features)
    return evaluating(*[network] if isinstance(network, nn.Module) else [])
