"""What diagrams are made of: words, wires, clouds, boxes. Lengths are pixels of the page, downwards."""

import matplotlib
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch, Polygon
from matplotlib.path import Path

from vaelab.figures.style import PINK

Point = tuple[float, float]

_TEXT = 13  # points: at seven tenths, as on a phone, they are 9


def text(axes: Axes, place: Point, words: str, align: str = "center") -> None:
    axes.text(*place, words, ha=align, va="center_baseline", fontsize=_TEXT)


def wire(axes: Axes, *points: Point, colour: str = "", dashed: bool = False) -> None:
    """An arrow through points, with round corners."""
    path, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    path, codes = [*path, points[-1]], [*codes, Path.LINETO]
    colour = colour or matplotlib.rcParams["text.color"]
    style = {"arrowstyle": "-|>,head_length=4,head_width=2.4", "mutation_scale": 1.3, "color": colour}
    line = {"lw": 1.8 if dashed else 1.2, "ls": (0, (3, 1.6)) if dashed else "-", "capstyle": "butt"}
    axes.add_patch(FancyArrowPatch(path=Path(path, codes), zorder=3, **style, **line))


def _towards(corner: Point, other: Point, by: float = 10) -> Point:
    """The point `by` pixels from the corner on the way to another, straight up, down or sideways."""
    x, y = (c + max(-by, min(by, o - c)) for c, o in zip(corner, other, strict=True))
    return x, y


def cloud(axes: Axes, center: Point, reach: Point, colour: str) -> None:
    """A normal distribution: rings at half, one, one and a half and two standard deviations."""
    for part in (0.25, 0.5, 0.75, 1):
        size = (2 * part * reach[0], 2 * part * reach[1])
        axes.add_patch(Ellipse(center, *size, fc=(colour, 0.13), ec="none", zorder=1))
    axes.add_patch(Ellipse(center, 2 * reach[0], 2 * reach[1], fc="none", ec=colour, lw=1, zorder=1))


def funnel(axes: Axes, center: float, ends: Point, halves: Point, colour: str) -> None:
    """An encoder or decoder: from top to bottom (`ends`), half as wide as `halves` says at each."""
    corners = [(center - half, y) for half, y in zip(halves, ends, strict=True)]
    corners += [(2 * center - x, y) for x, y in reversed(corners)]
    axes.add_patch(Polygon(corners, fc=(colour, 0.3), ec=colour, lw=1.2, joinstyle="round"))


def dot(axes: Axes, center: Point, radius: float, colour: str) -> None:
    axes.add_patch(Ellipse(center, 2 * radius, 2 * radius, fc=colour, ec="none", zorder=4))


def box(axes: Axes, low: Point, high: Point) -> None:
    """A quiet ground with round corners."""
    ink = matplotlib.rcParams["text.color"]
    shape = {"boxstyle": "round,pad=0,rounding_size=10", "fc": (ink, 0.05), "ec": "none", "zorder": 0}
    axes.add_patch(FancyBboxPatch(low, high[0] - low[0], high[1] - low[1], **shape))


def chip(axes: Axes, center: Point, words: str, width: float) -> None:
    """A term of the loss."""
    shape = {"boxstyle": "round,pad=0,rounding_size=13", "fc": (PINK, 0.3), "ec": PINK, "lw": 1.2}
    axes.add_patch(FancyBboxPatch((center[0] - width / 2, center[1] - 14), width, 28, **shape))
    text(axes, center, words)
