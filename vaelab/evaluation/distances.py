"""How far two sets of pictures are from each other, told from their features."""

import warnings

import torch
from torch import Tensor

from vaelab.errors import DataError, ShapeError
from vaelab.nets import exact

_PAIRS = 2**20  # of a kernel matrix at a time


def frechet_distance(features_a: Tensor, features_b: Tensor) -> float:
    """Frechet distance of the Gaussians fitted to two sets of features; 0 for equal ones.

    ||mean_a - mean_b||^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)), with covariances S (Dowson and Landau, "The
    Frechet distance between multivariate normal distributions", 1982). With Inception's features this is
    the FID (Heusel et al., NeurIPS 2017). It is biased upwards, the more the fewer the samples: compare
    only numbers from equally many.

    Args:
        features_a, features_b: (N, F) and (M, F), N and M well over F.

    Raises:
        ShapeError: not two tables with equally many features.
        DataError: fewer than two rows, or numbers that are not finite.

    Warns:
        when there are no more samples than features: the covariance then has directions without any spread.

    >>> frechet_distance(torch.tensor([[0.0], [2.0]]), torch.tensor([[3.0], [5.0]]))  # (4 - 1)^2
    9.0
    """
    a, b = _checked(features_a, features_b)
    if min(len(a), len(b)) <= a.shape[1]:
        warnings.warn(
            f"{min(len(a), len(b))} samples for {a.shape[1]} features: the Frechet distance is far too high. "
            "Take several times as many samples as features, or use kernel_distance, which has no bias.",
            stacklevel=2,
        )
    covariance_a, covariance_b = torch.cov(a.T).view(a.shape[1], -1), torch.cov(b.T).view(a.shape[1], -1)
    # tr (S_a S_b)^(1/2) is the sum of the singular values of S_a^(1/2) S_b^(1/2): no root of a matrix that
    # is not symmetric, and no root of rounding errors.
    cross = torch.linalg.svdvals(_root(covariance_a) @ _root(covariance_b)).sum()
    means = (a.mean(0) - b.mean(0)).square().sum()
    distance = means + covariance_a.trace() + covariance_b.trace() - 2 * cross
    return max(distance.item(), 0.0)


def _root(covariance: Tensor) -> Tensor:
    """The symmetric square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(covariance)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def kernel_distance(features_a: Tensor, features_b: Tensor) -> float:
    """Kernel distance of two sets of features, an unbiased MMD^2: 0 on average for equal distributions.

    So it may be negative. The unbiased estimate of the squared maximum mean discrepancy (Gretton et al.,
    "A kernel two-sample test", JMLR 2012, lemma 6) for the kernel (x.y / F + 1)^3. With Inception's features
    this is the KID (Binkowski et al., "Demystifying MMD GANs", ICLR 2018). Unlike the Frechet distance it has
    no bias, so it can be used with few samples.

    Args and errors as for `frechet_distance`.
    """
    a, b = _checked(features_a, features_b)
    return (_mean_of_pairs(a) + _mean_of_pairs(b) - 2 * _kernel_sum(a, b) / (len(a) * len(b))).item()


def _kernel_sum(a: Tensor, b: Tensor) -> Tensor:
    """Sum of (x.y / F + 1)^3 over all pairs, some rows at a time."""
    chunks = a.split(max(1, _PAIRS // len(b)))
    return sum((rows @ b.T).div_(b.shape[1]).add_(1).pow_(3).sum() for rows in chunks)


def _mean_of_pairs(a: Tensor) -> Tensor:
    """Mean of the kernel over pairs of two different samples."""
    diagonal = ((a.square().sum(1) / a.shape[1] + 1) ** 3).sum()
    return (_kernel_sum(a, a) - diagonal) / (len(a) * (len(a) - 1))


def _checked(features_a: Tensor, features_b: Tensor) -> tuple[Tensor, Tensor]:
    if features_a.ndim != 2 or features_b.ndim != 2 or features_a.shape[1] != features_b.shape[1]:
        raise ShapeError(
            "Two tables of features are compared, shapes (N, F) and (M, F) with the same F; these have "
            f"{tuple(features_a.shape)} and {tuple(features_b.shape)}. Pictures become features by "
            "extract_features(portrait_features(), images)."
        )
    for features in (features_a, features_b):
        if len(features) < 2:
            raise DataError(f"At least 2 samples are needed in each set, not {len(features)}.")
        if not torch.isfinite(features).all():
            raise DataError("Some features are NaN or infinite: look at the pictures they came from.")
    return exact(features_a), exact(features_b.to(features_a.device))
