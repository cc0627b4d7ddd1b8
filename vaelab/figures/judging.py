"""Pictures of the chapter on judging: noise levels, latents in use, distances between piles of pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from vaelab.figures.curves import count_axis, line_panel
from vaelab.figures.style import BLUE, GREY, ORANGE, SKY, WIDE, Picture, log_axis, looks, panel, plain, styled


@styled
def noise_levels(
    sigmas: Sequence[float],
    elbos: Mapping[str, Sequence[float]],
    own: Mapping[str, tuple[float, float]],
    *,
    alt: str,
    caption: str = "",
) -> Picture:
    """ELBO of the same reconstructions under different noise levels.

    Args:
        sigmas: standard deviations of the pixel noise, growing, drawn on a logarithmic axis.
        elbos: name of a model -> nats per picture, one for each sigma.
        own: name of a model -> (sigma, ELBO) it comes with, drawn as a ring.
    """
    names = {"xlabel": "σ, noise level of a pixel", "ylabel": "ELBO, nats"}
    axes = line_panel(sigmas, elbos, **names, log_x=True, width=WIDE, height=2.9)
    for name, _, color, _ in looks(elbos):
        if name in own:
            axes.plot(*own[name], "o", ms=9, mfc="none", mew=2, color=color, label="comes with")
    ticks = [s for s in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if min(sigmas) <= s <= max(sigmas)]
    axes.set_xticks(ticks, map(plain, ticks))
    axes.minorticks_off()
    low, high = min(v[-1] for v in elbos.values()), max(max(v) for v in elbos.values())
    axes.set_ylim(low - 0.2 * (high - low), high + 0.1 * (high - low))  # the fall on the left is bottomless
    axes.legend(loc="lower center", ncols=2)
    return Picture(axes, alt=alt, caption=caption)


@styled
def latents_in_use(
    kls: Mapping[str, Tensor], thresholds: Sequence[float], *, alt: str, caption: str = ""
) -> Picture:
    """KL of each latent dimension from the largest to the smallest, on a logarithmic axis.

    Args:
        kls: name of a model -> average KL of each dimension, nats, shape (latent_dim,).
        thresholds: dotted lines across, nats.
    """
    axes = panel(width=WIDE, height=2.9, xlabel="latent dimensions, by rank", ylabel="KL, nats (log scale)")
    for name, kl, color, style in looks(kls):
        ranked = np.sort(np.asarray(kl))[::-1].clip(1e-4)
        axes.plot(np.arange(1, len(ranked) + 1), ranked, style, color=color, label=name)
    log_axis(axes, "y")
    axes.legend()
    for threshold in thresholds:
        axes.axhline(threshold, color=GREY, lw=1.2, ls=":")
        axes.annotate(
            f"{threshold:g} nats", (1, threshold), xycoords=("axes fraction", "data"), ha="right", va="bottom"
        )
    return Picture(axes, alt=alt, caption=caption)


@styled
def real_against_real(
    counts: Sequence[int], frechet: Tensor, kernel: Tensor, *, alt: str, caption: str = ""
) -> Picture:
    """Two distances between piles of the same data: a dot for each pair of piles, a line through the means.

    Args:
        counts: pictures in a pile, growing.
        frechet, kernel: distances, (len(counts), pairs) each.
    """
    panels = []
    for title, color, values in (("Fréchet distance", BLUE, frechet), ("kernel distance", ORANGE, kernel)):
        axes = panel(title=title, xlabel="pictures in each pile")
        values = np.asarray(values)
        axes.plot(counts, values, "o", ms=3.5, alpha=0.5, color=color)
        axes.plot(counts, values.mean(1), color=color)
        count_axis(axes, counts)
        axes.axhline(0, color=GREY, lw=1.2, ls=":")
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)


@styled
def distance_bars(
    distances: Mapping[str, float], *, xlabel: str, alt: str, caption: str = "", marked: Sequence[str] = ()
) -> Picture:
    """Named distances as horizontal bars on a logarithmic axis, the first on top, values beside them.

    Args:
        distances: name -> a number above 0.
        marked: names whose bars take the second colour.
    """
    axes = panel(width=WIDE, height=0.5 + 0.27 * len(distances))
    axes.set_xlabel(xlabel, loc="right")  # a long one has room below the names
    names, values = list(distances)[::-1], list(distances.values())[::-1]
    bars = axes.barh(names, values, color=[ORANGE if name in marked else SKY for name in names], height=0.65)
    axes.bar_label(bars, fmt="%.3g", padding=3)
    log_axis(axes, "x")
    axes.set_xlim(min(values) / 2, max(values) * 4)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return Picture(axes, alt=alt, caption=caption)
