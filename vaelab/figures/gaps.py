"""Clouds of points in one plane: where the codes are, and where the draws fall."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from vaelab.figures.style import PANEL_WIDTH, SERIES, panel, styled


@styled
def clouds_panel(
    clouds: Mapping[str, Tensor],
    *,
    title: str = "",
    xlabel: str = "z₁",
    ylabel: str = "z₂",
    width: float = PANEL_WIDTH,
    height: float = PANEL_WIDTH,
) -> Axes:
    """Named clouds of points over one another, the later ones on top, on axes of equal scale.

    Args:
        clouds: name -> points, (N, 2).
    """
    axes = panel(title=title, xlabel=xlabel, ylabel=ylabel, width=width, height=height)
    for color, (name, points) in zip(SERIES, clouds.items(), strict=False):
        x, y = np.asarray(points).T
        # Thousands of SVG dots would be slow.
        axes.scatter(x, y, s=4, lw=0, alpha=0.5, color=color, label=name, rasterized=True)
    axes.set_aspect("equal", adjustable="datalim")
    legend = axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, markerscale=2.5, handletextpad=0.2
    )
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    return axes
