"""What numbers of a code do, and directions through it, in words: where the pictures' factors are known."""

from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor

from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError

FEWEST = 100  # pictures, below which chance alone gives correlations of 0.4 somewhere in the table

# What small and large values of a factor look like. Left and right are the picture's.
_ENDS = {
    "position_x": ("head further left", "head further right"),
    "position_y": ("head higher", "head lower"),
    "scale": ("smaller head", "larger head"),
    "tilt": ("leaning left", "leaning right"),
    "turn": ("turned left", "turned right"),
    "light_side": ("light from the left", "light from the right"),
    "backdrop_saturation": ("grey background", "colourful background"),
    "backdrop_brightness": ("darker background", "lighter background"),
    "age": ("younger", "older"),
    "skin_tone": ("lighter skin", "deeper skin"),
    "skin_warmth": ("pink skin", "golden skin"),
    "face_width": ("narrow face", "wide face"),
    "face_length": ("short face", "long face"),
    "jaw_width": ("narrow jaw", "wide jaw"),
    "eye_size": ("smaller eyes", "larger eyes"),
    "eye_openness": ("hooded eyes", "wide eyes"),
    "eye_slant": ("eyes slant down", "eyes slant up"),
    "eye_colour": ("dark eyes", "light eyes"),
    "gaze": ("looks left", "looks right"),
    "brow_thickness": ("thin brows", "thick brows"),
    "brow_height": ("low brows", "raised brows"),
    "fullness": ("slim features", "full features"),
    "smile": ("no smile", "smile"),
    "mouth_open": ("mouth closed", "mouth open"),
    "makeup": ("no make-up", "make-up"),
    "hair_lightness": ("darker hair", "lighter hair"),
    "hair_redness": ("hair not red", "red hair"),
    "hair_grey": ("own hair colour", "grey hair"),
    "hair_length": ("shorter hair", "longer hair"),
    "hair_volume": ("flat hair", "full hair"),
    "hair_curl": ("straight hair", "curly hair"),
    "parting": ("parted left", "parted right"),
    "bangs": ("free forehead", "fringe"),
    "bald": ("hair on top", "bald"),
    "mustache": ("no moustache", "moustache"),
    "beard": ("no beard", "beard"),
    "beard_width": ("beard on the chin", "full beard"),
    "glasses": ("no glasses", "glasses"),
    "hat": ("no hat", "hat"),
    "earrings": ("no earrings", "earrings"),
    "Bald": ("hair on top", "bald"),
    "Bangs": ("free forehead", "fringe"),
    "Black_Hair": ("other hair", "black hair"),
    "Blond_Hair": ("other hair", "blond hair"),
    "Brown_Hair": ("other hair", "brown hair"),
    "Eyeglasses": ("no glasses", "glasses"),
    "Gray_Hair": ("other hair", "grey hair"),
    "Male": ("feminine look", "masculine look"),
    "Mouth_Slightly_Open": ("mouth closed", "mouth open"),
    "Mustache": ("no moustache", "moustache"),
    "No_Beard": ("beard", "no beard"),
    "Pale_Skin": ("skin not pale", "pale skin"),
    "Smiling": ("no smile", "smile"),
    "Wearing_Earrings": ("no earrings", "earrings"),
    "Wearing_Hat": ("no hat", "hat"),
    "Wearing_Lipstick": ("no lipstick", "lipstick"),
    "Young": ("older", "younger"),
    "Long_Hair": ("short hair", "long hair"),
}


def number_of(dimension: int | None) -> str:
    """What a dimension without a name is called."""
    return f"dimension {dimension}"


class Name(NamedTuple):
    """What one dimension does: `low` at its small values, `high` at its large ones."""

    dimension: int | None  # None where it is a direction across many
    low: str
    high: str
    factor: str | None = None  # the factor or attribute it goes with; None where there is none
    correlation: float = 0.0  # with sign: Spearman's of a dimension, Pearson's of a direction

    @property
    def label(self) -> str:
        """For a slider: "lighter skin … deeper skin", or "dimension 17"."""
        if self.factor is None:
            return number_of(self.dimension)
        return f"{self.low} … {self.high}"


def name_dimensions(mu: Tensor, images: ImageSet | Tensor, threshold: float = 0.5) -> list[Name]:
    """Name each latent dimension after the factor or attribute of `images` that it goes with most.

    Compared by Spearman's rank correlation rho, which minds order only, so that a bent relation counts in
    full. A dimension whose largest `|rho|` is under `threshold` stays "dimension i": it does several things
    at once, or something that has no column; so does one whose factor goes with another dimension still more.
    A name says what goes with the dimension in these pictures; in
    data where causes come together, such as beards and short hair, moving it may change both. Hues are left
    out: they go round a circle, so have no order. So is the portraits' `presentation`, which changes no pixel
    by itself, only the odds of other factors.

    Args:
        mu: codes of the pictures, (N, latent_dim).
        images: the N pictures, at least 100, with factors or attributes.
        threshold: of `|rho|`, in (0, 1].

    Returns:
        One `Name` a dimension, in the order of the dimensions.

    Raises:
        ShapeError: not one code for each picture.
        DataError: fewer than 100 pictures.
        ValueError: a threshold outside (0, 1].
    """
    images = _checked(mu, images, threshold)
    columns = _columns(images)
    if not columns:
        return [_unnamed(i) for i in range(mu.shape[1])]
    rho = _spearman(mu.detach().cpu().double().numpy(), np.stack(list(columns.values()), axis=1))
    names, strength = list(columns), np.abs(rho)
    best = strength.argmax(1)
    # Of several dimensions that go with one factor the closest bears its name.
    closest = np.where(best[:, None] == np.arange(len(names)), strength, 0).argmax(0)
    return [
        _named(i, names[k], float(rho[i, k]))
        if strength[i, k] >= threshold and closest[k] == i
        else _unnamed(i)
        for i, k in enumerate(best)
    ]


