"""What varies from face to face: the factors, their ranges, and how they are drawn."""

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor

from vaelab.data.randomness import Factor, uniforms

FACTORS = {
    # the picture
    "position_x": Factor(-0.05, 0.05, "head moved to the right, in half picture widths"),
    "position_y": Factor(-0.04, 0.04, "head moved down, in half picture heights"),
    "scale": Factor(0.94, 1.06, "size of the head; 1 is the usual size"),
    "tilt": Factor(-0.12, 0.12, "head leaning to one shoulder, in radians"),
    "turn": Factor(-0.30, 0.30, "head turned to one side, in radians"),
    "light_side": Factor(-1, 1, "light from the left (-1) to the right (1)"),
    "backdrop_hue": Factor(0, 1, "hue of the background, once round the colour wheel"),
    "backdrop_saturation": Factor(0.05, 0.40, "grey to colourful background"),
    "backdrop_brightness": Factor(0.40, 0.85, "dark to light background"),
    # the person
    "presentation": Factor(
        0,
        1,
        "hidden cause behind jaw, brows, hair length, baldness, beard, moustache, make-up and earrings; "
        "never painted",
    ),
    "age": Factor(0, 1, "young adult (0) to old (1): lines, folds, softer jaw"),
    "skin_tone": Factor(0, 1, "lightest (0) to deepest (1) skin"),
    "skin_warmth": Factor(-1, 1, "pink (-1) to golden (1) undertone"),
    "face_width": Factor(0.43, 0.51, "half the width of the face, in head units"),
    "face_length": Factor(0.60, 0.72, "distance from the eyes to the chin, in head units"),
    "jaw_width": Factor(0.70, 0.94, "width of the jaw as a part of the face's"),
    # eyes, brows, nose
    "eye_size": Factor(0.88, 1.14, "size of the eyes; 1 is the usual size"),
    "eye_openness": Factor(0.60, 1.20, "hooded to wide open eyes"),
    "eye_slant": Factor(-0.02, 0.03, "outer corner lower (negative) or higher (positive), in head units"),
    "eye_colour": Factor(0, 1, "dark brown, hazel, green, grey-green, blue"),
    "gaze": Factor(-1, 1, "looking to the left (-1) or the right (1)"),
    "brow_thickness": Factor(0.010, 0.050, "half the thickness of the brows, in head units"),
    "brow_height": Factor(-1, 1, "low to raised brows"),
    "fullness": Factor(0, 1, "slim cheeks, fine nose, thin lips (0) to full cheeks, nose and lips (1)"),
    # mouth
    "smile": Factor(0, 1, "relaxed mouth (0) to a broad smile (1)"),
    "mouth_open": Factor(0, 1, "closed jaw (0) to open mouth (1)"),
    "makeup": Factor(0, 1, "bare face (0) to painted lips and shaded eyelids (1)"),
    # hair
    "hair_lightness": Factor(0, 1, "black (0), brown, blond (1)"),
    "hair_redness": Factor(0, 1, "not red (0) to red (1)"),
    "hair_grey": Factor(0, 1, "own colour (0) to grey (1)"),
    "hair_length": Factor(0, 1, "cropped (0), chin (0.5), below the shoulders (1)"),
    "hair_volume": Factor(0.05, 0.15, "thickness of the hair on the head, in head units"),
    "hair_curl": Factor(0, 1, "straight (0), wavy (0.5), tightly curled (1)"),
    "parting": Factor(-1, 1, "where the hair is parted, left to right"),
    "bangs": Factor(0, 1, "forehead free (0) or under a fringe (1)"),
    "bald": Factor(0, 1, "full head of hair (0) to none on top (1)"),
    "mustache": Factor(0, 1, "none (0) to full (1)"),
    "beard": Factor(0, 1, "none (0) to full (1)"),
    "beard_width": Factor(0, 1, "on the chin only (0) to up to the ears (1)"),
    # things worn
    "glasses": Factor(0, 1, "none (0) or worn (1)"),
    "glasses_shape": Factor(0, 1, "round (0) to square (1)"),
    "glasses_colour": Factor(0, 1, "frames of black (0), blue, red, amber, cream (1)"),
    "hat": Factor(0, 1, "none (0) or a knitted hat (1)"),
    "hat_hue": Factor(0, 1, "hue of the hat"),
    "earrings": Factor(0, 1, "none (0) or worn (1)"),
}

