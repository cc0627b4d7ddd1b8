"""Turning latent space so that the codes of real images look like draws from the prior.

Training pulls q(z), the posteriors of all images taken together, towards N(0, I), but slowly: after some
epochs the codes of real faces still fill a tilted, stretched cloud, and draws from the prior miss it. An
affine map of the codes mends mean and covariance at once. It needs no layer of its own: the heads that end
the encoder and the linear layer that begins the decoder take it up.
"""

import torch
from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.errors import DataError, ModelError
from vaelab.latent import device_of
from vaelab.models import VAE
from vaelab.nets import evaluating, exact


@torch.no_grad()
def whiten(model: VAE, images: ImageSet | Tensor, batch_size: int = 256) -> Tensor:
    """Whitening: change variables in latent space: codes of `images` get mean 0 and covariance I, in place.

    z' = W (z - m), where m is the mean and W a square root of the inverse covariance of q(z) = mean over
    images of q(z | x), turned so that the posteriors' average covariance is diagonal: each axis then says
    one thing, and axis 0 the surest. Reconstructions of means stay as they are up to rounding. The
    posteriors' variances do not quite, as a diagonal Gaussian seen from other axes is none: their head is
    fitted anew by least squares. A few more epochs of training settle it.

    Args:
        model: its decoder begins with an `nn.Linear`.
        images: an ImageSet, floats in [0, 1] or uint8; more than `latent_dim`, better some thousands, and
            more than the encoder's features.
        batch_size: images at a time.

    Returns:
        Variances of q(z) along its main axes before the change, smallest first, shape (latent_dim,): all 1
        if prior and codes already matched.

    Raises:
        ModelError: no VAE, or one whose decoder does not begin with a linear layer.
        DataError, ShapeError: too few pictures, or some that do not fit the model.
    """
    decoder = getattr(model, "decoder", None)
    first = decoder[0] if isinstance(decoder, nn.Sequential) else decoder
    if not (isinstance(model, VAE) and isinstance(first, nn.Linear)):
        raise ModelError(
            "whiten needs a VAE whose decoder begins with nn.Linear, which takes up the change of variables; "
            f"this {type(model).__name__}'s begins with {type(first).__name__}."
        )
    images = ImageSet.some(images)
    if len(images) <= model.latent_dim:
        raise DataError(
            f"{len(images)} pictures cannot say how {model.latent_dim} numbers spread: whiten needs more."
        )
    with evaluating(model):
        features = torch.cat([model.features(x) for x in images.batches(batch_size, device_of(model))])
    mu, variance = exact(model.to_mu(features)), exact(model.to_log_var(features)).exp()
    mean, noise = mu.mean(0), torch.diag(variance.mean(0))
    to_white, spread = _axes(torch.cov(mu.T) + noise, noise)
    _absorb(model, first, mean, to_white)
    _fit_head(model.to_log_var, features, (variance @ to_white.square().T).log())
    return spread


def _axes(covariance: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """W with W covariance W^T = I and W noise W^T diagonal and growing; and the covariance's eigenvalues."""
    values, vectors = torch.linalg.eigh(covariance)
    root = (vectors / values.sqrt()) @ vectors.T
    _, turn = torch.linalg.eigh(root @ noise @ root)
    return turn.T @ root, values


def _absorb(model: VAE, first: nn.Linear, mean: Tensor, to_white: Tensor) -> None:
    """The head for mu gives z' = W (z - m); the decoder takes z' and undoes it."""
    head = model.to_mu
    head.bias.copy_(to_white @ (exact(head.bias) - mean))
    head.weight.copy_(to_white @ exact(head.weight))
    weight = exact(first.weight)
    first.bias.add_((weight @ mean).to(first.bias))
    first.weight.copy_(weight @ torch.linalg.inv(to_white))


def _fit_head(head: nn.Linear, features: Tensor, targets: Tensor) -> None:
    """Least squares, with a little weight decay for features that say the same."""
    features = exact(features)
    centre = features.mean(0)
    x, y = features - centre, targets - targets.mean(0)
    decay = 1e-3 * len(x) * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weight = torch.linalg.solve(x.T @ x + decay, x.T @ y)
    head.weight.copy_(weight.T)
    head.bias.copy_(targets.mean(0) - centre @ weight)
