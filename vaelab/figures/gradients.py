"""Chapter 5: how a gradient meets a draw."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from vaelab.figures.style import BLUE, GREEN, GREY, ORANGE, Picture, panel, styled

Point = tuple[float, float]


def draw_graphs() -> Picture:
    """Two computation graphs: a draw as a random node, and the same draw with its noise as an input."""
    return Picture(
        _graph("z is drawn: the gradient stops", outside=False),
        _graph("z is computed: the gradient passes", outside=True),
        alt="Two diagrams. First: μ and σ lead to a random node z, and z to f(z). The gradient comes back "
        "from f(z) to z and stops there. Second: μ, σ and, from below, a random ε lead to z = μ + σ ε, and z "
        "to f(z). The gradient comes back from f(z) through z to μ and σ.",
        caption="Dashed and green is random. Where z is drawn, the randomness lies on the path from μ and σ "
        "to the loss; where z is computed, it has become one more input.",
    )


@styled
def _graph(title: str, *, outside: bool) -> Axes:
    """mu and sigma on the left, z in the middle, f on the right, and the noise below where it is an input."""
    axes = panel(title=title, height=2.3)
    axes.set(xlim=(0, 3.4), ylim=(0, 2), xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    for place, name in (((0.3, 1.75), "μ"), ((0.3, 0.95), "σ"), ((3.1, 1.35), "f(z)")):
        _node(axes, place, name)
    into_z = [((0.52, 1.7), (1.22, 1.47)), ((0.52, 1.0), (1.22, 1.23))]
    z_to_f = ((2.28, 1.35), (2.82, 1.35))
    for start, end in (*into_z, z_to_f):
        _arrow(axes, start, end)
    _arrow(axes, *z_to_f[::-1], gradient=True)
    if outside:
        for start, end in into_z:
            _arrow(axes, end, start, gradient=True)
        _arrow(axes, (1.75, 0.5), (1.75, 1.12))
        _node(axes, (1.75, 1.35), "z = μ + σ ε")
        _node(axes, (1.75, 0.25), "ε ~ N(0, 1)", random=True)
    else:
        axes.text(1.05, 1.35, "✕", color=ORANGE, ha="center", va="center", fontsize=14)
        _node(axes, (1.75, 1.35), "z ~ N(μ, σ²)", random=True)
    for height, text, gradient in ((0.42, "value", False), (0.14, "gradient", True)):
        _arrow(axes, (2.45, height), (2.85, height), gradient=gradient)
        axes.text(2.93, height, text, va="center")
    return axes


def _node(axes: Axes, place: Point, name: str, *, random: bool = False) -> None:
    """A named box; a random node is green and round with a dashed edge."""
    ink = matplotlib.rcParams["text.color"]
    shape = "round,pad=0.5,rounding_size=1.2" if random else "round,pad=0.4,rounding_size=0.2"
    box = {
        "boxstyle": shape,
        "facecolor": "none",
        "edgecolor": GREEN if random else ink,
        "linestyle": "--" if random else "-",
        "linewidth": 1.4 if random else 0.8,
    }
    axes.text(*place, name, ha="center", va="center", bbox=box)


def _arrow(axes: Axes, start: Point, end: Point, *, gradient: bool = False) -> None:
    """An arrow set off to its own left, so that a value and the gradient coming back run abreast."""
    along = np.subtract(end, start)
    aside = 0.05 * np.array([-along[1], along[0]]) / np.hypot(*along)
    style = {
        "arrowstyle": "-|>",
        "color": ORANGE if gradient else matplotlib.rcParams["text.color"],
        "lw": 1.6 if gradient else 0.9,
        "ls": "--" if gradient else "-",
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", xy=end + aside, xytext=start + aside, arrowprops=style)


def draws_moving(
    eps: Sequence[float], mu: float, sigma: float, nudge: float, *, alt: str, caption: str = ""
) -> Picture:
    """The points z = mu + sigma * eps before and after a nudge of mu (left) and of sigma (right), eps held.

    Args:
        eps: the noise, a handful of numbers.
        mu, sigma: the first row's normal distribution.
        nudge: what is added to mu, or to sigma, in the second row.
    """
    eps = np.asarray(eps)
    limits = (mu - 3.1 * (sigma + nudge), mu + 3.1 * (sigma + nudge) + nudge)
    panels = [
        _moved(eps, (mu, sigma), (mu + nudge, sigma), "nudge μ: all points move alike", limits),
        _moved(eps, (mu, sigma), (mu, sigma + nudge), "nudge σ: each in proportion to its ε", limits),
    ]
    return Picture(*panels, alt=alt, caption=caption)


@styled
def _moved(eps: np.ndarray, before: Point, after: Point, title: str, limits: Point) -> Axes:
    axes = panel(title=title, xlabel="z", height=2.9)
    x = np.linspace(*limits, 300)
    for height, (mu, sigma), color in ((1, before, BLUE), (0, after, ORANGE)):
        density = np.exp(-0.5 * ((x - mu) / sigma) ** 2) / sigma
        axes.fill_between(x, height, height + 0.28 * density, color=color, alpha=0.25, lw=0)
        axes.plot(mu + sigma * eps, np.full(eps.shape, height), "o", color=color, ms=5)
    for e in eps:
        ends = [(mean + deviation * e, height) for height, (mean, deviation) in ((1, before), (0, after))]
        axes.annotate(
            "",
            xy=ends[1],
            xytext=ends[0],
            arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 0.9, "shrinkA": 3, "shrinkB": 4},
        )
    axes.set(xlim=limits, ylim=(-0.2, 1.75))
    axes.set_yticks([1, 0], ["before", "after"])
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return axes


@styled
def gradient_histograms(
    estimates: Mapping[str, Sequence[float]], truth: float, *, limit: float, alt: str, caption: str = ""
) -> Picture:
    """One narrow histogram for each estimator's one-draw estimates, all on the same axis, truth marked.

    Args:
        estimates: name -> one estimate of the same number from each draw, shape (N,).
        truth: that number.
        limit: the axis runs from truth - limit to truth + limit; estimates beyond it are not shown.
    """
    panels, edges = [], np.linspace(truth - limit, truth + limit, 52)
    names = {"xlabel": "estimate from one draw", "ylabel": "share of draws"}
    for name, values in estimates.items():
        axes = panel(title=name, **names, width=2.1, height=2.1)
        counts, _ = np.histogram(np.asarray(values), edges)
        axes.stairs(counts / len(values), edges, fill=True, color=BLUE, alpha=0.85)
        axes.axvline(truth, color=ORANGE, lw=1.4, ls="--")
        axes.set_xlim(edges[0], edges[-1])
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)
