"""Lines, points and bars."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from vaelab.figures.style import GREY, PANEL_HEIGHT, PANEL_WIDTH, SERIES, Picture, panel, styled
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
    styles = ("-", "--", "-.", ":")  # a second way to tell lines apart
    for i, (name, y) in enumerate(lines.items()):
        style = styles[i % len(styles)]
        axes.plot(
            np.asarray(x),
            np.asarray(y),
            style,
            color=SERIES[i % len(SERIES)],
            label=name,
            marker="o" if markers else "",
            ms=4,
        )
    if log_x:
        axes.set_xscale("log")
    if log_y:
        axes.set_yscale("log")
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


@styled
def bar_panel(
    bars: Mapping[str, float],
    *,
    ylabel: str,
    title: str = "",
    xlabel: str = "",
    width: float = PANEL_WIDTH,
    height: float = PANEL_HEIGHT,
) -> Axes:
    """A panel with a named bar for each number, its value written on top."""
    axes = panel(title=title, xlabel=xlabel, ylabel=ylabel, width=width, height=height)
    drawn = axes.bar(list(bars), list(bars.values()), color=SERIES[0], width=0.65)
    axes.bar_label(drawn, fmt="%.3g", padding=2)
    axes.margins(y=0.15)
    axes.grid(axis="x", visible=False)
    return axes


@styled
def histogram_panel(
    values,
    *,
    bins: int = 40,
    density=None,
    xlabel: str,
    title: str = "",
    width: float = PANEL_WIDTH,
    height: float = PANEL_HEIGHT,
) -> Axes:
    """A histogram of `values` scaled to area 1, with a curve `density(x)` over it when one is given."""
    axes = panel(title=title, xlabel=xlabel, ylabel="density", width=width, height=height)
    axes.hist(np.asarray(values), bins=bins, density=True, color=SERIES[0], alpha=0.55)
    if density is not None:
        x = np.linspace(*axes.get_xlim(), 300)
        axes.plot(x, density(x), color=SERIES[1])
    return axes


@styled
def reference_line(axes: Axes, value: float, name: str, *, vertical: bool = False) -> None:
    """A thin grey line across the panel at `value`, with its name."""
    draw = axes.axvline if vertical else axes.axhline
    draw(value, color=GREY, lw=1.2, ls=":", label=name)
    axes.legend()
