"""Eyes, brows, mouth, and the lines of age."""

import torch

from vaelab.data.portraits import palette
from vaelab.data.portraits.drawing import blob, mix, ramp, stroke
from vaelab.data.portraits.scene import EYE_X, EYE_Y, MOUTH_Y, NOSE_Y, Scene


def eyes(s: Scene):
    """Almond eyes with iris, pupil and a catchlight; both at once, as functions of the distance to the middle."""
    p = s.rows(-0.2, 0.16)
    width = 0.116 * p.eye_size
    out = p.side - EYE_X  # grows towards the temple
    t = out / width
    y = p.v - EYE_Y + p.eye_slant * t
    arch = 1 - t * t
    squint = ramp(0.3, 1, p.smile)
    opened = p.eye_openness * (1 - 0.16 * ramp(0.5, 1, p.age))
    upper = -0.080 * p.eye_size * opened * (1 - 0.10 * squint) * arch * (1 - 0.14 * t)
    lower = 0.043 * p.eye_size * (1 - 0.38 * squint) * arch * (1 + 0.10 * t)
    opening = p.cover(torch.maximum(upper - y, y - lower) * 0.85)

    white = 0.95 - 0.22 * ramp(0.05, 0.0, y - upper) - 0.10 * t * t
    p.paint(white * palette.colour([1.0, 0.975, 0.96], white), opening)
    _iris(p, out, y, opening)

    near = ramp(1.12, 0.96, t.abs())
    lid = ramp(0.016 + 0.010 * t.clamp(0, 1), 0.0, (y - upper).abs()) * near
    p.paint(p.lashes, 0.92 * lid)
    crease = 0.55 * stroke(y - 1.15 * upper + 0.034, 0.011) * ramp(1.05, 0.7, t.abs())
    below = 0.30 * stroke(y - lower - 0.004, 0.010) * near
    pouch = 0.22 * stroke(y - lower - 0.036, 0.014) * ramp(1.0, 0.5, t.abs()) * squint
    p.paint(p.skin_shadow * 0.85, (crease + below + pouch).clamp(0, 1))


def _iris(p: Scene, out, y, opening):
    radius = 0.070 * p.eye_size
    x = p.u.sign() * out - 0.026 * p.gaze
    y = y + 0.010
    distance = (x * x + y * y).sqrt()
    rim = 1 - 0.45 * ramp(0.7, 1.0, distance / radius)
    glow = 0.80 + 0.50 * ramp(-0.02, 0.05, y)  # light from above leaves through the iris below
    p.paint(p.iris * rim * glow, p.cover(distance - radius) * opening)
    p.paint(p.lashes * 0.4, p.cover(distance - 0.46 * radius) * opening)
    spark = ((x - 0.022 * p.light_x - 0.010) ** 2 + (y + 0.022) ** 2).sqrt() - 0.014
    p.paint(torch.ones_like(p.iris), 0.92 * p.cover(spark) * opening)


def brows(s: Scene):
    """Soft arcs, thick at the nose and thin at the temple, a little raised by a smile."""
    p = s.rows(-0.32, -0.02)
    t = (p.side - EYE_X - 0.005) / 0.135
    y = -0.155 - 0.018 * p.brow_height - 0.010 * p.smile - 0.034 * (1 - (t - 0.25) ** 2) + 0.018
    thickness = p.brow_thickness * (1.05 - 0.45 * ramp(-0.4, 1.1, t)) * ramp(1.05, 0.75, t.abs())
    hairs = ramp(0.018, -0.012, (p.v - y).abs() - thickness) * ramp(1.08, 0.92, t.abs())
    p.paint(p.brow_colour, 0.85 * hairs)


