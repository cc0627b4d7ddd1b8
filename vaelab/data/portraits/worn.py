"""Things people wear: earrings, a knitted hat, glasses."""

import torch

from vaelab.data.portraits import palette
from vaelab.data.portraits.scene import EYE_X, EYE_Y, Scene
from vaelab.data.portraits.shapes import ellipse, ramp, rounded_box, stroke


def earrings(s: Scene):
    """A golden hoop below each ear."""
    x, y = s.x.abs() - s.face_width * 1.01, s.y - 0.225
    hoop = ellipse(x, y, 0.052, 0.066).abs() - 0.018
    gold = palette.colour(palette.GOLD, s.age)
    s.paint(gold * (0.72 + 0.4 * ramp(0.05, -0.05, y)), s.cover(hoop) * s.earrings)


def hat(s: Scene):
    """A knitted hat with a turned-up, ribbed brim."""
    rx = s.face_width + 0.05 + 0.5 * s.hair_volume
    dome = ellipse(s.x, s.y + 0.17, rx, 0.62)
    brim_y = -0.27 + 0.30 * s.x**2
    brim = rounded_box(s.x, s.y - brim_y + 0.07, rx + 0.015, 0.075, 0.05)
    knit = 0.06 * torch.sin(34 * s.x / (rx + 0.1))
    light = 0.62 + 0.45 * (s.light_x * s.x / 0.5 + s.light_y * (s.y + 0.2) / 0.6)
    s.darken(0.3 * ramp(0.09, 0.0, brim) * s.cover(s.outline) * ramp(-0.02, 0.02, s.y - brim_y) * s.hat)
    s.paint(s.knit * (light + 0.4 * knit).clamp(0.25, 1.15), s.cover(dome.maximum(s.y - brim_y)) * s.hat)
    s.paint(s.knit * (0.9 * light + knit).clamp(0.2, 1.15), s.cover(brim) * s.hat)


def glasses(s: Scene):
    """Two rims with a bridge and temples; the lenses catch a little light."""
    half_width, half_height = 0.148 + 0.018 * s.glasses_shape, 0.142 - 0.032 * s.glasses_shape
    x, y = s.side - EYE_X * 1.02, s.v - EYE_Y - 0.018
    lens = rounded_box(x, y, half_width, half_height, half_height * (1 - 0.75 * s.glasses_shape))
    inside = s.cover(lens) * s.glasses
    glare = stroke(x * s.u.sign() + 0.7 * y + 0.03, 0.035)
    s.paint(torch.ones_like(s.skin), inside * (0.11 + 0.28 * glare))
    s.darken(0.22 * ramp(0.06, 0.0, (lens - 0.02).abs()) * (1 - inside) * s.cover(s.outline) * s.glasses)
    rim = lens.abs() - 0.027
    bridge = torch.maximum((y + 0.035 - 0.3 * s.side**2).abs() - 0.021, s.side - EYE_X * 1.02 + half_width)
    temple = torch.maximum((y + 0.045).abs() - 0.017, EYE_X * 1.02 + half_width - s.side).maximum(
        s.x.abs() - s.face_width * 1.02
    )
    frame = torch.minimum(torch.minimum(rim, bridge), temple)
    shine = 1 + 0.25 * ramp(-0.02, -0.10, y)
    s.paint(s.frame * shine, s.cover(frame) * s.glasses)
