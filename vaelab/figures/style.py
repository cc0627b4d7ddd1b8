"""The one look of the course: colours, panels, and pictures that follow the page's theme.

A `Picture` is inline SVG. Its text and axes are drawn in the page's own text colour (CSS `currentColor`), so
it reads in light and in dark, in the book and in JupyterLab. Several panels stand side by side where there is
room and under one another on a phone. Every picture carries a description for those who cannot see it.
"""

import hashlib
import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from PIL import Image

from vaelab.figures.words import words

# Okabe and Ito's colours: told apart with every kind of colour vision, and legible on white and on black.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
AMBER, SKY, GREY = "#E69F00", "#56B4E9", "#8A8F98"
SERIES = (BLUE, ORANGE, GREEN, PINK, AMBER, SKY)
# Ten classes at once, found by a random search. The two nearest of them lie as far apart as it could bring
# them, also for those who do not tell red from green, while each is seen on white and on black.
TEN = (
    "#388eb6", "#e07805", "#0bad74", "#7454c0", "#fcb635",
    "#ac3f6f", "#ffa7ff", "#93d3a6", "#955d00", "#9c8ffc",
)  # fmt: skip

PANEL_WIDTH, PANEL_HEIGHT = 3.4, 2.6  # inches; two panels fill the page's column, one fills a phone
WIDE = 4.1  # of a panel with words: on a phone, where it shrinks, they are nine pixels high
FULL_WIDTH = 6.8  # pictures only

_DPI = 200  # of a saved picture
_COLUMN, _GAP, _NAME = 1400, 33, 40  # pixels: the page's column, between panels, for a panel's name

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_INK = "#010203"  # stands for "the page's text colour" until the SVG is written
_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": _INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": matplotlib.cycler(color=SERIES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.alpha": 0.15,
    "grid.color": _INK,
    "grid.linewidth": 0.6,
    "image.interpolation": "none",
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "lines.linewidth": 1.8,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "vaelab",
    "text.color": _INK,
    "xtick.color": _INK,
    "xtick.labelsize": 9,
    "ytick.color": _INK,
    "ytick.labelsize": 9,
}

# Wraps every function that draws: legends and labels read the style when they are made.
styled = matplotlib.rc_context(_STYLE)


@styled
def panel(
    *,
    width: float = PANEL_WIDTH,
    height: float = PANEL_HEIGHT,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
) -> Axes:
    """An empty panel in the course's style: matplotlib axes in a figure of their own.

    Write Greek letters and exponents as characters, such as σ²: they then take the page's font.

    Args:
        width, height: inches.
        title, xlabel, ylabel: text; axes should name their unit.
    """
    axes = Figure(figsize=(width, height), layout="constrained").subplots()
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.tick_params(length=3)
    return axes


class _PlainNumbers(LogFormatter):
    """Labels of a logarithmic axis without exponents, which nobody can read on a phone."""

    def _num_to_string(self, x, vmin, vmax):
        return plain(x)


def plain(value: float) -> str:
    """A tick's number as one would write it by hand: 0.01, 5, 10,000.

    Below 0.0001, and from ten million on, with a power of ten: 10⁷, 3·10⁷.
    """
    if 1e-4 <= value < 1e7:
        return f"{value:,.10g}"
    factor, exponent = f"{value:.9e}".split("e")
    power = "10" + str(int(exponent)).translate(_RAISED)
    return power if float(factor) == 1 else f"{float(factor):.10g}·{power}"


def log_axis(axes: Axes, *names: str) -> None:
    """Make these axes, "x" or "y", logarithmic, with plain numbers."""
    for name in names:
        getattr(axes, f"set_{name}scale")("log")
        getattr(axes, f"{name}axis").set_major_formatter(_PlainNumbers())
        getattr(axes, f"{name}axis").set_minor_formatter(_PlainNumbers())