# Coin tosses behind the factors. A new name goes to the end, or everyone gets another face.
_TOSSES = (
    "is_pale",
    "is_old",
    "is_smiling",
    "is_open",
    "hair_kind",
    "hair_shade",
    "is_grey",
    "is_long",
    "curl_kind",
    "is_goatee",
)
_COLUMNS = {name: i for i, name in enumerate((*FACTORS, *_TOSSES))}


def draw_factors(indices, seed: int) -> dict[str, Tensor]:
    """Draw the factors of faces number `indices`.

    Most factors are independent. These are not, as in photographs: deeper skin comes with darker hair and
    eyes, curlier hair and lighter frames; age with grey hair, baldness and glasses; smiling with an open
    mouth; a moustache with a beard; baldness with short hair and no fringe; and `presentation` with jaw,
    brows, hair length, baldness, beard, moustache, make-up and earrings.

    Args:
        indices: integers, shape (N,), at least 0. Face number i of a seed is always the same face.
        seed: any integer; another seed gives other people.

    Returns:
        name -> float32 tensor of shape (N,), each within its range in `FACTORS`.
    """
    table = uniforms(seed, indices, len(_COLUMNS))
    draws = {name: table[:, column] for name, column in _COLUMNS.items()}
    factors = {name: _between(draws[name], f.low, f.high) for name, f in FACTORS.items()}
    factors |= _pose(draws) | _person(draws)
    factors |= _features(draws, factors) | _mouth(draws, factors)
    factors |= _hair(draws, factors) | _worn(draws, factors)
    return {name: torch.from_numpy(factors[name].astype(np.float32)) for name in FACTORS}


def _between(u, low, high):
    return low + (high - low) * u


def _bell(u, mean, spread, name):
    """Normal around `mean`, cut off at the factor's range."""
    return np.clip(mean + spread * ndtri(u), FACTORS[name].low, FACTORS[name].high)


def _either(chosen, u, no, yes):
    """Uniform on the range `yes` where chosen, on the range `no` elsewhere."""
    return np.where(chosen, _between(u, *yes), _between(u, *no))


def _pose(d):
    return {
        "position_x": _bell(d["position_x"], 0, 0.02, "position_x"),
        "position_y": _bell(d["position_y"], 0, 0.015, "position_y"),
        "scale": _bell(d["scale"], 1, 0.025, "scale"),
        "tilt": _bell(d["tilt"], 0, 0.05, "tilt"),
        "turn": _bell(d["turn"], 0, 0.12, "turn"),
    }


def _person(d):
    pale, old = d["is_pale"] < 0.14, d["is_old"] < 0.32
    strength = _strong(d["presentation"])
    return {
        "skin_tone": _either(pale, d["skin_tone"], (0.19, 1), (0, 0.05)),
        "skin_warmth": _bell(d["skin_warmth"], 0, 0.45, "skin_warmth"),
        # A gap between the two groups: nobody can tell 39 from 41, so the label would be a coin toss.
        "age": _either(old, d["age"], (0, 0.45), (0.72, 1)),
        "face_width": _bell(d["face_width"], 0.47, 0.016, "face_width"),
        "face_length": _bell(d["face_length"], 0.655, 0.02, "face_length"),
        "jaw_width": _bell(d["jaw_width"], 0.77 + 0.09 * strength, 0.03, "jaw_width"),
    }


def _strong(presentation):
    """An S-curve, so that most people are near one end of the axis and some between."""
    return 1 / (1 + np.exp(-14 * (presentation - 0.5)))


