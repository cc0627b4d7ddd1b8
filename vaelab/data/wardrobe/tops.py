"""T-shirts, pullovers, dresses, coats and shirts: one painter, for only their cuts tell them apart."""

import math

import torch
from torch import Tensor

from vaelab.data.portraits.shapes import ellipse, merge, ramp, rounded_box
from vaelab.data.wardrobe.cloth import Cloth, mix, triangle

TOP, REACH = -0.94, 1.88  # where a piece begins, and how far down one of length 1 reaches


class _Cut:
    """Where the parts of these pieces lie; lengths in half picture widths, the piece upright."""

    def __init__(self, c: Cloth):
        self.neck_top = TOP + c.roll_neck
        self.hem = TOP + REACH * c.length
        self.neck = c.neck_width * c.width
        self.shoulder = torch.maximum(c.shoulders * c.width, self.neck + 0.05)
        self.shoulder_y = self.neck_top + 0.3 * (self.shoulder - self.neck)
        self.armpit = self.shoulder_y + 0.7 * c.width
        self.fall = ((c.y - self.armpit) / (self.hem - self.armpit)).clamp(-0.5, 1.1)  # 0 armpit, 1 hem
        self.half = self._half_width(c)
        self.shoulder_line = self.neck_top + 0.3 * (c.side - self.neck).clamp(min=0) - c.y
        self.throat = self.neck_top + c.neck_depth
        self.hem_line = c.y - self.hem + c.hem * (c.side / c.width) ** 2 * 0.16
        body = torch.maximum(c.side - self.half, self.hem_line)
        self.body = -merge(-body, -self.shoulder_line, 0.05)  # a shoulder that is not quite a corner

    def _half_width(self, c: Cloth) -> Tensor:
        """Half the width at each height: armhole, waist, hem."""
        waist = c.waist * (1 - ((self.fall - 0.36) / 0.36).square()).clamp(min=0)
        below = c.width * (1 - waist + c.flare * ramp(0.3, 1.25, self.fall) * 1.35)
        up = ((self.armpit - c.y) / (self.armpit - self.shoulder_y)).clamp(0, 1)
        return below + (self.shoulder - c.width) * up.sqrt() * up.clamp(min=0.0) ** 0.25


def paint(c: Cloth):
    """Sleeves, then the body over them, then what is sewn on."""
    cut = _Cut(c)
    _hood(c, cut)
    _sleeves(c, cut)
    _body(c, cut)
    _neck(c, cut)
    _front(c, cut)
    _sewn_on(c, cut)


def _hood(c: Cloth, cut: _Cut):
    back = ellipse(c.x, c.y - cut.neck_top - 0.02, cut.neck * 1.25 + 0.04, c.hood.clamp(min=0.01))
    shade = c.brightness * (0.55 + 0.4 * ramp(-0.5, 0.5, (cut.neck_top - c.y) / c.hood.clamp(min=0.05)))
    c.paint(shade, c.cover(back) * (c.hood > 0))


def _sleeves(c: Cloth, cut: _Cut):
    """Both at once, for |x| is the same on both sides: a tapered band from the shoulder to the cuff."""
    angle = mix(0.62, 0.12, ramp(0.15, 0.85, c.sleeve_length)) + 0.1 * c.sleeve_angle
    cos, sin = angle.cos(), angle.sin()
    right, down = c.side - cut.shoulder, c.y - cut.shoulder_y
    along, out = right * sin + down * cos, right * cos - down * sin
    length = c.sleeve_length * torch.minimum(3.2 * c.width, cut.hem - cut.shoulder_y)
    share = (along / length.clamp(min=0.05)).clamp(-0.3, 1)
    wide = c.width * c.sleeve_width * (0.62 - 0.30 * share * ramp(0.1, 0.8, c.sleeve_length))
    middle = (out + wide / 2) / wide * 2  # -1 at the inner edge, 1 at the outer
    puff = 0.03 + 0.35 * c.width * (c.sleeve_width - 1)
    outer = -merge(-(out - puff * ramp(0, 0.4, share)), -cut.shoulder_line, 0.08)
    shape = torch.maximum(torch.maximum(outer, -wide - out), along - length)
    shape = torch.maximum(shape, -along - 0.3 * c.width)
    worn = c.sleeve_length > 0
    light = 0.97 - 0.16 * middle.clamp(-1.1, 1.1).square() - 0.06 * middle.clamp(-1, 1)
    c.paint(c.fabric(out + 0.3, along * 0.98, light), c.cover(shape) * worn)
    inside = c.cover(shape) * worn
    cuff = 0.045 + 0.09 * c.ribbing
    c.darken(0.3 * c.line(along - length + cuff, 0.02) * inside)
    c.darken(0.25 * c.ribbing * c.cover(length - cuff - along) * inside)
    c.darken(0.7 * (1 - (cut.body / 0.1).clamp(0, 1)) * inside * (cut.body > -0.05))


