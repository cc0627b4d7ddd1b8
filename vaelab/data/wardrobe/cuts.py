"""What varies from piece to piece: the factors, their ranges, and how each kind of clothing draws them."""

import numpy as np
import torch
from torch import Tensor

from vaelab.data.randomness import Factor, uniforms

FACTORS = {
    "label": Factor(0, 9, "the kind of clothing, numbered as in Fashion-MNIST"),
    # the picture
    "tilt": Factor(-0.09, 0.09, "turn, radians, clockwise"),
    "scale": Factor(0.86, 1.04, "size; 1 fills the picture"),
    "shift_x": Factor(-0.09, 0.09, "move to the right, half picture widths"),
    "shift_y": Factor(-0.08, 0.08, "move down, half picture widths"),
    # the fabric
    "brightness": Factor(0.2, 0.98, "grey of the fabric, from 0 (black) to 1 (white)"),
    "pattern": Factor(
        0,
        6,
        "plain (0), stripes across (1) or upright (2), checks (3), flowers (4), marl (5), two colours (6)",
    ),
    "pattern_scale": Factor(0.16, 0.5, "period of the pattern, half picture widths"),
    "pattern_phase": Factor(0, 1, "where the pattern begins, periods"),
    "pattern_contrast": Factor(0.15, 0.75, "share of light that the pattern's dark parts lose"),
    "print": Factor(0, 1, "no printed motif, or side stripe on shoes (0), to a large one (1)"),
    "trim": Factor(0.05, 1, "grey of soles, belts, bands, prints and contrasting collars"),
    "has_trim": Factor(0, 1, "collar, band, sole and handle in the fabric's grey (0) or the trim's (1)"),
    "folds": Factor(0, 0.22, "depth of the soft folds, share of the light"),
    "folds_phase": Factor(0, 2 * np.pi, "where the folds lie, radians"),
    "fade": Factor(-0.1, 0.35, "how much lighter trousers are on the thigh"),
    # the cut
    "width": Factor(0.2, 0.95, "half the width: chest, hips, or bag; half picture widths"),
    "length": Factor(0.2, 1, "from top to hem as a share of the picture's height; a bag's height"),
    "waist": Factor(0, 0.3, "share by which the waist, the knees or a bag's top is drawn in"),
    "flare": Factor(-0.3, 0.9, "how much wider (or, negative, narrower) it becomes towards the hem"),
    "shoulders": Factor(0.45, 1.05, "width of the shoulders, as a part of the chest's"),
    "sleeve_length": Factor(0, 1, "no sleeves (0), short (0.25), long (1)"),
    "sleeve_angle": Factor(-1, 1, "sleeves close to the body (-1) or spread (1)"),
    "sleeve_width": Factor(0.7, 1.3, "width of the sleeves, 1 is the usual"),
    "neck_width": Factor(0.25, 0.6, "width of the neckline, as a part of the chest's"),
    "neck_depth": Factor(0.06, 0.6, "depth of the neckline, half picture widths"),
    "neck_shape": Factor(0, 1, "round (0) to pointed (1) neckline, or flap of a bag"),
    "roll_neck": Factor(0, 0.22, "height of a collar that stands, half picture widths"),
    "collar": Factor(0, 1, "no turned-down collar (0) to wide lapels (1)"),
    "hood": Factor(0, 0.22, "how high a hood stands behind the neck, half picture widths"),
    "hem": Factor(0, 1, "straight (0) or rounded (1) hem"),
    "closure": Factor(0, 3, "none (0), buttons, laces or clasp (1), zip (2), elastic sides of a boot (3)"),
    "closure_length": Factor(0, 1, "how far down the front it reaches"),
    "button_spacing": Factor(0.16, 0.34, "distance between buttons, half picture widths"),
    "opening": Factor(0, 0.22, "how far a coat hangs open, or trouser legs stand apart"),
    "pockets": Factor(0, 2, "none (0), one on the chest (1; on bags and trousers too), two at the hips (2)"),
    "belt": Factor(0, 1, "none (0) to broad (1); on a bag, two upright bands"),
    "ribbing": Factor(0, 1, "plain (0) or ribbed (1) cuffs and hem"),
    "rise": Factor(0.2, 0.38, "from waist to crotch, as a share of a trouser leg's whole length"),
    "crease": Factor(0, 1, "no crease (0) or a sharp one (1) down each trouser leg; on a bag, a seam"),
    # shoes; lengths in half shoe lengths
    "shaft": Factor(0.3, 1.7, "height of the shoe above its sole"),
    "heel": Factor(0, 0.75, "how much higher the heel stands than the toes"),
    "heel_width": Factor(0, 1, "stiletto (0), block (0.2), wedge (1)"),
    "sole": Factor(0.05, 0.28, "thickness of the sole"),
    "toe": Factor(0, 1, "pointed (0) to round and high (1)"),
    "toe_cap": Factor(0, 1, "no toe cap (0), or one (1)"),
    "lean": Factor(-1, 1, "shaft leaning forward (-1) or back (1)"),
    "dip": Factor(-1, 3, "top line that falls towards the heel (positive) or the toe"),
    "straps": Factor(0, 4, "a closed shoe (0), or how many straps hold it"),
    "strap_width": Factor(0.05, 0.3, "width of a strap; a bag's handle grows with it"),
    # bags
    "handle": Factor(0, 1, "no handle (0), or how far it rises, half picture widths"),
    "handle_width": Factor(0.3, 0.95, "width of the handle, as a part of the bag's"),
    "flap": Factor(0, 0.8, "no flap (0), or how far down it reaches"),
    "corners": Factor(0, 1, "square (0) to round (1) corners of a bag"),
}
"""Each factor of a picture. `label`, `pattern`, `closure`, `pockets` and `straps` are whole numbers, the
others continuous, though of some only the ends are drawn. What a kind has no use for is at its lowest."""

