"""The picture that a piece of clothing is painted in: its coordinates, edges, light, patterns and seams."""

import math

import torch
from torch import Tensor

from vaelab.data.portraits.shapes import blob, coverage

STRIPES, PINSTRIPES, CHECKS, FLOWERS, MARL, BLOCKS = range(1, 7)


class Cloth:
    """Everything a painter of clothes needs.

    Factors are attributes of shape (N, 1, 1): `cloth.width`. Coordinates `x` (to the right) and `y` (down)
    are (N, H, W), from about -1 to 1, moved and tilted with the piece; `side` is |x|. The picture, `image`,
    is (N, H, W) in [0, 1], black to begin with. Lengths are in half picture widths.
    """

    def __init__(self, factors: dict[str, Tensor], size: int):
        for name, values in factors.items():
            setattr(self, name, values.view(-1, 1, 1))
        self.pixel = 2 / size
        steps = (torch.arange(size, device=self.label.device, dtype=torch.float32) + 0.5) * self.pixel - 1
        right = (steps.view(1, 1, -1) - self.shift_x) / self.scale
        down = (steps.view(1, -1, 1) - self.shift_y) / self.scale
        cos, sin = self.tilt.cos(), self.tilt.sin()
        self.x, self.y = right * cos + down * sin, down * cos - right * sin
        self.side = self.x.abs()
        self.image = torch.zeros(len(self.x), size, size, device=self.x.device)

    def __getattr__(self, name: str) -> Tensor:
        """Reached only for what is no factor; says to type checkers that factors are tensors."""
        raise AttributeError(name)

    def picture(self) -> Tensor:
        """What has been painted, as bytes: (N, 1, H, W)."""
        return (self.image.clamp(0, 1) * 255).round().to(torch.uint8)[:, None]

    # Edges and lines

    def cover(self, distance: Tensor, softness: float = 0.0) -> Tensor:
        """Opacity of a shape with an edge one pixel wide, plus `softness`."""
        return coverage(distance, 1.25 * self.pixel + softness)

    def line(self, distance: Tensor, width) -> Tensor:
        """Opacity of a line along `distance` = 0; one thinner than a pixel is fainter instead of broken."""
        drawn = torch.as_tensor(width, device=distance.device).clamp(min=0.9 * self.pixel)
        return coverage(distance.abs() - drawn / 2, 0.9 * self.pixel) * (width / drawn)

    def dot(self, x: Tensor, y: Tensor, radius: float) -> Tensor:
        """Opacity of a small round spot, which too is fainter and not lost when it is less than a pixel."""
        drawn = max(radius, 0.65 * self.pixel)
        return blob(x, y, drawn, drawn) * min(1.0, radius / drawn)

    # Paint

    def paint(self, value: Tensor, opacity: Tensor):
        """Lay grey `value` over the picture with `opacity` from 0 to 1."""
        self.image.lerp_(value.expand_as(self.image), opacity.expand_as(self.image))

    def darken(self, amount: Tensor):
        """Multiply the picture by 1 - `amount`: a seam or a shadow."""
        self.image.mul_(1 - amount)

    # Fabric

    def fabric(self, x: Tensor, y: Tensor, light: Tensor) -> Tensor:
        """The fabric's grey at (x, y) on the piece under this light: brightness, pattern and folds."""
        wave = torch.sin(4.5 * x + 2.5 * y + self.folds_phase + 1.7 * torch.sin(2.3 * y - self.folds_phase))
        value = self.brightness * light * (1 + self.folds * wave)
        for kind, weave in _WEAVES.items():
            rows = (self.pattern.flatten() == kind).nonzero().flatten()
            if len(rows):
                scale, phase = self.pattern_scale[rows], self.pattern_phase[rows]
                dark = weave(x[rows], y[rows], scale, phase, self.pixel)
                value[rows] = value[rows] * (1 - self.pattern_contrast[rows] * dark)
        return value


def _wave(place: Tensor, period: Tensor, pixel: float) -> Tensor:
    """Stripes of equal widths, 0 to 1: as crisp as the pixels allow, and paler where they are too fine."""
    sharpness = 0.25 * period / pixel
    return 0.5 + 0.5 * (torch.sin(2 * math.pi * place / period) * sharpness).clamp(-1, 1)


def _stripes(x, y, scale, phase, pixel):
    return _wave(y + phase * scale, scale, pixel)


def _pinstripes(x, y, scale, phase, pixel):
    return _wave(x + phase * scale, 0.7 * scale, pixel)


def _checks(x, y, scale, phase, pixel):
    return 0.5 * (_wave(y + phase * scale, scale, pixel) + _wave(x + phase * scale, scale, pixel))


def _flowers(x, y, scale, phase, pixel):
    """Petals: where two slow warped waves meet."""
    turn, k = 2 * math.pi * phase, 2 * math.pi / scale
    a = torch.sin(k * x + turn + 1.3 * torch.sin(0.6 * k * y + 2 * turn))
    b = torch.sin(k * y - turn + 1.3 * torch.sin(0.7 * k * x + turn))
    return (0.5 + (a * b - 0.15) * (0.5 * scale / pixel)).clamp(0, 1)


def _marl(x, y, scale, phase, pixel):
    """Flecks of yarn in two colours."""
    k, turn = 16 / scale, 6 * phase
    flecks = torch.sin(k * x + 2 * torch.sin(0.83 * k * y + turn)) * torch.sin(1.31 * k * y + turn)
    return 0.5 + 0.4 * flecks * (scale / (8 * pixel)).clamp(max=1)


def _blocks(x, y, scale, phase, pixel):
    """The upper part in another colour, down to a straight seam."""
    return coverage(y + 0.75 - 1.5 * phase, 1.25 * pixel)


_WEAVES = {
    STRIPES: _stripes,
    PINSTRIPES: _pinstripes,
    CHECKS: _checks,
    FLOWERS: _flowers,
    MARL: _marl,
    BLOCKS: _blocks,
}


def mix(a: Tensor | float, b: Tensor | float, amount: Tensor | float):
    """`a` where amount is 0, `b` where it is 1; any of them may be numbers."""
    return a + (b - a) * amount


def half_plane(x: Tensor, y: Tensor, start: tuple, end: tuple) -> Tensor:
    """Distance to the line from `start` to `end`, each (x, y); negative on the right hand of who walks it."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = torch.as_tensor(across**2 + down**2, device=x.device).sqrt().clamp(min=1e-4)
    return ((x - start[0]) * down - (y - start[1]) * across) / length


def triangle(x: Tensor, y: Tensor, a: tuple, b: tuple, c: tuple) -> Tensor:
    """Distance to a triangle whose corners, each (x, y), are given clockwise as seen."""
    sides = (half_plane(x, y, *ends) for ends in ((a, b), (b, c), (c, a)))
    first, second, third = sides
    return torch.maximum(torch.maximum(first, second), third)