def _body(c: Cloth, cut: _Cut):
    back = ellipse(c.x, c.y - cut.neck_top, cut.neck, 0.03 + 0.2 * c.neck_depth)
    shape = torch.maximum(cut.body, -back)
    across = (c.side / cut.half.clamp(min=0.05)).clamp(max=1.1)
    pleats = torch.sin(11 * c.x / cut.half.clamp(min=0.1) + c.folds_phase) * ramp(0.35, 0.8, cut.fall)
    light = 1 - 0.2 * across**4 + 0.3 * c.flare.clamp(0, 0.5) * pleats
    opacity = c.cover(shape)
    c.paint(c.fabric(c.x, c.y, light), opacity)
    armhole = c.line(c.side - cut.half + 0.01, 0.025) * (cut.fall < 0) * (c.sleeve_length > 0)
    c.darken(0.35 * armhole * opacity)
    c.darken(0.22 * c.line(cut.hem_line + 0.05 + 0.08 * c.ribbing, 0.02) * opacity)
    ribs = 0.75 + 0.25 * torch.sin(75 * c.x) * min(1.0, 0.02 / c.pixel)
    c.darken(0.3 * c.ribbing * ribs * c.cover(-cut.hem_line - 0.13) * opacity)


def _neck(c: Cloth, cut: _Cut):
    """The opening, through which one sees the back's inside, its band, and collars that stand or lie."""
    below = c.y - cut.neck_top
    rounded = ellipse(c.x, below, cut.neck, c.neck_depth)
    pointed = (c.side / cut.neck + below / c.neck_depth - 1) * 0.7 * torch.minimum(cut.neck, c.neck_depth)
    front = torch.maximum(mix(rounded, pointed, c.neck_shape), cut.shoulder_line)
    within = c.cover(torch.maximum(cut.body, front))
    back = ellipse(c.x, below, cut.neck, 0.03 + 0.2 * c.neck_depth)
    c.paint(0.35 * c.brightness.expand_as(c.image), within * c.cover(-back))
    band = torch.maximum(front - 0.055, -front)
    c.paint(
        mix(c.brightness * 0.85, c.trim, c.has_trim),
        0.8 * c.cover(torch.maximum(torch.maximum(band, -back), cut.body)),
    )
    c.darken(0.3 * c.line(front - 0.055, 0.015) * c.cover(torch.maximum(cut.body, -back)))
    stands = c.roll_neck > 0
    tube = rounded_box(
        c.x, c.y - cut.neck_top + c.roll_neck / 2 - 0.03, cut.neck * 0.95, c.roll_neck / 2 + 0.05, 0.04
    )
    light = 0.95 - 0.25 * (c.x / cut.neck.clamp(min=0.05)).clamp(-1, 1).square()
    c.paint(c.brightness * light, c.cover(tube) * stands)
    c.darken(0.35 * c.line(c.y - cut.neck_top - 0.05, 0.02) * c.cover(tube) * stands)
    _collar(c, cut)


