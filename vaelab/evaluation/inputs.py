"""What measures are taken of: a model that has them, and pictures, at least one."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.errors import ModelError
from vaelab.models import VAE
from vaelab.nets import evaluating


def measurable(model: nn.Module, images: ImageSet | Tensor) -> ImageSet:
    """`ImageSet.some`; ModelError for a model that has no posterior and no likelihood, and so no ELBO."""
    if not isinstance(model, VAE):
        raise ModelError(
            f"This measures a VAE, by its posterior and its likelihood; {type(model).__name__} has neither. "
            "reconstruction_error measures any model that reconstructs."
        )
    return ImageSet.some(images)


def evaluating_features(features: Callable[[Tensor], Tensor] | None) -> AbstractContextManager:
    """Evaluation mode for the network behind `features`, if it is one, or a method of one."""
    network = getattr(features, "__self__", features)
    return evaluating(*[network] if isinstance(network, nn.Module) else [])
