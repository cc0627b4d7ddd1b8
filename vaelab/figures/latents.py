"""Codes as points: the map of a latent space."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from vaelab.data.arguments import classes
from vaelab.figures.style import BLUE, PANEL_WIDTH, TEN, Picture, panel, styled


@styled
def scatter_panel(
    codes: Tensor,
    labels: Tensor | None = None,
    class_names: Sequence[str] = (),
    *,
    values: Tensor | None = None,
    value_name: str = "",
    title: str = "",
    xlabel: str = "z₁",
    ylabel: str = "z₂",
    limit: float | None = None,
    width: float = PANEL_WIDTH + 0.9,
    height: float = PANEL_WIDTH,
) -> Axes:
    """Codes (N, 2) as dots, coloured by class or by a number.

    Args:
        codes: the points.
        labels: class of each point, whole numbers from 0.
        class_names: names of the classes, in the legend; their numbers if there are none.
        values: instead of labels, a number for each point, shown as colour with a scale named `value_name`.
        limit: show the square from -limit to limit; None fits the points.

    Raises:
        DataError: not one label for each point, or one without a name.
    """
    x, y = np.asarray(codes).T
    axes = panel(width=width, height=height, title=title, xlabel=xlabel, ylabel=ylabel)
    size = float(np.clip(9_000 / len(x), 3, 25))
    dots = {"s": size, "lw": 0, "alpha": 0.75, "rasterized": True}  # thousands of SVG dots would be slow
    if labels is not None:
        labels, names = classes(labels, len(codes), class_names)
        for k, name in enumerate(names):
            chosen = np.asarray(labels == k)
            axes.scatter(x[chosen], y[chosen], color=TEN[k % len(TEN)], label=name, **dots)
        axes.legend(
            loc="center left", bbox_to_anchor=(1, 0.5), markerscale=(30 / size) ** 0.5, handletextpad=0.2
        )
    elif values is not None:
        drawn = axes.scatter(x, y, c=np.asarray(values), cmap="viridis", **dots)
        bar = axes.figure.colorbar(drawn, ax=axes, label=value_name)
        bar.outline.set_visible(False)
        bar.solids.set_alpha(1)
    else:
        axes.scatter(x, y, color=BLUE, **dots)
    axes.set_aspect("equal", adjustable="datalim" if limit is None else "box")
    if limit is not None:
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    return axes


def latent_map(
    codes: Tensor,
    labels: Tensor | None = None,
    class_names: Sequence[str] = (),
    *,
    alt: str,
    caption: str = "",
    **options,
) -> Picture:
    """`scatter_panel` as a picture of its own; `options` are those of `scatter_panel`."""
    return Picture(scatter_panel(codes, labels, class_names, **options), alt=alt, caption=caption)