def looks(series: Mapping[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    """Name, values, colour and line style of each of several lines: two ways to tell them apart."""
    return zip(series, series.values(), cycle(SERIES), cycle(("-", "--", "-.", ":")), strict=False)


class Picture:
    """One or several panels with a description, shown as inline SVG.

    Args:
        *panels: axes from `panel`.
        alt: what the picture shows and what to see in it, for readers who cannot see it. Required.
        caption: a line under the picture.
        names: a line over each panel, as text of the page: it stays legible when a wide panel shrinks.
    """

    def __init__(self, *panels: Axes, alt: str, caption: str = "", names: Sequence[str] = ()):
        if not panels:
            raise ValueError("A picture needs at least one panel.")
        if not alt.strip():
            raise ValueError(
                "A picture needs alt text: say in a sentence what it shows and what to see in it."
            )
        self.panels, self.alt, self.caption = panels, alt, caption
        self.names = names or [""] * len(panels)

    def _repr_html_(self) -> str:
        alt = html.escape(self.alt, quote=True)
        panels = "".join(map(_panel_html, self.panels, self.names))
        caption = f"<figcaption>{words(self.caption)}</figcaption>" if self.caption else ""
        layout = "display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:center"
        return (
            '<figure class="vaelab-picture" style="margin:1em 0">'
            f'<div role="img" aria-label="{alt}" style="{layout}">{panels}</div>{caption}</figure>'
        )

    def __repr__(self) -> str:
        return f"Picture({self.alt!r})"

    @styled
    def save(self, path) -> None:
        """Write the whole picture to a file, black on white; its ending chooses the format.

        Panels lie as on a wide page, side by side where there is room and else under one another, each under
        its name. Several panels are pixels in every format, one alone is lines where the format has lines.
        """
        alone = len(self.panels) == 1 and not self.names[0]
        figure = self.panels[0].figure if alone else _sheet(self.panels, self.names)
        figure.savefig(path, transparent=False, facecolor="white", dpi=_DPI)


def _sheet(panels: Sequence[Axes], names: Sequence[str]) -> Figure:
    """Panels with their names, pixel by pixel in one figure."""
    rows, above = [[]], _NAME if any(names) else 0
    for panel, name in zip(map(_raster, panels), names, strict=True):
        if rows[-1] and _across([*rows[-1], (panel, name)]) > _COLUMN:
            rows.append([])
        rows[-1].append((panel, name))
    heights = [above + max(len(panel) for panel, _ in row) for row in rows]
    width, height = max(map(_across, rows)), sum(heights) + _GAP * (len(rows) - 1)
    sheet = Figure(figsize=(width / _DPI, height / _DPI))
    for i, row in enumerate(rows):
        left, top = (width - _across(row)) // 2, height - sum(heights[:i]) - _GAP * i
        for panel, name in row:
            tall, wide = panel.shape[:2]
            place = (left / width, (top - above - tall) / height, wide / width, tall / height)
            axes = sheet.add_axes(place, frame_on=False, xticks=[], yticks=[])
            axes.imshow(panel, aspect="auto")
            sheet.text(place[0] + place[2] / 2, (top - above / 2) / height, name, ha="center", va="center")
            left += wide + _GAP
    return sheet


def _across(row: list[tuple[np.ndarray, str]]) -> int:
    """Width of panels side by side."""
    return sum(panel.shape[1] for panel, _ in row) + _GAP * (len(row) - 1)


def _raster(axes: Axes) -> np.ndarray:
    """A panel's pixels, (H, W, 3) bytes, on white."""
    buffer = io.BytesIO()
    axes.figure.savefig(buffer, format="png", transparent=False, facecolor="white", dpi=_DPI)
    return np.asarray(Image.open(buffer).convert("RGB"))


def _panel_html(axes: Axes, name: str) -> str:
    label = f'<div class="vaelab-panel-name">{words(name)}</div>' if name else ""
    return f'<div style="max-width:100%">{label}{_svg(axes)}</div>'


@styled
def _svg(axes: Axes) -> str:
    """The panel as an SVG element that scales down with its column and takes the page's colour and font."""
    figure, buffer = axes.figure, io.StringIO()
    figure.savefig(buffer, format="svg", dpi=144, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Matplotlib's style sheet would hold for every element of the whole page. What it says goes to the root.
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    width = f"width:{figure.get_figwidth():.2f}in"
    svg = re.sub(
        r'<svg ([^>]*?)width="[^"]*"',
        rf'<svg \1style="{width};max-width:100%;height:auto;overflow:visible;stroke-linejoin:round"',
        svg,
        count=1,
    )
    svg = re.sub(r'(<svg [^>]*?)height="[\d.]+pt"', r"\1", svg, count=1)
    svg = svg.replace(_INK, "currentColor").replace("'DejaVu Sans'", "inherit")
    return _with_unique_ids(svg)


def _with_unique_ids(svg: str) -> str:
    """Prefix every id: two pictures on a page must not refer to each other's parts."""
    prefix = "v" + hashlib.sha256(svg.encode()).hexdigest()[:8] + "-"
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", svg)
