"""The three measures of the capstone: how close to the data, how good the samples, how well attributes obey.

All are deterministic: fixed seeds, equally many pictures for everybody, on the CPU.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch

import vaelab
from vaelab import evaluation, latent, losses, nets
from vaelab.data import ImageSet
from vaelab.grading.capstone.rules import IMAGE_SHAPE
from vaelab.models import VAE
from vaelab.priors import StandardNormal

# Chosen from the attributes so that none excludes another: with the others held fixed, each still means what
# its name says (chapter 9). Two are easy to write, two are middling, two are hard for a small VAE.
ATTRIBUTES = ("Smiling", "Eyeglasses", "Bangs", "Mustache", "Wearing_Earrings", "Wearing_Lipstick")
DRAWS = 8  # of z for each picture's bound
_BOUND_FACES, _EDIT_FACES = 200, 150  # the first of the unseen faces
_KNOWN, _CALIBRATION_FACES = 2_000, 500  # public training faces, and the first of them
_SMALLEST_SIGMA = 1 / 255  # pixels are bytes: below one step, a density could grow without end


@dataclass(frozen=True)
class Faces:
    """Which unseen portraits a model is measured on: `load("portraits", n=count, seed=seed, split=split)`."""

    split: str
    seed: int
    count: int = 1_000


PUBLIC = Faces("validation", 0)


@lru_cache(maxsize=4)
def _drawn(split: str, seed: int, count: int) -> ImageSet:
    return vaelab.load("portraits", size=IMAGE_SHAPE[-1], n=count, seed=seed, split=split)


def bound(model: VAE, faces: Faces) -> float:
    """The importance-weighted bound on log p(x) with `DRAWS` draws, in nats a picture.

    Every model gets a Gaussian likelihood, whatever it was trained with, and sigma is set to its root mean
    squared error on public training faces, one draw of z a picture: the value that makes their ELBO largest
    while all else stays (Rybkin, Daniilidis and Levine, 2021). So nobody gains or loses by a choice of sigma
    or of Bernoulli against Gaussian, which moves bounds by thousands of nats (chapters 7 and 10). The prior
    in it is N(0, I), which training used, whatever prior came with the model.
    """
    fair = copy.deepcopy(model)
    fair.likelihood = losses.Gaussian(calibrated_sigma(model, training_faces()[:_CALIBRATION_FACES]))
    return evaluation.importance_weighted_bound(fair, unseen(faces)[:_BOUND_FACES], DRAWS).mean().item()


@torch.no_grad()
def calibrated_sigma(model: VAE, images: ImageSet) -> float:
    """Root mean squared error of reconstructions from one draw of z a picture, in units of pixel value."""
    device = latent.device_of(model)
    with nets.keeping_random_state(device):
        nets.seed(0, device)
        errors = [losses.mse(x, model(x).x_hat) for x in images.batches(100, device)]
    error = nets.exact(torch.cat(errors)).mean().item()
    return max(math.sqrt(error), _SMALLEST_SIGMA) if math.isfinite(error) else math.nan


def frechet(model: VAE, faces: Faces) -> float:
    """Fréchet distance of as many samples from the unseen faces, on `portrait_features`; 0 is best.

    Codes are drawn from the model's own prior, as `model.sample` does, and from N(0, I) where it has none.
    """
    judge = evaluation.portrait_features()
    z = (model.prior or StandardNormal(model.latent_dim)).sample(faces.count, seed=0)
    samples = evaluation.extract_features(judge, latent.decode(model, z))
    return evaluation.frechet_distance(samples, evaluation.extract_features(judge, unseen(faces)))


def control(model: VAE, faces: Faces) -> float:
    """Mean over `ATTRIBUTES` of what an edit gains minus what it changes besides; 1 is best.

    The grader makes the vectors itself, by least squares from the codes of public training faces, and takes
    1.5 steps along each. A classifier of portraits looks at the decoded pictures of unseen faces that lack
    the attribute: gained is the share that shows it after the edit and not before, changed besides the mean
    share of its verdicts on the other attributes that flip.
    """
    judge, known = evaluation.portrait_features(), training_faces()
    vectors = latent.attribute_vectors(latent.encode(model, known)[0], known.attributes)
    places = [known.attribute_names.index(name) for name in ATTRIBUTES]
    edits = [
        evaluation.attribute_edit(
            model, unseen(faces)[:_EDIT_FACES], vectors[i], judge, known.attribute_names[i]
        )
        for i in places
    ]
    return sum(edit.after - edit.before - edit.others_changed for edit in edits) / len(edits)


MEASURES: dict[str, Callable[[VAE, Faces], float]] = {"bound": bound, "frechet": frechet, "control": control}


def training_faces() -> ImageSet:
    """Public training faces."""
    return _drawn("train", 0, _KNOWN)


def unseen(faces: Faces) -> ImageSet:
    """The faces themselves."""
    return _drawn(faces.split, faces.seed, faces.count)
