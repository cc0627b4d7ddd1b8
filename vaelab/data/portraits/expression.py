"""Eyes, brows, mouth, and the lines of age."""

import torch

from vaelab.data.portraits import palette
from vaelab.data.portraits.scene import EYE_X, EYE_Y, MOUTH_Y, NOSE_Y, Scene
from vaelab.data.portraits.shapes import blob, mix, ramp, stroke


def eyes(s: Scene):
    """Almond eyes with iris, pupil and a catchlight, both at once by the distance to the middle."""
    width = 0.116 * s.eye_size
    out = s.side - EYE_X  # grows towards the temple
    t = out / width
    y = s.v - EYE_Y + s.eye_slant * t
    arch = 1 - t * t
    squint = ramp(0.3, 1, s.smile)
    opened = s.eye_openness * (1 - 0.16 * ramp(0.5, 1, s.age))
    upper = -0.080 * s.eye_size * opened * (1 - 0.10 * squint) * arch * (1 - 0.14 * t)
    lower = 0.043 * s.eye_size * (1 - 0.38 * squint) * arch * (1 + 0.10 * t)
    opening = s.cover(torch.maximum(upper - y, y - lower) * 0.85)

    white = 0.95 - 0.22 * ramp(0.05, 0.0, y - upper) - 0.10 * t * t
    s.paint(white * palette.colour([1.0, 0.975, 0.96], white), opening)
    _iris(s, out, y, opening)

    near = ramp(1.12, 0.96, t.abs())
    lid_shade = stroke(y - upper + 0.028, 0.026) * ramp(1.15, 0.75, t.abs()) * (1 - opening)
    s.paint(palette.colour(palette.LID_SHADE, t), 0.70 * s.makeup * lid_shade)
    lid = ramp(0.016 + 0.010 * t.clamp(0, 1) + 0.006 * s.makeup, 0.0, (y - upper).abs()) * near
    s.paint(s.lashes, 0.92 * lid)
    crease = 0.55 * stroke(y - 1.15 * upper + 0.034, 0.011) * ramp(1.05, 0.7, t.abs())
    below = 0.30 * stroke(y - lower - 0.004, 0.010) * near
    pouch = 0.22 * stroke(y - lower - 0.036, 0.014) * ramp(1.0, 0.5, t.abs()) * squint
    s.paint(s.skin_shadow * 0.85, (crease + below + pouch).clamp(0, 1))


def _iris(s: Scene, out, y, opening):
    radius = 0.070 * s.eye_size
    x = s.u.sign() * out - 0.026 * s.gaze
    y = y + 0.010
    distance = (x * x + y * y).sqrt()
    rim = 1 - 0.45 * ramp(0.7, 1.0, distance / radius)
    glow = 0.80 + 0.50 * ramp(-0.02, 0.05, y)  # light from above leaves through the iris below
    s.paint(s.iris * rim * glow, s.cover(distance - radius) * opening)
    s.paint(s.lashes * 0.4, s.cover(distance - 0.46 * radius) * opening)
    spark = ((x - 0.022 * s.light_x - 0.010) ** 2 + (y + 0.022) ** 2).sqrt() - 0.014
    s.paint(torch.ones_like(s.iris), 0.92 * s.cover(spark) * opening)


def brows(s: Scene):
    """Soft arcs, thick at the nose and thin at the temple, a little raised by a smile."""
    t = (s.side - EYE_X - 0.005) / 0.135
    y = -0.155 - 0.018 * s.brow_height - 0.010 * s.smile - 0.034 * (1 - (t - 0.25) ** 2) + 0.018
    thickness = s.brow_thickness * (1.05 - 0.45 * ramp(-0.4, 1.1, t)) * ramp(1.05, 0.75, t.abs())
    hairs = ramp(0.018, -0.012, (s.v - y).abs() - thickness) * ramp(1.08, 0.92, t.abs())
    s.paint(s.brow_colour, 0.85 * hairs)


