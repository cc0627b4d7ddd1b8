"""Pictures of points that walk between data and noise."""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import to_rgb
from torch import Tensor

from vaelab.figures.style import BLUE, ORANGE, PANEL_HEIGHT, Picture, panel, styled


@styled
def walks(
    times: Tensor,
    places: Tensor,
    panels: Mapping[str, tuple[Tensor, Tensor]],
    *,
    alt: str,
    caption: str = "",
    xlabel: str = "t",
    width: float = 2.2,
) -> Picture:
    """Points on their way between data and noise, over the density of where all points are at each time.

    Args:
        times: evenly spaced, from data on the left to noise on the right, (T,).
        places: evenly spaced, along one dimension, (M,).
        panels: name over the panel -> density at each time and place, (T, M), shaded in each column by its
            own height, and walks, (T, N), a line each.
        width: of a panel, inches; three of 2.2 fill the page's column.
    """
    across, up = np.asarray(times), np.asarray(places)
    made = []
    for density, ways in panels.values():
        axes = panel(width=width, height=PANEL_HEIGHT, xlabel=xlabel, ylabel="x")
        heights = np.asarray(density).T
        shades = np.zeros((*heights.shape, 4))
        shades[..., :3] = to_rgb(BLUE)
        shades[..., 3] = 0.75 * heights / heights.max(0)
        extent = (across[0], across[-1], up[0], up[-1])
        axes.imshow(shades, extent=extent, origin="lower", aspect="auto", interpolation="bilinear", zorder=1)
        axes.plot(across, np.asarray(ways), color=ORANGE, lw=1, zorder=2)
        axes.set(xlim=extent[:2], ylim=extent[2:])
        made.append(axes)
    return Picture(*made, names=list(panels), alt=alt, caption=caption)
