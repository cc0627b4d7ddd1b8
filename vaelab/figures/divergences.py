"""Pictures of Kullback-Leibler divergences: evidence, integrands, fits."""

from collections.abc import Mapping

import numpy as np
from torch import Tensor
from torch.distributions import Distribution

from vaelab.figures.style import BLUE, GREY, ORANGE, SERIES, Picture, looks, panel, styled


@styled
def evidence_walks(
    walks: Mapping[str, Tensor], slopes: Mapping[str, float], *, alt: str, caption: str = ""
) -> Picture:
    """Running sums of log-ratios, a panel for each kind, with the line they climb along on average.

    Args:
        walks: name -> running sums, shape (walks, steps).
        slopes: the same names -> expected gain a step, drawn as a thick line of that colour.
    """
    panels = []
    for color, (name, sums) in zip(SERIES, walks.items(), strict=False):
        sums = np.asarray(sums)
        steps = np.arange(1, sums.shape[1] + 1)
        axes = panel(xlabel="tosses", ylabel="evidence (nats)")
        axes.plot(steps, sums.T, color=color, lw=0.8, alpha=0.45)
        axes.plot(steps, slopes[name] * steps, "--", color=color, lw=2.6)
        panels.append(axes)
    ends = [end for axes in panels for end in axes.get_ylim()]
    for axes in panels:  # one scale, so that slopes can be compared
        axes.set_ylim(min(ends), max(ends))
    names = [f"{name}: {slope:.2f} nats a toss" for name, slope in slopes.items()]
    return Picture(*panels, names=names, alt=alt, caption=caption)


@styled
def kl_integrand(x: Tensor, q: Tensor, p: Tensor, *, alt: str, caption: str = "") -> Picture:
    """Two densities, and beside them what KL(q || p) adds up: q ln(q / p), gains blue and losses orange.

    Args:
        x: evenly spaced places of shape (N,); q, p: the densities there, greater than 0.
    """
    x, q, p = (np.asarray(values) for values in (x, q, p))
    integrand = q * np.log(q / p)
    left = panel(title="two densities", xlabel="z", ylabel="density")
    left.plot(x, q, color=BLUE, label="q")
    left.plot(x, p, "--", color=ORANGE, label="p")
    left.set_ylim(bottom=0)
    left.legend()
    right = panel(title="q ln(q / p)", xlabel="z", ylabel="nats per unit of z")
    right.fill_between(x, integrand, where=integrand > 0, color=BLUE, alpha=0.35, lw=0, label="counts plus")
    right.fill_between(
        x, integrand, where=integrand < 0, color=ORANGE, alpha=0.35, lw=0, hatch="//", label="counts minus"
    )
    right.plot(x, integrand, color=BLUE)
    right.axhline(0, color=GREY, lw=1)
    right.legend()
    return Picture(left, right, alt=alt, caption=caption)


@styled
def fits_to_target(
    x: Tensor,
    target: Tensor,
    fits: Mapping[str, Mapping[str, Distribution]],
    *,
    alt: str,
    caption: str = "",
) -> Picture:
    """A grey target density, a panel for each way of fitting it, and the curves that came out.

    Args:
        x: places of shape (N,).
        target: its density there.
        fits: title of a panel -> name of a curve -> a one-dimensional distribution.
    """
    places, x, target = x, np.asarray(x), np.asarray(target)
    panels, highest = [], target.max()
    for title, fitted in fits.items():
        axes = panel(title=title, xlabel="z", ylabel="density")
        axes.fill_between(x, target, color=GREY, alpha=0.45, lw=0, label="target p")
        for name, q, color, style in looks(fitted):
            density = q.log_prob(places).exp().numpy()
            highest = max(highest, density.max())
            axes.plot(x, density, style, color=color, label=name)
        axes.legend(loc="upper left", ncols=2)
        panels.append(axes)
    for axes in panels:  # one scale for all; the room on top is for the legend
        axes.set(xlim=(x[0], x[-1]), ylim=(0, 1.4 * highest))
    return Picture(*panels, alt=alt, caption=caption)
