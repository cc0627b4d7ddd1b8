"""From face to face, along a straight line or a great circle."""

import math

import torch
from torch import Tensor, nn
from traitlets import Bool, Float, List, TraitError, Unicode, validate

from vaelab.data import ImageSet
from vaelab.errors import UnknownNameError
from vaelab.explorers import pictures
from vaelab.explorers.codes import check_model, codes_of, pictures_in, posterior, rounded
from vaelab.explorers.decoding import DecoderExplorer

PATHS = ("straight", "great circle")


class Morph(DecoderExplorer):
    """See `morph`."""

    kind = Unicode("morph").tag(sync=True)
    position = List(Float()).tag(sync=True)  # [a] between two faces, [a, b] among four
    path = Unicode("straight").tag(sync=True)
    codes = List(List(Float())).tag(sync=True)  # four: upper left, upper right, lower left, lower right
    typical = Float().tag(sync=True)  # norm of a typical draw from N(0, I)
    means = Bool(False).tag(sync=True)  # whether the codes are means of posteriors, shorter than draws

    @validate("position")
    def _between(self, proposal):
        axes = len(self.codes) // 2
        if len(proposal.value) != axes or not all(0 <= a <= 1 for a in proposal.value):
            raise TraitError(
                f"position has {axes} number{'s' * (axes > 1)} from 0 to 1 here, not {proposal.value}."
            )
        return proposal.value

    @validate("path")
    def _known_path(self, proposal):
        if proposal.value not in PATHS:
            raise UnknownNameError("path", proposal.value, PATHS)
        return proposal.value

    def still(self) -> str:
        ends = self._decode(torch.tensor(self.codes))
        return pictures.img(
            pictures.row(ends), f"The {len(ends)} decoded pictures to morph between.", width=112 * len(ends)
        )


def morph(
    model: nn.Module,
    images: ImageSet | Tensor,
    *,
    path: str = "straight",
    title: str = "From face to face",
) -> Morph:
    """Decoded codes between two pictures, on a slider, or among four, on a square with one in each corner.

    Beside the result stands the norm of its code. Draws from N(0, I) have a norm near sqrt(latent_dim). The
    straight line between two of them passes nearer to zero, where hardly any draw lies; the great circle
    keeps about the norm of its ends (White, "Sampling generative networks", 2016). Where codes follow
    N(0, I), a posterior's mean has mostly a smaller norm than a draw, for it lacks the noise. Traits:
    `position`, [a] or [a, b] from 0 to 1, and `path`.

    Args:
        model: a module with `decode(z)` and `latent_dim`; with `encode` too if pictures are given.
        images: 2 or 4 pictures, or their codes (n, latent_dim).
        path: "straight" or "great circle".
        title: heading.

    Raises:
        DataError: neither two nor four pictures.
        UnknownNameError: another path.
    """
    check_model(model)
    codes = codes_of(model, images, (2, 4))
    faces = pictures_in(images)
    typical = math.sqrt(model.latent_dim)
    means = faces is not None and posterior(model, faces[0])[1] is not None
    return Morph(
        model,
        codes=rounded(codes),
        position=[0.5] * (len(codes) // 2),
        path=path,
        means=means and bool((codes.norm(dim=1) < typical).all()),
        typical=round(typical, 3),
        title=title,
    )