def mouth(s: Scene):
    """Lips around an opening: closed and relaxed, parted, smiling with teeth, or laughing."""
    p = s.rows(0.2, 0.62)
    smile, grin = p.smile, ramp(0.3, 0.9, p.smile)
    width = 0.184 + 0.050 * smile - 0.012 * p.mouth_open
    t = p.u / width
    arch = (1 - t * t).clamp(min=0)
    round_arch, mid_arch = arch**0.5, (arch * round_arch) ** 0.5  # blunter and blunter towards the corners
    bow = stroke(t, 0.20)  # the dip in the middle of the upper lip

    # The line between the lips: level when relaxed, its corners raised by a smile.
    line = MOUTH_Y - 0.004 + 0.016 * smile - (0.018 + 0.050 * smile) * t * t
    gap = (0.070 * grin + p.mouth_open * (0.090 + 0.010 * smile)) * mid_arch
    thin = 1 - 0.12 * grin - 0.20 * ramp(0.5, 1, p.age)
    plump = (0.70 + 0.80 * p.fullness) * (1 + 0.15 * p.lipstick) * thin
    upper = line - 0.048 * plump * mid_arch * (1 - 0.22 * bow) - 0.15 * p.mouth_open * gap
    lower = line + gap + 0.066 * plump * mid_arch
    inside = (t.abs() < 1).float()

    lips = p.cover(torch.maximum(upper - p.v, p.v - lower), 0.006) * inside
    light = 0.86 + 0.20 * ramp(-0.01, 0.02, p.v - line - gap) - 0.08 * p.light_side * t
    p.paint(p.lips * light, 0.95 * lips)
    shine = blob(p.u - 0.04 * p.light_side, p.v - line - gap - 0.026 * plump, 0.06, 0.013)
    p.paint(p.skin_light, 0.28 * shine * lips)

    opening = p.cover(torch.maximum(line - p.v, p.v - line - gap)) * inside * ramp(0, 0.02, gap)
    tongue = mix(
        palette.colour(palette.MOUTH, t), p.flush * 0.75, 0.6 * ramp(0.4, 1, (p.v - line) / (gap + 1e-4))
    )
    p.paint(tongue, opening)
    edge = line + (0.070 * grin + 0.022 * p.mouth_open) * round_arch
    teeth = opening * p.cover(p.v - edge, 0.008) * ramp(1.0, 0.80, t.abs())
    p.paint(palette.colour(palette.TEETH, t) * (1 - 0.10 * t * t), teeth)

    seam = 0.62 * stroke(p.v - line, 0.011) * ramp(1.06, 0.92, t.abs()) * (1 - opening)
    corners = 0.30 * blob(t.abs() - 1.02, (p.v - line) / 0.03, 0.13, 1)
    shadow = 0.24 * blob(p.u, p.v - lower - 0.022, 0.11, 0.016)
    p.paint(p.skin_shadow * 0.55, (seam + corners).clamp(0, 0.8))
    p.paint(p.skin_shadow, shadow + _smile_folds(p))


def _smile_folds(p: Scene):
    """Folds from the nose to beside the mouth: faint, deeper with a smile."""
    fold = p.side - p.nose_width - 0.035 - 0.42 * (p.v - NOSE_Y).clamp(min=0)
    reach = ramp(NOSE_Y - 0.03, NOSE_Y + 0.03, p.v) * ramp(MOUTH_Y - 0.02, MOUTH_Y - 0.09, p.v)
    return (0.06 + 0.26 * ramp(0.2, 0.9, p.smile)) * stroke(fold, 0.018) * reach


def age_lines(s: Scene):
    """Forehead lines, crow's feet, bags under the eyes and deep folds beside the mouth."""
    p = s.rows(-0.5, 0.6)
    old = ramp(0.45, 0.9, p.age)
    forehead = stroke(torch.sin(44 * (p.v + 0.12 * p.u**2) + 1.3), 0.5) * blob(p.u, p.v + 0.33, 0.27, 0.10)
    bags = stroke(p.v - EYE_Y - 0.088 + 1.6 * (p.side - EYE_X) ** 2, 0.017) * ramp(
        0.11, 0.06, (p.side - EYE_X).abs()
    )
    feet = stroke(torch.sin(70 * (p.v - EYE_Y) / (0.6 + 6 * (p.side - EYE_X - 0.1).clamp(min=0))), 0.4)
    feet = feet * blob(p.side - EYE_X - 0.155, p.v - EYE_Y - 0.01, 0.035, 0.05)
    fold = p.side - p.nose_width - 0.03 - 0.40 * (p.v - NOSE_Y).clamp(min=0)
    fold = (
        stroke(fold, 0.020)
        * ramp(NOSE_Y - 0.04, NOSE_Y + 0.03, p.v)
        * ramp(MOUTH_Y + 0.05, MOUTH_Y - 0.05, p.v)
    )
    jowl = 0.8 * blob(p.side - 0.23, p.v - 0.47, 0.030, 0.07)
    lines = 0.32 * forehead + 0.75 * bags + 0.5 * feet + 0.75 * fold + 0.6 * jowl
    p.paint(p.skin_shadow * 0.92, (old * lines).clamp(0, 0.9))
