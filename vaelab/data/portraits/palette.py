"""Colours of people and things."""

import torch
from torch import Tensor

from vaelab.data.portraits.shapes import along, hsv, mix

SKIN = [
    [0.970, 0.860, 0.800],
    [0.950, 0.795, 0.695],
    [0.885, 0.690, 0.550],
    [0.765, 0.555, 0.410],
    [0.610, 0.415, 0.295],
    [0.455, 0.295, 0.210],
    [0.385, 0.250, 0.185],
]
HAIR = [
    [0.085, 0.075, 0.085],
    [0.30, 0.185, 0.12],
    [0.46, 0.30, 0.18],
    [0.70, 0.51, 0.29],
    [0.91, 0.76, 0.47],
]
RED_HAIR, GREY_HAIR = [0.68, 0.29, 0.12], [0.76, 0.75, 0.75]
EYES = [[0.17, 0.09, 0.05], [0.42, 0.25, 0.12], [0.42, 0.47, 0.22], [0.36, 0.53, 0.54], [0.38, 0.57, 0.76]]
GLASSES = [[0.05, 0.05, 0.07], [0.12, 0.18, 0.36], [0.52, 0.10, 0.15], [0.72, 0.44, 0.18], [0.93, 0.87, 0.74]]
LID_SHADE = [0.42, 0.20, 0.30]
LIPSTICK, TEETH, MOUTH, GOLD = [0.72, 0.01, 0.13], [0.97, 0.955, 0.92], [0.30, 0.07, 0.08], [0.98, 0.83, 0.36]


def colour(values: list, like: Tensor) -> Tensor:
    """A fixed colour as (1, 3, 1, 1), or a scale of colours as (K, 3), where `like` lives."""
    made = torch.tensor(values, device=like.device, dtype=like.dtype)
    return made.view(1, 3, 1, 1) if made.ndim == 1 else made


def choose(s):
    """Give people the colours that follow from their factors, each of shape (N, 3, 1, 1)."""
    tint = colour([0.028, 0.010, -0.042], s.age)
    s.skin = (along(colour(SKIN, s.age), s.skin_tone) + tint * s.skin_warmth).clamp(0, 1)
    # Light that has travelled through skin is redder: shadows keep their red longest.
    s.skin_shadow = s.skin * mix(
        colour([0.70, 0.55, 0.52], s.age), colour([0.63, 0.54, 0.53], s.age), s.skin_tone
    )
    s.skin_light = s.skin + (1 - s.skin) * colour([0.42, 0.38, 0.36], s.age) * (1 - 0.2 * s.skin_tone)
    s.flush = s.skin * colour([1.0, 0.72, 0.70], s.age)  # cheeks, nose and ears, where blood shines through

    hair = mix(along(colour(HAIR, s.age), s.hair_lightness), colour(RED_HAIR, s.age), s.hair_redness)
    s.hair = mix(hair, colour(GREY_HAIR, s.age), s.hair_grey)
    s.hair_shadow, s.hair_light = s.hair * 0.45, s.hair * 0.95 + 0.20 * (s.hair * 0.7 + 0.3)
    s.brow_colour = mix(s.hair * 0.62, s.skin_shadow, 0.18)

    natural = s.skin * mix(colour([0.92, 0.69, 0.67], s.age), colour([1.18, 0.84, 0.88], s.age), s.skin_tone)
    s.lips = mix(natural, colour(LIPSTICK, s.age), 0.96 * s.makeup).clamp(0, 1)
    s.iris = along(colour(EYES, s.age), s.eye_colour)
    s.lashes = s.hair * 0.15 + colour([0.07, 0.05, 0.05], s.age)

    s.backdrop = hsv(s.backdrop_hue, s.backdrop_saturation, s.backdrop_brightness)
    # Clothes in the colour across the wheel from the wall's, dark before a light wall: always in harmony.
    s.clothes = hsv(s.backdrop_hue + 0.45, 0.42, 1.05 - 0.85 * s.backdrop_brightness)
    s.knit = hsv(s.hat_hue, 0.55, 0.70)
    s.frame = along(colour(GLASSES, s.age), s.glasses_colour)
