"""Pictures of the faces chapter: histograms of codes, and what of a change comes back."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from vaelab.figures.curves import dumbbells
from vaelab.figures.style import BLUE, GREEN, ORANGE, WIDE, Picture, panel, styled

_IN_A_PANEL = 5  # histograms side by side: two panels make a row of ten, one fills a phone


@styled
def histograms_against_prior(z: Tensor, active: Tensor, *, alt: str, caption: str = "") -> Picture:
    """A small histogram for each latent, with the density of N(0, 1) over it: ten in a row, five on a phone.

    Args:
        z: codes drawn from the posteriors of many pictures, (N, latents).
        active: bool, (latents,): latents that carry information are orange, idle ones blue.
    """
    x = np.linspace(-3.5, 3.5, 100)
    bell = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    panels = []
    for start in range(0, z.shape[1], _IN_A_PANEL):
        figure = Figure(figsize=(3.15, 0.72), layout="constrained")
        row = figure.subplots(1, _IN_A_PANEL, sharex=True, sharey=True)
        for axes, k in zip(row, range(start, start + _IN_A_PANEL), strict=True):
            axes.set_axis_off()
            if k >= z.shape[1]:
                continue
            axes.hist(
                np.asarray(z[:, k]), bins=np.linspace(-3.5, 3.5, 21), density=True,
                color=ORANGE if active[k] else BLUE, alpha=0.6,
            )  # fmt: skip
            axes.plot(x, bell, color=GREEN, lw=1.2)
            axes.set_title(str(k), fontsize=8, pad=1)
        panels.append(row[0])
    return Picture(*panels, alt=alt, caption=caption)


@styled
def kept_changes(
    kept: Mapping[str, Mapping[str, float]],
    worth: Mapping[str, Mapping[str, float]],
    *,
    alt: str,
    caption: str = "",
) -> Picture:
    """How much of each change of a face comes back from each model: a row a change, a dot a model.

    Args:
        kept: model -> change -> share that comes back, 0 to 1.
        worth: model -> change -> nats that knowing it saves; rows are sorted by it and name it.
    """
    names = list(kept)
    order = sorted(worth[names[0]], key=lambda change: worth[names[0]][change])
    axes = panel(width=WIDE, height=0.28 * len(order) + 0.9, xlabel="share of the change that comes back")
    dumbbells(axes, order, kept)
    labels = [f"{c} ({' | '.join(_nats(worth[name][c]) for name in names)})" for c in order]
    axes.set_yticks(range(len(order)), labels)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return Picture(axes, alt=alt, caption=caption)


def _nats(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"
