"""The one look of the course: colours, panels, and pictures that follow the page's theme.

A `Picture` is inline SVG. Its text and axes are drawn in the page's own text colour (CSS `currentColor`), so
it reads in light and in dark, in the book and in JupyterLab. Several panels stand side by side where there is
room and under one another on a phone. Every picture carries a description for those who cannot see it.
"""

import hashlib
import html
import io
import re
from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart with every kind of colour vision, and legible on white and on black.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
AMBER, SKY, GREY = "#E69F00", "#56B4E9", "#8A8F98"
SERIES = (BLUE, ORANGE, GREEN, PINK, AMBER, SKY)
# Ten classes at once: Petroff, "Accessible Color Sequences for Data Visualization", 2021.
TEN = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip

PANEL_WIDTH, PANEL_HEIGHT = 3.4, 2.6  # inches; two panels fill the page's column, one fills a phone
FULL_WIDTH = 6.8

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
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else ""
        layout = "display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:center"
        return (
            '<figure class="vaelab-picture" style="margin:1em 0">'
            f'<div role="img" aria-label="{alt}" style="{layout}">{panels}</div>{caption}</figure>'
        )

    def __repr__(self) -> str:
        return f"Picture({self.alt!r})"

    @styled
    def save(self, path) -> None:
        """Write the first panel to a file, black on white; its ending chooses the format."""
        self.panels[0].figure.savefig(path, transparent=False, facecolor="white", dpi=200)


def _panel_html(axes: Axes, name: str) -> str:
    label = f'<div class="vaelab-panel-name">{html.escape(name)}</div>' if name else ""
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
