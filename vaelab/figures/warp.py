"""Graph paper, bent: how an encoder lays out two factors on the plane of its codes."""

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from vaelab.figures.style import BLUE, ORANGE, PANEL_WIDTH, Picture, panel, styled


@styled
def bent_grid_panel(codes: Tensor, row_name: str, column_name: str) -> Axes:
    """Lines through the codes of a regular grid of pictures.

    Args:
        codes: (rows, columns, 2): the code of the picture in each place of the grid.
        row_name: what stays the same along a row, drawn as full blue lines.
        column_name: what stays the same along a column, drawn as dashed orange lines.
    """
    points = np.asarray(codes)
    axes = panel(xlabel="z₁", ylabel="z₂", width=PANEL_WIDTH, height=PANEL_WIDTH)
    for i, line in enumerate(points):
        axes.plot(*line.T, color=BLUE, lw=1.2, label=f"one {row_name}" if i == 0 else None)
    for i, line in enumerate(points.swapaxes(0, 1)):
        axes.plot(*line.T, "--", color=ORANGE, lw=1.2, label=f"one {column_name}" if i == 0 else None)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return axes


def bent_grid(codes: Tensor, row_name: str, column_name: str, *, alt: str, caption: str = "") -> Picture:
    """`bent_grid_panel` as a picture of its own."""
    return Picture(bent_grid_panel(codes, row_name, column_name), alt=alt, caption=caption)