def _collar(c: Cloth, cut: _Cut):
    drop, worn = c.collar * 0.42 * c.width, c.collar > 0
    start = cut.neck_top - 0.02
    flap = triangle(
        c.side,
        c.y,
        (cut.neck * 0.75, start),
        (cut.neck * 1.15 + 0.25 * drop, start + 1.5 * drop),
        (0.01, cut.throat + 0.02),
    )
    opacity = c.cover(flap) * worn
    c.darken(0.6 * c.cover(flap - 0.03, 0.05) * worn * c.cover(cut.body))
    c.paint(mix((c.brightness * 1.05).clamp(max=1), c.trim, c.has_trim), opacity)
    c.darken(0.4 * c.line(flap, 0.02) * worn * c.cover(flap - 0.02))


def _front(c: Cloth, cut: _Cut):
    """Buttons or a zip, all the way down or not, and a coat that hangs open."""
    start = cut.throat
    end = mix(start, cut.hem, c.closure_length)
    open_by = c.opening * (0.25 + 0.75 * ((c.y - start) / (cut.hem - start)).clamp(0, 1))
    gap = torch.maximum(torch.maximum(c.side - open_by, start - 0.02 - c.y), cut.body)
    c.paint(0.25 * c.brightness.expand_as(c.image), c.cover(gap) * (c.opening > 0))
    reach = c.cover(torch.maximum(start - c.y, c.y - end)) * c.cover(cut.body)
    buttons, zipped = (c.closure == 1).float(), (c.closure == 2).float()
    edge = 0.055 + open_by
    c.darken(0.6 * c.line(c.x - edge, 0.034) * reach * buttons)
    c.darken(0.3 * c.line(c.x + edge, 0.02) * reach * buttons)
    spacing = c.button_spacing
    place = (c.y - start - 0.05) / spacing
    down = (place - place.round()) * spacing
    c.darken(0.9 * c.dot(c.x + open_by, down, 0.034) * reach * buttons)
    c.darken(0.6 * c.line(c.x, 0.045) * reach * zipped)
    teeth = 0.5 + 0.5 * torch.sin(c.y * 90) * min(1.0, 0.016 / c.pixel)
    c.paint(0.75 * teeth, 0.35 * c.line(c.x, 0.02) * reach * zipped)


def _sewn_on(c: Cloth, cut: _Cut):
    inside = c.cover(cut.body)
    waist_y = cut.armpit + 0.34 * (cut.hem - cut.armpit)
    belt = (c.y - waist_y).abs() - 0.05 * c.belt
    c.paint(c.trim.expand_as(c.image), c.cover(torch.maximum(belt, cut.body)) * (c.belt > 0))
    chest = rounded_box(c.x - 0.48 * c.width, c.y - cut.armpit - 0.02, 0.19 * c.width, 0.2 * c.width, 0.03)
    hips_y = cut.armpit + 0.62 * (cut.hem - cut.armpit)
    hips = rounded_box(c.side - 0.52 * c.width, c.y - hips_y, 0.22 * c.width, 0.2 * c.width, 0.03)
    c.darken(0.5 * c.line(chest, 0.03) * (c.pockets == 1))
    c.darken(0.5 * c.line(hips, 0.03) * inside * (c.pockets == 2))
    _motif(c, cut)


def _motif(c: Cloth, cut: _Cut):
    """A print on the chest: lines of lettering, or an emblem of rings."""
    y = c.y - cut.armpit - 0.04
    reach = c.print.clamp(min=0.1) * c.width
    letters = torch.sin(52 * c.x + 9 * torch.sin(7 * c.x + 20 * c.pattern_phase)) + 0.6 * torch.sin(
        31 * c.x + 3 * y
    )
    rows = torch.sin(2 * math.pi * y / 0.21 + 1.5)
    lettered = torch.minimum(letters + 0.5, 2.2 * rows)
    rings = torch.sin(22 * (c.x.square() + y.square() + 1e-6).sqrt() / (0.4 + c.print) + 6 * c.pattern_phase)
    is_emblem = c.pattern_phase > 0.6
    field = torch.where(
        is_emblem,
        ellipse(c.x, y, 0.5 * reach, 0.5 * reach),
        rounded_box(c.x, y, 0.66 * reach, 0.44 * reach, 0.02),
    )
    figure = (0.5 + torch.where(is_emblem, rings, lettered) * 0.05 / c.pixel).clamp(0, 1)
    c.paint(mix(c.brightness, c.trim, figure), c.cover(field) * (c.print > 0))