def _features(d, f):
    strength = _strong(d["presentation"])
    light_eyes = np.clip(1.15 - 1.9 * f["skin_tone"], 0.05, 0.85)
    return {
        "eye_size": _bell(d["eye_size"], 1.03, 0.05, "eye_size"),
        "eye_openness": _bell(d["eye_openness"], 0.95, 0.10, "eye_openness"),
        "eye_slant": _bell(d["eye_slant"], 0.007, 0.009, "eye_slant"),
        # The rarer light colours share the upper half of the scale, the browns the lower.
        "eye_colour": np.where(
            d["eye_colour"] < light_eyes, 0.4 + 0.6 * d["eye_colour"] / light_eyes, 0.35 * d["eye_colour"]
        ),
        "gaze": _bell(d["gaze"], 0, 0.4, "gaze"),
        "brow_thickness": _bell(d["brow_thickness"], 0.023 + 0.008 * strength, 0.005, "brow_thickness"),
        "brow_height": _bell(d["brow_height"], 0, 0.45, "brow_height"),
        "fullness": _bell(d["fullness"], 0.5, 0.22, "fullness"),
    }


def _mouth(d, f):
    smiling = d["is_smiling"] < 0.5
    is_open = d["is_open"] < np.where(smiling, 0.6, 0.25)
    painted = d["makeup"] < 0.62 * (1 - _strong(d["presentation"]))
    return {
        "smile": _either(smiling, d["smile"], (0, 0.2), (0.75, 1)),
        "mouth_open": _either(is_open, d["mouth_open"], (0, 0), (0.5, 1)),
        "makeup": painted.astype(float),
    }


def _hair(d, f):
    strength, tone, old = _strong(d["presentation"]), f["skin_tone"], f["age"] > 0.5
    black = np.clip(0.12 + 1.15 * (tone - 0.15), 0.12, 0.84)
    brown = black + (1 - black) * (0.47 + 0.33 * tone)
    blond = brown + (1 - brown) * 0.74
    kind, shade = d["hair_kind"], d["hair_shade"]
    red = kind >= blond
    lightness = np.select(
        [kind < black, kind < brown, kind < blond],
        [0.10 * shade, _between(shade, 0.30, 0.52), _between(shade, 0.80, 1)],
        0.5,
    )
    bald = d["bald"] < 0.17 * strength * (0.5 + f["age"])
    long = d["is_long"] < 0.90 - 0.84 * strength
    moustache = d["mustache"] < 0.28 * strength
    beard = d["beard"] < strength * np.where(moustache, 0.75, 0.28)
    # Straight, wavy and tightly curled hair are found with every skin; the odds shift with it.
    tight = np.clip(0.05 + 0.75 * (tone - 0.35), 0.05, 0.5)
    curl = np.select(
        [d["curl_kind"] < tight, d["curl_kind"] < tight + 0.28],
        [_between(d["hair_curl"], 0.85, 1), _between(d["hair_curl"], 0.4, 0.6)],
        0.12 * d["hair_curl"],
    )
    return {
        "hair_lightness": lightness,
        "hair_redness": np.where(red, _between(shade, 0.75, 1), 0.0),
        "hair_grey": _either(d["is_grey"] < np.where(old, 0.68, 0.03), d["hair_grey"], (0, 0), (0.85, 1)),
        "hair_length": np.where(bald, 0.1, _either(long, d["hair_length"], (0, 0.22), (0.60, 1))),
        "hair_curl": curl,
        "bangs": ((d["bangs"] < 0.27) & ~bald).astype(float),
        "bald": bald.astype(float),
        "mustache": moustache.astype(float),
        "beard": beard.astype(float),
        "beard_width": _either(d["is_goatee"] < 0.35, d["beard_width"], (0.7, 1), (0, 0.1)),
    }


def _worn(d, f):
    strength = _strong(d["presentation"])
    return {
        "glasses": (d["glasses"] < 0.22 + 0.16 * (f["age"] > 0.5)).astype(float),
        # Frames are chosen to show: dark ones are rare on deep skin.
        "glasses_colour": _between(d["glasses_colour"], 0.45 * f["skin_tone"], 1),
        "hat": (d["hat"] < 0.11).astype(float),
        "earrings": (d["earrings"] < 0.48 * (1 - strength)).astype(float),
    }
