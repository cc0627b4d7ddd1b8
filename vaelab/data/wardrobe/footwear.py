"""Sandals, sneakers and ankle boots from the side, toe to the left: a sole, a heel and an upper."""

import torch
from torch import Tensor

from vaelab.data.portraits.shapes import merge, ramp
from vaelab.data.wardrobe.cloth import Cloth, mix

TOE, BACK = -0.95, 0.92


class _Last:
    """The foot's shape; lengths in half a shoe's length, a high shoe drawn smaller so that it fits."""

    def __init__(self, c: Cloth):
        tall = c.shaft + c.heel + c.sole
        self.zoom = (1.88 / tall).clamp(max=1)
        self.x, self.y = c.x / self.zoom, c.y / self.zoom + tall / 2
        self.pixel = c.pixel
        # y now: 0 at the shaft's top, `tall` on the ground; the foot stands on the sole, higher at the heel
        self.ground = tall
        self.foot = tall - c.sole - c.heel * ramp(-0.45, 0.62, self.x)
        self.height = self.foot - self.y  # above the foot's bottom
        self.toe_height = 0.17 + 0.14 * c.toe
        self.vamp = self._vamp(c)
        self.front = 0.04 + 0.2 * (1 - ramp(0, 0.9, self.height)) - 0.1 * c.lean * self.height
        self.shaft = self._shaft(c)
        self.outline = merge(self.vamp, self.shaft, 0.3)
        self.upper = torch.maximum(self.outline, -self.height)

    def _vamp(self, c: Cloth) -> Tensor:
        """The front: rises from the toe to the instep, round or pointed at its end."""
        rise = mix(self.toe_height, (0.92 * c.shaft).clamp(max=0.5), ramp(-0.75, 0.2, self.x))
        from_tip = ((self.x - TOE) / mix(0.75, 0.3, c.toe)).clamp(0, 1)
        top = rise * (1 - (1 - from_tip) ** mix(1.6, 2.6, c.toe)).clamp(min=0).sqrt()
        tip = torch.maximum((self.height - top) * 0.9, TOE - self.x)
        return torch.maximum(torch.maximum(tip, self.x - 0.5), self._top_line(c) - self.y)

    def _shaft(self, c: Cloth) -> Tensor:
        """The part about the heel and the leg."""
        back = BACK - 0.07 * ramp(0.08, 0.45, self.height) + 0.06 * ramp(0.6, 1.3, self.height)
        self.top_line = self._top_line(c) - self.y
        self.back = back
        corner = torch.maximum(self.x - back, -self.height)
        return torch.maximum(torch.maximum(self.front - self.x, corner), self.top_line)

    def _top_line(self, c: Cloth) -> Tensor:
        """How far the opening's edge lies below the shaft's highest point: hollow between tongue and heel."""
        hollow = ramp(0.1, 0.5, self.x) * (1 - 0.6 * ramp(0.62, 0.92, self.x))
        return 0.08 * c.dip.clamp(min=0) * hollow - 0.09 * c.dip.clamp(max=0) * (0.9 - self.x).clamp(min=0)


def paint(c: Cloth):
    last = _Last(c)
    _upper(c, last)
    _details(c, last)
    _straps(c, last)
    _sole(c, last)


def _upper(c: Cloth, s: _Last):
    closed = c.straps == 0
    opening = torch.maximum(torch.maximum(s.front + 0.02 - s.x, s.x - s.back + 0.03), -s.top_line - 0.02)
    far_side = torch.maximum(opening, 0.03 - s.y)
    c.paint(0.35 * c.brightness.expand_as(c.image), c.cover(far_side * s.zoom) * closed)
    light = 0.9 + 0.16 * ramp(0.0, 0.5, s.height) - 0.2 * ramp(0.6, 1.0, s.x)
    c.paint(c.fabric(s.x, s.y, light), c.cover(s.upper * s.zoom) * closed)


