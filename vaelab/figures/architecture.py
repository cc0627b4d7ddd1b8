"""What a network looks like from outside: its feature maps as boxes, from picture to code and back."""

from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from vaelab.figures.style import BLUE, GREEN, ORANGE, PANEL_WIDTH, Picture, panel, styled
from vaelab.models import Autoencoder
from vaelab.nets import layers

_HEIGHT = 1.9  # inches
_TALLEST = 1.0  # of a box, in units of the panel's height
_GAP = 0.35


def architecture(model: Autoencoder, *, alt: str, caption: str = "") -> Picture:
    """A convolutional autoencoder as two rows of boxes: down to the code, and up again.

    A box is a feature map. Its height stands for height and width of the map, its breadth for the number of
    channels (both drawn on a compressed scale); the code is a thin green bar.
    """
    rows = layers(model)
    down = [row.shape for row in rows if row.part == "encoder" and len(row.shape) == 3]
    up = [row.shape for row in rows if row.part == "decoder" and len(row.shape) == 3]
    return Picture(
        _maps(_changes([model.image_shape, *down, (model.latent_dim,)]), BLUE),
        _maps(_changes([(model.latent_dim,), *up]), ORANGE),
        names=["Encoder: picture to code", "Decoder: code to picture"],
        alt=alt,
        caption=caption,
    )


def _changes(shapes: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Without the layers that keep the shape: a batch norm is no box of its own."""
    return [shape for shape, _ in groupby(shapes)]


@styled
def _maps(shapes: Sequence[tuple[int, ...]], colour: str) -> Axes:
    """One panel: a box for each shape, its channels written above, its size below."""
    axes = panel(width=PANEL_WIDTH, height=_HEIGHT)
    tallest = max(shape[-1] for shape in shapes if len(shape) == 3)
    left = 0.0
    for shape in shapes:
        is_code = len(shape) == 1
        height = 0.9 if is_code else _TALLEST * (shape[1] / tallest) ** 0.5
        breadth = 0.06 if is_code else 0.045 * shape[0] ** 0.5
        box = Rectangle(
            (left, -height / 2), breadth, height, fc=GREEN if is_code else colour, alpha=0.75, lw=0
        )
        axes.add_patch(box)
        middle = left + breadth / 2
        axes.text(middle, height / 2 + 0.03, f"{shape[0]}", ha="center", va="bottom")
        below = "code" if is_code else f"{shape[1]}×{shape[2]}"
        axes.text(middle, -height / 2 - 0.03, below, ha="center", va="top")
        left += breadth + _GAP
    axes.set(xlim=(-0.1, left - _GAP + 0.1), ylim=(-0.68, 0.68))
    axes.set_axis_off()
    return axes
