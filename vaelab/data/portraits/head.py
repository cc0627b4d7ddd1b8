"""Background, body, ears and the face itself, modelled in relief and lit from the side."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vaelab.data.portraits.scene import EYE_X, EYE_Y, MOUTH_Y, NOSE_Y, Scene
from vaelab.data.portraits.shapes import blob, ellipse, merge, mix, ramp, stroke


def backdrop(s: Scene):
    """A wall, brighter on the side the light falls on, darker towards the corners."""
    brightness = 1.04 + 0.10 * s.light_side * s.px - 0.06 * s.py - 0.10 * (s.px**2 + s.py**2)
    s.image.copy_(s.backdrop * brightness)


def body(s: Scene):
    """Neck, shoulders and a garment with a round neckline."""
    neck_width = 0.20 + 0.5 * (s.jaw_width - 0.7) * s.face_width
    spread = 0.9 * (s.by - 0.66).clamp(min=0) ** 2
    neck = torch.maximum(s.bx.abs() - neck_width - spread, 0.2 - s.by)
    shoulders = merge(
        ellipse(s.bx, s.by - 1.24, 0.86, 0.42), ellipse(s.bx, s.by - 1.10, 0.40, 0.34), roundness=0.2
    )
    light = (0.66 + 0.40 * (s.light_x * s.bx * 1.6 + s.light_z - 0.4)).clamp(0.2, 1.1)
    under_chin = 0.25 + 0.75 * ramp(-0.02, 0.26, s.by - s.face_length)
    skin = mix(s.skin_shadow, s.skin, (light * under_chin).clamp(0, 1))
    s.paint(skin, s.cover(torch.minimum(neck, shoulders + 0.02)))
    neckline = ellipse(s.bx, s.by - 0.70, 0.30, 0.22)
    garment = torch.maximum(shoulders, -neckline)
    folds = 0.04 * torch.sin(9 * s.bx + 4 * s.by)
    s.paint(s.clothes * (0.45 + 0.55 * light + folds), s.cover(garment))
    s.paint(s.clothes * 0.6, s.cover((neckline.abs() - 0.013).maximum(shoulders)) * 0.7)


def ears(s: Scene):
    """Two ears, the far one tucked behind the head as it turns away."""
    left_or_right = s.x.sign()
    away = (left_or_right * s.turn.sin()).clamp(min=0)
    x = s.x.abs() - s.face_width * (0.995 - 0.2 * away)
    y = s.y - 0.03
    ear = ellipse(x + 0.15 * y, y, 0.060, 0.12)
    light = (0.62 + 0.45 * left_or_right * s.light_x).clamp(0, 1)
    s.paint(mix(s.skin_shadow, mix(s.skin, s.flush, 0.25), light), s.cover(ear))
    s.paint(s.skin_shadow, 0.6 * ramp(0.01, -0.03, ellipse(x + 0.01, y, 0.034, 0.075)))


def face(s: Scene):
    """Skull, jaw and chin, with everything that light alone shows: nose, cheeks, brow, eye sockets."""
    opacity = s.cover(s.outline)
    facing, glint = lighting(s, relief(s))
    tone = (0.12 + 0.90 * facing).clamp(0, 1.25)
    skin = mix(s.skin_shadow, s.skin, tone.clamp(0, 1))
    skin = mix(skin, s.flush, blush(s))
    skin = mix(skin, s.skin_light, (1.1 * (tone - 0.86).clamp(min=0) + 0.26 * glint).clamp(0, 1))
    s.paint(skin, opacity)


def shape(s: Scene):
    """The head's outline, as signed distance: a round skull, a jaw, a chin, full or slim cheeks."""
    long = s.face_length / 0.655
    heavy = s.jaw_width + 0.07 * ramp(0.5, 1, s.age) + 0.10 * (s.fullness - 0.5)
    drop = 0.035 * s.mouth_open  # an open mouth takes the chin down
    skull = ellipse(s.x, s.y + 0.13, s.face_width, 0.49)
    jaw = ellipse(s.x, s.y - 0.17 * long, heavy * s.face_width, 0.42 * long)
    chin = ellipse(s.x + 0.04 * s.turn, s.y - 0.50 * long - drop, 0.46 * heavy * s.face_width, 0.155 * long)
    s.outline = merge(merge(skull, jaw, 0.16), chin, 0.20)