def _details(c: Cloth, s: _Last):
    inside = c.cover(s.upper * s.zoom) * (c.straps == 0)
    depth = -s.outline  # below the top of the foot
    cap_edge = (s.x + 0.55 - 0.5 * s.height) * s.zoom
    c.paint(
        mix((c.brightness * 1.1).clamp(max=1), c.trim, c.has_trim),
        0.7 * c.cover(cap_edge) * c.toe_cap * inside,
    )
    c.darken(0.4 * c.line(cap_edge, 0.025) * c.toe_cap * inside)
    quarter = s.x - 0.28 + 0.35 * s.height
    c.darken(0.3 * c.line(quarter * s.zoom, 0.022) * inside)
    counter = s.x - 0.66 - 0.25 * s.height
    c.paint(
        c.trim.expand_as(c.image), 0.8 * c.cover(-counter * s.zoom) * c.has_trim * inside * (s.height < 0.42)
    )
    laced = (c.closure == 1).float()
    facing = torch.maximum(torch.maximum(depth - 0.13, s.x - s.front - 0.12), -0.38 - s.x)
    facing = c.cover(facing * s.zoom) * laced * inside
    lace = 0.5 + 0.5 * torch.sin((s.x - 0.3 * s.height) * 46) * min(1.0, 0.04 / c.pixel)
    c.darken(0.35 * facing)
    c.paint(
        mix(c.brightness * 0.5, c.trim.clamp(min=0.5), lace), 0.85 * facing * c.cover((0.03 - depth) * s.zoom)
    )
    zipped = (c.closure == 2).float()
    c.darken(0.5 * c.line((s.x - 0.42) * s.zoom, 0.03) * zipped * inside * (s.height > 0.12))
    gusset = torch.maximum((s.x - 0.5).abs() - 0.17 + 0.13 * (0.75 - s.height), 0.25 - s.height)
    ribs = 0.7 + 0.3 * torch.sin(70 * s.x) * min(1.0, 0.02 / c.pixel)
    c.paint(0.45 * c.brightness * ribs, c.cover(gusset * s.zoom) * (c.closure == 3) * inside)
    stripe = (s.x - 0.15 + 0.55 * s.height + 0.9 * (s.height - 0.25) ** 2).abs() - 0.1 * c.print
    stripe = torch.maximum(stripe, s.height - 0.45)
    c.paint(c.trim.expand_as(c.image), c.cover(stripe * s.zoom) * (c.print > 0) * inside)


def _straps(c: Cloth, s: _Last):
    """Bands over the bare foot: over the toes, round the ankle, up the heel, and crossing between."""
    wide = c.strap_width
    low, top = 0.4 + wide, 0.08 - 0.2 * s.x
    slide = torch.maximum((s.x + 0.3 - 0.25 * s.height).abs() - 0.08 - wide, s.vamp)
    bands = (
        (
            c.straps == 1,
            torch.maximum(slide, s.height - 0.2 - 0.6 * wide),
        ),  # one broad strap, low on the foot
        (c.straps >= 2, (s.x + 0.48 - 0.45 * s.height + 0.6 * s.height**2).abs() - 0.04 - 0.5 * wide),
        (c.straps >= 2, torch.maximum((s.y - 0.08 - wide / 2 + 0.2 * s.x).abs() - wide / 2, s.front - s.x)),
        (c.straps >= 2, s.back - s.x - 0.05 - 0.4 * (low - s.height).clamp(min=0)),  # the heel's counter
        (c.straps >= 3, torch.maximum((s.x - 0.02 - 0.8 * (s.height - 0.2)).abs() - 0.5 * wide, top - s.y)),
        (c.straps >= 4, torch.maximum((s.x + 0.18 + 0.9 * (s.height - 0.2)).abs() - 0.5 * wide, top - s.y)),
    )
    light = 0.85 + 0.25 * ramp(0.0, 0.4, s.height)
    value = c.fabric(s.x, s.y, light)
    for worn, band in bands:
        shape = torch.maximum(band, s.upper)
        c.paint(value, c.cover(shape * s.zoom) * worn)


def _sole(c: Cloth, s: _Last):
    grey = mix(c.brightness * 0.75, c.trim, c.has_trim)
    below = s.y - s.foot
    sole = torch.maximum(
        torch.maximum(-below, below - c.sole), torch.maximum(TOE - 0.02 - s.x, s.x - BACK - 0.03)
    )
    front_of_heel = BACK + 0.02 - (0.1 + 1.4 * c.heel_width) * (0.75 + 0.25 * (s.ground - s.y))
    heel = torch.maximum(
        torch.maximum(front_of_heel - s.x, s.x - BACK - 0.02), torch.maximum(-below, s.y - s.ground)
    )
    shade = grey * (1 - 0.25 * ramp(0.3, 1.0, (below / c.sole.clamp(min=0.03))))
    c.paint(grey * 0.92, c.cover(heel * s.zoom) * (c.heel > 0.02))
    c.paint(shade, c.cover(sole * s.zoom))
    c.darken(0.25 * c.line((below - 0.55 * c.sole) * s.zoom, 0.015) * c.cover(sole * s.zoom))
    c.darken(0.35 * c.line(below * s.zoom, 0.02) * (c.straps == 0) * c.cover(sole * s.zoom - 0.03))
