"""Hair on the head and in the face."""

import torch
from torch import Tensor

from vaelab.data.portraits.drawing import ellipse, merge, mix, ramp, rounded_box, stroke
from vaelab.data.portraits.scene import MOUTH_Y, NOSE_Y, Scene

CROWN_Y = -0.15  # height of the widest part of the skull


def texture(s: Scene) -> tuple[Tensor, Tensor]:
    """Strands (straight or wavy lines that fan out from the crown) and curls (little bumps), each -1 to 1."""
    phase = 9 * s.parting
    fan = s.x / (1.15 + 0.7 * s.y.clamp(-1, 0.2))
    sway = _wavy(s) * (0.55 * torch.sin(10 * s.y + phase) + 0.3 * torch.sin(17 * s.y + 2 * phase))
    strands = 0.55 * torch.sin(38 * fan + sway * 2.2 + phase) + 0.45 * torch.sin(71 * fan + sway * 3 - phase)
    curls = torch.sin(30 * s.x + phase + 1.8 * torch.sin(11 * s.y)) * torch.sin(
        31 * s.y + 1.8 * torch.sin(10 * s.x + phase)
    )
    return strands, curls


def silhouette(s: Scene, curls: Tensor) -> Tensor:
    """Signed distance to the outline of all the hair, seen from the front."""
    tight, long = _tight(s), _long(s)
    grown = s.hair_volume * (1 + 0.5 * tight) * (1 - 0.7 * s.hat)
    rx, ry = s.face_width + 0.02 + grown * (0.25 + 0.65 * long + 0.4 * tight), 0.53 + grown
    cap = ellipse(s.x - 0.02 * s.parting, s.y - CROWN_Y, rx, ry)

    # Below the crown, short hair lies close and stops before the ear; long hair falls to `end`, out and in.
    end = mix(-0.05 + 0.4 * s.hair_length, 0.03 + 0.97 * s.hair_length, long)
    down = ((s.y - CROWN_Y) / (end - CROWN_Y)).clamp(0, 1)
    wave = 0.022 * _wavy(s) * torch.sin(13 * s.y + 5 * s.parting) * down
    close = rx - (rx - 0.985 * s.face_width) * ramp(0.0, 0.5, down)
    half_width = mix(close, rx + 0.05 * torch.sin(3.1 * down) - 0.06 * down**3 + wave, long)
    fall = rounded_box(s.x, s.y - (end + CROWN_Y) / 2, half_width, (end - CROWN_Y) / 2 + 0.08, 0.02 + 0.10 * long)
    fall = torch.where(s.y < CROWN_Y, cap, fall)
    # Long tight curls hold themselves up: a round cloud.
    cloud = merge(cap, ellipse(s.x, s.y - 0.10, rx + 0.10, ry + 0.14), 0.1)
    outline = mix(fall, cloud, tight * long) - 0.016 * tight * curls
    return torch.maximum(outline, -0.33 - s.y - 5 * (1 - s.hat))  # nothing shows above the brim of a hat


def _tight(s: Scene) -> Tensor:
    return ramp(0.6, 0.9, s.hair_curl)


def _wavy(s: Scene) -> Tensor:
    return ramp(0.1, 0.45, s.hair_curl)


def _long(s: Scene) -> Tensor:
    return ramp(0.25, 0.55, s.hair_length)


def shade(s: Scene, strands: Tensor, curls: Tensor) -> Tensor:
    """Colour of the hair at each point: lit like a ball, with strands or curls and a soft band of shine."""
    tight = _tight(s)
    grain = mix(strands, 1.3 * curls, tight)
    ball = s.light_x * s.x / 0.5 + s.light_y * (s.y + 0.15) / 0.7 + s.light_z * 0.75
    tone = (0.36 + 0.50 * ball + 0.13 * grain).clamp(0, 1)
    radius = ((s.x / (s.face_width + 0.06)) ** 2 + ((s.y - CROWN_Y) / 0.62) ** 2).sqrt()
    shine = stroke(radius - 0.80, 0.12) * ramp(0.10, -0.25, s.y) * (0.55 + 1.2 * s.light_x * s.x).clamp(0, 1)
    colour = mix(s.hair_shadow, s.hair, tone)
    return mix(colour, s.hair_light, (shine * (0.55 + 0.40 * grain) * (1 - 0.65 * tight)).clamp(0, 1))


