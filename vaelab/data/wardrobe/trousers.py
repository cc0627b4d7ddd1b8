"""Trousers: two legs, joined from the waist to the crotch."""

import torch

from vaelab.data.portraits.shapes import ramp
from vaelab.data.wardrobe.cloth import Cloth, mix

TOP, REACH = -0.94, 1.88


def paint(c: Cloth):
    hem = TOP + REACH * c.length
    down = (c.y - TOP) / REACH  # 0 at the waist, 1 at the ankle of a long pair
    crotch = c.rise
    leg = ((down - crotch) / (1 - crotch)).clamp(0, 1)
    inner = c.opening * leg**0.8
    ankle = c.width * (0.5 + c.flare)
    knee = mix(c.width, ankle, 0.62) * (1 - 0.1 * c.waist)
    wide = mix(mix(c.width, knee, ramp(0, 0.6, leg)), ankle, ramp(0.45, 1.0, leg))
    hips = c.width * (1 - (0.12 + c.waist) * (1 - ramp(0, 0.2, down)))
    outer = torch.where(down < crotch, hips, inner + wide)
    slit = torch.where(down < crotch, -torch.ones_like(inner), inner - c.side)
    shape = torch.maximum(torch.maximum(c.side - outer, slit), torch.maximum(c.y - hem, TOP - c.y))
    opacity = c.cover(shape)
    middle = (c.side - inner) / wide.clamp(min=0.05) * 2 - 1  # across a leg: -1 inside, 1 outside
    rounded = 1 - 0.2 * middle.clamp(-1, 1) ** 4
    faded = 1 + c.fade * torch.exp(-(middle.square() * 2 + ((down - 0.42) / 0.22).square()).clamp(max=30))
    c.paint(c.fabric(c.side, c.y, rounded * faded), opacity)
    below = (down > crotch).float()
    c.darken(0.55 * c.line(c.side, 0.03) * below * (1 - (inner / 0.03).clamp(max=1)) * opacity)
    c.darken(0.35 * c.line(c.x, 0.022) * (1 - below) * (down > 0.07) * opacity)  # the fly
    c.darken(0.18 * c.line(middle * wide / 2, 0.02) * c.crease * below)
    c.darken(0.3 * c.line(c.y - TOP - 0.1, 0.022) * opacity)
    c.paint(c.trim.expand_as(c.image), c.cover((c.y - TOP - 0.05).abs() - 0.035) * (c.belt > 0) * opacity)
    slant = c.side - c.width * 0.95 + 0.35 * (c.y - TOP - 0.1)
    pocket = c.line(slant, 0.024) * c.cover((c.y - TOP - 0.22).abs() - 0.12)
    c.darken(0.45 * pocket * (c.pockets > 0) * opacity)
    cuff = c.cover(hem - 0.1 - c.y)
    c.darken(0.35 * c.ribbing * cuff * opacity)
    c.darken(0.3 * c.line(c.y - hem + 0.05, 0.02) * opacity)