def mouth(s: Scene):
    """Lips around an opening: closed and relaxed, parted, smiling with teeth, or laughing."""
    smile, grin = s.smile, ramp(0.3, 0.9, s.smile)
    width = 0.184 + 0.050 * smile - 0.012 * s.mouth_open
    t = s.u / width
    arch = (1 - t * t).clamp(min=1e-24)  # not 0, where a root is slow
    round_arch = arch**0.5  # blunt at the corners
    mid_arch = (arch * round_arch) ** 0.5
    bow = stroke(t, 0.20)  # the dip in the middle of the upper lip

    # The line between the lips: level when relaxed, its corners raised by a smile.
    line = MOUTH_Y - 0.004 + 0.016 * smile - (0.025 + 0.045 * smile) * t * t
    gap = (0.066 * grin + s.mouth_open * (0.090 + 0.004 * smile)) * (0.4 * mid_arch + 0.6 * round_arch)
    thin = 1 - 0.12 * grin - 0.20 * ramp(0.5, 1, s.age)
    plump = (0.72 + 0.62 * s.fullness) * (1 + 0.20 * s.makeup) * thin
    upper = line - 0.048 * plump * mid_arch * (1 - 0.22 * bow) - 0.15 * s.mouth_open * gap
    lower = line + gap + 0.066 * plump * (1 - 0.15 * grin - 0.12 * s.mouth_open) * mid_arch
    inside = (t.abs() < 1).float()

    lips = s.cover(torch.maximum(upper - s.v, s.v - lower), 0.006) * inside
    light = 0.86 + 0.20 * ramp(-0.01, 0.02, s.v - line - gap) - 0.08 * s.light_side * t
    s.paint(s.lips * light, 0.95 * lips)
    shine = blob(s.u - 0.04 * s.light_side, s.v - line - gap - 0.026 * plump, 0.06, 0.013)
    s.paint(s.skin_light, 0.28 * shine * lips)

    opening = s.cover(torch.maximum(line - s.v, s.v - line - gap)) * inside * ramp(0, 0.02, gap)
    tongue = mix(
        palette.colour(palette.MOUTH, t), s.flush * 0.75, 0.6 * ramp(0.4, 1, (s.v - line) / (gap + 1e-4))
    )
    s.paint(tongue, opening)
    edge = line + (0.070 * grin + 0.022 * s.mouth_open) * round_arch
    teeth = opening * s.cover(s.v - edge, 0.008) * ramp(1.0, 0.80, t.abs())
    s.paint(palette.colour(palette.TEETH, t) * (1 - 0.10 * t * t), teeth)

    seam = 0.62 * stroke(s.v - line, 0.011) * ramp(1.06, 0.92, t.abs()) * (1 - opening)
    corners = 0.30 * blob(t.abs() - 1.02, (s.v - line) / 0.03, 0.13, 1)
    shadow = 0.24 * blob(s.u, s.v - lower - 0.022, 0.11, 0.016)
    s.paint(s.skin_shadow * 0.55, (seam + corners).clamp(0, 0.8))
    s.paint(s.skin_shadow, (shadow + _smile_folds(s)) * s.cover(s.outline))


def _smile_folds(s: Scene):
    """Folds from the nose to beside the mouth: faint, deeper with a smile."""
    fold = s.side - s.nose_width - 0.035 - 0.42 * (s.v - NOSE_Y).clamp(min=0)
    reach = ramp(NOSE_Y - 0.03, NOSE_Y + 0.03, s.v) * ramp(MOUTH_Y - 0.02, MOUTH_Y - 0.09, s.v)
    return (0.06 + 0.26 * ramp(0.2, 0.9, s.smile)) * stroke(fold, 0.018) * reach


def age_lines(s: Scene):
    """Forehead lines, crow's feet, bags under the eyes and deep folds beside the mouth."""
    old = ramp(0.45, 0.9, s.age)
    forehead = stroke(torch.sin(44 * (s.v + 0.12 * s.u**2) + 1.3), 0.5) * blob(s.u, s.v + 0.33, 0.27, 0.10)
    bags = stroke(s.v - EYE_Y - 0.088 + 1.6 * (s.side - EYE_X) ** 2, 0.017) * ramp(
        0.11, 0.06, (s.side - EYE_X).abs()
    )
    feet = stroke(torch.sin(70 * (s.v - EYE_Y) / (0.6 + 6 * (s.side - EYE_X - 0.1).clamp(min=0))), 0.4)
    feet = feet * blob(s.side - EYE_X - 0.155, s.v - EYE_Y - 0.01, 0.035, 0.05)
    fold = s.side - s.nose_width - 0.03 - 0.40 * (s.v - NOSE_Y).clamp(min=0)
    fold = (
        stroke(fold, 0.020)
        * ramp(NOSE_Y - 0.04, NOSE_Y + 0.03, s.v)
        * ramp(MOUTH_Y + 0.05, MOUTH_Y - 0.05, s.v)
    )
    jowl = 0.8 * blob(s.side - 0.23, s.v - 0.47, 0.030, 0.07)
    lines = 0.32 * forehead + 0.75 * bags + 0.5 * feet + 0.75 * fold + 0.6 * jowl
    s.paint(s.skin_shadow * 0.92, (old * lines).clamp(0, 0.9) * s.cover(s.outline))