# How a factor is drawn: pieces (share, from, to), uniform within each; a bare (from, to) is a single piece.

_NEVER, _ALWAYS = (0, 0), (1, 1)


def _some(share: float, low: float, high: float) -> tuple:
    """Nothing, but for a share of pieces that have between `low` and `high`."""
    return ((1 - share, 0, 0), (share, low, high))


def _whole(*shares: float) -> tuple:
    """0, 1, 2, ... with these shares."""
    return tuple((share, k, k) for k, share in enumerate(shares))


_ANY = {
    "tilt": ((0.1, -0.09, -0.03), (0.8, -0.03, 0.03), (0.1, 0.03, 0.09)),
    "scale": (0.86, 1.04),
    "shift_x": (-0.09, 0.09),
    "shift_y": (-0.08, 0.08),
    "brightness": ((0.12, 0.2, 0.45), (0.36, 0.5, 0.78), (0.52, 0.78, 0.98)),
    "pattern_scale": (0.16, 0.5),
    "pattern_phase": (0, 1),
    "pattern_contrast": (0.15, 0.75),
    "trim": ((0.5, 0.05, 0.4), (0.5, 0.6, 1)),
    "folds": (0.02, 0.16),
    "folds_phase": (0, 2 * np.pi),
    "has_trim": _some(0.25, 1, 1),
}

_TOP = _ANY | {
    "pattern": _whole(0.62, 0.09, 0.04, 0.06, 0.07, 0.08, 0.04),
    "sleeve_angle": (-1, 1),
    "neck_width": (0.32, 0.5),
    "neck_depth": (0.1, 0.24),
    "neck_shape": ((0.7, 0, 0.15), (0.3, 0.6, 1)),
    "shoulders": (0.85, 1.0),
    "sleeve_width": (0.85, 1.15),
    "button_spacing": (0.18, 0.3),
}

_SHOE = _ANY | {
    "scale": (0.9, 1.04),
    "pattern": _whole(0.84, 0.02, 0.02, 0.02, 0.03, 0.05, 0.02),
    "has_trim": _some(0.5, 1, 1),
    "lean": (-1, 1),
    "toe": (0, 1),
    "folds": (0.02, 0.2),
}

