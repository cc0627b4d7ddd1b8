"""What each dimension does, a row of pictures each."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from traitlets import Float, Int, List, Unicode

from vaelab.data import ImageSet
from vaelab.explorers import naming, pictures
from vaelab.explorers.codes import check_model, cloud, codes_of, rounded
from vaelab.explorers.decoding import CodeExplorer

_ROWS = 6
_TILE = 32  # pixels


class Traverse(CodeExplorer):
    """See `traverse`."""

    kind = Unicode("traverse").tag(sync=True)
    dims = List(Int()).tag(sync=True)
    labels = List(Unicode()).tag(sync=True)  # one a row
    offsets = List(Float()).tag(sync=True)  # of the tiles in a row, in standard deviations

    def still(self) -> str:
        rows = [self._decode(self._row(i)) for i in self.dims]
        # Small tiles are enough until the rows are drawn.
        sheet = torch.cat([torch.cat(list(pictures.shrunk(row, _TILE)), dim=-1) for row in rows], dim=-2)
        return pictures.img(
            sheet,
            f"{len(rows)} rows of decoded pictures; along each, one number of the code grows: "
            f"{', '.join(self.labels)}.",
            lossless=False,
        )

    def _row(self, dimension: int) -> Tensor:
        codes = torch.tensor(self.start).repeat(len(self.offsets), 1)
        codes[:, dimension] = self.centre[dimension] + self.spread[dimension] * torch.tensor(self.offsets)
        return codes


def traverse(
    model: nn.Module,
    code: Tensor | ImageSet,
    dims: Sequence[int] | None = None,
    *,
    images: ImageSet | Tensor | None = None,
    steps: int = 7,
    span: float = 3.0,
    names: dict[int, str] | None = None,
    title: str = "What does each number do?",
) -> Traverse:
    """Rows of decoded pictures, in each of which one number of the code grows and the others stay.

    A tile that is chosen becomes the new code, and all rows start from there. Trait `z`: that code.

    Args:
        model: a module with `decode(z)` and `latent_dim`; with `encode` too if pictures are given.
        code: (latent_dim,), or one picture, to begin with.
        dims: dimensions, a row each; None for the six most informative.
        images: pictures to measure spread and information on, as for `sliders`; None takes N(0, I), and for
            the most informative those that change the picture most.
        steps: tiles in a row, from 2 to 15.
        span: rows go from -span to span standard deviations around the codes' centre.
        names: labels of your own, dimension -> text.
        title: heading.

    Raises:
        ValueError: dimensions that are not there, or steps or a span that cannot be shown.
        ShapeError, DataError: not one code or picture of this model.
    """
    check_model(model)
    start = codes_of(model, code, (1,))[0]
    if not 2 <= steps <= 15 or not span > 0:
        raise ValueError(f"steps goes from 2 to 15 and span is above 0; here: steps={steps}, span={span}.")
    codes = cloud(model, images)
    dims = codes.order[:_ROWS] if dims is None else list(dims)
    for i in dims:
        if not isinstance(i, int) or not 0 <= i < model.latent_dim:
            raise ValueError(f"dims: there is no dimension {i!r}; they go from 0 to {model.latent_dim - 1}.")
    if not dims or len(set(dims)) < len(dims):
        raise ValueError("dims needs at least one dimension, each once.")
    labels = naming.labels(model.latent_dim, codes.mu, images, names)
    return Traverse(
        model,
        start,
        codes,
        dims=dims,
        labels=[labels[i] for i in dims],
        offsets=rounded(torch.linspace(-span, span, steps)),
        title=title,
    )