def relief(s: Scene) -> Tensor:
    """Height of the face towards the viewer, in head units: a dome with bumps and hollows."""
    rx, ry = s.face_width * 1.12, 0.76
    s.height = 0.55 * (1 - (s.x / rx) ** 2 - ((s.y + 0.02) / ry) ** 2).clamp(min=0.003).sqrt()
    s.height += 0.030 * blob(s.u, s.v + 0.36, 0.34, 0.13)  # forehead
    _nose(s.part(-0.16, 0.36))
    _eyes_and_cheeks(s.part(-0.20, 0.42))
    _chin(s.part(0.38, 0.80))
    return s.height


def _nose(s: Scene):
    """A ridge that widens downwards, a round tip, two wings."""
    ridge = ramp(0.085, 0.0, s.side - 0.012) * ramp(-0.16, 0.02, s.v)
    s.height += 0.060 * ridge * ramp(NOSE_Y + 0.06, NOSE_Y - 0.01, s.v)
    s.height += 0.058 * blob(s.u, s.v - NOSE_Y + 0.015, s.nose_width * 0.62, 0.058)
    s.height += 0.026 * blob(s.side - s.nose_width * 0.74, s.v - NOSE_Y, s.nose_width * 0.36, 0.036)


def _eyes_and_cheeks(s: Scene):
    """Hollows for the eyes; cheeks, which rise with a smile."""
    smile = ramp(0.2, 0.9, s.smile)
    s.height -= 0.040 * blob(s.side - EYE_X, s.v - EYE_Y + 0.01, 0.13, 0.085)
    s.height += (0.030 + 0.034 * smile) * blob(s.side - 0.25, s.v - 0.195 + 0.035 * smile, 0.13, 0.105)


def _chin(s: Scene):
    """The chin, and the dip between it and the lower lip."""
    s.height += 0.024 * blob(s.u, s.v - 0.885 * s.face_length, 0.12, 0.07)
    s.height -= 0.016 * blob(s.u, s.v - MOUTH_Y - 0.10, 0.10, 0.03)


def lighting(s: Scene, height: Tensor) -> tuple[Tensor, Tensor]:
    """How far each point faces the light (Lambert's law, 0 to 1), and the shine of skin (Blinn-Phong)."""
    slope_x = F.pad((height[..., 2:] - height[..., :-2]) / (2 * s.pixel), (1, 1, 0, 0), mode="replicate")
    slope_y = F.pad(
        (height[..., 2:, :] - height[..., :-2, :]) / (2 * s.pixel), (0, 0, 1, 1), mode="replicate"
    )
    shorten = (1 + slope_x**2 + slope_y**2).rsqrt()
    facing = (s.light_z - slope_x * s.light_x - slope_y * s.light_y) * shorten
    half_x, half_y, half_z = s.light_x * 0.52, s.light_y * 0.52, (s.light_z + 1) * 0.52
    halfway = (half_z - slope_x * half_x - slope_y * half_y) * shorten
    return facing.clamp(min=0), _power_32(halfway.clamp(0, 1))


def _power_32(x: Tensor) -> Tensor:
    """x to the 32nd by squaring, ten times faster than `x**32`."""
    for _ in range(5):
        x = x * x
    return x


def blush(s: Scene) -> Tensor:
    """How much blood shows: cheeks (more so when smiling) and the tip of the nose."""
    cheeks = blob(s.side - 0.26, s.v - 0.19 + 0.03 * s.smile, 0.12, 0.09)
    return (0.34 + 0.22 * s.smile) * cheeks + 0.22 * blob(s.u, s.v - NOSE_Y + 0.01, 0.07, 0.055)


def nostrils(s: Scene):
    """Two soft dark spots, and the shadow the nose casts."""
    below = 0.30 * blob(s.u + 0.02 * s.light_side, s.v - NOSE_Y - 0.046, s.nose_width * 0.85, 0.020)
    holes = 0.62 * blob(s.side - s.nose_width * 0.45, s.v - NOSE_Y - 0.026, s.nose_width * 0.24, 0.014)
    wings = 0.22 * stroke(s.side - s.nose_width * 1.02, 0.014) * ramp(0.05, 0.0, (s.v - NOSE_Y).abs())
    s.paint(s.skin_shadow * 0.8, (below + holes + wings).clamp(0, 0.8))
