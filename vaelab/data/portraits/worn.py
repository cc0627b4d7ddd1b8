"""Things people wear: earrings, a knitted hat, glasses."""

import torch

from vaelab.data.portraits import palette
from vaelab.data.portraits.drawing import ellipse, ramp, rounded_box, stroke
from vaelab.data.portraits.scene import EYE_X, EYE_Y, Scene


def earrings(s: Scene):
    """A golden hoop below each ear."""
    p = s.rows(0.05, 0.4)
    x, y = p.x.abs() - p.face_width * 1.01, p.y - 0.225
    hoop = ellipse(x, y, 0.052, 0.066).abs() - 0.018
    gold = palette.colour(palette.GOLD, p.age)
    p.paint(gold * (0.72 + 0.4 * ramp(0.05, -0.05, y)), p.cover(hoop) * p.earrings)


def hat(s: Scene):
    """A knitted hat with a turned-up, ribbed brim."""
    p = s.rows(-1.0, 0.05)
    rx = p.face_width + 0.05 + 0.5 * p.hair_volume
    dome = ellipse(p.x, p.y + 0.17, rx, 0.62)
    brim_y = -0.27 + 0.30 * p.x**2
    brim = rounded_box(p.x, p.y - brim_y + 0.07, rx + 0.015, 0.075, 0.05)
    knit = 0.06 * torch.sin(34 * p.x / (rx + 0.1))
    light = 0.62 + 0.45 * (p.light_x * p.x / 0.5 + p.light_y * (p.y + 0.2) / 0.6)
    p.darken(0.3 * ramp(0.09, 0.0, brim) * p.cover(p.outline) * ramp(-0.02, 0.02, p.y - brim_y) * p.hat)
    p.paint(p.knit * (light + 0.4 * knit).clamp(0.25, 1.15), p.cover(dome.maximum(p.y - brim_y)) * p.hat)
    p.paint(p.knit * (0.9 * light + knit).clamp(0.2, 1.15), p.cover(brim) * p.hat)


def glasses(s: Scene):
    """Two rims with a bridge and temples; the lenses catch a little light."""
    p = s.rows(-0.25, 0.25)
    half_width, half_height = 0.148 + 0.018 * p.glasses_shape, 0.142 - 0.032 * p.glasses_shape
    x, y = p.side - EYE_X * 1.02, p.v - EYE_Y - 0.018
    lens = rounded_box(x, y, half_width, half_height, half_height * (1 - 0.75 * p.glasses_shape))
    inside = p.cover(lens) * p.glasses
    glare = stroke(x * p.u.sign() + 0.7 * y + 0.03, 0.035)
    p.paint(torch.ones_like(p.skin), inside * (0.08 + 0.24 * glare))
    p.darken(0.22 * ramp(0.06, 0.0, (lens - 0.02).abs()) * (1 - inside) * p.cover(p.outline) * p.glasses)
    rim = lens.abs() - 0.025
    bridge = torch.maximum((y + 0.035 - 0.3 * p.side**2).abs() - 0.021, p.side - EYE_X * 1.02 + half_width)
    temple = torch.maximum((y + 0.045).abs() - 0.017, EYE_X * 1.02 + half_width - p.side).maximum(
        p.x.abs() - p.face_width * 1.02
    )
    frame = torch.minimum(torch.minimum(rim, bridge), temple)
    shine = 1 + 0.25 * ramp(-0.02, -0.10, y)
    p.paint(p.frame * shine, p.cover(frame) * p.glasses)
