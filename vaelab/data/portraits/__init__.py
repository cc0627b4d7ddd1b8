"""Drawn portraits: faces painted from known factors, no two alike, nothing to download.

`draw_factors` draws the numbers that make a person, `render` paints them, `attributes` says what can be
seen (smiling, glasses, ...) under the names that CelebA uses. The files follow a painter's work:

- `factors`: what varies and how often;  `attributes`: what can be seen;
- `shapes`: shapes and soft edges;  `palette`: colours;
- `scene`: the picture and its coordinates;  `head`, `expression`, `hair`, `worn`: one function per part.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import torch
from torch import Tensor

from vaelab.data.painting import check_size, chosen, in_chunks
from vaelab.data.portraits import expression, hair, head, palette, worn
from vaelab.data.portraits.attributes import ATTRIBUTE_NAMES, NOT_IN_CELEBA, attributes, switch
from vaelab.data.portraits.factors import FACTORS, draw_factors
from vaelab.data.portraits.scene import Scene

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


class Part(NamedTuple):
    """A part of the picture, and where there is anything of it to paint."""

    paint: Callable[[Scene], None]
    rows: tuple[float, float] = Scene.ALL  # the stretch of the head it lies in, from top to bottom
    near: tuple[str, float] | None = None  # the columns where a distance is this small; None for all
    seen: Callable[[Scene], Tensor] | None = None  # the faces that have it; None for all


# Painted in this order, each over what is there: from the wall behind to the glasses in front. A hat costs
# nothing on those who wear none.
PARTS = (
    Part(head.backdrop),
    Part(hair.behind, seen=lambda s: (s.bald < 1) & (s.hair_length > 0.2)),
    Part(head.body, (0.3, 1.2)),
    Part(head.ears, (-0.2, 0.22), ("outline", 0.2)),
    Part(head.face, near=("outline", 0.15)),
    Part(head.nostrils, (0.1, 0.34), ("side", 0.45)),
    Part(expression.age_lines, (-0.5, 0.6), ("outline", 0.05), lambda s: s.age > 0.45),
    Part(hair.beard, (-0.05, 0.85), ("outline", 0.1), lambda s: s.beard > 0),
    Part(expression.eyes, (-0.2, 0.16), ("side", 0.45)),
    Part(expression.brows, (-0.32, -0.02), ("side", 0.4)),
    Part(expression.mouth, (0.2, 0.62), ("side", 0.5)),
    Part(hair.mustache, (0.15, 0.5), ("side", 0.3), lambda s: s.mustache > 0),
    Part(hair.in_front, seen=lambda s: s.bald < 1),
    Part(hair.bald_fringe, (-0.4, 0.2), ("outline", 0.2), lambda s: s.bald > 0),
    Part(worn.earrings, (0.05, 0.4), ("outline", 0.3), lambda s: s.earrings > 0),
    Part(worn.hat, (-1.0, 0.05), ("outline", 0.4), lambda s: s.hat > 0),
    Part(worn.glasses, (-0.25, 0.25), ("outline", 0.2), lambda s: s.glasses > 0),
)

_CPU_PIXELS = 48 * 64 * 64  # painted at a time: few enough to stay in the caches of a core


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
    values = {name: rows.to(device, torch.float32) for name, rows in chosen(factors, FACTORS).items()}
    alike = hair.kind(values) + values["turn"]
    people = SimpleNamespace(**{name: rows.view(-1, 1, 1, 1) for name, rows in values.items()})
    palette.choose(people)
    hair.style(people)
    return in_chunks(
        lambda few: _paint(few, size),
        vars(people),
        size,
        channels=3,
        cpu_pixels=_CPU_PIXELS,
        order=alike.argsort(),  # neighbours share most parts, and the columns these lie in
    )


def _paint(people: dict[str, Tensor], size: int) -> Tensor:
    scene = Scene(people, size)
    head.shape(scene)
    hair.comb(scene)
    for part in PARTS:
        chosen = None if part.seen is None else scene.faces_where(part.seen(scene))
        if chosen is None or len(chosen):
            some = scene.part(*part.rows, part.near, chosen)
            part.paint(some)
            some.put_back()
    return (scene.image.clamp(0, 1) * 255).round().to(torch.uint8)
