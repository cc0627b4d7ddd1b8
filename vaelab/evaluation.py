"""How good a model is, measured on images it has not seen."""

import math

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from vaelab import latent, losses
from vaelab.data import ImageSet
from vaelab.models import VAE


@torch.no_grad()
def evaluate(model: VAE, images: ImageSet, seed: int = 0, batch_size: int = 256) -> dict[str, float]:
    """The evidence lower bound and its two parts, averaged over `images`, in nats per image.

    Returns:
        {"elbo", "reconstruction", "kl"}: elbo = -reconstruction - kl, with one draw of z an image. The
        model's `beta` plays no part. The same seed gives the same numbers.
    """
    model.eval()
    sums = torch.zeros(2, dtype=torch.float64)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for x in images.batches(batch_size, latent.device_of(model)):
            output = model(x)
            reconstruction = model.likelihood(x, output.x_hat).double().sum()
            kl = losses.gaussian_kl(output.mu, output.log_var).double().sum()
            sums += torch.stack([reconstruction, kl]).cpu()
    reconstruction, kl = (sums / len(images)).tolist()
    return {"elbo": -reconstruction - kl, "reconstruction": reconstruction, "kl": kl}


@torch.no_grad()
def log_weights(model: VAE, x: Tensor, samples: int) -> Tensor:
    """log w = log p(x, z) - log q(z | x) for `samples` draws z of each image's posterior.

    Returns float64 of shape (samples, B).
    Their mean is the ELBO; log of the mean of their exponentials is the importance-weighted bound.
    """
    mu, log_var = model.encode(x)
    draws = []
    for _ in range(samples):
        eps = torch.randn_like(mu)
        z = mu + torch.exp(log_var / 2) * eps
        log_prior = -0.5 * (z.double().square() + math.log(2 * math.pi)).sum(1)
        log_posterior = -0.5 * (eps.double().square() + log_var.double() + math.log(2 * math.pi)).sum(1)
        draws.append(-model.likelihood(x, model.decode(z)).double() + log_prior - log_posterior)
    return torch.stack(draws)


def importance_weighted_bound(
    model: VAE, images: ImageSet, samples: int = 100, seed: int = 0, batch_size: int = 100
) -> Tensor:
    """The importance-weighted bound on log p(x) of each image, in nats, shape (N,).

    log 1/K sum_k p(x, z_k) / q(z_k | x) with K = `samples` draws. It lies between the ELBO (K = 1) and
    log p(x) on average, and climbs towards log p(x) as K grows (Burda, Grosse and Salakhutdinov,
    "Importance Weighted Autoencoders", ICLR 2016, theorem 1).
    """
    if samples < 1:
        raise ValueError(f"samples must be at least 1, not {samples}.")
    model.eval()
    bounds = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for x in images.batches(batch_size, latent.device_of(model)):
            bounds.append(torch.logsumexp(log_weights(model, x, samples), 0).cpu() - math.log(samples))
    return torch.cat(bounds)


def kl_per_dimension(model: VAE, images: ImageSet) -> Tensor:
    """KL of each latent dimension, averaged over `images`: nats, shape (latent_dim,)."""
    return losses.gaussian_kl(*latent.encode(model, images), dim=None).mean(0)


def active_units(model: VAE, images: ImageSet, threshold: float = 0.1) -> int:
    """How many latent dimensions carry more than `threshold` nats on average; the others follow the prior."""
    return int((kl_per_dimension(model, images) > threshold).sum())


def reconstruction_error(model: nn.Module, images: ImageSet) -> float:
    """Mean squared error over all pixels of all `images`, pixel values in [0, 1]."""
    return (latent.reconstruct(model, images) - images.float()).square().mean().item()


def linear_probe(codes: Tensor, labels: Tensor, test_codes: Tensor, test_labels: Tensor) -> float:
    """Share of test codes that a logistic regression, fitted on the other codes, puts in the right class."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    probe.fit(codes.numpy(), labels.numpy())
    return probe.score(test_codes.numpy(), test_labels.numpy())
