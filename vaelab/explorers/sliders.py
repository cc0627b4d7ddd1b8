"""A decoded face, and a slider for each direction through its code that has a name, or for each number."""

import torch
from torch import Tensor, nn
from traitlets import Float, Int, List, Unicode

from vaelab.data import ImageSet
from vaelab.explorers import naming, pictures
from vaelab.explorers.codes import Cloud, by_effect, check_model, cloud, codes_of, rounded
from vaelab.explorers.decoding import CodeExplorer

_MOST = 24  # directions: all of what shows, and little to load


class Sliders(CodeExplorer):
    """See `sliders`."""

    kind = Unicode("sliders").tag(sync=True)
    count = Int(8).tag(sync=True)  # sliders before "More"
    order = List(Int()).tag(sync=True)  # dimensions with a slider, the most informative first, or
    steps = List(List(Float())).tag(sync=True)  # directions, one standard deviation long, at right angles
    labels = List(Unicode()).tag(sync=True)  # one a slider

    def still(self) -> str:
        face = self._decode(torch.tensor([self.start]))[0]
        return pictures.img(face, f"A picture decoded from a code of {len(self.start)} numbers.")


def sliders(
    model: nn.Module,
    images: ImageSet | Tensor | None = None,
    *,
    count: int = 8,
    start: Tensor | ImageSet | None = None,
    names: dict[int, str] | None = None,
    numbers: bool = False,
    title: str = "Move the sliders, change the face",
) -> Sliders:
    """The decoded picture of a code, with sliders that change it.

    Where the factors or attributes of 100 pictures or more are known, each slider moves the code along the
    direction of one of them and bears its name (`named_directions`); those that change the picture most come
    first. Else each moves one number of the code, the most informative first (`codes.cloud`). Sliders count
    in standard deviations of the codes, from -3 to 3 around their centre.

    Trait `z` is the code itself, a list of `latent_dim` floats: observe it, or link it to another explorer's.
    The button "random face" draws from the model's prior, N(0, I) or learned; for a model without a prior,
    each number from its own spread.

    Args:
        model: a module with `decode(z)` and `latent_dim`; with `encode` too if `images` are given.
        images: pictures to measure the codes on, some hundred.
        count: sliders shown at first, fewer where the code has fewer numbers.
        start: code (latent_dim,) or one picture to begin with; None for the centre of the codes.
        names: labels of your own, dimension -> text; with them each slider moves one number.
        numbers: whether each slider moves one number of the code in any case; it bears a name where the
            number goes with one factor (`name_dimensions`).
        title: heading.

    Raises:
        ValueError: a count or a dimension that is not there.
        ShapeError, DataError: a start that is not one code or picture of this model.
    """
    check_model(model)
    if count < 1:
        raise ValueError(f"count, the number of sliders, must be at least 1, not {count}.")
    codes = cloud(model, images)
    origin = codes.centre if start is None else codes_of(model, start, (1,))[0]
    found, steps = ([], None) if numbers or names else _directions(codes, images)
    if found:
        order = by_effect(model, codes.centre, steps)[:_MOST]
        moved = {"steps": rounded(steps[order]), "labels": [found[k].label for k in order]}
    else:
        labels = naming.labels(model.latent_dim, codes.mu, images, names)
        moved = {"order": codes.order, "labels": [labels[i] for i in codes.order]}
    return Sliders(model, origin, codes, count=count, title=title, **moved)


def _directions(codes: Cloud, images: ImageSet | Tensor | None) -> tuple[list[naming.Name], Tensor]:
    if images is None or len(images) < naming.FEWEST:
        return [], torch.zeros(0)
    return naming.named_directions(codes.mu, images)
