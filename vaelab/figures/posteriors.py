"""Pictures of the VAE chapter: posteriors beside the truth, the crowd of posteriors, maps, a walk."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse
from torch import Tensor

from vaelab.figures.curves import line_panel, reference_line
from vaelab.figures.style import BLUE, FULL_WIDTH, GREY, ORANGE, PANEL_WIDTH, TEN, Picture, panel, styled


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
        width=FULL_WIDTH - 1.2,
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
        shades[..., :3] = tuple(int(BLUE[i : i + 2], 16) / 255 for i in (1, 3, 5))
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
def posteriors_and_aggregate(
    mu: Tensor,
    log_var: Tensor,
    draws: Tensor,
    *,
    alt: str,
    caption: str = "",
    shown: int = 60,
    limit: float = 3.8,
) -> Picture:
    """Left: single posteriors, each an ellipse of one standard deviation. Right: draws from all of them.

    Args:
        mu, log_var: the posteriors, (N, 2) each.
        draws: one code from each posterior, (N, 2).
        shown: how many ellipses to draw.
    """
    left = _square(f"{shown} single posteriors", limit)
    for center, sigma in zip(mu[:shown].tolist(), (log_var / 2).exp()[:shown].tolist(), strict=True):
        left.add_patch(Ellipse(center, 2 * sigma[0], 2 * sigma[1], fc=BLUE, ec=BLUE, alpha=0.45))
    right = _square(f"the aggregate: {len(draws):,} draws", limit)
    right.scatter(*np.asarray(draws).T, s=5, lw=0, color=BLUE, alpha=0.6, rasterized=True)
    for axes in (left, right):
        _prior_circles(axes)
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
        axes = _square(title, None, height=PANEL_WIDTH + 0.25)
        _dots(axes, codes, labels, class_names)
        _prior_circles(axes)
        axes.set_aspect("equal", adjustable="datalim")
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=legend_columns, markerscale=2.5,
            handletextpad=0.1, columnspacing=0.8,
        )  # fmt: skip
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
        _dots(axes, codes, labels, class_names)
        axes.set(xticks=[], yticks=[])
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=5, markerscale=2.5, handletextpad=0.1,
            columnspacing=0.8,
        )  # fmt: skip
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)


def _square(title: str, limit: float | None, width: float = PANEL_WIDTH, height: float = PANEL_WIDTH) -> Axes:
    axes = panel(width=width, height=height, title=title, xlabel="z₁", ylabel="z₂")
    if limit is not None:
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
        axes.set_aspect("equal", adjustable="box")
    return axes


def _prior_circles(axes: Axes) -> None:
    """One and two standard deviations of N(0, I)."""
    for radius in (1, 2):
        axes.add_patch(Ellipse((0, 0), 2 * radius, 2 * radius, fill=False, ec=ORANGE, ls="--", lw=1.5))


def _dots(axes: Axes, codes: Tensor, labels: Tensor, class_names: Sequence[str]) -> None:
    codes = torch.as_tensor(codes)
    for k, name in enumerate(class_names):
        x, y = np.asarray(codes[labels == k]).T
        axes.scatter(
            x, y, s=7, lw=0, alpha=0.8, color=TEN[k % len(TEN)] if len(class_names) > 1 else GREY,
            label=name, rasterized=True,
        )  # fmt: skip
