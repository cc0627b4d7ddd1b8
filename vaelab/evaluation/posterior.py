"""Which latent dimensions carry something, and whether all codes together look like the prior."""

from typing import NamedTuple

import torch
from torch import Tensor

from vaelab import latent, losses
from vaelab.data import ImageSet
from vaelab.errors import DataError
from vaelab.evaluation.inputs import measurable
from vaelab.models import VAE
from vaelab.priors import generator


def kl_per_dimension(model: VAE, images: ImageSet | Tensor) -> Tensor:
    """KL of each latent dimension, averaged over `images`: nats, shape (latent_dim,)."""
    images = measurable(model, images)
    return losses.gaussian_kl(*latent.encode(model, images), dim=None).mean(0)


def active_units(model: VAE, images: ImageSet | Tensor, threshold: float = 0.1) -> int:
    """How many latent dimensions carry more than `threshold` nats on average; the others follow the prior."""
    return int((kl_per_dimension(model, images) > threshold).sum())


class AggregatePosterior(NamedTuple):
    """What codes drawn from all posteriors together look like; the prior has mean 0, std 1, no correlation.

    `mean`, `std`, `p_value` and `active` have shape (latent_dim,).
    """

    mean: Tensor
    std: Tensor
    p_value: Tensor  # of a Kolmogorov-Smirnov test of each dimension against N(0, 1)
    active: Tensor  # bool: KL over the threshold
    max_correlation: float  # the largest |correlation| of two active dimensions; 0 with fewer than two


def aggregate_posterior(
    model: VAE, images: ImageSet | Tensor, threshold: float = 0.1, seed: int = 0
) -> AggregatePosterior:
    """Compare the aggregate posterior, q(z) = mean over images of q(z | x), with the prior N(0, I).

    One code is drawn from each image's posterior. A dimension that the model ignores passes every test, as
    its posterior is the prior: look at the active ones, `result.p_value[result.active]`. And marginals that
    pass are not enough, as correlations show (Rosca, Lakshminarayanan and Mohamed, "Distribution matching
    in variational inference", 2018).

    Args:
        images: some thousands; the more there are, the smaller the misfits that the test sees.
        threshold: nats from which on a dimension counts as active.
        seed: of the draws.

    Raises:
        DataError: fewer than 8 images, too few to say anything.
    """
    images = measurable(model, images)
    if len(images) < 8:
        raise DataError(f"At least 8 images are needed to judge a distribution, not {len(images)}.")
    mu, log_var = latent.encode(model, images)
    active = losses.gaussian_kl(mu, log_var, dim=None).mean(0) > threshold
    eps = torch.randn(mu.shape, generator=generator(seed))
    z = mu + torch.exp(log_var / 2) * eps
    from scipy import stats  # takes a second

    p_values = [stats.kstest(column.numpy(), "norm").pvalue for column in z.T]
    correlation = _max_correlation(z[:, active])
    return AggregatePosterior(z.mean(0), z.std(0), torch.tensor(p_values), active, correlation)


def _max_correlation(z: Tensor) -> float:
    if z.shape[1] < 2:
        return 0.0
    return torch.corrcoef(z.double().T).fill_diagonal_(0).abs().max().item()
