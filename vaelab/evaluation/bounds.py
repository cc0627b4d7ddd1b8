"""How close a model comes to the data, in nats: the ELBO and the importance-weighted bound."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from vaelab import latent, losses
from vaelab.data import ImageSet
from vaelab.data.arguments import seed_number
from vaelab.evaluation.inputs import measurable, reconstructible
from vaelab.models import VAE, Autoencoder
from vaelab.nets import evaluating, exact, keeping_random_state, widest
from vaelab.nets import seed as set_seed
from vaelab.priors import Prior, StandardNormal
from vaelab.progress import progress

_BAR_FROM = 100_000  # decoded pictures, from which on a progress bar is worth its line
_NUMBERS = {"cpu": 2**22, "cuda": 2**26}  # pixels decoded at a time; the decoder's own layers come on top
_FEWEST = 256  # numbers a tiny picture counts for: hidden layers are no smaller


@torch.no_grad()
def evaluate(model: VAE, images: ImageSet | Tensor, seed: int = 0, batch_size: int = 256) -> dict[str, float]:
    """The evidence lower bound and its two parts, averaged over `images`, in nats per image.

    Returns:
        {"elbo", "reconstruction", "kl"}: elbo = -reconstruction - kl, with one draw of z an image. The
        model's `beta` plays no part. The same seed gives the same numbers.

    Raises:
        DataError: no images.
        ModelError: the model is no VAE.
    """
    images = measurable(model, images)
    sums = torch.zeros(2, dtype=torch.float64)
    device = latent.device_of(model)
    with evaluating(model), keeping_random_state(device):
        set_seed(seed, device)
        for x in images.batches(batch_size, device):
            output = model(x)
            reconstruction = exact(model.likelihood(x, output.x_hat)).sum()
            kl = exact(losses.gaussian_kl(output.mu, output.log_var)).sum()
            sums += torch.stack([reconstruction, kl]).cpu()
    reconstruction, kl = (sums / len(images)).tolist()
    return {"elbo": -reconstruction - kl, "reconstruction": reconstruction, "kl": kl}


@torch.no_grad()
def log_weights(
    model: VAE,
    x: ImageSet | Tensor,
    samples: int,
    chunk: int | None = None,
    generator: torch.Generator | None = None,
    prior: Prior | None = None,
) -> Tensor:
    """log w = log p(x, z) - log q(z | x) for `samples` draws z of each image's posterior.

    Their mean is the ELBO; log of the mean of their exponentials is the importance-weighted bound.

    Args:
        x: images, few enough for one pass: an ImageSet, or a tensor (B, C, H, W).
        samples: draws an image, at least 1.
        chunk: draws decoded at a time; None takes as many as fit in a modest memory. The draws, and so the
            weights, do not depend on it.
        generator: a CPU generator to draw from, whatever the model's device; None takes PyTorch's own of that
            device.
        prior: p(z); None is N(0, I), what the model was trained with, whatever `model.prior` is.

    Returns:
        float64 of shape (samples, B) (float32 on Apple's GPUs).
    """
    pictures = measurable(model, x).float(device=latent.device_of(model))
    with evaluating(model):
        return torch.cat(list(_weights(model, pictures, samples, chunk, generator, prior)))


@torch.no_grad()
def importance_weighted_bound(
    model: VAE,
    images: ImageSet | Tensor,
    samples: int = 100,
    seed: int = 0,
    batch_size: int = 100,
    chunk: int | None = None,
    prior: Prior | None = None,
) -> Tensor:
    """The importance-weighted bound on log p(x) of each image, in nats, shape (N,), float64, on the CPU.

    log 1/K sum_k p(x, z_k) / q(z_k | x) with K = `samples` draws. It lies between the ELBO (K = 1) and
    log p(x) on average, and climbs towards log p(x) as K grows (Burda, Grosse and Salakhutdinov,
    "Importance Weighted Autoencoders", ICLR 2016, theorem 1). K = 5,000 is usual for a last figure.

    The sum is kept as a running logarithm, so that memory does not grow with K. The same seed and
    `batch_size` give the same draws on every device and for every `chunk`; the bound then agrees up to the
    rounding of the decoder's floats.

    Args:
        samples, chunk, prior: see `log_weights`. A fitted prior bounds log p(x) of the model that draws its
            codes from it. A flow's density takes long, `latent_dim` times what drawing a code takes.
        seed: of the draws; PyTorch's own random state is left as it was.
        batch_size: images at a time.

    Raises:
        ValueError: `samples` or `chunk` below 1.
        DataError: no images.
        ModelError: the model is no VAE.

    >>> model = vaelab.recipes.build("mayberay-digits-vae")
    >>> importance_weighted_bound(model, vaelab.load("digits", n=5), samples=10).shape
    torch.Size([5])
    """
    images = measurable(model, images)
    generator = torch.Generator().manual_seed(seed_number(seed))
    total = len(images) * samples
    bounds = []
    bar = progress(total=total, wanted=total >= _BAR_FROM, desc="Weighing draws", unit="draw")
    with evaluating(model), bar:
        for x in images.batches(batch_size, latent.device_of(model)):
            running = torch.full((len(x),), -math.inf, dtype=widest(x.device), device=x.device)
            for weights in _weights(model, x, samples, chunk, generator, prior):
                running = torch.logaddexp(running, torch.logsumexp(weights, 0))
                bar.update(weights.numel())
            bounds.append(exact(running).cpu() - math.log(samples))
    return torch.cat(bounds)


def _weights(
    model: VAE,
    x: Tensor,
    samples: int,
    chunk: int | None,
    generator: torch.Generator | None,
    prior: Prior | None,
) -> Iterator[Tensor]:
    """Log-weights of `samples` draws, `chunk` draws at a time: (chunk, B) each, as wide as can be."""
    if samples < 1:
        raise ValueError(f"samples must be at least 1, not {samples}.")
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk, the draws decoded at a time, must be at least 1, not {chunk}.")
    chunk = chunk or _draws_at_a_time(x)
    mu, log_var = model.encode(x)
    normal, wide = StandardNormal(model.latent_dim), widest(x.device)
    for start in range(0, samples, chunk):
        draws = min(chunk, samples - start)
        # One call a draw, so that the size of a chunk does not change the draws.
        eps = torch.stack([_normal_like(mu, generator) for _ in range(draws)]).to(mu)
        z = mu + torch.exp(log_var / 2) * eps
        z = z.flatten(0, 1)
        x_hat = model.decode(z)
        copies = x.expand(draws, *x.shape).flatten(0, 1)
        log_likelihood = -model.likelihood(copies, x_hat).to(wide).view(draws, -1)
        log_prior = (prior or normal).log_prob(z).view(draws, -1)
        log_q = normal.log_prob(eps.flatten(0, 1)).view(draws, -1) - 0.5 * log_var.to(wide).sum(-1)
        yield log_likelihood + log_prior - log_q


def _normal_like(mu: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn_like(mu) if generator is None else torch.randn(mu.shape, generator=generator)


def _draws_at_a_time(x: Tensor) -> int:
    numbers = _NUMBERS.get(x.device.type, _NUMBERS["cpu"])
    return max(1, numbers // (len(x) * max(_FEWEST, x[0].numel())))


@torch.no_grad()
def reconstruction_error(model: Autoencoder | VAE, images: ImageSet | Tensor, batch_size: int = 256) -> float:
    """Mean squared error over all pixels of all `images`, pixel values in [0, 1].

    Raises:
        DataError: no images.
        ModelError: a model without reconstruct(x).
    """
    images = reconstructible(model, images)
    batches = images.batches(batch_size, latent.device_of(model))
    with evaluating(model):
        total = sum(exact(losses.mse(x, model.reconstruct(x))).sum().item() for x in batches)
    return total / len(images)
