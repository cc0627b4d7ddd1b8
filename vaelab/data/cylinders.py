"""Drawn cylinders: one clay cylinder on a studio floor, in which two numbers vary and nothing else.

Every picture is fixed by the cylinder's height and diameter, so an autoencoder with two latents can hold all
there is to know. The camera is far away (parallel projection) and looks down by `TILT`: a height h appears
h cos(TILT) tall, the round top of diameter d is an ellipse d wide and d sin(TILT) tall. The floor is lit by a
lamp at the left, in front. Three channels, because cool shadows on a warm floor show the shape better than
grey does, and because colour pictures are what the faces will be.

Lengths are in picture widths, x to the right and y up, with the middle of the cylinder's foot at the origin.
"""

import math

import numpy as np
import torch
from torch import Tensor

from vaelab.data.painting import check_size, chosen, in_chunks
from vaelab.data.randomness import Factor, uniforms

FACTORS = {
    "height": Factor(0.15, 0.60, "height of the cylinder, picture widths"),
    "diameter": Factor(0.20, 0.50, "diameter of the cylinder, picture widths"),
}
"""The two factors, uniform on their ranges and independent."""

DEFAULT_SIZE = 64
SIZES = range(32, 257)

TILT = math.radians(24)  # how far the camera looks down
FOOT = (0.47, 0.76)  # where the middle of the foot stands: from the left and from the top of the picture
LAMP = (-0.52, 0.62, 0.58)  # direction to the lamp: right, up, towards the camera

# Colours in linear light.
_CLAY = (0.66, 0.25, 0.135)
_FLOOR = (0.80, 0.75, 0.68)
_LAMPLIGHT = (1.0, 0.95, 0.87)
_SKYLIGHT = (0.86, 0.94, 1.06)
_BOUNCE = (1.08, 0.92, 0.78)


def draw_factors(indices: Tensor | np.ndarray, seed: int) -> dict[str, Tensor]:
    """Height and diameter of these pictures, uniform and independent.

    Args:
        indices: integers, shape (N,): which pictures of the endless set.
        seed: any integer; another seed gives another set.

    Returns:
        Name -> float32 tensor of shape (N,), for both names in `FACTORS`.
    """
    table = torch.tensor(uniforms(seed, np.asarray(indices), len(FACTORS)))
    columns = zip(FACTORS.items(), table.unbind(1), strict=True)
    return {name: (f.low + (f.high - f.low) * u).float() for (name, f), u in columns}


@torch.no_grad()
def render(
    factors: dict[str, Tensor], size: int = DEFAULT_SIZE, device: str | torch.device = "cpu"
) -> Tensor:
    """Draw cylinders of these heights and diameters.

    Edges are anti-aliased by their distance to the pixel's centre, so a small change of a factor is a small
    change of the picture. Values outside a factor's range are drawn too, as far as the picture reaches.

    Args:
        factors: "height" and "diameter", tensors of shape (N,), in picture widths; nothing else is read.
        size: height and width in pixels, 32 to 256.
        device: where to draw.

    Returns:
        uint8 tensor of shape (N, 3, size, size) on `device`.

    Raises:
        DataError: a size outside 32 to 256, or a missing factor.
    """
    check_size("Cylinders", size, SIZES)
    columns = chosen(factors, FACTORS)
    values = {name: rows.to(device).float()[:, None, None] for name, rows in columns.items()}

    def paint(few: dict[str, Tensor]) -> Tensor:
        return _paint(few["height"], few["diameter"] / 2, size)

    return in_chunks(paint, values, size, channels=3, cpu_pixels=16 * 64**2)


