"""What there is to see of a model: samples, the faces it redraws worst, and whose pictures they are.

Weights cannot tell a copy: with channels in another order, or turned and scaled from layer to layer, other
numbers give the same pictures. So models are compared by what they draw.
"""

import base64
import io
import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TypeVar

import torch
from PIL import Image

from vaelab import latent, weights
from vaelab.data import ImageSet
from vaelab.grading.capstone.measures import PUBLIC, Faces, unseen
from vaelab.grading.capstone.rules import IMAGE_SHAPE, NEAR
from vaelab.models import VAE

FACES = Faces(PUBLIC.split, PUBLIC.seed, 200)  # public ones: what is shown tells nothing of hidden faces
_SAMPLES, _WORST, _NUMBERS = 8, 4, 1_024
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Shown:
    """Pictures of a model, and what they are known by, as plain data to keep beside its score.

    Attributes:
        samples: PNG files in base64, one face each.
        worst: of the public faces, those with the largest error: (PNG of the face beside the same redrawn,
            its mean squared error), the worst first.
        sketch: of the errors of all public faces; empty where they are not finite.
    """

    samples: list[str] = field(default_factory=list)
    worst: list[tuple[str, float]] = field(default_factory=list)
    sketch: list[float] = field(default_factory=list)


def show(model: VAE) -> Shown:
    """Look at a model: some seconds."""
    faces = unseen(FACES)
    x, redrawn = faces.float(), latent.reconstruct(model, faces)
    errors = (redrawn - x).flatten(1).square().mean(1)
    worst = errors.nan_to_num(math.inf).topk(min(_WORST, len(errors))).indices
    return Shown(
        [_png(sample) for sample in model.sample(_SAMPLES, seed=0)],
        [(_png(torch.cat([x[i], redrawn[i]], dim=2)), float(f"{errors[i].item():.3g}")) for i in worst],
        sketch(redrawn - x) if torch.isfinite(errors).all() else [],
    )


def sketch(errors: torch.Tensor) -> list[float]:
    """What a model does wrong on all faces, (N, C, H, W), in 1,024 numbers instead of N C H W.

    Each is the sum of a 1,024th of them with random signs, the same for everybody. Squared lengths, and so
    distances of two sketches, are those of the errors themselves up to some 4 % (a count sketch: Charikar,
    Chen and Farach-Colton, "Finding frequent items in data streams", ICALP 2002).
    """
    rows = errors.double().reshape(-1, _NUMBERS)
    signs = torch.randint(2, rows.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    sums = (rows * signs).sum(0) / math.sqrt(rows.numel())
    return [float(f"{value:.7g}") for value in sums.tolist()]


def distance(a: Sequence[float] | torch.Tensor, b: Sequence[float] | torch.Tensor) -> float:
    """How far two models' pictures lie apart, from their sketches: mean squared difference over mean error.

    0 for the same pictures, 2 where the errors have nothing in common; infinite where one has no sketch.
    """
    if not len(a) or not len(b):
        return math.inf
    one, other = (torch.as_tensor(numbers, dtype=torch.float64) for numbers in (a, b))
    errors = (one.square().sum() + other.square().sum()) / 2
    return ((one - other).square().sum() / errors.clamp(min=1e-12)).item()


def alike(sketches: Mapping[_Key, Sequence[float]]) -> dict[_Key, list[_Key]]:
    """Whose pictures are like whose: for each that has any, the others."""
    found: dict[_Key, list[_Key]] = defaultdict(list)
    numbers = [(key, torch.tensor(sketch)) for key, sketch in sketches.items()]
    for (one, a), (other, b) in combinations(numbers, 2):
        if distance(a, b) < NEAR:
            found[one].append(other)
            found[other].append(one)
    return dict(found)


@lru_cache(maxsize=1)
def shipped() -> dict[str, list[float]]:
    """The sketch of each face VAE that comes with vaelab."""
    models = {name: weights.pretrained(name) for name in weights.names()}
    faces = {n: m for n, m in models.items() if isinstance(m, VAE) and m.image_shape == IMAGE_SHAPE}
    x: ImageSet = unseen(FACES)
    return {name: sketch(latent.reconstruct(model, x) - x.float()) for name, model in faces.items()}


def _png(picture: torch.Tensor) -> str:
    """A picture (3, H, W) with values in [0, 1]; what is not finite becomes grey."""
    levels = picture.nan_to_num(0.5, 0.5, 0.5).clamp(0, 1).mul(255).round().byte()
    data = io.BytesIO()
    Image.fromarray(levels.permute(1, 2, 0).cpu().numpy()).save(data, "PNG", optimize=True)
    return base64.b64encode(data.getvalue()).decode()
