"""Lines over a common axis."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from vaelab.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    SERIES,
    Picture,
    log_axis,
    looks,
    panel,
    plain,
    styled,
)
from vaelab.training import History


@styled
def line_panel(
    x,
    lines: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    log_x: bool = False,
    log_y: bool = False,
    markers: bool = False,
    width: float = PANEL_WIDTH,
    height: float = PANEL_HEIGHT,
) -> Axes:
    """A panel with one line for each entry of `lines` over the same `x`.

    Args:
        x: coordinates of shape (N,).
        lines: name -> heights of shape (N,); one unnamed line may be called "".
        log_x, log_y: logarithmic axes.
        markers: dots on the points, for few measured points.
    """
    axes = panel(title=title, xlabel=xlabel, ylabel=ylabel, width=width, height=height)
    x, marker = np.asarray(x), "o" if markers else ""
    for name, y, color, style in looks(lines):
        axes.plot(x, np.asarray(y), style, color=color, label=name, marker=marker, ms=4)
    log_axis(axes, *["x"] * log_x, *["y"] * log_y)
    if any(lines):
        axes.legend()
    return axes


def lines(x, lines: Mapping[str, Sequence[float]], *, alt: str, caption: str = "", **options) -> Picture:
    """`line_panel` as a picture of its own; `options` are those of `line_panel`."""
    return Picture(line_panel(x, lines, **options), alt=alt, caption=caption)


@styled
def training_curves(
    history: History, *, alt: str, terms: Sequence[str] = ("loss",), caption: str = ""
) -> Picture:
    """One panel for each term of a `History`: training line, and validation line where it was measured."""
    epochs = np.arange(1, len(history.train) + 1)
    panels = []
    for term in terms:
        curves = {"training": history[term]}
        if history.validation:
            curves["validation"] = [epoch[term] for epoch in history.validation]
        panels.append(line_panel(epochs, curves, xlabel="epoch", ylabel=term, markers=len(epochs) < 15))
        panels[-1].xaxis.get_major_locator().set_params(integer=True)
    return Picture(*panels, alt=alt, caption=caption)


def dumbbells(
    axes: Axes, rows: Sequence[str], scores: Mapping[str, Mapping[str, float]], markers: str = "os"
) -> None:
    """A row of dots for each of `rows`, one for each name in `scores`, joined by a line."""
    values = np.array([[of[row] for row in rows] for of in scores.values()])
    places = range(len(rows))
    axes.hlines(places, values.min(0), values.max(0), color=SERIES[0], alpha=0.25, lw=2)
    for name, x, color, marker in zip(scores, values, (ORANGE, BLUE, GREEN), markers, strict=False):
        axes.plot(x, places, marker, color=color, ms=6.5, label=name, clip_on=False, zorder=3)
    axes.set_yticks(places, rows)
    axes.grid(axis="y", visible=False)


def count_axis(axes: Axes, counts: Sequence[int]) -> None:
    """A logarithmic x axis with these whole numbers on it."""
    log_axis(axes, "x")
    axes.set_xticks(counts, map(plain, counts))
    axes.minorticks_off()


@styled
def reference_line(axes: Axes, value: float, name: str) -> None:
    """A thin grey line across the panel at the height `value`, with its name."""
    axes.axhline(value, color=GREY, lw=1.2, ls=":", label=name)
    axes.legend()
