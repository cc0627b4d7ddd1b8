"""How a face model does on drawn portraits it has not seen: rows for `benchmarks.faces` and for the cards.

Everything is drawn from fixed seeds and added up in float64 in the order of the pictures, so that the same
weights give the same digits. Frechet distances are all between 1,000 pictures and the same 1,000 real ones.
They are biased upwards: compare them with each other, and with the floor, that of 1,000 other real ones.
"""

import copy
import math

import torch
from torch import Tensor

from vaelab import evaluation, latent, losses
from vaelab.data import ImageSet
from vaelab.data.portraits.attributes import ATTRIBUTES
from vaelab.evaluation.features import PortraitFeatures
from vaelab.models import VAE
from vaelab.priors import Prior, StandardNormal

TEST, TRAIN, CALIBRATION, BOUND_IMAGES = 2_000, 5_000, 1_000, 200
DRAWS = 100  # of the bound, for each picture
SEEDS = 3  # sets of samples, over which a Frechet distance is averaged
# Ways to give faces an attribute: how it is learned from codes, and how many steps are taken.
WAYS = {"vector": (latent.attribute_vector, 2.0), "map": (latent.attribute_map, 1.5)}
WIDTHS = [math.exp(eighths / 16) for eighths in range(-12, 9)]  # every eighth of a nat of log-variance


def calibrated(model: VAE, images: ImageSet, seed: int = 0) -> VAE:
    """A copy whose sigma is the root mean squared error of its reconstructions, one draw of z an image.

    This sigma makes the ELBO of `images` largest while all else stays (Rybkin, Daniilidis and Levine, 2021).
    """
    terms = evaluation.evaluate(model, images, seed=seed)
    pixels, sigma = math.prod(model.image_shape), model.likelihood.sigma.item()
    constant = pixels * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    error = 2 * sigma**2 * (terms["reconstruction"] - constant) / pixels
    model = copy.deepcopy(model)
    model.likelihood = losses.Gaussian(math.sqrt(error))
    return model


@torch.no_grad()
def widened(model: VAE, factor: float) -> VAE:
    """A copy whose posteriors are `factor` times as wide, in every direction."""
    model = copy.deepcopy(model)
    model.to_log_var.bias += 2 * math.log(factor)
    return model


def best_width(model: VAE, images: ImageSet, seed: int = 0) -> float:
    """The factor by which posteriors should be wider for the best ELBO of `images`; 1 if they are right."""

    def elbo(factor: float) -> float:
        return evaluation.evaluate(widened(model, factor), images, seed=seed)["elbo"]

    return max(WIDTHS, key=elbo)


def bound(model: VAE, images: ImageSet) -> float:
    """The importance-weighted bound on log p(x) under N(0, I), averaged over `images`, in nats."""
    return evaluation.importance_weighted_bound(model, images, samples=DRAWS).mean().item()


class Frechet:
    """Distances from one set of real portraits, `real`; each of as many other pictures."""

    def __init__(self, judge: PortraitFeatures, real: ImageSet):
        self.judge, self.real, self.count = judge, evaluation.extract_features(judge, real), len(real)

    def of(self, pictures: ImageSet | Tensor) -> float:
        """The distance of some pictures."""
        return evaluation.frechet_distance(evaluation.extract_features(self.judge, pictures), self.real)

    def of_samples(self, model: VAE, prior: Prior, seeds: int = SEEDS) -> float:
        """The distance of samples, averaged over several sets of them."""
        codes = [prior.sample(self.count, seed) for seed in range(seeds)]
        return sum(self.of(latent.decode(model, z)) for z in codes) / seeds


def hidden_by(name: str) -> list[str]:
    """Attributes that hide another: under a hat, bangs are not to be seen, nor is a bald head.

    The painter's own rules say so. No face has both, and whoever gets the one loses the other.
    """
    _, *needed = ATTRIBUTES[name].ranges
    return [other for other, attribute in ATTRIBUTES.items() if next(iter(attribute.ranges)) in needed]


def open_to(faces: ImageSet, name: str) -> ImageSet:
    """The faces on which nothing would hide an attribute: none other is asked to show it."""
    hidden = torch.zeros(len(faces), dtype=torch.bool)
    for other in hidden_by(name):
        hidden |= faces.attribute(other)
    return faces[~hidden]


Edits = dict[str, tuple[float, float]]  # attribute -> the share of faces that gain it, of other verdicts kept


def edits(model: VAE, train: ImageSet, test: ImageSet, judge: PortraitFeatures) -> dict[str, Edits]:
    """What attribute vectors and maps do to those of `test` that lack an attribute and could show it."""
    codes, _ = latent.encode(model, train)
    results = {}
    for way, (learn, steps) in WAYS.items():
        results[way] = {}
        for name in train.attribute_names:
            direction = learn(codes, train.attribute(name))
            edit = evaluation.attribute_edit(model, open_to(test, name), direction, judge, name, steps)
            results[way][name] = edit.after, 1 - edit.others_changed
    return results


def judged(model: VAE, train: ImageSet, test: ImageSet) -> dict[str, float]:
    """All rows of the table for one model, in its order. `test` is halved: real portraits, and others."""
    judge = evaluation.portrait_features()
    few, known, half = test[:BOUND_IMAGES], train[:CALIBRATION], len(test) // 2
    distance, others = Frechet(judge, test[:half]), test[half : 2 * half]
    width = best_width(model, known)
    rows = {
        "squared error": evaluation.reconstruction_error(model, test),
        "bound": bound(model, few),
        "bound, best sigma": bound(calibrated(model, known), few),
        "best width": width,
        "bound, best width": bound(widened(model, width), few),
        "active": evaluation.active_units(model, test),
        "Frechet, floor": distance.of(others),
        "Frechet, reconstructions": distance.of(latent.reconstruct(model, others)),
        "Frechet, N(0, I)": distance.of_samples(model, StandardNormal(model.latent_dim)),
    }
    if model.prior is not None:
        rows["Frechet, own prior"] = distance.of_samples(model, model.prior)
    for way, found in edits(model, train, test[:half], judge).items():
        gained, kept = zip(*found.values(), strict=True)
        rows |= {f"{name}, gained by {way}": share for name, share in zip(found, gained, strict=True)}
        rows |= {f"{name}, others kept by {way}": share for name, share in zip(found, kept, strict=True)}
        rows[f"gained by {way}, mean"] = sum(gained) / len(gained)
        rows[f"gained by {way}, least"] = min(gained)
        rows[f"others kept by {way}, mean"] = sum(kept) / len(kept)
    return rows
