"""How a face model does on drawn portraits it has not seen: rows for `benchmarks.faces` and for the cards."""

import copy
import math

from vaelab import evaluation, latent, losses
from vaelab.data import ImageSet
from vaelab.evaluation.features import PortraitFeatures
from vaelab.models import VAE

TEST, TRAIN, BOUND_IMAGES, SAMPLES = 2_000, 5_000, 200, 2_000


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


def bound(model: VAE, images: ImageSet) -> float:
    """The importance-weighted bound on log p(x) with 100 draws, averaged over `images`, in nats."""
    return evaluation.importance_weighted_bound(model, images, samples=100).mean().item()


def edits(
    model: VAE, train: ImageSet, test: ImageSet, judge: PortraitFeatures
) -> dict[str, tuple[float, float]]:
    """For each attribute: the share of faces that gain it by 1.5 attribute vectors, and of verdicts kept."""
    codes, _ = latent.encode(model, train)
    results = {}
    for name in train.attribute_names:
        vector = latent.attribute_vector(codes, train.attribute(name))
        edit = evaluation.attribute_edit(model, test, vector, judge, name)
        results[name] = edit.after, 1 - edit.others_changed
    return results


def judged(model: VAE, train: ImageSet, test: ImageSet) -> dict[str, float]:
    """All rows of the table for one model, in its order."""
    judge = evaluation.portrait_features()
    few = test[:BOUND_IMAGES]
    real, drawn = (
        evaluation.extract_features(judge, pictures) for pictures in (test, model.sample(SAMPLES, seed=0))
    )
    gained = edits(model, train, test[: TEST // 2], judge)
    return {
        "error": evaluation.reconstruction_error(model, test),
        "bound": bound(model, few),
        "bound, best sigma": bound(calibrated(model, train[:1_000]), few),
        "Frechet": evaluation.frechet_distance(drawn, real),
        "active": evaluation.active_units(model, test),
        "Smiling": gained["Smiling"][0],
        "Eyeglasses": gained["Eyeglasses"][0],
        "all 18 edits": sum(after for after, _ in gained.values()) / len(gained),
        "kept": sum(kept for _, kept in gained.values()) / len(gained),
    }
