"""Drawn portraits: faces painted from known factors, no two alike, nothing to download.

`draw_factors` draws the numbers that make a person, `render` paints them, `attributes` says what can be
seen (smiling, glasses, ...) under the names that CelebA uses. The files follow a painter's work:

- `factors`: what varies and how often;  `attributes`: what can be seen;
- `shapes`: shapes and soft edges;  `palette`: colours;
- `scene`: the picture and its coordinates;  `head`, `expression`, `hair`, `worn`: one function per part.
"""

import torch
from torch import Tensor

from vaelab.data.painting import check_size, in_chunks
from vaelab.data.portraits import expression, hair, head, worn
from vaelab.data.portraits.attributes import ATTRIBUTE_NAMES, NOT_IN_CELEBA, attributes, switch
from vaelab.data.portraits.factors import FACTORS, draw_factors
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
    "switch",
]

DEFAULT_SIZE = 64
SIZES = range(32, 257)

# Painted in this order, each over what is there: from the wall behind to the glasses in front. With each
# part, the stretch of the head it lies in (top, bottom; None for the whole picture) and the faces that
# have it (None for all): a hat costs nothing on those who wear none.
PARTS = (
    (head.backdrop, None, None),
    (hair.behind, None, lambda s: (s.bald < 1) & (s.hair_length > 0.2)),
    (head.body, (0.3, 1.2), None),
    (head.ears, (-0.2, 0.22), None),
    (head.face, None, None),
    (head.nostrils, (0.1, 0.34), None),
    (expression.age_lines, (-0.5, 0.6), lambda s: s.age > 0.45),
    (hair.beard, (-0.05, 0.85), lambda s: s.beard > 0),
    (expression.eyes, (-0.2, 0.16), None),
    (expression.brows, (-0.32, -0.02), None),
    (expression.mouth, (0.2, 0.62), None),
    (hair.mustache, (0.15, 0.5), lambda s: s.mustache > 0),
    (hair.in_front, None, lambda s: s.bald < 1),
    (hair.bald_fringe, (-0.4, 0.2), lambda s: s.bald > 0),
    (worn.earrings, (0.05, 0.4), lambda s: s.earrings > 0),
    (worn.hat, (-1.0, 0.05), lambda s: s.hat > 0),
    (worn.glasses, (-0.25, 0.25), lambda s: s.glasses > 0),
)

_CPU_PIXELS = 32 * 64 * 64  # painted at a time: few enough to stay in the caches of a core


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
    check_size("Portraits", size, SIZES)
    if missing := [name for name in FACTORS if name not in factors]:
        raise DataError(
            f"These factors are missing: {', '.join(missing)}. Start from draw_factors(indices, seed)."
        )
    values = {n: torch.as_tensor(factors[n]).to(device, torch.float32) for n in FACTORS}
    return in_chunks(lambda few: _paint(few, size), values, size, channels=3, cpu_pixels=_CPU_PIXELS)


def _paint(factors: dict[str, Tensor], size: int) -> Tensor:
    scene = Scene(factors, size)
    head.shape(scene)
    hair.comb(scene)
    for part, extent, condition in PARTS:
        if condition is None:
            part(scene if extent is None else scene.part(*extent))
            continue
        chosen = scene.faces_where(condition(scene))
        if len(chosen):
            some = scene.part(*(extent or scene.ALL), chosen)
            part(some)
            some.put_back()
    return (scene.image.clamp(0, 1) * 255).round().to(torch.uint8)
