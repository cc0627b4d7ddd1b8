"""Hair on the head and in the face."""

import torch
from torch import Tensor

from vaelab.data.portraits.scene import MOUTH_Y, NOSE_Y, Scene
from vaelab.data.portraits.shapes import ellipse, merge, mix, ramp, rounded_box, stroke

CROWN_Y = -0.15  # height of the widest part of the skull


def style(people):
    """How long and how curly the hair is, from 0 to 1, each of shape (N, 1, 1, 1)."""
    people.long = ramp(0.25, 0.55, people.hair_length)
    people.wavy = ramp(0.1, 0.45, people.hair_curl)
    people.tight = ramp(0.6, 0.9, people.hair_curl)


def comb(s: Scene):
    """Texture, outline and colour of the hair, which several parts share."""
    s.grain = _strands(s)
    curled = s.faces_where(s.hair_curl > 0.2)
    if len(curled):
        some = s.part(*s.ALL, chosen=curled)
        s.grain.index_copy_(0, curled, mix(some.grain, _curls(some), 0.5 * some.wavy + 0.5 * some.tight))
    s.mane = silhouette(s)
    s.hair_paint = shade(s)


def kind(factors: dict[str, Tensor]) -> Tensor:
    """A whole number for each face, shape (N,): those of one number share most of what is painted here."""
    bald, long = factors["bald"] > 0, factors["hair_length"] > 0.3
    wavy, tight = factors["hair_curl"] > 0.2, factors["hair_curl"] > 0.7
    return 6.0 * bald + 3 * long + wavy + tight


def _strands(s: Scene) -> Tensor:
    """Straight or wavy lines that fan out from the crown, -1 (between strands) to 1 (on one)."""

    def lines(sway) -> Tensor:
        return 0.55 * torch.sin(38 * fan + sway * 2.2 + phase) + 0.45 * torch.sin(71 * fan + sway * 3 - phase)

    def wavy(s: Scene) -> Tensor:
        return lines(s.wavy * (0.55 * torch.sin(10 * s.y + phase) + 0.3 * torch.sin(17 * s.y + 2 * phase)))

    phase = 9 * s.parting
    fan = s.x / (1.15 + 0.7 * s.y.clamp(-1, 0.2))
    return wavy(s) if s.any(s.wavy != 0) else lines(0.0)


def _curls(s: Scene) -> Tensor:
    """Bumps in two sizes, about -1 to 1: large and loose in wavy hair, small in tightly curled hair."""
    phase, frequency = 9 * s.parting, 22 + 12 * s.tight
    small = _dimples(0.8 * s.x + 0.6 * s.y, 0.8 * s.y - 0.6 * s.x, 1.5 * frequency, phase)
    return 0.6 * small + 0.6 * _dimples(s.x, s.y, frequency, phase)


def _dimples(x: Tensor, y: Tensor, frequency: Tensor, phase: Tensor) -> Tensor:
    """A field of bumps and hollows, bent so that no grid shows."""
    bent_x, bent_y = x + 0.05 * torch.sin(11 * y), y + 0.05 * torch.sin(10 * x + phase)
    return torch.sin(frequency * bent_x + phase) * torch.sin(frequency * bent_y)


def silhouette(s: Scene) -> Tensor:
    """Signed distance to the outline of all the hair, seen from the front."""
    grown = s.hair_volume * (1 + 0.25 * s.wavy + 0.25 * s.tight) * (1 - 0.7 * s.hat)
    rx, ry = s.face_width + 0.02 + grown * (0.25 + 0.65 * s.long + 0.4 * s.tight), 0.53 + grown
    x = s.x - 0.02 * s.parting
    cap = ellipse(x, s.y - CROWN_Y, rx, ry)

    def short(s: Scene) -> Tensor:
        """Short hair ends around the ears."""
        ends = s.y - 0.03 - 0.4 * s.hair_length + 1.5 * (x.abs() - 0.9 * s.face_width).clamp(min=0)
        return torch.maximum(cap, ends)

    def falling(s: Scene) -> Tensor:
        """Long hair falls to `end`; its sides swing out, then in."""
        end = 0.03 + 0.97 * s.hair_length
        down = ((s.y - CROWN_Y) / (end - CROWN_Y)).clamp(0, 1)
        half_width = rx + 0.05 * torch.sin(3.1 * down) - 0.06 * down**3
        if s.any(s.wavy != 0):
            half_width += 0.035 * s.wavy * torch.sin(13 * s.y + 5 * s.parting) * down
        middle, half_height = (end + CROWN_Y) / 2 - 0.06, (end - CROWN_Y) / 2 + 0.14
        fall = rounded_box(x, s.y - middle, half_width, half_height, 0.12)
        return torch.where(s.y < CROWN_Y, cap, fall)

    def cloud(s: Scene) -> Tensor:
        """Long tight curls hold themselves up: a round cloud."""
        return merge(cap, ellipse(s.x, s.y - 0.10, rx + 0.10, ry + 0.14), 0.1)

    outline = s.either(lambda s: s.either(short, falling, s.long), cloud, s.tight * s.long)
    outline = outline - (0.020 * s.wavy - 0.004 * s.tight) * s.grain
    return torch.maximum(outline, -0.33 - s.y - 5 * (1 - s.hat))  # nothing shows above the brim of a hat


