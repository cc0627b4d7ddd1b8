"""All measures of a model at once: what `vaelab evaluate` prints."""

import torch
from torch import Tensor

from vaelab.data import ImageSet
from vaelab.evaluation.bounds import evaluate, importance_weighted_bound, reconstruction_error
from vaelab.evaluation.distances import frechet_distance
from vaelab.evaluation.features import PortraitFeatures, extract_features, portrait_features
from vaelab.evaluation.inputs import measurable
from vaelab.evaluation.posterior import active_units
from vaelab.latent import decode, device_of
from vaelab.models import VAE, Autoencoder
from vaelab.priors import generator

Measures = dict[str, float | int | str | None]


def report(
    model: Autoencoder | VAE, images: ImageSet | Tensor, samples: int = 100, seed: int = 0
) -> Measures:
    """Measure `model` on `images` it has not seen.

    Args:
        model: a VAE; or an autoencoder, of which only the reconstructions can be measured.
        images: as `ImageSet.of` takes them.
        samples: draws an image for the importance-weighted bound.
        seed: of all draws.

    Returns:
        "elbo", "reconstruction", "kl" and "importance_weighted_bound" in nats per image; "active_units" of
        "latent_dim", by more than 0.1 nats; "mean_squared_error" of reconstructions; "frechet", the distance
        of as many new pictures, drawn from N(0, I), from `images` on `portrait_features`, or None, and then
        "why_no_frechet" says why; "frechet_with_prior", the same with codes from the model's own prior, if it
        has one; "images" and "samples", how many these numbers rest on. Of an autoencoder, which has neither
        bound nor samples, there are "images", "latent_dim" and "mean_squared_error", and "why_no_bound".
    """
    if isinstance(model, Autoencoder):
        return _of_autoencoder(model, ImageSet.some(images))
    images = measurable(model, images)
    return {
        "images": len(images),
        **evaluate(model, images, seed=seed),
        "samples": samples,
        "importance_weighted_bound": importance_weighted_bound(model, images, samples, seed).mean().item(),
        "active_units": active_units(model, images),
        "latent_dim": model.latent_dim,
        "mean_squared_error": reconstruction_error(model, images),
        **_frechet(model, images, seed),
    }


def _of_autoencoder(model: Autoencoder, images: ImageSet) -> Measures:
    return {
        "images": len(images),
        "latent_dim": model.latent_dim,
        "mean_squared_error": reconstruction_error(model, images),
        "why_no_bound": "an autoencoder rebuilds pictures; it has no posterior, no likelihood and no prior",
    }


def _frechet(model: VAE, images: ImageSet, seed: int) -> Measures:
    if images.shape[0] != 3:
        return {"frechet": None, "why_no_frechet": "its features know colour pictures only"}
    if len(images) <= (few := PortraitFeatures.feature_dim):
        return {"frechet": None, "why_no_frechet": f"it takes more than {few} pictures, better some hundreds"}
    features = portrait_features(device_of(model))
    z = torch.randn(len(images), model.latent_dim, generator=generator(seed))
    codes = {"frechet": z}
    if model.prior is not None:
        codes["frechet_with_prior"] = model.prior.sample(len(images), seed)
    real = extract_features(features, images)
    return {
        name: frechet_distance(extract_features(features, decode(model, z)), real)
        for name, z in codes.items()
    }
