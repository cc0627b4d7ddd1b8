"""Pictures of the chapter on two kinds of models: classes in the plane, and scores that tell outliers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor

from vaelab.data.arguments import classes
from vaelab.figures.curves import dumbbells
from vaelab.figures.style import BLUE, GREEN, GREY, ORANGE, PANEL_WIDTH, Picture, panel, styled

_COLOURS, _MARKERS = (ORANGE, GREEN), ("o", "^")
_DOTS = 161  # grid points along each axis


@styled
def classes_panel(
    points: Tensor,
    labels: Tensor,
    names: Sequence[str],
    *,
    probability: Callable[[Tensor], Tensor] | None = None,
    log_density: Callable[[Tensor], Tensor] | None = None,
    strangers: Mapping[str, Sequence[float]] | None = None,
    limits: tuple[float, float, float, float],
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
) -> Axes:
    """Points of two classes in the plane, with what a model says of the places between them.

    Args:
        points: (N, 2).
        labels: 0 or 1 for each point.
        names: of the two classes.
        probability: places (M, 2) -> p(y = 1 | x), (M,): shown as colour, with the line where it is 1/2.
        log_density: places (M, 2) -> log p(x), (M,): shown as contours, each a factor of 10 below the next
            and the innermost half of the highest value.
        strangers: name -> a single point, drawn as a cross with its name.
        limits: left, right, bottom, top.
    """
    axes = panel(width=PANEL_WIDTH, height=PANEL_WIDTH, title=title, xlabel=xlabel, ylabel=ylabel)
    axes.set(xlim=limits[:2], ylim=limits[2:])
    across, up = np.linspace(*limits[:2], _DOTS), np.linspace(*limits[2:], _DOTS)
    places = torch.tensor(np.stack(np.meshgrid(across, up), -1).reshape(-1, 2), dtype=points.dtype)
    if probability is not None:
        values = probability(places).detach().reshape(_DOTS, _DOTS).numpy()
        two_colours = LinearSegmentedColormap.from_list("classes", _COLOURS)
        axes.imshow(
            values, two_colours, origin="lower", extent=limits, alpha=0.35, aspect="auto", vmin=0, vmax=1
        )
        axes.contour(across, up, values, [0.5], colors=GREY, linewidths=2)
    if log_density is not None:
        height = log_density(places).detach().reshape(_DOTS, _DOTS).numpy()
        levels = height.max() - np.log(2) - np.log(10) * np.arange(5)[::-1]
        axes.contour(across, up, height, levels, colors=BLUE, linewidths=1.2, linestyles="solid")
    labels, names = classes(labels, len(points), names)
    for k, name in enumerate(names):
        x, y = points[labels == k].T.numpy()
        axes.scatter(x, y, color=_COLOURS[k], marker=_MARKERS[k], s=12, lw=0, alpha=0.8, label=name)
    for name, place in (strangers or {}).items():
        axes.plot(*place, "X", color=BLUE, ms=9)
        axes.annotate(name, place, xytext=(0, 9), textcoords="offset points", ha="center")
    axes.legend(loc="lower right", handletextpad=0.1)
    return axes


@styled
def outlier_scores(
    scores: Mapping[str, Mapping[str, float]],
    *,
    xlabel: str,
    alt: str,
    caption: str = "",
) -> Picture:
    """How well each of two or three scores tells each kind of outlier: a dot for each, a line at chance.

    Args:
        scores: name of the score -> kind of outlier -> AUC in [0, 1]; the same kinds in the same order.
    """
    kinds = list(next(iter(scores.values())))[::-1]
    axes = panel(width=4.0, height=0.9 + 0.3 * len(kinds), xlabel=xlabel)
    dumbbells(axes, kinds, scores, markers="Xos")
    axes.axvline(0.5, color=GREY, lw=1.2, ls=":")
    axes.set(xlim=(0, 1), ylim=(-0.6, len(kinds) - 0.4))
    axes.tick_params(axis="y", length=0)
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=len(scores), handletextpad=0.1)
    return Picture(axes, alt=alt, caption=caption)
