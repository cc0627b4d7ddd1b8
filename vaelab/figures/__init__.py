"""Every picture of the book, in one style. Functions return a `Picture`, `*_panel` functions its parts."""

from vaelab.figures.curves import (
    bar_panel,
    histogram_panel,
    line_panel,
    lines,
    reference_line,
    training_curves,
)
from vaelab.figures.images import comparison, image_grid, plane
from vaelab.figures.latents import latent_map, scatter_panel
from vaelab.figures.style import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    SERIES,
    SKY,
    TEN,
    Picture,
    panel,
    styled,
)

__all__ = [
    "AMBER",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PINK",
    "SERIES",
    "SKY",
    "TEN",
    "Picture",
    "bar_panel",
    "comparison",
    "histogram_panel",
    "image_grid",
    "latent_map",
    "line_panel",
    "lines",
    "panel",
    "plane",
    "reference_line",
    "scatter_panel",
    "styled",
    "training_curves",
]
