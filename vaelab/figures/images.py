"""Pictures made of pictures: grids, rows to compare, a decoded plane."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vaelab.data import ImageSet
from vaelab.errors import ShapeError
from vaelab.figures.style import FULL_WIDTH, Picture, panel, styled
from vaelab.figures.tiles import IN_A_ROW, LARGE, Tiles

Images = Tensor | ImageSet


def image_grid(
    images: Images,
    *,
    alt: str,
    columns: int = 10,
    titles: Sequence[str] = (),
    caption: str = "",
    width: float = FULL_WIDTH,
) -> Picture:
    """Images side by side, row after row.

    Args:
        images: an `ImageSet`, or (N, C, H, W): floats in [0, 1], or bytes.
        alt: description for readers who cannot see it.
        columns: images in a row.
        titles: a few words over each image of the first row.
        caption: a line under the picture.
        width: of the whole grid, inches.
    """
    return Picture(_mosaic(_pixels(images), columns, width, titles), alt=alt, caption=caption)


def gallery(images: Images, *, alt: str, caption: str = "", names: Sequence[str] = ()) -> Picture:
    """Pictures in no special order, large: six in a row on a wide page, three or four on a phone.

    Args:
        images: an `ImageSet`, or (N, C, H, W): floats in [0, 1], or bytes.
        alt: description for readers who cannot see it.
        caption: a line under the picture.
        names: a word or two over each picture, where one row holds all of them.
    """
    pixels = _pixels(images)
    if names and (len(names) != len(pixels) or len(pixels) > IN_A_ROW):
        raise ShapeError(
            f"Names need one picture each, {IN_A_ROW} at most: {len(names)} names for {len(pixels)} pictures."
        )
    panel = _mosaic(pixels, min(len(pixels), IN_A_ROW), FULL_WIDTH, names)
    return Tiles({"": pixels}, panel, wrap=True, alt=alt, caption=caption, each=names)


def comparison(
    rows: Mapping[str, Images], *, alt: str, caption: str = "", width: float = FULL_WIDTH
) -> Picture:
    """Named rows of images, one above the other: originals over reconstructions, for instance.

    Six large pictures fill a row well. On a phone it breaks in the middle.

    Args:
        rows: name of the row -> its images; every row as many, all of one size.
    """
    pixels = {name: _pixels(images) for name, images in rows.items()}
    if len({len(row) for row in pixels.values()}) != 1:
        raise ShapeError(
            f"Rows to compare need the same number of images, not {list(map(len, pixels.values()))}."
        )
    panels = [_mosaic(row, len(row), width) for row in pixels.values()]
    if min(row.shape[2] for row in pixels.values()) >= LARGE and width == FULL_WIDTH:
        return Tiles(pixels, *panels, wrap=False, alt=alt, caption=caption)
    return Picture(*panels, names=list(rows), alt=alt, caption=caption)


@styled
def plane(
    images: Images, coordinates: Tensor, *, alt: str, caption: str = "", width: float = 4.6, ticks: int = 5
) -> Picture:
    """Decoded images of a grid over a 2-D latent space, with the grid's coordinates on the axes.

    Args:
        images: the images decoded from `latent.grid` (or `quantile_grid`, `square_grid`), in its order.
        coordinates: that grid, (rows * columns, 2).
        ticks: how many coordinates to print along each axis.
    """
    pixels = _pixels(images)
    columns = len(coordinates[:, 0].unique())
    axes = _mosaic(pixels, columns, width, gap=0)
    size = pixels.shape[1]
    x, y = coordinates[:columns, 0], coordinates[::columns, 1]
    for set_ticks, values in ((axes.set_xticks, x), (axes.set_yticks, y)):
        chosen = torch.linspace(0, len(values) - 1, ticks).round().int().tolist()
        set_ticks(
            [(i + 0.5) * size - 0.5 for i in chosen], [f"{values[i]:.1f}".replace("-", "−") for i in chosen]
        )
    axes.set(xlabel="z₁", ylabel="z₂")
    for text in (axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_size(10)  # a wide picture shrinks on a phone, and its words with it
    return Picture(axes, alt=alt, caption=caption)


def _pixels(images: Images) -> np.ndarray:
    """(N, H, W, 3) bytes, whatever the images came as."""
    pixels = (255 * ImageSet.of(images).float().detach()).round().to(torch.uint8)
    return pixels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).numpy()


@styled
def _mosaic(pixels: np.ndarray, columns: int, width: float, titles: Sequence[str] = (), gap: int = 1) -> Axes:
    """One panel with all images, `gap` transparent pixels between them (scaled with the image's size)."""
    count, height, breadth, _ = pixels.shape
    gap *= max(1, round(breadth / 28))
    rows = -(-count // columns)
    canvas = np.zeros((rows * (height + gap) - gap, columns * (breadth + gap) - gap, 4), np.uint8)
    for i, image in enumerate(pixels):
        top, left = (i // columns) * (height + gap), (i % columns) * (breadth + gap)
        tile = canvas[top : top + height, left : left + breadth]
        tile[..., :3], tile[..., 3] = image, 255
    extra = 0.3 if titles else 0.0
    axes = panel(width=width, height=width * canvas.shape[0] / canvas.shape[1] + extra)
    axes.imshow(canvas)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set(xticks=[], yticks=[])
    for i, title in enumerate(titles):
        axes.text(i * (breadth + gap) + breadth / 2, -gap - 1, title, ha="center", va="bottom")
    return axes