def silhouette(height: Tensor, diameter: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height of the cylinder as it appears, picture widths: d, and h cos(TILT) + d sin(TILT)."""
    return diameter, height * math.cos(TILT) + diameter * math.sin(TILT)


def _paint(height: Tensor, radius: Tensor, size: int) -> Tensor:
    """Floor, then body, then top, each over the last: (N, 3, size, size)."""
    x, y = _pixel_grid(size, height.device)
    rise = height * math.cos(TILT)  # how far the top appears above the foot
    # Far from the top's front edge the body stretches up and down without changing: only its ends are round.
    outside_body = _ellipse_distance(x, y - torch.minimum(y.clamp(min=0), rise), radius)
    # Above its own middle line the top reaches to the end of the body.
    outside_top = _ellipse_distance(x, (y - rise).clamp(max=0), radius)
    light = _floor_light(x, y, height, radius)
    light = _over(light, _side_light(x, y, rise, radius), _coverage(outside_body, size))
    light = _over(
        light,
        _top_light(x, y - rise, radius, outside_top),
        _coverage(outside_body, size) * _coverage(outside_top, size),
    )
    return (255 * light.clamp(0, 1) ** (1 / 2.2)).round().to(torch.uint8)


def _pixel_grid(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Pixel centres: x of shape (1, 1, W), y of shape (1, H, 1)."""
    centres = (torch.arange(size, device=device) + 0.5) / size
    return (centres - FOOT[0])[None, None, :], (FOOT[1] - centres)[None, :, None]


def _ellipse_distance(x: Tensor, y: Tensor, radius: Tensor) -> Tensor:
    """About the distance to the outline of a floor disc as the camera sees it, negative inside.

    Of first order in the distance: exact on the outline, and good within a pixel of it, which is all that
    anti-aliasing needs (Quilez, "Ellipsoid SDF", https://iquilezles.org/articles/ellipsoids/).
    """
    short = radius * math.sin(TILT)
    k = torch.sqrt((x / radius) ** 2 + (y / short) ** 2 + 1e-12)
    slope = torch.sqrt((x / radius**2) ** 2 + (y / short**2) ** 2 + 1e-12)
    return k * (k - 1) / slope


def _coverage(outside: Tensor, size: int) -> Tensor:
    """Share of a pixel inside an edge, from the distance to the edge in picture widths."""
    return (0.5 - size * outside).clamp(0, 1)


def _floor_light(x: Tensor, y: Tensor, height: Tensor, radius: Tensor) -> Tensor:
    """The floor: lamplight that fades outwards, the cylinder's shadow, and a darker ring at its foot."""
    away = y / math.sin(TILT)  # floor coordinates: x to the right, this away from the camera
    pool = 1.0 - 0.42 * (x + 0.12) ** 2 - 0.55 * (y - 0.16) ** 2
    lamp = 0.74 * pool * (1 - _cast_shadow(x, away, height, radius))
    from_foot = (torch.sqrt(x**2 + away**2 + 1e-12) - radius).clamp(min=0)
    sky = 0.34 * pool * (1 - 0.62 * torch.exp(-from_foot / 0.055))
    return _lit(_FLOOR, lamp, sky)


def _cast_shadow(x: Tensor, away: Tensor, height: Tensor, radius: Tensor) -> Tensor:
    """Share of lamplight the cylinder keeps from the floor.

    The shadow covers the discs below every slice of the cylinder, shifted along the light: a strip with round
    ends. Its edge grows softer and its middle paler with the height of the slice that casts it.
    """
    along_x, along_away = -LAMP[0] / LAMP[1], LAMP[2] / LAMP[1]  # shift for a slice one unit up
    slice_height = (x * along_x + away * along_away) / (along_x**2 + along_away**2)
    slice_height = torch.minimum(slice_height.clamp(min=0), height)
    off_x, off_away = x - along_x * slice_height, away - along_away * slice_height
    outside = torch.sqrt(off_x**2 + off_away**2 + 1e-12) - radius
    softness = 0.03 + 0.22 * slice_height
    edge = (0.5 - outside / softness).clamp(0, 1)
    return (0.80 - 0.55 * slice_height) * edge * edge * (3 - 2 * edge)


def _side_light(x: Tensor, y: Tensor, rise: Tensor, radius: Tensor) -> Tensor:
    """The round side: Lambert's cosine for the lamp, less sky near the foot, light thrown up by the floor."""
    right = (x / radius).clamp(-1, 1)  # the surface normal is (right, 0, front)
    front = torch.sqrt(1 - right**2)
    up = (y + radius * math.sin(TILT) * front).clamp(min=0)  # above the foot, as it appears
    cosine = right * LAMP[0] + front * LAMP[2]
    lamp = 0.92 * (0.90 * cosine + 0.10).clamp(min=0)
    sky = (0.30 + 0.10 * right.clamp(min=0) ** 4) * (1 - 0.55 * torch.exp(-up / 0.05))
    bounce = 0.13 * torch.exp(-up / 0.16)
    return _lit(_CLAY, lamp, sky, bounce)


def _top_light(x: Tensor, y: Tensor, radius: Tensor, outside_top: Tensor) -> Tensor:
    """The flat top, a little brighter towards the lamp and along its worn front edge."""
    towards_lamp = (-x * 0.8 + y) / radius
    worn = torch.exp(-((outside_top / 0.014) ** 2))
    lamp = 1.20 * LAMP[1] + 0.05 * towards_lamp + 0.16 * worn
    return _lit(_CLAY, lamp, torch.full_like(lamp, 0.56))


def _lit(colour: tuple, lamp: Tensor, sky: Tensor, bounce: Tensor | None = None) -> Tensor:
    """A surface of this colour under these amounts of light, each (N, H, W): (N, 3, H, W), linear."""
    channels = []
    for c, warm, cool, floor in zip(colour, _LAMPLIGHT, _SKYLIGHT, _BOUNCE, strict=True):
        light = c * warm * lamp + c * cool * sky
        channels.append(light if bounce is None else light + c * floor * bounce)
    return torch.stack(channels, 1)


def _over(below: Tensor, above: Tensor, coverage: Tensor) -> Tensor:
    return torch.lerp(below, above, coverage[:, None])
