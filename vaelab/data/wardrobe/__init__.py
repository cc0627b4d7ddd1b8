"""Drawn clothes: a wardrobe in the manner of Fashion-MNIST, with every factor of each piece known.

Ten kinds, named and numbered as in Fashion-MNIST (Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image
dataset for benchmarking machine learning algorithms", arXiv:1708.07747, 2017), grey on black, each piece
laid out as a shop photographs it. The label decides only how the factors are drawn and which of four
painters works: with a pullover's factors a shirt looks like that pullover. So kinds overlap as they do in a
shop. A linear classifier is right about four times in five, a small convolutional network nine times in ten
(after 5,000 pieces, which is about as on Fashion-MNIST), and most of what they confuse is shirts, pullovers,
coats and T-shirts.

- `cuts`: what varies and how often;  `cloth`: the picture, its coordinates, light and patterns;
- `tops`, `trousers`, `footwear`, `bags`: one painter each.
"""

import torch
from torch import Tensor

from vaelab.data.mnist_files import FASHION_MNIST
from vaelab.data.painting import check_size, chosen, in_chunks
from vaelab.data.wardrobe import bags, footwear, tops, trousers
from vaelab.data.wardrobe.cloth import Cloth
from vaelab.data.wardrobe.cuts import FACTORS, draw_factors

__all__ = [
    "CLASS_NAMES",
    "DEFAULT_SIZE",
    "FACTORS",
    "SIZES",
    "draw_factors",
    "labels",
    "render",
]

CLASS_NAMES = FASHION_MNIST.class_names
DEFAULT_SIZE = 28
SIZES = range(28, 129)

_PAINTERS = {tops.paint: (0, 2, 3, 4, 6), trousers.paint: (1,), footwear.paint: (5, 7, 9), bags.paint: (8,)}
_CPU_PIXELS = 64 * 28 * 28  # painted at a time: few enough to stay in the caches of a core


def labels(factors: dict[str, Tensor]) -> Tensor:
    """The kinds of clothing, int64 of shape (N,): 0 is a T-shirt, 9 an ankle boot (see `CLASS_NAMES`)."""
    return factors["label"].long()


@torch.no_grad()
def render(
    factors: dict[str, Tensor], size: int = DEFAULT_SIZE, device: str | torch.device = "cpu"
) -> Tensor:
    """Draw the clothes these factors describe, light grey on black.

    A picture depends on its own factors alone, however a set is split into batches. Values outside a factor's
    range are drawn as well as they can be.

    Args:
        factors: name -> tensor of shape (N,), every name in `FACTORS`; nothing else is read.
        size: height and width in pixels, 28 to 128.
        device: where to draw.

    Returns:
        uint8 tensor of shape (N, 1, size, size) on `device`.

    Raises:
        DataError: a size outside 28 to 128, or a missing factor.
    """
    check_size("Clothes", size, SIZES)
    values = {name: rows.to(device, torch.float32) for name, rows in chosen(factors, FACTORS).items()}
    kinds = values["label"].round()
    pictures = torch.zeros(len(kinds), 1, size, size, dtype=torch.uint8, device=kinds.device)
    for painter, its_kinds in _PAINTERS.items():
        rows = torch.isin(kinds, torch.tensor(its_kinds, device=kinds.device).float()).nonzero().flatten()
        its_values = {name: column[rows] for name, column in values.items()}

        def paint(few: dict[str, Tensor], painter=painter) -> Tensor:
            cloth = Cloth(few, size)
            painter(cloth)
            return cloth.picture()

        pictures[rows] = in_chunks(paint, its_values, size, channels=1, cpu_pixels=_CPU_PIXELS)
    return pictures
