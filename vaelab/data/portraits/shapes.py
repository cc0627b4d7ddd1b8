"""A small drawing toolkit: shapes as signed distances, soft edges, smooth bumps, colours.

A shape is a tensor of signed distances: negative inside, zero on the outline, positive outside. Shapes
are joined with `torch.minimum` (or `merge`) and cut with `torch.maximum`; `coverage` turns one into opacity.
Every function is elementwise, so tensors of any broadcastable shapes on any device will do.
"""

import torch
from torch import Tensor

_TINY = 1e-18  # instead of 0 under a root, where it is ten times as slow


def ellipse(x: Tensor, y: Tensor, radius_x, radius_y) -> Tensor:
    """Distance to an ellipse around the origin: exact for a circle, close near the outline otherwise."""
    root = _length(x / radius_x, y / radius_y)
    slope = _length(x / radius_x**2, y / radius_y**2).add_(1e-6)
    return (root - 1).mul_(root).div_(slope)


def rounded_box(x: Tensor, y: Tensor, half_width, half_height, radius) -> Tensor:
    """Distance to a rectangle around the origin whose corners are rounded with `radius`."""
    dx = (x.abs() - half_width).add_(radius)
    dy = (y.abs() - half_height).add_(radius)
    outside = _length(dx.clamp(min=_TINY), dy.clamp(min=_TINY))
    return outside.add_(torch.maximum(dx, dy).clamp_(max=0)).sub_(radius)


def merge(a: Tensor, b: Tensor, roundness: float) -> Tensor:
    """Union of two shapes whose seam is filled in over about `roundness` (polynomial smooth minimum)."""
    near = (a - b).abs_().sub_(roundness).clamp_(max=0)  # below 0 near the seam
    return torch.minimum(a, b).sub_(near.square_().div_(4 * roundness))


def coverage(distance: Tensor, edge: float) -> Tensor:
    """Opacity of a shape: 1 inside, 0 outside, a straight ramp of width `edge` across the outline."""
    return (distance / -edge).add_(0.5).clamp_(0, 1)


def ramp(low, high, value: Tensor) -> Tensor:
    """0 below `low`, 1 above `high`, an S-curve between (low > high gives the mirrored curve)."""
    t = (value - low).div_(high - low).clamp_(0, 1)
    return (t * t).mul_(torch.rsub(t, 3, alpha=2))  # t^2 (3 - 2 t)


def blob(x: Tensor, y: Tensor, width, height) -> Tensor:
    """A soft spot around the origin: 1 in the middle, 0.37 at `width` or `height` from it."""
    return _bell((x / width).square_() + (y / height).square_())


def stroke(distance: Tensor, width) -> Tensor:
    """A soft line along `distance` = 0, 0.37 at `width` from it."""
    return _bell((distance / width).square_())


def _bell(square: Tensor) -> Tensor:
    """exp(-square), which stops falling at 1e-13: still smaller numbers would be denormal, and slow."""
    return square.clamp_(max=30).neg_().exp_()


def _length(x: Tensor, y: Tensor) -> Tensor:
    """Length of the vectors (x, y), which are used up."""
    return (x.square_() + y.square_()).sqrt_()


def mix(a: Tensor, b: Tensor, amount: Tensor | float) -> Tensor:
    """`a` where amount is 0, `b` where it is 1."""
    if isinstance(amount, Tensor) and amount.numel() > a.numel():
        # Laid out, for where both ends are one number a row, PyTorch takes five times as long.
        return a.expand(torch.broadcast_shapes(a.shape, amount.shape)).contiguous().lerp_(b, amount)
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
