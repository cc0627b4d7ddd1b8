"""Bags: a body, one or two handles, and what closes it."""

import torch

from vaelab.data.portraits.shapes import ellipse, ramp, rounded_box
from vaelab.data.wardrobe.cloth import Cloth, mix


def paint(c: Cloth):
    tall = 1.84 * c.length
    grip = torch.minimum(c.handle, 1.9 - tall)  # how far the handle rises above the body
    top = (grip - tall) / 2
    bottom = top + tall
    middle = (top + bottom) / 2
    down = ((c.y - top) / tall).clamp(-0.2, 1.2)
    half = c.width * (1 + c.flare * (down - 0.5)) - 0.06 * c.waist * (1 - down)
    corners = 0.03 + c.corners * torch.minimum(c.width, tall / 2) * 0.8
    body = rounded_box(c.x * c.width / half, c.y - middle, c.width, tall / 2, corners)
    _handles(c, top, grip, corners)
    across = (c.side / half).clamp(max=1.1)
    light = 1.02 - 0.14 * across**4 - 0.14 * ramp(0.55, 1.05, down)
    c.paint(c.fabric(c.x, c.y, light), c.cover(body))
    inside = c.cover(body)
    c.darken(0.25 * c.line(body + 0.06, 0.018) * c.crease)
    _closing(c, top, tall, body)
    pocket = rounded_box(c.x, c.y - top - 0.68 * tall, 0.55 * c.width, 0.2 * tall, 0.05)
    c.darken(0.4 * c.line(pocket, 0.022) * (c.pockets > 0) * inside)
    c.paint(
        c.trim.expand_as(c.image), c.cover((c.side - 0.55 * c.width).abs() - 0.045) * inside * (c.belt > 0)
    )
    c.darken(0.3 * c.line(body, 0.02) * inside)


def _handles(c: Cloth, top, grip, corners):
    reach = torch.minimum(c.handle_width * c.width, c.width - 0.8 * corners - 0.08).clamp(min=0.1)
    thick = 0.03 + 0.05 * c.strap_width
    grey = mix(c.brightness * 0.8, c.trim, c.has_trim)
    for shift, shade in ((0.05, 0.6), (0.0, 1.0)):
        arch = (
            ellipse(c.x - shift, c.y - top - 0.02, reach, (grip - thick + 0.02).clamp(min=0.05)).abs() - thick
        )
        c.paint(grey * shade, c.cover(torch.maximum(arch, c.y - top - 0.08)) * (c.handle > 0))


def _closing(c: Cloth, top, tall, body):
    """A flap with a clasp, or a zip along the top."""
    inside = c.cover(body)
    depth = c.flap * tall
    edge = c.y - top - depth * (1 - 0.35 * c.neck_shape * (c.side / c.width) ** 1.5)
    has = c.flap > 0
    c.paint(c.brightness * 1.08, 0.35 * c.cover(edge) * inside * has)
    c.darken(0.5 * c.line(edge, 0.028) * inside * has)
    c.paint(c.trim.expand_as(c.image), c.dot(c.x, c.y - top - depth, 0.06) * inside * has * (c.closure == 1))
    zipped = (c.closure == 2) & ~has
    c.darken(0.45 * c.line(c.y - top - 0.14 * tall, 0.028) * inside * zipped * (c.side < 0.85 * c.width))
