"""A decoded face, and a slider for each of the latent dimensions that tell most."""

import torch
from torch import Tensor, nn
from traitlets import Int, List, Unicode

from vaelab.data import ImageSet
from vaelab.explorers import naming, pictures
from vaelab.explorers.codes import check_model, cloud, codes_of
from vaelab.explorers.decoding import CodeExplorer


class Sliders(CodeExplorer):
    """See `sliders`."""

    kind = Unicode("sliders").tag(sync=True)
    count = Int(8).tag(sync=True)  # sliders before "More"
    order = List(Int()).tag(sync=True)  # dimensions with a slider, the most informative first
    labels = List(Unicode()).tag(sync=True)  # in that order

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
    unnamed: bool = False,
    title: str = "Move the sliders, change the face",
) -> Sliders:
    """The decoded picture of a code, with a slider for each of its most informative numbers.

    Sliders count in standard deviations of the codes along their dimension, from -3 to 3 around the centre
    of the codes; the order and the spread are those of `codes.cloud`. Where some dimensions have a name, the
    others get no slider: they do several things at once. Trait `z` is the code itself, a list of `latent_dim`
    floats: observe it, or link it to another explorer's. The button "random face" draws from the model's
    prior, N(0, I) or learned; for a model without a prior, each number from its own spread.

    Args:
        model: a module with `decode(z)` and `latent_dim`; with `encode` too if `images` are given.
        images: pictures to measure the codes on, some hundred. With 100 or more whose factors or attributes
            are known, sliders are named by what they do (`name_dimensions`).
        count: sliders shown at first, fewer where the code has fewer numbers.
        start: code (latent_dim,) or one picture to begin with; None for the centre of the codes.
        names: labels of your own, dimension -> text.
        unnamed: whether dimensions without a name get a slider too, with their number.
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
    labels = naming.labels(model.latent_dim, codes.mu, images, names)
    named = [i for i in codes.order if labels[i] != naming.number_of(i)]
    order = codes.order if unnamed or not named else named
    return Sliders(
        model,
        origin,
        codes,
        count=count,
        order=order,
        labels=[labels[i] for i in order],
        title=title,
    )