def behind(s: Scene):
    """The hair behind the head and neck. Short hair has none there."""
    s.strands, s.curls = texture(s)
    s.mane = silhouette(s, s.curls)
    s.hair_paint = shade(s, s.strands, s.curls)
    s.mane_opacity = s.cover(s.mane, 0.012) * (1 - s.bald)
    depth = 1 - 0.5 * ramp(0.46, 0.30, s.x.abs()) * ramp(-0.05, 0.25, s.y)
    s.paint(s.hair_paint * depth, s.mane_opacity * ramp(0.2, 0.3, s.hair_length))


def in_front(s: Scene):
    """The hair that frames the face: hairline or fringe, sides, and what remains on a bald head."""
    long = _long(s)
    ragged = 0.018 * mix(s.strands, s.curls, _tight(s))
    receding = 0.07 * ramp(0.5, 1, s.age)
    # Short hair leaves an oval opening for the face, long hair falls from the parting to both sides.
    opening = ellipse(s.x - 0.03 * s.parting, s.y - 0.15, s.face_width * 0.91, 0.60 + receding)
    short_line = ragged - opening + 0.10 * s.parting * s.x
    swept = s.x - 0.20 * s.parting
    curtain = s.y + ragged + 0.50 + receding - 1.55 * swept.abs().clamp(0, 0.7) ** 2
    side = s.face_width * (0.93 - 0.22 * ramp(0.35, 0.75, s.y)) - s.x.abs() + 0.4 * ragged
    long_line = torch.minimum(curtain.maximum(s.y), side.maximum(-0.2 - s.y))
    fringe = s.y + ragged + 0.205 - 0.5 * s.x.abs() ** 3 - 0.03 * s.parting * s.x
    line = mix(short_line, long_line, long)
    line = mix(line, torch.minimum(line, fringe), s.bangs)
    front = torch.maximum(line, s.mane)

    here = 1 - s.bald
    s.darken(0.30 * ramp(0.07, 0.0, front) * s.cover(s.outline) * here)
    s.paint(s.hair_paint, s.cover(front, 0.022) * here)


def bald_fringe(s: Scene):
    """The short hair that a bald head keeps above and before the ears."""
    p = s.rows(-0.4, 0.2)
    rim = torch.maximum(ellipse(p.x, p.y + 0.02, p.face_width + 0.025, 0.42), p.face_width * 0.90 - p.x.abs())
    rim = torch.maximum(rim, (p.y + 0.10).abs() - 0.15)
    p.paint(p.hair_paint, 0.9 * ramp(0.04, -0.03, rim + 0.008 * p.strands) * p.bald)


def beard(s: Scene):
    """From a tuft on the chin to a full beard up to the ears."""
    p = s.rows(-0.05, 0.85)
    wide = ramp(0.3, 0.7, p.beard_width)
    cheek = 0.36 - 0.55 * (p.side / p.face_width) ** 3
    full = torch.maximum(p.outline - 0.025, cheek - p.v)
    full = torch.maximum(full, -ellipse(p.u, p.v - 0.12, p.face_width * 0.74, 0.22))
    tuft = ellipse(p.u, p.v - 0.93 * p.face_length, 0.15, 0.17)
    shape = mix(tuft, full, wide)
    lips = ellipse(
        p.u, p.v - MOUTH_Y - 0.015, 0.185 + 0.045 * p.smile, 0.070 + 0.02 * p.smile + 0.03 * p.mouth_open
    )
    opacity = ramp(0.025, -0.03, shape + 0.006 * p.strands) * ramp(-0.005, 0.025, lips)
    light = (0.55 + 0.5 * p.light_x * p.x + 0.16 * p.strands - 0.25 * ramp(0.5, 0.75, p.v)).clamp(0, 1)
    p.paint(mix(p.hair_shadow, p.hair, light), 0.93 * opacity * p.beard)


def mustache(s: Scene):
    """Two wings between nose and upper lip."""
    p = s.rows(0.15, 0.5)
    width = 0.165 + 0.03 * p.smile
    t = p.side / width
    bottom = MOUTH_Y - 0.020 + 0.012 * p.smile + (0.040 - 0.055 * p.smile) * t * t
    top = NOSE_Y + 0.050 + 0.085 * t * t - 0.03 * p.smile * t * t
    wings = torch.maximum(torch.maximum(p.v - bottom, top - p.v), p.side - width)
    light = (0.60 + 0.4 * p.light_x * p.x + 0.20 * p.strands).clamp(0, 1)
    p.paint(mix(p.hair_shadow, p.hair, light), 0.95 * ramp(0.018, -0.012, wings) * p.mustache)