# For each label what is drawn otherwise than at a factor's lowest.
_CUTS = (
    _TOP  # T-shirt/top
    | {
        "width": (0.5, 0.66),
        "length": ((0.25, 0.8, 0.95), (0.75, 0.95, 1)),
        "waist": ((0.6, 0, 0.06), (0.4, 0.06, 0.18)),
        "flare": (-0.05, 0.12),
        "sleeve_length": ((0.12, 0, 0), (0.74, 0.18, 0.36), (0.14, 0.36, 0.6)),
        "shoulders": (0.78, 1.0),
        "neck_width": (0.34, 0.58),
        "neck_depth": (0.12, 0.36),
        "print": _some(0.35, 0.4, 1),
        "collar": _some(0.12, 0.3, 0.5),
        "closure": _whole(0.87, 0.13),
        "closure_length": (0.12, 0.3),
        "pockets": _whole(0.92, 0.08),
        "hem": _some(0.08, 0.4, 1),
    },
    _ANY  # Trouser
    | {
        "pattern": _whole(0.8, 0.01, 0.05, 0.03, 0.03, 0.06, 0.02),
        "width": (0.28, 0.48),
        "length": ((0.1, 0.6, 0.9), (0.9, 0.96, 1)),
        "waist": (0, 0.12),
        "flare": ((0.55, -0.2, 0), (0.35, 0, 0.2), (0.1, 0.2, 0.5)),
        "opening": ((0.3, 0, 0.05), (0.7, 0.05, 0.22)),
        "rise": (0.22, 0.34),
        "fade": ((0.6, -0.05, 0.05), (0.4, 0.1, 0.35)),
        "pockets": _whole(0.3, 0, 0.7),
        "belt": _some(0.15, 1, 1),
        "ribbing": _some(0.15, 0.6, 1),
        "crease": _some(0.3, 0.4, 1),
    },
    _TOP  # Pullover
    | {
        "width": (0.48, 0.6),
        "length": (0.9, 1),
        "waist": (0, 0.1),
        "flare": (-0.08, 0.1),
        "sleeve_length": ((0.1, 0.6, 0.85), (0.9, 0.88, 1)),
        "sleeve_width": (0.85, 1.2),
        "roll_neck": _some(0.22, 0.06, 0.2),
        "hood": _some(0.1, 0.12, 0.22),
        "ribbing": _some(0.65, 0.4, 1),
        "print": _some(0.18, 0.4, 0.9),
        "collar": _some(0.04, 0.3, 0.5),
        "closure": _whole(0.88, 0.07, 0.05),
        "closure_length": ((0.6, 0.1, 0.3), (0.4, 0.9, 1)),
        "pockets": _whole(0.93, 0.02, 0.05),
    },
    _TOP  # Dress
    | {
        "width": ((0.6, 0.26, 0.36), (0.4, 0.36, 0.48)),
        "length": (0.95, 1),
        "waist": (0.04, 0.26),
        "flare": ((0.5, -0.05, 0.2), (0.5, 0.2, 0.85)),
        "sleeve_length": ((0.5, 0, 0), (0.25, 0.15, 0.4), (0.25, 0.6, 1)),
        "shoulders": (0.6, 1.0),
        "neck_width": (0.34, 0.6),
        "neck_depth": (0.1, 0.4),
        "belt": _some(0.25, 0.6, 1),
        "closure": _whole(0.85, 0.12, 0.03),
        "closure_length": (0.2, 1),
        "collar": _some(0.07, 0.3, 0.5),
    },
    _TOP  # Coat
    | {
        "width": ((0.3, 0.36, 0.46), (0.7, 0.46, 0.58)),
        "length": (0.94, 1),
        "waist": (0, 0.14),
        "flare": (-0.05, 0.22),
        "sleeve_length": (0.84, 1),
        "sleeve_width": (0.9, 1.25),
        "neck_depth": (0.12, 0.42),
        "roll_neck": _some(0.35, 0.04, 0.14),
        "hood": _some(0.25, 0.12, 0.22),
        "collar": _some(0.65, 0.4, 1),
        "closure": _whole(0.03, 0.47, 0.5),
        "closure_length": (0.85, 1),
        "opening": _some(0.3, 0.04, 0.2),
        "pockets": _whole(0.35, 0.05, 0.6),
        "belt": _some(0.15, 0.6, 1),
        "ribbing": _some(0.2, 0.4, 1),
    },
    _SHOE  # Sandal
    | {
        "scale": (0.9, 1.04),
        "shaft": ((0.45, 0.36, 0.55), (0.55, 0.55, 1.0)),
        "heel": ((0.45, 0, 0.1), (0.55, 0.2, 0.75)),
        "heel_width": ((0.4, 0, 0.12), (0.25, 0.15, 0.35), (0.35, 0.75, 1)),
        "sole": ((0.75, 0.05, 0.11), (0.25, 0.11, 0.24)),
        "straps": ((0.06, 0, 0), (0.2, 1, 1), (0.3, 2, 2), (0.26, 3, 3), (0.18, 4, 4)),
        "strap_width": (0.07, 0.26),
        "dip": (-1, 1),
    },
    _TOP  # Shirt
    | {
        "pattern": _whole(0.46, 0.1, 0.07, 0.13, 0.13, 0.07, 0.04),
        "width": (0.46, 0.62),
        "length": ((0.2, 0.84, 0.95), (0.8, 0.95, 1)),
        "waist": (0, 0.16),
        "flare": (-0.06, 0.2),
        "sleeve_length": ((0.04, 0, 0), (0.34, 0.18, 0.4), (0.12, 0.4, 0.8), (0.5, 0.85, 1)),
        "shoulders": (0.82, 1.0),
        "neck_width": (0.32, 0.52),
        "neck_depth": (0.1, 0.3),
        "collar": _some(0.84, 0.3, 0.55),
        "closure": _whole(0.16, 0.82, 0.02),
        "closure_length": ((0.15, 0.15, 0.4), (0.85, 0.95, 1)),
        "pockets": _whole(0.72, 0.26, 0.02),
        "hem": _some(0.6, 0.4, 1),
        "print": _some(0.06, 0.4, 0.8),
    },
    _SHOE  # Sneaker
    | {
        "shaft": ((0.8, 0.38, 0.54), (0.2, 0.54, 0.85)),
        "heel": (0, 0.09),
        "heel_width": _ALWAYS,
        "sole": (0.08, 0.19),
        "toe": (0.3, 1),
        "toe_cap": _some(0.35, 0.5, 1),
        "closure": _whole(0.18, 0.82),
        "print": _some(0.45, 0.5, 1),
        "dip": (0, 3),
        "straps": _some(0.015, 1, 1),
        "strap_width": (0.2, 0.3),
    },
    _ANY  # Bag
    | {
        "pattern": _whole(0.72, 0.05, 0.03, 0.06, 0.06, 0.05, 0.03),
        "has_trim": _some(0.4, 1, 1),
        "width": (0.55, 0.93),
        "length": ((0.3, 0.3, 0.5), (0.5, 0.5, 0.72), (0.2, 0.72, 0.95)),
        "flare": (-0.25, 0.25),
        "waist": (0, 0.3),
        "handle": ((0.2, 0, 0), (0.8, 0.2, 0.9)),
        "handle_width": (0.32, 0.95),
        "strap_width": (0.05, 0.3),
        "flap": _some(0.35, 0.25, 0.75),
        "corners": (0, 1),
        "neck_shape": (0, 1),
        "closure": _whole(0.3, 0.35, 0.35),
        "pockets": _whole(0.75, 0.25),
        "belt": _some(0.12, 1, 1),
        "crease": _some(0.5, 0.4, 1),
    },
    _SHOE  # Ankle boot
    | {
        "shaft": ((0.25, 0.62, 0.85), (0.5, 0.85, 1.2), (0.25, 1.2, 1.65)),
        "heel": ((0.45, 0.02, 0.12), (0.35, 0.12, 0.35), (0.2, 0.35, 0.7)),
        "heel_width": ((0.2, 0.02, 0.1), (0.65, 0.12, 0.35), (0.15, 0.7, 1)),
        "sole": ((0.8, 0.05, 0.14), (0.2, 0.14, 0.24)),
        "toe_cap": _some(0.2, 0.5, 1),
        "closure": _whole(0.2, 0.33, 0.2, 0.27),
        "print": _some(0.04, 0.4, 0.7),
        "dip": (-1, 1.5),
    },
)


