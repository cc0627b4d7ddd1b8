"""Pictures of the chapter on latent arithmetic: what edits do, a sheet of faces, how few labels will do."""

from collections.abc import Mapping

from torch import Tensor

from vaelab.figures.curves import count_axis, dumbbells, reference_line
from vaelab.figures.images import Images, plane
from vaelab.figures.style import Picture, looks, panel, styled


@styled
def edit_scores(
    scores: Mapping[str, Mapping[str, tuple[float, float]]], *, alt: str, caption: str = ""
) -> Picture:
    """What attribute vectors do: wanted change on the left, unwanted on the right; a row an attribute.

    Args:
        scores: name of a method -> attribute -> (wanted, unwanted), for two methods; rows are sorted by the
            wanted change of the first. Wanted changes are shares of a full edit, 1 the whole of it.
    """
    first = next(iter(scores.values()))
    order = sorted(first, key=lambda attribute: first[attribute][0])
    panels = []
    for part, title in enumerate(("wanted: share of a full edit", "unwanted: sum over other factors")):
        axes = panel(height=0.27 * len(order) + 0.9, title=title)
        shares = {name: {kind: both[part] for kind, both in of.items()} for name, of in scores.items()}
        dumbbells(axes, order, shares)
        axes.set_xlim(left=min(0, axes.get_xlim()[0]))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)


def sheet(images: Images, steps: Tensor, x_name: str, y_name: str, *, alt: str, caption: str = "") -> Picture:
    """Decoded images of a plane spanned by two attribute vectors, steps along each on the axes.

    Args:
        images: decoded from start + x * first vector + y * second vector, in the order of `steps`.
        steps: x and y of each image, (rows * columns, 2), from `latent.grid` or `square_grid`.
        x_name, y_name: what the two vectors add.
    """
    picture = plane(images, steps, alt=alt, caption=caption, ticks=3)
    picture.panels[0].set(xlabel=f"steps of {x_name}", ylabel=f"steps of {y_name}")
    return picture


@styled
def scores_by_label_count(
    scores: Mapping[str, Mapping[str, Mapping[int, tuple[float, float]]]],
    guessing: Mapping[str, float],
    *,
    alt: str,
    caption: str = "",
) -> Picture:
    """Accuracy over the number of labels: a panel a question, a line with error bars a method.

    Args:
        scores: question -> method -> number of labels -> (mean, standard deviation), shares.
        guessing: question -> accuracy of always giving the more frequent answer.
    """
    panels = []
    for question, methods in scores.items():
        axes = panel(title=question, xlabel="labels", ylabel="accuracy")
        for k, (method, values, color, style) in enumerate(looks(methods)):
            means, spreads = zip(*values.values(), strict=True)
            shifted = [count * 1.06**k for count in values]  # or the bars would hide one another
            axes.errorbar(
                shifted, means, spreads, fmt=style, marker="o", ms=4, capsize=2, color=color, label=method
            )
        count_axis(axes, sorted({count for values in methods.values() for count in values}))
        axes.set_ylim(0.45, 1.03)
        reference_line(axes, guessing[question], "guessing")
        axes.legend(loc="lower right")
        panels.append(axes)
    return Picture(*panels, alt=alt, caption=caption)
