"""Pictures of posteriors: beside the truth and the prior, all together, and as maps."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Ellipse
from torch import Tensor

from vaelab.data.arguments import classes
from vaelab.figures.curves import line_panel, reference_line
from vaelab.figures.style import BLUE, GREY, ORANGE, PANEL_WIDTH, SKY, TEN, WIDE, Picture, panel, styled


@styled
def bounds_by_samples(
    samples: Sequence[int], gaps: Mapping[str, Sequence[float]], *, alt: str, caption: str = ""
) -> Picture:
    """How far importance-weighted bounds stay below log p(x), over the number of draws K.

    Args:
        samples: the K, growing.
        gaps: name of a picture -> bound - log p(x) in nats, one for each K.
    """
    axes = line_panel(
        samples,
        gaps,
        xlabel="K, draws in one estimate",
        ylabel="bound − log p(x), nats",
        log_x=True,
        markers=True,
        width=WIDE,
        height=2.9,
    )
    reference_line(axes, 0.0, "log p(x) itself")
    axes.legend(loc="lower right")
    return Picture(axes, alt=alt, caption=caption)


@styled
def true_posteriors(
    codes: Tensor,
    log_posteriors: Tensor,
    mu: Tensor,
    log_var: Tensor,
    titles: Sequence[str],
    *,
    alt: str,
    caption: str = "",
    half_width: float = 0.9,
) -> Picture:
    """For each picture the true posterior as a cloud, and the encoder's q(z | x) as ellipses over it.

    Args:
        codes: a square grid as `latent.square_grid` gives it, (steps * steps, 2).
        log_posteriors: log p(z | x) on the grid, (pictures, steps * steps).
        mu, log_var: q's parameters, (pictures, 2) each.
        half_width: each panel shows a square this far to all sides of the two means' middle.
    """
    steps = round(len(codes) ** 0.5)
    low, high = codes.min().item(), codes.max().item()
    panels = []
    for log_p, center, spread, title in zip(log_posteriors, mu, (log_var / 2).exp(), titles, strict=True):
        axes = panel(width=2.2, height=2.4, title=title, xlabel="z₁", ylabel="z₂")
        density = (log_p - log_p.max()).exp()
        shades = np.zeros((steps, steps, 4))
        shades[..., :3] = to_rgb(BLUE)
        shades[..., 3] = np.asarray(density.reshape(steps, steps))
        axes.imshow(shades, extent=(low, high, low, high), aspect="auto", interpolation="bilinear", zorder=1)
        for k in (1, 2):
            size = (2 * k * spread).tolist()
            axes.add_patch(Ellipse(center.tolist(), *size, fill=False, ec=ORANGE, lw=1.6, zorder=2))
        mean = (density / density.sum()).float() @ codes
        x, y = ((mean + center) / 2).tolist()
        axes.set(xlim=(x - half_width, x + half_width), ylim=(y - half_width, y + half_width))
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)


@styled
def posterior_ellipses(
    mu: Tensor, log_var: Tensor, *, alt: str, caption: str = "", limit: float = 3.5
) -> Picture:
    """2-D diagonal Gaussians as ellipses that reach one standard deviation, with N(0, I)'s dashed circles.

    Args:
        mu, log_var: (N, 2) each, one posterior a row.
        limit: the picture shows the square from -limit to limit.
    """
    axes = _square("", limit, side=PANEL_WIDTH + 0.8)
    _ellipses(axes, mu, log_var)
    return Picture(axes, alt=alt, caption=caption)


@styled
def posteriors_and_aggregate(
    mu: Tensor, log_var: Tensor, draws: Tensor, *, alt: str, caption: str = "", shown: int = 60
) -> Picture:
    """Left: single posteriors, each an ellipse of one standard deviation. Right: draws from all of them.

    Args:
        mu, log_var: the posteriors, (N, 2) each.
        draws: one code from each posterior, (N, 2).
        shown: how many ellipses to draw.
    """
    left = _square(f"{shown} single posteriors", limit=3.8)
    _ellipses(left, mu[:shown], log_var[:shown])
    right = _square(f"the aggregate: {len(draws):,} draws", limit=3.8)
    right.scatter(*np.asarray(draws).T, s=5, lw=0, color=BLUE, alpha=0.6, rasterized=True)
    _prior_circles(right)
    return Picture(left, right, alt=alt, caption=caption)


@styled
def maps_with_prior(
    maps: Mapping[str, Tensor],
    labels: Tensor,
    class_names: Sequence[str],
    *,
    alt: str,
    caption: str = "",
    legend_columns: int = 5,
) -> Picture:
    """Maps of labelled 2-D codes beside one another, each with the prior's circles of radius 1 and 2.

    Args:
        maps: title -> codes (N, 2); each map has its own scale and shows all its codes.
        labels: class of each code, the same for all maps.
    """
    panels = []
    for title, codes in maps.items():
        axes = panel(width=PANEL_WIDTH, height=PANEL_WIDTH + 0.25, title=title, xlabel="z₁", ylabel="z₂")
        _dots(axes, codes, labels, class_names, legend_at=-0.16, columns=legend_columns)
        _prior_circles(axes)
        axes.set_aspect("equal", adjustable="datalim")
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)


@styled
def flat_maps(
    maps: Mapping[str, Tensor], labels: Tensor, class_names: Sequence[str], *, alt: str, caption: str = ""
) -> Picture:
    """Flattened codes (N, 2) beside one another; only who is near whom counts, so the axes are bare."""
    panels = []
    for title, codes in maps.items():
        axes = panel(width=PANEL_WIDTH, height=PANEL_WIDTH + 0.1, title=title)
        _dots(axes, codes, labels, class_names, legend_at=-0.02)
        axes.set(xticks=[], yticks=[])
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)


def _square(title: str, limit: float, side: float = PANEL_WIDTH) -> Axes:
    """A panel, `side` inches wide and high, of the square from -limit to limit."""
    axes = panel(width=side, height=side, title=title, xlabel="z₁", ylabel="z₂")
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    axes.set_aspect("equal", adjustable="box")
    return axes


def _ellipses(axes: Axes, mu: Tensor, log_var: Tensor) -> None:
    """Each posterior, reaching one standard deviation, and the prior."""
    for center, sigma in zip(np.asarray(mu), np.exp(np.asarray(log_var) / 2), strict=True):
        axes.add_patch(Ellipse(center, *(2 * sigma), fc=(BLUE, 0.3), ec=SKY, lw=0.9))
    _prior_circles(axes)


def _prior_circles(axes: Axes) -> None:
    """One and two standard deviations of N(0, I)."""
    for radius in (1, 2):
        axes.add_patch(Ellipse((0, 0), 2 * radius, 2 * radius, fill=False, ec=ORANGE, ls="--", lw=1.5))


def _dots(
    axes: Axes, codes: Tensor, labels: Tensor, names: Sequence[str], legend_at: float, columns: int = 5
) -> None:
    """Codes in their classes' colours, with a legend below that starts at this height of the axes."""
    codes = torch.as_tensor(codes)
    labels, names = classes(labels, len(codes), names)
    for k, name in enumerate(names):
        x, y = np.asarray(codes[labels == k]).T
        color = TEN[k % len(TEN)] if len(names) > 1 else GREY
        axes.scatter(x, y, s=7, lw=0, alpha=0.8, color=color, label=name, rasterized=True)
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, legend_at), "ncols": columns}
    dots, words = axes.get_legend_handles_labels()
    across = [i for first in range(columns) for i in range(first, len(words), columns)]  # it fills columns
    dots, words = [dots[i] for i in across], [words[i] for i in across]
    axes.legend(dots, words, **below, markerscale=2.5, handletextpad=0.1, columnspacing=0.8)
