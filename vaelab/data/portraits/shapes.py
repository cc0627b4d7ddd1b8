"""A small drawing toolkit: shapes as signed distances, soft edges, smooth bumps, colours.

A shape is a tensor of signed distances: negative inside, zero on the outline, positive outside. Shapes
are joined with `torch.minimum` (or `merge`) and cut with `torch.maximum`; `coverage` turns one into opacity.
Every function is elementwise, so tensors of any broadcastable shapes on any device will do.
"""

import torch
from torch import Tensor


def ellipse(x: Tensor, y: Tensor, radius_x, radius_y) -> Tensor:
    """Distance to an ellipse around the origin: exact for a circle, close near the outline otherwise."""
    squares = (x / radius_x) ** 2 + (y / radius_y) ** 2
    slope = ((x / radius_x**2) ** 2 + (y / radius_y**2) ** 2).sqrt() + 1e-6
    root = squares.sqrt()
    return root * (root - 1) / slope


def rounded_box(x: Tensor, y: Tensor, half_width, half_height, radius) -> Tensor:
    """Distance to a rectangle around the origin whose corners are rounded with `radius`."""
    dx = x.abs() - half_width + radius
    dy = y.abs() - half_height + radius
    outside = (dx.clamp(min=0) ** 2 + dy.clamp(min=0) ** 2).sqrt()
    return outside + torch.maximum(dx, dy).clamp(max=0) - radius


def merge(a: Tensor, b: Tensor, roundness: float) -> Tensor:
    """Union of two shapes whose seam is filled in over about `roundness` (polynomial smooth minimum)."""
    return torch.minimum(a, b) - (roundness - (a - b).abs()).clamp(min=0) ** 2 / (4 * roundness)


def coverage(distance: Tensor, edge: float) -> Tensor:
    """Opacity of a shape: 1 inside, 0 outside, a straight ramp of width `edge` across the outline."""
    return (0.5 - distance / edge).clamp(0, 1)


def ramp(low, high, value: Tensor) -> Tensor:
    """0 below `low`, 1 above `high`, an S-curve between (low > high gives the mirrored curve)."""
    t = ((value - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def blob(x: Tensor, y: Tensor, width, height) -> Tensor:
    """A soft spot around the origin: 1 in the middle, 0.37 at `width` or `height` from it."""
    return _bell((x / width) ** 2 + (y / height) ** 2)


def stroke(distance: Tensor, width) -> Tensor:
    """A soft line along `distance` = 0, 0.37 at `width` from it."""
    return _bell((distance / width) ** 2)


def _bell(square: Tensor) -> Tensor:
    """exp(-square), which stops falling at 1e-13: still smaller numbers would be denormal, and slow."""
    return torch.exp(-square.clamp(max=30))


def mix(a: Tensor, b: Tensor, amount: Tensor | float) -> Tensor:
    """`a` where amount is 0, `b` where it is 1."""
    return torch.lerp(a, b, amount)


def along(stops: Tensor, position: Tensor) -> Tensor:
    """Colour at `position` (0 to 1) on a scale of evenly spaced colours.

    Args:
        stops: (K, 3) colours.
        position: (N, 1, 1, 1).

    Returns:
        (N, 3, 1, 1).
    """
    place = position.flatten().clamp(0, 1) * (len(stops) - 1)
    left = place.floor().clamp(max=len(stops) - 2)
    colour = torch.lerp(stops[left.long()], stops[left.long() + 1], (place - left)[:, None])
    return colour[:, :, None, None]


def hsv(hue: Tensor, saturation, value) -> Tensor:
    """Colour from hue (a turn, 0 to 1), saturation and value; (N, 1, 1, 1) in, (N, 3, 1, 1) out."""
    corner = torch.tensor([5.0, 3.0, 1.0], device=hue.device).view(1, 3, 1, 1)
    k = (corner + 6 * hue) % 6
    return value * (1 - saturation * torch.minimum(k, 4 - k).clamp(0, 1))