def draw_factors(indices: Tensor | np.ndarray, seed: int) -> dict[str, Tensor]:
    """The factors of these pieces of clothing.

    Labels are uniform over the ten kinds; given the label, each factor is drawn on its own.

    Args:
        indices: integers, shape (N,): which pictures of the endless set.
        seed: any integer; another seed gives another set.

    Returns:
        Name -> float32 tensor of shape (N,), for every name in `FACTORS`.
    """
    table = uniforms(seed, np.asarray(indices), len(FACTORS))
    label = np.floor(10 * table[:, 0])
    columns = {"label": label}
    for column, name in enumerate(FACTORS):
        if name != "label":
            columns[name] = np.empty(len(label))
            for kind, cut in enumerate(_CUTS):
                rows = label == kind
                low = FACTORS[name].low
                pieces = cut.get(name, (low, low))
                columns[name][rows] = _spread(table[rows, column], pieces)
    return {name: torch.tensor(values, dtype=torch.float32) for name, values in columns.items()}


def _spread(u: np.ndarray, pieces: tuple) -> np.ndarray:
    """Turn uniform numbers into values of one factor, by the inverse of its distribution function."""
    if not isinstance(pieces[0], tuple):
        pieces = ((1.0, *pieces),)
    shares, lows, highs = np.array(pieces, float).T
    ends = np.cumsum(shares)
    piece = np.searchsorted(ends[:-1], u, side="right")
    within = (u - (ends - shares)[piece]) / shares[piece]
    return lows[piece] + (highs - lows)[piece] * np.clip(within, 0, 1)