def named_directions(
    mu: Tensor, images: ImageSet | Tensor, threshold: float = 0.5
) -> tuple[list[Name], Tensor]:
    """A direction through the codes for each factor of `images` that they follow, at right angles.

    A factor seldom has a dimension to itself, and may have a direction. Least squares of codes = centre +
    factors @ vectors gives each factor the change in the code that goes with it alone, the others held fixed
    (`latent.attribute_vectors` for any factor). Kept are vectors along which codes correlate with their
    factor by at least `threshold`; those are turned as little as possible to stand at right angles to one
    another, so that a step along one leaves what is read along the others as it was (Löwdin, "On the
    non-orthogonality problem", Journal of Chemical Physics 1950). Where there are no factors, the attributes
    take their place. What is left out of `name_dimensions` is left out here.

    Args:
        mu, images, threshold: as for `name_dimensions`; the correlation is Pearson's, as a rare attribute
            cannot have a large Spearman's.

    Returns:
        One `Name` a direction, in the order of the factors, and the directions, (K, latent_dim): each towards
        `high` and as long as the codes' standard deviation along it. K is 0 where nothing is known.

    Raises:
        ShapeError, DataError, ValueError: as `name_dimensions`.
    """
    images = _checked(mu, images, threshold)
    columns = {k: v for k, v in _columns(images).items() if k in images.factors or not images.factors}
    if not columns:
        return [], torch.zeros(0, mu.shape[1])
    codes, known = mu.detach().cpu().double().numpy(), np.stack(list(columns.values()), axis=1)
    # Judged on other pictures than it was found with: with few of them a direction fits any factor.
    halves = np.arange(len(codes)) % 2 == 0, np.arange(len(codes)) % 2 == 1
    strength = sum(
        _correlation(codes[there] @ _vectors(codes[here], known[here]).T, known[there]) / 2
        for here, there in (halves, halves[::-1])
    )
    best = np.argsort(-strength, kind="stable")[: mu.shape[1]]
    kept = np.sort(best[strength[best] >= threshold])
    left, _, right = np.linalg.svd(_vectors(codes, known)[kept], full_matrices=False)
    directions = left @ right
    steps = directions * (codes @ directions.T).std(0)[:, None]
    names = [_named(None, list(columns)[k], float(strength[k])) for k in kept]
    return names, torch.from_numpy(steps).float()


def _vectors(codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The direction of each column of what is `known`, the others held fixed; of length 1, or 0."""
    vectors = np.linalg.pinv(_standardised(known)) @ (codes - codes.mean(0))
    return vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12)


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's, column by column; 0 where one never changes."""
    return (_standardised(a) * _standardised(b)).mean(0)


def _checked(mu: Tensor, images: ImageSet | Tensor, threshold: float) -> ImageSet:
    """The pictures, where their codes can be named."""
    images = ImageSet.of(images)
    if mu.ndim != 2 or len(mu) != len(images):
        raise ShapeError(
            f"Naming needs one code a picture, ({len(images)}, latent_dim); these have {tuple(mu.shape)}."
        )
    if len(images) < FEWEST:
        raise DataError(
            f"Naming needs at least {FEWEST} pictures, or chance gives names; here: {len(images)}."
        )
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is a correlation above 0 and at most 1, not {threshold}.")
    return images


def _columns(images: ImageSet) -> dict[str, np.ndarray]:
    """Everything known of the pictures that has an order, name -> (N,)."""
    left_out = ("_hue", "_phase", "presentation")
    columns = {k: v for k, v in images.factors.items() if not k.endswith(left_out)}
    for i, name in enumerate(images.attribute_names):
        columns.setdefault(name, images.attributes[:, i])
    return {name: torch.as_tensor(v).cpu().double().numpy() for name, v in columns.items()}


def _spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Rank correlation of each column of `a` with each of `b`; 0 where a column never changes."""
    a, b = (_standardised(rankdata(table, axis=0)) for table in (a, b))
    return a.T @ b / len(a)


def _standardised(table: np.ndarray) -> np.ndarray:
    table = table - table.mean(0)
    spread = table.std(0)
    return table / np.where(spread > 0, spread, np.inf)


def _unnamed(dimension: int) -> Name:
    return Name(dimension, "", number_of(dimension))


def _named(dimension: int | None, factor: str, rho: float) -> Name:
    plain = factor.replace("_", " ").lower()
    low, high = _ENDS.get(factor, (f"less {plain}", f"more {plain}"))
    return Name(dimension, *((low, high) if rho > 0 else (high, low)), factor, rho)


def labels(
    latent_dim: int, mu: Tensor | None, images: ImageSet | Tensor | None, chosen: dict[int, str] | None
) -> list[str]:
    """One label a dimension: the reader's own, else its name where pictures are enough, else its number."""
    enough = images is not None and len(images) >= FEWEST
    known = name_dimensions(mu, images) if enough else map(_unnamed, range(latent_dim))
    texts = [name.label for name in known]
    for dimension, text in (chosen or {}).items():
        if not isinstance(dimension, int) or not 0 <= dimension < latent_dim:
            raise ValueError(
                f"names: there is no dimension {dimension!r}; they go from 0 to {latent_dim - 1}."
            )
        texts[dimension] = str(text)
    return texts