def shade(s: Scene) -> Tensor:
    """Colour of the hair at each point: lit like a ball, with strands or curls and a soft band of shine."""
    ball = s.light_x * s.x / 0.5 + s.light_y * (s.y + 0.15) / 0.7 + s.light_z * 0.75
    tone = (0.36 + 0.50 * ball + 0.13 * s.grain).clamp(0, 1)
    radius = ((s.x / (s.face_width + 0.06)) ** 2 + ((s.y - CROWN_Y) / 0.62) ** 2).sqrt()
    shine = stroke(radius - 0.80, 0.12) * ramp(0.10, -0.25, s.y) * (0.55 + 1.2 * s.light_x * s.x).clamp(0, 1)
    colour = mix(s.hair_shadow, s.hair, tone)
    return mix(colour, s.hair_light, (shine * (0.55 + 0.40 * s.grain) * (1 - 0.65 * s.tight)).clamp(0, 1))


def behind(s: Scene):
    """The hair behind the head and neck, in the shadow of both. Short hair has none there."""
    depth = 1 - 0.5 * ramp(0.46, 0.30, s.x.abs()) * ramp(-0.05, 0.25, s.y)
    s.paint(s.hair_paint * depth, s.cover(s.mane, 0.012) * ramp(0.2, 0.3, s.hair_length) * (1 - s.bald))


def in_front(s: Scene):
    """The hair that frames the face: hairline or fringe, sides, and what remains on a bald head."""
    ragged = 0.018 * s.grain
    receding = 0.07 * ramp(0.5, 1, s.age)

    def short(s: Scene) -> Tensor:
        """Short hair leaves an oval opening for the face."""
        opening = ellipse(s.x, s.y - 0.15, s.face_width * 0.92, 0.60 + receding)
        slanted = 0.15 * s.parting * s.x * ramp(-0.15, -0.45, s.y)
        sideburn = 0.4 * (s.y + 0.15).clamp(min=0)  # thinner downwards
        return ragged - opening + slanted + sideburn

    def long(s: Scene) -> Tensor:
        """Long hair falls from the parting to both sides."""
        swept = s.x - 0.20 * s.parting
        curtain = s.y + ragged + 0.50 + receding - 1.55 * swept.abs().clamp(0, 0.7) ** 2
        side = s.face_width * (0.91 - 0.20 * ramp(0.35, 0.75, s.y)) - s.x.abs() + 0.4 * ragged
        return merge(curtain.maximum(s.y), side, 0.06)

    def fringe(s: Scene) -> Tensor:
        edge = s.y + ragged + 0.205 - 0.5 * s.x.abs() ** 3 - 0.03 * s.parting * s.x
        return torch.minimum(line, edge)

    line = s.either(short, long, s.long)
    line = s.either(lambda s: line, fringe, s.bangs)
    front = torch.maximum(line, s.mane)

    here = 1 - s.bald
    s.darken(0.30 * ramp(0.07, 0.0, front) * s.cover(s.outline) * here)
    s.paint(s.hair_paint, s.cover(front, 0.022) * here)


def bald_fringe(s: Scene):
    """The short hair that a bald head keeps above and before the ears."""
    rim = torch.maximum(ellipse(s.x, s.y + 0.02, s.face_width + 0.025, 0.42), s.face_width * 0.90 - s.x.abs())
    rim = torch.maximum(rim, (s.y + 0.10).abs() - 0.15)
    s.paint(s.hair_paint, 0.9 * ramp(0.04, -0.03, rim + 0.008 * s.grain) * s.bald)


def beard(s: Scene):
    """From a tuft on the chin to a full beard up to the ears."""
    wide = ramp(0.3, 0.7, s.beard_width)
    cheek = 0.36 - 0.55 * (s.side / s.face_width) ** 3
    full = torch.maximum(s.outline - 0.025, cheek - s.v)
    full = torch.maximum(full, -ellipse(s.u, s.v - 0.12, s.face_width * 0.74, 0.22))
    tuft = ellipse(s.u, s.v - 0.93 * s.face_length, 0.15, 0.17)
    shape = mix(tuft, full, wide)
    lips = ellipse(
        s.u, s.v - MOUTH_Y - 0.015, 0.165 + 0.045 * s.smile, 0.045 + 0.02 * s.smile + 0.03 * s.mouth_open
    )
    opacity = ramp(0.025, -0.03, shape + 0.006 * s.grain) * ramp(-0.005, 0.025, lips)
    light = (0.55 + 0.5 * s.light_x * s.x + 0.16 * s.grain - 0.25 * ramp(0.5, 0.75, s.v)).clamp(0, 1)
    s.paint(mix(s.hair_shadow, s.hair, light), 0.93 * opacity * s.beard)


def mustache(s: Scene):
    """Two wings between nose and upper lip."""
    width = 0.165 + 0.03 * s.smile
    t = s.side / width
    bottom = MOUTH_Y - 0.020 + 0.012 * s.smile + (0.040 - 0.055 * s.smile) * t * t
    top = NOSE_Y + 0.050 + 0.085 * t * t - 0.03 * s.smile * t * t
    wings = torch.maximum(torch.maximum(s.v - bottom, top - s.v), s.side - width)
    light = (0.60 + 0.4 * s.light_x * s.x + 0.20 * s.grain).clamp(0, 1)
    s.paint(mix(s.hair_shadow, s.hair, light), 0.95 * ramp(0.018, -0.012, wings) * s.mustache)
