"""Drawn portraits: faces painted from known factors, no two alike, nothing to download.

`draw_factors` draws the numbers that make a person, `render` paints them, `attributes` says what can be
seen (smiling, glasses, ...) under the names that CelebA uses. The files follow a painter's work:

- `factors`: what varies and how often;  `palette`: colours;  `drawing`: shapes and soft edges;
- `scene`: the picture and its coordinates;  `head`, `features`, `hair`, `worn`: one function per part.
"""

import torch
from torch import Tensor

from vaelab.data.portraits import features, hair, head, worn
from vaelab.data.portraits.factors import ATTRIBUTE_NAMES, FACTORS, NOT_IN_CELEBA, attributes, draw_factors
from vaelab.data.portraits.scene import Scene
from vaelab.errors import DataError

__all__ = [
    "ATTRIBUTE_NAMES",
    "DEFAULT_SIZE",
    "FACTORS",
    "NOT_IN_CELEBA",
    "PARTS",
    "SIZES",
    "attributes",
    "draw_factors",
    "render",
]

DEFAULT_SIZE = 64
SIZES = range(32, 257)

# Painted in this order, each over what is there: from the wall behind to the glasses in front. A part
# with a condition is painted on the faces that meet it only, which saves the work for the others.
PARTS = (
    (head.backdrop, None),
    (hair.behind, None),
    (head.body, None),
    (head.ears, None),
    (head.face, None),
    (features.age_lines, lambda s: s.age > 0.45),
    (hair.beard, lambda s: s.beard > 0),
    (features.eyes, None),
    (features.brows, None),
    (features.mouth, None),
    (hair.mustache, lambda s: s.mustache > 0),
    (hair.in_front, lambda s: s.bald < 1),
    (hair.bald_fringe, lambda s: s.bald > 0),
    (worn.earrings, lambda s: s.earrings > 0),
    (worn.hat, lambda s: s.hat > 0),
    (worn.glasses, lambda s: s.glasses > 0),
)

_CPU_PIXELS = 16 * 64 * 64  # painted at a time: about what the caches of one core hold
_GPU_PIXELS = 256 * 64 * 64


@torch.no_grad()
def render(
    factors: dict[str, Tensor], size: int = DEFAULT_SIZE, device: str | torch.device = "cpu"
) -> Tensor:
    """Paint faces.

    Args:
        factors: every name in `FACTORS`, each of shape (N,). Values outside their range are painted as
            well as they can be.
        size: height and width in pixels, 32 to 256.
        device: where to paint; the picture stays there.

    Returns:
        uint8 tensor of shape (N, 3, size, size). The same factors give the same picture in any batch.

    Raises:
        DataError: a size outside 32 to 256, or a missing factor.
    """
    if size not in SIZES:
        raise DataError(f"Portraits are drawn at 32 to 256 pixels, in whole numbers, not {size}.")
    if missing := [name for name in FACTORS if name not in factors]:
        raise DataError(
            f"These factors are missing: {', '.join(missing)}. Start from draw_factors(indices, seed)."
        )
    values = {n: torch.as_tensor(factors[n]).to(device, torch.float32) for n in FACTORS}
    pixels = _CPU_PIXELS if torch.device(device).type == "cpu" else _GPU_PIXELS
    chunk = max(1, pixels // size**2)
    count = len(values["age"])
    pictures = torch.empty(count, 3, size, size, dtype=torch.uint8, device=device)
    for i in range(0, count, chunk):
        pictures[i : i + chunk] = _paint({n: v[i : i + chunk] for n, v in values.items()}, size)
    return pictures


def _paint(factors: dict[str, Tensor], size: int) -> Tensor:
    scene = Scene(factors, size)
    head.shape(scene)
    for part, condition in PARTS:
        if condition is None:
            part(scene)
        else:
            scene.paint_some(part, condition(scene))
    return (scene.image.clamp(0, 1) * 255).round().to(torch.uint8)
